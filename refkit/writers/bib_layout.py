"""How an entry of a .bib is laid out, so that what is changed or added in it looks like the rest. Pure.

A field that is added here stands behind one that is there, and is laid out as that one is: also in an entry that is one
line, or whose last lines look otherwise. `bib_style` lays out whole entries as most of a file are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from refkit.writers.bib_file import Block, Edit, Field
from refkit.writers.bib_style import assigned

_COMMA = re.compile(r"\s*,[ \t]*")


class Layout(Struct, frozen=True):
    """How an entry is laid out: what stands before a field, and how a name and its value are put together."""

    before: str
    equals: str
    column: int

    def field(self, name: str, value: str) -> str:
        """Return a new field in this layout, with the comma before it."""
        return f"{self.before}{assigned(name, self.equals, self.column)}{value}"


def layout_of(text: str, block: Block, anchor: Field | None) -> Layout:
    """Return the layout of one of an entry's fields."""
    if anchor is None:
        return Layout(",\n  ", " = ", 0)
    ends = [block.key_end, *(field.end for field in block.fields)]
    before = text[max(end for end in ends if end <= anchor.start) : anchor.start]
    if "%" in before:
        before = ",\n  "
    elif before.count(",") != 1:
        before = "," + (before.replace(",", "") or " ")
    equals = text[anchor.start + len(anchor.name) : anchor.value_start]
    columns = {(field.value_start - field.start, len(field.name)) for field in block.fields}
    column = anchor.value_start - anchor.start
    aligned = sum(place == column for place, _ in columns) > 1
    return Layout(before, equals, column if aligned else 0)


def raw(name: str, value: str, like: Field | None) -> str:
    """Return a value with its delimiters: quotes where a field beside it has them, as far as the value allows."""
    if name == "month":
        return value
    quoted = like is not None and like.value.startswith('"') and '"' not in value
    return f'"{value}"' if quoted else "{" + value + "}"


def removed(text: str, block: Block, gone: Sequence[Field]) -> Iterator[Edit]:
    """Yield the edits that take fields out, each with the comma before it; a comment before one stays."""
    before = block.key_end
    for field in block.fields:
        if field in gone:
            start, end = _with_comma(text, before, field, block.end)
            yield Edit(start, end, "")
        before = field.end


def _with_comma(text: str, before: int, field: Field, limit: int) -> tuple[int, int]:
    """Return where a field and one comma beside it stand, without a comment between it and the field before."""
    comment = text.rfind("%", before, field.start)
    if comment < 0:
        return before, field.end
    comma = text.find(",", text.find("\n", comment), field.start)
    if comma >= 0:
        return comma, field.end
    after = _COMMA.match(text, field.end, limit)
    return field.start, after.end() if after else field.end


def added(text: str, block: Block, gone: Sequence[Field], new: Mapping[str, str]) -> Edit:
    """Return the edit that adds fields behind title and authors, laid out as those are."""
    stay = [field for field in block.fields if field not in gone]
    anchor = max(
        (field for field in stay if field.name.casefold() in {"title", "author", "editor"}),
        key=lambda field: field.start,
        default=stay[0] if stay else None,
    )
    layout = layout_of(text, block, anchor)
    place = anchor.end if anchor else block.key_end
    return Edit(place, place, "".join(layout.field(name, raw(name, value, anchor)) for name, value in new.items()))


def retyped(text: str, block: Block, kind: str) -> Iterator[Edit]:
    """Yield the edit that makes an entry one of another type."""
    if block.type == kind or (block.type == "conference" and kind == "inproceedings"):
        return
    start = block.start + block.raw.lower().index(block.type)
    old = text[start : start + len(block.type)]
    new = kind.upper() if old.isupper() else kind.capitalize() if old[0].isupper() else kind
    yield Edit(start, start + len(old), new)
