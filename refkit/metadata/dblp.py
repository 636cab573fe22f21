"""The enricher `dblp`: computer science, kept by hand, asked by the words of a title.

All words must be there, `$` makes them whole words. What it files as informal (CoRR) is a preprint; numbers tell
namesakes apart; titles end with a full stop (dblp.org, FAQ; specs/arxiv.md 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from refkit.metadata.enriching import Fetch, Offers, Request, ServiceEnricher
from refkit.metadata.service_settings import DblpSettings
from refkit.metadata.service_text import bare_doi, clean, date, pages, people, plain, query_words
from refkit.model import Author, Publication, Published, Work
from refkit.normalize import fold

KINDS = {
    "Conference and Workshop Papers": "paper-conference",
    "Journal Articles": "article-journal",
    "Parts in Books or Collections": "chapter",
    "Reference Works": "chapter",
    "Books and Theses": "book",
}
_THESES = ("phd/", "ms/", "mastersthesis/")
_HITS = 30
# A title of so few words stands in many others: the first author is asked for, too.
_FEW_WORDS = 3


class _Info(msgspec.Struct):
    title: Any = ""
    authors: Any = None
    venue: Any = None
    volume: Any = None
    number: Any = None
    pages: Any = None
    publisher: Any = None
    year: Any = None
    type: str = ""
    key: str = ""
    doi: Any = None
    ee: Any = None


class _Hit(msgspec.Struct):
    info: _Info


class _Hits(msgspec.Struct):
    total: str = msgspec.field(name="@total")
    hit: list[_Hit] = []  # absent if there is none


class _Result(msgspec.Struct):
    hits: _Hits


class _Answer(msgspec.Struct):
    result: _Result


class _ByTitle:
    """By the words of the title; those with other letters than ASCII are spelt in several ways and left out."""

    name, size, longest, search = "title", 1, 0, True

    def question(self, work: Work) -> str:
        """Return the words, each to be found whole."""
        words = [word.casefold() for word in query_words(work.record.title)]
        words = [word for word in words if word.isascii()]
        if not words:
            return ""
        if len(words) <= _FEW_WORDS and work.record.authors:
            first: Author = work.record.authors[0]
            words += [fold(word) for word in query_words(first.family or first.literal) if word.isascii()]
        return " ".join(f"{word}$" for word in dict.fromkeys(words))

    def ask(self, questions: Sequence[str], fetch: Fetch) -> list[Offers]:
        """Return what a search for one question finds."""
        answer: _Answer = fetch(by_title(questions[0]))
        return [tuple(offer for hit in answer.result.hits.hit if (offer := read(hit.info)))]


class DblpEnricher(ServiceEnricher):
    """DBLP, asked for one title at a time; it has no other way."""

    name = "dblp"
    title = "DBLP"
    settings = DblpSettings
    envelope = _Answer
    ways = (_ByTitle(),)


def by_title(text: str) -> Request:
    """Return the request for the papers that have all these words."""
    return Request(
        path="/search/publ/api", parameters={"q": text, "format": "json", "h": str(_HITS), "f": "0", "c": "0"}
    )


def read(info: _Info) -> Published | None:
    """Return a hit as a published paper; None if it is none (CoRR, a thesis, a whole volume, data)."""
    kind = KINDS.get(info.type, "")
    title = clean(info.title).removesuffix(".")
    if not kind or not title or info.key.startswith(_THESES):
        return None
    venue = next(filter(None, map(clean, _listed(info.venue))), "")
    links = [clean(each) for each in _listed(info.ee)]
    doi = next(filter(None, map(bare_doi, [*_listed(info.doi), *(each for each in links if "doi.org/" in each)])), "")
    publication = Publication(
        type=kind,
        container_title=venue,
        event_title=venue if kind == "paper-conference" else "",
        volume=plain(info.volume),
        issue=plain(info.number),
        pages=pages(info.pages),
        publisher=clean(info.publisher),
        issued=date([info.year]),
        doi=doi,
        url="" if doi else next((each for each in links if each.startswith("http")), ""),
    )
    return Published(publication=publication, title=title, authors=_people(info.authors), source=DblpEnricher.name)


def _people(authors: object) -> tuple[Author, ...]:
    """Return the authors, of which one alone is no list."""
    listed = _listed(authors.get("author")) if isinstance(authors, dict) else []
    return people(each.get("text") if isinstance(each, dict) else each for each in listed)


def _listed(value: object) -> list[Any]:
    """Return one or several values as a list, as DBLP gives any field."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
