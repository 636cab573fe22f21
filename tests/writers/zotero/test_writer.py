"""The writer over HTTP beside the stand-in: what is sent and when, and what is remembered when it goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import SourceUnavailable, Unanswered, WriteRefused, WriteUnavailable
from refkit.model import ArxivRecord, Author, Op, PartialDate, Report, ThemeTag, Work
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.writers.zotero.api import DesktopBackend, WebBackend
from refkit.writers.zotero.backend import Data, Kind, Target, Written
from refkit.writers.zotero.credentials import LocalKeyStore
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.run import CHANGED, RESTLESS, SILENT
from refkit.writers.zotero.state import Entry, State
from refkit.writers.zotero.undo import last_sync, plan_undo, undo
from refkit.writers.zotero.writer import ZoteroWriter

OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2101.00001",
        title="Nocturnal Owls",
        authors=(Author("Strix", "Ada"),),
        abstract="We listen to owls.",
        submitted=PartialDate(2021, 1, 4),
    ),
    themes=(ThemeTag("Birds"),),
)
MICE = replace(OWLS, record=replace(OWLS.record, arxiv_id="2101.00002", title="Field Mice"))
FLOW = replace(OWLS, record=replace(OWLS.record, arxiv_id="math/0211159", title="The Ricci Flow"))
BARE = Options(pdf="none")
READING = Options(pdf="none", collection="Reading/One")


class Killed(BaseException):
    """The process ends here and now."""


class Ticking:
    """Time that passes only while somebody waits; `on_sleep` is what happens then."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.on_sleep: Callable[[], object] = lambda: None
        self.clock = Clock(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.on_sleep()


class Script:
    """What befalls the writes to come, one word each, and what somebody else does just before each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.words: list[str] = []
        self.meddle: list[Callable[[], object]] = []
        self.sent: list[tuple[str, list[Data], str]] = []

    def write(
        self, send: Callable[[Kind, Sequence[Data], str], Written], kind: Kind, objects: Sequence[Data], token: str
    ) -> Written:
        with closing(State(self.path)) as disk:
            (write,) = disk.open_writes()
            assert (write.token, [entry.data for entry in write.entries]) == (token, list(objects))
        self.sent.append((kind, list(objects), token))
        if self.meddle:
            self.meddle.pop(0)()
        word = self.words.pop(0) if self.words else ""
        if word == "unsent":
            raise Killed
        if word == "silent":
            raise Unanswered("nothing came back")
        if word == "down":
            raise WriteUnavailable("Zotero is down.")
        if word == "refused":
            raise WriteRefused("The key was taken away.")
        written = send(kind, objects, token)
        if word == "killed":
            raise Killed
        if word == "lost":
            raise Unanswered("nothing came back")
        return written


class Web(WebBackend):
    """The web API with a script."""

    script: Script
    files: list[str]

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        return self.script.write(super().write, kind, objects, token)

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        self.files.append(name)
        super().attach_file(item, name, content)


class Local(DesktopBackend):
    """The desktop with a script."""

    script: Script

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        return self.script.write(super().write, kind, objects, token)


class Bench:
    """A library and refkit's files: each writer is a new process that knows only what is on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = Script(folder / "state.sqlite")
        self.time = Ticking()
        self.files: list[str] = []
        self.server: ZoteroServer | None = None
        self.desktop: ZoteroDesktop | None = None
        self._open: list[ZoteroWriter] = []
        self._backends: dict[str, Web | Local] = {}  # it keeps nothing of a library, and a new one takes its time

    @property
    def library(self) -> Any:
        server = self.server or self.desktop
        assert server
        return server.library

    def _backend(self, key: str) -> Web | Local:
        if self.desktop:
            target = Target(server=self.desktop.url, kind="user", id=0, way="desktop")
            keys = LocalKeyStore(self.folder, lambda: None)
            local = Local(target, keys, server_id=self.desktop.server_id, clock=self.time.clock)
            local.script = self.script
            return local
        assert self.server
        target = Target(server=self.server.url, kind="user", id=self.server.user_id, name="ada")
        web = Web(target, Secret(key or self.server.key), clock=self.time.clock)
        web.script, web.files = self.script, self.files
        return web

    def writer(self, options: Options = BARE, *, key: str = "", **more: Any) -> ZoteroWriter:
        state, mirror = State(self.folder / "state.sqlite"), Mirror(self.folder / "mirror.sqlite")
        if key not in self._backends:
            self._backends[key] = self._backend(key)
        self._open.append(ZoteroWriter(self._backends[key], state, mirror, options, clock=self.time.clock, **more))
        return self._open[-1]

    def sync(self, *works: Work, options: Options = BARE, **more: Any) -> Report:
        """Do what the command does."""
        writer = self.writer(options, **more)
        writer.recover()
        return writer.apply(writer.plan(works))

    def undo(self) -> None:
        writer = self.writer()
        sync = last_sync(writer)
        undo(writer, sync, plan_undo(writer, sync))

    def plan(self, *works: Work, options: Options = BARE) -> list[ItemChange]:
        return self.writer(options).plan(works)

    def paper(self, work: Work = OWLS) -> dict[str, Any]:
        (row,) = (row for row in self.library.items.values() if _is(row, work))
        return dict(row)

    def base(self, work: Work = OWLS) -> Base:
        with closing(State(self.folder / "state.sqlite")) as state:
            base = state.base(self.paper(work)["key"])
        assert base
        return base

    def entries(self) -> list[Entry]:
        with closing(State(self.folder / "state.sqlite")) as state:
            return [entry for sync in state.syncs() for write in state.writes(sync.id) for entry in write.entries]

    def open_writes(self) -> int:
        with closing(State(self.folder / "state.sqlite")) as state:
            return len(state.open_writes())

    def notes(self) -> list[tuple[str, str]]:
        with closing(State(self.folder / "state.sqlite")) as state:
            return [(sync.kind, sync.note) for sync in state.syncs() if sync.ended]

    def close(self) -> None:
        for writer in self._open:
            writer.close()


def _is(row: Data, work: Work) -> bool:
    return row.get("archiveID") == f"arXiv:{work.record.arxiv_id}" and not row.get("parentItem")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with ZoteroServer() as server:
        bench.server = server
        yield bench
        bench.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with ZoteroDesktop(prompt="always") as desktop:
        bench.desktop = desktop
        yield bench
        bench.close()


def titled(work: Work, title: str) -> Work:
    return replace(work, record=replace(work.record, title=title))


def tags(row: Data) -> set[str]:
    return {tag["tag"] for tag in row["tags"]}


def failures(report: Report) -> list[str]:
    return [sentence for _, sentence in report.failed]


# Before anything is sent


def test_each_write_has_a_token_of_its_own_and_is_on_the_disk_before_it_is_sent(web: Bench) -> None:
    report = web.sync(OWLS, MICE, options=Options(collection="Reading/One"))  # the script looks at the disk
    assert not report.failed
    tokens = [token for _, _, token in web.script.sent]
    assert [kind for kind, _, _ in web.script.sent] == ["collections", "collections", "items", "items"]
    assert len(set(tokens)) == len(tokens)
    assert web.server
    wire = [each.headers["Zotero-Write-Token"] for each in web.server.requests if each.is_write]
    assert wire == tokens


def test_a_key_that_may_not_write_sends_nothing_and_remembers_nothing(web: Bench) -> None:
    assert web.server
    with pytest.raises(WriteRefused, match="may read but not write"):
        web.sync(OWLS, key=web.server.add_key(write=False))
    assert (web.script.sent, web.notes()) == ([], [])


def test_a_key_that_may_not_store_files_sends_nothing_if_a_file_is_wanted(web: Bench) -> None:
    assert web.server
    key = web.server.add_key(write=True, files=False)
    with pytest.raises(WriteRefused, match="may not store files"):
        web.sync(OWLS, options=Options(pdf="file"), key=key, download=lambda _: b"%PDF-")
    assert web.script.sent == []
    assert not web.sync(OWLS, options=Options(pdf="link"), key=key).failed


def test_a_batch_has_at_most_fifty_objects(web: Bench) -> None:
    works = [replace(OWLS, record=replace(OWLS.record, arxiv_id=f"2101.{n:05}", title=f"N {n}")) for n in range(1, 53)]
    assert not web.sync(*works, options=Options()).failed
    assert [len(objects) for _, objects, _ in web.script.sent] == [50, 2, 50, 2]


def test_the_run_is_written_down_with_what_it_did(web: Bench) -> None:
    web.library.add(title="Found", archiveID="arXiv:2101.00002", repository="arXiv")
    web.sync(OWLS, MICE)
    assert web.notes() == [("sync", "1 created, 1 updated, 0 failed")]
    assert {entry.new_version for entry in web.entries()} == {
        web.paper(OWLS)["version"],
        web.paper(MICE)["version"],
    }


def test_an_update_keeps_what_stood_there_before(web: Bench) -> None:
    web.library.add(title="Found", archiveID="arXiv:2101.00001", repository="arXiv", tags=["mine"], extra="cited: 3")
    web.sync(OWLS)
    (entry,) = web.entries()
    assert (entry.before["tags"], entry.before["extra"]) == ([{"tag": "mine"}], "cited: 3")


def test_what_the_writer_held_is_let_go(web: Bench) -> None:
    writer = web.writer()
    writer.close()
    for connection in (writer.state._connection, writer.mirror._connection):
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("select 1")


def test_libraries_of_one_number_have_keys_of_their_own(web: Bench) -> None:
    writer = web.writer()
    name = writer.library_name
    writer.backend.target = replace(writer.backend.target, kind="group")
    assert writer.library_name != name


# What others do meanwhile


def test_an_item_edited_at_the_moment_of_the_write_keeps_the_edit_and_gets_the_rest(web: Bench) -> None:
    web.sync(OWLS)
    key = web.paper()["key"]
    web.script.meddle = [lambda: web.library.edit(key, abstractNote="Mine")]
    new = replace(titled(OWLS, "Owls by Night"), themes=(ThemeTag("Birds"), ThemeTag("Night")))
    new = replace(new, record=replace(new.record, abstract="We listen longer."))
    report = web.sync(new)
    assert (failures(report), [step.op for step in report.done]) == ([], [Op.UPDATE])
    row = web.paper()
    assert (row["title"], row["abstractNote"], tags(row)) == ("Owls by Night", "Mine", {"Birds", "Night"})
    assert [entry.outcome for entry in web.entries()] == ["stale", "done", "done"]


def test_what_somebody_else_did_at_that_moment_is_done_and_remembered(web: Bench) -> None:
    web.sync(OWLS)
    key = web.paper()["key"]
    web.script.meddle = [lambda: web.library.tag(key, "Night")]
    more = replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night")))
    report = web.sync(more)
    assert (failures(report), len(report.done)) == ([], 1)
    web.library.untag(key, "Night")
    assert not web.plan(more)[0].writes


def test_an_item_that_never_stands_still_is_left_alone_and_said(web: Bench) -> None:
    web.sync(OWLS)
    key = web.paper()["key"]

    def again() -> None:
        assert len(web.script.sent) < 20
        web.library.edit(key, rights=f"edit {len(web.script.sent)}")
        web.script.meddle.append(again)

    web.script.meddle = [again]
    report = web.sync(titled(OWLS, "Owls by Night"))
    assert (failures(report), report.done) == ([RESTLESS], ())
    assert web.paper()["title"] == "Nocturnal Owls"


def test_a_plan_that_was_agreed_on_is_not_planned_again(web: Bench) -> None:
    web.sync(OWLS, MICE)
    key = web.paper()["key"]
    web.script.meddle = [lambda: web.library.edit(key, rights="mine")]
    report = web.sync(titled(OWLS, "Owls by Night"), titled(MICE, "Mice by Day"), exact=True)
    assert failures(report) == [CHANGED]
    assert [web.paper(each)["title"] for each in (OWLS, MICE)] == ["Nocturnal Owls", "Mice by Day"]


def test_what_got_lost_of_a_plan_that_was_agreed_on_is_sent_again(web: Bench) -> None:
    web.script.words = ["silent"]
    report = web.sync(OWLS, exact=True)
    assert (failures(report), len(web.script.sent)) == ([], 2)
    assert web.paper()


def test_what_changed_after_a_run_is_read_before_the_next_plan(web: Bench) -> None:
    writer = web.writer()
    writer.apply(writer.plan([OWLS]))
    web.library.trash(web.paper()["key"])
    assert "trash" in writer.plan([OWLS])[0].reason


def test_a_collection_that_was_made_meanwhile_is_not_made_again(web: Bench) -> None:
    writer = web.writer(Options(pdf="none", collection="Reading"))
    writer.plan([OWLS])
    key = web.library.add_collection("Reading")
    writer.refresh()
    assert writer.plan([OWLS])[0].data["collections"] == [key]


# The copy of the library


def test_the_copy_shows_what_was_written(web: Bench) -> None:
    mine = web.library.add(title="Found", archiveID="arXiv:2101.00002", repository="arXiv", rights="mine")
    writer = web.writer()
    writer.apply(writer.plan([OWLS, MICE]))
    assert writer.mirror.version == web.library.version
    for key in (mine, web.paper(OWLS)["key"]):
        row, copy = web.library.items[key], writer.mirror.items[key]
        names = ("version", "title", "rights", "extra", "tags", "abstractNote")
        assert {name: copy.get(name) or "" for name in names} == {name: row[name] or "" for name in names}
    assert web.server
    web.server.clear()
    assert [step.op for step in web.plan(OWLS, MICE)] == [Op.KEEP, Op.KEEP]
    assert [request.status for request in web.server.requests] == [304]


def test_what_somebody_else_wrote_meanwhile_is_not_skipped_by_the_next_read(web: Bench) -> None:
    web.sync(OWLS)
    web.script.meddle = [lambda: web.library.add(title="Mice", DOI="10.48550/arXiv.2101.00002")]
    web.sync(replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night"))))
    (step,) = web.plan(MICE)
    assert "found by its arXiv id in DOI" in step.reason


def test_what_was_refused_is_not_in_the_copy(web: Bench) -> None:
    writer = web.writer()
    bad, good = writer.plan([OWLS, MICE])
    report = writer.apply([replace(bad, data={**bad.data, "collections": ["ZZZZZZZZ"]}), good])
    assert ["Collection ZZZZZZZZ not found" in each for each in failures(report)] == [True]
    assert set(writer.mirror.items) == {web.paper(MICE)["key"]}
    assert writer.mirror.version == web.library.version
    with closing(State(web.folder / "state.sqlite")) as state:
        assert set(state.bases()) == {web.paper(MICE)["key"]}


def test_the_trash_is_in_the_copy_and_what_came_out_of_it_is_not(web: Bench) -> None:
    web.sync(OWLS)
    key = web.paper()["key"]
    writer = web.writer()
    undo(writer, last_sync(writer), plan_undo(writer, last_sync(writer)))
    assert writer.mirror.items[key]["deleted"] == 1
    back = web.writer()
    back.apply(back.plan([OWLS]))
    assert not back.mirror.items[key].get("deleted")
    assert back.mirror.items[key]["title"] == "Nocturnal Owls"


# No answer


@pytest.mark.parametrize("word", ["lost", "silent"])
def test_an_answer_that_was_lost_doubles_and_loses_nothing(web: Bench, word: str) -> None:
    web.script.words = [word, "", word, "", word, "", word]
    report = web.sync(OWLS, options=Options(collection="Reading"))
    assert (failures(report), report.lacking, report.outage) == ([], (), "")
    assert len([row for row in web.library.items.values() if row["itemType"] == "preprint"]) == 1
    assert len(web.library.collections) == 1
    assert len(web.library.children(web.paper()["key"])) == 1
    assert web.open_writes() == 0
    assert not web.plan(OWLS, options=Options(collection="Reading"))[0].writes


def test_what_was_written_without_an_answer_can_be_undone(web: Bench) -> None:
    web.script.words = ["lost"]
    web.sync(OWLS)
    assert [entry.outcome for entry in web.entries()] == ["kept"]
    web.undo()
    assert web.paper()["deleted"] == 1


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_server_that_stays_silent_ends_the_run(web: Bench, before: int) -> None:
    """While it makes collections, items or notes: nothing is tried without end."""
    web.script.words = [""] * before + ["silent"] * 30
    report = web.sync(OWLS, options=Options(collection="Reading"))
    assert report.outage == SILENT
    assert len(web.script.sent) < 15
    assert failures(report) == ([SILENT] if before < 2 else [])
    web.script.words = []
    assert web.sync(OWLS, options=Options(collection="Reading")).outage == ""
    assert len(web.library.children(web.paper()["key"])) == 1


def test_an_outage_is_told_and_what_was_done_before_it_stays_done(web: Bench) -> None:
    web.script.words = ["", "down"]
    report = web.sync(OWLS, options=Options())
    assert (report.outage, len(report.done), failures(report)) == ("Zotero is down.", 1, [])
    assert web.notes() == [("sync", "1 created, 0 updated, 0 failed")]
    web.script.words = ["down"]
    report = web.sync(MICE)
    assert (report.outage, report.done, failures(report)) == ("Zotero is down.", (), ["Zotero is down."])
    assert web.open_writes() == 0


def test_a_refusal_of_everything_is_raised_and_nothing_is_remembered(web: Bench) -> None:
    web.script.words = ["refused"]
    with pytest.raises(WriteRefused, match="taken away"):
        web.sync(OWLS)
    assert web.open_writes() == 0
    assert [entry.outcome for entry in web.entries()] == ["lost"]
    with closing(State(web.folder / "state.sqlite")) as state:
        assert state.bases() == {}
    assert web.plan(OWLS)[0].op is Op.CREATE


def test_a_refusal_half_way_is_reported_with_what_was_done(web: Bench) -> None:
    web.script.words = ["", "refused"]
    report = web.sync(OWLS, options=Options())
    assert (len(report.done), failures(report), report.lacking) == (1, [], ("The key was taken away.",))


# Killed


@pytest.mark.parametrize("word", ["killed", "unsent"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_run_that_was_killed_is_finished_by_the_next(web: Bench, number: int, word: str) -> None:
    options = Options(collection="Reading")
    web.script.words = [""] * number + [word]
    with pytest.raises(Killed):
        web.sync(OWLS, options=options)
    assert web.open_writes() == 1
    report = web.sync(OWLS, options=options)
    assert (failures(report), report.lacking) == ([], ())
    (collection,) = web.library.collections
    assert web.paper()["collections"] == [collection]
    assert len(web.library.children(web.paper()["key"])) == 1
    assert not web.plan(OWLS, options=options)[0].writes
    assert web.open_writes() == 0


def test_what_a_killed_run_created_and_the_user_deleted_since_is_not_made_again(web: Bench) -> None:
    web.sync(MICE)
    web.script.words = ["killed"]
    with pytest.raises(Killed):
        web.sync(OWLS)
    web.library.delete(web.paper()["key"])
    web.sync(OWLS)
    assert [row for row in web.library.items.values() if _is(row, OWLS)] == []


def test_what_reading_tells_of_a_killed_run_is_not_sent_again(web: Bench) -> None:
    web.script.words = ["killed"]
    with pytest.raises(Killed):
        web.sync(OWLS)
    web.script.sent.clear()
    writer = web.writer()
    writer.recover()
    assert web.script.sent == []
    assert web.open_writes() == 0
    assert web.base().created


def test_a_dry_run_after_a_kill_offers_nothing_that_may_have_been_written(web: Bench) -> None:
    """The user has edited it back: that is an edit, if the killed run had changed it."""
    web.sync(OWLS)
    web.script.words = ["killed"]
    new = titled(OWLS, "Owls by Night")
    with pytest.raises(Killed):
        web.sync(new)
    web.library.edit(web.paper()["key"], title="Nocturnal Owls")
    (step,) = web.plan(new)
    assert (step.writes, web.open_writes()) == (False, 1)


@pytest.mark.parametrize(("word", "remembered"), [("killed", "Owls by Night"), ("unsent", "Nocturnal Owls")])
def test_the_token_tells_whether_an_update_was_carried_out_that_the_user_has_edited_since(
    web: Bench, word: str, remembered: str
) -> None:
    web.sync(OWLS)
    web.script.words = [word]
    with pytest.raises(Killed):
        web.sync(titled(OWLS, "Owls by Night"))
    web.library.edit(web.paper()["key"], title="Mine")

    writer = web.writer()
    assert writer.recover() == 1
    assert web.open_writes() == 0
    assert web.base().fields["title"] == remembered
    assert web.paper()["title"] == "Mine"


def test_a_desktop_may_still_save_what_a_killed_run_has_sent(desk: Bench) -> None:
    desk.script.words = ["unsent"]
    with pytest.raises(Killed):
        desk.sync(OWLS)
    (_, objects, _) = desk.script.sent[0]

    def save() -> None:
        if not desk.library.items:
            desk.library.write_items([dict(each) for each in objects])

    desk.time.on_sleep = save
    desk.script.meddle = [save]  # at the latest while the next run writes
    desk.sync(OWLS)
    assert desk.base().created  # of the only one


def test_a_paper_that_a_desktop_made_is_remembered_under_the_desktops_key(desk: Bench) -> None:
    assert not desk.sync(OWLS, options=Options()).failed
    base = desk.base()
    (child,) = desk.library.children(base.key)
    assert (base.created, dict(base.children)) == (True, {"pdf": child})
    desk.script.words = ["killed"]
    with suppress(Killed):
        desk.sync(MICE)
    desk.sync(MICE)
    assert desk.base(MICE).created


# What the user undid or took away


def test_what_came_back_after_an_undo_and_was_trashed_by_hand_stays_there(web: Bench) -> None:
    web.sync(OWLS)
    web.undo()
    web.sync(OWLS)
    assert "deleted" not in web.paper()
    web.library.trash(web.paper()["key"])
    web.sync(OWLS)
    assert web.paper()["deleted"] == 1


def test_who_takes_a_paper_out_of_a_collection_that_refkit_made_keeps_it_out(web: Bench) -> None:
    web.sync(OWLS, options=READING)
    (collection,) = web.paper()["collections"]
    assert web.base().collections == (collection,)
    web.library.uncollect(web.paper()["key"], collection)
    assert not web.plan(OWLS, options=READING)[0].writes


def test_a_tag_that_the_user_had_set_and_took_off_again_stays_off(web: Bench) -> None:
    web.sync(OWLS)
    (web.folder / "state.sqlite").unlink()
    key = web.paper()["key"]
    assert [step.op for step in web.sync(OWLS).done] == [Op.KEEP]
    web.library.untag(key, "Birds")
    assert not web.plan(OWLS)[0].writes


def test_what_both_sides_changed_alike_is_refkits_again_also_if_only_a_link_was_lacking(web: Bench) -> None:
    web.sync(OWLS)
    web.library.edit(web.paper()["key"], title="Owls by Night")
    web.sync(titled(OWLS, "Owls by Night"), options=Options())
    assert web.base().fields["title"] == "Owls by Night"
    assert len(web.library.children(web.paper()["key"])) == 1


# Collections


def test_collections_are_made_once_for_all_papers_from_the_top_down(web: Bench) -> None:
    web.sync(OWLS, MICE, options=READING)
    places = {row["name"]: row for row in web.library.collections.values()}
    assert set(places) == {"Reading", "One"}
    assert len(web.library.collections) == 2
    assert places["One"]["parentCollection"] == places["Reading"]["key"]
    with closing(State(web.folder / "state.sqlite")) as state:
        assert state.paths() == {"Reading": places["Reading"]["key"], "Reading/One": places["One"]["key"]}


def test_a_collection_that_was_renamed_is_found_also_by_a_refkit_without_memory(web: Bench) -> None:
    web.sync(OWLS, options=Options(pdf="none", collection="Reading"))
    (key,) = web.library.collections
    web.library.edit_collection(key, name="Mine")
    (web.folder / "state.sqlite").unlink()
    report = web.sync(MICE, options=Options(pdf="none", collection="Reading"))
    assert (failures(report), report.lacking) == ([], ())
    assert list(web.library.collections) == [key]
    assert web.paper(MICE)["collections"] == [key]
    web.library.edit_collection(key, name="Mine, again")
    assert not web.plan(MICE, options=Options(pdf="none", collection="Reading"))[0].writes


def test_a_collection_that_cannot_be_made_is_told_and_what_lacks_only_it_has_failed(web: Bench) -> None:
    web.sync(OWLS)
    long = Options(pdf="none", collection="x" * 300)
    report = web.sync(OWLS, MICE, options=long)
    assert [step.work for step in report.done] == [MICE]
    assert [sentence.endswith("was not made") for sentence in failures(report)] == [True]
    (lacking,) = report.lacking
    assert "was not made: Zotero refused it" in lacking
    assert web.plan(OWLS, options=long)[0].writes


def test_below_a_collection_that_cannot_be_made_none_is_made_and_the_first_is_told(web: Bench) -> None:
    report = web.sync(OWLS, options=Options(pdf="none", collection="x" * 300 + "/One/Two"))
    (lacking,) = report.lacking
    assert lacking.startswith("the collection xxx")
    assert (web.library.collections, web.paper()["collections"]) == ({}, [])


def test_a_collection_in_the_trash_is_told_by_a_refkit_without_memory_and_the_others_are_made(web: Bench) -> None:
    options = Options(pdf="none", theme_collections=True)
    web.sync(OWLS, options=options)
    (key,) = web.library.collections
    web.library.edit_collection(key, deleted=1)
    (web.folder / "state.sqlite").unlink()
    night = replace(MICE, themes=(ThemeTag("Birds"), ThemeTag("Night")))
    report = web.sync(night, options=options)
    assert report.lacking == ("the collection Birds is in Zotero's trash; restore it there",)
    (made,) = (each for each in web.library.collections if each != key)
    assert web.paper(MICE)["collections"] == [made]
    with closing(State(web.folder / "state.sqlite")) as state:
        assert state.paths() == {"Night": made}


# Notes, links and files


def test_a_link_that_an_undo_has_trashed_comes_back(web: Bench) -> None:
    link = trashed_link(web)
    web.sync(OWLS, options=Options())
    assert not web.library.items[link].get("deleted")
    assert web.base().children == {"pdf": link}
    assert not web.plan(OWLS, options=Options())[0].writes


def trashed_link(bench: Bench) -> str:
    """Let a sync add a link to a paper of an earlier one, and an undo trash it; return its key."""
    bench.sync(OWLS)
    bench.sync(OWLS, options=Options())
    (link,) = bench.library.children(bench.paper()["key"])
    bench.undo()
    assert bench.library.items[link]["deleted"] == 1
    return str(link)


@pytest.mark.parametrize("word", ["lost", "silent", "killed", "unsent"])
def test_a_link_that_an_undo_has_trashed_comes_back_also_after_a_bad_moment(web: Bench, word: str) -> None:
    link = trashed_link(web)
    web.script.words = [word]
    with suppress(Killed):
        web.sync(OWLS, options=Options())
    web.sync(OWLS, options=Options())
    assert not web.library.items[link].get("deleted")


def test_without_its_memory_refkit_knows_again_the_links_that_it_made(web: Bench) -> None:
    web.sync(OWLS, options=Options())
    (web.folder / "state.sqlite").unlink()
    web.sync(OWLS, options=Options())
    (link,) = web.library.children(web.paper()["key"])
    assert web.base().children == {"pdf": link}
    web.library.delete(link)
    assert not web.plan(OWLS, options=Options())[0].writes


def test_a_link_that_could_not_be_made_is_told(web: Bench) -> None:
    web.script.meddle = [lambda: None, lambda: web.library.delete(web.paper()["key"])]
    report = web.sync(OWLS, options=Options())
    (lacking,) = report.lacking
    assert lacking.startswith("arXiv:2101.00001: its pdf was not made: Zotero refused it: Parent item")


FILES = Options(pdf="file")
CONTENT = b"%PDF-1.4 owls"


def test_a_file_is_stored_under_a_name_without_slashes_and_remembered(web: Bench) -> None:
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        return CONTENT

    assert web.sync(FLOW, options=FILES, download=download).lacking == ()
    assert web.server
    assert asked == ["https://arxiv.org/pdf/math/0211159"]
    assert (web.files, list(web.server.files.values())) == (["math_0211159.pdf"], [CONTENT])
    (key,) = web.library.children(web.paper(FLOW)["key"])
    assert web.base(FLOW).children == {"pdf": key}
    web.library.delete(key)
    assert not web.plan(FLOW, options=FILES)[0].writes


def test_a_download_that_fails_leaves_nothing_there_and_the_other_papers_get_theirs(web: Bench) -> None:
    def download(url: str) -> bytes:
        if "00001" in url:
            raise SourceUnavailable("arXiv is down")
        return CONTENT

    report = web.sync(OWLS, MICE, options=FILES, download=download)
    assert report.lacking == ("arXiv:2101.00001: its PDF was not attached: arXiv is down",)
    assert web.library.children(web.paper(OWLS)["key"]) == []
    assert len(web.library.children(web.paper(MICE)["key"])) == 1
    assert web.base(OWLS).children == {}


@pytest.mark.parametrize("stop", [WriteUnavailable("the storage is down"), Killed()])
def test_an_upload_that_fails_is_made_up_for_by_the_next_run(
    web: Bench, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise stop

    with monkeypatch.context() as broken:
        broken.setattr(Web, "attach_file", fail)
        with suppress(Killed):
            report = web.sync(OWLS, options=FILES, download=lambda _: CONTENT)
            assert report.lacking == ("arXiv:2101.00001: its PDF was not attached: the storage is down",)
    assert web.base().children == {}
    web.sync(OWLS, options=FILES, download=lambda _: CONTENT)
    assert web.server
    assert list(web.server.files.values()) == [CONTENT]
    assert len(web.library.children(web.paper()["key"])) == 1
