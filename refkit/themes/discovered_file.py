"""Groups of papers -> a file of themes that a person can edit, and how well it gives the papers back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.model import ArxivRecord, Work
from refkit.normalize import fold
from refkit.themes.rules import RuleTagger
from refkit.themes.taxonomy import THRESHOLD, Taxonomy, Term, Theme, load_taxonomy
from refkit.themes.terms import forms

if TYPE_CHECKING:
    from refkit.themes.discovering import Discovery, Group
    from refkit.themes.phrases import Phrase
    from refkit.themes.vocabulary import Paper

# A weight by how many of the papers that say a term are of the group, and how many terms: what gives most papers back
# for few themes of other groups (docs/themes-learning.md; what weights do is told in docs/themes.md).
_WEIGHTS = ((0.95, 6), (0.8, 3), (0.6, 2))
_TERMS = 24
_MOST_TERMS = 40
_COMPANY = 0.5  # the same for a term by which a paper comes back that no other term reaches
_LABEL = 2  # phrases
_NAMING = 0.25  # of the titles of a group have a phrase that names it beside another, if it is a single word
_SHORTENED = 110  # characters of a title in a comment
_OTHER = re.compile(r"[^a-z0-9]+")


class Proposal(Struct, frozen=True):
    """A theme made of a group, and the titles of its papers."""

    theme: Theme
    titles: tuple[str, ...]


class Returned(Struct, frozen=True):
    """How the papers of groups come back when the proposed themes are given to them."""

    papers: int
    right: int
    other: int

    @property
    def share(self) -> float:
        """The share of the papers that get the theme of their group."""
        return self.right / self.papers if self.papers else 0.0


def propose(discovery: Discovery, papers: Sequence[Paper]) -> list[Proposal]:
    """Return a theme for each group."""
    used: set[str] = set()
    proposals = []
    for number, group in enumerate(discovery.groups, start=1):
        label = _label(group) or f"Group {number}"
        theme = Theme(id=_id(label, number, used), label=label, terms=tuple(_terms(group)))
        used.add(theme.id)
        proposals.append(Proposal(theme, tuple(papers[place].title for place in group.papers)))
    return proposals


def give_back(discovery: Discovery, papers: Sequence[Paper], proposals: Sequence[Proposal]) -> Returned:
    """Give the proposed themes to the papers that they were made of; `other` counts themes of other groups."""
    tagger = RuleTagger(Taxonomy(tuple(sorted((each.theme for each in proposals), key=lambda theme: theme.id))))
    right = other = 0
    for group, proposal in zip(discovery.groups, proposals, strict=True):
        for place in group.papers:
            record = ArxivRecord(arxiv_id="", title=papers[place].title, abstract=papers[place].abstract)
            given = {tag.theme for tag in tagger.tag(Work(record=record))}
            right += proposal.theme.id in given
            other += len(given - {proposal.theme.id})
    return Returned(sum(len(group.papers) for group in discovery.groups), right, other)


def themes_text(proposals: Sequence[Proposal], left_out: Iterable[str]) -> str:
    """Return the themes as TOML to be edited and given to `--themes`."""
    shipped = {theme.id for theme in load_taxonomy().themes}
    return "\n".join(["\n".join(_head()), *("\n".join(_table(each, shipped)) for each in proposals), *_rest(left_out)])


def _head() -> Iterator[str]:
    yield "# Themes that `refkit themes discover` proposes: edit names and terms, and use it with `--themes`."
    yield "# It is laid over the shipped themes; docs/themes.md tells what the lines mean, and how to remove those."
    yield ""


def _table(proposal: Proposal, shipped: set[str]) -> Iterator[str]:
    theme = proposal.theme
    yield f"# {len(proposal.titles)} papers:"
    yield from (f"#   {_comment(title)}" for title in proposal.titles)
    yield f"[themes.{theme.id}]"
    if theme.id in shipped:
        yield "replace = true  # a shipped theme has the same name"
    yield f"label = {_string(theme.label)}"
    yield "terms = ["
    for weight in sorted({term.weight for term in theme.terms}, reverse=True):
        words = ", ".join(_string(term.words) for term in theme.terms if term.weight == weight)
        yield f"  {{ weight = {weight}, any = [{words}] }},"
    yield "]"
    yield ""


def _rest(left_out: Iterable[str]) -> Iterator[str]:
    lines = [f"#   {_comment(title)}" for title in left_out]
    if lines:
        yield "\n".join([f"# {len(lines)} papers fit nowhere:", *lines, ""])


def _string(text: str) -> str:
    """Return a text as TOML writes it: as JSON does, but for one character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(title: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in title)
    return shown if len(shown) <= _SHORTENED else f"{shown[: _SHORTENED - 1]}…"


def _label(group: Group) -> str:
    """Return the phrases that name a group: those of several titles, none of which says again what another says."""
    chosen: list[Phrase] = []
    for phrase in group.phrases:
        fuller = [each for each in group.phrases if f" {phrase.words} " in f" {each.words} " and _is_most(each, phrase)]
        best = max(fuller, key=lambda each: len(each.words), default=phrase)
        if _names(best, group, bool(chosen)) and not any(_share_words(best, each) for each in chosen):
            chosen.append(best)
        if len(chosen) == _LABEL:
            break
    names = [each.written for each in chosen or group.phrases[:1]]
    return ", ".join(name[:1].upper() + name[1:] for name in names)


def _names(phrase: Phrase, group: Group, beside: bool) -> bool:  # noqa: FBT001 - not called by others
    """Whether a phrase can name a group: it stands in titles, and beside another it tells more or stands in many."""
    often = phrase.titles >= _NAMING * len(group.papers)
    return phrase.titles > 1 and (not beside or often or (" " in phrase.words and phrase.inside > phrase.outside))


def _share_words(one: Phrase, other: Phrase) -> bool:
    return bool(set(one.words.split()) & set(other.words.split()))


def _is_most(longer: Phrase, shorter: Phrase) -> bool:
    """Whether a longer phrase stands in at least half of the papers that have the shorter one."""
    return longer.titles > 1 and longer.inside * 2 >= shorter.inside


def _id(label: str, number: int, used: Mapping[str, object] | set[str]) -> str:
    """Return a name for a theme that no other has, as a file of themes wants it."""
    name = _OTHER.sub("-", fold(label)).strip("-") or f"group-{number}"
    return name if name not in used else f"{name}-{number}"


def _terms(group: Group) -> Iterator[Term]:
    """Yield the terms of a theme, the most telling phrases: the weight is higher the fewer others say them."""
    terms = [phrase for phrase in group.phrases if _is_term(phrase.term)]
    chosen: dict[str, tuple[Phrase, int]] = {}
    for phrase in terms:
        weight = _weight(phrase, group)
        again = any(_says_again(phrase, other) for other, _ in chosen.values())
        if weight and not again and len(chosen) < _TERMS:
            chosen.setdefault(phrase.term, (phrase, weight))
    found = {term: weight for term, (_, weight) in chosen.items()}
    reached = {
        place for phrase, weight in chosen.values() for place in (phrase.titled, phrase.papers)[weight == THRESHOLD]
    }
    for phrase in sorted(terms, key=lambda phrase: -phrase.purity):
        if phrase.purity >= _COMPANY and phrase.titled - reached and len(found) < _MOST_TERMS:
            found.setdefault(phrase.term, _WEIGHTS[-1][1])
            reached |= phrase.titled
    # What all groups say, but this one most, is better than a theme that is never given.
    yield from (Term(term, weight) for term, weight in (found or {terms[0].term: _WEIGHTS[-1][1]}).items())


def _weight(phrase: Phrase, group: Group) -> int:
    """Return the weight of a phrase, 0 if it is none of the theme's: a single word must stand in a title or in many."""
    if " " not in phrase.words and not phrase.titles and phrase.inside < _NAMING * len(group.papers):
        return 0
    return next((weight for least, weight in _WEIGHTS if phrase.purity >= least), 0)


def _says_again(phrase: Phrase, other: Phrase) -> bool:
    """Whether a phrase is part of another that is had by just the same number of papers."""
    counts = (phrase.inside, phrase.outside) == (other.inside, other.outside)
    return counts and f" {phrase.words} " in f" {other.words} "


def _is_term(words: str) -> bool:
    try:
        forms(words)
    except ValueError:
        return False
    return True
