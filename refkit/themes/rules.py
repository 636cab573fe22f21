"""Themes by rules: weighted terms in the title and the abstract, read from a taxonomy that people can read too.

How a work gets its points, per theme: a term counts its weight each time it stands in a text, twice at most, and where
two terms overlap only the heavier counts; words inside an excluded phrase count nothing. A title counts threefold, a
summary of a few words double, since it has no room for what is only mentioned in passing. Several spellings of a title
are one voice, and so are several summaries. A category of arXiv that speaks for the theme counts its weight if it is
the primary one, half of it if the paper is only cross-listed there; of several the strongest counts. Where the
categories are known and none speaks for a theme that names some, it needs twice the points, and half as much again
where they are not known. A work that got no theme
gets those `at_large`, and if there is none, the field of its primary category. The figures that set these numbers are
in docs/themes.md.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from refkit.errors import ConfigError
from refkit.model import ThemeTag
from refkit.normalize import fold, to_unicode
from refkit.themes.taxonomy import Category, Taxonomy, Term, Theme, is_category, load_taxonomy
from refkit.themes.terms import Matcher, Span, Text
from refkit.toml_places import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from refkit.model import Work
    from refkit.protocols import Surroundings

__all__ = ["Category", "RuleTagger", "Rules", "Taxonomy", "Term", "Theme", "load_taxonomy"]

# Each number: the sweep in docs/themes.md.
TITLE_FACTOR = 3
SUMMARY_FACTOR = 2
SUMMARY_WORDS = 60
MOST_TIMES = 2
CROSS_LISTED = 2  # by what the weight of a category is divided where the paper is only cross-listed
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\\", re.DOTALL)


class Use(Struct, frozen=True):
    """What one term is for: `weight` points for a theme, 0 for an excluded phrase, None for a need."""

    theme: int
    weight: int | None
    words: str


class Reading(Struct, frozen=True):
    """One text of a work, with the spans found in it by theme; `factor` is what its terms count, `title` what it is."""

    text: Text
    factor: int
    spans: Mapping[int, Sequence[Span]]
    title: bool


class Voice(Struct, frozen=True):
    """What one text says for one theme: the spans that count, and their points."""

    reading: Reading
    spans: tuple[Span, ...]
    points: int


class Weighed(Struct, frozen=True):
    """One theme weighed for one work, before it is decided: all that `refkit themes explain` shows.

    `category` is the code that speaks loudest, with its points; `known` is whether the work has any; `needed` is
    whether it has what the theme needs.
    """

    number: int
    theme: Theme
    voices: tuple[Voice, ...]
    category: tuple[str, int]
    known: bool
    needed: bool

    @property
    def points(self) -> int:
        """The points of the strongest title, the strongest abstract and the strongest category."""
        titles = (voice.points for voice in self.voices if voice.reading.title)
        abstracts = (voice.points for voice in self.voices if not voice.reading.title)
        return max(titles, default=0) + max(abstracts, default=0) + self.category[1]

    @property
    def limit(self) -> int:
        """The points that the theme needs for this work."""
        return self.theme.limit(listed=self.category[1] > 0, known=self.known)

    @property
    def given(self) -> bool:
        """Whether the theme is given for these points."""
        return self.needed and self.points >= self.limit


class RuleTagger:
    """Gives themes by a taxonomy, the shipped one unless another is given; read at the first use, then kept.

    Raises ConfigError at the first `tag` if a term of the taxonomy cannot be understood.
    """

    name = "rules"

    def __init__(self, taxonomy: Taxonomy | None = None) -> None:
        self._taxonomy = taxonomy
        self._rules: Rules | None = None

    @classmethod
    def open(cls, settings: Mapping[str, Any], surroundings: Surroundings) -> RuleTagger:
        """Return the tagger with the files of `themes` laid over the shipped taxonomy; raises ConfigError."""
        del surroundings  # it keeps nothing
        try:
            chosen = msgspec.convert(settings, _Settings)
        except msgspec.ValidationError as error:
            raise ConfigError(f"[taggers.rules] cannot be used: {told(error)}; its setting is: themes.") from error
        return cls(load_taxonomy(*map(Path, chosen.themes)) if chosen.themes else None)

    @property
    def rules(self) -> Rules:
        """The taxonomy, compiled; raises ConfigError."""
        if self._rules is None:
            self._rules = Rules(self._taxonomy or load_taxonomy())
        return self._rules

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes of a work, sorted, each with what fired: words as they stand there in their order, a category."""
        return decide(self.rules.weigh(work)) or self.rules.field_of(work)


class _Settings(Struct, forbid_unknown_fields=True):
    themes: list[str] = []


class Rules:
    """A taxonomy, compiled. Raises ConfigError for a term that cannot be understood."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.themes = sorted(taxonomy.themes, key=lambda theme: theme.id)
        self.uses = [use for number, theme in enumerate(self.themes) for use in _uses(number, theme)]
        try:
            self._matcher = Matcher(use.words for use in self.uses)
        except ValueError as error:
            raise ConfigError(f"The taxonomy cannot be used: {error}") from error
        self._worth = lru_cache(maxsize=512)(self._weights_of)  # arXiv has 155 categories and some old ones

    def weigh(self, work: Work) -> list[Weighed]:
        """Every theme for which a text or a category of the work speaks, in the order of their names."""
        titles = [self._read(title, title=True) for title in _titles(work)]
        abstracts = [self._read(abstract, title=False) for abstract in _abstracts(work)]
        readings = (*titles, *abstracts)
        categories = self._categories(work.record.categories)
        spoken = {
            number for reading in readings for number, spans in reading.spans.items() if any(map(self.weight, spans))
        }
        return [
            self._weigh(number, readings, categories.get(number), work.record.categories)
            for number in sorted(spoken | categories.keys())
        ]

    def field_of(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes whose field is that of the primary category: those that name it, else those of its archive."""
        for primary in work.record.categories[:1]:
            for code in dict.fromkeys((primary, primary.partition(".")[0])):
                found = tuple(ThemeTag(theme.id, (primary,)) for theme in self.themes if code in theme.field)
                if found:
                    return found
        return ()

    def counted(self, number: int, reading: Reading) -> list[Span]:
        """The spans that count for a theme: outside excluded phrases, the heavier of two that overlap."""
        spans = reading.spans.get(number, ())
        taken = [span for span in spans if self.uses[span.term].weight == 0]
        mine = [span for span in spans if self.weight(span)]
        kept = []
        for span in sorted(mine, key=lambda span: (-self.weight(span), span.start - span.end, span.start)):
            if all(span.end <= other.start or other.end <= span.start for other in taken):
                taken.append(span)
                kept.append(span)
        return sorted(kept, key=lambda span: span.start)

    def weight(self, span: Span) -> int:
        """What a span counts once, in a text that is neither a title nor a summary."""
        return self.uses[span.term].weight or 0

    def _read(self, source: str, *, title: bool) -> Reading:
        text = Text.of(source)
        factor = SUMMARY_FACTOR if sum(map(bool, text.words)) <= SUMMARY_WORDS else 1
        spans: dict[int, list[Span]] = {}
        for span in self._matcher.find(text):
            spans.setdefault(self.uses[span.term].theme, []).append(span)
        return Reading(text, TITLE_FACTOR if title else factor, spans, title)

    def _weigh(
        self, number: int, readings: Sequence[Reading], category: tuple[str, int, bool] | None, listed: Sequence[str]
    ) -> Weighed:
        code, points, primary = category or ("", 0, False)
        return Weighed(
            number=number,
            theme=self.themes[number],
            voices=tuple(self._voice(number, reading) for reading in readings),
            category=(code, points),
            known=bool(listed),
            # What arXiv calls the paper's own field is at least as good as a word that would show it.
            needed=primary or self._has_needs(number, readings, listed),
        )

    def _voice(self, number: int, reading: Reading) -> Voice:
        spans = self.counted(number, reading)
        times = Counter(span.term for span in spans)
        points = sum(min(count, MOST_TIMES) * (self.uses[term].weight or 0) for term, count in times.items())
        return Voice(reading, tuple(spans), reading.factor * points)

    def _has_needs(self, number: int, readings: Iterable[Reading], listed: Sequence[str]) -> bool:
        needs = self.themes[number].needs
        return (not needs or not set(listed).isdisjoint(needs)) or any(
            self.uses[span.term].weight is None for reading in readings for span in reading.spans.get(number, ())
        )

    def _categories(self, categories: Sequence[str]) -> dict[int, tuple[str, int, bool]]:
        """By theme, the category that speaks loudest for it, its points, and whether it is the primary one."""
        loudest: dict[int, tuple[str, int, bool]] = {}
        for place, code in enumerate(categories):
            for number, weight in self._worth(code).items():
                points = weight // CROSS_LISTED if place else weight
                if points > loudest.get(number, ("", 0, False))[1]:
                    loudest[number] = (code, points, not place)
        return loudest

    def _weights_of(self, code: str) -> dict[int, int]:
        """What a category is worth, by theme; what a theme says of it goes before what it says of its archive."""
        worth = {}
        for number, theme in enumerate(self.themes):
            said = {each.code: each.weight for each in theme.categories}
            weight = said.get(code, said.get(code.partition(".")[0], 0))
            if weight:
                worth[number] = weight
        return worth


def decide(weighed: Iterable[Weighed]) -> tuple[ThemeTag, ...]:
    """The themes that are given, without those at large where there is another."""
    given = [each for each in weighed if each.given]
    return tuple(map(_tag, [each for each in given if not each.theme.at_large] or given))


def _tag(weighed: Weighed) -> ThemeTag:
    said: dict[str, str] = {}
    for voice in weighed.voices:
        for span in voice.spans:
            words = voice.reading.text.said(span)
            said.setdefault(fold(words), words)
    code, _ = weighed.category
    return ThemeTag(weighed.theme.id, (*said.values(), *([code] if code else [])))


def _uses(number: int, theme: Theme) -> Iterator[Use]:
    for term in theme.terms:
        yield Use(number, term.weight, term.words)
    for words in theme.excluded:
        yield Use(number, 0, words)
    for words in theme.needs:
        if not is_category(words):
            yield Use(number, None, words)


def _titles(work: Work) -> list[str]:
    titles = [work.record.title, *(mention.title for mention in work.mentions)]
    return _distinct(to_unicode(title) for title in titles)


def _abstracts(work: Work) -> list[str]:
    """The abstracts without TeX commands: no term has one, and reading them as TeX takes three quarters of the time."""
    abstracts = [work.record.abstract, *(mention.abstract for mention in work.mentions)]
    return _distinct(to_unicode(_COMMAND.sub(" ", abstract)) for abstract in abstracts)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
