from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from refkit import pipeline
from refkit.metadata.catalogue import CatalogueSource
from refkit.metadata.index.source import IndexedSource
from refkit.metadata.snapshot import read_records
from refkit.metadata.titles import TitleIndex
from refkit.model import ArxivRecord, Mention, Verdict
from refkit.testing import SourceContract


@pytest.fixture(scope="module")
def records() -> list[ArxivRecord]:
    file = Path(pipeline.__file__).parent / "metadata/catalogue.jsonl"
    return list(read_records(file.read_bytes().splitlines(), name="catalogue.jsonl"))


def _source(records: Iterable[ArxivRecord]) -> IndexedSource:
    index = TitleIndex(records)
    return IndexedSource(lambda: index)


def test_every_title_of_the_sample_has_its_record(truth: Sequence[dict[str, Any]]) -> None:
    found = pipeline.resolve([Mention(title=row["title"]) for row in truth])
    assert [each.record and each.record.arxiv_id for each in found] == [row["arxiv_id"] for row in truth]
    assert len(truth) == 53


def test_without_its_record_a_title_is_never_a_neighbour(
    records: list[ArxivRecord], truth: Sequence[dict[str, Any]]
) -> None:
    wrong = []
    for row in truth:
        rest = _source(record for record in records if record.arxiv_id != row["arxiv_id"])
        (found,) = pipeline.resolve([Mention(title=row["title"])], sources=[rest])
        if found.verdict is not Verdict.NOT_FOUND:
            wrong.append((row["title"], found.verdict))
    # This one is the end of another title, and a person is asked.
    assert wrong == [("Learning to Navigate the Web", Verdict.AMBIGUOUS)]


def test_the_confusers_are_there(records: list[ArxivRecord]) -> None:
    known = {record.arxiv_id for record in records}
    assert {"2103.01991", "2407.15838", "2204.07123"} <= known


def test_ids_are_sorted_once_and_hold_no_abstract(records: list[ArxivRecord]) -> None:
    ids = [record.arxiv_id for record in records]
    assert ids == sorted(set(ids))
    assert not any(record.abstract for record in records)


def test_saycan_has_its_45_authors_in_order(records: list[ArxivRecord]) -> None:
    authors = next(record.authors for record in records if record.arxiv_id == "2204.01691")
    assert len(authors) == 45
    assert (str(authors[0]), str(authors[-1])) == ("Michael Ahn", "Andy Zeng")


def test_the_facts_are_those_that_were_verified(shared: Path, records: list[ArxivRecord]) -> None:
    """Needs the verified answers of ../shared."""
    by_id = {record.arxiv_id: record for record in records}
    for line in (shared / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        record = by_id[fact["arxiv_id"]]
        assert record.title == fact["arxiv_title"]
        assert list(record.former_titles) == fact["former_titles"]
        assert str(record.submitted) == fact["submitted"]
        assert [set(str(author).split()) for author in record.authors] == [set(a.split()) for a in fact["authors"]]
        assert list(record.categories[:1]) == [fact["primary_category"]] * bool(fact["primary_category"])
        for confuser in fact["confusers"]:
            assert by_id[confuser["arxiv_id"]].title == confuser["title"]


def test_constructing_the_source_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refkit.metadata.catalogue.resources.files", lambda _: pytest.fail("opened too early"))
    CatalogueSource()


class TestCatalogueContract(SourceContract):
    @pytest.fixture
    def source(self) -> CatalogueSource:
        return CatalogueSource()

    @pytest.fixture
    def known(self, records: list[ArxivRecord]) -> ArxivRecord:
        return next(record for record in records if record.arxiv_id == "2107.01969")
