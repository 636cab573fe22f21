"""A .bib text in blocks, without losing a byte: each character belongs to exactly one block, in order.

BibTeX's own rules: what stands outside of entries is text; braces count wherever they stand, also behind a backslash
and in quotes. An entry that does not close, or whose inside has no form, is "broken" and ends before the next line
that begins like an entry, so that one broken entry costs no sound one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

_OPENING = re.compile(r"(?<![\w@.])@[ \t]*(?P<type>[A-Za-z][\w:+-]*)\s*(?P<open>[{(])")
_LINE_START = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]\w*\s*[{(]", re.MULTILINE)
_KEY = re.compile(r"\s*(?P<key>[^,{}\"=]*?)\s*(?=[,})])")
_NAME = re.compile(r"[\s,]*(?P<name>[^\s,={}\"#%()@]+)\s*=\s*")
_BARE = re.compile(r"[^\s,={}\"#()@]+")
_JOIN = re.compile(r"\s*#\s*")
_BLANKS = re.compile(r"\s*")
_SPACE_AND_COMMAS = re.compile(r"[\s,]*")
_BRACES = re.compile(r"[{}]")
_QUOTED = re.compile(r"[{}\"]")
_ENCLOSED = re.compile(r"[{})\"]")
_FOLLOWS = re.compile(r"\s*(?:,|\Z)")
_MORE = re.compile(r"[^\s,]")
# So many lines that begin like an entry may stand in a value, and in a comment. More of them are entries behind one
# whose brace is missing: the bound keeps the time linear where many are broken.
_MOST_INSIDE, _MOST_IN_COMMENT = 20, 2_000
_KINDS = {"string": "string", "preamble": "preamble", "comment": "comment"}


class Broken(ValueError):  # noqa: N818 - the name says what is wrong with an entry
    """An entry has no form; the message says what is wrong."""


class Field:
    """A field of an entry: its name as written, where it is, and its raw value with delimiters (`{A} # b`)."""

    __slots__ = ("end", "name", "start", "value", "value_end", "value_start")

    def __init__(self, name: str, start: int, end: int, value_start: int, value: str) -> None:
        self.name, self.start, self.end = name, start, end
        self.value_start, self.value_end, self.value = value_start, end, value


class Block:
    """A part of a .bib text from `start` to `end`.

    `kind` is "entry", "string", "preamble", "comment", "text" or "broken"; `type` and `key` are as written, `fields`
    are those of an entry or a `@string`, in order; `problem` says what is wrong with a broken one; `line` is from 1.
    """

    def __init__(
        self,
        text: str,
        kind: str,
        start: int,
        end: int,
        line: int,
        *,
        type_: str = "",
        key: tuple[int, int] = (0, 0),
        fields: tuple[Field, ...] = (),
        problem: str = "",
    ) -> None:
        self.kind, self.start, self.end, self.line = kind, start, end, line
        self.type, self.problem = type_, problem
        self.key_start, self.key_end = key
        self.key = text[self.key_start : self.key_end]
        self.fields = fields


def scan(text: str) -> Iterator[Block]:
    """Yield the blocks of a text, in order; joined they are the text."""
    place, line, starts = 0, 1, _Starts(text)
    while place < len(text):
        opening = _OPENING.search(text, place)
        start = opening.start() if opening else len(text)
        if start > place:
            yield Block(text, "text", place, start, line)
            line += text.count("\n", place, start)
        if opening is None:
            return
        block = _block(text, opening, line, starts)
        yield block
        line += text.count("\n", block.start, block.end)
        place = block.end


def _block(text: str, opening: re.Match[str], line: int, starts: _Starts) -> Block:
    kind = _KINDS.get(opening["type"].casefold(), "entry")
    start, inside = opening.start(), opening.end()
    farthest = starts.after(inside, _MOST_IN_COMMENT if kind == "comment" else _MOST_INSIDE)
    key = (0, 0)
    fields: tuple[Field, ...] = ()
    try:
        if kind == "entry":
            end, key, fields = _entry(text, opening, farthest)
        else:
            end = _closing(text, opening, farthest)
            fields = tuple(_fields(text, inside, end - 1)) if kind == "string" else ()
    except Broken as problem:
        stop = starts.after(inside)
        return Block(text, "broken", start, stop, line, type_=opening["type"], problem=str(problem))
    return Block(text, kind, start, end, line, type_=opening["type"], key=key, fields=fields)


def _entry(text: str, opening: re.Match[str], farthest: int) -> tuple[int, tuple[int, int], tuple[Field, ...]]:
    """Return where an entry ends, its key's place, and its fields. Raises Broken."""
    if opening["open"] == "{":
        found = _read_on(text, opening.end(), farthest)
        if found:
            return found
    end = _closing(text, opening, farthest)
    key = _key(text, opening.end(), end)
    return end, key, tuple(_fields(text, key[1], end - 1))


def _read_on(text: str, start: int, farthest: int) -> tuple[int, tuple[int, int], tuple[Field, ...]] | None:
    """Return the same by reading field after field up to the closing brace; None where that does not go so."""
    fields: list[Field] = []
    try:
        key = _key(text, start, farthest)
        place = key[1]
        while text[place : place + 1] != "}":
            found = _NAME.match(text, place, farthest)
            if not found:
                place = _after(_SPACE_AND_COMMAS, text, place, farthest)
                break
            place = _value(text, found.end(), farthest)
            fields.append(Field(found["name"], found.start("name"), place, found.end(), text[found.end() : place]))
            place = _after(_BLANKS, text, place, farthest)
            if text[place : place + 1] not in {",", "}"}:
                return None
    except Broken:
        return None
    return (place + 1, key, tuple(fields)) if text[place : place + 1] == "}" else None


def _after(pattern: re.Pattern[str], text: str, place: int, end: int) -> int:
    found = pattern.match(text, place, end)
    return found.end() if found else place


def _key(text: str, start: int, end: int) -> tuple[int, int]:
    found = _KEY.match(text, start, end)
    if not found:
        raise Broken("it has no key")
    return found.span("key")


def _closing(text: str, opening: re.Match[str], end: int) -> int:
    """Return the place behind the brace or parenthesis that closes an entry. Raises Broken."""
    if opening["open"] == "{":
        return _balanced(text, opening.end() - 1, end)
    depth, quoted, place = 0, False, opening.end()
    while found := _ENCLOSED.search(text, place, end):
        sign, place = found[0], found.end()
        depth += (sign == "{") - (sign == "}")
        quoted ^= sign == '"' and depth == 0
        if sign == ")" and depth == 0 and not quoted:
            return place
    raise Broken("its parenthesis is never closed")


class _Starts:
    """Where lines begin like an entry."""

    def __init__(self, text: str) -> None:
        self._places = [found.start() for found in _LINE_START.finditer(text)]
        self._end = len(text)

    def after(self, place: int, number: int = 0) -> int:
        """Return where the next such line begins, or the one so many behind it; the end of the text without one."""
        at = bisect_left(self._places, place) + number
        return self._places[at] if at < len(self._places) else self._end


def _balanced(text: str, start: int, end: int) -> int:
    """Return the place behind the brace that closes the one at `start`. Raises Broken."""
    first = text.find("}", start, end)
    if first >= 0 and text.find("{", start + 1, first) < 0:
        return first + 1
    depth = 0
    for found in _BRACES.finditer(text, start, end):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    raise Broken("a brace is never closed")


def _fields(text: str, start: int, end: int) -> Iterator[Field]:
    """Yield the fields between the key and the closing brace. Raises Broken."""
    place = start
    while _MORE.search(text, place, end):
        found = _NAME.match(text, place, end)
        if not found:
            raise Broken("what stands between its fields is none")
        place = _value(text, found.end(), end)
        yield Field(found["name"], found.start("name"), place, found.end(), text[found.end() : place])
        if not _FOLLOWS.match(text, place, end):
            raise Broken(f"a comma is missing behind the field {found['name']}")


def _value(text: str, start: int, end: int) -> int:
    """Return the place behind a value: texts in braces or quotes, numbers and names, joined by `#`. Raises Broken."""
    place = start
    while True:
        place = _part(text, place, end)
        join = _JOIN.match(text, place, end)
        if not join:
            return place
        place = join.end()


def _part(text: str, start: int, end: int) -> int:
    sign = text[start : start + 1] if start < end else ""
    if sign == "{":
        return _balanced(text, start, end)
    if sign == '"':
        return _quote(text, start + 1, end)
    bare = _BARE.match(text, start, end)
    if not bare:
        raise Broken("a field has no value")
    return bare.end()


def _quote(text: str, start: int, end: int) -> int:
    depth, place = 0, start
    while found := _QUOTED.search(text, place, end):
        place = found.end()
        if found[0] == '"' and depth == 0:
            return place
        depth += (found[0] == "{") - (found[0] == "}")
        if depth < 0:
            break
    raise Broken("a quotation mark is never closed")
