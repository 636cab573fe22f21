"""DBLP: whole words, CoRR as a preprint, namesakes, entities, the full stop, fields that are one or many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from refkit.metadata import dblp
from refkit.metadata.enriching import ServiceEnricher
from refkit.model import Author, Published
from refkit.testing.service_examples import OWL, OWL_PAPER, OWLS, paper, work
from refkit.testing.service_server import ServiceServer

Serve = Callable[..., ServiceServer]
Enrich = Callable[..., ServiceEnricher]

TMLR = {
    "authors": {"author": [{"@pid": "1", "text": "Xi Fang"}, {"@pid": "2", "text": "Jiani Zhang 0003"}]},
    "title": "Large Language Models (LLMs) on Tabular Data &amp; More - A Survey.",
    "venue": "Trans. Mach. Learn. Res.",
    "volume": "2024",
    "year": "2024",
    "type": "Journal Articles",
    "key": "journals/tmlr/Fang24",
    "ee": "https://openreview.net/forum?id=IZnrCGF9WI",
}


def found(**fields: Any) -> Published | None:
    return dblp.read(msgspec.convert({**TMLR, **fields}, dblp._Info))


def known(**fields: Any) -> Published:
    offer = found(**fields)
    assert offer
    return offer


def test_words_are_asked_for_whole(serve: Serve, enrich: Enrich) -> None:
    longer = paper(2, f"{OWLS}lers")  # "Controllers" begins as "Control" does
    server = serve("dblp", longer, OWL_PAPER)
    assert [offer.title for offer in enrich("dblp", server).published([OWL])[0]] == [OWLS]
    (request,) = server.requests
    assert request.parameters["q"] == "nocturnal$ owls$ and$ their$ silent$ flight$ control$"
    assert (request.parameters["h"], request.parameters["c"]) == ("30", "0")
    assert "%20" in request.path or " " not in request.path


def test_a_short_title_is_asked_for_with_its_author(serve: Serve, enrich: Enrich) -> None:
    server = serve("dblp", *(paper(number, f"Owls {number}", authors=()) for number in range(2, 60)), paper(1, "Owls"))
    ((offer,),) = enrich("dblp", server).published([work(1, "Owls")])
    assert offer.title == "Owls"
    assert server.requests[0].parameters["q"] == "owls$ strix$"


def test_words_that_are_spelt_in_several_ways_are_left_out(serve: Serve, enrich: Enrich) -> None:
    title = r"Schr\"odinger's Owls and the $\lambda$-Calculus of Größe"
    server = serve("dblp", paper(1, "Schrödinger's Owls and the λ-Calculus of Groesse"))
    enrich("dblp", server).published([work(1, title)])
    assert server.requests[0].parameters["q"] == "owls$ and$ the$ of$"


def test_corr_is_left_out_and_what_is_published_stays(serve: Serve, enrich: Enrich) -> None:
    corr = paper(1, OWLS, type="", doi="", container_title="", event_title="")
    ((offer,),) = enrich("dblp", serve("dblp", corr, OWL_PAPER)).published([OWL])
    assert offer.publication.container_title == "Proceedings of the 7th Conference on Owls"


def test_text_is_as_people_write_it() -> None:
    offer = known()
    assert offer.title == "Large Language Models (LLMs) on Tabular Data & More - A Survey"
    assert offer.authors == (Author("Fang", "Xi"), Author("Zhang", "Jiani"))
    assert offer.publication.url == "https://openreview.net/forum?id=IZnrCGF9WI"
    assert known(title="Who Hears?").title == "Who Hears?"


@pytest.mark.parametrize(
    ("type_", "key", "kind"),
    [
        ("Conference and Workshop Papers", "conf/x/1", "paper-conference"),
        ("Journal Articles", "journals/x/1", "article-journal"),
        ("Parts in Books or Collections", "books/x/1", "chapter"),
        ("Books and Theses", "books/x/2", "book"),
    ],
)
def test_kinds_are_those_of_csl(type_: str, key: str, kind: str) -> None:
    assert known(type=type_, key=key).publication.type == kind


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("Informal and Other Publications", "journals/corr/abs-2402-17944"),
        ("Books and Theses", "phd/us/Owl20"),
        ("Editorship", "conf/x/2024"),
        ("Data and Artifacts", "data/1"),
        ("", ""),
    ],
)
def test_what_is_no_published_paper_is_left_out(type_: str, key: str) -> None:
    assert found(type=type_, key=key) is None


def test_fields_are_one_or_many() -> None:
    one = known(authors={"author": {"@pid": "1", "text": "Peter Hall"}}, venue=["ECCV (1)", "ECCV"], ee=["https://x/1"])
    assert one.authors == (Author("Hall", "Peter"),)
    assert (one.publication.container_title, one.publication.url) == ("ECCV (1)", "https://x/1")
    assert known(authors=None).authors == ()
    assert known(venue=None).publication.container_title == ""


def test_dois_are_bare_and_never_the_preprints() -> None:
    assert known(doi="10.1093/NAR/GKZ827").publication.doi == "10.1093/nar/gkz827"
    by_link = known(ee=["https://openreview.net/1", "https://doi.org/10.1093/nar/gkz827"]).publication
    assert (by_link.doi, by_link.url) == ("10.1093/nar/gkz827", "")
    assert known(doi="10.48550/ARXIV.2402.17944").publication.doi == ""


def test_pages_and_numbers_are_kept() -> None:
    publication = known(pages="25:1-25:5", number="Database-Issue").publication
    assert (publication.pages, publication.issue, publication.volume) == ("25:1-25:5", "Database-Issue", "2024")
