"""A stand-in for a web server with feeds, on this machine: validators, redirects, passwords and bad days.

    with FeedServer() as server:
        server.put("/feed", atom([FeedEntry("Learning to Navigate the Web", "https://arxiv.org/abs/1812.09195")]))
        ...  # the feed is at f"{server.url}/feed"

Facts: RFC 9110 for If-None-Match (13.1.2; it wins over If-Modified-Since, 13.1.3) and Retry-After (10.2.3); RFC 4287
for Atom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec

from refkit.testing.listening import Handler, StandIn
from refkit.testing.recording import Records

_FIRST_DAY = 1_700_000_000


class FeedEntry(NamedTuple):
    """An entry of a feed."""

    title: str
    link: str = ""
    summary: str = ""


class FeedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request and the status of its answer."""

    number: int
    path: str
    headers: dict[str, str]
    status: int


class FeedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered in the place of a feed; `length` is what the head says, if it is not the truth."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""
    length: int | None = None


def atom(entries: Iterable[FeedEntry], title: str = "Papers") -> bytes:
    """Return entries as an Atom feed."""
    parts = [
        f"<entry><title>{escape(each.title)}</title>"
        + (f"<link href={quoteattr(each.link)}/><id>{escape(each.link)}</id>" if each.link else "")
        + f"<updated>2024-01-02T03:04:05Z</updated><summary>{escape(each.summary)}</summary></entry>"
        for each in entries
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</feed>\n"]).encode()


class FeedServer(StandIn):
    """Serves feeds by their paths; `instead` gives another answer to a request, or None for the feed itself.

    Answers have an ETag and a Last-Modified unless `dated` is false; paths in `guarded` ask for this user and password,
    as the header `Authorization` has them.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port, _FeedHandler)
        self.instead: Callable[[FeedRequest], FeedAnswer | None] = lambda _: None
        self.guarded: dict[str, str] = {}
        self.dated = True
        self.records: Records[FeedRequest] = Records()
        self._feeds: dict[str, tuple[bytes, int]] = {}
        self._puts = 0

    @property
    def requests(self) -> list[FeedRequest]:
        """The requests so far."""
        return self.records.requests

    def put(self, path: str, body: bytes) -> None:
        """Serve a feed at a path from now on."""
        self._puts += 1
        self._feeds[path] = (body, _FIRST_DAY + self._puts)

    def answer(self, request: FeedRequest) -> FeedAnswer:
        """Return what a web server answers."""
        bare = request.path.partition("?")[0]
        if bare not in self._feeds:
            return FeedAnswer(status=HTTPStatus.NOT_FOUND, body=b"<html>not found</html>")
        if bare in self.guarded and request.headers.get("Authorization") != self.guarded[bare]:
            return FeedAnswer(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Basic"})
        body, changed = self._feeds[bare]
        if not self.dated:
            return FeedAnswer(body=body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        modified = formatdate(changed, usegmt=True)
        dates = {"ETag": etag, "Last-Modified": modified}
        tag = request.headers.get("If-None-Match")
        same = tag == etag if tag else request.headers.get("If-Modified-Since") == modified
        return (
            FeedAnswer(status=HTTPStatus.NOT_MODIFIED, headers=dates) if same else FeedAnswer(headers=dates, body=body)
        )


class _FeedHandler(Handler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 - the name is the library's
        """Answer, and keep the request."""
        owner = self.server.owner
        asked = FeedRequest(number=len(owner.requests) + 1, path=self.path, headers=dict(self.headers), status=0)
        answer = owner.instead(asked) or owner.answer(asked)
        owner.records.add(msgspec.structs.replace(asked, status=int(answer.status)))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.length is not None and answer.length != len(answer.body):
            self.close_connection = True
