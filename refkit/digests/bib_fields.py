"""The fields of an entry of a .bib file -> what a mention says: title, names, day, ids (BibTeX and BibLaTeX)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refkit.digests.cells import date_of
from refkit.digests.lines import references
from refkit.digests.tex import readable
from refkit.model import PartialDate, find_arxiv_id, is_arxiv_id

_BRACED = re.compile(r"(?<!\\)[{}]")
_AND = re.compile(r"(?<!\\)[{}]|(?i:\s+and(?=\s))")
_OTHERS = re.compile(r"(?i)(?:others|et\.? ?al\.?|\.\.\.|…)")
_NAMED_PART = re.compile(r"(?i)^(?:family|given|prefix|suffix)(?:-i)?\s*=")
_RANGE_END = re.compile(r"/.*|[~?%].*$|T\d.*$")
_MACRO = re.compile(r"\\(?:url|href|doi|path|nolinkurl|texttt|tt)\b\*?")
_ARXIV_NOTE = re.compile(r"(?i)arxiv|\babs/|huggingface\.co/papers")
_ABS = re.compile(r"\babs/")  # DBLP's `volume = {abs/1706.03762}`
_DBLP_KEY = re.compile(r"(?:^|/)corr/abs-(?P<yymm>\d{4})-(?P<number>\d{4,5})$")
_DBLP_OLD = re.compile(r"(?:^|/)corr/(?:abs-)?(?P<archive>[a-z]+(?:-[a-z]+)?)-(?P<number>\d{7})$")
# Fields that may hold an id of arXiv beside those that are made for it.
_NOTES = tuple(
    """journal journaltitle volume number note howpublished booktitle publisher pages series annote annotation addendum
    pubstate institution type archive extra reportnumber adsurl ee pdf link file bdsk-url-1 bdsk-url-2""".split()
)
_LINKS = ("url", "link", "ee", "howpublished", "pdf", "bdsk-url-1", "note", "adsurl")
_MOST_NAMES = 20_000


def title_of(fields: Mapping[str, str]) -> str:
    """Return the title, with the subtitle that BibLaTeX keeps apart."""
    title, subtitle = (readable(fields.get(name, "")) for name in ("title", "subtitle"))
    if title and subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}{' ' if title.endswith((':', '?', '!')) else ': '}{subtitle}"
    return title


def names_of(value: str) -> tuple[str, ...]:
    """Return the names that " and " parts, as they are written ("Family, Given" stays so); "and others" is none."""
    names: list[str] = []
    depth, start = 0, 0
    for found in _AND.finditer(value):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth = max(0, depth - 1)
        elif not depth and len(names) < _MOST_NAMES:
            names.append(value[start : found.start()])
            start = found.end()
    names.append(value[start:])
    read = (_name_of(name.strip()) for name in names)
    return tuple(name for name in read if name and not _OTHERS.fullmatch(name))


def _name_of(text: str) -> str:
    if _NAMED_PART.match(text):  # BibLaTeX: family=Gogh, given=Vincent, prefix=van
        pairs = (part.partition("=") for part in text.split(","))
        parts = {key.strip().lower(): readable(value.strip().strip('"')) for key, _, value in pairs}
        family = " ".join(filter(None, (parts.get("prefix"), parts.get("family"))))
        return ", ".join(filter(None, (family, parts.get("suffix"), parts.get("given"))))
    return readable(text).strip(" ,;")


def day_of(fields: Mapping[str, str]) -> PartialDate | None:
    """Return the day of `date`, of `year`, `month` and `day`, or of when it was put on arXiv."""
    for name in ("date", "eventdate", "origdate"):
        text = _RANGE_END.sub("", readable(fields.get(name, "")))
        found = date_of(text) if text else None
        if found:
            return found
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", fields.get("year", ""))
    if not year:
        return None
    month = readable(fields.get("month", "").replace("~", " ").replace("#", " "))
    word = re.search(r"[A-Za-z]{3,}", month)
    numbers = re.findall(r"\d{1,2}", month)
    day = readable(fields.get("day", "")) or (numbers[0] if word and numbers else "")
    return date_of(year[0], word[0] if word else numbers[0] if numbers else "", day) or date_of(year[0])


def ids_of(fields: Mapping[str, str], key: str) -> dict[str, str]:
    """Return `arxiv_id`, `doi` and `url` from whichever fields say so, and from DBLP's keys."""
    links = {name: _plain(fields[name]) for name in fields.keys() & {*_LINKS, *_NOTES, "doi", "eprint"}}
    said = references(links.get("doi", ""))
    url = next((found for name in _LINKS if (found := references(links.get(name, ""))["url"])), "")
    doi = said["doi"] or next((found for name in _LINKS if (found := references(links.get(name, ""))["doi"])), "")
    return {"arxiv_id": _arxiv_id(fields, links, key), "doi": doi, "url": url}


def _arxiv_id(fields: Mapping[str, str], links: Mapping[str, str], key: str) -> str:
    eprint = links.get("eprint", "")
    where = (fields.get("archiveprefix", "") or fields.get("eprinttype", "")).strip("{} ").casefold()
    own = find_arxiv_id(eprint)
    if own and (where == "arxiv" or (not where and (is_arxiv_id(own) or "arxiv" in eprint.casefold()))):
        return own
    for name in ("arxivid", "arxiv", "arxiv_id", "eprintid"):
        if own := find_arxiv_id(_plain(fields.get(name, ""))):
            return own
    for name in ("doi", "url", *_NOTES):
        text = links.get(name, "")
        if text and len(text) < 5_000 and _ARXIV_NOTE.search(text) and (own := find_arxiv_id(_ABS.sub(" ", text))):  # noqa: PLR2004
            return own
    found = _DBLP_KEY.search(key.casefold())
    if found:
        return find_arxiv_id(f"{found['yymm']}.{found['number']}")
    old = _DBLP_OLD.search(key.casefold())
    return find_arxiv_id(f"{old['archive']}/{old['number']}") if old else ""


def _plain(value: str) -> str:
    """Return a link or an id without the TeX around it."""
    if "\\" in value:
        value = _MACRO.sub(" ", value).replace("\\_", "_").replace("\\%", "%").replace("\\&", "&").replace("\\#", "#")
        value = value.replace("{\\textunderscore}", "_").replace("\\~{}", "~").replace("\\", "")
    return _BRACED.sub(" ", value).strip() if "{" in value or "}" in value else value.strip()
