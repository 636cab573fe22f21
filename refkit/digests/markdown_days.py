"""Days in headings and rows: `June 23 - June 29, 2025`, `5th of January 2026`, `[2023/03]`, `(2021)`, `2024`."""

from __future__ import annotations

import re

from refkit.digests.lines import clean, parse_date
from refkit.digests.page_people import date_in
from refkit.model import PartialDate

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NTH = r"(?:st|nd|rd|th)?"
_TO = r"\s*(?:-+|–|—|to|until|\.\.)\s*"
_DAYS = (  # the last day of a range, or a single day
    re.compile(
        rf"(?i)\b(?P<before>{_MONTH})\.?\s+\d{{1,2}}{_NTH}(?:,?\s+(?:19|20)\d\d)?{_TO}(?:(?P<month>{_MONTH})\.?\s+)?"
        rf"(?P<day>\d{{1,2}}){_NTH}\b(?!\d)"
    ),
    re.compile(
        rf"(?i)(?<!\d)\d{{1,2}}{_NTH}(?:\s+{_MONTH}\.?)?(?:\s+(?:19|20)\d\d)?{_TO}(?P<day>\d{{1,2}}){_NTH}\s+(?P<month>{_MONTH})"
    ),
    re.compile(rf"(?i)\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}}){_NTH}\b(?!\d)"),
    re.compile(rf"(?i)(?<!\d)(?P<day>\d{{1,2}}){_NTH}\s+(?:of\s+)?(?P<month>{_MONTH})\b"),
)
_OF_YEAR = re.compile(rf"(?i)\b(?P<m>{_MONTH})\.?,?\s+(?:19|20)\d\d\b|\b(?:19|20)\d\d[,\s]+(?P<n>{_MONTH})\b")
ANY_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_ISO = re.compile(r"(?<![\d./-])((?:19|20)\d\d)[-./](0?[1-9]|1[0-2])(?:[-./](0?[1-9]|[12]\d|3[01]))?(?![\d/-])")
_ONLY_YEAR = re.compile(
    r"(?i)(?:year |papers? (?:of |in |from )?)?(?:19|20)\d\d(?: ?年| papers?)?(?:\s*\(\d+(?: papers?)?\)?)?"
)
_IN_BRACKETS = re.compile(r"[(\[]\s*(?P<year>(?:19|20)\d\d)[a-z]?\s*[)\]]|,\s*(?P<last>(?:19|20)\d\d)\.?\s*$")
_LOOKED_AT = 300  # characters of a heading


def day_of(text: str, year: int | None = None) -> PartialDate | None:
    """Return the day that a heading or a short text names, of a range the last one; a year alone only if it is all.

    `year` is that of the heading above, for a day without one.
    """
    text = clean(text[:_LOOKED_AT]).strip(" *_:|[]()#.-–—📅🗓")
    iso = list(_ISO.finditer(text))
    if iso:
        return PartialDate(*(int(part) for part in iso[-1].groups() if part))
    years = ANY_YEAR.findall(text)
    year = int(years[-1]) if years else year
    found = _last_day(text)
    if found:
        return PartialDate(year, *found)
    if _ONLY_YEAR.fullmatch(text):
        return PartialDate(year)
    month = _OF_YEAR.search(text)
    return PartialDate(year, _number(month["m"] or month["n"])) if month else parse_date(text)


def _last_day(text: str) -> tuple[int, int] | None:
    for form in _DAYS:
        hits = list(form.finditer(text))
        if hits:
            parts = hits[-1].groupdict()
            day = int(parts["day"])
            return (_number(parts["month"] or parts["before"]), day) if 1 <= day <= 31 else None  # noqa: PLR2004
    return None


def _number(month: str) -> int:
    return _MONTHS.index(month[:3].lower()) + 1


def day_beside(text: str, *, cited: bool) -> PartialDate | None:
    """Return the day in words beside a title; of a citation the year, which else must stand in brackets."""
    found = date_in(text) if len(text) < 120 else None  # noqa: PLR2004 - a venue with its day
    if found or len(text) > 400:  # noqa: PLR2004 - prose
        return found
    year = _IN_BRACKETS.search(text)
    if year and (cited or year["year"]):
        return PartialDate(int(year["year"] or year["last"]))
    return None


def day_before(text: str) -> PartialDate | None:
    """Return the day that stands before a title (`2024-03-01, `, `[2023/03]`); a year only if nothing else does."""
    days = [day for part in re.split(r"[\[\](){},;|:]|\s[–—-]\s", text[-80:]) if (day := day_of(part))]
    return days[-1] if days and (days[-1].month or text.strip(" []().-").isdigit()) else None
