"""What authors write on arXiv of where their paper was published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.metadata.journal_ref import Comment, parse_journal_ref, place_in_comment

ARTICLES = [
    ("Phys. Rev. D 98, 030001 (2018)", ("Phys. Rev. D", "98", "", "030001", "2018")),
    ("Eur. Phys. J. C (2017) 77:856", ("Eur. Phys. J. C", "77", "", "856", "2017")),
    ("J. Phys. A: Math. Theor. 51 (2018) 035201", ("J. Phys. A: Math. Theor.", "51", "", "035201", "2018")),
    ("Lett. Math. Phys. 108 (2018), no. 2, 359-376", ("Lett. Math. Phys.", "108", "2", "359-376", "2018")),
    ("Phys.Rev. D93 (2015) 016005", ("Phys. Rev. D", "93", "", "016005", "2015")),
    ("ActaAstron.56:1-50,2006", ("Acta Astron.", "56", "", "1-50", "2006")),
    ("Nature 521, 436–444 (2015)", ("Nature", "521", "", "436-444", "2015")),
    ("JHEP 06 (2018) 015", ("JHEP", "06", "", "015", "2018")),
    ("Journal of Machine Learning Research 20(55):1-21, 2019",
     ("Journal of Machine Learning Research", "20", "55", "1-21", "2019")),
    ("IEEE Transactions on Information Theory, vol. 55, no. 7, pp. 3051-3073, 2009",
     ("IEEE Transactions on Information Theory", "55", "7", "3051-3073", "2009")),
    ("Proc. ACM Hum.-Comput. Interact. 3, CSCW, Article 119 (November 2019)",
     ("Proc. ACM Hum.-Comput. Interact.", "3", "CSCW", "119", "2019-11")),
]  # fmt: skip
PAPERS = [
    ("Proceedings of ICML 2019, pp. 1-10", ("Proceedings of ICML 2019", "1-10", "2019")),
    ("In Advances in Neural Information Processing Systems 32 (2019)",
     ("Advances in Neural Information Processing Systems 32", "", "2019")),
    (("In Proc. ACM SIGSOFT International Symposium on Software Testing and Analysis (ISSTA 2020), pages 14-26. "
     "ACM, 2020"),
     ("Proc. ACM SIGSOFT International Symposium on Software Testing and Analysis (ISSTA 2020)", "14-26", "2020")),
    ("ICLR 2019", ("International Conference on Learning Representations", "", "2019")),
]  # fmt: skip
NOTES = [
    "",
    "PoS(CD15) (2015) 045",
    "Physical Review Letters, 2018",
    "Submitted to Phys. Rev. D 98, 030001 (2018)",
    "Phys. Rev. Lett. 120, 061101 (2018); Erratum",
    "Phys. Rev. Lett. 120, 061101 (2018); Phys. Rev. D 98, 030001 (2018)",
    "AAAI 2024, 38(16), 18",
    "Proceedings of the 31st ACM SIGSOFT International Symposium on Software Testing 2022 Jul 18 (pp. 289-301)",
    "Artificial Intelligence in Software Testing @ 2022 IEEE International Conference on Software Testing (ICSTW)",
    "International Journal of Software Engineering & Applications (IJSEA), Vol.3, No.1, January 2012",
    "To appear in ICML 2019",
    "PhD thesis, University of X, 2018",
    "arXiv preprint arXiv:2401.00001 (2024)",
    "ICML 2019 and NeurIPS 2020",
]


@pytest.mark.parametrize(("text", "wanted"), ARTICLES)
def test_articles_are_taken_apart(text: str, wanted: tuple[str, ...]) -> None:
    found = parse_journal_ref(text)
    assert found
    assert found.type == "article-journal"
    assert (found.container_title, found.volume, found.issue, found.pages, str(found.issued)) == wanted


@pytest.mark.parametrize(("text", "wanted"), PAPERS)
def test_papers_of_meetings_are_taken_apart(text: str, wanted: tuple[str, ...]) -> None:
    found = parse_journal_ref(text)
    assert found
    assert found.type == "paper-conference"
    assert (found.container_title, found.pages, str(found.issued)) == wanted


@pytest.mark.parametrize("text", NOTES)
def test_what_is_not_sure_stays_a_sentence(text: str) -> None:
    assert parse_journal_ref(text) is None


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from("Phys. Rev. D , ( ) : 98 2018 no. pp. 1-10 ; In".split())).map(" ".join)
)
def test_any_text_is_read_or_left(text: str) -> None:
    found = parse_journal_ref(text)
    assert found is None or (found.container_title and found.issued and found.issued.year)


COMMENTS = {
    "Accepted at ICLR 2025": Comment("ICLR", 2025, minor=False, firm=True),
    "NeurIPS 2023 (oral)": Comment("NeurIPS", 2023, minor=False, firm=True),
    "11 pages. Accepted to the International Conference on Learning Representations 2019":
        Comment("ICLR", 2019, minor=False, firm=True),
    "ICML 2019 Workshop on X": Comment("ICML", 2019, minor=True, firm=False),
    "Submitted to ICML 2024": None,
    "Extended version of our AAAI 2020 paper": None,
    "In NeurIPS 2023; ICML 2024 rejected it": Comment("NeurIPS", 2023, minor=False, firm=False),
    "In NeurIPS 2023; see ICML 2024": None,
    "10 pages, 3 figures": None,
    "": None,
}  # fmt: skip


@pytest.mark.parametrize("text", COMMENTS)
def test_comments_name_a_place_plainly_or_not_at_all(text: str) -> None:
    assert place_in_comment(text) == COMMENTS[text]
