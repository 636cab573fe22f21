"""Measure learnt tags and discovered themes on papers whose tags are known: the tables of docs/themes-learning.md.

    PYTHONPATH=. python tests/benchmarks/themes_learning.py [--sweep] [--halves 5]
    PYTHONPATH=. python tests/benchmarks/themes_learning.py --list READING_LIST.md

Tags are the reading lists that a title stands in (`pairs.jsonl.gz`), the lists of `raw/`, and arXiv's primary
categories, all in `../shared/accuracy`; or the headings of any list named with --list. One half of the papers is learnt
from, the other half is tagged.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from refkit import pipeline
from refkit.errors import RefkitError
from refkit.model import ArxivRecord, Work
from refkit.themes import discovering, learning, wording
from refkit.themes.discovered_file import give_back, propose
from refkit.themes.learned import LearnedTagger
from refkit.themes.vocabulary import Paper, papers_of

ACCURACY = Path(__file__).parents[3] / "shared" / "accuracy"
# Reading lists of one topic, by how the names of their sources begin.
LISTS = {
    "generative adversarial networks": ("hindupuravinash/", "zhangqianhui/"),
    "particle physics": ("iml-wg/",),
    "diffusion models": ("diff-usion/",),
    "agents": ("tmgthb/",),
    "graph neural networks": ("thunlp/",),
    "human feedback": ("opendilab/",),
    "astrophysics listing": ("arXiv/arxiv-browse/tests/data/abs_files/ftp/astro-ph",),
    "language processing": ("monologg/",),
}
RAW = {
    "HEPML_first.bib": "particle physics",
    "awesome_RLHF_README.md": "human feedback",
    "gan_zoo.tsv": "generative adversarial networks",
}
OF_A_HEADING = 20  # papers: headings of fewer are not counted in macro figures
FOREIGN = (  # archives of which none of the commonest categories is
    "hep-th",
    "hep-ph",
    "gr-qc",
    "nucl-th",
    "q-bio",
    "econ",
    "astro-ph",
)


class Score(NamedTuple):
    """Means over the tags of `OF_A_HEADING` papers or more, and what confidences and strangers got."""

    f1: float
    precision: float
    recall: float
    said: list[tuple[float, bool]]
    strangers: float


def records() -> dict[str, dict[str, Any]]:
    """Return the pool of arXiv records by id."""
    with gzip.open(ACCURACY / "arxiv-400k.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


def lists(pool: dict[str, dict[str, Any]], most: int) -> list[Paper]:
    """Return titles as reading lists print them, tagged with the lists that have them, at most so many of each."""
    with gzip.open(ACCURACY / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [row for row in map(json.loads, lines) if not row.get("suspect_link")]
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in pairs:
        for name, starts in LISTS.items():
            if row["source"].startswith(starts):
                found[name][row["arxiv_id"]] = row
    chance = random.Random(1)  # noqa: S311 - a sample, no secret
    chosen = {}
    for rows in found.values():
        for each in chance.sample(sorted(rows), min(most, len(rows))):
            chosen[each] = rows[each]
    return [
        Paper(
            row["title"],
            pool.get(each, {}).get("abstract") or row.get("abstract") or "",
            tuple(sorted(name for name, rows in found.items() if each in rows)),
        )
        for each, row in sorted(chosen.items())
    ]


def raw() -> list[Paper]:
    """Return the titles of the reading lists in `raw/`, tagged with the list."""
    return [
        Paper(mention.title, "", (name,))
        for file, name in RAW.items()
        for mention in pipeline.read(ACCURACY / "raw" / file)
    ]


def categories(pool: dict[str, dict[str, Any]], each: int, most: int = 20) -> list[Paper]:
    """Return records with abstracts, tagged with their primary category, as many of each of the commonest ones."""
    by: dict[str, list[Paper]] = defaultdict(list)
    for _, row in sorted(pool.items()):
        if row.get("abstract") and row.get("categories"):
            code = row["categories"].split()[0]
            by[code].append(Paper(row["title"], row["abstract"], (f"of {code}",)))
    enough = sorted((code for code in by if len(by[code]) >= each), key=lambda code: (-len(by[code]), code))[:most]
    chance = random.Random(1)  # noqa: S311 - a sample, no secret
    return [paper for code in enough for paper in chance.sample(by[code], each)]


def strangers(pool: dict[str, dict[str, Any]], fields: Sequence[str]) -> list[Paper]:
    """Return records of fields of which no paper is that was learnt from."""
    rows = [
        Paper(row["title"], row["abstract"])
        for _, row in sorted(pool.items())
        if row.get("abstract") and str(row.get("categories")).partition(" ")[0].partition(".")[0] in fields
    ]
    return random.Random(1).sample(rows, min(400, len(rows)))  # noqa: S311 - as above


def without_abstracts(papers: Iterable[Paper]) -> list[Paper]:
    return [Paper(paper.title, "", paper.tags) for paper in papers]


def work_of(paper: Paper) -> Work:
    return Work(record=ArxivRecord(arxiv_id="", title=paper.title, abstract=paper.abstract))


def measure(
    papers: Sequence[Paper], seed: int, others: Sequence[Paper], fewest: int, confidence: float = learning.CONFIDENCE
) -> Score:
    """Learn from a random half of papers, and tag the other half."""
    mixed = list(papers)
    random.Random(seed).shuffle(mixed)  # noqa: S311 - as above
    half = len(mixed) // 2
    learnt = learning.learn(mixed[:half], fewest=fewest, confidence=confidence)
    counted = {
        tag for tag, count in Counter(tag for each in papers for tag in each.tags).items() if count >= OF_A_HEADING
    }
    given = list(confidences(learnt, mixed[half:]))
    by_tag = [figures(tag, given) for tag in sorted(counted)]
    tagger = LearnedTagger(learnt.model)
    return Score(
        f1=mean(f1 for f1, _, _ in by_tag),
        precision=mean(precision for _, precision, _ in by_tag),
        recall=mean(recall for _, _, recall in by_tag),
        said=[(tag.confidence, name in paper.tags) for paper, tags in given for name, tag in tags.items()],
        strangers=mean(bool(tagger.tag(work_of(paper))) for paper in others) if others else 0.0,
    )


def confidences(learnt: learning.Learnt, papers: Iterable[Paper]) -> Iterator[tuple[Paper, dict[str, Any]]]:
    tagger = LearnedTagger(learnt.model)
    for paper in papers:
        yield paper, {tag.theme: tag for tag in tagger.tag(work_of(paper))}


def figures(tag: str, given: Sequence[tuple[Paper, dict[str, Any]]]) -> tuple[float, float, float]:
    """Return F1, precision and recall of a tag."""
    got = [paper for paper, tags in given if tag in tags]
    right = sum(tag in paper.tags for paper in got)
    has = sum(tag in paper.tags for paper, _ in given)
    precision, recall = right / (len(got) or 1), right / (has or 1)
    return 2 * right / ((len(got) + has) or 1), precision, recall


def row(name: str, papers: Sequence[Paper], halves: int, others: Sequence[Paper] = (), fewest: int = 8) -> str:
    start = time.perf_counter()
    scores = [measure(papers, seed, others, fewest) for seed in range(halves)]
    seconds = (time.perf_counter() - start) / halves
    tags = len({tag for paper in papers for tag in paper.tags})
    said = [pair for score in scores for pair in score.said]
    calibrated = [bucket(said, low, high) for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))]
    f1s = [score.f1 for score in scores]
    stranger = f"{mean(score.strangers for score in scores):.2f}" if others else "-"
    return (
        f"| {name} | {len(papers)} | {tags} | **{mean(f1s):.2f}** ({min(f1s):.2f}-{max(f1s):.2f}) | "
        f"{mean(score.precision for score in scores):.2f} | {mean(score.recall for score in scores):.2f} | "
        f"{' | '.join(calibrated)} | {stranger} | {seconds:.1f} |"
    )


def bucket(said: Sequence[tuple[float, bool]], low: float, high: float) -> str:
    right = [good for confidence, good in said if low <= confidence < high]
    return f"{mean(right):.2f} of {len(right)}" if right else "-"


def learned_table(pool: dict[str, dict[str, Any]], halves: int) -> Iterator[str]:
    yield "| papers | all | tags | macro-F1 (range) | precision | recall | .4-.6 | .6-.8 | .8-.9 | .9- | others | s |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    yield row("the lists of `raw/`, titles", raw(), halves)
    for most in (80, 300):
        some = lists(pool, most)
        others = without_abstracts(strangers(pool, ("math",)))
        yield row(f"reading lists, {most} papers of each, titles", without_abstracts(some), halves, others)
    for each in (10, 20, 40, 80):
        some = categories(pool, 2 * each)
        others = strangers(pool, FOREIGN)
        yield row(f"arXiv categories, {each} learnt of each, abstracts", some, halves, others, 5)
        yield row(
            f"arXiv categories, {each} learnt of each, titles",
            without_abstracts(some),
            halves,
            without_abstracts(others),
            5,
        )


def sweep(pool: dict[str, dict[str, Any]], halves: int) -> Iterator[str]:
    """Vary each number alone."""
    sets = [without_abstracts(lists(pool, 80)), categories(pool, 80)]
    others = [without_abstracts(strangers(pool, ("math",))), strangers(pool, FOREIGN)]
    tried: tuple[tuple[Any, str, tuple[float, ...]], ...] = (
        (learning, "_RIDGE", (0.1, 0.3, 0.5, 1.0, 3.0)),
        (wording, "TITLE_FACTOR", (1, 2, 3, 5)),
        (wording, "_LONGEST", (1, 2, 3)),
    )
    yield "| number | value | lists: macro-F1 | right | others | categories: macro-F1 | right | others |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for module, name, values in tried:
        usual = getattr(module, name)
        for value in values:
            setattr(module, name, value)
            shown = f"**{value}**" if value == usual else f"{value}"
            cells = " | ".join(swept(*each, halves) for each in zip(sets, others, strict=True))
            yield f"| {name.strip('_').lower()} | {shown} | {cells} |"
        setattr(module, name, usual)
    for value in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        shown = f"**{value}**" if value == learning.CONFIDENCE else f"{value}"
        cells = " | ".join(swept(*each, halves, value) for each in zip(sets, others, strict=True))
        yield f"| confidence | {shown} | {cells} |"


def swept(
    papers: Sequence[Paper], others: Sequence[Paper], halves: int, confidence: float = learning.CONFIDENCE
) -> str:
    scores = [measure(papers, seed, others, 5, confidence) for seed in range(halves)]
    right = [good for score in scores for _, good in score.said]
    told = mean(score.strangers for score in scores)
    return f"{mean(score.f1 for score in scores):.3f} | {mean(right):.2f} | {told:.2f}"


def discovered_table(pool: dict[str, dict[str, Any]]) -> Iterator[str]:
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    fields = {"of math.NA", "of cs.CV", "of hep-th", "of quant-ph", "of astro-ph.GA", "of cs.CR"}
    piles = {
        "reading lists, 30 of each, titles": without_abstracts(lists(pool, 30)),
        "reading lists, 60 of each, titles": without_abstracts(lists(pool, 60)),
        "six fields of arXiv, 30 of each, abstracts": [p for p in categories(pool, 30, 60) if set(p.tags) <= fields],
        "8 categories of arXiv, 25 of each, abstracts": categories(pool, 25, 8),
        "20 categories of arXiv, 40 of each, abstracts": categories(pool, 40),
        **{
            file: list(papers_of(pipeline.read(ACCURACY / "raw" / file)))
            for file in (*RAW, "ml_papers_of_the_week_README.md")
        },
    }
    yield "| pile | papers | known tags | themes | left out | adjusted Rand | V-measure | given back | of others | s |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for name, pile in piles.items():
        papers = [paper for paper in pile if len(paper.tags) <= 1]
        start = time.perf_counter()
        try:
            found = discovering.discover(papers)
        except RefkitError as error:
            yield f"| {name} | {len(papers)} | {error} |"
            continue
        seconds = time.perf_counter() - start
        returned = give_back(found, papers, propose(found, papers))
        groups = {place: number for number, group in enumerate(found.groups) for place in group.papers}
        known = [papers[place].tags for place in groups]
        tags = len(set(known) - {()})
        same = [adjusted_rand_score(list(map(str, known)), list(groups.values())),
                v_measure_score(list(map(str, known)), list(groups.values()))]  # fmt: skip
        shown = " | ".join(f"{each:.2f}" if tags > 1 else "-" for each in same)
        yield (
            f"| {name} | {len(papers)} | {tags or '-'} | {len(found.groups)} | {len(found.left_out)} | {shown} | "
            f"{returned.share:.2f} | {returned.other / returned.papers:.2f} | {seconds:.1f} |"
        )


def of_list(path: str, halves: int) -> Iterator[str]:
    """Measure on the headings of any list."""
    papers = [paper for paper in papers_of(pipeline.read(path), headings=True) if paper.tags]
    yield row(Path(path).name, papers, halves, fewest=5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halves", type=int, default=5)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--list")
    options = parser.parse_args()
    if options.list:
        print("\n".join(of_list(options.list, options.halves)))
        return
    pool = records()
    for line in learned_table(pool, options.halves):
        print(line, flush=True)
    for line in discovered_table(pool):
        print(line, flush=True)
    for line in sweep(pool, options.halves) if options.sweep else ():
        print(line, flush=True)


if __name__ == "__main__":
    main()
