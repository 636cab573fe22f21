"""Measure a local index: build, size, opening, titles a second, memory, and how often the right record comes first.

    python tests/benchmarks/index_speed.py SNAPSHOT.jsonl INDEX [--sizes 300000 1000000] [--real SEED.jsonl.gz]
        [--holdout FILE.jsonl] [--sample 3000] [--queries 20000] [--skip-build] [--json FILE] [--plot FILE.svg]

SNAPSHOT is any snapshot of arXiv's metadata, or one that `snapshot.py` made. INDEX is built of it, and beside it, with
`.300000` and so on behind, one of its beginning for each of `--sizes`, and with `.real` one of the real records alone.
Titles are of real records, or else of SNAPSHOT, and are spoilt in the ways of `noise.py`. A hit is right if it has the
title that was spoilt, since several papers may bear it. Held-out titles have no answer. Run by hand, on a quiet
machine; the output stands in docs/index.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import noise

from refkit.metadata.index.reading import Index
from refkit.metadata.snapshot import SnapshotLine
from refkit.normalize import title_key

# Words of no title of arXiv's, for titles that say nothing.
_SYLLABLES = "ba ke lo mi nu pra stre tho vi wex yo zu qua fli gro".split()
# Noise that the key of a title does not see, with ASCII letters and with others; all the rest is hard.
EXACT, ACCENTED = ("clean", "case", "punctuation"), ("unicode",)
HARD = tuple(kind for kind in noise.KINDS if kind not in {*EXACT, *ACCENTED, "name"})
_FOUND, _AGAIN, _EXCHANGED = 10, 9, 0.12
_decode = msgspec.json.Decoder(SnapshotLine).decode
Measured = dict[str, Any]

_OPENING = """
import sys, time
from pathlib import Path
from refkit.metadata.index.reading import Index
began = time.monotonic()
index = Index.open(Path(sys.argv[1]))
opened = time.monotonic()
index.find(sys.argv[2], limit=10)
print(opened - began, opened, time.monotonic() - opened)
"""
_MEMORY = """
import sys
from pathlib import Path
from refkit.metadata.index.reading import Index
index = Index.open(Path(sys.argv[1]))
for title in sys.stdin:
    index.find(title, limit=10)
lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
print(*(line.split()[1] for name in ("Anonymous", "Rss") for line in lines if line.startswith(name)))
"""


told = partial(print, file=sys.stderr, flush=True)


def records_of(path: Path, chance: random.Random) -> Iterator[SnapshotLine]:
    """Yield records of a snapshot in an order by chance, each once: of a plain file without reading it all."""
    if path.suffix == ".gz":
        with gzip.open(path) as packed:
            lines = packed.read().splitlines()
        chance.shuffle(lines)
        yield from map(_decode, lines)
        return
    seen: set[str] = set()
    with path.open("rb") as file:
        for _ in range(1_000_000):
            file.seek(chance.randrange(path.stat().st_size))
            file.readline()
            if (line := file.readline()) and (record := _decode(line)).id not in seen:
                seen.add(record.id)
                yield record


def known(index: Index, source: Path, chance: random.Random) -> Iterator[SnapshotLine]:
    """Yield records of a snapshot that are in an index, in an order by chance."""
    for record in records_of(source, chance):
        found = index.get(record.id)
        if found and found.title == plain(record.title):
            yield record


def plain(title: str) -> str:
    return " ".join(title.split())


def spoilt(kinds: Sequence[str], titles: Sequence[str], chance: random.Random) -> list[str]:
    return [noise.KINDS[chance.choice(kinds)](title, chance) or title for title in titles]


def questions(titles: Sequence[str], absent: Sequence[str], count: int, chance: random.Random) -> dict[str, list[str]]:
    """Return titles to ask for, by how hard they are. No title is asked for twice but those without an answer."""
    rest = iter(titles)

    def some(share: float) -> list[str]:
        return list(islice(rest, int(count * share)))

    mix = spoilt(EXACT, some(0.85), chance) + spoilt(HARD, some(0.10), chance)
    mix += chance.sample(absent, min(int(count * 0.05), len(absent)))
    chance.shuffle(mix)
    return {
        "85 % exact, 10 % noisy, 5 % without an answer": mix,
        "exact": spoilt(EXACT, some(0.5), chance),
        "exact but for accents": spoilt(ACCENTED, some(0.1), chance),
        "noisy": spoilt(HARD, some(0.25), chance),
        "without an answer": list(absent),
    }


def nonsense(title: str, chance: random.Random) -> str:
    """Return a title of words that there are not."""
    return " ".join("".join(chance.choices(_SYLLABLES, k=3)) for _ in title.split())


def build(snapshot: Path, target: Path, processes: int) -> Measured:
    """Build an index as users do, and watch the memory of all processes together."""
    command = [sys.executable, "-m", "refkit", "index", "build", str(snapshot), "--index", str(target)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    peak = 0
    with subprocess.Popen([*command, "--jobs", str(processes)], stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            peak = max(peak, sum(map(_resident, _tree(running.pid))))
            time.sleep(0.05)
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} failed; run it by itself.")
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak / 1e6}


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    """Return the bytes that a process has in memory; what several have is counted for each."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return 0


def opening(path: Path, title: str) -> Measured:
    """Open an index in fresh processes; return the medians in milliseconds."""
    runs = []
    for _ in range(_AGAIN):
        began = time.monotonic()
        out = subprocess.check_output([sys.executable, "-c", _OPENING, str(path), title], text=True)
        alone, opened, first = map(float, out.split())
        runs.append((alone * 1e3, (opened - began) * 1e3, first * 1e3))
    names = ("open_ms", "start_and_open_ms", "first_question_ms")
    return dict(zip(names, map(median, zip(*runs, strict=True)), strict=True))


def memory(path: Path, asked: Sequence[str]) -> Measured:
    """Return what a process that only asks an index has in memory at the end, in megabytes."""
    out = subprocess.check_output([sys.executable, "-c", _MEMORY, str(path)], input="\n".join(asked), text=True)
    anonymous, whole = (int(number) * 1024 / 1e6 for number in out.split())
    return {"anonymous_mb": anonymous, "resident_mb": whole, "asked": len(asked)}


def timed(ask: Callable[[str], object], asked: Sequence[str]) -> Measured:
    """Return how many of these a second are answered (of CPU time), and how long each took, in milliseconds."""
    took = []
    began = time.process_time()
    for text in asked:
        start = time.perf_counter()
        ask(text)
        took.append((time.perf_counter() - start) * 1e3)
    seconds = time.process_time() - began
    found = {f"p{share}": sorted(took)[len(took) * share // 100] for share in (50, 90, 99)}
    return {"asked": len(took), "per_second": len(took) / seconds, "us": seconds / len(took) * 1e6, **found}


def recall(index: Index, titles: Sequence[str], kind: str, chance: random.Random) -> Measured:
    """Return how often a spoilt title leads to a record with the right one, as the first and among ten."""
    spoil = noise.KINDS[kind]
    pairs = [(title_key(title), asked) for title in titles if (asked := spoil(title, chance))]
    first = ten = 0
    for key, asked in pairs:
        right = [title_key(index.record(hit.row).title) == key for hit in index.find(asked, limit=_FOUND)]
        first, ten = first + right[:1].count(True), ten + any(right)
    return {"asked": len(pairs), "first": first / len(pairs), "ten": ten / len(pairs)}


def abstracts(index: Index, records: Sequence[SnapshotLine], chance: random.Random) -> dict[str, Measured]:
    """Return how often an abstract leads to its record where the title says nothing, and how fast."""
    words = [word for record in records for word in (record.abstract or "").split()]
    kinds: dict[str, Callable[[str], str]] = {
        "whole": lambda text: text,
        "first two sentences": lambda text: ". ".join(text.split(". ")[:2]),
        "12 % of the words changed": lambda text: " ".join(
            chance.choice(words) if chance.random() < _EXCHANGED else word for word in text.split()
        ),
    }
    results = {}
    for kind, spoil in kinds.items():
        asked = [spoil(plain(record.abstract or "")) for record in records]
        first = ten = 0
        for record, text in zip(records, asked, strict=True):
            found = index.search(nonsense(record.title, chance), limit=_FOUND, abstract=text)
            ids = [each.arxiv_id for each in found]
            first, ten = first + (ids[:1] == [record.id]), ten + (record.id in ids)
        times = timed(lambda text: index.find_abstract(text, limit=3), asked)
        results[kind] = {**times, "first": first / len(asked), "ten": ten / len(asked)}
    return results


def measure(path: Path, source: Path, held: Sequence[str], options: argparse.Namespace) -> Measured:
    """Return all about an index but its building; `source` has the records that are asked for."""
    chance = random.Random(20261126)  # noqa: S311 - a sample, not a secret
    index = Index.open(path)
    records = list(islice(known(index, source, chance), max(2 * options.queries, options.sample)))
    titles = [plain(record.title) for record in records]
    absent = held or [nonsense(title, chance) for title in titles[:2000]]
    asked = questions(titles, absent, options.queries, chance)
    told(f"{path}: {len(index):,} records, {len(records):,} to ask for")
    index.find("Titels liek thiz no papr haz", limit=1)  # what is loaded at the first question is not counted
    found = {name: timed(lambda title: index.find(title, limit=_FOUND), each) for name, each in asked.items()}
    with_abstract = [record for record in records if len(record.abstract or "") > 300][: options.sample]
    return {
        "records": len(index),
        "bytes_per_record": path.stat().st_size / len(index),
        **opening(path, absent[0]),
        "memory": memory(path, next(iter(asked.values()))),
        "speed": found,
        "recall": {kind: recall(index, titles[: options.sample], kind, chance) for kind in noise.KINDS},
        "abstracts": abstracts(index, with_abstract, chance) if with_abstract else {},
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: the first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def report(results: dict[str, Measured]) -> str:
    """Return all results as tables."""
    head, each = ["", *results], results.values()
    about = {
        "build: seconds, CPU seconds, peak MB of all processes": _built,
        "bytes a record": lambda found: f"{found['bytes_per_record']:.0f}",
        "open, ms": lambda found: f"{found['open_ms']:.2f}",
        "start Python, import, open, ms": lambda found: f"{found['start_and_open_ms']:.0f}",
        "first title without an answer after that, ms": lambda found: f"{found['first_question_ms']:.0f}",
        "anonymous MB after the mix": lambda found: f"{found['memory']['anonymous_mb']:.0f}",
    }

    def rows(section: str, shown: Callable[[Measured], str]) -> list[list[str]]:
        names = {name: None for found in each for name in found[section]}
        return [
            [name, *(shown(found[section][name]) if name in found[section] else "-" for found in each)]
            for name in names
        ]

    return "\n".join([
        table(head, [[name, *map(shown, each)] for name, shown in about.items()]),
        "Titles a second and core (CPU time); p50, p90, p99 in ms.\n",
        table(head, rows("speed", _speed)),
        "The right title first; among ten (titles asked for).\n",
        table(head, rows("recall", _recall)),
        "The right record by its abstract alone first; among ten; abstracts a second and core; p50, p99 in ms.\n",
        table(head, rows("abstracts", _abstract)),
    ])  # fmt: skip


def _built(found: Measured) -> str:
    made = found.get("build")
    return f"{made['seconds']:.1f}; {made['cpu']:.0f}; {made['peak_mb']:,.0f}" if made else "-"


def _speed(found: Measured) -> str:
    return f"{found['per_second']:,.0f}; {found['p50']:.3f}, {found['p90']:.2f}, {found['p99']:.2f}"


def _recall(found: Measured) -> str:
    return f"{found['first']:.4f}; {found['ten']:.4f} ({found['asked']:,})"


def _abstract(found: Measured) -> str:
    return f"{_recall(found)}; {found['per_second']:,.0f}; {found['p50']:.2f}, {found['p99']:.2f}"


def plot(results: Sequence[Measured]) -> str:
    """Return a drawing of what a title costs by the number of records (the fewest first), on logarithmic scales."""
    width, height, left, bottom = 700, 400, 60, 350
    least, most = results[0]["records"], results[-1]["records"]
    names = results[0]["speed"]
    colours = ("#1b6ca8", "#2e8b57", "#8a8a2e", "#c0561f", "#8b2e5f")

    def across(records: float) -> float:
        return left + (width - 350) * math.log(records / least) / max(math.log(most / least), 1e-9)

    def up(cost: float) -> float:
        return bottom - 80 * math.log10(cost)

    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    parts = [f'{start} font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="#fff"/>']
    for cost in (1, 10, 100, 1000, 10_000):
        parts += [f'<path d="M{left} {up(cost):.0f}H{across(most):.0f}" stroke="#ddd"/>',
                  f'<text x="{left - 5}" y="{up(cost) + 4:.0f}" text-anchor="end">{cost:,} µs</text>']  # fmt: skip
    for found in results:
        place = across(found["records"])
        parts.append(
            f'<text x="{place:.0f}" y="{bottom + 18}" text-anchor="middle">{found["records"] / 1e6:.1f} M</text>'
        )
    for name, colour in zip(names, colours, strict=True):
        dots = [(across(found["records"]), up(found["speed"][name]["us"])) for found in results]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        parts.append(f'<text x="{dots[-1][0] + 8:.0f}" y="{dots[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def beginning(snapshot: Path, count: int, target: Path) -> Path:
    """Write the first lines of a snapshot to a file."""
    with snapshot.open("rb") as file, target.open("wb") as out:
        for _, line in zip(range(count), file, strict=False):
            out.write(line)
    return target


def real_lines(real: Path, held: Path | None, target: Path) -> Path:
    """Write the lines of a seed to a file, without those that are held out."""
    left = set(held.read_bytes().splitlines()) if held else set()
    with gzip.open(real) if real.suffix == ".gz" else real.open("rb") as file, target.open("wb") as out:
        out.writelines(line for line in file if line.rstrip() not in left)
    return target


def results_of(options: argparse.Namespace) -> Iterator[tuple[str, Measured]]:
    """Build each index if that is wanted, and measure it."""
    held = [plain(_decode(line).title) for line in options.holdout.read_bytes().splitlines()] if options.holdout else []
    snapshot, real, index = options.snapshot, options.real, options.index
    parts: list[tuple[str, Path, Callable[[Path], Path]]] = [
        (f"{count:,}", index.with_name(f"{index.name}.{count}"), partial(beginning, snapshot, count))
        for count in sorted(options.sizes)
    ]
    parts.append(("all", index, lambda _: snapshot))
    if real:
        parts.append(("real", index.with_name(f"{index.name}.real"), partial(real_lines, real, options.holdout)))
    for name, path, write in parts:
        built = None
        if not (options.skip_build and path.exists()):
            told(f"building {path}")
            written = write(path.with_name(f"{path.name}.lines"))
            built = build(written, path, options.processes)
            if written != snapshot:
                written.unlink()
        yield name, {"build": built, **measure(path, real or snapshot, held, options)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[], help="indexes of so many first records, too")
    parser.add_argument("--real", type=Path, help="real records: titles to ask for, and an index of them alone")
    parser.add_argument("--holdout", type=Path, help="lines of records that SNAPSHOT has not")
    parser.add_argument("--sample", type=int, default=3000, help="titles spoilt in each way")
    parser.add_argument("--queries", type=int, default=20000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--skip-build", action="store_true", help="take the indexes that are there")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    results = dict(results_of(options))
    print(report(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot([found for name, found in results.items() if name != "real"]), encoding="utf-8")


if __name__ == "__main__":
    main()
