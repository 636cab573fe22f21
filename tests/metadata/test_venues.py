"""Names of places: which are the same, which are none of a version of record."""

from __future__ import annotations

import pytest

from refkit.metadata.venues import (
    NAMES,
    acronym_of,
    cited_name,
    is_minor,
    is_preprint_doi,
    is_preprint_server,
    same_place,
    year_in,
)

SAME = [
    ("ICLR", "The Twelfth International Conference on Learning Representations, ICLR 2024, Vienna"),
    ("NIPS", "Advances in Neural Information Processing Systems 36"),
    ("Neural Information Processing Systems", "NeurIPS"),
    ("AAAI", "Proceedings of the AAAI Conference on Artificial Intelligence"),
    ("EMNLP (Findings)", "Findings of the Association for Computational Linguistics: EMNLP 2023"),
    ("KDD", "Proceedings of the 27th ACM SIGKDD Conference on Knowledge Discovery & Data Mining"),
    ("Phys. Rev. D", "Physical Review D"),
    ("Trans. Mach. Learn. Res.", "Transactions on Machine Learning Research"),
    ("Philosophical Studies", "Philosophical studies"),
]
OTHER = [
    ("ICLR", "ICML"),
    ("Machine Learning", "International Conference on Machine Learning"),
    ("Asian Conference on Machine Learning", "International Conference on Machine Learning"),
    ("Asian Conference on Computer Vision", "ICCV"),
    ("Artificial Intelligence", "AAAI"),
    ("Transactions of the ACL", "ACL"),
    ("NAACL", "ACL"),
    ("NeurIPS", "NeurIPS Workshop on Robot Learning"),
    ("Physical Review D", "Physical Review B"),
    ("", ""),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_place_has_many_names(one: str, other: str) -> None:
    assert same_place(one, other)
    assert same_place(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_names_alike_may_be_of_other_places(one: str, other: str) -> None:
    assert not same_place(one, other)
    assert not same_place(other, one)


@pytest.mark.parametrize("acronym", NAMES)
def test_every_acronym_is_known_by_its_name_and_cited_by_it(acronym: str) -> None:
    assert acronym_of(NAMES[acronym]) == acronym_of(acronym) == acronym
    assert cited_name(acronym) == cited_name(f"{acronym} 2024") == NAMES[acronym]
    assert not is_minor(NAMES[acronym])
    assert not is_preprint_server(NAMES[acronym])


def test_a_name_that_says_more_is_left_as_it_is() -> None:
    for name in ("Findings of NAACL 2024", "ICLR Workshop", "Advances in Neural Information Processing Systems 36"):
        assert cited_name(name) == name


@pytest.mark.parametrize(
    "name", ["CoRR", "arXiv", "arXiv preprint arXiv:2401.00001", "bioRxiv", "SSRN Electronic Journal", "Zenodo",
             "TechRxiv", "arXiv (Cornell University)", "Research Square", "ArXiv.org", "PsyArXiv"]
)  # fmt: skip
def test_preprint_servers_are_known(name: str) -> None:
    assert is_preprint_server(name)


def test_dois_of_preprint_servers_are_known() -> None:
    for doi in (
        "10.48550/arxiv.2401.00001", "10.1101/2020.01.01.123456", "10.1101/123456", "10.2139/ssrn.123",
        "10.5281/zenodo.1", "10.36227/techrxiv.1", "10.26434/chemrxiv-1", "10.21203/rs.3.rs-1/v1",
    ):  # fmt: skip
        assert is_preprint_doi(doi)
    for doi in (
        "10.1101/gr.123456.111",
        "10.1103/physrevd.98.030001",
        "10.18653/v1/2022.acl-long.244",
        "10.1609/aaai.v1",
    ):
        assert not is_preprint_doi(doi)


def test_workshops_are_minor_and_posters_of_a_conference_are_not() -> None:
    for name in ("ICML 2019 Workshop on RL", "NeurIPS Workshops", "CHI Extended Abstracts", "WWW (Companion Volume)"):
        assert is_minor(name)
    assert not is_minor("ICLR 2025 (poster)")


def test_a_year_is_taken_only_where_there_is_one() -> None:
    assert year_in("ICLR 2025") == 2025
    assert year_in("MET'24: a workshop") == 2024
    assert year_in("2019, and again 2020") is None
    assert year_in("arXiv:2401.00001") is None
