"""Asking for published versions: who is asked, what failed, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from refkit import registry
from refkit.errors import ConfigError, SourceError, UsageError
from refkit.model import Answer, ArxivRecord, Author, Mention, PartialDate, Publication, Published, Work
from refkit.protocols import Surroundings
from refkit.published_account import counts, explain, summary
from refkit.publishing import open_enrichers, publish

RECORD = ArxivRecord(
    arxiv_id="2401.00001",
    title="A Title That Says Enough of It",
    authors=(Author(family="Gur", given="Izzeddin"),),
    submitted=PartialDate(2024, 1, 5),
)
WORK = Work(record=RECORD, provenance={"title": "index"})


def offer(place: str = "Nature", **known: Any) -> Published:
    publication = Publication(type="article-journal", container_title=place, issued=PartialDate(2024), **known)
    return Published(publication=publication, title=RECORD.title, authors=RECORD.authors)


class Fake:
    """An enricher that offers the same for every work, or fails."""

    network = True

    def __init__(self, name: str, *offers: Published, fault: Exception | None = None, answers: int = -1) -> None:
        self.name, self._offers, self._fault, self._answers = name, offers, fault, answers

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        if self._fault:
            raise self._fault
        return [self._offers] * (len(works) if self._answers < 0 else self._answers)


class Own:
    """A source that knows what the authors say."""

    name, network = "arxiv", True
    asked: ClassVar[list[str]] = []

    def __init__(self, fault: Exception | None = None, **known: str) -> None:
        self._known, self._fault = known, fault

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        return [Answer()] * len(mentions[:limit])

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        self.asked.extend(ids)
        if self._fault:
            raise self._fault
        return {arxiv_id: replace(RECORD, arxiv_id=arxiv_id, title="Another Title", **self._known) for arxiv_id in ids}


def test_several_services_are_asked_and_signed() -> None:
    found = publish(
        [WORK], enrichers=[Fake("dblp", offer("Nature")), Fake("crossref", offer(doi="10.1000/x", pages="1-2"))]
    )
    (work,) = found.works
    assert work.published
    assert work.published.doi == "10.1000/x"
    assert work.provenance == {
        "title": "index",
        **dict.fromkeys(
            [f"publication.{name}" for name in ("type", "container_title", "pages", "issued", "doi")], "crossref"
        ),
    }
    assert not found.outages


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (SourceError("no answer in 10 s; try again later"), "crossref failed: no answer in 10 s; try again later"),
        (ValueError("boom"), "crossref failed: it failed with ValueError: boom; report this to its author"),
    ],
)
def test_an_outage_is_told_and_the_others_are_asked(fault: Exception, said: str) -> None:
    found = publish([WORK, WORK], enrichers=[Fake("crossref", fault=fault), Fake("dblp", offer())])
    assert found.outages == (said,)
    assert all(work.published for work in found.works)
    alone = publish([WORK], enrichers=[Fake("crossref", fault=fault)])
    assert alone.works == [WORK]
    lines = list(summary(alone.findings, alone.outages))
    assert any(said in line for line in lines)
    assert lines[-1].endswith("0 found, 0 doubtful, 1 could not be looked up in full")  # never "not known"
    assert alone.findings[0].reason == "not everybody could be asked"


def test_a_plug_in_that_gives_too_few_answers_is_a_failure() -> None:
    found = publish([WORK, WORK], enrichers=[Fake("crossref", offer(), answers=1)])
    assert "1 answers to 2 questions" in found.outages[0]
    assert found.works == [WORK, WORK]


def test_what_the_authors_say_is_looked_up_where_the_record_lacks_it() -> None:
    found = publish([WORK], sources=[Own(journal_ref="Nature 625 (2024) 1-9", doi="10.1038/x")])
    (work,) = found.works
    assert work.published
    assert (work.published.container_title, work.published.doi) == ("Nature", "10.1038/x")
    assert work.record.title == RECORD.title
    assert work.provenance["journal_ref"] == "arxiv"
    assert publish([], sources=[Own()], enrichers=[Fake("dblp", fault=ValueError())]).outages == ()
    Own.asked.clear()
    publish([replace(WORK, provenance={"title": "arxiv"})], sources=[Own()])
    assert Own.asked == []  # arXiv's own record has all that it knows
    assert publish([WORK], sources=[Own(fault=SourceError("it is down"))]).outages == ("arxiv failed: it is down",)


def test_what_the_authors_hint_at_is_told() -> None:
    hinted = publish([replace(WORK, record=replace(RECORD, comments="Accepted at ICLR 2024"))])
    assert list(summary(hinted.findings)) == [
        "perhaps published: arXiv:2401.00001 A Title That Says Enough of It",
        "    arXiv's comment names ICLR 2024, which is not enough by itself",
        "refkit: published versions of 1 paper: 0 found, 0 doubtful, 1 not known",
    ]


def test_the_report_names_doubts_disputes_and_counts() -> None:
    strangers = replace(offer(), authors=(Author(family="Doe", given="Jane"),))
    doubtful = publish([WORK], enrichers=[Fake("crossref", strangers)])
    disputed = publish([WORK], enrichers=[Fake("crossref", offer(pages="1-2")), Fake("dblp", offer(pages="3-4"))])
    nothing = publish([WORK])
    findings = doubtful.findings + disputed.findings + nothing.findings
    text = "\n".join(summary(findings))
    assert "doubtful: arXiv:2401.00001" in text
    assert "the authors do not (Jane Doe)" in text
    assert "pages: 1-2 (crossref); dblp says 3-4" in text
    assert counts(findings) == (
        "published versions of 3 papers: 1 found (1 with services that disagree), 1 doubtful, 1 not known"
    )
    explained = explain(disputed.findings[0], key="gur2024title")
    assert explained.startswith("gur2024title  arXiv:2401.00001\n")
    assert "pages           1-2  [crossref]\n" in explained
    assert "but dblp says 3-4" in explained
    assert "not accepted:\n    crossref: Nature, 2024: the title agrees" in explain(doubtful.findings[0])


class Configured:
    """An enricher with settings."""

    name, network = "configured", True

    def __init__(self, settings: Mapping[str, object], around: Surroundings) -> None:
        self.settings, self.around = settings, around

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings) -> Configured:
        return cls(settings, surroundings)

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        return [[]] * len(works)


def test_enrichers_are_opened_by_name_with_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ENRICHERS, "configured", f"{__name__}:Configured")
    monkeypatch.setattr("refkit.registry.import_module", lambda _: SimpleNamespace(Configured=Configured))
    (opened,) = open_enrichers(
        ["configured", "configured"],
        network=False,
        settings={"configured": {"url": "a", "mailto": "m"}},
        environ={"REFKIT_CONFIGURED_URL": "b"},
    )
    assert isinstance(opened, Configured)
    assert dict(opened.settings) == {"url": "b", "mailto": "m"}
    assert opened.around.offline
    with pytest.raises(UsageError, match="no enricher named 'nobody'"):
        open_enrichers(["nobody"])
    assert open_enrichers([]) == []


def test_settings_of_an_enricher_without_any_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        name, network = "bare", False

    monkeypatch.setitem(registry.ENRICHERS, "bare", "anywhere:Bare")
    monkeypatch.setattr("refkit.registry.import_module", lambda _: SimpleNamespace(Bare=Bare))
    with pytest.raises(ConfigError, match=r"remove url from \[enrichers.bare\]"):
        open_enrichers(["bare"], settings={"bare": {"url": "x"}})
    assert isinstance(open_enrichers(["bare"])[0], Bare)
