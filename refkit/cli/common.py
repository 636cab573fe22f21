"""What the commands share: options, settings, sources, progress, and what is printed at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.digests.loading import Survey
    from refkit.model import Mention, Resolution, Work
    from refkit.protocols import Notify, Source

NO_DIGEST = (
    "No digest to read: name one (`refkit {command} digest.txt`, or `-` for standard input), "
    'or put `digests = ["digest.txt"]` into refkit.toml.'
)
ONLY_AT_HAND = "refkit: only what is on this machine was asked; a title that it lacks may well be on arXiv"
INTERRUPTED = (
    "refkit: interrupted, nothing was written; what was answered is kept, so the same command goes on from there"
)
WRITES_WHOLE = "Write to this file, whole or not at all, instead of standard output."
EPILOG = (
    "Exit codes: 0 every title matched; 1 some titles did not, or files of a folder could not be read; "
    "2 the command, a digest or the configuration must be changed; 3 a source failed; 130 interrupted."
)


def _reader_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from refkit.registry import READERS

    return [name for name in READERS if name.startswith(incomplete)]


_reading: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--reader",
        metavar="NAME",
        default="",
        shell_complete=_reader_names,
        help="Read the digest as this format (docs/digests.md) instead of recognising it.",
    ),
    click.option(
        "--column",
        "columns",
        metavar="FIELD=NAME",
        multiple=True,
        help='Where a table, JSON or YAML has a field: "title=Paper", "authors=3" (may be repeated).',
    ),
    click.option("--encoding", metavar="NAME", default="", help="The encoding of the digest, if it does not tell it."),
)
_asking: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--index",
        metavar="FILE",
        default="",
        type=click.Path(),
        help="The local index to ask.  [default: the one that `refkit index build` made, if any]",
    ),
    click.option(
        "--no-network", is_flag=True, help="Ask only sources on this machine, and what earlier runs were answered."
    ),
    click.option("--refresh", is_flag=True, help="Ask again what earlier runs were answered."),
)
_themes = click.option(
    "--themes",
    "theme_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="Extend the shipped themes, and those of the configuration, by this file (may be repeated).",
)
_common: Sequence[Callable[[Any], Any]] = (
    *_reading,
    *_asking,
    click.option(
        "--locked", is_flag=True, help="Obey refkit.lock alone: ask no source, and refuse a title that is not in it."
    ),
    _themes,
    click.option("--headings", is_flag=True, help="Take the headings of digests as themes too, if they name a topic."),
)


def with_options(command: Callable[..., None], options: Sequence[Callable[[Any], Any]]) -> Callable[..., None]:
    """Give a command options, which its help shows in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def with_digests(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the digests that it reads as `digests`; with none, it reads those of the settings."""
    return with_options(command, [click.argument("digests", nargs=-1, metavar="[DIGEST]...", type=click.Path())])


def with_sample(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that reads by `read` the option to take the shipped sample in the place of digests."""
    help_text = "Read the sample digest that refkit carries (53 papers, no network needed), to see what comes out."
    return with_options(command, [click.option("--sample", is_flag=True, help=help_text)])


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have which read digests."""
    return with_options(command, _reading)


def with_asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say who is asked."""
    return with_options(command, _asking)


def with_common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have which match titles."""
    return with_options(command, _common)


def with_themes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option to lay files over the shipped themes, as `theme_files`."""
    return with_options(command, [_themes])


def with_lock(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option to begin a lock; where there is one, it is kept up to date without it."""
    help_text = "Keep what is decided in refkit.lock beside the digest, from now on."
    return with_options(command, [click.option("--lock", is_flag=True, help=help_text)])


def with_key_format(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that says how citekeys are made."""
    help_text = (
        "How citekeys are made, like 'auth + year + shorttitle(2, 2)' (docs/keys.md).  [default: gur2018learning]"
    )
    return with_options(command, [click.option("--key-format", metavar="FORMULA", help=help_text)])


def with_jobs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that says how many processes it may use."""
    help_text = "Processes to use.  [default: one for each processor]"
    return with_options(command, [click.option("--jobs", metavar="N", type=click.IntRange(min=1), help=help_text)])


def with_output(
    what: str = WRITES_WHOLE, *, metavar: str = "FILE", default: Path | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option --output, a path; `what` is the help text."""
    return click.option("-o", "--output", metavar=metavar, type=click.Path(path_type=Path), default=default, help=what)


def settings() -> Settings:
    """Return the settings that hold in the current folder. Raises ConfigError."""
    from refkit.config import find_settings
    from refkit.errors import ConfigError

    try:
        return find_settings(Path.cwd())
    except FileNotFoundError as error:
        raise ConfigError("The current folder no longer exists; change to another one.") from error


def read(chosen: Settings, digests: Sequence[str], options: dict[str, Any], *, leave_out: str = "") -> Survey:
    """Read the named digests, folders and patterns, those of the settings, or the sample, showing progress.

    Raises UsageError, DigestError.
    """
    from refkit import pipeline
    from refkit.errors import UsageError

    if options.get("sample"):
        return _read_the_sample(digests, options)
    named = tuple(digests) or chosen.digests
    if not named:
        raise UsageError(NO_DIGEST.format(command=click.get_current_context().info_name))
    if named.count("-") > 1:
        raise UsageError("Standard input can be read only once; name `-` only once.")
    with screen.display("reading digests") as shown:
        return pipeline.survey(
            named,
            reader=options["reader"] or chosen.reader,
            encoding=options["encoding"] or chosen.encoding or None,
            columns=columns(chosen, options),
            stdin=sys.stdin.buffer if sys.stdin else None,
            leave_out=leave_out,
            progress=shown.progress,
            readers=chosen.wanted_readers,
        )


def _read_the_sample(digests: Sequence[str], options: dict[str, Any]) -> Survey:
    from refkit.errors import UsageError
    from refkit.shipped import survey_sample

    if digests:
        raise UsageError(f"--sample reads the sample and no digest; leave out {digests[0]}, or --sample.")
    for name, option in (("reader", "--reader"), ("columns", "--column"), ("encoding", "--encoding")):
        if options[name]:
            raise UsageError(f"--sample knows how the sample is read; leave out {option}.")
    return survey_sample()


def columns(chosen: Settings, options: dict[str, Any]) -> dict[str, str]:
    """Return the columns to read, of which those of the command line win over those of the settings."""
    if not options["columns"]:
        return chosen.columns
    from refkit.digests.columns import parse_columns

    return chosen.columns | parse_columns(options["columns"])


def tell_what_was_not_read(survey: Survey) -> int:
    """Print which files of folders could not be read, and how many were passed over; return the exit code of that."""
    from refkit.digests import text

    for line in text.remarks(survey):
        screen.warn(line)
    return 1 if survey.unread else 0


def resolve(
    chosen: Settings, mentions: Sequence[Mention], options: dict[str, Any], *, keep: bool = False, obey: bool = True
) -> list[Resolution]:
    """Decide what the mentions mean, as refkit.lock says where it does, showing progress.

    With `keep`, the lock learns what is new, if there is one or it is asked for; without `obey` it is passed over.
    After Ctrl-C, print what was decided and end with 130.
    """
    from refkit import pipeline
    from refkit.errors import Interrupted
    from refkit.locks import Locks

    _refuse_contradictions(options)
    locks = Locks(mentions)
    try:
        with screen.display() as shown:
            sources = () if options["locked"] else open_sources(chosen, options, shown.notify)
            found = pipeline.resolve(
                mentions,
                sources=sources,
                locks=locks if obey else None,
                locked=options["locked"],
                refresh=options["refresh"],
                progress=shown.progress,
            )
    except Interrupted as stop:
        summarise(stop.resolutions)
        screen.warn(INTERRUPTED)
        sys.exit(stop.exit_code)
    if keep and not options["locked"]:
        for path in locks.keep(found, create=options["lock"]):
            screen.say(f"refkit: what is new is kept in {path}")
    return found


def _refuse_contradictions(options: dict[str, Any]) -> None:
    from refkit.errors import UsageError

    for name in ("lock", "refresh"):
        if options["locked"] and options.get(name):
            raise UsageError(f"--locked asks no source and writes no lock; leave out --{name}.")


def open_sources(chosen: Settings, options: dict[str, Any], notify: Notify) -> list[Source]:
    """Return the sources that settings and options name. Raises UsageError, ConfigError."""
    from refkit import asking

    return asking.open_sources(
        chosen.source_names,
        network=network(chosen, options),
        refresh=options["refresh"],
        settings=chosen.source_settings,
        named={"index": {"path": options["index"]}} if options["index"] else {},
        notify=notify,
        selection=chosen.plugins.selection,
    )


def network(chosen: Settings, options: dict[str, Any]) -> bool:
    """Whether sources may be asked that need the network."""
    return chosen.network and not options["no_network"]


def tag(resolutions: Sequence[Resolution], chosen: Settings, options: dict[str, Any]) -> list[Work]:
    """Return the matched papers as works with their themes."""
    from refkit import pipeline

    names = (*chosen.tagger_names, *(["headings"] if options.get("headings") else ()))
    themes = (*chosen.themes, *options["theme_files"])
    taggers = pipeline.open_taggers(
        names, themes=themes, settings=chosen.tagger_settings, selection=chosen.plugins.selection
    )
    return pipeline.tag(resolutions, taggers=taggers)


def summarise(resolutions: Sequence[Resolution], works: Sequence[Work] = ()) -> None:
    """Print what was not matched, and the counts, on standard error."""
    from refkit import account

    for line in account.matches(resolutions):
        screen.detail(line)
    *remarks, counts = account.summary(resolutions, works)
    for line in remarks:
        screen.warn(line)
    screen.say(counts)


def refuse_the_digest(output: Path | None, digests: Sequence[str]) -> None:
    """Raise UsageError if what is to be written would take the place of a digest."""
    from refkit.errors import UsageError

    for digest in digests:
        if output and digest != "-" and os.path.realpath(output) == os.path.realpath(digest):
            raise UsageError(f"{output} is the digest itself; name another file with --output.")


def exit_code(resolutions: Sequence[Resolution]) -> int:
    """Return 3 if a source failed, 1 if a title is open otherwise, else 0: a title without a paper may be settled."""
    from refkit.model import Verdict

    verdicts = {resolution.verdict for resolution in resolutions if resolution.decided != "none"}
    if Verdict.FAILED in verdicts:
        return 3
    return 1 if verdicts - {Verdict.MATCHED} else 0


def say_what_was_not_asked(resolutions: Sequence[Resolution], chosen: Settings, options: dict[str, Any]) -> None:
    """Print that the network was not asked, if that may be why a title is open."""
    remote = set(chosen.source_names) - {"catalogue", "index"}
    if exit_code(resolutions) == 1 and not (remote and network(chosen, options)):
        screen.warn(ONLY_AT_HAND)
