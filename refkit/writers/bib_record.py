"""What an entry of a .bib says of its paper, as a record: title, authors, and when it was first submitted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from refkit.bib_ids import split_names
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.names import parse_name
from refkit.normalize import to_unicode
from refkit.writers.bib_file import Block, plain
from refkit.writers.bib_identity import identify

_WHOLE = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")  # one pair of braces, and what stands in it
_CENTURY = 91  # arXiv began in 1991; ids of the old scheme have the year in two digits too


def record_of(block: Block, strings: Mapping[str, str], *, arxiv_id: str = "") -> ArxivRecord:
    """Return what an entry says; an arXiv id tells the month of the first version, else its year counts."""
    said = identify(block, strings)
    number = arxiv_id or ("" if said.loose else said.arxiv_id)
    return ArxivRecord(
        arxiv_id=number,
        title=to_unicode(value_of(block, "title", strings)),
        authors=tuple(_people(value_of(block, "author", strings) or value_of(block, "editor", strings))),
        submitted=_month_of(number) if number else PartialDate(said.year) if said.year else None,
    )


def value_of(block: Block, name: str, strings: Mapping[str, str]) -> str:
    """Return what a field says, in one line; "" if there is none."""
    found = block.find(name)
    return " ".join(plain(found.value, strings).split()) if found else ""


def _people(names: str) -> Iterator[Author]:
    for name in split_names(names):
        inner = name[1:-1] if _WHOLE.fullmatch(name) else ""
        each = inner.split(" and ")
        if len(each) > 1 and all("," in part for part in each):
            yield from _people(inner)  # some programs put a second pair of braces round all names
        elif inner:
            yield Author(literal=to_unicode(inner).strip())  # of an institution, in one piece
        elif name and name != "others":
            yield parse_name(name)


def _month_of(arxiv_id: str) -> PartialDate:
    number = arxiv_id.rpartition("/")[2]
    year = int(number[:2])
    return PartialDate((1900 if year >= _CENTURY else 2000) + year, int(number[2:4]))
