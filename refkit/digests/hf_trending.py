"""The copied text of a Hugging Face papers page (trending, daily), or any text of titles with abstracts below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from refkit.digests.form import LONGEST_TITLE, Part, goes_on, is_prose, join_lines, tell_apart
from refkit.digests.furniture import announces_name, authors_of, is_head, is_short_name, may_end_title, why_no_title
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
    references,
    split_lines,
    split_title,
)
from refkit.model import Mention, PartialDate, Skipped
from refkit.normalize import title_key

# Of the lines of a list that ends its titles with a period; of a page with abstracts at most half end so.
_NEARLY_ALL = 0.8


class _Aside(NamedTuple):
    """A line that is neither title nor abstract: a link, a date, authors, or furniture with the reason."""

    line: Line
    reason: str


@dataclass
class _Page:
    """The lines of a page, parted: `texts` are titles and abstracts with the `gaps` before them."""

    texts: list[Line] = field(default_factory=list)
    gaps: list[bool] = field(default_factory=list)
    asides: list[_Aside] = field(default_factory=list)


class HfTrendingReader:
    """Reads titles with their abstracts, told apart by form; menu, counts and dates never become titles."""

    name = "hf-trending"

    def recognise(self, text: str) -> float:
        """Surely if lines stand there that only such a page has; likely if titles have abstracts."""
        if is_foreign(text):
            return 0.0
        page = _part(head_of(text))
        parts = tell_apart([line.text for line in page.texts], page.gaps)
        titles = sum(not part.abstract for part in parts)
        if not titles or _is_bulleted(page):
            return 0.0
        if any(is_head(aside.line.text) for aside in page.asides):
            return 0.95
        if _ends_every_line_with_a_period([line.text for line in page.texts]):
            return 0.0
        # A list of titles has no paragraphs of prose: one that is as long as no title, or one for ten titles.
        with_abstract = sum(not this.abstract and after.abstract for this, after in pairwise(parts))
        long = any(len(line.text) > LONGEST_TITLE for line in page.texts)
        if with_abstract and (long or with_abstract >= 0.1 * titles):
            return 0.8
        return 0.6 if _has_wrapped_titles(page, parts) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers of the page and the lines that are none; raises DigestError for a line without end."""
        check_lines(text, digest=digest)
        page = _part(text)
        parts = tell_apart([line.text for line in page.texts], page.gaps)
        yield from _Assembly(text, digest, page).run(parts)


def _is_bulleted(page: _Page) -> bool:
    """Whether most lines have bullets, and none is as long as only an abstract is."""
    bulleted = sum(bool(BULLET.match(line.text)) for line in page.texts)
    return bulleted > 0.5 * len(page.texts) and all(len(line.text) <= LONGEST_TITLE for line in page.texts)


def _ends_every_line_with_a_period(lines: Sequence[str]) -> bool:
    """Whether this is a list whose maker put a period behind each title: a page has it behind abstracts only."""
    periods = sum(line.endswith(".") and len(line) <= LONGEST_TITLE and not is_prose(line) for line in lines)
    return periods >= _NEARLY_ALL * len(lines)


def _has_wrapped_titles(page: _Page, parts: Sequence[Part]) -> bool:
    """Whether blank lines part titles of more than one line, so that the lines alone are no titles."""
    lines = [line.text for line in page.texts]
    if any(line[-1] in "{};" for line in lines):
        return False  # a program
    inner = [i for part in parts for i in range(part.first, part.last - 1)]
    if not inner or not all(page.gaps[part.first] for part in parts[1:]):
        return False
    surely = sum(goes_on(lines[i], lines[i + 1]) for i in inner)
    return surely >= 0.5 * len(inner) or (surely > 0 and _are_full(lines, inner))


def _are_full(lines: Sequence[str], inner: Sequence[int]) -> bool:
    """Whether a program broke these lines: nearly all that go on have no room for the word that follows."""
    width = max(map(len, lines))
    full = sum(len(lines[i]) + 1 + len(lines[i + 1].split(" ", 1)[0]) > width for i in inner)
    return full >= _NEARLY_ALL * len(inner)


def _part(text: str) -> _Page:
    """Part the lines that could be titles or abstracts from all others."""
    page, before, lines = _Page(), 0, list(split_lines(text))
    for i, line in enumerate(lines):
        reason = _why_aside(line.text) or _why_name(lines, i)
        below = page.texts[-1].text if page.texts and before == line.number - 1 else ""
        if reason and not (below and _belongs_to(below, line.text)):
            page.asides.append(_Aside(line, reason))
            continue
        page.texts.append(_without_hashes(line))
        page.gaps.append(line.number != before + 1)
        before = line.number
    return page


def _belongs_to(above: str, text: str) -> bool:
    """Whether a line that looks like furniture or a link is the end of the wrapped line right above it."""
    if may_end_title(text):
        return len(above) > 30 and above[-1] not in ".?!"  # noqa: PLR2004 - nobody wraps narrower
    is_link = "://" in text and not (references(text)["arxiv_id"] or references(text)["doi"])
    return is_link and is_prose(above)


def _without_hashes(line: Line) -> Line:
    """Take the mark of a Markdown heading from a line."""
    marks, _, words = line.text.partition(" ")
    return line._replace(text=words) if words and not marks.strip("#") else line


def _why_aside(text: str) -> str:
    if why_no_title(text) == "tags":
        return "tags"
    text = text.lstrip("# ") or text
    if is_reference(text):
        return "a link"
    if parse_date(text):
        return "a date"
    return "authors" if authors_of(text) else why_no_title(text)


def _why_name(lines: Sequence[Line], i: int) -> str:
    """Say whether line i is a name because of the line before; it is a title if an abstract stands right below."""
    if not i or not announces_name(lines[i - 1].text) or not is_short_name(lines[i].text):
        return ""
    after = lines[i + 1].text if i + 1 < len(lines) else ""
    return "" if len(after) > 200 or (len(after.split()) > 12 and after.endswith(".")) else "a name"  # noqa: PLR2004


class _Assembly:
    """Puts titles, abstracts and the lines between them together, in the order of the page."""

    def __init__(self, text: str, digest: str, page: _Page) -> None:
        self._text = text
        self._digest = digest
        self._page = page
        self._asides = iter([*page.asides, None])
        self._aside = next(self._asides)
        self._issued: PartialDate | None = None
        self._open: Mention | None = None
        self._held: list[Skipped] = []
        self._links_first = False
        self._dates_below = False

    def run(self, parts: Sequence[Part]) -> Iterator[Mention | Skipped]:
        self._dates_below = self._are_dates_below(parts)
        for part in parts:
            lines = self._page.texts[part.first : part.last]
            self._put_asides(lines[0].number)
            if part.abstract:
                self._put_abstract(lines)
            else:
                yield from self._put_title(lines)
        self._put_asides(None)
        yield from self._flush()

    def _flush(self) -> Iterator[Mention | Skipped]:
        """Yield the paper that is complete, then the lines that came after its title."""
        if self._open:
            yield self._open
        yield from self._held
        self._open, self._held = None, []

    def _put_asides(self, before: int | None) -> None:
        while self._aside and (before is None or self._aside.line.number < before):
            self._put_aside(self._aside)
            self._aside = next(self._asides)

    def _put_aside(self, aside: _Aside) -> None:
        line, reason = aside
        if reason == "a date":
            self._put_date(line.text.lstrip("# "))
        elif reason == "a link" and not self._open:
            self._links_first = True
        elif reason == "a link" and self._open and not self._links_first:
            self._open = replace(self._open, **add_references(self._open, line.text))
        elif reason == "authors" and self._open and not self._open.authors:
            self._open = replace(self._open, authors=authors_of(line.text))
        self._held.append(Skipped(line.number, line.text, reason))

    def _are_dates_below(self, parts: Sequence[Part]) -> bool:
        """Whether each card has its date below its title, so that a date does not belong to what follows."""
        titles = [self._page.texts[part.first].number for part in parts if not part.abstract]
        dates = [aside.line.number for aside in self._page.asides if aside.reason == "a date"]
        return bool(titles and dates) and dates[0] > titles[0] and len(dates) >= 0.5 * len(titles)

    def _put_date(self, text: str) -> None:
        """Give a date to the card that it stands in, or else to all papers that follow."""
        if self._open and (self._dates_below or text.lower().startswith("publ")):
            self._open = replace(self._open, issued=parse_date(text))
        else:
            self._issued = parse_date(text)

    def _put_abstract(self, lines: Sequence[Line]) -> None:
        abstract = join_lines([line.text for line in lines])
        if self._open and not self._open.abstract:
            self._open = replace(self._open, abstract=abstract)
        elif not self._open or self._open.abstract != abstract:
            self._held.append(Skipped(lines[0].number, lines[0].text, "text with no title before it"))

    def _put_title(self, lines: Sequence[Line]) -> Iterator[Mention | Skipped]:
        mention = self._mention(lines)
        if self._open and title_key(self._open.title) == title_key(mention.title):
            self._held.append(Skipped(mention.line, mention.title, f"the same title as line {self._open.line}"))
            return
        yield from self._flush()
        self._open = mention

    def _mention(self, lines: Sequence[Line]) -> Mention:
        title, links = split_title(BULLET.sub("", join_lines([line.text for line in lines]), count=1))
        check_title(title, digest=self._digest, line=lines[0].number)
        raw = self._text[lines[0].start : lines[-1].end].rstrip()
        line = lines[0].number
        return Mention(title=title, issued=self._issued, digest=self._digest, line=line, raw=raw, **links)
