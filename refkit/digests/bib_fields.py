"""The fields of an entry of a .bib file -> what a mention says: title, names, day, ids (BibTeX and BibLaTeX)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refkit.bib_ids import LINKS, arxiv_id_of, plain_link, split_names
from refkit.digests.cells import date_of
from refkit.digests.lines import references
from refkit.digests.tex import readable
from refkit.model import PartialDate

_OTHERS = re.compile(r"(?i)(?:others|et\.? ?al\.?|\.\.\.|…)")
_NAMED_PART = re.compile(r"(?i)^(?:family|given|prefix|suffix)(?:-i)?\s*=")
_RANGE_END = re.compile(r"/.*|[~?%].*$|T\d.*$")


def title_of(fields: Mapping[str, str]) -> str:
    """Return the title, with the subtitle that BibLaTeX keeps apart."""
    title, subtitle = (readable(fields.get(name, "")) for name in ("title", "subtitle"))
    if title and subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}{' ' if title.endswith((':', '?', '!')) else ': '}{subtitle}"
    return title


def names_of(value: str) -> tuple[str, ...]:
    """Return the names that " and " parts, as they are written ("Family, Given" stays so); "and others" is none."""
    read = (_name_of(name) for name in split_names(value))
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
    links = {name: plain_link(fields[name]) for name in fields.keys() & {*LINKS, "doi"}}
    said = references(links.get("doi", ""))
    url = next((found for name in LINKS if (found := references(links.get(name, ""))["url"])), "")
    doi = said["doi"] or next((found for name in LINKS if (found := references(links.get(name, ""))["doi"])), "")
    return {"arxiv_id": arxiv_id_of(fields, key).arxiv_id, "doi": doi, "url": url}
