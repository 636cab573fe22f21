"""The values of an entry: names taken apart, days, and blanks."""

from __future__ import annotations

import pytest

from refkit.model import Author, PartialDate
from refkit.writers.formats.item import Item, Name, day, keyed, name_of, of_author, squeeze


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"family": "van der Maaten", "given": "Laurens"}, Name(family="Maaten", given="Laurens", particle="van der")),
        (
            {"family": "la Cruz", "given": "José", "particle": "de"},
            Name(family="Cruz", given="José", particle="de la"),
        ),
        ({"family": "Le Lan", "given": "C."}, Name(family="Le Lan", given="C.")),
        ({"family": "hooks", "given": "bell"}, Name(family="hooks", given="bell")),
        ({"family": "'t Hooft", "given": "G."}, Name(family="Hooft", given="G.", particle="'t")),
        ({"family": "5 Owls", "given": "A"}, Name(family="5 Owls", given="A")),
        ({"family": "Plato"}, Name(family="Plato")),
        ({"given": "Madonna"}, Name(family="Madonna")),
        ({"family": "Plato", "suffix": "II"}, Name(literal="Plato II")),
        ({"family": "Ada Byron"}, Name(literal="Ada Byron")),
        ({"literal": " The\u00a0Zoo ", "family": "x"}, Name(literal="The Zoo")),
        ({"particle": "van"}, Name(literal="van")),
        ({}, None),
        ({"family": " \n"}, None),
    ],
)
def test_names(parts: dict[str, str], wanted: Name | None) -> None:
    assert name_of(**parts) == wanted


def test_authors_of_records() -> None:
    assert of_author(Author(family="King", given="M.", suffix="Jr.")) == Name(family="King", given="M.", suffix="Jr.")
    assert of_author(Author(literal="ATLAS Collaboration")) == Name(literal="ATLAS Collaboration")


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([2024, 3, 4], PartialDate(2024, 3, 4)),
        ([2024, 2, 30], PartialDate(2024, 2)),
        ([2024, 13, 1], PartialDate(2024)),
        ([850], PartialDate(850)),
        ([2024, 3, 4, 5], PartialDate(2024, 3, 4)),
        ([0], None),
        ([20240], None),
        ([], None),
    ],
)
def test_a_day_as_far_as_it_is_one(parts: list[int], wanted: PartialDate | None) -> None:
    assert day(parts) == wanted


def test_a_text_is_one_line_without_what_nobody_sees() -> None:
    assert squeeze(" a\n\t b\u2028c\u0000\ud800 d\u00a0\u00a0e ") == "a b c d\u00a0\u00a0e"
    assert squeeze("e\u0301") == "é"


def test_another_key() -> None:
    assert keyed(Item(key="a", type="book"), "b") == Item(key="b", type="book")
