"""Titles in comparable form, made in one place: TeX -> Unicode, then a key that two spellings of one title share.

Nothing that tells two papers apart is dropped: numerals, "II", "v2", "not", and the signs of "C++" and "C#" stay.
"""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

# Commands that only change the look of their argument (read off the 400,000 titles of our accuracy pool). The TeX
# library drops the argument of some of them (\texttt in mathematics), so the command goes and the braces stay.
_LOOK = re.compile(
    r"\\(?:text(?:bf|it|tt|sc|sf|rm|sl|up|md|normal|sub|superscript)?|math(?:cal|bb|bf|rm|frak|scr|sf|tt|it|bfit|ds)"
    r"|boldsymbol|bm|emph|mbox|hbox|ensuremath|operatorname\*?|underline|uppercase|pmb|Large|large|small)(?=\s*\{)"
    r"|\\(?:rm|bf|it|tt|sc|sf|sl|em|cal|itshape|bfseries|scshape|ttfamily|displaystyle|left|right|protect)(?![A-Za-z])\s*"
)
_TEX = re.compile(r"[\\${}~]|``|''|--")
_BARE = re.compile(r"(?<!\\)([%&#])")
_SPACE = re.compile(r"\s+")
_END = 20  # an ellipsis is looked for here only: in a long run of blanks the pattern would be slow
_ELLIPSIS = re.compile(r"\s*(?:\.\s?\.\s?\.|…)\s*$")
_TOKEN = re.compile(r"[^\W_]+")
_PLUS = re.compile(r"(?<=\w)\++")
_SHARP = re.compile(r"(?<=[a-z])#(?!\w)")
_GREEK = {
    ord(letter): name
    for letter, name in zip(
        "αβγδεζηθικλμνξοπρςστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau "
        "upsilon phi chi psi omega".split(),
        strict=True,
    )
}
# Relations and operations tell formulas apart; a star counts where it belongs to a letter, not as a footnote.
_SIGNS = {
    "<": "lt", ">": "gt", "≤": "leq", "≥": "geq", "≠": "neq", "∪": "cup", "∩": "cap", "*": "star", "∗": "star",
}  # fmt: skip
_SIGN = re.compile(r"[<>≤≥≠∪∩]|(?<=\w)[*∗](?=\W*\w)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d)")
# Marks (accents) are dropped only from the letters of the scripts before this one (Latin, Greek).
_FIRST_OTHER_SCRIPT = "\u0400"
# Letters that Unicode does not decompose, in their usual Latin transcription.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŋ": "n",
        "ℓ": "l",
    }
)


_local = threading.local()


def _converter() -> LatexNodes2Text:
    """Return this thread's converter: it keeps state while it works, so threads must not share one."""
    if not hasattr(_local, "converter"):
        _local.converter = _new_converter()
    converter: LatexNodes2Text = _local.converter
    return converter


def _new_converter() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text  # 23 ms, only for titles with commands

    # It warns of every command that it does not know or that lacks an argument; in titles that is nothing to act on.
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)

    return LatexNodes2Text(math_mode="text", keep_comments=True)


def _convert(text: str) -> str:
    """Turn TeX commands into characters; text that the library stumbles over loses its commands instead."""
    try:
        return str(_converter().latex_to_text(text))
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        # pylatexenc 2.11 means to be tolerant, but a stray \\href raises IndexError, and deep nesting RecursionError.
        return re.sub(r"\\[A-Za-z]+\*?|\\.", " ", text)


def to_unicode(text: str) -> str:
    r"""Return a title as people read it: TeX commands become characters, white space single blanks.

    `$\mathcal{B}$-Coder` gives `B-Coder`, `Schr\"odinger` gives `Schrödinger`. Text without TeX is only trimmed.
    """
    if _TEX.search(text):
        text = _LOOK.sub("", text)
        if "\\" in text:
            # The library reads a bare % as a comment and stumbles over & and #: escape what is not escaped yet.
            text = _convert(_BARE.sub(r"\\\1", text))
        else:
            text = text.replace("$", "").replace("~", " ")
        text = text.replace("{", "").replace("}", "")
        text = re.sub(r"(?<=\w)---(?=\w)|---", "—", text).replace("--", "–").replace("``", "“").replace("''", "”")
    return unicodedata.normalize("NFC", _SPACE.sub(" ", text).strip())


def fold(text: str) -> str:
    """Return text without case, accents and compatibility forms (`Å` -> `a`, `²` -> `2`, `ß` -> `ss`)."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(_without_marks(text)).translate(_LETTERS).translate(_GREEK)


def _without_marks(text: str) -> Iterator[str]:
    """Yield the characters without accents; outside Latin and Greek a mark is a letter of its own and is spelt."""
    base = ""
    for char in text:
        if not unicodedata.category(char).startswith("M"):
            base = char
            yield char
        elif base >= _FIRST_OTHER_SCRIPT:
            yield "".join(chr(ord("g") + int(digit, 16)) for digit in f"{ord(char):x}")


@lru_cache(maxsize=65536)
def words(title: str) -> tuple[str, ...]:
    """Return the folded words and numerals of a title, in order, without punctuation."""
    text = _SIGN.sub(lambda sign: f" {_SIGNS[sign[0]]} ", fold(to_unicode(title)))
    if "+" in text or "#" in text:
        text = _SHARP.sub("sharp", _PLUS.sub(lambda signs: "plus" * len(signs[0]), text))
    return tuple(_TOKEN.findall(text))


def title_key(title: str) -> str:
    """Return the key that all spellings of a title share: its folded words without blanks between them.

    Blanks are dropped because digests break words apart and join them (`Multi modal`, `Multi-modal`, `Multimodal`), but
    not between digits (`GPT-3.5` is not `GPT-35`).
    Normalising a key gives the key again.
    """
    return _BETWEEN_DIGITS.sub("_", " ".join(words(title))).replace(" ", "")


def is_truncated(title: str) -> bool:
    """Whether a title is cut with an ellipsis ("Attention is all…")."""
    return bool(_ELLIPSIS.search(title[-_END:]))


def without_ellipsis(title: str) -> str:
    """Return the title without a trailing ellipsis."""
    return title[:-_END] + _ELLIPSIS.sub("", title[-_END:])


def before_colon(title: str) -> str:
    """Return the part of a title before its first colon or spaced dash; "" if there is none."""
    head, sign, tail = to_unicode(title).partition(": ")
    if not sign:
        head, sign, tail = re.sub(r"\s[–—-]\s", " – ", to_unicode(title)).partition(" – ")
    return head if sign and tail.strip() else ""


def for_terminal(text: str, length: int) -> str:
    """Return text for a line on a terminal: not endless, and without characters that would steer it."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= length else text[: length - 1] + "…"
