"""Terms: the small language of `themes.toml`, compiled once into a tree of words that is walked over a text.

    reward model        these words in a row, whatever the case; the last also in its plural ("reward models")
    instruct* model     `*` is any ending: "instructed", "instruction"
    moral|human values  any of the words
    fine-tuning         a hyphen is a hyphen, a blank or nothing: "fine-tuning", "fine tuning", "finetuning"
    follow ... rules    up to three words between, in the same sentence: "follow all of the rules"

No regular expressions: a tree of words takes time in proportion to the text, whatever the user writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product

from msgspec import Struct

from refkit.normalize import fold, to_unicode

GAP = "..."
GAP_WORDS = 3  # "follow the user's original instructions": four words between already cross clauses
_MOST_GAPS = 2  # each gap multiplies the work at one place of the text by GAP_WORDS + 1
_MOST_FORMS = 500  # spellings of one term; the longest of ours has 56
# A word without its possessive; or an abbreviation in brackets, which only repeats the words before it.
_TOKEN = re.compile(r"\([A-Z]\w{0,9}[A-Z]\w{0,3}\)|([^\W_]+)(?:['’]s(?![^\W_]))?")
# What may stand between two words of one phrase: blanks, quotes, remains of markup, or one hyphen.
_JOINT = re.compile(r"[\s\"'“”‘’`´$*{}~_]*|[-‐‑–]\s?")
_PATTERN = re.compile(r"[^\W_]+\*?")
_HISSES = ("s", "x", "z", "ch", "sh")


class Span(Struct, frozen=True):
    """A stretch of a text, counted in words, that is one term (by its number)."""

    start: int
    end: int
    term: int


class Text(Struct, frozen=True):
    """A text as a row of folded words, with their places; an empty word is a stop that no phrase crosses."""

    source: str
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, source: str) -> Text:
        """Take a text apart."""
        words: list[str] = []
        places: list[tuple[int, int]] = []
        end = 0
        for found in _TOKEN.finditer(source):
            if not found[1]:
                end = found.end()
                continue
            if words and not _JOINT.fullmatch(source, end, found.start()):
                words.append("")
                places.append((end, end))
            words.append(fold(found[1]))
            places.append((found.start(), found.end(1)))
            end = found.end()
        return cls(source, tuple(words), tuple(places))

    def said(self, span: Span) -> str:
        """The words of a span as they stand in the text."""
        return self.source[self.places[span.start][0] : self.places[span.end - 1][1]]


def forms(term: str) -> set[tuple[str, ...]]:
    """Every row of words that a term stands for; raises ValueError with a sentence for what is not a term."""
    parts = fold(to_unicode(term)).split()
    if not parts or parts[0] == GAP or parts[-1] == GAP:
        raise ValueError(f"{term!r} must begin and end with a word.")
    if parts.count(GAP) > _MOST_GAPS:
        raise ValueError(f"{term!r} has more than {_MOST_GAPS} gaps '{GAP}'.")
    choices = [_choices(part, term) for part in parts]
    choices[-1] = {row for choice in choices[-1] for row in _with_plural(choice)}
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST_FORMS:
        raise ValueError(f"{term!r} stands for {count} spellings, more than {_MOST_FORMS}; write several terms.")
    return {tuple(word for choice in row for word in choice) for row in product(*choices)}


def _choices(part: str, term: str) -> set[tuple[str, ...]]:
    """The rows of words that one part of a term stands for: alternatives, and hyphens three ways."""
    if part == GAP:
        return {(GAP,)}
    rows: set[tuple[str, ...]] = set()
    for alternative in part.split("|"):
        words = alternative.split("-")
        if not all(_PATTERN.fullmatch(word) for word in words) or any("*" in word for word in words[:-1]):
            raise ValueError(
                f"{term!r} is not a term: words of letters and digits, with '*' at the end of a word, "
                f"'|' between alternatives, '-' and '{GAP}' are understood."
            )
        rows |= {tuple(words), ("".join(words),)}
    return rows


def _with_plural(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The row itself and the row with its last word in the plural."""
    yield row
    *before, last = row
    if last.endswith("y") and last[-2:-1] not in set("aeiou"):
        yield (*before, last[:-1] + "ies")
    elif not last.endswith("*"):
        yield (*before, last + ("es" if last.endswith(_HISSES) else "s"))


class _Node:
    """A place in the tree: the words that may follow here, and the terms that end here."""

    __slots__ = ("ends", "lengths", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.lengths: tuple[int, ...] = ()
        self.ends: tuple[int, ...] = ()

    def child(self, word: str) -> _Node:
        if word.endswith("*") and len(word) - 1 not in self.lengths:
            self.lengths = (*self.lengths, len(word) - 1)
        return self.next.setdefault(word, _Node())

    def after(self, word: str) -> Iterator[_Node]:
        """The places that this word leads to: as it is, or by its beginning."""
        exact = self.next.get(word)
        if exact is not None:
            yield exact
        for length in self.lengths:
            if length <= len(word):
                begun = self.next.get(word[:length] + "*")
                if begun is not None:
                    yield begun


class Matcher:
    """Finds many terms at once; their numbers are their places in the sequence given.

    Raises ValueError, with a sentence, for what is not a term.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._root = _Node()
        for number, term in enumerate(terms):
            for row in sorted(forms(term)):
                node = self._root
                for word in row:
                    node = node.child(word)
                node.ends = (*node.ends, number)
        # Most words of a text begin no term, and most were seen before: this saves a quarter of the time.
        self._begun = lru_cache(maxsize=1 << 16)(lambda word: tuple(self._root.after(word)))

    def find(self, text: Text) -> list[Span]:
        """Every place where a term stands, overlapping ones included, in the order of the text, each once."""
        found = {
            Span(start, end, term)
            for start, word in enumerate(text.words)
            for child in self._begun(word)
            for end, terms in _walk(child, start + 1, text.words)
            for term in terms
        }
        return sorted(found, key=lambda span: (span.start, span.end, span.term))


def _walk(node: _Node, at: int, words: Sequence[str]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Follow the tree over the words from a place on; yield where terms end."""
    if node.ends:
        yield at, node.ends
    if node.next and at < len(words):
        for child in node.after(words[at]):
            yield from _walk(child, at + 1, words)
        gap = node.next.get(GAP)
        if gap is not None:
            yield from _leap(gap, at, words)


def _leap(gap: _Node, at: int, words: Sequence[str]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Go on after none to GAP_WORDS words, never over a stop."""
    for place in range(at, min(at + GAP_WORDS + 1, len(words))):
        if not words[place]:
            return
        for child in gap.after(words[place]):
            yield from _walk(child, place + 1, words)
