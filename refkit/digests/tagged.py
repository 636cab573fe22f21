"""Records of lines with tags: RIS, MEDLINE (PubMed), EndNote's %-tags, Web of Science and RefWorks -> their fields.

The four forms differ in how a tag is written and in how a record begins and ends; what the tags mean is for `ris.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_DASHED = re.compile(r"(?P<tag>[A-Z][A-Z0-9]{1,3}) {0,3}-(?: (?P<value>.*)|\s*)$")
_PERCENT = re.compile(r"%(?P<tag>[0-9A-Z!@#$&*()+^<>\[\]=~?|])(?: (?P<value>.*)|\s*)$")
_BARE = re.compile(r"(?P<tag>[A-Z][A-Z0-9]) (?P<value>\S.*)$|(?P<end>ER|EF)\s*$")
_BREAK = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]+")
_FIRST = {"ris": {"TY"}, "medline": {"PMID"}, "enw": {"0"}, "wos": {"PT", "RT"}}
_MOST_LINES = 100_000  # of one field


class Piece(NamedTuple):
    """A tag with its value, of which the lines are kept apart, and where that stands in the text."""

    tag: str
    lines: list[str]
    line: int
    start: int
    end: int


class Record(NamedTuple):
    """The fields of one record in their order; `closed` tells whether its end was written, where the form has one."""

    form: str
    line: int
    pieces: list[Piece]
    closed: bool = True


class Loose(NamedTuple):
    """A line outside of all records."""

    line: int
    text: str


# A record has, not far below its beginning, a line of one of these.
_BEGINS = {
    "ris": re.compile(r"[\s\ufeff]{0,8}TY {1,3}- ?[A-Za-z]{2,12}\s*"),
    "medline": re.compile(r"\ufeff?PMID- ?\d+\s*"),
    "enw": re.compile(r"\ufeff?%0 \S.*"),
    "wos": re.compile(r"\ufeff?(?:PT [A-Z](?:[a-z]+)?|RT [A-Z][A-Za-z ,/()-]+)\s*"),
}
_HOLDS = {
    "ris": re.compile(r"\s{0,8}(?:TI|T1|T2|AU|A1|ER|PY|Y1|DA|DO|ID|UR|JO|JF|JA|AB|N2|CT|BT|SN|VL|KW|LA) {1,3}-(?: |$)"),
    "medline": re.compile(r"(?:TI|BTI|DP|FAU|AU) {1,3}- "),
    "enw": re.compile(r"%[TABDJ] \S"),
    "wos": re.compile(r"(?:TI|T1|AU|A1|AF|SR) \S"),
}
_NEAR = 200


def form_of(text: str) -> str:
    """Return the form of the first record in a text, "" if there is none: it begins and has a field of its own."""
    waiting, left = "", 0
    for found in _LINE.finditer(text):
        line = found[0]
        begins = next((form for form, first in _BEGINS.items() if first.fullmatch(line)), "")
        if begins:
            waiting, left = begins, _NEAR
        elif waiting and _HOLDS[waiting].match(line):
            return waiting
        elif waiting:
            left -= 1
            waiting = waiting if left else ""
    return ""


_TAGS = {"ris": _DASHED, "medline": _DASHED, "enw": _PERCENT, "wos": _BARE}


def records(text: str, form: str) -> Iterator[Record | Loose]:
    """Yield the records of a text in some form, and the lines between them. Takes any text."""
    return _Walk(form).run(text)


class _Walk:
    def __init__(self, form: str) -> None:
        self._form = form
        self._tag = _TAGS[form]
        self._first = _FIRST[form]
        self._pieces: list[Piece] = []
        self._line = 0
        self._open = False

    def run(self, text: str) -> Iterator[Record | Loose]:
        place, number = 0, 0
        while place < len(text):
            found = _BREAK.search(text, place)
            stop, after = found.span() if found else (len(text), len(text))
            number += 1
            yield from self._put(text[place:stop], number, place, stop)
            place = after
        yield from self._end(closed=self._form in {"enw", "medline"})

    def _put(self, own: str, number: int, start: int, stop: int) -> Iterator[Record | Loose]:
        bare = own.lstrip("\ufeff \t") if self._form == "ris" or number == 1 else own
        found = self._tag.match(bare.rstrip())
        if found and not self._is_tag(found):
            found = None
        if not found:
            yield from self._go_on(own, number, start)
            return
        tag = found["tag"] or found["end"] if self._form == "wos" else found["tag"]
        if tag in {"ER", "EF"} and self._form in {"ris", "wos"}:
            yield from self._end(closed=True)
        elif tag in self._first:
            yield from self._end(closed=self._form in {"enw", "medline"})
            self._open, self._line = True, number
            self._add(tag, found, bare, number, stop)
        elif self._open:
            self._add(tag, found, bare, number, stop)
        else:
            yield Loose(number, own)

    def _is_tag(self, found: re.Match[str]) -> bool:
        return self._form != "ris" or len(found["tag"]) == 2  # noqa: PLR2004 - RIS has no longer ones

    def _add(self, tag: str, found: re.Match[str], bare: str, number: int, stop: int) -> None:
        value = found["value"] or ""
        start = stop - len(bare) + (found.start("value") if found["value"] else len(bare))
        start += len(value) - len(value.lstrip())
        value = value.strip()
        self._pieces.append(Piece(tag, [value], number, start, start + len(value)))

    def _go_on(self, own: str, number: int, start: int) -> Iterator[Record | Loose]:
        """Add a line to the field above it; a blank line ends a record where nothing else does."""
        words = own.strip("\ufeff \t\f\v\u00a0")
        if not self._open or not self._pieces:
            if words:
                yield Loose(number, own)
        elif not words:
            if self._form == "enw":
                yield from self._end(closed=True)
        elif len(self._pieces[-1].lines) < _MOST_LINES:
            last = self._pieces[-1]
            last.lines.append(words)
            begin = start + len(own) - len(own.lstrip("\ufeff \t\f\v\u00a0"))
            empty = not last.lines[0]
            self._pieces[-1] = last._replace(
                line=number if empty and len(last.lines) == 2 else last.line,  # noqa: PLR2004 - a value on the next line
                start=begin if empty and len(last.lines) == 2 else last.start,  # noqa: PLR2004
                end=start + len(own.rstrip("\ufeff \t\f\v\u00a0")),
            )

    def _end(self, *, closed: bool) -> Iterator[Record]:
        if self._open:
            pieces, self._pieces = self._pieces, []
            self._open = False
            yield Record(self._form, self._line, pieces, closed)
