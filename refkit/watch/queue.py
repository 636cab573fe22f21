"""The files of `refkit watch`: the queue in which entries wait, the state that tells what was seen, and their lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from refkit.digests.streams import Item, TitlesFormat, read_item
from refkit.errors import ConfigError, WriteConflict, WriteError
from refkit.files import replace_unchanged, write_atomic
from refkit.lock import key_of
from refkit.model import Mention
from refkit.watch.state import State, Waiting, line_of, parse_state, state_text


class Queue:
    """The entries that wait, a line of JSON each, one file for each watched thing; read when it is made.

    Without `keep` nothing is written. Raises DigestError, with file and line, for a line that cannot be read, and
    ConfigError for a file that cannot be opened.
    """

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        self.folder = folder
        self._keep = keep
        self._before = {path: _bytes_of(path) for path in sorted(folder.glob("*.jsonl"))}
        self._lines = {path: _lines_of(path, data) for path, data in self._before.items()}
        self.waiting = self._waiting()

    def _waiting(self) -> list[Waiting]:
        return [
            _read(str(path), number, text)
            for path, lines in self._lines.items()
            for number, text in enumerate(lines, start=1)
            if text.strip()
        ]

    def put(self, file: str, mentions: Iterable[Mention], *, without: Collection[int] = ()) -> int:
        """Add entries to a file, each once in the whole queue, in the place of these lines; return how many are new."""
        mentions = list(mentions)
        if not mentions:
            return 0
        path = self.folder / file
        lines = [text for number, text in enumerate(self._lines.get(path, []), start=1) if number not in without]
        held = {key_of(each.mention) for each in self.waiting if (each.path, each.line in without) != (str(path), True)}
        added = 0
        for mention in mentions:
            text = line_of(mention)
            key = key_of(_read(str(path), len(lines) + 1, text).mention)
            if key not in held:
                held.add(key)
                lines.append(text)
                added += 1
        if lines or path in self._lines:
            self._lines[path] = lines
        self.waiting = self._waiting()
        return added

    def drop(self, done: Iterable[Waiting]) -> None:
        """Take lines away, as they stood before this call."""
        gone = {(each.path, each.line) for each in done}
        for path, lines in self._lines.items():
            self._lines[path] = [text for number, text in enumerate(lines, 1) if (str(path), number) not in gone]
        self.waiting = self._waiting()

    def save(self) -> None:
        """Write the files that changed; one in which nothing waits is removed.

        Raises WriteConflict if somebody edited one meanwhile, WriteError with the remedy.
        """
        if not self._keep:
            return
        for path, lines in self._lines.items():
            data = "".join(f"{line}\n" for line in lines if line.strip()).encode()
            if data != self._before.get(path, b""):
                self._write(path, data)
                self._before[path] = data
        self._lines = {path: _lines_of(path, data) for path, data in self._before.items() if data}
        self._before = {path: data for path, data in self._before.items() if data}
        self.waiting = self._waiting()

    def _write(self, path: Path, data: bytes) -> None:
        before = self._before.get(path)
        try:
            if data and before is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                write_atomic(path, data.decode())
            elif data and before is not None:
                replace_unchanged(path, before, data)
            elif path.read_bytes() == before:
                path.unlink()
            else:
                raise WriteConflict(f"{path} was changed by another program meanwhile; run it again.")
        except OSError as error:
            raise WriteError(f"{path} could not be written ({error.strerror}); correct its permissions.") from error


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); correct its permissions.") from error


def _lines_of(path: Path, data: bytes) -> list[str]:
    try:
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; save it as UTF-8, or take the line away.") from error


def _read(path: str, number: int, text: str) -> Waiting:
    return Waiting(path, number, text, read_item(Item(number, text), TitlesFormat(path, "jsonl")))


def read_state(path: Path) -> State:
    """Return what earlier runs have seen; nothing if there is no file. Raises ConfigError as `parse_state`."""
    try:
        return parse_state(path.read_bytes(), path)
    except FileNotFoundError:
        return State()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); correct its permissions.") from error


def write_state(path: Path, state: State) -> None:
    """Write what was seen, whole or not at all. Raises WriteError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WriteError(f"{path.parent} cannot be made ({error.strerror}); name another file by --state.") from error
    write_atomic(path, state_text(state))


@contextmanager
def held(paths: Sequence[Path], what: str) -> Iterator[None]:
    """Hold these lock files while the block runs. Raises WriteError at once if another run has one of them."""
    from filelock import FileLock, Timeout  # 20 ms, only where there is work

    with ExitStack() as stack:
        for path in sorted(set(paths)):
            try:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                stack.enter_context(FileLock(path, timeout=0))
            except Timeout as error:
                raise WriteError(
                    f"Another `refkit watch` works with {what}; this one did nothing. Wait until it has finished."
                ) from error
            except OSError as error:
                raise WriteError(f"{path} cannot be written ({error.strerror}); correct its permissions.") from error
        yield
