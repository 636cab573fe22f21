"""Misspelt words of a title -> the words of the index that they may be. Pure.

A word with one slip in it has its first or its second half right (two slips: its beginning or its end, mostly), so the
words that share a half are compared, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

# Shorter words are too like others to be put right; words of this length and more may have two slips.
SHORTEST, _LONG = 4, 8
# Words of the index that are as near as one another, at most so many of which are tried.
_TRIED = 2
# More words than these share a half only if it is as common as "con" or "ing", and then the other half has to do.
_COMPARED = 4000


class Speller:
    """Knows all words of an index, by their beginnings and by their ends."""

    def __init__(self, sections: Mapping[str, memoryview]) -> None:
        self._forward, self._backward = sections["words_forward"], sections["words_backward"]

    def corrected(self, text: bytes) -> list[bytes]:
        """Return the folded title with the words put right that no title has; [] if it has none of these."""
        found = text.split()
        choices = [self._nearest(word) if self._is_unknown(word) else [word] for word in found]
        if choices == [[word] for word in found]:
            return []
        return [
            b" ".join(options[min(turn, len(options) - 1)] for options in choices)
            for turn in range(max(map(len, choices), default=0))
        ]

    def _is_unknown(self, word: bytes) -> bool:
        return len(word) >= SHORTEST and word not in _beginning_with(self._forward, word)

    def _nearest(self, word: bytes) -> list[bytes]:
        """Return the words with the fewest slips between them and this one; the word itself if there is none."""
        slips = 2 if len(word) >= _LONG else 1
        half = max(2, len(word) // 2 - (slips > 1))
        alike = {*_beginning_with(self._forward, word[:half])}
        alike |= {other[::-1] for other in _beginning_with(self._backward, word[: -half - 1 : -1])}
        names = [other.decode() for other in alike if abs(len(other) - len(word)) <= slips]
        near = extract(word.decode(), sorted(names), scorer=OSA.distance, score_cutoff=slips, limit=_TRIED)
        return [name.encode() for name, distance, _ in near if distance == near[0][1]] or [word]


def _beginning_with(words: memoryview, start: bytes) -> list[bytes]:
    """Return the words that begin with these letters: a run of the sorted lines."""
    first = _first_at_least(words, start)
    end = _first_at_least(words, start + b"\xff")
    run = bytes(words[first:end]).split(b"\n") if end > first else []
    return [word for word in run if word][:_COMPARED]


def _first_at_least(words: memoryview, start: bytes) -> int:
    """Return where the first line begins that is not before `start`; lines stand between line feeds, sorted."""
    low, high = 1, len(words)
    while low < high:
        middle = (low + high) // 2
        begin = middle
        while words[begin - 1] != _LINE_FEED:
            begin -= 1
        end = begin
        while words[end] != _LINE_FEED:
            end += 1
        if begin >= high or bytes(words[begin:end]) >= start:
            high = begin
        else:
            low = end + 1
    return low


_LINE_FEED = 10
