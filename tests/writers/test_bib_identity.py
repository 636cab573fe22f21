"""An entry is known by what it says, whoever wrote it."""

from __future__ import annotations

import pytest

from refkit.writers.bib_file import BibFile
from refkit.writers.bib_identity import Identity, bare_doi, identify


def identity(text: str) -> Identity:
    file = BibFile(text)
    return next(identify(block, file.strings) for block in file.blocks if block.kind in ("entry", "broken"))


@pytest.mark.parametrize(
    "field",
    [
        "eprint = {1812.09195v2}, archivePrefix = {arXiv}",
        "eprint = {1812.09195}",
        "doi = {10.48550/arXiv.1812.09195}",
        "url = {\\url{http://arxiv.org/abs/1812.09195}}",
        "journal = {arXiv preprint arXiv:1812.09195}",
        "note = {arXiv:1812.09195 [cs]}",
        "journal = corr, volume = {abs/1812.09195}",
        "howpublished = {https://arxiv.org/abs/1812.09195}",
    ],
)
def test_an_arxiv_id_wherever_programs_put_it(field: str) -> None:
    found = identity('@string{corr = "CoRR"}@misc{k, title = {T}, ' + field + "}")
    assert (found.arxiv_id, found.loose, found.doi) == ("1812.09195", False, "")


def test_an_id_in_a_note_may_be_another_papers() -> None:
    found = identity("@misc{k, note = {Extends the work of arXiv:1812.09195}}")
    assert (found.arxiv_id, found.loose) == ("1812.09195", True)


def test_everything_else() -> None:
    found = identity(
        "@article{k, TITLE = {{B}-{C}oder: {\\'E}t{\\'e}}, author = {van der Berg, {\\'E}lan and B, C},"
        " date = {2020-02}, doi = {https://doi.org/10.1000/ABC.1}}"
    )
    assert found == Identity(doi="10.1000/abc.1", title_key="bcoderete", family="vanderberg", year=2020)


def test_a_broken_entry_is_known_too() -> None:
    assert identity("@misc{k, title = {A} eprint = {1812.09195}, year = ").arxiv_id == "1812.09195"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.1", "10.1000/abc.1"),
        ("\\url{https://doi.org/10.1000/a\\_b}.", "10.1000/a_b"),
        ("doi:10.1000/(x);", "10.1000/(x"),
        ("10.48550/arXiv.1812.09195", ""),
        ("https://x.org/1", ""),
        ("", ""),
    ],
)
def test_a_doi_is_bare_and_never_arxivs_own(text: str, doi: str) -> None:
    assert bare_doi(text) == doi


def test_a_doi_may_stand_in_the_link() -> None:
    assert identity("@misc{k, url = {https://doi.org/10.1000/X}}").doi == "10.1000/x"
    assert identity("@misc{k, url = {https://doi.org/10.1000/X}, doi = {10.1000/y}}").doi == "10.1000/y"


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ("year = {c. 1850}, date = {2001}", 1850),
        ("year = {in press}, date = {2001-02}", 2001),
        ("year = {12345}", 0),
        ("year = 1799", 0),
        ("year = 1800", 1800),
        ("year = 2099", 2099),
        ("year = 2100", 0),
        ("note = {2001}", 0),
    ],
)
def test_a_year_is_one_in_which_papers_are_dated(fields: str, year: int) -> None:
    assert identity(f"@misc{{k, {fields}}}").year == year


def test_of_two_fields_of_a_name_the_first_counts() -> None:
    assert identity("@misc{k, year = 2001, YEAR = 2002}").year == 2001


def test_what_is_not_said_is_empty() -> None:
    assert identity("@misc{k, note={x}}") == Identity()


@pytest.mark.parametrize(
    ("note", "loose"),
    [
        ("arXiv:1812.09195", False),
        ("(arXiv e-print 1812.09195)", False),
        ("Preprint arXiv:1812.09195", False),
        ("https://www.arxiv.org/abs/1812.09195", False),
        ("Code of arXiv:1812.09195", True),
        ("see https://arxiv.org/abs/1812.09195", True),
    ],
)
def test_a_note_that_begins_with_the_id_speaks_of_its_own_paper(note: str, loose: bool) -> None:  # noqa: FBT001 - pytest gives it
    assert (identity(f"@misc{{k, note = {{{note}}}}}").arxiv_id, identity(f"@misc{{k, note = {{{note}}}}}").loose) == (
        "1812.09195",
        loose,
    )
    assert not identity("@misc{k, url = {see https://arxiv.org/abs/1812.09195}}").loose
