r"""Titles and names with their formulae, for pages: TeX as characters, with raised and lowered ones.

What cannot be turned into characters without loss is shown as it was written, in the style of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from refkit.bib_blocks import is_balanced
from refkit.markup import Html, element, join, text
from refkit.normalize import only_looks, to_unicode

# A text, or an element: its name and what is in it.
Piece = str | tuple[str, list["Piece"]]

# A formula as pandoc understands it (tex_math_dollars): so "$5 to $10" is none, unless a command, ^ or _ shows that
# it is; the same three cases as in writers/latex.py.
FORMULA = re.compile(
    r"\$\$(?:\\.|[^$\\])+\$\$|\$(?![\s$])(?:\\.|[^$\\])*?(?<!\s)\$(?!\d)|\$(?=[^$]*(?:\\[A-Za-z]|[\^_]))(?:\\.|[^$\\])+\$"
    r"|\\\((?:\\[^()]|[^$\\])+?\\\)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
# An argument of ^ and _: a group (with groups of one level in it), a command with its argument, or one character.
_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_SCRIPT = re.compile(rf"(?<!\\)([\^_])\s*({_GROUP}|\\[A-Za-z]+(?:\s*{_GROUP})?|\\?[^\s\\{{}}])")
# Commands that only set blanks and sizes, so that nothing is lost with them.
_BLANKS = frozenset("quad qquad limits nolimits big Big bigl bigr Bigl Bigr".split())
_DEEPEST = 4  # scripts in scripts; nobody could read more


def formulated(title: str) -> Html:
    """Return a text as HTML in which formulae can be read."""
    return join(*map(_html, pieces(title)))


def pieces(title: str) -> list[Piece]:
    """Return a text in which formulae can be read, as texts and elements (`span`, `sup`, `sub`, `code`) with theirs."""
    if not set(title) & set("\\${}~"):
        return [to_unicode(title)]
    parts: list[Piece] = []
    end = 0
    for found in FORMULA.finditer(title):
        parts += [_prose(title[end : found.start()]), _formula(found[0])]
        end = found.end()
    return [*parts, _prose(title[end:])]


def _html(piece: Piece) -> Html:
    if isinstance(piece, str):
        return text(piece)
    name, inner = piece
    return element(name, *map(_html, inner), class_="formula" if name == "span" else None)


def _prose(text: str) -> str:
    """Return what is no formula; its dollars are money, and blanks at its ends part words."""
    if not text.strip():
        return " " if text else ""
    before, after = (" " if text[place].isspace() else "" for place in (0, -1))
    return f"{before}{'$'.join(_money_apart(text))}{after}"


def _money_apart(text: str) -> Iterator[str]:
    parts = text.split("$")
    for place, part in enumerate(parts):
        inner = to_unicode(part)
        left = " " if place and part[:1].isspace() else ""
        right = " " if place < len(parts) - 1 and part[-1:].isspace() else ""
        yield f"{left}{inner}{right}"


def _formula(source: str) -> Piece:
    inner = source[2:-2] if source.startswith(("$$", "\\(")) else source[1:-1]
    if not _is_readable(inner):
        return ("code", [source])
    return ("span", _scripted(inner, _DEEPEST))


def _is_readable(inner: str) -> bool:
    """Whether each command has characters to show, and each brace its partner."""
    return (
        all(_is_known(name) for name in _COMMAND.findall(inner))
        and is_balanced(inner, escaped=False)
        and bool(to_unicode(f"${inner}$").strip())
    )


@cache
def _is_known(name: str) -> bool:
    """Whether refkit shows a command: of one that it does not know, nothing but the arguments is left."""
    if name in _BLANKS or only_looks(name):
        return True
    return bool(to_unicode(f"$\\{name}$").strip("$ ")) or to_unicode(f"$\\{name}{{A}}{{B}}$") != "AB"


def _scripted(inner: str, deepest: int) -> list[Piece]:
    parts: list[Piece] = []
    end = 0
    for found in _SCRIPT.finditer(inner):
        parts += [_plain(inner[end : found.start()]), _raised(found[1], found[2], deepest)]
        end = found.end()
    return [*parts, _plain(inner[end:])]


def _raised(sign: str, argument: str, deepest: int) -> Piece:
    content = argument[1:-1] if argument.startswith("{") else argument
    inner: list[Piece] = _scripted(content, deepest - 1) if deepest else [_plain(content)]
    return ("sup" if sign == "^" else "sub", inner)


def _plain(inner: str) -> str:
    if not inner.strip():
        return " " if inner else ""
    before, after = (" " if inner[place].isspace() else "" for place in (0, -1))
    return f"{before}{to_unicode(f'${inner}$')}{after}"
