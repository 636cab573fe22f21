"""`refkit resolve`: titles by the million, decided by the local index, a line of JSON each."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refkit.bulk import Progress, Tally
    from refkit.cli.screen import Display

_VERDICTS = ("matched", "ambiguous", "not_found", "failed", "unreadable")


@click.command(
    epilog="Exit codes: 0 every title matched; 1 some titles did not, or could not be read; 2 the command, the file of "
    "titles, the index or the output must be changed; 3 a process, the cluster or the index failed: the same command "
    "goes on from there; 130 interrupted, and the same."
)
@click.argument("titles", type=click.Path(path_type=Path))
@common.with_output("Write to this file, and go on where an earlier run ended.  [default: standard output]")
@click.option(
    "--index",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The local index to ask.  [default: as configured, else the one that `refkit index build` made]",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["txt", "csv", "tsv", "jsonl"]),
    help="The format of TITLES.  [default: by its ending; txt for standard input]",
)
@common.with_jobs
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    default="",
    help="Let the Dask cluster of this scheduler do the work (tcp://...); it reads the index under the same path.",
)
@screen.with_json("With --output: print the counts and the time as JSON.")
def resolve(titles: Path, output: Path | None, *, as_json: bool, **options: Any) -> None:
    """Decide which arXiv record each of TITLES means, any number of them, by the local index alone.

    TITLES is a list with one title a line, a table with a column `title`, or JSON lines; also as .gz, or `-` for
    standard input. For each there is one line of JSON, in the same order. Memory stays small.
    """
    if as_json and not output:
        from refkit.errors import UsageError

        raise UsageError("Each title is a line of JSON anyway; --json prints the counts where --output takes those.")
    shown = _Shown()
    try:
        with screen.display("resolving titles") as display:
            shown.display = display
            tally = _run(titles, output, options, shown)
    except KeyboardInterrupt:
        screen.warn(shown.interrupted(goes_on=bool(output) and str(titles) != "-"))
        sys.exit(130)
    shown.report(tally)
    if as_json:
        screen.print_json(shown.document(tally))
    sys.exit(_exit_code(tally.counts))


def _run(titles: Path, output: Path | None, options: dict[str, Any], shown: _Shown) -> Tally:
    from refkit import bulk, pipeline

    named = options["index"] or pipeline.index_path(common.settings().source_settings.get("index"))
    chosen: dict[str, Any] = {
        "index": named,
        "way": bulk.Way(processes=options["jobs"], scheduler=options["scheduler"]),
        "kind": options["kind"] or "",
        "stdin": sys.stdin.buffer if sys.stdin else None,
        "told": shown.told,
    }
    source = None if str(titles) == "-" else titles
    if output:
        return bulk.resolve_file(source, output, **chosen)
    return bulk.stream_file(source, lambda data: screen.print_text(data.decode()), **chosen)


class _Shown:
    """What is told while a run goes on, and at its end."""

    display: Display

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._now: Progress | None = None

    def told(self, now: Progress) -> None:
        if not self._now:
            self._say_how_it_begins(now)
        self._now = now
        self.display.progress(now.done, now.total)
        self.display.notify(f"{now.before + now.items:,} titles, {self._rate(now.items)}")

    def _say_how_it_begins(self, now: Progress) -> None:
        if now.before:
            screen.say(f"refkit: {now.before:,} titles were done before; going on from there")
        if now.remark:
            screen.warn(f"refkit: beginning anew: {now.remark}")

    def _rate(self, items: int) -> str:
        return f"{items / self._seconds():,.0f} titles/s"

    def _seconds(self) -> float:
        return max(time.monotonic() - self._began, 1e-9)

    def interrupted(self, *, goes_on: bool) -> str:
        done = self._now.before + self._now.items if self._now else 0
        if goes_on:
            return f"refkit: interrupted after {done:,} titles; the same command goes on from there"
        return f"refkit: interrupted after {done:,} titles; a run from a file into an --output can go on where it was"

    def report(self, tally: Tally) -> None:
        several = "1 title" if tally.items == 1 else f"{tally.items:,} titles"
        counts = ", ".join(
            f"{tally.counts.get(name, 0):,} {name.replace('_', ' ')}"
            for name in _VERDICTS
            if name != "unreadable" or tally.counts.get(name)
        )
        screen.say(f"refkit: {several}: {counts}")
        done = tally.items - tally.before
        screen.say(f"refkit: {done:,} in {self._seconds():.1f} s, {self._rate(done)}")

    def document(self, tally: Tally) -> dict[str, Any]:
        counts = {name: tally.counts.get(name, 0) for name in _VERDICTS}
        return {
            "version": 1,
            "titles": tally.items,
            "done_before": tally.before,
            "counts": counts,
            "seconds": round(self._seconds(), 1),
        }


def _exit_code(counts: Mapping[str, int]) -> int:
    if counts.get("failed"):
        return 3
    return 1 if any(number for verdict, number in counts.items() if verdict != "matched") else 0
