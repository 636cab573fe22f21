"""JSON: cases, and that what we write reads back the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.jsonl import JsonlReader
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate
from refkit.testing import ReaderContract


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
