"""Citekeys: short, ASCII, unique, and the same in every order of the input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.names import parse_name
from refkit.writers.citekeys import base_key, cite_keys, fallback_key, latin, latin_letters, suffix, title_words


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
    assert fallback_key(record("Li Xu", "Deep", arxiv_id="math.GT/0309136v2")) == "arxivmathgt0309136v2"


@pytest.mark.parametrize(
    ("authors", "key"),
    [
        ((Author("Gur", "Izzeddin"), Author("Faust", "Aleksandra")), "gur2018deep"),
        ((Author(literal="The ATLAS Team"), Author("Faust", "Aleksandra")), "theatlasteam2018deep"),
        ((Author(given="Plato"),), "plato2018deep"),
        ((Author("Gur", "Izzeddin", literal="Another Name"),), "gur2018deep"),
        ((Author("王", "小明"), Author("Faust", "Aleksandra")), "arxiv181209195"),
        ((Author("O'Brien-Łoś 3rd", "A"),), "obrienlosrd2018deep"),
    ],
)
def test_the_name_is_that_of_the_first_author(authors: tuple[Author, ...], key: str) -> None:
    known = ArxivRecord(arxiv_id="1812.09195", title="Deep", authors=authors, submitted=PartialDate(2018))
    assert base_key(known) == key


@pytest.mark.parametrize("sign", ' :;,!?()[]<>/|"“”„«»–—…+*=&%#@')
def test_a_word_ends_at_a_sign(sign: str) -> None:
    assert title_words(f"{sign}Deep{sign}Words{sign}") == ["Deep", "Words"]
    assert base_key(record("Li Xu", f"Deep{sign}Words")) == "xu2018deep"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("B-Coder of t-SNE", ["BCoder", "of", "tSNE"]),
        ("Don't use Qwen2.5. Use it...", ["Dont", "use", "Qwen25", "Use", "it"]),
        (".net and a.b.c", ["net", "and", "abc"]),
        ("Élan 中文 ünd ß Щука_X", ["Elan", "und", "ss", "ShchukaX"]),
        (r"$\mathcal{B}$-Coder", ["BCoder"]),
        ("中文", []),
        ("", []),
    ],
)
def test_the_words_of_a_title(title: str, words: list[str]) -> None:
    assert title_words(title) == words


def test_cyrillic_is_transcribed_letter_by_letter() -> None:
    told = dict(zip("абвгдеёзийклмнопрстуфыэґўії", "abvgdeeziiklmnoprstufyegu", strict=False))
    told |= {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "є": "ye"}
    told |= {"і": "i", "ї": "i", "ъ": "_", "ь": "_"}
    assert {letter: latin(letter) for letter in told} == told
    assert latin("ЩУКА") == "shchuka"
    assert latin_letters("Щука ждёт Жар") == "Shchuka zhdet Zhar"


def test_letters_are_latin_where_they_have_a_latin_form() -> None:
    assert latin("Ångström Straße ﬁ") == "angstrom strasse fi"
    assert latin_letters("Ångström STRASSE ß Éé A\u0301 x_Y") == "Angstrom STRASSE ss Ee A x_Y"
    assert latin_letters("abc XYZ") == "abc XYZ"


@pytest.mark.parametrize("word", ["The", "of", "ON", "Can't", "We"])
def test_a_stop_word_is_passed_over_in_capitals_too(word: str) -> None:
    wanted = "cant" if word == "Can't" else "deep"
    assert base_key(record("Li Xu", f"{word} Deep Nets")) == f"xu2018{wanted}"


def test_the_year_has_four_digits() -> None:
    assert base_key(ArxivRecord(arxiv_id="1", title="Deep", submitted=PartialDate(476))) == "0476deep"
    assert base_key(ArxivRecord(arxiv_id="1", title="Deep", submitted=PartialDate(None, 5, 1))) == "deep"


@pytest.mark.parametrize(
    ("number", "letters"),
    [(1, "a"), (2, "b"), (26, "z"), (27, "aa"), (28, "ab"), (52, "az"), (53, "ba"), (702, "zz"), (703, "aaa")],
)
def test_letters_count_on_like_columns_of_a_sheet(number: int, letters: str) -> None:
    assert suffix(number) == letters


def test_equal_keys_get_letters_by_date_then_id() -> None:
    works = [
        Work(record=record("Wei Xu", "Deep Nets", "2020-05-02", "2005.00009")),
        Work(record=record("Li Xu", "Deep Learning", "2020-05-01", "2005.00007")),
        Work(record=record("Li Xu", "Deep Thoughts", "2020-05-02", "2005.00008")),
    ]
    assert cite_keys(works) == ["xu2020deepc", "xu2020deepa", "xu2020deepb"]
    assert cite_keys(works[::-1]) == ["xu2020deepb", "xu2020deepa", "xu2020deepc"]


def test_letters_go_by_what_is_known_of_the_date_then_by_the_id() -> None:
    dates = [
        PartialDate(2020), PartialDate(2020, 1), PartialDate(2020, 1, 1), PartialDate(2020, 1, 2), PartialDate(2020, 2),
        PartialDate(2021, 1), None, PartialDate(None, None, 1), PartialDate(None, 1),
    ]  # fmt: skip
    works = [
        Work(record=ArxivRecord(arxiv_id=f"2005.0000{9 - place}", title="Deep", submitted=date))
        for place, date in enumerate(dates)
    ]
    keys = cite_keys(works, key=lambda _: "Deep")
    assert keys == [f"Deep{letter}" for letter in "abcdefghi"]
    same = [Work(record=record("Li Xu", "Deep", "", f"2005.0000{number}")) for number in (2, 1, 3)]
    known = ArxivRecord(arxiv_id="2005.00000", title="Deep", authors=same[0].record.authors, submitted=PartialDate())
    assert cite_keys([*same, Work(record=known)]) == ["xudeepc", "xudeepb", "xudeepd", "xudeepa"]


def test_a_key_that_is_taken_stays_with_those_who_have_it() -> None:
    works = [Work(record=record("Li Xu", title)) for title in ("Deep", "Other")]
    assert cite_keys(works, taken=["XU2018deep", "xu2018DEEPA"]) == ["xu2018deepb", "xu2018other"]
    assert cite_keys(works, taken={"xu2018", "deep"}) == ["xu2018deep", "xu2018other"]
    assert cite_keys([]) == []


def test_keys_that_differ_in_their_capitals_alone_get_letters_behind_what_they_are() -> None:
    works = [Work(record=record("Li Xu", title, arxiv_id=f"2005.0000{at}")) for at, title in enumerate(["A", "B", "C"])]
    keys = dict(zip("ABC", ["Xu", "xu", "xUa"], strict=True))
    assert cite_keys(works, key=lambda each: keys[each.title]) == ["Xub", "xuc", "xUa"]


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
