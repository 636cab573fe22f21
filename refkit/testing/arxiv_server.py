"""A stand-in for arXiv's query service on this machine: its language, its feeds, its errors and its bad days.

    corpus = ArxivCorpus.from_files("snapshot.jsonl.gz")
    with ArxivServer(corpus, faults=every(7)) as server:
        ...  # ask server.url
    assert server.violations(3.0) == []

What it copies is arXiv's public search code and recorded answers; `legacy_and` and `old_form` bring back what its
programs did until December and November 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email import message_from_bytes
from urllib.parse import parse_qsl, urlsplit

from refkit.testing.arxiv_answer import Answer, Desk, Refusal
from refkit.testing.arxiv_corpus import ArxivCorpus
from refkit.testing.arxiv_faults import distorted, instead, sent
from refkit.testing.arxiv_recorder import ArxivRequest, ArxivStandIn
from refkit.testing.fault_rules import Faults
from refkit.testing.listening import HOST, Handler, utc_now

PATH = "/api/query"
_FORM = "application/x-www-form-urlencoded"


class ArxivServer(ArxivStandIn):
    """A server on 127.0.0.1 for the time of a `with` block, or from `start` to `stop`.

    `faults` names the fault of each request by its number from 1 (see `every` and `script`); `stall` is how many
    seconds the fault "429-stalled" takes. A request line longer than `url_limit` bytes gets 414. With `strict_accept` a
    request without an Accept header gets 406. `seed` shuffles what is asked for by identifier. `now` dates the feeds,
    `seen` is told of each request. A stopped server may be started again; it keeps its port.
    """

    def __init__(
        self,
        corpus: ArxivCorpus,
        *,
        port: int = 0,
        faults: Faults | None = None,
        legacy_and: bool = False,
        old_form: bool = False,
        url_limit: int = 8190,
        seed: int = 0,
        stall: float = 0.0,
        strict_accept: bool = False,
        now: Callable[[], datetime] = utc_now,
        seen: Callable[[ArxivRequest], object] = lambda _: None,
    ) -> None:
        self.desk = Desk(corpus=corpus, now=now, legacy_and=legacy_and, old_form=old_form, seed=seed)
        self.url_limit = url_limit
        self.stall = stall
        self.strict_accept = strict_accept
        super().__init__(port, _Handler, path=PATH, faults=faults, seen=seen)


class _Handler(Handler):
    """One connection, which may carry several requests."""

    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        self._number, self._started = self.server.owner.recorder.arrive()
        return super().parse_request()

    def reply_to_any(self) -> None:
        owner: ArxivServer = self.server.owner
        self._form = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = owner.faults(self._number)
        if fault == "429-stalled":
            owner.stopping.wait(owner.stall)
        parameters = self._parameters()
        answer = instead(fault, self._address()) or self._edge() or self._answer(parameters, fault)
        self._send(answer, fault, parameters)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET = reply_to_any  # noqa: N815 - the names are the library's

    def _address(self) -> str:
        return f"http://{self.headers.get('Host', HOST)}{self.path}"

    def _edge(self) -> Answer | None:
        """Return what the servers in front of arXiv's program answer in its place."""
        owner: ArxivServer = self.server.owner
        if len(self.raw_requestline.rstrip(b"\r\n")) > owner.url_limit:
            return instead("414", "")
        return instead("406", "") if owner.strict_accept and not self.headers.get("Accept") else None

    def _answer(self, parameters: Mapping[str, str], fault: str) -> Answer:
        desk: Desk = self.server.owner.desk
        if urlsplit(self.path).path != PATH:
            return desk.refuse(Refusal(404))
        if self.command not in {"GET", "HEAD", "POST"}:
            return desk.refuse(Refusal(405))
        return desk.answer(parameters, distorted(fault))

    def _parameters(self) -> dict[str, str]:
        """Return those of the address, or of the form alone if the request is a POST; of several values the first."""
        if self.command != "POST":
            return _decoded(urlsplit(self.path).query)
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            return _multipart(kind, self._form)
        return _decoded(self._form.decode("utf-8", "replace")) if not kind or kind.startswith(_FORM) else {}

    def _send(self, answer: Answer, fault: str, parameters: dict[str, str]) -> None:
        body, length = sent(fault, answer.body)
        if fault == "reset":
            self._record(answer, fault, parameters)
            return self.reset()
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.content_type, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        if length != len(body):
            self.send_header("Connection", "close")  # also ends the loop over requests
        self._record(answer, fault, parameters)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def _record(self, answer: Answer, fault: str, parameters: dict[str, str]) -> None:
        owner: ArxivServer = self.server.owner
        request = ArxivRequest(
            number=self._number,
            method=self.command,
            path=self.path,
            params=parameters,
            size=len(self.raw_requestline.rstrip(b"\r\n")) + len(self._form),
            user_agent=self.headers.get("User-Agent", ""),
            accept=self.headers.get("Accept", ""),
            started=self._started,
            ended=owner.recorder.now(),
            status=0 if fault == "reset" else answer.status,
            fault=fault,
            total=answer.total,
            returned=answer.returned,
        )
        owner.recorder.add(request)
        owner.seen(request)


def _decoded(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name, value)
    return fields


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.setdefault(name, content.decode("utf-8", "replace"))
    return fields
