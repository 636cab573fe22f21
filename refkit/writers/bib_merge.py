"""Works into a .bib file that is there: new entries appended, known ones edited in place, all else left as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count

import msgspec
from msgspec import Struct

from refkit.errors import WriteError
from refkit.model import Work, plain_arxiv_id
from refkit.writers import latex
from refkit.writers.bib_file import BibFile, Edit, plain, splice
from refkit.writers.bib_index import Index, keys_of, shown
from refkit.writers.bib_reconcile import Kept, Reconciled, Wanted, reconcile
from refkit.writers.bib_state import State, Written
from refkit.writers.bib_style import gap_of, layout_of
from refkit.writers.citekeys import suffix

_ANY_KEY = re.compile(r"@[ \t]*[A-Za-z]+\s*[{(]\s*([^\s,{}()=\"]+)")
_LAST_THINGS = re.compile(r"Local Variables:|@[Cc][Oo][Mm][Mm][Ee][Nn][Tt]\b")


class Added(Struct, frozen=True, kw_only=True):
    """A new entry."""

    key: str
    arxiv_id: str
    title: str


class Updated(Struct, frozen=True, kw_only=True):
    """An entry of which fields were changed: each with its old and its new value."""

    key: str
    line: int
    arxiv_id: str
    fields: Mapping[str, tuple[str, str]]


class Merge(Struct, frozen=True, kw_only=True):
    """The plan of a merge: the new text, what refkit will remember, and what a person should know.

    `untouched` counts works whose entries are as they should be. `removed` are works whose entries the user removed;
    `blocked` those whose entries are broken, `blocked_ids` their arXiv ids. `remarks` are sentences on the file itself:
    duplicates, broken entries.
    """

    text: str
    state: State
    added: tuple[Added, ...] = ()
    updated: tuple[Updated, ...] = ()
    kept: tuple[Kept, ...] = ()
    removed: tuple[Added, ...] = ()
    blocked: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    untouched: int = 0
    blocked_ids: tuple[str, ...] = ()


def plan_merge(
    file: BibFile,
    works: Sequence[Work],
    render: Callable[[Work], tuple[str, Mapping[str, str]]],
    keys: Callable[[Sequence[Work]], Sequence[str]],
    state: State,
    *,
    update: Collection[str] = (),
    recreate: bool = False,
) -> Merge:
    """Plan to bring works into a file; nothing is written.

    `render` gives entry type and fields of a work, `keys` the citekeys of new ones, `state` is what was written before.
    `update` names fields that are ours even where the user edited them ("all" for all), `recreate` adds again what the
    user removed. Raises WriteError if what would be written did not read back.
    """
    return _Merging(file, render, state, frozenset(name.lower() for name in update)).run(works, keys, recreate=recreate)


class _Merging:
    def __init__(
        self,
        file: BibFile,
        render: Callable[[Work], tuple[str, Mapping[str, str]]],
        state: State,
        update: frozenset[str],
    ) -> None:
        self._file = file
        self._render = render
        self._state = state
        self._update = update
        self._index = Index(file)
        self._done: list[tuple[Updated, Reconciled]] = []
        self._diffs: dict[int, Mapping[str, tuple[str, str]]] = {}  # by where an entry that is changed begins
        self._blocked: list[str] = []
        self._blocked_ids: list[str] = []
        self._kept: list[Kept] = []
        self._told: set[int] = set()  # lines of broken entries that were told with their papers

    def run(self, works: Sequence[Work], keys: Callable[[Sequence[Work]], Sequence[str]], *, recreate: bool) -> Merge:
        works = list({plain_arxiv_id(work.record.arxiv_id): work for work in reversed(works)}.values())[::-1]
        state = dict(self._state)
        fresh: list[Work] = []
        taken: set[int] = set()
        for work in works:
            places = [place for place in self._index.find(work) if place not in taken]
            if places:
                taken.add(self._merge(work, places, state))
            else:
                fresh.append(work)
        left = {} if recreate else self._state
        gone = [work for work in fresh if plain_arxiv_id(work.record.arxiv_id) in left]
        new = [work for work in fresh if plain_arxiv_id(work.record.arxiv_id) not in left]
        entries = self._entries(new, keys)
        edits = [edit for _, done in self._done for edit in done.edits]
        text = splice(self._file.text, [*edits, *self._appended(entries)])
        self._check(text, entries)
        for written in entries:
            state[written.arxiv_id] = _remembered(written)
        titles = {plain_arxiv_id(work.record.arxiv_id): work.record.title for work in fresh}
        changed = tuple(told for told, done in self._done if done.edits)
        return Merge(
            text=text,
            state=state,
            added=tuple(Added(key=each.key, arxiv_id=each.arxiv_id, title=titles[each.arxiv_id]) for each in entries),
            updated=tuple(sorted(changed, key=lambda told: told.line)),
            kept=tuple(self._kept),
            removed=tuple(_gone(work, self._state) for work in gone),
            blocked=tuple(self._blocked),
            remarks=tuple(self._remarks()),
            untouched=len(self._done) - len(changed),
            blocked_ids=tuple(self._blocked_ids),
        )

    def _merge(self, work: Work, places: Sequence[int], state: dict[str, Written]) -> int:
        """Plan the edits of the one entry that is this work; return its place."""
        arxiv_id = plain_arxiv_id(work.record.arxiv_id)
        before = self._state.get(arxiv_id)
        sound = [place for place in places if self._index.blocks[place].kind == "entry"]
        if not sound:
            block = self._index.blocks[places[0]]
            self._told.add(block.line)
            self._blocked_ids.append(arxiv_id)
            self._blocked.append(
                f"{self._file.name}:{block.line}: {work.record.title!r} stands here in a broken entry "
                f"({block.problem}); correct it, then it is merged."
            )
            return places[0]
        known = [place for place in sound if before and self._index.blocks[place].key == before.key]
        place = (known or sound)[0]
        block = self._index.blocks[place]
        done = reconcile(self._file, block, self._wanted(work), before, self._update)
        told = Updated(key=block.key, line=block.line, arxiv_id=arxiv_id, fields=done.diff)
        self._done.append((told, done))
        if done.edits:
            self._diffs[block.start] = done.diff
        self._kept += done.kept
        state[arxiv_id] = done.written
        return place

    def _wanted(self, work: Work) -> Wanted:
        kind, fields = self._render(work)
        fitting = {name: self._fitting(value) for name, value in fields.items()}
        return Wanted(plain_arxiv_id(work.record.arxiv_id), kind, fitting)

    def _fitting(self, value: str) -> str:
        """Return a value as LaTeX where the encoding of the file lacks its letters."""
        try:
            value.encode(self._file.encoding)
        except UnicodeEncodeError:
            return latex.encode(value)
        return value

    def _entries(self, works: Sequence[Work], keys: Callable[[Sequence[Work]], Sequence[str]]) -> list[Written]:
        """Return the new entries, sorted by key; no key is one of the file's, not even without its case."""
        taken = {key.casefold() for key in _ANY_KEY.findall(self._file.text)} | keys_of(self._index.blocks)
        entries: list[Written] = []
        for key, work in sorted(zip(keys(works), works, strict=True), key=lambda pair: pair[0]):
            free = _free(key, taken)
            taken.add(free.casefold())
            wanted = self._wanted(work)
            entries.append(Written(arxiv_id=wanted.arxiv_id, key=free, type=wanted.kind, fields=wanted.fields))
        return entries

    def _appended(self, entries: Sequence[Written]) -> list[Edit]:
        """Return the edit that puts new entries behind the last one, or at the end where notes follow that."""
        if not entries:
            return []
        file, newline = self._file, self._file.newline
        layout = layout_of(file.blocks, file.text)
        gap = gap_of(file.blocks, newline)
        body = gap.join(layout.entry(each.type, each.key, each.fields, newline) for each in entries)
        sound = [block.end for block in file.blocks if block.kind in ("entry", "string", "preamble")]
        place = sound[-1] if sound else 0
        tail = file.text[place:]
        # An entry that is never closed swallows all that stands behind it.
        broken = any(
            block.kind == "broken" and block.start >= place and block.raw.count("{") > block.raw.count("}")
            for block in file.blocks
        )
        if sound and (not tail.strip() or broken or _LAST_THINGS.search(tail)):
            have = len(tail) - len(tail.lstrip("\r\n"))
            end = gap[min(len(gap), have) :] if tail.strip() else ("" if have else newline)
            return [Edit(place, place, gap + body + end)]
        lacking = "" if not file.text.strip("\ufeff \t\r\n") else gap
        have = len(tail) - len(tail.rstrip("\r\n"))
        lacking = lacking[min(len(lacking), have) :]
        return [Edit(len(file.text), len(file.text), lacking + body + newline)]

    def _check(self, text: str, entries: Sequence[Written]) -> None:
        """Raise WriteError unless the new text reads as the old one with these changes, and no others."""
        if text == self._file.text:
            return
        wanted = {each.key: (each.type, dict(each.fields)) for each in entries}
        before = [block for block in self._file.blocks if block.kind != "text"]
        result = BibFile(text, self._file.name)
        after = [block for block in result.blocks if block.kind != "text"]
        old, new = iter(before), 0
        for block in after:
            if block.key in wanted and block.kind == "entry":
                got = (block.type, {each.name: plain(each.value) for each in block.fields})
                if got == wanted[block.key]:
                    new += 1
                    continue
            was = next(old, None)
            if was is None or not _follows(was.raw, block.raw, self._diffs.get(was.start, {})):
                raise WriteError(f"{self._file.name}: {shown(block)} would be corrupt; nothing was written. Report it.")
        if next(old, None) is not None or new != len(wanted):
            raise WriteError(f"{self._file.name} would not read back as it was meant; nothing was written. Report it.")
        _read_by_bibtexparser(entries)

    def _remarks(self) -> Iterable[str]:
        blocks, name = self._index.blocks, self._file.name
        for places in self._index.duplicates():
            named = " and ".join(shown(blocks[place]) for place in places)
            yield f"{name}: {named} are one paper; keep one of them, and cite that."
        seen: dict[str, int] = {}
        for block in blocks:
            low = block.key.casefold()
            if low and low in seen and block.kind == "entry":
                yield f"{name}:{block.line}: the key {block.key} stands in line {seen[low]} too; rename one of them."
            seen.setdefault(low, block.line)
        for block in self._file.blocks:
            if block.kind == "broken" and block.line not in self._told:
                yield f"{name}:{block.line}: a broken entry is left as it is ({block.problem}); correct it."


def _follows(old: str, new: str, diff: Mapping[str, tuple[str, str]]) -> bool:
    """Whether an entry reads as it did but for the fields that were to be changed."""
    if not diff:
        return old == new
    one, other = (
        {each.name.lower(): plain(each.value) for each in reversed(block.fields)}
        for block in (BibFile(old).blocks[0], BibFile(new).blocks[0])
    )
    for name, (_, value) in diff.items():
        one.pop(name, None)
        if name != "type" and other.pop(name, "") != value:
            return False
    return one == other


def _read_by_bibtexparser(entries: Sequence[Written]) -> None:
    """Raise WriteError unless another program reads the new entries as we mean them."""
    if not entries:
        return
    from bibtexparser.entrypoint import parse_string  # 32 ms, only where something is added

    from refkit.writers.bib_style import Layout

    library = parse_string("\n".join(Layout().entry(each.type, each.key, each.fields, "\n") for each in entries))
    read = {each.key: {field.key: field.value for field in each.fields} for each in library.entries}
    for each in entries:
        if read.get(each.key) != dict(each.fields):
            raise WriteError(f"The entry {each.key} would be corrupt; nothing was written. Please report it.")


def _free(key: str, taken: Collection[str]) -> str:
    """Return the key, or with the first letters that make it free: `a` to `z`, `aa`, `ab` ..."""
    return next(free for number in count() if (free := key + suffix(number)).casefold() not in taken)


def _remembered(each: Written) -> Written:
    return msgspec.structs.replace(each, fields={name.lower(): value for name, value in each.fields.items()})


def _gone(work: Work, state: State) -> Added:
    before = state[plain_arxiv_id(work.record.arxiv_id)]
    return Added(key=before.key, arxiv_id=before.arxiv_id, title=work.record.title)
