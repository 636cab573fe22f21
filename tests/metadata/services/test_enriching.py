"""What all four services have in common: batches, what is kept, outages, keys, the pace; over real HTTP."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit import registry
from refkit.errors import BadResponse, ConfigError, SourceError, SourceUnavailable
from refkit.metadata.enriching import ServiceEnricher, _batches
from refkit.model import Work
from refkit.protocols import Enricher
from refkit.testing import SERVICE_FAULTS, EnricherContract
from refkit.testing.service_examples import NAMES, OWL, OWL_PAPER, OWLS, PEOPLE, Time, paper, work
from refkit.testing.service_server import ServiceServer, every, script
from refkit.version import __version__

KEY = "k3yThatNobodyMaySee"
KEYED = ("openalex", "semantic-scholar")
LASTING = [fault for fault in SERVICE_FAULTS if fault != "slow"]

Serve = Callable[..., ServiceServer]
Enrich = Callable[..., ServiceEnricher]


@pytest.mark.parametrize("name", NAMES)
class TestContract(EnricherContract):
    @pytest.fixture
    def server(self, name: str, serve: Serve) -> ServiceServer:
        return serve(name, OWL_PAPER, paper(7, "Mice of the Field"))

    @pytest.fixture
    def down(self, name: str, serve: Serve) -> ServiceServer:
        return serve(name, OWL_PAPER, faults=every(1, "503"))

    @pytest.fixture
    def start(self, name: str, server: ServiceServer, enrich: Enrich, secret: str) -> Callable[[], Enricher]:
        return lambda: enrich(name, server, **({"key": secret} if name in KEYED else {}))

    @pytest.fixture
    def broken(self, name: str, down: ServiceServer, enrich: Enrich, secret: str) -> Callable[[], Enricher]:
        return lambda: enrich(name, down, folder="two", **({"key": secret} if name in KEYED else {}))

    @pytest.fixture
    def asked(self, server: ServiceServer, down: ServiceServer) -> Callable[[], int]:
        return lambda: len(server.requests) + len(down.requests)

    @pytest.fixture
    def known(self) -> Work:
        return OWL

    @pytest.fixture
    def secret(self) -> str:
        return KEY


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_described_as_its_publisher_has_it(name: str, serve: Serve, enrich: Enrich) -> None:
    ((offer,),) = enrich(name, serve(name, OWL_PAPER)).published([OWL])
    publication = offer.publication
    assert (offer.title, offer.source) == (OWLS, name)
    assert offer.authors == PEOPLE
    assert (publication.type, publication.doi, publication.pages) == ("paper-conference", "10.1145/owls.1", "11-19")
    assert publication.container_title == "Proceedings of the 7th Conference on Owls"
    assert str(publication.issued).startswith("2024")
    assert offer.arxiv_id == ("" if name == "dblp" else "2401.00001")
    assert publication.title == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_preprint_is_not_its_own_published_version(name: str, serve: Serve, enrich: Enrich) -> None:
    alone = paper(1, OWLS, type="", doi="", container_title="", event_title="")
    assert enrich(name, serve(name, alone)).published([OWL]) == [()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_passes_costs_nothing_but_time(name: str, fault: str, serve: Serve, enrich: Enrich) -> None:
    server = serve(name, OWL_PAPER, faults=script({1: fault}))
    ((offer,),) = enrich(name, server).published([OWL])
    assert offer.publication.doi == "10.1145/owls.1"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_is_an_outage_and_is_not_remembered(
    name: str, fault: str, serve: Serve, enrich: Enrich
) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        enrich(name, serve(name, OWL_PAPER, faults=every(1, fault))).published([OWL])
    assert str(caught.value).startswith(("it ", "its ", "the connection to it "))
    ((offer,),) = enrich(name, serve(name, OWL_PAPER)).published([OWL])
    assert offer.title == OWLS


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_comes_too_late_is_an_outage(name: str, serve: Serve, enrich: Enrich) -> None:
    server = serve(name, OWL_PAPER, faults=every(1, "slow"), slow=5)
    with pytest.raises(SourceUnavailable, match="it gave no answer in time"):
        enrich(name, server, timeout=0.05).published([OWL])


@pytest.mark.parametrize("name", NAMES)
def test_nobody_there_is_an_outage_but_kept_answers_stay(name: str, serve: Serve, enrich: Enrich) -> None:
    server = serve(name, OWL_PAPER)
    found = enrich(name, server).published([OWL])
    server.stop()
    with pytest.raises(SourceUnavailable, match="it could not be reached"):
        enrich(name, server).published([OWL, work(2, "Another Title Altogether")])
    assert enrich(name, server).published([OWL]) == found


@pytest.mark.parametrize("name", NAMES)
def test_what_was_answered_is_not_asked_again(name: str, serve: Serve, enrich: Enrich, time: Time) -> None:
    server = serve(name, OWL_PAPER)
    works = [OWL, work(2, "Another Title Altogether")]
    first = enrich(name, server).published(works)
    count = len(server.requests)
    assert enrich(name, server).published(works) == first
    assert len(server.requests) == count
    time.pass_by(days=8)  # that nothing is known is believed for a week, a paper for two
    enrich(name, server).published([OWL])
    assert len(server.requests) == count
    enrich(name, server).published(works)
    assert len(server.requests) > count


@pytest.mark.parametrize("name", NAMES)
def test_a_refresh_asks_once_anew(name: str, serve: Serve, enrich: Enrich) -> None:
    old, new = serve(name, paper(1, OWLS, pages="1-2")), serve(name, OWL_PAPER)
    enrich(name, new).published([OWL])
    count = len(new.requests)
    again = enrich(name, new, refresh=True)
    assert again.published([OWL]) == again.published([OWL])
    assert len(new.requests) == 2 * count
    ((offer,),) = enrich(name, old).published([OWL])  # answers of another server are others
    assert offer.publication.pages == "1-2"


@pytest.mark.parametrize("name", NAMES)
def test_without_network_only_what_was_kept_is_given(name: str, serve: Serve, enrich: Enrich, time: Time) -> None:
    server = serve(name, OWL_PAPER)
    assert enrich(name, server, offline=True).published([OWL]) == [()]
    found = enrich(name, server).published([OWL])
    count = len(server.requests)
    time.pass_by(days=900)  # an old answer is better than none
    offline = enrich(name, server, offline=True, refresh=True)
    assert offline.published([OWL, work(2, "Another Title Altogether")]) == [*found, ()]
    assert len(server.requests) == count
    assert "earlier answers" in offline.label


@pytest.mark.parametrize("name", NAMES)
def test_what_came_before_an_outage_is_kept(name: str, serve: Serve, enrich: Enrich) -> None:
    titles = [f"{OWLS} of Kind{number} in Woods" for number in range(3)]
    works = [work(number, title) for number, title in enumerate(titles)]
    papers = [paper(number, title) for number, title in enumerate(titles)]
    first = 2 if name == "openalex" else 1  # which asks for all ids before the titles
    server = serve(name, *papers, faults=lambda number: "503" if number > first else "")
    if name != "semantic-scholar":
        enricher = enrich(name, server)
        with pytest.raises(SourceError):
            enricher.published(works)
        count = len(server.requests)
        assert [bool(each) for each in enricher.recall(works)] == [True, False, False]
        assert len(server.requests) == count
        assert enrich(name, server).published(works[:1])[0][0].title == titles[0]
    else:
        found = enrich(name, server).published(works)
        assert [each[0].title for each in found] == titles
        assert len(server.requests) == 1  # all in one request


@pytest.mark.parametrize("name", NAMES)
def test_it_says_who_asks_and_keeps_the_pace(name: str, serve: Serve, enrich: Enrich, time: Time) -> None:
    server = serve(name, OWL_PAPER)
    enricher = enrich(name, server, interval=4, contact="ada@example.org")
    enricher.published([work(2, "Another Title Altogether"), work(3, "Nothing of the Kind"), OWL])
    agents = {request.headers["User-Agent"] for request in server.requests}
    assert agents == {f"refkit/{__version__} (mailto:ada@example.org)"}
    assert {request.headers["Accept"] for request in server.requests} == {"application/json"}
    assert sum(time.slept) == pytest.approx(4 * (len(server.requests) - 1))


@pytest.mark.parametrize("name", NAMES)
def test_retry_after_is_obeyed_and_without_it_pauses_grow(name: str, serve: Serve, enrich: Enrich, time: Time) -> None:
    server = serve(name, OWL_PAPER, faults=script({1: "429-retry-after"}))
    enrich(name, server, interval=0.001).published([OWL])
    assert 2 <= sum(time.slept) < 3
    time.slept.clear()
    with pytest.raises(SourceUnavailable, match="too many requests"):
        enrich(name, serve(name, faults=every(1, "429")), folder="two", interval=1).published([OWL])
    assert 70 <= sum(time.slept) <= 70 * 1.2 + 1  # 10, 20, 40


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_or_opened_before_it_is_asked(name: str, tmp_path: Path, enrich: Enrich) -> None:
    enricher = enrich(name, "http://127.0.0.1:9/", folder="new")
    assert list(enricher.published([])) == []
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", NAMES)
def test_who_waits_is_told_for_what(name: str, serve: Serve, tmp_path: Path) -> None:
    from refkit.protocols import Surroundings

    told: list[str] = []
    around = Surroundings(cache=tmp_path, state=tmp_path, notify=told.append)
    plug_in: Any = registry.load("enricher", name)
    plug_in.open({"url": serve(name, OWL_PAPER).url, "interval": 0}, around).published([OWL])
    assert told[0].endswith(": 0 of 1 papers, waiting for the answer")


@pytest.mark.parametrize("name", NAMES)
def test_titles_of_any_signs_make_good_questions(name: str, serve: Serve, enrich: Enrich) -> None:
    titles = [
        r"$\mathcal{B}$-Coder: 50% & More, \"Quoted\" | Piped!",
        "“Let’s Verify” step-by-step: NOT AND OR? (a*b~c)",
        "λ",
        "?!",
        "Größe, Maß und Übermaß",
        "word " * 400,
        "A/B # Testing + C++; $x$ =1",
    ]
    server = serve(name, budget=99) if name == "openalex" else serve(name)
    works = [work(number, title) for number, title in enumerate(titles)]
    assert enrich(name, server).published(works) == [()] * len(titles)
    assert {request.status for request in server.requests} <= ({200, 400} if name == "semantic-scholar" else {200})


@pytest.mark.parametrize("name", KEYED)
def test_a_key_of_the_settings_is_sent_in_a_header_alone(
    name: str, serve: Serve, enrich: Enrich, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(name, OWL_PAPER, key=KEY)
    enrich(name, server, key=f" {KEY}\n").published([OWL])
    assert all(KEY in str(request.headers) for request in server.requests)
    assert not any(KEY in f"{request.path} {request.parameters} {request.body!r}" for request in server.requests)
    assert "HTTP/1.1" in caplog.text  # urllib3 logs the addresses
    assert KEY not in caplog.text


class Kept:
    """A keyring with one key; it counts who looked."""

    def __init__(self, kept: dict[tuple[str, str], str]) -> None:
        self.kept = kept
        self.looked = 0

    def get_password(self, service_name: str, username: str) -> str | None:
        self.looked += 1
        return self.kept.get((service_name, username))


@pytest.mark.parametrize("name", KEYED)
def test_the_keyring_is_opened_only_for_a_request(name: str, serve: Serve, enrich: Enrich) -> None:
    keyring = Kept({("refkit", name): KEY})
    server = serve(name, OWL_PAPER, key=KEY)
    enricher = enrich(name, server, find_keyring=lambda: keyring)
    enrich(name, server, offline=True, find_keyring=lambda: keyring).published([OWL])
    assert keyring.looked == 0
    enricher.published([OWL])
    assert KEY in str(server.requests[0].headers)
    assert keyring.looked == 1
    other = enrich(name, server, folder="two", key="another", find_keyring=lambda: keyring)
    with pytest.raises(BadResponse, match="it does not take your key"):
        other.published([OWL])
    assert keyring.looked == 1  # the setting goes first


@pytest.mark.parametrize("name", KEYED)
def test_a_wrong_key_is_told_at_once_and_not_shown(name: str, serve: Serve, enrich: Enrich) -> None:
    server = serve(name, OWL_PAPER, key="right")
    with pytest.raises(BadResponse, match="it does not take your key") as caught:
        enrich(name, server, key=KEY).published([OWL])
    assert len(server.requests) == 1
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("bad", ["two words", "line\nend: x", "schlüssel"])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(
    name: str, bad: str, serve: Serve, enrich: Enrich
) -> None:
    with pytest.raises(ConfigError, match="has blanks or other signs") as caught:
        enrich(name, "http://127.0.0.1:9/", key=bad)
    with pytest.raises(ConfigError, match="in the system's keyring") as also:
        enrich(name, serve(name), find_keyring=lambda: Kept({("refkit", name): bad})).published([OWL])
    assert bad not in f"{caught.value} {also.value}"


def test_a_key_does_not_go_over_an_open_line(enrich: Enrich) -> None:
    with pytest.raises(ConfigError, match="with a key it must begin with https://"):
        enrich("openalex", "http://openalex.example.org/", key=KEY)
    for safe in ("https://openalex.example.org/", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8"):
        enrich("openalex", safe, key=KEY)


def test_a_key_of_the_keyring_does_not_go_over_an_open_line_either(enrich: Enrich) -> None:
    def keyring() -> Kept:
        return Kept({("refkit", "openalex"): KEY})

    assert enrich("openalex", "http://openalex.example.org/", find_keyring=keyring)._sign() == {}
    assert KEY in str(enrich("openalex", "https://openalex.example.org/", find_keyring=keyring)._sign())


@given(st.lists(st.text(max_size=40), max_size=60), st.integers(1, 20), st.integers(0, 200))
def test_batches_hold_all_questions_in_order_and_fit(questions: list[str], size: int, longest: int) -> None:
    batches = list(_batches(questions, size, longest))
    assert [question for batch in batches for question in batch] == questions
    for batch in batches:
        length = sum(len(quote(question, safe="")) + 3 for question in batch)
        assert 1 <= len(batch) <= size
        assert not longest or len(batch) == 1 or length <= longest


_TWO = """
import pathlib, sys
from refkit import registry
from refkit.model import ArxivRecord, Work
from refkit.protocols import Surroundings
name, url, folder = sys.argv[1:]
folder = pathlib.Path(folder)
enricher = registry.load("enricher", name).open({"url": url, "interval": 0}, Surroundings(cache=folder, state=folder))
print(enricher.published([Work(record=ArxivRecord(arxiv_id="2401.00001", title=sys.stdin.read()))])[0][0].title)
"""


def test_another_process_knows_what_was_answered(serve: Serve, tmp_path: Path) -> None:
    server = serve("dblp", OWL_PAPER)
    command = [sys.executable, "-c", _TWO, "dblp", server.url, str(tmp_path)]
    for _ in range(2):
        done = subprocess.run(command, input=OWLS, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == OWLS
    assert len(server.requests) == 1
