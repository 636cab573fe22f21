"""Measuring refkit on titles with known answers: resolve them with ids and links hidden, and put figures to it.

Asked is one index alone, neither the shipped catalogue nor the network: what the pool holds must be known.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from refkit import asking, pipeline
from refkit.bench.figures import Figures, Judged, figures, judge
from refkit.bench.gold import Known, Row, read_gold, read_negatives
from refkit.errors import BadResponse
from refkit.model import Mention, Resolution, Verdict

if TYPE_CHECKING:
    from refkit.metadata.index.building import Built, Progress
    from refkit.protocols import Source

# Titles resolved at once: a second of work or less, so that progress shows and few resolutions are held.
_PORTION = 500
# A sample is the same each time, so that figures can be compared.
_SEED = 20261124
_SNAPSHOTS = (b"{", b"\x1f\x8b", b"PK\x03\x04", b"\xef\xbb\xbf{")


class Pool(NamedTuple):
    """The index that is asked, of so many records; `built` tells what was made of a snapshot, None for an index."""

    path: Path
    records: int
    built: Built | None = None


class Asked(NamedTuple):
    """What a measurement asks: complete pairs and negatives.

    `suspect` rows were left out; of `disagreeing` pairs the file says otherwise than the index whether it has them.
    """

    pairs: Sequence[Row]
    negatives: Sequence[Row] = ()
    suspect: int = 0
    disagreeing: int = 0


@contextmanager
def open_pool(path: Path, told: Callable[[Progress], None] = lambda _: None) -> Iterator[Pool]:
    """Give an index: the one in the file, or one made of a snapshot of records in a temporary folder.

    Raises UsageError for a file that is neither.
    """
    from refkit.metadata.index import building  # only where titles are looked for
    from refkit.metadata.index.reading import Index
    from refkit.workers import processors

    if not _is_snapshot(path):
        yield Pool(path, len(Index.open(path)))
        return

    with TemporaryDirectory(prefix="refkit-bench-", ignore_cleanup_errors=True) as folder:
        target = Path(folder) / "arxiv.index"
        built = building.build(path, target, processes=processors(), told=told)
        yield Pool(target, built.records, built)


def _is_snapshot(path: Path) -> bool:
    """Whether a file begins as snapshots do; what else is wrong with it, opening it as an index tells."""
    try:
        with path.open("rb") as file:
            return file.read(8).lstrip().startswith(_SNAPSHOTS)
    except OSError:
        return False


def read_asked(pairs: Path, negatives: Path | None, pool: Pool, *, sample: int = 0) -> Asked:
    """Read gold files and look up in the pool what they do not say; of a `sample` only so many rows of each.

    Raises DigestError, with file and line, for a row that is none; BadIndex.
    """
    gold = read_gold(pairs)
    others = read_negatives(negatives) if negatives else ()
    known, complete = _known_by(pool, _sampled(gold.rows, sample))
    return Asked(complete, _sampled(others, sample), gold.suspect, known.disagreeing)


def _known_by(pool: Pool, rows: Sequence[Row]) -> tuple[Known, list[Row]]:
    from refkit.metadata.index.reading import Index  # only where titles are looked for
    from refkit.metadata.index.source import told_if_damaged

    known = Known(Index.open(pool.path))
    with told_if_damaged(pool.path):
        return known, known.complete(rows)


def _sampled(rows: Sequence[Row], sample: int) -> Sequence[Row]:
    if not 0 < sample < len(rows):
        return rows
    chosen = random.Random(_SEED).sample(range(len(rows)), sample)  # noqa: S311 - a sample, not a secret
    return [rows[place] for place in sorted(chosen)]


def measure(
    asked: Asked,
    pool: Pool,
    *,
    titles_only: bool = False,
    progress: pipeline.Progress | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Figures:
    """Resolve all titles in this process and return the figures.

    The clock runs only while titles are resolved; what is loaded once is loaded before. `titles_only` hides abstracts,
    authors, dates and headings too. Raises BadResponse if the index fails.
    """
    rows = [*asked.pairs, *asked.negatives]
    settings = {"index": {"path": str(pool.path)}}
    sources = asking.open_sources(("index",), network=False, settings=settings, environ={})
    pipeline.resolve([row.mention(titles_only=titles_only) for row in rows[:1]], sources=sources)
    judged: list[Judged] = []
    seconds = 0.0
    for start in range(0, len(rows), _PORTION):
        if progress:
            progress(start, len(rows))
        portion = rows[start : start + _PORTION]
        mentions = [row.mention(titles_only=titles_only) for row in portion]
        found, took = _resolved(mentions, sources, timer)
        judged += map(judge, portion, found)
        seconds += took
    pairs, negatives = judged[: len(asked.pairs)], judged[len(asked.pairs) :]
    return figures(pairs, negatives, seconds=seconds)


def _resolved(
    mentions: Sequence[Mention], sources: Sequence[Source], timer: Callable[[], float]
) -> tuple[list[Resolution], float]:
    began = timer()
    found = pipeline.resolve(mentions, sources=sources)
    seconds = timer() - began
    failed = next((each for each in found if each.verdict is Verdict.FAILED), None)
    if failed:
        raise BadResponse(
            f"{failed.mention.title!r} could not be decided, so that nothing is measured. {failed.reason}"
        )
    return found, seconds


def as_json(found: Figures, asked: Asked, *, wrong: int) -> str:
    """Return the figures as one JSON object, with at most so many `wrong` ones; shares have six digits."""
    facts = msgspec.to_builtins(found)
    facts["mistakes"] = facts["mistakes"][:wrong]
    facts |= {"version": 1, "suspect_left_out": asked.suspect, "in_pool_disagreeing": asked.disagreeing}
    return msgspec.json.format(msgspec.json.encode(_rounded(facts)), indent=2).decode() + "\n"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
