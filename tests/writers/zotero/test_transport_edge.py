"""The transport over an edge that answers, or fails, by script: no network takes part."""

from __future__ import annotations

import importlib
import importlib.util
import random
import ssl
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from refkit.errors import Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import LONGEST_WAIT, Clock
from refkit.protocols import silent
from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Refusal, when
from refkit.writers.zotero.transport import USER_AGENT, Call, Manners, Transport, _Turn

SERVER = "https://api.zotero.org"
KEY = "k3yThatNobodyMaySee"
Scripted = tuple[int, Mapping[str, str], bytes] | Exception


class Line:
    """A client whose requests end at the edge; it keeps what was sent, what was waited, and what was told."""

    def __init__(
        self, httpx: ModuleType, *answers: Scripted, server: str = SERVER, manners: Manners | None = None
    ) -> None:
        self.httpx, self.answers = httpx, list(answers)
        self.sent: list[Any] = []
        self.waits: list[float] = []
        self.told: list[str] = []
        self.now = 1_700_000_000.0
        clock = Clock(now=lambda: self.now, sleep=self.sleep)
        self.transport = Transport(httpx, server, Secret(KEY), clock=clock, notify=self.told.append, manners=manners)
        self.transport._connections.to = lambda url: self  # type: ignore[method-assign]  # noqa: ARG005
        self.client = httpx.Client(transport=self.transport, trust_env=False)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def handle_request(self, request: Any) -> Any:
        self.sent.append(request)
        answer = self.answers.pop(0) if self.answers else (200, {}, b"[]")
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        return self.httpx.Response(status, headers=headers, content=body)

    def ask(
        self, method: str = "GET", call: Call | None = None, url: str = f"{SERVER}/users/1/items", **more: Any
    ) -> Any:
        with self.transport.calling(call or Call()):
            return self.client.request(method, url, **more)


@pytest.fixture(params=[name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)])
def httpx(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


# What breaks


NOT_SENT = "it could not be reached"
LATE = "it gave no answer in time"
BROKEN = "the connection to it broke"


@pytest.mark.parametrize(
    ("error", "words", "tries", "unclear"),
    [
        ("ConnectError", f"{NOT_SENT};", 5, False),
        ("ConnectTimeout", f"{NOT_SENT} in time;", 5, False),
        ("PoolTimeout", f"{NOT_SENT} in time;", 5, False),
        ("ReadTimeout", LATE, 5, True),
        ("WriteTimeout", LATE, 5, True),
        ("ReadError", f"{BROKEN};", 5, True),
        ("WriteError", f"{BROKEN};", 5, True),
        ("RemoteProtocolError", f"{BROKEN};", 5, True),
        ("DecodingError", f"{BROKEN};", 5, True),
        ("ProxyError", "the proxy cannot be used; correct HTTPS_PROXY or HTTP_PROXY", 1, False),
        ("LocalProtocolError", "the request could not be made; check the address of Zotero", 1, False),
        ("UnsupportedProtocol", "the request could not be made; check the address of Zotero", 1, False),
    ],
)
def test_what_breaks_is_told_and_a_write_is_in_doubt_only_if_it_was_sent(
    httpx: ModuleType, error: str, words: str, tries: int, *, unclear: bool
) -> None:
    broken = getattr(httpx, error)(f"something about {KEY}")
    write = Line(httpx, *[broken] * 9)
    with pytest.raises(WriteUnavailable, match=f"no answer at {SERVER}: {words}") as caught:
        write.ask("POST", content=b"[]")
    assert isinstance(caught.value, Unanswered) is unclear
    assert KEY not in str(caught.value)
    assert (len(write.sent), len(write.waits)) == (tries, tries - 1)
    for method in ("GET", "HEAD"):  # reading changes nothing, so it leaves no doubt
        reading = Line(httpx, *[broken] * 9)
        with pytest.raises(WriteUnavailable, match=words) as caught:
            reading.ask(method)
        assert not isinstance(caught.value, Unanswered)
        assert len(reading.sent) == tries


def test_a_program_that_need_not_be_there_is_knocked_at_once_but_waited_for_if_it_is_slow(httpx: ModuleType) -> None:
    manners = Manners(insists=False)
    for error, tries in (("ConnectError", 1), ("ConnectTimeout", 5), ("ReadError", 5)):
        line = Line(httpx, *[getattr(httpx, error)("no")] * 9, manners=manners)
        with pytest.raises(WriteUnavailable):
            line.ask()
        assert len(line.sent) == tries


def untrusted(httpx: ModuleType, kind: type[Exception], *, deep: bool) -> Exception:
    """Return the error of a connection, as the HTTP library makes it of another one."""
    try:
        try:
            raise kind("certificate verify failed")
        except OSError as error:
            if deep:
                raise ConnectionError("handshake") from error
            raise
    except OSError as error:
        made: Exception = httpx.ConnectError("no")
        made.__context__ = error
        return made


@pytest.mark.parametrize("deep", [True, False])
def test_a_certificate_that_is_not_trusted_is_told_at_once_with_the_remedy(httpx: ModuleType, *, deep: bool) -> None:
    line = Line(httpx, untrusted(httpx, ssl.SSLCertVerificationError, deep=deep))
    with pytest.raises(WriteUnavailable, match=r"its certificate is not trusted\); check the clock.*SSL_CERT_FILE"):
        line.ask("POST", content=b"[]")
    assert len(line.sent) == 1


def test_another_trouble_with_the_safe_connection_is_no_matter_of_certificates(httpx: ModuleType) -> None:
    line = Line(httpx, untrusted(httpx, ssl.SSLEOFError, deep=True))
    assert line.ask().json() == []
    assert len(line.sent) == 2


# What is answered


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_success_is_handed_on(httpx: ModuleType, status: int) -> None:
    response = Line(httpx, (status, {"Last-Modified-Version": "7"}, b"[7]")).ask()
    assert (response.status_code, response.content) == (status, b"[7]")


@pytest.mark.parametrize("status", [201, 204])
def test_only_an_answer_of_status_200_must_be_json(httpx: ModuleType, status: int) -> None:
    assert Line(httpx, (status, {}, b"")).ask().content == b""


def test_what_is_asked_for_raw_need_not_be_json(httpx: ModuleType) -> None:
    assert Line(httpx, (200, {}, b"<ok/>")).ask(call=Call(raw=True)).content == b"<ok/>"


@pytest.mark.parametrize("status", [100, 199, 304, 306, 400, 401, 404, 412, 428, 501, 505])
def test_every_other_status_is_a_refusal_at_once(httpx: ModuleType, status: int) -> None:
    line = Line(httpx, (status, {"Last-Modified-Version": "7", "Zotero-Server-ID": "abc"}, b"no"))
    with pytest.raises(Refusal) as caught:
        line.ask()
    assert (caught.value.status, caught.value.text, len(line.sent)) == (status, "no", 1)
    assert line.transport.last == Answer(status=status, version=7, server_id="abc")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("https://www.example.org/login", "https://www.example.org"),
        ("https://WWW.Example.org:443/login", "https://www.example.org"),
        ("http://user:word@www.example.org:80", "http://www.example.org"),
        ("http://www.example.org:443", "http://www.example.org:443"),
        ("https://www.example.org:8443", "https://www.example.org:8443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("//www.example.org/login", "https://www.example.org"),
        ("/elsewhere", SERVER),
        ("", SERVER),
        ("http://[", "no valid address"),
        ("http://www.example.org:port/", "no valid address"),
    ],
)
def test_where_a_request_would_be_sent_on_to_is_told_without_names_and_paths(
    httpx: ModuleType, status: int, location: str, place: str
) -> None:
    line = Line(httpx, (status, {"Location": location} if location else {}, b""))
    with pytest.raises(WriteUnavailable) as caught:
        line.ask()
    assert f"it sends requests on to {place}, which is not followed; check the network" in str(caught.value)
    assert len(line.sent) == 1


def test_a_redirected_write_was_not_carried_out(httpx: ModuleType) -> None:
    with pytest.raises(WriteUnavailable) as caught:
        Line(httpx, (302, {"Location": "/login"}, b"")).ask("POST", content=b"[]")
    assert type(caught.value) is WriteUnavailable


@pytest.mark.parametrize(("body", "words"), [(b"Invalid key", "Invalid key;"), (b"<html>", "403;"), (b"", "403;")])
def test_a_refusal_after_an_unclear_attempt_is_told_by_its_words_or_its_status(
    httpx: ModuleType, body: bytes, words: str
) -> None:
    with pytest.raises(Unanswered, match=f"refused what it was asked again: {words} run the same command again later"):
        Line(httpx, httpx.ReadError("no"), (403, {}, body)).ask("POST", content=b"[]")


def test_a_refusal_after_an_unclear_reading_is_a_refusal(httpx: ModuleType) -> None:
    with pytest.raises(Refusal, match="404"):
        Line(httpx, httpx.ReadError("no"), (404, {}, b"")).ask()


def test_the_key_of_one_call_is_left_out_of_its_refusal(httpx: ModuleType) -> None:
    line = Line(httpx, (403, {}, b"no: 0therKey"), (403, {}, f"no: {KEY}".encode()))
    for call in (Call(key=Secret("0therKey")), Call()):
        with pytest.raises(Refusal) as caught:
            line.ask(call=call)
        assert caught.value.text == "no: ***"


def test_a_key_of_one_call_that_fits_no_header_is_refused(httpx: ModuleType) -> None:
    line = Line(httpx)
    with pytest.raises(WriteRefused, match="copy it once more"):
        line.ask(call=Call(key=Secret("a b")))
    assert line.sent == []


# What is waited


def test_a_page_in_the_place_of_an_answer_may_ask_for_a_pause(httpx: ModuleType) -> None:
    line = Line(httpx, (200, {"Retry-After": "7"}, b"<html>"))
    assert line.ask().json() == []
    assert line.waits == [7]


@pytest.mark.parametrize("status", [200, 503])
def test_a_pause_of_five_minutes_is_waited_for_and_a_longer_one_is_not(httpx: ModuleType, status: int) -> None:
    longest = str(int(LONGEST_WAIT))
    line = Line(httpx, (status, {"Retry-After": longest, "Backoff": longest}, b"[]"))
    line.ask()
    line.ask()
    assert line.waits == [LONGEST_WAIT]
    line.answers = [(status, {"Backoff": f"{longest}.5"}, b"[]")]
    end = when(line.now + LONGEST_WAIT + 0.5)
    with pytest.raises(WriteUnavailable, match=f"a pause until {end}; run the same command then"):
        [line.ask() for _ in range(2)]
    assert line.waits == [LONGEST_WAIT]


def test_a_pause_of_less_than_a_second_is_kept_once(httpx: ModuleType) -> None:
    line = Line(httpx, (200, {"Backoff": "0.25"}, b"[]"))
    for _ in range(3):
        line.ask()
    assert (line.waits, line.told) == ([0.25], ["Zotero asks for a pause of 1 s"])


def test_the_longer_of_two_pauses_counts(httpx: ModuleType) -> None:
    for pauses in ({"Retry-After": "9", "Backoff": "4"}, {"Retry-After": "4", "Backoff": "9"}):
        line = Line(httpx, (503, pauses, b""))
        line.ask()
        assert line.waits == [9]


def test_what_is_left_of_a_pause_is_waited_for(httpx: ModuleType) -> None:
    line = Line(httpx, (200, {"Backoff": "10"}, b"[]"))
    line.ask()
    line.now += 6.5
    line.ask()
    assert (line.waits, line.told) == ([3.5], ["Zotero asks for a pause of 4 s"])
    line.answers = [(200, {"Backoff": "10"}, b"[]")]
    line.ask()
    line.now += 10
    line.ask()
    assert len(line.waits) == 1


@pytest.mark.parametrize("end", [0, 1])
def test_the_waits_are_made_longer_by_a_fifth_at_most(
    httpx: ModuleType, end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda *ends: ends[end])
    line = Line(httpx, *[httpx.ReadError("no")] * 4)
    line.ask()
    assert line.waits == pytest.approx([[1, 2, 4, 8], [1.2, 2.4, 4.8, 9.6]][end])
    assert [told.rpartition("trying again in ")[2] for told in line.told] == [
        ["1 s", "2 s", "4 s", "8 s"],
        ["2 s", "3 s", "5 s", "10 s"],
    ][end]


def test_the_wait_for_the_rate_is_a_little_longer_than_it_must_be(httpx: ModuleType) -> None:
    line = Line(httpx, manners=Manners(burst=1, rate=10.0))
    for _ in range(3):
        line.ask()
    assert all(0.1 < wait <= 0.102 for wait in line.waits)
    assert len(line.waits) == 2
    line.now += 0.04  # of the next turn, which takes a tenth of a second
    line.ask()
    assert 0.06 < line.waits[2] <= 0.062
    assert line.told == []


def test_a_turn_comes_back_once_for_the_time_that_went_by(httpx: ModuleType) -> None:
    line = Line(httpx, manners=Manners(burst=2, rate=10.0))
    line.ask()
    line.now += 0.05
    line.ask()
    assert line.waits == []
    line.ask()
    assert 0.05 < line.waits[0] <= 0.052


def test_the_first_request_waits_for_nobody_whatever_the_clock_shows() -> None:
    waits: list[float] = []
    _Turn(Manners(), Clock(now=lambda: 0.0, sleep=waits.append), silent).wait()
    assert waits == []


@pytest.mark.parametrize(
    ("pause", "remedy"), [("300", "run the same command again later"), ("301", "it asks for a pause until ")]
)
def test_when_to_run_again_is_told_if_that_is_not_soon(httpx: ModuleType, pause: str, remedy: str) -> None:
    with pytest.raises(WriteUnavailable, match=rf"\(503\); {remedy}"):
        Line(httpx, (503, {"Retry-After": pause}, b""), manners=Manners(waits=())).ask()


def test_a_clock_that_was_set_back_takes_no_turns_away(httpx: ModuleType) -> None:
    line = Line(httpx, manners=Manners(burst=3, rate=10.0))
    line.ask()
    line.now -= 86_400
    line.ask()
    line.ask()
    assert line.waits == []


# What is sent


def test_each_wait_for_the_server_has_its_limit(httpx: ModuleType) -> None:
    line = Line(httpx, manners=Manners(connect_timeout=3.0, read_timeout=40.0))
    line.ask()
    line.ask(call=Call(read_timeout=600.0))
    usual = {"connect": 3, "read": 40, "write": 40, "pool": 3}
    assert [each.extensions["timeout"] for each in line.sent] == [usual, {**usual, "read": 600}]


@pytest.mark.parametrize("name", ["user-agent", "User-Agent", "USER-AGENT"])
def test_a_header_is_sent_once_however_it_is_spelled(httpx: ModuleType, name: str) -> None:
    line = Line(httpx)
    line.ask(headers={name: "Pyzotero/1", "accept": "a/b"}, call=Call(headers={"ACCEPT": "c/d"}))
    (sent,) = line.sent
    assert sent.headers.get_list("user-agent") == [USER_AGENT]
    assert sent.headers.get_list("accept") == ["c/d"]


def test_what_is_only_read_has_no_type(httpx: ModuleType) -> None:
    line = Line(httpx)
    line.ask("GET")
    line.ask("HEAD")
    line.ask("POST", content=b"[]")
    assert [each.headers.get("Content-Type") for each in line.sent] == [None, None, "application/json"]


@pytest.mark.parametrize(
    ("server", "url", "known"),
    [
        ("https://api.zotero.org", "https://api.zotero.org/keys/current", True),
        ("https://API.Zotero.org:443/", "https://api.zotero.org/keys/current", True),
        ("https://api.zotero.org", "https://API.zotero.org:443/keys/current", True),
        ("http://[::1]:8080", "http://[::1]:8080/keys/current", True),
        ("https://api.zotero.org", "http://api.zotero.org/keys/current", False),
        ("https://api.zotero.org", "https://api.zotero.org:8443/keys/current", False),
        ("https://api.zotero.org", "https://api.zotero.org.example.org/keys/current", False),
        ("https://api.zotero.org", "https://zotero.org/keys/current", False),
    ],
)
def test_the_key_goes_to_the_server_it_is_for_and_to_no_other(
    httpx: ModuleType, server: str, url: str, *, known: bool
) -> None:
    line = Line(httpx, server=server)
    line.ask(url=url, call=Call(headers={"Zotero-Write-Token": "t"}))
    (sent,) = line.sent
    assert sent.headers.get("Zotero-API-Key") == (KEY if known else None)
    assert sent.headers.get("Zotero-Write-Token") == ("t" if known else None)
    assert sent.headers["User-Agent"] == USER_AGENT


def test_what_one_call_needs_is_forgotten_after_it_also_if_it_fails(httpx: ModuleType) -> None:
    line = Line(httpx, (404, {}, b""))
    with pytest.raises(Refusal):
        line.ask(call=Call(headers={"X-Mine": "1"}))
    line.ask()
    assert [each.headers.get("X-Mine") for each in line.sent] == ["1", None]


def test_the_edge_is_asked_once_for_each_request(httpx: ModuleType) -> None:
    line = Line(httpx)
    answers: list[Callable[[], Any]] = [line.ask, lambda: line.ask("POST", content=b'[{"title": "A"}]')]
    for ask in answers:
        assert ask().json() == []
    assert [(each.method, each.read()) for each in line.sent] == [("GET", b""), ("POST", b'[{"title": "A"}]')]
