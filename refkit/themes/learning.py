"""Learning the tags of a library from its papers, so that they can be proposed for others. Pure.

For each tag a ridge regression on the wording of the papers, of all tags at once: what a paper pulls towards a tag
follows from one system of equations, and so does what would be said of the paper if it was not in the library (leaving
one out needs no second fit). From these scores, which know nothing of the paper's own tags, a logistic regression over
all tags learns how often such a score is right: the confidence. docs/decisions/0013-themes.md says what was tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from refkit.errors import UsageError
from refkit.normalize import to_unicode
from refkit.themes.likeness import facts, probabilities
from refkit.themes.model_file import FEATURES, Known, Model, Tag
from refkit.themes.vocabulary import FEWEST, Paper, Vocabulary, vocabulary_of
from refkit.themes.wording import shares, spread, weight, wording

if TYPE_CHECKING:
    import numpy as np

    from refkit.themes.likeness import Numbers

# Below this, nothing is given: from here on F1 is as good as best, and three of four tags are right (the sweep in
# docs/themes-learning.md).
CONFIDENCE = 0.4
# Equations grow with the square of the papers: so many take half a minute and 1 GB on two busy processors.
MOST = 5_000
# How far a fit may follow single papers; from 0.1 to 1 the outcome is the same (docs/themes-learning.md).
_RIDGE = 0.5
# Words of few papers are summed up pair by pair, those of more as a table, so many at once: a quarter of the time.
_RARE, _AT_ONCE = 30, 1_000
_SMOOTH = 1e-3
_STEPS, _STILL = 100, 1e-8
_CHANCE = 0.01  # papers that are given a tag rightly say nothing if blind drawing would do as well so often
_STEPS_UP = (0.5, 0.6, 0.7, 0.8, 0.9)
_MOSTLY = 0.5  # a tag that is oftener wrong than right is not given, however small the confidence that is asked for


class Learnt(Struct, frozen=True):
    """A model, what it was learnt from, and how many of the papers were not used because there were too many."""

    model: Model
    vocabulary: Vocabulary
    unused: int = 0


def learn(papers: Sequence[Paper], *, confidence: float = CONFIDENCE, fewest: int = FEWEST) -> Learnt:
    """Learn the tags of papers; the order of the papers is of no matter.

    A tag that at least `fewest` papers have is given from the `confidence` on, or from where on it is so often right
    for the papers themselves, and never if it is oftener wrong. Raises UsageError if there is no such tag.
    """
    words = vocabulary_of(papers, fewest)
    if not words.tags:
        raise UsageError(
            f"There is nothing to learn: of {len(papers)} papers {len(words.papers)} have tags that say what they are "
            f"about, and no tag is had by {fewest} of them and lacked by as many. Tag more papers, or use "
            "--headings if they stand under headings."
        )
    unused = max(0, len(words.papers) - MOST)
    if unused:
        every = [place * len(words.papers) // MOST for place in range(MOST)]
        words = vocabulary_of([words.papers[place] for place in every], fewest)
    return Learnt(_model(words, confidence), words, unused)


def _model(words: Vocabulary, confidence: float) -> Model:
    import numpy as np

    having, known = _known(words.papers)
    given = np.zeros((len(known), len(words.tags)))
    for number, papers in enumerate(words.tags.values()):
        given[list(papers), number] = 1
    pulls, scores = _fit(_alike(known, len(having)), given)
    rates = given.mean(axis=0)
    told = facts(scores, rates)
    calibration = _calibrate(told.reshape(-1, FEATURES), given.ravel())
    sure = probabilities(told, calibration)
    tags = [
        _tag(name, sure[:, number], given[:, number] > 0, pulls[:, number], confidence)
        for number, name in enumerate(words.tags)
    ]
    return Model(words=having, papers=known, tags=tuple(tags), calibration=_rounded(calibration, 6))


def _known(papers: Sequence[Paper]) -> tuple[dict[str, int], tuple[Known, ...]]:
    """Return the words that at least two papers have, with how many have them, and the papers in these words."""
    said = [wording(paper.title, paper.abstract).counts for paper in papers]
    everything = spread(said)
    having = {word: everything[word] for word in sorted(everything) if everything[word] > 1}
    numbers = {word: number for number, word in enumerate(having)}
    weights = {word: weight(len(papers), count) for word, count in having.items()}
    return having, tuple(
        _paper(paper.title, numbers, shares(counts, weights, weight(len(papers), 1)))
        for paper, counts in zip(papers, said, strict=True)
    )


def _paper(title: str, numbers: Mapping[str, int], found: Mapping[str, float]) -> Known:
    rows = sorted((numbers[word], round(share, 5)) for word, share in found.items())
    return Known(to_unicode(title), tuple(number for number, _ in rows), tuple(share for _, share in rows))


def _alike(known: Sequence[Known], words: int) -> Numbers:
    """Return how like each two papers are; a paper is wholly like itself."""
    import numpy as np

    papers: list[list[int]] = [[] for _ in range(words)]
    theirs: list[list[float]] = [[] for _ in range(words)]
    for place, paper in enumerate(known):
        for number, share in zip(paper.words, paper.shares, strict=True):
            papers[number].append(place)
            theirs[number].append(share)
    alike = np.zeros((len(known), len(known)))
    common = [number for number, places in enumerate(papers) if len(places) > _RARE]
    for number in set(range(words)).difference(common):
        alike[np.ix_(papers[number], papers[number])] += np.outer(theirs[number], theirs[number])
    for start in range(0, len(common), _AT_ONCE):
        some = common[start : start + _AT_ONCE]
        said = np.zeros((len(known), len(some)))
        for column, number in enumerate(some):
            said[papers[number], column] = theirs[number]
        alike += said @ said.T
    np.fill_diagonal(alike, 1)
    return alike


def _fit(alike: Numbers, given: Numbers) -> tuple[Numbers, Numbers]:
    """Return how much each paper pulls towards each tag, and the scores that papers get if they are left out.

    The score of a paper left out is its tag less its pull over the diagonal of the inverse (the identity of leaving one
    out, which holds for every ridge regression).
    """
    import numpy as np

    inverse = np.linalg.inv(alike + _RIDGE * np.eye(len(alike)))
    pulls = inverse @ given
    return pulls, given - pulls / np.diag(inverse)[:, None]


def _calibrate(told: Numbers, right: Numbers) -> Numbers:
    """Return the logistic regression of what was right on the facts, by Newton's method.

    A step is halved until it helps, so that it also ends where the facts tell all apart.
    """
    import numpy as np

    answer = np.zeros(told.shape[1])
    loss = _loss(told, right, answer)
    for _ in range(_STEPS):
        sure = probabilities(told, answer)
        slope = told.T @ (sure - right) + _SMOOTH * answer
        bend = (told * (sure * (1 - sure))[:, None]).T @ told + _SMOOTH * np.eye(len(answer))
        step = np.linalg.solve(bend, slope)
        while (new := _loss(told, right, answer - step)) > loss and np.abs(step).max() > _STILL:
            step = step / 2
        answer, loss = answer - step, new
        if np.abs(step).max() <= _STILL:
            break
    return answer


def _loss(told: Numbers, right: Numbers, answer: Numbers) -> float:
    import numpy as np

    sure = np.clip(probabilities(told, answer), 1e-12, 1 - 1e-12)
    misfit = -(right * np.log(sure) + (1 - right) * np.log(1 - sure)).sum()
    return float(misfit + _SMOOTH / 2 * (answer @ answer))


def _tag(name: str, sure: Numbers, has: np.ndarray[Any, np.dtype[np.bool_]], pulls: Numbers, confidence: float) -> Tag:
    """Return a tag with the lowest threshold from which on it is right as often as it should be."""
    papers = tuple(int(place) for place in has.nonzero()[0])
    least = max(confidence, _MOSTLY)
    tried = [(cut, int((has & (sure >= cut)).sum()), int((sure >= cut).sum())) for cut in _cuts(confidence)]
    good = [
        (cut, right, of)
        for cut, right, of in tried
        if right >= least * of and _by_chance(right, of, len(papers) / len(sure)) < _CHANCE
    ]
    cut, right, of = (good or tried)[0]
    return Tag(
        name=name,
        papers=papers,
        threshold=cut,
        applied=bool(good),
        precision=round(right / (of or 1), 3),
        recall=round(right / len(papers), 3),
        f1=round(2 * right / (of + len(papers)), 3),
        pulls=_rounded(pulls, 5),
    )


def _cuts(confidence: float) -> list[float]:
    """Return the thresholds to try; many would find one that is good by chance."""
    return [confidence, *(cut for cut in _STEPS_UP if cut > confidence)]


def _by_chance(right: int, of: int, rate: float) -> float:
    """Return how likely so many of the papers would have the tag if they were drawn blindly (0 right: 1)."""
    return sum(math.comb(of, hit) * rate**hit * (1 - rate) ** (of - hit) for hit in range(right, of + 1))


def _rounded(numbers: Numbers, digits: int) -> tuple[float, ...]:
    return tuple(round(float(each), digits) for each in numbers)
