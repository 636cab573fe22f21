"""Papers, and a way to open an enricher beside its stand-in with a clock that does not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from refkit import registry
from refkit.metadata.enriching import ServiceEnricher
from refkit.protocols import Surroundings
from refkit.testing import KnownPaper
from refkit.testing.service_examples import SERVERS, Time
from refkit.testing.service_server import ServiceServer


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def serve() -> Iterator[Callable[..., ServiceServer]]:
    """Start the stand-in of a service with these papers."""
    with ExitStack() as stack:

        def serve(name: str, *papers: KnownPaper, **options: Any) -> ServiceServer:
            return stack.enter_context(SERVERS[name](papers, **options))

        yield serve


@pytest.fixture
def enrich(tmp_path: Path, time: Time) -> Callable[..., ServiceEnricher]:
    """Open an enricher that asks a stand-in without pauses; `folder` is where it keeps the answers."""

    def enrich(
        name: str,
        server: ServiceServer | str,
        *,
        folder: str = "one",
        offline: bool = False,
        refresh: bool = False,
        find_keyring: Any = lambda: None,
        **settings: object,
    ) -> ServiceEnricher:
        around = Surroundings(cache=tmp_path / folder, state=tmp_path / folder, offline=offline, refresh=refresh)
        url = server if isinstance(server, str) else server.url
        plug_in: type[ServiceEnricher] = registry.load("enricher", name)
        chosen = {"url": url, "interval": 0, **settings}
        return plug_in.open(chosen, around, clock=time.clock, find_keyring=find_keyring)

    return enrich
