"""Records by title: the exact normalised title first, then titles that share rare words.

Recall matters here, not trust.

A title may stand for several records (titles are not unique on arXiv), and a record for several titles (former ones).
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz

from refkit.model import ArxivRecord
from refkit.normalize import before_colon, title_key, without_ellipsis, words

# How many postings a search may touch, rarest words first, and how many records are compared letter by letter. On the
# 400,000-record accuracy pool (docs/accuracy.md) more of either found no further answer.
_BUDGET = 20_000
_COMPARED = 40


class TitleIndex:
    """An index in memory over any number of records; the order of the records does not change what is found."""

    def __init__(self, records: Iterable[ArxivRecord]) -> None:
        self._records: dict[str, ArxivRecord] = {}
        self._titles: list[tuple[str, str]] = []  # (key, arXiv id): a record has one for each of its titles
        self._by_key: dict[str, list[int]] = {}
        self._by_word: dict[str, list[int]] = {}
        for record in records:
            self._add(record)

    def _add(self, record: ArxivRecord) -> None:
        self._records[record.arxiv_id] = record
        for title in (record.title, *record.former_titles):
            key, row = title_key(title), len(self._titles)
            self._titles.append((key, record.arxiv_id))
            for found in {key, title_key(before_colon(title))} - {""}:
                self._by_key.setdefault(found, []).append(row)
            for word in set(words(title)):
                self._by_word.setdefault(word, []).append(row)

    def __len__(self) -> int:
        return len(self._records)

    def get(self, arxiv_id: str) -> ArxivRecord | None:
        """Return the record with this id (without version), or None."""
        return self._records.get(arxiv_id)

    def search(self, title: str, *, limit: int) -> list[ArxivRecord]:
        """Return at most `limit` records whose title may be this one, likeliest first."""
        title = without_ellipsis(title)
        key = title_key(title)
        rows = dict.fromkeys(self._exact(title, key))
        rows.update(dict.fromkeys(self._similar(title)))
        ranked = sorted(rows, key=lambda row: (-_similarity(key, self._titles[row][0]), self._titles[row]))
        ids = dict.fromkeys(self._titles[row][1] for row in ranked)
        return [self._records[arxiv_id] for arxiv_id in ids][:limit]

    def _exact(self, title: str, key: str) -> Iterator[int]:
        for found in (key, title_key(before_colon(title))):
            yield from self._by_key.get(found, ())

    def _similar(self, title: str) -> list[int]:
        """Rows that share the rarest words of the title, weighed by how rare these are."""
        postings = sorted((self._by_word[word] for word in set(words(title)) if word in self._by_word), key=len)
        weights: defaultdict[int, float] = defaultdict(float)
        touched = 0
        for rows in postings:
            touched += len(rows)
            if touched > _BUDGET and weights:
                break
            weight = math.log(1 + len(self._titles) / len(rows))
            for row in rows:
                weights[row] += weight
        if not weights:
            return []
        least = heapq.nlargest(_COMPARED, weights.values())[-1]
        best = [row for row, weight in weights.items() if weight >= least]
        return sorted(best, key=lambda row: (-weights[row], self._titles[row]))[:_COMPARED]


def _similarity(key: str, other: str) -> float:
    """How alike two keys are, 0 to 1; a key that begins with the other counts as nearly the same."""
    ratio = fuzz.ratio(key, other) / 100
    if key and other and (key.startswith(other) or other.startswith(key)):
        return max(ratio, 0.9)
    return ratio
