"""One request and its answer, over real HTTP: recorded answers of arXiv's, those of a stand-in, and what is none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from refkit.errors import BadResponse, SourceUnavailable
from refkit.http import Manners, PoliteSession
from refkit.metadata.arxiv_api import ArxivApi, Page, RefusedError, TooLargeError, unfit
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.pace import Gate
from refkit.testing import FAULTS, ArxivCorpus, ArxivServer, every

OWLS = ArxivRecord(
    arxiv_id="2101.00001",
    title="Nocturnal Owls and Their Silent Flight Control",
    authors=(Author("van der Strix", "Ada"), Author("Bubo", "Bo", "Jr."), Author(literal="The Owl Group")),
    abstract="We listen to owls.",
    categories=("cs.RO", "q-bio.NC"),
    submitted=PartialDate(2021, 1, 4),
    updated=PartialDate(2022, 3, 5),
    comments="4 pages",
    journal_ref="J. Owl. 3 (2022) 1",
    doi="10.1000/owl",
    version=2,
)
MICE = ArxivRecord(
    arxiv_id="hep-th/9901001",
    title="Field Mice Hear What Owls Do Not Say",
    submitted=PartialDate(1999, 1, 2),
    updated=PartialDate(1999, 1, 2),
    version=1,
)
_OPEN = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
ENTRY = (
    "<entry><id>http://arxiv.org/abs/2101.00001v3</id><title>Owls\n  at Night</title>"
    "<updated>2022-03-05T23:59:59Z</updated><published>2021-01-04T00:00:00Z</published></entry>"
)


def feed(*entries: str, total: object = 1) -> str:
    return f"<?xml version='1.0'?>{_OPEN}<o:totalResults>{total}</o:totalResults>{''.join(entries)}</feed>"


class Canned:
    """A server that gives one answer to everything; `asked` are the parameters of the requests."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.asked: list[dict[str, list[str]]] = []
        canned = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canned.asked.append(parse_qs(urlsplit(self.path).query))
                self.send_response(canned.status)
                self.send_header("Content-Length", str(len(canned.body)))
                self.end_headers()
                self.wfile.write(canned.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/query"


@pytest.fixture
def canned() -> Iterator[Canned]:
    canned = Canned()
    with canned.server as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield canned
        server.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    former = ArxivRecord(**{name: getattr(OWLS, name) for name in OWLS.__struct_fields__ if name != "former_titles"},
                         former_titles=("Owls",))  # fmt: skip
    with ArxivServer(ArxivCorpus.from_records([former, MICE])) as server:
        yield server


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Callable[[str], ArxivApi]]:
    sessions = []

    def new(url: str) -> ArxivApi:
        gate = Gate(tmp_path, "arxiv", 0.0)
        sessions.append(PoliteSession(gate, Manners(interval=0.0, accept="application/atom+xml"), unfit=unfit))
        return ArxivApi(url, sessions[-1])

    yield new
    for session in sessions:
        session.close()


def get(api: ArxivApi, *, divisible: bool = False) -> Page:
    return api.search('ti:"owls"', size=50, divisible=divisible)


def test_records_of_the_stand_in_come_whole(server: ArxivServer, api: Callable[[str], ArxivApi]) -> None:
    page = api(server.url).search('ti:"Nocturnal Owls" OR ti:"Field Mice"', size=50, divisible=True)
    assert {record.arxiv_id: record for record in page.records} == {each.arxiv_id: each for each in (OWLS, MICE)}
    assert page.total == 2
    (request,) = server.requests
    assert request.params["max_results"] == "50"
    assert request.params["search_query"] == 'ti:"Nocturnal Owls" OR ti:"Field Mice"'
    assert server.violations(0) == []


def test_the_old_form_of_feeds_is_read_too(server: ArxivServer, api: Callable[[str], ArxivApi]) -> None:
    server.stop()
    with ArxivServer(server.desk.corpus, old_form=True) as old:
        page = api(old.url).lookup([OWLS.arxiv_id, MICE.arxiv_id])
        assert {record.arxiv_id: record for record in page.records} == {each.arxiv_id: each for each in (OWLS, MICE)}


def test_ids_and_versions_are_looked_up_in_one_request(server: ArxivServer, api: Callable[[str], ArxivApi]) -> None:
    page = api(server.url).lookup(["2101.00001v1", "2101.00001", "hep-th/9901001", "2101.99999"])
    assert {(each.arxiv_id, each.version, each.title) for each in page.records} == {
        ("2101.00001", 1, "Owls"),
        ("2101.00001", 2, OWLS.title),
        ("hep-th/9901001", 1, MICE.title),
    }
    (request,) = server.requests
    assert request.params["max_results"] == "4"


def test_only_one_page_is_asked_for(canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    canned.body = feed(*[ENTRY.replace("00001", f"{number:05}") for number in range(1, 51)], total=51).encode()
    page = get(api(canned.url))
    assert (len(page.records), page.total) == (50, 51)
    assert len(canned.asked) == 1


def test_what_is_missing_is_not_known_and_the_current_version_is_told(
    canned: Canned, api: Callable[[str], ArxivApi]
) -> None:
    canned.body = feed(ENTRY).encode()
    assert get(api(canned.url)).records == (
        ArxivRecord(
            arxiv_id="2101.00001",
            title="Owls at Night",
            submitted=PartialDate(2021, 1, 4),
            updated=PartialDate(2022, 3, 5),
            version=3,
        ),
    )


def test_the_primary_category_comes_first(canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    listed = '<category term="cs.LG"/><category term="stat.ML"/>'
    primary = '<a:primary_category xmlns:a="http://arxiv.org/schemas/atom" term="stat.ML"/>'
    canned.body = feed(ENTRY.replace("</entry>", f"{listed}{primary}</entry>")).encode()
    assert get(api(canned.url)).records[0].categories == ("stat.ML", "cs.LG")


RECORDED = {
    "0000.0000": {},
    "0808.05394": {},
    "2104.12255v1": {"2104.12255": ("0", 1, "2021-04-20", "2021-04-20", "cs.CR", "", "", "")},
    "1707.08567": {
        "1707.08567": (
            "Proceedings of Workshop AEW10: Concepts in Information Theory and Communications",
            1,
            "2017-07-27",
            "2017-07-27",
            "cs.IT",
            "44 pages, editors for the proceedings: Yanling Chen and A. J. Han Vinck",
            "",
            "",
        )
    },
}


def recorded(shared: Path, part: str) -> tuple[int, str]:
    (path,) = (shared / "fixtures/arxiv_api").glob(f"*_{part}_s0_*.json")
    row = json.loads(path.read_text(encoding="utf-8"))
    return row["status_code"], row["body"]


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers_become_records(
    shared: Path, canned: Canned, api: Callable[[str], ArxivApi], name: str
) -> None:
    canned.status, body = recorded(shared, f"id_{name}")
    canned.body = body.encode()
    found = {
        each.arxiv_id: (
            each.title,
            each.version,
            str(each.submitted),
            str(each.updated),
            " ".join(each.categories),
            each.comments,
            each.journal_ref,
            each.doi,
        )
        for each in api(canned.url).lookup([name]).records
    }
    assert found == RECORDED[name]


def test_a_recorded_record_is_read_in_full(shared: Path, canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    status, body = recorded(shared, "id_astro-ph_0601001")
    canned.status, canned.body = status, body.encode()
    (record,) = api(canned.url).lookup(["astro-ph/0601001"]).records
    assert record.arxiv_id == "astro-ph/0601001"
    assert len(record.authors) == body.count("<author>")
    assert record.categories[0] == "astro-ph"
    assert len(record.abstract) > 100
    assert f">{record.title}<" in body
    assert f">{record.journal_ref}<" in body
    assert record.comments


def test_all_recorded_pages_of_a_search_are_read_whole(
    shared: Path, canned: Canned, api: Callable[[str], ArxivApi]
) -> None:
    client = api(canned.url)
    pages = sorted((shared / "fixtures/arxiv_api").glob("*_q_testing_*.json"))
    assert len(pages) == 10
    for path in pages:
        body = json.loads(path.read_text(encoding="utf-8"))["body"]
        canned.body = body.encode()
        page = client.search("testing", size=body.count("<entry>"), divisible=False)
        ids = re.findall(r"<id>http://arxiv.org/abs/(.*?)v(\d+)</id>", body)
        assert [(each.arxiv_id, str(each.version)) for each in page.records] == ids
        primary = re.findall(r'primary_category term="(.*?)"', body)
        assert [each.categories[0] for each in page.records] == primary
        dates = re.findall(r"<published>(.{10})", body)
        assert [str(each.submitted) for each in page.records] == dates
        assert sum(bool(each.doi) for each in page.records) == body.count("<arxiv:doi>")
        assert sum(bool(each.journal_ref) for each in page.records) == body.count("<arxiv:journal_ref>")
        assert sum(bool(each.comments) for each in page.records) == body.count("<arxiv:comment>")
        assert all(each.authors and each.title and each.abstract for each in page.records)
        assert page.total > 50


def test_a_recorded_refusal_is_told_in_arxiv_s_words(
    shared: Path, canned: Canned, api: Callable[[str], ArxivApi]
) -> None:
    status, body = recorded(shared, "id_abc")
    for canned.status in (status, 200):
        canned.body = body.encode()
        with pytest.raises(RefusedError, match=r"^incorrect id format for abc$"):
            api(canned.url).lookup(["abc"])
    assert len(canned.asked) == 2


def test_a_refusal_of_the_stand_in_is_told_in_its_words(server: ArxivServer, api: Callable[[str], ArxivApi]) -> None:
    with pytest.raises(RefusedError, match=r"^Invalid query string: 'ti:\"owls\" AND'$"):
        api(server.url).search('ti:"owls" AND', size=50, divisible=True)
    assert len(server.requests) == 1


def test_a_refusal_without_a_reason_is_one_too(canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    canned.status, canned.body = 400, b"<html>Bad Request</html>"
    with pytest.raises(RefusedError, match="it does not say why"):
        get(api(canned.url))


@pytest.mark.parametrize("status", [405, 413, 414])
@pytest.mark.parametrize("divisible", [False, True])
def test_what_is_too_long_comes_back_at_once(
    canned: Canned, api: Callable[[str], ArxivApi], status: int, *, divisible: bool
) -> None:
    canned.status = status
    with pytest.raises(TooLargeError, match=f"status {status}"):
        get(api(canned.url), divisible=divisible)
    assert len(canned.asked) == 1


def test_a_server_that_breaks_is_an_outage_unless_halves_may_do(canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    canned.status = 500
    with pytest.raises(TooLargeError, match="status 500"):
        get(api(canned.url), divisible=True)
    assert len(canned.asked) == 1
    with pytest.raises(SourceUnavailable, match="500"):
        get(api(canned.url), divisible=False)
    assert len(canned.asked) == 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "it gave an empty answer"),
        ("  \n", "it gave an empty answer"),
        ("Rate exceeded.", "it gave “Rate exceeded.” instead of records"),
        ("<!DOCTYPE html>\n<html><body>Soon</body></html>", "it gave a web page instead of records"),
        ("<html><body/></html>", "it gave a web page instead of records"),
        ("<html><br></html>", "it gave a web page instead of records"),
        (feed(ENTRY)[:-30], "it gave an answer that was cut off"),
        (feed()[:20], "it gave an answer that was cut off"),
        ('{"error": "soon"}', 'it gave “{"error": "soon"}” instead of records'),
        (feed(total=7), "it gave an empty page although it has 7 records"),
        (feed(ENTRY, total="many"), "it gave a feed that does not say how many records there are"),
        (f"{_OPEN}</feed>", "it gave a feed that does not say how many records there are"),
        ("\ud800".encode("utf-16", "surrogatepass").decode("latin-1"), "it gave “"),
        (feed(ENTRY), ""),
        (feed(total=0), ""),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_seen_and_named(
    canned: Canned, api: Callable[[str], ArxivApi], body: str, reason: str
) -> None:
    canned.body = body.encode()
    told = unfit(requests.get(canned.url, timeout=5))
    assert told.startswith(reason)
    assert bool(told) is bool(reason)
    if reason:
        with pytest.raises(SourceUnavailable, match=re.escape(reason)):
            get(api(canned.url))
    else:
        assert get(api(canned.url)).total in {0, 1}


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY.replace("2021-01-04T00:00:00Z", "in January"),
        ENTRY.replace("2022-03-05T23:59:59Z", "2022-02-31T00:00:00Z"),
        ENTRY.replace("2101.00001v3", "owls"),
        ENTRY.replace("<published>2021-01-04T00:00:00Z</published>", ""),
        ENTRY.replace("<id>http://arxiv.org/abs/2101.00001v3</id>", ""),
    ],
)
def test_a_record_that_cannot_be_read_is_an_error_and_never_left_out(
    canned: Canned, api: Callable[[str], ArxivApi], entry: str
) -> None:
    canned.body = feed(ENTRY, entry, total=2).encode()
    with pytest.raises(BadResponse, match="report this to the authors of refkit"):
        get(api(canned.url))
    assert len(canned.asked) == 1


def test_a_page_that_came_short_is_taken_as_it_is(canned: Canned, api: Callable[[str], ArxivApi]) -> None:
    canned.body = feed(ENTRY, total=9).encode()
    page = get(api(canned.url))
    assert (len(page.records), page.total) == (1, 9)
    assert len(canned.asked) == 1


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in {"414", "429-retry-after", "nothing"}])
def test_an_outage_is_never_an_empty_answer(server: ArxivServer, api: Callable[[str], ArxivApi], fault: str) -> None:
    server.faults = every(1, fault)
    client = api(server.url)
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            client.search('ti:"owls"', size=50, divisible=False)
    assert len(server.requests) == 4


def test_entities_and_other_files_are_not_read(canned: Canned, api: Callable[[str], ArxivApi], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush", encoding="ascii")
    text = feed(ENTRY.replace("Owls", "&x;")).replace(
        "?>", f'?><!DOCTYPE feed [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    )
    canned.body = text.encode()
    assert "hush" not in "".join(each.title for each in get(api(canned.url)).records)
