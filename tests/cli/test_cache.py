from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from refkit.cli import main
from refkit.testing import ArxivServer


def run(*arguments: str, stdin: str = "") -> str:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_empty_cache_is_told_and_cleared_without_fuss() -> None:
    told = json.loads(run("cache", "info", "--json"))
    assert told.pop("version") == 1
    assert Path(told.pop("path")).name == "answers.sqlite"
    assert set(told.values()) == {0}
    assert "was not there" in run("cache", "clear")


def test_answers_are_counted_and_forgotten(arxiv_server: ArxivServer) -> None:
    run("bibtex", "-", stdin="An Entirely Unknown Treatise on Nothing Whatsoever\n")
    told = json.loads(run("cache", "info", "--json"))
    assert told["answers"] == told["empty"] > 0
    assert told["expired"] == 0
    assert Path(told["path"]).stat().st_size == told["bytes"]
    assert f"{told['answers']} answers that hold ({told['empty']} of them: nothing found)" in run("cache", "info")
    asked = len(arxiv_server.requests)
    assert "removed" in run("cache", "clear")
    assert not Path(told["path"]).exists()
    run("bibtex", "-", stdin="An Entirely Unknown Treatise on Nothing Whatsoever\n")
    assert len(arxiv_server.requests) == 2 * asked


def test_a_cache_that_cannot_be_removed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache/refkit/answers.sqlite"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    result = CliRunner().invoke(main, ["cache", "clear"])
    assert result.exit_code == 2
    assert "could not be removed" in result.output
    assert "Traceback" not in result.output
