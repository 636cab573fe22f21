"""JSON text -> its values, each with its text and line: objects one a line, an array of them, or one value in all."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from refkit.errors import DigestError

_SPACE = re.compile(r"[\s\ufeff]*")
_BREAK = re.compile(r"\r\n|\r|\n")
# Possessive: a string that never ends is looked at once.
_STRING = re.compile(r'"(?P<raw>(?:[^"\\]|\\.)*+)"', re.DOTALL)


class Item(NamedTuple):
    """A JSON value with its text and the line on which it begins."""

    value: Any
    text: str
    line: int


def is_lines(text: str) -> bool:
    """Whether a text has one JSON value a line: its first line, which holds something, is a whole value."""
    start = beginning(text)
    if text[start : start + 1] == "[" or re.match(r"\{[ \t]*[\r\n]", text[start : start + 100]):
        return False
    found = _BREAK.search(text, start)
    if found is None:
        return True
    line = text[start : found.start()]
    try:
        json.JSONDecoder().raw_decode(line)
    except json.JSONDecodeError as error:
        # What is wrong before the end of the line is wrong with the line.
        return error.pos < len(line.rstrip()) or not text[found.end() :].strip()
    except (ValueError, RecursionError):
        return True
    return True


def beginning(text: str) -> int:
    """Return where the first value begins."""
    return _skip(text, 0)


def items(text: str, digest: str) -> Iterator[Item]:
    """Yield the values: those of an array, those that go over several lines, else one a line.

    Raises DigestError, with the line, for what is not JSON.
    """
    place = beginning(text)
    if text[place : place + 1] == "[":
        return _array(text, place + 1, digest)
    return _one_a_line(text.removeprefix("\ufeff"), digest) if is_lines(text) else _sequence(text, place, digest)


def _one_a_line(text: str, digest: str) -> Iterator[Item]:
    for number, line in enumerate(_BREAK.split(text), 1):
        if line.strip():
            value, end = _decode(line, len(line) - len(line.lstrip()), digest, number)
            if line[end:].strip():
                problem = f"there is more behind the end of the JSON value (column {end + 1})"
                raise DigestError(digest, number, f"{problem}; write one object a line.")
            yield Item(value, line, number)


def _array(text: str, place: int, digest: str) -> Iterator[Item]:
    lines = _LineCounter(text)
    place, closed = _skip(text, place), False
    while place < len(text) and not closed:
        if text[place] == "]":
            closed = True
            break
        value, end = _decode(text, place, digest, lines.at(place))
        yield Item(value, text[place:end], lines.at(place))
        place = _skip(text, end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] not in {"]", ""}:
            raise DigestError(digest, lines.at(place), "a comma is missing before this object of the array; add it.")
    if not closed:
        raise DigestError(digest, lines.at(len(text.rstrip())), "the array has no end; add the missing `]`.")
    if text[place + 1 :].strip():
        raise DigestError(digest, lines.at(_skip(text, place + 1)), "there is more behind the array; take it away.")


def _sequence(text: str, place: int, digest: str) -> Iterator[Item]:
    lines = _LineCounter(text)
    while place < len(text):
        value, end = _decode(text, place, digest, lines.at(place))
        yield Item(value, text[place:end], lines.at(place))
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


def places_of(text: str, wanted: Sequence[str]) -> list[tuple[int, str] | None]:
    """Return where some strings stand in a text of JSON, each with its escapes: of equal ones each at its own place."""
    places: list[tuple[int, str] | None] = [None] * len(wanted)
    open_ones: dict[str, deque[int]] = {}
    for number, string in enumerate(wanted):
        open_ones.setdefault(string, deque()).append(number)
    for found in _STRING.finditer(text):
        if not open_ones:
            break
        raw = found["raw"]
        string = raw if "\\" not in raw else unescaped(raw)
        numbers = open_ones.get(string)
        if numbers:
            places[numbers.popleft()] = (found.start("raw"), raw)
            if not numbers:
                del open_ones[string]
    return places


def unescaped(raw: str) -> str:
    """Return what the text between the quotes of a JSON string says."""
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw


def breaks_in(text: str) -> int:
    """Return the number of line ends in a text."""
    return len(_BREAK.findall(text))
