"""A stand-in for arXiv's OAI-PMH service on this machine: its lists, its tokens, its errors and its bad days.

    with OaiServer(records, page_size=100, faults=script({3: "503-retry-0"})) as server:
        ...  # harvest server.url
    assert server.violations(3.0) == []

What it copies is arXiv's public code and recorded answers, in the format `arXiv` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from refkit.metadata.snapshot import SnapshotLine
from refkit.testing.arxiv_faults import instead, sent
from refkit.testing.arxiv_recorder import ArxivRequest, ArxivStandIn
from refkit.testing.fault_rules import Faults
from refkit.testing.listening import HOST, Handler, utc_now
from refkit.testing.oai_desk import Answer, OaiDesk, Refusal

PATH = "/oai"
_XML = "text/xml; charset=utf-8"


class OaiServer(ArxivStandIn):
    """A server on 127.0.0.1 for the time of a `with` block, or from `start` to `stop`.

    `records` are lines of the metadata snapshot; `update_date` is the day by which they are listed, and those of days
    to come are not. `records` may be set anew while it runs. `faults` names the fault of each request by its number
    from 1 (see `oai_faults`); "hang" ends after `hang` seconds in a reset. `now` is the clock by which tokens end and
    answers are dated, `seen` is told of each request. A stopped server may be started again; it keeps its port.
    """

    def __init__(
        self,
        records: Iterable[SnapshotLine],
        *,
        port: int = 0,
        page_size: int = 2500,
        faults: Faults | None = None,
        hang: float = 5.0,
        now: Callable[[], datetime] = utc_now,
        seen: Callable[[ArxivRequest], object] = lambda _: None,
    ) -> None:
        self.desk = OaiDesk(records, page_size=page_size, now=now)
        self.hang = hang
        super().__init__(port, _Handler, path=PATH, faults=faults, seen=seen)

    @property
    def records(self) -> tuple[SnapshotLine, ...]:
        """What it has, in the order in which it lists them."""
        return self.desk.records

    @records.setter
    def records(self, records: Iterable[SnapshotLine]) -> None:
        self.desk.records = records


class _Handler(Handler):
    """One connection, which may carry several requests."""

    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        self._number, self._started = self.server.owner.recorder.arrive()
        return super().parse_request()

    def do_GET(self) -> None:  # noqa: N802 - the name is the library's
        self._reply(urlsplit(self.path).query, 0)

    def do_POST(self) -> None:  # noqa: N802 - the name is the library's
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._reply(form.decode("utf-8", "replace"), len(form))

    def _reply(self, query: str, size: int) -> None:
        owner: OaiServer = self.server.owner
        fault = owner.faults(self._number)
        pairs = parse_qsl(query, keep_blank_values=True)
        parameters = dict(reversed(pairs))
        answer = self._answer(parameters, fault, repeated=len(parameters) < len(pairs))
        replaced = instead(fault, self._address())
        status = replaced.status if replaced else 200
        if urlsplit(self.path).path != PATH:
            status, answer = 404, Answer(b"Not Found\n")
        if fault == "hang":
            owner.stopping.wait(owner.hang)
        if fault in {"hang", "reset"}:
            self._record(answer, 0, fault, parameters, size)
            self.reset()
            return
        self._record(answer, status, fault, parameters, size)
        self._send(status, replaced.headers if replaced else {}, replaced.body if replaced else answer.body, fault)

    def _address(self) -> str:
        return f"http://{self.headers.get('Host', HOST)}{PATH}"

    def _answer(self, parameters: dict[str, str], fault: str, *, repeated: bool) -> Answer:
        desk: OaiDesk = self.server.owner.desk
        if fault == "expired" and "resumptionToken" in parameters:
            return desk.refuse(Refusal("badResumptionToken", "Token has expired.", parameters), self._address())
        if fault == "empty":
            return desk.refuse(Refusal("noRecordsMatch", "", parameters), self._address())
        return desk.answer(parameters, base=self._address(), repeated=repeated)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, fault: str) -> None:
        part, length = sent(fault, body)
        self.send_response(status)
        kind = _XML if status == 200 and fault != "html" else "text/html; charset=utf-8"  # noqa: PLR2004 - as HTTP has it
        for name, value in {"Content-Type": kind, **headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        if length != len(part):
            self.send_header("Connection", "close")  # also ends the loop over requests
        self.end_headers()
        self.wfile.write(part)

    def _record(self, answer: Answer, status: int, fault: str, parameters: dict[str, str], size: int) -> None:
        owner: OaiServer = self.server.owner
        request = ArxivRequest(
            number=self._number,
            method=self.command,
            path=self.path,
            params=parameters,
            size=len(self.raw_requestline.rstrip(b"\r\n")) + size,
            user_agent=self.headers.get("User-Agent", ""),
            accept=self.headers.get("Accept", ""),
            started=self._started,
            ended=owner.recorder.now(),
            status=status,
            fault=fault,
            total=answer.total,
            returned=answer.returned,
        )
        owner.recorder.add(request)
        owner.seen(request)
