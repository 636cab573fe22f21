"""What speaks for and against a record: title, abstract, authors, date, id, each compared by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from refkit import shingles
from refkit.matching.titles import compare_titles
from refkit.model import ArxivRecord, Evidence, Mention, Outcome, Part, PartialDate, plain_arxiv_id
from refkit.names import NameLetters, bare_name, is_group, letters, may_be_same, name_letters, parse_name
from refkit.normalize import spoken_words

# Word trigrams: an abstract that is merely about the same thing shares few (measured: docs/accuracy.md).
_SHINGLE = 3
# Fewer say nothing: many abstracts begin "In this paper, we propose a novel".
_ENOUGH_SHINGLES = 12
# The index has the same figure for "the same abstract" and means less by it: there it only ends a search early. The two
# are set by different measurements, so they may part.
_SAME_ABSTRACT, _AKIN_ABSTRACT = 0.4, 0.15
_SAME_WORDING, _AKIN_WORDING = 0.5, 0.3
# A new-style id begins with the year and month in which the paper was announced. Dates that feeds print run up to two
# months ahead of it (25 of 764 dated answers of the accuracy pool; three months or more: none).
_SLACK = 2
_MONTH_OF_ID = re.compile(r"(\d\d)(\d\d)\.")


def weigh(mention: Mention, record: ArxivRecord) -> Evidence:
    """Return all the evidence on whether this mention means this record."""
    return Evidence(
        title=compare_titles(mention.title, record),
        abstract=compare_abstracts(mention.abstract, record),
        wording=compare_wordings(mention, record),
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


def compare_wordings(mention: Mention, record: ArxivRecord) -> Part:
    """Say how many of the telling words of the record's abstract the digest has: a rewritten abstract keeps them."""
    if not mention.abstract or not (record.abstract or record.fingerprint):
        return Part(Outcome.ABSENT)
    made = record.fingerprint or _fingerprint(record.abstract)
    share = _words_of(mention.title, mention.abstract).share_of_words(made)
    if share is None:
        return Part(Outcome.ABSENT)
    note = f"about {share:.0%} of its telling words"
    if share >= _SAME_WORDING:
        return Part(Outcome.MATCH, share, note)
    return Part(Outcome.PARTIAL if share >= _AKIN_WORDING else Outcome.MISMATCH, share, note)


@lru_cache
def _fingerprint(abstract: str) -> bytes:
    return shingles.fingerprint(abstract)


@lru_cache(maxsize=4)
def _words_of(title: str, abstract: str) -> shingles.Phrases:
    return shingles.phrases(f"{title}. {abstract}")


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

    Order and number may differ; digests shorten both. Where one side names only a collaboration and the other its
    members, there is nothing to compare.
    """
    ours = _people(mention)
    if not ours or not record.authors:
        return Part(Outcome.ABSENT)
    known = sum(any(may_be_same(name, name_letters(author)) for author in record.authors) for _, name in ours)
    if not known and _groups(mention) != _groups(map(str, record.authors)):
        return Part(Outcome.ABSENT)
    score = known / len(ours)
    note = f"{known} of {len(ours)} in the record"
    signed = {name_letters(each).whole for each in record.authors if each.literal}
    if known and all(printed in signed for printed, _ in ours):
        return Part(Outcome.PARTIAL, score, note, ("collaboration",))  # it signs many papers
    if score == 1:
        full = any(printed in {name_letters(each).whole for each in record.authors} for printed, _ in ours)
        short = ("one short name",) if known == 1 and not full else ()
        return Part(Outcome.MATCH, score, note, short)
    return Part(Outcome.PARTIAL if score else Outcome.MISMATCH, score, note)


def _groups(names: Iterable[str]) -> bool:
    """Whether all of these names are collaborations."""
    return all(map(is_group, names))


# Like the phrases of its abstract, the names in a mention are compared with all its candidates in turn.
@lru_cache
def _people(mention: tuple[str, ...]) -> list[tuple[str, NameLetters]]:
    """Return the letters of each name as printed, without what is printed round it, and the name taken apart."""
    names = [bare_name(each) for each in mention]
    return [(letters(each), name_letters(parse_name(each))) for each in names if letters(each)]


def compare_dates(issued: PartialDate | None, record: ArxivRecord) -> Part:
    """Say whether the paper existed in the month of the digest, give or take `_SLACK` months."""
    months = months_between(issued, record)
    if months is None:
        return Part(Outcome.ABSENT)
    note = f"submitted {record.submitted or _month_of_id(record.arxiv_id)}, digest of {issued}"
    if months < -_SLACK:
        return Part(Outcome.MISMATCH, 0.0, note)
    return Part(Outcome.MATCH, 1.0, note) if months >= 0 else Part(Outcome.PARTIAL, 0.5, note)


def months_between(issued: PartialDate | None, record: ArxivRecord) -> int | None:
    """Return by how many months a digest is younger than a paper; None if one of the days is not known."""
    ours, theirs = _months(issued), _months(_month_of_id(record.arxiv_id) or record.submitted)
    return None if ours is None or theirs is None else ours - theirs


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
