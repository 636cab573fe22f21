"""A stand-in for Crossref's program: lists by DOI and by likeness, its fields, its headers, and no DOI of arXiv's."""

from __future__ import annotations

from collections.abc import Iterable

from refkit.model import Author, PartialDate
from refkit.testing.service_answer import Answer, Question, chosen, in_json, search_words, without_nothing
from refkit.testing.service_papers import KnownPaper, parts_of

_TYPES = {
    "article-journal": "journal-article",
    "paper-conference": "proceedings-article",
    "chapter": "book-chapter",
    "book": "book",
    "": "posted-content",
}
_SELECTABLE = frozenset(
    "DOI title subtitle author issued published type relation container-title volume issue page article-number "
    "publisher event assertion score link ISSN ISBN prefix member abstract".split()
)
_ROWS, _MOST_ROWS = 20, 1000


class CrossrefDesk:
    """What it knows, and the limit that it tells."""

    def __init__(self, papers: Iterable[KnownPaper], *, limit: str, interval: str) -> None:
        self._items = [_item(paper) for paper in papers]
        self._items = [item for item in self._items if not str(item["DOI"]).startswith("10.48550/")]
        self._limit, self._interval = limit, interval

    def answer(self, question: Question) -> Answer:
        """Return the answer to any question."""
        path, parameters = question.path, question.parameters
        if path.startswith("/works/"):
            return self._single(path.removeprefix("/works/"))
        if path != "/works" or question.method != "GET":
            return self._said("Resource not found.", 404)
        fields = parameters.get("select", "").split(",") if "select" in parameters else sorted(_SELECTABLE)
        rows = parameters.get("rows", str(_ROWS))
        unknown = [field for field in fields if field not in _SELECTABLE]
        if unknown or not rows.isdecimal() or int(rows) > _MOST_ROWS:
            return self._said(f"Select {unknown} specified but there is no such select.", 400)
        items = self._found(question)
        if items is None:
            return self._said("filter-not-available", 400)
        page = [chosen(item, fields) for item in items[: int(rows)]]
        message = {"facets": {}, "total-results": len(items), "items": page, "items-per-page": int(rows), "query": {}}
        return self._json(
            {"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message}, question
        )

    def _single(self, doi: str) -> Answer:
        item = next((each for each in self._items if str(each["DOI"]).casefold() == doi.casefold()), None)
        if item is None:
            return Answer(404, b"Resource not found.", kind="text/plain")
        return in_json({"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": item})

    def _found(self, question: Question) -> list[dict[str, object]] | None:
        """Return the items, likeliest first; None for a filter that does not exist. A comma begins another filter."""
        items = self._items
        filters = [each.partition(":") for each in filter(None, question.parameters.get("filter", "").split(","))]
        if any(name != "doi" or not value for name, _, value in filters):
            return None
        if filters:
            wanted = {value.casefold() for _, _, value in filters}
            items = [item for item in items if str(item["DOI"]).casefold() in wanted]
        asked = set(search_words(question.parameters.get("query.bibliographic", "")))
        if asked:
            scored = [(len(asked & _words(item)), item) for item in items]
            items = [{**item, "score": score} for score, item in sorted(scored, key=lambda pair: -pair[0]) if score]
        return items

    def _json(self, value: object, question: Question) -> Answer:
        known = "mailto:" in question.headers.get("user-agent", "") or "mailto" in question.parameters
        return in_json(
            value,
            x_rate_limit_limit=self._limit,
            x_rate_limit_interval=self._interval,
            x_api_pool="polite" if known else "public",
        )

    def _said(self, message: str, status: int) -> Answer:
        return in_json(
            {"status": "failed", "message-type": "validation-failure", "message": [{"message": message}]}, status
        )


def _words(item: dict[str, object]) -> set[str]:
    authors = item.get("author")
    names = [each.get("family", "") for each in authors] if isinstance(authors, list) else []
    return set(search_words(f"{item.get('title')} {' '.join(names)}"))


def _item(paper: KnownPaper) -> dict[str, object]:
    published = paper.published
    publication = published.publication
    link = f"10.48550/arXiv.{paper.preprint}"
    item = {
        "DOI": paper.doi.upper() if publication.doi.isupper() else paper.doi,
        "title": [published.title],
        "author": [_author(author, place) for place, author in enumerate(published.authors)],
        "issued": {"date-parts": [_parts(publication.issued)]},
        "type": _TYPES[publication.type],
        "container-title": [publication.container_title] if publication.container_title else [],
        "volume": publication.volume,
        "issue": publication.issue,
        "page": publication.pages,
        "article-number": publication.number,
        "publisher": publication.publisher,
        "event": {"name": publication.event_title} if publication.event_title else None,
        "relation": {"has-preprint": [{"id-type": "doi", "id": link, "asserted-by": "subject"}]}
        if paper.preprint
        else {},
    }
    return {"relation": {}, **without_nothing(item), **paper.native}


def _author(author: Author, place: int) -> dict[str, object]:
    given, family = parts_of(author)
    named = {"given": given, "family": family} if given else {"name": family}
    return {**named, "sequence": "additional" if place else "first", "affiliation": []}


def _parts(issued: PartialDate | None) -> list[int | None]:
    parts = (issued.year, issued.month, issued.day) if issued else (None,)
    known = [part for part in parts if part]
    return list(known) or [None]
