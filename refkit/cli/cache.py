"""`refkit cache`: what arXiv has answered so far, and how to forget it."""

from __future__ import annotations

import json

import click


@click.group(epilog="Exit codes: 0 done; 2 the file could not be removed.")
def cache() -> None:
    """Show or clear the answers kept from earlier runs."""


@cache.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def info(*, as_json: bool) -> None:
    """Show where the answers are kept, how many, and how many are out of date."""
    from refkit import pipeline

    path, content = pipeline.cache_content()
    if as_json:
        click.echo(json.dumps({"path": str(path), **content}, indent=2))
        return
    click.echo(f"{path}\n{content['bytes']:,} bytes, {content['records']:,} records")
    click.echo(
        f"{content['answers']:,} answers that hold ({content['empty']:,} of them: nothing found), "
        f"{content['expired']:,} out of date"
    )


@cache.command()
def clear() -> None:
    """Forget all answers; the next run asks arXiv again."""
    from refkit import pipeline

    path, was_there = pipeline.clear_cache()
    click.echo(f"{path} {'removed' if was_there else 'was not there'}")
