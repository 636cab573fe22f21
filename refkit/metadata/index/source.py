"""The source `index`: a local index of all of arXiv, or of as much of it as was built in. No network, no limits.

[sources.index]
path = "/srv/papers/arxiv.index"     # also REFKIT_INDEX_PATH and --index; it may be shared and read-only
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from refkit.errors import ConfigError
from refkit.model import Answer, ArxivRecord, Mention
from refkit.protocols import Surroundings
from refkit.toml_places import told

if TYPE_CHECKING:
    from refkit.metadata.index.reading import Index

# The index that is used by itself, in the folder of what refkit keeps.
FILE = "arxiv.index"


class IndexSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[sources.index]`: where the index is; empty: where `refkit index build` puts it."""

    path: str = ""


class IndexedSource:
    """A source over an index, which is opened at the first question: nothing is asked of anybody, and it is never down.

    `name` tells it from others in messages.
    """

    name = "index"
    network = False

    def __init__(self, opened: Callable[[], Index]) -> None:
        self._opened = opened

    @cached_property
    def index(self) -> Index:
        """The index that is asked. Raises BadIndex if it cannot be opened."""
        return self._opened()

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        """Return one answer a mention, in the same order, likeliest record first."""
        find = self.index.search
        return [
            Answer(tuple(find(each.title, limit=limit, abstract=each.abstract, authors=each.authors)))
            for each in mentions
        ]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        """Return the records of these ids; an unknown id is an absent key."""
        found = {arxiv_id: self.index.get(arxiv_id) for arxiv_id in ids}
        return {arxiv_id: record for arxiv_id, record in found.items() if record}


class IndexSource(IndexedSource):
    """The index in a file: the one that is configured, else the one that `refkit index build` has made."""

    def __init__(self, path: Path, *, is_named: bool) -> None:
        self.path = path
        self._is_named = is_named

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings) -> Self:
        """Return the source as configured. Raises ConfigError for a setting that cannot be used."""
        return cls(index_path(settings, surroundings.data), is_named=bool(settings.get("path")))

    @property
    def present(self) -> bool:
        """Whether there is anything to ask: an index that nobody named may be missing."""
        return self._is_named or self.path.exists()

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        """Return one answer a mention. Raises BadIndex if the index is damaged."""
        with told_if_damaged(self.path):
            return super().search(mentions, limit=limit)

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        """Return the records of these ids. Raises BadIndex if the index is damaged."""
        with told_if_damaged(self.path):
            return super().lookup(ids)

    @cached_property
    def index(self) -> Index:
        """The index that is asked. Raises BadIndex if it cannot be opened."""
        from refkit.metadata.index.reading import Index  # only where titles are looked for

        return Index.open(self.path)


@contextmanager
def told_if_damaged(path: Path) -> Iterator[None]:
    """Raise BadIndex where what is read of an index makes no sense: on opening only its header is looked at."""
    from refkit.metadata.index.layout import BadIndex  # as above

    try:
        yield
    except (IndexError, ValueError) as error:
        raise BadIndex(
            f"{path} is damaged ({error}); `refkit index info --check` tells where. Copy or build it again."
        ) from error


def index_path(settings: Mapping[str, object], data: Path) -> Path:
    """Return where the index is, of which nothing is said here but its place. Raises ConfigError."""
    try:
        chosen = msgspec.convert(settings, IndexSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The settings [sources.index] cannot be used: {told(error)}. There is one: path.") from error
    return Path(chosen.path).expanduser() if chosen.path else data / FILE
