"""`refkit themes discover`."""

from __future__ import annotations

import click


@click.command()
def discover() -> None:
    """Discover."""
