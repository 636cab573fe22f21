"""Every command and option that a page names, in a block or in a sentence, exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from refkit.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^ *```(?:sh|console|yaml|ini)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
IN_BLOCK = re.compile(r"(?:^ *(?:\$ )?|[|&(] ?|- run: |bin/)refkit ([a-z][^\n|&)#]*)", re.MULTILINE)
IN_TEXT = re.compile(r"`refkit ([a-z][^`]*)`")


def named(text: str) -> list[str]:
    """Return what stands behind "refkit" in each command of a page; "refkit: 53 titles" is none."""
    inside = [line for block in BLOCK.findall(text) for line in IN_BLOCK.findall(block)]
    return inside + IN_TEXT.findall(re.sub(r"(?ms)^ *```.*?^ *```", "", text))


def unknown(line: str) -> list[str]:
    """Return what there is not of a command and the options of a line behind "refkit"."""
    words = line.split()
    command: click.Command = main
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z-]+", words[0]):
        if words[0] not in command.commands:
            return [words[0]]
        command = command.commands[words.pop(0)]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words))
    return [option for option in options if option not in known and not isinstance(command, click.Group)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = {line: unknown(line) for line in named(text) if page.name != "api.md"}
    assert {line: what for line, what in wrong.items() if what} == {}


def test_what_does_not_exist_is_seen() -> None:
    assert unknown("bibtex --no-such digest.txt --json") == ["--no-such"]
    assert unknown("index rebuild") == ["rebuild"]
