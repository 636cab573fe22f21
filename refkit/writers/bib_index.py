"""Which entries of a .bib file are a paper, and which of them are the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from refkit.model import Work, plain_arxiv_id
from refkit.names import family_key
from refkit.normalize import title_key
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_identity import Identity, bare_doi, identify
from refkit.writers.bib_scan import Block

# How many years the entry of a paper may lie before its preprint (a preprint posted in January of a paper of December)
# and after it. No collection at hand has both years, so this is a choice: the exact title and the first author carry
# the weight, and the years only keep apart what recurs, like "Introduction" or a yearly report.
_BEFORE, _AFTER = 1, 4


class Index:
    """The entries of a file by what identifies them; broken ones too, so that their papers are not added again."""

    def __init__(self, file: BibFile) -> None:
        self.blocks = [block for block in file.blocks if block.kind in ("entry", "broken")]
        self.identities = [identify(block, file.strings) for block in self.blocks]
        self._by_id: dict[str, list[int]] = defaultdict(list)
        self._by_doi: dict[str, list[int]] = defaultdict(list)
        self._by_title: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, who in enumerate(self.identities):
            if who.arxiv_id:
                self._by_id[who.arxiv_id].append(place)
            if who.doi:
                self._by_doi[who.doi].append(place)
            if who.title_key and who.family:
                self._by_title[who.title_key, who.family].append(place)

    def find(self, work: Work) -> list[int]:
        """Return the places (in `blocks`) of the entries that are this paper, surest first."""
        wanted = identity_of(work)
        titles = {title_key(title) for title in (work.record.title, *work.record.former_titles)}
        found = [
            place for place in self._by_id.get(wanted.arxiv_id, ()) if self._is_own(self.identities[place], titles)
        ]
        published = replace(wanted, doi=work.publication.doi.lower()) if work.publication else wanted
        for each in (wanted, published):
            found += [place for place in self._by_doi.get(each.doi, ()) if not _differ(self.identities[place], each)]
        for title in sorted(titles):
            found += [
                place
                for place in self._by_title.get((title, wanted.family), ())
                if _near(wanted.year, self.identities[place].year)
                and not (_differ(self.identities[place], wanted) and _differ(self.identities[place], published))
            ]
        return list(dict.fromkeys(found))

    def _is_own(self, who: Identity, titles: set[str]) -> bool:
        """Whether the arXiv id of an entry is its own: an id in a note is so only with the title."""
        return not who.loose or not who.title_key or who.title_key in titles

    def duplicates(self) -> Iterator[list[int]]:
        """Yield the places of entries that are one paper, at least two each, in the order of the file."""
        leader = list(range(len(self.blocks)))

        def top(place: int) -> int:
            while leader[place] != place:
                leader[place] = leader[leader[place]]
                place = leader[place]
            return place

        for first, second in self._pairs():
            one, other = sorted((top(first), top(second)))
            leader[other] = one
        groups: dict[int, list[int]] = defaultdict(list)
        for place in range(len(self.blocks)):
            groups[top(place)].append(place)
        yield from (places for places in groups.values() if len(places) > 1)

    def _pairs(self) -> Iterator[tuple[int, int]]:
        for place, who in enumerate(self.identities):
            same = [other for other in self._by_id.get(who.arxiv_id, ()) if not self.identities[other].loose][:1]
            same += self._by_doi.get(who.doi, ())[:1]
            same += self._by_title.get((who.title_key, who.family), ())[:1]
            for other in same:
                if other != place and self._are_one(who, self.identities[other]):
                    yield other, place

    def _are_one(self, who: Identity, other: Identity) -> bool:
        if who.loose or _differ(who, other):
            return False
        ids = (who.arxiv_id and who.arxiv_id == other.arxiv_id) or (who.doi and who.doi == other.doi)
        return bool(ids) or (who.title_key == other.title_key and _near(who.year, other.year, either=True))


def identity_of(work: Work) -> Identity:
    """Return who a work is, as an entry would say it."""
    record = work.record
    first = record.authors[0] if record.authors else None
    return Identity(
        arxiv_id=plain_arxiv_id(record.arxiv_id),
        doi=bare_doi(record.doi),
        title_key=title_key(record.title),
        family=family_key(f"{first.family}, {first.given}" if first.family and first.given else str(first))
        if first
        else "",
        year=record.submitted.year or 0 if record.submitted else 0,
    )


def _differ(one: Identity, other: Identity) -> bool:
    """Whether ids tell two entries apart."""
    if one.arxiv_id and other.arxiv_id and not (one.loose or other.loose):
        return one.arxiv_id != other.arxiv_id
    return bool(one.doi and other.doi and one.doi != other.doi)


def _near(preprint: int, entry: int, *, either: bool = False) -> bool:
    """Whether an entry with this year may be of a preprint of that one; what is unknown tells nothing."""
    if not preprint or not entry:
        return True
    apart = entry - preprint
    return -_BEFORE <= apart <= _AFTER or (either and -_AFTER <= apart <= _BEFORE)


def shown(block: Block) -> str:
    """Return how an entry is named in messages."""
    return f"{block.key or 'an entry without a key'} (line {block.line})"


def keys_of(blocks: Sequence[Block]) -> set[str]:
    """Return the keys of blocks as BibTeX compares them."""
    return {block.key.casefold() for block in blocks if block.key}
