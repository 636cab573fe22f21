"""What becomes of an item or a collection when it is written (specs/zotero_web_api.md 3.3, specs/zotero_desktop.md 3).

Nothing here changes a library: the functions return the whole new object, or raise ZoteroRefusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from refkit.testing import zotero_values as values
from refkit.testing.zotero_schema import FIELDS, ITEM_TYPES, LINK_MODES, ItemType, blank
from refkit.testing.zotero_values import ZoteroRefusal, refuse_unless

Data = dict[str, Any]

_TOO_LONG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_LIBRARY = 1  # the number of the library inside Zotero, which its messages name
_LONGEST_FIELD = 65_535  # bytes
_LONGEST_NOTE = 500_000  # characters
_LONGEST_NAME = 255  # characters
_ATTACHMENT = frozenset({"linkMode", "contentType", "charset", "filename", "md5", "mtime", "path"})
# Read elsewhere, or of older versions of the API and of no effect.
_NOT_STORED = frozenset({"key", "version", "itemType", "itemKey", "itemVersion", "inPublications"})
_REQUIRED_BY_PUT = ("tags", "collections", "relations")
_CHANGES_THAT_DO_NOT_DATE = frozenset({"collections", "relations"})


class Known(Protocol):
    """What the rules ask of a library."""

    strict: bool
    items: dict[str, Data]
    collections: dict[str, Data]
    now: Callable[[], datetime]


def written_item(sent: Mapping[str, Any], current: Data | None, known: Known, *, replace: bool = False) -> Data:
    """Return the item that results from writing `sent` over `current` (None: it is new); without key and version.

    With `replace` (PUT) what is not sent is emptied. Raises ZoteroRefusal.
    """
    kind = _kind(sent, current, required=replace or current is None)
    if replace and current:
        _require(sent, current)
    mode = _link_mode(sent, current, kind)
    before = _carried(current, kind) if current and not replace else {}
    changes: Data = {}
    appended: list[str] = []
    for name in sent:
        if name not in _NOT_STORED:
            _Property(name, sent, kind, known, current is None).read(changes, appended)
    if appended:
        earlier = changes.get("extra", before.get("extra", ""))
        changes["extra"] = "\n".join([*filter(None, [earlier]), *appended])
    data = _assembled(kind, mode, {**before, **changes})
    _check_place(sent, data, kind, known)
    return _dated(data, current, changes, values.stamp(known.now()))


def _kind(sent: Mapping[str, Any], current: Data | None, *, required: bool) -> ItemType:
    name = sent.get("itemType", None if required or not current else current["itemType"])
    refuse_unless(name, "'itemType' property not provided")
    refuse_unless(isinstance(name, str) and name in ITEM_TYPES, f"'{name}' is not a valid itemType")
    return ITEM_TYPES[str(name)]


def _require(sent: Mapping[str, Any], current: Data) -> None:
    for name in _REQUIRED_BY_PUT:
        refuse_unless(
            name in sent or (name == "collections" and "parentItem" in current), f"'{name}' property not provided"
        )


def _link_mode(sent: Mapping[str, Any], current: Data | None, kind: ItemType) -> str:
    if kind.name != "attachment":
        return ""
    mode = sent.get("linkMode") or (current or {}).get("linkMode")
    refuse_unless(mode, "'linkMode' property not provided")
    refuse_unless(mode in LINK_MODES, f"'{mode}' is not a valid linkMode")
    return str(mode)


def _carried(current: Data, kind: ItemType) -> Data:
    """Return what an item keeps; when its type changes, fields go over by their base field."""
    if current["itemType"] == kind.name:
        return current
    old = ITEM_TYPES[current["itemType"]]
    kept = {name: value for name, value in current.items() if name not in FIELDS}
    for name in old.fields:
        target = kind.field_of(old.base.get(name, name))
        if target:
            kept[target] = current[name]
    return kept


def _assembled(kind: ItemType, mode: str, found: Data) -> Data:
    """Return an item's properties in the order of the API."""
    data: Data = {"parentItem": found["parentItem"]} if found.get("parentItem") else {}
    data |= {name: found.get(name, empty) for name, empty in blank(kind.name, mode).items()}
    data["itemType"] = kind.name
    data |= {name: value for name, value in found.items() if name.startswith("annotation")}
    if found.get("deleted"):
        data["deleted"] = 1
    data["tags"] = found.get("tags", [])
    if "parentItem" not in data:
        data["collections"] = found.get("collections", [])
    data["relations"] = found.get("relations", {})
    return data | {name: found.get(name, "") for name in ("dateAdded", "dateModified")}


def _check_place(sent: Mapping[str, Any], data: Data, kind: ItemType, known: Known) -> None:
    parent = data.get("parentItem")
    if not parent:
        return
    refuse_unless(not kind.is_regular, "Child item must be note, attachment, or annotation")
    refuse_unless(not sent.get("collections"), "Child items cannot be assigned to collections")
    if parent not in known.items:
        raise ZoteroRefusal(HTTPStatus.CONFLICT, f"Parent item {parent} not found", {"parentItem": parent})


def _dated(data: Data, current: Data | None, changes: Data, now: str) -> Data:
    """Keep what is the same in another order, and set the dates; an item that did not change keeps its own."""
    if current is None:
        added = data["dateAdded"] or data["dateModified"] or now
        return {**data, "dateAdded": added, "dateModified": data["dateModified"] or now}
    for name in ("tags", "collections"):
        if name in data and _same(data[name], current.get(name)):
            data[name] = current[name]
    data["dateAdded"] = data["dateAdded"] or current["dateAdded"]
    data["dateModified"] = data["dateModified"] or current["dateModified"]
    changed = {name for name in data.keys() | current.keys() if data.get(name) != current.get(name)}
    if changed - _CHANGES_THAT_DO_NOT_DATE - {"key", "version"} and not changes.get("dateModified"):
        data["dateModified"] = now
    return data


def _same(one: list[Any], other: list[Any] | None) -> bool:
    return other is not None and len(one) == len(other) and all(each in other for each in one)


class _Property:
    """One property of an item that is written."""

    def __init__(self, name: str, sent: Mapping[str, Any], kind: ItemType, known: Known, new: bool) -> None:  # noqa: FBT001 - one caller
        self.name, self.value, self.kind, self.known, self.new = name, sent[name], kind, known, new
        self.key = sent.get("key")

    def read(self, changes: Data, appended: list[str]) -> None:
        """Put what it says into `changes`, or into `appended` as a line for Extra."""
        readers: dict[str, Callable[[], Any]] = {
            "tags": lambda: values.tags(self.value, strict=self.known.strict),
            "collections": self._collections,
            "relations": lambda: values.relations(self.value),
            "deleted": lambda: values.flag(self.value),
            "parentItem": self._parent,
            "note": self._note,
            "dateAdded": self._moment,
            "dateModified": self._moment,
        }
        if self.name in readers:
            changes[self.name] = readers[self.name]()
        elif self.name == "creators":
            refuse_unless(self.kind.creators or not self.value, "Invalid property 'creators'")
            if self.kind.creators:
                changes["creators"] = values.creators(self.value, self.kind, new=self.new, strict=self.known.strict)
        elif self.name in _ATTACHMENT or self.name.startswith("annotation"):
            refuse_unless(
                self.kind.name == ("attachment" if self.name in _ATTACHMENT else "annotation"),
                f"Invalid property '{self.name}'",
            )
            changes[self.name] = self.value
        elif self.name in self.kind.fields:
            changes[self.name] = self._moment() if self.name == "accessDate" else self._field()
        else:
            appended += self._foreign()

    def _foreign(self) -> list[str]:
        """Return the line for Extra that the desktop makes of a field which the type does not have."""
        if self.known.strict or not self.kind.is_regular:
            refuse_unless(self.name in FIELDS, f"Invalid property '{self.name}'")
            raise ZoteroRefusal(
                HTTPStatus.BAD_REQUEST, f"'{self.name}' is not a valid field for type '{self.kind.name}'"
            )
        given = values.text(self.name, self.value)
        return [f"{_label(self.name)}: {given}"] if given else []

    def _field(self) -> str:
        given = values.text(self.name, self.value)
        if self.known.strict and len(given.encode()) > _LONGEST_FIELD:
            label = "Abstract" if self.name == "abstractNote" else _label(self.name)
            message = f"{label} field value '{given[:50]}…' too long for item '{_LIBRARY}/{self.key}'"
            raise ZoteroRefusal(_TOO_LONG, message, {"field": label, "value": given})
        return given

    def _moment(self) -> str:
        return values.moment(self.name, self.value, self.known.now())

    def _collections(self) -> list[str]:
        found = values.keys(self.value, "collection", "collections")
        for key in found:
            if key not in self.known.collections and self.known.strict:
                raise ZoteroRefusal(HTTPStatus.CONFLICT, f"Collection {key} not found", {"collection": key})
            refuse_unless(key in self.known.collections, f"Collection {key} not found for item {_LIBRARY}/null")
        return found

    def _parent(self) -> str:
        if not self.value:
            return ""
        refuse_unless(values.is_key(self.value), f"'{self.value}' is not a valid item key")
        return str(self.value)

    def _note(self) -> str:
        refuse_unless(
            self.kind.name in {"note", "attachment"}, "'note' property is valid only for note and attachment items"
        )
        note = values.text("note", self.value)
        if len(note) > _LONGEST_NOTE:
            raise ZoteroRefusal(_TOO_LONG, f"Note '{note[:50]}...' too long")
        return note


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return words[:1].upper() + words[1:]


def written_collection(sent: Mapping[str, Any], current: Data | None, known: Known, *, replace: bool = False) -> Data:
    """Return the collection that results from writing `sent` over `current`; without key and version.

    Raises ZoteroRefusal (specs/zotero_web_api.md 6).
    """
    for name in sent:
        refuse_unless(
            name in {"key", "version", "name", "parentCollection", "relations", "deleted"}, f"Invalid property '{name}'"
        )
    kept = {} if current is None or replace else current
    data = {name: value for name, value in kept.items() if name not in {"key", "version"}}
    if "name" in sent or not data:
        data["name"] = _collection_name(sent)
    data["parentCollection"] = _parent_collection(sent.get("parentCollection", data.get("parentCollection")), known)
    data["relations"] = values.relations(sent.get("relations", data.get("relations", {})))
    if "deleted" in sent:
        data.pop("deleted", None)
        data |= {"deleted": 1} if values.flag(sent["deleted"]) else {}
    return data


def _collection_name(sent: Mapping[str, Any]) -> str:
    refuse_unless("name" in sent, "'name' property not provided")
    refuse_unless(isinstance(sent["name"], str), "'name' must be a string")
    name = values.text("name", sent["name"])
    refuse_unless(name, "Collection name cannot be empty")
    if len(name) > _LONGEST_NAME:
        raise ZoteroRefusal(_TOO_LONG, f"Collection '{name[:50]}…' too long", {"value": name})
    return name


def _parent_collection(key: Any, known: Known) -> str | bool:
    if not key:
        return False
    refuse_unless(values.is_key(key), f"'{key}' is not a valid collection key")
    if key not in known.collections:
        raise ZoteroRefusal(HTTPStatus.CONFLICT, f"Parent collection {key} not found", {"collection": key})
    return str(key)
