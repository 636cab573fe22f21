"""`refkit new`: what it writes can be installed, is found, and passes its tests as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refkit.errors import UsageError, WriteError
from refkit.plugins import GROUPS
from refkit.scaffold import new_package


@pytest.mark.parametrize("kind", GROUPS)
def test_a_new_plug_in_works_as_it_is(kind: str, sandbox: Any) -> None:
    sandbox.run(f"refkit new {kind} owl-list && pip install -e refkit-owl-list")
    done = sandbox.run("cd refkit-owl-list && pytest -p no:cacheprovider")
    assert "passed" in done.stdout
    settings = {"source": "[sources.owl-list]\npath = 'x'\n", "enricher": "[enrichers.owl-list]\npath = 'x'\n"}
    (sandbox.folder / "refkit.toml").write_text(settings.get(kind, ""), encoding="utf-8")
    (found,) = [
        each
        for each in json.loads(sandbox.run(f"refkit plugins --kind {kind} --json").stdout)["plugins"]
        if each["name"] == "owl-list"
    ]
    assert found == {"kind": kind, "name": "owl-list", "origin": "refkit-owl-list 0.1.0", "status": "ok", "reason": ""}


def test_its_tests_can_fail(sandbox: Any) -> None:
    sandbox.run("refkit new reader owl-list && pip install -e refkit-owl-list")
    module = sandbox.folder / "refkit-owl-list/refkit_owl_list/__init__.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("line=number", "line=number + 1"), encoding="utf-8")
    done = sandbox.run("cd refkit-owl-list && pytest -p no:cacheprovider", code=1)
    assert "test_places_are_right" in done.stdout


@pytest.mark.parametrize("name", ["Owl", "owl list", "owl--list", "", "../owl", "1owl", "owl_list"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no name for a reader"):
        new_package("reader", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is a reader named 'markdown' already"):
        new_package("reader", "markdown", tmp_path)
    package, files = new_package("reader", "owls", tmp_path)
    assert package == tmp_path / "refkit-owls"
    assert all(path.is_file() for path in files)
    with pytest.raises(WriteError, match="exists already"):
        new_package("tagger", "owls", tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="could not be made"):
        new_package("tagger", "mice", tmp_path / "file")
