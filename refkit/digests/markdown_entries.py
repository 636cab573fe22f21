"""A row that has a title with the rows that belong to it, and what they say of the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from refkit.digests.cells import date_of
from refkit.digests.form import is_prose
from refkit.digests.lines import check_title, clean
from refkit.digests.markdown_days import ANY_YEAR, day_before, day_beside, day_of
from refkit.digests.markdown_people import authors_of, people, people_at, people_before
from refkit.digests.markdown_rows import Segment
from refkit.digests.markdown_tags import is_label_text, is_tag
from refkit.digests.markdown_titles import Found
from refkit.digests.page_titles import is_description
from refkit.digests.paper_links import Target
from refkit.model import Mention, PartialDate

_LAST_LABEL = re.compile(r"(?i)[\s,;|]*\b(?:papers?|pdf|code|links?|arxiv|project|abs|doi)\s*:?\s*$")
_SHOW = re.compile(
    r"(?i)(?:click (?:to|here).{0,30}"
    r"|(?:show|expand|view|see|full|toggle|read)?\s*(?:more|abstract|details?|summary|show|translation|tl;?dr)?)[\W_]*"
)
_EDGES = " ,;:|()[]\u2013\u2014-\\/*_"
_LEAST = 3  # blanks in a description


@dataclass
class Facts:
    """What is known of a paper beside its title and links; `named`: the column of the title is named so."""

    authors: tuple[str, ...] = ()
    issued: PartialDate | None = None
    abstract: list[str] = field(default_factory=list)
    venue: bool = False
    named: bool = False

    def tell(self, text: str, *, cited: bool = False) -> None:
        """Take names, a date and a description from words beside a title."""
        whole = clean(text)
        text = _LAST_LABEL.sub("", whole.strip(_EDGES)).lstrip(". ").strip()
        if not re.search(r"\w", text):
            return
        self.venue = self.venue or is_tag(text) or bool(ANY_YEAR.search(text))
        self.issued = self.issued or day_beside(whole, cited=cited)
        if not self.authors:
            self.authors, text = people_at(text)
        listed = text.count(",") * 4 > text.count(" ") and not is_prose(text)  # odd names, or words of a theme
        if is_description(text) and not (listed or is_tag(text) or people(text)):
            self.abstract.append(text)

    def take(self, segment: Segment) -> None:
        """Take what a row below a title says."""
        role, text = segment.role, segment.text
        if role == "authors":
            self.authors = self.authors or authors_of(text)
        elif role == "date":
            self.issued = self.issued or day_of(text) or date_of(text)
        elif role == "abstract":
            self.abstract += [text] if text.count(" ") >= _LEAST and not _SHOW.fullmatch(text) else []
        elif segment.date and not self.issued:
            self.issued = segment.date
        elif role in {"", "title"} and not _SHOW.fullmatch(text):
            alone = segment.row.kind == "item" or all(group.italic for group in segment.groups if group.text)
            self.authors = self.authors or (people(text, least=1) if alone else ())
            self.tell(free_words(segment))


def free_words(segment: Segment) -> str:
    """Return the words of a row without the labels of links."""
    others = [group for group in segment.groups if not (group.target and is_label_text(group.text))]
    return clean(" ".join(group.text for group in others if not group.image))


@dataclass
class Entry:
    """A row that has a title, and what belongs to it; `spare` are papers linked right above it."""

    head: Segment
    found: Found
    heading: str
    issued: PartialDate | None
    targets: list[Target] = field(default_factory=list)
    rows: list[Segment] = field(default_factory=list)
    spare: list[Target] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    told: bool = False

    @property
    def shape(self) -> tuple[object, ...]:
        """What rows of one list have in common."""
        row = self.head.row
        how = self.found.how if self.found.how in {"linked", "bold"} else "words"
        return (row.kind, row.level, row.indent, how, row.header)

    @property
    def is_heading(self) -> bool:
        """Whether its title is a heading of the text."""
        return self.head.row.kind == "heading"

    def ids(self) -> set[str]:
        """Return the arXiv ids that it links."""
        return {target.arxiv_id for target in self.targets if target.arxiv_id}

    def collect(self) -> None:
        """Read names, date and description out of its rows, once."""
        if self.told:
            return
        self.told = True
        facts, found, head = self.facts, self.found, self.head
        facts.authors = facts.authors or (people_before(found.before) if found.before else ())
        words = " ".join(group.text for group in head.groups if group.start <= found.start)
        facts.issued = facts.issued or day_before(words.partition(found.title)[0])
        for text in [found.rest, *_chunks(head, found.last)]:
            facts.tell(text, cited=found.how == "cited")
        for row in self.rows:
            facts.take(row)

    def mention(self, text: str, digest: str, *, strict: bool) -> Mention:
        """Return the mention. Raises DigestError for a title without end, if `strict`."""
        self.collect()
        found, row = self.found, self.head.row
        start, end = _place(text, found)
        line = row.line + len(re.findall(r"\r\n|\r|\n", text[row.start : start]))
        if strict:
            check_title(found.title, digest=digest, line=line)
        best = min(self.targets, key=lambda target: (not target.arxiv_id, not target.doi), default=found.target)
        abstract = " ".join(dict.fromkeys(self.facts.abstract))
        return Mention(
            title=found.title,
            abstract=abstract if abstract.count(" ") > _LEAST else "",
            authors=self.facts.authors,
            heading=self.heading,
            issued=self.facts.issued or self.issued,
            arxiv_id=next((target.arxiv_id for target in self.targets if target.arxiv_id), ""),
            doi=next((target.doi for target in self.targets if target.doi), ""),
            url=best.url if best and "://" in best.url else "",
            digest=digest,
            line=line,
            raw=text[start:end],
        )


def _place(text: str, found: Found) -> tuple[int, int]:
    """Return where the title stands in the digest, without the marks around it where they can be left out."""
    place = text.find(found.title, found.start, found.end)
    if place >= 0:
        return place, place + len(found.title)
    raw = text[found.start : found.end]
    return found.start + len(raw) - len(raw.lstrip()), found.start + len(raw.rstrip())


def _chunks(segment: Segment, first: int) -> Iterator[str]:
    """Yield the words behind a title, those in italics on their own, without labels of links."""
    held: list[str] = []
    for group in segment.groups[first:]:
        if group.target and (is_label_text(group.text) or group.image or not held):
            yield " ".join(held)
            held = []
        elif group.italic or group.strong:
            yield " ".join(held)
            yield group.text
            held = []
        elif not group.image:
            held.append(group.text)
    yield " ".join(held)
