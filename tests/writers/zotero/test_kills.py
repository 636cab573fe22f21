"""Syncs killed with SIGKILL at random moments, over HTTP: the same command finishes them, once and whole."""

from __future__ import annotations

import importlib.util
import os
import random
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark, which kills hundreds of times; here it does a few."""
    spec = importlib.util.spec_from_file_location("zotero_sync", ROOT / "tests/benchmarks/zotero_sync.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def length(bench: ModuleType) -> float:
    seconds: float = bench.time_of(list(bench.works(60)))
    return seconds


@pytest.mark.parametrize(("seed", "faults"), [(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.2), (5, 0.2)])
def test_a_killed_sync_is_finished_by_the_same_command(
    bench: ModuleType, length: float, seed: int, faults: float
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    _, wrong = bench.kill_once(chance, list(bench.works(60)), length, faults)
    assert wrong == []
