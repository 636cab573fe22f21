"""Copied pages: cases, the sample digest, and pages re-made in every layout from pairs of our own."""

from __future__ import annotations

import json
import random
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.digests.hf_trending import HfTrendingReader
from refkit.digests.loading import choose_reader, load, read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract

# Titles of real papers; the abstracts are our own sentences.
PAIRS: list[tuple[str, str]] = [
    (title, abstract)
    for title, abstract in json.loads(Path(__file__).with_name("pairs.json").read_text(encoding="utf-8"))
]
READERS = [registry.load("reader", name)() for name in registry.READERS]
HEADER = (
    "new\n\nGet trending papers in your email inbox once a day!\n\nSubscribe\n\nDaily Papers\n\n"
    "byAK and the research community\n\nDaily Weekly Monthly\n\nApr 17\n\n"
)
NOISE = [
    "Submitted by\n\ntaesiri", "· 8 authors", "- · 45 authors", "45 authors", "1.09k", "117", "Upvote", "GitHub 11.3k",
    "arXiv Page", "View arXiv page", "View PDF", "Read more", "AI-generated summary", "Project page",
    "Models Datasets Spaces",
]  # fmt: skip


def read(text: str) -> list[Mention]:
    return [item for item in HfTrendingReader().read(text, digest="page.txt") if isinstance(item, Mention)]


def titles(text: str) -> list[str]:
    return [mention.title for mention in read(text)]


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> HfTrendingReader:
        return HfTrendingReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("hf_trending")


def test_the_sample_digest_gives_its_53_titles_each_with_its_abstract(shared: Path) -> None:
    text = load(str(shared / "seeds/trending-papers.txt"))
    rows = (shared / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [json.loads(row)["digest_title"] for row in rows]
    mentions, _ = read_mentions(text, choose_reader(text, READERS, digest="sample"), digest="sample")
    assert [mention.title for mention in mentions] == wanted
    assert len(wanted) == 53
    below = {line: text.split("\n")[line + 1].strip() for line in (mention.line for mention in mentions)}
    assert all(mention.abstract == " ".join(below[mention.line].split()) for mention in mentions)
    assert {mention.issued for mention in mentions} == {PartialDate(None, 3, 13)}


@st.composite
def pages(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """Draw pairs and a page of them in some layout; a pair without its abstract has "" there."""
    chosen = draw(st.lists(st.sampled_from(PAIRS), min_size=3, max_size=10, unique=True))
    kept = [(title, abstract if draw(st.integers(0, 3)) else "") for title, abstract in chosen]
    width = draw(st.sampled_from([0, 0, 66, 80]))
    blank = draw(st.sampled_from(["\n\n", "\n\n", "\n\n\n", "\n \t\n"]))
    blocks = []
    for title, abstract in kept:
        if draw(st.booleans()):
            blocks.append(draw(st.sampled_from(NOISE)))
        blocks += [_wrapped(part, width) for part in (title, abstract) if part]
        blocks += draw(st.lists(st.sampled_from(NOISE[1:]), max_size=2))
    text = draw(st.sampled_from(["", HEADER])) + blank.join(blocks) + draw(st.sampled_from(["", "\n", "\n\nNext\n"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r", " \n"])))
    return kept, draw(st.sampled_from(["", "\ufeff"])) + text


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False)) if width else text


@settings(max_examples=300, deadline=None)
@given(page=pages())
def test_titles_come_back_from_any_layout(page: tuple[list[tuple[str, str]], str]) -> None:
    kept, text = page
    assert [(mention.title, mention.abstract) for mention in read(text)] == kept


@pytest.mark.parametrize("seed", range(20))
def test_titles_come_back_without_any_blank_line(seed: int) -> None:
    chosen = random.Random(seed).sample(PAIRS, 8)  # noqa: S311 - an order, not a secret
    text = "\n".join(f"{title}\n{abstract}" for title, abstract in chosen)
    assert [(mention.title, mention.abstract) for mention in read(text)] == chosen


def test_titles_only_are_titles() -> None:
    wanted = [title for title, _ in PAIRS]
    assert titles("\n\n".join(wanted)) == wanted
    assert titles("\n".join(wanted)) == wanted
    assert titles(HEADER + "\n\n".join(wanted)) == wanted


def test_long_and_odd_titles_are_titles() -> None:
    odd = [
        "On the Theory of "
        + "Very Long and Winding Names of Things that Nobody Would Print on One Line " * 2
        + "Today",
        "why is my model so small",
        r"$\mathcal{B}$-Coder: Value-Based Deep Reinforcement Learning for Program Synthesis",
        "3D-LLM",
        "This Title Ends with a Full Stop.",
    ]
    chosen = [(title.strip(), PAIRS[i][1]) for i, title in enumerate(odd)]
    assert read_pairs("\n\n".join(f"{title}\n\n{abstract}" for title, abstract in chosen)) == chosen


def read_pairs(text: str) -> list[tuple[str, str]]:
    return [(mention.title, mention.abstract) for mention in read(text)]


@pytest.mark.parametrize(
    "line", [*NOISE[1:], "Log In", "Sign Up", "Models", "Pricing", "Load more", "TOS", "© Hugging Face"]
)
def test_furniture_is_never_a_title(line: str) -> None:
    (first, abstract), (second, other) = PAIRS[:2]
    text = f"{line}\n\n{first}\n\n{line}\n\n{abstract}\n\n{line}\n\n{second}\n\n{other}\n\n{line}\n"
    assert read_pairs(text) == PAIRS[:2]
    skipped = [item for item in HfTrendingReader().read(text, digest="x") if isinstance(item, Skipped)]
    assert [item.text for item in skipped] == [line] * 4
    assert all(item.reason for item in skipped)


def test_who_submitted_is_no_title_but_a_title_of_one_word_is() -> None:
    text = f"Submitted by\n\ntaesiri\n\nMamba\n\n{PAIRS[4][1]}\n\nSubmitted by\nMamba\n{PAIRS[4][1]} Twice.\n"
    assert titles(text) == ["Mamba"]  # the second card is the same paper


def test_menu_words_at_the_end_of_wrapped_titles_stay() -> None:
    text = f"Aligning Many Things That People Value in Very Large\nLanguage Models\n\n{PAIRS[0][1]}\n\n"
    text += f"A Long Title About the Value Systems of Large Language\nModels\n\n{PAIRS[1][1]}\n"
    assert titles(text)[1] == "A Long Title About the Value Systems of Large Language Models"


def test_dates_links_and_ids() -> None:
    (first, abstract), (second, other) = PAIRS[:2]
    head = f"Mar 13\n\n{first}\n\n{abstract}\n\narXiv:1706.03762v5\n\n"
    mentions = read(head + f"Oct 4, 2026\n\n{second}\nhttps://huggingface.co/papers/2211.01910\n\n{other}\n")
    assert [mention.issued for mention in mentions] == [PartialDate(None, 3, 13), PartialDate(2026, 10, 4)]
    assert [mention.arxiv_id for mention in mentions] == ["1706.03762", "2211.01910"]
    assert mentions[1].url == "https://huggingface.co/papers/2211.01910"


def test_dates_below_each_title_belong_to_it() -> None:
    text = "".join(
        f"{title}\n\n{abstract}\n\nPublished on Oct {n}, 2026\n\n" for n, (title, abstract) in enumerate(PAIRS, 1)
    )
    assert [str(mention.issued) for mention in read(text)] == [f"2026-10-{n:02}" for n in range(1, len(PAIRS) + 1)]


def test_hyphens_at_the_end_of_a_line() -> None:
    text = f"From Instructions to Values with Multi-\nmodal Models and Trans-\nFormers\n\n{PAIRS[0][1]}\n"
    assert titles(text) == ["From Instructions to Values with Multi-modal Models and Trans-Formers"]


def test_text_before_the_first_title_is_skipped_and_said() -> None:
    items = list(HfTrendingReader().read(f"{PAIRS[0][1] * 3}\n\nMamba\n\n{PAIRS[4][1]}\n", digest="x"))
    assert items[0] == Skipped(1, PAIRS[0][1] * 3, "text with no title before it")
    with pytest.raises(
        DigestError, match=r"^x: no titles found, reading it as hf-trending \(line 1 is text with no title"
    ):
        read_mentions(PAIRS[0][1] * 9, HfTrendingReader(), digest="x")


def test_endless_and_repeated_lines_come_to_an_end() -> None:
    """Texts on which a careless pattern or a quadratic loop would hang (speed itself: tests/benchmarks)."""
    one = "\n\n".join(f"{title}\n\n{abstract}" for title, abstract in PAIRS) + "\n\n"
    for text in (one * 40, "Mamba\n" * 20_000, "a " * 49_000 + "\n", "-" * 90_000 + " " + "[" * 9_000):
        assert 0 <= HfTrendingReader().recognise(text) <= 1
        with suppress(DigestError):
            assert list(HfTrendingReader().read(text, digest="long.txt"))


@pytest.mark.parametrize("width", [36, 40, 50, 60, 80])
def test_titles_alone_wrapped_and_set_apart_are_read_without_being_told(root: Path, width: int) -> None:
    rows = (root / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [json.loads(row)["title"] for row in rows]
    text = "\n\n".join(_wrapped(title, width) for title in wanted) + "\n"
    mentions, _ = read_mentions(text, choose_reader(text, READERS, digest="x"), digest="x")
    assert sum(mention.title in wanted for mention in mentions) >= 52


def test_titles_in_groups_are_a_list_and_not_wrapped(root: Path) -> None:
    rows = (root / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [json.loads(row)["title"] for row in rows]
    text = "".join(f"{title}\n" + "\n" * (number % 3 == 0) for number, title in enumerate(wanted))
    mentions, _ = read_mentions(text, choose_reader(text, READERS, digest="x"), digest="x")
    assert [mention.title for mention in mentions] == wanted
