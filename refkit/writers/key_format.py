"""Formulas for citekeys in the terms of Better BibTeX: `auth.lower + year + veryshorttitle.lower`.

A formula is a sum of functions and texts in quotes; a `.filter` changes what is before it; of alternatives behind `|`
the first that gives something counts. The older form in brackets is read too: `[auth:lower][year]`. Where Better BibTeX
knows more of an item than arXiv does (volume, editors, pages), the function is not here; docs/keys.md lists the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from refkit.errors import UsageError
from refkit.model import ArxivRecord
from refkit.writers.citekeys import fallback_key
from refkit.writers.key_terms import FILTERS, FUNCTIONS, Known, safe

# `auth.lower + year + veryshorttitle.lower`: what citekeys.py makes without a formula.
DEFAULT = "auth.lower + year + veryshorttitle.lower"

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z]\w*)|(?P<number>-?\d+)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>[+|.,()=]))", re.ASCII
)
_BRACKET = re.compile(r"\[(?P<inside>[^\[\]]*)\]|(?P<text>[^\[\]]+)|(?P<stray>[\[\]])")
_OLD_NAME = re.compile(r"(?P<name>[A-Za-z]+?)(?P<one>\d+)?(?:_(?P<two>\d+))?")
# A year alone (and biber refuses the key `0`) tells no paper from another.
_SAYS_NOTHING = re.compile(r"[\d.:/+_-]{0,4}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

_Given = tuple[str, Any]  # an argument: its name, or "" where only its place tells, and its value


class _Call(NamedTuple):
    """A function or a filter with its arguments, and where it stands in the formula."""

    name: str
    arguments: Mapping[str, Any]
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
        terms = _bracketed(formula) if "[" in _QUOTED.sub("", formula) else _Reading(formula).alternatives()
        return cls(formula, terms)

    def key(self, record: ArxivRecord) -> str:
        """Return the key of a record that meets no other one, in ASCII; `arxiv` and the digits of the id for none."""
        for terms in self.alternatives:
            key = "".join(safe(_value(term, record)) for term in terms).strip(".:/+-")
            if not _SAYS_NOTHING.fullmatch(key):
                return key
        return fallback_key(record)


def _value(term: _Term, record: ArxivRecord) -> str:
    if term.function is None:
        value = term.text
    else:
        value = FUNCTIONS[term.function.name].call(record, **term.function.arguments)
    for each in term.filters:
        value = FILTERS[each.name].call(value, **each.arguments)
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
            function, text = _called(self._formula, FUNCTIONS, value, self._arguments(), place, "function"), ""
        else:
            self._at -= bool(kind)
            raise self._wrong(f"a function or a text in quotes should stand here; functions: {_names(FUNCTIONS)}")
        filters = []
        while self._take("."):
            kind, value, place = self._next()
            if kind != "name":
                self._at -= bool(kind)
                raise self._wrong(f"a filter should stand here: {_names(FILTERS)}")
            filters.append(_called(self._formula, FILTERS, value, self._arguments(), place, "filter"))
        return _Term(text, function, tuple(filters))

    def _arguments(self) -> tuple[_Given, ...]:
        if not self._take("("):
            return ()
        found: list[_Given] = []
        while not self._take(")"):
            if found and not self._take(","):
                raise self._wrong("`,` or `)` should stand here")
            found.append(self._argument())
        return tuple(found)

    def _argument(self) -> _Given:
        kind, value, _ = self._next()
        name = ""
        if kind == "name" and self._take("="):
            name, (kind, value, _) = value, self._next()
        if kind == "number":
            return name, int(value)
        if kind == "text":
            return name, value[1:-1]
        self._at -= bool(kind)
        raise self._wrong("a number or a text in quotes should stand here")

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
        raise wrong(formula, place, f"a function should stand here: {_names(FUNCTIONS)}")
    numbers = tuple((at, int(each)) for at, each in (("n", found["one"]), ("m", found["two"])) if each)
    function = _called(formula, FUNCTIONS, found["name"], numbers, place, "function")
    calls = []
    place += len(name) + 1
    for text in filters:
        filter_name, *given = (part.strip() for part in text.split(","))
        arguments = tuple(("", int(each) if re.fullmatch(r"-?\d+", each, re.ASCII) else each) for each in given)
        calls.append(_called(formula, FILTERS, filter_name, arguments, place, "filter"))
        place += len(text) + 1
    return _Term("", function, tuple(calls))


def _called(
    formula: str, known: Mapping[str, Known], name: str, given: tuple[_Given, ...], place: int, kind: str
) -> _Call:
    plain = next((each for each in known if each.lower() == name.lower()), "")
    if not plain:
        raise wrong(formula, place, f"there is no {kind} {name!r}; there are: {_names(known)}")
    parameters = known[plain].parameters
    unnamed = iter(parameters)
    arguments = {said or next(unnamed, ""): value for said, value in given}
    fits = all(at in parameters and isinstance(value, parameters[at]) for at, value in arguments.items())
    if not fits or len(arguments) < len(given):
        takes = " and ".join(f"{at} ({'a number' if each is int else 'a text'})" for at, each in parameters.items())
        raise wrong(formula, place, f"{plain} takes {takes or 'nothing'} in its parentheses")
    return _Call(plain, arguments, place)


def wrong(formula: str, place: int, problem: str) -> UsageError:
    """Return the error that names a place in a formula."""
    return UsageError(f"The key format {formula!r} cannot be used: at character {place + 1} {problem}.")


def _names(known: Mapping[str, Known]) -> str:
    return ", ".join(sorted(known, key=str.lower))
