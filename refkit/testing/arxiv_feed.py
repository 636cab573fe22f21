"""Answers of arXiv's query service as Atom feeds, byte for byte like those of its program since November 2025.

Recorded feeds show the order of elements and attributes, the quotes of the XML declaration, the namespaces and the
feed's id (a digest of the query as it was understood).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from lxml import etree
from msgspec import Struct

from refkit.testing.arxiv_papers import Document

ATOM = "http://www.w3.org/2005/Atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
ARXIV = "http://arxiv.org/schemas/atom"
# What arXiv's web framework leaves as it is in an address.
_PLAIN = "!$'()*,/:;?@"


class Header(Struct, frozen=True, kw_only=True):
    """What a feed says about itself: the query as understood, and how arXiv's program prints what it parsed of it."""

    now: datetime
    query: str = ""
    parsed: str = ""
    ids: tuple[str, ...] = ()
    start: int = 0
    size: int = 10
    total: int = 0

    @property
    def summary(self) -> str:
        """The parameters in the order of the feed's title, of which the feed's id is a digest."""
        ids = ",".join(self.ids)
        return f"search_query={self.query}&id_list={ids}&start={self.start}&max_results={self.size}"

    @property
    def digest(self) -> str:
        """The last part of the feed's id: SHA-1 in base64 without its padding."""
        return base64.b64encode(hashlib.sha1(self.summary.encode()).digest()).decode()[:-1]  # noqa: S324 - as arXiv

    @property
    def address(self) -> str:
        """The address of the feed, with the query as parsed."""
        parameters = {
            "search_query": self.parsed,
            "start": self.start,
            "max_results": self.size,
            "id_list": ",".join(self.ids),
        }
        return f"https://arxiv.org/api/query?{urlencode(parameters, safe=_PLAIN)}"


def feed(header: Header, documents: Sequence[Document]) -> bytes:
    """Return the feed of one page of documents."""
    root = _root()
    add(root, "id", f"https://arxiv.org/api/{header.digest}")
    add(root, "title", f"arXiv Query: {header.summary}")
    add(root, "updated", stamp(header.now))
    add(root, "link", href=header.address, type="application/atom+xml")
    _counts(root, header.size, header.total, header.start)
    for document in documents:
        _entry(root, document)
    return _bytes(root)


def error_feed(message: str, link: str, now: datetime) -> bytes:
    """Return the feed that explains an error; arXiv sends it with the error's status."""
    root = _root()
    add(root, "id", "https://arxiv.org/")
    add(root, "title", "arXiv Search Results")
    add(root, "updated", stamp(now))
    _counts(root, 1, 1, 0)
    entry = add(root, "entry")
    add(entry, "id", link)
    add(entry, "title", "Error")
    add(entry, "updated", stamp(now))
    add(entry, "link", href=link, rel="alternate", type="text/html")
    add(entry, "summary", message)
    add(add(entry, "author"), "name", "arXiv api core")
    return _bytes(root)


def stamp(time: datetime) -> str:
    """Return a time as a feed writes it, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def add(
    parent: etree._Element, name: str, text: str | None = None, *, namespace: str = ATOM, **attributes: str
) -> etree._Element:
    """Append an element with its text and attributes."""
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    element.text = text
    return element


def _root() -> etree._Element:
    namespaces: dict[str | None, str] = {"opensearch": OPENSEARCH, "arxiv": ARXIV, None: ATOM}
    return etree.Element(f"{{{ATOM}}}feed", nsmap=namespaces)


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True))


def _counts(root: etree._Element, size: int, total: int, start: int) -> None:
    for name, number in (("itemsPerPage", size), ("totalResults", total), ("startIndex", start)):
        add(root, name, str(number), namespace=OPENSEARCH)


def _entry(root: etree._Element, document: Document) -> None:
    """Append a document. arXiv always knows a category; a document without one goes without these elements."""
    entry, name = add(root, "entry"), document.versioned_id
    add(entry, "id", f"http://arxiv.org/abs/{name}")
    add(entry, "title", document.title)
    add(entry, "updated", stamp(document.updated))
    add(entry, "link", href=f"https://arxiv.org/abs/{name}", rel="alternate", type="text/html")
    add(entry, "link", href=f"https://arxiv.org/pdf/{name}", rel="related", type="application/pdf", title="pdf")
    add(entry, "summary", document.abstract)
    for category in document.categories:
        add(entry, "category", term=category, scheme=ARXIV)
    add(entry, "published", stamp(document.published))
    _details(entry, document)


def _details(entry: etree._Element, document: Document) -> None:
    if document.comments:
        add(entry, "comment", document.comments, namespace=ARXIV)
    if document.categories:
        add(entry, "primary_category", namespace=ARXIV, term=document.categories[0])
    if document.journal_ref:
        add(entry, "journal_ref", document.journal_ref, namespace=ARXIV)
    for creator in document.authors:
        author = add(entry, "author")
        add(author, "name", creator.name)
        for affiliation in creator.affiliations:
            add(author, "affiliation", affiliation, namespace=ARXIV)
    for doi in document.dois:
        add(entry, "doi", doi, namespace=ARXIV)
        add(entry, "link", rel="related", href=f"https://doi.org/{doi}", title="doi")
