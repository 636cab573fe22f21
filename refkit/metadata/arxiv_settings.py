"""The settings of the source `arxiv`: whom to ask, how often, and who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

import msgspec
import requests

from refkit.errors import ConfigError

_URL = "https://export.arxiv.org/api/query"
# arXiv's terms of use: at most one request in three seconds.
_INTERVAL = 3.0
_LONGEST_INTERVAL = 300.0
# What may stand in a header: an address, or nothing.
_CONTACT = re.compile(r"[!-'*-;=?-~]+@[!-'*-;=?-~]+|")


class ArxivSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sources.arxiv]`: another server than arXiv's own, seconds between requests, and whom arXiv may write to.

    `table` is where these stand in a configuration, `own` the address of arXiv's own service.
    """

    table: ClassVar[str] = "sources.arxiv"
    own: ClassVar[str] = _URL

    url: str = _URL
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)] = _INTERVAL
    contact: str = ""

    @property
    def endpoint(self) -> str:
        """The address that is asked: a bare host gets the path of arXiv's own."""
        parts = urlsplit(self.url)._replace(query="", fragment="")
        return (parts if parts.path.strip("/") else parts._replace(path=urlsplit(self.own).path)).geturl()

    @property
    def host(self) -> str:
        """Whose pace is kept: all hosts of arXiv's count as one, as its terms want it."""
        parts = urlsplit(self.url)
        return "arxiv.org" if self.is_arxiv else f"{parts.hostname}-{parts.port or parts.scheme}"

    @property
    def is_arxiv(self) -> bool:
        """Whether this is arXiv's own service, whose terms hold."""
        host = (urlsplit(self.url).hostname or "").rstrip(".")
        return host == "arxiv.org" or host.endswith(".arxiv.org")

    @classmethod
    def read(cls, settings: Mapping[str, object]) -> Self:
        """Return the settings of a table; raises ConfigError for what cannot be used."""
        try:
            chosen = msgspec.convert(settings, cls, strict=False)
        except msgspec.ValidationError as error:
            known = ", ".join(cls.__struct_fields__)
            raise ConfigError(f"[{cls.table}] cannot be used: {error}; its settings are: {known}.") from error
        chosen.check()
        return chosen

    def check(self) -> None:
        """Raise ConfigError for an address that cannot be asked, or a pace that arXiv forbids."""
        parts = _split(self.url)
        if parts is None or parts.scheme not in {"http", "https"} or not _can_be_asked(self.url):
            raise ConfigError(f"{self.table}.url is {self.url!r}; write an address like {self.own}.")
        if parts.username or parts.password:
            raise ConfigError(f"{self.table}.url holds a user name or a password; write the address without them.")
        if not _CONTACT.fullmatch(self.contact):
            raise ConfigError(f"{self.table}.contact is {self.contact!r}; write an e-mail address or nothing.")
        if self.is_arxiv and self.interval < _INTERVAL:
            raise ConfigError(
                f"{self.table}.interval is {self.interval:g} s; arXiv's terms of use ask for at least {_INTERVAL:g} s."
            )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        return None
    return None if port == 0 else parts


def _can_be_asked(url: str) -> bool:
    if re.search(r"[\s{}]", url):
        return False
    try:
        requests.Request("GET", url).prepare()
    except (requests.RequestException, UnicodeError):
        return False
    return True
