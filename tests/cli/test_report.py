"""`refkit report`: from a digest to a page, with the exit codes and refusals of the other commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import html

from refkit.cli import main
from refkit.folders import state_folder
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.state import State

WEB = "Learning to Navigate the Web"
DIGEST = f"# Agents\n\n- {WEB}\n- A Title <b>That</b> Nobody Ever Wrote\n\nView PDF\n"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("d.md").write_text(DIGEST, encoding="utf-8")
    Path("one.txt").write_text(f"{WEB}\n", encoding="utf-8")

    def call(*arguments: str, code: int = 0, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, ["report", "--no-network", *arguments], input=stdin)
        assert isinstance(result.exception, SystemExit | None), repr(result.exception)
        assert result.exit_code == code, result.output
        return result

    return call


def test_a_page_is_written_whole_and_the_same_again(run: Run) -> None:
    told = run("d.md", "-o", "r.html", code=1).stderr
    assert "refkit: the page is written to r.html" in told
    assert "1 matched, 0 ambiguous, 1 not found" in told
    first = Path("r.html").read_bytes()
    page = html.document_fromstring(first.decode())
    assert page.findtext(".//title") == "Papers of d.md"
    assert len(page.findall(".//article")) == 2
    assert "catalogue, arxiv (earlier answers)" in page.get_element_by_id("summary").text_content()
    assert "already as it is in r.html" in run("d.md", "-o", "r.html", code=1).stderr
    assert Path("r.html").read_bytes() == first
    assert sorted(path.name for path in Path().iterdir()) == ["d.md", "one.txt", "r.html"]


def test_without_a_file_the_page_goes_to_standard_output(run: Run) -> None:
    assert run("-", stdin=f"{WEB}\n").stdout.startswith("<!doctype html>\n")


def test_title_date_and_dialect_are_those_asked_for(run: Run) -> None:
    page = run("one.txt", "--title", "Mine <3", "--date", "2026-11-27", "--format", "biblatex").stdout
    parsed = html.document_fromstring(page)
    assert parsed.findtext(".//h1") == "Mine <3"
    assert parsed.findtext(".//header//time") == "2026-11-27"
    assert "@online{" in page


def test_items_in_zotero_are_linked_unless_that_is_not_wanted(run: Run) -> None:
    with closing(State(state_folder() / "zotero" / "api-zotero-org-web-user-1.sqlite")) as state:
        state.remember([Base(key="ABCD2345", arxiv_id="1812.09195")])
    assert 'href="zotero://select/library/items/ABCD2345"' in run("one.txt").stdout
    assert "zotero://select/library" not in run("one.txt", "--no-zotero").stdout


def test_a_folder_is_read_but_not_the_page_in_it(run: Run) -> None:
    Path("digests").mkdir()
    Path("digests/a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    Path("digests/broken.json").write_text("{", encoding="utf-8")
    told = run("digests", "-o", "digests/r.html", code=1).stderr
    assert "broken.json" in told
    page = Path("digests/r.html").read_text(encoding="utf-8")
    assert "Could not be read:" in page
    run("digests", "-o", "digests/r.html", code=1)
    assert Path("digests/r.html").read_text(encoding="utf-8") == page


def test_the_lock_is_obeyed_and_named_as_the_source(run: Run) -> None:
    run("one.txt", "--lock", "-o", "r.html")
    page = run("one.txt", "--locked", "-o", "l.html")
    assert "1 matched" in page.stderr
    assert "refkit.lock alone" in Path("l.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("one.txt", "-o", "one.txt"), "is the digest itself"),
        (("one.txt", "-o", "d.md"), "is no page by its name"),
        (("one.txt", "-o", "refs.bib"), "is no page by its name"),
        (("missing.txt", "-o", "r.html"), "missing.txt"),
        (("one.txt", "-o", "no/such/r.html"), "does not exist"),
        (("one.txt", "--date", "27.11.2026"), "does not match the format"),
        ((), "No digest to read"),
    ],
)
def test_mistakes_are_sentences_and_write_nothing(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(*arguments, code=2).stderr
    assert Path("d.md").read_text(encoding="utf-8") == DIGEST
    assert sorted(path.name for path in Path().iterdir()) == ["d.md", "one.txt"]
