"""The enricher `crossref`: what publishers deposit with their DOIs, asked by DOI in batches, else by title.

Crossref knows no DOI of arXiv's (they are DataCite's); a search gives the likeliest, never nothing, and no phrases
(crossref.org, REST API; specs/arxiv.md 4.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import requests

from refkit.metadata.enriching import LONGEST, Fetch, Offers, Request, ServiceEnricher
from refkit.metadata.service_settings import CrossrefSettings
from refkit.metadata.service_text import any_doi, arxiv_id_in, bare_doi, clean, date, pages, plain, query_words
from refkit.model import Author, Publication, Published, Work

KINDS = {
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "chapter",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
}
_FIELDS = (
    "DOI,title,subtitle,author,issued,published,type,relation,container-title,volume,issue,page,article-number,"
    "publisher,event,assertion"
)
_ROWS = 5  # of a search; the paper is first or second, or not there
_DOIS = 50
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class _Item(msgspec.Struct, rename="kebab"):
    """A work of Crossref's, as far as it is wanted; deposits lack and misuse every field."""

    doi: str = msgspec.field(name="DOI", default="")
    title: list[str | None] | None = None
    subtitle: list[str | None] | None = None
    author: list[dict[str, Any]] | None = None
    issued: dict[str, Any] | None = None
    published: dict[str, Any] | None = None
    type: str | None = None
    relation: dict[str, Any] | list[Any] | None = None
    container_title: list[str | None] | None = None
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    article_number: str | None = None
    publisher: str | None = None
    event: dict[str, Any] | str | None = None
    assertion: list[dict[str, Any]] | None = None


class _List(msgspec.Struct):
    items: list[_Item]


class _Answer(msgspec.Struct):
    message: _List


class _ByDoi:
    """By the DOIs that the authors name on arXiv."""

    name, size, longest, search = "doi", _DOIS, LONGEST, False

    def question(self, work: Work) -> str:
        """Return the first DOI that is a publisher's; one with a comma cannot stand in a filter."""
        dois = (bare_doi(each) for each in work.record.doi.split())
        return next((doi for doi in dois if doi and not re.search(r"[,|]", doi)), "")

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what is deposited for each DOI."""
        answer: _Answer = fetch(by_dois(questions))
        found = {any_doi(item.doi): offer for item in answer.message.items if (offer := read(item))}
        return [(found[doi],) if doi in found else () for doi in questions]


class _ByTitle:
    """By title and first author; a preprint of another server leads to what it is the preprint of."""

    name, size, longest, search = "title", 1, 0, True

    def question(self, work: Work) -> str:
        """Return the words of the title and the family name of the first author."""
        words = query_words(work.record.title)
        first = work.record.authors[0] if work.record.authors else Author()
        return " ".join([*words, *query_words(first.family or first.literal)]) if words else ""

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what a search for one question finds."""
        answer: _Answer = fetch(by_title(questions[0]))
        items = answer.message.items
        known = {any_doi(item.doi) for item in items}
        others = [doi for item in items for doi in _published_as(item) if doi not in known]
        if others:
            more: _Answer = fetch(by_dois(list(dict.fromkeys(others))))
            items = [*items, *more.message.items]
        return [tuple(offer for item in items if (offer := read(item)))]


class CrossrefEnricher(ServiceEnricher):
    """Crossref, asked in its polite pool if there is a contact."""

    name = "crossref"
    title = "Crossref"
    settings = CrossrefSettings
    envelope = _Answer
    ways = (_ByDoi(), _ByTitle())

    def interval_of(self, response: requests.Response) -> float:
        """Return the seconds between requests that `x-rate-limit-*` allows: "5" in "1s" is 0.2."""
        limit = response.headers.get("x-rate-limit-limit", "").strip()
        span = re.fullmatch(r"\s*(\d+)\s*([smh]?)\s*", response.headers.get("x-rate-limit-interval", ""))
        if not limit.isdecimal() or not int(limit) or not span:
            return 0.0
        return int(span[1]) * _SECONDS[span[2]] / int(limit)


def by_dois(dois: Sequence[str]) -> Request:
    """Return the request for the works with these DOIs."""
    wanted = ",".join(f"doi:{doi}" for doi in dois)
    return Request(path="/works", parameters={"filter": wanted, "rows": str(len(dois)), "select": _FIELDS})


def by_title(text: str) -> Request:
    """Return the request for the works most like a text."""
    return Request(path="/works", parameters={"query.bibliographic": text, "rows": str(_ROWS), "select": _FIELDS})


def read(item: _Item) -> Published | None:
    """Return an item as a published paper; None if it is none (a preprint, a data set, a review)."""
    kind = KINDS.get(item.type or "", "")
    title = _title(item)
    if not kind or not title:
        return None
    event = _event(item)
    if event and kind == "chapter":
        kind = "paper-conference"  # Springer deposits its proceedings as books
    publication = Publication(
        type=kind,
        container_title=_container(item, kind),
        event_title=event,
        volume=plain(item.volume),
        issue=plain(item.issue),
        pages=pages(item.page),
        number="" if item.page else plain(item.article_number),
        publisher=clean(item.publisher),
        issued=_day(item.issued) or _day(item.published),
        doi=bare_doi(item.doi),
    )
    return Published(
        publication=publication,
        title=title,
        authors=tuple(filter(None, map(_person, item.author or ()))),
        arxiv_id=arxiv_id_in(*_related(item, "has-preprint"), *_related(item, "is-version-of")),
        source=CrossrefEnricher.name,
    )


def _title(item: _Item) -> str:
    title = next(filter(None, map(clean, item.title or ())), "")
    subtitle = next(filter(None, map(clean, item.subtitle or ())), "")
    has_it = subtitle.casefold() in title.casefold()
    return title if has_it else f"{title.rstrip(':. ')}: {subtitle}"


def _container(item: _Item, kind: str) -> str:
    """Return the journal, or the volume, which of a series stands after the series."""
    names = [name for name in map(clean, item.container_title or ()) if name]
    if not names:
        return ""
    return names[0] if kind == "article-journal" else names[-1]


def _event(item: _Item) -> str:
    """Return the name of the conference: of the event, or, as Springer gives it, of the assertions."""
    if isinstance(item.event, dict) and (name := clean(item.event.get("name"))):
        return name
    said = {each.get("name"): clean(each.get("value")) for each in item.assertion or ()}
    return said.get("conference_name") or ""


def _day(said: Mapping[str, Any] | None) -> Any:
    parts = (said or {}).get("date-parts")
    return date(parts[0]) if isinstance(parts, list) and parts and isinstance(parts[0], list) else None


def _person(said: Mapping[str, Any]) -> Author | None:
    family, given, name = clean(said.get("family")), clean(said.get("given")), clean(said.get("name"))
    if family and given:
        return Author(family=family, given=given, suffix=clean(said.get("suffix")))
    literal = name or family or given
    return Author(literal=literal) if literal else None


def _published_as(item: _Item) -> Iterable[str]:
    """Yield the DOIs of which an item says that it is their preprint."""
    for identifier in _related(item, "is-preprint-of"):
        if (doi := bare_doi(identifier)) and not re.search(r"[,|]", doi):
            yield doi


def _related(item: _Item, relation: str) -> list[str]:
    related = item.relation.get(relation) if isinstance(item.relation, dict) else None
    if not isinstance(related, list):
        return []
    said = [(each.get("id"), str(each.get("id-type", ""))) for each in related if isinstance(each, dict)]
    return [f"arXiv:{name}" if kind.casefold() == "arxiv" else name for name, kind in said if isinstance(name, str)]
