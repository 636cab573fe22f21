"""Which column holds what: as the user says, by its name in any language, by what stands in it."""

from __future__ import annotations

import pytest

from refkit.digests.cells import date_of, kind_of, looks_like_title, split_authors
from refkit.digests.columns import Missing, assign, fold_name, parse_columns, takes_columns
from refkit.digests.hf_trending import HfTrendingReader
from refkit.digests.jsonl import JsonlReader
from refkit.digests.table import TableReader
from refkit.digests.yaml_list import YamlReader
from refkit.errors import UsageError
from refkit.model import PartialDate

ROWS = [
    [
        "T",
        "Attention Is All You Need",
        "Ashish Vaswani, Noam Shazeer",
        "2017-06-12",
        "https://arxiv.org/abs/1706.03762",
    ],
    [
        "R",
        "Deep Residual Learning for Image Recognition",
        "K. He et al.",
        "2015-12-10",
        "https://arxiv.org/abs/1512.03385",
    ],
    [
        "M",
        "Mamba: Linear-Time Sequence Modeling",
        "Albert Gu and Tri Dao",
        "2023-12-01",
        "https://arxiv.org/abs/2312.00752",
    ],
]
ALL = {"title": 1, "authors": 2, "issued": 3, "url": 4}


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["", "", "", "", ""],
        ["a", "b", "c", "d", "e"],
        ["No.", "Title", "Authors", "Date", "Link"],
        ["Nr.", "Titel", "Autoren", "Datum", "Link"],
        ["编号", "论文标题", "作者", "日期", "链接"],
        ["№", "Название", "Авторы", "Дата публикации", "Ссылка"],
        ["Key", "paper_title", "authorNames", "publicationDate", "PDF URL"],
        ["Name", "Title (short)", "Author(s)", "Year", "URL"],
        ["title", "x", "y", "z", "paper"],
    ],
)
def test_columns_are_found_by_name_or_by_content(names: list[str]) -> None:
    found = assign(names, ROWS)
    assert not isinstance(found, Missing)
    if names[:1] == ["title"]:
        assert found["title"] == 0  # whoever calls a column so means it
    else:
        assert {field: place for field, place in found.items() if field in ALL} == ALL


def test_a_column_of_links_is_never_the_titles_whatever_its_name() -> None:
    found = assign(["Title", "Name", "x", "y", "Paper"], [[row[4], row[1], "", "", row[4]] for row in ROWS])
    assert not isinstance(found, Missing)
    assert (found["title"], found["url"]) == (1, 4)


def test_numbers_names_and_words_give_no_titles() -> None:
    rows = [["Ada Lovelace", "1", "red"], ["Grace Hopper", "2", "blue"], ["Alan Turing", "3", "red"]]
    assert assign(["who", "how many", "colour"], rows) == {}


def test_the_user_names_columns_by_name_or_number() -> None:
    names = ["Nr", "What it is", "Who", "When", "Where"]
    assert assign(names, ROWS, {"title": " what IT  is", "authors": "3"}) == {"title": 1, "authors": 2, "url": 4}
    assert assign([], ROWS, {"title": "2"}) == {"title": 1, "url": 4}
    assert assign(names, ROWS, {"title": "Paper"}) == Missing("Paper")
    assert assign(names, ROWS, {"title": "6"}) == Missing("6")
    assert assign(["1", "2"], [["a", "b"]], {"title": "2"}) == {"title": 1}


def test_options_are_parsed() -> None:
    assert parse_columns(["title=Paper = Name", " arXiv-ID = 3 "]) == {"title": "Paper = Name", "arxiv_id": "3"}
    assert parse_columns([]) == {}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["title"], "The column 'title' has no name; write FIELD=NAME"),
        (["title= "], "The column 'title= ' has no name"),
        (["pages=3"], "There is no field 'pages'; the fields are: title, abstract, authors, heading, issued, arxiv_id"),
        (["title=1", "title=2"], "The column of 'title' is named twice"),
    ],
)
def test_bad_options_are_sentences(options: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse_columns(options)


def test_which_readers_take_columns() -> None:
    assert [takes_columns(each) for each in (JsonlReader, TableReader, YamlReader({"title": "x"}))] == [True] * 3
    assert not takes_columns(HfTrendingReader)


@pytest.mark.parametrize(
    "name", ["Paper Title", "paper_title", "paperTitle", "PAPER-TITLE", "paper title (full)", "\ufeffPaper title:"]
)
def test_names_are_compared_by_their_letters(name: str) -> None:
    assert fold_name(name) == "papertitle"


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("12", "number"),
        ("-", "number"),
        ("3.5%", "number"),
        ("2017", "date"),
        ("2017-06-12T10:00:00Z", "date"),
        ("12.6.2017", "date"),
        ("2017年6月12日", "date"),
        ("March 2017", "date"),
        ("1706.03762v2", "arxiv"),
        ("hep-th/9901001", "arxiv"),
        ("https://example.org/a?b", "link"),
        ("[pdf](https://example.org)", "link"),
        ("10.1000/xyz.1", "link"),
        ("Ashish Vaswani, Noam Shazeer", "authors"),
        ("Vaswani, Ashish; Shazeer, Noam", "authors"),
        ("L. van der Maaten and G. Hinton", "authors"),
        ("Kaiming He et al.", "authors"),
        ("Attention Is All You Need", "title"),
        ("Do As I Can, Not As I Say: Grounding Language", "title"),
        ("iGibson 2.0: Object-Centric Simulation for Robots", "title"),
        ("Planning, Learning, and Acting in the World", "title"),
        ("注意力就是你所需要的一切", "title"),
        ("accepted", "word"),
        ("We show that it works, and that it is fast in all of the tests that we made of it. It is so.", "prose"),
    ],
)
def test_cells_look_like_what_they_are(cell: str, kind: str) -> None:
    assert kind_of(cell) == kind


def test_no_cell_takes_long() -> None:
    for cell in (
        "A" * 100_000,
        "A " * 50_000,
        "(" * 100_000,
        "[" * 100_000,
        "1" * 100_000,
        "A, " * 30_000,
        "a.b/" * 20_000,
    ):
        kind_of(cell[:2_000])
        looks_like_title(cell)
        split_authors(cell)
        date_of(cell)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Lovelace, Grace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("Lovelace, Ada; Hopper, Grace", ("Lovelace, Ada", "Hopper, Grace")),
        ("Lovelace, Ada and Hopper, Grace", ("Lovelace, Ada", "Hopper, Grace")),
        ("Ada Lovelace, Grace Hopper, and Alan Turing", ("Ada Lovelace", "Grace Hopper", "Alan Turing")),
        ("Ada Lovelace et.al.", ("Ada Lovelace",)),
        ("Ada Lovelace, Grace Hopper, ...", ("Ada Lovelace", "Grace Hopper")),
        ("张三、李四", ("张三", "李四")),
        ("", ()),
    ],
)
def test_authors_in_one_field(text: str, names: tuple[str, ...]) -> None:
    assert split_authors(text) == names


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        (("2014", "6"), PartialDate(2014, 6)),
        (("2014", "June", "3"), PartialDate(2014, 6, 3)),
        (("2014", "13"), PartialDate(2014)),
        (("2014-06-03", "7"), PartialDate(2014, 6, 3)),
        (("3/4/2014",), None),
        (("2014-02-31",), None),
    ],
)
def test_dates_with_their_month_elsewhere(parts: tuple[str, ...], date: PartialDate | None) -> None:
    assert date_of(*parts) == date
