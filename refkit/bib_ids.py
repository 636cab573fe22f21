"""What the fields of a .bib entry say of a paper's identity, whatever program wrote them: arXiv id, names, links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from refkit.model import find_arxiv_id, is_arxiv_id

_BRACED = re.compile(r"(?<!\\)[{}]")
_AND = re.compile(r"(?<!\\)[{}]|(?i:\s+and(?=\s))")
_MACRO = re.compile(r"\\(?:url|href|doi|path|nolinkurl|texttt|tt)\b\*?")
_ARXIV_NOTE = re.compile(r"(?i)arxiv|\babs/|huggingface\.co/papers")
_ABS = re.compile(r"\babs/")  # DBLP's `volume = {abs/1706.03762}`
_DBLP_KEY = re.compile(r"(?:^|/)corr/abs-(?P<yymm>\d{4})-(?P<number>\d{4,5})$")
_DBLP_OLD = re.compile(r"(?:^|/)corr/(?:abs-)?(?P<archive>[a-z]+(?:-[a-z]+)?)-(?P<number>\d{7})$")
# Fields that may hold an id of arXiv beside those that are made for it.
NOTES = tuple(
    """journal journaltitle volume number note howpublished booktitle publisher pages series annote annotation addendum
    pubstate institution type archive extra reportnumber adsurl ee pdf link file bdsk-url-1 bdsk-url-2""".split()
)
LINKS = ("url", "link", "ee", "howpublished", "pdf", "bdsk-url-1", "note", "adsurl")
_NAMED = ("arxivid", "arxiv", "arxiv_id", "eprintid")
_MOST_NAMES = 20_000
_LONGEST_NOTE = 5_000


class ArxivMention(NamedTuple):
    """An arXiv id and the field that says it ("key" for a key of DBLP's); both empty where none does."""

    arxiv_id: str = ""
    said_by: str = ""


def arxiv_id_of(fields: Mapping[str, str], key: str) -> ArxivMention:
    """Return the arXiv id that the fields of an entry (by lower-case name) say, or else its key, if DBLP wrote it."""
    eprint = plain_link(fields.get("eprint", ""))
    where = (fields.get("archiveprefix", "") or fields.get("eprinttype", "")).strip("{} ").casefold()
    own = find_arxiv_id(eprint)
    if own and (where == "arxiv" or (not where and (is_arxiv_id(own) or "arxiv" in eprint.casefold()))):
        return ArxivMention(own, "eprint")
    for name in _NAMED:
        if own := find_arxiv_id(plain_link(fields.get(name, ""))):
            return ArxivMention(own, name)
    for name in ("doi", "url", *NOTES):
        text = fields.get(name, "")
        if not text or len(text) >= _LONGEST_NOTE:
            continue
        text = plain_link(text)
        if _ARXIV_NOTE.search(text) and (own := find_arxiv_id(_ABS.sub(" ", text))):
            return ArxivMention(own, name)
    found = _dblp_id(key)
    return ArxivMention(found, "key" if found else "")


def _dblp_id(key: str) -> str:
    found = _DBLP_KEY.search(key.casefold())
    if found:
        return find_arxiv_id(f"{found['yymm']}.{found['number']}")
    old = _DBLP_OLD.search(key.casefold())
    return find_arxiv_id(f"{old['archive']}/{old['number']}") if old else ""


def split_names(value: str) -> list[str]:
    """Return the names that " and " parts outside of braces, as they are written; 20,000 at most, then the rest."""
    return list(each_name(value, _MOST_NAMES))


def each_name(value: str, most: int | None = None) -> Iterator[str]:
    """Yield the names that " and " parts outside of braces, as they are written; behind `most` the rest as one."""
    depth, start, count = 0, 0, 0
    for found in _AND.finditer(value):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth = max(0, depth - 1)
        elif not depth and (most is None or count < most):
            yield value[start : found.start()].strip()
            start, count = found.end(), count + 1
    yield value[start:].strip()


def plain_link(value: str) -> str:
    """Return a link or an id without the TeX around it."""
    if "\\" in value:
        value = _MACRO.sub(" ", value).replace("\\_", "_").replace("\\%", "%").replace("\\&", "&").replace("\\#", "#")
        value = value.replace("{\\textunderscore}", "_").replace("\\~{}", "~").replace("\\", "")
    return _BRACED.sub(" ", value).strip() if "{" in value or "}" in value else value.strip()
