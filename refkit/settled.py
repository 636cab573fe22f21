"""Between the locks and the matcher: what is settled is not asked again, and what a person names is looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from refkit.errors import SourceError
from refkit.lock import apply
from refkit.locks import Locks, not_locked
from refkit.matching.evidence import weigh
from refkit.matching.resolver import Resolver
from refkit.model import ArxivRecord, Candidate, Mention, Resolution, Verdict
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


def together(known: dict[int, Resolution], fresh: Iterable[Resolution], locks: Locks | None = None) -> list[Resolution]:
    """Return all resolutions in the order of their mentions: those that were known, and the fresh ones between them.

    What a person changed of a paper's themes holds for a fresh one on the same paper too.
    """
    rest = [_with_themes(each, locks) for each in fresh]
    total = len(known) + len(rest)
    following = iter(rest)
    return [known[place] if place in known else next(following) for place in range(total)]


def _with_themes(found: Resolution, locks: Locks | None) -> Resolution:
    held = locks.find(found.mention) if locks and found.record else None
    if not (held and held.themes and held.record and found.record and held.record.arxiv_id == found.record.arxiv_id):
        return found
    return replace(found, theme_edit=held.themes)


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


def search(mention: Mention, text: str, sources: Sequence[Source]) -> tuple[tuple[Candidate, ...], str]:
    """Return the papers that sources find by words of a title, weighed for a mention, and a remark where one failed.

    Raises SourceError if nothing was found and a source could not be asked.
    """
    found = Resolver(sources).resolve([Mention(title=text)])[0]
    failed = found.reason if found.verdict is Verdict.FAILED else ""
    if failed and not found.candidates:
        raise SourceError(failed)
    return tuple(
        replace(each, evidence=weigh(mention, each.record), score=0.0, reason="") for each in found.candidates
    ), failed


def completed(candidate: Candidate, look_up: Callable[[str], Candidate | None]) -> Candidate:
    """Return a candidate with authors and date, as far as anybody knows them. Raises SourceError as `look_up`."""
    if not is_bare(candidate.record):
        return candidate
    fuller = look_up(candidate.record.arxiv_id)
    if not fuller or is_bare(fuller.record):
        return candidate
    return replace(fuller, record=replace(fuller.record, former_titles=candidate.record.former_titles))


def is_bare(record: ArxivRecord) -> bool:
    """Whether it is not known who wrote a paper, or when."""
    return not (record.authors and record.submitted)
