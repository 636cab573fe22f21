"""The desktop and its connector over an edge that answers by script: what no stand-in says, and what is sent to it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.version import __version__
from refkit.writers.zotero.backend import Outcome, State, Target
from refkit.writers.zotero.connector import Connector, Selection, TargetRow, find_target, to_translator
from refkit.writers.zotero.desktop import URL, Desktop, desktop_url, local_groups, probe

Words = tuple[int, Mapping[str, str], bytes | io.RawIOBase]
POOL = HTTPConnectionPool("127.0.0.1")
CLOSED = requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(POOL, "refused")))  # type: ignore[arg-type]
BROKEN = requests.ConnectionError(ProtocolError("reset"))


class Edge:
    """What stands in for the network; `script` are the answers to come."""

    def __init__(self) -> None:
        self.script: list[Words | Exception] = []
        self.sent: list[Any] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, *script: Words | Exception) -> None:
        self.script += script

    def send(self, request: Any, **options: Any) -> requests.Response:
        self.sent.append(request)
        self.options.append(options)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, headers, body = answer
        response.headers.update(headers)
        response.raw = io.BytesIO(body) if isinstance(body, bytes) else body
        response.url, response.request = request.url, request
        return response

    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.removeprefix(URL)}" for each in self.sent]


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    made = Edge()
    monkeypatch.setattr(HTTPAdapter, "send", lambda _self, request, **options: made.send(request, **options))
    return made


def ping(version: str = "10.0.0", connector: str = "3", body: bytes = b"<p>Zotero is running</p>") -> Words:
    return 200, {"X-Zotero-Version": version, "X-Zotero-Connector-API-Version": connector}, body


def page(*rows: Any, server_id: str = "abc") -> Words:
    return 200, {"Zotero-Server-ID": server_id} if server_id else {}, json.dumps(rows).encode()


def owned(number: Any, kind: str = "user") -> dict[str, Any]:
    return {"key": "A", "library": {"type": kind, "id": number}}


# Where it is


def test_zotero_listens_at_its_usual_port_unless_another_is_named() -> None:
    assert URL == "http://127.0.0.1:23119"
    assert desktop_url({}) == desktop_url({"REFKIT_ZOTERO_DESKTOP_URL": "  "}) == URL
    assert desktop_url({"REFKIT_ZOTERO_DESKTOP_URL": " http://localhost:5/ "}) == "http://localhost:5"


def test_what_is_asked_without_an_address_is_the_usual_one(edge: Edge) -> None:
    edge(ping(), page(owned(7)), ping(), page(owned(7)), page({"id": 42, "data": {"name": "Owls"}}))
    assert probe().url == URL
    assert local_groups() == [Target(server=URL, kind="group", id=42, name="Owls", way="desktop")]
    usual = ["GET /connector/ping", "GET /api/users/0/collections?limit=1"]
    assert edge.asked() == [*usual, *usual, "GET /api/users/0/groups"]
    for request, options in zip(edge.sent, edge.options, strict=True):
        assert (options["timeout"], options["stream"]) == (3.0, True)
        assert request.headers["User-Agent"] == f"refkit/{__version__}"
        assert request.headers["Zotero-Allowed-Request"] == "1"


def test_each_request_waits_as_long_as_one_says(edge: Edge) -> None:
    edge(ping(), page(), page(), ping(), page(), page(), page())
    probe(timeout=0.5)
    local_groups(URL, timeout=0.5)
    assert {options["timeout"] for options in edge.options} == {0.5}
    assert edge.script == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:1", "http://LocalHost", "http://[::1]:65535/"])
def test_this_machine_is_asked_by_each_of_its_names(edge: Edge, url: str) -> None:
    edge(CLOSED)
    assert probe(url).reason.startswith(f"Nothing listens at {url.rstrip('/')}: Zotero is closed.")
    assert len(edge.sent) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2:1", "http://localhost:65536", "http://localhost:-1", "http://localhost:1?a=b",
     "http://localhost:1#a", "http://:word@localhost:1", "ftp://localhost:1", "http://:1", "http://localhost.org:1"],
)  # fmt: skip
def test_what_is_no_root_on_this_machine_is_not_asked(edge: Edge, url: str) -> None:
    found = probe(url)
    assert found == Desktop(url=url, reason=found.reason)
    assert f"set REFKIT_ZOTERO_DESKTOP_URL to one like {URL}." in found.reason
    assert edge.sent == []


# Who listens


class Endless(io.RawIOBase):
    """A body that never ends; it is read so often."""

    reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        assert self.reads < 4
        return b"x" * size


def test_of_a_body_that_never_ends_four_million_bytes_are_read(edge: Edge) -> None:
    body = Endless()
    edge((200, ping()[1], body))
    assert probe(URL).reason.startswith(STRANGER)
    assert body.reads == 1


LATE = f"No answer came from {URL} within 3 s: a dialog may be open in Zotero."
NOBODY = f"Nothing listens at {URL}: Zotero is closed."
STRANGER = f"What listens at {URL} is not Zotero"
FAILURES = [
    (requests.ReadTimeout("late"), LATE),
    (requests.ConnectionError(ReadTimeoutError(POOL, "/", "late")), LATE),
    (requests.ConnectTimeout("late"), NOBODY),
    (CLOSED, NOBODY),
    (BROKEN, STRANGER),
    (requests.ConnectionError(), STRANGER),
    (requests.ConnectionError("reset", ReadTimeoutError(POOL, "/", "late")), STRANGER),
    (requests.exceptions.ChunkedEncodingError("cut"), STRANGER),
    (OSError("no route"), STRANGER),
    (ValueError("no header"), STRANGER),
]


@pytest.mark.parametrize(("error", "reason"), FAILURES)
def test_why_nothing_was_answered_is_told_with_the_address(edge: Edge, error: Exception, reason: str) -> None:
    edge(error)
    found = probe(URL)
    assert found.reason.startswith(reason)
    assert found == Desktop(url=URL, reason=found.reason)
    edge(ping(), error)
    found = probe(URL)
    assert found.reason.startswith(reason)
    assert found == Desktop(url=URL, running=True, version="10.0.0", connector=3, reason=found.reason)


@pytest.mark.parametrize(
    "answer",
    [ping(version=""), ping(body=b"hello"), (404, *ping()[1:]), (302, {**ping()[1], "Location": f"{URL}/x"}, b"")],
)
def test_whoever_answers_in_another_way_is_a_stranger_and_asked_nothing_more(edge: Edge, answer: Words) -> None:
    edge(answer)
    assert probe(URL).reason.startswith(STRANGER)
    assert edge.asked() == ["GET /connector/ping"]


@pytest.mark.parametrize(
    ("told", "number"), [("3", 3), (" 3 ", 3), ("", 0), ("three", 0), ("3.1", 0), ("9" * 9, 999_999_999), ("9" * 10, 0)]
)
def test_the_version_of_the_connector_is_a_number_or_not_known(edge: Edge, told: str, number: int) -> None:
    edge(ping(connector=told), page(owned(7)))
    assert probe(URL).connector == number


@pytest.mark.parametrize(
    ("version", "server_id", "writable"),
    [("10.0", "abc", True), ("10", "abc", True), ("11.0.SOURCE.f2", "abc", True), ("100.1", "abc", True),
     ("9.0.6", "abc", False), ("10.0", "", False), ("beta", "abc", False)],
)  # fmt: skip
def test_a_desktop_can_be_written_from_version_10_if_it_names_its_database(
    edge: Edge, version: str, server_id: str, *, writable: bool
) -> None:
    edge(ping(version), page(owned(7), server_id=server_id))
    found = probe(URL)
    assert (found.running, found.local_api, found.writable, found.server_id) == (True, True, writable, server_id)
    assert bool(found.reason) is not writable


@pytest.mark.parametrize(
    ("collections", "items", "user"),
    [
        ([owned(7)], None, 7),
        ([owned(7), owned(9)], None, 7),
        ([owned(9, "group")], [owned(7)], 7),
        ([], [owned(7)], 7),
        ([{"key": "A"}], [{"library": 7}], 0),
        ([owned("7")], [owned(None)], 0),
        ([], [], 0),
    ],
)
def test_the_user_is_whose_library_the_first_object_is_in(
    edge: Edge, collections: list[Any], items: list[Any] | None, user: int
) -> None:
    edge(ping(), page(*collections), *([page(*items)] if items is not None else []))
    found = probe(URL)
    assert (found.user_id, found.writable, edge.script) == (user, True, [])


@pytest.mark.parametrize("second", [(403, {}, b""), (200, {}, b"{}"), BROKEN, (404, {}, b"")])
def test_a_second_list_that_cannot_be_read_takes_nothing_away(edge: Edge, second: Words | Exception) -> None:
    edge(ping(), page(), second)
    found = probe(URL)
    assert (found.local_api, found.writable, found.server_id, found.reason) == (True, True, "abc", "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((403, {}, b"no"), "The local API of Zotero 10.0.0 is switched off; switch it on in Zotero: Settings"),
        ((404, {}, b"no"), "Zotero 10.0.0 has no local API; install Zotero 10 or later."),
        ((500, {}, b"no"), "The local API of Zotero 10.0.0 answered with status 500; restart Zotero."),
        ((200, {}, b"{"), "The local API of Zotero 10.0.0 answered with status 200; restart Zotero."),
        ((200, {}, b"{}"), "The local API of Zotero 10.0.0 answered with status 200; restart Zotero."),
        ((200, {}, b'["\xff"]'), "The local API of Zotero 10.0.0 answered with status 200; restart Zotero."),
        ((201, {}, b"[]"), "The local API of Zotero 10.0.0 answered with status 201; restart Zotero."),
    ],
)
def test_a_local_api_that_cannot_be_read_is_told_with_the_remedy(edge: Edge, answer: Words, reason: str) -> None:
    edge(ping(), answer)
    found = probe(URL)
    assert found.reason.startswith(reason)
    assert (found.running, found.local_api, found.writable) == (True, False, False)
    assert len(edge.sent) == 2


def test_groups_without_a_number_are_left_out_and_those_without_a_name_have_none(edge: Edge) -> None:
    rows: list[Any] = [{"id": "5"}, {}, {"id": 5}, {"id": 6, "data": 7}, {"id": 7, "data": {"name": None}}]
    edge(ping(), page(owned(7)), page(*rows))
    assert [(each.id, each.name, each.label) for each in local_groups(URL)] == [
        (number, "", f"group library {number}") for number in (5, 6, 7)
    ]


@pytest.mark.parametrize("answer", [BROKEN, (500, {}, b"[]"), (200, {}, b"{}")])
def test_groups_that_are_not_listed_are_a_sentence(edge: Edge, answer: Words | Exception) -> None:
    edge(ping(), page(owned(7)), answer)
    with pytest.raises(WriteUnavailable, match=f"did not list its groups at {URL}; restart Zotero"):
        local_groups(URL)


# The connector


def said(status: int, **words: Any) -> Words:
    return status, {"Content-Type": "application/json"}, json.dumps(words).encode()


SELECTED = said(200, libraryID=1, libraryName="My Library", editable=True, id=None, name="My Library")


def body(request: Any) -> Any:
    return json.loads(request.body)


def save(connector: Connector, target: str = "C7") -> Outcome:
    return connector.save("s1", {"itemType": "preprint"}, target, ["a, b"])


def test_a_selection_is_what_is_told_of_it(edge: Edge) -> None:
    edge(ping(), said(200, libraryID=1), SELECTED)
    connector = Connector(f"{URL}/")
    bare = connector.selected()
    assert bare == Selection(library_id=1, library="", editable=False, id=None, name="", targets=())
    assert (bare.target, bare.collection) == ("L1", "")
    assert connector.selected() == Selection(library_id=1, library="My Library", editable=True, name="My Library")
    assert edge.asked()[1] == "POST /connector/getSelectedCollection"
    chosen = Selection(library_id=1, id=0, name="Reading")
    assert (chosen.target, chosen.collection) == ("C0", "Reading")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"\xff"), "(status 200, �); restart Zotero."),
        ((200, {}, b"{}"), "(status 200, {}); restart Zotero."),
        (said(500, error="ODD"), "(status 500, ODD); restart Zotero."),
        ((500, {}, b""), "(status 500); restart Zotero."),
        ((500, {}, b"a\n b" + b"x" * 500), f"(status 500, a b{'x' * 197}); restart Zotero."),
    ],
)
def test_an_answer_that_tells_no_selection_is_shown_in_short(edge: Edge, answer: Words, words: str) -> None:
    edge(ping(), answer)
    with pytest.raises(WriteUnavailable) as caught:
        Connector().selected()
    assert str(caught.value).endswith(words)


def test_a_dialog_of_zotero_s_is_waited_for_a_minute(edge: Edge) -> None:
    edge(ping(), SELECTED, ping(), SELECTED)
    Connector().selected()
    Connector(timeout=(2.0, 3.0)).selected()
    assert [options["timeout"] for options in edge.options] == [60.0, (15.0, 60.0), 3.0, (2.0, 3.0)]


def test_nothing_that_is_posted_is_sent_on(edge: Edge) -> None:
    edge(ping(), (302, {"Location": f"{URL}/other"}, b""), (307, {"Location": f"{URL}/other"}, b""))
    outcome = save(Connector())
    assert (outcome.state, outcome.code) == (State.FAILED, 302)
    connector = Connector()
    connector._is_zotero = True
    assert save(connector).code == 307
    assert len(edge.sent) == 3


def test_a_paper_is_saved_and_then_put_into_its_place_and_tagged(edge: Edge) -> None:
    edge(ping(), said(201), said(200))
    assert save(Connector()) == Outcome(state=State.DONE)
    _, saved, placed = edge.sent
    assert edge.asked()[1:] == ["POST /connector/saveItems", "POST /connector/updateSession"]
    assert body(saved) == {"sessionID": "s1", "items": [{"itemType": "preprint"}]}
    assert body(placed) == {"sessionID": "s1", "target": "C7", "tags": ["a, b"]}
    assert {each.headers["Content-Type"] for each in (saved, placed)} == {"application/json"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((500, {}, b""), "Zotero could not save it (status 500); nothing of it was saved."),
        (
            said(500, libraryEditable=True),
            'Zotero could not save it (status 500, {"libraryEditable": true}); nothing of',
        ),
        ((200, {}, b""), "Zotero could not save it (status 200); nothing of it was saved."),
    ],
)
def test_a_paper_that_was_not_saved_is_told_with_what_zotero_said(edge: Edge, answer: Words, outcome: str) -> None:
    edge(ping(), answer)
    found = save(Connector())
    assert (found.state, found.code) == (State.FAILED, answer[0])
    assert found.message.startswith(outcome)


def test_a_place_that_may_only_be_read_is_refused(edge: Edge) -> None:
    edge(ping(), said(500, libraryEditable=False))
    with pytest.raises(WriteRefused, match="select one in its window, or ask for write access"):
        save(Connector())


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ([(500, {}, b"")], "where Zotero's window was, but not put into its place and tagged: status 500."),
        ([CLOSED], f"where Zotero's window was, but not put into its place and tagged: {NOBODY} Start Zotero, or set"),
        ([said(500, error="COLLECTION_NOT_FOUND"), SELECTED, said(200)],
         "and tagged, but not put into its collection: that no longer exists."),
        ([said(500, error="COLLECTION_NOT_FOUND"), SELECTED, (500, {}, b"")],
         "where Zotero's window was, but not put into its place and tagged: status 500."),
    ],
)  # fmt: skip
def test_a_paper_that_lies_elsewhere_is_told(edge: Edge, script: list[Words | Exception], message: str) -> None:
    edge(ping(), said(201), *script)
    found = save(Connector())
    assert found.state is State.DONE
    assert found.message.startswith(f"it was saved {message}")
    assert edge.script == []


KNOWN = said(409, error="SESSION_EXISTS")
MARKED = said(200, tags={"L1": [{"tag": "x"}], "L2": [{"tag": "y"}, {"tag": "refkit s1"}]})


def test_a_paper_that_an_earlier_save_left_is_found_by_a_tag_that_is_taken_away_again(edge: Edge) -> None:
    edge(ping(), KNOWN, said(200), MARKED, said(200))
    assert save(Connector()) == Outcome(state=State.DONE)
    sent = [body(each) for each in edge.sent[2:]]
    assert [each.get("tags") for each in sent] == [["a, b", "refkit s1"], None, ["a, b"]]
    assert [each.get("target") for each in sent] == ["C7", None, "C7"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([said(200), said(200, tags={"L1": [{"tag": "refkit s2"}]}), said(200)], "it is not in the library"),
        ([said(200), said(200), said(200)], "it is not in the library"),
        (
            [said(200), (200, {}, b"[]")],
            r"what became of it is not known: it does not list its tags \(status 200, \[\]\)",
        ),
        ([said(200), (500, {}, b"no")], r"not known: it does not list its tags \(status 500, no\)"),
        ([BROKEN], "what became of it is not known: The connection to Zotero broke, so whether the paper was saved"),
        ([CLOSED], f"what became of it is not known: {NOBODY}"),
    ],
)
def test_a_paper_of_which_an_earlier_save_is_in_doubt_stays_so(
    edge: Edge, script: list[Words | Exception], words: str
) -> None:
    edge(ping(), KNOWN, *script)
    with pytest.raises(Unanswered, match=f"Zotero has received it before, but .*{words}"):
        save(Connector())
    assert edge.script == []


def test_a_session_that_zotero_has_forgotten_saved_nothing(edge: Edge) -> None:
    edge(ping(), KNOWN, said(404, error="SESSION_NOT_FOUND"))
    found = save(Connector())
    assert (found.state, found.code) == (State.FAILED, 404)
    assert found.message == "Zotero was restarted before it had saved it; nothing of it was saved."


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (requests.ReadTimeout("late"), Unanswered,
         f"No answer came from {URL} within 60 s: .* It took the request, so whether the paper was saved is not known"),
        (BROKEN, Unanswered, "The connection to Zotero broke, so whether the paper was saved is not known"),
        (requests.ConnectTimeout("late"), WriteUnavailable, NOBODY),
        (CLOSED, WriteUnavailable, NOBODY),
    ],
)  # fmt: skip
def test_an_answer_that_was_lost_is_in_doubt_only_if_the_request_was_taken(
    edge: Edge, error: Exception, kind: type[Exception], words: str
) -> None:
    connector = Connector()
    edge(ping(), error, ping(), said(201), said(200))
    with pytest.raises(WriteUnavailable, match=words) as caught:
        save(connector)
    assert type(caught.value) is kind
    save(connector)
    assert edge.asked()[2] == "GET /connector/ping"  # who listens by now?


def test_a_pdf_is_sent_with_what_it_belongs_to(edge: Edge) -> None:
    edge(ping(), said(201))
    Connector().attach("s1", "arXiv:2401.00001", "Prépublication", "https://arxiv.org/pdf/2401.00001v1", b"%PDF \xff")
    sent = edge.sent[1]
    assert (edge.asked()[1], sent.body) == ("POST /connector/saveAttachment", b"%PDF \xff")
    assert sent.headers["Content-Type"] == "application/pdf"
    assert sent.headers["X-Metadata"].isascii()
    assert json.loads(sent.headers["X-Metadata"]) == {
        "sessionID": "s1",
        "parentItemID": "arXiv:2401.00001",
        "title": "Prépublication",
        "url": "https://arxiv.org/pdf/2401.00001v1",
    }


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((200, {}, b"Library files are not editable."), WriteRefused, "library takes no files; choose to attach none"),
        (said(400, error="SESSION_NOT_FOUND"), WriteError, "restarted since it saved the paper"),
        (said(400, error="ODD"), WriteError, r"could not attach the PDF \(status 400, ODD\)\."),
        (BROKEN, Unanswered, "so whether the PDF was attached is not known; look in Zotero"),
    ],
)
def test_a_pdf_that_was_not_attached_is_told(edge: Edge, answer: Any, error: type[Exception], words: str) -> None:
    edge(ping(), answer)
    with pytest.raises(error, match=words) as caught:
        Connector().attach("s1", "item", "PDF", "", b"%PDF")
    assert type(caught.value) is error


# Translators and places


@pytest.mark.parametrize(
    "name",
    ["key", "version", "dateAdded", "dateModified", "path", "collections", "relations", "deleted", "parentItem"],
)
def test_what_the_desktop_decides_by_itself_is_not_sent(name: str) -> None:
    assert to_translator({"itemType": "preprint", name: "X"}).keys() == {"itemType", "id", "creators", "tags"}


def test_what_is_empty_is_not_sent_and_what_is_nought_is() -> None:
    data: dict[str, Any] = {
        "a": "",
        "b": None,
        "c": [],
        "d": {},
        "e": 0,
        "f": "x",
        "id": "mine",
        "tags": [{"tag": "t"}],
    }
    assert to_translator(data) == {"e": 0, "f": "x", "id": "item", "creators": [], "tags": []}
    assert to_translator({"archiveID": "arXiv:1", "key": ""})["id"] == "arXiv:1"
    assert to_translator({"tags": [{"tag": "t", "type": 1}]})["tags"] == [{"tag": "t", "type": 1}]


def test_a_collection_is_looked_for_below_the_one_before_it_alone() -> None:
    rows = (("L1", "Mine", 0), ("C1", "Z", 1), ("C2", "B", 2), ("C3", "A", 1), ("C4", "B", 2), ("C5", "B", 1))
    selection = Selection(library_id=1, targets=tuple(TargetRow(*each) for each in rows))
    found = {path: find_target(selection, path) for path in ("A/B", "Z/B", "B", "A", "A/B/B", "B/A", "Mine", "C")}
    assert found == {"A/B": "C4", "Z/B": "C2", "B": "C5", "A": "C3", "A/B/B": "", "B/A": "", "Mine": "", "C": ""}
    assert TargetRow("L1", "Mine") == TargetRow("L1", "Mine", 0)
