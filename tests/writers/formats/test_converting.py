"""Which format a bibliography is in, and what is read and written under which name."""

from __future__ import annotations

import re

import pytest

from refkit.errors import UsageError
from refkit.writers.formats.converting import READABLE, SUFFIXES, WRITABLE, format_of, read_items, write_items
from refkit.writers.formats.item import Item


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


@pytest.mark.parametrize(("suffix", "wanted"), [pair for pair in SUFFIXES.items() if pair[1] in READABLE])
def test_else_its_name_does(suffix: str, wanted: str) -> None:
    assert format_of(f"Refs{suffix.upper()}", "") == wanted


@pytest.mark.parametrize("name", ["refs.md", "refs.html", "refs", "refs.txt"])
def test_what_is_none_is_told_with_what_to_do(name: str) -> None:
    problem = re.escape(f"{name}: this is no bibliography that refkit reads; it reads .bib, CSL-JSON, RIS and its own")
    with pytest.raises(UsageError, match=f"{problem} JSON lines. Name the format with --from, or read it as a digest"):
        format_of(name, "me@example.org wrote: TY for all")


def test_a_format_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match=r"no reader for 'html'; refkit converts from: bibtex, biblatex, csl-json"):
        read_items("", format="html", name="x")
    with pytest.raises(UsageError, match=r"no format 'docx'; refkit converts to: bibtex, .*, markdown, html"):
        write_items([], to="docx")


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
