"""One answer of arXiv's OAI-PMH service -> the records in it, in the shape of arXiv's metadata snapshot.

Facts: specs/arxiv.md 3.1, read from the code of the service (arXiv/oaipmh) and from recorded answers. `submitted` is
the date of the first version, `update_date` the datestamp: the day on which anything of the record was changed last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import requests
from lxml import etree

from refkit.errors import BadResponse
from refkit.metadata.snapshot import SnapshotLine

FORMAT = "arXiv"
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_PREFIX = "oai:arXiv.org:"
_DAY = re.compile(r"(?a)\d{4}-\d\d-\d\d")
_REPORT = "report this to the authors of refkit"
# Characters that XML forbids, and references to them: one of them in one abstract makes a whole page unreadable.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    r"|&#(?:x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));"
)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: its records, the ids of deleted ones, the identifiers of those that cannot be read.

    `token` asks for the next page, "" after the last. `newest` is the latest datestamp, YYYY-MM-DD, "" without any.
    """

    records: tuple[SnapshotLine, ...] = ()
    deleted: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    token: str = ""
    newest: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the service had nothing to give."""
        return not (self.records or self.deleted or self.unread)


class BadTokenError(BadResponse):
    """The service does not take the resumption token: it has expired, or it is none of its own."""


class _NotAnAnswerError(Exception):
    """The bytes are no answer of OAI-PMH; the message says what they are."""


def unfit(response: requests.Response) -> str:
    """Return why an answer with status 200 is none of OAI-PMH: a web page, cut XML; "" if it is one."""
    try:
        _root(response.content)
    except _NotAnAnswerError as error:
        return f"it gave {error}"
    return ""


def parse_page(data: bytes) -> Page:
    """Return what one answer to ListRecords or GetRecord (metadataPrefix `arXiv`) holds.

    That nothing matches is an empty page. Raises BadTokenError for a token that is not taken, BadResponse for any other
    error of the service, and for bytes that are no such answer (HTML, cut XML). Fields are without line breaks.
    """
    try:
        root = _root(data)
    except _NotAnAnswerError as error:
        raise BadResponse(f"arXiv's OAI-PMH service gave {error}; run the same command again later.") from error
    refusal = root.find(f"{_OAI}error")
    if refusal is not None:
        return _refused(refusal)
    listing = next(
        (found for verb in ("ListRecords", "GetRecord") if (found := root.find(_OAI + verb)) is not None), None
    )
    if listing is None:
        raise BadResponse(f"arXiv's OAI-PMH service gave an answer without a list of records; {_REPORT}.")
    page = _read(listing)
    if page.is_empty or (page.unread and not (page.records or page.deleted)):
        raise BadResponse(f"arXiv's OAI-PMH service gave a list without a record that can be read; {_REPORT}.")
    return page


def _root(data: bytes) -> Any:
    try:
        root = _parse(data)
    except etree.XMLSyntaxError:
        try:
            root = _parse(_FORBIDDEN.sub("", data.decode(errors="replace")).encode())
        except etree.XMLSyntaxError as error:
            raise _NotAnAnswerError(_describe(data)) from error
    if root.getroottree().docinfo.doctype or root.tag != f"{_OAI}OAI-PMH":
        raise _NotAnAnswerError(_describe(data))
    return root


def _parse(data: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(data, parser)


def _describe(data: bytes) -> str:
    start = "".join(char if char.isprintable() else " " for char in data.lstrip()[:1000].decode(errors="replace"))
    if "<OAI-PMH" in start:
        return "an answer that was cut off or is not valid XML"
    if start.startswith("<"):
        return "a web page instead of records"
    return f"“{start[:60].strip()}” instead of records" if start else "an empty answer"


def _refused(error: Any) -> Page:
    code, text = error.get("code", ""), _clean("".join(error.itertext()))
    if code == "noRecordsMatch":
        return Page()
    kind = BadTokenError if code == "badResumptionToken" else BadResponse
    raise kind(f"arXiv's OAI-PMH service refused the request ({code or 'without a code'}: {text}); {_REPORT}.")


def _read(listing: Any) -> Page:
    records, deleted, unread, newest = [], [], [], ""
    for element in listing.iterfind(f"{_OAI}record"):
        header = element.find(f"{_OAI}header")
        name = _text(header, "identifier").removeprefix(_PREFIX)
        day = _text(header, "datestamp")[:10]
        newest = max(newest, day) if _DAY.fullmatch(day) else newest
        if header is not None and header.get("status") == "deleted":
            deleted.append(name)
        elif record := _record(element, name, day):
            records.append(record)
        else:
            unread.append(name)
    token = _text(listing, "resumptionToken")
    return Page(records=tuple(records), deleted=tuple(deleted), unread=tuple(unread), token=token, newest=newest)


def _record(element: Any, name: str, day: str) -> SnapshotLine | None:
    """Return one record; None if it has no title, without which it is of no use, or no date of its last change."""
    fields: dict[str, str] = {}
    authors: list[list[str]] = []
    for child in _children(element.find(f"{_OAI}metadata"), FORMAT):
        if _name(child) == "authors":
            authors = [parts for author in child if any(parts := _author(author))]
        elif child.text:
            fields.setdefault(_name(child), _clean(child.text))
    identifier = fields.get("id") or name
    if not (identifier and fields.get("title") and _DAY.fullmatch(day)):
        return None
    return SnapshotLine(
        id=identifier,
        title=fields["title"],
        authors_parsed=authors or None,
        abstract=fields.get("abstract") or None,
        categories=fields.get("categories") or None,
        comments=fields.get("comments") or None,
        journal_ref=fields.get("journal-ref") or None,
        report_no=fields.get("report-no") or None,
        doi=fields.get("doi") or None,
        submitted=created if _DAY.fullmatch(created := fields.get("created", "")) else None,
        update_date=day,
    )


def _children(metadata: Any, name: str) -> Iterator[Any]:
    """Yield the fields in the element of this name; some recorded answers have lost its namespace."""
    for child in () if metadata is None else metadata:
        if _name(child) == name:
            yield from child


def _author(author: Any) -> list[str]:
    """Return family name, given name and suffix."""
    parts = {_name(part): _clean(part.text or "") for part in author}
    return [parts.get(name, "") for name in ("keyname", "forenames", "suffix")]


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any, name: str) -> str:
    return "" if element is None else _clean(element.findtext(_OAI + name) or "")


def _clean(text: str) -> str:
    return " ".join(text.split())
