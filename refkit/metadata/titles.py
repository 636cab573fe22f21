"""Records at hand by title and id, in memory: the index over records that are known in full."""

from __future__ import annotations

from collections.abc import Iterable

from refkit.metadata.index import layout
from refkit.metadata.index.packing import pack
from refkit.metadata.index.parts import entry_of, make_part
from refkit.metadata.index.reading import Index
from refkit.model import ArxivRecord


class TitleIndex(Index):
    """An index over records that gives them back as they are; their order does not change what is found.

    They are few, so that it always looks for what is merely alike, too.
    """

    thorough = True

    def __init__(self, records: Iterable[ArxivRecord]) -> None:
        by_id = {record.arxiv_id: record for record in records}
        self._held = [by_id[arxiv_id] for arxiv_id in sorted(by_id)]
        self._row_of = {record.arxiv_id: row for row, record in enumerate(self._held)}
        # Here rows are found by a dictionary, and any id will do.
        entries = [entry_of(record, code=row) for row, record in enumerate(self._held)]
        packed = pack([make_part(entries)])
        super().__init__(layout.in_memory(packed.header, packed.sections))

    def row_of(self, arxiv_id: str) -> int | None:
        """Return the row of the record with this id (without version), or None."""
        return self._row_of.get(arxiv_id)

    def record(self, row: int) -> ArxivRecord:
        """Return a record as it was given."""
        return self._held[row]
