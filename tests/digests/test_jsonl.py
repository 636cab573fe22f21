"""JSON: cases, and that what we write reads back the same."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refkit.digests.jsonl import JsonlReader
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

FILES = [path.read_bytes().decode() for path in sorted(Path(__file__).with_name("jsonl").glob("*/input.*"))]
_KEYS = st.sampled_from(["title", "authors", "name", "paper", "abstract", "value", "date", "year", "url", "id", "x y"])
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["Attention Is All You Need", "|**a b c**|[x](y)|z|"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> JsonlReader:
        return JsonlReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("jsonl")


_WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8), max_size=6
)
_TEXT = _WORDS.map(" ".join)
_DATES = st.one_of(
    st.none(),
    st.builds(PartialDate, st.integers(1900, 2100), st.integers(1, 12), st.integers(1, 28)),
    st.builds(PartialDate, st.integers(1900, 2100), st.integers(1, 12)),
    st.builds(PartialDate, st.integers(1900, 2100)),
    st.builds(PartialDate, st.none(), st.integers(1, 12), st.integers(1, 28)),
)
_MENTIONS = st.builds(
    Mention,
    title=_WORDS.filter(bool).map(" ".join),
    abstract=_TEXT,
    authors=st.lists(_WORDS.filter(bool).map(" ".join), max_size=3).map(tuple),
    heading=_TEXT,
    issued=_DATES,
    arxiv_id=st.sampled_from(["", "1706.03762", "hep-th/9901001"]),
    doi=st.sampled_from(["", "10.1000/xyz.1"]),
    url=st.sampled_from(["", "https://example.org/a"]),
    digest=st.just("monday.txt"),
    line=st.integers(1, 999),
    raw=_TEXT,
)


@settings(max_examples=200, deadline=None)
@given(mentions=st.lists(_MENTIONS, min_size=1, max_size=4))
def test_mentions_read_back_the_same(mentions: list[Mention]) -> None:
    invisible = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u2060\ufeff", ""))
    lines = "\n".join(msgspec.json.encode(mention).decode().translate(invisible) for mention in mentions)
    assert read_mentions(lines, JsonlReader(), digest="again.jsonl")[0] == mentions
    array = msgspec.json.encode(mentions).decode()
    assert read_mentions(array, JsonlReader(), digest="again.json")[0] == mentions


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"title": "A"}\n{"title": \n', r"j:2: not JSON: .* \(column \d+\); write one object a line"),
        ('{"title": "A"}\n\n"Mamba"\n', "j:3: this is a string, not an object"),
        ('{"title": null}', "j:1: the 'title' is not a string"),
        ('{"title": "A"} {"title": "B"}', "j:1: there is more behind the end of the JSON value"),
        ('{"title": "A", "authors": 7}', "j:1: the field 'authors' is not a list of names"),
        ('{"title": "A", "arxiv_id": 2401.00010}', "j:1: the field 'arxiv_id' is not a string"),
        ('[{"title": "A"}\n{"title": "B"}]', "j:2: a comma is missing"),
        ('[{"title": "A"},\n{"title": "B"}\n', "j:2: the array has no end"),
        ('[{"title": "A"}] x', "j:1: there is more behind the array"),
        ("[" * 100_000, "j:1: not JSON"),
        ('{"title": "A", "n": ' + "9" * 5000 + "}", "j:1: not JSON"),
        ("[]", "j: no titles found"),
    ],
)
def test_bad_json_is_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        read_mentions(text, JsonlReader(), digest="j")


def test_broken_json_is_still_taken_for_json() -> None:
    reader = JsonlReader()
    assert reader.recognise('{"title": "A"') == 0.5
    assert reader.recognise('{"name": "A"}') == 0.6
    assert reader.recognise("[1] Attention Is All You Need") == 0.0
    assert reader.recognise("Mamba") == 0.0


def test_a_large_array_is_read_whole() -> None:
    text = "[" + ",\n".join(['{"title": "Mamba"}'] * 30_000) + "]"
    mentions = read_mentions(text, JsonlReader(), digest="j")[0]
    assert (len(mentions), mentions[-1].line) == (30_000, 30_000)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(FILES), at=st.floats(0, 1), gone=st.integers(0, 20), put=st.text(max_size=3))
def test_damaged_files_are_read_or_refused(text: str, at: float, gone: int, put: str) -> None:
    place = int(at * len(text))
    damaged = text[:place] + put + text[place + gone :]
    JsonlReader().recognise(damaged)
    try:
        found = list(JsonlReader().read(damaged, digest="j.json"))
    except DigestError as error:
        assert error.digest == "j.json"  # noqa: PT017 - an error is one of two good outcomes
        return
    for each in found:
        if isinstance(each, Mention):
            check_place(each, damaged, "j.json")


@settings(max_examples=60, deadline=None)
@given(value=_VALUES, indent=st.sampled_from([None, 1]))
def test_any_tree_is_read_or_refused(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    try:
        found = list(JsonlReader().read(text, digest="j.json"))
    except DigestError:
        return
    for each in found:
        if isinstance(each, Mention):
            assert each.title
            check_place(each, text, "j.json")


@pytest.mark.parametrize(
    "value",
    [
        {"name": "a-package", "version": "1.0.0", "description": "It does things.", "scripts": {"test": "x"}},
        {
            "people": [
                {"name": "Ada Lovelace", "mail": "a@example.org"},
                {"name": "Grace Hopper", "mail": "g@example.org"},
            ]
        },
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"name": "Rome"}, "geometry": None}],
        },
        [{"role": "user", "text": "Tell me all of it."}, {"role": "model", "text": "There is nothing to be told."}],
        {"colours": ["red", "green"], "sizes": [1, 2, 3], "on": True},
        {"authors": [{"name": "Ada Lovelace"}, {"name": "Grace Hopper"}]},
    ],
)
def test_what_holds_no_papers_is_an_error(value: object) -> None:
    with pytest.raises(DigestError):
        read_mentions(json.dumps(value, indent=1), JsonlReader(), digest="j")


def test_objects_without_a_title_are_skipped_unless_they_stand_one_a_line() -> None:
    text = '[{"title": "Mamba"},\n{"name": "x"},\n{"title": " "},\n7]'
    mentions, skipped = read_mentions(text, JsonlReader(), digest="j")
    assert [mention.title for mention in mentions] == ["Mamba"]
    assert [(each.line, each.reason) for each in skipped] == [(n, "an object without a title") for n in (2, 3, 4)]


def test_a_value_may_begin_on_the_first_line_and_end_on_the_last() -> None:
    text = '{"papers": [{"title": "Mamba",\n"year": 2023},\n{"year": 2017, "title": "Attention Is All You Need"}]}'
    assert [(each.title, each.line) for each in read_mentions(text, JsonlReader(), digest="j")[0]] == [
        ("Mamba", 1),
        ("Attention Is All You Need", 3),
    ]


def test_columns_are_named_by_keys_paths_and_numbers() -> None:
    text = json.dumps({"list": [{"what": {"it": "Mamba"}, "who": "Albert Gu"}, {"what": {"it": "GPT"}}]})
    found = read_mentions(text, JsonlReader({"title": "what.it", "authors": "who"}), digest="j")[0]
    assert [(each.title, each.authors) for each in found] == [("Mamba", ("Albert Gu",)), ("GPT", ())]
    other = '{"title": "no", "b": "Mamba"}\n{"title": "no", "b": "GPT"}\n'
    assert [each.title for each in read_mentions(other, JsonlReader({"title": "b"}), digest="j")[0]] == ["Mamba", "GPT"]
    with pytest.raises(DigestError, match=r"^j:1: there is no column 'Paper'; the columns are: title, b\."):
        read_mentions(other, JsonlReader({"title": "Paper"}), digest="j")


def test_deep_and_wide_values_cost_little() -> None:
    start = time.monotonic()
    deep = '{"a":' * 900 + '{"title": "Mamba"}' + "}" * 900
    wide = json.dumps({f"k{n}": [{"title": f"Notes on the Number {n}"}] for n in range(20_000)})
    assert len(read_mentions(wide, JsonlReader(), digest="j")[0]) == 20_000
    for text in (deep, "[" + deep + "]", '{"title": [' + "[" * 400 + "]" * 400 + "]}", '"' + "\\" * 10**6):
        JsonlReader().recognise(text)
        with pytest.raises(DigestError):
            read_mentions(text, JsonlReader(), digest="j")
    assert time.monotonic() - start < 20
