"""The page as a parser sees it: what strangers wrote is text, nothing is loaded, ids and links are sound."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from lxml import html
from msgspec.structs import replace

import refkit
from refkit.digests.loading import Chosen, Reading
from refkit.model import (
    ArxivRecord,
    Author,
    Candidate,
    Evidence,
    Mention,
    PartialDate,
    Resolution,
    Skipped,
    ThemeTag,
    Verdict,
    Work,
)
from refkit.report.page import to_report
from refkit.report.papers import confidence_text

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></script><script>alert(1)</script>",
    "</textarea><svg/onload=alert(1)>",
    "<!-- {{7*7}} ${7*7} ]]>",
    "javascript:alert(1)",
    "بناء النماذج \u202egnp.exe",
    "a\0b\x1b[2J\udcffc",
    "$\\href{javascript:alert(1)}{x}$ &amp; &lt;b&gt;",
]
RECORD = ArxivRecord(
    arxiv_id="2401.00001",
    title="A Paper",
    authors=(Author(family="Lovelace", given="Ada"), Author(family="Li", given="Bo")),
    categories=("cs.LG", "stat.ML"),
    submitted=PartialDate(2024, 1, 2),
)
ZOTERO = "zotero://select/library/items/ABCD2345"


def matched(record: ArxivRecord, title: str = "", *, line: int = 1, digest: str = "/Users/ada/d.txt") -> Resolution:
    return Resolution(
        mention=Mention(title=title or record.title, digest=digest, line=line),
        verdict=Verdict.MATCHED,
        reason="The title is the same.",
        candidates=(Candidate(record=record, evidence=Evidence(), score=0.99, source="index"),),
        confidence=0.98765,
    )


def unmatched(title: str, verdict: Verdict = Verdict.NOT_FOUND, **more: Any) -> Resolution:
    return Resolution(
        mention=Mention(title=title, digest="/Users/ada/d.txt", line=9), verdict=verdict, reason="No.", **more
    )


def work(record: ArxivRecord, *themes: str) -> Work:
    return Work(record=record, themes=tuple(ThemeTag(theme, ("word",)) for theme in themes))


def parse(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def hostile_page() -> str:
    """A page on which everything that comes from outside is hostile."""
    resolutions, works, readings = [], [], []
    for number, text in enumerate(HOSTILE, start=1):
        authors = (Author(literal=text), Author(literal="Same " + text))
        record = ArxivRecord(
            arxiv_id=f"2401.{number:05}", title=text, authors=authors, categories=(text,), comments=text,
            journal_ref=text, doi=text, former_titles=(text,), submitted=PartialDate(2024, 1, number),
        )  # fmt: skip
        again = ArxivRecord(arxiv_id=f"2402.{number:05}", title="T", authors=authors, submitted=PartialDate(2023))
        for each in (record, again):
            resolutions.append(matched(each, text + " other", digest=text))
            works.append(work(each, text, "zz " + text))
        resolutions.append(unmatched(text, Verdict.FAILED, candidates=matched(record).candidates))
        skipped = (Skipped(1, text, text),)
        readings.append(Reading(digest=text, readers=(Chosen(text),), mentions=(), skipped=skipped))
    return to_report(
        resolutions, works, title=HOSTILE[0], asked=HOSTILE, readings=readings, unread=HOSTILE,
        zotero={"2401.00001": HOSTILE[6], "2401.00002": HOSTILE[1]},
    )  # fmt: skip


def test_whatever_comes_from_outside_is_shown_as_text() -> None:
    page = parse(hostile_page())
    assert len(page.findall(".//script")) == 1
    assert len(page.findall(".//style")) == 1
    assert not page.findall(".//img")
    assert page.findtext(".//title") == HOSTILE[0]
    for element in page.iter():
        assert not [name for name in element.attrib if name.lower().startswith("on")], html.tostring(element)[:200]
    shown = page.xpath("string(//main)")
    for text in HOSTILE[:7]:
        assert shown.count(text) > 8, text


def test_nothing_is_loaded_and_links_lead_to_arxiv_zotero_and_the_page_itself() -> None:
    page = parse(hostile_page())
    loading = {
        "src",
        "srcset",
        "data",
        "poster",
        "background",
        "action",
        "formaction",
        "ping",
        "xlink:href",
        "style",
        "srcdoc",
    }
    for element in page.iter():
        assert not loading & set(element.attrib), html.tostring(element)[:200]
        assert element.tag not in {"link", "base", "iframe", "object", "embed", "img", "image", "use", "audio", "video"}
        if "href" in element.attrib:
            assert element.tag == "a"
            assert re.match(r"#\w|https://arxiv\.org/(abs|pdf)/\d|zotero://select/", element.get("href") or "")
    style = page.findtext(".//style") or ""
    assert not re.search(r"url\(|@import|@font-face|expression", style)
    script = page.findtext(".//script") or ""
    assert not re.search(
        r"\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon|importScripts|import\(|eval|innerHTML|https?:", script
    )


def test_ids_are_unique_and_what_refers_to_one_finds_it() -> None:
    page = parse(hostile_page())
    ids = Counter(element.get("id") for element in page.iter() if element.get("id"))
    assert max(ids.values()) == 1
    for element in page.iter():
        for name in ("for", "aria-labelledby", "aria-describedby", "list"):
            assert set((element.get(name) or "").split()) <= set(ids)
        if (element.get("href") or "").startswith("#"):
            assert (element.get("href") or "")[1:] in ids


def test_the_same_values_give_the_same_bytes_and_no_clock_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    resolutions, works = [matched(RECORD), unmatched("U")], [work(RECORD, "b", "a")]
    first = to_report(resolutions, works)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert to_report(resolutions, works) == first
    assert to_report(list(resolutions), tuple(works)) == first
    dated = to_report(resolutions, works, day=dt.date(2026, 11, 27))
    assert dated.count("2026-11-27") == 2
    assert "2026-" not in first


def test_a_paper_has_all_that_is_known_of_it() -> None:
    resolutions = [matched(RECORD), matched(RECORD, "Another Title", line=4)]
    page = parse(to_report(resolutions, [work(RECORD, "agents", "robotics")], zotero={RECORD.arxiv_id: ZOTERO}))
    (paper,) = page.findall(".//article")
    told = paper.text_content()
    for part in ("A Paper", "Ada Lovelace, Bo Li", "2024-01-02", "cs.LG (Machine Learning)", "The title is the same.",
                 "confidence 98.7 %", "d.txt line 1; d.txt line 4", "agents: word", "@misc{"):  # fmt: skip
        assert part in told
    assert (
        "/Users/ada" not in page.text_content()
    )  # a report travels; where its author keeps files is nobody's business
    assert [link.get("href") for link in paper.findall(".//a")] == [
        "https://arxiv.org/abs/2401.00001",
        "https://arxiv.org/pdf/2401.00001",
        ZOTERO,
    ]
    assert [theme.text for theme in paper.findall(".//ul[@class='themes']/li")] == ["agents", "robotics"]
    assert paper.get("data-year") == "2024"


def test_bibtex_on_the_page_is_that_of_the_writer_with_the_keys_of_one_file() -> None:
    second = ArxivRecord(arxiv_id="2401.00002", title=RECORD.title, authors=RECORD.authors, submitted=RECORD.submitted)
    works = [work(RECORD), work(second)]
    for dialect in ("bibtex", "biblatex"):
        page = parse(to_report([matched(RECORD), matched(second)], works, dialect=dialect))
        entries = [each.text_content() for each in page.findall(".//pre")]
        assert "\n\n".join(entries) + "\n" == refkit.to_bibtex(works, dialect=dialect)


def test_a_title_that_was_not_matched_tells_why_and_what_is_nearest() -> None:
    near = Candidate(record=RECORD, evidence=Evidence(), score=0.4321, source="index", reason="a word differs")
    resolutions = [
        unmatched("Apart", Verdict.AMBIGUOUS, candidates=(near,)),
        unmatched("Settled", decided="none"),
        unmatched("Down", Verdict.FAILED),
    ]
    page = parse(to_report(resolutions, []))
    first, settled, down = page.findall(".//article")
    assert "ambiguous: No." in first.text_content()
    assert "A Paper (Ada Lovelace et al., 2024-01-02, arXiv:2401.00001), score 0.43, not taken: a word differs" in (
        first.text_content()
    )
    assert "settled by a person" in settled.text_content()
    assert down.get("data-verdict") == "failed"
    figures = {each.findtext("dt"): each.findtext("dd") for each in page.findall(".//dl[@class='figures']/div")}
    assert figures == {"matched": "0", "ambiguous": "1", "not found": "1", "failed": "1"}


def test_a_decision_of_a_person_has_no_probability() -> None:
    found = matched(RECORD)
    by_hand = replace(found, reason="You chose it.", confidence=1.0, decided="accepted")
    told = parse(to_report([by_hand], [work(RECORD)])).findall(".//article")[0].text_content()
    assert "(by a person): You chose it." in told
    assert "confidence" not in told


def test_a_confidence_is_never_rounded_up_to_certainty() -> None:
    assert [confidence_text(value) for value in (0.99999, 0.9929, 0.5, 0.0, 1.0)] == [
        "99.9 %", "99.2 %", "50.0 %", "0.0 %", "100.0 %",
    ]  # fmt: skip


def test_the_page_of_nothing_and_of_one_paper_have_no_empty_parts() -> None:
    nothing = parse(to_report([], []))
    assert [heading.text for heading in nothing.findall(".//h2")] == ["What was read and decided"]
    one = parse(to_report([matched(RECORD)], [work(RECORD)]))
    assert [heading.text for heading in one.findall(".//h2")] == ["What was read and decided", "Papers"]
    assert [label.get("for") for label in one.findall(".//form//label")] == ["q", "author", "year"]


def test_pictures_have_their_figures_in_tables() -> None:
    other = ArxivRecord(arxiv_id="2301.00002", title="B", authors=RECORD.authors[:1], submitted=PartialDate(2022, 5))
    works = [work(RECORD, "agents", "robotics"), work(other, "agents")]
    page = parse(to_report([matched(RECORD), matched(other)], works))
    tables = {
        table.findtext("caption"): [[cell.text_content() for cell in row] for row in table.iter("tr")]
        for table in page.findall(".//table")
    }
    assert tables["Papers by time and theme"][1:] == [
        ["all papers", "1", *[""] * 6, "1", "2"],
        ["agents", "1", *[""] * 6, "1", "2"],
        ["robotics", *[""] * 7, "1", "1"],
    ]
    assert tables["Themes that papers have together"][1:] == [["agents", "robotics", "1"]]
    assert tables["Authors of two papers or more"][1:] == [["Ada Lovelace", "2"]]
    assert len(page.findall(".//svg")) == 3


def test_skipped_lines_are_listed_with_their_reasons_and_a_long_list_is_told_to_be_cut() -> None:
    lines = tuple(Skipped(number, f"text {number}", "a button") for number in range(1, 1001))
    reading = Reading(digest="d.txt", readers=(Chosen("titles", 0.5),), mentions=(), skipped=lines)
    told = parse(to_report([], [], readings=[reading])).get_element_by_id("skipped").text_content()
    assert "1,000 lines" in told
    assert "text 500" in told
    assert "text 501" not in told
    assert "And 500 more" in told


def test_style_and_script_are_shipped_and_the_public_name_is_there() -> None:
    for name in ("style.css", "script.js"):
        assert files("refkit.report").joinpath(name).is_file()
    assert refkit.to_report is to_report
