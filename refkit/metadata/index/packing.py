"""Parts -> the sections of an index: records in the order of their ids, and for each way of finding one a table. Pure.

A table of buckets (`exact`, `words`) is two sections: where each bucket ends, and the titles in it, three bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
_EXACT_EACH, _WORDS_EACH = 1, 8
# A small index has buckets enough that titles hardly meet by chance.
_FEWEST_BITS, _MOST_BITS = 12, 24
_GATHERED = 1 << 18
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
    taken = list(parts)
    ids = _joined(np.uint32, [part.ids for part in taken])
    dates = _joined(np.uint16, [part.dates.reshape(-1) for part in taken]).reshape(-1, 2)
    order, row_of = _order(ids, dates[:, 1])
    names, author_of = _common_numbers(taken, "names", "author_of")
    categories, category_of = _common_numbers(taken, "categories", "category_of")
    titles = _Titles(taken, order, row_of)
    if max(len(titles.sizes), len(names)) >= _MOST:
        raise UsageError(f"These are more than {_MOST:,} titles or names, which an index cannot number.")
    exact, exact_bits = _table(titles.numbered("exact"), _EXACT_EACH, most=_MOST)
    most = max(_COMMON, int(_COMMON_SHARE * len(titles.sizes)))
    words, word_bits = _table(titles.numbered("words"), _WORDS_EACH, most=most)
    counts = _joined(np.uint32, [part.author_counts for part in taken])
    dates = dates[order]
    prints = np.concatenate([np.empty(0, shingles.dtype()), *(part.prints for part in taken)])[order]
    sections: dict[str, Sequence[bytes | memoryview]] = {
        "ids": [_bytes(ids[order], "<u4")],
        "dates": [_bytes(dates, "<u2")],
        "category_of": [_bytes(category_of[order], "<u4")],
        **_texts("category", [text.encode() for text in categories]),
        "title_text": titles.pieces,
        "title_ends": [_bytes(np.cumsum(titles.sizes), "<u4")],
        "owners": [_bytes(titles.owners, "<u4")],
        **_texts("name", [name.encode(errors="replace") for name in names]),
        "author_of": [_three_bytes(piece) for piece in _gather(author_of, counts, order)],
        "author_ends": [_bytes(np.cumsum(counts[order]), "<u4")],
        "prints": [_bytes(prints, shingles.dtype())],
        **exact,
        **words,
        **_vocabulary(taken),
    }
    header = layout.Header(
        records=len(order),
        titles=len(titles.sizes),
        current=str(codes.decode_date(int(dates.max(initial=0))) or ""),
        exact_bits=exact_bits,
        word_bits=word_bits,
    )
    return Packed(header, sections, len(ids) - len(order))


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


def _common_numbers(parts: Sequence[Part], texts: str, numbers: str) -> tuple[list[str], Array]:
    """Return the texts of all parts, each once, and their numbers in the place of those of each part."""
    known: dict[str, int] = {}
    found = []
    for part in parts:
        own = [known.setdefault(text, len(known)) for text in getattr(part, texts)]
        found.append(np.array(own, np.uint32)[getattr(part, numbers)])
    return list(known), _joined(np.uint32, found)


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
        if not len(self.owners) and len(order) == self._records and _is_sorted(order):
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

    def numbered(self, table: str) -> Array:
        """Return the entries of a table of all parts as (code, title), with the numbers that titles have here."""
        found = [np.empty((2, 0), np.uint32)]
        former = self._records
        for part, base in zip(self._parts, self._bases, strict=True):
            count = len(part.ids)
            new = np.concatenate([self._new[base : base + count], self._new[former : former + len(part.owners)]])
            former += len(part.owners)
            codes_, places = getattr(part, table)
            rows = new[places]
            found.append(np.stack([codes_, rows.astype(np.uint32)])[:, rows >= 0])
        return np.concatenate(found, axis=1)


def _is_sorted(order: Array) -> bool:
    return bool((np.diff(order) > 0).all())


def _gather(values: Array, counts: Array, order: Array) -> list[Array]:
    """Return the runs of `values`, `counts` long, in another order; a list of pieces, to save memory."""
    if len(order) == len(counts) and _is_sorted(order):
        return [values]
    starts = np.cumsum(counts, dtype=np.int64) - counts
    pieces = []
    for begin in range(0, len(order), _GATHERED):
        chosen = order[begin : begin + _GATHERED]
        sizes = counts[chosen].astype(np.int64)
        shifts = starts[chosen] - (np.cumsum(sizes) - sizes)
        pieces.append(values[np.repeat(shifts, sizes) + np.arange(int(sizes.sum()))])
    return pieces


def _table(entries: Array, each: int, *, most: int) -> tuple[Pieces, int]:
    """Return a table of buckets, and the number of bits of a code that tell the bucket.

    Buckets with more than `most` titles are left empty.
    """
    bits = min(max(_FEWEST_BITS, (entries.shape[1] // each).bit_length() - 1), _MOST_BITS)
    sorted_ = entries[0].astype(np.uint64) >> np.uint64(32 - bits)
    sorted_ <<= np.uint64(32)
    sorted_ |= entries[1]
    sorted_.sort()
    if len(sorted_):
        sorted_ = sorted_[np.append([True], sorted_[1:] != sorted_[:-1])]
    sizes = np.bincount((sorted_ >> np.uint64(32)).astype(np.int64), minlength=1 << bits)
    if int(sizes.max(initial=0)) > most:
        sorted_ = sorted_[np.repeat(sizes <= most, sizes)]
        sizes[sizes > most] = 0
    name = "exact" if each == _EXACT_EACH else "word"
    return {
        f"{name}_ends": [_bytes(np.cumsum(sizes), "<u4")],
        f"{name}_titles": [_three_bytes(sorted_.astype(np.uint32))],
    }, bits


def _vocabulary(parts: Sequence[Part]) -> Pieces:
    """Return all words, sorted by their beginnings and by their ends: where a misspelt word is looked for."""
    words = {word for part in parts for word in part.vocabulary if len(word) >= SHORTEST}
    forward = sorted(words)
    backward = sorted(word[::-1] for word in words)
    return {
        "words_forward": [b"\n".join([b"", *forward, b""])],
        "words_backward": [b"\n".join([b"", *backward, b""])],
    }


def _texts(name: str, texts: Sequence[bytes]) -> Pieces:
    sizes = np.fromiter(map(len, texts), np.uint32, len(texts))
    return {f"{name}_text": [b"".join(texts)], f"{name}_ends": [_bytes(np.cumsum(sizes), "<u4")]}


def _bytes(array: Array, kind: Any) -> memoryview:
    return np.ascontiguousarray(array, kind).view(np.uint8).data.cast("B") if array.size else memoryview(b"")


def _three_bytes(numbers: Array) -> memoryview:
    return _bytes(np.ascontiguousarray(numbers, "<u4").view(np.uint8).reshape(-1, 4)[:, :3], "u1")
