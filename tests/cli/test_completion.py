"""Completion by the shells themselves where they are installed; PowerShell at least by the protocol of its script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from refkit.cli import main
from refkit.cli.completion import SHELLS

Shell = Callable[..., str]


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """An environment in which `refkit` is this one, wherever it is installed."""
    program = tmp_path / "bin/refkit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m refkit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def shell(programs: dict[str, str], tmp_path: Path) -> Shell:
    def run(name: str, script: str) -> str:
        program = shutil.which(name)
        if not program:
            pytest.skip(f"{name} is not installed")
        bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}.get(name, ["-NoProfile"])
        command = [program, *bare, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, env=programs, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    return run


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_printed_whatever_is_installed(name: str) -> None:
    done = CliRunner().invoke(main, ["completion", name])
    assert done.exit_code == 0
    assert "_REFKIT_COMPLETE" in done.stdout
    assert "%(" not in done.stdout


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(main, ["completion", "tcsh"])
    assert done.exit_code == 2
    assert "bash, zsh, fish, powershell" in done.stderr


def test_bash_completes_commands_and_options(shell: Shell) -> None:
    script = """
        source <(refkit completion bash)
        ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _refkit_completion refkit; echo "${COMPREPLY[@]}"; }
        ask refkit sy
        ask refkit bibtex --no-net
        ask refkit index up
        ask refkit bibtex --format bibl
    """
    assert shell("bash", script).split() == ["sync-zotero", "--no-network", "update", "biblatex"]


def test_zsh_completes_commands_with_their_help(shell: Shell) -> None:
    script = """
        autoload -Uz compinit; compinit -u -d ./dump
        eval "$(refkit completion zsh)"
        _describe() { print -rl -- "${completions_with_descriptions[@]}" }
        compadd() { print -rl -- "${completions[@]}" }
        words=(refkit sy); CURRENT=2; _refkit_completion
        words=(refkit bibtex --no-net); CURRENT=3; _refkit_completion
    """
    shown = shell("zsh", script)
    assert "sync-zotero:Put the papers of digests into a Zotero" in shown
    assert "--no-network:" in shown


def test_fish_completes_commands_and_values(shell: Shell) -> None:
    shown = shell("fish", "refkit completion fish | source; complete -C 'refkit sy'; complete -C 'refkit completion z'")
    assert [line.split("\t")[0] for line in shown.splitlines()] == ["sync-zotero", "zsh"]


def test_powershell_completes_commands(shell: Shell) -> None:
    script = """
        refkit completion powershell | Out-String | Invoke-Expression
        (TabExpansion2 -inputScript 'refkit sy' -cursorColumn 9).CompletionMatches | % CompletionText
    """
    assert shell("pwsh", script).split() == ["sync-zotero"]


@pytest.mark.parametrize(
    ("line", "word", "answers"),
    [
        ("refkit sy", "sy", ["sync-zotero"]),
        ("refkit bibtex --no-net", "--no-net", ["--no-network"]),
        ("refkit index ", "", ["build", "info", "search", "update"]),
        ('refkit bibtex "my digest.txt" --format bibl', "bibl", ["biblatex"]),
        ("refkit completion p", "p", ["powershell"]),
        ("refkit index sea", "sea", ["search"]),
        ("refkit bibtex --format none", "none", []),
    ],
)
def test_what_the_powershell_script_asks_is_answered(line: str, word: str, answers: list[str]) -> None:
    asked = {"_REFKIT_COMPLETE": "powershell_complete", "COMP_WORDS": line, "COMP_CWORD": word}
    done = CliRunner().invoke(main, [], env=asked, prog_name="refkit")
    rows = [row.split("\t") for row in done.stdout.splitlines() if row]
    assert [len(row) for row in rows] == [3] * len(answers)
    assert [value for _, value, _ in rows] == answers


def test_powershell_is_told_where_files_are_wanted() -> None:
    asked = {"_REFKIT_COMPLETE": "powershell_complete", "COMP_WORDS": "refkit bibtex -o re", "COMP_CWORD": "re"}
    assert CliRunner().invoke(main, [], env=asked, prog_name="refkit").stdout == "file\tre\t\n"
