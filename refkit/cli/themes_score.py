"""`refkit themes test`: a taxonomy held against the labels of a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.themes_accounts import WIDTH, account_json, account_lines, resolve_here, rule_tagger

if TYPE_CHECKING:
    from refkit.themes.scoring import Fault, Score, Scores

_COLUMNS = (
    screen.Column("", wraps=True),
    *(screen.Column(head, right=True) for head in ("right", "wrong", "missed", "precision", "recall", "F1")),
)
_NAMED = 5  # labels that are named when they are no theme


@click.command(epilog="Exit codes: 0 done; 2 the command, the labels or a file of themes must be changed.")
@click.argument("labels", type=click.Path(path_type=Path))
@click.option("--digest", metavar="FILE", help="Take the abstracts of the labelled titles from this digest.")
@common.with_themes
@screen.with_json("Print all of it as JSON.")
def test(labels: Path, digest: str | None, theme_files: tuple[str, ...], *, as_json: bool) -> None:
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
    scores = score(rule_tagger(chosen, theme_files), works)
    if sum(scores.strange.values()) == sum(len(each.labels) for each in works):
        raise UsageError(f"{labels}: no label is a theme ({_some(scores)}); `refkit themes list` shows the themes.")
    if as_json:
        screen.print_json(_json(scores))
    else:
        screen.print_table(_COLUMNS, [_row(each) for each in (*scores.themes, scores.together)])
        screen.print_lines(_told(scores))
    if scores.strange:
        one = len(scores.strange) == 1
        what = "1 label is no theme and is" if one else f"{len(scores.strange)} labels are no theme and are"
        screen.warn(f"refkit: {what} left out: {_some(scores)}")


def _some(scores: Scores) -> str:
    from refkit.normalize import for_terminal

    more = len(scores.strange) - _NAMED
    named = ", ".join(for_terminal(label, WIDTH) for label in list(scores.strange)[:_NAMED])
    return f"{named}, and {more} more" if more > 0 else named


def _row(score: Score) -> tuple[str, ...]:
    ratios = (score.precision, score.recall, score.f1)
    counts = map(str, (score.right, score.wrong, score.missed))
    return score.theme or "all", *counts, *("-" if value is None else f"{value:.2f}" for value in ratios)


def _told(scores: Scores) -> Iterator[str]:
    """Yield the lines below the table: what errs, and each paper with a theme too many or too few."""
    yield f"{scores.works} {'work' if scores.works == 1 else 'works'}, {scores.without} without a theme"
    if scores.erring:
        yield "Terms that gave points to works not labelled so:"
        for term in scores.erring:
            yield f"  {term.theme}: “{term.term}” on {term.wrong} wrong, {term.right} right"
    for fault in scores.faults:
        yield from _fault(fault)


def _fault(fault: Fault) -> Iterator[str]:
    from refkit.normalize import for_terminal

    yield f"{fault.place}: {for_terminal(fault.title, WIDTH)}"
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
