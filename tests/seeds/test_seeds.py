"""The sample digest and the original one: every theme given is one of the hand labels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypedDict

import msgspec
import pytest

from refkit.metadata.catalogue import CatalogueSource
from refkit.model import ArxivRecord, Mention, Work
from refkit.themes.rules import RuleTagger, load_taxonomy

ROOT = Path(__file__).parents[2]
OURS = ROOT / "seeds" / "trending-papers.txt"
SHARED = ROOT.parent / "shared" / "seeds"
ORIGINAL = SHARED / "trending-papers.txt"
needs_shared = pytest.mark.skipif(not ORIGINAL.exists(), reason="the original digest (../shared) is not here")


class Row(TypedDict):
    title: str
    arxiv_id: str
    themes: list[str]


ROWS = [
    msgspec.json.decode(line, type=Row) for line in (ROOT / "seeds" / "truth.jsonl").read_text("utf-8").splitlines()
]


def paragraphs(digest: Path) -> list[str]:
    return [part.strip() for part in digest.read_text("utf-8").split("\n\n")]


def test_the_digest_has_its_titles_in_order_each_with_a_summary() -> None:
    parts = paragraphs(OURS)
    places = [parts.index(row["title"]) for row in ROWS]
    assert len(ROWS) == 53
    assert places == list(range(places[0], places[0] + 106, 2))
    assert len(parts) == places[-1] + 2
    for place in places:
        assert parts[place + 1].endswith(".")
        assert 20 <= len(parts[place + 1].split()) <= 45


def test_the_digest_is_ascii_and_begins_as_the_page_does() -> None:
    text = OURS.read_text("utf-8")
    assert text.isascii()
    assert re.match(r"new\n\nGet trending papers[^\n]*\n\nSubscribe\n\n[^\n]*research community\n\nMar 13\n\n", text)


def test_the_truth_is_facts_in_a_fixed_form() -> None:
    known = {theme.id for theme in load_taxonomy().themes}
    for row in ROWS:
        assert list(row) == ["title", "arxiv_id", "themes"]
        assert re.fullmatch(r"\d{4}\.\d{5}", row["arxiv_id"])
        assert row["themes"] == sorted(set(row["themes"]))
        assert row["themes"]
        assert set(row["themes"]) <= known
    assert len({row["arxiv_id"] for row in ROWS}) == len({row["title"] for row in ROWS}) == 53


@needs_shared
def test_the_truth_agrees_with_the_verified_facts() -> None:
    verified = [msgspec.json.decode(line) for line in (SHARED / "truth.jsonl").read_text("utf-8").splitlines()]
    assert [(row["title"], row["arxiv_id"]) for row in ROWS] == [
        (row["digest_title"], row["arxiv_id"]) for row in verified
    ]


@needs_shared
def test_no_summary_shares_a_run_of_words_with_an_abstract() -> None:
    theirs = re.findall(r"\w+", ORIGINAL.read_text("utf-8").lower())
    runs = {tuple(theirs[place : place + 5]) for place in range(len(theirs))}
    parts = paragraphs(OURS)
    for row in ROWS:
        ours = re.findall(r"\w+", parts[parts.index(row["title"]) + 1].lower())
        assert not {tuple(ours[place : place + 5]) for place in range(len(ours) - 4)} & runs


@pytest.mark.parametrize("known", [True, False], ids=["categories", "no-categories"])
@pytest.mark.parametrize("digest", [OURS, pytest.param(ORIGINAL, marks=needs_shared)], ids=["ours", "original"])
def test_no_wrong_theme_and_few_works_without(digest: Path, *, known: bool) -> None:
    parts = paragraphs(digest)
    tagger = RuleTagger()
    records = CatalogueSource().lookup([row["arxiv_id"] for row in ROWS])
    wrong, without = [], []
    for row in ROWS:
        mention = Mention(title=row["title"], abstract=parts[parts.index(row["title"]) + 1])
        categories = records[row["arxiv_id"]].categories if known else ()
        record = ArxivRecord(arxiv_id=row["arxiv_id"], title=row["title"], categories=categories)
        work = Work(record=record, mentions=(mention,))
        tags = tagger.tag(work)
        wrong += [(row["title"], tag) for tag in tags if tag.theme not in row["themes"]]
        without += [row["title"]] if not tags else []
    assert wrong == []
    assert len(without) <= 3
