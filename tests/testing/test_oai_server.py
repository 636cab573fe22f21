from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import msgspec
import pytest
from lxml import etree

from refkit.metadata.snapshot import SnapshotLine
from refkit.testing import OAI_FAULTS, OaiServer
from refkit.testing.oai_faults import every, script

OAI = "{http://www.openarchives.org/OAI/2.0/}"
ARXIV = "{http://arxiv.org/OAI/arXiv/}"
HEADERS = {"User-Agent": "test/1", "Accept": "*/*"}
LIST = {"verb": "ListRecords", "metadataPrefix": "arXiv"}
NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
BAD_ARGUMENT = (
    "The request includes illegal arguments, is missing required arguments, includes a repeated argument, or values "
    "for arguments have an illegal syntax."
)

OWLS = SnapshotLine(
    id="0704.0001",
    title="Owls & Others",
    authors_parsed=[["Strix", "Ada", "Jr."], ["Tyto", "", ""]],
    abstract="They hear.",
    categories="cs.RO astro-ph.CO hep-th physics.optics math-ph",
    journal_ref="J. Owls 7",
    submitted="2007-04-02",
    update_date="2008-11-26",
)
PAPERS = [OWLS] + [
    SnapshotLine(id=f"2001.{number:05}", title=f"Mice {number}", categories="cs.LG", update_date=f"2020-01-0{day}")
    for number, day in enumerate([1, 1, 1, 2, 3, 3, 3, 3, 3], start=1)
]


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def root(self) -> Any:
        return etree.fromstring(self.body)

    @property
    def ids(self) -> list[str]:
        return [each.text.removeprefix("oai:arXiv.org:") for each in self.root.iter(f"{OAI}identifier")]

    @property
    def token(self) -> str | None:
        """The token; "" if it is empty, None if there is none."""
        element = self.root.find(f".//{OAI}resumptionToken")
        return None if element is None else element.text or ""

    @property
    def error(self) -> tuple[str, str]:
        element = self.root.find(f"{OAI}error")
        return element.get("code"), element.text

    @property
    def asked(self) -> dict[str, str]:
        return dict(self.root.find(f"{OAI}request").attrib)


def ask(server: OaiServer, query: Mapping[str, Any] | str, *, form: bool = False, path: str = "/oai") -> Answer:
    text = query if isinstance(query, str) else urlencode(query)
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        if form:
            connection.request("POST", path, text, {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"})
        else:
            connection.request("GET", f"{path}?{text}", headers=HEADERS)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., OaiServer]]:
    with ExitStack() as stack:

        def make(**options: Any) -> OaiServer:
            return stack.enter_context(OaiServer(PAPERS, **{"now": lambda: NOW, **options}))

        yield make


@pytest.fixture
def server(serve: Callable[..., OaiServer]) -> OaiServer:
    return serve(page_size=3)


def pages(server: OaiServer, query: Mapping[str, Any]) -> Iterator[Answer]:
    answer = ask(server, query)
    yield answer
    while answer.token:
        answer = ask(server, {"verb": query["verb"], "resumptionToken": answer.token})
        yield answer


def test_a_list_is_an_answer_in_the_form_of_arxiv_s(server: OaiServer) -> None:
    answer = ask(server, {**LIST, "from": "2008-11-26", "until": "2008-11-26"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.asked == {**LIST, "from": "2008-11-26", "until": "2008-11-26"}
    assert answer.root.findtext(f"{OAI}request") == server.url
    assert answer.root.findtext(f"{OAI}responseDate") == "2026-11-26T12:30:00Z"
    header = answer.root.find(f"{OAI}ListRecords/{OAI}record/{OAI}header")
    assert [each.text for each in header] == [
        "oai:arXiv.org:0704.0001",
        "2008-11-26",
        *["cs:cs:RO", "physics:astro-ph:CO", "physics:hep-th", "physics:physics:optics", "physics:math-ph"],
    ]
    fields = answer.root.find(f".//{ARXIV}arXiv")
    names = [each.tag.removeprefix(ARXIV) for each in fields]
    assert names == ["id", "created", "authors", "title", "categories", "journal-ref", "abstract"]
    assert fields.findtext(f"{ARXIV}title") == "Owls & Others"
    assert [[part.text for part in author] for author in fields.find(f"{ARXIV}authors")] == [
        ["Strix", "Ada", "Jr."],
        ["Tyto"],
    ]
    assert answer.token is None


def test_pages_go_on_by_tokens_to_the_last_record(server: OaiServer) -> None:
    answers = list(pages(server, LIST))
    assert [answer.ids for answer in answers] == [
        ["0704.0001", "2001.00001", "2001.00002"],
        ["2001.00003", "2001.00004", "2001.00005"],
        ["2001.00006", "2001.00007", "2001.00008"],
        ["2001.00009"],
    ]
    assert [bool(answer.token) for answer in answers] == [True, True, True, False]
    assert answers[-1].token == ""
    assert [each.returned for each in server.requests] == [3, 3, 3, 1]
    assert answers[1].asked == {**LIST, "from": "2020-01-01", "resumptionToken": answers[0].token}


def test_a_token_is_the_parameters_from_the_last_day_on_and_a_number_to_skip(server: OaiServer) -> None:
    answers = list(pages(server, {**LIST, "until": "2020-01-05"}))
    read = [parse_qs(unquote(answer.token or "")) for answer in answers]
    common = {"verb": ["ListRecords"], "metadataPrefix": ["arXiv"], "until": ["2020-01-05"]}
    assert read == [
        {**common, "from": ["2020-01-01"], "skip": ["2"]},
        {**common, "from": ["2020-01-03"], "skip": ["1"]},
        {**common, "from": ["2020-01-03"], "skip": ["4"]},
        {},
    ]
    assert not set(answers[0].token or "") & set("=&:?/ +")
    token = answers[0].root.find(f".//{OAI}resumptionToken")
    assert dict(token.attrib) == {"expirationDate": "2026-11-27T00:00:00Z"}


def test_a_token_may_be_sent_decoded(server: OaiServer) -> None:
    token = unquote(ask(server, LIST).token or "")
    assert ask(server, {"verb": "ListRecords", "resumptionToken": token}).ids[0] == "2001.00003"


def test_a_token_ends_at_midnight(serve: Callable[..., OaiServer]) -> None:
    now = [NOW]
    server = serve(page_size=3, now=lambda: now[0])
    query = {"verb": "ListRecords", "resumptionToken": ask(server, LIST).token}
    now[0] = NOW.replace(hour=23, minute=59)
    assert ask(server, query).ids
    now[0] += timedelta(minutes=1)
    text = "The value of the resumptionToken argument is invalid or expired. Reason: Token has expired."
    assert ask(server, query).error == ("badResumptionToken", text)


def test_records_changed_meanwhile_come_at_the_end(server: OaiServer) -> None:
    answers = pages(server, LIST)
    seen = next(answers).ids
    server.records = [msgspec.structs.replace(OWLS, update_date="2026-11-26"), *PAPERS[1:]]
    for answer in answers:
        seen += answer.ids
    assert seen == [each.id for each in PAPERS] + [OWLS.id]


def test_pages_have_2500_records_and_20000_identifiers() -> None:
    many = [SnapshotLine(id=f"2001.{number:05}", title="t", update_date="2020-01-01") for number in range(20_001)]
    with OaiServer(many) as server:
        assert len(ask(server, LIST).ids) == 2500
        answer = ask(server, {**LIST, "verb": "ListIdentifiers"})
        assert (len(answer.ids), bool(answer.token)) == (20_000, True)


def test_identifiers_are_headers_alone(server: OaiServer) -> None:
    answer = ask(server, {**LIST, "verb": "ListIdentifiers"})
    assert [each.tag for each in answer.root.find(f"{OAI}ListIdentifiers")] == [f"{OAI}header"] * 10
    token = ask(server, LIST).token
    assert ask(server, {"verb": "ListIdentifiers", "resumptionToken": token}).error[1].endswith("different verb")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"from": "2020-01-02"}, range(4, 10)),
        ({"until": "2020-01-02"}, range(5)),
        ({"from": "2020-01-01", "until": "2020-01-01"}, range(1, 4)),
        ({"set": "physics:hep-th"}, range(1)),
        ({"set": "physics"}, range(1)),
        ({"set": "cs"}, range(10)),
        ({"set": "cs:cs:LG", "from": "2020-01-03"}, range(5, 10)),
    ],
)
def test_lists_are_selected_by_day_and_set(
    serve: Callable[..., OaiServer], query: Mapping[str, str], ids: range
) -> None:
    assert ask(serve(), {**LIST, **query}).ids == [PAPERS[number].id for number in ids]


def test_records_of_days_to_come_are_not_listed(serve: Callable[..., OaiServer]) -> None:
    server = serve(now=lambda: datetime(2020, 1, 2, 12, tzinfo=UTC))
    assert len(ask(server, LIST).ids) == 5


@pytest.mark.parametrize(
    ("query", "code", "reason"),
    [
        ({}, "badVerb", "Invalid verb provided"),
        ({"verb": "listrecords"}, "badVerb", "Invalid verb provided"),
        ({"verb": "ListRecords"}, "badArgument", "metadataPrefix required."),
        ({**LIST, "colour": "green"}, "badArgument", "Unallowed parameter."),
        ({**LIST, "resumptionToken": "x"}, "badArgument", "No other parameters allowed with resumptionToken"),
        ({**LIST, "from": "2020"}, "badArgument", "from date format must be YYYY-MM-DD"),
        ({**LIST, "from": "20200101"}, "badArgument", "from date format must be YYYY-MM-DD"),
        ({**LIST, "until": "2020-02-30"}, "badArgument", "until date format must be YYYY-MM-DD"),
        ({**LIST, "from": "2005-09-15"}, "badArgument", "start date too early"),
        ({**LIST, "from": "2026-11-27"}, "badArgument", "until date must be greater than or equal to from date"),
        ({**LIST, "until": "2026-11-28"}, "badArgument", "until date too late"),
        ({**LIST, "metadataPrefix": "marc"}, "cannotDisseminateFormat", "Did not recognize requested format"),
        ({**LIST, "from": "2021-01-01"}, "noRecordsMatch", ""),
        ({**LIST, "set": "math"}, "noRecordsMatch", ""),
        ({"verb": "Identify", "set": "cs"}, "badArgument", "No other parameters allowed"),
        (
            {"verb": "ListRecords", "resumptionToken": "x"},
            "badResumptionToken",
            "Token decoding failed or format is invalid.",
        ),
        (
            {"verb": "ListRecords", "resumptionToken": "verb%3DListRecords%26metadataPrefix%3DarXiv%26skip%3D7"},
            "badResumptionToken",
            "Token has expired.",
        ),
        ({"verb": "GetRecord", "identifier": "x"}, "badArgument", "Parameters provided did not match expected."),
        (
            {"verb": "GetRecord", "identifier": "oai:arXiv.org:9999.99999", "metadataPrefix": "arXiv"},
            "idDoesNotExist",
            "Nothing found for this ID",
        ),
    ],
)
def test_errors_have_status_200_a_code_and_a_reason(
    server: OaiServer, query: Mapping[str, str], code: str, reason: str
) -> None:
    answer = ask(server, query)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.error[0] == code
    assert answer.error[1].partition(" Reason: ")[2] == reason
    assert len(answer.error[1].partition(" Reason: ")[0]) > 40


def test_a_parameter_that_comes_twice_is_an_error(server: OaiServer) -> None:
    answer = ask(server, f"{urlencode(LIST)}&from=2020-01-01&from=2020-01-02")
    assert answer.error == ("badArgument", f"{BAD_ARGUMENT} Reason: Duplicate parameters not allowed")
    assert answer.asked == {}


def test_a_form_is_read_like_an_address(server: OaiServer) -> None:
    assert ask(server, LIST, form=True).ids == ask(server, LIST).ids
    assert [each.method for each in server.requests] == ["POST", "GET"]


def test_one_record(server: OaiServer) -> None:
    answer = ask(server, {"verb": "GetRecord", "identifier": "oai:arXiv.org:2001.00004", "metadataPrefix": "arXiv"})
    assert answer.ids == ["2001.00004"]
    assert answer.root.find(f"{OAI}GetRecord") is not None


def test_what_the_service_says_of_itself(server: OaiServer) -> None:
    identity = {each.tag.removeprefix(OAI): each.text for each in ask(server, {"verb": "Identify"}).root[2]}
    assert identity["earliestDatestamp"] == "2005-09-16"
    assert identity["granularity"] == "YYYY-MM-DD"
    assert identity["baseURL"] == server.url
    formats = ask(server, {"verb": "ListMetadataFormats"}).root.findall(f".//{OAI}metadataPrefix")
    assert [each.text for each in formats] == ["arXiv"]
    sets = [each.text for each in ask(server, {"verb": "ListSets"}).root.iter(f"{OAI}setSpec")]
    assert {"cs", "cs:cs", "cs:cs:LG", "physics", "physics:hep-th", "physics:astro-ph:CO"} <= set(sets)


def test_other_paths_are_not_there(server: OaiServer) -> None:
    assert ask(server, LIST, path="/oai2").status == 404


@pytest.mark.parametrize(
    ("fault", "status", "wait", "body"),
    [
        ("503", 503, None, b"first byte timeout"),
        ("503-retry-0", 503, "0", b"first byte timeout"),
        ("429", 429, None, b"Rate exceeded."),
        ("429-retry-after", 429, "1", b"Rate exceeded."),
        ("500", 500, None, b"<html>"),
        ("html", 200, None, b"<html>"),
    ],
)
def test_faults_that_are_answers(
    serve: Callable[..., OaiServer], fault: str, status: int, wait: str | None, body: bytes
) -> None:
    server = serve(faults=script({1: fault}))
    answer = ask(server, LIST)
    assert (answer.status, answer.headers.get("Retry-After")) == (status, wait)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert body in answer.body
    assert len(ask(server, LIST).ids) == 10
    assert [(each.status, each.fault) for each in server.requests] == [(status, fault), (200, "")]


def test_an_answer_may_be_cut(serve: Callable[..., OaiServer]) -> None:
    server = serve(faults=script({1: "truncated", 2: "cut-short"}))
    with pytest.raises(etree.XMLSyntaxError):
        _ = ask(server, LIST).root
    with pytest.raises(http.client.IncompleteRead):
        ask(server, LIST)


@pytest.mark.parametrize("fault", ["reset", "hang"])
def test_a_connection_may_break(serve: Callable[..., OaiServer], fault: str) -> None:
    server = serve(faults=script({1: fault}), hang=0.05)
    with pytest.raises(ConnectionResetError):
        ask(server, LIST)
    assert [each.status for each in server.requests] == [0]


def test_stopping_ends_a_hang() -> None:
    with OaiServer(PAPERS, faults=script({1: "hang"}), hang=60) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", "/oai?verb=Identify")
    connection.close()


def test_faults_within_the_protocol(serve: Callable[..., OaiServer]) -> None:
    server = serve(page_size=3, faults=script({1: "expired", 2: "expired", 3: "empty"}))
    token = ask(server, LIST).token  # a request without a token has none that could expire
    assert token
    assert ask(server, {"verb": "ListRecords", "resumptionToken": token}).error[0] == "badResumptionToken"
    assert ask(server, LIST).error[0] == "noRecordsMatch"
    assert ask(server, {"verb": "ListRecords", "resumptionToken": token}).ids[0] == "2001.00003"


def test_faults_come_by_number_or_by_script() -> None:
    assert [every(2)(number) for number in range(1, 7)] == ["", OAI_FAULTS[0], "", OAI_FAULTS[1], "", OAI_FAULTS[2]]
    assert [every(1, "html", "reset")(number) for number in (1, 2, 3)] == ["html", "reset", "html"]
    with pytest.raises(ValueError, match="no fault named 'fire'"):
        script({1: "fire"})
    with pytest.raises(ValueError, match="each 0-th request"):
        every(0)


def test_impolite_requests_are_told(server: OaiServer) -> None:
    ask(server, LIST)
    ask(server, LIST)
    assert len(server.violations(3.0)) == 1
    assert server.violations(0.0) == []
    server.clear()
    assert server.requests == []


def test_a_server_that_is_started_again_keeps_its_port() -> None:
    server = OaiServer(PAPERS)
    with pytest.raises(RuntimeError, match="no address before it is started"):
        _ = server.url
    with server:
        url = server.url
    with server:
        assert server.url == url
        assert len(ask(server, LIST).ids) == 10
    server.stop()
