"""HTML text -> tags and runs of text, each with its place: one pass that no text can make slow, deep or large.

The rules are those of the HTML standard's tokenizer (html.spec.whatwg.org, 13.2.5) as far as they matter for words and
links. lxml does not tell columns, counts lines to 65,535 only and gives up below 2,048 open elements (libxml2 2.14),
while a mention has to say where it stands; tests compare the words found here with those that lxml finds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

TEXT, START, END, RAW = range(4)

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
# Possessive, so that no run of blanks is read twice. A value whose quote never ends is read as one without quotes.
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>[^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s>]*+)))?+"
)
_BREAK = re.compile(r"\r\n|\r|\n")
# What stands in these is no markup; `math` and `svg` are taken whole because their parts are no words of the page.
_RAW_END = {
    name: re.compile(rf"(?i)</{name}(?=[\s/>])")
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "math", "svg")
}
_NO_ATTRIBUTES: dict[str, tuple[int, int]] = {}


class Token(NamedTuple):
    """A piece of markup: its kind, the name of its element in small letters, and its place in the text.

    `inner` is the place of the content of a RAW element. `attributes` are places too: see `attribute`.
    """

    kind: int
    name: str
    start: int
    end: int
    attributes: dict[str, tuple[int, int]] = _NO_ATTRIBUTES
    inner: tuple[int, int] = (0, 0)


class LineStarts:
    """Tells on which line, from 1, a place in a text is."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def number(self, place: int) -> int:
        """Return the number of the line that a place is on."""
        return bisect_right(self._starts, place)


def attribute(text: str, token: Token, name: str) -> str:
    """Return the value of an attribute, character references resolved; "" if it is not there or empty."""
    place = token.attributes.get(name)
    return unescape(text[place[0] : place[1]]) if place else ""


def tokens(text: str) -> Iterator[Token]:
    """Yield the tags and the texts between them in order; comments and declarations are left out.

    Takes any text: what is no markup is text. The time is linear, and nothing is kept but the current token.
    """
    place, start, endless = 0, 0, set[str]()
    while (place := text.find("<", place)) >= 0:
        found = _TAG.match(text, place)
        after = 0 if found else _past_declaration(text, place)
        if not found and not after:
            place += 1
            continue
        if start < place:
            yield Token(TEXT, "", start, place)
        if found:
            token = _tag(text, found, endless)
            yield token
            after = token.end
        place = start = after
    if start < len(text):
        yield Token(TEXT, "", start, len(text))


def _past_declaration(text: str, place: int) -> int:
    """Return where a comment or declaration that begins here ends, 0 if none begins."""
    if text.startswith("<!--", place):
        if text.startswith((">", "->"), place + 4):
            return text.index(">", place) + 1
        end = text.find("-->", place + 4)
        return end + 3 if end >= 0 else len(text)
    if text.startswith(("<!", "<?", "</"), place) and place + 2 < len(text) and not text[place + 2].isspace():
        end = text.find(">", place)
        return end + 1 if end >= 0 else len(text)
    return 0


def _tag(text: str, found: re.Match[str], endless: set[str]) -> Token:
    name, place = found[2].lower(), found.end()
    attributes: dict[str, tuple[int, int]] = {}
    while each := _ATTRIBUTE.match(text, place):
        value = each.lastgroup
        attributes.setdefault(each["name"].lower(), each.span(value) if value and value != "name" else (0, 0))
        place = each.end()
    end = text.find(">", place)
    after = end + 1 if end >= 0 else len(text)
    if found[1]:
        return Token(END, name, found.start(), after)
    if name in _RAW_END and name not in endless and text[end - 1 : end] != "/":
        closing = _RAW_END[name].search(text, after)
        if closing:
            past = text.find(">", closing.end())
            whole = past + 1 if past >= 0 else len(text)
            return Token(RAW, name, found.start(), whole, attributes, (after, closing.start()))
        endless.add(name)  # so that its end is not looked for again and again
        if name in {"script", "style"}:
            return Token(RAW, name, found.start(), len(text), attributes, (after, len(text)))
    return Token(START, name, found.start(), after, attributes)
