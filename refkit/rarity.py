"""How much a word tells: the bits of information in finding it in a title, or in an abstract, of arXiv.

`words.txt` has the words that stand in one of 8,192 titles or in one of 512 abstracts, and more; the bits are -log2 of
that share, as `tests/benchmarks/words.py` counted them in 400,000 titles and 20,683 abstracts. All others are rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

# Bits of a word that is not in the list: it tells as much as the rarest that are, or more.
RARE_IN_TITLES, RARE_IN_ABSTRACTS = 13.0, 12.0
_NOT_COUNTED = "-"


@cache
def in_titles() -> Mapping[str, float]:
    """Return the bits of the words of titles, folded as `normalize.words` folds them."""
    return {word: float(bits) for word, bits, _ in _lines() if bits != _NOT_COUNTED}


@cache
def in_abstracts() -> Mapping[str, float]:
    """Return the bits of the words of abstracts: runs of ASCII letters and digits in lower case."""
    return {word: float(bits) for word, _, bits in _lines() if bits != _NOT_COUNTED}


def _lines() -> Iterable[list[str]]:
    text = files("refkit").joinpath("words.txt").read_text("utf-8")
    return (line.split(" ") for line in text.splitlines() if not line.startswith("#"))


def bits(word: str) -> float:
    """Return how much it tells that a title has this word."""
    return in_titles().get(word, RARE_IN_TITLES)


def total(words: Iterable[str]) -> float:
    """Return how much words of a title tell together, were they independent of each other."""
    known = in_titles()
    return sum(known.get(word, RARE_IN_TITLES) for word in words)
