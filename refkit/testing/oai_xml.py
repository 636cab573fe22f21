"""The XML of arXiv's OAI-PMH service: the frame of an answer, records in the format `arXiv`, errors.

Fields and their order are those of arXiv's own code (specs/arxiv.md 3.1). A record is a line of the metadata snapshot:
`submitted` is its `created`, `update_date` its datestamp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from refkit.metadata.snapshot import SnapshotLine

FORMAT = "arXiv"
NAMESPACE = "http://arxiv.org/OAI/arXiv/"
SCHEMA = "http://arxiv.org/OAI/arXiv.xsd"
PREFIX = "oai:arXiv.org:"
_OAI = "http://www.openarchives.org/OAI/2.0/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# Archives that are a group of sets of their own; all others belong to the group `physics`.
_GROUPS = frozenset("cs econ eess math physics q-bio q-fin stat".split())


def document(inner: str, *, base: str, attributes: Mapping[str, str], now: datetime) -> bytes:
    """Return an answer: when it was made, what was asked, and what it says."""
    asked = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<OAI-PMH xmlns="{_OAI}" xmlns:xsi="{_XSI}" xsi:schemaLocation="{_OAI} {_OAI}OAI-PMH.xsd">\n'
        f"<responseDate>{moment(now)}</responseDate>\n"
        f"<request{asked}>{escape(base)}</request>\n"
        f"{inner}</OAI-PMH>\n"
    ).encode()


def moment(time: datetime) -> str:
    """Return a time in UTC as OAI-PMH writes it."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def error(code: str, text: str) -> str:
    """Return an error with its code."""
    return f"<error code='{code}'>{escape(text)}</error>\n"


def listing(verb: str, items: Iterable[str], token: str | None = None, expires: datetime | None = None) -> str:
    """Return the list of a verb; `token` asks for the rest of it, "" says that this was the last part."""
    end = ""
    if token:
        expiration = f' expirationDate="{moment(expires)}"' if expires else ""
        end = f"<resumptionToken{expiration}>{escape(token)}</resumptionToken>\n"
    elif token is not None:
        end = "<resumptionToken/>\n"
    return f"<{verb}>\n{''.join(items)}{end}</{verb}>\n"


def record(line: SnapshotLine) -> str:
    """Return one record with its header."""
    return f"<record>\n{header(line)}<metadata>\n{_metadata(line)}</metadata>\n</record>\n"


def header(line: SnapshotLine) -> str:
    """Return the header of a record: identifier, datestamp and sets."""
    sets = "".join(f" <setSpec>{escape(name)}</setSpec>\n" for name in sets_of(line))
    return f"<header>\n{_field('identifier', PREFIX + line.id)}{_field('datestamp', line.update_date)}{sets}</header>\n"


def deleted(arxiv_id: str, day: str) -> str:
    """Return a record that was deleted: a header alone. arXiv keeps none today."""
    return (
        '<record>\n<header status="deleted">\n'
        f"{_field('identifier', PREFIX + arxiv_id)}{_field('datestamp', day)}</header>\n</record>\n"
    )


def sets_of(line: SnapshotLine) -> list[str]:
    """Return the sets of a record: `cs:cs:LG`, `physics:astro-ph:CO`, `physics:hep-th`."""
    return [set_of(category) for category in dict.fromkeys((line.categories or "").split())]


def set_of(category: str) -> str:
    """Return the set of a category."""
    archive, _, subject = category.partition(".")
    group = archive if archive in _GROUPS else "physics"
    return ":".join(filter(None, (group, archive, subject)))


def _metadata(line: SnapshotLine) -> str:
    fields = (
        _field("id", line.id),
        _field("created", line.submitted),
        f"<authors>{''.join(map(_author, line.authors_parsed or ()))}</authors>",
        _field("title", line.title),
        _field("categories", line.categories),
        _field("comments", line.comments),
        _field("report-no", line.report_no),
        _field("journal-ref", line.journal_ref),
        _field("doi", line.doi),
        _field("abstract", line.abstract),
    )
    return (
        f'<arXiv xmlns="{NAMESPACE}" xmlns:xsi="{_XSI}" xsi:schemaLocation="{NAMESPACE} {SCHEMA}">\n'
        f"{''.join(fields)}</arXiv>\n"
    )


def _author(parts: list[str]) -> str:
    names = ("keyname", "forenames", "suffix", "affiliation")
    fields = (_field(name, part) for name, part in zip(names, parts, strict=False))
    return f"<author>{''.join(fields)}</author>"


def _field(name: str, value: str | None) -> str:
    return f" <{name}>{escape(value)}</{name}>\n" if value else ""
