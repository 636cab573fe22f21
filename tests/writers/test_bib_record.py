"""What an entry says of its paper, as a record."""

from __future__ import annotations

import pytest

from refkit.model import Author, PartialDate
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_record import record_of, value_of


def test_an_entry_says_title_people_and_year() -> None:
    file = BibFile(
        "@string{n = {Net}}\n@book{k, Title = {{\\'E}t{\\'e}\n of } # n, author = {van der Berg, {\\'E}lan and others"
        " and Ada Doe}, editor = {No, One}, year = 2001, TITLE = {no}}"
    )
    entry = file.blocks[-1]
    record = record_of(entry, file.strings)
    assert (record.title, record.arxiv_id, record.submitted) == ("Été of Net", "", PartialDate(2001))
    assert record.authors == (Author(family="van der Berg", given="Élan"), Author(family="Doe", given="Ada"))
    assert value_of(entry, "title", file.strings) == "{\\'E}t{\\'e} of Net"
    assert value_of(entry, "note", file.strings) == ""


@pytest.mark.parametrize(
    ("names", "people"),
    [
        ("{Google Research} and Doe, Ada", [Author(literal="Google Research"), Author(family="Doe", given="Ada")]),
        ("{Barnes {\\&} Noble and Sons}", [Author(literal="Barnes & Noble and Sons")]),
        ("{Gur, Izzeddin and Doe, Ada}", [Author(family="Gur", given="Izzeddin"), Author(family="Doe", given="Ada")]),
        ("{Meta, Inc.}", [Author(literal="Meta, Inc.")]),
        ("{\\'E}lan {Doe}", [Author(family="Doe", given="Élan")]),
        ("", []),
    ],
)
def test_a_name_in_braces_is_one_whole(names: str, people: list[Author]) -> None:
    [entry] = BibFile(f"@misc{{k, author = {{{names}}}}}").blocks
    assert list(record_of(entry, {}).authors) == people


def test_editors_stand_for_authors_and_what_is_not_said_is_unknown() -> None:
    [entry] = BibFile("@book{k, editor = {No, One and Doe, Ada}}").blocks
    record = record_of(entry, {})
    assert [author.family for author in record.authors] == ["No", "Doe"]
    assert (record.title, record.submitted) == ("", None)


@pytest.mark.parametrize(
    ("number", "date"),
    [
        ("1812.09195", PartialDate(2018, 12)),
        ("0704.0001", PartialDate(2007, 4)),
        ("hep-th/9901001", PartialDate(1999, 1)),
        ("hep-th/9107001", PartialDate(1991, 7)),
        ("math/0001001", PartialDate(2000, 1)),
        ("9001.00001", PartialDate(2090, 1)),
    ],
)
def test_an_id_tells_the_month_of_the_first_version(number: str, date: PartialDate) -> None:
    [entry] = BibFile(f"@misc{{k, eprint = {{{number}}}, archivePrefix = {{arXiv}}, year = 2020}}").blocks
    assert record_of(entry, {}).submitted == record_of(entry, {}, arxiv_id=number).submitted == date
    assert record_of(entry, {}).arxiv_id == number


def test_an_id_in_a_note_is_not_the_entrys_and_one_that_is_given_is() -> None:
    [entry] = BibFile("@misc{k, note = {extends arXiv:1812.09195}, year = 2020}").blocks
    record = record_of(entry, {})
    assert (record.arxiv_id, record.submitted) == ("", PartialDate(2020))
    given = record_of(entry, {}, arxiv_id="1901.00001")
    assert (given.arxiv_id, given.submitted) == ("1901.00001", PartialDate(2019, 1))
