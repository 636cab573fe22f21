from __future__ import annotations

import subprocess
import sys

import pytest

from refkit.categories import _CURRENT, _OLD, category_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cs.CL", "Computation and Language"),
        ("cs.CV", "Computer Vision and Pattern Recognition"),
        ("cs.DC", "Distributed, Parallel, and Cluster Computing"),
        ("econ.GN", "General Economics"),
        ("eess.SY", "Systems and Control"),
        ("math.AP", "Analysis of PDEs"),
        ("math-ph", "Mathematical Physics"),
        ("astro-ph.CO", "Cosmology and Nongalactic Astrophysics"),
        ("cond-mat.mes-hall", "Mesoscale and Nanoscale Physics"),
        ("gr-qc", "General Relativity and Quantum Cosmology"),
        ("hep-ph", "High Energy Physics - Phenomenology"),
        ("nlin.AO", "Adaptation and Self-Organizing Systems"),
        ("nucl-th", "Nuclear Theory"),
        ("physics.data-an", "Data Analysis, Statistics and Probability"),
        ("q-bio.PE", "Populations and Evolution"),
        ("q-fin.TR", "Trading and Market Microstructure"),
        ("quant-ph", "Quantum Physics"),
        ("stat.ML", "Machine Learning"),
    ],
)
def test_a_category_has_the_name_arxiv_prints(code: str, name: str) -> None:
    assert category_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cmp-lg", "Computation and Language"),
        ("alg-geom", "Algebraic Geometry"),
        ("q-alg", "Quantum Algebra and Topology"),
        ("mtrl-th", "Materials Theory"),
        ("astro-ph", "Astrophysics"),
        ("cond-mat", "Condensed Matter"),
        ("q-bio", "Quantitative Biology"),
        ("math", "Mathematics"),
    ],
)
def test_old_archives_have_names(code: str, name: str) -> None:
    assert category_name(code) == name


@pytest.mark.parametrize(
    ("alias", "code"),
    [("cs.NA", "math.NA"), ("cs.SY", "eess.SY"), ("math.IT", "cs.IT"), ("math.MP", "math-ph"), ("stat.TH", "math.ST")],
)
def test_two_codes_of_one_category_share_the_name(alias: str, code: str) -> None:
    assert category_name(alias) == category_name(code) != ""


@pytest.mark.parametrize("code", ["", " ", "cs.XX", "CS.CL", "cs.cl", "68T50", "I.2.7", "cs.CL cs.LG", "cs.", "test"])
def test_an_unknown_code_has_no_name(code: str) -> None:
    assert category_name(code) == ""


def test_each_group_is_complete() -> None:
    codes = [line.split()[0] for line in _CURRENT.split("\n") if line]
    sizes = {group: sum(code.startswith(f"{group}.") for code in codes) for group in ("cs", "math", "physics", "stat")}
    assert sizes == {"cs": 40, "math": 32, "physics": 22, "stat": 6}
    assert len(codes) == 155


def test_no_code_stands_twice_and_each_line_is_tidy() -> None:
    lines = [line for line in (_CURRENT + _OLD).split("\n") if line]
    codes = [line.partition(" ")[0] for line in lines]
    assert len(set(codes)) == len(codes)
    assert all(line == " ".join(line.split()) and " " in line for line in lines)


def test_the_table_loads_nothing_else_of_refkit() -> None:
    # `refkit/__init__.py` may load what it likes, so the other modules are named.
    script = "import sys, refkit; old = set(sys.modules); import refkit.categories; print(*(set(sys.modules) - old))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if name.startswith("refkit")} == {"refkit.categories"}
