"""Papers found in trees of values -> mentions, the same for JSON and YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from refkit.digests.cells import kind_of, links_in
from refkit.digests.columns import Missing
from refkit.digests.lines import check_title, clean
from refkit.digests.md_rows import Row, read_row
from refkit.digests.objects import Found
from refkit.digests.shapes import field_names
from refkit.digests.values import abstract_of, authors_of, issued_of, links_among, plain, text_of
from refkit.model import Mention, Skipped, find_arxiv_id

_SHOWN = 12


class Stand(NamedTuple):
    """Where a title stands: the line, its text there, and how the title of a row stands in that."""

    digest: str
    line: int
    raw: str
    own_in: Callable[[str, Row], str] = lambda raw, _: raw


def why_missing(missing: Missing, values: Iterable[Any]) -> str:
    """Return the sentence for a column that the user named and that no object has."""
    names = field_names(values)
    there = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"there is no column {missing.name!r}; the columns are: {there or 'none'}."


def without_title(row: Mapping[str, Any], line: int) -> Skipped:
    """Return what is said of an object among papers that has no title."""
    texts = (f"{key}: {value}" for key, value in islice(row.items(), 20) if isinstance(value, str | int | float))
    return Skipped(line, clean(", ".join(texts))[:200] or "(nothing)", "an object without a title")


def mention_of(found: Found, stand: Stand, places: Mapping[str, int] | None = None) -> Mention | Skipped:
    """Return the mention of a paper; a row without a title, cells being at `places`, is skipped.

    Raises DigestError for a title that is too long to be one.
    """
    if found.kind == "row":
        return _of_row(found, stand, places or {})
    title = plain(found.title)
    if not title:
        return Skipped(stand.line, clean(found.title)[:200], "an object without a title")
    check_title(title, digest=stand.digest, line=stand.line)
    fields, context = found.fields, found.context
    links = _links(found)
    return Mention(
        title=title,
        abstract=abstract_of(fields.get("abstract")),
        authors=authors_of(fields.get("authors")) or (),
        heading=plain(text_of(fields.get("heading"))) or context.heading,
        issued=issued_of(fields.get("issued"), fields.get("month"), fields.get("day")) or context.issued,
        arxiv_id=links["arxiv_id"],
        doi=links["doi"],
        url=links["url"],
        digest=stand.digest,
        line=stand.line,
        raw=stand.raw,
    )


def _links(found: Found) -> dict[str, str]:
    """Return the id, DOI and link of a paper: of the fields for them, else of anything in it that is only a link."""
    texts = [text_of(found.fields.get(name)) for name in ("arxiv_id", "doi", "url", "links")]
    said = links_in(" ".join(texts))
    said["arxiv_id"] = find_arxiv_id(texts[0]) or said["arxiv_id"] or _id_in(found.context.key)
    said["url"] = clean(texts[2]) if "://" in texts[2] else said["url"]
    if not said["arxiv_id"]:
        more = links_among(list(found.row.values()) if isinstance(found.row, dict) else [found.row])
        return {name: value or more[name] for name, value in said.items()}
    return said


def _id_in(key: str) -> str:
    return find_arxiv_id(key) if key and kind_of(key) == "arxiv" else ""


def _of_row(found: Found, stand: Stand, places: Mapping[str, int]) -> Mention | Skipped:
    row = read_row(found.title, places)
    if row is None:
        return Skipped(stand.line, clean(found.title)[:200], "a row without a title")
    title = plain(row.title)
    check_title(title, digest=stand.digest, line=stand.line)
    links, context = links_in(row.links), found.context
    return Mention(
        title=title,
        authors=row.authors,
        heading=context.heading,
        issued=row.issued or context.issued,
        arxiv_id=links["arxiv_id"] or _id_in(context.key),
        doi=links["doi"],
        url=links["url"],
        digest=stand.digest,
        line=stand.line,
        raw=stand.own_in(stand.raw, row),
    )
