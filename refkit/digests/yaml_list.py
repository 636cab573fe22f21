"""YAML: lists of papers as sites and conferences keep them, sections of such lists, objects with keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from refkit.digests.columns import ALIASES, Missing, fold_name
from refkit.digests.lines import clean, head_of
from refkit.digests.md_rows import places_in
from refkit.digests.nested import Stand, mention_of, why_missing, without_title
from refkit.digests.objects import Found, papers_in
from refkit.digests.shapes import SAMPLE, field_names, shape_of
from refkit.digests.yaml_text import Text, read_yaml
from refkit.errors import DigestError
from refkit.model import Mention, Skipped

# Possessive: no line is read twice.
_KEY = re.compile(
    r"[ ]*+(?:-[ ]++)*+(?P<key>\"[^\"\n]{1,80}\"|'[^'\n]{1,80}'|[^\s#:\-\[{\"'&*!|>%@`][^:#\n]{0,80})"
    r":(?:[ ]++(?P<value>\S.*)|\s*)"
)
_ITEM = re.compile(r"[ ]*-(?: +\S.*|\s*)")
_OTHER = re.compile(r"\s*#.*|---(?: .*)?|\.\.\.\s*|%YAML.*|\s*[\]}],?\s*")
_STRONG = frozenset(ALIASES["title"][: ALIASES["title"].index("paper")]) | {"name", "paper"}
_MOST_LINES = 2_000
_SURE, _LIKELY, _BROKEN = 0.95, 0.9, 0.5
_BREAK = re.compile(r"\r\n|\r|\n")


class YamlReader:
    """Reads papers in a tree of YAML; `columns` names keys, or paths of keys with points."""

    name = "yaml"
    columns: Mapping[str, str] = MappingProxyType({})

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.columns = columns or {}

    def recognise(self, text: str) -> float:
        """Surely for lists and sections of objects with titles; a page of Markdown below some YAML is none."""
        head = head_of(text)
        if not _looks_like_yaml(head, any_names=bool(self.columns)):
            return 0.0
        try:
            values = read_yaml(_whole(head, cut=len(head) < len(text.rstrip()) - 1), digest="")
        except DigestError:
            return _BROKEN
        if not any(isinstance(value, dict | list) for value in values):
            return 0.0
        shape = shape_of(values, self.columns)
        if isinstance(shape, Missing):
            return _BROKEN
        # One object alone may as well be the settings of a site.
        if not shape.found or set(shape.fields) == {()}:
            return 0.0
        return _LIKELY if self.columns else _SURE

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield one mention a paper, and the objects among them without a title.

        Raises DigestError, with the line, for what is no YAML, for aliases that multiply, or where nothing has a title.
        """
        text = text.removeprefix("\ufeff")
        values = read_yaml(text, digest=digest)
        shape = shape_of(values, self.columns)
        if isinstance(shape, Missing):
            raise DigestError(digest, 1, why_missing(shape, values))
        if not shape.found:
            names = ", ".join(field_names(values)[:12])
            problem = "nothing in it looks like a title; name its key with --column title=KEY"
            raise DigestError(digest, 1, f"{problem} (the keys are: {names or 'none'}).")
        lines = _Lines(text)
        found = [each for value in values for each in papers_in(value, shape)]
        cells = places_in([each.title for each in found if isinstance(each, Found) and each.kind == "row"][:SAMPLE])
        for each in found:
            if isinstance(each, Found):
                place, raw = _stands(each.title, text)
                yield mention_of(each, Stand(digest, lines.at(place), raw, _own_in), cells)
            else:
                yield without_title(each.row, lines.at(_start_of(each.row)))


def _own_in(raw: str, row: Any) -> str:
    return row.own if row.own in raw and not raw.partition("\n")[2] else raw


def _stands(title: str, text: str) -> tuple[int, str]:
    """Return where a title stands in the text, and how, without its quotes or the sign of a block."""
    if not isinstance(title, Text):
        return 0, title
    raw = text[title.start : title.end].rstrip()
    lead = re.match(r"[|>][^\r\n]*[\r\n]+\s*|[\"']", raw)
    if lead:
        raw = raw[lead.end() :]
        raw = raw[:-1] if lead[0] in {'"', "'"} and raw.endswith(lead[0]) else raw
    return title.start + (lead.end() if lead else 0), raw or title


def _start_of(row: Mapping[str, Any]) -> int:
    return next((key.start for key in row if isinstance(key, Text)), 0)


class _Lines:
    """Tells the line of places, which mostly grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place, self._line = 0, 1

    def at(self, place: int) -> int:
        if place < self._place:
            self._line -= len(_BREAK.findall(self._text[place : self._place]))
        else:
            self._line += len(_BREAK.findall(self._text[self._place : place]))
        self._place = place
        return self._line


def _looks_like_yaml(head: str, *, any_names: bool) -> bool:
    """Whether all lines that are not indented are keys or items, and a key for titles stands in a list or below one."""
    titles = items = False
    for line in islice(_BREAK.split(head), _MOST_LINES):
        key = _KEY.fullmatch(line) if len(line) < 5_000 else None  # noqa: PLR2004
        if key:
            name = clean(key["key"]).strip("\"'")
            deeper = line[:1] in {" ", "-"}
            titles = titles or (deeper and bool(key["value"]) and (any_names or fold_name(name) in _STRONG))
            items = items or deeper
        elif line[:1] not in {" ", "\t", ""} and not _ITEM.fullmatch(line) and not _OTHER.fullmatch(line):
            return False
    return titles and items


def _whole(head: str, *, cut: bool) -> str:
    """Return the head of a text without its last item or key, if it is cut."""
    if not cut:
        return head
    last = max(head.rfind("\n- "), *(found.start() for found in re.finditer(r"\n(?=[^\s#-])", head)), 0)
    return head[: last + 1] if last > 0 else head
