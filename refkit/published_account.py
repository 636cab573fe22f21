"""What was found of published versions, for people. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from refkit.metadata.judging import place_of
from refkit.metadata.published import Finding
from refkit.model import Published, Work
from refkit.normalize import for_terminal
from refkit.writers.bib_upgrade import Line

_WIDTH = 200  # characters of a value on a line
_LISTED = 200  # of a long list, the first ones and the number of the rest
_FIELDS = ("title", "authors", "submitted", "updated", "categories", "doi", "journal_ref", "comments")
_AUTHORS = 3


def summary(findings: Sequence[Finding], outages: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines on what is doubtful or disputed, one more for each outage, and the counts."""
    said = [line for finding in findings for line in _about(finding)]
    yield from said[:_LISTED]
    if len(said) > _LISTED:
        yield f"... and {len(said) - _LISTED} more lines; `refkit explain ID` shows what was found of one paper."
    for outage in outages:
        yield f"refkit: {for_terminal(outage, _WIDTH)}; the papers are written as far as the others know them"
    yield f"refkit: {counts(findings, failed=bool(outages))}"


def counts(findings: Sequence[Finding], *, failed: bool = False) -> str:
    """Return how many works were published, how many are doubtful and of how many nothing is known.

    `failed` says that a service was down: then nothing can be called unpublished.
    """
    published = sum(finding.work.published is not None for finding in findings)
    doubtful = sum(finding.work.published is None and bool(finding.doubts) for finding in findings)
    disputed = sum(bool(disputes(finding)) for finding in findings)
    rest = len(findings) - published - doubtful
    unknown = "could not be looked up in full" if failed else "not known"
    notes = f" ({disputed} with services that disagree)" if disputed else ""
    papers = "1 paper" if len(findings) == 1 else f"{len(findings)} papers"
    return f"published versions of {papers}: {published} found{notes}, {doubtful} doubtful, {rest} {unknown}"


def _about(finding: Finding) -> Iterator[str]:
    record = finding.work.record
    name = f"arXiv:{record.arxiv_id} {for_terminal(record.title, _WIDTH)}"
    if finding.work.published is None and (finding.doubts or finding.remarks):
        yield f"{'doubtful' if finding.doubts else 'perhaps published'}: {name}"
        yield from (f"    {line}" for line in (*doubts(finding), *hints(finding)))
    disputed = disputes(finding)
    if disputed:
        yield f"disputed: {name}"
        yield from (f"    {line}" for line in disputed)


def disputes(finding: Finding) -> list[str]:
    """Return a line for each field of the publication that sources tell differently, and for another publication."""
    work, lines = finding.work, []
    if not work.published:
        return []
    for name, others in work.dissent.items():
        field = name.removeprefix("publication.")
        ours = getattr(work.publication, field, "")
        theirs = "; ".join(f"{source} says {for_terminal(value, _WIDTH)}" for source, value in others.items())
        lines.append(f"{field}: {for_terminal(str(ours), _WIDTH)} ({work.provenance.get(name, '?')}); {theirs}")
    return lines + [
        for_terminal(remark, _WIDTH) for remark in finding.remarks if " also: " in remark or remark.endswith(" instead")
    ]


def hints(finding: Finding) -> list[str]:
    """Return what the authors say on arXiv that is not enough to name a published version."""
    return [] if finding.work.published else [for_terminal(remark, _WIDTH) for remark in finding.remarks]


def doubts(finding: Finding) -> list[str]:
    """Return a line for each publication that was not accepted, with its reason."""
    return [f"{_offer(doubt.offer)}: {for_terminal(doubt.reason, _WIDTH)}" for doubt in finding.doubts]


def _offer(offer: Published) -> str:
    issued = f", {offer.publication.issued.year}" if offer.publication.issued else ""
    doi = f", doi {offer.publication.doi}" if offer.publication.doi else ""
    return for_terminal(f"{offer.source}: {place_of(offer) or 'place unknown'}{issued}{doi}", _WIDTH)


def explain(finding: Finding, outages: Sequence[str] = (), *, key: str = "") -> str:
    """Return for each field of a work its value, where it comes from and what others say, and what is doubtful."""
    work = finding.work
    head = f"{key}  " if key else ""
    lines = [f"{head}arXiv:{work.record.arxiv_id}", f"  {for_terminal(finding.reason, _WIDTH)}", *_fields(work)]
    lines += [f"  {for_terminal(remark, _WIDTH)}" for remark in finding.remarks]
    if finding.doubts:
        lines.append("  not accepted:")
        lines += [f"    {line}" for line in doubts(finding)]
    lines += [f"  {for_terminal(outage, _WIDTH)}" for outage in outages]
    return "\n".join(lines) + "\n"


def as_json(
    finding: Finding, outages: Sequence[str] = (), *, key: str = "", lines: Sequence[Line] = ()
) -> dict[str, Any]:
    """Return the same as one JSON object; its shape is described in docs/json.md."""
    work = finding.work
    fields = [
        {
            "name": name,
            "value": str(value) if not isinstance(value, tuple) else [str(each) for each in value],
            "source": work.provenance.get(about) or None,
            "others": dict(work.dissent.get(about, {})),
        }
        for name, value, about in _values(work)
        if value
    ]
    return {
        "version": 1,
        "arxiv_id": work.record.arxiv_id,
        "key": key or None,
        "reason": finding.reason,
        "published": work.published is not None,
        "fields": fields,
        "doubts": doubts(finding),
        "remarks": list(finding.remarks),
        "outages": list(outages),
        "entry": [{"name": line.name, "value": line.value, "known": line.known, "same": line.same} for line in lines],
    }


def entry(lines: Sequence[Line], work: Work) -> str:
    """Return the fields of an entry beside what is known: who says so, or that they are the user's own."""
    out = ["  the entry:"]
    for line in lines:
        source = work.provenance.get(line.about, "arxiv")
        if not line.known:
            # No service knows them, and a .bib does not tell refkit's themes from words of the user.
            note = "themes, or your own" if line.name.lower() == "keywords" else "your own"
        elif line.same:
            note = f"as {source} says"
        else:
            note = f"yours; {source} says {for_terminal(line.known, _WIDTH)}"
        out.append(f"    {line.name:<14}{for_terminal(line.value, _WIDTH)}  [{note}]")
    return "\n".join(out) + "\n"


def _values(work: Work) -> Iterator[tuple[str, object, str]]:
    """Yield what is known of a paper and its publication: name, value, and the name under which its source is kept."""
    for name in _FIELDS:
        yield name, getattr(work.record, name), name
    for name in work.publication.__struct_fields__ if work.publication else ():
        yield name, getattr(work.publication, name), f"publication.{name}"


def _fields(work: Work) -> Iterator[str]:
    for name, value, key in _values(work):
        if shown := _text(value):
            source = work.provenance.get(key, "not known")
            yield f"  {name.replace('_', ' '):<16}{for_terminal(shown, _WIDTH)}  [{source}]"
            for other_source, other in work.dissent.get(key, {}).items():
                yield f"  {'':<16}but {other_source} says {for_terminal(other, _WIDTH)}"


def _text(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value or "")
    shown = ", ".join(str(each) for each in value[:_AUTHORS])
    return shown + (f" and {len(value) - _AUTHORS} more" if len(value) > _AUTHORS else "")
