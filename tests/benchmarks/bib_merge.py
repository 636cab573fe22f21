"""Measure a merge into a .bib of 10,000 entries with abstracts, beside bibtexparser's bare parse of the same text.

    python tests/benchmarks/bib_merge.py [--entries 10000] [--new 100] [--runs 5]

Half of the entries are of papers with arXiv ids; `--new` works are not there yet, and as many are. Run by hand, on a
quiet machine; the output stands in docs/merging.md.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from statistics import median

from bibtexparser.entrypoint import parse_string

from refkit.model import ArxivRecord, Author, PartialDate, ThemeTag, Work
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_merge import plan_merge
from refkit.writers.bibtex import BibtexWriter

WORDS = "neural graph deep learning of the a for models language vision robust {BERT} transfer with policy".split()


def text(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(count))


def entry(chance: random.Random, number: int) -> str:
    eprint = (
        f"  eprint = {{{2000 + number % 12:04}.{number:05}}},\n  archivePrefix = {{arXiv}},\n" if number % 2 else ""
    )
    return (
        f"@article{{key{number},\n  title = {{{text(chance, 9)} {number}}},\n"
        f"  author = {{Author{number % 999}, A. and Other, Bea and Third, {{\\'E}}mile}},\n  year = {{2020}},\n"
        f'  journal = "Journal of {{Things}}",\n{eprint}  abstract = {{{text(chance, 190)}}}\n}}\n\n'
    )


def work(number: int) -> Work:
    record = ArxivRecord(
        arxiv_id=f"{2000 + number % 12:04}.{number:05}",
        title=f"A Paper with the Number {number}",
        authors=(Author("Author", "Ada"),),
        categories=("cs.LG",),
        submitted=PartialDate(2020, 1, 1),
    )
    return Work(record=record, themes=(ThemeTag("graphs"),))


def timed(runs: int, call: Callable[[], object]) -> float:
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--new", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    chance = random.Random(7)  # noqa: S311 - a sample, not a secret
    data = "".join(entry(chance, number) for number in range(options.entries)).encode()
    known = [work(2 * number + 1) for number in range(options.new)]
    new = [work(options.entries + 2 * number + 1) for number in range(options.new)]

    def merge() -> object:
        file = BibFile.parse(data, "refs.bib")
        return file.encoded(plan_merge(file, [*known, *new], writer=BibtexWriter(), remembered={}).text)

    parse, merged = timed(options.runs, lambda: parse_string(data.decode())), timed(options.runs, merge)
    print(f"{options.entries} entries, {len(data) / 1e6:.1f} MB; bare parse {parse:.2f} s, merge {merged:.2f} s")
    print(f"that is {merged / parse:.2f} times the parse; {len(known)} entries updated, {len(new)} added")


if __name__ == "__main__":
    main()
