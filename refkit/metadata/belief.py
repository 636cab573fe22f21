"""What is believed of one publication that several services describe: field by field, in a fixed order. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from refkit.metadata.venues import acronym_of, cited_name, is_journal, is_minor, same_place
from refkit.model import ArxivRecord, PartialDate, Publication, Published
from refkit.names import letters
from refkit.normalize import title_key

# Who is believed first. Crossref has what the publisher deposits; DBLP is kept by hand; the authors' own reference is
# right but terse; OpenAlex and Semantic Scholar are put together by machine, the latter from the papers' text.
ORDER = ("crossref", "dblp", "arxiv", "openalex", "semantic-scholar")
# The DOI that the authors themselves name is the paper's.
_FIRST = {"doi": ("arxiv",)}
_QUIET = frozenset({"url", "note"})  # addresses differ without contradicting each other
_OF_PREPRINT = re.compile(r"(?i)^abs/|ar\W?xiv")  # "abs/2312.02213": services mix the preprint's volume in
_DOI = re.compile(r"10\.\d{4,9}/[^\s{}\\\"]+")  # what else a service gives as one would break an entry
REFKIT = "refkit"  # the source of what follows from the other fields


def order_of(source: str, field: str = "") -> int:
    """Return the place of a source among those that are believed, 0 first; unknown ones come last."""
    order = (*_FIRST.get(field, ()), *ORDER)
    return order.index(source) if source in order else len(order)


def believed(
    record: ArxivRecord, offers: Sequence[Published]
) -> tuple[Publication, dict[str, str], dict[str, Mapping[str, str]]]:
    """Return one publication made of what services say of it, the source of each field, and what others say instead."""
    values: dict[str, object] = {}
    provenance: dict[str, str] = {}
    dissent: dict[str, Mapping[str, str]] = {}
    for name in Publication.__struct_fields__:
        said = [(each.source, _value(record, each, name)) for each in offers]
        said = [(source, value) for source, value in said if value]
        if not said:
            continue
        source, value = min(said, key=lambda pair: (order_of(pair[0], name), -_detail(pair[1]), str(pair[1])))
        values[name], provenance[f"publication.{name}"] = value, source
        others = {who: str(other) for who, other in said if who != source and not _agree(name, value, other)}
        if others and name not in _QUIET:
            dissent[f"publication.{name}"] = others
    publication = replace(Publication(), **values)
    return _known_kind(publication, provenance), provenance, dissent


def _value(record: ArxivRecord, offer: Published, name: str) -> str | PartialDate | None:
    if name == "title":
        return offer.title if title_key(offer.title) != title_key(record.title) else ""
    value: str | PartialDate | None = getattr(offer.publication, name)
    if name in {"container_title", "event_title"} and isinstance(value, str):
        return cited_name(value)
    if name in {"volume", "pages", "number"} and isinstance(value, str) and _OF_PREPRINT.search(value):
        return ""
    if name == "doi" and isinstance(value, str):
        return value if _DOI.fullmatch(value) else ""
    return value


def _detail(value: object) -> int:
    """Return how much a value says; a date with its month says more than the year."""
    return len(str(value)) if isinstance(value, PartialDate) else 0


def _agree(name: str, value: object, other: object) -> bool:
    if isinstance(value, PartialDate) and isinstance(other, PartialDate):
        return value.year == other.year
    ours, theirs = str(value), str(other)
    if name in {"container_title", "event_title"}:
        return same_place(ours, theirs)
    if name == "pages":
        return _pages(ours)[: len(_pages(theirs))] == _pages(theirs)[: len(_pages(ours))]
    if name == "title":
        return title_key(ours) == title_key(theirs)
    return letters(ours) == letters(theirs) or (name == "publisher" and _one_in_other(ours, theirs))


def _pages(text: str) -> list[str]:
    """Return the numbers of the first and the last page; a source that knows only the first does not contradict."""
    numbers = re.findall(r"\w+", text)
    return [number.lstrip("0") for number in numbers]


def _one_in_other(one: str, other: str) -> bool:
    return letters(one) in letters(other) or letters(other) in letters(one)


def _known_kind(publication: Publication, provenance: dict[str, str]) -> Publication:
    """Return the publication as a conference's where refkit knows its place as one, whatever kind services call it.

    Publishers deposit some proceedings as journals (AAAI); the year's volume and issue stay.
    """
    place = publication.container_title or publication.event_title
    if not acronym_of(place) or is_minor(place) or publication.type not in {"article-journal", "paper-conference"}:
        return publication
    kind = "article-journal" if is_journal(place) else "paper-conference"
    if kind != publication.type:
        provenance["publication.type"] = REFKIT
    return replace(publication, type=kind)
