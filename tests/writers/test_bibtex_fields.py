"""Each field of an entry by itself, in both dialects: its name, when it is there, and how what it says is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import WriteError
from refkit.model import ArxivRecord, Author, PartialDate, Publication, ThemeTag, Work
from refkit.writers import bibtex
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter

BIBTEX, BIBLATEX = BibtexWriter(), BiblatexWriter()
FULL = Publication(
    title="Its Published Title",
    container_title="Book & Journal",
    event_title="An Event",
    volume="12",
    issue="3",
    number="e45",
    pages="6-7",
    publisher="P & Q",
    issued=PartialDate(2020, 1, 2),
    doi="10.1000/x_y",
)


def work(publication: Publication | None = None, **known: Any) -> Work:
    given = {"arxiv_id": "2401.00001v2", "title": "A Title", "submitted": PartialDate(2024, 3, 5)}
    return Work(record=ArxivRecord(**{**given, **known}), publication=publication)


def person(author: Author, writer: BibtexWriter = BIBTEX) -> str:
    return writer.fields(work(authors=(author,))).get("author", "")


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("article-journal", ("article", "article", {
            "journal": r"Book \& Journal", "volume": "12", "number": "3", "pages": "6--7", "year": "2020",
            "month": "jan",
        }, {
            "journaltitle": r"Book \& Journal", "volume": "12", "number": "3", "pages": "6--7", "date": "2020-01-02",
        })),
        ("paper-conference", ("inproceedings", "inproceedings", {
            "booktitle": r"Book \& Journal", "volume": "12", "pages": "6--7", "publisher": r"P \& Q", "year": "2020",
            "month": "jan",
        }, {
            "booktitle": r"Book \& Journal", "eventtitle": "An Event", "volume": "12", "number": "3", "pages": "6--7",
            "publisher": r"P \& Q", "date": "2020-01-02",
        })),
        ("chapter", ("incollection", "inbook", {
            "booktitle": r"Book \& Journal", "volume": "12", "pages": "6--7", "publisher": r"P \& Q", "year": "2020",
            "month": "jan",
        }, {
            "booktitle": r"Book \& Journal", "volume": "12", "number": "3", "pages": "6--7", "publisher": r"P \& Q",
            "date": "2020-01-02",
        })),
        ("book", ("book", "book", {
            "series": r"Book \& Journal", "volume": "12", "pages": "6--7", "publisher": r"P \& Q", "year": "2020",
            "month": "jan",
        }, {
            "series": r"Book \& Journal", "volume": "12", "number": "3", "pages": "6--7", "publisher": r"P \& Q",
            "date": "2020-01-02",
        })),
    ],
)  # fmt: skip
def test_a_published_version_is_written_in_the_fields_of_its_type(
    kind: str, wanted: tuple[str, str, dict[str, str], dict[str, str]]
) -> None:
    known = work(replace(FULL, type=kind), categories=("cs.LG", "cs.AI"))
    title, links = {"title": "Its Published Title"}, {"doi": "10.1000/x_y", "url": "https://arxiv.org/abs/2401.00001"}
    old = {"eprint": "2401.00001", "archivePrefix": "arXiv", "primaryClass": "cs.LG"}
    new = {"eprint": "2401.00001", "eprinttype": "arxiv", "eprintclass": "cs.LG"}
    assert (BIBTEX.kind(known), BIBLATEX.kind(known)) == wanted[:2]
    assert list(BIBTEX.fields(known).items()) == list({**title, **wanted[2], **old, **links}.items())
    assert list(BIBLATEX.fields(known).items()) == list({**title, **wanted[3], **new, **links}.items())


@pytest.mark.parametrize("kind", ["thesis", "posted-content", ""])
def test_what_is_published_in_no_known_way_is_the_preprint_with_its_note(kind: str) -> None:
    known = work(replace(FULL, type=kind, note="In: a_b"))
    links = {"doi": "10.48550/arXiv.2401.00001", "url": "https://arxiv.org/abs/2401.00001"}
    assert (BIBTEX.kind(known), BIBLATEX.kind(known)) == ("misc", "online")
    assert BIBTEX.fields(known) == {
        "title": "A Title", "year": "2024", "month": "mar", "eprint": "2401.00001", "archivePrefix": "arXiv", **links,
        "note": r"In: a\_b",
    }  # fmt: skip
    assert BIBLATEX.fields(known) == {
        "title": "A Title", "date": "2024-03-05", "eprint": "2401.00001", "eprinttype": "arxiv", **links,
        "pubstate": "prepublished", "note": r"In: a\_b",
    }  # fmt: skip


def test_an_event_is_the_place_where_nothing_else_is_and_is_not_told_twice() -> None:
    alone = work(replace(FULL, type="paper-conference", container_title=""))
    assert (BIBTEX.fields(alone)["booktitle"], BIBLATEX.fields(alone)["booktitle"]) == ("An Event", "An Event")
    assert "eventtitle" not in BIBLATEX.fields(alone)
    assert "eventtitle" not in BIBLATEX.fields(work(replace(FULL, type="article-journal")))


def test_the_number_of_an_article_stands_for_its_pages() -> None:
    known = work(replace(FULL, type="article-journal", pages=""))
    assert BIBTEX.fields(known)["pages"] == "e45"
    assert BIBLATEX.fields(known)["eid"] == "e45"
    assert "pages" not in BIBLATEX.fields(known)
    assert "eid" not in BIBLATEX.fields(work(replace(FULL, type="article-journal")))


def test_without_a_title_or_date_of_its_own_it_has_that_of_the_preprint_or_none() -> None:
    known = work(Publication(type="book"))
    assert BIBTEX.fields(known)["title"] == BIBLATEX.fields(known)["title"] == "A Title"
    assert not {"year", "month", "doi", "series"} & BIBTEX.fields(known).keys()
    assert not {"date", "doi", "pubstate"} & BIBLATEX.fields(known).keys()


@pytest.mark.parametrize(
    ("pages", "wanted"),
    [
        ("1-2", "1--2"), ("1–2", "1--2"), ("1 — 2", "1--2"), ("1--2", "1--2"), (" 1 - 2 ", "1--2"), ("A1-A2", "A1--A2"),
        ("1,3-5", "1,3--5"), ("30001", "30001"),
    ],
)  # fmt: skip
def test_a_range_of_pages_has_the_dash_of_tex(pages: str, wanted: str) -> None:
    known = work(replace(FULL, type="article-journal", pages=pages))
    assert BIBTEX.fields(known)["pages"] == BIBLATEX.fields(known)["pages"] == wanted


@pytest.mark.parametrize(
    ("date", "old", "new"),
    [
        (None, {}, {}),
        (PartialDate(), {}, {}),
        (PartialDate(None, 3, 5), {}, {}),
        (PartialDate(2024), {"year": "2024"}, {"date": "2024"}),
        (PartialDate(476, 9), {"year": "0476", "month": "sep"}, {"date": "0476-09"}),
        (PartialDate(2024, None, 5), {"year": "2024"}, {"date": "2024"}),
        (PartialDate(2024, 3, 5), {"year": "2024", "month": "mar"}, {"date": "2024-03-05"}),
        (PartialDate(2024, 12, 25), {"year": "2024", "month": "dec"}, {"date": "2024-12-25"}),
        (PartialDate(2024, 13), {"year": "2024"}, {"date": "2024-13"}),
    ],
)
def test_a_date_is_written_as_far_as_it_is_known(
    date: PartialDate | None, old: dict[str, str], new: dict[str, str]
) -> None:
    assert {name: value for name, value in BIBTEX.date_fields(date).items() if value} == old
    assert BIBLATEX.date_fields(date) == new


def test_months_are_the_macros_that_every_style_defines() -> None:
    names = [BIBTEX.date_fields(PartialDate(2024, month))["month"] for month in range(1, 13)]
    assert names == ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    writer = BibtexWriter()
    assert "  month         = mar,\n" in writer.render(writer.plan([work()]))


@pytest.mark.parametrize(
    ("author", "wanted"),
    [
        (Author(), ""),
        (Author(family="\x00"), ""),
        (Author(family="Gur"), "{Gur}"),
        (Author(given="Izzeddin"), "{Izzeddin}"),
        (Author(family="É"), r"{{\'E}}"),
        (Author(literal="Élan"), r"{{\'E}lan}"),
        (Author(literal="É"), r"{{\'E}}"),
        (Author(literal="& Sons"), r"{{\& Sons}}"),
        (Author("Gur", "Izzeddin", literal="The Team"), "{The Team}"),
        (Author("Gur", "Izzeddin", suffix="Jr."), "Gur, Jr., Izzeddin"),
        (Author("Gur", "Izzeddin", suffix="Jr., MD"), "{Izzeddin Gur Jr., MD}"),
        (Author("Gur", "I, Z"), "Gur, {I, Z}"),
        (Author("Gur, Z", "Izzeddin"), "{Gur, Z}, Izzeddin"),
        (Author("Gur, Z", "I, Y"), "{I, Y Gur, Z}"),
        (Author("and", "others"), "{and}, {others}"),
        (Author("Gur AND", "Others Izzeddin"), "{Gur AND}, {Others Izzeddin}"),
        (Author("Band", "Andy Mothers"), "Band, Andy Mothers"),
        (Author("Gur and Co", "I"), "{Gur and Co}, I"),
    ],
)
def test_a_name_is_written_so_that_it_is_one_name(author: Author, wanted: str) -> None:
    assert person(author) == wanted


def test_biblatex_keeps_the_letters_of_a_name() -> None:
    assert person(Author("Ó Briain", "É"), BIBLATEX) == "Ó Briain, É"
    assert person(Author(r"Sch\"olkopf", "B"), BIBLATEX) == "Schölkopf, B"


def test_names_and_themes_are_one_field_each() -> None:
    known = work(authors=(Author("Gur", "I"), Author(), Author(literal="Team")))
    themes = tuple(ThemeTag(each) for each in ("rl", "agents", "rl"))
    fields = BIBTEX.fields(Work(record=known.record, themes=themes))
    assert fields["author"] == "Gur, I and {Team}"
    assert fields["keywords"] == "agents, rl"


def test_a_paper_given_twice_is_written_as_it_was_given_first() -> None:
    works = [work(title="First"), work(title="Second"), work(arxiv_id="2401.00002", title="Other")]
    assert [(change.key, change.work.record.title) for change in BIBTEX.plan(works)] == [
        ("2024first", "First"), ("2024other", "Other"),
    ]  # fmt: skip


def test_keys_are_made_by_the_formula_and_keep_off_those_that_are_taken() -> None:
    writer = BibtexWriter(key=lambda record: record.title[:1])
    works = [work(title="First"), work(arxiv_id="2401.00002", title="Second")]
    assert writer.keys(works) == ["F", "S"]
    assert writer.keys(works, taken=["f"]) == ["Fa", "S"]


@pytest.mark.parametrize(
    ("writer", "column"), [(BIBTEX, len("  archivePrefix = ")), (BIBLATEX, len("  eprintclass = "))]
)
def test_values_line_up_behind_the_longest_name(writer: BibtexWriter, column: int) -> None:
    lines = writer.render(writer.plan([work()])).splitlines()
    assert lines[0] == f"@{writer.entry_type}{{2024title,"
    assert {line.index(" = ") + 3 for line in lines[1:-1]} == {column}
    assert lines[-1] == "}"
    published = work(replace(FULL, type="article-journal"))
    lines = BIBLATEX.render(BIBLATEX.plan([published])).splitlines()
    assert {line.index(" = ") + 3 for line in lines[1:-1]} == {len("  journaltitle = ")}


def test_entries_stand_apart_by_one_empty_line() -> None:
    text = BIBTEX.render(BIBTEX.plan([work(), work(arxiv_id="2401.00002", title="Other")]))
    assert text.count("\n\n") == 1
    assert "}\n\n@misc{2024title,\n  title         = {A Title},\n" in text
    assert text.endswith(",\n}\n")


@pytest.mark.parametrize(("kind", "name"), [(BibtexWriter, "bibtex"), (BiblatexWriter, "biblatex")])
@pytest.mark.parametrize("error", [OSError("disk full"), UnicodeEncodeError("ascii", "é", 0, 1, "ordinal")])
def test_a_text_that_could_not_be_handed_over_is_told_with_its_format(
    error: Exception, kind: type[BibtexWriter], name: str
) -> None:
    def fails(_: str) -> None:
        raise error

    with pytest.raises(WriteError, match=rf"^The {name} text could not be written: ") as told:
        kind(fails).apply(())
    assert str(error) in str(told.value)


def test_a_reader_who_went_away_is_no_fault_to_report() -> None:
    def gone(_: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        BibtexWriter(gone).apply(())


def changed(how: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is said if the text that was written is not what was meant."""
    written = bibtex._written
    monkeypatch.setattr(bibtex, "_written", lambda *given, **named: how(written(*given, **named)))
    with pytest.raises(WriteError) as told:
        BIBTEX.render(BIBTEX.plan([work(authors=(Author("Gur", "I"),))]))
    return str(told.value)


@pytest.mark.parametrize("more", ["@comment{x}", "x\n", "@misc{b,\n}\n", "@misc{c, title = {x\n"])
def test_a_text_that_holds_more_than_its_entries_is_refused(more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = changed(lambda text: text + more, monkeypatch)
    assert told == "The bibliography would be corrupt: it reads back with more than its entries. Please report it."


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("{A Title}", "{A}", "title"),
        ("eprint  ", "eprinz  ", "eprint, eprinz"),
        ("= mar", "= apr", "month"),
        ("  author        = {Gur, I},\n", "", "author"),
        ("@misc", "@book", "archivePrefix, author, doi, eprint, month, title, url, year"),
        ("gur2024title", "gur2024other", "archivePrefix, author, doi, eprint, month, title, url, year"),
    ],
)
def test_an_entry_that_does_not_read_back_is_refused(
    old: str, new: str, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = changed(lambda text: text.replace(old, new), monkeypatch)
    assert told == f"The entry gur2024title would be corrupt: {lost} cannot be written as BibTeX. Please report it."
