"""YAML: cases, places of titles, aliases that would multiply, and what is no list of papers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refkit.digests.loading import read_mentions
from refkit.digests.yaml_list import YamlReader
from refkit.digests.yaml_text import read_yaml
from refkit.errors import DigestError
from refkit.model import Mention
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

CASES = Path(__file__).with_name("yaml")
FILES = [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/input.*"))]


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> YamlReader:
        return YamlReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def read(text: str, **columns: str) -> list[Mention]:
    return read_mentions(text, YamlReader(columns), digest="y.yml")[0]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(FILES), at=st.floats(0, 1), gone=st.integers(0, 20), put=st.text(max_size=3))
def test_damaged_files_are_read_or_refused(text: str, at: float, gone: int, put: str) -> None:
    place = int(at * len(text))
    damaged = text[:place] + put + text[place + gone :]
    YamlReader().recognise(damaged)
    try:
        found = list(YamlReader().read(damaged, digest="y.yml"))
    except DigestError as error:
        assert error.digest == "y.yml"  # noqa: PT017 - an error is one of two good outcomes
        return
    for each in found:
        if isinstance(each, Mention):
            check_place(each, damaged, "y.yml")


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: A Page\ntags:\n  - name: blog\n---\n\nText of a page of Markdown.\n",
        "- Mamba: Linear-Time Sequence Modeling\n- GPT-4: A Report\n",
        "- Attention Is All You Need\n- Mamba\n",
        "Title: Mamba\nAuthors: Albert Gu, Tri Dao\n\nTitle: GPT-4\nAuthors: Nobody\n",
        "title: The settings of a site\nmenu:\n  - name: home\n",
        "name: build\non: push\njobs:\n  test:\n    steps:\n      - name: check out the code\n        uses: x\n",
        '{"title": "Mamba"}',
        "",
    ],
)
def test_other_texts_are_not_taken(text: str) -> None:
    assert YamlReader().recognise(text) == 0.0


def test_broken_yaml_is_still_taken_for_yaml() -> None:
    assert YamlReader().recognise("- title: Mamba\n  authors: [Albert Gu\n- title: GPT-4\n") == 0.5


def test_a_large_file_is_recognised_by_its_head() -> None:
    text = "- title: Attention Is All You Need\n  authors: [Ashish Vaswani]\n" * 5_000
    assert YamlReader().recognise(text) == 0.95
    assert len(read(text)) == 5_000


def test_titles_stand_where_they_are_written() -> None:
    text = '# \u2028 \U0001f600\r\n- year: 2017\r\n  title: "\U0001f600 Attention\r\n    Is All"\r\n'
    text += "- title: |\r\n    Mamba\r\n"
    first, second = read(text)
    assert (first.title, first.line, first.raw) == (
        "\U0001f600 Attention Is All",
        3,
        "\U0001f600 Attention\r\n    Is All",
    )
    assert (second.title, second.line, second.raw) == ("Mamba", 6, "Mamba")


def test_numbers_and_dates_stay_as_they_are_written() -> None:
    (found,) = read(
        "- title: Attention Is All You Need\n  arxiv: 2401.00010\n  date: 2024-01-02\n  authors: [Yes No, On Off]\n"
    )
    assert (found.arxiv_id, str(found.issued), found.authors) == ("2401.00010", "2024-01-02", ("Yes No", "On Off"))


def test_aliases_and_merged_objects_are_read() -> None:
    text = "- title: Mamba\n  authors: &two [Albert Gu, Tri Dao]\n  more: &more {url: 'https://arxiv.org/abs/2312.00752'}\n"
    text += "- <<: *more\n  title: Another One\n  authors: *two\n"
    assert [(each.authors, each.arxiv_id) for each in read(text)] == [(("Albert Gu", "Tri Dao"), "2312.00752")] * 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &a\n  b: *a\n", "y:2: the alias [*]a stands before its anchor is complete"),
        ("- title: *none\n", "y:1: the alias [*]none stands before its anchor is complete, or there is none"),
        ("- " * 5_000, "y:1: not YAML: exceeded maximum nesting depth"),
        ("[" * 100_000, "y:1: not YAML: exceeded maximum nesting depth"),
        ("- title: Mamba\n\tyear: 2023\n", "y:2: not YAML: found a tab character"),
        ("- title: " + "x" * 1001, "y:1: the title has 1,001 characters"),
        ("- title: Mamba\n  a: !!python/object/apply:os.system [x\n", "y:3: not YAML"),
    ],
)
def test_bad_yaml_is_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        list(YamlReader().read(text, digest="y"))


def test_no_tag_is_obeyed() -> None:
    assert read_yaml("a: !!python/object/apply:os.getcwd []\nb: !!int 7\n", digest="y") == [{"a": [], "b": "7"}]


def test_aliases_that_multiply_cost_nothing() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 20)}]\n" for n in range(1, 200)]
    start = time.monotonic()
    with pytest.raises(DigestError, match="aliases multiply its values"):
        read("l0: &l0 [x]\n" + "".join(levels) + "papers:\n  - title: Mamba\n")
    assert time.monotonic() - start < 5


def test_columns_are_named_by_keys_and_paths() -> None:
    text = "- what: {it: Mamba}\n  who: Albert Gu\n- what: {it: GPT}\n"
    found = read(text, title="what.it", authors="who")
    assert [(each.title, each.authors) for each in found] == [("Mamba", ("Albert Gu",)), ("GPT", ())]
    assert YamlReader({"title": "what.it"}).recognise(text) == 0.9
    with pytest.raises(DigestError, match=r"^y.yml:1: there is no column 'Paper'; the columns are: what.it, who\."):
        read(text, title="Paper")
