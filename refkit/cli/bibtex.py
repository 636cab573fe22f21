"""`refkit bibtex`: digests in, BibTeX out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from refkit import registry
from refkit.cli import bibtex_into, bibtex_place, common, publishing, screen
from refkit.cli.bibtex_into import with_merging
from refkit.cli.common import EPILOG, with_common, with_digests, with_key_format, with_lock, with_output, with_sample


def _format_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from refkit.writing import formats

    return [name for name in formats() if name.startswith(incomplete)]


@click.command(epilog=EPILOG)
@with_digests
@with_output()
@click.option(
    "--format",
    "dialect",
    metavar="NAME",
    shell_complete=_format_names,
    help=f"The format to write: {', '.join(registry.FORMATS)}, or a plug-in.  [default: bibtex]",
)
@with_key_format
@with_sample
@screen.with_json("Print what was decided, and why, as JSON on standard output; BibTeX then only goes to --output.")
@with_merging
@publishing.with_published
@with_lock
@with_common
def bibtex(
    digests: tuple[str, ...],
    output: Path | None,
    dialect: str | None,
    key_format: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write the papers of digests as BibTeX, or merge them into a .bib file that is there (--into).

    DIGEST is a file, a folder (all files in it and below), a pattern in quotes ("mails/*.eml"), or `-` for standard
    input; without any, those of the configuration are read. The titles are matched to arXiv records; what could not be
    matched is listed on standard error with its reason.
    """
    from refkit import pipeline, writing

    chosen = common.settings()
    formula, selection = key_format or chosen.key_format, chosen.plugins.selection
    if writing.keeps_a_place(dialect or chosen.format, selection):
        bibtex_place.run(digests, chosen, dialect or chosen.format, output, options, as_json=as_json)
    # a formula with a fault is told at once
    writer = writing.open_text(dialect or chosen.format, formula, selection=selection)
    merging = bibtex_into.open_target(output, options, writer.name)
    _refuse_to_overwrite(output, () if options["sample"] else digests or chosen.digests)
    read = common.read(chosen, digests, options, leave_out=str(output or options["into"] or ""))
    resolutions = common.resolve(chosen, read.mentions, options, keep=True)
    works, unpublished = publishing.publish(common.tag(resolutions, chosen, options), chosen, options)
    blocked = False
    if merging:
        merged = bibtex_into.merge(merging, works, writer.name, formula, options)
        bibtex_into.show(merging, merged, resolutions, works, options, as_json=as_json)
        blocked = bool(merged.blocked)
    else:
        text = pipeline.to_bibtex(works, dialect=writer.name, key_format=formula, selection=selection)
        if as_json:
            from refkit import account

            screen.print_text(account.as_json(resolutions, works))
        if output:
            _write(output, text, len(works))
        elif not as_json:
            screen.print_text(text)
    unread = common.tell_what_was_not_read(read)
    common.summarise(resolutions, works)
    common.say_what_was_not_asked(resolutions, chosen, options)
    sys.exit(max(common.exit_code(resolutions), unread, unpublished, blocked))


def _refuse_to_overwrite(output: Path | None, digests: Sequence[str]) -> None:
    from refkit.errors import UsageError

    if output and output.name in {"refkit.toml", "pyproject.toml"}:
        raise UsageError(f"{output} is a configuration; name a .bib file with --output.")
    common.refuse_the_digest(output, digests)


def _write(output: Path, text: str, count: int) -> None:
    from refkit.files import write_atomic

    if not count and os.path.isfile(output) and os.path.getsize(output):  # noqa: PTH113, PTH202 - never raise
        screen.warn(f"refkit: nothing was matched, so {output} is left as it is")
        return
    changed = write_atomic(output, text)
    entries = "1 entry" if count == 1 else f"{count} entries"
    screen.say(f"refkit: {entries} {'written to' if changed else 'already as they are in'} {output}")
