"""Man pages of the commands, in roff; they are built into the wheel (docs/build_man.py) and go to share/man/man1."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from refkit.cli.pages import Page, pages
from refkit.version import __version__

_FILES = (
    ("refkit.toml", "The configuration of a folder and those below it; see docs/configuration.md."),
    ("refkit.lock", "What was decided about the titles of the digests beside it; see refkit-review(1)."),
)


def man_pages(command: click.Command) -> dict[str, str]:
    """Return the man pages of a command and of all below it, by file name: refkit.1, refkit-index-build.1, ..."""
    all_of_them = list(pages(command))
    return {f"{_file(page.name)}.1": _roff(page, all_of_them) for page in all_of_them}


def _file(name: str) -> str:
    return name.replace(" ", "-")


def _roff(page: Page, all_of_them: list[Page]) -> str:
    return "\n".join((*_head(page), *_options(page), *_tail(page, all_of_them))) + "\n"


def _head(page: Page) -> Iterator[str]:
    yield f'.TH "{_file(page.name).upper()}" "1" "" "refkit {__version__}" "refkit"'
    yield ".SH NAME"
    yield f"{_escaped(_file(page.name))} \\- {_escaped(page.summary)}"
    yield ".SH SYNOPSIS"
    yield f"\\fB{_escaped(page.name)}\\fR {_escaped(page.usage)}"
    yield ".SH DESCRIPTION"
    for paragraph in page.paragraphs:
        yield ".PP"
        yield _marked(paragraph)


def _options(page: Page) -> Iterator[str]:
    if page.commands:
        yield ".SH COMMANDS"
        for name, summary in page.commands:
            yield from (".TP", f"\\fB{_escaped(_file(name))}\\fR(1)", _marked(summary))
    yield ".SH OPTIONS"
    for written, does in page.options:
        yield from (".TP", f"\\fB{_escaped(written)}\\fR", _marked(does))


def _tail(page: Page, all_of_them: list[Page]) -> Iterator[str]:
    _, _, codes = page.epilog.partition("Exit codes: ")
    if codes:
        yield ".SH EXIT STATUS"
        for code in codes.rstrip(".").split("; "):
            number, _, meaning = code.partition(" ")
            told = (number, meaning) if number.isdigit() else ("", code)
            yield from (".TP", f"\\fB{told[0]}\\fR", _marked(told[1])) if told[0] else (".PP", _marked(code))
    yield ".SH FILES"
    for name, what in _FILES:
        yield from (".TP", f"\\fI{name}\\fR", _marked(what))
    yield ".SH SEE ALSO"
    others = [each.name for each in all_of_them if each.name != page.name and _is_near(each.name, page.name)]
    yield ", ".join(f"\\fB{_escaped(_file(name))}\\fR(1)" for name in sorted(others))


def _is_near(name: str, other: str) -> bool:
    """Whether one command is right above or below the other."""
    shorter, longer = sorted((name, other), key=len)
    return longer.rpartition(" ")[0] == shorter


def _marked(text: str) -> str:
    """Return a paragraph in which what stands in `code` is bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _escaped(text))


def _escaped(text: str) -> str:
    """Return text that roff takes for itself: no escapes, no requests at the start of a line, real hyphens."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    )
    return f"\\&{text}" if text.startswith((".", "\\(aq")) else text
