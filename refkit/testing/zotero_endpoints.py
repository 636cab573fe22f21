"""What the stand-in Zotero server answers inside a library (specs/zotero_web_api.md 3 to 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from refkit.testing import zotero_print
from refkit.testing.zotero_files import Files
from refkit.testing.zotero_http import Reply, WebRequest, as_json, error, nothing
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_listing import Folder, Lister, is_unchanged, listed_keys, since
from refkit.testing.zotero_objects import Kind, Report
from refkit.testing.zotero_rules import Data
from refkit.testing.zotero_values import KEY, ZoteroRefusal

Answer = Callable[..., Reply]

_MOST_KEYS = 100  # in one DELETE
_NO_HEADER = "If-Unmodified-Since-Version must be provided for delete requests"
_KIND: Mapping[Folder, Kind] = {"items": "item", "collections": "collection"}


class Endpoints:
    """The endpoints of all libraries; `files` are those of their attachments."""

    def __init__(self) -> None:
        self.files = Files()
        self._lister = Lister()
        items, collections = self._table("items"), self._table("collections")
        key = f"({KEY.pattern})"
        routes: dict[str, dict[str, Answer]] = {
            "items": {"GET": self._items, "POST": self._post("items"), "DELETE": self._delete("items")},
            "items/(top|trash)": {"GET": self._items},
            f"items/{key}": items,
            f"items/{key}/children": {"GET": self._children},
            f"items/{key}/file(?:/view)?": {"GET": self._file, "POST": self._upload},
            "collections": {
                "GET": self._collections,
                "POST": self._post("collections"),
                "DELETE": self._delete("collections"),
            },
            "collections/(top)": {"GET": self._collections},
            f"collections/{key}": collections,
            f"collections/{key}/collections": {"GET": self._collections},
            f"collections/{key}/items": {"GET": self._members, "POST": self._collect},
            f"collections/{key}/items/(top)": {"GET": self._members},
            f"collections/{key}/items/{key}": {"DELETE": self._uncollect},
            "deleted": {"GET": self._deleted},
            "tags": {"GET": self._tags, "DELETE": self._delete_tags},
            "searches": {"GET": lambda _, library: as_json([], version=library.version, Total_Results="0")},
            "settings": {"GET": lambda _, library: as_json({}, version=library.version)},
        }
        self._routes = [(re.compile(pattern), methods) for pattern, methods in routes.items()]

    def answer(self, request: WebRequest, library: ZoteroLibrary, path: str) -> Reply:
        """Return the answer of a path in a library. Raises ZoteroRefusal."""
        for pattern, methods in self._routes:
            match = pattern.fullmatch(path)
            if match:
                answer = methods.get("GET" if request.method == "HEAD" else request.method)
                if answer is None:
                    return error(405, "Method not allowed", Allow=", ".join(_allowed(methods)))
                return answer(request, library, *match.groups())
        raise ZoteroRefusal(HTTPStatus.NOT_FOUND, "Not found")

    # Lists

    def _items(self, request: WebRequest, library: ZoteroLibrary, part: str = "") -> Reply:
        trashed = request.query.get("includeTrashed") == "1"

        def rows() -> Iterable[Data]:
            for row in library.items.values():
                in_trash = "deleted" in row
                if part == "trash":
                    shown = in_trash
                else:
                    shown = (trashed or not in_trash) and not (part == "top" and "parentItem" in row)
                if shown:
                    yield row

        return self._lister.reply(request, library, "items", part, rows)

    def _children(self, request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
        _row(library, "items", key)
        trashed = request.query.get("includeTrashed") == "1"

        def rows() -> Iterable[Data]:
            return [library.items[each] for each in library.children(key, trashed=trashed)]

        return self._lister.reply(request, library, "items", key, rows)

    def _members(self, request: WebRequest, library: ZoteroLibrary, key: str, part: str = "") -> Reply:
        _row(library, "collections", key)
        trashed = request.query.get("includeTrashed") == "1"

        def rows() -> Iterable[Data]:
            # What hangs on an item is where the item is.
            members = {each for each, row in library.items.items() if key in row.get("collections", ())}
            for each, row in library.items.items():
                here = each in members or (not part and row.get("parentItem") in members)
                if here and (trashed or "deleted" not in row):
                    yield row

        return self._lister.reply(request, library, "items", f"{key}/items/{part}", rows)

    def _collections(self, request: WebRequest, library: ZoteroLibrary, place: str = "") -> Reply:
        if place not in {"", "top"}:
            _row(library, "collections", place)
        parent = False if place == "top" else place

        def rows() -> Iterable[Data]:
            return [row for row in library.collections.values() if place == "" or row["parentCollection"] == parent]

        return self._lister.reply(request, library, "collections", f"{place}/collections", rows)

    def _deleted(self, request: WebRequest, library: ZoteroLibrary) -> Reply:
        after = since(request, required=True)
        with library.lock:
            gone = {
                kind: [name for name, version in versions.items() if version > after]
                for kind, versions in library.deleted.items()
            }
            return as_json({**gone, "settings": []}, version=library.version)

    def _tags(self, _: WebRequest, library: ZoteroLibrary) -> Reply:
        counts: dict[tuple[str, int], int] = {}
        with library.lock:
            version = library.version
            for row in library.items.values():
                for tag in row["tags"]:
                    name = (tag["tag"], tag.get("type", 0))
                    counts[name] = counts.get(name, 0) + 1
        found = [
            {"tag": tag, "links": {}, "meta": {"type": kind, "numItems": count}}
            for (tag, kind), count in sorted(counts.items())
        ]
        return as_json(found, version=version, Total_Results=str(len(found)), objects=len(found))

    # Single objects

    def _table(self, folder: Folder) -> dict[str, Answer]:
        kind = _KIND[folder]

        def get(request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
            with library.lock:
                version = _row(library, folder, key)["version"]
                if is_unchanged(request, version):
                    return nothing(version, HTTPStatus.NOT_MODIFIED)
                printed = library.envelope(key) if kind == "item" else library.collection_envelope(key)
            return as_json(printed, version=version, objects=1)

        def write(request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
            replace = request.method == "PUT"
            sent = request.json()
            version = library.write_one(kind, key, sent, request.version_header(), replace=replace)
            return nothing(version, objects=1)

        def delete(request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
            with library.lock:
                _check_delete(request, library, folder, key)
                library.remove(kind, [key])
                return nothing(library.version, objects=1)

        return {"GET": get, "PUT": write, "PATCH": write, "DELETE": delete}

    def _file(self, _: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
        return self.files.get(library, key)

    def _upload(self, request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
        return self.files.post(request, library, key)

    # Several objects

    def _post(self, folder: Folder) -> Answer:
        def post(request: WebRequest, library: ZoteroLibrary) -> Reply:
            header, sent = request.version_header(), request.json()
            write = library.write_items if folder == "items" else library.write_collections
            with library.lock:
                report = write(sent, header)
                reply = as_json(report, version=library.version, objects=len(sent))
            return msgspec.structs.replace(reply, token=not _last_failed(report, len(sent)))

        return post

    def _delete(self, folder: Folder) -> Answer:
        def delete(request: WebRequest, library: ZoteroLibrary) -> Reply:
            header = request.version_header()
            sent = request.query.get("itemKey" if folder == "items" else "collectionKey", "")
            if sent.count(",") >= _MOST_KEYS:
                message = f"Cannot delete more than {_MOST_KEYS} objects at a time"
                raise ZoteroRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
            keys = listed_keys(request, "itemKey" if folder == "items" else "collectionKey")
            with library.lock:
                library.check_version(header)
                library.remove(_KIND[folder], keys)
                return nothing(library.version, objects=len(keys))

        return delete

    def _delete_tags(self, request: WebRequest, library: ZoteroLibrary) -> Reply:
        header = request.version_header()
        if header is None:
            raise ZoteroRefusal(HTTPStatus.PRECONDITION_REQUIRED, "If-Unmodified-Since-Version not provided")
        with library.lock:
            library.check_version(header)
            library.remove_tags(re.split(r"\s*\|\|\s*", request.query.get("tag", "")))
            return nothing(library.version)

    def _collect(self, request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
        """Add items to a collection; as observed, the library's version does not tell."""
        _row(library, "collections", key)
        with library.lock:
            for each in request.content.decode("utf-8", "replace").split():
                row = _row(library, "items", each)
                if key not in row["collections"]:
                    library.items[each] = {**row, "collections": [*row["collections"], key]}
            self._lister.forget()
            return nothing(library.version)

    def _uncollect(self, _: WebRequest, library: ZoteroLibrary, key: str, item: str) -> Reply:
        _row(library, "collections", key)
        _row(library, "items", item)
        raise ZoteroRefusal(HTTPStatus.INTERNAL_SERVER_ERROR, "An error occurred")  # as observed


def _row(library: ZoteroLibrary, folder: Folder, key: str) -> Data:
    row = (library.items if folder == "items" else library.collections).get(key)
    if row is None:
        message = "Item does not exist" if folder == "items" else "Collection not found"
        raise ZoteroRefusal(HTTPStatus.NOT_FOUND, message)
    return row


def _check_delete(request: WebRequest, library: ZoteroLibrary, folder: Folder, key: str) -> None:
    version = request.version_header()
    if version is None:
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_REQUIRED, _NO_HEADER)
    row = (library.items if folder == "items" else library.collections).get(key)
    name = _KIND[folder].title()
    if row is None and version:
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_FAILED, f"{name} not found (expected version {version})")
    found = _row(library, folder, key)["version"]
    if version < found:
        message = f"{name} has been modified since specified version (expected {version}, found {found})"
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_FAILED, message, version=found)


def _allowed(methods: Mapping[str, Any]) -> list[str]:
    return [*(["HEAD"] if "GET" in methods else []), *methods]


def _last_failed(report: Report, count: int) -> bool:
    """Return whether the last object of a batch failed: the write token is lost then, as observed."""
    return str(count - 1) in report["failed"]


def group_of(library: ZoteroLibrary, owner: int) -> Data:
    """Return a group as /users/U/groups prints it."""
    data = {
        "id": library.id,
        "version": library.version,
        "name": library.name,
        "owner": owner,
        "type": "Private",
        "description": "",
        "url": "",
        "libraryEditing": "members",
        "libraryReading": "members",
        "fileEditing": "members",
    }
    links = {"self": {"href": zotero_print.address(library, "").rstrip("/"), "type": "application/json"}}
    meta = {"numItems": len(library.items)}
    return {"id": library.id, "version": library.version, "links": links, "meta": meta, "data": data}
