"""The phrases of a pile of papers, as their titles write them, and which of them tell a group from the others. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from refkit.normalize import fold
from refkit.themes.terms import Text
from refkit.themes.vocabulary import Paper
from refkit.themes.wording import grams, shares, singular, spread, weight, without_commands, wording

_LONGEST = 3  # words
_SHOWN = 60  # phrases of a group
# A phrase counts as if half a paper more had it outside of the group: what is never there may be so by chance.
_CHANCE = 0.5
_LONGER = 0.5  # "graph neural network" says more than "graph", which it contains


class Phrase(Struct, frozen=True, kw_only=True):
    """One to three words in a row, with how they are mostly written in titles; `term` finds them in a taxonomy.

    `papers` are those of the group that have them, by number, `titled` those that have them in the title; `outside`
    counts the other papers.
    """

    words: str
    written: str
    term: str
    papers: frozenset[int]
    titled: frozenset[int]
    outside: int

    @property
    def inside(self) -> int:
        """How many papers of the group have them."""
        return len(self.papers)

    @property
    def titles(self) -> int:
        """How many papers of the group have them in the title."""
        return len(self.titled)

    @property
    def purity(self) -> float:
        """Which share of the papers that have them are of the group."""
        return self.inside / (self.inside + self.outside)


class Pile:
    """Papers, taken apart into words and phrases."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._counts = [wording(paper.title, paper.abstract).counts for paper in papers]
        titles = [_phrases(paper.title) for paper in papers]
        abstracts = [_phrases(without_commands(paper.abstract)) for paper in papers]
        self._titles = [frozenset(said) for said in titles]
        self._all = [frozenset({*one, *other}) for one, other in zip(titles, abstracts, strict=True)]
        self._having = Counter(words for said in self._all for words in said)
        self._written = _spellings(abstracts) | _spellings(titles)
        self._singulars = {
            fold(said) for some in (*titles, *abstracts) for words, said in some.items() if " " not in words
        }

    def __len__(self) -> int:
        return len(self._all)

    def shares(self, common: float) -> list[Mapping[str, float]]:
        """Return the single words of each paper with their shares of it.

        Words of one paper only say nothing of how papers belong together, nor do those that more than `common` of them
        have (a share).
        """
        papers = len(self._counts)
        counts = [{word: count for word, count in said.items() if " " not in word} for said in self._counts]
        most = max(2, common * papers)
        weights = {word: weight(papers, having) for word, having in spread(counts).items() if 1 < having <= most}
        return [shares(said, weights, 0.0) for said in counts]

    def phrases(self, group: Sequence[int]) -> tuple[Phrase, ...]:
        """Return the phrases that tell a group of papers from the others, the most telling first."""
        inside = Counter(words for place in group for words in self._all[place])
        others = len(self) - len(group)
        telling = []
        for words, count in inside.items():
            here = count / len(group)
            there = (self._having[words] - count + _CHANCE) / (others + 1)
            if count > 1 and here > there:
                telling.append((-here * math.log(here / there) * (1 + _LONGER * words.count(" ")), words))
        return tuple(
            Phrase(
                words=words,
                written=self._written[words],
                term=self._term(words),
                papers=frozenset(place for place in group if words in self._all[place]),
                titled=frozenset(place for place in group if words in self._titles[place]),
                outside=self._having[words] - inside[words],
            )
            for _, words in sorted(telling)[:_SHOWN]
        )

    def _term(self, words: str) -> str:
        """Return what finds a phrase: as it is written, its last word in the singular if that is written somewhere."""
        *before, last = [word for word in Text.of(self._written[words]).words if word]
        return " ".join([*before, singular(last) if singular(last) in self._singulars else last])


def _phrases(source: str) -> dict[str, str]:
    """Return the phrases of a text, each with how it is written there first."""
    found: dict[str, str] = {}
    for words, said in grams(source, _LONGEST):
        found.setdefault(words, said)
    return found


def _spellings(texts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return how each phrase is written most often."""
    counts: dict[str, Counter[str]] = {}
    for said in texts:
        for words, written in said.items():
            counts.setdefault(words, Counter())[written] += 1
    return {words: min(spelt, key=lambda written: (-spelt[written], written)) for words, spelt in counts.items()}
