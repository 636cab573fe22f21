"""Small changes to a module, each of which should make a test fail: what `mutants.py` draws from.

Each changes one thing: a comparison, `and`, a condition, an operator, a number, a text, what is returned, how a loop
ends, a default; or a statement is left out. Not touched: annotations, imports, docstrings, `TYPE_CHECKING`, and texts
with a blank between words, which are sentences for people: their wording is no behaviour. An assignment to a plain name
is not left out either: a NameError tells nothing of the tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.MatMult: ast.Mult,
}  # fmt: skip
_SENTENCE = re.compile(r"\w[,;:.)]? \(?\w")
_Functions = ast.FunctionDef | ast.AsyncFunctionDef
_Conditions = ast.If | ast.While | ast.IfExp


class Mutant(NamedTuple):
    """One change: the characters of a module from `start` to `end` become `text`.

    `lines` are where it runs: those of the expression, else of its statement. What runs when the module is imported has
    those of the function that it belongs to (a default), or `names` by which other code gets what was made.
    """

    kind: str
    start: int
    end: int
    text: str
    lines: tuple[range, ...]
    names: tuple[str, ...]

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


class _Step(NamedTuple):
    """How one gets from a node to one below it."""

    parent: ast.AST
    field: str
    at: int | None
    node: ast.AST


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, in order, no two of them equal."""
    lines = source.splitlines(keepends=True)
    found: dict[tuple[int, int, str], Mutant] = {}
    for path in _paths(ast.parse(source), ()):
        for kind, other in _changes(path[-1]):
            text, whole = _written(path, other)
            start, end = (
                _place(lines, whole.lineno, whole.col_offset),
                _place(lines, whole.end_lineno, whole.end_col_offset),
            )
            if text and text != f"({source[start:end]})":
                found.setdefault((start, end, text), Mutant(kind, start, end, text, *_running(path)))
    return [found[each] for each in sorted(found)]


def _paths(node: ast.AST, path: tuple[_Step, ...]) -> Iterator[tuple[_Step, ...]]:
    for field, value in ast.iter_fields(node):
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_left_alone(node, field, child):
                here = (*path, _Step(node, field, at, child))
                yield here
                yield from _paths(child, here)


def _is_left_alone(parent: ast.AST, field: str, node: ast.AST) -> bool:
    if field in {"annotation", "returns", "format_spec"} or isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    # The texts of an f-string are one sentence.
    return (
        field == "values" and isinstance(parent, ast.JoinedStr) and isinstance(node, ast.Constant) and _is_said(parent)
    )


def _is_said(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        parts = (str(each.value) if isinstance(each, ast.Constant) else "x" for each in node.values)
        return bool(_SENTENCE.search("".join(parts)))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SENTENCE.search(node.value))


def _changes(step: _Step) -> Iterator[tuple[str, ast.AST]]:
    """Give what a node may become, with what kind of change that is."""
    node = step.node
    yield from _calculated(node)
    yield from _ended(node)
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    if (isinstance(step.parent, _Conditions) and step.field == "test") or step.field == "ifs":
        yield from _negated(node)
    if step.field in {"defaults", "kw_defaults"} and not isinstance(node, ast.Constant):
        yield "default", ast.Constant(None)
    if _can_be_left_out(node):
        yield "statement", ast.Pass()


def _calculated(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(left, ops, comparators):
            for at, operator in enumerate(ops):
                for other in _COMPARED[type(operator)]:
                    yield "comparison", ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], comparators)
        case ast.BoolOp(operator, values):
            yield "and / or", ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.BinOp(left, operator, right):
            yield "arithmetic", ast.BinOp(left, _COUNTED[type(operator)](), right)
        case ast.AugAssign(target, operator, value):
            yield "arithmetic", ast.AugAssign(target, _COUNTED[type(operator)](), value)
        case ast.UnaryOp(ast.Not(), operand):
            yield "condition", operand
        case ast.UnaryOp(ast.USub(), operand):
            yield "arithmetic", operand


def _ended(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Return(value) if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Break():
            yield "break / continue", ast.Continue()
        case ast.Continue():
            yield "break / continue", ast.Break()


def _constants(value: object) -> Iterator[tuple[str, ast.AST]]:
    match value:
        case bool():
            yield "constant", ast.Constant(not value)
        case int() | float():
            yield "number", ast.Constant(value + 1)
            yield "number", ast.Constant(value - 1)
        case str() | bytes() if not _is_said(ast.Constant(value)):
            other = "XX" if isinstance(value, str) else b"XX"
            yield "text", ast.Constant(value[:0] if value else other)


def _negated(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Give the contrary of a condition, unless another change already makes it."""
    if (isinstance(node, ast.Compare) and len(node.ops) == 1) or isinstance(node, ast.UnaryOp | ast.Constant):
        return
    if isinstance(node, ast.expr):
        yield "condition", ast.UnaryOp(ast.Not(), node)


def _can_be_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return not any(isinstance(each, ast.Name | ast.Tuple) for each in node.targets)
    return isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Delete) or (
        isinstance(node, ast.Return) and node.value is None
    )


def _written(path: tuple[_Step, ...], other: ast.AST) -> tuple[str, Any]:
    """Return the new text, and the node that it takes the place of: an f-string has no places inside."""
    *_, (parent, field, at, node) = path
    whole = next((step.node for step in path if isinstance(step.node, ast.JoinedStr)), node)
    if whole is node:
        return _text(other), whole
    held = getattr(parent, field)
    setattr(parent, field, other if at is None else [*held[:at], other, *held[at + 1 :]])
    try:
        return _text(whole), whole
    except ValueError:  # a backslash inside of {}, which Python 3.11 cannot write
        return "", whole
    finally:
        setattr(parent, field, held)


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.expr) else text


def _place(lines: list[str], line: int, column: int) -> int:
    """Return the place of a column, which Python counts in bytes."""
    before = sum(map(len, lines[: line - 1]))
    return before + len(lines[line - 1].encode()[:column].decode())


def _running(path: tuple[_Step, ...]) -> tuple[tuple[range, ...], tuple[str, ...]]:
    statement: Any = next(step.node for step in reversed(path) if isinstance(step.node, ast.stmt))
    called = next((step for step in path if isinstance(step.parent, _Functions)), None)
    if called and called.field != "body":  # a default or a decorator
        return (_span(called.parent.body[0], called.parent),), ()  # type: ignore[attr-defined]
    if called:
        body = getattr(statement, "body", None)
        head = range(statement.lineno, body[0].lineno) if body else _span(statement)
        node = next(step.node for step in reversed(path) if hasattr(step.node, "lineno"))
        return (_span(node), head), ()
    return (), tuple(
        name for step in path[:1] for target in _targets(step.node) for name in [getattr(target, "id", "")] if name
    )


def _targets(statement: ast.AST) -> list[ast.AST]:
    match statement:
        case ast.Assign(targets):
            return [name for target in targets for name in ast.walk(target)]
        case ast.AnnAssign(target):
            return [target]
        case ast.ClassDef(name):
            return [ast.Name(name)]
    return []


def _span(first: Any, last: Any = None) -> range:
    return range(first.lineno, (last or first).end_lineno + 1)
