"""What `refkit bibtex --into` adds to the command: its options, the merge, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common

if TYPE_CHECKING:
    from refkit.merging import Merging
    from refkit.model import Work
    from refkit.writers.bib_merge import Merge

_OPTIONS = (
    click.option(
        "--into",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Add them to this .bib and update what refkit wrote there; all else in it keeps its bytes.",
    ),
    click.option(
        "--update",
        metavar="FIELD,...",
        help="With --into: write these fields even where you have edited them.",
    ),
    click.option("--recreate", is_flag=True, help="With --into: make entries again that you have deleted."),
    click.option("--dry-run", is_flag=True, help="With --into: print the changes as a diff; write nothing."),
    click.option("--backup", is_flag=True, help="With --into: keep the old file as FILE.bak."),
)
# Of many differing fields so many are shown; --json is for all.
_MOST_SHOWN = 20
_LONGEST_SHOWN = 60


def with_into(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of merging into an existing file."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_contradictions(output: Path | None, options: dict[str, Any], *, as_json: bool) -> None:
    """Raise UsageError for options that exclude each other."""
    from refkit.errors import UsageError

    if options["into"] and output:
        raise UsageError("--into changes a .bib, --output writes one anew; give one of them.")
    if options["into"] and options["dry_run"] and as_json:
        raise UsageError("--dry-run prints a diff and --json an answer; give one of them.")
    alone = [name for name in ("update", "recreate", "dry_run", "backup") if options[name] and not options["into"]]
    if alone:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in alone)
        raise UsageError(f"{names} belong{'s' if len(alone) == 1 else ''} to --into FILE; name the .bib with it.")


def merge(works: Sequence[Work], dialect: str | None, options: dict[str, Any]) -> None:
    """Merge works into the file that `--into` names, or show what it would become."""
    from refkit import merging

    into: Path = options["into"]
    fields = [name.strip() for name in (options["update"] or "").split(",") if name.strip()]
    planned = merging.merge_bibtex(into, works, dialect=dialect or "", update=fields, recreate=options["recreate"])
    for line in report(planned.merge):
        click.echo(line, err=True)
    if options["dry_run"]:
        print_diff(str(into), planned.merge.file.text, planned.merge.text)
        changed = planned.changed
    else:
        changed = planned.write(backup=options["backup"])
    click.echo(f"refkit: {_summary(planned, changed=changed, dry_run=options['dry_run'])}", err=True)


def print_diff(name: str, before: str, after: str) -> None:
    """Print a unified diff, in colours on a terminal."""
    from difflib import unified_diff

    colours = {"+": "green", "-": "red", "@": "cyan"}
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in unified_diff(old, new, fromfile=name, tofile=name):
        whole = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        common.print_text(click.style(whole, fg=colours.get(line[0])) if _is_terminal() else whole)


def _is_terminal() -> bool:
    import os
    import sys

    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def report(merge: Merge) -> Iterator[str]:
    """Yield what the user has to know: kept fields, duplicates with the remedy, papers that are not written."""
    name = merge.file.name
    for kept in merge.kept[:_MOST_SHOWN]:
        yours = f"{_short(kept.yours)!r}" if kept.yours else "removed"
        where = f"{name}:{kept.line}: {kept.key}"
        yield f"{where}: {kept.field} stays as you have it ({yours}); ours is {_short(kept.ours)!r}"
    if len(merge.kept) > _MOST_SHOWN:
        yield f"refkit: {len(merge.kept) - _MOST_SHOWN} more fields stay as you have them"
    for twins in merge.twins:
        others = ", ".join(f"{key or '(no key)'} (line {line})" for line, key in twins[1:])
        line, key = twins[0]
        remedy = "only this one is updated: cite it, and delete the other"
        yield f"{name}:{line}: {key}: {others} is the same paper; {remedy}"
    for work, reason in merge.refused:
        yield f"not written: arXiv:{work.record.arxiv_id}, {work.record.title!r}: {reason}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _summary(planned: Merging, *, changed: bool, dry_run: bool) -> str:
    from refkit.merging import counts
    from refkit.model import Op

    count = counts(planned.merge)
    entries = sum(count.values())
    if not changed:
        return (
            f"{planned.path} is left as it is; it has all {entries} of these papers"
            if entries
            else (f"{planned.path} is left as it is")
        )
    told = f"{count[Op.CREATE]} added, {count[Op.UPDATE]} updated, {count[Op.KEEP]} as they were"
    return f"{planned.path}: {told}" + (" (nothing is written)" if dry_run else "")
