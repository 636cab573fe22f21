"""The page in a real browser: it asks nobody, filters, copies, prints, and can be read by keyboard, phone and ear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import refkit
from refkit.digests.loading import Chosen, Reading
from refkit.model import ArxivRecord, Candidate, Evidence, Mention, PartialDate, Resolution, Skipped, Verdict
from refkit.names import parse_name

ALERT = (
    "<script>document.title = 'hacked'</script><img src=https://example.org/x.png onerror=\"document.title='hacked'\">"
)
ARABIC = "بناء النماذج اللغوية الكبيرة للغة العربية"
# title, authors, date; the themes are those that the shipped taxonomy gives.
PAPERS = (
    ("Reinforcement Learning for Robots", "Ada Lovelace, José Núñez", "2024-03-01"),
    ("A Benchmark of Reward Models for Robots", "Ada Lovelace, Bo Li", "2023-05-02"),
    (ALERT, "<b>Mallory</b>, Bo Li", "2023-06-01"),
    (ARABIC, "Ada Lovelace", "2022-01-01"),
    (r"Bounds of $O(n^2)$ for $\overline{MS}$", "Bo Li", "2022-02-02"),
)

Open = Callable[..., Page]


def page_text(papers: tuple[tuple[str, str, str], ...] = PAPERS, *, open_titles: int = 2) -> str:
    records = [
        ArxivRecord(
            arxiv_id=f"2401.{number:05}",
            title=title,
            authors=tuple(parse_name(name) for name in authors.split(", ")),
            submitted=PartialDate.parse(date),
        )
        for number, (title, authors, date) in enumerate(papers, start=1)
    ]
    found = [resolution(record, Verdict.MATCHED, line) for line, record in enumerate(records, start=1)]
    found += [resolution(records[0], Verdict.AMBIGUOUS, 100 + number) for number in range(open_titles)]
    skipped = (Skipped(1, "View PDF", "a button"),)
    reading = Reading(digest="d.txt", readers=(Chosen("titles", 0.5),), mentions=(), skipped=skipped)
    return refkit.to_report(found, refkit.tag(found), readings=[reading])


def resolution(record: ArxivRecord, verdict: Verdict, line: int) -> Resolution:
    matched = verdict is Verdict.MATCHED
    title = record.title if matched else f"Something of Robots {line}"
    return Resolution(
        mention=Mention(title=title, digest="d.txt", line=line),
        verdict=verdict,
        reason="The title is the same." if matched else "Two records are as near.",
        candidates=(Candidate(record=record, evidence=Evidence(), score=0.9, source="index"),),
        confidence=0.99 if matched else 0.0,
    )


@pytest.fixture
def opened(tabs: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page from a file; afterwards it has asked for nothing but itself, and no error was told."""

    def call(text: str = "", *, address: str = "", **options: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(text or page_text(), encoding="utf-8")
        page: Page = tabs.open(address or file.as_uri(), **options)
        return page

    yield call
    tabs.close()
    assert [url for url in tabs.asked if not url.endswith("/report.html")] == []
    assert tabs.told == []


def shown(page: Page) -> list[str]:
    return [title.strip() for title in page.locator("article:visible h3").all_text_contents()]


def test_hostile_titles_are_text_and_formulae_can_be_read(opened: Open) -> None:
    page = opened()
    assert page.title() == "Papers of d.txt"
    assert shown(page)[2] == ALERT
    assert page.locator("article img, article script").count() == 0
    arabic = page.locator("h3", has_text=ARABIC)
    assert arabic.evaluate("element => getComputedStyle(element).direction") == "rtl"
    formula = page.locator("h3", has_text="Bounds of")
    assert formula.locator("sup").text_content() == "2"
    assert formula.locator("code").text_content() == r"$\overline{MS}$"


@pytest.mark.parametrize("guarded", [True, False])
def test_the_policy_stops_a_page_that_was_tampered_with(browser: Browser, tmp_path: Path, *, guarded: bool) -> None:
    """Were a text to become HTML after all, it could neither run nor load anything; without the policy it could."""
    asked: list[str] = []
    with listening(tmp_path, asked) as address:
        evil = (
            f"<script>document.title='hacked'</script><img src='{address}/a.png'><style>body {{ color: red }}</style>"
        )
        text = page_text().replace("<main>", f"<main>{evil}")
        text = text if guarded else re.sub("<meta http-equiv=[^>]*>", "", text)
        (tmp_path / "tampered.html").write_text(text, encoding="utf-8")
        page = browser.new_page()
        page.goto(f"{address}/tampered.html")
        page.wait_for_load_state("networkidle")
        assert ("/a.png" in asked) is not guarded
        assert page.title() == ("Papers of d.txt" if guarded else "hacked")
        assert (page.evaluate("getComputedStyle(document.body).color") == "rgb(255, 0, 0)") is not guarded
        page.close()


@contextmanager
def listening(folder: Path, asked: list[str]) -> Iterator[str]:
    """A server of the files in a folder, which notes what it was asked."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("field", "value", "titles"),
    [
        ("q", "robots", [0, 1, 5, 6]),
        ("q", "ROBOTS  reward", [1]),
        ("q", "nunez", [0]),  # without the accents that the record has
        ("q", "2401.00004", [3]),
        ("q", "النماذج", [3]),
        ("q", "<script>", [2]),
        ("q", "no such words", []),
        ("author", "lovelace ada", [0, 1, 3]),
        ("author", "ada li", []),  # words of two people are no author
        ("year", "2023", [1, 2]),
        ("verdict", "ambiguous", [5, 6]),
    ],
)
def test_search_and_filters_leave_what_fits(opened: Open, field: str, value: str, titles: list[int]) -> None:
    page = opened()
    everything = shown(page)
    control = page.locator(f"#{field}")
    if field in {"year", "verdict"}:
        control.select_option(value)
    else:
        control.press_sequentially(value)
    expect(page.locator("#count")).to_have_text(f"{len(titles)} of 7 titles shown")
    assert shown(page) == [everything[place] for place in titles]
    if not titles:
        expect(page.locator("#papers")).to_be_hidden()  # no heading over nothing
        expect(page.locator("#open")).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("7 of 7 titles shown")


def test_filters_hold_together_and_a_theme_or_author_of_a_table_leads_to_the_papers(opened: Open) -> None:
    page = opened()
    page.get_by_text("Timeline by theme: the figures as a table").click()
    page.get_by_role("button", name="robotics").first.click()
    expect(page.locator("#count")).to_have_text("2 of 7 titles shown")
    page.locator("#year").select_option("2024")
    expect(page.locator("#count")).to_have_text("1 of 7 titles shown")
    page.get_by_text("Authors who recur: the figures as a table").click()
    page.get_by_role("button", name="Bo Li").click()
    expect(page.locator("#count")).to_have_text("3 of 7 titles shown")
    assert page.locator("#author").input_value() == "Bo Li"


def test_bibtex_is_copied_of_one_of_the_shown_and_of_the_selected(opened: Open) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    clipboard = "navigator.clipboard.readText()"
    page.locator("#p2").get_by_role("button", name="Copy BibTeX").click()
    expect(page.locator("#count")).to_have_text("1 entry copied")
    one = page.evaluate(clipboard)
    assert one.count("@misc{") == 1
    assert "A Benchmark" in one
    page.locator("#q").fill("robots")
    page.get_by_role("button", name="Copy BibTeX of 2 shown").click()
    expect(page.locator("#count")).to_have_text("2 entries copied")
    assert page.evaluate(clipboard).count("\n\n@misc{") == 1
    page.locator("#p1").get_by_label("Select").check()
    page.locator("#q").fill("nothing of that")  # what is ticked counts, also where it is hidden
    expect(page.locator("#count")).to_have_text("0 of 7 titles shown")
    page.get_by_role("button", name="Copy BibTeX of 1 selected").click()
    expect(page.locator("#count")).to_have_text("1 entry copied")
    assert "Reinforcement" in page.evaluate(clipboard)
    page.get_by_role("button", name="Select none").click()
    expect(page.locator("#copy")).to_have_text("Copy BibTeX of 0 shown")
    expect(page.locator("#copy")).to_be_disabled()


@pytest.mark.parametrize("older", [True, False])
def test_where_the_clipboard_is_closed_the_older_way_is_taken_or_the_text_is_there_to_take(
    opened: Open, *, older: bool
) -> None:
    page = opened(permissions=["clipboard-read"])
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
    page.evaluate("window.taken = ''; document.addEventListener('copy', () => { window.taken = `${getSelection()}`; })")
    if not older:
        page.evaluate("document.execCommand = () => false")
    page.locator("#copy").click()
    if older:
        expect(page.locator("#count")).to_have_text("5 entries copied")
        assert page.evaluate("window.taken").count("@misc{") == 5
    else:
        expect(page.locator("#by-hand")).to_be_focused()
        assert page.locator("#by-hand").input_value().count("@misc{") == 5


def test_everything_can_be_reached_and_done_by_keyboard(opened: Open) -> None:
    page = opened()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the papers")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#papers"
    page.locator("#q").focus()
    page.keyboard.type("reward")
    expect(page.locator("#count")).to_have_text("1 of 7 titles shown")
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
        if reached[-1] == "Details and BibTeX":
            break
    assert reached[:4] == ["theme", "author", "year", "verdict"]
    assert "Copy BibTeX" in reached
    page.keyboard.press("Enter")
    expect(page.locator("#p2 pre")).to_be_visible()


def test_light_and_dark_follow_the_system_until_they_are_chosen(opened: Open) -> None:
    page = opened(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    look = page.locator("#look")
    look.click()
    expect(look).to_have_text("Look: light")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    look.click()
    expect(look).to_have_text("Look: dark")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == dark
    page.reload()
    expect(look).to_have_text("Look: dark")


def test_a_reload_keeps_what_was_typed_and_shows_what_fits(opened: Open) -> None:
    page = opened()
    page.locator("#q").fill("reward")
    expect(page.locator("#count")).to_have_text("1 of 7 titles shown")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(page.locator("#count")).to_have_text("1 of 7 titles shown")


def test_it_prints_dark_on_white_without_what_is_for_the_screen(opened: Open) -> None:
    page = opened(color_scheme="dark")
    page.locator("#look").click()
    page.locator("#look").click()  # dark by choice, too
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h3')).color") == "rgb(0, 0, 0)"
    for hidden in ("nav", "#filter", "#look", ".tools >> nth=0", "details >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    assert len(shown(page)) == 7
    expect(page.locator("#skipped")).to_be_hidden()  # a heading over lists that are closed
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("width", [320, 360, 412])
def test_a_phone_shows_it_without_scrolling_sideways(opened: Open, width: int) -> None:
    long = ("Ein" + "wort" * 60, "A" * 90, "2024-01-01")
    page = opened(page_text((*PAPERS, long)), viewport={"width": width, "height": 740})
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *:not(svg *):not(.table *)')].filter(each => "
        "each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML.slice(0, 90))"
    )
    assert wide == []
    letters = page.evaluate("document.querySelector('.chart text').getBoundingClientRect().height")
    assert letters >= 8


def test_the_names_of_a_picture_stay_in_it(opened: Open) -> None:
    page = opened(report_of_sample())
    beyond = page.evaluate(
        "[...document.querySelectorAll('.chart')].flatMap(chart => [...chart.querySelectorAll('text')].filter(each => {"
        " const [a, b] = [chart.getBoundingClientRect(), each.getBoundingClientRect()];"
        " return b.left < a.left - 1 || b.right > a.right + 1 || b.bottom > a.bottom + 1 || b.top < a.top - 1;"
        "}).map(each => each.textContent))"
    )
    assert page.locator(".chart text").count() > 40
    assert beyond == []


def report_of_sample() -> str:
    found = refkit.resolve(refkit.sample(), sources=refkit.open_sources(["catalogue"]))
    return refkit.to_report(found, refkit.tag(found))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_serious(opened: Open, scheme: str, width: int) -> None:
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    for details in page.locator("summary").all():
        details.click()
    page.locator("#p1").get_by_label("Select").check()
    found = Axe().run(page).response
    assert len(found["passes"]) > 20  # it did look
    assert [(each["impact"], each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_it_can_be_read_without_a_script(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    assert len(shown(page)) == 7
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator("#look")).to_be_hidden()
    expect(page.get_by_text("To search, filter and copy, this page needs JavaScript")).to_be_visible()
    page.locator("#p1 summary").click()
    expect(page.locator("#p1 pre")).to_contain_text("@misc{")


def test_it_is_the_same_over_http(opened: Open, tmp_path: Path) -> None:
    with listening(tmp_path, []) as address:
        assert len(shown(opened(address=f"{address}/report.html"))) == 7


def test_two_thousand_papers_are_filtered_all(opened: Open) -> None:
    many = tuple(
        (f"Paper {number} of Robots", f"A{number % 7} B", f"20{number % 20 + 10}-01-01") for number in range(2000)
    )
    page = opened(page_text(many, open_titles=0))
    page.locator("#author").fill("a3")
    expect(page.locator("#count")).to_have_text("286 of 2,000 titles shown")
    page.locator("#author").fill("")
    expect(page.locator("#count")).to_have_text("2,000 of 2,000 titles shown")
