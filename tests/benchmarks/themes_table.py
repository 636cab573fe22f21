"""Measure the themes on labelled digests: per theme what was given, right and missed, and the sweep of the numbers.

    PYTHONPATH=. python tests/benchmarks/themes_table.py [--sweep] [--works]

Reads our digest, and the original one where `../shared` has it. The categories are those of the shipped catalogue.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from refkit.metadata.catalogue import CatalogueSource
from refkit.model import ArxivRecord, Mention, Work
from refkit.themes import rules, taxonomy

ROOT = Path(__file__).parents[2]
OURS = ROOT / "seeds" / "trending-papers.txt"
THEIRS = ROOT.parent / "shared" / "seeds" / "trending-papers.txt"
TRUTH = ROOT / "seeds" / "truth.jsonl"
# name, module, attribute, values tried
SWEPT: tuple[tuple[str, Any, str, tuple[int, ...]], ...] = (
    ("threshold", taxonomy, "THRESHOLD", (4, 5, 6, 7, 8)),
    ("title factor", rules, "TITLE_FACTOR", (1, 2, 3, 4)),
    ("summary factor", rules, "SUMMARY_FACTOR", (1, 2, 3)),
    ("summary words", rules, "SUMMARY_WORDS", (30, 45, 60, 90, 120)),
    ("most times", rules, "MOST_TIMES", (1, 2, 3, 4)),
    ("cross-listed", rules, "CROSS_LISTED", (1, 2, 3)),
    ("alone", taxonomy, "ALONE", (1, 2, 3)),
)


def works(digest: Path) -> list[tuple[Work, set[str]]]:
    """Pair each title of the truth with the paragraph after it; (work, hand labels)."""
    paragraphs = [part.strip() for part in digest.read_text().split("\n\n")]
    rows = [msgspec.json.decode(line) for line in TRUTH.read_text().splitlines()]
    records = CatalogueSource().lookup([row["arxiv_id"] for row in rows])
    pairs = []
    for row in rows:
        mention = Mention(title=row["title"], abstract=paragraphs[paragraphs.index(row["title"]) + 1])
        known = records[row["arxiv_id"]].categories
        record = ArxivRecord(arxiv_id=row["arxiv_id"], title=row["title"], categories=known)
        pairs.append((Work(record=record, mentions=(mention,)), set(row["themes"])))
    return pairs


def measure(digest: Path) -> dict[str, Any]:
    """Count, per theme, what was given and right, given and wrong, and missed; and the works without a theme."""
    tagger = rules.RuleTagger()
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    without = 0
    faults = []
    for work, labels in works(digest):
        tags = {tag.theme: tag.evidence for tag in tagger.tag(work)}
        right.update(tags.keys() & labels)
        wrong.update(tags.keys() - labels)
        missed.update(labels - tags.keys())
        without += not tags
        extra = {theme: tags[theme] for theme in sorted(tags.keys() - labels)}
        faults.append((work.record.title, sorted(labels - tags.keys()), extra))
    return {"right": right, "wrong": wrong, "missed": missed, "without": without, "faults": faults}


def table(measured: dict[str, dict[str, Any]]) -> list[str]:
    """The rows of the Markdown table, one a theme."""
    kinds = ("right", "wrong", "missed")
    themes = sorted({theme for figures in measured.values() for kind in kinds for theme in figures[kind]})
    rows = ["| theme | " + " | ".join(f"{name}: given | right | missed" for name in measured) + " |"]
    rows.append("|---|" + "---:|---:|---:|" * len(measured))
    for theme in [*themes, ""]:
        cells = []
        for figures in measured.values():
            right, wrong, missed = (figures[kind][theme] if theme else figures[kind].total() for kind in kinds)
            cells.append(f"{right + wrong} | {right} | {missed}")
        rows.append(f"| {theme or '**all**'} | " + " | ".join(cells) + " |")
    return rows


def sweep(digests: dict[str, Path]) -> list[str]:
    """The rows of the Markdown table that shows each number varied alone."""
    rows = ["| number | value | " + " | ".join(f"{name}: wrong | missed | without" for name in digests) + " |"]
    rows.append("|---|---:|" + "---:|---:|---:|" * len(digests))
    for name, module, attribute, values in SWEPT:
        chosen = getattr(module, attribute)
        for value in values:
            setattr(module, attribute, value)
            cells = []
            for digest in digests.values():
                got = measure(digest)
                cells.append(f"{got['wrong'].total()} | {got['missed'].total()} | {got['without']}")
            rows.append(f"| {name} | {f'**{value}**' if value == chosen else value} | " + " | ".join(cells) + " |")
        setattr(module, attribute, chosen)
    return rows


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweep", action="store_true", help="vary each number of the rules alone")
    parser.add_argument("--works", action="store_true", help="list the works with a missed or a wrong theme")
    options = parser.parse_args()
    digests = {name: path for name, path in (("ours", OURS), ("original", THEIRS)) if path.exists()}
    measured = {name: measure(path) for name, path in digests.items()}
    print("\n".join(table(measured)))
    for name, figures in measured.items():
        print(f"{name}: {figures['without']} of {len(figures['faults'])} works without a theme")
        for title, missed, extra in figures["faults"] if options.works else ():
            if missed or extra:
                print(f"  {title[:90]}\n     missed {missed}  wrong {extra}")
    if options.sweep:
        print("\n".join(sweep(digests)))


if __name__ == "__main__":
    main()
