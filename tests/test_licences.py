"""docs/licences.md names all that a plain install brings. `python tests/test_licences.py` writes it anew."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/licences.md"
HEAD = """\
# Licences of what refkit installs

refkit itself is under the [MIT licence](../LICENSE). `pip install refkit` brings these packages, each from its own
authors and under its own licence; refkit copies none of their code. Ready-made wheels of lxml and numpy also hold
compiled libraries of others, whose licences lie beside them (`*.dist-info/licenses`).

The list is written by `python tests/test_licences.py` from what the installed packages say of themselves, with Python
3.11 on Linux (another Python or system may need some more or less), and a test holds it to what a plain install brings.
What extras bring is not in it.

| package | version seen | licence (SPDX) |
|---|---|---|
"""
# Where a package says its licence in other words than SPDX's, by what it says.
IN_SPDX = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "License :: OSI Approved :: MIT License": "MIT",
}
# None of them asks that a program which imports the package be under its licence, too.
FREE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "MIT",
    "MPL-2.0",
    "PSF-2.0",
    "Zlib",
}


def core_closure() -> dict[str, Distribution]:
    """Return all packages that a plain install of refkit needs in this environment, by normalised name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    todo = [Requirement(line) for line in project["dependencies"]]
    found: dict[str, Distribution] = {}
    while todo:
        need = todo.pop()
        name = canonicalize_name(need.name)
        if name in found:
            continue
        found[name] = distribution(need.name)
        for line in found[name].requires or ():
            further = Requirement(line)
            extras = ["", *need.extras]
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(further)
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """Return a licence in SPDX's terms; raises ValueError for one that says it in no way that is known here."""
    about = package.metadata
    for text in (*(about.get_all("License-Expression") or ()), *(about.get_all("License") or ())):
        if text and "\n" not in text:
            return str(canonicalize_license_expression(text))
    for classifier in about.get_all("Classifier") or ():
        if classifier in IN_SPDX:
            return IN_SPDX[classifier]
    raise ValueError(f"{about['Name']} says its licence in no way that is known here; look, and add it to IN_SPDX")


def page(packages: Mapping[str, Distribution]) -> str:
    rows = (f"| {name} | {package.version} | {licence_of(package)} |\n" for name, package in packages.items())
    return HEAD + "".join(rows)


def rows() -> dict[str, str]:
    found = re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: licence for name, licence in found if name != "package"}


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.platform != "linux", reason="the list is of Python 3.11 on Linux"
)
def test_the_page_names_what_a_plain_install_brings() -> None:
    try:
        packages = core_closure()
    except PackageNotFoundError as error:
        pytest.fail(f"{error} is not installed: pip install -e '.[test]'")
    assert set(rows()) == set(packages), "run `python tests/test_licences.py`"
    assert rows() == {name: licence_of(package) for name, package in packages.items()}, "as above"
    assert PAGE.read_text(encoding="utf-8").startswith(HEAD)


def test_every_licence_lets_refkit_be_under_its_own() -> None:
    for name, licence in rows().items():
        assert set(re.split(r" (?:AND|OR) ", licence)) <= FREE, name


if __name__ == "__main__":
    PAGE.write_text(page(core_closure()), encoding="utf-8")
