"""What a sync to Zotero costs in requests, and what kills and faults do to it, on the stand-in over real HTTP.

    python tests/benchmarks/zotero_sync.py            # requests: 1,000 works, a library of 20,000 items
    python tests/benchmarks/zotero_sync.py --kills 200 --works 300 [--faults 0.2] [--seed 1]

Results with machine and date: docs/zotero.md. The kill test of the suite runs a few of these kills.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from refkit.model import ArxivRecord, Author, PartialDate, ThemeTag, Work
from refkit.testing import ZoteroServer
from refkit.testing.zotero_faults import share
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.writers.zotero.shelf import arxiv_ids

# A killed sync must end in a state from which the same command goes on; waits are shortened, not left out.
CHILD = """
import os, sys, time
from pathlib import Path
import msgspec
from refkit.config import ZoteroSettings
from refkit.model import Work
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.writers.zotero import locate
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.library import Teller

home = Path(sys.argv[1])
works = msgspec.json.decode((home / "works.json").read_bytes(), type=list[Work])
teller = Teller()
place = locate.Place(
    settings=ZoteroSettings(),
    environ=os.environ,
    config=home / "config",
    around=Surroundings(cache=home / "cache", state=home / "state"),
    clock=Clock(sleep=lambda seconds: time.sleep(seconds / 100)),
    teller=teller,
)
with locate.open_library(place, Options(collection=sys.argv[2])) as zotero:
    zotero.recover()
    report = zotero.apply(zotero.plan(works))
print("failed:", [text for _, text in report.failed][:3], report.outage, report.remarks[:3])
sys.exit(3 if report.outage else 1 if report.failed or report.remarks else 0)
"""


def works(count: int) -> Iterator[Work]:
    """Yield made-up papers, each with two themes; every second has a comment."""
    for number in range(count):
        yield Work(
            record=ArxivRecord(
                arxiv_id=f"{2401 + number // 90000:04}.{10000 + number % 90000:05}",
                title=f"A Made-Up Paper on Topic {number}: Its Subtitle",
                authors=(Author("Strix", "Ada"), Author(f"Mouse{number}", "Bo")),
                abstract=f"We look at topic {number}. " * 8,
                categories=("cs.CL", "cs.LG"),
                submitted=PartialDate(2024, 1, 1 + number % 28),
                comments=f"{number} pages" if number % 2 else "",
            ),
            themes=(ThemeTag("agents"), ThemeTag(f"theme-{number % 20}")),
        )


def run(home: Path, server: ZoteroServer, path: str = "", kill_after: float | None = None) -> int | None:
    """Run a sync in a process of its own, killed after so many seconds; return its exit code, None if killed."""
    environ = {
        **os.environ,
        "REFKIT_ZOTERO_URL": server.url,
        "REFKIT_ZOTERO_KEY": server.key,
        "ZOTERO_LIBRARY_ID": str(server.user_id),
        "ZOTERO_LIBRARY_TYPE": "user",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), path], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        out, _ = child.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.communicate()
        return None
    if child.returncode:
        print(out.decode()[-2000:])
    return child.returncode


def faults_of(library: ZoteroLibrary, wanted: Sequence[Work], path: str = "") -> list[str]:
    """Return in words what is wrong with a library that should hold these works, once each, with all that is theirs."""
    wrong = []
    live = [row for row in library.items.values() if "deleted" not in row and not row.get("parentItem")]
    count = collections.Counter(found for row in live for found in {arxiv_id for arxiv_id, _ in arxiv_ids(row)})
    keys = {found: row["key"] for row in live for found, _ in arxiv_ids(row)}
    for work in wanted:
        arxiv_id = work.record.arxiv_id
        if count[arxiv_id] != 1:
            wrong.append(f"{arxiv_id} stands {count[arxiv_id]} times")
            continue
        kinds = sorted(library.items[child]["itemType"] for child in library.children(keys[arxiv_id]))
        if kinds != ["attachment"] + ["note"] * bool(work.record.comments):
            wrong.append(f"{arxiv_id} has {kinds}")
        if {theme.theme for theme in work.themes} - {tag["tag"] for tag in library.items[keys[arxiv_id]]["tags"]}:
            wrong.append(f"{arxiv_id} lacks themes")
        if bool(path) != bool(library.items[keys[arxiv_id]]["collections"]):
            wrong.append(f"{arxiv_id} is in {library.items[keys[arxiv_id]]['collections']}")
    names = collections.Counter((row["name"], row["parentCollection"]) for row in library.collections.values())
    return wrong + [f"the collection {place} stands {times} times" for place, times in names.items() if times > 1]


def kill_once(
    chance: random.Random, wanted: Sequence[Work], length: float, share_of_faults: float
) -> tuple[float, list[str]]:
    """Kill a sync at a random moment of its `length` seconds and run it again to its end; return what is wrong then."""
    with tempfile.TemporaryDirectory() as folder, ZoteroServer(delay=0.01) as server:
        home = Path(folder)
        (home / "works.json").write_bytes(msgspec.json.encode(list(wanted)))
        if share_of_faults:
            server.stall = 0.05
            server.faults = share(share_of_faults, chance.randrange(10**9))
        moment = chance.uniform(0.3, length)
        run(home, server, "Reading/One", kill_after=moment)
        for _ in range(20):  # an outage that outlasts all attempts is told, and the command is run again
            code = run(home, server, "Reading/One")
            if code == 0:
                break
        before = server.library.version
        wrong = faults_of(server.library, wanted, "Reading/One") + ([] if code == 0 else [f"exit code {code}"])
        if not share_of_faults:
            run(home, server, "Reading/One")
            wrong += ["the run after wrote something"] if server.library.version != before else []
        return moment, wrong


def time_of(wanted: Sequence[Work]) -> float:
    """Return how many seconds an undisturbed sync takes."""
    with tempfile.TemporaryDirectory() as folder, ZoteroServer(delay=0.01) as server:
        (Path(folder) / "works.json").write_bytes(msgspec.json.encode(list(wanted)))
        start = time.perf_counter()
        assert run(Path(folder), server, "Reading/One") == 0
        return time.perf_counter() - start


def kills(count: int, size: int, share_of_faults: float, seed: int) -> int:
    """Kill `count` syncs and print what went wrong; return how many did."""
    wanted = list(works(size))
    length = time_of(wanted)
    print(f"an undisturbed sync of {size} works takes {length:.1f} s")
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    bad = 0
    for number in range(count):
        moment, wrong = kill_once(chance, wanted, length, share_of_faults)
        if wrong:
            bad += 1
            print(f"kill {number} at {moment:.2f} s: {wrong[:5]}")
    print(f"{count} kills, {share_of_faults:.0%} faulty answers: {bad} with something doubled or missing")
    return bad


def requests() -> None:
    """Print what syncs cost in requests."""
    with tempfile.TemporaryDirectory() as folder, ZoteroServer() as server:
        home = Path(folder)
        (home / "works.json").write_bytes(msgspec.json.encode(list(works(1000))))
        for name in ("first", "second"):
            server.clear()
            start = time.perf_counter()
            assert run(home, server, "Reading/2025-03-13") == 0
            count = collections.Counter((request.method, request.path.split("/")[-1]) for request in server.requests)
            print(f"1,000 works, {name} run, {time.perf_counter() - start:.1f} s: {dict(count)}")
    with tempfile.TemporaryDirectory() as folder, ZoteroServer() as server:
        home = Path(folder)
        (home / "works.json").write_bytes(msgspec.json.encode(list(works(53))))
        server.library.load({"itemType": "journalArticle", "title": f"Old Item {n}"} for n in range(20_000))
        for name in ("first", "second", "third, after an edit by the user,"):
            if name.startswith("third"):
                server.library.edit(next(iter(server.library.items)), title="Edited")
            server.clear()
            start = time.perf_counter()
            assert run(home, server) == 0
            reads = sum(request.method == "GET" for request in server.requests)
            print(f"20,000 items, {name} run: {reads} reads, {len(server.requests) - reads} writes, "
                  f"{time.perf_counter() - start:.1f} s")  # fmt: skip


def main() -> None:
    """Measure as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--works", type=int, default=300)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.kills:
        sys.exit(bool(kills(chosen.kills, chosen.works, chosen.faults, chosen.seed)))
    requests()


if __name__ == "__main__":
    main()
