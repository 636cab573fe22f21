from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.themes.terms import Matcher, Text, forms

FOUND = [
    ("reward model", "Reward Models", "Reward Models"),
    ("reward model", "the reward-model of", "reward-model"),
    ("reward model", "a “reward” model’s output", "reward” model"),
    ("reward model", "reward. Model", None),
    ("reward model", "reward, model", None),
    ("reward model", "reward (model)", None),
    ("reward model", "reward / model", None),
    ("reward model", "toreward modelling", None),
    ("reward model*", "reward modelling", "reward modelling"),
    ("fine-tuning", "finetuning", "finetuning"),
    ("fine-tuning", "fine tuning", "fine tuning"),
    ("fine tuning", "fine-tuning", "fine-tuning"),
    ("fine tuning", "finetuning", None),
    ("policy", "policies", "policies"),
    ("bus", "buses", "buses"),
    ("survey", "surveys", "surveys"),
    ("human|moral values", "Moral Values", "Moral Values"),
    ("human|moral values", "human value", None),
    ("follow ... rule", "follow all of the rules", "follow all of the rules"),
    ("follow ... rule", "follow rules", "follow rules"),
    ("follow ... rule", "follow one two three four rules", None),
    ("follow ... rule", "follow me. The rule", None),
    ("language model agent", "language model (LM) agents", "language model (LM) agents"),
    ("Schrödinger bridge", "Schrodinger bridges", "Schrodinger bridges"),
]


@pytest.mark.parametrize(("term", "text", "said"), FOUND)
def test_a_term_is_found_as_people_read_it(term: str, text: str, said: str | None) -> None:
    read = Text.of(text)
    spans = Matcher([term]).find(read)
    assert [read.said(span) for span in spans] == ([said] if said else [])


@pytest.mark.parametrize(
    ("term", "problem"),
    [
        ("", "must begin and end with a word"),
        ("   ", "must begin and end with a word"),
        ("... rule", "must begin and end with a word"),
        ("rule ...", "must begin and end with a word"),
        ("a ... b ... c ... d", "more than 2 gaps"),
        ("a*b", "is not a term"),
        ("*", "is not a term"),
        ("rule.", "is not a term"),
        ("(a|b)", "is not a term"),
        ("a||b", "is not a term"),
        ("pre*-train", "is not a term"),
        ("-rule", "is not a term"),
        (" ".join(["a|b|c|d"] * 6), "stands for 4097 spellings"),
    ],
)
def test_what_is_not_a_term_is_refused_with_a_sentence(term: str, problem: str) -> None:
    if problem.startswith("stands for"):
        problem = "spellings, more than 500"
    with pytest.raises(ValueError, match=problem):
        forms(term)


@given(st.text(max_size=30))
def test_any_text_is_a_term_or_refused(term: str) -> None:
    try:
        rows = forms(term)
    except ValueError:
        return
    assert rows
    assert all(all(row) for row in rows)


@given(st.lists(st.sampled_from(["reward", "model", "value", "function", ",", "(RL)", "-"]), max_size=30))
def test_a_space_between_is_found_as_a_search_would_find_it(words: list[str]) -> None:
    text = Text.of(" ".join(words))
    expected = [
        start
        for start in range(len(text.words) - 1)
        if text.words[start] == "reward" and text.words[start + 1] in {"model", "models"}
    ]
    assert [span.start for span in Matcher(["value function", "reward model"]).find(text) if span.term == 1] == expected
