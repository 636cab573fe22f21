"""Names in the fields of a .bib file: how each is read, how it is written, and that it comes back."""

from __future__ import annotations

import pytest

from refkit.writers.formats.item import Name
from refkit.writers.formats.names import read_names, write_names


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("others", Name(literal="others")),
        ("{ATLAS}", Name(literal="ATLAS")),
        ("NASA", Name(family="NASA")),
        ("X", Name(family="X")),
        ("{A} of {B}", Name(family="B", given="A", particle="of")),
        ("Jr., a, b, c", Name(family="Jr.", given="b c", suffix="a")),
        ("The ATLAS Collaboration", Name(literal="The ATLAS Collaboration")),
        ("Collaboration, ATLAS", Name(family="Collaboration", given="ATLAS")),
        ("{Ada}{Byron}", Name(family="AdaByron")),
        ("{The {Zoo} of {Bonn}}", Name(literal="The Zoo of Bonn")),
        (r"{Zoo \{a}", Name(literal="Zoo {a")),
        (r"{Zoo\{a}", Name(family="Zoo{a")),
        (r"{\'Ecole Normale}", Name(literal="École Normale")),
        ("Bo van der Berg", Name(family="Berg", given="Bo", particle="van der")),
        ("von der Berg, Bo", Name(family="Berg", given="Bo", particle="von der")),
    ],
)
def test_a_name_is_read(value: str, wanted: Name) -> None:
    assert read_names(value) == (wanted,)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("family=Plato", Name(family="Plato")),
        ("given=Madonna", Name(family="Madonna")),
        ("Family = Gogh, GIVEN = Vincent", Name(family="Gogh", given="Vincent")),
        ("given-i={V.}, given={Vincent}, family=Gogh", Name(family="Gogh", given="Vincent")),
        ("useprefix=true, family=Gogh, given=V., prefix=van", Name(family="Gogh", given="V.", particle="van")),
        ("family=Gogh, given=V., prefix=van, useprefix=False", Name(family="Gogh", given="V.", dropping="van")),
        ('family="Gogh, V.", given={Vincent, {W.}}', Name(family="Gogh, V.", given="Vincent, W.")),
        ("suffix=Jr., prefix=de, family=X, given=Y", Name(family="X", given="Y", particle="de", suffix="Jr.")),
    ],
)
def test_a_name_is_read_from_its_named_parts(value: str, wanted: Name) -> None:
    assert read_names(value) == (wanted,)


def test_names_stand_in_their_order() -> None:
    value = "Plato and  and {Barnes and Noble} and Doe, Jane and others"
    assert read_names(value) == (
        Name(family="Plato"), Name(literal="Barnes and Noble"), Name(family="Doe", given="Jane"), Name(literal="others")
    )  # fmt: skip
    assert write_names(read_names(value), ascii_only=True) == "Plato and {Barnes and Noble} and Doe, Jane and others"
    assert write_names([Name(), Name(family="Plato")], ascii_only=True) == "Plato"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (Name(family="Berg", given="Bo", particle="van der"), "van der Berg, Bo"),
        (Name(family="Cruz", given="Juan", particle="De la"), "De la Cruz, Juan"),
        (Name(family="Hooft", given="G.", particle="'t"), "'t Hooft, G."),
        (Name(family="Le Lan", given="C."), "Le Lan, C."),
        (Name(family="5 Owls", given="A."), "5 Owls, A."),
        (Name(family="hooks", given="bell"), "hooks, bell"),
        (Name(family="Owl", given="bell de Rey"), "Owl, bell de Rey"),
        (Name(family="Owl", given="Rock and Roll"), "Owl, {Rock and Roll}"),
        (Name(family="Owl", given="a, b"), "Owl, {a, b}"),
        (Name(family="Andersen", given="Brand"), "Andersen, Brand"),
        (Name(family="Owl and Co", given="R."), "{Owl and Co}, R."),
        (Name(family="King", given="M.", particle="de", suffix="Jr."), "de King, Jr., M."),
        (Name(family="Rock and Roll"), "{Rock and Roll}"),
        (Name(literal="& Sons"), r"{{\& Sons}}"),
        (Name(literal="Sons & Co"), r"{Sons \& Co}"),
    ],
    ids=str,
)
def test_a_name_is_written_so_that_it_comes_back(name: Name, wanted: str) -> None:
    assert write_names([name], ascii_only=True) == wanted
    assert read_names(f"{wanted} and Plato") == (
        name if name.given or name.literal else Name(literal=name.family),
        Name(family="Plato"),
    )


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (Name(family="Berg", given="Bo", dropping="von", particle="der"), "von der Berg, Bo"),
        (Name(family="y Cajal", given="R."), "{y Cajal}, R."),
        (Name(family="Berg", given="Bo", particle="van Der"), "{van Der Berg}, Bo"),
        *((Name(family="Arc", given="J.", particle=f"d{sign}"), f"d{sign}Arc, J.") for sign in "'’-‐"),
        *((Name(family="Arc", given="J.", particle=f"D{sign}"), f"D{sign}Arc, J.") for sign in "'’-‐"),
        (Name(family="Arc", given="J.", particle="de", dropping="D’"), "D’ de Arc, J."),
        (Name(family="Abbas", given="A.", particle="Al-"), "Al-Abbas, A."),
        (Name(family="Hachette", given="A.", particle="De"), "De Hachette, A."),
        (Name(family="Owl", given="A.", particle="17"), "17 Owl, A."),
        (Name(family="A", given="B", suffix="Jr., PhD"), "{B A Jr., PhD}"),
        (
            Name(family="A", given="B", dropping="von", particle="der", suffix="Jr., PhD"),
            "{B von der A Jr., PhD}",
        ),
    ],
    ids=str,
)
def test_what_bibtex_cannot_take_apart_is_written_together(name: Name, wanted: str) -> None:
    assert write_names([name], ascii_only=False).replace("'", "’") == wanted.replace("'", "’")


def test_signs_are_tex_where_only_ascii_may_be_written() -> None:
    names = [Name(family="Müller", given="Zoë", particle="à", suffix="né"), Name(literal="École"), Name(family="Łuk")]
    assert write_names(names, ascii_only=False) == "à Müller, né, Zoë and {École} and Łuk"
    assert write_names(names, ascii_only=True) == (r"{\`a} M{\"u}ller, n{\'e}, Zo{\"e} and {{\'E}cole} and {\L}uk")
