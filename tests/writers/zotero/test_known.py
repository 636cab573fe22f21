from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.known import known_links
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.state import State, file_name

WEB = "https://api.zotero.org"


def remember(folder: Path, name: str, *bases: Base) -> Path:
    path = folder / "zotero" / f"{name}.sqlite"
    with closing(State(path)) as state:
        state.remember(bases)
    return path


def test_items_of_every_library_are_known_by_their_paper(tmp_path: Path) -> None:
    user, group = (file_name(Target(server=WEB, kind=kind, id=7)) for kind in ("user", "group"))
    remember(
        tmp_path,
        user,
        Base(key="AAAA2345", arxiv_id="2401.00001"),
        Base(key="BBBB2345", arxiv_id="2401.00002", undone=True),
    )
    remember(tmp_path, group, Base(key="CCCC2345", arxiv_id="2401.00001"), Base(key="DDDD2345", arxiv_id="2401.00003"))
    remember(tmp_path, "desktop-aBc-user-0", Base(key="EEEE2345", arxiv_id="2401.00004"))
    remember(tmp_path, "connector-desktop-1", Base(key="connector:1", arxiv_id="2401.00005"))
    assert known_links(tmp_path) == {
        "2401.00001": "zotero://select/library/items/AAAA2345",  # the user's own comes before a group's
        "2401.00003": "zotero://select/groups/7/items/DDDD2345",
        "2401.00004": "zotero://select/library/items/EEEE2345",
    }


def test_of_several_items_and_libraries_of_a_paper_one_is_taken_always_the_same(tmp_path: Path) -> None:
    first, second = (Base(key=key, arxiv_id="2401.00001") for key in ("AAAA2345", "BBBB2345"))
    remember(tmp_path, "x-web-user-1", second)
    remember(tmp_path, "y-web-user-1", second, first, Base(key="CCCC2345", arxiv_id="2401.00001"))
    remember(tmp_path, "z-web-group-9", second)
    assert known_links(tmp_path) == {"2401.00001": "zotero://select/library/items/AAAA2345"}


def test_what_another_program_calls_its_files_is_passed_over(tmp_path: Path) -> None:
    base = Base(key="AAAA2345", arxiv_id="2401.00001")
    for name in ("web-user-1-old", "web-users-1", "web-user-x", "user", "web-user-"):
        remember(tmp_path, name, base)
    (tmp_path / "zotero" / "web-user-1.txt").write_bytes((tmp_path / "zotero" / "user.sqlite").read_bytes())
    assert known_links(tmp_path) == {}


def test_a_memory_is_opened_to_read_alone_and_not_waited_for_more_than_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = remember(tmp_path, "x-web-user-1", Base(key="AAAA2345", arxiv_id="2401.00001"))
    opened: list[tuple[str, bool, float]] = []
    connect: Any = sqlite3.connect

    def noted(address: str, *, uri: bool, timeout: float) -> Any:
        opened.append((address, uri, timeout))
        return connect(address, uri=uri, timeout=0.01)

    monkeypatch.setattr("refkit.writers.zotero.known.sqlite3.connect", noted)
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert known_links(tmp_path) == {}
    assert opened == [(f"{path.as_uri()}?mode=ro", True, 1)]


def test_without_a_memory_nothing_is_known_and_nothing_is_made(tmp_path: Path) -> None:
    assert known_links(tmp_path) == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0 broken"])
def test_a_memory_that_cannot_be_read_is_passed_over_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zotero" / "x-web-user-1.sqlite"
    path.parent.mkdir()
    path.write_bytes(content)
    remember(tmp_path, "x-web-user-2", Base(key="AAAA2345", arxiv_id="2401.00001"))
    assert set(known_links(tmp_path)) == {"2401.00001"}
    assert path.read_bytes() == content


def test_a_memory_that_another_run_writes_is_read_as_it_was(tmp_path: Path) -> None:
    path = remember(tmp_path, "x-web-user-1", Base(key="AAAA2345", arxiv_id="2401.00001"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        assert set(known_links(tmp_path)) == {"2401.00001"}
