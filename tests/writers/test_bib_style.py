"""New entries look like those of the file: their layout is read from what stands there."""

from __future__ import annotations

import pytest

from refkit.writers.bib_file import BibFile
from refkit.writers.bib_style import Layout, assigned, bracketed, entry_layout, gap_of, layout_of

FIELDS = {"title": "T", "month": "dec", "year": "2018"}


def layout(text: str) -> Layout | None:
    file = BibFile(text)
    return entry_layout(next(block for block in file.blocks if block.kind == "entry"), text)


def most(text: str) -> Layout:
    file = BibFile(text)
    return layout_of(file.blocks, text)


def gap(text: str, newline: str = "\n") -> str:
    return gap_of(BibFile(text).blocks, newline)


def test_refkits_own_layout_is_that_of_a_new_file() -> None:
    assert most("% nothing\n") == Layout() == Layout("  ", 16, " = ", trailing=True)
    assert Layout().entry("misc", "k", FIELDS, "\n") == (
        "@misc{k,\n  title         = {T},\n  month         = dec,\n  year          = {2018},\n}"
    )


def test_an_entry_in_another_layout() -> None:
    tabbed = Layout("\t", 0, "=", trailing=False)
    assert tabbed.entry("misc", "k", FIELDS, "\r\n") == "@misc{k,\r\n\ttitle={T},\r\n\tmonth=dec,\r\n\tyear={2018}\r\n}"
    assert tabbed.field("note", "n") == "note={n}"
    assert Layout("", 10, "=", trailing=False).field("note", "n") == "note    = {n}"


@pytest.mark.parametrize(
    ("name", "equals", "column", "text"),
    [
        ("note", " = ", 0, "note = "),
        ("note", "=", 0, "note="),
        ("note", " = ", 10, "note    = "),
        ("note", " =", 10, "note     ="),
        ("note", "= ", 10, "note=     "),
        ("note", "=", 10, "note=     "),
        ("note", " = ", 7, "note = "),
        ("note", " = ", 3, "note = "),
        ("note", "= ", 3, "note="),
        ("note", "\t= ", 10, "note    = "),
    ],
)
def test_a_value_stands_in_its_column_if_there_is_room(name: str, equals: str, column: int, text: str) -> None:
    assert assigned(name, equals, column) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("month", "dec", "dec"),
        ("Month", "dec", "dec"),
        ("month", "12", "{12}"),
        ("month", "dez\u00e9", "{dez\u00e9}"),
        ("month", "", "{}"),
        ("title", "dec", "{dec}"),
    ],
)
def test_only_a_month_is_a_macro(name: str, value: str, text: str) -> None:
    assert bracketed(name, value) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@misc{k,\n  a = {x},\n  bb = {y},\n}", Layout("  ", 0, " = ", trailing=True)),
        ("@misc{k,\n\ta={x},\n\tbb={y}\n}", Layout("\t", 0, "=", trailing=False)),
        ("@misc{k,\r a= {x},\r bb= {y}\r}", Layout(" ", 0, "= ", trailing=False)),
        ("@misc{k,\na ={x}\n,}", Layout("", 0, " =", trailing=True)),
        ("@misc{k,\n  a     =  {x},\n  title =  {y}\n}", Layout("  ", 9, " = ", trailing=False)),
        ("@misc{k,\n  a     = {x},\n  b     = {y}\n}", Layout("  ", 0, " = ", trailing=False)),
        ("@misc{k,\n  a\t=\t{x}}", Layout("  ", 0, " = ", trailing=False)),
        ("@misc{k,\n a={x},\n bb = {y}\n}", Layout(" ", 0, "=", trailing=False)),
        ("@misc{k, a = {x}}", None),
        ("@misc{ a={x},\r b={y}\r}", None),
        ("@misc{k,\n a = {x}, b = {y}}", None),
        ("@misc{k\n, a = {x}\n, b = {y}}", None),
        ("@misc{k}", None),
        ("\n@misc\n{k,\n a={x}}", Layout(" ", 0, "=", trailing=False)),
    ],
)
def test_the_layout_of_an_entry(text: str, found: Layout | None) -> None:
    assert layout(text) == found


def test_an_entry_without_a_key_whose_first_field_begins_the_text_has_none() -> None:
    text = "@misc{ a = {x},\n b = {y}}"
    assert layout(text) is None


ONE, OTHER = "@misc{k,\n\ta={x}\n}\n", "@misc{k,\n  a={x}\n}\n"


def test_the_layout_of_a_file_is_that_of_most_entries_of_the_newest() -> None:
    assert most(ONE + OTHER + OTHER + "@misc{k, a={x}}\n" * 5).indent == "  "
    assert most(ONE + OTHER + "@comment{x}\n").indent == "\t"
    assert most("@misc{k, a={x}}") == Layout()
    assert most(ONE * 301 + OTHER * 300).indent == "  "
    assert most(ONE + OTHER + ONE * 150 + OTHER * 149).indent == "  "


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 2),
        ("@a{k}\n@a{l}", 1),
        ("@a{k}\n\n\n@a{l}", 3),
        ("@a{k} @a{l}", 2),
        ("@a{k}\n% x\n@a{l}", 2),
        ("@a{k}\n@comment{x}\n@a{l}", 2),
        ("@string{x={y}}\n@a{l}\n@comment{x}", 2),
        ("@a{k}\n@a{l}\n\n@a{m}\n\n@a{n}", 2),
    ],
)
def test_the_lines_between_entries_are_as_many_as_mostly_stand_there(text: str, lines: int) -> None:
    assert gap(text) == "\n" * lines
    assert gap(text.replace("\n", "\r\n"), "\r\n") == "\r\n" * lines
