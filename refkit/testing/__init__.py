"""What authors of plug-ins test with: contracts for each kind of plug-in, and stand-ins for arXiv and Zotero.

    from refkit.testing import ReaderContract              # needs pytest and hypothesis
    from refkit.testing import ArxivCorpus, ArxivServer    # need neither
    from refkit.testing import FeedServer, OaiServer       # the same
    from refkit.testing import CrossrefServer, KnownPaper  # the same; DblpServer, OpenAlexServer, ...
    from refkit.testing import ZoteroDesktop, ZoteroServer  # the same

Each name is loaded when it is asked for, so that the stand-ins run where no test library is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refkit.testing.arxiv_corpus import ArxivCorpus
    from refkit.testing.arxiv_faults import FAULTS, every, script
    from refkit.testing.arxiv_recorder import ArxivRequest
    from refkit.testing.arxiv_server import ArxivServer
    from refkit.testing.contract_services import EnricherContract, SourceContract
    from refkit.testing.contract_taggers import TaggerContract
    from refkit.testing.contract_writers import PlaceWriterContract, WriterContract, WriterPlace
    from refkit.testing.contracts import ReaderContract, case_input, check_name, check_place
    from refkit.testing.feed_server import FeedAnswer, FeedEntry, FeedRequest, FeedServer, atom
    from refkit.testing.oai_faults import OAI_FAULTS
    from refkit.testing.oai_server import OaiServer
    from refkit.testing.service_papers import KnownPaper
    from refkit.testing.service_server import (
        SERVICE_FAULTS,
        CrossrefServer,
        DblpServer,
        OpenAlexServer,
        SemanticScholarServer,
        ServiceRequest,
    )
    from refkit.testing.zotero_desktop import ZoteroDesktop
    from refkit.testing.zotero_faults import ZOTERO_FAULTS
    from refkit.testing.zotero_library import ZoteroLibrary
    from refkit.testing.zotero_recorder import ZoteroRequest
    from refkit.testing.zotero_server import ZoteroServer

__all__ = [
    "FAULTS",
    "OAI_FAULTS",
    "SERVICE_FAULTS",
    "ZOTERO_FAULTS",
    "ArxivCorpus",
    "ArxivRequest",
    "ArxivServer",
    "CrossrefServer",
    "DblpServer",
    "EnricherContract",
    "FeedAnswer",
    "FeedEntry",
    "FeedRequest",
    "FeedServer",
    "KnownPaper",
    "OaiServer",
    "OpenAlexServer",
    "PlaceWriterContract",
    "ReaderContract",
    "SemanticScholarServer",
    "ServiceRequest",
    "SourceContract",
    "TaggerContract",
    "WriterContract",
    "WriterPlace",
    "ZoteroDesktop",
    "ZoteroLibrary",
    "ZoteroRequest",
    "ZoteroServer",
    "atom",
    "case_input",
    "check_name",
    "check_place",
    "every",
    "script",
]

_HOMES = {
    "ArxivCorpus": "arxiv_corpus",
    "ArxivRequest": "arxiv_recorder",
    "ArxivServer": "arxiv_server",
    "CrossrefServer": "service_server",
    "DblpServer": "service_server",
    "FAULTS": "arxiv_faults",
    "FeedAnswer": "feed_server",
    "FeedEntry": "feed_server",
    "FeedRequest": "feed_server",
    "FeedServer": "feed_server",
    "KnownPaper": "service_papers",
    "OpenAlexServer": "service_server",
    "SERVICE_FAULTS": "service_server",
    "SemanticScholarServer": "service_server",
    "ServiceRequest": "service_server",
    "OAI_FAULTS": "oai_faults",
    "OaiServer": "oai_server",
    "ZOTERO_FAULTS": "zotero_faults",
    "ZoteroDesktop": "zotero_desktop",
    "ZoteroLibrary": "zotero_library",
    "ZoteroRequest": "zotero_recorder",
    "ZoteroServer": "zotero_server",
    "atom": "feed_server",
    "EnricherContract": "contract_services",
    "PlaceWriterContract": "contract_writers",
    "SourceContract": "contract_services",
    "TaggerContract": "contract_taggers",
    "WriterContract": "contract_writers",
    "WriterPlace": "contract_writers",
    "every": "arxiv_faults",
    "script": "arxiv_faults",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES.get(name, 'contracts')}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "refkit":
            raise
        remedy = f"{name} needs {error.name}; pip install 'refkit[testing]' brings what contracts need."
        raise ModuleNotFoundError(remedy, name=error.name) from error
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
