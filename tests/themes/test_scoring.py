from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Work
from refkit.themes.rules import RuleTagger, Taxonomy, Term, Theme
from refkit.themes.scoring import Labelled, Score, score

MINE = RuleTagger(
    Taxonomy(
        (
            Theme("frogs", (Term("frog", 2), Term("pond", 1)), label="Frogs & toads"),
            Theme("newts", (Term("newt", 2),), label="Newts"),
        )
    )
)


def labelled(title: str, *labels: str) -> Labelled:
    return Labelled(Work(record=ArxivRecord(arxiv_id="2401.00001", title=title)), labels, f"labels:{title}")


WORKS = [
    labelled("A Frog", "frogs"),
    labelled("A Frog in a Pond"),
    labelled("A Pond", "frogs"),
    labelled("A Newt", "newts", "frogs"),
    labelled("A Tree"),
]


def test_given_and_labelled_are_counted_by_theme() -> None:
    found = score(MINE, WORKS)
    assert found.themes == (Score("frogs", 1, 1, 2), Score("newts", 1, 0, 0))
    assert found.together == Score("", 2, 1, 2)
    assert (found.works, found.without, found.strange) == (5, 2, {})


def test_precision_recall_and_f1() -> None:
    frogs, newts = score(MINE, WORKS).themes
    assert (frogs.precision, frogs.recall) == (1 / 2, 1 / 3)
    assert frogs.f1 == pytest.approx(0.4)
    assert (newts.precision, newts.recall, newts.f1) == (1, 1, 1)
    nothing = Score("x")
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert (Score("x", missed=2).precision, Score("x", missed=2).recall, Score("x", missed=2).f1) == (None, 0, 0)


def test_terms_that_err_are_named_with_what_they_did_right() -> None:
    found = score(MINE, WORKS)
    assert [(each.theme, each.term, each.wrong, each.right) for each in found.erring] == [
        ("frogs", "pond", 1, 0),
        ("frogs", "frog", 1, 1),
    ]


def test_a_fault_tells_what_fired_and_what_was_missing() -> None:
    wrong, near, silent = score(MINE, WORKS).faults
    assert (wrong.place, [each.theme for each in wrong.wrong], wrong.missed) == (
        "labels:A Frog in a Pond",
        ["frogs"],
        (),
    )
    (missed,) = near.missed
    assert (missed.theme, missed.points, missed.needed) == ("frogs", 3, 6)
    assert missed.reason == "3 of 6 points, 3 are missing"
    assert silent.missed[0].reason == "none of its terms stands there"


@pytest.mark.parametrize("label", ["frogs", "Frogs", "Frogs & toads", "FROGS AND TOADS".replace(" AND", "")])
def test_a_label_is_an_id_or_a_label_in_any_case(label: str) -> None:
    assert score(MINE, [labelled("A Frog", label)]).together == Score("", 1, 0, 0)


def test_a_label_that_is_no_theme_is_set_aside_and_counted() -> None:
    found = score(MINE, [labelled("A Frog", "frogs", "to read"), labelled("A Newt", "newts", "to read", "2024")])
    assert found.strange == {"2024": 1, "to read": 2}
    assert found.together == Score("", 2, 0, 0)


def test_no_works_have_no_score() -> None:
    assert score(MINE, []).together == Score("")


@given(order=st.permutations(WORKS))
def test_the_order_of_works_decides_nothing_but_the_order_of_faults(order: list[Labelled]) -> None:
    one, other = score(MINE, WORKS), score(MINE, order)
    assert (one.themes, one.together, one.erring) == (other.themes, other.together, other.erring)
    assert set(one.faults) == set(other.faults)
