"""A stand-in for DBLP's search: all words must be there, as beginnings or, with `$`, whole; nothing has no `hit`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from refkit.testing.service_answer import Answer, Question, in_json, search_words, without_nothing
from refkit.testing.service_papers import KnownPaper

_TYPES = {
    "article-journal": "Journal Articles",
    "paper-conference": "Conference and Workshop Papers",
    "chapter": "Parts in Books or Collections",
    "book": "Books and Theses",
    "": "Informal and Other Publications",
}
_MOST_HITS = 1000


class DblpDesk:
    """What it knows."""

    def __init__(self, papers: Iterable[KnownPaper]) -> None:
        self._infos = [_info(paper, number) for number, paper in enumerate(papers, start=1)]

    def answer(self, question: Question) -> Answer:
        """Return the answer to any question."""
        parameters = question.parameters
        if question.path != "/search/publ/api" or parameters.get("format") != "json":
            return Answer(404, b"<html><body>Not Found</body></html>", kind="text/html")
        asked = parameters.get("q", "")
        infos = [info for info in self._infos if asked and all(_has(info, word) for word in asked.split())]
        first, most = int(parameters.get("f", "0")), min(int(parameters.get("h", "30")), _MOST_HITS)
        page = infos[first : first + most]
        hits: dict[str, object] = {"@total": str(len(infos)), "@computed": str(len(infos)), "@sent": str(len(page))}
        hits["@first"] = str(first)
        if page:
            hits["hit"] = [{"@score": "9", "@id": str(place), "info": info} for place, info in enumerate(page)]
        status = {"@code": "200", "text": "OK"}
        return in_json({"result": {"query": asked, "status": status, "time": {"@unit": "msecs"}, "hits": hits}})


def _has(info: dict[str, object], word: str) -> bool:
    """Whether one of the alternatives of a word is there, in the title, the venue or a name."""
    known = search_words(f"{html.unescape(str(info['title']))} {info.get('venue')} {info.get('authors')}")
    return any(_is_there(known, alternative) for alternative in word.split("|"))


def _is_there(known: Sequence[str], word: str) -> bool:
    wanted = word.removesuffix("$").casefold()
    return any(each == wanted if word.endswith("$") else each.startswith(wanted) for each in known)


def _info(paper: KnownPaper, number: int) -> dict[str, object]:
    """Return a record: text is escaped, one author is no list, a preprint is of CoRR."""
    publication = paper.published.publication
    authors = [{"@pid": f"{number}/{place}", "text": name} for place, name in enumerate(paper.authors)]
    is_corr = not paper.is_published
    doi = paper.doi.upper()
    values = {
        "authors": {"author": authors if len(authors) > 1 else authors[0]} if authors else None,
        "title": html.escape(paper.published.title) + ("" if paper.published.title.endswith(("?", "!")) else "."),
        "venue": "CoRR" if is_corr else publication.container_title,
        "volume": f"abs/{paper.preprint}" if is_corr else publication.volume,
        "number": publication.issue,
        "pages": publication.pages,
        "publisher": publication.publisher if publication.type == "book" else "",
        "year": str(paper.year or ""),
        "type": _TYPES[publication.type],
        "access": "open",
        "key": f"journals/corr/abs-{paper.preprint.replace('.', '-')}" if is_corr else f"conf/x/{number}",
        "doi": doi,
        "ee": f"https://doi.org/{doi}" if doi else publication.url,
        "url": f"https://dblp.org/rec/{number}",
    }
    return {**without_nothing(values), **paper.native}
