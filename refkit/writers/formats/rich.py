r"""Text of a bibliography: TeX <-> CSL's text with its few tags -> plain, Markdown, HTML.

CSL's text has `<i> <b> <sup> <sub>`, small capitals and `<span class="nocase">`, for words that keep their capitals.
A formula that is more than one sign stays TeX between dollars, as Zotero keeps it; a command that nobody knows stays,
too. A tag that is meant literally is written `&lt;i>`.
"""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from typing import NamedTuple

from refkit.normalize import to_unicode
from refkit.writers.capitals import protect
from refkit.writers.formats.item import squeeze
from refkit.writers.latex import MATH, clean, encode

NOCASE = '<span class="nocase">'
_SMALL_CAPS = '<span style="font-variant:small-caps;">'
_NAMES = {"i": "<i>", "b": "<b>", "sup": "<sup>", "sub": "<sub>", "sc": _SMALL_CAPS, "nocase": NOCASE}
_CLOSING = {name: "</span>" if tag.startswith("<span") else f"</{name}>" for name, tag in _NAMES.items()}
# Characters for private use stand for tags where a text passes through what would not leave them as they are.
OPEN = dict(zip(_NAMES, "\ue010\ue011\ue012\ue013\ue014\ue015", strict=True))
CLOSE = dict(zip(_NAMES, "\ue020\ue021\ue022\ue023\ue024\ue025", strict=True))
_RELEASED = str.maketrans(
    dict(zip([*OPEN.values(), *CLOSE.values()], [*_NAMES.values(), *_CLOSING.values()], strict=True))
)
_BODY = r"/?(?:i|b|sup|sub)|span class=[\"']nocase[\"']|span style=[\"']font-variant:\s*small-caps;?[\"']|/span"
_TAG = re.compile(rf"<(?:{_BODY})>")
_LITERAL = re.compile(rf"<(?=(?:{_BODY})>)|&(?=(?:amp;)*lt;(?:{_BODY})>)")
_ESCAPED = re.compile(rf"&(?:lt;|amp;(?=(?:amp;)*lt;))(?=(?:(?:amp;)*lt;)?(?:{_BODY})>)")
_PIECE = re.compile(rf"(?P<tag>{_TAG.pattern})|(?P<math>(?<!\\)(?:{MATH}))")
_TEX_COMMANDS = {
    "i": r"\emph{",
    "b": r"\textbf{",
    "sup": r"\textsuperscript{",
    "sub": r"\textsubscript{",
    "sc": r"\textsc{",
    "nocase": "{",
}
_GROUP = r"\{(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{[^{}\\]*\})*\})*\}"
_KEPT = re.compile(rf"\\(?:[A-Za-z]+\*?(?:{_GROUP})*|\$)")
_SIGNS = {
    **{char: f"\\{char}" for char in "&%#_$"},
    "^": r"\^{}",
    "~": r"\textasciitilde{}",
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "`": r"\textasciigrave{}",
    "\u00a0": "~",
}
_SIGN = re.compile(r"[&%#_$^~\\{}`\u00a0]|(?P<ligature>(?:(?<=-)-|(?<=')')+)")
# A Greek letter in braces of its own, after what it may be an argument of.
_LONE_LETTER = re.compile(
    r"(\\(?:[dt]?frac|[dt]?binom|stackrel|overset|underset)\s*\{[^{}]*\}|\\[A-Za-z]+\s*|[\^_\]]\s*)?\{(\\[A-Za-z]+)\}"
)
_SUPER = dict(zip("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", strict=True))
_SUB = dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~]|&(?=#?\w+;)")
# "$5 and $6" is no formula: for Markdown's programs none begins with a blank or ends with one.
_PRICES = re.compile(r"\$(?:\s|.*\s\$$)", re.DOTALL)
_MARKDOWN_TAGS = {"i": ("*", "*"), "b": ("**", "**"), "sup": ("<sup>", "</sup>"), "sub": ("<sub>", "</sub>")}


class Part(NamedTuple):
    """A part of a text: its kind (`text`, `math`, `open`, `close`), and its text or the name of the tag."""

    kind: str
    text: str


def parts(rich: str) -> list[Part]:
    """Return the parts of a text; a tag without a partner is text."""
    found: list[Part] = []
    waiting: list[int] = []
    place = 0
    for piece in _PIECE.finditer(rich):
        if piece.start() > place:
            found.append(Part("text", unescaped(rich[place : piece.start()])))
        place = piece.end()
        name = _tag_name(piece["tag"]) if piece["tag"] else ""
        if not name:
            found.append(Part("math", piece[0]))
        elif name[0] != "/":
            waiting.append(len(found))
            found.append(Part("open", name))
        elif waiting and (name == "/span") == (found[waiting[-1]].text in ("sc", "nocase")):
            found.append(Part("close", found[waiting.pop()].text))
        else:
            found.append(Part("text", piece[0]))
    if place < len(rich):
        found.append(Part("text", unescaped(rich[place:])))
    for lone in waiting:
        found[lone] = Part("text", _NAMES[found[lone].text])
    return found


def _tag_name(tag: str) -> str:
    body = tag[1:-1]
    return "nocase" if "nocase" in body else "sc" if "small" in body else body


def escaped(text: str) -> str:
    """Return plain text in which no tag is one."""
    return _LITERAL.sub(lambda found: "&lt;" if found[0] == "<" else "&amp;", text)


def unescaped(text: str) -> str:
    """Return what `escaped` was given."""
    return _ESCAPED.sub(lambda found: "<" if found[0] == "&lt;" else "&", text)


def released(text: str) -> str:
    """Return a text with its tags in place of the characters of `OPEN` and `CLOSE`."""
    return text.translate(_RELEASED)


def without_nocase(rich: str) -> str:
    """Return a text without the marks of words that keep their capitals."""
    if NOCASE not in rich:
        return rich
    return "".join(_again(part) for part in parts(rich) if part.text != "nocase" or part.kind == "text")


def _again(part: Part) -> str:
    if part.kind == "open":
        return _NAMES[part.text]
    if part.kind == "close":
        return _CLOSING[part.text]
    return part.text if part.kind == "math" else escaped(part.text)


def plain(rich: str) -> str:
    """Return a text without tags; raised and lowered figures as Unicode has them, formulas in TeX."""
    if not _TAG.search(rich) and "&" not in rich:
        return rich
    texts: list[str] = []
    raised: list[str] = []
    for part in parts(rich):
        if part.kind == "open":
            raised.append(part.text)
        elif part.kind == "close":
            raised.pop()
        else:
            table = next(({"sup": _SUPER, "sub": _SUB}[name] for name in raised[::-1] if name in ("sup", "sub")), {})
            fits = bool(table) and all(char in table for char in part.text)
            texts.append("".join(table[char] for char in part.text) if fits else part.text)
    return "".join(texts)


def to_html(rich: str) -> str:
    """Return a text as HTML, escaped; formulas as far as Unicode can print them."""
    opening = {"nocase": "", "sc": '<span class="small-caps">'}
    closing = {"nocase": "", "sc": "</span>"}
    texts = []
    for part in parts(rich):
        if part.kind == "open":
            texts.append(opening.get(part.text, f"<{part.text}>"))
        elif part.kind == "close":
            texts.append(closing.get(part.text, f"</{part.text}>"))
        elif part.kind == "math":
            texts.append(
                f'<span class="math" title="{html.escape(part.text)}">{html.escape(to_unicode(part.text))}</span>'
            )
        else:
            texts.append(html.escape(readable_text(part.text)))
    return "".join(texts)


def to_markdown(rich: str) -> str:
    """Return a text as Markdown, in which nothing is markup that was not; formulas stay between dollars."""
    texts = []
    for part in parts(rich):
        if part.kind in ("open", "close"):
            pair = _MARKDOWN_TAGS.get(part.text, ("", ""))
            texts.append(pair[part.kind == "close"])
        elif part.kind == "math" and not _PRICES.match(part.text):
            texts.append(part.text)
        else:
            texts.append(markdown_text(readable_text(part.text)))
    return "".join(texts)


def markdown_text(text: str) -> str:
    """Return plain text for Markdown; also a dollar is escaped, for those who read formulas in it."""
    return _MARKDOWN.sub(r"\\\g<0>", text).replace("$", r"\$")


def readable_text(text: str) -> str:
    """Return text as it is printed: without the backslash that keeps a dollar from beginning a formula."""
    return text.replace(r"\$", "$")


def to_tex(rich: str, *, ascii_only: bool, keep_capitals: bool = False) -> str:
    """Return a text as TeX; with `ascii_only` letters with accents are commands, as BibTeX needs them.

    With `keep_capitals` the words that need their capitals get braces, unless the text marks some itself.
    """
    texts: list[str] = []
    opened: list[int] = []
    for part in parts(rich):
        if part.kind == "open":
            opened.append(len(texts))
            texts.append(_TEX_COMMANDS[part.text])
        elif part.kind == "close":
            start = opened.pop()
            inside = "".join(texts[start + 1 :])
            twice = texts[start] == "{" and inside.startswith("\\")
            texts[start:] = ["{{" + inside + "}}" if twice else texts[start] + inside + "}"]
        else:
            texts.append(clean(part.text) if part.kind == "math" else _signs(part.text))
    tex = "".join(texts)
    if keep_capitals and NOCASE not in rich:
        tex = protect(tex)
    return encode(tex) if ascii_only else tex


def _signs(text: str) -> str:
    """Return plain text with TeX's signs escaped; commands with balanced groups stay."""
    pieces, place = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [_SIGN.sub(_sign, text[place : kept.start()]), kept[0]]
        place = kept.end()
    return "".join([*pieces, _SIGN.sub(_sign, text[place:])])


def _sign(found: re.Match[str]) -> str:
    return "".join("{}" + char for char in found["ligature"]) if found["ligature"] else _SIGNS[found[0]]


# What the TeX library does not know, or takes for another sign.
_SYMBOLS = dict(
    zip(
        "textless textgreater textbar textbraceleft textbraceright textasciicircum textunderscore textdollar slash "
        "textperiodcentered copyright pounds S P SS LaTeX TeX BibTeX euro".split(),
        "< > | { } ^ _ $ / · © £ § ¶ ẞ LaTeX TeX BibTeX €".split(),
        strict=True,
    )
)


@lru_cache(maxsize=4096)
def symbol(command: str) -> str:
    r"""Return the sign that a command stands for, "" if it is none that is known.

    Of what the TeX library prints, longer texts but `\sin` and the like are no signs: `<cit.>`, `[]`, the day it is.
    """
    name = command[1:]
    sign = _SYMBOLS.get(name) or to_unicode(command + "{}")
    is_one = name in _SYMBOLS or sign == name or (len(sign) == 1 and sign != "\\")
    return sign if is_one and name.isalpha() else ""


@cache
def _signs_of_formulas() -> dict[str, str]:
    r"""Return the signs that have a formula of their own, by it: `\mathbb{R}` is ℝ."""
    found: dict[str, str] = {"-": "\u2212"}
    for char in map(chr, (*range(0x2100, 0x2150), *range(0x2190, 0x2300))):
        written = re.fullmatch(r"\{\\ensuremath\{(\\.*)\}\}", encode(char))
        if written:
            found.setdefault(written[1], char)
    return found


def formula(tex: str) -> tuple[str, str]:
    r"""Return a formula as a tag ("" for none) and its text: `$\alpha$` is a sign, `$^2$` a raised figure."""
    inner = squeeze(re.sub(r"^(?:\$+|\\\(|\\ensuremath\{)|(?:\$+|\\\)|(?<=.)\})$", "", tex))
    if re.fullmatch(r"\^\{?\\circ\}?", inner):
        return "", "°"
    if found := re.fullmatch(r"\s*\{?\}?([\^_])(?:\{([0-9A-Za-z+-]+)\}|([0-9A-Za-z+]))", inner):
        return ("sup" if found[1] == "^" else "sub"), found[2] or found[3]
    inner = inner[1:-1] if re.fullmatch(r"\{\\[A-Za-z]+\}", inner) else inner
    sign = symbol(inner) if re.fullmatch(r"\\[A-Za-z]+", inner) else inner
    sign = sign if len(sign) == 1 and not sign.isascii() else _signs_of_formulas().get(inner, inner)
    if len(sign) == 1 and not sign.isascii():
        return "", sign
    return "math", f"${_LONE_LETTER.sub(_letter, inner)}$" if inner else ""


def _letter(found: re.Match[str]) -> str:
    """Return a Greek letter as such where it was in braces of its own, as BibTeX needs it, and not an argument."""
    sign = symbol(found[2])
    return sign if not found[1] and len(sign) == 1 and sign.isalpha() else found[0]
