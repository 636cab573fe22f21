"""Evidence as numbers: what the model weighs. Pure; a number is 0 where nothing is known, and hardly ever above 2.

Their names stand in `weights.toml`, in tables of these: `title`, `alone` (the same numbers once more where nothing but
the title speaks for a record), `name` (the name before a colon), `abstract`, `authors`, `date`, `link`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from refkit import rarity
from refkit.matching.alignment import Alignment, align
from refkit.matching.evidence import months_between
from refkit.matching.titles import head
from refkit.model import ArxivRecord, Evidence, Mention, Outcome
from refkit.names import bare_name, family_key, is_common, letters
from refkit.normalize import is_truncated, spoken_words, title_key, without_ellipsis, without_marks, words

_SHAPES = (
    "cut",
    "name dropped",
    "name added",
    "subtitle dropped",
    "subtitle added",
    "heading dropped",
    "heading added",
)
_PLACES = (
    "number", "one number", "about", "turning", "article", "plural", "spelling", "word missing", "word added",
    "other word",
)  # fmt: skip
_SLIPS = frozenset({"article", "plural", "spelling"})
# What counts otherwise where nothing but the title speaks for a record.
_ALONE = (
    "candidate", "shared", "covered", "only ours", "only ours, little", "only theirs", "only theirs, little",
    "theirs, in the text", "same words", "letters .8", "letters .95", "number", "one number", "turning",
    "other word", "name dropped",
    "subtitle dropped, long", "same name",
)  # fmt: skip
# Shares of an abstract from which on it speaks for a record (the steps of `_abstract`).
_PHRASES_SPEAK, _WORDS_SPEAK = 0.15, 0.3
# A title of so many words is no nickname: "Improving robustness of jet tagging algorithms with adversarial training".
LONG = 8
# In short titles a plural, an article or a letter may be all that tells two papers apart ("The Nature of Dark Matter");
# a cut title needs as many words to be sure of its end. Of 17,686 titles 6 are asked about for it.
_ENOUGH_FOR_A_SLIP = {"plural": 6, "article": 6, "spelling": 5, "cut": 5}
# Bits of words that are more than articles and prepositions.
_TELLING = 4.0
# Bits of a few common words or a rare one: of 472 renamed papers that were known by their authors all share 23 or more,
# and another paper of the same author shared 7.
_LITTLE = 20.0
_COINED = re.compile(r"[a-z][A-Z]|[A-Z]{2}|\d")


def features(
    mention: Mention, record: ArxivRecord, evidence: Evidence, *, another_has_the_title: bool = False
) -> Mapping[str, float]:
    """Return the numbers by name; those that are 0 are left out."""
    title = {"candidate": 1.0, **_title(mention, record, evidence)}
    if another_has_the_title and "same" not in title:
        title["another has it"] = 1.0
    found = {f"title.{name}": value for name, value in title.items()}
    if is_alone(evidence):
        found |= {f"alone.{name}": title[name] for name in _ALONE if name in title}
    found |= {f"abstract.{name}": value for name, value in _abstract(evidence).items()}
    found |= {f"authors.{name}": value for name, value in _authors(mention, record, evidence).items()}
    found |= {f"date.{name}": value for name, value in _date(mention, record).items()}
    found |= {f"link.{name}": value for name, value in _link(evidence).items()}
    return {name: value for name, value in found.items() if value}


def is_alone(evidence: Evidence) -> bool:
    """Whether nothing but the title speaks for the record, or at most one shortened name, as thousands share it."""
    authors = evidence.authors
    signed = authors.outcome in {Outcome.MATCH, Outcome.PARTIAL} and not authors.flags
    return not signed and not has_its_abstract(evidence) and evidence.id.outcome is not Outcome.MATCH


def has_its_abstract(evidence: Evidence) -> bool:
    """Whether the abstract speaks for the record, by its phrases or by its words."""
    phrases, telling = evidence.abstract.score or 0.0, evidence.wording.score or 0.0
    return phrases >= _PHRASES_SPEAK or telling >= _WORDS_SPEAK


def is_long_without_subtitle(mention: Mention, evidence: Evidence) -> bool:
    """Whether a title, if it is no nickname, lacks the subtitle or the beginning of the other, or has one more."""
    parts = {"subtitle dropped", "subtitle added", "heading dropped", "heading added"}
    return bool(parts.intersection(evidence.title.flags)) and len(_words_of(mention.title)) >= LONG


def replaces_words(mention: Mention, record: ArxivRecord) -> bool:
    """Whether each title has words of its own that tell something: "Throughput phase", "Accuracy phase"."""
    if is_truncated(mention.title):
        return False
    _, aligned = _nearest_title(_words_of(mention.title), record)
    return min(aligned.ours, aligned.theirs) > _TELLING


def shares_little(mention: Mention, record: ArxivRecord) -> bool:
    """Whether two titles have hardly a telling word in common."""
    _, aligned = _nearest_title(_words_of(mention.title), record)
    return aligned.shared < _LITTLE


def is_short_with_a_slip(mention: Mention, evidence: Evidence) -> bool:
    """Whether a plural, an article or a letter may be all that tells two short titles apart."""
    count = len(_words_of(mention.title))
    return any(count < _ENOUGH_FOR_A_SLIP.get(flag, 0) for flag in evidence.title.flags)


def _ramp(value: float, low: float, high: float) -> float:
    """Return where a value lies between two: 0 at the lower and below, 1 at the higher and above."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


# A mention is compared with all its candidates in turn.
@lru_cache
def _words_of(title: str) -> tuple[str, ...]:
    return words(without_ellipsis(without_marks(title)))


@lru_cache
def _words_of_text(abstract: str, heading: str) -> frozenset[str]:
    return frozenset(spoken_words(f"{abstract} {heading}"))


def _title(mention: Mention, record: ArxivRecord, evidence: Evidence) -> dict[str, float]:
    part, ours = evidence.title, _words_of(mention.title)
    if part.outcome is Outcome.ABSENT:
        return {"incomparable": 1.0}
    if part.outcome is Outcome.MATCH:
        return {"same": 1.0, "same, bits": min(rarity.total(ours), 80.0) / 40}
    title, aligned = _nearest_title(ours, record)
    text = _words_of_text(mention.abstract, mention.heading)
    told = rarity.total(word for word in aligned.their_words if word in text)
    flags = set(part.flags)
    found = {flag: 1.0 for flag in (*_SHAPES, *_PLACES) if flag in flags}
    found |= _in_common(aligned, told)
    found |= _names(mention, title, text)
    score = part.score or 0.0
    halves = bool(flags & {"subtitle dropped", "heading dropped"})
    return found | {
        "letters .8": _ramp(score, 0.7, 0.9),
        "letters .95": _ramp(score, 0.9, 1.0),
        "slip": float(len(part.flags) == 1 and flags <= _SLIPS),
        "subtitle dropped, long": float(halves and len(ours) >= LONG),
    }


def _in_common(aligned: Alignment, told: float) -> dict[str, float]:
    """How many bits both titles have, and only one of them; `told` are those of theirs that the digest's text has."""
    theirs, is_same = aligned.theirs - told, float(aligned.ours + aligned.theirs < 1.5)  # noqa: PLR2004 - an article
    return {
        "shared": min(aligned.shared, 80.0) / 40,
        "only ours": min(aligned.ours, 60.0) / 20,
        "only ours, little": _ramp(aligned.ours, 0, 6),
        "only theirs": min(theirs, 60.0) / 20,
        "only theirs, little": _ramp(theirs, 0, 6),
        "theirs, in the text": min(told, 60.0) / 20,
        "covered": aligned.covered,
        "covered, nearly": _ramp(aligned.covered, 0.8, 1.0),
        "told, nearly": _ramp(aligned.told, 0.8, 1.0),
        "both": aligned.covered * aligned.told,
        "same words": is_same,
        "same words, bits": is_same * min(aligned.shared, 60.0) / 30,
    }


def _nearest_title(ours: tuple[str, ...], record: ArxivRecord) -> tuple[str, Alignment]:
    """Return the title of a record, present or former, that is nearest, and what it shares."""
    return _nearest(ours, (record.title, *record.former_titles))


# What is weighed is looked at again where a veto is asked for.
@lru_cache
def _nearest(ours: tuple[str, ...], titles: tuple[str, ...]) -> tuple[str, Alignment]:
    pairs = [(title, align(ours, words(title))) for title in titles]
    return max(pairs, key=lambda pair: pair[1].covered * pair[1].told)


def _names(mention: Mention, title: str, text: frozenset[str]) -> dict[str, float]:
    """What the names before the colon say: the same one, one that is all of the other title, or two."""
    printed = without_ellipsis(without_marks(mention.title))
    key, (name, other_key) = head(printed)[1], head(title)
    whole = title_key(printed)
    found = {}
    if other_key and whole == other_key:
        found["only the name"] = 1.0
        found["only the name, bits"] = min(rarity.total(words(name)), 40.0) / 20
        found["only the name, coined"] = float(bool(_COINED.search(printed)))
        found["only the name, letters"] = _ramp(len(whole), 3, 9)
    elif key and key == other_key:
        found = {"same name": 1.0, "same name, bits": min(rarity.total(words(name)), 40.0) / 20}
    elif other_key and other_key not in whole:
        is_told = set(words(name)) <= text
        found = {"their name in the text": float(is_told), "their name elsewhere": float(not is_told)}
    if key and key != other_key:
        found["our name elsewhere"] = 1.0
    return found


def _abstract(evidence: Evidence) -> dict[str, float]:
    found = {}
    if evidence.abstract.score is not None:
        share = evidence.abstract.score
        found = {
            "phrases none": 1.0 - _ramp(share, 0.0, _PHRASES_SPEAK),
            "phrases .2": _ramp(share, 0.07, 0.22),
            "phrases .4": _ramp(share, 0.2, 0.45),
            "phrases .8": _ramp(share, 0.45, 0.9),
        }
    if evidence.wording.score is not None:
        share = evidence.wording.score
        found |= {
            "words none": 1.0 - _ramp(share, 0.0, 0.15),
            "words .3": _ramp(share, 0.15, _WORDS_SPEAK),
            "words .5": _ramp(share, _WORDS_SPEAK, 0.5),
            "words .8": _ramp(share, 0.5, 0.8),
        }
    return found


def _authors(mention: Mention, record: ArxivRecord, evidence: Evidence) -> dict[str, float]:
    part, count = evidence.authors, len(mention.authors)
    if part.outcome is Outcome.ABSENT or "collaboration" in part.flags:
        return {}
    share = part.score or 0.0
    known = round(share * count)
    family = record.authors[0].family or record.authors[0].literal
    is_first = family_key(bare_name(mention.authors[0])) == letters(family)
    return {
        "another": float(known == 0),
        "few": 1.0 - share if known else 0.0,
        "one": float(known >= 1),
        "two": float(known >= 2),  # noqa: PLR2004
        "three": float(known >= 3),  # noqa: PLR2004
        "five": float(known >= 5),  # noqa: PLR2004
        "one short name": float(bool(part.flags)),
        "the first": float(is_first and known > 0),
        "the first, uncommon": float(is_first and known > 0 and not is_common(letters(family))),
        "another first": float(not is_first),
        "all": float(known == count == len(record.authors)) * min(count, 4) / 2,
        # One name may be the first of many, as lists print it; two or three are a list.
        "another number": float(1 < len(set(mention.authors)) != len(record.authors)),
    }


def _date(mention: Mention, record: ArxivRecord) -> dict[str, float]:
    months = months_between(mention.issued, record)
    if months is None:
        return {}
    return {
        "too late": float(months < -2),  # noqa: PLR2004
        "ahead": float(-2 <= months < 0),  # noqa: PLR2004
        "near": float(0 <= months <= 1),
        "far": _ramp(months, 6, 36),
    }


def _link(evidence: Evidence) -> dict[str, float]:
    outcome = evidence.id.outcome
    return {"same": float(outcome is Outcome.MATCH), "another": float(outcome is Outcome.MISMATCH)}
