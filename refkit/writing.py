"""Stage 5 with its plug-ins: the writer that `refkit bibtex --format` names, built in or of another package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refkit import registry
from refkit.errors import UsageError, WriteError
from refkit.guarding import guard
from refkit.model import Change, Report, Work
from refkit.opening import construct, open_plugin, takes
from refkit.plugins import ALL, Selection
from refkit.protocols import Surroundings, Writer


def formats(selection: Selection = ALL) -> list[str]:
    """Return what `--format` may name: the built-in formats, then the writers of other packages."""
    names = [plugin.name for plugin in registry.known("writer", selection)]
    return [name for name in names if name in registry.FORMATS or name not in registry.WRITERS]


def keeps_a_place(name: str, selection: Selection = ALL) -> bool:
    """Whether a writer has a place of its own (and `open`) instead of one text. Raises UsageError, PluginError."""
    if name in registry.FORMATS:
        registry.find("writer", name, selection)  # which may be disabled
        return False
    if name not in formats():
        place = getattr(name, "place", "")
        raise UsageError(f"{place}There is no format named {name!r}; the formats are: {', '.join(formats(selection))}.")
    return hasattr(registry.imported(registry.find("writer", name, selection)), "open")


def open_text(
    name: str, key_format: str = "", out: Callable[[str], None] | None = None, *, selection: Selection = ALL
) -> Writer:
    """Return the writer of one text to `out`. Raises UsageError, also for a formula that it cannot use, PluginError."""
    writer: Writer
    if keeps_a_place(name, selection):
        raise UsageError(
            f"The writer {name!r} writes no text but to a place of its own: `refkit bibtex --format {name}`."
        )
    if name in registry.FORMATS:
        writer = registry.bibtex_writer(name, key_format, out)
        return writer
    options: dict[str, Any] = {}
    if key_format:
        if not takes(registry.load("writer", name), "key"):
            raise UsageError(f"The writer {name!r} makes its own citekeys; leave out --key-format and `key_format`.")
        options["key"] = registry.citekeys(key_format)
    return Careful(construct("writer", name, out, **options))


def open_place(
    name: str,
    settings: Mapping[str, Any],
    around: Surroundings,
    *,
    over: Mapping[str, Any] | None = None,
    selection: Selection = ALL,
) -> Writer:
    """Return a writer that keeps a place, as `[writers.NAME]` and, above that, `over` configure it.

    Raises UsageError, ConfigError, PluginError.
    """
    return Careful(open_plugin("writer", name, settings, around, over=over, selection=selection))


class Careful:
    """A writer of another package, of which a fault is a WriteError."""

    def __init__(self, writer: Writer) -> None:
        self.name = writer.name
        self._writer = writer

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """Return what would be done. Raises WriteError."""
        return guard(lambda: _changes(self._writer.plan(works)), self._fault("planning"))

    def apply(self, changes: Sequence[Change]) -> Report:
        """Do it. Raises WriteError."""
        return guard(lambda: _report(self._writer.apply(changes)), self._fault("writing"))

    def _fault(self, doing: str) -> Callable[[str], WriteError]:
        return lambda problem: WriteError(f"The writer {self.name!r}: {doing} {problem}.")


def _changes(found: Sequence[object]) -> list[Change]:
    changes = [each for each in found if isinstance(each, Change)]
    if len(changes) != len(found):
        raise TypeError("its plan holds what is no Change")
    return changes


def _report(found: object) -> Report:
    if isinstance(found, Report):
        return found
    raise TypeError(f"it reported {type(found).__name__}, not a Report")
