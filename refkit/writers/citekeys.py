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
    from collections.abc import Collection, Iterator, Sequence

    from refkit.model import ArxivRecord, Work

_STOP_WORDS = frozenset(
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


def cite_keys(works: Sequence[Work]) -> list[str]:
    """Return one key for each work, in the order of the works; no two are equal, not even without their case.

    Works whose keys would be equal get `a`, `b`, ... `z`, `aa` in the order of submission, then of the id.
    """
    same: dict[str, list[int]] = defaultdict(list)
    for place, work in enumerate(works):
        same[base_key(work.record)].append(place)
    taken = set(same)
    keys = [""] * len(works)
    for base in sorted(same):
        places = same[base]
        if len(places) == 1:
            keys[places[0]] = base
            continue
        suffixes = _free_suffixes(base, taken)
        for place in sorted(places, key=lambda place: _order(works[place].record)):
            keys[place] = base + next(suffixes)
            taken.add(keys[place])
    return keys


def fresh_keys(works: Sequence[Work], taken: Collection[str]) -> list[str]:
    """Return a key for each work that none of the `taken` ones is equal to, not even without its case.

    Keys that exist are never changed for it: a work whose key is taken gets the next free suffix.
    """
    known = {key.casefold() for key in taken}
    keys = [""] * len(works)
    for place in sorted(range(len(works)), key=lambda place: _order(works[place].record)):
        base = base_key(works[place].record)
        key = base if base not in known else base + next(_free_suffixes(base, known))
        keys[place] = key
        known.add(key)
    return keys


def base_key(record: ArxivRecord) -> str:
    """Return the key of a record that meets no other one.

    What is unknown is left out. `arxiv` and the digits of the id stand for the whole key where a first
    author's name has no Latin form, or where neither a name nor a word is known.
    """
    name, year, word = _name(record), _year(record), _title_word(record.title)
    if (record.authors and not name) or not re.search("[a-z]", name + word):  # biber refuses the key `0`
        return "arxiv" + re.sub(r"[^a-z0-9]", "", fold(record.arxiv_id))
    return name + year + word


def _name(record: ArxivRecord) -> str:
    if not record.authors:
        return ""
    author = record.authors[0]
    return re.sub(r"[^a-z]", "", _latin(author.family or author.literal or author.given))


def _year(record: ArxivRecord) -> str:
    return f"{record.submitted.year:04}" if record.submitted and record.submitted.year else ""


def _title_word(title: str) -> str:
    """Return the first word that is no stop word, its hyphenated parts joined: `B-Coder` -> `bcoder`."""
    words = [re.sub(r"[^a-z0-9]", "", _latin(word)) for word in _WORD.findall(to_unicode(title))]
    words = [word for word in words if word]
    return next((word for word in words if word not in _STOP_WORDS), words[0] if words else "")


def _latin(text: str) -> str:
    return fold(unicodedata.normalize("NFC", to_unicode(text)).casefold().translate(_CYRILLIC))


def _order(record: ArxivRecord) -> tuple[tuple[int, int, int], str, str]:
    date = record.submitted
    known = (date.year or 9999, date.month or 0, date.day or 0) if date else (9999, 0, 0)
    return known, record.arxiv_id, repr(record)


def _free_suffixes(base: str, taken: set[str]) -> Iterator[str]:
    """Yield `a` to `z`, `aa`, `ab` ... but those that would make a key which another work has."""
    for number in count(1):
        suffix, rest = "", number
        while rest:
            rest, letter = divmod(rest - 1, 26)
            suffix = chr(ord("a") + letter) + suffix
        if base + suffix not in taken:
            yield suffix
