"""What became of a write whose answer is missing: told by what the library shows, never by guessing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import AlreadySent, WriteUnavailable
from refkit.pace import Clock
from refkit.testing import ZoteroLibrary
from refkit.writers.zotero.backend import Data, Kind, Outcome, Rights, Snapshot, State, Target, Written
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.settle import (
    BUSY,
    DONE,
    KEPT,
    LOST,
    STALE,
    after_silence,
    by_reading,
    by_token,
    outcome_text,
    wait_until_quiet,
)
from refkit.writers.zotero.state import Entry, Write

NOW = 1_800_000_000.0
MINUTE, HOUR = 60.0, 3600.0
ID = "2401.00001"
KEY, OTHER, NOTE, PDF = "AAAAAAAA", "BBBBBBBB", "NNNNNNNN", "PPPPPPPP"
PAPER: dict[str, Any] = {
    "itemType": "preprint",
    "title": "Owls",
    "archiveID": f"arXiv:{ID}",
    "repository": "arXiv",
    "extra": f"arXiv:{ID} [cs.CL]",
    "accessDate": "2025-03-13T08:00:00Z",
    "tags": [{"tag": "birds"}],
    "collections": [],
}
NONE: frozenset[str] = frozenset()


class Way:
    """A way into a library that counts what it is asked, and tells of each write what `answers` has for it."""

    def __init__(self, *, client_keys: bool = True) -> None:
        self.target = Target(server="here", kind="user", id=1)
        self.client_keys = client_keys
        self.library = ZoteroLibrary(id=1, strict=client_keys, client_keys=client_keys)
        self.asked: list[Sequence[str]] = []
        self.sent: list[tuple[list[Data], str]] = []
        self.answers: list[tuple[Outcome, ...] | AlreadySent] = []
        self.changes: list[Snapshot] = []

    def rights(self) -> Rights:
        return Rights(write=True)

    def read(self, since: int, known: Collection[str]) -> Snapshot:
        if self.changes:
            return self.changes.pop(0)
        items = tuple(row for row in self.library.items.values() if row["version"] > since)
        return Snapshot(items, tuple(key for key in known if key not in self.library.items), self.library.version)

    def get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append(keys)
        return [self.library.items[key] for key in keys if key in self.library.items]

    def children(self, key: str) -> list[dict[str, Any]]:
        return [self.library.items[child] for child in self.library.children(key, trashed=True)]

    def collections(self) -> list[dict[str, Any]]:
        return list(self.library.collections.values())

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        assert kind == "items"
        self.sent.append((list(objects), token))
        answer = self.answers.pop(0)
        if isinstance(answer, AlreadySent):
            raise answer
        return Written(answer)

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
def desktop() -> Way:
    return Way(client_keys=False)


def write(*entries: Entry, kind: str = "items") -> Write:
    return Write(id=1, sync=1, kind=kind, token="f" * 32, sent=NOW, entries=entries)


def creation(key: str = KEY, **more: Any) -> Entry:
    data = {**PAPER, **({"key": key, "version": 0} if key else {})}
    base = Base(key=key, arxiv_id=ID, created=True)
    return replace(Entry(role="item", op="create", key=key, data=data, arxiv_id=ID, base=base), **more)


def change(version: int, **data: Any) -> Entry:
    sent = {"key": KEY, "version": version, **data}
    return Entry(role="item", op="update", key=KEY, data=sent, arxiv_id=ID, version=version)


def child(role: str = "note", key: str = NOTE, **data: Any) -> Entry:
    sent = {"itemType": "note" if role == "note" else "attachment", "parentItem": KEY, **data}
    return Entry(role=role, op="create", key=key, data=sent, arxiv_id=ID, parent=KEY)


def read(way: Way, *entries: Entry, removed: Collection[str] = (), trashed: Collection[str] = ()) -> list[str]:
    return [entry.outcome for entry in reading(way, *entries, removed=removed, trashed=trashed)]


def reading(way: Way, *entries: Entry, removed: Collection[str] = (), trashed: Collection[str] = ()) -> list[Entry]:
    tops = {key: row for key, row in way.library.items.items() if not row.get("parentItem")}
    return by_reading(write(*entries), tops, frozenset(removed), frozenset(trashed), way)


def clock(slept: list[float] | None = None) -> Clock:
    return Clock(now=lambda: NOW, sleep=(slept if slept is not None else []).append)


# By the answer


@pytest.mark.parametrize(
    ("code", "version", "outcome"),
    [(412, 5, STALE), (412, 0, STALE), (404, 5, STALE)],
)
def test_what_changed_or_went_meanwhile_is_planned_again(code: int, version: int, outcome: str) -> None:
    failed = Outcome(state=State.FAILED, code=code, message="Item has been modified")
    assert outcome_text(replace(creation(), version=version), failed) == outcome


@pytest.mark.parametrize("state", [State.DONE, State.UNCHANGED])
def test_what_was_taken_is_done(state: State) -> None:
    assert outcome_text(creation(), Outcome(state=state)) == DONE


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        (413, "Tag 'aaa…' too long.", "shorten the name of the theme"),
        (409, "Collection ZZZZZZZZ not found", "run the same command again"),
        (409, "Parent item ZZZZZZZZ not found", "run the same command again"),
        (413, "Title field value too long", "add this paper by hand"),
        (403, "Write access denied", "use a key that may write there"),
        (404, "Item doesn't exist", "report it to refkit's authors"),
        (400, "'nope' is not a valid itemType", "report it to refkit's authors"),
        (428, "Either version or header", "report it to refkit's authors"),
        (500, "", "report it to refkit's authors"),
    ],
)
def test_what_is_refused_is_told_with_a_remedy(code: int, message: str, remedy: str) -> None:
    told = outcome_text(creation(), Outcome(state=State.FAILED, code=code, message=message))
    assert told.startswith(f"Zotero refused it: {message.rstrip('.')};")
    assert remedy in told


def test_the_text_that_is_refused_does_not_choose_the_remedy() -> None:
    """The words "tag", "collection" and "parent" may stand in what Zotero quotes, too."""
    message = "The creator name ‘The Transparent Heritage Collection Collaboration…’ is too long to sync."
    told = outcome_text(creation(), Outcome(state=State.FAILED, code=413, message=message))
    assert "add this paper by hand" in told


# By reading: what was created under a key of ours


def test_what_is_there_was_done_and_its_version_is_read(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    (entry,) = reading(way, creation())
    assert (entry.outcome, entry.key, entry.new_version) == (KEPT, KEY, way.library.items[KEY]["version"])


def test_what_is_not_there_is_lost(way: Way) -> None:
    way.library.add(**PAPER)
    assert read(way, creation()) == [LOST]


def test_what_the_user_deleted_since_is_not_sent_again(way: Way) -> None:
    assert read(way, creation(), creation(OTHER), removed=[KEY]) == [KEPT, LOST]


def test_what_was_settled_before_is_not_asked_again(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    settled = [creation(OTHER, outcome=DONE), replace(creation(), outcome="it failed")]
    assert reading(way, *settled) == settled


# By reading: changes


def test_a_change_is_done_only_if_the_item_is_newer_and_shows_it(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    version = way.library.items[KEY]["version"]
    assert read(way, change(version, title="Owls")) == [LOST]
    way.library.edit(KEY, date="2024")
    assert read(way, change(version, title="Owls")) == [KEPT]
    assert read(way, change(version, title="Mice")) == [""]
    assert read(way, change(version, title="Owls", date="2023")) == [""]


def test_more_tags_and_collections_than_were_sent_are_the_users(way: Way) -> None:
    first, second = (way.library.add_collection(name) for name in ("A", "B"))
    way.library.add(**PAPER, key=KEY)
    version = way.library.items[KEY]["version"]
    way.library.edit(KEY, tags=["birds", "mine"], collections=[first, second])
    assert read(way, change(version, tags=[{"tag": "birds"}], collections=[first])) == [KEPT]
    assert read(way, change(version, tags=[{"tag": "mine"}, {"tag": "birds"}], collections=[second, first])) == [KEPT]
    assert read(way, change(version, tags=[{"tag": "mice"}])) == [""]
    assert read(way, change(version, collections=[first, "ZZZZZZZZ"])) == [""]


def test_a_change_of_what_was_deleted_for_good_is_over(way: Way) -> None:
    assert read(way, change(5, title="Owls"), removed=[KEY]) == [KEPT]
    assert read(way, change(5, title="Owls")) == [LOST]


def test_what_was_to_come_out_of_the_trash_is_lost_if_the_trash_was_emptied_or_still_holds_it(way: Way) -> None:
    assert read(way, change(5, deleted=0), removed=[KEY]) == [LOST]
    way.library.add(**PAPER, key=KEY)
    version = way.library.items[KEY]["version"]
    way.library.trash(KEY)
    assert read(way, change(version, deleted=0)) == [LOST]
    way.library.restore(KEY)
    assert read(way, change(version, deleted=0)) == [KEPT]


@pytest.mark.parametrize("role", ["note", "pdf", "file", "child"])
def test_what_stands_below_an_item_is_told_by_looking_it_up(way: Way, role: str) -> None:
    way.library.add(**PAPER, key=KEY)
    way.library.add(itemType="note", note="mine", parentItem=KEY, key=NOTE)
    version = way.library.items[NOTE]["version"]
    trashing = replace(child(deleted=1), role=role, version=version, op="undo")
    assert read(way, trashing) == [LOST]
    way.library.trash(NOTE)
    assert read(way, trashing) == [KEPT]
    assert way.asked == [[NOTE], [NOTE]]


def test_a_paper_is_not_looked_up_again_that_was_just_read(way: Way) -> None:
    assert read(way, creation(), change(5, title="Owls")) == [LOST, LOST]
    assert way.asked == []


def test_an_item_without_tags_and_collections_shows_none_of_those_that_were_sent(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    row = {"key": KEY, "version": 9, "itemType": "preprint", "tags": None}
    for sent in ({"tags": [{"tag": "birds"}]}, {"collections": ["CCCCCCCC"]}):
        (entry,) = by_reading(write(change(5, **sent)), {KEY: row}, NONE, NONE, way)
        assert entry.outcome == ""


# By reading: children


def test_children_under_keys_of_ours_are_looked_up_by_them(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    way.library.add(itemType="note", note="Comment: 9 pages", parentItem=KEY, key=NOTE)
    assert read(way, child(note="Comment: 9 pages"), child("pdf", PDF, url="http://a")) == [KEPT, LOST]


def test_a_child_that_lies_in_the_trash_since_an_undo_was_not_made_by_this_write(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    way.library.add(itemType="note", note="Comment: 9 pages", parentItem=KEY, key=NOTE, deleted=1)
    sent = child(note="Comment: 9 pages")
    assert read(way, sent, trashed=[NOTE]) == [STALE]
    assert read(way, sent, trashed=[PDF]) == [KEPT]  # the user put it there
    way.library.restore(NOTE)
    assert read(way, sent, trashed=[NOTE]) == [KEPT]


def test_children_without_keys_are_told_by_what_they_hold(desktop: Way) -> None:
    desktop.library.add(**PAPER)
    (key,) = desktop.library.items
    note, link = child(key="", note="9 pages"), child("pdf", "", url="http://arxiv.org/pdf/1")
    sent = [replace(each, data={**each.data, "parentItem": key}) for each in (note, link)]
    desktop.library.add(itemType="note", note="mine", parentItem=key)
    desktop.library.add(
        itemType="attachment", linkMode="linked_url", url="http://other", note="see the 9 pages", parentItem=key
    )
    assert read(desktop, *sent) == ["", ""]  # they may still be on their way
    made = desktop.library.add(itemType="note", note="<p>9 pages</p>", parentItem=key)
    found = reading(desktop, *sent)
    assert (found[0].outcome, found[0].key) == (KEPT, made)
    assert (found[1].outcome, found[1].key) == ("", "")
    url = desktop.library.add(
        itemType="attachment", linkMode="linked_url", url="http://arxiv.org/pdf/1", parentItem=key
    )
    assert reading(desktop, *sent)[1].key == url
    assert desktop.asked == []


def test_a_child_without_a_key_is_not_the_one_that_an_undo_has_trashed(desktop: Way) -> None:
    """A link that comes back after an undo is a new one on a desktop: the old one looks just like it."""
    key = desktop.library.add(**PAPER)
    old = desktop.library.add(itemType="note", note="9 pages", parentItem=key, deleted=1)
    note = child(key="", note="9 pages")
    sent = replace(note, data={**note.data, "parentItem": key})
    assert read(desktop, sent, trashed=[old]) == [""]
    new = desktop.library.add(itemType="note", note="9 pages", parentItem=key)
    (found,) = reading(desktop, sent, trashed=[old])
    assert (found.outcome, found.key) == (KEPT, new)


# By reading: where the library makes the keys


def test_a_paper_is_told_by_its_id_and_remembered_under_the_key_that_it_got(desktop: Way) -> None:
    key = desktop.library.add(**PAPER)
    (entry,) = reading(desktop, creation(""))
    assert (entry.outcome, entry.key) == (KEPT, key)
    assert entry.base
    assert entry.base.key == key


def test_each_paper_of_a_write_is_told_by_its_own_id(desktop: Way) -> None:
    other = "2401.00002"
    data = {**PAPER, "archiveID": f"arXiv:{other}", "extra": f"arXiv:{other}", "title": "Mice"}
    keys = [desktop.library.add(**PAPER), desktop.library.add(**data)]
    found = reading(desktop, creation(""), replace(creation(""), data=data, arxiv_id=other))
    assert [(entry.outcome, entry.key) for entry in found] == [(KEPT, key) for key in keys]


def test_a_paper_that_is_not_there_yet_may_still_come(desktop: Way) -> None:
    assert read(desktop, creation("")) == [""]


EDITED = {"title": "Owls, edited", "extra": "", "accessDate": "2025-03-13T08:01:00Z"}


@pytest.mark.parametrize("name", EDITED)
def test_what_the_user_edited_in_one_place_is_still_ours(desktop: Way, name: str) -> None:
    desktop.library.add(**{**PAPER, name: EDITED[name]})
    assert read(desktop, creation("")) == [KEPT]


@pytest.mark.parametrize("same", EDITED)
def test_what_differs_in_two_places_was_added_by_the_user_meanwhile(desktop: Way, same: str) -> None:
    """It has the arXiv id, so it is the paper, but nothing that refkit made: planning finds it."""
    desktop.library.add(**{**PAPER, **EDITED, same: PAPER[same]})
    assert read(desktop, creation("")) == [LOST]


# By reading: collections


def test_a_collection_is_told_by_its_key_or_by_its_place(way: Way) -> None:
    def made(key: str, name: str, parent: str) -> Entry:
        return Entry(role="collection", op="create", key=key, data={"name": name, "parentCollection": parent or False})

    top = way.library.add_collection("Reading", key="CCCCCCCC")
    way.library.add_collection("One", top)
    assert read(way, made("CCCCCCCC", "Renamed since", "")) == [KEPT]
    assert read(way, made("", "Reading", "")) == [KEPT]
    assert read(way, made("", "One", top)) == [KEPT]
    assert read(way, made("DDDDDDDD", "One", "")) == [LOST]
    assert read(way, made("", "Reading", top)) == [LOST]


# After a silence


def test_after_a_silence_each_object_is_looked_up_by_its_key(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    slept: list[float] = []
    found = after_silence(write(creation(), creation(OTHER)), way, {}, NONE, clock(slept))
    assert [entry.outcome for entry in found] == [KEPT, LOST]
    assert (way.asked, slept) == ([[KEY, OTHER]], [])


def test_after_a_silence_what_changed_otherwise_is_planned_again(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    version = way.library.items[KEY]["version"]
    way.library.edit(KEY, title="Mine")
    for title, outcome in (("Owls, again", STALE), ("Mine", KEPT)):
        (entry,) = after_silence(write(change(version, title=title)), way, {}, NONE, clock())
        assert entry.outcome == outcome


def test_after_a_silence_a_trashed_note_is_not_called_made(way: Way) -> None:
    way.library.add(**PAPER, key=KEY)
    way.library.add(itemType="note", note="9 pages", parentItem=KEY, key=NOTE, deleted=1)
    (entry,) = after_silence(write(child(note="9 pages")), way, {}, frozenset({NOTE}), clock())
    assert entry.outcome == STALE


def test_after_a_silence_a_desktop_is_given_time_to_save(desktop: Way) -> None:
    """It answers late rather than never: what is not there yet may come."""

    def save_meanwhile(seconds: float) -> None:
        assert seconds == 2
        desktop.library.add(**PAPER)

    late = Clock(now=lambda: NOW, sleep=save_meanwhile)
    (entry,) = after_silence(write(creation("")), desktop, {}, NONE, late)
    assert entry.outcome == KEPT


def test_after_a_silence_what_was_there_before_is_not_taken_for_what_was_sent(desktop: Way) -> None:
    """A paper that `--recreate` makes again has a twin with the same id: in the trash, where the user put it."""
    key = desktop.library.add(**PAPER)
    known = {key: desktop.library.items[key]}
    (entry,) = after_silence(write(creation("")), desktop, known, NONE, clock())
    assert (entry.outcome, entry.key) == ("", "")


def test_after_a_silence_a_collection_is_told_by_its_place(way: Way) -> None:
    way.library.add_collection("Reading")
    data = {"name": "Reading", "parentCollection": False}
    sent = Entry(role="collection", op="create", key="CCCCCCCC", data=data)
    (entry,) = after_silence(write(sent, kind="collections"), way, {}, NONE, clock())
    assert (entry.outcome, entry.key) == (KEPT, next(iter(way.library.collections)))
    assert way.asked == []  # its key is no item's


# By the token


def test_only_what_is_open_is_sent_again_under_the_same_token(way: Way) -> None:
    way.answers = [(Outcome(state=State.DONE),)]
    settled = by_token(write(creation(outcome=DONE), change(5, title="x")), way, NOW + HOUR)
    assert [entry.outcome for entry in settled] == [DONE, KEPT]
    assert way.sent == [([{"key": KEY, "version": 5, "title": "x"}], "f" * 32)]


def test_nothing_is_sent_if_nothing_is_open(way: Way) -> None:
    assert by_token(write(creation(outcome=LOST)), way, NOW)[0].outcome == LOST
    assert way.sent == []


def test_a_token_that_was_used_means_that_it_was_carried_out(way: Way) -> None:
    for late in (MINUTE, 11 * HOUR - 1):
        way.answers = [AlreadySent("Write token already used")]
        assert by_token(write(change(5, title="x")), way, NOW + late)[0].outcome == KEPT
    assert len(way.sent) == 2


def test_what_fails_again_was_not_carried_out(way: Way) -> None:
    way.answers = [(Outcome(state=State.FAILED, code=412), Outcome(state=State.UNCHANGED))]
    other = replace(change(5, title="y"), key=OTHER)
    settled = by_token(write(change(5, title="x"), other), way, NOW + HOUR)
    assert [entry.outcome for entry in settled] == [LOST, KEPT]


def test_a_token_that_zotero_may_have_forgotten_is_not_used(way: Way) -> None:
    """After twelve hours it would be taken for a new one (specs/zotero_web_api.md 3.2)."""
    for late in (11 * HOUR, 13 * HOUR, 1000 * HOUR):
        assert by_token(write(change(5, title="x")), way, NOW + late)[0].outcome == KEPT
    assert way.sent == []


def test_what_never_reached_a_desktop_is_made_now_and_remembered_under_its_key(desktop: Way) -> None:
    desktop.answers = [(Outcome(state=State.DONE, key=OTHER, version=7), Outcome(state=State.DONE, key=NOTE))]
    paper, note = by_token(write(creation(""), child(key="", note="9 pages")), desktop, NOW + MINUTE)
    assert (paper.outcome, paper.key, paper.new_version) == (DONE, OTHER, 7)
    assert paper.base == Base(key=OTHER, arxiv_id=ID, created=True)
    assert (note.outcome, note.key, note.base) == (DONE, NOTE, None)


def test_what_a_desktop_refuses_now_was_not_made_before(desktop: Way) -> None:
    desktop.answers = [(Outcome(state=State.FAILED, code=400, message="no"),)]
    (entry,) = by_token(write(creation("")), desktop, NOW + MINUTE)
    assert (entry.outcome, entry.key) == (LOST, "")


@pytest.mark.parametrize("more", [(), (change(5, title="x"),)])
def test_a_desktop_that_was_sent_a_paper_and_does_not_show_it_is_given_ten_minutes(
    desktop: Way, more: tuple[Entry, ...]
) -> None:
    desktop.answers = [AlreadySent("Write token already used")] * 2
    with pytest.raises(WriteUnavailable) as busy:
        by_token(write(creation(""), *more), desktop, NOW + 10 * MINUTE - 1)
    assert str(busy.value) == BUSY
    settled = by_token(write(creation(""), *more), desktop, NOW + 10 * MINUTE)
    assert [entry.outcome for entry in settled] == [LOST, *(KEPT for _ in more)]


# Waiting


def snapshot(version: int, *items: dict[str, Any], removed: tuple[str, ...] = ()) -> Snapshot:
    return Snapshot(items, removed, version)


def test_a_library_is_read_until_it_stands_still(desktop: Way) -> None:
    one, two, three = ({"key": letter * 8, "version": 1} for letter in "ABC")
    desktop.changes = [
        snapshot(11, two),
        snapshot(12, {**three, "title": "new"}, removed=("AAAAAAAA",)),
        snapshot(12),
        snapshot(99, one),
    ]
    slept: list[float] = []
    first = Snapshot((one, three), ("ZZZZZZZZ",), 10, complete=True)
    last = wait_until_quiet(desktop, first, (), clock(slept))
    assert {item["key"]: item for item in last.items} == {"BBBBBBBB": two, "CCCCCCCC": {**three, "title": "new"}}
    assert (set(last.removed), last.version, last.complete) == ({"ZZZZZZZZ", "AAAAAAAA"}, 12, True)
    assert len(slept) == 3
    assert len(desktop.changes) == 1


def test_a_library_that_never_stands_still_is_not_waited_for_without_end(desktop: Way) -> None:
    desktop.changes = [snapshot(11 + number) for number in range(1000)]
    slept: list[float] = []
    wait_until_quiet(desktop, snapshot(10), (), clock(slept))
    assert sum(slept) == 20
