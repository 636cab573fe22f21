"""An entry of a bibliography in CSL's terms: what BibTeX, CSL-JSON, RIS and the others say in their own words.

The names of types and variables are those of CSL 1.0.2 (docs.citationstyles.org, appendices III and IV).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from msgspec import Struct, field, structs

from refkit.model import Author, PartialDate

PREPRINT = "article"  # CSL's type of what stands in a repository, not in a journal
_BLANKS = re.compile(r"[ \t\r\n\f\v\u2028\u2029\x85]+")
_DOI_LINK = re.compile(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")


class Name(Struct, frozen=True, kw_only=True):
    """A name in CSL's parts; an institution, or a name that is not to be taken apart, is only a `literal`.

    `particle` is CSL's non-dropping one ("van der" of van der Maaten), `dropping` the other.
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    dropping: str = ""
    suffix: str = ""
    literal: str = ""


class Date(Struct, frozen=True, kw_only=True):
    """A date or a span of time; what is none ("in press") is a `literal`. `season` is 1 (spring) to 4."""

    start: PartialDate | None = None
    end: PartialDate | None = None
    season: int = 0
    circa: bool = False
    literal: str = ""


class Item(Struct, frozen=True, kw_only=True):
    """An entry: `key` is its citekey, `type` CSL's.

    `texts` holds CSL's variables by name, in Unicode with CSL's few tags and formulas as TeX between dollars; those of
    identifiers and links are verbatim. `arxiv_id` and `arxiv_class` are those of its preprint. `others` holds what only
    the format knows that it was read from, by the name of that format and the field ("bib:file"), in its own writing.
    """

    key: str = ""
    type: str = "document"
    names: Mapping[str, tuple[Name, ...]] = field(default_factory=dict)
    dates: Mapping[str, Date] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    arxiv_id: str = ""
    arxiv_class: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


class Written(Struct, frozen=True, kw_only=True):
    """The text of a bibliography, and what of its items could not be said in it: for each item the names of fields."""

    text: str
    lost: tuple[tuple[str, ...], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()


class Unread(Struct, frozen=True, kw_only=True):
    """A part of a file that is no entry, or a broken one: its line, and why."""

    line: int
    reason: str


class Contents(Struct, frozen=True, kw_only=True):
    """What a bibliography holds: the items in their order, and what could not be read."""

    items: tuple[Item, ...] = ()
    unread: tuple[Unread, ...] = ()


# Identifiers and links: no text with tags and formulas, but signs to be kept as they are.
VERBATIM = frozenset({"DOI", "URL", "ISBN", "ISSN", "PMID", "PMCID", "archive_location"})
TEXTS = frozenset(
    """abstract annote archive archive_collection archive_location archive-place authority call-number chapter-number
    citation-number citation-label collection-number collection-title container-title container-title-short
    dimensions division DOI edition event-place event-title first-reference-note-number genre ISBN ISSN issue
    jurisdiction language license locator medium note number number-of-pages number-of-volumes original-publisher
    original-publisher-place original-title page page-first part-number part-title PMCID PMID printing-number publisher
    publisher-place references reviewed-genre reviewed-title scale section source status supplement-number title
    title-short URL version volume volume-title year-suffix""".split()
)
ROLES = frozenset(
    """author chair collection-editor compiler composer container-author contributor curator director editor
    editorial-director executive-producer guest host illustrator interviewer narrator organizer original-author
    performer producer recipient reviewed-author script-writer series-creator translator""".split()
)
DATES = frozenset("accessed available-date event-date issued original-date submitted".split())
TYPES = frozenset(
    """article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection dataset
    document entry entry-dictionary entry-encyclopedia event figure graphic hearing interview legal_case legislation
    manuscript map motion_picture musical_score pamphlet paper-conference patent performance periodical
    personal_communication post post-weblog regulation report review review-book software song speech standard thesis
    treaty webpage""".split()
)


def squeeze(text: str) -> str:
    """Return a text as one line in Unicode's usual form, without control characters; a hard blank stays."""
    text = _BLANKS.sub(" ", text)
    if not text.isprintable():  # a hard blank is not, either
        text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs"))
    return re.sub("  +", " ", unicodedata.normalize("NFC", text)).strip(" ")


def bare_doi(text: str) -> str:
    """Return a DOI without the link or the word before it."""
    return _DOI_LINK.sub("", text)


def name_of(
    *, family: str = "", given: str = "", particle: str = "", dropping: str = "", suffix: str = "", literal: str = ""
) -> Name | None:
    """Return a name from its parts, None for none; particles that stand before the family name go apart.

    Of a name without a given one, only a single word is a family name; all else is not to be taken apart.
    """
    family, given, particle, dropping, suffix, literal = (
        squeeze(part).replace("\u00a0", " ") for part in (family, given, particle, dropping, suffix, literal)
    )
    if literal or not (family or given):
        whole = literal or squeeze(f"{dropping} {particle} {suffix}")
        return Name(literal=whole) if whole else None
    words = (family or given).split()
    before = next((place for place, word in enumerate(words[:-1]) if not begins_lower(word)), len(words) - 1)
    if not family or not given:
        lone = len(words) == 1 and not (particle or dropping or suffix)
        whole = " ".join(filter(None, (dropping, particle, family or given, suffix)))
        return Name(family=whole) if lone else Name(literal=whole)
    return Name(
        family=" ".join(words[before:]),
        given=given,
        particle=" ".join(filter(None, (particle, *words[:before]))),
        dropping=dropping,
        suffix=suffix,
    )


def begins_lower(word: str) -> bool:
    """Whether the first letter of a word is a small one, as that of a particle is."""
    letters = [char for char in word if char.isalpha()]
    return bool(letters) and letters[0].islower()


def of_author(author: Author) -> Name | None:
    """Return an author of a record as a name."""
    return name_of(family=author.family, given=author.given, suffix=author.suffix, literal=author.literal)


def day(parts: Sequence[int]) -> PartialDate | None:
    """Return a date from year, month and day, as far as they make one; None without a year of four digits."""
    for length in (3, 2, 1):
        try:
            return PartialDate.parse(
                "-".join(f"{part:0{2 if place else 4}}" for place, part in enumerate(parts[:length]))
            )
        except ValueError:
            continue
    return None


def keyed(item: Item, key: str) -> Item:
    """Return an item with another key."""
    return structs.replace(item, key=key)
