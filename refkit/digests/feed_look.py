"""What one item of a feed says, and what speaks for its being a paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from refkit.digests.cells import date_of
from refkit.digests.feed_items import Field, Item, attribute, bare_place, content_of
from refkit.digests.feed_text import Told, names_in_each, told
from refkit.digests.inline import resolve, without_markup
from refkit.digests.lines import clean, references
from refkit.digests.paper_links import Target, target_of
from refkit.model import PartialDate, find_arxiv_id

_TEXTS = ("description", "summary", "abstract", "encoded", "content", "tldr")
_SUFFIX = re.compile(r"\.?\s*\((?P<id>arXiv:[^\s()]{4,40})(?:\s+\[[^\]]{1,40}\])?(?:\s+[A-Z -]{3,30})?\)\s*$")
_PREFIX = re.compile(r"(?:\[[A-Z]\]\s+)?\[(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\]\s+(?=\S)")
_KIND = re.compile(r"^\[[A-Z]\]\s+(?=\S)")  # Reddit's "[R]" for research
_HEADER = re.compile(r"\s*(?:<p>)?\s*(arXiv:\S{4,40}) Announce Type")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_SECTIONS = ("section", "primary_category", "category", "subject")
_AUTHORS = ("creator", "author", "authors", "contributor")
_LINKS = frozenset({"link", "origlink", "guid", "id", "url", "permalink"})
_RELATIONS = frozenset({"alternate", "related", "self", "via"})
# Fields of these say something of pictures, recordings and comments, not of the item.
OTHER_PREFIXES = frozenset({"media", "itunes", "podcast", "googleplay", "slash", "georss", "geo", "yt", "wfw", "thr"})
_NAME = re.compile(r"<(?:[\w-]+:)?name[^<>]*>([^<]*)<")
_TIME = re.compile(r"\s+\d{1,2}:\d\d.*$")
_MOST_LINKS, _LONGEST_LINK = 50, 4_000
_LONGEST_SUFFIX, _LONGEST_SECTION = 120, 80
_ENOUGH = 40  # words of an abstract; then a longer one is not looked for


class Look(NamedTuple):
    """What an item says, and the evidence that it is a paper: its own address, one in its text, names."""

    item: Item
    title: str
    place: tuple[int, int]
    own: Target | None
    named: Target | None
    several: bool
    authors: tuple[str, ...]
    told: tuple[Told, ...]
    arxiv_id: str
    doi: str
    url: str
    other: str

    @property
    def linked(self) -> bool:
        """Whether its own link or id is that of a paper."""
        return bool(self.own or self.arxiv_id or self.doi)

    @property
    def likely(self) -> bool:
        """Whether it has the form in which papers are listed."""
        return not self.other and (len(self.authors) > 1 or any(each.labelled for each in self.told))


class Items:
    """Reads the fields of items in the text of a feed."""

    def __init__(self, text: str) -> None:
        self._text = text

    def look(self, item: Item, feed: str) -> Look:
        """Return what an item of a feed with some title says."""
        fields = item.fields
        title, place, own_id = self._title(item)
        links = self._links(fields)
        targets = [target_of(link) for link in links]
        own = next((target for target in targets if target.is_paper), None)
        ids = self._ids(fields, own)
        texts = self._told(fields, title)
        named = [target for each in texts for link in each.links[:_MOST_LINKS] if (target := target_of(link)).is_paper]
        keys = {target.arxiv_id or target.doi or target.key for target in named}
        return Look(
            item=item,
            title=title,
            place=place,
            own=own,
            named=named[0] if len(keys) == 1 else None,
            several=len(keys) > 1,
            authors=self._names(fields, texts, feed),
            told=texts,
            arxiv_id=own_id or ids["arxiv_id"],
            doi=ids["doi"],
            url=own.url if own else links[0] if links else "",
            other=_other(fields, targets),
        )

    def all(self, fields: Sequence[Field], *names: str) -> Iterator[str]:
        """Yield what the fields with some names hold, in the order of the names."""
        for name in names:
            for field in _own(fields, name):
                yield self._content(field)

    def title(self, fields: Sequence[Field]) -> str:
        """Return the first title."""
        return next((title for text in self.all(fields, "title") if (title := without_markup(text))), "")

    def date(self, fields: Sequence[Field], names: Sequence[str]) -> PartialDate | None:
        """Return the first date in the fields with some names, as it is written, whatever its time zone."""
        for text in self.all(fields, *names):
            found = date_of(_TIME.sub("", clean(without_markup(text[:200]))))
            if found:
                return found
        return None

    def section(self, fields: Sequence[Field]) -> str:
        """Return the section that an item is in: the one it names, or its only category; many are keywords."""
        for name in _SECTIONS:
            texts = [
                attribute(field, "label") or attribute(field, "term") or without_markup(self._content(field))
                for field in _own(fields, name)
            ]
            texts = list(dict.fromkeys(text for text in texts if text))
            if len(texts) == 1 and len(texts[0]) <= _LONGEST_SECTION:
                return texts[0]
            if texts and name == "category" and all(map(_CATEGORY.fullmatch, texts)):
                return texts[0]  # arXiv's, the primary one first
        return ""

    def _content(self, field: Field) -> str:
        return content_of(self._text, field.start, field.stop)

    def _title(self, item: Item) -> tuple[str, tuple[int, int], str]:
        """Return the title, its place, and the id that arXiv's old feeds put behind it and others before it."""
        title, place = "", (item.start, item.start)
        for field in sorted(_own(item.fields, "title"), key=lambda field: field.prefix == "dc")[:5]:
            own = without_markup(self._content(field))
            if own and (not title or title.endswith(f": {own}")):  # "Journal, Vol. 7, Pages 1: Title"
                title, place = own, bare_place(self._text, field.start, field.stop)
        suffix, prefix = _SUFFIX.search(title[-_LONGEST_SUFFIX:]), _PREFIX.match(title)
        found = suffix or prefix
        title = title[: len(title) - len(suffix[0])] if suffix else title
        title = _KIND.sub("", title[prefix.end() :] if prefix else title, count=1)
        return title, place, find_arxiv_id(found["id"]) if found else ""

    def _links(self, fields: Sequence[Field]) -> list[str]:
        """Return the addresses of an item, those of arXiv first."""
        found: list[str] = []
        for field in fields:
            if field.name in _LINKS and field.prefix not in OTHER_PREFIXES:
                href = attribute(field, "href") or clean(resolve(self._content(field)[:_LONGEST_LINK]))
                if "://" in href and (attribute(field, "rel") or "alternate") in _RELATIONS:
                    found.append(href)
        return list(dict.fromkeys(sorted(found, key=lambda link: not target_of(link).arxiv_id)))[:_MOST_LINKS]

    def _ids(self, fields: Sequence[Field], own: Target | None) -> dict[str, str]:
        texts = [clean(text[:500]) for text in self.all(fields, "doi", "identifier", "guid", "id", "source")]
        named = next((found for text in texts if "arxiv" in text.casefold() and (found := find_arxiv_id(text))), "")
        header = next((found for text in self.all(fields, "description", "summary") if (found := _header_id(text))), "")
        doi = next((found for text in texts if (found := references(text)["doi"])), "")
        return {"arxiv_id": (own.arxiv_id if own else "") or named or header, "doi": doi or (own.doi if own else "")}

    def _told(self, fields: Sequence[Field], title: str) -> tuple[Told, ...]:
        """Return what the texts of an item say; a whole article is looked at only if the summary says little."""
        found: list[Told] = []
        for text in self.all(fields, *_TEXTS):
            each = told(text, title)
            found.append(each)
            if each.abstract and not each.cut and (each.labelled or each.abstract.count(" ") > _ENOUGH):
                break
        return tuple(found)

    def _names(self, fields: Sequence[Field], texts: Sequence[Told], feed: str) -> tuple[str, ...]:
        """Return the authors: of the elements for them, or of the text if that lists more; not the feed's own name."""
        said: tuple[str, ...] = ()
        for kind in _AUTHORS:
            values = [value for field in _own(fields, kind) if (value := self._person(field))]
            said = tuple(name for name in names_in_each(values) if name != feed)
            if len(said) == 1 and "@" in values[0]:  # who posted it, as RSS has it
                said = ()
            if said:
                break
        listed = max((each.authors for each in texts), key=len, default=())
        return listed if len(listed) >= len(said) else said

    def _person(self, field: Field) -> str:
        """Return the name in an element; in Atom it has one of its own beside address and institute."""
        own = self._text[field.start : field.stop]
        if "<" in own and "<![CDATA[" not in own:
            name = _NAME.search(own)
            return name[1] if name else own
        return self._content(field)


def _own(fields: Sequence[Field], name: str) -> list[Field]:
    return [field for field in fields if field.name == name and field.prefix not in OTHER_PREFIXES]


def _other(fields: Sequence[Field], targets: Sequence[Target]) -> str:
    """Return what else than a paper or a post an item is, "" if nothing says so."""
    for field in fields:
        is_enclosure = field.name == "enclosure" or attribute(field, "rel") == "enclosure"
        kind = attribute(field, "type") if is_enclosure else ""
        if kind.startswith("video/"):
            return "a video"
        if kind.startswith("audio/") or (field.prefix == "itunes" and field.name in {"duration", "episode"}):
            return "an episode of a podcast"
    kinds = {target.kind for target in targets}
    return "a video" if "a video" in kinds else "a program" if "code" in kinds else ""


def _header_id(text: str) -> str:
    found = _HEADER.match(text)
    return find_arxiv_id(found[1]) if found else ""
