"""Files that cannot be read, and texts of no known format: each is a sentence with file, line and remedy."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from refkit import registry
from refkit.digests.loading import MAX_DIGEST_BYTES, choose_reader, load
from refkit.errors import DigestError, UsageError

READERS = [registry.load("reader", name)() for name in registry.READERS]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Mamba\n", "Mamba\n"),
        (b"\xef\xbb\xbfMamba\n", "Mamba\n"),
        ("Schrödinger\r\n".encode("utf-16"), "Schrödinger\r\n"),
        ("Mamba".encode("utf-32"), "Mamba"),
    ],
)
def test_text_is_loaded(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "digest.txt"
    path.write_bytes(data)
    assert load(str(path)) == text
    assert load("-", stdin=io.BytesIO(data)) == text


def test_a_named_encoding_is_used() -> None:
    assert load("-", encoding="latin-1", stdin=io.BytesIO(b"Schr\xf6dinger")) == "Schrödinger"
    assert load("-", encoding="utf-16-le", stdin=io.BytesIO("Mamba".encode("utf-16-le"))) == "Mamba"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ": it is empty; a digest has at least one title."),
        (b" \n\t\r\n", ": it is empty"),
        (b"%PDF-1.7\n", ": it is a PDF file, not text; copy its text"),
        (b"PK\x03\x04abc", ": it is a ZIP archive"),
        (b"\x89PNG\r\n", ": it is a PNG image"),
        (b"Mamba\nGPT\0x", ":2: it has NUL bytes, so it is not text"),
        (
            b"Mamba\r\nSchr\xf6dinger\r\n",
            ":2: byte 0xf6 in column 5 is not UTF-8 text; save the file as UTF-8, or name",
        ),
        (b"\xff\xfeM\x00a", r":1: byte .* is not UTF-16.* text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "digest.txt"
    path.write_bytes(data)
    with pytest.raises(DigestError, match=f"digest.txt{problem}"):
        load(str(path))
    with pytest.raises(DigestError, match=f"^standard input{problem}"):
        load("-", stdin=io.BytesIO(data))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, problem in ((tmp_path / "none.txt", "there is no such file"), (tmp_path, "it is a folder")):
        with pytest.raises(DigestError, match=problem):
            load(str(path))
    with pytest.raises(DigestError, match="not the name of a file"):
        load("a\0b")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("Mamba")
    path.chmod(0)
    with pytest.raises(DigestError, match="it may not be read"):
        load(str(path))


def test_permission_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DigestError, match="it may not be read; correct its permissions"):
        load(str(tmp_path / "secret.txt"))


@pytest.mark.parametrize("encoding", ["latin1000", "", "hex", "a\0b"])
def test_an_unknown_encoding_is_a_usage_error(encoding: str) -> None:
    with pytest.raises(UsageError, match="There is no text encoding named"):
        load("-", encoding=encoding, stdin=io.BytesIO(b"Mamba"))


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(DigestError, match="it is larger than 32 MiB; split it"):
        load(str(path))


def test_a_large_pipe_is_refused_after_33_mib() -> None:
    read_end, write_end = os.pipe()
    sent = 0

    def send() -> None:
        nonlocal sent
        with os.fdopen(write_end, "wb", buffering=0) as pipe:
            try:
                while sent < 100 * 2**20:
                    sent += pipe.write(b"Mamba \n" * 4096) or 0
            except BrokenPipeError:
                pass

    thread = threading.Thread(target=send)
    thread.start()
    with os.fdopen(read_end, "rb") as pipe, pytest.raises(DigestError, match="larger than 32 MiB"):
        load("-", stdin=pipe)
    thread.join()
    assert MAX_DIGEST_BYTES < sent <= 33 * 2**20


def test_a_closed_standard_input_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(DigestError, match="standard input: it is closed"):
        load("-")


PAIR = "Mamba\n\nWe show that the time grows with the length of the text. It is so in all tests that we made.\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mamba", "titles"),
        ("Attention Is All You Need\nDo As I Can, Not As I Say\n", "titles"),
        ("- Attention Is All You Need\n- What are human values, and how do we align AI to them?\n", "titles"),
        ("title;year\nMamba;2023\n", "titles"),
        ("Title\tAbstract\nMamba\tWe show that it works. It is fast.\n", "titles"),
        ("From Instructions to Values\nFrom Local to Global: A Survey\nSurvey: A List\n", "titles"),
        (PAIR, "hf-trending"),
        (f"Our weekly reading\n\n{PAIR}\n{PAIR.replace('Mamba', 'GPT-4')}", "hf-trending"),
        ("Daily Papers\nbyAK and the research community\nMamba\nGPT-4 Technical Report\n", "hf-trending"),
        ('{"title": "Mamba"}\n', "jsonl"),
        ('[\n{"title": "Mamba"}]', "jsonl"),
        ('{"title": "Mamba"', "jsonl"),
    ],
)
def test_formats_are_told_apart(text: str, name: str) -> None:
    assert choose_reader(text, READERS, digest="x").name == name


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n<html><body><h3>Mamba</h3></body></html>",
        "<p>Mamba</p>\n",
        "<?xml version='1.0'?>\n<rss><item><title>Mamba</title></item></rss>",
        "From: me@example.org\nTo: you@example.org\nSubject: papers\n\nMamba\n",
        "@article{gu2023,\n  title = {Mamba},\n}\n",
        "TY  - JOUR\nTI  - Mamba\nER  - \n",
        "\\\\\narXiv:2312.00752\nTitle: Mamba\nAuthors: A. Gu\n\\\\\n  We show it.\n",
        "| Title | Link |\n|---|---|\n| Mamba | x |\n",
        "---\ntitle: x\n---\n\nMamba\n",
        "\\documentclass{article}\n\\begin{document}\nMamba\n",
        "117\n118\n",
    ],
)
def test_other_formats_are_refused(text: str) -> None:
    problem = "^x: its format was not recognised; the formats are: jsonl, hf-trending, titles. .* --reader NAME"
    with pytest.raises(DigestError, match=problem):
        choose_reader(text, READERS, digest="x")
