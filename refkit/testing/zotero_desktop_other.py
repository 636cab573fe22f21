"""Something else on Zotero's port: JabRef's server listens there by default too (specs/field_mappings.md 4.3)."""

from __future__ import annotations

from threading import Event
from types import TracebackType
from typing import Self

from refkit.testing.listening import HOST, Listener
from refkit.testing.zotero_desktop_http import (
    Call,
    DesktopHandler,
    DesktopRequest,
    Endpoint,
    Reply,
    RequestLog,
    as_json,
)

_ANY = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_PAGE = b"<!DOCTYPE html>\n<html><head><title>JabRef</title></head><body><h1>JabRef http server</h1></body></html>\n"


class JabrefDesktop:
    """A server with a page at its root and a list of libraries, and nothing that is Zotero's; it records requests."""

    def __init__(self, *, port: int = 0) -> None:
        self.stall = 0.0
        self.closing = Event()
        self.log = RequestLog()
        self._port = port
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """The root of its addresses, without a slash at the end; known once it runs."""
        if not self._port:
            raise RuntimeError("the server has no address before it is started")
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> list[DesktopRequest]:
        """The requests so far, in order of arrival."""
        return self.log.requests

    def __enter__(self) -> Self:
        self._listener = Listener(self._port, DesktopHandler, self)
        self._port = self._listener.port
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener:
            self._listener.stop()
            self._listener = None

    def fault(self, number: int) -> str:  # noqa: ARG002 - the name is the protocol's
        """Return that nothing ever fails."""
        return ""

    def endpoint(self, path: str) -> Endpoint | None:  # noqa: ARG002 - the name is the protocol's
        """Return what answers at a path: always the same."""
        return Endpoint(answer=_answer, methods=_ANY)

    def known_methods(self) -> frozenset[str]:
        """Return the methods that it knows."""
        return _ANY

    def headers(self) -> dict[str, str]:
        """Return that its replies carry nothing of Zotero's."""
        return {}


def _answer(call: Call) -> Reply:
    if call.path == "/":
        return Reply(200, _PAGE, {"Content-Type": "text/html"})
    if call.path == "/libraries":
        return as_json(200, ["demo"])
    return Reply(404, b"<html><body><h1>Not Found</h1></body></html>\n", {"Content-Type": "text/html"})
