"""CSL-JSON 1.0.2 <-> items: what Zotero, pandoc and citeproc read and write.

The shape is that of the schema (github.com/citation-style-language/schema, csl-data.json). A preprint of arXiv is
written as Zotero writes one: `article`, with `number` arXiv:ID, `publisher` arXiv, and `note` arXiv:ID [class].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from refkit.errors import DigestError
from refkit.model import find_arxiv_id
from refkit.writers.formats import dates
from refkit.writers.formats.item import (
    DATES,
    PREPRINT,
    ROLES,
    TEXTS,
    TYPES,
    Contents,
    Date,
    Item,
    Name,
    Unread,
    Written,
    bare_doi,
    name_of,
    squeeze,
)

_NAME_PARTS = (
    ("family", "family"),
    ("given", "given"),
    ("dropping-particle", "dropping"),
    ("non-dropping-particle", "particle"),
    ("suffix", "suffix"),
    ("literal", "literal"),
)
_ARXIV_LINE = re.compile(r"(?m)^arXiv:\s*(?P<id>\S+?)(?:v\d+)?(?:[ \t]+\[(?P<group>[A-Za-z.-]+)\])?[ \t]*$\n?")
_ARXIV_NUMBER = re.compile(r"(?i)arxiv:")
_ARXIV_DOI = re.compile(r"(?i)10\.48550/arxiv")
_SEPARATOR = re.compile(r"\s*[,;]\s*")
# What other programs add to items; it says nothing of the paper.
_IGNORED = frozenset({"id", "type", "citation-key", "system_id", "categories"})
_RENAMED = {"journalAbbreviation": "container-title-short", "shortTitle": "title-short", "event": "event-title"}
# What DOI services write as types in place of CSL's.
_OTHER_TYPES = {
    "journal-article": "article-journal", "proceedings-article": "paper-conference", "book-chapter": "chapter",
    "posted-content": PREPRINT, "preprint": PREPRINT, "monograph": "book", "edited-book": "book",
    "dissertation": "thesis", "online": "webpage",
}  # fmt: skip


def write(items: Sequence[Item]) -> Written:
    """Return the items as a JSON array, one variable a line, in their order."""
    rows = [row_of(item) for item in items]
    return Written(
        text=json.dumps([row for row, _ in rows], ensure_ascii=False, indent=2) + "\n",
        lost=tuple(lost for _, lost in rows),
    )


def row_of(item: Item) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return an item as an object of CSL-JSON, and the names of what it cannot say."""
    row: dict[str, Any] = {
        "id": item.key,
        "type": item.type,
        **{role: [_name(name) for name in names] for role, names in item.names.items()},
        **{name: dates.write_csl(date) for name, date in item.dates.items()},
        **_arxiv(item),
        **({"keyword": ", ".join(item.keywords)} if item.keywords else {}),
    }
    lost = []
    for name, value in item.others.items():
        format_, _, own = name.partition(":")
        if format_ == "csl" and own not in row:
            row[own] = json.loads(value)
        else:
            lost.append(own)
    return row, tuple(lost)


def _name(name: Name) -> dict[str, str]:
    return {ours: value for ours, part in _NAME_PARTS if (value := getattr(name, part))}


def _arxiv(item: Item) -> dict[str, str]:
    """Return the texts, with those that name the preprint as Zotero does."""
    if not item.arxiv_id:
        return dict(item.texts)
    group = f" [{item.arxiv_class}]" if item.arxiv_class else ""
    note = "\n".join(filter(None, (f"arXiv:{item.arxiv_id}{group}", item.texts.get("note", ""))))
    own = {"publisher": "arXiv", "number": f"arXiv:{item.arxiv_id}"} if item.type == PREPRINT else {}
    return {**own, **item.texts, "note": note}


def read(text: str, *, name: str) -> Contents:
    """Return the items of a JSON array, or of one object, or of `{"items": [...]}`.

    Raises DigestError, with the line, for what is no JSON or holds no items.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise DigestError(name, 1, "this JSON is nested too deeply to be a list of items.") from error
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise DigestError(name, line, f"this is no JSON ({getattr(error, 'msg', error)}); export it again.") from error
    rows = list(_rows(value))
    items = tuple(item_of(row) for row in rows if isinstance(row, Mapping))
    broken = tuple(
        Unread(line=0, reason=f"item {place} is no object but {json.dumps(row)[:40]}")
        for place, row in enumerate(rows, start=1)
        if not isinstance(row, Mapping)
    )
    if rows and not items:
        raise DigestError(name, 1, 'there is no item like {"id": "...", "type": "article", "title": "..."}.')
    return Contents(items=items, unread=broken)


def _rows(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, Mapping) and isinstance(value.get("items"), list):
        yield from value["items"]
    else:
        yield value


def item_of(row: Mapping[str, Any]) -> Item:
    """Return an object of CSL-JSON as an item; what CSL does not know is kept for CSL-JSON."""
    kind = _OTHER_TYPES.get(_text(row.get("type")), _text(row.get("type")))
    texts: dict[str, str] = {}
    others: dict[str, str] = {} if kind in TYPES else {"csl:type": json.dumps(row.get("type"))} if kind else {}
    names: dict[str, tuple[Name, ...]] = {}
    days: dict[str, Date] = {}
    for key, value in row.items():
        variable = _RENAMED.get(key, key)
        if variable in ROLES and (people := _names(value)):
            names[variable] = people
        elif variable in DATES and (date := dates.read_csl(value)):
            days[variable] = date
        elif variable in TEXTS and _text(value):
            texts.setdefault(variable, _clean(variable, _text(value)))
        elif key not in _IGNORED and key != "keyword" and value not in (None, "", [], {}):
            others[f"csl:{key}"] = json.dumps(value, ensure_ascii=False)
    arxiv_id, group = _take_arxiv(kind, texts)
    return Item(
        key=squeeze(_text(row.get("id")) or _text(row.get("citation-key"))),
        type=kind if kind in TYPES else "document",
        names=names,
        dates=days,
        texts={variable: text for variable, text in texts.items() if text},
        keywords=_keywords(row.get("keyword")),
        arxiv_id=arxiv_id,
        arxiv_class=group,
        others=others,
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, str)), "")
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""


def _clean(variable: str, text: str) -> str:
    if variable == "note":
        return "\n".join(squeeze(line) for line in text.splitlines()).strip()
    if variable == "page":
        return re.sub(r"\s*[-–—‒]+\s*", "-", squeeze(text))
    text = squeeze(text)
    return bare_doi(text) if variable == "DOI" else text


def _names(value: Any) -> tuple[Name, ...]:
    people = value if isinstance(value, list) else []
    return tuple(found for each in people if (found := _person(each)))


def _person(value: Any) -> Name | None:
    if isinstance(value, str):
        return name_of(literal=value)
    if not isinstance(value, Mapping):
        return None
    return name_of(**{part: _text(value.get(ours)) for ours, part in _NAME_PARTS})


def _keywords(value: Any) -> tuple[str, ...]:
    words = [_text(each) for each in value] if isinstance(value, list) else _SEPARATOR.split(_text(value))
    return tuple(dict.fromkeys(word for each in words if (word := squeeze(each))))


def _take_arxiv(kind: str, texts: dict[str, str]) -> tuple[str, str]:
    """Take the preprint out of the texts; return its id and its class."""
    note, number, doi, publisher = (texts.get(name, "") for name in ("note", "number", "DOI", "publisher"))
    line = _ARXIV_LINE.search(note)
    arxiv_id = find_arxiv_id(line["id"]) if line else ""
    group = (line["group"] or "") if line and arxiv_id else ""
    if line and arxiv_id:
        note = note[: line.start()] + note[line.end() :]
    texts["note"] = squeeze(note)
    numbered = find_arxiv_id(number) if _ARXIV_NUMBER.match(number) else ""
    arxiv_id = arxiv_id or numbered
    if not arxiv_id and _ARXIV_DOI.match(doi):
        arxiv_id = find_arxiv_id(doi)
    if arxiv_id and kind == PREPRINT:
        if numbered == arxiv_id:
            del texts["number"]
        if publisher.casefold() == "arxiv":
            del texts["publisher"]
    return arxiv_id, group
