"""Dates as .bib files (`date`, `year` and `month`), CSL-JSON and RIS write them <-> `Date`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from refkit.model import PartialDate
from refkit.writers.formats.item import Date, day, squeeze
from refkit.writers.formats.tex_reading import from_tex

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ISO = re.compile(r"(?a)(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T[\d:.Z+-]*)?(?P<unsure>[?~%])?")
_SEASON = range(21, 25)  # of ISO 8601-2: spring to winter
_SEASONS = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}


def read_iso(text: str) -> Date | None:
    """Return a date in ISO 8601 as BibLaTeX takes it: a span with `/`, unsure with `?` or `~`; None for nothing."""
    text = squeeze(text)
    if not text:
        return None
    found = [_ISO.fullmatch(part) for part in text.split("/")]
    first, *more = found
    if first and not more and first[2] and int(first[2]) in _SEASON and not first[3]:
        start = day([int(first[1])])
        return Date(start=start, season=int(first[2]) - _SEASON[0] + 1, circa=bool(first["unsure"]))
    days = [day([int(part) for part in each.groups()[:3] if part]) if each else None for each in found]
    written = [str(each) for each in days]
    bare = [re.sub(r"T.*|[?~%]$", "", part) for part in text.split("/")]
    if written != bare or len(days) > 2:  # noqa: PLR2004 - a beginning and an end
        return Date(literal=text)
    return Date(
        start=days[0],
        end=days[1] if len(days) > 1 else None,
        circa=any(bool(each and each["unsure"]) for each in found),
    )


def read_tex(value: str) -> Date | None:
    """Return the date in a field of BibLaTeX, where the `~` of an unsure one is no blank of TeX's."""
    return read_iso(from_tex(value.replace("~", r"\textasciitilde{}")))


def write_iso(date: Date) -> str:
    """Return a date as BibLaTeX and ISO 8601 have it; what is no date as it stands."""
    if not date.start:
        return date.literal
    if date.season and not date.end:
        return f"{date.start.year:04}-{date.season + _SEASON[0] - 1}{'~' if date.circa else ''}"
    mark = "~" if date.circa else ""
    return f"{date.start}{mark}" + (f"/{date.end}{mark}" if date.end else "")


def read_bib(fields: Mapping[str, str]) -> Date | None:
    """Return the date of an entry: `date`, else `year` with `month` and `day`."""
    if fields.get("date", "").strip():
        return read_tex(fields["date"])
    year = from_tex(fields.get("year", ""))
    if not re.fullmatch(r"(?a)\d{4}", year):
        return Date(literal=year) if year else None
    rest = _month(from_tex(fields.get("month", "")))
    if rest and re.fullmatch(r"(?a)\s*\d{1,2}\s*", fields.get("day", "")):
        rest = [rest[0], int(fields["day"])]
    return Date(start=day([int(year), *rest]))


def _month(text: str) -> list[int]:
    """Return the month that a field names, with the day if it names one too."""
    word = re.search(r"[A-Za-z]{3,}", text)
    figures = [int(each) for each in re.findall(r"(?a)\d{1,2}", text)][:1]
    if not word:
        return [each for each in figures if each <= len(_MONTHS)]
    name = word[0][:3].lower()
    return [_MONTHS.index(name) + 1, *figures] if name in _MONTHS else []


def said_by(fields: Mapping[str, str]) -> frozenset[str]:
    """Return those of the fields year, month and day of which `read_bib` says all; a span or a season is more."""
    date = read_bib(fields)
    start = date.start if date else None
    month = from_tex(fields.get("month", ""))
    all_of_it = start and start.month and not re.search(r"[A-Za-z]\W+[A-Za-z]|\d\W+\d", month)
    return frozenset({"year", *(["month"] if all_of_it else []), *(["day"] if start and start.day else [])})


def write_bib(date: Date) -> dict[str, str]:
    """Return `year`, `month` (a macro) and `day` for BibTeX, which knows no more; nothing for what is no date."""
    if not date.start or not date.start.year:
        return {}
    month = date.start.month
    return {
        "year": f"{date.start.year:04}",
        **({"month": _MONTHS[month - 1]} if month else {}),
        **({"day": str(date.start.day)} if month and date.start.day else {}),
    }


def read_csl(value: Any) -> Date | None:
    """Return a date of CSL-JSON; also strings, and numbers written as strings, as programs write them."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return read_iso(str(value))
    if not isinstance(value, Mapping):
        return None
    rows = value.get("date-parts")
    days = [day(_figures(row)) for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    circa = str(value.get("circa", "")).casefold() not in ("", "false", "0", "none")
    if days and days[0]:
        return Date(
            start=days[0], end=days[1] if len(days) > 1 else None, season=_season(value.get("season")), circa=circa
        )
    said = next((str(value[name]) for name in ("raw", "edtf", "literal") if value.get(name)), "")
    return read_iso(said)


def _figures(row: Sequence[Any]) -> list[int]:
    found: list[int] = []
    for part in row:
        if isinstance(part, bool) or not re.fullmatch(r"(?a)\s*\d{1,4}\s*", str(part)) or not int(part):
            break
        found.append(int(part))
    return found


def _season(value: Any) -> int:
    text = str(value).strip().casefold()
    return int(text) if text in ("1", "2", "3", "4") else _SEASONS.get(text, 0)


def write_csl(date: Date) -> dict[str, Any]:
    """Return a date as CSL-JSON has it."""
    if not date.start:
        return {"literal": date.literal}
    rows = [_row(each) for each in (date.start, date.end) if each]
    season = {"season": date.season} if date.season else {}
    return {"date-parts": rows, **season, **({"circa": True} if date.circa else {})}


def _row(date: PartialDate) -> list[int]:
    row: list[int] = []
    for part in (date.year, date.month, date.day):
        if not part:
            break
        row.append(part)
    return row


def read_ris(text: str) -> Date | None:
    """Return a date of RIS (`2024/03/13/spring`, `2024///`, `2024`), or in ISO form."""
    found = re.fullmatch(r"(?a)(\d{4})(?:/(\d{0,2}))?(?:/(\d{0,2}))?(?:/(.*))?", squeeze(text))
    if not found:
        return read_iso(text)
    figures = [int(part) for part in takewhile(bool, found.groups()[:3])]
    date = day(figures)
    if not date or any(found.groups()[len(figures) : 3]) or len(_row(date)) < len(figures):
        return Date(literal=squeeze(text))
    return Date(start=date, season=_season(found[4]))


def write_ris(date: Date) -> str:
    """Return a date as RIS has it: year, month and day between slashes; of a span the beginning."""
    if not date.start or not date.start.year:
        return date.literal
    month, number = date.start.month, date.start.day
    season = next((name for name, each in _SEASONS.items() if each == date.season), "")
    return f"{date.start.year:04}/{month or 0:02}/{number or 0:02}/{season}".replace("/00", "/")
