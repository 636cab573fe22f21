"""What came of a run of `refkit watch`, for people and as JSON. Pure: values in, text out."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from refkit.model import Op, Report, Resolution, Work
from refkit.normalize import for_terminal
from refkit.watch.run import Found, Problem
from refkit.watch.state import Sorted, Waiting

if TYPE_CHECKING:
    from refkit.model import Change
    from refkit.writers.bib_merge import Merge

_WIDTH = 100  # characters of a title on a line
_LISTED = 50  # of a long list; --json has all of it


class Paper(Struct, frozen=True):
    """A paper that was written: its key there, its arXiv id and its title."""

    key: str
    arxiv_id: str
    title: str


class Applied(Struct, frozen=True, kw_only=True):
    """What was written `to` a library, or would be: papers added and updated, how many were there already.

    `done` are the arXiv ids of all papers that need no further run; `removed` those that stay out, as the user removed
    them.
    """

    to: str = ""
    added: tuple[Paper, ...] = ()
    updated: tuple[Paper, ...] = ()
    there: int = 0
    removed: tuple[Paper, ...] = ()
    done: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def of_merge(merged: Merge, works: Sequence[Work], to: str) -> Applied:
    """Return what a merge into a .bib did."""
    titles = {work.record.arxiv_id: work.record.title for work in works}
    return Applied(
        to=to,
        added=tuple(Paper(each.key, each.arxiv_id, each.title) for each in merged.added),
        updated=tuple(Paper(each.key, each.arxiv_id, titles.get(each.arxiv_id, "")) for each in merged.updated),
        there=merged.untouched,
        removed=tuple(Paper(each.key, each.arxiv_id, each.title) for each in merged.removed),
        done=frozenset(titles) - frozenset(merged.blocked_ids),
        problems=tuple(Problem(each, 1) for each in merged.blocked),
    )


def of_report(changes: Sequence[Change], report: Report | None, to: str) -> Applied:
    """Return what was done in a Zotero library; what would be, where there is no report."""
    done = changes if report is None else report.done
    problems: list[Problem] = []
    if report is not None:
        problems = [Problem(report.outage, 3)] if report.outage else []
        for change, sentence in report.failed:
            if sentence != report.outage:
                problems.append(Problem(f"arXiv:{change.work.record.arxiv_id}: {sentence}", 1))
        problems += [Problem(each, 1) for each in report.lacking]
    papers = {op: tuple(_paper(change) for change in done if change.op is op) for op in Op}
    return Applied(
        to=to,
        added=papers[Op.CREATE],
        updated=papers[Op.UPDATE],
        there=len(papers[Op.KEEP]) + len(papers[Op.CONFLICT]),
        done=frozenset(change.work.record.arxiv_id for change in done),
        problems=tuple(problems),
    )


def _paper(change: Change) -> Paper:
    return Paper(change.key, change.work.record.arxiv_id, change.work.record.title)


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a run: of each thing, of what waited, and of writing. `started` is in seconds since the epoch."""

    started: float
    queue: str
    found: tuple[Found, ...] = ()
    sorted: Sorted = Sorted()
    applied: Applied = Applied()
    planned: bool = False

    @property
    def left(self) -> tuple[tuple[Waiting, Resolution], ...]:
        """What is matched, but could not be written."""
        done = self.applied.done
        return tuple(each for each in self.sorted.matched if each[1].record and each[1].record.arxiv_id not in done)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that could not be read or written."""
        return (*(each for found in self.found for each in found.problems), *self.applied.problems)

    @property
    def is_news(self) -> bool:
        """Whether something came, was written, settled or went wrong: what waits from before is no news."""
        written = self.applied.added or self.applied.updated or self.applied.there or self.applied.removed
        return bool(written or self.sorted.settled or self.problems or any(each.fresh for each in self.found))

    @property
    def exit_code(self) -> int:
        """3 if something gave no answer, 2 if something must be corrected, 1 if entries wait, else 0."""
        codes = [each.code for each in self.problems]
        return max([*codes, 3 * bool(self.sorted.failed), 1 * bool(self.sorted.waiting or self.left), 0])


def text(outcome: Outcome) -> str:
    """Return the summary for people."""
    return "".join(f"{line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(outcome.started))
    yield f"refkit watch, {when}{' (dry run: nothing is written)' if outcome.planned else ''}"
    for found in outcome.found:
        yield from _of_thing(found)
    yield from _of_applied(outcome)
    if outcome.sorted.settled:
        yield f"settled as no paper of arXiv, taken out of the queue: {len(outcome.sorted.settled)}"
    yield from _heap("not written yet, kept in the queue", outcome.left)
    yield from _heap("failed, asked again by the next run", outcome.sorted.failed)
    yield from _heap("waiting in the queue", outcome.sorted.waiting)
    if outcome.sorted.waiting and not outcome.planned:
        yield f"  settle them with: refkit review {shlex.quote(outcome.queue)}"


def what_went_wrong(outcome: Outcome) -> Iterator[str]:
    """Yield a sentence for each thing that a person may have to look at."""
    yield from (each.text for each in outcome.problems)
    if outcome.sorted.failed:
        titles = _count(len(outcome.sorted.failed), "title", "titles")
        yield f"{titles} failed ({outcome.sorted.failed[0][1].reason}); the next run asks again."


def _of_thing(found: Found) -> Iterator[str]:
    shown = for_terminal(found.thing.shown, _WIDTH)
    if found.remark and not found.fresh:
        yield f"{shown}: {found.remark}"
    elif not found.problems or found.fresh:
        again = len(found.fresh) - found.added
        waiting = f" ({again} in the queue already)" if again else ""
        yield f"{shown}: {_count(len(found.fresh), 'new entry', 'new entries')}{waiting}"
    if found.skipped:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(found.skipped.items()))
        yield f"  passed over, being no papers: {reasons}"
    for each in found.problems:
        yield f"  {each.text}"


def _of_applied(outcome: Outcome) -> Iterator[str]:
    applied = outcome.applied
    if applied.to and outcome.sorted.matched:
        would = "would be " if outcome.planned else ""
        counts = f"{len(applied.added)} {would}added, {len(applied.updated)} {would}updated"
        yield f"{applied.to}: {counts}, {applied.there} there already"
    for verb, papers in (("added", applied.added), ("updated", applied.updated), ("stays out", applied.removed)):
        for paper in papers[:_LISTED]:
            yield f"  {verb} {paper.key}: {for_terminal(paper.title, _WIDTH)} (arXiv:{paper.arxiv_id})"
        if len(papers) > _LISTED:
            yield f"  ... and {len(papers) - _LISTED} more {verb}; --json lists all of them"
    for each in applied.problems:
        yield f"  not written: {each.text}"


def _heap(name: str, heap: Sequence[tuple[Waiting, Resolution]]) -> Iterator[str]:
    if heap:
        yield f"{name}: {len(heap)}"
    for _, found in heap[:_LISTED]:
        yield f"  {found.verdict.value}: {for_terminal(found.mention.title, _WIDTH)}"
        yield f"      {found.reason}"
    if len(heap) > _LISTED:
        yield f"  ... and {len(heap) - _LISTED} more"


def _count(number: int, one: str, many: str) -> str:
    return "nothing new" if not number else f"1 {one}" if number == 1 else f"{number} {many}"


def as_json(outcome: Outcome) -> str:
    """Return the summary as one JSON object; its shape is described in docs/json.md."""
    applied = outcome.applied
    document: dict[str, Any] = {
        "version": 1,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(outcome.started)),
        "dry_run": outcome.planned,
        "watched": [_thing(found) for found in outcome.found],
        "applied": {
            "to": applied.to,
            "added": [msgspec.structs.asdict(each) for each in applied.added],
            "updated": [msgspec.structs.asdict(each) for each in applied.updated],
            "removed": [msgspec.structs.asdict(each) for each in applied.removed],
            "there": applied.there,
            "problems": [each.text for each in applied.problems],
        },
        "settled": len(outcome.sorted.settled),
        "unwritten": _entries(outcome.left),
        "failed": _entries(outcome.sorted.failed),
        "waiting": _entries(outcome.sorted.waiting),
        "queue": outcome.queue,
        "exit_code": outcome.exit_code,
    }
    return msgspec.json.format(msgspec.json.encode(_encodable(document)), indent=2).decode() + "\n"


def _thing(found: Found) -> dict[str, Any]:
    return {
        "what": found.thing.shown,
        "new": len(found.fresh),
        "skipped": dict(found.skipped),
        "remark": found.remark,
        "problems": [each.text for each in found.problems],
    }


def _entries(heap: Sequence[tuple[Waiting, Resolution]]) -> list[dict[str, Any]]:
    return [
        {
            "title": found.mention.title,
            "url": found.mention.url,
            "file": each.path,
            "line": each.line,
            "verdict": found.verdict.value.replace(" ", "_"),
            "reason": found.reason,
        }
        for each, found in heap
    ]


def _encodable(value: Any) -> Any:
    """Return the same with text that UTF-8 can hold, as a file name may be in another encoding."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value
