"""Rows of tables in Markdown: which cell has the title, and what the others say of the paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refkit.digests.cells import date_of
from refkit.digests.columns import ALIASES, WEAK, fold_name
from refkit.digests.lines import clean
from refkit.digests.markdown_days import day_of
from refkit.digests.markdown_entries import Facts, free_words
from refkit.digests.markdown_people import authors_of, people
from refkit.digests.markdown_rows import Segment
from refkit.digests.page_titles import is_description
from refkit.digests.paper_links import Target

_MORE = {
    "title": ("papers", "name", "work", "works", "publication", "article", "reference", "articletitle", "工作", "文章"),
    "authors": ("author", "names", "coauthors"),
    "abstract": (
        "tldr", "keyidea", "highlights", "contribution", "keypoints", "insight", "note", "notes", "介绍", "简介",
    ),
    "issued": ("releasedate", "time", "month", "days", "updated", "arxivdate"),
}  # fmt: skip
# Columns whose words are never a title.
_ASIDE = frozenset(
    "code github repo project projectpage website page link links url pdf arxiv venue conference journal publisher"
    " publication comment comments tags topic category task dataset datasets stars citations institute institution"
    " affiliation keywords type no id index demo video slides bibtex publishedin 代码 会议 链接 机构".split()
)  # fmt: skip


def title_columns(header: Sequence[str]) -> dict[str, list[int]]:
    """Return which columns have titles (likeliest first), names, dates and descriptions, by their names."""
    names = [fold_name(re.sub(r"[*_`~]|<[^<>]{0,100}>", "", name)) for name in header]
    found: dict[str, list[int]] = {}
    for field in ("title", "authors", "issued", "abstract"):
        aliases = [*ALIASES[field], *_MORE[field]]
        places = [(aliases.index(name), place) for place, name in enumerate(names) if name in aliases]
        found[field] = [place for _, place in sorted(places)]
    strong = set(ALIASES["title"]) - WEAK
    found["named"] = [place for place in found["title"] if names[place] in strong]
    found["aside"] = [place for place, name in enumerate(names) if name in _ASIDE and place not in found["title"]]
    taken = {place for field, places in found.items() if field != "named" for place in places}
    found["other"] = [place for place in range(len(names)) if place not in taken]
    return found


def read_row(
    cells: Sequence[Sequence[Segment]], columns: dict[str, list[int]]
) -> tuple[Segment, list[Segment], list[Target], Facts] | None:
    """Return the line that has the title, those that belong to it, the papers linked, what else is known; or None."""
    place = _title_place(cells, columns)
    if place < 0:
        return None
    own = list(cells[place])
    first = next(i for i, segment in enumerate(own) if _has_title(segment))
    head = own.pop(first)
    facts, targets = Facts(), [*head.papers]
    for field, at in _others(cells, columns, place):
        for segment in _useful(cells[at]):
            if field != "abstract":
                targets += (
                    segment.papers if not (segment.found and segment.found.how == "plain") or segment.papers else []
                )
        _take(facts, field, cells[at])
    for segment in own:
        targets += segment.papers
    facts.named = place in columns.get("named", [])
    return head, own, targets, facts


def _has_title(segment: Segment) -> bool:
    return segment.found is not None and not segment.date and not people(segment.text) and segment.role in {"", "title"}


def _title_place(cells: Sequence[Sequence[Segment]], columns: dict[str, list[int]]) -> int:
    """Return the cell of the title: one in a column named so, or that links a paper by a title, or the longest."""
    for place in columns.get("title", []):
        if place < len(cells) and any(map(_has_title, cells[place])):
            return place
    barred = {at for field in ("authors", "issued", "abstract", "aside") for at in columns.get(field, [])}
    could = [place for place, cell in enumerate(cells) if place not in barred and any(map(_has_title, cell))]
    return max(could, key=lambda place: _rank(cells[place]), default=-1)


def _rank(cell: Sequence[Segment]) -> tuple[int, int]:
    found = next(segment.found for segment in cell if segment.found and _has_title(segment))
    linked = found.target is not None and found.target.is_paper
    return int(linked), found.title.count(" ")


def _others(cells: Sequence[Sequence[Segment]], columns: dict[str, list[int]], title: int) -> list[tuple[str, int]]:
    fields = {at: field for field, places in columns.items() if field != "named" for at in places}
    return [(fields.get(at, "other"), at) for at in range(len(cells)) if at != title]


def _useful(cell: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in cell if segment.text or segment.papers]


def _take(facts: Facts, field: str, cell: Sequence[Segment]) -> None:
    text = clean(" ".join(segment.text for segment in cell))
    if field == "authors":
        facts.authors = facts.authors or authors_of(text)
    elif field == "issued":
        facts.issued = facts.issued or date_of(text.strip("* ")) or day_of(text)
    elif field == "abstract":
        for segment in cell:
            if is_description(segment.text) or segment.text.count(" ") > 5:  # noqa: PLR2004
                facts.abstract.append(segment.text)
    elif field == "other":
        names = authors_of(text) if not facts.authors and people(text) else ()
        date = None if facts.issued or len(text) > 40 else date_of(text.strip("* ")) or day_of(text)  # noqa: PLR2004
        facts.authors, facts.issued = facts.authors or names, facts.issued or date
        words = clean(" ".join(free_words(segment) for segment in cell))
        if not names and not date and is_description(words):
            facts.abstract.append(words)
