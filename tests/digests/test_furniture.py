"""Lines that are no titles, and titles that look a little like them."""

from __future__ import annotations

import pytest

from refkit.digests.furniture import why_no_title
from refkit.digests.hf_trending import HfTrendingReader
from refkit.digests.titles import TitlesReader
from refkit.model import Mention

NO_TITLES = [
    "▲ 50",
    "★ 123",
    "☆ 42",
    "⭐ 11.3k",
    "GitHub ⭐ 42",
    "👍 12",
    "💬 3",
    "Week 11, 2026",
    "Week of Mar 9, 2026",
    "Mar 9 - Mar 15",
    "13/03/2026",
    "13. März 2026",
    "and 12 more authors",
    "+7 authors",
    "cs.CL",
    "cs.CL, cs.AI",
    "#reasoning #llm",
    "HTML",
    "Demo",
    "Bookmark",
    "Read More →",
    "... more",
    "View arXiv page View PDF Project page GitHub 42 Add to collection",
    "12 comments · 4 models",
    "Models citing this paper 4",
    "Comments: 12 pages",
    "12 pages, 3 figures",
    "Accepted at ICLR 2025",
    "1/3",
    "Previous 1 2 3 ... 100 Next",
    "Hugging Face © 2026",
    "Cookie settings",
    "Unsubscribe",
    "View in browser",
    "Back to top",
    "Follow us on X",
    "Sort by: Upvotes",
    "Filter",
    "Search models, datasets, users...",
    "Avatar",
    "taesiri's avatar",
    "[Image]",
    "0:32",
    "Hello everyone,",
    "by Qwen Team and the research community",
    "by",
    "AK and the research community",
    "Stanford University · 5 authors",
    "Stanford University · Published on Oct 4, 2025",
]
TITLES = [
    "Back to the Top: A Study",
    "Sorting by Swaps",
    "Accepted Wisdom in Physics",
    "Week-Long Forecasts of Wind",
    "Search Engines and Users",
    "C++ 20 in Practice",
    "Image Filters",
    "3/4-Approximation of Max Cut",
    "Hello World: Programs of Beginners",
    "12 Angry Models",
]


@pytest.mark.parametrize("line", NO_TITLES)
@pytest.mark.parametrize("reader", [HfTrendingReader(), TitlesReader()])
def test_lines_of_the_page_are_no_titles(line: str, reader: HfTrendingReader | TitlesReader) -> None:
    text = f"Attention Is All You Need\n\n{line}\n\nDeep Residual Learning\n"
    found = [item.title for item in reader.read(text, digest="x") if isinstance(item, Mention)]
    assert found == ["Attention Is All You Need", "Deep Residual Learning"]


@pytest.mark.parametrize("title", TITLES)
def test_titles_stay_titles(title: str) -> None:
    assert why_no_title(title) == ""


@pytest.mark.parametrize("piece", ["1,", ".1", "★ 1 ", "1 ★ ", "1k ", "#a ", "cs.CL ", "a · 1 b "])
def test_hostile_lines_come_to_an_end(piece: str) -> None:
    assert isinstance(why_no_title((piece * 100)[:198] + "x"), str)
