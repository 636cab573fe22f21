"""Rows of Markdown -> papers: which rows belong together, and which of them are papers by evidence.

Evidence is a link to a paper (or one that says so), an arXiv id or DOI, or names with a venue or a year. A row without
any that has the shape of most papers of its section is taken as one as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from refkit.digests.furniture import why_no_title
from refkit.digests.markdown_days import day_of
from refkit.digests.markdown_entries import Entry, Facts
from refkit.digests.markdown_people import people
from refkit.digests.markdown_places import (
    LISTS,
    NO_PAPERS,
    REASONS,
    belongs,
    heading_words,
    is_below,
    is_furniture,
    is_sibling,
    stands_beside,
    why_none,
)
from refkit.digests.markdown_rows import Segment
from refkit.digests.markdown_tags import is_tag
from refkit.digests.markdown_titles import Found, states
from refkit.digests.paper_links import Target
from refkit.model import Mention, PartialDate, Skipped
from refkit.normalize import title_key

_NO_TITLE = frozenset(REASONS) - {"elsewhere"}
_MOST = 5_000  # rows of a section that wait for its end
_MAYBE = 30  # titles that wait for a link; deeper lists have none
_LOOKED_AT = 20  # rows below a title
_NEAR = 3  # lines between a title and its links


class Sections:
    """Takes one row after the other and gives papers, section by section, in the order of the text."""

    def __init__(self, text: str, digest: str, issued: PartialDate | None, *, strict: bool = True) -> None:
        self._text, self._digest, self._strict = text, digest, strict
        self._headings: list[tuple[int, str, PartialDate | None]] = []
        self._issued = issued
        self._topics: list[tuple[int, str]] = []
        self._open: list[Entry] = []
        self._paper: Entry | None = None
        self._pending: list[Target] = []
        self._nameless = False
        self._out: list[tuple[int, int, Mention | Skipped]] = []
        self._weak: list[Entry] = []
        self._shapes: Counter[tuple[object, ...]] = Counter()
        self._seen: dict[str, set[str]] = {}
        self._heads: set[int] = set()
        self._para = 0

    def put(self, segment: Segment) -> Iterator[Mention | Skipped]:
        """Take a row that is no cell."""
        row = segment.row
        if row.kind == "heading" and segment.first:
            yield from self._put_heading(segment)
            return
        if row.kind == "text" and row.gap and segment.first and not self._is_indented(segment):
            self._para += 1
        segment.para = self._para
        if row.kind == "item" and segment.first:
            self._topics = [each for each in self._topics if each[0] < row.indent]
        self._put(segment)
        if len(self._out) + len(self._weak) > _MOST:
            yield from self.end()

    def put_cells(self, head: Segment, rest: Sequence[Segment], targets: Sequence[Target], facts: Facts) -> None:
        """Take a row of a table whose cell `head` has the title; the others belong to it."""
        self._close()
        if head.found is not None:
            entry = self._entry(head, head.found, targets)
            entry.facts, entry.rows = facts, list(rest)
            if entry.targets:
                self._accept(entry)
            else:
                self._finish_weak(entry)

    def skip(self, line: int, text: str, reason: str) -> None:
        """Note a line that is no paper."""
        text = text.strip()[:200]
        if text:
            self._out.append((line, 0, Skipped(line, text, reason)))

    def know(self, title: str, arxiv_id: str) -> None:
        """Take note of a paper that is told elsewhere, so that it is none once more."""
        self._seen[title_key(title)] = {arxiv_id} - {""}

    def rule(self) -> None:
        """Take a rule, which ends what stands above."""
        self._close()
        self._para += 1

    def end(self) -> Iterator[Mention | Skipped]:
        """End a section: decide about the rows that have the shape of papers, and yield all in order."""
        self._close()
        counts = Counter(entry.shape for entry in self._weak)
        self._heads = {id(entry.head) for entry in self._weak}
        for entry in self._weak:
            if self._is_alike(entry, counts[entry.shape]):
                self._accept(entry, count=False)
            else:
                target = entry.found.target
                reason = REASONS.get(target.kind, "a link to another site") if target else "no paper is linked"
                self.skip(entry.head.row.line, entry.head.text, reason)
                self._skip_rows(entry)
        self._weak, self._heads, self._shapes = [], set(), Counter()
        out, self._out = sorted(self._out, key=lambda item: item[:2]), []
        yield from (item for _, _, item in out)

    def _put_heading(self, segment: Segment) -> Iterator[Mention | Skipped]:
        yield from self.end()
        self._para += 1
        segment.para = self._para
        level, text = segment.row.level, segment.text
        self._topics = []
        self._headings = [each for each in self._headings if each[0] < level]
        if segment.found and segment.papers:
            self._paper = self._entry(segment, segment.found, segment.papers)
            return
        date = day_of(text, next((each[2].year for each in reversed(self._headings) if each[2]), None))
        entry = self._entry(segment, segment.found, []) if segment.found else None
        if (words := heading_words(text)) and why_no_title(text) != "the head of the page":
            self._headings.append((level, words, date))
        if (
            entry
            and not date
            and not is_furniture(segment, entry.found)
            and not LISTS.search(text)
            and not is_tag(text)
        ):
            self._open.append(entry)
        else:
            self.skip(segment.row.line, text, "a date" if date and is_tag(text) else "a heading")

    def _put(self, segment: Segment) -> None:
        could = segment.found is not None and segment.role in {"", "title"} and not segment.date
        if segment.found and segment.papers:
            self._put_paper(segment, segment.found)
        elif segment.is_links:
            self._put_links(segment)
        elif segment.found and could and not is_furniture(segment, segment.found) and not people(segment.text):
            self._put_title(segment, segment.found)
        else:
            self._put_other(segment)

    def _put_paper(self, segment: Segment, found: Found) -> None:
        """A row that names a paper and links it."""
        paper = self._paper
        if paper and belongs(segment, paper.head):
            known = title_key(found.title) == title_key(paper.found.title)
            weak = found.how == "plain" and found.title.count(" ") < 3  # noqa: PLR2004 - "Follow-up: [paper]"
            if known or segment.role == "paper" or (weak and not is_sibling(segment, paper.head)):
                self._absorb(segment)
                return
        if not paper and segment.role == "paper" and any(belongs(segment, entry.head) for entry in self._open):
            self._put_links(segment)
            return
        self._leave_for(segment)
        self._paper = self._entry(segment, found, segment.papers)

    def _put_links(self, segment: Segment) -> None:
        """A row that links a paper without its title: it belongs to one above, or to the one below."""
        paper = self._paper
        if paper and belongs(segment, paper.head):
            other = {target.arxiv_id for target in segment.papers if target.arxiv_id}
            differs = bool(other and paper.ids() and not other & paper.ids())
            better = self._better(segment, paper, differs=differs)
            if better is not None:
                self._split(paper, better, segment)
                return
            if not differs:
                self._absorb(segment)
                return
        elif self._open and (chosen := self._choose(segment)) and not self._is_told(chosen, segment):
            self._take(chosen, segment)
            return
        self._pending, self._nameless = segment.papers, not re.search(r"[^\W\d_]", segment.text)
        self.skip(segment.row.line, segment.text or "[image]", "a paper linked without its title")

    def _is_told(self, chosen: Entry, segment: Segment) -> bool:
        """Whether a heading stands above links to a paper that has been told by its title ("Access Paper")."""
        ids = {target.arxiv_id for target in segment.papers} - {""}
        return chosen.is_heading and bool(ids) and any(ids <= known for known in self._seen.values())

    def _take(self, chosen: Entry, segment: Segment) -> None:
        """A title has found its links: it is a paper, and titles around it are topics."""
        lines = [chosen.head, *chosen.rows]
        self._open = [entry for entry in self._open if not any(entry.head is line for line in lines)]
        self._flush(keep=[entry for entry in self._open if is_below(chosen.head, entry)])
        self._flush(keep=[], topics=True)
        if chosen.is_heading:
            self._headings = [each for each in self._headings if each[0] < chosen.head.row.level]
        chosen.heading, chosen.targets = self._heading(), [*segment.papers]
        chosen.rows.append(segment)
        self._paper = chosen

    def _better(self, segment: Segment, paper: Entry, *, differs: bool) -> int | None:
        """Return which row below the title of a paper is a title of its own, now that a further paper is linked."""
        if not differs and {target.key for target in segment.papers} & {target.key for target in paper.targets}:
            return None
        for i in range(len(paper.rows) - 1, max(-1, len(paper.rows) - _LOOKED_AT), -1):
            each = paper.rows[i]
            if not each.found or each.papers or each.role not in {"", "title"} or each.date or people(each.text):
                continue
            alike = is_sibling(each, paper.head) and each.found.how == paper.found.how
            if belongs(segment, each) and (alike or (differs and not states(each.found.title))):
                return i
        return None

    def _split(self, paper: Entry, place: int, links: Segment) -> None:
        """Make the row at `place` below a paper the title of the next one."""
        head, rows = paper.rows[place], paper.rows[place + 1 :]
        paper.rows = paper.rows[:place]
        self._close()
        if head.found:
            self._paper = self._entry(head, head.found, links.papers)
            self._paper.rows = [*rows, links]

    def _put_title(self, segment: Segment, found: Found) -> None:
        """A row that could be a title, but links no paper."""
        row, paper = segment.row, self._paper
        if paper and belongs(segment, paper.head):
            self._absorb(segment)
            return
        inner = self._open[-1] if self._open else None
        if inner and not inner.is_heading and belongs(segment, inner.head) and not is_below(segment, inner):
            inner.rows.append(segment)  # whichever is the likelier title is taken when a link follows
        else:
            self._leave_for(segment)
            if len(self._open) >= _MAYBE:
                self.skip(row.line, segment.text, "no paper is linked")
        if len(self._open) < _MAYBE:
            self._open.append(self._entry(segment, found, []))

    def _put_other(self, segment: Segment) -> None:
        owners = [self._paper, *reversed(self._open)]
        owner = next((each for each in owners if each and belongs(segment, each.head)), None)
        if segment.date and not segment.role and (not owner or (owner.is_heading and owner is not self._paper)):
            self._date(segment.date)
        if owner:
            owner.rows.append(segment)
            if owner is self._paper and segment.papers and segment.role in {"paper", "aside"}:
                owner.targets += segment.papers
        elif segment.date and not segment.role:
            self._close()
            self.skip(segment.row.line, segment.text, "a date")
        else:
            self.skip(segment.row.line, segment.text, why_none(segment))

    def _absorb(self, segment: Segment) -> None:
        if self._paper:
            self._paper.rows.append(segment)
            if segment.is_links or segment.role == "paper" or (segment.found and segment.papers):
                self._paper.targets += segment.papers

    def _choose(self, segment: Segment) -> Entry | None:
        """Return the title above to which a row of links belongs."""
        pool = [entry for entry in self._open if belongs(segment, entry.head)]
        if not pool:
            last = self._open[-1]
            return last if segment.row.line - last.head.row.line <= _NEAR and not last.is_heading else None
        last = pool[-1]
        beside = [entry for entry in pool if stands_beside(entry.head, last.head)]
        best = next((entry for entry in beside if entry.found.how != "plain"), beside[0])
        heading = next((entry for entry in pool if entry.is_heading), None)
        short = best.found.how == "plain" and best.found.title.count(" ") < 3  # noqa: PLR2004 - the name of an institute
        weak = short and segment.row.kind != "item"
        if heading and heading is not best and weak and heading.found.title.count(" ") > 1:
            return heading
        told = segment.free and not (segment.role or is_tag(segment.free) or people(segment.free))
        return None if best is heading and segment.row.kind == "item" and told else best

    def _leave_for(self, segment: Segment) -> None:
        """Finish what a row with a title does not belong to; what it belongs to is a topic."""
        self._finish_paper()
        above = [entry for entry in self._open if entry.is_heading or is_below(segment, entry)]
        self._flush(keep=[entry for entry in above if belongs(segment, entry.head)])
        if segment.papers:
            self._flush(keep=[], topics=True)

    def _flush(self, *, keep: Sequence[Entry], topics: bool = False) -> None:
        for entry in self._open:
            if any(entry is each for each in keep):
                continue
            named = topics and not any(row.role for row in entry.rows)
            if (named or entry.is_heading) and not (entry.is_heading and entry.spare):
                self._topic(entry)
                self._skip_rows(entry)
            else:
                self._finish_weak(entry)
        self._open = list(keep)

    def _topic(self, entry: Entry) -> None:
        """A row that has papers below it is the heading of these."""
        row = entry.head.row
        if not entry.is_heading:
            self._topics.append((row.indent if row.kind == "item" else -1, heading_words(entry.head.text)))
        self.skip(row.line, entry.head.text, "a heading")

    def _skip_rows(self, entry: Entry) -> None:
        """Note what stood below a row that is no paper."""
        heads = {id(each.head) for each in self._open} | self._heads
        for row in entry.rows:
            if id(row) not in heads:
                self.skip(row.row.line, row.text, "a date" if row.date else why_none(row))

    def _close(self) -> None:
        self._finish_paper()
        self._flush(keep=[])

    def _finish_paper(self) -> None:
        paper, self._paper = self._paper, None
        if paper:
            self._accept(paper)

    def _finish_weak(self, entry: Entry) -> None:
        """A title without a link to a paper: names with a year, or a link that stood above, make it one."""
        entry.collect()
        target = entry.found.target
        elsewhere = target is not None and target.kind in _NO_TITLE
        entry.targets = entry.targets or entry.spare
        facts = entry.facts
        cited = bool(facts.authors) and (facts.venue or entry.found.how == "cited") and not target
        if entry.targets or cited or (facts.named and not elsewhere):
            self._accept(entry)
        else:
            self._weak.append(entry)

    def _is_alike(self, entry: Entry, weak: int) -> bool:
        target = entry.found.target
        if (target and target.kind in _NO_TITLE) or NO_PAPERS.search(entry.heading) or states(entry.found.title):
            return False
        most = self._shapes[entry.shape] >= max(3, 2 * weak)
        linked = entry.head.row.kind == "cell" and target is not None
        return most and (linked or entry.found.title.count(" ") > 2)  # noqa: PLR2004 - names of tools are shorter

    def _heading(self) -> str:
        """Return the heading above; one that is only a date or a year with the one above it."""
        if self._topics:
            return self._topics[-1][1]
        if not self._headings:
            return ""
        _, words, date = self._headings[-1]
        above = self._headings[-2] if len(self._headings) > 1 else None
        if above and above[0] > 1 and date and is_tag(words) and not above[2]:
            return f"{above[1]} / {words}"
        return words

    def _date(self, date: PartialDate) -> None:
        """Take a date that stands on a line of its own: it is that of all that follows under the same heading."""
        if self._headings:
            level, words, _ = self._headings[-1]
            self._headings[-1] = (level, words, date)
        else:
            self._issued = date

    def _entry(self, segment: Segment, found: Found, targets: Sequence[Target]) -> Entry:
        issued = next((each[2] for each in reversed(self._headings) if each[2]), self._issued)
        # Cards have a picture or a number that leads to the paper above its title, listings a row of links.
        told = segment.role == "title" or (segment.row.kind == "heading" and self._nameless)
        entry = Entry(segment, found, self._heading(), issued, [*targets], spare=self._pending if told else [])
        self._pending = []
        return entry

    def _accept(self, entry: Entry, *, count: bool = True) -> None:
        self._shapes[entry.shape] += count
        key, ids = title_key(entry.found.title), entry.ids()
        known = self._seen.get(key)
        if known is not None and (not ids or not known or ids & known):
            self.skip(entry.head.row.line, entry.found.title, "a repeated paper")
            return
        self._seen.setdefault(key, ids)
        mention = entry.mention(self._text, self._digest, strict=self._strict)
        self._out.append((mention.line, 1, mention))

    def _is_indented(self, segment: Segment) -> bool:
        last = self._paper or (self._open[-1] if self._open else None)
        return bool(last and last.head.row.kind == "item" and segment.row.indent > last.head.row.indent)
