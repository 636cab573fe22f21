"""What the blocks of a page are: where their links lead, what classes and first words say, why one is no paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from refkit.digests.furniture import why_no_title
from refkit.digests.lines import parse_date
from refkit.digests.page import Block, Piece, groups, joined
from refkit.digests.page_head import absolute
from refkit.digests.page_people import date_in, is_affiliation, names_in, surely_names
from refkit.digests.page_titles import Candidate, bare_title, is_description, is_title, lead_of, linked_title
from refkit.digests.paper_links import Target, is_label, target_of
from refkit.model import PartialDate

# Classes of elements in pages of arXiv, Papers with Code, OpenReview, journals and blogs, by what they hold.
_CLASSES = (
    (
        re.compile(
            r"(?:^|[\s_-])(?:paper|article|entry|post|card|result|item|list|note|pub|publication)?-?title(?:$"
            r"|[\s_-])"
        ),
        "title",
    ),
    (re.compile(r"(?:^|[\s_-])authors?(?:$|[\s_-])|byline"), "authors"),
    (re.compile(r"(?:^|[\s_-])(?:abstract|summary|snippet|description|excerpt|tldr)(?:$|[\s_-])"), "abstract"),
    (
        re.compile(r"(?:^|[\s_-])(?:subjects?|comments?|journal-ref|venue|tags?|categor\w+|keywords?)(?:$|[\s_-])"),
        "aside",
    ),
)
_OTHER_TITLE = re.compile(
    r"(?:section|page|category|site|block|widget|sidebar|newsletter|header|nav|group|area)[\s_-]?title"
    r"|list-title is-inline"
)
_WORDS = (
    (re.compile(r"(?i)(?:paper )?title\s*:\s*(?=\S)"), "title"),
    (re.compile(r"(?i)authors?(?:\(s\))?\s*:\s*"), "authors"),
    (re.compile(r"(?i)(?:abstract|summary|tl;?dr|description)\s*[:.—–-]\s*"), "abstract"),
    (
        re.compile(
            r"(?i)(?:comments?|subjects?|journal[ -]?ref\w*|report-no|msc-class|acm-class|keywords?|categories)\s*:"
        ),
        "aside",
    ),
)
_SPONSOR = re.compile(
    r"(?i)\b(?:sponsor(?:ed|s)?|advertisement|partner content|together with|job(?:s| openings| board)|hiring)\b"
)
_REASONS = {
    "code": "a link to code",
    "a video": "a link to a video",
    "a post": "a link to a post",
    "a model or data": "a link to a model or data",
    "sharing": "a button",
    "nowhere": "a line of the page",
    "elsewhere": "a link to another site",
}
_MORE = re.compile(r"\s*(?:[△▽▲▼]\s*)?(?:More|Less)$")
# What may stand between a title and its labels.
EDGES = " \u00a0-–—:|•·,;.→»[](){}"
BOLD_HEADING = 7  # the level of a line that is only bold
_SHORT_HEADING = 8  # words
_DATE_LINE = 60  # characters; in longer lines a date is not what they are about
_SHOWN = 200


class Look:
    """A block with its links by where they lead, its role ("title", "authors", "abstract", "aside") and its text."""

    def __init__(self, block: Block, base: str) -> None:
        self.block = block
        self.groups = [joined(group) for group in groups(block.pieces)]
        self.targets = [target_of(absolute(base, piece.href)) if piece.link else None for piece in self.groups]
        self.role, self.text = _role(block)

    @cached_property
    def date(self) -> PartialDate | None:
        """The date that the block is, or that a heading or a short line has in it."""
        text = self.block.text
        found = parse_date(text)
        return found or (date_in(text) if len(text) < _DATE_LINE or self.block.level else None)

    @cached_property
    def papers(self) -> list[Target]:
        """The papers that it links."""
        return [target for target in self.targets if target and target.is_paper]

    @cached_property
    def only_elsewhere(self) -> str:
        """Where its links lead, if it is nothing but links and none is to a paper."""
        kinds = [target.kind for target in self.targets if target]
        return kinds[0] if kinds and not self.papers and not re.search(r"\w{2}", self.unlinked) else ""

    @cached_property
    def unlinked(self) -> str:
        """Its words outside of links."""
        pairs = zip(self.groups, self.targets, strict=True)
        return "".join(piece.text + " " for piece, target in pairs if not target).strip()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The people that it lists; one is enough where a class says that it holds authors."""
        if self.role in {"abstract", "aside", "title"}:
            return ()
        return names_in(self.text, least=1 if self.role == "authors" else 2)

    @cached_property
    def may_be_title(self) -> bool:
        """Whether nothing speaks against its being a title."""
        beside = self.role in {"authors", "abstract", "aside"} or self.date or why_no_title(self.block.text)
        return not beside and not surely_names(self.text) and not is_affiliation(self.text)

    @cached_property
    def title(self) -> Candidate | None:
        """The title that a block without the title of a link has, by its role or its form."""
        if self.role in {"authors", "abstract", "aside"} or self.date or why_no_title(self.block.text):
            return None
        if self.role == "title" and is_title(bare_title(self.text)):
            return Candidate(bare_title(self.text), self.block.pieces[0].start, self.block.pieces[-1].end)
        if surely_names(self.text) or self.only_elsewhere in {"a post", "sharing"}:
            return None
        single = self.block.level or self.is_bold or self.block.kind == "cell"
        return lead_of(self.block.pieces, least=1 if single else 2)

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold."""
        return all(piece.strong for piece in self.block.pieces if piece.text.strip())

    @property
    def is_bold_heading(self) -> bool:
        """Whether it is a short bold line that links nothing, as some write headings."""
        short = self.block.text.count(" ") < _SHORT_HEADING and not self.block.level
        return short and self.is_bold and not any(self.targets) and self.title is not None

    @property
    def has_labels_only(self) -> bool:
        """Whether all its links are labels."""
        return all(is_label(piece.text) for piece, target in zip(self.groups, self.targets, strict=True) if target)

    def pieces(self, start: int, end: int) -> list[Piece]:
        """Return the pieces of the groups from start to end, without the labels."""
        if start >= end:
            return []
        pairs = list(zip(self.groups, self.targets, strict=True))[start:end]
        labels = {piece.link for piece, target in pairs if target and is_label(piece.text)}
        first, last = pairs[0][0].start, pairs[-1][0].end
        return [piece for piece in self.block.pieces if first <= piece.start <= last and piece.link not in labels]

    def labels(self, start: int, end: int) -> list[Target]:
        """Return the papers that labels among the groups from start to end link."""
        pairs = list(zip(self.groups, self.targets, strict=True))[start:end]
        return [target for piece, target in pairs if target and target.is_paper and is_label(piece.text)]

    def why_skipped(self) -> str:
        """Return why it gives no paper."""
        if self.block.level and not self.only_elsewhere:
            return "a heading"
        reason = why_no_title(self.block.text) or ("a date" if parse_date(self.block.text) else "")
        if not reason and _SPONSOR.search(self.block.text[:_SHOWN]) and not self.only_elsewhere:
            return "a sponsor or job"
        return reason or _REASONS.get(self.only_elsewhere, "") or ("names" if self.names else "text without a paper")


def _role(block: Block) -> tuple[str, str]:
    """Return what a class or a word before a colon says that a block is, and its text without that word."""
    for form, role in _WORDS:
        found = form.match(block.text)
        if found:
            return role, block.text[found.end() :].strip()
    for names in (block.names.lower(), block.pieces[0].names.lower() if block.pieces else ""):
        if names and not _OTHER_TITLE.search(names):
            for form, role in _CLASSES:
                if form.search(names):
                    return role, block.text
    around = block.around.lower()
    return next((role for form, role in _CLASSES[1:] if around and form.search(around)), ""), block.text


@dataclass
class Paper:
    """A paper whose title is known; what belongs to it is still collected."""

    title: Candidate
    block: Block
    heading: str = ""
    issued: PartialDate | None = None
    targets: list[Target] = field(default_factory=list)
    authors: tuple[str, ...] = ()
    abstract: str = ""
    context: str = ""
    below: int = 0
    abstract_in: int = -1
    complete: bool = False
    number: int = 0

    def is_near(self, block: Block) -> bool:
        """Whether a block is in the same row, or in one that is in it."""
        return self.block.row in {block.row, block.outer}

    def may_have(self, block: Block) -> bool:
        """Whether a block below may belong to it: no heading of its rank, nor another item of a list."""
        if block.level and block.level <= (self.block.level or BOLD_HEADING):
            return False
        return self.is_near(block) or not {block.kind, self.block.kind} & {"item", "term"}

    def add(self, targets: Sequence[Target]) -> None:
        """Add links that it does not have yet."""
        known = {target.key for target in self.targets}
        self.targets += [target for target in targets if target.key not in known]

    def take(self, role: str, text: str) -> bool:
        """Take authors or an abstract from a text, if it is one."""
        if role == "aside":
            return False
        names = () if role == "abstract" or self.authors else names_in(text, least=1 if role == "authors" else 2)
        if names:
            self.authors = names
            return True
        if not self.abstract and (is_description(text) or (role == "abstract" and text.count(" ") > 2)):  # noqa: PLR2004
            self.abstract = _MORE.sub("", text)
            return True
        return False


def linked_titles(look: Look) -> list[tuple[int, Candidate]]:
    """Return the links to papers whose text is a title, each with its place among the groups."""
    found: list[tuple[int, Candidate]] = []
    before = ""
    for i, (piece, target) in enumerate(zip(look.groups, look.targets, strict=True)):
        if target and target.is_paper and piece.text:
            after = "".join(f"{each.text[:200]} " for each in look.groups[i + 1 : i + 3])
            marked = piece.strong or bool(look.block.level) or look.role == "title"
            if linked_title(piece.text, before, after, marked=marked):
                found.append((i, Candidate(bare_title(piece.text), piece.start, piece.end)))
                before = ""
                continue
        before = f"{before} {piece.text[-400:]}"[-400:]
    return found


def title_behind(look: Look, first: int) -> Candidate | None:
    """Return the title that stands behind a label: "[2401.00001] Title"."""
    last = max(i for i, target in enumerate(look.targets) if target and target.is_paper)
    if any(piece.text.strip(EDGES) for piece in look.groups[:first]):
        return None
    pieces = look.pieces(last + 1, len(look.groups))
    return lead_of(pieces, least=1) if pieces else None


def rank(look: Look, following: Look, place: int, row: int) -> tuple[int, int, int]:
    """Return how likely a block above a link is its title, by its marks and by what follows it.

    Of equals the nearest to the link is the likeliest, in a row the longest.
    """
    title = look.title
    if not title or is_affiliation(look.text):
        return 0, 0, 0
    words = title.title.count(" ") + 1
    strong = any(piece.strong and piece.start == title.start for piece in look.block.pieces)
    if look.role == "title":
        return 4, 0, place
    if strong or following.names or (look.block.level > 1 and words > 1):
        return 3, int(bool(following.names)), place
    if row and look.block.row == row:
        return 2, len(title.title), place
    elsewhere = any(target and not target.is_paper for target in look.targets)
    return 1, 0 if elsewhere or look.block.level else min(words, 3), place


def day_of(text: str) -> PartialDate | None:
    """Return the day that a machine readable date begins with, None if it does not."""
    try:
        return PartialDate.parse(text[:10]) if text else None
    except ValueError:
        return None
