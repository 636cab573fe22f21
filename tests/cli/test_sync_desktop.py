"""`refkit sync-zotero` beside a stand-in Zotero desktop: through its local API, and through its connector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import Result

from refkit.testing import ZoteroDesktop
from refkit.testing.zotero_desktop_http import DesktopRequest
from refkit.testing.zotero_desktop_other import JabrefDesktop

NAV, FAIR, VOX = "1812.09195", "1909.11869", "2307.05973"
Run = Callable[..., Result]
Refused = Callable[..., str]
Start = Callable[..., ZoteroDesktop]


@pytest.fixture
def start(folder: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a desktop in the place where refkit looks for one."""
    assert folder
    with ExitStack() as running:

        def begin(**options: Any) -> ZoteroDesktop:
            desktop = running.enter_context(ZoteroDesktop(**options))
            monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
            return desktop

        yield begin


@pytest.fixture
def older(start: Start) -> ZoteroDesktop:
    """A Zotero 9 whose local API is on: it can be read, and written through the connector alone."""
    return start(version="9.0.6", writable=False)


def papers(desktop: ZoteroDesktop) -> dict[str, dict[str, Any]]:
    rows = [row for row in desktop.library.items.values() if row["itemType"] == "preprint"]
    assert len({row["archiveID"] for row in rows}) == len(rows)
    return {str(row["archiveID"]).removeprefix("arXiv:"): row for row in rows}


def tags(row: dict[str, Any]) -> dict[str, int]:
    return {tag["tag"]: tag.get("type", 0) for tag in row["tags"]}


def posts(requests: list[DesktopRequest]) -> list[str]:
    """What was written, or tried: asking what is selected is a POST too."""
    asked = "/connector/getSelectedCollection"
    return [request.path for request in requests if request.method != "GET" and request.path != asked]


# The local API


def test_each_batch_asks_and_a_second_run_neither_asks_nor_writes(start: Start, sync: Run) -> None:
    desktop = start(prompt="allow")
    told = sync("--collection", "Reading")
    assert "the library of your Zotero on this computer: 3 created, 0 updated" in told.stderr
    assert Counter(posts(desktop.requests)) == {
        "/api/local/authorize": 3,
        "/api/users/0/collections": 1,
        "/api/users/0/items": 2,
    }
    for row in papers(desktop).values():
        assert f"zotero://select/library/items/{row['key']}\n" in told.stdout
    done = len(desktop.requests)
    assert "3 kept as they are" in sync("--collection", "Reading").stderr
    assert posts(desktop.requests[done:]) == []


def test_always_asks_once_and_a_key_that_was_revoked_is_renewed(start: Start, sync: Run) -> None:
    desktop = start(prompt="always")
    sync()
    assert posts(desktop.requests).count("/api/local/authorize") == 1
    desktop.keys.revoke()
    assert "3 updated" in sync("--collection", "Reading").stderr
    assert posts(desktop.requests).count("/api/local/authorize") == 2
    assert 401 in [request.status for request in desktop.requests]
    assert [len(row["collections"]) for row in papers(desktop).values()] == [1, 1, 1]


def test_who_says_no_in_the_dialog_is_told_how_to_be_asked_again(start: Start, sync: Run) -> None:
    desktop = start(prompt=["deny", "always"])
    told = sync(code=2)
    assert told.stderr.splitlines()[-1].startswith(
        "refkit: Writing was denied in Zotero's dialog; run the same command"
    )
    assert papers(desktop) == {}
    assert "3 created" in sync().stderr


def test_who_says_no_half_way_is_told_what_was_written(start: Start, sync: Run) -> None:
    desktop = start(prompt=["allow", "deny", "always"])
    told = sync(code=1)
    assert "Writing was denied in Zotero's dialog" in told.stderr
    assert set(papers(desktop)) == {NAV, FAIR, VOX}
    assert "3 created" in told.stderr


def test_a_denied_dialog_half_way_loses_and_doubles_nothing(start: Start, sync: Run) -> None:
    desktop = start(prompt=["allow", "deny", "always"])
    sync(code=1)
    sync()
    assert set(papers(desktop)) == {NAV, FAIR, VOX}
    assert sum(row["itemType"] == "attachment" for row in desktop.library.items.values()) == 3


def test_another_database_is_another_library(start: Start, sync: Run) -> None:
    first = start(prompt="always")
    sync()
    second = start(prompt="always")
    assert "3 created" in sync().stderr
    assert set(papers(first)) == set(papers(second)) == {NAV, FAIR, VOX}


def test_a_plan_for_another_database_is_not_applied(start: Start, sync: Run, cli: Run) -> None:
    first = start(prompt="always")
    sync("--plan", "plan.json")
    first.quit()
    other = start(prompt="always", port=int(first.url.rpartition(":")[2]))
    cli("sync-zotero", "--apply", "plan.json", code=2)
    assert papers(other) == {}


def test_a_lost_answer_neither_doubles_nor_loses_a_paper(start: Start, sync: Run) -> None:
    desktop = start(prompt="always")
    desktop.faults = lambda _: "lost" if posts(desktop.requests)[-1:] == ["/api/local/authorize"] else ""
    sync()
    assert "lost" in [request.fault for request in desktop.requests]
    assert set(papers(desktop)) == {NAV, FAIR, VOX}
    desktop.faults = lambda _: ""
    sync()
    assert set(papers(desktop)) == {NAV, FAIR, VOX}
    assert sum(row["itemType"] == "attachment" for row in desktop.library.items.values()) == 3


def test_groups_of_the_desktop_are_found_by_name(start: Start, sync: Run, refused: Refused) -> None:
    desktop = start(prompt="always")
    group = desktop.add_group(4711, "Owls")
    assert "the group library Owls: 3 created" in sync("--library", "owls").stderr
    assert len(group.items) == 6
    assert "3 kept as they are" in sync("--library", "4711").stderr
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--library", "Mice")
    assert "There is no group named 'Mice'; the groups are: Owls (4711)" in sentence
    assert papers(desktop) == {}


def test_pdfs_that_cannot_be_stored_are_refused_before_anything_is_sent(start: Start, refused: Refused) -> None:
    desktop = start(prompt="always")
    assert "stores no PDFs" in refused("sync-zotero", "digest.txt", "--no-network", "--pdf")
    assert posts(desktop.requests) == []


# Who is there


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("way", ["desktop", "connector"])
def test_a_closed_zotero_is_no_answer(refused: Refused, way: str) -> None:
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--to", way, code=3)
    assert "Zotero is closed. Start Zotero" in sentence


@pytest.mark.usefixtures("folder")
def test_nothing_is_ever_posted_to_jabref(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    with JabrefDesktop() as jabref:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", jabref.url)
        for way, code in (("desktop", 3), ("connector", 3), ("", 2)):
            wanted = ("--to", way) if way else ()
            sentence = refused("sync-zotero", "digest.txt", "--no-network", *wanted, code=code)
            assert "is not Zotero (JabRef uses the same port)" in sentence
        assert {request.method for request in jabref.requests} == {"GET"}


def test_the_local_api_that_is_off_or_too_old_is_told_with_its_remedy(start: Start, refused: Refused) -> None:
    desktop = start(local_api=False)
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--to", "desktop", code=3)
    assert "switch it on in Zotero: Settings > Advanced" in sentence
    older = start(version="9.0.6", writable=False)
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--to", "desktop", code=3)
    assert "Zotero 9.0.6 can be read by other programs, but not written; install Zotero 10" in sentence
    assert posts(desktop.requests) == posts(older.requests) == []


# The connector


def test_themes_are_tags_of_the_user_and_categories_automatic_and_a_second_run_adds_nothing(
    older: ZoteroDesktop, sync: Run
) -> None:
    told = sync()
    assert "3 created" in told.stderr
    assert "connector arXiv's categories are kept only if" in told.stderr
    assert "zotero://" not in told.stdout
    assert tags(papers(older)[VOX]) == {"robotics": 0, "Computer Science - Robotics": 1}
    done = len(older.requests)
    assert "3 kept as they are" in sync().stderr
    assert posts(older.requests[done:]) == []


@pytest.mark.usefixtures("older")
def test_what_the_user_saved_before_is_recognised_by_reading(older: ZoteroDesktop, sync: Run) -> None:
    older.library.add(title="Mine", archiveID=f"arXiv:{VOX}", repository="arXiv")
    told = sync("--dry-run").stdout
    assert f"keep     arXiv:{VOX}" in told
    assert "the connector can only add papers, so this is left out: " in told
    assert "2 created, 0 updated, 1 kept" in sync().stderr


def test_without_the_local_api_refkit_knows_only_what_it_saved(start: Start, sync: Run) -> None:
    desktop = start(local_api=False)
    assert "3 created" in sync().stderr
    done = len(desktop.requests)
    again = sync("--dry-run").stdout
    assert again.count("whether it is still there cannot be seen through the connector") == 3
    assert "3 kept as they are" in sync().stderr
    assert posts(desktop.requests[done:]) == []
    assert len(papers(desktop)) == 3
    assert "3 created" in sync("--recreate").stderr


def test_what_was_read_before_the_local_api_was_switched_off_is_not_called_found(
    older: ZoteroDesktop, sync: Run
) -> None:
    sync()
    sync()
    older.local_api = False
    older.library.delete(papers(older)[VOX]["key"])
    told = sync("--dry-run").stdout
    assert "found by" not in told


def test_two_desktops_without_the_local_api_are_not_mixed_up_with_one_that_was_read(start: Start, sync: Run) -> None:
    start(version="9.0.6", writable=False)
    sync()
    sync()
    other = start(local_api=False)
    plan = sync("--dry-run").stdout
    assert "found by its arXiv id" not in plan
    assert papers(other) == {}


def test_what_is_selected_in_the_window_is_the_target(older: ZoteroDesktop, sync: Run) -> None:
    key = older.library.add_collection("Inbox")
    older.selected = older.target(key)
    sync()
    assert [row["collections"] for row in papers(older).values()] == [[key]] * 3


def test_a_collection_must_exist_and_takes_the_papers_then(older: ZoteroDesktop, sync: Run, refused: Refused) -> None:
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--collection", "Reading/New")
    assert "There is no collection Reading/New in My Library, and the connector can make none" in sentence
    assert papers(older) == {}
    top = older.library.add_collection("Reading")
    inner = older.library.add_collection("New", top)
    sync("--collection", "Reading/New")
    assert [row["collections"] for row in papers(older).values()] == [[inner]] * 3
    assert len(older.library.collections) == 2


@pytest.mark.usefixtures("older")
def test_a_collection_for_each_theme_is_too_much_for_the_connector(refused: Refused) -> None:
    sentence = refused("sync-zotero", "digest.txt", "--no-network", "--theme-collections")
    assert "leave --theme-collections" in sentence


def test_a_group_is_not_ignored_by_the_connector(older: ZoteroDesktop, cli: Run) -> None:
    older.add_group(4711, "Owls")
    cli("sync-zotero", "digest.txt", "--no-network", "--library", "Owls", code=2)
    assert papers(older) == {}


@pytest.mark.parametrize("local_api", [True, False])
def test_a_lost_answer_of_the_connector_neither_doubles_nor_loses(start: Start, sync: Run, *, local_api: bool) -> None:
    desktop = start(version="9.0.6", writable=False, local_api=local_api)
    saves = [0]

    def lose_the_second_save(number: int) -> str:
        if len(papers(desktop)) == 1:
            saves[0] = saves[0] or number
        # After the first paper come its updateSession, then the save that is lost.
        return "lost" if saves[0] and number == saves[0] + 1 else ""

    desktop.faults = lose_the_second_save
    sync()
    assert "lost" in [request.fault for request in desktop.requests]
    assert set(papers(desktop)) == {NAV, FAIR, VOX}
    desktop.faults = lambda _: ""
    assert "3 kept as they are" in sync().stderr
    assert set(papers(desktop)) == {NAV, FAIR, VOX}


@pytest.mark.usefixtures("pdfs")
def test_pdfs_are_attached_through_the_connector(older: ZoteroDesktop, cli: Run) -> None:
    told = cli("sync-zotero", "digest.txt", "--pdf")
    assert "not attached" not in told.stderr
    assert len(older.files) == 3
    assert all(content.startswith(b"%PDF-") for content in older.files.values())


def test_a_pdf_that_cannot_be_had_is_told_by_the_connector_too(older: ZoteroDesktop, cli: Run, pdfs: set[str]) -> None:
    pdfs.add(NAV)
    told = cli("sync-zotero", "digest.txt", "--pdf", code=1)
    assert f"arXiv:{NAV}: its PDF was not attached: arXiv has no PDF of it" in told.stderr
    assert len(older.files) == 2


def test_the_plan_for_the_connector_is_applied_through_it(older: ZoteroDesktop, sync: Run, cli: Run) -> None:
    sync("--plan", "plan.json")
    assert papers(older) == {}
    assert "3 created" in cli("sync-zotero", "--apply", "plan.json").stderr
    assert set(papers(older)) == {NAV, FAIR, VOX}


def test_what_the_connector_saved_cannot_be_undone_and_is_logged(
    older: ZoteroDesktop, sync: Run, cli: Run, refused: Refused
) -> None:
    sync()
    assert "cannot be taken back by a program; delete it in Zotero" in refused("undo")
    assert "3 created through the connector, 0 failed" in cli("log").stdout
    assert len(papers(older)) == 3
