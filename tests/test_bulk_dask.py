"""A real scheduler and real workers on this machine, each a process of its own, some of them killed."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from refkit import bulk
from refkit.metadata.index import building

pytest.importorskip("distributed")

WAIT = 60.0
WORDS = "quiet river whale song agent memory graph neural learning sparse quantum lattice galaxy survey protein".split()
# Runs a file as a program would, 20 titles at a time; the library keeps threads of its own, so it is not run in here.
PROGRAM = """
import sys
from pathlib import Path
from refkit import bulk

if __name__ == "__main__":
    titles, output, index, scheduler = sys.argv[1:]
    way = bulk.Way(scheduler=scheduler, portion=20)
    bulk.resolve_file(Path(titles), Path(output), index=Path(index), way=way)
"""
# Loaded by a worker on a machine where refkit is not installed.
NO_REFKIT = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "refkit":
            raise ModuleNotFoundError("No module named 'refkit'", name="refkit")

sys.meta_path.insert(0, Nothing())
"""


def made_up(count: int) -> list[str]:
    chance = random.Random(11)  # noqa: S311 - no secret
    return [" ".join(chance.choices(WORDS, k=7)).capitalize() for _ in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all share: an index, titles, and what one process makes of them."""
    folder = tmp_path_factory.mktemp("shared")
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]
    facts = {"abstract": "", "categories": "cs.LG", "authors_parsed": [["Li", "Chen", ""]], "versions": versions}
    lines = [{"id": f"2401.{n:05}", "title": title, **facts} for n, title in enumerate(made_up(400))]
    (folder / "snapshot.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    building.build(folder / "snapshot.jsonl", folder / "arxiv.index")
    titles = [title if n % 2 else f"{title} {n} of it" for n, title in enumerate(made_up(1500))]
    (folder / "titles.txt").write_text("\n".join(titles), encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "no_refkit.py").write_text(NO_REFKIT, encoding="utf-8")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """What a worker loads on a machine where the shared folder is not mounted."""
    preload = tmp_path / "elsewhere.py"
    preload.write_text(
        "from pathlib import Path\n"
        "from refkit.metadata.index import layout\n"
        "def elsewhere(path, folder=Path('/nowhere'), before=layout.open_file):\n"
        "    return before(folder / path.name)\n"
        "layout.open_file = elsewhere\n",
        encoding="utf-8",
    )
    return preload


@pytest.fixture
def alone(folder: Path) -> bytes:
    """The output of one process."""
    if not (folder / "alone").exists():
        way = bulk.Way(processes=1)
        bulk.resolve_file(folder / "titles.txt", folder / "alone", index=folder / "arxiv.index", way=way)
    return (folder / "alone").read_bytes()


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self.start("scheduler", "--port", str(port), "--no-show")
        self.wait_for("Scheduler at:")

    def start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"log-{len(self._started)}.txt").open("wb")
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments]
        process = subprocess.Popen([*command, "--host", "127.0.0.1", "--no-dashboard"], stdout=log, stderr=log)
        self._started.append((process, log))
        return process

    def worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = self.start("worker", self.address, "--nthreads", "1", "--no-nanny", *arguments)
        self.wait_for("Registered to:")
        return process

    def wait_for(self, words: str) -> None:
        process, log = self._started[-1]
        end = time.monotonic() + WAIT
        while words not in (text := Path(log.name).read_text(encoding="utf-8")):
            assert process.poll() is None, text
            assert time.monotonic() < end, text
            time.sleep(0.02)

    def end(self) -> None:
        for process, log in reversed(self._started):
            process.kill()
            process.wait()
            log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.end()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(cluster: Cluster, folder: Path, tmp_path: Path) -> Iterator[Start]:
    started = []

    def begin(**options: Any) -> subprocess.Popen[str]:
        names = [folder / "program.py", folder / "titles.txt", tmp_path / "out", folder / "arxiv.index"]
        command = [sys.executable, "-W", "error", *map(str, names), cluster.address]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def resolve(cluster: Cluster, folder: Path, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = [folder / "titles.txt", "-o", output, "--index", folder / "arxiv.index"]
    command = [sys.executable, "-m", "refkit", "resolve", *map(str, names), "--scheduler", cluster.address, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT)


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + WAIT
    while not what():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.005)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_a_cluster_gives_the_same_bytes_as_one_process(
    cluster: Cluster, folder: Path, alone: bytes, tmp_path: Path
) -> None:
    cluster.worker()
    cluster.worker("--nworkers", "1")
    done = resolve(cluster, folder, tmp_path / "out")
    assert done.returncode == 1, done.stderr
    assert (tmp_path / "out").read_bytes() == alone
    assert "refkit: 1,500 titles: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_that_is_killed_with_titles_in_its_hands_changes_nothing(
    cluster: Cluster, start: Start, alone: bytes, tmp_path: Path
) -> None:
    lost = cluster.worker()
    cluster.worker()
    process = start()
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    lost.send_signal(signal.SIGSTOP)  # it has titles, and will never give them back
    wait_for(lambda: is_still(tmp_path / "out.part"), process)
    lost.kill()
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 0, told
    assert (tmp_path / "out").read_bytes() == alone


def is_still(path: Path) -> bool:
    """Whether a file has not grown for a while: there is something that is waited for."""
    before = size(path)
    time.sleep(1.0)
    return size(path) == before


def test_a_worker_that_joins_helps_and_the_first_one_may_leave(
    cluster: Cluster, start: Start, alone: bytes, tmp_path: Path
) -> None:
    first = cluster.worker()
    process = start()
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    first.kill()
    cluster.worker()
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 0, told
    assert (tmp_path / "out").read_bytes() == alone


def test_a_scheduler_that_is_lost_is_a_sentence_and_the_run_can_go_on(
    cluster: Cluster, start: Start, folder: Path, alone: bytes, tmp_path: Path
) -> None:
    cluster.worker()
    process = start()
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    cluster.scheduler.kill()
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    *_, last = told.splitlines()
    assert last == (
        f"refkit.errors.SourceUnavailable: The Dask scheduler {cluster.address} was lost; the same command goes on "
        "from there when it is back."
    )
    tally = bulk.resolve_file(folder / "titles.txt", tmp_path / "out", index=folder / "arxiv.index")
    assert tally.before > 0
    assert (tmp_path / "out").read_bytes() == alone


def test_ctrl_c_ends_the_work_of_the_cluster_and_the_run_can_go_on(
    cluster: Cluster, folder: Path, alone: bytes, tmp_path: Path
) -> None:
    worker = cluster.worker()
    names = [folder / "titles.txt", "-o", tmp_path / "out", "--index", folder / "arxiv.index"]
    command = [sys.executable, "-m", "refkit", "resolve", *map(str, names), "--scheduler", cluster.address]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    worker.send_signal(signal.SIGSTOP)
    time.sleep(0.2)  # what is written is counted an instant later
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 130, told
    assert told == "refkit: interrupted after 1,000 titles; the same command goes on from there\n"
    worker.send_signal(signal.SIGCONT)
    done = resolve(cluster, folder, tmp_path / "out")
    assert done.stderr.startswith("refkit: 1,000 titles were done before; going on from there\n")
    assert (tmp_path / "out").read_bytes() == alone


def test_a_worker_that_cannot_do_the_work_is_named(cluster: Cluster, folder: Path, tmp_path: Path) -> None:
    hidden = folder / "no_refkit.py"
    cluster.worker("--preload", str(hidden))
    done = resolve(cluster, folder, tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("refkit: The Dask worker tcp://127.0.0.1:")
    assert "No module named 'refkit'" in done.stderr
    assert done.stderr.endswith("it must have the same version of refkit as here.\n")
    assert list(tmp_path.glob("out*")) == []


def test_an_index_that_a_worker_does_not_see_is_a_sentence(
    cluster: Cluster, folder: Path, elsewhere: Path, tmp_path: Path
) -> None:
    cluster.worker("--preload", str(elsewhere))
    done = resolve(cluster, folder, tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert "cannot do the work: /nowhere/arxiv.index: there is no such index" in done.stderr


def test_the_same_of_a_worker_that_joins_later(cluster: Cluster, start: Start, elsewhere: Path, tmp_path: Path) -> None:
    first = cluster.worker()
    process = start()
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    first.kill()
    cluster.worker("--preload", str(elsewhere))
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    *_, last = told.splitlines()
    assert last.startswith("refkit.errors.UsageError: A Dask worker (")
    assert "could not do the work: /nowhere/arxiv.index: there is no such index" in last


def test_a_scheduler_that_is_not_there_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    for address, code, why in (
        ("10.0.0.1", 2, "is not the address of a Dask scheduler (Invalid url scheme"),
        ("tcp://10.0.0.1", 2, "missing port number in address '10.0.0.1'"),
        ("xyz://10.0.0.1:1", 2, "unknown address scheme 'xyz'"),
        ("", 1, "1,500 titles"),
    ):
        names = [str(folder / "titles.txt"), "--index", str(folder / "arxiv.index"), "-o", str(tmp_path / "out")]
        command = [sys.executable, "-m", "refkit", "resolve", *names, "--scheduler", address]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT)
        assert (done.returncode, why in done.stderr) == (code, True), done.stderr


def test_patience_with_a_cluster_has_an_end(cluster: Cluster) -> None:
    program = (
        "import sys\n"
        "from refkit import workers\n"
        "list(workers.on_cluster(bytes, iter([]), sys.argv[1], check=int, patience=0.5))\n"
    )
    for address, why in (
        (cluster.address, "has no workers; start some"),
        ("tcp://127.0.0.1:9", "gives no answer; start it"),
    ):
        command = [sys.executable, "-c", program, address]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT)
        assert f"refkit.errors.SourceUnavailable: The Dask scheduler {address} {why}" in done.stderr
