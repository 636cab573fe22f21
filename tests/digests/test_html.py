"""Papers in any HTML: cases, forms of lists that must give all their titles, and links that are no papers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.html import HtmlReader
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

CASES = Path(__file__).with_name("html")
# Titles of real papers, with ids; among them names of one word, questions, sentences, formulas and commas.
PAPERS = [
    ("1706.03762", "Attention Is All You Need"),
    ("2312.00752", "Mamba: Linear-Time Sequence Modeling with Selective State Spaces"),
    ("2005.14165", "Language models are few-shot learners"),
    ("1806.00451", "Do CIFAR-10 Classifiers Generalize to CIFAR-10?"),
    ("1602.04938", '"Why Should I Trust You?": Explaining the Predictions of Any Classifier'),
    ("2204.01691", "Do As I Can, Not As I Say: Grounding Language in Robotic Affordances"),
    ("1303.5778", "Speech recognition with deep recurrent neural networks"),
    ("2006.04862", "$O(n)$ Connections are Expressive Enough: Universal Approximability of Sparse Transformers"),
    ("2307.09288", "Llama 2: Open Foundation and Fine-Tuned Chat Models"),
]  # fmt: skip
AUTHORS = "Ada Lovelace, Grace Hopper, and Alan M. Turing"
PROSE = "Our own words tell what was done here. It was found to be good, and we like that it is short."
FORMS = {
    "items": "<li><a href='{url}'>{title}</a></li>",
    "items with text": "<li><a href='{url}'>{title}</a>: {prose}</li>",
    "labels": "<li>{title} [<a href='{url}'>paper</a>] [<a href='https://github.com/a/b'>code</a>]</li>",
    "bold lines": "<p><strong>{title}</strong><br>\n{authors}<br>\nICML 2020. [<a href='{url}'>Paper</a>]</p>",
    "bold and prose": "<p><b>{title}</b>. {prose} (<a href='{url}'>paper</a>)</p>",
    "nested": "<li><b>{title}</b><ul><li>Paper: <a href='{url}'>{url}</a></li><li>Code: None</li></ul></li>",
    "rows": "<table><tr><td>1) <b>{title}</b> - {prose}</td><td><a href='{url}'>Paper</a></td></tr></table>",
    "plain rows": "<table><tr><td>2024-05-01</td><td>{title}</td><td>{authors}</td><td>"
    "<a href='{url}'>{id}</a></td></tr></table>",
    "cards": "<div><h3>{title}</h3><div>{authors}</div><p>{prose}</p><a href='{url}'>Read the paper</a></div>",
    "lines": "<div>{title}</div><div>{authors}</div><div><a href='{url}'>arXiv</a></div>",
    "ids first": "<p><a href='{url}'>arXiv:{id}</a> {title}</p>",
    "terms": "<dl><dt>[1] <a href='/abs/{id}'>arXiv:{id}</a> [<a href='/pdf/{id}'>pdf</a>]</dt>"
    "<dd><div>Title: {title}</div></dd></dl>",
    "tracked": "<td><a href='https://t.example.com/?u=https%3A%2F%2Farxiv.org%2Fabs%2F{id}'><b>{title}</b></a>"
    "<br><br>{prose}</td>",
    "headings": "<h3><a href='{url}'>{title}</a></h3><p><em>{authors}</em></p><p>{prose}</p>",
    "citations": "<li>A. Lovelace, G. Hopper, and A. Turing. {title}. In <i>ICML</i>, 2020. "
    "[<a href='{url}'>pdf</a>]</li>",
    "quoted": "<p>Ada Lovelace, Grace Hopper. “{title}.” arXiv, 2020. <a href='{url}'>Link</a></p>",
    "italics": "<li><em>{title}</em> by Ada Lovelace and Grace Hopper (<a href='{url}'>arXiv</a>)</li>",
}  # fmt: skip


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> HtmlReader:
        return HtmlReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def read(text: str) -> list[Mention]:
    return read_mentions(text, HtmlReader(), digest="page.html")[0]


def page(form: str, papers: list[tuple[str, str]]) -> str:
    parts = [
        FORMS[form].format(url=f"https://arxiv.org/abs/{number}", id=number, title=title, authors=AUTHORS, prose=PROSE)
        for number, title in papers
    ]
    return "<html><body><h1>A list</h1>\n" + "\n".join(parts) + "\n</body></html>"


@pytest.mark.parametrize("form", FORMS)
def test_lists_of_all_forms_give_each_title_with_its_own_link(form: str) -> None:
    mentions = read(page(form, PAPERS))
    wanted = [(number, title.removeprefix("Title: ")) for number, title in PAPERS]
    assert [(mention.arxiv_id, mention.title.strip("“”")) for mention in mentions] == wanted
    if "{prose}" in FORMS[form]:
        assert {mention.abstract for mention in mentions} == {PROSE}
    if "{authors}" in FORMS[form]:
        assert {mention.authors for mention in mentions} == {("Ada Lovelace", "Grace Hopper", "Alan M. Turing")}


@settings(max_examples=40, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMS)), papers=st.lists(st.sampled_from(PAPERS), min_size=1, max_size=5, unique=True)
)
def test_any_few_of_them_are_found_at_their_places(form: str, papers: list[tuple[str, str]]) -> None:
    text = page(form, papers)
    mentions = read(text)
    assert [mention.arxiv_id for mention in mentions] == [number for number, _ in papers]
    for mention in mentions:
        check_place(mention, text, "page.html")


@pytest.mark.parametrize(
    "other",
    [
        "<p><a href='https://blog.example.com/x'>Attention Is Not All You Need</a></p>",
        "<p><a href='https://github.com/a/b'>A Great Tool for Everyone Who Reads</a></p>",
        "<p><b><a href='https://youtu.be/x'>A Talk about Many Things We Know</a></b></p>",
        "<nav><a href='https://arxiv.org/abs/1406.2661'>Generative Adversarial Networks</a></nav>",
        "<footer><a href='https://arxiv.org/abs/1406.2661'>Generative Adversarial Networks</a></footer>",
        "<p>It was said in <a href='https://arxiv.org/abs/1406.2661'>earlier work</a> already.</p>",
        "<p>A job: <a href='https://example.com/jobs'>Senior Engineer for Large Language Models</a></p>",
        "<h2>A Heading with Many Words but No Link</h2>",
        "<p style='display:none'><a href='https://arxiv.org/abs/1406.2661'>Generative Adversarial Networks</a></p>",
        "<p><a href='https://twitter.com/intent/tweet?url=https://arxiv.org/abs/1406.2661'>Generative Networks</a></p>",
    ],
)
def test_what_is_no_paper_is_skipped_with_a_reason(other: str) -> None:
    first, second = (
        "<p><a href='https://arxiv.org/abs/1706.03762'>Attention Is All You Need</a></p>",
        ("<p><a href='https://arxiv.org/abs/1512.03385'>Deep Residual Learning for Image Recognition</a></p>"),
    )
    mentions, skipped = read_mentions(f"<html>{first}{other}{second}", HtmlReader(), digest="x")
    assert [mention.arxiv_id for mention in mentions] == ["1706.03762", "1512.03385"]
    assert all(item.reason for item in skipped)
    assert bool(skipped) is ("display:none" not in other)


def test_no_paper_is_given_twice() -> None:
    link = "<p><a href='https://arxiv.org/abs/1706.03762'>{}</a></p>"
    text = link.format("Attention Is All You Need") + link.format("Read the paper") + "<h2>Again</h2>"
    mentions, skipped = read_mentions(text + link.format("Attention is all you need"), HtmlReader(), digest="x")
    assert len(mentions) == 1
    assert Skipped(1, "Attention is all you need", "a repeated paper") in skipped


def test_headings_dates_and_sections() -> None:
    item = "<p><a href='https://arxiv.org/abs/{0}'>{1}</a></p>"
    text = "<title>Digest of 1 May 2024</title><h1>All</h1>" + item.format(*PAPERS[0])
    text += "<h2>Robots</h2><p>2 May 2024</p>" + item.format(*PAPERS[1])
    text += (
        "<p><b>In short</b></p>" + item.format(*PAPERS[3]) + "<h2>Pictures, 3 May 2024</h2>" + item.format(*PAPERS[8])
    )
    assert [(mention.heading, mention.issued) for mention in read(text)] == [
        ("All", PartialDate(2024, 5, 1)),
        ("Robots", PartialDate(2024, 5, 2)),
        ("In short", PartialDate(2024, 5, 2)),
        ("Pictures, 3 May 2024", PartialDate(2024, 5, 3)),
    ]


def test_a_page_without_papers_is_a_sentence() -> None:
    text = "<html><body><h1>Gardens</h1><p>Roses, and <a href='https://example.com'>more roses</a>.</p></body></html>"
    assert 0 < HtmlReader().recognise(text) < 0.5
    with pytest.raises(DigestError, match="no titles found, reading it as html"):
        read(text)


@pytest.mark.parametrize(
    "piece",
    [
        "<p><a href='https://arxiv.org/abs/1706.03762'>pdf</a></p>",
        "<p>A Line of Some Words</p>",
        "<li><a href='https://arxiv.org/abs/1706.03762'>",
        "<td>A. Doe, B. Roe. Title. 2020. ",
        "<b>A Title</b> <a href=x.pdf>pdf</a> ",
        "<br>Jane Doe, John Roe",
        "<h3>x y z",
    ],
)
def test_long_pages_are_read_in_linear_time(piece: str) -> None:
    start = time.process_time()
    for _ in HtmlReader().read(piece * 5_000, digest="x"):
        pass
    assert time.process_time() - start < 20


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spoiled_cases_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/input.html"))]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spoiled = (
        text[:start]
        + data.draw(st.sampled_from(["", "<", '"', "<a href='", "<!--", "<td>", "\x00", "\u2028"]))
        + text[end:]
    )
    try:
        items = list(HtmlReader().read(spoiled, digest="x"))
    except DigestError as error:
        assert str(error).startswith("x")  # noqa: PT017 - an error is one of two good outcomes
        return
    for item in items:
        if isinstance(item, Mention):
            check_place(item, spoiled, "x")
