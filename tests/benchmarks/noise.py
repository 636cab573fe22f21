"""Titles as digests spoil them: one function for each kind of noise, each a pure function of the title and a chance.

A function returns None where its noise cannot be made (a title without a colon has no subtitle to drop).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ACCENTS = {"a": "á", "e": "é", "i": "í", "o": "ö", "u": "ü", "c": "ç", "n": "ñ"}
_FILLERS = "novel deep robust efficient towards improved general simple fast new on the".split()

Noise = Callable[[str, random.Random], str | None]


def clean(title: str, _: random.Random) -> str | None:
    """The title as it is."""
    return title


def case(title: str, chance: random.Random) -> str | None:
    """Other capitals."""
    return chance.choice([str.upper, str.lower, str.title])(title)


def punctuation(title: str, _: random.Random) -> str | None:
    """Other hyphens, colons and a full stop."""
    return title.replace("-", " ").replace(":", " -") + "."


def unicode(title: str, chance: random.Random) -> str | None:
    """Accents on letters that have none, typographic quotes and dashes."""
    places = [place for place, char in enumerate(title) if char in _ACCENTS]
    for place in chance.sample(places, min(2, len(places))):
        title = title[:place] + _ACCENTS[title[place]] + title[place + 1 :]
    return title.replace("'", "’").replace("-", "‐")


def spacing(title: str, chance: random.Random) -> str | None:
    """Words joined or broken."""
    blanks = [found.start() for found in re.finditer(r"(?<=[a-z]) (?=[a-z])", title)]
    if not blanks:
        return None
    place = chance.choice(blanks)
    return title[:place] + title[place + 1 :]


def latex(title: str, chance: random.Random) -> str | None:
    """A word in TeX."""
    found = title.split()
    place = chance.randrange(len(found))
    found[place] = chance.choice([r"$\mathrm{%s}$", r"\textit{%s}", "{%s}", r"\emph{%s}"]) % found[place]
    return " ".join(found)


def typo(title: str, chance: random.Random, count: int) -> str | None:
    """`count` letters missing, doubled, exchanged or others, in different words if there are so many."""
    found = title.split()
    places = [place for place, word in enumerate(found) if sum(map(str.isalpha, word)) >= 3]
    if not places:
        return None
    chosen = chance.sample(places, min(count, len(places)))
    chosen += [chance.choice(places) for _ in range(count - len(chosen))]
    for place in chosen:
        found[place] = _misspelt(found[place], chance)
    return " ".join(found)


def _misspelt(word: str, chance: random.Random) -> str:
    place = chance.randrange(max(1, len(word) - 1))
    head, char, rest = word[:place], word[place : place + 1], word[place + 1 :]
    kind = chance.randrange(4)
    if kind == 0:
        return head + rest or word
    if kind == 1:
        return head + char + chance.choice(_LETTERS) + rest
    if kind == 2:
        return head + chance.choice(_LETTERS) + rest
    return head + rest[:1] + char + rest[1:]


def typo1(title: str, chance: random.Random) -> str | None:
    """One typing error."""
    return typo(title, chance, 1)


def typo3(title: str, chance: random.Random) -> str | None:
    """Three typing errors."""
    return typo(title, chance, 3)


def word(title: str, chance: random.Random) -> str | None:
    """A word missing, or one too many."""
    found = title.split()
    if len(found) < 4:
        return None
    place = chance.randrange(len(found))
    if chance.random() < 0.5:
        del found[place]
    else:
        found.insert(place, chance.choice(_FILLERS))
    return " ".join(found)


def truncated(title: str, chance: random.Random) -> str | None:
    """The end cut with an ellipsis, after half of it or more."""
    if len(title) < 40:
        return None
    return title[: chance.randint(max(20, len(title) // 2), len(title) - 5)].rstrip() + chance.choice(["...", "…"])


def subtitle(title: str, _: random.Random) -> str | None:
    """What stands before the colon, if that is two words or more."""
    head, colon, rest = title.partition(": ")
    return head if colon and rest and len(head.split()) > 1 else None


def name(title: str, _: random.Random) -> str | None:
    """The name before the colon only, if it is one word."""
    head, colon, rest = title.partition(": ")
    return head if colon and rest and len(head.split()) == 1 else None


def junk(title: str, chance: random.Random) -> str | None:
    """The dirt of lists before and behind."""
    return chance.choice(["38. {}", "[arXiv] {}", "{} (2023)", "{} [PDF]", "**{}**", "{}, NeurIPS"]).format(title)


def combined(title: str, chance: random.Random) -> str | None:
    """Two kinds at once."""
    first = chance.choice([typo1, word, case, spacing])(title, chance)
    return first and chance.choice([unicode, punctuation, junk, typo1])(first, chance)


KINDS: dict[str, Noise] = {
    noise.__name__: noise
    for noise in (clean, case, punctuation, unicode, spacing, latex, junk, typo1, typo3, word, truncated, subtitle,
                  name, combined)
}  # fmt: skip
