"""`refkit read`: what refkit reads in digests, and what it skips, before any title is matched."""

from __future__ import annotations

import sys
from typing import Any

import click

from refkit.cli import common, screen
from refkit.cli.common import with_digests, with_reading, with_sample


@click.command(
    epilog="Exit codes: 0 every digest was read; 1 some files of a folder could not be; 2 the command, a digest or the "
    "configuration must be changed; 130 interrupted."
)
@with_digests
@with_sample
@click.option("--skipped", "all_skipped", is_flag=True, help="Show every line that was skipped, with its text.")
@screen.with_json("Print all that was read and skipped as JSON.")
@with_reading
def read(digests: tuple[str, ...], *, all_skipped: bool, as_json: bool, **options: Any) -> None:
    """Show what is read in digests, what is skipped, and why; nothing is matched or written.

    DIGEST is as for `refkit bibtex`. Each title stands there with its line and what came with it; below are the lines
    that were understood to be no papers, by reason.
    """
    from refkit.digests import text

    survey = common.read(common.settings(), digests, options)
    if as_json:
        screen.print_text(text.as_json(survey))
    else:
        dim = _dim if screen.is_colourful(sys.stdout) else str
        for reading in survey.readings:
            lines = text.listing(reading, dim=dim, all_skipped=all_skipped)
            screen.print_text("".join(f"{line}\n" for line in lines))
    code = common.tell_what_was_not_read(survey)
    screen.say(text.totals(survey))
    sys.exit(code)


def _dim(line: str) -> str:
    return click.style(line, dim=True)
