"""Parts -> the sections of an index: records by their ids, and for each way of finding one a table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from refkit import shingles
from refkit.errors import UsageError
from refkit.metadata.index import codes, layout
from refkit.metadata.index.parts import Part, number_by_first, stretches
from refkit.metadata.index.spelling import SHORTEST
from refkit.metadata.index.tables import Pieces, Slabs, Table, as_bytes, three_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

# Titles and names are numbered by three bytes; arXiv has 3 million records (2026).
_MOST = 1 << 24
# A word that more titles have than this (or this share of them) leads nowhere: its pairs with other words remain.
# On 400,000 real titles .003 loses nothing that .01 finds (docs/index.md).
_COMMON, _COMMON_SHARE = 2000, 0.003
# Entries for each bucket, at least (at most twice as many): more buckets cost bytes, fewer cost time.
_EXACT_EACH, _WORDS_EACH = 1, 12
# Records that are handled at once.
_GATHERED = 1 << 15
# Former titles are numbered from here on, as long as the number of records is not known.
_FORMER = 1 << 31
# What a part no longer holds once it is taken.
_GIVEN_UP: dict[str, Any] = {"categories": [], "vocabulary": set(), "exact": None, "words": None, "name_hashes": None}
_NO_NAMES: dict[str, Any] = {"names": b"", "name_sizes": None, "author_of": None}


class Packed(NamedTuple):
    """An index that can be written or used; how many records were given more than once; how many of a base changed."""

    header: layout.Header
    sections: Pieces
    repeated: int
    changed: int


def pack(parts: Iterable[Part], *, base: int = 0, threads: int = 1) -> Packed:
    """Return the index of the records of all parts; of several with one id, the one changed last is taken.

    The first `base` records are those of an index that is there, in its order.
    Raises UsageError for more titles or names than three bytes can number.
    """
    taken, tables, hashes, categories, vocabulary = _together(parts)
    ids = _joined(np.uint32, [part.ids for part in taken])
    dates = _joined(np.uint16, [part.dates.reshape(-1) for part in taken]).reshape(-1, 2)
    order, row_of = _order(ids, dates[:, 1])
    last = order[np.searchsorted(ids[order], ids[:base])]
    changed = int(np.count_nonzero(dates[last, 1] > dates[:base, 1]))
    names, author_of = _names(taken, hashes)
    titles = _Titles(taken, order, row_of)
    if max(len(titles.sizes), len(names.sizes)) >= _MOST:
        raise UsageError(f"These are more than {_MOST:,} titles or names, which an index cannot number.")
    most = max(_COMMON, int(_COMMON_SHARE * len(titles.sizes)))
    exact, exact_bits = tables[0].packed("exact", titles.numbered, each=_EXACT_EACH, most=_MOST, threads=threads)
    words, word_bits = tables[1].packed("word", titles.numbered, each=_WORDS_EACH, most=most, threads=threads)
    counts = _joined(np.uint32, [part.author_counts for part in taken])
    dates = dates[order]
    sections: dict[str, Sequence[bytes | memoryview]] = {
        "ids": [as_bytes(ids[order], "<u4")],
        "dates": [as_bytes(dates, "<u2")],
        "category_of": [as_bytes(_joined(np.uint32, [part.category_of for part in taken])[order], "<u4")],
        **_texts("category", categories),
        "title_text": titles.pieces,
        "title_ends": [as_bytes(np.cumsum(titles.sizes), "<u4")],
        "owners": [as_bytes(titles.owners, "<u4")],
        "name_text": names.pieces,
        "name_ends": [as_bytes(np.cumsum(names.sizes), "<u4")],
        "author_of": [three_bytes(piece) for piece in _gather(author_of, counts, order)],
        "author_ends": [as_bytes(np.cumsum(counts[order]), "<u4")],
        "prints": _prints(taken, order),
        **exact,
        **words,
        **_vocabulary(vocabulary),
    }
    header = layout.Header(
        records=len(order),
        titles=len(titles.sizes),
        current=str(codes.decode_date(int(dates.max(initial=0))) or ""),
        exact_bits=exact_bits,
        word_bits=word_bits,
    )
    return Packed(header, sections, len(ids) - len(order), changed)


def _together(parts: Iterable[Part]) -> tuple[list[Part], tuple[Table, Table], Slabs, dict[bytes, int], set[bytes]]:
    """Return the parts with common numbers for categories; their tables, `exact` and `words`; hashes of names; words.

    Each part gives up its texts and tables as it comes: those of all parts at once would fill the memory.
    """
    taken: list[Part] = []
    tables, hashes = (Table(), Table()), Slabs()
    categories: dict[bytes, int] = {}
    vocabulary: set[bytes] = set()
    base = former = 0
    for part in parts:
        vocabulary |= part.vocabulary
        places = np.arange(len(part.title_sizes), dtype=np.uint64)
        places[: len(part.ids)] += np.uint64(base)
        places[len(part.ids) :] += np.uint64(_FORMER + former) - np.uint64(len(part.ids))
        for table, (found, titles) in zip(tables, (part.exact, part.words), strict=True):
            table.add(found, places[titles])
        hashes.append(part.name_hashes)
        base, former = base + len(part.ids), former + len(part.owners)
        category_of = _numbers(part.categories, categories)[part.category_of]
        taken.append(part._replace(category_of=category_of, **_GIVEN_UP))
    return taken, tables, hashes, categories, vocabulary


class _Names(NamedTuple):
    """All names, each once: their text in pieces, and their sizes."""

    pieces: Sequence[bytes]
    sizes: Array


def _names(parts: list[Part], hashes: Slabs) -> tuple[_Names, Array]:
    """Return the names of all parts, in the order in which they come first, and the number of each author.

    Each part gives up what it has of these.
    """
    counts = [len(part.name_sizes) for part in parts]
    chosen, number_of = number_by_first(hashes.joined())
    sizes = _joined(np.uint32, [part.name_sizes for part in parts])[chosen]
    ends = np.cumsum(counts)
    mine = np.split(chosen, np.searchsorted(chosen, ends))
    texts, authors = [], []
    for place, (part, begin, end) in enumerate(zip(parts, ends - counts, ends, strict=True)):
        texts.append(stretches(part.names, part.name_sizes + 1, mine[place] - begin).replace(b"\n", b""))
        authors.append(number_of[begin:end][part.author_of])
        parts[place] = part._replace(**_NO_NAMES)
    return _Names(texts, sizes), _joined(np.uint32, authors)


def _numbers(texts: Sequence[bytes], known: dict[bytes, int]) -> Array:
    return np.array([known.setdefault(text, len(known)) for text in texts], np.uint32)


def _prints(parts: Sequence[Part], order: Array) -> list[bytes | memoryview]:
    pieces = [part.prints for part in parts]
    if not _is_whole(order, sum(map(len, pieces))):
        pieces = [np.concatenate(pieces)[order]]
    return [as_bytes(piece, shingles.dtype()) for piece in pieces]


def _joined(kind: Any, arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.empty(0, kind), *arrays])


def _order(ids: Array, updated: Array) -> tuple[Array, Array]:
    """Return the places of the records to take, in the order of their ids, and the row of each place (-1: none)."""
    if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):  # noqa: PLR2004 - fewer are in order
        return np.arange(len(ids)), np.arange(len(ids))
    order = np.lexsort((updated, ids))
    last = np.append(ids[order][1:] != ids[order][:-1], [True])
    row_of = np.full(len(ids), -1)
    row_of[order[last]] = np.arange(int(last.sum()))
    return order[last], row_of


class _Titles:
    """The titles of the records that are taken: first those that records have now, then their former ones."""

    def __init__(self, parts: Sequence[Part], order: Array, row_of: Array) -> None:
        self._parts = parts
        counts = np.array([len(part.ids) for part in parts], np.int64)
        self._bases = np.cumsum(counts) - counts
        owners = [part.owners + base for part, base in zip(parts, self._bases, strict=True)]
        rows = row_of[_joined(np.int64, owners)]  # of the record that each former title belongs to
        further = np.argsort(rows, kind="stable")
        further = further[np.searchsorted(rows[further], 0) :]
        self.owners = rows[further]
        self._new = np.full(len(row_of) + len(rows), -1)
        self._new[: len(row_of)] = row_of
        self._new[len(row_of) + further] = len(order) + np.arange(len(further))
        all_sizes = [part.title_sizes for part in parts]
        firsts = _joined(np.uint32, [sizes[:count] for sizes, count in zip(all_sizes, counts, strict=True)])
        rest = _joined(np.uint32, [sizes[count:] for sizes, count in zip(all_sizes, counts, strict=True)])
        self._records = len(row_of)
        self.sizes = np.concatenate([firsts[order], rest[further]])
        self.pieces = self._text(order, further, counts)

    def _text(self, order: Array, further: Array, counts: Array) -> Sequence[bytes | memoryview]:
        heaps = [part.titles for part in self._parts]
        if not len(self.owners) and _is_whole(order, self._records):
            return heaps
        # Where each title of a part begins: its current titles come first, then the former ones.
        cuts = [int(part.title_sizes[:count].sum()) for part, count in zip(self._parts, counts, strict=True)]
        halves = [[heap[:cut] for heap, cut in zip(heaps, cuts, strict=True)],
                  [heap[cut:] for heap, cut in zip(heaps, cuts, strict=True)]]  # fmt: skip
        found: list[bytes | memoryview] = []
        for half, chosen, is_first in zip(halves, (order, further), (True, False), strict=True):
            sizes = [part.title_sizes[:count] if is_first else part.title_sizes[count:]
                     for part, count in zip(self._parts, counts, strict=True)]  # fmt: skip
            text = np.frombuffer(b"".join(half), np.uint8)
            found += [as_bytes(piece, "u1") for piece in _gather(text, _joined(np.uint32, sizes), chosen)]
        return found

    def numbered(self, places: Array) -> Array:
        """Return the new numbers of titles; -1 for those that are not taken."""
        numbers: Array = self._new[np.where(places < _FORMER, places, places - _FORMER + self._records)]
        return numbers


def _is_whole(order: Array, count: int) -> bool:
    return len(order) == count and _is_sorted(order)


def _is_sorted(order: Array) -> bool:
    return bool((np.diff(order) > 0).all())


def _gather(values: Array, counts: Array, order: Array) -> list[Array]:
    """Return the runs of `values`, `counts` long, in another order; a list of pieces, to save memory."""
    if _is_whole(order, len(counts)):
        return [values]
    starts = np.cumsum(counts, dtype=np.int64) - counts
    pieces = []
    for begin in range(0, len(order), _GATHERED):
        chosen = order[begin : begin + _GATHERED]
        sizes = counts[chosen].astype(np.int64)
        shifts = starts[chosen] - (np.cumsum(sizes) - sizes)
        pieces.append(values[np.repeat(shifts, sizes) + np.arange(int(sizes.sum()))])
    return pieces


def _vocabulary(words: set[bytes]) -> Pieces:
    """Return all words, sorted by their beginnings and by their ends: where a misspelt word is looked for."""
    chosen = [word for word in words if len(word) >= SHORTEST]
    forward, backward = sorted(chosen), sorted(word[::-1] for word in chosen)
    return {
        "words_forward": [b"\n".join([b"", *forward, b""])],
        "words_backward": [b"\n".join([b"", *backward, b""])],
    }


def _texts(name: str, texts: Collection[bytes]) -> Pieces:
    sizes = np.fromiter(map(len, texts), np.uint32, len(texts))
    return {f"{name}_text": [b"".join(texts)], f"{name}_ends": [as_bytes(np.cumsum(sizes), "<u4")]}
