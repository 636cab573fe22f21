"""The plug-in shapes, in flow order. A plug-in needs no base class: what fits the shape is one.

Every plug-in has a `name` and is found through `registry.py`. Constructing one must not touch the network or the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from refkit.model import Answer, ArxivRecord, Change, Mention, Report, Skipped, ThemeTag, Work


class Reader(Protocol):
    """Text of a digest -> mentions. Pure: no network, no clock, no files."""

    name: str

    def recognise(self, text: str) -> float:
        """How sure this reader is that the text is its format, from 0 (not mine) to 1 (surely mine)."""

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield mentions and skipped lines in the order of the text; raises DigestError with file and line."""


class Source(Protocol):
    """Titles or ids -> arXiv records. An outage is an Answer with a failure or a SourceError, never an empty one."""

    name: str
    network: bool

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        """One answer a mention, in the same order, each with at most `limit` records, likeliest first."""

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        """The records of these ids; an unknown id is an absent key, no ids ask nothing; raises SourceError."""


class Enricher(Protocol):
    """Works -> the same works, in the same order, knowing more. Never empties a field."""

    name: str
    network: bool

    def enrich(self, works: Sequence[Work]) -> Sequence[Work]:
        """Add what the service knows, with provenance; raises SourceError."""


class Tagger(Protocol):
    """A work -> its themes. Pure."""

    name: str

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes of a work, sorted by name, each with the words that fired; none rather than a wrong one."""


class Writer(Protocol):
    """Works -> some place outside. Planning changes nothing there."""

    name: str

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """What would be done, in a fixed order."""

    def apply(self, changes: Sequence[Change]) -> Report:
        """Do it; raises WriteError, and then nothing has changed."""
