"""Build the documentation site: `python tests/docs/build_site.py [FOLDER]`, by default build/site.

The pages are those of the repository. They are put together in a folder in which README.md is the first page, links
lead to where a page stands in the site, and files that pages link (data, code) lie beside them. Then zensical builds
them strictly: a link or an anchor that leads nowhere ends the build. At last no page may ask another server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = Path("docs/decisions")
# Where a page stands in the site, if not where it stands in docs/; the site's first page is the overview.
MOVED = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "docs/index.md": "local-index.md"}
_FENCE = re.compile(r"(^ *```.*?^ *```)", re.DOTALL | re.MULTILINE)
# GitHub shows a block with a file's name behind its language; the site's Markdown wants the name said as a title.
_NAMED = re.compile(r"^( *```\w+) ([^\s`=]+)$", re.MULTILINE)
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
# Anchors as GitHub makes them, so that a link to a heading works there too; not YAML that is safe to load.
_SLUGS = "slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}"


class SiteError(Exception):
    """The site cannot be built; the text says why."""


def pages() -> dict[Path, Path]:
    """Return the pages of the repository, and where each stands in the site, both relative."""
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
    names = [path.relative_to(ROOT) for path in found]
    return {name: Path(MOVED.get(name.as_posix(), _in_site(name))) for name in names}


def _in_site(name: Path) -> str:
    return name.relative_to("docs").as_posix() if name.parts[0] == "docs" else name.as_posix()


def put_together(folder: Path) -> None:
    """Write pages, pictures and what they link into `folder`/docs, and the configuration beside it."""
    placed = pages()
    for name, place in placed.items():
        target = folder / "docs" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text(encoding="utf-8")
        target.write_text(_moved(text, name, placed, folder / "docs"), encoding="utf-8")
    _list_decisions(folder / "docs/decisions")
    shutil.copy(DOCS / "site.css", folder / "docs/site.css")
    configuration = yaml.safe_load((DOCS / "mkdocs.yml").read_text(encoding="utf-8"))
    configuration["nav"] = navigation(configuration["nav"], placed)
    text = yaml.safe_dump(configuration, sort_keys=False)
    (folder / "mkdocs.yml").write_text(
        text.replace("permalink: true", f"permalink: true\n    {_SLUGS}"), encoding="utf-8"
    )


def _moved(text: str, name: Path, placed: dict[Path, Path], site: Path) -> str:
    """Return a page whose links lead to where things stand in the site."""

    def moved(found: re.Match[str]) -> str:
        if "://" in found[2] or found[2].startswith("mailto:"):
            return found[0]
        target = Path(os.path.normpath(name.parent / found[2]))
        there = placed.get(target)
        if (ROOT / target).is_dir():
            there = Path(_in_site(target)) / "index.md"
        elif there is None and (ROOT / target).is_file():
            there = Path(_in_site(target))
            (site / there).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / target, site / there)
        if there is None:
            raise SiteError(f"{name} links {found[2]}, which does not exist")
        return f"{found[1]}{os.path.relpath(there, placed[name].parent)}{found[3]}"

    parts = _FENCE.split(text)
    return "".join(
        _NAMED.sub(r'\1 title="\2"', part, count=1) if number % 2 else _LINK.sub(moved, part)
        for number, part in enumerate(parts)
    )


def _list_decisions(folder: Path) -> None:
    """Write the page to which a link to the folder of decisions leads."""
    lines = ["# Decisions", "", "What was decided, why, and what was not chosen.", ""]
    for path in sorted(folder.glob("0*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")[2]
        lines.append(f"- [{path.stem[:4]}: {title}]({path.name})")
    (folder / "index.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def navigation(entries: list[Any], placed: dict[Path, Path]) -> list[Any]:
    """Return the navigation with the places of the site: without pages that do not exist, with all that do."""
    decisions = [name for name in placed if name.parent == DECISIONS]
    used = set(decisions)

    def kept(entries: list[Any]) -> Iterator[Any]:
        for entry in entries:
            ((title, value),) = entry.items()
            if isinstance(value, list):
                yield {title: list(kept(value))}
                continue
            name = Path(os.path.normpath(Path("docs") / value))
            if name == DECISIONS / "index.md":
                yield {title: ["decisions/index.md", *(placed[page].as_posix() for page in decisions)]}
            elif name in placed:
                used.add(name)
                yield {title: placed.get(name, Path(_in_site(name))).as_posix()}

    found = list(kept(entries))
    left = [name for name in placed if name not in used]
    return [*found, {"More": [placed[name].as_posix() for name in left]}] if left else found


class _Asked(HTMLParser):
    """The addresses that a browser fetches by itself when it opens a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        fetched = [values.get("src"), values.get("srcset"), values.get("poster"), values.get("data")]
        if tag == "link" and (values.get("rel") or "") not in {"canonical", "prev", "next", "alternate"}:
            fetched.append(values.get("href"))
        self.found += [address for address in fetched if address and _is_foreign(address)]


def _is_foreign(address: str) -> bool:
    return bool(re.match(r"\s*(?:[a-z]+:)?//", address))


def foreign(site: Path) -> Iterator[str]:
    """Yield what the pages and style sheets of a built site would fetch from other servers."""
    for path in sorted(site.rglob("*.html")):
        asked = _Asked()
        asked.feed(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)}: {address}" for address in asked.found)
    for path in sorted(site.rglob("*.css")):
        for address in re.findall(r"(?:url\(|@import\s+)[\"']?([^\"')]+)", path.read_text(encoding="utf-8")):
            if _is_foreign(address):
                yield f"{path.relative_to(site)}: {address}"


def build(site: Path, put: Callable[[Path], None] = put_together) -> None:
    """Build the site into a folder. Raises SiteError for a broken link or anchor, and for a request to elsewhere."""
    with tempfile.TemporaryDirectory(prefix="refkit-site-") as work:
        folder = Path(work)
        put(folder)
        command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(folder / "mkdocs.yml")]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        told = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
        if done.returncode:
            raise SiteError(told.partition("Traceback")[0])
        if site.exists():
            shutil.rmtree(site)
        shutil.copytree(folder / "site", site)
    if found := list(foreign(site)):
        raise SiteError("pages ask other servers:\n" + "\n".join(found))


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/site"
    try:
        build(chosen)
    except SiteError as error:
        sys.exit(f"build_site: {error}")
    print(f"build_site: {sum(1 for _ in chosen.rglob('*.html'))} pages in {chosen}")
