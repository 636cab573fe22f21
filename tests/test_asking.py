"""Which sources are asked, with what settings, and what becomes of their faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import refkit
from refkit import asking
from refkit.metadata.index.source import IndexSource
from refkit.model import Answer, ArxivRecord, Mention, Verdict
from refkit.plugins import Selection
from refkit.protocols import Surroundings

KEY_VALUE = ArxivRecord(arxiv_id="2207.11240", title="Discrete Key-Value Bottleneck")


class Broken:
    name = "broken"
    network = False

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
        raise ZeroDivisionError("by me")

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        raise AssertionError(ids)


class Short(Broken):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        return [Answer()][:limit] * (len(mentions) - 1)


class Loose(Broken):
    """A source that gives what its author takes for answers."""

    def __init__(self, *given: Any) -> None:
        self.given = given

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
        return self.given


class Climbing(Broken):
    """A source with two ways of asking, that knows from an earlier run what the second one gave."""

    label = "the far archive"
    network = True
    complete = True
    rungs = 2

    def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        return [Answer(failure=f"{limit} on rung {rung}")] * len(mentions)

    def recall(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        return [Answer(failure=f"{limit} from rung {rung}, recalled")] * len(mentions)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Broken(), "it failed with ZeroDivisionError: by me"),
        (Short(), "it gave 1 answers to 2 questions"),
        (Loose(KEY_VALUE, KEY_VALUE), "what it gave are no answers"),
        (Loose(Answer(), None), "what it gave are no answers"),
        (Loose(Answer([KEY_VALUE]), Answer()), "what it gave are no answers"),  # type: ignore[arg-type]
    ],
)
def test_a_broken_source_is_named_and_does_not_take_the_others_down(source: Broken, reason: str) -> None:
    sources = [source, *asking.open_sources()]
    found = refkit.resolve([Mention(title="Discrete Key-Value Bottleneck"), Mention(title="Else")], sources=sources)
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.FAILED]
    assert reason in found[1].reason
    assert "broken" in found[1].reason


def test_without_the_network_only_local_sources_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Live(Broken):
        network = True

    monkeypatch.setattr("refkit.registry.load", lambda _, name: Live if name == "arxiv" else type(Broken()))
    assert [source.network for source in asking.open_sources(("catalogue", "arxiv"), network=False)] == [False]
    with pytest.raises(refkit.UsageError, match="No source is left to ask"):
        asking.open_sources(("arxiv",), network=False)


def test_what_is_named_wins_over_the_environment_and_that_over_the_settings() -> None:
    def path_of(**ways: Any) -> Path:
        (source,) = asking.open_sources(("index",), **ways)
        assert isinstance(source, IndexSource)
        return source.path

    ways: dict[str, Any] = {
        "settings": {"index": {"path": "a"}},
        "environ": {"REFKIT_INDEX_PATH": "b"},
        "named": {"index": {"path": "c"}},
    }
    assert path_of(**ways) == Path("c")
    assert path_of(**{**ways, "named": {"arxiv": {"contact": "ada@example.org"}}}) == Path("b")
    assert path_of(**{**ways, "named": None, "environ": {"REFKIT_INDEX_PATH": ""}}) == Path("a")


def test_an_unknown_source_is_a_sentence_and_so_is_none() -> None:
    with pytest.raises(refkit.UsageError, match="There is no source named 'google'; the sources are: catalogue"):
        asking.open_sources(("google",))
    for none in (lambda: asking.open_sources(()), lambda: asking.guarded([])):
        with pytest.raises(refkit.UsageError, match="There is no source to ask"):
            none()


def test_a_source_keeps_what_it_says_of_itself_and_one_that_says_nothing_is_a_plain_one() -> None:
    climbing, plain = asking.guarded([Climbing(), Broken()])
    assert (climbing.name, climbing.label, climbing.network) == ("broken", "the far archive", True)
    assert (climbing.complete, climbing.rungs) == (True, 2)
    assert (plain.name, plain.label, plain.network) == ("broken", "the broken", False)
    assert (plain.complete, plain.rungs) == (False, 1)


def test_a_rung_and_a_limit_reach_the_source_that_has_rungs() -> None:
    climbing, plain = asking.guarded([Climbing(), Short()])
    two = [Mention(title="Mamba"), Mention(title="Else")]
    assert [each.failure for each in climbing.search(two, limit=5, rung=1)] == ["5 on rung 1"] * 2
    assert [each.failure for each in climbing.search(two, limit=5)] == ["5 on rung 0"] * 2
    assert [each.failure for each in climbing.recall(two, limit=5, rung=1)] == ["5 from rung 1, recalled"] * 2
    assert [each.failure for each in climbing.recall(two, limit=5)] == ["5 from rung 0, recalled"] * 2
    assert plain.recall(two, limit=5) == [Answer()] * 2
    with pytest.raises(refkit.SourceError, match="1 answers to 2 questions"):
        plain.search(two, limit=5, rung=1)


def test_no_ids_are_no_question_and_a_fault_in_a_look_up_is_a_failure() -> None:
    (broken,) = asking.guarded([Broken()])
    assert broken.lookup(()) == {}
    with pytest.raises(refkit.SourceError, match=r"it failed with AssertionError: .*2401\.00001"):
        broken.lookup(("2401.00001",))


def test_without_sources_those_of_the_shipped_configuration_are_asked() -> None:
    assert [each.name for each in asking.guarded(None)] == ["catalogue", "arxiv"]


def test_a_source_that_keeps_its_answers_is_asked_without_the_network_too() -> None:
    assert [each.name for each in asking.open_sources(("catalogue", "arxiv"), network=False)] == ["catalogue", "arxiv"]


def test_the_surroundings_of_a_run_reach_the_source_with_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Mapping[str, object], Surroundings]] = []

    class Opened(Broken):
        @classmethod
        def open(cls, settings: Mapping[str, object], surroundings: Surroundings) -> Opened:
            seen.append((settings, surroundings))
            return cls()

    monkeypatch.setattr("refkit.registry.load", lambda *_: Opened)
    waited: list[str] = []
    told = {"url": "a", "contact": "b", "page": 3}
    environ = {"REFKIT_ARXIV_CONTACT": "c", "REFKIT_ARXIV_PAGE": "", "REFKIT_OAI_URL": "d", "ARXIV_URL": "e"}
    asking.open_sources(("arxiv",), settings={"arxiv": told}, environ=environ)
    asking.open_sources(("arxiv",), network=False, refresh=True, notify=waited.append, environ={})
    (settings, plain), (none, changed) = seen
    assert settings == {**told, "contact": "c"}
    assert none == {}
    assert (plain.offline, plain.refresh) == (False, False)
    assert (changed.offline, changed.refresh) == (True, True)
    changed.notify("next request in 2 s")
    assert waited == ["next request in 2 s"]


def test_the_environment_names_a_source_in_capitals_and_without_dashes() -> None:
    environ = {"REFKIT_MY_LAB_URL": "https://lab.example", "REFKIT_MY_LAB_PAGE_SIZE": "7", "REFKIT_MY_URL": "x"}
    assert asking.environment("my-lab", environ) == {"url": "https://lab.example", "page_size": "7"}


def test_what_is_disabled_is_not_opened() -> None:
    without = Selection(disable=("arxiv",))
    assert [each.name for each in asking.open_sources(("catalogue", "arxiv"), selection=without)] == ["catalogue"]
