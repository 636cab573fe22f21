"""`refkit bench` from end to end, on a small gold file of our own."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from refkit.bench.page import BEGIN, END
from refkit.cli import main

# Facts of real records, and two invented ones of the same title.
POOL = {
    "1706.03762": "Attention Is All You Need",
    "1810.04805": "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
    "1512.03385": "Deep Residual Learning for Image Recognition",
    "1412.6980": "Adam: A Method for Stochastic Optimization",
    "2005.14165": "Language Models are Few-Shot Learners",
    "1706.02677": "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
    "2401.00001": "Twin Rivers of the Northern Delta Plain",
    "2401.00002": "Twin Rivers of the Northern Delta Plain",
}
# Right: the first four. Ambiguous: the twins. Not found: a nickname, and a paper that the pool lacks. Wrong: the last.
GOLD: list[dict[str, Any]] = [
    {"title": "Attention Is All You Need", "arxiv_id": "1706.03762"},
    {"title": "Deep residual learning for image recognition.", "arxiv_id": "https://arxiv.org/abs/1512.03385v1"},
    {"title": POOL["1810.04805"], "arxiv_id": "1810.04805", "format": "md"},
    {"title": POOL["1412.6980"], "arxiv_id": "1412.6980", "authors": "Diederik P. Kingma, Jimmy Ba", "format": "md"},
    {"title": POOL["2401.00001"], "arxiv_id": "2401.00001"},
    {"title": "GPT-3", "arxiv_id": "2005.14165"},
    {"title": "How Whales Sing in the Deep Winter Sea", "arxiv_id": "2312.00001"},
    {"title": "Language Models are Few-Shot Learners", "arxiv_id": "1706.02677", "url": "https://arxiv.org/abs/1706.02677"},
]  # fmt: skip
NEGATIVES: list[dict[str, Any]] = [
    {"title": "A Hydrological Atlas of Lesser Alpine Valleys", "authors": ["Ann Other"]},
    {"title": "On the Grammar of Bee Dances in Early Spring"},
]


def lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def record(arxiv_id: str, title: str) -> dict[str, Any]:
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2018 10:00:00 GMT"}]
    facts = {"id": arxiv_id, "title": title, "abstract": "", "update_date": "2018-01-02", "categories": "cs.LG"}
    return {**facts, "authors": None, "authors_parsed": [], "versions": versions}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.delenv("REFKIT_INDEX_PATH", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("pool.jsonl.gz").write_bytes(gzip.compress(lines([record(*each) for each in POOL.items()]).encode()))
    Path("gold.jsonl").write_text(lines(GOLD), encoding="utf-8")
    Path("negatives.jsonl").write_text(lines(NEGATIVES), encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ("bench", *arguments))
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    return result


def measured(*arguments: str) -> Mapping[str, Any]:
    result = run("gold.jsonl", "--index", "pool.jsonl.gz", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_own_gold_of_titles_and_ids_is_measured() -> None:
    found = measured("--negatives", "negatives.jsonl")
    assert (found["titles"], found["in_pool"], found["accepted"], found["right"], found["wrong"]) == (8, 7, 5, 4, 1)
    assert (found["precision"], found["recall"]) == (0.8, round(4 / 7, 6))
    assert found["f1"] == round(2 * 4 / (5 + 7), 6)
    assert found["found"] in {round(4 / 7, 6), round(5 / 7, 6)}  # of twins, either may stand first
    assert (found["absent"], found["absent_accepted"]) == (1, 0)
    assert (found["negatives"], found["negatives_accepted"]) == (2, 0)
    assert (found["ambiguous"], found["ambiguous_count"]) == (0.125, 1)
    assert 0 < found["ece"] < 1
    assert found["titles_per_second"] > 0
    assert {name: each["titles"] for name, each in found["by_relation"].items()} == {
        "exact": 4, "norm": 1, "other": 2, "absent": 1,
    }  # fmt: skip
    assert found["by_format"]["md"]["recall"] == 1.0
    assert found["by_evidence"]["authors"]["titles"] == 1
    assert found["rules"]["equality after normalising"]["recall"] == round(5 / 7, 6)
    (mistake,) = found["mistakes"]
    assert (mistake["taken"], mistake["right"], mistake["place"]) == ("2005.14165", "1706.02677", "gold.jsonl:8")
    assert mistake["right_title"] == POOL["1706.02677"]
    assert (found["suspect_left_out"], found["in_pool_disagreeing"]) == (0, 0)


def test_an_index_measures_the_same_as_the_snapshot_of_which_it_is_made(home: Path) -> None:
    timed = {"seconds", "titles_per_second"}
    before = {name: value for name, value in measured().items() if name not in timed}
    built = CliRunner().invoke(main, ["index", "build", "pool.jsonl.gz", "--index", "other.index", "--jobs", "1"])
    assert built.exit_code == 0
    for arguments in (["--index", "other.index"], []):
        Path("refkit.toml").write_text('[sources.index]\npath = "other.index"\n', encoding="utf-8")
        result = run("gold.jsonl", "--json", *arguments)
        assert {name: value for name, value in json.loads(result.stdout).items() if name not in timed} == before
    assert before["negatives_accepted"] == 0
    assert before["negatives_accepted_rate"] is None
    assert not list(home.glob("data/**/*.index"))


def test_the_index_that_is_made_for_the_while_is_gone_afterwards(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home / "tmp"))
    measured()
    assert list((home / "tmp").iterdir()) == []
    assert run("none.jsonl", "--index", "pool.jsonl.gz").exit_code == 2
    assert list((home / "tmp").iterdir()) == []


def test_titles_alone_can_be_shown() -> None:
    found = measured("--titles-only")
    assert found["by_evidence"]["authors"]["titles"] == 0
    assert found["by_evidence"]["title only"]["titles"] == 8


def test_a_sample_is_taken_of_each_file() -> None:
    found = measured("--sample", "3", "--negatives", "negatives.jsonl")
    assert (found["titles"], found["negatives"]) == (3, 2)


def test_the_page_is_printed_and_written_where_it_belongs(home: Path) -> None:
    (home / "docs").mkdir()
    page = home / "docs/accuracy.md"
    page.write_text(f"# How right\n\n{BEGIN}\nold\n{END}\n\nBy hand.\n", encoding="utf-8")
    given = ["gold.jsonl", "--index", "pool.jsonl.gz", "-o", "docs/accuracy.md", "--picture", "docs/accuracy.svg"]
    result = run(*given)
    assert result.exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text == f"# How right\n\n{BEGIN}\n\n{result.stdout}\n{END}\n\nBy hand.\n"
    command = "refkit bench gold.jsonl --index pool.jsonl.gz --output docs/accuracy.md --picture docs/accuracy.svg"
    assert f"```sh\n{command}\n```" in text
    assert "](accuracy.svg)" in text
    assert "(other, gold.jsonl:8)" in text
    assert (home / "docs/accuracy.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert run(*given, "--wrong", "0").stdout.endswith("And 1 more.\n")


def test_a_page_without_that_place_is_written_anew() -> None:
    Path("page.md").write_text("old", encoding="utf-8")
    result = run("gold.jsonl", "--index", "pool.jsonl.gz", "--output", "page.md")
    assert Path("page.md").read_text(encoding="utf-8") == result.stdout
    assert "![" not in result.stdout


def test_rows_with_a_suspect_link_are_left_out_and_told() -> None:
    Path("gold.jsonl").write_text(lines([*GOLD, {**GOLD[0], "suspect_link": True}]), encoding="utf-8")
    assert measured()["suspect_left_out"] == 1
    assert "suspect link, left out: 1." in run("gold.jsonl", "--index", "pool.jsonl.gz").stdout


def test_a_file_that_does_not_fit_the_index_is_told_of() -> None:
    Path("gold.jsonl").write_text(lines([{**GOLD[0], "in_pool": False}]), encoding="utf-8")
    result = run("gold.jsonl", "--index", "pool.jsonl.gz", "--json")
    assert "refkit: of 1 titles the file says otherwise than the index whether it has the record" in result.stderr
    assert json.loads(result.stdout)["absent_accepted"] == 1


def test_lines_of_the_snapshot_that_are_no_records_are_told() -> None:
    Path("pool.jsonl").write_text(lines([record(*each) for each in POOL.items()]) + "{}\n", encoding="utf-8")
    result = run("gold.jsonl", "--index", "pool.jsonl")
    assert result.exit_code == 0
    assert "lines of pool.jsonl that are no records, and left out: 1; the first is 9: " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["gold.jsonl"], "there is no such index; make it with `refkit index build`"),
        (["none.jsonl", "--index", "pool.jsonl.gz"], "refkit: none.jsonl: there is no such file"),
        (["bad.jsonl", "--index", "pool.jsonl.gz"], "refkit: bad.jsonl:2: the row has no `arxiv_id`"),
        (["gold.jsonl", "--index", "pool.jsonl.gz", "--negatives", "gold.jsonl"], "refkit: gold.jsonl:1: the row has"),
        (["gold.jsonl", "--index", "bad.jsonl"], "bad.jsonl has no record of arXiv in it"),
        (["gold.jsonl", "--index", "pool.jsonl.gz", "-o", "gold.jsonl"], "refkit: gold.jsonl is what is read, or wri"),
        (["gold.jsonl", "--index", "pool.jsonl.gz", "-o", "a", "--picture", "a"], "refkit: a is what is read, or wri"),
        (
            ["gold.jsonl", "--index", "pool.jsonl.gz", "-o", "no/a.md"],
            "no/a.md: the folder no does not exist; make it first.",
        ),
        (["none.jsonl", "--index", "pool.jsonl.gz", "--picture", "no/a.svg"], "no/a.svg: the folder no does not exist"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(arguments: list[str], why: str) -> None:
    Path("bad.jsonl").write_text(lines([GOLD[0], {"title": "T"}]), encoding="utf-8")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "Traceback" not in result.stderr
