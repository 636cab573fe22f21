"""What passes from one part of the Zotero writer to the next, into files and back."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from refkit.writers.zotero.backend import Outcome, Target
from refkit.writers.zotero.items import Options, Wanted
from refkit.writers.zotero.merge import Base, Merge
from refkit.writers.zotero.plan import Child, ItemChange, Library
from refkit.writers.zotero.planfile import PlanFile
from refkit.writers.zotero.state import Entry, Sync, Write
from refkit.writers.zotero.undo import Step, Undone

VALUES: list[type[msgspec.Struct]] = [
    *(Target, Outcome, Options, Wanted, Base, Merge, Child, ItemChange, Library),
    *(PlanFile, Entry, Sync, Write, Step, Undone),
]


@pytest.mark.parametrize("kind", VALUES)
def test_nobody_changes_a_value_that_another_part_holds(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_made_by_the_names_of_its_parts(kind: type[msgspec.Struct]) -> None:
    """So a part that is added later never takes the place of another."""
    kinds = {each.kind for each in inspect.signature(kind).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_what_is_not_said_of_an_item_is_nothing() -> None:
    base = Base(key="AAAAAAAA", arxiv_id="2409.20154")
    assert (base.created, base.undone) == (False, False)
    assert (base.fields, base.extra, base.tags, base.collections) == ({}, "", {}, ())
    assert (base.children, base.trashed) == ({}, ())
    want = Wanted(arxiv_id="2409.20154", fields={}, extra="")
    assert (want.tags, want.paths, want.note, want.pdf, want.left_out) == ({}, (), "", "", ())


def test_what_a_user_does_not_choose_is_as_zotero_does_it() -> None:
    options = Options()
    assert (options.categories, options.collection, options.theme_collections) == (True, "", False)
    assert (options.pdf, options.note, options.date, options.latex) == ("link", True, "updated", "keep")
    assert options.recreate is False
