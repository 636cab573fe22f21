"""What `refkit check` looks for in a .bib: each rule by its name, with how bad it is and what it is for."""

from __future__ import annotations

import enum

from msgspec import Struct

from refkit.writers.bib_file import Edit


class Severity(enum.IntEnum):
    """How bad a finding is: an error gives a wrong or no reference, a warning a poor one, a note is advice."""

    NOTE = enum.auto()
    WARNING = enum.auto()
    ERROR = enum.auto()

    @property
    def label(self) -> str:
        """The name in messages: `error`."""
        return self.name.lower()


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is wrong at a place of the text; `edits` put it right where that changes no meaning."""

    rule: str
    place: int
    key: str
    message: str
    edits: tuple[Edit, ...] = ()

    @property
    def severity(self) -> Severity:
        """How bad it is, as its rule says."""
        return RULES[self.rule][0]


RULES: dict[str, tuple[Severity, str]] = {
    "broken-entry": (Severity.ERROR, "an entry cannot be read: braces, quotes or commas do not match"),
    "stray-brace": (Severity.WARNING, "a closing brace outside of all entries"),
    "duplicate-key": (Severity.ERROR, "two entries have one key, perhaps in other case"),
    "duplicate-entry": (Severity.WARNING, "two entries are one paper, by arXiv id, DOI, or title, author and year"),
    "bad-key": (Severity.ERROR, "an entry has no key, or one with characters that TeX or biber does not take"),
    "duplicate-field": (Severity.ERROR, "an entry has a field twice"),
    "empty-field": (Severity.WARNING, "a field says nothing"),
    "missing-field": (Severity.WARNING, "a field is missing that the entry type needs"),
    "unknown-type": (Severity.NOTE, "neither BibTeX nor BibLaTeX knows the entry type"),
    "impossible-year": (Severity.ERROR, "a year that is none, or lies in the future"),
    "impossible-month": (Severity.WARNING, "a month that is none, or is not written as BibTeX knows it"),
    "bad-doi": (Severity.ERROR, "a DOI that is none"),
    "http-doi": (Severity.WARNING, "a DOI is written as a link"),
    "bad-arxiv-id": (Severity.ERROR, "an arXiv id that is none"),
    "arxiv-version": (Severity.NOTE, "an arXiv id has a version"),
    "bad-url": (Severity.WARNING, "an URL without a scheme, or with blanks"),
    "bad-pages": (Severity.ERROR, "pages that run backwards"),
    "page-dash": (Severity.WARNING, "a range of pages with a single hyphen"),
    "undefined-string": (Severity.ERROR, "an abbreviation that no @string defines"),
    "cross-reference": (Severity.ERROR, "an entry refers to a key that the file does not have"),
    "encoding": (Severity.ERROR, "letters that were damaged by a wrong encoding"),
    "name": (Severity.WARNING, "names that BibTeX does not take apart as they are meant"),
    "unescaped": (Severity.ERROR, "a character that TeX takes for a command"),
    "title-capitals": (Severity.NOTE, "a title in capitals"),
    "preprint-as-article": (Severity.NOTE, "an arXiv preprint as an article of a journal"),
    "wrong-id": (Severity.ERROR, "the arXiv id is that of another paper"),
    "published-version": (Severity.NOTE, "a preprint of which arXiv knows where it was published"),
}
