"""The contracts bite: plug-ins that are good keep them, each of a set of faults is caught by the clauses it names.

The table of docs/plugins.md is written from them by `python tests/testing/test_contracts_bite.py`.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.model import ArxivRecord, Mention, Work
from refkit.testing import (
    EnricherContract,
    PlaceWriterContract,
    ReaderContract,
    SourceContract,
    TaggerContract,
    WriterContract,
)


def _beside(name: str) -> ModuleType:
    """Import a module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


faults = _beside("plugin_faults")
PAGE = Path(__file__).parents[2] / "docs/plugins.md"
_BEGIN, _END = "<!-- faults: written by tests/testing/test_contracts_bite.py -->\n", "<!-- end of faults -->\n"

CONTRACTS: dict[str, type] = {
    "reader": ReaderContract,
    "source": SourceContract,
    "enricher": EnricherContract,
    "tagger": TaggerContract,
    "writer": WriterContract,
    "place": PlaceWriterContract,
}
ALL = [(kind, each) for kind, some in faults.FAULTS.items() for each in some]
World = dict[str, Callable[[], Any]]


def world(kind: str, plug_in: type[Any], folder: Path) -> World:
    """Return what the fixtures of a contract give, each made when a clause asks for it."""
    if kind == "reader":
        return _reading(plug_in, folder)
    if kind in {"source", "enricher"}:
        return _serving(kind, plug_in)
    if kind == "tagger":
        plain = Work(record=ArxivRecord(arxiv_id="2401.00002", title="Letters of Winter"))
        return {"tagger": plug_in, "tagged": lambda: faults.OWL_WORK, "untagged": lambda: plain}
    if kind == "writer":
        texts: list[str] = []
        return {"writer": lambda: plug_in(texts), "written": lambda: lambda: tuple(texts)}
    return _placing(plug_in)


def _reading(plug_in: type[Any], folder: Path) -> World:
    cases = folder if folder.exists() else faults.write_cases(folder, rejected=plug_in is not faults.NoRejectedCase)
    return {
        "reader": plug_in,
        "good": lambda: sorted(path.parent for path in cases.glob("*/expected.json")),
        "rejected": lambda: sorted(path.parent for path in cases.glob("*/error.txt")),
        "monkeypatch": pytest.MonkeyPatch,
    }


def _serving(kind: str, plug_in: type[Any]) -> World:
    up, down = faults.Service(), faults.Service(down=True)
    common: World = {"asked": lambda: lambda: up.requests + down.requests}
    if kind == "source":
        return {**common, "source": lambda: plug_in(up), "broken": lambda: plug_in(down), "known": lambda: faults.OWL}
    return {
        **common,
        "start": lambda: lambda: plug_in(up),
        "broken": lambda: lambda: plug_in(down),
        "known": lambda: faults.OWL_WORK,
        "secret": lambda: faults.KEY,
    }


def _placing(plug_in: type[Any]) -> World:
    from refkit.testing.contract_writers import _WORKS

    shelf = type("Shelf", (faults.Shelf,), {"writer": plug_in})()

    def full() -> Any:
        writer = shelf.open()
        writer.apply(writer.plan(_WORKS))
        return shelf

    return {
        "place": lambda: shelf,
        "full": full,
        "writer": shelf.open,
        "written": lambda: lambda: dict(shelf.written()),
    }


def caught_by(kind: str, plug_in: type[Any], folder: Path) -> set[str]:
    """Return the clauses that a plug-in breaks."""
    contract = CONTRACTS[kind]
    broken = set()
    for name in dir(contract):
        if name.startswith("test_"):
            clause = getattr(contract(), name)
            given = world(kind, plug_in, folder)
            try:
                clause(**{each: given[each]() for each in inspect.signature(clause).parameters})
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever the plug-in does, the clause has failed
                broken.add(name)
    return broken


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_good_plug_in_keeps_every_clause(kind: str, tmp_path: Path) -> None:
    assert caught_by(kind, faults.GOOD[kind], tmp_path / "cases") == set()


@pytest.mark.parametrize(("kind", "fault"), ALL, ids=lambda each: getattr(each, "what", each))
def test_each_fault_is_caught_by_the_clauses_it_names(kind: str, fault: Any, tmp_path: Path) -> None:
    assert caught_by(kind, fault.plug_in, tmp_path / "cases") == set(fault.clauses)


def test_every_clause_catches_a_fault_or_is_held_by_another_kind() -> None:
    named = {clause for _, fault in ALL for clause in fault.clauses}
    clauses = {name for contract in CONTRACTS.values() for name in dir(contract) if name.startswith("test_")}
    assert clauses == named


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 25
    assert len({fault.what for _, fault in ALL if _ == "reader"}) == len(faults.FAULTS["reader"])


def test_inputs_that_are_values_cannot_be_changed_at_all() -> None:
    with pytest.raises(AttributeError):
        faults.OWL.title = "Mice"
    assert replace(Mention(title="a"), title="b") != Mention(title="a")


def table() -> str:
    """Return the faults as a table of Markdown."""
    rows = [
        f"| {kind if kind != 'place' else 'writer of a place'} | {fault.what} | {_clauses(fault.clauses)} |\n"
        for kind, fault in ALL
    ]
    head = "| kind | what is wrong | caught by |\n|---|---|---|\n"
    return f"{len(ALL)} faults, all caught:\n\n{head}{''.join(rows)}"


def _clauses(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name.removeprefix('test_')}`" for name in names)


def test_the_page_shows_these_faults() -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(f"{re.escape(_BEGIN)}(.*?){re.escape(_END)}", page, re.DOTALL)
    assert found
    assert found[1] == table()


def write_table() -> None:
    """Put the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_BEGIN)
    PAGE.write_text(f"{before}{_BEGIN}{table()}{_END}{rest.partition(_END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    write_table()
