"""What the modules for .bib files hand to each other and to other programs: made by name, and then as it is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from refkit.writers import bib_layout
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_identity import Identity
from refkit.writers.bib_merge import Added, Merge, Updated
from refkit.writers.bib_reconcile import Kept, Reconciled, Wanted
from refkit.writers.bib_rekey import Rekeyed
from refkit.writers.bib_rules import RULES, Finding, Severity
from refkit.writers.bib_state import Written
from refkit.writers.bib_style import Layout
from refkit.writers.bib_upgrade import Line

WRITTEN = Written(arxiv_id="1812.09195", key="gur", type="misc")
BY_NAME: list[Struct] = [
    WRITTEN,
    Added(key="gur", arxiv_id="1812.09195", title="T"),
    Updated(key="gur", line=1, arxiv_id="1812.09195", fields={}),
    Merge(text="", state={}),
    Kept(key="gur", line=1, field="title", yours="", ours="T"),
    Reconciled(written=WRITTEN),
    Finding(rule="name", place=0, key="gur", message="no name"),
]
OTHERS: list[Struct] = [
    Identity(),
    Wanted("1812.09195", "misc", {}),
    Rekeyed(BibFile(""), "", {}),
    Line("title", "T"),
    Layout(),
    bib_layout.Layout(", ", "=", 0),
]


@pytest.mark.parametrize("value", [*BY_NAME, *OTHERS], ids=lambda value: type(value).__name__)
def test_a_value_cannot_be_changed(value: Any) -> None:
    for name in value.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(value, name, None)


@pytest.mark.parametrize("value", BY_NAME, ids=lambda value: type(value).__name__)
def test_its_parts_are_named_so_that_new_ones_may_come_between(value: Any) -> None:
    parts = [getattr(value, name) for name in value.__struct_fields__]
    assert type(value)(**dict(zip(value.__struct_fields__, parts, strict=True))) == value
    with pytest.raises(TypeError):
        type(value)(*parts)


def test_what_is_not_said_is_nothing() -> None:
    merge = Merge(text="", state={})
    told = (merge.added, merge.updated, merge.kept, merge.removed, merge.blocked, merge.remarks, merge.blocked_ids)
    assert (told, merge.untouched) == (((),) * 7, 0)
    made = Reconciled(written=WRITTEN)
    assert (made.edits, made.diff, made.kept, WRITTEN.fields) == ((), {}, (), {})
    assert Identity() == Identity(arxiv_id="", doi="", title_key="", family="", year=0, loose=False)
    assert Line("title", "T") == Line("title", "T", known="", about="", same=False)
    assert Rekeyed(BibFile(""), "", {}).remarks == ()
    assert Finding(rule="name", place=0, key="", message="").edits == ()


def test_rules_are_as_bad_as_they_say_and_can_be_compared() -> None:
    assert [each.label for each in sorted(Severity)] == ["note", "warning", "error"]
    assert Severity.NOTE < Severity.WARNING < Severity.ERROR
    assert [Finding(rule=rule, place=0, key="", message="").severity for rule in RULES] == [
        severity for severity, _ in RULES.values()
    ]


@pytest.mark.parametrize(
    ("severity", "rules"),
    [
        (
            Severity.ERROR,
            (
                "broken-entry duplicate-key bad-key duplicate-field impossible-year bad-doi bad-arxiv-id bad-pages "
                "undefined-string cross-reference encoding unescaped wrong-id"
            ),
        ),
        (
            Severity.WARNING,
            "stray-brace duplicate-entry empty-field missing-field impossible-month http-doi bad-url page-dash name",
        ),
        (Severity.NOTE, "unknown-type arxiv-version title-capitals preprint-as-article published-version"),
    ],
)
def test_an_error_is_what_gives_a_wrong_reference_or_none(severity: Severity, rules: str) -> None:
    assert sorted(name for name, (bad, _) in RULES.items() if bad is severity) == sorted(rules.split())
    assert all(text and not text.endswith(".") for _, text in RULES.values())
