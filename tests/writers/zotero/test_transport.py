"""The transport below pyzotero, against a small server that answers by script."""

from __future__ import annotations

import email.utils
import importlib
import importlib.util
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from refkit.errors import Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.writers.zotero.answers import Refusal, asked_pause
from refkit.writers.zotero.transport import USER_AGENT, Call, Manners, Transport, _Turn

KEY = "k3yThatNobodyMaySee"
Headers = dict[str, str]


class Reply:
    """An answer of the server; `cut` ends the body early, `status` 0 breaks the connection instead."""

    def __init__(self, status: int = 200, body: bytes = b"[]", headers: Headers | None = None, *, cut: int = 0) -> None:
        self.status, self.body, self.headers, self.cut = status, body, headers or {}, cut


class Asked:
    """A request as the server saw it."""

    def __init__(self, method: str, path: str, headers: Message, body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body


class Script(ThreadingHTTPServer):
    """Answers with these replies in turn, then with an empty list."""

    daemon_threads = False
    url = ""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.most = self.open = 0
        self.delay = 0.0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Script

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""

    def do_GET(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with server.lock:
            server.asked.append(Asked(self.command, self.path, self.headers, body))
            reply = server.replies.pop(0) if server.replies else Reply()
            server.open += 1
            server.most = max(server.most, server.open)
        time.sleep(server.delay)
        with server.lock:
            server.open -= 1
        self.close_connection = True
        if not reply.status:
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.status != 304:
            self.wfile.write(reply.body[: len(reply.body) - reply.cut])

    do_POST = do_GET  # noqa: N815 - the name is the library's


class Time:
    """A clock that only runs when somebody waits."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.waits: list[float] = []
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture(params=[name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)])
def httpx(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


@pytest.fixture
def start() -> Iterator[Callable[..., Script]]:
    running: list[tuple[Script, threading.Thread]] = []

    def begin(*replies: Reply) -> Script:
        server = Script(*replies)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield begin
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


class Caller:
    """A client over the transport, with what it waited and told."""

    def __init__(self, httpx: ModuleType, server: str, key: str = KEY, manners: Manners | None = None) -> None:
        self.time, self.told = Time(), list[str]()
        self.transport = Transport(
            httpx, server, Secret(key), clock=self.time.clock, notify=self.told.append, manners=manners
        )
        self.client = httpx.Client(transport=self.transport, trust_env=False)
        self.url = f"{server}/users/1/items"

    def get(self, call: Call | None = None) -> Any:
        with self.transport.calling(call or Call()):
            return self.client.get(self.url)

    def post(self, call: Call | None = None) -> Any:
        with self.transport.calling(call or Call()):
            return self.client.post(self.url, json=[{"title": "A"}])


@pytest.fixture
def caller(httpx: ModuleType) -> Iterator[Callable[..., Caller]]:
    made: list[Caller] = []

    def make(server: str, **options: Any) -> Caller:
        made.append(Caller(httpx, server, **options))
        return made[-1]

    yield make
    for each in made:
        each.client.close()


BUSY = [429, 500, 502, 503, 504]


@pytest.mark.parametrize("status", BUSY)
def test_a_busy_server_is_asked_again(status: int, start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start(Reply(status, b"busy"), Reply(status, b"busy"), Reply(200, b'["done"]'))
    mine = caller(server.url)
    assert mine.get().json() == ["done"]
    assert len(server.asked) == 3
    assert 1 <= mine.time.waits[0] <= 1.2
    assert 2 <= mine.time.waits[1] <= 2.4
    assert str(status) in mine.told[0]
    assert "trying again in 2 s" in mine.told[0]


@pytest.mark.parametrize("status", BUSY)
def test_after_the_fifth_attempt_it_raises_and_never_hands_a_failure_on(
    status: int, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(*[Reply(status, b"busy")] * 9)
    mine = caller(server.url)
    with pytest.raises(WriteUnavailable, match=rf"\({status}\); run the same command again later\.$") as caught:
        mine.get()
    assert not isinstance(caught.value, Unanswered)
    assert len(server.asked) == 5
    assert [round(wait, 0) for wait in mine.time.waits] == pytest.approx([1, 2, 4, 8], abs=2)
    assert mine.time.waits == sorted(mine.time.waits)


@pytest.mark.parametrize(
    "bad",
    [
        Reply(200, b"<html>Please log in</html>"),
        Reply(200, b'[{"key": "A", "ver'),
        Reply(200, b'[{"key": "ABCD2345"}]', cut=5),
        Reply(200, b""),
        Reply(200, b"[" * 100_000),
        Reply(200, b"\xff\xfe\x00"),
        Reply(200, b"[]", {"Content-Encoding": "gzip"}),
        Reply(0),
    ],
    ids=["page", "cut json", "cut body", "empty", "deep", "bytes", "no gzip", "lost"],
)
def test_an_answer_that_is_none_is_asked_for_again(
    bad: Reply, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(bad, Reply(200, b'["good"]'))
    mine = caller(server.url)
    assert mine.get().json() == ["good"]
    assert len(server.asked) == 2


def test_a_write_is_sent_again_with_the_same_body_and_token(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(0), Reply(503), Reply(200, b"{}"))
    mine = caller(server.url)
    assert mine.post(Call(headers={"Zotero-Write-Token": "a" * 32})).json() == {}
    assert [(each.method, json.loads(each.body)) for each in server.asked] == [("POST", [{"title": "A"}])] * 3
    assert [each.headers["Zotero-Write-Token"] for each in server.asked] == ["a" * 32] * 3


@pytest.mark.parametrize("bad", [Reply(0), Reply(500), Reply(502), Reply(200, b"<html>"), Reply(200, b"[1]", cut=1)])
def test_a_write_that_may_have_been_carried_out_is_unanswered(
    bad: Reply, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(*[bad] * 5)
    with pytest.raises(Unanswered):
        caller(server.url).post()
    assert len(server.asked) == 5


def test_one_unclear_attempt_makes_the_whole_write_unclear(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(0), *[Reply(429)] * 4)
    with pytest.raises(Unanswered):
        caller(server.url).post()


def test_a_long_pause_after_an_unclear_attempt_leaves_the_write_unclear(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(0), Reply(429, b"", {"Retry-After": "1", "Backoff": "400"}))
    with pytest.raises(Unanswered, match="a pause until"):
        caller(server.url).post()
    assert len(server.asked) == 2


def test_a_refusal_after_an_unclear_attempt_does_not_tell_what_came_of_it(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(0), Reply(403, b"Invalid key"), Reply(0), Reply(412, b"Write token already used"))
    mine = caller(server.url)
    with pytest.raises(Unanswered, match="Invalid key"):
        mine.post()
    with pytest.raises(Refusal, match="412 Write token already used"):
        mine.post()


def test_a_write_that_was_only_put_off_was_not_carried_out(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(*[Reply(429)] * 5)
    with pytest.raises(WriteUnavailable) as caught:
        caller(server.url).post()
    assert type(caught.value) is WriteUnavailable


def nobody() -> str:
    """Return an address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_write_that_reached_nobody_was_not_carried_out(caller: Callable[..., Caller]) -> None:
    mine = caller(nobody())
    with pytest.raises(WriteUnavailable, match="could not be reached") as caught:
        mine.post()
    assert type(caught.value) is WriteUnavailable
    assert len(mine.time.waits) == 4


def test_a_program_that_is_closed_is_not_knocked_at_again(caller: Callable[..., Caller]) -> None:
    mine = caller(nobody(), manners=Manners(insists=False))
    with pytest.raises(WriteUnavailable, match="could not be reached"):
        mine.post()
    assert mine.time.waits == []


def test_a_write_that_must_not_be_sent_twice_is_sent_once(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(429, headers={"Retry-After": "3"}), Reply(0))
    mine = caller(server.url)
    with pytest.raises(Unanswered):
        mine.post(Call(resend=False))
    assert len(server.asked) == 2  # what was put off was not carried out
    assert mine.time.waits == [3]


def test_a_late_answer_is_one_that_did_not_come(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    server.delay = 0.3
    with pytest.raises(Unanswered, match="gave no answer in time"):
        caller(server.url).post(Call(resend=False, read_timeout=0.05))


@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize("name", ["Retry-After", "Backoff"])
def test_a_pause_is_kept_and_told(
    status: int, name: str, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(status, b"[]", {name: "10"}))
    mine = caller(server.url)
    mine.get()
    mine.get()
    if status == 200 and name == "Retry-After":  # it belongs to refusals
        assert mine.time.waits == []
    else:
        assert mine.time.waits == [10]
        assert mine.told == ["Zotero asks for a pause of 10 s"]


def test_a_pause_may_be_a_date(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    mine = caller(server.url)
    date = email.utils.formatdate(mine.time.now + 30, usegmt=True)
    server.replies = [Reply(503, b"", {"Retry-After": date})]
    mine.get()
    assert mine.time.waits == [30]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), (" 5 ", 5), ("1.5", 1.5), ("", 0), ("soon", 0), ("-5", 0), ("9" * 400, 0), ("nan", 0), ("inf", 0),
     ("Thu, 01 Jan 1970 00:01:00 GMT", 60), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 99 Jan 1970", 0),
     ("Thu, 01 Jan 99999 00:00:00 GMT", 0)],
)  # fmt: skip
def test_a_pause_is_read_in_whatever_form(value: str, seconds: float) -> None:
    assert asked_pause(value, 0.0) == seconds


@pytest.mark.parametrize("name", ["Retry-After", "Backoff"])
def test_a_long_pause_is_not_waited_for(name: str, start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start(Reply(503, b"", {name: "301"}))
    mine = caller(server.url)
    when = time.strftime("%H:%M", time.localtime(mine.time.now + 301))
    with pytest.raises(WriteUnavailable, match=f"a pause until .*{when}; run the same command then"):
        mine.get()
    assert (mine.time.waits, len(server.asked)) == ([], 1)


def test_an_answer_that_asks_for_a_long_pause_is_used_before_that(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(200, b"[1]", {"Backoff": "400"}))
    mine = caller(server.url)
    assert mine.get().json() == [1]
    with pytest.raises(WriteUnavailable, match="a pause until"):
        mine.get()
    mine.time.now += 400
    assert mine.get().json() == []


def test_a_clock_that_was_set_back_makes_no_pause_longer(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(200, b"[]", {"Backoff": "10"}))
    mine = caller(server.url)
    mine.get()
    mine.time.now -= 86_400
    mine.get()
    assert mine.time.waits == [10]


def test_what_pyzotero_would_wait_for_or_follow_is_not_handed_on(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    mine = caller(
        start(Reply(200, b"[]", {"Backoff": "10", "Retry-After": "9", "Link": "<x>", "Set-Cookie": "a=b"})).url
    )
    headers = mine.get().headers
    assert {"backoff", "retry-after", "link", "set-cookie"} & set(headers) == set()
    assert headers["Content-Type"] == "application/json"  # pyzotero fails without it


def test_the_headers_of_an_answer_are_known(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    told = {"Last-Modified-Version": "12", "Total-Results": "3", "Zotero-Server-ID": "abc"}
    mine = caller(start(Reply(200, b"[]", told), Reply(200, b"[]", {"Last-Modified-Version": "a lot"})).url)
    mine.get()
    assert (mine.transport.last.version, mine.transport.last.total, mine.transport.last.server_id) == (12, 3, "abc")
    mine.get()
    assert (mine.transport.last.version, mine.transport.last.total, mine.transport.last.server_id) == (None, None, "")


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [(304, b"", ""), (403, b"Invalid key", "Invalid key"), (400, b"&#39;a&#39; &amp; &lt;b&gt;", "'a' & <b>"),
     (404, b"<!DOCTYPE html><p>Gone</p>", ""), (413, b"x" * 9000, "x" * 300), (412, KEY.encode(), "***"),
     (418, b"a\r\n\x00b", "a \x00b")],
)  # fmt: skip
def test_any_other_answer_is_raised_with_its_sentence(
    status: int, body: bytes, text: str, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start(Reply(status, body))
    with pytest.raises(Refusal) as caught:
        caller(server.url).get()
    assert (caught.value.status, caught.value.text) == (status, text)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    other = start()
    server = start(Reply(status, b"", {"Location": f"{other.url.replace('//', '//user:secret@')}/login"}))
    with pytest.raises(WriteUnavailable, match=f"sends requests on to {other.url}, which is not followed") as caught:
        caller(server.url).get()
    assert other.asked == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("place", ["http://[", "http://host:port/", ""])
def test_a_redirect_to_nowhere_is_a_sentence(
    place: str, start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    with pytest.raises(WriteUnavailable, match="which is not followed"):
        caller(start(Reply(302, b"", {"Location": place})).url).get()


# The key


def test_the_key_and_the_name_travel_in_headers(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    mine = caller(server.url)
    mine.client.get(mine.url, headers={"Authorization": "Bearer current", "User-Agent": "Pyzotero/1"})
    (asked,) = server.asked
    assert asked.headers["Zotero-API-Key"] == KEY
    assert asked.headers["User-Agent"] == USER_AGENT
    assert "Authorization" not in asked.headers
    assert KEY not in asked.path


def test_another_key_can_stand_in_for_one_call(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    mine = caller(server.url)
    mine.get(Call(key=Secret("other")))
    mine.get()
    assert [each.headers["Zotero-API-Key"] for each in server.asked] == ["other", KEY]


def test_another_host_gets_no_key(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    storage = start(Reply(201, b"<ok/>"))
    mine = caller(start().url)
    with mine.transport.calling(Call(raw=True, headers={"Zotero-Server-ID": "abc"})):
        mine.client.post(storage.url, content=b"file")
    (asked,) = storage.asked
    assert (asked.body, KEY in str(asked.headers), "abc" in str(asked.headers)) == (b"file", False, False)


def test_a_body_has_a_type_because_the_desktop_reads_none_without(
    start: Callable[..., Script], caller: Callable[..., Caller]
) -> None:
    server = start()
    mine = caller(server.url)
    mine.client.post(mine.url, content=b"[]")
    mine.client.post(mine.url, content=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    kinds = [each.headers["Content-Type"] for each in server.asked]
    assert kinds == ["application/json", "application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    "replies",
    [[], [Reply(403, b"Invalid key")], [Reply(0)] * 5, [Reply(503)] * 5, [Reply(302, b"", {"Location": "http://x"})],
     [Reply(200, b"<html>")] * 5],
    ids=["fine", "refused", "lost", "busy", "moved", "page"],
)  # fmt: skip
def test_the_key_shows_nowhere(
    replies: list[Reply],
    start: Callable[..., Script],
    caller: Callable[..., Caller],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    mine = caller(start(*replies).url)
    shown = [repr(mine.transport)]
    error: Exception | None = None
    try:
        response = mine.post()
        shown += [str(response.request.headers), repr(response.request.headers), str(vars(response))]
    except (WriteUnavailable, Refusal) as caught:
        error = caught
    if error:
        shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
        assert (error.__context__, error.__cause__) == (None, None)
    shown += [record.getMessage() for record in caplog.records] + mine.told
    assert KEY not in "\n".join(shown)
    assert caplog.records  # the HTTP library did say something


@pytest.mark.parametrize("key", ["with space", "line\r\nX-Other: 1", "schlüssel", "k\x00"])
def test_a_key_that_fits_no_header_is_refused_without_showing_it(key: str, caller: Callable[..., Caller]) -> None:
    mine = caller(nobody(), key=key)
    with pytest.raises(WriteRefused, match="copy it once more") as caught:
        mine.get()
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert key not in shown.replace(f"key = {key!r}", "")  # this test's own variable


def test_nothing_is_sent_that_netrc_holds_for_the_host(
    start: Callable[..., Script], caller: Callable[..., Caller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hopper\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = start()
    caller(server.url).get()
    assert "Authorization" not in server.asked[0].headers


# Proxies


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(proxy: str) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("http_proxy", proxy)

    return use


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_proxy_of_the_environment_is_used(
    scheme: str, start: Callable[..., Script], caller: Callable[..., Caller], proxied: Callable[[str], None]
) -> None:
    proxy = start()
    proxied(scheme + proxy.url.removeprefix("http://"))
    mine = caller("http://zotero.invalid")
    assert mine.get().json() == []
    assert proxy.asked[0].path == "http://zotero.invalid/users/1/items"


def test_no_proxy_is_used_for_this_machine_nor_where_none_is_wanted(
    start: Callable[..., Script],
    caller: Callable[..., Caller],
    proxied: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy, server = start(), start()
    proxied(proxy.url)
    caller(server.url).get()
    caller(server.url.replace("127.0.0.1", "localhost"), manners=Manners(waits=(), insists=False)).get()
    monkeypatch.setenv("no_proxy", "zotero.invalid")
    with pytest.raises(WriteUnavailable, match="could not be reached"):
        caller("http://zotero.invalid", manners=Manners(waits=())).get()
    assert (len(proxy.asked), len(server.asked)) == (0, 2)


@pytest.mark.parametrize("proxy", ["ftp://ada:hopper@127.0.0.1:1", "http://ada:hopper@127.0.0.1:port"])
def test_a_proxy_that_cannot_be_used_is_a_sentence_without_its_password(
    proxy: str, caller: Callable[..., Caller], proxied: Callable[[str], None]
) -> None:
    proxied(proxy)
    with pytest.raises(WriteUnavailable, match="the proxy cannot be used; correct HTTPS_PROXY or HTTP_PROXY") as caught:
        caller("http://zotero.invalid").get()
    assert "hopper" not in str(caught.value)


def test_certificates_that_are_not_there_are_a_sentence(
    caller: Callable[..., Caller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(WriteUnavailable, match="correct SSL_CERT_FILE"):
        caller("https://127.0.0.1:1").get()


# The pace


def test_more_than_the_burst_waits_for_the_rate(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    mine = caller(start().url, manners=Manners(burst=3, rate=10.0))
    for _ in range(6):
        mine.get()
    assert mine.time.waits == pytest.approx([0.1, 0.1, 0.1], abs=0.005)
    mine.time.now += 0.2
    mine.get()
    mine.get()
    assert len(mine.time.waits) == 3
    mine.time.now += 3600
    for _ in range(4):
        mine.get()
    assert len(mine.time.waits) == 4


def test_at_most_five_requests_are_open_at_once(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    server.delay = 0.05
    mine = caller(server.url)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: mine.get(), range(24)))
    assert (server.most, len(server.asked)) == (5, 24)


def test_threads_do_not_mix_up_what_they_ask_for(start: Callable[..., Script], caller: Callable[..., Caller]) -> None:
    server = start()
    mine = caller(server.url)
    all_here = threading.Barrier(4, timeout=10)

    def ask(number: int) -> None:
        with mine.transport.calling(Call(headers={"X-Number": str(number)})):
            all_here.wait()
            mine.client.get(f"{server.url}/{number}")
            all_here.wait()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))
    assert [each.headers["X-Number"] for each in server.asked] == [each.path[1:] for each in server.asked]


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    slow = Time()
    turn = _Turn(Manners(), slow.clock, lambda _: None)
    turn.rest(30)
    turn.rest(5)
    turn.wait()
    turn.wait()
    assert slow.waits == [30]


def test_the_real_figures_are_the_servers_own() -> None:
    manners = Manners()
    assert (manners.rate, manners.burst, manners.parallel) == (10, 100, 5)
    assert (manners.connect_timeout, manners.read_timeout, manners.waits) == (10, 60, (1, 2, 4, 8))
