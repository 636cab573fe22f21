"""What `refkit sync-zotero` says of bad keys, libraries, servers and days: one sentence, an exit code, no traceback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from filelock import FileLock

from refkit.folders import cache_folder, state_folder
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.testing import ArxivCorpus, ArxivServer, ZoteroServer
from refkit.testing.zotero_faults import script

NAV, FAIR, VOX = "1812.09195", "1909.11869", "2307.05973"
NAV_TITLE = "Learning to Navigate the Web"
WRONG = "abcdefghijklmnopqrstuvwx"
Run = Callable[..., Result]
Refused = Callable[..., str]


def titles(library: Any) -> list[str]:
    return sorted(row["title"] for row in library.items.values() if row["itemType"] == "preprint")


def writes(web: ZoteroServer) -> int:
    return sum(request.is_write for request in web.requests)


# Keys


@pytest.mark.usefixtures("folder")
def test_without_a_key_and_without_zotero_both_remedies_are_named(refused: Refused) -> None:
    for command in (("sync-zotero", "digest.txt", "--no-network"), ("undo",), ("log",)):
        sentence = refused(*command)
        assert "`refkit login`, or set REFKIT_ZOTERO_KEY" in sentence
        assert "Start Zotero" in sentence
    assert "No key for the web is known" in refused("sync-zotero", "digest.txt", "--to", "web")


def test_a_key_that_zotero_does_not_know_is_told_and_never_shown(
    web: ZoteroServer, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", WRONG)
    for command in (("sync-zotero", "digest.txt", "--no-network"), ("undo",), ("log",)):
        sentence = refused(*command)
        assert "Zotero does not know this key" in sentence
        assert WRONG not in sentence
    assert writes(web) == 0


def test_what_cannot_be_a_key_is_neither_sent_nor_shown(
    web: ZoteroServer, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", "s3cr3t!")
    sentence = refused()
    assert "The environment variable REFKIT_ZOTERO_KEY holds no key" in sentence
    assert "s3cr3t" not in sentence
    assert web.requests == []


def test_a_key_that_may_only_read_can_plan_but_sends_nothing(
    web: ZoteroServer, sync: Run, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", web.add_key(write=False))
    assert "3 create" in sync("--dry-run").stdout
    assert "The key may read but not write the library of ada" in refused()
    assert writes(web) == 0
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", web.add_key(library=False))
    assert "The key gives no access to the library of ada" in refused()


# Libraries


def test_a_group_is_found_by_name_and_by_number(web: ZoteroServer, sync: Run) -> None:
    group = web.add_group("Silent Owls")
    first = sync("--library", "silent owls")
    assert f"zotero://select/groups/{group.id}/items/" in first.stdout
    assert "the group library Silent Owls: 3 created" in first.stderr
    for name in (str(group.id), "Silent Owls"):
        assert "3 kept as they are" in sync("--library", name).stderr
    assert len(titles(group)) == 3
    assert titles(web.library) == []


def test_the_command_line_wins_over_the_environment(
    web: ZoteroServer, sync: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = web.add_group("Owls")
    monkeypatch.setenv("REFKIT_ZOTERO_LIBRARY", "Owls")
    sync()
    assert (len(titles(group)), len(titles(web.library))) == (3, 0)
    sync("--library", "user")
    assert len(titles(web.library)) == 3


def test_an_unknown_group_is_told_with_those_that_there_are(web: ZoteroServer, refused: Refused) -> None:
    owls, mice = web.add_group("Owls"), web.add_group("Mice")
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--library", "Cats")
    assert f"There is no group named 'Cats'; the groups are: Owls ({owls.id}), Mice ({mice.id})" in sentence
    assert writes(web) == 0


def test_an_unknown_number_is_told_with_the_groups_that_there_are(web: ZoteroServer, refused: Refused) -> None:
    web.add_group("Owls")
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--library", "999")
    assert "group library 999" in sentence
    assert "Owls" in sentence


def test_two_groups_of_one_name_are_told_apart_by_their_numbers(web: ZoteroServer, refused: Refused) -> None:
    one, two = web.add_group("Owls"), web.add_group("owls")
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--library", "OWLS")
    assert "several groups named 'OWLS'" in sentence
    assert str(one.id) in sentence
    assert str(two.id) in sentence
    assert "by its number" in sentence


def test_a_group_that_may_not_be_written_is_told_before_anything_is_sent(
    web: ZoteroServer, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = web.add_group("Owls")
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", web.add_key(write=True, groups=True))
    for name in ("Owls", str(group.id)):
        sentence = refused("sync-zotero", "digest.txt", "--no-network", "--library", name)
        assert "The key may read but not write" in sentence
    assert writes(web) == 0


def test_a_library_that_does_not_exist_is_told(
    web: ZoteroServer, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOTERO_LIBRARY_TYPE", "user")
    monkeypatch.setenv("ZOTERO_LIBRARY_ID", "77")
    assert "User 77 not found" in refused()
    assert writes(web) == 0


# Odd content


def test_a_library_full_of_odd_items_is_read_without_harm(web: ZoteroServer, sync: Run) -> None:
    keys = web.library.load(
        [
            {},
            {"title": None, "creators": None, "tags": [], "extra": None},
            {"title": 5, "extra": 7, "DOI": 10, "url": ["x"]},
            {
                "creators": [{"creatorType": "author", "lastName": None}, {"creatorType": "editor"}],
                "title": NAV_TITLE,
                "date": "last year",
            },
            {"itemType": "note", "note": f"arXiv:{NAV}"},
            {"itemType": "attachment", "linkMode": "linked_url", "url": f"http://arxiv.org/abs/{NAV}"},
            {"title": "Tagged", "tags": [f"tag {number}" for number in range(5000)]},
            {"title": NAV_TITLE, "archiveID": f"arXiv:{VOX}", "repository": "arXiv", "deleted": 1},
        ]
    )
    before = {key: dict(web.library.items[key]) for key in keys}
    told = sync()
    assert "2 created, 0 updated, 1 kept as they are" in told.stderr
    assert {key: web.library.items[key] for key in keys} == before


def test_a_theme_that_is_too_long_for_a_tag_is_told_and_the_paper_comes_without_it(
    web: ZoteroServer, sync: Run, folder: Path
) -> None:
    terms = 'terms = [{ weight = 6, any = ["navigate"] }]'
    (folder / "mine.toml").write_text(f'[themes.{"a" * 300}]\nlabel = "A"\n{terms}\n', encoding="utf-8")
    for arguments in (("--dry-run",), ()):
        told = sync("--themes", "mine.toml", *arguments)
        assert "has 300 characters and a tag may have 255; shorten its name" in told.output
    assert len(titles(web.library)) == 3


def test_a_title_with_control_characters_steers_no_terminal(
    web: ZoteroServer, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "Nocturnal\x1b[2J Owls\x07 and Their\x00 Silent\u202e Flight Control"
    record = ArxivRecord(
        arxiv_id="2101.00001",
        title=title,
        authors=(Author("Strix\x1b[0m", "Ada"),),
        categories=("cs.RO",),
        submitted=PartialDate(2021, 1, 4),
    )
    row = json.dumps({"title": "Nocturnal\x1b[2J Owls and Their Silent Flight Control", "arxiv_id": "2101.00001"})
    with ArxivServer(ArxivCorpus.from_records([record])) as arxiv:
        monkeypatch.setenv("REFKIT_ARXIV_URL", arxiv.url)
        for arguments in (("--dry-run",), ()):
            result = cli("sync-zotero", "-", "--reader", "jsonl", *arguments, stdin=f"{row}\n", code=0)
            assert "2101.00001" in result.stdout
            assert not [char for char in result.output if not char.isprintable() and char != "\n"]
    (stored,) = titles(web.library)
    assert not any(ord(char) < 32 for char in stored)


# Bad days of the server


def test_a_server_that_asks_for_patience_is_given_it(web: ZoteroServer, sync: Run) -> None:
    web.faults = script({1: "429", 3: "503-backoff"})
    assert "3 created" in sync("--no-pdf").stderr
    assert web.violations() == []


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("fault", ["lost", "cut", "reset", "502-html", "html-200"])
def test_no_answer_to_a_write_doubles_or_loses_a_paper(web: ZoteroServer, sync: Run, fault: str) -> None:
    sync("--collection", "A", "--dry-run")
    first = len(web.requests) + 1  # after all that a dry run asks, writing begins
    web.clear()
    web.faults = script({first: fault, first + 1: fault})
    assert "3 created" in sync("--collection", "A").stderr
    assert next(request.is_write for request in web.requests if request.fault)
    assert len(titles(web.library)) == 3
    assert len(web.library.collections) == 1
    assert sum(row["itemType"] == "attachment" for row in web.library.items.values()) == 3
    web.faults = lambda _: ""
    assert "3 kept as they are" in sync("--collection", "A").stderr


@pytest.mark.usefixtures("no_waiting")
def test_a_server_that_is_down_for_good_ends_with_three_and_the_same_command_goes_on(
    web: ZoteroServer, sync: Run, refused: Refused
) -> None:
    web.maintenance = True
    assert "it is overloaded or being updated (503)" in refused(code=3)
    web.maintenance = False
    web.faults = lambda _: "503" if web.library.items else ""
    stopped = sync(code=3)
    assert "stopped: Zotero gave no answer" in stopped.stderr
    assert "the same command goes on from there" in stopped.stderr
    web.faults = lambda _: ""
    sync()
    assert len(titles(web.library)) == 3
    assert sum(row["itemType"] == "attachment" for row in web.library.items.values()) == 3


@pytest.mark.usefixtures("no_waiting")
def test_what_is_said_of_a_stop_counts_what_is_left(web: ZoteroServer, sync: Run) -> None:
    web.faults = lambda _: "503" if web.library.items else ""
    stopped = sync(code=3)
    assert "    0 of the plan's papers" not in stopped.stderr


@pytest.mark.usefixtures("web", "no_waiting")
def test_nobody_at_the_address_is_told(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_URL", "http://127.0.0.1:9")
    assert "it could not be reached" in refused(code=3)
    monkeypatch.setenv("REFKIT_ZOTERO_URL", "api.zotero.org")
    assert "REFKIT_ZOTERO_URL is 'api.zotero.org'; write an address like https://" in refused()


# refkit's own files


def state_file() -> Path:
    (path,) = (state_folder() / "zotero").glob("*.sqlite")
    return path


def test_a_broken_memory_is_told_with_what_it_means(web: ZoteroServer, sync: Run, refused: Refused) -> None:
    sync()
    path = state_file()
    for extra in ("-wal", "-shm", "-journal"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    path.write_bytes(b"no database at all" * 100)
    web.clear()
    for command in (("sync-zotero", "digest.txt", "--no-network"), ("undo",), ("log",)):
        sentence = refused(*command)
        assert f"{path}, refkit's memory of what it wrote to Zotero, cannot be used" in sentence
    assert writes(web) == 0


def test_a_memory_of_which_a_row_is_broken_is_told_too(web: ZoteroServer, sync: Run, refused: Refused) -> None:
    sync()
    with sqlite3.connect(state_file()) as connection:
        connection.execute("update bases set base = ?", (b"{broken",))
    connection.close()
    assert "memory of what it wrote to Zotero" in refused()
    assert web.requests


def test_without_its_memory_nothing_is_added_or_changed(web: ZoteroServer, sync: Run) -> None:
    sync()
    state_file().unlink()
    for path in (cache_folder() / "zotero").glob("*"):
        path.unlink()
    before = {key: dict(row) for key, row in web.library.items.items()}
    sync()
    assert web.library.items == before
    web.clear()
    assert "3 kept as they are" in sync().stderr
    assert writes(web) == 0


def test_a_broken_copy_of_the_library_is_made_anew(web: ZoteroServer, sync: Run) -> None:
    sync()
    (copy,) = (cache_folder() / "zotero").glob("*.sqlite")
    copy.write_bytes(b"no database at all" * 100)
    assert "3 kept as they are" in sync().stderr
    assert len(titles(web.library)) == 3


@pytest.mark.usefixtures("web")
def test_a_folder_that_cannot_be_made_is_told(folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder / "digest.txt"))
    assert "cannot be used" in refused()


def test_another_refkit_on_the_same_library_is_waited_for_and_told(
    web: ZoteroServer, sync: Run, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync()
    web.clear()
    monkeypatch.setattr("refkit.writers.zotero.library._LOCK_PATIENCE", 0.1)
    with FileLock(state_file().with_suffix(".lock")):
        sentence = refused()
    assert sentence == "Another refkit is working with the library of ada; wait until it has finished."
    assert writes(web) == 0
    sync()
