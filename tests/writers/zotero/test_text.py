"""Plans and reports as people and programs read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Op, Report, Work
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.plan import ItemChange
from refkit.writers.zotero.state import Entry, Sync
from refkit.writers.zotero.text import (
    as_json,
    counts,
    failure_lines,
    links,
    plan_lines,
    report_lines,
    report_summary,
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


def test_the_last_line_of_a_report_counts() -> None:
    assert report_summary(REPORT, MINE) == ("the library of ada: 1 created, 1 updated, 1 kept as they are, 2 failed")
    assert report_summary(Report(), MINE) == "the library of ada: 0 created, 0 updated, 0 kept as they are"


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
            data={"title": "New", "tags": [{"tag": "mine"}, {"tag": "agents"}], "collections": ["A", "B"]},
            before={"tags": [{"tag": "mine"}], "collections": ["A"]},
        ),
        title="Updated",
        data={"title": "Old", "tags": [], "collections": []},
    ),
    Step(entry=Entry(role="item", op="create", key="C", data={}), title="Edited", why="you changed title since"),
    Step(
        entry=Entry(role="item", op="update", key="D", data={"date": "2024"}),
        title="Both",
        data={"date": ""},
        why="you changed url",
    ),
]


def test_what_an_undo_would_do_in_words() -> None:
    assert list(undo_plan_lines(STEPS)) == [
        "to the trash: Created",
        "restore: Updated",
        "    title: 'New' -> 'Old'",
        "    tags: without agents",
        "    collections: without B",
        "leave: Edited",
        "    you changed title since",
        "restore: Both",
        "    date: '2024' -> empty",
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
