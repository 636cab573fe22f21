"""Stage 1 with its plug-ins: which readers may be taken, and one digest or many read by them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from refkit import registry
from refkit.digests.columns import parse_columns, takes_columns
from refkit.digests.decoding import check_encoding
from refkit.digests.finding import find_digests
from refkit.digests.loading import Choice, Reading, Survey, load_bytes, name_of, read_digest
from refkit.errors import DigestError, PluginError, UsageError
from refkit.guarding import guard
from refkit.model import Mention, Skipped
from refkit.opening import construct, open_plugin, skip
from refkit.plugins import ANY, Wanted
from refkit.protocols import Reader, Surroundings

_log = logging.getLogger(__name__)


class Desk:
    """Reads digests, one after the other, with the same choice of readers, encoding and standard input.

    Raises UsageError for a reader or an encoding that does not exist, and for columns of a reader that has none.
    """

    def __init__(
        self,
        reader: str,
        columns: Mapping[str, str],
        encoding: str | None,
        stdin: BinaryIO | None,
        readers: Wanted = ANY,
    ) -> None:
        if encoding is not None:
            check_encoding(encoding)
        self._choice = choose(reader, columns, readers)
        self._encoding = encoding
        self._stdin = stdin

    def read(self, digest: str) -> Reading:
        """Read one digest. Raises DigestError, also for a fault of a reader."""
        name = name_of(digest)
        reading = guard(lambda: self._read(digest, name), lambda what: DigestError(name, 0, f"reading it {what}"))
        _log.info("%s: %d titles, %d lines that are none", name, len(reading.mentions), len(reading.skipped))
        return reading

    def _read(self, digest: str, name: str) -> Reading:
        data = load_bytes(digest, stdin=self._stdin)
        return read_digest(data, self._choice, digest=name, encoding=self._encoding)

    def survey(
        self, digests: Iterable[str], leave_out: str = "", progress: Callable[[int, int], None] | None = None
    ) -> Survey:
        """Read all that is named, as `pipeline.survey` says."""
        found = find_digests(digests, leave_out=leave_out)
        readings, unread = [], list(found.closed)
        for done, digest in enumerate(found.digests, start=1):
            try:
                readings.append(self.read(digest))
            except DigestError as error:
                if digest in found.named:
                    raise
                unread.append(error)
            if progress:
                progress(done, len(found.digests))
        if not readings:
            raise unread[0] if len(unread) == 1 else _none_of(unread)
        return Survey(readings=tuple(readings), unread=tuple(unread), passed_over=found.passed_over)


def _none_of(unread: list[DigestError]) -> DigestError:
    first, others = unread[0], len(unread) - 1
    return DigestError(
        first.digest, first.line, f"{first.problem} None of the other files ({others}) can be read either."
    )


def choose(name: str, columns: Mapping[str, str], wanted: Wanted = ANY) -> Choice:
    """Return the readers that may be taken, told which columns to read. Raises UsageError for what does not exist.

    A broken plug-in is left out and told, unless it is the one that is named: then it is a PluginError.
    """
    fields = parse_columns(f"{field}={column}" for field, column in columns.items()) if columns else None
    if name:
        named = _open(name, wanted, fields)
        takers = [named] if named else []
    else:
        takers = list(_all_of(wanted, fields))
    if takers:
        return Choice(takers, forced=bool(name))
    if fields is None:
        raise UsageError("No reader is left: [plugins] and `readers` in the configuration leave none.")
    able = ", ".join(each.name for each in _all_of(wanted, fields)) or "none of them"
    who = f"The reader {name!r} reads no columns" if name else "No reader that may be taken reads columns"
    raise UsageError(f"{who}; --column is for: {able}.")


def _names(wanted: Wanted) -> list[str]:
    named = wanted.selection.allowed("reader", wanted.names)
    return named or [plugin.name for plugin in registry.known("reader", wanted.selection)]


def _all_of(wanted: Wanted, fields: Mapping[str, str] | None) -> Iterator[Reader]:
    """Yield the readers that may be taken (with `fields`, those that read columns); broken ones are told."""
    for name in _names(wanted):
        try:
            if opened := _open(name, wanted, fields):
                yield opened
        except PluginError as error:
            skip(error)


def _open(name: str, wanted: Wanted, fields: Mapping[str, str] | None) -> Reader | None:
    """Return a reader as configured, or told which columns to read; None for one that reads none."""
    if fields is None:
        nowhere = Surroundings(cache=Path(), state=Path())  # a reader works on its text alone
        settings = wanted.settings.get(name, {})
        opened: Reader = open_plugin("reader", name, settings, nowhere, selection=wanted.selection)
    elif takes_columns(registry.imported(registry.find("reader", name, wanted.selection))):
        opened = construct("reader", name, columns=fields)
    else:
        return None
    return opened if name in registry.READERS else Careful(opened)


class Careful:
    """A reader of another package, of which a fault in recognising means "not mine", so that the others are asked."""

    def __init__(self, reader: Reader) -> None:
        self.name = reader.name
        self._reader = reader
        self._told = False

    def recognise(self, text: str) -> float:
        """Return how sure the reader is; 0 where it fails."""
        try:
            return guard(lambda: _sure(self._reader.recognise(text)), lambda problem: PluginError(problem, problem))
        except PluginError as error:
            if not self._told:
                _log.warning("the reader %r %s; it is passed over", self.name, error.reason)
            self._told = True
            return 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Read as the reader does. Raises DigestError, also for a fault of the reader."""
        yield from guard(
            lambda: _items(self._reader.read(text, digest=digest)),
            lambda problem: DigestError(digest, 0, f"reading it as {self.name} {problem}."),
        )


def _sure(answer: object) -> float:
    if isinstance(answer, int | float) and 0 <= answer <= 1:
        return float(answer)
    raise ValueError(f"it is sure by {answer!r}, not by a number from 0 to 1")


def _items(found: Iterable[object]) -> list[Mention | Skipped]:
    items = list(found)
    wrong = next((each for each in items if not isinstance(each, Mention | Skipped)), None)
    if wrong is not None:
        raise TypeError(f"it gave {type(wrong).__name__}, not Mention or Skipped")
    return [each for each in items if isinstance(each, Mention | Skipped)]
