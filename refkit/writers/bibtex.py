"""Works -> a BibTeX or BibLaTeX file, the same bytes for the same works in any order.

The fields are those of specs/field_mappings.md 4.6. bibtexparser's writer checks nothing (a stray brace or a
bad key gives a corrupt file), so what it wrote is read back and compared before it leaves this module.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from refkit.errors import WriteError
from refkit.model import Author, Change, Op, Report, Work, plain_arxiv_id
from refkit.normalize import to_unicode
from refkit.writers.capitals import protect
from refkit.writers.citekeys import cite_keys
from refkit.writers.latex import clean, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bibtexparser.model import Entry
    from bibtexparser.writer import BibtexFormat

    from refkit.model import ArxivRecord, PartialDate, Publication

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MACRO_FIELD = "month"
# The entry types of published versions, by CSL's; what is none of them is written as the preprint.
_TYPES = {
    "article-journal": "article",
    "paper-conference": "inproceedings",
    "chapter": "incollection",
    "book": "book",
}
_TOO_MANY_COMMAS = 3  # biber counts those in braces too, and drops the whole entry


class BibtexWriter:
    """Writer for BibTeX: LaTeX accents, `archivePrefix`, one text handed to `out`, or else to standard output.

    `key` makes the citekey of a record that meets no other (`citekeys.base_key`, or a formula of `key_format.py`).
    A preprint is `@misc`, a work of which the published version is known an `@article`, `@inproceedings` and so on.
    """

    name = "bibtex"
    entry_type = "misc"
    longest_field = "archivePrefix"  # the values line up behind it, whatever else an entry has

    def __init__(
        self, out: Callable[[str], None] | None = None, *, key: Callable[[ArxivRecord], str] | None = None
    ) -> None:
        self._out = out
        self._key = key

    def keys(self, works: Sequence[Work], *, taken: Collection[str] = ()) -> list[str]:
        """Return a citekey for each work, as `key` makes them; no two are equal, and none is `taken`."""
        return cite_keys(works, key=self._key, taken=taken)

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """Return one CREATE for each work, sorted by citekey (`Change.key`); a paper given twice is written once."""
        works = list({work.record.arxiv_id: work for work in reversed(works)}.values())
        keyed = zip(self.keys(works), works, strict=True)
        return [Change(op=Op.CREATE, key=key, work=work) for key, work in sorted(keyed, key=lambda pair: pair[0])]

    def render(self, changes: Sequence[Change]) -> str:
        """Return the text of the file; raises WriteError if a reader would not get back what stands in it."""
        entries = {change.key: (self.kind(change.work), self.fields(change.work)) for change in changes}
        if len({key.casefold() for key in entries}) < len(changes):
            raise WriteError("Two entries of the plan have the same citekey; plan them together.")
        names = {self.longest_field, *(name for _, fields in entries.values() for name in fields)}
        text = _written(entries, column=max(map(len, names)) + len(" = "))
        _check(text, entries)
        return text

    def apply(self, changes: Sequence[Change]) -> Report:
        """Hand the whole text to `out` in one call; raises WriteError, and then nothing was handed over."""
        hand_over(self.render(changes), self._out, self.name)
        return Report(done=tuple(changes))

    def kind(self, work: Work) -> str:
        """Return the entry type of a work: that of its published version, if it is known."""
        return _TYPES.get(work.published.type, self.entry_type) if work.published else self.entry_type

    def fields(self, work: Work) -> dict[str, str]:
        """Return the known fields of a work in the order in which they are written."""
        record = work.record
        arxiv_id = plain_arxiv_id(record.arxiv_id)
        published = work.published if work.published and work.published.type in _TYPES else None
        fields = {
            "title": self.text(protect(clean((published and published.title) or record.title))),
            "author": " and ".join(filter(None, (self._person(author) for author in record.authors))),
            **(self.published_fields(published) if published else {}),
            **self.date_fields(published.issued if published else record.submitted),
            **self.eprint_fields(arxiv_id, record.categories[0] if record.categories else ""),
            "doi": published.doi if published else f"10.48550/arXiv.{arxiv_id}",
            "url": f"https://arxiv.org/abs/{arxiv_id}",
            **({} if published else self.status_fields()),
            "note": self.text(clean(work.publication.note)) if work.publication else "",
            "keywords": ", ".join(sorted({tag.theme for tag in work.themes})),
        }
        return {name: value for name, value in fields.items() if value}

    def published_fields(self, published: Publication) -> dict[str, str]:
        """Return where a work was published, in the names of this dialect.

        BibTeX's styles print of proceedings a volume or a number, and complain of both; so the volume is written.
        """
        place, kind = published.container_title or published.event_title, _TYPES[published.type]
        number = published.issue if kind == "article" else ""
        return self._translated(
            {
                {"article": "journal", "book": "series"}.get(kind, "booktitle"): place,
                "volume": published.volume,
                "number": number,
                "pages": _pages(published.pages or published.number),
                "publisher": published.publisher if kind != "article" else "",
            }
        )

    def _translated(self, fields: dict[str, str]) -> dict[str, str]:
        return {name: self.text(clean(value)) for name, value in fields.items()}

    def text(self, text: str) -> str:
        """Return a clean text in the letters of this dialect."""
        return encode(text)

    def date_fields(self, date: PartialDate | None) -> dict[str, str]:
        """Return a date as far as it is known: `year` and `month` (a macro)."""
        if not date or not date.year:
            return {}
        month = _MONTHS[date.month - 1] if date.month and date.month <= len(_MONTHS) else ""
        return {"year": f"{date.year:04}", _MACRO_FIELD: month}

    def eprint_fields(self, arxiv_id: str, category: str) -> dict[str, str]:
        """Return the fields that name the preprint, as arXiv itself does."""
        return {"eprint": arxiv_id, "archivePrefix": "arXiv", "primaryClass": category}

    def status_fields(self) -> dict[str, str]:
        """Return what this dialect says of unpublished work: nothing."""
        return {}

    def _person(self, author: Author) -> str:
        # A name is no TeX to be kept: BibTeX finds its parts only where each accent is a letter of its own.
        family, given, suffix = (self._name_text(part) for part in (author.family, author.given, author.suffix))
        whole = self._name_text(author.literal or str(author))
        if not whole:
            return ""
        if author.literal or not (family and given):
            return _braced(whole)
        name = ", ".join(_one_part(part) for part in (family, suffix, given) if part)
        return name if name.count(",") < _TOO_MANY_COMMAS else _braced(whole)

    def _name_text(self, name: str) -> str:
        return self.text(clean(to_unicode(name)))


class BiblatexWriter(BibtexWriter):
    """Writer of `@online` entries for BibLaTeX: UTF-8, `date`, `eprinttype`, `pubstate`."""

    name = "biblatex"
    entry_type = "online"
    longest_field = "eprintclass"

    def kind(self, work: Work) -> str:
        """Return the entry type of a work; a chapter is `@inbook`, as `@incollection` must name the editors."""
        kind = super().kind(work)
        return "inbook" if kind == "incollection" else kind

    def text(self, text: str) -> str:
        """Return the text as it is: biber reads UTF-8."""
        return text

    def published_fields(self, published: Publication) -> dict[str, str]:
        """Return where a work was published, with issue, event and number of the article."""
        place, kind = published.container_title or published.event_title, _TYPES[published.type]
        event = published.event_title if kind == "inproceedings" and published.event_title != place else ""
        return self._translated(
            {
                {"article": "journaltitle", "book": "series"}.get(kind, "booktitle"): place,
                "eventtitle": event,
                "volume": published.volume,
                "number": published.issue,
                "pages": _pages(published.pages),
                "eid": "" if published.pages else published.number,
                "publisher": published.publisher if kind != "article" else "",
            }
        )

    def date_fields(self, date: PartialDate | None) -> dict[str, str]:
        """Return a date, as precise as it is known."""
        if not date or not date.year:
            return {}
        parts = [f"{date.year:04}", f"{date.month:02}" if date.month else ""]
        parts.append(f"{date.day:02}" if date.month and date.day else "")
        return {"date": "-".join(filter(None, parts))}

    def eprint_fields(self, arxiv_id: str, category: str) -> dict[str, str]:
        """Return the fields that name the preprint, in BibLaTeX's names."""
        return {"eprint": arxiv_id, "eprinttype": "arxiv", "eprintclass": category}

    def status_fields(self) -> dict[str, str]:
        """Return that the work is a preprint."""
        return {"pubstate": "prepublished"}


def hand_over(text: str, out: Callable[[str], None] | None, name: str) -> None:
    """Give the whole text of a format to `out`, or else to standard output, in one call. Raises WriteError."""
    try:
        (out or sys.stdout.write)(text)
    except BrokenPipeError:
        raise  # the reader of our output went away, as `| head` does: no fault to report
    except (OSError, UnicodeError) as error:
        raise WriteError(f"The {name} text could not be written: {error}.") from error


def _pages(text: str) -> str:
    """Return a range of pages with the dash that BibTeX knows."""
    return re.sub(r"\s*[-–—]+\s*", "--", text.strip())


def _braced(text: str) -> str:
    """Keep a name in one piece; a second pair of braces where one would be a "special character"."""
    return "{{" + text + "}}" if text.startswith("\\") else "{" + text + "}"


def _one_part(part: str) -> str:
    """Put a part of a name in braces where a comma or an "and" in it would divide the name."""
    return _braced(part) if re.search(r"(?i),|(?<!\S)(?:and|others)(?!\S)", part) else part


def _written(entries: dict[str, tuple[str, dict[str, str]]], *, column: int) -> str:
    from bibtexparser.entrypoint import write_string  # 32 ms, only for those who write
    from bibtexparser.library import Library
    from bibtexparser.middlewares import AddEnclosingMiddleware

    library = Library([_entry(kind, key, fields) for key, (kind, fields) in entries.items()])
    # The default stack copies the library first, which takes three times as long as writing it (measured).
    enclose = AddEnclosingMiddleware(
        reuse_previous_enclosing=False,
        enclose_integers=True,
        default_enclosing="{",
        allow_inplace_modification=True,
    )
    text: str = write_string(library, unparse_stack=[enclose], bibtex_format=_format(column))
    return text


def _entry(entry_type: str, key: str, fields: dict[str, str]) -> Entry:
    from bibtexparser.model import Entry, Field

    return Entry(
        entry_type,
        key,
        [
            Field(name, value, enclosing="no-enclosing" if name == _MACRO_FIELD else "{")
            for name, value in fields.items()
        ],
    )


def _format(column: int) -> BibtexFormat:
    from bibtexparser.writer import BibtexFormat

    style = BibtexFormat()  # type: ignore[no-untyped-call]
    style.indent = "  "
    style.value_column = column
    style.block_separator = "\n"
    style.trailing_comma = True
    return style


def _check(text: str, entries: dict[str, tuple[str, dict[str, str]]]) -> None:
    """Raise WriteError unless the text reads back as these entries."""
    from bibtexparser.entrypoint import parse_string

    library = parse_string(text)
    read = {entry.key: entry for entry in library.entries}
    for key, (kind, fields) in entries.items():
        entry = read.pop(key, None)
        got = {field.key: field.value for field in entry.fields} if entry and entry.entry_type == kind else {}
        lost = sorted(name for name in fields.keys() | got.keys() if fields.get(name) != got.get(name))
        if lost:
            raise WriteError(
                f"The entry {key} would be corrupt: {', '.join(lost)} cannot be written as BibTeX. Please report it."
            )
    if read or library.failed_blocks or len(library.blocks) != len(entries):
        raise WriteError(
            "The bibliography would be corrupt: it reads back with more than its entries. Please report it."
        )
