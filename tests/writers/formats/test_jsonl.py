"""JSON lines of refkit: what any program reads of them, and what refkit reads back."""

from __future__ import annotations

import json

import msgspec
import pytest

from refkit.errors import DigestError
from refkit.model import ArxivRecord, PartialDate, Work
from refkit.writers.formats.item import Contents, Date, Item, Name
from refkit.writers.formats.jsonl import printed, read, write

FULL = Item(
    key="k",
    type="article",
    names={"author": (Name(family="Berg", given="Bo", particle="van der", suffix="Jr."), Name(literal="Zoo"))},
    dates={"issued": Date(start=PartialDate(2024, 3), circa=True)},
    texts={"title": "On <i>owls</i>", "DOI": "10.1/x", "URL": "https://x.org", "abstract": "m<sup>2</sup>"},
    keywords=("owls",),
    arxiv_id="2310.03173",
    arxiv_class="cs.LG",
    others={"bib:file": "a.pdf"},
)


def test_what_any_program_reads() -> None:
    row = json.loads(write([FULL]).text)
    row.pop("item")
    assert row == {
        "key": "k", "type": "article", "title": "On owls", "authors": ["Bo van der Berg Jr.", "Zoo"],
        "issued": "2024-03~", "arxiv_id": "2310.03173", "doi": "10.1/x", "url": "https://x.org", "abstract": "m²",
        "keywords": ["owls"],
    }  # fmt: skip


def test_what_is_empty_is_left_out() -> None:
    assert json.loads(write([Item()]).text) == {
        "key": "", "title": "", "type": "document", "item": {"type": "document"}
    }  # fmt: skip


def test_all_of_an_item_comes_back() -> None:
    written = write([FULL, Item(), FULL])
    assert written.lost == ((), (), ())
    assert read(written.text, name="x") == Contents(items=(FULL, Item(), FULL))


def test_each_work_stands_in_the_line_of_its_item() -> None:
    works = [Work(record=ArxivRecord(arxiv_id=f"2310.0317{place}", title="T")) for place in (3, 4)]
    rows = [json.loads(line) for line in write([FULL, Item()], works).text.splitlines()]
    assert [msgspec.convert(row["work"], Work) for row in rows] == works
    assert "work" not in json.loads(write([FULL]).text)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (Name(family="Beethoven", given="Ludwig", dropping="van", suffix="II"), "Ludwig van Beethoven II"),
        (Name(family="Berg", given="Bo", dropping="von", particle="der"), "Bo von der Berg"),
        (Name(family="Plato"), "Plato"),
        (Name(literal="The Zoo"), "The Zoo"),
    ],
)
def test_names_as_people_write_them(name: Name, wanted: str) -> None:
    assert printed(name) == wanted


def test_empty_lines_are_passed_over_and_lines_of_others_told() -> None:
    contents = read('\ufeff{"item": {"key": "a"}}\n\n  \n{"title": "T"}\n{"item": null}\n', name="x")
    assert [item.key for item in contents.items] == ["a"]
    assert [(each.line, each.reason) for each in contents.unread] == [
        (line, "an object without `item`: refkit did not write it") for line in (4, 5)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"item": {}}\n{"item": ', "refs.jsonl:2: this is no line of refkit's JSON ("),
        ('{"item": {"key": 5}}', "refs.jsonl:1: this is no line of refkit's JSON ("),
        ("[]", "refs.jsonl:1: this is no line of refkit's JSON ("),
        (
            '\n{"title": "T"}\n{}',
            "refs.jsonl:2: there is no `item` in these lines: refkit did not write them; `refkit bibtex`",
        ),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(DigestError) as caught:
        read(text, name="refs.jsonl")
    assert message in str(caught.value)


def test_nothing_is_nothing() -> None:
    assert read("", name="x") == Contents()
    assert write([]).text == ""
