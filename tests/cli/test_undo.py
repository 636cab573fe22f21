"""`refkit undo` and `refkit log` beside a stand-in library: what goes back, what is left and why."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.testing.zotero_faults import script

NAV, FAIR, VOX = "1812.09195", "1909.11869", "2307.05973"
NAV_TITLE = "Learning to Navigate the Web"
FAIR_TITLE = "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology"
NOTHING = "There is no sync to undo in this library; `refkit log` lists them."
Run = Callable[..., Result]
Refused = Callable[..., str]


def papers(library: Any) -> dict[str, dict[str, Any]]:
    rows = [row for row in library.items.values() if row["itemType"] == "preprint"]
    return {str(row["archiveID"]).removeprefix("arXiv:"): row for row in rows}


def trashed(library: Any) -> set[str]:
    return {arxiv_id for arxiv_id, row in papers(library).items() if row.get("deleted")}


def tags(row: dict[str, Any]) -> set[str]:
    return {tag["tag"] for tag in row["tags"]}


def content(library: Any) -> dict[str, dict[str, Any]]:
    """Return what a user sees of each item."""
    hidden = {"version", "dateModified"}
    return {
        key: {name: copy.deepcopy(value) for name, value in row.items() if name not in hidden}
        for key, row in library.items.items()
    }


def test_all_that_a_sync_created_goes_to_the_trash_and_a_new_sync_brings_it_back(
    web: ZoteroServer, sync: Run, cli: Run
) -> None:
    sync()
    before = content(web.library)
    told = cli("undo")
    assert re.search(
        r"refkit: reverted the sync of \d{4}-\d\d-\d\d \d\d:\d\d \(3 created, 0 updated, 0 failed\)", told.stderr
    )
    assert "3 put into the trash, 0 restored, 0 left as they are" in told.stderr
    assert trashed(web.library) == {NAV, FAIR, VOX}
    plan = sync("--dry-run").stdout
    assert "0 create, 3 update, 0 conflict, 0 keep" in plan
    assert "3 updated" in sync().stderr
    assert content(web.library) == before
    web.clear()
    sync()
    assert not any(request.is_write for request in web.requests)


def test_a_dry_run_of_undo_names_everything_and_writes_nothing(web: ZoteroServer, sync: Run, cli: Run) -> None:
    web.library.add(title="Found", archiveID=f"arXiv:{FAIR}", repository="arXiv")
    sync()
    version = web.library.version
    web.clear()
    told = cli("undo", "--dry-run").stdout
    assert f"to the trash: {NAV_TITLE}\n" in told
    assert "restore: Found\n" in told
    assert "    tags: without " in told
    assert (web.library.version, [each for each in web.requests if each.is_write]) == (version, [])
    assert "2 put into the trash, 1 restored" in cli("undo").stderr


def test_what_the_user_has_touched_since_is_left_with_the_reason(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync()
    rows = papers(web.library)
    web.library.edit(rows[NAV]["key"], title="Mine", rights="mine")
    web.library.add(itemType="note", note="Read this again", parentItem=rows[FAIR]["key"])
    told = cli("undo", code=1).stderr
    assert "left: Mine\n    you changed rights, title since\n" in told
    assert f"left: {FAIR_TITLE}\n    you added a note or a file to it\n" in told
    assert "1 put into the trash, 0 restored, 2 left as they are" in told
    assert trashed(web.library) == {VOX}


def test_what_the_user_trashed_or_deleted_since_is_left(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync()
    rows = papers(web.library)
    web.library.trash(rows[NAV]["key"])
    web.library.delete(rows[FAIR]["key"])
    told = cli("undo", code=1).stderr
    assert "it is in the trash already" in told
    assert "you deleted it for good" in told
    assert trashed(web.library) == {NAV, VOX}


def test_fields_tags_and_memberships_go_back_and_the_users_later_ones_stay(
    web: ZoteroServer, sync: Run, cli: Run
) -> None:
    mine = web.library.add_collection("Mine")
    key = web.library.add(
        title="Found",
        archiveID=f"arXiv:{FAIR}",
        repository="arXiv",
        tags=["mine"],
        collections=[mine],
        extra="cited: 3",
    )
    before = content(web.library)[key]
    sync("--collection", "Reading")
    assert web.library.items[key]["abstractNote"] == papers(web.library)[FAIR]["abstractNote"]
    assert len(web.library.items[key]["collections"]) == 2
    web.library.tag(key, "read")
    assert "2 put into the trash, 1 restored, 0 left as they are" in cli("undo").stderr
    after = content(web.library)[key]
    assert tags(after) == {"mine", "read"}
    assert {**after, "tags": before["tags"]} == before


def test_a_field_that_was_edited_since_is_left_and_the_others_go_back(web: ZoteroServer, sync: Run, cli: Run) -> None:
    key = web.library.add(title="Found", archiveID=f"arXiv:{FAIR}", repository="arXiv")
    sync()
    web.library.edit(key, date="my own")
    told = cli("undo", code=1).stderr
    assert "left: Found\n    you changed date since\n" in told
    row = web.library.items[key]
    assert (row["date"], row["DOI"], row["extra"], row["tags"]) == ("my own", "", "", [])


def test_undo_goes_back_sync_by_sync_and_then_there_is_nothing(
    web: ZoteroServer, sync: Run, cli: Run, refused: Refused
) -> None:
    assert refused("undo") == NOTHING
    sync()
    sync("--collection", "Reading")
    assert "0 put into the trash, 3 restored" in cli("undo").stderr
    assert [row["collections"] for row in papers(web.library).values()] == [[], [], []]
    assert "3 put into the trash" in cli("undo").stderr
    for arguments in ((), ("--dry-run",)):
        assert refused("undo", *arguments) == NOTHING
    assert trashed(web.library) == {NAV, FAIR, VOX}


def test_a_sync_of_which_nothing_is_left_does_not_stand_in_the_way(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync()
    sync("--collection", "Reading")
    web.library.delete_collection(next(iter(web.library.collections)))
    told = cli("undo", code=1).stderr
    assert "0 put into the trash, 0 restored, 3 left as they are" in told
    assert "3 put into the trash" in cli("undo").stderr
    assert trashed(web.library) == {NAV, FAIR, VOX}


def test_undo_does_not_claim_what_it_has_not_done(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync()
    for row in papers(web.library).values():
        web.library.edit(row["key"], title="Mine")
    told = cli("undo", code=1).stderr
    assert "3 left as they are" in told
    assert "reverted the sync" not in told


def test_the_log_tells_all_that_was_done(web: ZoteroServer, sync: Run, cli: Run) -> None:
    nothing = cli("log")
    assert nothing.stdout == ""
    assert "refkit has written nothing to the library of ada from this machine." in nothing.stderr
    sync()
    sync()
    sync("--collection", "Reading")
    cli("undo")
    lines = [re.sub(r"^[\d-]{10} [\d:]{5}  ", "", line) for line in cli("log").stdout.splitlines()]
    assert lines == [
        "undo  0 to the trash, 3 restored, 0 left",
        "sync  0 created, 3 updated, 0 failed (undone)",
        "sync  3 created, 0 updated, 0 failed",
    ]
    web.clear()
    cli("log")
    assert not any(request.is_write for request in web.requests)


def test_undo_and_log_are_of_the_library_that_is_named(
    web: ZoteroServer, sync: Run, cli: Run, refused: Refused
) -> None:
    group = web.add_group("Owls")
    sync()
    sync("--library", "Owls")
    assert "3 put into the trash" in cli("undo", "--library", "Owls").stderr
    assert (trashed(group), trashed(web.library)) == ({NAV, FAIR, VOX}, set())
    assert refused("undo", "--library", str(group.id)) == NOTHING
    assert "(undone)" in cli("log", "--library", "owls").stdout
    assert "(undone)" not in cli("log").stdout


def test_the_note_and_the_pdf_of_a_found_paper_are_none_of_ours(web: ZoteroServer, sync: Run, cli: Run) -> None:
    key = web.library.add(title="Found", archiveID=f"arXiv:{FAIR}", repository="arXiv")
    sync()
    assert web.library.children(key) == []
    cli("undo")
    assert "deleted" not in web.library.items[key]


def write_of_an_undo(web: ZoteroServer, cli: Run) -> int:
    """Return which request of an undo is the one that writes: the one after all that a dry run asks."""
    web.clear()
    cli("undo", "--dry-run")
    return len(web.requests) + 1


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("fault", ["lost", "cut", "reset", "503"])
def test_a_bad_moment_of_an_undo_changes_nothing(web: ZoteroServer, sync: Run, cli: Run, fault: str) -> None:
    sync()
    number = write_of_an_undo(web, cli)
    web.clear()
    web.faults = script({number: fault})
    assert "3 put into the trash, 0 restored, 0 left" in cli("undo").stderr
    assert [request.method for request in web.requests if request.fault] == ["POST"]
    assert trashed(web.library) == {NAV, FAIR, VOX}


@pytest.mark.usefixtures("no_waiting")
def test_a_server_that_fails_in_an_undo_is_told_and_the_same_command_goes_on(
    web: ZoteroServer, sync: Run, cli: Run
) -> None:
    sync()
    number = write_of_an_undo(web, cli)
    web.clear()
    web.faults = lambda each: "503" if each >= number else ""
    told = cli("undo", code=3).stderr
    assert "stopped: Zotero gave no answer" in told
    assert "the same command goes on from there" in told
    assert trashed(web.library) == set()
    web.faults = lambda _: ""
    assert "3 put into the trash" in cli("undo").stderr
    assert trashed(web.library) == {NAV, FAIR, VOX}


def test_a_key_that_may_only_read_undoes_nothing(
    web: ZoteroServer, sync: Run, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync()
    web.clear()
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", web.add_key(write=False))
    assert "The key may read but not write the library of ada" in refused("undo")
    assert not any(request.is_write for request in web.requests)


def test_a_sync_into_the_desktop_is_undone_there(
    folder: object, sync: Run, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder
    with ZoteroDesktop(prompt="always") as desktop:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
        sync("--collection", "Reading")
        assert "3 put into the trash" in cli("undo").stderr
        assert trashed(desktop.library) == {NAV, FAIR, VOX}
        assert "3 updated" in sync("--collection", "Reading").stderr
        assert trashed(desktop.library) == set()
        assert sum(row["itemType"] == "attachment" for row in desktop.library.items.values()) == 3
        assert "(undone)" in cli("log").stdout
