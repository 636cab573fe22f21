"""JSON: objects with titles, one a line, in an array, or anywhere in what a service or a list keeps of papers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from refkit.digests.columns import ALIASES, Missing, fold_name
from refkit.digests.json_text import Item, beginning, breaks_in, is_lines, items, places_of, unescaped
from refkit.digests.lines import check_title, clean, head_of
from refkit.digests.md_rows import Row, places_in
from refkit.digests.nested import Stand, mention_of, why_missing, without_title
from refkit.digests.objects import Context, Found, Unfit, papers_in
from refkit.digests.shapes import SAMPLE, Path, Shape, first, shape_of
from refkit.digests.values import authors_of, issued_of, text_of
from refkit.errors import DigestError
from refkit.model import Mention, Skipped

_TITLE = re.compile(r'"title"\s*:\s*"(?P<raw>(?:[^"\\]|\\.)*+)"')
_STRONG = ALIASES["title"][: ALIASES["title"].index("paper")]
_TITLE_KEY = re.compile(r'(?i)"[a-z _-]{0,20}(?:title|name)"\s*:')
# A number in one of these is a mistake of whoever wrote the lines (`2401.00010` loses its last digit).
_TEXTS = frozenset("abstract summary heading section arxiv_id arxiv arxivId eprint doi url link".split())
_SURE, _LIKELY, _POSSIBLE, _CUT = 1.0, 0.9, 0.6, 0.5


class JsonlReader:
    """Reads objects written as JSON; unknown fields are ignored. `columns` names keys, or paths of keys with points."""

    name = "jsonl"
    columns: Mapping[str, str] = MappingProxyType({})

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.columns = columns or {}

    def recognise(self, text: str) -> float:
        """Surely if the first object has a title; likely for other JSON, so that its error is told."""
        head = head_of(text[beginning(text) :])
        if not re.match(r"\{\s*(?:\"|\}|$)|\[\s*(?:\{|\]|$|\"[^\"\n]*\"\s*[,\]]|\[\s*\")", head):
            return 0.0
        try:
            value, _ = json.JSONDecoder().raw_decode(head.lstrip("[ \t\r\n"))
        except (ValueError, RecursionError):
            return _LIKELY if len(head) < len(text.rstrip()) - 1 and _TITLE_KEY.search(head) else _CUT
        if isinstance(value, dict) and isinstance(value.get("title"), str):
            return _SURE
        return _LIKELY if self._has_papers(head, value) else _POSSIBLE

    def _has_papers(self, head: str, value: Any) -> bool:
        """Whether there are papers in the first value, or the array of which it is the first item."""
        try:
            whole, _ = json.JSONDecoder().raw_decode(head)
        except (ValueError, RecursionError):
            whole = value
        shape = shape_of([whole], self.columns)
        return isinstance(shape, Shape) and shape.found

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield one mention a paper; raises DigestError, with the line, for what is no JSON or holds no titles.

        Of objects one a line each must have a title; elsewhere those that have none are skipped.
        """
        values = items(text, digest)
        sample = list(islice(values, SAMPLE))
        shape = shape_of([item.value for item in sample], self.columns)
        if isinstance(shape, Missing):
            problem = why_missing(shape, [item.value for item in sample])
            raise DigestError(digest, sample[0].line if sample else 1, problem)
        direct = any(isinstance(item.value, dict) and _keys(tuple(item.value))["title"] for item in sample)
        is_paper = () in shape.fields or all(map(_says_whose, (item.value for item in sample)))
        if self.columns or (shape.found and not (direct and is_paper)):
            for item in chain(sample, values):
                yield from _nested(item, shape, digest)
            return
        # Where there is no title at all, the first object is to say so.
        strict, paths = is_lines(text) or not direct, shape.fields.get((), {})
        for item in chain(sample, values):
            yield _mention(item, digest, paths, strict=strict)


def read_objects(text: str, *, digest: str) -> Iterator[Mention]:
    """Yield a mention for each object; raises DigestError for one without a title, or with a field of no known form."""
    for item in items(text, digest):
        found = _mention(item, digest, {}, strict=True)
        if isinstance(found, Mention):
            yield found


def _nested(item: Item, shape: Shape, digest: str) -> Iterator[Mention | Skipped]:
    """Yield the papers in one value, each on its own line."""
    found = list(papers_in(item.value, shape))
    wanted = [each.title if isinstance(each, Found) else _some_text(each.row) for each in found]
    cells = places_in([each.title for each in found if isinstance(each, Found) and each.kind == "row"][:SAMPLE])
    line, place = item.line, 0
    for each, stands in zip(found, places_of(item.text, wanted), strict=True):
        start, raw = stands or (place, "")
        line += breaks_in(item.text[place:start]) if start >= place else -breaks_in(item.text[start:place])
        place = start
        if isinstance(each, Unfit):
            yield without_title(each.row, line)
        else:
            yield mention_of(each, Stand(digest, line, raw, _own_in), cells)


def _says_whose(value: Any) -> bool:
    """Whether an object is itself a paper, whatever it holds: it has a title, and authors, an abstract or an id."""
    if not isinstance(value, dict):
        return False
    keys = _keys(tuple(value))
    return bool(keys["title"]) and any(
        value[key] for name in ("authors", "abstract", "arxiv_id") for key in keys.get(name, ())
    )


def _some_text(row: Mapping[str, Any]) -> str:
    return next((value for value in row.values() if isinstance(value, str)), next(iter(row), ""))


def _own_in(raw: str, row: Row) -> str:
    """Return the title of a row as it stands in a string of JSON, with its escapes."""
    for own in (row.own, json.dumps(row.own)[1:-1], json.dumps(row.own, ensure_ascii=False)[1:-1]):
        if own in raw:
            return own
    return raw


def _mention(item: Item, digest: str, paths: Mapping[str, tuple[Path, ...]], *, strict: bool) -> Mention | Skipped:
    """Return the mention that an object is; one without a title is skipped, unless `strict`.

    Its fields are those with known names, else those at `paths`.
    """
    row = item.value
    if not strict and not (
        isinstance(row, dict) and any(text_of(row[key]).strip() for key in _keys(tuple(row))["title"])
    ):
        return Skipped(item.line, clean(item.text[:1000])[:200], "an object without a title")
    keys = _keys(tuple(_row(row, digest, item.line)))
    title = _title(row, keys["title"], digest, item.line)
    if strict:
        _check_forms(row, keys, digest, item.line)
    if _is_ours(row, digest):
        return _ours(row, title)
    fields = {name: _known(row, each) for name, each in keys.items() if each}
    for name in paths:
        fields[name] = fields.get(name) or first(row, paths[name])
    start, raw = _stands(item.text, title)
    stand = Stand(digest, item.line + breaks_in(item.text[:start]), raw)
    return mention_of(Found(title, fields, Context(), "object", row), stand)


@lru_cache(maxsize=256)
def _keys(names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return which of the keys of an object are names of each field, the best first; of titles only sure ones."""
    known: dict[str, list[str]] = {}
    for name in names:
        known.setdefault(fold_name(name), []).append(name)
    found = {
        field: tuple(key for alias in aliases for key in known.get(alias, ())) for field, aliases in ALIASES.items()
    }
    return {**found, "title": tuple(key for alias in _STRONG for key in known.get(alias, ()))}


def _known(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if row[key] not in (None, "", [], {})), None)


def _row(value: Any, digest: str, line: int) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    kind = {list: "an array", str: "a string", type(None): "null", bool: "true or false"}.get(type(value), "a number")
    raise DigestError(digest, line, f'this is {kind}, not an object; write {{"title": "..."}}.')


def _title(row: Mapping[str, Any], keys: Sequence[str], digest: str, line: int) -> str:
    """Return the string that holds the title. Raises DigestError if there is none."""
    if not keys:
        names = ", ".join(repr(name) for name in list(row)[:8]) or "no field at all"
        raise DigestError(digest, line, f"the object has no 'title' (it has {names}); name the field `title`.")
    title = next((text for key in keys if clean(text := text_of(row[key]))), "")
    if not title and not isinstance(row[keys[0]], str | list | dict):
        raise DigestError(digest, line, "the 'title' is not a string; write it between double quotes.")
    if not title:
        raise DigestError(digest, line, "the 'title' is empty; fill it in, or take the object away.")
    check_title(clean(title), digest=digest, line=line)
    return title


def _check_forms(row: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]], digest: str, line: int) -> None:
    """Raise DigestError for a field that is there but says nothing, as a number for a text does."""
    for key in _TEXTS.intersection(row):
        if isinstance(row[key], bool | int | float):
            raise DigestError(digest, line, f"the field {key!r} is not a string; write it between double quotes.")
    if keys["authors"] and authors_of(row[keys["authors"][0]]) is None:
        problem = "the field 'authors' is not a list of names"
        raise DigestError(digest, line, f'{problem}; write ["Ada Lovelace", ...] or [{{"name": "Ada Lovelace"}}, ...].')


def _is_ours(row: Mapping[str, Any], digest: str) -> bool:
    """Whether refkit wrote this mention, of another digest."""
    own = row.get("digest")
    return isinstance(own, str) and own != digest and type(row.get("line")) is int and isinstance(row.get("raw"), str)


def _ours(row: Mapping[str, Any], title: str) -> Mention:
    """Return a mention as it was written, with the digest, line and text that it came from."""
    texts = {name: text_of(row.get(name)) for name in ("abstract", "heading", "arxiv_id", "doi", "url")}
    return Mention(
        title=clean(title),
        abstract=clean(texts["abstract"]),
        authors=authors_of(row.get("authors")) or (),
        heading=clean(texts["heading"]),
        issued=issued_of(row.get("issued")),
        arxiv_id=texts["arxiv_id"],
        doi=texts["doi"],
        url=texts["url"],
        digest=str(row["digest"]),
        line=int(row["line"]),
        raw=str(row["raw"]),
    )


def _stands(text: str, title: str) -> tuple[int, str]:
    """Return where the title stands in the text of its object, and how, with its escapes."""
    found = _TITLE.search(text)
    if found and (found["raw"] == title or unescaped(found["raw"]) == title):
        return found.start("raw"), found["raw"]
    return places_of(text, [title])[0] or (0, title)
