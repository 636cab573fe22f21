"""Works into a .bib file that is there: what the command line and `refkit.merge_bibtex` share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from refkit.model import Work
from refkit.registry import bibtex_writer

if TYPE_CHECKING:
    from refkit.writers.bib_merge import Merge
    from refkit.writers.bib_target import BibTarget


def open_bib(path: Path) -> BibTarget:
    """Return a .bib file to plan merges into and to write, or a new one. Raises UsageError, WriteRefused."""
    from refkit.writers.bib_target import BibTarget  # only where a file is merged into

    return BibTarget(Path(path))


def plan_bibtex(
    target: BibTarget,
    works: Iterable[Work],
    *,
    dialect: str = "bibtex",
    update: Iterable[str] = (),
    recreate: bool = False,
    key_format: str = "",
) -> Merge:
    """Plan to bring works into an open .bib file; options are those of `merge_bibtex`."""
    writer = bibtex_writer(dialect, key_format)
    return target.plan(tuple(works), writer, update=tuple(update), recreate=recreate)


def merge_bibtex(
    path: str | Path,
    works: Iterable[Work],
    *,
    dialect: str = "bibtex",
    update: Iterable[str] = (),
    recreate: bool = False,
    dry_run: bool = False,
    backup: bool = False,
    key_format: str = "",
) -> Merge:
    """Bring works into a .bib file (docs/merging.md) and tell what was done; with `dry_run` nothing is written.

    `update` names fields that are written even where the user edited them ("all" for all), `recreate` adds entries
    again that the user removed, `backup` keeps the old bytes in `refs.bib.bak`, `key_format` is for new entries. Raises
    UsageError, ConfigError, WriteError, WriteConflict, each with the remedy; the file is then as it was.
    """
    target = open_bib(Path(path))
    merge = plan_bibtex(target, works, dialect=dialect, update=update, recreate=recreate, key_format=key_format)
    if not dry_run:
        target.write(merge, backup=backup)
    return merge
