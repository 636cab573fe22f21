"""The key is nowhere: not in any output, not in the log at its most talkative, not in any file but its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from refkit.testing import ZoteroDesktop, ZoteroServer

# As a user who hunts for an error would run it: all of the log, and every warning of Python's.
TALKATIVE = """
import logging, sys
sys.modules["keyring"] = None
logging.basicConfig(level=10)
import refkit.cli, refkit.pace, refkit.pipeline
if "{quick}":  # the pauses before further attempts pass at once
    refkit.pipeline.Clock = lambda: refkit.pace.Clock(sleep=lambda _: None)
refkit.cli.main()
"""
SYNC = ("sync-zotero", "digest.txt", "--no-network")
WRONG = "wr0ngwr0ngwr0ngwr0ngwr0n"
Refkit = Callable[..., str]


@pytest.fixture
def refkit(folder: Path) -> Refkit:
    """Run refkit in a process of its own; returns all of its output."""

    def run(*arguments: str, code: int, stdin: str = "", quick: bool = False, **environ: str) -> str:
        program = TALKATIVE.replace("{quick}", "yes" if quick else "")
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program, *arguments],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **environ},
            timeout=120,
            check=False,
        )
        output = done.stdout.decode()
        assert "Traceback" not in output, output
        assert "ResourceWarning" not in output, output
        assert done.returncode == code, output
        return output

    return run


def files(*but: str) -> list[tuple[Path, bytes]]:
    """Return what is in refkit's folders and in the current one, but for the files with these names."""
    folders = {os.environ[name] for name in os.environ if name.startswith("XDG_")} | {os.environ["HOME"], "."}
    found = [path for each in folders for path in Path(each).rglob("*") if path.is_file() and path.name not in but]
    return [(path, path.read_bytes()) for path in found]


def nowhere(secret: str, outputs: list[str], *but: str) -> None:
    for output in outputs:
        assert secret not in output
    for path, data in files(*but):
        assert secret.encode() not in data, path


def test_a_key_of_the_environment_is_in_no_output_and_in_no_file(web: ZoteroServer, refkit: Refkit) -> None:
    web.add_group("Owls")
    outputs = [
        refkit(*SYNC, "--dry-run", "--json", code=0),
        refkit(*SYNC, "--plan", "plan.json", code=0),
        refkit("sync-zotero", "--apply", "plan.json", "--json", code=0),
        refkit(*SYNC, "--collection", "Reading", code=0),
        refkit(*SYNC, "--library", "Owls", code=0),
        refkit(*SYNC, "--library", "Mice", code=2),
        refkit("log", code=0),
        refkit("doctor", code=0),
        refkit("doctor", "--json", code=0),
        refkit("undo", code=0),
        refkit("-h", code=0),
        refkit("sync-zotero", "-h", code=0),
    ]
    assert "DEBUG" in "".join(outputs)
    assert {path.name for path, _ in files()} >= {"plan.json", "digest.txt"}
    assert any(path.suffix == ".sqlite" for path, _ in files())
    nowhere(web.key, outputs)


def test_failures_do_not_show_the_key(web: ZoteroServer, refkit: Refkit) -> None:
    read_only = web.add_key()
    outputs = [
        refkit(*SYNC, code=2, REFKIT_ZOTERO_KEY=WRONG),
        refkit("doctor", code=3, REFKIT_ZOTERO_KEY=WRONG),
        refkit("undo", code=2, REFKIT_ZOTERO_KEY=f"{WRONG}!"),
        refkit("login", code=2, stdin=WRONG),
        refkit("login", code=2, stdin=f"{WRONG} and more"),
        refkit(*SYNC, code=2, REFKIT_ZOTERO_KEY=read_only),
        refkit("--key", web.key[:4], code=2),
    ]
    for secret in (WRONG, read_only):
        nowhere(secret, outputs)


def test_outages_do_not_show_the_key(web: ZoteroServer, refkit: Refkit) -> None:
    outputs = [refkit(*SYNC, code=3, quick=True, REFKIT_ZOTERO_URL="http://127.0.0.1:9")]
    faults = iter(("500", "502-html", "html-200", "reset", "cut"))
    web.faults = lambda _: next(faults, "500")
    outputs += [refkit(*SYNC, code=3, quick=True), refkit("doctor", code=3)]
    nowhere(web.key, outputs)


def test_a_key_that_was_logged_in_with_is_in_its_own_file_alone(
    web: ZoteroServer, refkit: Refkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REFKIT_ZOTERO_KEY")
    outputs = [
        refkit("login", code=0, stdin=f"{web.key}\n"),
        refkit(*SYNC, code=0),
        refkit("doctor", code=0),
        refkit("undo", code=0),
    ]
    (where,) = (path for path, data in files() if web.key.encode() in data)
    assert where.name == "zotero.json"
    nowhere(web.key, outputs, "zotero.json")
    outputs.append(refkit("login", "--forget", code=0))
    nowhere(web.key, outputs)


def test_the_key_of_a_desktop_is_in_its_own_file_alone(
    folder: Path, refkit: Refkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder
    with ZoteroDesktop(prompt="always") as desktop:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
        outputs = [refkit(*SYNC, code=0), refkit("doctor", code=0), refkit("undo", code=0)]
        keys = desktop.keys._permanent
    (key,) = keys
    assert any(key.encode() in data for path, data in files() if path.name == "zotero.json")
    nowhere(key, outputs, "zotero.json")
