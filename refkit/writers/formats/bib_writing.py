"""Items -> the text of a .bib file in BibTeX or BibLaTeX, whatever they were read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from refkit.bib_blocks import MONTHS, is_balanced
from refkit.model import ArxivRecord, Author
from refkit.writers.citekeys import base_key, suffix
from refkit.writers.formats import dates
from refkit.writers.formats.bib_names import (
    BIBTEX_TYPES,
    CSL_TYPES,
    DATES,
    DIALECTS,
    ENTRY_TYPES,
    GENRE_KEYS,
    GENRES,
    ROLES,
    SUBTYPES,
    fields_of,
)
from refkit.writers.formats.item import PREPRINT, VERBATIM, Date, Item, Written
from refkit.writers.formats.names import write_names
from refkit.writers.formats.rich import plain, to_tex

_BAD_IN_KEY = re.compile(r"[\s,{}()%#\\~\"'=@\[\]$&^|<>`]+|[^\x21-\x7e]")
_CAPITALS = frozenset({"title", "title-short"})
# What CSL, RIS and JSON say of the preprint in other words than a .bib does.
_FIRST = "title author editor translator date year month day".split()
_MACRO = "month"


def write(items: Sequence[Item], *, dialect: str, capitals: bool) -> Written:
    """Return the items as a .bib file, in their order, with keys that BibTeX accepts and no two alike.

    With `capitals` the words of titles that need their capitals get braces, where a title marks none itself.
    """
    keys = _keys(items)
    entries, lost = [], []
    for item, key in zip(items, keys, strict=True):
        kind = _entry_type(item, dialect)
        entry = _Entry(item, kind, dialect)
        fields = entry.fields(capitals=capitals)
        entries.append(_text(kind, key, fields))
        lost.append(tuple(entry.lost))
    renamed = tuple((item.key, key) for item, key in zip(items, keys, strict=True) if item.key and item.key != key)
    return Written(text="\n".join(entries), lost=tuple(lost), renamed=renamed)


def _entry_type(item: Item, dialect: str) -> str:
    own = item.others.get("bib:entrytype", "")
    if own and (dialect == "biblatex" or own in BIBTEX_TYPES):
        return own
    kind = ENTRY_TYPES.get(item.type, ("misc", "misc"))[DIALECTS.index(dialect)]
    if item.type == "thesis" and item.texts.get("genre") == GENRES["mastersthesis"]:
        return "mastersthesis" if dialect == "bibtex" else kind
    if kind == "online" and "URL" not in item.texts and not item.arxiv_id:
        return "misc"  # BibLaTeX's @online must have an address
    return kind


class _Entry:
    """One entry: its fields in order, and the names of what they could not say."""

    def __init__(self, item: Item, kind: str, dialect: str) -> None:
        self._item = item
        self._kind = kind
        self._dialect = dialect
        self._ascii = dialect == "bibtex"
        self.lost: list[str] = []

    def fields(self, *, capitals: bool) -> dict[str, str]:
        found = {
            **dict(self._names()),
            **self._dates(),
            **dict(self._texts(capitals=capitals)),
            **self._preprint(),
            "keywords": ", ".join(to_tex(word, ascii_only=self._ascii) for word in self._item.keywords),
            **self._subtype(),
        }
        self._tell_type()
        found |= self._others(found)
        order = {name: place for place, name in enumerate(_FIRST)}
        return {
            name: value
            for name, value in sorted(found.items(), key=lambda pair: order.get(pair[0], len(order)))
            if value
        }

    def _others(self, found: Mapping[str, str]) -> dict[str, str]:
        """Return the fields that only .bib files have, as they stood; a month that was more than one wins."""
        own: dict[str, str] = {}
        for name, value in self._item.others.items():
            format_, _, field = name.partition(":")
            if format_ == "bib" and field == "entrytype":
                continue
            is_whole = is_balanced(value) and is_balanced(value, escaped=False)
            if format_ == "bib" and is_whole and (field not in found or field == _MACRO):
                own[field] = value
            elif found.get(field) != value:
                self.lost.append(field)
        return own

    def _names(self) -> Iterator[tuple[str, str]]:
        names = {role: name for name, role in ROLES.items()}
        for role, people in self._item.names.items():
            if role in names:
                yield names[role], write_names(people, ascii_only=self._ascii)
            else:
                self.lost.append(role)

    def _dates(self) -> dict[str, str]:
        found: dict[str, str] = {}
        names = {variable: name for name, variable in DATES.items()}
        for variable, date in self._item.dates.items():
            if variable in names:
                found[names[variable]] = self._iso(date)
            elif variable != "issued":
                self.lost.append(variable)
            elif self._ascii:
                found |= dates.write_bib(date) if date.start else {"year": self._iso(date)}
                if date.end or date.season or date.circa:
                    self.lost.append("end of the date" if date.end else "precision of the date")
            else:
                found["date" if date.start else "year"] = self._iso(date)
        return found

    def _iso(self, date: Date) -> str:
        return dates.write_iso(date) if date.start else to_tex(date.literal, ascii_only=self._ascii)

    def _texts(self, *, capitals: bool) -> Iterator[tuple[str, str]]:
        names = fields_of(self._item.type, self._dialect)
        for variable, text in self._item.texts.items():
            if variable not in names:
                self.lost.append(variable)
            elif variable == "genre":
                yield from self._genre(names[variable], text)
            elif variable in VERBATIM:
                yield names[variable], text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")
            elif variable == "page":
                yield names[variable], to_tex(text, ascii_only=self._ascii).replace("-", "--")
            else:
                marks = capitals and variable in _CAPITALS
                yield names[variable], to_tex(text, ascii_only=self._ascii, keep_capitals=marks)

    def _genre(self, name: str, text: str) -> Iterator[tuple[str, str]]:
        if GENRES.get(self._kind) == text:
            return  # the entry type says it
        keys = {genre: key for key, genre in GENRE_KEYS.items()}
        known = keys.get(text, "") if self._dialect == "biblatex" else ""
        yield name, known or to_tex(text, ascii_only=self._ascii)

    def _preprint(self) -> dict[str, str]:
        if not self._item.arxiv_id:
            return {}
        names = ("archiveprefix", "primaryclass") if self._ascii else ("eprinttype", "eprintclass")
        where = "arXiv" if self._ascii else "arxiv"
        return {"eprint": self._item.arxiv_id, names[0]: where, names[1]: self._item.arxiv_class}

    def _subtype(self) -> dict[str, str]:
        own = next((name for name, kind in SUBTYPES.items() if kind == self._item.type), "")
        return {"entrysubtype": own} if own else {}

    def _tell_type(self) -> None:
        item = self._item
        read = CSL_TYPES.get(self._kind)
        same = read == item.type or item.type in SUBTYPES.values()
        preprint = item.type == PREPRINT and (item.arxiv_id or "archive_location" in item.texts)
        if not same and not preprint and "bib:entrytype" not in item.others:
            self.lost.append(f"type {item.type}")


def _text(kind: str, key: str, fields: Mapping[str, str]) -> str:
    width = max(map(len, fields), default=0)
    rows = [
        f"  {name:<{width}} = {value if name == _MACRO and value in MONTHS else '{' + value + '}'},\n"
        for name, value in fields.items()
    ]
    return f"@{kind}{{{key},\n{''.join(rows)}}}\n"


def _keys(items: Sequence[Item]) -> list[str]:
    """Return a key for each item: its own without what BibTeX cannot read, and a letter behind one that was there."""
    taken: set[str] = set()
    keys = []
    for item in items:
        base = _BAD_IN_KEY.sub("", plain(item.key)) or base_key(_record(item))
        key, number = base, 0
        while key.casefold() in taken:
            number += 1
            key = f"{base}{suffix(number)}"
        taken.add(key.casefold())
        keys.append(key)
    return keys


def _record(item: Item) -> ArxivRecord:
    """Return what a citekey is made of, as a record."""
    people = item.names.get("author", ()) or item.names.get("editor", ())
    issued = item.dates.get("issued")
    return ArxivRecord(
        arxiv_id=item.arxiv_id,
        title=plain(item.texts.get("title", "")),
        authors=tuple(
            Author(family=f"{name.particle} {name.family}".strip(), given=name.given, literal=name.literal)
            for name in people[:1]
        ),
        submitted=issued.start if issued else None,
    )
