"""Items as BibTeX and BibLaTeX: types, fields, keys, and what has no place there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string

from refkit.model import PartialDate
from refkit.writers.formats.bib_writing import write
from refkit.writers.formats.item import Date, Item, Name

JANUARY = PartialDate(2024, 1)


def entry(dialect: str, **known: Any) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Return the entry type, the fields and what was lost of an item."""
    written = write([Item(**{"key": "k", **known})], dialect=dialect, capitals=False)
    library = parse_string(written.text)
    assert not library.failed_blocks, written.text
    (found,) = library.entries
    return found.entry_type, {field.key: field.value for field in found.fields}, written.lost[0]


@pytest.mark.parametrize(
    ("known", "bibtex", "biblatex"),
    [
        ({"type": "article-journal"}, "article", "article"),
        ({"type": "paper-conference"}, "inproceedings", "inproceedings"),
        ({"type": "thesis"}, "phdthesis", "thesis"),
        ({"type": "thesis", "texts": {"genre": "Master's thesis"}}, "mastersthesis", "thesis"),
        ({"type": "thesis", "texts": {"genre": "PhD thesis"}}, "phdthesis", "thesis"),
        ({"type": "report", "texts": {"genre": "Master's thesis"}}, "techreport", "report"),
        ({"type": "webpage"}, "misc", "misc"),
        ({"type": "webpage", "texts": {"URL": "https://x.org"}}, "misc", "online"),
        ({"type": "article", "arxiv_id": "2401.00001"}, "misc", "online"),
        ({"type": "book", "others": {"bib:entrytype": "manual"}}, "manual", "manual"),
        ({"type": "book", "others": {"bib:entrytype": "mvbook"}}, "book", "mvbook"),
        ({"type": "song"}, "misc", "misc"),
    ],
)
def test_types(known: dict[str, Any], bibtex: str, biblatex: str) -> None:
    assert (entry("bibtex", **known)[0], entry("biblatex", **known)[0]) == (bibtex, biblatex)
    assert "entrytype" not in entry("biblatex", **known)[1]


@pytest.mark.parametrize(
    ("known", "lost"),
    [
        ({"type": "song"}, ("type song",)),
        ({"type": "webpage"}, ("type webpage",)),
        ({"type": "article-magazine"}, ()),
        ({"type": "article", "arxiv_id": "2401.00001"}, ()),
        ({"type": "article", "texts": {"archive": "hal", "archive_location": "1"}}, ()),
        ({"type": "article"}, ("type article",)),
        ({"type": "article", "others": {"bib:entrytype": "unpublished"}}, ()),
        ({"type": "manuscript"}, ()),
        ({"type": "post-weblog"}, ("type post-weblog",)),
        ({"texts": {"dimensions": "3 m"}}, ("dimensions",)),
        ({"names": {"composer": (Name(family="Bach", given="J. S."),)}}, ("composer",)),
        ({"dates": {"submitted": Date(start=JANUARY)}}, ("submitted",)),
        ({"dates": {"issued": Date(start=JANUARY, end=PartialDate(2024, 2))}}, ("end of the date",)),
        ({"dates": {"issued": Date(start=PartialDate(2024), season=1)}}, ("precision of the date",)),
        ({"dates": {"issued": Date(start=PartialDate(2024), circa=True)}}, ("precision of the date",)),
        ({"others": {"csl:x": "1", "ris:U1": "2"}}, ("x", "U1")),
        ({"others": {"bib:file": "no } end {"}}, ("file",)),
        ({"others": {"bib:file": r"one \{ brace"}}, ("file",)),
        ({"others": {"bib:file": r"for BibTeX \} these \{ are braces"}}, ("file",)),
        ({"others": {"bib:file": r"for TeX { these \} are none"}}, ("file",)),
        ({"type": "book", "texts": {"publisher": "A"}, "others": {"bib:publisher": "B"}}, ("publisher",)),
        ({"type": "book", "texts": {"publisher": "A"}, "others": {"bib:publisher": "A"}}, ()),
        ({"type": "book", "others": {"bib:file": "a {b} c", "bib:entrytype": "manual"}}, ()),
        ({"others": {"bib:entrytype": "manual", "csl:entrytype": "x", "bib:file": "} {"}}, ("entrytype", "file")),
    ],
)
def test_what_bibtex_has_no_place_for_is_told(known: dict[str, Any], lost: tuple[str, ...]) -> None:
    assert entry("bibtex", **known)[2] == lost


@pytest.mark.parametrize(
    ("date", "bibtex", "biblatex"),
    [
        (Date(start=PartialDate(2024, 3, 4)), {"year": "2024", "month": "mar", "day": "4"}, {"date": "2024-03-04"}),
        (Date(start=JANUARY, end=PartialDate(2025)), {"year": "2024", "month": "jan"}, {"date": "2024-01/2025"}),
        (Date(start=PartialDate(2024), circa=True), {"year": "2024"}, {"date": "2024~"}),
        (Date(start=PartialDate(2024), season=3), {"year": "2024"}, {"date": "2024-23"}),
        (Date(literal="in press & late"), {"year": r"in press \& late"}, {"year": r"in press \& late"}),
    ],
)
def test_dates(date: Date, bibtex: dict[str, str], biblatex: dict[str, str]) -> None:
    assert entry("bibtex", dates={"issued": date})[1] == bibtex
    assert entry("biblatex", dates={"issued": date})[1] == biblatex
    assert entry("biblatex", dates={"issued": date})[2] == (), "it says all of a date"
    assert entry("bibtex", dates={"accessed": Date(start=JANUARY)})[1] == {"urldate": "2024-01"}
    assert entry("bibtex", dates={"accessed": Date(literal="May & June")})[1] == {"urldate": r"May \& June"}


def test_only_the_months_of_bibtex_are_written_as_its_macros() -> None:
    item = Item(key="k", others={"bib:month": "summer"}, dates={"issued": Date(start=PartialDate(2024))})
    assert "month = {summer}" in write([item], dialect="bibtex", capitals=False).text
    item = Item(key="k", dates={"issued": Date(start=JANUARY)})
    assert "month = jan," in write([item], dialect="bibtex", capitals=False).text
    item = Item(key="k", dates={"issued": Date(start=JANUARY)}, others={"bib:month": "jan--feb"})
    assert "month = {jan--feb}" in write([item], dialect="bibtex", capitals=False).text


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        ("bibtex", {"eprint": "2401.00001", "archiveprefix": "arXiv", "primaryclass": "cs.LG"}),
        ("biblatex", {"eprint": "2401.00001", "eprinttype": "arxiv", "eprintclass": "cs.LG"}),
    ],
)
def test_a_preprint(dialect: str, fields: dict[str, str]) -> None:
    known = {"type": "article", "arxiv_id": "2401.00001", "arxiv_class": "cs.LG"}
    assert entry(dialect, **known)[1] == fields
    assert "entrysubtype" not in entry(dialect, **known)[1]
    assert entry(dialect, type="article-newspaper")[1] == {"entrysubtype": "newspaper"}


@pytest.mark.parametrize(
    ("kind", "genre", "bibtex", "biblatex"),
    [
        ("thesis", "PhD thesis", "", "phdthesis"),
        ("thesis", "Master's thesis", "", "mathesis"),
        ("thesis", "Habilitation", "Habilitation", "Habilitation"),
        ("report", "Technical report", "Technical report", "techreport"),
    ],
)
def test_the_genre_is_written_where_the_type_does_not_say_it(kind: str, genre: str, bibtex: str, biblatex: str) -> None:
    known = {"type": kind, "texts": {"genre": genre}}
    assert entry("bibtex", **known)[1].get("type", "") == bibtex
    assert entry("biblatex", **known)[1].get("type", "") == biblatex


def test_fields_of_texts() -> None:
    texts = {
        "title": "Über 50% & <i>more</i>", "DOI": r"10.1/a{b}\c_d", "page": "1-5, 7-9", "container-title": "J",
        "issue": "3", "publisher-place": "Bonn",
    }  # fmt: skip
    assert entry("bibtex", type="article-journal", texts=texts)[1] == {
        "title": r"{\"U}ber 50\% \& \emph{more}", "doi": "10.1/a%7Bb%7D%5Cc_d", "pages": "1--5, 7--9", "journal": "J",
        "number": "3", "address": "Bonn",
    }  # fmt: skip
    assert entry("biblatex", type="article-journal", texts=texts)[1] == {
        "title": r"Über 50\% \& \emph{more}", "doi": "10.1/a%7Bb%7D%5Cc_d", "pages": "1--5, 7--9",
        "journaltitle": "J", "number": "3", "location": "Bonn",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (Name(family="Berg", given="Bo", particle="van der"), "van der Berg, Bo"),
        (Name(family="Beethoven", given="Ludwig", dropping="van"), "van Beethoven, Ludwig"),
        (Name(family="Arc", given="Jeanne", particle="d’"), "d'Arc, Jeanne"),
        (Name(family="Hachette", given="A.", particle="De"), "De Hachette, A."),
        (Name(family="Abbas", given="A.", particle="Al-"), "Al-Abbas, A."),
        (Name(family="King", given="M. L.", suffix="Jr."), "King, Jr., M. L."),
        (Name(family="y Cajal", given="Ramón"), r"{y Cajal}, Ram{\'o}n"),
        (Name(family="Black, and Decker", given="X"), "{Black, and Decker}, X"),
        (Name(family="A", given="B, C, D", suffix="E, F"), "{B, C, D A E, F}"),
        (Name(family="others"), "{others}"),
        (Name(family="Plato"), "Plato"),
        (Name(literal="École"), r"{{\'E}cole}"),
        (Name(literal="others"), "others"),
    ],
    ids=str,
)
def test_names(name: Name, wanted: str) -> None:
    written = entry("bibtex", names={"author": (Name(family="First", given="A"), name)})[1]["author"]
    assert written == f"First, A and {wanted}"


def test_the_text_of_an_entry() -> None:
    item = Item(
        key="k",
        type="book",
        texts={"publisher": "P & Q", "title-short": "BERT", "title": "A BERT", "container-title": "The BERT"},
        names={"translator": (Name(family="Roe"),), "editor": (Name(family="Doe"),), "author": (Name(family="Poe"),)},
        dates={"accessed": Date(start=JANUARY), "issued": Date(start=PartialDate(2024, 3, 4))},
        keywords=("R & D", "owls"),
        others={"bib:file": "a.pdf"},
    )
    written = write([item, Item(key="bare")], dialect="bibtex", capitals=True)
    assert (
        written.text
        == r"""@book{k,
  title      = {A {BERT}},
  author     = {Poe},
  editor     = {Doe},
  translator = {Roe},
  year       = {2024},
  month      = mar,
  day        = {4},
  urldate    = {2024-01},
  publisher  = {P \& Q},
  shorttitle = {{BERT}},
  booktitle  = {The BERT},
  keywords   = {R \& D, owls},
  file       = {a.pdf},
}

@misc{bare,
}
"""
    )
    assert (written.lost, written.renamed) == (((), ()), ())
    assert "{" not in write([item], dialect="bibtex", capitals=False).text.replace(" = {", "").replace("@book{", "")
    assert "\n  date       = {2024-03-04},\n" in write([item], dialect="biblatex", capitals=False).text


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ({"key": "<i>owl</i> {1},(2)%#~"}, "owl12"),
        (
            {"names": {"author": (Name(family="Berg", given="Bo", particle="van der"), Name(family="Roe"))}},
            "vanderberg",
        ),
        ({"names": {"editor": (Name(literal="ACM"),)}, "texts": {"title": "Birds"}}, "acmbirds"),
        (
            {
                "names": {"author": (Name(family="Doe"),), "editor": (Name(family="Roe"),)},
                "texts": {"title": "The <i>Owls</i>"},
                "dates": {"issued": Date(start=PartialDate(2020, 5))},
            },
            "doe2020owls",
        ),
        ({"names": {"author": (Name(family="Doe"),)}, "dates": {"issued": Date(literal="in press")}}, "doe"),
        ({"key": "鳥", "arxiv_id": "2401.00001"}, "arxiv240100001"),
        ({}, "arxiv"),
    ],
)
def test_a_key_is_its_own_or_made_of_who_when_and_what(known: dict[str, Any], key: str) -> None:
    written = write([Item(**known)], dialect="bibtex", capitals=False)
    assert written.text.startswith(f"@misc{{{key},\n")
    assert written.renamed == (((known["key"], key),) if "key" in known else ())


def test_keys_are_made_readable_and_no_two_are_alike() -> None:
    people = {"author": (Name(family="Berg", given="Bo", particle="van der"),)}
    items = [
        Item(key="Owl"), Item(key="owl"), Item(key="owl a"), Item(key="äöü"),
        Item(names=people, texts={"title": "How Owls Sleep"}, dates={"issued": Date(start=PartialDate(2020))}),
        Item(key="鳥", names={"editor": (Name(literal="ACM"),)}, texts={"title": "Birds"}),
    ]  # fmt: skip
    written = write(items, dialect="bibtex", capitals=False)
    keys = re.findall(r"@misc\{(.*),", written.text)
    assert keys[:3] == ["Owl", "owla", "owlaa"]
    assert keys[4] == "vanderberg2020owls"
    assert len({key.casefold() for key in keys}) == len(items)
    assert all(re.fullmatch(r"[\x21-\x7e]+", key) for key in keys)
    assert dict(written.renamed) == {
        "owl": "owla", "owl a": "owlaa", "äöü": keys[3], "鳥": keys[5],
    }  # fmt: skip
    assert "" not in dict(written.renamed)
