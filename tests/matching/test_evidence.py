from __future__ import annotations

import pytest

from refkit import shingles
from refkit.matching.evidence import (
    compare_abstracts,
    compare_authors,
    compare_dates,
    compare_fingerprint,
    compare_ids,
    compare_wordings,
    months_between,
    weigh,
)
from refkit.model import ArxivRecord, Author, Mention, Outcome, Part, PartialDate

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
    assert compare_abstracts(TEXT, record()) == Part()
    assert compare_wordings(Mention(title="Songs", abstract=TEXT), record()) == Part()


# Twenty-two words, and so twenty phrases of three.
WORDS = "amber basalt canyon dune estuary fjord glacier heron island juniper kelp lichen marsh neuron orchard plover"
WORDS += " quartz reef saddle thicket valley willow"
ELSE = "we you they she all both few more most other some such nor only own same so than too very can will".split()


def opening(count: int, total: int = 22) -> str:
    """So many of the twenty-two words, and others up to a number of words."""
    return " ".join([*WORDS.split()[:count], *ELSE][:total])


@pytest.mark.parametrize(
    ("words", "outcome", "score"),
    [
        (22, Outcome.MATCH, 1.0),
        (10, Outcome.MATCH, 0.4),
        (9, Outcome.PARTIAL, 0.35),
        (5, Outcome.PARTIAL, 0.15),
        (4, Outcome.MISMATCH, 0.1),
        (0, Outcome.MISMATCH, 0.0),
    ],
)
def test_an_abstract_is_the_same_from_two_fifths_of_its_phrases_on(words: int, outcome: Outcome, score: float) -> None:
    part = compare_abstracts(opening(words), record(abstract=WORDS))
    assert (part.outcome, part.score) == (outcome, score)
    assert part.note == f"{score:.0%} of its three-word phrases"
    assert compare_abstracts(WORDS, record(abstract=opening(words))) == part


def test_twelve_phrases_are_enough_and_the_shorter_text_counts() -> None:
    fourteen = opening(14, total=14)
    for text, abstract in ((fourteen, WORDS), (WORDS, fourteen)):
        assert compare_abstracts(text, record(abstract=abstract)).score == 1.0
    thirteen = opening(13, total=13)
    for text, abstract in ((thirteen, WORDS), (WORDS, thirteen)):
        assert compare_abstracts(text, record(abstract=abstract)) == Part()


def test_what_is_known_of_an_abstract_only_by_its_fingerprint_is_told_about() -> None:
    known = record(fingerprint=shingles.fingerprint(TEXT))
    same = compare_abstracts(TEXT.upper(), known)
    assert same == Part(Outcome.MATCH, 1.0, "about 100% of its three-word phrases")
    assert compare_fingerprint(TEXT, known.fingerprint) == same
    assert compare_abstracts(f"{WORDS} {' '.join(ELSE)}", known) == (
        Part(Outcome.MISMATCH, 0.0, "about 0% of its three-word phrases")
    )
    assert compare_abstracts("Two words", known) == Part()
    assert compare_abstracts("", known) == Part()
    both = record(fingerprint=shingles.fingerprint(TEXT), abstract=WORDS)
    assert compare_abstracts(WORDS, both).note == "100% of its three-word phrases"


def test_a_rewritten_abstract_keeps_its_telling_words() -> None:
    turned = " ".join(reversed(WORDS.split()))
    for known in (record(abstract=WORDS), record(fingerprint=shingles.fingerprint(WORDS))):
        part = compare_wordings(Mention(title="Songs", abstract=turned), known)
        assert (part.outcome, part.score, part.note) == (Outcome.MATCH, 1.0, "about 100% of its telling words")
        assert compare_abstracts(turned, known).outcome is Outcome.MISMATCH
    # What the title says counts as well.
    title, rest = " ".join(turned.split()[:9]), " ".join(turned.split()[9:])
    assert compare_wordings(Mention(title=title, abstract=rest), record(abstract=WORDS)).score == 1.0


@pytest.mark.parametrize(
    ("share", "outcome"),
    [
        (0.5, Outcome.MATCH),
        (0.49, Outcome.PARTIAL),
        (0.3, Outcome.PARTIAL),
        (0.29, Outcome.MISMATCH),
        (0.0, Outcome.MISMATCH),
    ],
)
def test_the_wording_is_the_same_from_half_of_the_telling_words_on(
    share: float, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shingles.Phrases, "share_of_words", lambda *_: share)
    part = compare_wordings(Mention(title="Songs", abstract=TEXT), record(abstract=TEXT))
    assert part == Part(outcome, share, f"about {share:.0%} of its telling words")


@pytest.mark.parametrize(
    ("abstract", "known"),
    [
        ("", record(abstract=TEXT)),
        ("", record(fingerprint=shingles.fingerprint(TEXT))),
        ("Songs", record(abstract=TEXT)),
        (TEXT, record(abstract="Songs")),
    ],
)
def test_too_few_words_say_nothing_about_wording(abstract: str, known: ArxivRecord) -> None:
    assert compare_wordings(Mention(title="Songs", abstract=abstract), known) == Part()


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
    ("names", "part"),
    [
        (("Zimin Chen",), Part(Outcome.MATCH, 1.0, "1 of 1 in the record")),
        (("Z. Chen",), Part(Outcome.MATCH, 1.0, "1 of 1 in the record", ("one short name",))),
        (("Z. Chen", "S. Kommrusch"), Part(Outcome.MATCH, 1.0, "2 of 2 in the record")),
        (("Z. Chen", "N. Body"), Part(Outcome.PARTIAL, 0.5, "1 of 2 in the record")),
        (("A. Nother", "N. Body"), Part(Outcome.MISMATCH, 0.0, "0 of 2 in the record")),
        (("Zimin Chen", "et al."), Part(Outcome.MATCH, 1.0, "1 of 1 in the record")),
    ],
)
def test_it_is_told_how_many_of_the_names_are_in_the_record(names: tuple[str, ...], part: Part) -> None:
    known = record(authors=(Author("Chen", "Zimin"), Author("Kommrusch", "Steve")))
    assert compare_authors(names, known) == part


def test_a_collaboration_beside_a_member_is_no_mere_signature() -> None:
    both = record(authors=(Author(literal="CMS Collaboration"), Author("Chen", "Zimin")))
    assert compare_authors(("CMS Collaboration", "Zimin Chen"), both).outcome is Outcome.MATCH
    assert compare_authors(("Zimin Chen",), both).outcome is Outcome.MATCH


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
    assert part == Part(Outcome.PARTIAL, 1.0, "1 of 1 in the record", ("collaboration",))


def test_a_record_without_authors_says_nothing_about_authors() -> None:
    assert compare_authors(("Z Chen",), record()) == Part()
    assert compare_authors(("CMS Collaboration",), record()) == Part()
    assert compare_authors((), record(authors=(Author(literal="CMS Collaboration"),))) == Part()


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


@pytest.mark.parametrize(
    ("issued", "months", "part"),
    [
        ("2024-03", 2, Part(Outcome.MATCH, 1.0, "submitted 2024-01, digest of 2024-03")),
        ("2024-01", 0, Part(Outcome.MATCH, 1.0, "submitted 2024-01, digest of 2024-01")),
        ("2023-12", -1, Part(Outcome.PARTIAL, 0.5, "submitted 2024-01, digest of 2023-12")),
        ("2023-11", -2, Part(Outcome.PARTIAL, 0.5, "submitted 2024-01, digest of 2023-11")),
        ("2023-10", -3, Part(Outcome.MISMATCH, 0.0, "submitted 2024-01, digest of 2023-10")),
        ("2022", -13, Part(Outcome.MISMATCH, 0.0, "submitted 2024-01, digest of 2022")),
        ("2024", 11, Part(Outcome.MATCH, 1.0, "submitted 2024-01, digest of 2024")),
    ],
)
def test_a_digest_may_be_two_months_ahead_of_the_id(issued: str, months: int, part: Part) -> None:
    date = PartialDate.parse(issued)
    assert months_between(date, record()) == months
    assert compare_dates(date, record()) == part


def test_a_date_says_nothing_beside_none() -> None:
    assert compare_dates(None, record()) == Part()
    assert months_between(None, record()) is None
    assert compare_dates(PartialDate(2024, 1), record(arxiv_id="hep-th/9901001")) == Part()


def test_the_month_of_the_id_counts_and_the_day_of_the_record_is_told() -> None:
    later = record(arxiv_id="2401.00001", submitted=PartialDate(2023, 10, 31))
    part = compare_dates(PartialDate(2023, 12), later)
    assert (part.outcome, part.note) == (Outcome.PARTIAL, "submitted 2023-10-31, digest of 2023-12")


def test_the_date_of_an_old_id_comes_from_the_record() -> None:
    old = record(arxiv_id="hep-th/9901001", submitted=PartialDate(1999, 1, 1))
    assert compare_dates(PartialDate(1998, 1), old).outcome is Outcome.MISMATCH
    assert compare_dates(PartialDate(1999, 2), old).outcome is Outcome.MATCH


def test_ids() -> None:
    assert compare_ids("2401.00001", record()) == Part(Outcome.MATCH, 1.0, "the digest links 2401.00001")
    assert compare_ids("arXiv:2401.00001v2", record()).outcome is Outcome.MATCH
    assert compare_ids("2401.00002", record()) == Part(Outcome.MISMATCH, 0.0, "the digest links 2401.00002")
    assert compare_ids("", record()) == Part()


def test_weigh_names_every_part() -> None:
    evidence = weigh(Mention(title="Songs"), record())
    assert [name for name, _ in evidence.parts()] == ["title", "abstract", "wording", "authors", "date", "id"]
    assert [part.outcome for _, part in evidence.parts()] == [Outcome.MATCH, *[Outcome.ABSENT] * 5]
    told = Mention(
        title="Songs", abstract=TEXT, authors=("Z. Chen",), issued=PartialDate(2024, 1), arxiv_id="2401.00001"
    )
    full = weigh(told, record(abstract=TEXT, authors=(Author("Chen", "Zimin"),)))
    assert [part.outcome for _, part in full.parts()] == [Outcome.MATCH] * 6
