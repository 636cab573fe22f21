r"""TeX to Unicode as arXiv does it before it shows or indexes text (arXiv's base library, `tex2utf`).

Only accents, some letters, some signs and Greek are converted; `$`, `\le`, `\mathcal{B}` stay. A macro swallows the
blank that follows it: `\alpha decay` becomes `αdecay`.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "'": "\u0301", '"': "\u0308", ".": "\u0307", "=": "\u0304", "^": "\u0302", "`": "\u0300", "~": "\u0303",
    "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "u": "\u0306", "v": "\u030c",
}  # fmt: skip
_LETTERS = {
    "AA": "Å", "AE": "Æ", "DH": "Ð", "DJ": "Đ", "ETH": "Ð", "L": "Ł", "NG": "Ŋ", "O": "Ø", "OE": "Œ", "TH": "Þ",
    "aa": "å", "ae": "æ", "dh": "ð", "dj": "đ", "eth": "ð", "i": "ı", "l": "ł", "ng": "ŋ", "o": "ø", "oe": "œ",
    "ss": "ß", "th": "þ",
}  # fmt: skip
_SIGNS = {
    "P": "¶", "S": "§", "copyright": "©", "dag": "†", "ddag": "‡", "deg": "°", "div": "÷", "guillemotleft": "«",
    "guillemotright": "»", "pounds": "£",
}  # fmt: skip
# arXiv's list has neither \upsilon nor the other \var forms.
_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau chi psi omega"
)
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_LAMBDA = {"lambda": "lamda"}  # how Unicode spells it
_GREEK = {
    **{name: unicodedata.lookup(f"GREEK SMALL LETTER {_LAMBDA.get(name, name)}") for name in _SMALL.split()},
    **{
        name: unicodedata.lookup(f"GREEK CAPITAL LETTER {_LAMBDA.get(name.lower(), name)}") for name in _CAPITAL.split()
    },
    "varsigma": "ς",
    "varphi": "φ",
    "phi": "ϕ",
}
_LAST_LATIN = "\u024f"  # arXiv's table of accented letters ends with Unicode's block Latin Extended-B
_DOUBLE_BRACES = re.compile(r"\{\{([^}]*)\}\}")


def _macros(table: dict[str, str]) -> re.Pattern[str]:
    name = rf"\\({'|'.join(table)})(?:\b|(?=_))"
    return re.compile(rf"\{{{name}\}}|{name}(?:\\(?= )| |\{{\}})?")


_TABLES = [(_macros(table), table) for table in (_LETTERS, _GREEK, _SIGNS)]


def unicode_of(text: str) -> str:
    """Return a text with arXiv's share of its TeX converted; text without a backslash stays as it is."""
    if "\\" not in text:
        return text
    for pattern, table in _TABLES:
        text = pattern.sub(lambda found, table=table: table[found[1] or found[2]], text)  # type: ignore[misc]
    while _DOUBLE_BRACES.search(text):
        text = _DOUBLE_BRACES.sub(r"{\1}", text)
    text = re.sub(r"""\\(['`^"~=.])(?:([a-zA-Z])|\{([a-zA-Z])\})""", lambda found: _mark(found, ""), text)
    return re.sub(r"\\([Hckruv])\{([a-zA-Z])\}", lambda found: _mark(found, found[1]), text)


def _mark(found: re.Match[str], otherwise: str) -> str:
    """Put the accent on the letter; where no such letter is, the letter stays (and the accent, if that is a letter)."""
    letter = found[2] or found[3]
    marked = unicodedata.normalize("NFC", letter + _ACCENTS[found[1]])
    return marked if len(marked) == 1 and marked <= _LAST_LATIN else otherwise + letter
