"""Authors and dates of a preprint and of a published paper."""

from __future__ import annotations

import pytest

from refkit.model import Author, PartialDate
from refkit.names import parse_name
from refkit.twins import is_plausible, shared_people


def people(*names: str) -> list[Author]:
    return [parse_name(name) for name in names]


@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        (("Izzeddin Gur", "Ulrich Rueckert"), ("U. Rueckert", "I. Gur"), 2),
        (("Laurens van der Maaten",), ("L. Maaten",), 1),
        (("Wei Wang", "Wei Wang"), ("W. Wang",), 1),
        (("Wei Wang",), ("W. Wang", "W. Wang"), 1),
        (("Ada Gur",), ("Bob Gur",), 0),
        (("ATLAS Collaboration",), ("ATLAS Collaboration", "A. Doe"), 1),
        ((), ("A. Doe",), 0),
    ],
)
def test_each_name_counts_once(ours: tuple[str, ...], theirs: tuple[str, ...], shared: int) -> None:
    assert shared_people(people(*ours), people(*theirs)) == shared
    assert shared_people(people(*theirs), people(*ours)) == shared


@pytest.mark.parametrize(("year", "plausible"), [(2022, False), (2023, True), (2028, True), (2029, False)])
def test_a_published_version_is_of_a_year_near_the_first(year: int, plausible: bool) -> None:  # noqa: FBT001 - a case
    assert is_plausible(PartialDate(2024, 1), PartialDate(year)) is plausible


def test_what_is_not_known_is_not_judged() -> None:
    assert is_plausible(None, PartialDate(2024)) is None
    assert is_plausible(PartialDate(2024), None) is None
    assert is_plausible(PartialDate(2024), PartialDate(None, 3, 1)) is None
