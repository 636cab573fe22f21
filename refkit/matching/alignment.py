"""Which words two titles share, however they are written: joined, abbreviated, in the plural, misspelt. Pure.

Each word is worth its bits (`rarity.py`). What is left over on either side is what may tell two papers apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct
from rapidfuzz.distance import OSA

from refkit import rarity

# A word that is nearly another's counts so much: the same in the plural, with a slip of the pen, with another ending.
_PLURAL, _SLIP, _KIN = 0.95, 0.9, 0.7
# From so many letters on, words with the same beginning are of one stem ("trained", "training"), if the ends are short.
_STEM, _LONGEST_ENDING, _SLIP_LENGTH = 5, 4, 5
# Acronyms have so many letters ("RL" to "MIMIC"), without the s of their plural.
_ACRONYM = range(2, 7)


class Alignment(Struct, frozen=True):
    """What two titles have in common, and what only one of them has, in bits; and the words that are left over."""

    shared: float
    ours: float
    theirs: float
    our_words: tuple[str, ...]
    their_words: tuple[str, ...]

    @property
    def covered(self) -> float:
        """How much of the mention's title stands in the record's, 0 to 1."""
        return self.shared / (self.shared + self.ours) if self.shared else 0.0

    @property
    def told(self) -> float:
        """How much of the record's title stands in the mention's, 0 to 1."""
        return self.shared / (self.shared + self.theirs) if self.shared else 0.0


def align(ours: Sequence[str], theirs: Sequence[str]) -> Alignment:
    """Return what two titles, given by their words, have in common. Order does not count."""
    left, other = list((Counter(ours) - Counter(theirs)).elements()), list((Counter(theirs) - Counter(ours)).elements())
    shared = rarity.total((Counter(ours) & Counter(theirs)).elements())
    ours_lost = theirs_lost = 0.0
    if left and other:
        shared += _joined(left, other, ours, theirs)
        shared += _abbreviated(left, other, theirs) + _abbreviated(other, left, ours)
        for mine, their, credit in _pairs(left, other):
            worth = max(rarity.bits(mine), rarity.bits(their)) if credit < _PLURAL else rarity.bits(their)
            shared += credit * worth
            ours_lost += (1 - credit) * worth
            theirs_lost += (1 - credit) * worth
            left.remove(mine)
            other.remove(their)
    return Alignment(
        shared, rarity.total(left) + ours_lost, rarity.total(other) + theirs_lost, tuple(left), tuple(other)
    )


def _joined(left: list[str], other: list[str], ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Take out words that one side writes as one and the other as two or three; return their bits."""
    found = 0.0
    for one, many, text in ((left, other, theirs), (other, left, ours)):
        for word in [each for each in one if len(each) > 3]:  # noqa: PLR2004
            for parts in _runs_joining(word, text):
                if word in one and not Counter(parts) - Counter(many):
                    one.remove(word)
                    for part in parts:
                        many.remove(part)
                    found += rarity.bits(word)
    return found


def _runs_joining(word: str, text: Sequence[str]) -> Iterator[Sequence[str]]:
    for start, first in enumerate(text):
        if word.startswith(first):
            for end in (start + 2, start + 3):
                if "".join(text[start:end]) == word:
                    yield text[start:end]


def _abbreviated(short: list[str], long: list[str], text: Sequence[str]) -> float:
    """Take out acronyms of one side with the words of the other that they stand for; return these words' bits."""
    found = 0.0
    for word in filter(str.isalpha, tuple(short)):
        for letters in dict.fromkeys((word, word.removesuffix("s"))):
            if len(letters) not in _ACRONYM:
                continue
            words = _run_with_initials(letters, text)
            needed = Counter(words) & Counter(long)
            # At least half of what it stands for must be missing otherwise: else any three words would do.
            if words and 2 * needed.total() >= len(words):
                short.remove(word)
                for each in needed.elements():
                    long.remove(each)
                found += rarity.total(needed.elements())
                break
    return found


def _run_with_initials(letters: str, text: Sequence[str]) -> Sequence[str]:
    """Return the first run of words of which these are the initials; () if there is none."""
    count = len(letters)
    initials = "".join(word[0] for word in text)
    start = initials.find(letters)
    return text[start : start + count] if start >= 0 else ()


def _pairs(left: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    """Yield words of the two sides that are nearly the same, the nearest first, each word once."""
    likely = [(credit, mine, their) for mine in left for their in other if (credit := _kinship(mine, their))]
    free, free_other = Counter(left), Counter(other)
    for credit, mine, their in sorted(likely, key=lambda each: (-each[0], each[1], each[2])):
        if free[mine] and free_other[their]:
            free[mine] -= 1
            free_other[their] -= 1
            yield mine, their, credit


def _kinship(mine: str, their: str) -> float:
    """Return how much of a word the other one is: all but an ending or a slip of the pen, or nothing."""
    if mine[0] != their[0] or not (mine.isalpha() and their.isalpha()):
        return 0.0
    short, long = sorted((mine, their), key=len)
    if long in {short + "s", short + "es"} or (short.endswith("y") and long == short[:-1] + "ies"):
        return _PLURAL
    if len(short) >= _SLIP_LENGTH and OSA.distance(mine, their, score_cutoff=1) == 1:
        return _SLIP
    same = next((i for i, (a, b) in enumerate(zip(mine, their, strict=False)) if a != b), len(short))
    return _KIN if same >= _STEM and len(long) - same <= _LONGEST_ENDING else 0.0
