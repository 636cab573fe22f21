"""What the local API tells of item types and their fields; the same for every library (specs/zotero_desktop.md 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from refkit.testing.zotero_desktop_http import Call, Reply, as_json
from refkit.testing.zotero_desktop_reading import Refused
from refkit.testing.zotero_schema import FIELDS, ITEM_TYPES, VERSION, ItemType

_CREATOR_FIELDS = {"firstName": "First", "lastName": "Last", "name": "Name"}


def _rows(name: str, values: Iterable[str]) -> Reply:
    """Return values together with what an English window calls them."""
    rows = [{name: value, "localized": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value).capitalize()} for value in values]
    return as_json(200, rows)


def _asked(call: Call) -> ItemType:
    kind = ITEM_TYPES.get(call.parameter("itemType") or "")
    if kind is None:
        raise Refused(400, "Invalid or missing 'itemType' value")
    return kind


def _schema(_: Call) -> Reply:
    return as_json(200, {"version": VERSION, "itemTypes": [_described(kind) for kind in ITEM_TYPES.values()]})


def _described(kind: ItemType) -> dict[str, object]:
    fields = [{"field": name} | ({"baseField": kind.base[name]} if name in kind.base else {}) for name in kind.fields]
    creators = [
        {"creatorType": name} | ({} if index else {"primary": True}) for index, name in enumerate(kind.creators)
    ]
    return {"itemType": kind.name, "fields": fields, "creatorTypes": creators}


TYPES: dict[str, Callable[[Call], Reply]] = {
    "/api/schema": _schema,
    "/api/itemTypes": lambda _: _rows("itemType", ITEM_TYPES),
    "/api/itemFields": lambda _: _rows("field", sorted(FIELDS)),
    "/api/itemTypeFields": lambda call: _rows("field", _asked(call).fields),
    "/api/itemTypeCreatorTypes": lambda call: _rows("creatorType", _asked(call).creators),
    "/api/creatorFields": lambda _: as_json(
        200, [{"field": name, "localized": label} for name, label in _CREATOR_FIELDS.items()]
    ),
}
