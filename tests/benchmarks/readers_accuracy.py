"""Measure how exactly `hf-trending` reads real titles and abstracts in many layouts.

    python tests/benchmarks/readers_accuracy.py ../shared/accuracy

Pages of 50 papers are made of the pairs that have an abstract. Run by hand; the figures stand in docs/digests.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from refkit.digests.hf_trending import HfTrendingReader
from refkit.model import Mention
from refkit.normalize import title_key

Pair = tuple[str, str]
HEADER = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nbyAK and the research community\n\nMar 13\n\n"


def wrap(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def spaced(pairs: list[Pair], change: Callable[[Pair], Pair] = lambda pair: pair, gap: str = "\n\n") -> str:
    return gap.join(part for pair in pairs for part in change(pair) if part)


def some_missing(chance: random.Random) -> Callable[[Pair], Pair]:
    return lambda pair: (pair[0], pair[1] if chance.random() < 0.6 else "")


def first_sentence(pair: Pair) -> Pair:
    words = pair[1].split(". ")[0].split()[:40]
    return pair[0], " ".join(words).rstrip(".,;") + "."


def noisy(pairs: list[Pair], chance: random.Random) -> str:
    parts = []
    for title, abstract in pairs:
        parts += [title, abstract, f"Published on Oct {chance.randint(1, 28)}, 2026", "Upvote", str(chance.randint(1, 900))]
        parts += ["GitHub 1.3k", "arXiv Page", f"· {chance.randint(2, 40)} authors"]
    return "\n\n".join(parts)


def layouts(chance: random.Random) -> dict[str, Callable[[list[Pair]], str]]:
    return {
        "title, blank, abstract": spaced,
        "no blank lines": lambda pairs: spaced(pairs, gap="\n"),
        "titles only, blank lines": lambda pairs: spaced(pairs, lambda pair: (pair[0], "")),
        "titles only, dense": lambda pairs: spaced(pairs, lambda pair: (pair[0], ""), gap="\n"),
        "abstracts missing for 40 %": lambda pairs: spaced(pairs, some_missing(chance)),
        "abstracts missing for 40 %, dense": lambda pairs: spaced(pairs, some_missing(chance), gap="\n"),
        "one-sentence abstracts": lambda pairs: spaced(pairs, first_sentence),
        "titles wrapped at 50": lambda pairs: spaced(pairs, lambda pair: (wrap(pair[0], 50), pair[1])),
        "all wrapped at 80": lambda pairs: spaced(pairs, lambda pair: (wrap(pair[0], 80), wrap(pair[1], 80))),
        "all wrapped at 80, dense": lambda pairs: spaced(
            pairs, lambda pair: (wrap(pair[0], 80), wrap(pair[1], 80)), gap="\n"
        ),
        "abstracts cut": lambda pairs: spaced(pairs, lambda pair: (pair[0], pair[1][:200] + "...")),
        "counts and buttons": lambda pairs: noisy(pairs, chance),
        "CRLF": lambda pairs: spaced(pairs).replace("\n", "\r\n"),
    }


def pages(pairs: list[Pair], size: int = 50) -> Iterator[list[Pair]]:
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=3, help="mistakes to print for each layout")
    options = parser.parse_args()
    with gzip.open(options.folder / "pairs.jsonl.gz") as file:
        rows = [json.loads(line) for line in file]
    unique = {title_key(row["title"]): row for row in rows if row.get("abstract")}
    pairs = [(" ".join(row["title"].split()), " ".join(row["abstract"].split())) for row in unique.values()]
    chance = random.Random(20261124)  # noqa: S311 - a sample, not a secret
    chance.shuffle(pairs)
    print(f"{len(pairs)} papers\n\n| layout | titles read exactly | lines wrongly taken for titles |\n|---|---:|---:|")
    for name, lay_out in layouts(chance).items():
        right, wrong, shown = 0, 0, []
        for page in pages(pairs):
            text = HEADER + lay_out(page)
            read = {item.title for item in HfTrendingReader().read(text, digest="page") if isinstance(item, Mention)}
            expected = {title for title, _ in page}
            right += len(read & expected)
            wrong += len(read - expected)
            shown += [*(f"  missed: {title}" for title in expected - read), *(f"  taken: {t[:150]}" for t in read - expected)]
        print(f"| {name} | {right / len(pairs):.2%} | {wrong} |")
        print(*shown[: options.show], sep="\n") if options.show else None


if __name__ == "__main__":
    main()
