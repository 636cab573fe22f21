"""`refkit cache`: what arXiv has answered so far, and how to forget it."""

from __future__ import annotations

import click

from refkit.cli import screen


@click.group(epilog="Exit codes: 0 done; 2 the file could not be removed.")
def cache() -> None:
    """Show or clear the answers kept from earlier runs."""


@cache.command()
@screen.with_json("Print it as JSON.")
def info(*, as_json: bool) -> None:
    """Show where the answers are kept, how many, and how many are out of date."""
    from refkit import pipeline

    path, content = pipeline.cache_content()
    if as_json:
        screen.print_json({"version": 1, "path": str(path), **content})
        return
    screen.print_lines(
        (
            f"{path}",
            f"{content['bytes']:,} bytes, {content['records']:,} records",
            (
                f"{content['answers']:,} answers that hold ({content['empty']:,} of them: nothing found), "
                f"{content['expired']:,} out of date"
            ),
        )
    )


@cache.command()
@screen.with_json("Print what was removed as JSON.")
def clear(*, as_json: bool) -> None:
    """Forget all answers; the next run asks arXiv again."""
    from refkit import pipeline

    path, was_there = pipeline.clear_cache()
    if as_json:
        screen.print_json({"version": 1, "path": str(path), "removed": was_there})
    else:
        screen.print_lines((f"{path} {'removed' if was_there else 'was not there'}",))
