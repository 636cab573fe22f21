"""Recorded answers of DBLP: each preprint in them finds its published twin there, and nothing else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refkit.metadata.published import decide
from refkit.model import ArxivRecord, Author, PartialDate, Publication, Published, Work, find_arxiv_id
from refkit.names import parse_name

KINDS = {"Journal Articles": "article-journal", "Conference and Workshop Papers": "paper-conference"}


def people(hit: dict[str, Any]) -> tuple[Author, ...]:
    authors = hit.get("authors", {}).get("author", [])
    listed = authors if isinstance(authors, list) else [authors]
    return tuple(parse_name(re.sub(r" \d{4}$", "", each["text"])) for each in listed)


def offered(hit: dict[str, Any]) -> Published:
    publication = Publication(
        type=KINDS.get(hit["type"], ""),
        container_title=hit["venue"] if isinstance(hit.get("venue"), str) else "",
        volume=hit.get("volume", ""),
        pages=hit.get("pages", ""),
        issued=PartialDate(int(hit["year"])),
        doi=hit.get("doi", "").casefold(),
    )
    return Published(
        publication=publication, title=html.unescape(hit["title"]).rstrip("."), authors=people(hit), source="dblp"
    )


def answers(shared: Path) -> Iterator[list[dict[str, Any]]]:
    for path in sorted((shared / "fixtures/dblp").glob("*.json")):
        hits = json.loads(path.read_text(encoding="utf-8"))
        yield [hit["info"] for hit in hits if "info" in hit]


def test_a_preprint_among_the_hits_finds_its_twin(shared: Path) -> None:
    found = {}
    every = [offered(hit) for hits in answers(shared) for hit in hits]
    for hit in (hit for hits in answers(shared) for hit in hits if hit.get("venue") == "CoRR"):
        arxiv_id = find_arxiv_id(hit["volume"].removeprefix("abs/"))
        offer = offered(hit)
        record = ArxivRecord(
            arxiv_id=arxiv_id,
            title=offer.title,
            authors=offer.authors,
            submitted=PartialDate(2000 + int(arxiv_id[:2]), int(arxiv_id[2:4])),
        )
        publication = decide(Work(record=record), every).work.published
        found[arxiv_id] = publication and (publication.type, publication.container_title, str(publication.issued))
    assert found == {"2402.17944": ("article-journal", "Transactions on Machine Learning Research", "2024")}


def test_no_preprint_of_the_sample_is_published_in_these_answers(shared: Path) -> None:
    every = [offered(hit) for hits in answers(shared) for hit in hits]
    for line in (shared / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines():
        paper = json.loads(line)
        record = ArxivRecord(
            arxiv_id=paper["arxiv_id"],
            title=paper["arxiv_title"],
            authors=tuple(parse_name(name) for name in paper["authors"]),
            submitted=PartialDate.parse(paper["submitted"]),
        )
        assert decide(Work(record=record), every).work.published is None
