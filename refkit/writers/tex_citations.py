r"""Citations in TeX files: which keys are cited and where, and the same text with other keys. Pure.

Every command with "cite" in its name counts (`\citep*`, `\textcite[12]{a, b}`, `\cites(see)[1]{a}[2]{b}`, `\nocite`),
and `\bibentry`; comments and verbatim text do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

# These are about citing and cite nothing.
_NO_CITATION = frozenset(
    "citestyle citesetup citereset citename citedash citepunct citeleft citeright citemid citenumfont citeform "
    "setcitestyle declarecitecommand newcitecommand citecolor bibcite citation citetrackerfalse citetrackertrue".split()
)
_COMMAND = re.compile(
    r"\\(?P<name>[A-Za-z]*[Cc]ite[A-Za-z]*|bibentry|addtocategory|[a-z]*(?:text|block)cquote)\*?"
    r"|\\begin\s*\{(?P<environment>[a-z]*displaycquote)\}"
)
# Which groups behind a command hold keys: the second where a volume, a language or a category comes first.
_FIRST, _SECOND, _EACH, _EACH_SECOND = slice(0, 1), slice(1, 2), slice(0, None), slice(1, None, 2)
_SECOND_HOLDS = re.compile(r"(?:[a-z]*volcite|addtocategory|(?:foreign|hyphen|hybrid)[a-z]*cquote)", re.IGNORECASE)
_INPUT = re.compile(
    r"\\(?:input|include|subfile|@input)\s*\{(?P<file>[^{}]+)\}|\\input\s+(?P<bare>[^\s{}\\]+)"
    r"|\\(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{(?P<folder>[^{}]*)\}\s*\{(?P<inner>[^{}]+)\}"
)
# An address comes first: a `%` in it begins no comment.
_HIDDEN = re.compile(
    r"\\(?:url|nolinkurl|href|path)\s*\{[^{}]*\}"
    r"|(?<!\\)(?P<back>(?:\\\\)*)%[^\n]*"
    r"|\\begin\{(?P<name>verbatim\*?|Verbatim|lstlisting|minted|comment|filecontents\*?)\}.*?\\end\{(?P=name)\}"
    r"|\\(?:verb\*?|lstinline|mintinline\s*\{\w+\})(?P<sign>[^A-Za-z\s*{\[])[^\n]*?(?P=sign)"
    r"|\\(?:lstinline(?:\[[^\[\]]*\])?|mintinline\s*\{\w+\})\{(?:[^{}]|\{[^{}]*\})*\}",
    re.DOTALL,
)
_KEY = re.compile(r"[^\s,]+")
# What LaTeX notes of citations in its .aux: its own command, and that of biblatex.
_NOTED = re.compile(r"\\(?:citation|abx@aux@cite(?:\{\d+\})?)\{(?P<keys>[^{}]*)\}")


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
        name = command["name"] or command["environment"]
        if name.lower() in _NO_CITATION:
            continue
        several = name.lower().endswith("cites")
        which = _which(name, several=several)
        for start, end in islice(_groups(shown, command.end(), several=several), which.start, which.stop, which.step):
            yield from _keys(text, shown, start, end)


def noted(text: str) -> Iterator[Citation]:
    """Yield the keys that a .aux file says were cited."""
    for found in _NOTED.finditer(text):
        yield from _keys(text, text, *found.span("keys"))


def inputs(text: str) -> list[str]:
    """Return the names of the files that a text reads in, as it gives them; those that a macro makes are not known."""
    found = (each.groupdict(default="") for each in _INPUT.finditer(visible(text)))
    names = [(each["file"] or each["bare"] or f"{each['folder'].strip()}/{each['inner'].strip()}") for each in found]
    return [name.strip().strip('"') for name in names if not re.search(r"[#\\]", name)]


def renamed(text: str, keys: Mapping[str, str]) -> str:
    """Return a text that cites by other keys, in whatever case it does, as BibTeX finds them; all else stays."""
    folded = {old.casefold(): new for old, new in keys.items()}
    parts, place = [], 0
    for each in citations(text):
        if each.key.casefold() in folded:
            parts += [text[place : each.start], folded[each.key.casefold()]]
            place = each.end
    return "".join([*parts, text[place:]])


def visible(text: str) -> str:
    """Return a text of the same length with blanks in the place of comments and verbatim text."""
    return _HIDDEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _which(name: str, *, several: bool) -> slice:
    if _SECOND_HOLDS.fullmatch(name.lower().removesuffix("s") if several else name):
        return _EACH_SECOND if several else _SECOND
    return _EACH if several else _FIRST


def _keys(text: str, shown: str, start: int, end: int) -> Iterator[Citation]:
    for key in _KEY.finditer(shown, start, end):
        if key[0] != "*":
            yield Citation(key[0], key.start(), key.end(), text.count("\n", 0, key.start()) + 1)


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
        else:
            return


def _after_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def _closed(text: str, place: int, sign: str, close: str) -> int:
    """Return the place behind an option, or the end of the text. Braces in it hide what they hold."""
    depth, braces = 0, 0
    for at in range(place, min(len(text), place + 2_000)):
        char = text[at]
        braces += (char == "{") - (char == "}")
        if braces == 0 and char in {sign, close}:
            depth += 1 if char == sign else -1
            if depth == 0:
                return at + 1
    return len(text)
