from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from refkit.errors import Interrupted, SourceUnavailable
from refkit.matching.resolver import Resolver
from refkit.model import Answer, ArxivRecord, Author, Mention, PartialDate, Verdict

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


class Rungs(Listed):
    """A source that finds a record only in its last way of asking."""

    rungs = 3
    complete = True

    def __init__(self, name: str, *records: ArxivRecord) -> None:
        super().__init__(name, *records)
        self.climbed: list[tuple[int, tuple[str, ...]]] = []

    def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        self.climbed.append((rung, tuple(mention.title for mention in mentions)))
        return super().search(mentions, limit=limit) if rung == self.rungs - 1 else [Answer()] * len(mentions)

    def recall(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:  # noqa: ARG002
        known = self.records[: 1 if rung else 0]
        return [Answer(tuple(each for each in known if each.title == mention.title)) for mention in mentions]


def test_each_rung_is_asked_only_for_what_is_still_open() -> None:
    source = Rungs("arxiv", WEB)
    linked = Mention(title=SEA.title, arxiv_id=SEA.arxiv_id)
    source.records = (WEB, SEA)
    found = Resolver([source]).resolve([linked, Mention(title=WEB.title), Mention(title="Else")])
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.MATCHED, Verdict.NOT_FOUND]
    assert source.climbed == [(rung, (WEB.title, "Else")) for rung in range(3)]


def test_two_records_of_one_title_are_not_asked_for_again_on_the_next_rung() -> None:
    class Twins(Rungs):
        def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
            super().search(mentions, limit=limit, rung=rung)
            return [Answer(self.records[:limit])] * len(mentions)

    twin = ArxivRecord(arxiv_id="2001.00001", title=WEB.title)
    source = Twins("arxiv", WEB, twin)
    (found,) = Resolver([source]).resolve([Mention(title=WEB.title)])
    assert found.verdict is Verdict.AMBIGUOUS
    assert [rung for rung, _ in source.climbed] == [0]


def test_a_link_with_a_title_that_is_only_alike_does_not_keep_the_title_from_being_asked() -> None:
    alike = ArxivRecord(arxiv_id="1901.00002", title="Learning to Navigate the Wide Web of Things")
    exact = ArxivRecord(arxiv_id="1901.00003", title="Learning to Navigate the Wide Web")
    source = Listed("index", alike, exact)
    (found,) = Resolver([source]).resolve([Mention(title=exact.title, arxiv_id=alike.arxiv_id)])
    assert source.asked == [exact.title]
    assert found.verdict is Verdict.AMBIGUOUS
    assert "1901.00003" in found.reason
    assert "1901.00002" in found.reason


def test_an_id_that_the_source_of_all_ids_lacks_is_named_and_the_title_decides() -> None:
    source = Rungs("arxiv", WEB)
    (found,) = Resolver([source]).resolve([Mention(title=WEB.title, arxiv_id="1901.99999")])
    assert found.verdict is Verdict.MATCHED
    assert found.reason.endswith("The digest links 1901.99999, which the arxiv does not have.")
    assert found.mention.arxiv_id == "1901.99999"


def test_a_source_of_some_ids_does_not_disprove_a_link() -> None:
    (found,) = Resolver([Listed("index", WEB)]).resolve([Mention(title=WEB.title, arxiv_id="1901.99999")])
    assert found.verdict is Verdict.AMBIGUOUS


def test_what_is_no_id_is_named_and_never_looked_up() -> None:
    source = Listed("index", WEB)
    (found,) = Resolver([source]).resolve([Mention(title=WEB.title, arxiv_id="2401.1")])
    assert found.verdict is Verdict.MATCHED
    assert "'2401.1' as its id, which is none of arXiv's" in found.reason
    assert source.looked_up == []


def test_a_failed_look_up_does_not_keep_the_title_from_being_asked() -> None:
    class NoIds(Listed):
        def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:  # noqa: ARG002 - the shape
            raise SourceUnavailable("ids are out of order")

    linked = [Mention(title=WEB.title, arxiv_id=WEB.arxiv_id), Mention(title="Else", arxiv_id=SEA.arxiv_id)]
    found = Resolver([NoIds("index", WEB)]).resolve(linked)
    assert [each.verdict for each in found] == [Verdict.MATCHED, Verdict.FAILED]
    assert "ids are out of order" in found[1].reason


def test_an_interrupt_carries_what_was_decided_and_fails_the_rest() -> None:
    class Impatient(Listed):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
            raise KeyboardInterrupt

    mentions = [Mention(title="Else"), Mention(title=WEB.title), Mention(title="Else")]
    with pytest.raises(Interrupted) as caught:
        Resolver([Listed("index", WEB), Impatient("arxiv")]).resolve(mentions)
    found = caught.value.resolutions
    assert [each.verdict for each in found] == [Verdict.FAILED, Verdict.MATCHED, Verdict.FAILED]
    assert isinstance(caught.value, KeyboardInterrupt)


def test_former_titles_learnt_later_count() -> None:
    renamed = msgspec.structs.replace(SEA, former_titles=("The Old Name of the Sea",))

    class Slow(Rungs):
        def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:  # noqa: ARG002
            return [Answer((renamed if rung else SEA,))] * len(mentions)

    for sources in ([Slow("arxiv")], [Listed("index", SEA), Slow("arxiv")]):
        (found,) = Resolver(sources).resolve([Mention(title="The Old Name of the Sea")])
        assert found.record == renamed


def test_an_interrupt_keeps_what_had_been_answered_before_the_rung_was_done() -> None:
    class Interrupting(Rungs):
        def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
            if rung:
                raise KeyboardInterrupt
            return super().search(mentions, limit=limit, rung=rung)

    with pytest.raises(Interrupted) as caught:
        Resolver([Interrupting("arxiv", WEB, SEA)]).resolve([Mention(title=SEA.title), Mention(title=WEB.title)])
    assert [each.verdict for each in caught.value.resolutions] == [Verdict.FAILED, Verdict.MATCHED]


def test_a_matched_record_without_authors_and_date_is_completed_by_the_source_of_all_records() -> None:
    full = msgspec.structs.replace(WEB, authors=(Author("Gur", "Izzeddin"),), submitted=PartialDate(2018, 12, 21))
    bare = msgspec.structs.replace(WEB, former_titles=("An Older Name",))
    live = Rungs("arxiv", full)
    (found,) = Resolver([Listed("index", bare), live]).resolve([Mention(title=WEB.title)])
    assert found.record == msgspec.structs.replace(full, former_titles=bare.former_titles)
    assert found.candidates[0].source == "arxiv"
    assert live.climbed == []
    assert live.looked_up == [(WEB.arxiv_id,)]


def test_twelve_records_are_asked_of_a_source_for_one_title() -> None:
    others = tuple(ArxivRecord(arxiv_id=f"2001.{place:05}", title=f"Waves {place}") for place in range(1, 20))

    class Generous(Listed):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
            return [Answer(self.records[:limit])] * len(mentions)

    (last,) = Resolver([Generous("index", *others[:11], WEB)]).resolve([Mention(title=WEB.title)])
    assert last.record == WEB
    (none,) = Resolver([Generous("index", *others[:12], WEB)]).resolve([Mention(title=WEB.title)])
    assert none.record is None
    assert len(none.candidates) == 12


@pytest.mark.parametrize(
    ("said", "other", "questions"),
    [
        ({"title": WEB.title}, {"title": WEB.title.upper(), "heading": "2019", "digest": "a.txt"}, 1),
        ({"title": r"\emph{Learning} to Navigate the Web"}, {"title": WEB.title}, 1),
        ({"title": WEB.title}, {"title": WEB.title, "abstract": "Songs"}, 2),
        ({"title": WEB.title}, {"title": WEB.title, "authors": ("I. Gur",)}, 2),
        ({"title": WEB.title}, {"title": WEB.title, "issued": PartialDate(2019)}, 2),
        ({"title": WEB.title}, {"title": WEB.title, "arxiv_id": WEB.arxiv_id}, 2),
        ({"title": WEB.title}, {"title": SEA.title}, 2),
        ({"title": r"\alpha"}, {"title": r"\beta"}, 2),
        ({"title": "$"}, {"title": "{}"}, 2),
    ],
)
def test_mentions_that_say_the_same_are_one_question(
    said: dict[str, object], other: dict[str, object], questions: int
) -> None:
    seen: list[tuple[int, int]] = []
    mentions = [Mention(**each) for each in (said, other)]  # type: ignore[arg-type]
    found = Resolver([Listed("index")]).resolve(mentions, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (questions, questions)
    assert [each.mention for each in found] == mentions


def test_each_source_is_named_by_its_label_or_its_name() -> None:
    class Labelled(Listed):
        label = "arXiv"

    (found,) = Resolver([Listed("index"), Labelled("arxiv")]).resolve([Mention(title="Else")])
    assert found.reason == "No record with this title in the index or arXiv."


def test_a_failure_is_told_once_with_its_source_however_many_questions_met_it() -> None:
    class Failing(Rungs):
        def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:  # noqa: ARG002
            return [Answer(failure="page 2 did not come")] * len(mentions)

    class NoIds(Failing):
        def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
            raise SourceUnavailable(f"{ids[0]} did not come")

    (found,) = Resolver([Failing("arxiv"), Down("index")]).resolve([Mention(title="Else")])
    reason = "A source failed: arxiv: page 2 did not come; index: no answer in 30 s; try again later"
    assert (found.verdict, found.reason) == (Verdict.FAILED, reason)
    (linked,) = Resolver([NoIds("arxiv")]).resolve([Mention(title="Else", arxiv_id=SEA.arxiv_id)])
    assert linked.reason == "A source failed: arxiv: 1901.00001 did not come; arxiv: page 2 did not come"


def test_a_title_without_a_link_is_not_looked_up() -> None:
    source = Listed("index", WEB)
    Resolver([source]).resolve([Mention(title=WEB.title), Mention(title="Else")])
    assert source.looked_up == []


def test_an_id_is_looked_up_once_without_its_version() -> None:
    source = Listed("index", WEB)
    linked = [Mention(title=WEB.title, arxiv_id="arXiv:1812.09195v2"), Mention(title="Else", arxiv_id=WEB.arxiv_id)]
    found = Resolver([source]).resolve(linked)
    assert source.looked_up == [(WEB.arxiv_id,)]
    assert found[0].record == WEB


def test_a_record_with_the_very_title_behind_its_link_needs_no_search() -> None:
    first, second = Listed("first", WEB), Listed("second", WEB)
    (found,) = Resolver([first, second]).resolve([Mention(title=WEB.title, arxiv_id=WEB.arxiv_id)])
    assert (found.verdict, found.record) == (Verdict.MATCHED, WEB)
    assert (first.asked, second.asked, second.looked_up) == ([], [], [])


def test_an_ambiguous_title_is_asked_of_the_next_source() -> None:
    twin = ArxivRecord(arxiv_id="2001.00001", title=WEB.title)
    first, second = Listed("first", WEB, twin), Listed("second", WEB)
    (found,) = Resolver([first, second]).resolve([Mention(title=WEB.title)])
    assert found.verdict is Verdict.AMBIGUOUS
    assert second.asked == [WEB.title]
    assert [each.source for each in found.candidates] == ["first", "first"]


def test_a_link_that_the_source_of_all_ids_lacks_is_forgotten_of_what_was_found_before() -> None:
    live = Rungs("arxiv", SEA)
    (found,) = Resolver([Listed("index", WEB), live]).resolve([Mention(title=WEB.title, arxiv_id="1901.99999")])
    assert found.verdict is Verdict.MATCHED
    assert found.reason == "The title is the same. The digest links 1901.99999, which the arxiv does not have."
    assert live.climbed == []


def test_a_remark_on_a_link_stands_behind_the_reason_of_any_verdict() -> None:
    (found,) = Resolver([Listed("index", WEB)]).resolve([Mention(title="Else", arxiv_id="2401.1")])
    assert found.reason == (
        "No record with this title in the index. The digest gives '2401.1' as its id, which is none of arXiv's."
    )


BARE = msgspec.structs.replace(WEB, authors=(), submitted=None)
GUR, DAY = (Author("Gur", "Izzeddin"),), PartialDate(2018, 12, 21)
FULL = msgspec.structs.replace(WEB, authors=GUR, submitted=DAY)


@pytest.mark.parametrize(
    ("authors", "submitted", "completed"), [(GUR, None, True), ((), DAY, True), ((), None, True), (GUR, DAY, False)]
)
def test_a_record_is_completed_that_lacks_authors_or_date(
    authors: tuple[Author, ...], submitted: PartialDate | None, *, completed: bool
) -> None:
    known = msgspec.structs.replace(WEB, authors=authors, submitted=submitted)
    live = Rungs("arxiv", msgspec.structs.replace(FULL, abstract="Full"))
    (found,) = Resolver([Listed("index", known), live]).resolve([Mention(title=WEB.title)])
    assert found.record is not None
    assert found.record.abstract == ("Full" if completed else "")
    assert live.looked_up == ([(WEB.arxiv_id,)] if completed else [])


def test_what_is_completed_is_weighed_anew() -> None:
    live = Rungs("arxiv", FULL)
    mention = Mention(title=WEB.title, authors=("I. Gur", "N. Body"))
    (found,) = Resolver([Listed("index", BARE), live]).resolve([mention])
    assert found.candidates[0].evidence.authors.note == "1 of 2 in the record"
    assert found.confidence > 0.5


def test_only_matched_records_are_completed_and_only_by_another_source_that_has_all() -> None:
    live, some = Rungs("arxiv", FULL), Listed("second", FULL)
    twin = ArxivRecord(arxiv_id="2001.00001", title=WEB.title)
    Resolver([Listed("index", BARE, twin), live]).resolve([Mention(title=WEB.title)])
    assert live.looked_up == []
    (found,) = Resolver([Listed("index", BARE), some]).resolve([Mention(title=WEB.title)])
    assert (found.record, some.looked_up) == (BARE, [])
    itself = Rungs("arxiv", BARE)
    Resolver([itself]).resolve([Mention(title=WEB.title)])
    assert itself.looked_up == []


def test_a_record_is_completed_by_a_source_that_knew_only_another_one_by_its_title() -> None:
    class Other(Listed):
        complete = True

        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
            return [Answer((SEA,))] * len(mentions)

    live = Other("arxiv", FULL)
    (found,) = Resolver([live, Listed("index", BARE)]).resolve([Mention(title=WEB.title)])
    assert [each.source for each in found.candidates] == ["arxiv", "arxiv"]
    assert found.record == FULL


def test_records_are_completed_in_one_question_and_each_once() -> None:
    live = Rungs("arxiv", FULL)
    bare_sea = msgspec.structs.replace(SEA, authors=(), submitted=None)
    titles = [WEB.title, SEA.title, f"{WEB.title}!", "Else"]
    found = Resolver([Listed("index", BARE, bare_sea, msgspec.structs.replace(BARE, title=titles[2])), live]).resolve(
        [Mention(title=title) for title in titles]
    )
    assert live.looked_up == [(WEB.arxiv_id, SEA.arxiv_id)]
    assert [each.record and each.record.authors for each in found] == [GUR, (), GUR, None]


def test_a_record_that_cannot_be_completed_stays_as_it_is_and_another_source_is_tried() -> None:
    class Closed(Rungs):
        def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
            super().lookup(ids)
            raise SourceUnavailable("ids are out of order")

    closed, empty, live = Closed("first", FULL), Rungs("second"), Rungs("third", FULL)
    (found,) = Resolver([Listed("index", BARE), closed, empty]).resolve([Mention(title=WEB.title)])
    assert (found.verdict, found.record) == (Verdict.MATCHED, BARE)
    assert found.reason == "The title is the same."
    (found,) = Resolver([Listed("index", BARE), closed, empty, live]).resolve([Mention(title=WEB.title)])
    assert (found.record, found.candidates[0].source) == (FULL, "third")


def test_an_interrupt_leaves_what_is_settled_and_says_of_the_rest_that_it_is_open() -> None:
    twin = ArxivRecord(arxiv_id="2001.00001", title=WEB.title)

    class Interrupting(Rungs):
        def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
            if rung:
                raise KeyboardInterrupt
            super().search(mentions, limit=limit)
            return [
                Answer((WEB, twin) if mention.title == WEB.title else (SEA,) if mention.title == SEA.title else ())
                for mention in mentions
            ]

    titles = [WEB.title, SEA.title, f"{SEA.title} of Waves", "Else"]
    with pytest.raises(Interrupted) as caught:
        Resolver([Interrupting("arxiv")]).resolve([Mention(title=title) for title in titles])
    assert [(each.verdict, each.mention.title) for each in caught.value.resolutions] == list(
        zip([Verdict.AMBIGUOUS, Verdict.MATCHED, Verdict.FAILED, Verdict.FAILED], titles, strict=True)
    )
    assert caught.value.resolutions[3].reason == "Interrupted before all sources had answered."


def test_progress_is_told_before_each_question_and_at_the_end() -> None:
    seen: list[tuple[int, int]] = []
    titles = [WEB.title, SEA.title, "Else"]
    Resolver([Listed("a", WEB), Rungs("b", SEA)]).resolve(
        [Mention(title=title) for title in titles], lambda done, total: seen.append((done, total))
    )
    assert seen == [(0, 3), (0, 3), (1, 3), (1, 3), (1, 3), (1, 3), (3, 3)]


def test_a_stream_stops_after_each_question_and_tells_what_is_final() -> None:
    titles = [WEB.title, SEA.title, "Else"]
    sources = [Listed("a", FULL), Listed("b", msgspec.structs.replace(SEA, authors=GUR, submitted=DAY))]
    told = list(Resolver(sources).stream([Mention(title=title) for title in titles]))
    assert [each and each.mention.title for each in told] == [
        None,
        None,
        WEB.title,
        None,
        None,
        SEA.title,
        None,
        "Else",
    ]


def test_a_stream_keeps_back_what_another_source_may_still_complete() -> None:
    told = list(Resolver([Listed("index", BARE), Rungs("arxiv", FULL)]).stream([Mention(title=WEB.title)]))
    assert told[:-1] == [None] * 7
    assert told[-1] is not None
    assert told[-1].record == FULL


def test_a_link_with_the_title_but_by_others_does_not_keep_the_title_from_being_asked() -> None:
    twin = msgspec.structs.replace(FULL, arxiv_id="2001.00001", authors=(Author("Okafor", "Ada"),))
    first, second = Listed("first", FULL, twin), Listed("second")
    linked = Mention(title=WEB.title, authors=("Ada Okafor",), arxiv_id=WEB.arxiv_id)
    (found,) = Resolver([first, second]).resolve([linked])
    assert found.verdict is Verdict.AMBIGUOUS
    assert {each.record.arxiv_id for each in found.candidates} == {WEB.arxiv_id, twin.arxiv_id}
    assert first.asked == [WEB.title]


def test_a_link_that_leads_to_another_title_is_provisional_until_the_title_was_asked() -> None:
    longer = msgspec.structs.replace(FULL, title=f"{WEB.title} with Many Agents")
    authors = ("Izzeddin Gur",)
    source = Listed("first", longer)
    linked = Mention(title=WEB.title, authors=authors, issued=PartialDate(2018, 12), arxiv_id=longer.arxiv_id)
    (found,) = Resolver([source, Listed("second")]).resolve([linked])
    assert source.asked == [WEB.title]
    assert found.record == longer


def test_a_source_that_fails_after_another_found_nothing_that_fits_makes_failed() -> None:
    class Unlike(Listed):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
            return [Answer(self.records[:limit])] * len(mentions)

    (found,) = Resolver([Unlike("index", SEA), Down("arxiv")]).resolve([Mention(title="Waves of Another Kind")])
    assert (found.verdict, [each.record for each in found.candidates]) == (Verdict.FAILED, [SEA])
    assert "no answer in 30 s" in found.reason
