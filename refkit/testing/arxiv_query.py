"""arXiv's query language, as its search code reads it since November 2025.

Two stages: `adapt` repairs a sloppy query, `parse` reads the repaired one. Both behave like arXiv's, oddities included,
because a client has to live with these:

- a term without a prefix becomes `all:`, and terms without an operator between them are joined with OR;
- all operators bind alike and to the right: `A OR B AND C` means `A OR (B AND C)`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

_OPERATORS = ("AND", "ANDNOT", "NOT", "OR")
_FIELDS = ("abs", "all", "au", "cat", "co", "doi", "id", "jr", "rn", "submittedDate", "ti")
_PREFIXES = tuple(f"{name}:" for name in (*_FIELDS, "lastUpdatedDate", "title"))
_PIECE = re.compile(
    rf'"[^"]*"|[()]|\b(?:{"|".join(_OPERATORS)})\b(?=[()\s]|$)|{"|".join(_PREFIXES)}|[^"()\s]+',
)
_RANGE = re.compile(r"submittedDate:\[([\d-]{4,14}) TO ([\d-]{4,14})\]")
# A quoted string ends at a quote that no backslash escapes: `"ends\"` never ends.
_LEXEME = re.compile(
    rf"""\s*(?:
        (?P<term>(?P<field>{"|".join(_FIELDS)})\s*:\s*(?P<value>".*?(?<!\\)(?:\\\\)*"|[^\s"()]+))
      | (?P<operator>ANDNOT|AND|OR)
      | (?P<paren>[()])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
# arXiv nests one call per term; of its own OR chains 990 terms passed and 1100 were too deep.
_DEEPEST = 1000


class QueryError(ValueError):
    """The query does not follow the grammar; arXiv answers 400."""


class TooDeep(Exception):  # noqa: N818 - what happened, not what to do
    """The query nests deeper than arXiv's program can go; arXiv answers 500."""


class Term(Struct, frozen=True):
    """A field and what is asked of it; the value keeps its quotes."""

    field: str
    value: str

    @property
    def quoted(self) -> bool:
        """Whether the value is a phrase."""
        return len(self.value) > 1 and self.value[0] == self.value[-1] == '"'

    @property
    def text(self) -> str:
        """The value without its quotes."""
        return self.value[1:-1] if self.quoted else self.value

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


class Not(Struct, frozen=True):
    """Everything that the operand does not match."""

    operand: Node

    def __str__(self) -> str:
        return f"ANDNOT {_nested(self.operand)}"


class Chain(Struct, frozen=True):
    """Operands joined by operators that all bind to the right; there is one operator fewer."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]

    def __str__(self) -> str:
        """The chain as arXiv prints it, with the parentheses that it implies."""
        text = _nested(self.operands[-1])
        inner = False
        for operand, operator in zip(self.operands[-2::-1], self.operators[::-1], strict=True):
            text = f"{_nested(operand)} {operator} {f'({text})' if inner else text}"
            inner = True
        return text


Node = Term | Not | Chain


def _nested(node: Node) -> str:
    return str(node) if isinstance(node, Term) else f"({node})"


def adapt(query: str) -> str:
    """Return the query that arXiv's adapter makes of a sloppy one; "" if nothing is left of it."""
    query = query.replace("\r", " ").replace("\n", " ").replace("lastUpdatedDate:", "submittedDate:")
    tokens = [_Token(text) for text in _PIECE.findall(_RANGE.sub(_whole_dates, query))]
    tokens = list(_single_operators(_all_prefixed(_inner_prefixes(tokens))))
    tokens = _author_underscores(list(_all_joined(tokens)))
    return _written(list(_filled_prefixes(tokens)))


class _Token:
    """A piece of a query with its kind: operator, prefix, "(", ")" or text."""

    def __init__(self, text: str) -> None:
        self.text = {"NOT": "ANDNOT", "title:": "ti:"}.get(text, text)
        self.kind = "text"
        if text in _OPERATORS:
            self.kind = "operator"
        elif text in _PREFIXES:
            self.kind = "prefix"
        elif text in {"(", ")"}:
            self.kind = text


def _whole_dates(found: re.Match[str]) -> str:
    start, end = _whole_date(found[1], last=False), _whole_date(found[2], last=True)
    return f'submittedDate:"{start} TO {end}"'


def _whole_date(date: str, *, last: bool) -> str:
    """Fill YYYY, YYYYMM or YYYYMMDD to the first or last minute; anything else stays as it is."""
    if not date.isdigit():
        return date
    filled = date[:12]
    if len(filled) == len("YYYYMM"):
        month = int(filled[4:])
        if last and not 1 <= month <= 12:  # noqa: PLR2004 - months of a year
            return date
        filled += str(calendar.monthrange(int(filled[:4]), month)[1]) if last else "01"
    if len(filled) == len("YYYY"):
        filled += "1231" if last else "0101"
    if len(filled) == len("YYYYMMDD"):
        filled += "2359" if last else "0000"
    return filled


def _inner_prefixes(tokens: list[_Token]) -> Iterator[_Token]:
    """Hand the prefix before a parenthesis to each term inside that has none."""
    outer, depth, skip = "", 0, False
    for index, token in enumerate(tokens):
        follower = tokens[index + 1].kind if index + 1 < len(tokens) else ""
        if not depth:
            if token.kind == "prefix" and not skip:
                outer, skip = token.text, True
                if follower == "(":
                    continue
            else:
                depth, skip = int(skip and token.kind == "("), False
        else:
            depth += {"(": 1, ")": -1}.get(token.kind, 0)
            if token.kind == "text" and tokens[index - 1].kind != "prefix":
                yield _Token(outer)
        yield token


def _all_prefixed(tokens: Iterator[_Token]) -> Iterator[_Token]:
    before = ""
    for token in tokens:
        if token.kind == "text" and before != "prefix":
            yield _Token("all:")
        yield token
        before = token.kind


def _single_operators(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Of operators in a row the last stays."""
    waiting: _Token | None = None
    for token in tokens:
        if waiting and token.kind != "operator":
            yield waiting
        waiting = token if token.kind == "operator" else None
        if not waiting:
            yield token
    if waiting:
        yield waiting


def _all_joined(tokens: list[_Token]) -> Iterator[_Token]:
    before = ""
    for token in tokens:
        apart = before in {")", "text"} and token.kind in {"prefix", "(", "text"}
        if apart or before == token.kind == "prefix":
            yield _Token("OR")
        yield token
        before = token.kind


def _author_underscores(tokens: list[_Token]) -> list[_Token]:
    """Make `au:first_last` a phrase. arXiv reads the name from the second token, whatever that is."""
    for before, token in pairwise(tokens):
        if (before.text, token.kind) == ("au:", "text") and "_" in tokens[1].text:
            name = tokens[1].text.replace("_", " ")
            token.text = name if '"' in name else f'"{name}"'
    return tokens


def _filled_prefixes(tokens: list[_Token]) -> Iterator[_Token]:
    for index, token in enumerate(tokens):
        filled = index + 1 < len(tokens) and tokens[index + 1].kind == "text"
        if token.kind != "prefix" or filled:
            yield token


def _written(tokens: list[_Token]) -> str:
    glued = {("(", "prefix"), ("text", ")"), ("prefix", "text")}
    text, before = "", ""
    for token in tokens:
        text += ("" if (before, token.kind) in glued else " ") + token.text
        before = token.kind
    return text.strip()


def parse(query: str) -> Node:
    """Read an adapted query; raises QueryError where arXiv answers 400 and TooDeep where it answers 500."""
    parser = _Parser(query)
    try:
        node = parser.expression(1)
    except RecursionError as error:
        raise TooDeep(query) from error
    if parser.kind != "end":
        raise QueryError(query)
    return node


class _Parser:
    """One look ahead, no look back: the operator after an expression always continues it, hence "to the right"."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._at = 0
        self.kind = ""
        self._advance()

    def _advance(self) -> None:
        found = _LEXEME.match(self._query, self._at)
        if not found or not found.lastgroup:
            raise QueryError(self._query)
        self._found, self._at = found, found.end()
        self.kind = next(name for name in ("term", "operator", "paren", "end") if found[name] is not None)

    def _text(self, kind: str) -> str:
        return self._found[kind] if self.kind == kind else ""

    def expression(self, depth: int) -> Node:
        operands, operators = [self._operand(depth)], list[str]()
        while self.kind == "operator":
            operators.append(self._text("operator"))
            self._advance()
            operands.append(self._operand(depth + len(operators)))
        return Chain(tuple(operands), tuple(operators)) if operators else operands[0]

    def _operand(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise TooDeep(self._query)
        if self._text("operator") == "ANDNOT":
            self._advance()
            return Not(self.expression(depth + 1))  # the rest is its operand: ANDNOT, too, takes all it can
        return self._group(depth) if self._text("paren") == "(" else self._term()

    def _group(self, depth: int) -> Node:
        self._advance()
        node = self.expression(depth + 1)
        if self._text("paren") != ")":
            raise QueryError(self._query)
        self._advance()
        return node

    def _term(self) -> Term:
        if self.kind != "term":
            raise QueryError(self._query)
        value = self._found["value"]
        term = Term(self._found["field"], f'"{value[1:-1].strip()}"' if value[0] == '"' else value)
        self._advance()
        return term
