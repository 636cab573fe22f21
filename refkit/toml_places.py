"""Where in a TOML file something stands, and what is wrong with it in words: for messages.

Python's parser tells values, not their lines; msgspec tells in its own terms what it refuses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_HEADER = re.compile(r"\s*(?P<begin>\[\[?)\s*(?P<path>[^\]#]+?)\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(r"\s*(?P<path>(?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")
# What msgspec says: https://jcristharif.com/msgspec/ (0.22), each form held by a test.
_AT = re.compile(r"(?s)(?P<problem>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?")
_EXPECTED = re.compile(r"Expected `(?P<kinds>[^`]+)`(?P<bound>[^,]*)(?:, got `(?P<got>[^`]+)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_KINDS = {
    "object": "a table", "array": "a list", "str": "a text", "int": "a whole number", "float": "a decimal number",
    "bool": "true or false",
}  # fmt: skip
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class Told(str):
    """A name in a configuration, that knows its `place`: "refkit.toml:3: sources: "."""

    __slots__ = ("place",)
    place: str

    @classmethod
    def at(cls, text: str, place: str) -> Told:
        """Return the text with its place."""
        told = cls(text)
        told.place = place
        return told


class Table(dict[str, Any]):
    """The settings of one plug-in, that know where they stand: `file`, and their `path` in it ("sources.arxiv").

    `prefix` is what stands before that path in the file ("tool.refkit" in pyproject.toml).
    """

    def __init__(self, settings: Mapping[str, Any], file: Path, path: str, prefix: str = "") -> None:
        super().__init__(settings)
        self.file, self.path, self.prefix = file, path, prefix

    def place(self, key: str = "") -> str:
        """Return "refkit.toml:7: sources.arxiv.delay: " for a key, or what stands for the whole table."""
        path = f"{self.path}.{key}" if key else self.path
        line = line_of(self.file, f"{self.prefix}.{path}" if self.prefix else path)
        return f"{self.file}:{line}: {path}: " if line else f"{self.file}: {path}: "


def in_words(error: Exception) -> tuple[str, str]:
    """Return the path of the value that msgspec refused ("terms[1].weight", "" for the whole), and why, as a clause.

    `error` is a msgspec.ValidationError; what a hook of ours said in it is returned as it is.
    """
    told = _AT.fullmatch(str(error))
    problem, path = (told["problem"], told["path"] or "") if told else (str(error), "")
    if missing := _MISSING.fullmatch(problem):
        return path, f"`{missing['name']}` is missing"
    if unknown := _UNKNOWN.fullmatch(problem):
        return ".".join(filter(None, (path, unknown["name"]))), "there is no such setting"
    expected = _EXPECTED.fullmatch(problem)
    if not expected:
        return path, f"{problem[:1].lower()}{problem[1:]}".rstrip(".")
    wanted = _kinds(expected["kinds"]) + _bound(expected["bound"])
    return path, f"it must be {wanted}" + (f", not {_kinds(expected['got'])}" if expected["got"] else "")


def told(error: Exception) -> str:
    """Return what `in_words` does as one clause: "`terms[1].weight`: it must be a whole number, not a text"."""
    path, problem = in_words(error)
    return f"`{path}`: {problem}" if path else problem


def _kinds(names: str) -> str:
    """Return in words what kinds of value msgspec names."""
    return " or ".join(_KINDS.get(name, name) for name in names.split(" | ") if name != "null")


def _bound(bound: str) -> str:
    """Return in words how large or how long a value may be."""
    *rest, sign, number = bound.split() if len(bound.split()) > 1 else ("", "", "")
    if sign not in _BOUNDS:
        return bound
    return f" of {'length ' if 'length' in rest else ''}{_BOUNDS[sign]} {number.removesuffix('.0')}"


def line_of(file: Path, path: str) -> int:
    """Return the line (from 1) on which a dotted path is set, or something in it, or the nearest table around it.

    In a path, `terms[1]` is the second of the tables that begin with `[[terms]]`. Returns 0 if nothing tells.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    wanted = _parts(path)
    best, depth = 0, 0
    for number, found in _paths(lines):
        common = min(len(found), len(wanted))
        if common > depth and wanted[:common] == found[:common]:
            best, depth = number, common
    return best


def _paths(lines: Iterable[str]) -> Iterable[tuple[int, list[str]]]:
    """Yield each line that begins a table or sets a key, with its whole path."""
    table: list[str] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(lines, start=1):
        if header := _HEADER.fullmatch(line):
            *above, last = _parts(header["path"])
            table = [*_indexed(above, seen), last]
            yield number, table
            if header["begin"] == "[[":
                seen[*table] += 1
            table = _indexed([last], seen, table[:-1])
            yield number, table
        elif entry := _ENTRY.match(line):
            yield number, [*table, *_parts(entry["path"])]


def _indexed(parts: Iterable[str], seen: Mapping[tuple[str, ...], int], above: Sequence[str] = ()) -> list[str]:
    """Return a path with the number of the newest table behind each name of which there are several."""
    whole = list(above)
    for part in parts:
        whole.append(part)
        if count := seen[*whole]:
            whole.append(str(count - 1))
    return whole


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(path)]
