"""What the readers of plain text share: lines with their places, dates, links, and text that is no plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, find_arxiv_id

MAX_LINE = 100_000
# The longest title among the 400,000 of our accuracy pool has 309 characters, the longest of 17,700 in digests 470.
MAX_TITLE = 1_000

_BREAK = re.compile(r"\r\n|\r|\n")
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u2060\ufeff]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PUBLISHED = r"(?:(?:published|submitted|updated|posted)(?: on)?:? )?"
_DATES = tuple(
    re.compile(rf"(?i){_PUBLISHED}{_WEEKDAY}(?:{form})[.:]?")
    for form in (
        rf"{_MONTH} {_DAY}(?:,? {_YEAR})?",
        rf"{_DAY} {_MONTH}(?:,? {_YEAR})?",
        rf"{_MONTH},? {_YEAR}",
        rf"{_YEAR}[-/.](?P<month>\d\d)(?:[-/.](?P<day>\d\d))?",
    )
)
BULLET = re.compile(r"^(?:[-*+•‣◦▪·–—]|\(?\d{1,4}[.)]|\[\d{1,4}\]:?)\s+(?:\[[ xX]\]\s+)?(?=\S)")
_URL = r"(?:https?://|www\.|(?:arxiv\.org|huggingface\.co|doi\.org)/)[^\s<>\"]*[^\s<>\".,;:)\]}']"
_DOI = r"10\.\d{4,9}/[^\s<>\"]*[^\s<>\".,;:)\]}']"
_NEW_ID = r"\d{4}\.\d{4,5}(?:v\d{1,2})?"
_OLD_ID = r"[a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,2})?"
_REFERENCE = (
    rf"(?:{_URL}|arxiv(?: ?preprint| ?id)?[ :]*(?:arxiv:)?(?:{_NEW_ID}|{_OLD_ID})(?: ?\[[a-z.-]+\])?"
    rf"|{_NEW_ID}|(?:doi:? ?){_DOI}|{_DOI})"
)
_ONLY_REFERENCE = re.compile(rf"(?i)[-–—•·*(<\[]*\s*(?:[\w ]{{1,12}}: )?{_REFERENCE}\s*[)>\]]*[.,;]?")
# A reference behind a title. It is looked for in the last 300 characters only, so that no line is searched twice over.
_TRAILING = re.compile(rf"(?i)[\s,;|–—-]*(?:\s|[(\[<|,;])(?:link: ?|url: ?)?[(\[<]*{_REFERENCE}[)\]>]*[.,;]?$")
_LEADING = re.compile(rf"(?i)[(\[<]?(?:arxiv[ :]*(?:{_NEW_ID}|{_OLD_ID})|{_NEW_ID})[)\]>]?[\s:–—-]+(?=\S)")
_MARKDOWN_LINK = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<url>[^()\s]+(?:\([^()\s]*\))?)[^()]*\)")
_MAIL_FIELD = (
    r"(?:From|To|Cc|Date|Subject|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type|Reply-To"
    r"|Content-Transfer-Encoding|DKIM-Signature|X-[\w-]+): "
)
# Each with how many lines must be so. A title may begin with "From" or have a colon, so mail is known by two fields.
_FOREIGN = (
    (
        re.compile(
            r"(?i)\A\s*<(?:!doctype|\?xml|html|head|body|rss|feed|!--|div|table|ul|p|h\d|article|meta|script)\b"
        ),
        1,
    ),
    (re.compile(r"(?im)^[ \t]*</?[a-z][\w:-]*(?: [^<>\n]{0,300})?/?>"), 3),
    (re.compile(r"(?im)^[ \t]*@[a-z]{3,20}[ \t]*[{(][ \t]*[^\s,{}]*[ \t]*,"), 1),
    (re.compile(rf"(?i)\A\s*(?:From \S+@\S+ .*\n)?{_MAIL_FIELD}.*\n(?:[ \t].*\n)*{_MAIL_FIELD}"), 1),
    (re.compile(r"(?m)^TY  - [A-Z]+[ \t]*$"), 1),
    (re.compile(r"(?m)^\\\\$"), 2),  # arXiv's own mails
    (re.compile(r"(?m)^[ \t]*\\(?:documentclass|begin\{document|bibitem)"), 1),
    (re.compile(r"\A\s*---[ \t]*\n[\w-]+:.*\n"), 1),
    (re.compile(r"(?m)^[ \t]*\|.*\|[ \t]*\n[ \t]*\|[ \t:|-]+\|"), 1),
    (re.compile(r"\A\s*(?:\{\s*(?:\"|\}|$)|\[\s*(?:[{\]\"]|$))"), 1),
    (re.compile(r"\A\s*(?:#!|%PDF|\{\\rtf)"), 1),
    (re.compile(r"(?m)^[ \t]*!?\[[^\]\n]{0,300}\]\([^)\n]{0,300}\).*\]\("), 1),
)
_LOOKED_AT = 200_000


class Line(NamedTuple):
    """A line that holds something: its number from 1, its place in the text, and its words with single spaces."""

    number: int
    start: int
    end: int
    text: str


def clean(text: str) -> str:
    """Return text with single spaces, without invisible characters."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def split_lines(text: str) -> Iterator[Line]:
    r"""Yield the lines that hold something. Lines end with \n, \r\n or \r; a form feed is white space."""
    start, number = 0, 0
    while start < len(text):
        found = _BREAK.search(text, start)
        stop, after = found.span() if found else (len(text), len(text))
        number += 1
        words = clean(text[start:stop])
        if words:
            lead = len(text[start:stop]) - len(text[start:stop].lstrip("\ufeff \t\f\v\u00a0"))
            yield Line(number, start + lead, stop, words)
        start = after


def head_of(text: str) -> str:
    """Return the whole lines at the start of a text by which its format is recognised."""
    if len(text) <= _LOOKED_AT:
        return text.removeprefix("\ufeff")
    cut = max(text.rfind("\n", 0, _LOOKED_AT), text.rfind("\r", 0, _LOOKED_AT))
    return text[: cut if cut > 0 else _LOOKED_AT].removeprefix("\ufeff")


def check_lines(text: str, *, digest: str) -> None:
    """Raise DigestError for a line of more than 100,000 characters: no digest of text has one."""
    start, number = 0, 0
    while len(text) - start > MAX_LINE:
        found = _BREAK.search(text, start)
        stop, after = found.span() if found else (len(text), len(text))
        number += 1
        if stop - start > MAX_LINE:
            problem = f"the line has {stop - start:,} characters, more than {MAX_LINE:,}; break it into lines"
            raise DigestError(digest, number, f"{problem}, one title or abstract each.")
        start = after


def longest_line(text: str) -> tuple[int, int]:
    """Return the number of the longest line, the first of equals, and how many characters it has."""
    number, line = max(enumerate(_BREAK.split(text), start=1), key=lambda each: len(each[1]))
    return number, len(line)


def check_title(title: str, *, digest: str, line: int) -> None:
    """Raise DigestError for a title of more than 1,000 characters, twice as long as the longest known."""
    if len(title) > MAX_TITLE:
        problem = f"the title has {len(title):,} characters, more than {MAX_TITLE:,}; put one title on the line"
        raise DigestError(digest, line, f"{problem}, or name the format with --reader.")


def is_foreign(text: str) -> bool:
    """Whether the text is of a format that must never be read as plain text: HTML, XML, mail, BibTeX, JSON, ..."""
    head = head_of(text).replace("\r\n", "\n").replace("\r", "\n")
    return any(len(list(islice(form.finditer(head), count))) == count for form, count in _FOREIGN)


def parse_date(text: str) -> PartialDate | None:
    """Return the date that a line consists of (`Mar 13`, `Published on Oct 4, 2026`, `2026-10-04`), or None."""
    for form in _DATES:
        found = form.fullmatch(text)
        if found:
            return _date(found.groupdict())
    return None


def _date(parts: dict[str, str | None]) -> PartialDate | None:
    year, month, day = parts.get("year"), parts["month"] or "", parts.get("day")
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    if not (1 <= number <= 12 and 1 <= int(day or 1) <= 31):  # noqa: PLR2004 - a calendar
        return None
    return PartialDate(int(year) if year else None, number, int(day) if day else None)


def is_reference(text: str) -> bool:
    """Whether a line is nothing but a link, an arXiv id or a DOI."""
    link = _MARKDOWN_LINK.fullmatch(text)
    return bool(link and len(link["text"].split()) <= 2) or bool(_ONLY_REFERENCE.fullmatch(text))  # noqa: PLR2004


def references(text: str) -> dict[str, str]:
    """Return what links in a text say: `arxiv_id`, `doi` (not arXiv's own) and `url`, where there are any."""
    url = re.search(_URL, text)
    doi = re.search(_DOI, text)
    return {
        "arxiv_id": find_arxiv_id(text),
        "doi": doi[0] if doi and not doi[0].lower().startswith("10.48550/") else "",
        "url": url[0] if url else "",
    }


def add_references(mention: Mention, text: str) -> dict[str, str]:
    """Return the fields of a mention that a line of links below it adds; what is known stays."""
    found = references(text)
    if found["arxiv_id"] and mention.arxiv_id and found["arxiv_id"] != mention.arxiv_id:
        return {}
    if mention.url and not (found["arxiv_id"] and not mention.arxiv_id):
        found["url"] = ""
    return {name: value for name, value in found.items() if value and (name == "url" or not getattr(mention, name))}


def split_title(text: str) -> tuple[str, dict[str, Any]]:
    """Return a title without the link, arXiv id or DOI before or behind it, and what those say."""
    link = _MARKDOWN_LINK.search(text) if "](" in text else None
    if link and not text[: link.start()].strip("*_ "):
        return link["text"].strip("*_ "), {name: value for name, value in references(link["url"]).items() if value}
    known: dict[str, str] = {}
    title = text
    while found := _trailing(title):
        title, behind = title[:found].rstrip(" ,;|–—-(["), title[found:]
        known = {name: value or known.get(name, "") for name, value in references(behind).items()}
    before = _LEADING.match(title)
    if before:
        title = title[before.end() :]
        known = {name: value or known.get(name, "") for name, value in references(before[0]).items()}
    return (title, {name: value for name, value in known.items() if value}) if title else (text, {})


def _trailing(title: str) -> int:
    """Return where the reference behind a title begins, 0 if there is none."""
    offset = max(0, len(title) - 300)
    found = _TRAILING.search(title[offset:])
    return offset + found.start() if found else 0
