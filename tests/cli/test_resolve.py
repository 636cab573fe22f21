from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from refkit.cli import main

TITLE = "Deep Songs of the Whales: What They Sing and Why"
WAIT = 60.0


def line(arxiv_id: str, title: str) -> str:
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]
    facts = {"id": arxiv_id, "title": title, "abstract": "", "update_date": "2024-01-02", "categories": "cs.LG"}
    return json.dumps({**facts, "authors_parsed": [["Li", "Chen", ""]], "versions": versions}) + "\n"


SNAPSHOT = line("2401.00001", TITLE) + line("2401.00002", "Twin Rivers") + line("2401.00003", "Twin Rivers")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    Path("snapshot.jsonl").write_text(SNAPSHOT, encoding="utf-8")
    Path("titles.txt").write_text(f"{TITLE}\n", encoding="utf-8")
    assert run("index", "build", "snapshot.jsonl", "--jobs", "1").exit_code == 0
    return tmp_path


def run(*arguments: str, **options: Any) -> Result:
    result = CliRunner().invoke(main, arguments, **options)
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    return result


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in text.splitlines()]


def test_titles_are_resolved_to_a_file_or_to_standard_output() -> None:
    printed = run("resolve", "titles.txt")
    assert printed.exit_code == 0
    assert lines(printed.stdout) == [
        {
            "line": 1,
            "title": TITLE,
            "verdict": "matched",
            "arxiv_id": "2401.00001",
            "confidence": pytest.approx(1.0, abs=0.01),
            "reason": "The title is the same.",
        }
    ]
    first, second = printed.stderr.splitlines()
    assert first == "refkit: 1 title: 1 matched, 0 ambiguous, 0 not found, 0 failed"
    assert second.startswith("refkit: 1 in ")
    assert second.endswith(" titles/s")
    written = run("resolve", "titles.txt", "-o", "out.jsonl", "--jobs", "2")
    assert (written.exit_code, written.stdout) == (0, "")
    assert Path("out.jsonl").read_text(encoding="utf-8") == printed.stdout


def test_every_format_is_read() -> None:
    Path("t.csv").write_text(f'year,title\n2024,"{TITLE}"\n', encoding="utf-8")
    Path("t.tsv").write_text(f"year\ttitle\n2024\t{TITLE}\n", encoding="utf-8")
    Path("t.jsonl").write_text(json.dumps({"title": TITLE}), encoding="utf-8")
    Path("t.txt.gz").write_bytes(gzip.compress(TITLE.encode()))
    Path("t.lst").write_text(TITLE, encoding="utf-8")
    for arguments in (["t.csv"], ["t.tsv"], ["t.jsonl"], ["t.txt.gz"], ["t.lst", "--format", "txt"]):
        found = run("resolve", *arguments)
        assert [each["arxiv_id"] for each in lines(found.stdout)] == ["2401.00001"], found.stderr
    assert run("resolve", "-", input=TITLE).exit_code == 0
    assert run("resolve", "-", "--format", "jsonl", "-o", "out", input=json.dumps({"title": TITLE})).exit_code == 0
    assert len(lines(Path("out").read_text(encoding="utf-8"))) == 1


def test_what_is_open_or_unreadable_is_told_by_the_exit_code() -> None:
    Path("t.jsonl").write_text('{"title": "Twin Rivers"}\nnone\n{"title": "Quark Confinement"}\n', encoding="utf-8")
    found = run("resolve", "t.jsonl")
    assert found.exit_code == 1
    assert [each["verdict"] for each in lines(found.stdout)] == ["ambiguous", "unreadable", "not_found"]
    assert lines(found.stdout)[0]["candidates"] == ["2401.00002", "2401.00003"]
    assert "refkit: 3 titles: 0 matched, 1 ambiguous, 1 not found, 0 failed, 1 unreadable\n" in found.stderr


def test_the_index_is_the_one_that_is_named() -> None:
    Path("data/refkit/arxiv.index").rename("other.index")
    for arguments in ([], ["--index", "none.index"]):
        refused = run("resolve", "titles.txt", *arguments)
        assert refused.exit_code == 2
        assert "there is no such index; make it with `refkit index build`" in refused.stderr
    assert run("resolve", "titles.txt", "--index", "other.index").exit_code == 0
    Path("refkit.toml").write_text('[sources.index]\npath = "other.index"\n', encoding="utf-8")
    assert run("resolve", "titles.txt").exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("empty.txt", "", "refkit: empty.txt: it has no titles; write one a line."),
        ("blank.txt", "\n \n", "refkit: blank.txt: it has no titles"),
        ("head.csv", "title,year\n", "refkit: head.csv: it has no titles"),
        ("bad.csv", "heading,year\na,1\n", "refkit: bad.csv:1: the first row names no column `title`"),
        ("t.docx", "x", "refkit: t.docx: its ending tells no format of titles; name it with --format"),
        ("cut.txt.gz", "\x1f\x00", "refkit: cut.txt.gz: it is no text"),
        ("none/t.txt", None, "refkit: none/t.txt: there is no such file"),
        ("data", None, "refkit: data: its ending tells no format"),
    ],
)
@pytest.mark.parametrize("output", [[], ["-o", "out"]])
def test_titles_that_cannot_be_read_are_a_sentence(name: str, text: str | None, why: str, output: list[str]) -> None:
    if text is not None:
        Path(name).write_text(text, encoding="utf-8")
    refused = run("resolve", name, *output)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(why)
    assert list(Path().glob("out*")) == []


def test_an_output_that_cannot_be_written_is_a_sentence(home: Path) -> None:
    for output, why in (
        ("data", "data is a folder; name a file in it."),
        ("none/out", "none/out: the folder"),
        ("titles.txt", "titles.txt is what is read; name another file with --output."),
        ("/dev/null", "/dev/null is no file; leave --output out to write to a pipe."),
    ):
        refused = run("resolve", "titles.txt", "-o", output)
        assert refused.exit_code == 2
        assert refused.stderr.startswith(f"refkit: {why}")
    assert (home / "titles.txt").read_text(encoding="utf-8") == f"{TITLE}\n"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_in_which_nothing_may_be_written_is_a_sentence(home: Path) -> None:
    (home / "closed").mkdir(mode=0o500)
    refused = run("resolve", "titles.txt", "-o", "closed/out")
    assert refused.exit_code == 2
    assert "closed/out could not be written (Permission denied)" in refused.stderr


def test_a_scheduler_without_the_extra_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused = run("resolve", "titles.txt", "--scheduler", "tcp://127.0.0.1:9")
    assert refused.exit_code == 2
    assert refused.stderr == "refkit: A cluster needs the library distributed: pip install 'refkit[dask]'.\n"


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "refkit", "resolve", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def many(count: int) -> Sequence[str]:
    return [f"{TITLE[: 10 + number % 30]} {number} {TITLE[20:]}" for number in range(count)]


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(home: Path) -> None:
    Path("many.txt").write_text("\n".join(many(3000)), encoding="utf-8")
    process = start("many.txt", "-o", "out", "--jobs", "2")
    end = time.monotonic() + WAIT
    while not (home / "out.part").exists() or not (home / "out.part").stat().st_size:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    time.sleep(0.2)  # what is written is counted an instant later
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all processes get it
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 130, told
    assert told.startswith("refkit: interrupted after ")
    assert told.endswith(" titles; the same command goes on from there\n")
    done = int(told.split()[3].replace(",", ""))
    assert done >= 1000
    assert not Path("out").exists()
    goes_on = run("resolve", "many.txt", "-o", "out")
    assert goes_on.stderr.startswith(f"refkit: {done:,} titles were done before; going on from there\n")
    assert f"refkit: {3000 - done:,} in " in goes_on.stderr
    alone = run("resolve", "many.txt", "--jobs", "1")
    assert Path("out").read_text(encoding="utf-8") == alone.stdout


def test_a_reader_that_goes_away_is_no_fault_of_ours() -> None:
    Path("many.txt").write_text("\n".join(many(3000)), encoding="utf-8")
    command = f"{sys.executable} -m refkit resolve many.txt --jobs 1 | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=WAIT)
    assert len(lines(done.stdout)) == 1
    assert "Traceback" not in done.stderr


def test_help_and_import_do_not_load_what_clusters_need() -> None:
    code = "import sys, refkit, refkit.cli; sys.exit(any(name in sys.modules for name in ('distributed', 'dask')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert "Exit codes" in run("resolve", "--help").stdout
