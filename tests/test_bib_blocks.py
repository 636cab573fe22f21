"""What all who read a .bib file need: braces counted as BibTeX and as TeX count them."""

from __future__ import annotations

import pytest

from refkit.bib_blocks import is_balanced


@pytest.mark.parametrize(
    ("text", "for_bibtex", "for_tex"),
    [
        ("", True, True),
        ("a {b {c}} d", True, True),
        ("}{", False, False),
        ("{a", False, False),
        ("a}", False, False),
        (r"\{", False, True),
        (r"{\}", True, False),
        (r"\{a\}", True, True),
    ],
)
def test_braces_are_counted_in_two_ways(text: str, *, for_bibtex: bool, for_tex: bool) -> None:
    assert is_balanced(text) is for_bibtex
    assert is_balanced(text, escaped=False) is for_tex
