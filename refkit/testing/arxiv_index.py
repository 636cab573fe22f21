"""An inverted index of texts with positions, and a relevance like that of arXiv's search engine (BM25).

Rare words and short texts score high. Numbers of words stand in flat arrays, so that some hundred thousand titles fit
in memory and a phrase is checked without decoding a record.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence

from refkit.testing.arxiv_titles import analyse, stem, tokens

Hits = dict[int, float]  # row of a document -> its score

_GAP = 0  # the number of every stop word
_SATURATION, _LENGTH_NORM = 1.2, 0.75  # BM25's k1 and b as the search engine ships them
_FEW = 500  # so many candidates are checked one by one; more are first thinned out by a second word


class WordIndex:
    """An index over texts in the order in which they are given: the first is row 0."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {"": _GAP}  # of a stem
        self._postings: list[array[int]] = [array("I")]  # by the number of a stem, the rows that have it
        self._words = array("I")  # the stems of all texts in a row, _GAP for a stop word
        self._starts = array("I", [0])
        known: dict[str, int] = {}  # token -> number of its stem
        for text in texts:
            self._add([known[token] if token in known else self._learn(token, known) for token in tokens(text)])
        self._mean = (sum(map(len, self._postings)) / len(self)) if len(self) else 1.0

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _learn(self, token: str, known: dict[str, int]) -> int:
        number = known[token] = self._numbers.setdefault(stem(token), len(self._postings))
        if number == len(self._postings):
            self._postings.append(array("I"))
        return number

    def _add(self, numbers: list[int]) -> None:
        row = len(self)
        self._words.extend(numbers)
        self._starts.append(len(self._words))
        for number in set(numbers):
            if number != _GAP:
                self._postings[number].append(row)

    def phrase(self, text: str) -> Hits:
        """Return the texts that hold these words in this order, with any word where the text has a stop word."""
        found = [(place, word) for place, word in enumerate(analyse(text)) if word]
        if not found or any(word not in self._numbers for _, word in found):
            return {}
        wanted = [(place, self._numbers[word]) for place, word in found]
        weight = sum(self._rarity(number) for _, number in wanted)
        hits = {}
        for row in self._candidates([number for _, number in wanted]):
            if times := self._times(row, wanted):
                hits[row] = weight * self._saturated(times, row)
        return hits

    def words(self, text: str) -> Hits:
        """Return the texts that hold all these words, in any order; a text of stop words only matches nothing."""
        stems = [word for word in analyse(text) if word]
        if not stems or any(word not in self._numbers for word in stems):
            return {}
        numbers = [self._numbers[word] for word in stems]
        weight = sum(map(self._rarity, numbers))
        return {row: weight * self._saturated(1, row) for row in self._with_all(numbers)}

    def wildcard(self, pattern: str) -> Hits:
        """Return the texts with an indexed word that fits `*` and `?`; a pattern is neither cut nor stemmed."""
        parts = (re.escape(part) for part in re.split(r"([*?])", pattern.lower()))
        fits = re.compile("".join({r"\*": ".*", r"\?": "."}.get(part, part) for part in parts))
        numbers = [number for word, number in self._numbers.items() if word and fits.fullmatch(word)]
        return {row: 1.0 for number in numbers for row in self._postings[number]}

    def _with_all(self, numbers: Sequence[int]) -> set[int]:
        rows = sorted((self._postings[number] for number in set(numbers)), key=len)
        return set(rows[0]).intersection(*rows[1:])

    def _candidates(self, numbers: Sequence[int]) -> Iterable[int]:
        rows = sorted((self._postings[number] for number in set(numbers)), key=len)
        if len(rows[0]) <= _FEW or len(rows) == 1:
            return rows[0]
        return set(rows[0]).intersection(rows[1])

    def _times(self, row: int, wanted: Sequence[tuple[int, int]]) -> int:
        """How often the wanted words stand in a text at their distances."""
        text = self._words[self._starts[row] : self._starts[row + 1]]
        (first, opening), *others = wanted
        times = 0
        for place in _places(text, opening):
            ahead = place - first
            times += all(ahead + at < len(text) and text[ahead + at] == number for at, number in others)
        return times

    def _rarity(self, number: int) -> float:
        holders = len(self._postings[number])
        return math.log(1 + (len(self) - holders + 0.5) / (holders + 0.5))

    def _saturated(self, times: int, row: int) -> float:
        words = self._words[self._starts[row] : self._starts[row + 1]]
        length = len(words) - words.count(_GAP)
        norm = _SATURATION * (1 - _LENGTH_NORM + _LENGTH_NORM * length / self._mean)
        return times * (_SATURATION + 1) / (times + norm)


def _places(text: array[int], number: int) -> Iterator[int]:
    for place, other in enumerate(text):
        if other == number:
            yield place
