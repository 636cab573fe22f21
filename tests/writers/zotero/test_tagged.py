from __future__ import annotations

from typing import Any

from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.tagged import tagged_papers


def item(**data: Any) -> dict[str, Any]:
    return {"key": "AAAA1111", "itemType": "preprint", "title": "The Quiet Songs of Frogs", "tags": [], **data}


def test_the_tags_of_the_reader_are_keywords() -> None:
    tags = [
        {"tag": "frogs"},
        {"tag": "cs.LG", "type": 1},
        {"tag": " ponds ", "type": 0},
        {"tag": "frogs"},
        {"tag": " "},
    ]
    (paper,) = tagged_papers([item(tags=tags, abstractNote="They <i>sing</i>.")], {})
    assert paper.keywords == ("frogs", "ponds")
    assert (paper.title, paper.abstract) == ("The Quiet Songs of Frogs", "They sing.")


def test_the_markup_that_zotero_knows_is_no_text_and_other_signs_are() -> None:
    title = '<i>A</i><b>B</b><sub>C</sub><sup>D</sup> <span class="nocase">E</span><sc>F</sc> 1 < 2 <p>'
    assert [paper.title for paper in tagged_papers([item(title=title)], {})] == ["ABCD EF 1 < 2 <p>"]


def test_an_item_without_an_abstract_has_none() -> None:
    papers = tagged_papers([item(), item(abstractNote=None)], {})
    assert [paper.abstract for paper in papers] == ["", ""]


def test_what_is_no_paper_or_in_the_trash_is_left_out() -> None:
    kinds = [item(itemType=kind) for kind in ("note", "attachment", "annotation")]
    assert tagged_papers([*kinds, item(deleted=1), item(title=""), item(title=None)], {}) == []
    assert len(tagged_papers([item(itemType="book"), item(itemType=None), item(deleted=0)], {})) == 3


def test_tags_that_refkit_put_there_are_left_out() -> None:
    base = Base(key="AAAA1111", arxiv_id="2401.00001", tags={"robotics": 0})
    tags = [{"tag": "robotics"}, {"tag": "mine"}]
    first, other = tagged_papers([item(tags=tags), item(tags=tags, key="BBBB2222")], {"AAAA1111": base})
    assert first.keywords == ("mine",)
    assert other.keywords == ("robotics", "mine")


def test_an_item_without_tags_or_with_odd_ones_is_read() -> None:
    papers = tagged_papers([item(tags=None), item(tags=["frogs", None, {"name": "x"}])], {})
    assert [paper.keywords for paper in papers] == [(), ()]
