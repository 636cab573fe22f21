"""Whether one publication that a service offers is that of a preprint: title, authors and date together. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from refkit.metadata.venues import is_minor, is_preprint_doi, is_preprint_server
from refkit.model import ArxivRecord, Author, Published, plain_arxiv_id
from refkit.normalize import before_colon, title_key, words
from refkit.twins import TELLING_WORDS, is_plausible, shared_people

_TYPES = frozenset({"article-journal", "paper-conference", "chapter", "book"})
# What is printed under nearly the title of a paper, and is another thing.
_NOTICE = re.compile(
    r"(?i)\b(?:erratum|errata|corrigend(?:um|a)|correction(?:s)? to|author correction|retract(?:ed|ion)|withdrawn"
    r"|supplement(?:ary|al)?(?: materials?| information)?|addendum|repl(?:y|ies) to|comments? on|response to"
    r"|extended abstract|abstract only|poster abstract|editorial|review of|invited talk)\b"
)
_AKIN_WORDS = 3  # that two different titles share before the colon, to be worth a remark


class Judgement(Struct, frozen=True):
    """Whether an offer is the work's, and why not; another paper altogether has no reason: it is not worth a word."""

    accepted: bool
    reason: str = ""


_OTHER_PAPER = Judgement(accepted=False)


def place_of(offer: Published) -> str:
    """Return where a publication appeared, as people say it; "" if that is not known."""
    publication = offer.publication
    return publication.container_title or publication.event_title


def judge(record: ArxivRecord, offer: Published, *, own_dois: Sequence[str] = ()) -> Judgement:
    """Judge an offer; `own_dois` are those that the authors name on arXiv as the publication's.

    A link (such a DOI, or the arXiv id that the service itself names) stands in for a year or for authors that are not
    known, and for the title or the authors where only one of the two agrees; never for both.
    """
    if _is_preprint(offer):
        return _OTHER_PAPER
    by_doi = offer.publication.doi.casefold() in own_dois
    linked = by_doi or plain_arxiv_id(offer.arxiv_id) == record.arxiv_id
    same_title = _is_same_title(record, offer)
    people = _same_people(record, offer)
    if not same_title and not (linked and people):
        return _about_the_title(record, offer, linked=linked, people=people)
    reason = (
        _about_the_kind(record, offer)
        or _about_the_link(record, offer, by_doi=by_doi)
        or _about_the_people(record, offer, people=people, linked=linked)
        or _about_the_date(record, offer, linked=linked, by_doi=by_doi)
    )
    return Judgement(accepted=not reason, reason=reason)


def _is_preprint(offer: Published) -> bool:
    publication = offer.publication
    return (
        is_preprint_doi(publication.doi)
        or any(is_preprint_server(name) for name in (publication.container_title, publication.event_title) if name)
        or not (place_of(offer) or publication.doi)
    )


def _is_same_title(record: ArxivRecord, offer: Published) -> bool:
    keys = {title_key(title) for title in (record.title, *record.former_titles)}
    return title_key(offer.title) in keys - {""}


def _same_people(record: ArxivRecord, offer: Published) -> bool | None:
    """Whether the authors agree: at least half of the shorter list; all of it where the title says little.

    None if one side names nobody.
    """
    ours, theirs = _named(record.authors), _named(offer.authors)
    if not ours or not theirs:
        return None
    shared, fewer = shared_people(ours, theirs), min(len(ours), len(theirs))
    if len(words(record.title)) < TELLING_WORDS:
        return shared == fewer
    return shared > 0 and 2 * shared >= fewer


def _named(people: Sequence[Author]) -> list[Author]:
    return [each for each in people if any(map(str.isalpha, str(each))) and each.literal.casefold() != "others"]


def _about_the_title(record: ArxivRecord, offer: Published, *, linked: bool, people: bool | None) -> Judgement:
    """Return why an offer with another title is not accepted, if it is worth a word."""
    if linked:
        who = "and nobody says who wrote it" if people is None else "and other authors"
        return Judgement(accepted=False, reason=f"it is linked, but has another title ({offer.title!r}) {who}")
    if people and _is_akin(record.title, offer.title):
        return Judgement(accepted=False, reason=f"the authors agree, but it has another title: {offer.title!r}")
    return _OTHER_PAPER


def _is_akin(one: str, other: str) -> bool:
    """Whether two titles are alike enough to tell the user: the same before the colon, or all words of the shorter."""
    head, tail = before_colon(one) or one, before_colon(other) or other
    if title_key(head) == title_key(tail):
        return True
    fewer, more = sorted((set(words(one)), set(words(other))), key=len)
    return len(fewer) >= _AKIN_WORDS and fewer <= more


def _about_the_kind(record: ArxivRecord, offer: Published) -> str:
    publication = offer.publication
    if publication.type not in _TYPES:
        return f"it is not an article or a chapter but of the kind {publication.type or 'unknown'!r}"
    if not place_of(offer) and publication.type != "book":
        return f"nobody says in which journal or proceedings it is (DOI {publication.doi})"
    if _NOTICE.search(offer.title) and not _NOTICE.search(record.title):
        return f"it is a notice about the paper or a part of it: {offer.title!r}"
    if is_minor(place_of(offer)) and not (publication.doi or publication.pages):
        return f"it is of a workshop or the like, perhaps without proceedings: {place_of(offer)}"
    return ""


def _about_the_link(record: ArxivRecord, offer: Published, *, by_doi: bool) -> str:
    other = plain_arxiv_id(offer.arxiv_id)
    if other and other != record.arxiv_id and not by_doi:
        return f"it is linked with another preprint, arXiv:{other}"
    return ""


def _about_the_people(record: ArxivRecord, offer: Published, *, people: bool | None, linked: bool) -> str:
    if people is None and not linked:
        return "the title agrees, but nobody says who wrote it" if offer.authors else "it does not say who wrote it"
    if people is False:
        who = ", ".join(str(each) for each in offer.authors[:3])
        little = " and the title says little" if len(words(record.title)) < TELLING_WORDS else ""
        return f"the title agrees, but the authors do not ({who}){little}"
    return ""


def _about_the_date(record: ArxivRecord, offer: Published, *, linked: bool, by_doi: bool) -> str:
    plausible = is_plausible(record.submitted, offer.publication.issued)
    if by_doi or (plausible is None and linked) or plausible:
        return ""
    if offer.source == "arxiv":
        return ""  # the authors' own words on their own paper
    if plausible is None:
        return "title and authors agree, but it is not known when it was published or submitted"
    issued = offer.publication.issued
    year = issued.year if issued else ""
    return f"title and authors agree, but it is of {year} and the preprint of {record.submitted}"
