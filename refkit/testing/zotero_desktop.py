"""A stand-in for the Zotero desktop on this machine: its connector, its local API, and a user who can be played.

    with ZoteroDesktop(prompt=["allow", "deny"]) as desktop:
        ...  # ask desktop.url
    assert [request.status for request in desktop.requests] == [...]

What it copies is Zotero 10.0.0 as it was observed (specs/zotero_desktop.md). `writable=False` plays Zotero 7 to 9,
whose local API can only be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Event
from types import TracebackType
from typing import Self

from refkit.testing.listening import HOST, Listener, utc_now
from refkit.testing.zotero_connector import Connector
from refkit.testing.zotero_desktop_http import DesktopHandler, DesktopRequest, Endpoint, RequestLog
from refkit.testing.zotero_desktop_keys import Dialog, Keys, Prompt, WriteTokens, random_text
from refkit.testing.zotero_desktop_window import Window
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_local_api import LocalApi

# "lost" is carried out and then not answered, "stall" is answered late, "reset" and "500" are not carried out.
DESKTOP_FAULTS = ("reset", "lost", "stall", "500")
_READ = frozenset({"GET", "POST"})
_WRITE = frozenset({"PUT", "PATCH", "DELETE"})


class ZoteroDesktop:
    """A desktop that runs for the time of a `with` block, or from `open` to `quit`; it keeps its port.

    `prompt` is what the user answers to a program that asks for a key: "allow" (one write), "always" or "deny", or
    several of them in turn, or a callable that is given the program's name. `user_id` is who is logged in (0: nobody).
    `faults` names the fault of each request by its number from 1, one of DESKTOP_FAULTS or "". `clock` counts seconds
    for what expires, `now` dates the objects. All but the port, the user and the clocks may be set while it runs.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        version: str = "10.0.0",
        local_api: bool = True,
        writable: bool = True,
        connector_version: int = 3,
        prompt: Prompt = "allow",
        automatic_tags: bool = True,
        faults: Callable[[int], str] | None = None,
        stall: float = 0.0,
        user_id: int = 1000001,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.version = version
        self.local_api = local_api
        self.writable = writable
        self.automatic_tags = automatic_tags
        self.faults = faults or (lambda _: "")
        self.stall = stall
        self.user_id = user_id
        self.server_id = random_text(12)
        self.library = ZoteroLibrary(
            kind="user", id=user_id, name="My Library", strict=False, client_keys=False, now=now
        )
        self.groups: dict[int, ZoteroLibrary] = {}
        self.closing = Event()
        self.log = RequestLog()
        self.window = Window(self.library)
        self.keys = Keys(clock)
        self.tokens = WriteTokens(clock)
        self.prompt = prompt
        self.connector = Connector(self.window, version=connector_version, automatic_tags=lambda: self.automatic_tags)
        self._local_api = LocalApi(self)
        self._now = now
        self._port = port
        self._listener: Listener | None = None

    @property
    def prompt(self) -> Prompt:
        """What the user answers to programs that ask for a key."""
        return self._prompt

    @prompt.setter
    def prompt(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self.dialog = Dialog(prompt)

    @property
    def connector_version(self) -> int:
        """The version of the connector's API; older callers are refused."""
        return self.connector.version

    @connector_version.setter
    def connector_version(self, version: int) -> None:
        self.connector.version = version

    @property
    def url(self) -> str:
        """The root of its addresses, without a slash at the end; known once it has been opened."""
        if not self._port:
            raise RuntimeError("the desktop has no address before it is opened")
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> list[DesktopRequest]:
        """The requests so far, in order of arrival; no key is in them."""
        return self.log.requests

    @property
    def files(self) -> dict[str, bytes]:
        """The attached files, by the key of their attachment."""
        return self.connector.files

    @property
    def selected(self) -> str:
        """What is selected in the window: "L1" is My Library, "C7" a collection."""
        place = self.window.current()
        return self.window.target(place.number, place.collection)

    @selected.setter
    def selected(self, target: str) -> None:
        if not self.window.resolve(target):
            raise ValueError(f"the window shows no {target!r}")
        self.window.selected = target

    def target(self, collection: str, library: ZoteroLibrary | None = None) -> str:
        """Return the connector's name of a collection, given its key; raises KeyError if it never existed."""
        return self.window.target(self.window.number(library or self.library), collection)

    def add_group(self, number: int, name: str, *, editable: bool = True) -> ZoteroLibrary:
        """Let the user be a member of a group, and return its library."""
        group = ZoteroLibrary(kind="group", id=number, name=name, strict=False, client_keys=False, now=self._now)
        group.base_url = self._base_url()
        self.groups[number] = group
        self.window.add(group, editable=editable)
        return group

    def close_dialog(self) -> None:
        """Close the dialog that an outdated connector opened, as a user does."""
        self.connector.dialog_closed.set()

    def open(self) -> Self:
        """Start the program."""
        self.closing.clear()
        self._listener = Listener(self._port, DesktopHandler, self)
        self._port = self._listener.port
        self._listener.start()
        for library in self.window.libraries.values():
            library.base_url = self._base_url()
        return self

    def _base_url(self) -> str:
        """Return where printed links lead: to this program, by the name that it gives itself."""
        return f"http://localhost:{self._port}/api"

    def quit(self) -> None:
        """Close the program: the port is closed; sessions, write tokens and keys for one write are forgotten."""
        if not self._listener:
            return
        self.closing.set()
        self.close_dialog()
        self._listener.stop()
        self._listener = None
        self.connector.sessions.clear()
        self.tokens.forget()
        self.keys.forget()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.quit()

    def fault(self, number: int) -> str:
        """Return the fault of the request with this number."""
        return self.faults(number)

    def endpoint(self, path: str) -> Endpoint | None:
        """Return what answers at a path."""
        return self._local_api.endpoint(path) if path.startswith("/api/") else self.connector.endpoint(path)

    def known_methods(self) -> frozenset[str]:
        """Return the methods of any endpoint; before Zotero 10 there were but two."""
        return _READ | _WRITE if self.writable else _READ

    def headers(self) -> dict[str, str]:
        """Return what every reply carries."""
        return {"X-Zotero-Version": self.version, "X-Zotero-Connector-API-Version": str(self.connector.version)}
