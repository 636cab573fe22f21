"""`refkit index`: all of arXiv on this disk, built of a snapshot, kept fresh, searched."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen

if TYPE_CHECKING:
    from refkit.metadata.index.building import Built, Progress
    from refkit.metadata.index.reading import Hit, Index
    from refkit.model import ArxivRecord, Author

# Letters of a line, and authors that are named in it.
_WIDTH, _NAMED = 100, 3
_LONG = 300  # letters of a title in a table, which wraps it
_FOUND = (
    screen.Column("score", right=True),
    screen.Column("record"),
    screen.Column("submitted"),
    screen.Column("title", wraps=True),
    screen.Column("authors", wraps=True),
)

_INDEX = click.option(
    "--index",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The index.  [default: as configured, else the folder of refkit's data]",
)
_MOST_BAD = click.option(
    "--most-bad",
    metavar="N",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Give up after more lines than these that are no records.",
)


@click.group(
    epilog="Exit codes: 0 done; 1 nothing was found; 2 the command, the snapshot or the index must be changed; "
    "3 arXiv gave no answer: the same command goes on from there; 130 interrupted."
)
def index() -> None:
    """Build, update and search a local index of all of arXiv.

    Once it is there, every command asks it before it asks arXiv. The snapshot is the public one of arXiv's metadata:
    one JSON object a line, some 3 million lines.
    """


@index.command(epilog="Exit codes: 0 built; 2 the snapshot or the place of the index must be changed; 130 interrupted.")
@click.argument("snapshot", type=click.Path(path_type=Path))
@_INDEX
@_MOST_BAD
@common.with_jobs
@screen.with_json("Print what was built as JSON.")
def build(snapshot: Path, path: Path | None, most_bad: int, jobs: int | None, *, as_json: bool) -> None:
    """Build the index of SNAPSHOT: plain, .gz, .zip, or `-` for standard input.

    Until the new index is whole, the old one stays; programs that read it are not disturbed.
    """
    _build(snapshot, path, most_bad, jobs, update=False, as_json=as_json)


@index.command(
    epilog="Exit codes: 0 up to date; 2 there is no index to update, or the snapshot must be changed; "
    "3 arXiv gave no answer: the same command goes on from there; 130 interrupted, and the same."
)
@click.argument("snapshot", required=False, type=click.Path(path_type=Path))
@_INDEX
@_MOST_BAD
@common.with_jobs
@screen.with_json("Print what came to it as JSON.")
def update(snapshot: Path | None, path: Path | None, most_bad: int, jobs: int | None, *, as_json: bool) -> None:
    """Bring the index up to date: by a newer SNAPSHOT, or by asking arXiv what has changed since.

    arXiv is asked for 2,500 records at a time, one request in 3 seconds. A run that is interrupted goes on where it
    was. Of two records of one paper the one that was changed last is kept.
    """
    if snapshot:
        _build(snapshot, path, most_bad, jobs, update=True, as_json=as_json)
    else:
        _harvest(path, most_bad, jobs, as_json=as_json)


def _harvest(path: Path | None, most_bad: int, jobs: int | None, *, as_json: bool) -> None:
    from refkit import pipeline
    from refkit.metadata.oai_harvest import discard, papers

    target, opened = _open(path)
    spool = pipeline.spool_of(target)
    with screen.display("asking arXiv") as shown:
        harvester = pipeline.open_harvester(common.settings().source_settings.get("oai"), notify=shown.notify)

        def told(now: Any) -> None:
            shown.notify(f"{now.records:,} records, changed to {now.newest or '...'}")

        # A wrong date of one record must not keep all others from being asked for.
        since = min(opened.header.current, str(dt.datetime.now(dt.UTC).date()))
        harvester.harvest(spool, since, told=told)
    found = papers(spool)
    since = f" with changes since {since}" if since else ""
    screen.say(f"refkit: arXiv has {_counted(found)}{since}")
    if found:
        _build(spool, target, most_bad, jobs, update=True, as_json=as_json)
    elif as_json:
        header = opened.header
        nothing = {"new": 0, "changed": 0, "repeated": 0, "left_out": 0, "problems": []}
        size = target.stat().st_size
        screen.print_json(
            {"version": 1, "path": str(target), "records": header.records, **nothing, "bytes": size, "seconds": 0.0}
        )
    discard(spool)


def _build(snapshot: Path, path: Path | None, most_bad: int, jobs: int | None, *, update: bool, as_json: bool) -> None:
    from refkit.metadata.index import building
    from refkit.metadata.index.reading import Index
    from refkit.workers import processors

    target = _path(path)
    before = Index.open(target).header.records if update else None
    stdin = sys.stdin.buffer if sys.stdin else None
    began = time.monotonic()
    with _progress() as told:
        built = building.build(
            None if str(snapshot) == "-" else snapshot,
            target,
            stdin=stdin,
            processes=jobs or processors(),
            most_bad=most_bad,
            base=target if update else None,
            told=told,
        )
    seconds = time.monotonic() - began
    _report(built, before, target, seconds)
    if as_json:
        screen.print_json(_document(built, before or 0, target, seconds))


def _document(built: Built, before: int, target: Path, seconds: float) -> dict[str, Any]:
    return {
        "version": 1,
        "path": str(target),
        "records": built.records,
        "new": built.records - before,
        "changed": built.changed,
        "repeated": built.repeated,
        "left_out": built.bad,
        "problems": [{"line": each.line, "what": each.what} for each in built.problems],
        "bytes": built.size,
        "seconds": round(seconds, 1),
    }


def _report(built: Built, before: int | None, target: Path, seconds: float) -> None:
    """Say what was built, and of an index that had records `before` how many came to them."""
    for problem in built.problems:
        screen.warn(f"line {problem.line:,}: {problem.what}")
    if built.bad:
        more = f" ({built.bad - len(built.problems):,} more than are shown)" if built.bad > len(built.problems) else ""
        lines = "1 line is no record and was" if built.bad == 1 else f"{built.bad:,} lines are no records and were"
        screen.warn(f"refkit: {lines} left out{more}")
    if built.repeated and before is None:  # else nearly all of them are records that the index had
        screen.say(f"refkit: {_counted(built.repeated)} came with an id that came again; the one changed last is taken")
    new = "" if before is None else f", {built.records - before:,} of them new and {built.changed:,} changed,"
    size = f"{built.size / 1e6:,.1f} MB"
    screen.say(f"refkit: {_counted(built.records)}{new} in {target} ({size}) in {seconds:.1f} s")


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _path(named: Path | None) -> Path:
    """Return the index that the command line names, else the configuration."""
    from refkit import pipeline

    return named or pipeline.index_path(common.settings().source_settings.get("index"))


def _open(named: Path | None) -> tuple[Path, Index]:
    from refkit.metadata.index.reading import Index

    path = _path(named)
    return path, Index.open(path)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show on a terminal how far it is, how fast and how long still; nothing anywhere else."""
    if not screen.shows_progress():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[records]:,} records"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, records=0)

        def told(now: Progress) -> None:
            if now.doing != "reading" and now.doing != bar.tasks[0].description:  # of which nothing is counted
                bar.columns = (columns[0], SpinnerColumn(), columns[-1])
            bar.update(
                task,
                description=now.doing,
                completed=now.done,
                total=now.total or bar.tasks[0].total,
                records=now.records,
                refresh=now.doing != "reading",
            )

        yield told


@index.command(epilog="Exit codes: 0 shown; 2 there is no index, or it is damaged.")
@_INDEX
@click.option("--check", is_flag=True, help="Read all of it and compare the checksums.")
@screen.with_json("Print it as JSON.")
def info(path: Path | None, *, check: bool, as_json: bool) -> None:
    """Show what the index holds: records, how new they are, size, version of the format."""
    from refkit.errors import UsageError

    where, opened = _open(path)
    header = opened.header
    if check and (damaged := opened.damaged()):
        raise UsageError(f"{where} is damaged in {', '.join(damaged)}; copy or build it again.")
    facts = {
        "version": 1,
        "path": str(where),
        "records": header.records,
        "titles": header.titles,
        "current": header.current,
        "bytes": where.stat().st_size,
        "format": header.version,
    }
    if as_json:
        screen.print_json(facts)
        return
    size = where.stat().st_size
    each = size / header.records if header.records else 0
    screen.print_text(
        f"{where}\n{header.records:,} records, the newest changed on {header.current or 'an unknown day'}\n"
        f"{size:,} bytes, {each:.0f} a record; format version {header.version}\n"
        + ("every checksum is right\n" if check else "")
    )


@index.command(epilog="Exit codes: 0 something was found; 1 nothing was; 2 there is no index, or the title is empty.")
@click.argument("title")
@_INDEX
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=10, show_default=True, help="Records to show."
)
@click.option("--abstract", is_flag=True, help="Take the text for an abstract, or a part of one, instead of a title.")
@screen.with_json("Print it as JSON.")
def search(title: str, path: Path | None, limit: int, *, abstract: bool, as_json: bool) -> None:
    """Show the records whose title may be TITLE, likeliest first.

    Which of them a digest means, `refkit explain` tells.
    """
    from refkit.errors import UsageError
    from refkit.metadata.index.source import told_if_damaged
    from refkit.normalize import title_key

    if not title_key(title):
        raise UsageError("The title is empty; give the words of a title in quotation marks.")
    where, opened = _open(path)
    with told_if_damaged(where):
        hits = opened.find_abstract(title, limit=limit) if abstract else opened.find(title, limit=limit)
        found = [(hit, opened.record(hit.row)) for hit in hits]
    if as_json:
        screen.print_json({"version": 1, "records": [_facts(hit, record) for hit, record in found]})
    else:
        plain = "".join(_lines(hit, record) for hit, record in found).splitlines()
        screen.print_table(_FOUND, [_row(hit, record) for hit, record in found], plain)
    if not found:
        screen.warn("refkit: nothing in the index is like it")
    sys.exit(0 if found else 1)


def _row(hit: Hit, record: ArxivRecord) -> tuple[str, ...]:
    from refkit.normalize import for_terminal, to_unicode

    title, authors = for_terminal(to_unicode(record.title), _LONG), for_terminal(_shortened(record.authors), _WIDTH)
    return f"{hit.score:.2f}", f"arXiv:{record.arxiv_id}", str(record.submitted or ""), title, authors


def _lines(hit: Hit, record: ArxivRecord) -> str:
    from refkit.normalize import for_terminal, to_unicode

    title, authors = for_terminal(to_unicode(record.title), _WIDTH), for_terminal(_shortened(record.authors), _WIDTH)
    return f"{hit.score:.2f}  {record.arxiv_id:<16}  {title}\n      {record.submitted or ''!s:<16}  {authors}\n"


def _facts(hit: Hit, record: ArxivRecord) -> dict[str, Any]:
    return {
        "arxiv_id": record.arxiv_id,
        "score": round(hit.score, 3),
        "title": record.title,
        "authors": [str(author) for author in record.authors],
        "submitted": str(record.submitted or ""),
    }


def _shortened(authors: Sequence[Author]) -> str:
    more = " et al." if len(authors) > _NAMED else ""
    return ", ".join(str(author) for author in authors[:_NAMED]) + more
