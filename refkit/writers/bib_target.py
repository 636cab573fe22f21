"""The .bib file that is merged into, and the state beside it: read once, replaced whole, never over another's edit."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from refkit.errors import ConfigError, UsageError, WriteRefused
from refkit.files import replace_unchanged, write_atomic
from refkit.model import Work
from refkit.writers.bib_file import BibFile, unified_diff
from refkit.writers.bib_merge import Merge, plan_merge
from refkit.writers.bib_state import State, parse_state, state_path, state_text
from refkit.writers.bibtex import BibtexWriter


class BibTarget:
    """A .bib file as it was when it was opened; one that does not exist is empty, and made when it is written.

    Raises, when opened: UsageError for what is no .bib file, WriteRefused for what must not be written, ConfigError for
    a state that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = Path(os.path.realpath(path))
        self._data = self._read()
        _refuse_read_only(path, self._target)
        self.file = BibFile.parse(self._data or b"", str(path))
        _refuse_other_text(self.file)
        self.state: State = self._read_state() if self._data is not None else {}

    def plan(
        self, works: Sequence[Work], writer: BibtexWriter, *, update: Collection[str] = (), recreate: bool = False
    ) -> Merge:
        """Plan to bring works into the file. Raises as `plan_merge`."""

        def render(work: Work) -> tuple[str, dict[str, str]]:
            return writer.kind(work), writer.fields(work)

        return plan_merge(self.file, works, render, writer.keys, self.state, update=update, recreate=recreate)

    def diff(self, merge: Merge) -> str:
        """Return what a merge changes as a unified diff; "" for nothing."""
        return unified_diff(str(self.path), self.file.text, merge.text)

    def write(self, merge: Merge, *, backup: bool = False) -> bool:
        """Write file and state, each whole or not at all; return whether the bytes of the file changed.

        With `backup` the old bytes are kept beside, as `refs.bib.bak`. Raises WriteConflict if somebody else changed
        the file meanwhile, WriteError with the remedy; what stood there is then untouched.
        """
        new = self.file.encoded(merge.text)
        changed = new != (self._data or b"")
        if changed or self._data is None:
            replace_unchanged(self.path, self._data, new, backup=backup)
        if merge.state != self.state or (merge.state and not state_path(self._target).exists()):
            write_atomic(state_path(self._target), state_text(merge.state))
        return changed

    def _read(self) -> bytes | None:
        if self._target.exists() and not self._target.is_file():
            kind = "is a folder; name a .bib file in it" if self._target.is_dir() else "is no regular file"
            raise UsageError(f"{self.path} {kind}.")
        try:
            return self._target.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read ({error.strerror}).") from error

    def _read_state(self) -> State:
        path = state_path(self._target)
        try:
            return parse_state(path.read_text(encoding="utf-8"), path)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read; remove it, and what differs counts as yours.") from error


def _refuse_read_only(path: Path, target: Path) -> None:
    """Refuse before any work is done; replacing would succeed on a read-only file, which nobody means."""
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise WriteRefused(f"{path} is read-only; make it writable (`chmod u+w {path}`) or name another file.")
    if not target.parent.is_dir():
        raise UsageError(f"{path}: the folder {target.parent} does not exist; make it first.")


def _refuse_other_text(file: BibFile) -> None:
    """Refuse a file that nothing could be merged into: other text than BibTeX, or nothing but broken entries."""
    kinds = {block.kind for block in file.blocks} - {"text"}
    broken = next((block for block in file.blocks if block.kind == "broken"), None)
    if broken and kinds == {"broken"}:
        raise UsageError(f"{file.name}:{broken.line}: no entry can be read ({broken.problem}); correct it first.")
    if kinds or file.name.lower().endswith((".bib", ".bibtex")):
        return
    for number, line in enumerate(file.text.splitlines(), start=1):
        if line.strip(" \t\ufeff") and not line.lstrip().startswith("%"):
            raise UsageError(f"{file.name}:{number}: this is no BibTeX, and no entry follows; name a .bib file.")
