"""A library over the local API, against the stand-in desktop."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refkit.errors import AlreadySent, Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.testing import ZoteroDesktop, ZoteroLibrary
from refkit.writers.zotero.answers import Refusal
from refkit.writers.zotero.api import DesktopBackend
from refkit.writers.zotero.backend import Rights, Snapshot, State, Target

TOKEN = "t" * 32
Use = Callable[..., DesktopBackend]


class Keys(dict[str, Secret]):
    """Keys in memory."""

    def put(self, server_id: str, key: Secret) -> None:
        self[server_id] = key

    def forget(self, server_id: str) -> None:
        self.pop(server_id, None)


class Time:
    """A clock that only runs when somebody waits."""

    def __init__(self) -> None:
        self.now = time.time()
        self.waits: list[float] = []
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def desktop() -> Iterator[ZoteroDesktop]:
    with ZoteroDesktop(prompt="always") as running:
        yield running


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def use(desktop: ZoteroDesktop, keys: Keys, told: list[str]) -> Iterator[Use]:
    made: list[DesktopBackend] = []

    def open_backend(**options: Any) -> DesktopBackend:
        target = options.pop("target", Target(server=desktop.url, kind="user", id=0, name="ada", way="desktop"))
        given = {"server_id": desktop.server_id, "clock": Time().clock, "notify": told.append, **options}
        made.append(DesktopBackend(target, keys, **given))
        return made[-1]

    yield open_backend
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no list of certificates, which takes long: nothing here is asked by https."""
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)


def paper(title: str, **more: Any) -> dict[str, Any]:
    return {"itemType": "preprint", "title": title, "tags": [], **more}


def shown(library: ZoteroLibrary) -> dict[str, int]:
    """Return the versions of what a reader of the top of a library should see, the trash with it."""
    with library.lock:
        return {key: row["version"] for key, row in library.items.items() if "parentItem" not in row}


def seen(items: Any) -> dict[str, int]:
    return {item["key"]: item["version"] for item in items}


# Reading


def test_the_whole_library_is_read_in_two_requests(desktop: ZoteroDesktop, use: Use) -> None:
    library = desktop.library
    keys = library.load(paper(f"Paper {number}") for number in range(250))
    library.add(itemType="note", note="n", parentItem=keys[0])
    library.trash(keys[5])
    library.trash(library.add(itemType="note", note="bad", parentItem=keys[1]))
    snapshot = use().read(0, ())
    assert seen(snapshot.items) == shown(library)
    assert (snapshot.version, snapshot.complete, snapshot.removed) == (library.version, True, ())
    found = {item["key"]: item for item in snapshot.items}
    assert (found[keys[0]]["numChildren"], found[keys[5]]["deleted"]) == (1, 1)
    assert len(desktop.requests) == 2


def test_an_unchanged_library_costs_two_requests(desktop: ZoteroDesktop, use: Use) -> None:
    desktop.library.load([paper("A")])
    backend = use()
    first = backend.read(0, ())
    before = len(desktop.requests)
    assert backend.read(first.version, seen(first.items)) == Snapshot((), (), first.version)
    assert len(desktop.requests[before:]) == 2


def test_a_library_that_was_restored_from_a_backup_is_read_anew(desktop: ZoteroDesktop, use: Use) -> None:
    desktop.library.load([paper("A")])
    backend = use()
    first = backend.read(0, ())
    later = backend.read(first.version + 7, {"GONEGONE"})
    assert later.complete
    assert (seen(later.items), later.version) == (seen(first.items), first.version)


def test_what_changed_is_read_and_what_is_gone_is_found(desktop: ZoteroDesktop, use: Use) -> None:
    library, backend = desktop.library, use()
    kept, edited, trashed, restored, deleted, emptied = library.load(paper(name) for name in "ABCDEF")
    note = library.add(itemType="note", note="free")
    library.trash(restored)
    library.trash(emptied)
    first = backend.read(0, ())
    library.edit(edited, title="B2")
    library.trash(trashed)
    library.restore(restored)
    library.delete(deleted)
    library.delete(emptied)
    library.edit(note, parentItem=kept)
    added = library.add(title="new")
    snapshot = backend.read(first.version, seen(first.items))
    assert set(seen(snapshot.items)) == {edited, trashed, restored, added}
    assert set(snapshot.removed) == {deleted, emptied, note}
    assert (snapshot.version, snapshot.complete) == (library.version, False)


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("whole", [True, False])
def test_what_goes_from_one_list_to_the_other_is_not_lost(
    number: int, *, whole: bool, desktop: ZoteroDesktop, use: Use
) -> None:
    library, backend = desktop.library, use()
    one, two, three, four = library.load(paper(name) for name in "ABCD")
    library.trash(two)
    first = backend.read(0, ())
    library.edit(three, title="C2")
    asked = 0

    def meddle(_: int) -> str:
        nonlocal asked
        asked += 1
        if asked == number:
            library.trash(one)
            library.restore(two)
        if asked == number + 1:
            library.edit(three, title="C3")
            library.delete(four)
        return ""

    desktop.faults = meddle
    snapshot = backend.read(0, ()) if whole else backend.read(first.version, seen(first.items))
    mirror = {} if whole else {key: at for key, at in seen(first.items).items() if key not in snapshot.removed}
    mirror |= seen(snapshot.items)
    assert {one, two, three} <= mirror.keys()
    if snapshot.version == library.version:  # nothing more will be read until somebody changes something
        assert mirror == shown(library)
    later = backend.read(snapshot.version, mirror.keys())
    mirror = {key: at for key, at in mirror.items() if key not in later.removed} | seen(later.items)
    if later.version < library.version:
        last = backend.read(later.version, mirror.keys())
        mirror = {key: at for key, at in mirror.items() if key not in last.removed} | seen(last.items)
    assert mirror == shown(library)


def test_a_library_that_never_rests_is_read_all_the_same(desktop: ZoteroDesktop, use: Use) -> None:
    library, backend = desktop.library, use()
    (key,) = library.load([paper("A")])

    def meddle(number: int) -> str:
        library.edit(key, title=f"A {number}")
        return ""

    desktop.faults = meddle
    snapshot = backend.read(0, ())
    desktop.faults = lambda _: ""
    assert seen(snapshot.items).keys() == {key}
    assert seen(backend.read(snapshot.version, [key]).items) == shown(library)


def test_items_are_found_by_key_wherever_they_are(desktop: ZoteroDesktop, use: Use) -> None:
    library = desktop.library
    keys = library.load(paper(str(number)) for number in range(70))
    child = library.add(itemType="note", note="n", parentItem=keys[0])
    hidden = library.add(itemType="note", note="n", parentItem=keys[1])
    library.trash(keys[1])
    found = use().get([*keys, child, hidden, "ZZZZZZZZ", keys[2]])
    assert {item["key"] for item in found} == {*keys, child, hidden}
    assert len(found) == 72
    assert len(desktop.requests) == 6  # two lists for each fifty keys; what is in neither is asked for by itself
    assert use().get([]) == []


def test_children_and_collections_are_read_whole(desktop: ZoteroDesktop, use: Use) -> None:
    library = desktop.library
    (parent,) = library.load([paper("A")])
    notes = {library.add(itemType="note", note=str(number), parentItem=parent) for number in range(30)}
    places = {library.add_collection(str(number)) for number in range(130)}
    assert {item["key"] for item in use().children(parent)} == notes
    assert use().children("ZZZZZZZZ") == []
    assert {each["key"] for each in use().collections()} == places


def test_every_request_says_which_database_is_meant_and_that_no_browser_asks(desktop: ZoteroDesktop, use: Use) -> None:
    backend = use()
    backend.rights()
    backend.read(0, ())
    backend.write("items", [paper("A")], TOKEN)
    backend.children("ZZZZZZZZ")
    for request in desktop.requests:
        assert request.headers["Zotero-Server-ID"] == desktop.server_id
        assert request.headers["Zotero-Allowed-Request"] == "1"
        assert request.headers["User-Agent"].startswith("refkit/")
        assert "X-Zotero-Connector-API-Version" not in request.headers


# Writing


def test_a_key_given_for_good_is_asked_for_once_and_kept(
    desktop: ZoteroDesktop, keys: Keys, told: list[str], use: Use
) -> None:
    for number in range(3):
        (outcome,) = use().write("items", [paper(f"Paper {number}")], f"token{number}").outcomes
        assert outcome.state is State.DONE
        assert outcome.key in desktop.library.items
    assert [request.path for request in desktop.requests].count("/api/local/authorize") == 1
    assert list(keys) == [desktop.server_id]
    assert told == ["Zotero has opened a dialog; choose Always Allow there, and it will not be asked again"]


def test_a_key_for_one_write_is_asked_for_each_time_and_not_kept(
    desktop: ZoteroDesktop, keys: Keys, told: list[str], use: Use
) -> None:
    desktop.prompt = "allow"
    backend = use()
    for number in range(3):
        assert backend.write("items", [paper(f"Paper {number}")], f"token{number}").outcomes[0].state is State.DONE
    assert len(desktop.library.items) == 3
    assert [request.path for request in desktop.requests].count("/api/local/authorize") == 3
    assert (len(told), keys) == (3, {})


def test_a_key_that_was_withdrawn_is_forgotten_and_asked_for_anew(desktop: ZoteroDesktop, keys: Keys, use: Use) -> None:
    backend = use()
    backend.write("items", [paper("A")], "token1")
    old = keys[desktop.server_id]
    desktop.keys.revoke()
    assert backend.write("items", [paper("B")], "token2").outcomes[0].state is State.DONE
    assert keys[desktop.server_id] != old


def test_a_denial_is_a_sentence_and_writes_nothing(desktop: ZoteroDesktop, keys: Keys, use: Use) -> None:
    desktop.prompt = "deny"
    with pytest.raises(WriteRefused, match="was denied in Zotero's dialog"):
        use().write("items", [paper("A")], TOKEN)
    assert (desktop.library.items, keys) == ({}, {})
    assert len(desktop.requests) == 1


def test_a_key_that_was_withdrawn_and_a_denial_leave_no_key(desktop: ZoteroDesktop, keys: Keys, use: Use) -> None:
    keys.put(desktop.server_id, Secret("x" * 32))
    desktop.prompt = "deny"
    with pytest.raises(WriteRefused, match="denied"):
        use().write("items", [paper("A")], TOKEN)
    assert keys == {}


def test_too_many_dialogs_are_waited_for(keys: Keys, told: list[str]) -> None:
    slow = Time()
    with ZoteroDesktop(prompt="allow", clock=lambda: slow.now) as desktop:
        target = Target(server=desktop.url, kind="user", id=0, way="desktop")
        backend = DesktopBackend(target, keys, server_id=desktop.server_id, clock=slow.clock, notify=told.append)
        for number in range(7):
            assert backend.write("items", [paper(str(number))], f"token{number}").outcomes[0].state is State.DONE
        backend.close()
    assert slow.waits == [60]
    assert "Zotero asks for a pause of 60 s" in told


def test_a_dialog_may_stay_open(desktop: ZoteroDesktop, use: Use) -> None:
    answered = threading.Event()

    def think(_: str) -> str:
        answered.wait(0.3)
        return "always"

    desktop.prompt = think
    assert use().write("items", [paper("A")], TOKEN).outcomes[0].state is State.DONE


def test_a_dialog_that_nobody_answers_is_a_sentence(
    desktop: ZoteroDesktop, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refkit.writers.zotero.api_desktop._PATIENCE", 0.1)
    desktop.prompt = lambda _: time.sleep(0.4) or "always"  # type: ignore[func-returns-value]
    with pytest.raises(WriteUnavailable, match="Nobody answered the dialog") as caught:
        use().write("items", [paper("A")], TOKEN)
    assert not isinstance(caught.value, Unanswered)
    assert len(desktop.library.items) == 0


def test_each_object_has_its_outcome(desktop: ZoteroDesktop, use: Use) -> None:
    library = desktop.library
    (old,) = library.load([paper("old")])
    written = use().write(
        "items",
        [
            paper("new"),
            {"itemType": "no<pe>&amp;", "title": "bad"},
            {"key": old, "version": library.items[old]["version"], "title": "newer"},
            {"key": old, "version": 1, "title": "stale"},
            paper("mine", key="ABCD2345", version=0),
        ],
        TOKEN,
    )
    new, bad, edited, stale, mine = written.outcomes
    assert (new.state, new.version) == (State.DONE, library.items[new.key]["version"])
    assert (bad.state, "no<pe>&amp;" in bad.message) == (State.FAILED, True)  # it is not escaped, so not unescaped
    assert (edited.state, edited.key) == (State.DONE, old)
    assert (stale.state, stale.code) == (State.FAILED, 412)
    assert (mine.state, mine.code) == (State.FAILED, 400)
    assert written.version == library.version


def test_collections_are_written(desktop: ZoteroDesktop, use: Use) -> None:
    backend = use()
    (top,) = backend.write(
        "collections", [{"name": "Top", "parentCollection": False, "relations": {}}], "token1"
    ).outcomes
    (part,) = backend.write(
        "collections", [{"name": "Part", "parentCollection": top.key, "relations": {}}], "token2"
    ).outcomes
    assert desktop.library.collections[part.key]["parentCollection"] == top.key


def test_a_second_use_of_a_token_says_so(desktop: ZoteroDesktop, use: Use) -> None:
    backend = use()
    backend.write("items", [paper("A")], TOKEN)
    with pytest.raises(AlreadySent):
        backend.write("items", [paper("A")], TOKEN)
    assert len(desktop.library.items) == 1


@pytest.mark.parametrize(("fault", "count"), [("reset", 0), ("lost", 1), ("500", 0)])
def test_a_write_whose_answer_does_not_come_is_sent_once_and_left_open(
    fault: str, count: int, desktop: ZoteroDesktop, keys: Keys, use: Use
) -> None:
    keys.put(desktop.server_id, Secret(desktop.keys.add()))
    desktop.faults = lambda _: fault
    with pytest.raises(Unanswered):
        use().write("items", [paper("A")], TOKEN)
    assert len(desktop.requests) == 1
    assert len(desktop.library.items) == count


def test_a_reading_that_failed_is_tried_again(desktop: ZoteroDesktop, use: Use) -> None:
    desktop.library.load([paper("A")])
    desktop.faults = lambda number: {1: "reset", 2: "500", 4: "lost"}.get(number, "")
    assert len(use().read(0, ()).items) == 1


def test_a_closed_zotero_is_told_at_once(desktop: ZoteroDesktop, use: Use, keys: Keys) -> None:
    keys.put(desktop.server_id, Secret("x" * 32))
    desktop.quit()
    slow = Time()
    backend = use(clock=slow.clock)
    for ask in (lambda: backend.read(0, ()), backend.rights, lambda: backend.write("items", [paper("A")], TOKEN)):
        with pytest.raises(WriteUnavailable, match="could not be reached") as caught:
            ask()
        assert not isinstance(caught.value, Unanswered)
    assert slow.waits == []


def test_a_key_is_never_in_an_address(desktop: ZoteroDesktop, use: Use) -> None:
    use().write("items", [paper("A")], TOKEN)
    assert [(request.with_key, "key=" in request.path) for request in desktop.requests] == [
        (False, False),
        (True, False),
    ]


# What may be done


def test_rights_are_told_without_a_dialog(desktop: ZoteroDesktop, use: Use) -> None:
    assert use().rights() == Rights(write=True)
    assert [request.path for request in desktop.requests] == ["/api/"]


def test_another_database_is_refused(keys: Keys, use: Use) -> None:
    keys.put("another12345", Secret("x" * 32))
    backend = use(server_id="another12345")
    rights = backend.rights()
    assert (rights.write, "Another Zotero database answers now" in rights.reason) == (False, True)
    for ask in (
        lambda: backend.read(0, ()),
        lambda: backend.write("items", [paper("A")], TOKEN),
        lambda: backend.get(["ZZZZZZZZ"]),
    ):
        with pytest.raises(WriteRefused, match="Another Zotero database answers now"):
            ask()


def test_an_older_zotero_can_be_read_and_not_written(desktop: ZoteroDesktop, use: Use) -> None:
    desktop.writable = False
    desktop.library.load([paper("A")])
    for backend in (use(server_id=""), use()):
        rights = backend.rights()
        assert (rights.write, "older than version 10" in rights.reason) == (False, True)
        assert len(backend.read(0, ()).items) == 1


def test_a_zotero_that_was_replaced_by_an_older_one_refuses_to_write(
    desktop: ZoteroDesktop, keys: Keys, use: Use
) -> None:
    keys.put(desktop.server_id, Secret("x" * 32))
    desktop.writable = False
    with pytest.raises(WriteRefused, match="older than version 10"):
        use().write("items", [paper("A")], TOKEN)


def test_a_local_api_that_is_switched_off_is_a_sentence(desktop: ZoteroDesktop, use: Use) -> None:
    desktop.local_api = False
    for ask in (lambda: use().read(0, ()), use().rights, lambda: use().write("items", [paper("A")], TOKEN)):
        with pytest.raises(WriteRefused, match="Allow other applications on this computer"):
            ask()


def test_a_group_is_read_and_written_unless_it_is_read_only(desktop: ZoteroDesktop, use: Use) -> None:
    group, closed = desktop.add_group(5, "Lab"), desktop.add_group(6, "Closed", editable=False)
    (number,) = closed.load([paper("A")])
    backend = use(target=Target(server=desktop.url, kind="group", id=5, name="Lab", way="desktop"))
    backend.write("items", [paper("A")], TOKEN)
    assert len(backend.read(0, ()).items) == len(group.items) == 1
    backend = use(target=Target(server=desktop.url, kind="group", id=6, name="Closed", way="desktop"))
    assert [item["key"] for item in backend.read(0, ()).items] == [number]
    with pytest.raises(WriteRefused, match=r"may not write to the group library Closed .*Write access denied"):
        backend.write("items", [paper("A")], TOKEN)


@pytest.mark.parametrize(
    ("kind", "number", "words"), [("user", 77, "choose another library"), ("group", 77, "not find")]
)
def test_a_library_that_is_not_there_is_refused(
    kind: Any, number: int, words: str, desktop: ZoteroDesktop, use: Use
) -> None:
    with pytest.raises(WriteRefused, match=words):
        use(target=Target(server=desktop.url, kind=kind, id=number, way="desktop")).read(0, ())


def test_files_are_not_given_to_it(desktop: ZoteroDesktop, use: Use) -> None:
    with pytest.raises(WriteRefused, match=r"a\.pdf .* was not given"):
        use().attach_file("ABCD2345", "a.pdf", b"%PDF")
    assert desktop.requests == []


@pytest.mark.parametrize("status", [400, 401, 405, 409, 413, 418])
def test_any_other_refusal_is_a_sentence(status: int, use: Use) -> None:
    error = use().refused(Refusal(status, "something odd"), writing=True)
    assert isinstance(error, WriteRefused)
    assert "something odd" in str(error)
    assert str(error).endswith(".")
