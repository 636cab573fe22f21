r"""Citations in TeX files: which keys are cited and where, and the same text with other keys. Pure.

Every command with "cite" in its name counts (`\citep*`, `\textcite[12]{a, b}`, `\cites(see)[1]{a}[2]{b}`, `\nocite`),
and `\bibentry`; comments and verbatim text do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# These are about citing and cite nothing.
_NO_CITATION = frozenset(
    "citestyle citesetup citereset citename citedash citepunct citeleft citeright citemid citenumfont citeform "
    "setcitestyle declarecitecommand newcitecommand citecolor bibcite citation citetrackerfalse citetrackertrue".split()
)
_COMMAND = re.compile(r"\\(?P<name>[A-Za-z]*[Cc]ite[A-Za-z]*|bibentry)\*?")
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{(?P<file>[^{}]+)\}|\\input\s+(?P<bare>[^\s{}\\]+)")
_HIDDEN = re.compile(
    r"(?<!\\)(?P<back>(?:\\\\)*)%[^\n]*"
    r"|\\begin\{(?P<name>verbatim\*?|Verbatim|lstlisting|minted|comment|filecontents\*?)\}.*?\\end\{(?P=name)\}"
    r"|\\(?:verb\*?|lstinline)(?P<sign>[^A-Za-z\s*{])[^\n]*?(?P=sign)",
    re.DOTALL,
)
_KEY = re.compile(r"[^\s,]+")


class Citation(NamedTuple):
    """A key in a TeX text: from `start` to `end`, in a line counted from 1."""

    key: str
    start: int
    end: int
    line: int


def citations(text: str) -> Iterator[Citation]:
    r"""Yield the keys that a text cites, in order; `*` of `\nocite{*}` is none."""
    shown = visible(text)
    for command in _COMMAND.finditer(shown):
        if command["name"].lower() in _NO_CITATION:
            continue
        for start, end in _groups(shown, command.end(), several=command["name"].lower().endswith("cites")):
            for key in _KEY.finditer(shown, start, end):
                if key[0] != "*":
                    yield Citation(key[0], key.start(), key.end(), text.count("\n", 0, key.start()) + 1)


def inputs(text: str) -> list[str]:
    """Return the names of the files that a text reads in, as it gives them."""
    return [(found["file"] or found["bare"]).strip() for found in _INPUT.finditer(visible(text))]


def renamed(text: str, keys: Mapping[str, str]) -> str:
    """Return a text that cites by other keys; all else stays."""
    parts, place = [], 0
    for each in citations(text):
        if each.key in keys:
            parts += [text[place : each.start], keys[each.key]]
            place = each.end
    return "".join([*parts, text[place:]])


def visible(text: str) -> str:
    """Return a text of the same length with blanks in the place of comments and verbatim text."""
    return _HIDDEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _groups(text: str, place: int, *, several: bool) -> Iterator[tuple[int, int]]:
    r"""Yield where the keys behind a command stand: behind its options in brackets, more than once for `\cites`."""
    while True:
        place = _after_blanks(text, place)
        sign = text[place : place + 1]
        close = {"[": "]", "<": ">", "(": ")"}.get(sign, "")
        if close and (sign != "(" or several):
            place = _closed(text, place, sign, close)
        elif sign == "{":
            end = text.find("}", place)
            if end < 0 or "{" in text[place + 1 : end] or "\\" in text[place + 1 : end]:
                return
            yield place + 1, end
            place = end + 1
            if not several:
                return
        else:
            return
        if place < 0:
            return


def _after_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def _closed(text: str, place: int, sign: str, close: str) -> int:
    """Return the place behind an option; -1 if it is not closed. Braces in it hide what they hold."""
    depth, braces = 0, 0
    for at in range(place, min(len(text), place + 2_000)):
        char = text[at]
        braces += (char == "{") - (char == "}")
        if braces == 0 and char in {sign, close}:
            depth += 1 if char == sign else -1
            if depth == 0:
                return at + 1
    return -1
