"""What the tests of the commands for Zotero share: a stand-in library, a digest, and a way to run refkit."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from refkit.cli import main
from refkit.pace import Clock
from refkit.testing import ZoteroServer

# Titles of the shipped catalogue: 1812.09195 (cs.LG), 1909.11869 (with a DOI), 2307.05973 (theme "robotics").
TITLES = (
    "Learning to Navigate the Web",
    "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology",
    "VoxPoser: Composable 3D Value Maps for Robotic Manipulation with Language Models",
)
NOBODY = "http://127.0.0.1:9"  # the port of "discard": nothing listens


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to work in, with a digest of three titles; no key is known, and no Zotero runs."""
    for name in [name for name in os.environ if name.startswith(("REFKIT_ZOTERO_", "ZOTERO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REFKIT_ZOTERO_URL", NOBODY)
    monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", NOBODY)
    monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "0")
    (tmp_path / "digest.txt").write_text("".join(f"{title}\n" for title in TITLES), encoding="utf-8")
    return tmp_path


@pytest.fixture
def web(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoteroServer]:
    """The web API with an empty library of ada, whose key is in the environment."""
    assert folder
    with ZoteroServer() as server:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", server.url)
        monkeypatch.setenv("REFKIT_ZOTERO_KEY", server.key)
        yield server


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pauses before further attempts pass at once."""
    monkeypatch.setattr("refkit.pipeline.Clock", lambda: Clock(sleep=lambda _: None))


@pytest.fixture
def cli(folder: Path) -> Callable[..., Result]:
    """Run refkit and check its exit code; whatever happens, it shows neither a traceback nor the key."""
    assert folder

    def run(*arguments: str, code: int = 0, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin)
        assert isinstance(result.exception, SystemExit | None), repr(result.exception)
        assert "Traceback" not in result.output
        assert result.exit_code == code, result.output
        key = os.environ.get("REFKIT_ZOTERO_KEY", "")
        assert not key or key not in result.output
        return result

    return run


@pytest.fixture
def sync(cli: Callable[..., Result]) -> Callable[..., Result]:
    """Run `refkit sync-zotero digest.txt --no-network` with further arguments."""

    def run(*arguments: str, code: int = 0) -> Result:
        return cli("sync-zotero", "digest.txt", "--no-network", *arguments, code=code)

    return run


@pytest.fixture
def refused(cli: Callable[..., Result]) -> Callable[..., str]:
    """Run refkit where it must refuse, and return the one sentence that it says, without "refkit: "."""

    def run(*arguments: str, code: int = 2) -> str:
        result = cli(*(arguments or ("sync-zotero", "digest.txt", "--no-network")), code=code)
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        start, _, sentence = line.partition("refkit: ")
        assert start == ""
        assert sentence.endswith(".")
        return sentence

    return run


class _Pdfs(ThreadingHTTPServer):
    """Serves a tiny PDF for each paper, but 404 for those in `missing`."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _PdfHandler)
        self.missing: set[str] = set()


class _PdfHandler(BaseHTTPRequestHandler):
    server: _Pdfs

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        paper = self.path.removeprefix("/pdf/").partition("v")[0]
        body = b"" if paper in self.server.missing else b"%PDF-1.4\n%%EOF\n"
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def pdfs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The PDFs of arXiv; yields the ids of papers that have none, to be filled."""
    assert folder
    with _Pdfs() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("REFKIT_ARXIV_URL", f"http://127.0.0.1:{server.server_address[1]}/api/query")
        yield server.missing
        server.shutdown()
        thread.join()
