"""A .bib file as it is: its blocks, which paper an entry is of, and changes that leave all other bytes alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from refkit.errors import UsageError
from refkit.model import find_arxiv_id
from refkit.names import family_key
from refkit.normalize import title_key
from refkit.writers.bib_scan import Block, Field, scan

__all__ = ["BibFile", "Block", "Edit", "Field", "Identity", "identify", "plain", "splice"]

_BOM = b"\xef\xbb\xbf"
_ARXIV_DOI = "10.48550/arxiv."
_DOI = re.compile(r"(?i)^\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\S+?)[\s.]*$")
_SAYS_ARXIV = re.compile(r"(?i)arxiv")
_PIECES = re.compile(r"\s*#\s*")
_SIGNS = re.compile(r"[{}\"]")
_BARE = re.compile(r"[^\s#]*")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")


class Edit(Struct, frozen=True):
    """What stands from `start` to `end` becomes `new`."""

    start: int
    end: int
    new: str


class Identity(Struct, frozen=True):
    """What an entry says of which paper it is; empty where it says nothing."""

    arxiv_id: str = ""
    doi: str = ""
    title_key: str = ""
    family: str = ""
    year: str = ""


class BibFile(Struct, frozen=True):
    """The text of a .bib file in blocks, with what is needed to write it back as it was."""

    name: str
    text: str
    blocks: tuple[Block, ...]
    encoding: str = "utf-8"
    bom: bool = False

    @classmethod
    def read(cls, path: Path) -> BibFile:
        """Read a file. Raises UsageError for one that cannot be read."""
        try:
            return cls.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read ({error.strerror}); correct its name or its permissions."
            ) from error

    @classmethod
    def parse(cls, data: bytes, name: str) -> BibFile:
        """Take bytes apart: UTF-8, with or without a mark at the start, else Latin-1."""
        bom = data.startswith(_BOM)
        body = data[len(_BOM) :] if bom else data
        try:
            text, encoding = body.decode(), "utf-8"
        except UnicodeDecodeError:
            text, encoding = body.decode("latin-1"), "latin-1"
        return cls(name, text, tuple(scan(text)), encoding, bom)

    def encoded(self, text: str) -> bytes:
        """Return a text in the bytes of this file. Raises UnicodeEncodeError for what its encoding lacks."""
        return (_BOM if self.bom else b"") + text.encode(self.encoding)

    @property
    def strings(self) -> dict[str, str]:
        """The values of the file's `@string`s by their names in lower case."""
        found: dict[str, str] = {}
        for block in self.blocks:
            if block.kind == "string":
                found |= {field.name.casefold(): plain(field.value, found) for field in block.fields}
        return found


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits made; they must not overlap. What stands outside of them is untouched."""
    parts, place = [], 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if edit.start < place:
            raise ValueError("two edits overlap")
        parts += [text[place : edit.start], edit.new]
        place = edit.end
    return "".join([*parts, text[place:]])


def plain(value: str, strings: Mapping[str, str] | None = None) -> str:
    """Return a raw value without its delimiters, pieces joined and names of `@string`s resolved."""
    parts, place = [], 0
    while place < len(value):
        piece = _piece(value, place)
        parts.append(_resolved(piece, strings or {}))
        place += len(piece)
        join = _PIECES.match(value, place)
        place = join.end() if join and join.end() > place else place + (not piece)
    return "".join(parts)


def _piece(value: str, start: int) -> str:
    """Return the text in braces or quotes, or the number or name, that begins at a place of a raw value."""
    quoted = value[start] == '"'
    if quoted or value[start] == "{":
        depth = 0
        for sign in _SIGNS.finditer(value, start + quoted):
            depth += (sign[0] == "{") - (sign[0] == "}")
            if depth == 0 and sign[0] == ('"' if quoted else "}"):
                return value[start : sign.end()]
    bare = _BARE.match(value, start)
    return bare[0] if bare else ""


def _resolved(piece: str, strings: Mapping[str, str]) -> str:
    if piece[:1] in {"{", '"'}:
        return piece[1:-1]
    return strings.get(piece.casefold(), piece)


def identify(block: Block, strings: Mapping[str, str] | None = None) -> Identity:
    """Return which paper an entry is of, by all that it says of that."""
    fields = {field.name.casefold(): " ".join(plain(field.value, strings).split()) for field in reversed(block.fields)}
    doi = _DOI.match(fields.get("doi", ""))
    bare = doi[1].casefold() if doi else ""
    first = re.split(r"\s+and\s+", fields.get("author", ""), maxsplit=1)[0]
    year = _YEAR.search(fields.get("year", "") or fields.get("date", ""))
    return Identity(
        arxiv_id=_arxiv_id(fields, bare),
        doi="" if bare.startswith(_ARXIV_DOI) else bare,
        title_key=title_key(fields.get("title", "")),
        family=family_key(first) if first else "",
        year=year[0] if year else "",
    )


def _arxiv_id(fields: Mapping[str, str], doi: str) -> str:
    """Return the arXiv id that an entry gives as its own, surest first; notes only where they begin with it."""
    kind = fields.get("archiveprefix", "") or fields.get("eprinttype", "")
    if not kind or _SAYS_ARXIV.search(kind):
        found = find_arxiv_id(fields.get("eprint", ""))
        if found:
            return found
    if doi.startswith(_ARXIV_DOI):
        return find_arxiv_id(doi)
    if re.match(r"(?i)^\s*(?:\\url\{)?https?://(?:[\w-]+\.)*arxiv\.org/", fields.get("url", "")):
        return find_arxiv_id(fields["url"])
    for name in ("journal", "journaltitle", "howpublished", "number", "volume", "note"):
        text = fields.get(name, "")
        says_so = re.match(r"(?i)\W*arxiv", text) if name == "note" else _SAYS_ARXIV.search(text)
        of_corr = name == "volume" and text.startswith("abs/")
        if (says_so or of_corr) and (found := find_arxiv_id(text.removeprefix("abs/"))):
            return found
    return ""
