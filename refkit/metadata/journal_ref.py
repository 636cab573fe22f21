"""What the authors themselves say on arXiv of where their paper was published: `journal_ref` and `comments`. Pure.

Both are free text (info.arxiv.org/help/prep). A `journal_ref` is taken apart only where its whole text has a form
that leaves no doubt; everything else stays the sentence that it is. A comment never makes a publication: it says
"submitted to", "extended version of" and "accepted at", and nobody corrects it afterwards.
"""

from __future__ import annotations

import re

from msgspec import Struct

from refkit.metadata.venues import NAMES, acronym_of, cited_name, is_journal, is_minor, is_preprint_server, year_in
from refkit.model import PartialDate, Publication
from refkit.normalize import to_unicode

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"(?:(?P<month>{'|'.join(_MONTHS)})\.?,?\s+)?"
_YEAR = rf"{_MONTH}(?P<year>(?:19|20)\d\d)"
_PAGE = r"(?:[A-Z]?\d+[A-Za-z]?|[A-Z]{1,2}\d+|\d+\.\d+)"
_BEFORE_PAGES = r"(?:(?:pp?\.?|pages?|art(?:icle|\.)?(?:\s+(?:no\.|id))?)\s*)?"
_PAGES = rf"{_BEFORE_PAGES}(?P<pages>{_PAGE}(?:\s*[-–—]+\s*{_PAGE})?)(?:\s?pp\.?)?"
_NAME = r"(?P<name>[^\W\d_][^\d;()]*?[^\W\d_.)]\.?)"  # words without numerals
_VOLUME = r"(?:vol(?:ume|\.)?\s*)?(?P<volume>(?-i:(?<=[\s.])[A-Z])?\d{1,4})"  # a letter is of the journal
_ISSUE = (
    r"(?:(?:\((?P<issue>\d{1,3}(?:[-–/]\d{1,3})?)\)|,?\s*(?:no\.?|issue|n[º°])\s*(?P<no>\d{1,3}(?:[-–/]\d{1,3})?)))"
)
_FORMS = tuple(
    re.compile(rf"(?i:{form})\.?")
    for form in (
        # J. 51 (2018) 12-20
        rf"{_NAME},?\s*{_VOLUME}{_ISSUE}?\s*\({_YEAR}\),?(?:\s*no\.?\s*(?P<no2>\d+),)?\s*{_PAGES}",
        # J. 98, 030001 (2018)
        rf"{_NAME},?\s*{_VOLUME}{_ISSUE}?\s*[,:]\s*{_PAGES},?\s*\({_YEAR}\)",
        # J. 56:1-50,2006
        rf"{_NAME},?\s*{_VOLUME}{_ISSUE}?\s*[,:]\s*{_PAGES},\s*{_YEAR}",
        # 3, CSCW, Article 119 (2019)
        rf"{_NAME},?\s*{_VOLUME},\s*(?P<series>[A-Z]{{2,}}),\s*{_PAGES},?\s*\({_YEAR}\)",
        # J. (2017) 77:856
        rf"{_NAME},?\s*\({_YEAR}\),?\s*{_VOLUME}{_ISSUE}?\s*[,:]\s*{_PAGES}",
    )
)
_TAIL = re.compile(
    rf"(?i),?\s*\(?(?:pp?\.?|pages?)\s*(?P<pages>{_PAGE}(?:\s*[-–—]+\s*{_PAGE})?)\)?(?P<rest>[.,]\s.*)?$"
)
_REST = re.compile(
    r"(?i)[.,]?\s*(?:(?:ACM|IEEE|PMLR|Springer|Elsevier|AAAI Press|ISCA|USENIX)[.,]?\s*)?(?:(?:19|20)\d\d)?\.?"
)
_MEETING = re.compile(r"(?i)\b(?:conference|conf\.|symposium|proceedings|proc\.|meeting|advances in|workshops?)\b")
_DOUBT = re.compile(
    r"(?i)\b(?:submitted|accepted|to appear|to be published|in press|forthcoming|under review|thesis|dissertation|"
    r"erratum|errata|corrigendum|ibid|see also|extended|preprint|technical report|published (?:in|as)|doi|http)\b"
)
_SQUEEZED = re.compile(r"(?<=\.)(?=[^\W\d_])|(?<=[a-z])(?=[A-Z][a-z])")
# Numerals that may stand in the name of a meeting; any other is a volume, a page or a day.
_OWN_NUMERALS = re.compile(r"(?i)\b(?:19|20)\d\d\b|\b\d{1,3}(?:st|nd|rd|th)\b|(?<=systems )\d{1,2}$|['’]\d\d\b")
_MORE = re.compile(r"[:@]|\bpp?\.|\b\d+\b")
_LONGEST = 300  # characters; journal references are short, and the forms below look at each blank
_MOST_COMMAS = 2  # in the name of a meeting; more of them divide a city, a day and a publisher


class Comment(Struct, frozen=True):
    """The conference or journal that a comment names, its year if it names one, and whether it says "accepted"."""

    place: str
    year: int | None
    minor: bool
    firm: bool


def parse_journal_ref(text: str) -> Publication | None:
    """Return what a `journal_ref` says, if there is no doubt about any part of it, else None."""
    text = " ".join(to_unicode(text).split())
    if not text or len(text) > _LONGEST or _DOUBT.search(text) or is_preprint_server(text) or ";" in text:
        return None
    return _article(text) or _paper(text)


def _article(text: str) -> Publication | None:
    for form in _FORMS:
        found = form.fullmatch(text)
        if found and not _MEETING.search(found["name"].removeprefix("Proc.")):
            return _from_parts({name: value or "" for name, value in found.groupdict().items()})
    return None


def _from_parts(part: dict[str, str]) -> Publication:
    name, volume = _journal(part["name"]), part["volume"]
    if not volume[0].isdigit():  # "Phys. Rev. D93": the letter belongs to the journal
        name, volume = f"{name} {volume[0].upper()}", volume[1:]
    month = _MONTHS.index(part["month"].casefold()) + 1 if part.get("month") else None
    return Publication(
        type="article-journal",
        container_title=name,
        volume=volume,
        issue=part.get("issue") or part.get("no") or part.get("no2") or part.get("series", ""),
        pages=_pages(part["pages"]),
        issued=PartialDate(int(part["year"]), month),
    )


def _journal(name: str) -> str:
    """Return a journal's name with the blanks that INSPIRE's style drops: "Phys.Rev. D" -> "Phys. Rev. D"."""
    name = name.strip(" ,")
    return " ".join(_SQUEEZED.sub(" ", name).split()) if "." in name else name


def _pages(text: str) -> str:
    return re.sub(r"\s*[-–—]+\s*", "-", text)


def _paper(text: str) -> Publication | None:
    """Read "Proceedings of ICML 2019, pp. 1-10": a meeting with its year, and perhaps pages; nothing else in it."""
    year = year_in(text)
    pages = _TAIL.search(text)
    name = text[: pages.start()] if pages else text
    if pages and pages["rest"] and not _REST.fullmatch(pages["rest"]):
        return None
    name = re.sub(r"(?i)^in(?:[: ]\s*|(?=proceedings))", "", name).strip(" .,")
    if not pages and _MEETING.search(name):
        name = re.sub(r",\s*(?:19|20)\d\d$|\s*\((?:19|20)\d\d\)$", "", name)
    named = bool(_MEETING.search(name)) or acronym_of(name) in NAMES
    if year is None or not named or name.count(",") > _MOST_COMMAS or _MORE.search(_OWN_NUMERALS.sub("", name)):
        return None
    return Publication(
        type="article-journal" if is_journal(name) else "paper-conference",
        container_title=cited_name(name),
        pages=_pages(pages["pages"]) if pages else "",
        issued=PartialDate(year),
    )


_CLAUSE = re.compile(r"(?<=[;!?])\s+|(?<=\D\.)\s+(?=[A-Z])|\n")
_NOT_THERE = re.compile(
    r"(?i)\b(?:submitted|submission|under review|reject\w*|withdrawn|extended|extension|extends|long(?:er)? version"
    r"|full version|abridged|short(?:er)? version|preliminary|earlier|previous|template|style|format|co-?located"
    r"|builds? on|companion|formatted)\b"
)
_THERE = re.compile(
    r"(?i)\b(?:accepted|to appear|published|presented|camera[- ]ready|oral|spotlight|poster|will appear|in proc)"
)


def place_in_comment(comment: str) -> Comment | None:
    """Return the one known conference or journal that a comment says the paper is in; None if that is not plain."""
    found = set()
    for clause in _CLAUSE.split(to_unicode(comment)[: _LONGEST * 4]):
        place = acronym_of(clause) or acronym_of(re.sub(r"(?i)^.*?\b(?:at|to|in|by)\s+(?:the\s+)?", "", clause))
        if place and not _NOT_THERE.search(clause):
            found.add(Comment(place, year_in(clause), is_minor(clause), bool(_THERE.search(clause))))
    return found.pop() if len(found) == 1 else None
