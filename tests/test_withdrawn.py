from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.withdrawn import is_withdrawn

ANYWHERE = [
    "This paper has been withdrawn by the author due to a wrong sign in Eq. (7).",
    "this paper has been withdrawn",
    "Withdrawn",
    "WITHDRAWN: the bound is not sharp",
    "Withdrawn by the authors",
    "Withdrawn for revision of Section 2",
    "Paper withdrawn by the author because Lemma 9 fails",
    "Paper has been withdrawn.",
    "The manuscript is withdrawn pending further tests",
    "This submission has been withdrawn by arXiv administrators due to borrowed text",
    "arXiv admin note: This submissions has been withdrawn by arXiv administrators",
    "This article has been removed by arXiv administrators because of its licence",
    "This article (12 pages) has now been withdrawn",
    "We withdraw this paper since the tables are mixed up",
    "The authors have withdrawn this manuscript",
    "Withdrawal notice: see the web page of the author",
    "This preprint has been retracted by the authors",
    "[This paper has been withdrawn by the author] We study knots.",
    r"{\bf This paper has been withdrawn}",
    "This paper has\n  been withdrawn",
    "Withdrawn from arXiv at the request of the authors",
    "This paper has been withdrawn. It is superseded by 1234.56789.",
]
IN_A_COMMENT = [
    "12 pages, 3 figures, withdrawn due to a gap in the proof",
    "8 pages; withdrawn",
    "10 pages (withdrawn)",
    "5 pages. This paper is being withdrawn at the author's request",
    "The gap could not be closed, this paper is withdrawn",
    "Merged with 1234.56789, this paper has been withdrawn",
    "This paper contains an error in Lemma 3 and is withdrawn",
    "Therefore, the current version is being withdrawn",
    "I kindly request the withdrawal of my submission",
    "I ask that this work be withdrawn",
    "v2: withdrawn",
    "v3 withdrawn",
    "v1: 5 pages; v2 withdrawn because of an error",
]
NEVER = [
    "",
    "12 pages, 3 figures",
    "This is not withdrawn",
    "This paper has not been withdrawn",
    "We do not withdraw this paper",
    "resubmission of the withdrawn 1234.5678",
    "9 pages, resubmission of 1234.5678, withdrawn due to an error",
    "replaces withdrawn paper",
    "Replaces the withdrawn manuscript 1234.5678",
    "This is a replacement for a previously withdrawn paper",
    "withdrawn from consideration at NeurIPS",
    "This paper was withdrawn from consideration at NeurIPS",
    "This paper was withdrawn by the authors from ICLR",
    "Accepted at a workshop; withdrawn from the proceedings",
    "ICLR 2031 withdrawn submission",
    "Paper withdrawn at ICLR 2031",
    "v1 withdrawn",
    "v2 withdrawn, v3 restored",
    "v2 withdrawn (wrong figure); v3 corrected",
    "A previous version of this manuscript was withdrawn",
    "Corrects 1234.5678, which was recently withdrawn",
    "The paper (arXiv:1234.5678) was withdrawn",
    "Comment on a retracted paper of ours",
    "Comment on 1234.5678, withdrawn by its author",
    "Lemma 3 has been withdrawn",
    "v3: the central claim of v2 is withdrawn",
    "Water withdrawn from rivers cools the plants",
    "We model cash withdrawn from machines",
    "A plate is withdrawn from a bath at constant speed",
    "Withdrawn papers are a treasure, as we show here",
    "Papers are withdrawn from journals for many reasons",
    "We ask when a submission has been withdrawn and why",
    "A deformation retract of this space is a circle",
    "The selective withdrawal of a fluid",
]


@pytest.mark.parametrize("text", ANYWHERE)
def test_a_notice_counts_in_the_comment_and_at_the_beginning_of_the_abstract(text: str) -> None:
    assert is_withdrawn(text, "")
    assert is_withdrawn("", text)
    assert is_withdrawn("7 pages", text)


@pytest.mark.parametrize("text", IN_A_COMMENT)
def test_a_clause_of_the_comment_counts(text: str) -> None:
    assert is_withdrawn(text, "We study knots.")


@pytest.mark.parametrize("text", NEVER)
def test_other_withdrawals_do_not_count(text: str) -> None:
    assert not is_withdrawn(text, "")
    assert not is_withdrawn("", text)


@pytest.mark.parametrize("text", ANYWHERE)
def test_the_notice_must_open_the_abstract(text: str) -> None:
    assert not is_withdrawn("", "We study how repositories word their notices. One reads: " + text)


def test_a_comment_may_say_that_the_paper_is_back() -> None:
    assert not is_withdrawn("This paper was withdrawn in May by mistake. It is reinstated.", "")


def test_an_abstract_about_restoring_things_may_still_open_with_a_notice() -> None:
    assert is_withdrawn("", "This paper has been withdrawn. We show that the symmetry is restored.")


@given(st.text(), st.text())
def test_any_text_is_answered(comments: str, abstract: str) -> None:
    assert is_withdrawn(comments, abstract) in {True, False}


@pytest.mark.parametrize("piece", ["this paper ", "we ", "(", " ", "- ", "this paper, ", "a ", "paper (", "\\a{"])
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    text = piece * 10_000 + "withdrawn from x"
    start = time.perf_counter()
    is_withdrawn(text, text)
    assert time.perf_counter() - start < 2
