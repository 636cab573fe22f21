"""Answers beside what is right -> figures. Pure: rows and resolutions in, numbers out; what they mean stands here.

Asked are *pairs*, titles with a known answer that the pool (the index) has or lacks, and *negatives*, titles of papers
that are not on arXiv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

import msgspec
from rapidfuzz import fuzz

from refkit.bench.gold import Row
from refkit.model import Evidence, Mention, Outcome, Resolution, Verdict
from refkit.normalize import title_key, words

BINS = 10
# Steps of recall between the points of the curve that are kept.
_STEP = 0.002
NO_ABSTRACT, TITLE_ONLY = "no abstract", "title only"
EVIDENCE = ("abstract", NO_ABSTRACT, "authors", "date", TITLE_ONLY)


class Rule(msgspec.Struct, frozen=True):
    """A simple rule: take the candidate whose title is most alike, if it is so much alike (0 to 100)."""

    name: str
    alike: Callable[[str, str], float]
    least: float


def _same(ours: str, theirs: str) -> float:
    return 100.0 * (title_key(ours) == title_key(theirs))


RULES = (
    Rule("equality after normalising", _same, 100),
    Rule("edit ratio >= 95", fuzz.ratio, 95),
    Rule("edit ratio >= 90", fuzz.ratio, 90),
    Rule("token-sort ratio >= 85", fuzz.token_sort_ratio, 85),
)


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong paper that was taken: what spoke for it, and what was right ("": nothing)."""

    place: str
    title: str
    relation: str
    taken: str
    taken_title: str
    confidence: float
    reason: str
    evidence: dict[str, str]
    right: str
    right_title: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one title came to. `rules` says of each simple rule whether it was right; None where it took nothing."""

    row: Row
    verdict: Verdict
    confidence: float
    is_first_right: bool
    shown: frozenset[str]
    rules: tuple[bool | None, ...]
    mistake: Mistake | None = None

    @property
    def is_taken(self) -> bool:
        """Whether a record was taken."""
        return self.verdict is Verdict.MATCHED

    @property
    def is_right(self) -> bool:
        """Whether a record was taken, and the right one."""
        return self.is_taken and self.is_first_right

    @property
    def is_found(self) -> bool:
        """Whether the right record was taken, or is the first of those that are asked about."""
        return self.is_first_right and self.verdict in {Verdict.MATCHED, Verdict.AMBIGUOUS}


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the pairs. `recall` is right / in_pool, `found` as in `Figures`; both are None if none is in the pool."""

    titles: int
    in_pool: int
    right: int
    wrong: int
    ambiguous: int
    recall: float | None
    found: float | None


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """The titles whose confidence is from `least` up to `most`: its mean, and the share whose first one is right."""

    least: float
    most: float
    titles: int
    confidence: float | None
    right: float | None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What precision and recall would be if every first candidate at least so likely were taken."""

    confidence: float
    precision: float
    recall: float


class Simple(msgspec.Struct, frozen=True, kw_only=True):
    """What a simple rule makes of the same titles and candidates."""

    precision: float | None
    recall: float | None
    absent_accepted: int
    negatives_accepted: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a measurement; a share of nothing is None.

    `precision` is right / accepted over all pairs, `recall` right / in_pool, `f1` their harmonic mean; an accepted
    record is right if it is the answer or bears the same title, and the answer is in the pool. `found` counts as right
    also what is asked about (AMBIGUOUS) with the right record first. `absent_accepted` are pairs whose record is not in
    the pool and for which another one was taken, `negatives_accepted` the same for negatives. `ambiguous` is the
    *share* of the pairs with that verdict, `ambiguous_count` their number.

    The confidence of a title is the probability, by the matcher, that its first candidate is the right one (0 without
    candidates). `ece` is the expected calibration error over all titles, pairs and negatives: of ten equal bins of the
    confidence, the share of titles times the distance of the mean confidence from the share whose first candidate is
    right. `ece_matched` is that of the accepted titles alone.
    """

    titles: int
    in_pool: int
    accepted: int
    right: int
    wrong: int
    precision: float | None
    recall: float | None
    f1: float | None
    found: float | None
    absent: int
    absent_accepted: int
    absent_accepted_rate: float | None
    negatives: int
    negatives_accepted: int
    negatives_accepted_rate: float | None
    ambiguous: float
    ambiguous_count: int
    negatives_ambiguous: int
    ece: float
    ece_matched: float | None
    seconds: float
    titles_per_second: float
    recall_with_abstract: float | None
    recall_without_abstract: float | None
    by_relation: Mapping[str, Counts]
    by_evidence: Mapping[str, Counts]
    by_format: Mapping[str, Counts]
    by_source: Mapping[str, Counts]
    calibration: Sequence[Bin]
    calibration_matched: Sequence[Bin]
    curve: Sequence[Point]
    rules: Mapping[str, Simple]
    mistakes: Sequence[Mistake]


def judge(row: Row, found: Resolution) -> Judged:
    """Put a resolution beside what is right."""
    first = found.candidates[0].record.arxiv_id if found.candidates else ""
    is_right = bool(first) and first in row.right
    return Judged(
        row=row,
        verdict=found.verdict,
        confidence=found.confidence,
        is_first_right=is_right,
        shown=_shown(found.mention),
        rules=tuple(_by_rule(rule, row, found) for rule in RULES),
        mistake=_mistake(row, found) if found.record and not is_right else None,
    )


def _shown(mention: Mention) -> frozenset[str]:
    """Return the names of the evidence that the matcher was given."""
    values = {
        "abstract": mention.abstract,
        NO_ABSTRACT: not mention.abstract,
        "authors": mention.authors,
        "date": mention.issued,
        TITLE_ONLY: not (mention.abstract or mention.authors or mention.issued or mention.heading),
    }
    return frozenset(name for name, value in values.items() if value)


def _by_rule(rule: Rule, row: Row, found: Resolution) -> bool | None:
    if not found.candidates:
        return None
    ours = " ".join(words(row.title))
    alike = [(rule.alike(ours, " ".join(words(each.record.title))), each.record) for each in found.candidates]
    most, nearest = max(alike, key=lambda pair: pair[0])
    return nearest.arxiv_id in row.right if most >= rule.least else None


def _mistake(row: Row, found: Resolution) -> Mistake:
    taken = found.candidates[0]
    return Mistake(
        place=row.place,
        title=row.title,
        relation=row.relation,
        taken=taken.record.arxiv_id,
        taken_title=taken.record.title,
        confidence=found.confidence,
        reason=found.reason,
        evidence=_notes(taken.evidence),
        right=row.arxiv_id,
        right_title=row.answer,
    )


def _notes(evidence: Evidence) -> dict[str, str]:
    """Return what was compared, by name: outcome, number and what was seen."""
    return {
        name: f"{part.outcome.value} {part.score or 0:.2f}{f', {part.note}' if part.note else ''}"
        for name, part in evidence.parts()
        if part.outcome is not Outcome.ABSENT
    }


def figures(pairs: Sequence[Judged], negatives: Sequence[Judged] = (), *, seconds: float = 0.0) -> Figures:
    """Return the figures of what was judged; `seconds` is what resolving all of it took."""
    asked = [*pairs, *negatives]
    absent = [each for each in pairs if not each.row.in_pool]
    absent_taken, negatives_taken = _taken(absent), _taken(negatives)
    matched = [each for each in asked if each.is_taken]
    whole, evidence = _counts(pairs), _by_evidence(pairs)
    precision = share(whole.right, whole.right + whole.wrong)
    calibration, calibration_matched = bins(asked), bins(matched)
    return Figures(
        titles=whole.titles,
        in_pool=whole.in_pool,
        accepted=whole.right + whole.wrong,
        right=whole.right,
        wrong=whole.wrong,
        precision=precision,
        recall=whole.recall,
        f1=_f1(precision, whole.recall),
        found=whole.found,
        absent=len(absent),
        absent_accepted=absent_taken,
        absent_accepted_rate=share(absent_taken, len(absent)),
        negatives=len(negatives),
        negatives_accepted=negatives_taken,
        negatives_accepted_rate=share(negatives_taken, len(negatives)),
        ambiguous=share(whole.ambiguous, whole.titles) or 0.0,
        ambiguous_count=whole.ambiguous,
        negatives_ambiguous=_counts(negatives).ambiguous,
        ece=calibration_error(calibration) or 0.0,
        ece_matched=calibration_error(calibration_matched),
        seconds=seconds,
        titles_per_second=len(asked) / seconds if seconds else 0.0,
        recall_with_abstract=evidence["abstract"].recall,
        recall_without_abstract=evidence[NO_ABSTRACT].recall,
        by_relation=_grouped(pairs, lambda each: each.row.relation),
        by_evidence=evidence,
        by_format=_grouped(pairs, lambda each: each.row.format),
        by_source=_grouped(pairs, lambda each: each.row.source),
        calibration=calibration,
        calibration_matched=calibration_matched,
        curve=curve(pairs),
        rules={rule.name: _simple(number, pairs, negatives) for number, rule in enumerate(RULES)},
        mistakes=[each.mistake for each in asked if each.mistake],
    )


def share(part: float, whole: float) -> float | None:
    """Return a share; None of nothing."""
    return part / whole if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    return share(2 * (precision or 0.0) * (recall or 0.0), (precision or 0.0) + (recall or 0.0))


def _taken(some: Iterable[Judged]) -> int:
    return sum(each.is_taken for each in some)


def _counts(some: Sequence[Judged]) -> Counts:
    in_pool = sum(bool(each.row.in_pool) for each in some)
    right = sum(each.is_right for each in some)
    return Counts(
        titles=len(some),
        in_pool=in_pool,
        right=right,
        wrong=_taken(some) - right,
        ambiguous=sum(each.verdict is Verdict.AMBIGUOUS for each in some),
        recall=share(right, in_pool),
        found=share(sum(each.is_found for each in some), in_pool),
    )


def _grouped(pairs: Iterable[Judged], name_of: Callable[[Judged], str]) -> dict[str, Counts]:
    """Return the counts by a name, the largest group first; pairs without it are in none."""
    named = sorted((each for each in pairs if name_of(each)), key=name_of)
    groups = {name: _counts(list(some)) for name, some in groupby(named, name_of)}
    return dict(sorted(groups.items(), key=lambda group: -group[1].titles))


def _by_evidence(pairs: Sequence[Judged]) -> dict[str, Counts]:
    """Return the counts by what the matcher was given; a title with abstract and authors counts for both."""
    return {name: _counts([each for each in pairs if name in each.shown]) for name in EVIDENCE}


def bins(some: Sequence[Judged]) -> list[Bin]:
    """Return the reliability table: ten equal bins of the confidence."""
    groups: list[list[Judged]] = [[] for _ in range(BINS)]
    for each in some:
        groups[min(int(each.confidence * BINS), BINS - 1)].append(each)
    return [
        Bin(
            least=number / BINS,
            most=(number + 1) / BINS,
            titles=len(group),
            confidence=share(sum(each.confidence for each in group), len(group)),
            right=share(sum(each.is_first_right for each in group), len(group)),
        )
        for number, group in enumerate(groups)
    ]


def calibration_error(table: Sequence[Bin]) -> float | None:
    """Return the expected calibration error of a reliability table; None if no title is in it."""
    gaps = sum(each.titles * abs((each.confidence or 0.0) - (each.right or 0.0)) for each in table)
    return share(gaps, sum(each.titles for each in table))


def curve(pairs: Sequence[Judged]) -> list[Point]:
    """Return precision and recall by the least confidence at which the first candidate is taken, the highest first.

    Where recall hardly grows, points are left out.
    """
    in_pool = sum(bool(each.row.in_pool) for each in pairs)
    likely = sorted((each for each in pairs if each.confidence > 0), key=lambda each: -each.confidence)
    points: list[Point] = []
    taken = right = 0
    for confidence, some in groupby(likely, lambda each: each.confidence):
        group = list(some)
        taken, right = taken + len(group), right + sum(each.is_first_right for each in group)
        if in_pool:
            points.append(Point(confidence=confidence, precision=right / taken, recall=right / in_pool))
    return _thinned(points)


def _thinned(points: Sequence[Point]) -> list[Point]:
    kept = list(points[:1])
    for point in points[1:]:
        if point.recall - kept[-1].recall >= _STEP or point is points[-1]:
            kept.append(point)
    return kept


def _simple(number: int, pairs: Sequence[Judged], negatives: Sequence[Judged]) -> Simple:
    said = [(each.row.in_pool, each.rules[number]) for each in pairs]
    right, taken = (sum(outcome is True for _, outcome in said), sum(outcome is not None for _, outcome in said))
    return Simple(
        precision=share(right, taken),
        recall=share(right, sum(bool(in_pool) for in_pool, _ in said)),
        absent_accepted=sum(outcome is not None for in_pool, outcome in said if not in_pool),
        negatives_accepted=sum(each.rules[number] is not None for each in negatives),
    )
