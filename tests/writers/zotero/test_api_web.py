"""A library over the web API, against the stand-in server."""

from __future__ import annotations

import gc
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from refkit.errors import AlreadySent, Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.testing import ZOTERO_FAULTS, ZoteroLibrary, ZoteroServer
from refkit.testing.zotero_faults import every, script
from refkit.testing.zotero_recorder import ZoteroRequest
from refkit.writers.zotero.answers import Answer, Refusal
from refkit.writers.zotero.api import Account, WebBackend, groups, who
from refkit.writers.zotero.api_web import rights_of
from refkit.writers.zotero.backend import Outcome, Rights, Snapshot, State, Target

TOKEN = "t" * 32
Use = Callable[..., WebBackend]


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
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer() as running:
        yield running


@pytest.fixture
def use(server: ZoteroServer) -> Iterator[Use]:
    made: list[WebBackend] = []

    def open_backend(key: str = "", library: ZoteroLibrary | None = None, **options: Any) -> WebBackend:
        of = library or server.library
        target = Target(server=server.url, kind=of.kind, id=of.id, name=of.name)
        backend = WebBackend(target, Secret(key or server.key), **{"clock": Time().clock, **options})
        made.append(backend)
        return backend

    yield open_backend
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no list of certificates, which takes long: nothing here is asked by https."""
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)


def paper(title: str, **more: Any) -> dict[str, Any]:
    return {"itemType": "preprint", "title": title, "tags": [], **more}


def shown(library: ZoteroLibrary) -> dict[str, dict[str, Any]]:
    """Return what a reader of the top of a library should see, the trash with it."""
    with library.lock:
        top = [key for key, row in library.items.items() if "parentItem" not in row]
        return {key: {**library.envelope(key)["data"], "numChildren": len(library.children(key))} for key in top}


def after(mirror: dict[str, dict[str, Any]], snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return a mirror brought up to date."""
    kept = {} if snapshot.complete else {key: item for key, item in mirror.items() if key not in snapshot.removed}
    return {**kept, **{item["key"]: item for item in snapshot.items}}


# Reading


def test_twenty_thousand_items_cost_two_hundred_requests(server: ZoteroServer, use: Use) -> None:
    server.library.load(paper(f"Paper {number}") for number in range(20_000))
    snapshot = use().read(0, ())
    assert len({item["key"] for item in snapshot.items}) == 20_000
    assert (snapshot.version, snapshot.complete, snapshot.removed) == (20_000, True, ())
    assert len(server.requests) == 200


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_the_whole_library_is_read_with_its_trash_and_without_what_hangs_on_items(
    count: int, server: ZoteroServer, use: Use
) -> None:
    library = server.library
    keys = library.load(paper(f"Paper {number}") for number in range(count))
    for key in keys[::7]:
        library.add(itemType="note", note="n", parentItem=key)
    for key in keys[::5]:
        library.trash(key)
    snapshot = use().read(0, ())
    assert {item["key"]: item for item in snapshot.items} == shown(library)
    assert (snapshot.version, snapshot.complete) == (library.version, True)
    assert len(server.requests) == max(1, -(-count // 100))


def test_an_unchanged_library_costs_one_request(server: ZoteroServer, use: Use) -> None:
    server.library.load([paper("A"), paper("B")])
    backend = use()
    first = backend.read(0, ())
    server.clear()
    assert backend.read(first.version, [item["key"] for item in first.items]) == Snapshot((), (), first.version)
    assert [request.status for request in server.requests] == [304]


def test_what_changed_is_read_with_the_trash_and_what_is_gone(server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    kept, edited, trashed, restored, deleted, taken_in = library.load(paper(name) for name in "ABCDEF")
    note = library.add(itemType="note", note="free")
    library.trash(restored)
    first = backend.read(0, ())
    library.edit(edited, title="B2")
    library.trash(trashed)
    library.restore(restored)
    library.delete(deleted)
    library.edit(note, parentItem=kept)
    added = library.add(title="new")
    server.clear()
    snapshot = backend.read(first.version, [item["key"] for item in first.items])
    assert {item["key"] for item in snapshot.items} == {edited, trashed, restored, added}
    assert set(snapshot.removed) == {deleted, note}
    assert (snapshot.version, snapshot.complete) == (library.version, False)
    mirror = after({item["key"]: item for item in first.items}, snapshot)
    assert mirror.keys() == shown(library).keys()
    assert taken_in in mirror
    assert len(server.requests) <= 4


def test_without_a_mirror_nobody_asks_what_moved(server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    library.load([paper("A")])
    version = library.version
    key = library.add(title="B")
    assert [item["key"] for item in backend.read(version, ()).items] == [key]
    assert len(server.requests) == 2


def test_many_changes_are_read_in_pages(server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    library.load([paper("A")])
    version = library.version
    keys = library.load(paper(str(number)) for number in range(250))
    snapshot = backend.read(version, ())
    assert [item["key"] for item in snapshot.items] == keys
    assert len(server.requests) == 4


class Meddler:
    """Somebody else who changes the library while it is read: once after each of the first requests."""

    def __init__(self, server: ZoteroServer, seed: int, requests: int) -> None:
        self.library, self.left = server.library, requests
        self.random = random.Random(seed)  # noqa: S311 - nothing is secret
        server.seen = self.seen

    def seen(self, request: ZoteroRequest) -> None:
        if request.is_write or self.left <= 0:
            return
        self.left -= 1
        with self.library.lock:
            top = [key for key, row in self.library.items.items() if "parentItem" not in row]
            for _ in range(self.random.randint(1, 4)):
                self._change(self.random.choice(top))

    def _change(self, key: str) -> None:
        library = self.library
        if key not in library.items:
            return
        actions: list[Callable[[], Any]] = [
            lambda: library.add(title="new"),
            lambda: library.edit(key, title="edited"),
            lambda: library.delete(key),
            lambda: library.trash(key),
            lambda: library.restore(key),
        ]
        self.random.choice(actions)()


@pytest.mark.parametrize("seed", range(12))
def test_what_others_do_while_a_library_is_read_is_not_lost(seed: int, server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    library.load(paper(f"Paper {number}") for number in range(430))
    Meddler(server, seed, 5)  # while the five pages are read
    snapshot = backend.read(0, ())
    mirror = after({}, snapshot)
    assert mirror.keys() == shown(library).keys()
    assert mirror == shown(library)
    Meddler(server, seed + 100, 9)  # also while it is read what others did, and what they did meanwhile
    for _ in range(8):
        snapshot = backend.read(snapshot.version, mirror.keys())
        mirror = after(mirror, snapshot)
    assert server.requests[-1].status == 304  # the others have finished
    assert mirror == shown(library)
    assert snapshot.version == library.version


@pytest.mark.parametrize("seed", range(12))
def test_what_others_do_while_many_changes_are_read_is_not_lost(seed: int, server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    keys = library.load(paper(f"Paper {number}") for number in range(430))
    first = backend.read(0, ())
    for key in keys[:320]:
        library.edit(key, title="again")
    Meddler(server, seed, 4)
    snapshot = backend.read(first.version, keys)
    mirror = after(after({}, first), snapshot)
    snapshot = backend.read(snapshot.version, mirror.keys())
    assert after(mirror, snapshot) == shown(library)


def test_what_is_edited_while_it_is_looked_for_is_not_gone(server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    one, two = library.load([paper("A"), paper("B")])
    first = backend.read(0, ())
    library.edit(one, title="A2")
    server.clear()
    server.seen = lambda request: library.edit(two, title="B2") if request.number == 1 else None
    snapshot = backend.read(first.version, [one, two])
    assert (snapshot.removed, [item["key"] for item in snapshot.items]) == ((), [one])
    assert [item["title"] for item in backend.read(snapshot.version, [one, two]).items] == ["B2"]


def test_what_becomes_a_child_while_it_is_read_again_is_not_at_the_top(server: ZoteroServer, use: Use) -> None:
    library = server.library
    keys = library.load(paper(str(number)) for number in range(150))
    note = library.add(itemType="note", note="free")

    def meddle(request: ZoteroRequest) -> None:
        if request.number == 1:
            library.delete(keys[0])
        if request.number == 2:
            library.edit(note, note="freer")
        if ("format", "versions") in request.query:
            library.edit(note, parentItem=keys[1])

    server.seen = meddle
    snapshot = use().read(0, ())
    assert {item["key"] for item in snapshot.items} == set(keys[1:])


@pytest.mark.parametrize("fault", [name for name in ZOTERO_FAULTS if name != "stall"])
def test_reading_survives_every_fault(fault: str, server: ZoteroServer, use: Use) -> None:
    server.library.load(paper(f"Paper {number}") for number in range(250))
    server.faults = script({1: fault, 3: fault})
    assert after({}, use().read(0, ())) == shown(server.library)


def test_an_outage_is_a_sentence(server: ZoteroServer, use: Use) -> None:
    server.maintenance = True
    slow = Time()
    with pytest.raises(WriteUnavailable, match=r"Zotero gave no answer at http://.*\(503\)"):
        use(clock=slow.clock).read(0, ())
    assert len(server.requests) == 5
    assert 15 <= sum(slow.waits) <= 18


def test_items_are_found_by_key_wherever_they_are(server: ZoteroServer, use: Use) -> None:
    library = server.library
    keys = library.load(paper(str(number)) for number in range(130))
    child = library.add(itemType="note", note="n", parentItem=keys[0])
    library.trash(keys[0])
    found = use().get([*keys, child, "ZZZZZZZZ", keys[1]])
    assert {item["key"] for item in found} == {*keys, child}
    assert len(found) == 131
    assert next(item for item in found if item["key"] == keys[0])["deleted"] == 1
    assert use().get([]) == []


def test_children_are_all_notes_and_attachments(server: ZoteroServer, use: Use) -> None:
    library = server.library
    parent, other = library.load([paper("A"), paper("B")])
    notes = [library.add(itemType="note", note=str(number), parentItem=parent) for number in range(105)]
    library.add(itemType="note", note="not mine", parentItem=other)
    assert {item["key"] for item in use().children(parent)} == set(notes)
    assert use().children("ZZZZZZZZ") == []


def test_collections_are_all_there(server: ZoteroServer, use: Use) -> None:
    library = server.library
    top = library.add_collection("Top")
    keys = [library.add_collection(f"Part {number}", top) for number in range(120)]
    found = use().collections()
    assert {each["key"] for each in found} == {top, *keys}
    assert {each["parentCollection"] for each in found} == {False, top}


@pytest.mark.parametrize(
    "bad",
    [{}, {"data": {}}, "text", None, 7, [1], [{}], [{"data": "x"}], [{"data": {}}], [{"key": "A", "data": {}}],
     [{"key": 1, "version": 1, "data": {}}], [{"key": "A", "version": "1", "data": {}}]],
)  # fmt: skip
def test_a_page_that_is_no_list_of_objects_is_a_sentence(bad: Any, use: Use) -> None:
    with pytest.raises(WriteUnavailable, match="answered for Zotero, but its answer holds"):
        use().objects(bad)


def test_an_object_is_read_whatever_its_meta_says(use: Use) -> None:
    envelopes = [
        {"key": "A", "version": 1, "data": {"title": "T"}, "meta": meta}
        for meta in ({}, {"numChildren": False}, {"numChildren": 3}, {"numChildren": "x"}, None, "x")
    ]
    assert [each["numChildren"] for each in use().objects(envelopes)] == [0, 0, 3, 0, 0, 0]


@pytest.mark.parametrize("bad", [[], "x", {"A": "1"}, None])
def test_versions_that_are_none_are_a_sentence(bad: Any, use: Use) -> None:
    with pytest.raises(WriteUnavailable, match="no versions by key"):
        use().versions(bad)


def test_an_answer_without_a_version_is_a_sentence(use: Use) -> None:
    with pytest.raises(WriteUnavailable, match="no version of the library"):
        use().version_of(Answer(status=200))


# Writing


def test_each_object_has_its_outcome(server: ZoteroServer, use: Use) -> None:
    library = server.library
    old = library.add(title="old")
    same = library.add(title="same")
    written = use().write(
        "items",
        [
            paper("new", key="ABCD2345", version=0),
            paper("bad", bogus="<1>"),
            {"key": old, "version": library.items[old]["version"], "title": "newer"},
            {"key": same, "version": library.items[same]["version"], "title": "same"},
            {"key": old, "version": 1, "title": "stale"},
            paper("long", tags=[{"tag": "x" * 300}]),
        ],
        TOKEN,
    )
    new, bad, edited, unchanged, stale, long = written.outcomes
    assert new == Outcome(state=State.DONE, key="ABCD2345", version=3)
    assert (bad.state, bad.code, bad.message) == (State.FAILED, 400, "Invalid property 'bogus'")
    assert edited == Outcome(state=State.DONE, key=old, version=4)
    assert unchanged == Outcome(state=State.UNCHANGED, key=same)
    assert (stale.state, stale.code) == (State.FAILED, 412)
    assert (long.state, long.code) == (State.FAILED, 413)
    assert written.version == library.version
    assert library.items[old]["title"] == "newer"


def test_messages_are_unescaped(use: Use) -> None:
    (outcome,) = use().write("items", [{"itemType": "no<pe>", "title": "A"}], TOKEN).outcomes
    assert outcome.message == "'no<pe>' is not a valid itemType"


def test_a_write_carries_its_token_once_and_no_precondition(server: ZoteroServer, use: Use) -> None:
    use().write("items", [paper("A")], TOKEN)
    (request,) = server.requests
    assert request.headers["Zotero-Write-Token"] == TOKEN
    assert "If-Unmodified-Since-Version" not in request.headers
    assert request.headers["Zotero-API-Version"] == "3"


def test_what_is_written_is_not_changed_on_the_way(server: ZoteroServer, use: Use) -> None:
    sent = [paper("A \x7f é 𝔘 <b>", key="ABCD2345", version=0, extra="a\nb")]
    before = [dict(each) for each in sent]
    use().write("items", sent, TOKEN)
    assert sent == before
    assert server.library.items["ABCD2345"]["extra"] == "a\nb"


def test_collections_are_written_and_those_without_a_parent_given_stay_where_they_are(
    server: ZoteroServer, use: Use
) -> None:
    top = server.library.add_collection("Top")
    backend = use()
    new = {"key": "ABCD2345", "version": 0, "name": "Part", "parentCollection": top, "relations": {}}
    (made,) = backend.write("collections", [new], TOKEN).outcomes
    assert (made.state, made.key) == (State.DONE, "ABCD2345")
    (renamed,) = backend.write(
        "collections", [{"key": "ABCD2345", "version": made.version, "name": "Renamed"}], "u" * 32
    ).outcomes
    assert renamed.state is State.DONE
    assert server.library.collections["ABCD2345"]["name"] == "Renamed"
    assert server.library.collections["ABCD2345"]["parentCollection"] == top


def test_a_second_use_of_a_token_says_so(server: ZoteroServer, use: Use) -> None:
    backend = use()
    backend.write("items", [paper("A")], TOKEN)
    with pytest.raises(AlreadySent):
        backend.write("items", [paper("A")], TOKEN)
    assert len(server.library.items) == 1


@pytest.mark.parametrize("fault", [name for name in ZOTERO_FAULTS if name != "stall"])
def test_no_fault_makes_a_write_happen_twice(fault: str, server: ZoteroServer, use: Use) -> None:
    server.faults = script({1: fault})
    backend = use()
    try:
        (outcome,) = backend.write("items", [paper("A")], TOKEN).outcomes
    except AlreadySent:
        assert fault in {"lost", "cut"}
    else:
        assert outcome.state is State.DONE
    assert len(server.library.items) == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", ["lost", "cut", "500", "502-html", "html-200", "reset"])
def test_a_write_without_any_clear_answer_is_unanswered(fault: str, server: ZoteroServer, use: Use) -> None:
    server.faults = every(1, fault)
    with pytest.raises(Unanswered):
        use().write("items", [paper("A")], TOKEN)


def test_a_late_answer_is_waited_for(server: ZoteroServer, use: Use) -> None:
    server.faults, server.stall = script({1: "stall"}), 0.3
    assert use().write("items", [paper("A")], TOKEN).outcomes[0].state is State.DONE


@pytest.mark.parametrize(
    "report",
    [None, [], "x", {}, {"successful": {}, "success": {}, "unchanged": {}},
     {"successful": {}, "success": {}, "unchanged": {}, "failed": []},
     {"successful": {}, "success": {}, "unchanged": {}, "failed": {}},
     {"successful": {"1": {}}, "success": {"1": "A"}, "unchanged": {}, "failed": {}},
     {"successful": {"0": {}}, "success": {}, "unchanged": {}, "failed": {}},
     {"successful": {"0": "A"}, "success": {"0": 7}, "unchanged": {}, "failed": {}},
     {"successful": {}, "success": {}, "unchanged": {"0": None}, "failed": {}}],
)  # fmt: skip
def test_a_report_that_does_not_tell_of_every_object_leaves_the_write_open(report: Any, use: Use) -> None:
    with pytest.raises(Unanswered, match="It is not known whether"):
        use().report(report, Answer(status=200, version=7), 1)


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        ({"success": {"0": "A"}}, Outcome(state=State.DONE, key="A")),
        ({"failed": {"0": {"code": 400, "message": "a &lt; b"}}},
         Outcome(state=State.FAILED, code=400, message="a < b")),
        ({"failed": {"0": {"message": None}}}, Outcome(state=State.FAILED)),
        ({"failed": {"0": {"code": "400"}}}, Outcome(state=State.FAILED)),
        ({"failed": {"0": "no"}}, Outcome(state=State.FAILED)),
        ({"failed": {"0": {}}, "success": {"0": "A"}}, Outcome(state=State.FAILED)),
        ({"successful": {"0": {"key": "A", "version": 3}}, "success": {"0": "A"}},
         Outcome(state=State.DONE, key="A", version=3)),
    ],
)  # fmt: skip
def test_a_report_is_read_as_far_as_it_tells(report: dict[str, Any], outcome: Outcome, use: Use) -> None:
    written = use().report({"success": {}, "unchanged": {}, "failed": {}, **report}, Answer(version=7), 1)
    assert (written.outcomes, written.version) == ((outcome,), 7)


# What a key may do


def test_a_key_that_zotero_does_not_know_is_refused_with_the_remedy(use: Use) -> None:
    backend = use("0" * 24)
    for ask in (backend.rights, lambda: backend.read(0, ()), lambda: backend.write("items", [paper("A")], TOKEN)):
        with pytest.raises(WriteRefused, match=r"does not know this key .*zotero\.org/settings/keys") as caught:
            ask()
        assert "0" * 24 not in str(caught.value)


def test_a_key_that_may_only_read_is_refused_when_it_writes(server: ZoteroServer, use: Use) -> None:
    backend = use(server.add_key())
    assert backend.read(0, ()).complete
    rights = backend.rights()
    assert (rights.write, "may read but not write the library of ada" in rights.reason) == (False, True)
    with pytest.raises(WriteRefused, match=r"may not write to the library of ada .*Write access denied"):
        backend.write("items", [paper("A")], TOKEN)


def test_a_key_of_somebody_else_is_refused(server: ZoteroServer, use: Use) -> None:
    backend = use(server.add_key(user_id=7, username="bob", write=True))
    assert backend.rights().reason == "The key belongs to bob, not to ada; use a key of that user's."
    with pytest.raises(WriteRefused, match="gives no access to the library of ada"):
        backend.read(0, ())
    with pytest.raises(WriteRefused, match="may not write to the library of ada"):
        backend.write("items", [paper("A")], TOKEN)


def test_a_library_that_does_not_exist_is_refused(server: ZoteroServer) -> None:
    kinds: tuple[Literal["user", "group"], ...] = ("user", "group")
    for kind in kinds:
        target = Target(server=server.url, kind=kind, id=999)
        backend = WebBackend(target, Secret(server.key), clock=Time().clock)
        with pytest.raises(WriteRefused, match=f"{kind} library 999"):
            backend.read(0, ())
        backend.close()


def test_too_large_a_request_is_refused(use: Use) -> None:
    with pytest.raises(WriteRefused, match="too large"):
        use().write("collections", [{"name": str(number), "parentCollection": False} for number in range(51)], TOKEN)


@pytest.mark.parametrize(("status", "word"), [(400, "authors"), (405, "authors"), (409, "authors"), (413, "too large")])
def test_any_other_refusal_is_a_sentence(status: int, word: str, use: Use) -> None:
    error = use().refused(Refusal(status, "something odd"), writing=True)
    assert isinstance(error, WriteRefused)
    assert word in str(error)
    assert "something odd" in str(error)


GROUP = Target(server="https://api.zotero.org", kind="group", id=5, name="Lab")
MINE = Target(server="https://api.zotero.org", kind="user", id=1, name="ada")
FULL = {"library": True, "files": True, "notes": True, "write": True}


@pytest.mark.parametrize(
    ("target", "access", "write", "files", "reason"),
    [
        (MINE, {"user": FULL}, True, True, ""),
        (MINE, {"user": {"library": True, "write": True}}, True, False, ""),
        (MINE, {"user": {"library": True, "files": True}}, False, False, "may read but not write the library of ada"),
        (MINE, {"groups": {"all": FULL}}, False, False, "gives no access to the library of ada"),
        (MINE, {}, False, False, "gives no access"),
        (MINE, {"user": None}, False, False, "gives no access"),
        (MINE, "odd", False, False, "gives no access"),
        (GROUP, {"groups": {"all": {"library": True, "write": True}}}, True, True, ""),
        (GROUP, {"groups": {"5": {"library": True, "write": True}}}, True, True, ""),
        (GROUP, {"groups": {"all": {"library": True}, "5": {"write": True}}}, True, True, ""),
        (GROUP, {"groups": {"all": {"library": True}}}, False, False, "may read but not write the group library Lab"),
        (GROUP, {"groups": {"6": {"library": True, "write": True}}}, False, False, "gives no access to"),
        (GROUP, {"user": FULL}, False, False, "gives no access to the group library Lab"),
        (GROUP, {"groups": []}, False, False, "gives no access"),
    ],
)
def test_rights_are_read_from_what_the_key_may_do(
    target: Target,
    access: Any,
    *,
    write: bool,
    files: bool,
    reason: str,
) -> None:
    rights = rights_of({"userID": 1, "username": "ada", "access": access}, target)
    assert (rights.write, rights.files) == (write, files)
    assert reason in rights.reason
    assert bool(rights.reason) is not write


def test_whose_a_key_is(server: ZoteroServer) -> None:
    account = who(server.url, Secret(server.key), clock=Time().clock)
    assert (account.user_id, account.username) == (server.user_id, "ada")
    target = Target(server=server.url, kind="user", id=server.user_id)
    assert account.rights(target) == Rights(write=True, files=True)
    assert [request.path for request in server.requests] == ["/keys/current"]
    assert who(server.url, Secret(server.add_key())).access == {"user": {"library": True, "files": True, "notes": True}}
    with pytest.raises(WriteRefused, match="does not know this key"):
        who(server.url, Secret("nobody"))


def test_an_account_may_be_made_of_what_is_known() -> None:
    assert Account(1, "ada").rights(MINE).write is False


def test_the_groups_of_a_user(server: ZoteroServer) -> None:
    assert groups(server.url, Secret(server.key), server.user_id, clock=Time().clock) == []
    made = [server.add_group(f"Group {number}") for number in range(3)]
    found = groups(server.url, Secret(server.key), server.user_id, clock=Time().clock)
    assert [(each.kind, each.id, each.name) for each in found] == [("group", each.id, each.name) for each in made]
    assert {each.server for each in found} == {server.url}


def test_a_group_library_is_read_and_written(server: ZoteroServer, use: Use) -> None:
    group = server.add_group("Lab")
    backend = use(library=group)
    assert backend.rights() == Rights(write=True, files=True)
    backend.write("items", [paper("A")], TOKEN)
    assert [item["title"] for item in backend.read(0, ()).items] == ["A"]
    assert server.library.items == {}


# Files


PDF = b"%PDF-1.7\r\n\x00\xff--stand-in--\r\n"


def attachment(library: ZoteroLibrary) -> str:
    return library.add(
        itemType="attachment",
        linkMode="imported_url",
        parentItem=library.add(title="A"),
        title="PDF",
        contentType="application/pdf",
    )


def test_a_file_is_stored(server: ZoteroServer, use: Use) -> None:
    key = attachment(server.library)
    use().attach_file(key, "2401.00001.pdf", PDF)
    assert list(server.files.values()) == [PDF]
    assert server.library.items[key]["filename"] == "2401.00001.pdf"
    assert [request.path.split("/")[1] for request in server.requests] == ["users", "upload", "users"]


def test_a_file_that_is_there_is_not_sent_again(server: ZoteroServer, use: Use) -> None:
    key, other = attachment(server.library), attachment(server.library)
    backend = use()
    backend.attach_file(key, "a.pdf", PDF)
    server.clear()
    backend.attach_file(key, "a.pdf", PDF)
    backend.attach_file(other, "a.pdf", PDF)
    assert [request.path.split("/")[1] for request in server.requests] == ["users", "users"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("fault", [name for name in ZOTERO_FAULTS if name not in {"stall", "html-200"}])
def test_a_file_is_stored_in_spite_of_a_fault(number: int, fault: str, server: ZoteroServer, use: Use) -> None:
    key = attachment(server.library)
    server.faults = script({number: fault})
    use().attach_file(key, "a.pdf", PDF)
    assert list(server.files.values()) == [PDF]


def test_a_file_for_what_is_no_attachment_is_refused(server: ZoteroServer, use: Use) -> None:
    key = server.library.add(title="A")
    with pytest.raises(WriteRefused, match="not an imported file"):
        use().attach_file(key, "a.pdf", PDF)
    with pytest.raises(WriteRefused, match="does not find"):
        use().attach_file("ZZZZZZZZ", "a.pdf", PDF)


# The house


def test_importing_it_loads_no_client() -> None:
    code = (
        "import sys, refkit.writers.zotero.api; print({'pyzotero', 'httpx', 'httpx2', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_making_one_asks_nothing(server: ZoteroServer, use: Use) -> None:
    use()
    assert server.requests == []


def test_nothing_is_left_open(server: ZoteroServer) -> None:
    server.library.load([paper("A")])
    before = threading.active_count()
    server.backoff = 1  # for which pyzotero would start a timer
    backend = WebBackend(
        Target(server=server.url, kind="user", id=server.user_id), Secret(server.key), clock=Time().clock
    )
    backend.read(0, ())
    backend.write("items", [paper("B")], TOKEN)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    del backend  # nobody closed it
    gc.collect()
    assert threading.active_count() <= before + 1  # the stand-in's own thread for a connection that was just closed


@pytest.mark.parametrize(
    "address", ["", "api.zotero.org", "ftp://a", "http://", "http://[", "http://ada:hopper@a:b", "file:///etc/passwd"]
)
def test_an_address_that_is_none_is_a_sentence(address: str) -> None:
    with pytest.raises(WriteRefused, match=r"The address that is set for Zotero is none.*REFKIT_ZOTERO_URL") as caught:
        who(address, Secret("k"))
    assert "hopper" not in str(caught.value)


def test_a_slash_at_the_end_of_an_address_does_no_harm(server: ZoteroServer) -> None:
    assert who(f"{server.url}/", Secret(server.key)).username == "ada"
    assert [request.path for request in server.requests] == ["/keys/current"]


def test_a_closed_backend_opens_again(server: ZoteroServer, use: Use) -> None:
    server.library.load([paper("A")])
    backend = use()
    backend.read(0, ())
    backend.close()
    backend.close()
    assert len(backend.read(0, ()).items) == 1


def test_a_call_after_a_failed_one_is_not_mixed_up_with_it(server: ZoteroServer, use: Use) -> None:
    library, backend = server.library, use()
    library.load([paper("A"), paper("B")])
    server.maintenance = True
    with pytest.raises(WriteUnavailable):
        backend.read(1, ())
    server.maintenance = False
    assert len(backend.read(0, ()).items) == 2


def test_the_limits_of_the_server_are_kept_to() -> None:
    slow = Time()
    with ZoteroServer(limits=True, clock=lambda: slow.now) as strict:
        strict.library.load(paper(str(number)) for number in range(15_000))
        target = Target(server=strict.url, kind="user", id=strict.user_id)
        backend = WebBackend(target, Secret(strict.key), clock=slow.clock)
        assert len(backend.read(0, ()).items) == 15_000
        backend.close()
        assert {request.status for request in strict.requests} == {200}
        assert 4.9 <= sum(slow.waits) <= 5.1
