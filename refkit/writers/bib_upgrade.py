"""An entry of a preprint in an existing .bib -> the edits that make it one of the published version, in place. Pure.

The key, the user's own fields, the order, the layout and everything outside of what must change keep their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit.model import Work, find_arxiv_id
from refkit.normalize import to_unicode
from refkit.writers.bib_file import Block, Edit, Field, plain
from refkit.writers.bib_layout import added, raw, removed, retyped
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter
from refkit.writers.latex import encode

if TYPE_CHECKING:
    from refkit.model import Publication

_PLACES = ("journal", "journaltitle", "booktitle")
# The types under which people keep preprints; a thesis or a book with an arXiv id is another thing.
_PREPRINT_TYPES = frozenset(
    "misc online unpublished article preprint techreport report electronic inproceedings conference".split()
)
_PREPRINT_PLACE = re.compile(r"(?i)\bar\W?xiv|\bcorr\b|\bcomputing research repository|preprint")
# Fields that say of the preprint where it is kept; once it is published they would be wrong.
_OF_PREPRINT = {
    **dict.fromkeys(
        ("publisher", "institution", "organization", "howpublished", "school"), re.compile(r"(?i)^\W*ar\W?xiv")
    ),
    **dict.fromkeys((*_PLACES, "pages", "number", "series"), _PREPRINT_PLACE),
    "volume": re.compile(r"(?i)^abs/|ar\W?xiv"),
    "pubstate": re.compile(r"(?i)^(?:prepublished|preprint|submitted)$"),
    "doi": re.compile(r"(?i)10\.48550/arxiv\."),
    "type": re.compile(r"(?i)preprint"),
}
# What of a work the fields hold, in the words of its provenance.
_ABOUT = {
    "title": "title",
    "author": "authors",
    "eprint": "arxiv_id",
    "primaryclass": "categories",
    "eprintclass": "categories",
    "number": "publication.issue",
    **dict.fromkeys(_PLACES, "publication.container_title"),
    **{name: f"publication.{name}" for name in ("volume", "pages", "publisher", "doi")},
}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NUMBERS = frozenset(str(number) for number in range(1, 13))
_BIBLATEX = frozenset({"date", "eprinttype", "eprintclass", "journaltitle", "pubstate"})


def is_preprint(block: Block, strings: Mapping[str, str]) -> bool:
    """Whether an entry is one of a preprint: of a type for that, and in no journal or proceedings but a server's."""
    if block.type not in _PREPRINT_TYPES:
        return False
    places = [_value(field, strings) for field in block.fields if field.name.casefold() in _PLACES]
    return all(not place or _PREPRINT_PLACE.search(place) or find_arxiv_id(place) for place in places)


class Line(Struct, frozen=True):
    """A field of an entry as it stands there, and what refkit would write instead: "" for the user's own fields.

    `about` names what of the work it holds, as `Work.provenance` does; "" if nothing.
    """

    name: str
    value: str
    known: str = ""
    about: str = ""
    same: bool = False


def compared(block: Block, work: Work, strings: Mapping[str, str]) -> list[Line]:
    """Return the fields of an entry beside what is known of its work, in the order of the entry."""
    names = {field.name.casefold() for field in block.fields}
    writer = (BiblatexWriter if _BIBLATEX & names or block.type == "online" else BibtexWriter)()
    known = {name.casefold(): value for name, value in writer.fields(work).items()}
    place = next((known[name] for name in _PLACES if name in known), "")
    return [_compared(field, {**dict.fromkeys(_PLACES, place), **known}, work, strings) for field in block.fields]


def _compared(field: Field, known: Mapping[str, str], work: Work, strings: Mapping[str, str]) -> Line:
    name, value = field.name.casefold(), _value(field, strings)
    wanted = known.get(name, known.get("date", "")[:4] if name == "year" else "")
    about = _ABOUT.get(name, "")
    if name in {"year", "month", "date"}:
        about = "publication.issued" if work.published else "submitted"
    same = _comparable(name, value) == _comparable(name, wanted)
    return Line(field.name, value, wanted, about if wanted else "", same)


def upgrade(text: str, block: Block, work: Work, strings: Mapping[str, str], *, ascii_only: bool = False) -> list[Edit]:
    """Return the edits that turn an entry into one of the work's published version; none without one.

    With `ascii_only`, what is new is written in LaTeX's letters, for a file in an encoding that lacks others.
    """
    published = work.published
    if published is None:
        return []
    fields = {field.name.casefold(): field for field in reversed(block.fields)}
    writer = (BiblatexWriter if _BIBLATEX & fields.keys() or block.type == "online" else BibtexWriter)()
    wanted = _wanted(writer, work, published, fields)
    if ascii_only:
        wanted = {name: encode(value) for name, value in wanted.items()}
    edits = list(retyped(text, block, writer.kind(work)))
    new: dict[str, str] = {}
    kept: set[str] = set()
    for name, value in wanted.items():
        old = _home(name, fields, kept)
        if old is None:
            new[name] = value
            continue
        kept.add(old.name.casefold())
        edits += _changed(text, old, name, value, strings)
    gone = [
        field for field in block.fields if field.name.casefold() not in kept and _is_of_preprint(field, wanted, strings)
    ]
    edits += removed(text, block, gone)
    if new:
        edits.append(added(text, block, gone, new))
    return edits


def _wanted(writer: BibtexWriter, work: Work, published: Publication, fields: Mapping[str, Field]) -> dict[str, str]:
    """Return the fields that the entry must have, in the order in which new ones are added."""
    written = writer.fields(work)
    names = [*writer.published_fields(published), "year", "month", "date", "doi"]
    if "eprint" not in fields:
        names += ["eprint", "archivePrefix", "primaryClass", "eprinttype", "eprintclass"]
    if published.title:
        names.insert(0, "title")
    wanted = {name: written[name] for name in names if written.get(name)}
    if "date" in wanted and "year" in fields:  # BibLaTeX takes the year of old too; some have both
        wanted["year"] = wanted["date"][:4]
        if "date" not in fields:
            del wanted["date"]
    return wanted


def _home(name: str, fields: Mapping[str, Field], taken: set[str]) -> Field | None:
    """Return the field of an entry that is to hold a value: that of the name, or of another name for the place."""
    others = _PLACES if name in _PLACES else ()
    return next((fields[each] for each in (name.casefold(), *others) if each in fields and each not in taken), None)


def _changed(text: str, old: Field, name: str, value: str, strings: Mapping[str, str]) -> Iterator[Edit]:
    same_kind = {old.name.casefold(), name} <= {"journal", "journaltitle"}
    if name in _PLACES and old.name.casefold() != name and not same_kind:
        yield Edit(old.start, old.value_start, _renamed(text[old.start : old.value_start], old.name, name))
    if _comparable(name, _value(old, strings)) != _comparable(name, value):
        yield Edit(old.value_start, old.value_end, raw(name, value, old))


def _renamed(start: str, old: str, new: str) -> str:
    """Return the start of a field ("journal   = ") with another name, its value in the same column if there is room."""
    rest = start.removeprefix(old)
    blanks = len(rest) - len(rest.lstrip(" "))
    if blanks > 1:
        rest = " " * max(blanks + len(old) - len(new), 1) + rest.lstrip(" ")
    return new + rest


def _comparable(name: str, value: str) -> str:
    if name == "pages":
        return re.sub(r"\s*[-–—]+\s*", "-", value)
    if name == "month":
        return _MONTHS[int(value) - 1] if value in _NUMBERS else value.casefold()[:3]
    if name == "doi":
        return re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", value).casefold()
    return to_unicode(value).casefold()


def _is_of_preprint(field: Field, wanted: Mapping[str, str], strings: Mapping[str, str]) -> bool:
    name = field.name.casefold()
    if name == "month":  # of the preprint, beside the year of the publication
        return not {"year", "date"}.isdisjoint(wanted) and "month" not in wanted
    sign = _OF_PREPRINT.get(name)
    return bool(sign and sign.search(_value(field, strings)))


def _value(field: Field, strings: Mapping[str, str]) -> str:
    return " ".join(plain(field.value, strings).split())
