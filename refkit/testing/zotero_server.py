"""A stand-in for the Zotero web API on this machine: its rules, its errors and its bad days.

    with ZoteroServer(faults=every(7, "lost")) as server:
        ...  # ask server.url with server.key
    assert len(server.library.items) == 3

What it copies is Zotero's own server as it was observed (specs/zotero_web_api.md).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from refkit.testing.fault_rules import Faults
from refkit.testing.listening import Handler, StandIn, utc_now
from refkit.testing.zotero_access import Access, Keys, Limits
from refkit.testing.zotero_desk import Desk
from refkit.testing.zotero_faults import instead
from refkit.testing.zotero_http import Reply, WebRequest
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_recorder import RECORDED, Recorder, ZoteroRequest

USER_ID, USERNAME = 1000001, "ada"
_RESET = Reply(status=0)


def _new_api_key() -> str:
    return secrets.token_hex(12)


class ZoteroServer(StandIn):
    """A server on 127.0.0.1 for the time of a `with` block, or from `start` to `stop`; it keeps its port.

    Without `libraries` it has one of a user, without `keys` one key that may do everything. `faults` names the fault of
    each request by its number from 1 (see `every`, `script`, `share` in zotero_faults); `stall` is how many seconds the
    fault "stall" takes, `delay` how many every answer does. `limits` has the real limits of requests a second and at
    once, counted by `clock`, in seconds; `seed` is for its random pauses. `backoff` is the number of seconds that every
    answer asks for, 0 for none. `now` dates the objects of the libraries that the server makes, `seen` is told of each
    request. Attributes with these names may be set while it runs, and `maintenance` too.
    """

    def __init__(
        self,
        libraries: Iterable[ZoteroLibrary] = (),
        keys: Mapping[str, Access] | None = None,
        *,
        port: int = 0,
        faults: Faults | None = None,
        limits: bool = False,
        backoff: int = 0,
        stall: float = 0.0,
        delay: float = 0.0,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        seen: Callable[[ZoteroRequest], object] = lambda _: None,
    ) -> None:
        self.libraries = list(libraries) or [ZoteroLibrary(id=USER_ID, name=USERNAME, now=now)]
        self._keys = Keys(keys or {})
        self.desk = Desk(self.libraries, self._keys, Limits(clock, seed) if limits else None, clock)
        self.key = next(iter(self._keys.known), "") or self.add_key(write=True, groups=True, groups_write=True)
        self.faults = faults or (lambda _: "")
        self.backoff = backoff
        self.stall = stall
        self.delay = delay
        self.seen = seen
        self.recorder = Recorder()
        self._now = now
        super().__init__(port, _Handler)

    @property
    def library(self) -> ZoteroLibrary:
        """The first of its libraries."""
        return self.libraries[0]

    @property
    def user_id(self) -> int:
        """The number of its user, 0 if there is none."""
        return next((library.id for library in self.libraries if library.kind == "user"), 0)

    @property
    def files(self) -> dict[str, bytes]:
        """The uploaded files, by their MD5."""
        return self.desk.endpoints.files.stored

    @property
    def maintenance(self) -> bool:
        """Whether it answers every request with 503."""
        return self.desk.maintenance

    @maintenance.setter
    def maintenance(self, value: bool) -> None:
        self.desk.maintenance = value

    @property
    def requests(self) -> list[ZoteroRequest]:
        """The requests so far, in order of arrival; no key is in them."""
        return self.recorder.requests

    def violations(self) -> list[str]:
        """Return a sentence for each request that began sooner than an answer before it had asked for."""
        return self.recorder.violations()

    def clear(self) -> None:
        """Forget the requests; the next one has number 1."""
        self.recorder.clear()

    def add_key(
        self,
        *,
        user_id: int | None = None,
        username: str = USERNAME,
        library: bool = True,
        files: bool = True,
        notes: bool = True,
        write: bool = False,
        groups: bool = False,
        groups_write: bool = False,
    ) -> str:
        """Make a key with these rights and return it. Without `user_id` it is the key of the server's user."""
        key = _new_api_key()
        self._keys.known[key] = Access(
            user_id=self.user_id if user_id is None else user_id,
            username=username,
            name=f"key{len(self._keys.known) + 1}",
            library=library,
            files=files,
            notes=notes,
            write=write,
            groups=groups,
            groups_write=groups_write,
        )
        return key

    def revoke_key(self, key: str) -> None:
        """Take a key away. Raises KeyError if it does not exist."""
        del self._keys.known[key]

    def add_group(self, name: str) -> ZoteroLibrary:
        """Let the user be a member of a new group, and return its library."""
        number = 2000001 + sum(library.kind == "group" for library in self.libraries)
        group = ZoteroLibrary(kind="group", id=number, name=name, now=self._now)
        if self._port:
            group.base_url = self.url
        self.libraries.append(group)
        return group

    def get_ready(self) -> None:
        """Let the libraries know their address."""
        for library in self.libraries:
            library.base_url = self.url

    def name_of_key(self, request: WebRequest) -> str:
        """Return the short name of the key that a request carries."""
        return self._keys.name_of(request)


class _Handler(Handler):
    """One connection, which may carry several requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one packet

    def handle_expect_100(self) -> bool:
        return True  # the desk refuses what expects; nobody is asked to send on

    def reply_to_any(self) -> None:
        owner: ZoteroServer = self.server.owner
        request = self._read()
        number, parallel, started = owner.recorder.arrive()
        fault = owner.faults(number)
        reply, done = self._carry_out(request, fault)
        pause = owner.delay + (owner.stall if fault == "stall" else 0.0)
        if pause:
            owner.stopping.wait(pause)
        if owner.backoff and reply.status:
            reply = msgspec.structs.replace(reply, headers={**reply.headers, "Backoff": str(owner.backoff)})
        if fault == "lost" or (fault == "cut" and not reply.body):
            reply = msgspec.structs.replace(reply, status=0)
        record = ZoteroRequest(
            number=number,
            method=self.command,
            path=request.path,
            query=tuple((name, value) for name, value in request.pairs if name != "key"),
            headers={name: str(self.headers[name]) for name in RECORDED if name in self.headers},
            key=owner.name_of_key(request),
            status=reply.status,
            fault=fault,
            done=done,
            objects=reply.objects,
            parallel=parallel,
            started=started,
            ended=owner.recorder.now(),
            retry_after=reply.headers.get("Retry-After", ""),
            backoff=reply.headers.get("Backoff", ""),
        )
        owner.recorder.add(record)
        owner.seen(record)
        self._send(reply, fault)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET = reply_to_any  # noqa: N815 - the names are the library's

    def _read(self) -> WebRequest:
        body = b""
        if self.headers.get("Expect"):
            self.close_connection = True  # the body may or may not come
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        base = self.server.owner.url
        return WebRequest(
            method=self.command, path=parts.path, query=parts.query, headers=self.headers, body=body, base=base
        )

    def _carry_out(self, request: WebRequest, fault: str) -> tuple[Reply, bool]:
        """Return the answer, and whether the request was carried out."""
        if fault == "reset":
            return _RESET, False
        answer = instead(fault)
        return (answer, False) if answer else (self.server.owner.desk.answer(request), True)

    def _send(self, reply: Reply, fault: str) -> None:
        if not reply.status:
            return self.reset()
        self.send_response(reply.status)
        if reply.body or self.command == "HEAD":
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        bare = reply.status in {204, 304}
        if not bare:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection or fault == "cut":
            self.send_header("Connection", "close")  # also ends the loop over requests
        self.end_headers()
        if self.command != "HEAD" and not bare:
            self.wfile.write(reply.body[: len(reply.body) // 2] if fault == "cut" else reply.body)
        return None
