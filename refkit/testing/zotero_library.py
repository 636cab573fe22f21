"""A Zotero library without HTTP: what programs write into it, and what its user does there by hand.

library = ZoteroLibrary(name="ada")
report = library.write_items([{"itemType": "preprint", "title": "…"}])  # what a program does
key = library.add(title="…", tags=["read"])  # what the user does
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from refkit.testing.zotero_objects import Kind, LibraryObjects, new_key
from refkit.testing.zotero_rules import Data
from refkit.testing.zotero_schema import blank
from refkit.testing.zotero_values import ZoteroRefusal, stamp


class ZoteroLibrary(LibraryObjects):
    """A library together with its user, whose changes raise versions as those of a client do.

    The user's methods raise KeyError for an object that does not exist and ValueError for what the rules refuse.
    """

    def add(self, *, key: str = "", **data: Any) -> str:
        """Add an item, a preprint unless `itemType` says otherwise, and return its key; tags may be given by name."""
        return self._by_hand("item", key, {"itemType": "preprint", **data})

    def edit(self, key: str, **fields: Any) -> None:
        """Change fields of an item."""
        self._by_hand("item", self.items[key]["key"], fields)

    def tag(self, key: str, *names: str) -> None:
        """Put tags on an item by hand."""
        with self.lock:
            here = self.items[key]["tags"]
            self.edit(key, tags=[*here, *({"tag": name} for name in names if {"tag": name} not in here)])

    def untag(self, key: str, name: str) -> None:
        """Take a tag off an item."""
        with self.lock:
            self.edit(key, tags=[tag for tag in self.items[key]["tags"] if tag["tag"] != name])

    def trash(self, key: str) -> None:
        """Put an item into the trash."""
        self.edit(key, deleted=1)

    def restore(self, key: str) -> None:
        """Take an item out of the trash."""
        self.edit(key, deleted=0)

    def delete(self, key: str) -> None:
        """Delete an item and its children for good."""
        self.remove("item", [self.items[key]["key"]])

    def empty_trash(self) -> None:
        """Delete for good what is in the trash."""
        with self.lock:
            self.remove("item", [key for key, row in self.items.items() if "deleted" in row])

    def add_collection(self, name: str, parent: str | bool = False, *, key: str = "") -> str:  # noqa: FBT001, FBT002 - Zotero's own form
        """Add a collection and return its key."""
        return self._by_hand("collection", key, {"name": name, "parentCollection": parent})

    def edit_collection(self, key: str, **fields: Any) -> None:
        """Rename or move a collection."""
        self._by_hand("collection", self.collections[key]["key"], fields)

    def delete_collection(self, key: str) -> None:
        """Delete a collection and those in it; the items stay in the library."""
        self.remove("collection", [self.collections[key]["key"]])

    def collect(self, key: str, collection: str) -> None:
        """Put an item into a collection."""
        with self.lock:
            here = self.items[key]["collections"]
            self.edit(key, collections=[*here, *([] if collection in here else [collection])])

    def uncollect(self, key: str, collection: str) -> None:
        """Take an item out of a collection."""
        with self.lock:
            self.edit(key, collections=[each for each in self.items[key]["collections"] if each != collection])

    def _by_hand(self, kind: Kind, key: str, fields: Mapping[str, Any]) -> str:
        sent = {**fields, **({"key": key} if key else {})}
        if kind == "item" and "tags" in fields:
            sent["tags"] = [{"tag": tag} if isinstance(tag, str) else tag for tag in fields["tags"]]
        with self.lock:
            try:
                return self._put(kind, sent, self._rows(kind).get(key))[0]
            except ZoteroRefusal as refusal:
                raise ValueError(refusal.message) from refusal

    def load(self, items: Iterable[Mapping[str, Any]]) -> list[str]:
        """Fill in many items quickly and return their keys; the data are believed, only gaps in them are filled."""
        now = stamp(self.now())
        found = []
        with self.lock:
            for given in items:
                self.version += 1
                key = given.get("key") or new_key()
                self._store("item", key, _filled(given, now))
                found.append(key)
        return found


def _filled(given: Mapping[str, Any], now: str) -> Data:
    item_type = given.get("itemType", "preprint")
    place: Data = {} if given.get("parentItem") else {"collections": []}
    dates = {"dateAdded": now, "dateModified": now}
    rest = {name: value for name, value in given.items() if name not in {"key", "version", "tags"}}
    tags = [{"tag": tag} if isinstance(tag, str) else tag for tag in given.get("tags", ())]
    form = blank(item_type, given.get("linkMode", ""))
    return {**form, "tags": tags, **place, "relations": {}, **dates, **rest}
