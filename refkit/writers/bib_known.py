"""Which entries of a .bib are of a work, whatever their keys: by arXiv id, DOI, or title with author and year. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refkit.model import ArxivRecord, Work, plain_arxiv_id
from refkit.names import family_key
from refkit.normalize import title_key
from refkit.writers.bib_file import BibFile, Block
from refkit.writers.bib_identity import Identity, identify

# A paper is printed in the year of its first version or some years later, under the same title.
_YEARS = 4


class KnownEntries:
    """The sound entries of a file by what they say of their paper."""

    def __init__(self, file: BibFile, strings: Mapping[str, str]) -> None:
        self._by: dict[tuple[str, str], list[Block]] = {}
        self._said: dict[Block, Identity] = {}
        for block in file.blocks:
            if block.kind == "entry":
                said = self._said[block] = identify(block, strings)
                # A note may speak of another paper than the entry's own.
                known = {"arxiv_id": "" if said.loose else said.arxiv_id, "doi": said.doi, "title_key": said.title_key}
                for kind, value in known.items():
                    if value:
                        self._by.setdefault((kind, value), []).append(block)

    def of(self, work: Work) -> Sequence[Block]:
        """Return the entries of a work in the order of the file; more than one are duplicates."""
        record = work.record
        found = self._with("arxiv_id", plain_arxiv_id(record.arxiv_id))
        dois = {record.doi.casefold(), work.publication.doi.casefold() if work.publication else ""} - {""}
        for doi in sorted(dois):
            found |= {block: None for block in self._with("doi", doi) if self._may_be(block, record)}
        for title in {title_key(each) for each in _titles(work)} - {""}:
            found |= {block: None for block in self._with("title_key", title) if self._is_by(block, work)}
        return sorted(found, key=lambda block: block.start)

    def _with(self, kind: str, value: str) -> dict[Block, None]:
        return dict.fromkeys(self._by.get((kind, value), ()))

    def _may_be(self, block: Block, record: ArxivRecord) -> bool:
        """Whether an entry does not name another preprint."""
        said = self._said[block]
        return said.loose or said.arxiv_id in {"", plain_arxiv_id(record.arxiv_id)}

    def _is_by(self, block: Block, work: Work) -> bool:
        said, record = self._said[block], work.record
        first = record.authors[0] if record.authors else None
        family = family_key(str(first)) if first else ""
        year = record.submitted.year if record.submitted else None
        is_near = not (said.year and year) or 0 <= said.year - year <= _YEARS
        return self._may_be(block, record) and bool(family) and said.family == family and is_near


def _titles(work: Work) -> tuple[str, ...]:
    published = work.publication.title if work.publication else ""
    return (work.record.title, *work.record.former_titles, published)
