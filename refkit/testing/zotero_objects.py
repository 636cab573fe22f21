"""The objects of one Zotero library and the rules of writing them (specs/zotero_web_api.md 3, 3.1, 4, 6)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from threading import RLock
from typing import Any, Literal

from refkit.testing import zotero_print, zotero_rules
from refkit.testing.listening import utc_now
from refkit.testing.zotero_rules import Data
from refkit.testing.zotero_values import ZoteroRefusal, is_key, refuse_unless

Kind = Literal["item", "collection"]
Report = dict[str, dict[str, Any]]

MOST_OBJECTS = 50  # in one request
_ALPHABET = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_WRITTEN = {"item": zotero_rules.written_item, "collection": zotero_rules.written_collection}
_BAD = HTTPStatus.BAD_REQUEST
_STALE = HTTPStatus.PRECONDITION_FAILED
_NO_VERSION = "Either If-Unmodified-Since-Version or 'version' property must be provided for 'key'-based writes"
_NO_VERSION_OF_ONE = (
    "Either If-Unmodified-Since-Version or object version property must be provided for key-based writes"
)
_TO_CREATE = "not found (to create, use If-Unmodified-Since-Version: 0, JSON 'version' 0, or PUT method)"


def new_key() -> str:
    """Return a random key such as Zotero gives to its objects."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(8))


class LibraryObjects:
    """A library as programs see it; may be used from several threads, `lock` holds its state still.

    `items` and `collections` are what the API calls data, by key; `deleted` names the versions at which objects went
    for good. `strict=False` has the weaker rules of the desktop, `client_keys=False` its refusal of keys chosen by the
    client (specs/zotero_desktop.md 3). `base_url` is where the printed links lead.
    """

    def __init__(
        self,
        *,
        kind: Literal["user", "group"] = "user",
        id: int = 1,  # noqa: A002 - the name is Zotero's
        name: str = "",
        strict: bool = True,
        client_keys: bool = True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.kind = kind
        self.id = id
        self.name = name
        self.strict = strict
        self.client_keys = client_keys
        self.now = now
        self.base_url = "https://api.zotero.org"
        self.lock = RLock()
        self.version = 0
        self.items: dict[str, Data] = {}
        self.collections: dict[str, Data] = {}
        self.deleted: dict[str, dict[str, int]] = {"collections": {}, "items": {}, "searches": {}, "tags": {}}
        self._children: dict[str, set[str]] = {}
        self._counts: tuple[int, dict[str, list[int]]] = (-1, {})

    def envelope(self, key: str) -> Data:
        """Return an item as the API prints it. Raises KeyError if there is none."""
        with self.lock:
            return zotero_print.item(self, self.items[key])

    def collection_envelope(self, key: str) -> Data:
        """Return a collection as the API prints it. Raises KeyError if there is none."""
        with self.lock:
            return zotero_print.collection(self, self.collections[key])

    def children(self, key: str, *, trashed: bool = False) -> list[str]:
        """Return the keys of an item's children, with or without those in the trash."""
        with self.lock:
            rows = ((child, self.items.get(child, {})) for child in self._children.get(key, ()))
            return sorted(
                child for child, row in rows if row.get("parentItem") == key and (trashed or "deleted" not in row)
            )

    def count(self, collection: str) -> tuple[int, int]:
        """Return how many collections and how many items (without trash) are in a collection."""
        with self.lock:
            if self._counts[0] != self.version:
                self._counts = (self.version, self._counted())
            collections, items = self._counts[1].get(collection, (0, 0))
        return collections, items

    def _counted(self) -> dict[str, list[int]]:
        counts: dict[str, list[int]] = {key: [0, 0] for key in self.collections}
        for row in self.collections.values():
            if row["parentCollection"] in counts:
                counts[row["parentCollection"]][0] += 1
        for row in self.items.values():
            for key in () if "deleted" in row else row.get("collections", ()):
                counts.setdefault(key, [0, 0])[1] += 1
        return counts

    def write_items(self, objects: Any, header_version: int | None = None) -> Report:
        """Write items one by one and return the four maps of the API, by index.

        Raises ZoteroRefusal if the request as a whole is refused: not a list, too long, or the library is newer than
        `header_version` (If-Unmodified-Since-Version).
        """
        return self._write_all("item", objects, header_version)

    def write_collections(self, objects: Any, header_version: int | None = None) -> Report:
        """Write collections like items."""
        return self._write_all("collection", objects, header_version)

    def write_one(
        self, kind: Kind, key: str, sent: Any, header_version: int | None = None, *, replace: bool = False
    ) -> int:
        """Write one object by PATCH, or by PUT (`replace`), and return its version (specs/zotero_web_api.md 4).

        Raises ZoteroRefusal.
        """
        with self.lock:
            found = _unwrapped(sent)
            version = _version_of_one(found, header_version)
            row = self._rows(kind).get(key)
            if row is None:
                _may_create(kind, version, replace=replace)
            elif version is None:
                raise ZoteroRefusal(HTTPStatus.PRECONDITION_REQUIRED, _NO_VERSION_OF_ONE)
            else:
                self._check_one(kind, row, version)
            self._put(kind, {**found, "key": key}, row, replace=replace)
            return int(self._rows(kind)[key]["version"])

    def remove(self, kind: Kind, keys: Iterable[str]) -> None:
        """Delete objects for good, children and sub-collections too; keys of no object are passed over.

        The library's version rises by one if there was any.
        """
        with self.lock:
            doomed = self._with_those_below(kind, keys)
            if not doomed:
                return
            self.version += 1
            for key in doomed:
                self._forget(kind, key)
                self.deleted[f"{kind}s"][key] = self.version
            if kind == "collection":
                self._empty(doomed)

    def _empty(self, collections: set[str]) -> None:
        """Take all items out of collections; the real server does not give them a new version for it."""
        for key, row in list(self.items.items()):
            if not collections.isdisjoint(row.get("collections", ())):
                kept = [each for each in row["collections"] if each not in collections]
                self.items[key] = {**row, "collections": kept}

    def remove_tags(self, names: Iterable[str]) -> None:
        """Take tags off all items; the items change with it."""
        with self.lock:
            doomed = dict.fromkeys(names)
            changed = [row for row in self.items.values() if any(tag["tag"] in doomed for tag in row["tags"])]
            self.version += 1
            for row in changed:
                kept = [tag for tag in row["tags"] if tag["tag"] not in doomed]
                self.items[row["key"]] = {**row, "version": self.version, "tags": kept}
            self.deleted["tags"].update(dict.fromkeys(doomed, self.version))

    def check_version(self, header_version: int | None) -> None:
        """Raise a ZoteroRefusal with status 412 if the library is newer than a caller believes."""
        if header_version is not None and header_version < self.version:
            numbers = f"(expected {header_version}, found {self.version})"
            raise ZoteroRefusal(_STALE, f"Library has been modified since specified version {numbers}")

    def _rows(self, kind: Kind) -> dict[str, Data]:
        return self.items if kind == "item" else self.collections

    def _write_all(self, kind: Kind, objects: Any, header_version: int | None) -> Report:
        refuse_unless(isinstance(objects, list), "Uploaded data must be a JSON array")
        refuse_unless(objects or self.strict, f"No {kind}s provided")
        if len(objects) > MOST_OBJECTS:
            message = f"Cannot add more than {MOST_OBJECTS} {kind}s at a time"
            raise ZoteroRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        report: Report = {"successful": {}, "success": {}, "unchanged": {}, "failed": {}}
        with self.lock:
            self.check_version(header_version)
            for index, sent in enumerate(objects):
                self._report(report, kind, str(index), sent, header_version)
        return report

    def _report(self, report: Report, kind: Kind, index: str, sent: Any, header_version: int | None) -> None:
        try:
            found = _unwrapped(sent)
            row = self._addressed(kind, found, header_version)
            key, changed = self._put(kind, found, row)
        except ZoteroRefusal as refusal:
            report["failed"][index] = self._failure(refusal, sent)
            return
        if changed:
            printed = self.envelope(key) if kind == "item" else self.collection_envelope(key)
            report["successful"][index] = printed
            report["success"][index] = key
        else:
            report["unchanged"][index] = key
            self.version += self.strict  # as observed: an unchanged object counts too

    def _failure(self, refusal: ZoteroRefusal, sent: Any) -> Data:
        message = escaped(refusal.message) if self.strict else refusal.message
        failure: Data = {"code": refusal.status, "message": message}
        if not self.strict:
            failure = {"key": str(sent.get("key") or "") if isinstance(sent, dict) else "", **failure}
        return {**failure, "data": dict(refusal.data)} if refusal.data else failure

    def _addressed(self, kind: Kind, sent: Data, header_version: int | None) -> Data | None:
        """Return the object that is meant, None if it is to be created; check versions (specs 3.1)."""
        key, version = sent.get("key"), sent.get("version")
        if not key:
            refuse_unless(version is None, f"'version' is valid only if {kind} key is provided")
            return None
        refuse_unless(is_key(key), f"'{key}' is not a valid {kind} key")
        if version is None and header_version is None:
            raise ZoteroRefusal(HTTPStatus.PRECONDITION_REQUIRED, _NO_VERSION)
        row = self._rows(kind).get(key)
        if row is None:
            _may_create(kind, version, replace=True)
            refuse_unless(self.client_keys, f"'primaryData' not loaded for {kind} (null/1/{key})")
        elif version is not None:
            self._check_one(kind, row, version)
        return row

    def _check_one(self, kind: Kind, row: Data, version: int) -> None:
        found = row["version"]
        if not self.strict and version != found:
            raise ZoteroRefusal(_STALE, f"{kind} version mismatch: expected {version}, found {found}")
        if version < found:
            numbers = f"(expected {version}, found {found})"
            message = f"{kind.title()} has been modified since specified version {numbers}"
            raise ZoteroRefusal(_STALE, message, version=found)

    def _put(self, kind: Kind, sent: Data, row: Data | None, *, replace: bool = False) -> tuple[str, bool]:
        """Write an object, return its key and whether it changed."""
        key = sent.get("key") or new_key()
        data = _WRITTEN[kind]({**sent, "key": key}, row, self, replace=replace)
        if row is not None and data == {name: row[name] for name in row if name not in {"key", "version"}}:
            return key, False
        self.version += 1
        self._store(kind, key, data)
        return key, True

    def _store(self, kind: Kind, key: str, data: Data) -> None:
        self._rows(kind)[key] = {"key": key, "version": self.version, **data}
        self.deleted[f"{kind}s"].pop(key, None)
        if data.get("parentItem"):
            self._children.setdefault(data["parentItem"], set()).add(key)

    def _with_those_below(self, kind: Kind, keys: Iterable[str]) -> set[str]:
        doomed: set[str] = set()
        waiting = [key for key in keys if key in self._rows(kind)]
        while waiting:
            key = waiting.pop()
            doomed.add(key)
            below = self.children(key, trashed=True) if kind == "item" else self._sub_collections(key)
            waiting += [each for each in below if each not in doomed]
        return doomed

    def _sub_collections(self, key: str) -> list[str]:
        return [each for each, row in self.collections.items() if row["parentCollection"] == key]

    def _forget(self, kind: Kind, key: str) -> None:
        del self._rows(kind)[key]
        self._children.pop(key, None)


def escaped(message: str) -> str:
    """Return a message as the web API escapes it for HTML."""
    return message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _unwrapped(sent: Any) -> Data:
    """Return the data of an object, which may come in its envelope."""
    refuse_unless(isinstance(sent, dict), "Invalid value in uploaded data; expected JSON object")
    inner = sent.get("data")
    return dict(inner) if isinstance(inner, dict) else dict(sent)


def _may_create(kind: Kind, version: int | None, *, replace: bool) -> None:
    if version:
        message = f"{kind.title()} doesn't exist (expected version {version}; use 0 instead)"
        raise ZoteroRefusal(HTTPStatus.NOT_FOUND, message)
    if version is None and not replace:
        raise ZoteroRefusal(HTTPStatus.NOT_FOUND, f"{kind.title()} {_TO_CREATE}")


def _version_of_one(sent: Data, header_version: int | None) -> int | None:
    version = sent.get("version")
    refuse_unless(version is None or isinstance(version, int), "Invalid version")
    if version is None or header_version is None:
        return header_version if version is None else version
    refuse_unless(version == header_version, "If-Unmodified-Since-Version value does not match JSON 'version' property")
    return header_version
