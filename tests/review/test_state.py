"""What the page of a review shows, as values: marks on words and formulae, states, and nothing that is not text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from refkit.formula import Piece, pieces
from refkit.lock import decision
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Candidate, Mention, Resolution, Verdict
from refkit.review.state import Row, candidate_shown, detail, listed, marked, shown_of, state_of

RECORD = ArxivRecord(arxiv_id="2401.00001", title="Twin Rivers")
MENTION = Mention(title="Twin River", digest="d.txt", line=3)
words = st.sampled_from(["Deep", "songs", "of", "$O(n^2)$-time", r"$\overline{MS}$", "GPT-4", "α", "$a b$", "($x$),"])
titles = st.lists(words, min_size=1, max_size=8).map(" ".join)


def text(shown: Iterable[Piece]) -> str:
    return "".join(each if isinstance(each, str) else text(each[1]) for each in shown)


def plain(runs: Iterable[tuple[str, Sequence[Piece]]]) -> str:
    """Return runs with the marks of the terminal."""
    ends = {"both": "{}", "ours": "[-{}-]", "theirs": "{{+{}+}}"}
    return " ".join(ends[where].format(text(shown)) for where, shown in runs)


def candidate(record: ArxivRecord = RECORD, score: float = 0.3) -> Candidate:
    return Candidate(record=record, evidence=weigh(MENTION, record), score=score, source="index")


def resolution(*candidates: Candidate, verdict: Verdict = Verdict.AMBIGUOUS, decided: str = "") -> Resolution:
    return Resolution(mention=MENTION, verdict=verdict, reason="Because.", candidates=candidates, decided=decided)


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        ("Bounds of $O(n^2)$ steps", "Bounds of $O(n^3)$ Steps", "Bounds of [-O(n2)-] {+O(n3)+} Steps"),
        (r"The $\overline{MS}$-Scheme", "The Scheme", r"The [-$\overline{MS}$-Scheme-] {+Scheme+}"),
        ("From $5 to $10", "From $5 to $20", "From $5 to [-$10-] {+$20+}"),
        (r"Schr\"odinger {B}ridges", "Schrödinger Bridges", "Schrödinger Bridges"),
        (r"\textbf{Two Words} here", "Two Words there", "Two Words [-here-] {+there+}"),
        ("", "New", "{+New+}"),
    ],
)
def test_words_that_differ_are_marked_with_their_formulae_whole(ours: str, theirs: str, shown: str) -> None:
    assert plain(marked(ours, theirs)) == shown


@given(titles, titles)
def test_without_what_is_ours_the_title_of_the_record_is_left(ours: str, theirs: str) -> None:
    runs = list(marked(ours, theirs))
    left = " ".join(text(shown) for where, shown in runs if where != "ours")
    assert left.split() == text(pieces(theirs)).split()
    assert all(where == "both" for where, _ in marked(theirs, theirs))


@given(st.text())
def test_any_title_can_be_shown(title: str) -> None:
    json.dumps([list(marked(title, title)), pieces(title)])


def test_at_most_nine_candidates_are_shown_and_unlikely_ones_only_if_there_is_no_other() -> None:
    far = candidate(replace(RECORD, title="Something else entirely"), 0.001)
    assert shown_of(resolution(*[candidate()] * 12, far)) == (candidate(),) * 9
    assert shown_of(resolution(candidate(), far)) == (candidate(),)
    assert shown_of(resolution(far, far)) == (far,)


@pytest.mark.parametrize(
    ("found", "decided", "state"),
    [
        (resolution(), None, "ambiguous"),
        (resolution(candidate(), verdict=Verdict.MATCHED), None, "matched"),
        (resolution(candidate(), verdict=Verdict.MATCHED, decided="accepted"), None, "ambiguous"),
        (resolution(verdict=Verdict.NOT_FOUND, decided="none"), None, "ambiguous"),
        (resolution(verdict=Verdict.FAILED), "ambiguous", "failed"),
        (resolution(verdict=Verdict.FAILED), "none", "none"),
        (resolution(candidate()), "accepted", "accepted"),
        (resolution(candidate(), verdict=Verdict.MATCHED), "none", "none"),
    ],
)
def test_the_lock_says_where_a_title_stands_and_else_the_sources(found: Resolution, decided: Any, state: str) -> None:
    held = decision(MENTION, decided, candidate() if decided == "accepted" else None) if decided else None
    assert state_of(Row((MENTION,), found), held) == state


def test_the_list_is_columns_and_formulae_are_sent_for_those_that_have_any() -> None:
    other = replace(MENTION, title="Of $n^2$", line=4)
    rows = [Row((MENTION,), resolution(candidate())), Row((other,), resolution(verdict=Verdict.NOT_FOUND))]
    shown = listed(rows, [decision(MENTION, "accepted", candidate()), None])
    assert shown["titles"] == ["Twin River", "Of n^2"]
    assert shown["formulae"] == {1: pieces("Of $n^2$")}
    assert (shown["states"], shown["papers"], shown["digests"]) == ("ax", [RECORD.arxiv_id, ""], ["d.txt"])
    assert (shown["digest"], shown["line"]) == ([0, 0], [3, 4])


def test_what_is_not_certain_is_never_told_as_certain() -> None:
    assert candidate_shown(candidate(score=0.9999), MENTION)["likely"] == 99
    assert candidate_shown(candidate(score=0.001), MENTION)["likely"] == 0
    assert candidate_shown(candidate(score=0.0), MENTION)["likely"] is None


def test_a_title_that_a_person_decided_is_not_shown_with_the_reason_of_before() -> None:
    row = Row((MENTION,), resolution(candidate()))
    assert detail(row, (), None)["reason"] == "Because."
    held = decision(MENTION, "accepted", candidate())
    assert (detail(row, (), held)["reason"], detail(row, (), held)["paper"]) == ("", RECORD.arxiv_id)
