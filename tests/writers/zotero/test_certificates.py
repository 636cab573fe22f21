"""Safe connections, to Zotero and to a proxy, against a server with a certificate that is made here."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from refkit.errors import WriteUnavailable
from refkit.secret import Secret
from refkit.writers.zotero.transport import Manners, Transport

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="without openssl no certificate is made")
pytestmark = [needs_openssl, pytest.mark.usefixtures("nothing_set")]


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Zotero-API-Key"]))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")


class SafeServer(ThreadingHTTPServer):
    """A server that is spoken to by TLS alone; `asked` are the requests that came through."""

    daemon_threads = True

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self.url = f"https://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the thread of the request."""
        with self._context.wrap_socket(request, server_side=True) as safe:
            super().finish_request(safe, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who hang up."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for 127.0.0.1 that nobody has signed; its key lies beside it."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "here.pem", folder / "here.key"
    wishes = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1".split()
    command = ["openssl", "req", *wishes, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture
def server(certificate: Path) -> Iterator[SafeServer]:
    running = SafeServer(certificate, certificate.with_suffix(".key"))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def ask(httpx: ModuleType, url: str) -> Any:
    transport = Transport(httpx, url, Secret("k3y"), manners=Manners(waits=()))
    client = httpx.Client(transport=transport, trust_env=False)
    try:
        return client.get(f"{url}/keys/current").json()
    finally:
        client.close()


def test_a_server_whose_certificate_nobody_vouches_for_is_not_asked(httpx: ModuleType, server: SafeServer) -> None:
    with pytest.raises(WriteUnavailable, match=r"its certificate is not trusted\).*SSL_CERT_FILE"):
        ask(httpx, server.url)
    assert server.asked == []


def test_a_certificate_for_another_host_is_not_trusted(
    httpx: ModuleType, server: SafeServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(WriteUnavailable, match="its certificate is not trusted"):
        ask(httpx, server.url.replace("127.0.0.1", "localhost"))
    assert server.asked == []


def test_a_server_whose_certificate_is_named_is_trusted(
    httpx: ModuleType, server: SafeServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(httpx, server.url) == []
    assert server.asked == [("/keys/current", "k3y")]


def test_a_proxy_whose_certificate_nobody_vouches_for_is_told_nothing(
    httpx: ModuleType, server: SafeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(WriteUnavailable, match="its certificate is not trusted"):
        ask(httpx, "http://zotero.invalid")
    assert server.asked == []


def test_a_proxy_whose_certificate_is_named_is_trusted(
    httpx: ModuleType, server: SafeServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("http_proxy", server.url)
    assert ask(httpx, "http://zotero.invalid") == []
    assert server.asked == [("http://zotero.invalid/keys/current", "k3y")]


@pytest.mark.parametrize(
    ("proxy", "url"), [("https://127.0.0.1:9", "http://zotero.invalid"), ("", "https://127.0.0.1:9")]
)
def test_certificates_that_are_named_and_not_there_are_told(
    httpx: ModuleType, proxy: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(WriteUnavailable, match="cannot be read; correct SSL_CERT_FILE and SSL_CERT_DIR"):
        ask(httpx, url)


def test_where_no_connection_is_safe_no_certificates_are_read(
    httpx: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(WriteUnavailable, match="it could not be reached"):
        ask(httpx, "http://127.0.0.1:9")
