"""The plug-in shapes, in flow order. A plug-in needs no base class: what fits the shape is one.

Every plug-in has a `name` and is found through `registry.py`. Constructing one must not touch the network or the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from refkit.model import Answer, ArxivRecord, Change, Mention, Published, Report, Skipped, ThemeTag, Work

# Told in a few words what is waited for ("next request in 2 s"), to show it to a person.
Notify = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """Where a plug-in that needs more than its input works.

    It keeps what can be had again in `cache`, what cannot in `state`, and what the user has put there in `data`
    (folders, made when needed), and tells `notify` what is waited for. `offline` forbids the network;
    `refresh` asks again what the cache knows.
    """

    cache: Path
    state: Path
    data: Path = Path()
    notify: Notify = silent
    offline: bool = False
    refresh: bool = False


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


@runtime_checkable
class Ladder(Source, Protocol):
    """A source that can ask in several ways, cheapest first: each rung is asked only for what is still open."""

    rungs: int

    def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        """As `Source.search`, in the way with this number."""

    def recall(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        """As `search`, but only what is known without asking: after an interrupt it tells what was answered."""


class Configurable(Protocol):
    """A source class that needs settings (`[sources.NAME]` of the configuration), a cache or the network.

    A source class without `open` is constructed without arguments. A source that says that it is not `present` (an
    index that was never built) is left out.
    """

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings) -> Source:
        """Return the source as configured, touching neither network nor disk; raises ConfigError."""


class Enricher(Protocol):
    """Works -> the published versions that a service knows of them. An outage is a SourceError, never "not published".

    Whether what it found is the work's own, and which of several services is believed, is decided elsewhere.
    """

    name: str
    network: bool

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        """Return what may be the published version of each work, likeliest first, in the order of the works.

        Raises SourceError.
        """


class Tagger(Protocol):
    """A work -> its themes. Pure.

    A tagger class that needs settings (`[taggers.NAME]` of the configuration) or the disk has `open` as a source has;
    one without is constructed without arguments.
    """

    name: str

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes of a work, sorted by name, each with what fired; none rather than a wrong one.

        What fired stands in the work: words of a title, an abstract or a heading, or a category of arXiv.
        """


class Writer(Protocol):
    """Works -> some place outside. Planning changes nothing there."""

    name: str

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """What would be done, in a fixed order."""

    def apply(self, changes: Sequence[Change]) -> Report:
        """Do it; raises WriteError, and then nothing has changed."""
