"""Cards of a notebook: escaped whatever a digest says, and readable on white and on black."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import refkit
from refkit import notebook
from refkit.model import ArxivRecord, Author, Candidate, Evidence, Mention, Publication, Resolution, ThemeTag, Verdict
from refkit.model import Work as Paper

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</div></div><h1>&lt;b&gt;",
    "<!-- ",
    "]]><![CDATA[",
]
# The only tags, and the only attributes of each, that a card may have.
ALLOWED = {"div": {"class", "style"}, "em": set(), "strong": set(), "a": {"href", "rel", "target"}}


class Seen(HTMLParser):
    """Takes HTML apart: tags, and the text as a reader sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


def check(html: str) -> Seen:
    seen = Seen(html)
    assert seen.open == []
    for tag, attributes in seen.tags:
        assert set(attributes) <= ALLOWED[tag]
        assert (attributes.get("href") or "https://arxiv.org/abs/").startswith("https://arxiv.org/abs/")
    return seen


def resolution(text: str, verdict: Verdict = Verdict.MATCHED) -> Resolution:
    record = ArxivRecord(arxiv_id=text, title=text, authors=(Author(literal=text),) * 5)
    candidate = Candidate(record=record, evidence=Evidence(), score=0.5, source=text)
    mention = Mention(title=text, digest=text, line=7)
    return Resolution(mention=mention, verdict=verdict, reason=text, candidates=(candidate,) * 5, confidence=0.9)


def work(text: str) -> Paper:
    return Paper(
        record=ArxivRecord(arxiv_id=text, title=text, authors=(Author(literal=text),)),
        publication=Publication(type="article-journal", container_title=text),
        mentions=(Mention(title=text, digest=text, line=7),),
        themes=(ThemeTag(text),),
    )


def html_of(value: Any) -> str:
    html: str = value._repr_html_()
    return html


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("make", [resolution, work])
def test_what_a_digest_says_is_text_and_nothing_else(make: Any, text: str) -> None:
    assert text in check(html_of(make(text))).text


def test_halves_of_characters_and_control_characters_are_replaced() -> None:
    html_of(resolution("\ud800\x00\x1b[31m")).encode()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])), st.sampled_from(Verdict))
def test_any_text_is_shown_as_it_is(text: str, verdict: Verdict) -> None:
    said = check(html_of(resolution(text, verdict))).text
    assert "".join(text.split()) in "".join(said.split())
    check(html_of(work(text)))


def test_a_resolution_shows_verdict_reason_and_where_it_was_read() -> None:
    (found,) = refkit.resolve([Mention(title="Learning to Navigate the Web", digest="d.txt", line=3)])
    seen = check(html_of(found))
    assert seen.text.startswith("matched: Learning to Navigate the Web")
    for told in (found.reason, "read in: d.txt:3", "arXiv:1812.09195", "Izzeddin Gur", "and 1 more"):
        assert told in seen.text
    (link,) = {attributes["href"] for tag, attributes in seen.tags if tag == "a"} & {"https://arxiv.org/abs/1812.09195"}
    assert link
    (paper,) = refkit.works([found])
    assert check(html_of(paper)).text.endswith("arXiv:1812.09195 2018-12-21named by: d.txt:3")


def test_an_open_title_has_no_record_but_candidates() -> None:
    text = check(html_of(resolution("Mamba", Verdict.AMBIGUOUS))).text
    assert "record:" not in text
    assert "candidate 3" in text
    assert "candidate 4" not in text


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_edges_are_seen_on_light_and_dark_and_text_takes_the_colour_of_the_notebook(ground: str) -> None:
    for verdict in Verdict:
        html = html_of(resolution("Mamba", verdict))
        (edge,) = re.findall(r"solid (#[0-9a-f]{6})", html)
        light, dark = sorted((luminance(edge), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, (verdict, edge)
        assert not re.findall(r"(?<![-\w])color:(?!inherit)|background:(?!none)", html)
    assert set(notebook._EDGES) == {verdict.value for verdict in Verdict}
