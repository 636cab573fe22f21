from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.metadata.service_text import any_doi, arxiv_id_in, bare_doi, clean, date, pages, people, plain, query_words
from refkit.model import Author


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("Effects of <i>in vivo</i> <sub>2</sub>", "Effects of in vivo 2"),
        ("<jats:title>Abstract</jats:title><jats:p>Text", "Abstract Text"),
        ("Plastic, Reconstructive &amp; Aesthetic Surgery", "Plastic, Reconstructive & Aesthetic Surgery"),
        ("a &amp;amp; b &lt;i&gt;c&lt;/i&gt;", "a & b c"),
        ("if p < 0.05 and q > 1", "if p < 0.05 and q > 1"),
        ("List<Integer> of <T>", "List<Integer> of <T>"),
        ('The <mml:math xmlns:mml="x"><mml:mi>α</mml:mi></mml:math> decay', "The α decay"),
        ("Two\n   lines\u00a0here", "Two lines here"),
        ("$x$ <inline-formula><tex-math>$x$</tex-math></inline-formula>", "$x$"),
        (None, ""),
        (7, ""),
    ],
)  # fmt: skip
def test_markup_and_entities_go(printed: object, cleaned: str) -> None:
    assert clean(printed) == cleaned


@given(st.text())
def test_cleaning_never_fails_and_leaves_single_blanks(text: str) -> None:
    assert clean(text) == " ".join(clean(text).split())


@pytest.mark.parametrize(
    ("text", "any_", "bare"),
    [
        ("https://doi.org/10.1145/ABC.1", "10.1145/abc.1", "10.1145/abc.1"),
        ("doi:10.1145/abc.", "10.1145/abc", "10.1145/abc"),
        ("https://doi.org/10.48550/arXiv.2401.00001", "10.48550/arxiv.2401.00001", ""),
        ("https://example.org", "", ""),
        (None, "", ""),
    ],
)
def test_dois_are_bare_and_in_lower_case(text: object, any_: str, bare: str) -> None:
    assert (any_doi(text), bare_doi(text)) == (any_, bare)


@pytest.mark.parametrize(
    ("printed", "range_"),
    [
        ("12–34", "12-34"),
        ("12--34", "12-34"),
        ("pp. 12 - 34", "12-34"),
        ("7-7", "7"),
        ("D383-D388", "D383-D388"),
        ("25:1-25:5", "25:1-25:5"),
        ("1-", "1"),
        ("030001", "030001"),
        (None, ""),
    ],
)
def test_pages_have_one_hyphen(printed: object, range_: str) -> None:
    assert pages(printed) == range_


@given(st.lists(st.one_of(st.none(), st.integers(-5, 13000), st.text(max_size=3), st.booleans()), max_size=4))
def test_a_date_is_one_of_the_calendar_or_none(parts: list[object]) -> None:
    found = date(parts)
    assert found is None or found.year is not None


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        ([2024, 2, 29], "2024-02-29"),
        ([2023, 2, 29], "2023-02"),
        ([2023, 13], "2023"),
        (["2024", "05"], "2024-05"),
        ([None], "None"),
        ([], "None"),
        ([""], "None"),
        (["²"], "None"),
    ],
)
def test_a_date_is_kept_as_far_as_it_is_known(parts: list[object], day: str) -> None:
    assert str(date(parts)) == day


def test_arxiv_ids_need_the_name_of_arxiv() -> None:
    assert arxiv_id_in("https://example.org/2401.00001", "http://arxiv.org/abs/2401.00002v3") == "2401.00002"
    assert arxiv_id_in(None, "10.48550/arXiv.hep-th/9901001") == "hep-th/9901001"
    assert arxiv_id_in("10.1016/j.physa.2401.00001") == ""


def test_people_lose_the_numbers_of_namesakes() -> None:
    assert people(["Jiani Zhang 0003", "", None, "Laurens van der Maaten"]) == (
        Author("Zhang", "Jiani"),
        Author("van der Maaten", "Laurens"),
    )


def test_numbers_are_text() -> None:
    assert [plain(value) for value in (7, "7", None, True, "VII ")] == ["7", "7", "", "", "VII"]


@given(st.text())
def test_words_of_a_question_have_no_signs(title: str) -> None:
    words = query_words(title)
    assert all(word.isalnum() or all(char.isalnum() or not char.isascii() for char in word) for word in words)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Don’t Stop: Pre-training", ["Stop", "Pre", "training"]),
        ("Align$^2$LLaVA: Human Preference", ["Human", "Preference"]),
        (r"Schr\"odinger Owls", ["Schrödinger", "Owls"]),
        ("Let's", ["Let", "s"]),
        ("'Quoted' Words", ["Quoted", "Words"]),
        ("snake_case", ["snake", "case"]),
        ("?!", []),
    ],
)
def test_words_with_an_apostrophe_are_left_out_if_others_remain(title: str, words: list[str]) -> None:
    assert query_words(title) == words
