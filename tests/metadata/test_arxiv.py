"""The live source beside a stand-in arXiv, over real HTTP: its ladder, its batches, its ids, and arXiv's bad days."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import refkit
from refkit.errors import BadResponse, ConfigError, SourceError
from refkit.matching.resolver import Resolver
from refkit.metadata.arxiv import ArxivSource
from refkit.model import ArxivRecord, Author, Mention, PartialDate, Resolution, Verdict
from refkit.pace import Clock
from refkit.protocols import Configurable, Ladder, Surroundings
from refkit.testing import FAULTS, ArxivCorpus, ArxivServer, SourceContract, every, script
from refkit.testing.arxiv_answer import Answer, Desk, Refusal
from refkit.testing.arxiv_corpus import Page
from refkit.testing.arxiv_query import Chain, Node, adapt, parse

NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
OWLS = ArxivRecord(
    arxiv_id="2101.00001",
    title="Nocturnal Owls and Their Silent Flight Control",
    authors=(Author("Strix", "Ada"),),
    abstract="We listen to owls.",
    categories=("cs.RO", "q-bio.NC"),
    submitted=PartialDate(2021, 1, 4),
    updated=PartialDate(2022, 3, 5),
    version=1,
)
MICE = ArxivRecord(arxiv_id="hep-th/9901001", title="Field Mice Hear What Owls Do Not Say")
UNKNOWN = "An Entirely Unknown Treatise on Nothing Whatsoever"

Start = Callable[..., ArxivServer]
Ask = Callable[..., list[Resolution]]


class Time:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now = NOON

    def seconds(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a stand-in with these records."""
    running: list[ArxivServer] = []

    def start(records: Sequence[ArxivRecord] | ArxivCorpus, **options: Any) -> ArxivServer:
        corpus = records if isinstance(records, ArxivCorpus) else ArxivCorpus.from_records(records)
        running.append(ArxivServer(corpus, **options).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def open_source(tmp_path: Path) -> Callable[..., ArxivSource]:
    time = Time()

    def open_source(server: ArxivServer, folder: str = "one") -> ArxivSource:
        surroundings = Surroundings(cache=tmp_path / folder, state=tmp_path / folder)
        clock = Clock(now=time.seconds, sleep=time.sleep)
        return ArxivSource.open({"url": server.url, "interval": 0}, surroundings, clock=clock)

    return open_source


@pytest.fixture
def ask(open_source: Callable[..., ArxivSource]) -> Ask:
    """Resolve mentions, or titles, by a new source with the cache of the folder."""

    def ask(server: ArxivServer, mentions: Sequence[Mention | str], folder: str = "one") -> list[Resolution]:
        every_one = [Mention(title=each) if isinstance(each, str) else each for each in mentions]
        return Resolver([open_source(server, folder)]).resolve(every_one)

    return ask


@pytest.fixture
def sample(root: Path) -> list[str]:
    return [each.title for each in refkit.read(root / "seeds/trending-papers.txt")]


def record(number: int, title: str, **more: Any) -> ArxivRecord:
    return ArxivRecord(arxiv_id=f"2401.{number:05}", title=title, **more)


def kinds(count: int, start: int = 1) -> list[ArxivRecord]:
    return [record(number, f"Silent Owls Hear Field Mice of Kind Nr{number}") for number in range(start, start + count)]


def titles(records: Sequence[ArxivRecord]) -> list[str]:
    return [each.title for each in records]


def judged(found: Sequence[Resolution]) -> list[tuple[str, str]]:
    return [(each.verdict.value, each.record.arxiv_id if each.record else "") for each in found]


def queries(server: ArxivServer) -> list[str]:
    return [request.params.get("search_query", "") for request in server.requests]


def id_lists(server: ArxivServer) -> list[list[str]]:
    return [ids.split(",") for request in server.requests if (ids := request.params.get("id_list"))]


def clauses(server: ArxivServer) -> list[int]:
    """How many titles each request asked for."""
    return [query.count("ti:") for query in queries(server)]


class TestArxivContract(SourceContract):
    @pytest.fixture
    def server(self, start: Start) -> ArxivServer:
        return start([OWLS, MICE])

    @pytest.fixture
    def source(self, server: ArxivServer, open_source: Callable[..., ArxivSource]) -> ArxivSource:
        return open_source(server)

    @pytest.fixture
    def broken(self, start: Start, open_source: Callable[..., ArxivSource]) -> ArxivSource:
        return open_source(start([OWLS, MICE], faults=every(1, "503")), "beside")

    @pytest.fixture
    def asked(self, server: ArxivServer) -> Callable[[], int]:
        return lambda: len(server.requests)

    @pytest.fixture
    def known(self) -> ArxivRecord:
        return OWLS


def test_it_is_a_ladder_that_is_opened_without_touching_anything(tmp_path: Path) -> None:
    opener: type[Configurable] = ArxivSource
    source = opener.open({}, Surroundings(cache=tmp_path / "cache", state=tmp_path / "state"))
    assert isinstance(source, Ladder)
    assert (source.name, source.network) == ("arxiv", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "https://export.arxiv.org/api/query", "interval": 2.9},
        {"url": "https://ARXIV.org", "interval": 0},
        {"url": "export.arxiv.org"},
        {"url": "http://127.0.0.1:0/"},
        {"url": 3},
        {"interval": 301},
        {"pace": 3},
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: Mapping[str, object], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.arxiv"):
        ArxivSource.open(settings, Surroundings(cache=tmp_path, state=tmp_path))


@pytest.mark.parametrize("path", ["", "/", "/api/query?search_query=owls#top"])
def test_a_bare_host_is_asked_where_arxiv_s_own_is(start: Start, tmp_path: Path, path: str) -> None:
    url = start([OWLS]).url.removesuffix("/api/query") + path
    source = ArxivSource.open({"url": url, "interval": 0}, Surroundings(cache=tmp_path, state=tmp_path))
    assert set(source.lookup([OWLS.arxiv_id])) == {OWLS.arxiv_id}


def test_the_sample_takes_four_requests_and_a_second_run_none(
    start: Start, ask: Ask, arxiv_corpus: ArxivCorpus, sample: list[str], truth: Sequence[dict[str, Any]]
) -> None:
    server = start(arxiv_corpus)
    found = ask(server, sample)
    right = {row["title"]: row["arxiv_id"] for row in truth}
    assert judged(found) == [("matched", right[title]) for title in sample]
    assert len(found) == 53
    assert len(server.requests) <= 4
    assert server.violations(0) == []
    server.clear()
    assert ask(server, sample) == found
    assert server.requests == []


def test_a_rung_is_asked_only_for_what_is_still_open(start: Start, ask: Ask) -> None:
    records = [
        record(1, "Silent Owls Hear Field Mice at Night"),
        record(2, "Strix the Owl: How Zygodactyl Feet Hold a Field Mouse"),
        record(3, "Zygodactyl Crepuscular Tytonidae under Observation"),
    ]
    server = start(records)
    asked = [
        records[0].title,
        "Strix the Owl: Holding Mice by Zygodactyl Feet",
        "Tytonidae: Crepuscular and Zygodactyl",
    ]
    found = ask(server, asked)
    assert found[0].record == msgspec.structs.replace(records[0], **_shown(found[0]))
    assert clauses(server)[0] == 3
    assert not any("Silent" in query for query in queries(server)[1:])
    assert 'ti:"Strix the Owl"' in queries(server)[1]
    assert (
        "(ti:zygodactyl AND ti:crepuscular AND ti:tytonidae)" in queries(server)[2]
        or "ti:tytonidae" in queries(server)[2]
    )
    near = [[each.record.arxiv_id for each in resolution.candidates] for resolution in found[1:]]
    assert "2401.00002" in near[0]
    assert "2401.00003" in near[1]


def _shown(found: Resolution) -> dict[str, Any]:
    """What arXiv fills in where our record does not say."""
    assert found.record
    return {"submitted": found.record.submitted, "updated": found.record.updated, "version": 1}


def test_a_renamed_paper_is_found_by_the_title_of_an_earlier_version(start: Start, ask: Ask) -> None:
    renamed = record(
        1,
        "Silent Flight: Nocturnal Owls Approach Field Mice from Behind",
        former_titles=("Nocturnal Owls Approach Field Mice", "Silent Flight of Owls", "Silent Flight"),
    )
    server = start([renamed, MICE])
    (found,) = ask(server, ["Nocturnal Owls Approach Field Mice"])
    assert judged([found]) == [("matched", "2401.00001")]
    assert found.record
    assert found.record.title == renamed.title
    assert "Nocturnal Owls Approach Field Mice" in found.record.former_titles
    assert id_lists(server) == [["2401.00001v1", "2401.00001v2", "2401.00001v3"]]
    server.clear()
    assert ask(server, ["Nocturnal Owls Approach Field Mice"]) == [found]
    assert server.requests == []


def test_of_many_versions_the_first_ones_and_the_last_are_looked_up(start: Start, ask: Ask) -> None:
    former = tuple(f"Nocturnal Owls Approach Field Mice, Draft {number}" for number in range(1, 9))
    server = start([record(1, "Nocturnal Owls Approach Field Mice from Behind and Above", former_titles=former)])
    ask(server, ["Nocturnal Owls Approach Field Mice, Draft 8"])
    assert id_lists(server) == [["2401.00001v1", "2401.00001v2", "2401.00001v8"]]


def test_ids_are_asked_for_in_one_request_and_spare_the_titles(start: Start, ask: Ask) -> None:
    records = [*kinds(300), OWLS, MICE]
    server = start(records)
    found = ask(server, [Mention(title=each.title, arxiv_id=f"{each.arxiv_id}v1") for each in records])
    assert judged(found) == [("matched", each.arxiv_id) for each in records]
    assert id_lists(server) == [[each.arxiv_id for each in records]]
    assert len(server.requests) == 1


@pytest.mark.parametrize("bad", ["abc", "2401.1", "2413.00001", "2612.00001", "9901.00001", "2401.0001", "math/12"])
def test_what_cannot_be_an_id_is_never_sent(
    start: Start, ask: Ask, open_source: Callable[..., ArxivSource], bad: str
) -> None:
    server = start([OWLS, MICE])
    mentions = [Mention(title=OWLS.title, arxiv_id=bad), Mention(title=MICE.title, arxiv_id=MICE.arxiv_id)]
    assert judged(ask(server, mentions)) == [("matched", OWLS.arxiv_id), ("matched", MICE.arxiv_id)]
    assert set(open_source(server).lookup([bad, OWLS.arxiv_id])) == {OWLS.arxiv_id}
    assert {name for ids in id_lists(server) for name in ids} == {MICE.arxiv_id, OWLS.arxiv_id}


def test_ids_of_this_month_are_sent(start: Start, open_source: Callable[..., ArxivSource]) -> None:
    server = start([ArxivRecord(arxiv_id="2611.00001", title="Owls")])
    assert set(open_source(server).lookup(["2611.00001"])) == {"2611.00001"}


def test_an_id_that_arxiv_refuses_does_not_fail_the_others(start: Start, ask: Ask) -> None:
    server = start([OWLS, MICE, *kinds(3)])
    mentions = [
        Mention(title=each.title, arxiv_id=name)
        for each, name in ((OWLS, OWLS.arxiv_id), (MICE, "owls-and-mice/9901001"), *((k, k.arxiv_id) for k in kinds(3)))
    ]
    assert judged(ask(server, mentions)) == [("matched", each.arxiv_id) for each in (OWLS, MICE, *kinds(3))]


def test_an_id_that_arxiv_does_not_have_is_said_and_the_title_decides(start: Start, ask: Ask) -> None:
    server = start([OWLS])
    found = ask(
        server, [Mention(title=OWLS.title, arxiv_id="2101.99999"), Mention(title=UNKNOWN, arxiv_id="2101.99998")]
    )
    assert judged(found) == [("matched", OWLS.arxiv_id), ("not found", "")]
    assert "2101.99999, which arXiv does not have" in found[0].reason
    asked = len(server.requests)
    assert ask(server, [Mention(title=OWLS.title, arxiv_id="2101.99999")])[0].record
    assert len(server.requests) == asked


def test_the_id_of_another_paper_makes_it_ambiguous_with_both_at_hand(start: Start, ask: Ask) -> None:
    server = start([OWLS, MICE])
    (found,) = ask(server, [Mention(title=MICE.title, arxiv_id=OWLS.arxiv_id)])
    assert found.verdict is Verdict.AMBIGUOUS
    assert {each.record.arxiv_id for each in found.candidates} == {OWLS.arxiv_id, MICE.arxiv_id}
    assert len(server.requests) == 2


def test_titles_go_sixty_at_first_and_then_up_to_a_hundred(start: Start, ask: Ask) -> None:
    server = start(kinds(400))
    assert all(each.record for each in ask(server, titles(kinds(400))))
    assert clauses(server) == [60, 90, 100, 100, 50]
    assert {request.method for request in server.requests if request.size > 4100} == {"POST"}


def test_short_titles_have_batches_of_their_own(start: Start, ask: Ask) -> None:
    short = [record(number, f"Owl Nr{number}") for number in range(1, 26)]
    long = kinds(5, 101)
    server = start([*short, *long])
    assert all(each.record for each in ask(server, titles([*short[:9], *long, *short[9:]])))
    assert clauses(server) == [5, 20, 5]
    assert not any("Silent" in query for query in queries(server)[1:])


def test_an_answer_that_does_not_hold_all_records_is_split(start: Start, ask: Ask) -> None:
    crowd = [record(number, f"Of Owls That Hear Field Mice, Part Nr{number}") for number in range(1, 400)]
    wanted = [record(1000 + number, f"Bats of Kind Nr{number} Fly by Night") for number in range(4)]
    server = start([*crowd, *wanted])
    found = ask(server, ["Owls That Hear Field Mice", *titles(wanted)])
    assert [each.record and each.record.arxiv_id for each in found[1:]] == [each.arxiv_id for each in wanted]
    first = server.requests[0]
    assert first.total > first.returned == int(first.params["max_results"]) == 100
    assert 'ti:"Owls That Hear Field Mice"' in queries(server)
    assert len(queries(server)[0].split(" OR ")) == 5
    assert server.requests[1].params["max_results"] in {"50", "60", "80"}


def test_of_a_crowd_only_those_without_their_record_are_asked_again(start: Start, ask: Ask) -> None:
    crowd = [record(number, f"Field Mice of Kind Nr{number} and the Owls They Hear at Night") for number in range(300)]
    wanted = [record(1000, "Of Kind and Unkind Owls They Hear"), record(1001, "And the Owls They Hear at Night")]
    server = start([*crowd, *wanted])
    assert judged(ask(server, titles(wanted))) == [("matched", each.arxiv_id) for each in wanted]
    assert not any("Unkind" in query for query in queries(server)[1:])


@pytest.mark.parametrize("fault", ["414", "500"])
def test_a_batch_that_is_too_much_is_halved_and_later_ones_are_smaller(start: Start, ask: Ask, fault: str) -> None:
    server = start(kinds(150), faults=script({1: fault}))
    assert all(each.record for each in ask(server, titles(kinds(150))))
    assert clauses(server)[:3] == [60, 30, 30]
    assert max(clauses(server)[3:]) <= 60
    assert sum(clauses(server)[1:]) == 150


def test_batches_stay_small_for_a_while_after_one_was_too_much_and_grow_again(start: Start, ask: Ask) -> None:
    server = start(kinds(900), faults=script({1: "414"}))
    assert all(each.record for each in ask(server, titles(kinds(900))))
    sizes = clauses(server)
    assert sizes[:3] == [60, 30, 30]
    assert max(sizes[3:5]) < 45
    assert sizes[3:-1] == sorted(sizes[3:-1])
    assert sizes[-2] > 80


def test_a_record_that_came_for_another_title_counts_where_it_is_alike(
    start: Start, open_source: Callable[..., ArxivSource]
) -> None:
    server = start([OWLS, MICE])
    asked = ["Their Silent Flight Control", "Nocturnl Owls and Thier Silent Flight Kontrol", MICE.title]
    answers = open_source(server).search([Mention(title=title) for title in asked], limit=5)
    assert [[each.arxiv_id for each in answer.records] for answer in answers] == [
        [OWLS.arxiv_id],
        [OWLS.arxiv_id],
        [MICE.arxiv_id],
    ]
    assert len(server.requests) == 1


class _Picky(Desk, frozen=True):
    """arXiv's desk, that cannot read a word."""

    def answer(self, parameters: Mapping[str, str], hide: Callable[[Page], Page] = lambda page: page) -> Answer:
        if "unreadable" in parameters.get("search_query", "").casefold():
            return self.refuse(Refusal(400, "Invalid query string: 'unreadable'"))
        return super().answer(parameters, hide)


def test_a_title_that_arxiv_refuses_fails_alone(start: Start, ask: Ask) -> None:
    server = start(kinds(40))
    server.desk = _Picky(corpus=server.desk.corpus, now=server.desk.now)
    asked = titles(kinds(40))
    asked[17] = "Unreadable Owls"
    asked.insert(3, "Silent and Unreadable Owls of the North")
    found = ask(server, asked)
    failed = {each.mention.title: each.reason for each in found if each.verdict is Verdict.FAILED}
    assert set(failed) == {"Unreadable Owls", "Silent and Unreadable Owls of the North"}
    assert all(
        "arXiv cannot read the question for this title (Invalid query string" in each for each in failed.values()
    )
    assert sum(each.verdict is Verdict.MATCHED for each in found) == 39
    first_rung = [query for query in queries(server) if "Nr" in query]
    assert len(first_rung) <= 2 * 6 + 1
    server.desk = Desk(corpus=server.desk.corpus, now=server.desk.now)
    assert {each.verdict for each in ask(server, [*failed])} == {Verdict.NOT_FOUND}


def terms(node: Node) -> int:
    return sum(map(terms, node.operands)) if isinstance(node, Chain) else 1


def test_a_question_has_at_most_800_terms(start: Start, ask: Ask) -> None:
    server = start([MICE])
    ask(
        server,
        [f"Strigo{a}: Zygodactyl{a} Tytonidae{a} Crepuscule{a} Gallinule{a} Erythrism{a} Quillwort" for a in _LETTERS],
    )
    sizes = [terms(parse(adapt(query))) for query in queries(server)]
    assert max(sizes) > 400
    assert max(sizes) <= 800
    assert {request.status for request in server.requests} == {200}


_LETTERS = [a + b for a in "abcdefghijkl" for b in "abcdefghijkl"]


def test_silence_on_five_titles_is_doubted_once_and_then_believed(start: Start, ask: Ask) -> None:
    server = start(kinds(5), faults=script({1: "nothing"}))
    assert all(each.record for each in ask(server, titles(kinds(5))))
    assert clauses(server) == [5, 5]
    server.faults, five = every(10**6), [f"{UNKNOWN} of Kind Nr{number}" for number in range(5)]
    server.clear()
    assert {each.verdict for each in ask(server, five)} == {Verdict.NOT_FOUND}
    assert queries(server)[0] == queries(server)[1] != queries(server)[2]


@pytest.mark.parametrize("count", [1, 5])
def test_silence_on_ids_is_doubted_once(count: int, start: Start, open_source: Callable[..., ArxivSource]) -> None:
    ids = [each.arxiv_id for each in kinds(count)]
    server = start(kinds(count), faults=script({1: "nothing"}))
    assert list(open_source(server).lookup(ids)) == ids
    assert len(server.requests) == 2


def test_silence_on_a_single_title_is_doubted_once_too(start: Start, ask: Ask) -> None:
    server = start([OWLS], faults=script({1: "nothing"}))
    assert judged(ask(server, [OWLS.title])) == [("matched", OWLS.arxiv_id)]
    assert clauses(server) == [1, 1]


def test_a_title_without_a_word_to_ask_for_is_failed_and_not_sent(start: Start, ask: Ask) -> None:
    server = start([OWLS])
    found = ask(server, ["To Be or Not to Be", Mention(title="It's", arxiv_id=OWLS.arxiv_id)])
    assert found[0].verdict is Verdict.FAILED
    assert "give the id with the title" in found[0].reason
    assert found[1].verdict is not Verdict.NOT_FOUND
    assert len(queries(server)) == len(id_lists(server)) == 1


def test_what_is_known_is_recalled_without_asking(start: Start, open_source: Callable[..., ArxivSource]) -> None:
    server = start([OWLS, MICE])
    mentions = [Mention(title=each) for each in (UNKNOWN, OWLS.title, MICE.title)]
    open_source(server).search(mentions[:2], limit=5)
    server.clear()
    source = open_source(server)
    answers = [source.recall(mentions, limit=5, rung=rung) for rung in range(source.rungs)]
    assert [[bool(each.records) for each in answer] for answer in answers] == [[False, True, False], *[[False] * 3] * 3]
    assert [bool(each.records) for each in source.recall(mentions, limit=0)] == [False] * 3
    assert server.requests == []


def everything(sample: Sequence[str]) -> list[Mention]:
    """The sample with some ids and titles that are unknown: all ways of asking are gone."""
    linked = [Mention(title="Learning to Navigate the Web!", arxiv_id="1812.09195")]
    unknown = [Mention(title=f"{UNKNOWN} of Kind Nr{number}") for number in range(5)]
    return [*linked, *unknown, *(Mention(title=title) for title in sample)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_moment_changes_no_verdict(
    start: Start, ask: Ask, arxiv_corpus: ArxivCorpus, sample: list[str], fault: str
) -> None:
    server = start(arxiv_corpus)
    mentions = everything(sample)
    found = judged(ask(server, mentions, "sound"))
    assert Counter(verdict for verdict, _ in found) == {"matched": 54, "not found": 5}
    for number in range(1, len(server.requests) + 1):
        if fault == "nothing" and server.requests[number - 1].params.get("id_list"):
            continue  # four ids and no answer: that may be the truth
        other = start(arxiv_corpus, faults=script({number: fault}))
        assert judged(ask(other, mentions, f"at {number}")) == found


def test_each_fifth_answer_a_fault_changes_no_verdict(start: Start, ask: Ask) -> None:
    corpus = ArxivCorpus.from_records(kinds(1500))
    asked = [*titles(kinds(1500)), *(f"{UNKNOWN} of Kind Nr{number}" for number in range(100))]
    server = start(corpus)
    found = judged(ask(server, asked, "sound"))
    faulty = start(corpus, faults=every(5))
    assert judged(ask(faulty, asked, "faulty")) == found
    assert len({each.fault for each in faulty.requests}) > 5


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "nothing"])
def test_nothing_but_faults_is_failed_with_a_reason_and_forgotten(
    start: Start, ask: Ask, arxiv_corpus: ArxivCorpus, sample: list[str], fault: str
) -> None:
    server = start(arxiv_corpus, faults=every(1, fault))
    mentions = everything(sample)
    found = ask(server, mentions)
    assert {each.verdict for each in found} == {Verdict.FAILED}
    assert all(re.match(r"A source failed: arxiv: \w.{10,}", each.reason) for each in found)
    server.faults = every(10**6)
    assert Counter(each.verdict for each in ask(server, mentions)) == {Verdict.MATCHED: 54, Verdict.NOT_FOUND: 5}


def test_an_outage_in_the_middle_keeps_what_was_answered(start: Start, ask: Ask) -> None:
    server = start(kinds(200), faults=lambda number: "503" if number > 1 else "")
    found = ask(server, titles(kinds(200)))
    assert [each.verdict for each in found] == [Verdict.MATCHED] * 60 + [Verdict.FAILED] * 140
    assert len(server.requests) == 5
    server.faults = every(10**6)
    server.clear()
    assert all(each.record for each in ask(server, titles(kinds(200))))
    assert sum(clauses(server)) == 140


def test_an_outage_among_earlier_versions_is_failed(start: Start, ask: Ask) -> None:
    former = "Owls Approach Mice"
    server = start([record(1, "Silent Flight: Owls Approach Field Mice", former_titles=(former,))])
    assert judged(ask(server, [former], "sound")) == [("matched", "2401.00001")]
    rungs = len(server.requests) - 1
    assert id_lists(server) == [["2401.00001v1"]]
    server.clear()
    server.faults = lambda number: "503" if number > rungs else ""
    (found,) = ask(server, [former])
    assert found.verdict is Verdict.FAILED
    assert len(id_lists(server)) == 4
    server.faults = every(10**6)
    assert judged(ask(server, [former])) == [("matched", "2401.00001")]


def test_a_record_that_cannot_be_read_fails_its_title_alone(
    start: Start, open_source: Callable[..., ArxivSource]
) -> None:
    server = start(kinds(100))
    server.desk = _Undated(corpus=server.desk.corpus, now=server.desk.now)
    answers = open_source(server).search([Mention(title=each.title) for each in kinds(100)], limit=5)
    assert [number for number, answer in enumerate(answers, start=1) if answer.failure] == [7]
    assert "report this" in answers[6].failure
    assert all(answer.records for answer in answers[7:])
    with pytest.raises(BadResponse, match="report this"):
        open_source(server).lookup([kinds(7)[6].arxiv_id])


class _Undated(Desk, frozen=True):
    """arXiv's desk, that writes one date in words."""

    def answer(self, parameters: Mapping[str, str], hide: Callable[[Page], Page] = lambda page: page) -> Answer:
        given = super().answer(parameters, hide)
        body = re.sub(rb"(00007v1</id>.*?<published>)[^<]*", rb"\1in winter", given.body, count=1, flags=re.DOTALL)
        return msgspec.structs.replace(given, body=body)


class _Short(Desk, frozen=True):
    """arXiv's desk, that leaves one record out of each page."""

    def answer(self, parameters: Mapping[str, str], hide: Callable[[Page], Page] = lambda page: page) -> Answer:
        return super().answer(parameters, lambda page: Page(page.total, hide(page).documents[1:]))


def test_a_lookup_that_came_short_is_an_error_and_nothing_is_taken_for_missing(
    start: Start, open_source: Callable[..., ArxivSource]
) -> None:
    server, ids = start(kinds(3)), [each.arxiv_id for each in kinds(3)]
    server.desk = _Short(corpus=server.desk.corpus, now=server.desk.now)
    with pytest.raises(BadResponse, match="2 of 3 records for 3 ids"):
        open_source(server).lookup(ids)
    server.desk = Desk(corpus=server.desk.corpus, now=server.desk.now)
    assert set(open_source(server).lookup(ids)) == set(ids)


def test_a_lookup_of_a_server_that_is_down_raises(start: Start, open_source: Callable[..., ArxivSource]) -> None:
    server = start([OWLS], faults=every(1, "403"))
    with pytest.raises(SourceError, match="403"):
        open_source(server).lookup([OWLS.arxiv_id])


def test_those_who_wait_are_told_how_far_it_is(start: Start, tmp_path: Path) -> None:
    server, told = start(kinds(100)), list[str]()
    around = Surroundings(cache=tmp_path, state=tmp_path, notify=told.append)
    source = ArxivSource.open({"url": server.url, "interval": 0}, around)
    source.lookup([OWLS.arxiv_id])
    source.search([Mention(title=each.title) for each in kinds(100)], limit=5)
    assert told == [
        f"asking arXiv: {what}, waiting for the answer"
        for what in ("0 of 1 ids", "0 of 1 ids", "0 of 100 titles", "60 of 100 titles")
    ]
