"""Words of many texts as 64-bit hashes, and the fingerprint of an abstract made of them: numpy, no loop over words.

A fingerprint tells how much of a text stands in another without keeping either. The three-word phrases (shingles) of an
abstract are dealt by their hash into `SLOTS` slots, and each slot keeps its smallest hash (one-permutation min-hashing:
Li, Owen and Zhang, 2012). A slot's phrase is a random one of the abstract, so the share of slots whose phrase
stands in another text estimates the share of the abstract that does. An abstract that was rewritten keeps its words,
not its phrases: so `WORDS` of its telling words are kept as well, drawn in the same way, the rarer ones oftener
(priority sampling: Duffield, Lund and Thorup, 2007). The sizes were measured: docs/index.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from refkit import rarity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

# The first slots are kept whole, so that they can be searched for among millions; 16 bits do to confirm a candidate.
SEARCHED, CONFIRMED = 3, 2
SLOTS = SEARCHED + CONFIRMED
# Of the words the rarest are kept whole, to be searched for; 8 bits do for the others, as each has its own slot.
RAREST, WORDS = 2, 22
# A fingerprint in bytes: the number of phrases (a logarithm, 0: no abstract), then the slots, little-endian.
_SHAPE = struct.Struct(f"<B{SEARCHED}I{CONFIRMED}H{RAREST}I{WORDS}B")
SIZE = _SHAPE.size
# Hashes that stand for "no phrase fell into this slot" (of a short abstract).
_EMPTY, _EMPTY_SHORT, _EMPTY_WORD = 2**32 - 1, 2**16 - 1, 2**8 - 1
# Words that one of 32 abstracts has ("propose", "results") tell nothing of what it is about.
_TELLING = 5.0
# Those that are drawn from an abstract have so many bits on average.
_MEAN_BITS = 7.5
# The bits of a word stand in a table, at the first bits of its hash, in steps of a sixteenth.
_TABLE_BITS, _PER_BIT = 16, 16
# The number of phrases is kept as round(16 * log2): 4 % is exact enough to compare lengths.
_STEPS = 16
# Fewer phrases say nothing: many abstracts begin "In this paper, we propose a novel".
ENOUGH = 12
_ENOUGH_WORDS = 8
_PHRASE = 3
# Abstracts that are handled at once: the numbers of so many stay in a processor's own cache, which halves the time.
_AT_ONCE = 256

_LETTERS = bytes(char + 32 if 65 <= char <= 90 else char if chr(char).isalnum() else 0 for char in range(128))  # noqa: PLR2004 - A to Z
# Of an abstract only ASCII letters and digits count: quotes, dashes and accents differ between its copies.
ASCII_WORDS = _LETTERS + bytes(128)
# Of a folded title every letter counts, also those of other scripts.
ALL_WORDS = _LETTERS + bytes(range(128, 256))
# Odd constants of splitmix64 and xxHash64, public domain; any odd number with well mixed bits would do.
_K1, _K2, _K3 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15


def _mix(hashes: Hashes) -> Hashes:
    """Spread the bits (the finaliser of splitmix64)."""
    import numpy as np

    k1, k2 = np.uint64(_K1), np.uint64(_K2)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * k1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * k2
    return hashes ^ (hashes >> np.uint64(31))


def hash_words(texts: Sequence[bytes], table: bytes) -> tuple[Hashes, Places]:
    """Return the hash of each word of each text, in order, and the number of the text that it stands in.

    `table` maps a byte to the letter that it counts as, or to 0. Of a word its length and first 16 letters count.
    """
    import numpy as np

    blob = b"\0" + b"\0".join(texts).translate(table) + bytes(17)
    letters = np.frombuffer(blob, np.uint8) != 0
    edges = np.flatnonzero(letters[1:] != letters[:-1]) + 1
    starts = edges[::2]
    lengths = edges[1::2] - starts
    eight = np.ndarray((len(blob) - 7,), "<u8", blob, 0, (1,))  # the eight bytes from each place on
    masks = _masks()
    hashes = (eight[starts] & masks[np.minimum(lengths, 8)]) * np.uint64(_K1)
    long = np.flatnonzero(lengths > 8)  # noqa: PLR2004 - letters in one number
    hashes[long] ^= _mix(eight[starts[long] + 8] & masks[np.minimum(lengths[long] - 8, 8)])
    hashes = _mix(hashes + lengths.astype(np.uint64) * np.uint64(_K3))
    if len(texts) == 1:
        return hashes, np.zeros(len(hashes), np.int64)
    ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    counts = np.diff(np.searchsorted(starts, ends), prepend=0)
    return hashes, np.repeat(np.arange(len(texts)), counts)


def hash_stretches(text: bytes, starts: Places, sizes: Places) -> Hashes:
    """Return a hash of each stretch of a text: of all its bytes, as they are."""
    import numpy as np

    eight = np.ndarray((len(text) + 1,), "<u8", text + bytes(8), 0, (1,))
    hashes = sizes.astype(np.uint64) * np.uint64(_K3)
    masks, at, left = _masks(), 0, np.flatnonzero(sizes)
    while len(left):
        piece = eight[starts[left] + at] & masks[np.minimum(sizes[left] - at, 8)]
        hashes[left] = _mix((hashes[left] ^ piece) + np.uint64(_K3))
        at += 8
        left = left[sizes[left] > at]
    return hashes


@cache
def _masks() -> Hashes:
    """Return for each number of bytes, 0 to 8, what leaves only so many of a number."""
    import numpy as np

    return np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)


def hash_phrases(hashes: Hashes, owners: Places, length: int) -> tuple[Hashes, Places]:
    """Return the hash of each run of `length` words within one text, and the text that it stands in."""
    import numpy as np

    if len(hashes) < length:
        return hashes[:0], owners[:0]
    count = len(hashes) - length + 1
    within = owners[:count] == owners[length - 1 :]
    found = hashes[:count]
    for step in range(1, length):
        found = _mix(found * np.uint64(_K3) + hashes[step : count + step])
    return found[within], owners[:count][within]


def dtype() -> np.dtype[Any]:
    """Return the type of fingerprints in an array: `SIZE` bytes each."""
    import numpy as np

    columns: list[tuple[str, str] | tuple[str, str, int]] = [
        ("count", "u1"),
        ("searched", "<u4", SEARCHED),
        ("confirmed", "<u2", CONFIRMED),
        ("rarest", "<u4", RAREST),
        ("words", "u1", WORDS),
    ]
    return np.dtype(columns)


def fingerprints(abstracts: Sequence[str]) -> NDArray[Any]:
    """Return the fingerprints of abstracts, as an array of the type `dtype`; all 0 where there is no abstract."""
    import numpy as np

    made = np.zeros(len(abstracts), dtype())
    for first in range(0, len(abstracts), _AT_ONCE):
        texts = [abstract.encode(errors="replace") for abstract in abstracts[first : first + _AT_ONCE]]
        _fill(made[first : first + _AT_ONCE], texts)
    return made


def _fill(made: NDArray[Any], texts: Sequence[bytes]) -> None:
    """Write the fingerprints of texts."""
    import numpy as np

    words, owners = hash_words(texts, ASCII_WORDS)
    phrases, phrase_owners = hash_phrases(words, owners, _PHRASE)
    least = np.full((len(texts), SLOTS), _EMPTY, np.uint64)
    np.minimum.at(least.reshape(-1), phrase_owners * SLOTS + _slots(phrases, SLOTS), phrases & np.uint64(_EMPTY))
    counts = np.bincount(phrase_owners, minlength=len(texts))
    least[counts == 0] = 0
    made["count"] = np.where(counts > 0, np.clip(np.rint(_STEPS * np.log2(np.maximum(counts, 1))) + 1, 1, 255), 0)
    made["searched"], made["confirmed"] = least[:, :SEARCHED], least[:, SEARCHED:] & np.uint64(_EMPTY_SHORT)
    made["rarest"], made["words"] = _drawn(words, owners, len(texts))
    made["rarest"][counts == 0] = made["words"][counts == 0] = 0


def _slots(hashes: Hashes, count: int) -> Places:
    """Return the slot, of so many, into which each hash is dealt."""
    import numpy as np

    slots: Places = ((hashes >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(np.int64)
    return slots


def _drawn(words: Hashes, owners: Places, count: int) -> tuple[Any, Any]:
    """Return of the telling words of each text the rarest ones, and in each slot the one that is drawn."""
    import numpy as np

    worth = _worth(words)
    telling = worth >= _TELLING * _PER_BIT
    words, owners, worth = words[telling], owners[telling], worth[telling]
    mixed = _mix(words + np.uint64(_K2))
    # The smallest number of each slot wins: the rarer a word, the smaller its own are. Behind it stands what is kept.
    chances = ((mixed & np.uint64(_EMPTY)).astype(np.float64) + 1) / 2**32
    ranks = np.minimum(-np.log(chances) / worth * 2**32, 2**32 - 2).astype(np.uint64)
    drawn = np.full(count * WORDS, 2**64 - 1, np.uint64)
    np.minimum.at(drawn, owners * WORDS + _slots(mixed, WORDS), ranks << np.uint64(32) | words >> np.uint64(32))
    kept = (drawn & np.uint64(_EMPTY)).reshape(count, WORDS)
    is_empty = (drawn == np.uint64(2**64 - 1)).reshape(count, WORDS)
    bits = np.where(is_empty, 0, _table()[kept >> np.uint64(32 - _TABLE_BITS)]).astype(np.int64)
    # Of equally rare ones those in the first slots.
    order = np.argsort(-bits * WORDS + np.arange(WORDS), axis=1)[:, :RAREST]
    rarest = np.where(np.take_along_axis(is_empty, order, 1), _EMPTY, np.take_along_axis(kept, order, 1))
    return rarest, np.where(is_empty, _EMPTY_WORD, np.minimum(kept & np.uint64(_EMPTY_WORD), _EMPTY_WORD - 1))


def _worth(words: Hashes) -> NDArray[np.uint8]:
    """Return how much each word tells, in sixteenths of a bit."""
    import numpy as np

    return _table()[(words >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)]


@cache
def _table() -> NDArray[np.uint8]:
    """Return the bits of words by the first bits of their hashes; of those that share them, those of the common one."""
    import numpy as np

    known = rarity.in_abstracts()
    table = np.full(1 << _TABLE_BITS, round(rarity.RARE_IN_ABSTRACTS * _PER_BIT), np.uint8)
    hashes, places = hash_words([word.encode() for word in known], ASCII_WORDS)
    bits = np.array([round(each * _PER_BIT) for each in known.values()], np.uint8)[places]
    np.minimum.at(table, (hashes >> np.uint64(64 - _TABLE_BITS)).astype(np.int64), bits)
    return table


def fingerprint(abstract: str) -> bytes:
    """Return the fingerprint of one abstract; b"" if it has too few words to have one."""
    made = fingerprints([abstract])
    return made.tobytes() if made["count"][0] else b""


def searched_hashes(prints: NDArray[Any]) -> tuple[Hashes, Places]:
    """Return a hash for each searchable slot of fingerprints, spread over 64 bits, and whose it is."""
    import numpy as np

    values = np.concatenate([prints["searched"], prints["rarest"]], axis=1).astype(np.uint64)
    filled = (values != _EMPTY) & (prints["count"] > 0)[:, None]
    # All rare words are searched for in one place, whichever slot they stand in.
    kinds = np.append(np.arange(SEARCHED), [SLOTS] * RAREST).astype(np.uint64)
    codes = values | (kinds << np.uint64(32))
    return _mix(codes[filled] + np.uint64(_K3)), np.nonzero(filled)[0]


class Phrases(Struct, frozen=True):
    """The three-word phrases and the words of a text, to hold fingerprints against: codes tell slot and value.

    `words` has the bits of each.
    """

    codes: frozenset[int]
    count: int
    words: Mapping[int, float]
    rarest: frozenset[int]

    def likeness(self, prints: NDArray[Any]) -> NDArray[np.float64]:
        """Return of many fingerprints about how much of their phrases and words stands in this text, 0 to 1."""
        import numpy as np

        worth = np.zeros((WORDS, 1 << 8))
        codes = np.fromiter(self.words, np.int64, len(self.words))
        worth[codes >> 8, codes & _EMPTY_WORD] = np.fromiter(self.words.values(), np.float64, len(codes))
        words = worth[np.arange(WORDS), prints["words"]].sum(axis=1) / (WORDS * _MEAN_BITS)
        mine = np.fromiter(self.codes, np.int64, len(self.codes))
        theirs = prints["searched"].astype(np.int64) | (np.arange(SEARCHED, dtype=np.int64) << 32)
        phrases = np.isin(theirs, mine).mean(axis=1)
        likeness: NDArray[np.float64] = (3 * words + phrases) / 4
        return likeness

    def share_of_words(self, made: bytes) -> float | None:
        """Return how much of the words drawn from an abstract this text has; None if these are too few to tell.

        The rarer a word is, the more it counts; of those that the text does not have this is not known.
        """
        if len(made) != SIZE or not made[0]:
            return None
        slots = made[-WORDS:]
        filled = [place << 8 | value for place, value in enumerate(slots) if value != _EMPTY_WORD]
        if len(filled) < _ENOUGH_WORDS or len(self.words) < _ENOUGH_WORDS:
            return None
        return min(1.0, sum(self.words.get(code, 0.0) for code in filled) / (_MEAN_BITS * len(filled)))

    def share(self, made: bytes) -> float | None:
        """Return how much of the shorter text's phrases stands in the other; None if one is too short to tell."""
        if len(made) != SIZE or not made[0]:
            return None
        count, *slots = _SHAPE.unpack(made)
        slots = slots[:SLOTS]
        size = round(float(2.0 ** ((count - 1) / _STEPS)))
        filled = [(place, value) for place, value in enumerate(slots) if value != _empty(place)]
        if min(size, self.count) < ENOUGH or not filled:
            return None
        share: float = sum(place << 32 | value in self.codes for place, value in filled) / len(filled)
        return min(1.0, share * size / min(size, self.count))


def _empty(place: int) -> int:
    return _EMPTY if place < SEARCHED else _EMPTY_SHORT


@lru_cache(maxsize=1024)
def phrases(text: str) -> Phrases:
    """Return the phrases and words of a text, to compare it with fingerprints."""
    import numpy as np

    words, owners = hash_words([text.encode(errors="replace")], ASCII_WORDS)
    found = np.unique(hash_phrases(words, owners, _PHRASE)[0])
    slots = _slots(found, SLOTS).astype(np.uint64)
    values = found & np.where(slots < SEARCHED, np.uint64(_EMPTY), np.uint64(_EMPTY_SHORT))
    words = np.unique(words[_worth(words) >= _TELLING * _PER_BIT])
    kept = words >> np.uint64(32)
    drawn = _slots(_mix(words + np.uint64(_K2)), WORDS) << 8
    drawn |= np.minimum(kept & np.uint64(_EMPTY_WORD), _EMPTY_WORD - 1).astype(np.int64)
    return Phrases(
        frozenset((slots << np.uint64(32) | values).tolist()),
        len(found),
        dict(zip(drawn.tolist(), (_worth(words) / _PER_BIT).tolist(), strict=True)),
        frozenset(kept.tolist()),
    )


def searched_phrases(text: str) -> Hashes:
    """Return the hashes that `searched_hashes` may have given to an abstract of which this text is a part."""
    import numpy as np

    known = phrases(text)
    codes = [code for code in known.codes if code >> 32 < SEARCHED] + [SLOTS << 32 | word for word in known.rarest]
    return _mix(np.fromiter(codes, np.uint64, len(codes)) + np.uint64(_K3))
