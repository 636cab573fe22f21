"""`--json` of every command: one document on standard output, with no key that docs/json.md does not name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from refkit.cli import main
from refkit.testing import ZoteroServer

WEB, SEA = "Learning to Navigate the Web", "Learning to Navigate the Sea"
WHALES = "Deep Songs of the Whales: What They Sing and Why"
# Keys that are names of the user's world, not of the format: arXiv ids, fields of entries, themes, citekeys.
_FREE = {
    "left_out",
    "silhouettes",
    "terms",
    "categories",
    "labels_left_out",
    "diff",
    "themes",
    "keys",
    "citations",
    "lost",
    "renamed",
    "fields",
    "others",
    "skipped",
    "evidence",
    "published",
}


def commands(command: click.Command = main, name: str = "") -> Iterator[str]:
    """Yield the words of every command that does something."""
    if isinstance(command, click.Group):
        for word, each in command.commands.items():
            yield from commands(each, f"{name} {word}".strip())
    else:
        yield name


def snapshot_line(arxiv_id: str, title: str) -> str:
    facts: dict[str, Any] = {"id": arxiv_id, "title": title, "abstract": "", "categories": "cs.LG"}
    facts |= {"update_date": "2024-01-02", "authors_parsed": [["Li", "Chen", ""]]}
    return json.dumps({**facts, "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]}) + "\n"


def pile() -> Iterator[str]:
    """Yield entries of two subjects with many words each, and their keywords."""
    subjects = {
        "ponds": ["Frog", "Newt", "Pond", "Reed", "Heron", "Tadpole", "Marsh", "Lily"],
        "baking": ["Dough", "Yeast", "Oven", "Crust", "Flour", "Leaven", "Proofing", "Rye"],
    }
    for number in range(30):
        for tag, words in subjects.items():
            title = " ".join(words[(number * step + number // 8) % 8] for step in (1, 3, 5))
            yield f"@article{{{tag}{number}, title={{{title} {number}}}, keywords={{{tag}}}}}\n"


@pytest.fixture
def world(web: ZoteroServer) -> ZoteroServer:
    """A folder with a digest, a bibliography, an index and what else the commands read; a library that has papers."""
    Path("digest.txt").write_text(f"{WEB}\n{SEA}\n", encoding="utf-8")
    Path("snapshot.jsonl").write_text(snapshot_line("2401.00001", WHALES), encoding="utf-8")
    Path("pairs.jsonl").write_text(json.dumps({"title": WHALES, "arxiv_id": "2401.00001"}) + "\n", encoding="utf-8")
    label = {"title": WEB, "arxiv_id": "1812.09195", "themes": ["agents", "robotics", "no-such-theme"]}
    Path("labels.jsonl").write_text(json.dumps(label) + "\n", encoding="utf-8")
    Path("pile.bib").write_text("".join(pile()), encoding="utf-8")
    Path("titles.txt").write_text(f"{WHALES}\n", encoding="utf-8")
    run("bibtex", "digest.txt", "--no-network", "-o", "refs.bib")
    run("index", "build", "snapshot.jsonl", "--jobs", "1")
    run("sync-zotero", "digest.txt", "--no-network", "--no-pdf")
    return web


def run(*arguments: str, stdin: str = "") -> Result:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


RUNS: dict[str, tuple[str, ...]] = {
    "bench": ("pairs.jsonl", "--index", "snapshot.jsonl"),
    "bibtex": ("digest.txt", "--no-network", "--into", "refs.bib"),
    "cache clear": (),
    "cache info": (),
    "check": ("refs.bib",),
    "convert": ("refs.bib", "-o", "refs.ris"),
    "doctor": (),
    "explain": ("1812.09195", "--no-network"),
    "index build": ("snapshot.jsonl", "--jobs", "1"),
    "index info": (),
    "index search": (WHALES,),
    "index update": ("snapshot.jsonl", "--jobs", "1"),
    "log": (),
    "login": ("--file",),
    "new": ("reader", "owl-list"),
    "plugins": (),
    "read": ("digest.txt",),
    "rekey": ("refs.bib", "--key-format", "auth + year"),
    "report": ("digest.txt", "--no-network", "-o", "page.html"),
    "resolve": ("titles.txt", "--jobs", "1", "-o", "found.jsonl"),
    "review": ("digest.txt", "--no-network", "--list"),
    "sync-zotero": ("digest.txt", "--no-network", "--no-pdf", "--dry-run"),
    "themes discover": ("pile.bib", "-o", "themes.toml"),
    "themes explain": (WEB,),
    "themes learn": ("pile.bib", "--propose", "digest.txt", "--no-network"),
    "themes list": (),
    "themes test": ("labels.jsonl",),
    "undo": ("--dry-run",),
    "upgrade": ("refs.bib", "--no-network"),
    "watch": ("digest.txt", "--into", "new.bib", "--no-network"),
}


# What a shell reads has no other shape.
WITHOUT = {"completion": "prints a script"}


def test_every_command_is_tried() -> None:
    assert sorted(commands()) == sorted({*RUNS, *WITHOUT})


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from keys(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            if name not in _FREE or not isinstance(each, dict):
                yield from keys(each)


@pytest.mark.parametrize("name", RUNS)
def test_it_prints_one_document_whose_keys_are_documented(name: str, world: ZoteroServer, root: Path) -> None:
    done = run(*name.split(), *RUNS[name], "--json", stdin=f"{world.key}\n")
    assert done.exit_code in {0, 1, 3}, done.stderr
    document = json.loads(done.stdout)
    assert document["version"] == 1
    assert world.key not in done.stdout
    if name != "bench":  # whose figures have a page of their own
        assert set(keys(document)) - {"version"} <= set(named(root, name))


def named(root: Path, command: str) -> Iterator[str]:
    """Yield the words in code of the section on a command, and of the sections to which it leads."""
    page = (root / "docs/json.md").read_text(encoding="utf-8")
    heads = {"explain": "refkit explain ID", "sync-zotero": "refkit sync-zotero"}
    sections = [part for part in page.split("\n## ") if heads.get(command, f"refkit {command}") in part.splitlines()[0]]
    assert sections, f"docs/json.md has no section on refkit {command}"
    if command in {"report", "review", "sync-zotero"}:
        sections += [part for part in page.split("\n## ") if part.startswith("`refkit bibtex")]
    if command == "themes test":  # whose faults are accounts as that explains them
        sections += [part for part in page.split("\n## ") if part.startswith("`refkit themes explain")]
    for section in sections:
        yield from re.findall(r'[`"]([a-z_0-9]+)[`"]', section)


@pytest.mark.parametrize("name", ["convert", "report", "resolve", "themes discover"])
def test_what_prints_its_result_cannot_print_json_too(name: str, world: ZoteroServer) -> None:
    assert world
    arguments = [
        each for each in RUNS[name] if each not in {"-o", "refs.ris", "page.html", "found.jsonl", "themes.toml"}
    ]
    refused = run(*name.split(), *arguments, "--json", *(("--to", "ris") if name == "convert" else ()))
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert "--output" in refused.stderr


def test_a_review_tells_at_its_end_what_was_removed(world: ZoteroServer) -> None:
    assert world
    run("bibtex", "digest.txt", "--no-network", "--lock", "-o", "refs.bib")
    Path("digest.txt").write_text(f"{WEB}\n", encoding="utf-8")
    document = json.loads(run("review", "digest.txt", "--prune", "--json").stdout)
    assert [each["title"] for each in document["removed"]] == [SEA]


def test_an_undo_tells_what_it_did(world: ZoteroServer) -> None:
    assert world
    document = json.loads(run("undo", "--json").stdout)
    assert document["trashed"] == [WEB]
    assert document["steps"][0]["what"] == "trash"
    syncs = json.loads(run("log", "--json").stdout)["syncs"]
    assert [(each["kind"], each["undone"]) for each in syncs] == [("undo", False), ("sync", True)]


Check = Callable[[dict[str, Any]], bool]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("rekey", lambda told: told["keys"] == {"gur2018learning": "Gur2018"} and told["written"]),
        ("convert", lambda told: told["entries"] == 1 and told["format"] == "ris"),
        ("resolve", lambda told: told["counts"]["matched"] == told["titles"] == 1),
        ("index build", lambda told: told["records"] == 1 and told["left_out"] == 0),
        ("index update", lambda told: (told["new"], told["changed"]) == (0, 0)),
        ("upgrade", lambda told: told["written"] is False),
        ("login", lambda told: told["username"] == "ada" and told["may_write"]),
    ],
)
def test_it_says_what_was_done(name: str, right: Check, world: ZoteroServer) -> None:
    told = json.loads(run(*name.split(), *RUNS[name], "--json", stdin=f"{world.key}\n").stdout)
    assert right(told), told
