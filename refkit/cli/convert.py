"""`refkit convert`: a bibliography in one format in, the same in another out; nothing is matched or asked."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import screen
from refkit.cli.common import with_output

if TYPE_CHECKING:
    from refkit.writers.formats.item import Contents, Written

_READABLE = ("bibtex", "biblatex", "csl-json", "ris", "jsonl")
_WRITABLE = (*_READABLE, "markdown", "html")
_LISTED = 20


@click.command(
    epilog="Exit codes: 0 everything was converted; 1 some entries could not be read; 2 the command or the "
    "bibliography must be changed; 130 interrupted."
)
@click.argument("bibliography", metavar="FILE", type=click.Path())
@click.option("--to", "target", type=click.Choice(_WRITABLE), help="The format to write; by default, that of --output.")
@click.option("--from", "source", type=click.Choice(_READABLE), help="The format of FILE; by default, found by itself.")
@with_output()
@click.option("--encoding", metavar="NAME", help="The encoding of FILE; by default, found by itself.")
@click.option("--strict", is_flag=True, help="Write nothing if anything of FILE would be lost.")
@click.option("--style", default="", metavar="STYLE", help="A CSL style for markdown and html: a file, or a name.")
@click.option("--by-theme", is_flag=True, help="In markdown and html, put the entries below their keywords.")
@click.option("--title", metavar="TEXT", help="The heading of a page of html.  [default: Bibliography]")
@screen.with_json("With --output: print what was converted, and what was lost, as JSON.")
def convert(
    bibliography: str,
    *,
    target: str | None,
    source: str | None,
    output: Path | None,
    encoding: str | None,
    strict: bool,
    style: str,
    by_theme: bool,
    title: str | None,
    as_json: bool,
) -> None:
    """Convert a bibliography to another format, offline.

    FILE is a .bib, CSL-JSON, RIS or JSON lines of refkit, or `-` for standard input. What the new format has no place
    for is told on standard error, by name and number.
    """
    from refkit.digests.loading import name_of
    from refkit.writers.formats.converting import Layout, format_of, read_items, write_items

    name = name_of(bibliography)
    to = _target(target, output)
    _refuse(bibliography, output, to, layout=bool(style or by_theme or title), as_json=as_json)
    text = _read(bibliography, name, encoding)
    chosen = source or format_of(name, text)
    contents = read_items(text, format=chosen, name=name)
    layout = Layout(style=style, by_theme=by_theme, **({"title": title} if title else {}))
    written = write_items(contents.items, to=to, source=chosen, layout=layout)
    _tell(contents, written, name, to, strict=strict)
    _put(written.text, output, len(contents.items))
    if as_json:
        screen.print_json(_document(contents, written, output, to))
    sys.exit(1 if contents.unread else 0)


def _target(target: str | None, output: Path | None) -> str:
    from refkit.errors import UsageError
    from refkit.writers.formats.converting import SUFFIXES

    found = target or SUFFIXES.get(output.suffix.lower() if output else "", "")
    if not found:
        raise UsageError(f"Name the format to write with --to: {', '.join(_WRITABLE)}.")
    return found


def _refuse(bibliography: str, output: Path | None, to: str, *, layout: bool, as_json: bool) -> None:
    from refkit.errors import UsageError

    if output and bibliography != "-" and os.path.realpath(output) == os.path.realpath(bibliography):
        raise UsageError(f"{output} is the bibliography itself; name another file with --output.")
    if as_json and not output:
        raise UsageError("--json prints what was done, so name a file for the bibliography with --output.")
    if layout and to not in ("markdown", "html"):
        raise UsageError(f"--style, --by-theme and --title are for markdown and html, not for {to}.")


def _read(bibliography: str, name: str, encoding: str | None) -> str:
    from refkit.digests.decoding import check_encoding, decode
    from refkit.digests.loading import load_bytes

    if encoding:
        check_encoding(encoding)
    return decode(load_bytes(bibliography), encoding, digest=name)


def _tell(contents: Contents, written: Written, name: str, to: str, *, strict: bool) -> None:
    """Say what was not read, renamed and lost; raises UsageError for it if all is to be kept."""
    from refkit.errors import UsageError
    from refkit.normalize import for_terminal

    for each in contents.unread[:_LISTED]:
        where = f"{name}:{each.line}" if each.line else name
        screen.warn(f"refkit: {for_terminal(f'{where}: {each.reason}', 300)}")
    if len(contents.unread) > _LISTED:
        screen.warn(f"refkit: ... and {len(contents.unread) - _LISTED} more that could not be read")
    lost = _lost(written)
    said = ", ".join(f"{field} ({count})" for field, count in lost.items())
    if strict and (lost or contents.unread):
        what = f"{to} has no place for: {said}" if lost else "not all of it could be read"
        raise UsageError(f"{name}: {for_terminal(what, 2_000)}. Nothing is written; leave --strict out to do without.")
    if lost:
        screen.warn(f"refkit: {for_terminal(f'{to} has no place for: {said}', 2_000)}")
    _tell_renamed(written.renamed)


def _lost(written: Written) -> dict[str, int]:
    """Return the fields that the format has no place for, with the number of entries that have them."""
    lost = Counter(field for names in written.lost for field in dict.fromkeys(names))
    return dict(sorted(lost.items(), key=lambda pair: (-pair[1], pair[0])))


def _document(contents: Contents, written: Written, output: Path | None, to: str) -> dict[str, Any]:
    return {
        "version": 1,
        "format": to,
        "output": str(output),
        "entries": len(contents.items),
        "lost": _lost(written),
        "renamed": dict(written.renamed),
        "unread": [{"line": each.line, "reason": each.reason} for each in contents.unread],
    }


def _tell_renamed(renamed: Sequence[tuple[str, str]]) -> None:
    from refkit.normalize import for_terminal

    for old, new in renamed[:_LISTED]:
        screen.warn(f"refkit: the key {for_terminal(old, 100)!r} is written as {new!r}")
    if len(renamed) > _LISTED:
        screen.warn(f"refkit: ... and {len(renamed) - _LISTED} more keys")


def _put(text: str, output: Path | None, count: int) -> None:
    from refkit.files import write_atomic

    if not output:
        screen.print_text(text)
        return
    changed = write_atomic(output, text)
    entries = "1 entry" if count == 1 else f"{count} entries"
    screen.say(f"refkit: {entries} {'written to' if changed else 'already as they are in'} {output}")
