"""`refkit plugins`: every plug-in with where it comes from, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from refkit.cli import common, screen
from refkit.plugins import GROUPS

if TYPE_CHECKING:
    from refkit.plugin_list import Listed

_EPILOG = "Exit codes: 0 all plug-ins work, or are disabled; 1 some do not; 2 the configuration must be changed."
_COLUMNS = (
    screen.Column("kind"),
    screen.Column("name"),
    screen.Column("origin"),
    screen.Column("status", wraps=True),
)


@click.command(epilog=_EPILOG)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(GROUPS)), help="Only this kind (may be repeated)."
)
@screen.with_json("Print them as JSON.")
def plugins(kinds: tuple[str, ...], *, as_json: bool) -> None:
    """List readers, sources, enrichers, taggers and writers: those built in and those of installed packages.

    Each is opened as a run would open it, and asked nothing. docs/plugins.md tells how to write one.
    """
    from refkit import opening, plugin_list

    settings = common.settings()
    found = plugin_list.listed(settings, opening.surroundings(), kinds)
    if as_json:
        screen.print_json({"version": 1, "plugins": [_json(each) for each in found]})
    else:
        screen.print_table(_COLUMNS, [_row(each) for each in found])
    for line in plugin_list.unknown_names(settings):
        screen.warn(f"refkit: {line}")
    if any(each.status in {plugin_list.BROKEN, plugin_list.MISCONFIGURED} for each in found):
        click.get_current_context().exit(1)


def _row(each: Listed) -> tuple[str, ...]:
    reason = f": {each.reason}" if each.reason else ""
    return each.plugin.kind, each.plugin.name, each.plugin.origin, f"{each.status}{reason}"


def _json(each: Listed) -> dict[str, str]:
    plugin = each.plugin
    return {
        "kind": plugin.kind,
        "name": plugin.name,
        "origin": plugin.origin,
        "status": each.status,
        "reason": each.reason,
    }
