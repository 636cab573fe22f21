from __future__ import annotations

import os
from pathlib import Path

import pytest

from refkit.errors import WriteConflict, WriteError
from refkit.files import replace_unchanged, write_atomic


def test_a_file_is_written_and_said_to_have_changed(tmp_path: Path) -> None:
    target = tmp_path / "refs.bib"
    assert write_atomic(target, "é\n")
    assert target.read_bytes() == b"\xc3\xa9\n"
    before = target.stat().st_mtime_ns
    assert not write_atomic(target, "é\n")
    assert target.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["refs.bib"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "real.bib", tmp_path / "link.bib"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new.bib", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "new.bib").stat().st_mode & 0o777 == 0o640


def test_what_stood_there_survives_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "refs.bib"
    target.write_text("precious")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"refs\.bib could not be written \(No space left on device\)"):
        write_atomic(target, "half")
    assert target.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["refs.bib"]


def test_ctrl_c_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "refs.bib", "half")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_and_a_missing_folder_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a folder; name a file in it"):
        write_atomic(tmp_path, "x")
    with pytest.raises(WriteError, match="does not exist; make it first"):
        write_atomic(tmp_path / "no" / "refs.bib", "x")


def test_a_device_is_written_through() -> None:
    assert write_atomic(Path(os.devnull), "x")


def test_what_is_not_there_is_made_unless_another_program_was_faster(tmp_path: Path) -> None:
    path = tmp_path / "refs.bib"
    assert replace_unchanged(path, None, b"new", backup=True)
    assert [each.name for each in tmp_path.iterdir()] == ["refs.bib"]
    with pytest.raises(WriteConflict, match=r"refs\.bib was changed by another program meanwhile"):
        replace_unchanged(path, None, b"mine")
    with pytest.raises(WriteConflict, match=r"gone\.bib was changed by another program meanwhile"):
        replace_unchanged(tmp_path / "gone.bib", b"old", b"mine")
    with pytest.raises(WriteError, match=r"the folder .* does not exist; make it first"):
        replace_unchanged(tmp_path / "none" / "refs.bib", None, b"mine")
    assert replace_unchanged(path, b"new", b"newer", backup=True)
    assert (path.read_bytes(), (tmp_path / "refs.bib.bak").read_bytes()) == (b"newer", b"new")
