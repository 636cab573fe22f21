"""A user's program against the installed wheel, under the strictest settings of two type checkers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "typed/program.py"


def told(pattern: str) -> dict[int, str]:
    """Return what stands behind a mark, by line of the program."""
    lines = enumerate(PROGRAM.read_text(encoding="utf-8").splitlines(), start=1)
    return {number: found[1] for number, line in lines if (found := re.search(pattern, line))}


EXPECTED = told(r"reveal_type\(.*\)  # (.+)$")
WRONG = set(told(r"  # wrong: (.+)$"))


def plain(type_: str) -> str:
    """Return a type without the modules of its parts."""
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", type_)


def run(command: list[str], folder: Path) -> str:
    shutil.copy(PROGRAM, folder / "program.py")
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environ)
    assert done.stdout.strip(), done.stderr
    return done.stdout


def test_mypy_strict_agrees(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed / "python"), "program.py"]
    output = run([*command, "--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")], tmp_path)
    revealed = {int(line): plain(type_) for line, type_ in re.findall(r':(\d+): note: Revealed type is "(.*)"', output)}
    assert revealed == EXPECTED
    assert {int(line) for line in re.findall(r":(\d+): error", output)} == WRONG, output


def test_pyright_strict_agrees(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyright", reason="needs pyright and a node to run it")
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", str(installed / "python"), "program.py"]
    found = json.loads(run(command, tmp_path))["generalDiagnostics"]
    lines = [(each["range"]["start"]["line"] + 1, each["severity"], each["message"]) for each in found]
    revealed = {line: plain(text.split('is "')[1][:-1]) for line, severity, text in lines if severity == "information"}
    assert revealed == EXPECTED
    assert {line for line, severity, _ in lines if severity == "error"} == WRONG, lines
