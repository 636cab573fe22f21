from __future__ import annotations

import json

import pytest

from refkit.errors import BadResponse
from refkit.metadata.snapshot import read_records
from refkit.model import ArxivRecord, Author, PartialDate


def read(*lines: object) -> list[ArxivRecord]:
    return list(read_records((json.dumps(line).encode() for line in lines), name="snapshot.json"))


def test_a_line_of_the_public_snapshot() -> None:
    (record,) = read(
        {
            "id": "0704.0001",
            "submitter": "Pavel Nadolsky",
            "authors": "C. Bal\\'azs, E. L. Berger",
            "title": "Calculation of prompt\n  diphoton cross sections",
            "comments": "37 pages",
            "journal-ref": None,
            "doi": "10.1103/PhysRevD.76.013009 10.1103/other",
            "categories": "hep-ph hep-ex",
            "abstract": "  A fully differential\ncalculation.\n",
            "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
            "update_date": "2008-11-26",
            "authors_parsed": [["Bal\\'azs", "C.", ""], ["King", "M. L.", "Jr."]],
        }
    )
    assert record == ArxivRecord(
        arxiv_id="0704.0001",
        title="Calculation of prompt diphoton cross sections",
        authors=(Author("Balázs", "C."), Author("King", "M. L.", "Jr.")),
        abstract="A fully differential calculation.",
        categories=("hep-ph", "hep-ex"),
        submitted=PartialDate(2007, 4, 2),
        updated=PartialDate(2008, 11, 26),
        comments="37 pages",
        doi="10.1103/PhysRevD.76.013009",
    )


def test_a_copy_without_parsed_authors_and_versions() -> None:
    (record,) = read(
        {"id": "hep-th/9901001", "title": "Strings", "authors": "A. First (MIT), B. van der\n  Second (1) and C. Third"}
    )
    assert [author.family for author in record.authors] == ["First", "van der Second", "Third"]
    assert record.submitted is None


def test_the_catalogue_s_own_fields() -> None:
    (record,) = read({"id": "2307.05973", "title": "New", "submitted": "2023-07", "former_titles": ["Old"]})
    assert record.submitted == PartialDate(2023, 7)
    assert record.former_titles == ("Old",)


@pytest.mark.parametrize(
    "line", [b"<html>", b'{"id": 704.0001, "title": "a number"}', b'{"title": "no id"}', b'{"id": "1", "title": 3}']
)
def test_another_line_is_refused_with_its_place(line: bytes) -> None:
    with pytest.raises(BadResponse, match=r"^snapshot\.json:3: not a record"):
        list(read_records([b'{"id": "0704.0001", "title": "fine"}', b"  ", line], name="snapshot.json"))
