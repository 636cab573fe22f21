"""Stand-ins on this machine for the services that know published versions, with their limits, errors and bad days.

    with CrossrefServer([KnownPaper(published=...)], faults=script({2: "429"})) as server:
        ...  # REFKIT_CROSSREF_URL is server.url

What they copy stands in the services' documentation and recorded answers (specs/arxiv.md 4).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from typing import ClassVar, Protocol
from urllib.parse import parse_qsl, urlsplit

import msgspec

from refkit.testing.crossref_desk import CrossrefDesk
from refkit.testing.dblp_desk import DblpDesk
from refkit.testing.fault_rules import FaultRules, Faults
from refkit.testing.listening import Handler, StandIn
from refkit.testing.openalex_desk import OpenAlexDesk
from refkit.testing.recording import Records
from refkit.testing.semantic_scholar_desk import SemanticScholarDesk
from refkit.testing.service_answer import Answer, Question
from refkit.testing.service_papers import KnownPaper

_HTML = b"<!DOCTYPE html>\n<html><head><title>Service Unavailable</title></head><body>Back soon.</body></html>\n"
_INSTEAD = {
    "429": Answer(429, b'{"message": "Too Many Requests", "code": "429"}'),
    "429-retry-after": Answer(429, b'{"message": "Too Many Requests"}', headers={"Retry-After": "2"}),
    "503": Answer(503, _HTML, kind="text/html"),
    "500": Answer(500, _HTML, kind="text/html"),
    "html": Answer(200, _HTML, kind="text/html"),
    "wrong-json": Answer(200, b'{"unexpected": [1, 2, 3]}'),
}
# "truncated" cuts the JSON, "cut-short" the connection; "slow" answers after `slow` seconds.
SERVICE_FAULTS: tuple[str, ...] = (*_INSTEAD, "truncated", "cut-short", "reset", "slow")

_rules = FaultRules(SERVICE_FAULTS)
every, script = _rules.every, _rules.script


class ServiceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer; `started` and `ended` are of the clock `time.monotonic`."""

    number: int
    method: str
    path: str
    parameters: dict[str, str]
    body: bytes
    headers: dict[str, str]
    started: float
    ended: float
    status: int
    fault: str


class Desk(Protocol):
    """Answers a question as one service does."""

    def answer(self, question: Question) -> Answer:
        """Return the answer to any question."""


class ServiceServer(StandIn):
    """One service on 127.0.0.1, for the time of a `with` block, or from `start` to `stop`.

    `faults` names the fault of each request by its number from 1; the fault "slow" takes `slow` seconds.
    """

    path: ClassVar[str] = ""

    def __init__(self, desk: Desk, *, port: int = 0, faults: Faults | None = None, slow: float = 1.0) -> None:
        self.desk = desk
        self.faults = faults or (lambda _: "")
        self.slow = slow
        self.records: Records[ServiceRequest] = Records()
        self._lock = threading.Lock()
        self._count = 0
        super().__init__(port, _Handler, path=self.path)

    @property
    def requests(self) -> list[ServiceRequest]:
        """The requests answered so far, in order of arrival."""
        return self.records.requests

    def arrive(self) -> int:
        """Return the number of a new request."""
        with self._lock:
            self._count += 1
            return self._count


class CrossrefServer(ServiceServer):
    """Crossref: `limit` requests in `interval` ("1s") are what its headers allow."""

    def __init__(
        self,
        papers: Iterable[KnownPaper],
        *,
        limit: str = "5",
        interval: str = "1s",
        port: int = 0,
        faults: Faults | None = None,
        slow: float = 1.0,
    ) -> None:
        super().__init__(CrossrefDesk(papers, limit=limit, interval=interval), port=port, faults=faults, slow=slow)


class OpenAlexServer(ServiceServer):
    """OpenAlex: with a `key`, another one is refused; `budget` is how many searches it answers without one."""

    def __init__(
        self,
        papers: Iterable[KnownPaper],
        *,
        key: str = "",
        budget: int = 10,
        port: int = 0,
        faults: Faults | None = None,
        slow: float = 1.0,
    ) -> None:
        super().__init__(OpenAlexDesk(papers, key=key, budget=budget), port=port, faults=faults, slow=slow)


class SemanticScholarServer(ServiceServer):
    """Semantic Scholar: with a `key`, another one is refused."""

    path = "/graph/v1"

    def __init__(
        self,
        papers: Iterable[KnownPaper],
        *,
        key: str = "",
        port: int = 0,
        faults: Faults | None = None,
        slow: float = 1.0,
    ) -> None:
        super().__init__(SemanticScholarDesk(papers, key=key), port=port, faults=faults, slow=slow)


class DblpServer(ServiceServer):
    """DBLP."""

    def __init__(
        self, papers: Iterable[KnownPaper], *, port: int = 0, faults: Faults | None = None, slow: float = 1.0
    ) -> None:
        super().__init__(DblpDesk(papers), port=port, faults=faults, slow=slow)


class _Handler(Handler):
    """One connection, which may carry several requests."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 - the name is the library's
        owner: ServiceServer = self.server.owner
        number, started = owner.arrive(), time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = owner.faults(number)
        if fault == "slow":
            owner.stopping.wait(owner.slow)
        question = self._question(body)
        answer = _INSTEAD.get(fault) or owner.desk.answer(question)
        owner.records.add(
            ServiceRequest(
                number=number,
                method=self.command,
                path=question.path,
                parameters=dict(question.parameters),
                body=body,
                headers=dict(self.headers),
                started=started,
                ended=time.monotonic(),
                status=0 if fault == "reset" else answer.status,
                fault=fault,
            )
        )
        if fault == "reset":
            self.reset()
        else:
            self._send(answer, fault)

    do_POST = do_GET  # noqa: N815 - the name is the library's

    def _question(self, body: bytes) -> Question:
        owner: ServiceServer = self.server.owner
        parts = urlsplit(self.path)
        try:
            form = json.loads(body) if body else None
        except ValueError:
            form = None
        headers: Mapping[str, str] = {name.casefold(): value for name, value in self.headers.items()}
        return Question(
            method=self.command,
            path=parts.path.removeprefix(owner.path),
            parameters=dict(parse_qsl(parts.query, keep_blank_values=True)),
            body=form,
            headers=headers,
        )

    def _send(self, answer: Answer, fault: str) -> None:
        whole = answer.body
        part = whole[: len(whole) * 3 // 5] if fault in {"truncated", "cut-short"} else whole
        length = len(part) if fault == "truncated" else len(whole)
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, **answer.headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        if length != len(part):
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(part)
