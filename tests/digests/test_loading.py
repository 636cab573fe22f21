"""Files that cannot be read, and texts of no known format: each is a sentence with file, line and remedy."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from refkit import registry
from refkit.digests.loading import MAX_DIGEST_BYTES, Choice, Chosen, Reading, choose_reader, load, read_digest
from refkit.errors import DigestError, UsageError
from refkit.model import PartialDate

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
        (b"Mamba\nGPT\0x", ":2: it has NUL bytes, so it is not text; name a text file."),
        (b"Mamba GPT\0", ":1: it has NUL bytes, so it is not text; name a text file."),
        (b"\0", ":1: it has NUL bytes, so it is not text; name a text file."),
        ("Mamba\r\nGPT\r\n".encode("utf-16-le"), ":1: .* reads as UTF-16: .* add `--encoding utf-16-le`."),
        ("Mamba\nGPT\n".encode("utf-16-be"), ":1: .* reads as UTF-16: .* add `--encoding utf-16-be`."),
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
        ("title;year\nMamba;2023\n", "table"),
        ("Title\tAbstract\nMamba\tWe show that it works. It is fast.\n", "table"),
        ("From Instructions to Values\nFrom Local to Global: A Survey\nSurvey: A List\n", "titles"),
        (PAIR, "hf-trending"),
        (f"Our weekly reading\n\n{PAIR}\n{PAIR.replace('Mamba', 'GPT-4')}", "hf-trending"),
        ("Daily Papers\nbyAK and the research community\nMamba\nGPT-4 Technical Report\n", "hf-trending"),
        ("\\\\\narXiv:2312.00752\nTitle: Mamba\nAuthors: A. Gu\n\\\\\n  We show it.\n", "arxiv-mail"),
        ("<p><a href='https://arxiv.org/abs/2312.00752'>Mamba</a></p>", "html"),
        ("| Title | Link |\n|---|---|\n| Mamba | [arXiv](https://arxiv.org/abs/2312.00752) |\n", "markdown"),
        ("- title: Mamba\n  year: 2023\n- title: GPT-4\n  year: 2023\n", "yaml"),
        ('{"title": "Mamba"}\n', "jsonl"),
        ('[\n{"title": "Mamba"}]', "jsonl"),
        ('{"title": "Mamba"', "jsonl"),
        ("<?xml version='1.0'?>\n<rss><item><title>Mamba</title></item></rss>", "feed"),
        ("@article{gu2023,\n  title = {Mamba},\n}\n", "bib"),
        ("TY  - JOUR\nTI  - Mamba\nER  - \n", "ris"),
        ('[{"type": "article", "title": "Mamba", "issued": {"date-parts": [[2023]]}}]', "csl-json"),
    ],
)
def test_formats_are_told_apart(text: str, name: str) -> None:
    assert choose_reader(text, READERS, digest="x").name == name


@pytest.mark.parametrize(
    "text",
    [
        "From: me@example.org\nTo: you@example.org\nSubject: papers\n\nMamba\n",
        "---\ntitle: x\n---\n\nMamba\n",
        "\\documentclass{article}\n\\begin{document}\nMamba\n",
        "117\n118\n",
    ],
)
def test_other_formats_are_refused(text: str) -> None:
    problem = "^x: its format was not recognised; the formats are: .*titles. .* --reader NAME"
    with pytest.raises(DigestError, match=problem):
        choose_reader(text, READERS, digest="x")


# Letters: what is in the envelope is read by whichever reader is surest of it; what is none is skipped.

JSON_LINE = '{"title": "Attention Is All You Need", "authors": ["Ashish Vaswani"]}'
LIST = "- Attention Is All You Need\n- GPT-4 Technical Report\n"


def mail(text: str, *, subject: str = "papers", day: int = 13, kind: str = "text/plain") -> str:
    date = f"Date: Thu, {day} Mar 2025 08:00:00 +0000"
    head = f"From: ada@example.org\nTo: bob@example.org\nSubject: {subject}\n{date}"
    return f"{head}\nMIME-Version: 1.0\nContent-Type: {kind}; charset=utf-8\n\n{text}\n"


def mailbox(*letters: str) -> str:
    return "".join(f"From ada@example.org Thu Mar 13 08:00:00 2025\n{letter}\n" for letter in letters)


def opened(text: str, *names: str) -> Reading:
    chosen = [registry.load("reader", name)() for name in names or registry.READERS]
    return read_digest(text.encode(), Choice(chosen, forced=bool(names)), digest="in.box")


def test_a_mail_is_read_with_the_places_of_the_file_and_its_date() -> None:
    text = mail(LIST)
    reading = opened(text)
    lines = text.splitlines()
    assert [mention.title for mention in reading.mentions] == ["Attention Is All You Need", "GPT-4 Technical Report"]
    assert all(mention.title in lines[mention.line - 1] for mention in reading.mentions)
    assert {mention.issued for mention in reading.mentions} == {PartialDate(2025, 3, 13)}
    assert [chosen.name for chosen in reading.readers] == ["titles"]


def test_a_date_in_the_letter_comes_before_the_letter_s_own() -> None:
    (mention,) = opened(mail('{"title": "Mamba", "date": "2023-12"}')).mentions
    assert mention.issued == PartialDate(2023, 12)


def test_what_is_wrong_in_a_mail_has_the_line_of_the_file() -> None:
    text = mail(f'{JSON_LINE}\n{{"title": 1}}')
    line = text.splitlines().index('{"title": 1}') + 1
    with pytest.raises(DigestError, match=f"^in.box:{line}: the 'title' is not a string"):
        opened(text)


def test_a_mail_without_a_digest_is_refused() -> None:
    with pytest.raises(DigestError, match=r"^in.box.*: "):
        opened(mail("117\n118\n"))


def test_letters_of_a_mailbox_are_read_each_by_its_own_reader() -> None:
    reading = opened(mailbox(mail(JSON_LINE), mail("title,year\nMamba,2023\n", day=14), mail(JSON_LINE, day=15)))
    assert [(each.title, each.issued) for each in reading.mentions] == [
        ("Attention Is All You Need", PartialDate(2025, 3, 13)),
        ("Mamba", PartialDate(2023)),
        ("Attention Is All You Need", PartialDate(2025, 3, 15)),
    ]
    assert reading.readers == (Chosen("jsonl", 1.0, 2), Chosen("table", 0.9, 1))


def test_letters_that_are_no_digests_are_skipped_and_guesses_are_not_taken() -> None:
    text = mailbox(
        mail("Dear Bob,\nlunch at noon?\nAda", subject="Lunch"),
        mail(JSON_LINE),
        mail('{"title": 1}', subject="Broken"),
    )
    reading = opened(text)
    assert [mention.title for mention in reading.mentions] == ["Attention Is All You Need"]
    assert [(each.text, each.reason) for each in reading.skipped] == [
        ("Lunch", "a letter without a digest"),
        ("Broken", "a letter that cannot be read: the 'title' is not a string; write it between double quotes."),
    ]
    lines = text.splitlines()
    assert "Subject: Lunch" in lines[reading.skipped[0].line - 1 :][:10]


def test_a_list_that_is_attached_to_a_mail_is_read_and_the_mail_is_not() -> None:
    parts = "".join(f"--b\nContent-Type: text/plain{name}\n\n{text}\n" for name, text in (
        ("", "Dear Bob,\nsee the attachment.\nAda"),
        ("\nContent-Disposition: attachment; filename=list.txt", LIST),
    ))  # fmt: skip
    reading = opened(mail(f"{parts}--b--", kind="multipart/mixed; boundary=b"))
    assert [mention.title for mention in reading.mentions] == ["Attention Is All You Need", "GPT-4 Technical Report"]
    assert [each.reason for each in reading.skipped] == ["a letter without a digest"]


def test_a_reader_that_is_named_reads_all_letters() -> None:
    reading = opened(mailbox(mail(LIST), mail(LIST)), "titles")
    assert len(reading.mentions) == 4
    assert reading.readers == (Chosen("titles", None, 2),)


def test_a_mailbox_without_any_digest_is_refused() -> None:
    problem = (
        r"^in.box: none of its 2 letters was recognised as a digest \(the one of line \d+: a letter without a digest\)"
    )
    with pytest.raises(DigestError, match=problem):
        opened(mailbox(mail("Hello\n"), mail("Dear Bob\n")))


def test_of_alternatives_the_one_with_titles_is_read() -> None:
    parts = "".join(
        f"--b\nContent-Type: {kind}; charset=utf-8\n\n{text}\n"
        for kind, text in (("text/plain", JSON_LINE), ("text/html", "<p>see the other part</p>"))
    )
    reading = opened(mail(f"{parts}--b--", kind="multipart/alternative; boundary=b"))
    assert [mention.title for mention in reading.mentions] == ["Attention Is All You Need"]


def test_a_page_in_another_charset_is_read_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes("<meta charset=windows-1252><p>Schrödinger’s Café</p>".encode("cp1252"))
    assert "Schrödinger’s Café" in load(str(path))
