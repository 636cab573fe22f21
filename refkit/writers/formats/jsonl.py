"""JSON lines <-> items: one object a paper, with all that refkit knows of it.

Each line has, in fields that any program reads: `key`, `type` (CSL's), `title`, `authors` (as people write them),
`issued` (ISO 8601), `arxiv_id`, `doi`, `url`, `abstract`, `keywords`. Then `item`, the whole entry as `Item` has it,
for `refkit convert` to read back; and for a work also `work`: its record, publication, mentions, themes with the words
that fired, and the source of each field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from refkit.errors import DigestError
from refkit.model import Work
from refkit.writers.formats.dates import write_iso
from refkit.writers.formats.item import Contents, Item, Name, Unread, Written
from refkit.writers.formats.rich import plain


class _Line(msgspec.Struct, frozen=True):
    """What is read back of a line."""

    item: Item | None = None


def write(items: Sequence[Item], works: Sequence[Work] = ()) -> Written:
    """Return a line for each item, in their order, each with its work if works are given."""
    lines = [_line(item) for item in items]
    for line, work in zip(lines, works, strict=False):
        line["work"] = work
    text = "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)
    return Written(text=text, lost=((),) * len(items))


def _line(item: Item) -> dict[str, Any]:
    issued = item.dates.get("issued")
    row: dict[str, Any] = {
        "key": item.key,
        "type": item.type,
        "title": plain(item.texts.get("title", "")),
        "authors": [printed(name) for name in item.names.get("author", ())],
        "issued": write_iso(issued) if issued else "",
        "arxiv_id": item.arxiv_id,
        "doi": item.texts.get("DOI", ""),
        "url": item.texts.get("URL", ""),
        "abstract": plain(item.texts.get("abstract", "")),
        "keywords": list(item.keywords),
    }
    return {**{name: value for name, value in row.items() if value or name in ("key", "title")}, "item": _bare(item)}


def _bare(item: Item) -> dict[str, Any]:
    """Return an item without what is empty in it."""
    made: dict[str, Any] = _pruned(msgspec.to_builtins(item))
    return made


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: made for name, each in value.items() if (made := _pruned(each)) not in ("", None, {}, [], False)}
    return [_pruned(each) for each in value] if isinstance(value, list | tuple) else value


def printed(name: Name) -> str:
    """Return a name as people write it, given name first."""
    parts = (name.given, name.dropping, name.particle, name.family, name.suffix)
    return name.literal or " ".join(part for part in parts if part)


def read(text: str, *, name: str) -> Contents:
    """Return the items of JSON lines that refkit wrote. Raises DigestError, with the line, for others."""
    items: list[Item] = []
    unread: list[Unread] = []
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line, type=_Line).item
        except (msgspec.DecodeError, RecursionError) as error:
            raise DigestError(name, number, f"this is no line of refkit's JSON ({error}).") from error
        if found is None:
            unread.append(Unread(line=number, reason="an object without `item`: refkit did not write it"))
        else:
            items.append(found)
    if unread and not items:
        problem = "there is no `item` in these lines: refkit did not write them"
        raise DigestError(name, unread[0].line, f"{problem}; `refkit bibtex` reads them as a digest.")
    return Contents(items=tuple(items), unread=tuple(unread))
