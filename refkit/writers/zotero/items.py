"""A work -> the item that Zotero's own arXiv translator would make of it, with the themes as tags.

What the translator does is fact, taken from specs/field_mappings.md 4.1 (its path A: every paper is a preprint, also
one whose authors gave a DOI; the published version is another matter). Where we differ, and why, stands in
docs/decisions/0006-zotero.md.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from refkit.categories import category_name
from refkit.model import Author, Work
from refkit.normalize import to_unicode
from refkit.pace import Clock

MANUAL, AUTOMATIC = 0, 1  # the types of a tag: set by a person, set by a program (specs/zotero_web_api.md 3.3)
LONGEST_TAG = 255  # characters (specs/zotero_web_api.md 3.3); more would fail the whole item with 413
PDF_TITLE = "Preprint PDF"
_KEY_LETTERS = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"  # of object keys: no 0, 1 and O (specs/zotero_web_api.md 3)
_KEY_LENGTH = 8
_LONGEST_INITIALS = 3  # "JRR", but not "JOHN": the translator's rule for names in capitals


class Options(Struct, frozen=True, kw_only=True):
    """What the user wants of the items.

    `collection` is a path ("Reading/2025-03-13"); `theme_collections` makes one below it for each theme. `pdf` is kept
    as a link, downloaded ("file") or left out ("none"). `date` is that of the current version, as Zotero takes it, or
    that of the first. `latex` in titles and abstracts is kept, as Zotero does, or turned into characters. `recreate`
    makes again what the user deleted.
    """

    categories: bool = True
    collection: str = ""
    theme_collections: bool = False
    pdf: Literal["link", "file", "none"] = "link"
    note: bool = True
    date: Literal["updated", "submitted"] = "updated"
    latex: Literal["keep", "unicode"] = "keep"
    recreate: bool = False


class Wanted(Struct, frozen=True, kw_only=True):
    """An item as refkit wants it: `fields` in the API's names, without what is empty; tags by name with their type.

    `extra` is the line that Extra has to hold. `note` is the text of a child note, `pdf` an address; "" for none.
    `left_out` says in sentences what could not be wanted.
    """

    arxiv_id: str
    fields: Mapping[str, Any]
    extra: str
    tags: Mapping[str, int] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    note: str = ""
    pdf: str = ""
    left_out: tuple[str, ...] = ()


def wanted(work: Work, options: Options) -> Wanted:
    """Return the item that a work shall be in Zotero."""
    record = work.record
    arxiv_id = record.arxiv_id
    text = _unicode if options.latex == "unicode" else clean
    title = text(record.title)
    comment = clean(record.comments)
    dated = record.updated if options.date == "updated" and record.updated else record.submitted
    fields = {
        "title": title,
        # arXiv has authors like ":", which separate a collaboration from its members.
        "creators": [_creator(author) for author in record.authors if any(map(str.isalpha, str(author)))],
        "abstractNote": text(record.abstract),
        "repository": "arXiv",
        "archiveID": f"arXiv:{arxiv_id}",
        "DOI": f"10.48550/arXiv.{arxiv_id}",
        "url": f"http://arxiv.org/abs/{arxiv_id}",
        "date": str(dated or ""),
        "shortTitle": _short_title(title),
        "libraryCatalog": "arXiv.org",
    }
    tags, left_out = _tags(work, options)
    return Wanted(
        arxiv_id=arxiv_id,
        fields={name: value for name, value in fields.items() if value},
        extra=_extra(arxiv_id, record.categories),
        tags=tags,
        paths=tuple(_paths(work, options)),
        note=f"Comment: {html.escape(comment, quote=False)}" if options.note and comment else "",
        pdf=f"https://arxiv.org/pdf/{arxiv_id}{f'v{record.version}' if record.version else ''}"
        if options.pdf != "none"
        else "",
        left_out=left_out,
    )


def api_time(clock: Clock) -> str:
    """Return the time as the API writes it: `2026-11-26T02:20:29Z`."""
    return clock.today().strftime("%Y-%m-%dT%H:%M:%SZ")


def clean(text: str) -> str:
    """Return text as the server keeps it: without control characters; white space becomes single blanks.

    A lone surrogate, which UTF-8 cannot hold, is dropped.
    """
    text = "".join(char for char in text if char.isspace() or not _is_control(char))
    return " ".join(text.encode(errors="ignore").decode().split())


def _is_control(char: str) -> bool:
    return ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0  # noqa: PLR2004 - the blocks C0 and C1


def _unicode(text: str) -> str:
    return clean(to_unicode(text))


def _short_title(title: str) -> str:
    """Return what Zotero makes of a title of the web: up to the colon, and up to a question mark within."""
    short = title.partition(":")[0]
    head, mark, rest = short.partition("?")
    if mark and rest:
        short = head + mark
    return "" if short == title else short.strip()


def _extra(arxiv_id: str, categories: tuple[str, ...]) -> str:
    """Return the line that Zotero writes; ids of the old scheme tell their archive themselves."""
    primary = f" [{categories[0]}]" if categories and "/" not in arxiv_id else ""
    return f"arXiv:{arxiv_id}{primary}"


def _creator(author: Author) -> dict[str, str]:
    """Take a name apart as Zotero does: the last word is the last name, initials get full stops.

    A suffix, which Zotero would take for the last name ("Jr."), follows the last name instead. A name of one word, or
    of a collaboration, stays whole.
    """
    if author.literal:
        return {"creatorType": "author", "name": clean(author.literal)}
    words = clean(f"{author.given} {author.family}").strip(" .,/[]:").split()
    at = len(words) - 1
    while at > 0 and not words[at][0].isalpha():
        at -= 1
    first, last = " ".join(words[:at]), " ".join(words[at:])
    suffix = f" {clean(author.suffix)}" if author.suffix else ""
    if not first:
        return {"creatorType": "author", "name": last + suffix}
    return {"creatorType": "author", "firstName": _with_stops(first, last), "lastName": last + suffix}


def _with_stops(first: str, last: str) -> str:
    """Return a given name with a full stop after each initial: "J R" and "JR" give "J. R."."""
    capitals = first.isalpha() and first.isupper() and len(first) <= _LONGEST_INITIALS
    if capitals and (len(first) == 1 or last.upper() != last):
        return " ".join(f"{letter}." for letter in first)
    parts = re.split(r"[\s.]+|(?=-)", re.sub(r"\s*[-\u00AD\u2010-\u2015\u2212]\s*", "-", first, count=1))
    return " ".join(f"{part}." if _is_initial(part) else part for part in parts if part).replace(" -", "-")


def _is_initial(part: str) -> bool:
    letter = part.removeprefix("-")
    return len(letter) == 1 and letter.isupper()


def _tags(work: Work, options: Options) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return themes as manual tags and categories as automatic ones, and sentences on those that cannot be tags."""
    tags: dict[str, int] = {}
    left_out = []
    for theme in work.themes:
        name = clean(theme.theme)
        if len(name) > LONGEST_TAG:
            left_out.append(
                f"the theme {name[:40]}… has {len(name)} characters and a tag may have {LONGEST_TAG}; shorten its name"
            )
        elif name:
            tags[name] = MANUAL
    for name in _category_tags(work.record.categories) if options.categories else ():
        tags.setdefault(name, AUTOMATIC)
    return tags, tuple(left_out)


def _category_tags(categories: tuple[str, ...]) -> Iterator[str]:
    """Yield the full names: "cs.CL" is "Computer Science - Computation and Language", "quant-ph" "Quantum Physics"."""
    for code in categories:
        name, archive = category_name(code), category_name(code.partition(".")[0])
        if name:
            yield f"{archive} - {name}" if "." in code and archive else name


def _paths(work: Work, options: Options) -> Iterator[str]:
    """Yield the paths of the collections that the item shall be in."""
    base = "/".join(split_path(options.collection))
    if base and not options.theme_collections:
        yield base
    if options.theme_collections:
        cleaned = [clean(theme.theme) for theme in work.themes]
        # What is too long for a tag is too long for a collection.
        names = [name.replace("/", "\\/") for name in cleaned if len(name) <= LONGEST_TAG]
        for name in names or ([""] if base else []):
            yield "/".join(part for part in (base, name) if part)


def split_path(path: str) -> list[str]:
    r"""Return the escaped names on a path, outermost first; `\/` is a slash within a name."""
    return [clean(name) for name in re.split(r"(?<!\\)/", path) if clean(name)]


def collection_name(part: str) -> str:
    r"""Return a name on a path without its escapes: `CI\/CD` is the collection "CI/CD"."""
    return part.replace("\\/", "/")


def object_key(*parts: str) -> str:
    """Return the key under which refkit creates an object: the same parts give the same key, on every machine.

    So two runs that know nothing of each other cannot create the same thing twice: the server lets only one create a
    key (specs/zotero_web_api.md 3.1, `version: 0`). Two papers share a key with a chance of 1 in 1.4e12 a pair.
    """
    number = int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest())
    letters = []
    for _ in range(_KEY_LENGTH):
        number, rest = divmod(number, len(_KEY_LETTERS))
        letters.append(_KEY_LETTERS[rest])
    return "".join(letters)
