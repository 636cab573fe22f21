"""Candidates with their evidence -> a verdict. Pure; the thresholds are those of docs/accuracy.md.

A wrong paper in a library is worse than a missing one, so a candidate is accepted only if the model (`model.py`) thinks
it nearly certain, nothing in the digest contradicts it, and the difference is not one that often tells papers apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from refkit.matching import model
from refkit.matching.features import (
    features,
    has_its_abstract,
    is_alone,
    is_long_without_subtitle,
    is_short_with_a_slip,
    replaces_words,
    shares_little,
)
from refkit.model import ArxivRecord, Candidate, Evidence, Mention, Outcome, Resolution, Verdict

# A candidate this likely is taken: of the 11,804 titles of the accuracy pool at or above it 10 were wrong before the
# vetoes below, and 5 of these fell to the vetoes.
MATCHED = 0.97
# The same where all authors or most of the abstract agree: none of the 33 between the two was wrong.
MATCHED_WITH_MORE = 0.95
# The same for the very title, of which short ones are the least sure: of 8 between this and MATCHED none was wrong.
MATCHED_BY_TITLE = 0.9
# One that is at least so likely is worth a question to a person: 4 of 100 titles of the pool lie between the two.
WORTH_ASKING = 0.55
# Below this a candidate is not worth a line in a message.
_WORTH_SHOWING = 0.6
# Records so likely each are named together.
_RIVAL = 0.2
# Records that have the title are asked about together if one of them is this likely.
_ONE_OF_SEVERAL = 0.5
# How alike a title must be (share of equal letters in order) beside one shortened name ("W. Wang et al.").
_ALIKE_WITH_A_SHORT_NAME = 0.9
# What the parts of the evidence are called in a sentence.
_NAMED = {
    "title": "title", "abstract": "abstract", "wording": "abstract", "authors": "authors", "date": "date", "id": "link"
}  # fmt: skip
# Differences that tell papers apart, even those of the same authors: "HelpSteer2" / "HelpSteer3", "Reply to ...".
_VETOES = {
    "number": "a number differs, which tells papers apart",
    "about": "one of them is about the other",
}
# Differences that may do so where nothing else is known: "un-" / "supervised", "Attention Is Not All You Need".
_VETOES_ALONE = {
    "one number": "a number differs, which tells papers apart",
    "turning": "a word differs that turns the meaning",
    "goes on": "the title in the digest is cut and goes on, this one does not",
}


def rank(mention: Mention, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates with their probabilities as scores, best first; the order given does not matter."""
    given = sorted(candidates, key=lambda each: each.record.arxiv_id)
    known = any(each.evidence.title.outcome is Outcome.MATCH for each in given)
    odds = [
        model.log_odds(features(mention, each.record, each.evidence, another_has_the_title=known)) for each in given
    ]
    pairs = sorted(zip(model.probabilities(odds), given, strict=True), key=lambda pair: -pair[0])
    return tuple(msgspec.structs.replace(each, score=likely) for likely, each in pairs)


def decide(
    mention: Mention, ranked: Sequence[Candidate], *, asked: Sequence[str] = (), failures: Sequence[str] = ()
) -> Resolution:
    """Return the verdict on a mention with its reason. `ranked` comes from `rank`; `failures` are those of sources.

    MATCHED only if one candidate is nearly certain; AMBIGUOUS if several records may be meant, one may well be, or the
    digest contradicts itself; FAILED if nothing matched and a source could not be asked; else NOT_FOUND. The
    confidence is the probability that the first candidate is meant, whatever the verdict.
    """
    refusals = [_refusal(mention, each) for each in ranked]
    ranked = [
        msgspec.structs.replace(each, reason=refusal or _praise(each.evidence))
        for each, refusal in zip(ranked, refusals, strict=True)
    ]
    if ranked and not refusals[0]:
        doubt = _contradiction(ranked[0], ranked)
        if not doubt:
            return _resolution(mention, Verdict.MATCHED, f"{_capital(ranked[0].reason)}.", ranked)
        return _resolution(mention, Verdict.AMBIGUOUS, doubt, ranked)
    doubt = _rivalry(ranked) or _namesake(ranked)
    if doubt:
        return _resolution(mention, Verdict.AMBIGUOUS, doubt, ranked)
    if failures:
        return _resolution(mention, Verdict.FAILED, f"A source failed: {'; '.join(failures)}", ranked)
    doubt = _near_miss(ranked)
    if doubt:
        return _resolution(mention, Verdict.AMBIGUOUS, doubt, ranked)
    return _resolution(mention, Verdict.NOT_FOUND, _absence(ranked, asked), ranked)


def _resolution(mention: Mention, verdict: Verdict, reason: str, candidates: Sequence[Candidate]) -> Resolution:
    confidence = candidates[0].score if candidates else 0.0
    return Resolution(
        mention=mention, verdict=verdict, reason=reason, candidates=tuple(candidates), confidence=confidence
    )


def _refusal(mention: Mention, candidate: Candidate) -> str:
    """Return why a record is not taken without a question; "" if it is."""
    evidence = candidate.evidence
    if evidence.title.outcome is Outcome.ABSENT:
        return "the titles cannot be compared"
    if candidate.score >= _enough(evidence):
        return _veto(mention, candidate.record, evidence)
    if evidence.title.outcome is Outcome.MATCH:
        return "the title is the same, but the rest of the evidence is not"
    if (evidence.title.score or 0.0) < _WORTH_SHOWING and candidate.score < WORTH_ASKING:
        return "the title is another"
    return _doubt(evidence)


def _enough(evidence: Evidence) -> float:
    """Return how likely a record must be to be taken."""
    if evidence.title.outcome is Outcome.MATCH:
        return MATCHED_BY_TITLE
    authors = evidence.authors.outcome is Outcome.MATCH and not evidence.authors.flags
    more = authors or Outcome.MATCH in {evidence.abstract.outcome, evidence.wording.outcome}
    return MATCHED_WITH_MORE if more else MATCHED


def _doubt(evidence: Evidence) -> str:
    """Say what is not enough, or speaks against a record with another title."""
    differing = _differing(evidence, {**_VETOES, **_VETOES_ALONE})
    against = [f"the title differs and the {name} speak{'' if name == 'authors' else 's'} against it"
               for name in ("authors", "date") if getattr(evidence, name).outcome is Outcome.MISMATCH]  # fmt: skip
    if differing or against:
        return differing or against[0]
    others = any(part.outcome is Outcome.MATCH for _, part in evidence.parts())
    return f"the title differs and {'little' if others else 'nothing'} else speaks for it"


def _differing(evidence: Evidence, reasons: Mapping[str, str]) -> str:
    return next((reason for flag, reason in reasons.items() if flag in evidence.title.flags), "")


def _veto(mention: Mention, record: ArxivRecord, evidence: Evidence) -> str:
    """Return what stands against a likely record: a difference between papers that are otherwise as like as can be."""
    if evidence.title.outcome is Outcome.MATCH or has_its_abstract(evidence):
        return ""
    if differing := _differing(evidence, _VETOES):
        return differing
    if replaces_words(mention, record):
        if evidence.authors.outcome is Outcome.PARTIAL:
            return "words differ on both sides, and so do some authors"
        if shares_little(mention, record):
            return "the titles share hardly a word and only an author speaks for it"
    return _veto_alone(mention, record, evidence) if is_alone(evidence) else ""


def _veto_alone(mention: Mention, record: ArxivRecord, evidence: Evidence) -> str:
    if differing := _differing(evidence, _VETOES_ALONE):
        return differing
    if evidence.authors.flags and (evidence.title.score or 0.0) < _ALIKE_WITH_A_SHORT_NAME:
        return "the title differs and the one name is that of many"
    if is_long_without_subtitle(mention, evidence):
        return "the title is the same but for a part, which may be another paper's"
    if replaces_words(mention, record):
        return "words differ on both sides and nothing else speaks for it"
    if is_short_with_a_slip(mention, evidence):
        return "the title is short, and a letter or an article may tell it from another"
    return ""


def _praise(evidence: Evidence) -> str:
    """Say what speaks for a record that is taken, with what differs and what else agrees."""
    noted = f" ({evidence.title.note})" if evidence.title.note else ""
    told, reason = _main_reason(evidence)
    agreeing = list(
        dict.fromkeys(
            _NAMED[name] for name, part in evidence.parts() if _NAMED[name] != told and part.outcome is Outcome.MATCH
        )
    )
    one = len(agreeing) == 1 and agreeing[0] != "authors"
    others = f"; the {' and the '.join(agreeing)} agree{'s' if one else ''}" if agreeing else ""
    return f"{reason}{noted}{others}"


def _main_reason(evidence: Evidence) -> tuple[str, str]:
    """Return the part of the evidence that tells most, and the sentence for it."""
    if evidence.title.outcome is Outcome.MATCH:
        return "title", "the title is the same"
    if evidence.abstract.outcome is Outcome.MATCH:
        return "abstract", "the abstract is the same"
    if evidence.id.outcome is Outcome.MATCH:
        return "link", "the digest links it and the title agrees"
    if evidence.authors.outcome is Outcome.MATCH:
        return "authors", "the title is alike and the authors are the same"
    if evidence.wording.outcome is Outcome.MATCH or evidence.abstract.outcome is Outcome.PARTIAL:
        return "abstract", "the title is alike and the abstract akin"
    return "title", "the title says the same and no other record comes near it"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _rivalry(ranked: Sequence[Candidate]) -> str:
    """Say that several records may be meant, between which nothing in the digest decides."""
    same = [each for each in ranked if each.evidence.title.outcome is Outcome.MATCH]
    rivals = same if len(same) > 1 else [each for each in ranked if each.score >= _RIVAL]
    if len(rivals) < 2 or sum(each.score for each in rivals) < _ONE_OF_SEVERAL:  # noqa: PLR2004 - one is no rival
        return ""
    ids = ", ".join(f"arXiv:{each.record.arxiv_id}" for each in rivals)
    return f"{len(rivals)} records may be meant and nothing in the digest decides between them: {ids}."


def _namesake(ranked: Sequence[Candidate]) -> str:
    """Say why the one record that has the very title is not taken."""
    same = next((each for each in ranked if each.evidence.title.outcome is Outcome.MATCH), None)
    if same is None:
        return ""
    return _contradiction(same, ranked) or f"It may be arXiv:{same.record.arxiv_id}: {same.reason}."


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


def _near_miss(ranked: Sequence[Candidate]) -> str:
    """Say what a person should look at: a linked record with another title, or one that may well be meant."""
    for each in ranked:
        if each.evidence.id.outcome is Outcome.MATCH:
            return f"The digest links arXiv:{each.record.arxiv_id}, but its title is another: {each.record.title}"
    first = ranked[0] if ranked else None
    if first is None or first.score < WORTH_ASKING:
        return ""
    paper = f"arXiv:{first.record.arxiv_id}, {first.record.title!r}"
    return f"It may be {paper}: {first.reason}."


def _absence(ranked: Sequence[Candidate], asked: Sequence[str]) -> str:
    where = " or ".join(filter(None, (", ".join(asked[:-1]), *asked[-1:]))) or "any source"
    nearest = ranked[0] if ranked else None
    if nearest is None or (nearest.evidence.title.score or 0.0) < _WORTH_SHOWING:
        return f"No record with this title in {where}."
    note = f" ({nearest.evidence.title.note})" if nearest.evidence.title.note else ""
    paper = f"arXiv:{nearest.record.arxiv_id}, is {nearest.record.title!r}"
    return f"No record with this title in {where}; the nearest, {paper}{note}."
