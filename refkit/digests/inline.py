"""Titles and names with markup in them (`H<sub>2</sub>O`, `Q&amp;A`, MathML) -> text. What is no markup stays."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

from refkit.digests.lines import clean

# Elements that stand in titles; a word between signs that is none of them (`<think>`) belongs to the title.
_NAMES = (
    r"a|b|i|em|strong|su[bp]|span|u|tt|code|small|big|font|bdi|bdo|cite|q|s|del|ins|mark|abbr|acronym|wbr|nobr|var|kbd|sc|scp|inf"
    r"|italic|bold|roman|monospace|underline|styled-content|named-content|inline-formula|tex-math|ext-link|xref|img"
    r"|(?:jats|mml|xhtml|html|m|ce|sb):[a-z-]+|math|m(?:i|o|n|row|su[bp]|subsup|text|frac|sqrt|over|under|underover|style|space|table|t[rd]|fenced|stretchy|none|prescripts|multiscripts|phantom|padded)"
    r"|semantics|annotation|alternatives"
)
_INLINE = re.compile(rf"(?i)</?(?:{_NAMES})(?:\s[^<>]*+)?/?>")
_BLOCK = re.compile(
    r"(?i)</?(?:p|div|br|h[1-6]|li|ul|ol|title|sec|section|blockquote|table|td|tr|hr|center)(?:\s[^<>]*+)?/?>"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


def resolve(text: str) -> str:
    """Return a text with its character references resolved; a name that HTML does not know stays as it is."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    name = found[0][1:]
    return unescape(found[0]) if name.startswith("#") or name in html5 else found[0]


def without_markup(text: str) -> str:
    """Return a text without the tags and character references of HTML, JATS or MathML, also where these are escaped."""
    for _ in range(3):  # escaped once, as feeds do, or once more by mistake
        before = text
        if "<" in text:
            text = _INLINE.sub("", _BLOCK.sub(" ", text))
        text = resolve(text)
        if text == before:
            break
    return clean(text)
