"""Digests and lists of papers in Markdown: awesome lists, weekly digests, tables, reading notes, clipped pages.

A row is a paper by evidence (`markdown_sections.py`), never by its place; the title is found by form
(`markdown_titles.py`). Line-based (`markdown_text.py`): lists in the wild are sloppier than CommonMark, and each title
needs its place. 1 MB takes about 4 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refkit.digests.lines import check_lines, check_title, clean, head_of, is_reference
from refkit.digests.markdown_days import day_of
from refkit.digests.markdown_people import authors_of
from refkit.digests.markdown_rows import Segment, cells_in, segments_of
from refkit.digests.markdown_sections import Sections
from refkit.digests.markdown_tables import read_row, title_columns
from refkit.digests.markdown_tags import bare
from refkit.digests.markdown_text import Row, definitions, fields_at, front_matter, rows_of
from refkit.digests.page_head import is_html
from refkit.digests.paper_links import Target, target_of
from refkit.model import Mention, PartialDate, Skipped

_LINK = re.compile(r"\]\(\s*<?(?:https?://|/|\.{0,2}/|#)[^\s()]|\]\[[^\]\n]{0,100}\]|\]\(\)")
_PAPER_LINK = re.compile(
    r"(?i)\]\(\s*<?https?://[^\s)]{0,200}"
    r"(?:arxiv\.org|/papers/\d|openreview\.net|aclanthology|doi\.org|\.pdf|proceedings)"
)
_MARK = re.compile(
    _LINK.pattern + r"|\*\*\S|(?<!\S)[*_][^\s*_][^*_\n]{2,200}[*_](?=\W|$)|<a\s|^[-*+] [A-Za-z ]{3,12}: "
)
_TABLE = re.compile(r"(?m)^[ \t>]*+\|?+[^\n|]*+\|[^\n]*+\n[ \t>]*+\|?+[ \t]*+:?-++:?[ \t]*+\|[ \t:|-]*+$")
_HF_CARD = re.compile(
    r"(?m)^#{1,4} \[[^\n]{3,400}\]\((?:https?://(?:huggingface|hf)\.co)?/papers/\d{4}\.\d{4,5}"
    r"|\]\(https?://(?:huggingface|hf)\.co/papers/\d{4}\.\d{4,5}#community\)"
)
_FOREIGN = re.compile(
    r"(?m)\A\s*(?:<\?xml|<rss|<feed|\{\s*\"|\[\s*[{\"]|@\w{3,20}\{|%PDF|\\documentclass|From \S+@\S+ .*\n)"
    r"|^\\\\\r?$\n(?:.*\n){0,3}?^(?:arXiv:|Paper:)|^TY  - [A-Z]+[ \t]*$"
    r"|\A(?:[A-Z][\w-]{1,30}: .*\n(?:[ \t].*\n)*){2,}(?:[ \t]*\n)"
)
# What clippers put round the title of a page of arXiv and others.
_WITHOUT = re.compile(r"^\[\d{4}\.\d{4,5}(?:v\d+)?\]\s*|\s+[|–-]\s+(?:arXiv|OpenReview|Hugging Face).*$")
_DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_TRIED = 40_000  # characters that are read to see whether there are papers
_SHARE = 0.3  # of rows that bear marks of Markdown, below which a text is a list that has some


class MarkdownReader:
    """Reads papers from Markdown of any kind."""

    name = "markdown"

    def recognise(self, text: str) -> float:
        """Likely if papers stand there in several marks of Markdown; not for lists of bare titles."""
        head = head_of(text)
        if _FOREIGN.search(head[:5_000]) or is_html(head):
            return 0.0
        fields, _ = front_matter(head)
        links, tables = len(_LINK.findall(head)), bool(_TABLE.search(head))
        if len(_HF_CARD.findall(head)) > 1:
            return 0.96
        if not (links or tables or fields or "**" in head or "http" in head):
            return 0.0
        part = head[:_TRIED] if len(head) <= _TRIED else head[: head.rfind("\n", 0, _TRIED) + 1 or _TRIED]
        found = self._found(part) or self._found(head)
        if not found:
            return 0.0
        return self._sure(head, found, links=links, tables=tables, note=bool(fields))

    def _found(self, text: str) -> int:
        return sum(isinstance(item, Mention) for item in _Reading(text, "", strict=False).run())

    def _sure(self, head: str, found: int, *, links: int, tables: bool, note: bool) -> float:
        if tables or note:
            return 0.85
        lines = [line.strip() for line in head.splitlines()]
        rows = [line for line in lines if line and not line.startswith("#") and not is_reference(line)]
        marked = sum(bool(_MARK.search(line)) for line in rows)
        if marked < _SHARE * len(rows) and not (links > 5 and _PAPER_LINK.search(head)):  # noqa: PLR2004
            return 0.0
        if found < 2:  # noqa: PLR2004
            return 0.7 if links and _PAPER_LINK.search(head) else 0.3
        return 0.85 if links and _PAPER_LINK.search(head) else 0.7

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and the rows that are none; raises DigestError for a line or a title without end."""
        check_lines(text, digest=digest)
        yield from _Reading(text, digest).run()


class _Reading:
    """One reading of one text."""

    def __init__(self, text: str, digest: str, *, strict: bool = True) -> None:
        self._text, self._digest, self._strict = text, digest, strict
        self._references = definitions(text)
        self._fields, _ = front_matter(text)
        self._sections = Sections(text, digest, self._issued(), strict=strict)
        self._columns: tuple[tuple[str, ...], dict[str, list[int]]] = ((), {})

    def run(self) -> Iterator[Mention | Skipped]:
        for row in rows_of(self._text):
            if row.kind == "front":
                yield from self._front(row)
            elif row.kind == "cells":
                self._cells(row)
            elif row.kind in {"heading", "item", "text"}:
                for segment in segments_of(self._text, row, self._references):
                    if not self._is_menu(segment):
                        yield from self._sections.put(segment)
            else:
                self._aside(row)
        yield from self._sections.end()

    def _aside(self, row: Row) -> None:
        if row.kind == "rule":
            self._sections.rule()
        else:
            reason = {"code": "code", "comment": "a comment"}.get(row.kind, "a link")
            self._sections.skip(row.line, self._text[row.start : row.end], reason)

    def _is_menu(self, segment: Segment) -> bool:
        """Skip a row of links to places in the page."""
        targets = [group.target for group in segment.groups if group.target]
        inner = sum(target.url.startswith("#") or "/#" in target.url[:4] for target in targets)
        if not inner or segment.papers or inner < len(targets):
            return False
        if segment.row.kind == "heading":
            return False
        self._sections.skip(segment.row.line, segment.text, "a table of contents")
        return True

    def _issued(self) -> PartialDate | None:
        value = fields_at(self._fields, "published", "date", "issued", "created", "updated")
        named = _DAY.search(fields_at(self._fields, "source", "url")) or _DAY.search(fields_at(self._fields, "title"))
        value = named[0] if named else value.partition("T")[0]
        return day_of(value) if value else None

    def _front(self, row: Row) -> Iterator[Mention | Skipped]:
        """A note about one paper names it in its front matter."""
        title = " ".join(fields_at(self._fields, "title", "paper", "name").split())
        source = fields_at(self._fields, "source", "url", "link", "pdf", "arxiv", "doi", "paper_url")
        source = f"https://arxiv.org/abs/{source}" if re.fullmatch(r"\d{4}\.\d{4,5}(?:v\d+)?", source) else source
        target = target_of(f"https://doi.org/{source}" if source.startswith("10.") else source)
        if title and target.is_paper:
            yield self._note(_WITHOUT.sub("", title), target)
        else:
            yield Skipped(row.line, "---", "front matter")

    def _note(self, words: str, target: Target) -> Mention:
        title, place = bare(words), self._text.find(words)
        line = len(re.findall(r"\r\n|\r|\n", self._text[: max(place, 0)])) + 1
        if self._strict:
            check_title(title, digest=self._digest, line=line)
        self._sections.know(title, target.arxiv_id)
        names = fields_at(self._fields, "authors", "author", "creator")
        return Mention(
            title=title,
            abstract=clean(fields_at(self._fields, "abstract", "description", "summary", "tldr")),
            authors=authors_of(re.sub(r"\[\[|\]\]", "", names)),
            issued=self._issued(),
            arxiv_id=target.arxiv_id,
            doi=target.doi,
            url=target.url,
            digest=self._digest,
            line=line,
            raw=words if place >= 0 else "---",
        )

    def _cells(self, row: Row) -> None:
        if row.level:
            self._columns = (row.header, title_columns(row.header))
            self._sections.skip(row.line, self._text[row.start : row.end], "the head of a table")
            return
        columns = self._columns[1] if row.header and row.header == self._columns[0] else {}
        cells: Sequence[Sequence[Segment]] = cells_in(self._text, row, self._references)
        found = read_row(cells, columns)
        if found:
            self._sections.put_cells(*found)
        else:
            self._sections.skip(row.line, self._text[row.start : row.end], "a row without a title")
