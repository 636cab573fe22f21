"""The PDFs of arXiv, one every three seconds, from the host that the source `arxiv` asks (export.arxiv.org).

arXiv asks programs to download from there, and counts it with all other requests of the same user, so the pace is that
of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import requests

from refkit.errors import SourceError
from refkit.http import Manners, PoliteSession
from refkit.metadata.arxiv_settings import ArxivSettings
from refkit.pace import Clock, Gate
from refkit.protocols import Surroundings

_ACCEPT = "application/pdf"
_MAGIC = b"%PDF-"


class ArxivPdfs:
    """Downloads PDFs by their addresses on arxiv.org, in turn with everything else that is asked of arXiv."""

    def __init__(self, host: str, session: PoliteSession, surroundings: Surroundings) -> None:
        self._host = host
        self._session = session
        self._session.notify = surroundings.notify
        self._offline = surroundings.offline

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings, *, clock: Clock | None = None) -> Self:
        """Return it as `[sources.arxiv]` is configured, touching neither network nor disk; raises ConfigError."""
        chosen = ArxivSettings.read(settings)
        manners = Manners(interval=chosen.interval, contact=chosen.contact, accept=_ACCEPT)
        gate = Gate(surroundings.state / "pace", chosen.host, chosen.interval, clock=clock or Clock())
        parts = urlsplit(chosen.endpoint)
        return cls(
            f"{parts.scheme}://{parts.netloc}", PoliteSession(gate, manners, unfit=_unfit, clock=clock), surroundings
        )

    def fetch(self, url: str) -> bytes:
        """Return the PDF at an address of arXiv's. Raises SourceError if there is none, or no answer."""
        if self._offline:
            raise SourceError("without the network it cannot be downloaded")
        address = urlunsplit((*urlsplit(self._host)[:2], urlsplit(url).path, "", ""))
        with self._session.returning(HTTPStatus.NOT_FOUND):
            answer: requests.Response = self._session.get(address)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise SourceError("arXiv has no PDF of it")
        return answer.content


def _unfit(response: requests.Response) -> str:
    return "" if response.content.startswith(_MAGIC) else "its answer is no PDF"
