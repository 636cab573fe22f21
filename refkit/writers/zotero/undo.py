"""Reverting a sync: what it created goes to the trash, what it changed goes back, what the user touched since stays."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from refkit.errors import UsageError, WriteRefused, WriteUnavailable
from refkit.writers.zotero import settle
from refkit.writers.zotero.backend import BATCH, Data
from refkit.writers.zotero.merge import Base, same, tag_names
from refkit.writers.zotero.shelf import arxiv_ids
from refkit.writers.zotero.state import Entry, Sync
from refkit.writers.zotero.writer import ZoteroWriter

# What programs and the server set by themselves: no sign that a person changed an item.
_NOT_THE_USERS = frozenset(
    "key version dateAdded dateModified relations deleted numChildren citationKey md5 mtime charset filename".split()
)
NOTHING = "There is no sync to undo in this library; `refkit log` lists them."


class Undone(Struct, frozen=True, kw_only=True):
    """What an undo did: titles of what went to the trash and of what was restored; what was left, with the reason."""

    sync: Sync
    trashed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    outage: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One object to revert: what is sent of it (nothing: it is left, and `why` says why), what is remembered then."""

    entry: Entry
    title: str
    data: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    base: Base | None = None
    why: str = ""


def last_sync(writer: ZoteroWriter) -> Sync:
    """Return the newest sync that was not undone yet. Raises UsageError if there is none."""
    syncs = writer.state.syncs()
    undone = {sync.undoes for sync in syncs if sync.kind == "undo"}
    for sync in syncs:
        if sync.kind == "sync" and sync.id not in undone and any(_done(writer, sync)):
            return sync
    raise UsageError(NOTHING)


def _done(writer: ZoteroWriter, sync: Sync) -> Iterator[Entry]:
    for write in writer.state.writes(sync.id):
        for entry in write.entries:
            if entry.outcome in {settle.DONE, settle.KEPT} and entry.role != "collection":
                yield entry


def plan_undo(writer: ZoteroWriter, sync: Sync) -> list[Step]:
    """Return how a sync would be reverted, one step an object; only reads. Raises WriteError."""
    entries = list(_done(writer, sync))
    # Of an item that was written several times, the first entry knows what stood there before.
    items: dict[str, list[Entry]] = {}
    for entry in entries:
        items.setdefault(entry.key, []).append(entry)
    now = {str(item["key"]): item for item in writer.backend.get(list(items))}
    files = [key for key, each in items.items() if each[0].role == "file" and key in now]
    annotated = frozenset(key for key in files if writer.backend.children(key))
    reverting = _Reverting(writer.state.bases(), now, items, annotated)
    steps = [step for key in items if (step := reverting.step(key))]
    trashed = {step.entry.key for step in steps if step.data.get("deleted")}
    return [step for step in steps if step.entry.data.get("parentItem") not in trashed]  # they go with their items


class _Reverting:
    def __init__(
        self,
        bases: Mapping[str, Base],
        now: Mapping[str, Data],
        entries: Mapping[str, Sequence[Entry]],
        annotated: frozenset[str],
    ) -> None:
        self._bases = bases
        self._now = now
        self._entries = entries
        self._annotated = annotated
        self._created = {key for key, each in entries.items() if each[0].role == "item" and not each[0].version}

    def step(self, key: str) -> Step | None:
        entries = self._entries[key]
        first, last = entries[0], entries[-1]
        item = self._now.get(key)
        if first.role != "item":
            return self._child(first, item)
        title = str((item or first.data).get("title") or key)
        if item is None:
            return Step(entry=first, title=title, why="you deleted it for good")
        if key in self._created:
            return self._trash(first, last, item, title)
        return self._restore(entries, item, title)

    def _trash(self, first: Entry, last: Entry, item: Data, title: str) -> Step:
        if item.get("deleted"):
            return Step(entry=first, title=title, why="it is in the trash already")
        sent = {**first.data, **last.data}
        # Of a write that was found to be done only later, the version may be the user's.
        why = "" if _is_untouched(last, item) else _changes(item, sent)
        why = why or self._touched_children(first.key, item)
        if why:
            return Step(entry=first, title=title, why=why)
        base = self._bases.get(first.key)
        return Step(
            entry=first,
            title=title,
            data={"deleted": 1},
            version=int(item["version"]),
            base=replace(base, undone=True) if base else None,
        )

    def _touched_children(self, parent: str, item: Data) -> str:
        """Return why the notes and attachments of an item keep it from the trash, "" if they do not."""
        ours = [each[0] for each in self._entries.values() if each[0].data.get("parentItem") == parent]
        there = [entry for entry in ours if entry.key in self._now and not self._now[entry.key].get("deleted")]
        if int(item.get("numChildren") or 0) > len(there):
            return "you added a note or a file to it"
        for entry in there:
            now = self._now[entry.key]
            if _changes(now, entry.data) or entry.key in self._annotated:
                return "you changed or annotated its note or its PDF"
        return ""

    def _child(self, entry: Entry, item: Data | None) -> Step | None:
        parent = str(entry.data.get("parentItem"))
        title = f"the {'note' if entry.role == 'note' else 'PDF'} of {entry.arxiv_id}"
        if parent in self._created:
            return None  # it goes where its item goes
        if item is None or item.get("deleted"):
            return Step(entry=entry, title=title, why="you deleted it")
        why = _changes(item, entry.data) or ("you annotated it" if entry.key in self._annotated else "")
        if why:
            return Step(entry=entry, title=title, why=why)
        return Step(entry=entry, title=title, data={"deleted": 1}, version=int(item["version"]))

    def _restore(self, entries: Sequence[Entry], item: Data, title: str) -> Step:
        first = entries[0]
        sent: dict[str, Any] = {}
        before: dict[str, Any] = {}
        for entry in entries:
            sent |= {name: value for name, value in entry.data.items() if name not in {"key", "version"}}
            before = {**entry.before, **before}
        back: dict[str, Any] = {}
        left = []
        for name, value in sent.items():
            if name == "tags":
                back |= _without_tags(item, value, before.get(name))
            elif name == "collections":
                back |= _without_collections(item, value, before.get(name))
            elif name == "deleted" and not _is_untouched(entries[-1], item):
                left.append("something (so it stays out of the trash)")
            elif same(item.get(name), value):
                back[name] = _empty(value) if before.get(name) is None else before[name]
            else:
                left.append(name)
        base = self._bases.get(first.key)
        return Step(
            entry=first,
            title=title,
            data=back,
            version=int(item["version"]),
            base=_forget(base, back, item) if base else None,
            why=f"you changed {', '.join(left)} since"
            if left
            else ""
            if back
            else "what the sync added was removed already",
        )


def _is_untouched(last: Entry, item: Data) -> bool:
    return last.outcome == settle.DONE and int(item["version"]) == last.new_version


def _changes(item: Data, sent: Data) -> str:
    """Return in words what of an item is not as it was sent, "" if everything is."""
    changed = [
        name for name, value in item.items() if name not in _NOT_THE_USERS and not _alike(name, value, sent.get(name))
    ]
    return f"you changed {', '.join(sorted(changed))} since" if changed else ""


def _alike(name: str, now: Any, sent: Any) -> bool:
    if name == "tags":
        return tag_names({"tags": now}) == tag_names({"tags": sent})
    if name == "collections":
        return set(now or ()) == set(sent or ())
    if name == "note":
        return _plain(now) == _plain(sent)
    if name == "linkMode" or isinstance(now, bool):
        return True
    return same(now, sent)


def _plain(note: Any) -> str:
    """Return the words of a note: Zotero's editor wraps them in elements of its own."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", str(note or ""))).split())


def _without_tags(item: Data, sent: Any, before: Any) -> dict[str, Any]:
    added = tag_names({"tags": sent}) - tag_names({"tags": before})
    kept = [tag for tag in item.get("tags") or () if tag.get("tag") not in added]
    return {"tags": kept} if len(kept) < len(item.get("tags") or ()) else {}


def _without_collections(item: Data, sent: Any, before: Any) -> dict[str, Any]:
    added = set(sent) - set(before or ())
    kept = [key for key in item.get("collections") or () if key not in added]
    return {"collections": kept} if len(kept) < len(item.get("collections") or ()) else {}


def _empty(value: Any) -> Any:
    return [] if isinstance(value, list) else ""


def _forget(base: Base, back: Mapping[str, Any], item: Data) -> Base:
    """Return what is remembered of an item of which these properties were put back, so that a new sync offers them.

    A field that holds again what it held before the sync is nobody's edit.
    """
    tags = tag_names(item) - tag_names(back) if "tags" in back else set()
    collections = (
        set(item.get("collections") or ()) - set(back.get("collections") or ()) if "collections" in back else ()
    )
    return replace(
        base,
        fields={name: back.get(name, value) for name, value in base.fields.items()},
        extra="" if "extra" in back else base.extra,
        tags={name: kind for name, kind in base.tags.items() if name not in tags},
        collections=tuple(key for key in base.collections if key not in collections),
        undone=bool(back.get("deleted")),
    )


def undo(writer: ZoteroWriter, sync: Sync, steps: Iterable[Step]) -> Undone:
    """Revert a sync. Raises WriteRefused before anything is sent if the key may not write there."""
    steps = list(steps)
    todo = [step for step in steps if step.data]
    left = [(step.title, step.why) for step in steps if step.why]
    rights = writer.backend.rights() if todo else None
    if rights and not rights.write:
        raise WriteRefused(rights.reason)
    number = writer.state.begin("undo", writer.clock.now())
    trashed: list[str] = []
    restored: list[str] = []
    outage = ""
    finished = again = False
    try:
        for start in range(0, len(todo), BATCH):
            batch = todo[start : start + BATCH]
            for step, entry in zip(batch, writer.send(number, "items", [_entry(step) for step in batch]), strict=True):
                if entry.outcome in {settle.DONE, settle.KEPT}:
                    (trashed if step.data.get("deleted") else restored).append(step.title)
                elif entry.outcome in {settle.STALE, settle.LOST}:
                    again = True
                    left.append((step.title, "it changed just now; run `refkit undo` again"))
                else:
                    left.append((step.title, entry.outcome))
        finished = not again
    except WriteUnavailable as error:
        outage = str(error)
    finally:
        words = f"{len(trashed)} to the trash, {len(restored)} restored, {len(left)} left"
        writer.state.end(number, writer.clock.now(), words, undoes=sync.id if finished else 0)
    return Undone(sync=sync, trashed=tuple(trashed), restored=tuple(restored), left=tuple(left), outage=outage)


def _entry(step: Step) -> Entry:
    return Entry(
        role="item" if step.entry.role == "item" else "child",
        op="undo",
        key=step.entry.key,
        data={"key": step.entry.key, "version": step.version, **step.data},
        arxiv_id=step.entry.arxiv_id or next((found for found, _ in arxiv_ids(step.entry.data)), ""),
        version=step.version,
        base=step.base,
        parent=step.entry.parent,
    )
