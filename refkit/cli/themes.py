"""`refkit themes`: what the themes are, learning them from a library, finding them in a pile."""

from __future__ import annotations

import click

from refkit.cli.themes_discover import discover
from refkit.cli.themes_learn import learn

EPILOG = "Exit codes: those of its commands; see `refkit themes COMMAND --help`."


@click.group(epilog=EPILOG)
def themes() -> None:
    """Learn themes from a library with tags, or find them in a pile without."""


for _command in (learn, discover):
    themes.add_command(_command)
