"""Files that `refkit watch` looks at: digests, folders of them, mailboxes and Maildirs; only what changed is opened.

In a mailbox and in a Maildir most letters are no digests, so a guess is not enough to read one (`digests/loading.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from refkit.digests.finding import find_digests
from refkit.digests.loading import Reading, load_bytes
from refkit.digests.mail_head import Piece, pieces_of
from refkit.errors import DigestError
from refkit.model import Mention
from refkit.watch.state import Mark, Seen, hash_of

# Reads the bytes of a digest, of this name, which may be a mail among others; raises DigestError.
Read = Callable[[bytes, str, bool], Reading]
# A mailbox is read at once, with some twice its size in memory; those of mail programs have up to some 4 GB.
MAX_MAILBOX_BYTES = 1 << 30
_MAILBOX = b"From "
_NO_DIGEST = "a letter without a digest"


class FilesReading(Struct, frozen=True, kw_only=True):
    """What is in files that are new or were changed: entries, names of letters, the marks of all files there.

    `skipped` are counts by reason, `unread` files that could not be read, `closed` those that could not even be opened
    and are tried again.
    """

    mentions: tuple[Mention, ...] = ()
    letters: tuple[str, ...] = ()
    files: Mapping[str, Mark] = {}
    opened: int = 0
    skipped: Mapping[str, int] = {}
    unread: tuple[DigestError, ...] = ()
    closed: tuple[DigestError, ...] = ()


def read_files(path: str, seen: Seen, read: Read, leave_out: Collection[str] = ()) -> FilesReading:
    """Read what is new at a path: a file, a folder, a pattern. `leave_out` are real paths of files and folders there.

    A file that is written to at the same time is left for the next run. Raises DigestError for a path at which nothing
    is.
    """
    paths, is_mail, closed = _paths(path, leave_out)
    return _Reader(seen, read, is_mail=is_mail).run(paths, closed)


def _paths(path: str, leave_out: Collection[str]) -> tuple[list[str], bool, list[DigestError]]:
    """Return the files at a path, whether it is a Maildir, and the folders that cannot be opened."""
    closed: list[DigestError] = []
    if is_maildir(path):
        paths = [str(each) for box in ("cur", "new") for each in sorted((Path(path) / box).iterdir())]
        return [each for each in paths if not Path(each).name.startswith(".")], True, closed
    try:
        found = find_digests((path,))
    except DigestError:
        if not os.path.isdir(path):  # noqa: PTH112 - of a name that cannot be one, Path raises
            raise
        return [], False, closed
    paths = [each for each in found.digests if not _is_in(os.path.realpath(each), leave_out)]
    return paths, False, list(found.closed)


def is_maildir(path: str) -> bool:
    """Whether a folder is a Maildir (cr.yp.to/proto/maildir.html): `tmp` in it holds what is not delivered yet."""
    return all(os.path.isdir(os.path.join(path, box)) for box in ("cur", "new", "tmp"))  # noqa: PTH112, PTH118 - as above


def _is_in(path: str, leave_out: Collection[str]) -> bool:
    return any(path == each or path.startswith(each + os.sep) for each in leave_out)


class _Reader:
    def __init__(self, seen: Seen, read: Read, *, is_mail: bool) -> None:
        self._seen = seen
        self._read = read
        self._is_mail = is_mail
        self._known = {mark.content for mark in seen.files.values()}
        self._entries = frozenset(seen.entries)
        self._mentions: list[Mention] = []
        self._letters: list[str] = []
        self._files: dict[str, Mark] = {}
        self._skipped: dict[str, int] = {}
        self._unread: list[DigestError] = []
        self._opened = 0

    def run(self, paths: Collection[str], closed: list[DigestError]) -> FilesReading:
        for path in paths:
            try:
                self._look(path)
            except DigestError as error:
                if len(paths) == 1 or os.path.lexists(path):  # else a mail program moved it meanwhile
                    closed.append(error)
        return FilesReading(
            mentions=tuple(self._mentions),
            letters=tuple(self._letters),
            files=self._files,
            opened=self._opened,
            skipped=self._skipped,
            unread=tuple(self._unread),
            closed=tuple(closed),
        )

    def _look(self, path: str) -> None:
        """Read a file if it is not as it was; one that cannot be opened raises DigestError."""
        before, held = _stat(path), self._seen.files.get(path)
        if held and before == (held.size, held.changed):
            self._files[path] = held
            return
        data = _load(path)
        if _stat(path) != before:
            return  # it is being written; the next run reads it
        content = sha256(data).hexdigest()[:16]
        if content not in self._known:
            self._opened += 1
            self._take(path, data)
        self._files[path] = Mark(*before, content)

    def _take(self, path: str, data: bytes) -> None:
        pieces = pieces_of(data) if data.startswith(_MAILBOX) else None
        if pieces is not None or self._is_mail:
            for piece in pieces or [Piece(data, 1)]:
                self._take_letter(path, piece)
            return
        try:
            reading = self._read(data, path, False)  # noqa: FBT003 - a callable has no names
        except DigestError as error:
            self._unread.append(error)
            return
        self._keep(reading, 1)

    def _take_letter(self, path: str, piece: Piece) -> None:
        name = letter_name(piece.data)
        if name in self._entries:
            return
        self._letters.append(name)
        try:
            reading = self._read(piece.data, path, True)  # noqa: FBT003 - as above
        except DigestError:
            self._skipped[_NO_DIGEST] = self._skipped.get(_NO_DIGEST, 0) + 1
            return
        self._keep(reading, piece.line)

    def _keep(self, reading: Reading, line: int) -> None:
        self._mentions += [replace(each, line=each.line + line - 1) for each in reading.mentions]
        for each in reading.skipped:
            self._skipped[each.reason] = self._skipped.get(each.reason, 0) + 1


def letter_name(data: bytes) -> str:
    """Return what tells a letter of a mailbox apart: its Message-ID and its body.

    Mail programs write into the head (`Status`, `X-Mozilla-Status`); a body that was cut while it came counts anew.
    """
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    named = next((line for line in _fields(head) if line.lower().startswith(b"message-id:")), b"")
    return hash_of("letter", named.decode("latin-1"), sha256(body.rstrip()).hexdigest())


def _fields(head: bytes) -> Iterator[bytes]:
    """Yield the fields of a head, each on one line."""
    yield from (line.strip() for line in head.replace(b"\n ", b" ").replace(b"\n\t", b" ").split(b"\n"))


def _load(path: str) -> bytes:
    """Return the bytes of a file; a mailbox may be larger than other digests."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(len(_MAILBOX))
            if start != _MAILBOX:
                return load_bytes(path)
            data = start + file.read(MAX_MAILBOX_BYTES)
    except OSError as error:
        raise DigestError(path, 0, f"it cannot be read ({error.strerror}); correct its permissions.") from error
    if len(data) > MAX_MAILBOX_BYTES:
        raise DigestError(
            path, 0, f"the mailbox is larger than {MAX_MAILBOX_BYTES >> 30} GiB; archive old mails of it."
        )
    return data


def _stat(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except FileNotFoundError as error:
        raise DigestError(path, 0, "there is no such file; correct its name.") from error
    except (OSError, ValueError) as error:
        raise DigestError(path, 0, f"it cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    return found.st_size, found.st_mtime_ns
