from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from refkit.cli import main
from refkit.metadata.snapshot import SnapshotLine
from refkit.testing import OaiServer

TITLE = "Deep Songs of the Whales: What They Sing and Why"


def line(arxiv_id: str, title: str) -> str:
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]
    facts = {"id": arxiv_id, "title": title, "abstract": "", "update_date": "2024-01-02", "categories": "cs.LG"}
    return json.dumps({**facts, "authors_parsed": [["Li", "Chen", ""]], "versions": versions}) + "\n"


SNAPSHOT = line("2401.00001", TITLE) + line("2401.00002", "A Catalogue of Quiet Rivers")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snapshot.jsonl").write_text(SNAPSHOT, encoding="utf-8")
    return tmp_path


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, arguments, **options)


def test_an_index_is_built_shown_and_searched(home: Path) -> None:
    built = run("index", "build", "snapshot.jsonl", "--jobs", "1")
    assert (built.exit_code, built.stdout) == (0, "")
    path = home / "data/refkit/arxiv.index"
    assert f"refkit: 2 records in {path}" in built.stderr
    shown = run("index", "info", "--check")
    assert shown.exit_code == 0
    assert "2 records, the newest changed on 2024-01-02" in shown.stdout
    assert "every checksum is right" in shown.stdout
    facts = json.loads(run("index", "info", "--json").stdout)
    assert (facts["records"], facts["current"], facts["bytes"]) == (2, "2024-01-02", path.stat().st_size)
    found = run("index", "search", "deep song of the whale")
    assert found.exit_code == 0
    assert found.stdout.splitlines()[0].endswith(TITLE)
    assert found.stdout.splitlines()[1].split() == ["2024-01-01", "Chen", "Li"]
    assert (
        json.loads(run("index", "search", "A Catalogue of Quiet Rivers", "--json").stdout)["records"][0]["score"] == 1.0
    )


def test_what_is_not_there_is_told_by_the_exit_code() -> None:
    run("index", "build", "snapshot.jsonl")
    assert run("index", "search", "Quark Confinement").exit_code == 1
    assert json.loads(run("index", "search", "Quark Confinement", "--json").stdout)["records"] == []
    assert run("index", "search", " ").exit_code == 2


def test_standard_input_is_read() -> None:
    assert run("index", "build", "-", "--index", "other", input=SNAPSHOT).exit_code == 0
    assert "2 records" in run("index", "info", "--index", "other").stdout


def test_once_it_is_there_every_command_asks_it() -> None:
    without = run("explain", TITLE, "--no-network")
    assert (without.exit_code, "index" in without.stdout) == (1, False)
    run("index", "build", "snapshot.jsonl")
    explained = run("explain", TITLE, "--no-network")
    assert explained.exit_code == 0
    assert "(from index)" in explained.stdout
    Path("digest.txt").write_text(f"{TITLE}\n", encoding="utf-8")
    written = run("bibtex", "digest.txt", "--no-network")
    assert written.exit_code == 0
    assert "Li, Chen" in written.stdout


@pytest.mark.parametrize("way", ["option", "environment", "configuration"])
def test_another_index_can_be_named(way: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("index", "build", "snapshot.jsonl", "--index", "shared.index")
    Path("shared.index").chmod(0o444)
    arguments = ["explain", TITLE, "--no-network"]
    if way == "option":
        arguments += ["--index", "shared.index"]
    elif way == "environment":
        monkeypatch.setenv("REFKIT_INDEX_PATH", str(home / "shared.index"))
    else:
        Path("refkit.toml").write_text('[sources.index]\npath = "shared.index"\n', encoding="utf-8")
    assert "(from index)" in run(*arguments).stdout


def test_a_named_index_that_is_missing_or_none_is_a_sentence() -> None:
    Path("none.index").write_text("nothing\n", encoding="utf-8")
    for name, why in (("missing.index", "there is no such index"), ("none.index", "is not an index of refkit")):
        for arguments in (["explain", TITLE], ["index", "info"], ["index", "search", TITLE], ["index", "update"]):
            result = run(*arguments, "--index", name)
            assert (result.exit_code, result.exception.__class__) == (2, SystemExit)
            assert f"refkit: {name}" in result.stderr
            assert why in result.stderr


def test_bad_lines_are_told_and_too_many_end_it() -> None:
    Path("bad.jsonl").write_text(SNAPSHOT + "no JSON\n" + '{"id": 7}\n', encoding="utf-8")
    built = run("index", "build", "bad.jsonl")
    assert built.exit_code == 0
    assert "line 3: JSON is malformed" in built.stderr
    assert "refkit: 2 lines are no records and were left out" in built.stderr
    refused = run("index", "build", "bad.jsonl", "--most-bad", "1")
    assert refused.exit_code == 2
    assert "bad.jsonl:3: " in refused.stderr
    assert "2 records" in run("index", "info").stdout


def test_a_newer_snapshot_updates_it() -> None:
    run("index", "build", "snapshot.jsonl")
    more = SNAPSHOT.replace("2401.00002", "2402.00003").replace("Quiet Rivers", "Loud Rivers")
    Path("newer.jsonl").write_text(more, encoding="utf-8")
    updated = run("index", "update", "newer.jsonl")
    assert (updated.exit_code, len(updated.stderr.splitlines())) == (0, 1)
    assert updated.stderr.startswith("refkit: 3 records, 1 of them new and 0 changed, in ")
    assert "3 records" in run("index", "info").stdout
    assert "refkit: 3 records, 0 of them new and 0 changed, in " in run("index", "update", "newer.jsonl").stderr


def test_what_arxiv_has_changed_since_is_harvested(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    run("index", "build", "snapshot.jsonl")
    record = SnapshotLine(id="2403.00001", title="New Whales", authors_parsed=[["Li", "Chen", ""]],
                          submitted="2024-03-01", update_date="2024-03-02")  # fmt: skip
    known = msgspec.structs.replace(record, id="2401.00001", title="Renamed Whales")
    with OaiServer([known, record], page_size=1, faults=lambda number: "expired" if number == 2 else "") as server:
        monkeypatch.setenv("REFKIT_OAI_URL", server.url)
        updated = run("index", "update")
        assert updated.exit_code == 0, updated.stderr
        assert len(server.requests) == 4  # the list was begun anew, so the first of the two came twice
        assert "refkit: arXiv has 2 records with changes since 2024-01-02\n" in updated.stderr
        assert "refkit: 3 records, 1 of them new and 1 changed, in " in updated.stderr
        assert len(updated.stderr.splitlines()) == 2
        assert "3 records, the newest changed on 2024-03-02" in run("index", "info").stdout
        again = run("index", "update")
        assert "refkit: arXiv has 2 records with changes since 2024-03-02\n" in again.stderr
        assert "refkit: 3 records, 0 of them new and 0 changed, in " in again.stderr
    assert [path for path in (home / "state/refkit/harvest").iterdir() if path.suffix != ".lock"] == []


def test_an_archive_is_built_as_the_plain_file_is(home: Path) -> None:
    with zipfile.ZipFile("snapshot.zip", "w") as archive:
        archive.write("snapshot.jsonl")
    Path("snapshot.jsonl.gz").write_bytes(gzip.compress(SNAPSHOT.encode()))
    made = []
    for name in ("snapshot.jsonl", "snapshot.jsonl.gz", "snapshot.zip"):
        assert run("index", "build", name).exit_code == 0
        made.append((home / "data/refkit/arxiv.index").read_bytes())
    assert set(made) == {made[0]}


ABSTRACT = (
    "whales sing of deep water and of krill while herons stand along a copper shore and say nothing all winter long"
)


def test_an_abstract_leads_to_the_paper_whatever_its_title() -> None:
    told = json.loads(line("2403.00007", "Renamed Since")) | {"abstract": ABSTRACT.title()}
    Path("with.jsonl").write_text(SNAPSHOT + json.dumps(told), encoding="utf-8")
    run("index", "build", "with.jsonl")
    for text in (ABSTRACT, f"Abstract. {ABSTRACT.upper()} We add a sentence."):
        (found,) = json.loads(run("index", "search", text, "--abstract", "--json").stdout)["records"]
        assert (found["arxiv_id"], found["score"]) == ("2403.00007", 0.809)
    without = run("index", "search", ABSTRACT)
    assert (without.exit_code, without.stdout) == (1, "")
    assert without.stderr == "refkit: nothing in the index is like it\n"
    assert run("index", "search", TITLE, "--abstract").exit_code == 1
    assert run("index", "search", "", "--abstract").exit_code == 2


def test_what_is_found_is_printed_as_json_in_all_its_letters() -> None:
    told = json.loads(line("hep-th/9901001", r"Schr\"odinger's ガラス Cats"))
    told |= {"authors_parsed": [["Erd\\H{o}s", "Paul", ""]], "update_date": None, "versions": None}
    Path("one.jsonl").write_text(json.dumps(told), encoding="utf-8")
    run("index", "build", "one.jsonl")
    shown = run("index", "search", "schrodingers ガラス cats", "--json")
    assert json.loads(shown.stdout)["records"] == [
        {
            "arxiv_id": "hep-th/9901001",
            "score": 1.0,
            "title": r"Schr\"odinger's ガラス Cats",
            "authors": ["Paul Erdős"],
            "submitted": "",
        }
    ]
    assert "Erdős" in shown.stdout
    assert (
        run("index", "search", "schrodingers ガラス cats").stdout.splitlines()[0].endswith("Schrödinger's ガラス Cats")
    )
    assert set(json.loads(run("index", "info", "--json").stdout)) == {
        "path", "records", "titles", "current", "bytes", "version", "format"
    }  # fmt: skip
    assert "the newest changed on an unknown day" in run("index", "info").stdout


def test_as_many_are_shown_as_are_asked_for() -> None:
    many = "".join(line(f"2401.{number:05}", f"Songs of the Whales, Part {number}") for number in range(1, 16))
    Path("many.jsonl").write_text(many, encoding="utf-8")
    run("index", "build", "many.jsonl")
    for options, count in (((), 10), (("--limit", "3"), 3), (("--limit", "99"), 15)):
        assert (
            len(json.loads(run("index", "search", "Songs of the Whales, Part", "--json", *options).stdout)["records"])
            == count
        )
    assert run("index", "search", "Songs", "--limit", "0").exit_code == 2


def test_what_steers_a_terminal_is_not_printed() -> None:
    Path("odd.jsonl").write_text(line("2401.00001", "Red \x1b[31m Songs"), encoding="utf-8")
    run("index", "build", "odd.jsonl")
    shown = run("index", "search", "red 31m songs")
    assert (shown.exit_code, "\x1b" in shown.stdout) == (0, False)


def test_a_snapshot_that_cannot_be_read_is_a_sentence(home: Path) -> None:
    run("index", "build", "snapshot.jsonl")
    before = (home / "data/refkit/arxiv.index").read_bytes()
    Path("empty.jsonl").touch()
    Path("cut.gz").write_bytes(gzip.compress(SNAPSHOT.encode())[:-9])
    Path("none.jsonl").write_text("one\ntwo\n", encoding="utf-8")
    for name, why in (
        ("missing.jsonl", "missing.jsonl cannot be read (No such file or directory)"),
        (".", "is a folder; name the snapshot in it"),
        ("empty.jsonl", "empty.jsonl has no record of arXiv in it (it is empty); nothing is changed"),
        ("none.jsonl", "none.jsonl has no record of arXiv in it (one JSON object a line; line 1: JSON is malformed"),
        ("cut.gz", "cut.gz is cut or damaged"),
    ):
        for command in ("build", "update"):
            result = run("index", command, name)
            assert (result.exit_code, result.exception.__class__, result.stdout) == (2, SystemExit, "")
            assert result.stderr.startswith("refkit: ")
            assert why in result.stderr
            assert len(result.stderr.splitlines()) == 1
    assert (home / "data/refkit/arxiv.index").read_bytes() == before
    assert [path.name for path in (home / "data/refkit").iterdir()] == ["arxiv.index"]


def test_a_place_where_nothing_can_be_written_is_a_sentence() -> None:
    os.mkfifo("pipe")
    for place, why in (
        ("snapshot.jsonl/arxiv.index", "could not be written (File exists); choose another place with --index."),
        (".", "is a folder; name a file in it."),
        ("/dev/null", "is no file that an index could replace; name another one."),
        ("pipe", "is no file that an index could replace; name another one."),
    ):
        result = run("index", "build", "nothing.jsonl", "--index", place)  # it is told before anything is read
        assert (result.exit_code, result.stderr) == (2, f"refkit: {place} {why}\n")


def test_damage_is_found_by_the_check_and_by_nothing_else(home: Path) -> None:
    run("index", "build", "snapshot.jsonl")
    path = home / "data/refkit/arxiv.index"
    data = bytearray(path.read_bytes())
    data[data.index(b"Quiet Rivers")] ^= 1
    path.write_bytes(data)
    assert run("index", "info").exit_code == 0
    checked = run("index", "info", "--check")
    assert checked.exit_code == 2
    assert checked.stderr == f"refkit: {path} is damaged in title_text; copy or build it again.\n"


def test_a_broken_index_that_nobody_named_is_told_rather_than_left_out(home: Path) -> None:
    run("index", "build", "snapshot.jsonl")
    path = home / "data/refkit/arxiv.index"
    path.write_bytes(path.read_bytes()[:-100])
    result = run("explain", TITLE, "--no-network")
    assert (result.exit_code, result.exception.__class__) == (2, SystemExit)
    assert f"refkit: {path} is cut" in result.stderr


def test_a_missing_index_that_nobody_named_is_left_out_without_a_word(home: Path) -> None:
    Path("digest.txt").write_text(f"{TITLE}\nLearning to Navigate the Web\n", encoding="utf-8")
    written = run("bibtex", "digest.txt", "--no-network")
    assert written.exit_code == 1
    assert "Learning to Navigate" in written.stdout
    assert "arxiv.index" not in written.output
    assert not (home / "data").exists()


def test_no_index_yet_is_a_sentence_for_the_commands_that_need_one(home: Path) -> None:
    for arguments in (
        ["info"],
        ["info", "--check", "--json"],
        ["search", TITLE],
        ["update", "snapshot.jsonl"],
        ["update"],
    ):
        result = run("index", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        path = home / "data/refkit/arxiv.index"
        assert result.stderr == f"refkit: {path}: there is no such index; make it with `refkit index build`.\n"


def test_the_command_line_wins_over_the_environment_and_that_over_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, name in enumerate(("configured", "environment", "option"), start=1):
        part = "".join(line(f"2401.{each:05}", f"Songs {each}") for each in range(1, number + 1))
        run("index", "build", "-", "--index", name, input=part)
    Path("refkit.toml").write_text('[sources.index]\npath = "configured"\n', encoding="utf-8")
    assert "1 records" in run("index", "info").stdout
    monkeypatch.setenv("REFKIT_INDEX_PATH", "environment")
    assert "2 records" in run("index", "info").stdout
    assert "3 records" in run("index", "info", "--index", "option").stdout
    Path("digest.txt").write_text("Songs 3\n", encoding="utf-8")
    for arguments in (["explain", "Songs 3", "--no-network"], ["bibtex", "digest.txt", "--no-network"]):
        assert run(*arguments).exit_code == 1
        assert run(*arguments, "--index", "option").exit_code == 0
    Path("refkit.toml").write_text('[sources.index]\npath = "option"\n', encoding="utf-8")
    assert run("bibtex", "digest.txt", "--no-network").exit_code == 1  # the environment still names another
    monkeypatch.delenv("REFKIT_INDEX_PATH")
    assert run("bibtex", "digest.txt", "--no-network").exit_code == 0


def test_a_wrong_file_in_the_environment_does_not_matter_to_a_command_that_names_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("index", "build", "snapshot.jsonl", "--index", "right")
    Path("digest.txt").write_text(f"{TITLE}\n", encoding="utf-8")
    monkeypatch.setenv("REFKIT_INDEX_PATH", "snapshot.jsonl")
    for arguments in (
        ["bibtex", "digest.txt", "--no-network"],
        ["explain", TITLE, "--no-network"],
        ["resolve", "digest.txt", "--jobs", "1"],
        ["index", "info"],
        ["index", "search", TITLE],
    ):
        refused = run(*arguments)
        assert (refused.exit_code, "snapshot.jsonl is not an index" in refused.stderr) == (2, True)
        assert run(*arguments, "--index", "right").exit_code == 0


def test_a_relative_path_is_that_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("refkit.toml").write_text('[sources.index]\npath = "our.index"\n', encoding="utf-8")
    run("index", "build", "snapshot.jsonl")
    assert Path("our.index").exists()
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    assert "2 records" in run("index", "info").stdout


def test_the_index_is_built_where_it_is_configured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_INDEX_PATH", str(home / "shared/papers.index"))
    assert f"2 records in {home}/shared/papers.index" in run("index", "build", "snapshot.jsonl").stderr
    assert (home / "shared/papers.index").exists()
    assert not (home / "data").exists()


def test_a_setting_that_there_is_not_is_a_sentence() -> None:
    Path("refkit.toml").write_text('[sources.index]\nfile = "x"\n', encoding="utf-8")
    for arguments in (["index", "info"], ["explain", TITLE, "--no-network"]):
        result = run(*arguments)
        assert (result.exit_code, result.exception.__class__) == (2, SystemExit)
        assert "[sources.index]" in result.stderr


def test_ids_that_come_more_than_once_are_told() -> None:
    newer = line("2401.00001", "Shallow Songs").replace("2024-01-02", "2024-03-04")
    built = run("index", "build", "-", input=newer + SNAPSHOT)
    assert "refkit: 1 record came with an id that came again; the one changed last is taken\n" in built.stderr
    assert (
        json.loads(run("index", "search", "Shallow Songs", "--json").stdout)["records"][0]["arxiv_id"] == "2401.00001"
    )
    assert run("index", "search", TITLE).exit_code == 1


def refkit(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the installed program."""
    command = [sys.executable, "-m", "refkit", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, **options)


def test_the_program_itself_reads_a_pipe_and_says_nothing_on_standard_output() -> None:
    built = refkit("index", "build", "-", "--jobs", "2", "--index", "piped", input=gzip.compress(SNAPSHOT.encode()))
    assert (built.returncode, built.stdout) == (0, b"")
    assert built.stderr.startswith(b"refkit: 2 records in piped (0.0 MB) in ")
    found = refkit("index", "search", TITLE, "--index", "piped")
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout.startswith(b"1.00  2401.00001")


def test_a_terminal_is_shown_how_far_it_is() -> None:
    ours, theirs = os.openpty()
    records = (line(f"2401.{number:05}", f"Songs {number}") for number in range(1, 30_000))
    Path("many.jsonl").write_text("".join(records), encoding="utf-8")
    command = [sys.executable, "-m", "refkit", "index", "build", "many.jsonl", "--jobs", "1"]
    building = subprocess.Popen(command, stderr=theirs, stdout=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # so a terminal ends
        while data := os.read(ours, 4096):
            shown += data
    os.close(ours)
    assert building.wait() == 0
    for what in (b"reading", b"putting it together", b"writing", b"29,999 records"):
        assert what in shown
    assert b"Traceback" not in shown
    assert shown.rstrip().endswith(b" s")
