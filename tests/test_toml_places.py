"""What is said of a value in a TOML file: the line on which it stands, and in words what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from refkit.toml_places import in_words, line_of, told

TEXT = """# one
[a]
b = 1
"c d" = 2
e.f = 3

[a.g]
h = [
  4,
]

[[x.y]]  # the first
z = 1

[[x.y]]
z = 2

[[x.y.deep]]
w = 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 2),
        ("a.b", 3),
        ("a.c d", 2),
        ('a."c d"', 4),
        ("a.e.f", 5),
        ("a.e", 5),
        ("a.g.h", 8),
        ("a.g.h[0]", 8),
        ("a.g.none", 7),
        ("x", 12),
        ("x.y", 12),
        ("x.y[0]", 12),
        ("x.y[0].z", 13),
        ("x.y[1]", 15),
        ("x.y[1].z", 16),
        ("x.y[1].deep[0].w", 19),
        ("none", 0),
    ],
)
def test_the_line_of_a_path(tmp_path: Path, path: str, line: int) -> None:
    file = tmp_path / "x.toml"
    file.write_text(TEXT, encoding="utf-8")
    assert line_of(file, path) == line


def test_a_file_that_cannot_be_read_tells_no_line(tmp_path: Path) -> None:
    assert line_of(tmp_path / "none.toml", "a") == 0
    (tmp_path / "x.toml").write_bytes(b"a = \xff")
    assert line_of(tmp_path / "x.toml", "a") == 0


def _odd(_: type, __: Any) -> Any:
    raise ValueError("'soon' is no time.")


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    weight: int


class Table(msgspec.Struct, forbid_unknown_fields=True):
    weight: Annotated[int, Meta(ge=1, le=12)] = 1
    pace: Annotated[float, Meta(gt=0, lt=9.5)] | None = None
    words: Annotated[list[str], Meta(min_length=1, max_length=2)] = msgspec.field(default_factory=lambda: ["a"])
    wide: list[str] | dict[str, int] = msgspec.field(default_factory=list)
    sure: bool = False
    inner: list[Inner] = msgspec.field(default_factory=list)
    when: complex = 0


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (3, "", "it must be a table, not a whole number"),
        ({"weight": 0}, "weight", "it must be a whole number of at least 1"),
        ({"weight": 13}, "weight", "it must be a whole number of at most 12"),
        ({"weight": "x"}, "weight", "it must be a whole number, not a text"),
        ({"weight": 1.5}, "weight", "it must be a whole number, not a decimal number"),
        ({"pace": 0}, "pace", "it must be a decimal number of more than 0"),
        ({"pace": 9.5}, "pace", "it must be a decimal number of less than 9.5"),
        ({"pace": "x"}, "pace", "it must be a decimal number, not a text"),
        ({"words": []}, "words", "it must be a list of length at least 1"),
        ({"words": ["a"] * 3}, "words", "it must be a list of length at most 2"),
        ({"words": ["a", 1]}, "words[1]", "it must be a text, not a whole number"),
        ({"wide": True}, "wide", "it must be a table or a list, not true or false"),
        ({"sure": "yes"}, "sure", "it must be true or false, not a text"),
        ({"inner": [{"weight": 1}, {}]}, "inner[1]", "`weight` is missing"),
        ({"inner": [{"weight": 1, "colour": 2}]}, "inner[0].colour", "there is no such setting"),
        ({"colour": 2}, "colour", "there is no such setting"),
        ({"when": "soon"}, "when", "'soon' is no time"),
    ],
)
def test_what_is_wrong_is_said_in_words(value: Any, path: str, words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, Table, dec_hook=_odd)
    assert in_words(caught.value) == (path, words)
    assert told(caught.value) == (f"`{path}`: {words}" if path else words)
