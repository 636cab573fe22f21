"""The settings of the harvest: which OAI-PMH service is asked, how often, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from refkit.errors import ConfigError
from refkit.metadata.arxiv_settings import ArxivSettings

_URL = "https://oaipmh.arxiv.org/oai"
_TABLE = "sources.oai"


class OaiSettings(ArxivSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sources.oai]`: another server than arXiv's own, seconds between requests, and whom arXiv may write to.

    The pace of arXiv's own service is shared with every other request to arXiv, as its terms want it.
    """

    url: str = _URL

    @property
    def endpoint(self) -> str:
        """The address that is asked: a bare host gets the path of arXiv's own."""
        parts = urlsplit(self.url)._replace(query="", fragment="")
        return (parts if parts.path.strip("/") else parts._replace(path=urlsplit(_URL).path)).geturl()

    def check(self) -> None:
        """Raise ConfigError for an address that cannot be asked, or a pace that arXiv forbids."""
        try:
            super().check()
        except ConfigError as error:  # the same rules under another name
            sentence = str(error).replace("sources.arxiv", _TABLE).replace(ArxivSettings().url, _URL)
            raise ConfigError(sentence) from error


def read_settings(settings: Mapping[str, object]) -> OaiSettings:
    """Return the settings of a table `[sources.oai]`; raises ConfigError for what cannot be used."""
    try:
        chosen = msgspec.convert(settings, OaiSettings, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(OaiSettings.__struct_fields__)
        raise ConfigError(f"[{_TABLE}] cannot be used: {error}; its settings are: {known}.") from error
    chosen.check()
    return chosen
