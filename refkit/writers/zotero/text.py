"""Plans and reports in words and as JSON. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from refkit.model import Op, Report
from refkit.normalize import for_terminal
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.merge import shown
from refkit.writers.zotero.plan import STAYS_AWAY, ItemChange
from refkit.writers.zotero.state import Entry
from refkit.writers.zotero.undo import Step, Undone

_WIDTH = 100
_ORDER = (Op.CREATE, Op.UPDATE, Op.CONFLICT, Op.KEEP)
_KEY = re.compile("[0-9A-Z]+")
_WEB = "https://www.zotero.org"


def plan_lines(changes: Sequence[ItemChange], target: Target) -> Iterator[str]:
    """Yield a plan, a change at a time with its reason and its differences, and the counts at the end."""
    for change in changes:
        yield f"{change.op.value:<8} arXiv:{change.work.record.arxiv_id}  {_line(change.work.record.title)}"
        yield f"         {_line(change.reason, 2 * _WIDTH)}"
        for name, (old, new) in change.diff.items():
            yield f"         {name}: {_difference(_line(old), _line(new))}"
        for note in change.notes:
            yield f"         note: {_line(note, 2 * _WIDTH)}"
    yield _line(f"plan for {target.label}: {counts(changes)}", 4 * _WIDTH)


def _difference(old: str, new: str) -> str:
    if old and new:
        return f"{old!r} -> {new!r}"
    return new or f"{old!r} -> empty"


def counts(changes: Sequence[ItemChange]) -> str:
    """Return how many of each kind there are."""
    count = Counter(change.op for change in changes)
    return ", ".join(f"{count[op]} {op.value}" for op in _ORDER)


def report_lines(report: Report, target: Target) -> Iterator[str]:
    """Yield what was created and updated, with links."""
    for change in report.done:
        if isinstance(change, ItemChange) and change.writes:
            verb = "created" if change.op is Op.CREATE else "updated"
            yield f"{verb} arXiv:{change.work.record.arxiv_id}  {_line(change.work.record.title)}"
            if addresses := links(target, change.key):
                yield "        " + "  ".join(addresses)


def failure_lines(report: Report) -> Iterator[str]:
    """Yield what failed, a paper each with its sentence, and what else is to be known."""
    if report.outage:
        left = sum(sentence == report.outage for _, sentence in report.failed)
        yield f"stopped: {_line(report.outage, 4 * _WIDTH)}"
        what = f"{left} of the plan's papers" if left else "notes and PDFs of the plan's papers"
        yield f"    {what} are still to be written; the same command goes on from there"
    for change, sentence in report.failed:
        if sentence != report.outage:
            yield f"failed: arXiv:{change.work.record.arxiv_id} {_line(change.work.record.title)}"
            yield f"    {_line(sentence, 4 * _WIDTH)}"
    for lack in report.lacking:
        yield f"incomplete: {_line(lack, 4 * _WIDTH)}"
    for remark in report.remarks:
        yield f"note: {_line(remark, 4 * _WIDTH)}"
    papers: dict[str, list[str]] = {}
    for change in report.done:
        if isinstance(change, ItemChange):
            told = change.reason in STAYS_AWAY or change.op is Op.CONFLICT
            for note in (*((change.reason,) if told else ()), *change.notes):
                papers.setdefault(note, []).append(change.work.record.arxiv_id)
    for note, ids in papers.items():
        several = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        yield f"note: arXiv:{ids[0]}{several}: {_line(note, 2 * _WIDTH)}"


def report_summary(report: Report, target: Target) -> str:
    """Return the last line: counts of what was done."""
    done = [change for change in report.done if isinstance(change, ItemChange)]
    made = sum(change.op is Op.CREATE and change.writes for change in done)
    updated = sum(change.op is Op.UPDATE and change.writes for change in done)
    kept = len(done) - made - updated
    failed = f", {len(report.failed)} failed" if report.failed else ""
    return f"{_line(target.label)}: {made} created, {updated} updated, {kept} kept as they are{failed}"


def links(target: Target, key: str) -> tuple[str, ...]:
    """Return the addresses of an item: in the Zotero program and, over the web API, on Zotero's web site.

    None where the key is not known, as the connector tells none.
    """
    if not _KEY.fullmatch(key):
        return ()
    place = "library" if target.kind == "user" else f"groups/{target.id}"
    select = f"zotero://select/{place}/items/{key}"
    if target.way != "web" or not target.slug:
        return (select,)
    home = target.slug if target.kind == "user" else f"groups/{target.id}/{target.slug}"
    return (select, f"{_WEB}/{home}/items/{key}")


def as_json(changes: Sequence[ItemChange], target: Target, report: Report | None = None) -> dict[str, Any]:
    """Return a plan, and what came of it, for programs; its shape is described in docs/json.md."""
    failed = {change.work.record.arxiv_id: sentence for change, sentence in report.failed} if report else {}
    done = {change.work.record.arxiv_id: change for change in report.done} if report else {}
    count = Counter(change.op for change in changes)
    return {
        "library": {"way": target.way, "kind": target.kind, "id": target.id, "name": target.name},
        "plan": {op.value: count[op] for op in _ORDER},
        "changes": [_change(change, target, done, failed) for change in changes],
        **(
            {"outage": report.outage, "lacking": list(report.lacking), "remarks": list(report.remarks)}
            if report
            else {}
        ),
    }


def _change(change: ItemChange, target: Target, done: dict[str, Any], failed: dict[str, str]) -> dict[str, Any]:
    arxiv_id = change.work.record.arxiv_id
    applied = done.get(arxiv_id)
    there = applied is not None or change.op is not Op.CREATE
    key = applied.key if applied is not None else change.key
    return {
        "op": change.op.value,
        "arxiv_id": arxiv_id,
        "title": change.work.record.title,
        "key": key,
        "reason": change.reason,
        "notes": list(change.notes),
        "diff": {name: list(pair) for name, pair in change.diff.items()},
        "links": list(links(target, key)) if there else [],
        **({"applied": applied is not None, "failure": failed.get(arxiv_id, "")} if done or failed else {}),
    }


def undo_plan_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Yield what an undo would do."""
    for step in steps:
        if step.data:
            yield f"{'to the trash' if step.data.get('deleted') else 'restore'}: {_line(step.title)}"
            for name, value in step.data.items() if not step.data.get("deleted") else ():
                yield f"    {name}: {_back(name, value, step.entry)}"
        if step.why:
            yield f"leave: {_line(step.title)}"
            yield f"    {step.why}"


def _back(name: str, value: Any, entry: Entry) -> str:
    """Return what an undo puts back, or takes away, of one property."""
    if name not in {"tags", "collections"}:
        return _difference(_line(shown(entry.data.get(name, ""))), _line(shown(value)))
    before = entry.before.get(name) or ()
    added = [each for each in entry.data.get(name) or () if each not in value and each not in before]
    return "without " + ", ".join(_line(str(each["tag"] if isinstance(each, dict) else each)) for each in added)


def undone_lines(done: Undone) -> Iterator[str]:
    """Yield what an undo left, and the counts."""
    for title, why in done.left:
        yield f"left: {_line(title)}"
        yield f"    {why}"
    if done.outage:
        yield f"stopped: {done.outage}; the same command goes on from there"
    yield f"{len(done.trashed)} put into the trash, {len(done.restored)} restored, {len(done.left)} left as they are"


def undo_json(steps: Sequence[Step], done: Undone | None) -> dict[str, Any]:
    """Return what an undo would do, and what came of it, for programs; its shape is described in docs/json.md."""
    planned = [
        {
            "title": step.title,
            "what": "leave" if not step.data else "trash" if step.data.get("deleted") else "restore",
            "reason": step.why,
        }
        for step in steps
    ]
    if done is None:
        return {"steps": planned}
    return {
        "steps": planned,
        "trashed": list(done.trashed),
        "restored": list(done.restored),
        "left": [{"title": title, "reason": why} for title, why in done.left],
        "outage": done.outage,
    }


def _line(text: str, length: int = _WIDTH) -> str:
    return for_terminal(text, length)
