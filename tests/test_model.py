from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import Author, PartialDate, find_arxiv_id


@pytest.mark.parametrize(
    ("text", "arxiv_id"),
    [
        ("2409.20154v2", "2409.20154"),
        ("arXiv:2409.20154", "2409.20154"),
        ("https://arxiv.org/abs/2409.20154v1", "2409.20154"),
        ("http://arxiv.org/pdf/1706.03762v5.pdf", "1706.03762"),
        ("https://huggingface.co/papers/2409.20154", "2409.20154"),
        ("10.48550/arXiv.2409.20154", "2409.20154"),
        ("https://doi.org/10.48550/arXiv.2409.20154", "2409.20154"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("https://arxiv.org/abs/math.GT/0309136v1", "math/0309136"),
        ("(arXiv 0704.0001)", "0704.0001"),
        ("2413.00001", ""),
        ("version 1.2403.12345", ""),
        ("10.1234/5678.91011", ""),
        ("no id here", ""),
    ],
)
def test_an_arxiv_id_is_found(text: str, arxiv_id: str) -> None:
    assert find_arxiv_id(text) == arxiv_id


@given(st.integers(7, 40), st.integers(1, 12), st.integers(0, 99999))
def test_new_ids_round_trip(year: int, month: int, number: int) -> None:
    arxiv_id = f"{year:02}{month:02}.{number:05}"
    assert find_arxiv_id(f"see https://arxiv.org/abs/{arxiv_id}v3.") == arxiv_id


@given(st.dates())
def test_dates_round_trip(day: object) -> None:
    assert str(PartialDate.parse(str(day))) == str(day)


@pytest.mark.parametrize("text", ["2024", "2024-03", "2024-03-13", "--03-13"])
def test_partial_dates_keep_what_is_unknown(text: str) -> None:
    assert str(PartialDate.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "13 March", "2024-13", "2024-03-32", "--13-01", "20240313", "2024-00", "2024-02-31", "2024-01-00", "２０２４"],
)
def test_other_text_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    ("left", "right", "after"),
    [
        ("2024-03-14", "2024-03-13", True),
        ("2024-03", "2024-03-13", None),
        ("2024-04", "2024-03-13", True),
        ("2023", "2024-03-13", False),
        ("--03-13", "2024-03-13", None),
        ("2024-03-13", "2024-03-13", False),
    ],
)
def test_later_only_where_it_is_known(left: str, right: str, after: bool | None) -> None:  # noqa: FBT001 - a table
    assert PartialDate.parse(left).is_after(PartialDate.parse(right)) is after


def test_an_author_reads_as_people_write_it() -> None:
    assert str(Author(family="King", given="Martin Luther", suffix="Jr.")) == "Martin Luther King Jr."
    assert str(Author(literal="ATLAS Collaboration")) == "ATLAS Collaboration"
