"""Themes by the headings of a digest: what its author has put a paper under is a theme, if it is a topic at all.

A heading is a topic unless nothing is left of it when these are taken away: dates, numbers, and words that speak of the
digest rather than of papers ("Papers", "New submissions", "Table of contents", "Other"). A heading with a date, a week
or a year is that of an issue ("Top Papers of the Week (June 2 - June 8)"), and one longer than any name of a field is a
sentence. Before and after a topic, such words are left out ("3. General Machine Learning" is "Machine Learning").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from refkit.categories import category_name
from refkit.errors import ConfigError
from refkit.model import ThemeTag
from refkit.normalize import fold, to_unicode
from refkit.toml_places import told

if TYPE_CHECKING:
    from refkit.model import Work
    from refkit.protocols import Surroundings

# The longest names of arXiv's 155 categories have 5 words; people write somewhat longer, but then comes a sentence.
MOST_WORDS = 8
# How the readers join a heading with the one below it.
_JOINT = " / "
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
# A year, a numbered week or month, a month with a day, a day of the week, figures with points or strokes.
_DATE = re.compile(
    rf"\b(?:19|20)\d\d\b|\b(?:week|issue|vol(?:ume)?|no|edition|day|part)\b\.? *#? *\d+|#\d+|\b{_MONTH}\b\.? *\d"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b\d{1,2}[./-]\d{1,2}\b"
)
_OF_GRAMMAR = frozenset(
    """a an the of and or in on at to for from by with this that these those our your my all more most some any here is
    are what we i it before after also as und der die das von des et les la le de du des""".split()
)
# What may stand before or after a topic without being part of it.
_AROUND = frozenset(
    """paper papers preprints articles publications top new latest recent best selected featured general other others
    misc miscellaneous various further additional trending popular highlighted highlights""".split()
)
# What speaks of the digest itself; a heading of nothing but such words is no topic.
_OF_DIGESTS = _AROUND | frozenset(
    """article preprint publication posts post items item entries entry links link list lists reading readings table
    contents content toc index introduction intro preface overview summary summaries abstract abstracts about welcome
    editorial foreword submissions submission replacements replacement cross cross-lists crosslists listings listing
    updates update updated news newsletter digest issue week weekly day daily month monthly year yearly today yesterday
    last next past previous current first second part section chapter appendix references bibliography citation
    conclusion conclusions outlook acknowledgements acknowledgments contributing contribute license licence sponsors
    sponsor events event announcements announcement title titles authors author date dates date number no arxiv hugging
    face google scholar semantic alert alerts email mail inbox feed unread archive archives uncategorized uncategorised
    unsorted untitled unknown none na tbd todo etc home menu start end everything rest picks pick must read mostly
    inhalt einleitung sonstiges verschiedenes artikel neu woche sommaire divers autres nouveautes semaine contenido
    otros varios""".split()
)


class HeadingTagger:
    """Gives a work the headings under which digests mention it, as themes: the id is the heading's slug.

    `skip` are headings that are no topic for a user, `names` gives a heading another theme; both in any case.
    """

    name = "headings"

    def __init__(self, skip: tuple[str, ...] = (), names: Mapping[str, str] | None = None) -> None:
        self._skip = frozenset(slug(heading) for heading in skip)
        self._names = {slug(heading): theme for heading, theme in (names or {}).items()}

    @classmethod
    def open(cls, settings: Mapping[str, Any], surroundings: Surroundings) -> HeadingTagger:
        """Return the tagger as configured in `[taggers.headings]`; raises ConfigError."""
        del surroundings  # it keeps nothing
        try:
            chosen = msgspec.convert(settings, _Settings)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"[taggers.headings] cannot be used: {told(error)}; its settings are: skip, names."
            ) from error
        for theme in chosen.names.values():
            if slug(theme) != theme or not theme:
                raise ConfigError(
                    f"[taggers.headings] cannot be used: {theme!r} in `names` is no theme; write it like 'my-theme'."
                )
        return cls(tuple(chosen.skip), chosen.names)

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The topics above the work's mentions, sorted, each with the heading as it is written; none for no topic."""
        found: dict[str, dict[str, None]] = {}
        for mention in work.mentions:
            words = topic(mention.heading)
            name = slug(words)
            if name and not {name, slug(mention.heading)} & self._skip:
                theme = self._names.get(slug(mention.heading)) or self._names.get(name, name)
                found.setdefault(theme, {})[_said(mention.heading, words)] = None
        return tuple(ThemeTag(theme, tuple(found[theme])) for theme in sorted(found))


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    skip: list[str] = []
    names: dict[str, str] = {}


def topic(heading: str) -> str:
    """Return the topic that a heading names, "" if it names none; the code of a category of arXiv by its name."""
    name = category_name(heading.strip())
    if name:
        return name
    parts = [part.strip() for part in " ".join(to_unicode(heading).split()).split(_JOINT)]
    # Below a topic there may stand what is none, as a year is: the topic above holds.
    while parts and not _topic(parts[-1]):
        parts.pop()
    return _topic(_JOINT.join(parts)) if parts else ""


def slug(text: str) -> str:
    """Return a text in the writing of ids: its words in lower case without accents, joined by hyphens."""
    return "-".join(_WORD.findall(fold(to_unicode(text)).replace("'", "").replace("’", "")))


def _topic(text: str) -> str:
    """Return the topic in one part of a heading, without the words around it."""
    if _DATE.search(fold(text)):
        return ""
    words = list(_WORD.finditer(text))
    if all(_is(word, _OF_DIGESTS) for word in words):
        return ""
    while _is(words[0], _AROUND):
        words.pop(0)
    while _is(words[-1], _AROUND) and not words[-1][0].isdecimal():  # "COVID-19" keeps its number, "3. Vision" does not
        words.pop()
    return text[words[0].start() : words[-1].end()] if len(words) <= MOST_WORDS else ""


def _is(word: re.Match[str], kind: frozenset[str]) -> bool:
    """Whether a word is of a kind, of grammar or a number."""
    plain = fold(word[0])
    return plain in kind or plain in _OF_GRAMMAR or plain.isdecimal()


def _said(heading: str, words: str) -> str:
    """The evidence: the topic if it stands so in the heading, else the heading itself."""
    return words if words in heading else heading.strip()
