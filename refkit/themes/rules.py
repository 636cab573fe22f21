"""Themes by rules: weighted terms in the title and the abstract, read from a taxonomy that people can read too.

How a work gets its points, per theme: a term counts its weight each time it stands in a text, twice at most, and where
two terms overlap only the heavier counts; words inside an excluded phrase count nothing. A title counts threefold, a
summary of a few words double, since it has no room for what is only mentioned in passing. Several spellings of a title
are one voice, and so are several summaries. The figures that set these numbers are in docs/themes.md.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.errors import ConfigError
from refkit.model import ThemeTag
from refkit.normalize import fold, to_unicode
from refkit.themes.taxonomy import Taxonomy, Term, Theme, load_taxonomy
from refkit.themes.terms import Matcher, Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from refkit.model import Work

__all__ = ["RuleTagger", "Taxonomy", "Term", "Theme", "load_taxonomy"]

# Each number: the sweep in docs/themes.md.
TITLE_FACTOR = 3
SUMMARY_FACTOR = 2
SUMMARY_WORDS = 60
MOST_TIMES = 2
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\\", re.DOTALL)


class _Use(Struct, frozen=True):
    """What one term is for: `weight` points for a theme, 0 for an excluded phrase, None for a need."""

    theme: int
    weight: int | None


class _Reading(Struct, frozen=True):
    """One text of a work, with the spans found in it."""

    text: Text
    factor: int
    spans: tuple[Span, ...]


class RuleTagger:
    """Gives themes by a taxonomy, the shipped one unless another is given; read at the first use, then kept.

    Raises ConfigError at the first `tag` if a term of the taxonomy cannot be understood.
    """

    name = "rules"

    def __init__(self, taxonomy: Taxonomy | None = None) -> None:
        self._taxonomy = taxonomy
        self._rules: _Rules | None = None

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes of a work, sorted, each with the words that fired, as they stand in the text and in its order."""
        if self._rules is None:
            self._rules = _Rules(self._taxonomy or load_taxonomy())
        return self._rules.tag(work)


class _Rules:
    """A taxonomy, compiled."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.themes = sorted(taxonomy.themes, key=lambda theme: theme.id)
        uses = [pair for number, theme in enumerate(self.themes) for pair in _uses(number, theme)]
        self.uses = [use for _, use in uses]
        try:
            self.matcher = Matcher(words for words, _ in uses)
        except ValueError as error:
            raise ConfigError(f"The taxonomy cannot be used: {error}") from error

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        titles = [self._read(title, TITLE_FACTOR) for title in _titles(work)]
        abstracts = [self._read(abstract) for abstract in _abstracts(work)]
        spoken = {self.uses[span.term].theme for reading in (*titles, *abstracts) for span in reading.spans}
        tags = (self._judge(number, titles, abstracts) for number in sorted(spoken))
        return tuple(tag for tag in tags if tag)

    def _read(self, source: str, factor: int = 0) -> _Reading:
        text = Text.of(source)
        factor = factor or (SUMMARY_FACTOR if sum(map(bool, text.words)) <= SUMMARY_WORDS else 1)
        return _Reading(text, factor, tuple(self.matcher.find(text)))

    def _judge(self, number: int, titles: Sequence[_Reading], abstracts: Sequence[_Reading]) -> ThemeTag | None:
        """The tag of one theme, or None if it has too few points or lacks what it needs."""
        theme = self.themes[number]
        chosen = [(reading, self._counted(number, reading)) for reading in (*titles, *abstracts)]
        points = [reading.factor * self._points(spans) for reading, spans in chosen]
        # Two spellings of one title, or two summaries, are one voice: the stronger speaks.
        best = max(points[: len(titles)], default=0) + max(points[len(titles) :], default=0)
        if best < theme.threshold or not self._has_needs(number, (*titles, *abstracts)):
            return None
        said: dict[str, str] = {}
        for reading, spans in chosen:
            for span in spans:
                words = reading.text.said(span)
                said.setdefault(fold(words), words)
        return ThemeTag(theme.id, tuple(said.values()))

    def _counted(self, number: int, reading: _Reading) -> list[Span]:
        """The spans that count for a theme: outside excluded phrases, the heavier of two that overlap."""
        taken = [span for span in reading.spans if self.uses[span.term] == _Use(number, 0)]
        mine = [span for span in reading.spans if self._weight(span) and self.uses[span.term].theme == number]
        kept = []
        for span in sorted(mine, key=lambda span: (-self._weight(span), span.start - span.end, span.start)):
            if all(span.end <= other.start or other.end <= span.start for other in taken):
                taken.append(span)
                kept.append(span)
        return sorted(kept, key=lambda span: span.start)

    def _points(self, spans: Iterable[Span]) -> int:
        times = Counter(span.term for span in spans)
        return sum(min(count, MOST_TIMES) * (self.uses[term].weight or 0) for term, count in times.items())

    def _has_needs(self, number: int, readings: Iterable[_Reading]) -> bool:
        need = _Use(number, None)
        return not self.themes[number].needs or any(
            self.uses[span.term] == need for reading in readings for span in reading.spans
        )

    def _weight(self, span: Span) -> int:
        return self.uses[span.term].weight or 0


def _uses(number: int, theme: Theme) -> Iterator[tuple[str, _Use]]:
    for term in theme.terms:
        yield term.words, _Use(number, term.weight)
    for words in theme.excluded:
        yield words, _Use(number, 0)
    for words in theme.needs:
        yield words, _Use(number, None)


def _titles(work: Work) -> list[str]:
    titles = [work.record.title, *(mention.title for mention in work.mentions)]
    return _distinct(to_unicode(title) for title in titles)


def _abstracts(work: Work) -> list[str]:
    """The abstracts without TeX commands: no term has one, and reading them as TeX takes three quarters of the time."""
    abstracts = [work.record.abstract, *(mention.abstract for mention in work.mentions)]
    return _distinct(to_unicode(_COMMAND.sub(" ", abstract)) for abstract in abstracts)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
