"""What the commands of themes share: the tagger that they ask, and how they show its accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Resolution, Work
    from refkit.themes.explaining import Account, Fired
    from refkit.themes.rules import RuleTagger

WIDTH = 100  # letters of a title in a line


def rule_tagger(chosen: Settings, files: Sequence[str]) -> RuleTagger:
    """Return the rules with the files of the configuration and of the command line. Raises ConfigError."""
    from refkit import pipeline
    from refkit.themes.rules import RuleTagger

    (tagger,) = pipeline.open_taggers(("rules",), themes=(*chosen.themes, *files), settings=chosen.tagger_settings)
    assert isinstance(tagger, RuleTagger)  # noqa: S101 - the registry says so
    return tagger


def resolve_here(mentions: Sequence[Mention], chosen: Settings) -> list[Resolution]:
    """Return which papers the titles mean, as far as this machine knows."""
    from refkit import asking, pipeline

    sources = asking.open_sources(
        chosen.source_names, network=False, settings=chosen.source_settings, selection=chosen.plugins.selection
    )
    return pipeline.resolve(mentions, sources=sources)


def title_of(work: Work) -> str:
    """Return the title of a work for a person, with its id and categories if they are known."""
    from refkit.normalize import for_terminal

    title = for_terminal(work.mentions[0].title or work.record.title, WIDTH)
    known = [f"arXiv:{work.record.arxiv_id}"] if work.record.arxiv_id else []
    known += [" ".join(work.record.categories)] if work.record.categories else []
    return f"{title} ({', '.join(known)})" if known else title


def account_lines(account: Account) -> Iterator[str]:
    """Yield the lines on one theme: why, and each term with its points, its place and what keeps it from counting."""
    yield f"  {account.theme}: {account.reason}"
    for fired in account.fired:
        yield f"    {fired.points:3}  {_fired(fired)}"
    code, points = account.category
    if code:
        yield f"    {points:3}  {code}, a category of the paper"


def _fired(fired: Fired) -> str:
    times = f", {fired.times} times" if fired.times > 1 else ""
    term = "" if fired.term.casefold() == fired.words.casefold() else f", the term “{fired.term}”"
    note = f"; {fired.note}" if fired.note else ""
    return f"“{fired.words}” in the {fired.place}{times}{term}, weight {fired.weight}{note}"


def account_json(account: Account) -> dict[str, Any]:
    """Return an account as `--json` prints it (docs/json.md)."""
    code, points = account.category
    return {
        "theme": account.theme,
        "label": account.label,
        "given": account.given,
        "points": account.points,
        "needed": account.needed,
        "reason": account.reason,
        "terms": [
            {
                "term": each.term,
                "words": each.words,
                "place": each.place,
                "times": each.times,
                "weight": each.weight,
                "points": each.points,
                "note": each.note,
            }
            for each in account.fired
        ],
        "category": {"code": code, "points": points} if code else None,
    }
