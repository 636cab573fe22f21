r"""The lines of arXiv's listings by what they are: ids, fields, `\\`, rules, headings, dates.

Facts: the mails that arXiv sends and the listings behind its pages (`new`, `pastweek`), the pages /list/*/new,
/list/*/recent and /search as browsers copy them. Mail programs put "> " before lines, break them anew or join them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

from refkit.digests.arxiv_html import Seen, is_html
from refkit.digests.lines import clean, split_lines
from refkit.digests.markup import LineStarts

_QUOTED = re.compile(r"(?:>[ \t\u00a0]?)+[ \t\u00a0]*|(?:\|[ \t]+)+")
_NEW_ID = r"\d{4}\.\d{4,5}"
_OLD_ID = r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z-]{2,})?/\d{7}"
_CROSS = r"\(\s?\*cross-listing\*\s?\)"
CATEGORY = (
    r"(?:[a-z]+(?:-[a-z]+)?\.(?:[A-Z]{2}|[a-z]+(?:-[a-z]+)*)|(?:hep|nucl|astro|quant|math|gr|cond|acc|chao|q)-[a-z]{2,4}"
    r"|cs|math|stat|physics|eess|econ|nlin)"
)
# Behind an id stand links, a remark in brackets or categories; with other words it is a sentence.
_MARKS = rf"(?:\([^()]{{0,80}}\)|\[[^\[\]]{{0,120}}\]|{CATEGORY}(?![\w:-]),?)"
_ID = re.compile(
    rf"(?:\[?\d{{1,5}}[\].)]+\s*)?(?:(?i:arxiv)\s?:\s?|Paper\s?(?P<cross>{_CROSS})?\s?:\s?(?:(?i:arxiv):)?)"
    rf"(?P<id>{_NEW_ID}|{_OLD_ID})(?:v\d{{1,2}})?(?P<marks>(?:\s*{_MARKS}){{0,20}})\s*"
)
_LINKS = re.compile(r"\[(?:pdf|ps|abs|html|other|src|tex|view|v\d)\b", re.IGNORECASE)
_FIELDS = {
    "title": "title",
    "titles": "title",
    "author": "authors",
    "authors": "authors",
    "date": "date",
    "from": "from",
    "categories": "categories",
    "subjects": "subjects",
    "subject": "subjects",
    "subj-class": "subjects",
    "doi": "doi",
    "related doi": "doi",
    "abstract": "abstract",
    "submitted": "submitted",
}
_OTHER_FIELDS = (
    "comments? journal[- ]ref(?:erence)? report-no report(?:[ ]number)? msc[- ]class(?:es)? acm[- ]class(?:es)? license"
    " proxy note cite[ ]as"
)
_FIELD = re.compile(
    r"\*{0,2}(?P<name>titles?|authors?|date(?: \([^()]{1,30}\))?|from|categories|subjects?|subj-class|(?:related )?doi"
    rf"|abstract|submitted|{'|'.join(_OTHER_FIELDS.split())})\s?\*{{0,2}}:\s?\*{{0,2}}",
    re.IGNORECASE,
)
_REPLACED = re.compile(r"(?i)(?:\*+ ?)?(?:replaced with revised version|(?:figures|part) added)\b:?")
_SUBMITTED = re.compile(r"\[?(?:Submitted|v1 submitted)(?: on)? (?=\d{1,2} [A-Z])")
_SLASH = re.compile(r"\\{1,2}")
_CLOSE = re.compile(r"\\{1,2}\s?\((?:\s?[<\[]?(?P<url>https?://[^\s<>\])]+)[^\n]*|\s?)")
_RULE = re.compile(r"(?:[-%=_~–—─]\s?){4,}")
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_SHOWING = r"(?:\s?\((?:showing|continued|total of)\b[^()]*(?:\([^()]*\))?[^()]*\))*"
_HEADING = re.compile(
    r"(?P<name>new submissions?|cross[- ](?:lists?|listings?|submissions?)|replacements?(?: submissions?)?)"
    rf"(?: for (?P<date>[^()]{{6,40}}?))?{_SHOWING}:?",
    re.IGNORECASE,
)
_DAY = re.compile(
    rf"(?:(?:showing )?new listings for )?(?P<date>{_WEEKDAY},? \d{{1,2}} [a-z]{{3,9}} \d{{2,4}}){_SHOWING}"
    rf"|/\*\s?(?P<past>{_WEEKDAY},? \d{{1,2}} [a-z]{{3,9}} \d{{4}})\s?\*/"
    r"|received from .{10,50} to\s+(?P<to>.{10,40})",
    re.IGNORECASE,
)
_END = re.compile(
    r"(?i)total of \d+ entries.*|showing (?:up to|first|last|\d).*|links to:.*|\(showing .{0,60}\)|see recent articles"
    r"|(?:contact|subscribe to|about) arxiv\b.{0,60}|arxiv operational status.*|web accessibility assistance"
    r"|help \| advanced search|bibliographic tools|submission history"
)
_NUMBER = re.compile(r"\[\d{1,5}\]")
# Where a line that a mail program joined is taken apart: at `\\`, before a field, round a rule.
_JOINT = re.compile(
    r"(?<!\s)\s+(?=\\\\(?:\s|$))|(?<=\\\\)\s+(?!\()|(?<!\s)\s+(?=(?:-{20,}|%[-%]{20,}))|(?<=-{20}|[-%]{19}%)\s+"
    r"|(?<!\s)\s+(?=(?:Title|Authors?|Categories|Comments|Journal-ref|DOI|Report-no|[MA][SC][CM]-class|Date|From"
    r"|License):\s)|(?<!\s)\s+(?=replaced with revised version\s)"
)
_JOINED = re.compile(
    r"\\\\\s+(?:arXiv:|Paper\b)|\S\s+\\\\\s+\(\s?http"
    rf"|arXiv:(?:{_NEW_ID}|{_OLD_ID})\s+(?:{_CROSS}\s+)?(?:Date:|From:|replaced with)"
)
_JOINED_TITLE, _JOINED_AUTHORS = re.compile(r"\sTitle:\s"), re.compile(r"\s(?:Authors?|Categories):\s")


class Kind(enum.Enum):
    """What a line is."""

    ID = "an id"
    FIELD = "a field"
    SLASH = r"\\"
    CLOSE = r"\\ with a link"
    RULE = "a rule"
    HEADING = "a heading"
    DAY = "a date"
    END = "the foot of a page"
    TEXT = "other words"


class Token(NamedTuple):
    """A line, or one part of a joined line: its place in the text and what it is.

    `name` is the field's, or the heading; `value` begins at `inside`. `gap` tells that blank lines stand above it.
    """

    kind: Kind
    number: int
    start: int
    end: int
    text: str
    name: str = ""
    value: str = ""
    inside: int = 0
    gap: bool = False
    url: str = ""
    is_cross: bool = False
    has_links: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Yield what stands on the lines, in order, of a page what is seen of it; places are those in the text."""
    if not is_html(text):
        yield from _tokens(text)
        return
    seen, lines = Seen(text), LineStarts(text)
    for token in _tokens(seen.text):
        start = seen.place(token.start)
        yield token._replace(
            number=lines.number(start), start=start, end=seen.end(token.end), inside=seen.place(token.inside)
        )


def _tokens(text: str) -> Iterator[Token]:
    """Yield what stands on the lines; numbers in brackets on lines of their own are left out."""
    last = 0
    for line in split_lines(text):
        raw = text[line.start : line.end]
        quoted = _QUOTED.match(raw)
        start = line.start + (quoted.end() if quoted else 0)
        for n, (begin, end) in enumerate(_parts(text, start, line.end)):
            words = clean(text[begin:end])
            if words and not _NUMBER.fullmatch(words):
                yield _token(text, (line.number, begin, end), words, gap=not n and line.number - last > 1)
        if text[start : line.end].strip():
            last = line.number


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start > 20 and _is_joined(text, start, end):  # noqa: PLR2004 - the shortest that can match
        for joint in _JOINT.finditer(text, start, end):
            yield start, joint.start()
            start = joint.end()
    yield start, end


def _is_joined(text: str, start: int, end: int) -> bool:
    if _JOINED.search(text, start, end):
        return True
    title = _JOINED_TITLE.search(text, start, end) or re.compile(r"Title:\s").match(text, start, end)
    return bool(title and _JOINED_AUTHORS.search(text, title.end() - 1, end))


def _token(text: str, place: tuple[int, int, int], words: str, *, gap: bool) -> Token:
    token = Token(Kind.TEXT, *place, words, gap=gap)
    first = words[0]
    if first in "\\-%=_~–—─":
        return _separator(token)
    found = _ID.fullmatch(words) if first in "aAPx[(123456789" else None
    if found:
        marks = found["marks"]
        cross = bool(found["cross"]) or "cross-list" in marks
        has_links = bool(_LINKS.search(marks))
        return token._replace(
            kind=Kind.ID,
            name="replaced" if "(replaced" in marks else "",
            value=found["id"],
            is_cross=cross,
            has_links=has_links,
        )
    return _field(text, token) or _landmark(token) or token


def _separator(token: Token) -> Token:
    words = token.text
    if _SLASH.fullmatch(words):
        return token._replace(kind=Kind.SLASH)
    close = _CLOSE.fullmatch(words)
    if close:
        return token._replace(kind=Kind.CLOSE, url=close["url"] or "")
    return token._replace(kind=Kind.RULE) if _RULE.fullmatch(words) else token


def _field(text: str, token: Token) -> Token | None:
    found = _FIELD.match(token.text)
    if found:
        name = found["name"].lower().partition(" (")[0]
        inside = _after_colon(text, token, found[0].count(":"))
        return token._replace(
            kind=Kind.FIELD, name=_FIELDS.get(name, "other"), value=token.text[found.end() :], inside=inside
        )
    for form, name in ((_REPLACED, "replaced"), (_SUBMITTED, "submitted")):
        found = form.match(token.text)
        if found:
            return token._replace(kind=Kind.FIELD, name=name, value=token.text[found.end() :], inside=token.start)
    return None


def _after_colon(text: str, token: Token, colons: int) -> int:
    """Return where the value of a field begins in the text: behind its colon, stars and blanks."""
    place = token.start
    for _ in range(colons):
        place = text.index(":", place) + 1
    while place < token.end and (text[place].isspace() or text[place] == "*"):
        place += 1
    return place


def _landmark(token: Token) -> Token | None:
    words = token.text
    if len(words) > 200:  # noqa: PLR2004 - the longest of these has about 120 characters
        return None
    heading = _HEADING.fullmatch(words)
    if heading:
        return token._replace(kind=Kind.HEADING, name=_heading(heading["name"]), value=heading["date"] or "")
    day = _DAY.fullmatch(words)
    if day:
        return token._replace(kind=Kind.DAY, value=day["date"] or day["past"] or day["to"])
    return token._replace(kind=Kind.END) if _END.fullmatch(words) else None


def _heading(name: str) -> str:
    first = name[:3].lower()
    return {"new": "New submissions", "cro": "Cross-lists"}.get(first, "Replacements")
