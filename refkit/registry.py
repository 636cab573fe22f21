"""Every plug-in by name: those built in, in order of use, then those of other packages, all through the same door.

A plug-in stands here as "module:Class", so that nothing is imported before it is wanted. To add a built-in one: write
the module, add its line here, add its contract test and cases under tests/. One in a package of its own has an entry
point instead (docs/plugins.md).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from refkit import plugins
from refkit.errors import PluginError, UsageError
from refkit.guarding import guard
from refkit.plugins import ALL, Plugin, Selection

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


def known(kind: str, selection: Selection = ALL) -> list[Plugin]:
    """Return the plug-ins of a kind that may be taken, built-in ones first; some may turn out to be broken."""
    table = KINDS[kind]
    found = [*(Plugin(kind, name, target) for name, target in table.items()), *plugins.installed(kind, table)]
    return [plugin for plugin in found if selection.allows(plugin)]


def find(kind: str, name: str, selection: Selection = ALL) -> Plugin:
    """Return a plug-in by name. Raises UsageError, that lists the known names, PluginError for one that is refused.

    What other packages have is looked at only for a name that is not built in.
    """
    target = KINDS[kind].get(name)
    found = Plugin(kind, name, target) if target else _installed(kind, name)
    if found and selection.allows(found):
        return found
    place, about = getattr(name, "place", ""), f"{kind} named {name!r}"
    if found:
        raise UsageError(f"{place}The {about} is not to be taken, as [plugins] in the configuration says.")
    names = ", ".join(plugin.name for plugin in known(kind, selection))
    raise UsageError(f"{place}There is no {about}; the {kind}s are: {names}.")


def _installed(kind: str, name: str) -> Plugin | None:
    return next((plugin for plugin in plugins.installed(kind, KINDS[kind]) if plugin.name == name), None)


def load(kind: str, name: str) -> Any:
    """Import and return the class of a plug-in; raises UsageError that lists the known names, PluginError."""
    return imported(find(kind, name))


def imported(plugin: Plugin) -> Any:
    """Import and return the class of a plug-in. Raises PluginError with the reason if it cannot be used."""
    if plugin.is_built_in:
        return _import(plugin.target)
    if plugin.problem:
        raise broken(plugin, plugin.problem)
    found = guard(
        lambda: _import(plugin.target), lambda problem: broken(plugin, f"importing {plugin.target} {problem}"), ()
    )
    problem = guard(lambda: plugins.misshapen(plugin, found), lambda what: broken(plugin, f"looking at it {what}"))
    if problem:
        raise broken(plugin, f"{problem}; report this to its author")
    return found


def broken(plugin: Plugin, reason: str) -> PluginError:
    """Return the error that a plug-in cannot be used."""
    return PluginError(f"The {plugin.kind} {plugin.name!r} of {plugin.origin} is broken: {reason}.", reason)


def _import(target: str) -> Any:
    module, _, attribute = target.partition(":")
    found: Any = import_module(module.strip())
    for part in attribute.strip().split("."):
        found = getattr(found, part)
    return found


def bibtex_writer(dialect: str, key_format: str = "", out: Callable[[str], None] | None = None) -> Any:
    """Return the writer of a dialect that makes its citekeys by a formula. Raises UsageError."""
    options = {"key": citekeys(key_format)} if key_format else {}
    return load("writer", dialect)(out, **options)


def citekeys(key_format: str) -> Callable[[Any], str]:
    """Return what makes a record's citekey by a formula. Raises UsageError."""
    from refkit.writers.key_format import KeyFormat  # only where there is a formula

    return KeyFormat.parse(key_format).key
