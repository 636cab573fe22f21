"""The example of docs/published.md runs, and gives what is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from refkit.cli import main
from refkit.metadata.belief import ORDER

PAGE = (Path(__file__).parents[1] / "docs/published.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_example_gives_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("refs.bib").write_text(block("bibtex"), encoding="utf-8")
    dry = CliRunner().invoke(main, ["upgrade", "refs.bib", "--no-network", "--dry-run"])
    assert dry.exit_code == 0
    assert dry.stdout == block("diff")
    assert Path("refs.bib").read_text(encoding="utf-8") == block("bibtex")


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("refs.bib").write_text(block("bibtex"), encoding="utf-8")
    Path("digest.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    commands = [line.partition("#")[0].split()[1:] for line in block("sh").splitlines()]
    asked = [command for command in commands if "--enricher" not in command]  # their names are checked elsewhere
    assert len(asked) == 5
    for command in asked:
        result = CliRunner().invoke(main, [*command, "--no-network"])
        assert result.exit_code == 0, (command, result.output)


def test_the_order_is_that_of_the_program() -> None:
    assert tuple(re.findall(r"^\d\. `([\w-]+)`", PAGE, re.MULTILINE)) == ORDER
