"""The copy of a library: the same in memory and on the disk, and thrown away rather than believed in part."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from refkit.writers.zotero.mirror import Mirror

A, B = ({"key": letter * 8, "version": 3, "title": letter} for letter in "AB")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "refkit" / "cache" / "library.sqlite"


@pytest.fixture
def mirror(path: Path) -> Iterator[Mirror]:
    mirror = Mirror(path)
    yield mirror
    mirror.close()


def on_disk(path: Path) -> tuple[int, dict[str, Any]]:
    with closing(Mirror(path)) as later:
        return later.version, later.items


def test_nothing_has_been_read_yet(mirror: Mirror) -> None:
    assert (mirror.version, mirror.items) == (0, {})


def test_the_folder_is_nobody_elses_to_read(path: Path, mirror: Mirror) -> None:
    assert mirror.items == {}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_half_a_minute_is_waited_for_another_process_but_not_for_the_disk(mirror: Mirror) -> None:
    """What is lost of a copy can be had again."""
    normal = 1
    assert mirror._connection.execute("pragma busy_timeout").fetchone() == (30_000,)
    assert mirror._connection.execute("pragma synchronous").fetchone() == (normal,)


def test_a_thread_that_did_not_open_the_copy_may_use_it(path: Path, mirror: Mirror) -> None:
    thread = threading.Thread(target=mirror.update, args=([A], (), 4), kwargs={"whole": True})
    thread.start()
    thread.join()
    assert on_disk(path) == (4, {"AAAAAAAA": A})


def test_half_a_character_in_a_title_is_borne(path: Path, mirror: Mirror) -> None:
    mirror.update([{**A, "title": "hälf \ud800"}], (), 4, whole=True)
    assert on_disk(path) == (4, {"AAAAAAAA": {**A, "title": "hälf ?"}})


def test_a_copy_for_which_the_disk_has_no_room_is_done_without(
    path: Path, mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    mirror.update([A], (), 4, whole=True)
    (pages,) = mirror._connection.execute("pragma page_count").fetchone()
    mirror._connection.execute(f"pragma max_page_count = {pages}")
    mirror.update([{**B, "title": "x" * 99_999}], (), 9, whole=True)
    assert "cannot be written (database or disk is full); the library is read anew next time" in caplog.text
    assert (mirror.version, set(mirror.items)) == (9, {"BBBBBBBB"})
    assert not mirror._connection.in_transaction
    assert on_disk(path) == (4, {"AAAAAAAA": A})


def test_memory_and_disk_hold_the_same(path: Path, mirror: Mirror) -> None:
    mirror.update([A, B], (), 4, whole=True)
    mirror.update([{**A, "title": "New"}], ["BBBBBBBB", "ZZZZZZZZ"], 7, whole=False)
    assert mirror.items == {"AAAAAAAA": {**A, "title": "New"}}
    assert on_disk(path) == (mirror.version, mirror.items) == (7, mirror.items)


def test_what_is_whole_forgets_everything_else(path: Path, mirror: Mirror) -> None:
    mirror.update([A], (), 4, whole=True)
    mirror.update([B], (), 9, whole=True)
    assert mirror.items == {"BBBBBBBB": B}
    assert on_disk(path) == (9, mirror.items)


def test_what_was_read_in_part_keeps_the_rest(path: Path, mirror: Mirror) -> None:
    mirror.update([A], (), 4, whole=True)
    mirror.update([B], (), 9, whole=False)
    assert set(mirror.items) == {"AAAAAAAA", "BBBBBBBB"}
    assert on_disk(path) == (9, mirror.items)


def test_an_update_that_fails_leaves_the_disk_as_it_was(path: Path, mirror: Mirror) -> None:
    mirror.update([A], (), 4, whole=True)
    with pytest.raises(TypeError):
        mirror.update([{**B, "title": object()}], (), 9, whole=True)
    assert on_disk(path) == (4, {"AAAAAAAA": A})
    mirror.update([B], (), 9, whole=True)
    assert on_disk(path) == (9, {"BBBBBBBB": B})


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "damage",
    [
        "update items set data = '{broken' where key = 'BBBBBBBB'",
        "delete from library",
        "drop table items",
        "drop table library",
    ],
)
def test_a_damaged_copy_counts_as_not_read_at_all(
    path: Path, mirror: Mirror, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Items without their version, or a version without its items, would hide what changed in the library."""
    mirror.update([A, B], (), 4, whole=True)
    mirror.close()
    spoil(path, damage)
    assert on_disk(path) == (0, {})
    told = "is damaged" in caplog.text and "the library is read as a whole" in caplog.text
    assert told is (damage != "delete from library")


@pytest.mark.parametrize("table", ["items", "library"])
def test_a_copy_that_is_damaged_inside_is_made_anew(path: Path, mirror: Mirror, table: str) -> None:
    mirror.update([A, B], (), 4, whole=True)
    mirror.close()
    spoil(path, f"drop table {table}")
    with closing(Mirror(path)) as again:
        again.update([A], (), 9, whole=True)
    assert on_disk(path) == (9, {"AAAAAAAA": A})


@pytest.mark.parametrize("page", [2, 4])
def test_a_copy_of_which_a_page_is_damaged_is_made_anew(path: Path, mirror: Mirror, page: int) -> None:
    mirror.update([{**A, "key": f"AAAA{n:04}", "title": "a" * 200} for n in range(60)], (), 4, whole=True)
    mirror.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with closing(Mirror(path)) as again:
        again.update([A], (), 9, whole=True)
    assert on_disk(path) == (9, {"AAAAAAAA": A})


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_what_is_no_database_is_made_anew_and_works(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with closing(Mirror(path)) as mirror:
        assert (mirror.version, mirror.items) == (0, {})
        mirror.update([A], (), 4, whole=True)
    assert on_disk(path) == (4, {"AAAAAAAA": A})
    assert ("was no copy of a library" in caplog.text) is bool(content)


def test_what_sqlite_leaves_beside_a_damaged_copy_goes_with_it(path: Path, mirror: Mirror) -> None:
    mirror.update([A], (), 4, whole=True)
    mirror.close()
    spoil(path, "update items set data = '{broken'")
    for suffix in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(b"old")
    with closing(Mirror(path)) as again:
        assert again.version == 0
        assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_copy_of_another_format_is_made_anew(path: Path, mirror: Mirror, caplog: pytest.LogCaptureFixture) -> None:
    mirror.update([A], (), 4, whole=True)
    mirror.close()
    spoil(path, "pragma user_version = 2")
    with caplog.at_level(logging.WARNING):
        assert on_disk(path) == (0, {})
    assert "it is not in format 1" in caplog.text
    with closing(Mirror(path)) as again:
        again.update([B], (), 5, whole=True)
    assert on_disk(path) == (5, {"BBBBBBBB": B})


def test_without_a_place_for_the_file_the_copy_lives_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with closing(Mirror(tmp_path / "file" / "library.sqlite")) as mirror:
        mirror.update([A], (), 4, whole=True)
        assert (mirror.version, mirror.items) == (4, {"AAAAAAAA": A})
    assert "the library is read anew each time" in caplog.text
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
