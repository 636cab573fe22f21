"""Works -> an existing .bib, in place: entries are added and updated, all that is not refkit's keeps its bytes. Pure.

A field is changed only if it still says what refkit last wrote (`bib_state.py`); one that the user edited or removed
is kept and told. Keywords are added, and taken away only if refkit added them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from refkit.errors import WriteError
from refkit.model import Change, Op, Work, plain_arxiv_id
from refkit.normalize import to_unicode
from refkit.writers.bib_entries import appended
from refkit.writers.bib_file import BibFile, Block, Edit, Field, plain, splice
from refkit.writers.bib_known import KnownEntries
from refkit.writers.bib_layout import added, raw, removed, retyped
from refkit.writers.bib_state import Remembered
from refkit.writers.bibtex import BibtexWriter
from refkit.writers.citekeys import fresh_keys
from refkit.writers.latex import encode

_KEYWORDS = "keywords"
# Two names of one thing: where an entry has the one, the other is not added.
_ALIKE = (
    {"archiveprefix", "eprinttype"}, {"primaryclass", "eprintclass"}, {"journal", "journaltitle"},
    {"year", "date"}, {"month", "date"},
)  # fmt: skip
# What an entry that the user made gets without being asked for: which preprint it is of, and the themes.
_FOR_ALL = frozenset({"eprint", "archivePrefix", "primaryClass", "eprinttype", "eprintclass", _KEYWORDS})


_New = tuple[str, str, Mapping[str, str]]


class Kept(Struct, frozen=True, kw_only=True):
    """A field that stays as the user has it: `yours` stands there ("" if it was removed), `ours` would be written."""

    key: str
    line: int
    field: str
    yours: str
    ours: str


class Merge(Struct, frozen=True, kw_only=True):
    """What a file shall become, and why.

    `changes` are in the order of the works; `twins` are the entries (line and key) of one paper of which only the first
    is changed; `refused` are works that are not written, each with its sentence.
    """

    file: BibFile
    text: str
    changes: tuple[Change, ...] = ()
    kept: tuple[Kept, ...] = ()
    twins: tuple[tuple[tuple[int, str], ...], ...] = ()
    refused: tuple[tuple[Work, str], ...] = ()
    remembered: Mapping[str, Remembered] = {}


class _Entry(Struct, frozen=True):
    """What becomes of one entry."""

    change: Change
    edits: tuple[Edit, ...]
    kept: tuple[Kept, ...]
    remembered: Remembered


def plan_merge(
    file: BibFile,
    works: Sequence[Work],
    *,
    writer: BibtexWriter,
    remembered: Mapping[str, Remembered],
    update: Collection[str] = (),
    recreate: bool = False,
) -> Merge:
    """Return what a file becomes when works are merged into it; the same works once more change nothing.

    `update` names fields that are written even where the user edited them, `recreate` makes entries again that the user
    has deleted. Raises WriteError if nothing in the file can be read as BibTeX, or the result would not read back.
    """
    _refuse_unreadable(file)
    merging = _Merging(file, writer, remembered, frozenset(name.casefold() for name in update))
    for work in {plain_arxiv_id(work.record.arxiv_id): work for work in reversed(works)}.values():
        merging.put(work, recreate=recreate)
    return merging.done()


def _refuse_unreadable(file: BibFile) -> None:
    broken = [block for block in file.blocks if block.kind == "broken"]
    if broken and not any(block.kind == "entry" for block in file.blocks):
        raise WriteError(f"{file.name}: no entry can be read; {broken[0].problem}. Correct it first.")


class _Merging:
    def __init__(
        self, file: BibFile, writer: BibtexWriter, remembered: Mapping[str, Remembered], update: frozenset[str]
    ) -> None:
        self._file, self._writer, self._update = file, writer, update
        self._before = remembered
        self._strings = file.strings
        self._known = KnownEntries(file, self._strings)
        self._entries: dict[Block, _Entry] = {}
        self._new: list[Work] = []
        self._twins: list[tuple[tuple[int, str], ...]] = []
        self._refused: list[tuple[Work, str]] = []

    def put(self, work: Work, *, recreate: bool) -> None:
        arxiv_id = plain_arxiv_id(work.record.arxiv_id)
        found = self._known.of(work)
        if len(found) > 1:
            self._twins.append(tuple((block.line, block.key) for block in found))
        if found:
            self._update_entry(found[0], work)
        elif arxiv_id in self._before and not recreate:
            self._refused.append((work, "you deleted its entry; --recreate makes it again"))
        elif line := self._broken_with(arxiv_id):
            self._refused.append((work, f"the broken entry in line {line} seems to be it; correct that first"))
        else:
            self._new.append(work)

    def _broken_with(self, arxiv_id: str) -> int:
        said = re.compile(rf"(?<![\d.]){re.escape(arxiv_id)}(?!\d)")
        file = self._file
        broken = (block for block in file.blocks if block.kind == "broken")
        return next((block.line for block in broken if said.search(file.text, block.start, block.end)), 0)

    def _update_entry(self, block: Block, work: Work) -> None:
        if block in self._entries:
            other = self._entries[block].change.work.record.arxiv_id
            reason = f"its entry {block.key} is that of arXiv:{other} too; give it the right eprint"
            self._refused.append((work, reason))
            return
        ours = self._in_its_letters(self._writer.fields(work))
        before = self._before.get(plain_arxiv_id(work.record.arxiv_id))
        entry = _Updating(self._file, block, self._strings, before, self._update)
        self._entries[block] = entry.run(work, ours, self._writer.kind(work))

    def _in_its_letters(self, fields: Mapping[str, str]) -> dict[str, str]:
        if self._file.encoding == "utf-8":
            return dict(fields)
        return {name: encode(value) for name, value in fields.items()}

    def done(self) -> Merge:
        keys = fresh_keys(self._new, {block.key for block in self._file.blocks if block.key})
        fields = [self._in_its_letters(self._writer.fields(work)) for work in self._new]
        made = sorted(zip(keys, self._new, fields, strict=True), key=lambda each: each[0])
        entries = [(self._writer.kind(work), key, values) for key, work, values in made]
        edits = [edit for entry in self._entries.values() for edit in entry.edits]
        edits += appended(self._file, entries, longest=len(self._writer.longest_field))
        text = splice(self._file.text, edits)
        _check(self._file, edits, [block for block, entry in self._entries.items() if entry.edits], entries)
        rows = dict(self._before) | {
            plain_arxiv_id(entry.change.work.record.arxiv_id): entry.remembered for entry in self._entries.values()
        }
        for key, work, values in made:
            arxiv_id = plain_arxiv_id(work.record.arxiv_id)
            rows[arxiv_id] = Remembered(arxiv_id=arxiv_id, key=key, type=self._writer.kind(work), fields=values)
        created = [Change(op=Op.CREATE, key=key, work=work) for key, work, _ in made]
        return Merge(
            file=self._file,
            text=text,
            changes=(*(entry.change for entry in self._entries.values()), *created),
            kept=tuple(kept for entry in self._entries.values() for kept in entry.kept),
            twins=tuple(dict.fromkeys(self._twins)),
            refused=tuple(self._refused),
            remembered=rows,
        )


class _Updating:
    """One entry of the file and what refkit would write of its paper."""

    def __init__(
        self,
        file: BibFile,
        block: Block,
        strings: Mapping[str, str],
        before: Remembered | None,
        update: frozenset[str],
    ) -> None:
        self._file, self._block, self._update = file, block, update
        self._fields = {field.name.casefold(): field for field in reversed(block.fields)}
        self._said = {name: _line(plain(field.value, strings)) for name, field in self._fields.items()}
        self._before = before
        self._wrote = before.fields if before else {}
        self._is_own = False
        self._new: dict[str, str] = {}
        self._changed: dict[str, str] = {}
        self._kept: list[Kept] = []

    def run(self, work: Work, ours: Mapping[str, str], kind: str) -> _Entry:
        if self._before is None and self._is_all_ours(ours, kind):
            self._before = Remembered(arxiv_id="", key=self._block.key, type=kind, fields=dict(ours))
            self._wrote = self._before.fields
        self._is_own = bool(self._before and self._before.type)
        for name, value in ours.items():
            if name != _KEYWORDS:
                self._merge(name, value)
        wrote_keywords = self._merge_keywords(ours.get(_KEYWORDS, ""))
        gone = self._gone(ours)
        is_retyped = bool(self._before and self._before.type == self._block.type != kind)
        edits = tuple(self._edits(gone, kind if is_retyped else ""))
        mine = {**self._new, **self._changed}
        wrote = {name: value for name, value in ours.items() if name in self._wrote or name in mine}
        wrote.pop(_KEYWORDS, None)
        diff = {name: (self._said.get(name.casefold(), ""), value) for name, value in mine.items()}
        diff |= {field.name: (self._said[field.name.casefold()], "") for field in gone}
        remembered = Remembered(
            arxiv_id=plain_arxiv_id(work.record.arxiv_id),
            key=self._block.key,
            type=kind if is_retyped else (self._before.type if self._before else ""),
            fields=wrote | ({_KEYWORDS: wrote_keywords} if wrote_keywords else {}),
        )
        change = Change(op=Op.UPDATE if edits else Op.KEEP, key=self._block.key, work=work, diff=diff)
        return _Entry(change, edits, tuple(self._kept), remembered)

    def _is_all_ours(self, ours: Mapping[str, str], kind: str) -> bool:
        """Whether an entry is just what refkit writes, though nothing remembers that it did."""
        mine = {name.casefold(): _line(value) for name, value in ours.items() if name != _KEYWORDS}
        return self._block.type == kind and all(self._said.get(name) == each for name, each in mine.items())

    def _merge(self, name: str, value: str) -> None:
        is_forced, wrote = name.casefold() in self._update, self._wrote.get(name)
        if name.casefold() not in self._said:
            if wrote is not None and not is_forced:
                self._keep(name, "", value)
            elif not self._has_alike(name) and (is_forced or self._is_own or name in _FOR_ALL):
                self._new[name] = value
            return
        yours = self._said[name.casefold()]
        if yours == _line(value):
            return
        if is_forced or (wrote is not None and yours == _line(wrote)):
            self._changed[name] = value
        else:
            self._keep(name, yours, value)

    def _has_alike(self, name: str) -> bool:
        others = {each for names in _ALIKE if name.casefold() in names for each in names}
        return bool(others & self._said.keys())

    def _keep(self, name: str, yours: str, ours: str) -> None:
        if _read(yours) != _read(ours):
            self._kept.append(Kept(key=self._block.key, line=self._block.line, field=name, yours=yours, ours=ours))

    def _merge_keywords(self, ours: str) -> str:
        """Plan the keywords; return those that refkit has added, now or before."""
        yours = self._said.get(_KEYWORDS, "")
        sign = ";" if ";" in yours and "," not in yours else ","
        present, wanted = _words(yours, sign), _words(ours, ",")
        wrote = _words(self._wrote.get(_KEYWORDS, ""), ",")
        folded = {word.casefold() for word in present}
        old = {word.casefold() for word in wrote}
        obsolete = old - {word.casefold() for word in wanted}
        is_forced = _KEYWORDS in self._update
        new = [word for word in wanted if word.casefold() not in folded and (is_forced or word.casefold() not in old)]
        left = [word for word in present if word.casefold() not in obsolete]
        if new or len(left) < len(present):
            if _KEYWORDS in self._said and left == present:
                self._changed[_KEYWORDS] = f"{yours}{sign} {f'{sign} '.join(new)}" if yours else f"{sign} ".join(new)
            else:
                target = self._changed if _KEYWORDS in self._said else self._new
                target[_KEYWORDS] = f"{sign} ".join([*left, *new])
        return ", ".join(word for word in wanted if word.casefold() in old or word in new)

    def _gone(self, ours: Mapping[str, str]) -> list[Field]:
        """Return the fields that refkit wrote, that nobody changed, and that no longer hold; empty keywords too."""
        names = {name.casefold() for name in ours}
        obsolete = {
            name.casefold()
            for name, wrote in self._wrote.items()
            if name.casefold() not in names and name != _KEYWORDS and self._said.get(name.casefold()) == _line(wrote)
        }
        if self._changed.get(_KEYWORDS) == "":
            del self._changed[_KEYWORDS]
            obsolete.add(_KEYWORDS)
        return [self._fields[name] for name in sorted(obsolete)]

    def _edits(self, gone: Sequence[Field], kind: str) -> Iterator[Edit]:
        text, block = self._file.text, self._block
        if kind:
            yield from retyped(text, block, kind)
        for name, value in self._changed.items():
            field = self._fields[name.casefold()]
            yield Edit(field.value_start, field.value_end, raw(name, value, field))
        yield from removed(text, block, gone)
        if self._new:
            yield added(text, block, gone, self._new)


def _line(text: str) -> str:
    return " ".join(text.split())


def _read(value: str) -> str:
    return "".join(to_unicode(value).casefold().split())


def _words(text: str, sign: str) -> list[str]:
    return [word for part in text.split(sign) if (word := part.strip())]


def _check(file: BibFile, edits: Sequence[Edit], changed: Collection[Block], new: Sequence[_New]) -> None:
    """Raise WriteError unless what is put in reads back: new entries as they are, changed ones as one sound entry."""
    lost = [block.key for block in changed if not _is_sound(file, block, edits)]
    text = "".join(edit.new for edit in edits if edit.start == edit.end and edit.new.lstrip().startswith("@"))
    by_key = {block.key: block for block in _blocks(file, text) if block.kind == "entry"}
    for kind, key, fields in new:
        block = by_key.get(key)
        read = {field.name: plain(field.value) for field in block.fields} if block else {}
        if block is None or block.type != kind or read != dict(fields):
            lost.append(key)
    if lost:
        raise WriteError(f"{file.name}: {', '.join(lost)} would not read back; nothing is written. Please report it.")


def _is_sound(file: BibFile, block: Block, edits: Sequence[Edit]) -> bool:
    """Whether a changed entry is still one entry with its key, and nothing else."""
    mine = [edit for edit in edits if block.start < edit.start and edit.end < block.end]
    moved = [Edit(edit.start - block.start, edit.end - block.start, edit.new) for edit in mine]
    blocks = _blocks(file, splice(file.text[block.start : block.end], moved))
    return [(each.kind, each.key) for each in blocks] == [("entry", block.key)]


def _blocks(file: BibFile, text: str) -> tuple[Block, ...]:
    return BibFile.parse(file.encoded(text), file.name).blocks
