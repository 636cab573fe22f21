"""How fast a merge is, and that it changes nothing but refkit's own entries; by hand: `python` and this file.

It prints the time of bibtexparser's bare parse and of merges into the same made file (10,000 entries with abstracts,
15 MB), of a file of 50 MB, and how many of 2,000 made files with every construct changed outside refkit's own entries.
With paths of .bib files as arguments, those are merged into as well (not written).
"""

from __future__ import annotations

import importlib.util
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORDS = "learning to navigate the web with agents that plan over long horizons and neural policies".split()


def load_tests() -> Any:
    spec = importlib.util.spec_from_file_location("test_bib_merge", HERE.parent / "writers/test_bib_merge.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made_file(entries: int, rng: random.Random) -> str:
    parts = []
    for number in range(entries):
        abstract = " ".join(rng.choices(WORDS, k=190))
        parts.append(
            f"@misc{{key{number},\n  title = {{Paper number {number} of many}},\n"
            f"  author = {{Gur, Izzeddin and Faust, Aleksandra}},\n  year = {{2020}},\n"
            f"  eprint = {{2001.{number:05}}},\n  archivePrefix = {{arXiv}},\n  primaryClass = {{cs.LG}},\n  url = {{https://arxiv.org/abs/2001.{number:05}}},\n"
            f"  keywords = {{agents}},\n  abstract = {{{abstract}}}\n}}\n\n"
        )
    return "".join(parts)


def timed(name: str, call: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = call()
    print(f"{name:60} {time.perf_counter() - start:6.2f} s")
    return result


def main() -> None:
    tests = load_tests()
    rng = random.Random(7)  # noqa: S311 - no secret
    text = made_file(10_000, rng)
    print(f"{len(text) / 1e6:.1f} MB, 10,000 entries")
    from bibtexparser.entrypoint import parse_string

    timed("bibtexparser, bare parse", lambda: parse_string(text, parse_stack=[]))
    timed("scan", lambda: tests.BibFile(text).blocks)
    new = [tests.other(90_000 + number) for number in range(53)]
    first = timed("merge of 53 new papers", lambda: tests.merge(text, new))
    timed("  again", lambda: tests.merge(first.text, new, first.state))
    all_works = [tests.other(number) for number in range(10_000)]
    timed("rendering of 10,000 papers alone", lambda: [tests.WRITER.fields(each) for each in all_works])
    whole = timed("merge of 10,000 papers that are there", lambda: tests.merge(text, all_works))
    again = timed("  again", lambda: tests.merge(whole.text, all_works, whole.state))
    print("second run, characters changed:", int(again.text != whole.text))
    big = made_file(34_000, rng)
    print(f"{len(big) / 1e6:.1f} MB")
    timed("merge of 53 new papers into it", lambda: tests.merge(big, new))
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    works = [tests.work(), *(tests.other(number) for number in range(5))]
    for _ in range(2_000):
        tests.assert_only_ours_changed("".join(rng.choices(tests.CONSTRUCTS, k=rng.randrange(25))), works)
    print("2,000 made files: 0 bytes changed outside refkit's own entries, 0 in a second run")
    for path in sys.argv[1:]:
        file = tests.BibFile.read(Path(path))
        tests.assert_only_ours_changed(file.text, works)
        print(path, len(file.blocks), "blocks: the same")


if __name__ == "__main__":
    main()
