"""How likely each candidate is what a mention means: a model of a few dozen weights, all in `weights.toml`.

Each candidate gets a number: the sum of its features times their weights, which is the logarithm of how much likelier
it is than that none of them is meant. Of the candidates of one mention at most one is right, so these numbers compete
(a conditional logit: McFadden, 1974); a probability of .98 should be right in 98 of 100 cases (docs/accuracy.md).
`tests/benchmarks/matcher.py` makes the file.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files


@cache
def weights() -> Mapping[str, float]:
    """Return the weights by the names of their features."""
    tables = tomllib.loads(files("refkit.matching").joinpath("weights.toml").read_text("utf-8"))
    return {f"{table}.{name}": float(weight) for table, rows in tables.items() for name, weight in rows.items()}


def log_odds(features: Mapping[str, float]) -> float:
    """Return by how much a candidate is likelier than none, as a natural logarithm."""
    known = weights()
    return math.fsum(known.get(name, 0.0) * value for name, value in features.items())


def probabilities(odds: Sequence[float]) -> list[float]:
    """Return how likely each candidate of one mention is the right one; what is missing to 1 is that none is."""
    most = max((0.0, *odds))
    shares = [math.exp(each - most) for each in odds]
    total = math.fsum(shares) + math.exp(-most)
    return [share / total for share in shares]
