"""The HTTP server inside the Zotero desktop: what holds for every path (specs/zotero_desktop.md 1), and its records.

It speaks HTTP/1.0, closes the connection after each reply, gives no length of a body, and knows few status lines by
name. What a path answers is an `Endpoint`; the application that holds them is a `Site`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from email.message import Message
from threading import Event
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from refkit.testing.listening import Handler
from refkit.testing.recording import Records

# Everything else is printed as "undefined", also 401, 405, 413, 428 and 429.
_NAMES = {
    200: "OK",
    201: "Created",
    204: "No Content",
    300: "Multiple Choices",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    412: "Precondition Failed",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
_KEY = re.compile(r"([?&]key=)[^&]*")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_RECORDED = (
    "User-Agent",
    "Content-Type",
    "If-Modified-Since-Version",
    "If-Unmodified-Since-Version",
    "X-Zotero-Connector-API-Version",
    "Zotero-API-Version",
    "Zotero-Allowed-Request",
    "Zotero-Server-ID",
    "Zotero-Write-Token",
)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request as an endpoint sees it.

    `data` is None (no body, or no Content-Type), what the JSON says, a form's fields, a text, or bytes.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Message
    data: Any

    def header(self, name: str) -> str:
        """Return a header, "" if it was not sent."""
        return str(self.headers.get(name, ""))

    def parameter(self, name: str) -> str | None:
        """Return the first value of a parameter of the address, None if it was not sent."""
        return next((value for key, value in self.query if key == name), None)

    def parameters(self, name: str) -> list[str]:
        """Return all values of a parameter of the address."""
        return [value for key, value in self.query if key == name]


class Reply(msgspec.Struct, frozen=True):
    """A status, a body and headers besides the two that every reply has; a `bare` one comes before the application."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}
    bare: bool = False


def text(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply in plain text."""
    return Reply(status, message.encode(), {"Content-Type": "text/plain", **(headers or {})})


def as_json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply in JSON."""
    return Reply(status, msgspec.json.encode(value), {"Content-Type": "application/json", **(headers or {})})


class Crash(Exception):  # noqa: N818 - it plays an uncaught error of the application, and is not one of ours
    """What the application does not catch: the reply is 500 with an empty body."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What answers at a path, to which methods, and to which types of body (None: any).

    `wrong_method` is the status for other methods.
    """

    answer: Callable[[Call], Reply]
    methods: frozenset[str]
    types: frozenset[str] | None = None
    wrong_method: int = 400


class DesktopRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what became of it; `started` and `ended` are of the clock `time.monotonic`, in seconds.

    A key is never kept: `with_key` says whether one was sent, and `path` has none. `headers` are those that decide
    about the answer. `status` 0 is a connection that was closed without an answer.
    """

    number: int
    method: str
    path: str
    headers: dict[str, str]
    with_key: bool
    size: int
    status: int
    fault: str
    started: float
    ended: float


class RequestLog(Records[DesktopRequest]):
    """Keeps the requests in order of arrival; may be used from several threads."""

    def arrive(self) -> int:
        """Return the number of a new request, from 1."""
        with self._lock:
            self._count += 1
            return self._count


class Site(Protocol):
    """The application behind the server; `stall` is how many seconds the fault "stall" takes."""

    stall: float
    closing: Event
    log: RequestLog

    def fault(self, number: int) -> str:
        """Return the fault of the request with this number."""

    def endpoint(self, path: str) -> Endpoint | None:
        """Return what answers at a path."""

    def known_methods(self) -> frozenset[str]:
        """Return the methods that any endpoint may have; others are answered with 501."""

    def headers(self) -> dict[str, str]:
        """Return what every reply carries."""


class DesktopHandler(Handler):
    """One connection, which carries one request, to a `Site`."""

    def reply_to_any(self) -> None:
        """Answer a request with any method."""
        site: Site = self.server.owner
        self._number, self._started, self._size = site.log.arrive(), time.monotonic(), 0
        self.close_connection = True
        fault = site.fault(self._number)
        body = self._read()
        if fault == "reset":
            return self._finish(None, fault)
        reply = Reply(500) if fault == "500" else self._reply(body)
        if fault == "stall":
            site.closing.wait(site.stall)
        return self._finish(reply, fault)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET = reply_to_any  # noqa: N815 - the names are the library's
    do_TRACE = do_CONNECT = do_PROPFIND = reply_to_any  # noqa: N815 - the same

    def _read(self) -> bytes:
        """Return the body. A chunked one is read too: closing on unread data would reset the connection."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while (line := self.rfile.readline()) and (size := int(line.split(b";")[0], 16)):
                self.rfile.read(size + 2)
            self.rfile.readline()
            return b""
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        self._size = len(body)
        return body

    def _reply(self, body: bytes) -> Reply | None:
        """Return the reply, None if the connection is to be closed without one."""
        site: Site = self.server.owner
        if not _LOOPBACK.fullmatch(self.headers.get("Host", "")):
            return Reply(400, b"Bad Request", {"Content-Type": "text/html"}, bare=True)
        endpoint = site.endpoint(unquote(urlsplit(self.path).path))
        if not endpoint:
            return text(404, "No endpoint found\n")
        if self.command in {"HEAD", "OPTIONS"}:
            return Reply(200)
        if refusal := self._refusal(endpoint):
            return refusal
        return None if self._unsafe() else self._answer(endpoint, body)

    def _refusal(self, endpoint: Endpoint) -> Reply | None:
        if self.command not in self.server.owner.known_methods():
            return text(501, "Method not implemented\n")
        if self.command in _WITH_BODY and not self.headers.get("Content-Length", "").isdecimal():
            return text(400, "Content-length not provided\n")
        if self.command not in endpoint.methods:
            return text(endpoint.wrong_method, "Endpoint does not support method\n")
        return None

    def _unsafe(self) -> bool:
        """Tell whether a web page could have sent this: such requests get no reply at all."""
        browser = self.headers.get("User-Agent", "").startswith("Mozilla/") or "Origin" in self.headers
        allowed = self.headers.get("X-Zotero-Connector-API-Version") or self.headers.get("Zotero-Allowed-Request")
        navigated = self.path == "/connector/ping" and self.headers.get("Sec-Fetch-Mode") == "navigate"
        return browser and not allowed and not navigated

    def _answer(self, endpoint: Endpoint, body: bytes) -> Reply:
        kind = self.headers.get("Content-Type", "").split(";")[0].strip()
        if self.command in _WITH_BODY and kind and endpoint.types is not None and kind not in endpoint.types:
            return text(400, "Endpoint does not support content-type\n")
        try:
            call = self._call(kind, body)
        except ValueError:
            return text(400, "Invalid JSON provided\n")
        try:
            return endpoint.answer(call)
        except Crash:
            return Reply(500)

    def _call(self, kind: str, body: bytes) -> Call:
        parts = urlsplit(self.path)
        return Call(
            method=self.command,
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=self.headers,
            data=_decoded(kind, body) if self.command in _WITH_BODY else None,
        )

    def _finish(self, reply: Reply | None, fault: str) -> None:
        answered = reply and fault != "lost"
        self._record(reply.status if reply and answered else 0, fault)
        if reply and answered:
            return self._send(reply)
        return self.reset() if fault else None

    def _send(self, reply: Reply) -> None:
        lines = [f"HTTP/1.0 {reply.status} {_NAMES.get(reply.status, 'undefined')}"]
        headers = {**({} if reply.bare else self.server.owner.headers()), **reply.headers}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if not reply.body:
            lines.append("Content-Length: 0")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + reply.body)

    def _record(self, status: int, fault: str) -> None:
        keyed = "Zotero-API-Key" in self.headers or "Authorization" in self.headers or _KEY.search(self.path)
        request = DesktopRequest(
            number=self._number,
            method=self.command,
            path=_KEY.sub(r"\1...", self.path),
            headers={name: self.headers[name] for name in _RECORDED if name in self.headers},
            with_key=bool(keyed),
            size=self._size,
            status=status,
            fault=fault,
            started=self._started,
            ended=time.monotonic(),
        )
        self.server.owner.log.add(request)


def _decoded(kind: str, body: bytes) -> Any:
    """Return what an endpoint is told of a body. Without a type the body is ignored."""
    if not kind or not body:
        return None
    if kind == "application/json":
        return json.loads(body.decode("utf-8", "replace"))
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return body.decode("utf-8", "replace") if kind == "text/plain" else body
