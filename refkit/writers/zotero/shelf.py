"""Where a paper stands in a library: by arXiv id in any field that holds one, and as its published version.

Zotero itself never takes a preprint and its published version for one work (specs/field_mappings.md 4.2), and its quick
search sees none of these fields; so this index is made from the items themselves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from refkit.model import ArxivRecord, Author, find_arxiv_id
from refkit.names import letters, parse_name
from refkit.normalize import title_key, words
from refkit.twins import NEWER, OLDER, TELLING_WORDS

NO_REFERENCES = frozenset({"note", "attachment", "annotation"})
# A line of Extra that gives the item's own id: "arXiv:2409.20154 [cs.RO]", "arXiv: 2409.20154", "arXiv ID: ...", and
# what imports leave behind ("_eprint: ...", specs/zotero_desktop.md 2). Other lines may name other papers.
_EXTRA_ID = re.compile(r"(?im)^\s*(?:arxiv(?:[ -]?id)?|_?eprint)\s*:\s*(.+)$")
_DOI = re.compile(r"(?i)^\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\S+?)[\s.]*$")
_ARXIV_DOI = "10.48550/arxiv."
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
# What a paper is published as. A program, a talk or a page of the same title is another thing.
_PAPERS = frozenset({"journalArticle", "conferencePaper", "preprint", "bookSection", "manuscript", "report", "thesis"})
_EXTRA_DOI = re.compile(r"(?im)^\s*doi\s*:\s*(\S+)\s*$")


class Found(Struct, frozen=True):
    """Where a paper was found: the item's key, in which way, and the keys of further items that hold it too."""

    key: str
    how: str
    others: tuple[str, ...] = ()


class Shelf:
    """An index of a library's items (`data` by key), made once for many look-ups."""

    def __init__(self, items: Iterable[Mapping[str, Any]]) -> None:
        self._items: dict[str, Mapping[str, Any]] = {}
        self._by_id: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._by_doi: dict[str, list[str]] = defaultdict(list)
        self._by_title: dict[str, list[str]] = defaultdict(list)
        for item in items:
            if item.get("itemType") not in NO_REFERENCES:
                self._add(item)

    def _add(self, item: Mapping[str, Any]) -> None:
        key = str(item["key"])
        self._items[key] = item
        ids = list(arxiv_ids(item))
        # What an item is, its archive ID says; other ids in it then are those of other papers.
        own = [each for each in ids if each[1] == "archiveID"] or ids
        for arxiv_id, where in dict(reversed(own)).items():
            self._by_id[arxiv_id].append((key, where))
        for doi in _dois(item):
            if not doi.startswith(_ARXIV_DOI):
                self._by_doi[doi].append(key)
        if title := title_key(_text(item, "title")):
            self._by_title[title].append(key)

    def find(self, record: ArxivRecord, own: str = "") -> Found | None:
        """Return where a paper stands; `own` is the key under which refkit knows it. None if it is not there.

        Of several items those that are not in the trash come first, then the one refkit knows, then preprints; an item
        with the arXiv id before a published twin without it.
        """
        hits = dict(reversed(self._hits(record)))
        if own in self._items:
            hits[own] = hits.get(own, "as the item that refkit knows")
        if not hits:
            return None
        first, *others = sorted(hits, key=lambda key: self._rank(key, hits[key], own))
        return Found(first, hits[first], tuple(key for key in others if not self._items[key].get("deleted")))

    def _rank(self, key: str, how: str, own: str) -> tuple[object, ...]:
        item = self._items[key]
        return (
            bool(item.get("deleted")),
            key != own,
            how.startswith("as published"),
            item.get("itemType") != "preprint",
            _text(item, "dateAdded"),
            key,
        )

    def _hits(self, record: ArxivRecord) -> list[tuple[str, str]]:
        hits = [(key, f"by its arXiv id in {where}") for key, where in self._by_id.get(record.arxiv_id, ())]
        if record.doi:
            dois = record.doi.casefold().split()
            hits += [(key, "as published, by DOI") for doi in dois for key in self._by_doi.get(doi, ())]
        hits += [
            (key, "as published, by title, author and year")
            for key in self._by_title.get(title_key(record.title), ())
            if self._is_twin(self._items[key], record)
        ]
        return hits

    def _is_twin(self, item: Mapping[str, Any], record: ArxivRecord) -> bool:
        """Whether an item with the same title is the paper: no other arXiv id or DOI, an author and the year agree."""
        if item.get("itemType") not in _PAPERS or any(found != record.arxiv_id for found, _ in arxiv_ids(item)):
            return False
        dois = {doi for doi in _dois(item) if not doi.startswith(_ARXIV_DOI)}
        if record.doi and dois and not dois & set(record.doi.casefold().split()):
            return False
        years = [int(found) for found in _YEAR.findall(_text(item, "date"))]
        submitted = record.submitted.year if record.submitted else None
        if not years or submitted is None or not record.authors:
            return False
        theirs = list(_creators(item))
        shared = sum(any(_is_same_person(author, other) for other in theirs) for author in record.authors)
        # Many papers are called "Introduction": where the title says little, one name in common is not enough.
        few = len(words(record.title)) < TELLING_WORDS and min(len(record.authors), len(theirs)) > 1
        return shared > few and any(-OLDER <= year - submitted <= NEWER for year in years)


def arxiv_ids(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the arXiv ids of an item itself, each with the name of the field that holds it, surest first."""
    archive_id = _text(item, "archiveID")
    if archive_id.casefold().startswith("arxiv") or _text(item, "repository").casefold().startswith("arxiv"):
        yield from _id(archive_id, "archiveID")
    for doi in _dois(item):
        if doi.startswith(_ARXIV_DOI):
            yield from _id(doi, "DOI")
    if re.match(r"(?i)^\s*https?://(?:[\w-]+\.)*arxiv\.org/", _text(item, "url")):
        yield from _id(_text(item, "url"), "url")
    for line in _EXTRA_ID.findall(_text(item, "extra")):
        yield from _id(line, "Extra")


def _id(text: str, where: str) -> Iterator[tuple[str, str]]:
    if arxiv_id := find_arxiv_id(text):
        yield arxiv_id, where


def _dois(item: Mapping[str, Any]) -> Iterator[str]:
    for text in (_text(item, "DOI"), *_EXTRA_DOI.findall(_text(item, "extra"))):
        if found := _DOI.match(text):
            yield found[1].casefold()


def _creators(item: Mapping[str, Any]) -> Iterator[tuple[set[str], str]]:
    """Yield of each creator the folded family name, in both ways to take a name apart, and the given name's initial.

    "van der Maaten" and "Maaten" are the same family.
    """
    creators = item.get("creators")
    for creator in creators if isinstance(creators, list) else ():
        if not isinstance(creator, dict):
            continue
        last, first = (str(creator.get(name) or "") for name in ("lastName", "firstName"))
        last = last or str(creator.get("name") or "")
        author = parse_name(f"{first} {last}")
        yield {letters(last), letters(author.family or author.literal)} - {""}, letters(author.given)[:1]


def _is_same_person(author: Author, other: tuple[set[str], str]) -> bool:
    families, initial = other
    mine = letters(author.given)[:1]
    return letters(author.family or author.literal) in families and (not mine or not initial or mine == initial)


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
