"""An opened Zotero library: what the command line and programs use. One at a time, over all processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from msgspec.structs import replace

from refkit.errors import UsageError, WriteConflict, WriteError
from refkit.model import Change, Mention, Report, Work
from refkit.pace import Clock
from refkit.protocols import Notify, silent
from refkit.writers.zotero import planfile
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options, api_time
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.planfile import PlanFile
from refkit.writers.zotero.run import CHANGED
from refkit.writers.zotero.state import State, Sync
from refkit.writers.zotero.tagged import tagged_papers
from refkit.writers.zotero.undo import Step, Undone, last_sync, plan_undo, undo
from refkit.writers.zotero.writer import ZoteroWriter

if TYPE_CHECKING:
    from filelock import FileLock

_LOCK_PATIENCE = 10.0  # seconds to wait for another run on the same library


class Teller:
    """Passes on what is waited for, and how far a run is, to whoever shows it at the moment."""

    def __init__(self, notify: Notify = silent) -> None:
        self._notify = notify
        self._progress: Callable[[int, int], None] = _nothing

    def show(self, notify: Notify, progress: Callable[[int, int], None] | None = None) -> None:
        """Pass it on to these from now on."""
        self._notify = notify
        self._progress = progress or _nothing

    def notify(self, doing: str) -> None:
        """Tell what is waited for."""
        self._notify(doing)

    def progress(self, done: int, total: int) -> None:
        """Tell how far it is."""
        self._progress(done, total)


def _nothing(_done: int, _total: int) -> None:
    pass


class Planner(Protocol):
    """What writes to a library: a `ZoteroWriter`, or the writer over the connector."""

    options: Options
    exact: bool
    state: State

    def recover(self) -> int:
        """Settle what an interrupted run left open."""

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        """Return what would be done."""

    def apply(self, changes: Sequence[Change]) -> Report:
        """Do it."""

    def close(self) -> None:
        """Let go of files and connections."""


class Zotero:
    """One library, held against other runs of refkit until it is closed (use it in a `with` block)."""

    def __init__(
        self, writer: Planner, target: Target, lock_path: Path, teller: Teller, *, clock: Clock | None = None
    ) -> None:
        self._writer = writer
        self.target = target
        self._teller = teller
        self._clock = clock or Clock()
        self._lock = _take(lock_path, target)
        self.show = teller.show

    def papers(self) -> list[Mention]:
        """Return the papers of the library with the tags that its reader gave them, writing nothing there.

        Raises UsageError for the connector, which tells nothing of a library, and WriteUnavailable.
        """
        if not isinstance(self._writer, ZoteroWriter):
            raise UsageError(
                "Through the connector a library cannot be read; use another way (--to web), or export it from Zotero"
                " as BibTeX and name that file."
            )
        self._writer.refresh()
        return tagged_papers(self._writer.mirror.items.values(), self._writer.state.bases())

    def recover(self) -> int:
        """Settle what an interrupted run left open, sending again what is not known to be done; return how much."""
        return self._writer.recover()

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        """Return what would be done with works, one change each; writes nothing to the library."""
        return self._writer.plan(works)

    def apply(self, changes: Sequence[Change]) -> Report:
        """Do what a plan says; items that changed since are planned anew, never overwritten."""
        return self._writer.apply(changes)

    def kept(self, changes: Sequence[ItemChange]) -> PlanFile:
        """Return a plan with all that `apply_plan` needs, when the library is closed and opened again."""
        made = api_time(self._clock)
        return PlanFile(target=self.target, options=self._writer.options, made=made, changes=tuple(changes))

    def save(self, path: Path, changes: Sequence[ItemChange]) -> None:
        """Save a plan for `apply_plan`."""
        planfile.save_plan(path, self.kept(changes))

    def apply_plan(self, plan: PlanFile) -> Report:
        """Do exactly what a saved plan says; what would be planned otherwise today fails with its sentence.

        Raises WriteConflict if the plan was made for another library.
        """
        mine, theirs = (replace(each, name="", slug="") for each in (self.target, plan.target))
        if mine != theirs:
            raise WriteConflict(f"The plan was made for {plan.target.label}, not for {self.target.label}; plan again.")
        self._writer.options = plan.options
        self._writer.exact = True
        self._writer.recover()
        today = self._writer.plan([change.work for change in plan.changes])
        fits, changed = planfile.still_fits(plan.changes, today)
        report = self._writer.apply(fits)
        return replace(report, failed=(*report.failed, *((change, CHANGED) for change in changed)))

    def log(self) -> list[Sync]:
        """Return the runs that wrote to this library, newest first."""
        return self._writer.state.syncs()

    def plan_undo(self) -> tuple[Sync, list[Step]]:
        """Return the last sync that was not undone yet, and how it would be reverted. Raises UsageError."""
        writer = self._undoing()
        writer.recover()
        sync = last_sync(writer)
        return sync, plan_undo(writer, sync)

    def undo(self, sync: Sync, steps: Iterable[Step]) -> Undone:
        """Revert a sync as planned."""
        return undo(self._undoing(), sync, steps)

    def _undoing(self) -> ZoteroWriter:
        if not isinstance(self._writer, ZoteroWriter):
            raise UsageError(
                "What was saved through the connector cannot be taken back by a program; delete it in Zotero"
                " (sorted by 'Date Added' it stands together)."
            )
        return self._writer

    def close(self) -> None:
        """Let other runs have the library."""
        self._writer.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take(path: Path, target: Target) -> FileLock:
    from filelock import FileLock, Timeout  # only where something is written

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(path, timeout=_LOCK_PATIENCE)
        lock.acquire()
    except Timeout as error:
        raise WriteError(f"Another refkit is working with {target.label}; wait until it has finished.") from error
    except OSError as error:
        raise WriteError(f"{path} cannot be written ({error.strerror}); correct its permissions.") from error
    return lock
