"""The Zotero writer keeps the contract of writers, over HTTP against the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from refkit.protocols import Writer
from refkit.secret import Secret
from refkit.testing import WriterContract, ZoteroServer
from refkit.writers.zotero.api import WebBackend
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.state import State
from refkit.writers.zotero.writer import ZoteroWriter


class TestZoteroWriter(WriterContract):
    @pytest.fixture
    def server(self) -> Iterator[ZoteroServer]:
        with ZoteroServer() as running:
            yield running

    @pytest.fixture
    def writer(self, server: ZoteroServer, tmp_path: Path) -> Iterator[Writer]:
        target = Target(server=server.url, kind="user", id=server.user_id)
        backend = WebBackend(target, Secret(server.key))
        writer = ZoteroWriter(backend, State(tmp_path / "state.sqlite"), Mirror(tmp_path / "mirror.sqlite"))
        yield writer
        writer.close()

    @pytest.fixture
    def written(self, server: ZoteroServer) -> Callable[[], object]:
        return lambda: {key: dict(row) for key, row in server.library.items.items()}
