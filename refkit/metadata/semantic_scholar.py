"""The enricher `semantic-scholar`: all papers by their arXiv ids, 500 in a request.

Its years and DOIs are often the preprint's, its kinds a guess; DBLP's key, which it gives, tells more
(specs/arxiv.md 4.1, and the recorded answers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from refkit.errors import BadResponse
from refkit.metadata.enriching import Fetch, Offers, RefusedError, Request, ServiceEnricher
from refkit.metadata.service_settings import SemanticScholarSettings
from refkit.metadata.service_text import any_doi, bare_doi, clean, date, pages, people, plain
from refkit.model import Publication, Published, Work, find_arxiv_id
from refkit.secret import Secret

_FIELDS = "title,authors,year,venue,publicationVenue,journal,externalIds,publicationTypes"
_IDS = 500
# What a request of unknown ids alone is answered with, by status 400.
_ALL_UNKNOWN = "no valid paper ids"
_PREPRINTS = frozenset({"arxiv", "arxiv.org", "corr", "computing research repository"})
_TYPES = {"conference": "paper-conference", "journal": "article-journal", "book": "book"}
_BY_DBLP = {"conf": "paper-conference", "journals": "article-journal", "books": "chapter", "series": "chapter"}
_BY_KIND = {
    "Conference": "paper-conference",
    "BookSection": "chapter",
    "Book": "book",
    "JournalArticle": "article-journal",
}


class _Paper(msgspec.Struct, rename="camel"):
    title: str | None = None
    authors: list[dict[str, Any]] | None = None
    year: int | None = None
    venue: str | None = None
    publication_venue: dict[str, Any] | None = None
    journal: dict[str, Any] | None = None
    external_ids: dict[str, Any] | None = None
    publication_types: list[str] | None = None


class _ById:
    """By arXiv id."""

    name, size, longest, search = "id", _IDS, 0, False

    def question(self, work: Work) -> str:
        """Return the arXiv id as the service names it."""
        arxiv_id = find_arxiv_id(work.record.arxiv_id)
        return f"ARXIV:{arxiv_id}" if arxiv_id else ""

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what is known of each paper; an unknown one is `null` there, and its place stays."""
        try:
            papers = fetch(Request(path="/paper/batch", parameters={"fields": _FIELDS}, body={"ids": list(questions)}))
        except RefusedError as error:
            if _ALL_UNKNOWN not in str(error).casefold():
                raise
            return [()] * len(questions)
        if len(papers) != len(questions):
            raise BadResponse(
                f"it gave {len(papers)} answers to {len(questions)} ids; run the same command again later"
            )
        offers = [read(paper) if paper else None for paper in papers]
        return [(offer,) if offer else () for offer in offers]


class SemanticScholarEnricher(ServiceEnricher):
    """Semantic Scholar; a key makes it answer when the world's share is used up."""

    name = "semantic-scholar"
    title = "Semantic Scholar"
    settings = SemanticScholarSettings
    envelope = list[_Paper | None]
    ways = (_ById(),)
    key_refused = frozenset({401, 403})

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header in which it wants the key."""
        return {"x-api-key": key.reveal()}


def read(paper: _Paper) -> Published | None:
    """Return a paper as a published one; None if the service knows no other place of it than arXiv."""
    ids = paper.external_ids or {}
    place = paper.publication_venue or {}
    event = _elsewhere(place.get("name")) or _elsewhere(paper.venue)
    journal = paper.journal or {}
    printed = _elsewhere(journal.get("name"))
    doi = bare_doi(ids.get("DOI"))
    title = clean(paper.title)
    kind = _kind(paper, place, ids)
    if not title or not kind or not (event or printed):
        return None
    is_event = kind == "paper-conference"
    publication = Publication(
        type=kind,
        container_title=printed or event,
        event_title=event if is_event else "",
        volume=plain(journal.get("volume")) if printed else "",
        pages=pages(journal.get("pages")) if printed else "",
        issued=date([paper.year]),
        doi=doi,
    )
    return Published(
        publication=publication,
        title=title,
        authors=people(author.get("name") for author in paper.authors or ()),
        arxiv_id=find_arxiv_id(str(ids.get("ArXiv") or "")) or find_arxiv_id(_arxiv_doi(ids)),
        source=SemanticScholarEnricher.name,
    )


def _kind(paper: _Paper, place: Mapping[str, Any], ids: Mapping[str, Any]) -> str:
    """Return the kind by the venue, else by DBLP's key, else by what the service calls the paper.

    It calls most papers of conferences articles of journals as well; so the conference goes first.
    """
    by_venue = _TYPES.get(str(place.get("type") or "").casefold())
    key = str(ids.get("DBLP") or "")
    by_dblp = "" if key.startswith("journals/corr/") else _BY_DBLP.get(key.partition("/")[0], "")
    said = paper.publication_types or ()
    return by_venue or by_dblp or next((kind for name, kind in _BY_KIND.items() if name in said), "")


def _elsewhere(name: object) -> str:
    """Return a name of a place that is not arXiv."""
    text = clean(name)
    return "" if text.casefold() in _PREPRINTS else text


def _arxiv_doi(ids: Mapping[str, Any]) -> str:
    doi = any_doi(ids.get("DOI"))
    return "" if bare_doi(doi) else doi
