"""A stand-in for Semantic Scholar's program: batches with `null`, a match that is a 404 if there is none, keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from refkit.normalize import title_key
from refkit.testing.service_answer import Answer, Question, chosen, in_json
from refkit.testing.service_papers import KnownPaper

_FIELDS = frozenset(
    "paperId externalIds url title abstract venue publicationVenue year authors journal publicationTypes "
    "publicationDate isOpenAccess openAccessPdf citationCount".split()
)
_MOST_IDS = 500
_VENUES = {"paper-conference": "conference", "article-journal": "journal"}
_KINDS = {"paper-conference": ["Conference"], "article-journal": ["JournalArticle"], "chapter": ["BookSection"]}


class SemanticScholarDesk:
    """What it knows, and whom."""

    def __init__(self, papers: Iterable[KnownPaper], *, key: str) -> None:
        self._papers = [_paper(paper, number) for number, paper in enumerate(papers, start=1)]
        self._by_id = {name: paper for paper in self._papers for name in _names(paper)}
        self._key = key

    def answer(self, question: Question) -> Answer:
        """Return the answer to any question."""
        given = question.headers.get("x-api-key", "")
        if given and self._key and given != self._key:
            return in_json({"message": "Forbidden"}, 403)
        fields = ["paperId", *question.parameters.get("fields", "title").split(",")]
        if unknown := [field for field in fields if field not in _FIELDS]:
            return in_json({"error": f"Unrecognized or unsupported fields: {unknown}"}, 400)
        if question.path == "/paper/batch" and question.method == "POST":
            return self._batch(question.body, fields)
        if question.path == "/paper/search/match":
            return self._match(question.parameters.get("query", ""), fields)
        name = question.path.removeprefix("/paper/")
        paper = self._by_id.get(name.casefold())
        return in_json(chosen(paper, fields)) if paper else in_json({"error": f"Paper with id {name} not found"}, 404)

    def _batch(self, body: Any, fields: list[str]) -> Answer:
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not ids:
            return in_json({"error": "Request body must have ids"}, 400)
        if len(ids) > _MOST_IDS:
            return in_json({"error": f"Batch size is limited to {_MOST_IDS}"}, 400)
        found = [self._by_id.get(str(each).casefold()) for each in ids]
        if not any(found):
            return in_json({"error": "No valid paper ids given"}, 400)
        return in_json([chosen(paper, fields) if paper else None for paper in found])

    def _match(self, title: str, fields: list[str]) -> Answer:
        paper = next((each for each in self._papers if title_key(str(each["title"])) == title_key(title)), None)
        if paper is None:
            return in_json({"error": "Title match not found"}, 404)
        return in_json({"data": [{**chosen(paper, fields), "matchScore": 179.05}]})


def _names(paper: dict[str, Any]) -> list[str]:
    ids = paper["externalIds"]
    return [f"{kind}:{ids[name]}".casefold() for kind, name in (("ARXIV", "ArXiv"), ("DOI", "DOI")) if name in ids]


def _paper(paper: KnownPaper, number: int) -> dict[str, Any]:
    """Return a paper: a preprint is of the venue arXiv.org and of the journal ArXiv."""
    published = paper.published
    publication = published.publication
    event = publication.event_title or publication.container_title
    ids = {"ArXiv": paper.preprint, "DOI": paper.doi}
    return {
        "paperId": f"{number:040x}",
        "externalIds": {name: value for name, value in ids.items() if value} | {"CorpusId": number},
        "title": published.title,
        "year": paper.year,
        "authors": [{"authorId": str(place), "name": name} for place, name in enumerate(paper.authors)],
        "venue": event if paper.is_published else "arXiv.org",
        "publicationVenue": {"id": "v", "name": event, "type": _VENUES.get(publication.type)}
        if paper.is_published
        else {"id": "a", "name": "arXiv.org", "alternate_names": ["ArXiv"]},
        "publicationTypes": _KINDS.get(publication.type, ["JournalArticle"]),
        "journal": {
            "name": publication.container_title,
            "volume": publication.volume or None,
            "pages": publication.pages or None,
        }
        if paper.is_published
        else {"name": "ArXiv", "volume": f"abs/{paper.preprint}"},
        **paper.native,
    }
