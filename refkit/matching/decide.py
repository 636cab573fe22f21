"""Candidates with their evidence -> a verdict. Pure; every rule carries the precision at which it was measured.

A wrong paper in a library is worse than a missing one, so a candidate is accepted only by a rule that was right often
enough on real digests (docs/accuracy.md), and only if no other candidate is acceptable too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from refkit.model import ArxivRecord, Candidate, Evidence, Mention, Outcome, Resolution, Verdict
from refkit.normalize import words

# Differences that tell papers apart however alike the rest is: "HelpSteer2" / "HelpSteer3", "un-" / "supervised"; the
# second kind yields only to the same abstract.
_VETOES = frozenset({"number", "turning"})
# One slip of the pen: right in 27 of 27 where no other evidence spoke, and 4 of 20,000 titles had such a neighbour.
_SLIPS = frozenset({"spelling", "plural", "article"})
# A title without the name before its colon, or cut with an ellipsis: right in 54 of 54, never a neighbour in 5,000.
_HALVES = frozenset({"name dropped", "name added", "cut"})
# A title without its subtitle is often a sequel or a review with its own (5 neighbours in 5,000): asked, not taken.
_SEQUELS = frozenset({"subtitle dropped", "subtitle added", "heading dropped", "heading added"})
# Shorter ones are names and phrases that papers share ("GRIT", "Neutrinos").
_ENOUGH_WORDS = 4
# In short titles a plural, an article or a letter may be all that tells two papers apart ("The Nature of Dark Matter");
# a cut title needs as many words to be sure of its end.
_ENOUGH_FOR_A_SLIP = {"plural": 8, "article": 8, "spelling": 6, "cut": 6}

# How alike a title must be (share of equal letters in order) where other evidence speaks for the record.
_ALIKE_WITH_AUTHORS = 0.8
_ALIKE_WITH_ABSTRACT = 0.35
_ALIKE_WITH_LIKE_ABSTRACT = 0.6
_ALIKE_WITH_ID = 0.8
# The same with one shortened name only ("W. Wang et al."): such names are those of thousands.
_ALIKE_WITH_A_SHORT_NAME = 0.9
# Below this a candidate is not worth a line in a message.
_WORTH_SHOWING = 0.6
# Points of a candidate that is as likely right as wrong.
_EVEN = 7.0
# Points by which the best candidate must lead the next acceptable one.
_GAP = 2.0

_POINTS = {
    "abstract": {Outcome.MATCH: 6.0, Outcome.PARTIAL: 3.0, Outcome.MISMATCH: -1.0},
    "authors": {Outcome.MATCH: 4.0, Outcome.PARTIAL: 1.0, Outcome.MISMATCH: -4.0},
    "date": {Outcome.MISMATCH: -4.0},
    "id": {Outcome.MATCH: 6.0, Outcome.MISMATCH: -3.0},
}


class _Rule(msgspec.Struct, frozen=True):
    """A way to be accepted: its reason for people, and the share of its answers that were right."""

    reason: str
    precision: float


_SAME_TITLE = _Rule("the title is the same", 0.999)
_SAME_ABSTRACT = _Rule("the abstract is the same", 0.998)
_LIKE_ABSTRACT = _Rule("the title is alike and the abstract akin", 0.98)
_SAME_AUTHORS = _Rule("the title is alike and the authors are the same", 0.99)
_SLIP = _Rule("the title differs only by a slip", 0.99)
_HALF = _Rule("the title is the same but for the name before its colon or its cut end", 0.99)
_LINKED = _Rule("the digest links it and the title agrees", 0.99)


def points(evidence: Evidence) -> float:
    """Return how much speaks for a record, to order candidates: 10 for the same title, more or less for the rest."""
    title = evidence.title
    is_same = title.outcome is Outcome.MATCH
    total = 10.0 if is_same else 8.0 * (title.score or 0.0) - 3.0 * len(_VETOES.intersection(title.flags))
    outcomes = [(table, getattr(evidence, name).outcome) for name, table in _POINTS.items()]
    return total + sum(table.get(outcome, 0.0) for table, outcome in outcomes if outcome is not Outcome.ABSENT)


def rank(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates with their scores, best first; the order given does not matter."""
    weighed = [(points(each.evidence), each) for each in candidates]
    weighed.sort(key=lambda pair: (-pair[0], pair[1].record.arxiv_id))
    return tuple(msgspec.structs.replace(each, score=_score(total)) for total, each in weighed)


def _score(total: float) -> float:
    """Return points as a number from 0 to 1: .95 for the same title alone, .5 for one that is nearly alike."""
    return 1 / (1 + math.exp(_EVEN - total))


def decide(
    mention: Mention, ranked: Sequence[Candidate], *, asked: Sequence[str] = (), failures: Sequence[str] = ()
) -> Resolution:
    """Return the verdict on a mention with its reason. `ranked` comes from `rank`; `failures` are those of sources.

    MATCHED only by a rule, without a rival; AMBIGUOUS if several records may be meant or the digest contradicts
    itself; FAILED if nothing matched and a source could not be asked; else NOT_FOUND.
    """
    rules = [_accept(mention, each) for each in ranked]
    ranked = [_with_reason(each, rule) for each, rule in zip(ranked, rules, strict=True)]
    accepted = [(each, rule) for each, rule in zip(ranked, rules, strict=True) if rule]
    if accepted:
        best, rule = accepted[0]
        rivals = [each for each, _ in accepted[1:] if _is_rival(each, best, rule)]
        doubt = _rivalry(best, rivals) or _contradiction(best, ranked)
        if not doubt:
            first = (best, *(each for each in ranked if each is not best))
            return _resolution(mention, Verdict.MATCHED, f"{_capital(best.reason)}.", first, rule.precision)
        return _resolution(mention, Verdict.AMBIGUOUS, doubt, ranked)
    if failures:
        return _resolution(mention, Verdict.FAILED, f"A source failed: {'; '.join(failures)}", ranked)
    doubt = _near_miss(mention, ranked)
    if doubt:
        return _resolution(mention, Verdict.AMBIGUOUS, doubt, ranked)
    return _resolution(mention, Verdict.NOT_FOUND, _absence(ranked, asked), ranked)


def _is_rival(other: Candidate, best: Candidate, rule: _Rule) -> bool:
    """Whether a digest may as well mean this record: about as much speaks for it, or the link goes to another title."""
    if rule is _LINKED and other.evidence.title.outcome is Outcome.MATCH:
        return True
    return points(best.evidence) - points(other.evidence) < _GAP


def _resolution(
    mention: Mention, verdict: Verdict, reason: str, candidates: Sequence[Candidate], confidence: float = 0.0
) -> Resolution:
    return Resolution(
        mention=mention, verdict=verdict, reason=reason, candidates=tuple(candidates), confidence=confidence
    )


def _accept(mention: Mention, candidate: Candidate) -> _Rule | None:
    """Return the rule by which a record may be what the mention means; None if none allows it."""
    evidence, title = candidate.evidence, candidate.evidence.title
    if title.outcome is Outcome.MATCH:
        return _SAME_TITLE
    if title.outcome is Outcome.ABSENT or "number" in title.flags:
        return None
    if "turning" in title.flags:
        # "X: A Survey" may become "X: A Review"; a reply, a part or a sequel has an abstract of its own.
        return _SAME_ABSTRACT if evidence.abstract.outcome is Outcome.MATCH else None
    if evidence.authors.outcome is Outcome.MISMATCH or evidence.date.outcome is Outcome.MISMATCH:
        return None
    return _corroborated(evidence, title.score or 0.0) or _by_title_alone(mention, candidate)


def _shared_words(mention: Mention, record: ArxivRecord) -> int:
    """Return how many words both titles can have in common: those of the shortest."""
    return min(len(words(title)) for title in (mention.title, record.title, *record.former_titles))


def _corroborated(evidence: Evidence, alike: float) -> _Rule | None:
    """The rules for a title that differs, but not alone."""
    if evidence.abstract.outcome is Outcome.MATCH and alike >= _ALIKE_WITH_ABSTRACT:
        return _SAME_ABSTRACT
    if evidence.id.outcome is Outcome.MATCH and alike >= _ALIKE_WITH_ID:
        return _LINKED
    if evidence.abstract.outcome is Outcome.PARTIAL and alike >= _ALIKE_WITH_LIKE_ABSTRACT:
        return _LIKE_ABSTRACT
    enough = _ALIKE_WITH_A_SHORT_NAME if evidence.authors.flags else _ALIKE_WITH_AUTHORS
    if evidence.authors.outcome is Outcome.MATCH and alike >= enough:
        return _SAME_AUTHORS
    return None


def _by_title_alone(mention: Mention, candidate: Candidate) -> _Rule | None:
    """The rules for a title that differs in one place, where nothing else can be compared."""
    flag, *others = candidate.evidence.title.flags or ("",)
    rule = _SLIP if flag in _SLIPS else _HALF if flag in _HALVES else None
    if others or not rule or _shared_words(mention, candidate.record) < _ENOUGH_FOR_A_SLIP.get(flag, _ENOUGH_WORDS):
        return None
    return rule


def _with_reason(candidate: Candidate, rule: _Rule | None) -> Candidate:
    """Say why a record is acceptable, with what differs and what else agrees, or why it is refused."""
    reason = _praise(rule, candidate.evidence) if rule else _refusal(candidate.evidence)
    return msgspec.structs.replace(candidate, reason=reason)


def _praise(rule: _Rule, evidence: Evidence) -> str:
    noted = f" ({evidence.title.note})" if evidence.title.note else ""
    told = "abstract" if rule is _SAME_ABSTRACT else "title"
    others = [name for name, part in evidence.parts() if part.outcome is Outcome.MATCH and name not in {"title", told}]
    one = len(others) == 1 and others[0] != "authors"
    agreeing = f"; the {' and the '.join(others)} agree{'s' if one else ''}" if others else ""
    return f"{rule.reason}{noted}{agreeing}"


def _refusal(evidence: Evidence) -> str:  # noqa: PLR0911 - a table of reasons, the strongest first
    flags = set(evidence.title.flags)
    if evidence.title.outcome is Outcome.ABSENT:
        return "the titles cannot be compared"
    if (evidence.title.score or 0.0) < _WORTH_SHOWING:
        return "the title is another"
    if "number" in flags:
        return "a number differs, which tells papers apart"
    if "turning" in flags:
        return "a word differs that turns the meaning"
    against = [f"the {name} speak{'' if name == 'authors' else 's'} against it"
               for name in ("authors", "date") if getattr(evidence, name).outcome is Outcome.MISMATCH]  # fmt: skip
    if against:
        return f"the title differs and {against[0]}"
    if flags & _SEQUELS:
        return "the title is the same but for a part, which may be another paper's"
    return "the title differs and nothing else speaks for it"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _rivalry(best: Candidate, rivals: Sequence[Candidate]) -> str:
    if not rivals:
        return ""
    ids = ", ".join(f"arXiv:{each.record.arxiv_id}" for each in (best, *rivals))
    return f"{len(rivals) + 1} records may be meant and nothing in the digest decides between them: {ids}."


def _contradiction(best: Candidate, ranked: Sequence[Candidate]) -> str:
    """Say what in the digest contradicts a record that its title names."""
    evidence = best.evidence
    if evidence.id.outcome is Outcome.MISMATCH:
        linked = next((each.record for each in ranked if each.evidence.id.outcome is Outcome.MATCH), None)
        other = f"arXiv:{linked.arxiv_id}, {linked.title!r}" if linked else "another record"
        title = f"The title is that of arXiv:{best.record.arxiv_id}, {best.record.title!r}"
        return f"{title}, but {evidence.id.note}: {other}. Correct one of the two."
    others = evidence.authors.outcome is Outcome.MISMATCH
    if others and evidence.abstract.outcome not in {Outcome.MATCH, Outcome.PARTIAL}:
        return "The record with this title has other authors; it may be another paper of the same title."
    if evidence.date.outcome is Outcome.MISMATCH:
        return f"The record with this title is newer than the digest ({evidence.date.note})."
    return ""


def _near_miss(mention: Mention, ranked: Sequence[Candidate]) -> str:
    """Say what a person should look at: a linked record with another title, or a title with another subtitle."""
    for each in ranked:
        paper = f"arXiv:{each.record.arxiv_id}"
        if each.evidence.id.outcome is Outcome.MATCH:
            return f"The digest links {paper}, but its title is another: {each.record.title}"
        if set(each.evidence.title.flags) & _SEQUELS and _shared_words(mention, each.record) >= _ENOUGH_WORDS:
            half = "subtitle" if "subtitle" in each.evidence.title.flags[0] else "beginning"
            return f"It may be {paper}, {each.record.title!r}: the title is the same but for its {half}."
    return ""


def _absence(ranked: Sequence[Candidate], asked: Sequence[str]) -> str:
    where = " or ".join(asked) or "any source"
    nearest = ranked[0] if ranked else None
    if nearest is None or (nearest.evidence.title.score or 0.0) < _WORTH_SHOWING:
        return f"No record with this title in {where}."
    note = f" ({nearest.evidence.title.note})" if nearest.evidence.title.note else ""
    paper = f"arXiv:{nearest.record.arxiv_id}, is {nearest.record.title!r}"
    return f"No record with this title in {where}; the nearest, {paper}{note}."
