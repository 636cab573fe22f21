"""From where to where each number that the model weighs rises, on evidence made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.matching.features import features
from refkit.model import ArxivRecord, Author, Evidence, Mention, Outcome, Part, PartialDate

SONGS = "Deep Songs of Young Birds at Night Alone"
PEOPLE = tuple(Author(family, "Ann") for family in "Okafor Prem Quist Rahn Saar Tamm".split())
NAMES = tuple(f"{each.given} {each.family}" for each in PEOPLE)


def numbers(table: str, *, mention: Mention | None = None, alike: Part | None = None, **known: Any) -> dict[str, Any]:
    """The numbers of one table, of a record of January 2024 that the six people wrote."""
    record = ArxivRecord(arxiv_id="2401.00001", title=SONGS, authors=PEOPLE)
    evidence = Evidence(title=alike or Part(Outcome.MATCH, 1.0), **known)
    found = features(mention or Mention(title=SONGS), record, evidence)
    return {
        name.removeprefix(f"{table}."): pytest.approx(value)
        for name, value in found.items()
        if name.startswith(f"{table}.")
    }


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, {"phrases none": 1}),
        (0.07, {"phrases none": 1 - 7 / 15}),
        (0.145, {"phrases none": 1 / 30, "phrases .2": 0.5}),
        (0.15, {"phrases .2": 8 / 15}),
        (0.2, {"phrases .2": 13 / 15}),
        (0.22, {"phrases .2": 1, "phrases .4": 0.08}),
        (0.325, {"phrases .2": 1, "phrases .4": 0.5}),
        (0.45, {"phrases .2": 1, "phrases .4": 1}),
        (0.675, {"phrases .2": 1, "phrases .4": 1, "phrases .8": 0.5}),
        (0.9, {"phrases .2": 1, "phrases .4": 1, "phrases .8": 1}),
        (1.0, {"phrases .2": 1, "phrases .4": 1, "phrases .8": 1}),
    ],
)
def test_phrases_of_an_abstract_count_by_steps(share: float, expected: dict[str, float]) -> None:
    assert numbers("abstract", abstract=Part(Outcome.PARTIAL, share)) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, {"words none": 1}),
        (0.06, {"words none": 0.6}),
        (0.15, {}),
        (0.225, {"words .3": 0.5}),
        (0.3, {"words .3": 1}),
        (0.4, {"words .3": 1, "words .5": 0.5}),
        (0.5, {"words .3": 1, "words .5": 1}),
        (0.65, {"words .3": 1, "words .5": 1, "words .8": 0.5}),
        (0.8, {"words .3": 1, "words .5": 1, "words .8": 1}),
    ],
)
def test_telling_words_of_an_abstract_count_by_steps(share: float, expected: dict[str, float]) -> None:
    assert numbers("abstract", wording=Part(Outcome.PARTIAL, share)) == expected


def test_phrases_and_words_of_an_abstract_count_together_and_without_one_nothing_does() -> None:
    both = numbers("abstract", abstract=Part(Outcome.PARTIAL, 0.22), wording=Part(Outcome.PARTIAL, 0.3))
    assert both == {"phrases .2": 1, "phrases .4": 0.08, "words .3": 1}
    assert numbers("abstract") == {}


@pytest.mark.parametrize(
    ("score", "eighty", "ninety_five"),
    [(0.6, None, None), (0.7, None, None), (0.75, 0.25, None), (0.9, 1, None), (0.95, 1, 0.5), (1.0, 1, 1)],
)
def test_equal_letters_of_titles_count_by_steps(score: float, eighty: float | None, ninety_five: float | None) -> None:
    found = numbers("title", alike=Part(Outcome.PARTIAL, score))
    assert (found.get("letters .8"), found.get("letters .95")) == (eighty, ninety_five)


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ("2023-10", {"too late": 1}),
        ("2023-11", {"ahead": 1}),
        ("2023-12", {"ahead": 1}),
        ("2024-01", {"near": 1}),
        ("2024-02", {"near": 1}),
        ("2024-03", {}),
        ("2024-07", {}),
        ("2025-10", {"far": 0.5}),
        ("2027-01", {"far": 1}),
        ("2030-01", {"far": 1}),
    ],
)
def test_months_between_a_paper_and_its_digest_count_by_steps(issued: str, expected: dict[str, float]) -> None:
    assert numbers("date", mention=Mention(title=SONGS, issued=PartialDate.parse(issued))) == expected


def authors(*names: str, share: float, flags: tuple[str, ...] = ()) -> dict[str, Any]:
    part = Part(Outcome.PARTIAL, share, "", flags)
    return numbers("authors", mention=Mention(title=SONGS, authors=names), authors=part)


@pytest.mark.parametrize(
    ("known", "steps"),
    [
        (1, {"one": 1}),
        (2, {"one": 1, "two": 1}),
        (3, {"one": 1, "two": 1, "three": 1}),
        (4, {"one": 1, "two": 1, "three": 1}),
        (5, {"one": 1, "two": 1, "three": 1, "five": 1}),
    ],
)
def test_authors_count_by_how_many_there_are(known: int, steps: dict[str, float]) -> None:
    first = {"the first": 1, "the first, uncommon": 1, "another number": 1}
    if known == 1:
        del first["another number"]
    assert authors(*NAMES[:known], share=1.0) == {**steps, **first}
    others = tuple(f"N. Body{place}" for place in range(6 - known))
    if known > 1:
        del first["another number"]
    some = authors(*NAMES[:known], *others, share=known / 6)
    assert some == {**steps, **first, "few": 1 - known / 6}


def test_all_authors_count_from_one_to_four() -> None:
    assert authors(*NAMES, share=1.0)["all"] == 2
    for count, expected in ((1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0), (5, 2.0)):
        record = ArxivRecord(arxiv_id="2401.00001", title=SONGS, authors=PEOPLE[:count])
        evidence = Evidence(title=Part(Outcome.MATCH, 1.0), authors=Part(Outcome.MATCH, 1.0))
        assert features(Mention(title=SONGS, authors=NAMES[:count]), record, evidence)["authors.all"] == expected


def test_another_first_author_counts_against_a_record_and_none_at_all_still_more() -> None:
    second = authors(NAMES[1], share=1.0)
    assert second == {"one": 1, "another first": 1}
    assert authors("N. Body", "A. Nother", share=0.0) == {"another": 1, "another first": 1, "another number": 1}
    assert authors("Q. Okafor", share=0.0) == {"another": 1}
    assert authors("N. Body", "N. Body", share=0.0) == {"another": 1, "another first": 1}


def test_one_short_name_counts_as_such_and_a_collaboration_not_at_all() -> None:
    assert authors("A. Okafor", share=1.0, flags=("one short name",))["one short name"] == 1
    assert authors("CMS Collaboration", share=1.0, flags=("collaboration",)) == {}
    assert numbers("authors", mention=Mention(title=SONGS, authors=NAMES)) == {}


@pytest.mark.parametrize("flag", ["subtitle dropped", "heading dropped"])
def test_a_long_title_without_its_half_is_marked_from_eight_words_on(flag: str) -> None:
    half = Part(Outcome.PARTIAL, 0.9, "", (flag,))
    seven = Mention(title=" ".join(SONGS.split()[:7]))
    assert numbers("title", mention=Mention(title=SONGS), alike=half)["subtitle dropped, long"] == 1
    assert "subtitle dropped, long" not in numbers("title", mention=seven, alike=half)
    added = Part(Outcome.PARTIAL, 0.9, "", (flag.replace("dropped", "added"),))
    assert "subtitle dropped, long" not in numbers("title", alike=added)


@pytest.mark.parametrize(
    ("flags", "is_slip"),
    [
        (("article",), True),
        (("plural",), True),
        (("spelling",), True),
        (("plural", "plural"), False),
        (("plural", "spelling"), False),
        (("other word",), False),
        ((), False),
    ],
)
def test_one_slip_is_a_slip_and_two_are_not(flags: tuple[str, ...], *, is_slip: bool) -> None:
    found = numbers("title", alike=Part(Outcome.PARTIAL, 0.95, "", flags))
    assert ("slip" in found) == is_slip
    assert {flag: found.get(flag) for flag in flags} == dict.fromkeys(flags, 1)


def test_where_nothing_else_speaks_for_a_record_its_title_counts_once_more() -> None:
    alone = {"candidate": 1}
    assert numbers("alone") == alone
    for outcome in (Outcome.MATCH, Outcome.PARTIAL):
        assert numbers("alone", authors=Part(outcome, 0.5), mention=Mention(title=SONGS, authors=NAMES)) == {}
        one = Part(outcome, 1.0, "", ("one short name",))
        assert numbers("alone", authors=one, mention=Mention(title=SONGS, authors=NAMES[:1])) == alone
    assert numbers("alone", authors=Part(Outcome.MISMATCH, 0.0), mention=Mention(title=SONGS, authors=NAMES)) == alone
    assert numbers("alone", id=Part(Outcome.MATCH, 1.0)) == {}
    assert numbers("alone", id=Part(Outcome.MISMATCH, 0.0)) == alone
    assert numbers("alone", abstract=Part(Outcome.PARTIAL, 0.15)) == {}
    assert numbers("alone", abstract=Part(Outcome.MISMATCH, 0.14)) == alone
    assert numbers("alone", wording=Part(Outcome.PARTIAL, 0.3)) == {}
    assert numbers("alone", wording=Part(Outcome.MISMATCH, 0.29)) == alone


def test_a_link_counts_for_its_record_and_against_another() -> None:
    assert numbers("link", id=Part(Outcome.MATCH, 1.0)) == {"same": 1}
    assert numbers("link", id=Part(Outcome.MISMATCH, 0.0)) == {"another": 1}
    assert numbers("link") == {}


def test_titles_that_cannot_be_compared_count_as_such() -> None:
    assert numbers("title", mention=Mention(title="…"), alike=Part()) == {"candidate": 1, "incomparable": 1}


def test_that_another_record_has_the_very_title_counts_against_those_that_have_not() -> None:
    record = ArxivRecord(arxiv_id="2401.00001", title=SONGS)
    for outcome, expected in ((Outcome.MATCH, None), (Outcome.PARTIAL, 1.0)):
        evidence = Evidence(title=Part(outcome, 1.0))
        found = features(Mention(title=SONGS), record, evidence, another_has_the_title=True)
        assert found.get("title.another has it") == expected
        assert "title.another has it" not in features(Mention(title=SONGS), record, evidence)
