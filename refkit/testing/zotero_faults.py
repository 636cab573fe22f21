"""The ways in which a Zotero server fails its callers, by name, and when they happen (specs/zotero_web_api.md 8).

Those that matter most to a program that writes are "lost" and "cut": the request was carried out, and the caller does
not know.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from refkit.testing.fault_rules import FaultRules, Faults
from refkit.testing.zotero_http import HTML, Reply, error

_PAGE = b"<!DOCTYPE html>\n<html><head><title>%s</title></head><body><p>%s</p></body></html>\n"
_RATE = "Request rate limit exceeded"
_BUSY = "Server updates in progress. Please try again in a few minutes."


def _in_a_second() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


# Instead of an answer; the request is not carried out.
_INSTEAD: dict[str, Callable[[], Reply]] = {
    "429": lambda: error(429, _RATE, Retry_After="1"),
    "429-date": lambda: error(429, _RATE, Retry_After=_in_a_second()),
    "429-bare": lambda: error(429, _RATE),
    "503": lambda: error(503, _BUSY),
    "503-backoff": lambda: error(503, _BUSY, Backoff="1"),
    "500": lambda: error(500, "An error occurred"),
    "502-html": lambda: Reply(status=502, body=_PAGE % (b"502 Bad Gateway", b"nginx"), content_type=HTML),
    "html-200": lambda: Reply(body=_PAGE % (b"Guest network", b"Please accept the terms."), content_type=HTML),
}
# "reset" happens before the request is carried out, the others after it.
_AFTER = ("lost", "cut", "stall")
ZOTERO_FAULTS: tuple[str, ...] = (*_INSTEAD, "reset", *_AFTER)


_rules = FaultRules(ZOTERO_FAULTS)
every, script = _rules.every, _rules.script


def share(fraction: float, seed: int, *names: str) -> Faults:
    """Return a rule by which a random share of the requests (0 to 1) meets a random one of the faults.

    The same seed makes the same faults, in whichever order the requests are asked about.
    """
    chosen = _rules.known(names or ZOTERO_FAULTS)

    def rule(number: int) -> str:
        dice = random.Random(f"{seed}/{number}")  # noqa: S311 - nothing is secret
        return dice.choice(chosen) if dice.random() < fraction else ""

    return rule


def instead(fault: str) -> Reply | None:
    """Return the answer that a fault puts in the place of any other, before anything is carried out."""
    return _INSTEAD[fault]() if fault in _INSTEAD else None
