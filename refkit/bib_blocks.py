"""The blocks of a .bib file, parted by bibtexparser, with their values as they are written: what all who read one need.

bibtexparser joins no strings and stumbles over a forgotten comma; this is done here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bibtexparser.model import Block

MONTHS = {name: name for name in "jan feb mar apr may jun jul aug sep oct nov dec".split()}
_CLOSING = re.compile(r"(?<!\\)[{}\"]")
_PART = re.compile(r"\s*(?P<sign>[{\"]?)")
_WORD = re.compile(r"[^\s#{}\",]*")
_JOINED = re.compile(r"\s*#\s*")
_NEXT_FIELD = re.compile(r"\s*(?P<name>[A-Za-z][\w:-]{0,60})\s*=\s*")


def is_balanced(text: str, *, escaped: bool = True) -> bool:
    r"""Whether each brace of a text has its other one; those of `\{` count for BibTeX (`escaped`), and not for TeX."""
    depth = 0
    for brace in re.findall(r"[{}]" if escaped else r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a file in order, values with their quotes, nothing resolved."""
    from bibtexparser.splitter import Splitter  # 32 ms, only for .bib files

    # It warns of each broken block; that is told as a skipped line.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    yield from Splitter(text).split().blocks


def why_broken(block: Any) -> str:
    """Return what the parser says of a block that it could not read."""
    problem = " ".join(str(getattr(block.error, "abort_reason", block.error)).split())
    problem = problem.partition(" Note: ")[0].rstrip(". ")  # what follows is for those who program with the parser
    return f"a broken entry: {problem[:1].lower()}{problem[1:]}"


class Value(NamedTuple):
    """A value in a text: the places of the parts that `#` joins, without their quotes or braces, and where it ends."""

    parts: tuple[tuple[int, int], ...]
    bare: tuple[bool, ...]
    end: int


def fields_in(name: str, text: str) -> Iterator[tuple[str, Value]]:
    """Yield the name and value of a field; where a comma was forgotten behind it, of those that follow as well."""
    place = 0
    while True:
        value = value_at(text, place)
        following = _NEXT_FIELD.match(text, value.end)
        if not following and text[value.end :].strip():
            value = _whole(text, place)
        yield name.strip().lower(), value
        if not following:
            return
        name, place = following["name"], following.end()


def value_at(text: str, place: int) -> Value:
    """Return the value that begins at a place."""
    parts: list[tuple[int, int]] = []
    bare: list[bool] = []
    while True:
        found = _PART.match(text, place)
        start = found.end("sign") if found else place
        if found and found["sign"]:
            end = _closing(text, start, found["sign"])
            place = end + 1
        else:
            word = _WORD.match(text, start)
            end = place = word.end() if word else start
        parts.append((start, end))
        bare.append(not (found and found["sign"]))
        joined = _JOINED.match(text, place)
        if not joined:
            return Value(tuple(parts), tuple(bare), min(place, len(text)))
        place = joined.end()


def _whole(text: str, place: int) -> Value:
    """Return all that stands there as one value, where its quotes do not fit together."""
    own = text[place:].rstrip()
    start, end = place, place + len(own)
    if len(own) > 1 and own[0] in '{"' and own[-1] in '}"':
        start, end = start + 1, end - 1
    return Value(((start, end),), (False,), len(text))


def _closing(text: str, place: int, sign: str) -> int:
    """Return where the group that began with a sign is closed."""
    depth = 0
    for found in _CLOSING.finditer(text, place):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            if not depth and sign == "{":
                return found.start()
            depth = max(0, depth - 1)
        elif sign == '"' and not depth:
            return found.start()
    return len(text)
