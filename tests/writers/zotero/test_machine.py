"""User edits, syncs, faults and kills in any order: no duplicate, no lost edit, no lost work, a second run all KEEP.

The library is the stand-in's, without HTTP, so that thousands of orders can be tried; test_kills.py does the same over
HTTP with real kills.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from refkit.errors import AlreadySent, RefkitError, Unanswered, WriteUnavailable
from refkit.model import ArxivRecord, Author, Op, PartialDate, ThemeTag, Work
from refkit.pace import Clock
from refkit.testing import zotero_library
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.writers.zotero.backend import Data, Kind, Outcome, Rights, Snapshot, State, Target, Written
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.shelf import arxiv_ids
from refkit.writers.zotero.state import State as Memory
from refkit.writers.zotero.undo import last_sync, plan_undo, undo
from refkit.writers.zotero.writer import ZoteroWriter

WORKS = tuple(
    Work(
        record=ArxivRecord(
            arxiv_id=f"2401.0000{number}",
            title=f"Paper {name}: On {name} Things",
            authors=(Author("Strix", "Ada"), Author(name, "Bo")),
            categories=("cs.CL", "cs.LG"),
            submitted=PartialDate(2024, 1, number),
            comments=f"{number} pages" if number % 2 else "",
        ),
        themes=(ThemeTag("Theme A"), ThemeTag(f"Theme {name}")),
    )
    for number, name in enumerate(["Owl", "Mouse", "Hawk", "Vole"], start=1)
)
_LETTERS = str.maketrans("01", "XY")  # which no key may have
IDS = tuple(work.record.arxiv_id for work in WORKS)


class Killed(BaseException):
    """The process ends here and now."""


class Direct:
    """A way into the stand-in's library without HTTP, that fails as told: one word for each write to come."""

    def __init__(self, library: ZoteroLibrary) -> None:
        self.target = Target(server="direct", kind="user", id=1)
        self.client_keys = library.client_keys
        self.library = library
        self.faults: list[str] = []
        self.tokens: set[str] = set()
        self.writes = 0

    def rights(self) -> Rights:
        return Rights(write=True)

    def read(self, since: int, known: Collection[str]) -> Snapshot:
        rows = [row for row in self.library.items.values() if not row.get("parentItem") and row["version"] > since]
        items = tuple(self._print(row) for row in rows)
        removed = tuple(key for key in known if key not in self.library.items) if since else ()
        if self.client_keys and since:
            removed = tuple(key for key, at in self.library.deleted["items"].items() if at > since)
        return Snapshot(items, removed, self.library.version, complete=not since)

    def _print(self, row: Data) -> dict[str, Any]:
        return {**row, "numChildren": len(self.library.children(row["key"]))}

    def get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        return [self._print(self.library.items[key]) for key in keys if key in self.library.items]

    def children(self, key: str) -> list[dict[str, Any]]:
        return [dict(self.library.items[child]) for child in self.library.children(key, trashed=True)]

    def collections(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.library.collections.values()]

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "killed before":
            raise Killed
        if fault == "down":
            raise Unanswered("nothing came back")
        if token in self.tokens:
            raise AlreadySent("Write token already used")
        self.writes += 1
        one = self.library.write_items if kind == "items" else self.library.write_collections
        report = one(list(objects))
        if not self.client_keys or str(len(objects) - 1) not in report["failed"]:
            self.tokens.add(token)
        if fault == "killed after":
            raise Killed
        if fault == "lost":
            raise Unanswered("nothing came back")
        return Written(tuple(_outcome(report, str(index)) for index in range(len(objects))), self.library.version)

    def close(self) -> None:
        pass

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        raise AssertionError((item, name, content))  # no files here


def _outcome(report: dict[str, dict[str, Any]], index: str) -> Outcome:
    if index in report["successful"]:
        done = report["successful"][index]
        return Outcome(state=State.DONE, key=done["key"], version=done["version"])
    if index in report["unchanged"]:
        return Outcome(state=State.UNCHANGED, key=report["unchanged"][index])
    failed = report["failed"][index]
    return Outcome(state=State.FAILED, code=int(failed["code"]), message=failed["message"])


FAULTS = st.lists(st.sampled_from(["", "", "lost", "down", "killed before", "killed after"]), max_size=4)
SUBSET = st.sets(st.sampled_from(range(len(WORKS))), min_size=1).map(sorted)
NUMBER = st.integers(0, 50)


class Machine(RuleBasedStateMachine):
    """A user, a library and refkit."""

    client_keys = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.seconds = 1_800_000_000.0
        self.library = ZoteroLibrary(
            id=1,
            strict=self.client_keys,
            client_keys=self.client_keys,
            now=lambda: datetime.fromtimestamp(self.seconds, UTC),
        )
        keys = itertools.count()  # chance would make an order of steps impossible to repeat
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(zotero_library, "new_key", lambda: f"AAAA{next(keys):04}".translate(_LETTERS))
        self.backend = Direct(self.library)
        self.asked: dict[str, Options] = {}
        self.gone: set[str] = set()  # ids that the user trashed or deleted
        self.edits: dict[tuple[str, str], Any] = {}  # (key, field) -> what the user wrote
        self.untagged: set[tuple[str, str]] = set()
        self.uncollected: set[tuple[str, str]] = set()
        self.touched: set[str] = set()  # keys of what the user edited since refkit last ran
        self.own = 0
        self.memory = Memory(self.folder / "state.sqlite")
        self.mirror = Mirror(self.folder / "mirror.sqlite")

    def teardown(self) -> None:
        self.patch.undo()
        self.memory.close()
        self.mirror.close()
        shutil.rmtree(self.folder)

    @initialize(version=st.integers(0, 3))
    def begin(self, version: int) -> None:
        for number in range(version):
            self.library.add(title=f"An Old Item {number}")

    def writer(self, options: Options) -> ZoteroWriter:
        """A new process: everything it knows comes from the disk."""
        self.memory.close()
        self.mirror.close()
        self.memory = Memory(self.folder / "state.sqlite")
        self.mirror = Mirror(self.folder / "mirror.sqlite")
        self.seconds += 60
        clock = Clock(now=lambda: self.seconds, sleep=lambda _: None)
        return ZoteroWriter(self.backend, self.memory, self.mirror, options, clock=clock)

    # refkit

    @rule(numbers=SUBSET, faults=FAULTS, path=st.sampled_from(["", "Reading", "Reading/One"]))
    def sync(self, numbers: Sequence[int], faults: list[str], path: str) -> None:
        options = Options(collection=path)
        works = [WORKS[number] for number in numbers]
        for work in works:
            self.asked.setdefault(work.record.arxiv_id, options)
        self.backend.faults = list(faults)
        with suppress(Killed, WriteUnavailable):
            self.run(options, works)
        self.backend.faults = []

    def run(self, options: Options, works: Sequence[Work]) -> list[Any]:
        self.touched.clear()
        writer = self.recovered(options)
        report = writer.apply(writer.plan(works))
        assert [sentence for _, sentence in report.failed if sentence != report.outage] == []
        return list(report.done)

    def recovered(self, options: Options) -> ZoteroWriter:
        """A process that has settled what was open; a desktop may be busy for minutes with what it was sent."""
        writer = self.writer(options)
        try:
            writer.recover()
        except WriteUnavailable:
            if self.backend.faults:
                raise
            self.seconds += 3600
            writer = self.writer(options)
            writer.recover()
        return writer

    @rule(numbers=SUBSET)
    def dry_run(self, numbers: Sequence[int]) -> None:
        before = self.library.version
        self.writer(Options()).plan([WORKS[number] for number in numbers])
        assert self.library.version == before

    @rule(numbers=SUBSET, path=st.sampled_from(["", "Reading", "Reading/One"]))
    def settled(self, numbers: Sequence[int], path: str) -> None:
        """After a run that nothing disturbs: all there, once, as the user wants it; and nothing left to write."""
        options = Options(collection=path)
        works = [WORKS[number] for number in numbers]
        self.run(options, works)
        again = self.writer(options).plan(works)
        assert {change.op for change in again} == {Op.KEEP}, [(c.op, c.reason, c.diff) for c in again]
        assert not any(change.writes for change in again)
        self.no_duplicates()
        self.no_lost_edits()
        for work in works:
            self.there(work)

    def there(self, work: Work) -> None:
        arxiv_id = work.record.arxiv_id
        live = self.live(arxiv_id)
        if arxiv_id in self.gone and not live:
            return
        assert live, f"{arxiv_id} is lost"
        for row in live[:1]:
            names = {tag["tag"] for tag in row["tags"]}
            for theme in work.themes:
                assert theme.theme in names or (row["key"], theme.theme) in self.untagged, (arxiv_id, names)
            if self.is_ours(row):
                kinds = {child["itemType"] for child in self.backend.children(row["key"])}
                assert "attachment" in kinds or (row["key"], "children") in self.untagged
                assert ("note" in kinds) == bool(work.record.comments) or (row["key"], "children") in self.untagged

    def is_ours(self, row: Data) -> bool:
        base = self.memory.base(row["key"])
        return bool(base and base.created)

    def live(self, arxiv_id: str) -> list[Data]:
        return [
            row
            for row in self.library.items.values()
            if not row.keys() & {"deleted", "parentItem"} and arxiv_id in {found for found, _ in arxiv_ids(row)}
        ]

    def no_duplicates(self) -> None:
        for arxiv_id in IDS:
            made = [row for row in self.live(arxiv_id) if self.is_ours(row)]
            assert len(made) <= 1, (arxiv_id, made)
        rows = [row for row in self.library.collections.values() if not row["name"].startswith("Mine")]
        names = [(row["name"], row["parentCollection"]) for row in rows]
        assert len(names) == len(set(names))

    def no_lost_edits(self) -> None:
        for (key, field), value in self.edits.items():
            if key in self.library.items:
                assert self.library.items[key][field] == value, (key, field)
        for key, name in self.untagged:
            if key in self.library.items and name != "children":
                assert name not in {tag["tag"] for tag in self.library.items[key]["tags"]}
        for key, collection in self.uncollected:
            if key in self.library.items:
                assert collection not in self.library.items[key]["collections"]

    @rule()
    def undo(self) -> None:
        writer = self.recovered(Options())
        try:
            sync = last_sync(writer)
        except RefkitError:
            return
        before = {key: dict(row) for key, row in self.library.items.items()}
        undo(writer, sync, plan_undo(writer, sync))
        for (key, field), value in self.edits.items():
            if key in self.library.items:
                assert self.library.items[key][field] == value
                # What the user edited and edited back is as refkit left it.
                if value and key in self.touched:
                    assert self.library.items[key].get("deleted") == before[key].get("deleted")

    @rule()
    def lose_the_copy(self) -> None:
        self.mirror.close()
        (self.folder / "mirror.sqlite").unlink(missing_ok=True)

    # The user

    def pick(self, number: int) -> str:
        keys = [key for key, row in self.library.items.items() if not row.get("parentItem")]
        return keys[number % len(keys)] if keys else ""

    @rule(number=st.integers(0, len(WORKS) - 1), how=st.sampled_from(["archiveID", "DOI", "url", "extra", "twin"]))
    def user_adds_a_paper(self, number: int, how: str) -> None:
        record = WORKS[number].record
        if self.live(record.arxiv_id) or self.own > 3:
            return
        self.own += 1
        arxiv_id = record.arxiv_id
        ways: dict[str, dict[str, Any]] = {
            "archiveID": {"itemType": "preprint", "archiveID": f"arXiv:{arxiv_id}"},
            "DOI": {"itemType": "preprint", "DOI": f"10.48550/arXiv.{arxiv_id}"},
            "url": {"itemType": "webpage", "url": f"https://arxiv.org/abs/{arxiv_id}v2"},
            "extra": {"itemType": "journalArticle", "extra": f"tldr: nice\narXiv: {arxiv_id} [cs.CL]"},
            "twin": {
                "itemType": "conferencePaper",
                "date": "2024-05",
                "creators": [{"creatorType": "author", "firstName": "A.", "lastName": "Strix"}],
            },
        }
        self.library.add(title=record.title, **ways[how])
        self.gone.discard(arxiv_id)

    @rule(
        number=NUMBER,
        field=st.sampled_from(["title", "date", "abstractNote", "language"]),
        word=st.text("abc", max_size=3),
    )
    def user_edits(self, number: int, field: str, word: str) -> None:
        key = self.pick(number)
        row = self.library.items.get(key, {})
        if row.get("itemType") != "preprint" or row[field] == word:
            return
        self.library.edit(key, **{field: word})
        self.touched.add(key)
        if word or self.memory.base(key):
            self.edits[key, field] = word
        else:  # what refkit never saw filled is just empty, and it may fill it
            self.edits.pop((key, field), None)

    @rule(number=NUMBER, which=NUMBER)
    def user_removes_a_tag(self, number: int, which: int) -> None:
        key = self.pick(number)
        tags = self.library.items[key]["tags"] if key else []
        if tags:
            name = tags[which % len(tags)]["tag"]
            self.library.untag(key, name)
            self.untagged.add((key, name))

    @rule(number=NUMBER)
    def user_adds_a_tag(self, number: int) -> None:
        if key := self.pick(number):
            self.library.tag(key, "mine")
            self.untagged.discard((key, "mine"))

    @rule(number=NUMBER)
    def user_takes_it_out_of_a_collection(self, number: int) -> None:
        key = self.pick(number)
        for collection in list(self.library.items[key]["collections"])[:1] if key else ():
            self.library.uncollect(key, collection)
            self.uncollected.add((key, collection))

    @rule(number=NUMBER)
    def user_trashes(self, number: int) -> None:
        if key := self.pick(number):
            self.gone |= {found for found, _ in arxiv_ids(self.library.items[key])} | self.by_title(key)
            self.library.trash(key)

    @rule(number=NUMBER)
    def user_deletes(self, number: int) -> None:
        if key := self.pick(number):
            self.gone |= {found for found, _ in arxiv_ids(self.library.items[key])} | self.by_title(key)
            self.library.delete(key)
            self.forget()

    def forget(self) -> None:
        """What was deleted for good is nobody's edit any more, should the item be made again under the same key."""
        self.edits = {place: value for place, value in self.edits.items() if place[0] in self.library.items}
        self.untagged = {place for place in self.untagged if place[0] in self.library.items}
        self.uncollected = {place for place in self.uncollected if place[0] in self.library.items}

    def by_title(self, key: str) -> set[str]:
        title = self.library.items[key].get("title")
        return {work.record.arxiv_id for work in WORKS if work.record.title == title}

    @rule()
    def user_empties_the_trash(self) -> None:
        self.library.empty_trash()
        self.forget()

    @rule(number=NUMBER)
    def user_deletes_a_child(self, number: int) -> None:
        key = self.pick(number)
        for child in self.library.children(key)[:1] if key else ():
            self.library.delete(child)
            self.untagged.add((key, "children"))

    @precondition(lambda self: self.library.collections)
    @rule(number=NUMBER)
    def user_renames_a_collection(self, number: int) -> None:
        keys = list(self.library.collections)
        self.library.edit_collection(keys[number % len(keys)], name=f"Mine {number}")


class DesktopMachine(Machine):
    """The same where the library makes the keys and refkit may not."""

    client_keys = False


LIMITS = settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
TestMachine = Machine.TestCase
TestMachine.settings = LIMITS
TestDesktopMachine = DesktopMachine.TestCase
TestDesktopMachine.settings = LIMITS
