"""A snapshot, and perhaps the index that is there -> an index, with several processes.

Each process makes parts of blocks of lines, or of the rows of the index that is there; one puts the parts together.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from refkit.errors import UsageError
from refkit.metadata.index import layout
from refkit.metadata.index.packing import pack
from refkit.metadata.index.parts import Part, make_part
from refkit.metadata.index.reading import Index
from refkit.metadata.index.snapshots import BLOCK, Block, Problem, open_snapshot, read_block
from refkit.workers import in_processes

# Bad lines that are told of one by one.
_TOLD = 20
# Records of an index that are taken at once.
ROWS = 1 << 13


class Progress(NamedTuple):
    """How far a build is: what it does, how many bytes of the snapshot are read of how many (0: unknown), records."""

    doing: str
    done: int
    total: int
    records: int


class Rows(NamedTuple):
    """Some records of an index that is there, to be taken into the new one."""

    path: str
    identity: str
    first: int
    end: int


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What a build made: records in the index, of how many bytes; ids that came more than once, lines that are none.

    `changed` is how many records of the base were replaced by one that was changed later.
    """

    records: int
    size: int
    repeated: int
    changed: int
    bad: int
    problems: tuple[Problem, ...]


Told = Callable[[Progress], None]


def build(
    snapshot: Path | None,
    target: Path,
    *,
    stdin: BinaryIO | None = None,
    processes: int = 1,
    most_bad: int = 1000,
    base: Path | None = None,
    block: int = BLOCK,
    rows: int = ROWS,
    told: Told = lambda _: None,
) -> Built:
    """Make an index of a snapshot (None: standard input) in the place of `target`, whole or not at all.

    The records of the index `base` are taken too; of several records with one id, the one that was changed last is
    taken. Lines that are no records are left out and counted. Raises UsageError for a snapshot that cannot be read, or
    has more bad lines than `most_bad` or no record at all; WriteError if the index cannot be written; SourceUnavailable
    if a process was killed. Whatever happens, the index that was there stays as it was. A process is given about
    `block` bytes, or `rows` records of the index, at a time.
    """
    if snapshot and snapshot.resolve() == target.resolve():
        raise UsageError(f"{target} is the snapshot itself; name another file with --index.")
    layout.refuse_to_replace(target)
    work = _Work(str(snapshot) if snapshot else "standard input", most_bad, told)
    old = Index.open(base) if base else None
    try:
        with open_snapshot(snapshot, stdin, block=block) as stream:
            blocks = chain[Block | Rows](_rows(base, old, rows) if base and old else (), stream.blocks)
            parts = work.parts(blocks, stream.position, stream.total, processes)
            packed = pack(parts, base=len(old) if old else 0, threads=processes)
    except MemoryError as error:
        raise UsageError(
            f"The memory did not do for the index of {work.name}; 3 million records take 2.1 GB. Nothing is changed; "
            "try it with fewer processes (--jobs 1), or on another machine."
        ) from error
    if not work.lines_with_records:
        raise UsageError(f"{work.name} has no record of arXiv in it ({work.first_problem}); nothing is changed.")
    told(Progress("writing", 0, 0, packed.header.records))
    size = layout.write(target, packed.header, packed.sections, check=lambda: _refuse_replaced(base, old))
    return Built(
        records=packed.header.records,
        size=size,
        repeated=packed.repeated,
        changed=packed.changed,
        bad=work.bad,
        problems=tuple(work.problems),
    )


def _refuse_replaced(path: Path | None, base: Index | None) -> None:
    """Raise UsageError if an index is not the one any more that it was: another run has updated it meanwhile."""
    if path and base:
        _open_same(path, base.identity)


def _open_same(path: Path, identity: str) -> Index:
    index = Index.open(path)
    if index.identity == identity:
        return index
    raise UsageError(f"{path} was replaced while it was being updated; nothing is changed by this run. Run it again.")


def _rows(base: Path, index: Index, count: int) -> Iterator[Rows]:
    """Yield the records of an index in portions."""
    for first in range(0, len(index), count):
        yield Rows(str(base), index.identity, first, min(first + count, len(index)))


class _Work:
    """The parts of a snapshot, and what was wrong with its lines."""

    def __init__(self, name: str, most_bad: int, told: Told) -> None:
        self.name = name
        self.records = self.lines_with_records = self.bad = 0
        self.problems: list[Problem] = []
        self._lines = 0
        self._most_bad = most_bad
        self._told = told

    @property
    def first_problem(self) -> str:
        """What is wrong with the first line that is none."""
        if not self.problems:
            return "it is empty"
        return f"one JSON object a line; line {self.problems[0].line}: {self.problems[0].what}"

    def parts(
        self, blocks: Iterator[Block | Rows], position: Callable[[], int], total: int, processes: int
    ) -> Iterator[Part]:
        portions = ((None, block) for block in blocks)
        # The results have no name, so that an error here closes them, and with them the processes, at once.
        for _, (part, lines, problems) in in_processes(
            _read, portions, processes, doing="reads the snapshot", then="nothing is changed; try it again"
        ):
            self._take(len(part.ids), lines, problems)
            self._told(Progress("reading", position(), total, self.records))
            yield part
        self._told(Progress("putting it together", 0, 0, self.records))

    def _take(self, records: int, lines: int, problems: list[Problem]) -> None:
        room = _TOLD - len(self.problems)
        self.problems += [Problem(self._lines + each.line, each.what) for each in problems[: max(0, room)]]
        self.records += records
        self.lines_with_records += records if lines else 0
        self.bad += len(problems)
        self._lines += lines
        if self.bad > self._most_bad:
            first = self.problems[0]
            raise UsageError(
                f"{self.name}:{first.line}: {first.what}. {self.bad:,} of the first {self._lines:,} lines are no "
                f"records of arXiv, more than the {self._most_bad:,} that are let pass; nothing is changed."
            )


def _read(block: Block | Rows) -> tuple[Part, int, list[Problem]]:
    """Return the part of a block, how many lines it has (rows: none), and which of them are no records."""
    with _without_gc():
        return _part_of(block)  # whose values are gone when it returns


def _part_of(block: Block | Rows) -> tuple[Part, int, list[Problem]]:
    lines, problems, prints = 0, list[Problem](), None
    if isinstance(block, Rows):
        entries, prints = _base(block.path, block.identity).entries(block.first, block.end)
    else:
        entries, lines, problems = read_block(block.read())
    part = make_part(entries, prints)
    entries.clear()  # TeX that is none leaves an error that holds the frame of `make_part` until cycles are looked for
    return part, lines, problems


@contextmanager
def _without_gc() -> Iterator[None]:
    """Let nobody look for cycles meanwhile: there are none in a million small objects, and the look takes a tenth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@lru_cache(maxsize=1)
def _base(path: str, identity: str) -> Index:
    """Open an index once in a process. Raises UsageError if it is not the one that the build began with."""
    return _open_same(Path(path), identity)
