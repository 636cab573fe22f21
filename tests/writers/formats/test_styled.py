"""Bibliographies in a CSL style, as citeproc-py prints them: what it would lose or lower comes out all the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from refkit.errors import UsageError, WriteError
from refkit.model import PartialDate
from refkit.writers.formats.converting import Layout, write_items
from refkit.writers.formats.item import Date, Item, Name
from refkit.writers.formats.styled import entries

pytest.importorskip("citeproc", reason="needs the extra csl")

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">
  <info><title>Owls</title><id>owls</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout><text variable="title"/></layout></citation>
"""
BIBLIOGRAPHY = """  <bibliography>
    <layout>
      <group delimiter=", ">
        <names variable="author"><name name-as-sort-order="all" initialize-with=". "/></names>
        <names variable="director"/>
        <text variable="title" text-case="sentence"/>
        <text variable="container-title" font-style="italic"/>
        <text variable="publisher" font-variant="small-caps"/>
        <text variable="volume" font-weight="bold"/>
        <text variable="number" vertical-align="sup"/>
        <text variable="edition" vertical-align="sub"/>
        <text variable="genre" text-decoration="underline"/>
        <date variable="issued"><date-part name="year"/></date>
        <date variable="available-date"><date-part name="year"/></date>
        <text variable="DOI" prefix="https://doi.org/"/>
        <text variable="URL"/>
        <text variable="ISBN"/>
        <text variable="note"/>
        <text variable="abstract"/>
        <text variable="annote"/>
      </group>
    </layout>
  </bibliography>
"""
SMALL_CAPS = '<span style="font-variant:small-caps;">'


@pytest.fixture
def style(tmp_path: Path) -> str:
    path = tmp_path / "owls.csl"
    path.write_text(f"{HEAD}{BIBLIOGRAPHY}</style>\n", encoding="utf-8")
    return str(path)


def printed(style: str, **known: Any) -> str:
    return entries([Item(**{"key": "k", "type": "book", **known})], style)["k"]


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ({"title": "On the Owls of NASA"}, "On the owls of NASA"),
        ({"title": 'On <span class="nocase">NASA</span>'}, "On NASA"),
        ({"title": "<i>Strix</i> & CO<sub>2</sub>"}, "<i>strix</i> & CO<sub>2</sub>"),
        ({"title": "10<sup>2</sup> <b>owls</b>"}, "10<sup>2</sup> <b>owls</b>"),
        ({"title": f"{SMALL_CAPS}owls</span> sleep"}, f"{SMALL_CAPS}owls</span> sleep"),
        ({"title": "a < b > c & d"}, "A < b > c & d"),
        ({"title": "a &lt;i>b&lt;/i>"}, "A &lt;i>b&lt;/i>"),
        ({"title": "if $x<y$"}, "If $x<y$"),
        ({"container-title": "J & <b>K</b>"}, "<i>J & <b>K</b></i>"),
        ({"publisher": "ACM"}, f"{SMALL_CAPS}ACM</span>"),
        ({"volume": "3", "number": "7", "edition": "rev."}, "<b>3</b>, <sup>7</sup>, <sub>rev.</sub>"),
        ({"title": " a title "}, "A title"),
        ({"URL": "https://x.org/<a>&b", "ISBN": "<1>"}, "https://x.org/%3Ca%3E&b, %3C1%3E"),
        ({"genre": "PhD thesis"}, "PhD thesis"),
        ({"DOI": "10.1/a<b>&c"}, "https://doi.org/10.1/a%3Cb%3E&c"),
        ({"note": "not printed", "abstract": "not printed", "annote": "not printed"}, "k"),
    ],
)
def test_texts(texts: dict[str, str], wanted: str, style: str) -> None:
    assert printed(style, texts=texts) == wanted


def test_names_and_roles_that_citeproc_does_not_know(style: str) -> None:
    names = {
        "author": (Name(family="Berg", given="Bo Carl", particle="van der"), Name(literal="Owls, Inc.")),
        "director": (Name(literal="The Zoo"),),
    }
    assert printed(style, names=names, texts={"title": "T"}) == "Berg, B. C. van der, Owls, Inc., T"
    names = {"author": (Name(family="Beer", given="Lea", dropping="van", suffix="Jr."), Name(family="Plato"))}
    assert printed(style, names=names, texts={"title": "T"}) == "Beer, L. van, Jr., Plato, T"


@pytest.mark.parametrize(
    ("name", "date", "wanted"),
    [
        ("issued", Date(start=PartialDate(2024)), "T, 2024"),
        ("issued", Date(start=PartialDate(2024, 5), end=PartialDate(2025)), "T, 2024"),
        ("issued", Date(literal="in press"), "T, in press"),
        ("available-date", Date(start=PartialDate(2024)), "T"),
    ],
)
def test_dates(name: str, date: Date, wanted: str, style: str) -> None:
    assert printed(style, texts={"title": "T"}, dates={name: date}) == wanted


def simple(path: Path, layout: str) -> str:
    """Return the name of a new style whose entries have this layout."""
    path.write_text(f"{HEAD}<bibliography><layout>{layout}</layout></bibliography></style>", encoding="utf-8")
    return str(path)


def test_entries_are_numbered_in_the_order_of_the_items(tmp_path: Path) -> None:
    style = simple(tmp_path / "n.csl", '<text variable="citation-number" suffix=". "/><text variable="title"/>')
    items = [Item(key=key, texts={"title": key}) for key in "cab"]
    assert entries(items, style) == {"c": "1. c", "a": "2. a", "b": "3. b"}


def test_an_entry_of_which_nothing_is_printed_is_its_title(tmp_path: Path) -> None:
    style = simple(tmp_path / "a.csl", '<names variable="author"/>')
    assert entries([Item(key="k", texts={"title": "<i>T</i>"})], style) == {"k": "<i>T</i>"}


def test_the_date_of_the_original(tmp_path: Path) -> None:
    style = simple(tmp_path / "o.csl", '<date variable="original-date"><date-part name="year"/></date>')
    assert entries([Item(key="k", dates={"original-date": Date(start=PartialDate(1900))})], style) == {"k": "1900"}


def test_of_two_entries_with_one_key_the_first_is_printed(tmp_path: Path) -> None:
    style = simple(tmp_path / "t.csl", '<text variable="title"/>')
    assert entries([Item(key="k", texts={"title": title}) for title in "AB"], style) == {"k": "A"}


@pytest.mark.parametrize(
    ("kind", "texts", "wanted"),
    [
        ("article", {"title": "T"}, "report"),
        ("article", {"container-title": "C"}, "journal"),
        ("article-journal", {"title": "T"}, "journal"),
        ("book", {"container-title": "C"}, "other"),
    ],
)
def test_a_preprint_with_a_container_is_an_article_of_a_journal(
    kind: str, texts: dict[str, str], wanted: str, tmp_path: Path
) -> None:
    choice = '<if type="article-journal"><text value="journal"/></if><else-if type="article"><text value="report"/>'
    style = simple(tmp_path / "c.csl", f'<choose>{choice}</else-if><else><text value="other"/></else></choose>')
    assert entries([Item(key="k", type=kind, texts=texts)], style) == {"k": wanted}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('<text variable="title" prefix="&lt;i&gt;(" suffix=")&lt;/i&gt; &amp;amp; more "/>', "<i>(T)</i> & more"),
        ('<text variable="title" prefix="&lt;/b&gt;"/>', "T"),
        ('<text variable="title" font-style="italic" font-weight="light" text-decoration="underline"/>', "<i>T</i>"),
        ('<text variable="title" font-variant="small-caps" font-weight="bold"/>', f"<b>{SMALL_CAPS}T</span></b>"),
    ],
)
def test_tags_of_a_style(text: str, wanted: str, tmp_path: Path) -> None:
    assert entries([Item(key="k", texts={"title": "T"})], simple(tmp_path / "x.csl", text)) == {"k": wanted}


def test_what_a_style_has_of_csl_that_citeproc_does_not_know_is_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    style = simple(tmp_path / "w.csl", '<text variable="title"/>')
    known = {"title": "T", "event-title": "E"}
    assert entries([Item(key="k", texts=known)], style) == {"k": "T"}
    assert not recwarn.list


def test_keys_that_differ_in_case_only_are_two_entries(style: str) -> None:
    items = [Item(key="Owl", texts={"title": "Big"}), Item(key="owl", texts={"title": "Small"})]
    assert entries(items, style) == {"Owl": "Big", "owl": "Small"}


def test_an_entry_of_which_the_style_prints_nothing_stands_all_the_same(style: str) -> None:
    items = [Item(key="a"), Item(key="b", texts={"title": "T"}), Item(key="<i>c</i>")]
    assert entries(items, style) == {"a": "a", "b": "T", "<i>c</i>": "&lt;i>c&lt;/i>"}
    assert entries([], style) == {}


def test_a_report_with_a_container_and_what_csl_does_not_know(style: str) -> None:
    found = printed(
        style, type="article", texts={"title": "T", "container-title": "C"}, others={"csl:genre": '{"a": 1}'}
    )
    assert found == "T, <i>C</i>"


def test_links_and_keys_in_both_targets(style: str) -> None:
    item = Item(key="my key", texts={"title": "T_1", "URL": "https://x.org/(a)?b=1).", "DOI": "10.1/x"})
    lists = write_items([item], to="markdown", layout=Layout(style=style)).text
    assert lists == "- T\\_1, <https://doi.org/10.1/x>, [https://x.org/(a)?b=1](https://x.org/%28a%29?b=1)).\n"
    page = write_items([item], to="html", layout=Layout(style=style, title="Mine")).text
    assert (
        '<li id="my-key">T_1, <a href="https://doi.org/10.1/x">https://doi.org/10.1/x</a>, '
        '<a href="https://x.org/(a)?b=1">https://x.org/(a)?b=1</a>).</li>'
    ) in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no style", "this is no CSL style (Start tag expected"),
        ("<a/>", "this is no CSL style that citeproc-py can use ("),
        (f"{HEAD}</style>", "this CSL style is for citations only, and has no bibliography; take another one."),
    ],
)
def test_a_file_that_is_no_style(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        entries([Item(key="k")], str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("nowhere.csl", "There is no style nowhere.csl; name a .csl file, like those of github.com/citation-style"),
        ("no/where", "There is no style no/where; name a .csl file"),
        ("nowhere", "There is no style 'nowhere'; name a .csl file, or one that is installed"),
    ],
)
def test_a_style_that_is_not_there(style: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        entries([Item(key="k")], style)
    assert message in str(caught.value)


def test_an_entry_that_citeproc_stumbles_over_is_named(tmp_path: Path) -> None:
    choice = '<choose><if type="book"><text macro="no-such-macro"/></if><else><text variable="title"/></else></choose>'
    style = simple(tmp_path / "broken.csl", choice)
    fine, faulty = Item(key="fine", type="thesis", texts={"title": "T"}), Item(key="faulty", type="book")
    assert entries([fine], style) == {"fine": "T"}
    with pytest.raises(WriteError, match="cannot print the entry 'faulty' in this style") as caught:
        entries([fine, faulty, fine], style)
    assert str(caught.value).endswith("leave --style out, or take another one.")


def test_without_citeproc_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    monkeypatch.setitem(sys.modules, "citeproc", None)
    with pytest.raises(UsageError, match=r"pip install 'refkit\[csl\]'"):
        entries([Item(key="k")], style)
