"""Semantic Scholar: 500 ids in a request, `null` for the unknown, kinds guessed from several places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from refkit.errors import BadResponse
from refkit.metadata import semantic_scholar
from refkit.metadata.enriching import ServiceEnricher
from refkit.model import ArxivRecord, Published, Work
from refkit.testing import KnownPaper
from refkit.testing.service_examples import OWL, OWL_PAPER, OWLS, paper, work
from refkit.testing.service_server import ServiceServer

Serve = Callable[..., ServiceServer]
Enrich = Callable[..., ServiceEnricher]

NAME = "semantic-scholar"
KDD = {
    "title": "XGBoost: A Scalable Tree Boosting System",
    "authors": [{"authorId": "1", "name": "Tianqi Chen"}, {"authorId": "2", "name": "Carlos Guestrin"}],
    "year": 2016,
    "venue": "Knowledge Discovery and Data Mining",
    "publicationVenue": {"name": "Knowledge Discovery and Data Mining", "type": "conference"},
    "journal": {"name": "Proceedings of the 22nd KDD"},
    "externalIds": {"ArXiv": "1603.02754", "DBLP": "conf/kdd/ChenG16", "DOI": "10.1145/2939672.2939785"},
    "publicationTypes": ["JournalArticle", "Conference"],
}


def found(**fields: Any) -> Published | None:
    return semantic_scholar.read(msgspec.convert({**KDD, **fields}, semantic_scholar._Paper))


def known(**fields: Any) -> Published:
    offer = found(**fields)
    assert offer
    return offer


def test_five_hundred_ids_go_in_one_request(serve: Serve, enrich: Enrich) -> None:
    papers = [paper(number, f"Owls {number}") for number in range(1, 702, 2)]
    server = serve(NAME, *papers)
    offers = enrich(NAME, server).published([work(number, f"Owls {number}") for number in range(1, 702)])
    assert [bool(each) for each in offers] == [number % 2 == 1 for number in range(1, 702)]
    assert all(each[0].title == f"Owls {number}" for number, each in enumerate(offers, start=1) if each)
    assert [request.method for request in server.requests] == ["POST", "POST"]


def test_unknown_ids_alone_are_no_error(serve: Serve, enrich: Enrich) -> None:
    server = serve(NAME, OWL_PAPER)
    assert enrich(NAME, server).published([work(8, "One"), work(9, "Two")]) == [(), ()]
    assert [request.status for request in server.requests] == [400]
    ((offer,),) = enrich(NAME, server).published([OWL])
    assert offer.title == OWLS


def test_answers_that_cannot_be_told_apart_are_an_error() -> None:
    with pytest.raises(BadResponse, match="it gave 1 answers to 2 ids"):
        semantic_scholar._ById().ask(["ARXIV:2401.00001", "ARXIV:2401.00002"], lambda _: [None])


def test_old_ids_are_asked_for_whole_and_without_an_id_nothing(serve: Serve, enrich: Enrich) -> None:
    old = KnownPaper(published=OWL_PAPER.published, preprint="hep-th/9901001")
    works = [Work(record=ArxivRecord(arxiv_id=name, title=OWLS)) for name in ("hep-th/9901001", "")]
    assert [bool(each) for each in enrich(NAME, serve(NAME, old)).published(works)] == [True, False]


def test_a_paper_of_a_conference_has_its_proceedings_and_its_event() -> None:
    offer = known()
    publication = offer.publication
    assert (publication.type, publication.container_title) == ("paper-conference", "Proceedings of the 22nd KDD")
    assert publication.event_title == "Knowledge Discovery and Data Mining"
    assert (str(publication.issued), publication.doi) == ("2016", "10.1145/2939672.2939785")
    assert (offer.arxiv_id, [author.family for author in offer.authors]) == ("1603.02754", ["Chen", "Guestrin"])


def test_volume_and_doi_of_the_preprint_are_not_those_of_the_conference() -> None:
    ids = {"DBLP": "journals/corr/abs-2312-02213", "DOI": "10.48550/arXiv.2312.02213"}
    offer = known(externalIds=ids, journal={"name": "ArXiv", "volume": "abs/2312.02213", "pages": "1-9"})
    publication = offer.publication
    assert (publication.volume, publication.pages, publication.doi) == ("", "", "")
    assert publication.container_title == publication.event_title == "Knowledge Discovery and Data Mining"
    assert offer.arxiv_id == "2312.02213"


@pytest.mark.parametrize("name", ["arXiv.org", "ArXiv", "CoRR", "", None])
def test_arxiv_is_no_place_of_publication(name: str | None) -> None:
    assert found(publicationVenue={"name": name}, venue=name, journal={"name": "ArXiv"}) is None


@pytest.mark.parametrize(
    ("venue", "dblp", "types", "kind"),
    [
        ("journal", "conf/x", ["Conference"], "article-journal"),
        (None, "conf/kdd/X", ["JournalArticle"], "paper-conference"),
        (None, "journals/jmlr/X", ["Conference"], "article-journal"),
        (None, "journals/corr/X", ["JournalArticle", "Conference"], "paper-conference"),
        (None, None, ["JournalArticle"], "article-journal"),
        (None, None, ["BookSection"], "chapter"),
    ],
)
def test_the_kind_is_that_of_the_venue_then_of_dblp(
    venue: str | None, dblp: str | None, types: list[str], kind: str
) -> None:
    place = {"name": "Somewhere", "type": venue}
    assert known(publicationVenue=place, externalIds={"DBLP": dblp}, publicationTypes=types).publication.type == kind


def test_a_journal_has_volume_and_pages() -> None:
    journal = {"name": "Finance and Stochastics", "volume": "23", "pages": "\n 707 – 744\n"}
    place = {"name": "Finance and Stochastics", "type": "journal"}
    publication = known(publicationVenue=place, journal=journal).publication
    assert (publication.container_title, publication.event_title) == ("Finance and Stochastics", "")
    assert (publication.volume, publication.pages) == ("23", "707-744")


def test_nothing_known_of_the_kind_is_nothing() -> None:
    assert found(publicationVenue=None, externalIds=None, publicationTypes=None) is None
    assert found(title=None) is None
