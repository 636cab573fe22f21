"""What was decided, for people (summary, explanation) and for programs (JSON). Pure: values in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from refkit.categories import category_name
from refkit.model import ArxivRecord, Candidate, Outcome, Publication, Resolution, ThemeTag, Verdict, Work
from refkit.normalize import for_terminal
from refkit.withdrawn import is_withdrawn

if TYPE_CHECKING:
    from refkit.writers.bib_merge import Merge

_ORDER = (Verdict.MATCHED, Verdict.AMBIGUOUS, Verdict.NOT_FOUND, Verdict.FAILED)
# Of a long list, the first ones and the number of the rest: ten thousand lines help nobody.
_LISTED = 200
_EXPLAINED = 5
_WIDTH = 200  # characters of a title on a line
# Candidates less likely than this, with fewer letters in common with the title, are not worth a look.
_LIKELY, _ALIKE = 0.03, 0.5


def summary(resolutions: Sequence[Resolution], works: Sequence[Work] = ()) -> Iterator[str]:
    """Yield the lines of the summary: each different title that was not matched with its reason, then the counts.

    Before the counts stand the papers of which the sources do not know who wrote them and when, and withdrawn ones.
    """
    open_ones = [found for found in resolutions if found.verdict is not Verdict.MATCHED and found.decided != "none"]
    unique = list({(found.verdict, found.mention.title, found.reason): found for found in reversed(open_ones)}.values())
    for found in unique[::-1][:_LISTED]:
        yield f"{found.verdict.value}: {_place(found)}{for_terminal(found.mention.title, _WIDTH)}\n    {found.reason}"
    if len(unique) > _LISTED:
        yield f"... and {len(unique) - _LISTED} more titles; --json lists all of them."
    bare = [work.record.arxiv_id for work in works if not (work.record.authors and work.record.submitted)]
    if bare:
        ids = ", ".join(f"arXiv:{arxiv_id}" for arxiv_id in bare[:_LISTED])
        yield f"refkit: of {ids} the sources know no authors or no date; nothing was made up for them"
    withdrawn = [work.record.arxiv_id for work in works if _withdrawn(work.record)]
    if withdrawn:
        ids = ", ".join(f"arXiv:{arxiv_id}" for arxiv_id in withdrawn[:_LISTED])
        yield f"refkit: withdrawn, as arXiv says, but written all the same: {ids}"
    yield f"refkit: {_counts(resolutions)}"


def matches(resolutions: Sequence[Resolution]) -> Iterator[str]:
    """Yield what each matched title means, and why."""
    for found in resolutions:
        if found.record:
            meant = f"arXiv:{found.record.arxiv_id} ({found.confidence:.3f})"
            yield f"matched: {_place(found)}{for_terminal(found.mention.title, _WIDTH)}\n    {meant}: {found.reason}"


def _counts(resolutions: Sequence[Resolution]) -> str:
    count = Counter(found.verdict for found in resolutions)
    total = len(resolutions)
    papers = len({found.record.arxiv_id for found in resolutions if found.record})
    several = "1 paper" if papers == 1 else f"{papers} papers"
    again = f" ({several}, some titles stand more than once)" if papers < count[Verdict.MATCHED] else ""
    settled = sum(found.decided == "none" for found in resolutions)
    notes = {Verdict.NOT_FOUND: f" ({settled} settled)"} if settled else {}
    parts = ", ".join(f"{count[verdict]} {verdict.value}{notes.get(verdict, '')}" for verdict in _ORDER)
    return f"{total} title{'' if total == 1 else 's'}: {parts}{again}"


def _place(found: Resolution) -> str:
    return f"{found.mention.digest}:{found.mention.line}: " if found.mention.digest else ""


def explain(resolution: Resolution, themes: Sequence[ThemeTag] = ()) -> str:
    """Return the explanation of a resolution: verdict and reason, then the likeliest candidates with evidence."""
    lines = [
        f"{_place(resolution)}{for_terminal(resolution.mention.title, _WIDTH)}",
        f"  {resolution.verdict.value.upper()}: {resolution.reason}",
    ]
    lines += [f"  theme {tag.theme}: {', '.join(tag.evidence) or 'by hand'}" for tag in themes]
    worth = [each for each in resolution.candidates if _is_worth_a_look(each)]
    shown = worth[:_EXPLAINED] or resolution.candidates[:1]
    for number, candidate in enumerate(shown, start=1):
        accepted = number == 1 and resolution.record is not None
        lines += ["", *_explain_candidate(number, candidate, accepted=accepted)]
    return "\n".join(lines) + "\n"


def _is_worth_a_look(candidate: Candidate) -> bool:
    return candidate.score >= _LIKELY or (candidate.evidence.title.score or 0.0) >= _ALIKE


def _explain_candidate(number: int, candidate: Candidate, *, accepted: bool) -> Iterator[str]:
    record = candidate.record
    names = ", ".join(str(author) for author in record.authors[:3]) + (" et al." if len(record.authors) > 3 else "")  # noqa: PLR2004 - as people cite
    date = record.submitted or "date unknown"
    yield f"  {number}. {record.title}"
    yield f"     arXiv:{record.arxiv_id}, {names or 'authors unknown'}, {date} (from {candidate.source})"
    for former in record.former_titles:
        yield f"     formerly: {former}"
    for line in _details(record):
        yield f"     {line}"
    yield f"     {'accepted' if accepted else 'not taken'}: {candidate.reason}"
    absent = []
    for name, part in candidate.evidence.parts():
        if part.outcome is Outcome.ABSENT:
            absent.append(name)
            continue
        note = f"  {part.note}" if part.note else ""
        yield f"     {name:<9}{part.outcome.value:<8} {part.score or 0:.2f}{note}"
    yield f"     {'score':<9}{'':<8} {candidate.score:.2f}"
    if absent:
        yield f"     nothing to compare: {', '.join(absent)}"


def _details(record: ArxivRecord) -> Iterator[str]:
    """Yield what else arXiv says of a paper, a line each."""
    if _withdrawn(record):
        yield "WITHDRAWN"
    if record.categories:
        yield "categories: " + ", ".join(f"{code} ({name})" if name else code for code, name in _categories(record))
    if record.updated and record.updated != record.submitted:
        version = f"version {record.version} of " if record.version else ""
        yield f"current version: {version}{record.updated}"
    for name, value in (("comments", record.comments), ("journal", record.journal_ref), ("DOI", record.doi)):
        if value:
            yield f"{name}: {for_terminal(value, _WIDTH)}"


def _categories(record: ArxivRecord) -> list[tuple[str, str]]:
    return [(code, category_name(code)) for code in record.categories]


def _withdrawn(record: ArxivRecord) -> bool:
    return is_withdrawn(record.comments, record.abstract) or is_withdrawn(record.title, "")


def as_json(
    resolutions: Sequence[Resolution], works: Sequence[Work], *, merged: Merge | None = None, plan: Any = None
) -> str:
    """Return the resolutions as one JSON object, with a merge or a plan; its shape is described in docs/json.md."""
    known = {work.record.arxiv_id: work for work in works}
    count = Counter(found.verdict for found in resolutions)
    document: dict[str, Any] = {
        "version": 1,
        "summary": {
            "titles": len(resolutions),
            **{verdict.value.replace(" ", "_"): count[verdict] for verdict in _ORDER},
        },
        "resolutions": [_resolution(found, known) for found in resolutions],
    }
    if merged is not None:
        document["merge"] = _merge(merged)
    if plan is not None:
        document["plan"] = plan
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _merge(merged: Merge) -> dict[str, Any]:
    """Return what was done with a .bib file, or would be."""
    found: dict[str, Any] = msgspec.to_builtins(merged)
    for name in ("text", "state", "blocked_ids"):
        del found[name]
    for each in found["updated"]:
        each["fields"] = {name: {"old": old, "new": new} for name, (old, new) in each["fields"].items()}
    return found


def _resolution(found: Resolution, works: dict[str, Work]) -> dict[str, Any]:
    mention = found.mention
    arxiv_id = found.record.arxiv_id if found.record else None
    work = works.get(arxiv_id) if arxiv_id else None
    tags = work.themes if work else ()
    return {
        "title": _encodable(mention.title),
        "digest": _encodable(mention.digest),
        "line": mention.line,
        "verdict": found.verdict.value.replace(" ", "_"),
        "arxiv_id": arxiv_id,
        "record": _record(found.record) if found.record else None,
        "confidence": round(found.confidence, 4),
        "reason": found.reason,
        "decided": found.decided or None,
        "themes": {tag.theme: list(tag.evidence) for tag in tags},
        "candidates": [_candidate(candidate) for candidate in found.candidates],
        **({"published": _published(work, work.publication)} if work and work.publication else {}),
    }


def _published(work: Work, publication: Publication) -> dict[str, Any]:
    """Return what is known of the published version, who says so, and what others say instead."""
    names = [name for name in publication.__struct_fields__ if getattr(publication, name)]
    start = "publication."
    return {
        **{name: str(getattr(publication, name)) for name in names},
        "provenance": {name: work.provenance.get(start + name, "") for name in names},
        "dissent": {name.removeprefix(start): dict(said) for name, said in work.dissent.items()},
    }


def _record(record: ArxivRecord) -> dict[str, Any]:
    """Return what is known of a paper; what is not known is left out."""
    known = {
        "arxiv_id": record.arxiv_id,
        "version": record.version,
        "title": record.title,
        "former_titles": list(record.former_titles),
        "authors": [str(author) for author in record.authors],
        "categories": [{"code": code, "name": name} for code, name in _categories(record)],
        "submitted": str(record.submitted or ""),
        "updated": str(record.updated or ""),
        "comments": record.comments,
        "journal_ref": record.journal_ref,
        "doi": record.doi,
    }
    return {name: value for name, value in known.items() if value} | {"withdrawn": _withdrawn(record)}


def _encodable(text: str) -> str:
    """Return text that UTF-8 can hold; a file name in another encoding cannot be told better."""
    return text.encode(errors="replace").decode()


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "arxiv_id": candidate.record.arxiv_id,
        "title": candidate.record.title,
        "source": candidate.source,
        "reason": candidate.reason,
        "score": round(candidate.score, 4),
        "evidence": {
            name: {"outcome": part.outcome.value, "score": part.score, "note": part.note}
            for name, part in candidate.evidence.parts()
        },
    }
