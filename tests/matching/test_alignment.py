from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit import rarity
from refkit.matching.alignment import align
from refkit.normalize import words


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Knowledge Fusion of LLMs", "Knowledge Fusion of Large Language Models"),
        ("A Survey of RAG", "A Survey of Retrieval-Augmented Generation"),
        ("Multimodal Question Answering", "Multi-modal Question Answering"),
        ("Higher-Order Networks", "Networks of Higher Order"),
    ],
)
def test_the_same_words_however_written_are_all_shared(ours: str, theirs: str) -> None:
    found = align(words(ours), words(theirs))
    assert found.ours < 2
    assert found.theirs < 2
    assert min(found.covered, found.told) > 0.9


def test_what_is_left_over_is_told_word_by_word() -> None:
    found = align(words("Visual Tracking with Transformers"), words("Visual Search with Transformers at Night"))
    assert found.our_words == ("tracking",)
    assert set(found.their_words) == {"search", "at", "night"}
    assert found.ours == pytest.approx(rarity.bits("tracking"))


def test_an_ending_or_a_slip_counts_nearly_as_the_word() -> None:
    same = align(("reconstruction",), ("reconstruction",)).shared
    assert 0.5 * same < align(("reconstructing",), ("reconstruction",)).shared
    assert align(("reconstruction",), ("reconstructoin",)).covered == pytest.approx(0.9)


def test_three_words_are_no_acronym_of_words_that_both_titles_have() -> None:
    found = align(words("GAN Training of Generative Adversarial Networks"), words("Generative Adversarial Networks"))
    assert "gan" in found.our_words


def test_words_that_begin_with_another_letter_are_others() -> None:
    assert align(("quality",), ("duality",)).shared == 0.0
    assert align(("bert",), ("bart",)).shared == 0.0


WORDS = st.lists(st.sampled_from("graph neural network networks llm large language models a of tuned tuning".split()))


@given(WORDS, WORDS)
def test_nothing_is_won_or_lost(ours: list[str], theirs: list[str]) -> None:
    found = align(ours, theirs)
    assert found.shared >= 0
    assert found.ours >= rarity.total(found.our_words) - 1e-9
    assert found.theirs >= rarity.total(found.their_words) - 1e-9
    assert 0 <= found.covered <= 1
    assert 0 <= found.told <= 1
    same = align(ours, ours)
    assert same.ours == same.theirs == 0


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    assert rarity.bits("of") < rarity.bits("neural") < rarity.bits("audiopalm") == rarity.RARE_IN_TITLES
    assert rarity.in_abstracts()["we"] < 1 < rarity.in_abstracts()["photon"]
