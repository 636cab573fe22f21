"""Which entries are a paper: by id and DOI, by title, first author and years that lie near."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.model import ArxivRecord, Author, PartialDate, Publication, Work
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_identity import Identity
from refkit.writers.bib_index import Index, identity_of, keys_of, shown

TITLE = "Learning to Navigate the Web"


def work(*, published: str = "", **changes: Any) -> Work:
    known: dict[str, Any] = {
        "arxiv_id": "1812.09195",
        "title": TITLE,
        "authors": (Author(family="Gur", given="Izzeddin"),),
        "submitted": PartialDate(2018, 12, 21),
    }
    publication = Publication(doi=published) if published else None
    return Work(record=ArxivRecord(**{**known, **changes}), publication=publication)


def found(text: str, wanted: Work | None = None) -> list[str]:
    """Return the keys of the entries that are the work, surest first."""
    index = Index(BibFile(text))
    return [index.blocks[place].key for place in index.find(wanted or work())]


def entry(key: str, fields: str = "", *, title: str = TITLE, author: str = "Gur, I") -> str:
    return f"@misc{{{key}, title = {{{title}}}, author = {{{author}}}, {fields}}}\n"


def twice(text: str) -> list[list[str]]:
    index = Index(BibFile(text))
    return [[index.blocks[place].key for place in places] for places in index.duplicates()]


def test_a_work_is_known_as_an_entry_would_say_it() -> None:
    wanted = identity_of(work(arxiv_id="1812.09195v2", doi="https://doi.org/10.1000/ABC"))
    assert wanted == Identity(
        arxiv_id="1812.09195", doi="10.1000/abc", title_key="learningtonavigatetheweb", family="gur", year=2018
    )
    several = (Author(family="Faust", given="A"), Author(family="Gur", given="I"))
    assert identity_of(work(authors=several)).family == "faust"
    bare = identity_of(work(authors=(), submitted=None, arxiv_id=""))
    assert bare == Identity(title_key="learningtonavigatetheweb")
    assert identity_of(work(submitted=PartialDate())).year == 0
    for author in (Author(literal="Ada van Gur"), Author(family="Gur"), Author(family="van Gur", given="A. B.")):
        assert identity_of(work(authors=(author,))).family in {"gur", "vangur"}


@pytest.mark.parametrize(("year", "is_it"), [(2016, False), (2017, True), (2018, True), (2022, True), (2023, False)])
def test_a_paper_lies_from_one_year_before_its_preprint_to_four_after_it(year: int, is_it: bool) -> None:  # noqa: FBT001 - pytest gives it
    assert found(entry("a", f"year = {year}")) == ["a"] * is_it
    assert found(entry("a", f"date = {{{year}-03}}")) == ["a"] * is_it


def test_an_unknown_year_tells_nothing() -> None:
    assert found(entry("a")) == ["a"]
    assert found(entry("a", "year = 1950"), work(submitted=None)) == ["a"]


def test_title_and_first_author_are_both_needed() -> None:
    assert found(entry("a", author="Faust, A and Gur, I")) == []
    assert found(entry("a", author="")) == []
    assert found(entry("a", title="Another")) == []
    assert found("@misc{a, author={Gur, I}}", work(title="")) == []
    assert found(f"@misc{{a, title={{{TITLE}}}}}", work(authors=())) == []


def test_a_former_title_is_the_papers_too() -> None:
    wanted = work(former_titles=("Web Navigation", ""))
    assert found(entry("a", title="Web {Navigation}") + entry("b"), wanted) == ["b", "a"]
    assert found("@misc{a, title={Web Navigation}, note={see arXiv:1812.09195}}", wanted) == ["a"]


def test_the_surest_comes_first_and_each_once() -> None:
    text = (
        entry("title")
        + "@misc{doi, doi = {10.1000/x}}\n@misc{other, doi={10.1000/Y}}\n"
        + entry("id", "eprint = {1812.09195}, doi = {10.1000/x}")
    )
    assert found(text, work(doi="10.1000/X")) == ["id", "doi", "title"]
    assert found(text, work(published="10.1000/X")) == ["id", "doi", "title"]
    assert found(text, work(published="10.1000/y")) == ["id", "other", "title"]
    assert found(text, work(doi="10.1000/y", published="10.1000/x")) == ["id", "other", "doi", "title"]
    assert found(text) == ["id", "title"]


@pytest.mark.parametrize("number", ["1901.00001", "hep-th/9901001"])
def test_the_id_of_another_paper_tells_it_apart(number: str) -> None:
    other = f"eprint = {{{number}}}, archivePrefix = {{arXiv}}"
    assert found(entry("a", other)) == []
    assert found(f"@misc{{a, doi={{10.1000/x}}, {other}}}", work(doi="10.1000/x")) == []
    assert found(entry("a", f"note = {{extends arXiv:{number}}}")) == ["a"]


def test_another_doi_tells_it_apart_where_no_id_is_said() -> None:
    assert found(entry("a", "doi = {10.1000/y}"), work(doi="10.1000/x")) == []
    assert found(entry("a", "doi = {10.1000/y}, eprint = {1812.09195}"), work(doi="10.1000/x")) == ["a"]
    assert found(entry("a", "doi = {10.1000/y}, note = {of 1901.00001, arXiv}"), work(doi="10.1000/x")) == []


def test_the_doi_of_the_published_version_is_the_papers_too() -> None:
    both = work(doi="10.1000/x", published="10.1000/Z")
    assert found(entry("a", "doi = {10.1000/z}"), both) == ["a"]
    assert found("@misc{a, doi={10.1000/z}}", both) == ["a"]
    assert found("@misc{a, doi={10.1000/z}, eprint={1901.00001}}", both) == []
    assert found(entry("a", "doi = {10.1000/y}"), both) == []


def test_an_id_in_a_note_is_the_entrys_own_only_with_the_title() -> None:
    note = "note = {extends arXiv:1812.09195}"
    assert found(f"@misc{{a, {note}}}") == ["a"]
    assert found(entry("a", note, author="Other, A")) == ["a"]
    assert found(entry("a", note, title="Another")) == []
    assert found(entry("a", "note = {arXiv:1812.09195}", title="Another")) == ["a"]


def test_broken_entries_are_known_and_other_blocks_are_not() -> None:
    text = "@comment{x}\n@string{y={z}}\n@misc{a, eprint={1812.09195} year=1}\n@misc{b, eprint={1812.09195}}\n"
    index = Index(BibFile(text))
    assert [block.kind for block in index.blocks] == ["broken", "entry"]
    assert found(text) == ["a", "b"]
    assert keys_of(index.blocks) == {"a", "b"}
    assert [shown(block) for block in index.blocks] == ["a (line 3)", "b (line 4)"]
    assert shown(BibFile("@misc{, title={x}}").blocks[0]) == "an entry without a key (line 1)"
    assert keys_of(BibFile("@misc{, a={b}}@misc{K, a={b}}").blocks) == {"k"}


def test_entries_of_one_paper_are_found_in_the_order_of_the_file() -> None:
    text = (
        "@misc{a, eprint={1812.09195}}\n@misc{x, eprint={1901.00001}}\n@misc{b, doi={10.1000/x}}\n"
        "@misc{c, eprint={1812.09195}, doi={10.1000/x}}\n@misc{y, eprint={1901.00001}}\n@misc{z, title={Alone}}\n"
    )
    assert twice(text) == [["a", "b", "c"], ["x", "y"]]
    assert twice(entry("a") + entry("b") + entry("c")) == [["a", "b", "c"]]
    assert twice("@misc{a}@misc{b}") == []


@pytest.mark.parametrize(("apart", "is_one"), [(0, True), (1, True), (4, True), (5, False)])
def test_their_years_lie_near_whichever_stands_first(apart: int, is_one: bool) -> None:  # noqa: FBT001 - pytest gives it
    early, late = entry("early", "year = 2015"), entry("late", f"year = {2015 + apart}")
    assert twice(early + late) == [["early", "late"]] * is_one
    assert twice(late + early) == [["late", "early"]] * is_one
    assert twice(late + entry("early")) == [["late", "early"]]


def test_ids_make_entries_one_or_two_whatever_their_titles_and_years() -> None:
    one, other = "eprint = {1812.09195}", "eprint = {1901.00001}"
    assert twice(entry("a", f"{one}, year=1990") + entry("b", f"{one}, year=2020", title="X")) == [["a", "b"]]
    assert twice(entry("a", one) + entry("b", other)) == []
    assert twice(entry("a", "doi={10.1000/x}, year=1990") + entry("b", "doi={10.1000/X}", title="X")) == [["a", "b"]]
    assert twice(entry("a", "doi={10.1000/x}") + entry("b", "doi={10.1000/y}")) == []


def test_an_id_in_a_note_makes_no_two_entries_one() -> None:
    own, note = "@misc{a, eprint={1812.09195}}\n", "@misc{b, note={extends arXiv:1812.09195}}\n"
    assert twice(own + note) == twice(note + own) == twice(note + note.replace("{b", "{c")) == []
    assert twice(note + own + own.replace("{a", "{c")) == [["a", "c"]]
    assert twice(entry("a") + entry("b", "note={extends arXiv:1901.00001}")) == []
