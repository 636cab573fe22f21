"""Names of people in rows of Markdown, told from the words of titles by how rare they are in titles."""

from __future__ import annotations

import re

from refkit import rarity
from refkit.digests.cells import split_authors
from refkit.digests.lines import clean
from refkit.digests.markdown_tags import without_source
from refkit.digests.page_people import names_in

# Bits of a word of a name on the average, so many or more: so it is with 99.1 of 100 single names and 99.9 of 100 lists
# of three authors on arXiv (60,000 looked at), and with 1 of 300 pieces of 40,000 titles that have the form of a name.
_BITS = 11.0
_INITIAL = re.compile(r"(?:^|[\s,.])[^\W\d_a-z]\.")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_ET_AL = re.compile(
    r"(?P<names>(?:[^\W\d_][\w.'’-]*\s){0,3}[^\W\d_][\w'’-]+"
    r"(?:,? (?:and|&) [^\W\d_][\w'’-]+)?),?\s*\(?\bet\.? ?al\b\.?\)?"
)
_AFTER_NAMES = tuple(
    re.compile(form)
    for form in (
        r"$",
        r"(?<![\s.][A-Z])(?<!^[A-Z])\.\s|\s[–—|-]\s|:\s|\s{2,}",
        r"\s*[(\[]",
        r",?\s+(?:in )?(?=[A-Z][\w&-]{2,}(?: [A-Z]\w*)?[\s,]*['’]?(?:(?:19|20)\d\d|\d\d)\b)",
        r",\s+(?=(?:19|20)\d\d)",
    )
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|['’]\d\d\b")
_EDGES = " .,;:()[]{}*_-–—|"
_LONGEST = 3_000
_SHORT = 4  # letters; many short words are names as well ("An", "Ray")


def people(text: str, *, least: int = 2, rare: bool = False) -> tuple[str, ...]:
    """Return the names in a text that lists at least so many people, or in "Doe et al."; () if it is something else.

    With `rare`, initials do not tell: "I. Bar Formation" has one.
    """
    text = re.sub(r"\. -(?=[A-Z]\.)", ".-", clean(text).strip(_EDGES))
    others = _ET_AL.fullmatch(text) if len(text) < 200 else None  # noqa: PLR2004
    if others:
        return tuple(re.split(r",? (?:and|&) ", others["names"]))
    if not _may_be_names(text):
        return ()
    names = names_in(text, least=least)
    return names if names and ((not rare and _INITIAL.search(text)) or _bits(text) >= _BITS) else ()


def _may_be_names(text: str) -> bool:
    """Whether a text has enough separators for a list of names, so that no prose is searched for some."""
    return len(text) < 80 or (text.count(",") + text.count(";") + text.count(" and ")) * 60 > len(text)  # noqa: PLR2004


def _bits(text: str) -> float:
    words = [word for word in _WORDS.findall(text[:500]) if not word[0].islower()]
    bits = [max(rarity.bits(word.lower()), _BITS if len(word) < _SHORT else 0.0) for word in words]
    return sum(bits) / len(bits) if bits else _BITS


def people_at(text: str) -> tuple[tuple[str, ...], str]:
    """Return the names that a text consists of, or with which it begins, and what stands behind them."""
    head = re.sub(r"(?i)^(?:by|authors?)[:\s]+", "", text[:_LONGEST])
    for form in _AFTER_NAMES:
        found = form.search(head)
        if found and (names := people(head[: found.start()], least=_least(found, head))):
            return names, head[found.end() :] + text[_LONGEST:]
    short = without_source(head)
    names = people(short, least=1) if short != head else ()
    return names, "" if names else text


def _least(found: re.Match[str], text: str) -> int:
    """Return how many names there must be: one before a venue or a year, two before a sentence ("Vibe Check: ...")."""
    sign = found[0].strip()
    dated = bool(_DATED.search(text[found.end() : found.end() + 100]))
    return 1 if found.start() < len(text) and (sign in {"", ",", "(", "["} or (sign == "." and dated)) else 2


def people_before(text: str) -> tuple[str, ...]:
    """Return the names of a citation before its title ("Doe, J., & Roe, R. (2020). ")."""
    text = re.sub(r"[\s(,]*(?:19|20)\d\d[a-z]?[\s).,:–—-]*$", "", text)
    return people(text, least=1)


def authors_of(text: str) -> tuple[str, ...]:
    """Return the names in a field for authors, whatever they look like."""
    text = clean(text).strip(" *_.,;:|")
    names = names_in(text, least=1)
    if names or len(text) > 7 * _LONGEST:
        return names
    found = split_authors(re.sub(r"(?i),?\s*(?:\bet\.? ?al\b|and others|\.\.\.|…).*$", "", text))
    names = tuple(name.strip(" .*_") for name in found if 1 < len(name.strip(" .*_")) < 60)  # noqa: PLR2004
    return names if all(name[0].isalpha() for name in names) else ()
