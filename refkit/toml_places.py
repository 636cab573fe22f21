"""Where in a TOML file something stands, for messages: Python's parser tells values, not their lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_HEADER = re.compile(r"\s*\[\[?\s*(?P<path>[^\]#]+?)\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(r"\s*(?P<path>(?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


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


def line_of(file: Path, path: str) -> int:
    """Return the line (from 1) on which a dotted path is set, or the nearest table around it; 0 if nothing tells."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    wanted = _parts(path)
    best, depth = 0, 0
    for number, found in _paths(lines):
        if len(found) > depth and wanted[: len(found)] == found:
            best, depth = number, len(found)
    return best


def _paths(lines: Iterable[str]) -> Iterable[tuple[int, list[str]]]:
    """Yield each line that begins a table or sets a key, with its whole path."""
    table: list[str] = []
    for number, line in enumerate(lines, start=1):
        if header := _HEADER.fullmatch(line):
            table = _parts(header["path"])
            yield number, table
        elif entry := _ENTRY.match(line):
            yield number, [*table, *_parts(entry["path"])]


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(path)]
