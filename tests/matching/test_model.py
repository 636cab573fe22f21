from __future__ import annotations

import math
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.matching import model
from refkit.matching.evidence import weigh
from refkit.matching.features import features
from refkit.model import ArxivRecord, Author, Mention, PartialDate

TITLE = "Silent Owls Approach Field Mice at Night"
RECORD = ArxivRecord(
    arxiv_id="2401.00001",
    title=f"{TITLE} in the Snow",
    authors=(Author("Gur", "Izzeddin"), Author("Rueckert", "Ulrich")),
    submitted=PartialDate(2024, 1, 3),
)


def odds(mention: Mention, record: ArxivRecord = RECORD) -> float:
    return model.log_odds(features(mention, record, weigh(mention, record)))


@given(st.lists(st.floats(-50, 50), max_size=12))
def test_probabilities_of_rivals_and_of_none_make_one(numbers: list[float]) -> None:
    found = model.probabilities(numbers)
    assert all(0 <= each <= 1 for each in found)
    assert sum(found) <= 1 + 1e-9
    assert [each for _, each in sorted(zip(numbers, found, strict=True))] == sorted(found)


def test_no_candidate_is_no_probability_and_an_even_one_is_a_half() -> None:
    assert model.probabilities([]) == []
    assert model.probabilities([0.0]) == [0.5]
    assert model.probabilities([0.0, 0.0]) == pytest.approx([1 / 3, 1 / 3])
    assert model.probabilities([math.log(3)]) == pytest.approx([0.75])
    assert model.probabilities([math.log(3), -math.log(2)]) == pytest.approx([3 / 4.5, 0.5 / 4.5])


def test_odds_of_any_size_have_a_probability() -> None:
    assert model.probabilities([5000.0, -5000.0, 0.0]) == pytest.approx([1.0, 0.0, 0.0])
    assert model.probabilities([-5000.0]) == pytest.approx([0.0])


def test_odds_are_the_sum_of_what_is_weighed_and_a_number_without_a_weight_counts_nothing() -> None:
    same, too_late = model.weights()["title.same"], model.weights()["date.too late"]
    assert model.log_odds({"title.same": 0.5, "date.too late": 1.0, "title.unheard of": 7.0}) == pytest.approx(
        0.5 * same + too_late
    )
    assert model.log_odds({}) == 0.0


def test_what_agrees_makes_a_record_likelier_and_what_differs_less_likely() -> None:
    alone = odds(Mention(title=TITLE))
    assert odds(Mention(title=RECORD.title)) > alone
    assert odds(Mention(title=TITLE, authors=("Izzeddin Gur", "Ulrich Rueckert"))) > alone
    assert odds(Mention(title=TITLE, authors=("A. Nother",))) < alone
    assert odds(Mention(title=TITLE, issued=PartialDate(2024, 1, 9))) > alone
    assert odds(Mention(title=TITLE, issued=PartialDate(2020, 1, 9))) < alone
    assert odds(Mention(title=TITLE, arxiv_id="2401.00001")) > alone
    assert odds(Mention(title=TITLE, arxiv_id="2401.00002")) < alone
    assert odds(Mention(title=f"{TITLE} of Africa 2")) < alone


def test_the_mark_of_a_list_is_no_part_of_a_title() -> None:
    same = odds(Mention(title=RECORD.title))
    for mark in ("38. {}", "[CVPR 2019] {}", "(NeurIPS 2018) - {}", "{} (ICML 2021)", "[arXiv] {}"):
        assert odds(Mention(title=mark.format(RECORD.title))) == pytest.approx(same), mark


def test_every_weight_has_a_feature_and_every_feature_may_have_a_weight() -> None:
    """A weight of a name that nothing gives would be a slip of the pen."""
    source = files("refkit.matching").joinpath("features.py").read_text("utf-8")
    for name in model.weights():
        assert re.search(rf'"{re.escape(name.partition(".")[2])}"', source), name


def test_no_weight_says_that_more_agreement_counts_less() -> None:
    weights = model.weights()
    for name in ("title.same", "title.shared", "title.covered", "authors.one", "abstract.words .3", "link.same"):
        assert weights[name] > 0
    for name in ("title.only ours", "title.only theirs", "title.number", "authors.another", "date.too late"):
        assert weights[name] < 0
