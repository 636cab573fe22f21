"""`refkit bibtex` and `refkit explain` beside a stand-in arXiv: the whole program over real HTTP."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from rich.progress import Progress

from refkit.cli import main
from refkit.cli.screen import _Bar
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.testing import ArxivCorpus, ArxivServer, every, script

OWLS = "Nocturnal Owls and Their Silent Flight Control"
MICE = "Field Mice Hear What Owls Do Not Say"
RECORDS = (
    ArxivRecord(
        arxiv_id="2101.00001",
        title=OWLS,
        authors=(Author("Strix", "Ada"),),
        abstract="We listen to owls.",
        categories=("cs.RO", "q-bio.NC"),
        submitted=PartialDate(2021, 1, 4),
        updated=PartialDate(2022, 3, 5),
        comments="Withdrawn by the authors due to an error in section 3",
        journal_ref="J. Owl. 3 (2022) 1",
        doi="10.1000/owl",
    ),
    ArxivRecord(arxiv_id="hep-th/9901001", title=MICE, submitted=PartialDate(1999, 1, 2)),
)


@pytest.fixture(scope="module")
def corpus() -> ArxivCorpus:
    return ArxivCorpus.from_records(RECORDS)


@pytest.fixture
def server(corpus: ArxivCorpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ArxivServer]:
    monkeypatch.chdir(tmp_path)
    with ArxivServer(corpus) as running:
        monkeypatch.setenv("REFKIT_ARXIV_URL", running.url)
        monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "0")
        yield running


def run(*arguments: str, code: int, stdin: str = "") -> Result:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert "Traceback" not in result.output
    assert result.exit_code == code, result.output
    return result


def test_a_title_that_the_catalogue_lacks_comes_from_arxiv_and_a_second_run_asks_nothing(server: ArxivServer) -> None:
    first = run("bibtex", "-", stdin=f"{OWLS}\n{MICE}\n", code=0)
    assert "eprint        = {2101.00001}" in first.stdout
    assert "eprint        = {hep-th/9901001}" in first.stdout
    asked = len(server.requests)
    assert asked == 1
    assert run("bibtex", "-", stdin=f"{OWLS}\n{MICE}\n", code=0).stdout == first.stdout
    assert len(server.requests) == asked
    run("bibtex", "-", "--refresh", stdin=f"{OWLS}\n{MICE}\n", code=0)
    assert len(server.requests) == 2 * asked


def test_the_catalogue_is_enough_for_its_own_titles(server: ArxivServer) -> None:
    run("bibtex", "-", stdin="Learning to Navigate the Web\n", code=0)
    assert server.requests == []


def test_without_the_network_earlier_answers_are_used(server: ArxivServer) -> None:
    run("bibtex", "-", stdin=f"{OWLS}\n", code=0)
    asked = len(server.requests)
    result = run("bibtex", "-", "--no-network", stdin=f"{OWLS}\n{MICE}\n", code=1)
    assert "2 titles: 1 matched, 0 ambiguous, 1 not found, 0 failed" in result.stderr
    assert "No record with this title in the catalogue or arXiv's earlier answers." in result.stderr
    assert "only what is on this machine was asked" in result.stderr
    assert len(server.requests) == asked


def test_what_arxiv_says_is_told_to_programs_and_people(server: ArxivServer) -> None:
    result = run("bibtex", "-", "--json", stdin=f"{OWLS}\n", code=0)
    record = json.loads(result.stdout)["resolutions"][0]["record"]
    assert record == {
        "arxiv_id": "2101.00001",
        "version": 1,
        "title": OWLS,
        "authors": ["Ada Strix"],
        "categories": [{"code": "cs.RO", "name": "Robotics"}, {"code": "q-bio.NC", "name": "Neurons and Cognition"}],
        "submitted": "2021-01-04",
        "updated": "2022-03-05",
        "comments": RECORDS[0].comments,
        "journal_ref": "J. Owl. 3 (2022) 1",
        "doi": "10.1000/owl",
        "withdrawn": True,
    }
    assert "refkit: withdrawn, as arXiv says, but written all the same: arXiv:2101.00001" in result.stderr
    told = run("explain", OWLS, code=0).stdout
    assert "WITHDRAWN" in told
    assert "categories: cs.RO (Robotics), q-bio.NC (Neurons and Cognition)" in told
    assert "current version: version 1 of 2022-03-05" in told
    assert server.requests


def test_ids_that_are_wrong_are_named_and_the_title_decides(server: ArxivServer) -> None:
    rows = [
        {"title": OWLS, "arxiv_id": "2101.0001"},
        {"title": OWLS + "!", "arxiv_id": "2101.99999"},
        {"title": MICE, "arxiv_id": "2101.00001"},
        {"title": "Learning to Navigate the Web", "arxiv_id": "abc"},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    result = run("bibtex", "-", "--json", "--reader", "jsonl", stdin=text, code=1)
    found = json.loads(result.stdout)["resolutions"]
    assert [each["verdict"] for each in found] == ["matched", "matched", "ambiguous", "matched"]
    assert "gives '2101.0001' as its id, which is none of arXiv's" in found[0]["reason"]
    assert "The digest links 2101.99999, which arXiv does not have." in found[1]["reason"]
    for part in ("hep-th/9901001", MICE, "2101.00001", OWLS):
        assert part in found[2]["reason"]
    assert {each["arxiv_id"] for each in found[2]["candidates"]} >= {"hep-th/9901001", "2101.00001"}
    assert not any("2101.0001" in each.params.get("id_list", "") for each in server.requests)


def test_an_outage_is_failed_and_never_not_found(corpus: ArxivCorpus, server: ArxivServer) -> None:
    server.faults = every(1, "503")
    result = run("bibtex", "-", stdin=f"{OWLS}\nLearning to Navigate the Web\n", code=3)
    assert result.stdout.count("@misc") == 1
    assert (
        f"failed: standard input:1: {OWLS}\n    A source failed: arxiv: it is overloaded or down (503)" in result.stderr
    )
    assert "not found:" not in result.stderr
    assert len(server.requests) == 4
    server.faults = every(10**6)
    assert run("bibtex", "-", stdin=f"{OWLS}\n", code=0).stdout.count("@misc") == 1
    assert corpus


def test_a_bad_moment_changes_nothing(server: ArxivServer) -> None:
    server.faults = script({1: "429", 2: "html", 3: "truncated"})
    assert run("bibtex", "-", stdin=f"{OWLS}\n", code=0).stdout.count("@misc") == 1


def test_nobody_there_is_said_at_once() -> None:
    result = run("bibtex", "-", stdin=f"{OWLS}\n", code=3)
    assert "it could not be reached; check the network, or go without it by --no-network" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("URL", "ftp://example.org", "sources.arxiv.url is 'ftp://example.org'; write an address like https://"),
        ("URL", "https://export.arxiv.org", "arXiv's terms of use ask for at least 3 s"),
        ("URL", "http://[::1", "write an address like https://"),
        ("URL", "http://ada:lovelace@example.org", "holds a user name or a password; write the address without them"),
        ("CONTACT", "ada\nX-Evil: 1@example.org", "write an e-mail address or nothing"),
        ("INTERVAL", "-1", "[sources.arxiv] cannot be used"),
        ("INTERVAL", "inf", "[sources.arxiv] cannot be used"),
        ("INTERVAL", "soon", "[sources.arxiv] cannot be used"),
        ("SPEED", "1", "its settings are: url, interval, contact"),
    ],
)
def test_settings_that_cannot_be_used_are_sentences(
    server: ArxivServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"REFKIT_ARXIV_{name}", value)
    told = run("bibtex", "-", stdin=f"{OWLS}\n", code=2).stderr
    assert sentence in told
    assert "lovelace" not in told
    assert server.requests == []


def test_the_configuration_names_another_server(server: ArxivServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFKIT_ARXIV_URL")
    monkeypatch.delenv("REFKIT_ARXIV_INTERVAL")
    host = server.url.removesuffix("/api/query")
    Path("refkit.toml").write_text(
        f'[sources.arxiv]\nurl = "{host}"\ninterval = 0.0\ncontact = "ada@example.org"\n', encoding="utf-8"
    )
    run("bibtex", "-", stdin=f"{OWLS}\n", code=0)
    assert "mailto:ada@example.org" in server.requests[0].user_agent


def test_nothing_of_the_progress_goes_into_a_pipe(server: ArxivServer) -> None:
    assert run("bibtex", "-", stdin=f"{OWLS}\n", code=0).stderr == (
        "refkit: withdrawn, as arXiv says, but written all the same: arXiv:2101.00001\n"
        "refkit: 1 title: 1 matched, 0 ambiguous, 0 not found, 0 failed\n"
    )
    assert server.requests


def test_a_terminal_shows_what_is_waited_for_and_ctrl_c_leaves_a_clean_state(
    server: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "5")
    Path("digest.txt").write_text(f"{OWLS}\nAn Entirely Unknown Treatise on Nothing Whatsoever\n", encoding="utf-8")
    Path("refs.bib").write_text("mine\n", encoding="utf-8")
    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "refkit", "bibtex", "digest.txt", "-o", "refs.bib"]
    process = subprocess.Popen(command, stderr=terminal, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    os.close(terminal)
    shown: list[bytes] = []
    thread = threading.Thread(target=_collect, args=(reader, shown), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while b"next request in" not in b"".join(shown) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    thread.join(5)
    os.close(reader)
    text = b"".join(shown).decode(errors="replace")
    assert "asking arXiv: " in text
    assert "2 titles: 1 matched, 0 ambiguous, 0 not found, 1 failed" in text
    assert "interrupted, nothing was written" in text
    assert Path("refs.bib").read_text(encoding="utf-8") == "mine\n"
    monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "0")
    asked = len(server.requests)
    assert "1 matched" in run("bibtex", "digest.txt", "--no-network", code=1).stderr
    assert len(server.requests) == asked


def _collect(reader: int, shown: list[bytes]) -> None:
    while True:
        try:
            data = os.read(reader, 4096)
        except OSError:  # the other end is closed
            return
        if not data:
            return
        shown.append(data)


def test_text_of_a_server_is_shown_as_it_is() -> None:
    out = io.StringIO()
    bar = Progress(console=Console(file=out, width=100))
    display = _Bar(bar, "matching titles")
    display.notify("it gave “[/bold] oops” instead of records")
    display.progress(1, 2)
    bar.console.print(bar.get_renderable())
    assert "“[/bold] oops”" in out.getvalue()
