"""Measure what is taken where the record is missing: titles of the pool are asked for while their own is hidden.

    python tests/benchmarks/accuracy.py ../shared/accuracy [--index FILE] [--twins 20000] [--wrong 40]

Whatever is then accepted is a neighbour, so a wrong paper. All other figures are those of `refkit bench`. Run by hand;
its output stands in docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from refkit.bench.gold import row_of
from refkit.bench.run import open_pool
from refkit.matching.resolver import Resolver
from refkit.metadata.index.reading import Index
from refkit.metadata.index.source import IndexedSource
from refkit.model import Answer, Mention, Outcome, Resolution

Row = dict[str, Any]


class Hiding(IndexedSource):
    """The pool without the record that is asked for."""

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        """Answer as the pool would if the mention's own record were not in it."""
        answers = super().search(mentions, limit=limit + 1)
        return [
            Answer(tuple(record for record in answer.records if record.arxiv_id != mention.url)[:limit])
            for mention, answer in zip(mentions, answers, strict=True)
        ]


def rows(path: Path) -> list[Row]:
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def mention(row: Row, *, bare: bool) -> Mention:
    """Return what `refkit bench` shows to the matcher of a row."""
    return row_of(row).mention(titles_only=bare)


def told(found: Resolution) -> str:
    return f"{found.mention.url} {found.mention.title!r}\n     -> {found.candidates[0].record.title!r}: {found.reason}"


def accepted(index: Index, count: int) -> list[Resolution]:
    """Return the neighbours that are taken for so many titles of the pool."""
    chance = random.Random(20261124)  # noqa: S311 - a sample, not a secret
    twins = [index.record(place) for place in chance.sample(range(len(index)), count)]
    asked = tuple(Mention(title=each.title, url=each.arxiv_id) for each in twins)
    return [found for found in Resolver([Hiding(lambda: index)]).resolve(asked) if found.record]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, help="an index of the pool, if there is one")
    parser.add_argument("--twins", type=int, default=20000)
    parser.add_argument("--wrong", type=int, default=40, help="neighbours to print")
    options = parser.parse_args()
    with open_pool(options.index or options.folder / "arxiv-400k.jsonl.gz") as pool:
        index = Index.open(pool.path)
        index.thorough = True  # else nothing but the very title would be found, which is hidden
        taken = accepted(index, options.twins)
    same = sum(found.candidates[0].evidence.title.outcome is Outcome.MATCH for found in taken)
    print(f"neighbours accepted with the own record hidden: {len(taken)} of {options.twins}, {same} of the same title")
    for found in taken[: options.wrong]:
        print(" ", told(found))


if __name__ == "__main__":
    main()
