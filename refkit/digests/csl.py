"""CSL-JSON, as reference managers and DOI services give it, and Zotero's own JSON: typed items with structured names.

The field names are those of the CSL schema (github.com/citation-style-language/schema) and of Zotero's item types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from refkit.digests.entries import Entries, keywords_in, keywords_of
from refkit.digests.inline import without_markup
from refkit.digests.json_text import beginning, breaks_in, items, places_of
from refkit.digests.lines import MAX_TITLE, clean, head_of, references
from refkit.digests.page_titles import is_description
from refkit.digests.values import issued_of
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped, find_arxiv_id

_SURE, _LIKELY = 1.0, 0.95
_TYPE = re.compile(
    r'"type"\s*:\s*"(?:article(?:-journal|-magazine|-newspaper)?|paper-conference|chapter|book|report|thesis|webpage|preprint'
    r"|manuscript|speech|dataset|software|document|post(?:-weblog)?|entry(?:-\w+)?|review(?:-book)?|journal-article"
    r'|proceedings-article|posted-content|book-chapter)"'
)
# What only CSL has, or only Zotero.
_OF_CSL = re.compile(
    r'"date-parts"\s*:|"container-title"\s*:\s*"|"family"\s*:\s*"|"citation-key"\s*:'
    r'|"(?:title|container-title)-short"\s*:'
)
_OF_ZOTERO = re.compile(r'"itemType"\s*:\s*"[a-zA-Z]+"')
_CREATORS = re.compile(
    r'"creators"\s*:|"creatorType"\s*:|"publicationTitle"\s*:|"abstractNote"\s*:|"libraryCatalog"\s*:|"dateAdded"\s*:'
)
_TITLE = re.compile(r'"title"\s*:\s*"')
_ARXIV = re.compile(r"(?i)arxiv")
_ARXIV_FIELDS = tuple(
    """number archiveID archive_location archiveLocation extra note journalAbbreviation container-title publicationTitle
    publisher repository report_number reportNumber collection-title volume page seriesTitle callNumber call-number id
    citationKey archive""".split()
)
_PARTICLES = ("dropping-particle", "non-dropping-particle")
_LISTS = ("items", "references", "data", "entries", "results")
_DEEPEST = 4
_AUTOMATIC = 1  # Zotero's type of tags that no person gave


class _Entry(NamedTuple):
    """An item as a value, and the place of its title: the line and the text there."""

    row: Mapping[str, Any]
    line: int
    raw: str


class CslReader:
    """Reads items of CSL-JSON or of Zotero; attachments, notes, programs and web pages are skipped."""

    name = "csl-json"

    def recognise(self, text: str) -> float:
        """Surely for typed items with structured names or dates; any other JSON is left to the reader of JSON."""
        head = head_of(text[beginning(text) :])
        if not re.match(r"[\[{]", head) or not _TITLE.search(head):
            return 0.0
        first = head[:20_000]
        if _OF_ZOTERO.search(first) and _CREATORS.search(first):
            return _SURE
        return _SURE if _TYPE.search(first) and _OF_CSL.search(first) and not _is_crossref(head) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and what is none; raises DigestError, with the line, for what is no JSON or has no items."""
        found, count = Entries(), 0
        for each in _entries(text, digest):
            count += 1
            _put(found, each, digest)
        if not count:
            problem = 'there is no item like {"type": "article", "title": "..."}'
            raise DigestError(digest, 1, f"{problem}; export it again, or name the format with --reader.")
        yield from found


def _is_crossref(head: str) -> bool:
    """Whether it is an answer of Crossref's own service, whose titles are lists."""
    return bool(re.search(r'"message-type"\s*:', head[:2_000]))


def _entries(text: str, digest: str) -> Iterator[_Entry]:
    """Yield the items in order; those of one large value are found in it by their titles."""
    for item in items(text, digest):
        rows = list(_rows(item.value, 0))
        titles = [_text(row.get("title")) for row in rows]
        line, place = item.line, 0
        for row, stands in zip(rows, places_of(item.text, titles), strict=True):
            start, raw = stands or (place, "")
            line += breaks_in(item.text[place:start]) if start >= place else -breaks_in(item.text[start:place])
            place = start
            yield _Entry(row, line, raw)


def _rows(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list) and depth < _DEEPEST:
        for each in value:
            yield from _rows(each, depth + 1)
    elif isinstance(value, dict):
        inner = value.get("data") if isinstance(value.get("data"), dict) else None  # as Zotero's web API has it
        if inner is not None and "itemType" in inner:
            yield inner
            return
        lists = [value[name] for name in _LISTS if isinstance(value.get(name), list)]
        if lists and "type" not in value and "itemType" not in value and depth < _DEEPEST:
            for each in lists:
                yield from _rows(each, depth + 1)
        else:
            yield value


def _put(found: Entries, entry: _Entry, digest: str) -> None:
    row = entry.row
    title = without_markup(_text(row.get("title")))
    kind = _text(row.get("itemType")) or _text(row.get("type"))
    if not title or not entry.raw:
        shown = json.dumps(row, ensure_ascii=False, default=str)
        found.skip(entry.line, shown, f"an item ({kind}) without a title" if kind else "an item without a title")
        return
    if len(title) > MAX_TITLE:
        found.skip(entry.line, title, f"a title of {len(title):,} characters")
        return
    abstract = without_markup(_text(row.get("abstract")) or _text(row.get("abstractNote")))
    mention = Mention(
        title=title,
        abstract=abstract if is_description(abstract) else "",
        authors=_authors(row),
        issued=_issued(row),
        **_ids(row),
        digest=digest,
        line=entry.line,
        raw=entry.raw,
        keywords=_keywords(row),
    )
    found.put(kind, mention)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, str)), "")
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _keywords(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return CSL's `keyword`, or the tags of Zotero that a person gave."""
    said, tags = row.get("keyword"), row.get("tags")
    listed = tags if isinstance(tags, list) else said if isinstance(said, list) else []
    given = (each.get("tag") if isinstance(each, dict) and each.get("type") != _AUTOMATIC else each for each in listed)
    return keywords_of([*keywords_in(said if isinstance(said, str) else ""), *map(_text, given)])


def _authors(row: Mapping[str, Any]) -> tuple[str, ...]:
    people = row.get("author") if isinstance(row.get("author"), list) else row.get("creators")
    if not isinstance(people, list):
        return ()
    authors = [
        each
        for each in people
        if not isinstance(each, dict) or each.get("creatorType", "author") in {"author", "contributor"}
    ]
    names = (_name(each) for each in authors)
    return tuple(name for name in names if name)


def _name(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict):
        return ""
    whole = _text(value.get("literal")) or _text(value.get("name"))
    given = _text(value.get("given")) or _text(value.get("firstName"))
    family = _text(value.get("family")) or _text(value.get("lastName"))
    parts = [given, *(_text(value.get(name)) for name in _PARTICLES), family, _text(value.get("suffix"))]
    return without_markup(whole or " ".join(part for part in parts if part))


def _issued(row: Mapping[str, Any]) -> PartialDate | None:
    for name in ("issued", "date", "published", "published-print", "published-online", "submitted", "created"):
        value = row.get(name)
        if isinstance(value, dict):
            value = _numbers(value.get("date-parts")) or value.get("raw") or value.get("literal") or value
        found = issued_of(value) if value else None
        if found or value is None:
            if found:
                return found
            continue
        year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", _text(value)[:100])
        if year:
            return PartialDate(int(year[0]))
    return None


def _numbers(value: Any) -> list[int]:
    """Return the first date of `date-parts`, whose numbers some write as strings."""
    parts = value[0] if isinstance(value, list) and value and isinstance(value[0], list) else []
    return [int(part) for part in parts[:3] if re.fullmatch(r"\d{1,4}", str(part))]


def _ids(row: Mapping[str, Any]) -> dict[str, str]:
    """Return `arxiv_id`, `doi` and `url` from the fields that may say so."""
    doi, url = _text(row.get("DOI")) or _text(row.get("doi")), _text(row.get("URL")) or _text(row.get("url"))
    extra = _text(row.get("extra")) or _text(row.get("note"))
    own = next(
        (each for name in ("arxiv", "arXiv", "eprint", "arxivId") if (each := find_arxiv_id(_text(row.get(name))))), ""
    )
    texts = [doi, url, *(_text(row.get(name))[:2_000] for name in _ARXIV_FIELDS)]
    marked = (found for text in texts if _ARXIV.search(text) and (found := find_arxiv_id(text)))
    said = references(doi)["doi"] or references(url)["doi"] or (references(extra)["doi"] if "DOI:" in extra else "")
    return {"arxiv_id": own or next(marked, ""), "doi": said, "url": url if "://" in url else ""}


__all__: Sequence[str] = ("CslReader",)
