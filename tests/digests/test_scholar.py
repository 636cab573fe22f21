"""Alerts of Google Scholar: cases, and what the lines below a title may look like."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.loading import read_mentions
from refkit.digests.scholar import ScholarReader
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

CASES = Path(__file__).with_name("scholar")
LINK = "http://scholar.google.com/scholar_url?url={}&amp;hl=en&amp;oi=scholaralrt"


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> ScholarReader:
        return ScholarReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def item(
    byline: str, *, title: str = "A Title of Some Words", url: str = "https://example.org/x", snippet: str = ""
) -> str:
    link = f'<h3><a href="{LINK.format(url)}" class="gse_alrt_title">{title}</a></h3>'
    return f'{link}<div>{byline}</div><div class="gse_alrt_sni">{snippet}</div>'


def read(text: str) -> list[Mention]:
    return read_mentions(text, ScholarReader(), digest="alert")[0]


@pytest.mark.parametrize(
    ("byline", "authors", "year", "arxiv_id"),
    [
        ("Z Chen, M Monperrus - arXiv preprint arXiv:1912.02015, 2019", ("Z Chen", "M Monperrus"), 2019, "1912.02015"),
        ("A Karmakar&nbsp;- 2019", ("A Karmakar",), 2019, ""),
        ("PM Nguyen, K Than… - … on Knowledge (KSE), 2019", ("PM Nguyen", "K Than"), 2019, ""),
        ("T Nguyen - 2019 IEEE International Conference on …", ("T Nguyen",), 2019, ""),
        ("L van der Doe, M Le Nguyen - Nature", ("L van der Doe", "M Le Nguyen"), None, ""),
        ("2021", (), 2021, ""),
        ("arXiv preprint arXiv:2101.00001, 2021", (), 2021, "2101.00001"),
    ],
)
def test_lines_of_authors(byline: str, authors: tuple[str, ...], year: int | None, arxiv_id: str) -> None:
    (mention,) = read(item(byline, snippet="Some words of a snippet stand here …"))
    assert (mention.authors, mention.arxiv_id) == (authors, arxiv_id)
    assert mention.issued == (PartialDate(year) if year else None)
    assert mention.abstract == "Some words of a snippet stand here …"


def test_links_lead_to_the_paper_itself() -> None:
    (mention,) = read(item("A Doe - 2020", url="https://dl.acm.org/doi/abs/10.1145/3422622"))
    assert (mention.url, mention.doi) == ("https://dl.acm.org/doi/abs/10.1145/3422622", "10.1145/3422622")
    (mention,) = read(item("A Doe - 2020", url="https%3A%2F%2Farxiv.org%2Fabs%2F1706.03762v5"))
    assert (mention.url, mention.arxiv_id) == ("https://arxiv.org/abs/1706.03762v5", "1706.03762")


def test_a_title_over_two_lines_is_one() -> None:
    (mention,) = read(item("A Doe - 2020", title="A Title of<br>Many <b>Words</b> …"))
    assert mention.title == "A Title of Many Words …"


@pytest.mark.parametrize(
    ("foot", "heading"),
    [
        ("This message was sent by Google Scholar because you're following new results for [deep fish].", "deep fish"),
        (
            "This message was sent by Google Scholar because you're following new articles written by <b>Jane Doe</b>.",
            "Jane Doe",
        ),
        ("This alert is sent by Google Scholar. Google Scholar is a service by Google.", ""),
    ],
)
def test_the_alert_is_the_heading(foot: str, heading: str) -> None:
    mentions, skipped = read_mentions(f"{item('A Doe - 2020')}<p>{foot}</p>", ScholarReader(), digest="x")
    assert [mention.heading for mention in mentions] == [heading]
    assert [each.reason for each in skipped] == ["a footer"]


def test_buttons_and_what_is_cited_are_skipped() -> None:
    text = item("A Doe - 2020", snippet="Some words of a snippet stand here …")
    text += (
        "<div>Cites: A Paper of Mine</div><a href='x'>Save</a> <a href='y'>Twitter</a><p>See all recommendations</p>"
    )
    mentions, skipped = read_mentions(text, ScholarReader(), digest="x")
    assert len(mentions) == 1
    assert [each.reason for each in skipped] == ["what it cites", "a button", "a button"]


@pytest.mark.parametrize(
    "text",
    [
        "Attention Is All You Need\n",
        "<html><p><a href='https://arxiv.org/abs/1706.03762'>Attention Is All You Need</a></p></html>",
        "See [a paper](https://scholar.google.com/scholar_url?url=https://arxiv.org/abs/1706.03762).\n",
        "Attention Is All You Need - A Review\nDeep Learning - An Overview\n",
        "",
    ],
)
def test_other_texts_are_not_recognised(text: str) -> None:
    assert ScholarReader().recognise(text) == 0


def test_text_without_blank_lines_between_items() -> None:
    text = "A First Title\nA Doe, B Roe - Nature, 2020\nA snippet that ends …\n"
    text += "A Second Title of\nTwo Lines\nC Poe - 2021\nMore …\n"
    assert [(mention.title, mention.authors) for mention in read(text)] == [
        ("A First Title", ("A Doe", "B Roe")),
        ("A Second Title of Two Lines", ("C Poe",)),
    ]


def test_text_with_links_in_it() -> None:
    link = "https://scholar.google.com/scholar_url?url=https%3A%2F%2Farxiv.org%2Fpdf%2F1706.03762"
    text = f"[PDF] [A Title]({link})\n\nA Doe - 2017\n"
    (mention,) = read(text)
    assert (mention.title, mention.arxiv_id) == ("A Title", "1706.03762")


def test_lines_between_items_are_skipped_with_reasons() -> None:
    _, skipped = read_mentions(
        "Hello\n\nA Title\nA Doe - 2020\nA snippet …\n\nList alerts\n", ScholarReader(), digest="x"
    )
    assert skipped == [Skipped(1, "Hello", "a line of the mail"), Skipped(7, "List alerts", "a button")]


@pytest.mark.parametrize(
    "piece",
    [
        "A de la Doe, ",
        "A Doe - ",
        "A Title\nA Doe - 2020\n",
        "Save ",
        item("A Doe - 2020"),
        "[image: x] ",
        "<h3>A</h3>",
        "\n",
    ],
)
def test_long_alerts_are_read_in_linear_time(piece: str) -> None:
    start = time.process_time()
    for _ in ScholarReader().read(piece * (90_000 // len(piece)), digest="x"):
        pass
    assert time.process_time() - start < 20


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spoiled_cases_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/input.*"))]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spoiled = (
        text[:start] + data.draw(st.sampled_from(["", "<", '"', "\n", " - ", "A Doe - 2020\n", "\x00"])) + text[end:]
    )
    try:
        items = list(ScholarReader().read(spoiled, digest="x"))
    except DigestError as error:
        assert str(error).startswith("x")  # noqa: PT017 - an error is one of two good outcomes
        return
    for each in items:
        if isinstance(each, Mention):
            check_place(each, spoiled, "x")
