"""Folders and patterns: which files are digests, in which order, and what is passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from refkit.digests.finding import find_digests
from refkit.errors import DigestError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `mails` in the current one."""
    monkeypatch.chdir(tmp_path)
    files = {
        "b.txt": b"Mamba\n",
        "a.eml": b"Subject: x\n",
        "sub/c.html": b"<p>Mamba</p>\n",
        "sub/deep/refs.bib": b"@misc{a, title={Mamba}}\n",
        "no-ending": b"Mamba\n",
        "papers.yml": b"- title: Mamba\n",
        "wide.txt": "Mamba\n".encode("utf-16"),
        ".hidden/d.txt": b"Mamba\n",
        ".DS_Store": b"x",
        "p.pdf": b"%PDF-1.7\n",
        "picture.txt": b"\x89PNG\r\n\x1a\n",
        "drawing.SVG": b"<svg/>",
        "sub/style.css": b"p {}",
        "refkit.toml": b"network = false\n",
        "refkit.lock": b"{}",
        "empty.txt": b" \n",
        "film.mp4": b"\0\0\0\x20ftypisom",
    }
    for name, data in files.items():
        path = tmp_path / "mails" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "mails"


def find(*names: str, leave_out: str = "") -> list[str]:
    return [digest.replace(os.sep, "/") for digest in find_digests(names, leave_out=leave_out).digests]


ALL = ["a.eml", "b.txt", "no-ending", "papers.yml", "sub/c.html", "sub/deep/refs.bib", "wide.txt"]


@pytest.mark.parametrize("name", ["mails", "mails/", "./mails"])
def test_all_files_of_a_folder_are_found_in_order(folder: Path, name: str) -> None:
    assert folder
    assert find(name) == [f"{name.rstrip('/')}/{each}" for each in ALL]


def test_what_is_plainly_no_digest_is_passed_over_with_its_reason(folder: Path) -> None:
    found = find_digests([str(folder)])
    assert {Path(each.path).relative_to(folder).as_posix(): each.reason for each in found.passed_over} == {
        ".hidden": "hidden",
        ".DS_Store": "hidden",
        "p.pdf": "a PDF file",
        "picture.txt": "a PNG image",
        "drawing.SVG": "a picture",
        "sub/style.css": "a part of a web page",
        "refkit.toml": "data of a program",
        "refkit.lock": "data of a program",
        "empty.txt": "empty",
        "film.mp4": "not text",
    }
    assert not found.named


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("mails/*.eml", ["mails/a.eml"]),
        ("mails/*/*.html", ["mails/sub/c.html"]),
        ("mails/**/*.[bt][ix][bt]", ["mails/b.txt", "mails/sub/deep/refs.bib", "mails/wide.txt"]),
        ("mails/s*", ["mails/sub/c.html", "mails/sub/deep/refs.bib"]),
        ("m?ils", [f"mails/{each}" for each in ALL]),
    ],
)
def test_a_pattern_gives_the_files_that_have_it(folder: Path, pattern: str, names: list[str]) -> None:
    assert folder
    assert find(pattern) == names


def test_each_file_is_given_once_and_what_is_named_is_known(folder: Path) -> None:
    assert folder
    found = find_digests(["mails/b.txt", "mails", "mails/*.eml", "-", "none.txt"])
    assert [each.replace(os.sep, "/") for each in found.digests] == [
        "mails/b.txt", "mails/a.eml", *(f"mails/{each}" for each in ALL[2:]), "-", "none.txt",
    ]  # fmt: skip
    assert found.named == {"mails/b.txt", "-", "none.txt"}


def test_a_file_is_a_file_whatever_signs_are_in_its_name(folder: Path) -> None:
    (folder / "[1] what*.txt").write_text("Mamba\n")
    assert find("mails/[1] what*.txt") == ["mails/[1] what*.txt"]


def test_a_named_file_is_never_passed_over(folder: Path) -> None:
    assert folder
    assert find("mails/p.pdf", "mails/.DS_Store") == ["mails/p.pdf", "mails/.DS_Store"]


def test_the_file_to_be_written_is_passed_over(folder: Path) -> None:
    assert folder
    found = find_digests(["mails"], leave_out="./mails/sub/deep/refs.bib")
    assert "the file to be written" in {each.reason for each in found.passed_over}
    assert not any(each.endswith(".bib") for each in found.digests)


def test_links_are_followed_to_files_but_not_round_in_circles(folder: Path) -> None:
    (folder / "again.txt").symlink_to(folder / "b.txt")
    (folder / "gone.txt").symlink_to(folder / "nothing")
    (folder / "sub/up").symlink_to(folder, target_is_directory=True)
    assert find("mails") == ["mails/a.eml", "mails/again.txt", *(f"mails/{each}" for each in ALL[2:])]
    assert "no ordinary file" in {each.reason for each in find_digests(["mails"]).passed_over}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a named pipe is a thing of Unix")
def test_a_named_pipe_in_a_folder_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "mails/pipe" not in find("mails")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("bare", "^bare: there is no file in it; name a folder with digests.$"),
        ("mails/.hidden/../sub/style*", r"^mails.*: there is no digest in it \(.*style.css is a part of a web page\)"),
        ("mails/*.docx", "^mails/.*docx: no file has a name of this pattern; correct it.$"),
    ],
)
def test_no_digest_at_all_is_a_sentence(folder: Path, name: str, problem: str) -> None:
    (folder.parent / "bare").mkdir()
    with pytest.raises(DigestError, match=problem):
        find_digests([name])


def test_a_folder_that_may_not_be_opened_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_digests([str(folder)])
    (error,) = found.closed
    assert str(error) == f"{folder / 'sub'}: the folder cannot be opened (Permission denied)."
    with pytest.raises(DigestError, match="the folder cannot be opened"):
        find_digests([str(folder / "sub")])
