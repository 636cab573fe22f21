"""The Zotero writer: reads a library once, plans, and writes in batches of which each is on the disk before it is sent.

The order of a run: settle what an interrupted run left open (`settle.py`), read what changed, plan (`plan.py`, pure),
make missing collections, write items, then their notes and attachments. Every object that a server refuses because it
changed meanwhile is read and planned again, never overwritten.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.model import Change, Report, Work
from refkit.pace import Clock
from refkit.writers.zotero import settle
from refkit.writers.zotero.backend import Backend, Kind, Outcome, Written
from refkit.writers.zotero.backend import State as Happened
from refkit.writers.zotero.items import Options, api_time
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.places import Places
from refkit.writers.zotero.plan import ItemChange, Library, plan
from refkit.writers.zotero.run import Download, Progress, Run
from refkit.writers.zotero.state import Entry, State


class ZoteroWriter:
    """Writes works to one library.

    `state` and `mirror` belong to the library that `backend` leads to. `download` fetches a PDF (for `pdf="file"`) and
    raises WriteError. `exact` refuses what has changed since the plan instead of planning it again.
    """

    name = "zotero"

    def __init__(
        self,
        backend: Backend,
        state: State,
        mirror: Mirror,
        options: Options | None = None,
        *,
        clock: Clock | None = None,
        progress: Progress | None = None,
        download: Download | None = None,
        exact: bool = False,
    ) -> None:
        self.backend = backend
        self.state = state
        self.mirror = mirror
        self.options = options or Options()
        self.clock = clock or Clock()
        self.exact = exact
        self._progress = progress or (lambda _done, _total: None)
        self._download = download
        self._places: Places | None = None
        self._fresh = False

    @property
    def library_name(self) -> str:
        """What tells this library from others in the keys that refkit makes."""
        target = self.backend.target
        return f"{target.kind}/{target.id}"

    def close(self) -> None:
        """Let go of files and connections."""
        self.state.close()
        self.mirror.close()
        self.backend.close()

    # Reading and planning

    def refresh(self) -> None:
        """Read what changed in the library since the last time, and settle by it what an interrupted run left open."""
        # Who makes keys tells what was deleted; else that is found by the keys known here.
        known = () if self.backend.client_keys else self.mirror.items.keys()
        snapshot = self.backend.read(self.mirror.version, known)
        pending = self.state.open_writes()
        if pending and not self.backend.client_keys:
            snapshot = settle.wait_until_quiet(self.backend, snapshot, self.mirror.items.keys(), self.clock)
        self.mirror.update(snapshot.items, snapshot.removed, snapshot.version, whole=snapshot.complete)
        for write in pending:
            settled = settle.by_reading(
                write, self.mirror.items, frozenset(snapshot.removed), self.state.trashed(), self.backend
            )
            self.state.settle(write, settled)
        self._places = None
        self._fresh = True

    def recover(self) -> int:
        """Find out, by sending it again under its token, what reading could not tell of an interrupted run's writes.

        Returns how many writes were settled so. Raises as `Backend.write`.
        """
        if not self.state.open_writes():
            return 0
        self.refresh()
        pending = self.state.open_writes()
        for write in pending:
            self.state.settle(write, settle.by_token(write, self.backend, self.clock.now()))
        self._fresh = not pending
        return len(pending)

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        """Return what would be done, in the order of arXiv ids; writes nothing to the library. Raises WriteError."""
        if not self._fresh:
            self.refresh()
        return plan(works, self._library(), self.options)

    def _library(self) -> Library:
        bases = self.state.bases()
        for write in self.state.open_writes():  # only in a dry run: what may have been written is the user's to change
            bases.update((e.base.key, e.base) for e in write.entries if e.base and e.role == "item" and e.base.key)
        return Library(
            name=self.library_name,
            items=self.mirror.items,
            bases=bases,
            places=self.places(),
            client_keys=self.backend.client_keys,
            now=api_time(self.clock),
        )

    def places(self) -> Places:
        """Return the collections by path, read when they are first wanted."""
        if self._places is None:
            wanted = self.options.collection or self.options.theme_collections
            collections = self.backend.collections() if wanted else []
            self._places = Places(collections, self.state.paths(), recreate=self.options.recreate)
        return self._places

    # Writing

    def apply(self, changes: Sequence[Change]) -> Report:
        """Write the changes of a plan; each failure is told with its change, an outage also in `Report.outage`.

        Raises WriteRefused before anything is sent if the key may not write there, or store the files that are wanted.
        """
        steps = [change for change in changes if isinstance(change, ItemChange)]
        self.state.remember(step.base for step in steps if step.base and not step.writes)
        if not any(step.writes for step in steps):
            return Report(done=tuple(steps))
        self.state.remember_paths(self.places().resolved)
        rights = self.backend.rights()
        if not rights.write:
            raise WriteRefused(rights.reason)
        if not rights.files and any(child.is_file for step in steps for child in step.children):
            raise WriteRefused("The key may not store files; leave --pdf, or make a key that may.")
        try:
            return Run(self, steps).go(self._progress, self._download)
        finally:
            self._fresh = False

    def send(self, sync: int, kind: Kind, entries: Sequence[Entry]) -> list[Entry]:
        """Write at most 50 objects: on the disk first, then to the server; return the entries with their outcomes.

        What an unanswered request has done is found out by reading. Raises WriteUnavailable if that fails, too; then
        the write stays open for the next run.
        """
        write = self.state.send(sync, kind, secrets.token_hex(16), entries, self.clock.now())
        written: Written | None = None
        try:
            written = self.backend.write(kind, [entry.data for entry in entries], write.token)
        except Unanswered:
            settled = settle.after_silence(write, self.backend, self.mirror.items, self.state.trashed(), self.clock)
        except WriteError:  # nothing was carried out
            self.state.settle(write, [replace(entry, outcome=settle.LOST) for entry in write.entries])
            raise
        else:
            settled = _settled(write.entries, written)
        self.state.settle(write, settled)
        if not all(entry.outcome for entry in settled):
            raise WriteUnavailable(settle.BUSY)
        if written:
            self._reflect(kind, settled, written)
        return settled

    def _reflect(self, kind: Kind, entries: Sequence[Entry], written: Written) -> None:
        """Take what was written over into the mirror; its version only if nobody else wrote meanwhile.

        Each processed object bumps the library's version by one (specs/zotero_web_api.md 3): if the answer's is as many
        further, all between is ours. Otherwise the next read brings the others' changes, and ours once more.
        """
        done = [entry for entry in entries if entry.outcome == settle.DONE]
        items = []
        for entry in done if kind == "items" else ():
            if entry.role == "item":
                old = self.mirror.items.get(entry.key, {})
                data = {name: value for name, value in entry.data.items() if name != "deleted"}
                kept = {name: value for name, value in old.items() if name != "deleted" or "deleted" not in entry.data}
                items.append({**kept, **data, "key": entry.key, "version": entry.new_version or entry.version})
                if entry.data.get("deleted"):
                    items[-1]["deleted"] = 1
        # The web also counts an object that was as it should be, the desktop does not (specs/zotero_desktop.md 3).
        counted = {Happened.DONE, Happened.UNCHANGED} if self.backend.client_keys else {Happened.DONE}
        steps = sum(outcome.state in counted for outcome in written.outcomes)
        alone = written.version == self.mirror.version + steps
        self.mirror.update(items, (), written.version if alone else self.mirror.version, whole=False)


def _settled(entries: Sequence[Entry], written: Written) -> list[Entry]:
    return [_settle(entry, outcome) for entry, outcome in zip(entries, written.outcomes, strict=True)]


def _settle(entry: Entry, outcome: Outcome) -> Entry:
    result = settle.outcome_text(entry, outcome)
    key = outcome.key or entry.key
    base = replace(entry.base, key=key) if entry.base and entry.role == "item" else entry.base
    return replace(entry, outcome=result, key=key, base=base, new_version=outcome.version or entry.version)
