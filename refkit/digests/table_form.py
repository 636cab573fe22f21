"""The form of a table: its delimiter, the row that names its columns, and which of them hold what."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from refkit.digests.cells import AUTHORS, DATE, EMPTY, LINK, NUMBER, PROSE, TITLE, WORD, Cells, look_at
from refkit.digests.columns import WEAK, Missing, assign, by_name, could_be_names, fold_name, known_names, named_places
from refkit.digests.lines import clean, head_of

_DELIMITERS = ("\t", ";", ",", "|")
_LOOKED_AT = 100  # rows
_REMARKS = 20  # lines that may stand above the names of the columns
_LONGEST_HEAD = 2**17
# How many rows of a table without names must have the same number of fields. Titles have commas: a list whose every
# line has as many of them is a table only if all do.
_REGULAR = {"\t": 0.8, ";": 0.9, ",": 1.0, "|": 0.9}
_FEWEST = 3
_NAMED, _BY_CONTENT = 0.9, 0.85


class Columns(NamedTuple):
    """The delimiter of a table, how many columns it has, and which of them hold what.

    `header` is the line of their names (0: there are none); `missing` is a column that the user named and that is not
    there; `sure` is how sure it is that this is a table, from 0 to 1.
    """

    delimiter: str
    width: int
    places: Mapping[str, int]
    names: tuple[str, ...] = ()
    header: int = 1
    missing: str = ""
    sure: float = _NAMED


class _Head(NamedTuple):
    """Some rows of a text, cut at one delimiter, each with its line."""

    delimiter: str
    lines: Sequence[int]
    rows: Sequence[Sequence[str]]


def find_columns(text: str, named: Mapping[str, str] | None = None) -> Columns | None:
    """Return the columns of a table, None if the text is no table with a column of titles.

    A list of titles may begin with a title that has commas: a row of names has only short ones, of which one is
    `title` or the like. Without such a row, most rows must have as many fields, of which some are no text. With
    columns that are `named` any table will do.
    """
    head = head_of(text)[:_LONGEST_HEAD].removeprefix("\ufeff")
    heads = [_cut(head, delimiter) for delimiter in _DELIMITERS]
    if named:
        return _as_named(heads, named)
    for number in range(_REMARKS):
        for cut in heads:
            found = _named_row(cut, number)
            if found:
                return found
    return next((found for cut in heads if (found := _nameless(cut))), None)


def _cut(head: str, delimiter: str) -> _Head:
    """Cut the first rows of a text; quotes that do not fit together are only letters in a table of tabs."""
    source = Counting(lines_of(head))
    literal = delimiter == "\t" and any(is_unquoted(line) for line in lines_of(head))
    lines: list[int] = []
    rows: list[list[str]] = []
    quoting: Literal[0, 3] = 3 if literal else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
    reader = csv.reader(source, delimiter=delimiter, quoting=quoting, skipinitialspace=True)
    while len(rows) < _LOOKED_AT:
        line = source.count + 1
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            break
        if source.count - line > 50:  # noqa: PLR2004 - a quote that never ends
            break
        if any(cell.strip() for cell in row):
            lines.append(line)
            rows.append([clean(cell) for cell in row])
    return _Head(delimiter, lines, rows)


def lines_of(text: str) -> Iterator[str]:
    r"""Yield lines with their ends: \n, \r\n or \r."""
    start = 0
    for found in re.finditer(r"\r\n|\r|\n", text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def is_unquoted(line: str) -> bool:
    """Whether a field of a row of tabs begins with a quote that is not the end of it as well."""
    return '"' in line and any(
        field.startswith('"') and (len(field) == 1 or not field.endswith('"') or '"' in field[1:-1].replace('""', ""))
        for field in map(str.strip, line.split("\t"))
    )


class Counting:
    """Lines for the csv module, with a count."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _named_row(cut: _Head, number: int) -> Columns | None:
    """Return the columns if this row names one of titles; below remarks it must fit the rows that follow."""
    if number >= len(cut.rows):
        return None
    names, below = cut.rows[number], cut.rows[number + 1 :]
    if len(names) < 2 or not could_be_names(names) or "title" not in by_name(names):  # noqa: PLR2004
        return None
    if number and not _fits(names, below):
        return None
    rows = [row for row in below if len(row) == len(names) and row != names]
    places = assign(names, rows)
    if isinstance(places, Missing) or "title" not in places or _are_people(names, rows, places["title"]):
        return None
    return Columns(cut.delimiter, len(names), places, tuple(names), cut.lines[number])


def _are_people(names: Sequence[str], rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether names are those of anything: no other column is known, and they do not look like titles."""
    return (
        fold_name(names[place]) in WEAK
        and known_names(names) == 1
        and len(rows) > 1
        and not look_at([row[place] for row in rows]).titles
    )


def _fits(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the rows below have as many fields, and a further name is a known one or there are several such rows."""
    first = below[:5]
    same = sum(len(row) == len(names) for row in first)
    return bool(first) and same >= 0.8 * len(first) and (known_names(names) > 1 or same > 1)


def _nameless(cut: _Head) -> Columns | None:
    """Return the columns of a table of which no row names the titles: by the form of its rows and cells."""
    rows, width = _regular(cut)
    if not rows:
        return None
    at = next(number for number, row in enumerate(cut.rows) if len(row) == width)
    looks = [look_at([row[place] for row in rows[1:]]) for place in range(width)]
    if not _is_table(looks, cut.delimiter):
        return None
    has_names = _names_columns(rows[0], looks)
    names = tuple(rows[0]) if has_names else ()
    places = assign(names, rows[1:] if has_names else rows)
    if isinstance(places, Missing) or "title" not in places:
        return None
    if has_names and _are_people(names, rows[1:], places["title"]):
        return None
    header = cut.lines[at] if has_names else cut.lines[at] - 1
    return Columns(cut.delimiter, width, places, names, header, sure=_BY_CONTENT)


def _regular(cut: _Head) -> tuple[list[Sequence[str]], int]:
    """Return the rows that have the usual number of fields, and that number; none if too many have another one."""
    widths = Counter(len(row) for row in cut.rows)
    if not widths:
        return [], 0
    width, count = widths.most_common(1)[0]
    short = sum(widths[less] for less in range(2, width)) if cut.delimiter == "\t" else 0
    if width < 2 or count < _FEWEST or count + short < _REGULAR[cut.delimiter] * len(cut.rows):  # noqa: PLR2004
        return [], 0
    return [row for row in cut.rows if len(row) == width], width


def _is_table(looks: Sequence[Cells], delimiter: str) -> bool:
    """Whether some column holds no words but links, dates, numbers or names; with commas one of the first three."""
    kinds = {look.kind for look in looks}
    machine = bool(kinds & {LINK, DATE, NUMBER}) or any(look.papers for look in looks)
    return machine or (delimiter != "," and bool(kinds & {AUTHORS, PROSE})) or (delimiter == "\t" and TITLE in kinds)


def _names_columns(first: Sequence[str], looks: Sequence[Cells]) -> bool:
    """Whether the first row is not of the form of the others but names them."""
    if not could_be_names(first):
        return False
    if any(known_names([cell]) for cell in first):
        return True
    pairs = [(look_at([cell]), look) for cell, look in zip(first, looks, strict=True) if cell]
    return any(own.kind in {WORD, TITLE} and look.kind not in {WORD, TITLE, EMPTY} for own, look in pairs)


def _as_named(heads: Sequence[_Head], named: Mapping[str, str]) -> Columns | None:
    """Return the columns as the user named them; `missing` says which is not there, in the likeliest table."""
    tables = [found for cut in heads for number in range(_REMARKS) if (found := _user_row(cut, number, named))]
    if tables:
        return max(tables, key=lambda each: each.width)
    found = next((found for cut in heads if (found := _numbered(cut, named))), None)
    if found:
        return found
    widest = max(heads, key=lambda cut: (_regular(cut)[1], len(cut.rows[0]) if cut.rows else 0))
    width = max(_regular(widest)[1], len(widest.rows[0]) if widest.rows else 0)
    if width < 2:  # noqa: PLR2004
        return None
    missing = named_places(widest.rows[0], width, named)
    names = tuple(widest.rows[0]) if could_be_names(widest.rows[0]) else ()
    gone = missing.name if isinstance(missing, Missing) else ""
    return Columns(widest.delimiter, width, {}, names, widest.lines[0], gone)


def _user_row(cut: _Head, number: int, named: Mapping[str, str]) -> Columns | None:
    """Return the columns if this row has all names that are no numbers, of which there is one at least."""
    if number >= len(cut.rows) or all(name.isdigit() for name in named.values()):
        return None
    names, rows = cut.rows[number], cut.rows[number + 1 :]
    places = assign(names, [row for row in rows if len(row) == len(names)], named)
    if isinstance(places, Missing) or "title" not in places or (number and not _fits(names, rows)):
        return None
    return Columns(cut.delimiter, len(names), places, tuple(names), cut.lines[number], sure=_NAMED)


def _numbered(cut: _Head, named: Mapping[str, str]) -> Columns | None:
    """Return the columns that the user named by their numbers alone."""
    rows, width = _regular(cut)
    rows = rows or [row for row in cut.rows if len(row) == len(cut.rows[0])]
    if not rows or not all(name.isdigit() for name in named.values()):
        return None
    width = width or len(rows[0])
    at = next(number for number, row in enumerate(cut.rows) if len(row) == width)
    looks = [look_at([row[place] for row in rows[1:]]) for place in range(width)]
    has_names = _names_columns(rows[0], looks)
    names = tuple(rows[0]) if has_names else ()
    places = assign(names, rows[1:] if has_names else rows, named)
    if width < 2 or isinstance(places, Missing) or "title" not in places:  # noqa: PLR2004
        return None
    header = cut.lines[at] if has_names else cut.lines[at] - 1
    return Columns(cut.delimiter, width, places, names, header, sure=_BY_CONTENT)
