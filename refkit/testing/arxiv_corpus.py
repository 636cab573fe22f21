"""The papers that the stand-in knows, and what arXiv's search finds among them."""

from __future__ import annotations

import gzip
import heapq
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, overload

import msgspec

from refkit.errors import UsageError
from refkit.metadata.snapshot import SnapshotLine
from refkit.model import ArxivRecord
from refkit.testing.arxiv_fields import CannotAnswer, check_of, everything_in
from refkit.testing.arxiv_index import Hits, WordIndex
from refkit.testing.arxiv_papers import Document, document_of, paper_of, title_of, versions_of
from refkit.testing.arxiv_query import Chain, Node, Not, Term
from refkit.testing.arxiv_titles import fold

_WILD = ("*", "?")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the corpus: a query, identifiers, or both. `seed` orders what relevance leaves open."""

    query: Node | None = None
    ids: tuple[str, ...] = ()
    start: int = 0
    size: int = 10
    sort_by: str = "relevance"
    ascending: bool = False
    legacy_and: bool = False
    seed: int = 0


class Page(msgspec.Struct, frozen=True):
    """The documents of one page, and how many there are in all."""

    total: int
    documents: tuple[Document, ...]


class ArxivCorpus:
    """Papers in memory with an index of their current titles; of two papers with one id the first counts.

    A line is kept as it is and decoded when it is shown. May be used from several threads.
    """

    def __init__(self, lines: Iterable[tuple[str, int, bytes]]) -> None:
        self._rows: dict[str, int] = {}
        self._lines: list[bytes] = []
        self._lock = Lock()
        self._names: list[str] = []
        self._shelf = _Shelf(_Lines(self._lines), self._titles(lines), self._names)

    @classmethod
    def from_files(cls, *paths: str | Path) -> ArxivCorpus:
        """Read metadata snapshots (one JSON object a line, perhaps gzipped); raises UsageError with the place."""
        return cls(line for path in paths for line in _read(Path(path)))

    @classmethod
    def from_records(cls, records: Iterable[ArxivRecord]) -> ArxivCorpus:
        """Take records as they are; each is one paper, with a version for each of its titles."""
        lines = (msgspec.json.encode(paper_of(record)) for record in records)
        return cls(("a record", number, line) for number, line in enumerate(lines, start=1))

    def __len__(self) -> int:
        return len(self._lines)

    def _titles(self, lines: Iterable[tuple[str, int, bytes]]) -> Iterator[str]:
        decoder = msgspec.json.Decoder(SnapshotLine)
        for name, number, line in lines:
            try:
                paper = decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise UsageError(f"{name}:{number}: not a line of the arXiv metadata snapshot ({error}).") from error
            if paper.id not in self._rows:
                self._rows[paper.id] = len(self._lines)
                self._lines.append(line)
                self._names.append(paper.id)
                yield title_of(paper)

    def search(self, search: Search) -> Page:
        """Answer as arXiv's search does: current versions only, unless a version is asked for by its identifier.

        Raises CannotAnswer where arXiv's search fails.
        """
        with self._lock:
            shelf = self._asked(search) if search.ids else self._shelf
            hits = shelf.evaluate(search.query, legacy_and=search.legacy_and)
            return Page(len(hits), tuple(shelf.documents[row] for row in shelf.ranked(hits, search)))

    def _asked(self, search: Search) -> _Shelf:
        """Those versions that are asked for and known; arXiv compares the exact text of an identifier."""
        documents = [document for name in dict.fromkeys(search.ids) if (document := self._find(name))]
        distinct = list({document.versioned_id: document for document in documents}.values())
        distinct.sort(key=lambda document: zlib.crc32(f"{search.seed}{document.versioned_id}".encode()))
        return _Shelf(distinct, [document.title for document in distinct], range(len(distinct)))

    def _find(self, name: str) -> Document | None:
        if name in self._rows:
            return document_of(self._paper(name))
        plain, _, version = name.rpartition("v")
        if plain not in self._rows or not version.isdecimal() or version[0] == "0":
            return None
        paper = self._paper(plain)
        return document_of(paper, int(version)) if int(version) <= versions_of(paper) else None

    def _paper(self, name: str) -> SnapshotLine:
        return msgspec.json.decode(self._lines[self._rows[name]], type=SnapshotLine)


def _read(path: Path) -> Iterator[tuple[str, int, bytes]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from ((str(path), number, line) for number, line in enumerate(lines, start=1) if line.strip())
    except (OSError, EOFError, zlib.error) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be read ({problem}); name a metadata snapshot, plain or gzipped.") from error


class _Lines(Sequence[Document]):
    """Documents that are decoded when they are asked for."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._decoder = msgspec.json.Decoder(SnapshotLine)

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | Sequence[Document]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        return document_of(self._decoder.decode(self._lines[index]))


class _Shelf:
    """Documents with the index of their titles: the whole corpus, or what an id_list asks for.

    `ties` orders what has the same score or date.
    """

    def __init__(self, documents: Sequence[Document], titles: Iterable[str], ties: Sequence[Any]) -> None:
        self.documents = documents
        self._ties = ties
        self._titles = WordIndex(titles)

    def evaluate(self, query: Node | None, *, legacy_and: bool) -> Hits:
        """Return the rows that match, with their scores; without a query, all of them."""
        return self._everything() if query is None else _Evaluation(self, legacy_and=legacy_and).hits(query, None)

    def _everything(self) -> Hits:
        return dict.fromkeys(range(len(self.documents)), 1.0)

    def ranked(self, hits: Hits, search: Search) -> list[int]:
        """Return the rows of one page, best, newest or oldest first."""
        end = search.start + search.size
        if search.sort_by == "relevance":
            sign = 1 if search.ascending else -1
            return heapq.nsmallest(end, hits, key=lambda row: (sign * hits[row], self._ties[row]))[search.start :]
        rows = sorted(hits, key=lambda row: self._ties[row])
        rows.sort(key=lambda row: self._date(row, search.sort_by), reverse=not search.ascending)
        return rows[search.start : end]

    def _date(self, row: int, sort_by: str) -> datetime:
        document = self.documents[row]
        return document.published if sort_by == "submittedDate" else document.updated

    def matching(self, term: Term, within: Iterable[int] | None, *, legacy_and: bool) -> Hits:
        """Return the rows that match one term; `within` spares a field without an index the walk over everything."""
        if not term.text:
            return self._everything()  # arXiv's "empty term": all there is
        if has_index(term):
            return _indexed(self._all_fields if term.field == "all" else self._titles, term, legacy_and=legacy_and)
        check = check_of(term, legacy_and=legacy_and)
        rows = range(len(self.documents)) if within is None else within
        return {row: 1.0 for row in rows if check(self.documents[row])}

    @cached_property
    def _all_fields(self) -> WordIndex:
        return WordIndex(map(everything_in, self.documents))


def has_index(node: Node) -> bool:
    """Whether a node is a term that is looked up rather than checked; an unquoted `$...$` goes to a TeX field."""
    if not isinstance(node, Term) or node.field not in {"ti", "all"}:
        return False
    return node.field == "all" or node.quoted or not node.text.startswith("$")


def _indexed(index: WordIndex, term: Term, *, legacy_and: bool) -> Hits:
    text = fold(term.text) if term.field == "all" else term.text
    if term.quoted:
        return (index.words if legacy_and else index.phrase)(text)
    if text.startswith(_WILD):
        raise CannotAnswer(text)
    return index.wildcard(text) if any(mark in text for mark in _WILD) else index.words(text)


class _Evaluation:
    """The value of a query on one shelf."""

    def __init__(self, shelf: _Shelf, *, legacy_and: bool) -> None:
        self._shelf = shelf
        self._legacy_and = legacy_and

    def hits(self, node: Node, within: Iterable[int] | None) -> Hits:
        match node:
            case Term():
                return self._shelf.matching(node, within, legacy_and=self._legacy_and)
            case Not():
                return self._without(node.operand, within)
            case Chain():
                return self._chain(node, 0, within)

    def _without(self, node: Node, within: Iterable[int] | None) -> Hits:
        """A single term can be negated; anything else is too much for arXiv."""
        if not isinstance(node, Term):
            raise CannotAnswer(str(node))
        excluded = self.hits(node, within)
        everything = range(len(self._shelf.documents))
        return {row: 0.0 for row in everything if row not in excluded}

    def _chain(self, chain: Chain, first: int, within: Iterable[int] | None) -> Hits:
        """Sum up the ORs from `first` on; what follows an AND or ANDNOT is one operand of it."""
        scores: Hits = {}
        last = len(chain.operators)
        while first < last and chain.operators[first] == "OR":
            _add(scores, self.hits(chain.operands[first], within))
            first += 1
        value = self._pair(chain, first, within) if first < last else self.hits(chain.operands[first], within)
        return _add(scores, value)

    def _pair(self, chain: Chain, first: int, within: Iterable[int] | None) -> Hits:
        if chain.operators[first] == "AND" and not has_index(chain.operands[first]):
            right = self._chain(chain, first + 1, within)  # the side that takes longer is asked about fewer rows
            left = self.hits(chain.operands[first], right)
        else:
            left = self.hits(chain.operands[first], within)
            right = self._chain(chain, first + 1, left)
        if chain.operators[first] == "AND":
            return {row: score + right[row] for row, score in left.items() if row in right}
        return {row: score for row, score in left.items() if row not in right}


def _add(scores: Hits, more: Hits) -> Hits:
    for row, score in more.items():
        scores[row] = scores.get(row, 0.0) + score
    return scores
