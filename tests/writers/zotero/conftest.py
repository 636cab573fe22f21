"""What tests of connections to Zotero share."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

import pytest


@pytest.fixture(params=[name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)])
def httpx(request: pytest.FixtureRequest) -> ModuleType:
    """Return each HTTP library that there is: which one pyzotero brings depends on its version."""
    return importlib.import_module(request.param)


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what an environment says of proxies and certificates."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
