"""The files named `refkit.lock` beside digests: read when a run begins, written as soon as something is decided."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from refkit.errors import ConfigError, UsageError, WriteConflict
from refkit.files import write_atomic
from refkit.lock import Decision, Lock, key_of, learn, lock_text, parse_lock
from refkit.model import Mention, Resolution

FILE = "refkit.lock"
_NAMED = 5  # titles in a message
_MARK = 32  # hexadecimal digits: 128 bits, so that no two contents share a mark


def read_lock(path: Path) -> Lock:
    """Return the lock in a file; an empty one if there is no file. Raises ConfigError as `parse_lock`."""
    return _read(path)[0]


def _read(path: Path) -> tuple[Lock, bytes]:
    """Return the lock in a file as `read_lock`, with the mark of what it was read from, as `_mark`."""
    try:
        data = path.read_bytes()
        return parse_lock(_text(data), path), hashlib.sha256(data).digest()
    except FileNotFoundError:
        return Lock(path), b""
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; take the file from its history again.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); correct its name or its permissions.") from error


class Locks:
    """The locks beside the digests of some mentions: one a folder, read when it is made.

    What comes from standard input, or from no digest, has its lock in the current folder. Raises ConfigError as
    `read_lock`.
    """

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._locks: dict[str, Lock] = {}
        self._marks: dict[str, bytes] = {}
        for digest in dict.fromkeys(mention.digest for mention in mentions):
            folder = _folder(digest)
            if os.path.realpath(folder) not in self._locks:
                self._take(os.path.realpath(folder), folder / FILE)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the locks are or would be."""
        return tuple(lock.path for lock in self._locks.values())

    @property
    def exist(self) -> bool:
        """Whether there is a file at all."""
        return any(lock.exists for lock in self._locks.values())

    def beside(self, mention: Mention) -> Lock:
        """Return the lock beside the digest of a mention."""
        return self._locks[os.path.realpath(_folder(mention.digest))]

    def find(self, mention: Mention) -> Decision | None:
        """Return the decision on what a mention says; None if there is none."""
        return self.beside(mention).find(mention)

    def keep(self, resolutions: Iterable[Resolution], *, create: bool = True) -> tuple[Path, ...]:
        """Write what is new of these into their files, and return those that changed; `create` also makes new files.

        What was written there meanwhile stays. Raises WriteError; what stood in the file before is then untouched.
        """
        by_folder: dict[str, list[Resolution]] = {}
        for each in resolutions:
            by_folder.setdefault(os.path.realpath(_folder(each.mention.digest)), []).append(each)
        found = [(folder, self._locks[folder], each) for folder, each in by_folder.items()]
        return tuple(
            lock.path
            for folder, lock, each in found
            if (lock.exists or create) and self._write(folder, learn(self._fresh(folder), each))
        )

    def put(self, mention: Mention, made: Decision | None) -> None:
        """Write the decision on a mention, or take back the one that is there. Raises WriteError as `keep`."""
        self.put_all([(mention, made)])

    def put_all(self, made: Iterable[tuple[Mention, Decision | None]], *, seen: str | None = None) -> None:
        """Write decisions on mentions, each folder's at once, as `put`.

        Raises WriteConflict, and nothing is written, if the files are not any more as they were when `seen` was
        their `version`.
        """
        by_folder: dict[str, list[tuple[Mention, Decision | None]]] = {}
        for mention, each in made:
            by_folder.setdefault(os.path.realpath(_folder(mention.digest)), []).append((mention, each))
        fresh = {folder: self._fresh(folder) for folder in self._locks}
        if seen is not None and seen != self.known_version:
            raise WriteConflict(f"{' or '.join(map(str, self.paths))} was changed by another program or window.")
        for folder, several in by_folder.items():
            lock = fresh[folder].including(each for _, each in several if each)
            self._write(folder, lock.without(key_of(mention) for mention, each in several if not each))

    def version(self) -> str:
        """Return a mark of what the files hold now: another one as soon as a byte of them is another."""
        return _together(_mark(lock.path) for lock in self._locks.values())

    @property
    def known_version(self) -> str:
        """The `version` of the files as they were when they were read or written here last."""
        return _together(self._marks.values())

    def prune(self, mentions: Iterable[Mention]) -> tuple[Decision, ...]:
        """Remove the decisions on what none of these mentions says, and return them. Raises WriteError as `keep`."""
        wanted = {key_of(mention) for mention in mentions}
        gone: list[Decision] = []
        for folder in tuple(self._locks):
            fresh = self._fresh(folder)
            odd = [each for key, each in sorted(fresh.decisions.items()) if key not in wanted]
            self._write(folder, fresh.without(each.key for each in odd))
            gone += odd
        return tuple(gone)

    def _take(self, folder: str, path: Path) -> Lock:
        self._locks[folder], self._marks[folder] = _read(path)
        return self._locks[folder]

    def _fresh(self, folder: str) -> Lock:
        """Return what stands in a file now; one that is as it was is not taken apart again."""
        lock = self._locks[folder]
        return lock if _mark(lock.path) == self._marks[folder] else self._take(folder, lock.path)

    def _write(self, folder: str, lock: Lock) -> bool:
        """Write a lock if it says something else than what `_fresh` found in its file; return whether it did."""
        changed = dict(self._locks[folder].decisions) != dict(lock.decisions)
        if changed:
            text = lock_text(lock)
            write_atomic(lock.path, text)
            self._marks[folder] = hashlib.sha256(text.encode()).digest()
        self._locks[folder] = replace(lock, exists=lock.exists or changed)
        return changed


def _text(data: bytes) -> str:
    """Return UTF-8 as text with plain line ends, as a file is read."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _mark(path: Path) -> bytes:
    """Return the hash of what a file holds; of one that is not there, nothing."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:  # what is wrong with it, reading the lock tells
        return b""


def _together(marks: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(mark.ljust(1) for mark in marks)).hexdigest()[:_MARK]


def _folder(digest: str) -> Path:
    folder = os.path.dirname(digest)  # noqa: PTH120 - of a name that cannot be one, Path raises
    return Path(folder) if folder and os.path.isdir(folder) else Path()  # noqa: PTH112 - as above


def not_locked(memory: Locks, mentions: Sequence[Mention]) -> UsageError:
    """Return the error for mentions that are not in their locks, where nothing else may be asked."""
    named = ", ".join(f"“{each.title}” ({each.digest or 'no digest'}:{each.line})" for each in mentions[:_NAMED])
    more = f" and {len(mentions) - _NAMED} more" if len(mentions) > _NAMED else ""
    lacking = " and ".join(map(str, memory.paths))
    several = "1 title" if len(mentions) == 1 else f"{len(mentions)} titles"
    once = "without --locked" if memory.exist else "with --lock in the place of --locked"
    state = "does not hold" if memory.exist else "is not there, so it does not hold"
    return UsageError(f"{lacking} {state} {several}: {named}{more}. Run the command once {once}, which asks for them.")
