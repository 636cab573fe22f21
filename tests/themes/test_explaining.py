from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Mention, Work
from refkit.themes.explaining import Account, explain
from refkit.themes.rules import RuleTagger, Taxonomy, Term, Theme
from refkit.themes.taxonomy import Category

TAGGER = RuleTagger()
FROGS = Theme(
    "frogs",
    (Term("frog", 2), Term("tree frog", 3)),
    label="Frogs",
    excluded=("frog king",),
    needs=("pond", "cs.RO"),
)
MINE = RuleTagger(Taxonomy((FROGS, Theme("newts", (Term("newt", 2),), categories=(Category("q-bio.PE", 6),)))))


def work(title: str, abstract: str = "", *categories: str, mentions: tuple[Mention, ...] = ()) -> Work:
    record = ArxivRecord(arxiv_id="2401.00001", title=title, abstract=abstract, categories=categories)
    return Work(record=record, mentions=mentions)


def account(theme: str, *arguments: str, mentions: tuple[Mention, ...] = ()) -> Account:
    return {each.theme: each for each in explain(MINE, work(*arguments, mentions=mentions))}[theme]


def test_each_term_is_told_with_its_place_its_weight_and_its_points() -> None:
    found = account("frogs", "A Tree Frog", "Frogs and frogs, frogs of the pond.")
    assert (found.points, found.needed, found.given, found.reason) == (17, 6, True, "17 of 6 points")
    assert [(each.term, each.words, each.place, each.times, each.points, each.note) for each in found.fired] == [
        ("tree frog", "Tree Frog", "title", 1, 9, ""),
        ("frog", "Frog", "title", 1, 0, "is part of “Tree Frog”, which counts more"),
        ("frog", "Frogs", "summary", 3, 8, "counts 2 times at most"),
    ]


def test_a_long_abstract_is_called_one() -> None:
    found = account("frogs", "A Pond", "The frog. " + "Trees grow in wet soil. " * 20)
    assert [(each.place, each.points) for each in found.fired] == [("abstract", 2)]


def test_what_stands_in_an_excluded_phrase_is_named_and_makes_a_near_miss() -> None:
    found = account("frogs", "The Frog King at the Pond")
    assert (found.points, found.given, found.is_near) == (0, False, True)
    assert found.fired[0].note == "stands in “Frog King”, where it does not count"


def test_a_need_that_is_missing_is_named() -> None:
    found = account("frogs", "Frogs")
    assert (found.points, found.given, found.is_near) == (6, False, True)
    assert found.reason == "6 of 6 points, but it needs a word like pond besides (1 would do)"
    assert account("frogs", "Frogs", "", "cs.LG", "cs.RO").given


def test_points_that_are_missing_are_counted_and_what_the_categories_ask_for_is_said() -> None:
    assert account("newts", "Newts", "", "math.NT").reason == (
        "6 of 12 points, 6 are missing (6 would do, but no category of the paper speaks for it)"
    )
    assert account("newts", "Newts").reason == (
        "6 of 9 points, 3 are missing (6 would do, but its categories are not known)"
    )
    found = account("newts", "Newts", "", "math.NT", "q-bio.PE")
    assert (found.given, found.points, found.category) == (True, 9, ("q-bio.PE", 3))


def test_of_two_titles_the_louder_speaks() -> None:
    mentions = (Mention(title="Tree frogs: pond"),)
    notes = {
        (each.words, each.points): each.note for each in account("frogs", "Frogs of a pond", mentions=mentions).fired
    }
    assert notes[("Frogs", 0)] == "another title of the work says more"
    assert notes[("Tree frogs", 9)] == ""


def test_a_field_and_a_broad_theme_say_why() -> None:
    (field,) = [each for each in explain(TAGGER, work("ZeroWord", "", "cs.CL")) if each.given]
    assert (field.theme, field.points) == ("natural-language", 3)
    assert field.reason == "no theme has enough points, and this is the field of cs.CL"
    found = {each.theme: each for each in explain(TAGGER, work("Neural Networks for Reward Models", "", "cs.LG"))}
    assert found["machine-learning"].reason.endswith("but it is given only to a work that has no other theme")
    assert explain(TAGGER, work("A Winter Walk")) == ()


WORDS = st.sampled_from(
    "value human reward model learning reinforcement deep instruction following tuning robot manipulation benchmark a "
    "the , . code generation prompt safety neural network graph theory protein image language".split()
)
CODES = st.sampled_from(["cs.LG", "cs.CL", "cs.RO", "math.CO", "quant-ph", "q-bio.BM"])


@given(words=st.lists(WORDS, max_size=40), cut=st.integers(0, 40), codes=st.lists(CODES, max_size=3))
def test_what_is_explained_is_what_is_given_and_the_points_add_up(words: list[str], cut: int, codes: list[str]) -> None:
    one = work(" ".join(words[:cut]), " ".join(words[cut:]), *codes)
    accounts = explain(TAGGER, one)
    assert sorted(each.theme for each in accounts if each.given) == [tag.theme for tag in TAGGER.tag(one)]
    for each in accounts:
        assert each.points == sum(fired.points for fired in each.fired) + each.category[1]
        assert not (each.given and each.is_near)
