"""What services have answered, kept on disk: questions with the ids of their answers, and the records of these ids.

Each answer is written as soon as it came, in one transaction, so that a run killed at any moment asks nothing twice.
Failures are never written. Everything here can be had again: a file that cannot be read is thrown away.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from refkit.errors import WriteError
from refkit.model import Answer, ArxivRecord

# Records change seldom (a new version, a journal); two weeks is "days" to a service and still spares most questions.
KEEP = dt.timedelta(days=14)
# arXiv announces new papers at 20:00 in New York, which is 00:00 or 01:00 UTC; what it lacked may be there after that.
_DAILY_UPDATE = dt.time(1, 0, tzinfo=dt.UTC)
FILE = "answers.sqlite"
_FORMAT = 1
_SCHEMA = """
create table answers (
    server text, question text, ids text, expires real, primary key (server, question)
) without rowid;
create table records (server text, id text, record blob, primary key (server, id)) without rowid;
"""
_CHUNK = 500  # SQLite takes at least 999 parameters
_PATIENCE = 30.0  # seconds to wait for another process that writes

_T = TypeVar("_T")
_R = TypeVar("_R")
_log = logging.getLogger(__name__)


class Entry(msgspec.Struct, frozen=True):
    """One answer to keep: the records, best first, and whether they settle the question for days."""

    records: tuple[ArxivRecord, ...] = ()
    settled: bool = False


class Content(msgspec.Struct, frozen=True):
    """What a cache holds: numbers of answers that are still valid, of those without any record, of expired ones."""

    answers: int = 0
    empty: int = 0
    expired: int = 0
    records: int = 0
    bytes: int = 0


class RecordCache(Generic[_R]):
    """The answers of one server, each a list of records. `now` is the clock (aware datetimes).

    `kind` is what a record is, `name` its id: without blanks, and another one for each other record. The file is made
    when first written. `stale` gives expired answers too, for a run without network: an old answer is better than none.
    """

    def __init__(
        self,
        path: Path,
        server: str,
        kind: type[_R],
        name: Callable[[_R], str],
        *,
        now: Callable[[], dt.datetime],
        stale: bool = False,
    ) -> None:
        self._path = path
        self._server = server
        self._kind = kind
        self._name = name
        self._now = now
        self._stale = stale
        self._connection: sqlite3.Connection | None = None

    def find(self, questions: Sequence[str]) -> dict[str, tuple[_R, ...]]:
        """Return the valid answers to these questions; a question without one is an absent key."""
        if self._connection is None and not os.path.isfile(self._path):  # noqa: PTH113 - this one never raises
            return {}
        return self._try(lambda: self._find(questions))

    def keep(self, answers: Mapping[str, tuple[Sequence[_R], dt.datetime]]) -> None:
        """Keep answers, each until a moment of its own."""
        self._try(lambda: self._keep(answers))

    def close(self) -> None:
        """Let go of the file."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _find(self, questions: Sequence[str]) -> dict[str, tuple[_R, ...]]:
        found: dict[str, Sequence[str]] = {}
        since = 0.0 if self._stale else self._now().timestamp()
        for question, ids in self._select("question, ids", "answers", "question", questions, "and expires > ?", since):
            found[question] = ids.split()
        wanted = list(dict.fromkeys(name for ids in found.values() for name in ids))
        decode = msgspec.json.Decoder(self._kind).decode
        records = {key: decode(blob) for key, blob in self._select("id, record", "records", "id", wanted)}
        return {
            question: tuple(records[name] for name in ids)
            for question, ids in found.items()
            if all(name in records for name in ids)
        }

    def _select(
        self, columns: str, table: str, key: str, values: Sequence[str], also: str = "", *more: float
    ) -> Iterator[tuple[str, str]]:
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"select {columns} from {table} where server = ? and {key} in ({marks}) {also}"  # noqa: S608 - ours
            yield from self._open().execute(sql, (self._server, *chunk, *more)).fetchall()

    def _keep(self, answers: Mapping[str, tuple[Sequence[_R], dt.datetime]]) -> None:
        encode = msgspec.json.Encoder().encode
        named = {question: [(self._name(each), each) for each in records] for question, (records, _) in answers.items()}
        with self._open() as connection:
            connection.executemany(
                "insert or replace into records values (?, ?, ?)",
                [(self._server, name, encode(each)) for pairs in named.values() for name, each in pairs],
            )
            connection.executemany(
                "insert or replace into answers values (?, ?, ?, ?)",
                [
                    (self._server, question, " ".join(name for name, _ in named[question]), expires.timestamp())
                    for question, (_, expires) in answers.items()
                ],
            )

    def _try(self, action: Callable[[], _T]) -> _T:
        """Do it; a damaged file is thrown away, and one that cannot be used is done without."""
        try:
            return action()
        except sqlite3.OperationalError as error:
            self._do_without(error)
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            _log.warning("%s was no cache of this version of refkit (%s) and was made anew", self._path, error)
            self._start_again()
        return action()

    def _start_again(self) -> None:
        self.close()
        try:
            _remove(self._path)
        except OSError as error:
            self._do_without(error)

    def _do_without(self, error: Exception) -> None:
        _log.warning("The cache %s cannot be used (%s); this run keeps its answers only in memory", self._path, error)
        self.close()
        self._connect(":memory:")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(str(error)) from error
            return self._connect(self._path)
        return self._connection

    def _connect(self, place: Path | str) -> sqlite3.Connection:
        # One thread at a time uses the connection (its owner sees to that); whichever collects garbage may close it.
        self._connection = sqlite3.connect(place, timeout=_PATIENCE, check_same_thread=False)
        weakref.finalize(self, self._connection.close)  # Python 3.13 warns of one that is left open
        _prepare(self._connection)
        return self._connection


class AnswerCache(RecordCache[ArxivRecord]):
    """The answers of one server of arXiv's."""

    def __init__(self, path: Path, server: str, *, now: Callable[[], dt.datetime], stale: bool = False) -> None:
        super().__init__(path, server, ArxivRecord, lambda record: record.arxiv_id, now=now, stale=stale)

    def get(self, questions: Sequence[str]) -> dict[str, Answer]:
        """Return the valid answers to these questions; a question without one is an absent key."""
        return {question: Answer(records) for question, records in self.find(questions).items()}

    def put(self, entries: Mapping[str, Entry]) -> None:
        """Keep answers: for two weeks if they settle the question, else until the next daily update of arXiv."""
        now = self._now()
        self.keep(
            {key: (each.records, now + KEEP if each.settled else next_update(now)) for key, each in entries.items()}
        )


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file; raises DatabaseError for the file of another version."""
    connection.execute("pragma synchronous = normal")
    with connection:
        connection.execute("begin immediate")
        (version,) = connection.execute("pragma user_version").fetchone()
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        if version == _FORMAT and tables >= {"answers", "records"}:
            return
        if version or tables:
            raise sqlite3.DatabaseError(f"it is not in format {_FORMAT}")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {_FORMAT}")


def next_update(now: dt.datetime) -> dt.datetime:
    """Return the first moment after `now` at which arXiv may have announced new papers."""
    today = dt.datetime.combine(now.astimezone(dt.UTC).date(), _DAILY_UPDATE)
    return today if today > now else today + dt.timedelta(days=1)


def inspect(path: Path, now: dt.datetime) -> Content:
    """Return what a cache holds; nothing for a file that is missing, damaged or of another version."""
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        return Content()
    size = path.stat().st_size
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file,
    ):
        if file.execute("pragma user_version").fetchone() != (_FORMAT,):
            return Content(bytes=size)
        count = "select sum(expires > :now), sum(expires > :now and ids = ''), sum(expires <= :now) from answers"
        answers, empty, expired = file.execute(count, {"now": now.timestamp()}).fetchone()
        (records,) = file.execute("select count(*) from records").fetchone()
        return Content(answers or 0, empty or 0, expired or 0, records, size)
    return Content(bytes=size)


def clear(path: Path) -> bool:
    """Throw a cache away; return whether there was one. Raises WriteError with the remedy."""
    try:
        return _remove(path)
    except OSError as error:
        raise WriteError(f"{path} could not be removed ({error.strerror}); remove it by hand.") from error


def _remove(path: Path) -> bool:
    there = path.exists()
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return there
