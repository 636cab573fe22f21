"""Measure how exactly the readers give titles back: of real digests, and of pages made in many layouts.

    python tests/benchmarks/readers_accuracy.py ../shared/accuracy/raw [--show 3]
    python tests/benchmarks/readers_accuracy.py ../shared/accuracy [--pairs 5000] [--show 3]

The first reads each file beside which FILE.truth.jsonl stands, a line for each paper with its `digest_title`; the
second makes pages of real titles and abstracts. Run by hand; the output stands in docs/digests.md. Titles and
abstracts stay where they are: nothing is written.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from refkit import pipeline, registry
from refkit.digests.hf_trending import HfTrendingReader
from refkit.digests.loading import choose_reader
from refkit.errors import DigestError
from refkit.model import Mention
from refkit.normalize import title_key
from refkit.protocols import Reader

Pair = tuple[str, str]
TRUTH = ".truth.jsonl"
READERS: Sequence[Reader] = [registry.load("reader", name)() for name in registry.READERS]
PAGE = 50
HEAD = (
    "new\nGet trending papers in your email inbox once a day!\n"
    "Subscribe\nDaily Papers\nbyAK and the research community\nMar 13\n\n"
)
MENU = "Hugging Face\nModels\nDatasets\nSpaces\nDocs\nPricing\nLog In\nSign Up\n\n"
FOOT = "\nPrevious\nNext\n\nCompany\nTOS\nPrivacy\nAbout\nJobs\n© Hugging Face\n"


def pairs(folder: Path, count: int) -> list[Pair]:
    """Real digest titles with their abstracts: distinct, in a fixed random order."""
    found: dict[str, str] = {}
    with gzip.open(folder / "pairs.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            title, abstract = " ".join(row["title"].split()), " ".join((row.get("abstract") or "").split())
            if abstract and title[-3:] != "...":
                found[title] = abstract
    return _fresh(sorted(found.items()), count)


def arxiv(folder: Path, count: int) -> list[Pair]:
    """Titles with abstracts of all fields of arXiv, most of them in sentence case."""
    with gzip.open(folder / "arxiv-400k.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row.get("abstract")]
    found = [(" ".join(row["title"].split()), " ".join(row["abstract"].split())) for row in rows]
    return _fresh(found, count)


def _fresh(found: Sequence[Pair], count: int) -> list[Pair]:
    """Choose at random, without the 2,000 that were looked at while the numbers in form.py were set."""
    seen = set(random.Random(7).sample(found, min(2000, len(found))))  # noqa: S311
    rest = [pair for pair in found if pair not in seen]
    return random.Random(8).sample(rest, min(count, len(rest)))  # noqa: S311


def wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False))


def card(title: str, abstract: str, rng: random.Random) -> str:
    user = rng.choice(["taesiri", "akhaliq", "Jane-Doe", "m_rossi99", "nobody"])
    head = f"Submitted by\n\n{user}\n\n{rng.randrange(1, 400)}\n\n{title}\n\n· {rng.randrange(2, 60)} authors\n"
    return f"{head}\n{abstract}\n\nUpvote\n{rng.randrange(2, 900)}\nGitHub {rng.randrange(1, 99)}.3k\narXiv Page"


def twice(title: str, abstract: str, rng: random.Random) -> str:
    one = f"{title}\n\n{abstract}\n\nPublished on Oct {rng.randrange(1, 28)}, 2026\nUpvote\n117"
    return f"{one}\n\n{one}"


Layout = Callable[[Sequence[Pair], random.Random], str]


def joined(one: Callable[[str, str, random.Random], str], between: str = "\n\n") -> Layout:
    return lambda chosen, rng: between.join(one(title, abstract, rng) for title, abstract in chosen) + "\n"


def dropped(share: float, width: int = 0) -> Layout:
    """Leave out this share of the abstracts."""

    def make(chosen: Sequence[Pair], rng: random.Random) -> str:
        kept = [(title, "" if rng.random() < share else abstract) for title, abstract in chosen]
        blocks = [block for pair in kept for block in pair if block]
        return "\n\n".join(wrap(block, width) if width else block for block in blocks) + "\n"

    return make


def paragraphs(title: str, abstract: str, rng: random.Random) -> str:
    """Break the abstract into two paragraphs at the end of a sentence."""
    places = [i + 1 for i in range(100, len(abstract) - 100) if abstract[i : i + 2] == ". "]
    cut = rng.choice(places) if places else len(abstract)
    return f"{title}\n\n{abstract[:cut]}\n\n{abstract[cut:].strip()}".strip()


def first_sentence(title: str, abstract: str, _: random.Random) -> str:
    """Keep only the first sentence of 12 words and more."""
    sentences = abstract.split(". ")
    text = sentences[0]
    for sentence in sentences[1:]:
        if len(text.split()) >= 12:
            break
        text = f"{text}. {sentence}"
    return f"{title}\n\n{text.rstrip('.')}."


LAYOUTS: dict[str, Layout] = {
    "title, blank, abstract": joined(lambda t, a, _: f"{t}\n\n{a}"),
    "with head, menu and foot": lambda c, r: MENU + HEAD + joined(lambda t, a, _: f"{t}\n\n{a}")(c, r) + FOOT,
    "no blank lines": joined(lambda t, a, _: f"{t}\n{a}", "\n"),
    "two blank lines": joined(lambda t, a, _: f"{t}\n\n\n{a}", "\n\n\n"),
    "abstract right below the title": joined(lambda t, a, _: f"{t}\n{a}"),
    "cards (submitted by, counts, links)": joined(card),
    "each card twice": joined(twice),
    "a third of the abstracts missing": dropped(1 / 3),
    "nine of ten abstracts missing": dropped(0.9),
    "titles only (with head)": lambda c, r: HEAD + dropped(1.0)(c, r),
    "abstracts of one sentence": joined(first_sentence),
    "abstracts of two paragraphs": joined(paragraphs),
    "titles wrapped at 60": joined(lambda t, a, _: f"{wrap(t, 60)}\n\n{a}"),
    "titles wrapped at 40": joined(lambda t, a, _: f"{wrap(t, 40)}\n\n{a}"),
    "abstracts wrapped at 80": joined(lambda t, a, _: f"{t}\n\n{wrap(a, 80)}"),
    "all wrapped at 80": joined(lambda t, a, _: f"{wrap(t, 80)}\n\n{wrap(a, 80)}"),
    "all wrapped at 60": joined(lambda t, a, _: f"{wrap(t, 60)}\n\n{wrap(a, 60)}"),
    "all wrapped at 80, third missing": dropped(1 / 3, 80),
    "all wrapped at 80, one block a paper": joined(lambda t, a, _: f"{wrap(t, 80)}\n{wrap(a, 80)}"),
    "all wrapped at 80, no blank lines": joined(lambda t, a, _: f"{wrap(t, 80)}\n{wrap(a, 80)}", "\n"),
}


def pages(chosen: Sequence[Pair], layout: Layout) -> Iterator[tuple[list[Pair], str]]:
    rng = random.Random(11)  # noqa: S311 - pages, not secrets
    for start in range(0, len(chosen), PAGE):
        page = list(chosen[start : start + PAGE])
        yield page, layout(page, rng)


def measure(chosen: Sequence[Pair], layout: Layout, show: int) -> dict[str, Any]:
    """Count titles read exactly, titles that are none, abstracts read whole, and pages given to the right reader."""
    seen: Counter[str] = Counter()
    for page, text in pages(chosen, layout):
        reader = HfTrendingReader()
        seen["recognised"] += choose_reader(text, READERS, digest="page").name == reader.name
        seen["pages"] += 1
        found = [item for item in reader.read(text, digest="page") if isinstance(item, Mention)]
        wanted = Counter(title for title, _ in page)
        got = Counter(mention.title for mention in found)
        seen["right"] += (wanted & got).total()
        wrong = list((got - wanted).elements())
        seen["wrong"] += len(wrong)
        known = dict(page)
        seen["abstracts"] += sum(known.get(mention.title) == mention.abstract for mention in found)
        for title in (wrong + [f"MISSING {title}" for title in wanted - got])[: max(0, show - seen["shown"])]:
            seen["shown"] += 1
            print("      ", title[:200])
    return seen


def raw(folder: Path, show: int) -> None:
    """Print what is read of each real digest, beside the titles of its truth."""
    print("| digest | read as | titles | true titles read | others with an id | others | abstracts | authors | ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    examples: list[str] = []
    for truth in sorted(folder.glob(f"*{TRUTH}")):
        name = truth.name.removesuffix(TRUTH)
        rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines() if line.strip()]
        cells, odd = raw_file(folder / name, {title_key(row["digest_title"]): row["digest_title"] for row in rows})
        print(f"| {name} | {cells} |")
        examples += [f"{name}: {each}" for each in odd[:show]]
    print("\nOthers are not in the truth, which only has papers that link arXiv. Those with an arXiv id or a DOI are")
    print("papers; of the rest, those that are no papers are false, which only reading them tells (--show).")
    print(*examples, sep="\n")


def raw_file(path: Path, truth: dict[str, str]) -> tuple[str, list[str]]:
    """Return the cells of a digest, and which titles are missing or false."""
    start = time.perf_counter()
    try:
        (reading,) = pipeline.survey([path]).readings
    except DigestError as error:
        return f"{'none' if truth else 'rightly none'} | 0 | 0 of {len(truth)} | | | | |", [error.problem]
    spent = time.perf_counter() - start
    found = {title_key(mention.title): mention for mention in reading.mentions}
    missing = [f"MISSING {title}" for key, title in truth.items() if key not in found]
    others = [mention for key, mention in found.items() if key not in truth]
    odd = [mention for mention in others if not (mention.arxiv_id or mention.doi)]
    right = len(truth) - len(missing)
    cells = (
        reading.readers[0].name,
        str(len(reading.mentions)),
        f"{right} of {len(truth)} ({right / (len(truth) or 1):.1%})" if truth else "0 of 0",
        str(len(others) - len(odd)),
        f"{len(odd)} ({len(odd) / len(found):.1%})",
        str(sum(bool(mention.abstract) for mention in reading.mentions)),
        str(sum(bool(mention.authors) for mention in reading.mentions)),
        f"{spent * 1000:.0f}",
    )
    return " | ".join(cells), missing + [f"OTHER {each.line}: {each.title}" for each in odd]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    if any(options.folder.glob(f"*{TRUTH}")):
        raw(options.folder, options.show)
    else:
        made(options)


def made(options: argparse.Namespace) -> None:
    for source, load in (("digest pairs", pairs), ("arXiv, all fields", arxiv)):
        chosen = load(options.folder, options.pairs)
        print(f"\n{source}: {len(chosen)} pairs, {PAGE} a page\n")
        print("| layout | titles exact | not titles | abstracts whole | recognised |\n|---|---|---|---|---|")
        for name, layout in LAYOUTS.items():
            seen = measure(chosen, layout, options.show)
            share = [seen["right"] / len(chosen), seen["abstracts"] / len(chosen), seen["recognised"] / seen["pages"]]
            print(f"| {name} | {share[0]:.2%} | {seen['wrong']} | {share[1]:.2%} | {share[2]:.1%} |")
    text = "\n\n".join(f"{title}\n\n{abstract}" for title, abstract in chosen)
    text = text * (10_000_000 // len(text) + 1)
    start = time.perf_counter()
    count = sum(1 for _ in HfTrendingReader().read(text, digest="page"))
    print(f"\n{len(text) / 1e6:.1f} MB: {count} papers in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
