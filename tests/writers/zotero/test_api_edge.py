"""The ways into a library over an edge that answers by script: what no stand-in says, and what is sent to a letter."""

from __future__ import annotations

import importlib
import json
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
import pytest

from refkit.errors import Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Failure, Refusal
from refkit.writers.zotero.api import Account, DesktopBackend, WebBackend, groups, who
from refkit.writers.zotero.api_client import Client, Library
from refkit.writers.zotero.api_web import granted_in_group
from refkit.writers.zotero.backend import BATCH, Outcome, Rights, Snapshot, State, Target, Written
from refkit.writers.zotero.connector import Selection, TargetRow
from refkit.writers.zotero.credentials import Login
from refkit.writers.zotero.desktop import Desktop
from refkit.writers.zotero.locate import Place
from refkit.writers.zotero.proxies import Connections
from refkit.writers.zotero.transport import Call, Manners

SERVER = "https://api.zotero.org"
KEY = Secret("k3y")
MINE = Target(server=SERVER, kind="user", id=5, name="ada")
HERE = Target(server="http://127.0.0.1:23119", kind="user", id=0, name="ada", way="desktop")
KINDS: tuple[Literal["user", "group"], ...] = ("user", "group")
Words = tuple[int, Mapping[str, str], Any]


class Edge:
    """What stands in for the network; `script` are the answers to come: status, headers, and a body, as JSON or not."""

    def __init__(self) -> None:
        self.script: list[Words | str] = []
        self.sent: list[Any] = []
        self.waits: list[float] = []
        self.told: list[str] = []
        self.closed = 0
        self.clock = Clock(now=lambda: 1_700_000_000.25, sleep=self.waits.append)

    def __call__(self, *script: Words | str) -> None:
        self.script += script

    def handle_request(self, request: Any) -> Any:
        self.sent.append(request)
        request.read()
        httpx = importlib.import_module(type(request).__module__.partition(".")[0])
        answer = self.script.pop(0)
        if isinstance(answer, str):
            raise getattr(httpx, answer)("no answer")
        status, headers, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, headers=headers, content=content)

    def asked(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return method, path and parameters of each request."""
        return [(each.method, each.url.path, dict(each.url.params)) for each in self.sent]


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    made = Edge()
    used: list[Connections] = []

    def to(self: Connections, _url: Any) -> Edge:
        used.append(self)
        return made

    def close(self: Connections) -> None:
        made.closed += self in used

    monkeypatch.setattr(Connections, "to", to)
    monkeypatch.setattr(Connections, "close", close)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)  # it takes long
    return made


@pytest.fixture
def web(edge: Edge) -> WebBackend:
    return WebBackend(MINE, KEY, clock=edge.clock, notify=edge.told.append)


class Keys(dict[str, Secret]):
    """Keys in memory."""

    def put(self, server_id: str, key: Secret) -> None:
        self[server_id] = key

    def forget(self, server_id: str) -> None:
        self.pop(server_id, None)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def desktop(edge: Edge, keys: Keys) -> DesktopBackend:
    return DesktopBackend(HERE, keys, server_id="abc", clock=edge.clock, notify=edge.told.append)


def fine(body: Any, version: int = 7, **headers: str) -> Words:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"Last-Modified-Version": str(version), **named}, body


def row(key: str, version: int = 7, **data: Any) -> dict[str, Any]:
    return {"key": key, "version": version, "data": {"key": key, "version": version, **data}, "meta": {}}


NOT_ZOTERO = f"Something at {SERVER} answered for Zotero, but its answer holds "


# Whose a key is, and which groups there are


@pytest.mark.parametrize("answer", [[], "ada", 5, {}, {"userID": "5"}, {"userID": None}])
def test_an_answer_that_tells_nobody_s_key_is_a_sentence(edge: Edge, answer: Any) -> None:
    edge(fine(answer))
    with pytest.raises(WriteUnavailable, match=f"{NOT_ZOTERO}nothing about the key"):
        who(SERVER, KEY, clock=edge.clock)


def test_whoever_is_asked_once_is_hung_up_on_also_after_an_error(edge: Edge) -> None:
    edge((403, {}, b"Invalid key"), (403, {}, b"Invalid key"))
    asks: list[Callable[[], object]] = [lambda: who(SERVER, KEY), lambda: groups(SERVER, KEY, 5)]
    errors = []  # they hold whatever was open
    for ask in asks:
        with pytest.raises(WriteRefused) as caught:
            ask()
        errors.append(caught)
        assert edge.closed == len(errors)


@pytest.mark.parametrize(
    ("answer", "account"),
    [
        ({"userID": 5}, Account(5, "")),
        ({"userID": 5, "username": None, "access": None}, Account(5, "")),
        ({"userID": 5, "username": "ada", "access": []}, Account(5, "ada")),
        ({"userID": 5, "username": "ada", "access": {"user": {}}}, Account(5, "ada", {"user": {}})),
    ],
)
def test_an_account_is_read_as_far_as_it_is_told(edge: Edge, answer: Any, account: Account) -> None:
    edge((429, {"Retry-After": "3"}, b""), fine(answer))
    assert who(f"{SERVER}/", KEY, clock=edge.clock, notify=edge.told.append) == account
    assert (edge.waits, edge.told) == ([3], ["Zotero asks for a pause of 3 s"])
    assert [each.headers["Zotero-API-Key"] for each in edge.sent] == ["k3y", "k3y"]
    assert [(method, path) for method, path, _ in edge.asked()] == [("GET", "/keys/current")] * 2


def test_an_account_has_the_rights_that_its_key_has() -> None:
    account = Account(5, "ada", {"user": {"library": True, "write": True}})
    assert account.rights(MINE) == Rights(write=True)
    assert Account(6, "bob", account.access).rights(MINE).reason.startswith("The key belongs to bob, not to ada;")
    assert Account(6, "", account.access).rights(MINE).reason.startswith("The key belongs to 6, not to ada;")
    nameless = Target(server=SERVER, kind="user", id=5)
    assert "to bob, not to user 5;" in Account(6, "bob").rights(nameless).reason


@pytest.mark.parametrize(
    ("page", "words"),
    [({}, "no list of groups"), ("x", "no list of groups"), ([7], "groups without a number"),
     ([{}], "groups without a number"), ([{"data": 7}], "groups without a number"),
     ([{"data": {"id": "5"}}], "groups without a number"), ([{"id": 5}], "groups without a number")],
)  # fmt: skip
def test_an_answer_that_lists_no_groups_is_a_sentence(edge: Edge, page: Any, words: str) -> None:
    edge(fine(page))
    with pytest.raises(WriteUnavailable, match=f"{NOT_ZOTERO}{words}"):
        groups(SERVER, KEY, 5, clock=edge.clock)


def group(number: int, name: Any = "Lab", **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"id": number, "name": name}, **more}


def lab(number: int, name: str = "Lab", slug: str = "") -> Target:
    return Target(server=SERVER, kind="group", id=number, name=name, slug=slug)


def test_groups_are_read_in_pages_of_a_hundred(edge: Edge) -> None:
    first, second = [group(n) for n in range(100)], [group(n) for n in range(100, 130)]
    edge((429, {"Retry-After": "3"}, b""), fine(first, Total_Results="130"), fine(second, Total_Results="130"))
    found = groups(SERVER, KEY, 5, clock=edge.clock, notify=edge.told.append)
    assert found == [lab(number) for number in range(130)]
    pages = [(query["start"], query["limit"]) for _, path, query in edge.asked() if path == "/users/5/groups"]
    assert pages == [("0", "100"), ("0", "100"), ("100", "100")]
    assert (edge.waits, edge.told) == ([3], ["Zotero asks for a pause of 3 s"])


@pytest.mark.parametrize(("count", "total"), [(0, "7"), (99, "500"), (100, "100"), (100, ""), (1, "1")])
def test_no_more_groups_are_asked_for_than_there_can_be(edge: Edge, count: int, total: str) -> None:
    edge(fine([group(number) for number in range(count)], Total_Results=total))
    assert len(groups(SERVER, KEY, 5, clock=edge.clock)) == count
    assert len(edge.sent) == 1


@pytest.mark.parametrize(
    ("links", "slug"),
    [
        ({"alternate": {"href": "https://www.zotero.org/groups/5/the_lab"}}, "the_lab"),
        ({"alternate": {"href": "https://www.zotero.org/groups/5/the_lab/"}}, "the_lab"),
        ({"alternate": {"href": "https://www.zotero.org/groups/the_lab"}}, "the_lab"),
        ({"alternate": {"href": "https://www.zotero.org/groups/5"}}, ""),
        ({"alternate": {"href": None}}, ""),
        ({"alternate": "x"}, ""),
        ({"self": {"href": "https://api.zotero.org/groups/5/x"}}, ""),
        ("x", ""),
        (None, ""),
    ],
)
def test_a_group_s_part_of_addresses_is_read_from_its_page(edge: Edge, links: Any, slug: str) -> None:
    edge(fine([group(5, links=links), group(6, None)]))
    assert groups(SERVER, KEY, 5, clock=edge.clock) == [lab(5, slug=slug), lab(6, "")]


def test_whoever_need_not_be_told_is_not(edge: Edge) -> None:
    pause: Words = (429, {"Retry-After": "3"}, b"")
    edge(pause, fine({"userID": 5}), pause, fine([]), pause, fine({}), pause, fine([]), fine([]))
    assert who(SERVER, KEY, clock=edge.clock).user_id == 5
    assert groups(SERVER, KEY, 5, clock=edge.clock) == []
    assert not WebBackend(MINE, KEY, clock=edge.clock).rights().write
    assert DesktopBackend(HERE, Keys(), server_id="abc", clock=edge.clock).read(0, ()).items == ()
    assert edge.waits == [3] * 4


# Reading by the web


@pytest.mark.parametrize("answer", [[], "x", None])
def test_a_key_of_which_nothing_is_told_has_no_rights_but_a_sentence(edge: Edge, web: WebBackend, answer: Any) -> None:
    edge(fine(answer))
    with pytest.raises(WriteUnavailable, match="nothing about the key"):
        web.rights()


def test_a_list_is_asked_for_oldest_first_with_the_trash(edge: Edge, web: WebBackend) -> None:
    edge(fine([row("A")], Total_Results="1"))
    assert [item["key"] for item in web.read(0, ()).items] == ["A"]
    ((method, path, query),) = edge.asked()
    assert (method, path) == ("GET", "/users/5/items/top")
    wanted = {"sort": "dateAdded", "direction": "asc", "start": "0", "limit": "100", "includeTrashed": "1"}
    assert query.items() >= wanted.items()


def test_a_list_without_a_total_is_what_came(edge: Edge, web: WebBackend) -> None:
    edge(fine([row("A"), row("B")]))
    assert web.read(0, ()).complete
    assert len(edge.sent) == 1


def test_a_server_that_says_more_than_it_gives_is_not_asked_for_ever(edge: Edge, web: WebBackend) -> None:
    edge(fine([row("A")], Total_Results="2"), fine([], Total_Results="2"))
    with pytest.raises(WriteUnavailable, match="fewer objects than it says"):
        web.read(0, ())


@pytest.mark.parametrize(
    ("total", "told"),
    [(100, []), (101, ["reading the library of ada: 100 of 101", "reading the library of ada: 101 of 101"])],
)
def test_who_waits_for_many_pages_is_told_how_far_it_is(
    edge: Edge, web: WebBackend, total: int, told: list[str]
) -> None:
    rows = [row(f"K{number}") for number in range(total)]
    edge(*[fine(rows[at : at + 100], Total_Results=str(total)) for at in range(0, total, 100)])
    assert len(web.read(0, ()).items) == total
    assert edge.told == told


@pytest.mark.parametrize("answer", [[], {}, {"items": "A"}, {"items": [1]}, {"items": None}, {"collections": []}])
def test_an_answer_that_tells_nothing_of_what_is_gone_is_a_sentence(edge: Edge, web: WebBackend, answer: Any) -> None:
    edge(fine([], Total_Results="0"), fine(answer))
    with pytest.raises(WriteUnavailable, match="nothing about deleted items"):
        web.read(3, ())


def test_changes_are_asked_for_since_a_version(edge: Edge, web: WebBackend) -> None:
    edge(
        fine([row("A")], Total_Results="1"),
        fine({"items": ["B"]}),
        fine({"C": 7, "X": 7}),
        fine([row("C", parentItem="A")]),
    )
    snapshot = web.read(3, ["A", "B", "C", "D"])
    assert snapshot == Snapshot(snapshot.items, ("B", "C"), 7)
    assert [path for _, path, _ in edge.asked()] == [
        "/users/5/items/top",
        "/users/5/deleted",
        "/users/5/items",
        "/users/5/items",
    ]
    first, deleted, moved, got = (query for _, _, query in edge.asked())
    assert (first["since"], deleted["since"], moved["since"]) == ("3", "3", "3")
    assert edge.sent[0].headers["If-Modified-Since-Version"] == "3"
    assert [each.headers.get("If-Modified-Since-Version") for each in edge.sent[1:]] == [None] * 3
    assert (first["includeTrashed"], moved["includeTrashed"], moved["format"]) == ("1", "1", "versions")
    assert (got["itemKey"], got["includeTrashed"], got["limit"]) == ("C", "1", "100")


def test_an_item_that_is_there_and_was_deleted_meanwhile_is_gone(edge: Edge, web: WebBackend) -> None:
    edge(fine([row("A"), row("B")], Total_Results="2"), fine({"items": ["B"]}))
    snapshot = web.read(3, ["A", "B"])
    assert ([item["key"] for item in snapshot.items], snapshot.removed) == (["A"], ("B",))


def test_a_list_whose_pages_shifted_is_set_right_by_the_versions_of_what_belongs_there(
    edge: Edge, web: WebBackend
) -> None:
    first = [row(f"K{number}") for number in range(100)]
    there = {**{f"K{number}": 7 for number in range(99)}, "K0": 9, "X": 8, "NEW": 9, "CHILD": 9}  # K99 is gone
    edge(
        fine(first, 7, Total_Results="102"),
        fine([row("X", 8), row("Y", 8)], 8, Total_Results="102"),
        fine(there, 9),
        fine([row("K0", 9), row("NEW", 9), row("CHILD", 9, parentItem="X")], 10),
    )
    snapshot = web.read(0, ())
    found = {item["key"]: item["version"] for item in snapshot.items}
    assert found == {**{f"K{number}": 7 for number in range(1, 99)}, "X": 8, "K0": 9, "NEW": 9}
    assert (snapshot.version, snapshot.complete, snapshot.removed) == (9, True, ())
    versions, wrong = (query for _, _, query in edge.asked()[2:])
    assert [path for _, path, _ in edge.asked()[2:]] == ["/users/5/items/top", "/users/5/items"]
    assert (versions["format"], versions["includeTrashed"], "limit" in versions) == ("versions", "1", False)
    assert wrong["itemKey"] == "K0,NEW,CHILD"


@pytest.mark.parametrize("since", [0, 3])
def test_a_list_in_which_one_came_twice_is_set_right(edge: Edge, web: WebBackend, since: int) -> None:
    edge(fine([row("A"), row("A")], Total_Results="2"), fine({"A": 7, "B": 7}, 8), fine([row("B")], 8))
    if since:
        edge(fine({"items": []}))
    snapshot = web.read(since, ())
    assert [item["key"] for item in snapshot.items] == ["A", "B"]
    assert (snapshot.version, snapshot.complete) == (8, not since)
    assert edge.asked()[1][2].get("since") == (str(since) if since else None)


def test_keys_are_asked_for_a_hundred_at_once_and_each_once(edge: Edge, web: WebBackend) -> None:
    keys = [f"K{number}" for number in range(101)]
    edge(fine([row("K0")]), fine([row("K100")]))
    assert [item["key"] for item in web.get([*keys, "K0", "K100"])] == ["K0", "K100"]
    assert [query["itemKey"].split(",") for _, _, query in edge.asked()] == [keys[:100], keys[100:]]
    assert web.get([]) == []


def test_what_an_object_says_of_itself_counts_before_what_is_said_around_it(web: WebBackend) -> None:
    around = {"key": "A", "version": 3, "meta": {"numChildren": 2}}
    inside, bare = web.objects([{**around, "data": {"key": "B", "version": 4}}, {**around, "data": {"title": "T"}}])
    assert inside == {"key": "B", "version": 4, "numChildren": 2}
    assert bare == {"key": "A", "version": 3, "numChildren": 2, "title": "T"}


def test_collections_whose_pages_shifted_are_read_again_three_times_at_most(edge: Edge, web: WebBackend) -> None:
    first = [row(f"K{number}") for number in range(100)]

    def pages(*versions: int) -> list[Words]:
        both = (first, [row("LAST")])
        return [fine(page, version, Total_Results="101") for page, version in zip(both, versions, strict=True)]

    edge(*pages(7, 8), *pages(9, 9))
    assert len(web.collections()) == 101
    assert len(edge.sent) == 4
    edge(*pages(7, 8), *pages(8, 9), *pages(9, 10))
    assert len(web.collections()) == 101
    assert edge.script == []


def test_collections_of_which_one_came_twice_are_read_again(edge: Edge, web: WebBackend) -> None:
    edge(fine([row("A"), row("A")], Total_Results="2"), fine([row("A"), row("B")], Total_Results="2"))
    assert [each["key"] for each in web.collections()] == ["A", "B"]


# Writing by the web


def test_objects_are_written_as_json_under_their_token(edge: Edge, web: WebBackend) -> None:
    edge(fine({"successful": {}, "success": {"0": "A"}, "unchanged": {"1": "B"}, "failed": {}}, version=9))
    written = web.write("items", [{"title": "Åé"}, {"key": "B"}], "t0ken")
    assert written.outcomes == (Outcome(state=State.DONE, key="A"), Outcome(state=State.UNCHANGED, key="B"))
    assert written.version == 9
    (sent,) = edge.sent
    assert (sent.method, sent.url.path, sent.headers["Zotero-Write-Token"]) == ("POST", "/users/5/items", "t0ken")
    assert json.loads(sent.content) == [{"title": "Åé"}, {"key": "B"}]


def test_collections_are_written_as_they_are_given(edge: Edge, web: WebBackend) -> None:
    done = {"success": {"0": "A"}, "unchanged": {}, "failed": {}}
    whole = {"name": "Reading", "parentCollection": False}
    edge(*[fine(done)] * 3)
    for given in (whole, {"key": "A", "name": "Reading"}, {"key": "A", "parentCollection": "B"}):
        assert web.write("collections", [given], "t0ken").outcomes == (Outcome(state=State.DONE, key="A"),)
        sent = edge.sent[-1]
        assert (sent.url.path, sent.headers["Zotero-Write-Token"]) == ("/users/5/collections", "t0ken")
        assert json.loads(sent.content) == [given]


def test_keys_of_our_own_are_for_the_web_alone() -> None:
    assert (WebBackend.client_keys, DesktopBackend.client_keys) == (True, False)


def test_a_report_without_a_version_has_none(web: WebBackend) -> None:
    assert web.report({"success": {}, "unchanged": {}, "failed": {}}, Answer(), 0).version == 0


def test_a_failure_tells_its_code_key_and_message(web: WebBackend) -> None:
    failed = {"0": {"code": 412, "key": "A", "message": "late"}, "1": {"key": 7, "message": 7, "code": None}, "2": []}
    told = web.report({"success": {}, "unchanged": {}, "failed": failed}, Answer(), 3).outcomes
    assert told[0] == Outcome(state=State.FAILED, key="A", code=412, message="late")
    assert told[1:] == (Outcome(state=State.FAILED), Outcome(state=State.FAILED))


@pytest.mark.parametrize(
    ("successful", "outcome"),
    [
        ({"key": "B", "version": 3}, Outcome(state=State.DONE, key="B", version=3)),
        ({"key": "B"}, Outcome(state=State.DONE, key="A")),
        ({"key": "B", "version": "3"}, Outcome(state=State.DONE, key="A")),
        ({"key": 7, "version": 3}, Outcome(state=State.DONE, key="A")),
        ("B", Outcome(state=State.DONE, key="A")),
    ],
)
def test_a_success_that_is_not_told_whole_is_told_by_its_key(web: WebBackend, successful: Any, outcome: Any) -> None:
    report = {"successful": {"0": successful}, "success": {"0": "A"}, "unchanged": {}, "failed": {}}
    assert web.report(report, Answer(), 1).outcomes == (outcome,)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal(403, ""), r"gives no access to the library of ada \(Zotero says: forbidden\)"),
        (Refusal(409, ""), r"Zotero refused a request for the library of ada: no reason given \(409\)"),
        (Refusal(413, ""), r"too large \(no reason given\); send less at once"),
        (Refusal(404, "Item does not exist"), r"not what was asked of it \(Item does not exist\); check the library"),
    ],
)
def test_a_refusal_without_words_is_a_sentence_all_the_same(web: WebBackend, refusal: Refusal, words: str) -> None:
    with pytest.raises(WriteRefused, match=words):
        raise web.refused(refusal, writing=False)


def test_a_refused_write_of_a_key_without_rights_is_told_as_such(web: WebBackend) -> None:
    assert "may not write to the library of ada (Zotero says: forbidden)" in str(
        web.refused(Refusal(403, ""), writing=True)
    )
    assert "does not know this key" in str(web.refused(Refusal(403, "Invalid key"), writing=True))
    assert isinstance(web.not_written(Refusal(412, "Item has changed")), WriteRefused)


# Files


PDF = b"%PDF-1.7 \xff"
ADDRESS = "/users/5/items/ABCD2345/file"
GRANTED = {
    "url": "https://storage.example.org/upload",
    "contentType": "multipart/form-data; boundary=x",
    "prefix": "--x\r\n",
    "suffix": "\r\n--x--",
    "uploadKey": "upl0ad",
}


def form(request: Any) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(request.content.decode()))


def test_a_file_is_announced_sent_and_registered(edge: Edge, web: WebBackend) -> None:
    edge(fine(GRANTED), (201, {}, b""), (204, {}, b""))
    web.attach_file("ABCD2345", "ä b.pdf", PDF)
    announced, stored, registered = edge.sent
    assert [each.url.path for each in edge.sent] == [ADDRESS, "/upload", ADDRESS]
    assert {each.method for each in edge.sent} == {"POST"}
    assert form(announced) == {
        "md5": "e1a5ae05db3ab3d078c451533699861a",
        "filename": "ä b.pdf",
        "filesize": "10",
        "mtime": "1700000000250",
    }
    assert form(registered) == {"upload": "upl0ad"}
    for each in (announced, registered):
        assert each.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert each.headers["If-None-Match"] == "*"
    assert stored.content == b"--x\r\n" + PDF + b"\r\n--x--"
    assert stored.headers["Content-Type"] == GRANTED["contentType"]
    assert (stored.headers.get("Zotero-API-Key"), stored.headers.get("If-None-Match")) == (None, None)


@pytest.mark.parametrize("answer", [fine({"exists": 1}), (412, {}, b"If-None-Match: * set but file exists")])
def test_a_file_that_is_stored_already_is_not_sent(edge: Edge, web: WebBackend, answer: Words) -> None:
    edge(answer)
    web.attach_file("ABCD2345", "a.pdf", PDF)
    assert len(edge.sent) == 1


@pytest.mark.parametrize("lacking", [*GRANTED, ""])
def test_an_answer_that_permits_no_upload_is_a_sentence(edge: Edge, web: WebBackend, lacking: str) -> None:
    edge(fine({**GRANTED, lacking: None} if lacking else []))
    with pytest.raises(WriteUnavailable, match="no permission to upload"):
        web.attach_file("ABCD2345", "a.pdf", PDF)
    assert len(edge.sent) == 1


@pytest.mark.parametrize(("exists", "known"), [({"exists": 1}, True), (GRANTED, False)])
def test_a_file_whose_registration_was_not_answered_is_looked_for(
    edge: Edge, web: WebBackend, exists: Any, *, known: bool
) -> None:
    edge(fine(GRANTED), (201, {}, b""), *["ReadError"] * 5, fine(exists))
    if known:
        web.attach_file("ABCD2345", "a.pdf", PDF)
    else:
        with pytest.raises(Unanswered):
            web.attach_file("ABCD2345", "a.pdf", PDF)
    assert edge.script == []
    assert form(edge.sent[-1]) == form(edge.sent[0])


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ([(413, {}, b"over quota")], WriteRefused, "storage is full; free some, or attach links"),
        ([(403, {}, b"Write access denied")], WriteRefused, "may not write to the library of ada"),
        ([fine(GRANTED), (403, {}, b"<xml/>")], WriteUnavailable, r"file storage did not take the file \(403\)"),
        ([fine(GRANTED), (400, {}, b"")], WriteUnavailable, r"file storage did not take the file \(400\)"),
        ([fine(GRANTED), (201, {}, b""), (413, {}, b"")], WriteRefused, "storage is full"),
    ],
)
def test_a_file_that_is_not_taken_is_told_with_the_remedy(
    edge: Edge, web: WebBackend, script: list[Words], error: type[Exception], words: str
) -> None:
    edge(*script)
    with pytest.raises(error, match=words):
        web.attach_file("ABCD2345", "a.pdf", PDF)
    assert edge.script == []


# The desktop


@pytest.mark.parametrize("answer", [{}, [], {"key": ""}, {"key": 7}, {"key": None}])
def test_a_dialog_that_gave_no_key_is_a_sentence(edge: Edge, desktop: DesktopBackend, answer: Any) -> None:
    edge(fine(answer))
    with pytest.raises(WriteUnavailable, match="no key"):
        desktop.write("items", [{}], "t0ken")
    assert len(edge.sent) == 1


@pytest.mark.parametrize(
    ("remember", "kept"), [(True, True), (False, False), ("yes", False), (1, False), (None, False)]
)
def test_only_a_key_that_was_given_for_good_is_kept(
    edge: Edge, desktop: DesktopBackend, keys: Keys, remember: Any, *, kept: bool
) -> None:
    edge(fine({"key": "g1ven", "remember": remember}), fine({"success": {"0": "A"}, "unchanged": {}, "failed": {}}))
    desktop.write("items", [{}], "t0ken")
    assert keys == ({"abc": Secret("g1ven")} if kept else {})
    asked, written = edge.sent
    assert (asked.url.path, json.loads(asked.content)) == ("/api/local/authorize", {"appName": "refkit"})
    assert (asked.extensions["timeout"]["read"], written.extensions["timeout"]["read"]) == (600, 60)
    assert asked.headers.get("Zotero-API-Key") is None
    assert (written.headers["Zotero-API-Key"], written.headers["Zotero-Write-Token"]) == ("g1ven", "t0ken")


def test_a_dialog_is_opened_once_although_no_answer_came(edge: Edge, desktop: DesktopBackend) -> None:
    edge("ReadTimeout")
    with pytest.raises(WriteUnavailable, match="Nobody answered the dialog"):
        desktop.write("items", [{}], "t0ken")


def test_a_key_that_is_new_and_not_taken_is_not_asked_for_again(edge: Edge, desktop: DesktopBackend) -> None:
    edge(fine({"key": "g1ven"}), (401, {}, b"Invalid key"))
    with pytest.raises(WriteRefused, match=r"did not take the key that it gave \(Invalid key\)"):
        desktop.write("items", [{}], "t0ken")
    assert edge.script == []


def test_a_refusal_of_another_kind_keeps_the_key(edge: Edge, desktop: DesktopBackend, keys: Keys) -> None:
    keys.put("abc", KEY)
    edge((403, {}, b"Write access denied"))
    with pytest.raises(WriteRefused, match="You may not write to the library of ada"):
        desktop.write("items", [{}], "t0ken")
    assert keys == {"abc": KEY}


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (412, "Zotero-Server-ID does not match", "Another Zotero database answers now"),
        (428, "Zotero-Server-ID required", "Another Zotero database answers now"),
        (412, "Item has changed", r"Zotero refused a request for the library of ada: Item has changed \(412\)"),
        (403, "Local API is not enabled", "local API is switched off; switch it on in Settings > Advanced"),
        (403, "no", r"You may not write to the library of ada \(Zotero says: no\)"),
        (401, "no", r"did not take the key that it gave \(no\)"),
        (400, "does not support method", "older than version 10"),
        (501, "method not implemented", "older than version 10"),
        (501, "no", r"Zotero refused a request for the library of ada: no \(501\)"),
        (400, "only the logged-in user", r"is not that of the user of this Zotero \(only the logged-in user\)"),
        (404, "no", r"Zotero does not write to the library of ada, or not what was asked of it \(no\)"),
        (413, "no", r"too large \(no\)"),
    ],
)
def test_what_a_desktop_refuses_is_told_in_plain_words(
    desktop: DesktopBackend, status: int, said: str, words: str
) -> None:
    with pytest.raises(WriteRefused, match=words):
        raise desktop.refused(Refusal(status, said), writing=True)


@pytest.mark.parametrize(("status", "said"), [(403, "denied"), (403, "Write was denied by the user")])
def test_a_denial_is_told_apart_from_a_dialog_that_could_not_be_opened(
    edge: Edge, desktop: DesktopBackend, status: int, said: str
) -> None:
    edge((status, {}, said.encode()), (403, {}, b"Local API is not enabled"), (401, {}, b"denied"))
    with pytest.raises(WriteRefused, match="was denied in Zotero's dialog"):
        desktop.write("items", [{}], "t0ken")
    with pytest.raises(WriteRefused, match="switched off"):
        desktop.write("items", [{}], "t0ken")
    with pytest.raises(WriteRefused, match="did not take the key"):
        desktop.write("items", [{}], "t0ken")


def test_what_is_not_there_by_any_list_is_left_out(edge: Edge, desktop: DesktopBackend) -> None:
    edge(fine([row("A")]), fine([]), (404, {}, b"Not found"), fine(row("C")))
    assert [item["key"] for item in desktop.get(["A", "B", "C"])] == ["A", "C"]
    assert edge.asked()[2][1] == "/api/users/0/items/B"


def test_no_children_are_found_of_what_is_not_there(edge: Edge, desktop: DesktopBackend, web: WebBackend) -> None:
    edge((404, {}, b"Not found"), (404, {}, b"Not found"), fine([row("N")], Total_Results="1"))
    assert desktop.children("A") == []
    assert web.children("A") == []
    assert [each["key"] for each in web.children("A")] == ["N"]
    assert [path for _, path, _ in edge.asked()][1:] == ["/users/5/items/A/children"] * 2


@pytest.mark.parametrize(
    ("server_id", "reason"),
    [("abc", ""), ("other", "Another Zotero database answers now"), ("", "older than version 10")],
)
def test_rights_are_those_of_the_database_that_is_meant(
    edge: Edge, desktop: DesktopBackend, server_id: str, reason: str
) -> None:
    edge((200, {"Zotero-Server-ID": server_id} if server_id else {}, b"Nothing to see here."))
    rights = desktop.rights()
    assert rights.write is not bool(reason)
    assert rights.reason.startswith(reason) if reason == "" else reason in rights.reason
    assert [path for _, path, _ in edge.asked()] == ["/api/"]


def test_lists_that_differ_in_their_version_are_read_again_four_times_at_most(
    edge: Edge, desktop: DesktopBackend
) -> None:
    edge(fine([row("A", 3)], 3), fine([row("B", 4)], 4))  # trash and top: something happened between
    for version in range(5, 13, 2):
        edge(fine([], version), fine([row("B", version)], version + 1))
    for version in range(13, 21, 2):
        edge(fine({"A": 3}, version), fine({"B": 11, "C": 5}, version + 1))
    snapshot = desktop.read(0, ())
    assert edge.script == []
    assert [(item["key"], item["version"]) for item in snapshot.items] == [("A", 3), ("B", 11)]
    assert (snapshot.version, snapshot.complete) == (11, True)


def test_what_others_do_between_two_lists_is_read_from_then_on(edge: Edge, desktop: DesktopBackend) -> None:
    edge(fine([], 8), fine([row("B", 9)], 9), fine([row("A", 9)], 9), fine([], 9), fine({"A": 9}, 9), fine({}, 9))
    snapshot = desktop.read(3, ["A", "B", "C"])
    assert ([item["key"] for item in snapshot.items], snapshot.removed) == (["A"], ("B", "C"))
    assert (snapshot.version, snapshot.complete) == (9, False)
    assert [query.get("since") for _, _, query in edge.asked()] == ["3", "3", "8", "8", None, None]


# The client


def test_what_a_way_into_a_library_refuses_is_its_own_matter(edge: Edge) -> None:
    library = Library(MINE, Client(SERVER, "user", 5, clock=edge.clock), edge.told.append)
    with pytest.raises(NotImplementedError):
        library.refused(Refusal(403, ""), writing=False)


def test_a_client_asks_for_json_of_the_third_version(edge: Edge, web: WebBackend) -> None:
    edge(fine({"userID": 5}))
    web.rights()
    (sent,) = edge.sent
    assert sent.headers["Zotero-API-Version"] == "3"
    assert sent.headers["Accept"] == "application/json, */*;q=0.5"


@pytest.mark.parametrize(
    ("kind", "number", "address"), [("user", 5, "/users/5/items/A/file"), ("group", 7, "/groups/7/items/A/file")]
)
def test_an_address_is_that_of_the_library(kind: str, number: int, address: str) -> None:
    assert Client(f"{SERVER}/", kind, number).address("items/A/file") == SERVER + address


def test_a_closed_client_closes_its_connections_once(edge: Edge, web: WebBackend) -> None:
    web.close()
    assert edge.closed == 0
    edge(fine({"userID": 5}), fine({"userID": 5}))
    web.rights()
    web.close()
    web.close()
    assert edge.closed == 1
    web.rights()
    assert len(edge.sent) == 2


@pytest.mark.parametrize(
    "address", ["http://", "https://:443", "http://a:0", "http://a:99999", "HTTP:/a", "a.b:80", "//a"]
)
def test_nothing_is_asked_of_what_is_no_address(edge: Edge, address: str) -> None:
    with pytest.raises(WriteRefused, match="The address that is set for Zotero is none"):
        who(address, KEY)
    assert edge.sent == []


BROKEN: list[tuple[str, str, str]] = [
    ("https_proxy", "ftp://ada:hopper@127.0.0.1:1", "the proxy cannot be used; correct HTTPS_PROXY or HTTP_PROXY"),
    ("https_proxy", "http://ada:hopper@127.0.0.1:port", "the proxy cannot be used; correct HTTPS_PROXY or HTTP_PROXY"),
    ("SSL_CERT_FILE", "/hopper/none.pem", "the certificates .* cannot be read; correct SSL_CERT_FILE and SSL_CERT_DIR"),
]


@pytest.mark.parametrize(("name", "value", "words"), BROKEN)
def test_an_environment_that_allows_no_client_is_a_sentence(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    asks: list[Callable[[], object]] = [
        lambda: who(SERVER, KEY),
        lambda: DesktopBackend(HERE, Keys(), server_id="abc").read(0, ()),
    ]
    for ask in asks:
        with pytest.raises(WriteUnavailable, match=f"Zotero cannot be asked: {words}") as caught:
            ask()
        assert "hopper" not in str(caught.value)


def test_an_error_of_the_program_is_not_taken_for_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pyzotero.zotero.Zotero", fail)
    with pytest.raises(ZeroDivisionError):
        who(SERVER, KEY)


@pytest.mark.parametrize(
    ("groups", "granted"),
    [
        ({}, {}),
        (None, {}),
        ([7], {}),
        ({"7": {"library": True}}, {"library": True}),
        ({"all": {"library": True, "write": False}, "7": {"write": True}}, {"library": True, "write": True}),
        ({"all": {"library": True}, "7": None}, {"library": True}),
        ({"all": [], "8": {"library": True}}, {}),
    ],
)
def test_what_is_granted_for_all_groups_holds_unless_this_one_says_otherwise(groups: Any, granted: Any) -> None:
    assert granted_in_group({"groups": groups, "user": {"library": True}}, 7) == granted
    assert granted_in_group({}, 7) == {}


# Values


@pytest.mark.parametrize(
    "value",
    [Manners(), Call(), Answer(), Failure("why"), Account(5, "ada"), MINE, Rights(write=True), Snapshot((), (), 7),
     Outcome(state=State.DONE), Written(()), Selection(library_id=1), TargetRow("L1", "Mine"), Desktop(url=SERVER),
     Login(server=SERVER)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_was_told_is_not_changed_afterwards(value: Any) -> None:
    name = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))


@pytest.mark.parametrize("kind", [Manners, Call, Answer, Target, Outcome, Selection, Desktop, Login, Place])
def test_what_has_many_parts_is_made_by_their_names(kind: Any) -> None:
    parts = [None] * len(kind.__struct_fields__)
    assert kind(**dict(zip(kind.__struct_fields__, parts, strict=True)))
    with pytest.raises(TypeError):
        kind(*parts)


def test_what_a_library_is_called() -> None:
    names = {"name": "Owls", "server": SERVER, "id": 7}
    assert msgspec.convert({**names, "kind": "user"}, Target).label == "the library of Owls"
    assert msgspec.convert({**names, "kind": "group"}, Target).label == "the group library Owls"
    assert [Target(server=SERVER, kind=kind, id=7).label for kind in KINDS] == ["user library 7", "group library 7"]
    bare = Target(server=SERVER, kind="user", id=7)
    assert (bare.name, bare.slug, bare.way, bare.database) == ("", "", "web", "")


def test_what_is_not_told_of_rights_and_writes_is_nothing() -> None:
    assert Rights(write=True) == Rights(write=True, files=False, reason="")
    assert Snapshot((), (), 7).complete is False
    assert Outcome(state=State.DONE) == Outcome(state=State.DONE, key="", version=0, code=0, message="")
    assert Written(()).version == 0
    assert BATCH == 50  # the server's limit (specs/zotero_web_api.md 3)
