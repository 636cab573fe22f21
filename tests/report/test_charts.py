from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from refkit.markup import Html
from refkit.report.charts import author_picture, theme_picture, timeline_picture
from refkit.report.facts import Column, Pair, Timeline

NAMES = st.lists(st.text("abc<&\"'ßא数 -", min_size=1, max_size=40), min_size=2, max_size=20, unique=True)


def parsed(picture: Html) -> etree._Element:
    root = etree.fromstring(picture)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return root


def height(root: etree._Element) -> float:
    return float(root.get("viewBox", "").split()[3])


@given(NAMES, st.data())
def test_themes_are_drawn_within_the_picture_and_no_name_lies_upon_another(
    names: list[str], data: st.DataObject
) -> None:
    counts = [(name, data.draw(st.integers(1, 99))) for name in names]
    pairs = [Pair(names[0], names[1], 3)]
    root = parsed(theme_picture(counts, pairs))
    spots = [(each.get("text-anchor"), float(each.get("y", 0))) for each in root.iter("text")]
    for side in ("start", "end"):
        heights = sorted(y for anchor, y in spots if anchor == side)
        assert all(below - above >= 12 for above, below in pairwise(heights))
    assert all(0 < float(each.get("cy", 0)) < height(root) for each in root.iter("circle"))
    assert len(spots) == min(14, len(names))


def test_a_thicker_line_joins_themes_of_more_papers() -> None:
    root = parsed(theme_picture([("a", 9), ("b", 9), ("c", 1)], [Pair("a", "b", 8), Pair("a", "c", 1)]))
    widths = {each.findtext("title"): float(each.get("stroke-width", 0)) for each in root.iter("path")}
    assert widths["a and b: 8"] > widths["a and c: 1"] > 0


@pytest.mark.parametrize("years", [1, 2, 12])
def test_the_timeline_draws_each_count_in_its_column(years: int) -> None:
    numbers = list(range(1, years + 1))
    line = Timeline(
        tuple(Column(12 * (2000 + number), 12) for number in numbers), tuple(numbers), (("<theme>", tuple(numbers)),), 0
    )
    root = parsed(timeline_picture(line))
    radii = [float(each.get("r", 0)) for each in root.iter("circle")]
    assert radii == sorted(radii)
    assert len(radii) == years
    if years > 1:  # areas, not radii, tell the counts
        assert (radii[-1] / radii[0]) ** 2 == pytest.approx(years, rel=0.25)
    shown = [each.text for each in root.iter("text")]
    assert shown.count("2001") == 1
    assert "<theme>" in shown
    assert all(0 <= float(each.get("y", -1)) <= height(root) for each in root.iter("rect"))


def test_a_theme_without_papers_in_a_column_has_no_mark_there() -> None:
    line = Timeline((Column(24000, 12), Column(24012, 12)), (2, 1), (("a", (2, 0)), ("b", (0, 1))), 0)
    root = parsed(timeline_picture(line))
    assert [each.findtext("title") for each in root.iter("circle")] == ["a: 2", "b: 1"]


def widths(authors: Sequence[tuple[str, int]]) -> list[float]:
    return [float(each.get("width", 0)) for each in parsed(author_picture(authors)).iter("rect")]


def test_authors_have_bars_as_long_as_their_papers_are_many() -> None:
    assert widths([("Ada <b>", 4), ("Bo", 2)]) == [widths([("Ada", 4)])[0], widths([("Ada", 4)])[0] / 2]
    assert len(widths([(f"A{number}", 2) for number in range(99)])) == 14


def test_long_names_are_cut_where_wide_letters_need_the_room_of_two() -> None:
    root = parsed(author_picture([("A" * 40, 2), ("数" * 40, 2), ("Бо" * 11, 2)]))
    names = [each.text or "" for each in root.iter("text") if each.get("text-anchor") == "end"]
    assert [len(name) for name in names] == [22, 11, 22]
    assert [name.endswith("…") for name in names] == [True, True, False]
