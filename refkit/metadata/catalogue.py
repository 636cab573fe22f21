"""The source `catalogue`: a small file of records shipped in the package, through the same index as everything else.

To add a record: one line in `catalogue.jsonl`, in the shape of `snapshot.py`. To add a source: copy this file.
"""

from __future__ import annotations

from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING

from refkit.metadata.index.source import IndexedSource
from refkit.metadata.snapshot import read_records

if TYPE_CHECKING:
    from refkit.metadata.index.reading import Index


class CatalogueSource(IndexedSource):
    """The records shipped with refkit; read at the first question. Raises BadResponse if the file was damaged."""

    name = "catalogue"

    def __init__(self) -> None:
        """Touch nothing: the file is opened when it is first asked."""

    @cached_property
    def index(self) -> Index:
        """The index over the shipped records."""
        from refkit.metadata.titles import TitleIndex  # only where titles are looked for

        file = resources.files("refkit.metadata") / "catalogue.jsonl"
        return TitleIndex(read_records(file.read_bytes().splitlines(), name="catalogue.jsonl"))
