"""Who may do what on the stand-in Zotero server, and how much of it (specs/zotero_web_api.md 1, 2, 3.2, 8)."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from threading import Lock
from typing import Any

import msgspec

from refkit.testing.zotero_http import READING, Reply, WebRequest, error
from refkit.testing.zotero_objects import LibraryObjects
from refkit.testing.zotero_values import ZoteroRefusal

_BEARER = re.compile(r"Bearer ([a-z0-9]+)", re.IGNORECASE)
_FORBIDDEN = HTTPStatus.FORBIDDEN
_RATE, _BURST = 10.0, 100.0  # requests a second and at once, of one key
_ANONYMOUS_RATE = 30.0
_PARALLEL = 5  # requests of one user
_LONGEST_PAUSE = 30  # seconds, when too many are open
_BAD_KEYS, _BAD_KEY_SECONDS = 5, 300.0
_TOKEN_SECONDS = 12 * 3600.0
_TOKEN_LENGTHS = range(5, 33)


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may do: in the library of the user whose it is, and in all of the user's groups.

    `name` stands for the key in what is recorded.
    """

    user_id: int
    username: str
    name: str
    library: bool = True
    files: bool = True
    notes: bool = True
    write: bool = False
    groups: bool = False
    groups_write: bool = False

    def printed(self, key: str) -> dict[str, Any]:
        """Return what /keys/current says of the key: rights that it does not have are left out."""
        rights = {"library": self.library, "files": self.files, "notes": self.notes, "write": self.write}
        access: dict[str, Any] = {}
        if self.library:
            access["user"] = {name: True for name, given in rights.items() if given}
        if self.groups:
            access["groups"] = {"all": {"library": True, **({"write": True} if self.groups_write else {})}}
        who = {"userID": self.user_id, "username": self.username, "displayName": self.username}
        return {"key": key, **who, "access": access}

    def allows(self, library: LibraryObjects, *, write: bool) -> bool:
        """Return whether the key opens a library."""
        if library.kind == "group":
            return self.groups_write if write else self.groups
        return library.id == self.user_id and self.library and (self.write or not write)


class Keys:
    """The keys of the server; may be changed while it runs."""

    def __init__(self, keys: Mapping[str, Access]) -> None:
        self.known = dict(keys)

    def key_of(self, request: WebRequest) -> str:
        """Return the key that a request carries, "" for none. Raises ZoteroRefusal if it is malformed."""
        header, parameter = request.header("Zotero-API-Key"), request.query.get("key")
        if header and parameter and header != parameter:
            message = "Zotero-API-Key header and 'key' parameter differ"
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, message)
        bearer = request.header("Authorization")
        if header or parameter or not bearer:
            return header or parameter or ""
        match = _BEARER.fullmatch(bearer)
        if not match:
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "Invalid Authorization header format")
        return match[1]

    def name_of(self, request: WebRequest) -> str:
        """Return what the records call the key of a request."""
        try:
            key = self.key_of(request)
        except ZoteroRefusal:
            return "unknown"
        access = self.known.get(key)
        return access.name if access else "unknown" if key else ""

    def access_of(self, key: str) -> Access | None:
        """Return what a key may do, None without a key. Raises ZoteroRefusal if the key is unknown."""
        if key and key not in self.known:
            raise ZoteroRefusal(_FORBIDDEN, "Invalid key")
        return self.known.get(key)


def check_access(access: Access | None, library: LibraryObjects, method: str) -> None:
    """Raise a ZoteroRefusal if a request may not do what it would do to a library."""
    write = method not in READING
    if write and access is None:
        raise ZoteroRefusal(_FORBIDDEN, "An API key is required for write requests.")
    if access is None or not access.allows(library, write=write):
        raise ZoteroRefusal(_FORBIDDEN, "Write access denied" if write else "Forbidden")


class WriteTokens:
    """Remembers for twelve hours which write tokens were used; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._used: dict[tuple[str, str], float] = {}

    def check(self, key: str, token: str | None) -> None:
        """Raise a ZoteroRefusal if a token is malformed or was used before with the same key."""
        if token is None:
            return
        if len(token) not in _TOKEN_LENGTHS:
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "Write token must be 5-32 characters in length")
        with self._lock:
            used = self._used.get((key, token))
            if used is not None and self._clock() - used < _TOKEN_SECONDS:
                raise ZoteroRefusal(HTTPStatus.PRECONDITION_FAILED, "Write token already used")

    def keep(self, key: str, token: str | None) -> None:
        """Remember a token."""
        if token is not None:
            with self._lock:
                self._used[key, token] = self._clock()


class Limits:
    """How many requests a second and at once, with the real server's figures; `seed` is for the random pauses."""

    def __init__(self, clock: Callable[[], float], seed: int) -> None:
        self._clock = clock
        self._lock = Lock()
        self._random = random.Random(seed)  # noqa: S311 - nothing is secret
        self._buckets: dict[str, tuple[float, float]] = {}
        self._open: dict[int, int] = {}
        self._bad: deque[float] = deque()

    def bad_key(self) -> Reply | None:
        """Count an unknown key, and return an answer if there were too many."""
        with self._lock:
            now = self._clock()
            self._bad.append(now)
            while self._bad[0] <= now - _BAD_KEY_SECONDS:
                self._bad.popleft()
            return error(429, "Too many authentication failures") if len(self._bad) > _BAD_KEYS else None

    def rate(self, key: str) -> Reply | None:
        """Take one from the bucket of a key, and return an answer if it is empty."""
        rate = _RATE if key else _ANONYMOUS_RATE
        with self._lock:
            now = self._clock()
            left, then = self._buckets.get(key, (_BURST, now))
            left = min(_BURST, left + (now - then) * rate)
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
            return error(429, "Request rate limit exceeded", Retry_After="10") if left < 1 else None

    @contextmanager
    def turn(self, user: int) -> Iterator[Reply | None]:
        """Hold one of the places of a user; yields an answer if they are all taken."""
        with self._lock:
            free = self._open.get(user, 0) < _PARALLEL
            pause = self._random.randint(1, _LONGEST_PAUSE)
            self._open[user] = self._open.get(user, 0) + free
        try:
            message = "Concurrent request limit exceeded"
            yield None if free else error(429, message, Retry_After=str(pause))
        finally:
            with self._lock:
                self._open[user] -= free
