"""`refkit explain`: which records a title may mean, and why; or where each field of a paper comes from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, publishing, screen
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
@click.option(
    "--bib",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Explain the entry of this file with the citekey TITLE.",
)
@screen.with_json("Print it as JSON.")
@publishing.with_enrichers
@with_common
def explain(
    title: str,
    digest: str | None,
    abstract: str,
    authors: tuple[str, ...],
    bib: Path | None,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Show which records TITLE may mean, the evidence for each, and why one was accepted or refused.

    For an arXiv id, or a citekey with --bib, show each field of the paper and of its published version: the value, who
    says so, and what others say instead.
    """
    from refkit import account
    from refkit.model import find_arxiv_id, is_arxiv_id

    if bib or (is_arxiv_id(find_arxiv_id(title)) and " " not in title.strip()):
        sys.exit(_explain_paper(title.strip(), bib, options, as_json=as_json))
    chosen = common.settings()
    mention = _mention(title, digest, abstract, authors, options, chosen)
    resolutions = common.resolve(chosen, [mention], options)
    works = common.tag(resolutions, chosen, options)
    if as_json:
        screen.print_text(account.as_json(resolutions, works))
    else:
        screen.print_lines(account.explain(resolutions[0], works[0].themes if works else ()).splitlines())
    _say_what_is_locked(resolutions[0])
    common.say_what_was_not_asked(resolutions, chosen, options)
    sys.exit(common.exit_code(resolutions))


def _explain_paper(name: str, bib: Path | None, options: dict[str, Any], *, as_json: bool) -> int:
    """Print where the fields of a paper come from; return the exit code."""
    from refkit import published_account, upgrading
    from refkit.model import find_arxiv_id
    from refkit.writers.bib_file import BibFile

    chosen = common.settings()
    file = BibFile.read(bib) if bib else None
    with screen.display("looking for published versions") as shown:
        sources = publishing.open_sources(chosen, options, shown.notify)
        enrichers = publishing.open_enrichers(chosen, options, shown.notify)
        if file is None:
            finding, outages = upgrading.find(find_arxiv_id(name), sources=sources, enrichers=enrichers)
            text, document = published_account.explain(finding, outages), published_account.as_json(finding, outages)
        else:
            found = upgrading.explain(file, name, sources=sources, enrichers=enrichers)
            outages = found.outages
            text = published_account.explain(found.finding, outages, key=name)
            text += published_account.entry(found.lines, found.finding.work)
            document = published_account.as_json(found.finding, outages, key=name, lines=found.lines)
    if as_json:
        screen.print_json(document)
    else:
        screen.print_lines(text.splitlines())
    return 3 if outages else 0


def _say_what_is_locked(found: Resolution) -> None:
    """Print what refkit.lock decides on the title where the digest says more, or less, of it than was given here."""
    from refkit.locks import Locks

    if found.decided:
        return
    lock = Locks([found.mention]).beside(found.mention)
    for each in lock.of_title(found.mention.title):
        if each.record or each.by_hand:
            meant = f"arXiv:{each.record.arxiv_id}" if each.record else "no paper of arXiv"
            screen.warn(
                f"refkit: {lock.path} decides a title like this ({each.decided}: {meant}) where the digest says "
                "something else beside it; name the digest with --digest"
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
