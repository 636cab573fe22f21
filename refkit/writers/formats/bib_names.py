"""The entry types and fields of BibTeX and BibLaTeX beside CSL's types and variables.

BibLaTeX's are those of its manual, 2.1 and 2.2; CSL's beside them as pandoc and Zotero pair them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from refkit.writers.formats.item import PREPRINT

DIALECTS = ("bibtex", "biblatex")

# CSL's type -> that of BibTeX and that of BibLaTeX.
ENTRY_TYPES: Mapping[str, tuple[str, str]] = {
    "article-journal": ("article", "article"),
    "article-magazine": ("article", "article"),
    "article-newspaper": ("article", "article"),
    "book": ("book", "book"),
    "chapter": ("incollection", "incollection"),
    "paper-conference": ("inproceedings", "inproceedings"),
    "entry": ("incollection", "inreference"),
    "entry-dictionary": ("incollection", "inreference"),
    "entry-encyclopedia": ("incollection", "inreference"),
    "thesis": ("phdthesis", "thesis"),
    "report": ("techreport", "report"),
    "webpage": ("misc", "online"),
    "post": ("misc", "online"),
    "post-weblog": ("misc", "online"),
    PREPRINT: ("misc", "online"),
    "software": ("misc", "software"),
    "dataset": ("misc", "dataset"),
    "manuscript": ("unpublished", "unpublished"),
    "pamphlet": ("booklet", "booklet"),
    "patent": ("misc", "patent"),
    "periodical": ("misc", "periodical"),
    "collection": ("book", "collection"),
    "document": ("misc", "misc"),
}
CSL_TYPES: Mapping[str, str] = {
    "article": "article-journal", "book": "book", "mvbook": "book", "proceedings": "book", "mvproceedings": "book",
    "collection": "collection", "mvcollection": "collection", "manual": "book", "reference": "book",
    "mvreference": "book", "booklet": "pamphlet", "inbook": "chapter", "bookinbook": "chapter", "suppbook": "chapter",
    "incollection": "chapter", "suppcollection": "chapter", "inproceedings": "paper-conference",
    "conference": "paper-conference", "inreference": "entry", "thesis": "thesis", "phdthesis": "thesis",
    "mastersthesis": "thesis", "report": "report", "techreport": "report", "online": "webpage",
    "electronic": "webpage", "www": "webpage", "software": "software", "dataset": "dataset",
    "unpublished": "manuscript", "patent": "patent", "periodical": "periodical", "misc": "document",
}  # fmt: skip
BIBTEX_TYPES = frozenset(
    "article book booklet conference inbook incollection inproceedings manual mastersthesis misc phdthesis proceedings "
    "techreport unpublished".split()
)
SUBTYPES = {"magazine": "article-magazine", "newspaper": "article-newspaper"}
GENRES = {"phdthesis": "PhD thesis", "mastersthesis": "Master's thesis"}
# What BibLaTeX writes for a genre, to print it in the language of the document.
GENRE_KEYS = {
    "phdthesis": "PhD thesis", "mathesis": "Master's thesis", "techreport": "Technical report",
    "resreport": "Research report", "candthesis": "Candidate thesis",
}  # fmt: skip

# CSL's variable -> the field of BibTeX and that of BibLaTeX, for all types.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "title": ("title", "title"),
    "title-short": ("shorttitle", "shorttitle"),
    "container-title": ("booktitle", "booktitle"),
    "container-title-short": ("shortjournal", "shortjournal"),
    "collection-title": ("series", "series"),
    "volume": ("volume", "volume"),
    "number": ("number", "number"),
    "issue": ("issue", "issue"),
    "part-number": ("part", "part"),
    "chapter-number": ("chapter", "chapter"),
    "page": ("pages", "pages"),
    "number-of-pages": ("pagetotal", "pagetotal"),
    "number-of-volumes": ("volumes", "volumes"),
    "edition": ("edition", "edition"),
    "version": ("version", "version"),
    "publisher": ("publisher", "publisher"),
    "publisher-place": ("address", "location"),
    "event-title": ("eventtitle", "eventtitle"),
    "event-place": ("venue", "venue"),
    "original-title": ("origtitle", "origtitle"),
    "original-publisher": ("origpublisher", "origpublisher"),
    "original-publisher-place": ("origlocation", "origlocation"),
    "volume-title": ("maintitle", "maintitle"),
    "genre": ("type", "type"),
    "status": ("pubstate", "pubstate"),
    "medium": ("howpublished", "howpublished"),
    "ISBN": ("isbn", "isbn"),
    "ISSN": ("issn", "issn"),
    "DOI": ("doi", "doi"),
    "URL": ("url", "url"),
    "PMID": ("pmid", "pmid"),
    "PMCID": ("pmcid", "pmcid"),
    "archive": ("eprinttype", "eprinttype"),
    "archive_location": ("eprint", "eprint"),
    "call-number": ("library", "library"),
    "language": ("language", "language"),
    "note": ("note", "note"),
    "annote": ("annote", "annotation"),
    "abstract": ("abstract", "abstract"),
}
_IN_BOOK = {"number": ("eid", "eid"), "collection-number": ("number", "number")}
_IN_JOURNAL = {
    "container-title": ("journal", "journaltitle"),
    "issue": ("number", "number"),
    "number": ("eid", "eid"),
    "collection-number": ("issue", "issue"),
}
_OF_TYPE: Mapping[str, Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("article-journal", "article-magazine", "article-newspaper"), _IN_JOURNAL),
    **dict.fromkeys(
        ("book", "chapter", "paper-conference", "collection", "entry", "entry-dictionary", "entry-encyclopedia"),
        _IN_BOOK,
    ),
    "thesis": {"publisher": ("school", "institution")},
    "report": {"publisher": ("institution", "institution")},
    "webpage": {"container-title": ("organization", "organization")},
}
# Other names that are read, where the type has no use of its own for them.
_ALIASES = {
    "journal": "container-title", "journaltitle": "container-title", "booktitle": "container-title",
    "school": "publisher", "institution": "publisher", "organization": "publisher", "publisher": "publisher",
    "eid": "number", "archiveprefix": "archive", "journalabbr": "container-title-short",
}  # fmt: skip
ROLES: Mapping[str, str] = {
    "author": "author", "editor": "editor", "translator": "translator", "bookauthor": "container-author",
    "director": "director",
}  # fmt: skip
DATES: Mapping[str, str] = {"urldate": "accessed", "eventdate": "event-date", "origdate": "original-date"}


@lru_cache
def fields_of(csl_type: str, dialect: str) -> Mapping[str, str]:
    """Return the fields of a dialect by CSL's variable, for entries of a type."""
    table = {**_FIELDS, **_OF_TYPE.get(csl_type, {})}
    return {variable: names[DIALECTS.index(dialect)] for variable, names in table.items()}


@lru_cache
def variables_of(csl_type: str) -> Mapping[str, str]:
    """Return CSL's variables by field, of both dialects, for entries of a type."""
    both = [fields_of(csl_type, dialect) for dialect in DIALECTS]
    return {**_ALIASES, **{name: variable for table in both for variable, name in table.items()}}
