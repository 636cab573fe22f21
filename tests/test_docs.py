"""The documentation cannot lie: what can be run is run, what is named exists."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import refkit
from refkit import registry
from refkit.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_example_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", read(ROOT / "README.md"), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - it is ours
    assert capsys.readouterr().out.count("@misc{") == 53


def test_the_two_commands_are_there_to_the_letter() -> None:
    lines = read(ROOT / "README.md").splitlines()
    assert "pip install -e . && refkit bibtex > refs.bib" in lines
    assert "pip install -e '.[test]' && pytest" in lines


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links {target}"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_of_every_command_has_help(name: str) -> None:
    command = main.commands[name]
    assert command.help
    for option in command.params:
        if option.param_type_name == "option":
            assert getattr(option, "help", None), f"{name} {option.name}"
    assert "Exit codes" in CliRunner().invoke(main, [name, "--help"]).output


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_plug_in_is_documented(kind: str) -> None:
    pages = "".join(map(read, PAGES))
    for name in registry.KINDS[kind]:
        assert f"`{name}`" in pages, f"no page names the {kind} `{name}`"


def test_the_exit_codes_of_the_readme_are_those_of_the_errors() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", read(ROOT / "README.md"), re.MULTILINE)}
    named = {refkit.UsageError.exit_code, refkit.SourceError.exit_code, refkit.Interrupted.exit_code}
    assert codes == {0, 1} | named
    assert refkit.WriteError.exit_code == refkit.DigestError.exit_code == 2


def test_the_changelog_names_this_version_or_what_is_coming() -> None:
    assert re.search(
        rf"^## \[(?:Unreleased|{re.escape(refkit.__version__)})\]", read(ROOT / "CHANGELOG.md"), re.MULTILINE
    )


def test_nothing_names_a_path_of_a_developer_s_machine() -> None:
    names = re.compile("/" + r"(?:work|root|home|tmp/v)/|py" + r"pi\.org")
    tracked = [path for folder in ("refkit", "tests", "docs", ".ci") for path in (ROOT / folder).rglob("*")]
    for path in [*tracked, *PAGES, ROOT / "pyproject.toml"]:
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".bib", ".jsonl", ""}:
            assert not names.search(path.read_text(encoding="utf-8", errors="replace")), path


def test_every_block_of_the_library_page_runs_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # as for a user who has no checkout
    blocks = re.findall(r"```python\n(.*?)```", read(ROOT / "docs/library.md"), re.DOTALL)
    names: dict[str, object] = {"__name__": "notebook"}
    handlers, level = logging.getLogger().handlers[:], logging.getLogger("refkit").level
    try:
        for number, block in enumerate(blocks, start=1):
            exec(compile(block, f"docs/library.md, block {number}", "exec"), names)  # noqa: S102 - it is ours
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger("refkit").setLevel(level)
    shown = capsys.readouterr().out
    assert shown.startswith("matched ")
    for told in ("53/53 @misc{", "decided in time\n", "['2207.11240']\n", "there is no such file; correct its name.\n"):
        assert told in shown
    (decided,) = re.findall(r"(\d+) decided in time", shown)
    assert int(decided) < 53_000
    assert list(tmp_path.iterdir()) == []
