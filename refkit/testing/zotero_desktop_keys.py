"""Who may write through the stand-in desktop's local API: its dialog, its keys, its write tokens.

All of it as in specs/zotero_desktop.md 3, "Writing". Times are seconds of a clock that the caller gives.
"""

from __future__ import annotations

import math
import secrets
import string
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from refkit.testing.zotero_desktop_http import Reply, as_json, text

# What a user may answer; a script or callable gives one of them a dialog.
ANSWERS = ("allow", "always", "deny")
Prompt = str | Iterable[str] | Callable[[str], str]
_PROMPTS, _WINDOW = 5, 60.0
_TOKEN_LIFE = 12 * 3600.0
_ALPHABET = string.ascii_letters + string.digits


def random_text(length: int) -> str:
    """Return letters and digits that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Dialog:
    """The user in front of the dialog: always the same answer, answers in turn and then "deny", or a callable."""

    def __init__(self, prompt: Prompt) -> None:
        self._ask: Callable[[str], str]
        if callable(prompt):
            self._ask = prompt
        elif isinstance(prompt, str):
            self._ask = lambda _: prompt
        else:
            answers = iter(prompt)
            self._ask = lambda _: next(answers, "deny")

    def ask(self, app: str) -> str:
        """Return the answer to the program with this name. Raises ValueError if it is none."""
        answer = self._ask(app)
        if answer not in ANSWERS:
            raise ValueError(f"{answer!r} is no answer of the dialog; the answers are: {', '.join(ANSWERS)}")
        return answer


class Keys:
    """The keys of the local API: permanent ones outlive the program, those for one write do not."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._permanent: set[str] = set()
        self._once: set[str] = set()
        self._prompts: deque[float] = deque()

    def add(self, *, once: bool = False) -> str:
        """Return a new key, as if the user had allowed it."""
        key = random_text(32)
        with self._lock:
            (self._once if once else self._permanent).add(key)
        return key

    def revoke(self) -> None:
        """Forget every key, as a user does who withdraws them."""
        with self._lock:
            self._permanent.clear()
            self._once.clear()

    def forget(self) -> None:
        """Forget what the program does not store: keys for one write, and how often it asked."""
        with self._lock:
            self._once.clear()
            self._prompts.clear()

    def accept(self, key: str) -> bool:
        """Tell whether a key is valid; a key for one write is used up by that."""
        with self._lock:
            if key in self._once:
                self._once.remove(key)
                return True
            return key in self._permanent

    def authorize(self, body: Any, dialog: Dialog) -> Reply:
        """Answer `POST /api/local/authorize`; the user is asked at most five times a minute."""
        app = body.get("appName") if isinstance(body, dict) else None
        if not app or not isinstance(app, str):
            return text(400, "appName is required")
        if pause := self._pause():
            return text(429, "Too many authorization requests", {"Retry-After": str(pause)})
        answer = dialog.ask(app)  # outside the lock: the user may take long
        if answer == "deny":
            return as_json(403, {"denied": True})
        once = answer == "allow"
        return as_json(200, {"key": self.add(once=once), "remember": not once})

    def _pause(self) -> int:
        """Return 0 and count a dialog, or the seconds until the next one is allowed."""
        with self._lock:
            now = self._clock()
            while self._prompts and now - self._prompts[0] >= _WINDOW:
                self._prompts.popleft()
            if len(self._prompts) < _PROMPTS:
                self._prompts.append(now)
                return 0
            return math.ceil(self._prompts[0] + _WINDOW - now)


class WriteTokens:
    """The write tokens of the last twelve hours, in memory. One is kept although objects of its request failed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: dict[str, float] = {}

    def used(self, token: str) -> bool:
        """Tell whether a request with this token was carried out within twelve hours."""
        return token in self._used and self._clock() - self._used[token] < _TOKEN_LIFE

    def keep(self, token: str) -> None:
        """Remember a token; "" is none."""
        if token:
            self._used[token] = self._clock()

    def forget(self) -> None:
        """Forget all tokens, as the program does when it is closed."""
        self._used.clear()
