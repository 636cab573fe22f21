"""Mentions -> resolutions: ask the sources in their order, cheapest first, until the evidence decides.

The sources are handed in; nothing here knows what stands behind them. Mentions that say the same are asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from refkit.errors import SourceError
from refkit.matching.decide import decide, rank
from refkit.matching.evidence import weigh
from refkit.model import Answer, ArxivRecord, Candidate, Mention, Resolution, Verdict, plain_arxiv_id
from refkit.normalize import to_unicode
from refkit.protocols import Source

# Candidates asked of a source for one title: the accuracy pool holds no answer further down (docs/accuracy.md).
_LIMIT = 10

Progress = Callable[[int, int], None]


class Resolver:
    """Decides what each mention means, by the sources given, in their order."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def resolve(self, mentions: Sequence[Mention], progress: Progress | None = None) -> list[Resolution]:
        """Return one resolution a mention, in the same order; a source that fails makes FAILED, never NOT_FOUND.

        `progress` is told how many different mentions are decided, of how many.
        """
        groups: dict[object, list[int]] = {}
        for place, mention in enumerate(mentions):
            groups.setdefault(_question(mention), []).append(place)
        asked = [mentions[places[0]] for places in groups.values()]
        answers = self._decide_all(asked, progress or _unseen)
        found: dict[int, Resolution] = {}
        for places, resolution in zip(groups.values(), answers, strict=True):
            for place in places:
                found[place] = msgspec.structs.replace(resolution, mention=mentions[place])
        return [found[place] for place in range(len(mentions))]

    def _decide_all(self, mentions: Sequence[Mention], progress: Progress) -> list[Resolution]:
        names = tuple(source.name for source in self._sources)
        candidates: list[dict[str, Candidate]] = [{} for _ in mentions]
        failures: list[list[str]] = [[] for _ in mentions]
        resolutions = [decide(mention, (), asked=names) for mention in mentions]
        for source in self._sources:
            still = [place for place, found in enumerate(resolutions) if found.verdict is not Verdict.MATCHED]
            progress(len(mentions) - len(still), len(mentions))
            for place, answer in zip(still, _ask(source, [mentions[place] for place in still]), strict=True):
                _collect(candidates[place], mentions[place], answer.records, source.name)
                if answer.failure:
                    failures[place].append(answer.failure)
                ranked = rank(candidates[place].values())
                resolutions[place] = decide(mentions[place], ranked, asked=names, failures=failures[place])
        progress(len(mentions), len(mentions))
        return resolutions


def _unseen(done: int, total: int) -> None:
    """Show no progress."""


def _question(mention: Mention) -> object:
    """What a mention asks: two that ask the same get one answer."""
    return (
        to_unicode(mention.title).casefold() or mention.title,
        mention.abstract,
        mention.authors,
        mention.issued,
        mention.arxiv_id,
    )


def _ask(source: Source, mentions: Sequence[Mention]) -> Sequence[Answer]:
    """Ask one source for all mentions: the ids that the digest gives, and the titles."""
    if not mentions:
        return ()
    try:
        linked = source.lookup(
            tuple(dict.fromkeys(plain_arxiv_id(mention.arxiv_id) for mention in mentions if mention.arxiv_id))
        )
        answers = source.search(mentions, limit=_LIMIT)
    except SourceError as error:
        return [Answer(failure=f"{source.name}: {error}")] * len(mentions)
    return [
        Answer(_with_linked(linked.get(plain_arxiv_id(mention.arxiv_id)), answer.records), answer.failure)
        for mention, answer in zip(mentions, answers, strict=True)
    ]


def _with_linked(linked: ArxivRecord | None, records: Iterable[ArxivRecord]) -> tuple[ArxivRecord, ...]:
    return (linked, *records) if linked else tuple(records)


def _collect(into: dict[str, Candidate], mention: Mention, records: Iterable[ArxivRecord], source: str) -> None:
    """Add candidates; the first source that knows a record keeps it."""
    for record in records:
        if record.arxiv_id not in into:
            evidence = weigh(mention, record)
            into[record.arxiv_id] = Candidate(record=record, evidence=evidence, score=0.0, source=source)
