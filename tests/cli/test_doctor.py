from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import refkit
from refkit.cli import _Group
from refkit.cli.doctor import doctor
from refkit.testing import ZoteroDesktop, ZoteroServer
from refkit.testing.zotero_desktop_other import JabrefDesktop

commands: click.Group = _Group(commands={"doctor": doctor})


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tests away from the developer's keys and programs: nobody answers by default."""
    monkeypatch.delenv("REFKIT_ZOTERO_KEY", raising=False)
    monkeypatch.delenv("ZOTERO_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("REFKIT_ZOTERO_URL", closed)
    monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", closed)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoteroServer]:
    with ZoteroServer() as server:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", server.url)
        yield server


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoteroDesktop]:
    with ZoteroDesktop() as desktop:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", desktop.url)
        yield desktop


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, ["doctor", *arguments])
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def lines(result: Result, name: str) -> list[tuple[str, str]]:
    """Return status and text of the lines with a name."""
    parts = [line.split(None, 1) for line in result.stdout.splitlines()]
    return [(status, rest.removeprefix(name).strip()) for status, rest in parts if rest.startswith(f"{name}  ")]


def test_versions_are_told() -> None:
    result = run()
    assert lines(result, "refkit") == [("ok", refkit.__version__)]
    assert lines(result, "Python") == [("ok", sys.version.split()[0])]
    for name in ("pyzotero", "bibtexparser"):
        assert lines(result, name) == [("ok", version(name))]
    ((status, library),) = lines(result, "HTTP")
    assert status == "ok"
    name, number = library.split()
    assert name in {"httpx", "httpx2"}
    assert number == version(name)


def test_nothing_that_could_take_papers_is_exit_code_3() -> None:
    result = run()
    assert result.exit_code == 3
    assert "papers cannot be written to Zotero on any way" in result.stderr
    ((status, text),) = lines(result, "web API")
    assert status == "problem"
    assert "cannot be reached; check the network" in text
    ((status, text),) = lines(result, "desktop")
    assert status == "note"
    assert "Start Zotero" in text
    assert lines(result, "key") == [("note", "there is none; run `refkit login` to write to a library on the web")]


def test_a_key_is_told_by_its_owner_and_rights_and_never_shown(
    server: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = server.add_group("Ålesund Readers")
    monkeypatch.setenv("ZOTERO_API_KEY", server.key)
    result = run()
    assert result.exit_code == 0
    assert lines(result, "web API") == [("ok", f"{server.url} answers")]
    assert lines(result, "key") == [
        ("ok", f"of ada (user {server.user_id}), from the environment variable ZOTERO_API_KEY")
    ]
    assert lines(result, "rights") == [
        ("ok", "your library: read and write"),
        ("ok", "files in it: yes"),
        ("ok", "all groups: read and write"),
    ]
    assert lines(result, "groups") == [("ok", f"Ålesund Readers ({group.id})")]
    assert server.key not in result.output


def test_doctor_only_reads(server: ZoteroServer, desktop: ZoteroDesktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", server.key)
    assert run().exit_code == 0
    assert {request.method for request in server.requests} == {"GET"}
    assert {request.method for request in desktop.requests} == {"GET"}


def test_a_key_that_may_only_read_takes_no_papers(server: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", server.add_key(write=False))
    result = run()
    assert result.exit_code == 3
    assert ("ok", "your library: read only") in lines(result, "rights")
    assert "make one with write access" in lines(result, "rights")[-1][1]


def test_a_key_that_zotero_does_not_know_is_a_problem(server: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", "0123456789abcdefghijklmn")
    result = run()
    assert [request.key for request in server.requests] == ["", "unknown"]
    assert result.exit_code == 3
    ((status, text),) = lines(result, "key")
    assert status == "problem"
    assert text.startswith("from the environment variable REFKIT_ZOTERO_KEY: ")
    assert "0123456789abcdefghijklmn" not in result.output


def test_what_cannot_be_a_key_is_a_problem_and_is_not_sent(
    server: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", "s3cr3t!")
    result = run()
    assert lines(result, "key")[0][0] == "problem"
    assert "s3cr3t" not in result.output
    assert [request.key for request in server.requests] == [""]


def test_a_key_is_not_sent_while_the_server_is_down(server: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", server.key)
    server.maintenance = True
    result = run()
    assert result.exit_code == 3
    assert lines(result, "web API") == [
        ("problem", f"{server.url} is overloaded or down (status 503); try again later")
    ]
    assert "it cannot be checked now" in lines(result, "key")[0][1]
    assert len(server.requests) == 1


def test_another_server_is_not_taken_for_the_web_api(monkeypatch: pytest.MonkeyPatch) -> None:
    with JabrefDesktop() as other:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", f"{other.url}/libraries?")
        assert "write an address" in lines(run(), "web API")[0][1]
    with ZoteroServer(faults=lambda _: "html-200") as portal:
        monkeypatch.setenv("REFKIT_ZOTERO_URL", portal.url)
        ((status, text),) = lines(run(), "web API")
    assert status == "problem"
    assert "does not answer as Zotero does (status 200)" in text


def test_a_desktop_takes_papers(desktop: ZoteroDesktop) -> None:
    desktop.library.add_collection("Reading")
    result = run()
    assert result.exit_code == 0
    assert lines(result, "desktop") == [
        ("ok", f"Zotero 10.0.0 answers at {desktop.url}, and saves through its connector")
    ]
    assert lines(result, "local API") == [("ok", f"can be read and written, of user {desktop.user_id}")]


def test_a_desktop_whose_local_api_is_off_takes_papers_with_a_note(desktop: ZoteroDesktop) -> None:
    desktop.local_api = False
    result = run()
    assert result.exit_code == 0
    ((status, text),) = lines(result, "local API")
    assert status == "note"
    assert "switch it on in Zotero" in text


def test_another_program_on_the_port_of_the_desktop_takes_no_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    with JabrefDesktop() as other:
        monkeypatch.setenv("REFKIT_ZOTERO_DESKTOP_URL", other.url)
        result = run()
    assert result.exit_code == 3
    assert "is not Zotero (JabRef uses the same port)" in lines(result, "desktop")[0][1]


def test_the_address_of_arxiv_is_told_and_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert lines(run(), "arXiv") == [("ok", "http://127.0.0.1:9/api/query (not asked now)")]
    monkeypatch.delenv("REFKIT_ARXIV_URL")
    assert lines(run(), "arXiv") == [("ok", "https://export.arxiv.org/api/query (not asked now)")]
    (tmp_path / "refkit.toml").write_text('[sources.arxiv]\nurl = "http://mirror.example/q"\n', encoding="utf-8")
    assert lines(run(), "arXiv") == [("ok", "http://mirror.example/q (not asked now)")]
    (tmp_path / "refkit.toml").write_text("digests = 3\n", encoding="utf-8")
    ((status, text),) = lines(run(), "arXiv")
    assert status == "problem"
    assert "refkit.toml:1" in text


def test_folders_are_told_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    result = run()
    for name in ("cache", "state", "configuration"):
        ((status, text),) = lines(result, name)
        assert status == "ok"
        assert not Path(text.removesuffix(" (made when it is needed)")).exists()
    assert not (tmp_path / "config").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only there the environment names the folder")
def test_a_folder_that_is_in_the_way_of_nothing_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    ((status, text),) = lines(run(), "configuration")
    assert status == "problem"
    assert f"correct the permissions of {tmp_path / 'file'}" in text


def test_everything_is_told_as_json_too(desktop: ZoteroDesktop) -> None:
    result = run("--json")
    told = json.loads(result.stdout)
    assert told["can_write"] is True
    assert {"status": "ok", "name": "refkit", "text": refkit.__version__} in told["checks"]
    assert {check["status"] for check in told["checks"]} <= {"ok", "note", "problem"}
    assert desktop.url in result.stdout
    desktop.quit()
    again = run("--json")
    assert json.loads(again.stdout)["can_write"] is False
    assert again.exit_code == 3
