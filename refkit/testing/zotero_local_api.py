"""The local API of the stand-in desktop: its addresses, and what is checked before one is answered.

As in specs/zotero_desktop.md 3: reading needs no key, writing needs the server's id and a key of the user's, in that
order. What is read and written is in `zotero_desktop_reading` and `zotero_desktop_writing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import msgspec

from refkit.testing import zotero_desktop_writing as writing
from refkit.testing.zotero_desktop_http import Call, Endpoint, Reply, text
from refkit.testing.zotero_desktop_keys import Dialog, Keys, WriteTokens
from refkit.testing.zotero_desktop_reading import Refused, Row, items, page, single
from refkit.testing.zotero_desktop_types import TYPES
from refkit.testing.zotero_desktop_window import Window
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_schema import VERSION as SCHEMA
from refkit.testing.zotero_values import ZoteroRefusal

_VERSION = "3"
_PATH = re.compile(r"/api/(users|groups)/(\d+)(?:/(.+))?")
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


class Desktop(Protocol):
    """What the local API needs of the desktop."""

    local_api: bool
    writable: bool
    server_id: str
    user_id: int
    library: ZoteroLibrary
    groups: dict[int, ZoteroLibrary]
    window: Window
    keys: Keys
    tokens: WriteTokens
    dialog: Dialog


# Addresses that lead into no library.
_FIXED: dict[str, Callable[[Call], Reply]] = {"/api/": lambda _: text(200, "Nothing to see here."), **TYPES}


class _Route(msgspec.Struct, frozen=True):
    """A kind of address: what reads it, what writes it and by which methods; another method has the status `wrong`."""

    pattern: str
    read: Callable[[LocalApi, Call, ZoteroLibrary, str], Reply]
    write: Callable[[ZoteroLibrary, Call, str], Reply] | None = None
    methods: frozenset[str] = frozenset()
    wrong: int = 400


class LocalApi:
    """The endpoints, over one desktop."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    def endpoint(self, path: str) -> Endpoint | None:
        """Return what answers at a path."""
        if path in _FIXED:
            return Endpoint(answer=partial(self._guarded, _FIXED[path]), methods=frozenset({"GET"}))
        if path == "/api/local/authorize":
            answer = partial(self._guarded, self._authorize)
            return Endpoint(answer=answer, methods=frozenset({"POST"})) if self._desktop.writable else None
        match = _PATH.fullmatch(path)
        if not match:
            return None
        for route in _ROUTES:
            if found := re.fullmatch(route.pattern, f"{match[1]}/{match[3] or ''}"):
                key = found[1] if found.groups() else ""
                return self._endpoint(route, partial(self._owned, match[1], int(match[2]), route, key))
        return None

    def _endpoint(self, route: _Route, answer: Callable[[Call], Reply]) -> Endpoint:
        writable = self._desktop.writable
        methods = route.methods if writable else frozenset()
        wrong = route.wrong if writable else 400
        return Endpoint(answer=partial(self._guarded, answer), methods=methods | {"GET"}, wrong_method=wrong)

    def _guarded(self, answer: Callable[[Call], Reply], call: Call) -> Reply:
        """Return an answer with the headers of the API, after the checks that hold for every address."""
        asked = call.header("Zotero-API-Version") or call.parameter("v") or _VERSION
        if not self._desktop.local_api:
            reply = text(403, "Local API is not enabled")
        elif asked != _VERSION and call.path != "/api/":
            reply = text(501, f"API version not implemented: {asked}")
        else:
            try:
                reply = answer(call)
            except Refused as refused:
                reply = refused.reply
            except ZoteroRefusal as refusal:
                reply = text(refusal.status, refusal.message)
        headers = {"Zotero-API-Version": _VERSION, "Zotero-Schema-Version": str(SCHEMA)}
        if self._desktop.writable:  # before there was writing nothing needed to know the server
            headers["Zotero-Server-ID"] = self._desktop.server_id
        return msgspec.structs.replace(reply, headers={**headers, **reply.headers})

    def _authorize(self, call: Call) -> Reply:
        self._check_server(call, needed=True)
        return self._desktop.keys.authorize(call.data, self._desktop.dialog)

    def _check_server(self, call: Call, *, needed: bool) -> None:
        sent = call.header("Zotero-Server-ID")
        if needed and not sent:
            raise Refused(428, "Zotero-Server-ID not provided")
        if sent and sent != self._desktop.server_id and self._desktop.writable:
            raise Refused(412, "Zotero-Server-ID does not match this server")

    def _owned(self, kind: str, number: int, route: _Route, key: str, call: Call) -> Reply:
        """Answer for the library of a user or a group."""
        library = self._library(kind, number)
        self._check_server(call, needed=call.method != "GET")
        if call.method == "GET":
            return route.read(self, call, library, key)
        self._check_key(call)
        window = self._desktop.window
        if window.number(library) in window.read_only:
            raise Refused(403, "Write access denied")
        return self._write(route, call, library, key)

    def _library(self, kind: str, number: int) -> ZoteroLibrary:
        desktop = self._desktop
        if kind == "groups":
            if number not in desktop.groups:
                raise Refused(404, "Not found")
            return desktop.groups[number]
        if number not in {0, desktop.user_id}:
            hint = f" or {desktop.user_id}" if desktop.user_id else ""
            raise Refused(400, f"Only data for the logged-in user is available locally -- use userID 0{hint}")
        return desktop.library

    def _check_key(self, call: Call) -> None:
        bearer = _BEARER.fullmatch(call.header("Authorization"))
        key = call.header("Zotero-API-Key") or call.parameter("key") or (bearer[1] if bearer else "")
        if not key:
            raise Unauthorized("API key required -- POST /api/local/authorize to obtain one")
        if not self._desktop.keys.accept(key):
            raise Unauthorized("Invalid or expired API key")

    def _write(self, route: _Route, call: Call, library: ZoteroLibrary, key: str) -> Reply:
        """Write once for each write token, which is kept although objects of the request failed."""
        if route.write is None:
            raise Refused(405, "Method not allowed")
        tokens, window, token = self._desktop.tokens, self._desktop.window, call.header("Zotero-Write-Token")
        with library.lock:
            if tokens.used(token):
                raise Refused(412, "Write token already used")
            before = set(library.collections)
            reply = route.write(library, call, key)
            tokens.keep(token)
            created = [each for each in library.collections if each not in before]
        if created:  # outside the lock: the window looks into every library
            window.selected = window.target(window.number(library), created[-1])
        return reply

    # What is read; `key` is the one in the address.

    def item_page(self, call: Call, library: ZoteroLibrary, _: str, *, top: bool = False, trash: bool = False) -> Reply:
        """Return items, those of the trash only if they are asked for."""
        return self._items(call, library, lambda row: not (top and row.get("parentItem")), trash=trash)

    def children(self, call: Call, library: ZoteroLibrary, key: str) -> Reply:
        """Return the notes and attachments of an item."""
        return self._items(call, library, lambda row: row.get("parentItem") == key)

    def collected(self, call: Call, library: ZoteroLibrary, key: str) -> Reply:
        """Return the items of a collection."""
        return self._items(call, library, lambda row: key in row.get("collections", ()))

    def _items(
        self, call: Call, library: ZoteroLibrary, choose: Callable[[Row], bool], *, trash: bool = False
    ) -> Reply:
        with library.lock:
            rows = items(library, call, choose, trash=trash)
            return page(rows, call, library.version, lambda row: library.envelope(row["key"]))

    def item(self, call: Call, library: ZoteroLibrary, key: str) -> Reply:
        """Return one item, in the trash or not."""
        with library.lock:
            return single(library.items.get(key), call, lambda row: library.envelope(row["key"]))

    def collection_page(self, call: Call, library: ZoteroLibrary, key: str, *, top: bool = False) -> Reply:
        """Return all collections, those at the top, or those in another one."""
        with library.lock:
            every = library.collections.values()
            rows = [row for row in every if not (top or key) or row["parentCollection"] == (key or False)]
            return page(rows, call, library.version, lambda row: library.collection_envelope(row["key"]))

    def collection(self, call: Call, library: ZoteroLibrary, key: str) -> Reply:
        """Return one collection."""
        with library.lock:
            return single(library.collections.get(key), call, lambda row: library.collection_envelope(row["key"]))

    def group_page(self, call: Call, library: ZoteroLibrary, _: str) -> Reply:
        """Return the groups that the user is a member of."""
        rows = [self._group(number) for number in self._desktop.groups]
        return page(rows, call, library.version, lambda row: row)

    def group(self, call: Call, library: ZoteroLibrary, _: str) -> Reply:
        """Return one group."""
        number = next(number for number, each in self._desktop.groups.items() if each is library)
        return single(self._group(number), call, lambda row: row)

    def _group(self, number: int) -> Row:
        library = self._desktop.groups[number]
        data: Row = {"id": number, "version": library.version, "name": library.name, "description": ""}
        return {"id": number, "version": library.version, "links": {}, "meta": {}, "data": data}


class Unauthorized(Refused):
    """A write without a valid key."""

    def __init__(self, message: str) -> None:
        super().__init__(401, message)
        headers = {**self.reply.headers, "WWW-Authenticate": 'Bearer realm="Zotero local API"'}
        self.reply = msgspec.structs.replace(self.reply, headers=headers)


def _owned_by_both(rest: str, **options: Any) -> _Route:
    return _Route(rf"(?:users|groups)/{rest}", **options)


_LIST, _ONE = frozenset({"POST", "DELETE"}), frozenset({"PUT", "PATCH", "DELETE"})
_ROUTES = (
    _owned_by_both("items", read=LocalApi.item_page, write=writing.items, methods=_LIST),
    _owned_by_both("items/top", read=partial(LocalApi.item_page, top=True)),
    _owned_by_both("items/trash", read=partial(LocalApi.item_page, trash=True)),
    _owned_by_both("items/trash/top", read=partial(LocalApi.item_page, top=True, trash=True)),
    _owned_by_both("items/([^/]+)", read=LocalApi.item, write=writing.item, methods=_ONE),
    _owned_by_both("items/([^/]+)/children", read=LocalApi.children, wrong=405),
    _owned_by_both("collections", read=LocalApi.collection_page, write=writing.collections, methods=_LIST),
    _owned_by_both("collections/top", read=partial(LocalApi.collection_page, top=True)),
    _owned_by_both("collections/([^/]+)", read=LocalApi.collection, write=writing.collection, methods=_ONE),
    _owned_by_both("collections/([^/]+)/items", read=LocalApi.collected, wrong=405),
    _owned_by_both("collections/([^/]+)/items/top", read=LocalApi.collected, wrong=405),
    _owned_by_both("collections/([^/]+)/collections", read=LocalApi.collection_page, wrong=405),
    _Route("users/groups", read=LocalApi.group_page),
    _Route("groups/", read=LocalApi.group),
)
