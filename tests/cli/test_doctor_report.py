"""`refkit doctor --report`: enough for a maintainer, and nothing of the user."""

from __future__ import annotations

import getpass
import platform
import re
import socket
import sys
from collections.abc import Callable
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import refkit
from refkit.cli import doctor_report, main
from refkit.cli.doctor_report import Private, scrub
from refkit.testing import ZoteroServer

HOME, USER, KEY = "/Users/ada-lovelace", "ada-lovelace", "sk4Wq9x7LmPz2"
HIDDEN = Private(
    {HOME: "~", f"{HOME}/notes": ".", "C:\\Users\\Ada": "~"}, {USER: "<user>", "engine": "<machine>"}, frozenset({KEY})
)
# What stands in the configuration of the test and is nobody's business.
OURS = ("mirror.example", "secret-project", "ada@example.org", "Analytical Engine", "typo4Wq9x7")
CONFIGURATION = """
digests = ["secret-project/monday.txt", "b.txt"]
reader = "titles"
encoding = "secret-project"
format = "biblatex"
typo4Wq9x7 = 1
network = false
columns = { title = "secret-project" }

[sources]
use = ["catalogue", "arxiv"]

[sources.arxiv]
url = "https://ada:typo4Wq9x7@mirror.example/query"
contact = "ada@example.org"
interval = 3.5

[enrichers.openalex]
key = "typo4Wq9x7"

[zotero]
library = "Analytical Engine"
pdf = "none"
"""


@pytest.fixture
def report(web: ZoteroServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Result]:
    """Run `refkit doctor --report` in the home of a user who has keys, groups, proxies and a configuration."""
    home = folder / USER
    (home / "papers").mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, USER)
    for name in ("CACHE", "STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("REFKIT_OPENALEX_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", f"http://ada:{KEY}@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("REFKIT_ARXIV_URL", f"https://ada:{KEY}@mirror.example/{USER}/query?token={KEY}")
    web.add_group("Analytical Engine")
    monkeypatch.chdir(home / "papers")
    return lambda: CliRunner().invoke(main, ["doctor", "--report"])


def test_no_key_no_name_and_no_home_is_told(report: Callable[[], Result], web: ZoteroServer) -> None:
    Path("refkit.toml").write_text(CONFIGURATION, encoding="utf-8")
    done = report()
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert done.exit_code == 0
    private = (web.key, KEY, USER, *OURS, str(Path.home()), str(Path.cwd().parent), str(web.user_id), "ada")
    for secret in private:
        assert not re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", done.output), secret
    assert "key            valid, from the environment variable REFKIT_ZOTERO_KEY" in done.stdout
    assert "groups         1\n" in done.stdout


def test_it_tells_what_a_maintainer_must_know(report: Callable[[], Result]) -> None:
    Path("refkit.toml").write_text('digests = ["a", "b"]\nformat = "biblatex"\nnetwork = false\n', encoding="utf-8")
    done = report()
    assert done.stdout.startswith("```text\n")
    assert done.stdout.endswith("\n```\n")
    for told in (
        f"refkit         {refkit.__version__}\n",
        f"Python         {platform.python_version()}\n",
        platform.machine(),
        f"file names {sys.getfilesystemencoding()}",
        "no terminal",
        "settings       ./refkit.toml\n",
        "cache          ~/cache/refkit",
        "digests = (set, 2)\n",
        "format = biblatex\n",
        "network = false\n",
        "  REFKIT_ARXIV_URL (set)\n",
        "  HTTPS_PROXY (set)\n",
    ):
        assert told in done.stdout, told
    lines = done.stdout.splitlines()
    for need in requires("refkit") or ():
        name = re.split(r"[^\w.-]", need, maxsplit=1)[0]
        if "extra" not in need:
            assert f"  {name} {version(name)}" in lines
    assert "look the text over before you send it" in done.stderr


def test_a_broken_configuration_is_told_and_not_shown(
    report: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("refkit.toml").write_text(f"reader = {KEY}\n", encoding="utf-8")
    done = report()
    assert "problem  settings       ./refkit.toml:1 cannot be used as written\n" in done.stdout
    assert KEY not in done.output
    Path("refkit.toml").write_text('watch.every = "typo4Wq9x7"\n', encoding="utf-8")
    assert "typo4Wq9x7" not in report().output
    monkeypatch.setenv("REFKIT_ZOTERO_URL", "typo4Wq9x7")
    assert "typo4Wq9x7" not in report().output


@pytest.mark.usefixtures("report")
def test_a_report_is_no_json() -> None:
    done = CliRunner().invoke(main, ["doctor", "--report", "--json"])
    assert done.exit_code == 2
    assert "leave out --json" in done.stderr


def test_settings_are_shown_by_what_is_known_of_them() -> None:
    table = {"format": "bibtex", "encoding": "latin-1", "reader": "hunter2", "zotero": {"pdf": "none", "note": True}}
    assert list(doctor_report.setting_lines({**table, "watch": {"interval": 3.0, "every": "day", "x": 1}})) == [
        "format = bibtex",
        "encoding = latin-1",
        "reader = (set)",
        "zotero.pdf = none",
        "zotero.note = true",
        "watch.interval = 3.0",
        "watch.every = day",
        "watch.(a setting that refkit does not know)",
    ]
    assert list(doctor_report.setting_lines({"sources": {"use": ["arxiv"], KEY: {"url": KEY}}})) == [
        "sources.use = arxiv",
        "sources.(a setting that refkit does not know)",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HOME}/x.bib cannot be read", "~/x.bib cannot be read"),
        (f"{HOME}/notes/x.bib", "./x.bib"),
        ("C:\\Users\\Ada\\x.bib", "~\\x.bib"),
        (f"{HOME}-old/x.bib", "/Users/<user>-old/x.bib"),
        (f"/data/{USER}/x", "/data/<user>/x"),
        ("http://engine:8080/a?b", "http://<server>"),
        (f"https://u:{KEY}@api.zotero.org/users?key={KEY}#f", "https://api.zotero.org/users"),
        ("http://127.0.0.1:23119: Zotero is closed", "http://127.0.0.1:23119: Zotero is closed"),
        ("write to ada@example.org.", "write to <e-mail>."),
        (f"the key {KEY}!", "the key ***!"),
        ("on engine, engineering", "on <machine>, engineering"),
    ],
)
def test_what_is_private_is_replaced(text: str, expected: str) -> None:
    assert scrub(text, HIDDEN) == expected


@given(st.text(), st.sampled_from([HOME, KEY]), st.text())
def test_a_home_or_a_key_is_found_wherever_it_stands(before: str, private: str, after: str) -> None:
    assert KEY not in scrub(before + private + after, HIDDEN)
    if not re.match(r"[\w.-]", after):
        assert HOME not in scrub(f"{before} {private}{after}", HIDDEN)


def test_this_machine_and_its_user_are_private() -> None:
    hidden = doctor_report.private({"SOME_TOKEN": "abcdefgh", "HOME": "/Users/grace", "USER": "grace"})
    assert hidden.folders["/Users/grace"] == hidden.folders[str(Path.home())] == "~"
    assert hidden.names["grace"] == "<user>"
    assert hidden.secrets == {"abcdefgh"}
    if len(platform.node()) > 1 and platform.node() != "localhost":
        assert hidden.names[socket.gethostname()] == "<machine>"
    assert scrub(f"/mnt/{Path.home().name}/{getpass.getuser()}", hidden).startswith("/mnt/<user>/")
