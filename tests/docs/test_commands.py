"""Every command that a page shows is run, in a folder that has what the page speaks of, against stand-ins.

A `sh` block is run line by line, and must not end with a refusal (2) or an outage (3). Of a `console` block the text
below each command is what it prints, to the letter; `python tests/docs/test_commands.py` writes it anew. Blocks of a
page are run in their order in one folder, and TOML that begins with `# refkit.toml` or another name is put there.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from refkit.cli import main
from refkit.testing import (
    ArxivCorpus,
    ArxivServer,
    CrossrefServer,
    DblpServer,
    FeedEntry,
    FeedServer,
    OaiServer,
    ZoteroServer,
    atom,
)

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Pages whose blocks other tests run.
ELSEWHERE = {"screens.md": "tests/test_screens.py runs it on a terminal"}
WEB, SEA, KEYS = "Learning to Navigate the Web", "Learning to Navigate the Sea", "Discrete Key-Value Bottleneck"
WHALES = "Deep Songs of the Whales: What They Sing and Why"
ATTENTION = "Attention Is All You Need"
MADE_UP = ((WHALES, "2401.00001"), (ATTENTION, "2401.00002"))

# Lines that are not run, by how they begin, and why.
NOT_RUN = {
    "pip install": ".ci/run does this in a clean clone",
    "python3 -m venv": ".ci/run does this in a clean clone",
    "dask ": "a cluster; tests/test_bulk_dask.py has a scheduler and workers",
    "refkit resolve titles.txt -o out.jsonl --index /shared/arxiv.index --scheduler": "the same",
    "refkit bench ../shared/": "needs ../shared and 40 minutes; docs/accuracy.md is what it printed",
    "python tests/benchmarks/": "needs ../shared, and takes hours",
    "python -m refkit.testing.arxiv": "serves until it is stopped; tests/testing/ starts it",
    "REFKIT_ARXIV_URL=http://127.0.0.1:8000": "needs the server of the line before",
    "python -m refkit.testing.zotero": "the same; tests/testing/ starts it",
    "REFKIT_ZOTERO_URL=http://127.0.0.1:8001": "needs the server of the line before",
    'eval "$(refkit completion zsh)"': "for zsh; tests/cli/test_completion.py runs zsh",
    "refkit completion fish | source": "for fish; tests/cli/test_completion.py runs fish",
    "refkit completion powershell |": "for PowerShell; tests/cli/test_completion.py speaks its protocol",
    "man ": "needs an installed package; tests/cli/test_man.py runs man and groff",
    "printf ": "makes a git hook",
    "chmod ": "makes a git hook",
    "refkit review digest.txt --web": "serves until it is stopped; tests/cli/test_review_web.py runs it",
    "refkit themes learn --zotero": "needs a library with tags; tests/cli/test_themes_learn.py has one",
    "export REFKIT_OPENALEX_KEY=...": "a place for a key",
    "export REFKIT_SEMANTIC_SCHOLAR_KEY=...": "a place for a key",
}
# What is done before the blocks of a page, where the usual folder does not do.
BEFORE = {
    "ci-check.md": (
        "cp monday.txt digest.txt",
        "refkit bibtex digest.txt --lock --into paper/refs.bib --no-network",
        "git init -q . && git add -A && git -c user.name=a -c user.email=a@b.c commit -qm x",
    ),
    "completion.md": (f"ln -s {shlex.quote(str(ROOT))}/docs docs",),
    "README.md": ("refkit index build snapshot.jsonl.gz",),
    "accuracy.md": ("refkit index build snapshot.jsonl.gz",),
    "review.md": ("refkit bibtex digest.txt --lock -o refs.bib",),
    "themes-learning.md": ("rm my-themes.toml", "cp seeds/trending-papers.txt digest.txt"),
    "scale.md": ("refkit index build snapshot.jsonl.gz",),
}
BLOCK = re.compile(r"^( *)```([\w-]*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


class Command(NamedTuple):
    """A line that a page tells to type; `shown` is what a console block prints below it, None in a `sh` block."""

    line: str
    shown: str | None = None


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each block of code of a page, without its indentation."""
    for indent, kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        yield kind, re.sub(f"(?m)^{indent}", "", text)


def commands(kind: str, text: str) -> Iterator[Command]:
    """Yield the commands of a block of code."""
    if kind == "sh":
        yield from (Command(line) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    elif kind == "console":
        for part in re.split(r"(?m)^\$ ", text)[1:]:
            line, _, shown = part.partition("\n")
            yield Command(line, shown)


def why_not(line: str) -> str:
    return next((reason for start, reason in NOT_RUN.items() if line.startswith(start)), "")


class World:
    """A folder with digests and bibliographies, and stand-ins of all services; `close` ends them."""

    def __init__(self, folder: Path, set_variable: Callable[[str, str], None]) -> None:
        self.folder, self._set = folder, set_variable
        self._stack = contextlib.ExitStack()
        self._fill()
        self._serve()

    def close(self) -> None:
        self._stack.close()

    def _fill(self) -> None:
        """Write what the pages speak of."""
        texts = {
            "digest.txt": f"{WEB}\n{SEA}\n{KEYS}\n",
            "monday.txt": f"{WEB}\n",
            "tuesday.csv": f"title,year\n{KEYS},2022\n",
            "library.bib": "".join(
                f"@misc{{k{n}, title={{{title}}}, keywords={{{tag}}}}}\n" for n, (title, tag) in enumerate(pile())
            ),
            "reading-list.md": _list(),
            "titles.csv": f"title\n{WHALES}\n",
            "titles.txt": f"{WHALES}\n",
            "gold.jsonl": json.dumps({"title": WHALES, "arxiv_id": MADE_UP[0][1]}) + "\n",
            "others.jsonl": json.dumps({"title": "A Shop for Boots"}) + "\n",
            "my-themes.toml": '[themes.web]\nlabel = "Web"\nterms = [{ weight = 6, any = ["web"] }]\n',
            "refkit.toml": 'digests = ["seeds/trending-papers.txt"]\n',
            "refs.bib": _bibtex(),
            "paper/refs.bib": _bibtex(),
            "paper/main.tex": "\\documentclass{article}\\begin{document}\\cite{gur2018learning}\\end{document}\n",
            "seeds/trending-papers.txt": (ROOT / "seeds/trending-papers.txt").read_text(encoding="utf-8"),
            "home/Maildir/.Alerts/cur/1.host:2,S": _mail(WEB),
            "arxiv-metadata-oai-snapshot.json": "".join(map(_snapshot_line, MADE_UP)),
            "newer-snapshot.json": _snapshot_line((WHALES, "2402.00001")),
            "bin/refkit": f'#!/bin/sh\nexec "{sys.executable}" -m refkit "$@"\n',
            "bin/pbpaste": f"#!/bin/sh\nprintf '{WEB}\\n'\n",
            "bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
        }
        texts |= {name: _mail(WEB) for name in ("newsletter.eml", "tuesday.eml", "mails/1.eml", "mails/old/2.eml")}
        for name, text in texts.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for name in ("new", "tmp"):
            (self.folder / "home/Maildir/.Alerts" / name).mkdir()
        for path in (self.folder / "bin").iterdir():
            path.chmod(0o755)
        (self.folder / "srv").mkdir()
        for name, text in (("snapshot.jsonl.gz", "arxiv-metadata-oai-snapshot.json"), ("titles.txt.gz", "titles.txt")):
            (self.folder / name).write_bytes(gzip.compress((self.folder / text).read_bytes()))
        (self.folder / "titles.jsonl.gz").write_bytes(gzip.compress(json.dumps({"title": WHALES}).encode()))

    def _serve(self) -> None:
        """Start a stand-in for each service, and let refkit ask it."""
        enter = self._stack.enter_context
        self.zotero = enter(ZoteroServer())
        self.zotero.add_group("Reading group")
        self.key = self.zotero.add_key(write=True, groups=True, groups_write=True)
        self.feed = enter(FeedServer())
        self.feed.put(
            "/rss/cs.LG",
            atom(
                [FeedEntry(WEB, "https://arxiv.org/abs/1812.09195"), FeedEntry(SEA, "https://arxiv.org/abs/2999.99999")]
            ),
        )
        corpus = ArxivCorpus.from_files(ROOT / "refkit/metadata/catalogue.jsonl")
        names = {
            "ARXIV": enter(ArxivServer(corpus)).url,
            "OAI": enter(OaiServer(())).url,
            "CROSSREF": enter(CrossrefServer(())).url,
            "DBLP": enter(DblpServer(())).url,
            "ZOTERO": self.zotero.url,
            "ZOTERO_DESKTOP": "http://127.0.0.1:9",
        }
        for name, address in names.items():
            self._set(f"REFKIT_{name}_URL", address)
            self._set(f"REFKIT_{name}_INTERVAL", "0")
        self._set("REFKIT_ZOTERO_KEY", self.key)
        for name in ("CACHE", "STATE", "CONFIG", "DATA"):
            self._set(f"XDG_{name}_HOME", str(self.folder / "home" / name.lower()))
        self._set("HOME", str(self.folder / "home"))
        self._set("PYTHONPATH", str(ROOT))
        self._set("PATH", f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def put(self, toml: str) -> None:
        """Write TOML that tells its file's name in its first line."""
        named = re.match(r"# ([\w-]+\.toml)", toml)
        if named:
            (self.folder / named[1]).write_text(self._placed(toml), encoding="utf-8")

    def _placed(self, line: str) -> str:
        """Return a line with addresses and folders of this world; what would go on for ever goes on once."""
        line = line.replace("https://rss.arxiv.org/rss/", f"{self.feed.url}/rss/").replace(" --every day", "")
        return re.sub(r"(?<![\w.])/(?:srv/papers|shared)/", f"{self.folder / 'srv'}/", line)

    def run(self, line: str) -> tuple[int, str]:
        """Run a line; return its exit code, and all that it printed."""
        line = self._placed(line)
        if exported := re.fullmatch(r"export (\w+)=(\S+)", line):
            self._set(exported[1], exported[2])
            return 0, ""
        words = shlex.split(line, comments=True)
        if words[:2] == ["refkit", "review"]:
            words.append("--list")  # keys are pressed in tests/cli/test_review.py
        if words[0] != "refkit" or re.search(r"(?:^|\s)[|>&]|\$\(|~", line.partition(" #")[0]):
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr
        result = CliRunner().invoke(main, words[1:], input=f"{self.key}\n")
        assert isinstance(result.exception, SystemExit | None), repr(result.exception)
        return result.exit_code, result.output.replace(str(self.folder), "/Users/ada")


def pile() -> Iterator[tuple[str, str]]:
    """Yield titles of two subjects with many words each, and their tags."""
    subjects = {
        "Ponds": ["Frog", "Newt", "Pond", "Reed", "Heron", "Tadpole", "Marsh", "Lily"],
        "Baking": ["Dough", "Yeast", "Oven", "Crust", "Flour", "Leaven", "Proofing", "Rye"],
    }
    for number in range(30):
        for tag, words in subjects.items():
            yield " ".join(words[(number * step + number // 8) % 8] for step in (1, 3, 5)) + f" {number}", tag


def _list() -> str:
    """Return a reading list with headings."""
    found: dict[str, str] = {}
    for number, (title, tag) in enumerate(pile()):
        link = f"https://arxiv.org/abs/2401.{number:05}"
        found[tag] = found.get(tag, f"## {tag}\n\n") + f"- [On {title} in the Long Run]({link})\n"
    return "# Reading\n\n" + "\n".join(found.values())


def _bibtex() -> str:
    entry = f"@misc{{gur2018learning,\n  title = {{{WEB}}},\n  author = {{Gur, Izzeddin}},\n  year = {{2018}},\n"
    entry += "  eprint = {1812.09195},\n  archivePrefix = {arXiv},\n}\n"
    fair = "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology"
    fairness = f"@misc{{fairness,\n  title = {{{fair}}},\n  author = {{Mulligan, Deirdre K.}},\n  year = {{2019}},\n"
    return f"{entry}\n{fairness}  eprint = {{1909.11869}},\n  archivePrefix = {{arXiv}},\n}}\n"


def _mail(title: str) -> str:
    link = "https://arxiv.org/abs/1812.09195"
    return f"From: a@b.c\nTo: d@e.f\nSubject: papers\nContent-Type: text/plain\n\n{title}\n{link}\n"


def _snapshot_line(paper: tuple[str, str]) -> str:
    facts: dict[str, Any] = {"id": paper[1], "title": paper[0], "abstract": "", "categories": "cs.LG"}
    facts |= {"update_date": "2024-01-02", "authors_parsed": [["Li", "Chen", ""]]}
    return json.dumps({**facts, "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]}) + "\n"


def run_page(page: Path, world: World) -> Iterator[tuple[Command, int, str]]:
    """Run the commands of a page in their order; yield each with its exit code and what it printed."""
    for line in BEFORE.get(page.name, ()):
        code, printed = world.run(line)
        assert code in {0, 1}, (line, printed)
    for kind, text in blocks(page):
        if kind == "toml":
            world.put(text)
        for command in commands(kind, text):
            if not why_not(command.line):
                yield (command, *world.run(command.line))


def with_commands() -> list[Path]:
    return [
        page for page in PAGES
        if page.name not in ELSEWHERE and any(list(commands(kind, text)) for kind, text in blocks(page))
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="the pages' lines are for a shell of Unix")
@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.name)
def test_the_commands_of_the_pages_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.chdir(tmp_path)
    world = World(tmp_path, monkeypatch.setenv)
    try:
        for command, code, printed in run_page(page, world):
            assert code in {0, 1}, f"{command.line}\n{printed}"
            if command.shown is not None:
                assert printed == command.shown, command.line
    finally:
        world.close()


def test_no_line_is_excused_that_no_page_has() -> None:
    lines = [command.line for page in PAGES for kind, text in blocks(page) for command in commands(kind, text)]
    for start, reason in NOT_RUN.items():
        assert reason
        assert any(line.startswith(start) for line in lines), start


def write() -> None:
    """Run the console blocks, and write what they print into their pages."""
    import tempfile

    for page in with_commands():
        text = page.read_text(encoding="utf-8")
        if "```console" not in text:
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            world = World(Path(folder), os.environ.__setitem__)
            shown = [
                (command.line, printed) for command, _, printed in run_page(page, world) if command.shown is not None
            ]
            world.close()

        def filled(found: re.Match[str], shown: list[tuple[str, str]] = shown) -> str:
            lines = [command.line for command in commands("console", found[3])]
            return "```console\n" + "".join(f"$ {line}\n{shown.pop(0)[1]}" for line in lines) + "```"

        page.write_text(
            BLOCK.sub(lambda found: filled(found) if found[2] == "console" else found[0], text), encoding="utf-8"
        )


if __name__ == "__main__":
    write()
