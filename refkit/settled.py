"""Between the locks and the matcher: what is settled is not asked again, and what a person names is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from refkit.errors import SourceError
from refkit.lock import apply
from refkit.locks import Locks, not_locked
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Candidate, Mention, Resolution
from refkit.protocols import Source


def recall(
    locks: Locks | None, mentions: Sequence[Mention], *, refresh: bool = False, final: bool = False
) -> tuple[dict[int, Resolution], list[int]]:
    """Return the resolutions that the locks know, by place, with their evidence, and the places of the others.

    `refresh` and `final` are as of `lock.apply`. Raises UsageError for what is not in the locks if they are `final`.
    """
    if locks is None:
        return {}, list(range(len(mentions)))
    known, still = apply(locks, mentions, refresh=refresh, final=final)
    if final and still:
        raise not_locked(locks, [mentions[place] for place in still])
    return {place: _weighed(each) for place, each in known.items()}, still


def together(known: dict[int, Resolution], fresh: Iterable[Resolution]) -> list[Resolution]:
    """Return all resolutions in the order of their mentions: those that were known, and the fresh ones between them."""
    rest = list(fresh)
    total = len(known) + len(rest)
    following = iter(rest)
    return [known[place] if place in known else next(following) for place in range(total)]


def _weighed(found: Resolution) -> Resolution:
    """Return a resolution with the evidence, which the lock does not keep: it follows from the two texts."""
    candidates = tuple(replace(each, evidence=weigh(found.mention, each.record)) for each in found.candidates)
    return replace(found, candidates=candidates)


def look_up(mention: Mention, arxiv_id: str, sources: Sequence[Source]) -> Candidate | None:
    """Return the record with an id as a candidate, of the first source that knows authors and date, or else any.

    None if nobody has it. Raises SourceError if none has it and one could not be asked.
    """
    found: Candidate | None = None
    failure: SourceError | None = None
    for source in sources:
        try:
            record = source.lookup((arxiv_id,)).get(arxiv_id)
        except SourceError as error:
            failure = SourceError(f"{source.name}: {error}")
            continue
        if record and (found is None or not is_bare(record)):
            evidence = weigh(mention, record)
            found = Candidate(record=record, evidence=evidence, score=0.0, source=source.name)
        if found and not is_bare(found.record):
            return found
    if found is None and failure:
        raise failure
    return found


def is_bare(record: ArxivRecord) -> bool:
    """Whether it is not known who wrote a paper, or when."""
    return not (record.authors and record.submitted)
