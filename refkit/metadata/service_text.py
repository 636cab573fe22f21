"""What services print, as it is wanted: titles without markup, bare DOIs, ranges of pages, dates as far as known. Pure.

Publishers deposit HTML, JATS and MathML in titles, entities once or twice escaped, and line ends where they please.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from refkit.model import Author, PartialDate, find_arxiv_id
from refkit.names import parse_name
from refkit.normalize import to_unicode

# Only names of elements: "p < 0.05 and q > 1" stays.
_ELEMENTS = (
    r"(?:jats:|mml:|xhtml:)[\w-]+|i|b|u|em|strong|bold|italic|underline|sub|sup|inf|scp|sc|tt|span|font|small|big|a"
    r"|p|br|title|named-content|styled-content|inline-formula|formula|alternatives|math|mrow|mi|mo|mn|msub|msup|mtext"
    r"|mstyle|mover|munder|mfrac|msqrt|mspace|mfenced|semantics|monospace|roman|sans-serif|xref"
)
_TAG = re.compile(rf"(?i)</?(?:{_ELEMENTS})(?:\s[^<>]*)?/?>")
_BREAK = re.compile(r"(?i)</?(?:jats:)?(?:p|br|title)(?:\s[^<>]*)?/?>")
# A formula is given twice: marked up, and in TeX or as a picture, of which the markup is kept.
_TEX = re.compile(r"(?is)<(?:jats:)?tex-math\b.*?</(?:jats:)?tex-math>|<annotation\b.*?</annotation>")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DASHES = re.compile(r"\s*[-‐‑‒–—−]+\s*")
_HOMONYM = re.compile(r"\s+\d{4}$")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})

_WORD = re.compile(r"[^\W_]+")
_MANY_SPELLINGS = re.compile(r"[\\${}^]|\w'\w")
_ENOUGH = 2  # words that are left, so that not every paper has them

ARXIV_DOI = "10.48550/arxiv."


def clean(text: object) -> str:
    """Return a text without markup, entities and line ends; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    for _ in range(3):  # "&amp;amp;lt;" has been seen
        unescaped = html.unescape(text)
        if unescaped == text:
            break
        text = unescaped
    text = _TAG.sub("", _BREAK.sub(" ", _TEX.sub("", text)))
    return " ".join(text.split())


def bare_doi(text: object) -> str:
    """Return a DOI without its resolver, in lower case; "" if there is none, or if it is arXiv's own."""
    found = any_doi(text)
    return "" if found.startswith(ARXIV_DOI) else found


def any_doi(text: object) -> str:
    """Return a DOI as `bare_doi`, also if it is arXiv's own."""
    found = _DOI.search(text) if isinstance(text, str) else None
    return found[0].rstrip(".,;").casefold() if found else ""


def arxiv_id_in(*texts: object) -> str:
    """Return the arXiv id that the first of these texts names as an address, a DOI or with its prefix; "" if none."""
    for text in texts:
        if isinstance(text, str) and "arxiv" in text.casefold() and (found := find_arxiv_id(text)):
            return found
    return ""


def pages(text: object) -> str:
    """Return a range of pages as "12-34", one page as "12"; "" for none."""
    cleaned = re.sub(r"(?i)^pp?\.?\s*(?=\d)", "", clean(text))
    found = _DASHES.sub("-", cleaned).strip("-")
    first, dash, last = found.partition("-")
    return first if dash and first == last else found


def plain(value: object) -> str:
    """Return a volume or a number as text; services print them as either."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else clean(value)


def date(parts: Sequence[object]) -> PartialDate | None:
    """Return the date of a year, a month and a day as far as they are known and exist; None without a year."""
    known: list[int] = []
    for part in parts[:3]:
        if isinstance(part, bool) or not str(part).isdecimal():
            break
        known.append(int(str(part)))
    while known:
        try:
            return PartialDate.parse(
                "-".join(f"{part:0{width}}" for part, width in zip(known, (4, 2, 2), strict=False))
            )
        except ValueError:
            known.pop()
    return None


def people(names: Iterable[object]) -> tuple[Author, ...]:
    """Return names as authors; DBLP tells namesakes apart by a number, which goes."""
    return tuple(parse_name(name) for each in names if (name := _HOMONYM.sub("", clean(each))))


def query_words(title: str) -> list[str]:
    """Return the words of a title as a search takes them: no sign that has a meaning there is left.

    A word with an apostrophe or TeX in it (`Align$^2$LLaVA`) is left out if others remain: services spell it in
    different ways, and most want all words to be there.
    """
    plain_words = [word for word in title.translate(_APOSTROPHES).split() if not _MANY_SPELLINGS.search(word)]
    found = _WORD.findall(to_unicode(" ".join(plain_words)))
    return found if len(found) >= _ENOUGH else _WORD.findall(to_unicode(title))
