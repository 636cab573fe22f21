"""The values that travel from stage to stage: frozen, compared by value, importing nothing of refkit but its errors.

Words: a *digest* holds *mentions*; a mention's *candidates* carry *evidence*; the *verdict* and its reason make a
*resolution*; resolutions of one paper make a *work*; a writer plans *changes* to some place outside.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

# Both schemes of arXiv identifiers (info.arxiv.org/help/arxiv_identifier): 0704.0001-1412.9999 have four digits after
# the point, later ones five; the old scheme is archive[.SUBJECT]/yymmnnn.
_NEW_ID = r"(?P<new>(?P<yy>\d\d)(?P<mm>0[1-9]|1[0-2])\.\d{4,5})"
_OLD_ID = r"(?P<archive>[a-z]+(?:-[a-z]+)*)(?:\.[A-Za-z-]{2,})?/(?P<number>\d\d(?:0[1-9]|1[0-2])\d{3})"
_ARXIV_ID = re.compile(rf"(?<![\w./])(?:{_NEW_ID}|{_OLD_ID})(?:v(?P<version>[1-9]\d?))?(?![\w])(?!\.\d)")
_FIRST_LONG_ID, _LONG_ID = "1501", len("1501.00001")

# As the taxonomy's own (themes/taxonomy.py): a comma would end a keyword of BibTeX.
_THEME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_FIRST_DAY = (2000, 1, 1)  # what stands for an unknown part in a check; February has its 29th in that year


class PartialDate(Struct, frozen=True):
    """A date of which the day, the month or the year may be unknown; nothing unknown is ever filled in.

    Written as ISO 8601: `2024-03-13`, `2024-03`, `2024`, and `--03-13` where a digest names a day without a year.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read the ISO form; raises ValueError for any other text."""
        found = re.fullmatch(r"(?a)(\d{4})(?:-(\d\d)(?:-(\d\d))?)?|--(\d\d)-(\d\d)", text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a date like 2024-03-13, 2024-03, 2024 or --03-13")
        year, month, day, only_month, only_day = (int(part) if part else None for part in found.groups())
        date = cls(year, only_month if month is None else month, only_day if day is None else day)
        parts = (date.year, date.month, date.day)
        try:
            dt.date(*(known if part is None else part for part, known in zip(parts, _FIRST_DAY, strict=True)))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a day of the calendar") from error
        return date

    def is_after(self, other: PartialDate) -> bool | None:
        """Whether this day is surely later than the other; None where what is known does not tell."""
        if self.year is None or other.year is None:
            return None
        for mine, theirs in ((self.year, other.year), (self.month, other.month), (self.day, other.day)):
            if mine is None or theirs is None:
                return None
            if mine != theirs:
                return mine > theirs
        return False

    def __str__(self) -> str:
        if self.year is None:
            return f"--{self.month or 0:02}-{self.day or 0:02}"
        parts = (f"{self.year:04}", self.month and f"{self.month:02}", self.month and self.day and f"{self.day:02}")
        return "-".join(part for part in parts if part)


class Author(Struct, frozen=True):
    """A name in the parts of CSL: `family` with its particles ("van der Maaten"), `given`, `suffix` ("Jr.").

    A collaboration, or a name that is not to be taken apart, is only a `literal`.
    """

    family: str = ""
    given: str = ""
    suffix: str = ""
    literal: str = ""

    def __str__(self) -> str:
        """The name as people write it: given name first."""
        return self.literal or " ".join(part for part in (self.given, self.family, self.suffix) if part)


class Mention(Struct, frozen=True, kw_only=True):
    """What a digest says about one paper, with where it says so.

    `line` counts from 1; `raw` is the digest's own text for the title (all lines of it). `authors` are written as the
    digest writes them, perhaps shortened ("Z. Chen"). `issued` is the day of the digest or of the item in it.
    `keywords` are those that a list of references gives the paper: its reader's tags, or what a publisher put there.
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    heading: str = ""
    issued: PartialDate | None = None
    arxiv_id: str = ""
    doi: str = ""
    url: str = ""
    digest: str = ""
    line: int = 0
    raw: str = ""
    keywords: tuple[str, ...] = ()


class Skipped(Struct, frozen=True):
    """A line of a digest that a reader understood not to be a paper, and why."""

    line: int
    text: str
    reason: str


class ArxivRecord(Struct, frozen=True, kw_only=True):
    """An arXiv paper in arXiv's own words; its identity is `arxiv_id`, always without a version.

    `categories` begins with the primary one. `submitted` is the date of v1. `former_titles` are those of earlier
    versions, `updated` is the date of the current one, whose number is `version` (0: not known). Where the abstract
    itself is not at hand, `fingerprint` is that of the abstract (`shingles.py`). Empty means "not known", never "none".
    """

    arxiv_id: str
    title: str
    authors: tuple[Author, ...] = ()
    abstract: str = ""
    categories: tuple[str, ...] = ()
    submitted: PartialDate | None = None
    updated: PartialDate | None = None
    comments: str = ""
    journal_ref: str = ""
    doi: str = ""
    former_titles: tuple[str, ...] = ()
    version: int = 0
    fingerprint: bytes = b""


class Answer(Struct, frozen=True):
    """What one source says to one question: records, best first, or the sentence that says why it failed."""

    records: tuple[ArxivRecord, ...] = ()
    failure: str = ""


class Outcome(enum.Enum):
    """How one part of the evidence compares. ABSENT (nothing to compare) is not MISMATCH."""

    MATCH = "match"
    PARTIAL = "partial"
    MISMATCH = "mismatch"
    ABSENT = "absent"


class Part(Struct, frozen=True):
    """One named part of the evidence: its outcome, a number from 0 to 1 (None when absent) and what was seen.

    `flags` name the places in which the two sides differ ("number", "plural", "subtitle dropped"), one a place.
    """

    outcome: Outcome = Outcome.ABSENT
    score: float | None = None
    note: str = ""
    flags: tuple[str, ...] = ()


class Evidence(Struct, frozen=True, kw_only=True):
    """What speaks for and against a candidate, by name: `abstract` compares phrases, `wording` the words of both."""

    title: Part = Part()
    abstract: Part = Part()
    wording: Part = Part()
    authors: Part = Part()
    date: Part = Part()
    id: Part = Part()

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Yield the parts by name, in the order in which they are weighed."""
        for name in self.__struct_fields__:
            yield name, getattr(self, name)


class Candidate(Struct, frozen=True, kw_only=True):
    """A record that a mention may mean; `score` (0 to 1) orders the candidates of one mention.

    `reason` says why it was accepted or refused; it is given with the verdict.
    """

    record: ArxivRecord
    evidence: Evidence
    score: float
    source: str
    reason: str = ""


class Verdict(enum.Enum):
    """What was decided about a mention. FAILED means that a source was down, which is never NOT_FOUND."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not found"
    FAILED = "failed"


class ThemeEdit(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person changed of the themes that a paper is given: names, each sorted, none in both."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself or is no name."""
        if not all(_THEME.fullmatch(name) for name in (*self.added, *self.removed)):
            raise ValueError("a theme is lower-case words joined by hyphens, like 'my-theme'")
        if both := set(self.added) & set(self.removed):
            raise ValueError(f"the theme {min(both)!r} is both added and removed")

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class Resolution(Struct, frozen=True, kw_only=True):
    """The verdict on one mention, with its reason as a sentence; candidates best first.

    `decided` is empty where the evidence decided, else what `refkit.lock` says of the mention (`lock.py`), which also
    knows how a person changed the paper's themes: `theme_edit`.
    """

    mention: Mention
    verdict: Verdict
    reason: str
    candidates: tuple[Candidate, ...] = ()
    confidence: float = 0.0
    decided: str = ""
    theme_edit: ThemeEdit = ThemeEdit()

    @property
    def record(self) -> ArxivRecord | None:
        """The record that the mention means; None unless MATCHED."""
        return self.candidates[0].record if self.verdict is Verdict.MATCHED else None

    def _repr_html_(self) -> str:
        """Return what a notebook shows: verdict, reason and the likeliest candidates, escaped."""
        from refkit import notebook  # only in a notebook

        matched = self.verdict is Verdict.MATCHED
        shown = [(each.record.arxiv_id, each.record.title, each.record.authors) for each in self.candidates]
        read_in = notebook.place(self.mention.digest, self.mention.line)
        facts = notebook.candidates(shown, self.confidence, matched=matched)
        return notebook.card(self.mention.title, self.verdict.value, self.reason, [read_in, *facts])


class Publication(Struct, frozen=True, kw_only=True):
    """The published version of a work (its version of record), in CSL's names; empty means "not known".

    `type` is CSL's: `article-journal`, `paper-conference`, `chapter`, `book`. `title` is set only where it was
    published under another title than the preprint's. `container_title` is the journal or the proceedings,
    `event_title` the conference itself. `doi` is bare and in lower case, never that of the preprint. Where all that is
    known is a sentence that cannot be taken apart, it is the `note`, and `type` is empty: not a published version yet.
    """

    type: str = ""
    title: str = ""
    container_title: str = ""
    event_title: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    number: str = ""
    publisher: str = ""
    issued: PartialDate | None = None
    doi: str = ""
    url: str = ""
    note: str = ""


class Published(Struct, frozen=True, kw_only=True):
    """A published paper as one service describes it; whether it is that of a work is decided elsewhere.

    `source` is the name of the enricher, `arxiv_id` that of the preprint that the service itself links with it.
    """

    publication: Publication
    title: str
    authors: tuple[Author, ...] = ()
    arxiv_id: str = ""
    source: str = ""


class ThemeTag(Struct, frozen=True, order=True):
    """A theme given to a work, with what fired: words of its titles, abstracts and headings, or a category of arXiv.

    Nothing fired where a person gave it.

    What was learnt from a library also says how sure it is (`confidence`, the probability that the tag is right; 0
    where a tagger tells none), and why: the titles of the `neighbours` there that argued, the strongest first.
    """

    theme: str
    evidence: tuple[str, ...] = ()
    confidence: float = 0.0
    neighbours: tuple[str, ...] = ()


class Work(Struct, frozen=True, kw_only=True):
    """One paper as refkit knows it, however many mentions led to it.

    `provenance` names each field's source ("title", "publication.pages"); `dissent` keeps what other sources say of a
    field instead, by field and source.
    """

    record: ArxivRecord
    publication: Publication | None = None
    mentions: tuple[Mention, ...] = ()
    themes: tuple[ThemeTag, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    dissent: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def published(self) -> Publication | None:
        """The published version, if it is known well enough to be cited; None for a preprint."""
        return self.publication if self.publication and self.publication.type else None

    def _repr_html_(self) -> str:
        """Return what a notebook shows: who wrote it, where it appeared and its themes, escaped."""
        from refkit.notebook import Fact, Link, card, people  # as above

        version = self.published
        facts = (
            Fact("", (Link(self.record.arxiv_id), f" {self.record.submitted or ''}".rstrip())),
            Fact("published", (version.container_title or version.event_title or version.doi,) if version else ()),
            Fact("themes", (", ".join(tag.theme for tag in self.themes),)),
            Fact("named by", (", ".join(f"{each.digest}:{each.line}" for each in self.mentions if each.digest),)),
        )
        return card(self.record.title, "", people(self.record.authors), facts)


class Op(enum.Enum):
    """What a writer means to do with one work."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    CONFLICT = "conflict"


class Change(Struct, frozen=True, kw_only=True):
    """One step of a writer's plan: `key` is the work's key there, `diff` maps a field to (old, new)."""

    op: Op
    key: str
    work: Work
    diff: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Report(Struct, frozen=True, kw_only=True):
    """What a writer did: the changes done, and those that failed, each with its sentence.

    `outage` says why it stopped before its end, `lacking` what of the changes done is missing all the same (a PDF, a
    collection), `remarks` what else the user should know.
    """

    done: tuple[Change, ...] = ()
    failed: tuple[tuple[Change, str], ...] = ()
    outage: str = ""
    lacking: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def find_arxiv_id(text: str) -> str:
    """Return the first arXiv id in a text (an id, `arXiv:` form, URL or DOI), without version; "" if there is none.

    A subject class in an old id is dropped: `math.GT/0309136` is stored as `math/0309136`.
    """
    text = re.sub(r"(?i)arxiv[.:]", " ", text).replace("/abs/", " ").replace("/pdf/", " ").replace(".pdf", " ")
    found = _ARXIV_ID.search(re.sub(r"(?i)/papers/|/html/|10\.48550/", " ", text))
    if not found:
        return ""
    return found["new"] or f"{found['archive']}/{found['number']}"


def plain_arxiv_id(text: str) -> str:
    """Return an id without version and prefix; text that holds no arXiv id stays as it is."""
    return find_arxiv_id(text) or text


def is_arxiv_id(text: str) -> bool:
    """Whether a text is an arXiv id and nothing else, without version: four digits to 1412, five from 1501 on."""
    found = _ARXIV_ID.fullmatch(text)
    if not found or found["version"]:
        return False
    return not found["new"] or (len(text) == _LONG_ID) == (text >= _FIRST_LONG_ID)
