"""The writer over the connector: it only adds, tells what it cannot do, and saves nothing twice that is in doubt."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import SourceUnavailable, Unanswered, UsageError, WriteError, WriteRefused, WriteUnavailable
from refkit.model import ArxivRecord, Author, Op, PartialDate, Report, ThemeTag, Work
from refkit.pace import Clock
from refkit.testing import ZoteroDesktop
from refkit.writers.zotero.api import DesktopBackend
from refkit.writers.zotero.backend import Outcome, Target
from refkit.writers.zotero.backend import State as Became
from refkit.writers.zotero.connector import Connector
from refkit.writers.zotero.connector_writer import ConnectorWriter
from refkit.writers.zotero.credentials import LocalKeyStore
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.state import Entry, State

OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2101.00001",
        title="Nocturnal Owls",
        authors=(Author("Strix", "Ada"),),
        categories=("cs.RO",),
        submitted=PartialDate(2021, 1, 4),
        comments="9 pages",
    ),
    themes=(ThemeTag("Birds, at night"),),
)
MICE = replace(OWLS, record=replace(OWLS.record, arxiv_id="2101.00002", title="Field Mice"))
BARE = Options(pdf="none")
FILES = Options(pdf="file")
CONTENT = b"%PDF-1.4 owls"


class Killed(BaseException):
    """The process ends here and now."""


class Scripted(Connector):
    """The connector, of which each save to come meets one word."""

    def __init__(self, url: str, words: list[str], sessions: list[str]) -> None:
        super().__init__(url, timeout=(5.0, 5.0))
        self.words = words
        self.sessions = sessions

    def save(self, session: str, item: Mapping[str, Any], target: str, tags: Sequence[str]) -> Outcome:
        self.sessions.append(session)
        word = self.words.pop(0) if self.words else ""
        if word == "unsent":
            raise Killed
        if word == "silent":
            raise Unanswered("The answer was lost.")
        if word == "down":
            raise WriteUnavailable("Zotero is closed.")
        if word == "refused":
            raise WriteRefused("Nothing may be written.")
        if word == "failed":
            return Outcome(state=Became.FAILED, message="Zotero could not save it.")
        if word == "misplaced":
            super().save(session, item, target, tags)
            return Outcome(state=Became.DONE, message="it was saved, but not tagged")
        outcome = super().save(session, item, target, tags)
        if word == "killed":
            raise Killed
        if word == "lost":
            raise Unanswered("The answer was lost.")
        return outcome


class Bench:
    """A desktop and refkit's files: each run is a new process that knows only what is on the disk."""

    def __init__(self, desktop: ZoteroDesktop, folder: Path) -> None:
        self.desktop = desktop
        self.library = desktop.library
        self.folder = folder
        self.words: list[str] = []
        self.sessions: list[str] = []
        self.reading = True
        self.progress: list[tuple[int, int]] = []

    def writer(
        self, options: Options = BARE, download: Callable[[str], bytes] | None = None, *, library: int = 0
    ) -> ConnectorWriter:
        reader = None
        if self.reading:
            target = Target(server=self.desktop.url, kind="user", id=0, way="connector")
            keys = LocalKeyStore(self.folder, lambda: None)
            reader = DesktopBackend(target, keys, server_id=self.desktop.server_id)
        return ConnectorWriter(
            Scripted(self.desktop.url, self.words, self.sessions),
            reader,
            State(self.folder / "state.sqlite"),
            Mirror(self.folder / "mirror.sqlite"),
            options,
            library=library,
            clock=Clock(now=lambda: 1_700_000_000.0, sleep=lambda _: None),
            progress=lambda done, total: self.progress.append((done, total)),
            download=download,
        )

    def sync(self, *works: Work, options: Options = BARE, download: Callable[[str], bytes] | None = None) -> Report:
        with closing(self.writer(options, download)) as writer:
            writer.recover()
            return writer.apply(writer.plan(works))

    def plan(self, *works: Work, options: Options = BARE) -> list[ItemChange]:
        with closing(self.writer(options)) as writer:
            return writer.plan(works)

    def papers(self) -> list[str]:
        return sorted(row["title"] for row in self.library.items.values() if row["itemType"] == "preprint")

    def entries(self) -> list[Entry]:
        with closing(State(self.folder / "state.sqlite")) as state:
            return [entry for sync in state.syncs() for write in state.writes(sync.id) for entry in write.entries]

    def open_writes(self) -> int:
        with closing(State(self.folder / "state.sqlite")) as state:
            return len(state.open_writes())

    def notes(self) -> list[str]:
        with closing(State(self.folder / "state.sqlite")) as state:
            return [sync.note for sync in state.syncs() if sync.ended]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ZoteroDesktop(version="9.0.6", writable=False) as desktop:
        yield Bench(desktop, tmp_path)


@pytest.fixture
def blind(bench: Bench) -> Bench:
    """The same with the local API off: nothing can be read."""
    bench.reading = False
    bench.desktop.local_api = False
    return bench


def failures(report: Report) -> list[str]:
    return [sentence for _, sentence in report.failed]


# What is added


def test_it_is_a_way_into_zotero_that_adds_and_replaces_nothing(bench: Bench) -> None:
    with closing(bench.writer()) as writer:
        assert (writer.name, writer.exact) == ("zotero", False)


def test_nothing_to_do_asks_zotero_nothing(blind: Bench) -> None:
    with closing(blind.writer()) as writer:
        assert writer.apply([]) == Report(done=())
    assert (blind.desktop.requests, blind.notes()) == ([], [])


def test_a_bare_writer_saves_with_the_usual_options_and_tells_nobody(bench: Bench) -> None:
    files = State(bench.folder / "state.sqlite"), Mirror(bench.folder / "mirror.sqlite")
    with closing(ConnectorWriter(Connector(bench.desktop.url), None, *files)) as writer:
        report = writer.apply(writer.plan([OWLS]))
    assert ["a PDF cannot be a link" in remark for remark in report.remarks] == [False, True]
    assert bench.papers() == ["Nocturnal Owls"]


def test_what_is_sent_is_written_down_before_and_after_with_the_id_of_the_paper(bench: Bench) -> None:
    bench.words += ["killed"]
    with suppress(Killed):
        bench.sync(OWLS)
    with closing(State(bench.folder / "state.sqlite")) as state:
        (write,) = state.open_writes()
        (sync,) = state.syncs()
        assert (sync.kind, sync.started, write.sent) == ("sync", 1_700_000_000.0, 1_700_000_000.0)
        assert (write.kind, write.sync) == ("items", sync.id)
        assert ([write.token], len(bytes.fromhex(write.token))) == (bench.sessions, 16)
    (entry,) = write.entries
    assert (entry.role, entry.op, entry.key, entry.arxiv_id) == ("item", "create", "", "2101.00001")
    assert (entry.data["title"], entry.outcome) == ("Nocturnal Owls", "")
    assert entry.base
    assert entry.base.key == "connector:2101.00001"


def test_how_far_it_is_is_counted_by_what_is_to_be_added(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.progress.clear()
    bench.words += ["failed"]
    owls, mice, third = OWLS, MICE, replace(MICE, record=replace(MICE.record, arxiv_id="2101.00003", title="Voles"))
    report = bench.sync(owls, mice, third)
    assert bench.progress == [(1, 2), (2, 2)]
    assert [step.work for step in report.done] == [owls, third]
    assert bench.notes()[0] == "1 created through the connector, 1 failed"


def test_a_paper_comes_with_its_note_and_tags_and_is_written_down(bench: Bench) -> None:
    report = bench.sync(OWLS)
    (key,) = (key for key, row in bench.library.items.items() if row["itemType"] == "preprint")
    tags = {tag["tag"]: tag.get("type", 0) for tag in bench.library.items[key]["tags"]}
    assert tags == {"Birds, at night": 0, "Computer Science - Robotics": 1}
    assert [bench.library.items[child]["note"] for child in bench.library.children(key)] == ["Comment: 9 pages"]
    assert (len(report.done), bench.progress) == (1, [(1, 1)])
    assert bench.notes() == ["1 created through the connector, 0 failed"]
    assert ["categories are kept only if" in remark for remark in report.remarks] == [True]


def test_a_plan_shows_the_collection_and_links_that_cannot_be_made_are_told(bench: Bench) -> None:
    options = Options(collection="Reading")
    assert bench.plan(OWLS, options=options)[0].diff["collections"] == ("", "+Reading")
    bench.library.add_collection("Reading")
    report = bench.sync(OWLS, options=options)
    assert ["a PDF cannot be a link" in remark for remark in report.remarks] == [False, True]
    (row,) = (row for row in bench.library.items.values() if row["itemType"] == "preprint")
    assert row["collections"] == list(bench.library.collections)


def test_what_is_there_is_kept_and_what_it_lacks_is_told(bench: Bench) -> None:
    key = bench.library.add(title="Found", archiveID="arXiv:2101.00001", repository="arXiv")
    before = dict(bench.library.items[key])
    (step,) = bench.plan(OWLS)
    assert (step.op, step.data, step.children, step.diff) == (Op.KEEP, {}, (), {})
    assert "the connector can only add papers, so this is left out: " in step.notes[-1]
    assert len(bench.sync(OWLS).done) == 1
    assert bench.library.items[key] == before
    assert bench.sessions == []


def test_a_second_run_adds_nothing_with_and_without_reading(bench: Bench) -> None:
    bench.sync(OWLS)
    assert [step.op for step in bench.plan(OWLS)] == [Op.KEEP]
    bench.reading = False
    (step,) = bench.plan(OWLS)
    assert (step.op, step.reason) == (
        Op.KEEP,
        "refkit saved it before; whether it is still there cannot be seen through the connector",
    )


def test_what_was_read_once_does_not_count_where_nothing_can_be_read(bench: Bench) -> None:
    bench.library.add(title="Found", archiveID="arXiv:2101.00001", repository="arXiv")
    bench.plan(OWLS)
    bench.reading = False
    assert [step.op for step in bench.plan(OWLS)] == [Op.CREATE]


def test_what_was_deleted_is_read_and_not_made_again(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.plan(OWLS)
    (key,) = (key for key, row in bench.library.items.items() if row["itemType"] == "preprint")
    bench.library.delete(key)
    (step,) = bench.plan(OWLS)
    assert (step.op, "you deleted it for good" in step.reason) == (Op.KEEP, True)
    assert [step.op for step in bench.plan(OWLS, options=Options(pdf="none", recreate=True))] == [Op.CREATE]


# Where it goes


def test_a_collection_for_each_theme_is_refused(bench: Bench) -> None:
    with pytest.raises(UsageError, match="leave --theme-collections"):
        bench.plan(OWLS, options=Options(theme_collections=True))


def test_a_collection_that_is_not_there_is_refused_before_anything_is_sent(bench: Bench) -> None:
    with pytest.raises(WriteRefused, match="There is no collection Reading in My Library"):
        bench.sync(OWLS, options=Options(pdf="none", collection="Reading"))
    assert (bench.papers(), bench.sessions, bench.notes()) == ([], [], [])


def test_a_library_that_may_not_be_written_is_refused_before_anything_is_sent(bench: Bench) -> None:
    """Zotero itself would save into My Library instead, which nobody asked for."""
    group = bench.desktop.add_group(4711, "Owls", editable=False)
    bench.desktop.selected = "L2"
    with pytest.raises(WriteRefused, match="Owls cannot be written; select another library"):
        bench.sync(OWLS)
    assert (bench.papers(), bench.sessions, len(group.items)) == ([], [], 0)


def test_a_library_that_was_not_selected_when_it_began_is_not_written(bench: Bench) -> None:
    bench.desktop.add_group(4711, "Owls")
    with closing(bench.writer(library=1)) as writer:
        changes = writer.plan([OWLS])
        bench.desktop.selected = "L2"
        with pytest.raises(WriteRefused, match="has another library selected by now, Owls; run the same command again"):
            writer.apply(changes)
        assert (bench.sessions, bench.notes()) == ([], [])
        bench.desktop.selected = "L1"
        assert len(writer.apply(changes).done) == 1


def test_a_collection_of_the_window_is_where_papers_go_unless_one_is_named(bench: Bench) -> None:
    reading, other = (bench.library.add_collection(name) for name in ("Reading", "Other"))
    bench.desktop.selected = bench.desktop.target(reading)
    bench.sync(OWLS)
    bench.sync(MICE, options=Options(pdf="none", collection="Other"))
    rows = {row["title"]: row["collections"] for row in bench.library.items.values() if row["itemType"] == "preprint"}
    assert rows == {"Nocturnal Owls": [reading], "Field Mice": [other]}


# Bad moments


@pytest.mark.parametrize("words", [["lost"], ["silent"], ["silent", "lost"], ["lost", "silent"]])
def test_a_lost_answer_is_asked_for_again_under_the_same_session(bench: Bench, words: list[str]) -> None:
    bench.words += words
    assert failures(bench.sync(OWLS, MICE)) == []
    assert bench.papers() == ["Field Mice", "Nocturnal Owls"]
    assert len(set(bench.sessions)) == 2
    assert bench.sessions == sorted(bench.sessions, key=bench.sessions.index)
    assert [entry.outcome for entry in bench.entries()] == ["done", "done"]


def test_answers_that_are_lost_again_and_again_stop_the_run_and_leave_the_write_open(bench: Bench) -> None:
    bench.words += ["silent"] * 9
    report = bench.sync(OWLS, MICE)
    assert (report.outage, failures(report)) == ("The answer was lost.", ["The answer was lost."] * 2)
    assert (len(bench.sessions), bench.open_writes()) == (3, 1)
    assert bench.notes() == ["0 created through the connector, 0 failed"]
    bench.words.clear()
    assert failures(bench.sync(OWLS, MICE)) == []
    assert bench.papers() == ["Field Mice", "Nocturnal Owls"]
    assert bench.open_writes() == 0


def test_a_zotero_that_was_closed_after_a_lost_answer_leaves_the_write_open(bench: Bench) -> None:
    bench.words += ["lost", "down"]
    report = bench.sync(OWLS)
    assert report.outage == "The answer was lost. Zotero is closed."
    assert bench.open_writes() == 1
    assert failures(bench.sync(OWLS)) == []
    assert bench.papers() == ["Nocturnal Owls"]
    assert [entry.outcome for entry in bench.entries()] == ["kept"]


def test_a_zotero_that_is_closed_ends_the_run_and_nothing_is_in_doubt(bench: Bench) -> None:
    bench.words += ["", "down"]
    report = bench.sync(OWLS, MICE)
    assert (report.outage, [step.work for step in report.done]) == ("Zotero is closed.", [OWLS])
    assert failures(report) == ["Zotero is closed."]
    assert [entry.outcome for entry in bench.entries()] == ["done", "lost"]
    assert failures(bench.sync(OWLS, MICE)) == []
    assert bench.papers() == ["Field Mice", "Nocturnal Owls"]


def test_a_refusal_ends_the_run_and_nothing_is_in_doubt(bench: Bench) -> None:
    bench.words += ["refused"]
    with pytest.raises(WriteRefused, match="Nothing may be written"):
        bench.sync(OWLS)
    assert [entry.outcome for entry in bench.entries()] == ["lost"]


def test_a_refusal_of_the_second_paper_is_reported_with_the_first(bench: Bench) -> None:
    bench.words += ["", "refused"]
    report = bench.sync(OWLS, MICE)
    assert [step.work for step in report.done] == [OWLS]
    assert (failures(report), report.outage) == (["Nothing may be written."], "")
    assert [entry.outcome for entry in bench.entries()] == ["done", "lost"]


def test_a_refusal_after_papers_that_were_there_is_one_of_the_whole_run(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.words += ["refused"]
    with pytest.raises(WriteRefused, match="Nothing may be written"):
        bench.sync(OWLS, MICE)
    assert bench.notes()[0] == "0 created through the connector, 0 failed"


def test_a_paper_that_cannot_be_saved_does_not_keep_the_others_from_it(bench: Bench) -> None:
    bench.words += ["failed"]
    report = bench.sync(OWLS, MICE)
    assert (failures(report), [step.work for step in report.done]) == (["Zotero could not save it."], [MICE])
    assert bench.open_writes() == 0
    assert bench.notes() == ["1 created through the connector, 1 failed"]
    assert [step.op for step in bench.plan(OWLS)] == [Op.CREATE]


def test_a_paper_that_lies_in_the_wrong_place_is_told(bench: Bench) -> None:
    bench.words += ["misplaced"]
    assert bench.sync(OWLS).lacking == ("arXiv:2101.00001: it was saved, but not tagged",)


@pytest.mark.parametrize("word", ["killed", "unsent"])
def test_a_killed_run_is_settled_by_reading(bench: Bench, word: str) -> None:
    bench.words += [word]
    with suppress(Killed):
        bench.sync(OWLS)
    assert bench.open_writes() == 1
    report = bench.sync(OWLS)
    assert (failures(report), bench.papers()) == ([], ["Nocturnal Owls"])
    assert not any("interrupted run" in remark for remark in report.remarks)


def test_a_killed_run_is_settled_before_the_next_one_plans(bench: Bench) -> None:
    bench.words += ["killed"]
    with suppress(Killed):
        bench.sync(OWLS)
    with closing(bench.writer()) as writer:
        assert writer.recover() == 1
        assert writer.recover() == 0
    assert [entry.outcome for entry in bench.entries()] == ["kept"]


@pytest.mark.parametrize("word", ["killed", "unsent"])
def test_what_cannot_be_seen_after_a_kill_is_taken_as_saved_and_said(blind: Bench, word: str) -> None:
    blind.words += [word]
    with suppress(Killed):
        blind.sync(OWLS)
    report = blind.sync(OWLS)
    assert len(blind.papers()) == (1 if word == "killed" else 0)
    (remark,) = report.remarks
    assert remark.startswith("arXiv:2101.00001: whether an interrupted run saved it is not known; look in Zotero")
    assert blind.open_writes() == 0
    assert blind.sync(OWLS).remarks == ()


# PDFs


def test_a_pdf_is_attached_and_one_that_cannot_be_had_is_told(bench: Bench) -> None:
    def download(url: str) -> bytes:
        if "00001" in url:
            raise SourceUnavailable("arXiv is down")
        return CONTENT

    report = bench.sync(OWLS, MICE, options=FILES, download=download)
    assert (failures(report), report.outage) == ([], "")
    assert report.lacking == ("arXiv:2101.00001: its PDF was not attached: arXiv is down",)
    assert list(bench.desktop.files.values()) == [CONTENT]
    assert not any("cannot be a link" in remark for remark in report.remarks)


def test_a_pdf_that_zotero_does_not_take_is_told_with_the_paper(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*sent: object) -> None:
        attached.append(sent[1:])
        raise WriteError("No files here.")

    attached: list[tuple[object, ...]] = []
    monkeypatch.setattr(Connector, "attach", refuse)
    report = bench.sync(OWLS, options=FILES, download=lambda url: url.encode())
    assert report.lacking == ("arXiv:2101.00001: its PDF was not attached: No files here.",)
    ((session, item, title, url, content),) = attached
    assert ([session], item) == (bench.sessions, "arXiv:2101.00001")
    assert (title, str(url).encode()) == ("Preprint PDF", content)
    assert str(url).startswith("https://arxiv.org/pdf/2101.00001")


def test_without_a_way_to_download_no_pdf_is_attached(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connector, "attach", lambda *_: pytest.fail("there is nothing to attach"))
    assert bench.sync(OWLS, options=FILES).lacking == ()
    assert bench.sync(MICE, download=lambda url: url.encode()).lacking == ()


def test_what_the_writer_held_is_let_go(bench: Bench) -> None:
    writer = bench.writer()
    reader = writer.reader
    assert reader
    closed: list[bool] = []
    reader.close = lambda: closed.append(True)  # type: ignore[method-assign]
    writer.close()
    assert closed == [True]
    for held in (writer.state.syncs, lambda: writer.mirror.update((), (), 1, whole=True)):
        with pytest.raises((WriteError, sqlite3.ProgrammingError), match="closed"):
            held()
