"""How an undo decides of each object: by what stood there before, what was sent, and what stands there now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import UsageError
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.state import Entry, State
from refkit.writers.zotero.undo import Step, last_sync, plan_undo

KEY, NOTE, PDF = "AAAAAAAA", "NNNNNNNN", "PPPPPPPP"
ID = "2101.00001"
BASE = Base(
    key=KEY,
    arxiv_id=ID,
    fields={"title": "Owls", "date": "2021"},
    extra=f"arXiv:{ID}",
    tags={"birds": 0, "night": 1},
    collections=("CCCCCCCC", "DDDDDDDD"),
    children={"note": NOTE},
)
CREATED: dict[str, Any] = {
    "itemType": "preprint",
    "title": "Owls",
    "tags": [{"tag": "birds"}],
    "collections": ["CCCCCCCC", "DDDDDDDD"],
}


class Memory:
    """A writer as far as planning an undo goes: what was written, and what stands in the library."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder / "state.sqlite")
        self.items: dict[str, dict[str, Any]] = {}
        self.below: dict[str, list[str]] = {}
        self.backend = SimpleNamespace(get=self._get, children=lambda key: self.below.get(key, []))

    def _get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        return [self.items[key] for key in keys if key in self.items]

    def ran(self, *entries: Entry, kind: str = "sync", undoes: int = 0) -> int:
        number = self.state.begin(kind, 1.0)
        for entry in entries:  # of one object there may be several, each in a write of its own
            self.state.settle(self.state.send(number, "items", "t", [replace(entry, outcome="")], 2.0), [entry])
        self.state.end(number, 3.0, "", undoes)
        return number

    def there(self, key: str = KEY, *, version: int = 5, **data: Any) -> None:
        self.items[key] = {"key": key, "version": version, **data}

    def steps(self) -> list[Step]:
        return plan_undo(self, last_sync(self))  # type: ignore[arg-type]

    def step(self) -> Step:
        (step,) = self.steps()
        return step


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = Memory(tmp_path)
    yield memory
    memory.state.close()


def created(outcome: str = "done", **data: Any) -> Entry:
    sent = {"key": KEY, "version": 0, **CREATED, **data}
    return Entry(role="item", op="create", key=KEY, data=sent, arxiv_id=ID, base=BASE, outcome=outcome, new_version=5)


def changed(before: dict[str, Any], version: int = 4, **data: Any) -> Entry:
    sent = {"key": KEY, "version": version, **data}
    return Entry(
        role="item",
        op="update",
        key=KEY,
        data=sent,
        arxiv_id=ID,
        version=version,
        before=before,
        base=BASE,
        outcome="done",
        new_version=version + 1,
    )


def child(role: str = "note", key: str = NOTE, **data: Any) -> Entry:
    sent = {"key": key, "version": 0, "itemType": "note", "parentItem": KEY, **data}
    return Entry(role=role, op="create", key=key, data=sent, arxiv_id=ID, parent=KEY, outcome="done", new_version=6)


# Which sync, and what of it


def test_the_newest_sync_that_did_something_and_was_not_undone_is_meant(memory: Memory) -> None:
    with pytest.raises(UsageError, match="no sync to undo"):
        last_sync(memory)  # type: ignore[arg-type]
    first = memory.ran(created())
    second = memory.ran(created("kept"))
    memory.ran(replace(created(), role="collection"), created("lost"), created("Zotero refused it: no"))
    memory.ran(changed({}, deleted=1), kind="undo")  # it was stopped
    assert last_sync(memory).id == second  # type: ignore[arg-type]
    memory.ran(kind="undo", undoes=second)
    assert last_sync(memory).id == first  # type: ignore[arg-type]


def test_what_was_not_done_and_collections_are_no_steps(memory: Memory) -> None:
    memory.ran(created(), replace(created(), key=NOTE, role="collection"), replace(created("stale"), key=PDF))
    memory.there(**CREATED)
    assert [step.entry.key for step in memory.steps()] == [KEY]


# What was created


def test_what_was_created_goes_to_the_trash_in_the_version_that_stands_there(memory: Memory) -> None:
    memory.ran(created())
    memory.there(version=9, **CREATED, numChildren=0)
    step = memory.step()
    assert (step.title, step.data, step.version, step.why) == ("Owls", {"deleted": 1}, 9, "")
    assert step.base == replace(BASE, undone=True)


def test_what_is_not_remembered_any_more_is_undone_all_the_same(memory: Memory) -> None:
    memory.ran(replace(created(), base=None))
    memory.there(**CREATED)
    assert (memory.step().data, memory.step().base) == ({"deleted": 1}, None)


@pytest.mark.parametrize(
    "theirs",
    [
        {"tags": [{"tag": "birds", "type": 1}]},
        {"collections": ["DDDDDDDD", "CCCCCCCC"]},
        {"title": " Owls "},
        {"rights": "", "linkMode": "linked_file", "inPublications": True},
        dict.fromkeys(("dateAdded", "dateModified", "relations", "citationKey"), "x"),
        dict.fromkeys(("md5", "mtime", "charset", "filename"), "x"),
    ],
)
def test_what_programs_and_the_server_set_is_no_edit(memory: Memory, theirs: dict[str, Any]) -> None:
    memory.ran(created())
    memory.there(version=9, **{**CREATED, **theirs})
    assert memory.step().why == ""


@pytest.mark.parametrize(
    ("theirs", "names"),
    [
        ({"tags": []}, "tags"),
        ({"tags": None}, "tags"),
        ({"tags": [{"tag": "birds"}, {"tag": "mine"}]}, "tags"),
        ({"collections": ["CCCCCCCC"]}, "collections"),
        ({"collections": None}, "collections"),
        ({"note": "mine"}, "note"),
        ({"url": "http://mine", "title": "Mice", "date": "2022"}, "date, title, url"),
    ],
)
def test_what_the_user_edited_keeps_it_from_the_trash(memory: Memory, theirs: dict[str, Any], names: str) -> None:
    memory.ran(created())
    memory.there(version=9, **{**CREATED, **theirs})
    assert (memory.step().data, memory.step().why) == ({}, f"you changed {names} since")


@pytest.mark.parametrize(("outcome", "version", "left"), [("done", 5, False), ("done", 6, True), ("kept", 5, True)])
def test_in_the_version_that_refkit_wrote_nobody_has_edited_anything(
    memory: Memory,
    outcome: str,
    version: int,
    left: bool,  # noqa: FBT001
) -> None:
    """Only if the answer was read: else that version may be the user's. The server may store it otherwise than sent."""
    memory.ran(created(outcome))
    memory.there(version=version, **{**CREATED, "title": "Owls, as the server writes it"})
    assert bool(memory.step().why) is left


def test_what_a_later_write_of_the_same_sync_changed_is_no_edit(memory: Memory) -> None:
    memory.ran(created(), replace(changed({"title": "Owls"}, version=5, title="Owls II"), outcome="kept"))
    memory.there(version=9, **{**CREATED, "title": "Owls II"})
    assert memory.step().data == {"deleted": 1}


@pytest.mark.parametrize(
    ("number", "trashed", "why"),
    [
        (None, False, ""),
        (1, False, ""),
        (2, False, "you added a note or a file to it"),
        (1, True, "you added a note or a file to it"),
        (0, True, ""),
    ],
)
def test_what_hangs_on_it_beside_what_refkit_made_keeps_it(
    memory: Memory,
    number: int | None,
    trashed: bool,  # noqa: FBT001
    why: str,
) -> None:
    memory.ran(created(), child(note="9 pages"), child(key="OTHER234", parentItem="ZZZZZZZZ"))
    memory.there(**CREATED, numChildren=number)
    memory.there(NOTE, itemType="note", note="<p>9 pages</p>", parentItem=KEY, **({"deleted": 1} if trashed else {}))
    assert [step.why for step in memory.steps() if step.entry.key == KEY] == [why]


@pytest.mark.parametrize("what", ["edited", "annotated"])
def test_what_the_user_did_to_its_note_or_its_pdf_keeps_it(memory: Memory, what: str) -> None:
    memory.ran(created(), child("file", note="9 pages"))
    memory.there(**CREATED, numChildren=1)
    memory.there(NOTE, itemType="note", note="9 pages" if what == "annotated" else "mine", parentItem=KEY)
    memory.below[NOTE] = ["annotation"] if what == "annotated" else []
    assert [(step.data, step.why) for step in memory.steps()] == [({}, "you changed or annotated its note or its PDF")]


# What was added to an item of an earlier sync


@pytest.mark.parametrize(
    ("role", "title"),
    [("note", f"the note of {ID}"), ("pdf", f"the PDF of {ID}"), ("file", f"the PDF of {ID}")],
)
def test_a_note_or_a_pdf_goes_alone(memory: Memory, role: str, title: str) -> None:
    memory.ran(child(role, note="9 pages"))
    memory.there(NOTE, version=7, itemType="note", note="9 pages", parentItem=KEY)
    step = memory.step()
    assert (step.title, step.data, step.version, step.base) == (title, {"deleted": 1}, 7, None)


@pytest.mark.parametrize(
    ("theirs", "left"),
    [
        ("<p>9&nbsp;pages</p>\n", False),
        ("<div data-schema-version='9'><p>9 <b>pages</b></p></div>", False),
        ("9 pages", False),
        ("9 pages, good", True),
        ("9pages", True),
        ("", True),
        (None, True),
    ],
)
def test_a_note_is_compared_by_its_words(memory: Memory, theirs: str | None, left: bool) -> None:  # noqa: FBT001
    memory.ran(child(note="9 pages"))
    memory.there(NOTE, itemType="note", note=theirs, parentItem=KEY)
    assert memory.step().why == ("you changed note since" if left else "")


def test_a_note_or_a_paper_that_is_in_the_trash_already_is_left(memory: Memory) -> None:
    memory.ran(child(note="9 pages"), replace(created(), key="OTHER234"))
    memory.there(NOTE, itemType="note", note="9 pages", parentItem=KEY, deleted=1)
    memory.there("OTHER234", **CREATED, deleted=1)
    assert [(step.data, step.why) for step in memory.steps()] == [
        ({}, "you deleted it"),
        ({}, "it is in the trash already"),
    ]


@pytest.mark.parametrize("role", ["file", "pdf"])
def test_only_a_stored_file_may_be_annotated(memory: Memory, role: str) -> None:
    memory.ran(child(role, PDF))
    memory.there(PDF, itemType="note", parentItem=KEY)
    memory.below[PDF] = ["annotation"]
    assert memory.step().why == ("you annotated it" if role == "file" else "")


def test_of_a_file_that_is_gone_nobody_is_asked_for_annotations(memory: Memory) -> None:
    memory.ran(child("file", PDF))
    memory.backend.children = None
    assert memory.step().why == "you deleted it"


def test_what_was_deleted_for_good_is_told_by_its_title_or_else_its_key(memory: Memory) -> None:
    memory.ran(created(), replace(created(title=""), key="OTHER234"), changed({}, date="2021"))
    assert [(step.title, step.data, step.why) for step in memory.steps()] == [
        ("Owls", {}, "you deleted it for good"),
        ("OTHER234", {}, "you deleted it for good"),
    ]


# What was changed


@pytest.mark.parametrize(
    ("before", "sent", "now", "back", "why"),
    [
        ({"date": "2020"}, {"date": "2021"}, {"date": "2021"}, {"date": "2020"}, ""),
        ({"date": ""}, {"date": "2021"}, {"date": " 2021"}, {"date": ""}, ""),
        ({"date": None}, {"date": "2021"}, {"date": "2021"}, {"date": ""}, ""),
        ({}, {"creators": [{"name": "A"}]}, {"creators": [{"name": "A"}]}, {"creators": []}, ""),
        ({"date": "2020"}, {"date": "2021"}, {"date": "1999"}, {}, "you changed date since"),
        (
            {"date": "2020", "url": ""},
            {"date": "2021", "url": "http://a"},
            {"date": "2021", "url": ""},
            {"date": "2020"},
            "you changed url since",
        ),
        (
            {},
            {"tags": [{"tag": "birds"}]},
            {"tags": [{"tag": "mine", "type": 1}, {"tag": "birds"}]},
            {"tags": [{"tag": "mine", "type": 1}]},
            "",
        ),
        (
            {"tags": [{"tag": "mine"}]},
            {"tags": [{"tag": "mine"}, {"tag": "birds"}]},
            {"tags": [{"tag": "mine"}, {"tag": "birds"}]},
            {"tags": [{"tag": "mine"}]},
            "",
        ),
        ({}, {"tags": [{"tag": "birds"}]}, {"tags": None}, {}, "what the sync added was removed already"),
        ({}, {"tags": [{"tag": "birds"}]}, {"tags": [{"tag": "x"}]}, {}, "what the sync added was removed already"),
        (
            {"collections": ["MINE2345"]},
            {"collections": ["MINE2345", "CCCCCCCC"]},
            {"collections": ["CCCCCCCC", "LATE2345", "MINE2345"]},
            {"collections": ["LATE2345", "MINE2345"]},
            "",
        ),
        ({"collections": None}, {"collections": ["CCCCCCCC"]}, {"collections": ["CCCCCCCC"]}, {"collections": []}, ""),
        ({}, {"collections": ["CCCCCCCC"]}, {"collections": None}, {}, "what the sync added was removed already"),
        ({"deleted": 1}, {"deleted": 0}, {}, {"deleted": 1}, ""),
        (
            {"deleted": 1},
            {"deleted": 0},
            {"version": 6},
            {},
            "you changed something (so it stays out of the trash) since",
        ),
    ],
)
def test_a_change_goes_back_where_nobody_touched_it_since(
    memory: Memory, before: dict[str, Any], sent: dict[str, Any], now: dict[str, Any], back: dict[str, Any], why: str
) -> None:
    memory.ran(changed(before, **sent))
    memory.there(**{"title": "Owls", **now})
    step = memory.step()
    assert (step.title, step.data, step.why, step.version) == ("Owls", back, why, now.get("version", 5))


def test_of_several_changes_the_first_tells_what_stood_there_and_the_last_what_was_sent(memory: Memory) -> None:
    memory.ran(
        changed({"date": "1999"}, date="2020"),
        changed({"date": "2020", "url": "http://a"}, 5, date="2021", url="http://b"),
    )
    memory.there(version=6, date="2021", url="http://b")
    assert memory.step().data == {"date": "1999", "url": "http://a"}
    assert memory.step().title == KEY


# What is remembered then


@pytest.mark.parametrize(
    ("before", "sent", "now", "new"),
    [
        ({"date": "2020"}, {"date": "2021"}, {"date": "2021"}, {"fields": {"title": "Owls", "date": "2020"}}),
        ({"date": "2020"}, {"date": "2021"}, {"date": "1999"}, {}),
        ({"extra": ""}, {"extra": f"arXiv:{ID}"}, {"extra": f"arXiv:{ID}"}, {"extra": ""}),
        (
            {"tags": [{"tag": "mine"}]},
            {"tags": [{"tag": "mine"}, {"tag": "birds"}]},
            {"tags": [{"tag": "mine"}, {"tag": "birds"}, {"tag": "night"}]},
            {"tags": {"night": 1}},
        ),
        (
            {"collections": []},
            {"collections": ["DDDDDDDD"]},
            {"collections": ["DDDDDDDD", "CCCCCCCC"]},
            {"collections": ("CCCCCCCC",)},
        ),
        ({"deleted": 1}, {"deleted": 0}, {}, {"undone": True}),
    ],
)
def test_what_went_back_is_offered_again_and_the_rest_is_still_remembered(
    memory: Memory, before: dict[str, Any], sent: dict[str, Any], now: dict[str, Any], new: dict[str, Any]
) -> None:
    memory.ran(changed(before, **sent))
    memory.there(**{"tags": [{"tag": "birds"}], "collections": ["DDDDDDDD"], **now})
    assert memory.step().base == replace(BASE, **new)


def test_a_note_goes_with_its_item_into_the_trash_and_alone_where_the_item_stays(memory: Memory) -> None:
    memory.ran(changed({"deleted": 1}, deleted=0), child(note="9 pages"))
    memory.there(title="Owls")
    memory.there(NOTE, itemType="note", note="9 pages", parentItem=KEY)
    assert [step.entry.key for step in memory.steps()] == [KEY]
    memory.there(version=6, title="Owls")
    assert [(step.entry.key, step.data) for step in memory.steps()] == [(KEY, {}), (NOTE, {"deleted": 1})]
