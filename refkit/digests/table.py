"""Tables: CSV and TSV files whose first row names a title column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from refkit.digests.lines import check_title, clean, parse_date, references
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped

# The names of columns, by the field of a mention, in the order in which they are preferred.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "paper title", "article title", "publication title", "titles", "paper", "paper name", "name"),
    "abstract": ("abstract", "summary", "description", "abstract note"),
    "authors": ("authors", "author", "author names", "creators"),
    "heading": ("heading", "section", "topic", "category"),
    "issued": ("issued", "date", "published", "publication date", "submitted", "publication year", "year"),
    "arxiv_id": ("arxiv_id", "arxiv id", "arxiv", "arxivid", "eprint", "id", "paper id"),
    "doi": ("doi",),
    "url": ("url", "link", "arxiv url", "paper url", "pdf", "pdf url", "abs url", "arxiv link", "paper link", "links"),
}  # fmt: skip
_DELIMITERS = ("\t", ";", ",", "|")
_FIELD_LIMIT = 2**25


class Columns(NamedTuple):
    """The delimiter of a table, how many columns it has, and which of them hold what."""

    delimiter: str
    width: int
    places: Mapping[str, int]


class _Row(NamedTuple):
    line: int
    text: str
    fields: Sequence[str]


def find_columns(text: str) -> Columns | None:
    """Return the columns that the first row names, None if the text is no table with a title column.

    A list of titles may begin with a title that has commas: a table's first row has a column named `title` (or so)
    and in all columns only short names.
    """
    head = next((line for line in _lines(text.removeprefix("\ufeff")[:10_000]) if line.strip()), "")
    for delimiter in _DELIMITERS:
        names = [clean(name.strip().strip('"')).casefold().replace("_", " ") for name in head.split(delimiter)]
        if len(names) < 2 or any(len(name) > 40 or len(name.split()) > 4 for name in names):  # noqa: PLR2004
            continue
        places = _places(names)
        if "title" in places:
            return Columns(delimiter, len(names), places)
    return None


def _places(names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for field, aliases in COLUMNS.items():
        for alias in aliases:
            name = alias.replace("_", " ")
            if name in names and names.index(name) not in found.values():
                found[field] = names.index(name)
                break
    return found


def _lines(text: str) -> Iterator[str]:
    r"""Yield lines with their ends: \n, \r\n or \r."""
    start = 0
    for found in re.finditer(r"\r\n|\r|\n", text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def read_table(text: str, columns: Columns, *, digest: str) -> Iterator[Mention | Skipped]:
    """Yield a mention for each row; a row without a title is skipped.

    Raises DigestError for a row that has more or fewer fields than the first one, or a quote that never ends.
    """
    rows = _rows(text, columns.delimiter, digest)
    next(rows)
    for row in rows:
        _check_row(row, columns, digest)
        title = clean(_field(row, columns, "title"))
        if title:
            check_title(title, digest=digest, line=row.line)
            yield _mention(row, columns, title, digest)
        else:
            yield Skipped(row.line, clean(row.text)[:200], "a row without a title")


def _check_row(row: _Row, columns: Columns, digest: str) -> None:
    count = len(row.fields)
    if count == columns.width or (count > columns.width and not any(row.fields[columns.width :])):
        return
    # Spreadsheets leave out empty fields at the end of a row.
    if columns.places["title"] < count < columns.width:
        return
    problem = f"the row has {count} fields, the first row {columns.width}"
    name = {"\t": "tab"}.get(columns.delimiter, f"`{columns.delimiter}`")
    raise DigestError(digest, row.line, f"{problem}; put a field that has a {name} in it between double quotes.")


def _rows(text: str, delimiter: str, digest: str) -> Iterator[_Row]:
    """Yield the rows that hold something; a TSV file whose quotes do not fit together has none that mean anything."""
    text = text.removeprefix("\ufeff")
    # A table of tabs is often written without quoting, so that a quote at the start of a title is only a quote.
    literal = delimiter == "\t" and any(_is_unquoted(field) for line in _lines(text) for field in line.split("\t"))
    quoting: Literal[0, 3] = 3 if literal else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
    source = _Remembering(_lines(text))
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(source, delimiter=delimiter, quoting=quoting, strict=not literal, skipinitialspace=True)
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


def _is_unquoted(field: str) -> bool:
    """Whether a field begins with a quote that is not the end of it as well."""
    field = field.strip()
    return field.startswith('"') and (
        len(field) == 1 or not field.endswith('"') or field[1:-1].replace('""', "").count('"') > 0
    )


class _Remembering:
    """Lines for the csv module that remembers those taken, so that a row knows its place and its text."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.taken: list[str] = []
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self.taken.append(line)
        return line


def _field(row: _Row, columns: Columns, name: str) -> str:
    place = columns.places.get(name)
    return row.fields[place].strip() if place is not None and place < len(row.fields) else ""


def _mention(row: _Row, columns: Columns, title: str, digest: str) -> Mention:
    links = " ".join(_field(row, columns, name) for name in ("arxiv_id", "url", "doi"))
    found = references(links)
    own, url = _field(row, columns, "title"), _field(row, columns, "url")
    return Mention(
        title=title,
        abstract=clean(_field(row, columns, "abstract")),
        authors=split_authors(_field(row, columns, "authors")),
        heading=clean(_field(row, columns, "heading")),
        issued=date_of(_field(row, columns, "issued")),
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


def split_authors(text: str) -> tuple[str, ...]:
    """Return the names in one field: parted by `;`, ` and `, or commas unless these part family and given name."""
    text = clean(text)
    for mark in (r"\s*;\s*", r"\s*\|\s*"):
        if re.search(mark, text):
            return tuple(name for name in re.split(mark, text) if name)
    names = re.split(r",?\s+(?:and|&)\s+", text)
    if all(name.count(",") <= 1 and " " not in name.partition(",")[0] for name in names if "," in name):
        return tuple(name for name in names if name)
    return tuple(name for part in names for name in re.split(r"\s*,\s*", part) if name)


def date_of(text: str) -> PartialDate | None:
    """Return the date in a field, with or without a time behind it; None for what is no date."""
    day = re.split(r"[T ](?=\d\d:\d\d)", clean(text))[0]
    if re.fullmatch(r"(?:19|20)\d\d", day):
        return PartialDate(int(day))
    try:
        return PartialDate.parse(day)
    except ValueError:
        return parse_date(day)
