"""What the words of a key format give: functions that read a record, and filters that change a text.

Names and meaning are those of Better BibTeX (retorque.re/zotero-better-bibtex/citing) but for what docs/keys.md says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from refkit.model import ArxivRecord, Author, plain_arxiv_id
from refkit.writers.citekeys import STOP_WORDS, latin_letters, title_words

# TeX and biber take these in a key, and no shell or editor stumbles over them.
_UNSAFE = re.compile(r"[^A-Za-z0-9:._/+-]")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ALPHA_NAMES, _ALPHA_LETTERS = 4, 3  # as BibTeX's style `alpha` labels
_SHORT_NAMES = 3  # so many initials has `authshort`
_TWO = 2  # so many names stand without "et al."


class Known(NamedTuple):
    """A function or filter: what it does, and its parameters by name, all of which may be left out."""

    call: Callable[..., str]
    parameters: Mapping[str, type] = {}


def safe(text: str) -> str:
    """Return what of a text may stand in a key, in ASCII."""
    return _UNSAFE.sub("", latin_letters(text))


def _family(author: Author) -> str:
    return re.sub(r"[\s'’‘`.-]+", "", latin_letters(author.family or author.literal or author.given))


def _auth(record: ArxivRecord, n: int = 0, m: int = 1) -> str:
    name = _family(record.authors[m - 1]) if 0 < m <= len(record.authors) else ""
    return name[:n] if n > 0 else name


def _authors(record: ArxivRecord, n: int = 0, m: int = 0) -> str:
    names = [_family(author)[: m if m > 0 else None] for author in record.authors]
    return "".join(names[: n if n > 0 else None]) + ("EtAl" if 0 < n < len(names) else "")


def _auth_et_al(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    return "".join(names) if len(names) <= _TWO else f"{names[0]}EtAl"


def _auth_etal_2(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    return ".".join(names) if len(names) <= _TWO else f"{names[0]}.etal"


def _auth_short(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    if len(names) <= 1:
        return "".join(names)
    return ".".join(name[:1] for name in names[:_SHORT_NAMES]) + ("+" if len(names) > _SHORT_NAMES else "")


def _auth_fore_ini(record: ArxivRecord) -> str:
    return latin_letters(record.authors[0].given)[:1] if record.authors else ""


def _authors_alpha(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    if len(names) == 1:
        return names[0][:_ALPHA_LETTERS]
    if len(names) <= _ALPHA_NAMES:
        return "".join(name[:1] for name in names)
    return "".join(name[:1] for name in names[: _ALPHA_NAMES - 1]) + "+"


def _title(record: ArxivRecord) -> str:
    return " ".join(_capital(word) for word in _telling(title_words(record.title)))


def _short_title(record: ArxivRecord, n: int = 3, m: int = 0) -> str:
    words = _telling(title_words(record.title))[: max(n, 0)]
    return " ".join(_capital(word) if place < m else word for place, word in enumerate(words))


def _very_short_title(record: ArxivRecord, n: int = 1, m: int = 0) -> str:
    return _short_title(record, n, m)


def _telling(words: Sequence[str]) -> list[str]:
    """Return the words that are no stop words; all of them if none is left."""
    return [word for word in words if word.lower() not in STOP_WORDS] or list(words)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _year(record: ArxivRecord) -> str:
    return f"{record.submitted.year:04}" if record.submitted and record.submitted.year else ""


def _month(record: ArxivRecord) -> str:
    return _MONTHS[record.submitted.month - 1] if record.submitted and record.submitted.month else ""


def _arxiv_id(record: ArxivRecord) -> str:
    return plain_arxiv_id(record.arxiv_id)


def _select(text: str, start: int = 1, n: int = 0) -> str:
    """Return words from the `start`-th on, from the end where it is negative."""
    words = text.split()
    first = max(len(words) + start, 0) if start < 0 else max(start - 1, 0)
    return " ".join(words[first : first + n if n > 0 else None])


def _substring(text: str, start: int = 1, n: int = 0) -> str:
    first = max(start - 1, 0)
    return text[first : first + n if n > 0 else None]


def _replace(text: str, find: str = "", replace: str = "") -> str:
    """Put one text for another, whatever its case, as Better BibTeX does."""
    return re.sub(re.escape(find), lambda _: replace, text, flags=re.IGNORECASE) if find else text


def _abbr(text: str, chars: int = 1) -> str:
    return "".join(word[: max(chars, 0)] for word in text.split())


_PLACE = {"start": int, "n": int}
_WORDS = {"n": int, "m": int}

FUNCTIONS: Mapping[str, Known] = {
    "auth": Known(_auth, {"n": int, "m": int}),
    "authors": Known(_authors, {"n": int, "m": int}),
    "authorsn": Known(_authors, {"n": int}),
    "authEtAl": Known(_auth_et_al),
    "authEtal2": Known(_auth_etal_2),
    "authForeIni": Known(_auth_fore_ini),
    "authorsAlpha": Known(_authors_alpha),
    "authorLast": Known(lambda record: _family(record.authors[-1]) if record.authors else ""),
    "authshort": Known(_auth_short),
    "year": Known(_year),
    "shortyear": Known(lambda record: _year(record)[-2:]),
    "month": Known(_month),
    "title": Known(_title),
    "shorttitle": Known(_short_title, _WORDS),
    "veryshorttitle": Known(_very_short_title, _WORDS),
    "arxivid": Known(_arxiv_id),
    "category": Known(lambda record: record.categories[0] if record.categories else ""),
}
FILTERS: Mapping[str, Known] = {
    "lower": Known(str.lower),
    "upper": Known(str.upper),
    "capitalize": Known(lambda text: " ".join(_capital(word) for word in text.split())),
    "ascii": Known(latin_letters),
    "fold": Known(latin_letters),
    "transliterate": Known(latin_letters),
    "clean": Known(safe),
    "alphanum": Known(lambda text: re.sub(r"[^\w\s]|_", "", text)),
    "nopunct": Known(lambda text: re.sub(r"[^\w\s-]", "", text)),
    "abbr": Known(_abbr, {"chars": int}),
    "skipwords": Known(lambda text: " ".join(word for word in text.split() if word.lower() not in STOP_WORDS)),
    "select": Known(_select, _PLACE),
    "substring": Known(_substring, _PLACE),
    "condense": Known(lambda text, sep="": sep.join(text.split()), {"sep": str}),
    "replace": Known(_replace, {"find": str, "replace": str}),
    "prefix": Known(lambda text, prefix="": f"{prefix}{text}" if text else "", {"prefix": str}),
    "postfix": Known(lambda text, postfix="": f"{text}{postfix}" if text else "", {"postfix": str}),
    "default": Known(lambda value, text="": value or text, {"text": str}),
}
