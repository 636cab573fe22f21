"""How the stand-in desktop's local API is written to (specs/zotero_desktop.md 3, "Writing").

The rules for objects and batches are the library's; here is what the desktop asks of a request besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refkit.testing.zotero_desktop_http import Call, Crash, Reply, as_json
from refkit.testing.zotero_desktop_reading import Refused, Row
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_objects import MOST_OBJECTS, Kind


def items(library: ZoteroLibrary, call: Call, _: str) -> Reply:
    """Create or change items, or delete those named in the address."""
    if call.method == "DELETE":
        return _delete_many(library, call, "item")
    return _write_many(library, call, library.write_items)


def collections(library: ZoteroLibrary, call: Call, _: str) -> Reply:
    """Create or change collections, or delete those named in the address."""
    if call.method == "DELETE":
        return _delete_many(library, call, "collection")
    return _write_many(library, call, library.write_collections)


def item(library: ZoteroLibrary, call: Call, key: str) -> Reply:
    """Change, replace or delete one item."""
    return _one(library, call, "item", library.items.get(key), key)


def collection(library: ZoteroLibrary, call: Call, key: str) -> Reply:
    """Change, replace or delete one collection."""
    return _one(library, call, "collection", library.collections.get(key), key)


def _header(call: Call) -> int | None:
    """Return the version that the caller knows, None if it sent none."""
    sent = call.header("If-Unmodified-Since-Version")
    if not sent:
        return None
    if not sent.isdecimal():
        raise Refused(400, "Invalid If-Unmodified-Since-Version value")
    return int(sent)


def _written(version: int) -> Reply:
    return Reply(204, headers={"Last-Modified-Version": str(version)})


def _write_many(library: ZoteroLibrary, call: Call, write: Callable[..., Row]) -> Reply:
    report = write(call.data, _header(call))
    return as_json(200, report, {"Last-Modified-Version": str(library.version)})


def _delete_many(library: ZoteroLibrary, call: Call, kind: Kind) -> Reply:
    header = _header(call)
    if header is None:
        raise Refused(428, "If-Unmodified-Since-Version not provided")
    keys = [key for key in (call.parameter(f"{kind}Key") or "").split(",") if key]
    if not keys:
        raise Refused(400, f"'{kind}Key' not provided")
    if len(keys) > MOST_OBJECTS:
        raise Refused(413, f"Cannot delete more than {MOST_OBJECTS} {kind}s at a time")
    library.check_version(header)
    library.remove(kind, keys)
    return _written(library.version)


def _one(library: ZoteroLibrary, call: Call, kind: Kind, row: Row | None, key: str) -> Reply:
    known = _known(call)
    if row is None:
        if call.method == "PUT":
            raise Crash  # it would be created under a key of the caller's, which this version cannot
        raise Refused(404, "Not found")
    if known != row["version"]:
        raise Refused(412, f"{kind} version mismatch: expected {known}, found {row['version']}")
    if call.method == "DELETE":
        library.remove(kind, [key])
        return _written(library.version)
    if not isinstance(call.data, dict):
        raise Refused(400, "Uploaded data must be a JSON object")
    return _written(library.write_one(kind, key, call.data, known, replace=call.method == "PUT"))


def _known(call: Call) -> int:
    """Return the version that the caller knows, by the header or, if something is sent, in it."""
    sent: Any = call.data.get("version") if isinstance(call.data, dict) else None
    header = _header(call)
    if header is not None:
        return header
    if not isinstance(sent, int):
        raise Refused(428, "If-Unmodified-Since-Version not provided")
    return sent
