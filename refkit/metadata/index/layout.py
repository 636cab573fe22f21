"""The index as a file: a checked header that names its sections, then the sections, memory-mapped and never copied.

    8 bytes   magic                    4 bytes  length of the header, little-endian
    4 bytes   CRC-32 of the header     header   JSON: version, counts, and each section's place, size and CRC-32
    sections, each beginning at a multiple of 8 bytes

All numbers are little-endian. The same records give the same bytes: nothing tells when or where a file was made.
"""

from __future__ import annotations

import glob
import mmap
import os
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from refkit.errors import UsageError, WriteError
from refkit.files import new_mode

MAGIC = b"refkitIX"
VERSION = 2
_HEAD = struct.Struct("<8sII")
_ALIGNED = 8
_PAD = 8
_CHUNK = 1 << 24
# Ends the name of a file that is being written.
_UNFINISHED = ".new"

Told = Callable[[int, int], None]


class Section(msgspec.Struct, frozen=True):
    """Where a section stands in the file, in bytes, and its CRC-32."""

    offset: int
    size: int
    crc: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What an index says of itself. `current` is the newest day on which one of its records was changed (ISO 8601)."""

    version: int = VERSION
    records: int
    titles: int
    current: str = ""
    exact_bits: int
    word_bits: int
    sections: dict[str, Section] = {}


class BadIndex(UsageError):  # noqa: N818 - the tree names what happened
    """A file is not an index that this refkit can read; the message says what it is and what to do."""


class Buffers(msgspec.Struct, frozen=True):
    """An index at hand: its header and its sections, of a file or in memory.

    `padded` has the same sections with some bytes behind them: three-byte numbers are read four bytes at a time.
    """

    header: Header
    sections: Mapping[str, memoryview]
    padded: Mapping[str, memoryview]


def _buffers(header: Header, view: memoryview, sizes: Mapping[str, tuple[int, int]]) -> Buffers:
    """Return the sections of a file; `sizes` tells where each begins, and its size."""
    sections = {name: view[begin : begin + size] for name, (begin, size) in sizes.items()}
    padded = {name: view[begin : begin + size + _PAD] for name, (begin, size) in sizes.items()}
    return Buffers(header, sections, padded)


def refuse_to_replace(path: Path) -> None:
    """Raise UsageError for a place where an index cannot stand, or where something else does; WriteError if nobody may.

    To be asked before the work is done: an index takes a minute to make.
    """
    target = Path(os.path.realpath(path))
    with _told(path):
        if target.is_dir():
            raise UsageError(f"{path} is a folder; name a file in it.")
        if target.exists() and not target.is_file():
            raise UsageError(f"{path} is no file that an index could replace; name another one.")
        if target.exists() and not _begins_like_an_index(target):
            raise UsageError(f"{path} is there and is not an index; name another file with --index, or remove it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        with tempfile.NamedTemporaryFile(prefix=f".{target.name}.", suffix=_UNFINISHED, dir=target.parent):
            pass


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in a sentence why an index cannot be written."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        is_there = os.path.isfile(path)  # noqa: PTH113 - that of a Path raises for a name that is too long
        kept = "the index that was there is untouched" if is_there else "choose another place with --index"
        raise WriteError(f"{path} could not be written ({why}); {kept}.") from error


def write(
    path: Path,
    header: Header,
    sections: Mapping[str, Sequence[bytes | memoryview]],
    *,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write an index whole or not at all and return its size in bytes; each section is given in pieces.

    The file that stood there is replaced when the new one is on the disk; programs that read it go on reading the old
    one. `check` is called just before that and may raise. Raises WriteError (disk full, no permission); what stood
    there is then untouched.
    """
    target = Path(os.path.realpath(path))
    name = ""
    try:
        with _told(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=_UNFINISHED, dir=target.parent)
            with os.fdopen(handle, "wb") as file:
                with suppress(OSError):  # of a file system that knows no locks: there nothing is swept
                    _hold(file)
                for piece in _pieces(header, sections):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            os.chmod(name, new_mode())  # noqa: PTH101 - a name, not a path
            check()
            os.replace(name, target)  # noqa: PTH105 - as above
    finally:
        with suppress(OSError):  # after a failure or Ctrl-C; else it is gone
            os.unlink(name)  # noqa: PTH108 - as above
    return size


def _sweep(target: Path) -> None:
    """Remove what a program that was killed has left; one that is still at work holds its own."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????{_UNFINISHED}"):
        with suppress(OSError), left.open("rb") as file:
            _hold(file)
            left.unlink()


def _hold(file: IO[bytes]) -> None:
    """Hold a file as long as it is open. Raises OSError if another program does."""
    with suppress(ImportError):  # on Windows an open file cannot be removed anyway
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _pieces(header: Header, sections: Mapping[str, Sequence[bytes | memoryview]]) -> list[bytes | memoryview]:
    """Return the bytes of a file in order; the header's length does not depend on the numbers in it."""
    places: dict[str, Section] = {}
    body: list[bytes | memoryview] = []
    offset = 0
    for name, pieces in sections.items():
        crc, size = 0, 0
        for piece in pieces:
            view = memoryview(piece).cast("B") if len(piece) else memoryview(b"")
            crc, size = zlib.crc32(view, crc), size + len(view)
            body.append(view)
        places[name] = Section(offset, size, crc)
        room = _PAD + -(size + _PAD) % _ALIGNED
        body.append(bytes(room))
        offset += size + room
    # Offsets count from the end of the header, so that its own length does not matter to it.
    text = msgspec.json.encode(msgspec.structs.replace(header, sections=places))
    text += b" " * (-(_HEAD.size + len(text)) % _ALIGNED)
    return [_HEAD.pack(MAGIC, len(text), zlib.crc32(text)), text, *body]


def in_memory(header: Header, sections: Mapping[str, Sequence[bytes | memoryview]]) -> Buffers:
    """Return an index that is kept in memory only."""
    _, text, *body = _pieces(header, sections)
    found = msgspec.json.decode(bytes(text), type=Header)
    sizes = {name: (each.offset, each.size) for name, each in found.sections.items()}
    return _buffers(found, memoryview(b"".join(body)), sizes)


def open_file(path: Path) -> Buffers:
    """Map an index into memory; only its header is read.

    Raises BadIndex for a file that is none, cut or of another version, or that cannot be opened.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_HEAD.size)
            header, start = _read_header(path, head, file.read)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise BadIndex(f"{path}: there is no such index; make it with `refkit index build`.") from error
    except IsADirectoryError as error:
        raise BadIndex(f"{path} is a folder; name the index in it.") from error
    except OSError as error:
        raise BadIndex(f"{path} cannot be opened ({error.strerror or error}); correct its permissions.") from error
    end = start + max((each.offset + each.size + _PAD for each in header.sections.values()), default=0)
    if size < end:
        raise BadIndex(f"{path} is cut: it has {size:,} bytes of {end:,}; copy or build it again.")
    sizes = {name: (start + each.offset, each.size) for name, each in header.sections.items()}
    return _buffers(header, memoryview(mapped), sizes)


def _begins_like_an_index(path: Path) -> bool:
    """Whether a file may be replaced by an index: it was one, whole or not, or is empty or cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) in {MAGIC, b""}
    except OSError:
        return True  # what is wrong with it is told when it is written


def _read_header(path: Path, head: bytes, read: Callable[[int], bytes]) -> tuple[Header, int]:
    """Return the header and where the sections begin."""
    if len(head) < _HEAD.size or not head.startswith(MAGIC):
        raise BadIndex(f"{path} is not an index of refkit; name another file, or build it with `refkit index build`.")
    _, length, crc = _HEAD.unpack(head)
    text = read(length)
    if len(text) < length or zlib.crc32(text) != crc:
        raise BadIndex(f"{path} is damaged in its header; copy or build it again.")
    version = msgspec.json.decode(text, type=dict[str, object]).get("version")
    if version != VERSION:
        raise BadIndex(
            f"{path} is an index of version {version}, and this refkit reads version {VERSION}; "
            f"build it again with `refkit index build`, or update refkit."
        )
    if sys.byteorder != "little":
        raise BadIndex(f"{path} cannot be read on this machine, whose numbers are big-endian.")
    return msgspec.json.decode(text, type=Header), _HEAD.size + length


def damaged_sections(buffers: Buffers, told: Told | None = None) -> list[str]:
    """Read everything and return the names of the sections that do not have their checksum."""
    total = sum(len(view) for view in buffers.sections.values())
    done, damaged = 0, []
    for name, view in buffers.sections.items():
        crc = 0
        for start in range(0, len(view), _CHUNK):
            crc = zlib.crc32(view[start : start + _CHUNK], crc)
            done += len(view[start : start + _CHUNK])
            if told:
                told(done, total)
        if crc != buffers.header.sections[name].crc:
            damaged.append(name)
    return damaged
