"""`refkit explain`: which records a title may mean, and why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common
from refkit.cli.common import EPILOG, with_common

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Resolution


@click.command(epilog=EPILOG)
@click.argument("title")
@click.option(
    "--digest",
    metavar="FILE",
    help="Take what this digest says about the title (abstract, date) as evidence too.",
)
@click.option("--abstract", metavar="TEXT", default="", help="The abstract, as further evidence.")
@click.option(
    "--author",
    "authors",
    metavar="NAME",
    multiple=True,
    help="An author, as further evidence (may be repeated).",
)
@with_common
def explain(title: str, digest: str | None, abstract: str, authors: tuple[str, ...], **options: Any) -> None:
    """Show which records TITLE may mean, the evidence for each, and why one was accepted or refused."""
    from refkit import report

    chosen = common.settings()
    mention = _mention(title, digest, abstract, authors, options, chosen)
    resolutions = common.resolve(chosen, [mention], options)
    works = common.tag(resolutions, chosen, options)
    common.print_text(report.explain(resolutions[0], works[0].themes if works else ()))
    _say_what_is_locked(resolutions[0])
    common.say_what_was_not_asked(resolutions, chosen, options)
    sys.exit(common.exit_code(resolutions))


def _say_what_is_locked(found: Resolution) -> None:
    """Print what refkit.lock decides on the title where the digest says more, or less, of it than was given here."""
    from refkit.locks import Locks

    if found.decided:
        return
    lock = Locks([found.mention]).beside(found.mention)
    for each in lock.of_title(found.mention.title):
        if each.record or each.by_hand:
            meant = f"arXiv:{each.record.arxiv_id}" if each.record else "no paper of arXiv"
            click.echo(
                f"refkit: {lock.path} decides a title like this ({each.decided}: {meant}) where the digest says "
                "something else beside it; name the digest with --digest",
                err=True,
            )


def _mention(
    title: str,
    digest: str | None,
    abstract: str,
    authors: tuple[str, ...],
    options: dict[str, Any],
    chosen: Settings,
) -> Mention:
    from refkit.errors import UsageError
    from refkit.model import Mention
    from refkit.normalize import title_key

    if not title.strip():
        raise UsageError("The title is empty; give the words of a title in quotation marks.")
    if not digest:
        return Mention(title=" ".join(title.split()), abstract=abstract, authors=authors)
    for mention in common.read(chosen, (digest,), options).mentions:
        if title_key(mention.title) == title_key(title):
            return mention
    raise UsageError(f"{digest} has no title {title!r}; copy it from the digest, or leave --digest out.")
