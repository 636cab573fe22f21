"""A plain list, one title a line, with or without bullets, numbers, quotes and links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from refkit.digests.form import is_prose
from refkit.digests.furniture import announces_name, why_no_title
from refkit.digests.lines import (
    BULLET,
    Line,
    add_references,
    check_lines,
    check_title,
    head_of,
    is_foreign,
    is_reference,
    parse_date,
    split_lines,
    split_title,
)
from refkit.digests.table import TableReader, without_separator_line
from refkit.digests.table_form import find_columns
from refkit.model import Mention, PartialDate, Skipped

_SURE = 0.9  # a table of which the first row names the titles
_HEADING = re.compile(r"#{1,6}\s+(?P<text>\S.*?)[\s#]*")
_COLUMN = re.compile(r"(?i)(?:paper )?titles?|papers?|name")
_QUOTES = (('"', '"'), ("“", "”"), ("«", "»"), ("„", "“"), ("'", "'"), ("‘", "’"), ("**", "**"), ("*", "*"), ("_", "_"))
_CODE = re.compile(
    r"[{};]\s*$|^\s*(?:def|class|import|from \w+ import|function|var|let|const|return|if \(|for \()\b.*[:;{]\s*$"
    r"|[=<>]{2,}|=>"
)


class TitlesReader:
    """Reads one title a line; a table that names its column of titles is read as one, also where this was named."""

    name = "titles"
    columns: Mapping[str, str] = MappingProxyType({})

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.columns = columns or {}

    def recognise(self, text: str) -> float:
        """Possibly for lines that could all be titles; not where columns are named: a list has none."""
        text = without_separator_line(text)
        if self.columns or is_foreign(text):
            return 0.0
        lines = [line for line in split_lines(head_of(text)) if not why_no_title(line.text)]
        if not lines:
            return 0.0
        could = sum(_could_be_title(line.text) for line in lines) / len(lines)
        return 0.5 * could if could >= 0.7 else 0.0  # noqa: PLR2004 - half prose or code is no list of titles

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the titles and the lines that are none; raises DigestError for a row or a line that cannot be read."""
        found = find_columns(without_separator_line(text), self.columns)
        if self.columns or (found and found.sure >= _SURE):
            yield from TableReader(self.columns).read(text, digest=digest)
            return
        check_lines(text, digest=digest)
        yield from _List(without_separator_line(text), digest).run()


def _could_be_title(text: str) -> bool:
    """Whether a line has the form of a title: not prose, not code, not the middle of a sentence."""
    text = BULLET.sub("", text, count=1)
    if len(text) > 350 or len(text.split()) > 50 or _CODE.search(text):  # noqa: PLR2004 - see form.py
        return False
    sentence = text.endswith(".") and len(text.split()) > 15 and is_prose(text)  # noqa: PLR2004 - 2 of 17,700 titles
    return not sentence and not (text[0].islower() and text.endswith((",", ".", ";")))


class _List:
    """Reads a plain list; a link on a line of its own belongs to the title above it."""

    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._heading = ""
        self._issued: PartialDate | None = None
        self._open: Mention | None = None
        self._held: list[Skipped] = []
        self._links_first = False
        self._names_follow = False

    def run(self) -> Iterator[Mention | Skipped]:
        for n, line in enumerate(split_lines(self._text)):
            reason = self._why_no_title(line, first=not n)
            if reason:
                self._held.append(Skipped(line.number, line.text, reason))
            elif not self._goes_on(line):
                yield from self._flush()
                self._open = self._mention(line)
            self._names_follow = announces_name(line.text)
        yield from self._flush()

    def _flush(self) -> Iterator[Mention | Skipped]:
        if self._open:
            yield self._open
        yield from self._held
        self._open, self._held = None, []

    def _why_no_title(self, line: Line, *, first: bool) -> str:
        heading = _HEADING.fullmatch(line.text)
        if heading and not why_no_title(heading["text"]):
            self._heading = heading["text"]
            return "a heading"
        if first and _COLUMN.fullmatch(line.text.strip("\"'")):
            return "the name of the column"
        if is_reference(line.text):
            return self._put_link(line.text)
        date = parse_date(line.text)
        if date:
            self._issued = date
            return "a date"
        if self._names_follow and len(line.text.split()) == 1:
            return "a name"
        return why_no_title(line.text) or why_no_title(BULLET.sub("", line.text, count=1))

    def _put_link(self, text: str) -> str:
        """Add a link to the title above; where the first link stands above all titles, links belong to none."""
        if not self._open:
            self._links_first = True
        elif not self._links_first:
            self._open = replace(self._open, **add_references(self._open, text))
        return "a link"

    def _goes_on(self, line: Line) -> bool:
        """Add an indented line without a bullet to the bulleted title right above it."""
        before = self._open
        if not before or self._held or not BULLET.match(before.raw) or BULLET.match(line.text):
            return False
        start = self._text.rfind(before.raw, 0, line.start)
        own = max(self._text.rfind("\n", 0, line.start), self._text.rfind("\r", 0, line.start)) + 1
        indent = self._text[own : line.start]
        gap = self._text[start + len(before.raw) : own]
        if len(indent.expandtabs()) < 2 or gap.strip() or len(gap.replace("\r\n", "\n")) != 1:  # noqa: PLR2004
            return False
        raw = self._text[start : line.end].rstrip()
        title, links = _title_of(" ".join(raw.split()))
        check_title(title, digest=self._digest, line=before.line)
        self._open = replace(before, title=title, raw=raw, **links)
        return True

    def _mention(self, line: Line) -> Mention:
        title, links = _title_of(line.text)
        check_title(title, digest=self._digest, line=line.number)
        return Mention(
            title=title,
            heading=self._heading,
            issued=self._issued,
            digest=self._digest,
            line=line.number,
            raw=self._text[line.start : line.end].rstrip(),
            **links,
        )


def _title_of(text: str) -> tuple[str, dict[str, Any]]:
    """Return the title of a line without bullet, quotes and link, and what the link says."""
    text = BULLET.sub("", text, count=1)
    title, links = split_title(text)
    return _unquoted(title), links


def _unquoted(title: str) -> str:
    """Take away quotes or stars round the whole title, not those round its first or last words."""
    for left, right in _QUOTES:
        inner = title[len(left) : -len(right)]
        if title.startswith(left) and title.endswith(right) and inner.strip():
            inside = inner.replace('""', "") if left == '"' else inner
            if left not in inside and right not in inside:
                return inner.replace('""', '"').strip() if left == '"' else inner.strip()
    return title
