"""New citekeys for entries of a .bib that exist, wherever the file names them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from refkit.model import ArxivRecord, Work
from refkit.writers.bib_file import BibFile, Block, Edit, plain, splice
from refkit.writers.bib_layout import added
from refkit.writers.bib_record import record_of
from refkit.writers.citekeys import base_key, cite_keys, fallback_key, suffix

# Fields of BibTeX and BibLaTeX whose values are keys of other entries.
_REFERENCES = frozenset({"crossref", "xref", "xdata", "related", "entryset"})
_IDS = "ids"
_KEY = re.compile(r"[^\s,{}\"#]+")
_LETTERS = re.compile("[a-z]+")

_MakeKey = Callable[[ArxivRecord], str]


class Rekeyed(Struct, frozen=True):
    """What a file becomes: `keys` are the renamed ones, old -> new, in the order of the file.

    `remarks` are sentences on entries that keep their keys though they should not, and on keys with a new meaning.
    """

    file: BibFile
    text: str
    keys: Mapping[str, str]
    remarks: tuple[str, ...] = ()


class _Entry(Struct, frozen=True):
    """An entry of the file, with what it says of its paper and the key that this would have alone."""

    block: Block
    record: ArxivRecord
    base: str
    aliases: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key as it is, without case."""
        return self.block.key.casefold()

    @property
    def nameless(self) -> bool:
        """Whether nothing is known to make a key of."""
        return not self.record.arxiv_id and self.base == fallback_key(self.record)


def plan_rekey(
    file: BibFile,
    *,
    key: _MakeKey | None = None,
    everything: bool = False,
    keep_ids: bool = False,
) -> Rekeyed:
    """Return a file with the keys that its entries would get if they were new; once more, and nothing is renamed.

    Renamed are entries that name their arXiv paper, with `everything` all. `key` makes the key of a record that meets
    no other. A key that has the right form, with whatever letter, stays: letters never change places. So does one that
    several entries have, as nobody knows which of them is cited. With `keep_ids` the old key stays as an alias of
    BibLaTeX (`ids`).
    """
    entries = list(_entries(file, key or base_key))
    doubles = {name for name, count in Counter(entry.key for entry in entries).items() if count > 1}
    wanted = [entry for entry in entries if everything or entry.record.arxiv_id]
    usable = [entry for entry in wanted if entry.key not in doubles and not entry.nameless]
    held = Counter(block.key.casefold() for block in file.blocks if block.key)
    stays = _rightly_named(usable, held)
    chosen = [entry for entry in usable if entry.key not in stays]
    made = cite_keys(
        [Work(record=entry.record) for entry in chosen],
        key=key,
        taken=set(_taken(entries, chosen, held, keep_ids=keep_ids)),
    )
    new = {entry.block.key: name for entry, name in zip(chosen, made, strict=True) if name != entry.block.key}
    edits = _edits(file, [entry for entry in chosen if entry.block.key in new], new, keep_ids=keep_ids)
    remarks = (*_left_alone(file, wanted, doubles), *_new_meanings(file, new))
    return Rekeyed(file, splice(file.text, edits), new, remarks)


def _entries(file: BibFile, make: _MakeKey) -> Iterator[_Entry]:
    for block in file.blocks:
        if block.kind == "entry" and block.key:
            record = record_of(block, file.strings)
            ids = block.find(_IDS)
            aliases = re.findall(r"[^\s,]+", plain(ids.value, file.strings)) if ids else []
            yield _Entry(block, record, make(record), tuple(aliases))


def _rightly_named(entries: Sequence[_Entry], held: Mapping[str, int]) -> set[str]:
    """Return the keys that are what their entries would be given, or that with a letter.

    The letter stays also when the paper that it told from is gone: a key never drifts.
    """
    rivals = Counter(entry.base.casefold() for entry in entries)

    @cache
    def longest(base: str) -> int:
        """Return how many letters the last of all keys that begin so could need."""
        return len(suffix(rivals[base] + sum(name.startswith(base) for name in held)))

    def stays(entry: _Entry) -> bool:
        key, base = entry.block.key, entry.base
        if key == base:
            return held[entry.key] == 1
        letters = key.removeprefix(base)
        if not key.startswith(base) or not _LETTERS.fullmatch(letters):
            return False
        return len(letters) == 1 or len(letters) <= longest(base.casefold())

    return {entry.key for entry in entries if stays(entry)}


def _taken(
    entries: Sequence[_Entry], chosen: Sequence[_Entry], held: Mapping[str, int], *, keep_ids: bool
) -> Iterator[str]:
    """Yield the keys and aliases that no renamed entry may get."""
    renamed = {entry.key for entry in chosen}
    yield from (name for name in held if name not in renamed)
    if keep_ids:  # they become aliases; one that only changes its case may
        yield from (entry.key for entry in chosen if entry.key != entry.base.casefold())
    rivals = Counter(entry.base.casefold() for entry in chosen)
    for entry in entries:
        for alias in entry.aliases:
            own = entry.key in renamed and alias.casefold() == entry.base.casefold() and rivals[alias.casefold()] == 1
            if not own:
                yield alias


def _left_alone(file: BibFile, entries: Iterable[_Entry], doubles: set[str]) -> Iterator[str]:
    told = set()
    for entry in entries:
        where = f"{file.name}:{entry.block.line}"
        if entry.key in doubles and entry.key not in told:
            told.add(entry.key)
            yield f"{where}: several entries have the key {entry.block.key}, so it stays; give all but one another key"
        elif entry.nameless:
            yield f"{where}: {entry.block.key} stays, as neither a name nor a title says what else to call it"


def _new_meanings(file: BibFile, keys: Mapping[str, str]) -> Iterator[str]:
    old = {each.casefold(): new for each, new in keys.items()}
    for before, after in keys.items():
        if before.casefold() != after.casefold() in old:
            yield (
                f"{file.name}: {after} was the key of what is now {old[after.casefold()]}; a TeX file that is not "
                f"named with --tex would cite the wrong paper, what was {before}"
            )


def _edits(file: BibFile, entries: Iterable[_Entry], keys: Mapping[str, str], *, keep_ids: bool) -> Iterator[Edit]:
    for entry in entries:
        yield Edit(entry.block.key_start, entry.block.key_end, keys[entry.block.key])
        yield from _aliases(file, entry, keys[entry.block.key], keep_ids=keep_ids)
    folded = {old.casefold(): new for old, new in keys.items()}
    for block in file.blocks:
        if block.kind == "entry":
            for field in block.fields:
                if field.name.lower() in _REFERENCES:
                    for named in _KEY.finditer(file.text, field.value_start, field.value_end):
                        if named[0].casefold() in folded:
                            yield Edit(named.start(), named.end(), folded[named[0].casefold()])


def _aliases(file: BibFile, entry: _Entry, new: str, *, keep_ids: bool) -> Iterator[Edit]:
    """Yield what makes the old key an alias, and the new one none."""
    names = [name for name in entry.aliases if name != new]
    if keep_ids and entry.block.key not in names:
        names.append(entry.block.key)
    field = entry.block.find(_IDS)
    if field is None:
        if names:
            yield added(file.text, entry.block, (), {_IDS: names[0]})
    elif names != list(entry.aliases):
        yield Edit(field.value_start, field.value_end, "{" + ", ".join(names) + "}")
