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
    from pylatexenc.macrospec import LatexContextDb

# Commands that only change the look of their argument (read off the 400,000 titles of our accuracy pool). The TeX
# library drops the argument of some of them (\texttt in mathematics), so the command goes and the braces stay.
_LOOK = re.compile(
    r"\\(?:text(?:bf|it|tt|sc|sf|rm|sl|up|md|normal|sub|superscript)?|math(?:cal|bb|bf|rm|frak|scr|sf|tt|it|bfit|ds)"
    r"|boldsymbol|bm|emph|mbox|hbox|ensuremath|operatorname\*?|underline|uppercase|pmb|Large|large|small)(?=\s*\{)"
    r"|\\(?:rm|bf|it|tt|sc|sf|sl|em|cal|itshape|bfseries|scshape|ttfamily|displaystyle|left|right|protect)(?![A-Za-z])\s*"
)
_TEX = re.compile(r"[\\${}~]|``|''|--")
_BARE = re.compile(r"(?<!\\)([%&#])")
# Commands that take no argument and stand outside formulas too; the blanks behind them belong to them.
_LONE = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi"
    "|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|ell|infty|partial|times|pm|to"
    "|rightarrow|sim|leq|geq|deg|circ|prime|aa|AA|ae|AE|oe|OE|o|O|l|L|ss|i"
)
_ACCENT = r"\\['\"`^~=.](?:[A-Za-z]|\{[^{}$]*\})|\\[cvuHkr](?: [A-Za-z]|\{[^{}$]*\})"
# Parts of a title that mean the same wherever they stand: formulas, accented letters, lone commands, escaped signs.
_PIECE = re.compile(rf"(\$[^$]+\$|{_ACCENT}|\\(?:{_LONE})(?![^\W\d_]) *+(?!\s)|\\[%&#_]|---?|``|''|~|[!?]`)")
_GROUP = re.compile(r"\{[^{}]*\}")
_BRACES = frozenset("{}")
# Longer pieces and words hardly ever recur: they are not kept.
_SHORT = 80
_END = 20  # an ellipsis is looked for here only: in a long run of blanks the pattern would be slow
_ELLIPSIS = re.compile(r"\s*(?:\.\s?\.\s?\.|…)\s*$")
_COLON = re.compile(": ")
_DASH = re.compile(" [–—-] ")
# What is looked up without its marks, if it is not found with them: few patterns, for here every title comes past, also
# one of no list. Those of digests/markdown_tags.py take off far more, for they only see titles of lists.
# "38. ", "12) "; "[NeurIPS'23 Oral]", "(ICLR 2024) - ", "Best paper ICML 2018 - "; the same in brackets behind a title.
_YEAR = r"(?:(?:19|20)\d\d|['’]\d\d)"
_ITEM = re.compile(r"^(?:\(?\d{1,3}[.)]|\[\d{1,3}\])\s+")
_MARK = (
    rf"(?:[^\[\](){{}}]{{0,40}}\b{_YEAR}\b[^\[\](){{}}]{{0,20}}"
    r"|(?i:arxiv|preprint|new|oral|spotlight|poster)[^\[\]()]{0,12})"
)
_MARK_BEFORE = re.compile(
    rf"^(?:\[{_MARK}\]|\({_MARK}\)|(?:Best [Pp]aper )?[A-Z][A-Za-z]{{1,10}} ?{_YEAR}(?= [-–—:] ))\s*(?:[-–—:]\s+)?"
)
_MARK_BEHIND = re.compile(rf"\s*(?:\[{_MARK}\]|\({_MARK}\))\.?$")
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
# ASCII characters as words are read: letters in lower case, digits, and blanks for all others. In titles some of these
# others need a closer look (0).
_SPOKEN = bytes(char if chr(char).isalnum() else ord(" ") for char in range(128)).lower() + bytes(128)
_PLAIN = bytes(0 if char in b"\0\\+#<>*" else seen for char, seen in enumerate(_SPOKEN))
# Marks (accents) are dropped only from the letters of the scripts before this one (Latin, Greek).
_FIRST_OTHER_SCRIPT = "\u0400"
_OTHER = re.compile(r"[^\x00-\x7f]+")
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
        _local.converter, _local.commands = _new_converter()
    converter: LatexNodes2Text = _local.converter
    return converter


def _new_converter() -> tuple[LatexNodes2Text, LatexContextDb]:
    """Return a converter, and the commands that it knows, which the library would put together anew for each text."""
    from pylatexenc.latex2text import LatexNodes2Text  # 23 ms, only for titles with commands
    from pylatexenc.latexwalker import get_default_latex_context_db

    # It warns of every command that it does not know or that lacks an argument; in titles that is nothing to act on.
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)

    return LatexNodes2Text(math_mode="text", keep_comments=True), get_default_latex_context_db()


def _convert(text: str) -> str:
    """Turn TeX commands into characters; text that the library stumbles over loses its commands instead."""
    found = _convert_pieces(text)
    if found is None:
        found = _ask_library(text, tolerant=True)
    return re.sub(r"\\[A-Za-z]+\*?|\\.", " ", text) if found is None else found


def _convert_pieces(text: str) -> str | None:
    """Convert a text piece by piece; None if it must be converted as a whole, as 1 in 40 with commands must.

    The library takes 0.3 ms a title, and 400,000 titles hold only 4,700 different pieces.
    """
    parts = _PIECE.split(text)
    rest = "".join(parts[::2])
    if "\\" in rest or "$" in rest or not _BRACES.isdisjoint(_GROUP.sub("", rest)):
        return None
    pieces = [_convert_piece(each) if len(each) <= _SHORT else _convert_piece.__wrapped__(each) for each in parts[1::2]]
    if None in pieces:
        return None
    parts[1::2] = pieces
    return "".join(parts)


@lru_cache(maxsize=8192)
def _convert_piece(piece: str) -> str | None:
    """Convert a piece that is complete in itself; None for one that reaches for what stands around it."""
    return _ask_library(piece, tolerant=False)


def _ask_library(text: str, *, tolerant: bool) -> str | None:
    """Return what the library makes of a text; None if it stumbles."""
    from pylatexenc.latexwalker import LatexWalkerError

    converter = _converter()
    try:
        return str(converter.latex_to_text(text, latex_context=_local.commands, tolerant_parsing=tolerant))
    except (LatexWalkerError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        # pylatexenc 2.11 means to be tolerant, but a stray \\href raises IndexError, and deep nesting RecursionError.
        return None


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
    text = " ".join(text.split())
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def only_looks(command: str) -> bool:
    r"""Whether a TeX command (`mathbf`, without its backslash) changes but the look of its argument."""
    return bool(_LOOK.match(f"\\{command} {{"))


def fold(text: str) -> str:
    """Return text without case, accents and compatibility forms (`Å` -> `a`, `²` -> `2`, `ß` -> `ss`)."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return _OTHER.sub(_latinise, text)


def _latinise(run: re.Match[str]) -> str:
    return _latin(run[0]) if len(run[0]) <= _SHORT else _latin.__wrapped__(run[0])


@lru_cache(maxsize=4096)
def _latin(run: str) -> str:
    """Return a run of letters and signs without their accents, as far as possible in ASCII."""
    return "".join(_without_marks(run)).translate(_LETTERS).translate(_GREEK)


def _without_marks(text: str) -> Iterator[str]:
    """Yield the characters without accents; outside Latin and Greek a mark is a letter of its own and is spelt."""
    base = ""
    for char in text:
        if not unicodedata.category(char).startswith("M"):
            base = char
            yield char
        elif base >= _FIRST_OTHER_SCRIPT:
            yield "".join(chr(ord("g") + int(digit, 16)) for digit in f"{ord(char):x}")


def words(title: str) -> tuple[str, ...]:
    """Return the folded words and numerals of a title, in order, without punctuation."""
    if title.isascii():
        plain = title.encode().translate(_PLAIN, b"${}")
        if b"\0" not in plain:
            return tuple(plain.decode().split())
    return _words_of_any(title)


def spoken_words(text: str) -> list[str]:
    """Return the folded words and numerals of running text, where signs ("C++") are not worth a word."""
    if text.isascii() and "\\" not in text:
        return text.encode().translate(_SPOKEN, b"${}").decode().split()
    return _TOKEN.findall(fold(to_unicode(text)))


@lru_cache(maxsize=4096)
def _words_of_any(title: str) -> tuple[str, ...]:
    """Return the words of a title that may hold commands, signs and other scripts, as one in twenty does."""
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
    return key_of(words(title))


def key_of(found: tuple[str, ...]) -> str:
    """Return the key of a title with these words."""
    key = "".join(found)
    return key if key.isalpha() else _BETWEEN_DIGITS.sub("_", " ".join(found)).replace(" ", "")


def is_truncated(title: str) -> bool:
    """Whether a title is cut with an ellipsis ("Attention is all…")."""
    return bool(_ELLIPSIS.search(title[-_END:]))


def without_ellipsis(title: str) -> str:
    """Return the title without a trailing ellipsis."""
    return title[:-_END] + _ELLIPSIS.sub("", title[-_END:])


def without_marks(title: str) -> str:
    """Return a title without what lists put before and behind it: a number, a venue with its year, "[arXiv]".

    `[CVPR 2019] NAS-FPN: Learning ...` gives `NAS-FPN: Learning ...`. What is left has at least two words.
    """
    found = _MARK_BEHIND.sub("", _MARK_BEFORE.sub("", _ITEM.sub("", title.strip())))
    return found if " " in found.strip() else title


def before_colon(title: str) -> str:
    """Return the part of a title before its first colon or spaced dash; "" if there is none."""
    title = to_unicode(title)
    sign = _COLON.search(title) or _DASH.search(title)
    return title[: sign.start()] if sign and title[sign.end() :].strip() else ""


def for_terminal(text: str, length: int) -> str:
    """Return text for a line on a terminal: not endless, and without characters that would steer it."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= length else text[: length - 1] + "…"
