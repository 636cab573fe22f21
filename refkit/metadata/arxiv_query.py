"""Titles -> clauses of arXiv's query language, and clauses -> batches. Pure.

A quoted title term means: these words, stemmed, next to each other and in this order, anywhere in the title; a stop
word stands for any word. Hyphens, colons and case do not count, accents and apostrophes do. All infix operators have
the same precedence and associate to the right, so everything that mixes them stands in parentheses. (arXiv's search
code, arXiv/arxiv-search of July 2026: classic_api and the title mapping.)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

import msgspec

from refkit.model import Mention
from refkit.names import parse_name
from refkit.normalize import before_colon, is_truncated, without_ellipsis

# Lucene's English stop words: a phrase of nothing else finds nothing, or, if empty, the whole of arXiv.
_STOP = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with".split()
)
# TeX and Greek letters may be written otherwise in the index than in the digest: phrases are cut there, and the whole
# word goes. (After a command without braces the next word goes too: arXiv swallows the blank between them.)
_BREAK = "α"
_TEX = re.compile(r"\$[^$]*\$|(?:(?<![\w{}.,;])[\w{}.,;]+)?\\(?:[A-Za-z]+\s*\{[^{}]*\}|[A-Za-z]+\s*|.)[\w{}]*")
_GLUED = r"\w.,;'‘’·‧"
_CUT = re.compile(
    rf"(?:(?<![{_GLUED}])[{_GLUED}]+)?(?:[\u0370-\u03ff]|(?<=\w)['‘’·‧](?![sS]\b)\w)[{_GLUED}]*|[\u2190-\u22ff]"
)
_POSSESSIVE = re.compile(r"(?<=\w)['’](?=[sS]\b)")
_WORD = re.compile(r"\w+(?:[.']\w+|(?<=\d)[,;]\d+)*")
# What digests print round and after a name.
_NO_NAME = re.compile(r"(?i)^.*\||<[^<>]{0,40}>|[\d_*†‡§]|\b(?:et\.?\s*al\.?|and others|others)\s*$")
# What an unquoted term can hold without being taken apart: letters only, none of them accented.
_PLAIN = re.compile(r"[a-z]{3,}")


class Question(msgspec.Struct, frozen=True):
    """What is asked for one title: a clause, the words that it asks for (ways to be found), and its cost in terms.

    `is_short`: the clause is so short that many titles may hold it, and it must not be asked among others.
    """

    clause: str
    ways: tuple[tuple[str, ...], ...]
    is_short: bool = False

    @property
    def terms(self) -> int:
        """How many terms of the query language the clause has."""
        return self.clause.count(":")


# The ways of asking, cheapest first; `ask` makes the question of each.
WHOLE, PARTS, GROUPS = range(3)
# Words of a phrase: enough to be rare, few enough to survive another ending and to spare bytes.
_PHRASE = 10
_SHORT_PHRASE = 5
# A phrase with fewer content words may stand in many titles.
_ENOUGH = 3
# A group of words: at least two, and so rare together that of three million titles hardly one has them by chance.
_MOST_GROUPS, _FEWEST_WORDS, _MOST_WORDS, _RARE = 2, 2, 5, 3e-8
# Words of which one must stand beside the name before the colon.
_BESIDE_NAME = 6
_COUNTED = 400_000
_UNCOMMON = 2e-3


def ask(mention: Mention, rung: int) -> Question | None:
    """Return the question for a title on this rung; None if nothing can be asked.

    WHOLE asks for the title as a phrase, PARTS for shorter phrases of it, GROUPS for rare words in any order.
    """
    return {WHOLE: _whole, PARTS: _parts, GROUPS: _groups}[rung](mention)


def _whole(mention: Mention) -> Question | None:
    run = max(_runs(mention.title), key=_content, default=[])[:_PHRASE]
    if not _content(run):
        return None
    clause, is_short = _phrase(run), _content(run) < _ENOUGH
    family = next((name for each in mention.authors if (name := _family(each))), "")
    if is_short and family:
        return Question(f'({clause} AND au:"{family}")', (tuple(run),), is_short)
    return Question(clause, (tuple(run),), is_short)


def _parts(mention: Mention) -> Question | None:
    whole = _whole(mention)
    if whole and whole.is_short and " AND au:" in whole.clause:  # the digest may have another name
        return _whole(msgspec.structs.replace(mention, authors=()))
    runs = list(_runs(mention.title))
    head = next(_runs(before_colon(mention.title)), []) if before_colon(mention.title) else []
    candidates = [head] if _content(head) > 1 and len(head) <= _PHRASE else []
    for run in sorted(runs, key=_content, reverse=True)[:2]:
        if len(run) > _SHORT_PHRASE:
            candidates += [run[:_SHORT_PHRASE], run[-_SHORT_PHRASE:]]
        elif run != runs[0] or len(runs) > 1:
            candidates.append(run)
    ways = tuple(dict.fromkeys(tuple(run) for run in candidates if _content(run) > 1))
    return _any(tuple(_phrase(way) for way in ways), ways)


def _groups(mention: Mention) -> Question | None:
    """Two groups without a common word, where the title has so many: a misprint then spoils only one."""
    known = {word.casefold() for run in _runs(mention.title) for word in run}
    rest = sorted((w for w in known if _PLAIN.fullmatch(w) and w not in _STOP), key=lambda w: (_share(w), w))
    ways: list[tuple[str, ...]] = []
    clauses: list[str] = []
    name = _nickname(mention.title)
    if name and (others := [word for word in rest if word != name][:_BESIDE_NAME]):
        ways += [(name, word) for word in others]
        clauses.append(f"(ti:{name} AND ({' OR '.join(f'ti:{word}' for word in others)}))")
    for _ in range(_MOST_GROUPS):
        if group := _rare_group(rest):
            ways.append(tuple(group))
            clauses.append(f"({' AND '.join(f'ti:{word}' for word in group)})")
        rest = [word for word in rest if word not in group]
    return _any(clauses, tuple(ways))


def _nickname(title: str) -> str:
    """Return the name before the colon ("PLUM: ..."), which outlives the rest of a title; "" if it is a usual word."""
    run = next(_runs(before_colon(title)), []) if before_colon(title) else []
    name = run[0].casefold() if len(run) == 1 else ""
    return name if _PLAIN.fullmatch(name) and name not in _STOP and name not in _shares() else ""


def _rare_group(rarest_first: Sequence[str]) -> Sequence[str]:
    """Return as many of the rarest words as hardly any other title can have all; none if there are not enough."""
    share = 1.0
    for number, word in enumerate(rarest_first[:_MOST_WORDS], start=1):
        share *= _share(word)
        if number >= _FEWEST_WORDS and share <= _RARE:
            return rarest_first[:number]
    return ()


def _any(clauses: Sequence[str], ways: tuple[tuple[str, ...], ...]) -> Question | None:
    if not clauses:
        return None
    return Question(" OR ".join(clauses), ways)


def _phrase(run: Iterable[str]) -> str:
    clause = f'ti:"{" ".join(run)}"'
    # A "_" in the second token of a query becomes the name in all author clauses (a bug of arXiv's).
    return f"({clause})" if "_" in clause else clause


def _family(name: str) -> str:
    """Return the family name that a digest gives; "" if there is none, or only an initial."""
    author = parse_name(_NO_NAME.sub("", _without_raised(name)))
    found = _WORD.findall(author.family or author.literal)
    return found[-1] if found and len(found[-1]) > 1 else ""


def _without_raised(text: str) -> str:
    """Return a text without "²" and "½", which the index drops; in names they point to notes."""
    return "".join(" " if unicodedata.category(char) == "No" else char for char in text)


def _content(run: Iterable[str]) -> int:
    """Return how many words of a run count: all but the stop words and what holds no letter or digit."""
    kept = (word.casefold().removesuffix("'s") for word in run)
    return sum(word not in _STOP and any(map(str.isalnum, word)) for word in kept)


def _runs(title: str) -> Iterator[list[str]]:
    """Yield the runs of words of a title that the index surely holds as they are written here."""
    text = unicodedata.normalize("NFC", _without_raised(without_ellipsis(title)))
    text = _TEX.sub(_BREAK, text).replace("{", "").replace("}", "")
    pieces = _CUT.split(_POSSESSIVE.sub("'", text))
    for number, piece in enumerate(pieces, start=1):
        run = _WORD.findall(piece)
        if number == len(pieces) and is_truncated(title):
            run = run[:-1]  # the last word may be cut too
        if run:
            yield run


@cache
def _shares() -> dict[str, float]:
    """Return the commonest words of titles with the share of titles that have them (of 400,000 from all fields)."""
    lines = resources.files("refkit.metadata").joinpath("common_words.txt").read_text(encoding="ascii").splitlines()
    return {word: int(count) / _COUNTED for word, count in map(str.split, lines)}


def _share(word: str) -> float:
    """Return the share of titles that have a word; of one that is not common, a guess that falls with its length."""
    return _shares().get(word) or _UNCOMMON / len(word)
