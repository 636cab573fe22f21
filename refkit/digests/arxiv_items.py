"""One paper of an arXiv listing: from its lines to a mention."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from refkit.digests.arxiv_lines import CATEGORY, Kind, Token
from refkit.digests.form import goes_on
from refkit.digests.page_people import surely_names
from refkit.model import PartialDate

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(r"\b(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3,9})\.?,? (?P<year>(?:19|20)\d\d|\d\d)\b")
_CENTURY = 91  # arXiv began in 1991: a year of two digits from here on is of the last century
_AND = re.compile(r"\s*[,;]\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+")
_FOOTNOTE = re.compile(r"\$\s?\^\s?\{?[\d,\s*†‡a-z\\]{1,20}\}?\s?\$|\^\{[\d,\s]{1,20}\}")
_OTHERS = re.compile(r",?\s*(?:\bet\.? al\b|\b(?:and |& )?(?:\d+ )?(?:additional|more|other)s?(?: authors?)?\s*$).*")
_GROUP = re.compile(r"(?P<group>[^,;:]{3,100} (?:[Cc]ollaborations?|[Tt]eam|[Gg]roup|[Cc]onsortium))\s?:\s?")
_SUFFIX = re.compile(r"(?:[JS]r\.?|I{2,3}|IV)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>,;]*[^\s\"<>,;.)]")
_MARK = re.compile(rf"(?:{CATEGORY}[\s,;]*)+|(?i:doi\b|10\.\d{{4}}|https?:).*|\[.*\]")
_MORE, _LESS = re.compile(r"\s*(?:…|\.\.\.)?\s*[▽▼]\s?More\b\s*"), re.compile(r"\s*[△▲]\s?Less\b.*")
_MOST_LINES = 20  # of a title; the longest known, of 470 characters, has twelve of 40
_HYPHEN, _SUSPENDED = re.compile(r"\w-$"), re.compile(r"(?:and|or|to|vs)\b")
_FEW = 3  # words; arXiv takes no abstract of fewer


class Block(NamedTuple):
    """A field with the lines below it; `name` is "" for lines before any field."""

    name: str
    lines: list[Token]


class Item:
    """A paper while its lines are gathered."""

    def __init__(self, head: Token, heading: str, issued: PartialDate | None) -> None:
        self.head = head
        self.section = heading
        self.day = issued
        self.is_slashed = False
        self.in_abstract = False
        self.url = ""
        self.blocks: list[Block] = [Block("", [])]
        self.abstract_lines: list[str] = []
        self.last = head

    def add(self, token: Token) -> None:
        """Add a field, or a line that belongs to the field above or the abstract."""
        self.last = token
        if self.in_abstract:
            self.abstract_lines.append(token.text)
        elif token.kind is Kind.FIELD:
            self.blocks.append(Block(token.name, [token]))
        else:
            self.blocks[-1].lines.append(token)

    def block(self, name: str) -> Block | None:
        """Return the first field of a name."""
        return next((block for block in self.blocks if block.name == name), None)

    def value(self, name: str) -> str:
        """Return the first field of a name on one line."""
        block = self.block(name)
        if not block:
            return ""
        words = _words(block.lines)
        if block is self.blocks[-1] and not self.is_slashed:
            words = words[: len(words) - len(_below_gap(block.lines))]
        return " ".join(words)

    @property
    def is_complete(self) -> bool:
        """Whether what stands below belongs to the abstract, or no more to the paper."""
        return self.in_abstract or bool(self.block("subjects") or self.block("abstract"))

    @property
    def heading(self) -> str:
        """The section that the item names itself, else the one that it stands in."""
        if self.head.name or self.block("replaced"):
            return "Replacements"
        if self.head.is_cross:
            return "Cross-lists"
        return self.section or ("New submissions" if self.is_slashed else "")

    def issued(self) -> PartialDate | None:
        """Return the day of submission or revision, else that of the listing."""
        for name in ("date", "replaced", "submitted"):
            found = date_in(self.value(name))
            if found:
                return found
        return self.day

    def title_lines(self) -> list[Token]:
        """Return the lines of the title; on search pages it has no label and stands before the authors."""
        block = self.block("title")
        if not block:
            if not (self.head.has_links and (self.block("authors") or self.block("abstract"))):
                return []
            return [line for line in self.blocks[0].lines if not _MARK.fullmatch(line.text)]
        lines = block.lines if block.lines[0].value else block.lines[1:]
        if self.is_slashed or self.block("authors"):
            return lines
        return lines[: _end_of_title(_words(lines))]

    def authors(self) -> tuple[str, ...]:
        """Return the names as printed, each without what stands in parentheses behind it."""
        text = self.value("authors")
        if not text and not self.is_slashed and (block := self.block("title")):
            lines = block.lines if block.lines[0].value else block.lines[1:]
            words = _words(lines)
            text = " ".join(words[_end_of_title(words) :])
        return split_people(text)

    def abstract(self) -> str:
        """Return the abstract: below the second separator, behind its label, or below the subjects."""
        lines: Sequence[str] = self.abstract_lines
        if not lines and (block := self.block("abstract")):
            lines = _words(block.lines)
        elif not lines and (block := self.block("subjects")):
            lines = _below_subjects(_words(block.lines))
        elif not lines and not self.is_slashed:
            lines = _below_gap(self.blocks[-1].lines)
        text = joined(lines)
        more = _MORE.search(text)
        if more and _LESS.search(text, more.end()):  # a page shows the beginning, then the whole of it
            text = text[more.end() :]
        text = _LESS.sub("", _MORE.sub("", text)) if more else text
        return text if len(text.split()) >= _FEW else ""

    def doi(self) -> str:
        """Return the DOI of the published paper."""
        found = _DOI.search(self.value("doi"))
        return found[0] if found and not found[0].lower().startswith("10.48550/") else ""


def _words(lines: Sequence[Token]) -> list[str]:
    """Return the words of lines, of a field's first line what stands behind its name."""
    found = [line.value if line.kind is Kind.FIELD else line.text for line in lines]
    return [words for words in found if words]


def joined(lines: Sequence[str]) -> str:
    """Return wrapped lines as one; a line that ends with a hyphen goes on without a space, the hyphen stays."""
    parts: list[str] = []
    for line in lines:
        if parts and not (_HYPHEN.search(parts[-1][-2:]) and not _SUSPENDED.match(line)):
            parts.append(" ")
        parts.append(line)
    return "".join(parts)


def _end_of_title(lines: Sequence[str]) -> int:
    """Return how many lines the title has where names follow it without a label."""
    for n in range(1, min(len(lines), _MOST_LINES)):
        if goes_on(lines[n - 1], lines[n]):
            continue
        rest = " ".join(lines[n : n + _MOST_LINES])
        if surely_names(rest) or surely_names(lines[n]):
            return n
    return 1


def _below_subjects(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines below subjects, which end with a code in parentheses."""
    for n, line in enumerate(lines):
        if line.endswith(")"):
            return lines[n + 1 :]
    return lines[1:]


def _below_gap(lines: Sequence[Token]) -> list[str]:
    """Return the lines below the first blank line under a field."""
    first = next((n for n, line in enumerate(lines) if line.gap and _words(lines[:n])), len(lines))
    return _words(lines[first:])


def date_in(words: str) -> PartialDate | None:
    """Return the first day in a text as arXiv writes them: `Thu, 7 Nov 2024 02:49:53 GMT`, `Wed 15 Mar 23`."""
    for found in _DATE.finditer(words[:300]):
        day, month, year = int(found["day"]), found["month"][:3].lower(), int(found["year"])
        if month in _MONTHS and 1 <= day <= 31:  # noqa: PLR2004 - a calendar
            year += 0 if year > 100 else 1900 if year >= _CENTURY else 2000  # noqa: PLR2004
            return PartialDate(year, _MONTHS.index(month) + 1, day)
    return None


def split_people(text: str) -> tuple[str, ...]:
    """Return the names in a list of authors as arXiv prints them, without affiliations and "et al."."""
    text = _OTHERS.sub("", _FOOTNOTE.sub("", _without_parentheses(text)))
    names: list[str] = []
    group = _GROUP.match(text)
    if group:
        names.append(group["group"])
        text = text[group.end() :]
    for part in _AND.split(text):
        name = " ".join(part.split()).removeprefix("the ").removeprefix("The ").strip(" :;,")
        if names and _SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]} {name}"
        elif any(map(str.isalpha, name)):
            names.append(name)
    return tuple(names)


def _without_parentheses(text: str) -> str:
    """Take away what stands in parentheses, also in nested ones; one that is never closed takes all behind it."""
    kept, depth = [], 0
    for letter in text:
        depth += letter == "("
        if not depth:
            kept.append(letter)
        depth = max(0, depth - (letter == ")"))
    return "".join(kept)
