"""The .bib file that is merged into: what is refused when it is opened, and what is written when."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from refkit.errors import ConfigError, UsageError, WriteRefused
from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.writers.bib_merge import Merge
from refkit.writers.bib_target import BibTarget
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter

WORK = Work(
    record=ArxivRecord(
        arxiv_id="1812.09195",
        title="Learning to Navigate the Web",
        authors=(Author(family="Gur", given="Izzeddin"),),
        submitted=PartialDate(2018, 12, 21),
    )
)


@pytest.fixture
def bib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("refs.bib")


def planned(bib: Path, writer: BibtexWriter | None = None) -> tuple[BibTarget, Merge]:
    target = BibTarget(bib)
    return target, target.plan([WORK], writer or BibtexWriter())


def test_a_new_file_is_made_with_its_state_and_is_then_as_it_should_be(bib: Path) -> None:
    target, merge = planned(bib)
    assert target.diff(merge).startswith("--- refs.bib\n+++ refs.bib\n@@ -0,0 +1,")
    assert target.write(merge)
    assert bib.read_text("utf-8") == merge.text
    assert BibTarget(bib).state == merge.state
    again, same = planned(bib)
    assert again.diff(same) == ""
    assert not again.write(same)


def test_a_file_of_nothing_is_made_and_no_state_beside_it(bib: Path) -> None:
    target = BibTarget(bib)
    assert not target.write(target.plan([], BibtexWriter()))
    assert [path.name for path in Path().iterdir()] == ["refs.bib"]
    assert bib.read_bytes() == b""


def test_a_state_without_its_file_counts_for_nothing(bib: Path) -> None:
    target, merge = planned(bib)
    target.write(merge)
    bib.unlink()
    assert BibTarget(bib).state == {}
    assert len(planned(bib)[1].added) == 1


def test_a_state_that_was_lost_is_written_again(bib: Path) -> None:
    target, merge = planned(bib)
    target.write(merge)
    Path("refs.bib.refkit").unlink()
    again, same = planned(bib)
    assert not again.write(same)
    assert BibTarget(bib).state == same.state != {}
    late = BibTarget(bib)
    Path("refs.bib.refkit").unlink()
    assert not late.write(late.plan([WORK], BibtexWriter()))
    assert BibTarget(bib).state == same.state


def test_a_state_that_is_as_it_was_is_not_written_anew(bib: Path) -> None:
    target, merge = planned(bib)
    target.write(merge)
    state = Path("refs.bib.refkit")
    state.write_text(f"\n{state.read_text('utf-8')}", "utf-8")
    again, same = planned(bib)
    again.write(same)
    assert state.read_text("utf-8").startswith("\n")


def test_no_backup_is_kept_unasked(bib: Path) -> None:
    bib.write_bytes(b"% mine\n")
    target, merge = planned(bib)
    target.write(merge)
    assert not Path("refs.bib.bak").exists()
    assert target.diff(merge).startswith("--- refs.bib\n+++ refs.bib\n@@ -1 +1,")


def test_type_keys_and_choices_are_those_of_the_writer_and_the_user(bib: Path) -> None:
    target, merge = planned(bib, BiblatexWriter())
    assert merge.text.startswith("@online{gur2018learning,")
    target.write(merge)
    bib.write_text(merge.text.replace("Navigate", "Steer"), "utf-8")
    other = BibTarget(bib)
    assert "Steer" in other.plan([WORK], BiblatexWriter()).text
    assert "Navigate" in other.plan([WORK], BiblatexWriter(), update=["title"]).text
    bib.write_text("", "utf-8")
    emptied = BibTarget(bib)
    assert emptied.plan([WORK], BiblatexWriter()).added == ()
    assert len(emptied.plan([WORK], BiblatexWriter(), recreate=True).added) == 1


@pytest.mark.parametrize("name", ["notes.txt", "paper.tex"])
@pytest.mark.parametrize(
    "text", ["", "% note\n", "\ufeff \t\n  % note\n", "@misc{a, title={x}}\n", "\n@comment{x}", "% x\n@string{a={b}}"]
)
def test_a_file_of_another_name_is_taken_if_nothing_speaks_against_it(bib: Path, name: str, text: str) -> None:
    other = bib.with_name(name)
    other.write_text(text, "utf-8")
    assert len(planned(other)[1].added) == 1


@pytest.mark.parametrize("name", ["refs.bib", "REFS.BIB", "refs.bibtex", "refs.BibTeX"])
def test_text_in_a_bib_file_is_a_note(bib: Path, name: str) -> None:
    named = bib.with_name(name)
    named.write_text("My references\n", "utf-8")
    assert len(planned(named)[1].added) == 1


def test_other_text_is_refused_with_the_line_that_shows_it(bib: Path) -> None:
    other = bib.with_name("paper.tex")
    other.write_text("% a paper\n\n \\documentclass{article}\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        BibTarget(other)
    assert str(caught.value) == "paper.tex:3: this is no BibTeX, and no entry follows; name a .bib file."


def test_a_file_of_broken_entries_alone_is_refused_and_one_sound_block_is_enough(bib: Path) -> None:
    broken = "\n@misc{a, title = {x\n"
    bib.write_text(broken, "utf-8")
    with pytest.raises(UsageError) as caught:
        BibTarget(bib)
    assert str(caught.value).startswith("refs.bib:2: no entry can be read (line 2: the brace")
    for sound in ("@string{a={b}}", "@comment{x}", "@misc{b}"):
        bib.write_text(sound + broken, "utf-8")
        assert len(planned(bib)[1].added) == 1


def a_folder(bib: Path) -> None:
    bib.mkdir()


def a_socket(bib: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(bib))


def a_link_to_itself(bib: Path) -> None:
    bib.symlink_to(bib)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (a_folder, "refs.bib is a folder; name a .bib file in it."),
        (a_socket, "refs.bib is no regular file."),
        (a_link_to_itself, "refs.bib cannot be read (Too many levels of symbolic links)."),
    ],
)
def test_what_is_no_file_is_refused(bib: Path, make: Callable[[Path], None], said: str) -> None:
    make(bib)
    with pytest.raises(UsageError) as caught:
        BibTarget(bib)
    assert str(caught.value) == said


@pytest.mark.parametrize("mode", [0o444, 0o555])
def test_a_read_only_file_is_refused_even_where_it_could_be_replaced(bib: Path, mode: int) -> None:
    bib.write_bytes(b"")
    bib.chmod(mode)
    with pytest.raises(WriteRefused, match=r"^refs.bib is read-only; make it writable \(`chmod u\+w refs.bib`\)"):
        BibTarget(bib)


def test_so_is_one_that_others_may_write_and_this_user_not(bib: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bib.write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(WriteRefused):
        BibTarget(bib)


def test_a_folder_that_is_not_there_is_named(bib: Path) -> None:
    with pytest.raises(UsageError) as caught:
        BibTarget(bib.parent / "no" / bib)
    assert str(caught.value) == f"no/refs.bib: the folder {Path('no').resolve()} does not exist; make it first."


def spoilt(state: Path) -> None:
    state.write_bytes(b"\xff")


def a_folder_there(state: Path) -> None:
    state.mkdir()


@pytest.mark.parametrize("make", [spoilt, a_folder_there])
def test_a_state_that_cannot_be_read_is_named(bib: Path, make: Callable[[Path], None]) -> None:
    bib.write_bytes(b"")
    make(Path("refs.bib.refkit"))
    with pytest.raises(ConfigError) as caught:
        BibTarget(bib)
    where = Path("refs.bib.refkit").resolve()
    assert str(caught.value) == f"{where} cannot be read; remove it, and what differs counts as yours."
