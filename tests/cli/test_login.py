from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from refkit.cli import _Group
from refkit.cli.login import login
from refkit.testing import ZoteroServer
from refkit.writers.zotero.credentials import config_folder

commands: click.Group = _Group(commands={"login": login})


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the developer's keys: no variables, and no keyring."""
    monkeypatch.delenv("REFKIT_ZOTERO_KEY", raising=False)
    monkeypatch.delenv("ZOTERO_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoteroServer]:
    with ZoteroServer() as server:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", server.url)
        yield server


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    result = CliRunner().invoke(commands, ["login", *arguments], input=stdin)
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def kept() -> Path:
    return config_folder() / "zotero.json"


def test_a_key_from_a_pipe_is_checked_described_and_kept(server: ZoteroServer) -> None:
    result = run(stdin=f"  {server.key}\r\nanother line\n")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"The key belongs to ada (user {server.user_id}).",
        "  your library: read and write",
        "  files in it: yes",
        "  all groups: read and write",
        f"It is kept in {kept()}, which only you may read.",
    ]
    assert result.stderr == ""
    assert json.loads(kept().read_text(encoding="utf-8")) == {
        server.url: {"key": server.key, "user_id": server.user_id, "username": "ada"}
    }
    if os.name == "posix":
        assert stat.S_IMODE(kept().stat().st_mode) == 0o600


def test_a_key_is_never_shown(server: ZoteroServer) -> None:
    for result in (run(stdin=server.key), run(stdin=f"{server.key}x"), run(stdin=f"{server.key}-"), run("--forget")):
        assert server.key not in result.output


def test_a_key_that_may_only_read_is_kept_with_a_warning(server: ZoteroServer) -> None:
    result = run(stdin=server.add_key(write=False))
    assert result.exit_code == 0
    assert "  your library: read only\n" in result.stdout
    assert "  groups: no access\n" in result.stdout
    assert "warning: this key may only read" in result.stderr
    assert kept().exists()


def test_a_key_that_zotero_does_not_know_is_not_kept(server: ZoteroServer) -> None:
    result = run(stdin="0123456789abcdefghijklmn")
    assert result.exit_code == 2
    assert result.stderr.startswith("refkit: ")
    assert "0123456789abcdefghijklmn" not in result.output
    assert len(server.requests) == 1
    assert not kept().exists()


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [
        ("", "Standard input holds no key; make one at"),
        ("s3cr3t key\n", "letters and digits only"),
        (b"s3cr3t\xff\n", "letters and digits only"),
    ],
)
def test_what_cannot_be_a_key_is_not_sent(server: ZoteroServer, stdin: str | bytes, sentence: str) -> None:
    result = run(stdin=stdin)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "s3cr3t" not in result.output
    assert server.requests == []


def test_a_key_with_the_mark_that_some_editors_put_first_is_taken(server: ZoteroServer) -> None:
    assert run(stdin=b"\xef\xbb\xbf" + server.key.encode()).exit_code == 0


def test_a_server_that_is_no_address_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_URL", "api.zotero.org")
    result = run(stdin="key")
    assert result.exit_code == 2
    assert "REFKIT_ZOTERO_URL is 'api.zotero.org'; write an address" in result.stderr


def test_a_key_of_the_environment_is_told_to_win(server: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOTERO_API_KEY", "0therKey")
    result = run(stdin=server.key)
    assert result.exit_code == 0
    assert "note: ZOTERO_API_KEY is set, and the key in it wins" in result.stderr
    assert "0therKey" not in result.output


def test_a_key_is_forgotten_and_told_to_stay_valid(server: ZoteroServer) -> None:
    run(stdin=server.key)
    result = run("--forget")
    assert result.exit_code == 0
    assert f"The key is forgotten; it was in {kept()}." in result.stdout
    assert "stays valid until you delete it at https://www.zotero.org/settings/keys" in result.stdout
    assert not kept().exists()
    assert run("--forget").stdout == f"No key is kept for {server.url}.\n"


def test_forgetting_into_a_file_makes_no_sense() -> None:
    result = run("--forget", "--file")
    assert result.exit_code == 2
    assert "leave --file out" in result.stderr


class Keyring:
    def __init__(self) -> None:
        self.content: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.content.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.content[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.content[service_name, username]


def test_the_system_keyring_keeps_a_key_unless_the_file_is_wanted(
    server: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert "It is kept in the system keyring.\n" in run(stdin=server.key).stdout
    assert not kept().exists()
    assert server.key in keyring.content["refkit", server.url]
    assert f"It is kept in {kept()}" in run("--file", stdin=server.key).stdout
    assert keyring.content == {}


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
def test_a_key_that_is_typed_on_a_terminal_does_not_show(server: ZoteroServer) -> None:
    code = "import sys; sys.modules['keyring'] = None; from refkit.cli.login import login; login()"
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as program:
        os.close(theirs)
        shown = read_until(ours, b"does not show")
        os.write(ours, f"{server.key}\n".encode())
        shown += read_until(ours, b"may read.")
        assert program.wait(30) == 0
    os.close(ours)
    assert b"The key belongs to ada" in shown
    assert server.key.encode() not in shown


def read_until(terminal: int, text: bytes) -> bytes:
    """Return what a terminal shows up to a text, or to the end."""
    shown = b""
    while text not in shown:
        try:
            part = os.read(terminal, 1024)
        except OSError:  # how Linux tells that the other side is closed
            return shown
        if not part:
            return shown
        shown += part
    return shown
