"""Alerts of Google Scholar: the HTML part of the mail, also forwarded, or its text as a mail program copies it.

An item is a title that links the paper through Scholar, a line "Z Chen, M Monperrus - venue, year", and a snippet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from refkit.digests.form import goes_on, join_lines
from refkit.digests.lines import Line, check_lines, check_title, clean, head_of, is_foreign, is_reference, split_lines
from refkit.digests.page import Block, blocks, raw_of
from refkit.digests.page_head import is_html
from refkit.digests.page_titles import bare_title
from refkit.digests.paper_links import is_label, target_of
from refkit.model import Mention, PartialDate, Skipped, find_arxiv_id

_OWN = re.compile(
    r"(?i)gse_alrt_(?:title|sni)|oi=scholaralrt|scholar\.google\.[\w.]+/(?:scholar_alerts|scholar_share)\b"
    r"|(?:message was|alert is) sent by google scholar|oi%3Dscholaralrt"
)
_TITLE_CLASS = re.compile(r"(?i)class\s*=\s*[\"']?[^\"'<>]{0,200}gse_alrt_title")
_THROUGH_SCHOLAR = re.compile(r"(?i)scholar\.google\.[\w.]+(?:/|%2F)scholar_url\b")
# Scholar writes given names as capitals without points, and three points where it leaves out names.
_INITIALS = r"[^\W\d_a-z]{1,4}(?:-[^\W\d_a-z]{1,3})?"
_PARTICLES = r"(?:(?:de|der|den|van|von|da|di|la|le|du|al|el|bin|dos|ten|ter|del|mc|y) ?){0,3}+"
# Atomic, so that a long line of names is not read in all ways in which particles may be names.
_SHORT_NAME = rf"(?>{_INITIALS} {_PARTICLES}[^\W\d_][\w'’‐-]+(?: [^\W\d_][\w'’‐-]+){{0,2}})"
_BYLINE = re.compile(rf"{_SHORT_NAME}(?:, ?{_SHORT_NAME}){{0,60}}+,? ?(?:…|\.\.\.)? ?[-–—] (?=\S)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ASIDE = re.compile(
    r"(?i)\b(?:save|twitter|linkedin|facebook|share|see all recommendations|list (?:my )?alerts?|cancel alert"
    r"|delete alert"
    r"|manage alerts?|update [\w ]{0,20}alerts?|google scholar|recommended articles?)\b|<https?://[^>]*>"
    r"|\[(?:image|img|cid)\b[^\]]*\]"
)
_FOOT = re.compile(
    r"(?i)(?:this (?:message|alert|e-?mail) (?:was|is) sent by google scholar|google scholar is a service by google"
    r"|you received this|to stop receiving|unsubscribe)"
)
_CITES = re.compile(r"(?i)(?:cites|cita|zitiert|cite)\s*:")
_QUERY = re.compile(
    r"(?i)because you(?:['’]re| are) following (?:new )?(?:results|articles|citations|research)?\s*(?:for"
    r"|written by|by|related to|to|in)?\s*(?P<query>[^\n]{2,200}?)\.?(?:\s*$|\n|\s+(?:list|cancel|google)\b)"
)
_ALERT_HEAD = re.compile(r"(?i)(?:google )?scholar alert\s*[-:–]\s*(?P<query>\S.{1,200})")
_MARK = re.compile(r"(?i)\[(?:pdf|html|book|citation|b|c|doc)\]\s*")
_TRAILING_LINK = re.compile(r"\s*(?:<https?://[^>]*>|\(https?://[^)\s]*\)|https?://\S+)\s*$")
_MARKDOWN_LINK = re.compile(r"\[(?P<text>[^\[\]]{3,400})\]\((?P<url>https?://[^)\s]+)\)$")
_LONGEST_ITEM = 10  # lines
_LONGEST_ASIDE = 2_000  # with the addresses behind its words
_MOST_BELOW = 8  # blocks that may stand between a title and the end of its snippet, and lines of it


class ScholarReader:
    """Reads the titles of alerts with their short authors, year, arXiv id, true link and snippet."""

    name = "scholar"

    def recognise(self, text: str) -> float:
        """Surely for Scholar's own marks; likely for lines of authors as only Scholar writes them, below titles."""
        head = head_of(text)
        if is_html(head):
            if not _THROUGH_SCHOLAR.search(head) and not _TITLE_CLASS.search(head):
                return 0.0
            found = sum(
                isinstance(item, Mention) and bool(item.authors) for item in _HtmlAlert(head, "").run(strict=False)
            )
            return 0.0 if not found else 0.98 if _OWN.search(head) else 0.9
        if is_foreign(head):
            return 0.0
        lines = list(split_lines(head))
        found = len(_items(lines))
        if not found:
            return 0.0
        marked = bool(_OWN.search(head) or _THROUGH_SCHOLAR.search(head))
        return 0.96 if marked else 0.9 if found * _LONGEST_ITEM >= len(lines) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the items of the alert, and its other lines; raises DigestError for a line or a title without end."""
        if is_html(text):
            yield from _HtmlAlert(text, digest).run()
        else:
            check_lines(text, digest=digest)
            yield from _TextAlert(text, digest).run()


class _Byline(NamedTuple):
    """What the line below a title says."""

    authors: tuple[str, ...]
    issued: PartialDate | None
    arxiv_id: str


def _byline(text: str) -> _Byline:
    names, _, source = re.sub(r"\s[–—]\s", " - ", text).partition(" - ")
    if not source and (_YEAR.fullmatch(names.strip()) or "arxiv" in names.lower()):
        names, source = "", names
    years = _YEAR.findall(re.sub(r"(?i)arxiv:\s?\S+", "", source))
    authors = (name.strip(" .…") for name in re.split(r",\s*", names))
    return _Byline(
        tuple(name for name in authors if name),
        PartialDate(int(years[-1])) if years else None,
        find_arxiv_id(source) if "arxiv" in source.lower() else "",
    )


def _looks_like_byline(text: str) -> bool:
    return len(text) < 600 and (  # noqa: PLR2004 - Scholar cuts them at some 80
        bool(_BYLINE.match(text))
        or bool(re.search(r" [-–—] (?:.*, )?(?:19|20)\d\d$", text))
        or bool(_YEAR.fullmatch(text))
    )


def _query_in(text: str) -> str:
    found = _QUERY.search(text) or _ALERT_HEAD.fullmatch(text)
    return found["query"].strip(" []") if found else ""


class _HtmlAlert:
    """The HTML part of an alert."""

    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._heading = ""
        self._items: list[Mention | Skipped] = []
        self._open: Mention | None = None
        self._link = self._element = self._below = 0
        self._has_byline = False
        self._snippet: list[str] = []

    def run(self, *, strict: bool = True) -> Iterator[Mention | Skipped]:
        classes = bool(_TITLE_CLASS.search(self._text))
        for block in blocks(self._text):
            if block.kind != "rule":
                self._put(block, classes=classes)
        self._close()
        for item in self._items:
            if isinstance(item, Mention):
                if strict:
                    check_title(item.title, digest=self._digest, line=item.line)
                yield replace(item, heading=self._heading)
            else:
                yield item

    def _put(self, block: Block, *, classes: bool) -> None:
        self._heading = self._heading or _query_in(block.text)
        if self._open and block.pieces[0].link and block.pieces[0].link == self._link:
            self._open = replace(self._open, title=f"{self._open.title} {block.text}")
            return
        titles = [link for link in block.links() if _is_item_link(link.href, link.text, link.names, classes=classes)]
        if titles:
            self._close()
            link = titles[0]
            raw, place = raw_of(self._text, link.start, link.end, bare_title(link.text))
            line = block.line + len(re.findall(r"\r\n|\r|\n", self._text[block.pieces[0].start : place]))
            target = target_of(link.href)
            self._open = Mention(
                title=bare_title(link.text), arxiv_id=target.arxiv_id, doi=target.doi,
                url=target.url if "://" in target.url else "", digest=self._digest, line=line, raw=raw,
            )  # fmt: skip
            self._link, self._below, self._has_byline, self._element = link.link, 0, False, -1
        elif not self._belongs(block):
            if _FOOT.match(block.text):
                self._close()
            self._items.append(Skipped(block.line, block.text[:200], _why(block.text)))

    def _belongs(self, block: Block) -> bool:
        paper, text = self._open, block.text
        self._below += 1
        if not paper or self._below > _MOST_BELOW or _is_aside(text) or _FOOT.match(text) or _CITES.match(text):
            return False
        if not self._has_byline and not self._snippet and (self._below == 1 or _looks_like_byline(text)):
            if not _looks_like_byline(text) and text.count(" ") > 14:  # noqa: PLR2004 - a snippet, the line is missing
                self._has_byline = True
                return self._belongs(block)
            found = _byline(text)
            self._open = replace(
                paper, authors=found.authors, issued=found.issued, arxiv_id=paper.arxiv_id or found.arxiv_id
            )
            self._has_byline = True
            return True
        if self._snippet and block.element != self._element:
            return False
        self._snippet.append(text)
        self._element = block.element
        return True

    def _close(self) -> None:
        if self._open:
            self._items.append(replace(self._open, abstract=_abstract(self._snippet)))
        self._open, self._snippet, self._link = None, [], 0


def _is_item_link(href: str, text: str, names: str, *, classes: bool) -> bool:
    if not text or is_label(text) or _is_aside(text):
        return False
    return "gse_alrt_title" in names if classes else bool(_THROUGH_SCHOLAR.search(href))


def _is_aside(text: str) -> bool:
    """Whether a line is buttons, pictures and links only."""
    return len(text) < _LONGEST_ASIDE and not re.search(r"\w", _ASIDE.sub("", text))


def _abstract(lines: Sequence[str]) -> str:
    text = join_lines(lines) if lines else ""
    return text if text.count(" ") > 2 else ""  # noqa: PLR2004


def _why(text: str) -> str:
    if _CITES.match(text):
        return "what it cites"
    if _FOOT.match(text):
        return "a footer"
    if _is_aside(text):
        return "a button"
    return "a line of the mail"


class _Item(NamedTuple):
    """Which lines are a title (first to last) and the authors below it."""

    first: int
    last: int
    byline: int


def _items(lines: Sequence[Line]) -> list[_Item]:
    """Return the items among lines of text: each line of authors with the title above it."""
    found: list[_Item] = []
    for i, line in enumerate(lines):
        if len(line.text) > 600 or not _BYLINE.match(line.text):  # noqa: PLR2004
            continue
        last = i - 1
        while last >= 0 and (is_reference(lines[last].text.strip("<>()")) or _is_aside(lines[last].text)):
            last -= 1
        floor = found[-1].byline if found else -1
        if last <= floor or line.number - lines[last].number > 4:  # noqa: PLR2004
            continue
        first = last
        while first - 1 > floor and _is_one_title(lines[first - 1], lines[first]):
            first -= 1
        found.append(_Item(first, last, i))
    return found


def _is_one_title(above: Line, below: Line) -> bool:
    """Whether the title goes on from one line to the next."""
    adjacent = (
        below.number == above.number + 1 and not _MARK.match(below.text) and not above.text.endswith(("…", "..."))
    )
    return (
        adjacent and (bool(_MARK.match(above.text)) or goes_on(above.text, below.text)) and not is_reference(above.text)
    )


class _TextAlert:
    """The text of an alert, as a mail program shows or copies it."""

    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._lines = list(split_lines(text))

    def run(self) -> Iterator[Mention | Skipped]:
        items = _items(self._lines)
        heading = next(filter(None, (_query_in(line.text) for line in self._lines)), "")
        place = 0
        stops = [*(item.first for item in items), len(self._lines)][1:]
        for item, stop in zip(items, stops, strict=False):
            yield from self._skipped(place, item.first)
            end = self._end_of_snippet(item.byline + 1, stop)
            snippet = [line.text for line in self._lines[item.byline + 1 : end]]
            yield self._mention(item, heading, snippet)
            place = end
        yield from self._skipped(place, len(self._lines))

    def _skipped(self, start: int, stop: int) -> Iterator[Skipped]:
        for line in self._lines[start:stop]:
            yield Skipped(line.number, line.text[:200], "a link" if is_reference(line.text) else _why(line.text))

    def _end_of_snippet(self, start: int, stop: int) -> int:
        for i in range(start, min(stop, start + _MOST_BELOW)):
            text = self._lines[i].text
            apart = i > start and self._lines[i].number > self._lines[i - 1].number + 1
            if apart or _is_aside(text) or _FOOT.match(text) or _CITES.match(text) or is_reference(text):
                return i
        return min(stop, start + _MOST_BELOW)

    def _mention(self, item: _Item, heading: str, snippet: Sequence[str]) -> Mention:
        lines = self._lines[item.first : item.last + 1]
        whole = join_lines([line.text for line in lines])
        between = " ".join(line.text for line in self._lines[item.last + 1 : item.byline])
        link = re.search(r"https?://[^\s<>)]+", f"{whole} {between}")
        target = target_of(link[0]) if link else target_of("")
        marked = _MARKDOWN_LINK.search(whole)
        title = bare_title(clean(_MARK.sub("", marked["text"] if marked else _TRAILING_LINK.sub("", whole), count=1)))
        check_title(title, digest=self._digest, line=lines[0].number)
        found = _byline(self._lines[item.byline].text)
        return Mention(
            title=title or whole,
            abstract=_abstract(snippet),
            authors=found.authors,
            heading=heading,
            issued=found.issued,
            arxiv_id=target.arxiv_id or found.arxiv_id,
            doi=target.doi,
            url=target.url,
            digest=self._digest,
            line=lines[0].number,
            raw=self._text[lines[0].start : lines[-1].end].strip(),
        )
