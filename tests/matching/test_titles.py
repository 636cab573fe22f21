from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.matching.titles import compare_titles
from refkit.model import ArxivRecord, Outcome


def record(title: str, *former: str) -> ArxivRecord:
    return ArxivRecord(arxiv_id="2401.00001", title=title, former_titles=former)


@pytest.mark.parametrize(
    ("mention", "title", "flags"),
    [
        ("HelpSteer2-Preference: Ratings", "HelpSteer3-Preference: Ratings", {"number"}),
        ("Qwen2.5 Technical Report", "Qwen2.5-Math Technical Report", {"word missing"}),
        ("Qwen2 Technical Report", "Qwen2.5 Technical Report", {"number"}),
        ("The 2021 BASALT Competition", "The 2022 BASALT Competition", {"number"}),
        ("On Foams, Part I", "On Foams, Part II", {"number"}),
        ("Attention Is All You Need", "Attention Is Not All You Need", {"turning"}),
        ("Supervised Parsing of Text", "Unsupervised Parsing of Text", {"turning"}),
        ("Strings and ALE Instantons", "ALE Instantons in Strings", {"other word"}),
        ("MonoIndoor: Good Practice", "MonoIndoor++: Good Practice", {"about"}),
        ("Intra-Domain Parsing", "Inter-Domain Parsing", {"other word"}),
        ("The BASALT Competition", "Retrospective on the BASALT Competition", {"turning"}),
        ("Graph Neural Network for Text", "Graph Neural Networks for Text", {"plural"}),
        ("Generalised Bayesian Inference", "Generalized Bayesian Inference", {"spelling"}),
        ("Introduction to Vision Models", "An Introduction to Vision Models", {"article"}),
        ("Hadron Structure in Lattice QCD", "Hadron Structure from Lattice QCD", {"other word"}),
        ("Comment on: Learning to Walk", "Learning to Walk", {"about"}),
        ("Learning to Walk", "Erratum: Learning to Walk", {"about"}),
        ("Retrosynthetic Planting", "Retrosynthetic Planning", {"other word"}),
        ("Retrosynthetic Plannnig", "Retrosynthetic Planning", {"spelling"}),
        ("Ramsey numbers off diagonal", "Ramsey numbers book off diagonal", {"word missing"}),
        ("A Field Guide to Agents", "AgentBook: A Field Guide to Agents", {"name dropped"}),
        ("A Field Guide to Agents", "Beyond Algorithms: A Field Guide to Agents", {"heading dropped"}),
        ("A Field Guide to Agents", "II: A Field Guide to Agents", {"heading dropped"}),
        ("Bounds on the Fourth Moment", "Bounds on the Sixth Moment", {"number"}),
        ("On Foams XIII", "On Foams XIV", {"number"}),
        ("Machines Can Read", "Machines Cannot Read", {"turning"}),
        ("Sharp Upper Bounds", "Sharp Lower Bounds", {"turning"}),
        ("Hepatitis A in Europe", "Hepatitis B in Europe", {"number"}),
        ("ELEGANT: Certified Defense of Graphs", "Certified Defense of Graphs", {"name added"}),
        ("Green Prompting", "Green Prompting: Costs of Inference", {"subtitle dropped"}),
        ("Green Prompting: Costs of Inference", "Green Prompting", {"subtitle added"}),
        ("A very long title that was cu…", "A Very Long Title That Was Cut Short", {"cut"}),
    ],
)
def test_differences_have_names(mention: str, title: str, flags: set[str]) -> None:
    part = compare_titles(mention, record(title))
    assert set(part.flags) == flags
    assert part.outcome is not Outcome.MATCH
    assert part.note


@pytest.mark.parametrize(
    ("mention", "title"),
    [
        ("B-Coder: Value-Based", r"$\mathcal{B}$-Coder: Value-Based"),
        ("process Supervision without process", "Process Supervision without Process"),
        ("A Survey -- of Models", "A survey – of models"),
    ],
)
def test_the_same_title_in_another_spelling_matches(mention: str, title: str) -> None:
    assert compare_titles(mention, record(title)).outcome is Outcome.MATCH


def test_a_former_title_counts_and_is_named() -> None:
    part = compare_titles("Old Name of It", record("New Name: Quite Different", "Something Else", "Old name of it"))
    assert part.outcome is Outcome.MATCH
    assert part.note == "its former title"


def test_titles_without_letters_cannot_be_compared() -> None:
    assert compare_titles("???", record("What is it?")).outcome is Outcome.ABSENT


@given(st.text(max_size=120), st.text(min_size=1, max_size=120))
def test_any_two_titles_compare_and_scores_are_shares(mention: str, title: str) -> None:
    part = compare_titles(mention, record(title))
    assert part.score is None or 0 <= part.score <= 1


@given(st.lists(st.sampled_from("deep value models of human graph reading machines".split()), min_size=2, max_size=9))
def test_a_title_matches_itself_whatever_its_case_and_spacing(chosen: list[str]) -> None:
    title = " ".join(chosen)
    assert compare_titles(title.upper().replace(" ", "  "), record(title)).outcome is Outcome.MATCH
