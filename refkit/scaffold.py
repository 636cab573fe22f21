"""A package with a new plug-in that works: its templates are in `refkit/testing/templates`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from refkit import registry
from refkit.errors import UsageError, WriteError
from refkit.files import write_atomic
from refkit.plugins import table_of
from refkit.version import __version__

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# How each is used, for its README.
_USE = {
    "reader": "It takes part in recognising digests; `--reader @NAME@` forces it.",
    "source": 'Name it in refkit.toml: `[sources]` with `use = ["catalogue", "@NAME@"]`, `path` in `[sources.@NAME@]`.',
    "enricher": "Name it in refkit.toml, with its `path` in `[enrichers.@NAME@]`, or ask it once: `--enricher @NAME@`.",
    "tagger": 'Name it in refkit.toml: `[taggers]` with `use = ["rules", "@NAME@"]`, `words` in `[taggers.@NAME@]`.',
    "writer": "`refkit bibtex --format @NAME@ digest.txt` writes with it.",
}


def new_package(kind: str, name: str, folder: Path) -> tuple[Path, list[Path]]:
    """Write a package with a plug-in of this kind below a folder; return its folder and its files.

    Raises UsageError for a name that cannot be one or is taken, WriteError where something stands already.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a {kind}; write lower-case words joined by hyphens, like my-list.")
    if any(plugin.name == name for plugin in registry.known(kind)):
        raise UsageError(f"There is a {kind} named {name!r} already; choose another name.")
    package = folder / f"refkit-{name}"
    if package.exists():
        raise WriteError(f"{package} exists already; choose another name, or remove it.")
    written = []
    for path, text in _files(kind, name):
        target = package / path
        _make(target.parent)
        write_atomic(target, text)
        written.append(target)
    return package, written


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"{folder} could not be made ({error.strerror}); name another --output.") from error


def _files(kind: str, name: str) -> Iterator[tuple[str, str]]:
    module = f"refkit_{name.replace('-', '_')}"
    words = {
        "USE": _USE[kind],
        "PACKAGE": f"refkit-{name}",
        "KIND": kind,
        "TABLE": table_of(kind),
        "NAME": name,
        "MODULE": module,
        "CLASS": "".join(part.capitalize() for part in name.split("-")) + kind.capitalize(),
        "VERSION": __version__,
    }
    places = {
        "pyproject.toml": "common/pyproject.txt",
        "README.md": "common/README.txt",
        f"{module}/__init__.py": f"{kind}/module.txt",
        f"tests/test_{module.removeprefix('refkit_')}.py": f"{kind}/test.txt",
    }
    if kind == "reader":
        places |= {
            "tests/cases/good/input.txt": "reader/good/input.txt",
            "tests/cases/good/expected.json": "reader/good/expected.txt",
            "tests/cases/rejected/input.txt": "reader/rejected/input.txt",
            "tests/cases/rejected/error.txt": "reader/rejected/error.txt",
        }
    yield f"{module}/py.typed", ""
    for path, template in places.items():
        yield path, _filled(template, words)


def _filled(template: str, words: dict[str, str]) -> str:
    text = resources.files("refkit.testing").joinpath("templates", *template.split("/")).read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
