"""Rows of Markdown in a string, `|**date**|**title**|names et al.|[id](link)|`, as lists of new papers keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from refkit.digests.cells import date_of, kind_of, links_in, look_at, looks_like_title, names_in, split_authors
from refkit.digests.columns import Missing, assign
from refkit.digests.lines import clean
from refkit.model import PartialDate

_LONGEST = 20_000
_BAR = re.compile(r"(?<!\\)\|")
_BOLD = re.compile(r"\*\*(?P<text>(?:(?!\*\*).)+)\*\*")
_LINK = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<url>[^()\s]+)\)")
_BEFORE_DATE = re.compile(r"^[-*+•\s]*(?P<date>[^,|*]{4,20})(?=[,|\s])")
_NAMES_BEHIND = re.compile(
    r"^[\s,:–—-]*(?P<names>[^|\[\]]{3,3000}?)(?:,?\s*(?:Paper|Link|PDF|Code|arXiv)\b|[\[|]|https?:|$)"
)


class Row(NamedTuple):
    """What a row says; `own` is the text of the title as it stands there."""

    title: str
    own: str
    authors: tuple[str, ...] = ()
    issued: PartialDate | None = None
    links: str = ""


def is_row(text: str) -> bool:
    """Whether a string is a row of a table in Markdown, or an item of a list with a title in bold and a link."""
    text = text[:_LONGEST].strip()
    if len(_BAR.findall(text)) >= 3 and text.startswith("|"):  # noqa: PLR2004 - two cells at least
        return bool(_BOLD.search(text) or _LINK.search(text) or "http" in text)
    return bool(_BOLD.search(text) and ("](" in text or "http" in text))


def read_row(text: str, places: Mapping[str, int]) -> Row | None:
    """Return what a row says, its cells being at these places; None if it has no title."""
    text = text[:_LONGEST].strip()
    if not text.startswith("|"):
        return _read_item(text)
    cells = cells_of(text)
    place = places.get("title", -1)
    own = cells[place] if 0 <= place < len(cells) else ""
    title, inner = _bare(own)
    if not title:
        return None
    got = {name: cells[at] for name, at in places.items() if at < len(cells)}
    names = split_authors(_bare(got.get("authors", ""))[0])
    links = " ".join(cell for cell in cells if "](" in cell or "http" in cell or kind_of(cell) == "arxiv")
    return Row(title, inner, names, date_of(_bare(got.get("issued", ""))[0]), links)


def cells_of(text: str) -> list[str]:
    r"""Return the cells of a row, `\|` being a bar in one."""
    text = _BOLD.sub(lambda bold: _BAR.sub(r"\\|", bold[0]), text)  # a bar in bold text is one of the title
    return [clean(cell.replace("\\|", "|")) for cell in _BAR.split(text.strip().strip("|"))]


def _bare(cell: str) -> tuple[str, str]:
    """Return a cell without bold and link, as text and as it stands there."""
    inner = cell
    for _ in range(3):
        found = _BOLD.fullmatch(inner) or _LINK.fullmatch(inner)
        if not found:
            break
        inner = found["text"].strip()
    return clean(inner), inner


def places_in(texts: Sequence[str]) -> dict[str, int]:
    """Return in which cells of some rows titles, names and dates stand."""
    rows = [
        [_bare(cell)[0] if not _LINK.fullmatch(cell) else _linked(cell) for cell in cells_of(text)] for text in texts
    ]
    rows = [row for row in rows if len(row) > 1]
    found = assign([], rows)
    if not isinstance(found, Missing) and "title" in found:
        return found
    # One row alone tells too little of a column: its longest cell that may be a title is taken.
    cells = rows[0] if rows else []
    could = [n for n, cell in enumerate(cells) if looks_like_title(cell) and not names_in(cell)]
    place = max(could, key=lambda n: look_at([cells[n]]).titles, default=-1)
    return {"title": place} if place >= 0 else {}


def _linked(cell: str) -> str:
    """Return the text of a link if it looks like a title, else the link."""
    found = _LINK.fullmatch(cell)
    return found["text"] if found and looks_like_title(found["text"]) else cell


def _read_item(text: str) -> Row | None:
    """Read `- date, **title**, names et.al., Paper: [link](link)`."""
    bold = max(_BOLD.finditer(text), key=lambda found: looks_like_title(found["text"]), default=None)
    if bold is None:
        return None
    own = bold["text"].strip()
    title, inner = _bare(own)
    before, behind = _BEFORE_DATE.match(text[: bold.start()]), _NAMES_BEHIND.match(text[bold.end() :])
    names = split_authors(behind["names"].strip(" ,")) if behind else ()
    found = links_in(text[bold.end() :] + " " + own)
    date = date_of(before["date"].strip()) if before else None
    return Row(title, inner, names if len(names) < 500 else (), date, " ".join(filter(None, found.values())))  # noqa: PLR2004
