"""The settings of the source `arxiv`: whom to ask, how often, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

import msgspec

from refkit.errors import ConfigError
from refkit.metadata.addresses import check_address, check_contact
from refkit.toml_places import told

_URL = "https://export.arxiv.org/api/query"
# arXiv's terms of use: at most one request in three seconds.
_INTERVAL = 3.0
_LONGEST_INTERVAL = 300.0


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
            raise ConfigError(f"[{cls.table}] cannot be used: {told(error)}; its settings are: {known}.") from error
        chosen.check()
        return chosen

    def check(self) -> None:
        """Raise ConfigError for an address that cannot be asked, or a pace that arXiv forbids."""
        check_address(self.table, self.url, example=self.own)
        check_contact(self.table, self.contact)
        if self.is_arxiv and self.interval < _INTERVAL:
            raise ConfigError(
                f"{self.table}.interval is {self.interval:g} s; arXiv's terms of use ask for at least {_INTERVAL:g} s."
            )
