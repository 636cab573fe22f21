"""The man pages: one for each command, made from it, in roff that man shows without complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from refkit.cli import main
from refkit.cli.man import man_pages
from refkit.cli.pages import pages

PAGES = man_pages(main)


def commands(command: click.Command = main, name: str = "refkit") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for word, each in command.commands.items():
            yield from commands(each, f"{name}-{word}")


def shown(name: str, text: str, folder: Path) -> str:
    """Return what man shows of a page, on lines that are not broken; it must have nothing to complain about."""
    program = shutil.which("groff")
    if not program:
        pytest.skip("groff is not installed")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    command = [program, "-man", "-Tutf8", "-ww", "-rLL=2000n", "-P-c", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b"", name
    # Bold and italic are letters struck twice.
    return re.sub(".\b", "", done.stdout.decode()).replace("‐", "-").replace("−", "-")


def test_every_command_has_a_page() -> None:
    assert sorted(PAGES) == sorted(f"{name}.1" for name, _ in commands())


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_names_every_option_and_exit_code_as_it_is_typed(name: str, tmp_path: Path) -> None:
    command = dict(commands())[name.removesuffix(".1")]
    text = shown(name, PAGES[name], tmp_path)
    for parameter in command.params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ():
            assert re.search(rf"(?<![\w-]){re.escape(option)}\b", text), option
    for code in re.findall(r"(?:: |; )(\d+) ", command.epilog or ""):
        assert re.search(rf"^ +{code}\s", text, re.MULTILINE), code


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_line_is_a_macro_that_there_is_or_text(name: str) -> None:
    assert PAGES[name].startswith(".TH ")
    for line in PAGES[name].splitlines():
        assert re.match(r"\.(?:TH|SH|TP|PP)\b", line) if line.startswith(".") else not line.startswith("'"), line


def test_what_roff_would_take_for_its_own_is_text(tmp_path: Path) -> None:
    @click.command(epilog="Exit codes: 0 done.")
    @click.option("--path", help=r"'A\B' and ~/x^2, `code`; .bib -- so-called.")
    def odd(path: str) -> None:
        """.bib files \\fB and 'quotes'."""

    page = man_pages(odd)["refkit.1"]
    text = shown("odd.1", page, tmp_path)
    assert r"'A\B' and ~/x^2, code; .bib -- so-called." in text
    assert r".bib files \fB and 'quotes'." in text


def test_pages_say_what_help_says() -> None:
    (page,) = (page for page in pages(main) if page.name == "refkit index build")
    assert page.usage == "[OPTIONS] SNAPSHOT"
    assert page.summary.startswith("Build the index of SNAPSHOT")
    assert dict(page.options)["--most-bad N"].startswith("Give up after")
    assert "-h, --help" in dict(page.options)


def test_they_are_written_where_man_and_the_shells_look(root: Path, tmp_path: Path) -> None:
    import runpy

    written = runpy.run_path(str(root / "docs/build_man.py"))["write"](tmp_path)
    assert "share/man/man1/refkit-bibtex.1" in written.values()
    assert "share/bash-completion/completions/refkit" in written.values()
    assert all(Path(path).read_text(encoding="utf-8") for path in written)
    if shutil.which("man"):
        done = subprocess.run(
            ["man", "-M", str(tmp_path / "share/man"), "refkit-bibtex"], capture_output=True, text=True, check=True
        )
        assert "--into" in done.stdout.replace("‐", "-").replace("−", "-").replace("\b", "")
