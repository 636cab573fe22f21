"""docs/plugins.md is followed to the letter: its files are written, its commands run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_add_a_reader_in_twenty_minutes(sandbox: Any) -> None:
    page = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
    section = page.partition("## Add a reader in 20 minutes")[2].partition("\n## ")[0]
    printed = []
    for block in _BLOCK.finditer(section):
        if block["file"]:
            (sandbox.folder / block["file"]).write_text(block["text"], encoding="utf-8")
        elif block["kind"] == "console":
            printed += [sandbox.run(line.removeprefix("$ ")) for line in block["text"].splitlines()]
    assert len(printed) == 7
    assert re.search(r"^reader +wiki-list +refkit-wiki-list 0\.1\.0 +ok$", printed[-3].stdout, re.MULTILINE)
    assert "Learning to Navigate the Web" in printed[-2].stdout
    assert "(wiki-list" in printed[-2].stdout + printed[-2].stderr or "wiki-list" in printed[-2].stdout
    assert (sandbox.folder / "refs.bib").read_text(encoding="utf-8").count("@misc{") == 2


@pytest.mark.parametrize("example", ["refkit-opml", "refkit-obsidian"])
def test_the_examples_pass_their_own_tests_when_installed(example: str, sandbox: Any) -> None:
    sandbox.run(f"cp -r '{ROOT / 'docs/examples' / example}' . && pip install -e {example}")
    assert " passed" in sandbox.run(f"cd {example} && pytest -p no:cacheprovider").stdout


def test_the_example_of_a_reader_takes_part_in_recognising(sandbox: Any) -> None:
    sandbox.run(f"pip install --target venv/lib/x '{ROOT / 'docs/examples/refkit-opml'}'")
    text = '<opml version="2.0"><body><outline text="Learning to Navigate the Web"/></body></opml>\n'
    (sandbox.folder / "list.opml").write_text(text, encoding="utf-8")
    sandbox.run("PYTHONPATH=venv/lib/x refkit bibtex list.opml --no-network -o refs.bib")
    assert "Learning to Navigate the Web" in (sandbox.folder / "refs.bib").read_text(encoding="utf-8").replace("{", "")


def test_the_example_of_a_writer_keeps_a_vault(sandbox: Any) -> None:
    sandbox.run(f"pip install --target venv/lib/x '{ROOT / 'docs/examples/refkit-obsidian'}'")
    (sandbox.folder / "list.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    write = "PYTHONPATH=venv/lib/x refkit bibtex list.txt --no-network --format obsidian -o vault"
    planned = sandbox.run(f"{write} --dry-run")
    assert planned.stdout.startswith("create  1812.09195  Learning to Navigate the Web\n")
    assert not (sandbox.folder / "vault").exists()
    assert "obsidian: 1 create" in sandbox.run(write).stderr
    note = sandbox.folder / "vault/Learning to Navigate the Web.md"
    before = note.read_text(encoding="utf-8")
    note.write_text(f"{before}\nmine\n", encoding="utf-8")
    assert "obsidian: 1 keep" in sandbox.run(write).stderr
    assert note.read_text(encoding="utf-8") == f"{before}\nmine\n"
    (sandbox.folder / "refkit.toml").write_text("[writers.obsidian]\nfolder = 'x'\n", encoding="utf-8")
    refused = sandbox.run("PYTHONPATH=venv/lib/x refkit bibtex list.txt --format obsidian", code=2)
    assert "refkit.toml:2: writers.obsidian.folder: there is no setting named 'folder'" in refused.stderr
    assert "--into is for a .bib file" in sandbox.run(f"{write} --into refs.bib", code=2).stderr
