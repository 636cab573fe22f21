"""OpenAlex: batches of DOIs, then titles; locations, kinds, duplicates, the budget without a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from refkit.errors import SourceUnavailable
from refkit.metadata import openalex
from refkit.metadata.enriching import ServiceEnricher
from refkit.model import Published
from refkit.testing.service_examples import OWL, OWL_PAPER, paper, work
from refkit.testing.service_server import ServiceServer

Serve = Callable[..., ServiceServer]
Enrich = Callable[..., ServiceEnricher]

JOURNAL = {
    "id": "doi:10.1007/s10955-009-9716-2",
    "landing_page_url": "https://doi.org/10.1007/S10955-009-9716-2",
    "source": {"display_name": "Journal of Statistical Physics", "type": "journal"},
    "version": "publishedVersion",
    "raw_source_name": "J Stat Phys",
    "raw_type": "journal-article",
}
ARXIV = {
    "landing_page_url": "http://arxiv.org/abs/0810.1202",
    "source": {"display_name": "ArXiv.org", "type": "repository"},
    "version": "submittedVersion",
}


def found(*locations: dict[str, Any], **fields: Any) -> Published | None:
    whole = {"doi": None, "title": "A Title", "type": "article", "locations": locations, "publication_year": 2009}
    return openalex.read(msgspec.convert({**whole, **fields}, openalex._Paper))


def known(*locations: dict[str, Any], **fields: Any) -> Published:
    offer = found(*locations, **fields)
    assert offer
    return offer


def test_a_hundred_preprints_go_in_one_request(serve: Serve, enrich: Enrich) -> None:
    arxiv = {"doi": "https://doi.org/10.48550/arxiv.2401."}
    papers = [
        msgspec.structs.replace(paper(number, f"Owls {number}"), native={"doi": f"{arxiv['doi']}{number:05}"})
        for number in range(1, 101)
    ]
    server = serve("openalex", *papers)
    offers = enrich("openalex", server).published([work(number, f"Owls {number}") for number in range(1, 101)])
    assert [each[0].publication.doi for each in offers] == [f"10.1145/owls.{number}" for number in range(1, 101)]
    assert [request.method for request in server.requests] == ["GET"]


def test_the_doi_of_the_authors_is_asked_for_first(serve: Serve, enrich: Enrich) -> None:
    server = serve("openalex", OWL_PAPER)
    ((offer,),) = enrich("openalex", server).published([work(9, "Renamed", doi="10.1145/OWLS.1")])
    assert offer.publication.doi == "10.1145/owls.1"
    assert server.requests[0].parameters["filter"] == "doi:10.1145/owls.1"


def test_works_that_say_the_same_are_one(serve: Serve, enrich: Enrich) -> None:
    assert len(enrich("openalex", serve("openalex", OWL_PAPER, OWL_PAPER)).published([OWL])[0]) == 1


def test_signs_with_a_meaning_do_not_reach_the_filter(serve: Serve, enrich: Enrich) -> None:
    title = 'Owls, Mice: "Who Hears" | Whom! AND the Hunter’s Ears'
    server = serve("openalex", paper(1, title))
    ((offer,),) = enrich("openalex", server).published([work(1, title)])
    assert offer.title == title
    asked = server.requests[-1].parameters["filter"]
    assert asked == "title.search:owls mice who hears whom and the ears"


def test_a_budget_that_is_used_up_is_an_outage(serve: Serve, enrich: Enrich) -> None:
    server = serve("openalex", budget=2)
    works = [work(number, f"Nothing of Kind{number}") for number in range(3)]
    with pytest.raises(SourceUnavailable, match="too many requests"):
        enrich("openalex", server).published(works)
    assert enrich("openalex", server).published(works[:2]) == [(), ()]


def test_the_journal_is_taken_and_the_preprint_linked() -> None:
    biblio = {"volume": 135, "issue": "1", "first_page": "25", "last_page": "55"}
    offer = known(ARXIV, JOURNAL, doi="https://doi.org/10.48550/arxiv.0810.1202", biblio=biblio)
    publication = offer.publication
    assert (publication.type, publication.container_title) == ("article-journal", "Journal of Statistical Physics")
    assert publication.doi == "10.1007/s10955-009-9716-2"
    assert (publication.volume, publication.issue, publication.pages) == ("135", "1", "25-55")
    assert offer.arxiv_id == "0810.1202"


@pytest.mark.parametrize(
    "locations",
    [
        (),
        (ARXIV,),
        ({**ARXIV, "version": "publishedVersion"},),
        ({**JOURNAL, "source": {"display_name": "PubMed", "type": "repository"}},),
        ({**JOURNAL, "version": "submittedVersion"},),
        ({**JOURNAL, "source": None, "landing_page_url": None, "raw_source_name": None},),
        ({**JOURNAL, "source": None, "landing_page_url": "https://arxiv.org/abs/0810.1202"},),
    ],
)
def test_what_stands_in_repositories_only_is_not_published(locations: tuple[dict[str, Any], ...]) -> None:
    assert found(*locations, doi="https://doi.org/10.48550/arxiv.0810.1202") is None


@pytest.mark.parametrize(
    ("location", "type_", "kind", "container"),
    [
        (JOURNAL, "article", "article-journal", "Journal of Statistical Physics"),
        (
            {**JOURNAL, "source": None, "raw_type": "proceedings-article", "raw_source_name": "2016 CVPR"},
            "article",
            "paper-conference",
            "2016 CVPR",
        ),
        (
            {**JOURNAL, "source": None, "raw_type": None, "raw_source_name": "Proceedings of KDD"},
            "article",
            "paper-conference",
            "Proceedings of KDD",
        ),
        ({**JOURNAL, "raw_type": None}, "article", "article-journal", "Journal of Statistical Physics"),
        ({**JOURNAL, "source": None, "raw_type": None}, "book-chapter", "chapter", "J Stat Phys"),
        ({**JOURNAL, "source": {"display_name": "LNCS", "type": "book series"}, "raw_type": "book-chapter",
          "raw_source_name": "Haptics"}, "article", "chapter", "Haptics"),
    ],
)  # fmt: skip
def test_kinds_and_names_are_those_of_the_publisher(
    location: dict[str, Any], type_: str, kind: str, container: str
) -> None:
    publication = known(location, type=type_).publication
    assert (publication.type, publication.container_title) == (kind, container)


@pytest.mark.parametrize("type_", ["dissertation", "dataset", "other", "preprint", None])
def test_other_kinds_are_no_papers(type_: str | None) -> None:
    assert found({**JOURNAL, "source": None, "raw_type": None}, type=type_) is None


def test_one_page_is_one_page_and_a_title_may_lack() -> None:
    assert known(JOURNAL, biblio={"first_page": "7", "last_page": "7"}).publication.pages == "7"
    assert known(JOURNAL, biblio=None).publication.pages == ""
    assert known(JOURNAL, title="<i>Owls</i> &amp; Mice").title == "Owls & Mice"
    assert found(JOURNAL, title=None) is None
