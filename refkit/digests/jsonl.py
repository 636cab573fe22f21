"""JSON: one object a line (JSON lines), or one array of objects, with the fields of a mention."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from refkit.digests.lines import check_title, clean, head_of, references
from refkit.digests.table import date_of, split_authors
from refkit.errors import DigestError
from refkit.model import Mention, Skipped, find_arxiv_id

_SPACE = re.compile(r"[\s\ufeff]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_TITLE = re.compile(r'"title"\s*:\s*"(?P<raw>(?:[^"\\]|\\.)*)"')
# Other names that a field goes by, in the order in which they are taken.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "abstract": ("abstract", "summary"),
    "heading": ("heading", "section"),
    "issued": ("issued", "date", "published", "publishedAt", "submitted", "year"),
    "arxiv_id": ("arxiv_id", "arxiv", "arxivId", "eprint", "id"),
    "doi": ("doi",),
    "url": ("url", "link"),
}


class _Item(NamedTuple):
    """A JSON value with its text and the line on which it begins."""

    value: Any
    text: str
    line: int


class JsonlReader:
    """Reads mentions written as JSON; unknown fields are ignored."""

    name = "jsonl"

    def recognise(self, text: str) -> float:
        """Surely if the first object has a title; likely for other JSON, so that its error is told."""
        start = _SPACE.match(text)
        head = head_of(text[start.end() if start else 0 :])
        if not re.match(r"\{\s*(?:\"|\}|$)|\[\s*(?:\{|\]|$)", head):
            return 0.0
        try:
            value, _ = json.JSONDecoder().raw_decode(head.lstrip("[ \t\r\n"))
        except (ValueError, RecursionError):
            return 0.5
        return 1.0 if isinstance(value, dict) and isinstance(value.get("title"), str) else 0.6

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield one mention an object; raises DigestError, with the line, for what is not an object with a title."""
        for item in _items(text, digest):
            yield _mention(item, digest)


def _items(text: str, digest: str) -> Iterator[_Item]:
    """Yield the objects: those of an array, those that go over several lines, else one a line."""
    start = _SPACE.match(text)
    place = start.end() if start else 0
    if text[place : place + 1] == "[":
        return _array(text, place + 1, digest)
    if re.match(r"\{[ \t]*[\r\n]", text[place : place + 100]):
        return _sequence(text, place, digest)
    return _one_a_line(text.removeprefix("\ufeff"), digest)


def _one_a_line(text: str, digest: str) -> Iterator[_Item]:
    for number, line in enumerate(_BREAK.split(text), 1):
        if line.strip():
            value, end = _decode(line, len(line) - len(line.lstrip()), digest, number)
            if line[end:].strip():
                problem = f"there is more behind the end of the JSON value (column {end + 1})"
                raise DigestError(digest, number, f"{problem}; write one object a line.")
            yield _Item(value, line, number)


def _array(text: str, place: int, digest: str) -> Iterator[_Item]:
    lines = _LineCounter(text)
    place, closed = _skip(text, place), False
    while place < len(text) and not closed:
        if text[place] == "]":
            closed = True
            break
        value, end = _decode(text, place, digest, lines.at(place))
        yield _Item(value, text[place:end], lines.at(place))
        place = _skip(text, end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] not in {"]", ""}:
            raise DigestError(digest, lines.at(place), "a comma is missing before this object of the array; add it.")
    if not closed:
        raise DigestError(digest, lines.at(len(text.rstrip())), "the array has no end; add the missing `]`.")
    if text[place + 1 :].strip():
        raise DigestError(digest, lines.at(_skip(text, place + 1)), "there is more behind the array; take it away.")


def _sequence(text: str, place: int, digest: str) -> Iterator[_Item]:
    lines = _LineCounter(text)
    while place < len(text):
        value, end = _decode(text, place, digest, lines.at(place))
        yield _Item(value, text[place:end], lines.at(place))
        place = _skip(text, end)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


class _LineCounter:
    """Tells the line of places that only grow, each line counted once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._line = 1

    def at(self, place: int) -> int:
        self._line += len(_BREAK.findall(self._text[self._place : place]))
        self._place = max(place, self._place)
        return self._line


def _decode(text: str, place: int, digest: str, line: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(text, place)
    except json.JSONDecodeError as error:
        row = line + len(_BREAK.findall(text[place : error.pos]))
        start = max(text.rfind("\n", 0, error.pos), text.rfind("\r", 0, error.pos)) + 1
        what = f"not JSON: {error.msg.lower()} (column {error.pos - start + 1})"
        raise DigestError(digest, row, f"{what}; write one object a line, or name the format with --reader.") from error
    except (ValueError, RecursionError) as error:
        raise DigestError(digest, line, f"not JSON that can be read: {error}; write one flat object a line.") from error


def _mention(item: _Item, digest: str) -> Mention:
    if not isinstance(item.value, dict):
        kind = {list: "an array", str: "a string", type(None): "null", bool: "true or false"}.get(
            type(item.value), "a number"
        )
        raise DigestError(digest, item.line, f'this is {kind}, not an object; write {{"title": "..."}}.')
    row: dict[str, Any] = item.value
    title = _title(row, digest, item.line)
    known = {name: _text(row, name, digest, item.line) for name in _NAMES}
    url, links = known["url"], references(" ".join((known["url"], known["doi"])))
    own = row.get("digest"), row.get("line"), row.get("raw")
    is_ours = isinstance(own[0], str) and own[0] != digest and type(own[1]) is int and isinstance(own[2], str)
    return Mention(
        title=title,
        abstract=clean(known["abstract"]),
        authors=_authors(row, digest, item.line),
        heading=clean(known["heading"]),
        issued=_issued(row.get("issued")) or date_of(known["issued"]),
        arxiv_id=find_arxiv_id(known["arxiv_id"]) or links["arxiv_id"] or _claimed(row),
        doi=links["doi"],
        url=url,
        digest=str(own[0]) if is_ours else digest,
        line=int(own[1] or 0) if is_ours else item.line + _lines_before(item.text),
        raw=str(own[2]) if is_ours else _raw(item.text, title),
    )


def _claimed(row: dict[str, Any]) -> str:
    """Return what a field for arXiv ids holds that is none, so that it can be said; a plain `id` may be anybody's."""
    value = row.get("arxiv_id", row.get("arxivId"))
    return value.strip() if isinstance(value, str) else ""


def _lines_before(text: str) -> int:
    found = _TITLE.search(text)
    return len(_BREAK.findall(text[: found.start("raw")])) if found else 0


def _raw(text: str, title: str) -> str:
    """Return the title as the file writes it, with its escapes."""
    found = _TITLE.search(text)
    return found["raw"] if found else title


def _title(row: Mapping[str, Any], digest: str, line: int) -> str:
    title = row.get("title")
    if "title" not in row:
        names = ", ".join(repr(name) for name in list(row)[:8]) or "no field at all"
        raise DigestError(digest, line, f"the object has no 'title' (it has {names}); name the field `title`.")
    if not isinstance(title, str):
        raise DigestError(digest, line, "the 'title' is not a string; write it between double quotes.")
    if not clean(title):
        raise DigestError(digest, line, "the 'title' is empty; fill it in, or take the object away.")
    check_title(clean(title), digest=digest, line=line)
    return clean(title)


def _text(row: Mapping[str, Any], name: str, digest: str, line: int) -> str:
    """Return a field as text, under the first of its names that is there; null is "not known"."""
    for alias in _NAMES[name]:
        value = row.get(alias)
        if value is None or value == "":
            continue
        if isinstance(value, str):
            return value
        if name == "issued":  # a year, or our own three parts, which `_issued` reads
            return str(value) if type(value) is int else ""
        if alias == "id":  # any other service's number
            continue
        raise DigestError(digest, line, f"the field {alias!r} is not a string; write it between double quotes.")
    return ""


def _issued(value: Any) -> Any:
    """Return a date written in its three parts, as our own values are serialised."""
    parts = [value.get(name) for name in ("year", "month", "day")] if isinstance(value, dict) else []
    if not any(type(part) is int for part in parts):
        return None
    year, month, day = (part if type(part) is int else None for part in parts)
    if year is None:
        return date_of(f"--{month or 0:02}-{day or 0:02}")
    return date_of("-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part)]))


def _authors(row: Mapping[str, Any], digest: str, line: int) -> tuple[str, ...]:
    value = row.get("authors", row.get("author"))
    if value is None:
        return ()
    if isinstance(value, str):
        return split_authors(value)
    names = [_name(each) for each in value] if isinstance(value, list) else [None]
    if None in names:
        problem = "the field 'authors' is not a list of names"
        raise DigestError(digest, line, f'{problem}; write ["Ada Lovelace", ...] or [{{"name": "Ada Lovelace"}}, ...].')
    return tuple(name for name in names if name)


def _name(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name") or value.get("literal") or _two_parts(value)
    return clean(value) if isinstance(value, str) else None


def _two_parts(value: Mapping[str, Any]) -> str | None:
    parts = [value.get("given"), value.get("family")]
    return " ".join(part for part in parts if isinstance(part, str)) or None
