"""Count the requests that the live source makes, on the stand-in arXiv: how few they are, and that nothing is lost.

    python tests/benchmarks/arxiv_requests.py ../shared/accuracy [--titles 5000] [--faults 5]

Asks first the titles of the sample digest, then those of the accuracy pairs, each with an empty cache and without the
catalogue, then again with the cache of the first run, then with faults. Run by hand; results: docs/arxiv.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import refkit
from refkit.metadata.arxiv import ArxivSource
from refkit.model import Mention, Resolution, Verdict
from refkit.protocols import Surroundings
from refkit.testing import ArxivCorpus, ArxivServer, every

ROOT = Path(__file__).parents[2]
Rows = Sequence[dict[str, Any]]
# With faults the pace is kept too, sixty times as fast as arXiv's; back-off shrinks with it.
_INTERVAL = 0.05


def pairs(folder: Path, count: int) -> Rows:
    with gzip.open(folder / "pairs.jsonl.gz") as file:
        rows = [row for row in map(json.loads, file) if not row["suspect_link"]]
    return random.Random(20261125).sample(rows, min(count, len(rows)))  # noqa: S311 - a sample, not a secret


def sample() -> tuple[Rows, list[Mention]]:
    mentions = refkit.read(ROOT / "seeds/trending-papers.txt")
    known = {row["title"]: row["arxiv_id"] for row in map(json.loads, (ROOT / "seeds/truth.jsonl").open())}
    rows = [{"arxiv_id": known[each.title], "in_pool": True, "same_title_ids": []} for each in mentions]
    return rows, [Mention(title=each.title) for each in mentions]


def judge(rows: Rows, found: Sequence[Resolution]) -> Counter[str]:
    """Count right, wrong and missed answers; of what is missed, what is at least among the candidates."""
    count: Counter[str] = Counter()
    for row, resolution in zip(rows, found, strict=True):
        right = {row["arxiv_id"], *row["same_title_ids"]} if row["in_pool"] else set()
        if resolution.verdict is Verdict.FAILED:
            count["failed"] += 1
        elif resolution.record:
            count["right" if resolution.record.arxiv_id in right else "wrong"] += 1
        elif right & {each.record.arxiv_id for each in resolution.candidates}:
            count["ambiguous, right among them" if resolution.verdict is Verdict.AMBIGUOUS else "refused"] += 1
        else:
            count["not in the pool" if not right else "not retrieved"] += 1
    return count


def run(what: str, server: ArxivServer, rows: Rows, mentions: Sequence[Mention], home: Path) -> list[Resolution]:
    interval = _INTERVAL if "faults" in what else 0.0
    server.clear()
    source = ArxivSource.open({"url": server.url, "interval": interval}, Surroundings(cache=home, state=home))
    start = time.perf_counter()
    found = refkit.resolve(mentions, sources=[source])
    seconds = time.perf_counter() - start
    kinds = Counter("by id" if each.params.get("id_list") else each.method for each in server.requests)
    told = ", ".join(f"{count} {name}" for name, count in sorted(kinds.items())) or "none"
    faulty = sum(bool(each.fault) for each in server.requests)
    print(f"{what}: {len(server.requests)} requests ({told}; {faulty} with a fault), {seconds:.0f} s")
    print(f"  {dict(sorted(judge(rows, found).items()))}; breaches of the pace: {server.violations(interval)[:3]}")
    return found


def measure(name: str, corpus: ArxivCorpus, rows: Rows, mentions: Sequence[Mention], fault: int) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with ArxivServer(corpus) as server:
            first = run(f"{name}, empty cache", server, rows, mentions, Path(one))
            again = run(f"{name}, second run", server, rows, mentions, Path(one))
        with ArxivServer(corpus, faults=every(fault)) as server:
            faulty = run(f"{name}, with faults", server, rows, mentions, Path(other))
    print(f"  the second run gave the same: {again == first}; with faults the same: {same(first, faulty)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--titles", type=int, default=5000)
    parser.add_argument("--faults", type=int, default=5, help="each so many-th answer is a fault, of all kinds in turn")
    options = parser.parse_args()
    corpus = ArxivCorpus.from_files(ROOT / "refkit/metadata/catalogue.jsonl", options.folder / "arxiv-400k.jsonl.gz")
    print(f"stand-in: {len(corpus)} records", flush=True)
    measure("sample", corpus, *sample(), options.faults)
    rows = pairs(options.folder, options.titles)
    measure("pairs", corpus, rows, [Mention(title=row["title"]) for row in rows], options.faults)


def same(ones: Sequence[Resolution], others: Sequence[Resolution]) -> str:
    equal = sum(
        one.verdict is other.verdict and one.record == other.record for one, other in zip(ones, others, strict=True)
    )
    return f"{equal} of {len(ones)} verdicts"


if __name__ == "__main__":
    main()
