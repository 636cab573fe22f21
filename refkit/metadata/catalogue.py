"""The source `catalogue`: a small file of records shipped in the package, read through the common index.

To add a record: one line in `catalogue.jsonl`, in the shape of `snapshot.py`. To add a source: copy this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources

from refkit.metadata.titles import TitleIndex
from refkit.metadata.snapshot import read_records
from refkit.model import Answer, ArxivRecord, Mention


class IndexSource:
    """A source over records at hand: no network, no limits, never down."""

    name = "index"
    network = False

    def __init__(self, index: TitleIndex) -> None:
        self._index = index

    @property
    def index(self) -> TitleIndex:
        """The index that is asked."""
        return self._index

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        """Return one answer a mention, in the same order, likeliest record first."""
        return [Answer(records=tuple(self.index.search(mention.title, limit=limit))) for mention in mentions]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        """Return the records of these ids; an unknown id is an absent key."""
        found = {arxiv_id: self.index.get(arxiv_id) for arxiv_id in ids}
        return {arxiv_id: record for arxiv_id, record in found.items() if record}


class CatalogueSource(IndexSource):
    """The records shipped with refkit; read at the first question. Raises BadResponse if the file was damaged."""

    name = "catalogue"

    def __init__(self) -> None:
        """Touch nothing: the file is opened when it is first asked."""

    @cached_property
    def index(self) -> TitleIndex:
        """The index over the shipped records."""
        file = resources.files("refkit.metadata") / "catalogue.jsonl"
        return TitleIndex(read_records(file.read_bytes().splitlines(), name="catalogue.jsonl"))
