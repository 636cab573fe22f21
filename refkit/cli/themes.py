"""`refkit themes`: which themes there are, why a paper gets one, and how right they are on papers labelled by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.themes_accounts import account_json, account_lines, resolve_here, rule_tagger, title_of
from refkit.cli.themes_discover import discover
from refkit.cli.themes_learn import learn
from refkit.cli.themes_score import test

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Work
    from refkit.themes.explaining import Account
    from refkit.themes.taxonomy import Theme

_EPILOG = "Exit codes: 0 done; 2 the command, a file of themes or a digest must be changed."
_LIST = (
    screen.Column("theme"),
    screen.Column("label", wraps=True),
    screen.Column("terms", right=True),
    screen.Column("files", wraps=True),
)


@click.group(epilog=_EPILOG)
def themes() -> None:
    """List the themes, explain why a paper gets one or not, and test them on papers labelled by hand.

    `learn` learns the tags of your own library, `discover` proposes themes for a pile without tags. docs/themes.md
    says how a work gets its points, and how to write themes of your own.
    """


@themes.command("list", epilog=_EPILOG)
@common.with_themes
@screen.with_json("Print them as JSON.")
def list_(theme_files: tuple[str, ...], *, as_json: bool) -> None:
    """List the themes: id, label, how many terms, and the files that speak of it."""
    known = rule_tagger(common.settings(), theme_files).rules.themes
    if as_json:
        screen.print_json({"version": 1, "themes": list(map(_theme_json, known))})
        return
    rows = [(each.id, each.label, _counted(each), ", ".join(each.files)) for each in known]
    screen.print_table(_LIST, rows, _plain(rows))


def _counted(theme: Theme) -> str:
    return f"{len(theme.terms)} {'term' if len(theme.terms) == 1 else 'terms'}"


def _plain(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of the list for a pipe: without a head, so that each line is a theme."""
    ids, labels = (max(len(row[place]) for row in rows) for place in (0, 1))
    for theme, label, count, files in rows:
        yield f"{theme:{ids}}  {label:{labels}}  {count:>9}  {files}"


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
@common.with_themes
@click.option("--all", "everything", is_flag=True, help="Show every theme that got points, not only near misses.")
@screen.with_json("Print all of it as JSON.")
def explain(
    title: str,
    abstract: str,
    digest: str | None,
    categories: tuple[str, ...],
    theme_files: tuple[str, ...],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Show which terms speak for a theme of TITLE: where they stand, their points, what blocks them, what is missing.

    Whether the paper is known is asked only of what is on this machine.
    """
    from refkit.themes.explaining import explain as account_for

    chosen = common.settings()
    work = _work(_mention(title, abstract, digest, chosen), categories, chosen)
    accounts = account_for(rule_tagger(chosen, theme_files), work)
    if as_json:
        screen.print_json(_explained_json(work, accounts))
    else:
        screen.print_lines(_explained(work, accounts, everything=everything))


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
