"""`refkit bibtex --into`: the options of a merge, and what is printed of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from refkit.model import Resolution, Work
    from refkit.writers.bib_merge import Merge
    from refkit.writers.bib_target import BibTarget

_WIDTH = 60  # of a value in a line of the summary
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_DIALECTS = ("bibtex", "biblatex")
_ONLY_INTO = ("update", "dry_run", "backup", "recreate")

_merging: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--into",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Merge into this .bib file: add what it lacks, update what refkit wrote, leave all else byte by byte.",
    ),
    click.option(
        "--update",
        metavar="FIELD,...",
        default="",
        help='With --into: write these fields even where you edited them ("type" is the entry type, "all" is all).',
    ),
    click.option("--recreate", is_flag=True, help="With --into: add entries again that you removed."),
    click.option("--dry-run", is_flag=True, help="With --into: print what would change as a diff, write nothing."),
    click.option("--backup", is_flag=True, help="With --into: keep the file as it was in FILE.bak."),
)


def with_merging(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a merge."""
    return common.with_options(command, _merging)


def open_target(output: Path | None, options: dict[str, Any], dialect: str) -> BibTarget | None:
    """Return the file to merge into, before anything is asked; None without --into. Raises UsageError."""
    from refkit.errors import UsageError

    into: Path | None = options["into"]
    if into is None:
        for name in _ONLY_INTO:
            if options[name]:
                raise UsageError(f"--{name.replace('_', '-')} only goes with --into; name the .bib file with that.")
        return None
    if output:
        raise UsageError("--output writes a file anew and --into merges into one; leave out one of them.")
    if dialect not in _DIALECTS:
        raise UsageError(f"--into merges into a .bib, and --format {dialect} is none; use bibtex or biblatex.")
    from refkit import merging

    return merging.open_bib(into)


def merge(target: BibTarget, works: Sequence[Work], dialect: str, key_format: str, options: dict[str, Any]) -> Merge:
    """Merge the works, or only plan it with --dry-run."""
    from refkit import merging

    update = [name.strip() for name in options["update"].split(",") if name.strip()]
    merged = merging.plan_bibtex(
        target, works, dialect=dialect, update=update, recreate=options["recreate"], key_format=key_format
    )
    if not options["dry_run"]:
        target.write(merged, backup=options["backup"])
    return merged


def show(
    target: BibTarget,
    merged: Merge,
    resolutions: Sequence[Resolution],
    works: Sequence[Work],
    options: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    """Print JSON or the diff on standard output, and the summary on standard error."""
    if as_json:
        from refkit import account

        screen.print_text(account.as_json(resolutions, works, merged=merged))
    elif options["dry_run"]:
        print_diff(target.diff(merged))
    for line in _summary(merged, target.path, planned=options["dry_run"]):
        screen.say(line)
    for line in (*merged.blocked, *merged.remarks):
        screen.warn(f"refkit: {line}")


def print_diff(text: str) -> None:
    """Print a diff, in colours on a terminal."""
    if not screen.is_colourful(sys.stdout):
        screen.print_text(text)
        return
    lines = (click.style(line, fg=_COLOURS.get(line[:1])) for line in text.splitlines())
    screen.print_text("".join(f"{line}\n" for line in lines))


def _summary(merged: Merge, path: Path, *, planned: bool) -> Iterator[str]:
    would = "would be " if planned else ""
    counts = [
        f"{len(merged.added)} {would}added",
        f"{len(merged.updated)} {would}updated",
        f"{merged.untouched} as {'they are' if merged.untouched != 1 else 'it is'}",
    ]
    yield f"refkit: {path}: {', '.join(counts)}"
    for each in merged.updated:
        yield f"  updated {each.key}: {', '.join(sorted(each.fields))}"
    if merged.kept:
        fields = "1 field" if len(merged.kept) == 1 else f"{len(merged.kept)} fields"
        yield f"refkit: {fields} kept as you have them (--update FIELD writes ours):"
    for kept in merged.kept:
        yours = _short(kept.yours) if kept.yours else "(removed)"
        yield f"  {kept.key} (line {kept.line}), {kept.field}: yours {yours}; ours {_short(kept.ours)}"
    for gone in merged.removed:
        yield f"refkit: {gone.key} stays out, as you removed it (--recreate adds it again): {_short(gone.title)}"


def _short(text: str) -> str:
    from refkit.normalize import for_terminal

    return for_terminal(" ".join(text.split()), _WIDTH)
