"""RSS (0.9x, 1.0, 2.0) and Atom feeds: of arXiv, its API, journals, laboratories, aggregators.

Which items are papers is told by evidence, for each item and for the feed as a whole:

- an item whose own link, id or DOI is a paper's is one, in any feed;
- where most items are such, or a journal's, the others (news, podcasts, posts) are none, nor are covers and contents;
- where most items only name a paper in their text, or several authors, or an abstract, those that do are papers;
- a feed of posts without any of this holds no papers: a title alone does not make one ("Introducing our new office");
  only where items have nothing but titles, no link at all, each title is taken.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from refkit.digests.entries import Entries
from refkit.digests.feed_items import Item, Tag, Unclosed, items_in, tags
from refkit.digests.feed_look import Items, Look
from refkit.digests.feed_text import best
from refkit.digests.furniture import why_no_title
from refkit.digests.html import HtmlReader
from refkit.digests.lines import check_title, head_of
from refkit.digests.markup import LineStarts
from refkit.digests.page_titles import is_title
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped

_SURE = 0.98
_JUNK_BEFORE = 500  # what browsers say above a feed that they show
_HALF = 0.5
_ERROR = re.compile(r"arxiv\.org/api/errors")
_NO_ARTICLE = re.compile(
    r"(?i)(?:issue information|editorial board|(?:front|back) matter|masthead|(?:table of )?contents|author index"
    r"|(?:inside |outside )?(?:front |back )?cover(?: (?:picture|image|art))?|corrections?|errata|announcements?"
    r"|calendar(?: of events)?|acknowledge?ments? (?:of|to) (?:the )?(?:reviewers|referees)|in this issue|error"
    r"|untitled)\W*"
)
_DATES = ("published", "pubdate", "issued", "publicationdate", "date", "coverdate", "created", "updated", "modified")
_OWN_DATES = ("pubdate", "updated", "lastbuilddate", "date", "published")
_CONTENTS = ("encoded", "content", "description", "summary")
_QUERY = re.compile(r"(?i)arxiv query\b")
_LONGEST_HEADING = 200
_POSTER = 3  # items by one name alone


class FeedReader:
    """Reads the items of a feed that are papers."""

    name = "feed"

    def recognise(self, text: str) -> float:
        """Surely if the first element is that of a feed; what a browser shows above it does not matter."""
        head = head_of(text)
        root = next(iter(tags(head)), None)
        if not isinstance(root, Tag) or root.end or head.find("<") > _JUNK_BEFORE:
            return 0.0
        if root.name == "rss" or (root.name == "feed" and ("Atom" in root.attributes or "<entry" in head)):
            return _SURE
        if root.name == "rdf":
            return _SURE if "<item" in head or "rss/1.0" in root.attributes or "my.netscape.com" in head else 0.0
        if root.name in {"entry", "channel", "item"}:
            return 0.9 if re.search(r"<(?:\w+:)?title[\s>]", head) else 0.0
        return 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and the items that are none; raises DigestError, with the line, if there is no item."""
        yield from _Reading(text, digest).run()


class _Reading:
    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._lines = LineStarts(text)
        self._items = Items(text)
        self._heading = ""
        self._issued: PartialDate | None = None
        self._is_journal = False

    def run(self) -> Iterator[Mention | Skipped]:
        items: list[Item] = []
        broken: Unclosed | None = None
        for each in items_in(self._text):
            if isinstance(each, Unclosed):
                broken = each
            elif each.name:
                items.append(each)
            else:
                self._put_own(each)
        if not items:
            raise self._without_items(broken)
        looks = [self._items.look(item, self._heading) for item in items]
        accepted = self._accepted(looks)
        poster = _poster(looks)
        found = Entries()
        for look in looks:
            self._put(found, look._replace(authors=()) if look.authors == poster else look, accepted)
        self._tell_end(found, items[-1], broken)
        yield from found

    def _without_items(self, broken: Unclosed | None) -> DigestError:
        if broken:
            problem = f"the {broken.kind} that begins here has no end; fetch the feed again."
            return DigestError(self._digest, self._lines.number(broken.place), problem)
        problem = (
            "the feed has no items; one without news (arXiv's on weekends) has nothing to read, fetch it again later."
        )
        root = next(iter(tags(self._text)), None)
        return DigestError(self._digest, self._lines.number(root.start) if isinstance(root, Tag) else 1, problem)

    def _tell_end(self, found: Entries, last: Item, broken: Unclosed | None) -> None:
        """Say so where a feed was cut, so that nobody takes it for the whole one."""
        if broken:
            line, shown = self._lines.number(broken.place), self._text[broken.place : broken.place + 400]
            found.skip(line, shown, f"the end of the feed is missing: a {broken.kind} goes on to the end")
        elif not last.closed:
            shown = self._text[last.start : last.start + 400]
            found.skip(self._lines.number(max(last.stop - 1, 0)), shown, "the end of the feed is missing")

    def _put_own(self, own: Item) -> None:
        """Keep what the feed says of itself: its title, its day, and whether it is a journal's."""
        title = self._items.title(own.fields)
        self._heading = title if len(title) <= _LONGEST_HEADING and not _QUERY.match(title) else ""
        self._issued = self._items.date(own.fields, _OWN_DATES)
        self._is_journal = any(field.name == "publicationname" for field in own.fields)

    def _accepted(self, looks: Sequence[Look]) -> str:
        """Return what evidence an item needs in this feed: see the head of this module."""
        titled = [look for look in looks if look.title and not _NO_ARTICLE.fullmatch(look.title)]
        many = _HALF * len(titled)
        prism = sum(any(field.prefix == "prism" for field in look.item.fields) for look in titled)
        if titled and (self._is_journal or prism >= many):
            return "any"
        if sum(look.linked for look in titled) >= many:
            return "linked"
        if sum(look.linked or bool(look.named) for look in titled) >= many:
            return "named"
        if sum(look.linked or look.likely for look in titled) >= many:
            return "likely"
        return "title" if not any(look.url for look in looks) else "linked"

    def _put(self, found: Entries, look: Look, accepted: str) -> None:
        line = self._lines.number(look.item.start)
        reason = self._why_not(look, accepted)
        if reason:
            found.skip(line, look.title or self._text[look.item.start : look.item.stop][:400], reason)
            if look.several:
                self._put_inner(found, look)
            return
        begin, end = look.place
        check_title(look.title, digest=self._digest, line=self._lines.number(begin))
        target = look.own or (look.named if accepted == "named" else None)
        mention = Mention(
            title=look.title,
            abstract=best(look.told),
            authors=look.authors,
            heading=self._items.section(look.item.fields) or self._heading,
            issued=self._day(look),
            arxiv_id=look.arxiv_id or (target.arxiv_id if target else ""),
            doi=look.doi or (target.doi if target else ""),
            url=look.url,
            digest=self._digest,
            line=self._lines.number(begin),
            raw=self._text[begin:end],
        )
        found.put("", mention)

    def _day(self, look: Look) -> PartialDate | None:
        said = next((each.issued for each in look.told if each.issued), None)
        return self._items.date(look.item.fields, _DATES) or said or self._issued

    def _why_not(self, look: Look, accepted: str) -> str:
        if not look.title or look.place[0] >= look.place[1]:
            return "an item without a title" if look.item.closed else "an item without an end"
        if any(map(_ERROR.search, self._items.all(look.item.fields, "id"))):
            return "an error of the service"
        if why_no_title(look.title) or _NO_ARTICLE.fullmatch(look.title):
            return "no article"
        evidence = {"any": not look.other, "named": bool(look.named) and not look.other, "likely": look.likely}
        if look.linked or evidence.get(accepted) or (accepted == "title" and is_title(look.title) and not look.other):
            return ""
        return look.other or ("a post about several papers" if look.several else "a post, not a paper")

    def _put_inner(self, found: Entries, look: Look) -> None:
        """Add the papers that a post lists: an issue of a newsletter is a digest in itself."""
        for content in self._items.all(look.item.fields, *_CONTENTS):
            try:
                inner = [item for item in HtmlReader().read(content, digest=self._digest) if isinstance(item, Mention)]
            except DigestError:
                continue
            if len(inner) > 1:
                self._place(found, look, inner)
                return

    def _place(self, found: Entries, look: Look, inner: Sequence[Mention]) -> None:
        """Say where in the feed the papers of a post stand; a title whose signs are escaped there, by its post."""
        place = look.item.start
        for mention in inner:
            raw = mention.raw
            at = self._text.find(raw, place, look.item.stop)
            if at < 0:
                raw, at = (
                    html.escape(raw, quote=False),
                    self._text.find(html.escape(raw, quote=False), place, look.item.stop),
                )
            if at < 0:
                begin, end = look.place
                raw, at = self._text[begin:end], begin
            else:
                place = at
            heading, issued = mention.heading or look.title, mention.issued or self._day(look)
            line = self._lines.number(at)
            found.put("", replace(mention, heading=heading, issued=issued, line=line, raw=raw))


def _poster(looks: Sequence[Look]) -> tuple[str, ...]:
    """Return the only name that many items have: whoever posts them is not the author of the papers."""
    for names, count in Counter(look.authors for look in looks if len(look.authors) == 1).most_common(1):
        if count >= _POSTER and count >= _HALF * len(looks):
            return names
    return ("",)
