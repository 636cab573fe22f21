"""The stand-in desktop's window: its libraries and collections by number, and which of them is selected.

The connector names a place as the window does: "L1" is a library, "C7" a collection, whichever library it is in
(specs/zotero_desktop.md 2). The numbers are the desktop's own; the local API knows groups by their id on the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from refkit.testing.zotero_library import ZoteroLibrary

_TARGET = re.compile(r"([LC])(\d+)")


class Place(msgspec.Struct, frozen=True):
    """A library by its number, or a collection in it by its key ("" for the library itself)."""

    number: int
    library: ZoteroLibrary
    collection: str
    editable: bool


class Window:
    """The libraries of one desktop; number 1 is My Library. `selected` may name a place that is gone: see `current`."""

    def __init__(self, user: ZoteroLibrary) -> None:
        self.libraries: dict[int, ZoteroLibrary] = {1: user}
        self.read_only: set[int] = set()
        self.selected = "L1"
        self.recent: list[str] = []
        self._numbers: dict[tuple[int, str], int] = {}

    def add(self, library: ZoteroLibrary, *, editable: bool) -> int:
        """Show one more library, and return its number."""
        number = len(self.libraries) + 1
        self.libraries[number] = library
        if not editable:
            self.read_only.add(number)
        return number

    def number(self, library: ZoteroLibrary) -> int:
        """Return a library's number. Raises KeyError if the window does not show it."""
        return {id(each): number for number, each in self.libraries.items()}[id(library)]

    def target(self, number: int, collection: str = "") -> str:
        """Return the name of a place. Raises KeyError if it never existed."""
        if not collection:
            return f"L{number}"
        self._count()
        return f"C{self._numbers[number, collection]}"

    def resolve(self, target: str) -> Place | None:
        """Return the place with this name, None if there is none."""
        match = _TARGET.fullmatch(target)
        if not match:
            return None
        kind, given = match[1], int(match[2])
        if kind == "L":
            return self._place(given, "")
        self._count()
        found = next((place for place, number in self._numbers.items() if number == given), None)
        return self._place(*found) if found else None

    def _count(self) -> None:
        """Give a number to each collection that has none; numbers are never used twice."""
        for number, library in self.libraries.items():
            with library.lock:
                for key in library.collections:
                    self._numbers.setdefault((number, key), len(self._numbers) + 1)

    def _place(self, number: int, collection: str) -> Place | None:
        library = self.libraries.get(number)
        if library is None or (collection and collection not in library.collections):
            return None
        return Place(number, library, collection, number not in self.read_only)

    def current(self) -> Place:
        """Return what is selected; My Library if that is gone."""
        return self.resolve(self.selected) or Place(1, self.libraries[1], "", editable=True)

    def save_target(self) -> Place:
        """Return where the connector saves to. If that is read-only, My Library is selected instead."""
        place = self.current()
        if place.editable:
            return place
        self.selected = "L1"
        return self.current()

    def select(self, target: str) -> None:
        """Select a place, and note it as one that was saved to."""
        self.selected = target
        self.recent = [*(each for each in self.recent if each != target), target][-7:]

    def tree(self, number: int) -> Iterator[tuple[str, str, int]]:
        """Yield target, name and level (from 1) of a library's collections, parents before their children."""
        library = self.libraries[number]
        with library.lock:
            rows = sorted(library.collections.values(), key=lambda row: str(row["name"]).casefold())
        # What hangs on a collection that is gone is not shown.
        waiting = [(row, 1) for row in reversed(rows) if not row.get("parentCollection")]
        while waiting:
            row, level = waiting.pop()
            yield self.target(number, str(row["key"])), str(row["name"]), level
            waiting += [(each, level + 1) for each in reversed(rows) if each.get("parentCollection") == row["key"]]
