"""One run of the Zotero writer: collections, then items, then their notes and attachments, in batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from refkit.errors import SourceError, WriteError, WriteRefused, WriteUnavailable
from refkit.model import Op, Report, Work
from refkit.pace import Clock
from refkit.writers.zotero import settle
from refkit.writers.zotero.backend import BATCH, Backend, Kind
from refkit.writers.zotero.items import split_path
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.places import PENDING, Places, new_collection
from refkit.writers.zotero.plan import Child, ItemChange
from refkit.writers.zotero.state import Entry, State

Progress = Callable[[int, int], None]
Download = Callable[[str], bytes]
# A change by its place in the plan, and how often it was tried.
_Try = tuple[int, ItemChange, int]
# How often an item that keeps changing under our hands is planned again in one run.
_ROUNDS = 4
_AGAIN = frozenset({settle.STALE, settle.LOST})
_THERE = frozenset({settle.DONE, settle.KEPT, settle.STALE})  # of an object under a key that only refkit makes
CHANGED = "it has changed in Zotero since the plan was made, so it was left alone; plan again"
SILENT = "Zotero took none of several tries to write; run the same command again later"
RESTLESS = "it kept changing in Zotero while it was written, so it was left alone; run the same command again"


class Done(Struct, kw_only=True):
    """What a run has done so far: changes by their place in the plan, and in words what failed."""

    done: dict[int, ItemChange] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


class Owner(Protocol):
    """What a run needs of the writer whose run it is: the library, what is known of it, and to plan and send anew."""

    backend: Backend
    state: State
    mirror: Mirror
    clock: Clock
    exact: bool

    @property
    def library_name(self) -> str:
        """What the library is called."""

    def refresh(self) -> None:
        """Read what changed in the library."""

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        """Return what is to be done for works, as the library is now."""

    def places(self) -> Places:
        """Return the collections of the library."""

    def send(self, sync: int, kind: Kind, entries: Sequence[Entry]) -> list[Entry]:
        """Write entries that go into the journal first, and return them with what became of each."""


class Run:
    """One run of `apply`; it begins when it is made."""

    def __init__(self, writer: Owner, steps: Sequence[ItemChange]) -> None:
        self._writer = writer
        self._steps = dict(enumerate(steps))
        self._result = Done()
        self._total = sum(step.writes for step in steps)
        self._sync = writer.state.begin("sync", writer.clock.now())

    def go(self, progress: Progress, download: Download | None) -> Report:
        """Write everything, and return what came of it.

        Raises WriteRefused if Zotero wants nothing of it; what is refused half way is reported.
        """
        writer = self._writer
        outage = refusal = ""
        try:
            self._make_collections()
            self._write_items(progress)
            self._write_children(download)
        except WriteUnavailable as error:
            outage = str(error)
        except WriteRefused as error:
            if not self._result.done:
                raise
            refusal = str(error)
        finally:
            writer.state.end(self._sync, writer.clock.now(), self._in_words())
        return self._report(outage, refusal)

    def _in_words(self) -> str:
        count = {op: sum(step.op is op for step in self._result.done.values() if step.writes) for op in Op}
        return f"{count[Op.CREATE]} created, {count[Op.UPDATE]} updated, {len(self._result.failed)} failed"

    def _report(self, outage: str, refusal: str) -> Report:
        """Return what was done and what not, in the order of the plan."""
        done, failed = [], []
        for number, step in self._steps.items():
            if number in self._result.failed:
                failed.append((step, self._result.failed[number]))
            elif number in self._result.done or not step.writes:
                done.append(self._result.done.get(number, step))
            else:
                failed.append((step, outage or refusal))
        return Report(
            done=tuple(done),
            failed=tuple(failed),
            outage=outage,
            lacking=(*self._result.lacking, *([refusal] if refusal and not failed else [])),
        )

    def _deliver(self, kind: Kind, entries: Sequence[Entry]) -> list[Entry]:
        """Send objects until each is there or refused: one that got lost on the way is sent again."""
        results = self._writer.send(self._sync, kind, entries)
        for _ in range(_ROUNDS):
            lost = [number for number, entry in enumerate(results) if entry.outcome == settle.LOST]
            if not lost:
                break
            again = self._writer.send(self._sync, kind, [replace(results[number], outcome="") for number in lost])
            for number, entry in zip(lost, again, strict=True):
                results[number] = entry
        if any(entry.outcome == settle.LOST for entry in results):
            raise WriteUnavailable(SILENT)
        return results

    # Collections

    def _make_collections(self) -> None:
        places = self._writer.places()
        pending = [key.removeprefix(PENDING) for step in self._steps.values() for key in _pending(step)]
        missing = list(dict.fromkeys(path for each in dict.fromkeys(pending) for path in places.missing(each)))
        for depth in sorted({len(split_path(path)) for path in missing}):
            level = [path for path in missing if len(split_path(path)) == depth]
            for start in range(0, len(level), BATCH):
                self._make(places, level[start : start + BATCH])

    def _make(self, places: Places, paths: Sequence[str]) -> None:
        writer = self._writer
        entries = []
        for path in paths:
            parent = places.parent_of(path)
            if parent is None:
                continue  # the one above it was not made, as was said
            data = new_collection(path, parent, writer.library_name, own_key=writer.backend.client_keys)
            entries.append(Entry(role="collection", op="create", key=data.get("key", ""), data=data, path=path))
        delivered = self._deliver("collections", entries) if entries else []
        # STALE: the key exists, so an earlier run made it, and the user renamed, moved or trashed it since.
        stale = any(entry.outcome == settle.STALE for entry in delivered)
        trashed = {row["key"] for row in writer.backend.collections() if row.get("deleted")} if stale else set()
        for entry in delivered:
            if entry.outcome not in _THERE:
                self._result.lacking.append(f"the collection {entry.path} was not made: {entry.outcome}")
            elif entry.key in trashed:
                self._result.lacking.append(f"the collection {entry.path} is in Zotero's trash; restore it there")
            else:
                places.add(entry.path, {**entry.data, "key": entry.key})
                writer.state.remember_paths({entry.path: entry.key})

    # Items

    def _write_items(self, progress: Progress) -> None:
        queue = deque((number, step, 1) for number, step in self._steps.items() if step.writes)
        while queue:
            batch = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
            batch = [each for each in batch if self._is_to_send(each[0], each[1])]
            if not batch:
                continue
            entries = self._writer.send(self._sync, "items", [self._entry(step) for _, step, _ in batch])
            stale = [(each, entry) for each, entry in zip(batch, entries, strict=True) if entry.outcome in _AGAIN]
            for (number, step, _), entry in zip(batch, entries, strict=True):
                self._note(number, step, entry)
            queue.extend(self._again(stale))
            progress(len(self._result.done) + len(self._result.failed), self._total)

    def _is_to_send(self, number: int, step: ItemChange) -> bool:
        """Whether anything is sent of an item itself; one that lacks only children, or a collection, is settled."""
        if not step.data:
            self._writer.state.remember([step.base] if step.base else [])
            self._result.done[number] = step
        elif step.data.keys() == {"collections"} and step.op is Op.UPDATE:
            new = [key for key in step.data["collections"] if key.startswith(PENDING)]
            if new and len(new) > len(self._placed(new)):
                self._result.failed[number] = f"the collection {new[0].removeprefix(PENDING)} was not made"
        return number not in self._result.done and number not in self._result.failed

    def _note(self, number: int, step: ItemChange, entry: Entry) -> None:
        if entry.outcome in {settle.DONE, settle.KEPT}:
            self._result.done[number] = replace(step, base=entry.base, key=entry.key)
        elif entry.outcome not in _AGAIN:
            self._result.failed[number] = entry.outcome

    def _entry(self, step: ItemChange) -> Entry:
        data = {**step.data}
        if "collections" in data:
            data["collections"] = self._placed(data["collections"])
        base = step.base
        if base:
            base = replace(base, collections=tuple(self._placed(base.collections)), undone=False)
        own = step.op is not Op.CREATE or self._writer.backend.client_keys
        item = self._writer.mirror.items.get(step.key, {})
        return Entry(
            role="item",
            op=step.op.value,
            key=step.key if own else "",
            data={**({"key": step.key, "version": step.version} if own else {}), **data},
            arxiv_id=step.work.record.arxiv_id,
            version=step.version,
            before={name: item.get(name) for name in step.data} if step.op is not Op.CREATE else {},
            base=base,
        )

    def _placed(self, keys: Iterable[str]) -> list[str]:
        """Return keys of collections with the pending ones looked up; one that could not be made is left out."""
        places = self._writer.places()
        found = [places.key_of(key.removeprefix(PENDING)) if key.startswith(PENDING) else key for key in keys]
        return list(dict.fromkeys(key for key in found if key))

    def _again(self, open_ones: Sequence[tuple[_Try, Entry]]) -> Iterator[_Try]:
        """Plan anew what changed under our hands; what got lost on the way is planned anew too, to see that it did.

        Raises WriteUnavailable if something gets lost again and again.
        """
        if any(rounds >= _ROUNDS and entry.outcome == settle.LOST for (_, _, rounds), entry in open_ones):
            raise WriteUnavailable(SILENT)
        if self._writer.exact:
            changed = [number for (number, _, _), entry in open_ones if entry.outcome == settle.STALE]
            self._result.failed.update(dict.fromkeys(changed, CHANGED))
            lost = [each for each, entry in open_ones if entry.outcome == settle.LOST]
            yield from ((number, step, rounds + 1) for number, step, rounds in lost)
        elif open_ones:
            self._writer.refresh()
            self._keep_ours([entry for _, entry in open_ones])
            planned = self._writer.plan(step.work for (_, step, _), _ in open_ones)
            new = {step.work.record.arxiv_id: step for step in planned}
            for (number, step, rounds), _ in open_ones:
                yield from self._planned_anew(number, new[step.work.record.arxiv_id], rounds)

    def _keep_ours(self, entries: Sequence[Entry]) -> None:
        """Put down as done what a first try made of which the answer was lost, and that a second try found there."""
        there = {entry.key: self._writer.mirror.items.get(entry.key, {}) for entry in entries if not entry.version}
        ours = [
            replace(entry, outcome="", new_version=there[entry.key]["version"])
            for entry in entries
            if there.get(entry.key) and there[entry.key].get("accessDate") == entry.data.get("accessDate")
        ]
        if ours:
            now = self._writer.clock.now()
            write = self._writer.state.send(self._sync, "items", "", ours, now)
            self._writer.state.settle(write, [replace(entry, outcome=settle.KEPT) for entry in ours])

    def _planned_anew(self, number: int, step: ItemChange, rounds: int) -> Iterator[_Try]:
        if step.writes and rounds < _ROUNDS:
            yield number, step, rounds + 1
        elif step.writes:
            self._result.failed[number] = RESTLESS
        else:
            self._writer.state.remember([step.base] if step.base else [])
            self._result.done[number] = step

    # Notes and attachments

    def _write_children(self, download: Download | None) -> None:
        todo = [(number, child) for number, step in self._result.done.items() for child in step.children]
        files = [each for each in todo if each[1].is_file]
        light = [each for each in todo if not each[1].is_file]
        for start in range(0, len(light), BATCH):
            self._send_children(light[start : start + BATCH])
        for number, child in files:
            self._attach(number, child, download)

    def _send_children(self, batch: Sequence[tuple[int, Child]]) -> list[Entry]:
        entries = self._deliver("items", [self._child(self._result.done[number], child) for number, child in batch])
        self._bring_back([entry for entry in entries if entry.outcome == settle.STALE and entry.role != "file"])
        for (number, child), entry in zip(batch, entries, strict=True):
            if entry.outcome not in _THERE:
                self._lacks(number, f"its {child.role} was not made: {entry.outcome}")
        return entries

    def _bring_back(self, entries: Sequence[Entry]) -> None:
        """Remember notes and links that an earlier run made; take back from the trash what an undo has put there."""
        if not entries:
            return
        there = {item["key"]: item for item in self._writer.backend.get([entry.key for entry in entries])}
        undone = self._writer.state.trashed()
        trashed = []
        for entry in entries:
            item = there.get(entry.key, {})
            if item.get("deleted") and entry.key in undone:
                data = {"key": entry.key, "version": item["version"], "deleted": 0}
                trashed.append(replace(entry, op="update", data=data, version=item["version"], outcome=""))
            else:
                self._writer.state.remember_child(entry.parent, entry.role, entry.key)
        if trashed:
            self._deliver("items", trashed)

    def _child(self, step: ItemChange, child: Child) -> Entry:
        own = {"key": child.key, "version": 0} if child.key else {}
        return Entry(
            role="file" if child.is_file else child.role,
            op="create",
            key=child.key,
            data={**own, **child.data, "parentItem": step.key},
            arxiv_id=step.work.record.arxiv_id,
            parent=step.key,
        )

    def _attach(self, number: int, child: Child, download: Download | None) -> None:
        """Download a PDF, then make its attachment and give it the file: a download that fails leaves nothing there."""
        step = self._result.done[number]
        name = f"{step.work.record.arxiv_id.replace('/', '_')}.pdf"
        try:
            content = download(str(child.data["url"])) if download else b""
            (entry,) = self._send_children([(number, child)])
            if entry.outcome in _THERE:
                self._writer.backend.attach_file(entry.key, name, content)
                self._writer.state.remember_child(step.key, child.role, entry.key)
        except (WriteError, SourceError) as error:
            self._lacks(number, f"its PDF was not attached: {error}")

    def _lacks(self, number: int, text: str) -> None:
        self._result.lacking.append(f"arXiv:{self._steps[number].work.record.arxiv_id}: {text}")


def _pending(step: ItemChange) -> list[str]:
    return [key for key in step.data.get("collections", ()) if key.startswith(PENDING)]
