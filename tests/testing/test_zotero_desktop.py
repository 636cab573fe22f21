from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from refkit.testing.zotero_desktop import DESKTOP_FAULTS, ZoteroDesktop
from refkit.testing.zotero_desktop_keys import Dialog
from refkit.testing.zotero_desktop_other import JabrefDesktop

JSON = {"Content-Type": "application/json"}
PAPER = {"itemType": "preprint", "title": "Attention", "id": "a"}


class Reply:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in lines)

    @property
    def status(self) -> int:
        return int(self.line.split(" ")[1])


def ask(
    url: str,
    path: str,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    host: str = "localhost",
) -> Reply | None:
    """Return the reply, byte by byte as it came; None if the connection was closed without one."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    fields = {"Host": host, **(headers or {})}
    if method in {"POST", "PUT", "PATCH"}:
        fields.setdefault("Content-Length", str(len(data)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value), "", ""]
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + data)
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    return Reply(raw) if raw else None


def answer(url: str, *args: Any, **options: Any) -> Reply:
    reply = ask(url, *args, **options)
    assert reply is not None
    return reply


def test_a_ping_tells_that_it_is_zotero(desktop: ZoteroDesktop) -> None:
    reply = answer(desktop.url, "/connector/ping")
    assert reply.line == "HTTP/1.0 200 OK"
    assert reply.headers["X-Zotero-Version"] == "10.0.0"
    assert reply.headers["X-Zotero-Connector-API-Version"] == "3"
    assert reply.headers["Content-Type"] == "text/html"
    assert b"Zotero is running" in reply.body


def test_the_version_can_be_another(start: Callable[..., ZoteroDesktop]) -> None:
    assert answer(start(version="9.0.6").url, "/connector/ping").headers["X-Zotero-Version"] == "9.0.6"


def test_a_body_has_no_announced_length_and_ends_with_the_connection(desktop: ZoteroDesktop) -> None:
    assert "Content-Length" not in answer(desktop.url, "/connector/ping").headers


def test_an_empty_body_has_the_length_0(desktop: ZoteroDesktop) -> None:
    assert answer(desktop.url, "/connector/ping", "HEAD").headers["Content-Length"] == "0"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:23119", "localhost", "localhost:1", "[::1]:23119"])
def test_hosts_of_this_machine_are_answered(desktop: ZoteroDesktop, host: str) -> None:
    assert answer(desktop.url, "/connector/ping", host=host).status == 200


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "127.0.0.2", ""])
def test_other_hosts_are_refused(desktop: ZoteroDesktop, host: str) -> None:
    assert answer(desktop.url, "/connector/ping", host=host).status == 400


@pytest.mark.parametrize("sign", [{"User-Agent": "Mozilla/5.0 (X11)"}, {"Origin": "https://example.org"}])
def test_a_browser_gets_no_reply_at_all(desktop: ZoteroDesktop, sign: dict[str, str]) -> None:
    assert ask(desktop.url, "/connector/ping", headers=sign) is None
    assert [request.status for request in desktop.requests] == [0]


@pytest.mark.parametrize(
    "permit",
    [{"Zotero-Allowed-Request": "1"}, {"X-Zotero-Connector-API-Version": "3"}, {"Sec-Fetch-Mode": "navigate"}],
)
def test_a_browser_that_could_not_be_a_web_page_is_answered(desktop: ZoteroDesktop, permit: dict[str, str]) -> None:
    headers = {"User-Agent": "Mozilla/5.0", **permit}
    assert answer(desktop.url, "/connector/ping", headers=headers).status == 200


def test_a_browser_may_only_navigate_to_the_ping(desktop: ZoteroDesktop) -> None:
    headers = {"User-Agent": "Mozilla/5.0", "Sec-Fetch-Mode": "navigate"}
    assert ask(desktop.url, "/api/users/0/items", headers=headers) is None


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_answered_with_nothing(desktop: ZoteroDesktop, method: str) -> None:
    reply = answer(desktop.url, "/connector/saveItems", method)
    assert (reply.status, reply.body) == (200, b"")


def test_other_methods_do_not_exist(desktop: ZoteroDesktop) -> None:
    assert answer(desktop.url, "/connector/ping", "TRACE").line == "HTTP/1.0 501 Not Implemented"


def test_an_unknown_path_has_no_endpoint(desktop: ZoteroDesktop) -> None:
    reply = answer(desktop.url, "/connector/nothing")
    assert (reply.status, reply.body) == (404, b"No endpoint found\n")


def test_a_method_that_an_endpoint_does_not_have_is_400(desktop: ZoteroDesktop) -> None:
    reply = answer(desktop.url, "/connector/saveItems")
    assert (reply.status, reply.body) == (400, b"Endpoint does not support method\n")


def test_a_type_that_an_endpoint_does_not_have_is_400(desktop: ZoteroDesktop) -> None:
    reply = answer(desktop.url, "/connector/saveItems", "POST", b"a=b", {"Content-Type": "text/plain"})
    assert (reply.status, reply.body) == (400, b"Endpoint does not support content-type\n")


def test_parameters_of_the_type_are_ignored(desktop: ZoteroDesktop) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert answer(desktop.url, "/connector/saveItems", "POST", {"items": [PAPER]}, headers).status == 201


def test_json_that_is_none_is_refused(desktop: ZoteroDesktop) -> None:
    reply = answer(desktop.url, "/connector/saveItems", "POST", b"{", JSON)
    assert (reply.status, reply.body) == (400, b"Invalid JSON provided\n")


@pytest.mark.parametrize("length", [{"Content-Length": ""}, {"Content-Length": "", "Transfer-Encoding": "chunked"}])
def test_a_body_needs_a_length(desktop: ZoteroDesktop, length: dict[str, str]) -> None:
    body = b"186a0\r\n" + b" " * 100_000 + b"\r\n0\r\n\r\n" if len(length) > 1 else b""
    reply = answer(desktop.url, "/connector/saveItems", "POST", body, {**JSON, **length})
    assert (reply.status, reply.body) == (400, b"Content-length not provided\n")


def test_texts_are_utf_8(desktop: ZoteroDesktop) -> None:
    body = json.dumps({"items": [{**PAPER, "title": "Größe 数"}]}, ensure_ascii=False).encode()
    answer(desktop.url, "/connector/saveItems", "POST", body, JSON)
    assert [item["title"] for item in desktop.library.items.values()] == ["Größe 数"]


def test_requests_are_recorded_without_their_key(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start()
    key = desktop.keys.add()
    answer(desktop.url, f"/api/users/0/items?key={key}&limit=1", headers={"User-Agent": "test/1"})
    answer(desktop.url, "/api/users/0/items", headers={"Zotero-API-Key": key})
    answer(desktop.url, "/api/users/0/items", headers={"Authorization": f"Bearer {key}"})
    answer(desktop.url, "/connector/ping")
    assert [request.with_key for request in desktop.requests] == [True, True, True, False]
    assert [request.number for request in desktop.requests] == [1, 2, 3, 4]
    assert desktop.requests[0].headers == {"User-Agent": "test/1"}
    assert desktop.requests[0].path == "/api/users/0/items?key=...&limit=1"
    assert key not in repr(desktop.requests)
    desktop.log.clear()
    assert desktop.requests == []


def save(url: str, session: str = "s1") -> Reply:
    return answer(url, "/connector/saveItems", "POST", {"sessionID": session, "items": [PAPER]}, JSON)


def test_a_reset_carries_nothing_out(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(faults=lambda number: "reset" if number == 1 else "")
    with pytest.raises(ConnectionResetError):
        save(desktop.url)
    assert not desktop.library.items
    assert save(desktop.url).status == 201


def test_a_lost_answer_was_carried_out(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(faults=lambda number: "lost" if number == 1 else "")
    with pytest.raises(ConnectionResetError):
        save(desktop.url)
    assert len(desktop.library.items) == 1
    assert save(desktop.url).status == 409


def test_a_500_is_empty_and_carries_nothing_out(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(faults=lambda _: "500")
    reply = save(desktop.url)
    assert (reply.status, reply.body, len(desktop.library.items)) == (500, b"", 0)


def test_a_stalled_answer_comes_late(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(faults=lambda _: "stall", stall=0.2)
    began = time.monotonic()
    assert save(desktop.url).status == 201
    assert time.monotonic() - began >= 0.2
    assert desktop.requests[0].fault == "stall"


def test_a_stalled_answer_ends_when_the_program_is_closed(start: Callable[..., ZoteroDesktop]) -> None:
    arrived = threading.Event()

    def stalled(_: int) -> str:
        arrived.set()
        return "stall"

    desktop = start(faults=stalled, stall=60.0)
    caller = threading.Thread(target=lambda: ask(desktop.url, "/connector/ping"))
    caller.start()
    assert arrived.wait(10)
    desktop.quit()
    caller.join(10)
    assert not caller.is_alive()


def test_the_faults_have_names() -> None:
    assert set(DESKTOP_FAULTS) == {"reset", "lost", "stall", "500"}


def test_a_closed_program_does_not_listen(desktop: ZoteroDesktop) -> None:
    url = desktop.url
    save(url)
    desktop.quit()
    with pytest.raises(ConnectionRefusedError):
        ask(url, "/connector/ping")
    assert len(desktop.library.items) == 1
    desktop.open()
    assert desktop.url == url
    assert save(url).status == 201  # the session is forgotten, the library is not
    assert len(desktop.library.items) == 2


def test_an_address_is_only_known_once_it_is_open() -> None:
    with pytest.raises(RuntimeError, match="no address before it is opened"):
        _ = ZoteroDesktop().url
    with pytest.raises(RuntimeError, match="no address before it is started"):
        _ = JabrefDesktop().url


def test_a_desktop_works_for_a_with_block_and_with_any_client() -> None:
    with ZoteroDesktop() as desktop:
        connection = http.client.HTTPConnection(urlsplit(desktop.url).netloc, timeout=10)
        connection.request("GET", "/connector/ping")
        response = connection.getresponse()
        assert (response.version, response.status, b"running" in response.read()) == (10, 200, True)
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        ask(desktop.url, "/connector/ping")


def test_the_dialog_gives_answers_in_turn_and_then_none() -> None:
    dialog = Dialog(["allow", "always"])
    assert [dialog.ask("refkit") for _ in range(4)] == ["allow", "always", "deny", "deny"]
    with pytest.raises(ValueError, match="'maybe' is no answer of the dialog"):
        Dialog("maybe").ask("refkit")


def test_jabref_on_the_same_port_is_not_zotero() -> None:
    with JabrefDesktop() as other:
        root = answer(other.url, "/")
        assert (root.status, root.headers["Content-Type"]) == (200, "text/html")
        assert not [name for name in root.headers if "Zotero" in name]
        assert [answer(other.url, path).status for path in ("/connector/ping", "/api/users/0/items", "/api/")] == [
            404,
            404,
            404,
        ]
        assert answer(other.url, "/connector/saveItems", "POST", {}, JSON).status == 404
        assert json.loads(answer(other.url, "/libraries").body) == ["demo"]
        assert [request.method for request in other.requests] == ["GET", "GET", "GET", "GET", "POST", "GET"]
