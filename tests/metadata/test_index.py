from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.metadata.titles import TitleIndex
from refkit.model import ArxivRecord

TITLES = [
    "Learning to Navigate the Web",
    "Adversarial Environment Generation for Learning to Navigate the Web",
    r"$\mathcal{B}$-Coder: Value-Based Deep Reinforcement Learning for Program Synthesis",
    "Mem0: Building Production-Ready AI Agents with Scalable Long-Term Memory",
    "Deep Learning",
    "The MineRL BASALT Competition on Learning from Human Feedback",
]


@pytest.fixture
def records() -> list[ArxivRecord]:
    return [ArxivRecord(arxiv_id=f"2401.{number:05}", title=title) for number, title in enumerate(TITLES)]


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("Learning to Navigate the Web", 0),
        ("LEARNING TO NAVIGATE THE WEB.", 0),
        ("Learnin to Navigate teh Web", 0),
        ("B-Coder: Value-Based Deep Reinforcement Learning for Program Synthesis", 2),
        ("B-Coder", 2),
        ("Mem0: another subtitle", 3),
        ("Building Production Ready AI Agents with Scalable Long Term Memory", 3),
        ("deep learning", 4),
        ("The MineRL BASALT Competition on Learning from…", 5),
        ("MineRL BASALT: Learning from Human Feedback", 5),
    ],
)
def test_the_record_is_the_first_candidate(records: list[ArxivRecord], asked: str, place: int) -> None:
    assert TitleIndex(records).search(asked, limit=5)[0].title == TITLES[place]


def test_nothing_in_common_finds_nothing(records: list[ArxivRecord]) -> None:
    index = TitleIndex(records)
    assert index.search("Quark Confinement", limit=5) == []
    assert index.search("???", limit=5) == []
    assert TitleIndex([]).search("Deep Learning", limit=5) == []


def test_all_records_of_one_title_come_back() -> None:
    twins = [ArxivRecord(arxiv_id=f"2401.0000{number}", title="Deep Learning") for number in range(3)]
    assert len(TitleIndex(twins).search("Deep learning", limit=5)) == 3
    assert len(TitleIndex(twins).search("Deep learning", limit=2)) == 2


def test_a_former_title_leads_to_the_record() -> None:
    renamed = ArxivRecord(arxiv_id="2401.00001", title="New Words", former_titles=("Old Words of It",))
    index = TitleIndex([renamed])
    assert index.search("old words of it", limit=5) == [renamed]
    assert len(index) == 1


def test_records_are_found_by_id(records: list[ArxivRecord]) -> None:
    assert TitleIndex(records).get("2401.00004") == records[4]
    assert TitleIndex(records).get("2401.99999") is None


@given(st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_change_what_is_found(chance: random.Random) -> None:
    records = [ArxivRecord(arxiv_id=f"2401.{n:05}", title=title) for n, title in enumerate([*TITLES, TITLES[0]])]
    expected = TitleIndex(records).search("Learning to Navigate", limit=9)
    chance.shuffle(records)
    assert TitleIndex(records).search("Learning to Navigate", limit=9) == expected
