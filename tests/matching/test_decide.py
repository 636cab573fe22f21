from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.matching.decide import decide, rank
from refkit.matching.evidence import weigh
from refkit.model import (
    ArxivRecord,
    Author,
    Candidate,
    Mention,
    PartialDate,
    Resolution,
    Verdict,
)

CHEN, GUR = Author("Chen", "Zimin"), Author("Gur", "Izzeddin")
SONGS = (
    "We study how birds learn their songs from older birds nearby and show that a small model of memory explains "
    "most of what young birds sing in their first spring."
)


def resolve(mention: Mention, *records: ArxivRecord, failures: tuple[str, ...] = ()) -> Resolution:
    candidates = [Candidate(record=each, evidence=weigh(mention, each), score=0.0, source="index") for each in records]
    return decide(mention, rank(mention, candidates), asked=("the index",), failures=failures)


def record(title: str, number: int = 1, **facts: object) -> ArxivRecord:
    return ArxivRecord(**{"arxiv_id": f"2401.{number:05}", "title": title, **facts})  # type: ignore[arg-type]


def test_the_same_title_matches_and_says_so() -> None:
    found = resolve(Mention(title="Learning to Navigate the Web"), record("Learning to navigate the Web"))
    assert found.verdict is Verdict.MATCHED
    assert found.reason == "The title is the same."
    assert found.confidence > 0.98


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Learning to Navigate the Web", "Adversarial Environment Generation for Learning to Navigate the Web"),
        ("MM-Instruct: Generated Visual Instructions", "MMInstruct: A High-Quality Instruction Tuning Dataset"),
        ("The BASALT Competition on Learning", "Retrospective on the BASALT Competition on Learning"),
        ("HelpSteer2-Preference: Complementing Ratings", "HelpSteer3-Preference: Complementing Ratings"),
        ("Off-diagonal Ramsey numbers", "Off-diagonal book Ramsey numbers"),
        ("Attention Is All You Need for Long Texts", "Attention Is Not All You Need for Long Texts"),
        ("Unsupervised Parsing of Very Long Texts", "Supervised Parsing of Very Long Texts"),
        ("Tracking Everything Everywhere All at Once", "Pruning Everything, Everywhere, All at Once"),
        ("On Foams, Part I: The Long Story of Bubbles", "On Foams, Part II: The Long Story of Bubbles"),
        ("Deep Learning", "Deep Learnings"),
        ("Graph Neural Network for Texts", "Graph Neural Networks for Texts"),
        ("The Nature of the Dark Matter", "The Nature of Dark Matter"),
        ("Numbers of the Form 1.5 in Long Texts", "Numbers of the Form 15 in Long Texts"),
        (r"Numbers $p \leq 2$ in Long Texts", r"Numbers $p \geq 2$ in Long Texts"),
        ("Comment on: How Young Birds Learn Their Songs", "How Young Birds Learn Their Songs"),
        ("Part II: How Young Birds Learn Their Songs", "How Young Birds Learn Their Songs"),
        ("Hadron Structure in Lattice QCD Studies", "Hadron Structure from Lattice QCD Studies"),
        ("Value Preferences of Large VLMs in Daily Life", "Value Preferences of Large LLMs in Daily Life"),
        ("BERT for Neural Machine Translation Systems", "BART for Neural Machine Translation Systems"),
        ("Explicit Models of Reading for Machines", "Implicit Models of Reading for Machines"),
        ("Encoding Long Texts with Small Machines", "Decoding Long Texts with Small Machines"),
        ("Increasing Depth of Neural Networks", "Decreasing Depth of Neural Networks"),
        ("Internal Models of Language in Machines", "External Models of Language in Machines"),
        ("Quality of Long Texts for Machines", "Duality of Long Texts for Machines"),
        ("Strong Duality in Texts, Version 1", "Strong Duality in Texts, Version 2"),
        ("Llama 3 Technical Report of Models", "Llama 2 Technical Report of Models"),
    ],
)
def test_a_neighbour_is_never_taken(title: str, other: str) -> None:
    for mention, title_of_record in ((title, other), (other, title)):
        found = resolve(Mention(title=mention), record(title_of_record))
        assert found.verdict is not Verdict.MATCHED, found.reason


@pytest.mark.parametrize(
    ("mention", "title"),
    [
        ("How a Graph Neural Network Reads Long Texts", "How a Graph Neural Networks Reads Long Texts"),
        ("Generalised Bayesian Inference for Hard Problems", "Generalized Bayesian Inference for Hard Problems"),
        (
            "Introduction to the Modeling of Language by Machines",
            "An Introduction to the Modeling of Language by Machines",
        ),
        ("Certified Defense on the Fairness of Graphs", "ELEGANT: Certified Defense on the Fairness of Graphs"),
        ("A very long title that somebody has cu...", "A Very Long Title That Somebody Has Cut Short"),
    ],
)
def test_a_slip_or_a_missing_half_is_accepted(mention: str, title: str) -> None:
    assert resolve(Mention(title=mention), record(title)).verdict is Verdict.MATCHED


def test_another_subtitle_is_asked_about_and_not_taken() -> None:
    short = "Mapping the Whole Telegram Ecosystem and Its Neighbours"
    long = f"{short}: Hate Speech"
    for mention, title in ((short, long), (long, short)):
        found = resolve(Mention(title=mention), record(title))
        assert found.verdict is Verdict.AMBIGUOUS
        assert "but for a part" in found.reason
    assert resolve(Mention(title=long, authors=("Zimin Chen",)), record(short, authors=(CHEN,))).record is not None


def test_two_slips_are_not_one() -> None:
    other = record("The Security of Ping-Pong Protocol")
    assert resolve(Mention(title="On the Security of the Ping-Pong Protocol"), other).verdict is not Verdict.MATCHED


@pytest.mark.parametrize(
    "mention",
    [
        Mention(title="Deep Songs", authors=("A. Nother", "N. Body")),
        Mention(title="Deep Songs", authors=("Q. Chen", "N. Body"), abstract="Fish. " * 9 + SONGS[:0]),
    ],
)
def test_the_same_title_by_others_is_not_taken_silently(mention: Mention) -> None:
    found = resolve(mention, record("Deep Songs", authors=(CHEN, GUR)))
    assert found.verdict is Verdict.AMBIGUOUS
    assert "other authors" in found.reason


def test_a_few_common_words_are_no_abstract() -> None:
    opening = "In this paper, we propose a new method"
    mention = Mention(title="Learning to Talk with Large Robots", abstract=opening)
    assert (
        resolve(mention, record("Learning to Walk with Small Robots", abstract=f"{opening} for robots.")).record is None
    )


def test_one_common_family_name_does_not_make_a_changed_title_the_same() -> None:
    other = record("Graph Convolution Networks for Traffic Forecasting", authors=(Author("Wang", "Xiu"), CHEN))
    title = "Graph Attention Networks for Traffic Forecasting"
    assert resolve(Mention(title=title, authors=("Wei Wang et al.",)), other).record is None
    assert resolve(Mention(title=title, authors=("X. Wang et al.",)), other).record is None
    assert resolve(Mention(title=title, authors=("Xiu Wang et al.",)), other).record is not None


def test_a_cut_title_is_not_the_short_one() -> None:
    short, long = record("Attention Is All You Need", 1), record("Attention Is All You Need in Speech Separation", 2)
    assert resolve(Mention(title="Attention Is All You Need…"), short, long).record is None


def test_an_id_with_its_version_is_that_id() -> None:
    mention = Mention(title="Deep Songs", arxiv_id="arXiv:2401.00001v2")
    assert resolve(mention, record("Deep Songs")).verdict is Verdict.MATCHED


def test_a_slip_is_not_accepted_against_the_authors() -> None:
    mention = Mention(title="Graph Neural Network for Long Texts", authors=("A. Nother",))
    assert resolve(mention, record("Graph Neural Networks for Long Texts", authors=(CHEN,))).record is None


def test_an_abstract_finds_a_renamed_paper_and_a_like_title_alone_does_not() -> None:
    renamed = record("Memory Explains How Birds Learn Songs", abstract=SONGS)
    assert resolve(Mention(title="How Birds Learn Songs: A Model"), renamed).record is None
    found = resolve(Mention(title="How Birds Learn Songs: A Model", abstract=SONGS), renamed)
    assert found.record == renamed
    assert "abstract" in found.reason


def test_authors_find_a_title_with_a_changed_word() -> None:
    changed = record("Adaptive Sample Scheduling for Direct Preference Optimization", authors=(CHEN, GUR))
    title = "Adaptive Batch-Wise Sample Scheduling for Direct Preference Optimization"
    assert resolve(Mention(title=title), changed).record is None
    assert resolve(Mention(title=title, authors=("Z. Chen", "I. Gur")), changed).record == changed


def test_a_number_that_differs_is_a_veto_even_with_the_same_authors() -> None:
    mention = Mention(title="HelpSteer2-Preference: Complementing Ratings", authors=("Z. Chen",))
    assert resolve(mention, record("HelpSteer3-Preference: Complementing Ratings", authors=(CHEN,))).record is None


def test_two_records_with_one_title_are_ambiguous_unless_something_decides() -> None:
    twins = (record("Deep Songs", 1, authors=(CHEN,)), record("Deep Songs", 2, authors=(GUR,)))
    found = resolve(Mention(title="Deep Songs"), *twins)
    assert found.verdict is Verdict.AMBIGUOUS
    assert "arXiv:2401.00001, arXiv:2401.00002" in found.reason
    assert resolve(Mention(title="Deep Songs", authors=("Izzeddin Gur",)), *twins).record == twins[1]


def test_a_record_newer_than_the_digest_is_not_taken_silently() -> None:
    mention = Mention(title="Deep Songs", issued=PartialDate(2020, 1, 1))
    found = resolve(mention, record("Deep Songs"))
    assert found.verdict is Verdict.AMBIGUOUS
    assert "newer than the digest" in found.reason


def test_a_link_is_verified_against_the_title() -> None:
    wrong = Mention(title="Deep Songs", arxiv_id="2401.00001")
    found = resolve(wrong, record("Shallow Water Waves in Two Dimensions"))
    assert found.verdict is Verdict.AMBIGUOUS
    assert "its title is another" in found.reason
    right = Mention(title="Deep Songs of Young Birds", arxiv_id="2401.00001")
    assert resolve(right, record("Deep Songs of Very Young Birds")).verdict is Verdict.MATCHED


def test_a_title_that_names_another_record_than_the_link_is_ambiguous() -> None:
    found = resolve(Mention(title="Deep Songs", arxiv_id="2401.00002"), record("Deep Songs"))
    assert found.verdict is Verdict.AMBIGUOUS
    assert "2401.00002" in found.reason


def test_an_outage_is_failed_and_never_not_found() -> None:
    found = resolve(Mention(title="Deep Songs"), failures=("arxiv: no answer in 30 s",))
    assert found.verdict is Verdict.FAILED
    assert "no answer in 30 s" in found.reason
    assert resolve(Mention(title="Deep Songs"), record("Deep Songs"), failures=("down",)).verdict is Verdict.MATCHED


def test_not_found_names_where_it_looked_and_the_nearest() -> None:
    assert resolve(Mention(title="Deep Songs")).reason == "No record with this title in the index."
    three = decide(Mention(title="Deep Songs"), [], asked=("the catalogue", "the index", "arXiv"))
    assert three.reason == "No record with this title in the catalogue, the index or arXiv."
    found = resolve(Mention(title="HelpSteer2: Ratings of Texts"), record("HelpSteer3: Ratings of Texts"))
    assert "nearest, arXiv:2401.00001" in found.reason
    title = "HelpSteer3: Ratings of Texts"
    found = resolve(Mention(title="HelpSteer2: Ratings of Texts"), record(title), record("HelpSteer in Short", 2))
    assert "nearest, arXiv:2401.00001" in found.reason
    assert "helpsteer2" in found.reason


@given(st.randoms(use_true_random=False), st.sampled_from(["Deep Songs", "Songs", "Deep Songs of Birds"]))
def test_the_order_of_candidates_does_not_change_the_verdict(chance: random.Random, title: str) -> None:
    records = [
        record("Deep Songs", 1),
        record("Deep Songs of Birds", 2),
        record("Deep Songs: An Atlas", 3),
        record("Songs", 4),
    ]
    expected = resolve(Mention(title=title), *records)
    chance.shuffle(records)
    assert resolve(Mention(title=title), *records) == expected


@given(st.text(min_size=1, max_size=80))
def test_a_worse_candidate_does_not_change_a_match(noise: str) -> None:
    best = record("Learning to Navigate the Web", 1)
    mention = Mention(title="Learning to Navigate the Web")
    assert resolve(mention, best, record(f"Quite Another Thing {noise}", 2)).record == best


def test_a_collaboration_signs_many_alike_papers() -> None:
    cms = Author(literal="CMS Collaboration")
    other = record("Measurement of Sections for Single Top Quark Production with a W Boson", authors=(cms,))
    title = "Measurement of the Section of Top Quark Pair Production with a W Boson"
    assert resolve(Mention(title=title, authors=("CMS Collaboration",)), other).record is None


def test_another_paper_of_the_same_author_is_not_taken_for_its_author_and_date() -> None:
    mention = Mention(
        title="Crystalline Codes Give the Hippocampus Extreme Memory Capacity",
        authors=("Prashant C. Raju",),
        abstract="A geometric view of birds: stability of representational codes, steerability and drift.",
        issued=PartialDate(2024, 1, 20),
    )
    author = Author("Raju", "Prashant C.")
    found = resolve(mention, record("The Geometric Canary: Predicting Steerability and Drift", authors=(author,)))
    assert found.verdict is Verdict.AMBIGUOUS
    assert "share hardly a word" in found.reason, found.confidence
