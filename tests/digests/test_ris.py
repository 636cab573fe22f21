"""RIS, EndNote, MEDLINE and Web of Science: cases, dates, ids, what is no paper, and text that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from refkit.digests.loading import read_mentions
from refkit.digests.ris import RisReader
from refkit.digests.tagged import form_of
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import case_input


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> RisReader:
        return RisReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("ris")


def record(*lines: str) -> Mention:
    text = "\n".join(["TY  - JOUR", "TI  - Mamba", *lines, "ER  - "])
    (mention,) = read_mentions(text, RisReader(), digest="a.ris")[0]
    return mention


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (("PY  - 2024",), PartialDate(2024)),
        (("PY  - 2024/03/13/Spring",), PartialDate(2024, 3, 13)),
        (("Y1  - 2024/03//",), PartialDate(2024, 3)),
        (("PY  - 2024///",), PartialDate(2024)),
        (("PY  - 2024", "DA  - 2024/03/13"), PartialDate(2024, 3, 13)),
        (("DA  - March 13, 2024",), PartialDate(2024, 3, 13)),
        (("PY  - 2024", "DA  - Mar 13"), PartialDate(2024, 3, 13)),
        (("PY  - soon",), None),
    ],
)
def test_dates_of_ris(lines: tuple[str, ...], date: PartialDate | None) -> None:
    assert record(*lines).issued == date


@pytest.mark.parametrize(
    "line",
    [
        "UR  - https://arxiv.org/abs/2312.00752v2",
        "DO  - 10.48550/arXiv.2312.00752",
        "JO  - arXiv preprint arXiv:2312.00752",
        "AN  - arXiv:2312.00752",
        "N1  - arXiv:2312.00752 [cs.LG]",
    ],
)
def test_an_arxiv_id_is_found_wherever_exports_have_it(line: str) -> None:
    assert record(line).arxiv_id == "2312.00752"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("COMP", "a program"), ("DATA", "a data set"), ("ELEC", "a web page"), ("PAT", "a law or patent"), ("JOUR", "")],
)
def test_types_that_are_no_papers_are_skipped(kind: str, reason: str) -> None:
    items = list(RisReader().read(f"TY  - {kind}\nTI  - A Title\nER  - \n", digest="a.ris"))
    assert [each.reason for each in items if isinstance(each, Skipped)] == ([reason] if reason else [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("case", ["ris", "medline", "endnote", "web-of-science"])
def test_line_ends_make_no_difference(case: str, end: str) -> None:
    text, _ = case_input(Path(__file__).with_name("ris") / case)
    expected = [(each.title, each.line) for each in read_mentions(text, RisReader(), digest="a")[0]]
    found = read_mentions(text.replace("\n", end), RisReader(), digest="a")[0]
    assert [(each.title, each.line) for each in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "TY - a title about something\nAttention Is All You Need\n",
        "PT J is a person\nTI also\n",
        "AI - Based Methods for Everything\nGPT-4 Technical Report\n",
        "%0 percent\nof all titles\n",
        "",
    ],
)
def test_text_that_only_looks_like_a_record_is_not_taken_for_one(text: str) -> None:
    assert form_of(text) == ""
    assert RisReader().recognise(text) == 0.0


def test_a_record_that_was_cut_is_told() -> None:
    mentions, skipped = read_mentions("TY  - JOUR\nTI  - Mamba\nAB  - It was c", RisReader(), digest="a.ris")
    assert [each.title for each in mentions] == ["Mamba"]
    assert [(each.line, each.reason) for each in skipped] == [(3, "the end of the record is missing")]


def test_an_endless_title_costs_only_its_record() -> None:
    long = "Words " * 300
    text = f"TY  - JOUR\nTI  - {long}\nER  - \nTY  - JOUR\nTI  - Mamba\nER  - \n"
    mentions, skipped = read_mentions(text, RisReader(), digest="a.ris")
    assert [each.title for each in mentions] == ["Mamba"]
    assert skipped[0].reason == "a title of 1,799 characters"


def test_a_title_on_the_line_below_its_tag_has_the_place_of_that_line() -> None:
    text = "TY  - JOUR\nTI  -\n  Mamba and\n  Others\nER  - \n"
    (mention,) = read_mentions(text, RisReader(), digest="a.ris")[0]
    assert (mention.title, mention.line, mention.raw) == ("Mamba and Others", 3, "Mamba and\n  Others")


def test_no_record_is_an_error() -> None:
    with pytest.raises(DigestError, match=r"^a\.ris:1: there is no record"):
        list(RisReader().read("Mamba", digest="a.ris"))
