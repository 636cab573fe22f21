from __future__ import annotations

import random
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from refkit.errors import UsageError
from refkit.model import ArxivRecord, Work
from refkit.themes.discovered_file import give_back, propose, themes_text
from refkit.themes.discovering import SMALLEST, discover
from refkit.themes.rules import RuleTagger, load_taxonomy
from refkit.themes.vocabulary import Paper

Make = Callable[..., list[Paper]]


@pytest.fixture
def pile(make: Make) -> list[Paper]:
    return [Paper(paper.title, paper.abstract) for paper in make(12, mixed=0.05, words=7)]


def topics(make: Make) -> list[str]:
    return [paper.tags[0] for paper in make(12, mixed=0.05, words=7)]


def test_papers_of_one_topic_come_together(make: Make, pile: list[Paper]) -> None:
    known = topics(make)
    found = discover(pile)
    assert 3 <= len(found.groups) <= 6
    of_one = sum(Counter(known[place] for place in group.papers).most_common(1)[0][1] for group in found.groups)
    assert of_one / sum(len(group.papers) for group in found.groups) > 0.8


def test_every_paper_is_in_one_group_or_left_out(pile: list[Paper]) -> None:
    found = discover(pile)
    places = [place for group in found.groups for place in group.papers] + list(found.left_out)
    assert sorted(places) == list(range(len(pile)))


def test_the_number_of_groups_is_the_fewest_that_part_nearly_best(pile: list[Paper]) -> None:
    found = discover(pile)
    best = max(found.silhouettes.values())
    fewest = min(count for count, silhouette in found.silhouettes.items() if silhouette >= 0.95 * best)
    assert len(found.groups) <= fewest
    assert set(found.silhouettes) == set(range(2, 7))


def test_a_number_of_groups_can_be_asked_for(pile: list[Paper]) -> None:
    assert len(discover(pile, count=2).groups) == 2


def test_the_same_pile_gives_the_same_text(pile: list[Paper]) -> None:
    def text(papers: list[Paper]) -> str:
        found = discover(papers)
        return themes_text(propose(found, papers), [papers[place].title for place in found.left_out])

    assert text(pile) == text(list(pile))


def test_a_stranger_fits_nowhere(pile: list[Paper]) -> None:
    papers = [*pile, Paper("Tectonic Subduction beneath Andean Volcanoes")]
    assert len(papers) - 1 in discover(papers).left_out


def test_a_paper_between_two_groups_fits_nowhere(pile: list[Paper]) -> None:
    papers = [*pile, Paper("frog hive newt honey pond comb gear dough")]
    assert len(papers) - 1 in discover(papers).left_out


def test_themes_have_names_from_titles_and_give_their_papers_back(pile: list[Paper], tmp_path: Path) -> None:
    found = discover(pile)
    proposals = propose(found, pile)
    titles = " ".join(paper.title for paper in pile)
    for each in proposals:
        assert all(name.casefold() in titles.casefold() for name in each.theme.label.split(", "))
    returned = give_back(found, pile, proposals)
    assert returned.papers == sum(len(group.papers) for group in found.groups)
    assert returned.share > 0.8
    path = tmp_path / "themes.toml"
    path.write_text(themes_text(proposals, ["left \x7f\nout"]), encoding="utf-8")
    tagger = RuleTagger(load_taxonomy(path))
    right = sum(
        each.theme.id in {tag.theme for tag in tagger.tag(Work(record=ArxivRecord(arxiv_id="", title=title)))}
        for each in proposals
        for title in each.titles
    )
    assert right == returned.right
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("left   out")]


def test_two_papers_of_a_group_are_named_beside_it(pile: list[Paper]) -> None:
    found = discover(pile)
    text = themes_text(propose(found, pile), [])
    for group in found.groups:
        assert f"# {len(group.papers)} papers:" in text
        assert all(f"#   {pile[place].title}" in text for place in group.papers)


def test_a_theme_that_is_shipped_is_replaced(pile: list[Paper]) -> None:
    words = {"frog": "robotics", "pond": "robotics", "newt": "robotics"}
    papers = [Paper(" ".join(words.get(word, word) for word in paper.title.split())) for paper in pile]
    found = discover(papers)
    tables = tomllib.loads(themes_text(propose(found, papers), []))["themes"]
    shipped = {theme.id for theme in load_taxonomy().themes}
    assert {name for name, table in tables.items() if table.get("replace")} == set(tables) & shipped


@pytest.mark.parametrize("label", ['Say "frogs"', "C:\\frogs", "Fr\x7fogs", "Frogs\tand", "机器 学习"])
def test_any_words_are_written_as_toml(pile: list[Paper], label: str) -> None:
    from msgspec.structs import replace

    found = discover(pile)
    first, *rest = propose(found, pile)
    changed = replace(first, theme=replace(first.theme, label=label))
    tables = tomllib.loads(themes_text([changed, *rest], [label]))["themes"]
    assert label in {table["label"] for table in tables.values()}


def test_too_small_a_pile_is_refused() -> None:
    with pytest.raises(UsageError, match=f"19 papers are too few .* at least {SMALLEST}"):
        discover([Paper(f"Songs of frogs {number}") for number in range(19)])


def test_a_pile_without_common_words_is_refused() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    papers = [Paper("".join(chance.choices("abcdefghijklmnop", k=9))) for _ in range(30)]
    with pytest.raises(UsageError, match="Only 0 of the 30 papers share any telling words"):
        discover(papers)


def test_more_groups_than_different_papers_are_refused() -> None:
    words = ("frog pond", "hive comb", "gear dial", "oven dough")
    papers = [Paper(f"{words[number % 4]} w{number}") for number in range(30)]
    assert len(discover(papers).groups) == 3
    with pytest.raises(UsageError, match="too much alike"):
        discover(papers, count=5)


def test_without_scikit_learn_the_extra_is_named(pile: list[Paper], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match=r"pip install 'refkit\[themes\]'"):
        discover(pile)
