"""How much texts have in common with the papers of a library, and what that says of tags: numbers only.

The score of a tag is a sum over the papers of the library: how like the text is to the paper, times how much the paper
pulls towards the tag. So it is known of each score which papers argued for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from refkit.themes.model_file import Model
from refkit.themes.wording import shares, weight

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Library:
    """The papers of a model, ready to be compared with texts."""

    def __init__(self, model: Model) -> None:
        import numpy as np  # 70 ms, only where something learnt is used

        self.model = model
        count = len(model.papers)
        self.weights = {word: weight(count, having) for word, having in model.words.items()}
        self.unknown = weight(count, 0)
        self.numbers = {word: number for number, word in enumerate(model.words)}
        self.words = list(model.words)
        self._np = np
        self._postings = _postings(model)
        self.pulls: Numbers = np.array([tag.pulls for tag in model.tags], dtype=float).reshape(len(model.tags), count)
        self.calibration: Numbers = np.array(model.calibration)
        self.rates: Numbers = np.array([len(tag.papers) / count for tag in model.tags])

    def shares(self, counts: Mapping[str, float]) -> dict[int, float]:
        """Return the known words of a text by number, each with its share."""
        return {self.numbers[word]: share for word, share in shares(counts, self.weights, self.unknown).items()}

    def likeness(self, shares: Mapping[int, float]) -> Numbers:
        """Return how like a text is to each paper, from 0 to 1."""
        np, count = self._np, len(self.model.papers)
        alike: Numbers = np.zeros(count)
        if not shares:
            return alike
        found = [self._postings[number] for number in shares]
        each = np.repeat(list(shares.values()), [len(papers) for papers, _ in found])
        papers = np.concatenate([papers for papers, _ in found])
        theirs = np.concatenate([theirs for _, theirs in found])
        alike += np.bincount(papers, weights=each * theirs, minlength=count)
        return alike

    def confidences(self, alike: Numbers) -> Numbers:
        """Return the confidence in each tag."""
        scores = (self.pulls @ alike)[None, :]
        found: Numbers = probabilities(facts(scores, self.rates), self.calibration)[0]
        return found

    def argued(self, tag: int, shares: Mapping[int, float]) -> dict[int, float]:
        """Return how much each word of a text argued for a tag (by its number)."""
        pulls = self.pulls[tag]
        return {
            number: share * float(pulls[papers] @ theirs)
            for number, share in shares.items()
            for papers, theirs in [self._postings[number]]
        }


def _postings(model: Model) -> list[tuple[Any, Any]]:
    """Return for each word the numbers of the papers that have it, and its shares there."""
    import numpy as np

    papers: list[list[int]] = [[] for _ in model.words]
    theirs: list[list[float]] = [[] for _ in model.words]
    for place, paper in enumerate(model.papers):
        for number, share in zip(paper.words, paper.shares, strict=True):
            papers[number].append(place)
            theirs[number].append(share)
    return [(np.array(some, dtype=int), np.array(of, dtype=float)) for some, of in zip(papers, theirs, strict=True)]


def facts(scores: Numbers, rates: Numbers) -> Numbers:
    """Return what the confidence in each tag is made of, for rows of scores: texts by tags by facts.

    They are the score, the best score of another tag, the tag's part in all scores (small if all are small), how often
    the tag is given (as log-odds), and 1.
    """
    import numpy as np

    best_other = np.zeros_like(scores)
    if scores.shape[1] > 1:
        ordered = np.sort(scores, axis=1)
        best_other = np.where(scores == ordered[:, -1:], ordered[:, -2:-1], ordered[:, -1:])
    positive = np.maximum(scores, 0)
    part = positive / (positive.sum(axis=1, keepdims=True) + 1)
    odds = np.broadcast_to(np.log(rates / (1 - rates)), scores.shape)
    return np.stack([scores, best_other, part, odds, np.ones_like(scores)], axis=-1)


def probabilities(told: Numbers, calibration: Numbers) -> Numbers:
    """Return the probability that the facts speak for."""
    import numpy as np

    answer: Numbers = 1 / (1 + np.exp(-np.clip(told @ calibration, -30, 30)))
    return answer
