"""A copy of a library's items on this machine, so that it is read once and afterwards only what has changed.

It can be had again: a file that cannot be used is thrown away and the library read anew. One SQLite file a library.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

_log = logging.getLogger(__name__)
_FORMAT = 1
_SCHEMA = """
create table items (key text primary key, data blob) without rowid;
create table library (version integer);
"""


class Mirror:
    """The items of one library by key, as `data` with `numChildren`, and the library's version that they stand for.

    Version 0 means that nothing has been read yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.version = 0
        self.items: dict[str, dict[str, Any]] = {}
        self._connection = self._open()
        self._load()

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._connect(str(self._path))
        except (OSError, sqlite3.OperationalError) as error:
            _log.warning("The copy %s cannot be used (%s); the library is read anew each time", self._path, error)
        except sqlite3.DatabaseError as error:
            _log.warning("%s was no copy of a library (%s) and is made anew", self._path, error)
            self._path.unlink(missing_ok=True)
            return self._connect(str(self._path))
        return self._connect(":memory:")

    def _connect(self, place: str) -> sqlite3.Connection:
        connection = sqlite3.connect(place, timeout=30.0, check_same_thread=False, isolation_level=None)
        weakref.finalize(self, connection.close)
        try:
            connection.execute("pragma synchronous = normal")
            connection.execute("begin immediate")
            _prepare(connection)
            connection.execute("commit")
        except BaseException:
            connection.close()
            raise
        return connection

    def _load(self) -> None:
        decode = msgspec.json.decode
        try:
            row = self._connection.execute("select version from library").fetchone()
            rows = self._connection.execute("select key, data from items").fetchall() if row else []
            self.items = {key: decode(blob) for key, blob in rows}
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            self._start_again(error)
            return
        self.version = row[0] if row else 0

    def _start_again(self, error: Exception) -> None:
        _log.warning("%s is damaged (%s) and is made anew; the library is read as a whole", self._path, error)
        self._connection.close()
        for suffix in ("", "-journal", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._connection = self._open()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def update(self, items: Iterable[dict[str, Any]], removed: Sequence[str], version: int, *, whole: bool) -> None:
        """Take over what was read; `whole` means that what is not among the items is gone. All at once or nothing."""
        items = list(items)
        if whole:
            self.items.clear()
        self.items.update((item["key"], item) for item in items)
        for key in removed:
            self.items.pop(key, None)
        self.version = version
        try:
            self._store(items, removed, version, whole=whole)
        except sqlite3.Error as error:
            _log.warning("The copy %s cannot be written (%s); the library is read anew next time", self._path, error)
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def _store(self, items: list[dict[str, Any]], removed: Sequence[str], version: int, *, whole: bool) -> None:
        connection = self._connection
        connection.execute("begin immediate")
        if whole:
            connection.execute("delete from items")
        connection.executemany(
            "insert or replace into items values (?, ?)", [(item["key"], _encode(item)) for item in items]
        )
        connection.executemany("delete from items where key = ?", [(key,) for key in removed])
        connection.execute("delete from library")
        connection.execute("insert into library values (?)", (version,))
        connection.execute("commit")


def _encode(item: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(item)
    except UnicodeEncodeError:  # half a character, as JSON may hold one
        return json.dumps(item, ensure_ascii=False).encode(errors="replace")


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("pragma user_version").fetchone()
    if version not in {0, _FORMAT}:
        raise sqlite3.DatabaseError(f"it is not in format {_FORMAT}")
    for statement in filter(str.strip, _SCHEMA.split(";") if not version else ()):
        connection.execute(statement)
    connection.execute(f"pragma user_version = {_FORMAT}")
