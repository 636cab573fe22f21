r"""arXiv's listings as text: the mails that it sends, forwarded or pasted ones, and what is copied from its pages.

A mail has items between rules and `\\`; the pages /list/*/new, /list/*/recent and /search have ids with links in
brackets. Both name title, authors, comments and subjects. Source: arXiv's mails of 1998-2025, arxiv-browse's listings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from refkit.digests.arxiv_html import is_html
from refkit.digests.arxiv_items import Item, date_in, joined
from refkit.digests.arxiv_lines import Kind, Token, tokens
from refkit.digests.entries import Entries
from refkit.digests.furniture import why_no_title
from refkit.digests.lines import check_lines, check_title, head_of
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped, find_arxiv_id

_SURE, _CLEAR, _WITHIN = 0.97, 0.85, 0.7
_ANY_ID = re.compile(r"(?m)(?:arxiv\s?|\bPaper\s?(?:\(\s?\*cross-listing\*\s?\)\s?)?):", re.IGNORECASE)
_FOREIGN = re.compile(r"\s*(?:[{@]|\[\s*[{\]\"])")
_SHARE = 0.3  # of the lines belong to papers in all listings, whatever a person wrote above them
_REASONS = {
    Kind.RULE: "a separator",
    Kind.SLASH: "a separator",
    Kind.CLOSE: "a separator",
    Kind.HEADING: "a heading",
    Kind.DAY: "a date",
    Kind.END: "the foot of the page",
    Kind.FIELD: "the head of the mail",
    Kind.TEXT: "a line between papers",
}


class ArxivMailReader:
    """Reads arXiv's listing mails, and what its listing and search pages show, as text."""

    name = "arxiv-mail"

    def recognise(self, text: str) -> float:
        r"""Surely for ids with `\\` or links beside them and titles below; clearly for ids with labelled titles."""
        head = head_of(text)
        page = is_html(head)
        if _FOREIGN.match(head) or not _ANY_ID.search(head) or (page and "\\\\" not in head):
            return 0.0
        listing = _Listing()
        items = [item for item in listing.items(head) if isinstance(item, Item) and item.title_lines()]
        if not items or (page and not any(item.is_slashed for item in items)):
            return 0.0
        if listing.inside < _SHARE * (listing.inside + listing.outside):
            return _WITHIN
        return _SURE if any(item.is_slashed or item.head.has_links for item in items) else _CLEAR

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and the lines that are none; raises DigestError, with the line, if there is no paper."""
        if not is_html(text):
            check_lines(text, digest=digest)
        found = Entries()
        count, first = 0, None
        for each in _Listing().items(text):
            first = first or (each.head if isinstance(each, Item) else None)
            if isinstance(each, Token):
                found.skip(each.number, each.text, _why(each))
            elif mention := _mention(each, text, digest):
                count += 1
                found.put("", mention)
            else:
                found.skip(each.head.number, each.head.text, "a paper without its title")
        if not count:
            raise _without_papers(first, digest)
        yield from found


def _why(token: Token) -> str:
    own = why_no_title(token.text) if token.kind is Kind.TEXT else ""
    return own or _REASONS[token.kind]


def _without_papers(first: Token | None, digest: str) -> DigestError:
    if first:
        problem = "a paper begins here, but has no line with its title (`Title: ...`); copy the whole listing."
        return DigestError(digest, first.number, problem)
    problem = "it lists no papers (a line `arXiv:` with an id, then `Title:` with a title); copy the whole listing,"
    return DigestError(digest, 0, f"{problem} or name its format with --reader.")


class _Listing:
    """Gathers the lines of a listing into papers; counts how many lines belong to some (`inside`)."""

    def __init__(self) -> None:
        self.inside = self.outside = 0
        self._heading = ""
        self._day: PartialDate | None = None
        self._open: Item | None = None
        self._before: Token | None = None

    def items(self, text: str) -> Iterator[Item | Token]:
        """Yield papers, and the lines between them, in order."""
        for token in tokens(text):
            yield from self._put(token)
            self._before = token
        yield from self._close()

    def _put(self, token: Token) -> Iterator[Item | Token]:
        opened = self._open
        if self._begins(token):
            yield from self._close()
            self._open = Item(token, self._heading, self._day)
            self._open.is_slashed = self._is_after_slash()
            if token.kind is Kind.FIELD:
                self._open.add(token)
            self.inside += 1
        elif opened and not self._ends(opened, token):
            self.inside += 1
            if token.kind is Kind.SLASH:
                opened.is_slashed = opened.in_abstract = True
            else:
                opened.add(token)
        else:
            if opened:
                yield from self._close()
            self._note(token, opened)
            self.outside += token.kind in {Kind.TEXT, Kind.FIELD, Kind.END}
            yield token

    def _begins(self, token: Token) -> bool:
        r"""Whether a paper begins: with an id, or a title right below `\\`; an id within an abstract begins none."""
        if token.kind is Kind.FIELD:
            return token.name == "title" and not self._open and self._is_after_slash()
        if token.kind is not Kind.ID:
            return False
        within = bool(self._open and self._open.in_abstract and self._before and self._before.kind is Kind.TEXT)
        return not within or token.gap

    def _is_after_slash(self) -> bool:
        return bool(self._before and self._before.kind is Kind.SLASH)

    def _ends(self, opened: Item, token: Token) -> bool:
        if token.kind is Kind.CLOSE:
            opened.url, opened.is_slashed = token.url, True
            return True
        if token.kind is Kind.SLASH:
            return opened.in_abstract or len(opened.blocks) == 1
        if token.kind is Kind.RULE:
            return True
        if opened.is_slashed:
            return False
        landmark = token.kind in {Kind.HEADING, Kind.DAY, Kind.END}
        return landmark or (token.kind is Kind.TEXT and opened.is_complete and bool(why_no_title(token.text)))

    def _note(self, token: Token, opened: Item | None) -> None:
        """Remember what a line between papers says of those below it."""
        if token.kind is Kind.HEADING:
            self._heading = token.name
        if token.kind in {Kind.HEADING, Kind.DAY} or (token.name == "date" and not opened):
            self._day = date_in(token.value) or self._day

    def _close(self) -> Iterator[Item]:
        if self._open:
            yield self._open
        self._open = None


def _mention(item: Item, text: str, digest: str) -> Mention | None:
    lines = item.title_lines()
    words = [line.value if line.kind is Kind.FIELD else line.text for line in lines]
    title = joined(words)
    if not any(map(str.isalnum, title)):
        return None
    check_title(title, digest=digest, line=lines[0].number)
    start = lines[0].inside if lines[0].kind is Kind.FIELD else lines[0].start
    return Mention(
        title=title,
        abstract=item.abstract(),
        authors=item.authors(),
        heading=item.heading,
        issued=item.issued(),
        arxiv_id=find_arxiv_id(item.head.value if item.head.kind is Kind.ID else item.url),
        doi=item.doi(),
        url=item.url,
        digest=digest,
        line=lines[0].number,
        raw=text[start : lines[-1].end].rstrip(),
    )
