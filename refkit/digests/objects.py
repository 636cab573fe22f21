"""The papers in a tree of values, of which the shape is known (`shapes.py`), in the order of the tree.

Sections are keys above the papers ("Vision", "2024-03"), or fields of the object that holds the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from refkit.digests.cells import date_of, kind_of
from refkit.digests.columns import ALIASES, fold_name
from refkit.digests.lines import clean
from refkit.digests.md_rows import is_row
from refkit.digests.shapes import DEEPEST, Place, Shape, at, first, is_structure, step_of
from refkit.digests.values import issued_of, text_of
from refkit.model import PartialDate


class Context(NamedTuple):
    """What stands above: the nearest heading, a date, and the key of the object itself."""

    heading: str = ""
    issued: PartialDate | None = None
    key: str = ""


class Found(NamedTuple):
    """A paper: the string that holds its title, its fields by name (of rows and bare titles there are none)."""

    title: str
    fields: Mapping[str, Any]
    context: Context
    kind: str
    row: Any = None


class Unfit(NamedTuple):
    """An object among papers that has no title."""

    row: Mapping[str, Any]


def papers_in(value: Any, shape: Shape) -> Iterator[Found | Unfit]:
    """Yield the papers in a tree, in its order, and the objects among them that have no title."""
    yield from _walk(value, (), shape, Context())


def _walk(value: Any, place: Place, shape: Shape, context: Context) -> Iterator[Found | Unfit]:
    if len(place) > DEEPEST:
        return
    if isinstance(value, dict):
        yield from _object(value, place, shape, context)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, (*place, "[]"), shape, context)
    elif isinstance(value, str):
        if place in shape.rows and is_row(value):
            yield Found(value, {}, context, "row")
        elif place in shape.names:
            yield Found(value, {}, context, "name")


def _object(value: Mapping[str, Any], place: Place, shape: Shape, context: Context) -> Iterator[Found | Unfit]:
    paths = shape.fields.get(place)
    if paths:
        title = next((each for path in paths["title"] if clean(each := text_of(at(value, path)))), "")
        if title:
            fields = {name: first(value, each) for name, each in paths.items() if name != "title"}
            yield Found(title, fields, context, "object", value)
        else:
            yield Unfit(value)
        return
    step = step_of(value)
    own = _context_of(value, context) if not step else context
    for key, each in value.items():
        where = (*place, step or str(key))
        if place in shape.keys and not is_structure(str(key)) and not _is_id(str(key)):
            fields = {"links": each} if isinstance(each, str | list) else _by_keys(each)
            yield Found(key, fields, own, "key", each)
        elif isinstance(each, str):
            yield from _walk(each, where, shape, own._replace(key=str(key)))
        elif isinstance(each, dict | list):
            yield from _walk(each, where, shape, _under(str(key), own))


def _is_id(key: str) -> bool:
    return kind_of(clean(key)) in {"arxiv", "date", "number", "link"}


def _by_keys(value: Any) -> dict[str, Any]:
    """Return the fields of an object under a title."""
    if not isinstance(value, dict):
        return {}
    folded = {fold_name(str(key)): each for key, each in reversed(value.items())}
    return {name: next((folded[a] for a in aliases if a in folded), None) for name, aliases in ALIASES.items()}


def _context_of(value: Mapping[str, Any], context: Context) -> Context:
    """Return the context with what an object says of the papers in it: a heading and a date."""
    texts = {fold_name(str(key)): each for key, each in value.items() if isinstance(each, str | int)}
    heading = next(
        (text for name in (*ALIASES["heading"], *ALIASES["title"]) if isinstance(text := texts.get(name), str)), ""
    )
    dates = (issued_of(texts[name]) for name in ALIASES["issued"] if name in texts)
    issued = next((date for date in dates if date), None)
    short = clean(heading) if len(heading) <= 200 else ""  # noqa: PLR2004 - a heading, no text
    return Context(short or context.heading, issued or context.issued, context.key)


def _under(key: str, context: Context) -> Context:
    """Return the context under a key: a date, a heading, or neither."""
    text = clean(key)
    date = date_of(text)
    if date:
        return context._replace(issued=date, key=key)
    if kind_of(text) in {"arxiv", "number", "link"} or is_structure(key) or len(text) > 200:  # noqa: PLR2004
        return context._replace(key=key)
    return context._replace(heading=text, key=key)
