from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import Author
from refkit.names import family_key, parse_name


@pytest.mark.parametrize(
    ("text", "family", "given_name"),
    [
        ("Izzeddin Gur", "Gur", "Izzeddin"),
        ("Laurens van der Maaten", "van der Maaten", "Laurens"),
        ("Charline Le Lan", "Le Lan", "Charline"),
        ("Luca De Luca", "De Luca", "Luca"),
        ("Tan Zhi-Xuan", "Tan", "Zhi-Xuan"),
        ("Li Fei-Fei", "Li", "Fei-Fei"),
        ("Yu-Hsiang Lin", "Lin", "Yu-Hsiang"),
        ("Hung-yi Lee", "Lee", "Hung-yi"),
        ("Philippe Hansen-Estruch", "Hansen-Estruch", "Philippe"),
        ("Maaten, Laurens van der", "Maaten", "Laurens van der"),
        ("Long T. Le", "Le", "Long T."),
        (r"C. Bal\'azs", "Balázs", "C."),
        ("Frederik Träuble", "Träuble", "Frederik"),
    ],
)
def test_a_name_is_taken_apart(text: str, family: str, given_name: str) -> None:
    assert parse_name(text) == Author(family=family, given=given_name)


def test_suffixes_collaborations_and_single_names() -> None:
    assert parse_name("Martin Luther King Jr.") == Author(family="King", given="Martin Luther", suffix="Jr.")
    assert parse_name("King, Jr., Martin Luther") == Author(family="King", given="Martin Luther", suffix="Jr.")
    assert parse_name("ATLAS Collaboration") == Author(literal="ATLAS Collaboration")
    assert parse_name("Plato") == Author(literal="Plato")


@pytest.mark.parametrize("name", ["Z. Chen", "Zixuan Chen", "Chen, Zixuan", "Z Chen et al."])
def test_a_family_name_is_comparable_in_any_order(name: str) -> None:
    assert family_key(name) == "chen"


@given(st.text(max_size=60))
def test_any_text_is_some_name(text: str) -> None:
    assert isinstance(str(parse_name(text)), str)
    assert isinstance(family_key(text), str)
