"""A long output that goes on where a run ended, at whatever moment that was: killed, full disk, or Ctrl-C.

The output grows in `NAME.part`; beside it `NAME.part.json` says how much of it counts, for how many items, and of what
it is made. When it is whole it takes the place of `NAME`.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Self

import msgspec

from refkit.errors import UsageError, WriteError
from refkit.files import write_atomic
from refkit.pace import Clock

# How often the journal is written, in seconds: it costs two waits for the disk, and as much work may be done again.
_EACH = 1.0


class Done(msgspec.Struct, frozen=True):
    """How far an output is: items, bytes, and items by verdict; `made_of` names what it is made of."""

    made_of: dict[str, str] = {}
    items: int = 0
    size: int = 0
    counts: dict[str, int] = {}


class Output:
    """The output of a run; `done` is how far it is, `remark` why what was there is not used."""

    def __init__(self, file: FileIO, target: Path, journal: Path, done: Done, remark: str, clock: Clock) -> None:
        self._file = file
        self._target = target
        self._journal = journal
        self._clock = clock
        self._noted = clock.now()
        self.done = done
        self.remark = remark

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, made_of: Mapping[str, str], *, locks: Path, resumable: bool = True, clock: Clock | None = None
    ) -> Iterator[Self]:
        """Open an output of what `made_of` names; what an earlier run has made of the same is kept.

        If the block ends with an error, what is done by then is noted; `finish` must be called if it ends well.
        Raises WriteError if it cannot be written, UsageError while another run writes it (locks are in `locks`).
        """
        target = Path(os.path.realpath(path))
        part, journal = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json")
        with _locked(path, target, locks):
            with _told(path):
                _refuse_no_file(path, target)
                done, remark = _known(part, journal, Done(dict(made_of))) if resumable else (Done(), "")
                if not done.size:
                    journal.unlink(missing_ok=True)
                file = FileIO(part, "r+b" if done.size else "wb")
            with file:
                with _told(path):
                    file.truncate(done.size)
                    file.seek(done.size)
                output = cls(file, target, journal, done, remark, clock or Clock())
                try:
                    yield output
                finally:
                    output.leave()

    def add(self, data: bytes, items: int, counts: Mapping[str, int]) -> None:
        """Append what was made of the next items. Raises WriteError; what was there by then stays and counts."""
        rest = memoryview(data)
        with _told(self._target):
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        together = {
            name: self.done.counts.get(name, 0) + counts.get(name, 0) for name in {**self.done.counts, **counts}
        }
        self.done = Done(self.done.made_of, self.done.items + items, self.done.size + len(data), together)
        if self.done.made_of and self._clock.now() - self._noted >= _EACH:
            self._note()

    def _note(self) -> None:
        with _told(self._target):
            os.fsync(self._file.fileno())  # first what counts, then that it does
            write_atomic(self._journal, msgspec.json.encode(self.done).decode())
        self._noted = self._clock.now()

    def leave(self) -> None:
        """Note how far it came, if it is not whole; where the disk is full, what was noted before holds."""
        if self._file.closed:
            return
        with suppress(WriteError, OSError):
            if self.done.size and self.done.made_of:
                self._note()
            else:  # nobody could go on with it
                Path(self._file.name).unlink()

    def finish(self) -> None:
        """Put the output in its place. Raises WriteError."""
        with _told(self._target):
            if self._target.exists():
                shutil.copymode(self._target, self._file.name)
            os.fsync(self._file.fileno())
            self._file.close()
            Path(self._file.name).replace(self._target)
            self._journal.unlink(missing_ok=True)


def _refuse_no_file(path: Path, target: Path) -> None:
    if target.is_dir():
        raise WriteError(f"{path} is a folder; name a file in it.")
    if target.exists() and not target.is_file():
        raise WriteError(f"{path} is no file; leave --output out to write to a pipe.")


def _known(part: Path, journal: Path, fresh: Done) -> tuple[Done, str]:
    """Return how far an earlier run came, or why that does not help; nothing is said where there was none."""
    try:
        size = part.stat().st_size
        done = msgspec.json.decode(journal.read_bytes(), type=Done)
    except FileNotFoundError:
        return fresh, ""
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return fresh, f"{journal} is damaged"
    changed = [name for name, value in fresh.made_of.items() if done.made_of.get(name) != value]
    if changed:
        return fresh, f"{' and '.join(changed)} changed since"
    return (done, "") if size >= done.size else (fresh, f"{part} was cut since")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileNotFoundError as error:
        raise WriteError(f"{path}: the folder {path.parent} does not exist; make it first.") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise WriteError(
            f"{path} could not be written ({why}); when that is put right, the same command goes on from there."
        ) from error


@contextmanager
def _locked(path: Path, target: Path, locks: Path) -> Iterator[None]:
    """Keep other runs of this user from the same output. The lock is not beside it, where it would stay."""
    from filelock import FileLock, Timeout  # 20 ms, only where an output is written

    name = zlib.crc32(str(target).encode(errors="replace"))
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{name:08x}.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise UsageError(f"{path} is being written by another run of refkit; wait for it, or name another.") from error
    except OSError as error:
        raise WriteError(f"{locks} could not be written ({error.strerror or error}); it must be a folder.") from error
    try:
        yield
    finally:
        lock.release()
