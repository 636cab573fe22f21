"""Which format a bibliography is in, and what is read and written under which name."""

from __future__ import annotations

import re

import pytest

from refkit.errors import UsageError
from refkit.writers.formats.converting import READABLE, SUFFIXES, WRITABLE, Layout, format_of, read_items, write_items
from refkit.writers.formats.item import Contents, Item


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('[{"id": "a"}]', "csl-json"),
        ('\ufeff\n {"items": []}', "csl-json"),
        ('{"key": "a", "item": {}}\n{"key": "b"}', "jsonl"),
        ('{"id": "a",\n "item": 1}', "csl-json"),
        ("{" * 50_000, "csl-json"),
        ('[{"item": 1}]', "csl-json"),
        ("head\nTY  - JOUR\nER  - ", "ris"),
        ("TY  -BOOK", "ris"),
        ("% mine\n@article{a, title={T}}", "bibtex"),
        ("  @Book (a,", "bibtex"),
    ],
)
def test_what_stands_in_it_says_the_format_whatever_its_name(text: str, wanted: str) -> None:
    assert format_of("refs.txt", text) == wanted
    assert format_of("refs.ris", text) == wanted


NAMED = {
    ".bib": "bibtex", ".bibtex": "bibtex", ".json": "csl-json", ".ris": "ris", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
FOR_PEOPLE = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


@pytest.mark.parametrize(("suffix", "wanted"), NAMED.items())
def test_else_its_name_does(suffix: str, wanted: str) -> None:
    assert format_of(f"Refs{suffix.upper()}", "") == wanted


def test_each_format_has_its_names() -> None:
    assert SUFFIXES == NAMED | FOR_PEOPLE
    assert set(READABLE) == {*NAMED.values(), "biblatex"}
    assert set(WRITABLE) == {*READABLE, *FOR_PEOPLE.values()}


@pytest.mark.parametrize("name", ["refs.md", "refs.markdown", "refs.html", "refs.htm", "refs", "refs.txt"])
def test_what_is_none_is_told_with_what_to_do(name: str) -> None:
    problem = re.escape(f"{name}: this is no bibliography that refkit reads; it reads .bib, CSL-JSON, RIS and its own")
    with pytest.raises(UsageError, match=f"{problem} JSON lines. Name the format with --from, or read it as a digest"):
        format_of(name, "me@example.org wrote: TY for all")


def test_a_format_that_does_not_exist() -> None:
    said = "no reader for 'html'; refkit converts from: bibtex, biblatex, csl-json, ris, jsonl"
    with pytest.raises(UsageError, match=rf"{said}\.$"):
        read_items("", format="html", name="x")
    said = "no format 'docx'; refkit converts to: bibtex, biblatex, csl-json, ris, jsonl, markdown, html"
    with pytest.raises(UsageError, match=rf"{said}\.$"):
        write_items([], to="docx")


@pytest.mark.parametrize("format_", READABLE)
def test_what_is_written_in_a_format_is_known_for_it_and_read(format_: str) -> None:
    items = (Item(key="a", type="book", texts={"title": "Owls"}),)
    text = write_items(items, to=format_).text
    assert format_of("refs", text) == ("bibtex" if format_ == "biblatex" else format_)
    assert read_items(text, format=format_, name="refs") == Contents(items=items)


@pytest.mark.parametrize("to", ["bibtex", "biblatex"])
@pytest.mark.parametrize(
    ("source", "title"),
    [("bibtex", "How BERT"), ("biblatex", "How BERT"), ("csl-json", "How {BERT}"), ("", "How {BERT}")],
)
def test_capitals_are_kept_by_braces_where_the_source_has_none_to_say_so(source: str, title: str, to: str) -> None:
    item = Item(key="a", type="article-journal", texts={"title": "How BERT", "container-title": "J"})
    text = write_items([item], to=to, source=source).text
    fields = dict(re.findall(r"(\w+) += \{(.*)\},", text))
    assert fields == {"title": title, "journal" if to == "bibtex" else "journaltitle": "J"}


LISTED = [Item(key="a", texts={"title": "Owls"}, keywords=("rest",)), Item(key="b", texts={"title": "Cats"})]


@pytest.mark.parametrize(("to", "heading"), [("markdown", "## {}\n"), ("html", "<h2>{}</h2>")])
def test_a_list_for_people_is_by_theme_if_that_is_asked_for(to: str, heading: str) -> None:
    by_theme = write_items(LISTED, to=to, layout=Layout(by_theme=True)).text
    assert all(heading.format(theme) in by_theme for theme in ("rest", "Other"))
    assert heading.format("rest") not in write_items(LISTED, to=to).text


def test_a_layout_is_plain_unless_said() -> None:
    layout = Layout()
    assert layout == Layout(style="", by_theme=False, title="Bibliography")
    with pytest.raises(AttributeError):
        layout.style = "apa"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Layout("apa")  # type: ignore[call-arg]


def test_a_page_has_a_title() -> None:
    assert "<title>Bibliography</title>" in write_items(LISTED, to="html").text
    assert "<title>My owls</title>" in write_items(LISTED, to="html", layout=Layout(title="My owls")).text


@pytest.mark.parametrize("to", WRITABLE)
def test_for_each_item_is_said_what_was_lost(to: str) -> None:
    items = [Item(key="a", texts={"title": "T"}), Item(key="b", others={"bib:crossref": "a", "bib:xdata": "x"})]
    assert write_items(items, to=to).lost == ((), ())


@pytest.mark.parametrize("to", ["markdown", "html"])
def test_a_list_for_people_leaves_nobody_out(to: str) -> None:
    items = [Item(texts={"title": title}, key=key) for key, title in (("", "Aa"), ("a", "Bb"), ("a", "Cc"), ("", "Dd"))]
    text = write_items(items, to=to).text
    assert [text.count(f" {title}.") for title in ("Aa", "Bb", "Cc", "Dd")] == [1, 1, 1, 1]
    if to == "html":
        assert re.findall(r'id="(.*?)"', text) == ["item1", "a", "a-", "item4"]
