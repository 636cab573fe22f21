"""One look for all commands: what goes where, in which colours, and how much of it."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from refkit.cli import main, screen
from refkit.testing import ArxivServer

WEB, SEA = "Learning to Navigate the Web", "Learning to Navigate the Sea"
Terminal = Callable[..., Any]


def commands(command: click.Command = main, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, by its words."""
    if isinstance(command, click.Group):
        for word, each in command.commands.items():
            yield from commands(each, f"{name} {word}".strip())
    else:
        yield name, command


COMMANDS = dict(commands())


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arxiv_server: ArxivServer) -> None:  # noqa: ARG001
    monkeypatch.chdir(tmp_path)
    Path("digest.txt").write_text(f"{WEB}\n{SEA}\n", encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_the_options_of_all(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    wanted = {"--quiet", "-q", "--verbose", "-v", "--json"}
    assert wanted - ({"--json"} if name == "completion" else set()) <= options  # that prints a script
    help_text = CliRunner().invoke(main, [*name.split(), "--help"]).output
    assert "Print only results and what needs attention." in help_text


def test_quiet_leaves_results_and_what_needs_attention() -> None:
    loud, quiet = run("bibtex", "digest.txt"), run("bibtex", "digest.txt", "--quiet")
    assert quiet.stdout == loud.stdout
    assert quiet.exit_code == loud.exit_code == 1
    assert "2 titles: 1 matched" in loud.stderr
    assert "2 titles" not in quiet.stderr
    assert quiet.stderr.startswith(f"not found: digest.txt:2: {SEA}\n")
    assert run("bibtex", "digest.txt", "-q", "--format", "docx").stderr  # an error is never quiet


def test_verbose_tells_what_each_title_means_and_why() -> None:
    shown = run("bibtex", "digest.txt", "-v")
    assert f"matched: digest.txt:1: {WEB}\n    arXiv:1812.09195 (0.99" in shown.stderr
    assert "refkit: digest.txt: 2 titles, 0 lines that are none" in shown.stderr  # what the library logs
    assert shown.stdout == run("bibtex", "digest.txt").stdout
    assert "matched: digest" not in run("bibtex", "digest.txt").stderr


def test_quiet_and_verbose_contradict_each_other() -> None:
    refused = run("bibtex", "digest.txt", "-q", "-v")
    assert refused.exit_code == 2
    assert "--quiet and --verbose contradict each other" in refused.stderr


def test_a_warning_of_the_library_has_the_look_of_refkit(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_log()
    screen.show_log()
    logging.getLogger("refkit.somewhere").warning("the cache is %s", "gone")
    logging.getLogger("refkit.somewhere").info("nobody asked")
    assert capsys.readouterr().err == "refkit: the cache is gone\n"


@pytest.mark.parametrize("arguments", [("bibtex", "digest.txt"), ("doctor",), ("explain", WEB), ("read", "digest.txt")])
def test_a_pipe_gets_neither_colours_nor_links(arguments: tuple[str, ...]) -> None:
    environ = {**os.environ, "TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", "FORCE_HYPERLINK": "1"}
    command = [sys.executable, "-m", "refkit", *arguments]
    done = subprocess.run(command, capture_output=True, env=environ, check=False)
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_terminal_gets_colours_unless_it_says_no(on_terminal: Terminal) -> None:
    assert b"\x1b[33mnot found\x1b[0m: digest.txt:2" in on_terminal("bibtex", "digest.txt").raw
    for no in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = on_terminal("bibtex", "digest.txt", **no).raw
        assert b"not found: digest.txt:2" in shown
        assert b"\x1b[3" not in shown


def test_links_are_shown_where_the_terminal_says_that_it_can(on_terminal: Terminal) -> None:
    link = b"\x1b]8;;https://arxiv.org/abs/1812.09195\x1b\\arXiv:1812.09195\x1b]8;;\x1b\\"
    assert link in on_terminal("explain", WEB, FORCE_HYPERLINK="1").raw
    assert b"\x1b]8" not in on_terminal("explain", WEB).raw


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4205"}, False),
        ({"VTE_VERSION": "new"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"KITTY_WINDOW_ID": "3"}, True),
        ({"WT_SESSION": "x", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_which_terminals_say_that_they_can(environ: dict[str, str], *, expected: bool) -> None:
    assert screen.is_linking(environ) is expected


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_a_table_fits_the_width_of_the_terminal(columns: int, on_terminal: Terminal) -> None:
    lines = on_terminal("doctor", columns=columns).lines
    assert lines[0].split() == ["state", "what", "how", "it", "is"]
    assert max(map(len, lines)) <= columns
    start = lines[0].index("how it is")
    told = " ".join(line[start:] for line in lines)
    assert "there is none; run `refkit login` to write to a library on the web" in " ".join(told.split())


def test_sentences_are_broken_between_words(on_terminal: Terminal) -> None:
    lines = on_terminal("explain", SEA, "--no-network", columns=60).lines
    assert max(map(len, lines)) <= 60
    assert " ".join(" ".join(lines).split()).count("the catalogue or arXiv's earlier answers; the nearest,") == 1
    assert "  NOT FOUND: No record with this title in the catalogue or" in lines


@given(st.text(alphabet="ab \n", max_size=80), st.integers(20, 60))
def test_fitting_loses_no_word(text: str, width: int) -> None:
    lines = list(screen.fitted(text, width))
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= max(width, 24) or len(line.split()) == 1 for line in lines)


COLUMNS = (screen.Column("n", right=True), screen.Column("text", wraps=True))
CELLS = st.text(alphabet="abc: é\N{GREEK SMALL LETTER BETA}", max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_plain_rows_stand_one_below_the_other_and_lose_nothing(rows: list[tuple[str, str]]) -> None:
    lines = list(screen.aligned(COLUMNS, rows))
    width = max(len(cell) for cell in ("n", *(row[0] for row in rows)))
    for line, row in zip(lines, [("n", "text"), *rows], strict=True):
        assert line == f"{row[0]:>{width}}  {row[1]}".rstrip()


def test_what_is_no_name_of_a_state_is_not_coloured() -> None:
    assert screen.dressed("matchedness: none") == "matchedness: none"
    assert screen.dressed("refkit: fine") == "\x1b[2mrefkit:\x1b[0m fine"
    assert screen.dressed("failed: x").startswith("\x1b[31mfailed\x1b[0m: x")


def test_progress_has_counts_and_the_time_left(on_terminal: Terminal) -> None:
    raw = on_terminal("bibtex", "digest.txt", "--no-network", columns=100).raw.decode()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw)
    assert re.search(r"matching titles [━╸╺ ]*2/2 +\d\d:\d\d", shown)
    assert "/?" not in shown  # nothing is counted where nothing is known
    assert "matching titles" not in on_terminal("bibtex", "digest.txt", "-q").raw.decode()


def test_standard_output_that_is_closed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.TextIOWrapper):
        @property
        def buffer(self) -> io.BytesIO:
            raise OSError(9, "Bad file descriptor")

    from refkit.errors import WriteError

    monkeypatch.setattr(sys, "stdout", Closed(io.BytesIO()))
    with pytest.raises(WriteError, match=r"Standard output could not be written \(Bad file descriptor\)"):
        screen.print_text("x")
