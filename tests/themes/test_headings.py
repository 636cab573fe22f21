from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.categories import _CURRENT
from refkit.errors import ConfigError
from refkit.model import ArxivRecord, Mention, Work
from refkit.protocols import Surroundings
from refkit.themes.headings import MOST_WORDS, HeadingTagger, slug, topic

AROUND = Surroundings(cache=Path(), state=Path())


def tags(*headings: str, tagger: HeadingTagger | None = None) -> list[tuple[str, tuple[str, ...]]]:
    mentions = tuple(Mention(title="A Note", heading=heading) for heading in headings)
    work = Work(record=ArxivRecord(arxiv_id="2401.00001", title="A Note"), mentions=mentions)
    return [(tag.theme, tag.evidence) for tag in (tagger or HeadingTagger()).tag(work)]


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "  ",
        "!!!",
        "Papers",
        "papers:",
        "Table of contents",
        "Contents",
        "Introduction",
        "1. Introduction",
        "Other",
        "Misc",
        "Misc.",
        "Miscellaneous papers",
        "New submissions",
        "Replacements",
        "Cross-lists",
        "Reading list",
        "Links of the week",
        "Top papers this month",
        "Week of March 3",
        "Week 14",
        "Issue #12",
        "No. 12",
        "2024-03-13",
        "13.03.",
        "13 March",
        "March 13",
        "Mar 13, 2024",
        "3rd of May",
        "Wednesday",
        "2024",
        "NeurIPS 2024",
        "Papers / 2024",
        "12",
        "#3",
        "and before",
        "The best papers of the week (June 23 - June 29) - 2025",
        "Hugging Face Daily Papers",
        "Sonstiges",
        "What we liked most of all that came to our inbox",
    ],
)
def test_what_is_no_topic_is_left_out(heading: str) -> None:
    assert topic(heading) == ""
    assert tags(heading) == []


@pytest.mark.parametrize(
    ("heading", "theme", "said"),
    [
        ("Computer Vision", "computer-vision", "Computer Vision"),
        ("3. Vision & Language", "vision-language", "Vision & Language"),
        ("General Machine Learning", "machine-learning", "Machine Learning"),
        ("New papers on diffusion", "diffusion", "diffusion"),
        ("LLM papers", "llm", "LLM"),
        ("RLHF / 2024-03", "rlhf", "RLHF"),
        ("Vision / Language", "vision-language", "Vision / Language"),
        ("Reading comprehension", "reading-comprehension", "Reading comprehension"),
        ("Mathematical Reasoning", "mathematical-reasoning", "Mathematical Reasoning"),
        ("COVID-19", "covid-19", "COVID-19"),
        ("3D Reconstruction", "3d-reconstruction", "3D Reconstruction"),
        ("Théorie des nombres", "theorie-des-nombres", "Théorie des nombres"),
        ("Bayes' rule", "bayes-rule", "Bayes' rule"),
        ("大型语言模型", "大型语言模型", "大型语言模型"),
        ("cs.CL", "computation-and-language", "cs.CL"),
        ("quant-ph", "quantum-physics", "quant-ph"),
        ("Marching cubes", "marching-cubes", "Marching cubes"),
        ("Mayan texts", "mayan-texts", "Mayan texts"),
    ],
)
def test_a_topic_is_a_theme_with_the_heading_as_it_is_written(heading: str, theme: str, said: str) -> None:
    assert tags(heading) == [(theme, (said,))]


def test_several_mentions_give_several_themes_each_once() -> None:
    assert tags("Vision", "Agents", "vision", "Papers") == [("agents", ("Agents",)), ("vision", ("Vision", "vision"))]


def test_every_name_of_a_category_is_a_topic() -> None:
    names = [line.split(" ", 1)[1] for line in _CURRENT.split("\n") if line]
    assert max(len(name.split()) for name in names) < MOST_WORDS
    for name in names:
        assert topic(name), name
        assert slug(topic(name)) in slug(name)


def test_a_user_may_skip_headings_and_give_them_other_names() -> None:
    settings = {
        "skip": ["highlights of robots"],
        "names": {"CV": "computer-vision", "3. LLM papers": "language-models"},
    }
    tagger = HeadingTagger.open(settings, AROUND)
    assert tags("Highlights of Robots", tagger=tagger) == []
    assert tags("cv", tagger=tagger) == [("computer-vision", ("cv",))]
    assert tags("3. LLM papers", tagger=tagger) == [("language-models", ("LLM",))]
    assert tags("LLM", tagger=tagger) == [("llm", ("LLM",))]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"skips": []}, r"\[taggers.headings\] cannot be used: .*skips.*its settings are: skip, names"),
        ({"skip": "x"}, r"\[taggers.headings\] cannot be used: `skip`: it must be a list, not a text; its"),
        ({"names": {"CV": "Computer Vision"}}, r"'Computer Vision' in `names` is no theme; write it like 'my-theme'"),
        ({"names": {"CV": ""}}, r"'' in `names` is no theme"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        HeadingTagger.open(settings, AROUND)


@given(heading=st.text(max_size=120))
def test_any_heading_is_read_without_a_crash_and_its_topic_stays_itself(heading: str) -> None:
    found = topic(heading)
    assert slug(slug(found)) == slug(found)
    assert bool(tags(heading)) == bool(slug(found))


WORDS = st.sampled_from(
    "Papers on Vision the Week 2024 March 3 new Language of and Robots 12 other General & , - / .".split()
)


@given(words=st.lists(WORDS, max_size=12))
def test_the_topic_of_a_topic_is_itself(words: list[str]) -> None:
    found = topic(" ".join(words))
    assert topic(found) == found


@given(headings=st.lists(WORDS, max_size=6))
def test_the_order_of_mentions_decides_no_theme(headings: list[str]) -> None:
    assert [theme for theme, _ in tags(*headings)] == [theme for theme, _ in tags(*reversed(headings))]
