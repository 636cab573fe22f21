"""What a term asks of one document in the fields without an index, as arXiv's search code treats each of them.

A term is turned into a check of documents once, then the check is put to each. Of the "combined" field for `all:` only
the idea is kept: any word of any field, here stemmed and without accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from refkit.testing.arxiv_papers import Document
from refkit.testing.arxiv_query import Term
from refkit.testing.arxiv_titles import analyse, fold, tokens

Check = Callable[[Document], bool]

_TEXTS: dict[str, tuple[Callable[[str], list[str]], str]] = {
    "abs": (analyse, "abstract"),
    "co": (tokens, "comments"),
    "jr": (tokens, "journal_ref"),
    "rn": (tokens, "report_no"),
}
_MINUTE = "%Y%m%d%H%M"


class CannotAnswer(Exception):  # noqa: N818 - what happened
    """The term makes arXiv's search engine fail; arXiv answers 500."""


def check_of(term: Term, *, legacy_and: bool) -> Check:
    """Return the check that a term puts to a document; raises CannotAnswer for a term that breaks arXiv's search."""
    if term.field in _CHECKS:
        return _CHECKS[term.field](term.text)
    phrase = term.quoted and not legacy_and
    cut, name = _TEXTS[term.field]
    wanted = cut(term.text)
    return lambda document: _matches(cut(getattr(document, name)), wanted, phrase=phrase)


def _tex(text: str) -> Check:
    return lambda document: text in document.title


def _category(text: str) -> Check:
    return lambda document: any(fnmatchcase(each, text) for each in document.categories)


def _doi(text: str) -> Check:
    return lambda document: any(fnmatchcase(each.lower(), text.lower()) for each in document.dois)


def _identifier(text: str) -> Check:
    return lambda document: text in {document.arxiv_id, document.versioned_id}


def _authors(text: str) -> Check:
    """All words within one author, whole and not stemmed."""
    wanted = set(tokens(fold(text)))

    def check(document: Document) -> bool:
        names = (author.name for author in document.authors)
        return bool(wanted) and any(wanted <= set(tokens(fold(name))) for name in names)

    return check


def everything_in(document: Document) -> str:
    """Return the text of all fields without accents, with a stop word between fields: no phrase runs over it."""
    fields = [document.title, document.abstract, document.comments, document.journal_ref, document.report_no]
    fields += [author.name for author in document.authors]
    fields += [*document.categories, *document.dois, document.arxiv_id]
    return fold(" the ".join(filter(None, fields)))


def _matches(words: list[str], wanted: list[str], *, phrase: bool) -> bool:
    while wanted and not wanted[-1]:
        wanted = wanted[:-1]
    while wanted and not wanted[0]:
        wanted = wanted[1:]
    if not wanted or not phrase:
        return bool(wanted) and {word for word in wanted if word} <= set(words)
    starts = range(len(words) - len(wanted) + 1)
    return any(all(word in {"", words[at + step]} for step, word in enumerate(wanted)) for at in starts)


def _submitted(text: str) -> Check:
    """From minute to minute, both included; the date is that of the first version."""
    found = re.fullmatch(r"(\S+) TO (\S+)", text)
    if not found:
        raise CannotAnswer(text)
    first, last = _minute(found[1]), _minute(found[2])
    return lambda document: first <= document.published.replace(second=0) <= last


def _minute(text: str) -> datetime:
    try:
        return datetime.strptime(text, _MINUTE).replace(tzinfo=UTC)
    except ValueError as error:
        raise CannotAnswer(text) from error


_CHECKS: dict[str, Callable[[str], Check]] = {
    "au": _authors,
    "cat": _category,
    "doi": _doi,
    "id": _identifier,
    "submittedDate": _submitted,
    "ti": _tex,
}
