"""The tables of an index at hand: titles by the hashes of their words, texts by their numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refkit.metadata.index import layout

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]


def hashes_of(texts: Sequence[bytes]) -> Array:
    """Return the hashes of the words and of the word pairs of folded titles."""
    import numpy as np

    from refkit import shingles

    hashes, owners = shingles.hash_words(texts, shingles.ALL_WORDS)
    return np.concatenate([hashes, shingles.hash_phrases(hashes, owners, 2)[0]])


def largest(sums: Array, are_likely: Array, count: int) -> Array:
    """Return where the largest sums are; the likely ones alone tell how large these must be, the others are many."""
    import numpy as np

    likely = sums[are_likely]
    if len(likely) > count:
        places = np.flatnonzero(sums >= np.partition(likely, -count)[-count])
    else:
        places = np.arange(len(sums))
    return places if len(places) <= count else places[np.argpartition(-sums[places], count)[:count]]


class Texts:
    """Texts of any length, by number."""

    def __init__(self, view: Any, name: str) -> None:
        self._text, self._ends = view[f"{name}_text"], view[f"{name}_ends"].cast("I")

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._text[self._ends[number - 1] if number else 0 : self._ends[number]])


class Table:
    """Titles by the upper bits of a code: where each bucket ends, and the titles in it, three bytes each."""

    def __init__(self, buffers: layout.Buffers, name: str, bits: int) -> None:
        self._ends, self._titles = buffers.sections[f"{name}_ends"].cast("I"), buffers.padded[f"{name}_titles"]
        self._shift = 32 - bits

    def rows(self, code: int) -> list[int]:
        """Return the titles of the bucket of a code of 32 bits."""
        bucket = code >> self._shift
        first, end = (self._ends[bucket - 1] if bucket else 0), self._ends[bucket]
        return [int.from_bytes(self._titles[at : at + 3], "little") for at in range(3 * first, 3 * end, 3)]

    def places(self, hashes: Array) -> tuple[Array, Array]:
        """Return where the buckets of hashes of 64 bits begin, and how many titles each has; each bucket once."""
        import numpy as np

        return self._spans(np.unique(hashes >> np.uint64(32 + self._shift)).astype(np.int64))

    def sizes(self, hashes: Array) -> Array:
        """Return how many titles there are in the bucket of each hash of 64 bits."""
        import numpy as np

        return self._spans((hashes >> np.uint64(32 + self._shift)).astype(np.int64))[1]

    def _spans(self, buckets: Array) -> tuple[Array, Array]:
        import numpy as np

        ends = np.frombuffer(self._ends, "<u4")
        firsts = np.where(buckets > 0, ends[buckets - 1], 0).astype(np.int64)
        return firsts, ends[buckets].astype(np.int64) - firsts

    def slice(self, first: int, size: int) -> Array:
        """Return the titles of a bucket, read four bytes at a time, of which three count."""
        import numpy as np

        found: np.ndarray[Any, Any] = np.ndarray((size,), "<u4", self._titles, 3 * int(first), (3,)) & np.uint32(
            0xFFFFFF
        )
        return found
