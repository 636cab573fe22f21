"""`refkit bibtex --into`, as a user runs it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

MINE = '% my references\r\n@string{me = "Me"}\r\n\r\n@book{knuth1984, title = {The {TeX}book}, author = me}\r\n'
COMMAND = ("bibtex", "digest.txt", "--no-network", "--into", "refs.bib")


def test_papers_are_added_and_the_second_run_changes_nothing(folder: Path, cli: Callable[..., Result]) -> None:
    bib = folder / "refs.bib"
    bib.write_bytes(MINE.encode())
    first = cli(*COMMAND, "--backup")
    after = bib.read_bytes()
    assert after.startswith(MINE.rstrip().encode())
    assert after.count(b"@misc{") == 3
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert "refkit: refs.bib: 3 added, 0 updated, 0 as they were" in first.stderr
    assert first.stdout == ""
    assert (folder / "refs.bib.bak").read_bytes() == MINE.encode()
    again = cli(*COMMAND)
    assert bib.read_bytes() == after
    assert "refkit: refs.bib is left as it is; it has all 3 of these papers" in again.stderr


def test_a_file_that_is_not_there_is_made(folder: Path, cli: Callable[..., Result]) -> None:
    cli(*COMMAND)
    assert (folder / "refs.bib").read_text("utf-8").count("@misc{") == 3


def test_an_edit_stays_is_told_and_can_be_overruled(folder: Path, cli: Callable[..., Result]) -> None:
    bib = folder / "refs.bib"
    cli(*COMMAND)
    edited = bib.read_text("utf-8").replace("Learning to Navigate the Web", "Learning to Walk")
    bib.write_text(edited, "utf-8")
    told = cli(*COMMAND).stderr
    assert bib.read_text("utf-8") == edited
    assert "gur2018learning: title stays as you have it ('Learning to Walk'); ours is 'Learning to Navigate" in told
    cli(*COMMAND, "--update", "title")
    assert "Learning to Navigate the Web" in bib.read_text("utf-8")


def test_a_dry_run_prints_a_diff_and_writes_nothing(folder: Path, cli: Callable[..., Result]) -> None:
    bib = folder / "refs.bib"
    bib.write_bytes(MINE.encode())
    done = cli(*COMMAND, "--dry-run")
    assert bib.read_bytes() == MINE.encode()
    assert not (folder / "refs.bib.refkit").exists()
    assert "+@misc{gur2018learning," in done.stdout
    assert "\x1b" not in done.stdout
    assert "3 added, 0 updated, 0 as they were (nothing is written)" in done.stderr


def test_json_tells_what_was_decided_and_the_file_is_merged(folder: Path, cli: Callable[..., Result]) -> None:
    done = cli(*COMMAND, "--json")
    assert done.stdout.startswith("{")
    assert (folder / "refs.bib").exists()


def test_links_and_permissions_stay(folder: Path, cli: Callable[..., Result]) -> None:
    real = folder / "real.bib"
    real.write_text("% mine\n", "utf-8")
    real.chmod(0o640)
    (folder / "refs.bib").symlink_to(real)
    cli(*COMMAND)
    assert (folder / "refs.bib").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "@misc{" in real.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output", "x.bib"), "--into changes a .bib, --output writes one anew; give one of them."),
        (("--dry-run", "--json"), "--dry-run prints a diff and --json an answer; give one of them."),
    ],
)
def test_options_that_exclude_each_other(arguments: tuple[str, ...], message: str, cli: Callable[..., Result]) -> None:
    assert message in cli(*COMMAND, *arguments, code=2).stderr


def test_options_of_into_need_it(cli: Callable[..., Result]) -> None:
    told = cli("bibtex", "digest.txt", "--no-network", "--backup", "--update", "title", code=2).stderr
    assert "--update and --backup belong to --into FILE; name the .bib with it." in told


def test_a_folder_a_broken_file_and_a_broken_memory_are_sentences(folder: Path, cli: Callable[..., Result]) -> None:
    bib = folder / "refs.bib"
    bib.mkdir()
    assert "refs.bib is a folder; name a .bib file in it." in cli(*COMMAND, code=2).stderr
    bib.rmdir()
    bib.write_text("\n\n@misc{a, title = {never closed\n", "utf-8")
    assert (
        "refs.bib: no entry can be read; line 3: the brace that opens the value of `title` is never closed"
        in cli(*COMMAND, code=2).stderr
    )
    assert bib.read_text("utf-8") == "\n\n@misc{a, title = {never closed\n"
    bib.write_text("", "utf-8")
    (folder / "refs.bib.refkit").write_text("no\n", "utf-8")
    assert "refs.bib.refkit:1: this is not what refkit remembers" in cli(*COMMAND, code=2).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_is_a_sentence(folder: Path, cli: Callable[..., Result]) -> None:
    bib = folder / "refs.bib"
    bib.write_text(MINE, "utf-8")
    bib.chmod(0o444)
    assert "refs.bib is read-only" in cli(*COMMAND, code=2).stderr


def test_a_file_that_an_editor_changes_meanwhile_is_not_overwritten(
    folder: Path, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from refkit.writers.bib_merge import plan_merge

    bib = folder / "refs.bib"
    bib.write_text(MINE, "utf-8")

    def slow(*given: object, **named: object) -> object:
        bib.write_text("@misc{new, title={saved meanwhile}}\n", "utf-8")
        return plan_merge(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("refkit.merging.plan_merge", slow)
    assert "refs.bib was changed by another program meanwhile; nothing is written" in cli(*COMMAND, code=2).stderr
    assert bib.read_text("utf-8") == "@misc{new, title={saved meanwhile}}\n"


def test_ten_thousand_names_and_a_large_file(folder: Path, cli: Callable[..., Result]) -> None:
    names = " and ".join(f"Name{number}, A." for number in range(10_000))
    large = "".join(f"@misc{{k{number}, title = {{T{number}}}, author = {{A, B}}}}\n" for number in range(3_000))
    bib = folder / "refs.bib"
    bib.write_text(f"@misc{{many, title = {{T}}, author = {{{names}}}}}\n{large}", "utf-8")
    cli(*COMMAND)
    assert bib.read_text("utf-8").count("@misc{") == 3_004
