"""Works into an existing .bib: reading it and what refkit remembers of it, and putting the result in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec import Struct

from refkit import registry
from refkit.errors import UsageError, WriteError
from refkit.files import replace_unchanged, write_atomic
from refkit.model import Op, Work
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_merge import Merge, plan_merge
from refkit.writers.bib_state import parse_state, path_of, state_text

_BIBLATEX_FIELDS = ("eprinttype", "date", "journaltitle")


class Merging(Struct, frozen=True, kw_only=True):
    """A planned merge into the file `path`; nothing is written before `write`."""

    path: Path
    merge: Merge
    before: bytes
    existed: bool
    state: str

    @property
    def changed(self) -> bool:
        """Whether the file would get other bytes."""
        return self.merge.file.encoded(self.merge.text) != self.before

    def write(self, *, backup: bool = False) -> bool:
        """Put the new text in the place of the file, whole or not at all; return whether bytes changed.

        With `backup` the old bytes are kept in FILE.bak. Raises WriteConflict if another program changed the file
        meanwhile, WriteError if it cannot be written; it is then as it was.
        """
        after = self.merge.file.encoded(self.merge.text)
        changed = after != self.before
        if not self.existed:
            changed = bool(after) and write_atomic(self.path, after.decode())
        elif changed:
            if backup:
                _back_up(self.path, self.before)
            replace_unchanged(self.path, self.before, after)
        if self.state and (self.merge.remembered or path_of(self.path).exists()):
            write_atomic(path_of(self.path), self.state)
        return changed


def merge_bibtex(
    path: Path,
    works: Iterable[Work],
    *,
    dialect: str = "",
    update: Collection[str] = (),
    recreate: bool = False,
) -> Merging:
    """Return what a .bib becomes when works are merged into it, as `plan_merge` says; a missing file will be made.

    Without a `dialect` ("bibtex" or "biblatex") it is that of the file. Raises UsageError for a file that cannot be
    read or what is no memory of it, WriteError for one in which nothing is BibTeX.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a .bib file in it.")
    existed = path.exists()
    file = BibFile.read(path) if existed else BibFile.parse(b"", str(path))
    memory = path_of(path)
    remembered = parse_state(_read(memory), str(memory)) if existed and memory.exists() else {}
    merge = plan_merge(
        file,
        tuple(works),
        writer=registry.load("writer", dialect or dialect_of(file))(),
        remembered=remembered,
        update=update,
        recreate=recreate,
    )
    before = file.encoded(file.text)
    return Merging(path=path, merge=merge, before=before, existed=existed, state=state_text(merge.remembered))


def dialect_of(file: BibFile) -> str:
    """Return the dialect of a file: BibLaTeX if most of its entries have fields or types that only that has."""
    entries = [block for block in file.blocks if block.kind == "entry"]
    modern = sum(
        block.type == "online" or any(field.name.casefold() in _BIBLATEX_FIELDS for field in block.fields)
        for block in entries
    )
    return "biblatex" if 2 * modern > len(entries) else "bibtex"


def counts(merge: Merge) -> dict[Op, int]:
    """Return how many entries are added, updated and left."""
    return {op: sum(change.op is op for change in merge.changes) for op in (Op.CREATE, Op.UPDATE, Op.KEEP)}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}); restore it, or delete it.") from error


def _back_up(path: Path, data: bytes) -> None:
    copy = path.with_name(f"{path.name}.bak")
    try:
        copy.write_bytes(data)
    except OSError as error:
        raise WriteError(f"{copy} could not be written ({error.strerror}); nothing else has changed.") from error
