"""What is asked of a stand-in service and what it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from refkit.normalize import fold


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A request; names of headers are in lower case, `body` is its JSON."""

    method: str
    path: str
    parameters: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


class Answer(msgspec.Struct, frozen=True):
    """An answer before it is sent."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


def in_json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return a value as an answer; underscores in the names of headers become hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers=named)


def search_words(text: str) -> list[str]:
    """Return the words of a text as an index has them."""
    return re.findall(r"\w+", fold(text))


def without_nothing(values: Mapping[str, object]) -> dict[str, object]:
    """Return what is known: services leave out what they do not know."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def chosen(values: Mapping[str, object], fields: Sequence[str]) -> dict[str, object]:
    """Return the fields that were asked for."""
    return {name: values[name] for name in fields if name in values}
