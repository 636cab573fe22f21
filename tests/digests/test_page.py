"""What a person sees of a page: blocks, links, places; and that no text makes it slow, deep or large."""

from __future__ import annotations

import time
import tracemalloc

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.digests.markup import RAW, START, LineStarts, attribute, tokens
from refkit.digests.page import Block, blocks, raw_of
from refkit.digests.page_head import absolute, address_of, is_html, page_title

NEST = 20_000


def seen(text: str) -> list[str]:
    return [block.text for block in blocks(text) if block.text]


def one(text: str) -> Block:
    (block,) = blocks(text)
    return block


def test_blocks_are_what_stands_on_lines_of_its_own() -> None:
    text = "<h2>A <b>b</b></h2><p>c<br>d</p><ul><li>e<li>f</ul><table><tr><td>g<td>h</table>i<hr>j"
    assert [(block.kind, block.text) for block in blocks(text)] == [
        ("heading", "A b"),
        ("text", "c"),
        ("text", "d"),
        ("item", "e"),
        ("item", "f"),
        ("cell", "g"),
        ("cell", "h"),
        ("text", "i"),
        ("rule", ""),
        ("text", "j"),
    ]


def test_rows_tell_what_belongs_together() -> None:
    text = "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><dl><dt>d</dt><dd>e</dd></dl><article><p>f</p></article>"
    found = {block.text: (block.row, block.outer) for block in blocks(text)}
    assert found["b"] == (2, found["a"][0])
    assert found["d"] == found["e"]
    assert len({row for row, _ in found.values()}) == 5
    assert found["f"][0] > 0


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<head><title>x</title></head>",
        "<div style='display: NONE'>x</div>",
        "<span style='color:red;visibility:hidden'>x</span>",
        "<p hidden>x</p>",
        "<p aria-hidden='true'>x</p>",
        "<div class='big preheader'>x</div>",
        "<template><p>x</p></template>",
        "<noscript>x</noscript>",
        "<select><option>x</select>",
        "<!-- x --><!-->",
        "<!--[if mso]>x<![endif]-->",
        "<![if !mso]>",
        "<?php x ?>",
        "<svg><text>x</text></svg>",
        "<a title='<b>x</b>'></a>",
    ],
)
def test_what_nobody_sees_is_dropped(hidden: str) -> None:
    assert seen(f"<p>before</p>{hidden}<p>after</p>") == ["before", "after"]


def test_text_of_menus_and_footers_is_marked() -> None:
    text = "<nav>a</nav><div class='site-footer'><p>b</p></div><div role=navigation>c</div>"
    text += "<article><footer>d</footer></article>"
    assert [(block.text, block.area) for block in blocks(text)] == [
        ("a", "a menu"),
        ("b", "a footer"),
        ("c", "a menu"),
        ("d", ""),
    ]


def test_a_head_that_never_ends_hides_no_body() -> None:
    assert seen("<html><head><title>t</title><meta charset=x><p>text") == ["text"]


def test_links_know_their_text_and_where_they_lead() -> None:
    block = one("<p>see <a href='/x?a=1&amp;b=2'>the <b>best</b>\n paper</a> and <a name=n>this</a></p>")
    (link,) = block.links()
    assert (link.text, link.href, link.strong) == ("the best paper", "/x?a=1&b=2", False)
    assert block.text == "see the best paper and this"


def test_emphasis_is_kept() -> None:
    block = one("<p><strong>a</strong> <em>b</em> <span style='font-weight:700'>c</span> d</p>")
    assert [(piece.text.strip(), piece.strong, piece.italic) for piece in block.pieces if piece.text.strip()] == [
        ("a", True, False),
        ("b", False, True),
        ("c", True, False),
        ("d", False, False),
    ]


def test_places_are_exact_behind_character_references() -> None:
    text = "<p>\r\n &nbsp;&Eacute;tude <i>in</i>\rD\n</p>"
    block = one(text)
    assert (block.text, block.line) == ("Étude in D", 2)
    start, end = block.pieces[0].start, block.pieces[-1].end
    assert text[start:end] == "&nbsp;&Eacute;tude <i>in</i>\rD"
    assert raw_of(text, start, end, "in") == ("in", text.index("in<"))


def test_lines_above_65535_are_counted() -> None:
    assert one("\n" * 100_000 + "<p>x").line == 100_001


def test_formulas_stay_tex() -> None:
    assert seen("<p>An <math alttext='O(n)'><mi>O</mi></math> step</p>") == ["An $O(n)$ step"]
    assert seen("<p>A <script type='math/tex'>x^2</script> b</p>") == ["A $x^2$ b"]
    katex = "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></semantics></math>"
    assert seen(f"<p>A {katex}<span class='katex-html'>x1</span></p>") == ["A $x_1$"]
    assert seen("<p>A <math><mi>x</mi></math></p>") == ["A x"]


def test_preformatted_lines_are_lines() -> None:
    assert seen("<pre>a\nb  c\n\nd</pre>") == ["a", "b c", "d"]


def test_tags_that_were_never_closed_end_with_what_they_are_in() -> None:
    text = "<table><tr><td><b>a<td>b<tr><td><a href=x>c</table><p>d"
    found = {block.text: block.pieces[0] for block in blocks(text)}
    assert [found[name].strong for name in "abcd"] == [True, False, False, False]
    assert found["d"].href == ""


_NAMES = st.sampled_from(["p", "div", "b", "i", "a", "span", "ul", "li", "h2", "td", "table", "em"])
_WORDS = st.text(alphabet="abc xyzé", max_size=6)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    """Draw well-formed HTML without what a parser moves or drops."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(["div", "b", "i", "span", "h2", "em", "section"]))
        inner = draw(trees(depth - 1)) if depth else ""
        parts.append(f"{draw(_WORDS)}<{name}>{draw(_WORDS)}{inner}</{name}>{draw(_WORDS)}")
    return "".join(parts)


@settings(max_examples=100, deadline=None)
@given(tree=trees())
def test_the_words_are_those_that_lxml_finds(tree: str) -> None:
    page = f"<html><body><div>x{tree}</div></body></html>"
    expected = "".join(lxml.html.document_fromstring(page).itertext())
    assert "".join("".join(seen(page)).split()) == "".join(expected.split())


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.one_of(_NAMES.map("<{}>".format), _NAMES.map("</{}>".format), st.text(max_size=5)), max_size=30)
)
def test_any_text_gives_blocks_in_order_with_right_places(parts: list[str]) -> None:
    text = "".join(parts)
    places = [(piece.start, piece.end) for block in blocks(text) for piece in block.pieces]
    assert places == sorted(places)
    assert all(0 <= start <= end <= len(text) for start, end in places)


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * NEST + "deep" + "</div>" * NEST,
        "<b>" * NEST + "deep",
        "<li><ul>" * NEST + "deep",
        "<a href=x>" * NEST + "deep",
        "<p>deep" + "<span>" * NEST + "</li>" * NEST,
        "<li><ul>deep" + "<span>" * NEST + "<li></li>" * NEST,
        "<!--" * NEST,
        "deep" + "<a b='" * NEST,
        "deep" + '<a b="' * NEST,
        "<a " + "b=c " * NEST + ">deep",
        "<a" + " " * NEST + "deep",
        "<title>" * NEST + "deep",
        "<script>" * NEST,
        "<math>" * NEST + "deep",
        "<td>" * NEST + "deep",
        "<" * NEST,
        "&" * NEST,
        "&#x" * NEST,
        "<p>" + "<b>a</b>" * NEST,
        "<table><tr><td>" * NEST + "deep",
    ],
)
def test_hostile_pages_are_read_in_linear_time(text: str) -> None:
    start = time.process_time()
    assert sum(1 for _ in blocks(text)) >= 0
    assert time.process_time() - start < 10


def test_memory_is_bounded_by_the_page() -> None:
    text = "<p><b>a</b> word</p>" * 10_000
    tracemalloc.start()
    assert sum(1 for _ in blocks(text)) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(text)


def test_attributes_are_read_in_all_their_forms() -> None:
    text = "<A HREF = 'a&amp;b' b=c/d e f=\"g h\" href=no>"
    (token,) = tokens(text)
    assert token.kind == START
    assert [attribute(text, token, name) for name in ("href", "b", "e", "f", "none")] == ["a&b", "c/d", "", "g h", ""]


def test_content_that_is_no_markup_is_taken_whole() -> None:
    text = "<script>if (a</b>c) '</scripts>'</SCRIPT >x"
    first, second = tokens(text)
    assert (first.kind, text[slice(*first.inner)]) == (RAW, "if (a</b>c) '</scripts>'")
    assert text[second.start : second.end] == "x"


def test_lines_end_as_in_all_readers() -> None:
    lines = LineStarts("a\r\nb\rc\nd")
    assert [lines.number(place) for place in (0, 1, 3, 5, 7)] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("<!DOCTYPE html><p>x", True),
        ("  <!-- x --><html>", True),
        ("<?xml version='1.0'?><!DOCTYPE html><html/>", True),
        ("<?xml version='1.0'?><rss><channel/></rss>", False),
        ("<div>x</div>", True),
        ("# Title\n\n<p align=center>x</p>\n\n- [a](b)\n- [c](d)\n", False),
        ("Attention Is All You Need", False),
        ("From: a\nSubject: b\n\n<html><p>x</p></html>", False),
        ("", False),
    ],
)
def test_html_is_told_from_other_texts(text: str, *, yes: bool) -> None:
    assert is_html(text) is yes


def test_pages_say_where_they_are_from() -> None:
    assert address_of("<!-- saved from url=(0021)https://example.org/a/ --><html>") == "https://example.org/a/"
    assert address_of("<base href='https://example.org/b/'><body>") == "https://example.org/b/"
    assert address_of("<link rel=canonical href='https://example.org/c'>") == "https://example.org/c"
    assert absolute("https://example.org/a/b", "../c d") == "https://example.org/cd"
    assert absolute("", "/c") == "/c"
    assert absolute("https://[bad", "/c") == "/c"
    assert page_title("<title>A &amp;\n b</title>") == "A & b"
