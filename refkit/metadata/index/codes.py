"""Ids, dates and titles in the few bytes in which the index keeps them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from refkit.metadata.snapshot import parsed_author
from refkit.model import Author, PartialDate, is_arxiv_id

# The archives of ids before April 2007 (arxiv.org/help/arxiv_identifier); the list is closed, and its order is part of
# the format.
ARCHIVES = tuple(
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga "
    "funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph "
    "q-alg q-bio quant-ph solv-int supr-con".split()
)
_ARCHIVE = {name: number for number, name in enumerate(ARCHIVES)}
# An id is one number of 32 bits, and the numbers sort as the ids of a snapshot do: new ones first.
_OLD = 1 << 31
_MONTHS, _NEW_EACH, _OLD_EACH = 12, 100_000, 1_000
_FIRST_LONG = 15 * _MONTHS  # 1501: from here on five digits
# A date is year, month and day in 7, 4 and 5 bits; 0 stands for an unknown part.
_FIRST_YEAR = 1970
_CREATED = re.compile(r"(?:\w{3}, )?(\d{1,2}) (\w{3}) (\d{4})\b")
_MONTH = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

_TAB = "\t"
# What stands between the title, its key where that is not to be had from the title by `plain_key`, and its DOI.
BETWEEN = b"\0"
_KEPT = bytes(char + 32 if 65 <= char <= 90 else char for char in range(256))  # noqa: PLR2004 - A to Z
_DROPPED = bytes(char for char in range(256) if not (char < 128 and chr(char).isalnum()))  # noqa: PLR2004 - ASCII
_DROPPED_IN_LINES = _DROPPED.replace(b"\n", b"")


def encode_id(arxiv_id: str) -> int:
    """Return an id as a number. Raises ValueError for what is not an arXiv id without version."""
    month, dot, number = arxiv_id.partition(".")
    if dot and number.isdecimal() and number.isascii() and (first := _first_of(month, len(number))) is not None:
        return first + int(number)
    if not is_arxiv_id(arxiv_id):
        raise ValueError(f"{arxiv_id!r} is not an arXiv id")
    archive, _, number = arxiv_id.rpartition("/")
    year, month_of_year = int(number[:2]), int(number[2:4]) - 1
    if archive not in _ARCHIVE:
        raise ValueError(f"{arxiv_id!r} is of no archive that arXiv had")
    years = (year - 90) % 100  # 1991 before 2007, so that they sort
    return _OLD | ((_ARCHIVE[archive] * 100 + years) * _MONTHS + month_of_year) * _OLD_EACH + int(number[4:])


@lru_cache(maxsize=1 << 12)  # a snapshot has some 240 months
def _first_of(month: str, digits: int) -> int | None:
    """Return the number of the id 0 of a month; None if its ids do not look so."""
    if not is_arxiv_id(f"{month}.{1:0{digits}}"):
        return None
    return (int(month[:2]) * _MONTHS + int(month[2:]) - 1) * _NEW_EACH


def decode_id(code: int) -> str:
    """Return the id that `encode_id` made a number of."""
    if code < _OLD:
        month, number = divmod(code, _NEW_EACH)
        width = 5 if month >= _FIRST_LONG else 4
        return f"{month // _MONTHS:02}{month % _MONTHS + 1:02}.{number:0{width}}"
    months, number = divmod(code - _OLD, _OLD_EACH)
    rest, month = divmod(months, _MONTHS)
    archive, years = divmod(rest, 100)
    return f"{ARCHIVES[archive]}/{(years + 90) % 100:02}{month + 1:02}{number:03}"


def encode_date(date: PartialDate | None) -> int:
    """Return a date as 16 bits; 0 where nothing is known, or no year that arXiv can have."""
    if date is None or date.year is None or not 0 < date.year - _FIRST_YEAR < 128:  # noqa: PLR2004 - 7 bits
        return 0
    return (date.year - _FIRST_YEAR) << 9 | (date.month or 0) << 5 | (date.day or 0)


def decode_date(code: int) -> PartialDate | None:
    """Return the date that `encode_date` made 16 bits of."""
    return PartialDate(_FIRST_YEAR + (code >> 9), (code >> 5 & 15) or None, (code & 31) or None) if code else None


def read_created(text: str) -> PartialDate | None:
    """Return the day of a version, as e-mails write it (`Mon, 2 Apr 2007 19:18:42 GMT`); None for anything else."""
    found = _CREATED.match(text)
    if not found or found[2] not in _MONTH or not 1 <= int(found[1]) <= 31:  # noqa: PLR2004 - days
        return None
    return PartialDate(int(found[3]), _MONTH[found[2]], int(found[1]))


def encode_authors(names: Sequence[Sequence[str]]) -> bytes:
    """Return names as an index takes them: one a line, their parts between tabs, which no part has in it."""
    if not all(map(str.isprintable, chain.from_iterable(names))):
        names = [[" ".join(part.split()) for part in parts] for parts in names]
    return "\n".join([_TAB.join(parts) for parts in names]).encode(errors="replace")


def parts_of(author: Author) -> tuple[str, str, str, str]:
    """Return a name that is in its parts already."""
    return author.family, author.given, author.suffix, author.literal


def decode_author(text: str) -> Author:
    """Return the name that the index keeps: four parts, or the two or three that arXiv gives, in TeX."""
    parts = text.split(_TAB)
    return Author(*parts) if len(parts) == len(Author.__struct_fields__) else parsed_author(parts)


def plain_key(title: bytes) -> bytes:
    """Return the ASCII letters and digits of a title in lower case: its key, for most titles."""
    return title.translate(_KEPT, _DROPPED)


def _plain_keys(titles: Sequence[bytes]) -> list[bytes]:
    """Return the same of many titles, none of which has a line feed in it."""
    return b"\n".join(titles).translate(_KEPT, _DROPPED_IN_LINES).split(b"\n") if titles else []


def encode_titles(titles: Sequence[str], keys: Sequence[bytes], dois: Sequence[str]) -> list[bytes]:
    """Return titles as the index keeps them, each with its key if that is another than `plain_key` gives, and its DOI.

    A title is one line; there may be fewer DOIs than titles.
    """
    texts = "\n".join(titles).encode(errors="replace").replace(BETWEEN, b" ").split(b"\n") if titles else []
    kept = [text if plain == key else text + BETWEEN + key
            for text, plain, key in zip(texts, _plain_keys(texts), keys, strict=True)]  # fmt: skip
    for place, doi in enumerate(dois):
        if doi:
            between = BETWEEN if BETWEEN in kept[place] else BETWEEN + BETWEEN
            kept[place] += between + doi.encode(errors="replace")
    return kept


def key_of(entry: bytes) -> bytes:
    """Return the key of a title that the index keeps."""
    title, _, rest = entry.partition(BETWEEN)
    return rest.partition(BETWEEN)[0] or plain_key(title)


def fields_of(entry: bytes) -> tuple[str, str]:
    """Return title and DOI of a title that the index keeps."""
    title, _, rest = entry.partition(BETWEEN)
    return title.decode(), rest.partition(BETWEEN)[2].decode()
