"""Count the words of titles and abstracts, and write `refkit/words.txt`.

    python tests/benchmarks/words.py ../shared/accuracy/arxiv-400k.jsonl.gz refkit/words.txt

Another list makes another fingerprint of every abstract: the version of the index must then change, too.
"""

from __future__ import annotations

import argparse
import gzip
import math
from collections import Counter
from pathlib import Path

from refkit import shingles
from refkit.metadata.snapshot import read_records
from refkit.normalize import words

# Rarer words count as rare; an abstract of fewer characters is a note ("withdrawn by the author").
FEWEST_TITLES, FEWEST_ABSTRACTS, SHORTEST = 8192, 512, 200


def spoken(abstract: str) -> set[str]:
    """Return the words of an abstract as fingerprints know them."""
    return set(abstract.encode(errors="replace").translate(shingles.ASCII_WORDS).replace(b"\0", b" ").decode().split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    titles: Counter[str] = Counter()
    abstracts: Counter[str] = Counter()
    count = with_abstract = 0
    with gzip.open(options.snapshot) as file:
        for record in read_records(file, name=options.snapshot.name):
            titles.update(set(words(record.title)))
            count += 1
            if len(record.abstract) > SHORTEST:
                abstracts.update(spoken(record.abstract))
                with_abstract += 1
    known = {word for word, found in titles.items() if found >= count / FEWEST_TITLES}
    known |= {word for word, found in abstracts.items() if found >= with_abstract / FEWEST_ABSTRACTS}
    lines = ["# word, bits in a title, bits in an abstract (refkit/rarity.py)"]
    for word in sorted(known):
        in_title = f"{-math.log2(titles[word] / count):.1f}" if titles[word] >= count / FEWEST_TITLES else "-"
        enough = abstracts[word] >= with_abstract / FEWEST_ABSTRACTS
        in_abstract = f"{-math.log2(abstracts[word] / with_abstract):.1f}" if enough else "-"
        lines.append(f"{word} {in_title} {in_abstract}")
    options.output.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(known):,} words of {count:,} titles and {with_abstract:,} abstracts")


if __name__ == "__main__":
    main()
