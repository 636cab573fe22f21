"""Saved Hugging Face papers pages: the JSON with which the page was built, or its visible cards.

Papers, daily, weekly, monthly and trending, those of an organisation, and the page of one paper (specs/arxiv.md 5.1).
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any, NamedTuple

from msgspec.structs import replace

from refkit.digests.furniture import why_no_title
from refkit.digests.lines import check_title, clean, head_of
from refkit.digests.markup import START, LineStarts, Token, attribute, tokens
from refkit.digests.page import Block, Piece, blocks
from refkit.digests.page_head import is_html, page_title
from refkit.digests.page_people import date_in
from refkit.digests.page_titles import bare_title, is_description
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped, find_arxiv_id
from refkit.normalize import title_key

_MARKS = (
    re.compile(r"(?i)data-target=[\"']?(?:DailyPapers|PaperPage|Paper\w+|\w+Papers\w*)\b"),
    re.compile(
        r"(?i)<title>[^<]{0,80}(?:Daily|Trending) Papers[^<]{0,60}Hugging Face|Papers?[^<]{0,60} - Hugging Face</title>"
    ),
    re.compile(r"(?i)(?:huggingface\.co|hf\.co)/papers(?:[/?\"'\s]|$)"),
    re.compile(r"(?i)href=[\"']?(?:https://huggingface\.co)?/papers/\d{4}\.\d{4,5}"),
)
_PAPER_LINK = re.compile(
    r"(?i)^(?:https?://(?:www\.)?(?:huggingface|hf)\.co)?/papers/(\d{4}\.\d{4,5})(?:v\d+)?/?(?:\?[^#]*)?$"
)
_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}(?:v\d+)?")
# The text of a field `title` in JSON that is escaped for an attribute, whichever quotes that has.
_TITLE_FIELD = re.compile(
    r"(?:&quot;|&#34;|\")title(?:&quot;|&#34;|\")\s*:\s*(?:&quot;|&#34;|\")((?:[^\\&\"]|\\.|&(?!quot;|#34;))*+)",
    re.DOTALL,
)
_IDS = ("id", "arxivId", "paperId")
_ABSTRACTS = ("summary", "abstract", "ai_summary")
_SITE = "https://huggingface.co/papers/"
_LONGEST_RAW = 2_000
_DEEPEST = 60  # levels of JSON; the pages have less than ten


class _Paper(NamedTuple):
    """A paper in the JSON, and where its title stands in the page."""

    about: Mapping[str, Any]
    issued: str
    start: int
    end: int


class HfPageReader:
    """Reads each paper of a saved Hugging Face papers page once, with abstract, authors and date where it has them."""

    name = "hf-page"

    def recognise(self, text: str) -> float:
        """Surely for HTML with the data or at least two marks of such a page."""
        head = head_of(text)
        if not is_html(head):
            return 0.0
        has_data, titled, site, links = (bool(form.search(head)) for form in _MARKS)
        if has_data and "data-props" in head:
            return 0.97
        if _single_title(text):
            return 0.96
        return 0.96 if links and (titled or (site and re.search(r"(?i)<article\b", head))) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers in the order of the page; raises DigestError for JSON that cannot be read."""
        data = _Data(text, digest)
        papers = list(data.papers())
        only = title_key(_single_title(text))
        if only in {title_key(str(paper.about["title"])) for paper in papers}:
            papers = [paper for paper in papers if title_key(str(paper.about["title"])) == only]
        if papers:
            yield from data.mentions(papers)
            return
        found = list(_Cards(text, digest).run())
        if data.problem and not any(isinstance(item, Mention) for item in found):
            raise data.problem
        yield from found


class _Data:
    """The JSON in the attributes of a page."""

    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._lines = LineStarts(text)
        self.problem: DigestError | None = None

    def papers(self) -> Iterator[_Paper]:
        """Yield what looks like a paper; from the elements that name papers, so that no menu gives one, if any do."""
        carrying = [token for token in tokens(self._text) if token.kind == START and "data-props" in token.attributes]
        of_papers = [token for token in carrying if "paper" in attribute(self._text, token, "data-target").lower()]
        for token in of_papers or carrying:
            yield from self._of(token, surely=bool(of_papers))

    def _of(self, token: Token, *, surely: bool) -> Iterator[_Paper]:
        start, end = token.attributes["data-props"]
        own = self._text[start:end]
        try:
            data = json.loads(unescape(own))
        except (ValueError, RecursionError) as error:
            if surely:
                why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
                problem = f"the data of the page (`data-props`) cannot be read as JSON ({why}); save the page again"
                self.problem = DigestError(self._digest, self._lines.number(start), f"{problem}, or copy its text.")
            return
        places = _title_places(own)
        for about, issued in _walk(data, 0):
            found = places.get(str(about["title"]))
            place = found.popleft() if found else (0, len(own))
            yield _Paper(about, issued, start + place[0], start + place[1])

    def mentions(self, papers: Iterable[_Paper]) -> Iterator[Mention | Skipped]:
        """Yield each paper once."""
        seen: dict[str, int] = {}
        for paper in papers:
            mention = self._mention(paper)
            keys = {mention.arxiv_id, title_key(mention.title)} - {""}
            if keys & seen.keys():
                yield Skipped(mention.line, mention.title, "a repeated paper")
            else:
                yield mention
            seen.update(dict.fromkeys(keys, mention.line))

    def _mention(self, paper: _Paper) -> Mention:
        about, title = paper.about, clean(str(paper.about["title"]))
        own = self._text[paper.start : paper.end]
        start = paper.start + len(own) - len(own.lstrip())
        line = self._lines.number(start)
        check_title(title, digest=self._digest, line=line)
        number = next((about[key] for key in _IDS if isinstance(about.get(key), str)), "")
        arxiv_id = find_arxiv_id(number) if _ARXIV_ID.fullmatch(number) else ""
        abstracts = (clean(about[key]) for key in _ABSTRACTS if isinstance(about.get(key), str))
        return Mention(
            title=title,
            abstract=next(filter(None, abstracts), ""),
            authors=_authors(about.get("authors")),
            issued=_date(paper.issued),
            arxiv_id=arxiv_id,
            url=f"{_SITE}{arxiv_id}" if arxiv_id else "",
            digest=self._digest,
            line=line,
            raw=own.strip()[:_LONGEST_RAW].strip(),
        )


def _single_title(text: str) -> str:
    """Return the title of the paper if the page is that of one paper, else ""."""
    found = re.fullmatch(r"(?i)paper page\s*[-–—|:]\s*(.+)", page_title(text))
    return found[1].strip() if found else ""


def _title_places(own: str) -> dict[str, deque[tuple[int, int]]]:
    """Return where the titles in escaped JSON stand, in order."""
    places: dict[str, deque[tuple[int, int]]] = {}
    for found in _TITLE_FIELD.finditer(own):
        try:
            title = json.loads(f'"{unescape(found[1])}"', strict=False)
        except ValueError:
            continue
        places.setdefault(title, deque()).append(found.span(1))
    return places


def _walk(data: Any, depth: int) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the objects that look like papers, in order, each with the day on which the page had it."""
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for each in data:
            yield from _walk(each, depth + 1)
    elif isinstance(data, dict):
        inner = data.get("paper")
        both = {**data, **{key: value for key, value in inner.items() if value}} if isinstance(inner, dict) else {}
        if _is_paper(both):
            yield both, _day(data)
            return
        if _is_paper(data):
            yield data, _day(data)
            return
        for each in data.values():
            if isinstance(each, dict | list):
                yield from _walk(each, depth + 1)


def _is_paper(data: Mapping[str, Any]) -> bool:
    """Whether an object has a title and what only papers have beside it: an arXiv id, or a summary with authors."""
    title, number = data.get("title"), data.get("id") or data.get("arxivId") or data.get("paperId")
    if not isinstance(title, str) or not clean(title) or any(key in data for key in ("modelId", "datasetId", "sdk")):
        return False
    known = isinstance(number, str) and _ARXIV_ID.fullmatch(number)
    told = any(isinstance(data.get(key), str) for key in _ABSTRACTS)
    return bool(known) or (told and isinstance(data.get("authors"), list))


def _day(data: Mapping[str, Any]) -> str:
    """Return when a paper was published: its own date, else that of its entry."""
    inner = data.get("paper")
    for each in (inner if isinstance(inner, dict) else {}, data):
        for key in ("publishedAt", "submittedOnDailyAt"):
            if isinstance(each.get(key), str):
                return str(each[key])
    return ""


def _authors(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    names = (
        each.get("name") if isinstance(each, dict) else each
        for each in value
        if not (isinstance(each, dict) and each.get("hidden"))
    )
    return tuple(clean(name) for name in names if isinstance(name, str) and clean(name))


def _date(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text[:10]) if text else None
    except ValueError:
        return None


class _Cards:
    """The cards that a person sees: a title that links the page of its paper, and what stands below it."""

    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._issued = date_in(page_title(text))
        self._single = bool(_single_title(text))
        self._open: Mention | None = None
        self._held: list[Skipped] = []
        self._seen: dict[str, int] = {}

    def run(self) -> Iterator[Mention | Skipped]:
        for block in blocks(self._text):
            titles = [] if block.area else self._titles(block)
            if titles:
                yield from self._flush()
                self._begin(block, *titles[0])
            elif block.kind != "rule":
                self._put(block)
        yield from self._flush()

    def _titles(self, block: Block) -> list[tuple[Piece, str]]:
        """Return the links whose text is a title; the title of the page of one paper is its first heading."""
        found = []
        for link in block.links():
            linked = _PAPER_LINK.match(link.href)
            counts = why_no_title(link.text) or re.fullmatch(
                r"(?i)[\W\d]*|view (?:paper|pdf)|\d+ (?:authors?|comments?)", link.text
            )
            if linked and not counts and (block.level or " " in link.text):
                found.append((link, linked[1]))
        if self._single and not found and block.level == 1 and not self._seen:
            whole = block.pieces[0]._replace(text=block.text, end=block.pieces[-1].end)
            found.append((whole, find_arxiv_id(self._own_id())))
        return found

    def _own_id(self) -> str:
        found = re.search(r"(?i)(?:arxiv\.org/(?:abs|pdf)/|/papers/)(\d{4}\.\d{4,5})", self._text)
        return found[1] if found else ""

    def _begin(self, block: Block, link: Piece, number: str) -> None:
        title = bare_title(link.text)
        key = title_key(title)
        if number in self._seen or key in self._seen:
            self._held.append(Skipped(block.line, title, "a repeated paper"))
            return
        self._seen[number] = self._seen[key] = block.line
        own = self._text[link.start : link.end]
        check_title(title, digest=self._digest, line=block.line)
        line = block.line + len(re.findall(r"\r\n|\r|\n", self._text[block.pieces[0].start : link.start]))
        url = f"{_SITE}{number}" if number else ""
        self._open = Mention(
            title=title, issued=self._issued, arxiv_id=number, url=url, digest=self._digest, line=line, raw=own
        )

    def _put(self, block: Block) -> None:
        paper, text = self._open, block.text
        if (
            paper
            and not block.area
            and not paper.abstract
            and not block.level
            and is_description(text)
            and not why_no_title(text)
        ):
            self._open = replace(paper, abstract=text)
        elif paper and not block.area and text.lower().startswith("published on") and date_in(text):
            self._open = replace(paper, issued=date_in(text))
        else:
            reason = block.area or why_no_title(text) or ("a heading" if block.level else "a line of the page")
            self._held.append(Skipped(block.line, text[:200], reason))

    def _flush(self) -> Iterator[Mention | Skipped]:
        if self._open:
            yield self._open
        yield from self._held
        self._open, self._held = None, []
