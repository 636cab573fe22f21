"""New citekeys for a .bib and the TeX files that cite from it: all of them are replaced, or none."""

from __future__ import annotations

from collections import deque
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
_AUX = ".aux"


class TexFile(Struct, frozen=True):
    """A TeX file that cites, or the .aux of one: its bytes, its text, and its encoding.

    `lacking` are the files that it reads in and that are not there.
    """

    path: Path
    data: bytes
    text: str
    encoding: str
    lacking: tuple[str, ...] = ()

    @property
    def made(self) -> bool:
        """Whether LaTeX makes the file anew, so that nothing is to be changed in it."""
        return self.path.suffix == _AUX

    @property
    def citations(self) -> Iterable[tex_citations.Citation]:
        """The keys that it cites."""
        return tex_citations.noted(self.text) if self.made else tex_citations.citations(self.text)

    def renamed(self, keys: Mapping[str, str]) -> str:
        """Return its text with other keys."""
        return self.text if self.made else tex_citations.renamed(self.text, keys)


class Rekeying(Struct, frozen=True, kw_only=True):
    """A planned renaming of the keys of the file `path`; nothing is written before `write`."""

    path: Path
    before: bytes
    rekeyed: Rekeyed
    tex: tuple[TexFile, ...] = ()

    @property
    def cited(self) -> Mapping[str, list[str]]:
        """The renamed keys that the TeX files cite, each with its places ("paper.tex:12")."""
        return self._cited(self.tex)

    @property
    def cited_elsewhere(self) -> Mapping[str, list[str]]:
        """Those that only .aux files name: the TeX files that cite them were not given, so they cannot be changed."""
        known = self._cited(file for file in self.tex if not file.made)
        return {key: places for key, places in self.cited.items() if key not in known}

    def _cited(self, files: Iterable[TexFile]) -> dict[str, list[str]]:
        names = {old.casefold(): old for old in self.rekeyed.keys}
        found: dict[str, list[str]] = {}
        for file in files:
            for each in file.citations:
                if each.key.casefold() in names:
                    found.setdefault(names[each.key.casefold()], []).append(f"{file.path}:{each.line}")
        return found

    @property
    def remarks(self) -> Iterator[str]:
        """What the user should know besides: sentences, each with its place."""
        yield from self.rekeyed.remarks
        for file in self.tex:
            for name in file.lacking:
                yield f"{file.path}: {name}, which it reads in, is not there; what that cites is not known"

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield each file that changes: its name, its text and the new one."""
        yield str(self.path), self.rekeyed.file.text, self.rekeyed.text
        for file in self.tex:
            yield str(file.path), file.text, file.renamed(self.rekeyed.keys)

    def write(self, key_map: Path) -> bool:
        """Replace the .bib, what refkit remembers of it and the TeX files, and write which key became which.

        Returns whether anything was renamed. Raises UsageError for a map that is another kind of file, WriteError,
        WriteConflict; all files are then as they were.
        """
        if not self.rekeyed.keys:
            return False
        changes = [(self.path, self.before, self.rekeyed.file.encoded(self.rekeyed.text))]
        for file in self.tex:
            new = file.renamed(self.rekeyed.keys)
            changes += [(file.path, file.data, new.encode(file.encoding))] if new != file.text else []
        changes += list(self._state())
        known = _read_map(key_map)
        rows = "".join(f"{old}\t{new}\n" for old, new in self.rekeyed.keys.items())
        write_atomic(key_map, (known or _HEAD) + rows)
        try:
            replace_all(changes)
        except BaseException:  # also Ctrl-C: the map must not tell of what did not happen
            write_atomic(key_map, known) if known else key_map.unlink(missing_ok=True)
            raise
        return True

    def _state(self) -> Iterator[tuple[Path, bytes, bytes]]:
        path = state_path(self.path)
        if path.exists():
            before = path.read_bytes()
            state = parse_state(before.decode(), path)
            keys = self.rekeyed.keys
            named = {name: msgspec.structs.replace(row, key=keys.get(row.key, row.key)) for name, row in state.items()}
            yield path, before, state_text(named).encode()


def _read_map(path: Path) -> str:
    """Return the map of earlier runs; "" if there is none. Raises UsageError for a file that is none."""
    try:
        known = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        known = "?"
    if known and not known.startswith(_HEAD):
        raise UsageError(f"{path} is no list of old and new keys; name another file with --map. Nothing is renamed.")
    return known if not known or known.endswith("\n") else f"{known}\n"


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
    waiting = deque((path, path.parent) for path in paths)
    while waiting:
        path, root = waiting.popleft()
        if path.is_dir():
            waiting.extendleft((each, each.parent) for each in sorted(path.rglob("*.tex"), reverse=True))
            continue
        whole = path.resolve()
        if whole in seen:
            continue
        seen.add(whole)
        file = _read(path)
        names = {name: _found(name, path, root) for name in tex_citations.inputs(file.text)}
        yield msgspec.structs.replace(file, lacking=tuple(name for name, found in names.items() if not found))
        waiting.extend((found, root) for found in names.values() if found)


def _found(name: str, path: Path, root: Path) -> Path | None:
    """Return the file that a TeX file reads in: LaTeX looks from the folder of the main file, `import` from its own."""
    tries = (folder / each for folder in (root, path.parent) for each in (f"{name}.tex", name))
    return next((each for each in tries if each.is_file()), None)


def _read(path: Path) -> TexFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check its name.") from error
    try:
        return TexFile(path, data, data.decode(), "utf-8")
    except UnicodeDecodeError:
        return TexFile(path, data, data.decode("latin-1"), "latin-1")
