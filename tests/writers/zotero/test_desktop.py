from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from refkit.errors import WriteUnavailable
from refkit.testing.zotero_desktop import ZoteroDesktop
from refkit.testing.zotero_desktop_http import Endpoint
from refkit.testing.zotero_desktop_other import JabrefDesktop
from refkit.version import __version__
from refkit.writers.zotero.desktop import local_groups, probe

PATIENCE = 0.3  # seconds that a test waits for an answer that never comes


@contextmanager
def listener(answer: bytes, *, close: bool = True) -> Iterator[str]:
    """Listen on a port and say this to whoever connects, HTTP or not."""
    stopping = Event()
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            kept.append(connection)
            if stopping.is_set():
                return
            connection.recv(4096)
            connection.sendall(answer)
            if close:
                connection.shutdown(socket.SHUT_RDWR)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stopping.set()
            socket.create_connection(server.getsockname()).close()  # so that `accept` returns, on every system
            thread.join()
            for connection in kept:
                connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_desktop_that_can_be_written_needs_no_remedy() -> None:
    with ZoteroDesktop(user_id=1000007) as desktop:
        desktop.library.add(itemType="preprint", title="One")
        found = probe(desktop.url + "/")
    assert found.url == desktop.url
    assert (found.running, found.local_api, found.writable) == (True, True, True)
    assert (found.version, found.connector) == ("10.0.0", 3)
    assert (found.server_id, found.user_id) == (desktop.server_id, 1000007)
    assert found.reason == ""


def test_the_user_of_an_empty_library_is_not_told_but_it_can_be_written() -> None:
    with ZoteroDesktop() as desktop:
        found = probe(desktop.url)
    assert found.user_id == 0
    assert found.writable


def test_a_collection_tells_the_user_without_a_look_at_the_items() -> None:
    with ZoteroDesktop() as desktop:
        desktop.library.add_collection("Reading")
        assert probe(desktop.url).user_id == desktop.user_id
        assert [request.path.partition("?")[0] for request in desktop.requests] == [
            "/connector/ping",
            "/api/users/0/collections",
        ]


def test_probing_only_reads_and_says_who_asks() -> None:
    with ZoteroDesktop() as desktop:
        probe(desktop.url)
        assert {request.method for request in desktop.requests} == {"GET"}
        for request in desktop.requests:
            assert request.headers["User-Agent"] == f"refkit/{__version__}"
            assert request.headers["Zotero-Allowed-Request"] == "1"
            assert "X-Zotero-Connector-API-Version" not in request.headers


def test_a_closed_desktop_is_to_be_started() -> None:
    found = probe(f"http://127.0.0.1:{free_port()}", timeout=2)
    assert not found.running
    assert "Start Zotero" in found.reason


def test_another_program_on_the_port_is_not_taken_for_zotero() -> None:
    with JabrefDesktop() as other:
        found = probe(other.url)
        assert [(request.method, request.path) for request in other.requests] == [("GET", "/connector/ping")]
    assert not found.running
    assert found.version == ""
    for remedy in ("JabRef", "close it", "change one of the ports", "REFKIT_ZOTERO_DESKTOP_URL"):
        assert remedy in found.reason


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example ESMTP\r\n",
        b"",
        b"HTTP/1.0 200 OK\r\n\r\nZotero is running",
        b"HTTP/1.0 200 OK\r\nX-Zotero-Version: 10.0.0\r\n\r\nhello",
        b"HTTP/1.0 302 Found\r\nX-Zotero-Version: 10.0.0\r\nLocation: /elsewhere\r\n\r\nZotero is running",
        b"HTTP/1.0 200 OK\r\nX-Zotero-Version: 10\r\nContent-Length: 500\r\n\r\nZotero is",
        b"HTTP/1.0 200 OK\r\nX-Zotero-Version: 10\r\nContent-Encoding: gzip\r\n\r\nZotero is running",
    ],
    ids=["mail", "nothing", "no-header", "other-text", "redirect", "cut", "no-gzip"],
)
def test_what_does_not_answer_as_zotero_does_is_not_zotero(answer: bytes) -> None:
    with listener(answer) as url:
        found = probe(url, timeout=5)
    assert not found.running
    assert "is not Zotero" in found.reason


def test_a_program_that_never_stops_sending_does_not_fill_the_memory() -> None:
    head = b"HTTP/1.0 200 OK\r\nX-Zotero-Version: 10.0.0\r\n\r\n"
    with listener(head + b"x" * 4_000_001, close=False) as url:
        assert "is not Zotero" in probe(url, timeout=5).reason


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.0 200 OK\r\nX-Zotero-Version: 10\r\n\r\nZotero"], ids=["at all", "on"]
)
def test_a_desktop_that_does_not_answer_may_show_a_dialog(answer: bytes) -> None:
    with listener(answer, close=False) as url:
        found = probe(url, timeout=PATIENCE)
    assert not found.running
    assert "within 0.3 s: a dialog may be open in Zotero" in found.reason


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:23119",
        "http://192.0.2.1:23119",
        "http://127.0.0.1:23119/api",
        "http://user:word@localhost:23119",
        "http://localhost:zotero",
        "http://localhost:0",
        "http://[::1",
        "localhost:23119",
        "",
    ],
)
def test_an_address_elsewhere_or_of_no_root_is_not_asked(url: str) -> None:
    found = probe(url, timeout=PATIENCE)
    assert not found.running
    assert "is no address of a Zotero on this computer; set REFKIT_ZOTERO_DESKTOP_URL" in found.reason


def test_a_proxy_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with JabrefDesktop() as proxy, ZoteroDesktop() as desktop:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        assert probe(desktop.url).running
        assert proxy.requests == []


def test_a_local_api_that_is_switched_off_is_to_be_switched_on() -> None:
    with ZoteroDesktop(local_api=False) as desktop:
        found = probe(desktop.url)
    assert found.running
    assert not found.local_api
    assert not found.writable
    assert 'Settings > Advanced > "Allow other applications on this computer to communicate' in found.reason


@pytest.mark.parametrize("version", ["7.0.32", "9.0.6"])
def test_a_desktop_before_zotero_10_can_only_be_read(version: str) -> None:
    with ZoteroDesktop(version=version, writable=False) as desktop:
        desktop.library.add(itemType="preprint", title="One")
        found = probe(desktop.url)
    assert (found.local_api, found.writable, found.user_id) == (True, False, desktop.user_id)
    assert found.reason == (
        f"Zotero {version} can be read by other programs, but not written; install Zotero 10 or later."
    )


def test_a_version_in_development_is_a_later_one() -> None:
    with ZoteroDesktop(version="11.0.SOURCE.f2a42bec") as desktop:
        assert probe(desktop.url).writable


class OldDesktop(ZoteroDesktop):
    def endpoint(self, path: str) -> Endpoint | None:
        return None if path.startswith("/api/") else super().endpoint(path)


def test_a_desktop_without_a_local_api_is_too_old() -> None:
    with OldDesktop(version="6.0.37") as desktop:
        found = probe(desktop.url)
    assert found.running
    assert found.reason == "Zotero 6.0.37 has no local API; install Zotero 10 or later."


def test_a_local_api_that_fails_is_told_with_its_status() -> None:
    with ZoteroDesktop(faults=lambda number: "500" if number == 2 else "") as desktop:
        found = probe(desktop.url)
    assert found.running
    assert not found.local_api
    assert "answered with status 500" in found.reason


def test_items_that_are_slow_to_come_leave_the_user_untold() -> None:
    with ZoteroDesktop(faults=lambda number: "stall" if number == 3 else "", stall=30) as desktop:
        found = probe(desktop.url, timeout=PATIENCE)
    assert (found.writable, found.user_id, found.reason) == (True, 0, "")


def test_the_groups_of_a_desktop_are_listed() -> None:
    with ZoteroDesktop() as desktop:
        desktop.add_group(42, "Ålesund Readers")
        desktop.add_group(43, "Others", editable=False)
        groups = local_groups(desktop.url)
    assert [(group.kind, group.id, group.name, group.way) for group in groups] == [
        ("group", 42, "Ålesund Readers", "desktop"),
        ("group", 43, "Others", "desktop"),
    ]
    assert groups[0].label == "the group library Ålesund Readers"


def test_groups_that_cannot_be_read_are_told_with_the_remedy() -> None:
    with ZoteroDesktop(local_api=False) as desktop, pytest.raises(WriteUnavailable, match="switch it on in Zotero"):
        local_groups(desktop.url)
    broken = ZoteroDesktop(faults=lambda number: "500" if number == 4 else "")
    with broken as desktop, pytest.raises(WriteUnavailable, match="did not list its groups"):
        local_groups(desktop.url)
