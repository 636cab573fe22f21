"""Two entries of one paper are told; columns, editions and yearly reports that only share a title are not."""

from __future__ import annotations

import pytest

from refkit.writers.bib_duplicates import duplicates
from refkit.writers.bib_file import BibFile


def entry(key: str, fields: str = "", kind: str = "article") -> str:
    return f"@{kind}{{{key}, title = {{News}}, author = {{Xu, Li}}, {fields}}}\n"


def twice(*entries: str) -> list[str]:
    return [each.key for each in duplicates(BibFile("".join(entries)))]


@pytest.mark.parametrize("field", ["volume", "number", "pages", "chapter", "edition"])
def test_what_stands_elsewhere_is_another(field: str) -> None:
    one, other = entry("a", f"{field} = {{1--2}}"), entry("b", f"{field} = {{3--4}}")
    assert twice(one, other) == []
    assert twice(one, entry("b", f"{field.upper()} = {{1 – 2}}")) == ["b"]
    assert twice(one, entry("b")) == ["b"]
    assert twice(one, entry("b", f"{field} = {{1--2}}, {field} = {{3}}")) == ["b"]


@pytest.mark.parametrize("field", ["note", "publisher", "month"])
def test_what_says_no_place_tells_nothing(field: str) -> None:
    assert twice(entry("a", f"{field} = {{1}}"), entry("b", f"{field} = {{2}}")) == ["b"]


def test_another_year_is_another_paper_unless_one_does_not_say() -> None:
    assert twice(entry("a", "year = 2000"), entry("b", "year = 2001")) == []
    assert twice(entry("a", "year = 2000"), entry("b", "year = 2000")) == ["b"]
    assert twice(entry("a", "year = 2000"), entry("b")) == ["b"]
    assert twice(entry("a"), entry("b", "year = 2000")) == ["b"]
    assert twice(entry("a", "year = 2000, volume = 1"), entry("b", "year = 2000, volume = 2")) == []


@pytest.mark.parametrize(
    "preprint",
    [
        "eprint = {1812.09195}, archivePrefix = {arXiv}",
        "journal = {CoRR}",
        "journal = {arXiv preprint}",
        "journaltitle = {ArXiv}",
    ],
)
def test_a_preprint_has_neither_the_place_nor_the_year_of_its_paper(preprint: str) -> None:
    before = entry("a", f"{preprint}, year = 2018, volume = {{abs/1}}")
    after = entry("b", "year = 2020, volume = {7}")
    assert twice(before, after) == twice(before.replace("{a,", "{z,"), after) == ["b"]
    assert twice(after, before) == ["a"]


def test_a_journal_that_only_sounds_like_it_is_a_journal() -> None:
    assert twice(entry("a", "journal = {Corrosion}, volume = 1"), entry("b", "volume = 2")) == []


def test_one_id_or_doi_is_one_paper_wherever_it_stands() -> None:
    doi = "doi = {10.1000/x}, "
    assert twice(entry("a", doi + "volume = 1"), entry("b", doi + "volume = 2")) == ["b"]
    number = "eprint = {1812.09195}, archivePrefix = {arXiv}, "
    assert twice(entry("a", number + "year = 2000"), entry("b", number + "year = 2009")) == ["b"]
    assert twice(entry("a", doi + "volume = 1"), entry("b", "volume = 2")) == []


def test_the_first_that_it_may_be_is_named() -> None:
    text = (
        "\n" + entry("a", "volume = 1") + entry("", "volume = 2") + entry("c", "volume = 2") + entry("d", "volume = 1")
    )
    found = list(duplicates(BibFile(text)))
    assert [(each.rule, each.key, each.message) for each in found] == [
        ("duplicate-entry", "c", "it is the paper of the entry (line 3); keep one of them, and cite that"),
        ("duplicate-entry", "d", "it is the paper of a (line 2); keep one of them, and cite that"),
    ]
    assert [text[each.place :][:11] for each in found] == ["@article{c,", "@article{d,"]


def test_each_is_compared_with_the_fifty_before_it() -> None:
    columns = [entry(f"k{n}", f"number = {n}") for n in range(50)]
    assert twice(*columns, entry("z", "number = 0")) == ["z"]
    assert twice(*columns, entry("y", "number = 50"), entry("z", "number = 0")) == []
