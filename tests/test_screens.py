"""docs/screens.md cannot lie: its commands are run on a terminal, and show what stands there.

`python tests/test_screens.py` runs them and writes what they show into the page; look at it before you commit it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from refkit.testing import ZoteroServer

PAGE = Path(__file__).parents[1] / "docs/screens.md"
BLOCK = re.compile(r"```console\n\$ (refkit [^\n]*)\n(.*?)```", re.DOTALL)
COLUMNS = 100
DIGEST = """\
Learning to Navigate the Web
Learning to Navigate the Sea
Discrete Key-Value Bottleneck
"""
MORE = "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology\n"
WHALES = ("Deep Songs of the Whales: What They Sing and Why", "Songs of Whales in the Northern Sea")
# What is typed, and what a command writes when it asks for it.
TYPED = {"refkit review digest.txt --no-network": ("help", "q"), "refkit login --file": ("not show", "{key}\n")}
# What differs from run to run, and what stands for it on the page; of one length, for lines are broken by length.
SAMPLES = (
    (r"\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{8}\b", "YK62THBA"),
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b", "2025-03-13 09:30"),
    (r"\d+\.\d s\b", "0.2 s"),
    (r"[\d,]+ titles/s", "40 titles/s"),
    (r"\b\d+\.\d MB", "0.1 MB"),
    (
        r"(?m)^(ok +(?:refkit|Python|pyzotero|bibtexparser|HTTP|packages|extras|platform|locale|terminal) +).*$",
        r"\1...",
    ),
    (r"\b[\d,]+ bytes, [\d,]+ a record", "66,000 bytes, 33,000 a record"),
    (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:40404"),
)
FOLDER = "/Users/ada/papers"  # as long as what `new_folder` makes
Run = Callable[..., Any]


@contextmanager
def new_folder() -> Iterator[None]:
    """Be in a new folder whose name is always of one length: lines are broken by length."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ada-", dir="/tmp") as folder:
        os.chdir(folder)
        assert len(str(Path.cwd())) == len(FOLDER)
        try:
            yield
        finally:
            os.chdir(before)


def snapshot_line(number: int, title: str) -> str:
    facts: dict[str, Any] = {"id": f"2401.0000{number}", "title": title, "abstract": "", "categories": "cs.LG"}
    facts |= {"update_date": "2024-01-02", "authors_parsed": [["Li", "Chen", ""], ["Okafor", "Ada", ""]]}
    return json.dumps({**facts, "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]}) + "\n"


def shown_now(page: str, run: Run, server: ZoteroServer) -> Iterator[tuple[str, str]]:
    """Yield each command of a page with what it shows, run one after the other in the current folder."""
    Path("digest.txt").write_text(DIGEST, encoding="utf-8")
    Path("more.txt").write_text(MORE, encoding="utf-8")
    items = "".join(f"<item><title>{title}</title></item>" for title in DIGEST.splitlines())
    Path("feed.xml").write_text(f"<rss version='2.0'><channel>{items}</channel></rss>", encoding="utf-8")
    label = {"title": DIGEST.splitlines()[0], "arxiv_id": "1812.09195", "themes": ["agents", "reasoning"]}
    Path("labels.jsonl").write_text(json.dumps(label) + "\n", encoding="utf-8")
    Path("titles.txt").write_text("".join(f"{title}\n" for title in WHALES), encoding="utf-8")
    lines = (snapshot_line(number, title) for number, title in enumerate(WHALES, 1))
    Path("snapshot.jsonl").write_text("".join(lines), encoding="utf-8")
    for command, _ in BLOCK.findall(page):
        asked, typed = TYPED.get(command, ("", ""))
        typed = typed.format(key=server.key)
        shown = run(*shlex.split(command)[1:], columns=COLUMNS, asked=asked, typed=typed, **world(server))
        yield command, sample(shown.text)


def world(server: ZoteroServer) -> dict[str, str]:
    """Return an environment in which nothing of this machine is seen, and nobody is asked but the stand-in."""
    nobody = "http://127.0.0.1:9"
    folders = {f"XDG_{name}_HOME": str(Path.cwd() / name.lower()) for name in ("CACHE", "STATE", "CONFIG", "DATA")}
    asked = {f"REFKIT_{name}_URL": nobody for name in ("ARXIV", "OAI", "CROSSREF", "OPENALEX", "DBLP")}
    return {**folders, **asked, "REFKIT_ZOTERO_URL": server.url, "REFKIT_ZOTERO_DESKTOP_URL": nobody}


def sample(text: str) -> str:
    text = text.replace(str(Path.cwd()), FOLDER)
    for pattern, stands_for in SAMPLES:
        text = re.sub(pattern, stands_for, text)
    return text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a folder for the while has a longer name")
def test_the_screens_are_those_of_real_runs(on_terminal: Run) -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = BLOCK.findall(page)
    with new_folder(), ZoteroServer() as server:
        for (command, expected), (_, shown) in zip(told, shown_now(page, on_terminal, server), strict=True):
            assert shown == expected.rstrip("\n"), command
        assert server.key not in page


def test_every_command_has_its_screen() -> None:
    from refkit.cli import main

    page = PAGE.read_text(encoding="utf-8")
    shown = {command.split()[1] for command, _ in BLOCK.findall(page)}
    # The pages that `bench` prints are docs/accuracy.md.
    assert set(main.commands) - shown == {"bench"}


def write() -> None:
    """Run the commands of the page, and write what they show into it."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("conftest", Path(__file__).with_name("conftest.py"))
    assert spec
    assert spec.loader
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    page = PAGE.read_text(encoding="utf-8")
    with new_folder(), ZoteroServer() as server:
        shown = dict(shown_now(page, shared.run_on_terminal, server))
    PAGE.write_text(
        BLOCK.sub(lambda found: f"```console\n$ {found[1]}\n{shown[found[1]]}\n```", page), encoding="utf-8"
    )


if __name__ == "__main__":
    write()
