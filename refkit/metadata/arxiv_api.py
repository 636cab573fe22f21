"""One request to arXiv's query API -> records: the `arxiv` package asks and reads, our transport takes turns.

The package alone would take an outage for "no such paper": it reads HTML, cut XML and an empty page as an empty feed.
So each answer is looked at before the package sees it. Facts: arXiv's search code (arXiv/arxiv-search, classic_api).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from http import HTTPStatus
from itertools import islice

import arxiv
import msgspec
import requests
from lxml import etree

from refkit.errors import BadResponse
from refkit.http import PoliteSession
from refkit.model import ArxivRecord, PartialDate, find_arxiv_id
from refkit.names import parse_name
from refkit.protocols import Notify

_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_NEEDED = ("id", "updated", "published")
_VERSION = re.compile(r"v(\d+)$")
_SPACE = re.compile(r"\s+")
# What may be wrong with the size of a question rather than with the service: too long a line, a body or a method that
# a server before arXiv's own does not take.
_TOO_LONG = frozenset(
    {HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.METHOD_NOT_ALLOWED}
)


class Page(msgspec.Struct, frozen=True):
    """The records of one answer, and how many there are in all: more than came when the page was too short."""

    records: tuple[ArxivRecord, ...] = ()
    total: int = 0


class RefusedError(Exception):
    """arXiv will not answer this question (400); asking it again unchanged is idle. The message is arXiv's."""


class TooLargeError(Exception):
    """The question is too long (414) or too much for the server (500); halves of it may not be."""


class ArxivApi:
    """arXiv's query API at `url`, asked through a polite session."""

    def __init__(self, url: str, session: PoliteSession) -> None:
        self._session = session
        self._client = arxiv.Client(delay_seconds=0.0, num_retries=0)
        self._client.query_url_format = url + "?{}"
        # The package offers no way to hand in a session; without ours it would have neither timeout nor pace.
        self._client._session = session  # noqa: SLF001

    @property
    def notify(self) -> Notify:
        """Who is told what is waited for."""
        return self._session.notify

    @notify.setter
    def notify(self, notify: Notify) -> None:
        self._session.notify = notify

    def search(self, query: str, *, size: int, divisible: bool) -> Page:
        """Return the likeliest `size` records for a query.

        Raises RefusedError, SourceUnavailable, and TooLargeError if the query is `divisible` or too long.
        """
        return self._ask(arxiv.Search(query=query, max_results=size), size, divisible=divisible)

    def lookup(self, ids: Sequence[str]) -> Page:
        """Return the records of these ids, in any order; `…v1` asks for that version. Raises as `search`."""
        return self._ask(arxiv.Search(id_list=list(ids), max_results=len(ids)), len(ids), divisible=len(ids) > 1)

    def _ask(self, search: arxiv.Search, size: int, *, divisible: bool) -> Page:
        self._client.page_size = size
        returned = {HTTPStatus.BAD_REQUEST, *_TOO_LONG} | ({HTTPStatus.INTERNAL_SERVER_ERROR} if divisible else set())
        try:
            with self._session.returning(*returned):
                results = self._client.results(search)
                first = next(results, None)
            feed = read_feed(self._session.last)
            if feed.error:  # the program before November 2025 said so with status 200
                raise RefusedError(feed.error)
            if feed.whole < feed.entries:  # the package would pass over them
                raise BadResponse("it gave records without an id or a date; report this to the authors of refkit")
            # No more than came with this answer: the package would go on to another page by itself.
            records = tuple(map(to_record, (first, *islice(results, feed.entries - 1)))) if first else ()
        except arxiv.HTTPError as error:
            raise self._rejection(error.status) from error
        except ValueError as error:  # a date or an id that is none
            raise BadResponse(f"its answer cannot be read ({error}); report this to the authors of refkit") from error
        return Page(records, feed.total)

    def _rejection(self, status: int) -> Exception:
        if status != HTTPStatus.BAD_REQUEST:
            return TooLargeError(f"status {status}")
        try:
            return RefusedError(read_feed(self._session.last).error or "it does not say why")
        except _NotAFeedError:
            return RefusedError("it does not say why")


class _Feed(msgspec.Struct, frozen=True):
    """What a feed says of itself: records in all, entries that came, those of them with id and dates, and its error."""

    total: int
    entries: int
    whole: int
    error: str = ""


class _NotAFeedError(Exception):
    """The text is no Atom feed of arXiv; the message says what it is."""


def read_feed(content: bytes) -> _Feed:
    """Return what a feed says of itself; raises _NotAFeedError, with what it is instead, for any other text."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise _NotAFeedError(_describe(content)) from error
    if root.tag != f"{_ATOM}feed":
        raise _NotAFeedError(_describe(content))
    entries = root.findall(f"{_ATOM}entry")
    try:
        total = int(root.findtext(_TOTAL, ""))
    except ValueError as error:
        raise _NotAFeedError("a feed that does not say how many records there are") from error
    message = next((_text(entry, "summary") for entry in entries if "/api/errors" in _text(entry, "id")), "")
    whole = sum(all(entry.findtext(f"{_ATOM}{name}") for name in _NEEDED) for entry in entries)
    return _Feed(total, len(entries), whole, message)


def _text(entry: etree._Element, name: str) -> str:
    return _SPACE.sub(" ", entry.findtext(f"{_ATOM}{name}", "")).strip()


def _describe(content: bytes) -> str:
    start = "".join(char if char.isprintable() else " " for char in content.lstrip()[:200].decode(errors="replace"))
    if start.startswith(("<?xml", "<feed")):
        return "an answer that was cut off"
    if start.startswith("<"):
        return "a web page instead of records"
    return f"“{start[:60].strip()}” instead of records" if start else "an empty answer"


def unfit(response: requests.Response) -> str:
    """Return why an answer with status 200 is no answer of arXiv's; "" if it is one.

    A web page, “Rate exceeded.”, cut XML and a page without its records have all been seen with status 200.
    """
    try:
        feed = read_feed(response.content)
    except _NotAFeedError as error:
        return f"it gave {error}"
    if feed.total and not feed.entries:
        return f"it gave an empty page although it has {feed.total} records"
    return ""


def to_record(result: arxiv.Result) -> ArxivRecord:
    """Return a result of the package as a record; raises ValueError if its id is none of arXiv's."""
    arxiv_id = find_arxiv_id(result.entry_id)
    if not arxiv_id:
        raise ValueError(f"{result.entry_id!r} is no id of a paper")
    return ArxivRecord(
        arxiv_id=arxiv_id,
        title=_clean(result.title),
        authors=tuple(parse_name(name) for author in result.authors if (name := _clean(author.name))),
        abstract=_clean(result.summary),
        categories=tuple(dict.fromkeys(filter(None, (result.primary_category, *result.categories)))),
        submitted=_day(result.published),
        updated=_day(result.updated),
        comments=_clean(result.comment or ""),
        journal_ref=_clean(result.journal_ref or ""),
        doi=(result.doi or "").strip(),
        version=int(number[1]) if (number := _VERSION.search(result.entry_id)) else 0,
    )


def _clean(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _day(moment: dt.datetime) -> PartialDate:
    return PartialDate(moment.year, moment.month, moment.day)
