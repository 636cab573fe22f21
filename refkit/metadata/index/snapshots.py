"""A metadata snapshot, plain, compressed or piped, in blocks of whole lines; and the records of a block.

Bad lines are counted and told, not swallowed.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from lzma import LZMAError
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

import msgspec

from refkit.errors import UsageError
from refkit.metadata.index import codes
from refkit.metadata.index.parts import Entry
from refkit.metadata.snapshot import Version, split_authors
from refkit.model import PartialDate

# Some 8,000 lines: enough that the time for handing them to another process does not count.
BLOCK = 1 << 24
# A line is a record; the longest of arXiv's, with thousands of authors, has some 400 kB.
_LONGEST_LINE = 1 << 26
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_SHOWN = 60
# What the libraries raise for compressed data that is cut, damaged, locked or of a kind that they do not know.
_DAMAGES = (
    EOFError, OSError, zlib.error, LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError
)  # fmt: skip


class Block(NamedTuple):
    """Some whole lines: the bytes themselves, or where in a plain file they stand."""

    data: bytes
    path: str
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the bytes. Raises UsageError if they cannot be read any more."""
        if not self.path:
            return self.data
        with _read_in_sentences(self.path), open(self.path, "rb") as file:  # noqa: PTH123 - quickly handed on
            file.seek(self.offset)
            return file.read(self.size)


class Readable(Protocol):
    """What blocks are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class Problem(NamedTuple):
    """A line that is no record: its number, counted from 1, and what is wrong with it."""

    line: int
    what: str


class Stream(NamedTuple):
    """An open snapshot: its blocks, how many bytes of the file they have taken so far, and of how many (0: unknown)."""

    blocks: Iterator[Block]
    position: Callable[[], int]
    total: int


@contextmanager
def open_snapshot(path: Path | None, stdin: BinaryIO | None = None, *, block: int = BLOCK) -> Iterator[Stream]:
    """Open a snapshot: plain JSON lines, gzip, or a zip archive with one file; None is standard input.

    It comes in blocks of about `block` bytes. Raises UsageError if it cannot be opened; reading on, for a file that is
    cut or damaged.
    """
    name = str(path) if path else "standard input"
    with ExitStack() as stack:
        with _read_in_sentences(name):
            raw = stack.enter_context(_open_stdin(stdin) if path is None else path.open("rb"))
            total = path.stat().st_size if path and path.is_file() else 0
            start = raw.peek(4)[:4] if total else raw.read(4)
        if total and not start.startswith((_GZIP, _ZIP)):
            blocks = _ranges(str(path), raw, total, block)
        else:
            blocks = _streamed(raw if total else io.BufferedReader(_Again(start, raw)), start, block)
        yield Stream(_guarded(blocks, name), raw.tell if total else lambda: 0, total)


@contextmanager
def _read_in_sentences(name: str) -> Iterator[None]:
    """Say in a sentence why a file cannot be read."""
    try:
        yield
    except IsADirectoryError as error:
        raise UsageError(f"{name} is a folder; name the snapshot in it.") from error
    except OSError as error:
        raise UsageError(f"{name} cannot be read ({error.strerror or error}); name the snapshot of arXiv.") from error


@contextmanager
def _open_stdin(stdin: BinaryIO | None) -> Iterator[io.BufferedReader]:
    if stdin is None:
        raise UsageError("There is no standard input; name a file.")
    yield stdin if isinstance(stdin, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stdin))


def _guarded(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    """Say in a sentence what is wrong with a compressed file, wherever that shows."""
    with _read_in_sentences(name):
        try:
            yield from blocks
        except _DAMAGES as error:
            if isinstance(error, OSError) and error.errno:
                raise  # the disk, not the data
            raise UsageError(f"{name} is cut or damaged ({error}); copy or download it again.") from error


class _Again(io.RawIOBase):
    """A pipe from its beginning, after some bytes were read of it to see what it is."""

    def __init__(self, start: bytes, rest: io.BufferedReader) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        """Say that it can be read; it cannot be sought in."""
        return True

    def readinto(self, room: Any) -> int:
        """Read into a buffer."""
        if not self._start:
            return self._rest.readinto1(room)
        count = min(len(room), len(self._start))
        room[:count], self._start = self._start[:count], self._start[count:]
        return count


def _streamed(raw: io.BufferedReader, start: bytes, block: int) -> Iterator[Block]:
    # Opened when the first block is asked for, so that all is guarded.
    yield from _pieces(_uncompressed(raw, start), block)


def _uncompressed(raw: io.BufferedReader, start: bytes) -> Readable:
    if start.startswith(_GZIP):
        return gzip.open(raw)
    return _only_member(raw) if start.startswith(_ZIP) else raw


def _only_member(raw: io.BufferedReader) -> Readable:
    if not raw.seekable():
        raise UsageError("A zip archive cannot be read from a pipe; name the file, or unzip it into the pipe.")
    archive = zipfile.ZipFile(raw)
    files = [each for each in archive.infolist() if not each.is_dir()]
    if len(files) != 1:
        raise UsageError(f"The archive has {len(files)} files; name one with the snapshot alone in it.")
    return archive.open(files[0])


def _pieces(file: Readable, block: int) -> Iterator[Block]:
    """Yield blocks of whole lines of a stream."""
    rest = b""
    while data := file.read(block):
        head, feed, tail = data.rpartition(b"\n")
        if not feed:
            rest += tail
            _refuse_endless(len(rest))
            continue
        yield Block(rest + head + feed, "", 0, 0)
        rest = tail
    if rest:
        yield Block(rest, "", 0, 0)


def _ranges(path: str, file: io.BufferedReader, total: int, block: int) -> Iterator[Block]:
    """Yield the places of whole lines of a plain file, for other processes to read."""
    offset = 0
    while offset < total:
        file.seek(min(offset + block, total))
        _refuse_endless(len(file.readline(_LONGEST_LINE)))
        end = file.tell()
        yield Block(b"", path, offset, end - offset)
        offset = end


def _refuse_endless(length: int) -> None:
    if length >= _LONGEST_LINE:
        raise UsageError("This is no snapshot of arXiv: it has no lines. It has one JSON object a line.")


class _Line(msgspec.Struct, gc=False):
    """What an index needs of a line of the snapshot (the fields are those of `SnapshotLine`)."""

    id: str
    title: str
    authors: str | None = None
    authors_parsed: msgspec.Raw = msgspec.Raw(b"null")
    abstract: str | None = None
    categories: str | None = None
    doi: str | None = None
    versions: list[Version] | None = None
    update_date: str | None = None
    submitted: str | None = None
    former_titles: list[str] | None = None


_decode = msgspec.json.Decoder(_Line).decode
_decode_names = msgspec.json.Decoder(list[list[str]] | None).decode


def read_block(data: bytes) -> tuple[list[Entry], int, list[Problem]]:
    """Return the records of a block, how many lines it has, and the lines that are none (numbers count from 1)."""
    entries, problems = [], []
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        if not line or line.isspace():
            continue
        try:
            entries.append(_entry(_decode(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            shown = line[:_SHOWN].decode(errors="replace")
            problems.append(Problem(number, f"{error} in {shown!r}"))
    return entries, len(lines), problems


def _entry(line: _Line) -> Entry:
    title = " ".join(line.title.split())
    if not title:
        raise ValueError("the title is empty")
    titles = (title, *(" ".join(each.split()) for each in line.former_titles)) if line.former_titles else (title,)
    created = line.versions[0].created if line.versions else ""
    return Entry(
        codes.encode_id(line.id),
        titles,
        _names(bytes(line.authors_parsed), line.authors),
        line.categories or "",
        _day(line.submitted) if line.submitted else _day_of_version(created[:16]),
        _day(line.update_date or ""),
        next(iter(line.doi.split()), "") if line.doi else "",
        line.abstract or "",
    )


def _names(parsed: bytes, text: str | None) -> bytes:
    """Return the authors as arXiv took them apart, else out of the one string that it has."""
    if names := _plain_names(parsed):
        return names
    names_in_parts = [parts[:3] for parts in _decode_names(parsed) or () if any(parts)]
    if names_in_parts:
        return codes.encode_authors(names_in_parts)
    return codes.encode_authors([codes.parts_of(author) for author in split_authors(text or "")])


def _plain_names(parsed: bytes) -> bytes:
    """Return the authors without decoding them, if they are written as nearly all are; b"" if not.

    Each has three parts then, of the escapes there is only that of the backslash, and blanks stand after all commas or
    after none; so the quotes alone tell where a part ends. Raises ValueError for what is no UTF-8.
    """
    blank = b" " if b'", "' in parsed else b""
    names = parsed[3:-3].replace(b'"],%b["' % blank, b"\n").replace(b'",%b"' % blank, b"\t")
    if b'"' in names or not (parsed.startswith(b'[["') and parsed.endswith(b'"]]')):
        return b""
    if b"\\" in names:
        if b"\\" in names.replace(b"\\\\", b""):
            return b""
        names = names.replace(b"\\\\", b"\\")
    if any(name.count(b"\t") != 2 or name == b"\t\t" for name in names.split(b"\n")):  # noqa: PLR2004 - three parts
        return b""
    return names if names.isascii() else names.decode().encode()


@lru_cache(maxsize=1 << 15)  # the days since 1986 are some 15,000
def _day(text: str) -> int:
    return codes.encode_date(PartialDate.parse(text)) if text else 0


@lru_cache(maxsize=1 << 15)
def _day_of_version(text: str) -> int:
    return codes.encode_date(codes.read_created(text))
