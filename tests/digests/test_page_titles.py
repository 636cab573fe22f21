"""Titles, citations, names and dates by their form."""

from __future__ import annotations

import time

import pytest

from refkit.digests.page_people import date_in, names_in
from refkit.digests.page_titles import bare_title, cited_title, linked_title
from refkit.digests.paper_links import is_label
from refkit.model import PartialDate


@pytest.mark.parametrize(
    ("before", "title", "after", "yes"),
    [
        ("", "Attention Is All You Need", "", True),
        ("", "Mamba", ": a model", True),
        ("We use ", "BERT", " for it", False),
        ("as ", "recent work", " shows", False),
        ("In ", "Attention Is All You Need", " we saw", True),
        ("", "Researchers at a university", " have shown", False),
        ("We read much. ", "Learning to walk in minutes", " by Doe", True),
        ("This week: ", "Learning to walk in minutes", ".", True),
        ("They ", "showed that it works well", ".", False),
        ("", "This paper", " is good", False),
    ],
)
def test_titles_of_links_by_what_stands_round_them(before: str, title: str, after: str, *, yes: bool) -> None:
    assert linked_title(title, before, after, marked=False) is yes


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("J. Doe and A. Roe. Learning to walk. In NeurIPS, 2023.", "Learning to walk"),
        ("Doe, J., & Roe, A. (2020). A theory of all. Nature, 1.", "A theory of all"),
        ("J. Doe, A. Roe, and B. Poe. What is learned here? In ICML, 2020.", "What is learned here?"),
        ("Trajectory Planning and Control: A Survey", ""),
        ("Optimal Transport: Old and New", ""),
        ("Attention Is All You Need", ""),
    ],
)
def test_citations_give_their_titles(text: str, title: str) -> None:
    assert cited_title(text) == title


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jane Doe, John Roe", ("Jane Doe", "John Roe")),
        ("Z Chen, S Kommrusch, M Monperrus", ("Z Chen", "S Kommrusch", "M Monperrus")),
        ("by Ludwig van der Doe", ("Ludwig van der Doe",)),
        ("Jane Doe¹, John Roe*, et al.", ("Jane Doe¹", "John Roe")),
        ("José García and Łukasz Kaiser", ("José García", "Łukasz Kaiser")),
        ("Cornell University, Adobe Research", ()),
        ("Graph Networks, Deep Learning", ()),
        ("Attention Is All You Need", ()),
        ("WHEN TO ACT, WHEN TO WAIT", ()),
    ],
)
def test_names_are_told_by_their_form(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names


def test_dates_inside_of_headings() -> None:
    assert date_in("Showing new listings for Friday, 14 August 2026") == PartialDate(2026, 8, 14)
    assert date_in("Daily Papers [2026-04-10] - Hugging Face") == PartialDate(2026, 4, 10)
    assert date_in("Issue 12, March 2024") == PartialDate(2024, 3)
    assert date_in("2026-13-10") is None
    assert date_in("arXiv 2401.00001") is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("[PDF] A Title", "A Title"),
        ("Title: A Title", "A Title"),
        ("“A Title.”", "A Title."),
        ("A Title (arXiv).", "A Title"),
        ("A Title (4 minute read)", "A Title"),
        ("[arXiv] A Title", "[arXiv] A Title"),
        ('"A" and "B"', '"A" and "B"'),
    ],
)
def test_marks_are_no_part_of_titles(text: str, title: str) -> None:
    assert bare_title(text) == title


@pytest.mark.parametrize(
    "piece", [".", " .", "(", "“", "[pdf] ", "A. ", "A, ", "Doe, A., ", "de la Doe, ", "by A ", "a-", "1 ", "a", "→"]
)
def test_long_lines_come_to_an_end(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    start = time.process_time()
    for find in (bare_title, cited_title, names_in, date_in, is_label):
        find(text)
    linked_title(text, text, text, marked=True)
    assert time.process_time() - start < 10
