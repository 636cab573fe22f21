from __future__ import annotations

import re
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
import requests

from refkit.errors import SourceUnavailable
from refkit.http import Manners, PoliteSession
from refkit.metadata.arxiv_api import unfit
from refkit.pace import LONGEST_WAIT, Clock, Gate
from refkit.testing import FAULTS, ArxivCorpus, ArxivRequest, ArxivServer, every, script
from refkit.version import __version__

KNOWN = {"id_list": "1602.02261"}
CONTACT = "ada@example.org"
MANNERS = Manners(contact=CONTACT, accept="application/atom+xml", read_timeout=20)
BACKOFF = (30.0, 60.0, 120.0)
JITTER = 1.2
# All but a feed without records, which may be the truth, and a redirect, which is followed.
REPEATED = [fault for fault in FAULTS if fault not in {"nothing", "301"}]

Sessions = Callable[..., PoliteSession]


class Time:
    """Passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.clock = Clock(now=lambda: self.seconds, sleep=self.pass_by)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


class Reply(NamedTuple):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b"fine"
    length: int = 4
    stalled: str = ""  # "head" or "body": what does not come


class Seen(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


class Service:
    """A server that gives the replies in their order, then good ones, and knows when by `time` it was asked."""

    def __init__(self, time: Time, replies: list[Reply]) -> None:
        self.seen: list[Seen] = []
        self._released = Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.seen.append(Seen(self.command, self.path, dict(self.headers), body, time.seconds))
                service.answer(self, replies.pop(0) if replies else Reply())

            do_POST = do_GET  # noqa: N815 - the names are the library's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.stalled == "head":
            self._released.wait(3)
            return
        handler.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(reply.length)}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.stalled == "body":
            self._released.wait(3)
            return
        handler.wfile.write(reply.body)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/query"

    @property
    def gaps(self) -> list[float]:
        return [after.at - before.at for before, after in pairwise(self.seen)]

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Times:
    """When by `time` a stand-in arXiv was asked."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._at: list[float] = []

    def __call__(self, _: ArxivRequest) -> None:
        self._at.append(self._time.seconds)

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in pairwise(self._at)]


def anything(_: requests.Response) -> str:
    return ""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def time_() -> Time:
    return Time()


@pytest.fixture
def times(time_: Time) -> Times:
    return Times(time_)


@pytest.fixture
def open_session(tmp_path: Path, time_: Time) -> Iterator[Sessions]:
    """Open sessions that keep one pace."""
    with ExitStack() as stack:

        def make(manners: Manners = MANNERS, **options: Any) -> PoliteSession:
            gate = Gate(tmp_path / "pace", "service", manners.interval, clock=time_.clock)
            options = {"unfit": anything, "clock": time_.clock, **options}
            return stack.enter_context(PoliteSession(gate, manners, **options))

        yield make


@pytest.fixture
def serve(time_: Time) -> Iterator[Callable[..., Service]]:
    with ExitStack() as stack:

        def make(*replies: Reply) -> Service:
            service = Service(time_, list(replies))
            stack.callback(service.stop)
            return service

        yield make


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Return an address where nobody listens: the port is taken, so that no other test gets it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/api/query"


def outage(session: PoliteSession, url: str, parameters: Mapping[str, str] = KNOWN) -> str:
    """Ask; return the sentence of the outage, which tells nobody who asked and for what."""
    with pytest.raises(SourceUnavailable) as caught:
        session.get(url, params=parameters)
    text = "".join(traceback.format_exception(caught.value))
    assert CONTACT not in text
    assert parameters.get("id_list", "secret") not in text
    assert "/api/query" not in text
    return str(caught.value)


def assert_matches(pattern: str, text: str) -> None:
    assert re.search(pattern, text), text


def assert_back_off(gaps: list[float], *, scale: float = 1.0) -> None:
    """Assert that the gaps are those of the back-off, each with a jitter."""
    assert len(gaps) <= len(BACKOFF)
    for gap, least in zip(gaps, BACKOFF, strict=False):
        assert least * scale - 0.001 <= gap <= least * scale * JITTER + 0.001


def test_a_request_says_who_asks_and_what_is_understood(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve()
    open_session().get(service.url, headers={"User-Agent": "somebody else", "Accept": "nothing"})
    open_session(Manners()).get(service.url)
    first, second = service.seen
    assert first.headers["User-Agent"] == f"refkit/{__version__} (mailto:{CONTACT})"
    assert first.headers["Accept"] == "application/atom+xml"
    assert second.headers["User-Agent"] == f"refkit/{__version__}"
    assert second.headers["Accept"] == "*/*"


def test_requests_are_one_interval_apart_over_one_connection(
    arxiv_corpus: ArxivCorpus, open_session: Sessions, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, connections = socket.socket.connect, []

    def counted(self: socket.socket, address: Any) -> None:
        connections.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    with ArxivServer(arxiv_corpus, seen=times) as server:
        session = open_session()
        for _ in range(3):
            session.get(server.url, params=KNOWN)
    assert times.gaps == pytest.approx([3, 3])
    assert len(connections) == 1
    assert server.violations(0) == []


def test_who_waits_is_told_for_what(serve: Callable[..., Service], open_session: Sessions) -> None:
    told: list[str] = []
    session = open_session(MANNERS, notify=told.append)
    session.get(serve(Reply(503)).url)
    assert told[:3] == ["waiting for the answer", "it is overloaded or down (503)", told[2]]
    assert told[2].startswith("next request in 3")
    assert told[-1] == "waiting for the answer"


@pytest.mark.parametrize(("size", "method"), [(4000, "GET"), (4001, "POST"), (12_000, "POST")])
def test_a_long_question_goes_as_a_form(
    size: int, method: str, arxiv_corpus: ArxivCorpus, open_session: Sessions
) -> None:
    parameters = {"search_query": 'all:"naïve & 50% a+b=c; ', "max_results": "7"}
    with ArxivServer(arxiv_corpus) as server:
        bare = len(f"{server.url}?{urlencode(parameters)}")
        parameters["search_query"] += "x" * (size - bare)
        session = open_session()
        with session.returning(400):
            session.get(server.url, params=parameters)
    (request,) = server.requests
    assert request.method == method
    assert request.params == parameters
    assert ("?" in request.path) == (method == "GET")


def test_a_form_that_failed_is_sent_again(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve(Reply(503), Reply(302, {"Location": "/elsewhere?id_list=2"}))
    query = "x" * 5000
    open_session().get(service.url, params={"id_list": query})
    assert [seen.method for seen in service.seen] == ["POST"] * 3
    assert [seen.path for seen in service.seen] == ["/api/query", "/api/query", "/elsewhere"]
    assert {seen.headers["Content-Type"] for seen in service.seen} == {"application/x-www-form-urlencoded"}
    assert [parse_qs(seen.body.decode()) for seen in service.seen] == [{"id_list": [query]}] * 3


@pytest.mark.parametrize("fault", REPEATED)
def test_after_a_fault_the_good_answer_comes(
    fault: str, arxiv_corpus: ArxivCorpus, open_session: Sessions, times: Times
) -> None:
    with ArxivServer(arxiv_corpus, faults=script({1: fault}), seen=times) as server:
        response = open_session(unfit=unfit).get(server.url, params=KNOWN)
    assert (response.status_code, response.content.count(b"<entry>")) == (200, 1)
    assert [request.fault for request in server.requests] == [fault, ""]
    assert_back_off(times.gaps)


def test_a_feed_without_records_is_an_answer(arxiv_corpus: ArxivCorpus, open_session: Sessions) -> None:
    with ArxivServer(arxiv_corpus, faults=script({1: "nothing"})) as server:
        session = open_session(unfit=unfit)
        response = session.get(server.url, params=KNOWN)
    assert response.content.count(b"<entry>") == 0
    assert session.last == response.content
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("429", r"too many requests from this address \(429\)"),
        ("503-retry-0", r"overloaded or down \(503\)"),
        ("403", r"denied access \(403\), as it does to addresses"),
        ("406", r"would not answer this client \(406\)"),
        ("500", r"it answered with status 500 Internal Server Error"),
        ("html", "a web page instead of records"),
        ("rate-200", r"“Rate exceeded\.” instead of records"),
        ("empty", "an empty page although it has 1 records"),
        ("truncated", "an answer that was cut off"),
        ("cut-short", "its answer broke off"),
        ("reset", "the connection to it broke"),
    ],
)
def test_after_four_failures_nothing_is_asked_any_more(
    fault: str, reason: str, arxiv_corpus: ArxivCorpus, open_session: Sessions, times: Times
) -> None:
    with ArxivServer(arxiv_corpus, faults=every(1, fault), seen=times) as server:
        session = open_session(unfit=unfit)
        sentence = outage(session, server.url)
        server.faults = lambda _: ""
        assert outage(session, server.url) == sentence
        assert len(server.requests) == 4
        # The next process waits as if it were the second attempt.
        open_session(unfit=unfit).get(server.url, params=KNOWN)
    assert_back_off(times.gaps[:3])
    assert_back_off(times.gaps[3:])
    assert_matches(reason + ".*; run the same command again later$", sentence)


@pytest.mark.parametrize(("interval", "scale"), [(3.0, 1.0), (0.3, 0.1), (10.0, 1.0)])
def test_the_back_off_belongs_to_an_interval_of_three_seconds(
    interval: float, scale: float, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(*[Reply(503)] * 3, Reply(), *[Reply(503)] * 3)
    session = open_session(msgspec.structs.replace(MANNERS, interval=interval))
    session.get(service.url)
    session.get(service.url)
    first, pause, second = service.gaps[:3], service.gaps[3], service.gaps[4:]
    assert_back_off(first, scale=scale)
    assert_back_off(second, scale=scale)
    assert pause == pytest.approx(interval)
    # Several clients must not come back together.
    ratios = [gap / least / scale for gap, least in zip(first + second, BACKOFF * 2, strict=True)]
    assert max(ratios) > 1.001
    assert max(ratios) - min(ratios) > 0.001


def test_without_an_interval_nobody_waits(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve(*[Reply(503)] * 3)
    open_session(Manners(interval=0)).get(service.url)
    assert service.gaps == [0, 0, 0]


@pytest.mark.parametrize("value", ["0", "1", "", "soon", "-5", "1.5", "²", "Fri, 15 Jan 2021 08:00:00 GMT"])
def test_the_pause_that_a_service_asks_for_has_a_floor(
    value: str, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(*[Reply(503, {"Retry-After": value})] * 3)
    open_session().get(service.url)
    assert_back_off(service.gaps)


@pytest.mark.parametrize("status", [429, 503, 200])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_pause_that_a_service_asks_for_is_kept(
    form: str, status: int, serve: Callable[..., Service], open_session: Sessions, time_: Time
) -> None:
    value = "250" if form == "seconds" else formatdate(time_.seconds + 250, usegmt=True)
    service = serve(Reply(status, {"Retry-After": value}, b"busy"))
    session = open_session(unfit=lambda response: "it is busy" if response.content == b"busy" else "")
    assert session.get(service.url).content == b"fine"
    assert service.gaps == pytest.approx([250])


@pytest.mark.parametrize("has_answered", [False, True])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_pause_too_long_to_wait_for_ends_it_at_once(
    form: str, *, has_answered: bool, serve: Callable[..., Service], open_session: Sessions, time_: Time
) -> None:
    good = [Reply()] if has_answered else []
    pause = LONGEST_WAIT + 10
    value = str(int(pause)) if form == "seconds" else formatdate(time_.seconds + pause, usegmt=True)
    service = serve(*good, Reply(429, {"Retry-After": value}))
    session = open_session()
    for _ in good:
        session.get(service.url)
    before = time_.seconds
    sentence = outage(session, service.url)
    assert sentence == "it has had too many requests from this address (429); run the same command again later"
    assert outage(session, service.url) == sentence
    assert time_.seconds <= before + 3
    # The next process keeps the pause too, rather than to ask again.
    assert_matches(r"it asked for a pause until \d\d:\d\d; ", outage(open_session(), service.url))
    assert len(service.seen) == len(good) + 1
    time_.pass_by(20)
    open_session().get(service.url)


@pytest.mark.parametrize("status", [400, 404, 414, 500])
def test_a_status_that_the_caller_acts_on_comes_back(
    status: int, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(Reply(status, {}, b"oh!!"), Reply(status))
    session = open_session()
    with session.returning(status, 418):
        response = session.get(service.url)
    assert (response.status_code, session.last) == (status, b"oh!!")
    assert len(service.seen) == 1
    # After the block, and in any other, it is an outage.
    with session.returning(418):
        assert session.get(service.url).status_code == 200
    assert len(service.seen) == 3
    assert session.last == b"fine"


def test_a_key_is_sent_in_a_header_that_each_attempt_has(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve(Reply(503), Reply(302, {"Location": "/other"}))
    open_session(sign=lambda: {"x-api-key": "k"}).get(service.url)
    assert [seen.headers.get("x-api-key") for seen in service.seen] == ["k", "k", "k"]


@pytest.mark.parametrize(("key", "reason"), [("", ""), ("k", "a key would not be safe")])
def test_a_key_is_not_taken_from_https_to_http(key: str, reason: str, open_session: Sessions) -> None:
    session = open_session(sign=lambda: {"x-api-key": key} if key else {})
    answer = requests.Response()
    answer.headers["Location"] = "http://example.org/other"
    request = session.prepare_request(requests.Request("GET", "https://example.org/"))
    failure = session._redirect(request, answer, 1)
    assert bool(failure) == bool(key)
    assert reason in (failure.reason if failure else "")


@pytest.mark.parametrize(("wanted", "gap"), [(0.0, 3.0), (7.5, 7.5), (1e9, LONGEST_WAIT)])
def test_the_pace_of_an_answer_can_only_be_slower(
    wanted: float, gap: float, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve()
    session = open_session(pace=lambda _: wanted)
    session.get(service.url)
    session.get(service.url)
    assert service.gaps == [pytest.approx(gap)]


def test_a_question_refused_is_never_repeated(arxiv_corpus: ArxivCorpus, open_session: Sessions) -> None:
    with ArxivServer(arxiv_corpus) as server:
        session = open_session(unfit=unfit)
        with session.returning(400):
            assert session.get(server.url, params={"max_results": "x"}).status_code == 400
    assert len(server.requests) == 1


def test_statuses_come_back_as_before_after_an_inner_block(
    serve: Callable[..., Service], open_session: Sessions
) -> None:
    session = open_session()
    with session.returning(404):
        with pytest.raises(KeyboardInterrupt), session.returning(500):
            raise KeyboardInterrupt
        assert session.get(serve(Reply(404)).url).status_code == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_host_takes_its_own_turn(
    status: int, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(Reply(status, {"Location": "/new?id_list=1"}), Reply(503))
    assert open_session().get(service.url).content == b"fine"
    assert [seen.path for seen in service.seen] == ["/api/query", "/new?id_list=1", "/new?id_list=1"]
    assert service.gaps[0] == pytest.approx(3)
    assert_back_off(service.gaps[1:])


def test_a_redirect_to_another_port_of_the_host_is_followed(
    serve: Callable[..., Service], open_session: Sessions
) -> None:
    there = serve()
    here = serve(Reply(301, {"Location": there.url}))
    open_session().get(here.url)
    assert there.seen[0].at - here.seen[0].at == pytest.approx(3)


@pytest.mark.parametrize("target", ["http://[", "http://127.0.0.1:x/"])
def test_a_redirect_to_no_address_is_refused(
    target: str, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(Reply(302, {"Location": target}))
    assert "a redirect or a proxy on the way to it has no valid address" in outage(open_session(), service.url)
    assert len(service.seen) == 1


@pytest.mark.parametrize("target", ["http://localhost:{port}/x", "//other.example/x", "ftp://127.0.0.1/x"])
def test_a_redirect_elsewhere_is_refused(target: str, serve: Callable[..., Service], open_session: Sessions) -> None:
    elsewhere = serve()
    service = serve(Reply(302, {"Location": target.format(port=elsewhere.port)}))
    session = open_session()
    sentence = outage(session, service.url)
    assert_matches(r"it redirects to \w+://[\w.]+(:\d+)?, which is not followed; ", sentence)
    assert outage(session, service.url) == sentence
    assert (len(service.seen), len(elsewhere.seen)) == (1, 0)


def test_a_service_that_redirects_in_a_circle_is_left(arxiv_corpus: ArxivCorpus, open_session: Sessions) -> None:
    with ArxivServer(arxiv_corpus, faults=lambda number: "301" if number < 9 else "") as server:
        assert_matches("it redirects to", outage(open_session(), server.url))
    assert len(server.requests) == 4


def test_after_a_redirect_the_good_answer_comes(
    arxiv_corpus: ArxivCorpus, open_session: Sessions, times: Times
) -> None:
    with ArxivServer(arxiv_corpus, faults=script({1: "301"}), seen=times) as server:
        open_session(unfit=unfit).get(server.url, params=KNOWN)
    assert times.gaps == pytest.approx([3])
    assert [request.params for request in server.requests] == [KNOWN] * 2


def test_a_service_that_is_not_reached_is_given_up_at_once(
    nowhere: str, open_session: Sessions, serve: Callable[..., Service], time_: Time
) -> None:
    before = time_.seconds
    sentence = outage(open_session(), nowhere)
    assert sentence == "it could not be reached; check the network, or go without it by --no-network"
    open_session().get(serve().url)
    assert time_.seconds - before == pytest.approx(3)  # nobody was asked, so nobody needs a longer pause


def test_a_service_that_had_answered_is_asked_again(
    arxiv_corpus: ArxivCorpus, open_session: Sessions, time_: Time
) -> None:
    with ArxivServer(arxiv_corpus) as server:
        broken = 0

        def notify(text: str) -> None:
            nonlocal broken
            if text == "the connection to it broke":
                broken += 1
                if broken == 2:
                    server.start()

        session = open_session(unfit=unfit, notify=notify)
        session.get(server.url, params=KNOWN)
        server.stop()
        before = time_.seconds
        assert session.get(server.url, params=KNOWN).status_code == 200
    assert len(server.requests) == 2
    assert 3 + 30 + 60 <= time_.seconds - before <= 3 + 36 + 72


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    part: str, serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(Reply(stalled=part))
    manners = msgspec.structs.replace(MANNERS, read_timeout=0.3)
    assert open_session(manners).get(service.url).content == b"fine"
    assert_back_off(service.gaps)


def test_a_service_that_never_answers_is_an_outage(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve(*[Reply(stalled="head")] * 4)
    manners = msgspec.structs.replace(MANNERS, read_timeout=0.1)
    sentence = outage(open_session(manners), service.url)
    assert sentence == "it gave no answer in time; run the same command again later"
    assert len(service.seen) == 4


def test_an_answer_shorter_than_announced_is_asked_for_again(
    serve: Callable[..., Service], open_session: Sessions
) -> None:
    service = serve(Reply(body=b"fi"), Reply(headers={"Content-Encoding": "gzip"}))
    assert open_session().get(service.url).content == b"fine"
    assert len(service.seen) == 3
    assert_back_off(service.gaps)


def test_an_unsafe_connection_is_given_up_at_once(open_session: Sessions, time_: Time) -> None:
    # It answers in clear, as a hotel's network does that wants a log-in first.
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nPlease log in.")
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):  # the caller hangs up
                while connection.recv(4096):
                    pass

    with listener:
        thread = Thread(target=answer)
        thread.start()
        sentence = outage(open_session(), f"https://127.0.0.1:{listener.getsockname()[1]}/api/query")
        thread.join(20)
    assert_matches(r"no safe connection could be made \(.*SSL.*\); ", sentence)
    assert time_.seconds == Time().seconds


def test_passwords_kept_for_the_host_are_not_sent(
    tmp_path: Path, serve: Callable[..., Service], open_session: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    service = serve()
    open_session().get(service.url)
    assert "Authorization" not in service.seen[0].headers


@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}", "http://[", "http://ada:secret@127.0.0.1:{port}"])
def test_a_proxy_that_cannot_be_used_is_given_up_at_once(
    form: str, nowhere: str, open_session: Sessions, time_: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", form.format(port=urlsplit(nowhere).port))
    sentence = outage(open_session(), "http://service.example/api/query")
    assert re.fullmatch(r".*proxy.*; correct HTTPS_PROXY or HTTP_PROXY", sentence)
    assert time_.seconds == Time().seconds


def test_certificates_that_are_not_there_are_told_in_a_sentence(
    tmp_path: Path, nowhere: str, open_session: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "lost.pem"))
    sentence = outage(open_session(), nowhere.replace("http:", "https:"))
    assert_matches(r"no request can be made \(.*lost\.pem\); correct the environment", sentence)


def test_an_interrupted_request_ends_its_turn(serve: Callable[..., Service], open_session: Sessions) -> None:
    service = serve()

    def interrupted(_: requests.Response) -> str:
        raise KeyboardInterrupt

    session = open_session(unfit=interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.get(service.url)
    open_session().get(service.url)
    assert service.gaps == pytest.approx([3])


def test_a_pace_that_cannot_be_kept_forbids_to_ask(
    tmp_path: Path, serve: Callable[..., Service], open_session: Sessions
) -> None:
    (tmp_path / "pace").write_text("a file")
    service = serve()
    assert_matches("pace, which keeps the pace of requests, cannot be used", outage(open_session(), service.url))
    assert service.seen == []


def test_manners_are_those_that_arxiv_wants() -> None:
    manners = Manners()
    assert manners.interval >= 3
    assert manners.connect_timeout == 10
    assert 60 <= manners.read_timeout <= 90
    assert manners.backoff == BACKOFF
