from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from refkit.metadata.index import spelling
from refkit.metadata.index.spelling import Speller

COMMON = [b"", b"coral", b"moral"]  # the last is the most common one


def speller(*words: str) -> Speller:
    """Return a speller of some words, as the index keeps them: sorted, and sorted backwards, between line feeds."""
    kept = [word.encode() for word in words]
    forward, backward = sorted(kept), sorted(word[::-1] for word in kept)
    return Speller(
        {
            "words_forward": memoryview(b"\n".join([b"", *forward, b""])),
            "words_backward": memoryview(b"\n".join([b"", *backward, b""])),
        },
        lambda words: [COMMON.index(word) if word in COMMON else 0 for word in words],
    )


def put_right(known: Speller, text: str) -> list[str]:
    return [each.decode() for each in known.corrected(text.encode())]


TITLE = ("learning", "to", "navigate", "the", "gradient", "forest", "with", "quantum", "lanterns", "über", "ガラス細工")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("lerning to navigate the forest", "learning to navigate the forest"),
        ("learnnig to nabigate teh gradientt", "learning to navigate teh gradient"),
        ("qantum lantrens", "quantum lanterns"),
        ("leanring navgate gradeint qunatum", "learning navigate gradient quantum"),
        ("learnnigg navigates", "learning navigate"),  # two slips in a long word, and one at the end
        ("forests forrest foresty", "forest forest forest"),
        ("quantum quantun quantum", "quantum quantum quantum"),
        ("übr den gradient", "über den gradient"),
        ("ガラス細エ", "ガラス細工"),
        ("xylophones over lanternz", "xylophones over lanterns"),
    ],
)
def test_words_that_no_title_has_become_those_that_they_were(asked: str, expected: str) -> None:
    assert put_right(speller(*TITLE), asked) == [expected]


def test_of_words_that_are_as_near_the_common_ones_are_tried_first() -> None:
    assert put_right(speller("aoral", "coral", "moral", "zoral"), "xoral") == ["moral", "coral"]
    assert put_right(speller("aoral", "zoral", "poral"), "xoral") == ["aoral", "poral"]


@pytest.mark.parametrize("asked", ["wihtin", "iwthin", "withni", "wtihin", "thrid", "evnet"])
def test_two_letters_in_the_wrong_order_are_put_right_wherever_they_stand(asked: str) -> None:
    known = speller("within", "third", "event", "width")
    (found,) = put_right(known, asked)
    assert sorted(found) == sorted(asked)


def test_a_title_of_known_and_of_short_words_needs_nothing() -> None:
    known = speller(*TITLE)
    for asked in ("", "learning to navigate", "gradient", "teh wth nvg", "   "):
        assert put_right(known, asked) == []


def test_a_title_of_too_many_unknown_words_is_left_alone() -> None:
    known = speller(*TITLE)
    four, five = "lerning nabigate gradeint forset", "lerning nabigate gradeint forset lantrens"
    assert put_right(known, four) == ["learning navigate gradient forest"]
    assert put_right(known, five) == []
    assert put_right(known, f"{four} lerning nabigate") == ["learning navigate gradient forest learning navigate"]


def test_a_word_that_is_near_to_none_stays() -> None:
    assert put_right(speller(*TITLE), "xylophone learning") == ["xylophone learning"]
    assert put_right(speller(), "xylophone learning") == ["xylophone learning"]
    assert put_right(speller("zebra"), "aaaa") == ["aaaa"]
    assert put_right(speller("aaaa"), "zebra") == ["zebra"]


def test_two_words_that_are_as_near_are_both_tried() -> None:
    known = speller("planar", "planet", "plated", "learning")
    assert put_right(known, "planed lerning") == ["planet learning", "plated learning"]
    assert put_right(known, "planat") == ["planar", "planet"]
    assert put_right(speller("planar", "planet", "planes"), "planex") == ["planes", "planet"]
    assert put_right(speller("cables", "fables", "tables", "gables"), "rables") == ["cables", "fables"]


def test_the_nearest_word_is_taken_and_no_other() -> None:
    assert put_right(speller("gradient", "gradients", "gradings"), "gradientss") == ["gradients"]
    assert put_right(speller("mountains", "fountains"), "montains") == ["mountains"]


def test_short_words_may_have_one_slip_and_long_ones_two() -> None:
    assert put_right(speller("quantum"), "quanxxm") == ["quanxxm"]
    assert put_right(speller("quantums"), "quanxxms") == ["quantums"]
    assert put_right(speller("quantums"), "quaxxxms") == ["quaxxxms"]


def test_where_very_many_words_share_a_beginning_the_end_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "_COMPARED", 5)
    many = [f"con{first}{second}al" for first in "abcdefghij" for second in "abcdefghijklm"]
    assert put_right(speller(*many, "conzebra"), "conzzebra") == ["conzebra"]
    assert put_right(speller(*many), "conjmal") == []  # known, though it is the last of them


ALPHABET = "abcdeé細"
WORDS = st.lists(st.text(ALPHABET, min_size=4, max_size=12), unique=True, max_size=40)


@given(WORDS, st.text(ALPHABET, min_size=1, max_size=5))
def test_the_words_with_a_beginning_are_found_among_all(words: list[str], start: str) -> None:
    known = speller(*words)
    found = known._forward.beginning_with(start.encode())
    assert found == sorted(word.encode() for word in words if word.startswith(start))
    backwards = known._backward.beginning_with(start.encode()[::-1])
    assert {word[::-1].decode() for word in backwards} == {word for word in words if word.endswith(start)}


@given(st.lists(st.text("abc", min_size=60, max_size=700), unique=True, min_size=1, max_size=5))
def test_words_longer_than_what_is_read_at_once_are_found(words: list[str]) -> None:
    known = speller(*words, "lanterns")
    assert all(put_right(known, f"{word} lantrens") == [f"{word} lanterns"] for word in words)


def slipped(word: str, kind: str, place: int, letter: str) -> str:
    """Return a word with one slip in it."""
    if kind == "swapped":
        # In the middle of a word of four or six letters a swap spoils both halves.
        assume(place + 1 < len(word) and (len(word) % 2 or len(word) >= 8 or place + 1 != len(word) // 2))
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    rest = {"left out": 1, "wrong": 1, "too much": 0}[kind]
    return word[:place] + ("" if kind == "left out" else letter) + word[place + rest :]


KNOWN = [
    "harbour", "lantern", "estimators", "kernel", "photonics", "quartz", "stochastic", "juniper", "glacier", "manifold",
    "river", "willow",
]  # fmt: skip


@given(
    st.sampled_from(KNOWN),
    st.sampled_from(["left out", "wrong", "too much", "swapped"]),
    st.integers(0, 9),
    st.sampled_from("xkd"),
)
@example("willow", "left out", 2, "x")
@example("river", "left out", 4, "x")
def test_a_word_with_one_slip_is_put_right(word: str, kind: str, place: int, letter: str) -> None:
    assume(place < len(word))
    wrong = slipped(word, kind, place, letter)
    assume(wrong != word)
    assert put_right(speller(*KNOWN), f"deep {wrong} of 12") == [f"deep {word} of 12"]


@given(WORDS, st.lists(st.text(ALPHABET, min_size=1, max_size=12), max_size=5))
def test_what_is_put_right_has_as_many_words_and_keeps_the_known_ones(words: list[str], asked: list[str]) -> None:
    known = speller(*words)
    for text in put_right(known, " ".join(asked)):
        assert len(text.split()) == len(asked)
        for before, after in zip(asked, text.split(), strict=True):
            assert after in words or after == before
            assert after == before or not (before in words or len(before.encode()) < spelling.SHORTEST)
    assert len(put_right(known, " ".join(asked))) <= 2
