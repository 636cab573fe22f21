"""A plan in a file: read as it was written, refused where it is none, applied only where it still fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from refkit.errors import UsageError, WriteError
from refkit.model import ArxivRecord, Author, Mention, Op, PartialDate, ThemeTag, Work
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.places import Places
from refkit.writers.zotero.plan import Child, ItemChange, Library, plan
from refkit.writers.zotero.planfile import PlanFile, load_plan, save_plan, still_fits

NOW, LATER = "2025-03-13T08:00:00Z", "2025-03-13T09:30:00Z"
ITEM = {"key": "AAAAAAAA", "version": 3, "itemType": "preprint", "archiveID": "arXiv:2409.20155", "title": "Old"}


def work(number: str = "2409.20154") -> Work:
    record = ArxivRecord(
        arxiv_id=number,
        title="Schrödinger’s “Maps” 🤖: \x01",
        authors=(Author(family="Chen", given="Yangtao"), Author(literal="A Team")),
        categories=("cs.RO",),
        submitted=PartialDate(2024, 9),
        comments="9 pages",
    )
    mention = Mention(title="Maps", issued=PartialDate(None, 3, 13), line=4)
    return Work(
        record=record, themes=(ThemeTag("Robots", ("maps",)),), mentions=(mention,), provenance={"title": "arXiv"}
    )


def planned(
    *items: dict[str, Any], now: str = NOW, works: tuple[str, ...] = ("2409.20154", "2409.20155")
) -> list[ItemChange]:
    library = Library(
        name="user/1",
        items={item["key"]: item for item in items},
        bases={},
        places=Places([], {}),
        client_keys=True,
        now=now,
    )
    return plan([work(number) for number in works], library, Options(collection="Reading"))


def saved(*changes: ItemChange) -> PlanFile:
    target = Target(server="http://127.0.0.1:1", kind="group", id=7, name="Les Méthodes", slug="les_methodes")
    return PlanFile(target=target, options=Options(collection="Reading", pdf="file"), made=NOW, changes=changes)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    whole = saved(*planned(ITEM), *planned({**ITEM, "deleted": 1}))
    assert {change.op for change in whole.changes} == {Op.CREATE, Op.UPDATE, Op.KEEP}
    save_plan(path, whole)
    assert load_plan(path) == whole
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text)["refkit_plan"] == 1
    assert text.splitlines()[:3] == ["{", ' "refkit_plan": 1,', ' "target": {']  # for somebody to read
    assert all(ord(char) >= 32 or char == "\n" for char in text)


def test_a_plan_without_changes_is_one(tmp_path: Path) -> None:
    save_plan(tmp_path / "plan.json", saved())
    assert load_plan(tmp_path / "plan.json").changes == ()


def test_a_file_that_is_not_there_is_a_sentence_with_the_command_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with pytest.raises(UsageError, match="does not exist; make a plan with"):
        load_plan(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe{}",
        b'{"refkit_plan": 1}',
        b'{"refkit_plan": "1", "target": {}, "options": {}, "made": "", "changes": []}',
        b"@article{a, title={b}}",
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_plan_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"is not a plan that this refkit can read .*make it anew"):
        load_plan(path)


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a plan"):
        load_plan(tmp_path)


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_plan_of_another_format_is_refused(tmp_path: Path, number: int) -> None:
    path = tmp_path / "plan.json"
    save_plan(path, msgspec.structs.replace(saved(*planned(ITEM)), refkit_plan=number))
    with pytest.raises(UsageError, match="make it anew"):
        load_plan(path)


def test_a_plan_with_an_operation_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(path, saved(*planned(ITEM)))
    path.write_text(path.read_text(encoding="utf-8").replace('"create"', '"destroy"'), encoding="utf-8")
    with pytest.raises(UsageError, match="make it anew"):
        load_plan(path)


def test_a_plan_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="does not exist"):
        save_plan(tmp_path / "none" / "plan.json", saved())


def test_an_unchanged_library_fits_the_whole_plan(tmp_path: Path) -> None:
    save_plan(tmp_path / "plan.json", saved(*planned(ITEM)))
    before = load_plan(tmp_path / "plan.json").changes
    fits, changed = still_fits(before, planned(ITEM))
    assert (fits, changed) == (list(before), [])


def test_a_plan_fits_an_hour_later(tmp_path: Path) -> None:
    save_plan(tmp_path / "plan.json", saved(*planned(ITEM)))
    before = load_plan(tmp_path / "plan.json").changes
    fits, changed = still_fits(before, planned(ITEM, now=LATER))
    assert (len(fits), changed) == (2, [])


@pytest.mark.parametrize(
    "items",
    [
        [{**ITEM, "version": 4}],
        [{**ITEM, "title": "Mine", "version": 4}],
        [{**ITEM, "key": "BBBBBBBB"}],
        [{**ITEM, "deleted": 1, "version": 4}],
        [],
        [{**ITEM, "tags": [{"tag": "mine"}]}],
    ],
)
def test_an_item_that_changed_meanwhile_fits_no_more_and_the_others_do(items: list[dict[str, Any]]) -> None:
    fits, changed = still_fits(planned(ITEM), planned(*items))
    assert [change.work.record.arxiv_id for change in fits] == ["2409.20154"]
    assert [change.work.record.arxiv_id for change in changed] == ["2409.20155"]
    assert changed[0].version == ITEM["version"]


def test_a_paper_that_was_added_meanwhile_is_not_added_again() -> None:
    added = {**ITEM, "key": "BBBBBBBB", "archiveID": "arXiv:2409.20154"}
    fits, changed = still_fits(planned(ITEM), planned(ITEM, added))
    assert [change.op for change in changed] == [Op.CREATE]
    assert [change.op for change in fits] == [Op.UPDATE]


def test_a_paper_that_is_not_planned_any_more_does_not_fit() -> None:
    _, changed = still_fits(planned(ITEM), planned(ITEM, works=("2409.20154",)))
    assert [change.work.record.arxiv_id for change in changed] == ["2409.20155"]


def test_another_note_below_the_same_item_does_not_fit() -> None:
    before = planned()[0]
    note, pdf = before.children
    other = msgspec.structs.replace(note, data={**note.data, "note": "Comment: 10 pages"})
    after = msgspec.structs.replace(before, children=(other, pdf))
    assert still_fits([before], [after]) == ([], [before])


def test_another_place_for_a_note_or_other_text_in_a_paper_does_not_fit() -> None:
    before = planned()[0]
    note, pdf = before.children
    replace = msgspec.structs.replace
    for after in (
        replace(before, children=(replace(note, key="ZZZZZZZZ"), pdf)),
        replace(before, children=(replace(note, role="pdf"), pdf)),
        replace(before, children=(note,)),
        replace(before, key="ZZZZZZZZ"),
        replace(before, op=Op.UPDATE),
        replace(before, data={**before.data, "title": "Mine"}),
        replace(before, version=9),
    ):
        assert still_fits([before], [after]) == ([], [before])


CREATED, UPDATED = planned(ITEM)
OURS = Base(key=CREATED.key, arxiv_id="2409.20154", created=True)


@pytest.mark.parametrize(
    ("saved_one", "data", "children", "base", "done"),
    [
        (CREATED, {}, (), OURS, True),
        (CREATED, {}, CREATED.children[:1], OURS, True),
        (CREATED, {}, CREATED.children, OURS, True),
        (CREATED, {"title": "New"}, (), OURS, False),
        (CREATED, {}, (), msgspec.structs.replace(OURS, created=False), False),
        (CREATED, {}, (), None, False),
        (UPDATED, {}, (), msgspec.structs.replace(OURS, created=False), True),
        (UPDATED, {}, (), OURS, True),
        (UPDATED, {}, CREATED.children[:1], OURS, False),
        (UPDATED, {"title": "New"}, (), OURS, False),
        (UPDATED, {}, (), None, False),
        (msgspec.structs.replace(CREATED, op=Op.KEEP, data={}, children=()), {}, (), OURS, False),
    ],
)
def test_what_an_earlier_run_of_the_plan_has_done_counts_as_done(
    saved_one: ItemChange,
    data: dict[str, Any],
    children: tuple[Child, ...],
    base: Base | None,
    done: bool,  # noqa: FBT001
) -> None:
    """Nothing of the item is left to do, and of its notes and PDFs at most those of the plan, if refkit did it."""
    op = Op.UPDATE if data or children else Op.KEEP
    new = msgspec.structs.replace(saved_one, op=op, key="AAAA2345", data=data, children=children, base=base)
    assert still_fits([saved_one], [new]) == (([new], []) if done else ([], [saved_one]))


def test_papers_that_were_added_to_the_plan_are_left_out() -> None:
    fits, changed = still_fits(planned(ITEM, works=("2409.20154",)), planned(ITEM))
    assert ([change.work.record.arxiv_id for change in fits], changed) == (["2409.20154"], [])


def test_an_item_that_is_kept_may_have_another_version() -> None:
    trashed = {**ITEM, "deleted": 1}
    fits, changed = still_fits(planned(trashed), planned({**trashed, "version": 9}))
    assert ([change.op for change in fits], changed) == ([Op.CREATE, Op.KEEP], [])
