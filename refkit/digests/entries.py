"""What readers of reference lists (.bib, RIS, CSL) share: which entries are no papers, and the same paper twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from refkit.digests.lines import clean
from refkit.digests.paper_links import target_of
from refkit.model import Mention, Skipped
from refkit.names import family_key
from refkit.normalize import title_key

# Types of BibTeX, BibLaTeX, RIS, EndNote, CSL and Zotero, by letters and digits alone.
_TYPES = {
    "a volume, no paper in it": """proceedings mvproceedings collection mvcollection periodical serial edbook jfull
        editedbook""",
    "no reference": "set xdata bibnote control ieeetranbstctl attachment annotation note glossary",
    "a program": "software computerprogram comp program",
    "a data set": "dataset data onlinedatabase dbase aggregateddatabase",
    "a recording or picture": """video film movie mpct advs videorecording motionpicture audio audiorecording sound
        song music podcast broadcast tvbroadcast radiobroadcast performance artwork art image figure
        graphic map slide chart""",
    "a law or patent": """patent pat legislation legislative statute stat bill hearing hear case courtcase legalcase
        jurisdiction regulation treaty legal unbill""",
    "a message": "email letter personalcommunication pcomm icomm interview instantmessage",
    "a web page": "online electronic www web webpage elec blog blogpost post postweblog forumpost",
    "news": "newspaperarticle articlenewspaper news newspaper",
}
_NO_PAPERS = {name: reason for reason, names in _TYPES.items() for name in names.split()}
_NEVER = frozenset({"a volume, no paper in it", "no reference"})
_OTHER_KINDS = {"code": "a program", "a video": "a recording or picture", "a post": "a post"}
_COMPARED = 5  # authors
_ALIKE = 20  # papers of one title ("Editorial") that are told apart
_SHOWN = 200
_LONGEST_KEYWORD = 200  # what is longer is a sentence
# Commas and semicolons part keywords, but not inside braces (biblatex; Zotero protects so what has a comma of its own).
_PARTED = re.compile(r"(?:[^,;{}]|\{(?:[^{}]|\{[^{}]*\})*\}|[{}])+")


def why_no_paper(kind: str, mention: Mention) -> str:
    """Return why an entry of some type is no paper; "" if it is one: an arXiv id decides, then a DOI or a link."""
    reason = _NO_PAPERS.get("".join(letter for letter in kind.casefold() if letter.isalnum()), "")
    if reason in _NEVER:
        return reason
    if mention.arxiv_id:
        return ""
    if reason in {"a program", "a data set"}:
        return reason
    if mention.doi:
        return ""
    target = target_of(mention.url) if mention.url else None
    if target and target.is_paper:
        return ""
    return reason or (_OTHER_KINDS.get(target.kind, "") if target else "")


def skipped(line: int, text: str, reason: str) -> Skipped:
    """Return a part of a list that is no paper, its text cut to a length to be shown."""
    return Skipped(line, clean(text[: 2 * _SHOWN])[:_SHOWN], reason)


def keywords_in(text: str) -> list[str]:
    """Return the keywords of one field that has them all, as BibTeX and CSL do."""
    return _PARTED.findall(text)


def keywords_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return keywords as they are written, each once whatever its case; a sentence is none."""
    found: dict[str, str] = {}
    for text in texts:
        keyword = clean(text).strip(" ,;")
        if keyword and len(keyword) <= _LONGEST_KEYWORD:
            found.setdefault(keyword.casefold(), keyword)
    return tuple(found.values())


class Entries:
    """The mentions of a list in its order, each paper once: what a later entry of it adds goes into the first."""

    def __init__(self) -> None:
        self._items: list[Mention | Skipped] = []
        self._by_id: dict[str, tuple[int, str]] = {}
        self._by_title: dict[str, list[tuple[int, frozenset[str]]]] = {}

    def __iter__(self) -> Iterator[Mention | Skipped]:
        return iter(self._items)

    def put(self, kind: str, mention: Mention) -> None:
        """Add an entry, or why it is no paper."""
        reason = why_no_paper(kind, mention)
        if reason:
            self.skip(mention.line, mention.title, reason)
            return
        names = frozenset(family_key(name) for name in mention.authors[:_COMPARED])
        key = title_key(mention.title) or mention.title
        same = self._by_title.setdefault(key, [])
        place = self._place_of(mention, key, same, names)
        if place is None:
            place = len(self._items)
            self._items.append(mention)
            if len(same) < _ALIKE:
                same.append((place, names))
        else:
            first = self._items[place]
            if isinstance(first, Mention):
                self._items[place] = _merged(first, mention)
                self.skip(mention.line, mention.title, f"the same paper as in line {first.line}")
        if mention.arxiv_id:
            self._by_id.setdefault(mention.arxiv_id, (place, key))

    def skip(self, line: int, text: str, reason: str) -> None:
        """Add something that is no paper."""
        self.pass_over(skipped(line, text, reason))

    def pass_over(self, item: Skipped) -> None:
        """Add something that is no paper."""
        self._items.append(item)

    def _place_of(
        self, mention: Mention, key: str, same: Sequence[tuple[int, frozenset[str]]], names: frozenset[str]
    ) -> int | None:
        """Return the place of an entry for the same paper: neither ids nor first authors tell the two apart.

        An id alone does not make two titles one paper: links are wrong now and then, and no title may be lost.
        """
        place, first_key = self._by_id.get(mention.arxiv_id, (None, ""))
        if place is not None and (key.startswith(first_key) or first_key.startswith(key)):
            return place
        for place, others in same:
            first = self._items[place]
            ids = {first.arxiv_id, mention.arxiv_id} - {""} if isinstance(first, Mention) else set()
            if len(ids) <= 1 and (not names or not others or names & others):
                return place
        return None


def _merged(first: Mention, later: Mention) -> Mention:
    """Return the first entry with what only a later one says."""
    names = ("abstract", "authors", "heading", "issued", "arxiv_id", "doi", "url")
    merged = {name: getattr(first, name) or getattr(later, name) for name in names}
    return replace(first, **merged, keywords=keywords_of((*first.keywords, *later.keywords)))
