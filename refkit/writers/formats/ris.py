"""RIS <-> items: what Zotero, EndNote and Mendeley read and write.

The tags are those of the RIS specification as Zotero's translator uses them for each type; a preprint is `UNPB`
(unpublished), with arXiv as publisher and its id in `M1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from refkit.errors import DigestError
from refkit.model import find_arxiv_id
from refkit.writers.formats import dates
from refkit.writers.formats.item import (
    PREPRINT,
    VERBATIM,
    Contents,
    Item,
    Name,
    Unread,
    Written,
    bare_doi,
    name_of,
    squeeze,
)
from refkit.writers.formats.rich import escaped, parts, plain

# CSL's type -> that of RIS, the first of which is written.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "article-journal": ("JOUR", "EJOUR", "JFULL", "ABST", "INPR"),
    "article-magazine": ("MGZN",),
    "article-newspaper": ("NEWS",),
    "book": ("BOOK", "EDBOOK", "EBOOK", "CLSWK", "SER"),
    "chapter": ("CHAP", "ECHAP"),
    "paper-conference": ("CONF", "CPAPER"),
    "thesis": ("THES",),
    "report": ("RPRT", "GOVDOC", "STAND"),
    "webpage": ("ELEC",),
    "post-weblog": ("BLOG",),
    "software": ("COMP",),
    "dataset": ("DATA", "AGGR", "DBASE"),
    PREPRINT: ("UNPB", "UNPD"),
    "manuscript": ("MANSCPT",),
    "patent": ("PAT",),
    "pamphlet": ("PAMP",),
    "entry-encyclopedia": ("ENCYC",),
    "entry-dictionary": ("DICT",),
    "map": ("MAP",),
    "song": ("SOUND", "MUSIC"),
    "motion_picture": ("MPCT",),
    "broadcast": ("VIDEO",),
    "speech": ("SLIDE",),
    "personal_communication": ("PCOMM", "ICOMM"),
    "document": ("GEN",),
}
_CSL_TYPES = {name: kind for kind, names in _TYPES.items() for name in names}
_JOURNALS = ("article-journal", "article-magazine", "article-newspaper")

# CSL's variable -> its tag, for all types but those below.
_TAGS: Mapping[str, str] = {
    "title": "TI", "title-short": "ST", "container-title": "T2", "container-title-short": "J2",
    "collection-title": "T3", "abstract": "AB", "volume": "VL", "issue": "IS", "number": "M1",
    "edition": "ET",
    "publisher": "PB", "publisher-place": "CY", "ISBN": "SN", "DOI": "DO", "URL": "UR",
    "language": "LA", "note": "N1", "archive": "DB", "archive_location": "AN", "source": "DP", "call-number": "CN",
    "genre": "M3", "number-of-volumes": "NV", "section": "SE", "annote": "RN",
}  # fmt: skip
_OF_TYPE: Mapping[str, Mapping[str, str]] = {
    **{kind: {"number": "C7", "ISSN": "SN", "ISBN": ""} for kind in _JOURNALS},
    **{kind: {"version": "ET", "edition": ""} for kind in ("software", "dataset", PREPRINT)},
    "paper-conference": {"container-title": "C3", "event-title": "T2", "event-place": "CY", "publisher-place": "C1"},
    "report": {"number": "SN", "ISBN": ""},
    "book": {"collection-title": "T2", "number-of-pages": "SP", "container-title": ""},
    "thesis": {"number-of-pages": "SP"},
}
_ALIASES = {
    "T1": "title", "CT": "title", "BT": "title", "N2": "abstract", "JO": "container-title", "JF": "container-title",
    "JA": "container-title-short", "L3": "DOI", "M2": "note", "PP": "publisher-place",
}  # fmt: skip
_ROLES = {"author": "AU", "editor": "A2", "translator": "A4", "collection-editor": "A3"}
_ROLES_OF_BOOK = {"author": "AU", "editor": "A3", "translator": "A4", "collection-editor": "A2"}
_NAME_ALIASES = {"A1": "author", "ED": "editor"}
_LINE = re.compile(r"\s{0,8}(?P<tag>[A-Z][A-Z0-9]) {1,3}-(?: (?P<value>.*)|\s*)$")
_SUFFIX = re.compile(r"(?i)^(?:jr\.?|sr\.?|[ivx]+)$")
_OWN_TYPE = "ris:type"  # one that CSL has no name for
_NEWLINE = re.compile(r"\r\n|\n|\r")


def write(items: Sequence[Item]) -> Written:
    """Return the items as RIS in UTF-8, in their order, a record each; lines end with a line feed, as Zotero's do."""
    records = [_Record(item) for item in items]
    return Written(text="\n".join(record.text() for record in records), lost=tuple(tuple(r.lost) for r in records))


def _tags(kind: str) -> Mapping[str, str]:
    return {**_TAGS, **_OF_TYPE.get(kind, {})}


class _Record:
    """One item as lines, and the names of what they cannot say."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._kind = item.type if item.type in _TYPES else "document"
        self.lost: list[str] = [] if item.type in _TYPES else [f"type {item.type}"]

    def text(self) -> str:
        lines = [
            ("TY", self._item.others.get(_OWN_TYPE, "") or _TYPES[self._kind][0]),
            ("ID", self._item.key),
            *self._names(),
            *self._texts(),
            *self._dates(),
            *self._pages(),
            *self._preprint(),
            *(("KW", word) for word in self._item.keywords),
            *self._others(),
        ]
        rows = [f"{tag}  - {squeeze(plain(value))}\n" for tag, value in lines if value]
        return "".join(rows) + "ER  - \n"

    def _names(self) -> Iterator[tuple[str, str]]:
        roles = _ROLES_OF_BOOK if self._kind == "book" else _ROLES
        for role, names in self._item.names.items():
            if role in roles:
                yield from ((roles[role], _name(name)) for name in names)
                self.lost += [f"comma in {role}" for name in names if "," in name.literal]
            else:
                self.lost.append(role)

    def _texts(self) -> Iterator[tuple[str, str]]:
        tags = _tags(self._kind)
        texts = dict(self._item.texts)
        if self._kind == "paper-conference" and "container-title" in texts:
            texts.setdefault("event-title", texts["container-title"])  # EndNote knows T2 only
        for name, value in texts.items():
            tag = tags.get(name, "")
            if name == "page":
                continue
            if not tag:
                self.lost.append(name)
                continue
            if name not in VERBATIM and any(part.kind == "open" and part.text != "nocase" for part in parts(value)):
                self.lost.append(f"markup of {name}")
            yield tag, value

    def _dates(self) -> Iterator[tuple[str, str]]:
        for name, date in self._item.dates.items():
            if name not in ("issued", "accessed"):
                self.lost.append(name)
                continue
            if date.end or date.circa:
                self.lost.append("end of the date" if date.end else "precision of the date")
            written = dates.write_ris(date)
            if name == "accessed":
                yield "Y2", written
                continue
            if date.start and date.start.year:
                yield "PY", f"{date.start.year:04}"
            if not date.start or date.start.month or date.season:
                yield "DA" if date.start else "PY", written

    def _pages(self) -> Iterator[tuple[str, str]]:
        first, dash, last = self._item.texts.get("page", "").partition("-")
        if "-" in last or not first or (dash and not last):
            first, last = self._item.texts.get("page", ""), ""
        if first and any(tag == "SP" and name in self._item.texts for name, tag in _tags(self._kind).items()):
            self.lost.append("page")
            return
        yield from (("SP", first), ("EP", last))

    def _preprint(self) -> Iterator[tuple[str, str]]:
        if not self._item.arxiv_id:
            return
        group = f" [{self._item.arxiv_class}]" if self._item.arxiv_class else ""
        if self._kind == PREPRINT and "publisher" not in self._item.texts:
            yield "PB", "arXiv"
        yield (
            ("M1" if self._kind == PREPRINT and "number" not in self._item.texts else "N1"),
            (f"arXiv:{self._item.arxiv_id}{group}"),
        )

    def _others(self) -> Iterator[tuple[str, str]]:
        for name, value in self._item.others.items():
            format_, _, own = name.partition(":")
            if name == _OWN_TYPE:
                continue
            if format_ == "ris":
                yield from ((own, line) for line in value.split("\n"))
            else:
                self.lost.append(own)


def _name(name: Name) -> str:
    """Return a name as `Family, Given, Suffix`; a comma in a name that is not taken apart would take it apart."""
    if name.literal:
        return name.literal
    family = " ".join(filter(None, (name.dropping, name.particle, name.family)))
    return ", ".join(filter(None, (family, name.given, name.suffix)))


def read(text: str, *, name: str) -> Contents:
    """Return the records of a RIS file as items. Raises DigestError if there is none."""
    records, unread = _records(text)
    if not records and text.strip("\ufeff \t\r\n"):
        raise DigestError(name, 1, "there is no record that begins with `TY  - `; export it again.")
    return Contents(items=tuple(_item(record) for record in records), unread=tuple(unread))


def _records(text: str) -> tuple[list[list[tuple[str, str]]], list[Unread]]:
    records: list[list[tuple[str, str]]] = []
    unread: list[Unread] = []
    is_open = False
    for number, line in enumerate(_NEWLINE.split(text.lstrip("\ufeff")), start=1):
        found = _LINE.match(line)
        if found and found["tag"] == "TY":
            if is_open:
                unread.append(Unread(line=number, reason="a record begins before the one above it has its `ER  - `"))
            records.append([])
            is_open = True
        if found and found["tag"] == "ER":
            is_open = False
        elif not is_open:
            if line.strip():
                unread.append(Unread(line=number, reason="a line outside of the records"))
        elif found:
            records[-1].append((found["tag"], (found["value"] or "").strip()))
        elif line.strip():
            tag, value = records[-1].pop()
            records[-1].append((tag, f"{value} {line.strip()}"))
    return records, unread


def _item(record: Sequence[tuple[str, str]]) -> Item:
    values: dict[str, list[str]] = {}
    for tag, value in record:
        if value := squeeze(value):
            values.setdefault(tag, []).append(value)
    own = values.pop("TY", [""])[0].upper()
    kind = _CSL_TYPES.get(own, "document")
    key = values.pop("ID", [""])[0]
    keywords = tuple(
        dict.fromkeys(word for each in values.pop("KW", ()) for word in re.split(r"\s*;\s*", each) if word)
    )
    arxiv_id, group = _take_arxiv(values, kind)
    names = _take_names(values, kind)
    issued = [date for tag in ("DA", "Y1", "PY") for each in values.pop(tag, ()) if (date := dates.read_ris(each))]
    accessed = [date for each in values.pop("Y2", ()) if (date := dates.read_ris(each))]
    best = max(issued, key=lambda date: len(str(date.start)) if date.start else 0, default=None)
    texts = _take_texts(values, kind)
    others = {f"ris:{tag}": "\n".join(each) for tag, each in values.items()}
    return Item(
        key=key,
        type=kind,
        names=names,
        dates={**({"issued": best} if best else {}), **({"accessed": accessed[0]} if accessed else {})},
        texts=texts,
        keywords=keywords,
        arxiv_id=arxiv_id,
        arxiv_class=group,
        others=others if own in _CSL_TYPES or not own else {**others, _OWN_TYPE: own},
    )


def _take_arxiv(values: dict[str, list[str]], kind: str) -> tuple[str, str]:
    """Take the preprint out of a record; return its id and its class."""
    for tag in ("M1", "N1", "AN", "C7"):
        for value in values.get(tag, ()):
            found = re.fullmatch(r"(?i)arxiv:\s*(\S+)(?:\s+\[([A-Za-z.-]+)\])?", value)
            arxiv_id = find_arxiv_id(found[1]) if found else ""
            if found and arxiv_id:
                values[tag].remove(value)
                if not values[tag]:
                    del values[tag]
                if kind == PREPRINT and [each.casefold() for each in values.get("PB", ())] == ["arxiv"]:
                    del values["PB"]
                return arxiv_id, found[2] or ""
    doi = next(iter(values.get("DO", ())), "")
    return (find_arxiv_id(doi) if re.search(r"(?i)10\.48550/arxiv", doi) else ""), ""


def _take_names(values: dict[str, list[str]], kind: str) -> dict[str, tuple[Name, ...]]:
    roles = _ROLES_OF_BOOK if kind == "book" else _ROLES
    tags = {**_NAME_ALIASES, **{tag: role for role, tag in roles.items()}}
    found: dict[str, tuple[Name, ...]] = {}
    for tag, role in tags.items():
        people = tuple(name for each in values.pop(tag, ()) if (name := _person(each)))
        if people:
            found[role] = (*found.get(role, ()), *people)
    return {role: found[role] for role in ("author", "editor", "translator", "collection-editor") if role in found}


def _person(text: str) -> Name | None:
    family, *rest = [part.strip() for part in text.split(",")]
    if not any(rest):
        return name_of(family=family) if " " not in family else name_of(literal=family)
    suffix = rest[-1] if len(rest) > 1 and _SUFFIX.match(rest[-1]) else ""
    given = ", ".join(filter(None, rest[:-1] if suffix else rest))
    return name_of(family=family, given=given, suffix=suffix)


def _take_texts(values: dict[str, list[str]], kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    first, last = (next(iter(values.pop(tag, ())), "") for tag in ("SP", "EP"))
    tags = {tag: name for name, tag in _tags(kind).items()}
    for tag, name in {**tags, **{tag: name for tag, name in _ALIASES.items() if tag not in tags}}.items():
        if tag in values and name not in found:
            text, *more = values.pop(tag)
            if more and tag in ("N1", "M2"):
                text, more = " ".join([text, *more]), []
            text = bare_doi(text) if name == "DOI" else text
            found[name] = text if name in VERBATIM else escaped(text)
            if more:
                values[tag] = more
    if found.get("event-title") == found.get("container-title") or "container-title" not in found:
        event = found.pop("event-title", "")
        if event:
            found.setdefault("container-title", event)
    pages = re.sub(r"\s*[-–—]+\s*", "-", "-".join(filter(None, (first, last))))
    if pages:
        found["number-of-pages" if "SP" in _tags(kind).values() and not last and pages.isdigit() else "page"] = pages
    return found
