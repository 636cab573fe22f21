"""Names of people and dates in the texts of a page, told by their form."""

from __future__ import annotations

import re

from refkit.digests.lines import clean
from refkit.model import PartialDate

_ORGANISATION = re.compile(
    r"\b(?:(?i:universit\w*|universidad\w*|institut\w*|research|labs?|laborator\w+|google|deepmind|microsoft"
    r"|facebook|openai|nvidia"
    r"|amazon|college|school|academy|corp\w*|department|technolog\w+|adobe|inria|cnrs|eth zurich|epfl)|AI|MIT"
    r"|IBM|Meta|Apple|Intel"
    r"|Tech|Inc|Ltd)\b"
)
_NO_NAME = re.compile(
    r"(?i)\b(?:cent(?:er|re)|group|team|conference|journal|workshop|proceedings|press|society|learning"
    r"|networks?|science|systems?"
    r"|engineering|review|letters|models?|data|analysis|methods?|optimi[sz]ation|detection|generation|with"
    r"|via|using|towards?)\b"
)
_PARTICLES = "de der den van von da di do dos la le du al el bin ibn ten ter st y e del della".split()
_NAME_PART = r"(?:[^\W\d_](?:\.|[^\W\d_])*(?:[-'’‐][^\W\d_](?:\.|[^\W\d_])*)*\.?)"
_NAME = re.compile(rf"(?=[^\W\d_]){_NAME_PART}(?: {_NAME_PART}){{1,6}}")
_FAMILY_FIRST = re.compile(
    r"(?<![\w'’-])(?P<family>[^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+)?), (?P<given>(?:[^\W\d_]\.[ -]?)*[^\W\d_]\.?)(?=$"
    r"|[,;&]| and\b| &)"
)
_PREFIX = re.compile(r"(?i)(?:authors?(?:\(s\))?\s*:|by\b\s*:?)\s*(?=\S)")
_INITIAL = re.compile(r"(?:^|[\s,.])[^\W\d_a-z]\.|(?:^|, ?)[A-Z]{1,3} [A-Z][a-z]")
_MARKS = re.compile(r"(?<=\w)(?:\s?[*†‡§¶∗]|(?<=[^\W\d_])\d(?:,\d)*)+|[*†‡§¶∗]|\((?:\d+|[^()]{0,80})\)")
_AND_OTHERS = re.compile(
    r"(?i),?\s*(?:et\.? ?al\b\.?|(?:and|&) others|…|\.\.\.|\+ ?\d+ .*|(?:and )?\d+ (?:more|others|authors?).*)$"
)
_LONGEST, _LONGEST_NAME = 20_000, 60  # characters; the longest lists have some thousand names
_END = 80
_ONE_ODD = 6  # of so many names one may have an odd form
_AFFILIATION = 5  # words of one of them
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES = tuple(
    re.compile(rf"(?i)(?<![\w/.-]){form}(?![\w/-])")
    for form in (
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?{_MONTH},? (?P<year>(?:19|20)\d\d)",
        rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)",
        r"(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d\d)[-/.](?P<day>\d\d)",
        rf"{_MONTH},? (?P<year>(?:19|20)\d\d)",
    )
)


def names_in(text: str, *, least: int = 2) -> tuple[str, ...]:
    """Return the names in a text that lists at least so many people ("by" or "Authors:" before it: one), else ()."""
    return _people(text, least)[0]


def surely_names(text: str) -> bool:
    """Whether a text lists people, and not only two halves of a title ("Optimal Transport and Graph Cuts")."""
    names, told = _people(text, 2)
    return len(names) > 2 or (bool(names) and told)  # noqa: PLR2004


def is_affiliation(text: str) -> bool:
    """Whether a short text names institutes or companies, and nothing else."""
    parts = re.split(r"\s*[,;/&|·•]\s*|\s+and\s+", text) if len(text) < _END * 2 else []
    short = all(part.count(" ") < _AFFILIATION for part in parts)
    return bool(parts) and short and sum(bool(_ORGANISATION.search(part)) for part in parts) > len(parts) / 2


def _people(text: str, least: int) -> tuple[tuple[str, ...], bool]:
    """Return the names, and whether more than their form says that they are some."""
    if not text or len(text) > _LONGEST:
        return (), False
    prefix = _PREFIX.match(text)
    text = text[prefix.end() :] if prefix else text
    others = _AND_OTHERS.search(text[-_END:])
    if others:
        text = text[: len(text) - len(text[-_END:]) + others.start()]
    told = bool(prefix or others or _INITIAL.search(text))
    if "(" in text or not text.isascii() or re.search(r"[*\d]", text):
        text = clean(_MARKS.sub("", text)).strip(" .,;")
    text = _FAMILY_FIRST.sub(r"\g<given> \g<family>", text)
    parts = [part.strip(" .,") for part in re.split(r"\s*[,;•·|]\s*(?:and |& )?|\s+(?:and|&)\s+", text)]
    names = tuple(part for part in parts if part)
    least = 1 if prefix or others else least
    odd = sum(not _is_name(name) for name in names)
    good = len(names) >= least and odd <= len(names) // _ONE_ODD
    return (names, told or (len(names) > 1 and " and " not in text)) if good else ((), False)


def _is_name(text: str) -> bool:
    if len(text) > _LONGEST_NAME or _ORGANISATION.search(text) or _NO_NAME.search(text) or not _NAME.fullmatch(text):
        return False
    words = text.split()
    shouted = sum(len(word.strip(".")) > 2 and word.isupper() for word in words)  # noqa: PLR2004 - initials have two
    small = [word for word in words if word[0].islower() and word[0].isascii()]
    return shouted < 2 and len(words) - len(small) >= 2 and all(word in _PARTICLES for word in small)  # noqa: PLR2004


def date_in(text: str) -> PartialDate | None:
    """Return the first date with a year in a short text."""
    for form in _DATES:
        found = form.search(text[:300])
        if found:
            parts = found.groupdict()
            month = parts["month"].lower()
            number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
            day = int(parts.get("day") or 0)
            if 1 <= number <= 12 and day <= 31:  # noqa: PLR2004 - a calendar
                return PartialDate(int(parts["year"]), number, day or None)
    return None
