"""`refkit report`: digests in, one page of HTML out, to be sent to a colleague."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.common import EPILOG, with_common, with_digests, with_lock, with_output, with_sample

if TYPE_CHECKING:
    from refkit.config import Settings

_ENDINGS = frozenset({".html", ".htm"})


@click.command(epilog=EPILOG)
@with_digests
@with_sample
@with_output("Write the page to this file (.html), whole or not at all, instead of standard output.")
@click.option("--title", metavar="TEXT", default="", help="The title of the page.")
@click.option(
    "--date",
    "day",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    help="A date to print on the page.  [default: none, so that the same digest gives the same bytes]",
)
@click.option("--format", "dialect", type=click.Choice(["bibtex", "biblatex"]), help="The dialect of what is copied.")
@click.option("--no-zotero", is_flag=True, help="Leave out links to the items that refkit knows in your Zotero.")
@screen.with_json("With --output: print what was decided, and why, as JSON.")
@with_lock
@with_common
def report(
    digests: tuple[str, ...],
    output: Path | None,
    title: str,
    day: dt.datetime | None,
    dialect: str | None,
    no_zotero: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write what was read and decided as one page of HTML that stands alone: for a colleague, a phone or a printer.

    DIGEST is as for `refkit bibtex`. The page has each paper with the reason why it was matched, links and BibTeX to
    copy, papers by time, theme and author, and the titles that were not matched, with their reasons.
    """
    from refkit import account
    from refkit.report import page

    chosen = common.settings()
    _refuse(output, digests or chosen.digests, as_json=as_json)
    read = common.read(chosen, digests, options, leave_out=str(output or ""))
    resolutions = common.resolve(chosen, read.mentions, options, keep=True)
    works = common.tag(resolutions, chosen, options)
    text = page.to_report(
        resolutions,
        works,
        title=title,
        day=day.date() if day else None,
        asked=_asked(chosen, options),
        readings=read.readings,
        unread=[f"{Path(each.digest).name}: {each.problem}" for each in read.unread],
        zotero={} if no_zotero else _zotero(),
        dialect=dialect or chosen.format,
    )
    if output:
        _write(output, text)
        if as_json:
            screen.print_text(account.as_json(resolutions, works))
    else:
        screen.print_text(text)
    unread = common.tell_what_was_not_read(read)
    common.summarise(resolutions, works)
    common.say_what_was_not_asked(resolutions, chosen, options)
    sys.exit(max(common.exit_code(resolutions), unread))


def _refuse(output: Path | None, digests: Sequence[str], *, as_json: bool) -> None:
    """Refuse a file that is not meant, as a .bib is not; what has no ending may be a device, but no file."""
    from refkit.errors import UsageError

    if not output:
        if as_json:
            raise UsageError("--json prints what was decided, so name a file for the page with --output.")
        return
    common.refuse_the_digest(output, digests)
    ending = output.suffix.casefold()
    if ending not in _ENDINGS and (ending or os.path.isfile(output)):  # noqa: PTH113 - never raises
        raise UsageError(f"{output} is no page by its name, and no browser would open it; name a .html file.")


def _asked(chosen: Settings, options: dict[str, Any]) -> list[str]:
    """Return the sources that may have been asked, as people call them."""
    from refkit.protocols import silent

    if options["locked"]:
        return ["refkit.lock alone"]
    network = common.network(chosen, options)
    sources = common.open_sources(chosen, options, silent)
    return [each.name if network or not each.network else f"{each.name} (earlier answers)" for each in sources]


def _zotero() -> dict[str, str]:
    from refkit import folders
    from refkit.writers.zotero.known import known_links

    return known_links(folders.state_folder())


def _write(output: Path, text: str) -> None:
    from refkit.files import write_atomic

    changed = write_atomic(output, text)
    screen.say(f"refkit: the page is {'written to' if changed else 'already as it is in'} {output}")
