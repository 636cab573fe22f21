"""Markdown -> its rows: headings, items of lists, cells of tables, lines of text, each with its place and depth.

Rows are lines rather than paragraphs, since most lists put authors, venue and links on lines of their own; a line that
plainly goes on is joined with the next one. Code, comments and front matter are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from refkit.digests.form import goes_on
from refkit.digests.lines import clean
from refkit.digests.markdown_inline import fold_label

_BREAK = re.compile(r"\r\n|\r|\n")
_QUOTE = re.compile(r"[ \t]{0,12}>[>\s]{0,20}")
_HEADING = re.compile(r"[ \t]{0,3}(?P<marks>#{1,6})(?:[ \t\u00a0]+|(?=[^#\s\d]))(?P<text>.*?)[ \t]*#*[ \t]*\Z")
_TAG_HEADING = re.compile(r"(?i)[ \t]*<h(?P<level>[1-6])\b[^<>]{0,300}>")
_SETEXT = re.compile(r"[ \t]{0,3}(?P<mark>=|-)(?P=mark)+[ \t]*\Z")
_RULE = re.compile(r"[ \t]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(
    r"(?P<indent>[ \t\u00a0]*)(?P<mark>[-+*•‣◦▪●○■–—·]|\d{1,4}[.)、]|\(\d{1,4}\)|\[\d{1,4}\](?!\(|\[|:))"
    r"(?:[ \t\u00a0]+|(?<=[-•●.)、])(?=\[(?![ xX]\])|\*\*[^\s*]|(?<=[.)、])[^\W\d_]))(?:\[[ xX✓✔]\][ \t]+)?"
)
_FENCE = re.compile(r"[ \t]{0,12}(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)\Z")
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
_DEFINITION = re.compile(
    r"(?m)^[ \t]{0,12}\[(?P<label>[^\]\[\r\n]{1,300})\]:[ \t]*"
    r"<?(?P<url>[a-zA-Z][a-zA-Z+.-]{1,10}:[^\s<>]+|[./#][^\s<>]*|[^\s<>]+\.pdf)>?"
    r"[ \t]*(?:[\"'(][^\r\n]{0,500})?(?=[\r\n]|\Z)"
)
_FIELD = re.compile(r"(?P<name>[A-Za-z][\w -]{0,40}):(?:[ \t]+(?P<value>.*))?\Z")
_BAR = re.compile(r"\\.|\|")
_TAB = 4
_COMMENT_END = re.compile(r"-->")
_LONGEST_WRAPPED = 1_000  # characters; no title that is wrapped is longer
_ENDS_LINE = re.compile(r"(?i)  $|<br\s*/?>\s*$")
# How lines begin that stand for themselves.
_BEGINS_LINE = re.compile(r"(?i)[-\w ]{2,20}:\s|\*\*|\*[^\s*]|_[^\s_]|https?:|<|[\[(].{0,200}\]\(")


class Row(NamedTuple):
    """One row: text[start:end] without its marks, on line `line`.

    `kind` is "heading", "item", "text", "cells", "rule", "code", "comment", "front" or "definition"; `level` that of a
    heading, `indent` the column where the mark or the text stands, `gap` whether a blank line (or a row of another
    kind that ends a paragraph) stands before it. Cells have the `header` of their table.
    """

    kind: str
    line: int
    start: int
    end: int
    level: int = 0
    indent: int = 0
    gap: bool = False
    header: tuple[str, ...] = ()
    quoted: bool = False


class _Line(NamedTuple):
    number: int
    start: int
    end: int
    text: str


def definitions(text: str) -> dict[str, str]:
    """Return the link definitions (`[label]: address`) of a text by their folded labels; the first one counts."""
    found: dict[str, str] = {}
    if "]:" in text:
        for each in _DEFINITION.finditer(text):
            found.setdefault(fold_label(each["label"]), each["url"])
    return found


def front_matter(text: str) -> tuple[dict[str, str], int]:
    """Return the fields of the YAML at the start of a note, in small letters, and how many lines it has; or ({}, 0)."""
    lines = _lines(text[:20_000].removeprefix("\ufeff"))
    first = next(lines, None)
    if not first or first.text.rstrip() != "---":
        return {}, 0
    fields: dict[str, str] = {}
    last = ""
    for line in lines:
        if line.text.rstrip() in {"---", "..."}:
            return (fields, line.number) if fields else ({}, 0)
        found = _FIELD.match(line.text)
        if found:
            last = found["name"].lower()
            fields[last] = _unquoted(found["value"] or "")
        elif last and line.text[:1] in " -\t":
            value = _unquoted(line.text.strip().removeprefix("- "))
            fields[last] = f"{fields[last]}; {value}".strip("; ")
        elif line.text.strip():
            return {}, 0
    return {}, 0


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return (
            value[1:-1].replace('\\"', '"').replace("''", "'") if value[0] == "'" else value[1:-1].replace('\\"', '"')
        )
    return value.strip("[]|>") if value.startswith(("[", "|", ">")) and "](" not in value else value


def _lines(text: str) -> Iterator[_Line]:
    start, number = 0, 0
    while start < len(text):
        found = _BREAK.search(text, start)
        stop, after = found.span() if found else (len(text), len(text))
        number += 1
        yield _Line(number, start, stop, text[start:stop])
        start = after


def rows_of(text: str) -> Iterator[Row]:
    """Yield the rows of a text in their order, in time linear in its length."""
    return _Rows(text).run()


class _Rows:
    """One pass over the lines of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = _lines(text)
        self._line: _Line | None = None
        self._ahead: _Line | None = next(self._lines, None)
        self._gap = True
        self._header: tuple[str, ...] | None = None
        self._unclosed: dict[str, int] = {}
        self._held: Row | None = None

    def run(self) -> Iterator[Row]:
        _, front = front_matter(self._text)
        while line := self._next():
            if line.number <= front:
                if line.number == 1:
                    yield Row("front", 1, line.start, line.end)
                continue
            for row in self._rows(line):
                yield from self._put(row)
            self._gap = not line.text.strip()
        yield from self._flush()

    def _next(self) -> _Line | None:
        self._line, self._ahead = self._ahead, next(self._lines, None)
        return self._line

    def _put(self, row: Row) -> Iterator[Row]:
        """Hold each row until it is known that the next one does not go on with it."""
        held = self._held
        if held and row.kind == "text" and not row.gap and held.kind in {"item", "text"} and self._joins(held, row):
            self._held = held._replace(end=row.end)
            return
        yield from self._flush()
        self._held = row

    def _flush(self) -> Iterator[Row]:
        if self._held:
            yield self._held
        self._held = None

    def _joins(self, held: Row, row: Row) -> bool:
        """Whether a line goes on with the one before: in the middle of a link, of bold text or of a sentence."""
        if row.end - held.start > _LONGEST_WRAPPED:
            return False
        before, after = self._text[held.start : held.end], self._text[row.start : row.end]
        opened = before.count("[") > before.count("]")
        if before.endswith("\\") or _ENDS_LINE.search(before[-12:]):
            return opened and before.endswith("\\")
        if opened or before.count("**") % 2:
            return True
        last = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
        words, following = clean(last), clean(after)
        if not words or not following or "](" in last[-200:] or _BEGINS_LINE.match(following):
            return False
        return goes_on(words, following)

    def _rows(self, line: _Line) -> Iterator[Row]:
        start, text, quoted = line.start, line.text, False
        quote = _QUOTE.match(text)
        if quote:
            start, text, quoted = start + quote.end(), text[quote.end() :], True
        if not text.strip():
            self._header = None
            return
        yield from self._block(line, start, text) or [self._plain(line, start, text)._replace(quoted=quoted)]

    def _block(self, line: _Line, start: int, text: str) -> list[Row]:
        """Return the rows of a line that is no plain text or item; none if it is."""
        for read in (self._unread, self._table, self._heading, self._apart, self._setext):
            rows = read(line, start, text)
            if rows:
                return rows
        return []

    def _unread(self, line: _Line, start: int, text: str) -> list[Row]:
        """Pass over code and comments."""
        fence = _FENCE.match(text)
        if fence:
            mark = fence["mark"]
            end = re.compile(rf"[\r\n][> \t]{{0,12}}{mark[0]}{{{len(mark)},}}[ \t]*(?=[\r\n]|\Z)")
            if self._skip_to(end, mark):
                return [Row("code", line.number, start, line.end)]
        if text.lstrip().startswith("<!--"):
            closed, behind = "-->" in text, text.partition("-->")[2].strip()
            if (closed and not behind) or (not closed and self._skip_to(_COMMENT_END, "<!--")):
                return [Row("comment", line.number, start, line.end)]
        return []

    def _heading(self, line: _Line, start: int, text: str) -> list[Row]:
        found = _HEADING.match(text)
        if found and found["text"].strip():
            begin, end = start + found.start("text"), start + found.end("text")
            return [Row("heading", line.number, begin, end, len(found["marks"]), gap=True)]
        tag = _TAG_HEADING.match(text)
        if tag:
            return [Row("heading", line.number, start + tag.end(), line.end, int(tag["level"]), gap=True)]
        return []

    def _apart(self, line: _Line, start: int, text: str) -> list[Row]:
        if _RULE.match(text):
            return [Row("rule", line.number, start, line.end)]
        if _DEFINITION.match(self._text, start, line.end) and not text.lstrip().startswith("[^"):
            return [Row("definition", line.number, start, line.end)]
        return []

    def _setext(self, line: _Line, start: int, text: str) -> list[Row]:
        """Return a heading if the next line underlines this one, which is a paragraph of its own."""
        under = _SETEXT.match(self._ahead.text) if self._ahead else None
        if not under or not self._gap or _ITEM.match(text) or "](" in text.replace("](#", ""):
            return []
        if under["mark"] == "-" and len(text.split()) > 15:  # noqa: PLR2004 - text with a rule below
            return []
        self._next()
        lead = len(text) - len(text.lstrip())
        return [Row("heading", line.number, start + lead, line.end, 1 if under["mark"] == "=" else 2, gap=True)]

    def _skip_to(self, end: re.Pattern[str], kind: str) -> bool:
        """Pass over the lines to the one in which a block ends; False, passing over none, if it has no end."""
        if self._line is None or self._line.start >= self._unclosed.get(kind, len(self._text) + 1):
            return False
        found = end.search(self._text, self._line.end)
        if not found:
            self._unclosed[kind] = self._line.start
            return False
        while self._ahead and self._ahead.start < found.end():
            self._next()
        return True

    def _table(self, line: _Line, start: int, text: str) -> list[Row]:
        if "|" not in text:
            self._header = None
            return []
        if _DELIMITERS.match(text):
            return [Row("rule", line.number, start, line.end)] if "-" in text else []
        ahead = _QUOTE.sub("", self._ahead.text, count=1) if self._ahead else ""
        if "|" in ahead and _DELIMITERS.match(ahead):
            self._header = tuple(clean(text[a:b]) for a, b in cells_of(text, 0, len(text)))
            return [Row("cells", line.number, start, line.end, level=1, header=self._header)]
        closed = text.strip().startswith("|") and text.strip().endswith("|") and len(_BAR.findall(text)) > 2  # noqa: PLR2004
        if self._header is None and not closed:
            return []
        return [Row("cells", line.number, start, line.end, header=self._header or ())]

    def _plain(self, line: _Line, start: int, text: str) -> Row:
        item = _ITEM.match(text)
        if item and item.end() < len(text):
            return Row("item", line.number, start + item.end(), line.end, indent=_column(item["indent"]), gap=self._gap)
        lead = len(text) - len(text.lstrip(" \t\u00a0\f\v\ufeff"))
        return Row("text", line.number, start + lead, line.end, indent=_column(text[:lead]), gap=self._gap)


def _column(indent: str) -> int:
    column = 0
    for sign in indent:
        column = (column // _TAB + 1) * _TAB if sign == "\t" else column + 1
    return column


def cells_of(text: str, start: int, end: int, count: int = 0) -> list[tuple[int, int]]:
    r"""Return where the cells of a row stand; `\|` is a bar in a cell.

    If there are more than `count` cells, a bar in a formula parts none.
    """
    bars = [found.start() for found in _BAR.finditer(text, start, end) if found[0] == "|"]
    bars = [start - 1, *bars, end]
    cells = [(left + 1, right) for left, right in pairwise(bars)]
    if len(cells) > 1 and not text[cells[0][0] : cells[0][1]].strip():
        cells = cells[1:]
    if len(cells) > 1 and not text[cells[-1][0] : cells[-1][1]].strip():
        cells = cells[:-1]
    return _joined_formulas(text, cells, count) if count and len(cells) > count else cells


def _joined_formulas(text: str, cells: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    extra, odd = len(cells) - count, False
    for left, right in cells:
        if odd and extra > 0:
            found[-1] = (found[-1][0], right)
            extra -= 1
        else:
            found.append((left, right))
        odd = text.count("$", *found[-1]) % 2 == 1
    return found


def fields_at(fields: Mapping[str, str], *names: str) -> str:
    """Return the first of these fields that is there."""
    return next((fields[name] for name in names if fields.get(name)), "")
