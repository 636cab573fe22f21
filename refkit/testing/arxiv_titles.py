"""How arXiv's index cuts titles into words: its standard tokeniser and "english" analyser (arXiv's search code).

Words joined by `.` `_` `'` stay whole, as do numbers with commas; every other mark is a blank. Case is dropped,
accents are not. A removed stop word leaves its place open, so that in a phrase it stands for "some word here".
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer

# The list of Lucene, on which arXiv's index is built.
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this"
    " to was will with".split()
)
# Each of these is a word of its own: Han and Hiragana.
_SINGLE = "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Word characters for Python, but not by Unicode's rules for word boundaries: raised and circled digits, fractions.
_RAISED = "\u00b2\u00b3\u00b9\u00bc-\u00be\u2070\u2074-\u2079\u2080-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
_PART = rf"(?:(?![{_SINGLE}{_RAISED}])[\w\u0300-\u036f\u200d])"
_LETTER = r"[^\W\d_]"
_WORD = re.compile(
    rf"[{_SINGLE}]|{_PART}+(?:(?:(?<={_LETTER})[.'’·‧](?={_LETTER})|(?<=\d)[.,;'’](?=\d)){_PART}+)*",
)
# The same for plain ASCII, which most titles are, in a third of the time.
_ASCII_WORD = re.compile(r"[a-z0-9_]+(?:(?:(?<=[a-z])[.'](?=[a-z])|(?<=[0-9])[.,;'](?=[0-9]))[a-z0-9_]+)*")
_POSSESSIVE = ("'s", "’s", "＇s")
_LOCK = Lock()


def tokens(text: str) -> list[str]:
    """Return the lower-case words of a text in order, stop words included."""
    text = text.lower()
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def stem(token: str) -> str:
    """Return what a token is indexed as, "" for a stop word."""
    if token.endswith(_POSSESSIVE):
        token = token[:-2]
    return "" if token in STOP_WORDS else _porter(token)


def analyse(text: str) -> list[str]:
    """Return the stems of a text in order, "" where a stop word stood."""
    return [stem(token) for token in tokens(text)]


def fold(text: str) -> str:
    """Return a text without case and accents, as the author and the all-fields index keep it."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


@cache
def _stemmer() -> BaseStemmer:
    import snowballstemmer

    return snowballstemmer.stemmer("porter")


def _porter(token: str) -> str:
    with _LOCK:  # a stemmer keeps its word in itself
        return str(_stemmer().stemWord(token))
