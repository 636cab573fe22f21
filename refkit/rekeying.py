"""New citekeys for a .bib and the TeX files that cite from it: all of them are replaced, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from refkit.errors import UsageError
from refkit.files import replace_all, write_atomic
from refkit.writers import tex_citations
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_rekey import Rekeyed, plan_rekey
from refkit.writers.bib_state import parse_state, state_path, state_text
from refkit.writers.key_format import KeyFormat

_HEAD = "old\tnew\n"


class TexFile(Struct, frozen=True):
    """A TeX file that cites: its bytes, its text, and its encoding."""

    path: Path
    data: bytes
    text: str
    encoding: str


class Rekeying(Struct, frozen=True, kw_only=True):
    """A planned renaming of the keys of the file `path`; nothing is written before `write`."""

    path: Path
    before: bytes
    rekeyed: Rekeyed
    tex: tuple[TexFile, ...] = ()

    @property
    def cited(self) -> Mapping[str, list[str]]:
        """The renamed keys that the TeX files cite, each with its places ("paper.tex:12")."""
        found: dict[str, list[str]] = {}
        for file in self.tex:
            for each in tex_citations.citations(file.text):
                if each.key in self.rekeyed.keys:
                    found.setdefault(each.key, []).append(f"{file.path}:{each.line}")
        return found

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield each file that changes: its name, its text and the new one."""
        yield str(self.path), self.rekeyed.file.text, self.rekeyed.text
        for file in self.tex:
            yield str(file.path), file.text, tex_citations.renamed(file.text, self.rekeyed.keys)

    def write(self, key_map: Path) -> bool:
        """Replace the .bib, what refkit remembers of it and the TeX files, then write which key became which.

        Returns whether anything was renamed. Raises WriteError, WriteConflict; all files are then as they were.
        """
        if not self.rekeyed.keys:
            return False
        changes = [(self.path, self.before, self.rekeyed.file.encoded(self.rekeyed.text))]
        for file in self.tex:
            new = tex_citations.renamed(file.text, self.rekeyed.keys)
            changes += [(file.path, file.data, new.encode(file.encoding))] if new != file.text else []
        changes += list(self._state())
        replace_all(changes)
        known = key_map.read_text("utf-8") if key_map.exists() else _HEAD
        write_atomic(key_map, known + "".join(f"{old}\t{new}\n" for old, new in self.rekeyed.keys.items()))
        return True

    def _state(self) -> Iterator[tuple[Path, bytes, bytes]]:
        path = state_path(self.path)
        if path.exists():
            before = path.read_bytes()
            state = parse_state(before.decode(), path)
            keys = self.rekeyed.keys
            named = {name: msgspec.structs.replace(row, key=keys.get(row.key, row.key)) for name, row in state.items()}
            yield path, before, state_text(named).encode()


def plan_rekeying(
    path: Path,
    *,
    key_format: str = "",
    everything: bool = False,
    keep_ids: bool = False,
    tex: Iterable[Path] = (),
) -> Rekeying:
    """Plan new keys for a .bib; `tex` are TeX files and folders, with all that they read in.

    The other options are those of `plan_rekey`. Raises UsageError for a file that cannot be read or a wrong formula.
    """
    key = KeyFormat.parse(key_format).key if key_format else None
    file = BibFile.read(path)
    rekeyed = plan_rekey(file, key=key, everything=everything, keep_ids=keep_ids)
    return Rekeying(path=path, before=file.encoded(file.text), rekeyed=rekeyed, tex=tuple(tex_files(tex)))


def tex_files(paths: Iterable[Path]) -> Iterator[TexFile]:
    """Yield TeX files, those of folders and those that they read in, each once. Raises UsageError."""
    seen: set[Path] = set()
    waiting = [(path, path) for path in paths]
    while waiting:
        path, named = waiting.pop(0)
        if path.is_dir():
            waiting = [(each, each) for each in sorted(path.rglob("*.tex"))] + waiting
            continue
        whole = path.resolve()
        if whole in seen:
            continue
        seen.add(whole)
        file = _read(path, named)
        yield file
        for name in tex_citations.inputs(file.text):
            inner = path.parent / (name if name.endswith(".tex") else f"{name}.tex")
            waiting += [(inner, inner)] if inner.is_file() else []


def _read(path: Path, named: Path) -> TexFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{named} cannot be read ({error.strerror}); check its name.") from error
    try:
        return TexFile(path, data, data.decode(), "utf-8")
    except UnicodeDecodeError:
        return TexFile(path, data, data.decode("latin-1"), "latin-1")
