"""The plain style of a bibliography for people: who, when, what, where, and links that are links."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.model import PartialDate
from refkit.writers.formats.bibliography import groups, html_link, html_page, markdown, markdown_link
from refkit.writers.formats.item import Date, Item, Name


def line(**known: Any) -> str:
    """Return the line of an item in Markdown, without its bullet."""
    text = markdown([Item(**{"key": "k", "texts": {"title": "T"}, **known})]).text
    assert text.startswith("- ")
    assert text.endswith("\n")
    return text[2:-1]


def many(count: int) -> tuple[Name, ...]:
    return tuple(Name(family=f"A{place}", given="B") for place in range(count))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ({}, "(n.d.)."),
        ({"author": (Name(family="Doe", given="Jane"),)}, "Doe, J. (n.d.)."),
        (
            {"author": (Name(family="Rot", given="Bo-Carl D."), Name(literal="Zoo"), Name(family="Plato"))},
            "Rot, B.-C. D., Zoo & Plato (n.d.).",
        ),
        (
            {"author": (Name(family="Beethoven", given="Ludwig", dropping="van"),)},
            "Beethoven, L. van (n.d.).",
        ),
        (
            {"author": (Name(family="King", given="Martin", particle="de", suffix="Jr."),)},
            "de King, M., Jr. (n.d.).",
        ),
        ({"author": (Name(family="李", given="明"),)}, "李, 明 (n.d.)."),
        ({"author": (Name(family="Doe", given="J"), Name(literal="others"))}, "Doe, J., et al. (n.d.)."),
        ({"editor": (Name(family="Doe", given="J"),)}, "Doe, J. (ed.) (n.d.)."),
        ({"editor": many(2)}, "A0, B. & A1, B. (eds.) (n.d.)."),
        ({"author": many(1), "editor": many(2)}, "A0, B. (n.d.)."),
        ({"translator": many(1)}, "A0, B. (n.d.)."),
    ],
)
def test_who(names: dict[str, tuple[Name, ...]], wanted: str) -> None:
    assert line(names=names) == f"{wanted} T."


def test_up_to_twenty_authors_are_named_and_of_more_the_last_one_too() -> None:
    assert line(names={"author": many(20)}).startswith(
        ", ".join(f"A{place}, B." for place in range(19)) + " & A19, B. ("
    )
    longer = line(names={"author": many(25)})
    assert longer.startswith(", ".join(f"A{place}, B." for place in range(19)) + ", … A24, B. (")


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        (Date(start=PartialDate(2024, 3, 4)), "2024"),
        (Date(start=PartialDate(2024), circa=True), "2024"),
        (Date(start=PartialDate(2024), season=1), "2024"),
        (Date(start=PartialDate(2024), end=PartialDate(2025)), "2024–2025"),
        (Date(start=PartialDate(2024, 3), end=PartialDate(2024, 5)), "2024"),
        (Date(literal="in *press*"), r"in \*press\*"),
    ],
)
def test_when(date: Date, wanted: str) -> None:
    assert line(dates={"issued": date}) == f"({wanted}). T."


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"texts": {}}, "k."),
        ({"texts": {"title": "Why?"}}, "Why?"),
        ({"texts": {"title": "<i>So.</i>"}}, "*So.*"),
        ({"texts": {"title": "<i>So</i>"}}, "*So*."),
        (
            {
                "type": "article-journal",
                "texts": {"container-title": "J_x", "volume": "3", "issue": "4", "page": "1-5"},
            },
            r"k. *J\_x*, 3(4), 1–5.",
        ),
        (
            {"type": "article-journal", "texts": {"container-title": "J", "number": "e5", "publisher": "P"}},
            "k. *J*, e5.",
        ),
        (
            {"type": "chapter", "texts": {"container-title": "B", "volume": "2", "page": "1-5", "publisher": "P"}},
            "k. In *B*, vol. 2, pp. 1–5. P.",
        ),
        ({"type": "paper-conference", "texts": {"event-title": "E", "number": "7"}}, "k. In *E*, 7."),
        ({"type": "thesis", "texts": {"genre": "PhD thesis", "publisher": "MIT"}}, "k. PhD thesis, MIT."),
        (
            {"type": "article", "arxiv_id": "2310.03173", "texts": {"publisher": "P"}},
            "k. arXiv:2310.03173. <https://arxiv.org/abs/2310.03173>",
        ),
        (
            {"type": "article", "arxiv_id": "2310.03173", "texts": {"DOI": "10.48550/arXiv.2310.03173"}},
            "k. arXiv:2310.03173. <https://doi.org/10.48550/arXiv.2310.03173>",
        ),
        (
            {"type": "book", "arxiv_id": "2310.03173", "texts": {"DOI": "10.1/x", "URL": "https://x.org"}},
            "k. <https://doi.org/10.1/x> [arXiv:2310.03173](https://arxiv.org/abs/2310.03173)",
        ),
        ({"texts": {"URL": "https://x.org/a_b"}}, "k. <https://x.org/a_b>"),
    ],
)
def test_what_and_where(known: dict[str, Any], wanted: str) -> None:
    assert line(**known) == f"(n.d.). {wanted}"


def test_sorted_by_author_year_and_title() -> None:
    doe, ada = {"author": (Name(family="Doe"),)}, {"author": (Name(family="Ádám", given="X"),)}
    new, old = Date(start=PartialDate(2024)), Date(start=PartialDate(2020))
    items = [
        Item(key="1", names=doe, texts={"title": "B"}, dates={"issued": new}),
        Item(key="2", names=doe, texts={"title": "A"}, dates={"issued": new}),
        Item(key="3", names=doe, texts={"title": "C"}, dates={"issued": old}),
        Item(key="4", names=ada),
        Item(key="5", texts={"title": "Buns"}),
    ]
    ((heading, found),) = groups(items, by_theme=False)
    assert (heading, [item.key for item in found]) == ("", ["4", "5", "3", "2", "1"])


def test_themes_are_headings_and_the_rest_comes_last() -> None:
    items = [Item(key="a", keywords=("sleep", "Owls")), Item(key="b", keywords=("sleep",))]
    assert [heading for heading, _ in groups(items, by_theme=True)] == ["Owls", "sleep"]
    page = html_page([*items, Item(key="c")], by_theme=True, title="A & B").text
    assert page.index("<h2>Owls</h2>") < page.index("<h2>sleep</h2>") < page.index("<h2>Other</h2>")
    assert page.count('id="a"') == 1
    assert page.count(" a.</li>") == 2
    assert "<title>A &amp; B</title>" in page


@pytest.mark.parametrize(
    ("url", "text", "in_markdown", "in_html"),
    [
        ("https://x.org/a", "https://x.org/a", "<https://x.org/a>", '<a href="https://x.org/a">https://x.org/a</a>'),
        ("https://x.org/(a)", "a_b", r"[a\_b](https://x.org/%28a%29)", '<a href="https://x.org/(a)">a_b</a>'),
        ('https://x.org/"<>', "x", "[x](https://x.org/%22%3C%3E)", '<a href="https://x.org/%22%3C%3E">x</a>'),
        ("javascript:alert(1)", "<b>", r"\<b\>", "&lt;b&gt;"),
        ("ftp://x.org", "ftp://x.org", "ftp://x.org", "ftp://x.org"),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str, text: str, in_markdown: str, in_html: str) -> None:
    assert markdown_link(url, text) == in_markdown
    assert html_link(url, text) == in_html
