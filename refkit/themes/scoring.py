"""How right a taxonomy is on works that a person has labelled: precision, recall, and the terms that err. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.themes.explaining import Account, explain
from refkit.themes.headings import slug

if TYPE_CHECKING:
    from refkit.model import Work
    from refkit.themes.rules import RuleTagger
    from refkit.themes.taxonomy import Theme


class Labelled(Struct, frozen=True):
    """A work, the labels that a person gave it, as written, and where they stand."""

    work: Work
    labels: tuple[str, ...]
    place: str = ""


class Score(Struct, frozen=True):
    """Works given a theme and labelled so, given it and not, labelled so and not given it."""

    theme: str
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Right of all given; None if none was given."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Right of all labelled; None if none was labelled."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None if none was given or labelled."""
        all_told = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / all_told if all_told else None


class Fault(Struct, frozen=True):
    """A work with a theme too many or too few, and an account of each."""

    title: str
    place: str
    wrong: tuple[Account, ...]
    missed: tuple[Account, ...]


class Erring(Struct, frozen=True):
    """A term, or a category, that gave points on works that are not labelled so; `right` are those that are."""

    theme: str
    term: str
    wrong: int
    right: int


class Scores(Struct, frozen=True):
    """What came of all works. `strange` are labels that are no theme of the taxonomy, with how often they stand."""

    works: int
    without: int
    themes: tuple[Score, ...]
    together: Score
    faults: tuple[Fault, ...]
    erring: tuple[Erring, ...]
    strange: Mapping[str, int]


def score(tagger: RuleTagger, works: Iterable[Labelled]) -> Scores:
    """Tag the works and compare with their labels; a label is a theme's id or its label, in any case.

    A label that is no theme is set aside and counted. Raises ConfigError as the tagger.
    """
    known = _names(tagger.rules.themes)
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    strange, helped, erred = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    faults, without, count = [], 0, 0
    for each in works:
        count += 1
        strange.update(label for label in each.labels if slug(label) not in known)
        labels = {known[slug(label)] for label in each.labels if slug(label) in known}
        accounts = {account.theme: account for account in explain(tagger, each.work)}
        given = {theme for theme, account in accounts.items() if account.given}
        without += not given
        right.update(given & labels)
        wrong.update(given - labels)
        missed.update(labels - given)
        for theme in given:
            (helped if theme in labels else erred).update(_spoke(accounts[theme]))
        if given != labels:
            faults.append(_fault(tagger, each, accounts, given - labels, labels - given))
    themes = sorted(right.keys() | wrong.keys() | missed.keys())
    return Scores(
        works=count,
        without=without,
        themes=tuple(Score(theme, right[theme], wrong[theme], missed[theme]) for theme in themes),
        together=Score("", right.total(), wrong.total(), missed.total()),
        faults=tuple(faults),
        erring=_erring(erred, helped),
        strange=dict(sorted(strange.items())),
    )


def _names(themes: Sequence[Theme]) -> dict[str, str]:
    """What a label may be, in the writing of ids; an id goes before another theme's label."""
    return {slug(theme.label): theme.id for theme in themes} | {slug(theme.id): theme.id for theme in themes}


def _spoke(account: Account) -> set[tuple[str, str]]:
    """What gave points, by theme and term; a category by its code."""
    terms = {each.term for each in account.fired if each.points}
    code = account.category[0]
    # A theme that is only the field of a paper got no points, and it is the category that says so.
    return {(account.theme, term) for term in (terms | {code} if code else terms)}


def _fault(
    tagger: RuleTagger, labelled: Labelled, accounts: Mapping[str, Account], wrong: set[str], missed: set[str]
) -> Fault:
    themes = {theme.id: theme for theme in tagger.rules.themes}
    return Fault(
        title=labelled.work.record.title,
        place=labelled.place,
        wrong=tuple(accounts[theme] for theme in sorted(wrong)),
        missed=tuple(accounts.get(theme) or _silence(themes[theme]) for theme in sorted(missed)),
    )


def _silence(theme: Theme) -> Account:
    """The account of a theme for which nothing in a work speaks."""
    return Account(theme.id, theme.label, 0, theme.threshold, given=False, reason="none of its terms stands there")


def _erring(erred: Counter[tuple[str, str]], helped: Counter[tuple[str, str]]) -> tuple[Erring, ...]:
    """The terms that err, worst first."""
    found = [Erring(theme, term, count, helped[theme, term]) for (theme, term), count in erred.items()]
    return tuple(sorted(found, key=lambda each: (-each.wrong, each.right, each.theme, each.term)))
