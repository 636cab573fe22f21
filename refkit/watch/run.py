"""One run of `refkit watch` up to the matching: look at all things, keep what is new in the queue, then remember it.

In this order, so that a run that is killed at any point loses nothing: what is not in the queue is found again, what
is there already is not put there twice, and what was written stays in the queue until it is known to be written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from refkit.digests.decoding import check_encoding
from refkit.digests.loading import Reading, read_digest
from refkit.errors import DigestError, SourceError
from refkit.guarding import guard
from refkit.lock import key_of
from refkit.locks import Locks
from refkit.model import Mention
from refkit.plugins import ANY, Wanted
from refkit.reading import choose
from refkit.watch.feeds import FeedDesk, host_of, read_feed
from refkit.watch.files import Read, read_files
from refkit.watch.queue import Queue, write_state
from refkit.watch.state import Seen, State, Thing, hash_of, news, superseded

OFFLINE = "not asked: without the network a feed cannot be"


class Problem(Struct, frozen=True):
    """What could not be read or written, as a sentence, and the exit code of that."""

    text: str
    code: int


class Found(Struct, frozen=True, kw_only=True):
    """What came of looking at one thing: new entries by name, all that are there now, what is to be remembered.

    `skipped` counts what is new and no paper, by reason; `remark` says why nothing came.
    """

    thing: Thing
    seen: Seen
    fresh: tuple[tuple[str, Mention], ...] = ()
    present: tuple[Mention, ...] = ()
    skipped: Mapping[str, int] = {}
    problems: tuple[Problem, ...] = ()
    remark: str = ""
    added: int = 0


class Looking:
    """Looks at feeds and files. `desk` is None without the network; `leave_out` are places in folders not to be read.

    Files are read by the `readers`, as everywhere; a feed is one by its address, so its reader is none to choose.

    Raises UsageError for a reader, an encoding or columns that there are not.
    """

    def __init__(
        self,
        desk: FeedDesk | None,
        *,
        reader: str = "",
        columns: Mapping[str, str] | None = None,
        encoding: str = "",
        leave_out: Collection[str] = (),
        readers: Wanted = ANY,
    ) -> None:
        if encoding:
            check_encoding(encoding)
        self._desk = desk
        self._encoding = encoding or None
        self._leave_out = leave_out
        self._read = _reading(reader, columns or {}, self._encoding, readers)

    def look(self, thing: Thing, seen: Seen) -> Found:
        """Return what is new of a thing; what is wrong with it is a problem of it alone."""
        try:
            return self._look_at_feed(thing, seen) if thing.url else self._look_at_files(thing, seen)
        except (SourceError, DigestError) as error:
            return Found(thing=thing, seen=seen, problems=(Problem(str(error), error.exit_code),))

    def _look_at_feed(self, thing: Thing, seen: Seen) -> Found:
        if self._desk is None:
            return Found(thing=thing, seen=seen, remark=OFFLINE)
        self._desk.notify(f"asking {host_of(thing)}")
        fetched = self._desk.fetch(thing, seen)
        if fetched.data is None:
            return Found(thing=thing, seen=seen, remark="not changed")
        reading = read_feed(fetched.data, thing.shown, self._encoding)
        fresh = news(reading.mentions, seen)
        others = {hash_of("skipped", each.text, each.reason): each.reason for each in reading.skipped}
        unseen = {name: reason for name, reason in others.items() if name not in set(seen.entries)}
        # Of a feed that was cut the rest must come next time, so it is not told that this version is known.
        dates = (fetched.etag, fetched.modified) if reading.whole else ("", "")
        cut = Problem(f"{thing.shown}: its end is missing; what came of it is read, the rest next time.", 3)
        return Found(
            thing=thing,
            seen=Seen(
                shown=thing.shown,
                etag=dates[0],
                modified=dates[1],
                entries=seen.including((*(name for name, _ in fresh), *unseen)),
            ),
            fresh=tuple(fresh),
            present=reading.mentions,
            skipped=Counter(unseen.values()),
            problems=() if reading.whole else (cut,),
        )

    def _look_at_files(self, thing: Thing, seen: Seen) -> Found:
        reading = read_files(thing.path, seen, self._read, self._leave_out)
        fresh = news(reading.mentions, seen)
        files = {**seen.files, **reading.files} if reading.closed else reading.files
        problems = [Problem(f"not read: {each}", 1) for each in reading.unread]
        problems += [Problem(f"not read: {each}", each.exit_code) for each in reading.closed]
        return Found(
            thing=thing,
            seen=Seen(
                shown=thing.shown,
                files=files,
                entries=seen.including((*reading.letters, *(name for name, _ in fresh))),
            ),
            fresh=tuple(fresh),
            skipped=reading.skipped,
            problems=tuple(problems),
            remark="" if reading.opened or problems else "not changed",
        )


def _reading(reader: str, columns: Mapping[str, str], encoding: str | None, readers: Wanted = ANY) -> Read:
    """Return what reads the bytes of a digest, a fault of a reader being an error of that digest."""
    choice = choose(reader, columns, readers)

    def read(data: bytes, name: str, among_others: bool) -> Reading:  # noqa: FBT001 - as `Read` has it
        return guard(
            lambda: read_digest(data, choice, digest=name, encoding=encoding, among_others=among_others),
            lambda problem: DigestError(name, 0, f"reading it {problem}"),
        )

    return read


def _carry_decisions(found: Sequence[Found], queue: Queue) -> None:
    """Let what a person decided beside a watched digest count in the queue too."""
    asked = [mention for each in found if each.thing.path for _, mention in each.fresh]
    beside = Locks(asked)
    waiting = {key_of(each.mention): each.mention for each in queue.waiting} if beside.exist else {}
    for mention in asked:
        made, mine = beside.find(mention), waiting.get(key_of(mention))
        if made and made.by_hand and mine:
            Locks([mine]).put(mine, made)


def take_in(found: Sequence[Found], queue: Queue, state: State, state_path: Path, *, keep: bool) -> list[Found]:
    """Put what is new into the queue, then remember it as seen; return the same with how many were put there.

    Raises WriteError, WriteConflict; what was not remembered is found again by the next run.
    """
    taken = []
    for each in found:
        file = each.thing.queue_file
        fresh = [mention for _, mention in each.fresh]
        old = superseded(queue.waiting, str(queue.folder / file), fresh, each.present) if each.present else set()
        taken.append(replace(each, added=queue.put(file, fresh, without=old)))
    queue.save()
    if keep:
        _carry_decisions(taken, queue)
    after = State(watched={**state.watched, **{each.thing.ident: each.seen for each in found}})
    if keep and after != state:
        write_state(state_path, after)
    return taken
