"""Finding titles, abstracts and ids in an index. What is found may be meant; what is meant is decided elsewhere.

A title is looked for in three steps, each only if the one before found nothing good enough: its key (and that of the
name before its colon); the titles that share its rarest words and word pairs; the same with more of them, and with
misspelt words put right. What the last two find is compared letter by letter.
"""

from __future__ import annotations

import hashlib
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rapidfuzz.distance import Indel

from refkit import rarity
from refkit.metadata.index import codes, layout
from refkit.metadata.index.lookup import Table, Texts, hashes_of, largest
from refkit.model import ArxivRecord
from refkit.names import bare_name, parse_name
from refkit.normalize import before_colon, fold, is_truncated, title_key, without_ellipsis, without_marks, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from refkit import shingles
    from refkit.metadata.index.parts import Entry
    from refkit.metadata.index.spelling import Speller

    Array = NDArray[Any]

# How many titles of the tables a step may touch, rarest words first, and how many of these it compares.
_STEPS = ((3_000, 20), (15_000, 60))
# A title so like the one asked for ends the search.
_GOOD = 0.92
# A name before a colon may be that of so many papers; more are not looked at.
_NAMESAKES = 64
# Titles of which fewer letters agree have nothing to do with each other: any two titles share .4 or so.
_ALIKE = 0.5
# One title or name is the beginning of the other: how alike they count.
_CUT, _NAMED, _BEGINS = 0.99, 0.975, 0.97
# Only the name before the colon is the same, as in many a renamed paper: more than any two titles are alike by chance.
_SHARED_NAME = 0.6
_SHORTEST_BEGINNING = 8
# Records of whose phrases and words fewer are in common are not worth a look; so many of the others are.
_LOOKED_AT = 60
# From here on it is the same abstract, or nearly, and no other is looked for. What it is worth as evidence is decided
# by the thresholds of matching/evidence.py; these here cost time or a candidate if they are wrong, no verdict.
_LIKE_FIRST = 0.4
_LIKE_ABSTRACT, _SAME_ABSTRACT = 0.08, 0.4
# Records that an abstract alone leads to; they come first.
_BY_ABSTRACT = 4
# Records with words of the abstract in their titles, whose own abstracts are compared with it.
_TOLD = 3000
# Records by the same author that share the rarest words.
_BY_AUTHOR = 4
# Papers of one first author that are looked at: few have written more.
_WRITTEN = 200
# Records whose title is made of words and word pairs of the abstract: a renamed paper, or a nickname with a summary.
_BY_TEXT = 4


class Hit(NamedTuple):
    """A record that was found: its row, and how alike title or abstract are, 0 to 1."""

    row: int
    score: float


class Index:
    """An index that is open; any number of threads and processes may read it."""

    # Whether titles that are merely alike are looked for where the very title was found.
    thorough = False

    def __init__(self, buffers: layout.Buffers) -> None:
        self._buffers = buffers
        self.header = buffers.header
        view = buffers.sections
        self._ids = view["ids"].cast("I")
        self._dates = view["dates"].cast("H")
        self._category_of = view["category_of"].cast("I")
        self._titles = Texts(view, "title")
        self._names = Texts(view, "name")
        self._categories = Texts(view, "category")
        self._owners = view["owners"].cast("I")
        self._author_of, self._author_ends = view["author_of"], view["author_ends"].cast("I")
        self._exact = Table(buffers, "exact", self.header.exact_bits)
        self._words = Table(buffers, "word", self.header.word_bits)

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open the index in a file. Raises BadIndex if it is none, cut, or of another version."""
        return cls(layout.open_file(path))

    def __len__(self) -> int:
        return self.header.records

    @property
    def identity(self) -> str:
        """What tells this index from any other: its header has a checksum of all that is in it."""
        return hashlib.blake2b(msgspec.json.encode(self.header), digest_size=16).hexdigest()

    def damaged(self, told: layout.Told | None = None) -> list[str]:
        """Read the whole file and return the names of the sections that do not have their checksum."""
        return layout.damaged_sections(self._buffers, told)

    def get(self, arxiv_id: str) -> ArxivRecord | None:
        """Return the record with this id (without version), or None."""
        row = self.row_of(arxiv_id)
        return None if row is None else self.record(row)

    def search(self, title: str, *, limit: int, abstract: str = "", authors: Sequence[str] = ()) -> list[ArxivRecord]:
        """Return at most `limit` records that a title may mean, and those that an abstract may be of, likeliest first.

        The abstract is not asked where it stands in a record with the very title, nor the authors where there is one.
        """
        title = self._as_known(title)
        hits = self.find(title, limit=limit)
        rows = [hit.row for hit in hits]
        is_there = bool(hits) and hits[0].score == 1.0
        if authors and not is_there:
            rows = [*rows[: limit - _BY_AUTHOR], *self.find_written(title, authors[0], limit=_BY_AUTHOR)]
        if abstract and not any(hit.score == 1.0 and self._has(hit.row, abstract) for hit in hits):
            rows = [hit.row for hit in self.find_abstract(abstract, limit=_BY_ABSTRACT)] + rows
            if not is_there:
                rows = [*rows[: limit - _BY_TEXT], *self.find_told(f"{title}. {abstract}", limit=_BY_TEXT)]
        return [self.record(row) for row in dict.fromkeys(rows)][:limit]

    def _has(self, row: int, abstract: str) -> bool:
        from refkit import shingles

        return (shingles.phrases(abstract).share(self._print(row)) or 0.0) >= _SAME_ABSTRACT

    def _as_known(self, title: str) -> str:
        """Return a title without the marks of a list ("[CVPR 2019] "), unless a record has them in its title."""
        bare = without_marks(title)
        return title if bare == title or self._with_key(title_key(title).encode()) else bare

    def _with_key(self, key: bytes) -> list[int]:
        return [row for row in self._at_key(key) if codes.key_of(self._titles[row]) == key]

    def find(self, title: str, *, limit: int) -> list[Hit]:
        """Return at most `limit` records whose title may be this one, likeliest first."""
        cut, title = is_truncated(title), without_ellipsis(title)
        key = title_key(title).encode()
        if not key:
            return []
        same = [] if cut else self._with_key(key)
        if same and not self.thorough:
            return [Hit(row, 1.0) for row in self._records(same)][:limit]
        return self._alike(title, key, cut=cut)[:limit]

    def _at_key(self, key: bytes) -> list[int]:
        return self._exact.rows(zlib.crc32(key))

    def _records(self, rows: Iterable[int]) -> Iterator[int]:
        """Yield the record of each title once."""
        count = len(self)
        yield from dict.fromkeys(row if row < count else self._owners[row - count] for row in rows)

    def _alike(self, title: str, key: bytes, *, cut: bool) -> list[Hit]:
        named = self._named(title, key)
        scores: dict[int, float] = {}
        text = " ".join(words(title)).encode()
        hashes = hashes_of([text])
        for step, (budget, compared) in enumerate(_STEPS):
            if step and (corrected := self.speller.corrected(text)):
                hashes = hashes_of([text, *corrected])
            for row in (*named, *self._weighed(hashes, budget, compared)):
                if row not in scores:
                    scores[row] = self._likeness(key, row, is_named=row in named, cut=cut)
            if max(scores.values(), default=0.0) >= _GOOD:
                break
        return self._ranked(scores)

    def _ranked(self, scores: dict[int, float]) -> list[Hit]:
        """Return the best hit of each record, best first; of equals the newer one."""
        best: dict[int, float] = {}
        count = len(self)
        for title, score in scores.items():
            row = title if title < count else self._owners[title - count]
            best[row] = max(best.get(row, 0.0), score)
        worth = [(row, score) for row, score in best.items() if score >= _ALIKE]
        return [Hit(row, score) for row, score in sorted(worth, key=lambda each: (-each[1], -each[0]))]

    def _named(self, title: str, key: bytes) -> set[int]:
        """Return the titles with this name before their colon, and those that are or have the name before its own."""
        head = title_key(before_colon(title)).encode()
        return {row for each in (key, head) if each for row in self._beginning_with(each)}

    def _beginning_with(self, key: bytes) -> list[int]:
        """Return titles that are this name or begin with it; others may be in its bucket by chance."""
        rows = self._at_key(key)[-_NAMESAKES:]
        return [row for row in rows if codes.key_of(self._titles[row]).startswith(key)]

    def _likeness(self, key: bytes, row: int, *, is_named: bool, cut: bool) -> float:
        """Return how alike a title is; one that begins with the other counts as nearly the same."""
        other = codes.key_of(self._titles[row])
        score = Indel.normalized_similarity(key, other)
        if is_named:  # a renamed paper keeps the name before its colon, if anything
            score = max(score, _NAMED if other.startswith(key) or key.startswith(other) else _SHARED_NAME)
        if _SHORTEST_BEGINNING <= len(key) < len(other):
            most, beginning = (_CUT if cut else _BEGINS), other[: len(key)]
            least = min(1.0, score / most)  # less alike it need not be known exactly
            score = max(score, most * Indel.normalized_similarity(key, beginning, score_cutoff=least))
        return float(score)

    def _weighed(self, hashes: Array, budget: int, compared: int) -> list[int]:
        """Return the titles that share the rarest of these words, pairs or phrases, weighed by how rare these are."""
        import numpy as np

        firsts, sizes = self._words.places(hashes)
        order = np.argsort(sizes, kind="stable")
        order = order[(np.cumsum(sizes[order]) <= budget) & (sizes[order] > 0)]
        if not len(order):
            return []
        # One sort finds the titles that stand in several lists: each is title and weight in one number. The lists are
        # in order already, or nearly, which the stable sort makes use of.
        weights = np.rint(256 * np.log2(1 + self.header.titles / sizes[order])).astype(np.uint64)
        entries = np.concatenate([self._words.slice(firsts[each], sizes[each]) for each in order]).astype(np.uint64)
        entries = entries << np.uint64(32) | np.repeat(weights, sizes[order])
        entries.sort(kind="stable")
        rows = (entries >> np.uint64(32)).astype(np.int64)
        is_last = np.ones(len(rows), bool)
        np.not_equal(rows[1:], rows[:-1], out=is_last[:-1])
        ends = np.flatnonzero(is_last)
        sums = np.cumsum((entries & np.uint64(0xFFFFFFFF)).astype(np.int64))[ends]
        sums[1:] -= sums[:-1].copy()
        is_alone = is_last[ends - 1]
        is_alone[0] = ends[0] == 0
        found: list[int] = rows[ends[largest(sums, ~is_alone, compared)]].tolist()
        return found

    @cached_property
    def speller(self) -> Speller:
        """What knows the words of all titles."""
        from refkit.metadata.index.spelling import Speller

        return Speller(self._buffers.sections, self._titles_with)

    def _titles_with(self, known: Sequence[bytes]) -> list[int]:
        """Return about how many titles have each of some known words."""
        from refkit import shingles

        sizes = self._words.sizes(shingles.hash_words(known, shingles.ALL_WORDS)[0])
        return [int(size) or self.header.titles for size in sizes]  # those of very common words are left empty

    def find_abstract(self, abstract: str, *, limit: int) -> list[Hit]:
        """Return at most `limit` records whose abstract has phrases or words of this one, likeliest first.

        Where none of them is like it, the records whose titles have words of it are looked at as well.
        """
        from refkit import shingles

        phrases, budget = shingles.phrases(abstract), _STEPS[1][0]
        hits = self._alike_in_abstract(phrases, self._weighed(shingles.searched_phrases(abstract), budget, budget))
        if not hits or hits[0].score < _LIKE_FIRST:
            told = self._weighed(hashes_of([fold(abstract).encode()]), budget, _TOLD)
            hits = list({hit.row: hit for hit in (*hits, *self._alike_in_abstract(phrases, told))}.values())
            hits.sort(key=lambda hit: -hit.score)
        return hits[:limit]

    def _alike_in_abstract(self, phrases: shingles.Phrases, titles: Sequence[int]) -> list[Hit]:
        """Return the records of some titles whose abstracts are like a text, likeliest first."""
        import numpy as np

        from refkit import shingles

        rows = np.fromiter(self._records(titles), np.int64)
        likeness = phrases.likeness(np.frombuffer(self._buffers.sections["prints"], shingles.dtype())[rows])
        order = np.argsort(-likeness, kind="stable")[:_LOOKED_AT]
        return [Hit(int(rows[each]), float(likeness[each])) for each in order if likeness[each] >= _LIKE_ABSTRACT]

    def find_written(self, title: str, author: str, *, limit: int) -> list[int]:
        """Return at most `limit` records by this first author, rather those that share words with a title."""
        from refkit.metadata.index.parts import author_hashes, author_key

        name = parse_name(bare_name(author))
        keys = [author_key(name.family, name.given), author_key(name.given, name.family)]
        hashes = author_hashes([key for key in keys if key])
        rows = self._weighed(hashes, _STEPS[1][0], _WRITTEN) if len(hashes) else []
        ours = set(words(title))
        shared = {row: rarity.total(ours.intersection(words(codes.fields_of(self._titles[row])[0]))) for row in rows}
        return list(self._records(sorted(rows, key=lambda row: (-shared[row], -row))[:limit]))

    def find_told(self, text: str, *, limit: int) -> list[int]:
        """Return at most `limit` records whose title is made of words and word pairs of a text, in no order."""
        rows = self._weighed(hashes_of([fold(text).encode()]), _STEPS[1][0], limit)
        return list(self._records(rows))

    def _print(self, row: int) -> bytes:
        from refkit import shingles

        made = bytes(self._buffers.sections["prints"][row * shingles.SIZE : (row + 1) * shingles.SIZE])
        return made if made[0] else b""

    def row_of(self, arxiv_id: str) -> int | None:
        """Return the row of the record with this id (without version), or None."""
        try:
            code = codes.encode_id(arxiv_id)
        except ValueError:
            return None
        row = bisect_left(self._ids, code)
        return row if row < len(self._ids) and self._ids[row] == code else None

    def record(self, row: int) -> ArxivRecord:
        """Return what the index knows of a record: no abstract but its fingerprint, no comments, no journal."""
        title, doi = codes.fields_of(self._titles[row])
        return ArxivRecord(
            arxiv_id=codes.decode_id(self._ids[row]),
            title=title,
            authors=tuple(codes.decode_author(self._names[each].decode()) for each in self._author_numbers(row)),
            categories=tuple(self._categories[self._category_of[row]].decode().split()),
            submitted=codes.decode_date(self._dates[2 * row]),
            updated=codes.decode_date(self._dates[2 * row + 1]),
            doi=doi,
            former_titles=tuple(self._former_titles(row)),
            fingerprint=self._print(row),
        )

    def entries(self, first: int, end: int) -> tuple[list[Entry], Array]:
        """Return some records as they go into another index, and their fingerprints."""
        import numpy as np

        from refkit import shingles
        from refkit.metadata.index.parts import Entry

        found = []
        for row in range(first, end):
            title, doi = codes.fields_of(self._titles[row])
            found.append(
                Entry(
                    self._ids[row],
                    (title, *self._former_titles(row)),
                    b"\n".join(self._names[number] for number in self._author_numbers(row)),
                    self._categories[self._category_of[row]].decode(),
                    self._dates[2 * row],
                    self._dates[2 * row + 1],
                    doi,
                    "",
                )
            )
        prints = np.frombuffer(self._buffers.sections["prints"], shingles.dtype())[first:end]
        return found, prints

    def _former_titles(self, row: int) -> Iterator[str]:
        at = bisect_left(self._owners, row)
        while at < len(self._owners) and self._owners[at] == row:
            yield codes.fields_of(self._titles[len(self) + at])[0]
            at += 1

    def _author_numbers(self, row: int) -> Iterator[int]:
        first, end = (self._author_ends[row - 1] if row else 0), self._author_ends[row]
        for place in range(3 * first, 3 * end, 3):
            yield int.from_bytes(self._author_of[place : place + 3], "little")
