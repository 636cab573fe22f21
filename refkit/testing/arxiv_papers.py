"""Lines of the public metadata snapshot as the documents of arXiv's index: one for each version of a paper.

A feed needs a time where a line may know less. What is filled in: an unknown month or day is the first, an unknown hour
midnight UTC; without any date the month of the identifier is taken. A version without a date of its own has that of the
version before it; the current one has `update_date`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct

from refkit.metadata.snapshot import SnapshotLine
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.testing.arxiv_tex import unicode_of

_AFFILIATION = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_BETWEEN_AUTHORS = re.compile(r",\s+and\s+|\s+and\s+|,\s*")
_NO_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARAGRAPH = re.compile(r"\n[ \t]+")
_ARXIV_BEGAN = 91  # two-digit years from here on belong to the last century


class Creator(Struct, frozen=True):
    """An author as a feed shows one."""

    name: str
    affiliations: tuple[str, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    """One version of a paper, with the text that is indexed and shown; the primary category comes first."""

    arxiv_id: str
    version: int
    title: str
    published: datetime
    updated: datetime
    authors: tuple[Creator, ...] = ()
    abstract: str = ""
    categories: tuple[str, ...] = ()
    comments: str = ""
    journal_ref: str = ""
    report_no: str = ""
    dois: tuple[str, ...] = ()

    @property
    def versioned_id(self) -> str:
        """The identifier with its version."""
        return f"{self.arxiv_id}v{self.version}"


def paper_of(record: ArxivRecord) -> SnapshotLine:
    """Return the snapshot line that refkit would read as this record."""
    return SnapshotLine(
        id=record.arxiv_id,
        title=record.title,
        authors_parsed=[_parsed(author) for author in record.authors] or None,
        abstract=record.abstract or None,
        categories=" ".join(record.categories) or None,
        comments=record.comments or None,
        journal_ref=record.journal_ref or None,
        doi=record.doi or None,
        submitted=str(record.submitted) if record.submitted else None,
        update_date=str(record.updated) if record.updated else None,
        former_titles=list(record.former_titles) or None,
    )


def _parsed(author: Author) -> list[str]:
    return [author.literal or author.family, author.given, author.suffix]


def versions_of(paper: SnapshotLine) -> int:
    """Return the number of versions: those with a date, or else the titles that are known."""
    return max(len(paper.versions or ()), len(paper.former_titles or ()) + 1)


def title_of(paper: SnapshotLine, version: int = 0) -> str:
    """Return the title of a version (0: the current one) in Unicode, on one line."""
    former = paper.former_titles or ()
    known = 0 < version < versions_of(paper) and version <= len(former)
    return _line(former[version - 1] if known else paper.title)


def document_of(paper: SnapshotLine, version: int = 0) -> Document:
    """Return a version (0: the current one) as a document."""
    return Document(
        arxiv_id=paper.id,
        version=version or versions_of(paper),
        title=title_of(paper, version),
        published=_published(paper),
        updated=_updated(paper, version or versions_of(paper)),
        authors=_creators(paper),
        abstract=_abstract(paper),
        categories=tuple((paper.categories or "").split()),
        comments=_line(paper.comments),
        journal_ref=_line(paper.journal_ref),
        report_no=_line(paper.report_no),
        dois=tuple((paper.doi or "").split()),
    )


def _line(text: str | None) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str | None) -> str:
    return _NO_XML.sub("", unicode_of(text or ""))


def _abstract(paper: SnapshotLine) -> str:
    """Join the lines of each paragraph; abstracts of the old identifier scheme begin with two blanks."""
    paragraphs = _PARAGRAPH.split(_clean(paper.abstract).strip())
    text = "\n  ".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return f"  {text}" if text and "/" in paper.id else text


def _creators(paper: SnapshotLine) -> tuple[Creator, ...]:
    if paper.authors_parsed:
        return tuple(_creator(parts) for parts in paper.authors_parsed if parts)
    plain = _AFFILIATION.sub("", paper.authors or "")
    return tuple(Creator(_line(name)) for name in _BETWEEN_AUTHORS.split(plain) if name.strip())


def _creator(parts: list[str]) -> Creator:
    family, given, suffix, *affiliations = (_line(part) for part in (*parts, "", "")[: max(3, len(parts))])
    name = " ".join(part for part in (given, family, suffix) if part)
    return Creator(name, tuple(part for part in affiliations if part))


def _published(paper: SnapshotLine) -> datetime:
    return _created(paper, 1) or _filled(paper.submitted) or _month_of(paper.id)


def _updated(paper: SnapshotLine, version: int) -> datetime:
    last = versions_of(paper)
    day = _filled(paper.update_date) if version == last and not _created(paper, version) else None
    dated = (_created(paper, earlier) for earlier in range(version, 0, -1))
    return day or next((date for date in dated if date), None) or _published(paper)


def _created(paper: SnapshotLine, version: int) -> datetime | None:
    versions = paper.versions or ()
    if version > len(versions) or not versions[version - 1].created:
        return None
    try:
        return parsedate_to_datetime(versions[version - 1].created).astimezone(UTC)
    except ValueError:
        return None  # as good as not known


def _filled(text: str | None) -> datetime | None:
    try:
        date = PartialDate.parse(text or "")
    except ValueError:
        return None  # as good as not known
    return datetime(date.year, date.month or 1, date.day or 1, tzinfo=UTC) if date.year else None


def _month_of(arxiv_id: str) -> datetime:
    found = re.search(r"(?:^|/)(\d\d)(0[1-9]|1[0-2])", arxiv_id)
    year, month = (int(found[1]), int(found[2])) if found else (_ARXIV_BEGAN, 8)
    return datetime(year + (1900 if year >= _ARXIV_BEGAN else 2000), month, 1, tzinfo=UTC)
