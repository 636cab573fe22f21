"""The enricher `openalex`: a hundred DOIs in a request, then title by title.

One paper may be several works there, and a work has several locations: its place in a journal beside repositories.
The DOI of a work may be arXiv's or another one (developers.openalex.org; specs/arxiv.md 4.2, and recorded answers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from refkit.metadata import crossref
from refkit.metadata.enriching import LONGEST, Fetch, Offers, Request, ServiceEnricher
from refkit.metadata.service_settings import OpenAlexSettings
from refkit.metadata.service_text import (
    ARXIV_DOI,
    any_doi,
    arxiv_id_in,
    bare_doi,
    clean,
    date,
    pages,
    people,
    plain,
    query_words,
)
from refkit.model import Publication, Published, Work, find_arxiv_id

_FIELDS = "id,doi,title,type,publication_date,publication_year,authorships,locations,biblio"
_DOIS, _PAGE = 100, 100
_ROWS = 10
_REPOSITORY = "repository"
_BY_SOURCE = {"journal": "article-journal", "conference": "paper-conference", "book series": "chapter"}
_PROCEEDINGS = re.compile(r"(?i)\b(?:proceedings|conference|symposium|workshop|meeting of)\b")
_BIBLIO = ("volume", "issue", "first_page", "last_page")


class _Paper(msgspec.Struct):
    id: str = ""
    doi: str | None = None
    title: str | None = None
    type: str | None = None
    publication_date: str | None = None
    publication_year: int | None = None
    authorships: list[dict[str, Any]] | None = None
    locations: list[dict[str, Any]] | None = None
    biblio: dict[str, Any] | None = None


class _Answer(msgspec.Struct):
    results: list[_Paper]


class _ByDoi:
    """By a DOI: the one that the authors name on arXiv, or arXiv's own."""

    size, longest, search = _DOIS, LONGEST, False

    def __init__(self, name: str, doi_of: Callable[[Work], str]) -> None:
        self.name = name
        self._doi_of = doi_of

    def question(self, work: Work) -> str:
        """Return the DOI; one with a sign that has a meaning in filters cannot be asked for."""
        doi = self._doi_of(work)
        return "" if re.search(r"[,|!\s]", doi) else doi

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what is known of each DOI: of several works with the same one, all."""
        answer: _Answer = fetch(by_dois(questions))
        found: dict[str, list[Published]] = {}
        for paper in answer.results:
            if offer := read(paper):
                found.setdefault(any_doi(paper.doi), []).append(offer)
        return [tuple(dict.fromkeys(found.get(doi, ()))) for doi in questions]


class _ByTitle:
    """By the words of the title, each paper for itself."""

    name, size, longest, search = "title", 1, 0, True

    def question(self, work: Work) -> str:
        """Return the words of the title in lower case: AND, OR and NOT have a meaning."""
        return " ".join(query_words(work.record.title)).casefold()

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what a search for one question finds; works that say the same are one."""
        answer: _Answer = fetch(by_title(questions[0]))
        return [tuple(dict.fromkeys(offer for paper in answer.results if (offer := read(paper))))]


class OpenAlexEnricher(ServiceEnricher):
    """OpenAlex; the key goes in a header, so that it stands in no address."""

    name = "openalex"
    title = "OpenAlex"
    settings = OpenAlexSettings
    envelope = _Answer
    ways = (
        _ByDoi("doi", lambda work: next(filter(None, map(bare_doi, work.record.doi.split())), "")),
        _ByDoi("preprint", lambda work: f"{ARXIV_DOI}{find_arxiv_id(work.record.arxiv_id)}"),
        _ByTitle(),
    )
    key_refused = frozenset({401})


def by_dois(dois: Sequence[str]) -> Request:
    """Return the request for the works with these DOIs."""
    parameters = {"filter": "doi:" + "|".join(dois), "per_page": str(_PAGE), "select": _FIELDS}
    return Request(path="/works", parameters=parameters)


def by_title(text: str) -> Request:
    """Return the request for the works whose titles have these words."""
    parameters = {"filter": f"title.search:{text}", "per_page": str(_ROWS), "select": _FIELDS}
    return Request(path="/works", parameters=parameters)


def read(paper: _Paper) -> Published | None:
    """Return a work as a published paper; None if it stands in repositories only."""
    title = clean(paper.title)
    locations = paper.locations or []
    place = next(filter(_is_published, locations), None)
    if not title or place is None:
        return None
    kind = _kind(paper, place)
    container = _container(place, kind)
    doi = bare_doi(place.get("id")) or bare_doi(place.get("landing_page_url")) or bare_doi(paper.doi)
    if not kind or not (container or doi):
        return None
    volume, issue, first, last = (plain((paper.biblio or {}).get(name)) for name in _BIBLIO)
    publication = Publication(
        type=kind,
        container_title=container,
        volume=volume,
        issue=issue,
        pages=pages(f"{first}-{last}" if first and last else first or last),
        issued=date((paper.publication_date or "").split("-")) or date([paper.publication_year]),
        doi=doi,
        url="" if doi else clean(place.get("landing_page_url")),
    )
    return Published(
        publication=publication,
        title=title,
        authors=people((each.get("author") or {}).get("display_name") for each in paper.authorships or ()),
        arxiv_id=arxiv_id_in(paper.doi, *(each.get("landing_page_url") or each.get("pdf_url") for each in locations)),
        source=OpenAlexEnricher.name,
    )


def _is_published(place: Mapping[str, Any]) -> bool:
    """Whether a location is a journal, proceedings or a book, and not a repository, which has copies of any version."""
    source = place.get("source") or {}
    if source.get("type") == _REPOSITORY or arxiv_id_in(place.get("landing_page_url")):
        return False
    named = source.get("display_name") or place.get("raw_source_name")
    return place.get("version") == "publishedVersion" and bool(named or bare_doi(place.get("landing_page_url")))


def _kind(paper: _Paper, place: Mapping[str, Any]) -> str:
    """Return the kind that the publisher deposited, else that of the source, else what the name and the work say."""
    deposited = crossref.KINDS.get(str(place.get("raw_type") or ""))
    by_source = _BY_SOURCE.get(str((place.get("source") or {}).get("type") or ""))
    if deposited or by_source:
        return deposited or by_source or ""
    if paper.type in {"book-chapter", "book"}:
        return "chapter" if paper.type == "book-chapter" else "book"
    if paper.type not in {"article", "review"}:
        return ""
    return "paper-conference" if _PROCEEDINGS.search(str(place.get("raw_source_name") or "")) else "article-journal"


def _container(place: Mapping[str, Any], kind: str) -> str:
    """Return the journal's name, or the volume's as its publisher gives it: the source is only the series."""
    source = clean((place.get("source") or {}).get("display_name"))
    printed = clean(place.get("raw_source_name"))
    return source or printed if kind == "article-journal" else printed or source
