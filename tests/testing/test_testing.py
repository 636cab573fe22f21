"""What `refkit.testing` gives by name, and what it says where a test library is missing."""

from __future__ import annotations

import sys

import pytest

import refkit.testing


@pytest.mark.parametrize("name", refkit.testing.__all__)
def test_every_name_loads(name: str) -> None:
    assert getattr(refkit.testing, name) is not None


def test_a_library_that_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [each for each in sys.modules if each.startswith("refkit.testing.contract")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ModuleNotFoundError, match=r"ReaderContract needs hypothesis; pip install 'refkit\[testing\]'"):
        _ = refkit.testing.ReaderContract


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(AttributeError, match=r"'refkit\.testing' has no attribute 'Nothing'"):
        _ = refkit.testing.Nothing
