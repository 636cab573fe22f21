"""The entry types, fields and roles of BibTeX and BibLaTeX beside CSL's, entry by entry, in both directions.

What BibLaTeX calls an entry or a field is in its manual (2.1 and 2.2); what BibTeX has is in its own, btxdoc.
"""

from __future__ import annotations

from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string

from refkit.model import PartialDate
from refkit.writers.formats.bib_names import BIBTEX_TYPES, fields_of, variables_of
from refkit.writers.formats.bib_reading import read
from refkit.writers.formats.bib_writing import write
from refkit.writers.formats.item import Date, Item, Name

DOE = (Name(family="Doe", given="Jane"),)

# CSL's type: what BibTeX and what BibLaTeX writes for it; a name that stands once is that of both.
WRITTEN = """
article-journal: article
article-magazine: article
article-newspaper: article
book: book
chapter: incollection
paper-conference: inproceedings
entry: incollection inreference
entry-dictionary: incollection inreference
entry-encyclopedia: incollection inreference
thesis: phdthesis thesis
report: techreport report
webpage: misc online
post: misc online
post-weblog: misc online
article: misc online
software: misc software
dataset: misc dataset
manuscript: unpublished
pamphlet: booklet
patent: misc patent
periodical: misc periodical
collection: book collection
document: misc
song: misc
"""
# CSL's type: the entry types that are read as such. Behind the stroke those of which CSL's type says less.
READ = """
article-journal: article |
book: book | mvbook proceedings mvproceedings manual reference mvreference
collection: collection | mvcollection
pamphlet: booklet |
chapter: incollection | inbook bookinbook suppbook suppcollection
paper-conference: inproceedings | conference
entry: inreference |
thesis: thesis phdthesis mastersthesis |
report: report techreport |
webpage: online | electronic www
software: software |
dataset: dataset |
manuscript: unpublished |
patent: patent |
periodical: periodical |
document: misc | artwork audio image letter movie music standard video nosuchtype
"""
# BibTeX's standard types; no other may be in what is written for BibTeX, whose styles would not know it.
STANDARD = {
    "article", "book", "booklet", "conference", "inbook", "incollection", "inproceedings", "manual", "mastersthesis",
    "misc", "phdthesis", "proceedings", "techreport", "unpublished",
}  # fmt: skip


def rows(table: str) -> list[tuple[str, str]]:
    return [(name, rest) for row in table.strip().splitlines() for name, _, rest in [row.partition(": ")]]


def entry(dialect: str, **known: Any) -> tuple[str, dict[str, str]]:
    """Return the entry type and the fields of an item as they are written."""
    (found,) = parse_string(write([Item(**{"key": "k", **known})], dialect=dialect, capitals=False).text).entries
    return found.entry_type, {field.key: field.value for field in found.fields}


def one(kind: str, field: str = "title", value: str = "T") -> Item:
    (item,) = read(f"@{kind}{{k, {field} = {{{value}}}}}", name="refs.bib").items
    return item


@pytest.mark.parametrize(("kind", "names"), rows(WRITTEN))
def test_each_type_of_csl_has_its_entry_type(kind: str, names: str) -> None:
    bibtex, biblatex = (names.split() * 2)[:2]
    texts = {"URL": "https://x.org"}
    assert entry("bibtex", type=kind, texts=texts)[0] == bibtex
    assert entry("biblatex", type=kind, texts=texts)[0] == biblatex
    assert bibtex in STANDARD


@pytest.mark.parametrize(("kind", "names"), rows(READ))
def test_each_entry_type_is_read_as_a_type_of_csl(kind: str, names: str) -> None:
    usual, more = names.split("|")
    for name in (*usual.split(), *more.split()):
        item = one(name)
        assert item.type == kind
        assert item.others == ({"bib:entrytype": name} if name in more.split() else {}), "it is kept where it says more"
        assert entry("biblatex", type=item.type, texts=item.texts, others=item.others)[0] == (
            {"phdthesis": "thesis", "mastersthesis": "thesis", "techreport": "report", "online": "misc"}.get(name, name)
        )


def test_an_entry_type_of_its_own_is_written_for_bibtex_if_its_styles_know_it() -> None:
    assert BIBTEX_TYPES == STANDARD
    for name in ("manual", "proceedings", "inbook", "conference"):
        assert entry("bibtex", others={"bib:entrytype": name})[0] == name
    for name in ("mvbook", "reference", "suppbook", "www"):
        assert entry("bibtex", type="book", others={"bib:entrytype": name})[0] == "book"


@pytest.mark.parametrize(("kind", "subtype"), [("article-magazine", "magazine"), ("article-newspaper", "newspaper")])
def test_magazines_and_newspapers_are_articles_with_a_subtype(kind: str, subtype: str) -> None:
    assert one("article", "entrysubtype", subtype).type == kind
    for dialect in ("bibtex", "biblatex"):
        assert entry(dialect, type=kind) == ("article", {"entrysubtype": subtype})


# The keys of BibLaTeX (manual, 4.9.2.11), which it prints in the language of the document.
@pytest.mark.parametrize(
    ("key", "genre"),
    [
        ("phdthesis", "PhD thesis"),
        ("mathesis", "Master's thesis"),
        ("candthesis", "Candidate thesis"),
        ("techreport", "Technical report"),
        ("resreport", "Research report"),
    ],
)
def test_a_genre_of_which_biblatex_has_a_key_is_that_key(key: str, genre: str) -> None:
    assert one("report", "type", key).texts == {"genre": genre}
    assert entry("biblatex", type="report", texts={"genre": genre})[1] == {"type": key}
    assert entry("bibtex", type="report", texts={"genre": genre})[1] == {"type": genre}


@pytest.mark.parametrize(
    ("field", "role"),
    [
        ("author", "author"),
        ("editor", "editor"),
        ("translator", "translator"),
        ("bookauthor", "container-author"),
        ("director", "director"),
    ],
)
def test_each_role_has_its_field(field: str, role: str) -> None:
    assert one("inbook", field, "Doe, Jane").names == {role: DOE}
    for dialect in ("bibtex", "biblatex"):
        assert entry(dialect, names={role: DOE})[1] == {field: "Doe, Jane"}


@pytest.mark.parametrize(
    ("field", "variable"), [("urldate", "accessed"), ("eventdate", "event-date"), ("origdate", "original-date")]
)
def test_each_date_has_its_field(field: str, variable: str) -> None:
    day = Date(start=PartialDate(2024, 3, 4))
    assert one("misc", field, "2024-03-04").dates == {variable: day}
    for dialect in ("bibtex", "biblatex"):
        assert entry(dialect, dates={variable: day})[1] == {field: "2024-03-04"}


# CSL's variable: the fields of BibTeX and BibLaTeX for entries that are neither articles nor parts of books.
FIELDS = """
title: title
title-short: shorttitle
container-title: booktitle
container-title-short: shortjournal
collection-title: series
volume: volume
number: number
issue: issue
part-number: part
chapter-number: chapter
page: pages
number-of-pages: pagetotal
number-of-volumes: volumes
edition: edition
version: version
publisher: publisher
publisher-place: address location
event-title: eventtitle
event-place: venue
original-title: origtitle
original-publisher: origpublisher
original-publisher-place: origlocation
volume-title: maintitle
genre: type
status: pubstate
medium: howpublished
ISBN: isbn
ISSN: issn
DOI: doi
URL: url
PMID: pmid
PMCID: pmcid
archive: eprinttype
archive_location: eprint
call-number: library
language: language
note: note
annote: annote annotation
abstract: abstract
"""


@pytest.mark.parametrize(("variable", "names"), rows(FIELDS))
def test_each_variable_has_its_field_and_is_read_from_it(variable: str, names: str) -> None:
    for dialect, name in zip(("bibtex", "biblatex"), (names.split() * 2)[:2], strict=True):
        assert entry(dialect, texts={variable: "2"})[1] == {name: "2"}
        assert one("patent", name, "2").texts == {variable: "2"}


JOURNALS = ("article-journal", "article-magazine", "article-newspaper")
BOOKS = ("book", "chapter", "paper-conference", "collection", "entry", "entry-dictionary", "entry-encyclopedia")


@pytest.mark.parametrize(
    ("kinds", "variable", "names"),
    [
        (JOURNALS, "container-title", "journal journaltitle"),
        (JOURNALS, "issue", "number"),
        (JOURNALS, "number", "eid"),
        (JOURNALS, "collection-number", "issue"),
        (BOOKS, "number", "eid"),
        (BOOKS, "collection-number", "number"),
        (BOOKS, "container-title", "booktitle"),
        (("thesis",), "publisher", "school institution"),
        (("report",), "publisher", "institution"),
        (("report",), "number", "number"),
        (("webpage",), "container-title", "organization"),
    ],
)
def test_some_types_have_fields_of_their_own(kinds: tuple[str, ...], variable: str, names: str) -> None:
    bibtex, biblatex = (names.split() * 2)[:2]
    for kind in kinds:
        assert fields_of(kind, "bibtex")[variable] == bibtex
        assert fields_of(kind, "biblatex")[variable] == biblatex
        assert (variables_of(kind)[bibtex], variables_of(kind)[biblatex]) == (variable, variable)


@pytest.mark.parametrize(
    ("kind", "field", "variable"),
    [
        ("book", "journal", "container-title"),
        ("misc", "journaltitle", "container-title"),
        ("article", "booktitle", "container-title"),
        ("online", "booktitle", "container-title"),
        ("article", "journalabbr", "container-title-short"),
        ("book", "location", "publisher-place"),
        ("book", "address", "publisher-place"),
        ("book", "annotation", "annote"),
        ("book", "annote", "annote"),
        ("book", "school", "publisher"),
        ("book", "institution", "publisher"),
        ("book", "organization", "publisher"),
        ("online", "publisher", "publisher"),
        ("report", "publisher", "publisher"),
        ("patent", "eid", "number"),
        ("misc", "archiveprefix", "archive"),
        ("misc", "eprinttype", "archive"),
    ],
)
def test_fields_of_other_programs_and_other_types_are_read(kind: str, field: str, variable: str) -> None:
    assert one(kind, field, "2").texts == {variable: "2"}


@pytest.mark.parametrize(
    ("fields", "variable"),
    [
        ("organization={O}, publisher={first}", "publisher"),
        ("institution={I}, publisher={first}", "publisher"),
        ("eid={E}, number={first}", "number"),
        ("publisher={first}, organization={O}", "publisher"),
        ("publisher={first}, school={S}", "publisher"),
    ],
)
def test_what_two_fields_say_is_that_of_the_closer_one_and_the_other_stays(fields: str, variable: str) -> None:
    (item,) = read(f"@patent{{k, {fields}}}", name="refs.bib").items
    assert item.texts == {variable: "first"}
    assert len(item.others) == 1
