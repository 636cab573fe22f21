"""Recorded answers of the four services: every item is read, and what is a preprint stays one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from refkit.metadata import crossref, dblp, openalex, semantic_scholar
from refkit.model import Published


def items(shared: Path, service: str) -> Iterator[dict[str, Any]]:
    """The records of all answers; some answers are one record, some a list of them."""
    for path in sorted((shared / "fixtures" / service).glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        yield from answer if isinstance(answer, list) else [answer]


def every(shared: Path, service: str, kind: Any, read: Callable[[Any], Published | None]) -> list[Published | None]:
    return [read(msgspec.convert(item, kind)) for item in items(shared, service)]


def in_brief(offers: list[Published | None]) -> dict[str, tuple[str, str, str]]:
    publications = [offer.publication for offer in offers if offer]
    return {each.doi: (each.type, each.container_title, str(each.issued)) for each in publications}


def test_crossref(shared: Path) -> None:
    offers = every(shared, "crossref", crossref._Item, crossref.read)
    posted = sum(item["type"] == "posted-content" for item in items(shared, "crossref"))
    assert (len(offers), offers.count(None)) == (35, posted)
    brief = in_brief(offers)
    assert brief["10.1109/cvpr52733.2024.01939"] == (
        "paper-conference",
        "2024 IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
        "2024-06-16",
    )
    assert brief["10.1117/12.2044685"] == ("paper-conference", "Biophotonics—Riga 2013", "2013-11-18")
    assert brief["10.1016/j.bjps.2024.07.068"] == (
        "article-journal",
        "Journal of Plastic, Reconstructive & Aesthetic Surgery",
        "2024-10",
    )


def test_openalex(shared: Path) -> None:
    offers = every(shared, "openalex", openalex._Paper, openalex.read)
    brief = in_brief(offers)
    assert brief["10.1109/cvpr.2016.90"][:2] == (
        "paper-conference",
        "2016 IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    )
    assert brief["10.1038/nphys1342"][:2] == ("article-journal", "Nature Physics")
    assert not any(doi.startswith("10.48550") for doi in brief)
    linked = {offer.publication.doi: offer.arxiv_id for offer in offers if offer and offer.arxiv_id}
    assert linked["10.1007/s10955-009-9716-2"] == "0810.1202"
    (tag,) = [offer for offer in offers if offer and offer.publication.doi.endswith("findings-emnlp.283")]
    assert tag.title.startswith("Tag&Tab: ")
    kinds = [each["type"] for each in items(shared, "openalex")]
    unpublished = [offer for offer, kind in zip(offers, kinds, strict=True) if kind in {"preprint", "other"}]
    assert unpublished
    assert not any(unpublished)


def test_semantic_scholar(shared: Path) -> None:
    offers = every(shared, "semantic_scholar", semantic_scholar._Paper, semantic_scholar.read)
    found = {offer.arxiv_id: offer.publication for offer in offers if offer}
    assert set(found) == {"1603.02754", "2312.02213"}
    assert found["1603.02754"].container_title.startswith("Proceedings of the 22nd ACM SIGKDD")
    assert (found["1603.02754"].type, found["1603.02754"].doi) == ("paper-conference", "10.1145/2939672.2939785")
    jarvix = found["2312.02213"]
    assert jarvix.container_title == "Conference on Empirical Methods in Natural Language Processing"
    assert (jarvix.doi, jarvix.volume) == ("", "")


def test_dblp(shared: Path) -> None:
    hits = [hit["info"] for hit in items(shared, "dblp")]
    offers = [dblp.read(msgspec.convert(info, dblp._Info)) for info in hits]
    assert [offer is None for offer in offers] == [info["venue"] == "CoRR" for info in hits]
    found = {offer.title: offer for offer in offers if offer}
    tmlr = found["Large Language Models (LLMs) on Tabular Data: Prediction, Generation, and Understanding - A Survey"]
    assert tmlr.publication.container_title == "Trans. Mach. Learn. Res."
    assert [str(author) for author in tmlr.authors][4] == "Jiani Zhang"
    assert found["Thera-SAbDab: the Therapeutic Structural Antibody Database"].publication.pages == "D383-D388"
    assert 'F. Ferraty and P. Vieu: "Nonparametric functional data analysis: theory and practice"' in found
