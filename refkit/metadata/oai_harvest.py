"""All of arXiv's records that were changed since a day, page by page into a file, by OAI-PMH.

The file (the spool) has one JSON object a line, in the shape of arXiv's metadata snapshot; a paper may come twice, and
then the later line counts. A small journal beside it says after each page how far the harvest is, so that a run that is
killed at any moment goes on after the last whole page. Facts: specs/arxiv.md 3.1.

Tokens of the service end at midnight UTC. Then the harvest begins again with the newest day that it has seen, since
arXiv lists records in the order of their last change.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from refkit.errors import BadResponse, SourceUnavailable, UsageError, WriteError
from refkit.files import write_atomic
from refkit.http import Manners, PoliteSession
from refkit.metadata.oai import FORMAT, BadTokenError, Page, parse_page, unfit
from refkit.metadata.oai_settings import OaiSettings
from refkit.model import PartialDate
from refkit.pace import Clock, Gate
from refkit.protocols import Notify, Surroundings

_ACCEPT = "text/xml, application/xml;q=0.9, */*;q=0.5"
# What stands before arXiv's servers gives them some 180 s and then answers 503; to hang up sooner only asks them twice.
_READ_TIMEOUT = 200.0
# The first day that the service takes for `from`; whoever wants all since then says nothing.
_EARLIEST = "2005-09-16"
# Tokens refused before a newer day was seen, after which going on would ask for the same pages for ever.
_MOST_REFUSED = 3
_VERSION = 1

_log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a harvest is: pages and records since its begin, bytes of the spool, newest day of a change so far."""

    pages: int
    records: int
    size: int
    newest: str


Told = Callable[[Progress], None]


class Harvested(msgspec.Struct, frozen=True, kw_only=True):
    """A harvest that is complete: where its records are and how many, overlaps counted twice (`papers`: once).

    `newest` (YYYY-MM-DD, "" if nothing was changed) is from when to harvest next. `deleted` and `unread` count records
    that arXiv says to have deleted (it keeps none today), and those without a title or a date, which are left out.
    """

    spool: Path
    pages: int
    records: int
    deleted: int
    unread: int
    size: int
    newest: str


class _Line(msgspec.Struct, frozen=True):
    """What tells which paper a line of the spool is about."""

    id: str


_decode_line = msgspec.json.Decoder(_Line).decode


class _Journal(msgspec.Struct, frozen=True, kw_only=True):
    """How far the harvest into a spool is. `size` bytes of the spool are whole pages; what follows is none.

    `begin` is the day from which the list under way is asked for, `token` asks for its next page, on the day `day`.
    """

    version: int = _VERSION
    endpoint: str
    since: str
    begin: str
    token: str = ""
    day: str = ""
    pages: int = 0
    records: int = 0
    deleted: int = 0
    unread: int = 0
    size: int = 0
    newest: str = ""
    complete: bool = False

    def again(self) -> _Journal:
        """Return the state from which all is asked for that was changed on the newest day or later."""
        return msgspec.structs.replace(self, begin=self.newest or self.since, token="", complete=False)

    def after(self, page: Page, *, size: int, day: str) -> _Journal:
        """Return the state after a page that was written."""
        return msgspec.structs.replace(
            self,
            token=page.token,
            day=day,
            pages=self.pages + 1,
            records=self.records + len(page.records),
            deleted=self.deleted + len(page.deleted),
            unread=self.unread + len(page.unread),
            size=size,
            newest=max(self.newest, page.newest),
            complete=not page.token,
        )

    def serves(self, endpoint: str, since: str) -> bool:
        """Whether to go on with it gives what a new harvest of this service since this day would give."""
        if self.version != _VERSION or self.endpoint != endpoint:
            return False
        return self.since == since or (self.since < since and not self.complete)


class Harvester:
    """Asks an OAI-PMH service at `endpoint` for records, one request at a time through a polite session."""

    def __init__(
        self, endpoint: str, session: PoliteSession, *, clock: Clock, notify: Notify, offline: bool = False
    ) -> None:
        self._endpoint = endpoint
        self._session = session
        self._clock = clock
        self._notify = notify
        self._offline = offline

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings, *, clock: Clock | None = None) -> Self:
        """Return it as `[sources.oai]` is configured, touching neither network nor disk; raises ConfigError."""
        chosen = OaiSettings.read(settings)
        clock = clock or Clock()
        manners = Manners(interval=chosen.interval, contact=chosen.contact, accept=_ACCEPT, read_timeout=_READ_TIMEOUT)
        gate = Gate(surroundings.state / "pace", chosen.host, chosen.interval, clock=clock)
        session = PoliteSession(gate, manners, unfit=unfit, clock=clock)
        return cls(chosen.endpoint, session, clock=clock, notify=surroundings.notify, offline=surroundings.offline)

    def harvest(self, spool: Path, since: PartialDate | str = "", *, told: Told = lambda _: None) -> Harvested:
        """Write into `spool` all records that were changed on the day `since` or later ("": all of arXiv).

        Goes on where an earlier run into the same spool was broken off; a harvest that was complete is continued from
        its newest day. `told` is called after each page. Raises SourceUnavailable if the service gives no answer and
        BadResponse if it gives a wrong one: what came before is kept, and the same call goes on from there. Raises
        UsageError for a day that is none or lies in the future, WriteError if the spool cannot be written.
        """
        begin = self._first_day(since)
        if self._offline:
            raise SourceUnavailable("arXiv cannot be harvested without the network; run it again with the network.")
        with _held(spool):
            journal = _open_journal(spool, self._endpoint, begin)
            with _open_spool(spool, journal) as file:
                journal = self._run(journal, file, spool, told)
        return Harvested(
            spool=spool,
            pages=journal.pages,
            records=journal.records,
            deleted=journal.deleted,
            unread=journal.unread,
            size=journal.size,
            newest=journal.newest,
        )

    def _first_day(self, since: PartialDate | str) -> str:
        """Return the day to send as `from`, "" for all; no day after today, which the service refuses."""
        if not since:
            return ""
        try:
            date = PartialDate.parse(str(since))
            day = dt.date(date.year or 0, date.month or 1, date.day or 1)
        except ValueError as error:
            raise UsageError(f"{str(since)!r} is no day to harvest from; write one like 2026-03-13.") from error
        today = self._clock.today().date()
        if day > today + dt.timedelta(days=1):  # arXiv's clock may be a little ahead
            raise UsageError(f"{day} lies in the future; write the day since which records were changed.")
        return "" if str(day) <= _EARLIEST else str(min(day, today))

    def _run(self, journal: _Journal, file: FileIO, spool: Path, told: Told) -> _Journal:
        refused = 0
        while not journal.complete:
            today, newest = str(self._clock.today().date()), journal.newest
            if journal.token and journal.day != today:
                journal = journal.again()
            try:
                page = self._ask(journal)
            except BadTokenError as error:
                refused += 1
                if not journal.token or refused > _MOST_REFUSED:
                    raise BadResponse(f"{error} What came before is kept.") from error
                _log.info("the token was refused; beginning again with %s", journal.newest)
                journal = journal.again()
                continue
            if page.unread:
                _log.warning("arXiv gave records without a title or a date: %s", ", ".join(page.unread))
            journal = journal.after(page, size=_append(file, page, spool), day=today)
            refused = 0 if journal.newest > newest else refused
            _write_journal(spool, journal)
            told(Progress(journal.pages, journal.records, journal.size, journal.newest))
        return journal

    def _ask(self, journal: _Journal) -> Page:
        """Return the next page. Raises BadTokenError also where a token leads to nothing, which a list never does."""
        parameters = {"verb": "ListRecords"}
        if journal.token:
            parameters |= {"resumptionToken": journal.token}
        else:
            parameters |= {"metadataPrefix": FORMAT} | ({"from": journal.begin} if journal.begin else {})
        so_far = f"{journal.records:,} records" + (f", changed up to {journal.newest}" if journal.newest else "")
        self._session.notify = lambda doing: self._notify(f"harvesting arXiv: {so_far}, {doing}")
        try:
            answer = self._session.get(self._endpoint, params=parameters)
        except SourceUnavailable as error:
            raise SourceUnavailable(
                f"arXiv's OAI-PMH service could not be asked: {error}. What came before is kept ({so_far})."
            ) from error
        page = parse_page(answer.content)
        if journal.token and (page.is_empty or page.token == journal.token):
            raise BadTokenError("arXiv's OAI-PMH service gave a token that leads nowhere; run the same command again.")
        return page


def papers(spool: Path) -> int:
    """Return how many papers a spool has records of: one that came again, after a day was begun anew, counts once.

    Raises UsageError if another refkit harvests into it, or if it cannot be read.
    """
    with _held(spool):
        try:
            with spool.open("rb") as lines:
                return len({_decode_line(line).id for line in lines})
        except OSError as error:
            why = error.strerror or error
            raise UsageError(f"{spool} cannot be read ({why}); run the same command again.") from error


def discard(spool: Path) -> None:
    """Remove a spool and its journal, when its records are where they belong. Raises WriteError."""
    with _held(spool), _writable(spool):
        _journal_of(spool).unlink(missing_ok=True)  # first: a journal without its spool would be an error
        spool.unlink(missing_ok=True)


def _journal_of(spool: Path) -> Path:
    return spool.with_name(f"{spool.name}.journal")


def _open_journal(spool: Path, endpoint: str, since: str) -> _Journal:
    """Return how far an earlier harvest of the same came, else the begin of a new one."""
    path = _journal_of(spool)
    with _writable(spool):
        journal = _read_journal(path)
        if journal and journal.serves(endpoint, since) and spool.is_file() and spool.stat().st_size >= journal.size:
            return journal.again() if journal.complete else journal
        path.unlink(missing_ok=True)  # before anything is done to the spool that it speaks of
    return _Journal(endpoint=endpoint, since=since, begin=since)


def _read_journal(path: Path) -> _Journal | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Journal)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        _log.warning("%s cannot be read (%s); the harvest begins anew", path, error)
        return None


def _write_journal(spool: Path, journal: _Journal) -> None:
    write_atomic(_journal_of(spool), msgspec.json.format(msgspec.json.encode(journal)).decode() + "\n")


@contextmanager
def _open_spool(spool: Path, journal: _Journal) -> Iterator[FileIO]:
    """Open a spool at the end of its last whole page; what a killed run wrote after it is cut off."""
    with _writable(spool):
        file = spool.open("r+b" if journal.size else "wb", buffering=0)  # what is not written now fails now
    with file:
        with _writable(spool):
            file.truncate(journal.size)
            file.seek(journal.size)
        yield file


def _append(file: FileIO, page: Page, spool: Path) -> int:
    """Write a page for good, before the journal says so; return the bytes that the spool has then."""
    rest = memoryview(b"".join(msgspec.json.encode(record) + b"\n" for record in page.records))
    with _writable(spool):
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
        return file.tell()


@contextmanager
def _held(spool: Path) -> Iterator[None]:
    """Keep other processes from the spool. Raises UsageError if one has it."""
    from filelock import FileLock, Timeout  # 20 ms, only where something is harvested

    lock = FileLock(spool.with_name(f"{spool.name}.lock"), timeout=0)
    with _writable(spool):
        try:
            spool.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise UsageError(f"Another refkit is harvesting into {spool}; wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writable(spool: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"{spool} could not be written ({error.strerror or error}); make room or correct its permissions. "
            "What came before is kept."
        ) from error
