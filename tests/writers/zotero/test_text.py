"""Plans and reports as people and programs read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Change, Op, Report, Work
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.plan import STAYS_AWAY, ItemChange
from refkit.writers.zotero.state import Entry, Sync
from refkit.writers.zotero.text import (
    as_json,
    counts,
    failure_lines,
    links,
    plan_lines,
    report_lines,
    report_summary,
    undo_json,
    undo_plan_lines,
    undone_lines,
)
from refkit.writers.zotero.undo import Step, Undone

MINE = Target(server="http://127.0.0.1:1", kind="user", id=5, name="ada", slug="ada")
GROUP = Target(server="http://127.0.0.1:1", kind="group", id=7, name="Méthodes", slug="methodes")
DESKTOP = Target(server="http://127.0.0.1:1", kind="user", id=0, name="My Library", way="desktop")


def change(op: Op = Op.CREATE, number: str = "2409.20154", title: str = "A Title", **values: Any) -> ItemChange:
    data = {"data": {"title": title}} if op in {Op.CREATE, Op.UPDATE} else {}
    record = ArxivRecord(arxiv_id=number, title=title)
    return ItemChange(
        **{"op": op, "key": f"KEY{number[-5:]}", "work": Work(record=record), "reason": "so", **data, **values}
    )


CREATED = change(diff={"title": ("", "A Title"), "tags": ("", "+Robots")})
UPDATED = change(Op.UPDATE, "2409.20155", diff={"date": ("2024", "2025"), "deleted": ("in the trash", "")})
KEPT = change(Op.KEEP, "2409.20156", notes=("you changed title; that stays so",))
CONFLICT = change(Op.CONFLICT, "2409.20157", reason="title is 'A' by now, but yours is 'B'; yours stays")
PLAN = [CREATED, UPDATED, KEPT, CONFLICT]


def test_a_plan_in_words() -> None:
    assert list(plan_lines(PLAN, MINE)) == [
        "create   arXiv:2409.20154  A Title",
        "         so",
        "         title: A Title",
        "         tags: +Robots",
        "update   arXiv:2409.20155  A Title",
        "         so",
        "         date: '2024' -> '2025'",
        "         deleted: 'in the trash' -> empty",
        "keep     arXiv:2409.20156  A Title",
        "         so",
        "         note: you changed title; that stays so",
        "conflict arXiv:2409.20157  A Title",
        "         title is 'A' by now, but yours is 'B'; yours stays",
        "plan for the library of ada: 1 create, 1 update, 1 conflict, 1 keep",
    ]


def test_a_plan_of_nothing_has_its_counts() -> None:
    assert list(plan_lines([], GROUP)) == [
        "plan for the group library Méthodes: 0 create, 0 update, 0 conflict, 0 keep"
    ]
    assert counts(PLAN * 2) == "2 create, 2 update, 2 conflict, 2 keep"


@pytest.mark.parametrize(
    ("target", "key", "expected"),
    [
        (MINE, "K", ("zotero://select/library/items/K", "https://www.zotero.org/ada/items/K")),
        (GROUP, "K", ("zotero://select/groups/7/items/K", "https://www.zotero.org/groups/7/methodes/items/K")),
        (DESKTOP, "K", ("zotero://select/library/items/K",)),
        (Target(server="x", kind="user", id=5), "K", ("zotero://select/library/items/K",)),
        (Target(server="x", kind="user", id=5, slug="ada", way="desktop"), "K", ("zotero://select/library/items/K",)),
        (MINE, "2409.20154", ()),
        (MINE, "connector:1", ()),
        (MINE, "", ()),
    ],
)
def test_the_addresses_of_an_item(target: Target, key: str, expected: tuple[str, ...]) -> None:
    assert links(target, key) == expected


REPORT = Report(
    done=(CREATED, UPDATED, KEPT),
    failed=((CONFLICT, "Zotero refused it: no"), (change(number="2409.20158"), "no answer")),
    outage="no answer",
    remarks=("the collection Reading was not made",),
)


def test_a_report_names_what_was_written_with_its_addresses() -> None:
    assert list(report_lines(REPORT, MINE)) == [
        "created arXiv:2409.20154  A Title",
        "        zotero://select/library/items/KEY20154  https://www.zotero.org/ada/items/KEY20154",
        "updated arXiv:2409.20155  A Title",
        "        zotero://select/library/items/KEY20155  https://www.zotero.org/ada/items/KEY20155",
    ]


def test_what_a_way_tells_no_key_of_has_no_address() -> None:
    assert list(report_lines(Report(done=(change(key=""),)), DESKTOP)) == ["created arXiv:2409.20154  A Title"]


def test_a_report_names_what_failed_and_what_is_still_to_be_done() -> None:
    assert list(failure_lines(REPORT)) == [
        "stopped: no answer",
        "    1 of the plan's papers are still to be written; the same command goes on from there",
        "failed: arXiv:2409.20157 A Title",
        "    Zotero refused it: no",
        "note: the collection Reading was not made",
        "note: arXiv:2409.20156: you changed title; that stays so",
    ]
    assert list(failure_lines(Report(done=(CREATED,)))) == []


def test_what_another_writer_did_is_not_told_here() -> None:
    others = Report(done=(Change(op=Op.CREATE, key="X", work=CREATED.work), KEPT))
    assert list(report_lines(others, MINE)) == []
    assert list(failure_lines(others)) == ["note: arXiv:2409.20156: you changed title; that stays so"]
    assert report_summary(others, MINE) == "the library of ada: 0 created, 0 updated, 1 kept as they are"


def test_an_outage_after_all_papers_were_written_leaves_their_notes_and_pdfs() -> None:
    report = Report(done=(CREATED,), outage="no answer", lacking=("arXiv:2409.20154: its note was not made",))
    assert list(failure_lines(report)) == [
        "stopped: no answer",
        "    notes and PDFs of the plan's papers are still to be written; the same command goes on from there",
        "incomplete: arXiv:2409.20154: its note was not made",
    ]


def test_one_note_of_several_papers_is_told_once_with_their_number() -> None:
    numbers = [f"2409.2015{number}" for number in range(3)]
    done = tuple(change(Op.UPDATE, number, notes=("you deleted the collection A",)) for number in numbers)
    assert list(failure_lines(Report(done=done[:2]))) == [
        "note: arXiv:2409.20150 and 1 more: you deleted the collection A"
    ]
    assert list(failure_lines(Report(done=done))) == ["note: arXiv:2409.20150 and 2 more: you deleted the collection A"]


@pytest.mark.parametrize("reason", sorted(STAYS_AWAY))
def test_why_a_paper_that_is_wanted_stays_away_is_told_after_a_sync(reason: str) -> None:
    report = Report(done=(change(Op.KEEP, reason=reason), KEPT))
    assert list(failure_lines(report)) == [
        f"note: arXiv:2409.20154: {reason}",
        "note: arXiv:2409.20156: you changed title; that stays so",
    ]


def test_a_conflict_is_told_after_a_sync() -> None:
    assert list(failure_lines(Report(done=(CONFLICT,)))) == [f"note: arXiv:2409.20157: {CONFLICT.reason}"]


def test_the_last_line_of_a_report_counts() -> None:
    assert report_summary(REPORT, MINE) == ("the library of ada: 1 created, 1 updated, 1 kept as they are, 2 failed")
    assert report_summary(Report(), MINE) == "the library of ada: 0 created, 0 updated, 0 kept as they are"
    unwritten = Report(done=(change(data={}), change(Op.UPDATE, data={})))
    assert report_summary(unwritten, MINE).endswith("0 created, 0 updated, 2 kept as they are")


def test_a_plan_for_programs() -> None:
    document = as_json(PLAN, GROUP)
    assert document["library"] == {"way": "web", "kind": "group", "id": 7, "name": "Méthodes"}
    assert document["plan"] == {"create": 1, "update": 1, "conflict": 1, "keep": 1}
    first, second, *_ = document["changes"]
    assert first == {
        "op": "create",
        "arxiv_id": "2409.20154",
        "title": "A Title",
        "key": "KEY20154",
        "reason": "so",
        "notes": [],
        "diff": {"title": ["", "A Title"], "tags": ["", "+Robots"]},
        "links": [],
    }
    assert second["links"][0] == "zotero://select/groups/7/items/KEY20155"
    assert set(document) == {"library", "plan", "changes"}


def test_a_report_for_programs_tells_of_each_change_what_came_of_it() -> None:
    document = as_json([*PLAN, change(number="2409.20158")], MINE, REPORT)
    told = {each["arxiv_id"]: (each["applied"], each["failure"], bool(each["links"])) for each in document["changes"]}
    assert told == {
        "2409.20154": (True, "", True),
        "2409.20155": (True, "", True),
        "2409.20156": (True, "", True),
        "2409.20157": (False, "Zotero refused it: no", True),
        "2409.20158": (False, "no answer", False),
    }
    assert (document["outage"], document["remarks"]) == ("no answer", ["the collection Reading was not made"])
    assert document["lacking"] == []


@pytest.mark.parametrize("report", [Report(done=(CREATED,)), Report(failed=((CREATED, "no"),), lacking=("its PDF",))])
def test_a_report_without_failures_or_without_anything_done_tells_of_each_change_too(report: Report) -> None:
    document = as_json([CREATED], MINE, report)
    (told,) = document["changes"]
    assert (told["applied"], told["failure"]) == (bool(report.done), "" if report.done else "no")
    assert document["lacking"] == list(report.lacking)


def test_a_report_of_nothing_tells_nothing_of_single_changes() -> None:
    document = as_json([CREATED], MINE, Report())
    assert not {"applied", "failure"} & document["changes"][0].keys()
    assert (document["outage"], document["lacking"], document["remarks"]) == ("", [], [])


def test_a_report_has_the_key_that_the_library_gave() -> None:
    done = change(key="NEWKEY22")
    (told,) = as_json([change(key="2409.20154")], DESKTOP, Report(done=(done,)))["changes"]
    assert (told["key"], told["links"]) == ("NEWKEY22", ["zotero://select/library/items/NEWKEY22"])


def test_what_programs_get_is_json() -> None:
    assert json.loads(json.dumps(as_json(PLAN, MINE))) == as_json(PLAN, MINE)


STEPS = [
    Step(entry=Entry(role="item", op="create", key="A", data={}), title="Created", data={"deleted": 1}),
    Step(
        entry=Entry(
            role="item",
            op="update",
            key="B",
            data={
                "title": "New",
                "tags": [{"tag": "mine"}, {"tag": "web", "type": 1}, {"tag": "agents"}, {"tag": "cs", "type": 1}],
                "collections": ["A", "B", "C"],
            },
            before={"tags": [{"tag": "mine"}, {"tag": "web", "type": 1}], "collections": ["A"]},
        ),
        title="Updated",
        data={"title": "Old", "tags": [], "collections": []},
    ),
    Step(entry=Entry(role="item", op="create", key="C", data={}), title="Edited", why="you changed title since"),
    Step(
        entry=Entry(role="item", op="update", key="D", data={"date": "2024", "tags": [{"tag": "a"}]}),
        title="Both",
        data={"date": "", "tags": [], "rights": "mine"},
        why="you changed url",
    ),
]


def test_what_an_undo_would_do_in_words() -> None:
    assert list(undo_plan_lines(STEPS)) == [
        "to the trash: Created",
        "restore: Updated",
        "    title: 'New' -> 'Old'",
        "    tags: without agents, cs",
        "    collections: without B, C",
        "leave: Edited",
        "    you changed title since",
        "restore: Both",
        "    date: '2024' -> empty",
        "    tags: without a",
        "    rights: mine",
        "leave: Both",
        "    you changed url",
    ]


@pytest.mark.parametrize("outage", ["", "no answer"])
def test_what_an_undo_did_in_words(outage: str) -> None:
    sync = Sync(id=1, kind="sync", started=0, ended=1, note="")
    done = Undone(sync=sync, trashed=("A", "B"), restored=("C",), left=(("D", "you changed it"),), outage=outage)
    stopped = [f"stopped: {outage}; the same command goes on from there"] if outage else []
    assert list(undone_lines(done)) == [
        "left: D",
        "    you changed it",
        *stopped,
        "2 put into the trash, 1 restored, 1 left as they are",
    ]


def test_what_an_undo_would_do_and_did_for_programs() -> None:
    steps = {
        "steps": [
            {"title": "Created", "what": "trash", "reason": ""},
            {"title": "Updated", "what": "restore", "reason": ""},
            {"title": "Edited", "what": "leave", "reason": "you changed title since"},
            {"title": "Both", "what": "restore", "reason": "you changed url"},
        ]
    }
    assert undo_json(STEPS, None) == steps
    sync = Sync(id=1, kind="sync", started=0, ended=1, note="")
    done = Undone(sync=sync, trashed=("A", "B"), restored=("C",), left=(("D", "you changed it"),), outage="no answer")
    assert undo_json(STEPS, done) == {
        **steps,
        "trashed": ["A", "B"],
        "restored": ["C"],
        "left": [{"title": "D", "reason": "you changed it"}],
        "outage": "no answer",
    }


LONG = "x" * 1000


def cut(length: int) -> str:
    return "x" * (length - 1) + "…"


def test_titles_and_values_have_a_hundred_characters_and_sentences_more() -> None:
    change_ = change(
        Op.UPDATE, title=LONG, reason=LONG, notes=(LONG,), diff={"date": (LONG, LONG), "tags": ("", LONG)}, key=""
    )
    (*lines, _) = plan_lines([change_], MINE)
    assert lines == [
        f"update   arXiv:2409.20154  {cut(100)}",
        f"         {cut(200)}",
        f"         date: '{cut(100)}' -> '{cut(100)}'",
        f"         tags: {cut(100)}",
        f"         note: {cut(200)}",
    ]
    assert list(report_lines(Report(done=(change_,)), MINE)) == [f"updated arXiv:2409.20154  {cut(100)}"]
    report = Report(done=(change_,), failed=((change_, LONG),), outage=LONG + "y", lacking=(LONG,), remarks=(LONG,))
    assert list(failure_lines(report)) == [
        f"stopped: {cut(400)}",
        "    notes and PDFs of the plan's papers are still to be written; the same command goes on from there",
        f"failed: arXiv:2409.20154 {cut(100)}",
        f"    {cut(400)}",
        f"incomplete: {cut(400)}",
        f"note: {cut(400)}",
        f"note: arXiv:2409.20154: {cut(200)}",
    ]


def test_the_line_of_a_library_with_an_endless_name_ends() -> None:
    target = Target(server="x", kind="user", id=5, name=LONG)
    (line,) = plan_lines([], target)
    assert line == f"plan for the library of {cut(400 - len('plan for the library of '))}"
    label = f"the library of {cut(100 - len('the library of '))}"
    assert report_summary(Report(), target) == f"{label}: 0 created, 0 updated, 0 kept as they are"


NASTY = "\x1b[31mred\x07\x9b1m\r\n\u202e\ud800" + "long " * 200


def test_nothing_steers_the_terminal_and_no_line_is_endless() -> None:
    nasty = change(
        Op.UPDATE, title=NASTY, reason=NASTY, notes=(NASTY,), diff={"title": (NASTY, NASTY), "tags": ("", NASTY)}
    )
    report = Report(done=(nasty,), failed=((nasty, NASTY),), remarks=(NASTY,))
    step = Step(entry=STEPS[0].entry, title=NASTY, data={"deleted": 1}, why="so")
    lines = [
        *plan_lines([nasty], MINE),
        *report_lines(report, MINE),
        *failure_lines(report),
        *undo_plan_lines([step]),
    ]
    assert len(lines) > 12
    for line in lines:
        assert line.isprintable()
        assert len(line) < 500


@pytest.mark.parametrize("target", [Target(server="x", kind="group", id=7, name=NASTY, slug="x")])
def test_the_name_of_a_library_does_not_steer_the_terminal_either(target: Target) -> None:
    for line in (*plan_lines([], target), report_summary(Report(), target)):
        assert line.isprintable()


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_a_printable_line(title: str, reason: str) -> None:
    assert all(line.isprintable() for line in plan_lines([change(title=title, reason=reason)], MINE))
