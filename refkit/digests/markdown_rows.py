"""What one row of Markdown says: its title, the papers that it links, or its part in what is said of a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from refkit.digests.form import goes_on, is_prose
from refkit.digests.furniture import why_no_title
from refkit.digests.lines import clean
from refkit.digests.markdown_days import day_of
from refkit.digests.markdown_inline import Span, spans_of
from refkit.digests.markdown_people import people
from refkit.digests.markdown_roles import goes_on_with_link, is_readme, role_of
from refkit.digests.markdown_tags import bare, is_label_text, is_tag
from refkit.digests.markdown_text import Row, cells_of
from refkit.digests.markdown_titles import Found, Group, find_title, groups_of, may_be_title
from refkit.digests.paper_links import Target, target_of
from refkit.model import PartialDate, find_arxiv_id

_ID = re.compile(
    r"(?i)arxiv\s?(?:preprint)?[:\s]\s?(?:arxiv:)?((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?)"
    r"|(?:doi:\s?)(10\.\d{4,9}/[^\s,;)\]]+)"
)
_BADGE = re.compile(r"(?i)(?:badge/[^?]*|arxiv[^?]*?)(?<!\d)(\d{4}\.\d{4,5})(?!\d)")
_PAPER_IMAGE = re.compile(
    r"(?i)(?:\b|[-_/])(?:paper|pdf|arxiv|openreview|acl|cvf|neurips|icml|iclr|cvpr|iccv|eccv)(?:\b|[-_])"
)
# Why a line is none, if it is not only because of its first word ("Copyright Infringement by Models").
NO_TITLES = frozenset({"a word of the page", "no words", "a count", "a menu", "a time", "a count of authors"})
_FEW = 8  # words beside a link that is not the text of a title
_PROSE = 20


@dataclass
class Segment:
    """A row, or the part of one up to a line break: `first` is the one with which the row begins.

    `role` is what a word before a colon says ("authors", "abstract", "date", "paper", "aside", "title"), "" without
    one, `text` the words behind it. `papers` are the papers that it links as such, `free` the words outside labels.
    """

    row: Row
    groups: list[Group]
    found: Found | None = None
    papers: list[Target] = field(default_factory=list)
    role: str = ""
    text: str = ""
    free: str = ""
    date: PartialDate | None = None
    first: bool = True
    para: int = 0

    @property
    def is_links(self) -> bool:
        """Whether it links a paper without naming it, and says little else."""
        if not self.papers or self.found:
            return False
        few = self.free.count(" ") < _FEW or is_tag(self.free) or bool(people(self.free))
        return self.role in {"paper", "aside"} or (few and not is_readme(self.free))


def segments_of(text: str, row: Row, references: Mapping[str, str]) -> list[Segment]:
    """Return what a row says, one part for each of its lines."""
    parts: list[list[Span]] = [[]]
    for span in spans_of(text, row.start, row.end, references):
        if row.kind == "cell" and "\\|" in span.text:
            span = span._replace(text=span.text.replace("\\|", "|"))  # noqa: PLW2901 - a bar in a formula
        if span.text == "\n" and not span.image:
            parts.append([])
        else:
            parts[-1].append(span)
    found = [groups for part in parts if _says(groups := groups_of(part))]
    return [look(row, groups, first=not i) for i, groups in enumerate(found)]


def _says(groups: Sequence[Group]) -> bool:
    return any(group.target or group.image or re.search(r"\w", group.text) for group in groups)


def look(row: Row, groups: Sequence[Group], *, first: bool = True) -> Segment:
    """Return what the words and links of one line are."""
    whole = clean(" ".join(group.text for group in groups))
    segment = Segment(row, list(groups), text=whole, first=first)
    role, words = role_of(whole)
    linked = any(group.target for group in groups)
    lead = next((group for group in groups if re.search(r"\w", group.text)), None)
    own = lead and (lead.target or lead.strong) and len(lead.text) > len(whole) - len(words) + 1  # "DATA: A Title"
    if role and not own and (words or linked) and (role != "paper" or linked or _written(words)):
        segment.role, segment.text = role, words
    segment.found = _title_in(segment)
    outside = [group.text for group in groups if not (group.target and is_label_text(group.text)) and not group.image]
    segment.free = clean(" ".join(outside)).strip(" []()|,;:/·•-–—")
    prose = not segment.found and not segment.role and segment.free.count(" ") > _FEW + 4 and not people(segment.free)
    if not prose and segment.role not in {"authors", "abstract"}:
        segment.papers = [target for group in groups if (target := _paper(group, segment))] + _written(whole)
    segment.date = day_of(whole) if len(whole) < 40 and not segment.papers else None  # noqa: PLR2004
    return segment


def _title_in(segment: Segment) -> Found | None:
    groups, role = segment.groups, segment.role
    if role == "title":
        return _labelled(segment)
    if role not in {"", "paper"}:
        return None
    found = find_title(groups, marked=segment.row.kind == "heading")
    if found and role == "paper":
        return found if found.how == "linked" else None
    if found and found.how == "plain" and (_is_paragraph(segment) or _is_running(found, groups)):
        return None
    return found


def _labelled(segment: Segment) -> Found | None:
    """Return the title behind "Title:"."""
    title = bare(segment.text)
    if not may_be_title(title):
        return None
    behind = [group for group in segment.groups if title in group.text] or segment.groups
    target = next((group.target for group in behind if group.target), None)
    return Found(title, behind[0].start, behind[-1].end, "bold", len(segment.groups), target)


def _is_paragraph(segment: Segment) -> bool:
    """Whether a line of text without links is a paragraph of prose."""
    if segment.row.kind != "text" or any(group.target for group in segment.groups):
        return False
    return segment.text.count(" ") > _PROSE and is_prose(segment.text)


def _is_running(found: Found, groups: Sequence[Group]) -> bool:
    """Whether words before a link are the beginning of a sentence and no title."""
    title = found.title
    words = [word for word in title.split()[1:] if word[0].isalpha()]
    lower = sum(word[0].islower() for word in words) >= 0.5 * len(words)
    if why_no_title(title) in NO_TITLES or (is_readme(title) and lower and len(words) < 12):  # noqa: PLR2004
        return True
    linked = found.last < len(groups) and groups[found.last].target is not None
    return linked and (goes_on_with_link(title) or (goes_on(title, "X") and title.rsplit(" ", 1)[-1].islower()))


def _paper(group: Group, segment: Segment) -> Target | None:
    """Return the paper to which a link leads, if it is a label, the title, or behind "Paper:"; or that of a badge."""
    target, found = group.target, segment.found
    if not target:
        badge = _BADGE.search(group.image) if group.image else None
        return target_of(f"https://arxiv.org/abs/{badge[1]}") if badge else None
    if group.image:
        return _badge(group, target)
    if not target.is_paper:
        named = segment.role == "paper" and target.kind == "elsewhere" and "://" in target.url
        return target._replace(kind="paper", key=target.url.lower()) if named else None
    label = not group.text or is_label_text(group.text) or is_tag(group.text)
    return target if not found or label or group.start == found.start or segment.role in {"paper", "title"} else None


def _badge(group: Group, target: Target) -> Target | None:
    """Return the paper behind an image that says so; others offer code, stars, or something to download."""
    if target.arxiv_id or target.doi:
        return target
    if target.kind in {"code", "a video", "a post", "a model or data"} or not _PAPER_IMAGE.search(group.image):
        return None
    return target if target.is_paper else target._replace(kind="paper", key=target.url.lower())


def _written(text: str) -> list[Target]:
    """Return the papers whose arXiv id or DOI is written in words."""
    if "rxiv" not in text.lower() and "10." not in text:
        return []
    return [
        target_of(f"https://arxiv.org/abs/{found[1]}" if found[1] else f"https://doi.org/{found[2].rstrip('.')}")
        for found in _ID.finditer(text[:5_000])
        if not found[1] or find_arxiv_id(found[1])
    ]


def cells_in(text: str, row: Row, references: Mapping[str, str]) -> list[list[Segment]]:
    """Return what the cells of a row of a table say."""
    places = cells_of(text, row.start, row.end, len(row.header))
    return [segments_of(text, row._replace(start=start, end=end, kind="cell"), references) for start, end in places]
