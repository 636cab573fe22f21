"""Misspelt words of a title -> the words of the index that they may be. Pure.

A word with one slip in it has its first or its second half right (two slips: its beginning or its end, mostly), so the
words that share a half are compared, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
# Every search comes by the same lines in its first steps: so many steps' lines are remembered, some thousands.
_REMEMBERED = 12


class Speller:
    """Knows all words of an index, by their beginnings and by their ends; `count` tells how many titles have a word."""

    def __init__(self, sections: Mapping[str, memoryview], count: Callable[[Sequence[bytes]], Sequence[int]]) -> None:
        self._forward, self._backward = _Lines(sections["words_forward"]), _Lines(sections["words_backward"])
        self._count = count

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
        return len(word) >= SHORTEST and word not in self._forward

    def _nearest(self, word: bytes) -> list[bytes]:
        """Return the words with the fewest slips between them and this one, the most common ones first.

        It is the word itself if there is none.
        """
        slips = 2 if len(word) >= _LONG else 1
        half = max(2, len(word) // 2 - (slips > 1))
        sizes = range(len(word) - slips, len(word) + slips + 1)
        alike = {other for other in self._forward.beginning_with(word[:half]) if len(other) in sizes}
        ends = self._backward.beginning_with(word[: -half - 1 : -1])
        alike.update(other[::-1] for other in ends if len(other) in sizes)
        alike.update(other for other in _with_swap_near(word, half) if other in self._forward)
        names = [other.decode() for other in alike]
        near = extract(word.decode(), names, scorer=OSA.distance, score_cutoff=slips, limit=None)
        found = [name.encode() for name, distance, _ in near if distance == near[0][1]]
        counts = dict(zip(found, self._count(found), strict=True)) if len(found) > 1 else {}
        return sorted(found, key=lambda each: (-counts.get(each, 0), each))[:_TRIED] or [word]


def _with_swap_near(word: bytes, half: int) -> list[bytes]:
    """Return the word with two letters swapped that belong to both halves: then neither of these is right."""
    places = {half - 1, len(word) - half - 1}
    return [word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :] for at in places]


def _chosen(options: Sequence[bytes], turn: int) -> bytes:
    return options[min(turn, len(options) - 1)]


class _Lines:
    """Sorted words, one a line, in which is looked by halving."""

    def __init__(self, text: memoryview) -> None:
        self._text = text
        self._known: dict[int, tuple[int, bytes]] = {}

    def __contains__(self, word: bytes) -> bool:
        first = self._first_at_least(word)
        return bytes(self._text[first : first + len(word) + 1]) == word + b"\n"

    def beginning_with(self, start: bytes) -> list[bytes]:
        """Return the words that begin with these letters."""
        first = self._first_at_least(start)
        end = self._first_at_least(start + b"\xff")
        return bytes(self._text[first : end - 1]).split(b"\n")[:_COMPARED] if end > first else []

    def _first_at_least(self, start: bytes) -> int:
        """Return where the first line begins that is not before `start`."""
        low, high, step = 1, len(self._text), 0
        while low < high:
            place, step = (low + high) // 2, step + 1
            begin, line = self._known.get(place) or self._line_at(place, is_kept=step <= _REMEMBERED)
            if begin >= high or line >= start:
                high = begin
            else:
                low = begin + len(line) + 1
        return low

    def _line_at(self, place: int, *, is_kept: bool) -> tuple[int, bytes]:
        """Return where the line begins in which a place is, and the line."""
        size = _NEAR
        while (before := bytes(self._text[max(0, place - size) : place]).rfind(b"\n")) < 0:
            size *= 8
        begin = max(0, place - size) + before + 1
        size = _NEAR
        while (length := bytes(self._text[begin : begin + size]).find(b"\n")) < 0:
            size *= 8
        line = begin, bytes(self._text[begin : begin + length])
        if is_kept:
            self._known[place] = line
        return line
