"""What the stand-in Zotero server saw of its callers. The API key is never kept, only the short name of it."""

from __future__ import annotations

import time

import msgspec

from refkit.testing.recording import Records

RECORDED = (
    "Accept-Encoding",
    "Content-Encoding",
    "Content-Type",
    "If-Match",
    "If-Modified-Since-Version",
    "If-None-Match",
    "If-Unmodified-Since-Version",
    "User-Agent",
    "Zotero-API-Version",
    "Zotero-Schema-Version",
    "Zotero-Write-Token",
)


class ZoteroRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer; `started` and `ended` are of the clock `time.monotonic`, in seconds.

    `key` is the name of the key that was sent: "" for none, "unknown" for one that the server does not know. `objects`
    counts those that a write sent or a page returned. `parallel` is how many requests were open when this one came,
    with itself. `status` 0 is a connection that was reset without an answer; `done` says whether the request was
    carried out all the same.
    """

    number: int
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    key: str
    status: int
    fault: str
    done: bool
    objects: int
    parallel: int
    started: float
    ended: float
    retry_after: str = ""
    backoff: str = ""

    @property
    def pause(self) -> int:
        """How many seconds the answer asked for, 0 for none or a date."""
        return max((int(text) for text in (self.retry_after, self.backoff) if text.isdecimal()), default=0)

    @property
    def is_write(self) -> bool:
        """Whether the request would change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


class Recorder(Records[ZoteroRequest]):
    """Keeps the requests in order of arrival; may be used from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._open = 0

    def arrive(self) -> tuple[int, int, float]:
        """Return the number of a new request, from 1, how many are open with it, and the time of its arrival."""
        with self._lock:
            self._count += 1
            self._open += 1
            return self._count, self._open, self.now()

    @staticmethod
    def now() -> float:
        """Return the time by the clock of the records."""
        return time.monotonic()

    def add(self, request: ZoteroRequest) -> None:
        """Keep a request that is over."""
        with self._lock:
            self._open -= 1
        super().add(request)

    def violations(self) -> list[str]:
        """Return a sentence for each request that began sooner than an answer before it had asked for.

        Those that were under way when the answer came are no breach.
        """
        requests = self.requests
        found = []
        for answer in (request for request in requests if request.pause):
            for request in requests:
                gap = request.started - answer.ended
                if request is not answer and 0 <= gap < answer.pause:
                    asked = f"an answer that asked for {answer.pause} s"
                    found.append(f"Request {request.number} began {gap:.3f} s after {asked}.")
        return found
