"""Exports of reference managers and databases: RIS, EndNote (.enw), MEDLINE (.nbib), Web of Science, RefWorks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from refkit.digests.cells import date_of
from refkit.digests.entries import Entries, keywords_of
from refkit.digests.inline import without_markup
from refkit.digests.lines import MAX_TITLE, clean, head_of, references
from refkit.digests.page_titles import is_description
from refkit.digests.tagged import Loose, Piece, Record, form_of, records
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped, find_arxiv_id

_SURE = 0.98
# What the tags of each form mean, in the order in which they are preferred.
_TAGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ris": {
        "title": ("TI", "T1", "CT", "BT", "ST"), "authors": ("AU", "A1"), "abstract": ("AB", "N2"),
        "issued": ("DA", "PY", "Y1", "Y2"), "doi": ("DO", "DI"), "url": ("UR", "L2", "LK", "L1", "L3"), "kind": ("TY",),
        "keywords": ("KW",),
        "arxiv": ("AN", "C1", "C7", "M1", "M3", "N1", "ID", "SN", "PB", "JO", "JF", "T2", "J2", "VL", "IS", "SP", "L1",
                  "AV", "DP", "CN"),
    },
    "medline": {
        "title": ("TI", "BTI"), "authors": ("FAU", "AU", "CN"), "abstract": ("AB",), "issued": ("DP", "DEP", "EDAT"),
        "doi": ("LID", "AID"), "url": (), "keywords": ("OT",), "kind": ("PTX",),
        "arxiv": ("LID", "AID", "SO", "PT", "GN"),
    },
    "enw": {
        "title": ("T", "Q"), "authors": ("A",), "abstract": ("X",), "issued": ("8", "D", "7"), "doi": ("R",),
        "url": ("U", ">"), "keywords": ("K",), "kind": ("0",),
        "arxiv": ("M", "Z", "J", "B", "V", "N", "I", "@", "^", "9", "P", "L"),
    },
    "wos": {
        "title": ("TI", "T1"), "authors": ("AF", "AU", "A1"), "abstract": ("AB",), "issued": ("PY", "YR", "EA"),
        "doi": ("DI", "DO"), "url": ("UR", "LK"), "kind": ("RT",),
        "keywords": ("DE", "KW", "K1"),
        "arxiv": ("UT", "AR", "SO", "JF", "T2", "NO", "VO", "ID"),
    },
}  # fmt: skip
_ARXIV = re.compile(r"(?i)arxiv|\babs/")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SLASHED = re.compile(r"(?P<year>(?:19|20)\d\d)(?:/(?P<month>\d{0,2}))?(?:/(?P<day>\d{0,2}))?(?:/.*)?")
_MEDLINE_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?: (?P<month>[A-Z][a-z]{2})(?:-[A-Z][a-z]{2})?(?: (?P<day>\d{1,2}))?)?\b.*"
)
_BRACKETED = re.compile(r"\[(?P<inner>.*)\]\.?")
_DOI_MARK = re.compile(r"\s*\[(?:doi|pii)\]\s*$")
_OTHERS = re.compile(r"(?i)et\.? ?al\.?|others|\.\.\.|…|anonymous")


class RisReader:
    """Reads records of lines with tags; volumes, programs, data sets and web pages that are no papers are skipped."""

    name = "ris"

    def recognise(self, text: str) -> float:
        """Surely if a record begins and has fields of its form."""
        return _SURE if form_of(head_of(text)) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield the papers and what is none; raises DigestError if there is no record."""
        form = form_of(text) or "ris"
        found, count = Entries(), 0
        for each in records(text, form):
            if isinstance(each, Loose):
                found.skip(each.line, each.text, "a line outside of the records")
            else:
                count += 1
                _put(found, each, text, digest)
        if not count:
            problem = "there is no record that begins with `TY  - `, `PMID- `, `%0` or `PT`"
            raise DigestError(digest, 1, f"{problem}; export it again, or name the format with --reader.")
        yield from found


def _put(found: Entries, record: Record, text: str, digest: str) -> None:
    tags = _TAGS[record.form]
    values: dict[str, list[Piece]] = {}
    for each in record.pieces:
        values.setdefault(each.tag, []).append(each)
    piece = next((each for tag in tags["title"] for each in values.get(tag, ()) if clean(" ".join(each.lines))), None)
    title = _title(piece, record.form) if piece else ""
    if not piece or not title or piece.start >= piece.end:
        shown = "; ".join(" ".join(each.lines) for each in record.pieces[:5])
        found.skip(record.line, shown, "a record without a title" if record.closed else "a record without an end")
        return
    if len(title) > MAX_TITLE:
        found.skip(piece.line, title, f"a title of {len(title):,} characters")
        return
    abstract = without_markup(_joined(values, tags["abstract"]))
    mention = Mention(
        title=title,
        abstract=abstract if is_description(abstract) else "",
        authors=_authors(values, tags["authors"]),
        issued=_issued(values, tags["issued"], record.form),
        **_ids(values, tags),
        digest=digest,
        line=piece.line,
        raw=text[piece.start : piece.end],
        keywords=_keywords(values, tags["keywords"]),
    )
    found.put(_kind(values, tags["kind"]), mention)
    if not record.closed:
        found.skip(record.pieces[-1].line, " ".join(record.pieces[-1].lines), "the end of the record is missing")


def _title(piece: Piece, form: str) -> str:
    title = without_markup(" ".join(piece.lines))
    if form == "medline":  # it has a full stop, and brackets round what was translated
        title = title.removesuffix(".") if not title.endswith("..") else title
        found = _BRACKETED.fullmatch(title)
        title = (found["inner"] if found else title).strip()
    return title


def _joined(values: Mapping[str, Sequence[Piece]], tags: Sequence[str]) -> str:
    """Return the first field that is there; notes are no abstract unless they read like one."""
    texts = (" ".join(line for each in values[tag] for line in each.lines) for tag in tags if tag in values)
    return next((text for text in texts if text.strip()), "")


def _keywords(values: Mapping[str, Sequence[Piece]], tags: Sequence[str]) -> tuple[str, ...]:
    """Return the keywords, one a line; databases part them by semicolons (a comma may be part of one)."""
    lines = (line for tag in tags for each in values.get(tag, ()) for line in each.lines)
    return keywords_of(without_markup(part) for line in lines for part in line.split(";"))


def _authors(values: Mapping[str, Sequence[Piece]], tags: Sequence[str]) -> tuple[str, ...]:
    """Return the names, one a field or a line of it; some put all into one, parted by semicolons."""
    tag = next((tag for tag in tags if tag in values), "")
    lines = [line for each in values.get(tag, ()) for line in each.lines]
    names = [clean(without_markup(name)).strip(" ,;") for line in lines for name in re.split(r"\s*;\s*", line)]
    return tuple(name for name in names if name and not _OTHERS.fullmatch(name))


def _issued(values: Mapping[str, Sequence[Piece]], tags: Sequence[str], form: str) -> PartialDate | None:
    """Return the date that says most: a day before a month before a year."""
    texts = [clean(" ".join(each.lines)) for tag in tags for each in values.get(tag, ())]
    year = next((found[0] for text in texts if (found := _YEAR.search(text))), "")
    if form == "wos":
        month = clean(" ".join(line for each in values.get("PD", ()) for line in each.lines))
        found = re.fullmatch(r"(?P<month>[A-Z]{3})(?:-[A-Z]{3})?(?: (?P<day>\d{1,2}))?", month)
        if year and found:
            return date_of(year, found["month"].capitalize(), found["day"] or "")
    dates = [date for text in texts if (date := _date(text, year))]
    return max(
        dates, key=lambda date: (date.year is not None, date.month is not None, date.day is not None), default=None
    )


def _date(text: str, year: str) -> PartialDate | None:
    found = _SLASHED.fullmatch(text) or _MEDLINE_DATE.fullmatch(text)
    if found:
        return date_of(found["year"], found["month"] or "", found["day"] or "")
    if re.fullmatch(r"(?:19|20)\d{6}", text):  # MEDLINE's DEP
        return date_of(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    date = date_of(text)
    if date and date.year is None and year:  # EndNote has the year apart
        return PartialDate(int(year), date.month, date.day)
    return date


def _ids(values: Mapping[str, Sequence[Piece]], tags: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return `arxiv_id`, `doi` and `url` from the fields that may say so."""
    dois, urls = list(_texts(values, tags["doi"])), list(_texts(values, tags["url"]))
    said = [references(text) for text in (*dois, *urls)]
    others = [text for text in _texts(values, tags["arxiv"]) if len(text) < 2_000 and _ARXIV.search(text)]  # noqa: PLR2004
    ids = (find_arxiv_id(text) for text in (*(t for t in (*dois, *urls) if _ARXIV.search(t)), *others))
    return {
        "arxiv_id": next((found for found in ids if found), ""),
        "doi": next((each["doi"] for each in said if each["doi"]), ""),
        "url": next((each["url"] for each in said if each["url"]), ""),
    }


def _texts(values: Mapping[str, Sequence[Piece]], tags: Sequence[str]) -> Iterator[str]:
    for tag in tags:
        for each in values.get(tag, ()):
            for line in each.lines:
                yield _DOI_MARK.sub("", line)


def _kind(values: Mapping[str, Sequence[Piece]], tags: Sequence[str]) -> str:
    return next((values[tag][0].lines[0] for tag in tags if tag in values), "")
