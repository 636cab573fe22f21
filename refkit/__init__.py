"""refkit: paper digests in, BibTeX or Zotero out.

    import refkit

    mentions = refkit.read("digest.txt")        # 1 what the digest says
    resolutions = refkit.resolve(mentions)      # 2 which arXiv record each title means, and why (or `stream`)
    works = refkit.tag(resolutions)             # 3 the papers, with themes
    text = refkit.to_bibtex(works)              # 4 BibTeX, or
    with refkit.open_zotero() as zotero:        #   a Zotero library
        report = zotero.apply(zotero.plan(works))

The names below are the public API; everything is imported where it is first used, so that `import refkit` is light.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from refkit.version import __version__

if TYPE_CHECKING:
    from refkit.asking import open_sources
    from refkit.bulk import resolve_many
    from refkit.errors import (
        BadResponse,
        ConfigError,
        DigestError,
        Interrupted,
        RefkitError,
        SourceError,
        SourceUnavailable,
        UsageError,
        WriteConflict,
        WriteError,
        WriteRefused,
        WriteUnavailable,
    )
    from refkit.locks import Locks
    from refkit.merging import merge_bibtex
    from refkit.model import (
        Answer,
        ArxivRecord,
        Author,
        Candidate,
        Change,
        Evidence,
        Mention,
        Op,
        Outcome,
        Part,
        PartialDate,
        Publication,
        Published,
        Report,
        Resolution,
        Skipped,
        ThemeTag,
        Verdict,
        Work,
    )
    from refkit.pipeline import (
        open_taggers,
        open_zotero,
        read,
        resolve,
        survey,
        tag,
        to_bibtex,
    )
    from refkit.publishing import open_enrichers, publish
    from refkit.report.page import to_report
    from refkit.shipped import sample
    from refkit.streaming import Cancel, Cancelled, stream
    from refkit.tagging import load_taxonomy, works

# What the library logs goes where the program that uses it sends it, and nowhere by itself: it prints nothing.
logging.getLogger("refkit").addHandler(logging.NullHandler())

_HOMES = {
    "refkit.asking": "open_sources",
    "refkit.bulk": "resolve_many",
    "refkit.errors": (
        "BadResponse ConfigError DigestError Interrupted RefkitError SourceError SourceUnavailable UsageError "
        "WriteConflict WriteError WriteRefused WriteUnavailable"
    ),
    "refkit.locks": "Locks",
    "refkit.merging": "merge_bibtex",
    "refkit.model": (
        "Answer ArxivRecord Author Candidate Change Evidence Mention Op Outcome Part PartialDate Publication Published "
        "Report Resolution Skipped ThemeTag Verdict Work"
    ),
    "refkit.pipeline": "open_taggers open_zotero read resolve survey tag to_bibtex",
    "refkit.publishing": "open_enrichers publish",
    "refkit.report.page": "to_report",
    "refkit.shipped": "sample",
    "refkit.streaming": "Cancel Cancelled stream",
    "refkit.tagging": "load_taxonomy works",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Answer",
    "ArxivRecord",
    "Author",
    "BadResponse",
    "Cancel",
    "Cancelled",
    "Candidate",
    "Change",
    "ConfigError",
    "DigestError",
    "Evidence",
    "Interrupted",
    "Locks",
    "Mention",
    "Op",
    "Outcome",
    "Part",
    "PartialDate",
    "Publication",
    "Published",
    "RefkitError",
    "Report",
    "Resolution",
    "Skipped",
    "SourceError",
    "SourceUnavailable",
    "ThemeTag",
    "UsageError",
    "Verdict",
    "Work",
    "WriteConflict",
    "WriteError",
    "WriteRefused",
    "WriteUnavailable",
    "__version__",
    "load_taxonomy",
    "merge_bibtex",
    "open_enrichers",
    "open_sources",
    "open_taggers",
    "open_zotero",
    "publish",
    "read",
    "resolve",
    "resolve_many",
    "sample",
    "stream",
    "survey",
    "tag",
    "to_bibtex",
    "to_report",
    "works",
]


if not TYPE_CHECKING:  # a checker shall know the names above and no others

    def __getattr__(name: str) -> Any:
        """Import a public name from its module when it is first used (PEP 562)."""
        if name not in _HOME_OF:
            raise AttributeError(f"module 'refkit' has no attribute {name!r}")
        value = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
