"""What the stand-in servers share: a server on 127.0.0.1 that can be stopped at any time, and a quiet handler."""

from __future__ import annotations

import signal
import socket
import struct
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"


def told_to_end() -> Event:
    """Return what is set once the program shall end."""
    told = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: told.set())
    return told


class Listener(ThreadingHTTPServer):
    """A server that answers from its construction on, in threads of its own, until `stop`; port 0 takes any free one.

    `owner` is what its handlers answer for.
    """

    daemon_threads = False  # `stop` waits for them, and hangs up on those that wait for a next request
    request_queue_size = 64

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], owner: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self.owner = owner
        super().__init__((HOST, port), handler)
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Close the port and every connection, and wait for the threads."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection and forget it."""
        with self._lock:
            self._open.discard(request)
            super().close_request(request)


def utc_now() -> datetime:
    """Return the time by which stand-ins date what they say."""
    return datetime.now(UTC)


class StandIn:
    """A server on 127.0.0.1 for the time of a `with` block, or from `start` to `stop`; started again it keeps its port.

    `handler` answers its requests, `path` ends its address. What takes time looks at `stopping`.
    """

    def __init__(self, port: int, handler: type[Handler], *, path: str = "") -> None:
        self.stopping = Event()
        self._port = port
        self._handler = handler
        self._path = path
        self._server: Listener | None = None

    @property
    def url(self) -> str:
        """The address to ask; known once the server has started."""
        if not self._port:
            raise RuntimeError("the server has no address before it is started")
        return f"http://{HOST}:{self._port}{self._path}"

    def start(self) -> Self:
        """Begin to answer, in a thread of its own."""
        self.stopping.clear()
        self._server = Listener(self._port, self._handler, self)
        self._port = self._server.port
        self.get_ready()
        self._server.start()
        return self

    def get_ready(self) -> None:
        """Do what has to be done once the address is known and before the first request is answered."""

    def stop(self) -> None:
        """Close all connections and wait for the threads; does nothing if the server does not run."""
        if not self._server:
            return
        self.stopping.set()
        self._server.stop()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class Handler(BaseHTTPRequestHandler):
    """One connection; it prints nothing, sends small replies at once, and does not mind a caller that hangs up."""

    server: Listener
    raw_requestline: bytes

    def setup(self) -> None:
        """Send small replies at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing: the records know more."""

    def handle(self) -> None:
        """Answer until the connection ends."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # the caller hung up, as callers do

    def finish(self) -> None:
        """Close the files of the connection."""
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def reset(self) -> None:
        """Close so that the caller sees a reset: with no time to linger."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()  # in truth when `finish` closes the file for writing
