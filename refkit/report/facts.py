"""What a report says, before it is HTML: papers, open titles, and how they lie in time, theme and author. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from refkit.model import PartialDate, Resolution, Work

if TYPE_CHECKING:
    from refkit.digests.loading import Reading

# Lengths of a column of the timeline in months, and at most so many columns: more could not be read on a phone.
_LENGTHS = (1, 3, 12, 24, 60, 120, 240)
_MOST_COLUMNS = 12
_YEAR, _QUARTER = 12, 3

Place = tuple[str, int]


class Paper(Struct, frozen=True, kw_only=True):
    """A paper that was matched: `places` are where digests name it, `zotero` the address of its item, "" if unknown."""

    work: Work
    resolution: Resolution
    places: tuple[Place, ...] = ()
    bibtex: str = ""
    zotero: str = ""


class Title(Struct, frozen=True, kw_only=True):
    """A title that was not matched, once, with all places where digests name it."""

    resolution: Resolution
    places: tuple[Place, ...] = ()


class Occasion(Struct, frozen=True, kw_only=True):
    """What a report is about beside its papers; only `day` knows of a clock, and only the caller's.

    `asked` names the sources, `unread` says of each file that could not be read why.
    """

    title: str = ""
    day: dt.date | None = None
    asked: Sequence[str] = ()
    readings: Sequence[Reading] = ()
    unread: Sequence[str] = ()
    zotero: Mapping[str, str] = field(default_factory=dict)


class Column(NamedTuple):
    """A stretch of time: months since the year 0 from `first`, of them `length`."""

    first: int
    length: int

    @property
    def label(self) -> str:
        """What people call it."""
        year, month = divmod(self.first, _YEAR)
        if self.length == 1:
            return f"{year:04}-{month + 1:02}"
        if self.length == _QUARTER:
            return f"{year:04} Q{month // _QUARTER + 1}"
        years = self.length // _YEAR
        return f"{year:04}" if years == 1 else f"{year:04}–{(year + years - 1) % 100:02}"


class Timeline(NamedTuple):
    """Papers by the date of their first version: a row of counts for all, and one for each theme, most papers first."""

    columns: tuple[Column, ...]
    everything: tuple[int, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    undated: int


class Pair(NamedTuple):
    """Two themes and the number of papers that have both."""

    one: str
    other: str
    papers: int


def papers_of(
    resolutions: Sequence[Resolution], works: Iterable[Work], entries: Mapping[str, str], occasion: Occasion
) -> list[Paper]:
    """Return the papers in the order of the works; `entries` are their BibTeX by arXiv id."""
    names = digest_names(resolutions, occasion)
    places: dict[str, list[Place]] = defaultdict(list)
    first: dict[str, Resolution] = {}
    for found in resolutions:
        if found.record:
            first.setdefault(found.record.arxiv_id, found)
            places[found.record.arxiv_id].append(_place(found, names))
    return [
        Paper(
            work=work,
            resolution=first[arxiv_id],
            places=tuple(dict.fromkeys(places[arxiv_id])),
            bibtex=entries.get(arxiv_id, ""),
            zotero=occasion.zotero.get(arxiv_id, ""),
        )
        for work in works
        if (arxiv_id := work.record.arxiv_id) in first
    ]


def open_titles(resolutions: Sequence[Resolution], occasion: Occasion) -> list[Title]:
    """Return each different title that was not matched, in the order of the digests."""
    names = digest_names(resolutions, occasion)
    first: dict[tuple[str, str, str], Resolution] = {}
    places: dict[tuple[str, str, str], list[Place]] = defaultdict(list)
    for found in resolutions:
        if not found.record:
            same = (found.mention.title, found.verdict.value, found.reason)
            first.setdefault(same, found)
            places[same].append(_place(found, names))
    return [Title(resolution=found, places=tuple(dict.fromkeys(places[same]))) for same, found in first.items()]


def _place(found: Resolution, names: Mapping[str, str]) -> Place:
    return names.get(found.mention.digest, found.mention.digest), found.mention.line


def digest_names(resolutions: Iterable[Resolution], occasion: Occasion) -> dict[str, str]:
    """Return a name for each digest: no more of its path than tells it from the others, for a report travels."""
    digests = [found.mention.digest for found in resolutions] + [reading.digest for reading in occasion.readings]
    paths = list(dict.fromkeys(digest for digest in digests if digest))
    return dict(zip(paths, short_names(paths), strict=True))


def short_names(paths: Sequence[str]) -> list[str]:
    """Return the shortest ends of different paths that are different from each other."""
    ends = [PurePath(path).parts or (path,) for path in paths]
    names = [each[-1] for each in ends]
    for length in range(2, max(map(len, ends), default=0) + 1):
        count = Counter(names)
        names = [
            name if count[name] == 1 else str(PurePath(*each[-length:])) for name, each in zip(names, ends, strict=True)
        ]
    return names


def theme_counts(papers: Iterable[Paper]) -> list[tuple[str, int]]:
    """Return the themes with their papers, most papers first."""
    count = Counter(theme for paper in papers for theme in themes_of(paper))
    return sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))


def themes_of(paper: Paper) -> list[str]:
    """Return the themes of a paper, each once, sorted."""
    return sorted({tag.theme for tag in paper.work.themes})


def recurring_authors(papers: Iterable[Paper]) -> list[tuple[str, int]]:
    """Return who wrote two papers or more, as arXiv writes the name, most papers first."""
    count = Counter(name for paper in papers for name in dict.fromkeys(map(str, paper.work.record.authors)))
    return sorted(
        ((name, papers) for name, papers in count.items() if papers > 1), key=lambda each: (-each[1], each[0])
    )


def theme_pairs(papers: Iterable[Paper]) -> list[Pair]:
    """Return which themes papers have together, most papers first."""
    count = Counter(pair for paper in papers for pair in combinations(themes_of(paper), 2))
    return [Pair(one, other, n) for (one, other), n in sorted(count.items(), key=lambda each: (-each[1], each[0]))]


def timeline(papers: Sequence[Paper]) -> Timeline | None:
    """Return the papers by time and theme; None if of no paper the year is known."""
    dated = [(month, paper) for paper in papers if (month := _month(paper.work.record.submitted)) is not None]
    if not dated:
        return None
    columns = _columns([paper.work.record.submitted for _, paper in dated])
    start, length = columns[0]
    where = [((month - start) // length, paper) for month, paper in dated]
    rows = {theme: [0] * len(columns) for theme, _ in theme_counts(paper for _, paper in dated)}
    everything = [0] * len(columns)
    for column, paper in where:
        everything[column] += 1
        for theme in themes_of(paper):
            rows[theme][column] += 1
    counted = tuple((theme, tuple(counts)) for theme, counts in rows.items())
    return Timeline(tuple(columns), tuple(everything), counted, len(papers) - len(dated))


def _month(date: PartialDate | None) -> int | None:
    """Return months since the year 0; of a date that is only a year, its first."""
    if date is None or date.year is None:
        return None
    return date.year * _YEAR + (date.month or 1) - 1


def _columns(dates: Iterable[PartialDate | None]) -> list[Column]:
    """Return as short columns as fit, but none shorter than the dates are exact."""
    known = [date for date in dates if date]
    months = [month for date in known if (month := _month(date)) is not None]
    least = 1 if all(date.month for date in known) else _YEAR
    lengths = [length for length in _LENGTHS if length >= least]
    fitting = (each for each in lengths if max(months) // each - min(months) // each < _MOST_COLUMNS)
    length = next(fitting, lengths[-1])
    return [Column(number * length, length) for number in range(min(months) // length, max(months) // length + 1)]
