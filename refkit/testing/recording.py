"""What the records of all stand-in servers share: numbering what arrives, and keeping what was answered, in order."""

from __future__ import annotations

from threading import Lock
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """A record of a request, with its number from 1."""

    @property
    def number(self) -> int:
        """The number of the request, in order of arrival."""


_R = TypeVar("_R", bound=Numbered)


class Records(Generic[_R]):
    """Keeps the requests in order of arrival; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._requests: list[_R] = []

    def add(self, request: _R) -> None:
        """Keep a request that is answered or given up."""
        with self._lock:
            self._requests.append(request)
            self._requests.sort(key=lambda each: each.number)

    @property
    def requests(self) -> list[_R]:
        """The requests that are over, as a copy."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget the requests and count from 1 again."""
        with self._lock:
            self._requests.clear()
            self._count = 0
