"""From what the user names (files, folders, patterns) to the digests there."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from refkit.digests.decoding import what_no_text
from refkit.errors import DigestError

# Text that is no digest, by the ending of its name; of other files the first bytes tell whether they are text.
_ENDINGS = {
    "a picture": "svg eps ps",
    "a part of a web page": "css js mjs map",
    "a program": "py ts c h cpp java rs go sh bat ps1 rb r jl",
    "data of a program": "lock log toml ini cfg refkit bak",
}
_BY_ENDING = {f".{ending}": what for what, endings in _ENDINGS.items() for ending in endings.split()}
_LOOKED_AT = 4_096


class PassedOver(Struct, frozen=True):
    """A file in a folder, or a folder, that was not read because it is plainly no digest; and why."""

    path: str
    reason: str


class Found(Struct, frozen=True):
    """The digests to read, in order; `named` are those that were named one by one, so that each must be readable.

    `closed` are folders that could not be opened.
    """

    digests: tuple[str, ...]
    named: frozenset[str]
    passed_over: tuple[PassedOver, ...]
    closed: tuple[DigestError, ...]


def find_digests(names: Iterable[str], *, leave_out: str = "") -> Found:
    """Return the digests that names mean: a file, `-`, all files in a folder and below it, or a pattern like `*.eml`.

    Files of a folder are in the order of their names; each file is given once. `leave_out` is passed over there: a file
    that is to be written. Raises DigestError for a pattern that no file has, or if there is no digest at all.
    """
    search = _Search(leave_out)
    asked = tuple(names)
    for name in asked:
        search.add(name)
    found = search.found()
    if not found.digests:
        raise DigestError(asked[0], 0, _nothing(found))
    return found


def _nothing(found: Found) -> str:
    if found.closed:
        return found.closed[0].problem
    if not found.passed_over:
        return "there is no file in it; name a folder with digests."
    first = found.passed_over[0]
    return f"there is no digest in it ({first.path} is {first.reason}); name a folder with digests."


class _Search:
    """Gathers digests; each file once, whatever ways lead to it."""

    def __init__(self, leave_out: str) -> None:
        self._left_out = os.path.realpath(leave_out) if leave_out else ""
        self._digests: dict[str, str] = {}
        self._named: set[str] = set()
        self._passed_over: dict[str, PassedOver] = {}
        self._closed: list[DigestError] = []

    def found(self) -> Found:
        passed_over = tuple(self._passed_over.values())
        return Found(tuple(self._digests.values()), frozenset(self._named), passed_over, tuple(self._closed))

    def add(self, name: str) -> None:
        if _is_folder(name):
            self._add_folder(name)
        elif glob.has_magic(name) and not _is_there(name):
            self._add_pattern(name)
        else:
            self._named.add(name)
            self._digests.setdefault(_identity(name), name)

    def _add_pattern(self, pattern: str) -> None:
        matches = sorted(glob.glob(pattern, recursive=True), key=_in_order)  # noqa: PTH207 - it may be absolute
        if not matches:
            raise DigestError(pattern, 0, "no file has a name of this pattern; correct it.")
        for path in matches:
            if _is_folder(path):
                self._add_folder(path)
            else:
                self._add_found(path)

    def _add_folder(self, folder: str) -> None:
        files: list[str] = []
        for place, folders, names in os.walk(folder, onerror=self._tell_closed):
            for name in (*folders, *names):
                if name.startswith("."):
                    self._pass_over(_join(place, name), "hidden")
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += [_join(place, name) for name in names if not name.startswith(".")]
        for path in sorted(files, key=_in_order):
            self._add_found(path)

    def _tell_closed(self, error: OSError) -> None:
        self._closed.append(DigestError(str(error.filename), 0, f"the folder cannot be opened ({error.strerror})."))

    def _add_found(self, path: str) -> None:
        reason = "the file to be written" if _identity(path) == self._left_out else why_no_digest(path)
        if reason:
            self._pass_over(path, reason)
        else:
            self._digests.setdefault(_identity(path), path)

    def _pass_over(self, path: str, reason: str) -> None:
        self._passed_over.setdefault(path, PassedOver(path, reason))


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - of a name that cannot be one, Path raises


def _is_there(path: str) -> bool:
    return os.path.lexists(path)


def _join(place: str, name: str) -> str:
    return os.path.join(place, name)  # noqa: PTH118 - as the user wrote it: "./mails" stays so


def _identity(path: str) -> str:
    return path if path == "-" or "\0" in path else os.path.realpath(path)


def _in_order(path: str) -> tuple[str, ...]:
    return Path(path).parts


def why_no_digest(path: str) -> str:
    """Return why a file in a folder is plainly no digest ("a PNG image"), "" if it may be one or cannot be opened."""
    ending = Path(path).suffix.lower()
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        return "no ordinary file"
    try:
        with Path(path).open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError:
        return ""
    if not start.strip():
        return "empty" if len(start) < _LOOKED_AT else ""
    has_mark = start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    return what_no_text(start) or ("not text" if b"\0" in start and not has_mark else "")
