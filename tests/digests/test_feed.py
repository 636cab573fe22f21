"""Feeds: cases of RSS, RDF and Atom, what is a paper in them, names, dates, markup, and text that is no XML."""

from __future__ import annotations

import time
from html import unescape
from pathlib import Path

import pytest
from lxml import etree

from refkit.digests.feed import FeedReader
from refkit.digests.feed_items import Item, content_of, items_in
from refkit.digests.feed_text import names_of, told
from refkit.digests.inline import without_markup
from refkit.digests.loading import read_mentions
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import case_input

CASES = Path(__file__).with_name("feed")
WELL_FORMED = [
    "arxiv-rss",
    "arxiv-rss-old",
    "arxiv-api",
    "journals",
    "podcast-among-papers",
    "aggregator",
    "newsletter",
]


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> FeedReader:
        return FeedReader()

    @pytest.fixture
    def cases(self) -> Path:
        return CASES


def feed(*items: str, head: str = "<title>A feed</title>") -> str:
    return f'<rss version="2.0"><channel>{head}{"".join(f"<item>{each}</item>" for each in items)}</channel></rss>'


def read(text: str) -> list[Mention | Skipped]:
    return list(FeedReader().read(text, digest="a.xml"))


def one(item: str, head: str = "<title>A feed</title>") -> Mention:
    (mention,) = read_mentions(feed(item, head=head), FeedReader(), digest="a.xml")[0]
    return mention


def paper(title: str, more: str = "") -> str:
    return f"<title>{title}</title><link>https://arxiv.org/abs/1706.03762</link>{more}"


@pytest.mark.parametrize("case", WELL_FORMED)
def test_the_fields_of_a_feed_are_those_that_lxml_finds(case: str) -> None:
    text, _ = case_input(CASES / case)
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    expected = [
        [(etree.QName(child).localname.lower(), "".join(child.itertext()).strip()) for child in item.iterchildren()]
        for item in root.iter("{*}item", "{*}entry")
    ]
    found = [
        [(field.name, _plain(content_of(text, field.start, field.stop))) for field in item.fields]
        for item in items_in(text)
        if isinstance(item, Item) and item.name
    ]
    assert [[name for name, _ in fields] for fields in found] == [[name for name, _ in fields] for fields in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert [text for name, text in ours if name == "link"] == [text for name, text in theirs if name == "link"]
        titles = [[without_markup(text) for name, text in fields if name == "title"] for fields in (ours, theirs)]
        assert titles[0] == titles[1]


def _plain(content: str) -> str:
    return unescape(content).strip()


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Q&amp;A for $x &lt; y$", "Q&A for $x < y$"),
        ("Q&amp;amp;A", "Q&A"),
        ("<![CDATA[H<sub>2</sub>O &amp; <i>E. coli</i>]]>", "H2O & E. coli"),
        ("&lt;b&gt;Bold&lt;/b&gt; Moves", "Bold Moves"),
        ("Reasoning in &lt;think&gt; Tags", "Reasoning in <think> Tags"),
        ("Schr&#xF6;dinger&#8217;s\n   Cat", "Schrödinger’s Cat"),
        ("Attention Is All You Need. (arXiv:1706.03762v5 [cs.CL] UPDATED)", "Attention Is All You Need"),
        ("[1706.03762] Attention Is All You Need", "Attention Is All You Need"),
        ("[R] Attention Is All You Need", "Attention Is All You Need"),
        ("A, Vol. 7, Pages 1: On B</title><dc:title>On B</dc:title><title>", "On B"),
        ("Cut by the feed&#8230;", "Cut by the feed…"),
        ("AT&T &nothing; here", "AT&T &nothing; here"),
    ],
)
def test_titles_are_read_through_their_escapes(written: str, title: str) -> None:
    assert one(paper(written)).title == title


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Albert Gu (1), Tri Dao ((2) Princeton)", ("Albert Gu", "Tri Dao")),
        ("Gu, A., Dao, T.", ("Gu, A.", "Dao, T.")),
        ("X. Y. Zhou, A. Doe, and B. Roe", ("X. Y. Zhou", "A. Doe", "B. Roe")),
        ("&lt;a href='u'&gt;Albert Gu&lt;/a&gt;, &lt;a href='v'&gt;Tri Dao&lt;/a&gt;", ("Albert Gu", "Tri Dao")),
        ("Albert Gu; Tri Dao", ("Albert Gu", "Tri Dao")),
        ("noreply@example.org (Albert Gu, Tri Dao)", ("Albert Gu", "Tri Dao")),
        ("By Albert Gu and Tri Dao", ("Albert Gu", "Tri Dao")),
        ("Albert Gu et al.", ("Albert Gu",)),
        ("", ()),
    ],
)
def test_names_are_parted_in_all_their_forms(written: str, names: tuple[str, ...]) -> None:
    assert names_of(unescape(written)) == names


def test_whoever_posts_is_no_author() -> None:
    items = [
        f"<title>Paper Number {n}</title><link>https://arxiv.org/abs/1706.0376{n}</link><author>Desk</author>"
        for n in range(4)
    ]
    assert [each.authors for each in read_mentions(feed(*items), FeedReader(), digest="a")[0]] == [()] * 4
    assert one(paper("Mamba", "<author>desk@example.org (The Desk)</author>")).authors == ()
    assert one(paper("Mamba", "<author>Albert Gu</author>")).authors == ("Albert Gu",)


@pytest.mark.parametrize(
    ("date", "issued"),
    [
        ("<pubDate>Wed, 13 Mar 2024 23:59:00 -0500</pubDate>", PartialDate(2024, 3, 13)),
        ("<pubDate>13 Mar 2024</pubDate>", PartialDate(2024, 3, 13)),
        ("<dc:date>2024-03-13T23:00:00+01:00</dc:date>", PartialDate(2024, 3, 13)),
        ("<prism:coverDate>2024-03</prism:coverDate>", PartialDate(2024, 3)),
        ("<published>2024-03-13</published><updated>2025-01-01</updated>", PartialDate(2024, 3, 13)),
        ("<pubDate>yesterday</pubDate>", PartialDate(2024, 3, 1)),
        ("<description>Publication date: May 2023</description>", PartialDate(2023, 5)),
    ],
)
def test_dates_are_those_of_the_item_or_else_of_the_feed(date: str, issued: PartialDate) -> None:
    assert one(paper("Mamba", date), "<lastBuildDate>Fri, 01 Mar 2024 05:00:00 +0000</lastBuildDate>").issued == issued


@pytest.mark.parametrize(
    ("more", "heading"),
    [
        ("<category>Vision</category>", "Vision"),
        ("<category>Vision</category><category>Robots and more</category>", "A feed"),
        ("<category>cs.CV</category><category>cs.RO</category>", "cs.CV"),
        ("<prism:section>Letters</prism:section><category>a</category>", "Letters"),
        ("", "A feed"),
    ],
)
def test_the_heading_is_the_section_or_else_the_feed(more: str, heading: str) -> None:
    assert one(paper("Mamba", more)).heading == heading


def test_items_that_are_papers_are_told_by_evidence() -> None:
    post = "<title>A new office</title><link>https://lab.example.org/office</link>"
    assert isinstance(read(feed(post))[0], Skipped)
    assert [type(each) for each in read(feed(post, post.replace("new", "newer"), paper("Mamba")))] == [
        Skipped, Skipped, Mention,
    ]  # fmt: skip
    in_journal = f"{post}<prism:publicationName>A Journal</prism:publicationName>"
    assert one(in_journal).title == "A new office"
    with_names = f"{post}<dc:creator>Ada Lovelace, Grace Hopper</dc:creator>"
    assert one(with_names).authors == ("Ada Lovelace", "Grace Hopper")


def test_bare_titles_are_taken_only_where_nothing_is_linked() -> None:
    text = feed("<title>Attention Is All You Need</title>", "<title>Subscribe</title>")
    assert [type(each) for each in read(text)] == [Mention, Skipped]


_SAID = "It is one of the few that have it."


@pytest.mark.parametrize(
    ("content", "abstract", "authors"),
    [
        (f"arXiv:2312.00752v1 Announce Type: new \nAbstract: {_SAID}", _SAID, ()),
        (
            f"<p><b>Authors:</b> A. Gu, T. Dao</p><p><b>Summary:</b> {_SAID}</p><p>Upvotes: 5</p>",
            _SAID,
            ("A. Gu", "T. Dao"),
        ),
        (f"<h2>ABSTRACT</h2><p>{_SAID}</p><h2>Introduction</h2><p>This is more than anybody wants.</p>", _SAID, ()),
        (
            f"<p>Authors:</p><p>Ada Lovelace</p><p>Grace Hopper</p><p>{_SAID}</p>",
            _SAID,
            ("Ada Lovelace", "Grace Hopper"),
        ),
        ("Nature, Published online: 12 March 2024; doi:10.1038/s41586-024-00001-1", "", ()),
        ("Too short.", "", ()),
        ("It goes on, as we can see from how it ends [&hellip;]", "It goes on, as we can see from how it ends […]", ()),
    ],
)
def test_a_description_is_taken_apart(content: str, abstract: str, authors: tuple[str, ...]) -> None:
    found = told(content, "Mamba")
    assert (found.abstract, found.authors) == (abstract, authors)


def test_no_entity_is_expanded_or_fetched() -> None:
    inner = "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(20))
    for declared in (f"<!ENTITY a0 'ha'>{inner}", "<!ENTITY a20 SYSTEM 'file:///etc/passwd'>"):
        text = f"<!DOCTYPE rss [{declared}]>{feed(paper('Mamba &a20;'))}"
        assert FeedReader().recognise(text) > 0.9
        assert [each.title for each in read(text) if isinstance(each, Mention)] == ["Mamba &a20;"]


def test_lines_are_right_far_down() -> None:
    text = feed("\n" * 70_000 + paper("Mamba"), paper("Jamba").replace("1706.03762", "1706.03763"))
    assert [each.line for each in read_mentions(text, FeedReader(), digest="a")[0]] == [70_001, 70_001]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ('<?xml version="1.0"?><!-- a --><rss version="0.91">', True),
        ('<atom:feed xmlns:atom="http://www.w3.org/2005/Atom">', True),
        ('<rdf:RDF xmlns="http://purl.org/rss/1.0/">', True),
        ("This XML file does not appear to have any style\n<rss>", True),
        ('<rdf:RDF xmlns:z="http://www.zotero.org/namespaces/export#"><bib:Article>', False),
        ("<html><body><rss></body></html>", False),
        ("<feed>me</feed>", False),
        ("RSS feeds: an overview <", False),
    ],
)
def test_a_feed_is_known_by_its_first_element(text: str, sure: bool) -> None:  # noqa: FBT001 - a table
    assert (FeedReader().recognise(text) > 0.9) == sure


def test_a_feed_that_was_cut_says_so() -> None:
    text = feed(paper("Mamba"), paper("Jamba").replace("1706.03762", "1706.03763"))
    items = read(text[: text.index("Jamba") + 5])
    assert [each.title for each in items if isinstance(each, Mention)] == ["Mamba"]
    reasons = [each.reason for each in items if isinstance(each, Skipped)]
    assert reasons == ["an item without an end", "the end of the feed is missing"]
    cut = read(feed(paper("Mamba", "<description><![CDATA[and")))
    assert [type(each) for each in cut] == [Mention, Skipped]


def test_an_endless_title_is_an_error_with_its_line() -> None:
    with pytest.raises(DigestError, match=r"^a\.xml:1: the title has 5,999 characters"):
        read(feed(paper("Words " * 1_000)))


@pytest.mark.parametrize(
    "text",
    [
        "<rss>" + "<item>" * 50_000,
        "<rss><item><title>" + "<a>" * 200_000,
        "<rss><item><title>" + "<!" * 500_000,
        "<rss><item><title>" + "<" * 500_000,
        "<!DOCTYPE x [" * 100_000,
        "<rss><item><title>Mamba</title><description>" + "&amp;lt;" * 100_000,
        "<rss><item><title>Mamba</title>" + "<dc:creator>A B</dc:creator>" * 20_000,
        "<rss><item><title>Mamba</title><dc:creator>" + "(" * 200_000 + "</dc:creator></item>",
    ],
)
def test_what_would_be_slow_is_not(text: str) -> None:
    start = time.perf_counter()
    try:
        read(text)
    except DigestError as error:
        assert error.line == 1  # noqa: PT017 - one of two good outcomes
    assert time.perf_counter() - start < 20  # all take about a second; quadratic work would take minutes


def test_the_real_feed_is_read_whole(shared: Path) -> None:
    """Needs the digests of ../shared."""
    path = shared / "accuracy/raw/hf_daily_papers_feed.xml"
    if not path.exists():
        pytest.skip("../shared has no raw digests")
    mentions, _ = read_mentions(path.read_text(encoding="utf-8"), FeedReader(), digest="a.xml")
    assert len(mentions) == 30
    assert all(each.arxiv_id and each.authors and each.abstract for each in mentions)
