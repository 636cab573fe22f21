"""Any HTML page or mail about papers: newsletters, lists, listings of arXiv, results of searches, pages of labs.

A title is what the evidence says: the text of a link to a paper, or, where that only says "pdf", the title beside or
above it, or a title with its authors right below. What is linked elsewhere (posts, code, videos, sponsors) is no paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refkit.digests.lines import check_title, clean, head_of
from refkit.digests.page import Block, blocks, raw_of
from refkit.digests.page_head import address_of, is_html, page_title
from refkit.digests.page_look import BOLD_HEADING, EDGES, Look, Paper, day_of, linked_titles, rank, title_behind
from refkit.digests.page_people import date_in
from refkit.digests.page_titles import (
    Candidate,
    cited_title,
    is_description,
    lead_of,
    marked_lead,
    people_beside,
    stands_alone,
)
from refkit.digests.paper_links import Target, is_label
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.normalize import title_key

_TAG = re.compile(r"<[a-zA-Z!/?]")
_MOST_ABOVE = 100  # blocks between a title and its link, and
_MOST_BELOW = 8  # blocks below a title that may say something about it; no page known has more
_RULE = 3  # signs that make a line of no words a rule
_LONG_BEHIND = 3  # blanks in a title behind its label that needs no other look
_COUNT_BEHIND = re.compile(r"\s*\((?:continued, )?showing [^()]*\)$|\s*\(\d+ (?:papers?|entries)\)$")
_READ_MORE = re.compile(r"(?i)(?:read (?:more|the|on)|paper|more|link|source|check out)\b.{0,30}:")


class HtmlReader:
    """Reads papers from any HTML by what titles, links, names and dates look like."""

    name = "html"

    def recognise(self, text: str) -> float:
        """Likely if papers are found in the first part of a page; hardly if none are, so that it is said so."""
        if not is_html(text):
            return 0.0
        found = sum(isinstance(item, Mention) for item in _Reading(head_of(text), "", strict=False).run())
        return 0.75 if found > 1 else 0.6 if found else 0.1

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and what is none; raises DigestError for a text without any tag, or a title without end."""
        if not _TAG.search(text):
            problem = "there is no HTML tag in it; leave --reader out, or name the format that it has"
            raise DigestError(digest, 1, f"{problem}, for instance `--reader titles`.")
        yield from _Reading(text, digest).run()


class _Reading:
    """One reading of one page: `_window` are blocks that may yet turn out to be the title of a link below them."""

    def __init__(self, text: str, digest: str, *, strict: bool = True) -> None:
        self._text = text
        self._digest = digest
        self._strict = strict
        self._base = address_of(text)
        self._headings: list[tuple[int, str]] = []
        self._issued = date_in(page_title(text))
        self._row_date: tuple[int, PartialDate | None] = (0, None)
        self._open: Paper | None = None
        self._window: list[Look] = []
        self._pending: list[Target] = []
        self._unnamed: list[Look] = []
        self._seen: dict[str, int] = {}
        self._count = 0
        self._held: list[Skipped] = []

    def run(self) -> Iterator[Mention | Skipped]:
        for block in blocks(self._text):
            if block.kind == "rule":
                yield from self._end_section()
            elif block.area:
                self._held.append(Skipped(block.line, block.text[:200], block.area))
            else:
                yield from self._put(Look(block, self._base))
        yield from self._end_section()

    def _put(self, look: Look) -> Iterator[Mention | Skipped]:
        titles = linked_titles(look)
        if titles:
            yield from self._put_titles(look, titles)
        elif look.papers:
            yield from self._put_labels(look)
        elif self._pending and look.title and self._is_beside_pending(look):
            yield from self._begin(look.title, look, self._take_pending())
        elif not self._belongs(look):
            yield from self._put_other(look)

    def _put_titles(self, look: Look, titles: Sequence[tuple[int, Candidate]]) -> Iterator[Mention | Skipped]:
        first = titles[0][0]
        in_prose = first > 0 and not stands_alone(" ".join(piece.text for piece in look.groups[:first]))
        if in_prose and self._open:
            self._open.take("abstract", look.text)
        pending = self._take_pending() if self._is_beside_pending(look) else []
        for number, (index, title) in enumerate(titles):
            end = titles[number + 1][0] if number + 1 < len(titles) else len(look.groups)
            own = [target for target in look.targets[index : index + 1] if target]
            yield from self._begin(title, look, [*own, *pending, *look.labels(index if number else 0, end)])
            pending = []
            if self._open and not in_prose:
                self._tell(look, index + 1, end)

    def _put_labels(self, look: Look) -> Iterator[Mention | Skipped]:
        """A block links papers, but not by their titles: find the title beside, above or behind."""
        first = next(i for i, target in enumerate(look.targets) if target and target.is_paper)
        lead = look.pieces(0, first)
        own = lead_of(lead, least=1) if is_label(look.groups[first].text) else marked_lead(lead)
        if self._is_open_for(look) and not (own and self._open and look.block.row != self._open.block.row):
            if self._open:
                self._open.add(look.papers)
                self._tell(look, 0, len(look.groups))
            return
        behind = None if own else title_behind(look, first)
        if behind and behind.title.count(" ") < _LONG_BEHIND and self._title_above(look):
            behind = None
        above = None if own or behind else self._title_above(look)
        title = own or behind or (above[1] if above else None)
        if title:
            source = above[0] if above else look
            yield from self._begin(title, source, look.papers)
            if self._open:
                self._open.authors = self._open.authors or people_beside(source.block.text, title.title)
                self._tell(look, 0, len(look.groups), after=0 if above else title.end)
            return
        yield from self._finish()
        self._forget_pending()
        self._unnamed = [look]
        bare = look.has_labels_only and not re.search(r"[^\W\d_]{3}", re.sub(r"\([^()]*\)", "", look.unlinked))
        if bare and (look.block.row or not self._window):
            self._pending = look.papers

    def _is_beside_pending(self, look: Look) -> bool:
        return bool(self._pending) and look.block.row == self._unnamed[0].block.row

    def _take_pending(self) -> list[Target]:
        pending, self._pending, self._unnamed = self._pending, [], []
        return pending

    def _forget_pending(self) -> None:
        for look in self._unnamed:
            self._skip(look, "a paper linked without its title")
        self._pending, self._unnamed = [], []

    def _is_open_for(self, look: Look) -> bool:
        """Whether the links of a block are further ones of the paper that is open."""
        paper, block = self._open, look.block
        if not paper:
            return False
        if any(target.key == other.key for target in look.papers for other in paper.targets):
            return True
        same_row = paper.block.row and paper.block.row in {block.row, block.outer}
        return not self._window and bool(block.element == paper.block.element or same_row or not paper.targets)

    def _title_above(self, look: Look) -> tuple[Look, Candidate] | None:
        """Return the block above with the likeliest title that no other link has taken."""
        rows = {look.block.row, look.block.outer} - {0}
        near = [each for each in self._window if each.block.row in rows] or self._above_list(look)
        below = [*near[1:], look]
        ranked = (
            [
                (rank(each, following, place, look.block.row), each)
                for place, (each, following) in enumerate(zip(near, below, strict=True))
            ]
            if near
            else []
        )
        best = max(ranked, key=lambda pair: pair[0], default=None)
        if best and best[0][0] and best[1].title:
            return best[1], best[1].title
        short = ((each, lead_of(each.block.pieces, least=1)) for each in reversed(near) if each.may_be_title)
        return next(((each, title) for each, title in short if title), None)

    def _above_list(self, look: Look) -> list[Look]:
        """Return the blocks from which a link may take its title although they stand in no common row."""
        if look.block.kind not in {"item", "term"}:
            return self._window
        if look.block.kind == "term" or not is_label(look.unlinked):
            return []
        # "Paper: LINK" below a heading; numbers and brackets alone do not say that the title is above.
        named = bool(re.search(r"[^\W\d_]{3}", look.unlinked))
        above = [each for each in self._window[-1:] if each.block.kind != "item" and each.block.text[-1] != ":"]
        return [each for each in above if named or not each.block.level]

    def _begin(self, title: Candidate, look: Look, targets: list[Target]) -> Iterator[Mention | Skipped]:
        key = title_key(title.title)
        keys = {key, *(target.key for target in targets)} - {""}
        known = next((self._seen[each] for each in keys if each in self._seen), 0)
        if known and self._open and self._open.number == known:
            self._open.add(targets)
            self._window = [each for each in self._window if each is not look]
            return
        yield from self._finish()
        waited = look in self._window
        place = self._window.index(look) if waited else len(self._window)
        before, after = self._window[:place], self._window[place + 1 :]
        self._window = before
        if known:
            self._skip(look, "a repeated paper")
            self._drop_window()
            return
        self._count += 1
        self._seen.update(dict.fromkeys(keys, self._count))
        context = next((each.text for each in before if is_description(each.text)), "")
        self._drop_window(bold_heading=True)
        self._open = Paper(title, look.block, self._heading(look.block), self._date(look.block), list(targets))
        self._open.number = self._count
        self._open.context = context if _READ_MORE.match(look.block.text) else ""
        if waited:
            self._tell_following(look, title, after)
            self._open.complete = True

    def _tell_following(self, look: Look, title: Candidate, after: Sequence[Look]) -> None:
        """Give a paper whose title was above its link what stands between the two."""
        if look.title in {title, None}:
            self._tell(look, 0, len(look.groups), after=title.end)
        for each in after:
            if not self._belongs(each):
                self._skip(each)

    def _tell(self, look: Look, start: int, end: int, *, after: int = 0) -> None:
        """Take names and sentences from the rest of a block with the title or the links of the open paper."""
        rest = [piece for piece in look.pieces(start, end) if piece.start >= after]
        text = clean("".join(piece.text for piece in rest)).lstrip(EDGES).rstrip(EDGES.replace(".", ""))
        if text and self._open:
            self._open.take("" if look.role == "title" else look.role, text)

    def _belongs(self, look: Look) -> bool:
        """Add a block below a title to its paper, if it says something about it."""
        paper, block = self._open, look.block
        if not paper or look.role == "title" or paper.below > _MOST_BELOW or not paper.may_have(block):
            return False
        paper.below += 1
        paper.issued = paper.issued or day_of(block.when)
        if look.date and (not paper.issued or (paper.block.row and paper.is_near(block))):
            paper.issued = look.date
            self._skip(look, "a date")
        elif look.names and not paper.authors:
            paper.authors = look.names
        elif look.only_elsewhere or (paper.complete and look.title):
            return False
        elif paper.abstract and block.element == paper.abstract_in:
            paper.abstract = f"{paper.abstract} {look.text}"
        elif paper.take(look.role, look.text):
            paper.abstract_in = block.element if paper.abstract else -1
        else:
            return False
        return True

    def _put_other(self, look: Look) -> Iterator[Mention | Skipped]:
        block, paper = look.block, self._open
        if not re.search(r"\w", block.text) and len(block.text) >= _RULE:
            yield from self._end_section()
        elif block.level and not (paper and 0 < paper.block.level < block.level):
            yield from self._end_section()
            self._put_heading(look)
        elif look.date and not block.row:
            self._issued = look.date
            self._skip(look, "a date")
            return
        elif look.date or block.when:
            self._row_date = (block.row, look.date or day_of(block.when))
        elif title := self._unlinked_title(look):
            yield from self._begin(title, self._window[-1] if look.names else look, [])
            if self._open:
                self._open.authors = look.names or people_beside(block.text, title.title)
            return
        self._window.append(look)
        if len(self._window) > _MOST_ABOVE:
            self._skip(self._window.pop(0))

    def _put_heading(self, look: Look) -> None:
        if not look.only_elsewhere:
            self._headings = [each for each in self._headings if each[0] < look.block.level]
            self._headings.append((look.block.level, look.block.text))
            self._issued = look.date or self._issued

    def _unlinked_title(self, look: Look) -> Candidate | None:
        """Return the title of a paper that links nothing: right above its authors, or in a reference."""
        if look.names:
            above = self._window[-1] if self._window else None
            return above.title if above and self._names_title(look, above) else None
        text = look.block.text
        cited = cited_title(text) if not any(look.targets) and re.search(r"(?:19|20)\d\d", text) else ""
        return Candidate(cited, look.block.pieces[0].start, look.block.pieces[-1].end) if cited else None

    def _names_title(self, look: Look, above: Look) -> bool:
        """Whether names say that the block right above them is a title."""
        if not above.title or any(above.targets) or above.block.row != look.block.row:
            return False
        marked = above.is_bold or above.block.level or look.block.row
        return above.role == "title" or (len(look.names) > 1 and bool(marked))

    def _heading(self, block: Block) -> str:
        """Return the heading that a title is under; one that is a heading itself is under a higher one."""
        own = self._headings and self._headings[-1] == (block.level, block.text)
        if own:
            self._headings.pop()
        found = next((text for level, text in reversed(self._headings) if not block.level or level < block.level), "")
        return _COUNT_BEHIND.sub("", found)

    def _date(self, block: Block) -> PartialDate | None:
        row, date = self._row_date
        return day_of(block.when) or (date if row and row in {block.row, block.outer} else None) or self._issued

    def _end_section(self) -> Iterator[Mention | Skipped]:
        self._drop_window()
        self._forget_pending()
        yield from self._finish()

    def _drop_window(self, *, bold_heading: bool = False) -> None:
        if bold_heading and self._window and self._window[-1].is_bold_heading:
            self._headings = [each for each in self._headings if each[0] < BOLD_HEADING]
            self._headings.append((BOLD_HEADING, self._window[-1].block.text.rstrip(":")))
        for each in self._window:
            self._skip(each)
        self._window = []

    def _skip(self, look: Look, reason: str = "") -> None:
        self._held.append(Skipped(look.block.line, look.block.text[:200], reason or look.why_skipped()))

    def _finish(self) -> Iterator[Mention | Skipped]:
        paper, self._open = self._open, None
        if paper:
            yield self._mention(paper)
        held, self._held = self._held, []
        yield from sorted(held, key=lambda item: item.line)

    def _mention(self, paper: Paper) -> Mention:
        title = paper.title.title
        raw, place = raw_of(self._text, paper.title.start, paper.title.end, title)
        line = paper.block.line + len(re.findall(r"\r\n|\r|\n", self._text[paper.block.pieces[0].start : place]))
        if self._strict:
            check_title(title, digest=self._digest, line=line)
        best = sorted(paper.targets, key=lambda target: (not target.arxiv_id, not target.doi))
        return Mention(
            title=title,
            abstract=paper.abstract or paper.context,
            authors=paper.authors,
            heading=paper.heading,
            issued=paper.issued,
            arxiv_id=next((target.arxiv_id for target in best if target.arxiv_id), ""),
            doi=next((target.doi for target in best if target.doi), ""),
            url=next((target.url for target in best[:1] if "://" in target.url), ""),
            digest=self._digest,
            line=line,
            raw=raw,
        )
