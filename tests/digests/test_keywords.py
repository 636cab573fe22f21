"""The keywords that lists of references give their papers."""

from __future__ import annotations

import json

import pytest

from refkit import registry
from refkit.errors import DigestError
from refkit.model import Mention


def keywords(reader: str, text: str) -> list[tuple[str, ...]]:
    found = registry.load("reader", reader)().read(text, digest="list")
    return [each.keywords for each in found if isinstance(each, Mention)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("keywords = {frogs, ponds;  spring}", ("frogs", "ponds", "spring")),
        ("keywords = {Frogs, frogs, FROGS}", ("Frogs",)),
        ("keywords = {{Frogs, toads}, ponds}", ("Frogs, toads", "ponds")),
        ("keywords = {fr{\\'e}lons, to-read, }", ("frélons", "to-read")),
        ("keyword = {frogs},\n keywords = {ponds}", ("ponds", "frogs")),
        ('keywords = "frogs > tree frogs"', ("frogs > tree frogs",)),
        ("keywords = {}", ()),
        ("keywords = {{{never closed, ponds}", ()),
        (f"keywords = {{{'a' * 300}, ponds}}", ("ponds",)),
        ("note = {none}", ()),
    ],
)
def test_a_bib(field: str, expected: tuple[str, ...]) -> None:
    text = f"@article{{one,\n title = {{The Quiet Songs of Frogs}},\n {field}\n}}\n"
    if "never closed" in field:
        with pytest.raises(DigestError):
            keywords("bib", text)
    else:
        assert keywords("bib", text) == [expected]


def test_a_paper_that_stands_in_a_bib_twice_has_the_keywords_of_both() -> None:
    entry = "@misc{%s, title = {The Quiet Songs of Frogs}, keywords = {%s}}\n"
    assert keywords("bib", entry % ("a", "frogs, songs") + entry % ("b", "Songs, ponds")) == [
        ("frogs", "songs", "ponds")
    ]


def test_ris() -> None:
    text = "TY  - JOUR\nTI  - The Quiet Songs of Frogs\nKW  - frogs\nKW  - songs, old\nKW  - ponds; spring\nER  - \n"
    assert keywords("ris", text) == [("frogs", "songs, old", "ponds", "spring")]


def test_endnote() -> None:
    text = "%0 Journal Article\n%T The Quiet Songs of Frogs\n%A Pond, Ann\n%K frogs\nponds\n"
    assert keywords("ris", text) == [("frogs", "ponds")]


def test_csl() -> None:
    item = {"type": "article", "title": "The Quiet Songs of Frogs", "author": [{"family": "Pond"}]}
    assert keywords("csl-json", json.dumps([item | {"keyword": "frogs, ponds; spring"}])) == [
        ("frogs", "ponds", "spring")
    ]
    assert keywords("csl-json", json.dumps([item | {"keyword": ["frogs", 3, None]}])) == [("frogs", "3")]
    assert keywords("csl-json", json.dumps([item])) == [()]


def test_zotero_s_own_json_without_automatic_tags() -> None:
    tags = [{"tag": "frogs"}, {"tag": "cs.LG", "type": 1}, {"tag": "ponds", "type": 0}, "songs", {"label": "odd"}]
    item = {"itemType": "preprint", "title": "The Quiet Songs of Frogs", "creators": [], "tags": tags}
    assert keywords("csl-json", json.dumps([item])) == [("frogs", "ponds", "songs")]
