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


@pytest.mark.parametrize(
    ("word", "other", "credit"),
    [
        ("kernels", "kernel", 0.95),
        ("boxes", "box", 0.95),
        ("studies", "study", 0.95),
        ("kernal", "kernel", 0.9),
        ("kernle", "kernel", 0.9),
        ("trace", "trice", 0.9),
        ("trac", "tric", 0.0),  # four letters may be another word
        ("kernal", "kornel", 0.0),
        ("trained", "training", 0.7),
        ("turned", "turning", 0.0),  # the same four letters are too few to make a stem
        ("govern", "government", 0.7),
        ("commit", "commitments", 0.0),  # five letters are more than an ending
        ("normalise", "normalisation", 0.0),
        ("kernel", "bernel", 0.0),
        ("kernel7", "kernel8", 0.0),
        ("kernel", "kernel7", 0.0),
        ("day", "days", 0.95),
        ("study", "studied", 0.0),
    ],
)
def test_a_word_that_is_nearly_the_other_counts_for_a_part(word: str, other: str, credit: float) -> None:
    for mine, their in ((word, other), (other, word)):
        found = align((mine, "at", "night"), ("night", their))
        # A plural tells no more than the word, a slip as much as the rarer of the two.
        worth = rarity.bits(their) if credit == 0.95 else max(rarity.bits(mine), rarity.bits(their))
        rest = rarity.bits("night")
        if credit:
            assert found.shared == pytest.approx(rest + credit * worth)
            assert found.ours == pytest.approx(rarity.bits("at") + (1 - credit) * worth)
            assert found.theirs == pytest.approx((1 - credit) * worth)
            assert (found.our_words, found.their_words) == (("at",), ())
        else:
            assert found.shared == pytest.approx(rest)
            assert (found.our_words, found.their_words) == ((mine, "at"), (their,))
        assert found.covered == pytest.approx(found.shared / (found.shared + found.ours))
        assert found.told == pytest.approx(found.shared / (found.shared + found.theirs))


def test_each_word_is_paired_once_and_the_nearest_first() -> None:
    found = align(("kernal", "kernels"), ("kernel",))
    assert (found.our_words, found.their_words) == (("kernal",), ())
    assert found.shared == pytest.approx(0.95 * rarity.bits("kernel"))
    twice = align(("kernels", "kernels"), ("kernel", "kernel", "kernel"))
    assert (twice.our_words, twice.their_words) == ((), ("kernel",))
    assert twice.shared == pytest.approx(2 * 0.95 * rarity.bits("kernel"))
    assert align(("kernels",), ("kernel", "kernal")).their_words == ("kernal",)


def test_of_equally_near_words_the_first_in_the_alphabet_is_paired_whatever_their_order() -> None:
    for two in (("kernal", "kernul"), ("kernul", "kernal")):
        assert align(two, ("kernel",)).our_words == ("kernul",)
        assert align(("kernel",), two).their_words == ("kernul",)


@pytest.mark.parametrize(
    ("joined", "parts", "shared"),
    [
        ("multimodal", "multi modal", ["multimodal"]),
        ("inthemiddle", "in the middle", ["inthemiddle"]),
        ("deep multimodal owls", "multi modal deep owls", ["deep", "multimodal", "owls"]),
        ("multimodal owls multimodal", "multi modal owls multi modal", ["multimodal", "multimodal", "owls"]),
        ("abcd", "ab cd", ["abcd"]),
        ("onandon", "on and on", ["onandon"]),
        ("abc", "ab c", None),  # three letters may be any word and a letter
        ("multimodality", "multi modal", None),
        ("multimodal", "modal multi", None),
        ("dontgothere", "don t go there", None),  # four words are no longer one
    ],
)
def test_words_that_one_title_joins_are_shared(joined: str, parts: str, shared: list[str] | None) -> None:
    for ours, theirs in ((joined, parts), (parts, joined)):
        found = align(ours.split(), theirs.split())
        assert found.shared == pytest.approx(rarity.total(shared or []))
        if shared:
            assert (found.ours, found.theirs, found.our_words, found.their_words) == (0, 0, (), ())
        else:
            assert (sorted(found.our_words), sorted(found.their_words)) == (
                sorted(ours.split()),
                sorted(theirs.split()),
            )


def test_a_part_that_both_titles_have_joins_nothing() -> None:
    found = align("multimodal multi owls".split(), "multi modal owls".split())
    assert (found.our_words, found.their_words) == (("multimodal",), ("modal",))


@pytest.mark.parametrize(
    ("short", "long", "left", "rest"),
    [
        ("rl", "reinforcement learning", "", ""),
        ("llms", "large language models", "", ""),
        ("rags", "retrieval augmented generation search", "", ""),  # all letters come before those of a plural
        ("rags", "retrieval augmented generation at night", "", "at night"),
        ("mimics", "many images make insight clear", "", ""),
        ("abcdefs", "all birds can dive even far", "", ""),
        ("abcdefg", "all birds can dive even far going", "abcdefg", "all birds can dive even far going"),
        ("x", "xylophone", "x", "xylophone"),
        ("rl learning", "reinforcement learning", "", ""),
        ("gan generative networks", "generative adversarial networks", "gan", "adversarial"),
        ("gan networks", "generative adversarial networks", "", ""),
        ("gan", "generative networks", "gan", "generative networks"),
        ("gan", "deep generative adversarial networks", "", "deep"),
        ("3d", "3 dimensions", "3d", "3 dimensions"),
        ("dl dl", "deep learning by deep learning", "", "by"),
    ],
)
def test_an_acronym_is_the_words_that_begin_with_its_letters(short: str, long: str, left: str, rest: str) -> None:
    for ours, theirs in ((short, long), (long, short)):
        found = align(ours.split(), theirs.split())
        words_left, words_rest = (
            (found.our_words, found.their_words) if ours == short else (found.their_words, found.our_words)
        )
        assert (sorted(words_left), sorted(words_rest)) == (sorted(left.split()), sorted(rest.split()))
        spelt = set(long.split()) - set(rest.split())
        assert found.shared == pytest.approx(rarity.total(each for each in long.split() if each in spelt))


def test_an_acronym_stands_for_its_words_once() -> None:
    twice = "retrieval augmented generation search by retrieval augmented generation"
    found = align(("rags",), twice.split())
    assert found.our_words == ()
    assert sorted(found.their_words) == ["augmented", "by", "generation", "retrieval"]


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
