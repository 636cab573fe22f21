"""Feeds over HTTP for `refkit watch`: fetched only if they changed, by the one polite client, and read as papers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from msgspec import Struct

from refkit.digests.feed import FeedReader
from refkit.digests.feed_items import Unclosed, items_in
from refkit.digests.loading import MAX_DIGEST_BYTES, text_of
from refkit.errors import DigestError, SourceError
from refkit.guarding import guard
from refkit.http import Manners, PoliteSession
from refkit.metadata.arxiv_settings import ArxivSettings
from refkit.model import Mention, Skipped
from refkit.pace import Clock, Gate
from refkit.protocols import Notify, silent
from refkit.watch.state import Seen, Thing

# arXiv's terms of use: at most one request in three seconds, its feeds counted too.
_ARXIV_INTERVAL = 3.0
# The next run asks again anyway, so one further attempt is enough, after 30 s or when the service allows it.
_ATTEMPTS = 2
# An answer may come from another host ("www."), and that one may send on once more.
_HOSTS = 3
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_REFUSED: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it asks for a user name and a password (401); write them into its address",
    HTTPStatus.FORBIDDEN: "it denied access (403)",
    HTTPStatus.NOT_FOUND: "there is no feed at this address (404); correct it",
    HTTPStatus.GONE: "it is gone for good (410); watch it no more",
}
_END_MISSING = "the end of the feed is missing"


class Fetched(NamedTuple):
    """What came from a feed: its bytes (None: not changed since), and how it says that this version is dated."""

    data: bytes | None
    etag: str = ""
    modified: str = ""


class FeedReading(Struct, frozen=True):
    """What a feed holds; it is not `whole` where its end is missing."""

    mentions: tuple[Mention, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whole: bool = True


class FeedDesk:
    """Fetches feeds, each host in its turn (`pace.py`, in the folder `state`), `interval` seconds apart.

    No more than 32 MiB are read of an answer. A redirect is followed, to another host too; a password never is.
    """

    def __init__(
        self,
        state: Path,
        *,
        interval: float,
        contact: str = "",
        clock: Clock | None = None,
        notify: Notify = silent,
    ) -> None:
        self._state = state
        self._interval = interval
        self._contact = contact
        self._clock = clock or Clock()
        self.notify = notify

    def fetch(self, feed: Thing, seen: Seen) -> Fetched:
        """Return what a feed holds now, if it changed since it was `seen`. Raises SourceError, with the feed's name."""
        asked = {"If-None-Match": seen.etag, "If-Modified-Since": seen.modified}
        headers = {name: value for name, value in asked.items() if value}
        try:
            return self._fetched(self._ask(feed, headers))
        except SourceError as error:
            raise type(error)(f"{feed.shown}: {error}.") from error

    def _ask(self, feed: Thing, headers: Mapping[str, str]) -> requests.Response:
        """Ask the host of a feed, and those that it sends on to."""
        address, auth = feed.url.reveal(), feed.auth.reveal()
        for hosts_left in reversed(range(_HOSTS)):
            session = self._session(address, auth)
            try:
                with session, _unlogged(), session.returning(HTTPStatus.NOT_MODIFIED, *_REFUSED):
                    return session.get(address, headers=headers)
            except SourceError:
                secure = address.startswith("https:")
                if not (session.moved_to and hosts_left) or (secure and not session.moved_to.startswith("https:")):
                    raise
                address, auth = session.moved_to, ""
            except (requests.RequestException, UnicodeError, ValueError) as error:  # before anything was sent
                raise SourceError("this is no address that can be asked; correct it") from error
        raise AssertionError("the last host is asked above")

    def _session(self, address: str, auth: str) -> PoliteSession:
        place = ArxivSettings(url=address)
        interval = max(self._interval, _ARXIV_INTERVAL) if place.is_arxiv else self._interval
        manners = Manners(
            interval=interval,
            read_timeout=30.0,
            contact=self._contact,
            accept=_ACCEPT,
            attempts=_ATTEMPTS,
            largest=MAX_DIGEST_BYTES,
        )
        gate = Gate(self._state / "pace", place.host, interval, clock=self._clock)
        sign: Callable[[], Mapping[str, str]] = lambda: {"Authorization": auth} if auth else {}  # noqa: E731
        return PoliteSession(gate, manners, unfit=_unfit, clock=self._clock, notify=self.notify, sign=sign)

    def _fetched(self, answer: requests.Response) -> Fetched:
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return Fetched(None)
        if answer.status_code in _REFUSED:
            raise SourceError(_REFUSED[answer.status_code])
        return Fetched(answer.content, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep addresses out of the log: that of a feed may hold a key, and urllib3 logs it whole."""
    logger = logging.getLogger("urllib3.connectionpool")

    def refuse(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(refuse)
    try:
        yield
    finally:
        logger.removeFilter(refuse)


def host_of(feed: Thing) -> str:
    """Return the host of a feed, to be told what is waited for."""
    return urlsplit(feed.shown).hostname or feed.shown


def _unfit(answer: requests.Response) -> str:
    return "" if answer.content.strip() else "its answer is empty"


def read_feed(data: bytes, shown: str, encoding: str | None = None) -> FeedReading:
    """Return what a feed holds; one without any item is empty.

    Raises SourceError for what is no feed, or a broken one.
    """
    reader = FeedReader()
    try:
        text = text_of(data, encoding, digest=shown)
        if reader.recognise(text) <= 0:
            raise SourceError(f"{shown}: what came is no feed but {_kind_of(text)}; look at the address in a browser.")
        items = guard(
            lambda: list(reader.read(text, digest=shown)),
            lambda problem: DigestError(shown, 0, f"reading it {problem}"),
        )
    except DigestError as error:
        if _is_empty(data, encoding, shown):
            return FeedReading()
        raise SourceError(str(error)) from error
    mentions = tuple(each for each in items if isinstance(each, Mention))
    skipped = tuple(each for each in items if isinstance(each, Skipped))
    return FeedReading(mentions, skipped, whole=not _is_cut(skipped))


def _is_cut(skipped: Sequence[Skipped]) -> bool:
    return any(each.reason.startswith(_END_MISSING) for each in skipped)


def _is_empty(data: bytes, encoding: str | None, shown: str) -> bool:
    """Whether a feed simply has no items, as arXiv's on weekends; a broken one is something else."""
    try:
        text = text_of(data, encoding, digest=shown)
    except DigestError:
        return False
    found = list(items_in(text))
    return bool(text.rstrip().endswith(">")) and not any(isinstance(each, Unclosed) or each.name for each in found)


def _kind_of(text: str) -> str:
    return "a web page" if "<html" in text[:2_000].lower() else "other text"
