"""Writing a file so that a killed program, a full disk or a second reader never sees half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from refkit.errors import WriteConflict, WriteError


def write_atomic(path: Path, text: str) -> bool:
    """Write UTF-8 text to a file whole or not at all; return whether its bytes changed.

    A symbolic link is followed, the permissions of an existing file stay. Raises WriteError with the remedy; what
    stood there before is then untouched.
    """
    target = Path(os.path.realpath(path))
    data = text.encode()
    with _told_in_words(path, target):
        if target.is_dir():
            raise WriteError(f"{path} is a folder; name a file in it.")
        if target.exists() and not target.is_file():
            return _write_through(path, data)
        if target.exists() and target.read_bytes() == data:
            return False
        mode = target.stat().st_mode & 0o7777 if target.exists() else new_mode()
        replace_file(target, data, mode=mode)
    return True


def replace_unchanged(path: Path, before: bytes | None, after: bytes, *, backup: bool = False) -> bool:
    """Put bytes in the place of a file that still holds `before` (None: is not there); return whether they differ.

    A symbolic link is followed, the permissions stay; with `backup` the old bytes are kept beside, as FILE.bak. Raises
    WriteConflict if another program changed the file meanwhile, WriteError if it cannot be written; it is then
    untouched.
    """
    target = Path(os.path.realpath(path))
    with _told_in_words(path, target):
        if _bytes_of(target) != before:
            raise WriteConflict(f"{path} was changed by another program meanwhile; nothing is written. Run it again.")
        if before == after:
            return False
        if before is not None and not os.access(target, os.W_OK):
            raise WriteError(f"{path} is read-only; make it writable first (chmod u+w).")
        mode = new_mode() if before is None else target.stat().st_mode & 0o7777
        if backup and before is not None:
            replace_file(target.with_name(f"{target.name}.bak"), before, mode=mode)
        replace_file(target, after, mode=mode)
    return True


@contextmanager
def _told_in_words(path: Path, target: Path) -> Iterator[None]:
    """Make a WriteError of what the system says while a file is replaced."""
    try:
        yield
    except FileNotFoundError as error:
        raise WriteError(f"{path}: the folder {target.parent} does not exist; make it first.") from error
    except OSError as error:
        raise WriteError(f"{path} could not be written ({error.strerror}); nothing in it has changed.") from error


def _bytes_of(path: Path) -> bytes | None:
    """Return what a file holds; None if it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def replace_all(changes: Sequence[tuple[Path, bytes, bytes]]) -> None:
    """Replace several files (path, what it holds, what it shall hold), all or none.

    Raises WriteConflict if another program changed one of them meanwhile, WriteError if one cannot be written. Those
    that were replaced before are then put back, also after Ctrl-C; should that fail too, the error names them.
    """
    for path, before, _ in changes:
        _refuse_changed(path, before)
    begun: list[tuple[Path, bytes, bytes]] = []
    try:
        for path, before, after in changes:
            begun.append((path, before, after))
            replace_unchanged(path, before, after)
    except BaseException as error:  # also Ctrl-C: a .bib must not stay without its TeX files
        stuck = [str(path) for path, before, after in reversed(begun) if not _put_back(path, before, after)]
        if stuck:
            raise WriteError(
                f"{error} What was replaced before could not be put back in {', '.join(stuck)}."
            ) from error
        raise


def _put_back(path: Path, before: bytes, after: bytes) -> bool:
    """Undo one replacement if it took place; return whether the file is as it was."""
    try:
        if path.read_bytes() == before:
            return True
        replace_unchanged(path, after, before)
    except (OSError, WriteError):
        return False
    return True


def _refuse_changed(path: Path, before: bytes) -> None:
    try:
        if _bytes_of(path) != before:
            raise WriteConflict(f"{path} was changed by another program meanwhile; nothing is written. Run it again.")
        if not os.access(path, os.W_OK):
            raise WriteError(f"{path} is read-only; make it writable first (chmod u+w). Nothing is written.")
    except OSError as error:
        raise WriteError(f"{path} cannot be read ({error.strerror}); nothing is written.") from error


def replace_file(target: Path, data: bytes, *, mode: int) -> None:
    """Put bytes in the place of a file, whole or not at all; nobody else may read them before they have their mode.

    Raises OSError; what stood there before is then untouched, and no temporary file is left.
    """
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:  # also Ctrl-C: the temporary file must not stay
        with suppress(OSError):
            temporary.unlink()
        raise


def _write_through(path: Path, data: bytes) -> bool:
    """Write to a pipe or a device (`/dev/stdout`), which cannot be replaced."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WriteError(f"{path} could not be written ({error.strerror}).") from error
    return True


def new_mode() -> int:
    """Return the permissions that a new file gets."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
