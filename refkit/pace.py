"""Taking turns at a service: one request at a time and a pause after each answer, across all processes of a user.

arXiv's terms of use ask for at most one request every three seconds and one connection at a time, summed over all that
one controls; so the pace lives in a file that every refkit of this user reads, guarded by a lock on another.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from refkit.errors import SourceUnavailable
from refkit.protocols import Notify

if TYPE_CHECKING:
    from filelock import FileLock

# A longer pause is not waited for: the user is told when to come back. Back-off alone (2 min + jitter) stays below.
LONGEST_WAIT = 300.0
# A pause beyond this can only be a clock that was set back, not something that a service asked for.
_LONGEST_PAUSE = 24 * 3600.0
# How often a wait is told of, and an interrupt noticed.
_TICK = 1.0


class Clock(msgspec.Struct, frozen=True):
    """The time in seconds since the epoch, and waiting; tests hand in another one."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def today(self) -> dt.datetime:
        """Return the time as a datetime in UTC."""
        return dt.datetime.fromtimestamp(self.now(), dt.UTC)


class Turn:
    """One request's turn; `pause` seconds after its end, at least the interval, nobody else has one."""

    def __init__(self, pause: float) -> None:
        self.pause = pause


class Gate:
    """Gives turns at one service, named by its host, to all processes that share the folder.

    `interval` is in seconds, counted from the end of one request to the start of the next.
    """

    def __init__(self, folder: Path, host: str, interval: float, *, clock: Clock | None = None) -> None:
        self._path = folder / f"{host}.json"
        self._lock_path = folder / f"{host}.lock"
        self._interval = interval
        self._clock = clock or Clock()
        self._lock: FileLock | None = None

    @contextmanager
    def turn(self, notify: Notify) -> Iterator[Turn]:
        """Wait for a turn, telling `notify` what is waited for, and hold it while the block runs.

        Raises SourceUnavailable if the service wants a pause longer than `LONGEST_WAIT`, or if the folder cannot be
        written.
        """
        while True:
            self._wait(notify)
            with self._locked(notify):
                if self._remaining() > 0 or self._is_unclear():
                    continue  # another process was quicker, or was killed while it asked
                turn = Turn(self._interval)
                self._write(None)
                try:
                    yield turn
                finally:
                    self._write(self._clock.now() + min(max(turn.pause, self._interval), _LONGEST_PAUSE))
                return

    def _wait(self, notify: Notify) -> None:
        """Wait outside the lock, so that the processes that wait get their turns in any order."""
        while (rest := self._remaining()) > 0:
            if rest > LONGEST_WAIT:
                when = time.strftime("%H:%M", time.localtime(self._clock.now() + rest))
                raise SourceUnavailable(f"it asked for a pause until {when}; run the same command again then")
            notify(f"next request in {max(1, round(rest))} s")
            self._clock.sleep(min(_TICK, rest))

    def _remaining(self) -> float:
        """Return the seconds until the next request is allowed; 0 or less: now, or to be seen under the lock."""
        free_at = self._read()
        if free_at is None:
            return 0.0
        rest = free_at - self._clock.now()
        return rest if rest <= _LONGEST_PAUSE else 0.0

    def _is_unclear(self) -> bool:
        """Whether the end of the last request is unknown; under the lock, it is over, and a full interval begins."""
        free_at = self._read()
        if free_at is not None and free_at - self._clock.now() <= _LONGEST_PAUSE:
            return False
        self._write(self._clock.now() + self._interval)
        return True

    def _read(self) -> float | None:
        """Return when the next request is allowed; None while one runs, or if the file does not tell."""
        try:
            return float(json.loads(self._path.read_bytes())["free_at"])
        except FileNotFoundError:
            return 0.0
        except OSError as error:
            raise self._unwritable(error) from error
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None

    def _write(self, free_at: float | None) -> None:
        try:
            self._path.write_text(json.dumps({"free_at": free_at}), encoding="ascii")
        except OSError as error:
            raise self._unwritable(error) from error

    def _file_lock(self) -> FileLock:
        if self._lock is None:
            from filelock import FileLock  # 20 ms, only where a service is asked

            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._unwritable(error) from error
            self._lock = FileLock(self._lock_path)
        return self._lock

    @contextmanager
    def _locked(self, notify: Notify) -> Iterator[None]:
        from filelock import Timeout

        lock = self._file_lock()
        while True:
            try:
                lock.acquire(timeout=_TICK)
                break
            except Timeout:
                notify("waiting for another refkit that is asking")
            except OSError as error:
                raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _unwritable(self, error: OSError) -> SourceUnavailable:
        return SourceUnavailable(
            f"the folder {self._path.parent}, which keeps the pace of requests, cannot be used "
            f"({error.strerror or error}); correct its permissions or set XDG_STATE_HOME to another one"
        )
