r"""Text of arXiv -> text that TeX, BibTeX and its readers accept: escapes, balanced braces, LaTeX accents.

arXiv's titles are half TeX. What is TeX already stays as it is; what TeX would choke on is escaped; nothing
is escaped twice. Programs count braces in two ways (BibTeX and biber count `\{`, bibtexparser and TeX do
not): what leaves this module is balanced in both.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from refkit.bib_blocks import is_balanced

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

# Mathematics is what pandoc's manual says (tex_math_dollars): a $ before a non-space to a $ after a
# non-space that no digit follows. 334 of the 16,531 titles with a $ in our accuracy pool do not fit that,
# nearly all for a blank inside the dollars (`$e^+ e^- $`) or a digit behind them (`64$\times$16`); a command,
# ^ or _ between the dollars shows that those are mathematics all the same.
_DISPLAY = r"\$\$(?:\\.|[^$\\])+\$\$"
_INLINE = r"\$(?![\s$])(?:\\.|[^$\\])*?(?<!\s)\$(?!\d)"
_LOOSE = r"\$(?!\$)(?=[^$]*(?:\\[A-Za-z]|[\^_]))(?:\\.|[^$\\])+\$(?!\$)"
_PAREN = r"\\\((?:\\[^()]|[^$\\])+?\\\)"
_ENSURED = r"\\ensuremath\{[^{}$]*\}"
_TOKEN = re.compile(
    rf"(?P<math>{_DISPLAY}|{_INLINE}|{_LOOSE}|{_PAREN}|{_ENSURED})|(?P<newline>\\\\)|(?P<command>\\[A-Za-z]+\*?)"
    r"|(?P<escape>\\[&%#_${}\"'`^~=.,:;!/@ -])|(?P<special>[\\&%#_$^{}])|(?P<text>[^\\&%#_$^{}]+)"
)
_ESCAPES = {"\\": r"\textbackslash{}", "^": r"\^{}"}
_PRINTED_BRACE = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
_ACCENT = re.compile(r"\\(?:[\"'`^~=.]|[bcdhHkrtuv])")
_ACCENTED = re.compile(r"\s*(?:[A-Za-z0-9{]|\\[A-Za-z]|[^\x00-\x7f])")

# Commands for mathematics only; arXiv's listings have them outside of it, for Greek letters above all.
_ONLY_MATH = re.compile(
    r"\\(?:(?:var)?(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau"
    r"|upsilon|phi|chi|psi|omega)|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|times|to|rightarrow"
    r"|leftarrow|leftrightarrow|sim|simeq|approx|equiv|leq?|geq?|ll|gg|neq?|pm|mp|cdot|infty|ell|hbar|partial"
    r"|nabla|sum|prod|int|in|subset|cup|cap|otimes|oplus|perp|propto|prime|star|ast|circ|bullet|odot|wedge|langle|rangle)"
)

# Mathematics in a clean text: every $ that is left there delimits some.
MATH = rf"{_DISPLAY}|\$(?:\\.|[^$\\])+\$|{_PAREN}|{_ENSURED}"
# In a clean text, mathematics, what else is no letter to encode (commands, escapes), and the letters.
_ENCODED = re.compile(
    rf"(?P<math>{MATH})|(?P<kept>\\[A-Za-z]+|\\.)"
    r"|(?P<char>[<>|]|[A-Za-z][\u0300-\u036f]+|[^\x00-\x7f][\u0300-\u036f]*)"
)
# Combining marks -> LaTeX accents. Those under the letter go round those over it, as LaTeX can set them.
_OVER = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c",
        "`'^~=u.\"hrHv",
        strict=True,
    )
)
_UNDER = dict(zip("\u0323\u0327\u0328\u0331", "dckb", strict=True))
# Where the TeX library's choice prints another sign, or is a command where TeX has a ligature.
_PLAIN = {
    "\u00a0": "~",
    "\u202f": "~",
    "\u2010": "-",
    "\u2011": "-",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"{\ldots}",
    "ħ": r"{\ensuremath{\hbar}}",
    "<": r"{\textless}",  # in TeX's oldest fonts, still the default, these three print as other signs
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
}
# What of the library's table pdflatex with amsmath and amssymb cannot set (175 of 1,553 characters, nearly
# all of them Cyrillic; measured). These characters stay UTF-8, which today's TeX reads.
_UNKNOWN = re.compile(
    r"\\(?:cyr|CYR|nument|C\b|U\b|text(?:hvlig|nrleg|schwa|phi|glotstop|turnk))|^\{\\(?:acute|ddot)\b"
)
# Signs that TeX joins with a neighbour of the same kind: `-` and `--` are `---`.
_JOINS = {**dict.fromkeys("-\u2010\u2011–—", "-"), **dict.fromkeys("'’”", "'"), **dict.fromkeys("`‘“", "`")}
_IN_MATH = re.compile(r"^\{\\ensuremath\{(.*)\}\}$")


def clean(text: str) -> str:
    r"""Return a text as one line of valid TeX, still in Unicode; cleaning it again changes nothing.

    Mathematics, commands and escapes stay. `& % # _ $ ^` and a backslash that begins no command are escaped;
    a brace without a partner becomes a printed brace; a Greek letter outside of mathematics is put into it;
    `\\` becomes a blank.
    """
    text = _one_line(text)
    pieces: list[str] = []
    waiting: dict[str, list[int]] = {"{": [], r"\{": []}
    place = 0
    while place < len(text):
        piece, place = _next_piece(text, place)
        pieces.append(_paired(piece, len(pieces), waiting))
    for unclosed in waiting["{"] + waiting[r"\{"]:
        pieces[unclosed] = _PRINTED_BRACE["{"]
    text = re.sub(" +", " ", "".join(pieces)).lstrip()
    return re.sub(r"(?:\\? )+$", "", text)


def _one_line(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if text.isprintable():
        return text
    # Surrogates and control characters cannot be written as UTF-8, or cannot be seen.
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs"))


def _next_piece(text: str, place: int) -> tuple[str, int]:
    """Return the piece of TeX at a place, made valid but for its braces, and the place after it."""
    found = _TOKEN.match(text, place)
    assert found is not None, "every character begins a token"  # noqa: S101 - the last two groups divide all characters
    piece, kind = found[0], found.lastgroup
    if kind == "math":
        piece = _math(piece)
        if not piece:
            return (r"\$" if text[place] == "$" else _ESCAPES["\\"]), place + 1
    elif _ONLY_MATH.fullmatch(piece):
        piece = f"\\ensuremath{{{piece}}}"
    elif piece == r"\deg":  # so arXiv's listings write the degree sign
        piece = r"\textdegree{}"
    elif kind == "newline":
        piece = " "
    elif kind == "special" and piece not in "{}":
        piece = _ESCAPES.get(piece, "\\" + piece)
    elif kind in ("command", "escape") and _ACCENT.fullmatch(piece) and not _ACCENTED.match(text, found.end()):
        piece += "{}"
    return piece, found.end()


def _math(math: str) -> str:
    """Return mathematics as it stands but for what TeX cannot read there; "" if its braces do not close."""
    math = re.sub(r"(?<!\\)([#%])", r"\\\1", math)
    math = re.sub(r"\\\\(?=[{}])", r"\\\\ ", math)  # bibtexparser takes the brace of `\\{` for an escaped one
    if not is_balanced(math, escaped=False):
        return ""
    if not is_balanced(math):
        return math.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    return math


def _paired(piece: str, place: int, waiting: dict[str, list[int]]) -> str:
    """Return a brace as it may be written: itself, or printed if it closes nothing."""
    if piece in waiting:
        waiting[piece].append(place)
    elif piece in ("}", r"\}"):
        kind = waiting[piece.replace("}", "{")]
        if not kind:
            return _PRINTED_BRACE["}"]
        kind.pop()
    return piece


def encode(text: str) -> str:
    r"""Return a clean text with its non-ASCII letters as LaTeX (`{\"a}`); what has no LaTeX form stays.

    Each letter is a brace group that begins with a backslash: the one form that BibTeX sorts and labels as a
    letter (btxhak, "special characters"). Mathematics and commands stay.
    """
    return _ENCODED.sub(_encoded, text)


def _encoded(found: re.Match[str]) -> str:
    if not found["math"]:
        return found["kept"] or _apart(found)
    return re.sub(r"(?<!\\)[^\x00-\x7f]", _in_math, found["math"])


def _apart(found: re.Match[str]) -> str:
    """Return the LaTeX form of a letter, with `{}` where TeX would make one sign of it and of its neighbour."""
    letter, sign = _letter(found["char"]), _JOINS.get(found["char"])
    if not sign:
        return letter
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    joined = _JOINS.get(before) == sign or (sign == "`" and before in ("?", "!"))
    return ("{}" if joined else "") + letter + ("{}" if after == sign else "")


def _in_math(found: re.Match[str]) -> str:
    """Return a character of mathematics by its name: pdflatex knows no Greek letter as such, not even there."""
    symbol = _IN_MATH.match(_letter(found[0]))
    return "{" + symbol[1] + "}" if symbol else found[0]


@lru_cache(maxsize=8192)
def _letter(char: str) -> str:
    """Return the LaTeX form of one letter with its combining marks."""
    if char in _PLAIN:
        return _PLAIN[char]
    base, *marks = list(unicodedata.normalize("NFD", char))
    if marks and base.isascii() and base.isalpha() and all(mark in _OVER or mark in _UNDER for mark in marks):
        return "{" + _accented(base, marks) + "}"
    found: str = _library().unicode_to_latex(char)
    known = found.isascii() and is_balanced(found) and not _UNKNOWN.search(found)
    return found if known else char


def _accented(base: str, marks: list[str]) -> str:
    over = [_OVER[mark] for mark in marks if mark in _OVER]
    text = f"\\{base}" if over and base in "ij" else base
    for accent in over + [_UNDER[mark] for mark in marks if mark in _UNDER]:
        bare = not accent.isalpha() and text in (base, f"\\{base}")
        text = f"\\{accent}{text}" if bare else f"\\{accent}{{{text}}}"
    return text


@cache
def _library() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder  # 23 ms, only where it is needed

    return UnicodeToLatexEncoder(
        non_ascii_only=True,
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
