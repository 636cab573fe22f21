"""Contracts of writers: of any, and of those that keep a place where users have things of their own.

See `contracts.py` for how they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import pytest
from msgspec.structs import replace

from refkit.errors import WriteConflict, WriteError
from refkit.model import ArxivRecord, Author, Op, PartialDate, Work
from refkit.testing.contracts import check_name

if TYPE_CHECKING:
    from refkit.protocols import Writer

_WORKS = tuple(
    Work(
        record=ArxivRecord(
            arxiv_id=f"2401.{number:05}",
            title=title,
            authors=(Author("Träuble", "Frederik"), Author("Le Lan", "Charline")),
            submitted=PartialDate(2024, 1, number),
        )
    )
    for number, title in enumerate([r"$\mathcal{B}$-Coder: 50% & More", "Deep Songs", "Deep Songs"], start=1)
)
# The second of them as arXiv has it after a change.
_CHANGED = replace(_WORKS[1], record=replace(_WORKS[1].record, title="Deeper Songs of the Sea"))


class WriterContract:
    """What every writer promises. `written` returns what stands at the destination, in any form that compares."""

    @pytest.fixture
    def writer(self) -> Writer:
        raise NotImplementedError("return a writer to an empty destination")

    @pytest.fixture
    def written(self) -> Callable[[], object]:
        raise NotImplementedError("return a function that returns what stands at the destination")

    def test_it_has_a_name(self, writer: Writer) -> None:
        check_name(writer)

    def test_works_are_left_as_they_are(self, writer: Writer) -> None:
        works = list(_WORKS)
        writer.plan(works)
        assert works == list(_WORKS)

    def test_no_works_are_no_changes(self, writer: Writer) -> None:
        assert list(writer.plan([])) == []

    def test_planning_changes_nothing(self, writer: Writer, written: Callable[[], object]) -> None:
        before = written()
        changes = writer.plan(_WORKS)
        assert written() == before
        assert {change.op for change in changes} == {Op.CREATE}
        assert len(changes) == len(_WORKS)

    def test_the_order_of_the_works_does_not_matter(self, writer: Writer) -> None:
        assert list(writer.plan(_WORKS)) == list(writer.plan(_WORKS[::-1]))

    def test_a_work_given_twice_is_planned_once(self, writer: Writer) -> None:
        assert list(writer.plan([*_WORKS, _WORKS[0]])) == list(writer.plan(_WORKS))

    def test_keys_are_unique(self, writer: Writer) -> None:
        keys = [change.key for change in writer.plan(_WORKS)]
        assert len(set(keys)) == len(keys)

    def test_what_was_applied_is_reported_and_written(self, writer: Writer, written: Callable[[], object]) -> None:
        before = written()
        changes = writer.plan(_WORKS)
        report = writer.apply(changes)
        assert (list(report.done), list(report.failed)) == (list(changes), [])
        assert written() != before


class WriterPlace(Protocol):
    """A place to which a writer writes, as a test handles it. Empty at first."""

    def open(self) -> Writer:
        """Return a new writer to the place, as the next run has it."""

    def written(self) -> Mapping[str, str]:
        """Return all that stands there by name, the user's own things too."""

    def edit(self, arxiv_id: str) -> str:
        """Do what a user does: edit what stands there of a paper; return the words that were put in."""

    def add(self) -> str:
        """Do what a user does: put something of their own there; return the words of it."""

    def obstruct(self, arxiv_id: str) -> None:
        """See to it that this paper, which is not there yet, cannot be written."""

    def clear(self, arxiv_id: str) -> None:
        """Take the obstruction away."""


class PlaceWriterContract(WriterContract):
    """What a writer promises that keeps a place (a folder, a library) up to date. `place` is all there is to fill."""

    @pytest.fixture
    def place(self) -> WriterPlace:
        raise NotImplementedError("return a place to write to")

    @pytest.fixture
    def writer(self, place: WriterPlace) -> Writer:
        return place.open()

    @pytest.fixture
    def written(self, place: WriterPlace) -> Callable[[], object]:
        return lambda: dict(place.written())

    @pytest.fixture
    def full(self, place: WriterPlace) -> WriterPlace:
        """Return the place with all works in it."""
        writer = place.open()
        writer.apply(writer.plan(_WORKS))
        return place

    def test_opening_changes_nothing(self, place: WriterPlace) -> None:
        before = dict(place.written())
        place.open()
        assert dict(place.written()) == before

    def test_a_second_run_keeps_all(self, full: WriterPlace) -> None:
        before = dict(full.written())
        writer = full.open()
        changes = writer.plan(_WORKS)
        assert [change.op for change in changes] == [Op.KEEP] * len(_WORKS)
        writer.apply(changes)
        assert dict(full.written()) == before

    def test_only_a_changed_work_is_updated(self, full: WriterPlace) -> None:
        before = dict(full.written())
        writer = full.open()
        changes = writer.plan([_WORKS[0], _CHANGED, _WORKS[2]])
        assert {change.work.record.arxiv_id: change.op for change in changes} == {
            _WORKS[0].record.arxiv_id: Op.KEEP,
            _CHANGED.record.arxiv_id: Op.UPDATE,
            _WORKS[2].record.arxiv_id: Op.KEEP,
        }
        assert all(change.diff for change in changes if change.op is Op.UPDATE)
        writer.apply(changes)
        after = full.written()
        assert _CHANGED.record.title in "".join(after.values())
        assert len([name for name, text in before.items() if after.get(name) == text]) >= len(_WORKS) - 1

    def test_what_is_not_given_stays(self, full: WriterPlace) -> None:
        before = dict(full.written())
        writer = full.open()
        writer.apply(writer.plan(_WORKS[:1]))
        assert dict(full.written()) == before

    def test_nothing_given_changes_nothing(self, full: WriterPlace) -> None:
        before = dict(full.written())
        writer = full.open()
        changes = writer.plan([])
        assert list(changes) == []
        writer.apply(changes)
        assert dict(full.written()) == before

    def test_what_the_user_put_there_survives(self, full: WriterPlace) -> None:
        own = full.add()
        writer = full.open()
        writer.apply(writer.plan([*_WORKS[:1], _CHANGED]))
        assert own in "".join(full.written().values())

    def test_what_the_user_edited_survives(self, full: WriterPlace) -> None:
        own = full.edit(_CHANGED.record.arxiv_id)
        for works in (_WORKS, [_WORKS[0], _CHANGED]):
            writer = full.open()
            writer.apply(writer.plan(works))
            assert own in "".join(full.written().values())

    def test_a_plan_that_is_out_of_date_is_refused(self, full: WriterPlace) -> None:
        writer = full.open()
        changes = writer.plan([_CHANGED])
        own = full.edit(_CHANGED.record.arxiv_id)
        before = dict(full.written())
        try:
            report = writer.apply(changes)
        except WriteConflict as error:
            assert str(error)  # noqa: PT017 - an error is one of two good outcomes
        else:
            assert [change.key for change, _ in report.failed] == [changes[0].key]
        assert own in "".join(full.written().values())
        assert dict(full.written()) == before

    def test_a_failure_midway_is_told_and_made_good_by_the_next_run(self, place: WriterPlace) -> None:
        hindered = _WORKS[1].record.arxiv_id
        place.obstruct(hindered)
        writer = place.open()
        changes = writer.plan(_WORKS)
        try:
            report = writer.apply(changes)
        except WriteError:
            done = set()
        else:
            assert {change.work.record.arxiv_id for change, reason in report.failed if reason} >= {hindered}
            assert len(report.done) + len(report.failed) == len(changes)
            done = {change.work.record.arxiv_id for change in report.done}
        place.clear(hindered)
        again = place.open()
        planned = again.plan(_WORKS)
        assert {change.work.record.arxiv_id for change in planned if change.op is Op.KEEP} == done
        again.apply(planned)
        assert {change.op for change in place.open().plan(_WORKS)} == {Op.KEEP}
