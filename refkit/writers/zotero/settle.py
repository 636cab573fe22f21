"""What became of a write: from its answer, by reading after a silence, or by sending it again under its token.

After an unanswered request there is no guessing (specs/zotero_web_api.md 3.2: a token alone does not protect a batch of
which a part failed). Over the web an object that refkit creates has a key of its own making, so reading that key tells;
the desktop makes the keys itself, so there the paper's arXiv id tells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from refkit.errors import AlreadySent, WriteUnavailable
from refkit.pace import Clock
from refkit.writers.zotero.backend import Backend, Data, Kind, Outcome, Snapshot, State
from refkit.writers.zotero.merge import same
from refkit.writers.zotero.shelf import arxiv_ids
from refkit.writers.zotero.state import Entry, Write

DONE, KEPT = "done", "kept"
# It changed since it was read (or exists where it should not): read it and plan it again.
STALE = "stale"
# It was not carried out: send it again.
LOST = "lost"
# Zotero forgets a write token after 12 hours (specs/zotero_web_api.md 3.2); an hour is left for clocks that differ.
_TOKEN_LIFE = 11 * 3600.0
_CHILDREN = frozenset({"note", "pdf", "file", "child"})
_TELLING = ("title", "extra", "accessDate")
# How long a desktop may be busy with what it was sent: it waits for its own sync to finish.
_BUSY = 600.0
BUSY = (
    "Zotero has been sent papers that it has not saved yet, it may be busy or waiting in a dialog; run the same command"
    " again in some minutes"
)
_KIND: Mapping[str, Kind] = {"collections": "collections", "items": "items"}
_QUIET = 2.0  # seconds without a change after which a desktop has finished what it was sent: it saves 50 items in less
_PATIENCE = 10


def outcome_text(entry: Entry, outcome: Outcome) -> str:
    """Return what came of an object: DONE, STALE, or why it failed, with the remedy."""
    if outcome.state is not State.FAILED:
        return DONE
    if outcome.code == 412 or (outcome.code == 404 and entry.version):  # noqa: PLR2004 - HTTP
        return STALE
    said = outcome.message.rstrip(". ")
    return f"Zotero refused it: {said}; {_remedy(outcome.code, said)}"


def _remedy(code: int, said: str) -> str:
    """Return what to do, by how the server's text begins: what follows is the user's own (zotero_web_api.md 3.3)."""
    if said.startswith("Tag "):
        return "shorten the name of the theme in your themes file"
    if said.startswith(("Collection ", "Parent ")):
        return "it was deleted meanwhile; run the same command again"
    if code == 413:  # noqa: PLR2004 - HTTP
        return "Zotero cannot hold so long a text; add this paper by hand"
    if code == 403:  # noqa: PLR2004 - HTTP
        return "use a key that may write there"
    return "if it stays so, report it to refkit's authors"


def after_silence(
    write: Write, backend: Backend, items: Mapping[str, Data], trashed: frozenset[str], clock: Clock
) -> list[Entry]:
    """Return the entries of an unanswered write as reading shows them.

    An outcome is "" where nothing can be told yet: a desktop that makes the keys may still be busy with it.
    `items` are those known before; `trashed` tells which notes and PDFs an undo put into the trash: those were not
    created by this write. Raises as `Backend.get`.
    """
    keys = [entry.key for entry in write.entries if entry.key]
    if write.kind == "items" and backend.client_keys:
        now = {item["key"]: item for item in backend.get(keys)}
    elif write.kind == "items":
        clock.sleep(_QUIET)
        now = {item["key"]: item for item in backend.read(0, ()).items}
    else:
        now = {}
    known = frozenset() if backend.client_keys else frozenset(items)
    settled = _Reading(now, frozenset(), backend, known, trashed).entries(write)
    return [entry if entry.outcome or not entry.version else replace(entry, outcome=STALE) for entry in settled]


def by_reading(
    write: Write, items: Mapping[str, Data], removed: frozenset[str], trashed: frozenset[str], backend: Backend
) -> list[Entry]:
    """Return the entries of an interrupted write with what the library shows of them.

    `items` are the library's as just read, `removed` what was deleted since it was read before that write. An outcome
    is "" where the item changed since, but not to what was sent: written and edited, or only edited.
    """
    return _Reading(items, removed, backend, frozenset(), trashed).entries(write)


class _Reading:
    """Tells by what is in a library which objects of a write were carried out."""

    def __init__(
        self,
        items: Mapping[str, Data],
        removed: frozenset[str],
        backend: Backend,
        known: frozenset[str],
        trashed: frozenset[str],
    ) -> None:
        self._items = items
        self._removed = removed
        self._backend = backend
        self._known = known
        self._trashed = trashed
        self._by_id: dict[str, Data] | None = None
        self._collections: list[dict[str, Any]] | None = None
        self._children: dict[str, Data] = {}

    def entries(self, write: Write) -> list[Entry]:
        children = [entry.key for entry in write.entries if entry.role in _CHILDREN and entry.key]
        missing = [key for key in children if key not in self._items]
        if missing:
            self._children = {item["key"]: item for item in self._backend.get(missing)}
        return [entry if entry.outcome else self._entry(entry) for entry in write.entries]

    def _entry(self, entry: Entry) -> Entry:
        if entry.role == "collection":
            found = self._collection(entry)
        elif entry.version:
            return replace(entry, outcome=self._update(entry))
        elif entry.role == "item":
            found = self._items.get(entry.key) if entry.key else self._same_paper(entry)
        else:
            found = self._child(entry)
        if found is not None and found["key"] in self._trashed and found.get("deleted"):
            return replace(entry, outcome=STALE)  # it was there before, and in the trash it still is
        if found is not None:
            key = str(found["key"])
            base = replace(entry.base, key=key) if entry.base else None
            return replace(entry, outcome=KEPT, key=key, base=base, new_version=int(found["version"]))
        if not (self._backend.client_keys or self._is_known(entry)):
            return entry  # it may still be on its way, and would then be there twice
        return replace(entry, outcome=KEPT if entry.key in self._removed else LOST)

    def _is_known(self, entry: Entry) -> bool:
        """Whether another item is that paper by now: then planning finds it, and nothing is to be sent again."""
        return entry.role == "item" and entry.arxiv_id in self._ids()

    def _update(self, entry: Entry) -> str:
        item = self._items.get(entry.key) or self._children.get(entry.key)
        if item is None:
            # Of one that was to be brought back from the trash, the trash was emptied.
            return KEPT if entry.key in self._removed and "deleted" not in entry.data else LOST
        if int(item["version"]) <= entry.version or (entry.data.get("deleted") == 0 and item.get("deleted")):
            return LOST
        changed = {name: value for name, value in entry.data.items() if name not in {"key", "version"}}
        return KEPT if all(_shows(item, name, value) for name, value in changed.items()) else ""

    def _same_paper(self, entry: Entry) -> Data | None:
        found = self._ids().get(entry.arxiv_id)
        # One that the user added meanwhile has another time of access and mostly another Extra; planning finds it.
        alike = [name for name in _TELLING if found and same(found.get(name), entry.data.get(name))]
        return found if len(alike) >= len(_TELLING) - 1 else None

    def _ids(self) -> dict[str, Data]:
        if self._by_id is None:
            self._by_id = {
                arxiv_id: item
                for item in self._items.values()
                if item["key"] not in self._known
                for arxiv_id, _ in arxiv_ids(item)
            }
        return self._by_id

    def _child(self, entry: Entry) -> Data | None:
        if entry.key:
            return self._items.get(entry.key) or self._children.get(entry.key)
        siblings = self._backend.children(str(entry.data["parentItem"]))
        new = [each for each in siblings if each["key"] not in self._trashed]
        return next((each for each in new if _is_alike(each, entry.data)), None)

    def _collection(self, entry: Entry) -> Data | None:
        if self._collections is None:
            self._collections = self._backend.collections()
        for each in self._collections:
            place = (each.get("name"), each.get("parentCollection") or "")
            if each["key"] == entry.key or place == (entry.data["name"], entry.data["parentCollection"] or ""):
                return each
        return None


def _shows(item: Data, name: str, value: Any) -> bool:
    """Whether an item has the value that was sent; of tags and collections at least all that were sent."""
    there = item.get(name)
    if name == "tags":
        return {tag["tag"] for tag in value} <= {tag["tag"] for tag in there or ()}
    if name == "collections":
        return set(value) <= set(there or ())
    return same(there, value)


def _is_alike(child: Data, sent: Data) -> bool:
    if child.get("itemType") != sent["itemType"]:
        return False
    return str(sent["note"]) in str(child.get("note")) if "note" in sent else child.get("url") == sent["url"]


def by_token(write: Write, backend: Backend, now: float) -> list[Entry]:
    """Return the entries of an interrupted write after sending again what is open of it, under the same token.

    Of an update: a token that was used means that it was carried out and the user changed the item since; else the
    version keeps it from doing anything. Where the token is too old to tell, the user's side is taken.
    Of a creation on a desktop: a token that was not used means that it never arrived, and now it has; one that was
    used means that Zotero is busy with it, or failed. Raises WriteUnavailable while it may be busy.
    """
    unclear = [number for number, entry in enumerate(write.entries) if not entry.outcome]
    settled = list(write.entries)
    for number in unclear:
        settled[number] = replace(settled[number], outcome=KEPT if settled[number].version else LOST)
    if not unclear or now - write.sent >= _TOKEN_LIFE:
        return settled
    try:
        written = backend.write(_KIND[write.kind], [write.entries[number].data for number in unclear], write.token)
    except AlreadySent:
        if now - write.sent < _BUSY and not all(write.entries[number].version for number in unclear):
            raise WriteUnavailable(BUSY) from None
        return settled
    for number, outcome in zip(unclear, written.outcomes, strict=True):
        entry = write.entries[number]
        if outcome.state is State.FAILED:
            settled[number] = replace(entry, outcome=LOST)
        elif not entry.version:
            base = replace(entry.base, key=outcome.key) if entry.base else None
            settled[number] = replace(entry, outcome=DONE, key=outcome.key, base=base, new_version=outcome.version)
    return settled


def wait_until_quiet(backend: Backend, snapshot: Snapshot, known: Collection[str], clock: Clock) -> Snapshot:
    """Read again until a library has stopped changing: a desktop may still save what a killed run has sent it."""
    for _ in range(_PATIENCE):
        clock.sleep(_QUIET)
        later = backend.read(snapshot.version, known)
        items = {item["key"]: item for item in (*snapshot.items, *later.items)}
        removed = tuple(dict.fromkeys((*snapshot.removed, *later.removed)))
        quiet = later.version == snapshot.version
        kept = tuple(item for key, item in items.items() if key not in later.removed)
        snapshot = Snapshot(kept, removed, later.version, snapshot.complete)
        if quiet:
            break
    return snapshot
