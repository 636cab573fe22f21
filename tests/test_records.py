"""Records are values: whoever was given one may keep it, as a key too, and knows that nobody changes it meanwhile."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import refkit

PACKAGE = Path(refkit.__file__).parent
# Filled while it is read or done, and handed to nobody until then.
FILLED = {
    "metadata/snapshot.py:SnapshotLine", "metadata/snapshot.py:Version", "writers/zotero/run.py:Done",
    "testing/zotero_connector.py:Saved",
}  # fmt: skip
# Few enough to say in order, or so usual that their order is known.
IN_ORDER = {"Account", "Fired", "Identity", "Scores", "Theme", "Weighed"}
RECORDS = {
    f"{path.relative_to(PACKAGE)}:{node.name}": node
    for path in sorted(PACKAGE.rglob("*.py"))
    for node in ast.parse(path.read_text("utf-8")).body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    if any(ast.unparse(base).endswith("Struct") for base in node.bases)
}


def is_said(node: ast.ClassDef, name: str) -> bool:
    return any(each.arg == name and ast.unparse(each.value) == "True" for each in node.keywords)


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_is_not_changed(record: str) -> None:
    assert is_said(RECORDS[record], "frozen") != (record in FILLED)


@pytest.mark.parametrize("node", RECORDS.values(), ids=RECORDS)
def test_a_record_of_many_fields_is_made_by_their_names(node: ast.ClassDef) -> None:
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    assert len(fields) < 6 or is_said(node, "kw_only") or node.name in IN_ORDER
