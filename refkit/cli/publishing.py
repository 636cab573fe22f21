"""What the commands share that look for published versions: their options, asking, and what is said at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Work
    from refkit.protocols import Enricher, Notify, Source
    from refkit.publishing import Found


def _enricher_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from refkit.registry import ENRICHERS

    return [name for name in ENRICHERS if name.startswith(incomplete)]


def with_enrichers(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that names the services to ask."""
    option = click.option(
        "--enricher",
        "enrichers",
        metavar="NAME",
        multiple=True,
        shell_complete=_enricher_names,
        help="Ask this service for published versions (may be repeated).  [default: as the configuration says]",
    )
    return common.with_options(command, [option])


def with_published(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options to write published versions."""
    option = click.option(
        "--published",
        is_flag=True,
        help="Write the published version of a paper where it is surely known, and tell what is doubtful.",
    )
    return common.with_options(with_enrichers(command), [option])


def publish(works: Sequence[Work], chosen: Settings, options: dict[str, Any]) -> tuple[list[Work], int]:
    """Return the works with their published versions, if that is asked for, and the exit code of what failed."""
    if not (options["published"] or options["enrichers"]):
        return list(works), 0
    from refkit import published_account

    with screen.display("looking for published versions") as shown:
        found = find(works, chosen, options, shown.notify)
    for line in published_account.summary(found.findings, found.outages):
        screen.warn(line)
    return found.works, 3 if found.outages else 0


def find(works: Sequence[Work], chosen: Settings, options: dict[str, Any], notify: Notify) -> Found:
    """Ask the sources for what arXiv says, and the enrichers that settings and options name. Raises UsageError."""
    from refkit import publishing

    enrichers = open_enrichers(chosen, options, notify)
    sources = [] if options.get("locked") else open_sources(chosen, options, notify)
    return publishing.publish(works, sources=sources, enrichers=enrichers)


def open_enrichers(chosen: Settings, options: dict[str, Any], notify: Notify) -> list[Enricher]:
    """Return the enrichers that options, or else settings, name. Raises UsageError, ConfigError."""
    from refkit import publishing

    return publishing.open_enrichers(
        options["enrichers"] or chosen.enricher_names,
        network=common.network(chosen, options),
        refresh=options["refresh"],
        settings=chosen.enricher_settings,
        notify=notify,
        selection=chosen.plugins.selection,
    )


def open_sources(chosen: Settings, options: dict[str, Any], notify: Notify) -> list[Source]:
    """Return the sources that know what arXiv says; without the network there may be none. Raises UsageError."""
    from refkit.errors import UsageError

    try:
        return common.open_sources(chosen, options, notify)
    except UsageError:
        if common.network(chosen, options):
            raise
        return []
