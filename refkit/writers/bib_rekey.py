"""New citekeys for entries of a .bib that exist, wherever the file names them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from refkit.model import ArxivRecord, Work
from refkit.writers.bib_file import BibFile, Block, Edit, splice
from refkit.writers.bib_layout import added
from refkit.writers.bib_record import record_of
from refkit.writers.citekeys import cite_keys

# Fields of BibTeX and BibLaTeX whose values are keys of other entries.
_REFERENCES = frozenset({"crossref", "xref", "xdata", "related", "entryset"})
_IDS = "ids"
_KEY = re.compile(r"[^\s,{}\"#]+")


class Rekeyed(Struct, frozen=True):
    """What a file becomes: `keys` are the renamed ones, old -> new, in the order of the file."""

    file: BibFile
    text: str
    keys: Mapping[str, str]


def plan_rekey(
    file: BibFile,
    *,
    key: Callable[[ArxivRecord], str] | None = None,
    everything: bool = False,
    keep_ids: bool = False,
) -> Rekeyed:
    """Return a file with the keys that its entries would get if they were new; once more, and nothing is renamed.

    Renamed are entries that name their arXiv paper, with `everything` all. `key` makes the key of a record that meets
    no other. With `keep_ids` the old key stays as an alias of BibLaTeX (`ids`).
    """
    strings = file.strings
    entries = [block for block in file.blocks if block.kind == "entry" and block.key]
    records = {block: record_of(block, strings) for block in entries}
    chosen = [block for block in entries if everything or records[block].arxiv_id]
    others = {block.key for block in file.blocks if block.key} - {block.key for block in chosen}
    made = cite_keys([Work(record=records[block]) for block in chosen], key=key, taken=others)
    keys = {block.key: new for block, new in zip(chosen, made, strict=True) if new != block.key}
    edits = list(_edits(file, chosen, dict(zip(chosen, made, strict=True)), keys, keep_ids=keep_ids))
    return Rekeyed(file, splice(file.text, edits), keys)


def _edits(
    file: BibFile, chosen: Sequence[Block], made: Mapping[Block, str], keys: Mapping[str, str], *, keep_ids: bool
) -> Iterator[Edit]:
    for block in chosen:
        if made[block] != block.key:
            yield Edit(block.key_start, block.key_end, made[block])
            if keep_ids:
                yield _with_alias(file, block)
    for block in file.blocks:
        if block.kind == "entry":
            for field in block.fields:
                if field.name.lower() in _REFERENCES:
                    for named in _KEY.finditer(file.text, field.value_start, field.value_end):
                        if named[0] in keys:
                            yield Edit(named.start(), named.end(), keys[named[0]])


def _with_alias(file: BibFile, block: Block) -> Edit:
    field = block.find(_IDS)
    if field is None:
        return added(file.text, block, (), {_IDS: block.key})
    inside = file.text[field.value_start + 1 : field.value_end - 1].strip()
    names = [name.strip() for name in inside.split(",") if name.strip()]
    end = field.value_end - 1
    return Edit(end, end, "" if block.key in names else f", {block.key}" if names else block.key)
