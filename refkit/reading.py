"""Stage 1 with its plug-ins: which readers may be taken, and one digest or many read by them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO

from refkit import registry
from refkit.digests.decoding import check_encoding
from refkit.digests.finding import find_digests
from refkit.digests.loading import Choice, Reading, Survey, load_bytes, name_of, read_digest
from refkit.errors import DigestError, UsageError

_log = logging.getLogger(__name__)

# Calls what may be at fault; the sentence of a fault is made of the second (pipeline.py has the one that is used).
Guard = Callable[[Callable[[], Reading], Callable[[str], DigestError]], Reading]


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
        guard: Guard,
    ) -> None:
        if encoding is not None:
            check_encoding(encoding)
        self._choice = choose(reader, columns)
        self._encoding = encoding
        self._stdin = stdin
        self._guard = guard

    def read(self, digest: str) -> Reading:
        """Read one digest. Raises DigestError, also for a fault of a reader."""
        name = name_of(digest)
        reading = self._guard(lambda: self._read(digest, name), lambda what: DigestError(name, 0, f"reading it {what}"))
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


def choose(name: str, columns: Mapping[str, str]) -> Choice:
    """Return the readers that may be taken, told which columns to read. Raises UsageError for what does not exist."""
    known = {each: registry.load("reader", each) for each in ((name,) if name else registry.READERS)}
    if not columns:
        return Choice([reader() for reader in known.values()], forced=bool(name))
    from refkit.digests import columns as naming

    wanted = naming.parse_columns(f"{field}={column}" for field, column in columns.items())
    takers = [reader for reader in known.values() if naming.takes_columns(reader)]
    if not takers:
        able = [each for each in registry.READERS if naming.takes_columns(registry.load("reader", each))]
        raise UsageError(f"The reader {name!r} reads no columns; --column is for: {', '.join(able)}.")
    return Choice([reader(columns=wanted) for reader in takers], forced=bool(name))
