"""What the cells of a column look like, without its name: titles, names of authors, dates, links, running text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from refkit.digests.form import is_prose
from refkit.digests.lines import clean, parse_date, references
from refkit.model import PartialDate, find_arxiv_id

EMPTY, NUMBER, DATE, ARXIV, LINK, AUTHORS, TITLE, PROSE, WORD = (
    "empty", "number", "date", "arxiv", "link", "authors", "title", "prose", "word",
)  # fmt: skip

_NUMBER = re.compile(r"[-+~≈]?\s*[\d.,]+\s*(?:%|[kKmM])?|-+|n/?a|nan|none|null|true|false", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY_FORMS = (  # as spreadsheets write them; with slashes nobody knows which number is the day
    re.compile(r"(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?"),
    re.compile(r"(?P<year>(?:19|20)\d\d) ?[年년] ?(?P<month>\d{1,2}) ?[月월](?: ?(?P<day>\d{1,2}) ?[日일])?"),
    re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>(?:19|20)\d\d)"),
)
_LINK = re.compile(
    r"(?i)(?:https?://|www\.|(?:doi|arxiv|openreview|github)\.(?:org|net|com)/)\S+|(?:doi: ?)?10\.\d{4,9}/\S+"
)
_MARKED_LINK = re.compile(r"!?\[(?P<text>[^\[\]]*)\]\((?P<url>[^()\s]+)[^()]*\)")
_ID = re.compile(r"(?i)(?:arxiv[ :]*)?(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,2})?")
_PAPER_LINK = re.compile(r"(?i)arxiv\.org/|doi\.org/10\.|huggingface\.co/papers/|openreview\.net/|aclanthology\.org/\S")
# A word of a name: with a capital letter (of a script that has them), or a particle.
_NAME_WORD = re.compile(
    r"[^\W\d_a-zß-öø-ÿ][\w.'’‘`´-]*|[a-z]['’][^\W\d_]+|(?:de|der|den|van|von|da|di|la|le|du|dos|al|el|bin|ibn|ten|ter|zu|y)"
)
_AND = re.compile(r"\s*(?:;|\||,\s*(?:and|und|et|y|&)\s|\s(?:and|und|&)\s|,|、|，|；)\s*")
_ET_AL = re.compile(r"(?i)[,;]?\s*(?:\bet\.? ?al\b\.?|…|\.\.\.|and others|\bu\. ?a\.|等)\s*$")
_LITTLE = re.compile(r"\b(?:of|for|with|in|on|to|[Tt]he|an?|from|by|using|via|is|are|towards?|without|at|as|[Hh]ow)\b")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MOST = 0.8  # how many of a column's cells are what the column is
_LONGEST = 2_000  # of a longer cell only so much is looked at


class Cells(NamedTuple):
    """What most cells of a column are, how much they look like titles (0: not), and whether they link to papers."""

    kind: str
    titles: float
    papers: bool = False


def look_at(values: Sequence[str]) -> Cells:
    """Return what a column looks like by some of its cells; a column without any cell is EMPTY."""
    cells = [cell for cell in (clean(value[:_LONGEST]) for value in values) if cell]
    if not cells:
        return Cells(EMPTY, 0.0)
    kinds = Counter(kind_of(cell) for cell in cells)
    kind = _kind(kinds, len(cells))
    papers = sum(bool(_PAPER_LINK.search(cell)) or bool(_ID.fullmatch(cell)) for cell in cells) >= len(cells) / 2
    # A paper may want its authors or its date; a title it has.
    return Cells(kind, _titles(cells, kinds, kind) * len(cells) / len(values), papers)


def _kind(kinds: Counter[str], count: int) -> str:
    """Return the kind of a column; names, which look like short titles, need some cells with several of them."""
    if kinds[LINK] + kinds[ARXIV] >= _MOST * count:
        return LINK if kinds[LINK] >= kinds[ARXIV] else ARXIV
    if kinds[DATE] + kinds[NUMBER] >= _MOST * count:
        return DATE if kinds[DATE] >= kinds[NUMBER] else NUMBER
    best, often = kinds.most_common(1)[0]
    return best if often >= (0.6 if best in {AUTHORS, PROSE, TITLE} else _MOST) * count else WORD


def _titles(cells: Sequence[str], kinds: Counter[str], kind: str) -> float:
    """Return how much cells look like titles: most have the form of one, none stands there often."""
    share = kinds[TITLE] / len(cells)
    distinct = len({cell.casefold() for cell in cells}) / len(cells)
    if share < 0.5 or distinct < _MOST or kind in {LINK, ARXIV, DATE, NUMBER, AUTHORS, PROSE}:  # noqa: PLR2004
        return 0.0
    lengths = sum(min(_words(cell), 10) for cell in cells) / len(cells)
    return share * distinct * lengths


def kind_of(cell: str) -> str:
    """Return what one cell looks like."""
    if _ID.fullmatch(cell):
        return ARXIV
    if _NUMBER.fullmatch(cell):
        return DATE if date_of(cell) else NUMBER
    if _LINK.fullmatch(cell) or _is_marked_link(cell):
        return LINK
    if date_of(cell):
        return DATE
    if names_in(cell):
        return AUTHORS
    return _form_of(cell)


def is_link(cell: str) -> bool:
    """Whether a cell is a link or an id of a paper and nothing else."""
    return ("/" in cell or "." in cell) and bool(_LINK.fullmatch(cell) or _ID.fullmatch(cell))


def _is_marked_link(cell: str) -> bool:
    """Whether a cell is a link in Markdown whose text says nothing."""
    found = _MARKED_LINK.fullmatch(cell)
    return bool(found) and not looks_like_title(found["text"]) if found else False


def _form_of(cell: str) -> str:
    words = _words(cell)
    if words > 50 or (words > 12 and cell.endswith(".") and is_prose(cell)):  # noqa: PLR2004 - see form.py
        return PROSE
    if words > 25 and is_prose(cell):  # noqa: PLR2004
        return PROSE
    return TITLE if looks_like_title(cell) else WORD


def looks_like_title(cell: str) -> bool:
    """Whether a text has the form of a title: three words and more, most of them of letters, and no running text."""
    words = _words(cell)
    if not 3 <= words <= 50 or _LINK.search(cell[:20]) or len(cell) > 400:  # noqa: PLR2004 - see form.py
        return False
    letters = sum(letter.isalpha() for letter in cell)
    return letters >= 0.6 * len(cell.replace(" ", "")) and (
        cell[0].isupper() or not cell[0].isalpha() or _capital(cell)
    )


def _capital(cell: str) -> bool:
    """Whether a text that begins with a small letter has a capital in its first word, as `iGPT`, or none at all."""
    first = cell.split(" ", 1)[0]
    return first != first.lower() or not first.isascii() or "-" in first


def _words(cell: str) -> int:
    """Return the number of words; in a script without blanks two letters count as one."""
    return cell.count(" ") + 1 + len(_CJK.findall(cell)) // 2


def names_in(cell: str) -> bool:
    """Whether a cell is a list of names: at least two, or one with "et al." behind it."""
    bare = _ET_AL.sub("", cell)
    names = [name for name in _AND.split(bare) if name]
    if len(names) + (bare != cell) < 2 or _LITTLE.search(bare):  # noqa: PLR2004 - one name may be anything
        return False
    return all(_is_name(name.split()) for name in names)


def _is_name(words: Sequence[str]) -> bool:
    return len(words) <= 6 and all(_NAME_WORD.fullmatch(word) for word in words)  # noqa: PLR2004


def split_authors(text: str) -> tuple[str, ...]:
    """Return the names in one field: parted by `;`, ` and `, or commas unless these part family and given name.

    An "et al." at the end is no name.
    """
    text = _ET_AL.sub("", clean(text))
    for mark in (r"\s*[;；]\s*", r"\s*\|\s*", r"\s*[、，]\s*"):
        if re.search(mark, text):
            return tuple(name for name in re.split(mark, text) if name)
    names = re.split(r",?\s+(?:and|&)\s+", text)
    if all(name.count(",") <= 1 and " " not in name.partition(",")[0] for name in names if "," in name):
        return tuple(name for name in names if name)
    return tuple(name for part in names for name in re.split(r"\s*,\s*", part) if name)


def date_of(text: str, month: str = "", day: str = "") -> PartialDate | None:
    """Return the date in a field, with or without a time behind it; None for what is no date.

    A year may have its month and day in fields of their own.
    """
    text = re.split(r"[T ](?=\d\d:\d\d)", clean(text))[0]
    if _YEAR.fullmatch(text):
        return _with_month(int(text), clean(month), clean(day))
    found = next((found for form in _DAY_FORMS if (found := form.fullmatch(text))), None)
    if found:
        parts = [found["year"], f"{int(found['month']):02}", *([f"{int(found['day']):02}"] if found["day"] else [])]
        text = "-".join(parts)
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None if found else parse_date(text)


def _with_month(year: int, month: str, day: str) -> PartialDate:
    found = parse_date(f"{month} {year}") if month.isalpha() else None
    number = found.month if found and found.month else int(month) if re.fullmatch(r"0?[1-9]|1[0-2]", month) else None
    is_day = number is not None and re.fullmatch(r"0?[1-9]|[12]\d|3[01]", day)
    return PartialDate(year, number, int(day) if is_day else None)


def links_in(text: str) -> dict[str, str]:
    """Return what the links and ids in a field say; those in Markdown count by where they lead."""
    marked = " ".join(found["url"] for found in _MARKED_LINK.finditer(text)) if "](" in text else ""
    found = references(f"{marked} {text}" if marked else text)
    return found if found["arxiv_id"] or not marked else {**found, "arxiv_id": find_arxiv_id(marked)}
