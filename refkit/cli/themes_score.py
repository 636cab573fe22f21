"""`refkit themes test`: a taxonomy held against the labels of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Resolution, Work
    from refkit.themes.explaining import Account
    from refkit.themes.rules import RuleTagger
    from refkit.themes.scoring import Fault, Score, Scores

# Letters of a title in a line, and labels that are named when they are no theme.
_WIDTH, _NAMED = 100, 5


def with_files(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option to lay files over the shipped themes."""
    decorated: Callable[..., None] = click.option(
        "--themes",
        "files",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        help="Extend the shipped themes, and those of the configuration, by this file (may be repeated).",
    )(command)
    return decorated


@click.command(epilog="Exit codes: 0 done; 2 the command, the labels or a file of themes must be changed.")
@click.argument("labels", type=click.Path(path_type=Path))
@click.option("--digest", metavar="FILE", help="Take the abstracts of the labelled titles from this digest.")
@with_files
@screen.with_json("Print all of it as JSON.")
def test(labels: Path, digest: str | None, files: tuple[str, ...], *, as_json: bool) -> None:
    """Tag the papers of LABELS and compare with the labels of a person: precision, recall, and the terms that err.

    LABELS are lines of JSON with a title and themes, a .bib or .ris with keywords, or a digest whose headings are
    topics. A label is the id of a theme or its label. What else is known of a paper, its categories above all, is asked
    only of what is on this machine.
    """
    from refkit import labelling, pipeline
    from refkit.errors import UsageError
    from refkit.themes.scoring import score

    chosen = common.settings()
    rows = labelling.read_rows(labels)
    if digest:
        rows = labelling.with_abstracts(rows, pipeline.read(digest))
    works = labelling.works_of(rows, lambda mentions: resolve_here(mentions, chosen))
    scores = score(rule_tagger(chosen, files), works)
    if sum(scores.strange.values()) == sum(len(each.labels) for each in works):
        raise UsageError(f"{labels}: no label is a theme ({_some(scores)}); `refkit themes list` shows the themes.")
    if as_json:
        screen.print_json(_json(scores))
    else:
        screen.print_text("".join(f"{line}\n" for line in _told(scores)))
    if scores.strange:
        one = len(scores.strange) == 1
        what = "1 label is no theme and is" if one else f"{len(scores.strange)} labels are no theme and are"
        screen.warn(f"refkit: {what} left out: {_some(scores)}")


def rule_tagger(chosen: Settings, files: Sequence[str]) -> RuleTagger:
    """Return the rules with the files of the configuration and of the command line. Raises ConfigError."""
    from refkit import pipeline
    from refkit.themes.rules import RuleTagger

    (tagger,) = pipeline.open_taggers(("rules",), themes=(*chosen.themes, *files), settings=chosen.tagger_settings)
    assert isinstance(tagger, RuleTagger)  # noqa: S101 - the registry says so
    return tagger


def resolve_here(mentions: Sequence[Mention], chosen: Settings) -> list[Resolution]:
    """Return which papers the titles mean, as far as this machine knows."""
    from refkit import pipeline

    sources = pipeline.open_sources(
        chosen.source_names, network=False, settings=chosen.source_settings, selection=chosen.plugins.selection
    )
    return pipeline.resolve(mentions, sources=sources)


def title_of(work: Work) -> str:
    """Return the title of a work for a person, with its id and categories if they are known."""
    from refkit.normalize import for_terminal

    title = for_terminal(work.mentions[0].title or work.record.title, _WIDTH)
    known = [f"arXiv:{work.record.arxiv_id}"] if work.record.arxiv_id else []
    known += [" ".join(work.record.categories)] if work.record.categories else []
    return f"{title} ({', '.join(known)})" if known else title


def _some(scores: Scores) -> str:
    from refkit.normalize import for_terminal

    more = len(scores.strange) - _NAMED
    named = ", ".join(for_terminal(label, _WIDTH) for label in list(scores.strange)[:_NAMED])
    return f"{named}, and {more} more" if more > 0 else named


def _told(scores: Scores) -> Iterator[str]:
    """Yield the lines: a table of themes, what errs, and each paper with a theme too many or too few."""
    wide = max((len(each.theme) for each in scores.themes), default=0)
    yield f"{'':{wide}}  right  wrong  missed  precision  recall     F1"
    for each in (*scores.themes, scores.together):
        yield f"{each.theme or 'all':{wide}}  {_figures(each)}"
    yield f"{scores.works} {'work' if scores.works == 1 else 'works'}, {scores.without} without a theme"
    if scores.erring:
        yield "Terms that gave points to works not labelled so:"
        for term in scores.erring:
            yield f"  {term.theme}: “{term.term}” on {term.wrong} wrong, {term.right} right"
    for fault in scores.faults:
        yield from _fault(fault)


def _figures(score: Score) -> str:
    ratios = "  ".join(
        f"{'-' if value is None else f'{value:.2f}':>{width}}"
        for value, width in ((score.precision, 9), (score.recall, 6), (score.f1, 5))
    )
    return f"{score.right:5}  {score.wrong:5}  {score.missed:6}  {ratios}"


def _fault(fault: Fault) -> Iterator[str]:
    from refkit.cli.themes import account_lines
    from refkit.normalize import for_terminal

    yield f"{fault.place}: {for_terminal(fault.title, _WIDTH)}"
    for kind, accounts in (("wrong", fault.wrong), ("missed", fault.missed)):
        for each in accounts:
            first, *others = account_lines(each)
            yield f"  {kind}: {first.strip()}"
            yield from others


def _json(scores: Scores) -> dict[str, Any]:
    return {
        "version": 1,
        "works": scores.works,
        "without": scores.without,
        "all": _score_json(scores.together),
        "themes": {each.theme: _score_json(each) for each in scores.themes},
        "terms": [
            {"theme": each.theme, "term": each.term, "wrong": each.wrong, "right": each.right} for each in scores.erring
        ],
        "faults": [
            {
                "title": each.title,
                "place": each.place,
                "wrong": list(map(account_json, each.wrong)),
                "missed": list(map(account_json, each.missed)),
            }
            for each in scores.faults
        ],
        "labels_left_out": dict(scores.strange),
    }


def _score_json(score: Score) -> dict[str, Any]:
    figures = {"right": score.right, "wrong": score.wrong, "missed": score.missed}
    ratios = {"precision": score.precision, "recall": score.recall, "f1": score.f1}
    return figures | {name: value if value is None else round(value, 4) for name, value in ratios.items()}


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
