from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any

import msgspec
import pytest
from filelock import FileLock

from refkit.errors import BadResponse, RefkitError, SourceUnavailable, UsageError, WriteError
from refkit.metadata import oai_harvest
from refkit.metadata.oai_harvest import Harvested, Harvester, Progress, discard, papers
from refkit.metadata.snapshot import SnapshotLine
from refkit.model import PartialDate
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.testing import OAI_FAULTS, ArxivRequest, OaiServer
from refkit.testing.oai_desk import OaiDesk
from refkit.testing.oai_faults import script

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
FIRST = dt.date(2026, 10, 1)
LIST = {"verb": "ListRecords", "metadataPrefix": "arXiv"}


class Time:
    """Passes only where somebody sleeps, or sets it."""

    def __init__(self) -> None:
        self.seconds = NOON.timestamp()
        self.clock = Clock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def now(self) -> dt.datetime:
        return self.clock.today()


def line(number: int, day: dt.date, title: str = "Owls") -> SnapshotLine:
    return SnapshotLine(id=f"2610.{number:05}", title=f"{title} {number}", submitted="2026-10-01", update_date=str(day))


# 4 records a day, so that pages of 3 begin within a day, and one day fills several pages.
RECORDS = [line(number, FIRST + dt.timedelta(days=number // 4)) for number in range(40)]
RECORDS += [line(100 + number, FIRST + dt.timedelta(days=5)) for number in range(10)]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "harvest" / "arxiv.jsonl"


@pytest.fixture
def serve(time: Time) -> Iterator[Callable[..., OaiServer]]:
    with ExitStack() as stack:

        def make(records: Sequence[SnapshotLine] = RECORDS, page_size: int = 3, **options: Any) -> OaiServer:
            options = {"now": lambda: time.now, **options}
            return stack.enter_context(OaiServer(records, page_size=page_size, **options))

        yield make


class Harvesting:
    """One run after another into the same spool, each with a session of its own."""

    def __init__(self, spool: Path, time: Time) -> None:
        self.spool, self.time = spool, time
        self.told: list[Progress] = []
        self.heard: list[str] = []

    def __call__(self, server: OaiServer, since: PartialDate | str = "", **settings: Any) -> Harvested:
        around = Surroundings(cache=self.spool.parent, state=self.spool.parent / "state", notify=self.heard.append)
        settings = {"url": server.url, **settings}
        harvester = Harvester.open(settings, around, clock=self.time.clock)
        return harvester.harvest(self.spool, since, told=self.told.append)

    def fails(self, server: OaiServer, kind: type[RefkitError], sentence: str, since: str = "") -> None:
        with pytest.raises(kind, match=sentence):
            self(server, since)

    @property
    def lines(self) -> list[SnapshotLine]:
        return [msgspec.json.decode(each, type=SnapshotLine) for each in self.spool.read_bytes().splitlines()]

    @property
    def latest(self) -> dict[str, SnapshotLine]:
        return {each.id: each for each in self.lines}


@pytest.fixture
def run(spool: Path, time: Time) -> Harvesting:
    return Harvesting(spool, time)


def by_id(records: Sequence[SnapshotLine]) -> dict[str, SnapshotLine]:
    return {each.id: each for each in records}


def asked(server: OaiServer) -> list[str]:
    """From which day each list was asked for anew: "" for all, "token" for a next page."""
    return ["token" if "resumptionToken" in each.params else each.params.get("from", "") for each in server.requests]


def test_everything_is_written_once_in_arxiv_s_order(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve()
    harvested = run(server)
    assert run.lines == list(server.records)
    assert harvested == Harvested(
        spool=run.spool, pages=17, records=50, deleted=0, unread=0, size=run.spool.stat().st_size, newest="2026-10-10"
    )
    assert server.requests[0].params == LIST
    assert all(set(each.params) == {"verb", "resumptionToken"} for each in server.requests[1:])
    assert asked(server) == ["", *["token"] * 16]
    assert [each.pages for each in run.told] == list(range(1, 18))
    assert run.told[-1] == Progress(17, 50, harvested.size, "2026-10-10")
    assert "harvesting arXiv: 3 records, changed up to 2026-10-01, next request in 3 s" in run.heard


def test_only_what_was_changed_since_a_day_is_asked_for(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve(page_size=2500)
    harvested = run(server, "2026-10-07")
    assert server.requests[0].params == {**LIST, "from": "2026-10-07"}
    assert (harvested.pages, harvested.records, harvested.newest) == (1, 16, "2026-10-10")
    assert run.latest == by_id([each for each in RECORDS if (each.update_date or "") >= "2026-10-07"])


@pytest.mark.parametrize(
    ("since", "begin"),
    [
        ("2026-10-07", "2026-10-07"),
        (PartialDate(2026, 10), "2026-10-01"),
        (PartialDate(2026), "2026-01-01"),
        ("2026-11-26", "2026-11-26"),
        ("2026-11-27", "2026-11-26"),  # arXiv's clock may be a little ahead of ours
        ("2005-09-17", "2005-09-17"),
        ("2005-09-16", ""),
        ("1991-08", ""),  # the service refuses days before its first
        ("", ""),
    ],
)
def test_the_day_that_is_sent(
    serve: Callable[..., OaiServer], run: Harvesting, since: PartialDate | str, begin: str
) -> None:
    server = serve(page_size=100)
    run(server, since)
    assert asked(server) == [begin]


@pytest.mark.parametrize("since", ["2026-11-28", "2027", "yesterday", "2026-02-30", "--03-13", "2026-1-1"])
def test_a_day_that_is_none_or_lies_in_the_future_is_a_sentence(
    serve: Callable[..., OaiServer], run: Harvesting, since: str
) -> None:
    server = serve()
    run.fails(server, UsageError, "lies in the future; write|is no day to harvest from; write one like", since)
    assert server.requests == []
    assert not run.spool.parent.exists()


def test_that_nothing_was_changed_is_a_whole_harvest(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    assert run(serve(), "2026-11-01") == Harvested(
        spool=run.spool, pages=1, records=0, deleted=0, unread=0, size=0, newest=""
    )
    assert run.lines == []


def test_without_the_network_nothing_is_asked(serve: Callable[..., OaiServer], spool: Path) -> None:
    server = serve()
    harvester = Harvester.open({"url": server.url}, Surroundings(cache=spool, state=spool, offline=True))
    with pytest.raises(SourceUnavailable, match="without the network"):
        harvester.harvest(spool)
    assert server.requests == []


def test_requests_are_three_seconds_apart_and_say_who_asks(
    serve: Callable[..., OaiServer], run: Harvesting, time: Time
) -> None:
    at: list[float] = []
    server = serve(seen=lambda _: at.append(time.seconds))
    run(server, contact="ada@example.org")
    assert [after - before for before, after in pairwise(at)] == pytest.approx([3.0] * 16, abs=0.01)
    assert server.violations(0.0) == []
    assert {each.user_agent.partition(" ")[2] for each in server.requests} == {"(mailto:ada@example.org)"}
    assert {each.method for each in server.requests} == {"GET"}


@pytest.mark.parametrize("fault", ["503-retry-0", "503", "429-retry-after", "html", "truncated", "cut-short", "reset"])
def test_after_a_fault_nobody_asks_for_half_a_minute_whatever_it_says(
    serve: Callable[..., OaiServer], run: Harvesting, time: Time, fault: str
) -> None:
    at: list[float] = []
    server = serve(faults=script({4: fault, 5: fault}), seen=lambda _: at.append(time.seconds))
    run(server)
    gaps = [after - before for before, after in pairwise(at)]
    assert 30 <= gaps[3] <= 36.1
    assert 60 <= gaps[4] <= 72.1
    assert run.lines == list(server.records)
    assert server.requests[3].params == server.requests[4].params == server.requests[5].params


@pytest.mark.parametrize("fault", [each for each in OAI_FAULTS if each not in {"expired", "empty", "hang"}])
def test_an_outage_keeps_what_came_before_and_the_next_run_goes_on(
    serve: Callable[..., OaiServer], run: Harvesting, fault: str
) -> None:
    server = serve(faults=lambda number: fault if 5 <= number <= 8 else "")
    run.fails(server, SourceUnavailable, r"could not be asked: .*What came before is kept \(12 records, changed up to")
    assert run.lines == list(server.records)[:12]
    before = len(server.requests)
    assert before == 8
    harvested = run(server)
    assert (harvested.pages, harvested.records) == (17, 50)
    assert run.lines == list(server.records)
    assert asked(server)[before:] == ["token"] * 13


def test_a_service_that_hangs_is_an_outage(
    serve: Callable[..., OaiServer], run: Harvesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert oai_harvest._READ_TIMEOUT > 183  # as long as the network before arXiv's servers waits for them
    monkeypatch.setattr(oai_harvest, "_READ_TIMEOUT", 0.2)
    server = serve(faults=lambda number: "hang" if number > 2 else "", hang=20)
    run.fails(server, SourceUnavailable, "it gave no answer in time")
    server.faults = lambda _: ""
    assert run(server).records == 50


@pytest.mark.parametrize("way", ["expired", "empty"])
def test_where_a_token_is_refused_the_list_begins_again_with_the_newest_day(
    serve: Callable[..., OaiServer], run: Harvesting, way: str
) -> None:
    server = serve(faults=script({6: way}))
    harvested = run(server)
    assert asked(server)[:8] == ["", *["token"] * 5, "2026-10-04", "token"]
    assert run.latest == by_id(RECORDS)
    assert harvested.records == len(run.lines) == 50 + 3  # three of that day had come before
    assert papers(run.spool) == 50


def test_a_spool_that_is_gone_is_a_sentence(spool: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\); run the same command again\."):
        papers(spool)


def test_a_day_longer_than_a_page_is_taken_up_at_its_begin(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve(faults=script({9: "expired"}))
    run(server)
    assert asked(server)[8:10] == ["token", "2026-10-06"]
    assert run.latest == by_id(RECORDS)


def test_tokens_that_are_always_refused_end_the_run_and_a_later_one_goes_on(
    serve: Callable[..., OaiServer], run: Harvesting
) -> None:
    server = serve(faults=lambda number: "expired" if number > 9 else "")
    run.fails(server, BadResponse, r"refused the request \(badResumptionToken.*What came before is kept")
    assert len(server.requests) < 20
    server.faults = lambda _: ""
    run(server)
    assert run.latest == by_id(RECORDS)


def test_a_token_that_leads_to_itself_ends_the_run(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    class Desk(OaiDesk):
        def _token(self, *_: object) -> str:
            self._given[same] = self._now().date()
            return same

    same = "verb=ListRecords&metadataPrefix=arXiv&skip=3"
    server = serve()
    server.desk = Desk(RECORDS, page_size=3, now=lambda: NOON)
    run.fails(server, BadResponse, "gave a token that leads nowhere; run the same .*What came before is kept")
    assert len(server.requests) < 20


def test_an_answer_without_records_does_not_forget_the_newest_day(
    serve: Callable[..., OaiServer], run: Harvesting
) -> None:
    server = serve(page_size=100)
    run(server)
    server.faults = lambda _: "empty"
    assert run(server).newest == run(server).newest == "2026-10-10"
    assert asked(server) == ["", "2026-10-10", "2026-10-10"]


def test_a_refused_token_on_every_page_gets_on_as_long_as_the_days_do(
    serve: Callable[..., OaiServer], run: Harvesting
) -> None:
    server = serve(page_size=9, records=RECORDS[:40], faults=lambda number: "expired" if number % 2 == 0 else "")
    run(server)
    assert run.latest == by_id(RECORDS[:40])


def test_a_token_of_yesterday_is_not_used(serve: Callable[..., OaiServer], run: Harvesting, time: Time) -> None:
    server = serve(faults=lambda number: "500" if number >= 5 else "")
    run.fails(server, SourceUnavailable, "could not be asked")
    server.faults = lambda _: ""
    before = len(server.requests)
    time.sleep(24 * 3600)
    run(server)
    assert asked(server)[before:][:2] == ["2026-10-03", "token"]
    assert run.latest == by_id(RECORDS)


def test_a_harvest_over_midnight_begins_again_with_the_newest_day(
    serve: Callable[..., OaiServer], run: Harvesting, time: Time
) -> None:
    time.seconds = dt.datetime(2026, 11, 26, 23, 59, 50, tzinfo=dt.UTC).timestamp()
    server = serve()
    run(server)
    # The fifth request waited for its turn until after midnight, and its token was refused.
    assert asked(server)[:7] == ["", "token", "token", "token", "token", "2026-10-03", "token"]
    assert asked(server).count("2026-10-03") == 1
    assert run.latest == by_id(RECORDS)


def test_what_is_changed_meanwhile_comes_again_and_the_later_line_counts(
    serve: Callable[..., OaiServer], run: Harvesting
) -> None:
    server = serve()
    changed = msgspec.structs.replace(RECORDS[0], title="Owls, Renamed", update_date="2026-11-26")

    def change(request: ArxivRequest) -> None:
        if request.number == 9:
            server.records = [changed, *RECORDS[1:]]

    server.seen = change
    assert run(server).newest == "2026-11-26"
    assert [each for each in run.lines if each.id == changed.id] == [RECORDS[0], changed]
    assert run.latest == by_id([*RECORDS, changed])


def test_a_whole_harvest_is_continued_from_its_newest_day(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve(page_size=100)
    run(server, "2026-10-07")
    new = line(500, dt.date(2026, 11, 26))
    server.records = [*RECORDS, new]
    harvested = run(server, "2026-10-07")
    assert asked(server) == ["2026-10-07", "2026-10-10"]
    assert (harvested.pages, harvested.records, harvested.newest) == (2, 16 + 5, "2026-11-26")
    assert run.lines[-1] == new


def test_another_harvest_begins_anew(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server, other = serve(page_size=100), serve(RECORDS[:2], page_size=100)
    run(server, "2026-10-07")
    assert run(server, "2026-10-08").records == 12  # the first was whole: an index has it
    assert run(server, "2026-10-05").records == 34  # more is wanted
    assert run(other, "2026-10-05").records == 0  # of another server
    assert run.lines == []
    assert run(other).records == 2


def test_a_harvest_that_was_broken_off_is_finished_if_it_gives_what_is_wanted(
    serve: Callable[..., OaiServer], run: Harvesting
) -> None:
    server = serve(faults=lambda number: "500" if number == 3 or 4 <= number <= 6 else "")
    run.fails(server, SourceUnavailable, "could not be asked", since="2026-10-03")
    assert run(server, "2026-10-05").records == len(
        [each for each in RECORDS if (each.update_date or "") >= "2026-10-03"]
    )
    assert asked(server).count("2026-10-03") == 1


@pytest.mark.parametrize("spoil", ["journal lost", "journal cut", "journal of a later form", "spool cut", "spool lost"])
def test_what_was_spoilt_between_two_runs_is_harvested_anew(
    serve: Callable[..., OaiServer], run: Harvesting, spoil: str
) -> None:
    server = serve(faults=lambda number: "500" if 5 <= number <= 8 else "")
    run.fails(server, SourceUnavailable, "could not be asked")
    journal = run.spool.with_name("arxiv.jsonl.journal")
    if spoil == "journal lost":
        journal.unlink()
    elif spoil == "journal cut":
        journal.write_bytes(journal.read_bytes()[:30])
    elif spoil == "journal of a later form":
        journal.write_bytes(journal.read_bytes().replace(b'"version": 1', b'"version": 2'))
    elif spoil == "spool cut":
        run.spool.write_bytes(run.spool.read_bytes()[:100])
    else:
        run.spool.unlink()
    assert run(server).records == 50
    assert run.lines == list(server.records)
    assert asked(server).count("") == 2


def test_half_a_page_after_the_last_whole_one_is_cut_off(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve(faults=lambda number: "500" if 5 <= number <= 8 else "")
    run.fails(server, SourceUnavailable, "could not be asked")
    with run.spool.open("ab") as file:
        file.write(b'{"id":"2610.09999","ti' * 1000)  # more than all that is still to come
    run(server)
    assert run.lines == list(server.records)


def test_the_journal_names_no_more_than_is_written(
    serve: Callable[..., OaiServer], run: Harvesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is on the disk before the journal counts it."""
    order: list[tuple[str, int]] = []
    fsync, write = os.fsync, oai_harvest._write_journal

    def syncing(number: int) -> None:
        fsync(number)
        order.append(("fsync", os.fstat(number).st_size))

    def writing(spool: Path, journal: Any) -> None:
        order.append(("journal", journal.size))
        write(spool, journal)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(oai_harvest, "_write_journal", writing)
    run(serve())
    journals = [number for number, (what, _) in enumerate(order) if what == "journal"]
    assert len(journals) == 17
    assert all(order[number - 1] == ("fsync", order[number][1]) for number in journals)


def test_two_runs_do_not_write_into_one_spool(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve()
    run.spool.parent.mkdir()
    with FileLock(f"{run.spool}.lock"):
        run.fails(server, UsageError, "Another refkit is harvesting into")
        with pytest.raises(UsageError, match="Another refkit"):
            discard(run.spool)
    assert server.requests == []
    assert run(server).records == 50


def test_a_spool_is_discarded_with_its_journal(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    discard(run.spool)
    server = serve()
    run(server)
    discard(run.spool)
    assert not run.spool.exists()
    assert [each.name for each in run.spool.parent.glob("*.journal")] == []
    assert run(server).records == 50


def test_a_place_that_cannot_be_written_is_a_sentence(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve()
    run.spool.parent.write_text("a file", encoding="ascii")
    run.fails(server, WriteError, "arxiv.jsonl could not be written .*; make room or correct its permissions")
    run.spool.parent.unlink()
    run.spool.mkdir(parents=True)
    run.fails(server, WriteError, "could not be written")
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which only Linux has")
def test_a_full_disk_is_a_sentence(serve: Callable[..., OaiServer], run: Harvesting) -> None:
    server = serve()
    run.spool.parent.mkdir()
    run.spool.symlink_to("/dev/full")
    run.fails(server, WriteError, "could not be written .*make room")


def test_records_that_cannot_be_used_are_counted_and_named(
    serve: Callable[..., OaiServer], run: Harvesting, caplog: pytest.LogCaptureFixture
) -> None:
    harvested = run(
        serve([*RECORDS, line(700, FIRST), SnapshotLine(id="2610.00701", title="", update_date=str(FIRST))])
    )
    assert (harvested.records, harvested.unread) == (51, 1)
    assert "2610.00701" in caplog.text


_HARVESTS = """
import pathlib, sys
from refkit.metadata.oai_harvest import Harvester
from refkit.protocols import Surroundings
url, folder = sys.argv[1:]
folder = pathlib.Path(folder)
harvester = Harvester.open({"url": url, "interval": 0}, Surroundings(cache=folder, state=folder / "state"))
harvester.harvest(folder / "spool")
"""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Killing:
    """Harvests in a process of its own, which is killed."""

    def __init__(self, server: OaiServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        self.process = subprocess.Popen([sys.executable, "-c", _HARVESTS, self.server.url, str(self.folder)])
        return self.process.wait(timeout=60)

    def kill(self, _: object = None) -> None:
        if self.process:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)


@pytest.mark.parametrize("moments", [(1,), (2, 5), (17,), (3, 9, 10, 16)])
def test_a_killed_run_goes_on_and_the_result_is_that_of_an_undisturbed_one(
    serve: Callable[..., OaiServer], tmp_path: Path, moments: tuple[int, ...]
) -> None:
    server = serve(now=now)
    killing = Killing(server, tmp_path)
    # The answer with this number is not sent any more: who asked for it is gone.
    server.seen = lambda request: killing.kill() if request.number in moments else None
    for _ in moments:
        assert killing.run() == -signal.SIGKILL
    assert killing.run() == 0
    assert len(server.requests) == 17 + len(moments)
    assert (tmp_path / "spool").read_bytes() == b"".join(msgspec.json.encode(each) + b"\n" for each in server.records)


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.004, 0.006, 0.01, 0.02, 0.03])
def test_a_run_killed_while_it_writes_goes_on_too(
    serve: Callable[..., OaiServer], tmp_path: Path, delay: float
) -> None:
    """Whatever it was doing then: reading an answer, writing the spool or the journal."""
    many = [line(number, FIRST + dt.timedelta(days=number // 300)) for number in range(3000)]
    server = serve(many, page_size=100, now=now)
    killing = Killing(server, tmp_path)
    timer = Timer(delay, killing.kill)
    server.seen = lambda request: timer.start() if request.number == 4 else None
    status = killing.run()
    timer.join()
    assert status == -signal.SIGKILL
    assert killing.run() == 0
    assert (tmp_path / "spool").read_bytes() == b"".join(msgspec.json.encode(each) + b"\n" for each in server.records)
    assert len(server.requests) <= 32
