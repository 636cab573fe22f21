"""Tables of buckets: titles by the upper bits of a code, in the making. Pure.

A table is two sections: where each bucket ends, and the titles in it, three bytes each. It is made a quarter at a time
(the two highest bits of a code), so that the processors share the work and only a quarter is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_T = TypeVar("_T")
Pieces = Mapping[str, Sequence[bytes | memoryview]]
_QUARTER_BITS = 2
_QUARTERS = 1 << _QUARTER_BITS
# A small index has buckets enough that titles hardly meet by chance.
_FEWEST_BITS, _MOST_BITS = 12, 24
# Entries that are handled at once, and numbers of a slab: smaller ones (32 MB) the system might not take back.
_AT_ONCE, _SLAB = 1 << 20, 1 << 23
# Sorts behind every entry: of a title that is not taken.
_NOTHING = np.uint64(2**64 - 1)


def by_quarter(codes: Array, titles: Array) -> Array:
    """Return codes of 32 bits and their titles as (2, entries), in the order of their quarters."""
    order = np.argsort((codes >> np.uint32(32 - _QUARTER_BITS)).astype(np.uint8), kind="stable")
    return np.stack([codes[order], titles[order].astype(np.uint32)])


class Table:
    """A table whose entries come a portion at a time."""

    def __init__(self) -> None:
        self._quarters = [Slabs() for _ in range(_QUARTERS)]

    def add(self, codes: Array, titles: Array) -> None:
        """Add entries, given in the order of their quarters; a title is any number of 32 bits."""
        ends = np.searchsorted(codes >> np.uint32(32 - _QUARTER_BITS), np.arange(_QUARTERS), side="right")
        entries = codes.astype(np.uint64) << np.uint64(32) | titles
        for slabs, begin, end in zip(self._quarters, [0, *ends], ends, strict=False):
            slabs.append(entries[begin:end])

    def packed(
        self, name: str, number: Callable[[Array], Array], *, each: int, most: int, threads: int
    ) -> tuple[Pieces, int]:
        """Return the sections, and the number of bits of a code that tell the bucket; the table is used up by it.

        `number` gives titles their final number (less than 0: not taken). There are `each` entries or more in a
        bucket on average; buckets with more than `most` titles are left empty.
        """
        quarters = _side_by_side(lambda slabs: _sorted(slabs.joined(), number), self._quarters, threads)
        bits = min(max(_FEWEST_BITS, (sum(map(len, quarters)) // each).bit_length() - 1), _MOST_BITS)
        counted = _side_by_side(lambda entries: _bucketed(entries, bits, most), quarters, threads)
        sizes = np.concatenate([sizes for sizes, _ in counted])
        titles = [piece for _, pieces in counted for piece in pieces]
        return {f"{name}_ends": [as_bytes(np.cumsum(sizes), "<u4")], f"{name}_titles": titles}, bits


def _side_by_side(work: Callable[[Any], _T], items: list[Any], threads: int) -> list[_T]:
    """Return what comes of each item, which is given up by it; numpy lets other threads run while it sorts."""
    places = range(len(items))

    def use_up(place: int) -> _T:
        item, items[place] = items[place], None
        return work(item)

    if threads <= 1 or sum(map(len, items)) < _AT_ONCE:
        return [use_up(place) for place in places]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(use_up, places))


def _sorted(entries: Array, number: Callable[[Array], Array]) -> Array:
    """Return the entries with the final numbers of their titles, in order, without those that are not taken."""
    for begin in range(0, len(entries), _AT_ONCE):
        chunk = entries[begin : begin + _AT_ONCE]
        rows = number((chunk & np.uint64(0xFFFFFFFF)).astype(np.int64))
        chunk[:] = np.where(rows < 0, _NOTHING, (chunk >> np.uint64(32) << np.uint64(32)) | rows.astype(np.uint64))
    entries.sort()
    return entries[: int(np.searchsorted(entries, _NOTHING))]


def _bucketed(entries: Array, bits: int, most: int) -> tuple[Array, list[memoryview]]:
    """Return how many titles each bucket of a quarter has, and these titles."""
    mine = bits - _QUARTER_BITS
    inside = np.uint64((1 << mine) - 1)
    sizes = np.zeros(1 << mine, np.int64)
    for begin in range(0, len(entries), _AT_ONCE):
        buckets = (entries[begin : begin + _AT_ONCE] >> np.uint64(64 - bits) & inside).astype(np.int64)
        sizes[buckets[0] : buckets[-1] + 1] += np.bincount(buckets - buckets[0])
    common = sizes > most
    pieces: list[memoryview] = []
    for begin in range(0, len(entries), _AT_ONCE):
        chunk = entries[begin : begin + _AT_ONCE]
        rare = ~common[(chunk >> np.uint64(64 - bits) & inside).astype(np.int64)]
        pieces.append(three_bytes(chunk[rare].astype(np.uint32)))
    sizes[common] = 0
    return sizes, pieces


class Slabs:
    """Very many numbers that come in portions, kept in few large pieces, which the system takes back when they go."""

    def __init__(self) -> None:
        self._full: list[Array] = []
        self._last = np.empty(0, np.uint64)
        self._end = 0

    def __len__(self) -> int:
        return sum(map(len, self._full)) + self._end

    def append(self, numbers: Array) -> None:
        """Add numbers."""
        while len(numbers):
            if self._end == len(self._last):
                self._full += [self._last] if self._end else []
                self._last, self._end = np.empty(_SLAB, np.uint64), 0
            room = min(len(numbers), len(self._last) - self._end)
            self._last[self._end : self._end + room] = numbers[:room]
            self._end, numbers = self._end + room, numbers[room:]

    def joined(self) -> Array:
        """Return all numbers, and keep none."""
        whole = np.empty(len(self), np.uint64)
        self._full.append(self._last[: self._end])
        begin = 0
        while self._full:
            slab = self._full.pop(0)
            whole[begin : begin + len(slab)] = slab
            begin += len(slab)
        self._last, self._end = np.empty(0, np.uint64), 0
        return whole


def as_bytes(array: Array, kind: Any) -> memoryview:
    """Return the numbers as bytes of this type."""
    return np.ascontiguousarray(array, kind).view(np.uint8).data.cast("B") if array.size else memoryview(b"")


def three_bytes(numbers: Array) -> memoryview:
    """Return the lower three bytes of each number."""
    return as_bytes(np.ascontiguousarray(numbers, "<u4").view(np.uint8).reshape(-1, 4)[:, :3], "u1")
