"""Writing through the connector of an older Zotero: it can only add, one paper a session, and cannot make collections.

What is in the library is read by the local API where that is on; else refkit knows only what it saved itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from refkit.errors import SourceError, Unanswered, UsageError, WriteError, WriteRefused, WriteUnavailable
from refkit.model import Change, Op, Report, Work
from refkit.pace import Clock
from refkit.writers.zotero import settle
from refkit.writers.zotero.backend import Backend, Outcome, State
from refkit.writers.zotero.connector import Connector, Selection, find_target, manual_tags, to_translator
from refkit.writers.zotero.items import Options, api_time
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.places import Places
from refkit.writers.zotero.plan import ItemChange, Library, plan
from refkit.writers.zotero.run import Download, Progress
from refkit.writers.zotero.state import Entry, Write
from refkit.writers.zotero.state import State as Memory

_TRIES = 3
# Stands before the arXiv id where a key would: the connector tells none.
_NO_KEY = "connector:"
_UNSEEN = "refkit saved it before; whether it is still there cannot be seen through the connector"
_ONLY_ADDS = "the connector can only add papers, so this is left out: {}; Zotero 10 or a key for the web can do it"
_TAGS = (
    "through the connector arXiv's categories are kept only if Zotero's setting for automatic tags is on; the themes"
    " are set afterwards as your own tags"
)
_NO_LINK = "through the connector a PDF cannot be a link; --pdf attaches the files"
_DOUBT = "whether an interrupted run saved it is not known; look in Zotero, and give --recreate if it is missing there"


class ConnectorWriter:
    """Writes works to the library or collection that is selected in Zotero's window; `options.collection` below it.

    `library` is the desktop's number of the library that was selected when it was opened (0: any). `reader` reads the
    library, None if the local API is off. As `ZoteroWriter` otherwise.
    """

    name = "zotero"

    def __init__(
        self,
        connector: Connector,
        reader: Backend | None,
        state: Memory,
        mirror: Mirror,
        options: Options | None = None,
        *,
        library: int = 0,
        clock: Clock | None = None,
        progress: Progress | None = None,
        download: Download | None = None,
    ) -> None:
        self.connector = connector
        self.reader = reader
        self.state = state
        self.mirror = mirror
        self.options = options or Options()
        self._library = library
        self.clock = clock or Clock()
        self.exact = False
        self._progress = progress or (lambda _done, _total: None)
        self._download = download
        self._remarks: list[str] = []
        self._lacking: list[str] = []

    def close(self) -> None:
        """Let go of files and connections."""
        self.state.close()
        self.mirror.close()
        if self.reader:
            self.reader.close()

    def recover(self) -> int:
        """Settle what an interrupted run left open: by reading, or in doubt as saved, which is said in the report."""
        pending = self.state.open_writes()
        if pending:
            self._read()
        for write in pending:
            settled = self._seen(write, self.reader) if self.reader else None
            self.state.settle(write, settled or self._doubted(write))
        return len(pending)

    def _seen(self, write: Write, reader: Backend) -> list[Entry]:
        settled = settle.by_reading(write, self.mirror.items, frozenset(), frozenset(), reader)
        return [entry if entry.outcome else replace(entry, outcome=settle.LOST) for entry in settled]

    def _doubted(self, write: Write) -> list[Entry]:
        self._remarks += [f"arXiv:{entry.arxiv_id}: {_DOUBT}" for entry in write.entries]
        return [replace(entry, outcome=settle.KEPT) for entry in write.entries]

    def _read(self) -> None:
        if self.reader:
            found = self.reader.read(self.mirror.version, self.mirror.items.keys())
            self.mirror.update(found.items, found.removed, found.version, whole=found.complete)

    def plan(self, works: Iterable[Work]) -> list[ItemChange]:
        """Return what would be done: papers that are not there are added, all others are kept as they are."""
        if self.options.theme_collections:
            raise UsageError("Through the connector a paper goes into one collection only; leave --theme-collections.")
        self._read()
        known = self.state.bases()
        library = Library(
            name=_NO_KEY,
            items=self.mirror.items if self.reader else {},  # what was read once may be another library's
            bases=known,
            places=Places((), {}),
            client_keys=False,
            now=api_time(self.clock),
        )
        return [self._possible(change) for change in plan(works, library, replace(self.options, collection=""))]

    def _possible(self, change: ItemChange) -> ItemChange:
        """Return a change as the connector can do it."""
        if change.op is Op.CREATE:
            path = self.options.collection
            return replace(change, diff={**change.diff, **({"collections": ("", f"+{path}")} if path else {})})
        if change.key.startswith(_NO_KEY) and not self.reader:
            return replace(change, reason=_UNSEEN)
        left = "; ".join(f"{name} {new}" for name, (_, new) in change.diff.items())
        notes = (*change.notes, _ONLY_ADDS.format(left)) if left else change.notes
        return replace(change, op=Op.KEEP, data={}, children=(), diff={}, notes=notes)

    def apply(self, changes: Sequence[Change]) -> Report:
        """Add the papers one by one. Raises WriteRefused before anything is sent if there is no place for them."""
        steps = [change for change in changes if isinstance(change, ItemChange)]
        todo = [step for step in steps if step.writes]
        if not todo:
            return Report(done=tuple(steps), remarks=tuple(self._remarks))
        target = self._target(self.connector.selected())
        self._remarks.append(_TAGS)
        if self.options.pdf == "link":
            self._remarks.append(_NO_LINK)
        sync = self.state.begin("sync", self.clock.now())
        done: dict[str, ItemChange] = {step.key: step for step in steps if not step.writes}
        failed: dict[str, str] = {}
        outage = refusal = ""
        try:
            for number, step in enumerate(todo, start=1):
                text = self._save(sync, step, target)
                if text:
                    failed[step.key] = text
                else:
                    done[step.key] = step
                self._progress(number, len(todo))
        except WriteUnavailable as error:
            outage = str(error)
        except WriteRefused as error:
            if not any(step.writes for step in done.values()):
                raise
            refusal = str(error)
        finally:
            made = sum(step.writes for step in done.values())
            self.state.end(sync, self.clock.now(), f"{made} created through the connector, {len(failed)} failed")
        return Report(
            done=tuple(step for step in steps if step.key in done),
            failed=tuple((step, failed.get(step.key, outage or refusal)) for step in steps if step.key not in done),
            outage=outage,
            lacking=tuple(self._lacking),
            remarks=tuple(self._remarks),
        )

    def _target(self, selection: Selection) -> str:
        if self._library and selection.library_id != self._library:
            raise WriteRefused(
                f"Zotero's window has another library selected by now, {selection.library}; run the same command again."
            )
        if not selection.editable:
            raise WriteRefused(f"{selection.library} cannot be written; select another library in Zotero's window.")
        if not self.options.collection:
            return selection.target
        target = find_target(selection, self.options.collection)
        if not target:
            raise WriteRefused(
                f"There is no collection {self.options.collection} in {selection.library}, and the connector can make"
                " none; make it in Zotero, or leave --collection and select a place in Zotero's window."
            )
        return target

    def _save(self, sync: int, step: ItemChange, target: str) -> str:
        """Save one paper; return why it failed, "" if it did not. Raises WriteUnavailable."""
        arxiv_id = step.work.record.arxiv_id
        base = replace(step.base, key=_NO_KEY + arxiv_id) if step.base else None
        entry = Entry(role="item", op="create", key="", data=dict(step.data), arxiv_id=arxiv_id, base=base)
        write = self.state.send(sync, "items", secrets.token_hex(16), [entry], self.clock.now())
        notes = [str(child.data["note"]) for child in step.children if child.role == "note"]
        item = to_translator(step.data, notes)
        try:
            outcome = self._try(write.token, item, target, manual_tags(step.data))
        except Unanswered:
            raise  # it stays open: the next run looks
        except (WriteUnavailable, WriteRefused):
            self.state.settle(write, [replace(entry, outcome=settle.LOST)])
            raise
        if outcome.state is State.FAILED:
            self.state.settle(write, [replace(entry, outcome=outcome.message)])
            return outcome.message
        self.state.settle(write, [replace(entry, outcome=settle.DONE)])
        if outcome.message:
            self._lacking.append(f"arXiv:{arxiv_id}: {outcome.message}")
        self._attach(write.token, item, step)
        return ""

    def _try(self, session: str, item: Mapping[str, Any], target: str, tags: Sequence[str]) -> Outcome:
        """Save under one session id, again after a lost answer: the connector tells the same session twice."""
        doubt = ""
        for _ in range(_TRIES):
            try:
                return self.connector.save(session, item, target, tags)
            except Unanswered as error:
                doubt = str(error)
            except WriteUnavailable as error:
                if not doubt:
                    raise
                raise Unanswered(f"{doubt} {error}") from None  # nothing came of this try, but of an earlier one?
        raise Unanswered(doubt)

    def _attach(self, session: str, item: Mapping[str, Any], step: ItemChange) -> None:
        for child in step.children if self._download else ():
            if child.is_file and self._download:
                url = str(child.data["url"])
                try:
                    self.connector.attach(session, str(item["id"]), str(child.data["title"]), url, self._download(url))
                except (WriteError, SourceError) as error:
                    self._lacking.append(f"arXiv:{step.work.record.arxiv_id}: its PDF was not attached: {error}")
