"""Saved Hugging Face papers pages: cases, the JSON in odd places, and cards without it."""

from __future__ import annotations

import json
import time
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.hf_page import HfPageReader
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

CASES = Path(__file__).with_name("hf-page")
PAPER: dict[str, Any] = {
    "id": "1706.03762",
    "title": "Attention Is All You Need",
    "summary": "Our words.",
    "authors": [{"name": "A. Doe"}],
}


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> HfPageReader:
        return HfPageReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def page(data: Any, *, target: str = "DailyPapers", quote: str = '"') -> str:
    written = json.dumps(data).replace("&", "&amp;").replace(quote, "&quot;" if quote == '"' else "&#39;")
    return f"<!doctype html><html>\n<div data-target='{target}' data-props={quote}{written}{quote}></div></html>"


def read(text: str) -> list[Mention]:
    return read_mentions(text, HfPageReader(), digest="page.html")[0]


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(
    "data",
    [
        {"dailyPapers": [{"paper": PAPER, "title": "Another title", "numComments": 1}]},
        {"papers": [PAPER]},
        [[{"anything": {"list": [PAPER]}}]],
        {"paper": PAPER},
        {"items": [{"paper": {**PAPER, "title": None}, "title": PAPER["title"]}]},
        {"items": [{"paper": {"id": PAPER["id"]}, **PAPER}]},
    ],
)
def test_papers_are_found_wherever_they_are(data: Any, quote: str) -> None:
    text = page(data, quote=quote)
    (mention,) = read(text)
    assert (mention.title, mention.abstract, mention.authors) == (PAPER["title"], "Our words.", ("A. Doe",))
    assert (mention.arxiv_id, mention.url) == ("1706.03762", "https://huggingface.co/papers/1706.03762")
    assert mention.line == 2
    check_place(mention, text, "page.html")


@pytest.mark.parametrize(
    "other",
    [
        {"title": "A menu"},
        {"id": "lab/model", "title": "A model", "authors": []},
        {"modelId": "x", "title": "A model", "summary": "Words.", "authors": []},
        {"id": "1706.03762"},
        {"id": "1706.03762", "title": " "},
    ],
)
def test_other_objects_are_no_papers(other: dict[str, Any]) -> None:
    (mention,) = read(page({"things": [other, {**PAPER, "id": "2310.06825", "title": "Mistral 7B"}]}))
    assert mention.title == "Mistral 7B"


@pytest.mark.parametrize("title", ['"Why Should I Trust You?": A <b> & Cœur \\ $\\alpha$', "Deep\nLearning é 😀"])
def test_odd_titles_have_right_places(title: str) -> None:
    text = page([{**PAPER, "title": title}])
    (mention,) = read(text)
    assert mention.title == " ".join(title.split())
    check_place(mention, text, "page.html")


def test_data_of_papers_is_preferred_to_that_of_others() -> None:
    menu = page({"list": [{**PAPER, "id": "2310.06825", "title": "Mistral 7B"}]}, target="Sidebar")
    assert [mention.title for mention in read(menu + page([PAPER]))] == ["Attention Is All You Need"]
    assert [mention.title for mention in read(menu)] == ["Mistral 7B"]


def test_no_paper_comes_twice() -> None:
    mentions, skipped = read_mentions(page([PAPER, PAPER]), HfPageReader(), digest="x")
    assert len(mentions) == 1
    assert skipped == [Skipped(2, "Attention Is All You Need", "a repeated paper")]


def test_cards_are_read_where_the_data_is_cut() -> None:
    text = page([PAPER])
    cut = text[:200] + '"></div><article><h3><a href="/papers/2310.06825">Mistral 7B</a></h3></article>'
    assert [mention.title for mention in read(cut)] == ["Mistral 7B"]


def test_the_page_of_one_paper_without_data() -> None:
    text = "<title>Paper page - Mistral 7B</title><h1>Mistral 7B</h1><p>Published on Oct 10, 2023</p><h2>Abstract</h2>"
    text += "<p>Our own words on a model, which is small but does what large ones do.</p>"
    (mention,) = read(text + "<a href='https://arxiv.org/abs/2310.06825'>View arXiv page</a><a href='/papers/x'>x</a>")
    assert HfPageReader().recognise(text) > 0.9
    assert (mention.title, mention.arxiv_id, str(mention.issued)) == ("Mistral 7B", "2310.06825", "2023-10-10")
    assert mention.abstract.startswith("Our own words")


@pytest.mark.parametrize(
    "text",
    [
        "Attention Is All You Need",
        "<html><p>Daily Papers</p></html>",
        "<html><body><a href='https://huggingface.co/papers'>Papers</a></body></html>",
        "# Daily Papers\n\n[Attention](https://huggingface.co/papers/1706.03762)\n",
        "",
    ],
)
def test_other_texts_are_not_recognised(text: str) -> None:
    assert HfPageReader().recognise(text) == 0


def test_deep_json_is_a_sentence() -> None:
    deep = "[" * 100_000
    with pytest.raises(DigestError, match="cannot be read as JSON"):
        read(f"<html><div data-target=DailyPapers data-props='{deep}'></div></html>")


def test_many_papers_are_read_in_linear_time() -> None:
    papers = [{"id": f"{2000 + n // 9000}.{n % 9000 + 10000}", "title": f"Title Number {n}"} for n in range(5_000)]
    start = time.process_time()
    assert len(read(page(papers))) == 5_000
    assert time.process_time() - start < 20


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spoiled_cases_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/input.html"))]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spoiled = text[:start] + data.draw(st.sampled_from(["", "&quot;", '"', "{", "]", "<!--", "\x00"])) + text[end:]
    try:
        items = list(HfPageReader().read(spoiled, digest="x"))
    except DigestError as error:
        assert str(error).startswith("x")  # noqa: PT017 - an error is one of two good outcomes
        return
    for item in items:
        if isinstance(item, Mention):
            check_place(item, spoiled, "x")


@settings(max_examples=60, deadline=None)
@given(
    data=st.recursive(
        st.none() | st.text(max_size=8) | st.sampled_from(["1706.03762", "A Title"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["paper", "title", "id", "summary", "authors", "publishedAt"]), inner, max_size=5
            )
        ),
    )
)
def test_any_json_is_read(data: Any) -> None:
    text = f"<div data-target='DailyPapers' data-props='{escape(json.dumps(data))}'></div>"
    for item in HfPageReader().read(text, digest="x"):
        if isinstance(item, Mention):
            check_place(item, text, "x")
