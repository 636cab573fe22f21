"""Why a work got a theme, or not: the same weighing as the tagger's, told term by term. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.themes.rules import MOST_TIMES, SUMMARY_FACTOR, Reading, Rules, Voice, Weighed, decide
from refkit.themes.terms import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from refkit.model import Work
    from refkit.themes.rules import RuleTagger

# A theme that got this part of the points it needs, if its blocked words are counted too, is a near miss.
NEAR = 0.5


class Fired(Struct, frozen=True):
    """One term in one text of a work: the words as they stand there, how often, and the points they gave.

    `place` is "title", "abstract" or "summary" (an abstract of a few words). `note` says why some or all of it does not
    count; it is empty where all of it does.
    """

    term: str
    words: str
    place: str
    times: int
    weight: int
    points: int
    note: str = ""


class Account(Struct, frozen=True):
    """One theme for one work: the points it has and needs, whether it is given, why, and what fired.

    `category` is the category of arXiv that speaks for the theme, with its points; ("", 0) if none does.
    """

    theme: str
    label: str
    points: int
    needed: int
    given: bool
    reason: str
    fired: tuple[Fired, ...] = ()
    category: tuple[str, int] = ("", 0)

    @property
    def is_near(self) -> bool:
        """Whether it is not given, but nearly: by its points, or if it were not for an excluded phrase or a need."""
        lost = sum(each.times * each.weight for each in self.fired if not each.points and _EXCLUDED in each.note)
        return not self.given and self.points + lost >= self.needed * NEAR


_EXCLUDED = "where it does not count"


def explain(tagger: RuleTagger, work: Work) -> tuple[Account, ...]:
    """Return an account of every theme for which anything in the work speaks: first those given, then the nearest.

    The themes given are those of `tagger.tag`. Raises ConfigError as it does.
    """
    rules = tagger.rules
    weighed = rules.weigh(work)
    given = {tag.theme for tag in decide(weighed)}
    fields = {} if given else {tag.theme: tag.evidence[0] for tag in rules.field_of(work)}
    every = [_account(rules, each, given, fields.get(each.theme.id, "")) for each in weighed]
    accounts = [each for each in every if each.fired or each.category[1] or each.given]
    told = {each.theme for each in accounts}
    for theme in rules.themes:
        if theme.id in fields and theme.id not in told:
            reason = _of_field(fields[theme.id])
            accounts.append(Account(theme.id, theme.label, 0, theme.threshold, given=True, reason=reason))
    return tuple(sorted(accounts, key=lambda each: (not each.given, each.needed - each.points, each.theme)))


def _account(rules: Rules, weighed: Weighed, given: set[str], code: str) -> Account:
    theme = weighed.theme
    return Account(
        theme=theme.id,
        label=theme.label,
        points=weighed.points,
        needed=weighed.limit,
        given=theme.id in given or bool(code),
        reason=_of_field(code) if code else _reason(weighed, given=theme.id in given),
        fired=tuple(_all_fired(rules, weighed)),
        category=weighed.category,
    )


def _of_field(code: str) -> str:
    return f"no theme has enough points, and this is the field of {code}"


def _reason(weighed: Weighed, *, given: bool) -> str:
    """Say as a sentence's part why a theme is given or not."""
    has = f"{weighed.points} of {weighed.limit} points"
    if weighed.points < weighed.limit:
        why = "no category of the paper speaks for it" if weighed.known else "its categories are not known"
        more = f" ({weighed.theme.threshold} would do, but {why})" if weighed.limit > weighed.theme.threshold else ""
        return f"{has}, {weighed.limit - weighed.points} are missing{more}"
    if not weighed.needed:
        some = ", ".join(weighed.theme.needs[:3])
        return f"{has}, but it needs a word like {some} besides ({len(weighed.theme.needs)} would do)"
    if not given:
        return f"{has}, but it is given only to a work that has no other theme"
    return has


def _all_fired(rules: Rules, weighed: Weighed) -> Iterator[Fired]:
    """Tell the terms of all texts; of several titles or abstracts only the one that says most counts."""
    for title in (True, False):
        voices = [voice for voice in weighed.voices if voice.reading.title is title]
        loudest = max(voices, key=lambda voice: voice.points, default=None)
        for voice in voices:
            yield from _fired(rules, weighed.number, voice, silent=voice is not loudest)


def _fired(rules: Rules, number: int, voice: Voice, *, silent: bool) -> Iterator[Fired]:
    """Tell the terms of one text, in its order; `silent` says that another text of its kind speaks instead."""
    reading = voice.reading
    mine = [span for span in reading.spans if rules.weight(span) and rules.uses[span.term].theme == number]
    counted = Counter(span.term for span in voice.spans)
    for term, times in Counter(span.term for span in mine).items():
        first = next(span for span in mine if span.term == term)
        weight = rules.weight(first)
        worth = min(counted[term], MOST_TIMES) * weight * reading.factor
        blocked = [span for span in mine if span.term == term and span not in voice.spans]
        yield Fired(
            term=rules.uses[term].words,
            words=reading.text.said(first),
            place=_place(reading),
            times=times,
            weight=weight,
            points=0 if silent else worth,
            note=_note(rules, number, reading, blocked, silent=silent, counted=counted[term]),
        )


def _place(reading: Reading) -> str:
    if reading.title:
        return "title"
    return "summary" if reading.factor == SUMMARY_FACTOR else "abstract"


def _note(rules: Rules, number: int, reading: Reading, blocked: Sequence[Span], *, silent: bool, counted: int) -> str:
    if silent:
        return "another title of the work says more" if reading.title else "another abstract of the work says more"
    if blocked:
        return _why_blocked(rules, number, reading, blocked[0])
    return f"counts {MOST_TIMES} times at most" if counted > MOST_TIMES else ""


def _why_blocked(rules: Rules, number: int, reading: Reading, blocked: Span) -> str:
    """Say what stands over a term that does not count."""
    for span in reading.spans:
        use = rules.uses[span.term]
        if (use.theme, use.weight) == (number, 0) and _overlap(span, blocked):
            return f"stands in “{reading.text.said(span)}”, {_EXCLUDED}"
    for span in rules.counted(number, reading):
        if _overlap(span, blocked):
            return f"is part of “{reading.text.said(span)}”, which counts more"
    return "stands in words that count more"


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
