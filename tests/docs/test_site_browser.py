"""The site in a real browser: it asks nobody, and can be read on a phone, in the dark, by ear."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

SCRIPTS = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if not CHROMIUM:
    pytest.skip("needs Chromium (apt-get install chromium)", allow_module_level=True)
if not importlib.util.find_spec("zensical"):
    pytest.skip("needs the extra docs", allow_module_level=True)

WIDTHS = (1280, 400)
# A page of each sort, those with pictures and the widest tables; all 60 pages take a minute on two cores.
SAMPLE = (
    "index.html", "tutorial.html", "comparison.html", "accuracy.html", "plugins.html", "json.html", "report.html",
    "local-index.html", "howto/first-sync.html", "reference/cli.html", "reference/configuration.html",
    "explain/architecture.html", "decisions/index.html", "changelog.html",
)  # fmt: skip
# What a page is, as the browser has made it of the text; code and tables scroll by themselves.
_SEEN = """() => ({
  anchors: [...document.querySelectorAll('[id]')].map(each => each.id),
  links: [...document.querySelectorAll('a[href]')].map(each => each.href),
  images: [...document.images].map(each => each.currentSrc || each.src),
  broken: [...document.images].filter(each => each.complete && !each.naturalWidth).map(each => each.src),
  title: document.title,
  headings: document.querySelectorAll('main h1').length,
  fences: [...document.querySelectorAll('main p')].filter(each => each.textContent.includes('```')).length,
  unknown: [...document.querySelectorAll('main *')].filter(each => each instanceof HTMLUnknownElement)
    .map(each => each.outerHTML.slice(0, 80)),
})"""


class Site(NamedTuple):
    """The built site, and where it is served."""

    folder: Path
    address: str


class Visit(NamedTuple):
    """A browser's page, what it asked of others, and what it complained of."""

    page: Page
    refused: list[str]
    told: list[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site") / "built"
    command = [sys.executable, str(SCRIPTS / "build_site.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Site(folder, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Root, as in a container, has no sandbox; the pages are ours.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@contextmanager
def visiting(browser: Browser, site: Site, scheme: str = "light", width: int = WIDTHS[0]) -> Iterator[Visit]:
    """A page whose every request to another server is refused, and noted."""
    refused: list[str] = []
    told: list[str] = []

    def decide(route: Route) -> None:
        if route.request.url.startswith((site.address, "data:", "blob:")):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    context.set_default_timeout(20_000)
    context.route("**/*", decide)
    page = context.new_page()
    page.on(
        "console",
        lambda message: told.append(f"{page.url}: {message.text}") if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: told.append(f"{page.url}: {error}"))
    try:
        yield Visit(page, refused, told)
    finally:
        context.close()


def test_pages_stand_alone_and_can_be_read(browser: Browser, site: Site) -> None:
    wrong: list[str] = []
    anchors: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    with visiting(browser, site) as visit:
        for name in SAMPLE:
            visit.page.emulate_media(color_scheme="light")
            visit.page.goto(f"{site.address}{name}")
            seen = visit.page.evaluate(_SEEN)
            anchors[name], links[name] = set(seen["anchors"]), {*seen["links"], *seen["images"]}
            wrong += [f"{name}: {each} is no picture" for each in seen["broken"]]
            wrong += [f"{name}: {each} is no HTML" for each in seen["unknown"]]
            if seen["fences"] or not seen["title"] or seen["headings"] != 1:
                wrong.append(f"{name}: a block of code is not closed, or the title is missing")
            for scheme in ("light", "dark"):
                visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                wrong += [f"{name}: {each} ({scheme})" for each in sideways(visit.page)]
        assert visit.refused == []
        assert visit.told == []
    assert wrong + list(astray(site, anchors, links)) == []


def sideways(page: Page) -> Iterator[str]:
    """Yield the widths in which a page is wider than its window."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"{wide} pixels wide in a window of {width}"


def astray(site: Site, anchors: dict[str, set[str]], links: dict[str, set[str]]) -> Iterator[str]:
    """Yield the links within the site that lead nowhere."""
    for name, targets in links.items():
        for target in sorted(each for each in targets if each.startswith(site.address)):
            parts = urlsplit(target)
            there, anchor = unquote(parts.path).lstrip("/") or "index.html", unquote(parts.fragment)
            if not (site.folder / there).is_file():
                yield f"{name}: there is no {there}"
            elif there in anchors and anchor and anchor not in anchors[there]:
                yield f"{name}: there is no #{anchor} in {there}"


def test_a_broken_site_is_seen(tmp_path: Path) -> None:
    site = Site(tmp_path, "http://h/")
    for name in ("a.bib", "x.html"):
        (tmp_path / name).touch()
    links = {
        "x.html": {"http://h/x.html#here", "http://h/x.html#gone", "http://h/y.html", "http://h/a.bib", "http://g/"}
    }
    assert list(astray(site, {"x.html": {"here"}}, links)) == [
        "x.html: there is no #gone in x.html",
        "x.html: there is no y.html",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, site: Site, scheme: str) -> None:
    with visiting(browser, site, scheme) as visit:
        for name in ("index.html", "comparison.html", "reference/cli.html", "accuracy.html", "plugins.html"):
            visit.page.goto(f"{site.address}{name}")
            found = Axe().run(visit.page).response
            assert len(found["passes"]) > 20  # it did look
            serious = [each for each in found["violations"] if each["impact"] in {"serious", "critical"}]
            assert [(name, each["id"], each["nodes"][0]["html"]) for each in serious] == []
