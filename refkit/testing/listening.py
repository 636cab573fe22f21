"""What the stand-in servers share: a server on 127.0.0.1 that can be stopped at any time, and a quiet handler."""

from __future__ import annotations

import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

HOST = "127.0.0.1"


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
