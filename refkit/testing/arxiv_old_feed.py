"""Answers in the form of arXiv's former program (until November 2025), as saved feeds and many examples have it.

The order of elements, the namespaces on each element, the hard line breaks and the time of day follow the user manual
of the query service and recorded feeds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from refkit.testing.arxiv_feed import ARXIV, ATOM, OPENSEARCH, Header, add, stamp
from refkit.testing.arxiv_papers import Document

_WIDTH = 78


def old_feed(header: Header, documents: Sequence[Document]) -> bytes:
    """Return the feed of one page of documents."""
    root = _root(header.summary, header.digest, header.now)
    counts = (("totalResults", header.total), ("startIndex", header.start), ("itemsPerPage", header.size))
    for name, number in counts:
        _own(root, "opensearch", OPENSEARCH, name, str(number))
    for document in documents:
        _entry(root, document)
    return _bytes(root)


def old_error_feed(message: str, link: str, now: datetime) -> bytes:
    """Return the feed that explains an error."""
    link = link.replace("https://arxiv.org/", "http://arxiv.org/")
    root = _root("", "", now)
    for name, number in (("totalResults", 1), ("startIndex", 0), ("itemsPerPage", 1)):
        _own(root, "opensearch", OPENSEARCH, name, str(number))
    entry = add(root, "entry")
    add(entry, "id", link)
    add(entry, "title", "Error")
    add(entry, "summary", message)
    add(entry, "updated", _midnight(now))
    add(entry, "link", href=link, rel="alternate", type="text/html")
    add(add(entry, "author"), "name", "arXiv api core")
    return _bytes(root)


def _root(summary: str, digest: str, now: datetime) -> etree._Element:
    namespaces: dict[str | None, str] = {None: ATOM}
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=namespaces)
    add(root, "link", href=f"http://arxiv.org/api/query?{summary}", rel="self", type="application/atom+xml")
    add(root, "title", f"ArXiv Query: {summary}", type="html")
    add(root, "id", f"http://arxiv.org/api/{digest}")
    add(root, "updated", _midnight(now))
    return root


def _bytes(root: etree._Element) -> bytes:
    printed = etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(printed)


def _own(
    parent: etree._Element, prefix: str, namespace: str, name: str, text: str | None = None, **attributes: str
) -> None:
    """Append an element that declares its namespace itself."""
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes, nsmap={prefix: namespace})
    element.text = text


def _midnight(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT00:00:00-05:00")


def _wrapped(text: str) -> str:
    return "\n  ".join(textwrap.wrap(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False))


def _entry(root: etree._Element, document: Document) -> None:
    entry, name = add(root, "entry"), document.versioned_id
    add(entry, "id", f"http://arxiv.org/abs/{name}")
    add(entry, "updated", stamp(document.updated))
    add(entry, "published", stamp(document.published))
    add(entry, "title", _wrapped(document.title))
    add(entry, "summary", f"  {_wrapped(document.abstract.strip())}\n")
    for creator in document.authors:
        author = add(entry, "author")
        add(author, "name", creator.name)
        for affiliation in creator.affiliations:
            _own(author, "arxiv", ARXIV, "affiliation", affiliation)
    _details(entry, document)
    add(entry, "link", href=f"http://arxiv.org/abs/{name}", rel="alternate", type="text/html")
    add(entry, "link", title="pdf", href=f"http://arxiv.org/pdf/{name}", rel="related", type="application/pdf")
    if document.categories:
        _own(entry, "arxiv", ARXIV, "primary_category", term=document.categories[0], scheme=ARXIV)
    for category in document.categories:
        add(entry, "category", term=category, scheme=ARXIV)


def _details(entry: etree._Element, document: Document) -> None:
    for doi in document.dois:
        _own(entry, "arxiv", ARXIV, "doi", doi)
        add(entry, "link", title="doi", href=f"http://dx.doi.org/{doi}", rel="related")
    if document.comments:
        _own(entry, "arxiv", ARXIV, "comment", document.comments)
    if document.journal_ref:
        _own(entry, "arxiv", ARXIV, "journal_ref", document.journal_ref)
