"""arXiv's listings: cases, what mail programs do to mails, names, dates, and text that only mentions arXiv."""

from __future__ import annotations

import html
import random  # what is spoiled must be the same in each run of a seed
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.arxiv_html import Seen
from refkit.digests.arxiv_items import date_in, joined, split_people
from refkit.digests.arxiv_mail import ArxivMailReader
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate
from refkit.testing import ReaderContract
from refkit.testing.contracts import case_input

CASES = Path(__file__).with_name("arxiv-mail")
MAIL = case_input(CASES / "mail")[0].replace("\r\n", "\n")


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> ArxivMailReader:
        return ArxivMailReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def read(text: str) -> list[Mention]:
    return read_mentions(text, ArxivMailReader(), digest="mail.txt")[0]


def wrapped(text: str, width: int, mark: str = "") -> str:
    """The text as a program breaks it anew: `mark` stands before what was a line, not before what it broke off."""
    lines = (textwrap.wrap(line, width, break_on_hyphens=False) or [""] for line in text.split("\n"))
    return "\n".join("\n".join([mark + line[0], *line[1:]]) for line in lines)


def joined_paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: re.sub("(?m)^", "> ", text),
        lambda text: re.sub("(?m)^", ">> ", text),
        lambda text: re.sub("(?m)^", "> > ", text),
        lambda text: wrapped(text, 72),
        lambda text: wrapped(text, 40),
        lambda text: wrapped(text, 70, "> "),
        lambda text: "\n".join(line.strip() for line in text.split("\n")),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("\n  ", "\n\u00a0 "),
        lambda text: text.replace("\\\\", "\\"),
        lambda text: re.sub(r"(?m)^[-%]{20,}\n", "", text),
        joined_paragraphs,
        lambda text: " ".join(text.split()),
        lambda text: f"Dear all,\n\nthis was in my mail today.\n\n{text}\n-- \nSomebody\n",
    ],
)
def test_what_mail_programs_do_to_a_mail_changes_nothing(change: Callable[[str], str]) -> None:
    kept = ("title", "arxiv_id", "authors", "heading", "issued", "doi", "abstract")
    changed = change(MAIL.replace("arXiv:2312.00752\n", ""))
    known = [[getattr(mention, name) for name in kept] for mention in read(MAIL.replace("arXiv:2312.00752\n", ""))]
    assert [[getattr(mention, name) for name in kept] for mention in read(changed)] == known
    assert ArxivMailReader().recognise(changed) > 0.95


def test_fields_without_separators_are_read_and_what_is_below_them() -> None:
    text = "arXiv:1706.03762\nDate: Mon, 12 Jun 2017 17:57:34 GMT\n\nTitle: Attention Is All You\nNeed\n"
    text += "Authors: Ashish Vaswani, Noam Shazeer\n\nA text that nobody reads twice.\n\n"
    text += "arXiv:2312.00752\nTitle: Mamba\nAuthors: Albert Gu\n"
    first, second = read(text)
    assert (first.title, first.authors) == ("Attention Is All You Need", ("Ashish Vaswani", "Noam Shazeer"))
    assert (first.abstract, first.heading) == ("A text that nobody reads twice.", "")
    assert (second.title, second.arxiv_id, second.issued) == ("Mamba", "2312.00752", None)
    assert 0.8 <= ArxivMailReader().recognise(text) < 0.9


def test_a_title_below_a_separator_is_a_paper_also_without_its_id() -> None:
    text = "\\\\\nTitle: Mamba\nAuthors: Albert Gu\n\\\\\n  Four words stand here.\n"
    text += "\\\\ ( https://arxiv.org/abs/2312.00752 , 1kb)\n"
    (mention,) = read(text)
    assert (mention.title, mention.arxiv_id) == ("Mamba", "2312.00752")


def test_lines_that_are_no_papers_have_reasons() -> None:
    _, skipped = read_mentions(MAIL, ArxivMailReader(), digest="x")
    reasons = {item.text: item.reason for item in skipped}
    assert reasons["Submissions to:"] == "a line between papers"
    assert reasons["Subject: cs daily 2 new + 1 crosses received"] == "the head of the mail"
    assert "the same paper as in line 21" in reasons.values()
    page, _ = case_input(CASES / "page-new")
    reasons = {item.text: item.reason for item in read_mentions(page, ArxivMailReader(), digest="x")[1]}
    assert reasons["Cross submissions (showing 1 of 1 entries)"] == "a heading"
    assert reasons["Total of 4 entries"] == "the foot of the page"
    assert reasons["Privacy Policy"] == "a word of the page"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<pre>\n", ""),
        ("<p>", "</p>\n"),
        ("<div dir=ltr>", "</div>"),
        ("", "<br>\n"),
        ("<div style='white-space: pre'>", ""),
    ],
)
def test_a_mail_that_was_made_a_page_is_read_as_what_is_seen(before: str, after: str) -> None:
    mail = MAIL.replace("arXiv:2312.00752\n", "")
    page = "".join(f"{before if after else ''}{html.escape(line)}{after or chr(10)}" for line in mail.split("\n"))
    page = f"<html><body>{'' if after else before}{page}</body></html>"
    kept = ("title", "arxiv_id", "authors", "heading", "issued", "doi", "abstract")
    found = read(page)
    assert [[getattr(each, name) for name in kept] for each in found] == [
        [getattr(each, name) for name in kept] for each in read(mail)
    ]
    assert all(each.raw in page for each in found)
    assert ArxivMailReader().recognise(page) > 0.95


def test_each_seen_character_has_its_place() -> None:
    page = "<p>a &amp;\n b<br>&lt;c<!-- no --> d</p><script>x</script><head>no</head>e"
    seen = Seen(page)
    assert seen.text == "a &  b\n<c d\ne"
    assert page[seen.place(2) : seen.end(3)] == "&amp;"
    assert page[seen.place(7) : seen.end(11)] == "&lt;c<!-- no --> d"
    assert page[seen.place(0) : seen.end(len(seen.text))].endswith("e")


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("Ada Lovelace and Alan Turing", ("Ada Lovelace", "Alan Turing")),
        ("Ada Lovelace, Alan Turing, and C. Babbage", ("Ada Lovelace", "Alan Turing", "C. Babbage")),
        (
            "A. Lovelace (1), A. Turing (2 and 3) ((1) London, (2) King's (Cambridge), (3) M)",
            ("A. Lovelace", "A. Turing"),
        ),
        ("Ada Lovelace (never closed, Alan Turing", ("Ada Lovelace",)),
        ("Fr\\'ed\\'eric Marin, M{\\aa}ns Holmberg", ("Fr\\'ed\\'eric Marin", "M{\\aa}ns Holmberg")),
        ("Ada Lovelace, et al. (84 additional authors not shown)", ("Ada Lovelace",)),
        ("Ada Lovelace and 3 others", ("Ada Lovelace",)),
        ("Sammy Davis, Jr., Ada Lovelace", ("Sammy Davis Jr.", "Ada Lovelace")),
        ("IceCube Collaboration: R. Abbasi, M. Ackermann", ("IceCube Collaboration", "R. Abbasi", "M. Ackermann")),
        ("Ada Lovelace and the LIGO Collaboration", ("Ada Lovelace", "LIGO Collaboration")),
        ("Ada Lovelace$^{1,2}$, Alan Turing$^3$", ("Ada Lovelace", "Alan Turing")),
        ("", ()),
    ],
)
def test_names_stand_alone(printed: str, names: tuple[str, ...]) -> None:
    assert split_people(printed) == names


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("Thu, 7 Nov 2024 02:49:53 GMT   (31214kb,D)", PartialDate(2024, 11, 7)),
        ("Fri, 17 Mar 23 00:31:14 GMT", PartialDate(2023, 3, 17)),
        ("Thu 31 Dec 98 19:00:00 GMT", PartialDate(1998, 12, 31)),
        ("Thursday, 21 November 2024", PartialDate(2024, 11, 21)),
        ("7 November, 2024; originally announced November 2024.", PartialDate(2024, 11, 7)),
        ("Thu, 47 Nov 2024", None),
        ("12 pages, 2024", None),
    ],
)
def test_dates(printed: str, date: PartialDate | None) -> None:
    assert date_in(printed) == date


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["A Vision-", "Language Model"], "A Vision-Language Model"),
        (["Pre-", "and Post-Training"], "Pre- and Post-Training"),
        (["One --", "Two"], "One -- Two"),
        (["One", "Two"], "One Two"),
        ([], ""),
    ],
)
def test_wrapped_lines_are_joined(lines: list[str], text: str) -> None:
    assert joined(lines) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arXiv:1706.03762 is a paper that I like.\nTitle: none\n",
        "Attention Is All You Need\narXiv:1706.03762\nMamba\narXiv:2312.00752\n",
        "- Attention Is All You Need, arXiv:1706.03762\n- Mamba, arXiv:2312.00752\n",
        "<p>We use \\\\ in arXiv:1706.03762 and elsewhere.</p>",
        "<html><body><pre>\narXiv:1706.03762\nTitle: Attention Is All You Need\nAuthors: A B\n</pre></body></html>",
        '{"id": "arXiv:1706.03762",\n"Title": 1}\n',
        "@misc{x,\n title = {Attention},\n eprint = {arXiv:1706.03762}\n}\n",
    ],
)
def test_text_that_only_mentions_arxiv_is_not_taken(text: str) -> None:
    assert ArxivMailReader().recognise(text) == 0.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\\\\\narXiv:1706.03762\nTitle: " + "x" * 1001, "t:3: the title has 1,001 characters"),
        ("\\\\\narXiv:1706.03762\nTitle: x\n" + "x" * 100_001, "t:4: the line has 100,001 characters"),
        ("", "t: it lists no papers"),
    ],
)
def test_bad_lines_are_sentences(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        read_mentions(text, ArxivMailReader(), digest="t")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), source=st.sampled_from(sorted(CASES.glob("*/input.*"))))
def test_spoiled_listings_are_read_or_refused(seed: int, source: Path) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    text = source.read_bytes().decode()
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(text))
        piece = rng.choice(
            ["\\\\", "\n", "Title:", "\narXiv:1706.03762\n", "-" * 20, "(", "> ", "\r", "", text[:at][-50:]]
        )
        text = text[:at] + piece + text[at + rng.choice([0, 1, 40]) :]
    try:
        mentions = read(text)
    except DigestError:
        return
    assert all(mention.title and mention.raw in text for mention in mentions)
