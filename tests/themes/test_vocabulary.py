from __future__ import annotations

import pytest

from refkit.model import Mention
from refkit.themes.vocabulary import (
    ALL,
    CATEGORY,
    FEW,
    STATUS,
    Paper,
    papers_of,
    vocabulary_of,
    why_not_learnt,
)


@pytest.mark.parametrize(
    "tag", ["to-read", "To read", "toread", "/unread", "unread", "_tablet", "⭐⭐", "★", "!!important", "must-read",
            "TODO", "Read Later", "2read", "2024", "...", "currently reading", "✔ done"]
)  # fmt: skip
def test_what_was_done_with_a_paper_is_not_learnt(tag: str) -> None:
    assert why_not_learnt(tag) == STATUS


@pytest.mark.parametrize(
    "tag", ["cs.LG", "hep-th", "math.AG", "Computer Science - Robotics", "High Energy Physics - Theory",
            "Statistics - Machine Learning", "Physics - Optics"]
)  # fmt: skip
def test_categories_are_not_learnt(tag: str) -> None:
    assert why_not_learnt(tag) == CATEGORY


@pytest.mark.parametrize(
    "tag", ["physics", "math", "machine reading", "review", "star formation", "C++", "R", "RL", "speed reading",
            "机器学习", "frogs - tree frogs", "read-write memory", "2D materials"]
)  # fmt: skip
def test_topics_are_learnt(tag: str) -> None:
    assert why_not_learnt(tag) == ""


def papers(**tags: int) -> list[Paper]:
    """Return so many papers of each tag, each with a title of its own."""
    return [Paper(f"{tag} {number}", "", (tag,)) for tag, count in tags.items() for number in range(count)]


def test_tags_of_few_or_of_all_papers_are_named() -> None:
    some = [Paper(each.title, "", (*each.tags, "mine")) for each in papers(frogs=5, newts=5, rare=2)]
    found = vocabulary_of(some, 3)
    assert list(found.tags) == ["frogs", "newts"]
    assert found.left_out == {FEW.format(3): ("rare",), ALL.format(3): ("mine",)}
    assert len(found.papers) == 12


def test_papers_without_a_tag_that_is_learnt_say_nothing() -> None:
    some = [*papers(frogs=3, newts=3), Paper("Untagged"), Paper("Marked", "", ("to-read", "cs.LG"))]
    found = vocabulary_of(some, 3)
    assert {each.title for each in found.papers}.isdisjoint({"Untagged", "Marked"})
    assert found.left_out == {STATUS: ("to-read",), CATEGORY: ("cs.LG",)}


def test_two_spellings_are_one_tag_under_the_commoner() -> None:
    some = [*papers(GANs=2, gans=3, other=5), Paper("both", "", ("GANs", "gans"))]
    found = vocabulary_of(some, 3)
    assert list(found.tags) == ["gans", "other"]
    assert len(found.tags["gans"]) == 6


def test_a_paper_that_stands_twice_is_one_with_the_tags_of_both() -> None:
    (paper,) = papers_of(
        [
            Mention(title="The Quiet Songs of Frogs", keywords=("frogs",)),
            Mention(
                title="The quiet songs of frogs", abstract="They sing.", keywords=("songs", "frogs"), heading="Ponds"
            ),
        ],
        headings=True,
    )
    assert paper == Paper("The quiet songs of frogs", "They sing.", ("Ponds", "frogs", "songs"))


def test_headings_are_tags_only_if_they_are_wanted() -> None:
    (paper,) = papers_of([Mention(title="The Quiet Songs of Frogs", heading="Ponds")])
    assert paper.tags == ()


def test_the_order_of_a_library_is_of_no_matter() -> None:
    mentions = [
        Mention(title=f"Songs {place % 4}", abstract="a" * (place % 3), keywords=(f"k{place}",)) for place in range(9)
    ]
    assert papers_of(mentions) == papers_of(mentions[::-1])
