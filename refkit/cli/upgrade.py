"""`refkit upgrade`: preprints in an existing .bib become published versions, in place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import bibtex_into, common, publishing, screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.upgrading import Outcome, Upgrade

_WIDTH = 300  # characters of a reason on a line
EPILOG = (
    "Exit codes: 0 every preprint was looked up, whatever came of it; 1 some are doubtful or their entries are broken; "
    "2 the command, the file or the configuration must be changed; 3 a source or service failed; 130 interrupted."
)


@click.command(epilog=EPILOG)
@click.argument("bib", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--key", "keys", metavar="KEY", multiple=True, help="Look only at this entry (may be repeated).")
@click.option("--dry-run", is_flag=True, help="Print the changes as a diff; write nothing.")
@screen.with_json("Print what came of each entry as JSON.")
@publishing.with_enrichers
@common.with_asking
def upgrade(bib: Path, keys: tuple[str, ...], *, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Turn the preprints in a .bib FILE into their published versions, where these are surely known.

    Entries are known by their arXiv ids, whatever their keys. Key, order, comments, and fields of your own stay as they
    are; an entry that is doubtful is left alone and told with the reason.
    """
    chosen = common.settings()
    with screen.display("looking for published versions") as shown:
        done = _plan(bib, keys, chosen, options, shown)
    *remarks, counts = _report(done)
    for line in remarks:
        screen.warn(line)
    screen.say(counts)
    written = not dry_run and done.write(bib)
    if as_json:
        screen.print_json(_document(done, written=written))
    elif dry_run:
        from refkit.writers.bib_file import unified_diff

        bibtex_into.print_diff(unified_diff(str(bib), done.file.text, done.text))
    if not dry_run:
        screen.say(f"refkit: {bib} is {'changed; its other bytes are as they were' if written else 'left as it is'}")
    sys.exit(_exit_code(done))


def _plan(
    bib: Path, keys: tuple[str, ...], chosen: Settings, options: dict[str, Any], shown: screen.Display
) -> Upgrade:
    from refkit import upgrading
    from refkit.writers.bib_file import BibFile

    file = BibFile.read(bib)
    sources = publishing.open_sources(chosen, options, shown.notify)
    enrichers = publishing.open_enrichers(chosen, options, shown.notify)
    return upgrading.plan(file, sources=sources, enrichers=enrichers, keys=keys)


def _report(done: Upgrade) -> Iterator[str]:
    """Yield the entries of which there is something to say, then outages, then the counts."""
    from refkit import published_account
    from refkit.normalize import for_terminal
    from refkit.upgrading import Status

    for outcome in done.outcomes:
        hints = published_account.hints(outcome.finding) if outcome.finding else []
        if outcome.status in {Status.PUBLISHED, Status.UNKNOWN, Status.FAILED} and not hints:
            continue
        yield f"{outcome.status.value}: {_name(done, outcome)}: {for_terminal(outcome.reason, _WIDTH)}"
        if outcome.finding:
            lines = published_account.disputes(outcome.finding) + published_account.doubts(outcome.finding) + hints
            yield from (f"    {line}" for line in lines)
    for outage in done.outages:
        yield f"refkit: {for_terminal(outage, _WIDTH)}; what it knows is missing here"
    count = [sum(outcome.status is status for outcome in done.outcomes) for status in Status]
    told = [pair for pair in zip(count, Status, strict=True) if pair[0] or pair[1] is not Status.FAILED]
    yield "refkit: " + ", ".join(f"{number} {status.value}" for number, status in told)


def _document(done: Upgrade, *, written: bool) -> dict[str, Any]:
    from refkit import published_account

    return {
        "version": 1,
        "file": done.file.name,
        "entries": [
            {
                "key": each.key,
                "line": each.line,
                "status": each.status.value,
                "reason": each.reason,
                "disputes": published_account.disputes(each.finding) if each.finding else [],
                "doubts": published_account.doubts(each.finding) if each.finding else [],
                "hints": published_account.hints(each.finding) if each.finding else [],
            }
            for each in done.outcomes
        ],
        "outages": list(done.outages),
        "written": written,
    }


def _name(done: Upgrade, outcome: Outcome) -> str:
    return f"{done.file.name}:{outcome.line}: {outcome.key or '(no key)'}"


def _exit_code(done: Upgrade) -> int:
    from refkit.upgrading import Status

    if done.outages:
        return 3
    return 1 if any(outcome.status in {Status.DOUBTFUL, Status.LEFT} for outcome in done.outcomes) else 0
