"""The plain style of a bibliography for people: who, when, what, where, and links that are links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import structs

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
        ({"author": (Name(family="hooks", given="bell E\u0301va"),)}, "hooks, b. É. (n.d.)."),
        ({"author": (Name(family="Doe", given="J.R. -"),)}, "Doe, J.R. - (n.d.)."),
        ({"author": (Name(literal="others"),)}, "et al. (n.d.)."),
        ({"author": (Name(literal="R_D"),)}, r"R\_D (n.d.)."),
        ({"author": (Name(family="Doe", given="J"), Name(literal="others"))}, "Doe, J., et al. (n.d.)."),
        ({"editor": (Name(family="Doe", given="J"),)}, "Doe, J. (ed.) (n.d.)."),
        ({"editor": many(2)}, "A0, B. & A1, B. (eds.) (n.d.)."),
        ({"author": many(1), "editor": many(2)}, "A0, B. (n.d.)."),
        ({"editor": many(1), "translator": many(2)}, "A0, B. (ed.) (n.d.)."),
        ({"translator": many(1)}, "A0, B. (n.d.)."),
    ],
)
def test_who(names: dict[str, tuple[Name, ...]], wanted: str) -> None:
    assert line(names=names) == f"{wanted} T."


def test_up_to_twenty_authors_are_named_and_of_more_the_last_one_too() -> None:
    assert line(names={"author": many(20)}).startswith(
        ", ".join(f"A{place}, B." for place in range(19)) + " & A19, B. ("
    )
    longer = line(names={"author": many(21)})
    assert longer.startswith(", ".join(f"A{place}, B." for place in range(19)) + ", … A20, B. (")
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
        (Date(literal="199x"), "199x"),
        (Date(literal="1999 or 2000"), "1999–2000"),
        (Date(literal="c. 1999"), "c. 1999"),
    ],
)
def test_when(date: Date, wanted: str) -> None:
    assert line(dates={"issued": date}) == f"({wanted}). T."


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"texts": {}}, "k."),
        ({"key": "a_b", "texts": {}}, r"a\_b."),
        ({"texts": {"title": "Why?"}}, "Why?"),
        ({"texts": {"title": "Oh!"}}, "Oh!"),
        ({"texts": {"title": "So, "}}, "So, ."),
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
        ({"type": "article-magazine", "texts": {"container-title": "M", "volume": "3"}}, "k. *M*, 3."),
        ({"type": "article-newspaper", "texts": {"issue": "4"}}, "k. (4)."),
        ({"type": "article", "texts": {"container-title": "C"}}, "k. In *C*."),
        ({"type": "report", "texts": {"genre": "Memo", "number": "7-8"}}, "k. 7–8. Memo."),
        ({"type": "book", "texts": {"publisher": "P", "volume": "2"}}, "k. vol. 2. P."),
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
        (
            {"type": "article", "arxiv_id": "2310.03173", "texts": {"DOI": "10.1/x", "container-title": "C"}},
            "k. arXiv:2310.03173. <https://doi.org/10.1/x>",
        ),
        ({"type": "book", "arxiv_id": "2310.03173", "texts": {"URL": "https://x.org"}}, "k. <https://x.org>"),
        ({"type": "book", "arxiv_id": "2310.03173", "texts": {}}, "k. <https://arxiv.org/abs/2310.03173>"),
        ({"type": "book", "texts": {"DOI": "10.1/x", "URL": "https://x.org"}}, "k. <https://doi.org/10.1/x>"),
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


def keys_in_order(*items: Item) -> str:
    ((_, found),) = groups(items, by_theme=False)
    return "".join(item.key for item in found)


def people(*families: str) -> dict[str, tuple[Name, ...]]:
    return {"author": tuple(Name(family=family, given="A") for family in families)}


def test_three_authors_count_for_the_order_then_the_date_the_title_and_the_key() -> None:
    new, old = {"issued": Date(start=PartialDate(2024))}, {"issued": Date(start=PartialDate(2020))}
    third = [
        Item(key="a", names=people("A", "B", "D"), dates=old),
        Item(key="b", names=people("A", "B", "C"), dates=new),
    ]
    assert keys_in_order(*third) == "ba"
    fourth = [
        Item(key="a", names=people("A", "B", "C", "D"), dates=new),
        Item(key="b", names=people("A", "B", "C", "E"), dates=old),
    ]
    assert keys_in_order(*fourth) == "ba"
    titles = [
        Item(key="a", texts={"title": "<i>B</i>"}, names=people("A")),
        Item(key="b", texts={"title": "a"}, names=people("A")),
    ]
    assert keys_in_order(*titles) == "ba"
    assert keys_in_order(Item(key="a", names=people("A"), dates=new), Item(key="b", names=people("A"))) == "ba"
    assert keys_in_order(Item(key="b"), Item(key="a")) == "ab"
    assert keys_in_order(Item(key="a", texts={"title": "T"}), Item(key="b")) == "ba"
    assert (
        keys_in_order(Item(key="a", names=people("A"), texts={"title": "T"}), Item(key="b", names=people("A"))) == "ba"
    )
    given = [Item(key="a", names={"author": (Name(family="A", given=name),)}) for name in "CB"]
    assert keys_in_order(structs.replace(given[1], key="b"), given[0]) == "ba"
    assert (
        keys_in_order(Item(key="a", names={"author": (Name(literal="Zoo"),)}), Item(key="b", names=people("Yak")))
        == "ba"
    )


def test_of_two_items_with_one_key_the_first_in_order_is_printed() -> None:
    items = [Item(key="k", texts={"title": title}) for title in "BA"]
    assert markdown(items).text == "- (n.d.). A.\n" * 2


def test_a_style_gets_the_items_in_order_and_what_it_leaves_out_is_no_row() -> None:
    asked: list[str] = []

    def style(items: Sequence[Item]) -> dict[str, str]:
        asked.extend(item.key for item in items)
        return {"a": "<i>A</i> (see https://x.org/(1)_2)) and https://y.org/1)2.", "b": ""}

    items = [Item(key=key, texts={"title": key}) for key in "cba"]
    written = markdown(items, entries=style)
    assert (
        written.text
        == r"- *A* (see [https://x.org/(1)\_2](https://x.org/%281%29_2))) and [https://y.org/1)2](https://y.org/1%292)."
        "\n"
    )
    assert written.lost == ((), (), ())
    assert asked == ["a", "b", "c"]
    page = html_page(items, entries=style)
    assert '<li id="b"></li>\n<li id="c"></li>' in page.text
    assert page.lost == ((), (), ())


def test_a_parenthesis_round_an_address_is_not_part_of_it() -> None:
    written = markdown([Item(key="k")], entries=lambda _: {"k": "T (https://x.org/a)."})
    assert written.text == "- T (<https://x.org/a>).\n"


def test_a_page_of_html() -> None:
    text = html_page(
        [
            Item(
                key="my  key",
                type="article-journal",
                texts={"title": "T & U", "container-title": "J"},
                names=people("Doe"),
            )
        ]
    ).text
    head, _, rest = text.partition("<style>\n")
    assert head == (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Bibliography</title>\n'
    )
    assert rest.partition("</style>\n")[2] == (
        "</head>\n<body>\n<h1>Bibliography</h1>\n<ul>\n"
        '<li id="my-key">Doe, A. (n.d.). T &amp; U. <i>J</i>.</li>\n</ul>\n</body>\n</html>\n'
    )


def test_themes_that_differ_in_case_only_stand_in_one_order() -> None:
    items = [Item(key="a", keywords=("zoo", "Zoo", "Ärzte", "b&c", "azur"))]
    assert [heading for heading, _ in groups(items, by_theme=True)] == ["Ärzte", "azur", "b&c", "Zoo", "zoo"]
    assert "</ul>\n<h2>b&amp;c</h2>\n<ul>\n" in html_page(items, by_theme=True).text
    assert markdown([Item(key="a", keywords=("c_d",)), Item(key="b")], by_theme=True).text == (
        "## c\\_d\n\n- (n.d.). a.\n\n## Other\n\n- (n.d.). b.\n"
    )
    assert "## " not in markdown(items).text
    assert "<h2>" not in html_page(items).text


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
        ("HTTP://x.org", "a", "[a](HTTP://x.org)", '<a href="HTTP://x.org">a</a>'),
        ("https://x.org/é b", "a", "[a](https://x.org/%C3%A9%20b)", '<a href="https://x.org/%C3%A9%20b">a</a>'),
        (
            "https://x.org/:?#[]@!$*+,;=%~-._",
            "https://x.org/:?#[]@!$*+,;=%~-._",
            "<https://x.org/:?#[]@!$*+,;=%~-._>",
            '<a href="https://x.org/:?#[]@!$*+,;=%~-._">https://x.org/:?#[]@!$*+,;=%~-._</a>',
        ),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str, text: str, in_markdown: str, in_html: str) -> None:
    assert markdown_link(url, text) == in_markdown
    assert html_link(url, text) == in_html
