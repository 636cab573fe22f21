"""Lines of arXiv's public metadata snapshot (specs: one JSON object a line) -> ArxivRecord.

The same shape is used by the shipped catalogue, with two fields more: `submitted` (where only a month is known) and
`former_titles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime

import msgspec

from refkit.errors import BadResponse
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.names import parse_name
from refkit.normalize import to_unicode

_SPACE = re.compile(r"\s+")
# "A. Author (1) and B. Author" in the one-string form: affiliations in parentheses are not names.
_AFFILIATION = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


class Version(msgspec.Struct, omit_defaults=True):
    """One version of a paper, `v1` and so on, with its date as e-mails write it."""

    version: str = ""
    created: str = ""


_NAMES = {"journal_ref": "journal-ref", "report_no": "report-no"}


class SnapshotLine(msgspec.Struct, omit_defaults=True, kw_only=True, rename=_NAMES):
    """One line of the snapshot, as far as it is used; `submitted` and `former_titles` are refkit's own additions."""

    id: str
    title: str
    authors: str | None = None
    authors_parsed: list[list[str]] | None = None
    abstract: str | None = None
    categories: str | None = None
    comments: str | None = None
    journal_ref: str | None = None
    report_no: str | None = None
    doi: str | None = None
    versions: list[Version] | None = None
    update_date: str | None = None
    submitted: str | None = None
    former_titles: list[str] | None = None


def read_records(lines: Iterable[bytes], *, name: str) -> Iterator[ArxivRecord]:
    """Yield the record of each line that is not blank; raises BadResponse with `name:line` for any other line."""
    decoder = msgspec.json.Decoder(SnapshotLine)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(decoder.decode(line))
        except (msgspec.MsgspecError, ValueError) as error:
            raise BadResponse(
                f"{name}:{number}: not a record of the arXiv metadata snapshot ({error}); restore or rebuild the file."
            ) from error
        yield record


def _record(line: SnapshotLine) -> ArxivRecord:
    return ArxivRecord(
        arxiv_id=line.id,
        title=_SPACE.sub(" ", line.title).strip(),
        authors=_authors_of(line),
        abstract=_SPACE.sub(" ", line.abstract or "").strip(),
        categories=tuple((line.categories or "").split()),
        submitted=_submitted(line),
        updated=PartialDate.parse(line.update_date) if line.update_date else None,
        comments=_SPACE.sub(" ", line.comments or "").strip(),
        journal_ref=_SPACE.sub(" ", line.journal_ref or "").strip(),
        doi=(line.doi or "").split(" ")[0],
        former_titles=tuple(line.former_titles or ()),
    )


def _authors_of(line: SnapshotLine) -> tuple[Author, ...]:
    if line.authors_parsed:
        return tuple(parsed_author(parts) for parts in line.authors_parsed if parts)
    return split_authors(line.authors or "")


def split_authors(text: str) -> tuple[Author, ...]:
    """Return the authors of the one string in which arXiv shows them all."""
    plain = _SPACE.sub(" ", _AFFILIATION.sub("", text))
    return tuple(parse_name(name) for name in re.split(r",\s+and\s+|\s+and\s+|,\s*", plain) if name.strip())


def parsed_author(parts: list[str]) -> Author:
    """Return a name of arXiv's own: family name, given name, suffix, in TeX."""
    family, given, suffix = (to_unicode(part) for part in (*parts, "", "", "")[:3])
    return Author(family=family, given=given, suffix=suffix) if given else parse_name(family)


def _submitted(line: SnapshotLine) -> PartialDate | None:
    if line.submitted:
        return PartialDate.parse(line.submitted)
    if line.versions and line.versions[0].created:
        day = parsedate_to_datetime(line.versions[0].created)
        return PartialDate(day.year, day.month, day.day)
    return None
