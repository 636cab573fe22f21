from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import refkit
from refkit.model import ArxivRecord, Mention, ThemeTag, Work
from refkit.protocols import Surroundings
from refkit.tagging import Taggers, open_taggers

AROUND = Surroundings(cache=Path(), state=Path())


class Given:
    """A tagger that gives what it was told to."""

    name = "given"

    def __init__(self, *tags: ThemeTag) -> None:
        self._tags = tags

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        assert work
        return self._tags


def work(title: str, heading: str = "") -> Work:
    return Work(
        record=ArxivRecord(arxiv_id="2401.00001", title=title), mentions=(Mention(title=title, heading=heading),)
    )


def themes(one: Work, *names: str, **ways: Any) -> dict[str, tuple[str, ...]]:
    tags = Taggers(open_taggers(names, AROUND, **ways)).tag(one)
    return {tag.theme: tag.evidence for tag in tags}


def test_the_tags_of_a_work_are_those_of_all_taggers_sorted_and_each_once() -> None:
    one = work("Continual Learning of Robots", heading="Robotics")
    assert themes(one, "rules") == {"continual-learning": ("Continual Learning",), "robotics": ("Robots",)}
    assert themes(one, "headings") == {"robotics": ("Robotics",)}
    both = themes(one, "rules", "headings")
    assert list(both.items()) == [("continual-learning", ("Continual Learning",)), ("robotics", ("Robots", "Robotics"))]
    assert themes(one, "headings", "rules", "headings").keys() == both.keys()


def test_files_of_themes_are_for_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[themes.frogs]\nterms = [{ weight = 2, any = ["frog"] }]\n')
    assert themes(work("Frogs", "Ponds"), "rules", "headings", themes=[str(path)]).keys() == {"frogs", "ponds"}
    assert themes(work("Frogs"), "rules", settings={"rules": {"themes": [str(path)]}}).keys() == {"frogs"}
    assert themes(work("Frogs", "Ponds"), "headings", themes=[str(path)]).keys() == {"ponds"}


@pytest.mark.parametrize(
    ("names", "ways", "message"),
    [
        ((), {}, "There is no tagger to take; name at least one"),
        (("guess",), {}, "There is no tagger named 'guess'; the taggers are: rules, headings"),
        (("rules",), {"themes": ["none.toml"]}, r"none\.toml: there is no such file of themes; correct its name"),
        (("rules",), {"settings": {"rules": {"x": 1}}}, r"\[taggers.rules\] cannot be used: .*`x`"),
        (("headings",), {"settings": {"headings": {"x": 1}}}, r"\[taggers.headings\] cannot be used: .*`x`"),
    ],
)
def test_what_cannot_be_opened_is_a_sentence(names: tuple[str, ...], ways: dict[str, Any], message: str) -> None:
    with pytest.raises(refkit.RefkitError, match=message):
        open_taggers(names, AROUND, **ways)


def test_the_pipeline_tags_by_the_taggers_it_is_given(root: Path) -> None:
    mentions = refkit.read(root / "seeds/trending-papers.txt")[:3]
    (first, *_) = refkit.tag(refkit.resolve(mentions), taggers=[Given(ThemeTag("mine", ("x",)))])
    assert first.themes == (ThemeTag("mine", ("x",)),)
    opened = refkit.tag(refkit.resolve(mentions), taggers=refkit.open_taggers(("rules", "headings")))
    assert [each.themes for each in opened] == [each.themes for each in refkit.tag(refkit.resolve(mentions))]


TAGS = st.lists(
    st.builds(ThemeTag, st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from("xyz"), unique=True).map(tuple)),
    unique_by=lambda tag: tag.theme,
    max_size=3,
).map(tuple)


@given(first=TAGS, second=TAGS)
def test_tagging_twice_is_as_once_and_the_order_decides_no_theme(
    first: tuple[ThemeTag, ...], second: tuple[ThemeTag, ...]
) -> None:
    taggers = [Given(*first), Given(*second)]
    once = Taggers(taggers).tag(work("A Note"))
    tagged = replace(work("A Note"), themes=once)
    assert Taggers(taggers).tag(tagged) == once == Taggers([*taggers, *taggers]).tag(work("A Note"))
    turned = Taggers(taggers[::-1]).tag(work("A Note"))
    assert [(tag.theme, set(tag.evidence)) for tag in turned] == [(tag.theme, set(tag.evidence)) for tag in once]
    assert [tag.theme for tag in once] == sorted({tag.theme for tag in (*first, *second)})


def test_of_several_taggers_the_surest_counts_and_all_neighbours_are_kept() -> None:
    sure = Given(ThemeTag("ponds", ("frog",), confidence=0.9, neighbours=("On Newts",)))
    unsure = Given(ThemeTag("ponds", ("reed",), confidence=0.5, neighbours=("On Herons", "On Newts")))
    (tag,) = Taggers([unsure, sure]).tag(work("A Note"))
    assert tag == ThemeTag("ponds", ("reed", "frog"), confidence=0.9, neighbours=("On Herons", "On Newts"))
