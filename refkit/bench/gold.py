"""Gold files: titles as digests print them, with the paper that is meant. JSON lines, plain or gzip.

    {"title": "...", "arxiv_id": "2401.00001", "abstract": "...", "authors": "A. Ada, B. Bee", "date": "2024-01-31"}

`title` and `arxiv_id` must be there; `heading`, `source` and `format` may be. What a row does not say itself is looked
up in the index that is asked: `in_pool` (whether the index has the paper), `same_title_ids` (papers of the same title
as that one, none of which is a wrong answer) and `relation` (how the title relates to that of the record).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from refkit.digests.cells import split_authors
from refkit.digests.streams import Item, open_titles
from refkit.digests.values import authors_of, issued_of
from refkit.errors import DigestError
from refkit.model import ArxivRecord, Mention, PartialDate, is_arxiv_id, plain_arxiv_id
from refkit.normalize import title_key, to_unicode

if TYPE_CHECKING:
    from refkit.metadata.index.reading import Index

# Papers of one title that are looked for; "Introduction" has some thirty in all of arXiv.
_NAMESAKES = 100
_SHAPE = 'a row is a JSON object like {"title": "...", "arxiv_id": "2401.00001"}, perhaps with more'


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A title with its answer: `arxiv_id`, or "" for a paper that is not on arXiv at all.

    `place` is its file and line; `answer` the title of the record that is meant, where it is known. `in_pool` and
    `same_title_ids` are None, and `relation` is "", as long as nobody has looked (`Known.complete`).
    """

    title: str
    arxiv_id: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    date: PartialDate | None = None
    heading: str = ""
    in_pool: bool | None = None
    same_title_ids: tuple[str, ...] | None = None
    relation: str = ""
    source: str = ""
    format: str = ""
    place: str = ""
    answer: str = ""

    @property
    def right(self) -> frozenset[str]:
        """The ids that are no wrong answer; none where the record is not in the pool."""
        return frozenset((self.arxiv_id, *(self.same_title_ids or ()))) if self.in_pool else frozenset()

    def mention(self, *, titles_only: bool = False) -> Mention:
        """Return what the matcher is shown: never an id or a link."""
        if titles_only:
            return Mention(title=self.title)
        return Mention(
            title=self.title, abstract=self.abstract, authors=self.authors, issued=self.date, heading=self.heading
        )


class Gold(msgspec.Struct, frozen=True):
    """The rows of a file, and how many were left out as their link is said to be suspect."""

    rows: tuple[Row, ...]
    suspect: int = 0


class _Line(msgspec.Struct, kw_only=True):
    """A row as it stands in a file."""

    title: str
    arxiv_id: str | None = None
    abstract: str | None = None
    authors: Any = None
    date: Any = None
    heading: str | None = None
    in_pool: bool | None = None
    same_title_ids: list[str] | None = None
    relation: str | None = None
    source: str | None = None
    format: str | None = None
    suspect_link: bool | None = None


def read_gold(path: Path) -> Gold:
    """Read titles with their answers. Raises DigestError, with file and line, for a row that is none."""
    found = [_answered(line, path, number) for number, line in _lines(path)]
    kept = tuple(row for row in found if row)
    return Gold(kept, len(found) - len(kept))


def read_negatives(path: Path) -> tuple[Row, ...]:
    """Read titles of papers that are not on arXiv. Raises DigestError, with file and line, for a row that is none."""
    return tuple(_negative(line, path, number) for number, line in _lines(path))


def row_of(values: dict[str, Any]) -> Row:
    """Return a row of values as they stand in a file. Raises ValueError for what is none."""
    return _row(msgspec.convert(values, _Line), "")


def _lines(path: Path) -> Iterator[tuple[int, _Line]]:
    decoder = msgspec.json.Decoder(_Line)
    is_empty = True
    with open_titles(path, "jsonl") as opened:
        for item in opened.items:
            is_empty = False
            yield item.line, _decoded(item, decoder, str(path))
    if is_empty:
        raise DigestError(str(path), 0, f"it has no rows; {_SHAPE}.")


def _decoded(item: Item, decoder: msgspec.json.Decoder[_Line], name: str) -> _Line:
    if item.problem:
        raise DigestError(name, item.line, item.problem)
    try:
        line = decoder.decode(item.text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise DigestError(name, item.line, f"{str(error).rstrip('.')}; {_SHAPE}.") from error
    if not line.title.strip():
        raise DigestError(name, item.line, "the title is empty; fill it in, or take the row away.")
    return line


def _answered(line: _Line, path: Path, number: int) -> Row | None:
    """Return a row with its answer; None if its link is said to be suspect."""
    if line.suspect_link:
        return None
    if not line.arxiv_id:
        problem = "the row has no `arxiv_id`; fill it in, or name papers that are not on arXiv with --negatives"
        raise DigestError(str(path), number, f"{problem}.")
    row = _known(line, path, number)
    if not is_arxiv_id(row.arxiv_id):
        raise DigestError(str(path), number, f"{line.arxiv_id!r} is no id of arXiv's; correct it.")
    return row


def _negative(line: _Line, path: Path, number: int) -> Row:
    if line.arxiv_id:
        problem = f"the row has the arxiv_id {line.arxiv_id!r}, but negatives are papers that are not on arXiv"
        raise DigestError(str(path), number, f"{problem}; move it to the pairs.")
    return replace(_known(line, path, number), in_pool=False, same_title_ids=(), relation="negative")


def _known(line: _Line, path: Path, number: int) -> Row:
    try:
        return _row(line, f"{path}:{number}")
    except ValueError as error:
        raise DigestError(str(path), number, f"{error}.") from error


def _row(line: _Line, place: str) -> Row:
    return Row(
        title=" ".join(line.title.split()),
        arxiv_id=plain_arxiv_id((line.arxiv_id or "").strip()),
        abstract=line.abstract or "",
        authors=_authors(line.authors),
        date=issued_of(line.date),
        heading=line.heading or "",
        in_pool=line.in_pool,
        same_title_ids=None if line.same_title_ids is None else tuple(map(plain_arxiv_id, line.same_title_ids)),
        relation=line.relation or "",
        source=line.source or "",
        format=line.format or "",
        place=place,
    )


def _authors(value: Any) -> tuple[str, ...]:
    """Return the names in a field: a text, perhaps with the title and a bar before them, or a list."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        (value,) = value
    if isinstance(value, str):
        return split_authors(value.rpartition("|")[2])
    found = authors_of(value)
    if found is None:
        raise ValueError('`authors` must be a text or a list of names, like "A. Ada, B. Bee"')
    return found


class Known:
    """What an index knows of the rows; `disagreeing` counts those whose `in_pool` is not what the index says."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.disagreeing = 0

    def complete(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows with all that they do not say themselves."""
        return [self._complete(row) for row in rows]

    def _complete(self, row: Row) -> Row:
        record = self._index.get(row.arxiv_id)
        self.disagreeing += row.in_pool is not None and row.in_pool is not (record is not None)
        in_pool = record is not None if row.in_pool is None else row.in_pool
        same = row.same_title_ids
        if same is None:
            same = tuple(self._namesakes(record)) if record and in_pool else ()
        return replace(
            row,
            in_pool=in_pool,
            same_title_ids=same,
            relation=row.relation or (_relation(row.title, record) if in_pool else "absent"),
            answer=record.title if record else "",
        )

    def _namesakes(self, record: ArxivRecord) -> Iterator[str]:
        """Yield the ids of the other records that bear the title of this one.

        Not of those that bear the title of the digest, where that is another: what the file says is right.
        """
        key = title_key(record.title)
        for hit in self._index.find(record.title, limit=_NAMESAKES) if key else ():
            other = self._index.record(hit.row) if hit.score == 1 else record
            if other.arxiv_id != record.arxiv_id and title_key(other.title) == key:
                yield other.arxiv_id


def _relation(title: str, record: ArxivRecord | None) -> str:
    """Return how a digest's title relates to the record's: `exact`, `norm` (but for case and punctuation), `other`."""
    if record is None:
        return "other"
    if " ".join(to_unicode(title).split()) == " ".join(to_unicode(record.title).split()):
        return "exact"
    return "norm" if title_key(title) == title_key(record.title) else "other"
