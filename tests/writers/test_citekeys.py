"""Citekeys: short, ASCII, unique, and the same in every order of the input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.names import parse_name
from refkit.writers.citekeys import base_key, cite_keys


def record(author: str, title: str, date: str = "2018", arxiv_id: str = "1812.09195") -> ArxivRecord:
    return ArxivRecord(
        arxiv_id=arxiv_id,
        title=title,
        authors=(parse_name(author),) if author else (),
        submitted=PartialDate.parse(date) if date else None,
    )


@pytest.mark.parametrize(
    ("author", "title", "date", "key"),
    [
        ("Izzeddin Gur", "Learning to Navigate the Web", "2018-12-21", "gur2018learning"),
        ("Charline Le Lan", "On the Generalization", "2022", "lelan2022generalization"),
        ("Laurens van der Maaten", "Visualizing Data", "2008-11", "vandermaaten2008visualizing"),
        ("Bernhard Schölkopf", "The Kernel Trick", "2000", "scholkopf2000kernel"),
        ('Bernhard Sch\\"olkopf', "The Kernel Trick", "2000", "scholkopf2000kernel"),
        ("Łukasz Øster-Weiß", "A Test", "2001", "osterweiss2001test"),
        ("Đặng Nguyễn", "A Test", "2001", "nguyen2001test"),
        ("Zishun Yu", r"$\mathcal{B}$-Coder: Value-Based", "2023", "yu2023bcoder"),
        ("An Yang", "Qwen2.5-Math Technical Report", "2024", "yang2024qwen25math"),
        ("Hongzhe Huang", "Align$^2$LLaVA: Cascaded", "2024", "huang2024align2llava"),
        ("Michael Ahn", "Do As I Can, Not As I Say: Grounding", "2022", "ahn2022say"),
        ("ATLAS Collaboration", "Observation of a Boson", "2012", "atlascollaboration2012observation"),
        ("Пётр Ильич", "A Test", "2001", "ilich2001test"),
        ("王小明", "A Test", "2001", "arxiv181209195"),
        ("", "A Test", "2001", "2001test"),
        ("Izzeddin Gur", "A Test", "", "gurtest"),
        ("Izzeddin Gur", "To Be or Not to Be", "2018", "gur2018to"),
        ("Izzeddin Gur", "中文", "2018", "gur2018"),
        ("", "10", "", "arxiv181209195"),
        ("", "", "", "arxiv181209195"),
    ],
)
def test_key(author: str, title: str, date: str, key: str) -> None:
    assert base_key(record(author, title, date)) == key


def test_old_ids_keep_their_letters() -> None:
    assert base_key(record("", "", "", arxiv_id="math/0211159")) == "arxivmath0211159"


def test_equal_keys_get_letters_by_date_then_id() -> None:
    works = [
        Work(record=record("Wei Xu", "Deep Nets", "2020-05-02", "2005.00009")),
        Work(record=record("Li Xu", "Deep Learning", "2020-05-01", "2005.00007")),
        Work(record=record("Li Xu", "Deep Thoughts", "2020-05-02", "2005.00008")),
    ]
    assert cite_keys(works) == ["xu2020deepc", "xu2020deepa", "xu2020deepb"]
    assert cite_keys(works[::-1]) == ["xu2020deepb", "xu2020deepa", "xu2020deepc"]


def test_a_letter_never_makes_the_key_of_another_work() -> None:
    titles = ["Deep Nets", "Deep Learning", "Deepa", "Deepb"]
    works = [Work(record=record("Li Xu", t, "2020", f"2005.0000{n}")) for n, t in enumerate(titles)]
    assert cite_keys(works) == ["xu2020deepc", "xu2020deepd", "xu2020deepa", "xu2020deepb"]


def test_after_z_comes_aa() -> None:
    works = [Work(record=record("Li Xu", "Deep", "2020", f"2005.{n:05}")) for n in range(28)]
    assert cite_keys(works)[24:] == ["xu2020deepy", "xu2020deepz", "xu2020deepaa", "xu2020deepab"]


records = st.builds(
    ArxivRecord,
    arxiv_id=st.integers(1, 99999).map("2005.{:05}".format),
    title=st.one_of(st.sampled_from(["Deep", "Deepa", "Deepb", "DEEP nets", "a", ""]), st.text(max_size=12)),
    authors=st.one_of(
        st.just((Author(family="Xu", given="Li"),)), st.builds(lambda t: (Author(family=t),), st.text(max_size=6))
    ),
    submitted=st.sampled_from([None, PartialDate(2020), PartialDate(2020, 5)]),
)


@given(st.lists(records.map(lambda record: Work(record=record)), max_size=12), st.randoms(use_true_random=False))
def test_keys_are_unique_and_keep_to_their_work(works: list[Work], dice: random.Random) -> None:
    keys = cite_keys(works)
    assert len({key.lower() for key in keys}) == len(works)
    assert all(key.isascii() and key.isalnum() for key in keys)
    shuffled = list(works)
    dice.shuffle(shuffled)
    again = sorted(zip(cite_keys(shuffled), map(repr, shuffled), strict=True))
    assert again == sorted(zip(keys, map(repr, works), strict=True))
