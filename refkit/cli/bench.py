"""`refkit bench`: how right refkit is on titles whose papers are known."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refkit.bench.figures import Figures
    from refkit.bench.page import About
    from refkit.bench.run import Asked, Pool
    from refkit.metadata.index.building import Progress


@click.command(
    epilog="Exit codes: 0 measured, however many are wrong; 2 the command, a file of titles, the index or the place of "
    "the output must be changed; 3 the index failed; 130 interrupted."
)
@click.argument("pairs", type=click.Path(path_type=Path))
@click.option(
    "--index",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The index to ask, or a snapshot of records of which one is made for the while.  "
    "[default: as configured, else the one that `refkit index build` made]",
)
@click.option(
    "--negatives",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Titles of papers that are not on arXiv, in the same shape without arxiv_id.",
)
@screen.with_json("Print the figures as one JSON object.")
@common.with_output(
    "Write the page to this file too; where it has the two lines that mark a place for the figures, there.",
    metavar="FILE.md",
)
@click.option(
    "--picture",
    metavar="FILE.svg",
    type=click.Path(path_type=Path),
    help="Draw precision and recall, with the simple rules for comparison.",
)
@click.option("--titles-only", is_flag=True, help="Hide abstracts, authors, dates and headings too.")
@click.option(
    "--wrong", metavar="N", type=click.IntRange(min=0), default=20, show_default=True, help="Wrong answers to show."
)
@click.option(
    "--sample", metavar="N", type=click.IntRange(min=1), help="Take so many titles (always the same) of each file."
)
def bench(pairs: Path, index: Path | None, negatives: Path | None, **options: Any) -> None:
    """Measure how right refkit is on PAIRS, titles whose arXiv papers are known.

    PAIRS are JSON lines, plain or .gz: {"title": "...", "arxiv_id": "..."}, perhaps with abstract, authors and date.
    Ids and links are hidden from the matcher; asked is the index alone.
    """
    from refkit import pipeline
    from refkit.bench import run as measuring

    _refuse_bad_places((pairs, index, negatives), (options["output"], options["picture"]))
    chosen = index or pipeline.index_path(common.settings().source_settings.get("index"))
    with _pool(chosen) as pool:
        asked = measuring.read_asked(pairs, negatives, pool, sample=options["sample"] or 0)
        if asked.disagreeing:
            screen.warn(
                f"refkit: of {asked.disagreeing:,} titles the file says otherwise than the index whether it has the "
                "record; the file is believed"
            )
        with screen.display("resolving titles") as shown:
            found = measuring.measure(asked, pool, titles_only=options["titles_only"], progress=shown.progress)
        about = _about(asked, pool, options)
    _write(found, about, asked, options)


def _refuse_bad_places(read: tuple[Path | None, ...], written: tuple[Path | None, ...]) -> None:
    """Raise before the work of minutes what would be raised after it."""
    from refkit.errors import UsageError, WriteError

    taken = {os.path.realpath(path) for path in read if path}
    for path in filter(None, written):
        if os.path.realpath(path) in taken:
            raise UsageError(f"{path} is what is read, or written already; name another file.")
        if not path.parent.is_dir():
            raise WriteError(f"{path}: the folder {path.parent} does not exist; make it first.")
        taken.add(os.path.realpath(path))


@contextmanager
def _pool(path: Path) -> Iterator[Pool]:
    """Give the index, and show how far it is if it must be made."""
    from refkit.bench import run as measuring

    with ExitStack() as stack:
        with screen.display("making the index") as shown:

            def told(now: Progress) -> None:
                if now.total:
                    shown.progress(now.done, now.total)

            pool = stack.enter_context(measuring.open_pool(path, told))
        if pool.built and pool.built.bad:
            first = pool.built.problems[0]
            screen.warn(
                f"refkit: lines of {path} that are no records, and left out: {pool.built.bad:,}; the first is "
                f"{first.line:,}: {first.what}"
            )
        yield pool


def _about(asked: Asked, pool: Pool, options: dict[str, Any]) -> About:
    from refkit.bench.page import About
    from refkit.version import __version__

    return About(
        command=_command(),
        version=__version__,
        day=dt.datetime.now(dt.UTC).date(),
        records=pool.records,
        titles_only=options["titles_only"],
        suspect=asked.suspect,
        disagreeing=asked.disagreeing,
        picture=_link(options["picture"], options["output"]),
        wrong=options["wrong"],
    )


def _command() -> str:
    """Return the command as it can be typed again."""
    context = click.get_current_context()
    typed = ["refkit", "bench", str(context.params["pairs"])]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if not isinstance(parameter, click.Option) or value in {None, False, parameter.default}:
            continue
        typed += [parameter.opts[-1]] + ([] if parameter.is_flag else [str(value)])
    return shlex.join(typed)


def _link(picture: Path | None, output: Path | None) -> str:
    """Return the picture as the page names it: from where the page stands."""
    if not picture:
        return ""
    start = output.parent if output else Path.cwd()
    return Path(os.path.relpath(picture, start)).as_posix()


def _write(found: Figures, about: About, asked: Asked, options: dict[str, Any]) -> None:
    """Write the picture and the page, then print."""
    from refkit.bench import run as measuring
    from refkit.bench.page import page, put_into
    from refkit.bench.picture import picture
    from refkit.files import write_atomic

    text = page(found, about)
    if options["picture"]:
        write_atomic(options["picture"], picture(found))
    if output := options["output"]:
        write_atomic(output, put_into(_content(output), text))
    screen.print_text(measuring.as_json(found, asked, wrong=options["wrong"]) if options["as_json"] else text)


def _content(path: Path) -> str:
    """Return what a file holds; "" for one that is not there yet or is no page."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return ""  # whether it can be replaced, writing it tells
