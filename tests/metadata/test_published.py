"""Which published version is accepted: all of the sample digest's, and none that is wrong."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.metadata.catalogue import CatalogueSource
from refkit.metadata.published import Finding, decide
from refkit.metadata.venues import NAMES, same_place
from refkit.model import ArxivRecord, Author, PartialDate, Publication, Published, Work

VENUES = [json.loads(line) for line in (Path(__file__).parent / "published/venues.jsonl").read_text().splitlines()]
RECORD = ArxivRecord(
    arxiv_id="2401.00001",
    title="A Title That Says Enough of It",
    authors=(Author(family="Gur", given="Izzeddin"), Author(family="Rueckert", given="Ulrich")),
    submitted=PartialDate(2024, 1, 5),
)


def offer(source: str = "crossref", record: ArxivRecord = RECORD, **known: Any) -> Published:
    own = {name: known.pop(name) for name in ("title", "authors", "arxiv_id") if name in known}
    publication = {"type": "article-journal", "container_title": "Nature", "issued": PartialDate(2024), **known}
    return Published(
        publication=Publication(**publication),
        source=source,
        **{"title": record.title, "authors": record.authors, **own},
    )


def found(*offers: Published, **changed: Any) -> Finding:
    return decide(Work(record=replace(RECORD, **changed)), offers)


def accepted(finding: Finding) -> bool:
    return finding.work.published is not None


def doubts(*offers: Published, **changed: Any) -> list[str]:
    finding = found(*offers, **changed)
    assert not accepted(finding)
    assert finding.work.provenance == {} or set(finding.work.provenance) == {"publication.note"}
    return [doubt.reason for doubt in finding.doubts]


def test_title_authors_and_date_together_are_accepted() -> None:
    finding = found(offer(volume="625", pages="1-9", doi="10.1038/x"))
    assert finding.work.published == Publication(
        type="article-journal", container_title="Nature", volume="625", pages="1-9", doi="10.1038/x",
        issued=PartialDate(2024),
    )  # fmt: skip
    assert set(finding.work.provenance.values()) == {"crossref"}
    assert finding.reason == "published in Nature, says crossref"


def test_a_former_title_is_the_paper_s_and_the_published_one_is_kept() -> None:
    publication = found(offer(title="Another Name"), former_titles=("Another name.",)).work.published
    assert publication
    assert publication.title == "Another Name"


STRANGERS = (Author(family="Doe", given="Jane"), Author(family="Roe", given="Rick"))
REFUSED = [
    ({"authors": STRANGERS}, "authors do not"),
    ({"authors": ()}, "does not say who wrote it"),
    ({"issued": PartialDate(2010)}, "it is of 2010"),
    ({"issued": PartialDate(2031)}, "it is of 2031"),
    ({"issued": None}, "not known when"),
    ({"type": "thesis"}, "of the kind 'thesis'"),
    ({"type": ""}, "of the kind 'unknown'"),
    ({"container_title": "ICML 2024 Workshop on Agents"}, "of a workshop"),
    ({"container_title": "", "doi": "10.1000/1"}, "nobody says in which journal"),
    ({"title": "A Title That Says Enough of It, with More"}, "another title"),
    ({"arxiv_id": "2312.00009"}, "another preprint, arXiv:2312.00009"),
    ({"title": "Quite Another Paper", "arxiv_id": "2401.00001", "authors": STRANGERS}, "linked, but has another title"),
    ({"title": "Erratum: A Title That Says Enough of It", "arxiv_id": "2401.00001"}, "a notice about the paper"),
]


@pytest.mark.parametrize(("known", "reason"), REFUSED)
def test_a_doubt_is_reported_with_its_reason(known: dict[str, Any], reason: str) -> None:
    (said,) = doubts(offer(**known))
    assert reason in said


@pytest.mark.parametrize(
    "known",
    [
        {"title": "Quite Another Paper", "authors": STRANGERS},
        {"title": "Quite Another Paper"},
        {"container_title": "CoRR", "doi": "10.48550/arxiv.2401.00001"},
        {"container_title": "arXiv (Cornell University)"},
        {"container_title": "SSRN Electronic Journal", "doi": "10.2139/ssrn.1"},
        {"container_title": "Nature", "doi": "10.5281/zenodo.1"},
        {"container_title": "", "event_title": ""},
    ],
)
def test_other_papers_and_preprints_are_not_worth_a_word(known: dict[str, Any]) -> None:
    assert doubts(offer(**known)) == []


def test_a_link_stands_in_for_one_thing_that_is_not_known() -> None:
    link: dict[str, Any] = {"arxiv_id": "2401.00001v2"}
    assert accepted(found(offer(**link, authors=())))
    assert accepted(found(offer(**link, issued=None)))
    assert accepted(found(offer(**link, title="Renamed Altogether")))
    assert not accepted(found(offer(**link, title="Renamed Altogether", authors=())))
    assert not accepted(found(offer(**link, authors=STRANGERS)))
    assert not accepted(found(offer(**link, issued=PartialDate(1999))))


def test_the_authors_own_doi_is_believed_whatever_the_year() -> None:
    old = offer(issued=PartialDate(1999), doi="10.1038/x")
    assert not accepted(found(old))
    assert accepted(found(old, doi="10.1038/X"))
    assert not accepted(found(replace(old, authors=STRANGERS), doi="10.1038/x"))


def test_a_short_title_needs_all_authors() -> None:
    one = (RECORD.authors[0], Author(family="Third", given="T."))
    assert accepted(found(offer(authors=one)))
    assert not accepted(found(offer(title="Dark Matter", authors=one), title="Dark Matter"))
    assert accepted(found(offer(title="Dark Matter"), title="Dark Matter"))


def test_one_author_in_common_of_three_is_not_enough() -> None:
    ours = (*RECORD.authors, Author(family="Faust", given="Aleksandra"))
    theirs = (RECORD.authors[0], *STRANGERS)
    assert not accepted(found(offer(authors=theirs), authors=ours))
    assert accepted(found(offer(authors=(*RECORD.authors, *STRANGERS)), authors=ours))


def test_names_may_be_shortened_and_in_another_order() -> None:
    assert accepted(found(offer(authors=(Author(family="Rueckert", given="U."), Author(family="Gur", given="I")))))
    assert not accepted(
        found(offer(authors=(Author(family="Gur", given="Ada"), Author(family="Rueckert", given="Bo"))))
    )


def test_a_withdrawn_paper_has_no_published_version() -> None:
    finding = found(offer(), comments="This paper has been withdrawn by the authors")
    assert not accepted(finding)
    assert "withdrawn" in finding.reason
    assert [doubt.offer for doubt in finding.doubts] == [offer()]


def test_services_are_believed_in_a_fixed_order_and_what_others_say_is_kept() -> None:
    offers = [
        offer(
            "semantic-scholar",
            container_title="NeurIPS",
            pages="1-20",
            issued=PartialDate(2025),
            type="article-journal",
        ),
        offer("crossref", container_title="Advances in Neural Information Processing Systems 37", pages="100-120"),
        offer("dblp", container_title="NeurIPS", event_title="NeurIPS", pages="100", type="paper-conference"),
    ]
    work = found(*offers).work
    assert work.published
    assert work.published.container_title == "Advances in Neural Information Processing Systems 37"
    assert work.published.type == "paper-conference"
    assert (work.published.pages, str(work.published.issued)) == ("100-120", "2024")
    assert work.provenance["publication.pages"] == "crossref"
    assert work.provenance["publication.event_title"] == "dblp"
    assert work.provenance["publication.type"] == "refkit"
    assert work.dissent["publication.pages"] == {"semantic-scholar": "1-20"}
    assert work.dissent["publication.issued"] == {"semantic-scholar": "2025"}
    for seed in range(5):
        random.Random(seed).shuffle(offers)  # noqa: S311 - a shuffle, no secret
        assert found(*offers).work == work


def test_what_is_no_doi_is_not_written_as_one() -> None:
    for doi in ("10.1000/x}", "10.1000/a b", "https://doi.org/10.1000/x", "10.1/x"):
        publication = found(offer(doi=doi)).work.published
        assert publication
        assert publication.doi == ""


def test_the_volume_of_the_preprint_is_nobody_s() -> None:
    mixed = found(offer("semantic-scholar", container_title="EMNLP", volume="abs/2401.00001")).work.published
    assert mixed
    assert mixed.volume == ""


def test_the_main_conference_goes_before_its_workshop_and_a_confirmed_place_before_another() -> None:
    workshop = offer("crossref", container_title="ICML Workshop on Agents", doi="10.1/w")
    main = offer("dblp", container_title="ICLR", type="paper-conference")
    journal = offer("openalex", container_title="Nature", doi="10.1/n")
    finding = found(workshop, main, journal, comments="Accepted at ICLR 2024")
    assert finding.work.published
    assert finding.work.published.container_title == NAMES["ICLR"]
    assert {each.source for each in finding.others} == {"crossref", "openalex"}
    assert "arXiv's comment names the same place" in finding.remarks
    earlier = offer("dblp", container_title="ICML", type="paper-conference", issued=PartialDate(2023))
    confirmed = found(earlier, main, comments="Accepted at ICLR 2024").work.published
    assert confirmed
    assert confirmed.container_title == NAMES["ICLR"]
    unconfirmed = found(workshop, main, comments="Accepted at ICML 2024")
    assert "arXiv's comment names ICML 2024 instead" in unconfirmed.remarks
    assert accepted(found(workshop))


def test_without_services_only_what_the_authors_say_surely_is_believed() -> None:
    said = found(journal_ref="Phys. Rev. D 98, 030001 (2018)", doi="10.1103/PhysRevD.98.030001")
    assert said.work.published
    assert said.work.published.doi == "10.1103/physrevd.98.030001"
    assert set(said.work.provenance.values()) == {"arxiv"}
    unsure = found(journal_ref="PoS(CD15) (2015) 045")
    assert not accepted(unsure)
    assert unsure.work.publication == Publication(note="PoS(CD15) (2015) 045")
    assert not accepted(found(comments="Accepted at ICLR 2024"))
    assert "not enough by itself" in found(comments="Accepted at ICLR 2024").remarks[0]
    assert "10.1103/x" in found(doi="10.1103/x").remarks[0]


def known_to_services(record: ArxivRecord, venue: dict[str, str]) -> list[Published]:
    """What services would say of a paper of the sample, each in its own way; the truth, without a mistake."""
    name = re.sub(r" \(.*\)$", "", venue["venue"])
    year = int(re.findall(r"\d{4}", venue["venue"] + str(record.submitted))[0])
    plain = re.sub(r"[ ,]*\b(?:19|20)\d\d\b", "", name).strip()
    shared: dict[str, Any] = {"issued": PartialDate(year), "doi": venue["doi"], "record": record}
    short = tuple(replace(author, given=author.given[:1]) for author in record.authors)
    said = [
        offer("dblp", container_title=plain, event_title=plain, type="paper-conference", **shared),
        offer("semantic-scholar", container_title=NAMES.get(plain, plain), type="article-journal",
              authors=short, arxiv_id=record.arxiv_id, **shared),
    ]  # fmt: skip
    if venue["doi"]:
        said.append(offer("crossref", container_title=NAMES.get(plain, plain), type="paper-conference", **shared))
    return said


def decoys(record: ArxivRecord, others: Sequence[ArxivRecord], dice: random.Random) -> list[Published]:
    """What services say beside: the wrong paper of the same title, other papers, a workshop, the preprint itself."""
    stranger = dice.choice(
        [each for each in others if not {str(a) for a in each.authors} & {str(a) for a in record.authors}]
    )
    year = record.submitted.year if record.submitted else 2024
    assert year
    return [
        offer("crossref", record=record, authors=stranger.authors, container_title="Nature", doi="10.1038/wrong"),
        offer("openalex", record=stranger, authors=record.authors, container_title="Nature", doi="10.1038/wrong2"),
        offer("openalex", record=record, container_title="Workshop on Agents", issued=PartialDate(year)),
        offer("dblp", record=record, container_title="CoRR", doi=f"10.48550/arxiv.{record.arxiv_id}",
              arxiv_id=record.arxiv_id, issued=PartialDate(year)),
        offer("semantic-scholar", record=record, container_title="arXiv.org", arxiv_id=record.arxiv_id),
        offer("crossref", record=record, container_title="Nature", issued=PartialDate(year - 7), doi="10.1038/wrong3"),
        offer("openalex", record=record, type="thesis", container_title="A University", issued=PartialDate(year)),
        offer("crossref", record=record, title=f"Erratum: {record.title}", arxiv_id=record.arxiv_id,
              container_title="Nature", issued=PartialDate(year), doi="10.1038/wrong4"),
    ]  # fmt: skip


def test_the_sample_digest_all_that_services_know_and_none_wrong(truth: Sequence[dict[str, Any]]) -> None:
    records = list(CatalogueSource().lookup([each["arxiv_id"] for each in truth]).values())
    venues = {venue["arxiv_id"]: venue for venue in VENUES}
    assert (len(records), len(venues)) == (53, 37)
    dice = random.Random(7)  # noqa: S311 - chooses strangers, no secret
    right = 0
    for record in records:
        venue = venues.get(record.arxiv_id)
        offers = decoys(record, records, dice) + (known_to_services(record, venue) if venue else [])
        dice.shuffle(offers)
        publication = decide(Work(record=record), offers).work.published
        assert (publication is not None) == (venue is not None), record.arxiv_id
        if publication and venue:
            name = re.sub(r" \(.*\)$", "", venue["venue"])
            assert same_place(publication.container_title, name), (publication, venue)
            assert publication.doi == venue["doi"]
            right += 1
    assert right == len(venues)
