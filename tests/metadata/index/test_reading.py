from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from refkit.metadata.index import building, layout
from refkit.metadata.index.reading import Index
from refkit.metadata.index.source import IndexSource
from refkit.model import ArxivRecord, Mention
from refkit.testing import SourceContract

ABSTRACTS = [
    " ".join(f"{word} {number}" for number in range(start, start + 40) for word in ("alpha", "beta", "gamma"))
    for start in (0, 100, 200)
]


def line(arxiv_id: str, title: str, abstract: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": arxiv_id,
        "title": title,
        "abstract": abstract,
        "categories": "cs.LG cs.CL",
        "authors_parsed": [['Schr\\"odinger', "Erwin", ""], ["van der Maaten", "L.", "Jr."]],
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        "update_date": "2020-05-06",
        **more,
    }


LINES = [
    line("0704.0001", "Learning to Navigate\n  the Web", ABSTRACTS[0], doi="10.1000/182 10.1000/183"),
    line("1501.00001", "Mem0: Building Production-Ready Agents with Long-Term Memory", ABSTRACTS[1]),
    line("1706.03762", r"$\mathcal{B}$-Coder: Value-Based Reinforcement Learning for Program Synthesis", ABSTRACTS[2]),
    line("2401.00001", "Deep Songs of the Whales"),
    line("2402.00001", "Deep songs of the whales!", former_titles=["Shallow Tunes of Fishes"]),
    line("hep-th/9901001", "Strings and Branes in Curved Backgrounds"),
]


def text(lines: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


Make = Callable[..., Index]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(lines: Sequence[dict[str, Any]] | bytes = LINES, **options: Any) -> Index:
        (tmp_path / "snapshot.jsonl").write_bytes(lines if isinstance(lines, bytes) else text(lines))
        building.build(tmp_path / "snapshot.jsonl", tmp_path / "arxiv.index", **options)
        return Index.open(tmp_path / "arxiv.index")

    return made


def found(index: Index, title: str) -> list[str]:
    return [index.record(hit.row).arxiv_id for hit in index.find(title, limit=10)]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("learning to navigate THE WEB.", "0704.0001"),
        ("Learning to Navigate a Web", "0704.0001"),
        ("Laerning to Navigat the Webb", "0704.0001"),
        ("Mem0: Building Production-Ready Agents with Long-Term Memor", "1501.00001"),
        ("Lerning too Navigqte the Web", "0704.0001"),
        ("Learning to Navi…", "0704.0001"),
        ("Mem0", "1501.00001"),
        ("Mem0: something else entirely", "1501.00001"),
        ("Building Production Ready Agents with Long Term Memory", "1501.00001"),
        ("B-Coder", "1706.03762"),
        (r"\textbf{B}-Coder: Value–Based Reinforcement Learning for Program Synthesis", "1706.03762"),
        ("Strings & Branes in curved background", "hep-th/9901001"),
        ("Shallow tunes of fishes", "2402.00001"),
    ],
)
def test_a_spoilt_title_leads_to_its_record_first(make: Make, asked: str, first: str) -> None:
    assert found(make(), asked)[0] == first


def test_all_records_of_one_title_come_back(make: Make) -> None:
    assert sorted(found(make(), "Deep Songs of the Whales")) == ["2401.00001", "2402.00001"]


def test_nothing_in_common_finds_nothing(make: Make) -> None:
    index = make()
    assert found(index, "Quark Confinement") == []
    assert found(index, "???") == []
    assert index.get("2401.99999") is None
    assert index.get("no id") is None


def test_titles_that_are_in_a_bucket_by_chance_are_not_taken_for_namesakes(make: Make) -> None:
    index = make([line(f"2401.{number:05}", f"Zygote Yurt {number**3}: A Story") for number in range(1, 6000)])
    asked = [f"Quaint Bijou {number}: Another Matter" for number in range(400)]
    assert [hit for title in asked for hit in index.find(title, limit=10)] == []


def test_an_abstract_leads_to_its_record_whole_cut_or_edited(make: Make) -> None:
    index = make()
    half = ABSTRACTS[1][: len(ABSTRACTS[1]) // 2]
    edited = ABSTRACTS[1].replace("gamma 110", "delta").replace("alpha 121", "epsilon")
    for abstract in (ABSTRACTS[1], half, edited, ABSTRACTS[1].upper()):
        (hit,) = index.find_abstract(abstract, limit=5)
        assert index.record(hit.row).arxiv_id == "1501.00001"
    assert (
        index.find_abstract("Nothing of this stands in any abstract of the index that was built here.", limit=5) == []
    )
    assert index.find_abstract("", limit=5) == []


def test_a_renamed_paper_comes_first_by_its_abstract(make: Make) -> None:
    records = make().search("Wholly Other Words", limit=5, abstract=ABSTRACTS[2])
    assert records[0].arxiv_id == "1706.03762"


BUILDING = """
import sys
from pathlib import Path
from refkit.metadata.index.building import build
while True:
    for snapshot in sys.argv[2:]:
        build(Path(snapshot), Path(sys.argv[1]))
"""
READING = """
import sys, time
from pathlib import Path
from refkit.metadata.index.reading import Index
rounds, end = 0, time.monotonic() + 2
while time.monotonic() < end:
    index = Index.open(Path(sys.argv[1]))
    for row in range(len(index)):
        assert row in [hit.row for hit in index.find(index.record(row).title, limit=9)]
    assert index.damaged() == []
    rounds += 1
print(rounds)
"""


def test_two_processes_read_while_a_third_builds_and_is_killed(make: Make, tmp_path: Path) -> None:
    make()
    index = str(tmp_path / "arxiv.index")
    for name, lines in (("one", LINES[:3]), ("all", LINES)):
        (tmp_path / name).write_bytes(text(lines))
    builder = subprocess.Popen([sys.executable, "-c", BUILDING, index, str(tmp_path / "one"), str(tmp_path / "all")])
    readers = [subprocess.Popen([sys.executable, "-c", READING, index], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        assert all(int(reader.communicate()[0]) > 0 for reader in readers)
        assert [reader.returncode for reader in readers] == [0, 0]
        assert builder.poll() is None
    finally:
        builder.kill()
        builder.wait()
    assert len(Index.open(Path(index))) in {3, len(LINES)}
    assert len(make()) == len(LINES)


class TestIndexContract(SourceContract):
    @pytest.fixture
    def source(self, make: Make, tmp_path: Path) -> IndexSource:
        make()
        return IndexSource(tmp_path / "arxiv.index", is_named=True)

    @pytest.fixture
    def known(self, source: IndexSource) -> ArxivRecord:
        return source.index.record(0)


def test_the_source_finds_by_abstract_what_the_title_hides(make: Make, tmp_path: Path) -> None:
    make()
    source = IndexSource(tmp_path / "arxiv.index", is_named=True)
    (answer,) = source.search([Mention(title="Renamed Since", abstract=ABSTRACTS[0])], limit=5)
    assert answer.records[0].arxiv_id == "0704.0001"


@pytest.mark.parametrize("section", ["title_text", "exact_titles", "word_titles", "author_of"])
def test_damage_that_shows_when_it_is_read_is_told(make: Make, tmp_path: Path, section: str) -> None:
    path = tmp_path / "arxiv.index"
    part = bytes(make()._buffers.sections[section])
    data = path.read_bytes().replace(part, b"\xff" * len(part))
    path.write_bytes(data)
    source = IndexSource(path, is_named=True)
    mentions = [Mention(title=each["title"] + " a") for each in LINES]
    with pytest.raises(layout.BadIndex, match=r"is damaged \(.*\); `refkit index info --check` tells where"):
        _ = source.search(mentions, limit=5), source.lookup([each["id"] for each in LINES])
