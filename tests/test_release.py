"""What is released: a wheel and an sdist of the same bytes each time, which do the main job without a checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import refkit
from refkit.cli import main
from refkit.testing import ZoteroServer

ROOT = Path(__file__).parents[1]
ALL_MATCHED = "refkit: 53 titles: 53 matched, 0 ambiguous, 0 not found, 0 failed"
# What may lie about in a checkout and is not released.
LEFT_BEHIND = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", "*.egg-info", ".hypothesis", ".venv", "dist")


def wheel_of(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def sdist_of(folder: Path) -> Path:
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def test_another_build_elsewhere_gives_the_same_bytes(
    released: Path, build: Callable[[Path, Path], dict[str, bytes]], tmp_path: Path
) -> None:
    copy = tmp_path / "a checkout of another name"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    again = build(copy, tmp_path / "again")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in again.items()}
    assert hashes == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in released.iterdir()}
    assert len(hashes) == 2


def test_the_wheel_has_all_of_the_package_and_nothing_else(released: Path) -> None:
    with zipfile.ZipFile(wheel_of(released)) as wheel:
        names = set(wheel.namelist())
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "refkit").rglob("*") if path.is_file()}
    expected = {name for name in ours if "__pycache__" not in name}
    info = f"refkit-{refkit.__version__}.dist-info"
    data = f"refkit-{refkit.__version__}.data/data/share/"  # man pages and completion: tests/cli/test_man.py
    assert {name for name in names if not name.startswith((info, data))} == expected
    assert f"{data}man/man1/refkit-bibtex.1" in names
    assert {f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"} <= names
    assert "refkit/py.typed" in names


def test_the_sdist_can_be_tested(released: Path) -> None:
    with tarfile.open(sdist_of(released)) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for needed in ("pyproject.toml", "seeds/truth.jsonl", "tests/test_release.py", "docs/library.md", "CHANGELOG.md"):
        assert needed in names


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=cwd, env=environ)


def test_the_installed_program_does_the_main_job_where_there_is_nothing(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import refkit; print(refkit.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(installed.parent)), "the test must not see the checkout"
    done = run(installed / "refkit", "bibtex", "--sample", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n@") + done.stdout.startswith("@") == 53
    assert done.stderr == "refkit: 53 titles: 53 matched, 0 ambiguous, 0 not found, 0 failed\n"
    assert list(tmp_path.iterdir()) == []


def test_the_sample_that_is_shipped_is_the_one_of_the_checkout() -> None:
    shipped = ROOT / "refkit/digests/sample.txt"
    seed = ROOT / "seeds/trending-papers.txt"
    assert shipped.read_bytes() == seed.read_bytes(), f"copy {seed} to {shipped}: they are one digest"


def test_the_sample_is_what_is_read_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = CliRunner().invoke(main, ["bibtex", str(ROOT / "seeds/trending-papers.txt")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "refkit.toml").write_text('digests = ["lost.txt"]\nreader = "table"\nencoding = "utf-16"\n')
    done = CliRunner().invoke(main, ["bibtex", "--sample"])
    assert (done.exit_code, done.stdout) == (0, expected.stdout)
    assert refkit.sample()[0].line > 1
    assert len(refkit.sample()) == 53


@pytest.mark.parametrize("command", ["bibtex", "read", "report"])
@pytest.mark.parametrize("more", [["digest.txt"], ["--reader", "table"], ["--column", "title=A"], ["--encoding", "x"]])
def test_the_sample_is_not_mixed_with_anything(
    command: str, more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [command, "--sample", *more])
    assert done.exit_code == 2
    assert done.stderr.startswith("refkit: --sample ")
    assert done.stderr.count("\n") == 1


def test_other_commands_that_read_digests_take_the_sample_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = CliRunner().invoke(main, ["read", "--sample"])
    assert (read.exit_code, read.stdout.splitlines()[0]) == (0, "the sample: read as hf-trending (0.95 sure)")
    assert read.stderr == "refkit: 53 titles read from 1 digest, 5 lines skipped\n"
    report = CliRunner().invoke(main, ["report", "--sample", "-o", "page.html"])
    assert (report.exit_code, report.stderr.splitlines()[-1]) == (0, ALL_MATCHED)
    assert "standard input" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_lock_of_the_sample_stands_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["bibtex", "--sample", "--lock", "-o", "refs.bib"]).exit_code == 0
    assert len((tmp_path / "refkit.lock").read_text(encoding="utf-8").splitlines()) == 54
    assert CliRunner().invoke(main, ["bibtex", "--sample", "--locked", "-o", "refs.bib"]).exit_code == 0


def test_the_sample_goes_into_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ZoteroServer() as zotero:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", zotero.url)
        monkeypatch.setenv("REFKIT_ZOTERO_KEY", zotero.add_key(write=True))
        planned = CliRunner().invoke(main, ["sync-zotero", "--sample", "--dry-run"])
        assert (planned.exit_code, planned.stderr.splitlines()[-1]) == (0, ALL_MATCHED)
        assert "53 create, 0 update" in planned.stdout
        refused = CliRunner().invoke(main, ["sync-zotero", "--sample", "--apply", "plan.json"])
    assert (refused.exit_code, "leave out --sample." in refused.stderr) == (2, True)


def test_the_pythons_that_are_named_are_those_that_are_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    start = "Programming Language :: Python :: 3."
    named = [int(each.removeprefix(start)) for each in project["classifiers"] if each.startswith(start)]
    assert project["requires-python"] == f">=3.{min(named)}"
    assert named == [*range(min(named), max(named) + 1)]
