"""Entries in a CSL style: what citeproc-py would lose or escape is printed as it is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from refkit.errors import UsageError
from refkit.model import PartialDate
from refkit.writers.formats.item import Date, Item, Name
from refkit.writers.formats.styled import entries

pytest.importorskip("citeproc", reason="needs citeproc-py (extra csl)")

# A style of our own: authors, title, year, journal, DOI, abstract, and the kind of the entry.
STYLE = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
  <info><title>Plain</title><id>plain</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout><text variable="title"/></layout></citation>
  <bibliography><layout>
    <group delimiter="; ">
      <names variable="author"><name name-as-sort-order="all" sort-separator=", " delimiter=" + "/></names>
      <text variable="title"/>
      <date variable="issued"><date-part name="year"/></date>
      <text variable="container-title" font-style="italic"/>
      <text variable="DOI"/>
      <text variable="abstract"/>
      <choose><if type="article-journal"><text value="journal"/></if></choose>
    </group>
  </layout></bibliography>
</style>
"""


@pytest.fixture
def style(tmp_path: Path) -> str:
    path = tmp_path / "plain.csl"
    path.write_text(STYLE, encoding="utf-8")
    return str(path)


def item(key: str = "one", **changes: object) -> Item:
    known = {
        "key": key,
        "type": "article-journal",
        "names": {"author": (Name(family="Maaten", given="Laurens", particle="van der"), Name(literal="ATLAS"))},
        "dates": {"issued": Date(start=PartialDate(2024, 5))},
        "texts": {"title": "A title"},
    }
    return Item(**{**known, **changes})  # type: ignore[arg-type]


def test_an_entry_has_what_the_style_asks_for(style: str) -> None:
    texts = {"title": "A title", "container-title": "Journal of X", "DOI": "10.1/a<b>&c", "abstract": "Long."}
    (text,) = entries([item(texts=texts)], style).values()
    assert text == "Maaten, Laurens van der + ATLAS; A title; 2024; <i>Journal of X</i>; 10.1/a%3Cb%3E&c; journal"


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("Of <i>E. coli</i> and <b>bold</b>", "Of <i>E. coli</i> and <b>bold</b>"),
        ("H<sub>2</sub>O at 10<sup>3</sup>", "H<sub>2</sub>O at 10<sup>3</sup>"),
        ("Cats &amp; dogs, 1 &lt; 2", "Cats &amp; dogs, 1 &lt; 2"),
    ],
)
def test_tags_and_signs_of_a_title_are_what_they_were(title: str, printed: str, style: str) -> None:
    (text,) = entries([item(texts={"title": title})], style).values()
    assert f"; {printed}; " in text


def test_keys_that_differ_in_case_are_two_entries(style: str) -> None:
    found = entries([item("Key", texts={"title": "First"}), item("key", texts={"title": "Second"})], style)
    assert ["First" in found["Key"], "Second" in found["key"]] == [True, True]


def test_of_a_span_of_time_the_beginning_is_printed(style: str) -> None:
    span = Date(start=PartialDate(2019), end=PartialDate(2021))
    (text,) = entries([item(dates={"issued": span})], style).values()
    assert "; 2019" in text


def test_a_style_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no style nowhere/none\.csl"):
        entries([item()], "nowhere/none.csl")
    with pytest.raises(UsageError, match="There is no style 'no-such-style'"):
        entries([item()], "no-such-style")
    broken = tmp_path / "broken.csl"
    broken.write_text("<style", encoding="utf-8")
    with pytest.raises(UsageError, match="this is no CSL style"):
        entries([item()], str(broken))
