from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from refkit.testing import ZOTERO_FAULTS, ZoteroServer
from refkit.testing.zotero_faults import every, script, share
from refkit.testing.zotero_recorder import Recorder, ZoteroRequest

PREPRINT = {"itemType": "preprint", "title": "A Paper"}
# Those that a caller sees as a broken connection, and not as an answer.
BROKEN = {"reset", "lost", "cut"}
CARRIED_OUT = {"lost", "cut", "stall"}

Write = Callable[[ZoteroServer], requests.Response]


@pytest.fixture
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer() as server:
        yield server


@pytest.fixture
def write() -> Iterator[Write]:
    with requests.Session() as session:
        session.trust_env = False

        def post(server: ZoteroServer) -> requests.Response:
            url = f"{server.url}/users/{server.user_id}/items"
            headers = {"Zotero-API-Key": server.key}
            return session.post(url, data=json.dumps([PREPRINT]), headers=headers, timeout=10)

        yield post


@pytest.mark.parametrize("name", ZOTERO_FAULTS)
def test_a_fault_decides_whether_a_write_is_carried_out(server: ZoteroServer, write: Write, name: str) -> None:
    server.faults = script({1: name})
    if name in BROKEN:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            write(server)
    else:
        write(server)
    assert len(server.library.items) == (1 if name in CARRIED_OUT else 0)
    (request,) = server.requests
    assert (request.fault, request.done) == (name, name in CARRIED_OUT)
    assert write(server).status_code == 200
    assert server.requests[1].fault == ""


@pytest.mark.parametrize(
    ("name", "status", "headers", "text"),
    [
        ("429", 429, {"Retry-After": "1"}, "Request rate limit exceeded"),
        ("429-bare", 429, {}, "Request rate limit exceeded"),
        ("503", 503, {}, "Server updates in progress. Please try again in a few minutes."),
        ("503-backoff", 503, {"Backoff": "1"}, "Server updates in progress. Please try again in a few minutes."),
        ("500", 500, {}, "An error occurred"),
    ],
)
def test_refusals_are_sentences(
    server: ZoteroServer, write: Write, name: str, status: int, headers: dict[str, str], text: str
) -> None:
    server.faults = script({1: name})
    reply = write(server)
    found = {name: reply.headers[name] for name in ("Retry-After", "Backoff") if name in reply.headers}
    assert (reply.status_code, found, reply.text) == (status, headers, text)
    assert server.requests[0].retry_after == headers.get("Retry-After", "")


def test_a_pause_may_be_a_date(server: ZoteroServer, write: Write) -> None:
    server.faults = script({1: "429-date"})
    then = parsedate_to_datetime(write(server).headers["Retry-After"])
    assert timedelta(seconds=-1) <= then - datetime.now(UTC) <= timedelta(seconds=1)


@pytest.mark.parametrize(("name", "status"), [("502-html", 502), ("html-200", 200)])
def test_others_on_the_way_answer_with_pages(server: ZoteroServer, write: Write, name: str, status: int) -> None:
    server.faults = script({1: name})
    reply = write(server)
    assert (reply.status_code, reply.text[:15]) == (status, "<!DOCTYPE html>")
    assert "Zotero-API-Version" not in reply.headers


def test_an_answer_may_stall(server: ZoteroServer, write: Write) -> None:
    server.faults, server.stall = script({1: "stall"}), 0.2
    started = time.monotonic()
    assert write(server).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_a_stalled_answer_does_not_hold_up_the_end() -> None:
    started = time.monotonic()
    with ZoteroServer(faults=script({1: "stall"}), stall=60) as server, requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{server.url}/keys/current", timeout=0.1)
    assert time.monotonic() - started < 10


def test_deletions_can_be_lost_too(server: ZoteroServer) -> None:
    for name in ("lost", "cut"):
        server.clear()
        server.faults = script({1: name})
        key = server.library.add(title="T")
        url = f"{server.url}/users/{server.user_id}/items?itemKey={key}"
        with requests.Session() as session:
            session.trust_env = False
            with pytest.raises(requests.ConnectionError):
                session.delete(url, headers={"Zotero-API-Key": server.key}, timeout=10)
        assert key not in server.library.items
        assert (server.requests[0].status, server.requests[0].done) == (0, True)


def test_every_nth_request_meets_the_faults_in_turn() -> None:
    rule = every(2, "429", "lost")
    assert [rule(number) for number in range(1, 9)] == ["", "429", "", "lost", "", "429", "", "lost"]
    assert {every(1)(number) for number in range(1, len(ZOTERO_FAULTS) + 1)} == set(ZOTERO_FAULTS)


def test_a_share_of_the_requests_meets_faults_and_the_seed_decides_which() -> None:
    rule, same, other = (share(0.25, seed, "429", "lost") for seed in (1, 1, 2))
    found = [rule(number) for number in range(1, 2001)]
    assert 400 < sum(map(bool, found)) < 600
    assert set(found) == {"", "429", "lost"}
    assert [same(number) for number in range(2000, 0, -1)] == found[::-1]
    assert [other(number) for number in range(1, 2001)] != found
    assert {share(0, 1)(number) for number in range(100)} == {""}


@pytest.mark.parametrize("make", [lambda: every(2, "boom"), lambda: script({1: "boom"}), lambda: share(0.5, 1, "boom")])
def test_an_unknown_fault_is_named(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="no fault named 'boom'; the faults are: 429, 429-date"):
        make()


def test_every_needs_a_number_from_1() -> None:
    with pytest.raises(ValueError, match="from 1"):
        every(0)


def test_requests_that_come_too_soon_are_named() -> None:
    recorder = Recorder()
    for number, (started, pause) in enumerate([(0.0, "2"), (0.2, ""), (1.5, ""), (2.6, "")], 1):
        recorder.arrive()
        recorder.add(
            ZoteroRequest(
                number=number,
                method="GET",
                path="/",
                query=(),
                headers={},
                key="",
                status=200,
                fault="",
                done=True,
                objects=0,
                parallel=1,
                started=started,
                ended=started + 0.5,
                retry_after=pause,
            )
        )
    assert recorder.violations() == ["Request 3 began 1.000 s after an answer that asked for 2 s."]
