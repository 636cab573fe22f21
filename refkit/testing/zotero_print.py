"""How Zotero's API prints an object with what belongs around it: library, links, meta (specs/zotero_web_api.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from refkit.testing.zotero_schema import ITEM_TYPES

Data = dict[str, Any]

_WWW = "https://www.zotero.org"
_JSON = "application/json"
_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?(?![\d])")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MOST_NAMED = 2  # creators in a summary; of more only the first is named


class Printed(Protocol):
    """What is asked of a library to print its objects."""

    @property
    def kind(self) -> str:
        """What it belongs to: "user" or "group"."""

    id: int
    name: str
    base_url: str

    def children(self, key: str) -> list[str]:
        """Return the keys of an item's children."""

    def count(self, collection: str) -> tuple[int, int]:
        """Return how many collections and items are in a collection."""


def _owner(library: Printed) -> str:
    """Return the path of a library on Zotero's web site."""
    slug = re.sub(r"[^a-z0-9]+", "_", library.name.lower()).strip("_")
    return f"{_WWW}/groups/{library.id}/{slug}" if library.kind == "group" else f"{_WWW}/{slug or library.id}"


def _html(address: str) -> Data:
    return {"href": address, "type": "text/html"}


def library_of(library: Printed) -> Data:
    """Return the `library` part of an object."""
    alternate = {"alternate": _html(_owner(library))}
    return {"type": library.kind, "id": library.id, "name": library.name, "links": alternate}


def address(library: Printed, path: str) -> str:
    """Return the address of something in a library."""
    return f"{library.base_url}/{library.kind}s/{library.id}/{path}"


def _around(library: Printed, data: Data, folder: str, up: str) -> Data:
    key = data["key"]
    links = {
        "self": {"href": address(library, f"{folder}/{key}"), "type": _JSON},
        "alternate": _html(f"{_owner(library)}/{folder}/{key}"),
    }
    if up:
        links["up"] = {"href": address(library, f"{folder}/{up}"), "type": _JSON}
    return {"key": key, "version": data["version"], "library": library_of(library), "links": links}


def item(library: Printed, data: Data) -> Data:
    """Return an item as the API prints it."""
    meta: Data = {}
    kind = ITEM_TYPES[data["itemType"]]
    if summary := creator_summary(data.get("creators") or (), kind.creators):
        meta["creatorSummary"] = summary
    if parsed := parsed_date(next((data[name] for name in ("date", kind.field_of("date")) if data.get(name)), "")):
        meta["parsedDate"] = parsed
    if kind.is_regular:
        meta["numChildren"] = len(library.children(data["key"]))
    return {**_around(library, data, "items", data.get("parentItem") or ""), "meta": meta, "data": data}


def collection(library: Printed, data: Data) -> Data:
    """Return a collection as the API prints it."""
    collections, items = library.count(data["key"])
    meta = {"numCollections": collections, "numItems": items}
    return {**_around(library, data, "collections", data["parentCollection"] or ""), "meta": meta, "data": data}


def creator_summary(creators: Iterable[Mapping[str, str]], kinds: tuple[str, ...]) -> str:
    """Return the names by which an item is cited: of its primary creators, or else of the first kind that it has."""
    found = list(creators)
    for kind in kinds:
        names = [each.get("lastName") or each.get("name", "") for each in found if each["creatorType"] == kind]
        if len(names) > _MOST_NAMED:
            return f"{names[0]} et al."
        if names:
            return " and ".join(names)
    return ""


def parsed_date(text: str) -> str:
    """Return the part of a date that is understood: a year, a month, a day, as far as it is written in numbers."""
    match = _DATE.match(text)
    if match:
        return "-".join(part.zfill(2) for part in match.groups() if part)
    year = _YEAR.search(text)
    return year[0] if year else ""
