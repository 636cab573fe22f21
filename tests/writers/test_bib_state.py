"""What refkit remembers of a .bib file: a text that two people can merge, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from refkit.errors import ConfigError
from refkit.writers.bib_state import Written, parse_state, state_path, state_text

PATH = Path("refs.bib.refkit")
HEAD = '{"refkit_merge": 1}\n'
ONE = Written(arxiv_id="1812.09195", key="gur", type="misc", fields={"year": "2018", "author": "Gur, I"})
OTHER = Written(arxiv_id="0704.0001", key="é", type="")
LINES = (
    '{"arxiv_id":"0704.0001","key":"é","type":"","fields":{}}\n'
    '{"arxiv_id":"1812.09195","key":"gur","type":"misc","fields":{"author":"Gur, I","year":"2018"}}\n'
)


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_state(text, PATH)
    return str(caught.value)


def test_a_state_has_a_line_for_each_paper_in_order_and_comes_back() -> None:
    state = {"1812.09195": ONE, "0704.0001": OTHER}
    assert state_text(state) == HEAD + LINES
    assert parse_state(state_text(state), PATH) == state
    assert state_text({}) == HEAD
    assert parse_state("", PATH) == {}


def test_it_stands_beside_its_file_under_a_name_of_its_own() -> None:
    assert state_path(Path("a/refs.bib")) == Path("a/refs.bib.refkit")


def test_lines_may_stand_in_any_order_and_the_later_one_counts() -> None:
    later = LINES.splitlines()[1].replace("gur", "new")
    assert parse_state(f"\n{LINES}{later}\n{HEAD} \n", PATH) == {
        "0704.0001": OTHER,
        "1812.09195": Written(arxiv_id="1812.09195", key="new", type="misc", fields=ONE.fields),
    }


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "=======", ">>>>>>> main", "||||||| 1a2b"])
def test_a_merge_that_was_not_settled_is_named(mark: str) -> None:
    assert problem(f"{HEAD}{LINES}{mark}\n") == (
        "refs.bib.refkit:4: a merge was not settled here; keep the lines of either side, remove the marks."
    )


def test_a_newer_format_is_refused_and_blanks_in_the_head_are_not() -> None:
    assert problem(HEAD + '{ "refkit_merge" : 2 }\n') == (
        "refs.bib.refkit:2: a newer refkit wrote this (format 2); update refkit."
    )
    assert parse_state(' { "refkit_merge" : 1 } \n', PATH) == {}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"arxiv_id": 1, "key": "k", "type": ""}', "Expected `str`, got `int` - at `arxiv_id`"),
        ('{"arxiv_id": "1", "key": "k", "type": "", "more": 1}', "Object contains unknown field `more`"),
        ('{"arxiv_id": "1", "key": "k"}', "Object missing required field `type`"),
        ("x", "JSON is malformed: invalid character (byte 0)"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_problem(line: str, why: str) -> None:
    remedy = "remove it, and what differs in its entry counts as yours."
    assert problem(f"{HEAD}\n{line}") == f"refs.bib.refkit:3: this line cannot be used ({why}); {remedy}"
