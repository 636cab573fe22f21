"""Papers made up for tests of enrichers, the works of their preprints, the stand-ins by name, and a clock.

serve = SERVERS["crossref"]([OWL_PAPER])
enricher.published([OWL])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refkit.model import ArxivRecord, Author, PartialDate, Publication, Published, Work
from refkit.pace import Clock
from refkit.testing.service_papers import KnownPaper
from refkit.testing.service_server import (
    CrossrefServer,
    DblpServer,
    OpenAlexServer,
    SemanticScholarServer,
    ServiceServer,
)

SERVERS: dict[str, Callable[..., ServiceServer]] = {
    "crossref": CrossrefServer,
    "openalex": OpenAlexServer,
    "semantic-scholar": SemanticScholarServer,
    "dblp": DblpServer,
}
NAMES = tuple(SERVERS)
PEOPLE = (Author("Strix", "Ada"), Author("van der Uil", "Jan"), Author("Tyto", "Zhi-Xuan"))


def paper(number: int, title: str, *, authors: tuple[Author, ...] = PEOPLE, **more: Any) -> KnownPaper:
    """Return a paper of a conference, linked with its preprint; `more` are fields of the publication."""
    facts = {
        "type": "paper-conference",
        "container_title": "Proceedings of the 7th Conference on Owls",
        "event_title": "Conference on Owls",
        "pages": f"{number}1-{number}9",
        "issued": PartialDate(2024, 5),
        "doi": f"10.1145/owls.{number}",
    }
    published = Published(publication=Publication(**{**facts, **more}), title=title, authors=authors)
    return KnownPaper(published=published, preprint=f"2401.{number:05}")


def work(number: int, title: str, *, authors: tuple[Author, ...] = PEOPLE, **more: Any) -> Work:
    """Return the work of a preprint; `more` are fields of its record."""
    return Work(
        record=ArxivRecord(
            arxiv_id=f"2401.{number:05}", title=title, authors=authors, submitted=PartialDate(2024, 1), **more
        )
    )


OWLS = "Nocturnal Owls and Their Silent Flight Control"
OWL_PAPER, OWL = paper(1, OWLS), work(1, OWLS)


class Time:
    """Passes only where somebody sleeps; in seconds, since datetimes are too coarse to end every wait."""

    def __init__(self) -> None:
        self.seconds = 1_795_600_800.0
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.seconds += seconds

    def pass_by(self, days: float) -> None:
        """Let days pass in which nobody sleeps."""
        self.seconds += days * 86400
