from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import refkit
from refkit import asking, bulk, pipeline
from refkit.errors import SourceUnavailable, UsageError
from refkit.metadata.index import building
from refkit.model import Mention, Verdict

WORDS = (
    "quiet river whale song agent memory graph neural learning sparse quantum lattice galaxy survey protein folding "
    "theorem prover reward model image caption speech robust noise filter market auction causal tree"
).split()
# Runs a file as a program would, 20 titles at a time, noting each portion.
PROGRAM = """
import itertools, sys
from pathlib import Path
from refkit import bulk
from refkit.errors import RefkitError
from refkit.pace import Clock

if __name__ == "__main__":
    titles, output, index, processes, scheduler = sys.argv[1:]
    way = bulk.Way(processes=int(processes), scheduler=scheduler, portion=20)
    clock = Clock(now=itertools.count(step=10).__next__)
    tally = bulk.resolve_file(Path(titles), Path(output), index=Path(index), way=way, clock=clock)
    sys.stderr.write(f"{tally.before} before\\n")
"""
WAIT = 60.0


def made_up(count: int) -> list[str]:
    chance = random.Random(7)  # noqa: S311 - no secret
    return [" ".join(chance.choices(WORDS, k=7)).capitalize() for _ in range(count)]


def line_of(number: int, title: str) -> dict[str, Any]:
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]
    facts = {"id": f"2401.{number:05}", "title": title, "abstract": "", "update_date": "2024-01-02"}
    return {**facts, "categories": "cs.LG", "authors_parsed": [["Li", "Chen", ""]], "versions": versions}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    lines = [json.dumps(line_of(number, title)) for number, title in enumerate([*made_up(400), "Twins", "Twins"])]
    (folder / "snapshot.jsonl").write_text("\n".join(lines), encoding="utf-8")
    building.build(folder / "snapshot.jsonl", folder / "arxiv.index")
    return folder / "arxiv.index"


def asked(count: int) -> list[str]:
    """Titles to ask for: some as they are, some misspelt, some that nobody has written."""
    known = made_up(400)
    titles = [known[number % 400] for number in range(count)]
    return [
        title
        if number % 3 == 0
        else title.replace("e", "a", 1)
        if number % 3 == 1
        else f"Of {number} Quite Other Things That Nobody Wrote About"
        for number, title in enumerate(titles)
    ]


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    path = tmp_path / "titles.txt"
    path.write_text("\n".join(asked(1500)), encoding="utf-8")
    return path


def run(titles: Path, output: Path, index: Path, **options: Any) -> bulk.Tally:
    return bulk.resolve_file(titles, output, index=index, way=bulk.Way(**options))


def test_each_mention_has_its_resolution_in_order(index: Path) -> None:
    mentions = [Mention(title=title, line=number) for number, title in enumerate(asked(50))]
    found = list(bulk.resolve_many(mentions, index=index, processes=1, partition=7))
    sources = asking.open_sources(("catalogue", "index"), network=False, settings={"index": {"path": str(index)}})
    assert found == pipeline.resolve(mentions, sources=sources)
    assert all(one.mention is other for one, other in zip(found, mentions, strict=True))
    assert {each.verdict for each in found} >= {Verdict.MATCHED, Verdict.NOT_FOUND}
    assert list(refkit.resolve_many([], index=index)) == []


def test_processes_give_the_same_and_text_may_hold_anything(index: Path) -> None:
    mentions = [Mention(title=title) for title in (*asked(30), "half \ud800", "", "nul \0")]
    alone = list(bulk.resolve_many(mentions, index=index, processes=1))
    assert list(bulk.resolve_many(mentions, index=index, processes=2, partition=4)) == alone


def test_mentions_are_taken_as_they_are_needed(index: Path) -> None:
    taken = []

    def endless() -> Iterator[Mention]:
        for number in range(10**9):
            taken.append(number)
            yield Mention(title=f"Title {number}")

    results = bulk.resolve_many(endless(), index=index, processes=1, partition=10)
    assert len([next(results) for _ in range(25)]) == 25
    assert len(taken) <= 50
    results.close()  # type: ignore[attr-defined]
    results = bulk.resolve_many(endless(), index=index, processes=2, partition=10)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 50 + 10 * (2 * 3 + 2)


def test_what_cannot_be_done_is_said_at_once(index: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such index; make it with `refkit index build`"):
        bulk.resolve_many([], index=tmp_path / "none")
    with pytest.raises(UsageError, match=r"arxiv\.index: there is no such index"):
        bulk.resolve_many([])
    with pytest.raises(UsageError, match="give numbers from 1"):
        bulk.resolve_many([], index=index, processes=0)
    with pytest.raises(UsageError, match="give numbers from 1"):
        bulk.resolve_many([], index=index, partition=0)


def test_a_worker_with_another_index_or_version_refuses(index: Path) -> None:
    job = bulk.Job(str(index), "another", refkit.__version__)
    with pytest.raises(UsageError, match="is another index than the one that the run began with"):
        bulk.check(job)
    with pytest.raises(UsageError, match=r"it has refkit .*, not 0\.0; install the same version"):
        bulk.check(bulk.Job(str(index), "another", "0.0"))


@pytest.mark.parametrize("options", [{"processes": 2}, {"processes": 2, "portion": 13}, {"processes": 1, "portion": 1}])
def test_the_output_has_the_same_bytes_however_it_is_made(
    options: dict[str, Any], index: Path, titles: Path, tmp_path: Path
) -> None:
    tally = run(titles, tmp_path / "one", index, processes=1)
    assert run(titles, tmp_path / "other", index, **options) == tally
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "one").read_text(encoding="utf-8").splitlines()]
    assert [line["line"] for line in lines] == list(range(1, 1501))
    assert [line["title"] for line in lines] == asked(1500)
    assert (lines[0]["verdict"], lines[0]["arxiv_id"]) == ("matched", "2401.00000")
    assert sum(tally.counts.values()) == tally.items == 1500


def test_each_item_has_a_line_whatever_it_is(index: Path, tmp_path: Path) -> None:
    titles, output = tmp_path / "titles.jsonl", tmp_path / "out"
    half = json.dumps({"title": "Half \ud800 a character"})
    titles.write_text(f'{{"title": "Twins"}}\nnone\n\n{{"title": "Nothing of the Kind"}}\n{half}\n', encoding="utf-8")
    tally = run(titles, output, index)
    twins, bad, absent, odd = (json.loads(line) for line in output.read_text(encoding="utf-8").splitlines())
    assert twins["verdict"] == "ambiguous"
    assert sorted(twins["candidates"]) == ["2401.00400", "2401.00401"]
    assert (bad["line"], bad["verdict"], bad["arxiv_id"], bad["title"]) == (2, "unreadable", None, "")
    assert bad["reason"].startswith(f"{titles}:2: not JSON")
    assert (absent["line"], absent["verdict"], "candidates" in absent) == (4, "not_found", False)
    assert odd["title"] == "Half ? a character"
    assert tally.counts == {"ambiguous": 1, "unreadable": 1, "not_found": 2}


def test_the_titles_and_the_index_are_not_written_over(index: Path, titles: Path, tmp_path: Path) -> None:
    for path in (titles, index):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(path)
        with pytest.raises(UsageError, match="is what is read; name another file"):
            run(titles, tmp_path / "link", index)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(titles: Path, index: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a run as a program of its own, in a session of its own; whatever is left of it is ended after the test."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    started = []

    def begin(output: Path, processes: int = 2, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, *map(str, (tmp_path / "program.py", titles, output, index, processes)), ""]
        started.append(
            subprocess.Popen(
                command,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=before,  # noqa: PLW1509 - one thread
            )
        )
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + WAIT
    while not what():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.005)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def is_gone(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return True
    return False


def test_killed_again_and_again_it_comes_to_the_same(start: Start, index: Path, titles: Path, tmp_path: Path) -> None:
    run(titles, tmp_path / "undisturbed", index, processes=1)
    whole = size(tmp_path / "undisturbed")
    part = tmp_path / "out.part"
    for share in (0.0, 0.1, 0.3, 0.6):
        process = start(tmp_path / "out")
        enough = max(int(whole * share), 1)
        wait_for(lambda enough=enough: size(part) >= enough, process)  # type: ignore[misc]
        process.kill()
        process.communicate()
        with part.open("ab") as file:  # as if the last portion had been written by half
            file.write(b'{"line":')
        assert not (tmp_path / "out").exists()
    _, told = (process := start(tmp_path / "out")).communicate(timeout=WAIT)
    assert process.returncode == 0, told
    assert int(told.split()[0]) > 500
    assert (tmp_path / "out").read_bytes() == (tmp_path / "undisturbed").read_bytes()
    assert {path.name for path in tmp_path.glob("out*")} == {"out"}


def test_no_process_stays_when_the_one_that_was_started_is_killed(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path / "out")
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    process.kill()
    process.wait()
    end = time.monotonic() + WAIT
    while not is_gone(process.pid):
        assert time.monotonic() < end
        time.sleep(0.02)


def children(process: subprocess.Popen[str]) -> Sequence[int]:
    """The processes that do the work."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return [int(each) for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_process_that_is_killed_is_a_sentence_and_the_run_can_go_on(
    start: Start, index: Path, titles: Path, tmp_path: Path
) -> None:
    process = start(tmp_path / "out")
    wait_for(lambda: size(tmp_path / "out.part") > 0, process)
    os.kill(children(process)[0], signal.SIGKILL)
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert f"{SourceUnavailable.__name__}: A process that decides about titles was ended from outside" in told
    tally = run(titles, tmp_path / "out", index)
    assert tally.before >= 20
    run(titles, tmp_path / "undisturbed", index, processes=1)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "undisturbed").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_a_full_disk_is_a_sentence_and_the_run_can_go_on(
    start: Start, index: Path, titles: Path, tmp_path: Path
) -> None:
    import resource

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = start(tmp_path / "out", before=little)
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert "out could not be written (File too large); when that is put right, the same command goes on" in told
    tally = run(titles, tmp_path / "out", index)
    assert tally.before >= 200
    run(titles, tmp_path / "undisturbed", index, processes=1)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "undisturbed").read_bytes()


def test_other_titles_or_another_index_begin_anew_and_that_is_told(
    start: Start, index: Path, titles: Path, tmp_path: Path
) -> None:
    process = start(tmp_path / "out")
    wait_for(lambda: size(tmp_path / "out.part.json") > 0, process)
    process.kill()
    process.communicate()
    titles.write_text("\n".join(asked(40)), encoding="utf-8")
    told: list[bulk.Progress] = []
    tally = bulk.resolve_file(titles, tmp_path / "out", index=index, told=told.append)
    assert (tally.before, tally.items, told[0].remark) == (0, 40, "the titles changed since")
    assert (told[-1].items, told[-1].done, told[-1].total) == (40, size(titles), size(titles))
