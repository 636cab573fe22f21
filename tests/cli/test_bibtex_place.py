"""`refkit bibtex --format NAME` with writers that keep a place: the example for Obsidian, and one whose disk fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

NAVIGATE, FAIRNESS, VOXPOSER = "1812.09195", "1909.11869", "2307.05973"
# Keeps its papers as lines of a file; of those that `fails` beside it names, none can be written.
SHELF = """
from pathlib import Path

from refkit.model import Change, Op, Report


class Shelf:
    name = "shelf"

    def __init__(self, folder):
        self._folder = Path(folder)

    @classmethod
    def open(cls, settings, surroundings):
        return cls(settings["path"])

    def plan(self, works):
        there = self._there()
        return [self._change(work, there) for work in sorted(works, key=lambda work: work.record.arxiv_id)]

    def _change(self, work, there):
        own = work.record.arxiv_id
        if own in there:
            return Change(op=Op.KEEP, key=own, work=work)
        diff = {"line": ("", "a line\\n" + "of it " * 20), "shelf mark": ("old", "")}
        return Change(op=Op.CREATE, key=own, work=work, diff=diff)

    def apply(self, changes):
        fails = self._folder / "fails"
        fails = fails.read_text().split() if fails.exists() else []
        failed = [(change, "the pencil is broken") for change in changes if change.key in fails]
        done = [change for change in changes if change.key not in fails and "fire" not in fails]
        (self._folder / "shelf.txt").write_text("".join(change.key + "\\n" for change in done))
        return Report(
            done=tuple(done),
            failed=tuple(failed),
            outage="the library is on fire" if "fire" in fails else "",
            lacking=("a card is missing",) if "card" in fails else (),
            remarks=("the shelf is full",) if "full" in fails else (),
        )

    def _there(self):
        file = self._folder / "shelf.txt"
        return file.read_text().split() if file.exists() else []
"""


@pytest.fixture
def place(folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install both plug-ins for the run; the shelf stands in `shelf`, of which the words given fail."""
    site = folder / "site"
    for name, target, package in (
        ("obsidian", "refkit_obsidian:ObsidianWriter", "refkit_obsidian"),
        ("shelf", "shelf_of_a_test:Shelf", "shelf_of_a_test"),
    ):
        info = site / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[refkit.writers]\n{name} = {target}\n", encoding="utf-8")
    (site / "shelf_of_a_test.py").write_text(SHELF, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(root / "docs/examples/refkit-obsidian"))
    (folder / "shelf").mkdir()

    def failing(*words: str) -> None:
        (folder / "shelf" / "fails").write_text(" ".join(words), encoding="utf-8")

    yield failing
    for package in ("refkit_obsidian", "shelf_of_a_test"):
        sys.modules.pop(package, None)


@pytest.fixture
def keep(cli: Callable[..., Result], place: Callable[..., None]) -> Callable[..., Result]:
    """Run `refkit bibtex digest.txt --no-network` with further arguments."""
    place()

    def run(*arguments: str, code: int = 0) -> Result:
        return cli("bibtex", "digest.txt", "--no-network", *arguments, code=code)

    return run


def test_notes_are_planned_written_and_kept(keep: Callable[..., Result], folder: Path) -> None:
    planned = keep("--format", "obsidian", "-o", "vault", "--dry-run")
    lines = planned.stdout.splitlines()
    assert lines[0] == f"create  {NAVIGATE}  Learning to Navigate the Web"
    assert lines[1].startswith("  note: (nothing) -> ")
    assert [line.split()[1] for line in lines[::2]] == [NAVIGATE, FAIRNESS, VOXPOSER]
    assert "refkit: obsidian: would be 3 create" in planned.stderr
    assert not (folder / "vault").exists()

    written = keep("--format", "obsidian", "-o", "vault")
    assert written.stdout == ""
    assert "refkit: obsidian: 3 create" in written.stderr
    before = {path.name: path.read_text("utf-8") for path in (folder / "vault").iterdir()}
    assert len(before) == 3

    assert "refkit: obsidian: 3 keep" in keep("--format", "obsidian", "-o", "vault").stderr
    assert {path.name: path.read_text("utf-8") for path in (folder / "vault").iterdir()} == before


def test_the_format_and_its_place_may_stand_in_the_settings(keep: Callable[..., Result], folder: Path) -> None:
    (folder / "refkit.toml").write_text('format = "obsidian"\n[writers.obsidian]\npath = "notes"\n', encoding="utf-8")
    assert "refkit: obsidian: 3 create" in keep().stderr
    assert len(list((folder / "notes").iterdir())) == 3
    assert "refkit: obsidian: 3 create" in keep("-o", "other").stderr  # --output wins
    assert len(list((folder / "other").iterdir())) == 3


def test_values_of_the_plan_are_short_and_on_one_line(keep: Callable[..., Result]) -> None:
    lines = keep("--format", "shelf", "-o", "shelf", "--dry-run").stdout.splitlines()
    assert lines[1].startswith("  line: (nothing) -> a line of it of it")
    assert len(lines[1]) < 100
    assert lines[2] == "  shelf mark: old -> (nothing)"


def test_the_plan_as_json_and_what_became_of_it(
    keep: Callable[..., Result], place: Callable[..., None], folder: Path
) -> None:
    place(FAIRNESS)
    planned = json.loads(keep("--format", "shelf", "-o", "shelf", "--dry-run", "--json").stdout)["plan"]
    assert [(each["op"], each["arxiv_id"], each["applied"], each["failure"]) for each in planned] == [
        ("create", NAVIGATE, False, ""), ("create", FAIRNESS, False, ""), ("create", VOXPOSER, False, "")
    ]  # fmt: skip
    assert planned[0]["title"] == "Learning to Navigate the Web"
    assert planned[0]["diff"]["shelf mark"] == ["old", ""]
    assert not (folder / "shelf/shelf.txt").exists()

    done = json.loads(keep("--format", "shelf", "-o", "shelf", "--json", code=1).stdout)["plan"]
    assert [(each["applied"], each["failure"]) for each in done] == [
        (True, ""), (False, "the pencil is broken"), (True, "")
    ]  # fmt: skip


def test_what_could_not_be_written_is_told_and_fails(keep: Callable[..., Result], place: Callable[..., None]) -> None:
    place(FAIRNESS)
    told = keep("--format", "shelf", "-o", "shelf", code=1)
    assert told.stdout == ""
    assert f"refkit: {FAIRNESS}: the pencil is broken\n" in told.stderr
    assert "refkit: shelf: 2 create\n" in told.stderr
    place()
    assert "refkit: shelf: 1 create, 2 keep\n" in keep("--format", "shelf", "-o", "shelf").stderr


def test_an_outage_is_told_and_has_an_exit_code_of_its_own(
    keep: Callable[..., Result], place: Callable[..., None]
) -> None:
    place("fire")
    told = keep("--format", "shelf", "-o", "shelf", code=3).stderr
    assert "refkit: the library is on fire\n" in told
    assert "refkit: shelf: nothing to do\n" in told


def test_remarks_and_what_is_lacking_are_told(keep: Callable[..., Result], place: Callable[..., None]) -> None:
    place("card", "full")
    told = keep("--format", "shelf", "-o", "shelf").stderr
    assert "refkit: the shelf is full\nrefkit: a card is missing\n" in told


@pytest.mark.parametrize("option", [["--into", "refs.bib"], ["--update", "fill"], ["--backup"], ["--recreate"]])
def test_options_of_a_bib_file_are_refused(
    option: list[str], refused: Callable[..., str], place: Callable[..., None], folder: Path
) -> None:
    place()
    said = refused("bibtex", "digest.txt", "--format", "shelf", "-o", "shelf", *option)
    assert said == f"{option[0]} is for a .bib file, and --format shelf writes none; leave it out."
    assert not (folder / "shelf/shelf.txt").exists()


def test_a_place_that_needs_a_path_asks_for_it(refused: Callable[..., str], place: Callable[..., None]) -> None:
    place()
    said = refused("bibtex", "digest.txt", "--format", "obsidian")
    assert "name the folder of the notes: `path` in [writers.obsidian], or --output" in said
