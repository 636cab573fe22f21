"""Titles by the million: decided offline, in portions, by as many processes or machines as there are.

What a portion comes to depends on nothing but its titles, the index and the version of refkit: one process or a
cluster, undisturbed or killed and taken up again, the output has the same bytes.
"""

from __future__ import annotations

import os
import pickle  # between our own processes
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import msgspec

from refkit import asking, folders, pipeline, workers
from refkit.digests.streams import Item, Titles, TitlesFormat, format_of, open_titles, read_item
from refkit.errors import DigestError, UsageError
from refkit.model import Mention, Resolution, Verdict
from refkit.pace import Clock
from refkit.resuming import Output
from refkit.version import __version__

if TYPE_CHECKING:
    from refkit.protocols import Source

# Titles of a portion: half a second of work, so that handing it on does not count (docs/scale.md).
PORTION = 1000
# Bytes after which a portion is full, however few titles that is: abstracts may be long.
_FULL = 1 << 21
# Ids that are named for an ambiguous title, likeliest first.
_NAMED = 5
# The verdict on an item that cannot be read: nothing was asked, so it is none of the resolver's.
UNREADABLE = "unreadable"

_Thing = TypeVar("_Thing")


class Tally(msgspec.Struct, frozen=True):
    """What is in the output: items, how many of them an earlier run has done, and items by verdict."""

    items: int
    before: int
    counts: Mapping[str, int]


class Progress(NamedTuple):
    """How far a run is: items done by it, and how many bytes of the file are taken, of how many (0: unknown).

    `before` are the items that an earlier run has done; `remark` says why what one has done is not used.
    """

    items: int
    done: int
    total: int
    before: int = 0
    remark: str = ""


class Lines(NamedTuple):
    """Some lines of the output, of so many items, by verdict; `position` is where the file was after them."""

    data: bytes
    items: int
    counts: Mapping[str, int]
    position: int


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where the work is done: on the cluster of a Dask scheduler, else in so many processes (None: all processors)."""

    processes: int | None = None
    scheduler: str = ""
    portion: int = PORTION


class Job(msgspec.Struct, frozen=True):
    """What a worker must know: the index, its identity, the version that it must be, and how items are to be read."""

    index: str
    identity: str
    version: str
    format: TitlesFormat | None = None


def resolve_many(
    mentions: Iterable[Mention],
    *,
    index: Path | None = None,
    processes: int | None = None,
    scheduler: str = "",
    partition: int = PORTION,
) -> Iterator[Resolution]:
    """Return one resolution a mention, in the same order, while mentions are taken one portion at a time.

    Asked are the shipped catalogue and the local index (None: the configured one), never the network. The work is done
    by `processes` (None: one a processor), or on the Dask cluster with this `scheduler`, whose workers read the index
    under the same path. A script must call this below `if __name__ == "__main__":`, for its processes import it.

    Raises UsageError without an index, for a worker that cannot read it, or for a number below 1; SourceUnavailable if
    a process, or the scheduler, is lost.
    """
    way = Way(processes=processes, scheduler=scheduler, portion=partition)
    job = _job(index)
    _check_way(way)
    portions = ((some, pickle.dumps(some, protocol=5)) for some in _portions(mentions, way.portion, _size_of_mention))
    return _with_mentions(_run(partial(decide_mentions, job), job, portions, way))


def _with_mentions(results: Iterator[tuple[Sequence[Mention], bytes]]) -> Iterator[Resolution]:
    for mentions, data in results:
        for mention, found in zip(mentions, pickle.loads(data), strict=True):  # noqa: S301 - of our own processes
            yield msgspec.structs.replace(found, mention=mention)


def resolve_file(
    titles: Path | None,
    output: Path,
    *,
    index: Path | None = None,
    way: Way | None = None,
    kind: str = "",
    stdin: BinaryIO | None = None,
    told: Callable[[Progress], None] = lambda _: None,
    clock: Clock | None = None,
) -> Tally:
    """Decide about the titles of a file (None: standard input), a line of JSON each (docs/json.md), into `output`.

    `kind` is the format, where the ending does not tell. A run that ended in any way is taken up where it was, unless
    titles, index or refkit are others by now. Raises DigestError for titles that cannot be read, or none at all;
    WriteError; and what `resolve_many` raises. Single items that cannot be read are told in their lines.
    """
    job = _job(index)
    for path in (titles, Path(job.index)):
        if path and os.path.realpath(path) == os.path.realpath(output):
            raise UsageError(f"{output} is what is read; name another file with --output.")
    with open_titles(titles, format_of(titles, kind), stdin) as opened:
        made_of = {"the titles": _identity_of(titles, opened), "the index": job.identity, "refkit": __version__}
        locks = folders.state_folder() / "resolve"
        with Output.open(output, made_of, locks=locks, resumable=bool(opened.total), clock=clock) as written:
            before, remark = written.done.items, written.remark
            told(Progress(0, 0, opened.total, before, remark))
            for lines in resolve_titles(opened, job, way, skip=before):
                written.add(lines.data, lines.items, lines.counts)
                told(Progress(written.done.items - before, lines.position, opened.total, before, remark))
            _refuse_nothing(written.done.items, opened)
            written.finish()
            return Tally(written.done.items, before, written.done.counts)


def stream_file(
    titles: Path | None,
    write: Callable[[bytes], None],
    *,
    index: Path | None = None,
    way: Way | None = None,
    kind: str = "",
    stdin: BinaryIO | None = None,
    told: Callable[[Progress], None] = lambda _: None,
) -> Tally:
    """Do the same as `resolve_file`, but hand the lines to `write` as they come; nothing is kept to be taken up."""
    job, items = _job(index), 0
    counts: Counter[str] = Counter()
    with open_titles(titles, format_of(titles, kind), stdin) as opened:
        for lines in resolve_titles(opened, job, way):
            write(lines.data)
            items += lines.items
            counts.update(lines.counts)
            told(Progress(items, lines.position, opened.total))
        _refuse_nothing(items, opened)
    return Tally(items, 0, counts)


def _refuse_nothing(items: int, opened: Titles) -> None:
    if not items:
        raise DigestError(opened.format.digest, 0, "it has no titles; write one a line.")


def _identity_of(titles: Path | None, opened: Titles) -> str:
    """Return what tells a file from others and from what it was before."""
    if not titles:
        return ""
    status = titles.stat()
    return f"{os.path.realpath(titles)!r}, {opened.format.kind}, {status.st_size} bytes, {status.st_mtime_ns}"


def resolve_titles(opened: Titles, job: Job, way: Way | None = None, *, skip: int = 0) -> Iterator[Lines]:
    """Yield the lines of the output for the items of an open file but the first `skip`, in order."""
    way = way or Way()
    _check_way(way)
    deque(islice(opened.items, skip), maxlen=0)
    some = _portions(opened.items, way.portion, _size_of_item)
    portions = (((len(items), opened.position()), msgspec.msgpack.encode(items)) for items in some)
    job = msgspec.structs.replace(job, format=opened.format)
    for (items, position), data in _run(partial(decide_items, job), job, portions, way):
        text, counts = msgspec.msgpack.decode(data, type=tuple[bytes, dict[str, int]])
        yield Lines(text, items, counts, position)


def _portions(things: Iterable[_Thing], size: int, bytes_of: Callable[[_Thing], int]) -> Iterator[list[_Thing]]:
    """Yield lists of at most `size` things, fewer where they are large."""
    portion: list[_Thing] = []
    full = 0
    for thing in things:
        portion.append(thing)
        full += bytes_of(thing)
        if len(portion) >= size or full >= _FULL:
            yield portion
            portion, full = [], 0
    if portion:
        yield portion


def _size_of_item(item: Item) -> int:
    return len(item.text)


def _size_of_mention(mention: Mention) -> int:
    return len(mention.title) + len(mention.abstract) + len(mention.raw)


def _check_way(way: Way) -> None:
    if way.portion < 1 or (way.processes is not None and way.processes < 1):
        raise UsageError("Titles are decided by at least one process, and at least one at a time; give numbers from 1.")


def _run(work: workers.Work, job: Job, portions: Iterator[tuple[Any, bytes]], way: Way) -> Iterator[tuple[Any, bytes]]:
    if way.scheduler:
        return workers.on_cluster(work, portions, way.scheduler, check=partial(check, job))
    return workers.in_processes(
        work,
        portions,
        way.processes or workers.processors(),
        doing="decides about titles",
        then="the same command goes on from there",
    )


def _job(index: Path | None) -> Job:
    """Return the job without a format. Raises UsageError if there is no index."""
    path = index or pipeline.index_path()
    return Job(os.path.abspath(path), _identity(path), __version__)  # noqa: PTH100 - links stay: workers have others


def _identity(index: Path) -> str:
    from refkit.metadata.index.reading import Index  # only where titles are looked for

    return Index.open(index).identity


def check(job: Job) -> None:
    """Raise UsageError if this process, perhaps on another machine, would not decide as the one that asks."""
    if job.version != __version__:
        raise UsageError(f"it has refkit {__version__}, not {job.version}; install the same version.")
    _sources(job.index, job.identity)


@lru_cache(maxsize=2)
def _sources(index: str, identity: str) -> list[Source]:
    """Open the sources once in a process; the index stays the one that it was, even if another takes its place."""
    if _identity(Path(index)) != identity:
        raise UsageError(f"{index} is another index than the one that the run began with; copy it, or begin again.")
    settings = {"index": {"path": index}}
    return asking.open_sources(("catalogue", "index"), network=False, settings=settings, environ={})


def decide_mentions(job: Job, data: bytes) -> bytes:
    """Return the resolutions of a portion of mentions, without these. A worker does this."""
    found = _decide(job, pickle.loads(data))  # noqa: S301 - of our own processes
    nobody = Mention(title="")
    return pickle.dumps([msgspec.structs.replace(each, mention=nobody) for each in found], protocol=5)


def decide_items(job: Job, data: bytes) -> bytes:
    """Return the lines of the output for a portion of items, and the items by verdict. A worker does this."""
    if job.format is None:
        raise TypeError("a job for items names their format")
    items = msgspec.msgpack.decode(data, type=list[Item])
    read = [_read(item, job.format) for item in items]
    found = iter(_decide(job, [each for each in read if isinstance(each, Mention)]))
    lines = [
        _line(item.line, next(found)) if isinstance(each, Mention) else _unreadable(item.line, each)
        for item, each in zip(items, read, strict=True)
    ]
    counts = Counter(line["verdict"] for line in lines)
    return msgspec.msgpack.encode((b"".join(msgspec.json.encode(line) + b"\n" for line in lines), counts))


def _decide(job: Job, mentions: Sequence[Mention]) -> list[Resolution]:
    check(job)
    return pipeline.resolve(mentions, sources=_sources(job.index, job.identity))


def _read(item: Item, how: TitlesFormat) -> Mention | DigestError:
    try:
        return read_item(item, how)
    except DigestError as error:
        return error


def _line(number: int, found: Resolution) -> dict[str, Any]:
    line = {
        "line": number,
        "title": _encodable(found.mention.title),
        "verdict": found.verdict.value.replace(" ", "_"),
        "arxiv_id": found.record.arxiv_id if found.record else None,
        "confidence": round(found.confidence, 4),
        "reason": _encodable(found.reason),
    }
    if found.verdict is Verdict.AMBIGUOUS:
        line["candidates"] = [each.record.arxiv_id for each in found.candidates[:_NAMED]]
    return line


def _unreadable(number: int, error: DigestError) -> dict[str, Any]:
    reason = _encodable(str(error))
    return {"line": number, "title": "", "verdict": UNREADABLE, "arxiv_id": None, "confidence": 0.0, "reason": reason}


def _encodable(text: str) -> str:
    """Return text that UTF-8 can hold: JSON can write halves of characters."""
    return text if text.isascii() else text.encode(errors="replace").decode()
