"""Lists and tables: cases, and what must not be taken for the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.digests.loading import choose_reader, read_mentions
from refkit.digests.titles import TitlesReader
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate
from refkit.testing import ReaderContract

TITLES = [
    "Attention Is All You Need",
    "Do As I Can, Not As I Say: Grounding Language in Robotic Affordances",
    "What are human values, and how do we align AI to them?",
    "Mamba",
    "GPT-4 Technical Report",
    "Title, Abstract, and Body: What Readers Read",
    '"Why Should I Trust You?": Explaining the Predictions of Any Classifier',
    "3D Gaussian Splatting for Real-Time Radiance Field Rendering",
    "$O(n)$ Connections are Expressive Enough: Universal Approximability of Sparse Transformers",
]


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> TitlesReader:
        return TitlesReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("titles")


def read(text: str) -> list[Mention]:
    return read_mentions(text, TitlesReader(), digest="list.txt")[0]


@settings(max_examples=100, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(TITLES), min_size=1, max_size=8),
    mark=st.sampled_from(["", "- ", "* ", "• ", "1. ", "12) ", "[7] ", "\t", "  "]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \t\n", "\u00a0\n"]),
)
def test_titles_come_back(chosen: list[str], mark: str, end: str) -> None:
    assert [mention.title for mention in read("".join(f"{mark}{title}{end}" for title in chosen))] == chosen


@pytest.mark.parametrize(
    ("behind", "arxiv_id"),
    [
        (" https://arxiv.org/abs/1706.03762v5", "1706.03762"),
        (" (https://arxiv.org/pdf/1706.03762.pdf)", "1706.03762"),
        (" (arXiv:1706.03762)", "1706.03762"),
        (" [arXiv:1706.03762v2]", "1706.03762"),
        (" arXiv:hep-th/9901001", "hep-th/9901001"),
        (" - https://huggingface.co/papers/1706.03762", "1706.03762"),
        ("\thttps://arxiv.org/abs/1706.03762", "1706.03762"),
        (", arXiv preprint arXiv:1706.03762", "1706.03762"),
        (" https://doi.org/10.48550/arXiv.1706.03762", "1706.03762"),
        ("\nhttps://arxiv.org/abs/1706.03762", "1706.03762"),
        ("\n\narXiv:1706.03762", "1706.03762"),
        ("", ""),
    ],
)
def test_ids_behind_and_below_titles(behind: str, arxiv_id: str) -> None:
    mentions = read(f"Attention Is All You Need{behind}\nMamba\n")
    assert [(mention.title, mention.arxiv_id) for mention in mentions] == [
        ("Attention Is All You Need", arxiv_id),
        ("Mamba", ""),
    ]


def test_links_above_titles_are_given_to_none() -> None:
    text = "https://arxiv.org/abs/1706.03762\nAttention Is All You Need\nhttps://arxiv.org/abs/2312.00752\nMamba\n"
    assert [mention.arxiv_id for mention in read(text)] == ["", ""]


def test_headings_dates_and_lines_that_are_no_titles() -> None:
    text = "# Title of the list\n\nMar 13\nMamba\n117\nUpvote\nhttps://example.org/x\n\n## Robots\n---\n"
    text += "GPT-4 Technical Report\n"
    mentions, skipped = read_mentions(text, TitlesReader(), digest="x")
    assert [(mention.title, mention.heading) for mention in mentions] == [
        ("Mamba", "Title of the list"),
        ("GPT-4 Technical Report", "Robots"),
    ]
    assert {mention.issued for mention in mentions} == {PartialDate(None, 3, 13)}
    assert [item.line for item in skipped] == [1, 3, 5, 6, 7, 9, 10]


@pytest.mark.parametrize(
    "first",
    ["Title, Abstract, and Body: What Readers Read", "Title", "Paper, Scissors and a Very Long Name of a Rock", "Name"],
)
def test_a_list_is_never_a_table(first: str) -> None:
    text = "\n".join([first, *TITLES])
    assert [mention.title for mention in read(text)][-len(TITLES) :] == TITLES
    assert 0 < TitlesReader().recognise(text) < 0.9


def test_a_list_that_ends_each_title_with_a_period_is_a_list(root: Path) -> None:
    lines = (root / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()
    names = [json.loads(line)["title"].rstrip(".?") for line in lines]
    text = "".join(f"{name}.\n" for name in names)
    reader = choose_reader(text, [registry.load("reader", name)() for name in registry.READERS], digest="x")
    assert reader.name == "titles"
    assert len(read_mentions(text, reader, digest="x")[0]) == len(names)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x" * 1001, "t:1: the title has 1,001 characters"),
        ("Mamba\n" + "x" * 100_001, "t:2: the line has 100,001 characters"),
    ],
)
def test_bad_lines_are_sentences(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        read_mentions(text, TitlesReader(), digest="t")


def test_a_table_is_also_read_by_the_name_of_lists() -> None:
    assert [mention.title for mention in read("year;title\n2023;Mamba\n")] == ["Mamba"]
    named = TitlesReader({"title": "2"})
    assert named.recognise("2023;Mamba\n2024;GPT-4\n") == 0.0
    found, _ = read_mentions("2023;Mamba\n2024;GPT-4 Technical Report\n", named, digest="t")
    assert [mention.title for mention in found] == ["Mamba", "GPT-4 Technical Report"]
