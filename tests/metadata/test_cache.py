"""What is kept of arXiv's answers, for how long, and what happens to a file that is none or is in use."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from refkit.errors import WriteError
from refkit.metadata.arxiv import ArxivSource
from refkit.metadata.cache import FILE, AnswerCache, Content, Entry, clear, inspect, next_update
from refkit.model import Answer, ArxivRecord, Author, Mention, PartialDate
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.testing import ArxivCorpus, ArxivServer

NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
OWLS = ArxivRecord(
    arxiv_id="2101.00001",
    title="Nocturnal Owls and Their Silent Flight Control",
    authors=(Author("Strix", "Ada"), Author(literal="The Owl Group")),
    categories=("cs.RO", "q-bio.NC"),
    submitted=PartialDate(2021, 1, 4),
    updated=PartialDate(2022, 3),
    former_titles=("Owls",),
    version=2,
)
MICE = ArxivRecord(arxiv_id="hep-th/9901001", title="Field Mice Hear What Owls Do Not Say")
KNOWN = [OWLS.title, MICE.title]
UNKNOWN = "An Entirely Unknown Treatise on Nothing Whatsoever"


class Time:
    """A clock that goes on when it is told to, or waited for."""

    def __init__(self) -> None:
        self.now = NOON

    def sleep(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def seconds(self) -> float:
        return self.now.timestamp()

    @property
    def clock(self) -> Clock:
        return Clock(now=self.seconds, sleep=self.sleep)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / FILE


@pytest.fixture
def cache(path: Path, time: Time) -> Callable[..., AnswerCache]:
    def new(server: str = "one", *, stale: bool = False) -> AnswerCache:
        return AnswerCache(path, server, now=lambda: time.now, stale=stale)

    return new


@pytest.fixture
def server() -> ArxivServer:
    return ArxivServer(ArxivCorpus.from_records([OWLS, MICE]))


class Asking:
    """One run after another with the same cache; each tells how many requests it made."""

    def __init__(self, server: ArxivServer, folder: Path, time: Time) -> None:
        self.server, self.folder, self.time = server, folder, time

    def __call__(self, *titles: str, offline: bool = False, refresh: bool = False) -> tuple[list[bool], int]:
        around = Surroundings(cache=self.folder, state=self.folder, offline=offline, refresh=refresh)
        settings = {"url": self.server.url, "interval": 0}
        source = ArxivSource.open(settings, around, clock=self.time.clock)
        before = len(self.server.requests)
        answers = source.search([Mention(title=title) for title in titles], limit=5)
        assert answers == source.search([Mention(title=title) for title in titles], limit=5)
        assert not any(answer.failure for answer in answers)
        return [bool(answer.records) for answer in answers], len(self.server.requests) - before


@pytest.fixture
def run(server: ArxivServer, path: Path, time: Time) -> Asking:
    return Asking(server, path.parent, time)


def test_what_was_answered_is_known_to_another_object(cache: Callable[..., AnswerCache]) -> None:
    first = cache()
    first.put({"q": Entry((MICE, OWLS), settled=True), "none": Entry()})
    first.put({"also": Entry((OWLS,))})
    first.close()
    again = cache()
    assert again.get(["none", "q", "other", "also"]) == {
        "q": Answer((MICE, OWLS)),
        "none": Answer(),
        "also": Answer((OWLS,)),
    }
    assert cache("two").get(["q", "none"]) == {}


def test_thousands_of_answers_are_kept_and_found_at_once(cache: Callable[..., AnswerCache]) -> None:
    records = [ArxivRecord(arxiv_id=f"2401.{number:05}", title=f"Owl {number}") for number in range(1, 2501)]
    cache().put({record.title: Entry((record,), settled=True) for record in records})
    assert cache().get([record.title for record in records]) == {each.title: Answer((each,)) for each in records}


def test_nothing_is_written_before_there_is_an_answer(cache: Callable[..., AnswerCache], path: Path) -> None:
    assert cache().get(["q"]) == {}
    assert not path.parent.exists()


def test_a_found_title_holds_for_two_weeks_and_anything_else_until_the_next_update(
    cache: Callable[..., AnswerCache], time: Time
) -> None:
    cache().put({"found": Entry((OWLS,), settled=True), "near": Entry((MICE,)), "none": Entry()})
    time.now = dt.datetime(2026, 11, 26, 0, 59, 59, tzinfo=dt.UTC)
    assert set(cache().get(["found", "near", "none"])) == {"found", "near", "none"}
    time.now += dt.timedelta(seconds=1)
    assert set(cache().get(["found", "near", "none"])) == {"found"}
    time.now = NOON + dt.timedelta(days=14, seconds=-1)
    assert set(cache().get(["found"])) == {"found"}
    time.now += dt.timedelta(seconds=1)
    assert cache().get(["found", "near", "none"]) == {}
    assert set(cache(stale=True).get(["found", "near", "none"])) == {"found", "near", "none"}


@pytest.mark.parametrize(
    ("now", "update"),
    [
        ("2026-11-25T12:00:00+00:00", "2026-11-26T01:00:00+00:00"),
        ("2026-11-25T00:59:59+00:00", "2026-11-25T01:00:00+00:00"),
        ("2026-11-25T01:00:00+00:00", "2026-11-26T01:00:00+00:00"),
        ("2026-12-31T20:30:00-05:00", "2027-01-02T01:00:00+00:00"),
        ("2026-11-25T05:00:00+09:00", "2026-11-25T01:00:00+00:00"),
    ],
)
def test_updates_are_at_one_o_clock_utc(now: str, update: str) -> None:
    assert next_update(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(update)


def test_runs_ask_again_only_what_is_out_of_date(server: ArxivServer, run: Asking, time: Time) -> None:
    with server:
        assert run(*KNOWN, UNKNOWN) == ([True, True, False], 1)
        assert run(*KNOWN, UNKNOWN) == ([True, True, False], 0)
        time.now += dt.timedelta(hours=13)
        assert run(*KNOWN, UNKNOWN) == ([True, True, False], 2)  # an answer without any record is asked for twice
        assert UNKNOWN in server.requests[-1].params["search_query"]
        assert OWLS.title not in server.requests[-1].params["search_query"]
        time.now += dt.timedelta(days=13, hours=12)
        assert run(OWLS.title) == ([True], 1)


def test_a_refresh_asks_again_once(server: ArxivServer, run: Asking) -> None:
    with server:
        assert run(*KNOWN, UNKNOWN) == ([True, True, False], 1)
        assert run(*KNOWN, UNKNOWN, refresh=True) == ([True, True, False], 1)
        assert run(*KNOWN, UNKNOWN) == ([True, True, False], 0)


def test_without_the_network_even_old_answers_are_used_and_nothing_is_asked(
    server: ArxivServer, run: Asking, time: Time, path: Path
) -> None:
    with server:
        assert run(*KNOWN, offline=True) == ([False, False], 0)
        assert not path.parent.exists()
        assert run(OWLS.title) == ([True], 1)
        assert run(*KNOWN, offline=True, refresh=True) == ([True, False], 0)
        time.now += dt.timedelta(days=400)
        assert run(*KNOWN, offline=True) == ([True, False], 0)
    assert run(*KNOWN, offline=True) == ([True, False], 0)


def test_another_server_has_other_answers(server: ArxivServer, path: Path, time: Time) -> None:
    with server, ArxivServer(ArxivCorpus.from_records([MICE])) as other:
        assert Asking(server, path.parent, time)(*KNOWN) == ([True, True], 1)
        assert Asking(other, path.parent, time)(*KNOWN) == ([False, True], 1)
        assert Asking(server, path.parent, time)(*KNOWN) == ([True, True], 0)


def test_the_garbage_of_one_thread_may_be_collected_in_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[sys.UnraisableHookArgs] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    caches = [AnswerCache(path, "one", now=lambda: NOON)]
    caches[0].put({"q": Entry((OWLS,), settled=True)})
    dropping = threading.Thread(target=caches.clear)
    dropping.start()
    dropping.join()
    assert not caches
    assert not [str(complaint.exc_value) for complaint in complaints]


def filled(path: Path) -> None:
    cache = AnswerCache(path, "one", now=lambda: NOON)
    cache.put({f"q{number}": Entry((OWLS,), settled=True) for number in range(400)})
    cache.close()


def _sql(path: Path, *statements: str) -> None:
    file = sqlite3.connect(path)
    with file:
        for statement in statements:
            file.execute(statement)
    file.close()


def _cut(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:5000])


def _scribble(path: Path) -> None:
    filled(path)
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)


def _text(path: Path) -> None:
    path.write_text("These are not the answers that you are looking for.\n" * 100, encoding="ascii")


def _foreign(path: Path) -> None:
    _sql(path, "create table places (url text)", "insert into places values ('x')")


def _foreign_of_our_version(path: Path) -> None:
    _sql(path, "create table places (url text)", "pragma user_version = 1")


def _newer(path: Path) -> None:
    filled(path)
    _sql(path, "pragma user_version = 99")


def _other_records(path: Path) -> None:
    filled(path)
    _sql(path, """update records set record = '{"title": 1}'""")


@pytest.mark.parametrize(
    "spoil",
    [_cut, _scribble, _text, _foreign, _foreign_of_our_version, _newer, _other_records],
    ids=lambda each: each.__name__,
)
def test_a_file_that_is_no_cache_is_thrown_away_with_a_warning(
    spoil: Callable[[Path], None], path: Path, cache: Callable[..., AnswerCache], caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    spoil(path)
    if spoil is not _other_records:
        assert inspect(path, NOON) == Content(bytes=path.stat().st_size)
    first = cache()
    assert first.get(["q0"]) == {}
    assert [str(path) in each.message for each in caplog.records] == [True]
    first.put({"q": Entry((OWLS,), settled=True)})
    first.close()
    assert cache().get(["q"]) == {"q": Answer((OWLS,))}
    assert len(caplog.records) == 1
    assert inspect(path, NOON).answers == 1


def test_where_nothing_can_be_written_answers_are_kept_in_memory(
    server: ArxivServer, tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("mine", encoding="ascii")
    with server:
        for folder in (blocked, blocked / "below"):
            around = Surroundings(cache=folder, state=tmp_path / "state")
            source = ArxivSource.open({"url": server.url, "interval": 0}, around, clock=time.clock)
            before = len(server.requests)
            for _ in range(2):
                (answer,) = source.search([Mention(title=OWLS.title)], limit=5)
                assert [record.arxiv_id for record in answer.records] == [OWLS.arxiv_id]
            assert len(server.requests) == before + 1
    assert ["cannot be used" in each.message for each in caplog.records] == [True, True]
    assert blocked.read_text(encoding="ascii") == "mine"


def test_the_content_is_counted_and_cleared(cache: Callable[..., AnswerCache], path: Path, time: Time) -> None:
    assert inspect(path, NOON) == Content()
    assert not clear(path)
    cache().put({"found": Entry((OWLS,), settled=True), "none": Entry(), "near": Entry((OWLS, MICE))})
    size = path.stat().st_size
    assert inspect(path, NOON) == Content(answers=3, empty=1, expired=0, records=2, bytes=size)
    assert inspect(path, NOON + dt.timedelta(days=1)) == Content(answers=1, empty=0, expired=2, records=2, bytes=size)
    assert clear(path)
    assert not path.exists()
    assert inspect(path, NOON) == Content()
    path.mkdir()
    with pytest.raises(WriteError, match="remove it by hand"):
        clear(path)
    assert time.now == NOON


_WRITES = """
import datetime, pathlib, sys
from refkit.metadata.cache import AnswerCache, Entry
from refkit.model import ArxivRecord
path, name = sys.argv[1:]
cache = AnswerCache(pathlib.Path(path), "one", now=lambda: datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC))
for number in range(1, 101):
    record = ArxivRecord(arxiv_id=f"{name}.{number:05}", title=name)
    cache.put({f"{name} {number}": Entry((record,), settled=True)})
"""


def test_two_processes_may_write_at_once(path: Path, cache: Callable[..., AnswerCache]) -> None:
    names = ("2401", "2402")
    running = [subprocess.Popen([sys.executable, "-c", _WRITES, str(path), name], stderr=-1) for name in names]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 2
    found = cache().get([f"{name} {number}" for name in names for number in range(1, 101)])
    assert len(found) == 200
    assert all(answer.records for answer in found.values())


_ASKS = """
import json, pathlib, sys
from refkit.metadata.arxiv import ArxivSource
from refkit.model import Mention
from refkit.protocols import Surroundings
url, folder = sys.argv[1:]
folder = pathlib.Path(folder)
source = ArxivSource.open({"url": url, "interval": 0}, Surroundings(cache=folder, state=folder))
mentions = [Mention(title=title) for title in json.load(sys.stdin)]
source.search(mentions, limit=5)
"""


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path, time: Time) -> None:
    titles = [f"Silent Owls Hear Field Mice of Kind Number{number}" for number in range(200)]
    records = [ArxivRecord(arxiv_id=f"2401.{number:05}", title=title) for number, title in enumerate(titles)]
    with ArxivServer(ArxivCorpus.from_records(records)) as server:
        command = [sys.executable, "-c", _ASKS, server.url, str(tmp_path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        # The third answer is not sent any more: who asked for it is gone.
        server.seen = lambda request: os.kill(process.pid, signal.SIGKILL) if request.number == 3 else None
        process.communicate(json.dumps(titles).encode())
        assert process.returncode == -signal.SIGKILL
        server.seen = lambda _: None
        answered = _asked(server, titles)[:2]
        server.clear()
        time.now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
        found, requests = Asking(server, tmp_path, time)(*titles)
        assert all(found)
        again = _asked(server, titles)
    assert requests == len(again) == 1
    assert [len(batch) for batch in answered] == [60, 90]
    assert again == [[title for title in titles if title not in {*answered[0], *answered[1]}]]


def _asked(server: ArxivServer, titles: Sequence[str]) -> list[list[str]]:
    """Which titles were asked for in each request."""
    return [[each for each in titles if f'"{each}"' in request.params["search_query"]] for request in server.requests]
