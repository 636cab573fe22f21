"""An invented corpus and a server over it, and a Zotero that runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from refkit.testing import ArxivCorpus, ArxivServer, ZoteroDesktop

PAPERS: tuple[Mapping[str, Any], ...] = (
    {
        "id": "1706.03762",
        "title": "Attention Is All You\n  Need",
        "authors_parsed": [["Vaswani", "Ashish", ""], ["Shazeer", "Noam", "Jr.", "Some Lab"]],
        "categories": "cs.CL cs.LG",
        "comments": "15 pages,\n  5 figures",
        "abstract": "  A network without recurrence.\nIt is quick.\n  A second paragraph.\n",
        "versions": [
            {"version": "v1", "created": "Mon, 12 Jun 2017 17:57:34 GMT"},
            {"version": "v2", "created": "Mon, 19 Jun 2017 16:49:45 GMT"},
        ],
        "update_date": "2023-08-03",
    },
    {
        "id": "2307.05973",
        "title": "Planning with Newer Words",
        "former_titles": ["The Former Name of a Plan"],
        "authors": "C. Bal\\'azs, Jos\\'{e} van der Berg (Some Lab) and K. Erd\\H{o}s",
        "categories": "cs.RO",
        "submitted": "2023-07",
        "update_date": "2023-11-02",
    },
    {
        "id": "hep-th/9901001",
        "title": "Decay of $\\alpha$ Strings & Schr\\\"odinger's Branes",
        "authors_parsed": [["Berg", "Ashish", ""]],
        "categories": "hep-th",
        "journal-ref": "Nucl.Phys. B1 (1999) 1",
        "report-no": "LAB-99-1",
        "doi": "10.1000/One 10.1000/two",
        "versions": [{"version": "v1", "created": "Fri, 1 Jan 1999 10:00:00 GMT"}],
    },
    {"id": "2401.00001", "title": "Attention", "categories": "cs.LG"},
    {"id": "2401.00002", "title": "Attention in Long and Winding Titles of Papers", "categories": "cs.LG"},
)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    path = tmp_path / "snapshot.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), encoding="utf-8")
    return path


@pytest.fixture
def corpus(papers: Path) -> ArxivCorpus:
    return ArxivCorpus.from_files(papers)


@pytest.fixture
def server(corpus: ArxivCorpus) -> Iterator[ArxivServer]:
    with ArxivServer(corpus) as server:
        yield server


@pytest.fixture
def start() -> Iterator[Callable[..., ZoteroDesktop]]:
    """Start Zotero on this desktop as its options say; it is quit afterwards."""
    desktops: list[ZoteroDesktop] = []

    def open_one(**options: Any) -> ZoteroDesktop:
        desktops.append(ZoteroDesktop(**options).open())
        return desktops[-1]

    yield open_one
    for desktop in desktops:
        desktop.quit()


@pytest.fixture
def desktop(start: Callable[..., ZoteroDesktop]) -> ZoteroDesktop:
    return start()
