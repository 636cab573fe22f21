"""The same work on many portions, whose results come back in their order: here, in processes, or on a Dask cluster.

Only so many portions are on their way that memory stays small; what is done to one must depend on nothing else, so that
it can be done once more where a machine was lost.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import uuid4

from refkit.errors import RefkitError, SourceUnavailable, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

# Portions on their way for each process, so that none is idle and memory stays bounded.
_AHEAD = 3
# How long a cluster may take to answer, and to have its first worker, in seconds.
_PATIENCE = 30.0
# How often it is looked how many workers there are, in seconds.
_RECOUNT = 5.0

_Note = TypeVar("_Note")
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_Made_co = TypeVar("_Made_co", covariant=True)
Work = Callable[[bytes], bytes]


class _Pending(Protocol[_Made_co]):
    """A result to come."""

    def result(self) -> _Made_co:
        """Wait for it."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(
    work: Callable[[_Given], _Made], portions: Iterator[tuple[_Note, _Given]], processes: int, *, doing: str, then: str
) -> Iterator[tuple[_Note, _Made]]:
    """Yield what comes of each portion, with its note, in their order; one portion alone is not worth a process.

    `work` must be a function of a module (or a `partial` of one) and may raise errors of refkit. Raises
    SourceUnavailable if a process is killed: one that was `doing` this, and `then` tells what the user can do.
    """
    ahead = [portion for portion in (next(portions, None), next(portions, None)) if portion]
    if processes <= 1 or len(ahead) <= 1:
        for note, data in chain(ahead, portions):
            yield note, work(data)
        return
    # `spawn`: a fork would copy the threads of a progress bar, and locks that they hold.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin)
    try:
        with _deaf():
            for _ in range(processes):
                pool.submit(int)  # each call starts a process, as long as none is idle
        yield from _in_order(chain(ahead, portions), lambda data: pool.submit(work, data), lambda: processes * _AHEAD)
    except BrokenProcessPool as error:
        raise SourceUnavailable(
            f"A process that {doing} was ended from outside, perhaps for want of memory; {then}, with fewer processes "
            "if you name them with --jobs. (A script that calls refkit must do so below `if __name__ == "
            '"__main__":`.)'
        ) from error
    except BaseException:  # also Ctrl-C, or a caller that wants no more: what is under way is for nobody
        _kill(pool)
        raise
    finally:
        with _deaf():
            pool.shutdown(cancel_futures=True)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once (from Python 3.14 on it can do that itself)."""
    for process in tuple((pool._processes or {}).values()):  # noqa: SLF001
        process.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Let Ctrl-C wait until this is over; processes that are started meanwhile do not hear it at all."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the process that was started by a person, and end when it does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _in_order(
    portions: Iterator[tuple[_Note, _Given]], submit: Callable[[_Given], _Pending[_Made]], room: Callable[[], int]
) -> Iterator[tuple[_Note, _Made]]:
    """Yield the results in order; there are never more on their way than there is room for."""
    waiting: deque[tuple[_Note, _Pending[_Made]]] = deque()
    for note, data in portions:
        while len(waiting) >= room():
            done, pending = waiting.popleft()
            yield done, pending.result()
        waiting.append((note, submit(data)))
    while waiting:
        done, pending = waiting.popleft()
        yield done, pending.result()


def on_cluster(
    work: Work,
    portions: Iterator[tuple[_Note, bytes]],
    scheduler: str,
    *,
    check: Callable[[], None],
    patience: float = _PATIENCE,
) -> Iterator[tuple[_Note, bytes]]:
    """Yield the same as `in_processes`, worked out on the Dask cluster whose scheduler has this address.

    What a lost worker had is done by another one. Each worker is asked first to `check` whether it can do the work.
    Raises UsageError if a worker cannot, for a wrong address, or without the extra `dask`; SourceUnavailable if
    scheduler or workers are not there within `patience` seconds, or are lost.
    """
    with _connected(scheduler, patience) as client:
        _check_workers(client, check)
        cluster = _Cluster(client, scheduler, work)
        try:
            yield from _in_order(portions, cluster.submit, cluster.room)
        finally:
            cluster.forget()


@contextmanager
def _connected(scheduler: str, patience: float) -> Iterator[Client]:
    try:
        from distributed import Client  # half a second, only where a cluster is asked
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise UsageError("A cluster needs the library distributed: pip install 'refkit[dask]'.") from error
    try:
        get_address_host_port(scheduler, strict=True)
    except ValueError as error:
        raise UsageError(
            f"{scheduler!r} is not the address of a Dask scheduler ({error}); it looks like tcp://10.0.0.1:8786."
        ) from error
    with _quiet():
        try:
            client = Client(scheduler, timeout=patience, set_as_default=False)
        except OSError as error:  # also when time is up
            raise SourceUnavailable(
                f"The Dask scheduler {scheduler} gives no answer; start it (`dask scheduler`), or correct the address."
            ) from error
        try:
            _await_worker(client, scheduler, patience)
            yield client
        finally:
            client.close(timeout=patience)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the library not print what is told in a sentence."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _await_worker(client: Client, scheduler: str, patience: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        raise SourceUnavailable(
            f"The Dask scheduler {scheduler} has no workers; start some (`dask worker {scheduler}`)."
        ) from error


def _check_workers(client: Client, check: Callable[[], None]) -> None:
    for worker, problem in client.run(_problem, check, on_error="return").items():
        if isinstance(problem, OSError) or not problem:
            continue  # it is fit, or it went away while it was asked, and others do its part
        if isinstance(problem, str):
            raise UsageError(f"The Dask worker {worker} cannot do the work: {problem}")
        raise UsageError(
            f"The Dask worker {worker} cannot do the work: {problem}; it must have the same version of refkit as here."
        )


def _problem(check: Callable[[], None]) -> str:
    """Return why a worker cannot do the work, as text: what the library makes of an error may not arrive."""
    try:
        check()
    except RefkitError as error:
        return str(error)
    return ""


def _answer(work: Work, data: bytes) -> tuple[str, int, bytes]:
    """Return what comes of a portion, or the sentence and the exit code of the error that it came to."""
    try:
        return "", 0, work(data)
    except RefkitError as error:
        return f"A Dask worker ({socket.gethostname()}) could not do the work: {error}", error.exit_code, b""


class _Cluster:
    """Portions on their way on a cluster. Their names are new in each run: nothing is taken of another one."""

    def __init__(self, client: Client, scheduler: str, work: Work) -> None:
        self._client = client
        self._scheduler = scheduler
        self._work = work
        self._run = f"refkit-{uuid4().hex}"
        self._count = 0
        self._room = 0
        self._counted = 0.0
        self._waiting: dict[str, Future[tuple[str, int, bytes]]] = {}

    def submit(self, data: bytes) -> _Pending[bytes]:
        self._count += 1
        name = f"{self._run}-{self._count}"
        self._waiting[name] = self._client.submit(_answer, self._work, data, key=name, pure=False)
        return _Remote(self, name)

    def room(self) -> int:
        """Return how many portions may be on their way: workers come and go."""
        now = time.monotonic()
        if not self._room or now - self._counted > _RECOUNT:
            threads = sum(self._client.nthreads().values())
            self._room, self._counted = max(threads, 1) * _AHEAD, now
        return self._room

    def take(self, name: str) -> bytes:
        """Wait for a result and let the cluster forget it."""
        from distributed import KilledWorker  # as above

        try:
            sentence, code, result = self._waiting[name].result()
        except KilledWorker as error:
            raise SourceUnavailable(
                f"Several workers of the Dask scheduler {self._scheduler} were lost over the same titles, perhaps for "
                "want of memory (their logs tell); give each more of it, and the same command goes on from there."
            ) from error
        except ImportError as error:
            raise UsageError(
                f"A Dask worker lacks refkit ({error}); install the same version there as here."
            ) from error
        except (CancelledError, OSError) as error:
            raise SourceUnavailable(
                f"The Dask scheduler {self._scheduler} was lost; the same command goes on from there when it is back."
            ) from error
        del self._waiting[name]
        if sentence:
            raise SourceUnavailable(sentence) if code == SourceUnavailable.exit_code else UsageError(sentence)
        return bytes(result)

    def forget(self) -> None:
        """Let the cluster not work for nobody."""
        if self._waiting and self._client.status == "running":
            self._client.cancel(list(self._waiting.values()), force=True)


class _Remote:
    """A result to come of a cluster."""

    def __init__(self, cluster: _Cluster, name: str) -> None:
        self._cluster = cluster
        self._name = name

    def result(self) -> bytes:
        return self._cluster.take(self._name)
