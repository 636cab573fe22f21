"""`refkit watch`: new entries of feeds and folders into a .bib or Zotero, what is unsure into a queue for review."""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from refkit.cli import bibtex_into, common, screen
from refkit.cli.common import with_asking, with_reading
from refkit.cli.sync_zotero import plan, write

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Resolution, Work
    from refkit.pace import Clock
    from refkit.watch.feeds import FeedDesk
    from refkit.watch.queue import Queue
    from refkit.watch.run import Found, Looking
    from refkit.watch.state import State, Thing
    from refkit.watch.summary import Applied, Outcome

EPILOG = (
    "Exit codes: 0 all that is new is written; 1 entries wait for `refkit review`, or a file could not be read; 2 the "
    "command, a file or the configuration must be changed; 3 a feed, a source or Zotero gave no answer: the next run "
    "goes on from there; 130 interrupted. With --every only Ctrl-C ends it."
)
_FOLDER = "refkit-queue"
_TICK = 30.0  # seconds after which the clock is looked at again: a laptop may have slept


class Job(NamedTuple):
    """What is to be done, as settings and options say."""

    things: Sequence[Thing]
    into: Path | None
    queue: Path
    state: Path
    summary: Path | None
    dry_run: bool
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("what", nargs=-1, metavar="[WHAT]...")
@click.option(
    "--into",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Merge what is surely matched into this .bib file, as `refkit bibtex --into` does.",
)
@click.option(
    "--zotero", is_flag=True, help="Put it into the Zotero library of the configuration, as `refkit sync-zotero` does."
)
@click.option(
    "--every", metavar="TIME", default="", help="Go on for ever, a run every hour, day, week, or like 30m, 2h, 3d."
)
@click.option("--once", is_flag=True, help="Run once, whatever the configuration says of `every`.")
@click.option(
    "--queue",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the rest waits for `refkit review`.  [default: refkit-queue, beside the .bib]",
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where it is kept what was seen.  [default: in the folder for the state of programs]",
)
@click.option(
    "--summary",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Append the summary to this file, when there is news, instead of printing it.",
)
@click.option("--dry-run", is_flag=True, help="Ask and match, print what would be done, write nothing.")
@screen.with_json("Print the summary as JSON.")
@with_reading
@with_asking
def watch(what: tuple[str, ...], *, every: str, once: bool, **options: Any) -> None:
    """Bring what is new in feeds and folders into a .bib or Zotero, surely matched papers only.

    WHAT is the address of a feed (RSS, Atom), a mail folder (Maildir, mbox, .eml files), a folder of digests, a pattern
    in quotes, or a file; without any, what the configuration says. Everything else waits in the queue, a folder that
    `refkit review` takes: what you settle there is done by the next run.

    For instance: refkit watch https://rss.arxiv.org/rss/cs.LG mails/ --into refs.bib --every day
    """
    from refkit.pace import Clock

    chosen = common.settings()
    job = _job(what, chosen, options)
    seconds = _seconds(every or chosen.watch.every, once=once, named=bool(every))
    clock = Clock()
    if not seconds:
        sys.exit(_run(job, chosen, options, clock))
    _loop(lambda: _run(job, chosen, options, clock), seconds, clock)


def _seconds(every: str, *, once: bool, named: bool) -> int:
    """Return the seconds between two runs; 0 for one run. Raises UsageError."""
    from refkit.config import parse_every
    from refkit.errors import UsageError

    if once and named:
        raise UsageError("--once runs once and --every goes on; leave out one of them.")
    try:
        return parse_every(every) if every and not once else 0
    except ValueError as error:
        raise UsageError(f"--every: {error}.") from error


def _job(what: Sequence[str], chosen: Settings, options: dict[str, Any]) -> Job:
    """Return what is to be done, having looked at all that can be wrong before anything is asked. Raises UsageError."""
    from refkit.errors import UsageError
    from refkit.watch.state import thing_of

    names = what or chosen.watch.what
    if not names:
        raise UsageError(
            "Nothing to watch: name a feed or a folder (`refkit watch mails/ --into refs.bib`), or put "
            '`what = ["mails/"]` under [watch] into refkit.toml.'
        )
    into = _into(chosen, options)
    queue: Path = options["queue"] or _path(chosen.watch.queue) or (into.parent if into else Path()) / _FOLDER
    if queue.exists() and not queue.is_dir():
        raise UsageError(f"{queue} is no folder; name a folder with --queue.")
    _look_with(None, chosen, options, ())  # a reader, a column or an encoding that there is not is told at once
    if into:
        bibtex_into.open_target(None, _merging(into, options), chosen.format)
    return Job(
        things=list({thing.ident: thing for thing in map(thing_of, names)}.values()),
        into=into,
        queue=queue,
        state=options["state"] or _path(chosen.watch.state) or _state_of(queue),
        summary=options["summary"] or _path(chosen.watch.summary),
        dry_run=options["dry_run"],
        as_json=options["as_json"],
    )


def _into(chosen: Settings, options: dict[str, Any]) -> Path | None:
    """Return the .bib file to merge into; None for Zotero. Raises UsageError."""
    from refkit.errors import UsageError

    into: Path | None = options["into"]
    if into and options["zotero"]:
        raise UsageError("Papers go to one place: leave out --into or --zotero.")
    if not (into or options["zotero"]):
        into = _path(chosen.watch.into)
        if not (into or chosen.watch.zotero):
            raise UsageError("Say where papers go: --into refs.bib, or --zotero.")
    return into


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _state_of(queue: Path) -> Path:
    """Return where it is kept what was seen: one place for each queue."""
    from refkit import folders

    name = zlib.crc32(os.path.realpath(queue).encode(errors="replace"))
    return folders.state_folder() / "watch" / f"{name:08x}.json"


def _merging(into: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a merge as `refkit bibtex --into` takes them."""
    return {"into": into, "update": "", "recreate": False, "backup": False, "dry_run": options["dry_run"]}


def _loop(run: Callable[[], int], seconds: int, clock: Clock) -> None:
    """Run again and again; a run that fails is told, and the next one comes all the same."""
    from refkit.errors import RefkitError
    from refkit.watch.state import following

    while True:
        started = clock.now()
        try:
            run()
        except RefkitError as error:
            screen.fail(str(error))
        then = following(started, seconds, clock.now())
        screen.say(f"refkit: next run at {time.strftime('%Y-%m-%d %H:%M', time.localtime(then))}")
        while (rest := then - clock.now()) > 0:
            clock.sleep(min(rest, _TICK))


def _run(job: Job, chosen: Settings, options: dict[str, Any], clock: Clock) -> int:
    """Run once, print the summary, and return the exit code."""
    from refkit.watch.queue import Queue, held, read_state

    started = clock.now()
    # One lock for the state, one for the queue: either may be shared by commands that name another of the other.
    locks = [each.with_name(f"{each.name}.lock") for each in (job.state, _state_of(job.queue))]
    with held([] if job.dry_run else locks, str(job.queue)):
        state, queue = read_state(job.state), Queue(job.queue, keep=not job.dry_run)
        found = _look(job, chosen, options, state, queue)
        outcome = _settle(job, chosen, options, queue, tuple(found), started)
    _tell(outcome, job)
    return outcome.exit_code


def _look(job: Job, chosen: Settings, options: dict[str, Any], state: State, queue: Queue) -> list[Found]:
    """Look at all things, and keep what is new."""
    from refkit import folders
    from refkit.watch import run
    from refkit.watch.feeds import FeedDesk

    wanted, places = chosen.watch, (job.into, job.queue, job.state, job.summary)
    with screen.display("looking for what is new") as shown:
        desk = FeedDesk(folders.state_folder(), interval=wanted.interval, contact=wanted.contact, notify=shown.notify)
        at_hand = desk if common.network(chosen, options) else None
        looking = _look_with(at_hand, chosen, options, [os.path.realpath(each) for each in places if each])
        found = [looking.look(thing, state.of(thing)) for thing in job.things]
    return run.take_in(found, queue, state, job.state, keep=not job.dry_run)


def _look_with(desk: FeedDesk | None, chosen: Settings, options: dict[str, Any], leave_out: Sequence[str]) -> Looking:
    """Return what looks at things as settings and options say. Raises UsageError for what there is not."""
    from refkit.watch.run import Looking

    return Looking(
        desk,
        reader=options["reader"] or chosen.reader,
        columns=common.columns(chosen, options),
        encoding=options["encoding"] or chosen.encoding,
        readers=chosen.wanted_readers,
        leave_out=leave_out,
    )


def _settle(
    job: Job, chosen: Settings, options: dict[str, Any], queue: Queue, found: tuple[Found, ...], started: float
) -> Outcome:
    """Match all that waits, write what is sure, and take out of the queue what is done."""
    from msgspec.structs import replace

    from refkit.watch.state import renumbered, sort_out
    from refkit.watch.summary import Outcome

    resolutions: list[Resolution] = []
    if queue.waiting:  # else nobody is asked
        mentions = [each.mention for each in queue.waiting]
        resolutions = common.resolve(chosen, mentions, {**options, "locked": False, "lock": False})
    heaps = sort_out(queue.waiting, resolutions)
    works = common.tag([each for _, each in heaps.matched], chosen, {"theme_files": (), "headings": False})
    applied = _apply(works, job, chosen, options)
    outcome = Outcome(
        started=started, queue=str(job.queue), found=found, sorted=heaps, applied=applied, planned=job.dry_run
    )
    left = {(each.path, each.line) for each, _ in outcome.left}
    matched = [each for each, _ in heaps.matched if (each.path, each.line) not in left]
    queue.drop([*matched, *(each for each, _ in heaps.settled)])
    queue.save()
    return replace(outcome, sorted=renumbered(heaps, queue.waiting))


def _apply(works: Sequence[Work], job: Job, chosen: Settings, options: dict[str, Any]) -> Applied:
    """Write works where they belong; what cannot be written stays in the queue, with a sentence."""
    from refkit.errors import RefkitError
    from refkit.watch.run import Problem
    from refkit.watch.summary import Applied

    to = str(job.into) if job.into else "Zotero"
    if not works:  # Zotero is not even asked
        return Applied(to=to)
    try:
        return _into_bib(works, job.into, chosen, options) if job.into else _into_zotero(works, chosen, options)
    except RefkitError as error:
        return Applied(to=to, problems=(Problem(str(error), error.exit_code),))


def _into_bib(works: Sequence[Work], into: Path, chosen: Settings, options: dict[str, Any]) -> Applied:
    from refkit import merging
    from refkit.watch import summary

    merge_options = _merging(into, options)
    merged = bibtex_into.merge(merging.open_bib(into), works, chosen.format, chosen.key_format, merge_options)
    return summary.of_merge(merged, works, str(into))


def _into_zotero(works: Sequence[Work], chosen: Settings, options: dict[str, Any]) -> Applied:
    from refkit import pipeline
    from refkit.watch import summary

    with screen.display("asking Zotero") as display:
        opened = pipeline.open_zotero(
            chosen.zotero,
            network=common.network(chosen, options),
            sources=chosen.source_settings,
            notify=display.notify,
        )
    with opened:
        changes = plan(opened, works, write=not options["dry_run"])
        report = None if options["dry_run"] else write(opened, changes)
        return summary.of_report(changes, report, opened.target.label)


def _tell(outcome: Outcome, job: Job) -> None:
    """Print the summary, or append it to its file if there is news."""
    from refkit.watch import summary

    if job.as_json:
        screen.print_text(summary.as_json(outcome))
    if job.summary and not job.dry_run:
        if outcome.is_news:
            _append(job.summary, summary.text(outcome))
        for each in summary.what_went_wrong(outcome):  # so that cron sends a mail
            screen.warn(f"refkit: {each}")
    elif not job.as_json and (outcome.is_news or screen.level() > screen.QUIET):
        screen.print_lines(summary.text(outcome).splitlines())


def _append(path: Path, text: str) -> None:
    """Put a summary behind those of earlier runs, parted by an empty line. Raises WriteError."""
    from refkit.errors import WriteError
    from refkit.files import write_atomic

    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"{path} cannot be read, so no summary can follow in it; name another --summary.") from error
    write_atomic(path, f"{before}\n{text}" if before else text)
