"""What refkit must not forget of a library: what it last offered, its syncs, and each write before it is sent.

One SQLite file a library, in the state folder. A row of `writes` is on the disk (`synchronous = full`) before its
request leaves, and is settled together with what it changes in `bases`, in one transaction: a run killed at any moment
leaves either a settled write or one that the next run reconciles by reading.
"""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from refkit.errors import WriteError
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.merge import Base

_FORMAT = 1
_SCHEMA = """
create table bases (key text primary key, arxiv_id text, base blob) without rowid;
create index bases_by_id on bases (arxiv_id);
create table paths (path text primary key, key text) without rowid;
create table syncs (id integer primary key, kind text, started real, ended real, note text, undoes integer);
create table writes (
    id integer primary key, sync integer, kind text, token text, sent real, settled integer, entries blob
);
"""
_PATIENCE = 30.0  # seconds to wait for another process that writes


class Entry(Struct, frozen=True, kw_only=True):
    """One object of a write: what is sent, what stood there before, and what came of it.

    `role` is "item", "note", "pdf" (a link), "file" (a PDF, remembered once it is uploaded) or "collection"; an undo
    has "child" for the second to fourth. These name their `parent`. `version` is that of the object before (0: it is
    new), `before` the former values of what `data` changes, `base` what is remembered once it is done. `outcome` is ""
    while the write is open, then "done", "kept" (it was there already), "stale", "lost" (see `settle.py`) or the
    sentence that says why it failed.
    """

    role: str
    op: str
    key: str
    data: dict[str, Any]
    arxiv_id: str = ""
    version: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    base: Base | None = None
    path: str = ""
    parent: str = ""
    outcome: str = ""
    new_version: int = 0


class Write(Struct, frozen=True, kw_only=True):
    """A write request: the token that it carries, when it was sent (seconds since the epoch), its objects."""

    id: int
    sync: int
    kind: str
    token: str
    sent: float
    entries: tuple[Entry, ...]
    settled: bool = False


class Sync(Struct, frozen=True, kw_only=True):
    """One run that wrote: its kind ("sync", "undo"), when, what it did in words; `undoes` is the sync it reverted."""

    id: int
    kind: str
    started: float
    ended: float
    note: str
    undoes: int = 0


_BASE = msgspec.json.Decoder(Base)
_ENTRIES = msgspec.json.Decoder(tuple[Entry, ...])
_T = TypeVar("_T")


class State:
    """The memory of one library. Raises WriteError for a file that cannot be used: it cannot be had again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = self._connect()

    def _connect(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self.path, timeout=_PATIENCE, check_same_thread=False, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            raise WriteError(f"{self.path} cannot be used ({why}); correct its folder or its permissions.") from error
        weakref.finalize(self, connection.close)  # Python 3.13 warns of one that is left open
        try:
            _prepare(connection)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return connection

    def _unusable(self, error: Exception) -> WriteError:
        return WriteError(
            f"{self.path}, refkit's memory of what it wrote to Zotero, cannot be used ({error}). Restore it from a"
            " backup; or remove it, and refkit takes everything in the library for yours."
        )

    def _decode(self, blob: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
        try:
            return decoder.decode(blob)
        except (msgspec.MsgspecError, TypeError) as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("begin immediate")
            yield self._connection
            self._connection.execute("commit")
        except sqlite3.Error as error:
            self._roll_back()
            raise WriteError(
                f"{self.path} cannot be written ({error}), so nothing more is sent to Zotero; make room on the disk, or"
                " wait until no other program holds the file, and run the same command again."
            ) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has rolled back by itself if the disk is full
            self._connection.execute("rollback")

    def _rows(self, sql: str, parameters: tuple[str | int, ...] = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def bases(self) -> dict[str, Base]:
        """Return what is remembered of each item, by its key."""
        rows = self._rows("select base from bases")
        return {base.key: base for base in (self._decode(blob, _BASE) for (blob,) in rows)}

    def trashed(self) -> frozenset[str]:
        """Return the keys of notes and PDFs that an undo put into the trash."""
        return frozenset(key for base in self.bases().values() for key in base.trashed)

    def base(self, key: str) -> Base | None:
        """Return what is remembered of one item."""
        rows = self._rows("select base from bases where key = ?", (key,))
        return self._decode(rows[0][0], _BASE) if rows else None

    def remember_child(self, parent: str, role: str, key: str) -> None:
        """Remember that an item has had this note or attachment."""
        with self._transaction():
            self._put_child(parent, role, key)

    def _put_child(self, parent: str, role: str, key: str) -> None:
        base = self.base(parent)
        if base:
            children = {**base.children, role: key}
            trashed = tuple(each for each in base.trashed if each != key)
            _put_bases(self._connection, [msgspec.structs.replace(base, children=children, trashed=trashed)])

    def _forget_child(self, parent: str, key: str) -> None:
        base = self.base(parent)
        if base:
            children = {role: child for role, child in base.children.items() if child != key}
            trashed = (*base.trashed, key)
            _put_bases(self._connection, [msgspec.structs.replace(base, children=children, trashed=trashed)])

    def remember(self, bases: Iterable[Base]) -> None:
        """Remember this of items from now on."""
        with self._transaction() as connection:
            _put_bases(connection, bases)

    def paths(self) -> dict[str, str]:
        """Return the collection that each path was resolved to: the path it had then -> its key."""
        return dict(self._rows("select path, key from paths"))

    def remember_paths(self, paths: Mapping[str, str]) -> None:
        """Remember which collections paths mean."""
        with self._transaction() as connection:
            connection.executemany("insert or replace into paths values (?, ?)", list(paths.items()))

    def begin(self, kind: str, now: float) -> int:
        """Begin a run that writes; return its number."""
        return self._insert("insert into syncs (kind, started, ended, note, undoes) values (?, ?, 0, '', 0)", kind, now)

    def _insert(self, sql: str, *values: object) -> int:
        with self._transaction() as connection:
            return connection.execute(sql, values).lastrowid or 0

    def end(self, sync: int, now: float, note: str, undoes: int = 0) -> None:
        """End a run, with what it did in words; `undoes` is the sync that it has reverted."""
        with self._transaction() as connection:
            connection.execute(
                "update syncs set ended = ?, note = ?, undoes = ? where id = ?", (now, note, undoes, sync)
            )

    def syncs(self) -> list[Sync]:
        """Return all runs that wrote, newest first."""
        rows = self._rows("select id, kind, started, ended, note, undoes from syncs order by id desc")
        return [Sync(id=i, kind=k, started=s, ended=e, note=n, undoes=u or 0) for i, k, s, e, n, u in rows]

    def send(self, sync: int, kind: str, token: str, entries: Iterable[Entry], now: float) -> Write:
        """Put a write on the disk, before it is sent."""
        entries = tuple(entries)
        sql = "insert into writes (sync, kind, token, sent, settled, entries) values (?, ?, ?, ?, 0, ?)"
        number = self._insert(sql, sync, kind, token, now, msgspec.json.encode(entries))
        return Write(id=number, sync=sync, kind=kind, token=token, sent=now, entries=entries)

    def settle(self, write: Write, entries: Iterable[Entry]) -> None:
        """Put down what came of a write, and remember what it changed, at once.

        The write stays open while an entry has no outcome.
        """
        entries = tuple(entries)
        settled = all(entry.outcome for entry in entries)
        known = [bool(entry.outcome) for entry in write.entries]
        with self._transaction() as connection:
            connection.execute(
                "update writes set settled = ?, entries = ? where id = ?",
                (settled, msgspec.json.encode(entries), write.id),
            )
            new = [entry for entry, old in zip(entries, known, strict=True) if not old]
            done = [entry for entry in new if entry.outcome in {"done", "kept"}]
            _put_bases(connection, [entry.base for entry in done if entry.base])
            paths = [(entry.path, entry.key) for entry in done if entry.path]
            connection.executemany("insert or replace into paths values (?, ?)", paths)
            for entry in done:
                if entry.role in {"note", "pdf"}:
                    self._put_child(entry.parent, entry.role, entry.key)
                elif entry.role == "child":
                    self._forget_child(entry.parent, entry.key)

    def open_writes(self) -> list[Write]:
        """Return the writes of which it is not known what came of them, oldest first."""
        return self._writes("settled = 0", ())

    def writes(self, sync: int) -> list[Write]:
        """Return the writes of a run, in order."""
        return self._writes("sync = ?", (sync,))

    def _writes(self, where: str, parameters: tuple[int, ...]) -> list[Write]:
        sql = f"select id, sync, kind, token, sent, entries, settled from writes where {where} order by id"  # noqa: S608 - ours
        return [
            Write(id=i, sync=s, kind=k, token=t, sent=at, entries=self._decode(blob, _ENTRIES), settled=bool(settled))
            for i, s, k, t, at, blob, settled in self._rows(sql, parameters)
        ]


def _put_bases(connection: sqlite3.Connection, bases: Iterable[Base]) -> None:
    connection.executemany(
        "insert or replace into bases values (?, ?, ?)",
        [(base.key, base.arxiv_id, msgspec.json.encode(base)) for base in bases],
    )


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("pragma synchronous = full")
    connection.execute("begin immediate")
    (version,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_master where type = 'table'").fetchone()
    if version != _FORMAT and (version or tables):
        raise sqlite3.DatabaseError(f"it is not in format {_FORMAT}")
    for statement in filter(str.strip, _SCHEMA.split(";") if not tables else ()):
        connection.execute(statement)
    connection.execute(f"pragma user_version = {_FORMAT}")
    connection.execute("commit")


def file_name(target: Target) -> str:
    """Return the name, without suffix, of the files that belong to a library of a server."""
    server = re.sub(r"[^a-z0-9]+", "-", target.server.split("://")[-1].casefold()).strip("-")
    return f"{server}-{target.way}-{target.kind}-{target.id}"
