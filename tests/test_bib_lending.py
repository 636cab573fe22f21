"""Entries that lend each other fields: what is expected is what biber 2.18 answers, but where it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from refkit.bib_lending import inherited


class Entry(NamedTuple):
    kind: str
    fields: Mapping[str, str]


LIBRARY = {
    "xa": Entry("xdata", {"publisher": "A", "year": "2001", "xdata": "xc"}),
    "xb": Entry("xdata", {"publisher": "B", "location": "B"}),
    "xc": Entry("xdata", {"series": "C", "publisher": "C"}),
    "mv": Entry("mvproceedings", {"title": "The Series", "subtitle": "In Parts", "publisher": "M"}),
    "vol": Entry(
        "proceedings",
        {"title": "The Volume", "subtitle": "Sub", "year": "2020", "month": "3", "doi": "10.1/v", "crossref": "mv"},
    ),
    "per": Entry("periodical", {"title": "Journal of X", "year": "2011", "volume": "3", "shorttitle": "JX"}),
    "misc": Entry("misc", {"title": "Talks"}),
}
OF_VOLUME = {
    "title": "T",
    "booktitle": "The Volume",
    "booksubtitle": "Sub",
    "year": "2020",
    "month": "3",
    "doi": "10.1/v",
    "maintitle": "The Series",
    "mainsubtitle": "In Parts",
    "publisher": "M",
}


def lent(kind: str, **fields: str) -> dict[str, str]:
    found = inherited(Entry(kind, {"title": "T", **fields}), LIBRARY)
    return {name: value for name, value in found.items() if name not in ("crossref", "xdata")}


@pytest.mark.parametrize("kind", ["inproceedings", "conference", "incollection", "inbook"])
def test_a_paper_gets_the_titles_of_its_volume_and_of_the_volumes_it_is_of(kind: str) -> None:
    assert lent(kind, crossref="Vol") == OF_VOLUME


def test_an_article_gets_the_name_of_its_journal() -> None:
    assert lent("article", crossref="per") == {
        "title": "T", "journaltitle": "Journal of X", "year": "2011", "volume": "3"
    }  # fmt: skip


def test_what_an_entry_says_itself_stays_and_its_date_is_not_mixed_with_another() -> None:
    own = lent("inproceedings", crossref="vol", booktitle="Own", year="2019")
    assert own == {name: value for name, value in OF_VOLUME.items() if name != "month"} | {
        "booktitle": "Own",
        "year": "2019",
    }  # fmt: skip; biber says 2019-03


def test_a_paper_without_a_title_does_not_get_that_of_its_volume() -> None:
    assert "title" not in inherited(Entry("inproceedings", {"crossref": "vol"}), LIBRARY)
    assert inherited(Entry("inproceedings", {"crossref": "misc"}), LIBRARY)["booktitle"] == "Talks"
    assert inherited(Entry("misc", {"crossref": "misc"}), LIBRARY)["title"] == "Talks"


def test_all_shared_data_is_lent_and_that_of_the_volume_besides() -> None:
    found = lent("inproceedings", xdata="xa, xb", crossref="vol")
    assert (found["publisher"], found["location"], found["series"]) == ("A", "B", "C")
    assert (found["year"], "month" in found, found["booktitle"]) == ("2001", False, "The Volume")


def test_a_crossref_may_lend_no_more_than_is_asked_for() -> None:
    entry = Entry("inproceedings", {"title": "T", "xdata": "xb", "crossref": "vol"})
    found = inherited(entry, LIBRARY, of_volumes=("year", "month"))
    assert found == dict(entry.fields) | {"publisher": "B", "location": "B", "year": "2020", "month": "3"}


def test_circles_long_ways_and_many_lenders_end() -> None:
    round_about = {"a": Entry("misc", {"crossref": "b", "a": "1"}), "b": Entry("misc", {"crossref": "a", "b": "2"})}
    assert inherited(round_about["a"], round_about) == {"crossref": "b", "a": "1", "b": "2"}
    many = {
        f"k{n}": Entry("xdata", {f"f{n}": "1", "xdata": ", ".join(f"k{m}" for m in range(999))}) for n in range(999)
    }
    assert len(inherited(many["k0"], many)) < 50
