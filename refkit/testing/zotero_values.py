"""How Zotero checks the parts of an object: text, dates, tags, creators, relations (specs/zotero_web_api.md 3.3).

With `strict` the rules are those of the web API; without it the weaker ones of the desktop (specs/zotero_desktop.md 3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from refkit.testing.zotero_schema import CREATOR_TYPES, ItemType

KEY = re.compile(r"[23456789ABCDEFGHIJKLMNPQRSTUVWXYZ]{8}")
_BAD = HTTPStatus.BAD_REQUEST
_TOO_LONG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_LONGEST_NAME = 255  # characters, of tags and of each part of a creator
_EXCERPT = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ITEM_URI = re.compile(rf"http://zotero\.org/(?:users|groups)/\d+/items/{KEY.pattern}")
_PREDICATES = re.compile(r"owl:sameAs|dc:replaces|dc:relation|mendeleyDB:.*")
_TWO_PARTS = ("firstName", "lastName")


class ZoteroRefusal(Exception):  # noqa: N818 - it is what the stand-in answers
    """A write that is refused: a status, a message before HTML escaping, what the message is about.

    `version` is that of the object in question where the answer has a Last-Modified-Version.
    """

    def __init__(
        self, status: int, message: str, data: Mapping[str, str] | None = None, version: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.data, self.version = int(status), message, data, version


def refuse_unless(good: object, message: str) -> None:
    """Raise a ZoteroRefusal with status 400 if `good` is false."""
    if not good:
        raise ZoteroRefusal(_BAD, message)


def text(name: str, value: Any) -> str:
    """Return a value as a field keeps it: numbers as text, null as nothing, no control characters, trimmed."""
    refuse_unless(not isinstance(value, list | dict), f"Unexpected array for property '{name}'")
    if value is None or value is False:
        return ""
    return _CONTROL.sub("", "1" if value is True else str(value)).strip()


def is_key(value: Any) -> bool:
    """Return whether this is the key of an object, as far as its form goes."""
    return isinstance(value, str) and bool(KEY.fullmatch(value))


def keys(values: Any, kind: str, name: str) -> list[str]:
    """Return a list of keys, each once; `kind` is what they are keys of, `name` the property."""
    refuse_unless(isinstance(values, list), f"'{name}' property must be an array")
    for value in values:
        refuse_unless(is_key(value), f"'{value}' is not a valid {kind} key")
    return list(dict.fromkeys(values))


def moment(name: str, value: Any, now: datetime) -> str:
    """Return a date, or date and time, as it is printed; "" for none.

    `CURRENT_TIMESTAMP` is understood in accessDate alone.
    """
    given = text(name, value)
    if not given or (_DATE.fullmatch(given) and name == "accessDate"):
        return given
    if given == "CURRENT_TIMESTAMP" and name == "accessDate":
        return stamp(now)
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError:
        raise ZoteroRefusal(_BAD, f"'{name}' must be in ISO 8601 or UTC 'YYYY-MM-DD[ hh:mm:ss]' format") from None
    return stamp(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def stamp(when: datetime) -> str:
    """Return a time as the API prints it: in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def flag(value: Any) -> bool:
    """Return a flag that is a boolean or 0 or 1; everything else crashes the real server (status 500)."""
    if value not in (0, 1):
        raise ZoteroRefusal(HTTPStatus.INTERNAL_SERVER_ERROR, "An error occurred")
    return bool(value)


def tags(values: Any, *, strict: bool) -> list[dict[str, Any]]:
    """Return tags as they are kept: each name once per type, type 0 left out, empty names dropped."""
    refuse_unless(isinstance(values, list), "'tags' property must be an array")
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for value in values:
        tag = {"tag": value} if isinstance(value, str) and not strict else value
        name, kind = _tag(tag, strict=strict)
        if name:
            found[name, kind] = {"tag": name, "type": kind} if kind else {"tag": name}
    return list(found.values())


def _tag(tag: Any, *, strict: bool) -> tuple[str, int]:
    refuse_unless(isinstance(tag, dict), "Tag must be an object")
    refuse_unless(tag, "Tag object is empty")
    for name, value in tag.items():
        refuse_unless(name in {"tag", "type"}, f"Invalid tag property '{name}'")
        refuse_unless(name != "type" or str(value) in {"0", "1"}, f"Invalid tag type '{value}'")
    name = text("tag", tag.get("tag"))
    if strict and len(name) > _LONGEST_NAME:
        raise ZoteroRefusal(_TOO_LONG, f"Tag '{name[:_EXCERPT]}…' too long", {"tag": name})
    return name, int(tag.get("type", 0))


def creators(values: Any, kind: ItemType, *, new: bool, strict: bool) -> list[dict[str, str]]:
    """Return creators as they are kept, two parts or one name each."""
    refuse_unless(isinstance(values, list), "'creators' property must be an array")
    if new and len(values) == 1 and isinstance(values[0], dict) and not any(map(values[0].get, (*_TWO_PARTS, "name"))):
        return []  # the form that /items/new hands out has one
    return [_creator(value, kind, strict=strict) for value in values]


def _creator(value: Any, kind: ItemType, *, strict: bool) -> dict[str, str]:
    refuse_unless(isinstance(value, dict), "Creator must be an object")
    role = value.get("creatorType")
    refuse_unless(role, "creator object must contain 'creatorType'")
    refuse_unless(not strict or role in CREATOR_TYPES, f"'{role}' is not a valid creator type")
    if role not in kind.creators and role != "author":
        refuse_unless(not strict, f"'{role}' is not a valid creator type for item type '{kind.name}'")
        role = kind.creators[0]
    for name in value:
        refuse_unless(name in {"creatorType", "name", *_TWO_PARTS}, f"Invalid creator property '{name}'")
    return {"creatorType": str(role), **_names(value, strict=strict)}


def _names(value: Mapping[str, Any], *, strict: bool) -> dict[str, str]:
    for name in _TWO_PARTS:
        refuse_unless(
            name not in value or "name" not in value, f"'{name}' and 'name' creator fields are mutually exclusive"
        )
    for absent, present in (_TWO_PARTS, _TWO_PARTS[::-1]):
        refuse_unless(
            present not in value or absent in value, f"'{absent}' creator field must be set if '{present}' is set"
        )
    parts = {name: text(name, value[name]) for name in (*_TWO_PARTS, "name") if name in value}
    refuse_unless(any(parts.values()), "creator object must contain 'firstName'/'lastName' or 'name'")
    for part in parts.values():
        if strict and len(part) > _LONGEST_NAME:
            message = f"The creator name ‘{part[:_EXCERPT]}…’ is too long to sync. Shorten it and sync again."
            raise ZoteroRefusal(_TOO_LONG, message, {"field": "creator", "value": part})
    return parts


def relations(value: Any) -> dict[str, str | list[str]]:
    """Return relations as they are kept; a list of one is kept as that one."""
    refuse_unless(isinstance(value, dict) or value == [], "'relations' property must be an object")
    found: dict[str, str | list[str]] = {}
    for predicate, given in dict(value).items():
        refuse_unless(_PREDICATES.fullmatch(predicate), f"Unsupported predicate '{predicate}'")
        uris = given if isinstance(given, list) else [given]
        for uri in uris:
            good = predicate.startswith("mendeleyDB:") or (isinstance(uri, str) and _ITEM_URI.fullmatch(uri))
            refuse_unless(good, "'relations' values currently must be Zotero item URIs")
        if uris:
            found[predicate] = uris[0] if len(uris) == 1 else uris
    return found
