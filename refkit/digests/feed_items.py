"""RSS, RDF or Atom text -> its items with their fields, each with its place: one pass that takes any text.

No document type is read, so that no entity is ever expanded or fetched. libxml2 counts lines to 65,535 only, loses what
follows a fault, and gives up at 256 open elements, while a mention has to say where it stands, and one broken item must
not cost the others; tests compare the fields found here with those that lxml finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from refkit.digests.inline import resolve

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*+)(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+|[^<>]*+)>"
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w.:-]++)\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)')")
_CDATA = "<![CDATA["
_SECTIONS = ((_CDATA, "]]>", "CDATA section"), ("<!--", "-->", "comment"), ("<?", "?>", "instruction"))
_END_OF_SUBSET = re.compile(r"\]\s*>")
_ITEMS = frozenset({"item", "entry"})
# Elements of a channel that have a title, a link or a date of their own.
_ASIDES = frozenset({"image", "textinput", "textInput", "source", "author", "managingeditor"})
# What only holds text; where its end was forgotten, the next field ends it.
_PLAIN = frozenset({"title", "link", "guid", "id", "pubdate", "published", "updated", "date", "creator", "category"})
_FIELDS = _PLAIN | {"description", "summary", "author", "content", "encoded", "announce_type", "rights", "enclosure"}


class Unclosed(NamedTuple):
    """What begins at a place and has no end, so that nothing behind it can be told apart."""

    kind: str
    place: int


class Tag(NamedTuple):
    """A tag: the prefix and the local name of its element in small letters, its attributes as written, its place."""

    end: bool
    prefix: str
    name: str
    attributes: str
    start: int
    stop: int

    @property
    def alone(self) -> bool:
        """Whether the element begins and ends here."""
        return self.attributes.endswith("/")


class Field(NamedTuple):
    """An element of an item: its names, its attributes as written, and the place of its content."""

    prefix: str
    name: str
    attributes: str
    start: int
    stop: int


class Item(NamedTuple):
    """An item, or what the feed says of itself (`name` is "" then); `closed` is False where its end is missing."""

    name: str
    start: int
    stop: int
    fields: tuple[Field, ...]
    closed: bool = True


def tags(text: str, start: int = 0, stop: int | None = None) -> Iterator[Tag | Unclosed]:
    """Yield the tags in a part of a text; comments, CDATA sections, instructions and the document type are none."""
    place, stop = start, len(text) if stop is None else stop
    while (place := text.find("<", place, stop)) >= 0:
        found = _TAG.match(text, place, stop)
        if found:
            prefix, _, name = found["name"].lower().rpartition(":")
            yield Tag(bool(found["end"]), prefix, name, found["attributes"].rstrip(), place, found.end())
            place = found.end()
            continue
        past = _past(text, place, stop)
        if isinstance(past, Unclosed):
            yield past
            return
        place = past


def _past(text: str, place: int, stop: int) -> int | Unclosed:
    """Return the place behind what begins here and is no tag."""
    for start, close, kind in _SECTIONS:
        if text.startswith(start, place):
            past = text.find(close, place + len(start), stop)
            return past + len(close) if past >= 0 else Unclosed(kind, place)
    if text.startswith("<!", place):
        end = text.find(">", place, stop)
        if text[place : place + 9].upper() == "<!DOCTYPE" and text.find("[", place, end) >= 0:
            subset = _END_OF_SUBSET.search(text, place, stop)
            return subset.end() if subset else Unclosed("document type", place)
        return end + 1 if end >= 0 else stop
    return place + 1


def attribute(field: Field | Tag, name: str) -> str:
    """Return the value of an attribute, whatever its prefix; "" if it is not there."""
    for found in _ATTRIBUTE.finditer(field.attributes):
        if found["name"].lower().rpartition(":")[2] == name:
            return resolve(found["double"] or found["single"] or "").strip()
    return ""


def content_of(text: str, start: int, stop: int) -> str:
    """Return what an element holds: text, or HTML that was escaped, put in CDATA, or just written there."""
    own = text[start:stop]
    if _CDATA not in own:
        return own if "<" in own else resolve(own)
    pieces: list[str] = []
    place = 0
    while (begin := own.find(_CDATA, place)) >= 0:
        past = own.find("]]>", begin)
        past = past if past >= 0 else len(own)
        pieces += [resolve(own[place:begin]), own[begin + len(_CDATA) : past]]
        place = past + 3
    return "".join([*pieces, resolve(own[place:])])


def bare_place(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the place of a content without blanks and without the marks of the CDATA section that it consists of."""
    own = text[start:stop]
    if own.strip().startswith(_CDATA) and own.rstrip().endswith("]]>") and own.count(_CDATA) == 1:
        start = text.index(_CDATA, start) + len(_CDATA)
        stop = text.rindex("]]>", start, stop)
        own = text[start:stop]
    start += len(own) - len(own.lstrip())
    return start, start + len(own.strip())


def items_in(text: str) -> Iterator[Item | Unclosed]:
    """Yield the items of a feed in order, then what it says of itself as an item without a name."""
    return _Walk(text).run()


class _Walk:
    """Follows tags: outside of items, in an item, in a field of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._own: list[Field] = []
        self._aside = ""
        self._item: Tag | None = None
        self._fields: list[Field] = []
        self._field: Tag | None = None
        self._inner = 0

    def run(self) -> Iterator[Item | Unclosed]:
        for tag in tags(self._text):
            if isinstance(tag, Unclosed):
                yield from self._end_item(tag.place, closed=False)
                yield tag
            elif tag.end:
                yield from self._end(tag)
            else:
                yield from self._begin(tag)
        yield from self._end_item(len(self._text), closed=False)
        yield Item("", 0, len(self._text), tuple(self._own))

    def _begin(self, tag: Tag) -> Iterator[Item]:
        if tag.name in _ITEMS and (not self._item or tag.name == self._item.name):
            yield from self._end_item(tag.start, closed=False)
            self._aside = ""
            if not tag.alone:
                self._item = tag
            return
        field = self._field
        if field and field.name in _PLAIN and tag.name in _FIELDS and not _is_markup(field):
            self._end_field(tag.start)
            field = None
        if field:
            self._inner += tag.name == field.name and not tag.alone
        elif self._aside or (not self._item and tag.name in _ASIDES):
            self._aside = self._aside or ("" if tag.alone else tag.name)
        elif self._item or tag.name in _FIELDS | {"lastbuilddate", "publicationname", "publicationdate"}:
            self._field, self._inner = tag, 0
            if tag.alone:
                self._end_field(tag.stop)

    def _end(self, tag: Tag) -> Iterator[Item]:
        if self._item and tag.name == self._item.name:
            yield from self._end_item(tag.start, closed=True)
        elif self._field and tag.name == self._field.name:
            if self._inner:
                self._inner -= 1
            else:
                self._end_field(tag.start)
        elif tag.name == self._aside:
            self._aside = ""

    def _end_field(self, stop: int) -> None:
        tag, self._field = self._field, None
        if tag:
            fields = self._fields if self._item else self._own
            fields.append(Field(tag.prefix, tag.name, tag.attributes.rstrip("/"), tag.stop, max(stop, tag.stop)))

    def _end_item(self, stop: int, *, closed: bool) -> Iterator[Item]:
        if not self._item:
            self._field = None
            return
        if self._field and (closed or self._field.name not in _PLAIN):
            self._end_field(stop)
        self._field = None
        item, self._item = self._item, None
        fields, self._fields = tuple(self._fields), []
        yield Item(item.name, item.start, stop, fields, closed)


def _is_markup(field: Tag) -> bool:
    return 'type="xhtml"' in field.attributes or "type='xhtml'" in field.attributes
