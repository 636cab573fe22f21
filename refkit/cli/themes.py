"""`refkit themes`: which themes there are, why a paper gets one, and how right they are on papers labelled by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.themes_discover import discover
from refkit.cli.themes_learn import learn
from refkit.cli.themes_score import test, title_of, with_files

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Work
    from refkit.themes.explaining import Account, Fired
    from refkit.themes.taxonomy import Theme

_EPILOG = "Exit codes: 0 done; 2 the command, a file of themes or a digest must be changed."


@click.group(epilog=_EPILOG)
def themes() -> None:
    """List the themes, explain why a paper gets one or not, and test them on papers labelled by hand.

    `learn` learns the tags of your own library, `discover` proposes themes for a pile without tags. docs/themes.md
    says how a work gets its points, and how to write themes of your own.
    """


@themes.command("list", epilog=_EPILOG)
@with_files
@screen.with_json("Print them as JSON.")
def list_(files: tuple[str, ...], *, as_json: bool) -> None:
    """List the themes: id, label, how many terms, and the files that speak of it."""
    from refkit.cli.themes_score import rule_tagger

    known = rule_tagger(common.settings(), files).rules.themes
    if as_json:
        screen.print_json({"version": 1, "themes": list(map(_theme_json, known))})
        return
    wide, labels = max(len(each.id) for each in known), max(len(each.label) for each in known)
    for each in known:
        count = f"{len(each.terms)} {'term' if len(each.terms) == 1 else 'terms'}"
        screen.print_text(f"{each.id:{wide}}  {each.label:{labels}}  {count:>9}  {', '.join(each.files)}" + "\n")


@themes.command(epilog=_EPILOG)
@click.argument("title")
@click.option("--abstract", metavar="TEXT", default="", help="The abstract.")
@click.option("--digest", metavar="FILE", help="Take what this digest says about the title (abstract, id) too.")
@click.option(
    "--category",
    "categories",
    metavar="CODE",
    multiple=True,
    help="A category of arXiv, the primary one first (may be repeated).  [default: those of the paper, if known here]",
)
@with_files
@click.option("--all", "everything", is_flag=True, help="Show every theme that got points, not only near misses.")
@screen.with_json("Print all of it as JSON.")
def explain(
    title: str,
    abstract: str,
    digest: str | None,
    categories: tuple[str, ...],
    files: tuple[str, ...],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Show which terms speak for a theme of TITLE: where they stand, their points, what blocks them, what is missing.

    Whether the paper is known is asked only of what is on this machine.
    """
    from refkit.cli.themes_score import rule_tagger
    from refkit.themes.explaining import explain as account_for

    chosen = common.settings()
    work = _work(_mention(title, abstract, digest, chosen), categories, chosen)
    accounts = account_for(rule_tagger(chosen, files), work)
    if as_json:
        screen.print_json(_explained_json(work, accounts))
    else:
        screen.print_text("".join(f"{line}\n" for line in _explained(work, accounts, everything=everything)))


def _mention(title: str, abstract: str, digest: str | None, chosen: Settings) -> Mention:
    """Return the title with what is said of it. Raises UsageError, DigestError."""
    from refkit import pipeline
    from refkit.errors import UsageError
    from refkit.model import Mention
    from refkit.normalize import title_key

    if not title.strip():
        raise UsageError("The title is empty; give the words of a title in quotation marks.")
    if not digest:
        return Mention(title=" ".join(title.split()), abstract=abstract)
    if abstract:
        raise UsageError("--digest and --abstract both say what the abstract is; leave one of them out.")
    mentions = pipeline.read(
        digest,
        reader=chosen.reader,
        encoding=chosen.encoding or None,
        columns=chosen.columns,
        readers=chosen.wanted_readers,
    )
    for mention in mentions:
        if title_key(mention.title) == title_key(title):
            return mention
    raise UsageError(f"{digest} has no title {title!r}; copy it from the digest, or leave --digest out.")


def _work(mention: Mention, categories: tuple[str, ...], chosen: Settings) -> Work:
    """Return the work that the title means, or one of the title alone. Raises UsageError for no category."""
    from refkit.categories import category_name
    from refkit.cli.themes_score import resolve_here
    from refkit.errors import UsageError
    from refkit.model import ArxivRecord, Work

    for code in categories:
        if not category_name(code):
            raise UsageError(f"There is no category {code!r} on arXiv; write it as arXiv does, such as cs.CL.")
    record = None if categories else resolve_here([mention], chosen)[0].record
    bare = ArxivRecord(arxiv_id=mention.arxiv_id, title=mention.title, categories=categories)
    return Work(record=record or bare, mentions=(mention,))


def _explained(work: Work, accounts: Sequence[Account], *, everything: bool) -> Iterator[str]:
    """Yield the lines: the paper, the themes it gets, those it nearly gets."""
    yield title_of(work)
    given = [each for each in accounts if each.given]
    yield "Its themes:" if given else "It gets no theme."
    for each in given:
        yield from account_lines(each)
    rest = [each for each in accounts if not each.given and (everything or each.is_near)]
    if rest:
        yield "Not given:" if everything else "Nearly given:"
    for each in rest:
        yield from account_lines(each)


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


def _theme_json(theme: Theme) -> dict[str, Any]:
    return {
        "id": theme.id,
        "label": theme.label,
        "terms": len(theme.terms),
        "threshold": theme.threshold,
        "categories": {each.code: each.weight for each in theme.categories},
        "field": list(theme.field),
        "at_large": theme.at_large,
        "files": list(theme.files),
    }


def _explained_json(work: Work, accounts: Sequence[Account]) -> dict[str, Any]:
    from refkit.cli.themes_score import account_json

    return {
        "version": 1,
        "title": work.mentions[0].title,
        "arxiv_id": work.record.arxiv_id or None,
        "categories": list(work.record.categories),
        "given": [each.theme for each in accounts if each.given],
        "near": [each.theme for each in accounts if each.is_near],
        "themes": [account_json(each) for each in accounts],
    }


for _command in (test, learn, discover):
    themes.add_command(_command)
