"""What comes back from Zotero, and what does not: answers, refusals, failures, and the pauses that it asks for."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from msgspec import Struct

from refkit.secret import Secret

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")
_LONGEST_SENTENCE = 300


class Answer(Struct, frozen=True, kw_only=True):
    """What the headers of an answer say; `version` and `total` are None where they do not tell."""

    status: int = 0
    version: int | None = None
    total: int | None = None
    server_id: str = ""

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str]) -> Answer:
        """Return what the headers tell."""
        return cls(
            status=status,
            version=_number(headers.get("Last-Modified-Version", "")),
            total=_number(headers.get("Total-Results", "")),
            server_id=headers.get("Zotero-Server-ID", ""),
        )


class Failure(Struct, frozen=True):
    """Why an attempt had no answer, and the pause in seconds that the server asked for.

    `unclear` is whether the request may have been carried out, `final` whether trying again is idle.
    """

    reason: str
    pause: float = 0.0
    unclear: bool = False
    final: bool = False
    remedy: str = ""


class Refusal(Exception):  # noqa: N818 - it carries an answer; who asked decides whether it is an error
    """An answer that is neither a success nor an outage: its status, and its sentence without HTML."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}".rstrip())
        self.status = status
        self.text = text


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value.strip()) else None


def asked_pause(value: str, now: float) -> float:
    """Return the seconds of a `Retry-After` or `Backoff`, given in seconds or as a date; 0 if it gives neither."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def when(moment: float) -> str:
    """Return a time of day here, with the day if it is not today."""
    there, here = time.localtime(moment), time.localtime()
    return time.strftime("%H:%M" if there[:3] == here[:3] else "%Y-%m-%d %H:%M", there)


def is_json(content: bytes) -> bool:
    """Whether a body is JSON from its first character to its last."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def sentence(content: bytes, key: Secret | None) -> str:
    """Return the sentence of a refusal, which the web API escapes for HTML; "" for a page. Never with the key in it."""
    text = " ".join(html.unescape(content[: 4 * _LONGEST_SENTENCE].decode("utf-8", "replace")).split())
    if content.lstrip().startswith(b"<"):
        return ""
    if key:
        text = text.replace(key.reveal(), "***")
    return text[:_LONGEST_SENTENCE]
