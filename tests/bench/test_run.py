"""Figures that were computed by hand, beside those of the program."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.bench import run
from refkit.bench.figures import Figures, Judged, bins, calibration_error, figures, judge
from refkit.bench.gold import Known, Row, read_gold, read_negatives
from refkit.bench.page import BEGIN, END, About, page, put_into
from refkit.bench.picture import picture
from refkit.errors import BadResponse, DigestError, SourceUnavailable, UsageError
from refkit.metadata.titles import TitleIndex
from refkit.model import (
    Answer,
    ArxivRecord,
    Author,
    Candidate,
    Evidence,
    Mention,
    Outcome,
    Part,
    PartialDate,
    Resolution,
    Verdict,
)

MATCHED, AMBIGUOUS, NOT_FOUND = Verdict.MATCHED, Verdict.AMBIGUOUS, Verdict.NOT_FOUND
ATTENTION = ArxivRecord(arxiv_id="1706.03762", title="Attention Is All You Need")
BERT = ArxivRecord(
    arxiv_id="1810.04805",
    title="BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
    authors=(Author(family="Devlin", given="Jacob"),),
)
RESIDUAL = ArxivRecord(arxiv_id="1512.03385", title="Deep Residual Learning for Image Recognition")
ADAM = ArxivRecord(arxiv_id="1412.6980", title="Adam: A Method for Stochastic Optimization")
FEW_SHOT = ArxivRecord(arxiv_id="2005.14165", title="Language Models are Few-Shot Learners")
TWINS = [ArxivRecord(arxiv_id=f"2401.0000{number}", title="Twin Rivers") for number in (1, 2)]


def row(title: str, arxiv_id: str = "", relation: str = "exact", **more: Any) -> Row:
    known: dict[str, Any] = {"in_pool": bool(arxiv_id) and relation != "absent", "same_title_ids": ()}
    return Row(title=title, arxiv_id=arxiv_id, relation=relation, **(known | more))


def judged(one: Row, verdict: Verdict, confidence: float = 0.0, *records: ArxivRecord) -> Judged:
    evidence = Evidence(title=Part(Outcome.PARTIAL, 0.5, "some words"))
    candidates = tuple(Candidate(record=each, evidence=evidence, score=0.5, source="index") for each in records)
    return judge(
        one,
        Resolution(
            mention=one.mention(), verdict=verdict, reason="So it is.", candidates=candidates, confidence=confidence
        ),
    )


PAIRS = [
    judged(row(ATTENTION.title, ATTENTION.arxiv_id, abstract="A", authors=("B C",)), MATCHED, 0.95, ATTENTION),
    judged(row(BERT.title, BERT.arxiv_id), MATCHED, 0.95, BERT),
    judged(row(ADAM.title.upper(), ADAM.arxiv_id, "norm", abstract="A"), MATCHED, 0.85, ADAM),
    judged(row("Twin Rivers", "2401.00001", same_title_ids=("2401.00002",)), MATCHED, 0.95, TWINS[1]),
    judged(row("Residuals", RESIDUAL.arxiv_id, "near", abstract="A"), AMBIGUOUS, 0.55, RESIDUAL, ADAM),
    judged(row("Nets", RESIDUAL.arxiv_id, "near", date=PartialDate(2024)), AMBIGUOUS, 0.45, ADAM, RESIDUAL),
    judged(row("GPT-3", FEW_SHOT.arxiv_id, "far"), NOT_FOUND),
    judged(row("OpenAI", FEW_SHOT.arxiv_id, "far", place="a:3", answer=FEW_SHOT.title), MATCHED, 0.95, ADAM),
    judged(row("Of birds", "2401.99999", "absent"), NOT_FOUND, 0.05, ADAM),
    judged(row("Attention Is All We Need", "2401.99998", "absent"), MATCHED, 0.75, ATTENTION),
]
NEGATIVES = [
    judged(row("Of bees", relation="negative"), NOT_FOUND),
    judged(row("Of ants", relation="negative"), MATCHED, 0.65, ADAM),
]


@pytest.fixture(scope="module")
def found() -> Figures:
    return figures(PAIRS, NEGATIVES, seconds=4.0)


def test_precision_and_recall_are_those_of_all_pairs(found: Figures) -> None:
    assert (found.titles, found.in_pool, found.accepted, found.right, found.wrong) == (10, 8, 6, 4, 2)
    assert found.precision == pytest.approx(4 / 6)
    assert found.recall == pytest.approx(4 / 8)
    assert found.f1 == pytest.approx(4 / 7)
    assert found.found == pytest.approx(5 / 8)  # the right one stands first under one of the two ambiguous


def test_what_should_not_be_accepted_is_counted(found: Figures) -> None:
    assert (found.absent, found.absent_accepted, found.absent_accepted_rate) == (2, 1, 0.5)
    assert (found.negatives, found.negatives_accepted, found.negatives_accepted_rate) == (2, 1, 0.5)
    assert (found.ambiguous, found.ambiguous_count, found.negatives_ambiguous) == (0.2, 2, 0)
    assert (found.seconds, found.titles_per_second) == (4.0, 3.0)


def test_the_calibration_error_is_that_of_all_titles(found: Figures) -> None:
    # .0: three, mean .05 / 3, none right; .4: .45 wrong; .5: .55 right; .6: .65 and .7: .75 wrong; .8: .85 right;
    # .9: four, mean .95, three right.
    assert found.ece == pytest.approx((0.05 + 0.45 + 0.45 + 0.65 + 0.75 + 0.15 + 4 * 0.2) / 12)
    assert found.ece_matched == pytest.approx((0.65 + 0.75 + 0.15 + 4 * 0.2) / 7)
    assert [each.titles for each in found.calibration] == [3, 0, 0, 0, 1, 1, 1, 1, 1, 4]
    assert found.calibration[9].confidence == pytest.approx(0.95)
    assert (found.calibration[9].right, found.calibration[1].right) == (0.75, None)
    assert sum(each.titles for each in found.calibration_matched) == 7


def test_a_sure_and_right_answer_is_in_the_last_bin() -> None:
    table = bins([judged(row(BERT.title, BERT.arxiv_id), MATCHED, 1.0, BERT)])
    assert (table[9].titles, calibration_error(table)) == (1, 0.0)
    assert calibration_error(bins([])) is None


def test_the_figures_are_told_by_relation_and_by_evidence(found: Figures) -> None:
    by = {name: (each.titles, each.right, each.wrong, each.ambiguous) for name, each in found.by_relation.items()}
    assert by == {
        "exact": (3, 3, 0, 0),
        "absent": (2, 0, 1, 0),
        "far": (2, 0, 1, 0),
        "near": (2, 0, 0, 2),
        "norm": (1, 1, 0, 0),
    }
    assert next(iter(by)) == "exact"
    assert (found.by_relation["near"].recall, found.by_relation["near"].found) == (0.0, 0.5)
    assert found.by_relation["absent"].recall is None
    given = {name: (each.titles, each.right) for name, each in found.by_evidence.items()}
    assert given == {"abstract": (3, 2), "no abstract": (7, 2), "authors": (1, 1), "date": (1, 0), "title only": (6, 2)}
    assert found.recall_with_abstract == pytest.approx(2 / 3)
    assert found.recall_without_abstract == pytest.approx(2 / 5)
    assert found.by_format == found.by_source == {}


def test_the_curve_takes_the_likeliest_first(found: Figures) -> None:
    points = [(each.confidence, each.precision, each.recall) for each in found.curve]
    assert points == [(0.95, 3 / 4, 3 / 8), (0.85, 4 / 5, 4 / 8), (0.55, 5 / 7, 5 / 8), (0.05, 5 / 9, 5 / 8)]


def test_the_simple_rules_are_held_against_the_same_candidates(found: Figures) -> None:
    same, alike, less, sorted_ = found.rules.values()
    assert (same.precision, same.recall, same.absent_accepted, same.negatives_accepted) == (1.0, 0.5, 0, 0)
    # "Attention Is All We Need" lacks two letters of 24 and has another: 2 * 22 of 49.
    assert (alike.precision, alike.absent_accepted) == (1.0, 0)
    assert (less.precision, less.recall, less.absent_accepted) == (1.0, 0.5, 0)
    assert (sorted_.precision, sorted_.absent_accepted) == (0.8, 1)


def test_the_wrong_ones_come_with_their_evidence(found: Figures) -> None:
    assert [(each.title, each.relation) for each in found.mistakes] == [
        ("OpenAI", "far"),
        ("Attention Is All We Need", "absent"),
        ("Of ants", "negative"),
    ]
    one = found.mistakes[0]
    assert (one.taken, one.taken_title) == (ADAM.arxiv_id, ADAM.title)
    assert (one.right, one.right_title, one.place) == (FEW_SHOT.arxiv_id, FEW_SHOT.title, "a:3")
    assert (one.confidence, one.reason, one.evidence) == (0.95, "So it is.", {"title": "partial 0.50, some words"})


def test_of_nothing_there_are_no_shares() -> None:
    found = figures([judged(row("Of birds", "2401.99999", "absent"), NOT_FOUND)])
    assert (found.precision, found.recall, found.f1, found.found, found.ece_matched) == (None,) * 5
    assert (found.ambiguous, found.ece, found.negatives_accepted, found.negatives_accepted_rate) == (0.0, 0.0, 0, None)
    assert list(found.curve) == []
    assert "| F1 " in page(found, about())
    ET.fromstring(picture(found))  # noqa: S314 - our own


def write(path: Path, *lines: Mapping[str, Any] | str) -> Path:
    text = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.jsonl.gz"])
def test_a_gold_file_is_read_with_all_it_says(tmp_path: Path, name: str) -> None:
    full = {
        "title": "  Twin\n Rivers ",
        "arxiv_id": "arXiv:2401.00001v2",
        "abstract": "Of rivers.",
        "authors": "Ada, A. and Bee, B.",
        "date": "Mon, 31 Mar 2025 15:46:15 +0000",
        "heading": "Water",
        "in_pool": True,
        "same_title_ids": ["2401.00002"],
        "relation": "near",
        "source": "a list",
        "format": "md",
        "more": [1],
    }
    suspect = {"title": "Other", "arxiv_id": "2401.00003", "suspect_link": True}
    gold = read_gold(write(tmp_path / name, full, "", suspect))
    assert gold.suspect == 1
    (only,) = gold.rows
    assert only == Row(
        title="Twin Rivers",
        arxiv_id="2401.00001",
        abstract="Of rivers.",
        authors=("Ada, A.", "Bee, B."),
        date=PartialDate(2025, 3, 31),
        heading="Water",
        in_pool=True,
        same_title_ids=("2401.00002",),
        relation="near",
        source="a list",
        format="md",
        place=f"{tmp_path / name}:1",
    )


def test_the_matcher_is_never_shown_an_id_or_a_link() -> None:
    one = row("Twin Rivers", "2401.00001", abstract="Of rivers.", authors=("A B",), date=PartialDate(2024), heading="W")
    assert one.mention() == Mention(
        title="Twin Rivers", abstract="Of rivers.", authors=("A B",), issued=PartialDate(2024), heading="W"
    )
    assert one.mention(titles_only=True) == Mention(title="Twin Rivers")


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (None, ()),
        ("A. Ada, B. Bee and C. Cee", ("A. Ada", "B. Bee", "C. Cee")),
        ("**On Rivers, and Lakes**|A. Ada et.al.", ("A. Ada",)),
        (["A. Ada, B. Bee"], ("A. Ada", "B. Bee")),
        (["van der Ada, A.", "Bee, B."], ("van der Ada, A.", "Bee, B.")),
        ([{"name": "A. Ada"}], ("A. Ada",)),
    ],
)
def test_authors_are_a_text_or_a_list(tmp_path: Path, authors: object, names: Sequence[str]) -> None:
    gold = read_gold(write(tmp_path / "g.jsonl", {"title": "T", "arxiv_id": "2401.00001", "authors": authors}))
    assert gold.rows[0].authors == names


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Input data was truncated; a row is a JSON object"),
        ("[1]", "Expected `object`, got `array`; a row is a JSON object"),
        ({"arxiv_id": "2401.00001"}, "Object missing required field `title`; a row is"),
        ({"title": " ", "arxiv_id": "2401.00001"}, "the title is empty; fill it in"),
        ({"title": "T"}, "the row has no `arxiv_id`; fill it in, or name papers that are not on arXiv with --neg"),
        ({"title": "T", "arxiv_id": "10.1000/182"}, "'10.1000/182' is no id of arXiv's; correct it."),
        ({"title": "T", "arxiv_id": "2401.00001", "authors": 3}, "`authors` must be a text or a list of names"),
        ({"title": "T", "arxiv_id": "2401.00001", "in_pool": "yes"}, "Expected `bool | null`, got `str` - at `$.in_"),
        ("{" * 2000, "a row is a JSON object"),
    ],
)
def test_a_row_that_is_none_is_named_by_file_and_line(tmp_path: Path, line: Any, problem: str) -> None:
    path = write(tmp_path / "gold.jsonl", {"title": "T", "arxiv_id": "2401.00001"}, line)
    with pytest.raises(DigestError) as caught:
        read_gold(path)
    assert (caught.value.digest, caught.value.line) == (str(path), 2)
    assert problem in caught.value.problem


def test_negatives_have_no_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "n.jsonl", {"title": "Of bees", "authors": ["A B"], "year": "1988"})
    (only,) = read_negatives(path)
    assert (only.title, only.authors, only.in_pool, only.right, only.relation) == (
        "Of bees", ("A B",), False, frozenset(), "negative",
    )  # fmt: skip
    write(path, {"title": "T"}, {"title": "T", "arxiv_id": "2401.00001"})
    with pytest.raises(DigestError, match=r"n\.jsonl:2: the row has the arxiv_id '2401\.00001', but negatives"):
        read_negatives(path)


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "it has no rows"), (b"\xff\n", "is not UTF-8"), (b"a\0b", "no tex")]
)
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    with pytest.raises(DigestError, match=why):
        read_gold(path)


def test_what_a_row_does_not_say_is_looked_up_in_the_index() -> None:
    known = Known(TitleIndex([ATTENTION, BERT, *TWINS]))
    given = [
        Row(title=BERT.title, arxiv_id=BERT.arxiv_id),
        Row(title="attention is all you need!", arxiv_id=ATTENTION.arxiv_id),
        Row(title="Twin rivers", arxiv_id="2401.00001"),
        Row(title="A Nickname", arxiv_id="2401.00002"),
        Row(title="Twin Rivers", arxiv_id=BERT.arxiv_id),  # what the file says is right
        Row(title="Of birds", arxiv_id="2401.99999"),
        Row(title="Of birds", arxiv_id="2401.99999", in_pool=False, same_title_ids=(), relation="absent"),
    ]
    rows = known.complete(given)
    assert [(each.relation, each.in_pool) for each in rows] == [
        ("exact", True), ("norm", True), ("norm", True), ("other", True), ("other", True), ("absent", False),
        ("absent", False),
    ]  # fmt: skip
    assert [each.same_title_ids for each in rows] == [(), (), ("2401.00002",), ("2401.00001",), (), (), ()]
    assert rows[2].right == {"2401.00001", "2401.00002"}
    assert (rows[0].answer, rows[5].answer) == (BERT.title, "")
    assert known.disagreeing == 0


def test_a_file_that_says_otherwise_than_the_index_is_believed_and_counted() -> None:
    known = Known(TitleIndex([BERT]))
    rows = known.complete([
        Row(title=BERT.title, arxiv_id=BERT.arxiv_id, in_pool=False),
        Row(title="Of birds", arxiv_id="2401.99999", in_pool=True),
    ])  # fmt: skip
    assert [(each.in_pool, each.relation) for each in rows] == [(False, "absent"), (True, "other")]
    assert known.disagreeing == 2


def about(**more: Any) -> About:
    facts: dict[str, Any] = {
        "command": "refkit bench gold.jsonl",
        "version": "1.2",
        "day": dt.date(2026, 1, 2),
        "records": 6,
    }
    return About(**(facts | more))


def test_the_page_says_what_was_measured_and_what_came_of_it(found: Figures) -> None:
    text = page(found, about(suspect=3, disagreeing=4, picture="a.svg"))
    assert text.startswith(
        "refkit 1.2, 2026-01-02: 10 titles with known answers, and 2 titles of papers that are not on"
    )
    flat = " ".join(text.split())
    for part in (
        "```sh refkit bench gold.jsonl ```",
        "Rows with a suspect link, left out: 3. Rows that say otherwise than the index whether it has the record: 4.",
        "](a.svg)",
        "| precision (right of all accepted) | .6667 |",
        "| equality after normalising | .5000 | 1.0000 | 0 | 0 |",
        "| near | 0 | 0 | 2 | 2 | .0000 | .5000 |",
        "| 0.9 to 1.0 | 4 | .9500 | .7500 | 4 | .9500 | .7500 |",
        "- OpenAI (far, a:3) - taken: arXiv:1412.6980, Adam: A Method for Stochastic Optimization, confidence 0.950",
        "- as so it is. - evidence: title partial 0.50, some words - right: arXiv:2005.14165, Language Models are Few",
        "- right: none, the paper is not on arXiv",
        "- right: none, as the index lacks arXiv:2401.99998",
    ):
        assert part in flat, part
    assert max(map(len, text.splitlines())) <= 120
    assert "By source" not in text


def test_the_page_shows_only_so_many_wrong_ones_and_no_marks(found: Figures) -> None:
    one = replace(found.mistakes[0], title="*A* [link](x) <b> old_version _x_ \x1b[2J")
    text = page(replace(found, mistakes=[one] * 3), about(wrong=1))
    assert r"- \*A\* \[link]\(x) \<b> old_version \_x\_ �\[2J (far, a:3)" in text
    assert text.endswith("And 2 more.\n")
    assert page(replace(found, mistakes=[]), about()).endswith("## The wrong ones\n\nNone.\n")


def test_a_long_table_is_left_to_programs(found: Figures) -> None:
    counts = found.by_relation["near"]
    text = page(replace(found, by_source={f"list {number}": counts for number in range(21)}), about())
    assert "## By source\n\nThere are 21 of them, which `--json` lists." in text


def test_figures_are_put_where_a_page_has_a_place_for_them() -> None:
    assert put_into("", "new\n") == put_into("old", "new\n") == put_into(f"old {BEGIN}", "new\n") == "new\n"
    first = put_into(f"# Title\n\n{BEGIN}\nold\n{END}\n\nMore.\n", "new\n")
    assert first == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nMore.\n"
    assert put_into(first, "new\n") == first


def test_the_picture_is_drawing_of_all_rules(found: Figures) -> None:
    drawn = ET.fromstring(picture(found))  # noqa: S314 - our own
    texts = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"refkit", "edit ratio >= 95", "recall", "precision", "recall 0.500, precision 0.6667"} <= texts
    for circle in drawn.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 <= float(circle.attrib["cx"]) <= 760
        assert 0 <= float(circle.attrib["cy"]) <= 440
    assert "nan" not in picture(found)


class _Down:
    """An index that is not there any more."""

    name = "index"
    network = False

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        raise SourceUnavailable(f"{len(mentions)} of {limit} are too many")

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        return dict.fromkeys(ids, BERT)


def test_of_an_index_that_fails_nothing_is_measured() -> None:
    with pytest.raises(BadResponse, match="'Twin Rivers' could not be decided, so that nothing is measured"):
        run._resolved([Mention(title="Twin Rivers")], [_Down()], lambda: 0.0)


def test_a_file_that_is_neither_an_index_nor_a_snapshot_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear all", encoding="utf-8")
    for name, why in (("notes.txt", "is not an index of refkit"), ("none", "there is no such index"), (".", "folder")):
        with pytest.raises(UsageError, match=why), run.open_pool(tmp_path / name):
            raise AssertionError


def test_a_sample_is_the_same_each_time_and_in_order() -> None:
    rows = [row(str(number)) for number in range(100)]
    chosen = run._sampled(rows, 10)
    assert chosen == run._sampled(rows, 10)
    assert [int(each.title) for each in chosen] == sorted(int(each.title) for each in chosen)
    assert len(chosen) == 10
    assert run._sampled(rows, 0) == run._sampled(rows, 100) == rows
