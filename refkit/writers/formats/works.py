"""Works -> items, and the writers of all formats that are made of items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from refkit.model import ArxivRecord, Change, PartialDate, Publication, Report, Work, plain_arxiv_id
from refkit.writers.bibtex import BibtexWriter, hand_over
from refkit.writers.formats.item import PREPRINT, Date, Item, Written, of_author
from refkit.writers.formats.tex_reading import from_tex
from refkit.writers.latex import clean

_PUBLISHED = frozenset({"article-journal", "paper-conference", "chapter", "book"})


def item_of(work: Work, key: str) -> Item:
    """Return a work as an item: its published version if one is known, else the preprint.

    arXiv's titles and abstracts are half TeX; they become Unicode, and formulas stay.
    """
    record, published = work.record, work.publication
    if published and published.type not in _PUBLISHED:
        published = None
    arxiv_id = plain_arxiv_id(record.arxiv_id)
    title = (published and published.title) or record.title
    dated = published.issued if published else record.submitted
    texts = {
        "title": _text(title),
        **(_publication(published) if published else {"DOI": f"10.48550/arXiv.{arxiv_id}"}),
        "URL": f"https://arxiv.org/abs/{arxiv_id}",
        "abstract": _text(record.abstract),
    }
    authors = tuple(name for author in record.authors if (name := of_author(author)))
    return Item(
        key=key,
        type=published.type if published else PREPRINT,
        names={"author": authors} if authors else {},
        dates={"issued": Date(start=_known(dated))} if dated and dated.year else {},
        texts={name: value for name, value in texts.items() if value},
        keywords=tuple(sorted({tag.theme for tag in work.themes})),
        arxiv_id=arxiv_id,
        arxiv_class=record.categories[0] if record.categories else "",
    )


def _text(text: str) -> str:
    return from_tex(clean(text))


def _known(date: PartialDate) -> PartialDate:
    """Return a date as far as it is known from the year on."""
    return date if date.month else PartialDate(date.year)


def _publication(published: Publication) -> dict[str, str]:
    return {
        "container-title": _text(published.container_title),
        "event-title": _text(published.event_title),
        "volume": published.volume,
        "issue": published.issue,
        "page": published.pages.replace("–", "-").replace("--", "-"),
        "number": published.number,
        "publisher": _text(published.publisher),
        "DOI": published.doi,
    }


class ItemWriter:
    """A writer of one text to `out`, or else to standard output; a format fills in `write`.

    Keys and order are those of the BibTeX file, so that a paper has one key in all formats.
    """

    name = ""

    def __init__(
        self, out: Callable[[str], None] | None = None, *, key: Callable[[ArxivRecord], str] | None = None
    ) -> None:
        self._out = out
        self._key = key

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """Return one CREATE for each work, sorted by citekey; a paper given twice is written once."""
        return BibtexWriter(key=self._key).plan(works)

    def render(self, changes: Sequence[Change]) -> str:
        """Return the text of the file."""
        return self.write([item_of(change.work, change.key) for change in changes], changes).text

    def apply(self, changes: Sequence[Change]) -> Report:
        """Hand the whole text to `out` in one call; raises WriteError, and then nothing was handed over."""
        hand_over(self.render(changes), self._out, self.name)
        return Report(done=tuple(changes))

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:
        """Return the items as the text of the format; the changes hold the works that they were made of."""
        raise NotImplementedError


class CslJsonWriter(ItemWriter):
    """Writer of CSL-JSON, with abstracts: pandoc, Zotero and citeproc read it."""

    name = "csl-json"

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:  # noqa: ARG002 - items say all of it
        """Return the items as a JSON array."""
        from refkit.writers.formats import csl_json

        return csl_json.write(items)


class RisWriter(ItemWriter):
    """Writer of RIS, with abstracts: EndNote, Mendeley and Zotero read it."""

    name = "ris"

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:  # noqa: ARG002 - as above
        """Return the items as RIS."""
        from refkit.writers.formats import ris

        return ris.write(items)


class JsonlWriter(ItemWriter):
    """Writer of JSON lines: each work whole, with its mentions, themes and provenance."""

    name = "jsonl"

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:
        """Return a line for each work."""
        from refkit.writers.formats import jsonl

        return jsonl.write(items, [change.work for change in changes])


class MarkdownWriter(ItemWriter):
    """Writer of a bibliography in Markdown, in the plain style of refkit, by author."""

    name = "markdown"

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:  # noqa: ARG002 - as above
        """Return the items as a list."""
        from refkit.writers.formats import bibliography

        return bibliography.markdown(items)


class HtmlWriter(ItemWriter):
    """Writer of a bibliography as a page of HTML of its own, in the plain style of refkit, by author."""

    name = "html"

    def write(self, items: Sequence[Item], changes: Sequence[Change]) -> Written:  # noqa: ARG002 - as above
        """Return the items as a page."""
        from refkit.writers.formats import bibliography

        return bibliography.html_page(items)
