"""The ways in which arXiv fails its callers, by name, and when they happen.

Collected from what users of the query service reported in 2025 and 2026: statuses of the edge in front of it, pages
that are not feeds, feeds that are cut or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from refkit.testing.arxiv_answer import Answer
from refkit.testing.arxiv_corpus import Page
from refkit.testing.fault_rules import FaultRules

_HTML = "text/html; charset=utf-8"
_RATE = b"Rate exceeded."


def _html(title: str, text: str) -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>\n".encode()


def _fault(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status=status, body=body, content_type=_HTML, headers=headers or {})


_BUSY = _html("Service Unavailable", "first byte timeout")
_ANSWERS = {
    "429": _fault(429, _RATE),
    "429-stalled": _fault(429, _RATE),
    "429-retry-after": _fault(429, _RATE, {"Retry-After": "1"}),
    "503-retry-0": _fault(503, _BUSY, {"Retry-After": "0"}),
    "503": _fault(503, _BUSY),
    "406": _fault(406, _html("Not Acceptable", "An appropriate representation could not be found.")),
    "403": _fault(403, _html("Access denied", "Access to this service is denied for your client.")),
    "414": _fault(414, _html("URI Too Long", "The requested URL's length exceeds the capacity limit.")),
    "301": _fault(301, _html("Moved Permanently", "The document has moved.")),
    "html": _fault(200, _html("arXiv.org e-Print archive", "We will be back soon.")),
    "rate-200": _fault(200, _RATE),
    "500": _fault(500, _html("Internal Server Error", "The server encountered an internal error.")),
}
# These are done to a good page before it is printed, ...
_PAGES: dict[str, Callable[[Page], Page]] = {
    "empty": lambda page: Page(max(page.total, 1), ()),
    "nothing": lambda _: Page(0, ()),
}
# ... and these to an answer while it is sent.
_SENT = ("reset", "truncated", "cut-short")
FAULTS: tuple[str, ...] = (*_ANSWERS, *_PAGES, *_SENT)


_rules = FaultRules(FAULTS)
every, script = _rules.every, _rules.script


def instead(fault: str, address: str) -> Answer | None:
    """Return the answer that a fault puts in the place of any other; a 301 leads back to the address itself."""
    answer = _ANSWERS.get(fault)
    if fault == "301" and answer:
        return msgspec.structs.replace(answer, headers={"Location": address})
    return answer


def distorted(fault: str) -> Callable[[Page], Page]:
    """Return what a fault does to a good page."""
    return _PAGES.get(fault, lambda page: page)


def sent(fault: str, body: bytes) -> tuple[bytes, int]:
    """Return the bytes that are sent of a body and the length that is announced for them."""
    part = body[: len(body) * 3 // 5] if fault in {"truncated", "cut-short"} else body
    return part, len(part) if fault == "truncated" else len(body)
