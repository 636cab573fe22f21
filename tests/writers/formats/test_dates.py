"""Dates in the words of .bib files, ISO 8601, CSL-JSON and RIS."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.model import PartialDate
from refkit.writers.formats import dates
from refkit.writers.formats.item import Date

MONTH, DAY = PartialDate(2024, 3), PartialDate(2024, 3, 4)


def on(year: int = 2024, month: int | None = None, day: int | None = None, **known: Any) -> Date:
    return Date(start=PartialDate(year, month, day), **known)


ISO = {
    "2024": on(),
    "2024-03": on(month=3),
    "2024-03-04": on(month=3, day=4),
    "0999": on(999),
    "2024-21": on(season=1),
    "2024-22": on(season=2),
    "2024-23": on(season=3),
    "2024-24~": on(season=4, circa=True),
    "2024~": on(circa=True),
    "2024/2025": on(end=PartialDate(2025)),
    "2024-01/2024-03-04": on(month=1, end=DAY),
    "2024~/2025~": on(end=PartialDate(2025), circa=True),
    "in press": Date(literal="in press"),
    "2024-13": Date(literal="2024-13"),
    "2024-20": Date(literal="2024-20"),
    "2024-25": Date(literal="2024-25"),
    "2024-02-30": Date(literal="2024-02-30"),
    "2024-22-01": Date(literal="2024-22-01"),
    "2024/..": Date(literal="2024/.."),
    "2024/2025/2026": Date(literal="2024/2025/2026"),
}


@pytest.mark.parametrize("text", ISO)
def test_iso_comes_back(text: str) -> None:
    assert dates.read_iso(text) == ISO[text]
    assert dates.write_iso(ISO[text]) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", None),
        (" \n", None),
        ("2024?", on(circa=True)),
        ("2024%", on(circa=True)),
        ("2024~/2025", on(end=PartialDate(2025), circa=True)),
        ("2024-03-04T10:00:00Z", on(month=3, day=4)),
    ],
)
def test_iso_in_other_writings(text: str, wanted: Date | None) -> None:
    assert dates.read_iso(text) == wanted


@pytest.mark.parametrize(
    ("fields", "wanted", "said"),
    [
        ({"year": "2024"}, on(), "year"),
        ({"year": "{2024}", "month": "mar"}, on(month=3), "year month"),
        ({"year": "2024", "month": "03"}, on(month=3), "year month"),
        ({"year": "2024", "month": "March 5"}, on(month=3, day=5), "year month day"),
        ({"year": "2024", "month": "5~March"}, on(month=3, day=5), "year month day"),
        ({"year": "2024", "month": "mar", "day": "7"}, on(month=3, day=7), "year month day"),
        ({"year": "2024", "month": "March 5", "day": " 7 "}, on(month=3, day=7), "year month day"),
        ({"year": "2024", "month": "5/6 March"}, on(month=3, day=5), "year day"),
        ({"year": "2024", "month": "0"}, on(), "year"),
        ({"year": "2024", "month": "mar", "day": "40"}, on(month=3), "year month"),
        ({"year": "2024", "month": "mar", "day": "7th"}, on(month=3), "year month"),
        ({"year": "2024", "day": "7"}, on(), "year"),
        ({"year": "2024", "month": "jan--feb"}, on(month=1), "year"),
        ({"year": "2024", "month": "1--2"}, on(month=1), "year"),
        ({"year": "2024", "month": "12"}, on(month=12), "year month"),
        ({"year": "2024", "month": "13"}, on(), "year"),
        ({"year": "2024", "month": "dec"}, on(month=12), "year month"),
        ({"year": "2024", "month": "Mar~5th"}, on(month=3, day=5), "year month day"),
        ({"year": "2024", "month": "summer"}, on(), "year"),
        ({"year": "in press"}, Date(literal="in press"), "year"),
        ({"date": "2024-03", "year": "2020"}, on(month=3), None),
        ({"date": " ", "year": "2020"}, on(2020), None),
        ({"date": "2024~/2025"}, on(end=PartialDate(2025), circa=True), None),
        ({"date": "{2024?}"}, on(circa=True), None),
        ({}, None, "year"),
    ],
)
def test_fields_of_a_bib_file(fields: dict[str, str], wanted: Date | None, said: str | None) -> None:
    assert dates.read_bib(fields) == wanted
    if said is not None:
        assert dates.said_by(fields) == set(said.split())


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        (on(), {"year": "2024"}),
        (on(999, 3), {"year": "0999", "month": "mar"}),
        (on(month=12, day=4), {"year": "2024", "month": "dec", "day": "4"}),
        (on(season=1), {"year": "2024"}),
        (Date(literal="in press"), {}),
    ],
)
def test_bibtex_knows_year_month_and_day(date: Date, wanted: dict[str, str]) -> None:
    assert dates.write_bib(date) == wanted


CSL: list[tuple[Any, Date | None]] = [
    ({"date-parts": [[2024]]}, on()),
    ({"date-parts": [[2024, 3, 4]]}, on(month=3, day=4)),
    ({"date-parts": [[2024], [2025, 1]]}, on(end=PartialDate(2025, 1))),
    ({"date-parts": [[2024]], "season": 2}, on(season=2)),
    ({"date-parts": [[2024]], "circa": True}, on(circa=True)),
    ({"literal": "in press"}, Date(literal="in press")),
]


@pytest.mark.parametrize(("value", "date"), CSL)
def test_csl_comes_back(value: Any, date: Date) -> None:
    assert dates.read_csl(value) == date
    assert dates.write_csl(date) == value


def test_a_day_without_its_month_is_not_written() -> None:
    assert dates.write_csl(on(2024, None, 5)) == {"date-parts": [[2024]]}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2024, on()),
        ("2024-03", on(month=3)),
        ({"date-parts": [["2024", "3"]]}, on(month=3)),
        ({"date-parts": [[2024, 0, 4]]}, on()),
        ({"date-parts": [[2024, 13]]}, on()),
        ({"date-parts": [[2024], []]}, on()),
        ({"date-parts": [[2024]], "season": "Fall"}, on(season=3)),
        *(({"date-parts": [[2024]], "season": none}, on()) for none in (0, 5, 7, "0", "5", "", None, True)),
        *(({"date-parts": [[2024]], "season": kind(n)}, on(season=n)) for n in (1, 2, 3, 4) for kind in (int, str)),
        ({"date-parts": [[2024, 3, 4, 5], [2025], [2026]]}, on(month=3, day=4, end=PartialDate(2025))),
        ({"date-parts": [[2024]], "season": "rainy"}, on()),
        *(({"date-parts": [[2024]], "circa": no}, on()) for no in ("", "0", "false", "None", 0, False, None)),
        *(({"date-parts": [[2024]], "circa": yes}, on(circa=True)) for yes in (1, "1", "true", "about")),
        ({"raw": "2024-03"}, on(month=3)),
        ({"edtf": "2024-21"}, on(season=1)),
        ({"date-parts": [[None]], "literal": "long ago"}, Date(literal="long ago")),
        *((nothing, None) for nothing in (True, None, [1], {}, {"date-parts": "x"}, {"date-parts": [2024]})),
        *(({"date-parts": [row]}, None) for row in ([], [True], [-50], [""], ["MMXX"])),
    ],
)
def test_csl_as_other_programs_write_it(value: Any, wanted: Date | None) -> None:
    assert dates.read_csl(value) == wanted


@pytest.mark.parametrize(
    ("word", "season"), [("spring", 1), ("summer", 2), ("autumn", 3), ("fall", 3), ("winter", 4), ("Winter ", 4)]
)
def test_seasons_in_words(word: str, season: int) -> None:
    assert dates.read_csl({"date-parts": [[2024]], "season": word}) == on(season=season)
    assert dates.read_ris(f"2024///{word}") == on(season=season)


RIS = {
    "2024///": on(),
    "2024/03//": on(month=3),
    "2024/03/04/": on(month=3, day=4),
    "2024///summer": on(season=2),
    "2024///autumn": on(season=3),
    "2024///winter": on(season=4),
    "2024/03//spring": on(month=3, season=1),
    "in press": Date(literal="in press"),
}


@pytest.mark.parametrize("text", RIS)
def test_ris_comes_back(text: str) -> None:
    assert dates.read_ris(text) == RIS[text]
    assert dates.write_ris(RIS[text]) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024", on()),
        ("2024/3/5", on(month=3, day=5)),
        ("2024-03-04", on(month=3, day=4)),
        ("2024/03/04/in the rain", on(month=3, day=4)),
        ("2024/13/", Date(literal="2024/13/")),
        ("2024/02/30/", Date(literal="2024/02/30/")),
        ("2024//5/", Date(literal="2024//5/")),
        ("", None),
    ],
)
def test_ris_as_other_programs_write_it(text: str, wanted: Date | None) -> None:
    assert dates.read_ris(text) == wanted


def test_of_a_span_ris_has_the_beginning() -> None:
    assert dates.write_ris(on(month=1, end=MONTH)) == "2024/01//"
