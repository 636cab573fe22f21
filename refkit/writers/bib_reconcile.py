"""One entry that is there, what refkit last wrote of it, what it would write now -> what is changed, and what is kept.

A field that stands as refkit wrote it follows refkit; one that the user edited, wrote or removed is the user's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct, field

from refkit.normalize import fold, title_key, to_unicode
from refkit.writers.bib_file import BibFile, Edit, plain
from refkit.writers.bib_scan import Block
from refkit.writers.bib_state import Written
from refkit.writers.bib_style import bracketed, entry_layout

KEYWORDS = "keywords"
TYPE = "type"  # the entry type, told and forced like a field
ALL = "all"
# What one dialect says in a field, the other says in another: where that is there, nothing is missing.
_ALIASES = {
    "archiveprefix": ("eprinttype",),
    "eprinttype": ("archiveprefix",),
    "primaryclass": ("eprintclass",),
    "eprintclass": ("primaryclass",),
    "date": ("year",),
    "year": ("date",),
    "month": ("date",),
    "journal": ("journaltitle",),
    "journaltitle": ("journal",),
}
# What may be added to an entry of the published version that somebody else wrote: where its preprint is, no more.
_OF_THE_PREPRINT = frozenset({"eprint", "archiveprefix", "eprinttype", "primaryclass", "eprintclass"})
_PREPRINT_TYPES = frozenset({"misc", "online", "unpublished", "techreport", "report", "electronic", "www"})
# Fields that describe the status or date of what is now described otherwise: they go when refkit no longer says them.
_PASSING = frozenset({"pubstate", "month"})
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


class Kept(Struct, frozen=True, kw_only=True):
    """A field that is the user's: what stands there ("" where it was removed) and what refkit would write."""

    key: str
    line: int
    field: str
    yours: str
    ours: str


class Reconciled(Struct, frozen=True, kw_only=True):
    """What is to be done with one entry: edits, the fields they change (old, new), what is kept, the new memory."""

    written: Written
    edits: tuple[Edit, ...] = ()
    diff: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()


class Wanted(Struct, frozen=True):
    """What refkit would write of a paper."""

    arxiv_id: str
    kind: str
    fields: Mapping[str, str]


def reconcile(
    file: BibFile, block: Block, wanted: Wanted, before: Written | None, force: Collection[str] = ()
) -> Reconciled:
    """Compare an entry with what is wanted; `force` names the fields (lower case, or ALL) that are ours in any case."""
    return _Entry(file, block, wanted, before, force).run()


class _Entry:
    def __init__(
        self, file: BibFile, block: Block, wanted: Wanted, before: Written | None, force: Collection[str]
    ) -> None:
        self._file = file
        self._block = block
        self._wanted = wanted
        self._before = before
        self._force = force
        self._there = {each.name.lower(): each for each in reversed(block.fields)}
        self._values = {name: plain(each.value, file.strings) for name, each in self._there.items()}
        self._base: dict[str, str] = dict(before.fields) if before else {}
        self._edits: list[Edit] = []
        self._diff: dict[str, tuple[str, str]] = {}
        self._kept: list[Kept] = []
        self._added: dict[str, str] = {}
        self._kind = block.type

    def run(self) -> Reconciled:
        kind = self._type()
        for name, new in self._wanted.fields.items():
            self._field(name, new)
        self._passing()
        self._edits += _insertions(self._block, self._file, self._added)
        return Reconciled(
            written=Written(arxiv_id=self._wanted.arxiv_id, key=self._block.key, type=kind, fields=_known(self._base)),
            edits=tuple(self._edits),
            diff=self._diff,
            kept=tuple(self._kept),
        )

    def _forced(self, name: str) -> bool:
        return name in self._force or ALL in self._force

    def _type(self) -> str:
        """Change the entry type where it still is what refkit wrote; return what is remembered of it."""
        yours, ours = self._block.type, self._wanted.kind
        base = self._before.type if self._before else ""
        if yours == ours:
            return ours if base or self._is_preprint() else ""
        if yours == base or self._forced(TYPE):
            start = self._block.start + self._block.raw.lower().index(yours)
            self._change(TYPE, start, start + len(yours), yours, ours, ours)
            self._kind = ours
            return ours
        if base and ours != base:
            self._keep(TYPE, yours, ours)
        return base

    def _field(self, name: str, new: str) -> None:
        low = name.lower()
        if low == KEYWORDS:
            self._keywords(name, new)
        elif low in self._there:
            self._present(name, low, new)
        elif self._forced(low) or (low not in self._base and self._may_add(low)):
            self._add(name, low, new)
        elif low in self._base and not self._has_alias(low):
            self._keep(low, "", new)

    def _present(self, name: str, low: str, new: str) -> None:
        mine, base = self._values[low], self._base.get(low)
        if _same(mine, new):
            self._base[low] = new
        elif self._forced(low) or (base is not None and _same(mine, base)):
            each = self._there[low]
            self._change(low, each.value_start, each.value_end, mine, new, bracketed(name, new))
            self._base[low] = new
        elif base is not None or not means_the_same(low, mine, new):
            self._keep(low, mine, new)

    def _may_add(self, low: str) -> bool:
        if self._has_alias(low):
            return False
        if low in _OF_THE_PREPRINT:
            return True
        if not (self._before and self._before.type) and not self._is_preprint():
            return False
        if self._kind != self._wanted.kind and self._wanted.kind not in _PREPRINT_TYPES:
            return False  # where a work was published belongs into no entry that still is another type
        # A month beside a year that is not ours would be a date that nobody meant.
        return low != "month" or self._values.get("year", "") in ("", self._wanted.fields.get("year"))

    def _is_preprint(self) -> bool:
        where = " ".join(self._values.get(name, "") for name in ("journal", "journaltitle", "booktitle")).strip()
        if self._block.type == self._wanted.kind and not where:
            return True
        preprint = self._block.type in _PREPRINT_TYPES and not where
        return preprint or "arxiv" in where.lower() or where.strip().lower() == "corr"

    def _has_alias(self, low: str) -> bool:
        return any(alias in self._there for alias in _ALIASES.get(low, ()))

    def _add(self, name: str, low: str, new: str) -> None:
        self._added[name] = new
        self._diff[low] = ("", new)
        self._base[low] = new

    def _keywords(self, name: str, new: str) -> None:
        """Add what is new, remove what refkit alone had added, leave the rest in its order."""
        ours, base = _words(new), _words(self._base.get(KEYWORDS, ""))
        mine = _words(self._values.get(KEYWORDS, ""))
        if base and KEYWORDS not in self._there and not self._forced(KEYWORDS):
            self._keep(KEYWORDS, "", new)
            return
        gone = [word for word in base if word not in ours]
        barred = () if self._forced(KEYWORDS) else [word for word in base if word not in mine]
        more = [word for word in ours if word not in mine and word not in barred]
        left = [word for word in mine if word not in gone]
        own = [word for word in mine if word not in base]
        self._base[KEYWORDS] = ", ".join(word for word in ours if word not in own)
        if left + more == mine:
            return
        if KEYWORDS not in self._there:
            self._added[name] = ", ".join(more)
            self._diff[KEYWORDS] = ("", ", ".join(more))
            return
        each, old = self._there[KEYWORDS], self._values[KEYWORDS]
        if left + more:
            sign = "; " if ";" in old and "," not in old else ", "
            before = old.rstrip(" ,;\t\r\n") if left == mine else sign.join(left)  # a longer list keeps its writing
            text = sign.join([*filter(None, [before]), *more])
            self._change(KEYWORDS, each.value_start, each.value_end, old, text, bracketed(name, text))
        else:
            self._remove(KEYWORDS)

    def _passing(self) -> None:
        """Remove what refkit wrote of a status that is no longer so, and keywords that it no longer gives."""
        names = {name.lower() for name in self._wanted.fields}
        if KEYWORDS not in names and self._base.get(KEYWORDS) and KEYWORDS in self._there:
            self._keywords(KEYWORDS, "")
        for low in sorted(_PASSING - names):
            base = self._base.get(low)
            if base and low in self._there and _same(self._values[low], base) and {"year", TYPE} & self._diff.keys():
                self._remove(low)
                del self._base[low]

    def _remove(self, low: str) -> None:
        each, text = self._there[low], self._file.text
        comma = re.compile(r"\s*,").match(text, each.end, self._block.end)
        start = len(text[: each.start].rstrip(" \t"))
        end = comma.end() if comma else each.end
        line_end = re.compile(r"[ \t]*(?:\r\n|\n|\r)").match(text, end, self._block.end)
        alone = text[start - 1] in "\r\n"
        end, start = (line_end.end(), start) if alone and line_end else (end, each.start)
        self._edits.append(Edit(start, end, ""))
        self._diff[low] = (self._values[low], "")

    def _change(self, low: str, start: int, end: int, old: str, new: str, text: str) -> None:
        self._edits.append(Edit(start, end, text))
        self._diff[low] = (old, new)

    def _keep(self, low: str, yours: str, ours: str) -> None:
        kept = Kept(key=self._block.key, line=self._block.line, field=low, yours=yours, ours=ours)
        self._kept.append(kept)


def _known(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _same(one: str, other: str) -> bool:
    return one == other or one.split() == other.split()


def means_the_same(name: str, one: str, other: str) -> bool:
    """Whether two values of a field say the same to a reader, however they are written."""
    if name == "month":
        return _month(one) == _month(other)
    if name in ("doi", "url"):
        return _link(one) == _link(other)
    if name == "author":
        return _people(one) == _people(other)
    if name == "title":
        return title_key(one) == title_key(other)
    return " ".join(fold(to_unicode(one)).split()) == " ".join(fold(to_unicode(other)).split())


def _month(text: str) -> str:
    text = text.strip().lower()
    return _MONTHS[int(text) - 1] if re.fullmatch("0?[1-9]|1[0-2]", text) else text[:3]


def _link(text: str) -> str:
    bare = re.sub(r"^(?:\\url\{)?(?:https?://)?(?:www\.)?(?:(?:dx\.)?doi\.org/)?", "", text.strip().lower())
    return re.sub(r"(?<=\d)v\d+$", "", bare.rstrip("}/").replace("\\_", "_").replace("/pdf/", "/abs/"))


def _people(text: str) -> list[str]:
    """Return the words of each name in order, whichever way round it is written."""
    names = re.split(r"(?i)\s+and\s+", fold(to_unicode(text)))
    return [" ".join(sorted(re.findall(r"[^\W_]+", name))) for name in names]


def _words(text: str) -> list[str]:
    return [word for part in re.split("[,;]", text) if (word := " ".join(part.split()))]


def _insertions(block: Block, file: BibFile, added: Mapping[str, str]) -> Iterator[Edit]:
    """Yield the edits that put fields behind the last one, laid out as the entry is."""
    if not added:
        return
    text = file.text
    last = block.fields[-1].value_end if block.fields else block.key_end
    tail = text[last : block.end - 1]
    comma = re.match(r"(?:\s|%[^\n\r]*[\n\r])*,", tail)
    place = last + len(tail.rstrip())
    layout = entry_layout(block, text)
    if not comma:
        yield Edit(last, last, ",")
    start = f"{file.newline}{layout.indent}" if layout else " "
    names = list(added)
    lines = [
        layout.field(name, added[name]) if layout else f"{name} = {bracketed(name, added[name])}" for name in names
    ]
    body = start + f",{start}".join(lines) + ("," if comma else "")
    if not layout and re.search(r"%[^\n\r]*\Z", tail.rstrip()):
        body = file.newline + body.lstrip(" ")  # a comment behind the last field must not swallow the new one
    yield Edit(place, place, body)
