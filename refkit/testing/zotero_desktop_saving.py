"""How the stand-in desktop turns what a connector sends into items of a library (specs/zotero_desktop.md 2, saveItems).

Connectors speak the format of translators: tags and creators in short forms, notes inside their item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from refkit.testing.zotero_desktop_http import Crash
from refkit.testing.zotero_desktop_window import Place
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_schema import ITEM_TYPES

# Of what a connector sends these are not saved: it uploads attachments by itself, the rest is the desktop's to decide.
_DROPPED = frozenset(
    "id key version dateAdded dateModified path attachments notes seeAlso complete collections relations itemID".split()
)


def save(place: Place, sent: Sequence[Any], *, automatic_tags: bool) -> list[str]:
    """Save translator items, all or none, and return the keys of the items (not of their notes).

    Raises Crash if one of them cannot be saved.
    """
    items = [_item(each, place, automatic_tags=automatic_tags) for each in sent]
    with place.library.lock:
        undo = _Undo(place.library)
        try:
            keys = create(place.library, items)
            notes = [_note(key, note) for key, each in zip(keys, sent, strict=True) for note in each.get("notes") or ()]
            create(place.library, notes)
        except Crash:
            undo.roll_back()
            raise
    return keys


def create(library: ZoteroLibrary, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Create items and return their keys. Raises Crash if one is refused; those before it are created then."""
    keys = []
    for item in items:
        report = library.write_items([dict(item)])
        if report["failed"]:
            raise Crash
        keys.append(str(report["success"]["0"]))
    return keys


def change(library: ZoteroLibrary, key: str, **fields: Any) -> None:
    """Set fields of an item, as the program itself does. Raises Crash if the library refuses them."""
    report = library.write_items([{"key": key, "version": library.items[key]["version"], **fields}])
    if report["failed"]:
        raise Crash


def _item(sent: Any, place: Place, *, automatic_tags: bool) -> dict[str, Any]:
    kind = ITEM_TYPES.get(str(sent.get("itemType"))) if isinstance(sent, dict) else None
    if kind is None:
        raise Crash
    # Translators may name a field as its base field is named: `publisher` is the repository of a preprint.
    item = {kind.field_of(name) or name: value for name, value in sent.items() if name not in _DROPPED}
    item["creators"] = [_creator(each) for each in sent.get("creators") or ()]
    item["tags"] = [{"tag": tag, "type": 1} for tag in _tags(sent.get("tags") or ())] if automatic_tags else []
    item["collections"] = [place.collection] if place.collection else []
    return item


def _creator(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a creator as the API prints it: one name of one part, or two parts."""
    kind = sent.get("creatorType") or "author"
    if sent.get("fieldMode") == 1 or not sent.get("firstName"):
        return {"creatorType": kind, "name": sent.get("lastName") or sent.get("name") or ""}
    return {"creatorType": kind, "firstName": sent["firstName"], "lastName": sent.get("lastName") or ""}


def _tags(sent: Iterable[Any]) -> list[str]:
    """Return the names of tags, each once; those of the connector may be texts or objects."""
    names = (str(tag.get("tag") or tag.get("name") or "") if isinstance(tag, dict) else str(tag) for tag in sent)
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _note(parent: str, sent: Any) -> dict[str, Any]:
    content = sent.get("note", "") if isinstance(sent, dict) else str(sent)
    return {"itemType": "note", "note": content, "parentItem": parent, "tags": [], "relations": {}}


class _Undo:
    """The state of a library, to which it can be brought back if nothing but new items has come since."""

    def __init__(self, library: ZoteroLibrary) -> None:
        self._library = library
        self._version = library.version
        self._keys = frozenset(library.items)

    def roll_back(self) -> None:
        for key in [key for key in self._library.items if key not in self._keys]:
            del self._library.items[key]
        self._library.version = self._version
