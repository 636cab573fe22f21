"""An entry is known by what it says, whoever wrote it."""

from __future__ import annotations

import pytest

from refkit.writers.bib_file import BibFile
from refkit.writers.bib_identity import Identity, identify


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
