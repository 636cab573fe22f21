"""Which connection leads to a host, and through which proxy."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from refkit.writers.zotero.answers import Failure
from refkit.writers.zotero.proxies import Connections, is_here, no_proxy_works, unmade

pytestmark = pytest.mark.usefixtures("nothing_set")


class Made:
    """A transport as the HTTP library was asked to make it."""

    def __init__(self, *, verify: Any, proxy: str | None) -> None:
        self.verify, self.proxy, self.closed = verify, proxy, 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def made(httpx: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the HTTP library, of which only the way is looked at."""
    monkeypatch.setattr(httpx, "HTTPTransport", Made)
    return httpx


def way(httpx: ModuleType, url: str, *, proxies: bool = True) -> str | None:
    made = Connections(httpx, proxies=proxies).to(httpx.URL(url))
    assert isinstance(made, Made)
    return made.proxy


PROXY, OTHER = "http://proxy.example:3128", "http://other.example:3128"


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://api.zotero.org", None),
        ({"https_proxy": PROXY}, "https://api.zotero.org", PROXY),
        ({"HTTPS_PROXY": PROXY}, "https://api.zotero.org", PROXY),
        ({"https_proxy": "proxy.example:3128"}, "https://api.zotero.org", PROXY),
        ({"https_proxy": "https://proxy.example"}, "https://api.zotero.org", "https://proxy.example"),
        ({"http_proxy": PROXY}, "https://api.zotero.org", None),
        ({"http_proxy": PROXY, "https_proxy": OTHER}, "http://api.zotero.org", PROXY),
        ({"all_proxy": PROXY}, "https://api.zotero.org", PROXY),
        ({"all_proxy": PROXY, "https_proxy": OTHER}, "https://api.zotero.org", OTHER),
        ({"all_proxy": PROXY, "no_proxy": "zotero.org"}, "https://api.zotero.org", None),
        ({"all_proxy": PROXY, "no_proxy": "example.org"}, "https://api.zotero.org", PROXY),
        ({"all_proxy": PROXY}, "http://127.0.0.1:23119", None),
        ({"all_proxy": PROXY}, "http://localhost:23119", None),
        ({"all_proxy": PROXY}, "http://[::1]:23119", None),
    ],
)
def test_the_proxy_is_the_one_of_the_environment(
    made: ModuleType, environ: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert way(made, url) == proxy
    assert way(made, url, proxies=False) is None


@pytest.mark.parametrize(
    ("url", "proxy", "checked"),
    [
        ("https://api.zotero.org", "", True),
        ("https://api.zotero.org", PROXY, True),
        ("http://api.zotero.org", "https://proxy.example", True),
        ("http://api.zotero.org", PROXY, False),
        ("http://127.0.0.1:23119", "", False),
    ],
)
def test_the_certificates_that_are_trusted_are_read_where_one_is_checked(
    made: ModuleType, url: str, proxy: str, monkeypatch: pytest.MonkeyPatch, *, checked: bool
) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    assert (Connections(made, proxies=True).to(made.URL(url)).verify is True) is checked


def test_each_scheme_and_proxy_has_one_transport_that_is_used_again(
    made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Connections(made, proxies=True)
    plain, safe = (connections.to(made.URL(f"{scheme}://api.zotero.org")) for scheme in ("http", "https"))
    assert plain is not safe
    assert connections.to(made.URL("https://www.zotero.org/other")) is safe
    assert connections.to(made.URL("http://127.0.0.1:23119")) is plain
    monkeypatch.setenv("https_proxy", PROXY)
    proxied = connections.to(made.URL("https://api.zotero.org"))
    assert proxied not in {plain, safe}
    connections.close()
    connections.close()
    assert [each.closed for each in (plain, safe, proxied)] == [1, 1, 1]
    assert connections.to(made.URL("https://api.zotero.org")) is not proxied


@pytest.mark.parametrize("error", [ValueError("scheme"), ImportError("socksio"), OSError("certificates")])
def test_what_cannot_be_made_is_a_failure_that_is_not_kept(
    made: ModuleType, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise error

    connections, url = Connections(made, proxies=True), made.URL("https://api.zotero.org")
    with monkeypatch.context() as patch:
        patch.setattr(made, "HTTPTransport", fail)
        failure = connections.to(url)
    assert isinstance(failure, Failure)
    assert failure.final
    assert not failure.unclear
    assert ("SSL_CERT_FILE" in failure.remedy) is isinstance(error, OSError)
    assert (failure == no_proxy_works()) is not isinstance(error, OSError)
    assert isinstance(connections.to(url), Made)


def test_an_error_of_another_kind_is_not_taken_for_one_of_the_environment(
    made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(made, "HTTPTransport", fail)
    with pytest.raises(ZeroDivisionError):
        Connections(made, proxies=True).to(made.URL("https://api.zotero.org"))


def test_an_address_of_a_proxy_that_is_none_is_a_failure_without_it(httpx: ModuleType) -> None:
    with pytest.raises(httpx.InvalidURL) as caught:
        httpx.URL("http://ada:hopper@host:port")
    assert unmade(caught.value) == no_proxy_works()
    assert "hopper" not in str(no_proxy_works())


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.8.9.10", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("LocalHost", True), ("192.0.2.1", False), ("128.0.0.1", False), ("[2001:db8::1]", False), ("::2", False),
     ("localhost.example.org", False), ("api.zotero.org", False), ("", False)],
)  # fmt: skip
def test_this_machine_is_known_by_its_names(host: str, *, here: bool) -> None:
    assert is_here(host) is here
