"""Lists and digests in Markdown: cases, shapes of rows one by one, what is no paper, and any text at all."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.digests.loading import choose_reader
from refkit.digests.markdown import MarkdownReader
from refkit.digests.markdown_days import day_of
from refkit.digests.markdown_inline import spans_of
from refkit.digests.markdown_people import people
from refkit.digests.markdown_tags import bare
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract

CASES = Path(__file__).with_name("markdown")
READERS = [registry.load("reader", name)() for name in registry.READERS]
ARXIV = "https://arxiv.org/abs/1706.03762"
TITLE = "Attention Is All You Need"
AUTHORS = ("Ashish Vaswani", "Noam Shazeer", "Niki Parmar")
NAMES = ", ".join(AUTHORS)
# Titles of real papers that have what lists put round titles, or part them with.
TITLES = [
    TITLE,
    "Mamba",
    "U-Net: Convolutional Networks for Biomedical Image Segmentation",
    "What are human values, and how do we align AI to them?",
    "3D Gaussian Splatting for Real-Time Radiance Field Rendering",
    "1.58-bit FLUX",
    "Long Context vs. RAG for LLMs: An Evaluation and Revisits",
    "Do As I Can, Not As I Say: Grounding Language in Robotic Affordances",
    "Answering $n^{2+o(1)}$ Counting Queries with Differential Privacy is Hard",
    "Neutrino Parameters, Abelian Flavor Symmetries, and Charged Lepton Flavor Violation",
    "High Temperature Superfluid and Feshbach Resonance",
    "Linking to Data - Effect on Citation Rates in Astronomy",
    "Copyright Infringement Risk Reduction via Chain-of-Thought and Task Instruction Prompting",
    "[Re] Hamiltonian Generative Networks",
]
ROWS = [
    "- [{title}]({link})",
    "* [{title}]({link}), {names}, ICLR 2021.",
    "1. [{title}]({link}) [[code](https://github.com/x/y)] [[video](https://youtu.be/x)]",
    "- [ICLR 2021 Oral] [{title}]({link})",
    "- 🔥 **[{title}]({link})** ⭐",
    "- {title} [[pdf]]({link}) [[code]](https://github.com/x/y)",
    "- (NeurIPS 2020) {title} [[Paper]({link})]",
    "- `[arXiv 23]` **{title}** [Paper]({link}) | [Project](https://example.org)",
    "- {title} ![](https://img.shields.io/stars/x/y) [![arXiv](https://img.shields.io/badge/arXiv-1-red)]({link})",
    "- **{title}** - *{names}* [[paper]({link})]",
    "- **{title}** ([arXiv]({link})) — A text that says what this is, and that it works on many tests.",
    "- {title}, {names}, ICLR 2021, [[pdf]]({link})",
    "- {title}. {names}. ICLR 2021. [pdf]({link})",
    "- {names}. {title}. ICLR, 2021. [[link]({link})]",
    "[12] {names}. {title}. ICLR, 2021. [[link]({link})]",
    '- {names}. "{title}." ICLR 2021. [link]({link})',
    "- Vaswani et al., 2021 - [{title}]({link})",
    "- *{title}*, {names} (2021) [arXiv]({link})",
    "- 2021-03-01, **{title}**, Ashish Vaswani et.al., Paper: [{link}]({link})",
    "- **Title:** {title}\n  - **Authors:** {names}\n  - **Link:** [arXiv]({link})",
    "- {title}\n  - {names}\n  - ICLR 2021\n  - [[Paper]({link})] [[Code](https://github.com/x/y)]",
    "**{title}** \\\n*{names}* \\\nICLR 2021. [[Paper]({link})] \\\n15 Jan 2021\n",
    "**{title}** <br> *{names}* <br> ICLR 2021. [[Paper]({link})]\n",
    "**{title}**\n\n- Homepage: https://example.org\n- Paper: {link}\n- Code: https://github.com/x/y\n",
    "**{title}**\n\n- 论文：{link}\n- 代码：https://github.com/x/y\n",
    "{title}\n[[Paper]]({link})[[Code]](https://github.com/x/y)\n",
    "### {title}\n\n{names}\n\n[arXiv]({link}) | [Code](https://github.com/x/y)\n",
    "#### [{title}]({link})\n\nWe say here in our own words what this is about, and that it works.\n",
    '<li><a href="{link}">{title}</a>, <i>{names}</i></li>',
    "> - [{title}]({link})",
    "- [{title}][one]\n\n[one]: {link}",
]  # fmt: skip


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> MarkdownReader:
        return MarkdownReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def read(text: str) -> list[Mention]:
    return [item for item in MarkdownReader().read(text, digest="list.md") if isinstance(item, Mention)]


def titles(text: str) -> list[str]:
    return [mention.title for mention in read(text)]


def skipped(text: str) -> dict[str, str]:
    items = MarkdownReader().read(text, digest="list.md")
    return {item.text: item.reason for item in items if isinstance(item, Skipped)}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_gives_its_title_and_its_link(row: str) -> None:
    text = f"# A list\n\n## Section\n\n{row.format(title=TITLE, names=NAMES, link=ARXIV)}\n"
    (mention,) = read(text)
    assert (mention.title, mention.arxiv_id, mention.heading) == (TITLE, "1706.03762", "Section")
    assert "**" not in mention.abstract


@pytest.mark.parametrize("row", [row for row in ROWS if "{names}" in row])
def test_names_beside_and_below_a_title_are_its_authors(row: str) -> None:
    (mention,) = read(f"{row.format(title=TITLE, names=NAMES, link=ARXIV)}\n")
    assert mention.authors == AUTHORS


@settings(max_examples=150, deadline=None)
@given(row=st.sampled_from(ROWS), chosen=st.lists(st.sampled_from(TITLES[2:]), min_size=1, max_size=6, unique=True))
def test_titles_come_back_from_any_row(row: str, chosen: list[str]) -> None:
    rows = [
        row.replace("one", f"r{n}").format(title=title, names=NAMES, link=f"https://arxiv.org/abs/2401.{n:05}")
        for n, title in enumerate(chosen, 1)
    ]
    found = read("# Some papers\n\n" + "\n".join(rows) + "\n\n## Tools\n\n- [Tool](https://github.com/x/tool)\n")
    assert [mention.title for mention in found] == [bare(title) for title in chosen]
    assert [mention.arxiv_id for mention in found] == [f"2401.{n:05}" for n in range(1, len(chosen) + 1)]


@pytest.mark.parametrize(
    "row",
    [
        "- [transformers](https://github.com/huggingface/transformers) - Models for all.",
        "- [The Illustrated Transformer](https://jalammar.github.io/illustrated-transformer/)",
        "- [A Talk About Nothing in Particular](https://www.youtube.com/watch?v=1)",
        "- [The Flan Collection](https://huggingface.co/datasets/flan)\n  - Ada Lovelace, Grace Hopper",
        "- [Papers](#papers)\n  - [2024](#2024)",
        "If you find this list useful, please cite our [paper](https://arxiv.org/abs/2303.18223).",
        "You can also find the [slides](https://example.org/slides) here.",
        "```\n- [Should Not Be Read](https://arxiv.org/abs/1706.03762)\n```",
        "<!-- - [Should Not Be Read](https://arxiv.org/abs/1706.03762) -->",
        "[![download](https://img.shields.io/badge/download-review-blue.svg)](https://example.org/list.pdf)",
        "| Tool | Link |\n|---|---|\n| A fast engine | [repo](https://github.com/x/y) |",
        "**A Tool Without Any Paper**\n\n- Paper: None\n- Code: https://github.com/x/y",
        "Made by [Ada Lovelace](https://scholar.google.com/citations?user=abc).",
    ],
)
def test_what_is_no_paper_is_skipped_with_a_reason(row: str) -> None:
    text = f"# Papers\n\n- [{TITLE}]({ARXIV})\n\n## More\n\n{row}\n"
    assert titles(text) == [TITLE]
    assert all(skipped(text).values())


def test_a_row_of_the_same_shape_as_papers_around_it_is_one_and_elsewhere_it_is_not() -> None:
    papers = "".join(f"- [{title}](https://arxiv.org/abs/2401.{n:05})\n" for n, title in enumerate(TITLES[2:6]))
    other = "- [Reading Signs from Their Shadows](https://publisher.example.com/signs)\n"
    assert "Reading Signs from Their Shadows" in titles(f"## Papers\n\n{papers}{other}")
    assert "Reading Signs from Their Shadows" not in titles(f"## Papers\n\n{papers}\n## Posts\n\n{other}")
    assert "Reading Signs from Their Shadows" not in titles(
        f"## Papers\n\n{papers}{other.replace('publisher.example', 'github')}"
    )


def test_headings_and_dates_of_sections_go_with_each_paper() -> None:
    text = (
        f"# Week by week\n\n## Papers of the Week (June 23 - June 29) - 2025\n\n- [{TITLE}]({ARXIV})\n\n"
        "## Topics\n\n### 2024\n\n- [Mamba](https://arxiv.org/abs/2312.00752)\n\n"
        "### March 2023\n\n- **Vision**\n  - [GPT-4 Technical Report](https://arxiv.org/abs/2303.08774)\n\n"
        "## Others\n\n5 May 2022\n\n- [Language Models are Few-Shot Learners](https://arxiv.org/abs/2005.14165)\n"
    )
    assert [(mention.heading, str(mention.issued)) for mention in read(text)] == [
        ("Papers of the Week (June 23 - June 29) - 2025", "2025-06-29"),
        ("Topics / 2024", "2024"),
        ("Vision", "2023-03"),
        ("Others", "2022-05-05"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("June 23 - June 29, 2025", PartialDate(2025, 6, 29)),
        ("Top Papers (December 30 - January 5) - 2025", PartialDate(2025, 1, 5)),
        ("June 16–22, 2025", PartialDate(2025, 6, 22)),
        ("16-22 June 2025", PartialDate(2025, 6, 22)),
        ("5th of January 2026", PartialDate(2026, 1, 5)),
        ("Updated on 2024.03.01", PartialDate(2024, 3, 1)),
        ("2024", PartialDate(2024)),
        ("2024 (12 papers)", PartialDate(2024)),
        ("March 2024", PartialDate(2024, 3)),
        ("**2024-03-01**", PartialDate(2024, 3, 1)),
        ("2020 and before", None),
        ("CVPR 2024", None),
        ("Large models", None),
    ],
)
def test_days_in_headings(text: str, day: PartialDate | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"38. {TITLE}", TITLE),
        (f"[arXiv] {TITLE}", TITLE),
        (f"(ICLR 2024) {TITLE}", TITLE),
        (f"[NeurIPS'23 Oral] {TITLE}.", TITLE),
        (f"NEW :fire: {TITLE}", TITLE),
        (f"[2024/01] {TITLE} (ICML 2021)", TITLE),
        (f"CVPR 2018 (?) - {TITLE}", TITLE),
        (f"“{TITLE}”", TITLE),
        (f"🔥🔥 {TITLE} ⭐", TITLE),
        (f"{TITLE}, in CVPR 2023.", TITLE),
        ("[Re] Hamiltonian Generative Networks", "[Re] Hamiltonian Generative Networks"),
        ("(Un)masking Faces", "(Un)masking Faces"),
        ("Science Bots: a Model for the Future", "Science Bots: a Model for the Future"),
        ("Near-Infrared Polarimetry of the Eagle Nebula (M16)", "Near-Infrared Polarimetry of the Eagle Nebula (M16)"),
        ("A Title That Was Cut ...", "A Title That Was Cut ..."),
    ],
)
def test_dirt_is_taken_off_titles_and_nothing_else(text: str, title: str) -> None:
    assert bare(text) == title


def test_titles_of_papers_stay_as_they_are(root: Path) -> None:
    rows = [json.loads(line) for line in (root / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [bare(row["title"]) for row in rows] == [row["title"].rstrip(".") for row in rows]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (NAMES, AUTHORS),
        ("Ada Lovelace and Grace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("Tom Brown et al.", ("Tom Brown",)),
        ("Reference Validity, and Depth Utility", ()),
        ("Optimal Transport and Graph Cuts", ()),
        ("We show that it works, and how", ()),
    ],
)
def test_names_are_told_from_words_of_titles(text: str, names: Sequence[str]) -> None:
    assert people(text) == tuple(names)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("**Title: A *b* c** d", [("Title: A ", True), ("b", True), (" c", True), (" d", False)]),
        ("** sloppy ** x", [(" sloppy ", True), (" x", False)]),
        ("A* Search and 2 * 3 a_b_c", [("A* Search and 2 * 3 a_b_c", False)]),
        ("**C*-algebras**", [("C*-algebras", True)]),
        ("a\\_b &amp; $x_1 * y_2 * z$", [("a_b & $x_1 * y_2 * z$", False)]),
    ],
)
def test_marks_are_read_as_they_are_meant(text: str, seen: list[tuple[str, bool]]) -> None:
    assert [(span.text, span.strong) for span in spans_of(text, 0, len(text), {})] == seen


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[[Paper](u)] [[Code]](v(1))", [("Paper", "u"), ("[Code]", "v(1)")]),
        ('[Title [with] brackets](<u> "t")', [("Title [with] brackets", "u")]),
        ("[text][r] and [r] and [none]", [("text", "REF"), ("r", "REF")]),
        ("[Title] (https://x.org)", [("Title", "https://x.org")]),
        ("[![alt](i.svg)](u)", [("alt", "u")]),
        ("<https://x.org/a>", [("https://x.org/a", "https://x.org/a")]),
        ("(https://y.org/b(c)).", [("https://y.org/b(c)", "https://y.org/b(c)")]),
        ("<a href='u'>text</a>", [("text", "u")]),
    ],
)  # fmt: skip
def test_links_in_all_their_forms(text: str, links: list[tuple[str, str]]) -> None:
    found = spans_of(text, 0, len(text), {"r": "REF"})
    assert [(span.text, span.href) for span in found if span.link] == links


def test_places_are_those_of_the_text() -> None:
    for row in ROWS:
        text = f"## Papers\r\n\r\n{row.format(title=TITLE, names=NAMES, link=ARXIV)}\r\n"
        (mention,) = read(text)
        assert mention.raw in text
        assert mention.raw.split("\n", 1)[0].strip() in text.split("\n")[mention.line - 1]


def test_a_repeated_paper_is_told_once() -> None:
    text = f"- [{TITLE}]({ARXIV})\n- [Mamba](https://arxiv.org/abs/2312.00752)\n"
    text += f"\n## Again\n\n- **{TITLE}** [pdf]({ARXIV})\n"
    assert titles(text) == [TITLE, "Mamba"]
    assert skipped(text)[TITLE] == "a repeated paper"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"- [{TITLE}]({ARXIV})\n- [Mamba](https://arxiv.org/abs/2312.00752)\n", "markdown"),
        ("| Title | Link |\n|---|---|\n| Mamba | x |\n", "markdown"),
        (f"# Papers\n\n- {TITLE}\n- Mamba\n- GPT-4 Technical Report\n", "titles"),
        (f"## Reading\n\n{TITLE}\n{ARXIV}\nMamba\nhttps://arxiv.org/abs/2312.00752\n", "titles"),
        (f"- {TITLE} {ARXIV}\n- Mamba https://arxiv.org/abs/2312.00752\n", "titles"),
    ],
)
def test_lists_of_bare_titles_are_left_to_the_reader_of_lists(text: str, name: str) -> None:
    assert choose_reader(text, READERS, digest="x").name == name


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n<html><body><a href='https://arxiv.org/abs/2312.00752'>Mamba</a></body></html>",
        '<rss version="2.0"><channel><item><title>**Mamba**</title></item></channel></rss>',
        "@article{gu2023,\n  title = {**Mamba**},\n  url = {https://arxiv.org/abs/2312.00752}\n}\n",
        "From: me@example.org\nTo: you@example.org\nSubject: x\n\n- [Mamba](https://arxiv.org/abs/2312.00752)\n",
        '{"title": "[Mamba](https://arxiv.org/abs/2312.00752)"}\n',
        "\\\\\narXiv:2312.00752\nTitle: Mamba\nAuthors: A. Gu\n\\\\\n  We show it **well**.\n",
        "---\ntitle: x\n---\n\nMamba\n",
        "",
    ],
)
def test_other_formats_are_not_recognised(text: str) -> None:
    assert MarkdownReader().recognise(text) == 0.0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_spoiled_cases_are_read_or_refused(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    signs = [
        "[",
        "](",
        ")",
        "|",
        "**",
        "*",
        "`",
        "```\n",
        "<",
        "<!--",
        "$",
        "\\",
        "\n",
        "\r",
        "\n\n",
        "- ",
        "# ",
        "> ",
        "---\n",
        "\t",
        "&#0;",
    ]
    text = rng.choice([path.read_text("utf-8") for path in sorted(CASES.glob("*/input.md"))])[:4_000]
    for _ in range(rng.randrange(1, 12)):
        at, end = rng.randrange(len(text) + 1), rng.choice((0, 1, 10, 200))
        text = text[:at] + rng.choice([*signs, text[at : at + end] * 2]) + text[at + end :]
    assert 0.0 <= MarkdownReader().recognise(text) <= 1.0
    with suppress(DigestError):
        for mention in read(text):
            assert mention.title == " ".join(mention.title.split()) != ""
            assert mention.raw in text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000, "[a](" * 15_000, "*a " * 20_000, "`" * 60_000, "<a " * 20_000, "![[" * 20_000,
        "| " * 30_000 + "\n|-|\n",
        "> " * 40_000 + "\n", "".join(" " * n + "- A title of something\n" for n in range(300)),
        "```python\nx\n" * 5_000,
        "<!-- x\n" * 5_000, "- A title of something\n" * 3_000, "- [A title\n" * 3_000,
        "$a" * 30_000, "Ada Lovelace, " * 5_000,
    ],
)  # fmt: skip
def test_texts_on_which_a_careless_reader_would_hang_come_to_an_end(text: str) -> None:
    """The speed itself is measured elsewhere; each takes at most a second or two here."""
    assert 0.0 <= MarkdownReader().recognise(text) <= 1.0
    with suppress(DigestError):
        assert sum(1 for _ in MarkdownReader().read(text, digest="long.md")) >= 0
