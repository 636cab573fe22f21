"""The page of `refkit review --web` in a real browser: keys, choices, other windows, thousands of titles, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from refkit.lock import decision
from refkit.locks import Locks, read_lock
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Candidate, Mention, PartialDate, Resolution, Verdict
from refkit.names import parse_name

ALERT = "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title='hacked'\"> of \"Quotes\" & 'Co'"
ARABIC = "بناء النماذج اللغوية الكبيرة للغة العربية"
RIVERS, SEA, ROBOTS = "Twin Rivers", "Deep Songs of the Sea", "Reinforcement Learning for Robots"
BOUNDS = r"Bounds of $O(n^2)$ for $\overline{MS}$"
TWINS = ("2001.00002", "2001.00003", "2001.00004")


def record(arxiv_id: str, title: str, **facts: Any) -> ArxivRecord:
    known: dict[str, Any] = {
        "authors": tuple(map(parse_name, ("Chen Li", "<b>Ada</b> Okafor", "Bo Ek", "José Núñez", "Eva Ray"))),
        "submitted": PartialDate(2020, 1, 1),
        "categories": ("cs.LG", "math.CO"),
        "abstract": f"We write of {title.lower()} and of nothing else at all. " * 12,
    }
    return ArxivRecord(arxiv_id=arxiv_id, title=title, **{**known, **facts})


WHALES = record("2105.00005", "Deep Songs of the Whales", former_titles=("Songs of Whales",))


def resolution(title: str, *records: ArxivRecord, verdict: Verdict = Verdict.AMBIGUOUS, line: int = 1) -> Resolution:
    mention = Mention(
        title=title, digest="mails/digest.txt", line=line, authors=("C. Li",), abstract="We write of rivers. " * 30
    )
    found = tuple(
        Candidate(record=each, evidence=weigh(mention, each), score=0.4 / place, source="index")
        for place, each in enumerate(records, start=1)
    )
    return Resolution(mention=mention, verdict=verdict, reason=f"Because of {title}.", candidates=found, confidence=0.9)


CASES = [
    resolution(RIVERS, *(record(each, f"{RIVERS} {'of the Past' * (each == TWINS[2])}") for each in TWINS), line=1),
    resolution(SEA, WHALES, verdict=Verdict.NOT_FOUND, line=2),
    resolution(ROBOTS, record("2401.00001", ROBOTS), verdict=Verdict.MATCHED, line=3),
    resolution(ALERT, record("2401.00002", ALERT), line=4),
    resolution(ARABIC, record("2401.00003", ARABIC), line=5),
    resolution(BOUNDS, record("2401.00004", r"Bounds of $O(n^3)$ for $\overline{MS}$"), line=6),
]

Open = Callable[..., Page]
Serve = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mails").mkdir()
    return tmp_path


@pytest.fixture
def opened(tabs: Any, serve: Serve, folder: Path) -> Iterator[Open]:
    """Serve a review and open its page; afterwards it has asked nobody but its server, and no error was told."""
    assert folder
    servers: list[Any] = []

    def call(cases: Sequence[Resolution] = CASES, *, known: Sequence[ArxivRecord] = (WHALES,), **options: Any) -> Page:
        if not servers:
            Locks(each.mention for each in cases).keep(cases)
            servers.append(serve(cases, known))
        page: Page = tabs.open(servers[0].whole_address, **options)
        expect(page.locator("main h2").first).to_be_attached()
        return page

    yield call
    tabs.close()
    assert [url for url in tabs.asked if not url.startswith(servers[0].address)] == []
    # What some tests do on purpose: an error of the server, and HTML that the policy blocks.
    meant = ("Failed to load resource: the server responded with a status of ", "This document requires 'TrustedHTML'")
    assert [text for text in tabs.told if not text.startswith(meant)] == []


def held() -> dict[str, str]:
    """Return what the lock decides, by title."""
    decisions = read_lock(Path("mails/refkit.lock")).decisions.values()
    return {each.title: each.record.arxiv_id if each.record else each.decided for each in decisions}


def heading(page: Page) -> Any:
    return page.locator("main .mention h2")


def decide_elsewhere(mention: Mention) -> None:
    Locks([mention]).put(mention, decision(mention, "none"))


# Choosing


def test_keys_choose_and_each_choice_is_in_the_lock(opened: Open) -> None:
    page = opened()
    expect(page.locator("#progress")).to_have_text("5 open of 6 titles")
    expect(heading(page)).to_have_text(RIVERS)
    assert page.url.endswith("/")  # the token is no longer in the address
    page.keyboard.press("2")
    expect(page.locator("#status")).to_have_text(f"accepted arXiv:{TWINS[1]}: {RIVERS}")
    expect(heading(page)).to_have_text(SEA)
    assert held()[RIVERS] == TWINS[1]
    page.keyboard.press("n")
    expect(page.locator("#status")).to_have_text(f"not on arXiv: {SEA}")
    assert held()[SEA] == "none"
    expect(page.locator("#progress")).to_have_text("3 open of 6 titles")
    page.keyboard.press("u")
    expect(page.locator("#status")).to_have_text(f"undone: not on arXiv: {SEA}")
    expect(heading(page)).to_have_text(SEA)
    assert held()[SEA] == "not found"
    page.keyboard.press("u")
    expect(page.locator("#status")).to_have_text(f"undone: accepted arXiv:{TWINS[1]}: {RIVERS}")
    expect(heading(page)).to_have_text(RIVERS)
    assert held()[RIVERS] == "ambiguous"
    page.keyboard.press("j")
    expect(heading(page)).to_have_text(SEA)
    page.keyboard.press("k")
    expect(heading(page)).to_have_text(RIVERS)
    page.keyboard.press("9")
    expect(page.locator("#status")).to_contain_text("There is no such candidate")
    assert held()[RIVERS] == "ambiguous"


def test_all_can_be_done_with_a_mouse_too(opened: Open) -> None:
    page = opened()
    page.locator(".option", has_text=SEA).click()
    expect(heading(page)).to_have_text(SEA)
    page.get_by_role("button", name="Accept 1").click()
    expect(page.locator("#status")).to_contain_text("accepted arXiv:2105.00005")
    page.get_by_role("radio", name="Decided").check()
    expect(page.locator(".option")).to_have_count(2)
    page.locator(".option", has_text=SEA).click()
    expect(page.locator(".card.taken")).to_contain_text("arXiv:2105.00005")
    page.get_by_role("button", name="None of them").click()
    expect(page.locator("#status")).to_contain_text("not on arXiv")
    assert held()[SEA] == "none"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#status")).to_contain_text("undone")
    assert held()[SEA] == "2105.00005"


def test_the_last_title_ends_with_what_can_be_done_next(opened: Open) -> None:
    page = opened(CASES[:1])
    page.keyboard.press("a")
    expect(page.locator("#title")).to_contain_text("Everything is decided.")
    assert page.title() == "refkit review"
    page.keyboard.press("u")
    expect(heading(page)).to_have_text(RIVERS)


def test_a_held_key_and_a_key_in_a_field_decide_nothing(opened: Open) -> None:
    page = opened()
    page.keyboard.down("n")
    expect(heading(page)).to_have_text(SEA)
    page.keyboard.down("n")  # the browser repeats it
    page.keyboard.down("n")
    page.keyboard.up("n")
    page.keyboard.press("/")
    page.keyboard.type("n1u")
    expect(page.locator("#shown")).to_have_text("0 of 6 titles")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.wait_for_timeout(200)
    assert [title for title, meant in held().items() if meant == "none"] == [RIVERS]


def test_a_reload_loses_nothing(opened: Open) -> None:
    page = opened()
    page.keyboard.press("1")
    expect(page.locator("#progress")).to_have_text("4 open of 6 titles")
    page.reload()
    expect(page.locator("#progress")).to_have_text("4 open of 6 titles")
    expect(heading(page)).to_have_text(SEA)
    page.keyboard.press("u")
    expect(page.locator("#progress")).to_have_text("5 open of 6 titles")
    assert held()[RIVERS] == "ambiguous"


def test_another_paper_is_looked_for_by_words_and_by_id(opened: Open) -> None:
    page = opened()
    page.keyboard.press("i")
    page.keyboard.type("deep songs")
    page.keyboard.press("Enter")
    expect(page.locator("main .heading h2")).to_have_text("1 paper found for “deep songs”")
    page.get_by_role("button", name="Back to the candidates").click()
    expect(page.locator(".card")).to_have_count(3)
    page.locator("#another").fill("2105.00006")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("No source knows arXiv:2105.00006; is it mistyped?")
    page.locator("#another").fill("arXiv:2105.00005v3")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("accepted arXiv:2105.00005")
    assert held()[RIVERS] == "2105.00005"


def test_themes_are_added_and_removed(opened: Open) -> None:
    page = opened()
    page.get_by_role("radio", name="Decided").check()
    expect(heading(page)).to_have_text(ROBOTS)
    themes = page.locator(".themes li")
    expect(themes).to_have_count(2)
    page.locator("#list").focus()
    page.keyboard.press("t")
    page.keyboard.type("My Reading")
    page.keyboard.press("Enter")
    expect(themes).to_have_count(3)
    page.get_by_role("button", name="Remove the theme robotics").click()
    expect(themes).to_have_text(["my-reading×", "reinforcement-learning×"])
    (kept,) = read_lock(Path("mails/refkit.lock")).of_title(ROBOTS)
    assert (kept.themes.added, kept.themes.removed) == (("my-reading",), ("robotics",))
    page.keyboard.press("t")
    page.keyboard.type("a,b")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("These themes cannot be kept")


# Other windows and programs


def test_a_second_window_is_noticed_when_one_comes_back_to_the_first(opened: Open) -> None:
    first = opened()
    second = first.context.new_page()
    second.goto("about:blank")
    decide_elsewhere(CASES[0].mention)
    first.bring_to_front()
    first.evaluate("dispatchEvent(new Event('focus'))")
    expect(first.locator("#status")).to_contain_text("was changed by another program or window")
    expect(heading(first)).to_have_text(SEA)


def test_a_choice_on_what_another_window_decided_is_not_written(opened: Open) -> None:
    page = opened()
    decide_elsewhere(CASES[0].mention)
    before = Path("mails/refkit.lock").read_bytes()
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("This page shows it as it is now; choose again.")
    assert Path("mails/refkit.lock").read_bytes() == before
    expect(heading(page)).to_have_text(SEA)
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("accepted arXiv:2105.00005")
    assert held() | {RIVERS: "none", SEA: "2105.00005"} == held()


def test_a_window_without_the_whole_address_says_so(opened: Open, browser: Browser) -> None:
    page = opened()
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("alert")).to_have_text(
        "Open the address that `refkit review --web` printed, with all of it."
    )
    other.goto(f"{page.url}#nonsense")
    other.reload()
    expect(other.get_by_role("alert")).to_be_visible()
    context.close()


# What is written


def test_bibtex_is_planned_confirmed_and_written(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="BibTeX…").click()
    page.locator("#file").fill("notes.txt")
    page.keyboard.press("Enter")
    expect(page.locator("#plan-status")).to_have_text("notes.txt is no .bib file by its name; name one like refs.bib.")
    page.locator("#file").fill("refs.bib")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#plan-body")).to_contain_text("1 to be added, 0 to be updated, 0 as they are")
    expect(page.locator("#plan-body li")).to_contain_text(ROBOTS)
    assert not Path("refs.bib").exists()
    page.get_by_role("button", name="Write to refs.bib").click()
    expect(page.locator("#plan-status")).to_have_text("Done. refs.bib: 1 added, 0 updated, 0 as they are")
    assert "2401.00001" in Path("refs.bib").read_text(encoding="utf-8")
    page.keyboard.press("Escape")
    expect(page.locator("#plan")).to_be_hidden()


def test_an_error_of_zotero_is_shown_as_its_sentence(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="Zotero…").click()
    expect(page.locator("#plan-status")).to_have_text("Zotero does not answer; start it, and plan again.")
    expect(page.locator("#confirm")).to_be_hidden()


# What is shown


def test_hostile_titles_are_text_in_list_and_page(opened: Open) -> None:
    page = opened()
    expect(page.locator(".option .name").nth(2)).to_have_text(ALERT)
    page.locator(".option", has_text="hacked").click()
    expect(heading(page)).to_have_text(ALERT)
    expect(page.locator(".card h3")).to_have_text(ALERT)
    expect(page.locator(".card .by")).to_contain_text("<b>Ada</b> Okafor")
    assert page.locator("main script, main img, main b, #list script, #list img").count() == 0
    assert "hacked" not in page.title()


def test_a_text_that_became_html_could_do_nothing(opened: Open) -> None:
    """Were a text to become HTML after all, the policy would stop it: the page has no right to make HTML of text."""
    page = opened()
    for way in ("innerHTML = text", "insertAdjacentHTML('beforeend', text)", "outerHTML = text"):
        problem = page.evaluate(
            "(way) => { try { const text = '<img src=x onerror=alert(1)>'; document.querySelector('main')."
            f"{way}; return ''; }} catch (error) {{ return String(error); }} }}",
            way,
        )
        assert "TrustedHTML" in problem, way
    page.evaluate("document.querySelector('main').append(Object.assign(document.createElement('p'), {id: 'here'}))")
    expect(page.locator("#here")).to_be_attached()


def test_formulae_can_be_read_and_right_to_left_is_right_to_left(opened: Open) -> None:
    page = opened()
    page.locator(".option", has_text="Bounds of").click()
    expect(heading(page).locator("sup")).to_have_text("2")
    expect(heading(page).locator("code")).to_have_text(r"$\overline{MS}$")
    assert page.locator(".card h3 del").text_content() == "O(n2)"
    assert page.locator(".card h3 ins sup").text_content() == "3"
    assert page.locator(".card h3 ins").text_content() == "O(n3)"
    assert page.locator(".option[aria-selected=true] sup").text_content() == "2"
    page.locator(".option", has_text=ARABIC).click()
    expect(heading(page)).to_have_text(ARABIC)
    direction = "element => getComputedStyle(element).direction"
    assert heading(page).evaluate(direction) == "rtl"
    assert page.locator(".option[aria-selected=true] .name").evaluate(direction) == "rtl"


def test_words_that_differ_are_marked_and_evidence_is_told_in_words(opened: Open) -> None:
    page = opened()
    page.keyboard.press("j")
    expect(heading(page)).to_have_text(SEA)
    assert page.locator(".card h3 del").text_content() == "Sea"
    assert page.locator(".card h3 ins").text_content() == "Whales"
    expect(page.locator(".card .former")).to_contain_text("formerly: ")
    told = page.locator(".evidence div").all_text_contents()
    assert any(text.startswith("title") and "partial 0." in text for text in told)
    assert any(text.startswith("authors") for text in told)
    widths = page.eval_on_selector_all(".bar span", "bars => bars.map(bar => bar.getBoundingClientRect().width)")
    assert widths
    assert max(widths) > 20
    expect(page.locator(".card .by")).to_contain_text("et al. · 2020-01-01 · cs.LG · math.CO")


def test_search_and_filters_leave_what_fits(opened: Open) -> None:
    page = opened()
    page.get_by_role("radio", name="All").check()
    expect(page.locator(".option")).to_have_count(6)
    page.locator("#find").fill("ROBOTS  rein")
    expect(page.locator(".option")).to_have_count(1)
    page.locator("#find").fill("2401.00001")
    expect(page.locator(".option .name")).to_have_text([ROBOTS])
    page.locator("#find").fill("nothing of that")
    expect(page.locator("#shown")).to_have_text("0 of 6 titles")
    expect(page.locator("#title")).to_have_text("No such title.")


def test_an_answer_on_what_was_chosen_before_comes_too_late(opened: Open) -> None:
    page = opened()
    page.evaluate(
        "const ask = fetch; window.fetch = async (...about) => { const answer = await ask(...about);"
        " await new Promise(done => setTimeout(done, 300)); return answer; };"
    )
    page.keyboard.press("j")
    page.locator("#find").fill("nothing of that")
    expect(page.locator("#title")).to_have_text("No such title.")
    page.wait_for_timeout(600)
    expect(page.locator("#title")).to_have_text("No such title.")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(400)
    assert "none" not in held().values()


def many(number: int) -> list[Resolution]:
    known = record("2401.00009", "A Paper of Robots", abstract="")
    return [resolution(f"Title {place} of Robots", known, line=place) for place in range(number)]


def test_five_thousand_titles_are_few_rows_and_the_end_is_reached(opened: Open) -> None:
    page = opened(many(5000))
    rows = page.locator(".option")
    assert rows.count() < 40
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(page.get_by_text("Title 4999 of Robots")).to_be_visible()
    assert rows.count() < 40
    last = page.locator(".option", has_text="Title 4999 of Robots")
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize") == "5000"
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight / 2; }")
    expect(page.get_by_text("Title 2505 of Robots")).to_be_visible()
    page.locator("#list").focus()
    page.keyboard.press("End")
    expect(heading(page)).to_have_text("Title 4999 of Robots")
    page.keyboard.press("1")
    expect(heading(page)).to_have_text("Title 4998 of Robots")
    assert held()["Title 4999 of Robots"] == "2401.00009"
    gaps = page.evaluate(SCROLL)
    assert sorted(gaps)[len(gaps) // 2] < 50  # milliseconds a frame; 17 on a machine with nothing else to do


SCROLL = """async () => {
  const list = document.getElementById("list");
  list.scrollTop = 0;
  const gaps = [];
  let before = performance.now();
  for (let step = 0; step < 60; step += 1) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - before);
    before = now;
    list.scrollTop += 700;
  }
  return gaps;
}"""


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing(opened: Open, scheme: str, width: int) -> None:
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    found = axe(page)
    page.locator(".option").nth(1).click()
    expect(heading(page)).to_have_text(SEA)
    for details in page.locator("main summary").all():
        details.click()
    found += axe(page)
    if width < 500:
        page.get_by_role("button", name="← Titles").click()
    page.get_by_role("radio", name="Decided").check()
    page.locator(".option").first.click()
    expect(page.locator(".themes li").first).to_be_visible()
    found += axe(page)
    page.get_by_role("button", name="Keys").click()
    found += axe(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="BibTeX…").click()
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#confirm")).to_be_visible()
    found += axe(page)
    assert found == []


def axe(page: Page) -> list[tuple[str, str, str]]:
    found = Axe().run(page).response
    assert len(found["passes"]) > 15  # it did look
    return [(each["impact"], each["id"], each["nodes"][0]["html"]) for each in found["violations"]]


@pytest.mark.parametrize("width", [320, 375])
def test_a_phone_shows_a_list_then_a_title_without_scrolling_sideways(opened: Open, width: int) -> None:
    long = resolution("Ein" + "wort" * 60, record("2401.00001", "Ein" + "wort" * 61), line=9)
    page = opened([*CASES, long], viewport={"width": width, "height": 740})
    expect(page.locator("#title")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".option", has_text="Einwort").click()
    expect(page.locator("#list")).to_be_hidden()
    expect(heading(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
        ".map(each => each.outerHTML.slice(0, 90))"
    )
    assert wide == []
    page.get_by_role("button", name="Accept 1").click()
    expect(page.locator("#status")).to_contain_text("accepted")
    expect(heading(page)).not_to_contain_text("Einwort")  # the next title is drawn, and its buttons
    page.get_by_role("button", name="← Titles").click()
    expect(page.locator("#list")).to_be_visible()


def test_focus_is_seen_wherever_it_goes_and_the_list_tells_what_is_chosen(opened: Open) -> None:
    page = opened()
    expect(page.locator("#list")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(heading(page)).to_have_text(SEA)
    chosen = page.locator("#list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    assert page.locator(f"#{chosen} .name").text_content() == SEA
    page.locator("h1").evaluate("title => { title.tabIndex = -1; title.focus(); }")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        seen = "element => getComputedStyle(element).outlineStyle"
        focused = page.locator(":focus")
        if focused.get_attribute("type") == "radio":
            focused = page.locator(":focus + span")
        assert focused.evaluate(seen) != "none", reached
        if reached[-1] == "Look for another paper":
            break
    assert reached[:2] == ["bibtex", "zotero"]  # there is nothing to undo yet
    assert "none" in reached
    assert reached[-1] == "Look for another paper"
