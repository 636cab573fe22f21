from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Mention, Work
from refkit.normalize import fold, to_unicode
from refkit.themes.rules import RuleTagger, load_taxonomy

TAGGER = RuleTagger()
IDS = {theme.id for theme in load_taxonomy().themes}


def work(title: str, abstract: str = "", *mentions: Mention) -> Work:
    return Work(record=ArxivRecord(arxiv_id="2401.00001", title=title, abstract=abstract), mentions=mentions)


def themes(title: str, abstract: str = "") -> set[str]:
    return {tag.theme for tag in TAGGER.tag(work(title, abstract))}


# title, abstract, themes that must be given, themes that must not
TRAPS = [
    ("Learning Human Values from Stories", "", {"human-values"}, {"value-functions"}),
    ("Which Moral Values Do Chatbots Express?", "", {"human-values"}, set()),
    ("A Value Function for Deep Reinforcement Learning", "", {"value-functions"}, {"human-values"}),
    ("Estimating Value Functions with Neural Networks", "", {"value-functions"}, {"human-values"}),
    ("Spatial Value Maps for Robot Grasping", "", {"robotics"}, {"human-values", "value-functions"}),
    ("Key-Value Memory for Neural Networks", "", set(), {"human-values", "value-functions"}),
    ("KV Cache Compression for Language Models", "", {"efficiency"}, {"human-values", "value-functions"}),
    ("Value-Driven Quantization of Neural Networks", "", {"efficiency"}, {"human-values", "value-functions"}),
    ("Singular Value Decomposition of Neural Networks", "", set(), {"human-values", "value-functions"}),
    ("Imputing Missing Values with Deep Learning", "", set(), {"human-values", "value-functions"}),
    ("On the Value of Shared Vocabularies", "", set(), {"human-values", "value-functions"}),
    ("A Value Network for Go", "We train a neural network.", {"value-functions"}, {"human-values"}),
    ("Initial Value Systems of Parabolic Equations", "", set(), {"human-values"}),
    ("Translating with Language Models", "They are aligned with human values.", set(), {"human-values"}),
    ("Language Models for Instruction Following", "", {"instruction-following"}, {"instruction-tuning"}),
    ("Do Language Models Follow Long Instructions?", "", {"instruction-following"}, {"instruction-tuning"}),
    ("Instruction Tuning of Language Models", "", {"instruction-tuning"}, {"instruction-following"}),
    ("Selecting Instruction-Following Data", "", {"instruction-tuning"}, {"instruction-following"}),
    (
        "An Instruction Hierarchy for Language Models",
        "It resists prompt injection and other attacks on safety; jailbreaks fail.",
        {"safety"},
        {"instruction-following", "instruction-tuning", "prompting"},
    ),
    (
        "Parsing Instructional Videos with Transformers",
        "We segment video.",
        {"multimodal"},
        {"instruction-following", "instruction-tuning"},
    ),
    ("The Instruction Set of a Small Processor", "", set(), {"instruction-following", "instruction-tuning"}),
    ("RLHF from a Few Comparisons", "", {"preference-alignment"}, {"reinforcement-learning"}),
    ("Language Models and Reinforcement Learning from Human Feedback", "", set(), {"reinforcement-learning"}),
    ("Canonical Quantization of Gravity", "", set(), {"efficiency"}),
    ("Prompt Photon Production at the Collider", "", set(), {"prompting", "science"}),
    ("Optimal Transportation Inequalities", "", set(), {"transportation"}),
    ("Quadratic Programs and Neural Networks", "", set(), {"code-generation"}),
    ("Multimodal Distributions in Machine Learning", "", set(), {"multimodal"}),
    ("Protein Crystals under Pressure", "Proteins and their crystals are measured.", set(), {"science"}),
]


@pytest.mark.parametrize(("title", "abstract", "given_", "refused"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_value_and_instruction_mean_what_stands_beside_them(
    title: str, abstract: str, given_: set[str], refused: set[str]
) -> None:
    found = themes(title, abstract)
    assert given_ <= found
    assert not refused & found


@pytest.mark.parametrize(
    "sentence",
    [
        "Key-value stores hold values.",
        "The value of values is a value.",
        "The values of the parameters, mean values and p-values are given.",
        "Value added, face value, market value, absolute value, true value, expected value.",
        "We value your values.",
    ],
)
def test_value_alone_is_never_a_human_value(sentence: str) -> None:
    assert "human-values" not in themes(sentence, " ".join([sentence] * 5))


def test_a_passing_mention_in_an_abstract_is_not_a_theme() -> None:
    filler = "We study the growth of trees in wet soil over many seasons and report what we saw there. " * 8
    passing = "Language models shape society, robots, benchmarks, finance, safety and reinforcement learning. "
    assert themes("On Trees", passing + filler) == set()


def test_a_summary_of_a_few_words_counts_more_than_a_sentence_of_an_abstract() -> None:
    said = "Trains a neural network as a verifier by process supervision."
    assert "reward-modeling" in themes("Tiny Steps", said)
    assert "reward-modeling" not in themes("Tiny Steps", said + " Trees grow in wet soil." * 20)


def test_a_work_that_fits_nothing_has_no_theme() -> None:
    assert TAGGER.tag(work("Letters from a winter walk", "We walk, and write of what we see.")) == ()


def test_a_work_may_have_several_themes_each_with_its_words() -> None:
    tags = TAGGER.tag(work("Benchmarking Robots with Reinforcement Learning"))
    assert [(tag.theme, tag.evidence) for tag in tags] == [
        ("evaluation", ("Benchmarking",)),
        ("reinforcement-learning", ("Reinforcement Learning",)),
        ("robotics", ("Robots",)),
    ]


def test_the_abstract_of_a_mention_speaks_for_a_work() -> None:
    mention = Mention(title="Small Steps", abstract="A reward model; training the reward model of a language model.")
    assert [tag.theme for tag in TAGGER.tag(work("Small Steps", "", mention))] == ["reward-modeling"]


def test_two_mentions_of_one_abstract_are_one_voice() -> None:
    text = "Trees grow in wet soil. " * 20 + "A reward model is used."
    mentions = (Mention(title="Trees", abstract=text), Mention(title="Trees", abstract=text + " Indeed."))
    assert TAGGER.tag(work("Trees", text, *mentions)) == ()


def test_former_titles_do_not_speak() -> None:
    record = ArxivRecord(arxiv_id="2401.00001", title="Small Steps", former_titles=("Reward Models",))
    assert TAGGER.tag(Work(record=record)) == ()


def test_words_are_shown_as_they_stand_and_once() -> None:
    (tag,) = TAGGER.tag(work("Continual Learning", "CONTINUAL-LEARNING of neural networks, continual learning."))
    assert tag.evidence == ("Continual Learning", "CONTINUAL-LEARNING")


def test_markup_and_line_breaks_do_not_hide_words() -> None:
    (tag,) = TAGGER.tag(work("\\textbf{Continual}\n  Learning"))
    assert tag.evidence == ("Continual Learning",)


def test_an_abbreviation_in_brackets_is_not_a_second_mention() -> None:
    filler = " Trees grow in wet soil." * 20
    assert themes("Trees", "Reinforcement learning (RL) was tried." + filler) == set()
    assert "reinforcement-learning" in themes("Trees", "Reinforcement learning (RL) or offline RL." + filler)


def test_the_tagger_is_pure() -> None:
    one = work("Benchmarking Robots", "A value function for offline reinforcement learning.")
    assert TAGGER.tag(one) == TAGGER.tag(one) == RuleTagger().tag(one)


def test_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bytes:
        raise AssertionError

    monkeypatch.setattr("refkit.themes.taxonomy._shipped", fail)
    assert RuleTagger().name == "rules"


@given(title=st.text(max_size=80), abstract=st.text(max_size=400))
def test_any_text_is_tagged_without_a_crash(title: str, abstract: str) -> None:
    tags = TAGGER.tag(work(title, abstract))
    assert {tag.theme for tag in tags} <= IDS
    assert list(tags) == sorted(tags, key=lambda tag: tag.theme)


WORDS = st.sampled_from(
    "value values human moral function reward model models learning reinforcement deep language (RL) RLHF instruction "
    "following tuning robot robotic manipulation benchmark a the we propose , . - code generation prompt safety "
    "multi-modal multi modal fairness order book traffic chain-of-thought \\emph{reasoning} $x$ neural".split()
)


@given(words=st.lists(WORDS, max_size=60), cut=st.integers(0, 60))
def test_every_word_shown_stands_in_the_text(words: list[str], cut: int) -> None:
    title, abstract = " ".join(words[:cut]), " ".join(words[cut:])
    for tag in TAGGER.tag(work(title, abstract)):
        assert tag.theme in IDS
        assert tag.evidence
        assert len({fold(word) for word in tag.evidence}) == len(tag.evidence)
        for word in tag.evidence:
            assert word in to_unicode(title) or word in to_unicode(abstract.replace("\\emph", ""))


@pytest.mark.parametrize(
    "text",
    [
        "propose " * 1250,
        "follow " * 1400,
        "a" * 10_000,
        "multi-" * 1600,
        "{" * 10_000,
        "\\" * 10_000,
        "reward model " * 770,
        "(RL) " * 2000,
    ],
    ids=lambda text: text[:12],
)
def test_a_long_abstract_is_tagged_without_harm(text: str) -> None:
    assert isinstance(TAGGER.tag(work("On Text", text)), tuple)


def by_categories(title: str, *categories: str, abstract: str = "") -> dict[str, tuple[str, ...]]:
    record = ArxivRecord(arxiv_id="2401.00001", title=title, abstract=abstract, categories=categories)
    return {tag.theme: tag.evidence for tag in TAGGER.tag(Work(record=record))}


def test_a_primary_category_may_be_enough_and_is_shown() -> None:
    assert by_categories("A Note", "cs.CR") == {"security": ("cs.CR",)}
    assert by_categories("A Note on Ciphers", "math.NT") == {"number-theory": ("math.NT",)}


def test_a_cross_listed_category_counts_half_and_needs_a_word() -> None:
    assert by_categories("A Note", "math.NT", "cs.CR") == {"number-theory": ("math.NT",)}
    found = by_categories("Privacy and Primes", "math.NT", "cs.CR")
    assert found["security"] == ("Privacy", "cs.CR")


def test_the_strongest_category_speaks_alone() -> None:
    # Two cross-listed ones are no more than one: 3 points, and a word of weight 1 in an abstract is not enough.
    assert "theory-of-computing" not in by_categories("A Note", "math.CO", "cs.CC", "cs.DS", "cs.CG")


def test_categories_that_are_known_speak_against_a_field_by_words_alone() -> None:
    title = "Face Completion by Laser Light"
    assert "optics" in by_categories(title)  # nothing is known
    assert "optics" in by_categories(title, "cs.CV", "physics.optics")
    assert "optics" not in by_categories(title, "cs.CV")
    assert "optics" in by_categories("Metasurfaces", "cs.CV")


def test_a_paper_that_got_no_theme_gets_its_field() -> None:
    assert by_categories("ZeroWord", "cs.CL") == {"natural-language": ("cs.CL",)}
    assert by_categories("ZeroWord", "cs.CV", "cs.RO") == {"computer-vision": ("cs.CV",)}
    assert by_categories("ZeroWord", "math.HO") == {"mathematics": ("math.HO",)}
    assert by_categories("ZeroWord", "hep-th/9901001") == {}
    assert by_categories("ZeroWord") == {}


def test_a_broad_theme_is_only_given_where_no_other_is() -> None:
    assert by_categories("Small Neural Networks", "cs.LG").keys() == {"machine-learning"}
    assert by_categories("Neural Networks for Reward Models", "cs.LG").keys() == {"reward-modeling"}
    assert by_categories("What Do Language Models Know?", "cs.CL").keys() == {"language-models"}


def test_a_category_may_show_what_a_paper_is_about_as_a_word_does() -> None:
    assert by_categories("Weight Pruning") == {}
    assert "efficiency" in by_categories("Weight Pruning", "math.CO", "cs.LG")
    assert "efficiency" not in by_categories("Weight Pruning", "math.CO")


CODES = st.sampled_from(
    ["cs.LG", "cs.CL", "cs.RO", "cs.CR", "math.NT", "math-ph", "quant-ph", "q-bio.NC", "astro-ph", "x"]
)


@given(words=st.lists(WORDS, max_size=30), first=CODES, others=st.permutations(["cs.LG", "cs.CR", "math.NT", "hep-th"]))
def test_only_the_first_category_has_a_place_of_its_own(words: list[str], first: str, others: list[str]) -> None:
    title = " ".join(words)
    assert by_categories(title, first, *others).keys() == by_categories(title, first, *sorted(others)).keys()


@given(words=st.lists(WORDS, max_size=30), codes=st.lists(CODES, max_size=4))
def test_a_category_that_speaks_for_a_theme_never_takes_it_away(words: list[str], codes: list[str]) -> None:
    title = " ".join(words)
    if "robotics" in by_categories(title, *codes):
        assert "robotics" in by_categories(title, *codes, "cs.RO")


def test_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    groups = ['{ weight = 3, any = ["frog", "newt*"] }', '{ weight = 2, any = ["pond life", "frog pond"] }']
    taxonomies = []
    path = tmp_path / "mine.toml"
    for order in (groups, groups[::-1]):
        path.write_text(f"[themes.frogs]\nterms = [{', '.join(order)}]\n")
        taxonomies.append(load_taxonomy(path))
    path.write_text(path.read_text().replace('"frog", "newt*"', '"newt*", "frog"'))
    assert taxonomies[0] == taxonomies[1] == load_taxonomy(path)
