"""Which library is opened by which way, with which files, and held against whom."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from msgspec.structs import replace

from refkit.config import ZoteroSettings
from refkit.errors import UsageError, WriteConflict, WriteError, WriteRefused, WriteUnavailable
from refkit.model import ArxivRecord, Author, Op, PartialDate, ThemeTag, Work
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.secret import Secret
from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.writers.zotero.api import DesktopBackend, WebBackend
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.connector import Connector
from refkit.writers.zotero.connector_writer import ConnectorWriter
from refkit.writers.zotero.credentials import Login, save_login
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.library import Teller, Zotero
from refkit.writers.zotero.locate import Place, open_library
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.planfile import PlanFile, load_plan, still_fits
from refkit.writers.zotero.run import CHANGED
from refkit.writers.zotero.writer import ZoteroWriter

NOBODY = "http://127.0.0.1:9"  # the port of "discard": nothing listens
BARE = Options(pdf="none")
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


class Bench:
    """A machine on which nothing of Zotero is known, until a server, a key or a desktop is added to `environ`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"REFKIT_ZOTERO_URL": NOBODY, "REFKIT_ZOTERO_DESKTOP_URL": NOBODY}
        self.settings = ZoteroSettings()
        self.stack = ExitStack()

    def server(self, *, key: bool = True) -> ZoteroServer:
        server = self.stack.enter_context(ZoteroServer())
        self.environ["REFKIT_ZOTERO_URL"] = server.url
        if key:
            self.environ["REFKIT_ZOTERO_KEY"] = server.key
        return server

    def desktop(self, **options: Any) -> ZoteroDesktop:
        desktop = self.stack.enter_context(ZoteroDesktop(**{"prompt": "always", **options}))
        self.environ["REFKIT_ZOTERO_DESKTOP_URL"] = desktop.url
        return desktop

    def older(self, **options: Any) -> ZoteroDesktop:
        return self.desktop(version="9.0.6", writable=False, **options)

    def open(
        self,
        options: Options = BARE,
        plan: PlanFile | None = None,
        *,
        library: str = "",
        download: Callable[[str], bytes] | None = None,
    ) -> Zotero:
        place = Place(
            settings=self.settings,
            library=library,
            environ=self.environ,
            config=self.folder / "config",
            around=Surroundings(cache=self.folder / "cache", state=self.folder / "state"),
            clock=Clock(sleep=lambda _: None),
            teller=Teller(),
            download=download,
        )
        return open_library(place, options, plan)

    def sync(self, *works: Work, options: Options = BARE, **more: Any) -> None:
        with self.open(options, **more) as zotero:
            report = zotero.apply(zotero.plan(works or (OWLS,)))
            assert (report.failed, report.lacking) == ((), ())

    def saved(self, *works: Work, options: Options = BARE, **more: Any) -> PlanFile:
        path = self.folder / "plan.json"
        with self.open(options, **more) as zotero:
            zotero.save(path, zotero.plan(works or (OWLS,)))
        return load_plan(path)

    def files(self, kind: str = "state") -> set[str]:
        return {path.name for path in (self.folder / kind / "zotero").glob("*.sqlite")}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setitem(sys.modules, "keyring", None)
    bench = Bench(tmp_path)
    with bench.stack:
        yield bench


def inner(zotero: Zotero) -> Any:
    return zotero._writer


def titles(library: Any) -> list[str]:
    return sorted(row["title"] for row in library.items.values() if row["itemType"] == "preprint")


def no_writes(server: ZoteroServer) -> bool:
    return not any(request.is_write for request in server.requests)


# The way


def test_without_any_way_both_are_named(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"run `refkit login`.*Start Zotero"):
        bench.open()


def test_a_key_for_the_web_comes_before_a_desktop_that_runs(bench: Bench) -> None:
    server, desktop = bench.server(), bench.desktop()
    bench.sync()
    assert (titles(server.library), titles(desktop.library)) == (["Nocturnal Owls"], [])
    assert desktop.requests == []


def test_the_web_that_was_asked_for_is_not_replaced_by_a_desktop(bench: Bench) -> None:
    desktop = bench.desktop()
    bench.settings = ZoteroSettings(to="web")
    with pytest.raises(UsageError, match="No key for the web is known"):
        bench.open()
    assert desktop.requests == []


@pytest.mark.parametrize(
    ("options", "to", "way"),
    [
        ({}, "", "desktop"),
        ({}, "connector", "connector"),
        ({"version": "9.0.6", "writable": False}, "", "connector"),
        ({"local_api": False}, "", "connector"),
    ],
)
def test_a_desktop_is_written_in_the_best_way_that_it_has(bench: Bench, options: Any, to: Any, way: str) -> None:
    bench.desktop(**options)
    bench.settings = ZoteroSettings(to=to)
    with bench.open() as zotero:
        assert zotero.target.way == way
        assert isinstance(inner(zotero), ZoteroWriter if way == "desktop" else ConnectorWriter)


@pytest.mark.parametrize("options", [{"version": "9.0.6", "writable": False}, {"local_api": False}])
def test_a_desktop_that_cannot_be_written_is_not_written_by_another_way_than_the_one_asked_for(
    bench: Bench, options: Any
) -> None:
    desktop = bench.desktop(**options)
    bench.settings = ZoteroSettings(to="desktop")
    with pytest.raises(WriteUnavailable, match="Zotero"):
        bench.open()
    assert {request.method for request in desktop.requests} == {"GET"}


def test_the_way_of_the_settings_wins_over_a_key(bench: Bench) -> None:
    server, desktop = bench.server(), bench.desktop()
    bench.settings = ZoteroSettings(to="desktop")
    bench.sync()
    assert (server.requests, titles(desktop.library)) == ([], ["Nocturnal Owls"])


def test_the_connector_reads_where_the_local_api_is_on(bench: Bench) -> None:
    older = bench.older()
    with bench.open() as zotero:
        assert isinstance(inner(zotero).reader, DesktopBackend)
    older.local_api = False
    with bench.open() as zotero:
        assert inner(zotero).reader is None


def test_a_desktop_is_asked_to_store_no_files(bench: Bench) -> None:
    bench.desktop()
    with pytest.raises(UsageError, match="stores no PDFs"):
        bench.open(Options(pdf="file"))


# The library on the web


def test_a_stored_login_asks_nothing_before_the_library_is_read(bench: Bench) -> None:
    server = bench.server(key=False)
    login = Login(server=server.url, user_id=server.user_id, username="Ada L")
    save_login(login, Secret(server.key), bench.folder / "config", lambda: None, to_file=True)
    with bench.open() as zotero:
        assert (zotero.target.id, zotero.target.name, zotero.target.slug) == (server.user_id, "Ada L", "ada_l")
        assert server.requests == []
    group = server.add_group("Owls")
    with bench.open(library="Owls") as zotero:
        assert (zotero.target.kind, zotero.target.id) == ("group", group.id)


def test_a_key_of_the_environment_is_asked_whose_it_is_once(bench: Bench) -> None:
    server = bench.server()
    bench.sync()
    assert [request.path for request in server.requests].count("/keys/current") == 1
    with bench.open() as zotero:
        assert (zotero.target.id, zotero.target.name) == (server.user_id, "ada")


def test_a_key_that_may_only_read_is_known_as_such_without_asking_again(bench: Bench) -> None:
    server = bench.server()
    bench.environ["REFKIT_ZOTERO_KEY"] = server.add_key(write=False)
    with bench.open() as zotero, pytest.raises(WriteRefused, match="may read but not write the library of ada"):
        zotero.apply(zotero.plan([OWLS]))
    assert no_writes(server)


@pytest.mark.parametrize(
    ("number", "kind", "told"),
    [("77", "user", True), ("77", "users", True), ("77", "", False), ("7x", "user", False), ("", "user", False)],
)
def test_the_user_of_other_programs_variables_is_believed_only_where_they_tell_one(
    bench: Bench, number: str, kind: str, told: Any
) -> None:
    server = bench.server()
    bench.environ |= {"ZOTERO_LIBRARY_ID": number, "ZOTERO_LIBRARY_TYPE": kind}
    with bench.open() as zotero:
        assert zotero.target.id == (77 if told else server.user_id)


def test_the_group_of_other_programs_variables_is_no_user(bench: Bench) -> None:
    group = bench.server().add_group("Owls")
    bench.environ |= {"ZOTERO_LIBRARY_ID": str(group.id), "ZOTERO_LIBRARY_TYPE": "group"}
    with bench.open() as zotero:
        assert (zotero.target.kind, zotero.target.id, zotero.target.name) == ("group", group.id, "Owls")


def test_the_command_line_wins_over_the_environment_and_that_over_the_settings(bench: Bench) -> None:
    server = bench.server()
    one, two, three = (server.add_group(name) for name in ("One", "Two", "Three"))
    bench.settings = ZoteroSettings(library="One")
    opened = []
    with bench.open() as zotero:
        opened.append(zotero.target.id)
    bench.environ["REFKIT_ZOTERO_LIBRARY"] = "Two"
    with bench.open() as zotero:
        opened.append(zotero.target.id)
    with bench.open(library="three") as zotero:
        opened.append(zotero.target.id)
    assert opened == [one.id, two.id, three.id]


def test_a_number_means_the_group_of_that_number_not_the_one_of_that_name(bench: Bench) -> None:
    server = bench.server()
    first = server.add_group("Owls")
    server.add_group(str(first.id))
    with bench.open(library=str(first.id)) as zotero:
        assert (zotero.target.id, zotero.target.name) == (first.id, "Owls")


def test_a_name_that_two_groups_have_or_none_is_refused(bench: Bench) -> None:
    server = bench.server()
    for name in ("Owls", "owls"):
        server.add_group(name)
    with pytest.raises(UsageError, match=r"There are several groups named 'OWLS'.*Name one by its number"):
        bench.open(library="OWLS")
    with pytest.raises(UsageError, match="There is no group named 'Mice'"):
        bench.open(library="Mice")
    with pytest.raises(UsageError, match="There is no group library 5"):
        bench.open(library="5")
    assert no_writes(server)


# The library of a desktop


def test_the_connector_does_not_save_into_another_library_than_the_one_asked_for(bench: Bench) -> None:
    older = bench.older()
    older.add_group(4711, "Owls")
    with pytest.raises(UsageError, match="which is My Library; select Owls there"):
        bench.open(library="Owls")
    older.selected = "L2"
    with bench.open(library="owls") as zotero:
        assert zotero.target.way == "connector"


def test_a_group_of_the_desktop_is_found(bench: Bench) -> None:
    group = bench.desktop().add_group(4711, "Owls")
    bench.sync(library="owls")
    assert titles(group) == ["Nocturnal Owls"]


# Files


def test_each_library_has_files_of_its_own(bench: Bench) -> None:
    server, desktop = bench.server(), bench.desktop()
    server.add_group("Owls")
    desktop.add_group(4711, "Mice")
    opened = 0
    for to, library in (("web", ""), ("web", "Owls"), ("desktop", ""), ("desktop", "Mice"), ("connector", "")):
        bench.settings = ZoteroSettings(to=to)  # type: ignore[arg-type]
        bench.open(library=library).close()
        opened += 1
        assert len(bench.files("state")) == len(bench.files("cache")) == opened
    for _ in range(2):  # other profiles, at the same address or not
        bench.desktop()
        for to in ("connector", "desktop"):
            bench.settings = ZoteroSettings(to=to)  # type: ignore[arg-type]
            bench.open().close()
            opened += 1
    assert len(bench.files("state")) == opened


def test_what_cannot_be_had_again_is_not_in_the_cache(bench: Bench) -> None:
    bench.server()
    bench.sync()
    for path in (bench.folder / "cache" / "zotero").glob("*"):
        path.unlink()
    with bench.open() as zotero:
        assert [sync.note for sync in zotero.log()] == ["1 created, 0 updated, 0 failed"]


# Only one at a time


def test_a_library_is_held_until_it_is_closed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    server = bench.server()
    server.add_group("Owls")
    monkeypatch.setattr("refkit.writers.zotero.library._LOCK_PATIENCE", 0.05)
    with bench.open():
        bench.open(library="Owls").close()  # another library is another matter
        with pytest.raises(WriteError, match="Another refkit is working with the library of ada; wait until"):
            bench.open()
    bench.open().close()


def test_a_library_is_let_go_also_after_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.server()
    monkeypatch.setattr("refkit.writers.zotero.library._LOCK_PATIENCE", 0.05)

    def fail() -> None:
        with bench.open():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    bench.open().close()


def test_whoever_cannot_have_the_library_leaves_no_file_open(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that are left open are warned of, and warnings are errors here."""
    bench.server()
    bench.open().close()
    monkeypatch.setattr("refkit.writers.zotero.library._LOCK_PATIENCE", 0.05)
    (state,) = (bench.folder / "state" / "zotero").glob("*.sqlite")
    with FileLock(state.with_suffix(".lock")), pytest.raises(WriteError):
        bench.open()


def test_a_folder_that_takes_no_lock_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    target = Target(server=NOBODY, kind="user", id=1)
    with pytest.raises(WriteError, match="cannot be written"):
        Zotero(None, target, tmp_path / "file" / "x.lock", Teller())  # type: ignore[arg-type]


def test_the_files_are_closed_before_others_may_have_the_library(bench: Bench) -> None:
    bench.server()
    zotero = bench.open()
    order: list[str] = []

    def told(name: str, do: Callable[[], object]) -> Callable[[], object]:
        return lambda: (order.append(name), do())[1]  # type: ignore[func-returns-value]

    inner(zotero).close = told("files", inner(zotero).close)
    zotero._lock.release = told("lock", zotero._lock.release)  # type: ignore[method-assign, assignment]
    zotero.close()
    assert order == ["files", "lock"]


# PDFs


def test_what_downloads_pdfs_reaches_the_writer_on_every_way(bench: Bench) -> None:
    def download(_: str) -> bytes:
        return b"%PDF-1.4 owls"

    server = bench.server()
    bench.sync(options=Options(pdf="file"), download=download)
    assert list(server.files.values()) == [b"%PDF-1.4 owls"]
    older = bench.older()
    bench.settings = ZoteroSettings(to="connector")
    bench.sync(options=Options(pdf="file"), download=download)
    assert list(older.files.values()) == [b"%PDF-1.4 owls"]


# Saved plans


def applied(bench: Bench, plan: PlanFile) -> tuple[list[Any], list[str]]:
    with bench.open(Options(), plan) as zotero:
        report = zotero.apply_plan(plan)
    return [step.work for step in report.done], [sentence for _, sentence in report.failed]


def test_a_plan_goes_where_it_was_made_for_whatever_is_set_now(bench: Bench) -> None:
    server, desktop = bench.server(), bench.desktop()
    group = server.add_group("Owls")
    plan = bench.saved(library="Owls")
    bench.settings = ZoteroSettings(to="desktop", library="user")
    bench.environ["REFKIT_ZOTERO_LIBRARY"] = "Elsewhere"
    assert applied(bench, plan) == ([OWLS], [])
    assert (titles(group), titles(server.library), titles(desktop.library)) == (["Nocturnal Owls"], [], [])


def test_a_plan_for_the_desktop_goes_there_although_a_key_for_the_web_is_known(bench: Bench) -> None:
    desktop = bench.desktop()
    group = desktop.add_group(4711, "Owls")
    plan = bench.saved(library="Owls")
    server = bench.server()
    assert applied(bench, plan) == ([OWLS], [])
    assert (server.requests, titles(group), titles(desktop.library)) == ([], ["Nocturnal Owls"], [])


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_plan_that_names_another_server_is_not_given_the_key_for_the_one_that_is_configured(
    bench: Bench, where: str
) -> None:
    """Else a plan of somebody else's would take the key."""
    server = bench.server(key=where == "environment")
    if where == "file":
        login = Login(server=server.url, user_id=server.user_id, username="ada")
        save_login(login, Secret(server.key), bench.folder / "config", lambda: None, to_file=True)
    plan = bench.saved()
    stranger = bench.stack.enter_context(ZoteroServer())
    with pytest.raises((UsageError, WriteError)):
        applied(bench, replace(plan, target=replace(plan.target, server=stranger.url)))
    assert (stranger.requests, server.library.items) == ([], {})


def test_a_plan_for_another_database_of_the_desktop_is_refused(bench: Bench) -> None:
    bench.desktop()
    plan = bench.saved()
    other = bench.desktop()
    moved = replace(plan, target=replace(plan.target, server=other.url))
    with pytest.raises(WriteConflict, match="plan again"):
        applied(bench, moved)
    assert titles(other.library) == []


def test_a_plan_fits_also_after_the_library_was_renamed(bench: Bench) -> None:
    bench.server()
    plan = bench.saved()
    renamed = replace(plan, target=replace(plan.target, name="Lovelace", slug="lovelace"))
    with bench.open() as zotero:
        assert zotero.apply_plan(renamed).failed == ()


def test_a_plan_is_applied_with_the_options_that_it_was_made_with(bench: Bench) -> None:
    server = bench.server()
    plan = bench.saved(options=Options(pdf="none", collection="Reading"))
    assert applied(bench, plan) == ([OWLS], [])
    assert [row["name"] for row in server.library.collections.values()] == ["Reading"]
    assert len(server.library.items) == 1


def test_what_changed_since_the_plan_fails_and_the_rest_is_done(bench: Bench) -> None:
    server = bench.server()
    plan = bench.saved(OWLS, MICE)
    key = server.library.add(title="Owls, by hand", archiveID="arXiv:2101.00001", repository="arXiv")
    assert applied(bench, plan) == ([MICE], [CHANGED])
    assert server.library.items[key]["tags"] == []


@contextmanager
def killed_behind(owner: type, method: str) -> Iterator[None]:
    """Kill the run of the block when it has sent something by this method."""

    class Killed(BaseException):
        pass

    sends = getattr(owner, method)

    def kill(self: Any, *arguments: Any) -> Any:
        sends(self, *arguments)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, kill)
        with pytest.raises(Killed):
            yield


def test_a_plan_that_was_stopped_is_settled_before_it_is_compared(bench: Bench) -> None:
    """What a killed run of the plan has created counts as done, not as changed."""
    bench.server()
    plan = bench.saved(OWLS, MICE)

    with killed_behind(WebBackend, "write"):
        applied(bench, plan)
    assert applied(bench, plan) == ([OWLS, MICE], [])


def test_a_plan_that_was_stopped_in_the_connector_saves_nothing_twice(bench: Bench) -> None:
    """Where nothing can be read, only the memory of the stopped run keeps the paper from being added again."""
    desktop = bench.desktop(local_api=False)
    plan = bench.saved()

    with killed_behind(Connector, "save"):
        applied(bench, plan)
    applied(bench, plan)
    assert titles(desktop.library) == ["Nocturnal Owls"]


def test_a_paper_that_somebody_else_added_whole_is_not_called_done_by_the_plan(bench: Bench) -> None:
    server = bench.server()
    plan = bench.saved()
    server.library.add(**plan.changes[0].data)
    assert applied(bench, plan) == ([], [CHANGED])


def test_a_note_that_was_not_agreed_on_is_not_made(bench: Bench) -> None:
    bench.server()
    bench.sync()
    more = replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night")))
    (saved,) = bench.saved(more).changes
    bench.sync(more)
    (today,) = bench.saved(more, options=Options()).changes
    assert [child.role for child in today.children] == ["pdf"]
    assert still_fits([saved], [today]) == ([], [saved])
    assert still_fits([saved], [replace(today, children=())]) == ([replace(today, children=())], [])


def test_what_changes_while_a_plan_is_applied_is_left_alone(bench: Bench) -> None:
    server = bench.server()
    bench.sync()
    new = replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night")))
    plan = bench.saved(new)
    (key,) = server.library.items
    write = WebBackend.write

    def meddle(self: WebBackend, *arguments: Any) -> Any:
        server.library.edit(key, rights="mine")
        return write(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebBackend, "write", meddle)
        assert applied(bench, plan) == ([], [CHANGED])
    assert [tag["tag"] for tag in server.library.items[key]["tags"]] == ["Birds"]


# Undoing


def test_an_undo_settles_first_what_a_killed_run_left_open(bench: Bench) -> None:
    server = bench.server()

    with killed_behind(WebBackend, "write"):
        bench.sync()
    with bench.open() as zotero:
        sync, steps = zotero.plan_undo()
        assert zotero.undo(sync, steps).trashed == ("Nocturnal Owls",)
    assert [row["deleted"] for row in server.library.items.values()] == [1]


def test_what_went_through_the_connector_is_not_undone(bench: Bench) -> None:
    older = bench.older()
    bench.sync()
    with bench.open() as zotero:
        with pytest.raises(UsageError, match="delete it in Zotero"):
            zotero.plan_undo()
        assert len(zotero.log()) == 1
    assert titles(older.library) == ["Nocturnal Owls"]


def test_a_plan_says_what_would_be_done(bench: Bench) -> None:
    bench.server()
    with bench.open() as zotero:
        changes: list[ItemChange] = zotero.plan([OWLS])
        assert [change.op for change in changes] == [Op.CREATE]
        assert zotero.recover() == 0
