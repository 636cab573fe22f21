"""What all tests share: no network, a terminal, and a way to the developers' material beside the checkout."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests
import uvicorn
from hypothesis import settings

from refkit.errors import WriteUnavailable
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Candidate, Mention, Resolution
from refkit.review import web
from refkit.review.plans import Options, Plans
from refkit.review.session import Desk, Session
from refkit.testing import ArxivCorpus, ArxivServer
from refkit.themes.rules import RuleTagger

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
# How long a case takes says more of the machine than of the program.
settings.register_profile("refkit", deadline=None)
settings.load_profile("refkit")
# Files that take longest (each over half a minute: `pytest --durations=0`), which start first. Where tests run in
# several processes, such a file begun last is waited for alone; one process has the order that it was asked for.
LONGEST = (
    "test_bulk_dask.py", "test_arxiv.py", "test_scaffold.py", "test_bulk.py", "test_plugins.py", "test_commands.py",
    "test_resolve.py", "test_watch.py", "test_secrets.py", "test_docs_plugins.py", "test_release.py", "test_screens.py",
    "test_typed.py",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first where several processes run them, and leave the order of all others."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            pytest.fail(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep caches and paces of tests apart from the user's, and from each other; nobody answers by default."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)  # .ci/run's are not for a pytest that a test starts
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    services = ("CROSSREF", "OPENALEX", "SEMANTIC_SCHOLAR", "DBLP")
    for name in ("REFKIT_ARXIV_URL", "REFKIT_OAI_URL", *(f"REFKIT_{service}_URL" for service in services)):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")  # the port of "discard": nothing listens


class Shown(NamedTuple):
    """What a program wrote to a terminal: the bytes, what one sees at the end, line by line, and its exit code."""

    raw: bytes
    lines: list[str]
    code: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


_ROWS = 400  # so many lines that nothing is scrolled away
# What would change the colours or the width that a test asks for.
_OF_TERMINALS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "VTE_", "TERM_", "KITTY_", "WT_SESSION", "KONSOLE_")


def run_on_terminal(*arguments: str, columns: int = 80, asked: str = "", typed: str = "", **environment: str) -> Shown:
    """Run refkit on a terminal of so many columns; when it has written `asked`, the keys `typed` are pressed."""
    import fcntl
    import pty
    import termios

    import pyte

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_OF_TERMINALS)}
    environ |= {"TERM": "xterm-256color", **environment}
    command = [sys.executable, "-m", "refkit", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as running:
        os.close(theirs)
        raw = b""
        while data := _written_to(ours):
            raw += data
            if typed and asked.encode() in raw:
                time.sleep(0.2)  # until it listens: what is typed before that is thrown away
                os.write(ours, typed.encode())
                typed = ""
        running.wait(60)
    os.close(ours)
    screen = pyte.Screen(columns, _ROWS)
    pyte.ByteStream(screen).feed(raw)
    lines = "\n".join(map(str.rstrip, screen.display)).rstrip().splitlines()
    return Shown(raw, lines, running.returncode)


def _written_to(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.fixture
def on_terminal() -> Callable[..., Shown]:
    """What `run_on_terminal` does."""
    pytest.importorskip("pty", reason="a pseudo-terminal is a thing of Unix")
    return run_on_terminal


@pytest.fixture(scope="session")
def arxiv_corpus() -> ArxivCorpus:
    """The shipped records as arXiv would know them: under their current titles."""
    return ArxivCorpus.from_files(ROOT / "refkit/metadata/catalogue.jsonl")


@pytest.fixture
def arxiv_server(arxiv_corpus: ArxivCorpus, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivServer]:
    """A stand-in arXiv with the shipped records, which refkit asks without pauses."""
    with ArxivServer(arxiv_corpus) as server:
        monkeypatch.setenv("REFKIT_ARXIV_URL", server.url)
        monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "0")
        yield server


class Sandbox(NamedTuple):
    """An environment of its own beside ours: what is here is there too, what is installed there is only there."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        path = f"{self.folder / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, command: str, *, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a line of a shell in the folder; packages are installed from what is here, without the network."""
        command = command.replace("pip install ", "pip install --quiet --no-deps --no-build-isolation ")
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        assert code is None or done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """An empty folder in an environment into which packages can be installed."""
    folder = tmp_path / "sandbox"
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    ours = {str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))}
    (packages / "ours.pth").write_text("".join(f"{path}\n" for path in sorted(ours)), encoding="utf-8")
    for name in ("pip", "pytest", "refkit"):
        program = venv / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{venv}/bin/python" -m {name} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return Sandbox(folder)


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, which is not beside this clone")
    return SHARED


@pytest.fixture
def truth(root: Path) -> Sequence[dict[str, Any]]:
    """The sample digest's titles with their ids."""
    return [json.loads(line) for line in (root / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()]


_EPOCH = "1735689600"  # 2025-01-01


def build_release(source: Path, target: Path) -> dict[str, bytes]:
    """Build sdist and wheel (of the sdist, as `python -m build` does) and return their bytes by name."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": _EPOCH, "PYTHONPATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: path.read_bytes() for path in target.iterdir()}


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    build_release(ROOT, folder)
    return folder


@pytest.fixture
def build() -> Callable[[Path, Path], dict[str, bytes]]:
    """What `build_release` does."""
    return build_release


@pytest.fixture(scope="session")
def installed(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which the wheel is installed; its dependencies are lent by the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = released.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--quiet", str(wheel)], check=True, capture_output=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(packages) / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return scripts


class Serving:
    """A review that is served on a free port of this machine, and a way to ask it as its page does."""

    def __init__(self, resolutions: Sequence[Resolution], desk: Desk, options: Options) -> None:
        self.session = Session(resolutions, desk)
        self.keys = web.Keys()
        self.ending = threading.Event()
        self.door = socket.create_server((web.HOST, 0))
        self.port = self.door.getsockname()[1]
        self.host = f"{web.HOST}:{self.port}"
        self.address = f"http://{self.host}/"
        plans = Plans(self.session.works, options)
        app = web.application(self.session, plans, self.keys, self.port, self.ending)
        config = uvicorn.Config(app, loop="asyncio", http="h11", ws="none", lifespan="off", log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.door]})
        self._thread.start()

    @property
    def whole_address(self) -> str:
        return f"{self.address}#{self.keys.token}"

    def ask(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Ask as the page would: a body is posted as JSON; headers are added, and "" leaves one out."""
        given = {"Authorization": f"Bearer {self.keys.token}", "Origin": f"http://{self.host}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value}
        method = "GET" if body is None else "POST"
        return requests.request(method, self.address + path, json=body, headers=sent, timeout=30)

    def told(self, path: str, body: Any = None) -> Any:
        """Return the answer to what must succeed."""
        answer = self.ask(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def version(self) -> str:
        return str(self.told("api/version")["version"])

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.door.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Serving]]:
    """Serve a review of resolutions; papers that are looked up or searched for are the `known` records."""
    opened: list[Serving] = []

    def start(resolutions: Sequence[Resolution], known: Sequence[ArxivRecord] = (), **options: Any) -> Serving:
        desk = Desk(
            look_up=lambda mention, wanted: next((_weighed(mention, e) for e in known if e.arxiv_id == wanted), None),
            search=lambda mention, text: (
                tuple(_weighed(mention, each) for each in known if text.casefold() in each.title.casefold()),
                "",
            ),
            tagger=RuleTagger(),
            themes=("robotics", "safety"),
        )
        opened.append(Serving(resolutions, desk, Options(zotero=_no_zotero, **options)))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def _weighed(mention: Mention, record: ArxivRecord) -> Candidate:
    return Candidate(record=record, evidence=weigh(mention, record), score=0.0, source="index")


def _no_zotero(_: object) -> Any:
    raise WriteUnavailable("Zotero does not answer; start it, and plan again.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for the tests of one file: what playwright runs in must not be running in other files."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        # Root, as in a container, has no sandbox; the pages under test are ours.
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


class Tabs:
    """Pages in a browser, each in a window of its own; what they asked for, and the errors that they told, is kept."""

    def __init__(self, browser: Browser) -> None:
        self.asked: list[str] = []
        self.told: list[str] = []
        self._browser = browser
        self._windows: list[BrowserContext] = []

    def open(self, address: str, **options: Any) -> Page:
        """Open a page; the options are those of a window (its size, colour scheme, scripts or none)."""
        window = self._browser.new_context(**options)
        window.set_default_timeout(10_000)
        self._windows.append(window)
        page = window.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self._tell(message.type, message.text))
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.goto(address)
        return page

    def _tell(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.told.append(text)

    def close(self) -> None:
        while self._windows:
            self._windows.pop(0).close()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[Tabs]:
    """Pages to open, closed afterwards."""
    opened = Tabs(browser)
    yield opened
    opened.close()
