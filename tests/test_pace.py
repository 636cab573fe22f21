from __future__ import annotations

import datetime as dt
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from refkit.errors import SourceUnavailable
from refkit.pace import LONGEST_WAIT, Clock, Gate
from refkit.testing import ArxivCorpus, ArxivServer, every

HOST = "arxiv.example"
INTERVAL = 3.0
WEEK = 7 * 24 * 3600.0

# Asks `argv[2]` as often as `argv[4]` says, in turns; "hold" keeps the turn until the process is killed.
PROGRAM = """
import sys, time
from pathlib import Path
import requests
from refkit.pace import Gate

folder, address, interval, times = sys.argv[1:]
gate = Gate(Path(folder), "arxiv.example", float(interval))
if times == "hold":
    with gate.turn(lambda _: None):
        print("held", flush=True)
        time.sleep(60)
for _ in range(int(times)):
    with gate.turn(lambda _: None):
        requests.get(address, timeout=10)
"""


class Time:
    """Passes only where somebody sleeps, or when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.clock = Clock(now=lambda: self.seconds, sleep=self.pass_by)

    def pass_by(self, seconds: float) -> None:
        assert seconds > 0
        self.seconds += seconds


def silent(_: str) -> None:
    pass


def program(folder: Path, address: str, times: str, interval: float = 0.2) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", PROGRAM, str(folder), address, str(interval), times]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def time_() -> Time:
    return Time()


@pytest.fixture
def gate(tmp_path: Path, time_: Time) -> Callable[..., Gate]:
    """Return a new gate, as another process would have one."""

    def make(host: str = HOST, interval: float = INTERVAL) -> Gate:
        return Gate(tmp_path / "pace", host, interval, clock=time_.clock)

    return make


@pytest.fixture
def waited(time_: Time) -> Callable[[Gate], float]:
    """Take a turn; return how long that took."""

    def wait(gate: Gate) -> float:
        before = time_.seconds
        with gate.turn(silent):
            return time_.seconds - before

    return wait


@pytest.fixture
def state(tmp_path: Path, gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> Path:
    """Return the file that keeps the pace, after a first turn."""
    waited(gate())
    (path,) = (tmp_path / "pace").glob("*.json")
    return path


def test_nothing_is_touched_before_the_first_turn(tmp_path: Path) -> None:
    Gate(tmp_path / "state" / "pace", HOST, INTERVAL)
    assert list(tmp_path.iterdir()) == []


def test_the_first_turn_comes_at_once(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    assert waited(gate()) == 0


def test_the_interval_counts_from_the_end_of_the_last_turn(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    one = gate()
    with one.turn(silent):
        time_.pass_by(7)
    assert waited(one) == pytest.approx(3)
    time_.pass_by(1)
    assert waited(one) == pytest.approx(2)
    time_.pass_by(3)
    assert waited(one) == 0


def test_another_gate_keeps_the_pace_too(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    with gate().turn(silent):
        time_.pass_by(7)
    assert waited(gate()) == pytest.approx(3)
    assert waited(gate()) == pytest.approx(3)


def test_hosts_have_a_pace_of_their_own(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    assert waited(gate()) == 0
    assert waited(gate("other.example")) == 0
    assert waited(gate()) == pytest.approx(3)


def test_without_an_interval_nobody_waits(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    assert [waited(gate(interval=0)) for _ in range(3)] == [0, 0, 0]


def test_who_waits_is_told_how_long(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    waited(gate())
    told: list[str] = []
    with gate().turn(told.append):
        pass
    assert told == ["next request in 3 s", "next request in 2 s", "next request in 1 s"]


def test_a_turn_may_ask_for_a_longer_pause(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    with gate().turn(silent) as turn:
        assert turn.pause == INTERVAL
        turn.pause = 40
        time_.pass_by(5)
    assert waited(gate()) == pytest.approx(40)
    assert waited(gate()) == pytest.approx(3)


def test_a_turn_cannot_ask_for_a_shorter_pause(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    with gate().turn(silent) as turn:
        turn.pause = 0
    assert waited(gate()) == pytest.approx(3)


def test_the_longest_pause_is_waited_for(gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    with gate().turn(silent) as turn:
        turn.pause = LONGEST_WAIT
    assert waited(gate()) == pytest.approx(LONGEST_WAIT)


def test_a_longer_pause_is_an_outage_that_tells_when_it_ends(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    with gate().turn(silent) as turn:
        turn.pause = LONGEST_WAIT + 3600
    before = time_.seconds
    when = time.strftime("%H:%M", time.localtime(before + LONGEST_WAIT + 3600))
    with pytest.raises(SourceUnavailable, match=f"a pause until {when}; run the same command again then"):
        waited(gate())
    assert time_.seconds == before
    time_.pass_by(3600)
    assert waited(gate()) == pytest.approx(LONGEST_WAIT)


def test_a_pause_of_days_is_kept_for_one(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    with gate().turn(silent) as turn:
        turn.pause = WEEK
    time_.pass_by(1)
    with pytest.raises(SourceUnavailable, match="a pause until"):
        waited(gate())
    time_.pass_by(24 * 3600)
    assert waited(gate()) == 0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_turn_that_fails_ends_like_any_other(
    error: type[BaseException], gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    failing = gate()

    def fail() -> None:
        with failing.turn(silent) as turn:
            turn.pause = 10
            time_.pass_by(7)
            raise error

    with pytest.raises(error):
        fail()
    # A lock that was kept would hold the other gate for ever, an end that was not written would make it wait 3 s.
    assert not failing._file_lock().is_locked
    assert waited(gate()) == pytest.approx(10)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[1]",
        b"{}",
        b'{"free_at": "soon"}',
        b'{"free_at": [1]}',
        b'{"free_at": NaN}',
        b'{"free_at": Infinity}',
        b'{"free_at": 1' + b"0" * 400 + b"}",
        b"[" * 100_000,
    ],
    ids=["empty", "cut", "binary", "null", "list", "object", "word", "nested", "nan", "infinity", "huge", "deep"],
)
def test_garbage_in_the_file_costs_one_interval(
    content: bytes, state: Path, gate: Callable[..., Gate], waited: Callable[[Gate], float]
) -> None:
    state.write_bytes(content)
    assert waited(gate()) == pytest.approx(3)
    assert waited(gate()) == pytest.approx(3)


def test_a_lost_file_costs_nothing(state: Path, gate: Callable[..., Gate], waited: Callable[[Gate], float]) -> None:
    state.unlink()
    assert waited(gate()) == 0
    assert waited(gate()) == pytest.approx(3)


def test_a_clock_that_was_set_back_costs_one_interval(
    gate: Callable[..., Gate], time_: Time, waited: Callable[[Gate], float]
) -> None:
    waited(gate())
    time_.seconds -= WEEK
    assert waited(gate()) == pytest.approx(3)
    assert waited(gate()) == pytest.approx(3)


@pytest.mark.parametrize("folder", ["taken", "taken/pace"])
def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(folder: str, tmp_path: Path, time_: Time) -> None:
    (tmp_path / "taken").write_text("a file")
    sentence = rf"the folder .*{folder}, which keeps the pace of requests, cannot be used \(\w.+\); correct its"
    with (
        pytest.raises(SourceUnavailable, match=sentence),
        Gate(tmp_path / folder, HOST, INTERVAL, clock=time_.clock).turn(silent),
    ):
        pytest.fail("a turn without a pace")


@pytest.mark.parametrize("suffix", ["json", "lock"])
def test_a_file_that_cannot_be_written_is_told_in_a_sentence(
    suffix: str, tmp_path: Path, gate: Callable[..., Gate], waited: Callable[[Gate], float]
) -> None:
    obstacle = tmp_path / "pace" / f"{HOST}.{suffix}"
    obstacle.mkdir(parents=True)
    with pytest.raises(SourceUnavailable, match=r"pace, which .* cannot be used \(.+\); .* XDG_STATE_HOME"):
        waited(gate())
    obstacle.rmdir()
    assert waited(gate()) in {0.0, INTERVAL}  # the lock is free again


def test_who_waits_for_another_one_that_is_asking_is_told_so(tmp_path: Path) -> None:
    told, entered = threading.Event(), threading.Event()

    def notify(text: str) -> None:
        if text == "waiting for another refkit that is asking":
            told.set()

    def other() -> None:
        with Gate(tmp_path, HOST, 0.02).turn(notify):
            entered.set()

    thread = threading.Thread(target=other)
    with Gate(tmp_path, HOST, 0.02).turn(silent):
        thread.start()
        assert told.wait(20)
        assert not entered.is_set()
    thread.join(20)
    assert entered.is_set()


def test_processes_take_turns(tmp_path: Path, arxiv_corpus: ArxivCorpus) -> None:
    with ArxivServer(arxiv_corpus, faults=every(1, "429-stalled"), stall=0.05) as server:
        processes = [program(tmp_path, f"{server.url}?id_list=1602.02261", "3") for _ in range(2)]
        for process in processes:
            with process:
                assert process.wait(20) == 0
    assert [request.number for request in server.requests] == [1, 2, 3, 4, 5, 6]
    # The service's clock is not ours: one of them may be slewed meanwhile, by less than a thousandth.
    assert server.violations(0.2 * 0.999) == []


def test_a_process_killed_in_its_turn_costs_one_interval(
    tmp_path: Path, gate: Callable[..., Gate], waited: Callable[[Gate], float]
) -> None:
    with program(tmp_path / "pace", "", "hold") as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        process.kill()
    assert process.returncode < 0
    assert waited(gate()) == pytest.approx(3)
    assert waited(gate()) == pytest.approx(3)


def test_the_file_tells_other_programs_when_the_next_request_is_allowed(state: Path, time_: Time) -> None:
    assert json.loads(state.read_bytes()) == {"free_at": time_.seconds + INTERVAL}


def test_today_is_a_day_in_utc() -> None:
    seconds = itertools.count(86399.0)
    clock = Clock(now=lambda: next(seconds))
    assert clock.today() == dt.datetime(1970, 1, 1, 23, 59, 59, tzinfo=dt.UTC)
    assert clock.today() == dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
