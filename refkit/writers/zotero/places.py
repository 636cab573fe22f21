r"""Paths of collections ("Reading/2025-03-13") -> the collections that they mean, which exist or are to be made. Pure.

Zotero allows equal names; a path means the first collection of its name, and never leads to a second one. A collection
that refkit knows is followed when the user renames or moves it, and not made again when the user deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from refkit.writers.zotero.items import collection_name, object_key, split_path

# Stands for the key of a collection that is yet to be made, before its path.
PENDING = "@"


class Place(Struct, frozen=True):
    """What a path means: a collection's key, `PENDING` and the path if it is to be made, "" if it stays deleted."""

    path: str
    key: str


class Places:
    """The collections of a library, asked by path. `known` is what paths meant to earlier runs."""

    def __init__(
        self, collections: Iterable[Mapping[str, Any]], known: Mapping[str, str], *, recreate: bool = False
    ) -> None:
        everything = {str(each["key"]): each for each in collections}
        self._collections = {key: each for key, each in everything.items() if not each.get("deleted")}
        self._there = set(everything)  # also those in the trash, in which items stay until it is emptied
        # What paths meant that were asked for, to be followed from then on.
        self.resolved: dict[str, str] = {}
        self._children: dict[tuple[str, str], str] = {}
        for key in sorted(self._collections, reverse=True):
            each = self._collections[key]
            self._children[str(each.get("parentCollection") or ""), str(each.get("name"))] = key
        self._known = known
        self._recreate = recreate

    def resolve(self, path: str) -> Place:
        """Return what a path means."""
        key = self._walk(split_path(path))
        if key:
            self.resolved[path] = key
        gone = any(head in self._known for head in self.missing(path))
        if not key and gone and not self._recreate:
            return Place(path, "")
        return Place(path, key or PENDING + path)

    def _walk(self, parts: Sequence[str]) -> str:
        """Return the collection at the end of a path, "" if it is missing (or there are no parts).

        One that is known counts, wherever it is by now; else the one of this name below the one above.
        """
        known = self._known.get("/".join(parts), "")
        if not parts or known in self._collections:
            return known
        above = self._walk(parts[:-1])
        return self._children.get((above, collection_name(parts[-1])), "") if above or len(parts) == 1 else ""

    def existing(self, keys: Iterable[str]) -> list[str]:
        """Return those of the keys that are collections: an item read earlier may name one that is gone."""
        return [key for key in keys if key in self._there]

    def missing(self, path: str) -> list[str]:
        """Return the paths that are to be made for this one, outermost first: all below the last that exists."""
        parts = split_path(path)
        heads = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
        there = [number for number, head in enumerate(heads, start=1) if self._walk(split_path(head))]
        return heads[max(there, default=0) :]

    def key_of(self, path: str) -> str:
        """Return the key of a collection that exists, "" for another (and for no path at all)."""
        return self._walk(split_path(path))

    def parent_of(self, path: str) -> str | None:
        """Return the key of the collection above a path, "" if it is at the top, None if that does not exist."""
        parts = split_path(path)[:-1]
        return (self._walk(parts) or None) if parts else ""

    def add(self, path: str, data: Mapping[str, Any]) -> None:
        """Take note of a collection that was made, or found to be there, at a path."""
        key = str(data["key"])
        self._collections[key] = data
        self._there.add(key)
        self._children[str(data.get("parentCollection") or ""), collection_name(split_path(path)[-1])] = key


def new_collection(path: str, parent: str, library: str, *, own_key: bool) -> dict[str, Any]:
    """Return a collection as it is sent; with a key of ours, the same for the same place, if there may be one."""
    name = collection_name(split_path(path)[-1])
    data: dict[str, Any] = {"name": name, "parentCollection": parent or False, "relations": {}}
    return {"key": object_key(library, "collection", parent, name), "version": 0, **data} if own_key else data
