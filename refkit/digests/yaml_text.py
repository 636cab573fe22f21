"""YAML text -> plain values whose strings know their places; nothing is executed, and aliases cannot multiply.

Of PyYAML only the parser is used (its events): no tag makes an object of Python, a number stays as it is written (the
arXiv id 2401.00010), and a date is text. libyaml itself refuses more than 1,000 levels (yaml.org/spec/1.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from refkit.errors import DigestError

# An alias costs nothing until its value is walked through: ten in each of ten levels are 10^10 values.
_GROWTH = 10
_SMALL = 10_000
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
# What YAML forbids, or takes for the end of a line where nobody else does: each becomes one other character.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


class Text(str):
    """A string with its place in the text, from `start` to `end`, quotes included."""

    __slots__ = ("end", "start")
    start: int
    end: int


class _Open:
    """A list or an object that is not closed yet: its value, the key that waits for one, its size with all aliases."""

    __slots__ = ("anchor", "key", "line", "size", "value")

    def __init__(self, value: list[Any] | dict[Any, Any], anchor: str | None, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.line = line
        self.key: Any = None
        self.size = 1


class _Builder:
    """Builds values from events, without recursion."""

    def __init__(self, text: str, digest: str) -> None:
        self._most = _GROWTH * len(text) + _SMALL
        self._digest = digest
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self.documents: list[Any] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "ScalarEvent":
            self._add(_scalar(event), 1, event.anchor)
        elif kind in {"SequenceStartEvent", "MappingStartEvent"}:
            self._open.append(_Open([] if kind == "SequenceStartEvent" else {}, event.anchor, line))
            if event.anchor:
                self._anchors.pop(event.anchor, None)
        elif kind in {"SequenceEndEvent", "MappingEndEvent"}:
            closed = self._open.pop()
            self._add(closed.value, closed.size, closed.anchor)
        elif kind == "AliasEvent":
            self._alias(event.anchor, line)
        elif kind == "DocumentStartEvent":
            self._anchors.clear()

    def _alias(self, name: str, line: int) -> None:
        if name not in self._anchors:
            problem = f"the alias *{name} stands before its anchor is complete, or there is none"
            raise DigestError(self._digest, line, f"{problem}; write the value out.")
        value, size = self._anchors[name]
        self._add(value, size, None, line)

    def _add(self, value: Any, size: int, anchor: str | None, line: int = 0) -> None:
        if anchor:
            self._anchors[anchor] = (value, size)
        if not self._open:
            self.documents.append(value)
            return
        parent = self._open[-1]
        parent.size += size
        if parent.size > self._most:
            raise DigestError(self._digest, line or parent.line, "aliases multiply its values; write the values out.")
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            parent.key = (value,)
        else:
            _put(parent.value, parent.key[0], value)
            parent.key = None


def _scalar(event: Any) -> Text | None:
    if event.implicit[0] and event.value in _NULL:
        return None
    text = Text(event.value)
    text.start, text.end = event.start_mark.index, event.end_mark.index
    return text


def _put(target: dict[Any, Any], key: Any, value: Any) -> None:
    """Put a value under its key; `<<` adds what is not there, and a key that is no text is one made of it."""
    if key == _MERGE and isinstance(value, dict):
        for name, each in value.items():
            target.setdefault(name, each)
    elif isinstance(key, str):
        target[key] = value
    else:
        target[f"({len(target)})"] = value


def read_yaml(text: str, *, digest: str) -> list[Any]:
    """Return the documents of a text: objects, lists and strings (`Text`), None for null.

    Raises DigestError, with the line, for what is no YAML, and for aliases that stand for much more than the text.
    """
    import yaml  # type: ignore[import-untyped,unused-ignore]

    builder = _Builder(text, digest)
    try:
        for event in _events(yaml, _ODD.sub(" ", text)):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DigestError(digest, line, _problem(str(error.problem or error.context))) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DigestError(digest, 0, _problem(str(error).splitlines()[0])) from error
    return builder.documents


def _problem(what: str) -> str:
    return f"not YAML: {what}; correct it, or name the format with --reader."


def _events(yaml: Any, text: str) -> Iterator[Any]:

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # there are builds without libyaml
    yield from yaml.parse(text, Loader=loader)
