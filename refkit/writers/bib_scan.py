r"""Text of a .bib file -> blocks that together are the text again, character by character.

It reads as BibTeX does (btxdoc, and bibtex.web): braces count wherever they stand, those after a backslash too; what is
neither entry nor command is a comment. Where an entry makes sense only if `\{` does not count, it is read so, with a
remark. Two liberties of biber are taken: `%` begins a comment, and `@comment{...}` goes to its brace.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

Kind = Literal["entry", "string", "preamble", "comment", "text", "broken"]

_DEPTH = 4  # braces in braces that one pattern takes; deeper ones are counted, as hardly any value has them
_SPACE = r"(?:\s++|%[^\n\r]*+)*+"
_BETWEEN = r"(?:[,\s]++|%[^\n\r]*+)*+"
_WORD = r"[^\s\"#%'(),={}]++"
_START = re.compile(r"@[ \t]*(?P<type>[A-Za-z][^\s\"#%'(),={}@\\]*)\s*(?P<open>[{(])")
_KEY = re.compile(r"\s*+(?:(?P<key>[^,={}\"]*+)(?=[,})]))?+")
_NAME = re.compile(rf"(?P<name>{_WORD}){_SPACE}={_SPACE}")
_GAP = re.compile(_BETWEEN)
_BLANK = re.compile(_SPACE)
_BRACE = re.compile(r"[{}]")
_QUOTE = re.compile(r"[\"{}]")
_CLOSE = {"{": "}", "(": ")"}


def _value(escapes: str) -> str:
    part = rf"[^{{}}{escapes}]++" + (r"|\\." if escapes else "")
    braced = r"\{\}"
    for _ in range(_DEPTH):
        braced = rf"\{{(?:{part}|{braced})*+\}}"
    quoted = rf"\"(?:{part.replace('[^', '[^' + chr(34), 1)}|{braced})*+\""
    return rf"(?:{braced}|{quoted}|{_WORD})"


def _entry(value: str, close: str) -> re.Pattern[str]:
    one = rf"{_WORD}{_SPACE}={_SPACE}{value}(?:{_SPACE}#{_SPACE}{value})*+{_SPACE}(?=[,{close}])"
    return re.compile(rf"(?s)\s*+(?:[^,={{}}\"]*+(?=[,{close}]))?+{_BETWEEN}(?:{one}{_BETWEEN})*+[{close}]")


# What follows the opening brace or parenthesis of a sound entry, as BibTeX counts braces, and as TeX does.
_SOUND = {open_: _entry(_value(""), close) for open_, close in _CLOSE.items()}
_SOUND_FOR_TEX = {open_: _entry(_value(r"\\"), close) for open_, close in _CLOSE.items()}
_PARTS = re.compile(rf"(?s){_value('')}")
_PARTS_FOR_TEX = re.compile(rf"(?s){_value(chr(92) * 2)}")

# A field with the gap before it, in one step, where nothing in its value needs to be counted.
_WHOLE = re.compile(
    rf"(?s){_BETWEEN}(?P<name>{_WORD}){_SPACE}={_SPACE}(?P<value>{_value('')}(?:{_SPACE}#{_SPACE}{_value('')})*+)"
    rf"(?={_SPACE}[^#\s%])"
)

_Closing = Callable[[int], int]


class Field(NamedTuple):
    """A field of an entry: its name as written, its value with braces or quotes, and where all that stands."""

    name: str
    start: int
    end: int
    value_start: int
    value_end: int
    value: str


@dataclass(frozen=True)
class Block:
    """A stretch of a .bib file; `line` counts from 1, `type` is in lower case, places count characters of the text.

    `problem` says what is wrong with it, as a part of a sentence: always for a "broken" block, which no program reads
    as it was meant, and for an entry that programs read in different ways.
    """

    kind: Kind
    start: int
    end: int
    line: int
    type: str = ""
    key: str = ""
    key_start: int = 0
    key_end: int = 0
    problem: str = ""
    source: str = field(default="", repr=False, compare=False)
    for_tex: bool = field(default=False, repr=False, compare=False)

    @property
    def raw(self) -> str:
        """The text of the block."""
        return self.source[self.start : self.end]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields in order, those of a broken block up to where it breaks; found when they are first asked for."""
        if self.kind not in ("entry", "string", "broken"):
            return ()
        body = _Body(self.source, self.end, lambda place: _count(self.source, place, self.end), for_tex=self.for_tex)
        return tuple(body.fields(self.key_end))

    def find(self, *names: str) -> Field | None:
        """Return the first field with one of these lower-case names."""
        return next((each for each in self.fields if each.name.lower() in names), None)


class _Broken(Exception):  # noqa: N818 - it ends the reading of one entry, and never leaves this module
    """What is wrong with an entry, and at which place."""

    def __init__(self, problem: str, place: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place


def scan(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text in order; joined they are the text. No text is refused."""
    return tuple(_Scan(text).blocks())


def line_end(text: str) -> str:
    r"""Return the last character of a line: "\r" where no line feed stands, as old programs for the Mac wrote."""
    return "\r" if "\r" in text and "\n" not in text else "\n"


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._found = [found.span() for found in _START.finditer(text)]
        self._at_line_start = [start for start, _ in self._found if self._is_at_line_start(start)]
        self._line_end = line_end(text)
        self._last, self._last_line = 0, 1

    @cached_property
    def _braces(self) -> _Braces:
        return _Braces(self._text)

    def blocks(self) -> Iterator[Block]:
        place, line = 0, 1
        for block in self._marked():
            if block.start > place:
                yield self._text_block(place, block.start, line)
            yield block
            place = block.end
            line = self._line(place)
        if place < len(self._text):
            yield self._text_block(place, len(self._text), line)

    def _line(self, place: int) -> int:
        """Return the line of a place, which lies not before the place that was asked for last."""
        self._last_line += self._text.count(self._line_end, self._last, place)
        self._last = place
        return self._last_line

    def _text_block(self, start: int, end: int, line: int) -> Block:
        raw = self._text[start:end]
        stray = "}" in raw and re.search(rf"(?:\A|{self._line_end})[^%{self._line_end}]*\}}", raw)
        problem = "a closing brace stands here that closes nothing" if stray else ""
        return Block("text", start, end, line, problem=problem, source=self._text)

    def _marked(self) -> Iterator[Block]:
        """Yield all blocks but text."""
        place = 0
        for start, end in self._found:
            if start < place:
                continue
            before = self._before(start, place)
            if "%" in before:
                continue
            block = self._block(start, end, sure=not before.strip().strip("\ufeff"))
            if block:
                place = block.end
                yield block

    def _before(self, start: int, place: int) -> str:
        """Return what stands between the start of the line, or the block before, and a place."""
        return self._text[max(place, self._line_begin(start)) : start]

    def _line_begin(self, start: int) -> int:
        return max(self._text.rfind("\n", 0, start), self._text.rfind("\r", max(0, start - 500), start)) + 1

    def _is_at_line_start(self, start: int) -> bool:
        before = self._text[max(0, start - 100) : start].rstrip(" \t\ufeff")
        return not before or before[-1] in "\n\r"

    def _block(self, start: int, body: int, *, sure: bool) -> Block | None:
        found = _START.match(self._text, start)
        assert found is not None, "it was found before"  # noqa: S101 - for the types
        kind = found["type"].lower()
        if kind == "comment":
            return self._comment(start, body) if sure else None
        if kind == "preamble":
            return self._preamble(start, body) if sure else None
        return self._entry(start, body, found["open"], kind, sure=sure)

    def _comment(self, start: int, body: int) -> Block:
        try:
            end, problem = self._braces.closing(body - 1) + 1, ""
        except _Broken:
            end = self._text.find(self._line_end, body)
            end, problem = len(self._text) if end < 0 else end, "the brace of this comment is never closed"
        return Block("comment", start, end, self._line(start), "comment", problem=problem, source=self._text)

    def _preamble(self, start: int, body: int) -> Block:
        try:
            end = self._braces.closing(body - 1) + 1
        except _Broken as error:
            return self._broken(start, body, "preamble", error)
        return Block("preamble", start, end, self._line(start), "preamble", source=self._text)

    def _entry(self, start: int, body: int, open_: str, kind: str, *, sure: bool) -> Block | None:
        after = bisect_right(self._at_line_start, start)
        limit = self._at_line_start[after] if after < len(self._at_line_start) else len(self._text)
        found = _SOUND[open_].match(self._text, body, limit)
        if found:
            return self._sound(start, body, found.end(), kind)
        if not sure:
            return None
        found = _SOUND_FOR_TEX[open_].match(self._text, body, limit)
        if found:
            problem = "a backslash stands before a brace or quote that BibTeX counts, and it has no partner"
            return self._sound(start, body, found.end(), kind, problem)
        try:
            whole = _Body(self._text, len(self._text), self._braces.closing, open_)
            end = whole.end_from(body)
        except _Broken as error:
            return self._broken(start, body, kind, error)
        return self._sound(start, body, end, kind)

    def _sound(self, start: int, body: int, end: int, kind: str, problem: str = "") -> Block:
        role: Kind = "string" if kind == "string" else "entry"
        low, high = self._key(body, end) if role == "entry" else (body, body)
        key = self._text[low:high]
        line = self._line(start)
        return Block(role, start, end, line, kind, key, low, high, problem, self._text, bool(problem))

    def _key(self, body: int, end: int) -> tuple[int, int]:
        found = _KEY.match(self._text, body, end)
        if not found or found["key"] is None:
            return body, body
        low, high = found.span("key")
        return low, low + len(self._text[low:high].rstrip(" \t\r\n"))

    def _broken(self, start: int, body: int, kind: str, error: _Broken) -> Block:
        """Return the block up to the brace that closes it, or to the next line that begins like an entry."""
        after = bisect_right(self._at_line_start, start)
        end = self._at_line_start[after] if after < len(self._at_line_start) else len(self._text)
        if self._text[body - 1] == "{":
            with suppress(_Broken):  # where it is not closed, the next entry ends it
                end = min(end, self._braces.closing(body - 1) + 1)
        end = max(body, start + len(self._text[start:end].rstrip()))
        low, high = self._key(body, end)
        if high - low > 500 or self._line_end in self._text[low:high]:  # noqa: PLR2004 - no key, whatever it is
            low = high = body
        line = self._line(start)
        problem = f"line {line + self._text.count(self._line_end, start, error.place)}: {error.problem}"
        return Block("broken", start, end, line, kind, self._text[low:high], low, high, problem, self._text)


class _Braces:
    """Which brace closes which in a whole text, found in one pass: an unclosed one must not cost a pass each."""

    def __init__(self, text: str) -> None:
        opened: list[int] = []
        pairs: list[tuple[int, int]] = []
        for found in _BRACE.finditer(text):
            if found[0] == "{":
                opened.append(found.start())
            elif opened:
                pairs.append((opened.pop(), found.start()))
        pairs.sort()
        self._opens = array("q", (low for low, _ in pairs))
        self._closes = array("q", (high for _, high in pairs))

    def closing(self, place: int) -> int:
        """Return where the brace at a place is closed; raises _Broken."""
        at = bisect_left(self._opens, place)
        if at < len(self._opens) and self._opens[at] == place:
            return self._closes[at]
        raise _Broken("the brace that opens here is never closed", place)


def _count(text: str, place: int, end: int) -> int:
    depth = 0
    for found in _BRACE.finditer(text, place, end):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.start()
    raise _Broken("the brace that opens here is never closed", place)


class _Body:
    """The inside of one entry, read step by step."""

    def __init__(self, text: str, end: int, closing: _Closing, open_: str = "", *, for_tex: bool = False) -> None:
        self._text = text
        self._end = end
        self._closing = closing
        self._close = _CLOSE.get(open_, "})")
        self._parts = _PARTS_FOR_TEX if for_tex else _PARTS

    def end_from(self, place: int) -> int:
        """Return where the entry ends; raises _Broken."""
        found = _KEY.match(self._text, place)
        place = found.end() if found else place
        while True:
            place = self._skip(_GAP, place)
            if place >= self._end:
                raise _Broken("the text ends before the entry is closed", self._end)
            if self._text[place] in self._close:
                return place + 1
            each = self._field(place)
            place = self._skip(_BLANK, each.end)
            if self._text[place : place + 1] not in {",", *self._close}:
                problem = f"a comma or the end of the entry is missing behind the value of `{each.name}`"
                raise _Broken(problem, each.end)

    def fields(self, place: int) -> Iterator[Field]:
        """Yield the fields from a place on until the entry ends or breaks."""
        while True:
            found = None if self._parts is _PARTS_FOR_TEX else _WHOLE.match(self._text, place, self._end)
            if found:
                low, place = found.span("value")
                yield Field(found["name"], found.start("name"), place, low, place, found["value"])
                continue
            place = self._skip(_GAP, place)
            if place >= self._end or self._text[place] in self._close:
                return
            try:
                each = self._field(place)
            except _Broken:
                return
            yield each
            place = each.end

    def _skip(self, pattern: re.Pattern[str], place: int) -> int:
        found = pattern.match(self._text, place, self._end)
        return found.end() if found else place

    def _field(self, place: int) -> Field:
        named = _NAME.match(self._text, place, self._end)
        if not named:
            raise _Broken(_unexpected(self._text, place), place)
        value_end = self._part(named.end(), named["name"])
        while True:
            after = self._skip(_BLANK, value_end)
            if self._text[after : after + 1] != "#":
                break
            value_end = self._part(self._skip(_BLANK, after + 1), named["name"])
        start, low = named.start(), named.end()
        return Field(named["name"], start, value_end, low, value_end, self._text[low:value_end])

    def _part(self, place: int, name: str) -> int:
        """Return the end of one part of a value."""
        found = self._parts.match(self._text, place, self._end)
        if found:
            return found.end()
        sign = self._text[place : place + 1]
        if sign == "{":
            try:
                return self._closing(place) + 1
            except _Broken as error:
                raise _Broken(f"the brace that opens the value of `{name}` is never closed", place) from error
        if sign == '"':
            return self._quoted(place, name)
        raise _Broken(f"`{name}` has no value", place)

    def _quoted(self, place: int, name: str) -> int:
        at = place + 1
        while found := _QUOTE.search(self._text, at, self._end):
            if found[0] == '"':
                return found.end()
            if found[0] == "}":
                break
            at = self._closing(found.start()) + 1
        raise _Broken(f"the quote that opens the value of `{name}` is never closed", place)


def _unexpected(text: str, place: int) -> str:
    word = text[place : place + 20].split(maxsplit=1)[0]
    return f"a field like `name = {{value}}` should stand here, not {word!r}"
