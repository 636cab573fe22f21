"""Verdicts on evidence made by hand: what is enough, what forbids, and what a person is told."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.matching.decide import decide
from refkit.model import ArxivRecord, Candidate, Evidence, Mention, Outcome, Part, Resolution, Verdict

SONGS = "Deep Songs of Young Birds at Night"
SAME = Part(Outcome.MATCH, 1.0)
YES, NO, SOME = Part(Outcome.MATCH, 1.0), Part(Outcome.MISMATCH, 0.0), Part(Outcome.PARTIAL, 0.5)
SHORT_NAME = Part(Outcome.MATCH, 1.0, "1 of 1 in the record", ("one short name",))


def alike(*flags: str, score: float = 0.95, note: str = "") -> Part:
    return Part(Outcome.PARTIAL, score, note, flags)


def candidate(score: float, title: Part = SAME, *, number: int = 1, name: str = SONGS, **parts: Part) -> Candidate:
    record = ArxivRecord(arxiv_id=f"2401.{number:05}", title=name)
    return Candidate(record=record, evidence=Evidence(title=title, **parts), score=score, source="index")


def verdict(*ranked: Candidate, title: str = SONGS, **told: Any) -> Resolution:
    return decide(Mention(title=title), ranked, **{"asked": ("the index",), **told})


def refusal(*ranked: Candidate, title: str = SONGS) -> str:
    """Why the first of the candidates is not taken; "" if it is."""
    found = verdict(*ranked, title=title)
    return "" if found.verdict is Verdict.MATCHED else found.candidates[0].reason


@pytest.mark.parametrize(
    ("enough", "title", "parts"),
    [
        (0.9, SAME, {}),
        (0.95, alike(), {"authors": YES}),
        (0.95, alike(), {"abstract": YES}),
        (0.95, alike(), {"wording": YES}),
        (0.97, alike(), {}),
        (0.97, alike(), {"authors": SHORT_NAME}),
        (0.97, alike(), {"authors": SOME}),
        (0.97, alike(), {"abstract": SOME, "wording": SOME}),
        (0.97, alike(), {"date": YES, "id": YES}),
    ],
)
def test_a_record_is_taken_if_it_is_likely_enough_for_what_agrees(
    enough: float, title: Part, parts: dict[str, Any]
) -> None:
    found = verdict(candidate(enough, title, **parts))
    assert found.verdict is Verdict.MATCHED
    assert found.confidence == enough
    assert verdict(candidate(enough - 0.001, title, **parts)).verdict is Verdict.AMBIGUOUS


NUMBER = "a number differs, which tells papers apart"
ABOUT = "one of them is about the other"
TURNED = "a word differs that turns the meaning"
CUT = "the title in the digest is cut and goes on, this one does not"


@pytest.mark.parametrize(("flag", "reason"), [("number", NUMBER), ("about", ABOUT)])
def test_some_differences_forbid_a_record_whoever_wrote_it(flag: str, reason: str) -> None:
    little = Part(Outcome.MISMATCH, 0.149)
    more: tuple[dict[str, Any], ...] = ({}, {"authors": YES}, {"id": YES}, {"abstract": little})
    for parts in more:
        assert refusal(candidate(0.99, alike("plural", flag), **parts)) == reason


@pytest.mark.parametrize(("flag", "reason"), [("one number", NUMBER), ("turning", TURNED), ("goes on", CUT)])
def test_some_differences_forbid_a_record_of_which_nothing_else_agrees(flag: str, reason: str) -> None:
    alone: tuple[dict[str, Any], ...] = ({}, {"authors": NO}, {"authors": SHORT_NAME}, {"date": YES}, {"id": NO})
    for parts in alone:
        assert refusal(candidate(0.99, alike("plural", flag), **parts)) == reason
    more: tuple[dict[str, Any], ...] = ({"authors": YES}, {"authors": SOME}, {"id": YES})
    for parts in more:
        assert refusal(candidate(0.99, alike("plural", flag), **parts)) == ""


@pytest.mark.parametrize("flag", ["number", "about", "one number", "turning", "goes on"])
@pytest.mark.parametrize(("part", "speaks"), [("abstract", 0.15), ("wording", 0.3)])
def test_no_difference_of_titles_forbids_a_record_for_which_its_abstract_speaks(
    flag: str, part: str, speaks: float
) -> None:
    def with_share(share: float) -> Candidate:
        parts: dict[str, Any] = {part: Part(Outcome.PARTIAL, share)}
        return candidate(0.99, alike(flag), **parts)

    assert refusal(with_share(speaks)) == ""
    assert refusal(with_share(speaks - 0.01)) != ""


def test_a_shortened_name_is_enough_for_a_title_that_is_nearly_the_same() -> None:
    assert refusal(candidate(0.99, alike(score=0.9), authors=SHORT_NAME)) == ""
    assert refusal(candidate(0.99, alike(score=0.89), authors=SHORT_NAME)) == (
        "the title differs and the one name is that of many"
    )
    assert refusal(candidate(0.99, alike(score=0.89), authors=YES)) == ""


@pytest.mark.parametrize(
    "flag", ["subtitle dropped", "subtitle added", "heading dropped", "heading added", "name dropped", "name added"]
)
def test_a_part_less_is_asked_about_from_eight_words_on_unless_it_is_a_name(flag: str) -> None:
    eight = f"{SONGS} Alone"
    reason = "the title is the same but for a part, which may be another paper's"
    expected = "" if flag.startswith("name") else reason
    assert refusal(candidate(0.99, alike(flag), name=eight), title=eight) == expected
    assert refusal(candidate(0.99, alike(flag), name=eight, authors=YES), title=eight) == ""
    assert refusal(candidate(0.99, alike(flag))) == ""


@pytest.mark.parametrize(("flag", "enough"), [("plural", 6), ("article", 6), ("spelling", 5), ("cut", 5)])
def test_a_slip_is_asked_about_in_short_titles(flag: str, enough: int) -> None:
    titles = {count: " ".join(SONGS.split()[:count]) for count in (enough - 1, enough)}
    reason = "the title is short, and a letter or an article may tell it from another"
    for count, expected in ((enough - 1, reason), (enough, "")):
        likely = candidate(0.99, alike("word added", flag), name=titles[count])
        assert refusal(likely, title=titles[count]) == expected
    assert refusal(candidate(0.99, alike("word added"), name="Birds"), title="Birds") == ""


def test_the_slip_that_needs_the_longest_title_counts() -> None:
    five = " ".join(SONGS.split()[:5])
    assert refusal(candidate(0.99, alike("spelling", "plural", "cut"), name=five), title=five) != ""


def test_words_that_differ_on_both_sides_need_all_authors_or_the_abstract() -> None:
    throughput = "Ribosomal Throughput Quantification of Saccharomyces Strains"
    accuracy = "Ribosomal Accuracy Quantification of Saccharomyces Strains"
    other = candidate(0.99, alike("other word"), name=accuracy)
    assert refusal(other, title=throughput) == "words differ on both sides and nothing else speaks for it"
    some = candidate(0.99, alike("other word"), name=accuracy, authors=SOME)
    assert refusal(some, title=throughput) == "words differ on both sides, and so do some authors"
    more: tuple[dict[str, Any], ...] = ({"authors": YES}, {"abstract": YES}, {"id": YES})
    for parts in more:
        assert refusal(candidate(0.99, alike("other word"), name=accuracy, **parts), title=throughput) == ""
    added = candidate(0.99, alike("word added"), name=accuracy, authors=SOME)
    assert refusal(added, title=f"{accuracy} in Galápagos Finches") == ""


def test_a_word_that_is_cut_is_none_that_differs() -> None:
    whole = candidate(0.99, alike("cut"), name="Ribosomal Quantification of All Saccharomyces Strains")
    assert refusal(whole, title="Ribosomal Quantification of All Sacch…") == ""
    assert refusal(whole, title="Ribosomal Quantification of All Sacch") != ""


def test_a_word_of_many_titles_may_stand_for_another() -> None:
    by = candidate(0.99, alike("other word"), name="Songs of Owls and Voles by Night")
    assert refusal(by, title="Songs of Owls and Voles to Night") == ""
    assert refusal(by, title="Songs of Owls and Voles from Night") != ""


def test_an_author_alone_does_not_make_two_titles_one_that_share_hardly_a_word() -> None:
    other = candidate(0.99, alike("other word"), name="Ribosomal Accuracy of Saccharomyces", authors=YES)
    reason = "the titles share hardly a word and only an author speaks for it"
    assert refusal(other, title="Glacial Moraines of Patagonia") == reason
    assert refusal(other, title="Moraines") == reason
    assert refusal(other, title="Ribosomal Moraines of Saccharomyces") == ""
    common = candidate(0.99, alike("other word"), name="Learning Deep Models Based Networks Accuracy", authors=YES)
    assert refusal(common, title="Learning Deep Models Based Moraines") == reason
    assert refusal(common, title="Learning Deep Models Networks Moraines") == ""


@pytest.mark.parametrize(
    ("title", "parts", "reason"),
    [
        (SAME, {}, "The title is the same."),
        (Part(Outcome.MATCH, 1.0, "its former title"), {}, "The title is the same (its former title)."),
        (SAME, {"abstract": YES}, "The title is the same; the abstract agrees."),
        (SAME, {"wording": YES}, "The title is the same; the abstract agrees."),
        (SAME, {"authors": YES}, "The title is the same; the authors agree."),
        (SAME, {"date": YES}, "The title is the same; the date agrees."),
        (SAME, {"id": YES}, "The title is the same; the link agrees."),
        (SAME, {"abstract": SOME, "wording": SOME, "authors": SOME, "date": SOME}, "The title is the same."),
        (
            SAME,
            {"abstract": YES, "wording": YES, "authors": YES, "date": YES, "id": YES},
            "The title is the same; the abstract and the authors and the date and the link agree.",
        ),
        (alike(), {"abstract": YES, "wording": YES, "id": YES}, "The abstract is the same; the link agrees."),
        (
            alike(note="name dropped"),
            {"authors": YES, "id": YES},
            "The digest links it and the title agrees (name dropped); the authors agree.",
        ),
        (
            alike(),
            {"authors": YES, "abstract": SOME, "date": YES},
            "The title is alike and the authors are the same; the date agrees.",
        ),
        (alike(), {"wording": YES}, "The title is alike and the abstract akin."),
        (alike(), {"abstract": SOME, "date": YES}, "The title is alike and the abstract akin; the date agrees."),
        (alike(), {"wording": SOME}, "The title says the same and no other record comes near it."),
        (alike(), {}, "The title says the same and no other record comes near it."),
    ],
)
def test_a_match_says_what_tells_most_and_what_agrees(title: Part, parts: dict[str, Any], reason: str) -> None:
    found = verdict(candidate(0.99, title, **parts))
    assert (found.verdict, found.reason) == (Verdict.MATCHED, reason)


LITTLE, NOTHING = (f"the title differs and {much} else speaks for it" for much in ("little", "nothing"))


@pytest.mark.parametrize(
    ("score", "title", "parts", "reason"),
    [
        (0.8, Part(), {}, "the titles cannot be compared"),
        (0.8, SAME, {}, "the title is the same, but the rest of the evidence is not"),
        (0.54, alike(score=0.59), {}, "the title is another"),
        (0.54, Part(Outcome.MISMATCH), {}, "the title is another"),
        (0.55, alike(score=0.59), {}, NOTHING),
        (0.54, alike(score=0.6), {}, NOTHING),
        (0.8, alike(), {"abstract": SOME}, NOTHING),
        (0.8, alike(), {"date": YES}, LITTLE),
        (0.8, alike("number"), {"authors": NO}, NUMBER),
        (0.8, alike("about"), {}, ABOUT),
        (0.8, alike("one number"), {}, NUMBER),
        (0.8, alike("turning"), {}, TURNED),
        (0.8, alike("goes on"), {}, CUT),
        (0.8, alike(), {"authors": NO}, "the title differs and the authors speak against it"),
        (0.8, alike(), {"date": NO}, "the title differs and the date speaks against it"),
        (0.8, alike(), {"authors": NO, "date": NO}, "the title differs and the authors speak against it"),
        (0.8, alike(), {"abstract": NO}, NOTHING),
    ],
)
def test_a_record_that_is_not_taken_says_why(score: float, title: Part, parts: dict[str, Any], reason: str) -> None:
    found = verdict(candidate(score, title, **parts))
    assert found.verdict is not Verdict.MATCHED
    assert found.candidates[0].reason == reason
    assert found.confidence == score


def test_the_other_candidates_say_why_too() -> None:
    found = verdict(candidate(0.95), candidate(0.03, alike("number"), number=2), candidate(0.01, Part(), number=3))
    assert found.verdict is Verdict.MATCHED
    assert [each.reason for each in found.candidates] == [
        "the title is the same",
        NUMBER,
        "the titles cannot be compared",
    ]


@pytest.mark.parametrize(
    ("scores", "title", "others"),
    [
        ((0.3, 0.2), SAME, 2),
        ((0.45, 0.05), SAME, 2),
        ((0.3, 0.2), alike(), 2),
        ((0.3, 0.2, 0.2, 0.19), alike(), 3),
        ((0.45, 0.04), SAME, 0),
        ((0.3, 0.19), alike(), 0),
        ((0.5, 0.1), alike(), 0),
        ((0.24, 0.24), alike(), 0),
    ],
)
def test_records_between_which_nothing_decides_are_named_together(
    scores: tuple[float, ...], title: Part, others: int
) -> None:
    found = verdict(*(candidate(each, title, number=place) for place, each in enumerate(scores, start=1)))
    names = ", ".join(f"arXiv:2401.0000{place}" for place in range(1, others + 1))
    together = f"{others} records may be meant and nothing in the digest decides between them: {names}."
    assert (found.reason == together) == (others > 0), found.reason
    if others:
        assert found.verdict is Verdict.AMBIGUOUS


def test_records_with_the_very_title_are_named_without_one_that_is_only_likely() -> None:
    found = verdict(candidate(0.4), candidate(0.3, alike(), number=2), candidate(0.2, number=3))
    assert found.reason.endswith("between them: arXiv:2401.00001, arXiv:2401.00003.")


def test_the_one_record_with_the_very_title_is_asked_about_even_where_another_is_likelier() -> None:
    likelier = candidate(0.3, alike(), number=2, name="Songs")
    found = verdict(likelier, candidate(0.1))
    assert found.verdict is Verdict.AMBIGUOUS
    assert found.reason == "It may be arXiv:2401.00001: the title is the same, but the rest of the evidence is not."
    assert verdict(likelier, candidate(0.1), failures=("arxiv: down",)).reason == found.reason


OTHERS = "The record with this title has other authors; it may be another paper of the same title."
NEWER = "The record with this title is newer than the digest (submitted 2401)."
LATE = Part(Outcome.MISMATCH, 0.0, "submitted 2401")
LINKED = Part(Outcome.MISMATCH, 0.0, "the digest links 2401.00002")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"authors": NO}, OTHERS),
        ({"authors": NO, "abstract": NO}, OTHERS),
        ({"authors": NO, "date": LATE}, OTHERS),
        ({"date": LATE}, NEWER),
        ({"authors": NO, "abstract": SOME, "date": LATE}, NEWER),
        ({"authors": NO, "abstract": YES}, ""),
        ({"authors": NO, "abstract": SOME}, ""),
        ({"authors": SOME}, ""),
    ],
)
def test_what_contradicts_the_record_with_the_very_title_is_told_and_it_is_not_taken(
    parts: dict[str, Any], reason: str
) -> None:
    sure = verdict(candidate(0.99, **parts))
    assert (sure.verdict is Verdict.AMBIGUOUS, sure.reason if reason else "") == (bool(reason), reason)
    unsure = verdict(candidate(0.5, **parts))
    assert unsure.verdict is Verdict.AMBIGUOUS
    assert unsure.reason == reason or (not reason and unsure.reason.startswith("It may be arXiv:2401.00001: "))


def test_a_link_to_another_record_is_told_with_that_one_s_title() -> None:
    named = candidate(0.99, id=LINKED)
    start = f"The title is that of arXiv:2401.00001, {SONGS!r}, but the digest links 2401.00002"
    end = "Correct one of the two."
    found = verdict(named, candidate(0.01, alike(), number=2, name="Waves", id=YES))
    assert (found.verdict, found.reason) == (Verdict.AMBIGUOUS, f"{start}: arXiv:2401.00002, 'Waves'. {end}")
    assert verdict(named).reason == f"{start}: another record. {end}"


def test_a_link_to_a_record_with_another_title_is_asked_about_however_unlikely() -> None:
    linked = candidate(0.1, Part(Outcome.MISMATCH, 0.2), number=2, name="Waves", id=YES)
    found = verdict(candidate(0.15, alike(), id=LINKED), linked)
    assert found.verdict is Verdict.AMBIGUOUS
    assert found.reason == "The digest links arXiv:2401.00002, but its title is another: Waves"


def test_a_likely_record_is_asked_about_and_an_unlikely_one_is_not() -> None:
    asked = verdict(candidate(0.55, alike()))
    assert (asked.verdict, asked.reason) == (Verdict.AMBIGUOUS, f"It may be arXiv:2401.00001, {SONGS!r}: {NOTHING}.")
    assert verdict(candidate(0.54, alike())).verdict is Verdict.NOT_FOUND


def test_an_outage_comes_before_a_near_miss_and_after_a_contradiction() -> None:
    failed = verdict(candidate(0.6, alike()), failures=("arxiv: down", "index: gone"))
    assert (failed.verdict, failed.reason) == (Verdict.FAILED, "A source failed: arxiv: down; index: gone")
    assert failed.candidates[0].reason == NOTHING
    assert verdict(candidate(0.99, authors=NO), failures=("arxiv: down",)).verdict is Verdict.AMBIGUOUS
    assert verdict(candidate(0.99), failures=("arxiv: down",)).verdict is Verdict.MATCHED


@pytest.mark.parametrize(
    ("title", "nearest"),
    [
        (alike(score=0.6), "; the nearest, arXiv:2401.00001, is 'Waves'."),
        (alike(score=0.6, note="“sea”"), "; the nearest, arXiv:2401.00001, is 'Waves' (“sea”)."),
        (alike(score=0.59), "."),
        (Part(), "."),
    ],
)
def test_not_found_names_the_nearest_if_it_is_near(title: Part, nearest: str) -> None:
    found = verdict(candidate(0.2, title, name="Waves"), candidate(0.1, alike(), number=2))
    assert (found.verdict, found.reason) == (Verdict.NOT_FOUND, f"No record with this title in the index{nearest}")


@pytest.mark.parametrize(
    ("asked", "where"), [((), "any source"), (("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_not_found_names_where_it_looked(asked: tuple[str, ...], where: str) -> None:
    found = verdict(asked=asked)
    assert (found.verdict, found.reason) == (Verdict.NOT_FOUND, f"No record with this title in {where}.")
    assert (found.candidates, found.confidence) == ((), 0.0)
