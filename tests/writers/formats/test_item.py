"""The values of an entry: names taken apart, days, and blanks."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct, to_builtins

from refkit.model import Author, PartialDate
from refkit.writers.formats.converting import read_items, write_items
from refkit.writers.formats.item import (
    Contents,
    Date,
    Item,
    Name,
    Unread,
    Written,
    bare_doi,
    day,
    keyed,
    name_of,
    of_author,
    squeeze,
)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"family": "van der Maaten", "given": "Laurens"}, Name(family="Maaten", given="Laurens", particle="van der")),
        (
            {"family": "la Cruz", "given": "José", "particle": "de"},
            Name(family="Cruz", given="José", particle="de la"),
        ),
        ({"family": "van Den Berg", "given": "B."}, Name(family="Den Berg", given="B.", particle="van")),
        (
            {"family": "Goethe", "given": "J. W.", "dropping": "von", "suffix": "Jr."},
            Name(family="Goethe", given="J. W.", dropping="von", suffix="Jr."),
        ),
        ({"family": "Le Lan", "given": "C."}, Name(family="Le Lan", given="C.")),
        ({"family": "hooks", "given": "bell"}, Name(family="hooks", given="bell")),
        ({"family": "'t Hooft", "given": "G."}, Name(family="Hooft", given="G.", particle="'t")),
        ({"family": "5 Owls", "given": "A"}, Name(family="5 Owls", given="A")),
        ({"family": "Plato"}, Name(family="Plato")),
        ({"given": "Madonna"}, Name(family="Madonna")),
        ({"family": "Plato", "suffix": "II"}, Name(literal="Plato II")),
        ({"given": "Bo", "dropping": "von", "particle": "der"}, Name(literal="von der Bo")),
        ({"family": "Ada Byron"}, Name(literal="Ada Byron")),
        ({"literal": " The\u00a0Zoo ", "family": "x"}, Name(literal="The Zoo")),
        ({"particle": "van"}, Name(literal="van")),
        ({"dropping": "von", "particle": "der", "suffix": "Jr."}, Name(literal="von der Jr.")),
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
    assert squeeze("a \u0007 b") == "a b"
    assert squeeze("e\u0301") == "é"


@pytest.mark.parametrize("name", ["DOI", "URL", "ISBN", "ISSN", "PMID", "PMCID", "archive_location"])
def test_identifiers_and_links_keep_their_signs(name: str) -> None:
    entry = Item(key="k", type="article-journal", texts={"container-title": "a_b", name: "a_b%20&c"})
    text = write_items([entry], to="biblatex").text
    assert "{a_b%20&c}" in text
    assert r"{a\_b}" in text
    assert read_items(text, format="biblatex", name="x").items == (entry,)


@pytest.mark.parametrize(
    "text",
    ["10.1/X", "doi: 10.1/X", "DOI:10.1/X", "https://doi.org/10.1/X", "http://dx.doi.org/10.1/X"],
)
def test_a_doi_without_its_link(text: str) -> None:
    assert bare_doi(text) == "10.1/X"


def test_what_is_not_said_is_empty() -> None:
    empty = {"family": "", "given": "", "particle": "", "dropping": "", "suffix": "", "literal": ""}
    assert to_builtins(Name()) == empty
    assert to_builtins(Date()) == {"start": None, "end": None, "season": 0, "circa": False, "literal": ""}
    assert to_builtins(Item()) == {
        "key": "", "type": "document", "names": {}, "dates": {}, "texts": {}, "keywords": (), "arxiv_id": "",
        "arxiv_class": "", "others": {},
    }  # fmt: skip
    assert to_builtins(Written(text="")) == {"text": "", "lost": (), "renamed": ()}
    assert to_builtins(Contents()) == {"items": (), "unread": ()}


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        (Name, {}),
        (Date, {}),
        (Item, {}),
        (Contents, {}),
        (Written, {"text": "t"}),
        (Unread, {"line": 1, "reason": "r"}),
    ],
)
def test_values_do_not_change_and_say_which_part_is_which(kind: type[Struct], needed: dict[str, Any]) -> None:
    made = kind(**needed)
    field = kind.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(made, field, getattr(made, field))
    with pytest.raises(TypeError):
        kind(*[needed.get(name) for name in kind.__struct_fields__])


def test_another_key() -> None:
    assert keyed(Item(key="a", type="book"), "b") == Item(key="b", type="book")
