"""`refkit new`: a package with a plug-in of your own, that works and is tested from the start."""

from __future__ import annotations

from pathlib import Path

import click

from refkit.cli import common, screen
from refkit.plugins import GROUPS

_EPILOG = "Exit codes: 0 written; 2 the name cannot be taken, or something stands there already."


@click.command(epilog=_EPILOG)
@click.argument("kind", type=click.Choice(list(GROUPS)))
@click.argument("name")
@common.with_output(
    "Write the package below this folder.  [default: the current one]", metavar="FOLDER", default=Path()
)
@screen.with_json("Print what was written as JSON.")
def new(kind: str, name: str, output: Path, *, as_json: bool) -> None:
    """Write the package refkit-NAME with a plug-in of this KIND, its contract test and its entry point.

    It works and passes its tests as it is; docs/plugins.md leads on from there.
    """
    from refkit.scaffold import new_package

    package, files = new_package(kind, name, output)
    if as_json:
        told = {
            "version": 1,
            "kind": kind,
            "name": name,
            "package": str(package),
            "files": [str(each) for each in files],
        }
        screen.print_json(told)
    else:
        screen.print_lines(map(str, files))
    screen.say(f"refkit: {package} is written; next: pip install -e '{package}[test]' && pytest {package}")
