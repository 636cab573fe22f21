"""One look for all commands: results on standard output, everything for people on standard error.

What is said has three kinds: `warn` what needs attention, `say` what is good to know (not with --quiet), `detail` what
explains (only with --verbose). Words are coloured, tables drawn and ids linked on a terminal only; NO_COLOR
(no-color.org) and TERM=dumb turn colours off. In a pipe or a file the same text stands plain, whole and unwrapped.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

QUIET, NORMAL, VERBOSE = -1, 0, 1
_LEVEL, _BAR = "refkit.level", "refkit.bar"
_NAME = "refkit:"
FAILED, ATTENTION = "red", "yellow"
# The words with which lines begin that tell what became of something, and how they look.
_WORDS = {
    "matched": "green", "created": "green", "updated": "green", "ok": "green", "upgraded": "green", "applied": "green",
    "ambiguous": ATTENTION, "not found": ATTENTION, "doubtful": ATTENTION, "problem": FAILED, "warning": ATTENTION,
    "error": FAILED, "failed": FAILED, "stopped": FAILED, "note": "cyan", "conflict": ATTENTION,
    "create": "green", "update": "green", "waiting": ATTENTION, "incomplete": ATTENTION,
}  # fmt: skip
_WORD = re.compile(rf"({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?=:|\s{{2}}|$)")
_ARXIV = re.compile(r"arXiv:((?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?)")
# Terminals that tell of themselves that they show links; others may print the bytes.
_LINKING = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
_LINKING_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})
_USUAL, _NARROWEST = 80, 20  # columns of a terminal that does not tell, and of a line at least
_LINKING_VTE = 5000  # VTE 0.50 (GNOME Terminal and its kin) was the first that shows them


# Options of every command


def equip(command: click.Command) -> None:
    """Give a command, and the commands of a group, the options that all have: --quiet and --verbose."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            equip(each)
        return
    command.params += [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_chosen(QUIET),
            help="Print only results and what needs attention.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_chosen(VERBOSE),
            help="Tell also what is done, and why.",
        ),
    ]


def with_json(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option --json, as `as_json`; `what` ends the help text. The shapes: docs/json.md."""
    return click.option("--json", "as_json", is_flag=True, help=what)


def _chosen(level: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def choose(context: click.Context, _: click.Parameter, given: bool) -> None:
        if not given:
            return
        if context.meta.get(_LEVEL, level) != level:
            raise click.UsageError("--quiet and --verbose contradict each other; leave out one of them.", context)
        context.meta[_LEVEL] = level
        if level == VERBOSE:
            logging.getLogger("refkit").setLevel(logging.INFO)

    return choose


def level() -> int:
    """Return how much is to be said: QUIET, NORMAL or VERBOSE."""
    context = click.get_current_context(silent=True)
    return int(context.meta.get(_LEVEL, NORMAL)) if context else NORMAL


class _Log(logging.Handler):
    """Shows what the library logs: warnings to everybody, the rest as details."""

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{_NAME} {self.format(record)}"
        (warn if record.levelno >= logging.WARNING else detail)(line)


def show_log() -> None:
    """Show from now on what the library logs; before, Python prints its warnings bare."""
    log = logging.getLogger("refkit")
    if not any(isinstance(each, _Log) for each in log.handlers):
        log.addHandler(_Log())
    log.setLevel(logging.NOTSET)


# Lines for people


def say(line: str) -> None:
    """Print a line that is good to know."""
    if level() > QUIET:
        _print(line)


def warn(line: str) -> None:
    """Print a line that needs attention."""
    _print(line, ATTENTION)


def fail(line: str) -> None:
    """Print why nothing, or not all, was done."""
    _print(f"{_NAME} {line}", FAILED)


def detail(line: str) -> None:
    """Print a line that explains what is done."""
    if level() == VERBOSE:
        line = _fitted(line, sys.stderr)
        click.echo(click.style(line, dim=True) if is_colourful(sys.stderr) else line, err=True)


def _print(line: str, colour: str = "") -> None:
    with _without_bar():
        line = _fitted(line, sys.stderr)
        click.echo(dressed(line, colour) if is_colourful(sys.stderr) else line, err=True)


def _fitted(text: str, stream: IO[str] | None) -> str:
    """Return lines as they fit a terminal, broken between words and then indented; anywhere else as they are."""
    if not is_terminal(stream):
        return text
    return "\n".join(fitted(text, _width(stream)))


def fitted(text: str, width: int) -> Iterator[str]:
    """Yield lines of at most `width` characters, broken between words; what follows is indented by four more.

    A word that is longer, like an address, stays whole.
    """
    for line in text.split("\n"):
        if len(line) <= width:
            yield line
            continue
        start = line[: len(line) - len(line.lstrip(" "))]
        yield from textwrap.wrap(
            line.strip(),
            max(width, len(start) + _NARROWEST),
            initial_indent=start,
            subsequent_indent=f"{start}    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _width(stream: IO[str] | None) -> int:
    """Return the columns of a terminal: as COLUMNS says, else as it says itself."""
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and int(named):
        return int(named)
    try:
        return os.get_terminal_size(stream.fileno() if stream else 2).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def dressed(line: str, colour: str = "") -> str:
    """Return a line with colours on its first word, "refkit:" or what became of something, and arXiv ids as links."""
    if line.startswith(_NAME):
        line = click.style(
            _NAME, fg=colour or None, bold=bool(colour) or None, dim=not colour or None
        ) + line.removeprefix(_NAME)
    elif found := _WORD.match(line):
        line = click.style(found[0], fg=_WORDS[found[0]]) + line[found.end() :]
    if is_linking(os.environ):
        line = _ARXIV.sub(lambda found: linked(found[0], f"https://arxiv.org/abs/{found[1]}"), line)
    return line


def linked(text: str, address: str) -> str:
    """Return text that a terminal shows as a link (OSC 8)."""
    return f"\033]8;;{address}\033\\{text}\033]8;;\033\\"


def is_linking(environ: Mapping[str, str]) -> bool:
    """Whether the terminal says of itself that it shows links; FORCE_HYPERLINK=1 or 0 decides otherwise."""
    if "FORCE_HYPERLINK" in environ:
        return environ["FORCE_HYPERLINK"] not in {"", "0"}
    vte = environ.get("VTE_VERSION", "")
    return (
        any(environ.get(name) for name in _LINKING)
        or environ.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or (vte.isascii() and vte.isdigit() and int(vte) >= _LINKING_VTE)
    )


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal that can do more than print lines."""
    return bool(stream and stream.isatty()) and os.environ.get("TERM", "dumb") != "dumb"


def is_colourful(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal whose user has not forbidden colours."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


# Results


def print_text(text: str) -> None:
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


def print_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output, dressed on a terminal."""
    dress = dressed if is_colourful(sys.stdout) else str
    print_text("".join(f"{dress(_fitted(line, sys.stdout))}\n" for line in lines))


def print_json(document: Any) -> None:
    """Write one indented JSON document to standard output."""
    print_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


class Column(NamedTuple):
    """A column of a table: its head, which side, and whether its text may be wrapped to fit the width."""

    head: str
    right: bool = False
    wraps: bool = False


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], plain: Iterable[str] | None = None) -> None:
    """Write rows to standard output: on a terminal a table that fits its width, else lines.

    The lines are `plain`, or else the rows with columns one below the other, two blanks between them.
    """
    if not is_terminal(sys.stdout):
        print_text("".join(f"{line}\n" for line in (plain if plain is not None else aligned(columns, rows))))
        return
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column.head,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            ratio=None,
        )
    for row in rows:
        table.add_row(*map(_cell, row))
    console().print(table)


def aligned(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as plain lines, each column as wide as its longest text."""
    table = [[column.head for column in columns], *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        )
        yield "  ".join(cells).rstrip()


def console() -> Console:
    """Return the console of standard output; rich looks at NO_COLOR and the width itself."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _cell(text: str) -> Text:
    """Return the text of a cell: words that tell what became of something are coloured, arXiv ids are links."""
    from rich.text import Text

    cell = Text(text, _WORDS.get(text, ""))
    if is_linking(os.environ):
        for found in _ARXIV.finditer(text):
            cell.stylize(f"link https://arxiv.org/abs/{found[1]}", *found.span())
    return cell


# Progress


class Display(Protocol):
    """Where a run shows how far it is: a bar on a terminal, nothing anywhere else."""

    def notify(self, doing: str) -> None:
        """Show what is waited for."""

    def progress(self, done: int, total: int) -> None:
        """Show how many titles are decided, of how many."""


class _Nowhere:
    """Shows nothing: standard error is a file, a pipe or closed, or nobody wants to see it."""

    def notify(self, doing: str) -> None:
        detail(f"{_NAME} {doing}")

    def progress(self, done: int, total: int) -> None:
        pass


class _Bar:
    """A bar on a terminal, with what is waited for before it, counts and the time that is left."""

    def __init__(self, bar: Progress, doing: str) -> None:
        self._bar = bar
        self._task = bar.add_task(doing, total=None)

    def notify(self, doing: str) -> None:
        from rich.markup import escape

        self._bar.update(self._task, description=escape(doing))

    def progress(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)


def shows_progress() -> bool:
    """Whether there is a terminal to draw a bar on, and somebody who wants to see that and no details."""
    return is_terminal(sys.stderr) and level() == NORMAL


@contextmanager
def _without_bar() -> Iterator[None]:
    """Take a bar that is being drawn away while a line is written."""
    context = click.get_current_context(silent=True)
    bar: Progress | None = context.meta.get(_BAR) if context else None
    if bar:
        bar.stop()
    yield
    if bar:
        bar.start()


@contextmanager
def display(doing: str = "matching titles") -> Iterator[Display]:
    """Show on a terminal how far the work is while the block runs; nothing anywhere else."""
    if not shows_progress():
        yield _Nowhere()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Counts(MofNCompleteColumn):
        """How many are done, of how many; nothing where that is not known."""

        def render(self, task: Task) -> Text:
            return super().render(task) if task.total is not None else Text()

    columns = (TextColumn("{task.description}"), BarColumn(), Counts(), TimeRemainingColumn(compact=True))
    context = click.get_current_context(silent=True)
    meta = context.meta if context else {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        meta[_BAR] = bar
        try:
            yield _Bar(bar, doing)
        finally:
            del meta[_BAR]
