"""Blocks of TOML, JSON and Python on the pages: what reads them in refkit accepts them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from refkit.config import read_settings
from refkit.lock import parse_lock
from refkit.tagging import load_taxonomy

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^( *)```(toml|json|python)(?: [^\n]*)?\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
# What stands for more of the same in JSON that is shown in part.
_AND_SO_ON = re.compile(r",?\s*(?<![.\w])\.\.\.(?![.\w])")


def blocks(kind: str) -> list[Any]:
    """Return the blocks of a kind, each with a name that says where it stands."""
    found: list[Any] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            if block[2] == kind:
                line = text.count("\n", 0, block.start()) + 1
                name = f"{page.relative_to(ROOT)}:{line}"
                found.append(pytest.param(re.sub(f"(?m)^{block[1]}", "", block[3]), id=name))
    return found


@pytest.mark.parametrize("text", blocks("toml"))
def test_refkit_takes_the_toml(text: str, tmp_path: Path) -> None:
    """A file of themes has tables in `themes`, or lists of words; all else is configuration."""
    path = tmp_path / "refkit.toml"
    path.write_text(text, encoding="utf-8")
    table = tomllib.loads(text)
    if "lists" in table or isinstance(table.get("themes"), dict):
        assert load_taxonomy([str(path)])
    else:
        assert read_settings(path)


def test_a_setting_that_does_not_exist_is_seen(tmp_path: Path) -> None:
    (tmp_path / "refkit.toml").write_text("formats = 1\n", encoding="utf-8")
    with pytest.raises(Exception, match="formats"):
        read_settings(tmp_path / "refkit.toml")


@pytest.mark.parametrize("text", blocks("json"))
def test_the_json_is_json(text: str, tmp_path: Path) -> None:
    if text.startswith('{"refkit_lock"'):
        assert parse_lock(_AND_SO_ON.sub("", text), tmp_path / "refkit.lock")
    else:
        assert json.loads(_AND_SO_ON.sub("", text))


@pytest.mark.parametrize("text", [each for each in blocks("python") if "reference/api.md" not in str(each)])
def test_the_python_is_python(text: str) -> None:
    """That it runs, too, is tested for README.md, docs/library.md and docs/plugins.md; api.md has signatures only."""
    compile(text, "block", "exec")
