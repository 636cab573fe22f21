from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.themes.wording import TITLE_FACTOR, grams, shares, weight, wording


def features(text: str, longest: int = 2) -> list[str]:
    return [feature for feature, _ in grams(text, longest)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Frogs", ["frog"]),
        ("Frogs of the Pond", ["frog", "pond"]),
        ("Pond Frogs", ["pond", "frog", "pond frog"]),
        ("Pond. Frogs", ["pond", "frog"]),
        ("Ponds, 2024", ["pond"]),
        ("Pond-frogs", ["pond", "frog", "pond frog"]),
        ("Songs of species and series", ["song", "specy", "sery"]),
        ("Glass bus analysis", ["glass", "bus", "glass bus", "analysis", "bus analysis"]),
        ("Fr\\'elons", ["frelon"]),
        ("We show that it is a", []),
        ("", []),
    ],
)
def test_words_and_pairs(text: str, expected: list[str]) -> None:
    assert sorted(features(text)) == sorted(expected)


def test_three_words_in_a_row() -> None:
    assert "green pond frog" in features("Green pond frogs", 3)
    assert "green pond frog" not in features("Green pond frogs", 2)


def test_what_is_written_is_kept() -> None:
    assert wording("Pond-Frogs at night").written["pond frog"] == "Pond-Frogs"


def test_the_title_counts_more_than_the_abstract() -> None:
    counts = wording("Frogs", "Newts sing. Newts swim.").counts
    assert counts["frog"] == 1 + math.log(TITLE_FACTOR)
    assert counts["newt"] == 1 + math.log(2)
    assert counts["swim"] == 1


def test_commands_of_tex_are_no_words() -> None:
    assert set(wording("Frogs", r"\emph{Newts} are $\alpha$ \textbf{small}").counts) >= {"newt", "small"}
    assert "emph" not in wording("Frogs", r"\emph{Newts}").counts


def test_rare_words_tell_more() -> None:
    assert weight(100, 1) > weight(100, 50) > weight(100, 100) >= 1


@given(st.text(max_size=200), st.text(max_size=400))
def test_the_squares_of_all_shares_sum_up_to_one_at_most(title: str, abstract: str) -> None:
    counts = wording(title, abstract).counts
    known = dict.fromkeys(sorted(counts)[::2], 2.0)
    found = shares(counts, known, 3.0)
    assert set(found) == set(known)
    assert sum(share**2 for share in found.values()) <= 1 + 1e-9
    whole = shares(counts, dict.fromkeys(counts, 2.0), 3.0)
    assert not whole or sum(share**2 for share in whole.values()) == pytest.approx(1)


@given(st.text(max_size=200))
def test_every_feature_is_written_in_the_text(text: str) -> None:
    for feature, said in grams(text, 3):
        assert feature.strip()
        assert said
