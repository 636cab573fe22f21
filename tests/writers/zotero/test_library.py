"""An opened library: what it passes on to its writer, and what it refuses before the writer is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from msgspec.structs import replace

from refkit.errors import UsageError, WriteConflict, WriteError
from refkit.model import ArxivRecord, Author, Change, Op, PartialDate, Report, ThemeTag, Work
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.testing import ZoteroServer
from refkit.writers.zotero.api import WebBackend
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.library import Teller, Zotero
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.planfile import load_plan
from refkit.writers.zotero.run import CHANGED
from refkit.writers.zotero.state import State, Sync
from refkit.writers.zotero.writer import ZoteroWriter

OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2101.00001",
        title="Nocturnal Owls",
        authors=(Author("Strix", "Ada"),),
        submitted=PartialDate(2021, 1, 4),
    ),
    themes=(ThemeTag("Birds"),),
)
MICE = replace(OWLS, record=replace(OWLS.record, arxiv_id="2101.00002", title="Field Mice"))
TARGET = Target(server="http://127.0.0.1:1", kind="user", id=7, name="ada", slug="ada")
CLOCK = Clock(now=lambda: 1_800_000_000.0, sleep=lambda _: None)


class Blind:
    """A writer that cannot read the library, as that over the connector; it tells what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.options = Options(collection="Reading")
        self.exact = False
        self.state = State(folder / "state.sqlite")
        self.asked: list[str] = []

    def recover(self) -> int:
        self.asked.append("recover")
        return 3

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        self.asked.append(f"plan, exact: {self.exact}, in {self.options.collection}")
        return [ItemChange(op=Op.KEEP, key="A", work=work, reason="so") for work in works]

    def apply(self, changes: Sequence[Change]) -> Report:
        self.asked.append("apply")
        return Report(done=tuple(changes))

    def close(self) -> None:
        self.asked.append("close")
        self.state.close()


@pytest.fixture
def blind(tmp_path: Path) -> Blind:
    return Blind(tmp_path)


@pytest.fixture
def library(blind: Blind, tmp_path: Path) -> Iterator[Zotero]:
    with Zotero(blind, TARGET, tmp_path / "deep" / "locks" / "x.lock", Teller(), clock=CLOCK) as library:
        yield library


@pytest.fixture
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer() as running:
        yield running


def opened(server: ZoteroServer, folder: Path) -> Zotero:
    target = Target(server=server.url, kind="user", id=server.user_id, name="ada")
    backend = WebBackend(target, Secret(server.key), clock=CLOCK)
    options = Options(pdf="none")
    writer = ZoteroWriter(backend, State(folder / "state"), Mirror(folder / "mirror"), options, clock=CLOCK)
    return Zotero(writer, target, folder / "lock", Teller(), clock=CLOCK)


# What is waited for


def test_what_is_waited_for_is_told_to_whoever_shows_it_at_the_moment() -> None:
    told: list[object] = []
    teller = Teller(lambda doing: told.append(("first", doing)))
    teller.notify("reading")
    teller.progress(1, 2)  # nobody shows it yet
    teller.show(lambda doing: told.append(("second", doing)), lambda done, total: told.append((done, total)))
    teller.notify("writing")
    teller.progress(1, 2)
    teller.show(lambda doing: told.append(("third", doing)))
    teller.progress(2, 2)
    teller.notify("undoing")
    assert told == [("first", "reading"), ("second", "writing"), (1, 2), ("third", "undoing")]


def test_nobody_has_to_be_told() -> None:
    Teller().notify("reading")


def test_a_library_shows_it_through_its_teller(blind: Blind, tmp_path: Path) -> None:
    told: list[str] = []
    teller = Teller()
    with Zotero(blind, TARGET, tmp_path / "x.lock", teller) as library:
        library.show(told.append)
        teller.notify("reading")
    assert told == ["reading"]


# One at a time


def test_the_folder_of_the_lock_is_made_and_nobody_elses_to_read(library: Zotero, tmp_path: Path) -> None:
    assert library.target == TARGET
    assert (tmp_path / "deep" / "locks").stat().st_mode & 0o777 == 0o700


def test_another_run_is_waited_for_ten_seconds(tmp_path: Path, blind: Blind) -> None:
    with Zotero(blind, TARGET, tmp_path / "x.lock", Teller()) as library:
        assert library._lock.timeout == 10


def test_a_library_that_another_run_holds_is_a_sentence(
    blind: Blind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refkit.writers.zotero.library._LOCK_PATIENCE", 0.01)
    lock = FileLock(tmp_path / "x.lock")
    with lock, pytest.raises(WriteError, match="working with the library of ada; wait until it has finished"):
        Zotero(blind, TARGET, tmp_path / "x.lock", Teller())
    blind.state.close()


def test_a_folder_that_takes_no_lock_is_a_sentence(blind: Blind, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match=r"file/x\.lock cannot be written \(File exists\); correct its permissions"):
        Zotero(blind, TARGET, tmp_path / "file" / "x.lock", Teller())
    blind.state.close()


def test_whoever_closes_a_library_closes_its_writer_and_lets_others_have_it(blind: Blind, tmp_path: Path) -> None:
    library = Zotero(blind, TARGET, tmp_path / "x.lock", Teller())
    library.close()
    with FileLock(tmp_path / "x.lock", timeout=0):
        assert blind.asked == ["close"]


# What is passed on


def test_planning_settling_and_writing_are_the_writers(library: Zotero, blind: Blind) -> None:
    assert library.recover() == 3
    (step,) = library.plan([OWLS])
    assert library.apply([step]).done == (step,)
    assert [each.split(",")[0] for each in blind.asked] == ["recover", "plan", "apply"]


def test_the_runs_that_wrote_are_told_newest_first(library: Zotero, blind: Blind) -> None:
    first, second = blind.state.begin("sync", 1.0), blind.state.begin("undo", 2.0)
    assert [sync.id for sync in library.log()] == [second, first]


def test_through_a_writer_that_cannot_read_nothing_is_told_of_and_nothing_undone(library: Zotero, blind: Blind) -> None:
    with pytest.raises(UsageError, match="a library cannot be read"):
        library.papers()
    with pytest.raises(UsageError, match="cannot be taken back by a program"):
        library.plan_undo()
    with pytest.raises(UsageError, match="cannot be taken back by a program"):
        library.undo(Sync(id=1, kind="sync", started=0, ended=1, note=""), [])
    assert blind.asked == []


def test_the_papers_of_a_library_come_with_the_tags_of_their_reader(server: ZoteroServer, tmp_path: Path) -> None:
    with opened(server, tmp_path) as library:
        library.apply(library.plan([OWLS]))
        server.library.tag(next(iter(server.library.items)), "mine")
        server.library.add(title="Found", tags=["read"])
        assert [(paper.title, paper.keywords) for paper in library.papers()] == [
            ("Nocturnal Owls", ("mine",)),
            ("Found", ("read",)),
        ]


def test_a_sync_is_undone_as_it_was_planned(server: ZoteroServer, tmp_path: Path) -> None:
    with opened(server, tmp_path) as library:
        library.apply(library.plan([OWLS]))
        sync, steps = library.plan_undo()
        assert library.undo(sync, steps).trashed == ("Nocturnal Owls",)
        assert [each.kind for each in library.log()] == ["undo", "sync"]


# Plans on paper


def test_a_plan_is_kept_with_the_library_the_options_and_the_time(library: Zotero, tmp_path: Path) -> None:
    changes = library.plan([OWLS])
    kept = library.kept(changes)
    assert (kept.target, kept.options, kept.changes) == (TARGET, Options(collection="Reading"), tuple(changes))
    assert kept.made == "2027-01-15T08:00:00Z"
    library.save(tmp_path / "plan.json", changes)
    assert load_plan(tmp_path / "plan.json") == kept


@pytest.mark.parametrize("other", [{"id": 8}, {"kind": "group"}, {"server": "http://127.0.0.1:2"}, {"way": "desktop"}])
def test_a_plan_for_another_library_is_refused_before_anything_is_asked(
    library: Zotero, blind: Blind, other: dict[str, object]
) -> None:
    plan = replace(library.kept([]), target=replace(TARGET, name="bob", **other))
    owner = "the group library bob" if "kind" in other else "the library of bob"
    with pytest.raises(WriteConflict, match=f"The plan was made for {owner}, not for the library of ada; plan again"):
        library.apply_plan(plan)
    assert (blind.asked, blind.exact) == ([], False)


def test_a_plan_fits_the_library_also_by_another_name_and_is_followed_exactly(library: Zotero, blind: Blind) -> None:
    changes = library.plan([OWLS])
    plan = library.kept(changes)
    blind.asked.clear()
    plan = replace(plan, target=replace(TARGET, name="Ada", slug="a"), options=Options(collection="Later"))
    assert library.apply_plan(plan).done == tuple(changes)
    assert blind.asked == ["recover", "plan, exact: True, in Later", "apply"]


def test_what_would_be_planned_otherwise_today_fails_with_its_sentence(server: ZoteroServer, tmp_path: Path) -> None:
    with opened(server, tmp_path) as library:
        plan = library.kept(library.plan([OWLS, MICE]))
    server.library.add(title="Mine", archiveID="arXiv:2101.00002", repository="arXiv")
    with opened(server, tmp_path) as library:
        report = library.apply_plan(plan)
    assert [change.work for change in report.done] == [OWLS]
    assert [(change.work, why) for change, why in report.failed] == [(MICE, CHANGED)]
