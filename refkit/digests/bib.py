"""BibTeX and BibLaTeX files, whoever wrote them: entries with titles in TeX, parted by bibtexparser.

One broken entry is skipped and named; the others are read. A paper that stands there twice is read once.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from refkit.bib_blocks import MONTHS, Value, blocks, fields_in, value_at, why_broken
from refkit.bib_lending import inherited
from refkit.digests.bib_fields import day_of, ids_of, names_of, title_of
from refkit.digests.entries import Entries, keywords_in, keywords_of, skipped
from refkit.digests.lines import MAX_TITLE, head_of
from refkit.digests.markup import LineStarts
from refkit.digests.page_titles import is_description
from refkit.digests.tex import readable
from refkit.errors import DigestError
from refkit.model import Mention, Skipped

if TYPE_CHECKING:
    from bibtexparser.model import Block

_ENTRY = re.compile(
    r"(?m)^[ \t\ufeff>]*@[a-zA-Z]{3,30}[ \t]*[{(][ \t]*(?:[^,{}=\"@\n]{0,300},)?\s{0,300}(?:[\w:+-]{1,60}[ \t]*=|[})])"
)
_ABBREVIATION = re.compile(r"(?i)@(?:string|preamble|comment)[ \t]*[{(]")
_BRACE = re.compile(r"(?<!\\)[{}]|^[ \t]*@[a-zA-Z]{3,30}[ \t]*[{(]", re.MULTILINE)
_COMMENT = re.compile(r"(?m)^[ \t]*%.*$")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_LONGEST_ABBREVIATION = 10_000
# A page or README that also says how to cite it is no list of references, nor is one that quotes a few.
_MOST, _SOME = 0.5, 0.2
_KEYWORDS = ("keywords", "keyword")
_FROM_PARENT = ("year", "month", "day", "date")


class _Entry(NamedTuple):
    """An entry with its fields by lower-case name, and where it and its title stand in the text."""

    kind: str
    key: str
    fields: Mapping[str, str]
    start: int
    end: int
    title: tuple[int, int]


class BibReader:
    """Reads the entries of a .bib file; volumes, programs, data sets and web pages that are no papers are skipped."""

    name = "bib"

    def recognise(self, text: str) -> float:
        """Surely for entries with fields; possibly where they stand in some other text."""
        head = head_of(text).replace("\r\n", "\n").replace("\r", "\n")
        if not _ENTRY.search(head):
            return 0.3 if _ABBREVIATION.match(head.lstrip()) else 0.0
        share = _share(head)
        return 0.97 if share >= _MOST else 0.4 if share >= _SOME else 0.1

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and what is none; raises DigestError if nothing at all could be read as an entry."""
        yield from _Reading(text, digest).run()


class _Reading:
    def __init__(self, text: str, digest: str) -> None:
        self._text = text
        self._digest = digest
        self._lines = LineStarts(text)
        self._passed: list[Skipped] = []
        self._strings = dict(MONTHS)

    def run(self) -> Iterator[Mention | Skipped]:
        entries = list(self._entries())
        by_key: dict[str, _Entry] = {}
        for entry in entries:
            by_key.setdefault(entry.key.casefold(), entry)
        found, passed = Entries(), deque(self._passed)
        for entry in entries:
            while passed and passed[0].line <= self._lines.number(entry.start):
                found.pass_over(passed.popleft())
            self._put(found, entry, by_key)
        for item in passed:
            found.pass_over(item)
        if not entries:
            raise self._hopeless()
        yield from found

    def _hopeless(self) -> DigestError:
        broken = next((item for item in self._passed if item.reason.startswith("a broken")), None)
        line, problem = (
            (broken.line, broken.reason) if broken else (1, "there is no entry like `@article{key, title = {...}}`")
        )
        return DigestError(self._digest, line, f"{problem}; correct it, or name the format with --reader.")

    def _entries(self) -> Iterator[_Entry]:
        """Yield the entries in order; all else is noted as skipped."""
        # Old Macs ended lines so; the same length keeps all places.
        text = _LONE_RETURN.sub("\n", self._text) if "\r" in self._text else self._text
        place = 0
        for block in blocks(text):
            raw = block.raw or ""
            start = text.find(raw, place)
            if not raw or start < 0:
                continue
            place = start + len(raw)
            entry = getattr(block, "ignore_error_block", block) or block
            if hasattr(entry, "fields"):
                yield self._entry(entry, raw, start)
            else:
                self._pass_over(block, raw, start)

    def _pass_over(self, block: Block, raw: str, start: int) -> None:
        kind = type(block).__name__
        if kind == "String":
            self._define(block)
        reason = {"String": "an abbreviation", "Preamble": "a preamble"}.get(kind, "a comment")
        if kind.endswith("FailedBlock") or hasattr(block, "error"):
            reason = why_broken(block)
            twice = getattr(block, "ignore_error_block", None)
            if hasattr(twice, "value"):
                self._define(twice)
                reason = "an abbreviation"
        self._passed.append(skipped(self._lines.number(start), raw, reason))

    def _define(self, block: Any) -> None:
        value, *_ = self._resolved(block.value, value_at(block.value, 0))
        self._strings[block.key.casefold()] = value[:_LONGEST_ABBREVIATION]

    def _entry(self, entry: Any, raw: str, start: int) -> _Entry:
        fields: dict[str, str] = {}
        place, title = raw.find(",") + 1, (start, start)
        for field in entry.fields:
            begin = raw.find(field.value, raw.find("=", place) + 1) if field.value else place
            for name, each in fields_in(field.key, field.value):
                value, low, high = self._resolved(field.value, each)
                if value and name not in fields:
                    fields[name] = value
                    title = (start + begin + low, start + begin + high) if name == "title" else title
            place = begin + len(field.value)
        return _Entry(entry.entry_type.lower(), entry.key, fields, start, start + len(raw), title)

    def _resolved(self, text: str, value: Value) -> tuple[str, int, int]:
        """Return what a value says, abbreviations written out, and where in the text it stands."""
        said = [text[start:end] for start, end in value.parts]
        said = [
            self._strings.get(each.casefold(), each) if bare else each
            for each, bare in zip(said, value.bare, strict=True)
        ]
        low, high = value.parts[0] if len(said) == 1 else (0, value.end)
        own = text[low:high]
        low += len(own) - len(own.lstrip())
        return "".join(said).strip(), low, low + len(own.strip())

    def _put(self, found: Entries, entry: _Entry, by_key: Mapping[str, _Entry]) -> None:
        fields = inherited(entry, by_key, of_volumes=_FROM_PARENT)
        title = title_of(fields)
        line = self._lines.number(entry.start)
        begin, end = entry.title
        raw = self._text[begin:end]
        if not title or not raw.strip():
            found.skip(line, self._text[entry.start : entry.end], f"an entry ({entry.kind}) without a title")
            return
        line = self._lines.number(begin)
        if len(title) > MAX_TITLE:  # a brace that is never closed; one bad entry must not cost the others
            found.skip(line, title, f"a title of {len(title):,} characters")
            return
        abstract = readable(fields.get("abstract", ""))
        mention = Mention(
            title=title,
            abstract=abstract if is_description(abstract) else "",
            authors=names_of(fields.get("author", "")),
            heading=_heading(fields),
            issued=day_of(fields),
            **ids_of(fields, entry.key),
            digest=self._digest,
            line=line,
            raw=raw,
            keywords=keywords_of(readable(each) for name in _KEYWORDS for each in keywords_in(fields.get(name, ""))),
        )
        found.put(entry.kind, mention)


def _share(head: str) -> float:
    """Return how much of a text stands in entries, comments apart."""
    inside, depth, start = 0, 0, -1
    for found in _BRACE.finditer(head):
        if found[0] == "}":
            depth -= depth > 0
            if not depth and start >= 0:
                inside, start = inside + len("".join(head[start : found.end()].split())), -1
        elif found[0] == "{":
            depth += start >= 0
        else:
            if start >= 0 and depth:
                inside += len("".join(head[start : found.start()].split()))
            depth, start = 1, found.start()
    if start >= 0 and depth:
        inside += len("".join(head[start:].split()))
    return inside / max(1, len("".join(_COMMENT.sub("", head).split())))


def _heading(fields: Mapping[str, str]) -> str:
    """Return the group of JabRef that an entry is in, if it is in one only: people group as others make sections."""
    groups = [group.strip() for group in readable(fields.get("groups", "")).split(",")]
    return groups[0] if len(groups) == 1 else ""
