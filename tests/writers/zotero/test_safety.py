"""What would hurt a user, each once found in a review: over HTTP against the stand-in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from refkit.cli import main
from refkit.errors import WriteError
from refkit.model import ArxivRecord, Author, Op, PartialDate, ThemeTag, Work
from refkit.secret import Secret
from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.writers.zotero.api import WebBackend
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.planfile import still_fits
from refkit.writers.zotero.state import State
from refkit.writers.zotero.undo import last_sync, plan_undo, undo
from refkit.writers.zotero.writer import ZoteroWriter

OWL = Work(
    record=ArxivRecord(
        arxiv_id="2401.00001",
        title="Introduction",
        authors=(Author("Owl", "Ada"),),
        categories=("cs.CL",),
        submitted=PartialDate(2024, 1, 2),
        comments="12 pages",
    ),
    themes=(ThemeTag("agents"),),
)
MOUSE = replace(OWL, record=replace(OWL.record, arxiv_id="2405.11111", title="Field Mice Hear What Owls Do Not Say"))
Make = Callable[..., ZoteroWriter]


@pytest.fixture
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer() as running:
        yield running


@pytest.fixture
def make(server: ZoteroServer, tmp_path: Path) -> Iterator[Make]:
    """Return a maker of writers: of one computer, or by its name of another one."""
    made: list[ZoteroWriter] = []

    def writer(computer: str = "one", **options: Any) -> ZoteroWriter:
        folder = tmp_path / computer
        backend = WebBackend(Target(server=server.url, kind="user", id=server.user_id), Secret(server.key))
        made.append(ZoteroWriter(backend, State(folder / "state"), Mirror(folder / "mirror"), Options(**options)))
        return made[-1]

    yield writer
    for each in made:
        each.close()


def sync(writer: ZoteroWriter, *works: Work) -> list[str]:
    report = writer.apply(writer.plan(works))
    assert not report.failed
    return [change.key for change in report.done]


def child(server: ZoteroServer, parent: str, kind: str) -> str:
    return next(key for key in server.library.children(parent) if server.library.items[key]["itemType"] == kind)


@pytest.mark.parametrize("wrapped", ["<p>Comment: 12 pages</p>", "Comment:&nbsp;12 <b>pages</b>"])
def test_a_note_that_the_editor_only_wrapped_is_not_the_users(server: ZoteroServer, make: Make, wrapped: str) -> None:
    (key,) = sync(make(), OWL)
    server.library.edit(child(server, key, "note"), note=wrapped)
    writer = make()
    assert [step.why for step in plan_undo(writer, last_sync(writer))] == [""]


def test_an_undo_leaves_an_item_whose_note_the_user_went_on_writing(server: ZoteroServer, make: Make) -> None:
    (key,) = sync(make(), OWL)
    server.library.edit(child(server, key, "note"), note="Comment: 12 pages<p>My three hours of reading</p>")
    writer = make()
    (step,) = plan_undo(writer, last_sync(writer))
    assert (step.data, "note" in step.why) == ({}, True)


def test_an_undo_that_met_a_change_is_not_over(server: ZoteroServer, make: Make) -> None:
    sync(make(), OWL)
    (key,) = sync(make(), MOUSE)
    writer = make()
    steps = plan_undo(writer, last_sync(writer))
    server.library.edit(key, language="en")
    done = undo(writer, last_sync(writer), steps)
    assert (len(done.left), done.trashed) == (1, ())
    assert last_sync(make()).id == done.sync.id


def test_filing_a_paper_leaves_it_in_a_collection_that_is_in_the_trash(server: ZoteroServer, make: Make) -> None:
    (key,) = sync(make(), OWL)
    thesis = server.library.add_collection("Thesis")
    server.library.collect(key, thesis)
    server.library.collections[thesis]["deleted"] = 1
    sync(make(collection="Reading"), OWL)
    assert thesis in server.library.items[key]["collections"]
    assert len(server.library.items[key]["collections"]) == 2


def test_a_collection_that_the_user_made_and_renamed_is_followed(server: ZoteroServer, make: Make) -> None:
    mine = server.library.add_collection("Reading")
    sync(make(collection="Reading"), OWL)
    server.library.edit_collection(mine, name="Lektüre")
    sync(make(collection="Reading"), OWL, MOUSE)
    assert [row["name"] for row in server.library.collections.values()] == ["Lektüre"]
    server.library.delete_collection(mine)
    sync(make(collection="Reading"), OWL, MOUSE)
    assert server.library.collections == {}


def test_an_item_that_names_another_paper_too_stays_what_it_is(server: ZoteroServer, make: Make) -> None:
    (owl,) = sync(make(), OWL)
    extra = server.library.items[owl]["extra"]
    server.library.edit(owl, extra=f"{extra}\narXiv: {MOUSE.record.arxiv_id} (the follow-up)")
    (mouse,) = sync(make(), MOUSE)
    assert mouse != owl
    assert server.library.items[owl]["title"] == "Introduction"


@pytest.mark.parametrize(
    ("kind", "first", "others", "is_it"),
    [
        ("journalArticle", "A.", 0, True),
        ("journalArticle", "Wei", 0, False),
        ("computerProgram", "Ada", 0, False),
        ("journalArticle", "Ada", 1, True),
    ],
)
def test_a_thing_of_the_same_title_is_the_paper_only_if_people_and_kind_agree(
    server: ZoteroServer, make: Make, kind: str, first: str, others: int, *, is_it: bool
) -> None:
    role = "programmer" if kind == "computerProgram" else "author"
    people = [("Owl", first)] + [("Mouse", "Bo")] * others
    creators = [{"creatorType": role, "firstName": given, "lastName": family} for family, given in people]
    key = server.library.add(itemType=kind, title="Introduction", date="2024", creators=creators)
    assert (sync(make(), OWL) == [key]) is is_it


def test_a_short_title_wants_two_authors_in_common(server: ZoteroServer, make: Make) -> None:
    several = replace(OWL, record=replace(OWL.record, authors=(*OWL.record.authors, Author("Mouse", "Bo"))))
    creators = [{"creatorType": "author", "firstName": given, "lastName": family}
                for family, given in (("Owl", "Ada"), ("Hawk", "Cy"))]  # fmt: skip
    key = server.library.add(itemType="journalArticle", title="Introduction", date="2024", creators=creators)
    assert sync(make(), several) != [key]


def test_a_note_that_the_user_trashed_stays_there_for_a_second_computer(server: ZoteroServer, make: Make) -> None:
    (key,) = sync(make(), OWL)
    note = child(server, key, "note")
    server.library.trash(note)
    sync(make("two"), OWL)
    assert server.library.items[note]["deleted"]


def test_a_saved_plan_does_not_bring_an_old_memory_back(server: ZoteroServer, make: Make) -> None:
    server.library.add(title="Introduction", archiveID="arXiv:2401.00001", tags=["agents"])
    writer = make(categories=False)
    old = writer.plan([OWL])
    fits, changed = still_fits(old, [replace(change, notes=("new",)) for change in old])
    assert (changed, [change.notes for change in fits]) == ([], [("new",)])


def test_what_a_first_try_made_unseen_can_be_undone(server: ZoteroServer, make: Make) -> None:
    """The answer is lost, and the last object failed, so that the server forgets the token and takes the second try."""
    bad = replace(MOUSE, record=replace(MOUSE.record, authors=(Author("x" * 300, "Bo"),)))
    writer = make(note=False, pdf="none")
    changes = writer.plan([OWL, bad])
    lost = len(server.requests) + 2  # after the question what the key may do
    server.faults = lambda number: "lost" if number == lost else ""
    report = writer.apply(changes)
    assert len(report.failed) == 1
    again = make()
    assert [step.title for step in plan_undo(again, last_sync(again)) if step.data] == ["Introduction"]


def test_a_full_disk_is_a_sentence_and_nothing_is_sent(server: ZoteroServer, make: Make) -> None:
    writer = make()
    changes = writer.plan([replace(OWL, record=replace(OWL.record, abstract="owls " * 20_000))])
    writer.state._connection.execute("pragma max_page_count = 1")  # no page more than there are
    with pytest.raises(WriteError, match="make room on the disk"):
        writer.apply(changes)
    assert not any(request.method == "POST" for request in server.requests)


def test_a_copy_that_cannot_be_written_is_done_without(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    writer = make()
    writer.mirror._connection.execute("pragma max_page_count = 1")
    writer.mirror.update([{"key": "AAAAAAAA", "version": 1, "title": "x" * 9999}], (), 3, whole=True)
    assert "the library is read anew next time" in caplog.text
    assert writer.mirror.version == 3
    with pytest.raises(sqlite3.OperationalError):
        writer.mirror._connection.execute("rollback")  # nothing is left open


def test_half_a_character_in_a_title_of_the_library_is_borne(make: Make, tmp_path: Path) -> None:
    writer = make()
    writer.mirror.update([{"key": "AAAAAAAA", "version": 1, "title": "half \ud800"}], (), 3, whole=True)
    assert Mirror(tmp_path / "one/mirror").items["AAAAAAAA"]["title"] == "half ?"


def test_a_plan_cannot_send_the_key_elsewhere(
    server: ZoteroServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REFKIT_ZOTERO_URL", server.url)
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", server.key)
    (tmp_path / "d.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    made = CliRunner().invoke(main, ["sync-zotero", "--no-network", "--plan", "plan.json", "d.txt"])
    assert made.exit_code == 0, made.output
    with ZoteroServer() as other:
        plan = tmp_path / "plan.json"
        plan.write_text(plan.read_text(encoding="utf-8").replace(server.url, other.url), encoding="utf-8")
        refused = CliRunner().invoke(main, ["sync-zotero", "--apply", "plan.json"])
        assert (refused.exit_code, other.requests) == (2, [])
        assert "was made for the server" in refused.stderr


def test_the_connector_compares_with_the_group_that_it_saves_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    with ZoteroDesktop(version="9.0.6", writable=False) as desktop:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
        group = desktop.add_group(2000001, "Owls")
        desktop.library.add(title="Learning to Navigate the Web", archiveID="arXiv:1812.09195")
        number = next(n for n, each in desktop.window.libraries.items() if each is group)
        desktop.selected = f"L{number}"
        for expected in ("1 created", "0 created"):
            done = CliRunner().invoke(main, ["sync-zotero", "--no-network", "--library", "owls", "d.txt"])
            assert (done.exit_code, expected in done.stderr) == (0, True), done.output
        assert len([row for row in group.items.values() if row["itemType"] == "preprint"]) == 1


def test_nothing_is_written_twice_on_a_desktop_that_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It saves later than refkit waits; the same command settles it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    with ZoteroDesktop(prompt="always") as desktop:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
        writes = desktop.library.write_items
        late: list[Any] = []

        def busy(objects: Any, _header_version: int | None = None) -> Any:
            late.append(objects)
            raise ConnectionAbortedError

        monkeypatch.setattr(desktop.library, "write_items", busy)
        stopped = CliRunner().invoke(main, ["sync-zotero", "--no-network", "d.txt"])
        assert (stopped.exit_code, "run the same command again" in stopped.stderr) == (3, True), stopped.output
        assert len(late) == 1
        monkeypatch.setattr(desktop.library, "write_items", writes)
        writes(late[0])
        again = CliRunner().invoke(main, ["sync-zotero", "--no-network", "d.txt"])
        assert again.exit_code == 0, again.output
        assert len([row for row in desktop.library.items.values() if row["itemType"] == "preprint"]) == 1
        kept = CliRunner().invoke(main, ["sync-zotero", "--no-network", "--dry-run", "d.txt"])
        assert Op.KEEP.value in kept.stdout
