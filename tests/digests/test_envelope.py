"""Mails, mailboxes and saved pages: what is one, the texts in them, their places, and bytes that are odd."""

from __future__ import annotations

import base64
import random  # what is spoiled must be the same in each run of a seed
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit import pipeline
from refkit.digests.envelope import Letter, open_envelope
from refkit.errors import DigestError
from refkit.model import PartialDate

FILES = Path(__file__).with_name("envelope")
HEAD = b"Subject: papers\nDate: Mon, 4 Mar 2024 23:10:00 -0800\nMIME-Version: 1.0\n"
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\n"


def opened(data: bytes) -> list[Letter]:
    letters = open_envelope(data, digest="a.eml")
    assert letters is not None
    return letters


def only(data: bytes) -> Letter:
    (letter,) = opened(data)
    return letter


def text_of(data: bytes) -> str:
    (body,) = only(data).bodies
    assert len(body.lines) == body.text.count("\n") + 1
    return body.text


def message(text: str = "Attention Is All You Need\n", html: str = "", subject: str = "papers") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "ada@example.org"
    mail["Date"] = "Mon, 04 Mar 2024 23:10:00 -0800"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


# What is a mail.


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"\nx",
        PLAIN.replace(b"\n", b"\r\n") + b"\r\nx",
        PLAIN.replace(b"\n", b"\r") + b"\rx",
        b"\xef\xbb\xbf\n\n" + PLAIN + b"\nx",
        b"From - Mon Mar 04 23:10:00 2024\nX-Mozilla-Status: 0001\n" + PLAIN + b"\nx",
        b"Received: by 10.0.0.1\n (a folded line)\n\tand one more\nSubject: x\n\nx",
        b"Date: Fri, 17 Mar 23 00:31:14 GMT\nSubject: x\n\nx",
        b"from: a@example.org\nDATE: 7 March 2024 10:00\n\nx",
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://example.org\nMIME-Version: 1.0\n\nx",
    ],
)
def test_header_fields_of_machines_make_a_mail(data: bytes) -> None:
    assert text_of(data).strip() == "x"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \n",
        b"Attention Is All You Need\nMamba\n",
        b"From Pixels to Words: A Survey\nSubject: x\nMamba\n",
        b"From words to worlds at 10:30\n\nMamba\n",
        b"From: Ada\nSent: Monday, March 4, 2024 11:10 PM\nTo: Alan\nSubject: papers\n\nMamba\n",
        b"Title: Mamba\nDate: 2024-03-04\nSubject: models\n\nMamba\n",
        b"Subject: Learning\n\nMamba\n",
        b"Content-Type: A Survey of Content\nSubject: Learning\n\nMamba\n",
        b"Message-ID\nSubject: x\n",
        b"<html><body>From: a</body></html>",
        b"\xff\xfeF\x00r\x00o\x00m\x00",
    ],
)
def test_text_with_colons_is_no_mail(data: bytes) -> None:
    assert open_envelope(data, digest="a.txt") is None


# Bodies and their places.


@pytest.mark.parametrize(
    ("encoding", "body", "text", "lines"),
    [
        (b"7bit", b"one\ntwo", "one\ntwo", (7, 8)),
        (b"8bit", "Träume\r\nzwei\rdrei".encode(), "Träume\nzwei\ndrei", (7, 8, 9)),
        (b"Quoted-Printable", b"Tr=C3=A4=\nume are=20=  \nlong=3D\n\ntwo", "Träume are long=\n\ntwo", (7, 10, 11)),
        (b"quoted-printable", b"a=0Ab=\nc=0D=0A=\nd", "a\nbc\nd", (7, 7, 9)),
        (b"quoted-printable", b"100=% =ZZ =\n", "100=% =ZZ ", (7,)),
        (b"base64", b"b25lCnR3bwpU\ncsOkdW1l\n", "one\ntwo\nTräume", (7, 7, 7)),
        (b"base64 ; x=y", b"b25l!!!\n", "one", (7,)),
        (b"unheard-of", b"one\ntwo", "one\ntwo", (7, 8)),
    ],
)
def test_each_line_of_a_body_has_its_place(encoding: bytes, body: bytes, text: str, lines: tuple[int, ...]) -> None:
    data = PLAIN + b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body
    (found,) = only(data).bodies
    assert (found.text, found.lines) == (text, lines)


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Träume".encode(), "Träume"),
        ("utf-8", "Tr\u00e4ume".encode("latin-1"), "Träume"),
        ("iso-8859-1", "Träume “x”".encode("cp1252"), "Träume “x”"),
        ("us-ascii", "Träume".encode(), "Träume"),
        ("unknown-8bit", "Träume".encode(), "Träume"),
        ("no such thing", "Träume".encode("cp1252"), "Träume"),
        ("gb2312", "注意力就是你所需要的".encode("gb18030"), "注意力就是你所需要的"),
        ("koi8-r", "внимание".encode("koi8-r"), "внимание"),
        ("idna", b"abc", "abc"),
        ("punycode", b"abc-def", "abc-def"),
        ("unicode_escape", b"\\x41", "\\x41"),
        ("hex", b"4142", "4142"),
        ("utf-16", "Träume".encode("utf-16"), "Träume"),
        ("utf-7", b"Tr+AOQ-ume +2D0-", "Träume ?"),
        ("utf-8", "Träume und Wünsche".encode() + b"\xc3", "Träume und Wünsche\ufffd"),
        ("", b"caf\xe9 \x00\x81", "café \ufffd"),
        ('utf-8"; charset*=x; charset*0*=y', b"abc", "abc"),
    ],
)
def test_any_character_set_gives_text(charset: str, body: bytes, text: str) -> None:
    fields = f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: base64\n\n'
    assert text_of(HEAD + fields.encode() + base64.encodebytes(body)) == text


def test_html_says_its_character_set_itself() -> None:
    body = '<html><meta charset="windows-1251"><p>внимание</p>'.encode("cp1251")
    (found,) = only(HEAD + b"Content-Type: text/html\n\n" + body).bodies
    assert found.is_html
    assert "внимание" in found.text


@pytest.mark.parametrize(
    ("parameters", "body", "text", "lines"),
    [
        ("format=flowed", b"Attention Is \nAll You Need\nMamba\n", "Attention Is All You Need\nMamba\n", (6, 8, 8)),
        ("format=flowed; delsp=yes", b"Atten \ntion\n", "Attention\n", (6, 7)),
        ("format=flowed", b"> Attention Is \n> All\n>> You \n> Need\n-- \nAda", None, (6, 8, 9, 10, 11)),
        ("", b"Attention Is \nAll\n", "Attention Is \nAll\n", (6, 7, 7)),
    ],
)
def test_flowed_lines_are_joined(parameters: str, body: bytes, text: str | None, lines: tuple[int, ...]) -> None:
    data = HEAD + f"Content-Type: text/plain; {parameters}\n\n".encode() + body
    (found,) = only(data).bodies
    assert found.text == (text or "> Attention Is All\n>> You \n> Need\n-- \nAda")
    assert found.lines == lines


def test_alternatives_are_bodies_of_one_letter_html_first() -> None:
    data = message("plain text", "<p>rich text</p>").as_bytes()
    letter = only(data)
    assert [(body.text.strip(), body.is_html) for body in letter.bodies] == [
        ("<p>rich text</p>", True),
        ("plain text", False),
    ]
    for body in letter.bodies:
        assert data.split(b"\n")[body.lines[0] - 1].decode() == body.text.split("\n")[0]


def test_texts_with_pictures_between_them_are_one_body() -> None:
    mail = message("one\n")
    mail.add_attachment(b"GIF89a", maintype="image", subtype="gif")
    mail.add_attachment("two\n", disposition="inline")
    data = mail.as_bytes()
    (body,) = only(data).bodies
    assert body.text.split() == ["one", "two"]
    lines = data.split(b"\n")
    assert [lines[line - 1] for line in (body.lines[0], body.lines[2])] == [b"one", b"two"]


def test_attached_texts_and_mails_are_letters_of_their_own() -> None:
    inner = message("Mamba\n", subject="Weekly")
    del inner["Date"]
    inner["Date"] = "Tue, 1 Feb 2022 10:00:00 +0000"
    mail = message("see below\n", subject="Fwd")
    mail.add_attachment("<html><p>GPT-4</p></html>", subtype="html", filename="page.html")
    mail.add_attachment(inner)
    mail.add_attachment(b"%PDF-1.5", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="a.ics")
    data = mail.as_bytes()
    letters = opened(data)
    assert [(letter.subject, letter.issued, letter.bodies[0].text.strip()) for letter in letters] == [
        ("Fwd", PartialDate(2024, 3, 4), "see below"),
        ("page.html", PartialDate(2024, 3, 4), "<html><p>GPT-4</p></html>"),
        ("Weekly", PartialDate(2022, 2, 1), "Mamba"),
    ]
    lines = data.split(b"\n")
    assert [lines[letter.bodies[0].lines[0] - 1] for letter in letters] == [
        b"see below",
        b"<html><p>GPT-4</p></html>",
        b"Mamba",
    ]


def test_a_mail_that_only_carries_another_is_that_one() -> None:
    data = HEAD + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    letter = only(data + base64.encodebytes(PLAIN.replace(b"papers", b"inner") + b"\nMamba\n"))
    assert (letter.subject, letter.bodies[0].text, letter.bodies[0].lines) == ("inner", "Mamba\n", (7, 7))


def test_a_container_without_its_parts_is_text() -> None:
    assert text_of(HEAD + b"Content-Type: multipart/mixed; boundary=gone\n\nMamba\n") == "Mamba\n"
    assert text_of(HEAD + b"Content-Type: multipart/mixed\n\nMamba\n") == "Mamba\n"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (b"papers", "papers"),
        (b"=?utf-8?q?T=C3=A4gliche?=\n =?utf-8?b?IFBhcGllcmU=?=", "Tägliche Papiere"),
        (b"=?no-such?q?T=C3=A4gliche?= x", "Tägliche x"),
        (b"=?utf-8?b?not base64!?= x", "=?utf-8?b?not base64!?= x"),
        ("Tägliche Papiere".encode(), "Tägliche Papiere"),
        ("Tägliche Papiere".encode("latin-1"), "Tägliche Papiere"),
        (b"=?utf-8?b?A?=", None),
        (b"=?utf-8?q?a?= \\use \\u12", None),
        (b"", ""),
    ],
)
def test_subjects_are_as_people_read_them(subject: bytes, shown: str | None) -> None:
    found = only(b"Message-ID: <1@x>\nSubject: " + subject + b"\nMIME-Version: 1.0\n\nx").subject
    assert shown is None or found == shown


@pytest.mark.parametrize(
    ("date", "issued"),
    [
        (b"Mon, 4 Mar 2024 23:10:00 -0800", PartialDate(2024, 3, 4)),
        (b"Fri, 17 Mar 23 00:31:14 GMT", PartialDate(2023, 3, 17)),
        (b"=?utf-8?q?Mon,_4_Mar_2024_23:10:00_-0800?=", PartialDate(2024, 3, 4)),
        (b"Mon, 31 Feb 2024 23:10:00 -0800", None),
        (b"yesterday", None),
        (b"", None),
    ],
)
def test_the_day_is_that_of_the_sender(date: bytes, issued: PartialDate | None) -> None:
    assert only(b"Message-ID: <1@x>\nSubject: x\nDate: " + date + b"\n\nx").issued == issued


# Mailboxes, Apple's mails, and saved pages.


def test_a_mailbox_gives_its_letters() -> None:
    separator = b"From ada@example.org Mon Mar  4 23:10:00 2024\n"
    first = PLAIN + b"\nFrom now on:\nMamba\n>From here\n>>From there\n\n"
    letters = opened(separator + first + separator + PLAIN.replace(b"papers", b"more") + b"\nGPT-4\n")
    assert [(letter.subject, letter.line) for letter in letters] == [("papers", 2), ("more", 13)]
    assert letters[0].bodies[0].text == "From now on:\nMamba\nFrom here\n>From there\n\n"
    assert letters[1].bodies[0].lines[0] == 18


def test_apple_mail_counts_its_bytes() -> None:
    mail = PLAIN + b"\nMamba\n"
    letter = only(b"%d       \n" % len(mail) + mail + b'<?xml version="1.0"?><plist/>')
    assert (letter.bodies[0].text, letter.bodies[0].lines[0]) == ("Mamba\n", 7)


def test_a_saved_page_is_a_letter_and_so_is_each_frame_of_it() -> None:
    data = HEAD + b'Content-Type: multipart/related; type="text/html"; boundary="b"\n\n'
    for kind, name, body in (
        (b"text/html", b"https://example.org/", b"<html><iframe></iframe>=\n</html>"),
        (b"text/css", b"cid:css", b"@charset =22utf-8=22;"),
        (b"text/html", b"https://example.org/frame", b"<html>frame</html>"),
        (b"image/png", b"https://example.org/a.png", b"=89PNG"),
    ):
        data += b"--b\nContent-Type: " + kind + b"\nContent-Transfer-Encoding: quoted-printable\n"
        data += b"Content-Location: " + name + b"\n\n" + body + b"\n"
    page, frame = opened(data + b"--b--\n")
    assert (page.bodies[0].text, page.bodies[0].is_html) == ("<html><iframe></iframe></html>", True)
    assert (frame.subject, frame.bodies[0].text) == ("https://example.org/frame", "<html>frame</html>")
    assert page.issued == frame.issued == PartialDate(2024, 3, 4)


@pytest.mark.parametrize(
    ("name", "titles", "lines"),
    [
        ("forwarded.eml", ["Attention Is All You Need", "Mamba: Linear-Time Sequence Modeling"], [21, 29]),
        ("listings.mbox", ["Attention Is All You Need", "Deep Residual Learning for Image Recognition"], [13, 46]),
    ],
)
def test_files_are_read_from_end_to_end(name: str, titles: list[str], lines: list[int]) -> None:
    mentions = pipeline.read(FILES / name)
    assert [mention.title for mention in mentions] == titles
    assert [mention.line for mention in mentions] == lines
    text = (FILES / name).read_text(encoding="utf-8").splitlines()
    assert all(mention.title[:20] in text[mention.line - 1] for mention in mentions)


# What cannot be read.


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (HEAD + b"Content-Type: application/pdf\n\n%PDF", "a.eml:1: the mail has no text in it"),
        (HEAD, "a.eml:1: the mail has no text in it"),
        (PLAIN + b"\n \n\n", "a.eml:1: the mail has no text in it"),
        (HEAD + (b"Content-Type: message/rfc822\n\n" + HEAD) * 30 + b"\nx", "a.eml:1: the mail is nested too deep"),
        (HEAD + (b"Content-Type: message/rfc822\n\n" + HEAD) * 3000 + b"\nx", "a.eml:1: the mail is nested too deep"),
        (
            HEAD
            + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(300))
            + b"\nx\n" * 200_000,
            "a.eml:1: the mail is nested too deep",
        ),
    ],
)
def test_mails_that_cannot_be_read_are_sentences(data: bytes, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        open_envelope(data, digest="a.eml")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"\n" + b"x" * 2_000_000,
        PLAIN + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=C3=A4" * 200_000,
        b"Message-ID: 1\nSubject: " + b"=?utf-8?q?x?= " * 50_000 + b"\n\nx",
        HEAD + b"Content-Type: text/plain; " + b"a=b; " * 100_000 + b"\n\nx",
        HEAD + b'Content-Type: text/plain; charset="' + b'\\"' * 100_000 + b"\n\nx",
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000,
    ],
)
def test_large_mails_take_linear_time(data: bytes) -> None:
    assert opened(data)


SAMPLES = [
    message("Attention\nMämba\n", "<html><p>Attention</p>\n<p>Mämba</p></html>").as_bytes(),
    b"From a@b Mon Mar  4 23:10:00 2024\n" + PLAIN + b"\nx\n\nFrom a@b Mon Mar  4 23:11:00 2024\n" + PLAIN + b"\ny",
    HEAD + b"Content-Type: message/rfc822\n\n" + PLAIN + b"Content-Transfer-Encoding: base64\n\nTXMK\n",
]
PIECES = [
    b"\r\n", b"\n", b"\n\n", b"=", b"--", b'"', b";", b"\xff", b"\0", b"=?utf-8?b?x?=", b"charset*=utf-7",
    b"charset*0*=x''%ff",
    b"Content-Type: multipart/mixed; boundary=\n", b"Content-Type: message/rfc822\n\n", b"From a 10:10\nX-A: b\n",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"Date: 99 99 99\n", b"From ",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_spoiled_mails_are_opened_or_refused(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    data = rng.choice(SAMPLES)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice([*PIECES, data[at:][:200]]) + data[at + rng.choice([0, 1, 20]) :]
    try:
        letters = open_envelope(data, digest="a.eml") or []
    except DigestError:
        return
    count = data.count(b"\n") + data.count(b"\r") + 1
    for body in (body for letter in letters for body in letter.bodies):
        assert len(body.lines) == body.text.count("\n") + 1
        assert list(body.lines) == sorted(body.lines)
        assert 1 <= body.lines[0] <= body.lines[-1] <= count
        assert body.text.encode()
