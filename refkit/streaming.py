"""Resolutions as they are decided: for notebooks and services, which show what there is and may stop at any moment."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import TYPE_CHECKING

from refkit import asking, settled
from refkit.errors import UsageError
from refkit.matching.resolver import Progress, Resolver
from refkit.model import Mention, Resolution
from refkit.protocols import Notify, silent

if TYPE_CHECKING:
    from refkit.locks import Locks
    from refkit.protocols import Source

# Titles that are asked together: as many as arXiv is asked in one request at most (metadata/arxiv.py).
PORTION = 100


class Cancel:
    """Ends streams: any thread may call `cancel`, as often as it likes, and any number of streams may heed it.

    `notify`, which sources are given, tells the `notify` of here what is waited for.
    """

    def __init__(self, notify: Notify = silent) -> None:
        self._event = threading.Event()
        self._tell = notify

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called; it stays so."""
        return self._event.is_set()

    def cancel(self) -> None:
        """End the streams that heed this; what they have yielded stands."""
        self._event.set()

    def notify(self, doing: str) -> None:
        """Break off the waiting of a source; for `open_sources(notify=...)`. Raises Cancelled, a KeyboardInterrupt."""
        if self.is_cancelled:
            raise Cancelled
        self._tell(doing)


class Cancelled(KeyboardInterrupt):
    """Somebody called `Cancel.cancel`. Sources and files see what they see when a person presses Ctrl-C."""


def stream(
    mentions: Iterable[Mention],
    *,
    sources: Sequence[Source] | None = None,
    locks: Locks | None = None,
    refresh: bool = False,
    portion: int = PORTION,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Generator[Resolution, None, None]:
    """Yield one resolution a mention, in the same order, each as soon as it and all before it are decided.

    They are those of `resolve`, whose options these are. `mentions` are taken `portion` at a time and not kept, so that
    there may be any number of them; a larger portion asks arXiv less often, a smaller one is there sooner. `progress`
    is told how many are decided, and how many there are: in all, where `mentions` have a length, else so far.

    Closing the iterator, or `cancel`, ends it: what was yielded stands, nothing is half done. What was not yielded is
    not decided; what arXiv has answered by then is kept in the cache. A source at work is interrupted where it waits,
    if it was opened with `notify=cancel.notify`, as without `sources` it is; else, or while an answer is on its way,
    `cancel` is heeded after the question. Raises UsageError, at once, for no source or a portion below 1.
    """
    if portion < 1:
        raise UsageError("Mentions are taken at least one at a time; give a portion from 1.")
    if sources is None and cancel:
        sources = asking.open_sources(notify=cancel.notify)
    resolver = Resolver(asking.guarded(sources))
    total = len(mentions) if isinstance(mentions, Sized) else None

    def decide() -> Generator[Resolution, None, None]:
        taken = decided = 0
        for some in _portions(mentions, portion):
            taken += len(some)
            for found in _heeding(cancel, _decide(resolver, some, locks, refresh=refresh)):
                decided += 1
                if progress:
                    progress(decided, taken if total is None else total)
                yield found
            if cancel and cancel.is_cancelled:
                return

    return decide()


def _portions(mentions: Iterable[Mention], size: int) -> Iterator[list[Mention]]:
    rest = iter(mentions)
    while some := list(islice(rest, size)):
        yield some


def _decide(
    resolver: Resolver, mentions: Sequence[Mention], locks: Locks | None, *, refresh: bool
) -> Iterator[Resolution | None]:
    """Yield what the locks know and what is decided between it, and None where there is a place to stop."""
    known, still = settled.recall(locks, mentions, refresh=refresh)
    fresh = resolver.stream([mentions[place] for place in still])
    for place in range(len(mentions)):
        if place in known:
            yield known[place]
            continue
        for found in fresh:
            yield found
            if found is not None:
                break


def _heeding(cancel: Cancel | None, found: Iterator[Resolution | None]) -> Iterator[Resolution]:
    """Yield what is decided until somebody cancels."""
    try:
        for each in found:
            if cancel and cancel.is_cancelled:
                return
            if each is not None:
                yield each
    except Cancelled:
        return
