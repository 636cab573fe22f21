"""When a stand-in server fails: rules that tell for the number of a request, from 1, which fault it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

Faults = Callable[[int], str]  # number of the request, from 1 -> name of the fault, "" for none


class FaultRules:
    """Makes rules out of the names of the faults that a server knows."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def every(self, n: int, *names: str) -> Faults:
        """Return a rule by which each n-th request meets a fault, going round the names (all if none is given)."""
        chosen = self.known(names or self._names)
        if n < 1:
            raise ValueError(f"each {n}-th request cannot meet a fault; give a number from 1")
        return lambda number: "" if number % n else chosen[(number // n - 1) % len(chosen)]

    def script(self, faults: Mapping[int, str]) -> Faults:
        """Return a rule by which the requests with these numbers (from 1) meet these faults."""
        plan = dict(zip(faults, self.known(faults.values()), strict=True))
        return lambda number: plan.get(number, "")

    def known(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names; raises ValueError for one that is none ("" is no fault)."""
        chosen = tuple(names)
        for name in chosen:
            if name not in {*self._names, ""}:
                raise ValueError(f"there is no fault named {name!r}; the faults are: {', '.join(self._names)}")
        return chosen
