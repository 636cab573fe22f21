"""The wording of a paper as numbers: the words of its title and abstract, and pairs of them, by how telling they are.

A word counts in the singular, whatever its case; words that stand in every text count nothing. A pair is two such words
in a row inside a clause. Each counts 1 + log(times), its times in the title threefold, and that times its weight: the
logarithm of how few papers have it. All words count in the length of a text, also those that no other paper has: a text
of which little is known is like nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from refkit.normalize import to_unicode
from refkit.themes.terms import Text

# The sweep in docs/themes-learning.md.
TITLE_FACTOR = 3
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\\", re.DOTALL)
_COMMON = frozenset(
    """a about above across after again against all almost along already also although always am among an and another
    any are as at be because been before being below between both but by can cannot could did do does doing done down
    due during each either else et al even ever every few first for from further furthermore had has have having he
    hence her here high his how however i if in into is it its itself just kept large less let like low made make many
    may me might more moreover most much must my nor not novel now of off often on once one only or other our out over
    own paper per propose proposed rather recent recently same second see several shall she should show shown since so
    some still study such than that the their them themselves then there therefore these they thing this those though
    three through thus to together too toward towards two under until up upon us use used using various very via was we
    well were what when where whereas whether which while who whom whose why will with within without work would yet you
    your""".split()
)


class Wording(Struct, frozen=True):
    """What a text says: how much each word or pair of words counts, and how it is written there first."""

    counts: Mapping[str, float]
    written: Mapping[str, str]


def wording(title: str, abstract: str = "") -> Wording:
    """Return the wording of a paper."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for source, factor in ((to_unicode(title), TITLE_FACTOR), (to_unicode(_COMMAND.sub(" ", abstract)), 1)):
        for feature, said in _features(source):
            counts[feature] += factor
            written.setdefault(feature, said)
    return Wording({feature: 1 + math.log(times) for feature, times in counts.items()}, written)


def _features(source: str) -> Iterator[tuple[str, str]]:
    text = Text.of(source)
    words = [_singular(word) if _tells(word) else "" for word in text.words]
    for place, word in enumerate(words):
        if not word:
            continue
        start, end = text.places[place]
        yield word, source[start:end]
        if place and words[place - 1]:
            yield f"{words[place - 1]} {word}", source[text.places[place - 1][0] : end]


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in _COMMON and not word.isdigit()


def _singular(word: str) -> str:
    """Return a word without the ending of a plural; what it is called is of no matter, but that both are the same."""
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004 - "series" and "species" become "sery" both ways
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004
        return word[:-1]
    return word


def weight(papers: int, having: int) -> float:
    """Return how telling a word is that so many of the papers have."""
    return math.log((1 + papers) / (1 + having)) + 1


def spread(texts: Iterable[Mapping[str, float]]) -> Counter[str]:
    """Return how many of the texts have each word."""
    having: Counter[str] = Counter()
    for counts in texts:
        having.update(counts.keys())
    return having


def shares(counts: Mapping[str, float], weights: Mapping[str, float], unknown: float) -> dict[str, float]:
    """Return the known words of a text with their shares of the whole, the squares of which sum up to 1 at most.

    `weights` are those of the known words, `unknown` is that of a word which no other text has: it says how much of the
    text is not known.
    """
    length = math.sqrt(sum((count * weights.get(word, unknown)) ** 2 for word, count in counts.items())) or 1.0
    return {word: count * weights[word] / length for word, count in counts.items() if word in weights}
