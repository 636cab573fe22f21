"""Measure a local index: build, size, opening, titles a second, memory, and how often the right record comes first.

    python tests/benchmarks/index_speed.py SNAPSHOT.jsonl INDEX [--sample 3000] [--queries 20000] [--skip-build]

SNAPSHOT is any snapshot of arXiv's metadata; titles are spoilt in the ways of `noise.py`. A hit is right if it has the
title that was spoilt, since several papers may bear it. Run by hand, on a quiet machine; the output stands in
docs/index.md.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import noise

from refkit.metadata.index.building import build
from refkit.metadata.index.reading import Index
from refkit.normalize import title_key

# Words of no title of arXiv's, for titles that have no answer.
_SYLLABLES = "ba ke lo mi nu pra stre tho vi wex yo zu qua fli gro".split()


def titles(index: Index, count: int, chance: random.Random) -> list[str]:
    return [index.record(row).title for row in chance.sample(range(len(index)), min(count, len(index)))]


def timed(index: Index, asked: Sequence[str]) -> tuple[list[float], float]:
    took = []
    began = time.process_time()
    for title in asked:
        start = time.perf_counter()
        index.find(title, limit=10)
        took.append(time.perf_counter() - start)
    return sorted(took), time.process_time() - began


def told(name: str, took: Sequence[float], seconds: float) -> str:
    p50, p99 = took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3
    return f"| {name} | {len(took):,} | {len(took) / seconds:,.0f} | {p50:.3f} | {p99:.2f} |"


def nonsense(title: str, chance: random.Random) -> str:
    """A title with half of its words made up: nothing in the index is meant."""
    made = ["".join(chance.choices(_SYLLABLES, k=3)) if chance.random() < 0.5 else word for word in title.split()]
    return " ".join(made)


def spoilt(kinds: Sequence[str], known: Sequence[str], chance: random.Random) -> list[str]:
    return [noise.KINDS[chance.choice(kinds)](title, chance) or title for title in known]


def speed(index: Index, count: int, chance: random.Random) -> None:
    known = titles(index, count, chance)
    hard = [kind for kind in noise.KINDS if kind not in {"clean", "case", "punctuation", "unicode", "name"}]
    exact = spoilt(["clean", "case", "punctuation"], known, chance)
    noisy = spoilt(hard, known[: count // 4], chance)
    absent = [nonsense(title, chance) for title in known[: count // 10]]
    mix = exact[: int(count * 0.85)] + noisy[: int(count * 0.10)] + absent[: int(count * 0.05)]
    chance.shuffle(mix)
    print("\n| titles | asked | a second and core (CPU) | p50, ms | p99, ms |\n|---|---:|---:|---:|---:|")
    for name, asked in (("exact", exact), ("noisy", noisy), ("without an answer", absent), ("85 / 10 / 5 %", mix)):
        print(told(name, *timed(index, asked)), flush=True)
    status = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    anonymous = next(line for line in status.splitlines() if line.startswith("Anonymous"))
    print("\nanonymous memory after that:", " ".join(anonymous.split()[1:]))


def recall(index: Index, count: int, chance: random.Random) -> None:
    print("\n| noise | titles | first | among ten |\n|---|---:|---:|---:|")
    known = titles(index, count, chance)
    for kind, spoil in noise.KINDS.items():
        pairs = [(title, found) for title in known if (found := spoil(title, chance))]
        first = ten = 0
        for title, asked in pairs:
            key = title_key(title)
            right = [title_key(index.record(hit.row).title) == key for hit in index.find(asked, limit=10)]
            first, ten = first + right[:1].count(True), ten + any(right)
        print(f"| {kind} | {len(pairs):,} | {first / len(pairs):.4f} | {ten / len(pairs):.4f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--sample", type=int, default=3000, help="titles spoilt in each way")
    parser.add_argument("--queries", type=int, default=20000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--skip-build", action="store_true")
    options = parser.parse_args()
    chance = random.Random(20261126)  # noqa: S311 - a sample, not a secret
    if not options.skip_build:
        start = time.perf_counter()
        built = build(options.snapshot, options.index, processes=options.processes)
        seconds = time.perf_counter() - start
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(each.ru_utime + each.ru_stime for each in used)
        own, others = (f"{each.ru_maxrss / 1024:,.0f} MB" for each in used)
        print(f"build: {seconds:.1f} s, {cpu:.0f} s of CPU, {built.records:,} records")
        print(f"memory of the process that puts it together: {own}; of the largest other one: {others}")
    start = time.perf_counter()
    index = Index.open(options.index)
    print(f"open: {(time.perf_counter() - start) * 1e3:.1f} ms")
    print(f"size: {options.index.stat().st_size / len(index):.0f} bytes a record, {len(index):,} records")
    speed(index, options.queries, chance)
    recall(index, options.sample, chance)


if __name__ == "__main__":
    main()
