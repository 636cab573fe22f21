"""The ways in which arXiv's OAI-PMH service fails its callers, by name, and when they happen.

Collected from what its users reported, and those of the query service, before which the same network stands
(specs/arxiv.md 1.9, 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Faults = Callable[[int], str]  # number of the request, from 1 -> name of the fault, "" for none

# In front of the program: what the query service does, too.
_OF_ALL = ("503", "503-retry-0", "429", "429-retry-after", "500", "html", "reset", "truncated", "cut-short")
# "expired" refuses the token of the request, "empty" says that nothing matches, "hang" gives no answer.
OAI_FAULTS: tuple[str, ...] = (*_OF_ALL, "expired", "empty", "hang")


def every(n: int, *names: str) -> Faults:
    """Return a rule by which each n-th answer is a fault, going round the names (OAI_FAULTS if none is given)."""
    chosen = _known(names or OAI_FAULTS)
    if n < 1:
        raise ValueError(f"each {n}-th answer cannot be a fault; give a number from 1")
    return lambda number: "" if number % n else chosen[(number // n - 1) % len(chosen)]


def script(faults: Mapping[int, str]) -> Faults:
    """Return a rule by which the answers with these numbers (from 1) are these faults."""
    plan = dict(zip(faults, _known(faults.values()), strict=True))
    return lambda number: plan.get(number, "")


def _known(names: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(names)
    for name in chosen:
        if name not in {*OAI_FAULTS, ""}:
            raise ValueError(f"there is no fault named {name!r}; the faults are: {', '.join(OAI_FAULTS)}")
    return chosen
