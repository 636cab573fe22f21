"""The wording of a paper as numbers: the words of its title and abstract, and pairs of them, by how telling they are.

A word counts in the singular, whatever its case; words that stand in every text count nothing. A pair is two such words
in a row inside a clause. Each counts 1 + log(times), its times in the title double, and that times its weight: the
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
TITLE_FACTOR = 2
_LONGEST = 2  # words in a row
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\\", re.DOTALL)
_COMMON = frozenset(
    """a about above across after again against al all almost along already also although always am among an and
    another any approach approaches are as at available based be because been before being below between both
    but by called can cannot code com consider considered considering could demonstrate demonstrates did do does
    doing done down due during each eg either else et even ever every exist existing exists few find finds first
    for found from further furthermore get gets github given had has have having he hence her here high his how
    however http https i ie if in into introduce introduced introduces investigate investigates io is it its
    itself just kept known large less let like low made make many may me method methods might more moreover most
    much must my new nor not novel now obtain obtained obtaining of off often on once one only or org other our
    out over own paper papers per present presented presenting presents problem problems propose proposed
    provide provided provides rather recent recently respectively result results same second see several shall
    she should show shown since so some still study such than that the their them themselves then there
    therefore these they thing this those though three through thus to together too toward towards two under
    until up upon us use used using various very via was way ways we well were what when where whereas whether
    which while who whom whose why will with within without work works would www yet you your
    """.split()
)


class Wording(Struct, frozen=True):
    """What a text says: how much each word or pair of words counts, and how it is written there first."""

    counts: Mapping[str, float]
    written: Mapping[str, str]


def wording(title: str, abstract: str = "") -> Wording:
    """Return the wording of a paper."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for source, factor in ((title, TITLE_FACTOR), (without_commands(abstract), 1)):
        for feature, said in grams(source, _LONGEST):
            counts[feature] += factor
            written.setdefault(feature, said)
    return Wording({feature: 1 + math.log(times) for feature, times in counts.items()}, written)


def without_commands(abstract: str) -> str:
    """Return an abstract without its TeX commands: to read it as TeX takes longer than all the rest."""
    return _COMMAND.sub(" ", abstract)


def grams(source: str, longest: int) -> Iterator[tuple[str, str]]:
    """Yield each telling word of a text, and rows of them inside a clause, with how they are written there."""
    text = Text.of(to_unicode(source))
    words = [singular(word) if _tells(word) else "" for word in text.words]
    for end in range(len(words)):
        for start in range(end, max(-1, end - longest), -1):
            if not words[start]:
                break
            yield " ".join(words[start : end + 1]), text.source[text.places[start][0] : text.places[end][1]]


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in _COMMON and not word.isdigit()


def singular(word: str) -> str:
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
