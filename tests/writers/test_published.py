"""Published versions in BibTeX and BibLaTeX: the right types and fields, read back by all, accepted by the programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pybtex.database import parse_string as pybtex_parse

from refkit.model import ArxivRecord, Author, PartialDate, Publication, Work
from refkit.pipeline import to_bibtex
from refkit.writers.citekeys import cite_keys

RECORD = ArxivRecord(
    arxiv_id="1812.09195",
    title="Learning to Navigate the Web",
    authors=(Author(family="Gur", given="Izzeddin"), Author(family="Rueckert", given="Ulrich")),
    categories=("cs.LG",),
    submitted=PartialDate(2018, 12, 21),
)
PAPER = Publication(
    type="paper-conference",
    container_title="Proceedings of the AAAI Conference on Artificial Intelligence",
    event_title="AAAI 2024",
    volume="38",
    issue="16",
    pages="18-27",
    publisher="A & B",
    issued=PartialDate(2024, 3, 24),
    doi="10.1609/aaai.v38i16.29734",
)
ARTICLE = Publication(
    type="article-journal",
    container_title="Physical Review D",
    volume="98",
    issue="3",
    number="030001",
    issued=PartialDate(2019),
    doi="10.1103/physrevd.98.030001",
)
CHAPTER = replace(PAPER, type="chapter", container_title="A Book of Chapters", issue="", event_title="")
DIALECTS = ["bibtex", "biblatex"]


def work(publication: Publication | None, **changed: Any) -> Work:
    return Work(record=replace(RECORD, **changed), publication=publication)


def entry(publication: Publication | None, dialect: str = "bibtex") -> tuple[str, dict[str, str]]:
    (found,) = bib_parse(to_bibtex([work(publication)], dialect=dialect)).entries
    assert found.key == "gur2018learning"
    return found.entry_type, {field.key: field.value for field in found.fields}


def test_a_paper_of_a_conference() -> None:
    kind, fields = entry(PAPER)
    assert kind == "inproceedings"
    assert fields == {
        "title": "Learning to Navigate the Web",
        "author": "Gur, Izzeddin and Rueckert, Ulrich",
        "booktitle": "Proceedings of the AAAI Conference on Artificial Intelligence",
        "volume": "38",  # without the issue: BibTeX's styles complain of both
        "pages": "18--27",
        "publisher": r"A \& B",
        "year": "2024",
        "month": "mar",
        "eprint": "1812.09195",
        "archivePrefix": "arXiv",
        "primaryClass": "cs.LG",
        "doi": "10.1609/aaai.v38i16.29734",
        "url": "https://arxiv.org/abs/1812.09195",
    }
    kind, fields = entry(PAPER, "biblatex")
    assert kind == "inproceedings"
    assert (fields["number"], fields["eventtitle"], fields["date"]) == ("16", "AAAI 2024", "2024-03-24")
    assert (fields["eprinttype"], fields["eprintclass"]) == ("arxiv", "cs.LG")
    assert "pubstate" not in fields


def test_an_article_of_a_journal() -> None:
    kind, fields = entry(ARTICLE)
    assert kind == "article"
    assert [fields[name] for name in ("journal", "volume", "number", "pages", "year")] == [
        "Physical Review D", "98", "3", "030001", "2019",
    ]  # fmt: skip
    assert "month" not in fields  # that of v1 is not that of the publication
    kind, fields = entry(ARTICLE, "biblatex")
    assert (kind, fields["journaltitle"], fields["eid"]) == ("article", "Physical Review D", "030001")


def test_a_chapter_and_a_published_title() -> None:
    assert (entry(CHAPTER)[0], entry(CHAPTER, "biblatex")[0]) == ("incollection", "inbook")
    assert entry(replace(ARTICLE, title="Its {New} Title"))[1]["title"] == "Its {New} Title"


def test_without_a_doi_of_its_own_there_is_none_and_without_a_type_it_is_a_preprint() -> None:
    assert "doi" not in entry(replace(PAPER, doi=""))[1]
    kind, fields = entry(Publication(note="PoS(CD15) (2015) 045"))
    assert (kind, fields["note"], fields["year"]) == ("misc", "PoS(CD15) (2015) 045", "2018")
    assert fields["doi"] == "10.48550/arXiv.1812.09195"
    assert entry(Publication(note="x"), "biblatex")[1]["pubstate"] == "prepublished"


def test_the_key_is_that_of_the_preprint() -> None:
    assert cite_keys([work(PAPER)]) == cite_keys([work(None)]) == ["gur2018learning"]


TEXT = st.text(max_size=20) | st.lists(st.sampled_from([*'\\${}&%#_^~@" aB1é:-'])).map("".join)
PUBLICATIONS = st.builds(
    Publication,
    type=st.sampled_from(["article-journal", "paper-conference", "chapter", "book", "thesis", ""]),
    title=TEXT,
    container_title=TEXT,
    event_title=TEXT,
    volume=TEXT,
    issue=TEXT,
    pages=TEXT,
    number=TEXT,
    publisher=TEXT,
    doi=st.sampled_from(["", "10.1000/a_b", "10.1000/(sici)1<2>3;4"]),
    issued=st.none() | st.builds(PartialDate, st.integers(1900, 2100), st.none() | st.integers(1, 12)),
    note=TEXT,
)


@settings(deadline=None)
@given(PUBLICATIONS, st.sampled_from(DIALECTS))
def test_whatever_comes_is_read_back(publication: Publication, dialect: str) -> None:
    text = to_bibtex([work(publication), work(None, arxiv_id="math/0211159", title="After It")], dialect=dialect)
    library = bib_parse(text)
    assert not library.failed_blocks
    assert {each["eprint"] for each in library.entries} == {"1812.09195", "math/0211159"}
    assert {each.fields["eprint"] for each in pybtex_parse(text, "bibtex").entries.values()} == {
        "1812.09195", "math/0211159",
    }  # fmt: skip


def published_works() -> list[Work]:
    return [
        work(publication, arxiv_id=f"1812.0919{number}", title=f"{RECORD.title} {number}")
        for number, publication in enumerate((PAPER, ARTICLE, CHAPTER, Publication(note="A Note"), None))
    ]


@pytest.mark.skipif(not shutil.which("biber"), reason="the program biber is not installed")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_biber_has_no_complaint(dialect: str, tmp_path: Path) -> None:
    works = published_works()
    if dialect == "bibtex":  # biber, for which this dialect is not made, asks for the editors of its chapters
        works = [each for each in works if not (each.publication and each.publication.type == "chapter")]
    (tmp_path / "refs.bib").write_text(to_bibtex(works, dialect=dialect), encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "refs.bib"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0
    assert not re.search(r"^(?:WARN|ERROR)", ran.stdout, re.MULTILINE), ran.stdout


@pytest.mark.skipif(not shutil.which("bibtex"), reason="the program bibtex is not installed")
@pytest.mark.parametrize("style", ["plain", "alpha"])
def test_bibtex_has_no_complaint(style: str, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(to_bibtex(published_works()), encoding="utf-8")
    (tmp_path / "t.aux").write_text(f"\\citation{{*}}\n\\bibstyle{{{style}}}\n\\bibdata{{refs}}\n", encoding="utf-8")
    ran = subprocess.run(["bibtex", "t"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "Warning" not in ran.stdout, ran.stdout
