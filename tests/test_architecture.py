"""The house of DESIGN: import layers, sizes, light start-up. What breaks here needs a decision, not a bigger number."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import refkit
from refkit import registry

PACKAGE = Path(refkit.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# Not one of these may be loaded to show help, or by `import refkit`: each costs 10 to 150 ms.
HEAVY = {
    "arxiv", "bibtexparser", "distributed", "email", "filelock", "importlib.metadata", "lxml", "markdown_it", "msgspec",
    "numpy", "platformdirs", "pylatexenc", "pyzotero", "rapidfuzz", "requests", "rich", "scipy", "sklearn", "sqlite3",
    "starlette", "tomllib", "uvicorn", "yaml",
}  # fmt: skip


def functions(module: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_imports_point_one_way(root: Path) -> None:
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert program, "import-linter is missing: pip install -e '.[test]'"
    done = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imported_by(module: Path) -> set[Path]:
    """Return the modules of refkit that one imports anywhere: at the top, in functions, and for types only."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{each.name}" for each in node.names]
            found.update(file_of(name) or file_of(node.module) or module for name in names)
        elif isinstance(node, ast.Import):
            found.update(file_of(each.name) or module for each in node.names)
    return found - {module}


def file_of(name: str) -> Path | None:
    """Return the file of a module of refkit; None for what is no module of it."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in files if name.split(".", maxsplit=1)[0] == "refkit" and each.is_file()), None)


def test_no_modules_import_each_other_in_a_circle() -> None:
    order = TopologicalSorter({module: imported_by(module) for module in MODULES})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(PACKAGE)) for path in reversed(error.args[1])))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 400
    long = [node.name for node in functions(module) if (node.end_lineno or 0) - node.lineno + 1 > 50]
    assert long == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_but_the_command_line_prints(module: Path) -> None:
    calls = {node.func.id for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert "print" not in calls


@pytest.mark.parametrize("module", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_all_commands_print_through_one_screen(module: Path) -> None:
    used = {ast.unparse(node) for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)}  # fmt: skip
    assert module.name == "screen.py" or not used & {"click.echo", "click.secho"}


def test_one_broad_handler_in_the_program() -> None:
    broad = [
        module.name
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id == "Exception"
    ]
    assert broad == ["guarding.py"]


def test_every_folder_is_a_stage_or_the_room_of_one_command() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    rooms = {"bench", "report", "review", "watch"}
    assert folders - {"cli", "testing"} - rooms == {"digests", "matching", "metadata", "themes", "writers"}


@pytest.mark.parametrize(
    "statement",
    [
        "import refkit",
        "from refkit.cli import main; main(['--help'], standalone_mode=False)",
        "from refkit.cli import main; main(['--version'], standalone_mode=False)",
        "from refkit.cli import main; main(['bibtex', '--help'], standalone_mode=False)",
    ],
)
def test_help_and_import_stay_light(statement: str) -> None:
    assert loaded_after(statement) & HEAVY == set()


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in registry.KINDS.items() for name in table])
def test_every_plug_in_loads_by_its_name(kind: str, name: str) -> None:
    assert registry.load(kind, name).name == name


def test_an_unknown_plug_in_is_a_sentence() -> None:
    with pytest.raises(refkit.UsageError, match=r"There is no reader named 'docx'; the readers are: .*jsonl"):
        registry.load("reader", "docx")
