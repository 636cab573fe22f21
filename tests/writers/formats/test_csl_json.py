"""CSL-JSON as Zotero, pandoc, citeproc and DOI services write it, and what is written of an item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refkit.errors import DigestError
from refkit.model import PartialDate
from refkit.writers.formats.csl_json import item_of, read, row_of, write
from refkit.writers.formats.item import TEXTS, TYPES, Date, Item, Name, Unread


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        *((kind, kind) for kind in sorted(TYPES)),
        ("journal-article", "article-journal"),
        ("proceedings-article", "paper-conference"),
        ("book-chapter", "chapter"),
        ("posted-content", "article"),
        ("preprint", "article"),
        ("monograph", "book"),
        ("edited-book", "book"),
        ("dissertation", "thesis"),
        ("online", "webpage"),
    ],
)
def test_types(kind: str, wanted: str) -> None:
    item = item_of({"id": "k", "type": kind})
    assert (item.type, item.others) == (wanted, {})
    assert row_of(item) == ({"id": "k", "type": wanted}, ())


def test_a_type_that_is_none_is_a_document_and_told() -> None:
    item = item_of({"id": "k", "type": "weird"})
    assert (item.type, item.others) == ("document", {"csl:type": '"weird"'})
    assert row_of(item)[1] == ("type",)
    assert item_of({"id": "k"}).others == {}


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"id": "a"}, "a"),
        ({"id": 7}, "7"),
        ({"citation-key": "c"}, "c"),
        ({"id": "", "citation-key": "c"}, "c"),
        ({}, ""),
    ],
)
def test_keys(row: dict[str, Any], key: str) -> None:
    assert item_of(row).key == key


def test_names_in_all_shapes() -> None:
    people = [
        {"family": "Beethoven", "given": "Ludwig", "dropping-particle": "van"},
        {"family": "Berg", "given": "Bo", "non-dropping-particle": "van der", "suffix": "Jr."},
        {"literal": "ATLAS Collaboration"},
        "Aristotle of Stagira",
        5,
        {},
    ]
    item = item_of({"author": people, "editor": "nobody", "translator": [{}]})
    assert item.names == {
        "author": (
            Name(family="Beethoven", given="Ludwig", dropping="van"),
            Name(family="Berg", given="Bo", particle="van der", suffix="Jr."),
            Name(literal="ATLAS Collaboration"),
            Name(literal="Aristotle of Stagira"),
        )
    }
    assert item.others == {"csl:editor": '"nobody"', "csl:translator": "[{}]"}
    assert row_of(item)[0]["author"] == [*people[:3], {"literal": "Aristotle of Stagira"}]


def test_texts_are_cleaned_as_their_kind_needs() -> None:
    item = item_of(
        {
            "title": " A \n title",
            "container-title": ["J", "Other"],
            "journalAbbreviation": "J.",
            "shortTitle": "A",
            "event": "E 2024",
            "page": "1 – 5",
            "DOI": "https://dx.doi.org/10.1/x",
            "volume": 3,
            "issue": True,
            "abstract": "",
            "note": " one \n  two ",
            "collection-title": [],
            "categories": ["x"],
        }
    )
    assert item.texts == {
        "title": "A title", "container-title": "J", "container-title-short": "J.", "title-short": "A",
        "event-title": "E 2024", "page": "1-5", "DOI": "10.1/x", "volume": "3", "note": "one two",
    }  # fmt: skip
    assert item.others == {"csl:issue": "true"}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_texts_have_one_name_in_csl(name: str) -> None:
    row = {"id": "k", "type": "book", name: "12"}
    item = item_of(row)
    assert (item.texts, item.others) == ({name: "12"}, {})
    assert row_of(item) == (row, ())


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ({"DOI": "doi: 10.1/x"}, {"DOI": "10.1/x"}),
        ({"DOI": "HTTP://DOI.ORG/10.1/x"}, {"DOI": "10.1/x"}),
        ({"URL": "https://doi.org/10.1/x"}, {"URL": "https://doi.org/10.1/x"}),
        ({"page": "1–5, 7 -- 9"}, {"page": "1-5, 7-9"}),
        ({"note": "one\r\n\n two "}, {"note": "one two"}),
        ({"volume": 1.5, "issue": [3, "4", "5"]}, {"volume": "1.5", "issue": "4"}),
    ],
)
def test_texts_as_services_write_them(row: dict[str, Any], texts: dict[str, str]) -> None:
    assert item_of(row).texts == texts


@pytest.mark.parametrize(
    ("own", "name"),
    [("journalAbbreviation", "container-title-short"), ("shortTitle", "title-short"), ("event", "event-title")],
)
def test_older_names_of_texts(own: str, name: str) -> None:
    assert item_of({own: "A"}).texts == {name: "A"}
    assert item_of({name: "A", own: "B"}).texts == {name: "A"}


@pytest.mark.parametrize("name", ["id", "type", "citation-key", "system_id", "categories"])
def test_what_says_nothing_of_the_paper_is_passed_over(name: str) -> None:
    assert item_of({"title": "T", name: "book"}).others == {}


@pytest.mark.parametrize(
    ("name", "part"),
    [("family", "family"), ("given", "given"), ("dropping-particle", "dropping"),
     ("non-dropping-particle", "particle"), ("suffix", "suffix")],
)  # fmt: skip
def test_parts_of_names(name: str, part: str) -> None:
    own = {"family": "Doe", "given": "Jane", name: "x"}
    person = Name(**{"family": "Doe", "given": "Jane", part: "x"})
    assert item_of({"author": [own]}).names == {"author": (person,)}
    assert row_of(Item(names={"author": (person,)}))[0]["author"] == [own]


@pytest.mark.parametrize("words", ["owls, sleep; owls", ["owls", " sleep ", "owls", ""]])
def test_keywords(words: Any) -> None:
    item = item_of({"keyword": words})
    assert (item.keywords, item.others) == (("owls", "sleep"), {})
    assert row_of(item)[0]["keyword"] == "owls, sleep"


def test_dates_and_those_that_are_none() -> None:
    item = item_of({"issued": "2024-03", "accessed": {"date-parts": [[2024]]}, "submitted": {"date-parts": [[-5]]}})
    assert item.dates == {"issued": Date(start=PartialDate(2024, 3)), "accessed": Date(start=PartialDate(2024))}
    assert item.others == {"csl:submitted": '{"date-parts": [[-5]]}'}


@pytest.mark.parametrize(
    ("row", "arxiv_id", "group", "texts"),
    [
        ({"note": "arXiv:2310.03173v2 [cs.LG]\nmore"}, "2310.03173", "cs.LG", {"note": "more"}),
        ({"note": "first\narXiv: math/0309136"}, "math/0309136", "", {"note": "first"}),
        ({"note": "see arXiv:2310.03173"}, "", "", {"note": "see arXiv:2310.03173"}),
        ({"note": "arXiv:nothing [cs.LG]"}, "", "", {"note": "arXiv:nothing [cs.LG]"}),
        ({"note": "one\narXiv:2310.03173 \ntwo"}, "2310.03173", "", {"note": "one two"}),
        ({"type": "article", "number": "arXiv:2310.03173", "publisher": "arXiv"}, "2310.03173", "", {}),
        ({"type": "article", "number": "arXiv:2310.03173", "publisher": "X"}, "2310.03173", "", {"publisher": "X"}),
        (
            {"type": "article", "number": "arXiv:2310.03174", "note": "arXiv:2310.03173"},
            "2310.03173",
            "",
            {"number": "arXiv:2310.03174"},
        ),
        (
            {"type": "article-journal", "number": "arXiv:2310.03173"},
            "2310.03173",
            "",
            {"number": "arXiv:2310.03173"},
        ),
        (
            {"note": "arXiv:2310.03173", "DOI": "10.48550/arXiv.2310.03174"},
            "2310.03173",
            "",
            {"DOI": "10.48550/arXiv.2310.03174"},
        ),
        ({"DOI": "10.48550/ARXIV.2310.03173"}, "2310.03173", "", {"DOI": "10.48550/ARXIV.2310.03173"}),
        (
            {"DOI": "10.1/arXiv.2310.03173", "number": "2310.03173"},
            "",
            "",
            {"DOI": "10.1/arXiv.2310.03173", "number": "2310.03173"},
        ),
    ],
)
def test_preprints_of_arxiv(row: dict[str, Any], arxiv_id: str, group: str, texts: dict[str, str]) -> None:
    item = item_of(row)
    assert (item.arxiv_id, item.arxiv_class, item.texts) == (arxiv_id, group, texts)


def test_a_preprint_is_written_as_zotero_writes_it() -> None:
    item = Item(key="k", type="article", texts={"note": "more"}, arxiv_id="2310.03173", arxiv_class="cs.LG")
    assert row_of(item) == (
        {
            "id": "k",
            "type": "article",
            "publisher": "arXiv",
            "number": "arXiv:2310.03173",
            "note": "arXiv:2310.03173 [cs.LG]\nmore",
        },
        (),
    )
    published = Item(key="k", type="article-journal", texts={"publisher": "ACM"}, arxiv_id="2310.03173")
    assert row_of(published)[0] == {
        "id": "k", "type": "article-journal", "publisher": "ACM", "note": "arXiv:2310.03173"
    }  # fmt: skip


def test_what_csl_does_not_know_comes_back_and_what_others_know_is_told() -> None:
    row = {"id": "k", "type": "book", "custom": {"a": [1, None]}, "x": "ü"}
    item = item_of(row)
    assert item.others == {"csl:custom": '{"a": [1, null]}', "csl:x": '"ü"'}
    assert row_of(item) == (row, ())
    assert row_of(Item(key="k", others={"bib:file": "a.pdf", "csl:id": "1"}))[1] == ("file", "id")


@pytest.mark.parametrize("text", ['[{"id": "a"}]', '{"id": "a"}', '{"items": [{"id": "a"}]}'])
def test_a_list_one_object_and_items(text: str) -> None:
    assert [item.key for item in read(text, name="x").items] == ["a"]


def test_an_empty_list_is_an_empty_bibliography() -> None:
    assert read("[]", name="x").items == ()
    assert write([]).text == "[]\n"


def test_what_is_no_object_is_told() -> None:
    rows = [{"id": "a"}, "bcd", {"id": "e"}, ["owl"] * 20]
    contents = read(json.dumps(rows), name="x")
    assert [item.key for item in contents.items] == ["a", "e"]
    assert contents.unread == (
        Unread(line=0, reason='item 2 is no object but "bcd"'),
        Unread(line=0, reason='item 4 is no object but ["owl", "owl", "owl", "owl", "owl", "owl'),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[\n{"id": }]', "refs.json:2: this is no JSON (Expecting value); export it again."),
        ("[1, 2]", 'refs.json:1: there is no item like {"id": "...", "type": "article", "title": "..."}.'),
        ("[" * 200_000, "refs.json:1: this JSON is nested too deeply to be a list of items."),
        ("[" + "9" * 5000 + "]", "refs.json:1: this is no JSON ("),
    ],
    ids=["broken", "numbers", "deep", "long"],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(DigestError) as caught:
        read(text, name="refs.json")
    assert message in str(caught.value)


def test_one_variable_a_line_in_unicode() -> None:
    text = write([Item(key="k", type="book", texts={"title": "Über"})]).text
    assert text == '[\n  {\n    "id": "k",\n    "type": "book",\n    "title": "Über"\n  }\n]\n'
