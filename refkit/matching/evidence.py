"""What speaks for and against a record: title, abstract, authors, date, id, each compared by itself. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from refkit import shingles
from refkit.matching.titles import compare_titles
from refkit.model import ArxivRecord, Author, Evidence, Mention, Outcome, Part, PartialDate, plain_arxiv_id
from refkit.names import letters, parse_name
from refkit.normalize import spoken_words

# Word trigrams: an abstract that is merely about the same thing shares few (measured: docs/accuracy.md).
_SHINGLE = 3
# Fewer say nothing: many abstracts begin "In this paper, we propose a novel".
_ENOUGH_SHINGLES = 12
_SAME_ABSTRACT, _AKIN_ABSTRACT = 0.4, 0.15
_ET_AL = re.compile(r"(?i)[\s,]*\b(?:et\.?\s*al\.?|and others|others)\s*$")
# What lists print round a name: the title and a bar before it, <sup>1</sup> and footnote signs behind.
_MARKUP = re.compile(r"^.*\||<[^<>]{0,40}>|[\d*†‡§]")
# A new-style id begins with the year and month in which the paper was announced. Dates that feeds print run up to two
# months ahead of it (25 of 764 dated answers of the accuracy pool; three months or more: none).
_SLACK = 2
_MONTH_OF_ID = re.compile(r"(\d\d)(\d\d)\.")


def weigh(mention: Mention, record: ArxivRecord) -> Evidence:
    """Return all the evidence on whether this mention means this record."""
    return Evidence(
        title=compare_titles(mention.title, record),
        abstract=compare_abstracts(mention.abstract, record),
        authors=compare_authors(mention.authors, record),
        date=compare_dates(mention.issued, record),
        id=compare_ids(mention.arxiv_id, record),
    )


def compare_fingerprint(mention: str, made: bytes) -> Part:
    """Say how much of the digest's abstract stands in the one of which only the fingerprint is known.

    The thresholds are those of whole abstracts: of 20,000 pairs of other papers' abstracts one in a thousand has a
    share of .11 or more (docs/index.md).
    """
    share = shingles.phrases(mention).share(made)
    return Part(Outcome.ABSENT) if share is None else _abstract_part(share, "about ")


def compare_abstracts(mention: str, record: ArxivRecord) -> Part:
    """Say how much of the digest's abstract stands in the record's; an abstract may be cut, edited or another text.

    An abstract that differs says little (digests print summaries of their own); one that agrees says nearly all.
    """
    if not mention or not (record.abstract or record.fingerprint):
        return Part(Outcome.ABSENT)
    if not record.abstract:
        return compare_fingerprint(mention, record.fingerprint)
    ours, theirs = _shingles_of_mention(mention), _shingles(record.abstract)
    if min(len(ours), len(theirs)) < _ENOUGH_SHINGLES:
        return Part(Outcome.ABSENT)
    score = len(ours & theirs) / min(len(ours), len(theirs))
    return _abstract_part(score)


def _abstract_part(score: float, about: str = "") -> Part:
    note = f"{about}{score:.0%} of its three-word phrases"
    if score >= _SAME_ABSTRACT:
        return Part(Outcome.MATCH, score, note)
    return Part(Outcome.PARTIAL if score >= _AKIN_ABSTRACT else Outcome.MISMATCH, score, note)


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    found = spoken_words(text)
    return frozenset(zip(*(found[start:] for start in range(_SHINGLE)), strict=False))


# A mention is compared with all its candidates in turn.
_shingles_of_mention = lru_cache(maxsize=4)(_shingles)


def compare_authors(mention: tuple[str, ...], record: ArxivRecord) -> Part:
    """Say how many of the digest's authors are among the record's: the same family name, and no other initial.

    Order and number may differ; digests shorten both.
    """
    if not mention or not record.authors:
        return Part(Outcome.ABSENT)
    ours = _people(mention)
    if not ours:
        return Part(Outcome.ABSENT)
    known = sum(any(_may_be(name, _name(author)) for author in record.authors) for _, name in ours)
    score = known / len(ours)
    note = f"{known} of {len(ours)} in the record"
    if score == 1:
        people = [_name(each).whole for each in record.authors if not each.literal]  # a collaboration signs many papers
        full = any(printed in people for printed, _ in ours)
        return Part(Outcome.MATCH, score, note, () if full or known > 1 else ("one short name",))
    return Part(Outcome.PARTIAL if score else Outcome.MISMATCH, score, note)


class _Name(Struct, frozen=True):
    """The folded letters of a name, whole and of its parts."""

    whole: str
    family: str
    given: str


# Like the phrases of its abstract, the names in a mention are compared with all its candidates in turn.
@lru_cache(maxsize=16)
def _people(mention: tuple[str, ...]) -> list[tuple[str, _Name]]:
    """Return the letters of each name as printed, without what is printed round it, and the name taken apart."""
    names = [_ET_AL.sub("", _MARKUP.sub("", each)).strip() for each in mention]
    return [(letters(each), _name(parse_name(each))) for each in names if letters(each)]


@lru_cache(maxsize=4096)
def _name(author: Author) -> _Name:
    return _Name(letters(str(author)), letters(author.family or author.literal), letters(author.given))


def _may_be(ours: _Name, theirs: _Name) -> bool:
    """Whether two names may be one person's; the family name may stand first, and particles on either side."""
    if ours.whole == theirs.whole:
        return True
    if ours.given == theirs.family and len(theirs.family) > 1:
        return _initials_agree(ours.family, theirs.given)
    same = ours.family.endswith(theirs.family) or theirs.family.endswith(ours.family)
    return same and min(len(ours.family), len(theirs.family)) > 1 and _initials_agree(ours.given, theirs.given)


def _initials_agree(given: str, other: str) -> bool:
    return not given or not other or given[0] == other[0]


def compare_dates(issued: PartialDate | None, record: ArxivRecord) -> Part:
    """Say whether the paper existed in the month of the digest, give or take `_SLACK` months."""
    ours = _months(issued)
    if ours is None:
        return Part(Outcome.ABSENT)
    known = _month_of_id(record.arxiv_id) or record.submitted
    theirs = _months(known)
    if theirs is None:
        return Part(Outcome.ABSENT)
    note = f"submitted {record.submitted or known}, digest of {issued}"
    if theirs - ours > _SLACK:
        return Part(Outcome.MISMATCH, 0.0, note)
    return Part(Outcome.MATCH, 1.0, note) if theirs <= ours else Part(Outcome.PARTIAL, 0.5, note)


def _months(date: PartialDate | None) -> int | None:
    """Return a date as a number of months; an unknown month counts as the last one of a digest's year."""
    return None if date is None or date.year is None else date.year * 12 + (date.month or 12)


def _month_of_id(arxiv_id: str) -> PartialDate | None:
    found = _MONTH_OF_ID.match(arxiv_id)
    return PartialDate(2000 + int(found[1]), int(found[2])) if found else None


def compare_ids(mention: str, record: ArxivRecord) -> Part:
    """Say whether the digest links this record. A link may be wrong: the decision still looks at the title."""
    if not mention:
        return Part(Outcome.ABSENT)
    same = plain_arxiv_id(mention) == record.arxiv_id
    return Part(Outcome.MATCH if same else Outcome.MISMATCH, float(same), f"the digest links {mention}")
