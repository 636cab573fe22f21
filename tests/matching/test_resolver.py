from __future__ import annotations

from collections.abc import Mapping, Sequence

from refkit.errors import SourceUnavailable
from refkit.matching.resolver import Resolver
from refkit.model import Answer, ArxivRecord, Mention, Verdict

WEB = ArxivRecord(arxiv_id="1812.09195", title="Learning to Navigate the Web")
SEA = ArxivRecord(arxiv_id="1901.00001", title="Learning to Navigate the Sea")


class Listed:
    """A source that knows some records by exact title and remembers what it was asked."""

    network = False

    def __init__(self, name: str, *records: ArxivRecord, failure: str = "") -> None:
        self.name = name
        self.records = records
        self.failure = failure
        self.asked: list[str] = []
        self.looked_up: list[tuple[str, ...]] = []

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        self.asked += [mention.title for mention in mentions]
        return [
            Answer(tuple(each for each in self.records if each.title == mention.title)[:limit], self.failure)
            for mention in mentions
        ]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        self.looked_up.append(tuple(ids))
        return {each.arxiv_id: each for each in self.records if each.arxiv_id in ids}


class Down(Listed):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
        raise SourceUnavailable("no answer in 30 s; try again later")


def test_a_later_source_is_asked_only_for_what_is_open() -> None:
    first, second = Listed("first", WEB), Listed("second", SEA)
    found = Resolver([first, second]).resolve([Mention(title=WEB.title), Mention(title=SEA.title)])
    assert [each.record for each in found] == [WEB, SEA]
    assert first.asked == [WEB.title, SEA.title]
    assert second.asked == [SEA.title]
    assert found[1].candidates[0].source == "second"


def test_equal_mentions_are_asked_once_and_each_keeps_its_place() -> None:
    source = Listed("index", WEB)
    mentions = [Mention(title=WEB.title, line=1), Mention(title="Nothing", line=2), Mention(title=WEB.title, line=3)]
    found = Resolver([source]).resolve(mentions)
    assert source.asked == [WEB.title, "Nothing"]
    assert [each.mention.line for each in found] == [1, 2, 3]
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.NOT_FOUND, Verdict.MATCHED]


def test_a_source_that_is_down_gives_failed_and_does_not_hide_another_s_match() -> None:
    found = Resolver([Down("arxiv"), Listed("index", WEB)]).resolve([Mention(title=WEB.title), Mention(title="Else")])
    assert found[0].verdict is Verdict.MATCHED
    assert found[1].verdict is Verdict.FAILED
    assert found[1].reason == "A source failed: arxiv: no answer in 30 s; try again later"


def test_a_failure_for_one_title_is_that_title_s() -> None:
    source = Listed("arxiv", WEB, failure="page 2 did not come")
    found = Resolver([source]).resolve([Mention(title=WEB.title), Mention(title="Else")])
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.FAILED]


def test_ids_in_the_digest_are_looked_up_together_and_verified() -> None:
    source = Listed("index", WEB, SEA)
    mentions = [
        Mention(title="Learning to Navigate the Wide Web", arxiv_id=WEB.arxiv_id),
        Mention(title="Something else entirely, really", arxiv_id=SEA.arxiv_id),
    ]
    found = Resolver([source]).resolve(mentions)
    assert source.looked_up == [(WEB.arxiv_id, SEA.arxiv_id)]
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.AMBIGUOUS]


def test_progress_counts_up_to_all() -> None:
    seen: list[tuple[int, int]] = []
    Resolver([Listed("a", WEB), Listed("b")]).resolve(
        [Mention(title=WEB.title), Mention(title="Else")], lambda done, total: seen.append((done, total))
    )
    assert seen == sorted(seen)
    assert list(dict.fromkeys(seen)) == [(0, 2), (1, 2), (2, 2)]


def test_no_mentions_ask_nothing() -> None:
    source = Listed("index", WEB)
    assert Resolver([source]).resolve([]) == []
    assert source.asked == []
