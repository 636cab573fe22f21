"""Measure the matcher on real digests with known answers: precision, recall, false accepts, by relation.

    python tests/benchmarks/accuracy.py ../shared/accuracy [--sample 6000] [--twins 20000]

Ids and links are hidden from the matcher. `--twins` asks for that many titles of the pool while their own record is
hidden: whatever is then accepted is a neighbour, so a wrong paper. Run by hand; its output stands in docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from refkit.matching.resolver import Resolver
from refkit.metadata.index.source import IndexedSource
from refkit.metadata.snapshot import read_records
from refkit.metadata.titles import TitleIndex
from refkit.model import Answer, Mention, PartialDate, Resolution, Verdict

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


def date(text: str | None) -> PartialDate | None:
    try:
        return PartialDate.parse((text or "")[:10])
    except ValueError:
        pass
    try:
        day = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return PartialDate(day.year, day.month, day.day)


def mention(row: Row, *, bare: bool) -> Mention:
    authors = row.get("authors") or ()
    if isinstance(authors, str):
        authors = tuple(name.strip() for name in re.split(r"[,;]| and ", authors) if name.strip())
    if bare:
        return Mention(title=row["title"])
    return Mention(
        title=row["title"],
        abstract=row.get("abstract") or "",
        authors=tuple(authors),
        issued=date(row.get("date")),
    )


def measure(resolver: Resolver, pairs: Sequence[Row], *, bare: bool) -> tuple[Row, list[tuple[Row, Resolution]]]:
    start = time.perf_counter()
    found = resolver.resolve([mention(row, bare=bare) for row in pairs])
    seconds = time.perf_counter() - start
    count: Counter[str] = Counter()
    wrong = []
    for row, resolution in zip(pairs, found, strict=True):
        right = {row["arxiv_id"], *row["same_title_ids"]} if row["in_pool"] else set()
        kind = row["relation"]
        count[f"{kind} all"] += 1
        count["ambiguous"] += resolution.verdict is Verdict.AMBIGUOUS
        if resolution.record is None:
            continue
        good = resolution.record.arxiv_id in right
        count[f"{kind} {'right' if good else 'wrong'}"] += 1
        if not good:
            wrong.append((row, resolution))
    return summary(count, len(pairs) / seconds), wrong


def summary(count: Counter[str], speed: float) -> Row:
    kinds = ("exact", "norm", "old_version", "near", "far")
    right = sum(count[f"{kind} right"] for kind in kinds)
    wrong = sum(count[f"{kind} wrong"] for kind in (*kinds, "absent"))
    total = sum(count[f"{kind} all"] for kind in kinds)
    return {
        "precision": round(right / (right + wrong), 4),
        "recall": round(right / total, 4),
        "absent_accepted": f"{count['absent wrong']} of {count['absent all']}",
        "ambiguous": count["ambiguous"],
        "titles_per_second": round(speed),
        **{
            kind: f"{count[f'{kind} right']} right, {count[f'{kind} wrong']} wrong of {count[f'{kind} all']}"
            for kind in kinds
        },
    }


def told_of(kind: str, count: Counter[str]) -> str:
    return f"{count[f'{kind} right']} right, {count[f'{kind} wrong']} wrong of {count[f'{kind} all']}"


def told(found: Resolution) -> str:
    return f"{found.mention.title!r}\n     -> {found.candidates[0].record.title!r}: {found.reason}"


def accepted(resolver: Resolver, mentions: Iterable[Mention]) -> list[Resolution]:
    return [found for found in resolver.resolve(tuple(mentions)) if found.record]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="pairs and negatives to take; 0: all")
    parser.add_argument("--twins", type=int, default=20000)
    parser.add_argument("--wrong", type=int, default=40, help="wrong answers to print")
    options = parser.parse_args()
    with gzip.open(options.folder / "arxiv-400k.jsonl.gz") as file:
        pool = list(read_records(file, name="arxiv-400k.jsonl.gz"))
    index = TitleIndex(pool)
    print(f"pool: {len(index)} records", flush=True)
    chance = random.Random(20261124)  # noqa: S311 - a sample, not a secret
    pairs = [row for row in rows(options.folder / "pairs.jsonl.gz") if not row["suspect_link"]]
    negatives = rows(options.folder / "negatives.jsonl.gz")
    if options.sample:
        pairs, negatives = (
            chance.sample(pairs, options.sample),
            chance.sample(negatives, min(4000, options.sample)),
        )
    resolver = Resolver([IndexedSource(lambda: index)])
    for bare in (False, True):
        figures, wrong = measure(resolver, pairs, bare=bare)
        kind = "title only:" if bare else "all evidence:"
        print(kind, json.dumps(figures, indent=1), flush=True)
        for row, found in wrong[: options.wrong]:
            print(f"  WRONG ({row['relation']})", told(found))
    for bare in (False, True):
        taken = accepted(resolver, (mention(row, bare=bare) for row in negatives))
        print(f"negatives accepted ({'title only' if bare else 'with authors'}): {len(taken)} of {len(negatives)}")
        for found in taken[:10]:
            print(" ", told(found))
    twins = chance.sample(pool, options.twins)
    taken = accepted(
        Resolver([Hiding(lambda: index)]), (Mention(title=each.title, url=each.arxiv_id) for each in twins)
    )
    print(f"neighbours accepted with the own record hidden: {len(taken)} of {len(twins)}")
    for found in taken[: options.wrong]:
        print(" ", found.mention.url, told(found))


if __name__ == "__main__":
    main()
