"""`refkit bibtex --into`: a .bib file of the user, merged into, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import refkit
from refkit.cli import main
from refkit.writers import bib_target
from refkit.writers.bib_merge import Merge
from refkit.writers.bib_target import BibTarget

MINE = (
    b'\xef\xbb\xbf% My references\r\n@string{me = "Me"}\r\n\r\n@Article{web,\r\n\tauthor = {Izzeddin Gur and others},'
    b"\r\n\tTitle = {Learning to navigate the {Web}},\r\n\tnote = {arXiv:1812.09195}\r\n}\r\n"
)
pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def bib(folder: Path) -> Path:
    path = folder / "refs.bib"
    path.write_bytes(MINE)
    return path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["bibtex", "digest.txt", "--no-network", "--into", "refs.bib", *arguments])
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    return result


def test_a_file_is_merged_into_and_a_second_run_changes_nothing(bib: Path) -> None:
    result = run()
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "refkit: refs.bib: 2 added, 1 updated, 0 as they are\n" in result.stderr
    assert "  updated web: archiveprefix, eprint, keywords, primaryclass\n" in result.stderr
    assert "  web (line 4), author: yours Izzeddin Gur and others; ours Gur, Izzeddin and Rueck" in result.stderr
    first = bib.read_bytes()
    assert first.startswith(MINE[:-5] + b",\r\n\teprint = {1812.09195},\r\n")
    assert first.count(b"\n") == first.count(b"\r\n")
    state = Path("refs.bib.refkit").read_bytes()
    stamp = bib.stat().st_mtime_ns
    assert "0 added, 0 updated, 3 as they are" in run().stderr
    assert (bib.read_bytes(), Path("refs.bib.refkit").read_bytes(), bib.stat().st_mtime_ns) == (first, state, stamp)


def test_a_dry_run_prints_a_diff_and_writes_nothing(bib: Path) -> None:
    result = run("--dry-run")
    assert result.stdout.startswith("--- refs.bib\n+++ refs.bib\n@@ ")
    assert "+\teprint = {1812.09195}," in result.stdout
    assert "\x1b" not in result.stdout
    assert "2 would be added, 1 would be updated" in result.stderr
    assert bib.read_bytes() == MINE
    assert sorted(path.name for path in Path().iterdir()) == ["digest.txt", "refs.bib"]


def test_update_writes_over_what_is_kept(bib: Path) -> None:
    result = run("--update", "author, TITLE")
    assert "kept as you have them" not in result.stderr
    assert b"\tauthor = {Gur, Izzeddin and Rueckert" in bib.read_bytes()


def test_a_backup_is_the_file_as_it_was(bib: Path) -> None:
    bib.chmod(0o640)
    run("--backup")
    assert Path("refs.bib.bak").read_bytes() == MINE
    assert bib.stat().st_mode & 0o777 == 0o640


def test_a_new_file_is_what_is_written_without_into() -> None:
    assert "3 added" in run().stderr
    alone = CliRunner().invoke(main, ["bibtex", "digest.txt", "--no-network"]).stdout
    assert Path("refs.bib").read_text(encoding="utf-8") == alone


def test_json_tells_all(bib: Path) -> None:
    told = json.loads(run("--json", "--dry-run").stdout)["merge"]
    assert [each["arxiv_id"] for each in told["added"]] == ["2307.05973", "1909.11869"]
    assert told["updated"][0]["fields"]["eprint"] == {"old": "", "new": "1812.09195"}
    assert told["kept"][0]["field"] == "author"
    assert bib.read_bytes() == MINE


def test_a_link_stays_a_link(bib: Path, folder: Path) -> None:
    (folder / "real").mkdir()
    bib.rename("real/mine.bib")
    bib.symlink_to("real/mine.bib")
    run()
    assert bib.is_symlink()
    assert Path("real/mine.bib").read_bytes() != MINE
    assert Path("real/mine.bib.refkit").exists()


def test_the_folder_of_the_file_can_be_the_digest(bib: Path) -> None:
    run()
    first = bib.read_bytes()
    result = CliRunner().invoke(main, ["bibtex", ".", "--no-network", "--into", "refs.bib"])
    assert "3 titles: 3 matched" in result.stderr
    assert bib.read_bytes() == first


def test_a_broken_entry_of_one_paper_stops_only_that_one(bib: Path) -> None:
    broken = b"@misc{a, title = {ok}}\n@misc{vox,\n eprint = {2307.05973}\n year = 2023\n}\n"
    bib.write_bytes(broken)
    result = run()
    assert result.exit_code == 1
    assert "refkit: refs.bib:2: 'VoxPoser: " in result.stderr
    assert "stands here in a broken entry (line 3: a comma or the end" in result.stderr
    assert broken in bib.read_bytes()
    assert "2 added" in result.stderr


def read_only(bib: Path) -> None:
    bib.chmod(0o444)


def folder_there(bib: Path) -> None:
    bib.unlink()
    bib.mkdir()


def utf16(bib: Path) -> None:
    bib.write_bytes("@misc{a}".encode("utf-16"))


def all_broken(bib: Path) -> None:
    bib.write_bytes(b"\n@misc{a, title = {x\n")


def bad_state(bib: Path) -> None:
    Path(f"{bib}.refkit").write_text('{"refkit_merge": 1}\n{"key": 1}\n', encoding="utf-8")


def newer_state(bib: Path) -> None:
    Path(f"{bib}.refkit").write_text('{"refkit_merge": 2}\n', encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (read_only, "refkit: refs.bib is read-only; make it writable (`chmod u+w refs.bib`) or name another file.\n"),
        (folder_there, "refkit: refs.bib is a folder; name a .bib file in it.\n"),
        (utf16, "refkit: refs.bib is no text in UTF-8 or Latin-1; save it as UTF-8.\n"),
        (all_broken, "refkit: refs.bib:2: no entry can be read (line 2: the brace that opens the value of `title` is"),
        (bad_state, "refs.bib.refkit:2: this line cannot be used ("),
        (newer_state, "refs.bib.refkit:1: a newer refkit wrote this (format 2); update refkit.\n"),
    ],
)
def test_what_cannot_be_merged_into_is_refused_before_anything_is_asked(
    bib: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(bib)
    result = run()
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_other_files_and_options_are_refused(folder: Path) -> None:
    (folder / "paper.tex").write_text("\\documentclass{article}\n", encoding="utf-8")
    for arguments, sentence in [
        (["--into", "paper.tex"], "paper.tex:1: this is no BibTeX, and no entry follows; name a .bib file."),
        (["--into", "refs.bib", "-o", "x.bib"], "leave out one of them"),
        (["--dry-run"], "--dry-run only goes with --into"),
        (["--into", "none/refs.bib"], "does not exist; make it first"),
    ]:
        result = CliRunner().invoke(main, ["bibtex", "digest.txt", *arguments])
        assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr


def test_a_file_that_was_changed_meanwhile_is_left(bib: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = BibTarget.write

    def late(self: BibTarget, merge: Merge, **options: Any) -> bool:
        bib.write_bytes(MINE + b"% saved by an editor\n")
        return write(self, merge, **options)

    monkeypatch.setattr(bib_target.BibTarget, "write", late)
    result = run()
    assert result.exit_code == 2
    assert "refs.bib was changed by another program meanwhile; nothing is written. Run it again." in result.stderr
    assert bib.read_bytes() == MINE + b"% saved by an editor\n"
    assert not Path("refs.bib.refkit").exists()


def test_from_python(bib: Path) -> None:
    works = refkit.works(refkit.resolve(refkit.read("digest.txt"), sources=refkit.open_sources(["catalogue"])))
    assert len(refkit.merge_bibtex("refs.bib", works, dry_run=True).added) == 2
    assert bib.read_bytes() == MINE
    assert refkit.merge_bibtex(bib, works, backup=True).untouched == 0
    assert refkit.merge_bibtex(bib, works).untouched == 3
