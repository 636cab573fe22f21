"""A .bib file -> items with all their fields. Abbreviations are written out, fields of parents are lent to children."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from refkit.bib_blocks import MONTHS, Value, blocks, fields_in, value_at, why_broken
from refkit.bib_lending import inherited
from refkit.errors import DigestError
from refkit.model import find_arxiv_id, is_arxiv_id
from refkit.writers.formats import dates
from refkit.writers.formats.bib_names import CSL_TYPES, DATES, GENRE_KEYS, GENRES, ROLES, SUBTYPES, variables_of
from refkit.writers.formats.item import PREPRINT, VERBATIM, Contents, Date, Item, Unread
from refkit.writers.formats.names import read_names
from refkit.writers.formats.tex_reading import from_tex

_TITLES = frozenset({"title", "container-title", "collection-title", "title-short", "volume-title", "original-title"})
_WRAPPED = re.compile(r"\\(?:url|href|doi|path|nolinkurl|texttt)\b\s*")
_DOI_LINK = re.compile(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")
_SEPARATOR = re.compile(r"\s*[,;]\s*")
_PREPRINT_IN = re.compile(r"(?i)^\W*(?:arxiv|corr\b)")
_VERSION = re.compile(r"v(\d{1,2})$")
_SET = "a @set of other entries, which no other format has; it is left out"
# What the item says in another way: fields of dates, of the preprint and of names.
_DATED = ("date", "year", "month", "day")
_EPRINT = ("eprint", "archiveprefix", "eprinttype", "eprintclass", "primaryclass")


class _Entry(NamedTuple):
    kind: str
    key: str
    fields: dict[str, str]
    line: int


def read(text: str, *, name: str) -> Contents:
    """Return the entries of a .bib file as items. A broken entry is told as unread, and the others are read.

    Raises DigestError, with the line, if none can be read.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    entries, unread = _entries(text)
    if not entries and text.strip():
        first = unread[0] if unread else Unread(line=1, reason="there is no entry like `@article{key, title = {...}}`")
        raise DigestError(name, first.line, f"{first.reason}; correct it, or name the format with --from.")
    by_key: dict[str, _Entry] = {}
    for entry in entries:
        by_key.setdefault(entry.key.casefold(), entry)
    unread += [Unread(line=entry.line, reason=f"{_SET} ({entry.key})") for entry in entries if entry.kind == "set"]
    items = tuple(_item(entry, inherited(entry, by_key)) for entry in entries if entry.kind not in ("xdata", "set"))
    return Contents(items=items, unread=tuple(sorted(unread, key=lambda each: each.line)))


def _entries(text: str) -> tuple[list[_Entry], list[Unread]]:
    strings: dict[str, str] = dict(MONTHS)
    entries: list[_Entry] = []
    unread: list[Unread] = []
    for block in blocks(text):
        line = (block.start_line or 0) + 1
        own: Any = getattr(block, "ignore_error_block", None) or block
        if type(own).__name__ == "String":  # or one of a name that was there, and then the later one counts
            strings[own.key.casefold()] = _resolved(own.value, value_at(own.value, 0), strings)
        elif hasattr(own, "fields"):
            if own is not block:
                unread.append(Unread(line=line, reason=f"{why_broken(block)}; it is converted all the same"))
            entries.append(_entry(own, line, strings))
        elif hasattr(block, "error"):
            unread.append(Unread(line=line, reason=why_broken(block)))
    return entries, unread


def _entry(block: Any, line: int, strings: Mapping[str, str]) -> _Entry:
    fields: dict[str, str] = {}
    for each in block.fields:
        for name, value in fields_in(each.key, each.value):
            said = _resolved(each.value, value, strings)
            if said:
                fields.setdefault(name, said)
    return _Entry(block.entry_type.lower(), block.key.strip(), fields, line)


def _resolved(text: str, value: Value, strings: Mapping[str, str]) -> str:
    said = [text[start:end] for start, end in value.parts]
    return "".join(
        strings.get(each.casefold(), each) if bare else each for each, bare in zip(said, value.bare, strict=True)
    ).strip()


def _item(entry: _Entry, fields: dict[str, str]) -> Item:
    arxiv_id, arxiv_class, used = _eprint(fields)
    kind = _type(entry.kind, fields, arxiv_id)
    found = _Fields(fields, variables_of(kind), used)
    texts, others = found.texts(kind), found.others()
    if entry.kind in GENRES:
        texts.setdefault("genre", GENRES[entry.kind])
    genre = texts.get("genre", "")
    texts["genre"] = GENRE_KEYS.get(genre, genre)
    if arxiv_id and (version := _VERSION.search(fields.get("eprint", ""))):
        texts.setdefault("version", version[1])
    if _says_more(entry.kind, kind):
        others = {"bib:entrytype": entry.kind, **others}
    return Item(
        key=entry.key,
        type=kind,
        names={role: names for name, role in ROLES.items() if (names := read_names(fields.get(name, "")))},
        dates=found.dates(),
        texts={name: value for name, value in texts.items() if value},
        keywords=_keywords(fields),
        arxiv_id=arxiv_id,
        arxiv_class=arxiv_class,
        others=others,
    )


def _type(kind: str, fields: Mapping[str, str], arxiv_id: str) -> str:
    found = CSL_TYPES.get(kind, "document")
    journal = fields.get("journal", "") or fields.get("journaltitle", "")
    if found == "article-journal":
        if arxiv_id and (not journal or _PREPRINT_IN.search(journal)):
            return PREPRINT
        return SUBTYPES.get(fields.get("entrysubtype", "").casefold(), found)
    if found in ("document", "webpage", "manuscript") and (arxiv_id or fields.get("eprint")):
        return PREPRINT
    return found


def _says_more(kind: str, csl_type: str) -> bool:
    """Whether the entry type says more than CSL's, so that it is worth to be kept for another .bib file."""
    usual = {"article", "book", "incollection", "inproceedings", "misc", "online", "thesis", "report", "software"}
    usual |= {"phdthesis", "mastersthesis", "techreport", "unpublished", "booklet", "dataset", "patent", "periodical"}
    return kind not in usual | {"collection", "inreference"} or (kind == "unpublished" and csl_type == PREPRINT)


def _eprint(fields: Mapping[str, str]) -> tuple[str, str, frozenset[str]]:
    """Return the id and class of the preprint on arXiv, and the fields that said so."""
    where = _verbatim(fields.get("archiveprefix") or fields.get("eprinttype") or "").casefold()
    eprint = _verbatim(fields.get("eprint", ""))
    own = find_arxiv_id(eprint)
    if own and (where == "arxiv" or (not where and (is_arxiv_id(own) or "arxiv" in eprint.casefold()))):
        group = _verbatim(fields.get("eprintclass") or fields.get("primaryclass") or "")
        return own, group, frozenset(_EPRINT)
    journal = fields.get("journal", "") or fields.get("journaltitle", "")
    if _PREPRINT_IN.search(journal) and (
        own := find_arxiv_id(f"{journal} {fields.get('volume', '')}".replace("abs/", " "))
    ):
        return (
            own,
            "",
            frozenset({"journal", "journaltitle", *(("volume",) if "abs/" in fields.get("volume", "") else ())}),
        )
    doi = _verbatim(fields.get("doi", ""))
    if re.search(r"(?i)10\.48550/arxiv", doi) and (own := find_arxiv_id(doi)):
        return own, "", frozenset()
    return "", "", frozenset()


class _Fields:
    """The fields of an entry, dealt out to texts, dates and others."""

    def __init__(self, fields: Mapping[str, str], variables: Mapping[str, str], used: frozenset[str]) -> None:
        self._fields = fields
        self._variables = variables
        self._used = used
        self._taken: set[str] = set()

    def texts(self, kind: str) -> dict[str, str]:
        found: dict[str, str] = {}
        order = sorted(self._fields, key=lambda name: name in ("organization", "institution", "eid"))
        for name in order:
            variable = self._variables.get(name, "")
            if not variable or variable in found or name in self._used:
                continue
            value = self._fields[name]
            text = _verbatim(value) if variable in VERBATIM else from_tex(value, title=variable in _TITLES)
            text = _DOI_LINK.sub("", text) if variable == "DOI" else text
            text = re.sub(r"\s*[-–—‒]+\s*", "-", text) if variable == "page" else text
            found[variable] = text
            self._taken.add(name)
        self._join(found, "title", "subtitle")
        self._join(found, "container-title", "journalsubtitle" if kind.startswith("article") else "booksubtitle")
        return found

    def _join(self, found: dict[str, str], variable: str, name: str) -> None:
        """Put a subtitle, which CSL does not keep apart, behind its title."""
        rest = from_tex(self._fields.get(name, ""), title=True)
        title = found.get(variable, "")
        if rest and title:
            found[variable] = f"{title}{' ' if title.endswith((':', '?', '!')) else ': '}{rest}"
            self._taken.add(name)

    def dates(self) -> dict[str, Date]:
        found = {
            variable: date for name, variable in DATES.items() if (date := dates.read_tex(self._fields.get(name, "")))
        }
        self._taken.update(name for name in DATES if name in self._fields)
        issued = dates.read_bib(self._fields)
        if not issued:
            return found
        self._taken.update(_DATED if "date" in self._fields else dates.said_by(self._fields))
        return {"issued": issued, **found}

    def others(self) -> dict[str, str]:
        self.dates()
        known = {*self._taken, *self._used, *ROLES, "keywords", "keyword", "entrysubtype", "xdata"}
        return {f"bib:{name}": value for name, value in self._fields.items() if name not in known}


def _keywords(fields: Mapping[str, str]) -> tuple[str, ...]:
    words = _SEPARATOR.split(from_tex(fields.get("keywords") or fields.get("keyword") or ""))
    return tuple(dict.fromkeys(word for word in words if word))


def _verbatim(value: str) -> str:
    r"""Return a link or an id without the TeX around it: `\url{..}`, `\_`, braces."""
    value = _WRAPPED.sub("", value).replace("{\\_}", "_").replace("{\\textunderscore}", "_")
    value = re.sub(r"\\textasciitilde(?:\{\}|\b)\s*|\\~\{\}|\{\\~\}|\$\\sim\$", "~", value)
    value = re.sub(r"\\([_%&#$~^])(?:\{\})?", r"\1", value)
    return re.sub(r"\s+", " ", value.replace("{", "").replace("}", "")).strip()
