from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import pytest
from lxml import etree

from refkit.testing import FAULTS, ArxivCorpus, ArxivRequest, ArxivServer, every, script
from refkit.testing.arxiv_recorder import Recorder

HEADERS = {"User-Agent": "test/1", "Accept": "*/*"}
FORM = "application/x-www-form-urlencoded"
NEITHER = "Either a search_query or id_list must be specified for the classic API."
CRASH = "The server encountered an internal error and was unable to complete your request. Either the server is"


class Reply:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def _text(self, path: str) -> str:
        names = {"a": "http://www.w3.org/2005/Atom", "o": "http://a9.com/-/spec/opensearch/1.1/"}
        return str(etree.fromstring(self.body).findtext(path, "", names))

    @property
    def total(self) -> int:
        return int(self._text("o:totalResults"))

    @property
    def entries(self) -> int:
        return self.body.count(b"<entry>")

    @property
    def error(self) -> tuple[str, str]:
        assert self._text("a:entry/a:title") == "Error"
        return self._text("a:entry/a:summary"), self._text("a:entry/a:id")


def ask(
    server: ArxivServer,
    query: Mapping[str, Any] | str = "",
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = HEADERS,
    path: str = "/api/query",
) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    text = query if isinstance(query, str) else urlencode(query)
    try:
        connection.putrequest(method, f"{path}?{text}" if text else path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response.status, dict(response.headers), response.read())
    finally:
        connection.close()


@pytest.fixture
def serve(corpus: ArxivCorpus) -> Iterator[Callable[..., ArxivServer]]:
    servers: list[ArxivServer] = []

    def start(**options: Any) -> ArxivServer:
        servers.append(ArxivServer(corpus, **options).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_a_title_is_found(server: ArxivServer) -> None:
    reply = ask(server, {"search_query": 'ti:"attention is all you need"'})
    assert (reply.status, reply.total, reply.entries) == (200, 1, 1)
    assert reply.headers["Content-Type"] == "application/atom+xml"
    assert b"<id>http://arxiv.org/abs/1706.03762v2</id>" in reply.body


def test_the_feed_repeats_the_query_as_understood(server: ArxivServer) -> None:
    reply = ask(server, {"search_query": "title:deep learning", "start": 3, "max_results": 7})
    assert b"search_query=ti:deep OR all:learning&amp;id_list=&amp;start=3&amp;max_results=7" in reply.body
    assert b"<opensearch:itemsPerPage>7<" in reply.body
    assert b"<opensearch:startIndex>3<" in reply.body


@pytest.mark.parametrize(
    ("query", "message", "link"),
    [
        ({}, NEITHER, ""),
        ({"search_query": " ", "id_list": " "}, NEITHER, ""),
        ({"search_query": 'ti:"'}, NEITHER, ""),
        ({"id_list": "abc"}, "incorrect id format for abc", "#incorrect_id_format_for_abc"),
        ({"id_list": "2401.00001,abc,2401.00002"}, "incorrect id format for abc", "#incorrect_id_format_for_abc"),
        ({"id_list": "2401.00001,"}, "incorrect id format for ", "#incorrect_id_format_for_"),
        ({"id_list": "foo/9901001"}, "incorrect id format for foo/9901001", "#incorrect_id_format_for_foo/9901001"),
        ({"max_results": "x"}, "max_results must be an integer", "#max_results_must_be_an_integer"),
        ({"max_results": ""}, "max_results must be an integer", "#max_results_must_be_an_integer"),
        ({"max_results": "-1"}, "max_results must be non-negative", "#max_results_must_be_non-negative"),
        ({"start": "1.5"}, "start must be an integer", "#start_must_be_an_integer"),
        ({"start": "-1"}, "start must be non-negative", "#start_must_be_non-negative"),
        ({"search_query": "(ti:x"}, "Invalid query string: '(ti:x'", ""),
        ({"search_query": "()"}, "Invalid query string: '( )'", ""),
        ({"search_query": "deep", "raw": "1"}, "Invalid query string: 'deep'", ""),
    ],
)
def test_errors_are_feeds_with_400(server: ArxivServer, query: Mapping[str, str], message: str, link: str) -> None:
    reply = ask(server, query)
    assert reply.status == 400
    assert reply.headers["Content-Type"] == "application/atom+xml"
    assert reply.error == (message, f"https://arxiv.org/api/errors{link}")
    assert b"<published>" not in reply.body


@pytest.mark.parametrize(
    ("name", "choices"),
    [("sortBy", "relevance, lastUpdatedDate, submittedDate"), ("sortOrder", "ascending, descending")],
)
def test_unknown_orders_are_refused(server: ArxivServer, name: str, choices: str) -> None:
    reply = ask(server, {"search_query": "ti:x", name: "x"})
    assert reply.error == (f"{name} must be in: {choices}", "https://arxiv.org/help/api/user-manual#sort")


def test_checks_come_in_arxiv_s_order(server: ArxivServer) -> None:
    query = {"id_list": "abc", "max_results": "x", "start": "x", "sortBy": "x", "sortOrder": "x", "search_query": "("}
    found = []
    while query:
        found.append(ask(server, query).error[0].split(" ")[0])
        del query[next(iter(query))]
    assert found == ["incorrect", "max_results", "start", "sortBy", "sortOrder", "Invalid"]


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": 0},
        {"max_results": 10_001},
        {"start": 10_000, "max_results": 10},
        {"start": 9990, "max_results": 20},
        {"start": 6000, "max_results": 6000},
        {"search_query": "ti:*x"},
        {"search_query": "NOT ti:x AND ti:y"},
    ],
)
def test_what_breaks_arxiv_is_a_500(server: ArxivServer, query: Mapping[str, Any]) -> None:
    reply = ask(server, {"search_query": "ti:attention", **query})
    assert reply.status == 500
    assert reply.error[0].startswith(CRASH)


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": 10_000},
        {"start": 9980, "max_results": 20},
        {"start": 9990, "max_results": 10},
        {"start": 9994, "max_results": 10},  # the page is rounded down
        {"max_results": 2000, "start": 8000},
    ],
)
def test_what_just_fits_is_answered(server: ArxivServer, query: Mapping[str, Any]) -> None:
    reply = ask(server, {"search_query": "ti:attention", **query})
    assert (reply.status, reply.total) == (200, 3)


@pytest.mark.parametrize(("terms", "status"), [(990, 200), (1100, 500)])
def test_a_thousand_terms_are_too_many(server: ArxivServer, terms: int, status: int) -> None:
    body = urlencode({"search_query": " OR ".join(["ti:attention"] * terms)}).encode()
    assert ask(server, method="POST", body=body).status == status


def test_ids_are_looked_up(server: ArxivServer) -> None:
    reply = ask(server, {"search_query": "", "id_list": "2401.00001,2401.99999,1706.03762v1", "max_results": 100})
    assert (reply.total, reply.entries) == (2, 2)
    assert b"/abs/1706.03762v1<" in reply.body
    assert b"2401.00001,2401.99999,1706.03762v1&amp;start=0" in reply.body


@pytest.mark.parametrize("name", [" 2401.00001", "arXiv:2401.00001", "0000.0000", "1234.12345", "math.GT/0309136"])
def test_ids_that_pass_but_match_nothing(server: ArxivServer, name: str) -> None:
    reply = ask(server, {"id_list": name})
    assert (reply.status, reply.total, reply.entries) == (200, 0, 0)


def test_ids_are_cut_to_ten_unless_more_are_asked_for() -> None:
    ids = [f"2401.{number:05}" for number in range(1, 31)]
    lines = (("x", number, json.dumps({"id": name, "title": "t"}).encode()) for number, name in enumerate(ids))
    with ArxivServer(ArxivCorpus(lines)) as server:
        reply = ask(server, {"id_list": ",".join(ids)})
        assert (reply.total, reply.entries) == (30, 10)
        assert ask(server, {"id_list": ",".join(ids), "max_results": 30}).entries == 30


def test_a_form_is_read_like_an_address(server: ArxivServer) -> None:
    body = urlencode({"search_query": 'ti:"attention is all you need"'}).encode()
    for kind in ({"Content-Type": FORM}, {"Content-Type": f"{FORM}; charset=utf-8"}, {}):
        reply = ask(server, method="POST", body=body, headers={**HEADERS, **kind})
        assert (reply.status, reply.total) == (200, 1)


def test_a_multipart_form_is_read_too(server: ArxivServer) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="search_query"\r\n\r\nti:attention\r\n--x--\r\n'
    headers = {**HEADERS, "Content-Type": "multipart/form-data; boundary=x"}
    assert ask(server, method="POST", body=body, headers=headers).total == 3


def test_other_bodies_are_no_form_and_the_address_of_a_post_does_not_count(server: ArxivServer) -> None:
    headers = {**HEADERS, "Content-Type": "application/json"}
    body = b'{"search_query": "ti:x"}'
    reply = ask(server, {"search_query": "ti:x"}, method="POST", body=body, headers=headers)
    assert (reply.status, reply.error[0]) == (400, NEITHER)
    assert ask(server, {"search_query": "ti:x"}, method="POST", body=b"", headers=HEADERS).status == 400


def test_other_paths_and_methods(server: ArxivServer) -> None:
    assert ask(server, path="/api").status == 404
    assert ask(server, {"search_query": "ti:x"}, method="DELETE").status == 405
    reply = ask(server, {"search_query": "ti:attention"}, method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["Content-Length"]) > 1000


def test_the_first_of_several_values_counts(server: ArxivServer) -> None:
    assert ask(server, "search_query=ti:attention&search_query=ti:none").total == 3


def test_a_doubly_encoded_query_is_decoded_once(server: ArxivServer) -> None:
    assert b"search_query=ti:%22attention%22&amp;" in ask(server, f"search_query={quote('ti:%22attention%22')}").body


def test_long_addresses_are_refused_and_long_forms_are_not(serve: Callable[..., ArxivServer]) -> None:
    server = serve(url_limit=200)
    query = {"search_query": " OR ".join(["ti:attention"] * 20)}
    assert ask(server, query).status == 414
    assert ask(server, method="POST", body=urlencode(query).encode()).status == 200
    room = 200 - len("GET /api/query?search_query= HTTP/1.1")
    assert ask(server, f"search_query={'x' * room}").status == 200
    assert ask(server, f"search_query={'x' * (room + 1)}").status == 414


def test_the_old_days(serve: Callable[..., ArxivServer]) -> None:
    query = {"search_query": 'ti:"need you all attention"'}
    assert ask(serve(), query).total == 0
    assert ask(serve(legacy_and=True), query).total == 1
    old = serve(old_form=True)
    assert b'<title type="html">ArXiv Query: ' in ask(old, query).body
    assert b"<id>http://arxiv.org/api/errors#incorrect" in ask(old, {"id_list": "abc"}).body


def test_the_clock_of_the_feed(serve: Callable[..., ArxivServer]) -> None:
    server = serve(now=lambda: datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC))
    assert b"<updated>2020-02-03T04:05:06Z</updated>" in ask(server, {"search_query": "ti:x"}).body


GOOD = {"search_query": "ti:attention"}


@pytest.mark.parametrize(
    ("fault", "status", "headers", "body"),
    [
        ("429", 429, {}, b"Rate exceeded."),
        ("429-stalled", 429, {}, b"Rate exceeded."),
        ("429-retry-after", 429, {"Retry-After": "1"}, b"Rate exceeded."),
        ("503-retry-0", 503, {"Retry-After": "0"}, b"first byte timeout"),
        ("503", 503, {}, b"<html>"),
        ("406", 406, {}, b"Not Acceptable"),
        ("403", 403, {}, b"Access denied"),
        ("414", 414, {}, b"<html>"),
        ("500", 500, {}, b"<html>"),
        ("html", 200, {}, b"<html>"),
        ("rate-200", 200, {}, b"Rate exceeded."),
    ],
)
def test_faults_that_are_answers(
    serve: Callable[..., ArxivServer], fault: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    server = serve(faults=script({1: fault}))
    reply = ask(server, GOOD)
    assert reply.status == status
    assert body in reply.body
    assert reply.headers["Content-Type"].startswith("text/html")
    assert {name: reply.headers.get(name) for name in ("Retry-After",)} == {"Retry-After": headers.get("Retry-After")}
    assert ask(server, GOOD).total == 3


def test_the_redirect_leads_to_the_same_address(serve: Callable[..., ArxivServer]) -> None:
    server = serve(faults=script({1: "301"}))
    reply = ask(server, GOOD)
    assert (reply.status, reply.headers["Location"]) == (301, f"{server.url}?search_query=ti%3Aattention")


def test_a_reset_is_one(serve: Callable[..., ArxivServer]) -> None:
    server = serve(faults=script({1: "reset"}))
    with pytest.raises(ConnectionResetError) as caught:
        ask(server, GOOD)
    assert caught.type is ConnectionResetError  # not a mere end
    assert ask(server, GOOD).total == 3
    assert [(request.status, request.fault) for request in server.requests] == [(0, "reset"), (200, "")]


def test_a_truncated_feed_has_the_length_that_it_says(serve: Callable[..., ArxivServer]) -> None:
    reply = ask(serve(faults=script({1: "truncated"})), GOOD)
    assert reply.status == 200
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(reply.body)


def test_a_feed_may_be_cut_short(serve: Callable[..., ArxivServer]) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(serve(faults=script({1: "cut-short"})), GOOD)


def test_empty_pages(serve: Callable[..., ArxivServer]) -> None:
    server = serve(faults=script({1: "empty", 2: "empty", 3: "nothing"}))
    replies = [ask(server, GOOD), ask(server, {"search_query": "ti:unknown"}), ask(server, GOOD)]
    assert [(reply.status, reply.total, reply.entries) for reply in replies] == [(200, 3, 0), (200, 1, 0), (200, 0, 0)]


def test_the_stall_takes_its_time_but_does_not_hold_up_the_end(corpus: ArxivCorpus) -> None:
    with ArxivServer(corpus, faults=every(1, "429-stalled"), stall=0.3) as server:
        began = time.monotonic()
        ask(server, GOOD)
        assert time.monotonic() - began >= 0.3
        server.stall = 60
        impatient = threading.Thread(target=lambda: _quietly(server))
        impatient.start()
        time.sleep(0.1)
        began = time.monotonic()
    impatient.join()
    assert time.monotonic() - began < 5


def _quietly(server: ArxivServer) -> None:
    try:
        ask(server, GOOD)
    except (OSError, http.client.HTTPException):
        return


def test_a_missing_accept_header_counts_only_if_asked_for(serve: Callable[..., ArxivServer]) -> None:
    assert ask(serve(), GOOD, headers={}).status == 200
    strict = serve(strict_accept=True)
    assert ask(strict, GOOD, headers={}).status == 406
    assert ask(strict, GOOD).status == 200


def test_every_goes_round_the_names() -> None:
    rule = every(3, "429", "503")
    assert [rule(number) for number in range(1, 13)] == ["", "", "429", "", "", "503"] * 2
    assert [every(1)(number) for number in range(1, len(FAULTS) + 1)] == list(FAULTS)


def test_unknown_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="no fault named '418'; the faults are: 429, 429-stalled"):
        every(2, "418")
    with pytest.raises(ValueError, match="no fault named '418'"):
        script({1: "418"})
    with pytest.raises(ValueError, match="number from 1"):
        every(0)


def test_the_recorder_keeps_what_was_asked(server: ArxivServer) -> None:
    ask(server, {"search_query": 'ti:"a b"', "max_results": 1})
    ask(server, method="POST", body=b"id_list=2401.00001", headers={"User-Agent": "x"})
    first, second = server.requests
    assert (first.number, first.method, first.status, first.fault, first.total, first.returned) == (
        1,
        "GET",
        200,
        "",
        0,
        0,
    )
    assert first.path == "/api/query?search_query=ti%3A%22a+b%22&max_results=1"
    assert first.params == {"search_query": 'ti:"a b"', "max_results": "1"}
    assert first.size == len(f"GET {first.path} HTTP/1.1")
    assert (first.user_agent, first.accept) == ("test/1", "*/*")
    assert first.started <= first.ended <= second.started
    assert second.params == {"id_list": "2401.00001"}
    assert second.size == len("POST /api/query HTTP/1.1") + 18
    assert (second.total, second.returned, second.accept) == (1, 1, "")
    server.clear()
    assert server.requests == []
    ask(server, GOOD)
    assert server.requests[0].number == 1


def test_impolite_callers_are_noticed(server: ArxivServer) -> None:
    ask(server, GOOD)
    time.sleep(0.05)
    ask(server, GOOD, headers={})
    assert server.violations(0.04) == [
        "Request 2 has no User-Agent header.",
        "Request 2 has no Accept header.",
    ]
    (too_soon, *_) = server.violations(30.0)
    assert too_soon.startswith("Request 2 began 0.")
    assert too_soon.endswith(" s after the answer before it, not 30.000 s.")


def test_two_requests_at_once_are_noticed(serve: Callable[..., ArxivServer]) -> None:
    server = serve(faults=script({1: "429-stalled"}), stall=0.5)
    slow = threading.Thread(target=lambda: ask(server, GOOD))
    slow.start()
    time.sleep(0.1)
    ask(server, GOOD)
    slow.join()
    assert [request.number for request in server.requests] == [1, 2]
    assert server.violations(0) == ["Request 2 began while request 1 was open."]


def test_the_interval_counts_from_the_end_of_an_answer() -> None:
    recorder = Recorder()
    for number, (started, ended) in enumerate([(0.0, 4.0), (7.0, 7.1), (9.0, 9.5)], start=1):
        recorder.add(_request(number, started, ended))
    assert recorder.violations(3.0) == ["Request 3 began 1.900 s after the answer before it, not 3.000 s."]


def _request(number: int, started: float, ended: float) -> ArxivRequest:
    return ArxivRequest(
        number=number,
        method="GET",
        path="/",
        params={},
        size=1,
        user_agent="x",
        accept="x",
        started=started,
        ended=ended,
        status=200,
        fault="",
        total=0,
        returned=0,
    )


def test_a_connection_carries_several_requests(server: ArxivServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/api/query?search_query=ti:x", headers=dict(HEADERS))
        assert connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_an_idle_connection_does_not_hold_up_the_end(corpus: ArxivCorpus) -> None:
    with ArxivServer(corpus) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", "/api/query?search_query=ti:x")
        connection.getresponse().read()
        began = time.monotonic()
    assert time.monotonic() - began < 5
    connection.close()


def test_it_stops_starts_again_and_keeps_its_port(corpus: ArxivCorpus) -> None:
    server = ArxivServer(corpus)
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = server.url
    server.stop()
    threads = threading.active_count()
    with server:
        url = server.url
        ask(server, GOOD)
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        ask(server, GOOD)
    with server:
        assert server.url == url
        assert ask(server, GOOD).total == 3


def program(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "refkit.testing.arxiv", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_as_a_program(papers: Path, tmp_path: Path, end: signal.Signals) -> None:
    log = tmp_path / "log.jsonl"
    with program(papers, "--log", log, "--every", 2, "--fault", "503") as running:
        assert running.stdout
        assert running.stderr
        parts = urlsplit(running.stdout.readline().strip())
        statuses = []
        for _ in range(4):
            connection = http.client.HTTPConnection(parts.netloc, timeout=10)
            connection.request("GET", f"{parts.path}?search_query=ti:attention")
            statuses.append(connection.getresponse().status)
            connection.close()
        running.send_signal(end)
        assert running.wait(timeout=10) == 0
        assert running.stderr.read() == ""
    assert statuses == [200, 503, 200, 503]
    logged = [msgspec.json.decode(line, type=ArxivRequest) for line in log.read_bytes().splitlines()]
    assert [(request.number, request.fault, request.total) for request in logged] == [
        (1, "", 3),
        (2, "503", 0),
        (3, "", 3),
        (4, "503", 0),
    ]


def test_a_file_that_is_none_ends_the_program_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n")
    for name, sentence in (("bad.jsonl", "bad.jsonl:1: not a line"), ("none.jsonl", "none.jsonl cannot be read")):
        with program(tmp_path / name) as running:
            out, error = running.communicate(timeout=20)
        assert running.returncode == 2
        assert (out, error.count("\n")) == ("", 1)
        assert sentence in error


def test_a_port_in_use_and_a_log_that_cannot_be_are_sentences(papers: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with program(papers, "--port", port) as running:
            _, error = running.communicate(timeout=20)
    assert (running.returncode, error) == (2, f"Port {port} cannot be used (Address already in use).\n")
    with program(papers, "--log", tmp_path / "no" / "log") as running:
        _, error = running.communicate(timeout=20)
    assert running.returncode == 2
    assert error == f"{tmp_path / 'no' / 'log'} cannot be used (No such file or directory).\n"


def test_the_stand_in_needs_no_test_library() -> None:
    names = "ArxivServer, ArxivCorpus, ArxivRequest, every, script"
    code = (
        f"import sys; from refkit.testing import {names}; print(sorted({{'pytest', 'hypothesis'}} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_all_names_are_there_and_no_others() -> None:
    import refkit.testing as package

    assert all(getattr(package, name) for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = package.Nonsense
