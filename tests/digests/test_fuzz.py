"""Any text at all, for every reader of the registry: it is read, or refused in a sentence that names the digest.

The cases of each reader, of new ones too, are cut, doubled, mixed and spoiled. What would take for ever (nested tags,
endless lines and attributes) is small enough here to be quick where the work is linear, and large enough to reach the
limit where it is not.
"""

from __future__ import annotations

import random  # what is spoiled must be the same in each run of a seed
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.digests.decoding import decode
from refkit.digests.loading import Choice, read_digest
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.protocols import Reader

HERE = Path(__file__).parent
NAMES = list(registry.READERS)
# Far above what any of these takes on a slow machine, far below what quadratic work would take.
LIMIT = 60
_QUICK = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
_LONGEST = 6_000


class TooLong(BaseException):
    """Not an Exception, so that nothing on the way takes it for a fault of its own."""


@contextmanager
def in_time() -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: object) -> None:
        raise TooLong(f"it was not done after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def reader_of(name: str) -> Reader:
    reader: Reader = registry.load("reader", name)()
    return reader


@cache
def readers() -> Sequence[Reader]:
    return [reader_of(name) for name in NAMES]


@cache
def cases() -> dict[str, list[bytes]]:
    """The inputs of all cases, by the name of their folder."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(HERE.glob("*/*/input.*")):
        found.setdefault(path.parts[-3].replace("_", "-"), []).append(path.read_bytes())
    return found


def check(reader: Reader, text: str) -> None:
    """Read a text; what comes of it is what a reader promises."""
    sure = reader.recognise(text)
    assert 0.0 <= sure <= 1.0
    try:
        items = list(reader.read(text, digest="any.txt"))
    except DigestError as error:
        assert str(error).startswith("any.txt")  # noqa: PT017 - an error is one of two good outcomes
        return
    for item in items:
        check_item(item)


def check_item(item: Mention | Skipped) -> None:
    if isinstance(item, Skipped):
        assert item.reason
        assert item.line >= 1
        return
    assert item.title
    assert item.title == " ".join(item.title.split())
    assert item.line >= 0
    assert isinstance(item.issued, PartialDate | None)
    assert all(name and name == name.strip() for name in item.authors)


def check_bytes(data: bytes) -> None:
    """Let whichever reader is surest read the bytes of a file, or refuse it."""
    try:
        reading = read_digest(data, Choice(readers()), digest="any.txt")
    except DigestError as error:
        assert str(error).startswith("any.txt")  # noqa: PT017 - as above
        return
    for mention in reading.mentions:
        check_item(mention)


def spoil(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return a piece of a digest with some of it cut, doubled, replaced, or taken from another one."""
    start = rng.randrange(max(1, len(data) - _LONGEST)) if len(data) > _LONGEST else 0
    piece = bytearray(data[start : start + _LONGEST])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(piece) + 1)
        end = min(len(piece), at + rng.choice((1, 1, 2, 10, 100, 1000)))
        way = rng.randrange(5)
        if way == 0:
            del piece[at:end]
        elif way == 1:
            piece[at:at] = piece[at:end] * rng.choice((1, 2, 20))
        elif way == 2:
            piece[at:end] = rng.randbytes(min(8, end - at))
        elif way == 3:
            place = rng.randrange(len(other) + 1)
            piece[at:end] = other[place : place + rng.choice((5, 50, 500))]
        else:
            piece[at:at] = rng.choice(_SIGNS)
        del piece[2 * _LONGEST :]
    return bytes(piece)


_SIGNS = [
    b"<", b">", b"</", b"<!--", b"<![CDATA[", b"&#0;", b"&#x110000;", b"&", b"{", b"}", b'"', b"[", b"](", b"|", b"\\",
    b"$", b"@article{", b"%", b"\\\\\n", b"\r", b"\n\n", b"\n", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"=\n",
    b"ER  - ", b"---\n", b"```\n",
    b"<table>", b"</div></div>", b"\xe2\x80\xa8", b"\xf0\x9f\x9a\x80", b"\nFrom ", b"--=_x\n",
]  # fmt: skip


def pair(name: str, rng: random.Random) -> tuple[bytes, bytes]:
    """Return a case of a reader, or of any other one, and a second one of any."""
    everything = [data for group in cases().values() for data in group]
    return rng.choice(cases().get(name, everything) if rng.random() < 0.8 else everything), rng.choice(everything)


@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_read_or_refused(name: str) -> None:
    reader = reader_of(name)

    @_QUICK
    @given(text=st.text(max_size=200))
    def run(text: str) -> None:
        check(reader, text)

    with in_time():
        run()


@pytest.mark.parametrize("name", NAMES)
def test_spoiled_cases_are_read_or_refused(name: str) -> None:
    reader = reader_of(name)

    @_QUICK
    @given(seed=st.integers(0, 2**32))
    def run(seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - no secret
        check(reader, spoil(*pair(name, rng), rng).decode("utf-8", errors="replace"))

    with in_time():
        run()


@pytest.mark.parametrize("name", NAMES)
def test_files_of_spoiled_bytes_are_read_or_refused(name: str) -> None:
    @_QUICK
    @given(seed=st.integers(0, 2**32))
    def run(seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - no secret
        check_bytes(spoil(*pair(name, rng), rng))

    with in_time():
        run()


def test_pieces_of_real_digests_are_read_or_refused(shared: Path) -> None:
    """Needs the digests of ../shared."""
    found = [path.read_bytes() for path in sorted((shared / "accuracy/raw").glob("*")) if path.suffix != ".jsonl"]
    if not found:
        pytest.skip("../shared has no raw digests")

    @settings(_QUICK, max_examples=60)
    @given(seed=st.integers(0, 2**32))
    def run(seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - no secret
        check_bytes(spoil(rng.choice(found), rng.choice(found), rng))

    with in_time():
        run()


def mail(inner: str, depth: int) -> str:
    """Return mails that are attached to each other."""
    text = f"Subject: papers\nContent-Type: text/plain\n\n{inner}\n"
    for number in range(depth):
        text = (
            f"From: ada@example.org\nTo: bob@example.org\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="b{number}"\n\n'
            f"--b{number}\nContent-Type: message/rfc822\n\n{text}\n--b{number}--\n"
        )
    return text


# Each with how many pieces it is made of.
EXTREMES: dict[str, Callable[[int], str]] = {
    "nested tags": lambda n: "<html><body>" + "<div><p>Mamba" * n,
    "nested lists": lambda n: "<ul><li>" * n + "Mamba" + "</li></ul>" * n,
    "nested XML": lambda n: "<?xml version='1.0'?><rss>" + "<item>" * n + "<title>Mamba</title>",
    "a huge attribute": lambda n: f"<html><body><a href='{'x' * 20 * n}'>Mamba</a></body></html>",
    "many attributes": lambda n: "<p " + " ".join(f"a{i}='1'" for i in range(n)) + ">Mamba</p>",
    "unclosed quotes": lambda n: "<a href='" * n,
    "open comments": lambda n: "<html><!-- " * n,
    "entities": lambda n: "<html><p>" + "&amp;&lt;&#8212;" * n,
    "an entity of entities": lambda n: (
        "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'xxxxxxxxxx'>"
        + "".join(f"<!ENTITY a{i} '{f'&a{i - 1 if i else str()};' * 10}'>" for i in range(min(n, 12)))
        + "]><rss><channel><item><title>&a11;</title></item></channel></rss>"
    ),
    "braces": lambda n: "@article{a, title = " + "{" * n,
    "entries without end": lambda n: "@article{a, title = {Mamba}, " * (n // 4),
    "brackets": lambda n: "- [" * n + "](" * n,
    "links": lambda n: "- " + "[a](b)" * n,
    "stars": lambda n: "*_`" * n,
    "quotations": lambda n: ">" * n + " Mamba\n" + "> " * n,
    "indented lists": lambda n: "".join(f"{' ' * (i % 1_000)}- Mamba {i}\n" for i in range(n // 20)),
    "open arrays": lambda n: "[" * n,
    "open objects": lambda n: '{"title":' * n,
    "quotes in a table": lambda n: 'title,year\n"' + '""' * n,
    "wide rows": lambda n: "title," + "x," * n + "\nMamba" + ",1" * n,
    "keys of YAML": lambda n: "- title: Mamba\n" + "".join(f"{'  ' * (i % 500)}a{i}:\n" for i in range(n // 20)),
    "aliases of YAML": lambda n: (
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, min(n, 60)))
    ),
    "tags of RIS": lambda n: "TY  - JOUR\n" + "AU  - Gu, A.\n" * (n // 2),
    "rulers of arXiv": lambda n: "\\\\\n" * n,
    "mails in mails": lambda n: mail("Mamba\nGPT-4 Technical Report", min(n, 300)),
    "parts of a mail": lambda n: (
        "Content-Type: multipart/mixed; boundary=b\nFrom: a@example.org\n\n" + "--b\n\nMamba\n" * (n // 5)
    ),
    "headers of a mail": lambda n: "From: ada@example.org\n" + "X-A: b\n" * (n // 2) + "\nMamba\n",
    "a mailbox": lambda n: "".join(
        f"From a Mon Jan  1 00:00:00 2024\nSubject: {i}\nFrom: a@b\n\nHello\n\n" for i in range(n // 50)
    ),
    "blank lines": lambda n: "Mamba" + "\n" * 2 * n + "GPT-4 Technical Report",
    "white space": lambda n: "Mamba" + " " * 20 * n + "GPT-4",
    "digits": lambda n: "1" * 20 * n,
    "commas": lambda n: "," * 20 * n,
    "letters": lambda n: "a" * 20 * n,
    "words": lambda n: "the model " * n,
}


@pytest.mark.parametrize("kind", EXTREMES)
@pytest.mark.parametrize("name", NAMES)
def test_what_would_take_for_ever_is_read_or_refused(name: str, kind: str) -> None:
    with in_time():
        check(reader_of(name), EXTREMES[kind](5_000))


@pytest.mark.parametrize("kind", EXTREMES)
def test_a_large_file_of_the_kind_is_read_or_refused(kind: str) -> None:
    with in_time():
        check_bytes(EXTREMES[kind](50_000 if kind == "nested tags" else 20_000).encode())


def test_a_million_lines_end() -> None:
    blank = "\n" * 49
    text = "".join(f"{n} Times Better: Attention Is All You Need\n{blank}" for n in range(20_000))
    with in_time():
        assert len(read_digest(text.encode(), Choice(readers()), digest="any.txt").mentions) == 20_000


@pytest.mark.parametrize("start", ["", "<html><p>", "@article{a, title={", '{"title": "'])
def test_a_line_of_30_megabytes_ends(start: str) -> None:
    with in_time():
        check_bytes((start + "Mamba and Attention: " * 1_500_000).encode())


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "shift_jis", "iso-2022-jp", "cp1252", "koi8-r", "utf-7"])
@pytest.mark.parametrize("said", ["utf-8", "utf-16", "windows-1252", "iso-2022-kr", "hex", "idna", "x-nothing", ""])
def test_a_wrong_charset_is_read_or_refused(charset: str, said: str) -> None:
    page = f"<html><head><meta charset='{said}'></head><body><h3>Schrödinger's Café: Мир 日本</h3></body></html>"
    with in_time():
        check_bytes(page.encode(charset, errors="replace"))
        check_bytes(
            f"Subject: x\nFrom: a@b\nContent-Type: text/html; charset={said}\n\n".encode()
            + page.encode("cp1252", "replace")
        )


@given(data=st.binary(max_size=300))
@_QUICK
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode(data, None, digest="any.txt"), str)
    except DigestError as error:
        assert str(error).startswith("any.txt")  # noqa: PT017 - as above
