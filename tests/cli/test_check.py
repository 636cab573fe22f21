"""`refkit check`, as a user and as CI run it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from refkit.writers.bib_rules import RULES

BIB = """@misc{gur, title={Learning to Navigate the Web}, author={Gur, I}, eprint={1812.09195}, archivePrefix={arXiv}}
@misc{wrong, title={Something Else Entirely}, author={Nobody, B}, eprint={2307.05973}, archivePrefix={arXiv}}
@misc{fair, title={This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology},
  author={Mulligan, D}, eprint={1909.11869}, archivePrefix={arXiv}, pages={1-2}}
"""


@pytest.fixture
def bib(folder: Path) -> Path:
    path = folder / "refs.bib"
    path.write_text(BIB, "utf-8")
    return path


def test_findings_have_place_rule_and_remedy(bib: Path, cli: Callable[..., Result]) -> None:
    done = cli("check", "refs.bib", code=1)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("refs.bib:2:1: error [wrong-id] wrong: arXiv:2307.05973 is 'VoxPoser: Composable 3D")
    assert "refs.bib:4:69: warning [page-dash] fair: write the pages as 1--2" in lines
    assert any(line.startswith("refs.bib:3:1: note [published-version] fair: arXiv says that it was") for line in lines)
    assert "refkit: 1 file: 1 error, 1 warning, 1 note; --fix puts 1 right" in done.stderr
    assert bib.read_text("utf-8") == BIB


@pytest.mark.parametrize("rule", ["wrong-id", "published-version"])
def test_a_line_silences_the_rules_that_need_a_record_too(rule: str, bib: Path, cli: Callable[..., Result]) -> None:
    key = {"wrong-id": "wrong", "published-version": "fair"}[rule]
    assert rule in cli("check", "refs.bib", "--fail-on", "never").stdout
    bib.write_text(BIB.replace(f"@misc{{{key}", f"% refkit: ignore {rule}\n@misc{{{key}"), "utf-8")
    silent = cli("check", "refs.bib", "--fail-on", "never").stdout
    assert rule not in silent
    assert "page-dash" in silent


def test_the_exit_code_is_for_ci(bib: Path, cli: Callable[..., Result]) -> None:
    assert bib
    cli("check", "refs.bib", "--ignore", "wrong-id")
    cli("check", "refs.bib", "--ignore", "wrong-id", "--fail-on", "warning", code=1)
    cli("check", "refs.bib", "--fail-on", "never")
    assert cli("check", "refs.bib", "--select", "*-dash").stdout.count("\n") == 1
    assert (
        "There is no rule 'spelling'; the rules are: broken-entry,"
        in cli("check", "refs.bib", "--select", "spelling", code=2).stderr
    )


def test_json_and_annotations(folder: Path, bib: Path, cli: Callable[..., Result]) -> None:
    (file,) = json.loads(cli("check", "refs.bib", "--format", "json", code=1).stdout)["files"]
    assert (file["file"], file["looked_up"], len(file["findings"])) == ("refs.bib", 3, 3)
    assert file["findings"][0].keys() == {"rule", "severity", "line", "column", "key", "message", "fixable"}
    bib.rename(folder / "a, b: 100%.bib")
    first = cli("check", ".", "--format", "github", code=1).stdout.splitlines()[0]
    assert first.startswith("::error file=a%2C b%3A 100%25.bib,line=2,col=1,title=wrong-id::wrong: arXiv:2307.05973")


def test_fix_mends_in_place_and_the_second_run_nothing(bib: Path, cli: Callable[..., Result]) -> None:
    shown = cli("check", "refs.bib", "--fix", "--dry-run", "--fail-on", "never")
    assert "+  author={Mulligan, D}, eprint={1909.11869}, archivePrefix={arXiv}, pages={1--2}}" in shown.stdout
    assert bib.read_text("utf-8") == BIB
    assert "refs.bib is mended" in cli("check", "refs.bib", "--fix", "--fail-on", "never").stderr
    assert bib.read_text("utf-8") == BIB.replace("1-2", "1--2")
    assert "mended" not in cli("check", "refs.bib", "--fix", "--fail-on", "never").stderr


def test_files_of_one_command_know_the_strings_and_keys_of_each_other(folder: Path, cli: Callable[..., Result]) -> None:
    (folder / "strings.bib").write_text("@string{jmlr = {J}}\n@proceedings{p, title={P}, year=2000}", "utf-8")
    (folder / "refs.bib").write_text("@misc{a, title={T}, note=jmlr, crossref={p}}", "utf-8")
    assert cli("check", "strings.bib", "refs.bib").stdout == ""
    rules = re.findall(r"\[([\w-]+)\]", cli("check", "refs.bib", code=1).stdout)
    assert sorted(rules) == ["cross-reference", "undefined-string"]


def test_standard_input_and_wrong_commands(folder: Path, cli: Callable[..., Result]) -> None:
    assert folder
    assert "standard input:1:1: error [broken-entry]" in cli("check", "-", stdin="@misc{a, title={x\n", code=1).stdout
    assert "name one instead of standard input" in cli("check", "-", "--fix", stdin="", code=2).stderr
    assert "--dry-run belongs to --fix" in cli("check", "-", "--dry-run", code=2).stderr
    assert "nothing.bib does not exist" in cli("check", "nothing.bib", code=2).stderr


def test_the_table_of_rules_is_that_of_the_program(root: Path) -> None:
    rows = re.findall(r"\| `([\w-]+)` \| (\w+) \| ([^|]+) \|", (root / "docs/checking.md").read_text("utf-8"))
    assert rows == [(name, severity.label, text) for name, (severity, text) in RULES.items()]
