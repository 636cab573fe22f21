"""`refkit sync-zotero`, `refkit undo` and `refkit log`: digests into a Zotero library, and back."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.common import with_common, with_digests, with_lock, with_sample

if TYPE_CHECKING:
    from refkit.config import Settings, ZoteroSettings
    from refkit.model import Report, Resolution, Work
    from refkit.writers.zotero.backend import Target
    from refkit.writers.zotero.library import Zotero
    from refkit.writers.zotero.plan import ItemChange
    from refkit.writers.zotero.state import Sync

EPILOG = (
    "Exit codes: 0 every title matched and everything is written; 1 some titles did not match, or some papers could "
    "not be written; 2 the command, the key or the library must be changed; 3 a source or Zotero gave no answer; "
    "130 interrupted: the same command goes on from there."
)
EPILOG_UNDO = (
    "Exit codes: 0 all of it is reverted; 1 something was left, and is named; 2 there is nothing to undo, or the key "
    "or the library must be changed; 3 Zotero gave no answer: the same command goes on from there."
)
EPILOG_LOG = "Exit codes: 0 always, but 2 if there is no way into Zotero and 3 if it gives no answer."
_LOG = (
    screen.Column("when"),
    screen.Column("what"),
    screen.Column("what it did", wraps=True),
    screen.Column("state"),
)
_PAIRS = ("--pdf", "--categories")
INTERRUPTED = "refkit: interrupted; what was written is remembered, and the same command goes on from there"

_library: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--to",
        type=click.Choice(["web", "desktop", "connector"]),
        help="The way into Zotero.  [default: web if a key is known, else what the running Zotero offers]",
    ),
    click.option("--library", metavar="NAME", help='"user", or a group by its name or number.  [default: user]'),
)


def _with_library(command: Callable[..., None]) -> Callable[..., None]:
    return common.with_options(command, _library)


@click.command("sync-zotero", epilog=EPILOG)
@with_digests
@with_sample
@_with_library
@click.option(
    "--collection",
    metavar="PATH",
    help='Put them into this collection, made if it is not there: "Reading/2025-03-13"; \\/ is a slash in a name.',
)
@click.option("--theme-collections", is_flag=True, default=None, help="Put them into a collection for each theme.")
@click.option(
    "--categories/--no-categories",
    default=None,
    help="Add arXiv's categories as automatic tags, or not.  [default: add]",
)
@click.option(
    "--pdf/--no-pdf", "pdf", default=None, help="Download and attach each PDF, or no PDF at all.  [default: a link]"
)
@click.option("--dry-run", is_flag=True, help="Print what would be done, and why; write nothing.")
@click.option(
    "--plan", "save", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan; write nothing to Zotero."
)
@click.option(
    "--apply", "load", metavar="FILE", type=click.Path(path_type=Path), help="Do what a saved plan says, and only that."
)
@click.option("--recreate", is_flag=True, help="Make again what you deleted, and restore what you trashed.")
@screen.with_json("Print the plan, and what came of it, as JSON.")
@with_lock
@with_common
def sync_zotero(
    digests: tuple[str, ...],
    save: Path | None,
    load: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Put the papers of digests into a Zotero library.

    DIGEST is as for `refkit bibtex`. Papers that are there already are recognised, by arXiv id or as their published
    version, and only get what they lack; what you changed or removed in Zotero stays so. `refkit undo` reverts it.

    For instance: refkit sync-zotero digest.txt --collection "Reading/2025-03-13" --dry-run
    """
    from refkit.errors import Interrupted, UsageError

    chosen = common.settings()
    try:
        if save and str(save) == "-":
            raise UsageError("--plan writes a file; name one, like plan.json.")
        if load:
            _refuse_mixed(digests, options, save=save, dry_run=dry_run)
            code = _apply_saved(load, chosen, as_json=as_json)
        else:
            code = _sync(digests, chosen, options, save=save, dry_run=dry_run, as_json=as_json)
    except KeyboardInterrupt:
        screen.warn(INTERRUPTED)
        code = Interrupted.exit_code
    sys.exit(code)


def _refuse_mixed(digests: Sequence[str], options: dict[str, Any], *, save: Path | None, dry_run: bool) -> None:
    from refkit.errors import UsageError

    # Of a pair like --pdf/--no-pdf, None means that neither was given.
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value not in (None, "", ())]
    given = [name for name in given if options[name[2:].replace("-", "_")] is not False or name in _PAIRS]
    given += ["--plan"] * bool(save) + ["--dry-run"] * dry_run + ["a digest"] * bool(digests)
    if given:
        raise UsageError(f"--apply does what the saved plan says; leave out {', '.join(given)}.")


def _sync(
    digests: Sequence[str],
    chosen: Settings,
    options: dict[str, Any],
    *,
    save: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    from refkit import pipeline

    with screen.display("asking Zotero") as display:
        opened = pipeline.open_zotero(
            _wanted(chosen, options),
            library=options["library"] or "",
            recreate=options["recreate"],
            network=common.network(chosen, options),
            sources=chosen.source_settings,
            notify=display.notify,
        )
    report = None
    with opened:
        read = common.read(chosen, digests, options)
        resolutions = common.resolve(chosen, read.mentions, options, keep=not dry_run)
        works = common.tag(resolutions, chosen, options)
        changes = plan(opened, works, write=not (dry_run or save))
        if save:
            opened.save(save, changes)
            screen.say(f"refkit: the plan is in {save}; `refkit sync-zotero --apply {save}` does it")
        elif not dry_run:
            report = write(opened, changes)
    _tell(changes, opened.target, report, about=(resolutions, works) if as_json else None, as_json=as_json)
    unread = common.tell_what_was_not_read(read)
    common.summarise(resolutions, works)
    common.say_what_was_not_asked(resolutions, chosen, options)
    return max(common.exit_code(resolutions), unread, _exit_code(report))


def plan(opened: Zotero, works: Sequence[Work], *, write: bool) -> list[ItemChange]:
    """Return what would be done with works; where it is to be done (`write`), settle first what a run left open."""
    with screen.display("reading the library") as display:
        opened.show(display.notify, display.progress)
        if write:
            opened.recover()
        return opened.plan(works)


def write(opened: Zotero, changes: Sequence[ItemChange]) -> Report:
    """Do what was planned."""
    with screen.display("writing to Zotero") as display:
        opened.show(display.notify, display.progress)
        return opened.apply(changes)


def _wanted(chosen: Settings, options: dict[str, Any]) -> ZoteroSettings:
    """Return the settings with what the command line says in their place."""
    from msgspec.structs import replace

    names = ("to", "collection", "theme_collections", "categories")
    given = {name: options[name] for name in names if options[name] is not None}
    if options["pdf"] is not None:
        given["pdf"] = "file" if options["pdf"] else "none"
    return replace(chosen.zotero, **given)


def _apply_saved(path: Path, chosen: Settings, *, as_json: bool) -> int:
    from refkit import pipeline

    plan = pipeline.load_zotero_plan(path)
    with screen.display("asking Zotero") as display:
        opened = pipeline.open_zotero(chosen.zotero, plan=plan, sources=chosen.source_settings, notify=display.notify)
    with opened, screen.display("writing to Zotero") as display:
        opened.show(display.notify, display.progress)
        report = opened.apply_plan(plan)
    _tell(plan.changes, opened.target, report, as_json=as_json)
    return _exit_code(report)


def _tell(
    changes: Sequence[ItemChange],
    target: Target,
    report: Report | None,
    *,
    as_json: bool,
    about: tuple[Sequence[Resolution], Sequence[Work]] | None = None,
) -> None:
    """Print the plan, or what came of it: results on standard output, what needs attention on standard error."""
    from refkit.writers.zotero import text

    if as_json:
        from refkit.account import as_json as matched_as_json

        matched = json.loads(matched_as_json(*about)) if about else {"version": 1}
        screen.print_json({**matched, "zotero": text.as_json(changes, target, report)})
    elif report is None:
        screen.print_lines(text.plan_lines(changes, target))
    else:
        screen.print_lines(text.report_lines(report, target))
    if report is not None:
        for line in text.failure_lines(report):
            screen.warn(line)
        screen.say(f"refkit: {text.report_summary(report, target)}")


def _exit_code(report: Report | None) -> int:
    if report is None:
        return 0
    if report.outage:
        return 3
    return 1 if report.failed or report.lacking else 0


@click.command(epilog=EPILOG_UNDO)
@_with_library
@click.option("--dry-run", is_flag=True, help="Print what would be reverted; write nothing.")
@screen.with_json("Print what was reverted, or would be, as JSON.")
def undo(*, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Revert the last sync to a Zotero library.

    What it created goes to the trash, what it changed goes back; what you changed since stays, and is told. The next
    `refkit undo` reverts the sync before.
    """
    from refkit.writers.zotero import text

    with _open(options) as opened, screen.display("reading the library") as display:
        opened.show(display.notify, display.progress)
        sync, steps = opened.plan_undo()
        done = None if dry_run else opened.undo(sync, steps)
    when = _when(sync.started)
    if as_json:
        screen.print_json({"version": 1, "sync": _facts(sync), **text.undo_json(steps, done)})
    if done is None:
        if not as_json:
            screen.print_lines((f"the sync of {when}: {sync.note}", *text.undo_plan_lines(steps)))
        return
    done_it = "reverted" if done.trashed or done.restored else "nothing was left to revert of"
    screen.say(f"refkit: {done_it} the sync of {when} ({sync.note})")
    for line in text.undone_lines(done):
        screen.say(line)
    sys.exit(3 if done.outage else 1 if done.left else 0)


@click.command(epilog=EPILOG_LOG)
@_with_library
@screen.with_json("Print it as JSON.")
def log(*, as_json: bool, **options: Any) -> None:
    """List what refkit did to a Zotero library, newest first."""
    with _open(options) as opened:
        syncs = opened.log()
        label = opened.target.label
    undone = {sync.undoes for sync in syncs}
    if as_json:
        rows = [{**_facts(sync), "undone": sync.id in undone} for sync in syncs]
        screen.print_json({"version": 1, "library": label, "syncs": rows})
        return
    table = []
    for sync in syncs:
        state = "undone" if sync.id in undone else "" if sync.ended else "interrupted"
        table.append((_when(sync.started), sync.kind, sync.note or "nothing finished", state))
    plain = [f"{when}  {kind:<5} {note}{f' ({state})' if state else ''}" for when, kind, note, state in table]
    if syncs:
        screen.print_table(_LOG, table, plain)
    else:
        screen.say(f"refkit has written nothing to {label} from this machine.")


def _facts(sync: Sync) -> dict[str, Any]:
    return {
        "id": sync.id,
        "kind": sync.kind,
        "started": _when(sync.started),
        "note": sync.note,
        "ended": bool(sync.ended),
    }


def _open(options: dict[str, Any]) -> Zotero:
    from msgspec.structs import replace

    from refkit import pipeline

    settings = common.settings().zotero
    if options["to"]:
        settings = replace(settings, to=options["to"])
    with screen.display("asking Zotero") as display:
        return pipeline.open_zotero(settings, library=options["library"] or "", notify=display.notify)


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
