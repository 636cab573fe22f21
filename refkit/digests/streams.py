"""Any number of titles, an item at a time: plain lists, tables and JSON lines, also compressed or from a pipe.

What has to be in one place, cutting a file into items, is cheap; reading an item is left to whoever decides about it.
Each item that stands in the file is given, also one that cannot be read, so that results can be put beside the items.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from refkit.digests.columns import ALIASES, fold_name
from refkit.digests.decoding import unreadable
from refkit.digests.jsonl import read_objects
from refkit.digests.lines import BULLET, check_title, clean, split_title
from refkit.digests.table import read_table
from refkit.digests.table_form import Columns, find_columns
from refkit.errors import DigestError, UsageError
from refkit.model import Mention

FORMATS = ("txt", "csv", "tsv", "jsonl")
_ENDINGS = {".txt": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
# The longest record of arXiv's own, with thousands of authors, has some 400 kB.
_LONGEST_LINE = 1 << 20
# No abstract has so many lines: a quote that never ends must not swallow the rest of the file.
_LONGEST_ROW = 1_000
_HEAD = 1 << 12
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
}
_SEPARATOR_LINE = re.compile(r"sep=.\s*")


class Item(NamedTuple):
    """What stands in a file for one title, still unread: the line where it begins, from 1, and its text.

    `problem` is the sentence that says why it cannot be read, where that is plain already.
    """

    line: int
    text: str
    problem: str = ""


class TitlesFormat(Struct, frozen=True):
    """How items are to be read: the name of the file, the format (`FORMATS`), and the first row of a table."""

    digest: str
    kind: str
    header: str = ""


class Titles(NamedTuple):
    """An open file of titles: its items, how many bytes of it are taken so far, and of how many (0: unknown)."""

    format: TitlesFormat
    items: Iterator[Item]
    position: Callable[[], int]
    total: int


class _Lined(Protocol):
    """What lines are read from."""

    def readline(self, size: int, /) -> bytes:
        """Return at most so many bytes of a line; none at the end."""


def format_of(path: Path | None, named: str = "") -> str:
    """Return the format of a file by its ending, before `.gz`; standard input (None) has one title a line.

    Raises UsageError if the ending tells none, or for a name that is no format.
    """
    if named and named not in FORMATS:
        raise UsageError(f"There is no format of titles named {named!r}; the formats are: {', '.join(FORMATS)}.")
    if named or path is None:
        return named or "txt"
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in _ENDINGS:
        raise UsageError(f"{path}: its ending tells no format of titles; name it with --format ({', '.join(FORMATS)}).")
    return _ENDINGS[ending]


@contextmanager
def open_titles(path: Path | None, kind: str, stdin: BinaryIO | None = None) -> Iterator[Titles]:
    """Open titles in a format of `FORMATS`, plain or gzip, UTF-8; None is standard input. Memory stays small.

    Raises DigestError for a file that cannot be opened, that is no text, or a table without a column of titles; reading
    on, for a compressed one that is cut.
    """
    name = str(path) if path else "standard input"
    try:
        with _stdin(stdin) if path is None else path.open("rb") as raw:
            total = path.stat().st_size if path and path.is_file() else 0
            lines = _Lines(_guarded(_lines(_unpacked(raw, name)), name))
            header = _header(lines, name) if kind in {"csv", "tsv"} else ""
            yield Titles(
                TitlesFormat(name, kind, header), _items(lines, kind, header), raw.tell if total else lambda: 0, total
            )
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise unreadable(name, error) from error


@contextmanager
def _stdin(stdin: BinaryIO | None) -> Iterator[io.BufferedReader]:
    if stdin is None:
        raise DigestError("standard input", 0, "it is closed; name a file, or send the titles through a pipe.")
    yield stdin if isinstance(stdin, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stdin))


def _unpacked(raw: io.BufferedReader, name: str) -> _Lined:
    head = raw.peek(_HEAD)[:_HEAD]
    if head.startswith(_GZIP):
        return gzip.open(raw)
    what = next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), "")
    if what or b"\0" in head:
        raise DigestError(name, 0, f"it is {what or 'no text'}; make it UTF-8 text, plain or gzip.")
    return raw


def _guarded(lines: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Say in a sentence what is wrong with a file, wherever that shows."""
    try:
        yield from lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DigestError(name, 0, f"it is cut or damaged ({error}); copy or make it again.") from error
    except OSError as error:
        raise DigestError(name, 0, f"it cannot be read on ({error.strerror or error}).") from error


def _lines(file: _Lined) -> Iterator[bytes]:
    r"""Yield lines with their ends (\n or \r\n); of one that is too long only so much that it shows."""
    while line := file.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE + 1)
        yield line


class _Lines:
    """Lines as text, with a count; some may be given back to be read once more."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._again: deque[Item] = deque()
        self._count = 0

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._again:
            return self._again.popleft()
        line = next(self._lines)
        self._count += 1
        return _decoded(self._count, line.removeprefix(codecs.BOM_UTF8) if self._count == 1 else line)

    def give_back(self, lines: list[Item]) -> None:
        """Let these lines be the next ones."""
        self._again.extendleft(reversed(lines))


def _decoded(number: int, line: bytes) -> Item:
    if len(line) > _LONGEST_LINE:
        return Item(number, "", f"the line has more than {_LONGEST_LINE >> 20} MiB; write one title a line.")
    try:
        return Item(number, line.decode())
    except UnicodeDecodeError as error:
        what = f"byte 0x{line[error.start]:02x} in byte column {error.start + 1} is not UTF-8"
        return Item(number, "", f"{what}; save the file as UTF-8.")


def _header(lines: _Lines, name: str) -> str:
    """Return the first row of a table, which names its columns. Raises DigestError if none of them is `title`."""
    for line in lines:
        if line.problem:
            raise DigestError(name, line.line, line.problem)
        if not line.text.strip() or (line.line == 1 and _SEPARATOR_LINE.fullmatch(line.text)):
            continue
        header = line.text.rstrip("\r\n") + "\n"
        if _columns(header) is None:
            shown = clean(header)[:100]
            problem = f"the first row names no column `title` (it is {shown!r})"
            raise DigestError(name, line.line, f"{problem}; name the column so, or name the format with --format.")
        return header
    return ""


@lru_cache(maxsize=8)
def _columns(header: str) -> Columns | None:
    """Return the columns of a table; one with titles alone has no delimiter in its first row."""
    alone = fold_name(header) in ALIASES["title"]
    return Columns(",", 1, {"title": 0}) if alone else find_columns(header)


def _items(lines: _Lines, kind: str, header: str) -> Iterator[Item]:
    columns = _columns(header) if header else None
    if columns and columns.delimiter != "\t":  # tables of tabs are often written without quoting: a row is a line
        yield from _rows(lines, columns.delimiter)
        return
    for line in lines:
        if line.problem or line.text.strip():
            yield line if kind != "tsv" else line._replace(text=line.text.rstrip("\r\n") + "\n")


def _rows(lines: _Lines, delimiter: str) -> Iterator[Item]:
    """Yield the rows that hold something; where quotes do not fit, one line is unreadable and the next is read on."""
    taken = _Taken(lines)
    # The limit of a field stands in `table`; here lines and rows are bounded before they reach it.
    reader = csv.reader(taken, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        taken.lines.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, _BadLine) as error:
            bad, *rest = taken.lines
            lines.give_back(rest)
            what = f"the row cannot be read as a table ({error}); check its double quotes: one in a field is written"
            yield bad if bad.problem else bad._replace(problem=f"{what} twice.")
            continue
        if any(field.strip() for field in fields):
            yield Item(taken.lines[0].line, "".join(line.text for line in taken.lines))


class _BadLine(Exception):  # noqa: N818 - it never leaves this module
    """A row has a line that cannot be read, or is too long to be one."""


class _Taken:
    """Lines for the csv module, and which of them made the row."""

    def __init__(self, source: _Lines) -> None:
        self._source = source
        self._size = 0
        self.lines: list[Item] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self._size = len(line.text) + (self._size if self.lines else 0)
        self.lines.append(line)
        if line.problem or len(self.lines) > _LONGEST_ROW or self._size > _LONGEST_LINE:
            raise _BadLine("a quote has no end")
        return line.text


def read_item(item: Item, how: TitlesFormat) -> Mention:
    """Return what an item says; it holds one title. Raises DigestError, with its line, if it cannot be read."""
    if item.problem:
        raise DigestError(how.digest, item.line, item.problem)
    try:
        return _READ[how.kind](item, how)
    except DigestError as error:
        # The readers of digests know another option by which the format is named.
        problem = error.problem.replace("--reader", "--format")
        raise DigestError(how.digest, item.line, problem) from error


def _read_line(item: Item, how: TitlesFormat) -> Mention:
    raw = item.text.strip()
    title, links = split_title(BULLET.sub("", clean(raw), count=1))
    check_title(title, digest=how.digest, line=item.line)
    if not title:
        raise DigestError(how.digest, item.line, "the line has no title; fill it in, or take the line away.")
    return Mention(title=title, digest=how.digest, line=item.line, raw=raw, **links)


def _read_row(item: Item, how: TitlesFormat) -> Mention:
    columns = _columns(how.header)
    found = next(read_table(how.header + item.text, columns, digest=how.digest), None) if columns else None
    if not isinstance(found, Mention):
        raise DigestError(how.digest, item.line, "the row has no title; fill it in, or take the row away.")
    return replace(found, line=item.line + found.line - 2)


def _read_object(item: Item, how: TitlesFormat) -> Mention:
    text = item.text.strip()
    if text.startswith("["):
        raise DigestError(how.digest, item.line, 'this is an array; write one object a line: {"title": "..."}.')
    (found,) = read_objects(text, digest=how.digest)
    return found if found.digest != how.digest else replace(found, line=item.line)


_READ = {"txt": _read_line, "csv": _read_row, "tsv": _read_row, "jsonl": _read_object}
