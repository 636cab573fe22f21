"""What the stand-in saw of its callers, and where they were not polite.

arXiv's terms of use ask for one request every three seconds and one connection at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import msgspec

from refkit.testing.fault_rules import Faults
from refkit.testing.listening import Handler, StandIn
from refkit.testing.recording import Records


class ArxivRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer; `started` and `ended` are of the clock `time.monotonic`.

    `size` counts the bytes of the request line and the body. `ended` is the moment before the answer's last byte was
    sent, so that a caller who waits from its own end is never taken to be early.
    """

    number: int
    method: str
    path: str
    params: dict[str, str]
    size: int
    user_agent: str
    accept: str
    started: float
    ended: float
    status: int
    fault: str
    total: int
    returned: int


class Recorder(Records[ArxivRequest]):
    """Keeps the requests in order of arrival; may be used from several threads."""

    def arrive(self) -> tuple[int, float]:
        """Return the number of a new request, from 1, and the time of its arrival."""
        with self._lock:
            self._count += 1
            return self._count, self.now()

    @staticmethod
    def now() -> float:
        """Return the time by the clock of the records."""
        return time.monotonic()

    def violations(self, interval: float) -> list[str]:
        """Return a sentence for each breach: too soon after the last answer, two at once, a header missing."""
        found = []
        requests = self.requests
        for before, request in pairwise(requests):
            gap = request.started - before.ended
            if gap < 0:
                found.append(f"Request {request.number} began while request {before.number} was open.")
            elif gap < interval:
                found.append(
                    f"Request {request.number} began {gap:.3f} s after the answer before it, not {interval:.3f} s."
                )
        for request in requests:
            headers = {"User-Agent": request.user_agent, "Accept": request.accept}
            missing = [name for name, value in headers.items() if not value]
            found += [f"Request {request.number} has no {name} header." for name in missing]
        return found


class ArxivStandIn(StandIn):
    """A service of arXiv's on this machine, which remembers who asked and when; see `ArxivServer` and `OaiServer`."""

    def __init__(
        self,
        port: int,
        handler: type[Handler],
        *,
        path: str,
        faults: Faults | None,
        seen: Callable[[ArxivRequest], object],
    ) -> None:
        self.faults = faults or (lambda _: "")
        self.recorder = Recorder()
        self.seen = seen
        super().__init__(port, handler, path=path)

    @property
    def requests(self) -> list[ArxivRequest]:
        """The requests answered so far, in order of arrival."""
        return self.recorder.requests

    def violations(self, interval: float) -> list[str]:
        """Return a sentence for each impolite request: sooner than `interval` seconds, two at once, headers missing."""
        return self.recorder.violations(interval)

    def clear(self) -> None:
        """Forget the requests; the next one has number 1."""
        self.recorder.clear()
