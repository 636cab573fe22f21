"""The stand-ins behave as the documentation of the services and their recorded answers say."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from refkit.testing import SERVICE_FAULTS, CrossrefServer, DblpServer, OpenAlexServer, SemanticScholarServer
from refkit.testing.service_examples import OWL_PAPER, OWLS, SERVERS, paper
from refkit.testing.service_server import ServiceServer, every, script

CORR = paper(2, "Mice & Owls", type="", doi="", container_title="", event_title="")


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def run() -> Iterator[Callable[[ServiceServer], ServiceServer]]:
    with ExitStack() as stack:
        yield stack.enter_context


def ask(server: ServiceServer, path: str, body: Any = None, **headers: str) -> Reply:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    method = "GET" if body is None else "POST"
    connection.request(method, parts.path + path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    reply = Reply(answer.status, {name.casefold(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return reply


Run = Callable[[Any], ServiceServer]


def test_crossref_gives_the_likeliest_and_never_a_phrase(run: Run) -> None:
    server = run(CrossrefServer([paper(3, "Owls in a Field"), OWL_PAPER, CORR]))
    message = ask(server, f"/works?query.bibliographic={quote(OWLS)}&rows=5&select=DOI,title,score").json["message"]
    assert [item["DOI"] for item in message["items"]] == ["10.1145/owls.1", "10.1145/owls.3"]
    assert set(message["items"][0]) == {"DOI", "title", "score"}
    assert message["total-results"] == 2  # a DOI of arXiv's is not Crossref's


def test_crossref_tells_its_limit_and_the_pool(run: Run) -> None:
    server = run(CrossrefServer([OWL_PAPER], limit="3", interval="1s"))
    headers = ask(server, "/works?filter=doi:10.1145/OWLS.1").headers
    assert (headers["x-rate-limit-limit"], headers["x-rate-limit-interval"]) == ("3", "1s")
    assert headers["x-api-pool"] == "public"
    known = {"User-Agent": "owl/1 (mailto:ada@example.org)"}
    assert ask(server, "/works?rows=0", **known).headers["x-api-pool"] == "polite"


@pytest.mark.parametrize("path", ["/works?select=colour", "/works?rows=1001", "/works?filter=doi:10.1/a,b"])
def test_crossref_refuses_what_it_does_not_know(path: str, run: Run) -> None:
    assert ask(run(CrossrefServer([OWL_PAPER])), path).status == 400


def test_crossref_has_single_works_and_else_404(run: Run) -> None:
    server = run(CrossrefServer([OWL_PAPER]))
    assert ask(server, "/works/10.1145/owls.1").json["message"]["title"] == [OWLS]
    assert ask(server, "/works/10.48550/arxiv.2401.00001").status == 404


def test_openalex_takes_signs_in_filters_for_what_they_mean(run: Run) -> None:
    server = run(OpenAlexServer([OWL_PAPER, CORR]))
    both = ask(server, "/works?filter=doi:10.1145/owls.1|10.48550/arXiv.2401.00002").json
    assert both["meta"]["count"] == 2
    assert both["results"][1]["doi"] == "https://doi.org/10.48550/arxiv.2401.00002"
    assert ask(server, "/works?filter=title.search:owls,mice").json["error"] == "Invalid query parameters error."
    assert ask(server, "/works?filter=title.search:mice%20owls").json["meta"]["count"] == 1
    assert ask(server, "/works?filter=doi:" + "|".join("10.1/x" for _ in range(101))).status == 400
    assert ask(server, "/works?per_page=101").status == 403


def test_openalex_counts_searches_of_the_unknown(run: Run) -> None:
    server = run(OpenAlexServer([OWL_PAPER], budget=1, key="right"))
    path = "/works?filter=title.search:owls"
    assert [ask(server, path).status for _ in range(2)] == [200, 429]
    assert ask(server, path, Authorization="Bearer right").status == 200
    assert ask(server, f"{path}&api_key=right").status == 200
    assert ask(server, path, Authorization="Bearer wrong").status == 401


def test_semantic_scholar_keeps_places_in_a_batch(run: Run) -> None:
    server = run(SemanticScholarServer([OWL_PAPER, CORR], key="right"))
    ids = ["ARXIV:2401.00009", "arxiv:2401.00001", "DOI:10.48550/arXiv.2401.00002"]
    papers = ask(server, "/paper/batch?fields=title,venue", {"ids": ids}).json
    assert [paper and paper["title"] for paper in papers] == [None, OWLS, "Mice & Owls"]
    assert papers[2]["venue"] == "arXiv.org"
    assert ask(server, "/paper/batch", {"ids": ["ARXIV:1"] * 501}).status == 400
    assert ask(server, "/paper/batch", {"ids": ids[:1]}).json == {"error": "No valid paper ids given"}
    assert "Unrecognized" in ask(server, "/paper/batch?fields=matchScore", {"ids": ids}).json["error"]
    assert ask(server, "/paper/batch", {"ids": ids}, **{"x-api-key": "wrong"}).status == 403


def test_semantic_scholar_misses_by_404(run: Run) -> None:
    server = run(SemanticScholarServer([OWL_PAPER]))
    assert ask(server, f"/paper/search/match?query={quote(OWLS)}").json["data"][0]["title"] == OWLS
    miss = ask(server, "/paper/search/match?query=Nothing")
    assert (miss.status, miss.json) == (404, {"error": "Title match not found"})
    single = ask(server, "/paper/ARXIV:2401.00009")
    assert (single.status, single.json) == (404, {"error": "Paper with id ARXIV:2401.00009 not found"})


def test_dblp_has_no_hit_where_there_is_none(run: Run) -> None:
    server = run(DblpServer([OWL_PAPER, CORR]))
    path = "/search/publ/api?format=json&h=30&f=0&c=0&q="
    nothing = ask(server, f"{path}elephants").json["result"]["hits"]
    assert nothing == {"@total": "0", "@computed": "0", "@sent": "0", "@first": "0"}
    assert ask(server, f"{path}owl").json["result"]["hits"]["@total"] == "2"  # beginnings
    assert ask(server, f"{path}owl$").json["result"]["hits"]["@total"] == "0"
    assert ask(server, f"{path}mice|nocturnal").json["result"]["hits"]["@total"] == "2"
    (hit,) = ask(server, f"{path}mice$%20owls$").json["result"]["hits"]["hit"]
    assert (hit["info"]["title"], hit["info"]["venue"]) == ("Mice &amp; Owls.", "CoRR")
    assert hit["info"]["volume"] == "abs/2401.00002"


def test_a_lone_author_is_no_list_at_dblp(run: Run) -> None:
    server = run(DblpServer([paper(1, OWLS, authors=OWL_PAPER.published.authors[:1])]))
    answer = ask(server, "/search/publ/api?format=json&q=owls").json
    assert answer["result"]["hits"]["hit"][0]["info"]["authors"]["author"]["text"] == "Ada Strix"


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("fault", SERVICE_FAULTS)
def test_faults_come_when_they_should_and_are_recorded(name: str, fault: str, run: Run) -> None:
    server = run(SERVERS[name]([OWL_PAPER], faults=script({1: fault}), slow=0.01))
    path = "/search/publ/api?format=json&q=owls" if name == "dblp" else "/works?rows=1"
    if fault in {"reset", "cut-short"}:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(server, path)
    else:
        ask(server, path)
    ask(server, path)
    assert [request.fault for request in server.requests] == [fault, ""]


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no fault named 'flood'"):
        every(2, "flood")
