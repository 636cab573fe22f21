from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from refkit import shingles
from refkit.metadata.index import codes, parts
from refkit.metadata.index.codes import (
    decode_author,
    decode_date,
    decode_id,
    encode_authors,
    encode_date,
    encode_id,
    encode_titles,
    fields_of,
    key_of,
    plain_key,
    read_created,
)
from refkit.model import Author, PartialDate, is_arxiv_id
from refkit.normalize import before_colon, title_key

YEARS = [*range(91, 100), *range(8)]  # of the old ids, in their order
OLD_IDS = st.builds(
    "{}/{:02}{:02}{:03}".format,
    st.sampled_from(codes.ARCHIVES), st.sampled_from(YEARS), st.integers(1, 12), st.integers(0, 999),
)  # fmt: skip
SHORT_IDS = st.builds("{:02}{:02}.{:04}".format, st.integers(7, 14), st.integers(1, 12), st.integers(0, 9999))
LONG_IDS = st.builds("{:02}{:02}.{:05}".format, st.integers(15, 99), st.integers(1, 12), st.integers(0, 99999))


@given(st.one_of(OLD_IDS, SHORT_IDS, LONG_IDS))
@example("0704.0001")
@example("1412.9999")
@example("1501.00001")
@example("9912.99999")
@example("supr-con/0712999")
def test_every_id_comes_back_from_its_number(arxiv_id: str) -> None:
    assert is_arxiv_id(arxiv_id)
    assert 0 <= encode_id(arxiv_id) < 1 << 32
    assert decode_id(encode_id(arxiv_id)) == arxiv_id


def test_the_numbers_sort_as_the_ids_of_a_snapshot_new_ones_first() -> None:
    months = range(1, 13)
    short = [f"{year:02}{month:02}.{number:04}" for year in range(7, 15) for month in months for number in (1, 9999)]
    long = [f"{year:02}{month:02}.{number:05}" for year in range(15, 40) for month in months for number in (1, 99999)]
    old = [f"{archive}/{year:02}{month:02}{number:03}" for archive in codes.ARCHIVES for year in YEARS
           for month in months for number in (1, 999)]  # fmt: skip
    numbers = [encode_id(arxiv_id) for arxiv_id in (*short, *long, *old)]
    assert numbers == sorted(set(numbers))


# Their order is a part of the format: another one would give every old paper the id of another.
def test_the_archives_keep_their_places() -> None:
    assert list(codes.ARCHIVES) == sorted(codes.ARCHIVES)
    assert len(codes.ARCHIVES) == 34
    assert encode_id("acc-phys/9411001") == 1 << 31 | (4 * 12 + 10) * 1000 + 1
    assert encode_id("0704.0001") == (7 * 12 + 3) * 100_000 + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "704.0001", "0704.00001", "1501.0001", "0713.0001", "0700.0001", "2401.00001v2", " 2401.00001", "2401.00001\n",
        "٠٧٠٤.٠٠٠١", "hep-th/9913001", "hep-th/990100", "hep-th/9901001v1", "math.GT/0309136", "nonsense/9901001",
        "HEP-TH/9901001", "/9901001", "hep-th9901001", "10.1000/182", "hep-th/9901001\0",
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an arXiv id|is of no archive that arXiv had"):
        encode_id(text)


@given(st.text(max_size=20))
def test_any_other_text_is_refused_or_comes_back(text: str) -> None:
    try:
        number = encode_id(text)
    except ValueError:
        return
    assert decode_id(number) == text


@given(st.dates(min_value=dt.date(1971, 1, 1), max_value=dt.date(2097, 12, 31)))
def test_every_day_comes_back_and_days_sort_by_their_numbers(day: dt.date) -> None:
    whole = PartialDate(day.year, day.month, day.day)
    year, month = PartialDate(day.year), PartialDate(day.year, day.month)
    for date in (year, month, whole):
        assert 0 < encode_date(date) < 1 << 16
        assert decode_date(encode_date(date)) == date
    assert encode_date(year) < encode_date(month) < encode_date(whole)
    if day.day > 1:
        assert encode_date(PartialDate(day.year, day.month, day.day - 1)) < encode_date(whole)


@pytest.mark.parametrize(
    "date", [None, PartialDate(), PartialDate(None, 3, 13), PartialDate(1970, 1, 1), PartialDate(2098), PartialDate(1)]
)
def test_a_date_that_arxiv_cannot_have_is_an_unknown_one(date: PartialDate | None) -> None:
    assert encode_date(date) == 0
    assert decode_date(0) is None


@given(st.dates(min_value=dt.date(1986, 1, 1), max_value=dt.date(2060, 12, 31)), st.booleans())
def test_the_day_of_a_version_is_read(day: dt.date, padded: bool) -> None:  # noqa: FBT001 - of hypothesis
    written = day.strftime("%a, %d %b %Y 19:18:42 GMT") if padded else f"{day:%a}, {day.day} {day:%b %Y} 19:18:42 GMT"
    assert read_created(written) == PartialDate(day.year, day.month, day.day)
    assert read_created(written[:16]) == PartialDate(day.year, day.month, day.day)
    assert read_created(written[5:]) == PartialDate(day.year, day.month, day.day)


@pytest.mark.parametrize(
    "text", ["", "v1", "2007-04-02", "Mon, 2 Foo 2007", "Mon, 2 Apr 20071", "Mon, Apr 2007", "Mon,"]
)
def test_another_date_of_a_version_is_an_unknown_one(text: str) -> None:
    assert read_created(text) is None


TITLE = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)
DOI = st.text(st.characters(min_codepoint=33, codec="utf-8"), max_size=20)


@given(TITLE, DOI)
@example("GPT-3.5 or GPT-35", "10.1000/182")
@example(r"Schr\"odinger's $\mathcal{B}$-Coder", "")
@example("ガラスの論文", "10.1/ß")
@example("C++ \0 and \0C#", "")
def test_title_key_and_doi_come_back(title: str, doi: str) -> None:
    key = title_key(title).encode()
    entry = encode_titles([title], [key], [doi])[0]
    assert fields_of(entry) == (title.replace("\0", " "), doi)
    assume(key)  # a title without a key is never found by it
    assert key_of(entry) == key


def test_most_titles_are_kept_without_their_key() -> None:
    title = "Learning to Navigate the Web: A Survey"
    assert encode_titles([title], [title_key(title).encode()], []) == [title.encode()]
    assert plain_key(title.encode()) == b"learningtonavigatethewebasurvey"
    assert encode_titles(["GPT-3.5"], [b"gpt3_5"], []) == [b"GPT-3.5\0gpt3_5"]
    assert encode_titles(["Title", "Title"], [b"title"] * 2, ["10.1/2"]) == [b"Title\0\x0010.1/2", b"Title"]


def test_half_a_character_in_a_title_does_not_stop_anything() -> None:
    assert fields_of(encode_titles(["A \ud800 b"], [b"ab"], ["10.1/\udfff"])[0]) == ("A ? b", "10.1/?")


NAME = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.builds(Author, NAME, NAME, NAME, NAME))
def test_authors_come_back_as_they_were_but_for_odd_blanks(author: Author) -> None:
    first, second = encode_authors([codes.parts_of(author)] * 2).decode().split("\n")
    assert first == second
    found = codes.parts_of(decode_author(first))
    assert [part.split() for part in found] == [part.split() for part in codes.parts_of(author)]


@pytest.mark.parametrize(
    ("kept", "author"),
    [
        ('Schr\\"odinger\tErwin\t', Author("Schrödinger", "Erwin")),
        ("Erd\\H{o}s\tPaul", Author("Erdős", "Paul")),
        ("van der Maaten\tL.\tJr.", Author("van der Maaten", "L.", "Jr.")),
        ("{\\O}rsted\tH. C.\tIII", Author("Ørsted", "H. C.", "III")),
        ("ATLAS Collaboration\t\t", Author(literal="ATLAS Collaboration")),
        ("ATLAS Collaboration", Author(literal="ATLAS Collaboration")),
    ],
)
def test_the_parts_that_arxiv_gives_are_read_from_tex(kept: str, author: Author) -> None:
    assert decode_author(kept) == author


ASCII_TITLES = st.lists(st.text(st.characters(max_codepoint=127), max_size=40), max_size=6)
PIECES = "GPT|3|.5|-|: | - |12:30|C|_|^2|&|%| |a|Multi|'|\"|C++|C#|*|<|\\emph|$|~|``|''|--|{|}".split("|")
LIKE_TITLES = st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=6)


def plain(titles: list[str]) -> list[str]:
    """Return those of some titles that are plain, as a snapshot's are: without line feeds."""
    spaced = [" ".join(title.split()) for title in titles]
    return [title for title in spaced if parts._is_plain(title)]


@given(st.one_of(ASCII_TITLES, LIKE_TITLES))
@example(["GPT-3.5 1 2", "", "3", "4"])
def test_the_keys_of_plain_titles_are_those_of_all_others(titles: list[str]) -> None:
    assert [key.decode() for key in parts.plain_keys(plain(titles))] == [title_key(title) for title in plain(titles)]


@given(st.one_of(ASCII_TITLES, LIKE_TITLES))
@example(["BERT: Pre-training", "BERT - Pre: training", "BERT: ", "a - b: c", "x : - y"])
def test_the_name_before_the_colon_of_a_plain_title_is_that_of_all_others(titles: list[str]) -> None:
    for title in plain(titles):
        assert title_key(parts._plain_name(title)) == title_key(before_colon(title))


@given(st.one_of(ASCII_TITLES, LIKE_TITLES))
def test_the_words_of_plain_titles_are_those_of_all_others(titles: list[str]) -> None:
    for title in plain(titles):
        direct = shingles.hash_words([title.encode()], shingles.ALL_WORDS)[0].tolist()
        assert direct == shingles.hash_words([parts.folded(title)], shingles.ALL_WORDS)[0].tolist()
