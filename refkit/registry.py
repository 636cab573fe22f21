"""Every built-in plug-in by name, in order of use, as "module:Class" so that nothing is imported before it is wanted.

To add a plug-in of a kind: write the module, add its line here, add its contract test and cases under tests/.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from refkit.errors import UsageError

READERS = {
    "arxiv-mail": "refkit.digests.arxiv_mail:ArxivMailReader",
    "bib": "refkit.digests.bib:BibReader",
    "feed": "refkit.digests.feed:FeedReader",
    "ris": "refkit.digests.ris:RisReader",
    "csl-json": "refkit.digests.csl:CslReader",
    "jsonl": "refkit.digests.jsonl:JsonlReader",
    "hf-page": "refkit.digests.hf_page:HfPageReader",
    "scholar": "refkit.digests.scholar:ScholarReader",
    "html": "refkit.digests.html:HtmlReader",
    "markdown": "refkit.digests.markdown:MarkdownReader",
    "hf-trending": "refkit.digests.hf_trending:HfTrendingReader",
    "yaml": "refkit.digests.yaml_list:YamlReader",
    "table": "refkit.digests.table:TableReader",
    "titles": "refkit.digests.titles:TitlesReader",
}
SOURCES = {
    "catalogue": "refkit.metadata.catalogue:CatalogueSource",
    "index": "refkit.metadata.index.source:IndexSource",
    "arxiv": "refkit.metadata.arxiv:ArxivSource",
}
ENRICHERS: dict[str, str] = {
    "crossref": "refkit.metadata.crossref:CrossrefEnricher",
    "openalex": "refkit.metadata.openalex:OpenAlexEnricher",
    "semantic-scholar": "refkit.metadata.semantic_scholar:SemanticScholarEnricher",
    "dblp": "refkit.metadata.dblp:DblpEnricher",
}
TAGGERS = {
    "rules": "refkit.themes.rules:RuleTagger",
    "headings": "refkit.themes.headings:HeadingTagger",
    "learned": "refkit.themes.learned:LearnedTagger",
}
# The writers of one text, which `refkit bibtex --format` may name.
FORMATS = {
    "bibtex": "refkit.writers.bibtex:BibtexWriter",
    "biblatex": "refkit.writers.bibtex:BiblatexWriter",
    "csl-json": "refkit.writers.formats.works:CslJsonWriter",
    "ris": "refkit.writers.formats.works:RisWriter",
    "jsonl": "refkit.writers.formats.works:JsonlWriter",
    "markdown": "refkit.writers.formats.works:MarkdownWriter",
    "html": "refkit.writers.formats.works:HtmlWriter",
}
WRITERS = {
    **FORMATS,
    "zotero": "refkit.writers.zotero.writer:ZoteroWriter",
}
KINDS = {"reader": READERS, "source": SOURCES, "enricher": ENRICHERS, "tagger": TAGGERS, "writer": WRITERS}


def load(kind: str, name: str) -> Any:
    """Import and return the class of a plug-in; raises UsageError that lists the known names."""
    known = KINDS[kind]
    if name not in known:
        raise UsageError(f"There is no {kind} named {name!r}; the {kind}s are: {', '.join(known)}.")
    module, _, attribute = known[name].partition(":")
    return getattr(import_module(module), attribute)


def bibtex_writer(dialect: str, key_format: str = "", out: Callable[[str], None] | None = None) -> Any:
    """Return the writer of a dialect that makes its citekeys by a formula. Raises UsageError."""
    options = {}
    if key_format:
        from refkit.writers.key_format import KeyFormat  # only where there is a formula

        options["key"] = KeyFormat.parse(key_format).key
    return load("writer", dialect)(out, **options)
