"""What the commands say of themselves, for the man pages and docs/reference/cli.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import click


class Page(NamedTuple):
    """One command: its words ("refkit index build"), and what `--help` tells, unwrapped.

    `options` are pairs of how an option is written and what it does; `commands` those of a group, with their summaries.
    """

    name: str
    usage: str
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    epilog: str

    @property
    def summary(self) -> str:
        """The first sentence, without its full stop."""
        return re.split(r"\.(?:\s|$)", self.paragraphs[0], maxsplit=1)[0] if self.paragraphs else ""


def pages(command: click.Command, name: str = "refkit", parent: click.Context | None = None) -> Iterator[Page]:
    """Yield the page of a command, and those of the commands below it in the order of their names."""
    context = click.Context(command, parent, info_name=name, **command.context_settings)
    yield _page(command, name, context)
    if isinstance(command, click.Group):
        for word, each in sorted(command.commands.items()):
            yield from pages(each, f"{name} {word}", context)


def _page(command: click.Command, name: str, context: click.Context) -> Page:
    below = sorted(command.commands.items()) if isinstance(command, click.Group) else []
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return Page(
        name=name,
        usage=" ".join(command.collect_usage_pieces(context)),
        paragraphs=tuple(_paragraphs(command.help or "")),
        options=tuple((written, _one_line(does)) for written, does in filter(None, records) if does),
        commands=tuple((f"{name} {word}", each.get_short_help_str(10_000)) for word, each in below),
        epilog=_one_line(command.epilog or ""),
    )


def _paragraphs(text: str) -> Iterator[str]:
    for part in re.split(r"\n\s*\n", text.replace("\f", "").replace("\b", "")):
        if part.strip():
            yield _one_line(part)


def _one_line(text: str) -> str:
    return " ".join(text.split())
