"""What a value of JSON or YAML says in the forms in which services and lists write it: text, names, dates, links."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from refkit.digests.cells import date_of, is_link, links_in, split_authors
from refkit.digests.lines import clean
from refkit.model import PartialDate

# Where a text is wrapped in an object of its own: OpenReview's `value`, XML made into JSON, a language.
WRAPPED = ("value", "text", "plain", "rendered", "#text", "$t", "_", "en", "display_name")
_TAG = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]{0,300})?/?>")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_BLOCK = re.compile(r"(?i)</?(?:p|br|div|li|title|sec|jats:(?:p|sec|title))\b[^<>]{0,300}>")
_SECONDS = (10**9 // 2, 4 * 10**9)  # moments from 1985 to 2096, also in thousandths
_FIRST_NAME = "given first first_name firstname given_name forename givenName firstName given-names".split()
_LAST_NAME = "family last last_name lastname family_name surname familyName lastName family-names".split()
_NAME = "name literal display_name full_name fullname fullName displayName author_name raw text value #text".split()
_MOST_PIECES = 100_000


def text_of(value: Any) -> str:
    """Return the text of a value: a string, one in an object of its own, the first of a list; "" for anything else."""
    for _ in range(4):  # no text is wrapped deeper
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            value = next((value[name] for name in WRAPPED if value.get(name)), None)
    return ""


def abstract_of(value: Any) -> str:
    """Return an abstract: a text, its paragraphs, or its words with their places."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return plain(" ".join(value))
    if isinstance(value, dict) and value and all(isinstance(places, list) for places in value.values()):
        words = [(at, word) for word, places in value.items() for at in places if type(at) is int]
        return clean(" ".join(word for _, word in sorted(words[:_MOST_PIECES])))
    return plain(text_of(value))


def plain(text: str) -> str:
    """Return a text without the tags and the entities of HTML or JATS, if it has any."""
    if "<" in text and _TAG.search(text):
        text = _TAG.sub("", _BLOCK.sub(" ", text))
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    return clean(text)


def issued_of(value: Any, month: Any = None, day: Any = None) -> PartialDate | None:
    """Return a date: written, a year, a moment in seconds, its parts by name or in a list; None for what is none."""
    if isinstance(value, dict) and isinstance(parts := value.get("date-parts"), list):
        value = parts
    if isinstance(value, list):
        value = value[0] if value and not isinstance(value[0], int) else value
    if isinstance(value, list):
        return _from_parts(dict(zip(("year", "month", "day"), value, strict=False)))
    if isinstance(value, dict):
        return _from_parts(value) or date_of(text_of(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _moment(value) or date_of(str(value), _number(month), _number(day))
    return date_of(value, _number(month), _number(day)) if isinstance(value, str) else None


def _number(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _moment(value: float) -> PartialDate | None:
    for unit in (1, 1000):
        if _SECONDS[0] * unit <= value <= _SECONDS[1] * unit:
            day = dt.datetime.fromtimestamp(value / unit, dt.UTC)
            return PartialDate(day.year, day.month, day.day)
    return None


def _from_parts(value: Mapping[str, Any]) -> PartialDate | None:
    """Return a date written in its three parts, as our own values are serialised."""
    parts = [value.get(name) for name in ("year", "month", "day")]
    if not any(type(part) is int for part in parts):
        return None
    year, month, day = (part if type(part) is int else None for part in parts)
    if year is None:
        return date_of(f"--{month or 0:02}-{day or 0:02}")
    return date_of("-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part)]))


def authors_of(value: Any) -> tuple[str, ...] | None:
    """Return the names of authors: one text, a list of names or of objects with names; None for what has no names."""
    if value is None:
        return ()
    if isinstance(value, str):
        return split_authors(value)
    if isinstance(value, dict):
        inner = next((value[name] for name in ("value", "author", "authors", "list") if name in value), None)
        value = [value] if inner is None or not isinstance(inner, list | str) else inner
        if isinstance(value, str):
            return split_authors(value)
    if not isinstance(value, list):
        return None
    names = [name_of(each) for each in value]
    return None if None in names else tuple(name for name in names if name and not _ET_AL.fullmatch(name))


_ET_AL = re.compile(r"(?i)et\.? ?al\.?|others|\.\.\.|…")


def name_of(value: Any) -> str | None:
    """Return one name: a string, or an object that has it whole or in two parts; None if there is none."""
    for _ in range(4):  # `{"author": {"name": "..."}}`
        if isinstance(value, str):
            return clean(value)
        if not isinstance(value, dict):
            return None
        whole = next((value[name] for name in _NAME if isinstance(value.get(name), str) and value[name]), None)
        value = (
            whole or _two_parts(value) or next((value[name] for name in ("author", "person") if name in value), None)
        )
    return None


def _two_parts(value: Mapping[str, Any]) -> str | None:
    parts = [next((value[name] for name in names if value.get(name)), None) for names in (_FIRST_NAME, _LAST_NAME)]
    return " ".join(part for part in parts if isinstance(part, str)) or None


def links_among(values: Sequence[Any]) -> dict[str, str]:
    """Return what links and ids say among values that are nothing else; an arXiv id only if there is no second one."""
    texts = [text for text in _strings(values, 2) if len(text) < 500 and is_link(text.strip())]  # noqa: PLR2004
    found = [links_in(text) for text in texts]
    ids = {each["arxiv_id"] for each in found if each["arxiv_id"]}
    urls = [each["url"] for each in found if each["url"]]
    paper = next((each["url"] for each in found if each["url"] and each["arxiv_id"]), "")
    dois = [each["doi"] for each in found if each["doi"]]
    return {
        "arxiv_id": ids.pop() if len(ids) == 1 else "",
        "doi": dois[0] if len(set(dois)) == 1 else "",
        "url": paper or (urls[0] if urls else ""),
    }


def _strings(values: Sequence[Any], depth: int) -> Iterator[str]:
    for value in values[:50]:
        if isinstance(value, str):
            yield value
        elif depth and isinstance(value, list):
            yield from _strings(value, depth - 1)
        elif depth and isinstance(value, dict):
            yield from _strings(list(value.values()), depth - 1)
