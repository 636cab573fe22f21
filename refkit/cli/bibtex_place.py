"""`refkit bibtex --format NAME` where NAME is a plug-in that keeps a place: plan, apply, and tell what was done."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from refkit.cli import common, publishing, screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Change, Report
    from refkit.protocols import Writer

_ONLY_BIB = ("into", "update", "backup", "recreate")
_SHORT = 60  # of a value in a line of the plan


def run(
    digests: Sequence[str],
    chosen: Settings,
    name: str,
    output: Path | None,
    options: dict[str, Any],
    *,
    as_json: bool,
) -> NoReturn:
    """Bring the papers of digests to the place, or only plan it with --dry-run; end with the exit code.

    `--output` is the `path` of the place. Raises UsageError, ConfigError, PluginError, WriteError.
    """
    writer = _open(chosen, name, output, options)
    read = common.read(chosen, digests, options, leave_out=str(output or ""))
    resolutions = common.resolve(chosen, read.mentions, options, keep=True)
    works, unpublished = publishing.publish(common.tag(resolutions, chosen, options), chosen, options)
    changes = writer.plan(works)
    done = None if options["dry_run"] else writer.apply(changes)
    if as_json:
        from refkit import account

        screen.print_text(account.as_json(resolutions, works, plan=_json(changes, done)))
    elif done is None:
        screen.print_lines(_planned(changes))
    unread = common.tell_what_was_not_read(read)
    _tell(name, changes, done)
    common.summarise(resolutions, works)
    common.say_what_was_not_asked(resolutions, chosen, options)
    unwritten = 3 if done and done.outage else 1 if done and done.failed else 0
    sys.exit(max(common.exit_code(resolutions), unread, unpublished, unwritten))


def _open(chosen: Settings, name: str, output: Path | None, options: dict[str, Any]) -> Writer:
    from refkit import pipeline
    from refkit.errors import UsageError

    for option in _ONLY_BIB:
        if options[option]:
            raise UsageError(f"--{option} is for a .bib file, and --format {name} writes none; leave it out.")
    return pipeline.open_place(
        name,
        chosen.writer_settings.get(name),
        path=str(output or ""),
        network=common.network(chosen, options),
        selection=chosen.plugins.selection,
    )


def _planned(changes: Sequence[Change]) -> Iterator[str]:
    from refkit.normalize import for_terminal

    for change in changes:
        yield f"{change.op.value}  {change.key}  {for_terminal(change.work.record.title, _SHORT)}"
        for field, (old, new) in change.diff.items():
            yield f"  {field}: {_short(old)} -> {_short(new)}"


def _short(text: str) -> str:
    from refkit.normalize import for_terminal

    return for_terminal(" ".join(text.split()), _SHORT) if text else "(nothing)"


def _tell(name: str, changes: Sequence[Change], done: Report | None) -> None:
    """Print the counts, and what could not be written, on standard error."""
    counts = Counter(change.op.value for change in (done.done if done else changes))
    told = ", ".join(f"{count} {op}" for op, count in sorted(counts.items())) or "nothing to do"
    screen.say(f"refkit: {name}: {'would be ' if done is None else ''}{told}")
    for change, reason in done.failed if done else ():
        screen.warn(f"refkit: {change.key}: {reason}")
    for line in (*done.remarks, *done.lacking, *filter(None, [done.outage])) if done else ():
        screen.warn(f"refkit: {line}")


def _json(changes: Sequence[Change], done: Report | None) -> list[dict[str, Any]]:
    failed = {change.key: reason for change, reason in done.failed} if done else {}
    applied = {change.key for change in done.done} if done else set()
    return [
        {
            "op": change.op.value,
            "arxiv_id": change.work.record.arxiv_id,
            "title": change.work.record.title,
            "key": change.key,
            "diff": dict(change.diff),
            "applied": change.key in applied,
            "failure": failed.get(change.key, ""),
        }
        for change in changes
    ]
