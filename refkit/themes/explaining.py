"""Why a work got a theme, or not: the same weighing as the tagger's, told term by term. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.themes.rules import MOST_TIMES, SUMMARY_FACTOR, Reading, Rules, Voice, Weighed, decide
from refkit.themes.taxonomy import is_category
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
    count; it is empty where all of it does. `lost` are the points that an excluded phrase took.
    """

    term: str
    words: str
    place: str
    times: int
    weight: int
    points: int
    note: str = ""
    lost: int = 0


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
        lost = sum(each.lost for each in self.fired)
        return not self.given and self.points + lost >= self.needed * NEAR


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
        words = [need for need in weighed.theme.needs if not is_category(need)]
        some = f"a word like {', '.join(words[:3])}" if words else "one of certain categories"
        return f"{has}, but it needs {some} besides ({len(words or weighed.theme.needs)} would do)"
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
    mine = [span for span in reading.spans.get(number, ()) if rules.weight(span)]
    counted = Counter(span.term for span in voice.spans)
    for term, times in Counter(span.term for span in mine).items():
        first = next(span for span in mine if span.term == term)
        once = rules.weight(first) * reading.factor
        blocked = [span for span in mine if span.term == term and span not in voice.spans]
        excluded = [span for span in blocked if _excluding(rules, number, reading, span)]
        yield Fired(
            term=rules.uses[term].words,
            words=reading.text.said(first),
            place=_place(reading),
            times=times,
            weight=rules.weight(first),
            points=0 if silent else once * min(counted[term], MOST_TIMES),
            note=_silent_note(reading) if silent else _note(rules, number, reading, blocked, counted[term]),
            lost=0 if silent else once * min(len(excluded), MOST_TIMES),
        )


def _place(reading: Reading) -> str:
    if reading.title:
        return "title"
    return "summary" if reading.factor == SUMMARY_FACTOR else "abstract"


def _silent_note(reading: Reading) -> str:
    return f"another {'title' if reading.title else 'abstract'} of the work says more"


def _note(rules: Rules, number: int, reading: Reading, blocked: Sequence[Span], counted: int) -> str:
    """Say what stands over a term that does not count, or that it stands there too often."""
    if not blocked:
        return f"counts {MOST_TIMES} times at most" if counted > MOST_TIMES else ""
    excluding = _excluding(rules, number, reading, blocked[0])
    if excluding:
        return f"stands in “{excluding}”, where it does not count"
    heavier = next(span for span in rules.counted(number, reading) if _overlap(span, blocked[0]))
    return f"is part of “{reading.text.said(heavier)}”, which counts more"


def _excluding(rules: Rules, number: int, reading: Reading, blocked: Span) -> str:
    """Return the words of the excluded phrase that stands over a term; "" if none does."""
    for span in reading.spans.get(number, ()):
        if rules.uses[span.term].weight == 0 and _overlap(span, blocked):
            return reading.text.said(span)
    return ""


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
