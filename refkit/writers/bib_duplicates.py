"""Which entries of a .bib are one paper twice, for `refkit check`: columns and reports that recur are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from refkit.writers.bib_file import BibFile, Block, plain
from refkit.writers.bib_identity import Identity
from refkit.writers.bib_index import Index
from refkit.writers.bib_rules import Finding

_WHERE = ("volume", "number", "pages", "chapter", "edition")
_MOST_BEFORE = 50  # entries of one title and author that each is compared with, so that time stays linear


def duplicates(file: BibFile) -> Iterator[Finding]:
    """Yield a finding for each entry that is the paper of one before it."""
    index = Index(file)
    for places in index.duplicates():
        papers = [_Paper.of(index, place, file.strings) for place in places]
        for count, paper in enumerate(papers[1:], 1):
            before = papers[max(0, count - _MOST_BEFORE) : count]
            first = next((each.block for each in before if each.may_be(paper)), None)
            if first:
                name = first.key or "the entry"
                message = f"it is the paper of {name} (line {first.line}); keep one of them, and cite that"
                yield Finding(rule="duplicate-entry", place=paper.block.start, key=paper.block.key, message=message)


class _Paper(NamedTuple):
    """An entry with what tells it from others of the same title and author: columns and reports recur."""

    block: Block
    who: Identity
    where: Mapping[str, str]
    is_preprint: bool

    @classmethod
    def of(cls, index: Index, place: int, strings: Mapping[str, str]) -> _Paper:
        block, who = index.blocks[place], index.identities[place]
        said = {each.name.lower(): plain(each.value, strings) for each in reversed(block.fields)}
        where = {name: " ".join(re.findall(r"\w+", said.get(name, ""))) for name in _WHERE}
        in_arxiv = re.search(r"(?i)\barxiv\b|^corr$", said.get("journal", "") or said.get("journaltitle", ""))
        return cls(block, who, where, bool(who.arxiv_id or in_arxiv))

    def may_be(self, other: _Paper) -> bool:
        """Whether nothing says that these are two papers; a preprint has neither place nor year of its own paper."""
        who, its = self.who, other.who
        if (who.arxiv_id and who.arxiv_id == its.arxiv_id) or (who.doi and who.doi == its.doi):
            return True
        if self.is_preprint or other.is_preprint:
            return True
        is_elsewhere = any(
            self.where[name] != other.where[name] for name in _WHERE if self.where[name] and other.where[name]
        )
        return not is_elsewhere and not (who.year and its.year and who.year != its.year)
