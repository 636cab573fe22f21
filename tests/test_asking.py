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


@pytest.mark.parametrize(
    ("source", "reason"),
    [(Broken(), "it failed with ZeroDivisionError: by me"), (Short(), "it gave 1 answers to 2 questions")],
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
