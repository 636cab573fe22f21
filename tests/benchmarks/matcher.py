"""Fit the weights of the matcher to real digests with known answers, and write `refkit/matching/weights.toml`.

    python tests/benchmarks/matcher.py ../shared/accuracy arxiv.index refkit/matching/weights.toml [--folds]

Each title of the pairs is asked with all that its digest says and with its title alone; negatives with their authors
and without; some titles cut with an ellipsis; and titles of the index while their own record is hidden, for which the
only right answer is none. The weights are those that make the right answers likeliest (Newton's method on a conditional
logit, with a ridge). More agreement must never count less, nor more difference more: a feature whose weight would say
so by some chance of the sample is left out. With `--folds` it also says how well weights fitted to some sources do on
the others. Three are set by hand: of `link`, as here the link *is* the truth, and where another has the title.
"""

from __future__ import annotations

import argparse
import random
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from accuracy import mention, rows  # type: ignore[import-not-found]

from refkit.matching.evidence import weigh
from refkit.matching.features import features
from refkit.metadata.index.reading import Index
from refkit.model import Mention

Array = NDArray[Any]

# Records of which candidates are made for each title: as many as the resolver asks for.
LIMIT = 12
# Titles of which the own record is hidden, and how many of them are asked with their authors.
HIDDEN, WITH_AUTHORS = 12_000, 0.4
# Titles that are asked once more, cut with an ellipsis, as alert mails do it: hardly any of the pairs is.
CUT = 0.1
# What one title counts. All that a digest says counts most, as that is how it will be asked.
WEIGHTS = {"all": 1.0, "title": 0.5, "cut": 0.5, "negative": 0.5, "negative title": 0.5, "hidden": 0.05}
RIDGE = 1.0
STEPS, SMALLEST = 25, 1e-3
# What speaks for a record, and what against it; all others may count either way.
SPEAKS_FOR = (
    "title.same", "title.shared", "title.covered", "title.told", "title.both", "title.letters", "title.slip",
    "title.cut", "title.same words", "title.only the name, ", "title.same name",
    "title.theirs, in the text", "abstract.phrases .",
    "abstract.words .", "authors.one", "authors.two", "authors.three", "authors.five", "authors.the first",
    "authors.all", "date.near",
)  # fmt: skip
SPEAKS_AGAINST = (
    "title.only ours", "title.only theirs", "title.number", "title.turning", "abstract.phrases none",
    "abstract.words none", "authors.one short name", "authors.another", "authors.few", "date.too late", "date.ahead",
    "date.far",
)  # fmt: skip
# One link in a thousand goes to another paper, one in ten where the title is another (README of the data): a link
# speaks for a record about as much as its authors do, and less than its very title.
# Where a record has the very title, none of the pairs means another one that is merely alike.
BY_HAND = {"link.same": 4.0, "link.another": -3.0, "title.another has it": -4.0}


class Case(NamedTuple):
    """A title with its candidates: their features, and which of them are right."""

    kind: str
    source: str
    features: list[dict[str, float]]
    right: list[bool]


def cases(folder: Path, index: Index) -> Iterator[Case]:
    """Yield all titles in all ways in which they are asked."""
    chance = random.Random(5)  # noqa: S311 - a sample, not a secret
    for row in rows(folder / "pairs.jsonl.gz"):
        if not row["suspect_link"]:
            right = {row["arxiv_id"], *row["same_title_ids"]} if row["in_pool"] else set()
            full = mention(row, bare=False)
            yield asked("all", row["source"], full, index, right)
            if full.abstract or full.authors or full.issued:
                yield asked("title", row["source"], mention(row, bare=True), index, right)
            if chance.random() < CUT:
                yield asked("cut", row["source"], replace(full, title=cut(full.title, chance)), index, right)
    for row in rows(folder / "negatives.jsonl.gz"):
        full = mention(row, bare=False)
        yield asked("negative", "", full, index, set())
        yield asked("negative title", "", replace(full, authors=()), index, set())
    index.thorough = True  # else the very title ends the search, and nothing is left once it is hidden
    for place in chance.sample(range(len(index)), HIDDEN):
        record = index.record(place)
        authors = tuple(map(str, record.authors)) if chance.random() < WITH_AUTHORS else ()
        title = cut(record.title, chance) if chance.random() < CUT else record.title
        yield asked("hidden", "", Mention(title=title, authors=authors), index, set(), hidden=record.arxiv_id)


def cut(title: str, chance: random.Random) -> str:
    """Return a title as alert mails and lists cut it."""
    return f"{title[: int(len(title) * chance.uniform(0.4, 0.9))].rstrip()} ..."


def asked(kind: str, source: str, one: Mention, index: Index, right: set[str], *, hidden: str = "") -> Case:
    found = index.search(one.title, limit=LIMIT + 1, abstract=one.abstract, authors=one.authors)
    records = [record for record in found if record.arxiv_id != hidden][:LIMIT]
    numbers = [dict(features(one, record, weigh(one, record))) for record in records]
    return Case(kind, source, numbers, [record.arxiv_id in right for record in records])


class Data(NamedTuple):
    """All cases as arrays: features by (case, candidate, feature), what is there, what is right, what each counts."""

    names: list[str]
    numbers: Array
    there: Array
    right: Array
    counts: Array

    def part(self, chosen: Array) -> Data:
        return Data(self.names, self.numbers[chosen], self.there[chosen], self.right[chosen], self.counts[chosen])


def arrays(found: Sequence[Case]) -> Data:
    names = sorted({name for case in found for each in case.features for name in each})
    place = {name: number for number, name in enumerate(names)}
    most = max(len(case.features) for case in found)
    data = Data(
        names,
        np.zeros((len(found), most, len(names))),
        np.zeros((len(found), most), bool),
        np.zeros((len(found), most), bool),
        np.array([WEIGHTS[case.kind] for case in found]),
    )
    for row, case in enumerate(found):
        for column, (each, is_right) in enumerate(zip(case.features, case.right, strict=True)):
            data.there[row, column], data.right[row, column] = True, is_right
            for name, value in each.items():
                data.numbers[row, column, place[name]] = value
    return data


def likelihoods(data: Data, weights: Array) -> Array:
    odds = np.where(data.there, data.numbers @ weights, -1e9)
    most = np.maximum(odds.max(axis=1), 0)
    shares = np.exp(odds - most[:, None])
    likely: Array = shares / (shares.sum(axis=1) + np.exp(-most))[:, None]
    return likely


def loss(data: Data, weights: Array) -> float:
    likely = likelihoods(data, weights)
    answer = np.where(data.right.any(axis=1), (likely * data.right).sum(axis=1), 1 - likely.sum(axis=1))
    return float(-(data.counts * np.log(np.maximum(answer, 1e-12))).sum() + RIDGE / 2 * weights @ weights)


def fitted(data: Data) -> Array:
    """Return the weights; 0 for what is left out."""
    free = np.ones(len(data.names), bool)
    while True:
        weights = np.zeros(len(data.names))
        weights[free] = newton(data._replace(numbers=data.numbers[:, :, free]))
        absurd = np.array([is_absurd(name, weight) for name, weight in zip(data.names, weights, strict=True)])
        if not absurd.any():
            return weights
        free &= ~absurd


def is_absurd(name: str, weight: float) -> bool:
    """Whether a weight says that more agreement counts less, or more difference more."""
    if name == "authors.one short name" or not name.startswith(SPEAKS_FOR):
        return name.startswith(SPEAKS_AGAINST) and weight > 0
    return weight < 0


def newton(data: Data) -> Array:
    count = data.numbers.shape[2]
    weights, now = np.zeros(count), loss(data, np.zeros(count))
    flat = data.numbers.reshape(-1, count)
    for _ in range(STEPS):
        likely = likelihoods(data, weights)
        mine = likely * data.right
        wanted = mine / np.maximum(mine.sum(axis=1, keepdims=True), 1e-12)
        slope = np.einsum("ncf,nc->f", data.numbers, (wanted - likely) * data.counts[:, None]) - RIDGE * weights
        mean = np.einsum("ncf,nc->nf", data.numbers, likely)
        bend = (flat * (likely * data.counts[:, None]).reshape(-1, 1)).T @ flat
        bend += RIDGE * np.eye(count) - (mean * data.counts[:, None]).T @ mean
        step, size = np.linalg.solve(bend, slope), 1.0
        while (then := loss(data, weights + size * step)) > now and size > SMALLEST:
            size /= 2
        weights, before, now = weights + size * step, now, then
        if before - now < SMALLEST:
            break
    return weights


def written(names: Sequence[str], weights: Sequence[float]) -> str:
    """Return the file of weights, sorted, with two decimals."""
    known = {name: weight for name, weight in zip(names, weights, strict=True) if weight} | BY_HAND
    lines = [
        "# The weights of the matcher: natural logarithms of odds. refkit/matching/model.py says how they are used,",
        "# features.py beside it what they weigh; tests/benchmarks/matcher.py wrote them; some are set by hand.",
    ]
    table = ""
    for name in sorted(known):
        group, _, rest = name.partition(".")
        if group != table:
            lines += ["", f"[{group}]"]
            table = group
        lines.append(f'"{rest}" = {known[name] + 0.0:.2f}')
    return "\n".join(lines) + "\n"


def told(data: Data, likely: Array, chosen: Array, title: str) -> None:
    """Print how right it is above some probabilities."""
    best = likely.argmax(axis=1)
    first, good = likely.max(axis=1), data.right[np.arange(len(best)), best]
    if not chosen.any():
        return
    print(f"{title}: probability at least, accepted, wrong, share of those with an answer among the candidates")
    for least in (0.9, 0.95, 0.97, 0.98, 0.99, 0.995):
        taken = chosen & (first >= least)
        among = (taken & good).sum() / max(1, (chosen & data.right.any(axis=1)).sum())
        print(f"  {least:5} {taken.sum():6} {(taken & ~good).sum():4} {among:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("index", type=Path, help="made of arxiv-400k.jsonl.gz by `refkit index build`")
    parser.add_argument("output", type=Path)
    parser.add_argument("--folds", action="store_true")
    options = parser.parse_args()
    found = list(cases(options.folder, Index.open(options.index)))
    data = arrays(found)
    weights = fitted(data)
    options.output.write_text(written(data.names, weights.tolist()), "utf-8")
    kinds = np.array([case.kind for case in found])
    for kind in WEIGHTS:
        told(data, likelihoods(data, weights), kinds == kind, f"{kind}, in the sample")
    if options.folds:
        fold = np.array(
            [zlib.crc32((case.source.split("/")[0] or str(n)).encode()) % 5 for n, case in enumerate(found)]
        )
        likely = np.zeros(data.there.shape)
        for each in range(5):
            likely[fold == each] = likelihoods(data.part(fold == each), fitted(data.part(fold != each)))
        for kind in WEIGHTS:
            told(data, likely, kinds == kind, f"{kind}, sources that were left out")


if __name__ == "__main__":
    main()
