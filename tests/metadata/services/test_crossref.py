"""Crossref: by DOI in batches, else by title; kinds, relations, the limit in its headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from refkit.metadata import crossref
from refkit.metadata.enriching import ServiceEnricher, likeliest
from refkit.model import Author, PartialDate, Published
from refkit.testing import KnownPaper
from refkit.testing.service_examples import OWL_PAPER, OWLS, PEOPLE, Time, paper, work
from refkit.testing.service_server import ServiceServer

Serve = Callable[..., ServiceServer]
Enrich = Callable[..., ServiceEnricher]


def item(**fields: Any) -> Published | None:
    whole = {"DOI": "10.1/X", "type": "journal-article", "title": ["A Title"], **fields}
    return crossref.read(msgspec.convert(whole, crossref._Item))


def found(**fields: Any) -> Published:
    offer = item(**fields)
    assert offer
    return offer


def test_dois_are_asked_for_in_batches_and_titles_one_by_one(serve: Serve, enrich: Enrich) -> None:
    papers = [paper(number, f"Owls of Kind Number{number}") for number in range(1, 121)]
    server = serve("crossref", *papers)
    works = [work(number, "Renamed Since", doi=f"10.1145/OWLS.{number} 10.5555/other") for number in range(1, 121)]
    offers = enrich("crossref", server).published([*works, work(500, "Owls of Kind Number7")])
    assert [each[0].publication.doi for each in offers[:-1]] == [f"10.1145/owls.{number}" for number in range(1, 121)]
    assert offers[-1][0].title == "Owls of Kind Number7"
    assert [request.parameters.get("rows") for request in server.requests] == ["50", "50", "20", "5"]
    assert all(len(request.parameters["filter"]) < 3000 for request in server.requests[:3])
    assert server.requests[3].parameters["query.bibliographic"] == "Owls of Kind Number7 Strix"


def test_a_doi_of_arxiv_or_one_that_breaks_a_filter_is_not_asked_for(serve: Serve, enrich: Enrich) -> None:
    server = serve("crossref", OWL_PAPER)
    for doi in ("10.48550/arXiv.2401.00001", "10.1/a,b", "no doi"):
        ((offer,),) = enrich("crossref", server, folder=doi[-3:]).published([work(1, OWLS, doi=doi)])
        assert offer.title == OWLS
    assert not any("filter" in request.parameters for request in server.requests)


def test_an_unknown_doi_leads_to_the_title(serve: Serve, enrich: Enrich) -> None:
    server = serve("crossref", OWL_PAPER)
    ((offer,),) = enrich("crossref", server).published([work(1, OWLS, doi="10.9999/none")])
    assert offer.publication.doi == "10.1145/owls.1"
    assert len(server.requests) == 2


def test_the_linked_one_comes_first_then_the_most_alike(serve: Serve, enrich: Enrich) -> None:
    twin = msgspec.structs.replace(paper(2, OWLS), preprint="")
    near = msgspec.structs.replace(paper(3, f"{OWLS} Revisited"), preprint="")
    linked = msgspec.structs.replace(paper(4, "How Nocturnal Owls Fly"), preprint="2401.00001")
    far = paper(5, "Control and Their Silent Partners in the Economy of the Nineteenth Century")
    ((*offers,),) = enrich("crossref", serve("crossref", far, near, twin, linked)).published([work(1, OWLS)])
    assert [offer.title for offer in offers] == [linked.published.title, OWLS, near.published.title]


def test_a_title_that_is_the_same_before_the_colon_is_offered() -> None:
    record = work(1, "OwlNet: Hearing in the Dark").record
    offers = [found(title=[title]) for title in ("OwlNet: A Large Benchmark of Things That Fly", "Mice: A Large Test")]
    assert likeliest(record, tuple(offers)) == (offers[0],)


def test_a_preprint_of_another_server_leads_to_what_it_is_of(serve: Serve, enrich: Enrich) -> None:
    elsewhere = KnownPaper(
        published=msgspec.structs.replace(
            paper(1, OWLS, type="", container_title="", event_title="", doi="10.2139/ssrn.1").published
        ),
        native={"relation": {"is-preprint-of": [{"id-type": "doi", "id": "10.1145/OWLS.9"}]}},
    )
    renamed = msgspec.structs.replace(paper(9, "Owls at Night: Control of Silent Flight"), preprint="2401.00001")
    filler = [paper(number, f"{OWLS} Part {number}") for number in range(20, 25)]
    server = serve("crossref", elsewhere, *filler, renamed)
    (offers,) = enrich("crossref", server).published([work(1, OWLS)])
    assert offers[0].publication.doi == "10.1145/owls.9"
    assert [request.parameters.get("filter") for request in server.requests] == [None, "doi:10.1145/owls.9"]


@pytest.mark.parametrize(
    ("kind", "csl"),
    [
        ("journal-article", "article-journal"),
        ("proceedings-article", "paper-conference"),
        ("book-chapter", "chapter"),
        ("book", "book"),
    ],
)
def test_kinds_are_those_of_csl(kind: str, csl: str) -> None:
    assert found(type=kind).publication.type == csl


@pytest.mark.parametrize("kind", ["posted-content", "dataset", "peer-review", "component", "dissertation", None])
def test_what_is_no_published_paper_is_left_out(kind: str | None) -> None:
    assert item(type=kind) is None


def test_proceedings_that_are_deposited_as_books_are_known_by_the_conference() -> None:
    names = {"container-title": ["Lecture Notes in Computer Science", "Computer Vision – ECCV 2020"]}
    said = [{"name": "conference_name", "value": "European Conference on Computer Vision", "label": "Conference Name"}]
    chapter = found(type="book-chapter", **names).publication
    paper_ = found(type="book-chapter", assertion=said, **names).publication
    assert (chapter.type, chapter.container_title) == ("chapter", "Computer Vision – ECCV 2020")
    assert (paper_.type, paper_.event_title) == ("paper-conference", "European Conference on Computer Vision")
    assert found(type="proceedings-article", event={"name": "SIGIR '23"}).publication.event_title == "SIGIR '23"


def test_titles_lose_markup_entities_and_line_ends() -> None:
    assert found(title=["On <i>E. coli</i> &amp;amp;\n  H<sub>2</sub>O"]).title == "On E. coli & H2O"
    assert (
        found(title=["BERT"], subtitle=["Pre-training of Transformers"]).title == "BERT: Pre-training of Transformers"
    )
    assert found(title=["BERT: Pre-training"], subtitle=["Pre-training"]).title == "BERT: Pre-training"
    assert item(title=[]) is None
    assert item(title=None) is None


def test_numbers_of_articles_stand_for_pages_that_are_not_there() -> None:
    publication = found(volume="98", issue="3", **{"article-number": "030001"}).publication
    assert (publication.volume, publication.issue, publication.pages, publication.number) == ("98", "3", "", "030001")
    publication = found(page="12–34", **{"article-number": "7"}).publication
    assert (publication.pages, publication.number) == ("12-34", "")


@pytest.mark.parametrize(
    ("parts", "day"),
    [([[2020, 1]], "2020-01"), ([[2020]], "2020"), ([[2020, 2, 30]], "2020-02"), ([[None]], "None"), ([], "None")],
)
def test_dates_are_kept_as_far_as_they_are_known(parts: list[Any], day: str) -> None:
    assert str(found(issued={"date-parts": parts}).publication.issued) == day


def test_without_a_date_of_issue_that_of_publication_holds() -> None:
    assert found(published={"date-parts": [[2021, 3]]}).publication.issued == PartialDate(2021, 3)


def test_people_and_groups_are_authors() -> None:
    authors = [
        {"given": "Ada", "family": "van der Uil", "suffix": "Jr."},
        {"name": "The Owl Collaboration"},
        {"family": "Plato"},
        {"affiliation": []},
    ]
    assert found(author=authors).authors == (
        Author("van der Uil", "Ada", "Jr."),
        Author(literal="The Owl Collaboration"),
        Author(literal="Plato"),
    )


@pytest.mark.parametrize(
    ("relation", "arxiv_id"),
    [
        ({"has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2401.00001"}]}, "2401.00001"),
        ({"has-preprint": [{"id-type": "arxiv", "id": "2401.00001v2"}]}, "2401.00001"),
        ({"has-preprint": [{"id-type": "uri", "id": "https://arxiv.org/abs/hep-th/9901001"}]}, "hep-th/9901001"),
        ({"has-preprint": [{"id-type": "doi", "id": "10.1101/2024.05.03.592173"}]}, ""),
        ({"has-preprint": []}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_preprint_of_a_paper_is_read_from_its_relation(relation: Any, arxiv_id: str) -> None:
    assert found(relation=relation).arxiv_id == arxiv_id


def test_the_pace_of_the_headers_is_kept(serve: Serve, enrich: Enrich, time: Time) -> None:
    works = [work(number, f"Nothing of Kind{number}") for number in range(3)]
    enrich("crossref", serve("crossref", limit="2", interval="60s")).published(works)
    assert sum(time.slept) == pytest.approx(60)
    time.slept.clear()
    enrich("crossref", serve("crossref", limit="many", interval="1s"), folder="two").published(works)
    assert sum(time.slept) == 0
    enrich("crossref", serve("crossref", limit="50", interval="1s"), folder="three", interval=1).published(works)
    assert sum(time.slept) == pytest.approx(2)  # never quicker than the setting


def test_a_single_author_is_asked_for_by_the_family_name(serve: Serve, enrich: Enrich) -> None:
    server = serve("crossref", OWL_PAPER)
    enrich("crossref", server).published([work(1, OWLS, authors=()), work(1, OWLS, authors=PEOPLE[1:])])
    asked = [request.parameters["query.bibliographic"] for request in server.requests]
    assert asked == [OWLS, f"{OWLS} van der Uil"]
