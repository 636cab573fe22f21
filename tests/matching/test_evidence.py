from __future__ import annotations

import pytest

from refkit.matching.evidence import compare_abstracts, compare_authors, compare_dates, compare_ids, weigh
from refkit.model import ArxivRecord, Author, Mention, Outcome, PartialDate

TEXT = (
    "We study how birds learn their songs from older birds nearby and show that a small model of memory, trained on "
    "two hundred hours of recordings, explains most of what young birds sing in their first spring."
)


def record(**facts: object) -> ArxivRecord:
    return ArxivRecord(**{"arxiv_id": "2401.00001", "title": "Songs", **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (TEXT, Outcome.MATCH),
        (TEXT.upper(), Outcome.MATCH),
        (TEXT[:90] + "...", Outcome.MATCH),
        (TEXT.replace("songs", "tunes").replace("small", "tiny"), Outcome.MATCH),
        ("In the first spring, birds learn their songs from parents, says a new paper on memory.", Outcome.PARTIAL),
        ("An editor's own summary: young birds copy what they hear, says a new paper.", Outcome.MISMATCH),
        ("", Outcome.ABSENT),
        ("Two words", Outcome.ABSENT),
    ],
)
def test_an_abstract_may_be_cut_edited_or_another_text(text: str, outcome: Outcome) -> None:
    assert compare_abstracts(text, record(abstract=TEXT)).outcome is outcome


def test_a_record_without_abstract_says_nothing_about_abstracts() -> None:
    assert compare_abstracts(TEXT, record()).outcome is Outcome.ABSENT


@pytest.mark.parametrize(
    ("names", "outcome"),
    [
        (("Z Chen", "S. Kommrusch"), Outcome.MATCH),
        (("Zimin Chen et al.",), Outcome.MATCH),
        (("Chen, Zimin", "Nobody Else"), Outcome.PARTIAL),
        (("Nobody Else",), Outcome.MISMATCH),
        ((), Outcome.ABSENT),
        (("et al.",), Outcome.ABSENT),
        (("Q. Chen",), Outcome.MISMATCH),
        (("Chen Zimin", "Kommrusch S."), Outcome.MATCH),
        (("Zimin Chen<sup>1</sup>", "Steve Kommrusch†2"), Outcome.MATCH),
    ],
)
def test_authors_compare_by_family_name(names: tuple[str, ...], outcome: Outcome) -> None:
    known = record(authors=(Author("Chen", "Zimin"), Author("Kommrusch", "Steve")))
    assert compare_authors(names, known).outcome is outcome


@pytest.mark.parametrize(
    ("printed", "author"),
    [
        ("Laurens van der Maaten", Author("van der Maaten", "Laurens")),
        ("L. van der Maaten", Author("Maaten", "Laurens van der")),
        ("Charline Le Lan", Author("Le Lan", "Charline")),
        ("M. de Jong", Author("de Jong", "M.")),
        ("Sean O’Brien", Author("O'Brien", "Sean")),
        ("The ATLAS Collaboration", Author(literal="ATLAS Collaboration")),
        ("Tan Zhi-Xuan", Author("Zhi-Xuan", "Tan")),
    ],
)
def test_a_name_agrees_with_itself_however_it_was_divided(printed: str, author: Author) -> None:
    assert compare_authors((printed,), record(authors=(author,))).outcome is Outcome.MATCH


def test_one_shortened_name_is_noted_and_a_full_one_is_not() -> None:
    known = record(authors=(Author("Chen", "Zimin"), Author(literal="Z. C. Team")))
    assert compare_authors(("Z. Chen et al.",), known).flags == ("one short name",)
    assert compare_authors(("Zimin Chen et al.",), known).flags == ()


@pytest.mark.parametrize(
    ("printed", "author"),
    [("Pierre Auger Collaboration", Author("Chen", "Zimin")), ("Zimin Chen", Author(literal="CMS Collaboration"))],
)
def test_a_collaboration_and_its_members_cannot_be_compared(printed: str, author: Author) -> None:
    assert compare_authors((printed,), record(authors=(author,))).outcome is Outcome.ABSENT


def test_two_collaborations_differ() -> None:
    other = record(authors=(Author(literal="ATLAS Collaboration"),))
    assert compare_authors(("CMS Collaboration",), other).outcome is Outcome.MISMATCH


def test_a_collaboration_that_signs_both_is_noted() -> None:
    other = record(authors=(Author(literal="ATLAS Collaboration"),))
    part = compare_authors(("ATLAS Collaboration",), other)
    assert (part.outcome, part.flags) == (Outcome.PARTIAL, ("collaboration",))


def test_a_record_without_authors_says_nothing_about_authors() -> None:
    assert compare_authors(("Z Chen",), record()).outcome is Outcome.ABSENT


@pytest.mark.parametrize(
    ("issued", "arxiv_id", "outcome"),
    [
        ("2024-03-13", "2401.00001", Outcome.MATCH),
        ("2024-01-31", "2401.00001", Outcome.MATCH),
        ("2023-12-30", "2401.00001", Outcome.PARTIAL),
        ("2023-10-30", "2401.00001", Outcome.MISMATCH),
        ("--03-13", "2401.00001", Outcome.ABSENT),
        ("2023", "2401.00001", Outcome.PARTIAL),
        ("2024-03-13", "hep-th/9901001", Outcome.ABSENT),
    ],
)
def test_a_paper_is_not_newer_than_its_digest(issued: str, arxiv_id: str, outcome: Outcome) -> None:
    assert compare_dates(PartialDate.parse(issued), record(arxiv_id=arxiv_id)).outcome is outcome


def test_the_date_of_an_old_id_comes_from_the_record() -> None:
    old = record(arxiv_id="hep-th/9901001", submitted=PartialDate(1999, 1, 1))
    assert compare_dates(PartialDate(1998, 1), old).outcome is Outcome.MISMATCH
    assert compare_dates(PartialDate(1999, 2), old).outcome is Outcome.MATCH


def test_ids() -> None:
    assert compare_ids("2401.00001", record()).outcome is Outcome.MATCH
    assert compare_ids("2401.00002", record()).outcome is Outcome.MISMATCH
    assert compare_ids("", record()).outcome is Outcome.ABSENT


def test_weigh_names_every_part() -> None:
    evidence = weigh(Mention(title="Songs"), record())
    assert [name for name, _ in evidence.parts()] == ["title", "abstract", "wording", "authors", "date", "id"]
    assert [part.outcome for _, part in evidence.parts()] == [Outcome.MATCH, *[Outcome.ABSENT] * 5]
