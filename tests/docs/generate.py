"""Make the pages of docs/reference that follow from the code: `python tests/docs/generate.py`, or --check.

With --check nothing is written; it ends with 1 and a diff if a page is not what the code says now.
"""

from __future__ import annotations

import ast
import difflib
import enum
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import msgspec
from picture import architecture

import refkit
from refkit.cli import main
from refkit.cli.pages import Page, pages
from refkit.config import Settings, WatchSettings, ZoteroSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference"
MADE = "<!-- Made by `python tests/docs/generate.py`; a test holds it against the code. -->"


# Commands


def cli_page() -> str:
    """Return docs/reference/cli.md: every command as click knows it."""
    lines = ["# Commands", "", MADE, "", "What `refkit COMMAND --help` and the man pages say, for all commands.", ""]
    every = list(pages(main))
    lines += [f"- [`{page.name}`](#{page.name.replace(' ', '-')}): {_text(page.summary)}" for page in every[1:]]
    shared = ("-q, --quiet", "-v, --verbose", "-h, --help")
    known = dict(every[1].options)
    lines += ["", "Every command has these options:", "", *_table([(name, known[name]) for name in shared])]
    for page in every:
        lines += ["", f"## {page.name}", "", "```", f"{page.name} {page.usage}", "```", ""]
        lines += [line for paragraph in page.paragraphs for line in (_text(paragraph), "")]
        lines += _table([pair for pair in page.options if pair[0] not in shared])
        lines += ["", *_exit_codes(page)] if page.epilog else []
    return _page(lines)


def _table(options: list[tuple[str, str]]) -> list[str]:
    if not options:
        return []
    rows = (f"| `{_cell(name)}` | {_cell(_text(does))} |" for name, does in options)
    return ["| option | meaning |", "|---|---|", *rows]


def _exit_codes(page: Page) -> Iterator[str]:
    yield f"*{_text(page.epilog)}*"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _text(text: str) -> str:
    """Return a help text as Markdown: only what stands in `code` is marked up."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if number % 2 else re.sub(r"([*_<\[\]])", r"\\\1", part) for number, part in enumerate(parts))


# Settings


def configuration_page() -> str:
    """Return docs/reference/configuration.md: every setting, its kind and default."""
    lines = [
        "# Settings",
        "",
        MADE,
        "",
        "All that `refkit.toml` (or `[tool.refkit]` in pyproject.toml) may say, as it is",
    ]
    lines += ["checked. [Configuration](../configuration.md) tells where refkit looks for it, and what wins over what."]
    lines += ["Paths are relative to the file.", ""]
    for title, schema in (("", Settings), ("zotero", ZoteroSettings), ("watch", WatchSettings)):
        lines += [f"## {f'[{title}]' if title else 'At the top'}", ""]
        lines += ["| setting | kind | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{each.name}` | {_cell(_kind(each.type))} | {_default(each.default)} | {_meaning(each.name, title)} |"
            for each in msgspec.structs.fields(schema)
            if not _is_table(each.type)
        ]
        lines.append("")
    return _page(lines)


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _kind(kind: Any) -> str:
    """Return a type in the words of TOML."""
    schema = msgspec.json.schema(kind)
    return " or ".join(_words(each) for each in schema.get("anyOf", [schema]))


def _words(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f'`"{value}"`' for value in schema["enum"] if value)
    plain = {"string": "text", "boolean": "`true`, `false`", "integer": "number", "number": "number", "object": "table"}
    if schema.get("type") == "array":
        return "list of texts"
    limits = f", {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else ""
    return plain[schema["type"]] + limits


def _default(value: Any) -> str:
    if value is msgspec.NODEFAULT:
        return "`{}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(_toml(each) for each in value)}]`"
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _meaning(name: str, table: str) -> str:
    """Return what docs/configuration.md says of a setting; its links lead one folder up."""
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    parts = page.split("\n| setting | default | meaning |\n")
    part = parts[{"": 1, "zotero": 2, "watch": 3}[table]].split("\n\n")[0]
    (found,) = re.findall(rf"^\| `{name}` \| .*? \| (.*) \|$", part, re.MULTILINE)
    return re.sub(r"\]\((?=[a-z])", "](../", found)


# Python


def api_page() -> str:
    """Return docs/reference/api.md: the signature and docstring of each public name, by the module it comes from."""
    lines = [
        "# Python",
        "",
        MADE,
        "",
        "The names of `import refkit`, each with its promise. They are imported where they are",
    ]
    lines += ["first used, so `import refkit` itself is light.", ""]
    for name in sorted(refkit.__all__, key=lambda name: (not name[0].islower(), name.lower())):
        if name != "__version__":
            lines += [f"- [`{name}`](#{name.lower()})"]
    functions = sorted(name for name in refkit.__all__ if isinstance(getattr(refkit, name), FunctionType))
    errors = sorted(name for name in refkit.__all__ if _is_error(getattr(refkit, name)))
    values = sorted(set(refkit.__all__) - {*functions, *errors, "__version__"})
    for title, names in (("Functions", functions), ("Values", values), ("Errors", errors)):
        lines += ["", f"## {title}"]
        for name in names:
            lines += ["", *_described(name, getattr(refkit, name))]
    return _page(lines)


def _is_error(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _described(name: str, value: Any) -> Iterator[str]:
    yield from (f"### {name}", "", "```python", *_signature(name, value).replace("'", '"').splitlines(), "```", "")
    if _is_error(value):
        code = f"Exit code {value.exit_code}; a" if issubclass(value, refkit.RefkitError) else "A"
        yield from (f"{code} kind of `{value.__mro__[1].__name__}`.", "")
    yield _docstring(value)
    for each, member in vars(value).items() if isinstance(value, type) else ():
        if not each.startswith("_") and isinstance(member, FunctionType | property | classmethod | staticmethod):
            yield from ("", f"- `{name}.{each}`: {_first_sentence(member)}")


def _docstring(value: Any) -> str:
    """Return a docstring as Markdown: what is indented is code, the rest is text."""
    blocks = (inspect.getdoc(value) or "").split("\n\n")
    shown = (f"```\n{textwrap.dedent(each)}\n```" if each.startswith("    ") else _text(each) for each in blocks)
    return "\n\n".join(shown)


def _first_sentence(member: Any) -> str:
    first = " ".join((inspect.getdoc(member) or "").partition("\n\n")[0].split())
    return _text(first)


def _signature(name: str, value: Any) -> str:
    """Return how a thing is called, as its source says it: a default like `os.environ` is not what it holds here."""
    if isinstance(value, FunctionType):
        tree = _source(value)
        assert isinstance(tree, ast.FunctionDef)
        return _call(name, tree)
    if isinstance(value, type) and issubclass(value, enum.Enum):
        return "\n".join(f"{name}.{member.name} = {member.value!r}" for member in value)
    if isinstance(value, type) and issubclass(value, msgspec.Struct):
        tree = _source(value)
        assert isinstance(tree, ast.ClassDef)
        fields = (ast.unparse(each) for each in tree.body if isinstance(each, ast.AnnAssign))
        return "\n".join((f"class {name}:", *(f"    {each}" for each in fields)))
    return f"class {name}"


def _source(value: Any) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


def _call(name: str, tree: ast.FunctionDef) -> str:
    """Return a signature in one line, or an argument a line if that is more than 90 characters."""
    returns = f" -> {ast.unparse(tree.returns)}" if tree.returns else ""
    given = tree.args
    required = len(given.args) - len(given.defaults)
    shown = [_argument(each, ([None] * required + given.defaults)[n]) for n, each in enumerate(given.args)]
    if given.kwonlyargs:
        shown += ["*", *map(_argument, given.kwonlyargs, given.kw_defaults)]
    line = f"{name}({', '.join(shown)}){returns}"
    inside = "".join(f"    {each},\n" for each in shown)
    return line if len(line) <= 90 else f"{name}(\n{inside}){returns}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


# Exit codes


CODES = {
    "0": "done",
    "1": "done, but some of it needs you",
    "2": "something must be changed first",
    "3": "a service failed; the same command goes on later",
    "130": "interrupted",
}


def exit_codes_page() -> str:
    """Return docs/reference/exit-codes.md: what each command's help says of them, code by code."""
    lines = ["# Exit codes", "", MADE, "", "The same in every command; what it means there:", ""]
    for code, gist in CODES.items():
        lines += [f"## {code}: {gist}", ""]
        for page in pages(main):
            for told in page.epilog.removeprefix("Exit codes: ").rstrip(".").split("; "):
                number, _, meaning = told.partition(" ")
                if number == code:
                    lines.append(f"- `{page.name}`: {_text(meaning)}")
        lines.append("")
    return _page(lines)


def _page(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def made() -> dict[Path, str]:
    """Return what each generated file must say."""
    for home in {getattr(refkit, name).__module__ for name in refkit.__all__ if name != "__version__"}:
        import_module(home)
    return {
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "configuration.md": configuration_page(),
        REFERENCE / "api.md": api_page(),
        REFERENCE / "exit-codes.md": exit_codes_page(),
        ROOT / "docs/explain/architecture.svg": architecture(ROOT),
    }


def differences() -> str:
    """Return a diff of what is committed against what the code says; empty if they agree."""
    found: list[str] = []
    for path, text in made().items():
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        name = str(path.relative_to(ROOT))
        found += difflib.unified_diff(there.splitlines(), text.splitlines(), name, f"{name}, made anew", lineterm="")
    return "\n".join(found)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(differences() or 0)
    for path, text in made().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
