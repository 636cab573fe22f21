"""What refkit remembers of a library: whole or not at all, on the disk, and refused where it is somebody else's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import WriteError
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.state import Entry, State, Sync, Write, file_name

NOW = 1_800_000_000.0
BASE = Base(key="AAAAAAAA", arxiv_id="2401.00001", created=True, fields={"title": "Owls"})
ITEM = Entry(role="item", op="create", key="AAAAAAAA", data={"title": "Owls"}, arxiv_id="2401.00001", base=BASE)
NOTE = Entry(role="note", op="create", key="NNNNNNNN", data={}, parent="AAAAAAAA")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "refkit" / "state" / "library.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    state = State(path)
    yield state
    state.close()


def send(state: State, *entries: Entry, sync: int = 1) -> Write:
    return state.send(sync, "items", "f" * 32, entries, NOW)


def settle(state: State, entry: Entry, outcome: str, **more: Any) -> None:
    state.settle(send(state, entry), [replace(entry, outcome=outcome, **more)])


def known(state: State) -> Base:
    base = state.base(BASE.key)
    assert base
    return base


# The disk


def test_each_commit_is_on_the_disk_before_the_request_leaves(state: State) -> None:
    full = 2
    assert state._connection.execute("pragma synchronous").fetchone() == (full,)


def test_half_a_minute_is_waited_for_another_process_that_writes(state: State) -> None:
    assert state._connection.execute("pragma busy_timeout").fetchone() == (30_000,)


def test_a_write_is_seen_by_another_process_before_it_is_settled(path: Path, state: State) -> None:
    write = send(state, ITEM)
    with closing(State(path)) as other:
        assert other.open_writes() == [write]
        assert other.bases() == {}


def test_what_was_remembered_is_there_again(path: Path, state: State) -> None:
    state.remember([BASE])
    state.remember_paths({"Reading": "CCCCCCCC"})
    with closing(State(path)) as later:
        assert later.bases() == {BASE.key: BASE}
        assert later.base(BASE.key) == BASE
        assert later.base("ZZZZZZZZ") is None
        assert later.paths() == {"Reading": "CCCCCCCC"}


def test_the_folder_is_nobody_elses_to_read(path: Path, state: State) -> None:
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert state.path == path


def test_a_thread_that_did_not_open_the_file_may_use_it(state: State) -> None:
    thread = threading.Thread(target=state.remember, args=([BASE],))
    thread.start()
    thread.join()
    assert known(state) == BASE


def test_what_is_not_said_of_an_object_is_nothing() -> None:
    bare = Entry(role="item", op="create", key="AAAAAAAA", data={})
    assert (bare.arxiv_id, bare.path, bare.parent, bare.outcome) == ("", "", "", "")
    assert (bare.version, bare.new_version, bare.before, bare.base) == (0, 0, {}, None)
    assert not Write(id=1, sync=1, kind="items", token="", sent=NOW, entries=()).settled
    assert Sync(id=1, kind="sync", started=NOW, ended=NOW, note="").undoes == 0


def test_what_fails_half_way_is_not_done_at_all(path: Path, state: State) -> None:
    def broken() -> Iterator[Base]:
        yield BASE
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        state.remember(broken())
    write = send(state, ITEM)
    twice = [replace(ITEM, outcome="done"), replace(ITEM, outcome="done")]
    with pytest.raises(ValueError, match="zip"):
        state.settle(write, twice)
    with closing(State(path)) as later:
        assert later.bases() == {}
        assert later.open_writes() == [write]


def test_what_fails_after_the_first_statement_is_taken_back(path: Path, state: State) -> None:
    def fail() -> None:
        with state._transaction() as connection:
            connection.execute("insert into paths values ('Reading', 'CCCCCCCC')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with closing(State(path)) as later:
        assert later.paths() == {}


# Files of somebody else


@pytest.mark.parametrize("version", [0, 2])
def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path, version: int) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table theirs (x)")
        connection.execute(f"pragma user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(WriteError, match=r"it is not in format 1.*Restore it from a backup"):
        State(path)
    assert path.read_bytes() == before


def test_an_empty_database_of_a_later_format_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma user_version = 2")
    with pytest.raises(WriteError, match="format 1"):
        State(path)


def test_a_new_file_says_its_format_and_is_opened_again(path: Path, state: State) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (1,)
    with closing(State(path)) as again:
        assert again.bases() == state.bases() == {}


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 200])
def test_what_is_no_database_is_a_sentence_with_the_remedy(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(WriteError, match="cannot be used"):
        State(path)


@pytest.mark.parametrize("blob", [b"{broken", b'{"key": 5}', None, "text"])
def test_a_broken_row_is_a_sentence_and_never_taken_for_nothing(state: State, blob: object) -> None:
    state.remember([BASE])
    write = send(state, ITEM)
    state._connection.execute("update bases set base = ?", (blob,))
    state._connection.execute("update writes set entries = ? where id = ?", (blob, write.id))
    for read in (state.bases, state.open_writes, state.trashed, lambda: state.base(BASE.key)):
        with pytest.raises(WriteError, match="refkit's memory of what it wrote"):
            read()


@pytest.mark.parametrize("page", [2, 5])
def test_a_page_that_is_damaged_is_a_sentence(path: Path, state: State, page: int) -> None:
    """Not only a row that does not decode: also what SQLite itself finds is told with the remedy."""
    state.remember([replace(BASE, key=f"AAAA{n:04}") for n in range(60)])
    send(state, ITEM)
    state.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with closing(State(path)) as later:
        try:
            later.bases()
            later.open_writes()
            later.syncs()
            later.paths()
            later.remember([BASE])
        except WriteError as error:
            assert "refkit's memory of what it wrote" in str(error)  # noqa: PT017 - a page may also be out of use


def test_a_place_that_cannot_be_a_file_is_a_sentence_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match=r"file/state\.sqlite cannot be used \(File exists\); correct its folder"):
        State(tmp_path / "file" / "state.sqlite")
    with pytest.raises(WriteError, match=r"cannot be used \(unable to open database file\)"):
        State(tmp_path)


def test_a_file_that_another_program_holds_is_a_sentence_and_nothing_is_put_down(
    path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refkit.writers.zotero.state._PATIENCE", 0.01)
    with closing(State(path)) as hasty, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(WriteError, match=r"\(database is locked\).*wait until no other program holds the file"):
            send(hasty, ITEM)
        other.execute("rollback")
        assert state.open_writes() == []
        send(hasty, ITEM)


def test_a_disk_that_is_full_is_a_sentence_before_anything_is_sent(state: State) -> None:
    (pages,) = state._connection.execute("pragma page_count").fetchone()
    state._connection.execute(f"pragma max_page_count = {pages}")
    big = replace(ITEM, data={"title": "a" * 100_000})
    with pytest.raises(WriteError, match="full"):
        send(state, big)
    assert state.open_writes() == []


# Settling


def test_a_write_stays_open_while_one_of_its_objects_is_unclear(state: State) -> None:
    two = replace(ITEM, key="BBBBBBBB", base=replace(BASE, key="BBBBBBBB"))
    write = send(state, ITEM, two)
    state.settle(write, [replace(ITEM, outcome="done"), two])
    (still,) = state.open_writes()
    assert [entry.outcome for entry in still.entries] == ["done", ""]
    assert set(state.bases()) == {"AAAAAAAA"}
    state.settle(still, [still.entries[0], replace(two, outcome="kept")])
    assert state.open_writes() == []
    assert set(state.bases()) == {"AAAAAAAA", "BBBBBBBB"}


def test_what_was_settled_before_is_not_remembered_again(state: State) -> None:
    """An object that is settled late must not take back what later runs remember of the others."""
    two = replace(ITEM, key="BBBBBBBB", base=replace(BASE, key="BBBBBBBB"))
    write = send(state, ITEM, two)
    state.settle(write, [replace(ITEM, outcome="done"), two])
    newer = replace(BASE, fields={"title": "Owls again"})
    state.remember([newer])
    (still,) = state.open_writes()
    state.settle(still, [still.entries[0], replace(two, outcome="kept")])
    assert known(state) == newer


@pytest.mark.parametrize("outcome", ["done", "kept"])
def test_what_is_there_is_remembered(state: State, outcome: str) -> None:
    collection = Entry(role="collection", op="create", key="CCCCCCCC", data={}, path="Reading")
    settle(state, ITEM, outcome)
    settle(state, collection, outcome)
    settle(state, NOTE, outcome)
    assert known(state) == replace(BASE, children={"note": "NNNNNNNN"})
    assert state.paths() == {"Reading": "CCCCCCCC"}
    assert state.open_writes() == []


@pytest.mark.parametrize("outcome", ["lost", "stale", "Zotero refused it: no"])
def test_what_is_not_there_is_not_remembered(state: State, outcome: str) -> None:
    collection = Entry(role="collection", op="create", key="CCCCCCCC", data={}, path="Reading")
    settle(state, ITEM, outcome)
    settle(state, collection, outcome)
    state.remember([BASE])
    settle(state, NOTE, outcome)
    assert known(state) == BASE
    assert state.paths() == {}
    assert state.open_writes() == []


def test_a_pdf_is_remembered_only_once_it_is_uploaded(state: State) -> None:
    state.remember([BASE])
    settle(state, replace(NOTE, role="file"), "done")
    assert known(state).children == {}
    state.remember_child(BASE.key, "pdf", "PPPPPPPP")
    assert known(state).children == {"pdf": "PPPPPPPP"}


def test_one_child_does_not_make_another_forgotten(state: State) -> None:
    state.remember([BASE])
    settle(state, NOTE, "done")
    settle(state, replace(NOTE, role="pdf", key="PPPPPPPP"), "done")
    assert known(state).children == {"note": "NNNNNNNN", "pdf": "PPPPPPPP"}


def test_a_child_that_an_undo_has_trashed_is_forgotten_but_known_as_trashed_until_it_is_back(state: State) -> None:
    state.remember([replace(BASE, children={"note": "NNNNNNNN", "pdf": "PPPPPPPP"})])
    settle(state, replace(NOTE, role="child", op="undo"), "done")
    assert known(state).children == {"pdf": "PPPPPPPP"}
    assert state.trashed() == {"NNNNNNNN"}
    settle(state, replace(NOTE, role="child", op="undo", key="PPPPPPPP"), "kept")
    assert state.trashed() == {"NNNNNNNN", "PPPPPPPP"}
    settle(state, replace(NOTE, op="update"), "done")
    assert known(state).children == {"note": "NNNNNNNN"}
    assert state.trashed() == {"PPPPPPPP"}


def test_children_of_an_item_that_is_not_known_are_no_error(state: State) -> None:
    settle(state, NOTE, "done")
    settle(state, replace(NOTE, role="child"), "done")
    assert state.bases() == {}


# Runs


def test_runs_are_told_newest_first_and_their_writes_in_order(state: State) -> None:
    first = state.begin("sync", NOW)
    one, two = send(state, ITEM, sync=first), send(state, NOTE, sync=first)
    second = state.begin("undo", NOW + 60)
    other = send(state, ITEM, sync=second)
    state.settle(two, [replace(NOTE, outcome="lost")])
    state.end(first, NOW + 5, "1 created")
    state.end(second, NOW + 65, "1 to the trash", undoes=first)
    told = [(sync.kind, sync.started, sync.ended, sync.note, sync.undoes) for sync in state.syncs()]
    assert told == [
        ("undo", NOW + 60, NOW + 65, "1 to the trash", first),
        ("sync", NOW, NOW + 5, "1 created", 0),
    ]
    assert [(write.id, write.settled) for write in state.writes(first)] == [(one.id, False), (two.id, True)]
    assert state.open_writes() == [one, other]


# Names


TARGET = Target(server="https://api.zotero.org", kind="user", id=1)


def test_a_library_has_files_of_its_own() -> None:
    others = [
        replace(TARGET, server="http://127.0.0.1:8080"),
        replace(TARGET, kind="group"),
        replace(TARGET, id=11),
        replace(TARGET, way="desktop"),
    ]
    names = [file_name(target) for target in (TARGET, *others)]
    assert len(set(names)) == len(names)
    assert names[:2] == ["api-zotero-org-web-user-1", "127-0-0-1-8080-web-user-1"]


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("HTTPS://API.Zotero.org/", "api-zotero-org-web-user-1"),
        ("http://[::1]:23119", "1-23119-web-user-1"),
        ("aBc", "abc-web-user-1"),
    ],
)
def test_a_name_has_letters_and_digits_of_the_server_alone(server: str, name: str) -> None:
    assert file_name(replace(TARGET, server=server)) == name


def test_what_people_call_a_library_does_not_change_its_files() -> None:
    assert file_name(replace(TARGET, name="Ada", slug="ada")) == file_name(TARGET)
