"""`refkit check`: what is wrong in a .bib, for people, programs and CI; `--fix` puts right what is safe."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import bibtex_into, common, screen

if TYPE_CHECKING:
    from refkit.checking import Checked
    from refkit.config import Settings
    from refkit.protocols import Source
    from refkit.writers.bib_rules import Finding

EPILOG = (
    "Exit codes: 0 nothing as bad as --fail-on; 1 there is; 2 the command or a file must be changed; 3 a source failed."
)
_SEVERITIES = ("error", "warning", "note")
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


@click.command(epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or as annotations of GitHub.",
)
@screen.with_json("The same as --format json.")
@click.option("--select", metavar="RULE", multiple=True, help='Only this rule (may be repeated; also "*-id").')
@click.option("--ignore", metavar="RULE", multiple=True, help="Without this rule (may be repeated).")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="error",
    show_default=True,
    help="How bad a finding must be for exit code 1.",
)
@click.option("--fix", is_flag=True, help="Put right what changes no meaning; all other bytes stay.")
@click.option("--dry-run", is_flag=True, help="With --fix: print the changes as a diff; write nothing.")
@click.option("--network", is_flag=True, help="Ask arXiv for the records of ids that this machine does not know.")
def check(
    files: tuple[Path, ...],
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    *,
    fix: bool,
    dry_run: bool,
    network: bool,
    as_json: bool,
) -> None:
    """Say what is wrong in .bib FILEs (or all .bib files of folders; `-` is standard input).

    arXiv ids are held against the catalogue and the local index, if there is one. `% refkit: ignore RULE` in the line
    before an entry silences it.
    """
    from refkit import checking
    from refkit.errors import UsageError

    if dry_run and not fix:
        raise UsageError("--dry-run belongs to --fix; without it nothing is written anyway.")
    rules = checking.chosen_rules(select, ignore)
    sources = _sources(common.settings(), network=network)
    read = [(path, _read(path)) for path in _files(files)]
    if fix:
        read = [(path, _fix(path, file, rules, dry_run=dry_run)) for path, file in read]
    year = dt.datetime.now(dt.UTC).year
    done = [
        checking.check_bib(
            file,
            this_year=year,
            sources=sources,
            select=select,
            ignore=ignore,
            beside=[other for _, other in read if other is not file],
        )
        for _, file in read
    ]
    _tell(done, "json" if as_json else form)
    sys.exit(_exit_code(done, fail_on))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.bib"))
        else:
            yield path


def _read(path: Path) -> Any:
    from refkit.writers.bib_file import BibFile

    if str(path) == "-":
        return BibFile.parse(sys.stdin.buffer.read(), "standard input")
    return BibFile.read(path)


def _fix(path: Path, file: Any, rules: set[str], *, dry_run: bool) -> Any:
    from refkit import checking
    from refkit.errors import UsageError
    from refkit.writers.bib_file import BibFile, unified_diff

    if str(path) == "-":
        raise UsageError("--fix changes a file; name one instead of standard input.")
    text = checking.fixed(file, this_year=dt.datetime.now(dt.UTC).year, rules=rules)
    if dry_run:
        bibtex_into.print_diff(unified_diff(str(path), file.text, text))
    elif checking.write_fixed(path, file, text):
        screen.say(f"refkit: {path} is mended; its other bytes are as they were")
    return BibFile.parse(file.encoded(text), file.name)


def _sources(chosen: Settings, *, network: bool) -> list[Source]:
    from refkit import asking
    from refkit.errors import UsageError

    try:
        return asking.open_sources(
            chosen.source_names, network=network, settings=chosen.source_settings, selection=chosen.plugins.selection
        )
    except UsageError:
        return []  # nothing on this machine knows records; the other rules do not need them


def _tell(done: Sequence[Checked], form: str) -> None:
    if form == "json":
        screen.print_json(_as_json(done))
        return
    if form == "github":
        screen.print_text("".join(f"{_annotation(checked, each)}\n" for checked in done for each in checked.findings))
    else:
        screen.print_lines(_line(checked, each) for checked in done for each in checked.findings)
        for line in _summary(done):
            screen.say(line)
        for failure in {checked.failure for checked in done if checked.failure}:
            screen.warn(f"refkit: a source failed, so not all arXiv ids were looked up: {failure}")


def _line(checked: Checked, finding: Finding) -> str:
    line, column = checked.where(finding)
    label = finding.severity.label
    key = f"{finding.key}: " if finding.key else ""
    return f"{checked.file.name}:{line}:{column}: {label} [{finding.rule}] {key}{' '.join(finding.message.split())}"


def _annotation(checked: Checked, finding: Finding) -> str:
    """Return a finding as a workflow command of GitHub, escaped as that needs it."""
    line, column = checked.where(finding)
    name = _escaped(checked.file.name).replace(":", "%3A").replace(",", "%2C")
    key = f"{finding.key}: " if finding.key else ""
    kind = _GITHUB[finding.severity.label]
    return f"::{kind} file={name},line={line},col={column},title={finding.rule}::{_escaped(key + finding.message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _as_json(done: Sequence[Checked]) -> dict[str, Any]:
    return {
        "version": 1,
        "files": [
            {
                "file": checked.file.name,
                "looked_up": checked.asked,
                "not_looked_up": checked.unknown,
                "findings": [
                    {
                        "rule": finding.rule,
                        "severity": finding.severity.label,
                        **dict(zip(("line", "column"), checked.where(finding), strict=True)),
                        "key": finding.key,
                        "message": finding.message,
                        "fixable": bool(finding.edits),
                    }
                    for finding in checked.findings
                ],
            }
            for checked in done
        ],
    }


def _summary(done: Sequence[Checked]) -> Iterator[str]:
    labels = [finding.severity.label for checked in done for finding in checked.findings]
    count = ", ".join(f"{labels.count(label)} {label}{'s' * (labels.count(label) != 1)}" for label in _SEVERITIES)
    fixable = sum(bool(finding.edits) for checked in done for finding in checked.findings)
    mend = f"; --fix puts {fixable} right" if fixable else ""
    yield f"refkit: {len(done)} file{'s' * (len(done) != 1)}: {count}{mend}"
    unknown = sum(checked.unknown for checked in done)
    if unknown:
        yield f"refkit: {unknown} arXiv ids are not known on this machine, and so not compared (--network asks arXiv)"


def _exit_code(done: Sequence[Checked], fail_on: str) -> int:
    from refkit import checking
    from refkit.writers.bib_rules import Severity

    worst = checking.worst(finding for checked in done for finding in checked.findings)
    if any(checked.failure for checked in done):
        return 3
    return int(fail_on != "never" and worst is not None and worst >= Severity[fail_on.upper()])
