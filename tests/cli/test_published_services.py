"""The sample digest with `--published`: all that the stand-in of a service knows, and nothing of another paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from click.testing import Result
from msgspec.structs import replace

import refkit
from refkit.metadata.venues import NAMES
from refkit.model import ArxivRecord, Author, PartialDate, Publication, Published
from refkit.testing import KnownPaper
from refkit.testing.service_examples import SERVERS

ROOT = Path(__file__).parents[2]
VENUES = [json.loads(line) for line in (ROOT / "tests/metadata/published/venues.jsonl").read_text("utf-8").splitlines()]
STRANGER = (Author("Nemo", "Ada"), Author("Nobody", "Bea"))


def records() -> dict[str, ArxivRecord]:
    return {
        found.record.arxiv_id: found.record
        for found in refkit.resolve(refkit.read(ROOT / "seeds/trending-papers.txt"))
        if found.record
    }


def conference(venue: str) -> tuple[str, int]:
    """Return the acronym and the year of "ICLR 2025 (poster)"."""
    words = venue.replace("Findings of ", "").split()
    acronym = next((word for word in words if word.strip(",()") in NAMES), "")
    return acronym, next((int(word.strip(",()")) for word in words if word.strip(",()").isdigit()), 0)


def published(record: ArxivRecord, title: str, place: str, year: int, authors: tuple[Author, ...]) -> Published:
    number = record.arxiv_id.replace(".", "")
    sign = 0 if authors == record.authors else 1
    publication = Publication(
        type="paper-conference", container_title=place, issued=PartialDate(year), doi=f"10.5555/{number}{sign}"
    )
    return Published(publication=publication, title=title, authors=authors)


@pytest.fixture(scope="module")
def known() -> tuple[list[KnownPaper], dict[str, str]]:
    """What the services know: papers of conferences, a stranger's of each title, another of the same authors."""
    papers, wanted = [], {}
    found = records()
    for row in VENUES:
        acronym, year = conference(row["venue"])
        record = found.get(row["arxiv_id"])
        if not (acronym and year and record) or row["journal_ref"]:
            continue  # what arXiv itself says of a paper is believed before what a service gathers
        place = NAMES[acronym]
        wanted[record.arxiv_id] = place
        own = published(record, record.title, place, year, record.authors)
        if row["doi"]:
            own = replace(own, publication=replace(own.publication, doi=row["doi"]))
        papers.append(KnownPaper(published=own, preprint=record.arxiv_id))
    for record in found.values():
        papers.append(KnownPaper(published=published(record, record.title, "Another Conference", 2024, STRANGER)))
        other = f"Notes on {record.title} and Other Matters"
        papers.append(KnownPaper(published=published(record, other, "A Third Conference", 2025, record.authors)))
    return papers, wanted


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_all_that_a_service_knows_is_written_and_nothing_else(
    name: str,
    folder: Path,
    known: tuple[list[KnownPaper], dict[str, str]],
    cli: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers, wanted = known
    (folder / "refkit.toml").write_text('sources = ["catalogue"]\n', "utf-8")
    start = f"REFKIT_{name.upper().replace('-', '_')}"
    monkeypatch.setenv(f"{start}_INTERVAL", "0")
    if name == "openalex":  # which answers ten searches a day without one
        monkeypatch.setenv(f"{start}_KEY", "a-key")
    options = {"limit": "5000"} if name == "crossref" else {}
    with SERVERS[name](papers, **options) as server:
        monkeypatch.setenv(f"{start}_URL", server.url)
        done = cli("bibtex", str(ROOT / "seeds/trending-papers.txt"), "--published", "--enricher", name)
    entries = {entry["eprint"]: entry for entry in bib_parse(done.stdout).entries}
    assert len(entries) == 53
    places = {key: entry["booktitle"] for key, entry in entries.items() if entry.get("booktitle")}
    assert len(wanted) > 30
    assert {key: place for key, place in places.items() if key in wanted} == wanted
    assert "Another Conference" not in done.stdout
    assert "A Third Conference" not in done.stdout
