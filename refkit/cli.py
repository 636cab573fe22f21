"""The command line: parse, call the pipeline, print. Nothing is decided here.

Exit codes: 0 every title matched, 1 some did not, 2 the command, digest or configuration must be changed,
3 a source failed. Only click and the standard library may be imported at the top: `refkit --help` must stay light.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit import __version__
from refkit.errors import RefkitError

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Resolution, Work

NO_DIGEST = (
    "No digest to read: name one (`refkit bibtex digest.txt`, or `-` for standard input), "
    'or put `digests = ["digest.txt"]` into refkit.toml.'
)
_ONLY_THE_CATALOGUE = (
    "refkit: only the catalogue was asked, the few records that are shipped with refkit; "
    "a title that it lacks may well be on arXiv"
)
_EPILOG = (
    "Exit codes: 0 every title matched; 1 some titles did not; "
    "2 the command, a digest or the configuration must be changed; 3 a source failed."
)


class _Group(click.Group):
    """A command group in which every error of refkit is one sentence on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a RefkitError ends it with its sentence."""
        try:
            return super().invoke(ctx)
        except RefkitError as error:
            click.echo(f"refkit: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="refkit")
def main() -> None:
    """Turn paper digests into references: titles in, arXiv records out."""


def _reader_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from refkit.registry import READERS

    return [name for name in READERS if name.startswith(incomplete)]


_common: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--reader",
        metavar="NAME",
        default="",
        shell_complete=_reader_names,
        help="Read the digest as this format (jsonl, hf-trending, titles) instead of recognising it.",
    ),
    click.option("--encoding", metavar="NAME", default="", help="The encoding of the digest, if it is not UTF-8."),
    click.option("--no-network", is_flag=True, help="Ask only sources on this machine."),
    click.option(
        "--themes",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        help="Extend the shipped themes by this file (may be repeated).",
    ),
)


def _with_common(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_common):
        command = option(command)
    return command


@main.command(epilog=_EPILOG)
@click.argument("digests", nargs=-1, metavar="[DIGEST]...", type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write to this file, whole or not at all, instead of standard output.",
)
@click.option(
    "--format",
    "dialect",
    type=click.Choice(["bibtex", "biblatex"]),
    help="The dialect to write.  [default: bibtex]",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print what was decided, and why, as JSON on standard output; BibTeX then only goes to --output.",
)
@_with_common
def bibtex(digests: tuple[str, ...], output: Path | None, dialect: str | None, as_json: bool, **options: Any) -> None:
    """Write the papers of digests as BibTeX.

    DIGEST is a file, or `-` for standard input; without any, those of the configuration are read. The titles are
    matched to arXiv records; what could not be matched is listed on standard error with its reason.
    """
    from refkit import pipeline

    settings = _settings()
    _refuse_to_overwrite(output, digests or settings.digests)
    resolutions = _resolve(settings, digests, options)
    works = _tag(resolutions, settings, options)
    text = pipeline.to_bibtex(works, dialect=dialect or settings.format)
    if as_json:
        from refkit import report

        _print(report.as_json(resolutions, works))
    if output:
        _write(output, text, len(works))
    elif not as_json:
        _print(text)
    _summarise(resolutions, works, settings.sources)
    sys.exit(_exit_code(resolutions))


def _refuse_to_overwrite(output: Path | None, digests: Sequence[str]) -> None:
    from refkit.errors import UsageError

    if output and output.name in {"refkit.toml", "pyproject.toml"}:
        raise UsageError(f"{output} is a configuration; name a .bib file with --output.")
    for digest in digests:
        if output and digest != "-" and os.path.realpath(output) == os.path.realpath(digest):
            raise UsageError(f"{output} is the digest itself; name another file with --output.")


@main.command(epilog=_EPILOG)
@click.argument("title")
@click.option(
    "--digest",
    metavar="FILE",
    help="Take what this digest says about the title (abstract, date) as evidence too.",
)
@click.option("--abstract", metavar="TEXT", default="", help="The abstract, as further evidence.")
@click.option(
    "--author",
    "authors",
    metavar="NAME",
    multiple=True,
    help="An author, as further evidence (may be repeated).",
)
@_with_common
def explain(title: str, digest: str | None, abstract: str, authors: tuple[str, ...], **options: Any) -> None:
    """Show which records TITLE may mean, the evidence for each, and why one was accepted or refused."""
    from refkit import pipeline, report

    settings = _settings()
    mention = _mention(title, digest, abstract, authors, options, settings)
    resolution = pipeline.resolve([mention], sources=_sources(settings, options))[0]
    works = _tag([resolution], settings, options)
    _print(report.explain(resolution, works[0].themes if works else ()))
    sys.exit(_exit_code([resolution]))


def _mention(
    title: str,
    digest: str | None,
    abstract: str,
    authors: tuple[str, ...],
    options: dict[str, Any],
    settings: Settings,
) -> Mention:
    from refkit.errors import UsageError
    from refkit.model import Mention
    from refkit.normalize import title_key

    if not title.strip():
        raise UsageError("The title is empty; give the words of a title in quotation marks.")
    if not digest:
        return Mention(title=" ".join(title.split()), abstract=abstract, authors=authors)
    for mention in _read(settings, (digest,), options):
        if title_key(mention.title) == title_key(title):
            return mention
    raise UsageError(f"{digest} has no title {title!r}; copy it from the digest, or leave --digest out.")


def _settings() -> Settings:
    from refkit.config import find_settings
    from refkit.errors import ConfigError

    try:
        return find_settings(Path.cwd())
    except FileNotFoundError as error:
        raise ConfigError("The current folder no longer exists; change to another one.") from error


def _read(settings: Settings, digests: Sequence[str], options: dict[str, Any]) -> list[Mention]:
    from refkit import pipeline
    from refkit.errors import UsageError

    named = tuple(digests) or settings.digests
    if not named:
        raise UsageError(NO_DIGEST)
    if named.count("-") > 1:
        raise UsageError("Standard input can be read only once; name `-` only once.")
    reader, encoding = options["reader"] or settings.reader, options["encoding"] or settings.encoding or None
    stdin = sys.stdin.buffer if sys.stdin else None
    return [m for name in named for m in pipeline.read(name, reader=reader, encoding=encoding, stdin=stdin)]


def _sources(settings: Settings, options: dict[str, Any]) -> Sequence[Any]:
    from refkit import pipeline

    return pipeline.open_sources(settings.sources, network=settings.network and not options["no_network"])


def _resolve(settings: Settings, digests: Sequence[str], options: dict[str, Any]) -> list[Resolution]:
    from refkit import pipeline

    mentions = _read(settings, digests, options)
    with _progress(len(mentions)) as progress:
        return pipeline.resolve(mentions, sources=_sources(settings, options), progress=progress)


def _tag(resolutions: Sequence[Resolution], settings: Settings, options: dict[str, Any]) -> list[Work]:
    from refkit import pipeline

    return pipeline.tag(resolutions, taxonomy=pipeline.load_taxonomy((*settings.themes, *options["themes"])))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal, and nothing anywhere else."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("matching titles", total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _write(output: Path, text: str, count: int) -> None:
    from refkit.files import write_atomic

    if not count and os.path.isfile(output) and os.path.getsize(output):  # noqa: PTH113, PTH202 - never raise
        click.echo(f"refkit: nothing was matched, so {output} is left as it is", err=True)
        return
    changed = write_atomic(output, text)
    entries = "1 entry" if count == 1 else f"{count} entries"
    click.echo(f"refkit: {entries} {'written to' if changed else 'already as they are in'} {output}", err=True)


def _print(text: str) -> None:
    """Write UTF-8 with plain line ends to standard output, whatever the terminal's locale."""
    from refkit.errors import WriteError

    try:
        # A command line in another encoding than its text brings half characters along: print them as "?".
        sys.stdout.buffer.write(text.encode(errors="replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # the reader went away, as `| head` does: click ends quietly
    except (AttributeError, OSError) as error:
        why = getattr(error, "strerror", None) or "it is closed"
        raise WriteError(f"Standard output could not be written ({why}); name a file with --output.") from error


def _summarise(resolutions: Sequence[Resolution], works: Sequence[Work], sources: Sequence[str]) -> None:
    from refkit import report

    for line in report.summary(resolutions, works):
        click.echo(line, err=True)
    if _exit_code(resolutions) == 1 and tuple(sources) == ("catalogue",):
        click.echo(_ONLY_THE_CATALOGUE, err=True)


def _exit_code(resolutions: Sequence[Resolution]) -> int:
    from refkit.model import Verdict

    verdicts = {resolution.verdict for resolution in resolutions}
    if Verdict.FAILED in verdicts:
        return 3
    return 1 if verdicts - {Verdict.MATCHED} else 0
