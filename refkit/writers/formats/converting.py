"""A bibliography in one format -> the same in another, offline; what is lost on the way is told by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from msgspec import Struct, structs

from refkit.errors import UsageError
from refkit.writers.formats.item import Contents, Item, Written, keyed

READABLE: Sequence[str] = ("bibtex", "biblatex", "csl-json", "ris", "jsonl")
WRITABLE: Sequence[str] = ("bibtex", "biblatex", "csl-json", "ris", "jsonl", "markdown", "html")
SUFFIXES: Mapping[str, str] = {
    ".bib": "bibtex", ".bibtex": "bibtex", ".json": "csl-json", ".ris": "ris", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
}  # fmt: skip
_HEAD = 100_000
# Fields of a .bib file that are followed when it is read: nothing is lost with them.
_FOLLOWED = frozenset({"crossref", "xdata"})


class Layout(Struct, frozen=True, kw_only=True):
    """How a bibliography for people is printed: in a CSL style (a file or a name; "" for the plain one), by theme."""

    style: str = ""
    by_theme: bool = False
    title: str = "Bibliography"


def format_of(name: str, text: str) -> str:
    """Return the format of a bibliography, by what stands in it, else by its name; raises UsageError for none."""
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if re.match(r"[\[{]", head):
        return "jsonl" if _is_lines(head) else "csl-json"
    if re.search(r"(?m)^\s{0,8}TY {1,3}- ?[A-Za-z]", head):
        return "ris"
    if re.search(r"(?m)^[ \t]*@[A-Za-z]{3,30}[ \t]*[{(]", head):
        return "bibtex"
    suffix = SUFFIXES.get(PurePath(name).suffix.lower(), "")
    if suffix in READABLE:
        return suffix
    problem = f"{name}: this is no bibliography that refkit reads; it reads .bib, CSL-JSON, RIS and its own JSON lines"
    raise UsageError(f"{problem}. Name the format with --from, or read it as a digest with `refkit bibtex`.")


def _is_lines(head: str) -> bool:
    """Whether the first line is an object by itself that refkit wrote."""
    try:
        value = json.loads(head.partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "item" in value


def read_items(text: str, *, format: str, name: str) -> Contents:  # noqa: A002 - the word for it
    """Return what a bibliography holds. Raises DigestError, with the line, for one that cannot be read at all."""
    from refkit.writers.formats import bib_reading, csl_json, jsonl, ris

    if format in ("bibtex", "biblatex"):
        return bib_reading.read(text, name=name)
    readers = {"csl-json": csl_json.read, "ris": ris.read, "jsonl": jsonl.read}
    if format not in readers:
        raise UsageError(f"There is no reader for {format!r}; refkit converts from: {', '.join(READABLE)}.")
    return readers[format](text, name=name)


def write_items(items: Sequence[Item], *, to: str, source: str = "", layout: Layout = Layout()) -> Written:  # noqa: B008
    """Return the items in a format, and for each what it could not say. `source` is the format they came from.

    Titles get braces for a .bib file where the source has none to mark capitals with. Raises UsageError for a format
    that does not exist.
    """
    if to not in WRITABLE:
        raise UsageError(f"There is no format {to!r}; refkit converts to: {', '.join(WRITABLE)}.")
    written = _written(items, to, source, layout)
    lost = tuple(tuple(name for name in names if name not in _FOLLOWED) for names in written.lost)
    return structs.replace(written, lost=lost)


def _written(items: Sequence[Item], to: str, source: str, layout: Layout) -> Written:
    from refkit.writers.formats import bib_writing, bibliography, csl_json, jsonl, ris

    if to in ("bibtex", "biblatex"):
        return bib_writing.write(items, dialect=to, capitals=source not in ("bibtex", "biblatex"))
    if to == "csl-json":
        return csl_json.write(items)
    if to == "ris":
        return ris.write(items)
    if to == "jsonl":
        return jsonl.write(items)
    entries = None
    if layout.style:
        from refkit.writers.formats import styled

        entries = lambda some: styled.entries(some, layout.style)  # noqa: E731 - a function of the style
    items = _numbered(items)
    if to == "markdown":
        return bibliography.markdown(items, by_theme=layout.by_theme, entries=entries)
    return bibliography.html_page(items, by_theme=layout.by_theme, entries=entries, title=layout.title)


def _numbered(items: Sequence[Item]) -> list[Item]:
    """Return the items with keys, no two alike: a list for people leaves nobody out."""
    taken: set[str] = set()
    found = []
    for place, item in enumerate(items, start=1):
        key = item.key or f"item{place}"
        while key in taken:
            key += "-"
        taken.add(key)
        found.append(keyed(item, key))
    return found
