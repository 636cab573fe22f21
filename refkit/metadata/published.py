"""Which published version of a preprint is accepted, and what is believed of it. Pure: values in, a finding out.

A wrong version of record is worse than none: an offer is accepted with title, authors and date together, and every
doubt is a sentence. The rules, with what they rest on, stand in docs/published.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from refkit.metadata.belief import believed, order_of
from refkit.metadata.journal_ref import Comment, parse_journal_ref, place_in_comment
from refkit.metadata.judging import judge, place_of
from refkit.metadata.venues import acronym_of, is_minor, is_preprint_doi, same_place
from refkit.model import ArxivRecord, Publication, Published, Work
from refkit.withdrawn import is_withdrawn

ARXIV = "arxiv"  # the source of what the authors say on arXiv themselves


class Doubt(Struct, frozen=True):
    """A publication that may be that of the work but was not accepted, and why, as a sentence."""

    offer: Published
    reason: str


class Finding(Struct, frozen=True, kw_only=True):
    """What is known of the published version of one work.

    `work` has it, with provenance and dissent, if it is accepted. `reason` is a sentence. `others` are further
    publications that are the work's as well (a journal version beside that of a conference).
    """

    work: Work
    reason: str
    doubts: tuple[Doubt, ...] = ()
    others: tuple[Published, ...] = ()
    remarks: tuple[str, ...] = ()


def decide(work: Work, offers: Iterable[Published] = ()) -> Finding:
    """Return what is believed of a work's published version, given what services offer and arXiv itself says.

    The order of the offers does not matter.
    """
    record = work.record
    own = own_statement(record)
    accepted, doubts = _sifted(record, [*own, *offers])
    if is_withdrawn(record.comments, record.abstract):
        doubts += [Doubt(offer, "arXiv says that the paper is withdrawn") for offer in accepted]
        return Finding(work=work, reason="arXiv says that the paper is withdrawn", doubts=tuple(doubts))
    comment = place_in_comment(record.comments)
    if not accepted:
        return _nothing(work, doubts, comment)
    groups = sorted(_grouped(accepted), key=lambda group: _rank(record, group, comment))
    best = groups[0]
    publication, provenance, dissent = believed(record, best)
    upgraded = replace(
        work,
        publication=publication,
        provenance={**work.provenance, **provenance},
        dissent={**work.dissent, **dissent},
    )
    return Finding(
        work=upgraded,
        reason=_sentence(best),
        doubts=tuple(doubts),
        others=tuple(group[0] for group in groups[1:]),
        remarks=tuple(_remarks(best, groups[1:], comment)),
    )


def own_statement(record: ArxivRecord) -> list[Published]:
    """Return the publication that the authors name on arXiv, if their words leave no doubt: a list of one, or none."""
    said = parse_journal_ref(record.journal_ref)
    if said is None:
        return []
    dois = own_dois(record)
    said = replace(said, doi=dois[0]) if len(dois) == 1 else said
    return [
        Published(publication=said, title=record.title, authors=record.authors, arxiv_id=record.arxiv_id, source=ARXIV)
    ]


def own_dois(record: ArxivRecord) -> list[str]:
    """Return the DOIs of publications that the authors name on arXiv, in lower case."""
    return [doi for doi in record.doi.casefold().split() if doi.startswith("10.") and not is_preprint_doi(doi)]


def _sifted(record: ArxivRecord, offers: Sequence[Published]) -> tuple[list[Published], list[Doubt]]:
    """Divide offers into those accepted and those that are doubtful; what is another paper is dropped."""
    accepted, doubts = [], []
    dois = own_dois(record)
    for offer in sorted(offers, key=lambda each: (order_of(each.source), each.publication.doi, repr(each))):
        verdict = judge(record, offer, own_dois=dois)
        if verdict.accepted:
            accepted.append(offer)
        elif verdict.reason:
            doubts.append(Doubt(offer, verdict.reason))
    return accepted, doubts


def _nothing(work: Work, doubts: list[Doubt], comment: Comment | None) -> Finding:
    record = work.record
    remarks = []
    if dois := own_dois(record):
        remarks.append(f"the authors name the DOI {' and '.join(dois)}, but nobody asked says where that is")
    if comment and comment.firm and not comment.minor:
        year = f" {comment.year}" if comment.year else ""
        remarks.append(f"arXiv's comment names {comment.place}{year}, which is not enough by itself")
    note = " ".join(record.journal_ref.split())
    if note:
        work = replace(
            work,
            publication=Publication(note=note),
            provenance={**work.provenance, "publication.note": ARXIV},
        )
        remarks.append(f"the authors' journal reference cannot be taken apart surely and is kept as a note: {note}")
    reason = "what was found is doubtful" if doubts else "no published version is known"
    return Finding(work=work, reason=reason, doubts=tuple(doubts), remarks=tuple(remarks))


def _grouped(offers: Sequence[Published]) -> list[list[Published]]:
    """Put the offers together that describe one publication; those that give a DOI lead the groups."""
    groups: list[list[Published]] = []
    for offer in sorted(offers, key=lambda each: not each.publication.doi):
        home = next((group for group in groups if any(_is_same(offer, other) for other in group)), None)
        if home is None:
            groups.append([offer])
        else:
            home.append(offer)
    return [sorted(group, key=lambda each: order_of(each.source)) for group in groups]


def _is_same(one: Published, other: Published) -> bool:
    first, second = one.publication, other.publication
    if first.doi and second.doi:
        return first.doi.casefold() == second.doi.casefold()
    if first.issued and second.issued and abs((first.issued.year or 0) - (second.issued.year or 0)) > 1:
        return False
    return any(
        same_place(ours, theirs)
        for ours in filter(None, (first.container_title, first.event_title))
        for theirs in filter(None, (second.container_title, second.event_title))
    )


def _rank(record: ArxivRecord, group: Sequence[Published], comment: Comment | None) -> tuple[object, ...]:
    """Return what sorts the publications of one work, the one to cite first (docs/published.md)."""
    dois = own_dois(record)
    first = group[0].publication
    years = [offer.publication.issued.year for offer in group if offer.publication.issued]
    return (
        not any(offer.publication.doi in dois for offer in group),
        not any(offer.source == ARXIV for offer in group),
        any(is_minor(place_of(offer)) for offer in group),
        not any(_confirms(comment, offer) for offer in group),
        -len({offer.source for offer in group}),
        min(filter(None, years), default=0),
        order_of(group[0].source),
        first.doi,
        place_of(group[0]),
    )


def _confirms(comment: Comment | None, offer: Published) -> bool:
    if comment is None or comment.minor != is_minor(place_of(offer)):
        return False
    year = offer.publication.issued.year if offer.publication.issued else None
    names = (offer.publication.container_title, offer.publication.event_title)
    same_year = comment.year is None or year is None or abs(comment.year - year) <= 1
    return same_year and comment.place in {acronym_of(name) for name in names if name}


def _sentence(group: Sequence[Published]) -> str:
    sources = list(dict.fromkeys(offer.source for offer in group))
    verb = "says" if len(sources) == 1 else "say"
    return f"published in {place_of(group[0])}, {verb} {' and '.join(sources)}"


def _remarks(best: Sequence[Published], rest: Sequence[Sequence[Published]], comment: Comment | None) -> Iterable[str]:
    for group in rest:
        issued = group[0].publication.issued
        year = f" ({issued.year})" if issued else ""
        yield f"{' and '.join(dict.fromkeys(each.source for each in group))} also: {place_of(group[0])}{year}"
    if comment and any(_confirms(comment, offer) for offer in best):
        yield "arXiv's comment names the same place"
    elif comment and not comment.minor and acronym_of(place_of(best[0])) not in {"", comment.place}:
        yield f"arXiv's comment names {comment.place} {comment.year or ''}".rstrip() + " instead"
