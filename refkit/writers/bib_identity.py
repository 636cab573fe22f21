"""Which paper an entry of a .bib file is, whatever its key: arXiv id, DOI, or title, first author and year."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from refkit.bib_ids import NOTES, arxiv_id_of, plain_link, split_names
from refkit.names import family_key
from refkit.normalize import title_key
from refkit.writers.bib_file import plain
from refkit.writers.bib_scan import Block

_DOI = re.compile(r"10\.\d{4,9}/[^\s{}<>\"]+")
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
# These say of themselves that they are the paper's: "arXiv preprint arXiv:2405.00001", DBLP's `volume = {abs/...}`.
_OWN = re.compile(
    r"(?i)^\W*(?:(?:arxiv(?:\.org)?\W*)?(?:e-?prints?|preprint)\b|arxiv\s*:|abs/|https?://(?:www\.)?arxiv\.)"
)


class Identity(Struct, frozen=True):
    """What tells an entry apart from others; empty or 0 means "not said".

    `doi` is bare, in lower case and never arXiv's own; `family` is the folded family name of the first author. `loose`
    says that the arXiv id stands in a note, which may speak of another paper.
    """

    arxiv_id: str = ""
    doi: str = ""
    title_key: str = ""
    family: str = ""
    year: int = 0
    loose: bool = False


def identify(block: Block, strings: Mapping[str, str] | None = None) -> Identity:
    """Return who an entry is, from what can be read of it; `strings` are those of the file (`BibFile.strings`)."""
    fields: dict[str, str] = {}
    for each in block.fields:
        fields.setdefault(each.name.lower(), plain(each.value, strings))
    arxiv_id, said_by = arxiv_id_of(fields, block.key)
    return Identity(
        arxiv_id=arxiv_id,
        doi=bare_doi(fields.get("doi", "")) or bare_doi(fields.get("url", "")),
        title_key=title_key(fields.get("title", "")),
        family=family_key(split_names(fields.get("author", ""))[0]),
        year=_year(fields),
        loose=said_by in NOTES and not _OWN.search(plain_link(fields.get(said_by, ""))),
    )


def bare_doi(text: str) -> str:
    """Return the DOI in a text, in lower case; "" for none, or for one of arXiv's."""
    found = _DOI.search(plain_link(text))
    doi = found[0].rstrip(".,;)").lower() if found else ""
    return "" if doi.startswith("10.48550/") else doi


def _year(fields: Mapping[str, str]) -> int:
    found = _YEAR.search(fields.get("year", "")) or _YEAR.search(fields.get("date", ""))
    return int(found[0]) if found else 0
