"""Encodings: what a text says of itself, what it means by it, and what is none."""

from __future__ import annotations

import pytest

from refkit.digests.decoding import decode, what_no_text
from refkit.errors import DigestError

PAGE = "<!DOCTYPE html>\n<html><head>{meta}</head>\n<body><h3>Schrödinger’s Café</h3></body></html>\n"
META = '<meta charset="{name}">'
OLD_META = "<META content='text/html; charset={name}' http-equiv=Content-Type>"
XML = '<?xml version="1.0" encoding="{name}"?>\n<rss><title>{text}</title></rss>\n'


@pytest.mark.parametrize("form", [META, OLD_META, "<meta charset={name}>", "\n\n<meta\n  charset = '{name}' />"])
@pytest.mark.parametrize("name", ["windows-1252", "ISO-8859-1", "latin1", "us-ascii", "cp1252"])
def test_a_page_is_read_as_it_says(form: str, name: str) -> None:
    """Latin-1 means cp1252 on web pages: only that one has curly quotes."""
    page = PAGE.format(meta=form.format(name=name))
    assert decode(page.encode("cp1252"), None, digest="x") == page


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        ("Shift_JIS", "cp932", "①日本語"),
        ("gb2312", "gb18030", "中文镕"),
        ("GBK", "gb18030", "中文"),
        ("euc-kr", "cp949", "한국어똠"),
        ("big5", "big5hkscs", "中文"),
        ("koi8-r", "koi8-r", "Мир"),
        ("windows-1251", "cp1251", "Мир"),
        ("iso-8859-2", "iso8859-2", "Łódź"),
    ],
)
def test_xml_is_read_as_it_declares(name: str, codec: str, text: str) -> None:
    feed = XML.format(name=name, text=text)
    assert decode(feed.encode(codec), None, digest="x") == feed


def test_utf_8_and_byte_order_marks_come_before_what_is_declared() -> None:
    page = PAGE.format(meta=META.format(name="windows-1251"))
    assert decode(page.encode(), None, digest="x") == page
    assert decode(page.encode("utf-16"), None, digest="x") == page
    assert decode(page.encode("utf-8-sig"), None, digest="x") == page


def test_what_the_user_names_comes_first() -> None:
    page = PAGE.format(meta=META.format(name="windows-1251"))
    assert decode(page.encode("cp1252"), "cp1252", digest="x") == page
    with pytest.raises(DigestError, match="is not UTF-8 text"):
        decode(page.encode("cp1252"), "utf-8", digest="x")


@pytest.mark.parametrize(
    "name",
    [
        "utf-8", "klingon", "hex", "rot13", "idna", "punycode", "utf-7", "utf-16", "utf-16le", "cp037",
        "unicode_escape", "raw_unicode_escape", "x" * 300, "a b", "undefined", "mbcs",
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused_as_ever(name: str) -> None:
    page = PAGE.format(meta=META.format(name=name)).encode("cp1252")
    with pytest.raises(DigestError, match=r"^x:3: byte 0xf6 in column \d+ is not UTF-8 text; save the file as UTF-8"):
        decode(page, None, digest="x")


def test_only_the_head_is_searched() -> None:
    page = ("<p>x</p>\n" * 1_000 + META.format(name="cp1252")).encode() + b"\xf6"
    with pytest.raises(DigestError, match=r"^x:1001: byte 0xf6"):
        decode(page, None, digest="x")


@pytest.mark.parametrize(("start", "kind"), [(b"%PDF-1.7", "a PDF file"), (b"GIF89a", "a GIF image"), (b"PDF", "")])
def test_what_is_no_text_is_known_by_its_first_bytes(start: bytes, kind: str) -> None:
    assert what_no_text(start) == kind
