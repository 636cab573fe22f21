"""Papers as the stand-ins of the services know them: facts, which each service prints in its own form."""

from __future__ import annotations

import msgspec

from refkit.model import Author, Published


class KnownPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A published paper that a stand-in knows.

    `preprint` is the arXiv id that the service links with it; without `publication.type` it is a preprint alone.
    `native` are fields in the service's own form that win over those made of the facts.
    """

    published: Published
    preprint: str = ""
    native: dict[str, object] = {}

    @property
    def authors(self) -> list[str]:
        """The names, given name first."""
        return [str(author) for author in self.published.authors]

    @property
    def doi(self) -> str:
        """The DOI of the publication, else that of the preprint."""
        return self.published.publication.doi or (f"10.48550/arxiv.{self.preprint}" if self.preprint else "")

    @property
    def is_published(self) -> bool:
        """Whether it is more than a preprint."""
        return bool(self.published.publication.type)

    @property
    def year(self) -> int | None:
        """The year of the publication."""
        issued = self.published.publication.issued
        return issued.year if issued else None


def parts_of(author: Author) -> tuple[str, str]:
    """Return the given and the family name."""
    return author.given, author.family or author.literal
