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
        ("A very long title that was cut…", "A Very Long Title That Was Cut", {"goes on"}),
        ("The Word of Owls", "A/An Word of Owls", {"article"}),
        ("The Word of Owls", "Word of the Owls", {"article"}),
        ("Words of Owls", "Words of a Small Owl", {"other word"}),
        ("Deep Songs of Owls", "Songs Deep of Owls", {"word added", "word missing"}),
        ("Songs of Owls", "Song of Owl", {"plural"}),
        ("Song of Owls", "Songs of Owls", {"plural"}),
        ("Tracking All Owls at Once", "Training All Owls at Once", {"other word"}),
        ("Deep Songs 2 of Owls", "Deep Songs of Owls", {"number"}),
        ("Graph2Seq for Owls", "Graph2Sek for Owls", {"other word"}),
        ("Graph2Seq for Owls", "Graph2Seqs for Owls", {"plural"}),
        ("Owls of the 2 Old Towers", "Owls of the Three Towers", {"number"}),
        ("Owls of 2 Towers", "Owls of the Old Towers", {"number"}),
        ("Owls of 2 Big Towers", "Owls of Old, Tall, Lost Towers", {"one number"}),
        ("On Type A Owls", "On Type An Owls", {"article"}),
        ("Owls of Type 1 or 2", "Owls of Type 12", {"number"}),
        ("Multi-modal Song of Owls", "Multimodal Songs of Owls", {"plural"}),
        ("Data Sets of Owls", "Dataset of Owls", {"plural"}),
        ("Dataset of Owls", "Data Sets of Owls", {"plural"}),
        ("Owls", "Owls PlusPlus", {"word missing"}),
        ("Typing in F", "Typing in F#", {"number"}),
        ("Typing Prolog", "Typing Prolog#", {"turning"}),
        ("RegFormer for Owls", "RegFormer++ for Owls", {"about"}),
        ("Owls at Night", "Review: Owls at Night", {"turning"}),
        ("Owls at Night", "Version 2: Owls at Night", {"turning"}),
        ("Part 2: Owls at Night", "Owls at Night", {"about"}),
        ("Two: Owls at Night", "Owls at Night", {"heading added"}),
        ("Owls at Night: A Reply", "Owls at Night", {"subtitle added"}),
        ("StrixNet: Owls at Night", "BuboNet: Owls at Night", {"other word"}),
        ("Owls: At Night", "Owls: By Day", {"other word"}),
        ("38. Songs of Owls", "Song of Owls", {"plural"}),
        ("[CVPR 2019] Songs of Owls", "Song of Owls", {"plural"}),
        ("38. Songs of Owls", "38. Song of Owls", {"plural"}),
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
        ("Multi-modal Owls", "Multimodal Owls"),
        ("GPT 4 Technical Report", "GPT-4 Technical Report"),
        ("38. Songs of Owls", "Songs of Owls"),
        ("38. Songs of Owls", "38. Songs of Owls"),
    ],
)
def test_the_same_title_in_another_spelling_matches(mention: str, title: str) -> None:
    assert compare_titles(mention, record(title)).outcome is Outcome.MATCH


def test_a_former_title_counts_and_is_named() -> None:
    part = compare_titles("Old Name of It", record("New Name: Quite Different", "Something Else", "Old name of it"))
    assert part.outcome is Outcome.MATCH
    assert part.note == "its former title"


def test_the_nearest_of_former_titles_counts_with_what_differs() -> None:
    part = compare_titles("Songs of Owls", record("A Different Name", "Song of Owl", "Song of Owls", "No"))
    assert (part.outcome, part.flags) == (Outcome.PARTIAL, ("plural",))
    assert part.note == "its former title: “songs” in the digest, “song” in the record"
    same = compare_titles("Songs of Owls…", record("Songs of Owls and Mice", "Songs of Owls…", "???"))
    assert same.note == "cut short in the digest"


def test_the_very_title_counts_more_than_one_with_as_many_equal_letters() -> None:
    part = compare_titles("Songs of Owls", record("Songs of Owls", "Song of Owls"))
    assert (part.outcome, part.note) == (Outcome.MATCH, "")


def test_titles_without_letters_cannot_be_compared() -> None:
    assert compare_titles("???", record("What is it?")).outcome is Outcome.ABSENT
    assert compare_titles("What is it?", record("???")).outcome is Outcome.ABSENT
    assert compare_titles("38. ???", record("What is it?")).outcome is not Outcome.MATCH


@pytest.mark.parametrize(
    ("mention", "title", "note"),
    [
        ("Hearing Voles", "Hearing Deep Voles", "the record also has “deep”"),
        ("Hearing Very Deep Voles", "Hearing Voles", "the digest also has “very deep”"),
        ("Hearing Voles", "Hearing Very Deep Voles", "the record also has “very deep”"),
        ("Hearing Mice", "Hearing Voles", "“mice” in the digest, “voles” in the record"),
        (
            "Hear Mice in the Deep Snow at Night",
            "Hear Voles in the Snow at Night Alone",
            "“mice” in the digest, “voles” in the record; the digest also has “deep”; the record also has “alone”",
        ),
        ("Comment: Hearing Voles", "Hearing Voles", "one of them begins with “Comment”"),
        ("Hearing Voles: A Study", "Hearing Voles", "subtitle added"),
        ("Beyond Ears: Hearing Voles", "Hearing Voles", "heading added"),
    ],
)
def test_what_differs_is_told_word_by_word(mention: str, title: str, note: str) -> None:
    assert compare_titles(mention, record(title)).note == note


@pytest.mark.parametrize(
    ("mine", "other", "flag"),
    [
        ("Snowol", "Snowl", "other word"),  # five letters may be another word
        ("Snowls", "Snowsl", "spelling"),
        ("Snowlls", "Snowls", "spelling"),
        ("Snowes", "Snowez", "spelling"),
        ("Snower", "Snowel", "other word"),
        ("Knowls", "Nowls", "other word"),
        ("Snowls", "Cnowls", "other word"),
        ("Realise", "Realizer", "other word"),
    ],
)
def test_a_slip_is_one_letter_too_many_too_few_or_exchanged_in_a_long_word(mine: str, other: str, flag: str) -> None:
    for mention, title in ((mine, other), (other, mine)):
        assert compare_titles(f"{mention} at Night", record(f"{title} at Night")).flags == (flag,)


@pytest.mark.parametrize(
    ("mine", "other", "flag"),
    [
        ("Real", "Unreal", "turning"),
        ("Fit", "Misfit", "other word"),  # three letters are too few to tell a prefix
        ("Real", "Surreal", "other word"),
        ("Real", "Realun", "other word"),
        ("Prolog", "Prolog#", "turning"),
        ("Prolog", "Pro Log#", "turning"),
        ("Hydro-Static", "Nonhydrostatic", "turning"),
        ("Hydrostatic", "Nonhydro-Static", "turning"),
        ("Supervised", "Selfsupervised", "turning"),
    ],
)
def test_a_prefix_or_a_sign_that_turns_a_word_is_no_other_word(mine: str, other: str, flag: str) -> None:
    for mention, title in ((mine, other), (other, mine)):
        assert compare_titles(f"{mention} Owls", record(f"{title} Owls")).flags == (flag,)


def test_half_of_the_letters_in_order_may_be_the_same_title_and_fewer_are_not() -> None:
    half, fewer = compare_titles("Abcd", record("Abxy")), compare_titles("Abcd", record("Abwxy"))
    assert (half.outcome, half.score) == (Outcome.PARTIAL, 0.5)
    assert fewer.outcome is Outcome.MISMATCH


@pytest.mark.parametrize("flag_of", ["Owls 2", "Owls Not", "Reply: Owls"])
def test_a_difference_that_tells_papers_apart_is_a_mismatch_however_alike_the_rest(flag_of: str) -> None:
    rest = "in the Deep Snow of Many Long Winters"
    part = compare_titles(f"{flag_of} {rest}", record(f"Owls {rest}"))
    assert part.outcome is Outcome.MISMATCH
    assert part.score is not None
    assert part.score > 0.9


def test_a_part_of_a_title_counts_as_nine_tenths_of_it_and_a_cut_one_as_nearly_all() -> None:
    long = "Owls at Night: A Study of Voles, Mice, Shrews and Moles in Deep Snow"
    assert compare_titles("Owls at Night", record(long)).score == 0.9
    almost = compare_titles("Owls at Night in Deep Snow and Ice: Why", record("Owls at Night in Deep Snow and Ice"))
    assert almost.score is not None
    assert almost.score > 0.9
    assert compare_titles("Owls at…", record(long)).score == 0.99
    assert compare_titles("Owls at Night…", record("Owls at Night")).score == 0.99
    assert compare_titles("Owls at Night", record("Owls at Night")).score == 1.0


@given(st.text(max_size=120), st.text(min_size=1, max_size=120))
def test_any_two_titles_compare_and_scores_are_shares(mention: str, title: str) -> None:
    part = compare_titles(mention, record(title))
    assert part.score is None or 0 <= part.score <= 1


@given(st.lists(st.sampled_from("deep value models of human graph reading machines".split()), min_size=2, max_size=9))
def test_a_title_matches_itself_whatever_its_case_and_spacing(chosen: list[str]) -> None:
    title = " ".join(chosen)
    assert compare_titles(title.upper().replace(" ", "  "), record(title)).outcome is Outcome.MATCH
