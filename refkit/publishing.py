"""From preprints to published versions: who is asked, and what was found of each work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from refkit.asking import environment
from refkit.errors import PluginError, SourceError, UsageError
from refkit.guarding import guard
from refkit.metadata.published import Finding, decide
from refkit.model import ArxivRecord, Published, Work
from refkit.opening import BrokenEnricher, open_plugin, surroundings
from refkit.plugins import ALL, Selection
from refkit.protocols import Notify, Surroundings

if TYPE_CHECKING:
    from refkit.protocols import Enricher, Source

# What the authors say on arXiv of where their paper was published; a local index and the catalogue lack most of it.
_OWN_WORDS = ("doi", "journal_ref", "comments")


class Found(Struct, frozen=True):
    """What was found of each work, in their order, and which services failed, as sentences."""

    findings: tuple[Finding, ...]
    outages: tuple[str, ...] = ()

    @property
    def works(self) -> list[Work]:
        """The works with what is believed of their published versions; the others as they were."""
        return [finding.work for finding in self.findings]


def open_enrichers(
    names: Sequence[str],
    *,
    network: bool = True,
    refresh: bool = False,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    environ: Mapping[str, str] = os.environ,
    notify: Notify | None = None,
    selection: Selection = ALL,
) -> list[Enricher]:
    """Return the named enrichers, touching no network; options are as of `asking.open_sources`.

    Raises UsageError for an unknown name, ConfigError for a setting.
    """
    around = surroundings(network=network, refresh=refresh, notify=notify)
    return [
        _open(name, (settings or {}).get(name, {}), environ, around, selection)
        for name in selection.allowed("enricher", names)
    ]


def _open(
    name: str, settings: Mapping[str, Any], environ: Mapping[str, str], around: Surroundings, selection: Selection
) -> Enricher:
    opened: Enricher
    try:
        opened = open_plugin("enricher", name, settings, around, over=environment(name, environ), selection=selection)
    except PluginError as error:
        opened = BrokenEnricher(name, error.reason)
    return opened


def publish(works: Iterable[Work], *, sources: Sequence[Source] = (), enrichers: Sequence[Enricher] = ()) -> Found:
    """Find the published version of each work: what arXiv says, as far as `sources` know it, and what enrichers offer.

    One that fails is named among the outages and the others are asked all the same. Nothing is raised for it.
    """
    outages: list[str] = []
    asked = _with_own_words(list(works), sources, outages)
    offers: list[list[Published]] = [[] for _ in asked]
    for enricher in enrichers if asked else ():
        try:
            for known, more in zip(offers, _offers(enricher, asked), strict=True):
                known.extend(more)
        except SourceError as error:
            outages.append(f"{enricher.name} failed: {error}")
            for known, kept in zip(offers, _recalled(enricher, asked), strict=True):
                known.extend(kept)
    findings = tuple(decide(work, offered) for work, offered in zip(asked, offers, strict=True))
    return Found(tuple(_not_final(each) for each in findings) if outages else findings, tuple(outages))


def _recalled(enricher: Enricher, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
    """Return what an enricher had answered before it failed, as far as it keeps that."""
    recall = getattr(enricher, "recall", None)
    return recall(works) if recall else [()] * len(works)


def _not_final(finding: Finding) -> Finding:
    """Return a finding that does not call a paper unpublished though somebody could not be asked."""
    return finding if finding.work.published else replace(finding, reason="not everybody could be asked")


def _offers(enricher: Enricher, works: Sequence[Work]) -> list[list[Published]]:
    offered = guard(
        lambda: [[_signed(each, enricher.name) for each in offers] for offers in enricher.published(works)],
        lambda problem: SourceError(f"it {problem}"),
        passing=(SourceError, UsageError),
    )
    if len(offered) != len(works):
        raise SourceError(f"it gave {len(offered)} answers to {len(works)} questions; report this to its author")
    return offered


def _signed(offer: Published, source: str) -> Published:
    return offer if offer.source else replace(offer, source=source)


def _with_own_words(works: list[Work], sources: Sequence[Source], outages: list[str]) -> list[Work]:
    """Return the works with what the sources know of `_OWN_WORDS` and their records lack."""
    for source in sources:
        ids = [work.record.arxiv_id for work in works if _lacks(work, source)]
        if not ids:
            continue
        try:
            records = guard(
                lambda source=source, ids=ids: dict(source.lookup(ids)),  # type: ignore[misc]
                lambda problem: SourceError(f"it {problem}"),
                passing=(SourceError, UsageError),
            )
        except SourceError as error:
            outages.append(f"{source.name} failed: {error}")
            continue
        works = [_completed(work, records.get(work.record.arxiv_id), source.name) for work in works]
    return works


def _lacks(work: Work, source: Source) -> bool:
    return work.provenance.get("title") != source.name and not all(getattr(work.record, name) for name in _OWN_WORDS)


def _completed(work: Work, record: ArxivRecord | None, source: str) -> Work:
    if record is None:
        return work
    new = {
        name: getattr(record, name) for name in _OWN_WORDS if getattr(record, name) and not getattr(work.record, name)
    }
    if not new:
        return work
    return replace(
        work, record=replace(work.record, **new), provenance={**work.provenance, **dict.fromkeys(new, source)}
    )
