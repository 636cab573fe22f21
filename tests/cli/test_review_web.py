"""`refkit review --web` as a program: from its address to the summary after Ctrl-C, and what it refuses to begin."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import Result

from refkit.lock import decision
from refkit.locks import Locks, read_lock
from refkit.model import Mention
from refkit.testing import ZoteroServer

Run = Callable[..., Result]
NAV, SEA = "Learning to Navigate the Web", "Learning to Navigate the Sea"


class Program:
    """`refkit review --web` in a process of its own, asked as its page does."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "refkit", "review", "--web", "--no-browser", "--no-network", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stderr
        self.before = ""
        for line in self._process.stderr:
            self.before += line
            found = re.search(r"(http://127\.0\.0\.1:\d+)/#(\S+)", line)
            if found:
                self.address, self._token = found.groups()
                break
        else:
            raise AssertionError(self.before)

    def ask(self, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Origin": self.address}
        method = "GET" if body is None else "POST"
        answer = requests.request(method, f"{self.address}/api/{path}", json=body, headers=headers, timeout=60)
        return answer.json()

    def choose(self, place: int, what: str, arxiv_id: str = "") -> None:
        seen = self.ask("version")["version"]
        assert "told" in self.ask("choose", {"place": place, "what": what, "id": arxiv_id, "seen": seen})

    def interrupt(self, kind: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        self._process.send_signal(kind)
        out, told = self._process.communicate(timeout=30)
        assert out == ""
        assert "Traceback" not in told
        return self._process.returncode, told

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Program]]:
    """Start the program on a digest of two titles, of which one is open."""
    (folder / "digest.txt").write_text(f"{SEA}\n{NAV}\n", encoding="utf-8")
    opened: list[Program] = []

    def begin(*arguments: str) -> Program:
        opened.append(Program("digest.txt", *arguments))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


def test_it_serves_until_ctrl_c_and_sums_up(start: Callable[..., Program]) -> None:
    program = start()
    assert requests.get(program.address, timeout=9).status_code == 200
    assert requests.get(f"{program.address}/api/review", timeout=9).status_code == 403
    shown = program.ask("review")
    assert (shown["titles"], shown["states"]) == ([SEA, NAV], "xm")
    assert program.ask("title/0")["candidates"][0]["id"] == "1812.09195"
    program.choose(0, "accept", "1812.09195")
    code, told = program.interrupt()
    assert code == 0, told
    assert "refkit: 1 title asked: 1 accepted; kept in refkit.lock\n" in told
    (kept,) = read_lock(Path("refkit.lock")).of_title(SEA)
    assert kept.decided == "accepted"


def test_what_is_left_open_is_told_by_summary_and_exit_code(start: Callable[..., Program]) -> None:
    code, told = start().interrupt()
    assert code == 1, told
    assert "refkit: 1 title asked: none decided; 1 still open\n" in told


def test_a_paper_is_looked_for_among_the_sources_of_the_run(start: Callable[..., Program]) -> None:
    program = start()
    found = program.ask("search", {"place": 0, "text": "VoxPoser Composable 3D Value Maps"})
    assert "2307.05973" in [each["id"] for each in found["candidates"]]
    assert program.ask("search", {"place": 0, "text": "2307.05973"})["candidates"][0]["id"] == "2307.05973"
    program.choose(0, "accept", "2307.05973")
    assert program.interrupt()[0] == 0


def test_what_was_decided_is_asked_again_if_wanted(start: Callable[..., Program]) -> None:
    mention = Mention(title=SEA, digest="digest.txt")
    Locks([mention]).put(mention, decision(mention, "none"))
    program = start()
    assert program.ask("title/0")["candidates"] == []
    assert program.interrupt()[0] == 0
    program = start("--again")
    shown = program.ask("title/0")
    assert (shown["state"], shown["candidates"][0]["id"]) == ("none", "1812.09195")
    assert program.interrupt()[0] == 0


def test_themes_and_choices_are_obeyed_by_the_other_commands(start: Callable[..., Program], cli: Run) -> None:
    program = start()
    seen = program.ask("version")["version"]
    program.ask("title/1")
    program.ask("themes", {"place": 1, "themes": ["my-reading"], "seen": seen})
    program.choose(0, "none")
    program.interrupt()
    result = cli("bibtex", "digest.txt", "--locked")
    assert result.stdout.count("@misc") == 1
    assert "my-reading" in result.stdout


def test_zotero_is_planned_and_written(web: ZoteroServer, start: Callable[..., Program]) -> None:
    program = start()
    plan = program.ask("plan/zotero", {})
    assert web.library.version == 0
    assert plan["counts"] == "1 create, 0 update, 0 conflict, 0 keep"
    ((op, name, title, reason, _),) = plan["changes"]
    assert (op, name, title) == ("create", "arXiv:1812.09195", NAV)
    assert "it is not in the library" in reason
    done = program.ask("apply", {"plan": plan["plan"]})
    assert "1 created, 0 updated" in done["told"]
    assert [row["title"] for row in web.library.items.values() if row["itemType"] == "preprint"] == [NAV]
    again = program.ask("plan/zotero", {})
    assert again["changes"] == []
    code, told = program.interrupt()
    assert code == 1
    assert web.key not in told


def test_zotero_that_is_not_there_is_a_sentence(start: Callable[..., Program]) -> None:
    told = start().ask("plan/zotero", {})
    assert list(told) == ["error"]
    assert told["error"].endswith(".")


def test_a_port_may_be_named_and_one_in_use_is_a_sentence(
    start: Callable[..., Program], refused: Callable[..., str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = refused("review", "digest.txt", "--web", "--no-network", "--no-browser", "--port", str(port))
        assert sentence == (
            f"Port {port} of 127.0.0.1 cannot be had (Address already in use); name another one with --port, "
            "or leave --port out for one that is free."
        )
    assert not Path("refkit.lock").exists()
    assert start("--port", str(port)).address == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_without_the_extra_a_sentence_names_it(
    folder: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == library else find(name))
    assert refused("review", "digest.txt", "--web") == (
        "--web needs two libraries that are not installed; run `pip install 'refkit[web]'`."
    )
    assert not (folder / "refkit.lock").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--web", "--list"], "--web shows a page, --list and --prune show none; leave out one of them."),
        (["--web", "--prune"], "--web shows a page, --list and --prune show none; leave out one of them."),
        (["--port", "80"], "--port and --no-browser go with --web."),
        (["--list", "--no-browser"], "--port and --no-browser go with --web."),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    refused: Callable[..., str], options: list[str], sentence: str
) -> None:
    assert refused("review", "digest.txt", *options) == sentence


def test_the_browser_is_given_a_ticket_and_not_the_token(
    folder: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a browser is started with can be read by all users of a machine; it opens the review only once."""
    assert folder
    opened: list[str] = []

    def fails(address: str) -> bool:
        opened.append(address)
        return False

    monkeypatch.setattr("webbrowser.open", fails)
    monkeypatch.setattr("refkit.cli.review_web._run", lambda *_: None)
    monkeypatch.setenv("DISPLAY", ":0")
    told = cli("review", "digest.txt", "--web", "--no-network").stderr
    token = re.search(r"#(\S+)", told)
    assert token
    assert token[1] not in opened[0]
    assert "no browser could be opened" in told
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    cli("review", "digest.txt", "--web", "--no-network")
    assert len(opened) == 1  # a browser of text would take the terminal
