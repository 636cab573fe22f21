"""From the parameters of a request to its answer: checks, messages and statuses in the order of arXiv's search code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from refkit.testing.arxiv_corpus import ArxivCorpus, Page, Search
from refkit.testing.arxiv_feed import Header, error_feed, feed
from refkit.testing.arxiv_fields import CannotAnswer
from refkit.testing.arxiv_old_feed import old_error_feed, old_feed
from refkit.testing.arxiv_query import Node, QueryError, TooDeep, adapt, parse

_ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga"
    " econ eess funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics"
    " plasm-ph q-alg q-bio q-fin quant-ph solv-int stat supr-con"
).split()
# Looked for anywhere in the text: ` 2401.00001` and `arXiv:2401.00001` pass, though they match no paper.
_ID = re.compile(
    rf"(?<![\d=.])(?:arXiv:)?\d{{4}}\.\d{{4,5}}|(?:{'|'.join(_ARCHIVES)})(?:\.[a-z-]+)?/\d{{2}}[01]\d{{4}}",
    re.IGNORECASE,
)
_SORTS = ("relevance", "lastUpdatedDate", "submittedDate")
_ORDERS = ("ascending", "descending")
_WINDOW = 10_000
_ERRORS = "https://arxiv.org/api/errors"
_SORT_HELP = "https://arxiv.org/help/api/user-manual#sort"
# The texts of arXiv's web framework for these statuses.
_STATUS_TEXTS = {
    404: "The requested URL was not found on the server. If you entered the URL manually please check your spelling and"
    " try again.",
    405: "The method is not allowed for the requested URL.",
    500: "The server encountered an internal error and was unable to complete your request. Either the server is"
    " overloaded or there is an error in the application.",
}
ATOM_TYPE = "application/atom+xml"


class Refusal(Exception):  # noqa: N818 - an answer, if not the wanted one
    """arXiv answers with an error: its status, its message and the link that explains it."""

    def __init__(self, status: int, message: str = "", link: str = _ERRORS) -> None:
        super().__init__(message)
        self.status = status
        self.message = message or _STATUS_TEXTS[status]
        self.link = link


class Answer(Struct, frozen=True, kw_only=True):
    """What is sent back; `total` and `returned` count hits and entries."""

    status: int
    body: bytes
    content_type: str = ATOM_TYPE
    headers: Mapping[str, str] = {}
    total: int = 0
    returned: int = 0


class Desk(Struct, frozen=True, kw_only=True):
    """Answers requests from a corpus. `hide` distorts a good page before it is printed."""

    corpus: ArxivCorpus
    now: Callable[[], datetime]
    legacy_and: bool = False
    old_form: bool = False
    seed: int = 0

    def answer(self, parameters: Mapping[str, str], hide: Callable[[Page], Page] = lambda page: page) -> Answer:
        """Return the answer to a query, an error included."""
        try:
            return self._page(_Question.of(parameters), hide)
        except Refusal as refusal:
            return self.refuse(refusal)
        except (CannotAnswer, TooDeep, RecursionError):
            return self.refuse(Refusal(500))

    def refuse(self, refusal: Refusal) -> Answer:
        """Return the feed that explains an error."""
        printed = old_error_feed if self.old_form else error_feed
        return Answer(status=refusal.status, body=printed(refusal.message, refusal.link, self.now()))

    def _page(self, question: _Question, hide: Callable[[Page], Page]) -> Answer:
        page = hide(self.corpus.search(question.search(legacy_and=self.legacy_and, seed=self.seed)))
        header = Header(
            now=self.now(),
            query=question.text,
            parsed=str(question.query) if question.query else "",
            ids=question.ids,
            start=question.start,
            size=question.size,
            total=page.total,
        )
        body = (old_feed if self.old_form else feed)(header, page.documents)
        return Answer(status=200, body=body, total=page.total, returned=len(page.documents))


class _Question(Struct, frozen=True, kw_only=True):
    """A request that passed the checks."""

    text: str
    query: Node | None
    ids: tuple[str, ...]
    start: int
    size: int
    sort_by: str
    order: str

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> _Question:
        ids = _ids(parameters.get("id_list", ""))
        size = _number(parameters, "max_results", 10)
        start = _number(parameters, "start", 0)
        sort_by = _choice(parameters, "sortBy", _SORTS, "relevance")
        order = _choice(parameters, "sortOrder", _ORDERS, "descending")
        text = parameters.get("search_query", "").strip()
        text = text if parameters.get("raw") == "1" else adapt(text)
        if not text and not ids:
            raise Refusal(400, "Either a search_query or id_list must be specified for the classic API.")
        query = _parsed(text) if text else None
        return cls(text=text, query=query, ids=ids, start=start, size=size, sort_by=sort_by, order=order)

    def search(self, *, legacy_and: bool, seed: int) -> Search:
        """Return what to look for; arXiv's program breaks on pages outside its window, and on empty ones."""
        if not self.size or 1 + round(self.start / self.size) > _WINDOW // self.size:
            raise Refusal(500)
        return Search(
            query=self.query,
            ids=self.ids,
            start=self.start,
            size=self.size,
            sort_by=self.sort_by,
            ascending=self.order == "ascending",
            legacy_and=legacy_and,
            seed=seed,
        )


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(text.split(",")) if text.strip() else ()
    for name in ids:
        if not _ID.search(name):
            raise Refusal(400, f"incorrect id format for {name}", f"{_ERRORS}#incorrect_id_format_for_{name}")
    return ids


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    try:
        number = int(parameters.get(name, default))
    except ValueError:
        raise _misused(name, "must be an integer") from None
    if number < 0:
        raise _misused(name, "must be non-negative")
    return number


def _misused(name: str, problem: str) -> Refusal:
    message = f"{name} {problem}"
    return Refusal(400, message, f"{_ERRORS}#{message.replace(' ', '_')}")


def _choice(parameters: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    value = parameters.get(name, default)
    if value not in choices:
        raise Refusal(400, f"{name} must be in: {', '.join(choices)}", _SORT_HELP)
    return value


def _parsed(text: str) -> Node:
    try:
        return parse(text)
    except QueryError:
        raise Refusal(400, f"Invalid query string: '{text}'") from None
