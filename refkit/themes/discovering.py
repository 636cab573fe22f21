"""Themes for a pile of papers that nobody has tagged: which papers belong together, and by which words. Pure.

Papers are put into a space of ten directions in which their words vary most (latent semantic analysis), and parted
there into groups (k-means). How many groups is measured by the silhouette, which compares how near a paper is to its
own group and to the next one, from -1 to 1: the fewest groups whose mean silhouette is within a twentieth of the best.
A paper that is hardly nearer to its own group than to the next one fits nowhere and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from refkit.errors import UsageError
from refkit.themes.phrases import Phrase, Pile
from refkit.themes.vocabulary import Paper

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

# Each number: the tables in docs/themes-learning.md.
SMALLEST = 20
MOST_THEMES = 20
_LEAST_GROUP = 3
_DIRECTIONS = 10
_NEARLY = 0.95  # of the best silhouette
_FITS = 0.1  # the silhouette of a paper
_TRIES = 10
_COMMON = 0.3  # a word of more papers than this parts nothing
_SAMPLE = 3_000  # papers by which the number of groups is measured in a larger pile
_EXTRA = "Finding themes needs scikit-learn, which is not installed; run `pip install 'refkit[themes]'`."


class Group(Struct, frozen=True):
    """Papers that belong together, by number, with the phrases that tell them from the others, best first."""

    papers: tuple[int, ...]
    phrases: tuple[Phrase, ...]


class Discovery(Struct, frozen=True):
    """The groups of a pile, the largest first, the papers that fit nowhere, and the silhouette by number of groups."""

    groups: tuple[Group, ...]
    left_out: tuple[int, ...]
    silhouettes: dict[int, float]


def discover(papers: Sequence[Paper], *, count: int = 0) -> Discovery:
    """Find groups in papers, `count` of them or as many as part them best; the same papers give the same groups.

    Raises UsageError if there are too few papers, or scikit-learn is not installed.
    """
    if len(papers) < SMALLEST:
        raise UsageError(
            f"{len(papers)} papers are too few to find themes in; name digests with at least {SMALLEST} different ones."
        )
    pile = Pile(papers)
    told = [place for place, words in enumerate(pile.shares(_COMMON)) if words]
    if len(told) < SMALLEST:
        raise UsageError(
            f"Only {len(told)} of the {len(papers)} papers share any telling words; at least {SMALLEST} are needed."
        )
    parts, fits, silhouettes = _parted(pile, told, count)
    members: dict[int, list[int]] = {}
    for place, part, fit in zip(told, parts, fits, strict=True):
        if fit > _FITS:
            members.setdefault(int(part), []).append(place)
    groups = sorted(
        (some for some in members.values() if len(some) >= _LEAST_GROUP), key=lambda some: (-len(some), some)
    )
    placed = {place for group in groups for place in group}
    return Discovery(
        tuple(Group(tuple(group), pile.phrases(group)) for group in groups),
        tuple(place for place in range(len(papers)) if place not in placed),
        silhouettes,
    )


def _parted(pile: Pile, told: Sequence[int], count: int) -> tuple[Numbers, Numbers, dict[int, float]]:
    """Return the group of each paper, how well it fits there (from -1 to 1), and the silhouettes."""
    try:
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_samples, silhouette_score
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise UsageError(_EXTRA) from error
    import numpy as np

    places = _places(pile, told)
    different = len(np.unique(places.round(6), axis=0))
    most = min(MOST_THEMES, math.isqrt(len(told)), different - 1)
    if max(count, 2) > different - 1:
        raise UsageError("The papers are too much alike to part them into so many themes; name others.")
    found = {}
    for groups in [count] if count else range(2, most + 1):
        with threadpool_limits(1):  # more are slower where other programs run, and sum up in another order
            parts = KMeans(groups, n_init=_TRIES, random_state=0).fit_predict(places)
        sample = {"sample_size": _SAMPLE, "random_state": 0} if len(told) > _SAMPLE else {}
        found[groups] = (round(float(silhouette_score(places, parts, **sample)), 4), parts)
    best = max(score for score, _ in found.values())
    parts = next(parts for score, parts in found.values() if score >= _NEARLY * best)
    return parts, silhouette_samples(places, parts), {groups: score for groups, (score, _) in found.items()}


def _places(pile: Pile, told: Sequence[int]) -> Numbers:
    """Return the places of papers in the space of the directions in which their words vary most, at length 1."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    rows = pile.shares(_COMMON)
    numbers = {word: number for number, word in enumerate(sorted({word for place in told for word in rows[place]}))}
    cells = [(row, numbers[word], share) for row, place in enumerate(told) for word, share in rows[place].items()]
    of, at, shares = zip(*cells, strict=True)
    words = csr_matrix((shares, (of, at)), shape=(len(told), len(numbers)))
    directions = min(_DIRECTIONS, len(told) - 1, len(numbers) - 1)
    places: Numbers = TruncatedSVD(directions, random_state=0).fit_transform(words)
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    return places / np.where(lengths > 0, lengths, 1)
