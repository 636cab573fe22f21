"""Misspelt words of a title -> the words of the index that they may be. Pure.

A word with one slip in it has its first or its second half right (two slips: its beginning or its end, mostly), so the
words that share a half are compared, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

# Shorter words are too like others to be put right; words of this length and more may have two slips.
SHORTEST, _LONG = 4, 8
# Words of the index that are as near as one another, at most so many of which are tried.
_TRIED = 2
# More words than these share a half only if it is as common as "con" or "ing", and then the other half has to do.
_COMPARED = 4000
# Of a title with more unknown words nothing can be made, and each costs a tenth of a millisecond or more.
_MOST_UNKNOWN = 4
# Letters that are read at once to find the end of a word.
_NEAR = 32


class Speller:
    """Knows all words of an index, by their beginnings and by their ends."""

    def __init__(self, sections: Mapping[str, memoryview]) -> None:
        self._forward, self._backward = sections["words_forward"], sections["words_backward"]

    def corrected(self, text: bytes) -> list[bytes]:
        """Return the folded title with the words put right that no title has; [] if it has none, or too many."""
        found = text.split()
        unknown = {word for word in found if self._is_unknown(word)}
        if not 1 <= len(unknown) <= _MOST_UNKNOWN:
            return []
        choices = {word: self._nearest(word) for word in unknown}
        turns = range(max(map(len, choices.values())))
        return [b" ".join(_chosen(choices.get(word, [word]), turn) for word in found) for turn in turns]

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


def _chosen(options: Sequence[bytes], turn: int) -> bytes:
    return options[min(turn, len(options) - 1)]


def _first_at_least(words: memoryview, start: bytes) -> int:
    """Return where the first line begins that is not before `start`; lines stand between line feeds, sorted."""
    low, high = 1, len(words)
    while low < high:
        begin = _line_at(words, (low + high) // 2)
        line = bytes(words[begin : begin + len(start) + 1]).partition(b"\n")[0]
        if begin >= high or line >= start:
            high = begin
        else:
            low = _after_line(words, begin)
    return low


def _line_at(words: memoryview, place: int) -> int:
    """Return where the line begins in which a place is."""
    size = _NEAR
    while (found := bytes(words[max(0, place - size) : place]).rfind(b"\n")) < 0:
        size *= 8
    return max(0, place - size) + found + 1


def _after_line(words: memoryview, place: int) -> int:
    """Return where the next line begins."""
    size = _NEAR
    while (found := bytes(words[place : place + size]).find(b"\n")) < 0:
        size *= 8
    return place + found + 1
