"""Citekeys: `gur2018learning`, the same for the same paper on every day and in every order of the input.

Family name of the first author, year of v1 and first telling word of the title, all in lower-case ASCII: such
keys never drift with a new version (specs/field_mappings.md 4.4 shows some that did), and any TeX can cite
them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING

from refkit.normalize import fold, to_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from refkit.model import ArxivRecord, Work

STOP_WORDS = frozenset(
    "a an the and or nor but if so as at by for from in into of off on onto out over per than that "
    "these this those to toward towards under up upon via vs versus with within without between through "
    "about against after before during is are was were be been being am do does did done can could will "
    "would shall should may might must has have had i we you he she it they me us them my our your his "
    "her its their not no how what when where which who whom whose why whether there here then".split()
)
# The usual transcription of Cyrillic letters; other scripts need a dictionary.
_CYRILLIC = str.maketrans(
    dict(
        zip(
            "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
            "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i ye g u".split(),
            strict=True,
        )
    )
)
# A point inside a word stays in it: `Qwen2.5-Math` -> `qwen25math`.
_WORD = re.compile(r"(?:[^\s:;,.!?()\[\]{}<>/|\\\"“”„«»–—…+*=&%#@]|(?<=\w)\.(?=\w))+")


def cite_keys(
    works: Sequence[Work], *, key: Callable[[ArxivRecord], str] | None = None, taken: Collection[str] = ()
) -> list[str]:
    """Return one key for each work, in the order of the works; no two are equal, not even without their case.

    `key` makes the key of a record that meets no other (`base_key`). Works whose keys would be equal get `a`, `b`, ...
    `z`, `aa` in the order of submission, then of the id. Keys that are `taken` stay with those who have them: a work
    whose key is gets the first free letter.
    """
    bases = [(key or base_key)(work.record) for work in works]
    same: dict[str, list[int]] = defaultdict(list)
    for place, base in enumerate(bases):
        same[base.casefold()].append(place)
    others = {each.casefold() for each in taken}
    known = set(same) | others
    keys = list(bases)
    for base in sorted(same):
        places = same[base]
        if len(places) == 1 and base not in others:
            continue
        suffixes = _free_suffixes(base, known)
        for place in sorted(places, key=lambda place: _order(works[place].record)):
            letters = next(suffixes)
            keys[place] += letters
            known.add(base + letters)
    return keys


def base_key(record: ArxivRecord) -> str:
    """Return the key of a record that meets no other one.

    What is unknown is left out. `arxiv` and the digits of the id stand for the whole key where a first
    author's name has no Latin form, or where neither a name nor a word is known.
    """
    name, year, word = _name(record), _year(record), _title_word(record.title)
    if (record.authors and not name) or not re.search("[a-z]", name + word):  # biber refuses the key `0`
        return fallback_key(record)
    return name + year + word


def fallback_key(record: ArxivRecord) -> str:
    """Return the key of a record that has nothing else to make one of: `arxiv` and the digits of its id."""
    return "arxiv" + re.sub(r"[^a-z0-9]", "", fold(record.arxiv_id))


def title_words(title: str) -> list[str]:
    """Return the words of a title in Latin letters, capitals kept, hyphenated parts joined: `B-Coder` -> `BCoder`."""
    words = (re.sub(r"[^A-Za-z0-9]", "", latin_letters(word)) for word in _WORD.findall(to_unicode(title)))
    return [word for word in words if word]


def _name(record: ArxivRecord) -> str:
    if not record.authors:
        return ""
    author = record.authors[0]
    return re.sub(r"[^a-z]", "", latin(author.family or author.literal or author.given))


def _year(record: ArxivRecord) -> str:
    return f"{record.submitted.year:04}" if record.submitted and record.submitted.year else ""


def _title_word(title: str) -> str:
    """Return the first word that is no stop word, its hyphenated parts joined: `B-Coder` -> `bcoder`."""
    words = [re.sub(r"[^a-z0-9]", "", latin(word)) for word in _WORD.findall(to_unicode(title))]
    words = [word for word in words if word]
    return next((word for word in words if word not in STOP_WORDS), words[0] if words else "")


def latin(text: str) -> str:
    """Return a text in lower-case Latin letters, as far as its letters have such a form."""
    return fold(unicodedata.normalize("NFC", to_unicode(text)).casefold().translate(_CYRILLIC))


def latin_letters(text: str) -> str:
    """Return a text in ASCII as far as its letters have a Latin form, capitals kept."""
    if text.isascii():
        return text
    return "".join(map(_latin_letter, unicodedata.normalize("NFC", to_unicode(text))))


def _latin_letter(char: str) -> str:
    if char.isascii():
        return char
    plain = latin(char)
    return plain[:1].upper() + plain[1:] if char.isupper() else plain


def _order(record: ArxivRecord) -> tuple[tuple[int, int, int], str, str]:
    date = record.submitted
    known = (date.year or 9999, date.month or 0, date.day or 0) if date else (9999, 0, 0)
    return known, record.arxiv_id, repr(record)


def suffix(number: int) -> str:
    """Return the letters of a collision: 1 is `a`, 26 `z`, 27 `aa`."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def _free_suffixes(base: str, taken: set[str]) -> Iterator[str]:
    """Yield `a` to `z`, `aa`, `ab` ... but those that would make a key which another work has."""
    for number in count(1):
        if base + suffix(number) not in taken:
            yield suffix(number)
