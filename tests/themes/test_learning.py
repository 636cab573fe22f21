from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from refkit.errors import ConfigError, UsageError
from refkit.model import ArxivRecord, Mention, ThemeTag, Work
from refkit.themes import learning
from refkit.themes.learned import LearnedTagger
from refkit.themes.learning import learn
from refkit.themes.likeness import Library
from refkit.themes.model_file import Model, load_model, model_text, save_model
from refkit.themes.vocabulary import Paper, vocabulary_of
from refkit.themes.wording import wording

Make = Callable[..., list[Paper]]


def work(title: str, abstract: str = "") -> Work:
    return Work(record=ArxivRecord(arxiv_id="2401.00001", title=title, abstract=abstract))


def given(model: Model, papers: list[Paper]) -> list[tuple[Paper, tuple[ThemeTag, ...]]]:
    tagger = LearnedTagger(model)
    return [(paper, tagger.tag(work(paper.title, paper.abstract))) for paper in papers]


@pytest.fixture
def model(make: Make) -> Model:
    return learn(make(25)).model


def test_the_tags_of_papers_that_were_not_learnt_are_told(make: Make, model: Model) -> None:
    found = given(model, make(25, seed=1))
    assert all(tags for _, tags in found[:3])
    right = sum(tag.theme in paper.tags for paper, tags in found for tag in tags)
    assert right / sum(len(tags) for _, tags in found) > 0.9
    assert right / len(found) > 0.8


def test_a_paper_of_which_no_word_is_known_gets_nothing(model: Model) -> None:
    (_, tags), *_ = given(model, [Paper("Tectonic Subduction beneath Andean Volcanoes")])
    assert tags == ()


def test_the_confidence_is_how_often_a_tag_is_right(make: Make) -> None:
    """On papers that are hard to tell, of 9 sure tags in 10 about 9 are right, and of those in doubt fewer."""
    model = learn(make(60, mixed=0.45, words=7)).model
    said = [
        (tag.confidence, tag.theme in paper.tags)
        for seed in range(1, 13)
        for paper, tags in given(model, make(60, seed=seed, mixed=0.45, words=7))
        for tag in tags
    ]
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.85, 0.95), (0.95, 1.01)):
        some = [(confidence, right) for confidence, right in said if low <= confidence < high]
        assert len(some) > 60
        told = sum(confidence for confidence, _ in some) / len(some)
        assert sum(right for _, right in some) / len(some) == pytest.approx(told, abs=0.04)


def test_leaving_a_paper_out_is_as_learning_without_it(make: Make) -> None:
    """The identity by which confidences are learnt, against fitting again without the paper."""
    import numpy as np

    papers = sorted(make(6))
    words = vocabulary_of(papers, 3)
    having, known = learning._known(words.papers)
    alike = learning._alike(known, len(having))
    targets = np.zeros((len(known), len(words.tags)))
    for number, some in enumerate(words.tags.values()):
        targets[list(some), number] = 1
    _, left_out = learning._fit(alike, targets)
    for place in (0, 5, 23):
        rest = [each for each in range(len(known)) if each != place]
        pulls, _ = learning._fit(alike[np.ix_(rest, rest)], targets[rest])
        assert alike[place][rest] @ pulls == pytest.approx(left_out[place])


def test_each_tag_comes_with_words_of_the_paper_and_neighbours_of_the_library(make: Make, model: Model) -> None:
    library = {paper.title: paper for paper in make(25)}
    for paper, tags in given(model, make(5, seed=2)):
        for tag in tags:
            assert 1 <= len(tag.evidence) <= 3
            assert all(word in paper.title for word in tag.evidence)
            assert 1 <= len(tag.neighbours) <= 3
            assert all(tag.theme in library[title].tags for title in tag.neighbours)


def test_the_nearest_paper_argues_first(make: Make) -> None:
    papers = [*make(10), Paper("purple heron ballet", "", ("ponds",))]
    ((_, (tag,)),) = given(learn(papers).model, [Paper("the purple heron ballet revisited")])
    assert tag.theme == "ponds"
    assert tag.neighbours[0] == "purple heron ballet"
    assert tag.evidence == ("heron",)


def test_words_of_abstracts_count_where_titles_say_nothing(make: Make) -> None:
    model = learn(make(20, words=2, abstract=30)).model
    found = given(model, [Paper("A note", "The frog and the newt share a pond with tadpoles, reeds and lilies.")])
    assert [tag.theme for _, tags in found for tag in tags] == ["ponds"]


def test_the_abstract_of_a_mention_is_read_where_the_record_has_none(model: Model) -> None:
    abstract = "A frog and a newt share the pond."
    one = Work(
        record=ArxivRecord(arxiv_id="2401.00001", title="A note"), mentions=(Mention(title="x", abstract=abstract),)
    )
    assert [tag.theme for tag in LearnedTagger(model).tag(one)] == ["ponds"]


def test_the_same_library_gives_the_same_bytes_in_any_order(make: Make) -> None:
    papers = make(12)
    mixed = random.Random(3).sample(papers, len(papers))  # noqa: S311 - no secret
    assert model_text(learn(sorted(papers)).model) == model_text(learn(sorted(mixed)).model)


def test_a_model_is_read_as_it_was_written(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "my.model.json"
    assert save_model(path, model)
    assert load_model(path) == model
    assert not save_model(path, load_model(path))
    assert list(tmp_path.iterdir()) == [path]
    title = "frog newt pond"
    assert LearnedTagger(path).tag(work(title)) == LearnedTagger(model).tag(work(title)) != ()


def test_a_higher_confidence_gives_fewer_tags_and_the_table_says_so(make: Make) -> None:
    papers = make(40, mixed=0.5)
    low, high = learn(papers, confidence=0.4).model, learn(papers, confidence=0.9).model
    others = make(40, seed=1, mixed=0.5)
    count = [sum(len(tags) for _, tags in given(model, others)) for model in (low, high)]
    assert 0 < count[1] < count[0]
    for mild, strict in zip(low.tags, high.tags, strict=True):
        assert strict.threshold >= 0.9
        assert strict.recall <= mild.recall


def test_a_tag_that_no_word_tells_is_never_given(make: Make) -> None:
    chance = random.Random(5)  # noqa: S311 - as above
    papers = [
        Paper(paper.title, "", (*paper.tags, *(("good",) if chance.random() < 0.3 else ()))) for paper in make(30)
    ]
    model = learn(papers).model
    good = next(tag for tag in model.tags if tag.name == "good")
    assert not good.applied
    assert all(tag.theme != "good" for _, tags in given(model, make(30, seed=1)) for tag in tags)
    assert all(tag.applied for tag in model.tags if tag.name != "good")


def test_the_figures_of_a_tag_are_those_of_papers_left_out(make: Make) -> None:
    model = learn(make(30, mixed=0.3)).model
    found = given(model, make(200, seed=9, mixed=0.3))
    for tag in model.tags:
        got = [paper for paper, tags in found if tag.name in {each.theme for each in tags}]
        precision = sum(tag.name in paper.tags for paper in got) / len(got)
        assert precision == pytest.approx(tag.precision, abs=0.15)
        assert tag.f1 == pytest.approx(2 * tag.precision * tag.recall / (tag.precision + tag.recall), abs=0.002)


def test_a_tag_that_is_oftener_wrong_than_right_is_never_given(make: Make) -> None:
    model = learn(make(60, mixed=0.75), confidence=0.3).model
    assert all(tag.precision >= 0.5 for tag in model.tags if tag.applied)
    assert any(tag.threshold > 0.3 or not tag.applied for tag in model.tags)


def test_one_tag_alone_is_learnt(make: Make) -> None:
    papers = [
        Paper(paper.title, "", ("ponds" if "ponds" in paper.tags else f"one {place}",))
        for place, paper in enumerate(make(20))
    ]
    model = learn(papers).model
    assert [tag.name for tag in model.tags] == ["ponds"]
    assert [[tag.theme for tag in tags] for _, tags in given(model, [Paper("frog newt heron pond")])] == [["ponds"]]


def test_a_library_without_tags_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"nothing to learn: of 30 papers 0 have tags .* no tag is had by 8 .*--headings"
    ):
        learn([Paper(f"Songs of frogs {number}") for number in range(30)])


def test_of_a_large_library_some_papers_spread_evenly_are_learnt(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MOST", 60)
    learnt = learn(sorted(make(25)))
    assert (len(learnt.model.papers), learnt.unused) == (60, 40)
    assert len(learnt.model.tags) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[: len(text) // 2], "this is not JSON, or the file is damaged"),
        (lambda _: "[]", "not a file of `refkit themes learn`"),
        (lambda _: '{"kind": "something"}', "not a file of `refkit themes learn`"),
        (lambda text: text.replace('"version": 1', '"version": 0'), "learnt by another version of refkit"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "learnt by another version of refkit"),
        (lambda text: text.replace('"threshold"', '"treshold"', 1), "the file is damaged"),
        (lambda text: text.replace('"applied":true', '"applied":"frog"', 1), "the file is damaged"),
        (lambda text: text.replace('"words":[', '"words":[99999,', 1), "its parts do not fit together"),
        (lambda text: text.replace('"pulls":[', '"pulls":[0.5,', 1), "its parts do not fit together"),
        (lambda text: text.replace('"calibration": [', '"calibration": [1.0,', 1), "its parts do not fit together"),
    ],
)
def test_a_broken_or_older_model_is_a_sentence(
    model: Model, tmp_path: Path, change: Callable[[str], str], sentence: str
) -> None:
    path = tmp_path / "my.model.json"
    changed = change(model_text(model))
    assert changed != model_text(model)
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence) as raised:
        LearnedTagger(path).tag(work("frog"))
    assert str(raised.value).startswith(f"{path}: ")
    assert "`refkit themes learn`" in str(raised.value)


def test_a_model_that_is_not_there_or_not_named_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file"):
        LearnedTagger(tmp_path / "none.json").tag(work("frog"))
    with pytest.raises(ConfigError, match=r'put `path = "my-themes.model.json"` into \[taggers.learned\]'):
        LearnedTagger().tag(work("frog"))


def test_it_opens_with_its_settings(model: Model, tmp_path: Path) -> None:
    from refkit.protocols import Surroundings

    around = Surroundings(cache=tmp_path, state=tmp_path)
    save_model(tmp_path / "my.model.json", model)
    tagger = LearnedTagger.open({"path": str(tmp_path / "my.model.json")}, around)
    assert [tag.theme for tag in tagger.tag(work("frog newt pond"))] == ["ponds"]
    for settings in ({}, {"path": 3}, {"path": "x", "other": 1}):
        with pytest.raises(ConfigError, match=r"\[taggers.learned\] cannot be used"):
            LearnedTagger.open(settings, around)


def test_a_model_holds_no_abstract(make: Make) -> None:
    papers = make(12, abstract=30)
    text = model_text(learn(papers).model)
    assert all(paper.abstract not in text for paper in papers)


def test_applying_needs_no_scikit_learn(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    assert LearnedTagger(model).tag(work("frog newt pond"))


def test_likeness_is_a_share(make: Make, model: Model) -> None:
    library = Library(model)
    for paper in make(5):
        alike = library.likeness(library.shares(wording(paper.title).counts))
        assert alike.min() >= 0
        assert alike.max() <= 1 + 1e-6


def test_tags_can_be_read_by_programs(model: Model) -> None:
    (tag,) = LearnedTagger(model).tag(work("frog newt pond"))
    assert msgspec.json.decode(msgspec.json.encode(tag), type=ThemeTag) == tag
