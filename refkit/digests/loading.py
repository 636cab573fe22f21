"""From a file to text, from text to its reader, from there to mentions: each failure a sentence with its remedy."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from refkit.digests.lines import MAX_TITLE, longest_line
from refkit.errors import DigestError, UsageError
from refkit.model import Mention, Skipped
from refkit.protocols import Reader

MAX_DIGEST_BYTES = 32 * 2**20

_MAGIC = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive (or a document of Word, Excel or LibreOffice)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Office program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def load(path_or_dash: str, *, encoding: str | None = None, stdin: BinaryIO | None = None) -> str:
    """Return the text of a digest, `-` being standard input; at most 32 MiB are read, also from a pipe.

    Without `encoding` the text is UTF-8, or what its byte order mark says. Raises DigestError for whatever cannot be
    read as text, UsageError for an unknown encoding.
    """
    if encoding is not None:
        _check_encoding(encoding)
    name = "standard input" if path_or_dash == "-" else path_or_dash
    data = _read_stdin(stdin) if path_or_dash == "-" else _read_file(path_or_dash)
    if len(data) > MAX_DIGEST_BYTES:
        raise DigestError(name, 0, f"it is larger than {MAX_DIGEST_BYTES >> 20} MiB; split it into smaller digests.")
    text = _decode(data, encoding, name)
    if not text.strip():
        raise DigestError(name, 0, "it is empty; a digest has at least one title.")
    return text


def choose_reader(text: str, readers: Sequence[Reader], *, digest: str) -> Reader:
    """Return the reader that is surest of the text; the first one of those that are equally sure.

    Raises DigestError if none recognises it.
    """
    sure = [reader.recognise(text) for reader in readers]
    best = max(sure, default=0.0)
    if best <= 0:
        names = ", ".join(reader.name for reader in readers)
        line, length = longest_line(text)
        long = f"a line has {length:,} characters, and " if length > MAX_TITLE else ""
        problem = f"{long}its format was not recognised; the formats are: {names}"
        raise DigestError(digest, line if long else 0, f"{problem}. If it is one of them, say so with --reader NAME.")
    return readers[sure.index(best)]


def read_mentions(text: str, reader: Reader, *, digest: str) -> tuple[list[Mention], list[Skipped]]:
    """Return the mentions of a text and the lines that are none; raises DigestError if there is no mention at all."""
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    for item in reader.read(text, digest=digest):
        if isinstance(item, Mention):
            mentions.append(item)
        else:
            skipped.append(item)
    if not mentions:
        raise DigestError(digest, 0, _no_titles(reader.name, skipped))
    return mentions, skipped


def _no_titles(reader: str, skipped: Sequence[Skipped]) -> str:
    seen = f" (line {skipped[0].line} is {skipped[0].reason})" if skipped else ""
    return f"no titles found, reading it as {reader}{seen}; if it has another format, say so with --reader NAME."


def _check_encoding(encoding: str) -> None:
    try:
        b" ".decode(encoding)  # bytes that are empty are not even looked at
    except UnicodeError:
        return  # one byte is no UTF-16, but the encoding exists
    except (LookupError, ValueError) as error:
        problem = f"There is no text encoding named {encoding!r}"
        raise UsageError(f"{problem}; usual ones are utf-8, latin-1, cp1252, utf-16 and gb18030.") from error


def _read_stdin(stdin: BinaryIO | None) -> bytes:
    stream = stdin or (sys.stdin.buffer if sys.stdin else None)
    if stream is None:
        raise DigestError("standard input", 0, "it is closed; name a file, or send the digest through a pipe.")
    try:
        return _read_at_most(stream, MAX_DIGEST_BYTES + 1)
    except OSError as error:
        raise DigestError("standard input", 0, f"it cannot be read ({error.strerror}).") from error


def _read_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return bytes(MAX_DIGEST_BYTES + 1) if size > MAX_DIGEST_BYTES else _read_at_most(file, MAX_DIGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise DigestError(path, 0, "there is no such file; correct its name.") from error
    except IsADirectoryError as error:
        raise DigestError(path, 0, "it is a folder; name a file in it.") from error
    except PermissionError as error:
        raise DigestError(path, 0, "it may not be read; correct its permissions.") from error
    except OSError as error:
        raise DigestError(path, 0, f"it cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise DigestError(repr(path), 0, "this is not the name of a file; correct it.") from error


def _read_at_most(stream: BinaryIO, limit: int) -> bytes:
    """Read until the end or the limit; a pipe gives its bytes in pieces."""
    data = bytearray()
    while len(data) < limit:
        piece = stream.read(min(2**20, limit - len(data)))
        if not piece:
            break
        data += piece
    return bytes(data)


def _decode(data: bytes, encoding: str | None, name: str) -> str:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise DigestError(name, 0, f"it is {kind}, not text; copy its text into a text file.")
    codec = encoding or next((codec for bom, codec in _BOMS if data.startswith(bom)), "utf-8")
    if b"\0" in data and codec in {"utf-8", "utf-8-sig"}:
        raise DigestError(
            name, _line_of(data, data.index(b"\0")), "it has NUL bytes, so it is not text; name a text file."
        )
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(name, data, error) from error
    except UnicodeError as error:
        raise DigestError(name, 0, f"it is not {codec} text ({error}); name its encoding with --encoding.") from error
    if "\0" in text:
        raise DigestError(name, 0, f"read as {codec} it has NUL characters; name its true encoding with --encoding.")
    return text.removeprefix("\ufeff")


def _line_of(data: bytes, position: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", data[:position])) + 1


def _undecodable(name: str, data: bytes, error: UnicodeDecodeError) -> DigestError:
    before = data[: error.start]
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    column = len(before[start:].decode(error.encoding, errors="replace")) + 1
    what = f"byte 0x{data[error.start]:02x} in column {column} is not {error.encoding.upper()} text"
    remedy = "save the file as UTF-8, or name its encoding, for instance `--encoding latin-1`."
    return DigestError(name, _line_of(data, error.start), f"{what}; {remedy}")
