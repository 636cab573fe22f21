"""Measure resolving by the million: titles a second and memory, in processes and on a Dask cluster on this machine.

    python tests/benchmarks/bulk_speed.py INDEX FOLDER [--titles 50000] [--processes 1 2] [--workers 2]

The titles are those of the index: 85 % of them as they are or nearly, 10 % spoilt in the ways of `noise.py`, 5 % with
made-up words, so that nothing is meant. Run by hand, on a quiet machine; the output stands in docs/scale.md.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import noise

from refkit.metadata.index.reading import Index

PORT = 18788
# Words of no title of arXiv's, for titles that have no answer.
SYLLABLES = "ba ke lo mi nu pra stre tho vi wex yo zu qua fli gro".split()
EASY = ("clean", "case", "punctuation")
HARD = tuple(kind for kind in noise.KINDS if kind not in {*EASY, "unicode", "name"})


def nonsense(title: str, chance: random.Random) -> str:
    """A title with half of its words made up: nothing in the index is meant."""
    made = ["".join(chance.choices(SYLLABLES, k=3)) if chance.random() < 0.5 else word for word in title.split()]
    return " ".join(made)


def spoilt(kinds: Sequence[str], title: str, chance: random.Random) -> str:
    return noise.KINDS[chance.choice(kinds)](title, chance) or title


def write_titles(index: Index, path: Path, count: int) -> None:
    chance = random.Random(20261126)  # noqa: S311 - a sample, not a secret
    rows = chance.sample(range(len(index)), min(count, len(index)))
    rows += chance.choices(rows, k=count - len(rows))
    known = [" ".join(index.record(row).title.split()) for row in rows]
    for number, title in enumerate(known):
        if number < count * 0.05:
            known[number] = nonsense(title, chance)
        else:
            known[number] = spoilt(HARD if number < count * 0.15 else EASY, title, chance)
    chance.shuffle(known)
    path.write_text("".join(f"{' '.join(title.split())}\n" for title in known), encoding="utf-8")


def memory(process: int) -> tuple[int, int]:
    """Pss and anonymous memory of a process in MB; Pss shares what several processes have mapped among them."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    pss, anonymous = (int(re.findall(rf"^{name}: +(\d+)", text, re.MULTILINE)[0]) for name in ("Pss", "Anonymous"))
    return pss // 1024, anonymous // 1024


def seconds_of_cpu(others: Sequence[int]) -> float:
    """What all processes have used that were started by this one and have ended, and these others that run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    stats = [Path(f"/proc/{each}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for each in others]
    ticks = sum(int(stat[11]) + int(stat[12]) for stat in stats)
    return used.ru_utime + used.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def descendants(process: int) -> list[int]:
    found = [process]
    for one in found:
        found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split())
    return found


def run(name: str, arguments: Sequence[str], others: Sequence[int] = ()) -> None:
    """Run `refkit resolve` and print its own figures, with the most memory that each of its processes had."""
    before = seconds_of_cpu(others)
    process = subprocess.Popen(
        [sys.executable, "-m", "refkit", "resolve", *arguments], stderr=subprocess.PIPE, text=True
    )
    most: dict[int, tuple[int, int]] = {}
    while process.poll() is None:
        try:
            for one in (*descendants(process.pid), *others):
                most[one] = tuple(map(max, zip(most.get(one, (0, 0)), memory(one), strict=True)))  # type: ignore[assignment]
        except OSError:
            pass  # it has ended
        time.sleep(0.2)
    told = process.stderr.read().splitlines()[-2:] if process.stderr else []
    own = most.pop(process.pid, (0, 0))
    workers = ", ".join(f"{pss} ({anonymous})" for pss, anonymous in most.values() if pss > 20)
    cpu = seconds_of_cpu(others) - before
    print(f"{name}: {' '.join(told)}")
    print(f"    {cpu:.1f} s of CPU; Pss (anonymous), MB: {own[0]} ({own[1]}); workers {workers}", flush=True)


@contextmanager
def cluster(workers: int) -> Iterator[list[int]]:
    base = [sys.executable, "-m"]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([*base, "distributed.cli.dask_scheduler", "--port", str(PORT), *local], **quiet)]  # type: ignore[call-overload]
    time.sleep(3)
    worker = [*base, "distributed.cli.dask_worker", f"tcp://127.0.0.1:{PORT}", "--nthreads", "1", "--no-nanny", *local]
    started += [subprocess.Popen(worker, **quiet) for _ in range(workers)]  # type: ignore[call-overload]
    time.sleep(4)
    try:
        yield [process.pid for process in started]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--titles", type=int, default=50_000)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    titles, out = options.folder / f"titles-{options.titles}.txt", options.folder / "out.jsonl"
    if not titles.exists():
        write_titles(Index.open(options.index), titles, options.titles)
    arguments = [str(titles), "-o", str(out), "--index", str(options.index)]
    made = set()
    for number in options.processes:
        run(f"{number} processes", [*arguments, "--jobs", str(number)])
        made.add(out.read_bytes())
    for number in options.workers:
        with cluster(number) as processes:
            run(f"{number} Dask workers", [*arguments, "--scheduler", f"tcp://127.0.0.1:{PORT}"], processes)
        made.add(out.read_bytes())
    print("the same bytes" if len(made) == 1 else "DIFFERENT BYTES", out.stat().st_size)


if __name__ == "__main__":
    main()
