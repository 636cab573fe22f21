from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit import shingles
from refkit.shingles import SLOTS, fingerprint, fingerprints, hash_phrases, hash_words, phrases

VOCABULARY = (
    "river lantern cluster gradient willow harbour estimate kernel photon meadow sample tensor orchard bound valley "
    "neuron copper spectral thicket proof granite policy lattice heron entropy saddle quartz module plover vertex "
    "amber stochastic ridge label fjord operator juniper cache moraine token basalt prior lichen graph estuary sensor "
    "tundra loss coral metric glacier index reef channel dune agent marsh field delta layer canyon state"
).split()


def prose(seed: int, count: int = 150) -> str:
    return " ".join(random.Random(seed).choices(VOCABULARY, k=count))  # noqa: S311 - words, not secrets


ANY_TEXT = st.text(st.characters(), max_size=60)  # NUL and halves of characters, too
PROSE = st.lists(
    st.sampled_from([*VOCABULARY, "a", "internationalisation", "pseudohyperbolicity", "naïve"]), max_size=40
)
TEXTS = st.lists(st.one_of(ANY_TEXT, PROSE.map(" ".join)), max_size=6)


@given(TEXTS)
def test_a_fingerprint_does_not_depend_on_the_texts_that_are_read_with_it(texts: list[str]) -> None:
    made = fingerprints(texts)
    assert made.tobytes() == b"".join(fingerprints([text]).tobytes() for text in texts)
    assert [fingerprint(text) for text in texts] == [each.tobytes() if each["count"] else b"" for each in made]
    assert len(made.tobytes()) == shingles.SIZE * len(texts)


# A changed fingerprint would make every index on every disk useless without a word: then VERSION must change, too.
def test_the_fingerprint_of_a_text_stays_what_it_is() -> None:
    assert fingerprint("The quick brown fox, internationalisationally (2nd ed.), jumps over 13 lazy dogs").hex() == (
        "36ffffffffeaf97ba9b3d1b416c34b640f890cb1de726a4b7eff89ffffffff72ff8cfffdffdcc9ffffffcefffffffd"
    )


@given(st.integers(0, 10**6), st.integers(shingles.ENOUGH + 3, 300))
def test_a_text_is_wholly_like_itself(seed: int, count: int) -> None:
    text = " ".join(f"{word}{place}" for place, word in enumerate(prose(seed, count).split()))
    assert phrases(text).share(fingerprint(text)) == 1.0


def test_an_abstract_in_a_longer_text_is_wholly_in_it() -> None:
    for seed in range(30):
        longer = f"{prose(1000 + seed)} {prose(seed)} {prose(2000 + seed)}"
        assert phrases(longer).share(fingerprint(prose(seed))) == 1.0


def shares(texts: Sequence[tuple[str, str]]) -> list[float]:
    found = [phrases(text).share(fingerprint(abstract)) for text, abstract in texts]
    return [share for share in found if share is not None]


def deviation(part: float) -> float:
    return math.sqrt(part * (1 - part) / shingles.SLOTS)


@pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
def test_a_text_that_has_a_part_of_the_abstract_is_like_it_by_that_part(part: float) -> None:
    kept = round(150 * part)
    edited = [(f"{' '.join(prose(seed).split()[:kept])} {prose(500 + seed, 150 - kept)}", prose(seed))
              for seed in range(100)]  # fmt: skip
    found = shares(edited)
    assert len(found) == 100
    # 3 % for the phrases at the seam and for the rounded length; one alone may be four deviations off.
    assert abs(sum(found) / 100 - part) < 4 * deviation(part) / 10 + 0.03
    assert max(abs(share - part) for share in found) < 4 * deviation(part) + 0.03


@pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
def test_a_cut_abstract_stands_wholly_in_the_whole_one(part: float) -> None:
    kept = round(150 * part)
    found = shares([(" ".join(prose(seed).split()[:kept]), prose(seed)) for seed in range(100)])
    assert len(found) == 100
    # An estimate above 1 counts as 1, so that the average of a right one is a little less.
    chances = [math.comb(SLOTS, slots) * part**slots * (1 - part) ** (SLOTS - slots) for slots in range(SLOTS + 1)]
    expected = sum(chance * min(1.0, slots / SLOTS / part) for slots, chance in enumerate(chances))
    assert abs(sum(found) / 100 - expected) < 4 * deviation(part) / part / 10 + 0.03
    assert min(found) > 1 - 4 * deviation(part) / part - 0.03


def test_the_parts_of_an_abstract_are_told_apart_from_none_of_it() -> None:
    found = shares([(prose(seed), prose(5000 + seed)) for seed in range(200)])
    assert len(found) == 200
    assert sum(share > 0 for share in found) <= 4
    assert max(found) <= 2 / shingles.SLOTS


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_case_punctuation_and_line_wraps_do_not_count(seed: int, chance: random.Random) -> None:
    words = prose(seed, 40).split()
    changed = [chance.choice([word, word.upper(), word.title()]) for word in words]
    between = [
        chance.choice([" ", "\n  ", ", ", ".\r\n", " -- ", "  ", "/", " “", "” ", "\u00a0", "\t("]) for _ in words
    ]
    text = "".join(part for pair in zip(between, changed, strict=True) for part in pair)
    assert fingerprint(text) == fingerprint(" ".join(words))
    assert phrases(text) == phrases(" ".join(words))


def test_short_texts_say_nothing() -> None:
    enough = " ".join(VOCABULARY[: shingles.ENOUGH + 2])  # of which twelve phrases can be made
    short = " ".join(VOCABULARY[: shingles.ENOUGH + 1])
    assert phrases(enough).share(fingerprint(enough)) == 1.0
    for text, abstract in ((short, enough), (enough, short), (short, short), ("", enough), (enough, ""), ("", "")):
        assert phrases(text).share(fingerprint(abstract)) is None
    assert fingerprint("two words") == fingerprint("— “…” é ß —") == fingerprint("") == b""
    assert len(fingerprint("just three words")) == shingles.SIZE


def test_what_is_no_fingerprint_says_nothing() -> None:
    text = prose(1)
    for made in (b"", bytes(shingles.SIZE), fingerprint(text)[:-1], fingerprint(text) + b"\0"):
        assert phrases(text).share(made) is None


def test_one_phrase_again_and_again_is_one_phrase() -> None:
    assert phrases("again and " * 50).count == 2
    assert phrases("again and " * 50).share(fingerprint("again and " * 50)) is None


@given(TEXTS)
def test_an_abstract_is_found_by_all_that_is_searched_for(texts: list[str]) -> None:
    hashes, owners = shingles.searched_hashes(fingerprints(texts))
    assert len(hashes) == len(owners)
    for place, text in enumerate(texts):
        mine = set(hashes[owners == place].tolist())
        assert mine <= set(shingles.searched_phrases(text).tolist())
        assert len(mine) <= shingles.SEARCHED + shingles.RAREST


def test_the_abstract_of_150_words_is_searched_for_by_three_phrases_and_two_words() -> None:
    hashes, owners = shingles.searched_hashes(fingerprints(["", prose(1), "short", prose(2)]))
    assert owners.tolist() == [1] * 5 + [3] * 5
    assert len(set(hashes.tolist())) >= 8  # two texts may have a rare word in common


def test_an_abstract_that_was_rewritten_keeps_its_words() -> None:
    for seed in range(30):
        words = sorted(set(prose(seed).split()))
        rewritten = " ".join(f"{word} is here" for word in words)
        made = fingerprint(prose(seed))
        assert shingles.phrases(rewritten).share(made) == 0.0
        assert shingles.phrases(rewritten).share_of_words(made) == 1.0


def test_the_words_of_another_abstract_are_others() -> None:
    first, second = VOCABULARY[:35], VOCABULARY[35:]
    found = shingles.phrases(" ".join(first)).share_of_words(fingerprint(" ".join(second)))
    assert found is not None
    assert found < 0.2


def test_words_that_many_abstracts_have_are_not_drawn() -> None:
    common = "we propose a novel method and show that our results are better than the model of this paper"
    assert shingles.phrases(common).words == {}


def test_many_fingerprints_are_compared_at_once_as_they_are_one_by_one() -> None:
    made = fingerprints([prose(seed) for seed in range(40)])
    likeness = shingles.phrases(prose(7)).likeness(made)
    assert int(likeness.argmax()) == 7
    assert likeness[7] > 0.9


def test_too_few_words_say_nothing() -> None:
    text = " ".join(VOCABULARY[:6])
    assert shingles.phrases(text).share_of_words(fingerprint(prose(1))) is None
    assert shingles.phrases(prose(1)).share_of_words(b"") is None


ASCII_WORD = st.text("abcxyz019", min_size=1, max_size=24)
WORD_LISTS = st.lists(st.lists(ASCII_WORD, max_size=6), max_size=5)


@given(WORD_LISTS)
def test_of_a_word_its_length_and_its_first_sixteen_letters_count(lists: list[list[str]]) -> None:
    hashes, owners = hash_words([" ".join(words).upper().encode() for words in lists], shingles.ASCII_WORDS)
    assert owners.tolist() == [place for place, words in enumerate(lists) for _ in words]
    known: dict[tuple[str, int], int] = {}
    for word, code in zip([word for words in lists for word in words], hashes.tolist(), strict=True):
        assert known.setdefault((word[:16], len(word)), code) == code
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 10, 15, 16, 17, 30])
def test_each_of_the_first_sixteen_letters_counts(length: int) -> None:
    word = "abcdefghijklmnopqrstuvwxyz0123"[:length]
    others = [f"{word[:place]}x{word[place + 1 :]}".encode() for place in range(min(length, 16))]
    hashes = hash_words([word.encode(), *others], shingles.ASCII_WORDS)[0].tolist()
    assert len(set(hashes)) == len(others) + 1


@given(WORD_LISTS, st.integers(1, 4))
def test_no_phrase_reaches_from_one_text_into_the_next(lists: list[list[str]], length: int) -> None:
    found, owners = hash_phrases(*hash_words([" ".join(words).encode() for words in lists], shingles.ALL_WORDS), length)
    alone = [hash_phrases(*hash_words([" ".join(words).encode()], shingles.ALL_WORDS), length)[0] for words in lists]
    assert found.tolist() == [code for codes in alone for code in codes.tolist()]
    assert owners.tolist() == [place for place, codes in enumerate(alone) for _ in codes]
    assert len(found) == sum(max(0, len(words) - length + 1) for words in lists)


def test_the_order_of_the_words_of_a_phrase_counts() -> None:
    codes = [
        hash_phrases(*hash_words([text], shingles.ALL_WORDS), 2)[0][0] for text in (b"a b", b"b a", b"a a", b"b b")
    ]
    assert len(set(codes)) == 4


def test_letters_of_other_scripts_count_in_titles_only() -> None:
    (title,) = hash_words(["ガラス".encode()], shingles.ALL_WORDS)[0].tolist()
    (other,) = hash_words(["カラス".encode()], shingles.ALL_WORDS)[0].tolist()
    assert title != other
    assert len(hash_words(["ガラス".encode()], shingles.ASCII_WORDS)[0]) == 0


def test_no_text_at_all_gives_nothing() -> None:
    assert len(fingerprints([])) == 0
    assert [len(each) for each in shingles.searched_hashes(fingerprints([]))] == [0, 0]
    assert [len(each) for each in hash_words([], shingles.ALL_WORDS)] == [0, 0]
    assert len(shingles.searched_phrases("")) == 0
    assert fingerprints([]).dtype == shingles.dtype()
    assert np.dtype(shingles.dtype()).itemsize == shingles.SIZE
