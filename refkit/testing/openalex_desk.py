"""A stand-in for OpenAlex's program: filters whose signs have a meaning, locations, a budget of searches, keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

from refkit.testing.service_answer import Answer, Question, chosen, in_json, search_words
from refkit.testing.service_papers import KnownPaper

_RAW = {"article-journal": "journal-article", "paper-conference": "proceedings-article", "chapter": "book-chapter"}
_TYPES = {"chapter": "book-chapter", "book": "book", "": "preprint"}
_MOST_VALUES, _MOST_ROWS = 100, 100
_FIELDS = frozenset(
    "id doi title display_name ids publication_year publication_date type authorships primary_location locations "
    "biblio open_access".split()
)


class OpenAlexDesk:
    """What it knows, whom it knows, and how many searches are left."""

    def __init__(self, papers: Iterable[KnownPaper], *, key: str, budget: int) -> None:
        self._works = [_work(paper, number) for number, paper in enumerate(papers, start=1)]
        self._key = key
        self._left = budget

    def answer(self, question: Question) -> Answer:
        """Return the answer to any question."""
        parameters = question.parameters
        given = parameters.get("api_key") or question.headers.get("authorization", "").removeprefix("Bearer ")
        if given and self._key and given != self._key:
            return _error(401, "Unauthorized", "API key is invalid.")
        if question.path != "/works" or question.method != "GET":
            return _error(404, "Not found", f"{question.path} not found")
        rows = parameters.get("per_page", "25")
        if not rows.isdecimal() or not 1 <= int(rows) <= _MOST_ROWS:
            return _error(403, "Pagination error.", "per-page parameter must be between 1 and 100")
        fields = parameters["select"].split(",") if "select" in parameters else sorted(_FIELDS)
        if unknown := [field for field in fields if field not in _FIELDS]:
            return _error(400, "Invalid query parameters error.", f"{unknown[0]} is not a valid select field.")
        return self._list(question, int(rows), fields, known=bool(given))

    def _list(self, question: Question, rows: int, fields: list[str], *, known: bool) -> Answer:
        works = self._works
        for part in filter(None, question.parameters.get("filter", "").split(",")):
            name, colon, value = part.partition(":")
            if not colon or name not in {"doi", "title.search"}:
                return _error(400, "Invalid query parameters error.", f"{name} is not a valid field.")
            values = value.split("|")
            if len(values) > _MOST_VALUES:
                return _error(400, "Invalid query parameters error.", "Maximum number of values exceeded for doi.")
            if name == "title.search":
                if re.search(r'[!:"]', value):
                    return _error(400, "Invalid query parameters error.", "The search has a sign with a meaning.")
                if not known and not self._afford():
                    return _error(429, "Rate limit exceeded", "Insufficient budget for this request.")
                works = [each for each in works if any(_has(each, text) for text in values)]
            else:
                wanted = {f"https://doi.org/{each.casefold()}" for each in values}
                works = [each for each in works if each["doi"] in wanted]
        meta = {"count": len(works), "db_response_time_ms": 8, "page": 1, "per_page": rows, "groups_count": None}
        return in_json({"meta": meta, "results": [chosen(each, fields) for each in works[:rows]], "group_by": []})

    def _afford(self) -> bool:
        self._left -= 1
        return self._left >= 0


def _error(status: int, error: str, message: str) -> Answer:
    return in_json({"error": error, "message": message}, status)


def _has(work: dict[str, object], text: str) -> bool:
    return set(search_words(text)) <= set(search_words(str(work["title"])))


def _work(paper: KnownPaper, number: int) -> dict[str, object]:
    """Return a work; the location of its publisher stands before those of repositories."""
    published = paper.published
    publication = published.publication
    first, _, last = publication.pages.partition("-")
    locations = [_place(paper)] if paper.is_published else []
    locations += [_copy(paper.preprint)] if paper.preprint else []
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/{paper.doi}" if paper.doi else None,
        "title": published.title,
        "display_name": published.title,
        "type": _TYPES.get(publication.type, "article"),
        "publication_year": paper.year,
        "publication_date": _day(paper),
        "authorships": [
            {"author_position": "middle", "author": {"id": None, "display_name": name, "orcid": None}}
            for name in paper.authors
        ],
        "primary_location": locations[0] if locations else None,
        "locations": locations,
        "biblio": {
            "volume": publication.volume or None,
            "issue": publication.issue or None,
            "first_page": first or None,
            "last_page": last or first or None,
        },
        **paper.native,
    }


def _day(paper: KnownPaper) -> str | None:
    """Return a whole date: OpenAlex has the first of January where only the year is known."""
    issued = paper.published.publication.issued
    return f"{issued.year:04}-{issued.month or 1:02}-{issued.day or 1:02}" if issued and issued.year else None


def _place(paper: KnownPaper) -> dict[str, object]:
    publication = paper.published.publication
    is_journal = publication.type == "article-journal"
    source = {"id": None, "display_name": publication.container_title, "type": "journal"} if is_journal else None
    return {
        "id": f"doi:{publication.doi}" if publication.doi else None,
        "landing_page_url": f"https://doi.org/{publication.doi}" if publication.doi else publication.url or None,
        "pdf_url": None,
        "source": source,
        "version": "publishedVersion",
        "is_published": True,
        "raw_source_name": publication.container_title,
        "raw_type": _RAW.get(publication.type),
    }


def _copy(arxiv_id: str) -> dict[str, object]:
    return {
        "id": f"pmh:oai:arXiv.org:{arxiv_id}",
        "landing_page_url": f"http://arxiv.org/abs/{arxiv_id}",
        "pdf_url": f"https://arxiv.org/pdf/{arxiv_id}",
        "source": {
            "id": "https://openalex.org/S4306400194",
            "display_name": "arXiv (Cornell University)",
            "type": "repository",
        },
        "version": "submittedVersion",
        "is_published": False,
        "raw_source_name": None,
        "raw_type": None,
    }
