"""A .bib file as it is: its bytes, its blocks, and edits that leave all other bytes alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from refkit.errors import UsageError, WriteError
from refkit.writers.bib_scan import Block, Field, line_end, scan

__all__ = ["BibFile", "Block", "Edit", "Field", "plain", "splice", "unified_diff"]

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_PIECE = re.compile(r"\s*(?:#\s*)?(?:(?P<sign>[{\"])|(?P<word>[^\s#{}\",]+))")
_MARK = re.compile(r"[{}\"]")
_LINE_ENDS = ("\r\n", "\n", "\r")


class Edit(NamedTuple):
    """New text in the place of that from `start` to `end`; an insertion where they are equal."""

    start: int
    end: int
    new: str


class BibFile:
    """The text of a .bib file with its blocks; `name` is for messages, `newline` is the line end that most lines have.

    The text is UTF-8 with or without a byte order mark, or else Latin-1, which reads any bytes and gives them back.
    """

    def __init__(self, text: str, name: str = "", *, encoding: str = "utf-8", bom: bool = False) -> None:
        self.text = text
        self.name = name
        self.encoding = encoding
        self.bom = bom

    @classmethod
    def read(cls, path: Path) -> BibFile:
        """Read a file. Raises UsageError with the remedy."""
        try:
            return cls.parse(path.read_bytes(), str(path))
        except FileNotFoundError as error:
            raise UsageError(f"{path} does not exist; check its name.") from error
        except IsADirectoryError as error:
            raise UsageError(f"{path} is a folder; name a .bib file in it.") from error
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}).") from error

    @classmethod
    def parse(cls, data: bytes, name: str = "") -> BibFile:
        """Take the bytes of a file. Raises UsageError for what is no text that BibTeX reads."""
        if data.startswith(_WIDE) or b"\0" in data:
            raise UsageError(f"{name or 'The file'} is no text in UTF-8 or Latin-1; save it as UTF-8.")
        bom = data.startswith(_BOM)
        body = data.removeprefix(_BOM)
        try:
            return cls(body.decode(), name, bom=bom)
        except UnicodeDecodeError:
            return cls(data.decode("latin-1"), name, encoding="latin-1")

    def encoded(self, text: str) -> bytes:
        """Return a text as bytes of this file, mark and encoding kept.

        Raises WriteError, with the line, for a letter that the encoding of the file lacks.
        """
        try:
            return (_BOM if self.bom else b"") + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise WriteError(
                f"{self.name}:{line}: {text[error.start]!r} cannot be written in Latin-1; save the file as UTF-8 first."
            ) from error

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks in order: joined they are the text."""
        return scan(self.text)

    @cached_property
    def strings(self) -> dict[str, str]:
        """What the `@string`s of the file stand for, by lower-case name; a later one wins, as in BibTeX."""
        known: dict[str, str] = {}
        for block in self.blocks:
            if block.kind == "string":
                known.update({each.name.lower(): plain(each.value, known) for each in block.fields})
        return known

    @cached_property
    def line_starts(self) -> list[int]:
        """Where each line of the text begins; the last number is the end of the text."""
        return [0, *accumulate(map(len, _lines(self.text)))]

    @cached_property
    def newline(self) -> str:
        """The line end of most lines; a new file has plain ones."""
        windows = self.text.count("\r\n")
        counts = (windows, self.text.count("\n") - windows, self.text.count("\r") - windows)
        return _LINE_ENDS[counts.index(max(counts))] if any(counts) else "\n"


def _lines(text: str) -> list[str]:
    """Return the lines with their ends. A form feed, or an ellipsis of Windows read as Latin-1, ends none."""
    end = line_end(text)
    return re.findall(rf"[^{end}]*{end}|[^{end}]+", text)


def plain(value: str, strings: Mapping[str, str] | None = None) -> str:
    """Return what a value says: without its own braces or quotes, parts joined, `@string`s written out.

    Braces and commands inside stay; an unknown name stands for itself (`dec`).
    """
    inner = value[1:-1]
    if value[:1] + value[-1:] == "{}" and "{" not in inner and "}" not in inner:
        return inner  # nearly all are so
    parts: list[str] = []
    place = 0
    while found := _PIECE.match(value, place):
        if found["word"]:
            parts.append((strings or {}).get(found["word"].lower(), found["word"]))
            place = found.end()
        else:
            place = _end(value, found.end(), found["sign"])
            parts.append(value[found.end() : place - 1])
    return "".join(parts)


def _end(value: str, place: int, sign: str) -> int:
    depth = 0
    for found in _MARK.finditer(value, place):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}" and depth:
            depth -= 1
        elif not depth and found[0] == ("}" if sign == "{" else '"'):
            return found.end()
    return len(value) + 1


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made; those at one place stay in their order. Edits must not overlap (ValueError)."""
    pieces: list[str] = []
    place = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if edit.start < place or edit.end < edit.start:
            raise ValueError(f"edits overlap at {edit.start}")
        pieces += (text[place : edit.start], edit.new)
        place = edit.end
    return "".join((*pieces, text[place:]))


def unified_diff(name: str, old: str, new: str) -> str:
    """Return what was changed in a text as a unified diff; "" for nothing."""
    import difflib  # only where changes are shown

    lines = difflib.unified_diff(_lines(old), _lines(new), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
