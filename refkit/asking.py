"""Stage 3 with its plug-ins: which sources are asked, with what settings, and their faults told as failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from refkit.config import SOURCES
from refkit.errors import PluginError, SourceError, UsageError
from refkit.guarding import guard
from refkit.model import Answer, ArxivRecord, Mention
from refkit.opening import BrokenSource, open_plugin, surroundings
from refkit.plugins import ALL, Selection
from refkit.protocols import Ladder, Notify, Surroundings

if TYPE_CHECKING:
    from refkit.protocols import Source

_T = TypeVar("_T")


def open_sources(
    names: Sequence[str] = SOURCES,
    *,
    network: bool = True,
    refresh: bool = False,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    named: Mapping[str, Mapping[str, Any]] | None = None,
    environ: Mapping[str, str] = os.environ,
    notify: Notify | None = None,
    selection: Selection = ALL,
) -> list[Source]:
    """Return the named sources in this order, touching no network; an index that nobody built or named is left out.

    Without `network` a source that needs it gives only what an earlier run has kept; `refresh` asks it anew. `settings`
    are those of each source, by name, as a configuration gives them; `REFKIT_ARXIV_URL` and its like in `environ` win
    over them, and over these `named`, what the command line says. `notify` is told what is waited for; what `selection`
    disables is left out. A broken plug-in stands there as a source that fails. Raises UsageError for an unknown name or
    no name at all, ConfigError for a setting.
    """
    if not names:
        raise UsageError('There is no source to ask; name at least one, for instance `sources = ["catalogue"]`.')
    around = surroundings(network=network, refresh=refresh, notify=notify)
    opened = [
        _open_source(
            name,
            (settings or {}).get(name, {}),
            {**environment(name, environ), **(named or {}).get(name, {})},
            around,
            selection,
        )
        for name in selection.allowed("source", names)
    ]
    present = [source for source in opened if getattr(source, "present", True)]
    chosen = [source for source in present if network or not source.network or hasattr(source, "open")]
    if not chosen:
        raise UsageError(
            "No source is left to ask: without the network only 'catalogue' and an index that was built can answer; "
            "add one to `sources`."
        )
    return chosen


def _open_source(
    name: str, settings: Mapping[str, Any], over: Mapping[str, Any], around: Surroundings, selection: Selection
) -> Source:
    source: Source
    try:
        source = open_plugin("source", name, settings, around, over=over, selection=selection)
    except PluginError as error:  # what it would have known is not known: FAILED, never NOT_FOUND
        source = BrokenSource(name, error.reason)
    return source


def environment(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a source that the environment gives: REFKIT_ARXIV_URL is `url` of `arxiv`."""
    start = f"REFKIT_{name.upper().replace('-', '_')}_"
    return {key.removeprefix(start).lower(): value for key, value in environ.items() if key.startswith(start) and value}


def guarded(sources: Sequence[Source] | None) -> list[_Guarded]:
    """Return sources (None: those of `open_sources`) whose faults become failures. Raises UsageError for none."""
    guarded = [_Guarded(source) for source in (open_sources() if sources is None else sources)]
    if guarded:
        return guarded
    raise UsageError("There is no source to ask; name at least one, for instance 'catalogue'.")


class _Guarded:
    """A source whose faults become failures: a broken plug-in must not take the others down."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.name = source.name
        self.label = getattr(source, "label", f"the {source.name}")
        self.network = source.network
        self.complete = getattr(source, "complete", False)
        self.rungs = source.rungs if isinstance(source, Ladder) else 1

    def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        way = {"rung": rung} if isinstance(self._source, Ladder) else {}
        answers = self._call(lambda: list(self._source.search(mentions, limit=limit, **way)))
        if not all(isinstance(answer, Answer) and isinstance(answer.records, tuple) for answer in answers):
            raise SourceError("what it gave are no answers; report this to its author")
        if len(answers) != len(mentions):
            raise SourceError(f"it gave {len(answers)} answers to {len(mentions)} questions; report this to its author")
        return answers

    def recall(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        if not isinstance(self._source, Ladder):
            return [Answer()] * len(mentions)
        return self._source.recall(mentions, limit=limit, rung=rung)

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        return self._call(lambda: dict(self._source.lookup(ids))) if ids else {}

    def _call(self, call: Callable[[], _T]) -> _T:
        return guard(call, lambda problem: SourceError(f"it {problem}"), passing=(SourceError, UsageError))
