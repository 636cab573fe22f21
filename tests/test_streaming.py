from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import refkit
from refkit.model import Answer, ArxivRecord, Author, Mention, PartialDate, Resolution
from refkit.testing import ArxivServer

WEB = "Learning to Navigate the Web"
TITLES = (WEB, "Learning to Navigate the Sea", "Discrete Key-Value Bottleneck", "Retrosynthetic Planning", "Mamba")
LETTERS = "ABCDEFGH"


def mentions_of(*titles: str) -> list[Mention]:
    return [Mention(title=title, line=line) for line, title in enumerate(titles, start=1)]


class Shelf:
    """A source that knows some titles, by their letter, with or without an author, or is down; it notes each question.

    Each digit of `series` gives it another paper of the title, so that two make it ambiguous. It does not care how
    questions are put together, as no source should.
    """

    network = False
    complete = True

    def __init__(
        self, name: str, known: str = "", series: str = "0", *, bare: bool = False, down: bool = False
    ) -> None:
        self.name = name
        self.known = {
            f"Songs of the {letter} Whales": [f"2401.{digit}000{LETTERS.index(letter)}" for digit in series]
            for letter in known
        }
        self.bare = bare
        self.down = down
        self.asked: list[list[str]] = []

    def record(self, title: str, arxiv_id: str) -> ArxivRecord:
        if self.bare:
            return ArxivRecord(arxiv_id=arxiv_id, title=title)
        return ArxivRecord(
            arxiv_id=arxiv_id, title=title, authors=(Author("Li", "Chen"),), submitted=PartialDate(2024, 1, 2)
        )

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        assert limit
        self.asked.append([mention.title for mention in mentions])
        if self.down:
            raise refkit.SourceUnavailable("it is down; try again later")
        titles = [mention.title for mention in mentions]
        return [
            Answer(tuple(self.record(title, arxiv_id) for arxiv_id in self.known.get(title, ()))) for title in titles
        ]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        if self.down:
            raise refkit.SourceUnavailable("it is down; try again later")
        records = {each: self.record(title, each) for title, known in self.known.items() for each in known}
        return {arxiv_id: record for arxiv_id, record in records.items() if arxiv_id in ids}


shelves = st.lists(
    st.builds(
        Shelf,
        st.sampled_from(["first", "second", "third"]),
        st.sampled_from(["A", "AB", "ABC", "BC"]),
        st.sampled_from(["0", "1", "01", "23"]),
        bare=st.booleans(),
        down=st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda shelf: shelf.name,
)
asked = st.lists(
    st.builds(
        lambda letter, linked: Mention(
            title=f"Songs of the {letter} Whales", arxiv_id=f"2401.0000{linked}" if linked < 8 else ""
        ),
        st.sampled_from("ABCD"),  # few, so that several sources often know of one title
        st.integers(0, 20),
    ),
    max_size=8,
)


@given(shelves, asked, st.integers(1, 9))
def test_a_stream_yields_what_resolve_returns_however_it_is_cut(
    sources: list[Shelf], mentions: list[Mention], portion: int
) -> None:
    expected = refkit.resolve(mentions, sources=sources)
    assert list(refkit.stream(iter(mentions), sources=sources, portion=portion)) == expected


def test_what_is_ambiguous_waits_for_the_sources_that_are_still_to_be_asked() -> None:
    first, second = Shelf("first", "A", "01"), Shelf("second", "A", "2")
    (found,) = refkit.stream(mentions_of("Songs of the A Whales"), sources=[first, second])
    assert found.verdict is refkit.Verdict.AMBIGUOUS
    assert [each.source for each in found.candidates] == ["first", "first", "second"]


def test_what_is_decided_is_there_before_the_next_source_is_asked() -> None:
    near, far = Shelf("near", "AB"), Shelf("far", "C")
    found = refkit.stream(mentions_of(*(f"Songs of the {letter} Whales" for letter in "ABCA")), sources=[near, far])
    assert next(found).record
    assert next(found).record
    assert far.asked == []
    assert [each.record and each.record.arxiv_id for each in found] == ["2401.00002", "2401.00000"]
    assert far.asked == [["Songs of the C Whales"]]


def test_mentions_are_taken_a_portion_at_a_time_and_not_kept() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Mention]:
        for number in range(10**9):
            taken.append(number)
            yield Mention(title=f"Songs of the {LETTERS[number % 8]} Whales", line=number)

    found = refkit.stream(endless(), sources=[Shelf("near", "ABCD")], portion=3)
    assert [next(found).mention.line for _ in range(4)] == [0, 1, 2, 3]
    assert len(taken) == 6
    found.close()
    assert len(taken) == 6
    assert list(found) == []


def test_progress_tells_how_many_are_decided_and_how_many_there_are() -> None:
    steps: list[tuple[int, int]] = []
    for mentions in (mentions_of(*TITLES[:3]), iter(mentions_of(*TITLES[:3]))):
        for number, _ in enumerate(
            refkit.stream(
                mentions, sources=[Shelf("near")], portion=2, progress=lambda done, total: steps.append((done, total))
            ),
            start=1,
        ):
            assert steps[-1][0] == number
    assert steps == [(1, 3), (2, 3), (3, 3), (1, 2), (2, 2), (3, 3)]


def test_a_fault_of_the_call_is_told_at_once() -> None:
    with pytest.raises(refkit.UsageError, match="give a portion from 1"):
        refkit.stream([], portion=0)
    with pytest.raises(refkit.UsageError, match="There is no source to ask"):
        refkit.stream([], sources=[])


def test_what_the_locks_know_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mentions = mentions_of("Songs of the A Whales", "Songs of the B Whales", "Songs of the C Whales")
    locks = refkit.Locks(mentions)
    locks.keep(refkit.resolve(mentions[1:2], sources=[Shelf("near", "B")]))
    source = Shelf("near", "AC")
    found = list(refkit.stream(mentions, sources=[source], locks=refkit.Locks(mentions)))
    assert [each.record and each.record.arxiv_id for each in found] == ["2401.00000", "2401.00001", "2401.00002"]
    assert source.asked == [["Songs of the A Whales", "Songs of the C Whales"]]


def test_a_cancelled_stream_ends_after_the_question_that_was_being_asked() -> None:
    cancel = refkit.Cancel()
    far = Shelf("far", "C")

    class Cancelling(Shelf):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
            cancel.cancel()
            return super().search(mentions, limit=limit)

    near = Cancelling("near", "AB")
    assert list(refkit.stream(mentions_of("Songs of the A Whales"), sources=[near, far], cancel=cancel)) == []
    assert (near.asked, far.asked) == ([["Songs of the A Whales"]], [])
    assert list(refkit.stream(mentions_of("Songs of the B Whales"), sources=[far], cancel=cancel)) == []


def test_what_was_yielded_before_a_cancel_stands_and_nothing_comes_after() -> None:
    cancel, found = refkit.Cancel(), []
    for each in refkit.stream(mentions_of(*TITLES), sources=[Shelf("near")], cancel=cancel):
        found.append(each)
        if len(found) == 2:
            cancel.cancel()
    assert [each.mention.title for each in found] == list(TITLES[:2])
    assert cancel.is_cancelled


def test_a_cancel_breaks_off_the_waiting_for_a_turn_and_answers_are_kept(
    arxiv_server: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two questions to arXiv with a minute between them: the second one is waited for until somebody cancels."""
    monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "60")
    waited_for: list[str] = []
    waits = threading.Event()

    def notify(doing: str) -> None:
        waited_for.append(doing)
        if "next request in" in doing:
            waits.set()

    cancel = refkit.Cancel(notify)
    sources = refkit.open_sources(["arxiv"], notify=cancel.notify)

    def stop() -> None:
        waits.wait(20)
        cancel.cancel()

    threading.Thread(target=stop).start()
    began = time.monotonic()
    found = list(refkit.stream(mentions_of(WEB, "No Such Paper of Any Kind"), sources=sources, cancel=cancel))
    assert [each.mention.title for each in found] == [WEB]
    assert time.monotonic() - began < 10
    assert waits.is_set(), waited_for
    before = len(arxiv_server.requests)
    again = refkit.open_sources(["arxiv"], network=False)
    assert [each.record and each.record.arxiv_id for each in refkit.stream(mentions_of(WEB), sources=again)] == [
        "1812.09195"
    ]
    assert len(arxiv_server.requests) == before


def verdicts(found: Sequence[Resolution]) -> list[tuple[str, str]]:
    return [(each.verdict.value, each.record.arxiv_id if each.record else "") for each in found]


def test_threads_may_share_sources(arxiv_server: ArxivServer, root: Path) -> None:
    """Eight threads, each with other portions of the digest, through one catalogue, one arXiv and one cache."""
    mentions = refkit.read(root / "seeds/trending-papers.txt")
    expected = verdicts(refkit.resolve(mentions, sources=refkit.open_sources()))
    for names in (["catalogue"], ["arxiv"]):
        sources = refkit.open_sources(names)

        def run(portion: int, sources: Sequence[object] = sources) -> list[tuple[str, str]]:
            return verdicts(list(refkit.stream(mentions, sources=sources, portion=portion)))  # type: ignore[arg-type]

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(run, range(13, 53, 5))) == [expected] * 8
    assert arxiv_server.requests


def test_one_request_at_a_time_however_many_threads(arxiv_server: ArxivServer) -> None:
    sources = refkit.open_sources(["arxiv"])
    (source,) = sources
    inside: list[int] = []
    most: list[int] = []
    search = source._search  # type: ignore[attr-defined]

    def watched(*arguments: object) -> Sequence[Answer]:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        try:
            found: Sequence[Answer] = search(*arguments)
            return found
        finally:
            inside.pop()

    source._search = watched  # type: ignore[attr-defined]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda title: refkit.resolve(mentions_of(title), sources=sources), TITLES))
    assert max(most) == 1
    assert arxiv_server.requests


def test_the_library_prints_nothing_and_logs_by_the_standard_module(tmp_path: Path) -> None:
    """A cache that is none is worth a warning; without a word from the program it goes nowhere."""
    (tmp_path / "refkit").mkdir()
    (tmp_path / "refkit/answers.sqlite").write_text("not a cache")
    program = (
        "import os, refkit{setting}\n"
        f"os.environ['XDG_CACHE_HOME'] = {str(tmp_path)!r}\n"
        "sources = refkit.open_sources(['arxiv'], network=False)\n"
        "list(refkit.stream([refkit.Mention(title='Mamba')], sources=sources))\n"
    )

    def errors(setting: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program.format(setting=setting)], capture_output=True, text=True, check=True
        )
        assert done.stdout == ""
        return done.stderr

    assert errors("") == ""
    (tmp_path / "refkit/answers.sqlite").write_text("not a cache")
    assert "WARNING:refkit.metadata.cache:" in errors(", logging\nlogging.basicConfig()")


def test_there_is_one_handler_and_it_does_nothing() -> None:
    handlers = [each for each in logging.getLogger("refkit").handlers if type(each) is logging.NullHandler]
    assert len(handlers) == 1
