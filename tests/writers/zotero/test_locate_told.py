"""What is handed on to the library that is opened: whom it tells, by which clock; and its files and names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from refkit.config import ZoteroSettings
from refkit.errors import UsageError, WriteConflict, WriteUnavailable
from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.secret import Secret
from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.testing.zotero_faults import script
from refkit.writers.zotero.credentials import Login, save_login
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.library import Teller, Zotero
from refkit.writers.zotero.locate import Place, open_library
from refkit.writers.zotero.planfile import PlanFile, load_plan

NOBODY = "http://127.0.0.1:9"  # the port of "discard": nothing listens
BARE = Options(pdf="none")
OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2101.00001",
        title="Nocturnal Owls",
        authors=(Author("Strix", "Ada"),),
        submitted=PartialDate(2021, 1, 4),
    )
)
To = Literal["", "web", "desktop", "connector"]


class Bench:
    """A machine on which nothing of Zotero is known; it keeps what it was told, and how long it waited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"REFKIT_ZOTERO_URL": NOBODY, "REFKIT_ZOTERO_DESKTOP_URL": NOBODY}
        self.to: To = ""
        self.stack = ExitStack()
        self.told: list[str] = []
        self.progress: list[tuple[int, int]] = []
        self.waits: list[float] = []

    def server(self) -> ZoteroServer:
        server = self.stack.enter_context(ZoteroServer())
        self.environ |= {"REFKIT_ZOTERO_URL": server.url, "REFKIT_ZOTERO_KEY": server.key}
        return server

    def desktop(self, **options: Any) -> ZoteroDesktop:
        desktop = self.stack.enter_context(ZoteroDesktop(**{"prompt": "always", **options}))
        self.environ["REFKIT_ZOTERO_DESKTOP_URL"] = desktop.url
        return desktop

    def open(self, library: str = "", plan: PlanFile | None = None) -> Zotero:
        teller = Teller()
        teller.show(self.told.append, lambda done, total: self.progress.append((done, total)))
        place = Place(
            settings=ZoteroSettings(to=self.to),
            library=library,
            environ=self.environ,
            config=self.folder / "config",
            around=Surroundings(cache=self.folder / "cache", state=self.folder / "state"),
            clock=Clock(sleep=self.waits.append),
            teller=teller,
        )
        return open_library(place, BARE, plan)

    def sync(self, library: str = "") -> None:
        with self.open(library) as zotero:
            assert zotero.apply(zotero.plan([OWLS])).failed == ()

    def saved(self, library: str = "") -> PlanFile:
        with self.open(library) as zotero:
            zotero.save(self.folder / "plan.json", zotero.plan([OWLS]))
        return load_plan(self.folder / "plan.json")

    def login(self, server: ZoteroServer, name: str) -> None:
        del self.environ["REFKIT_ZOTERO_KEY"]
        login = Login(server=server.url, user_id=server.user_id, username=name)
        save_login(login, Secret(server.key), self.folder / "config", lambda: None, to_file=True)

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "state" / "zotero").iterdir())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setitem(sys.modules, "keyring", None)
    bench = Bench(tmp_path)
    with bench.stack:
        yield bench


# Whom it tells


PAUSE = "Zotero asks for a pause of 1 s"


@pytest.mark.parametrize("library", ["", "Owls"])
def test_whatever_is_waited_for_on_the_web_is_told_and_waited_for_by_the_clock(bench: Bench, library: str) -> None:
    server = bench.server()
    server.add_group("Owls")
    server.faults = script(dict.fromkeys((1, 3, 5), "429"))  # whose key, then (which groups or) what is there, ...
    bench.sync(library)
    assert (bench.told.count(PAUSE), len(bench.waits), bench.progress) == (3, 3, [(1, 1)])
    assert [request.status for request in server.requests].count(429) == 3


def test_a_stored_login_tells_as_well(bench: Bench) -> None:
    server = bench.server()
    bench.login(server, "ada")
    server.faults = script({1: "429"})
    bench.sync()
    assert (bench.told.count(PAUSE), len(bench.waits)) == (1, 1)


def test_a_plan_tells_as_well(bench: Bench) -> None:
    server = bench.server()
    plan = bench.saved()
    server.faults = script({len(server.requests) + 1: "429"})
    with bench.open(plan=plan) as zotero:
        assert zotero.apply_plan(plan).failed == ()
    assert (bench.told.count(PAUSE), len(bench.waits), bench.progress) == (1, 1, [(1, 1)])


def test_what_a_desktop_waits_for_is_told(bench: Bench) -> None:
    desktop = bench.desktop()
    desktop.faults = lambda number: "500" if number == 5 else ""  # after ping and two lists: the trash, then the top
    bench.sync()
    assert [told for told in bench.told if "opened a dialog" in told]
    assert [told for told in bench.told if "error of its own (500); trying again" in told]
    assert (len(bench.waits), bench.progress) == (1, [(1, 1)])


def test_a_key_that_a_desktop_gave_is_kept_beside_the_others(bench: Bench) -> None:
    desktop = bench.desktop()
    bench.sync()
    assert desktop.server_id in (bench.folder / "config" / "zotero.json").read_text(encoding="utf-8")


def test_what_the_connector_waits_for_is_told(bench: Bench) -> None:
    desktop = bench.desktop(version="9.0.6", writable=False)
    with bench.open() as zotero:
        once = iter(["500"])
        desktop.faults = lambda _: next(once, "")
        assert zotero.apply(zotero.plan([OWLS])).failed == ()
    assert "waiting for Zotero" in bench.told
    assert [told for told in bench.told if "trying again" in told]
    assert (len(bench.waits), bench.progress) == (1, [(1, 1)])


# Files and names


def test_the_files_of_a_library_are_named_by_what_it_is_and_keep_their_names(bench: Bench) -> None:
    """Another name would lose what refkit remembers."""
    server = bench.server()
    group = server.add_group("Owls")
    port = server.url.rpartition(":")[2]
    bench.to = "web"
    for library in ("", "Owls"):
        bench.open(library).close()
    desktop = bench.desktop()
    desktop.add_group(4711, "Mice")
    bench.to = "desktop"
    for library in ("", "Mice"):
        bench.open(library).close()
    bench.to = "connector"
    bench.open().close()
    desktop.local_api = False
    bench.open().close()
    names = [
        "connector-desktop-1",
        f"connector-{desktop.server_id}-1",
        f"desktop-{desktop.server_id}-group-4711",
        f"desktop-{desktop.server_id}-user-0",
        f"127-0-0-1-{port}-web-group-{group.id}",
        f"127-0-0-1-{port}-web-user-{server.user_id}",
    ]
    assert {Path(name).stem for name in bench.files() if name.endswith(".sqlite")} == set(names)
    cached = {path.name for path in (bench.folder / "cache" / "zotero").glob("*.sqlite")}
    assert cached == {f"{name}.sqlite" for name in names}


@pytest.mark.parametrize(
    ("name", "slug"),
    [("ada", "ada"), ("Ada L", "ada_l"), ("Ada  Ö. O'N-x_y.Z 9", "ada__._on-x_y.z_9"), ("", "")],
)
def test_a_user_is_called_by_the_name_of_the_login(bench: Bench, name: str, slug: str) -> None:
    server = bench.server()
    bench.login(server, name)
    with bench.open() as zotero:
        target = zotero.target
    assert (target.server, target.kind, target.id, target.way) == (server.url, "user", server.user_id, "web")
    assert (target.name, target.slug, target.database) == (name, slug, "")


def test_a_user_whose_key_was_asked_about_is_called_by_what_was_told(bench: Bench) -> None:
    server = bench.server()
    with bench.open() as zotero:
        target = zotero.target
    assert (target.server, target.kind, target.name, target.slug) == (server.url, "user", "ada", "ada")


@pytest.mark.parametrize("to", ["desktop", "connector"])
def test_the_library_of_a_desktop_is_that_of_this_computer(bench: Bench, to: To) -> None:
    desktop = bench.desktop()
    bench.to = to
    with bench.open() as zotero:
        target = zotero.target
    assert (target.server, target.kind, target.id, target.way) == (desktop.url, "user", 0, to)
    assert target.label == "the library of your Zotero on this computer"
    assert target.database == (desktop.server_id if to == "desktop" else "")


def test_a_group_that_is_selected_in_the_window_is_called_by_its_name(bench: Bench) -> None:
    desktop = bench.desktop(version="9.0.6", writable=False)
    desktop.add_group(4711, "Owls")
    desktop.selected = "L2"
    with bench.open() as zotero:
        assert (zotero.target.kind, zotero.target.id, zotero.target.way) == ("group", 4711, "connector")
    desktop.local_api = False
    with bench.open("Owls") as zotero:
        assert (zotero.target.kind, zotero.target.id, zotero.target.way) == ("user", 0, "connector")


def test_a_group_of_the_desktop_is_held_to_its_database(bench: Bench) -> None:
    desktop = bench.desktop()
    desktop.add_group(4711, "Owls")
    with bench.open("4711") as zotero:
        assert (zotero.target.id, zotero.target.way, zotero.target.database) == (4711, "desktop", desktop.server_id)


def test_a_selected_library_may_be_named_in_any_case(bench: Bench) -> None:
    bench.desktop(version="9.0.6", writable=False)
    for library in ("", "user", "My Library", "my library"):
        with bench.open(library) as zotero:
            assert zotero.target.way == "connector"


# What is missing


@pytest.mark.parametrize("to", ["desktop", "connector"])
def test_a_desktop_that_was_asked_for_and_is_closed_is_to_be_started(bench: Bench, to: To) -> None:
    bench.server()
    bench.to = to
    with pytest.raises(WriteUnavailable, match=f"^Nothing listens at {NOBODY}: Zotero is closed. Start Zotero"):
        bench.open()


def test_without_any_way_the_reason_of_the_desktop_is_told(bench: Bench) -> None:
    with pytest.raises(
        UsageError, match=f"set REFKIT_ZOTERO_KEY. For the Zotero on this computer: Nothing listens at {NOBODY}"
    ):
        bench.open()


def test_which_groups_there_are_is_told_to_whoever_named_another(bench: Bench) -> None:
    server = bench.server()
    with pytest.raises(UsageError, match=r"no group named 'Mice'; the groups are: none \(the key may lack access\)\."):
        bench.open("Mice")
    one, two = server.add_group("Owls"), server.add_group("Voles")
    with pytest.raises(UsageError, match=rf"the groups are: Owls \({one.id}\), Voles \({two.id}\)\. Name one by its"):
        bench.open("Mice")
    desktop = bench.desktop()
    desktop.add_group(4711, "Owls")
    bench.to = "desktop"
    with pytest.raises(UsageError, match=r"There is no group library 5; the groups are: Owls \(4711\)\."):
        bench.open("5")


def test_a_plan_for_another_server_says_which(bench: Bench) -> None:
    server = bench.server()
    plan = bench.saved()
    moved = replace(plan, target=replace(plan.target, server="https://example.org"))
    with pytest.raises(WriteConflict, match=f"for the server https://example.org, not for {server.url}; plan again"):
        bench.open(plan=moved)


def test_a_plan_without_a_key_for_its_server_is_not_applied(bench: Bench) -> None:
    bench.server()
    plan = bench.saved()
    del bench.environ["REFKIT_ZOTERO_KEY"]
    with pytest.raises(UsageError, match="No key for the web is known"):
        bench.open(plan=plan)
