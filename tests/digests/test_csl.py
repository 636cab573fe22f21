"""CSL-JSON and Zotero's JSON: cases, names, dates, ids, and that other JSON is left to the reader of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from refkit import registry
from refkit.digests.csl import CslReader
from refkit.digests.jsonl import JsonlReader
from refkit.digests.loading import choose_reader, read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate
from refkit.protocols import Reader
from refkit.testing import ReaderContract
from refkit.testing.contracts import case_input


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> CslReader:
        return CslReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("csl-json")

    def test_recognises_its_cases_best(self, reader: Reader, good: Sequence[Path]) -> None:
        """The reader of JSON is as sure of any object with a title: this one stands before it in the registry."""
        readers = [registry.load("reader", name)() for name in registry.READERS]
        for case in good:
            text, name = case_input(case)
            assert choose_reader(text, readers, digest=name).name == reader.name, case.name


def item(**fields: Any) -> Mention:
    text = json.dumps([{"type": "article", "title": "Mamba", **fields}])
    (mention,) = read_mentions(text, CslReader(), digest="a.json")[0]
    return mention


@pytest.mark.parametrize(
    ("issued", "date"),
    [
        ({"date-parts": [[2024, 3, 13]]}, PartialDate(2024, 3, 13)),
        ({"date-parts": [["2024", "3"]]}, PartialDate(2024, 3)),
        ({"date-parts": [[2024], [2025]]}, PartialDate(2024)),
        ({"date-parts": [[None]]}, None),
        ({"raw": "2024-03-13"}, PartialDate(2024, 3, 13)),
        ({"literal": "Spring 2024"}, PartialDate(2024)),
        ("2024-03", PartialDate(2024, 3)),
        ({}, None),
    ],
)
def test_dates_are_read_in_all_their_forms(issued: object, date: PartialDate | None) -> None:
    assert item(issued=issued).issued == date


@pytest.mark.parametrize(
    "fields",
    [
        {"URL": "http://arxiv.org/abs/2312.00752"},
        {"DOI": "10.48550/ARXIV.2312.00752"},
        {"number": "arXiv:2312.00752"},
        {"note": "arXiv:2312.00752 [cs]"},
        {"publisher": "arXiv", "archive_location": "arXiv:2312.00752"},
    ],
)
def test_an_arxiv_id_is_found_wherever_exports_have_it(fields: dict[str, str]) -> None:
    assert item(**fields).arxiv_id == "2312.00752"


def test_names_are_put_together_from_their_parts() -> None:
    names = [
        {"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van"},
        {"literal": "The Group"},
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        "Ada Lovelace",
        {},
        None,
    ]
    assert item(author=names).authors == ("Vincent van Gogh", "The Group", "Martin Luther King Jr.", "Ada Lovelace")


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "Mamba", "authors": ["Gu"], "type": "article"}',
        '[{"title": "Mamba", "url": "https://arxiv.org/abs/2312.00752"}]',
        '{"message-type": "work-list", "message": {"items": [{"type": "journal-article", "title": ["Mamba"]}]}}',
        '{"results": [{"title": "Mamba", "authorships": []}]}',
        "Mamba",
        "",
    ],
)
def test_other_json_is_left_to_the_reader_of_json(text: str) -> None:
    assert CslReader().recognise(text) == 0.0


def test_it_stands_before_the_reader_of_json() -> None:
    names = list(registry.READERS)
    assert names.index(CslReader.name) < names.index(JsonlReader.name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "a.json:1: there is no item like"),
        ('[{"type": "article", "title": "Mamba"}\n{"title": "B"}]', "a.json:2: a comma is missing"),
        ("[" * 100_000, "a.json:1: not JSON"),
    ],
)
def test_bad_json_is_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        list(CslReader().read(text, digest="a.json"))
