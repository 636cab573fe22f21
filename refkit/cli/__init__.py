"""The command line: parse, call the pipeline, print. Nothing is decided here; one file a command.

Exit codes: 0 every title matched and everything is written, 1 some did not or could not be, 2 the command, digest,
configuration or key must be changed, 3 a source or Zotero failed, 130 interrupted.
Only click and the standard library may be imported at the top of these files:
`refkit --help` must stay light.
"""

from __future__ import annotations

from typing import Any

import click

from refkit.cli import screen
from refkit.cli.bench import bench
from refkit.cli.bibtex import bibtex
from refkit.cli.cache import cache
from refkit.cli.check import check
from refkit.cli.common import EPILOG, NO_DIGEST
from refkit.cli.completion import completion
from refkit.cli.convert import convert
from refkit.cli.doctor import doctor
from refkit.cli.explain import explain
from refkit.cli.index import index
from refkit.cli.login import login
from refkit.cli.new import new
from refkit.cli.plugins import plugins
from refkit.cli.read import read
from refkit.cli.rekey import rekey
from refkit.cli.report import report
from refkit.cli.resolve import resolve
from refkit.cli.review import review
from refkit.cli.sync_zotero import log, sync_zotero, undo
from refkit.cli.themes import themes
from refkit.cli.upgrade import upgrade
from refkit.cli.watch import watch
from refkit.errors import Interrupted, RefkitError
from refkit.version import __version__

__all__ = ["NO_DIGEST", "main"]


class _Group(click.Group):
    """A command group in which every error of refkit is one sentence on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a RefkitError ends it with its sentence."""
        screen.show_log()
        try:
            return super().invoke(ctx)
        except RefkitError as error:
            screen.fail(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            screen.fail("interrupted")
            ctx.exit(Interrupted.exit_code)


@click.group(cls=_Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="refkit")
def main() -> None:
    """Turn paper digests into references: titles in, arXiv records out.

    `refkit bibtex` writes them as BibTeX, `refkit sync-zotero` puts them into a Zotero library, `refkit report` shows
    them on a page; `refkit login` keeps the key for Zotero, and `refkit doctor` shows what is missing. `refkit read`
    shows what is read in a digest, `refkit upgrade` turns the preprints of a .bib into their published versions, and
    `refkit convert` a bibliography into another format. `refkit watch` does all this by itself with what is new in
    feeds and mail folders.
    """


for _command in (
    bibtex, upgrade, rekey, check, convert, sync_zotero, undo, log, read, review, report, explain, resolve, index,
    watch, bench, themes, login, doctor, cache, plugins, new, completion,
):  # fmt: skip
    main.add_command(_command)
screen.equip(main)
