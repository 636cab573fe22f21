"""PDFs of arXiv over HTTP: from the host that is configured, at the pace of its source, and nothing but PDFs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from refkit.errors import ConfigError, SourceError, SourceUnavailable
from refkit.metadata.arxiv_pdf import ArxivPdfs
from refkit.pace import Clock
from refkit.protocols import Surroundings

PDF = b"%PDF-1.5\nowls\n%%EOF\n"
ADDRESS = "https://arxiv.org/pdf/2101.00001v2"
NOW = 1_800_000_000.0


class Host(ThreadingHTTPServer):
    """Answers each GET with the next of `answers`, the last one again and again; `seen` are the requests."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, bytes]] = [(200, PDF)]
        self.seen: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Host

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["User-Agent"], self.headers["Accept"]))
        status, body = self.server.answers[0]
        if len(self.server.answers) > 1:
            self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Time:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = NOW
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def around(tmp_path: Path, told: list[str]) -> Surroundings:
    return Surroundings(cache=tmp_path / "cache", state=tmp_path / "state", notify=told.append)


def pdfs(host: Host, around: Surroundings, time: Time, **settings: object) -> ArxivPdfs:
    return ArxivPdfs.open({"url": f"{host.url}/api/query", "interval": 3.0, **settings}, around, clock=time.clock)


def test_a_pdf_comes_from_the_host_that_is_configured(host: Host, around: Surroundings, time: Time) -> None:
    assert pdfs(host, around, time).fetch(f"{ADDRESS}?download=1#page=2") == PDF
    ((path, agent, accept),) = host.seen
    assert (path, accept) == ("/pdf/2101.00001v2", "application/pdf")
    assert agent.startswith("refkit/")
    assert "mailto" not in agent


def test_an_old_id_keeps_its_slash(host: Host, around: Surroundings, time: Time) -> None:
    pdfs(host, around, time).fetch("https://arxiv.org/pdf/math/0211159")
    assert host.seen[0][0] == "/pdf/math/0211159"


def test_arxiv_may_write_to_whom_the_settings_name(host: Host, around: Surroundings, time: Time) -> None:
    pdfs(host, around, time, contact="ada@example.org").fetch(ADDRESS)
    assert "mailto:ada@example.org" in host.seen[0][1]


def test_the_host_is_asked_at_the_pace_of_its_source(
    host: Host, around: Surroundings, time: Time, told: list[str], tmp_path: Path
) -> None:
    """All that this user asks of arXiv counts together, so another process's last request is waited for, too."""
    pace = tmp_path / "state" / "pace"
    pace.mkdir(parents=True)
    file = pace / f"127.0.0.1-{host.server_address[1]}.json"
    file.write_text(json.dumps({"free_at": NOW + 2.0}), encoding="ascii")
    getting = pdfs(host, around, time)
    getting.fetch(ADDRESS)
    assert sum(time.slept) == pytest.approx(2.0)
    getting.fetch(ADDRESS)
    assert sum(time.slept) == pytest.approx(5.0)
    assert json.loads(file.read_text(encoding="ascii"))["free_at"] == pytest.approx(time.seconds + 3.0)
    assert "next request in 2 s" in told


@pytest.mark.parametrize("body", [b"", b"<html>No such article</html>", PDF])
def test_a_paper_without_a_pdf_is_told_at_once_and_nothing_of_the_answer_is_kept(
    host: Host, around: Surroundings, time: Time, body: bytes
) -> None:
    host.answers = [(404, body), (200, PDF)]
    getting = pdfs(host, around, time)
    with pytest.raises(SourceError, match="arXiv has no PDF of it") as caught:
        getting.fetch(ADDRESS)
    assert not isinstance(caught.value, SourceUnavailable)
    assert len(host.seen) == 1
    assert getting.fetch(ADDRESS) == PDF


@pytest.mark.parametrize("body", [b"", b"<html>Are you a robot?</html>", b"\n%PDF-1.5\n"])
def test_what_is_no_pdf_is_no_answer(host: Host, around: Surroundings, time: Time, body: bytes) -> None:
    host.answers = [(200, body)]
    with pytest.raises(SourceUnavailable, match="its answer is no PDF"):
        pdfs(host, around, time).fetch(ADDRESS)


@pytest.mark.parametrize("answer", [(200, b"<html></html>"), (503, b""), (429, b""), (403, b"")])
def test_a_bad_moment_is_waited_out(host: Host, around: Surroundings, time: Time, answer: tuple[int, bytes]) -> None:
    host.answers = [answer, (200, PDF)]
    assert pdfs(host, around, time).fetch(ADDRESS) == PDF
    assert 30.0 <= sum(time.slept) <= 40.0


def test_without_the_network_nothing_is_asked(host: Host, tmp_path: Path, time: Time) -> None:
    around = Surroundings(cache=tmp_path, state=tmp_path, offline=True)
    with pytest.raises(SourceError, match="without the network"):
        pdfs(host, around, time).fetch(ADDRESS)
    assert host.seen == []


def test_opening_touches_neither_network_nor_disk(host: Host, around: Surroundings, time: Time, tmp_path: Path) -> None:
    pdfs(host, around, time)
    assert host.seen == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("settings", [{"interval": 1.0}, {"url": "nowhere"}, {"pace": 3}])
def test_settings_that_arxiv_forbids_or_that_mean_nothing_are_refused(
    around: Surroundings, settings: dict[str, object]
) -> None:
    with pytest.raises(ConfigError):
        ArxivPdfs.open(settings, around)
