from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    assert json.loads(run("index", "search", "A Catalogue of Quiet Rivers", "--json").stdout)[0]["score"] == 1.0


def test_what_is_not_there_is_told_by_the_exit_code() -> None:
    run("index", "build", "snapshot.jsonl")
    assert run("index", "search", "Quark Confinement").exit_code == 1
    assert json.loads(run("index", "search", "Quark Confinement", "--json").stdout) == []
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
    assert run("index", "update", "newer.jsonl").exit_code == 0
    assert "3 records" in run("index", "info").stdout


def test_what_arxiv_has_changed_since_is_harvested(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    run("index", "build", "snapshot.jsonl")
    record = SnapshotLine(id="2403.00001", title="New Whales", authors_parsed=[["Li", "Chen", ""]],
                          submitted="2024-03-01", update_date="2024-03-02")  # fmt: skip
    with OaiServer([record]) as server:
        monkeypatch.setenv("REFKIT_OAI_URL", server.url)
        updated = run("index", "update")
        assert updated.exit_code == 0, updated.stderr
        assert "arXiv has changed 1 records since 2024-01-02" in updated.stderr
        assert "3 records, the newest changed on 2024-03-02" in run("index", "info").stdout
    assert [path for path in (home / "state/refkit/harvest").iterdir() if path.suffix != ".lock"] == []
