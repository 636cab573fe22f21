"""What entries of a .bib file lend each other: `crossref` a volume to its papers, `xdata` shared data to all. Pure.

The rules are BibLaTeX's (manual, appendix B), held against what biber does. In two things they are more careful: what
an entry says itself always stays, and no part of a date is mixed with another (biber makes 2019-03 of a paper's year
2019 and its volume's March 2020). In one they are more lenient: the title of any volume becomes the booktitle of a
paper in it, also that of a volume which is a @book or a @misc.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

_DEEPEST = 5  # entries that refer to entries
_MOST = 20  # entries that lend to one
_DATED = frozenset({"date", "year", "month", "day"})
_NOT_LENT = frozenset({"crossref", "xdata", "ids", "entryset", "shorttitle", "sortkey", "label", "xref"})
_PARTS = frozenset(
    "inbook bookinbook suppbook incollection suppcollection inproceedings conference inreference".split()
)
# A title goes with what belongs to it.
_TITLES = ("title", "subtitle", "titleaddon")


class Entry(Protocol):
    """An entry with its type in lower case, and its fields by lower-case name."""

    @property
    def kind(self) -> str:
        """The type."""

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields."""


def inherited(
    entry: Entry, by_key: Mapping[str, Entry], *, of_volumes: Collection[str] | None = None
) -> dict[str, str]:
    """Return the fields of an entry with those lent to it. `by_key` has the entries by casefolded key.

    `of_volumes` names the only fields that a crossref may lend: who wants to know which paper an entry means must not
    take the DOI of its volume for its own.
    """
    return _Lending(by_key, of_volumes).fields(entry)


class _Lending:
    """The lending to one entry; each other entry lends to it once, so that circles end."""

    def __init__(self, by_key: Mapping[str, Entry], of_volumes: Collection[str] | None) -> None:
        self._by_key = by_key
        self._of_volumes = of_volumes
        self._seen: list[int] = []

    def fields(self, entry: Entry, depth: int = 0) -> dict[str, str]:
        self._seen.append(id(entry))
        fields = dict(entry.fields)
        if depth < _DEEPEST:
            for name in ("xdata", "crossref"):
                for other in self._named(fields.get(name, "")):
                    lent = self.fields(other, depth + 1)
                    fields = _joined(fields, lent if name == "xdata" else self._of_volume(entry.kind, other.kind, lent))
        return fields

    def _named(self, keys: str) -> Iterator[Entry]:
        for key in keys.split(","):
            other = self._by_key.get(key.strip().casefold())
            if other is not None and id(other) not in self._seen and len(self._seen) <= _MOST:
                yield other

    def _of_volume(self, kind: str, volume: str, lent: Mapping[str, str]) -> dict[str, str]:
        """Return what a volume lends under the names that it has in a part of it."""
        front = _front(kind, volume)
        return {
            f"{front}{name}" if name in _TITLES else name: value
            for name, value in lent.items()
            if self._of_volumes is None or name in self._of_volumes
        }


def _front(kind: str, volume: str) -> str:
    """Return what a volume's title is called in its part: a booktitle, a maintitle (of several volumes), or a title."""
    if volume.startswith("mv"):
        return "main"
    if volume == "periodical":
        return "journal"
    return "book" if kind in _PARTS else ""


def _joined(own: Mapping[str, str], lent: Mapping[str, str]) -> dict[str, str]:
    """Return an entry's fields with those that another lends it; its own stand in front of them, and win."""
    dated = "date" in own or "year" in own
    return {
        **own,
        **{
            name: value
            for name, value in lent.items()
            if name not in own and name not in _NOT_LENT and not (dated and name in _DATED)
        },
    }
