"""Tables: CSV, TSV and their like, with names of columns (also below some remarks, or of one's own) or without."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from msgspec.structs import replace

from refkit.digests.cells import date_of, links_in, split_authors
from refkit.digests.lines import check_lines, check_title, clean, is_foreign
from refkit.digests.table_form import Columns, Counting, find_columns, is_unquoted, lines_of
from refkit.digests.values import plain
from refkit.errors import DigestError
from refkit.model import Mention, Skipped

_FIELD_LIMIT = 2**25
# A row that does not fit is left out only where so many do, so that nobody loses papers to a wrong delimiter unseen.
_FITTING = 20
_MOST_JOINED = 1_000  # authors of one paper in rows of their own; each is looked for among those before it
_LINKED = re.compile(r"(?:\*\*)?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\([^()\s]+\)(?:\*\*)?")
_BOLD = re.compile(r"\*\*(?P<text>(?:(?!\*\*).)+)\*\*")
_SEPARATOR_LINE = re.compile(r"\Asep=.[ \t]*(?=[\r\n])")


class _Row(NamedTuple):
    line: int
    text: str
    fields: Sequence[str]


class TableReader:
    """Reads the rows of a table that has a column of titles; `columns` names columns by their name or number."""

    name = "table"
    columns: Mapping[str, str] = MappingProxyType({})

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.columns = columns or {}

    def recognise(self, text: str) -> float:
        """Surely for a table that names its column of titles, likely where only the content tells which it is."""
        text = without_separator_line(text)
        if is_foreign(text):
            return 0.0
        found = find_columns(text, self.columns)
        return 0.0 if found is None else found.sure

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield a mention for each row, and the rows that are none.

        Raises DigestError for a text that is no table, a named column that is not there, or a row that cannot be read.
        """
        text = without_separator_line(text)
        check_lines(text, digest=digest)
        columns = find_columns(text, self.columns)
        if columns is None:
            problem = "no column of titles was found; name it in the first row, or by its number: --column title=2"
            raise DigestError(digest, 1, f"{problem}, or name the format with --reader.")
        if columns.missing or "title" not in columns.places:
            raise _not_there(columns, digest)
        most_bad = _fitting(text, columns, digest) // _FITTING
        yield from _join_authors(read_table(text, columns, digest=digest, most_bad=most_bad, marked=True))


def _join_authors(rows: Iterator[Mention | Skipped]) -> Iterator[Mention | Skipped]:
    """Make one mention of rows that follow each other and tell of one paper, each of another author."""
    held: list[Mention | Skipped] = []
    for row in rows:
        joined = _joined(held[0], row) if held else None
        if joined:
            held = [joined, *held[1:], Skipped(row.line, _shown(row), "a further author")]
        else:
            yield from held
            held = [row]
    yield from held


def _joined(first: Mention | Skipped, row: Mention | Skipped) -> Mention | None:
    """Return a mention with one more author, None if the row is not of the same paper."""
    if not isinstance(first, Mention) or not isinstance(row, Mention) or len(row.authors) != 1:
        return None
    if not 0 < len(first.authors) < _MOST_JOINED or row.authors[0] in first.authors:
        return None
    if replace(row, authors=first.authors, line=first.line) != first:
        return None
    return replace(first, authors=first.authors + row.authors)


def _shown(row: Mention | Skipped) -> str:
    return f"{row.title}, {', '.join(row.authors)}"[:200] if isinstance(row, Mention) else row.text


def without_separator_line(text: str) -> str:
    """Return the text with an empty first line where a spreadsheet wrote `sep=;`, so that line numbers stay."""
    return _SEPARATOR_LINE.sub("", text.removeprefix("\ufeff"))


def _not_there(columns: Columns, digest: str) -> DigestError:
    names = ", ".join(name or "(no name)" for name in columns.names)
    there = f"the columns are: {names}" if columns.names else f"there are {columns.width} columns without names"
    if columns.missing:
        return DigestError(digest, max(columns.header, 1), f"there is no column {columns.missing!r}; {there}.")
    problem = "no column looks like titles; name it with --column title=NAME or its number"
    return DigestError(digest, max(columns.header, 1), f"{problem} ({there}).")


def _fitting(text: str, columns: Columns, digest: str) -> int:
    """Return how many rows have as many fields as there are columns; rows behind an unreadable one do not count."""
    try:
        return sum(len(row.fields) == columns.width for row in _rows(text, columns, digest))
    except DigestError:
        return 0


def read_table(
    text: str, columns: Columns, *, digest: str, most_bad: int = 0, marked: bool = False
) -> Iterator[Mention | Skipped]:
    """Yield a mention for each row; a row without a title, or with the names of the columns once more, is skipped.

    So is one that has more or fewer fields than the first one, if there are at most `most_bad`; otherwise, and for a
    quote that never ends, DigestError is raised. Titles are taken out of the marks of Markdown where they may be
    `marked`.
    """
    wrong = 0
    for row in _rows(text, columns, digest):
        problem = _misfit(row, columns)
        if problem:
            wrong += 1
            if wrong > most_bad:
                name = {"\t": "tab"}.get(columns.delimiter, f"`{columns.delimiter}`")
                remedy = f"put a field that has a {name} in it between double quotes"
                raise DigestError(digest, row.line, f"{problem}; {remedy}.")
            yield Skipped(row.line, clean(row.text)[:200], problem)
            continue
        own = _field(row, columns, "title")
        title = _bare(own) if marked else clean(own)
        reason = _why_none(row, columns, title)
        if reason:
            yield Skipped(row.line, clean(row.text)[:200], reason)
        else:
            check_title(title, digest=digest, line=row.line)
            yield _mention(row, columns, title, digest)


def _why_none(row: _Row, columns: Columns, title: str) -> str:
    if not title:
        return "a row without a title"
    if columns.names and [clean(field) for field in row.fields] == list(columns.names):
        return "the names of the columns"
    return ""


def _misfit(row: _Row, columns: Columns) -> str:
    """Return what is wrong with the number of fields, "" if nothing is."""
    count = len(row.fields)
    if count == columns.width or (count > columns.width and not any(row.fields[columns.width :])):
        return ""
    # Spreadsheets leave out empty fields at the end of a row.
    if columns.places["title"] < count < columns.width and (count > 1 or not columns.places["title"]):
        return ""
    return f"the row has {count} fields, the first row {columns.width}"


def _rows(text: str, columns: Columns, digest: str) -> Iterator[_Row]:
    """Yield the rows that hold something; a TSV file whose quotes do not fit together has none that mean anything."""
    # A table of tabs is often written without quoting, so that a quote at the start of a title is only a quote.
    tabs = columns.delimiter == "\t"
    literal = tabs and any(is_unquoted(line) for line in lines_of(text))
    quoting: Literal[0, 3] = 3 if literal else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
    source = _Remembering(lines_of(text.removeprefix("\ufeff")))
    for _ in range(columns.header):
        next(source, None)
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(source, delimiter=columns.delimiter, quoting=quoting, strict=not literal, skipinitialspace=True)
    while True:
        source.taken.clear()
        line = source.count + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"the row cannot be read as a table ({error})"
            raise DigestError(
                digest, line, f"{problem}; check its double quotes: one inside a field is written twice."
            ) from error
        if any(field.strip() for field in fields):
            yield _Row(line, "".join(source.taken), fields)


class _Remembering(Counting):
    """Lines for the csv module that remembers those taken, so that a row knows its place and its text."""

    def __init__(self, lines: Iterator[str]) -> None:
        super().__init__(lines)
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = super().__next__()
        self.taken.append(line)
        return line


def _field(row: _Row, columns: Columns, name: str) -> str:
    place = columns.places.get(name)
    return row.fields[place].strip() if place is not None and place < len(row.fields) else ""


def _mention(row: _Row, columns: Columns, title: str, digest: str) -> Mention:
    own, url = _field(row, columns, "title"), _field(row, columns, "url")
    links = " ".join([*(_field(row, columns, name) for name in ("arxiv_id", "url", "doi")), own if "](" in own else ""])
    found = links_in(links)
    return Mention(
        title=title,
        abstract=clean(_field(row, columns, "abstract")),
        authors=split_authors(_field(row, columns, "authors")),
        heading=clean(_field(row, columns, "heading")),
        issued=date_of(*(_field(row, columns, name) for name in ("issued", "month", "day"))),
        arxiv_id=found["arxiv_id"],
        doi=found["doi"],
        url=url if url.lower().startswith("http") else found["url"],
        digest=digest,
        line=_line_of(row, own),
        raw=own if own in row.text else own.replace('"', '""'),
    )


def _line_of(row: _Row, own: str) -> int:
    """Return the line of the title: the row's own, unless a field before it goes over several lines."""
    place = row.text.find(own.replace('"', '""'))
    return row.line + len(re.findall(r"\r\n|\r|\n", row.text[: max(place, 0)]))


def _bare(cell: str) -> str:
    """Return the title in a cell, without the marks of a link or of bold text in Markdown, tags and entities."""
    title = plain(cell)
    if "](" in title and (found := _LINKED.fullmatch(title)):
        title = found["text"]
    if title.startswith("**") and (found := _BOLD.fullmatch(title)):
        title = found["text"].strip()
    return title
