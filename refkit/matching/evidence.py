"""What speaks for and against a record: title, abstract, authors, date, id, each compared by itself. Pure."""

from __future__ import annotations

import re

from refkit.matching.titles import compare_titles
from refkit.model import ArxivRecord, Author, Evidence, Mention, Outcome, Part, PartialDate, plain_arxiv_id
from refkit.names import letters, parse_name
from refkit.normalize import fold, to_unicode

# Word trigrams: an abstract that is merely about the same thing shares few (measured: docs/accuracy.md).
_SHINGLE = 3
# Fewer say nothing: many abstracts begin "In this paper, we propose a novel".
_ENOUGH_SHINGLES = 12
_SAME_ABSTRACT, _AKIN_ABSTRACT = 0.4, 0.15
_WORD = re.compile(r"[^\W_]+")
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
        abstract=compare_abstracts(mention.abstract, record.abstract),
        authors=compare_authors(mention.authors, record),
        date=compare_dates(mention.issued, record),
        id=compare_ids(mention.arxiv_id, record),
    )


def compare_abstracts(mention: str, record: str) -> Part:
    """Say how much of the digest's abstract stands in the record's; an abstract may be cut, edited or another text.

    An abstract that differs says little (digests print summaries of their own); one that agrees says nearly all.
    """
    ours, theirs = _shingles(mention), _shingles(record)
    if min(len(ours), len(theirs)) < _ENOUGH_SHINGLES:
        return Part(Outcome.ABSENT)
    score = len(ours & theirs) / min(len(ours), len(theirs))
    note = f"{score:.0%} of its three-word phrases"
    if score >= _SAME_ABSTRACT:
        return Part(Outcome.MATCH, score, note)
    return Part(Outcome.PARTIAL if score >= _AKIN_ABSTRACT else Outcome.MISMATCH, score, note)


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    found = _WORD.findall(fold(to_unicode(text)))
    return frozenset(zip(*(found[start:] for start in range(_SHINGLE)), strict=False))


def compare_authors(mention: tuple[str, ...], record: ArxivRecord) -> Part:
    """Say how many of the digest's authors are among the record's: the same family name, and no other initial.

    Order and number may differ; digests shorten both.
    """
    ours = [name for name in (_ET_AL.sub("", _MARKUP.sub("", each)).strip() for each in mention) if letters(name)]
    if not ours or not record.authors:
        return Part(Outcome.ABSENT)
    known = sum(any(_may_be(parse_name(name), author) for author in record.authors) for name in ours)
    score = known / len(ours)
    note = f"{known} of {len(ours)} in the record"
    if score == 1:
        people = [author for author in record.authors if not author.literal]  # a collaboration signs many papers
        full = any(letters(str(author)) == letters(name) for author in people for name in ours)
        return Part(Outcome.MATCH, score, note, () if full or known > 1 else ("one short name",))
    return Part(Outcome.PARTIAL if score else Outcome.MISMATCH, score, note)


def _may_be(ours: Author, theirs: Author) -> bool:
    """Whether two names may be one person's; the family name may stand first, and particles on either side."""
    mine, other = letters(str(ours)), letters(str(theirs))
    family, other_family = letters(ours.family or ours.literal), letters(theirs.family or theirs.literal)
    if mine == other:
        return True
    if letters(ours.given) == other_family and len(other_family) > 1:
        return _initials_agree(ours.family, theirs.given)
    same = family.endswith(other_family) or other_family.endswith(family)
    return same and min(len(family), len(other_family)) > 1 and _initials_agree(ours.given, theirs.given)


def _initials_agree(given: str, other: str) -> bool:
    first, second = letters(given)[:1], letters(other)[:1]
    return not first or not second or first == second


def compare_dates(issued: PartialDate | None, record: ArxivRecord) -> Part:
    """Say whether the paper existed in the month of the digest, give or take `_SLACK` months."""
    known = _month_of_id(record.arxiv_id) or record.submitted
    ours, theirs = _months(issued), _months(known)
    if ours is None or theirs is None:
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
