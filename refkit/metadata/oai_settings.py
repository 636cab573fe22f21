"""The settings of the harvest: which OAI-PMH service is asked, how often, and who asks."""

from __future__ import annotations

from typing import ClassVar

from refkit.metadata.arxiv_settings import ArxivSettings

_URL = "https://oaipmh.arxiv.org/oai"


class OaiSettings(ArxivSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sources.oai]`: another server than arXiv's own, seconds between requests, and whom arXiv may write to.

    The pace of arXiv's own service is shared with every other request to arXiv, as its terms want it.
    """

    table: ClassVar[str] = "sources.oai"
    own: ClassVar[str] = _URL

    url: str = _URL
