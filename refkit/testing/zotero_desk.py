"""What holds for every request to the stand-in Zotero server, and the answers outside of libraries.

The order of the checks is the real server's, as far as it was observed (specs/zotero_web_api.md 1, 2, 3.2, 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from refkit.testing.zotero_access import Access, Keys, Limits, WriteTokens, check_access
from refkit.testing.zotero_endpoints import Endpoints, group_of
from refkit.testing.zotero_files import UPLOAD
from refkit.testing.zotero_http import READING, Reply, WebRequest, as_json, error, refused
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_schema import ITEM_TYPES, VERSION, blank
from refkit.testing.zotero_values import ZoteroRefusal, refuse_unless

_MAINTENANCE = "Server updates in progress. Please try again in a few minutes."
_VERSIONS = frozenset({"1", "2", "3"})
_LIBRARY = re.compile(r"/(users|groups)/([^/]+)(?:/(.*))?")
_KEPT = frozenset({"POST", "PUT", "PATCH"})  # methods after which a write token is remembered


class Desk:
    """Answers requests; `clock` counts seconds for what expires, `limits` None has none of section 8.

    `maintenance` is when the server answers nothing but 503.
    """

    def __init__(
        self, libraries: list[ZoteroLibrary], keys: Keys, limits: Limits | None, clock: Callable[[], float]
    ) -> None:
        self.libraries = libraries
        self.keys = keys
        self.limits = limits
        self.maintenance = False
        self.endpoints = Endpoints()
        self._tokens = WriteTokens(clock)

    def answer(self, request: WebRequest) -> Reply:
        """Return the answer of a request."""
        try:
            reply = self._answer(request)
        except ZoteroRefusal as refusal:
            reply = refused(refusal)
        return reply

    def _answer(self, request: WebRequest) -> Reply:
        if request.header("Expect"):
            return error(HTTPStatus.EXPECTATION_FAILED, "Expect header is not supported")
        if request.path.startswith(UPLOAD):
            return self.endpoints.files.receive(request)
        if self.maintenance:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, _MAINTENANCE)
        _check_api_version(request)
        return self._admit(request)

    def _admit(self, request: WebRequest) -> Reply:
        """Check the key and the limits, and let the request in."""
        key = self.keys.key_of(request)
        if self.limits and key and key not in self.keys.known and (late := self.limits.bad_key()):
            return late
        access = self.keys.access_of(key)
        if not self.limits:
            return self._dispatch(request, key, access)
        if late := self.limits.rate(key):
            return late
        with self.limits.turn(access.user_id if access else 0) as late:
            return late or self._dispatch(request, key, access)

    def _dispatch(self, request: WebRequest, key: str, access: Access | None) -> Reply:
        if request.path in _PUBLIC and request.method in READING:
            return as_json(_PUBLIC[request.path](request.query))
        if request.path.startswith("/keys"):
            return self._keys(request, key)
        match = _LIBRARY.fullmatch(request.path.rstrip("/"))
        if not match:
            raise ZoteroRefusal(HTTPStatus.NOT_FOUND, "Not found")
        kind, number, path = match[1], match[2], match[3] or ""
        library = self._library(kind, number)
        if kind == "users" and path == "groups":
            return self._groups(request, access)
        check_access(access, library, request.method)
        if kind == "groups" and not path:
            return as_json(group_of(library, self._owner()), version=library.version)
        token = None if request.method in READING else request.header("Zotero-Write-Token")
        self._tokens.check(key, token)
        reply = self.endpoints.answer(request, library, path)
        if reply.token and request.method in _KEPT and reply.status < HTTPStatus.BAD_REQUEST:
            self._tokens.keep(key, token)
        return reply

    def _keys(self, request: WebRequest, key: str) -> Reply:
        if request.method not in READING:
            raise ZoteroRefusal(HTTPStatus.FORBIDDEN, "Forbidden")
        asked = request.path.removeprefix("/keys/")
        if asked == "current":
            if not key:
                raise ZoteroRefusal(HTTPStatus.FORBIDDEN, "Forbidden")
            asked = key
        if asked not in self.keys.known:
            raise ZoteroRefusal(HTTPStatus.NOT_FOUND, "Key not found")
        return as_json(self.keys.known[asked].printed(asked))

    def _library(self, kind: str, number: str) -> ZoteroLibrary:
        refuse_unless(number.isdecimal() and int(number), f"Invalid {kind[:-1]} ID")
        for library in self.libraries:
            if f"{library.kind}s" == kind and library.id == int(number):
                return library
        message = f"User {number} not found" if kind == "users" else "Group not found"
        raise ZoteroRefusal(HTTPStatus.NOT_FOUND, message)

    def _owner(self) -> int:
        return next((library.id for library in self.libraries if library.kind == "user"), 0)

    def _groups(self, request: WebRequest, access: Access | None) -> Reply:
        """Return the groups of a user, who is a member of all; strangers see none, for they are private."""
        mine = access is not None and access.groups and request.path.startswith(f"/users/{access.user_id}/")
        groups = [library for library in self.libraries if library.kind == "group"] if mine else []
        if request.query.get("format") == "versions":
            return as_json({str(library.id): library.version for library in groups})
        found = [group_of(library, self._owner()) for library in groups]
        return as_json(found, Total_Results=str(len(found)), objects=len(found))


def _check_api_version(request: WebRequest) -> None:
    header, parameter = request.header("Zotero-API-Version"), request.query.get("v")
    for given in (header, parameter):
        refuse_unless(given is None or given in _VERSIONS, f"Invalid API version '{given}'")
    same = header is None or parameter is None or header == parameter
    refuse_unless(same, "Zotero-API-Version header does not match 'v' query parameter")


def _kind_of(query: Mapping[str, str]) -> str:
    name = query.get("itemType", "")
    refuse_unless(name, "'itemType' not provided")
    refuse_unless(name in ITEM_TYPES, f"Invalid item type '{name}'")
    return name


def _localized(key: str, names: Any) -> list[dict[str, str]]:
    return [{key: name, "localized": name} for name in names]


def _new(query: Mapping[str, str]) -> dict[str, Any]:
    name = _kind_of(query)
    form = {**blank(name, query.get("linkMode", "")), "tags": [], "collections": [], "relations": {}}
    if form.get("creators") == []:
        form["creators"] = [{"creatorType": ITEM_TYPES[name].creators[0], "firstName": "", "lastName": ""}]
    return form


def _schema(_: Mapping[str, str]) -> dict[str, Any]:
    types = []
    for name, kind in ITEM_TYPES.items():
        fields = [
            {"field": field, **({"baseField": kind.base[field]} if field in kind.base else {})} for field in kind.fields
        ]
        creators = [
            {"creatorType": each, **({} if rank else {"primary": True})} for rank, each in enumerate(kind.creators)
        ]
        types.append({"itemType": name, "fields": fields, "creatorTypes": creators})
    return {"version": VERSION, "itemTypes": types}


# What needs no key and belongs to no library.
_PUBLIC: dict[str, Callable[[Mapping[str, str]], Any]] = {
    "/schema": _schema,
    "/itemTypes": lambda _: _localized("itemType", ITEM_TYPES),
    "/itemFields": lambda _: _localized(
        "field", dict.fromkeys(field for kind in ITEM_TYPES.values() for field in kind.fields)
    ),
    "/itemTypeFields": lambda query: _localized("field", ITEM_TYPES[_kind_of(query)].fields),
    "/itemTypeCreatorTypes": lambda query: _localized("creatorType", ITEM_TYPES[_kind_of(query)].creators),
    "/items/new": _new,
}
