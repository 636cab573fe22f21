"""Formulas for citekeys in the terms of Better BibTeX: `auth.lower + year + veryshorttitle.lower`.

A formula is a sum of functions and texts in quotes; a `.filter` changes what is before it; of alternatives behind `|`
the first that gives something counts. The older form in brackets is read too: `[auth:lower][year]`. Where Better BibTeX
knows more of an item than arXiv does (volume, editors, pages), the function is not here; docs/keys.md lists the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from refkit.errors import UsageError
from refkit.model import ArxivRecord, Author, plain_arxiv_id
from refkit.writers.citekeys import STOP_WORDS, fallback_key, latin_letters, title_words

# `auth.lower + year + veryshorttitle.lower`: what citekeys.py makes without a formula.
DEFAULT = "auth.lower + year + veryshorttitle.lower"

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z]\w*)|(?P<number>-?\d+)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>[+|.,()]))", re.ASCII
)
_BRACKET = re.compile(r"\[(?P<inside>[^\[\]]*)\]|(?P<text>[^\[\]]+)|(?P<stray>[\[\]])")
_OLD_NAME = re.compile(r"(?P<name>[A-Za-z]+?)(?P<one>\d+)?(?:_(?P<two>\d+))?")
# TeX and biber take these in a key, and no shell or editor stumbles over them.
_UNSAFE = re.compile(r"[^A-Za-z0-9:._/+-]")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ALPHA_NAMES, _ALPHA_LETTERS = 4, 3  # as BibTeX's style `alpha` labels


class _Call(NamedTuple):
    """A function or a filter with its arguments, and where it stands in the formula."""

    name: str
    arguments: tuple[Any, ...]
    place: int


class _Term(NamedTuple):
    """A text, or a function with filters."""

    text: str
    function: _Call | None
    filters: tuple[_Call, ...]


class KeyFormat(Struct, frozen=True):
    """A formula that was read; `key` applies it."""

    formula: str
    alternatives: tuple[tuple[_Term, ...], ...]

    @classmethod
    def parse(cls, formula: str) -> KeyFormat:
        """Read a formula. Raises UsageError that names the place, and what is possible there."""
        terms = _bracketed(formula) if "[" in formula else _Reading(formula).alternatives()
        return cls(formula, terms)

    def key(self, record: ArxivRecord) -> str:
        """Return the key of a record that meets no other one, in ASCII; `arxiv` and the digits of the id for none."""
        for terms in self.alternatives:
            key = _UNSAFE.sub("", "".join(latin_letters(_value(term, record)) for term in terms)).strip(".:/+-")
            if re.search("[A-Za-z]", key):  # biber refuses the key `0`
                return key
        return fallback_key(record)


def _value(term: _Term, record: ArxivRecord) -> str:
    if term.function is None:
        value = term.text
    else:
        value = _FUNCTIONS[term.function.name].call(record, *term.function.arguments)
    for each in term.filters:
        value = _FILTERS[each.name].call(value, *each.arguments)
    return value


class _Reading:
    """One pass over a formula of today's form."""

    def __init__(self, formula: str) -> None:
        self._formula = formula
        self._tokens = list(_tokens(formula))
        self._at = 0

    def alternatives(self) -> tuple[tuple[_Term, ...], ...]:
        found = [self._sum()]
        while self._take("|"):
            found.append(self._sum())
        if self._at < len(self._tokens):
            raise self._wrong("`+`, `|`, `.` or the end should stand here")
        return tuple(found)

    def _sum(self) -> tuple[_Term, ...]:
        terms = [self._term()]
        while self._take("+"):
            terms.append(self._term())
        return tuple(terms)

    def _term(self) -> _Term:
        kind, value, place = self._next()
        if kind == "text":
            function, text = None, value[1:-1]
        elif kind == "name":
            function, text = _called(self._formula, _FUNCTIONS, value, self._arguments(), place, "function"), ""
        else:
            self._at -= bool(kind)
            raise self._wrong(f"a function or a text in quotes should stand here; functions: {_names(_FUNCTIONS)}")
        filters = []
        while self._take("."):
            kind, value, place = self._next()
            if kind != "name":
                self._at -= bool(kind)
                raise self._wrong(f"a filter should stand here: {_names(_FILTERS)}")
            filters.append(_called(self._formula, _FILTERS, value, self._arguments(), place, "filter"))
        return _Term(text, function, tuple(filters))

    def _arguments(self) -> tuple[Any, ...]:
        if not self._take("("):
            return ()
        found: list[Any] = []
        while not self._take(")"):
            kind, value, _ = self._next()
            if kind not in {"number", "text"}:
                self._at -= bool(kind)
                raise self._wrong("a number, a text in quotes or `)` should stand here")
            found.append(int(value) if kind == "number" else value[1:-1])
            self._take(",")
        return tuple(found)

    def _take(self, sign: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at][:2] == ("sign", sign)
        self._at += taken
        return taken

    def _next(self) -> tuple[str, str, int]:
        if self._at >= len(self._tokens):
            return "", "", len(self._formula)
        self._at += 1
        return self._tokens[self._at - 1]

    def _wrong(self, problem: str) -> UsageError:
        place = self._tokens[self._at][2] if self._at < len(self._tokens) else len(self._formula)
        return wrong(self._formula, place, problem)


def _tokens(formula: str) -> list[tuple[str, str, int]]:
    found, place = [], 0
    while formula[place:].strip():
        token = _TOKEN.match(formula, place)
        if not token:
            place += len(formula[place:]) - len(formula[place:].lstrip())
            raise wrong(formula, place, f"{formula[place]!r} has no meaning in a formula")
        kind = token.lastgroup or ""
        found.append((kind, token[kind], token.start(kind)))
        place = token.end()
    return found


def _bracketed(formula: str) -> tuple[tuple[_Term, ...], ...]:
    """Read the older form: `[auth:lower]_[year]`, `[shorttitle3_3]`, `[title:select,1,2]`; `|` between patterns."""
    alternatives: list[tuple[_Term, ...]] = []
    terms: list[_Term] = []
    for piece in _BRACKET.finditer(formula):
        if piece["stray"]:
            raise wrong(formula, piece.start(), "this bracket has no partner")
        if piece["text"] is None:
            terms.append(_old_term(formula, piece["inside"], piece.start("inside")))
            continue
        first, *others = piece["text"].split("|")
        terms.append(_Term(first.strip(), None, ()))
        for text in others:
            alternatives.append(tuple(terms))
            terms = [_Term(text.strip(), None, ())]
    return (*alternatives, tuple(terms))


def _old_term(formula: str, inside: str, place: int) -> _Term:
    name, *filters = inside.split(":")
    found = _OLD_NAME.fullmatch(name.strip())
    if not found:
        raise wrong(formula, place, f"a function should stand here: {_names(_FUNCTIONS)}")
    numbers = tuple(int(each) for each in (found["one"], found["two"]) if each)
    function = _called(formula, _FUNCTIONS, found["name"], numbers, place, "function")
    calls = []
    for text in filters:
        filter_name, *given = (part.strip() for part in text.split(","))
        arguments = tuple(int(each) if each.lstrip("-").isdigit() else each for each in given)
        calls.append(_called(formula, _FILTERS, filter_name, arguments, formula.find(text, place), "filter"))
    return _Term("", function, tuple(calls))


class _Known(NamedTuple):
    """A function or filter: what it does, and the types of its arguments, all of which may be left out."""

    call: Callable[..., str]
    arguments: tuple[type, ...] = ()


def _called(
    formula: str, known: Mapping[str, _Known], name: str, arguments: tuple[Any, ...], place: int, kind: str
) -> _Call:
    plain = next((each for each in known if each.lower() == name.lower()), "")
    if not plain:
        raise wrong(formula, place, f"there is no {kind} {name!r}; there are: {_names(known)}")
    types = known[plain].arguments
    if len(arguments) > len(types) or any(
        not isinstance(each, kind_) for each, kind_ in zip(arguments, types, strict=False)
    ):
        takes = " and ".join("a number" if each is int else "a text in quotes" for each in types) or "nothing"
        raise wrong(formula, place, f"{plain} takes {takes} in its parentheses")
    return _Call(plain, arguments, place)


def wrong(formula: str, place: int, problem: str) -> UsageError:
    """Return the error that names a place in a formula."""
    return UsageError(f"The key format {formula!r} cannot be used: at character {place + 1} {problem}.")


def _names(known: Mapping[str, _Known]) -> str:
    return ", ".join(sorted(known, key=str.lower))


def _family(author: Author) -> str:
    return re.sub(r"[\s'’‘`.-]+", "", latin_letters(author.family or author.literal or author.given))


def _auth(record: ArxivRecord, letters: int = 0, number: int = 1) -> str:
    names = [_family(author) for author in record.authors]
    name = names[number - 1] if 0 < number <= len(names) else ""
    return name[:letters] if letters > 0 else name


def _authors(record: ArxivRecord, count: int = 0, letters: int = 0) -> str:
    names = [_family(author)[: letters or None] for author in record.authors]
    return "".join(names[: count or None]) + ("EtAl" if 0 < count < len(names) else "")


def _auth_et_al(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    two = 2
    return "".join(names) if len(names) <= two else f"{names[0]}EtAl"


def _authors_alpha(record: ArxivRecord) -> str:
    names = [_family(author) for author in record.authors]
    if len(names) == 1:
        return names[0][:_ALPHA_LETTERS]
    if len(names) <= _ALPHA_NAMES:
        return "".join(name[:1] for name in names)
    return "".join(name[:1] for name in names[: _ALPHA_NAMES - 1]) + "+"


def _title(record: ArxivRecord) -> str:
    return " ".join(_capital(word) for word in _telling(title_words(record.title)))


def _short_title(record: ArxivRecord, count: int = 3, capitals: int = 0) -> str:
    words = _telling(title_words(record.title))[:count]
    return " ".join(_capital(word) if place < capitals else word.lower() for place, word in enumerate(words))


def _very_short_title(record: ArxivRecord, count: int = 1, capitals: int = 0) -> str:
    return _short_title(record, count, capitals)


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


def _select(text: str, start: int = 1, count: int = 0) -> str:
    words = text.split()
    return " ".join(words[start - 1 : start - 1 + count if count else None] if start > 0 else words)


def _substring(text: str, start: int = 1, count: int = 0) -> str:
    return text[start - 1 : start - 1 + count if count else None] if start > 0 else text


_FUNCTIONS: Mapping[str, _Known] = {
    "auth": _Known(_auth, (int, int)),
    "authors": _Known(_authors, (int, int)),
    "authEtAl": _Known(_auth_et_al),
    "authorsAlpha": _Known(_authors_alpha),
    "authorLast": _Known(lambda record: _family(record.authors[-1]) if record.authors else ""),
    "year": _Known(_year),
    "shortyear": _Known(lambda record: _year(record)[-2:]),
    "month": _Known(_month),
    "title": _Known(_title),
    "shorttitle": _Known(_short_title, (int, int)),
    "veryshorttitle": _Known(_very_short_title, (int, int)),
    "arxivid": _Known(_arxiv_id),
    "category": _Known(lambda record: record.categories[0] if record.categories else ""),
}
_FILTERS: Mapping[str, _Known] = {
    "lower": _Known(str.lower),
    "upper": _Known(str.upper),
    "capitalize": _Known(lambda text: " ".join(_capital(word) for word in text.split())),
    "ascii": _Known(latin_letters),
    "clean": _Known(lambda text: _UNSAFE.sub("", latin_letters(text))),
    "alphanum": _Known(lambda text: re.sub(r"[^\w\s]|_", "", text)),
    "abbr": _Known(lambda text: "".join(word[:1] for word in text.split())),
    "skipwords": _Known(lambda text: " ".join(word for word in text.split() if word.lower() not in STOP_WORDS)),
    "select": _Known(_select, (int, int)),
    "substring": _Known(_substring, (int, int)),
    "condense": _Known(lambda text, sign="": sign.join(text.split()), (str,)),
    "replace": _Known(lambda text, old="", new="": text.replace(old, new) if old else text, (str, str)),
}
