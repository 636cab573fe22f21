"""`refkit read`, and digests in folders: what was read, what was skipped and why, for people and for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from refkit.cli import main

WEB, BOTTLENECK = "Learning to Navigate the Web", "Discrete Key-Value Bottleneck"
LIST = f"""# Agents

Mar 13
117
- {WEB} https://arxiv.org/abs/1812.09195
- {BOTTLENECK}
118
View PDF
"""
OBJECT = {
    "title": WEB,
    "abstract": "We show that it works.",
    "authors": ["Izzeddin Gur"],
    "date": "2018-12-21",
    "doi": "10.1000/x",
    "section": "Agents",
}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run refkit in a folder without configuration and check its exit code."""
    monkeypatch.chdir(tmp_path)
    Path("list.txt").write_text(LIST, encoding="utf-8")
    Path("d.jsonl").write_text(json.dumps(OBJECT) + "\n", encoding="utf-8")

    def call(*arguments: str, code: int = 0, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin)
        assert isinstance(result.exception, SystemExit | None), repr(result.exception)
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def mails(run: Run) -> Path:  # noqa: ARG001 - it makes the folder current
    """A folder with a list, JSON lines below it, a picture, and a text that is no digest."""
    folder = Path("mails")
    (folder / "2025").mkdir(parents=True)
    (folder / "list.txt").write_text(LIST, encoding="utf-8")
    (folder / "2025/d.jsonl").write_text(json.dumps(OBJECT) + "\n", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "broken.jsonl").write_text('{"title": 1}\n', encoding="utf-8")
    return folder


def test_a_listing_shows_titles_with_what_came_with_them_and_what_was_skipped(run: Run) -> None:
    result = run("read", "list.txt", "d.jsonl")
    assert result.stdout == (
        "list.txt: read as titles (0.50 sure)\n"
        f"     5  {WEB}\n"
        "        03-13 of an unknown year, under “Agents”, arXiv:1812.09195\n"
        f"     6  {BOTTLENECK}\n"
        "        03-13 of an unknown year, under “Agents”\n"
        "  skipped: 5 lines\n"
        "     2  a count (4: 117; 7: 118)\n"
        "     1  a heading (1: # Agents)\n"
        "     1  a date (3: Mar 13)\n"
        "     1  a word of the page (8: View PDF)\n"
        "d.jsonl: read as jsonl (1.00 sure)\n"
        f"     1  {WEB}\n"
        "        1 author, abstract of 5 words, 2018-12-21, under “Agents”, doi:10.1000/x\n"
    )
    assert result.stderr == "refkit: 3 titles read from 2 digests, 5 lines skipped\n"


def test_all_skipped_lines_are_shown_on_demand(run: Run) -> None:
    shown = run("read", "list.txt", "--skipped").stdout
    assert "     4  a count: 117\n" in shown
    assert "     7  a count: 118\n     8  a word of the page: View PDF\n" in shown


def test_examples_are_few_and_different(run: Run) -> None:
    Path("long.txt").write_text(f"{WEB}\n" + "7\n7\n1k\n20\n30\n" * 50)
    assert "   250  a count (2: 7; 4: 1k; 5: 20; ...)\n" in run("read", "long.txt").stdout


def test_a_reader_that_was_named_is_not_said_to_be_sure(run: Run) -> None:
    assert "list.txt: read as titles (as it was named)\n" in run("read", "list.txt", "--reader", "titles").stdout
    assert json.loads(run("read", "d.jsonl", "--reader", "jsonl", "--json").stdout)["files"][0]["readers"] == [
        {"name": "jsonl", "confidence": None, "letters": 1}
    ]


def test_json_tells_all_of_it(run: Run) -> None:
    result = run("read", "list.txt", "-", "--json", stdin=json.dumps(OBJECT))
    document: dict[str, Any] = json.loads(result.stdout)
    assert list(document) == ["version", "summary", "files", "unread", "passed_over"]
    assert document["summary"] == {"files": 2, "mentions": 3, "skipped": 5, "unread": 0, "passed_over": 0}
    first, second = document["files"]
    assert list(first) == ["digest", "reader", "readers", "mentions", "skipped"]
    assert (first["digest"], first["reader"]) == ("list.txt", "titles")
    assert first["skipped"][0] == {"line": 1, "text": "# Agents", "reason": "a heading"}
    assert second["digest"] == "standard input"
    assert second["mentions"] == [
        {
            "title": WEB,
            "abstract": "We show that it works.",
            "authors": ["Izzeddin Gur"],
            "heading": "Agents",
            "issued": "2018-12-21",
            "arxiv_id": "",
            "doi": "10.1000/x",
            "url": "",
            "digest": "standard input",
            "line": 1,
            "raw": WEB,
            "keywords": [],
        }
    ]


def test_what_json_tells_reads_back_the_same(run: Run) -> None:
    mentions = json.loads(run("read", "list.txt", "--json").stdout)["files"][0]["mentions"]
    again = run("read", "-", "--json", stdin="".join(json.dumps(each) + "\n" for each in mentions))
    assert json.loads(again.stdout)["files"][0]["mentions"] == mentions


def test_the_digests_of_the_configuration_are_read(run: Run) -> None:
    Path("refkit.toml").write_text('digests = ["l*.txt"]\nreader = "titles"\n')
    assert "2 titles read from 1 digest," in run("read").stderr
    Path("refkit.toml").unlink()
    assert run("read", code=2).stderr.startswith("refkit: No digest to read: name one (`refkit read digest.txt`")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.txt",), "none.txt: there is no such file; correct its name."),
        (("list.txt", "none.txt"), "none.txt: there is no such file; correct its name."),
        (("list.txt", "--reader", "docx"), "There is no reader named 'docx'"),
        (("list.txt", "--encoding", "klingon"), "There is no text encoding named 'klingon'"),
        (("*.eml",), "*.eml: no file has a name of this pattern; correct it."),
        (("-", "-"), "Standard input can be read only once"),
        (("list.txt", "--column", "title"), "title"),
        (("list.txt", "--column", "titel=Paper"), "titel"),
        (("list.txt", "--reader", "hf-trending", "--column", "title=Paper"), "'hf-trending' reads no columns"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("read", *arguments, code=2)
    (line,) = result.stderr.splitlines()
    assert line.startswith("refkit: ")
    assert message in line
    assert result.stdout == ""


def test_a_folder_is_read_and_what_could_not_be_is_told(run: Run, mails: Path) -> None:
    result = run("read", str(mails), code=1)
    assert [line.partition(":")[0] for line in result.stdout.splitlines() if ": read as" in line] == [
        str(mails / "2025/d.jsonl"),
        str(mails / "list.txt"),
    ]
    assert result.stderr.splitlines() == [
        f"refkit: not read: {mails / 'broken.jsonl'}:1: the 'title' is not a string; write it between double quotes.",
        "refkit: passed over, being no digests: 1 file (a PNG image: 1)",
        "refkit: 3 titles read from 2 digests, 5 lines skipped",
    ]
    document = json.loads(run("read", str(mails), "--json", code=1).stdout)
    assert document["unread"] == [
        {
            "digest": str(mails / "broken.jsonl"),
            "line": 1,
            "problem": "the 'title' is not a string; write it between double quotes.",
        }
    ]
    assert document["passed_over"] == [{"path": str(mails / "picture.png"), "reason": "a PNG image"}]


def test_of_very_many_files_that_cannot_be_read_the_first_are_told(run: Run, mails: Path) -> None:
    for number in range(30):
        (mails / f"{number:02}.jsonl").write_text("{")
    told = run("read", str(mails), code=1).stderr.splitlines()
    assert len([line for line in told if line.startswith("refkit: not read: mails")]) == 20
    assert "refkit: not read: 11 more files; `refkit read --json` tells all" in told


def test_a_folder_in_which_nothing_can_be_read_is_an_error(run: Run) -> None:
    Path("none").mkdir()
    assert "none: there is no file in it" in run("read", "none", code=2).stderr
    Path("none/a.jsonl").write_text("{")
    assert "none/a.jsonl:1: not JSON" in run("read", "none", code=2).stderr.replace(os.sep, "/")
    Path("none/b.jsonl").write_text("{")
    assert "None of the other files (1) can be read either." in run("read", "none", code=2).stderr


def test_bibtex_of_a_folder_writes_each_paper_once_and_tells_what_it_could_not_read(run: Run, mails: Path) -> None:
    result = run("bibtex", str(mails), "--no-network", code=1)
    assert result.stdout.count("@misc{") == 2
    assert "refkit: not read: " in result.stderr
    assert "3 titles: 3 matched" in result.stderr
    (mails / "broken.jsonl").unlink()
    assert run("bibtex", "mails/**/*.*", "--no-network").stdout == result.stdout


def test_a_second_run_does_not_read_what_the_first_one_wrote(run: Run, mails: Path) -> None:
    (mails / "broken.jsonl").unlink()
    run("bibtex", str(mails), "-o", "mails/refs.bib", "--no-network")
    written = (mails / "refs.bib").read_bytes()
    again = run("bibtex", str(mails), "-o", "mails/refs.bib", "--no-network")
    assert "the file to be written: 1" in again.stderr
    assert "3 titles: 3 matched" in again.stderr
    assert (mails / "refs.bib").read_bytes() == written


def test_columns_are_named_on_the_command_line_or_in_the_configuration(run: Run) -> None:
    Path("t.csv").write_text(f'Year,Thesis\n2018,"{WEB}"\n')
    assert WEB in run("read", "t.csv", "--column", "title=Thesis").stdout
    Path("refkit.toml").write_text('digests = ["t.csv"]\n[columns]\ntitle = "Year"\nissued = "Year"\n')
    assert "     2  2018\n" in run("read").stdout
    named = json.loads(run("read", "--column", "title=Thesis", "--json").stdout)["files"][0]["mentions"]
    assert [(each["title"], each["issued"]) for each in named] == [(WEB, "2018")]
    assert "1 matched" in run("bibtex", "--column", "title=thesis", "--no-network").stderr


def test_a_title_cannot_steer_the_terminal(run: Run) -> None:
    Path("evil.jsonl").write_text(json.dumps({"title": "Evil \x1b]0;x\x07 Paper", "section": "\x1b[2J"}) + "\n")
    assert "\x1b" not in run("read", "evil.jsonl").output


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is a thing of Unix")
@pytest.mark.parametrize(("environment", "is_dim"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)])
@pytest.mark.usefixtures("run")
def test_on_a_terminal_what_came_with_a_title_is_dim(environment: dict[str, str], *, is_dim: bool) -> None:
    import pty

    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "refkit", "read", "list.txt"]
    with subprocess.Popen(command, stdout=secondary, env={"TERM": "xterm", **os.environ, **environment}) as running:
        running.wait(timeout=60)
    os.close(secondary)
    shown = os.read(primary, 65536)
    os.close(primary)
    assert WEB.encode() in shown
    assert (b"\x1b[2m" in shown) is is_dim
