"""Parts -> the sections of an index: records in the order of their ids, and for each way of finding one a table. Pure.

A table of buckets (`exact`, `words`) is two sections: where each bucket ends, and the titles in it, three bytes each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from refkit import shingles
from refkit.errors import UsageError
from refkit.metadata.index import codes, layout
from refkit.metadata.index.parts import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Pieces = Mapping[str, Sequence[bytes | memoryview]]
# Titles and names are numbered by three bytes; arXiv has 3 million records (2026).
_MOST = 1 << 24
# A word that more titles have than this (or this share of them) leads nowhere: its pairs with other words remain.
# On 400,000 real titles .003 loses nothing that .01 finds (docs/index.md).
_COMMON, _COMMON_SHARE = 2000, 0.003
# Entries for each bucket, at least (at most twice as many): more buckets cost bytes, fewer cost time.
_EXACT_EACH, _WORDS_EACH = 1, 12
# A small index has buckets enough that titles hardly meet by chance.
_FEWEST_BITS, _MOST_BITS = 12, 24
# Records, and entries of a table, that are handled at once.
_GATHERED, _AT_ONCE = 1 << 15, 1 << 23
# Former titles are numbered from here on, as long as the number of records is not known.
_FORMER = 1 << 31
# Sorts behind every entry: of a title that is not taken.
_NOTHING = np.uint64(2**64 - 1)
# What a part no longer holds once it is taken.
_GIVEN_UP: dict[str, Any] = {"names": [], "categories": [], "vocabulary": set(), "exact": None, "words": None}
# Shorter words are too like others to be put right.
SHORTEST = 4


class Packed(NamedTuple):
    """An index that can be written or used, and how many records were given more than once."""

    header: layout.Header
    sections: Pieces
    repeated: int


def pack(parts: Iterable[Part]) -> Packed:
    """Return the index of the records of all parts; of several with one id, the one changed last is taken.

    Raises UsageError for more titles or names than three bytes can number.
    """
    taken, tables, names, categories, vocabulary = _together(parts)
    ids = _joined(np.uint32, [part.ids for part in taken])
    dates = _joined(np.uint16, [part.dates.reshape(-1) for part in taken]).reshape(-1, 2)
    order, row_of = _order(ids, dates[:, 1])
    titles = _Titles(taken, order, row_of)
    if max(len(titles.sizes), len(names)) >= _MOST:
        raise UsageError(f"These are more than {_MOST:,} titles or names, which an index cannot number.")
    exact, exact_bits = _table("exact", titles.numbered(tables[0]), each=_EXACT_EACH, most=_MOST)
    most = max(_COMMON, int(_COMMON_SHARE * len(titles.sizes)))
    words, word_bits = _table("word", titles.numbered(tables[1]), each=_WORDS_EACH, most=most)
    counts = _joined(np.uint32, [part.author_counts for part in taken])
    author_of = _joined(np.uint32, [part.author_of for part in taken])
    dates = dates[order]
    sections: dict[str, Sequence[bytes | memoryview]] = {
        "ids": [_bytes(ids[order], "<u4")],
        "dates": [_bytes(dates, "<u2")],
        "category_of": [_bytes(_joined(np.uint32, [part.category_of for part in taken])[order], "<u4")],
        **_texts("category", categories),
        "title_text": titles.pieces,
        "title_ends": [_bytes(np.cumsum(titles.sizes), "<u4")],
        "owners": [_bytes(titles.owners, "<u4")],
        **_texts("name", names),
        "author_of": [_three_bytes(piece) for piece in _gather(author_of, counts, order)],
        "author_ends": [_bytes(np.cumsum(counts[order]), "<u4")],
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
    return Packed(header, sections, len(ids) - len(order))


def _together(
    parts: Iterable[Part],
) -> tuple[list[Part], tuple[_Slabs, _Slabs], dict[bytes, int], dict[bytes, int], set[bytes]]:
    """Return the parts with common numbers for names and categories; their tables, `exact` and `words`; these texts.

    Each part gives up its texts and tables as it comes: those of all parts at once would fill the memory.
    """
    taken: list[Part] = []
    tables = _Slabs(), _Slabs()
    names: dict[bytes, int] = {}
    categories: dict[bytes, int] = {}
    vocabulary: set[bytes] = set()
    base = former = 0
    for part in parts:
        vocabulary |= part.vocabulary
        author_of, category_of = _numbers(part.names, names), _numbers(part.categories, categories)
        places = np.arange(len(part.title_sizes), dtype=np.uint64)
        places[: len(part.ids)] += np.uint64(base)
        places[len(part.ids) :] += np.uint64(_FORMER + former) - np.uint64(len(part.ids))
        for slabs, (found, titles) in zip(tables, (part.exact, part.words), strict=True):
            slabs.append(found.astype(np.uint64) << np.uint64(32) | places[titles])
        base, former = base + len(part.ids), former + len(part.owners)
        author_of, category_of = author_of[part.author_of], category_of[part.category_of]
        taken.append(part._replace(author_of=author_of, category_of=category_of, **_GIVEN_UP))
    return taken, tables, names, categories, vocabulary


class _Slabs:
    """Very many numbers that come in portions, kept in few large pieces, which the system takes back when they go."""

    def __init__(self) -> None:
        self._full: list[Array] = []
        self._last = np.empty(_AT_ONCE, np.uint64)
        self._end = 0

    def append(self, numbers: Array) -> None:
        """Add numbers."""
        while len(numbers):
            room = min(len(numbers), _AT_ONCE - self._end)
            self._last[self._end : self._end + room] = numbers[:room]
            self._end, numbers = self._end + room, numbers[room:]
            if self._end == _AT_ONCE:
                self._full.append(self._last)
                self._last, self._end = np.empty(_AT_ONCE, np.uint64), 0

    def joined(self) -> Array:
        """Return all numbers, and keep none."""
        self._full.append(self._last[: self._end])
        whole = np.empty(sum(map(len, self._full)), np.uint64)
        for begin in range(0, len(whole), _AT_ONCE):
            slab = self._full.pop(0)
            whole[begin : begin + len(slab)] = slab
        return whole


def _numbers(texts: Sequence[bytes], known: dict[bytes, int]) -> Array:
    return np.array([known.setdefault(text, len(known)) for text in texts], np.uint32)


def _prints(parts: Sequence[Part], order: Array) -> list[bytes | memoryview]:
    pieces = [part.prints for part in parts]
    if not _is_whole(order, sum(map(len, pieces))):
        pieces = [np.concatenate(pieces)[order]]
    return [_bytes(piece, shingles.dtype()) for piece in pieces]


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
            found += [_bytes(piece, "u1") for piece in _gather(text, _joined(np.uint32, sizes), chosen)]
        return found

    def numbered(self, table: _Slabs) -> Array:
        """Return the entries of a table, each a code and a title in one number, with the titles' new numbers."""
        entries = table.joined()
        for begin in range(0, len(entries), _AT_ONCE):
            chunk = entries[begin : begin + _AT_ONCE]
            places = (chunk & np.uint64(0xFFFFFFFF)).astype(np.int64)
            rows = self._new[np.where(places < _FORMER, places, places - _FORMER + self._records)]
            chunk[:] = np.where(rows < 0, _NOTHING, (chunk >> np.uint64(32) << np.uint64(32)) | rows.astype(np.uint64))
        return entries


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


def _table(name: str, entries: Array, *, each: int, most: int) -> tuple[Pieces, int]:
    """Return a table of buckets, and the number of bits of a code that tell the bucket.

    `entries` are each a code and a title in one number, and are sorted in their place, since they are many. Buckets
    with more than `most` titles are left empty.
    """
    entries.sort()
    end = int(np.searchsorted(entries, _NOTHING))
    whole = entries[:end]
    bits = min(max(_FEWEST_BITS, (end // each).bit_length() - 1), _MOST_BITS)
    sizes = np.zeros(1 << bits, np.int64)
    for begin in range(0, end, _AT_ONCE):
        buckets = (whole[begin : begin + _AT_ONCE] >> np.uint64(64 - bits)).astype(np.int64)
        sizes[buckets[0] : buckets[-1] + 1] += np.bincount(buckets - buckets[0])
    common = sizes > most
    pieces: list[bytes | memoryview] = []
    for begin in range(0, end, _AT_ONCE):
        chunk = whole[begin : begin + _AT_ONCE]
        rare = ~common[(chunk >> np.uint64(64 - bits)).astype(np.int64)]
        pieces.append(_three_bytes(chunk[rare].astype(np.uint32)))
    sizes[common] = 0
    return {f"{name}_ends": [_bytes(np.cumsum(sizes), "<u4")], f"{name}_titles": pieces}, bits


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
    return {f"{name}_text": [b"".join(texts)], f"{name}_ends": [_bytes(np.cumsum(sizes), "<u4")]}


def _bytes(array: Array, kind: Any) -> memoryview:
    return np.ascontiguousarray(array, kind).view(np.uint8).data.cast("B") if array.size else memoryview(b"")


def _three_bytes(numbers: Array) -> memoryview:
    return _bytes(np.ascontiguousarray(numbers, "<u4").view(np.uint8).reshape(-1, 4)[:, :3], "u1")
