"""How rows of Markdown stand to each other, and which headings and rows are not about papers."""

from __future__ import annotations

import re

from refkit.digests.furniture import why_no_title
from refkit.digests.markdown_entries import Entry
from refkit.digests.markdown_people import people
from refkit.digests.markdown_rows import NO_TITLES, Segment
from refkit.digests.markdown_tags import bare
from refkit.digests.markdown_titles import Found

# Headings of sections that have other things than papers.
NO_PAPERS = re.compile(
    r"(?i)\b(?:contribut\w*|licen[cs]e|citations?|cite|bibtex|acknowledge?ments?|contents?|toc|star history|contact"
    r"|codes?|codebases?|software|tools?|toolkits?|librar(?:y|ies)|frameworks?|repositor(?:y|ies)|projects?|implementations?"
    r"|datasets?|data|blogs?|posts?|articles?|tutorials?|courses?|lectures?|talks?|slides|videos?|podcasts?|books?"
    r"|resources?|websites?|links|news(?:letters?)?|communit(?:y|ies)|people|groups?|events?|jobs?|products?|demos?"
    r"|requirements?|usage|install\w*)\b"
)
# Headings of whole lists, which are no titles of papers.
LISTS = re.compile(
    r"(?i)\b(?:awesome|papers? (?:list|with|of|on)|(?:reading|paper) lists?|list of|living review|must.read"
    r"|collection of|digest|weekly|daily|monthly)\b"
)
REASONS = {
    "code": "a link to code", "a video": "a link to a video", "a post": "a link to a post", "sharing": "a button",
    "a model or data": "a link to a model or data", "nowhere": "a link within the page",
    "elsewhere": "a link to another site",
}  # fmt: skip


def belongs(segment: Segment, head: Segment) -> bool:
    """Whether a row stands below another one and not beside it."""
    row, above = segment.row, head.row
    if above.kind == "heading":
        return row.kind != "heading"
    if above is row:
        return True
    if above.kind == "item":
        return row.indent > above.indent or (row.kind != "item" and segment.para == head.para and not row.gap)
    if row.kind == "item":
        return segment.para == head.para
    if segment.para == head.para + 1:
        return segment.is_links or bool(segment.role) or bool(people(segment.text))
    return segment.para == head.para


def is_below(segment: Segment, entry: Entry) -> bool:
    """Whether a row is an item of a list below the row of an entry."""
    row, above = segment.row, entry.head.row
    return row.kind == "item" and row is not above and (above.kind != "item" or row.indent > above.indent)


def is_sibling(segment: Segment, head: Segment) -> bool:
    """Whether two rows are of the same kind and depth."""
    return segment.row.kind == head.row.kind and segment.row.indent == head.row.indent and segment.first


def stands_beside(head: Segment, other: Segment) -> bool:
    """Whether two rows are lines of one paragraph or item."""
    same = head.para == other.para and head.row.kind == other.row.kind
    return same and (other.row.kind != "item" or head.row is other.row or head.row.indent == other.row.indent)


def is_furniture(segment: Segment, found: Found) -> bool:
    """Whether a row with the form of a title stands on pages that have no papers ("Upvote", "Read more")."""
    reason = why_no_title(segment.text)
    if found.how in {"bold", "linked", "quoted"} or reason == "the foot of the page":
        return reason in NO_TITLES  # a foot has no title, but papers about copyright have
    return bool(reason)


def why_none(segment: Segment) -> str:
    """Return why a row is no paper."""
    reason = why_no_title(segment.text)
    targets = [group.target for group in segment.groups if group.target]
    if reason or not targets:
        return reason or ("text" if re.search(r"\w", segment.text) else "a picture")
    return REASONS.get(targets[0].kind, "text with links")


def heading_words(text: str) -> str:
    """Return a heading without its number, date tags and emoji."""
    return bare(re.sub(r"^[\d.]+\s+", "", text)).strip(" :*_") or text
