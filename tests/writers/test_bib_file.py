"""A .bib file as it is: every character belongs to one block, and edits leave all others alone."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.errors import UsageError, WriteError
from refkit.writers.bib_file import BibFile, Edit, plain, splice, unified_diff

PIECES = [
    "@article{", "@misc(", "@comment{",
    "@string{", "@preamble{", "@", "{", "}", "(", ")", '"', ",", "=", "#", "%", "\\",
    "\n", "\r\n", " ", "key", "title", "x", "ä", "@article{a, title = {x}}\n", '@string{s = "y"}\n', "year = 2000,",
    "\n@book{b,\n title = s # {z},\n}",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=60)


def entries(text: str) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (block.type, block.key, {field.name: plain(field.value) for field in block.fields})
        for block in BibFile(text).blocks
        if block.kind == "entry"
    ]


def kinds(text: str) -> list[tuple[str, int]]:
    return [(block.kind, block.line) for block in BibFile(text).blocks if block.kind != "text"]


@given(texts)
def test_every_character_belongs_to_one_block(text: str) -> None:
    file = BibFile(text)
    assert "".join(block.raw for block in file.blocks) == text
    for block in file.blocks:
        assert block.line == text.count("\n", 0, block.start) + 1 or ("\r" in text and "\n" not in text)
        for field in block.fields:
            assert block.start <= field.start < field.value_start <= field.value_end <= block.end
            assert text[field.value_start : field.value_end] == field.value


@given(st.binary(max_size=200).filter(lambda data: b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_bytes_come_back(data: bytes) -> None:
    file = BibFile.parse(data)
    assert file.encoded(file.text) == data


@given(texts)
def test_a_sound_entry_is_found_after_anything_that_is_closed(text: str) -> None:
    sound = "\n@book{zz9, title = {Sound}}\n"
    found = BibFile(sound + text).blocks
    assert [block.key for block in found if block.kind == "entry"][:1] == ["zz9"]


def test_entries_in_all_their_forms() -> None:
    text = (
        '@Article(my key, Title = "a {"} b" # foo,)\n'
        "@misc{k,title={{{{{{{deep}}}}}}},year=2000}\n"
        "@book{ title = {no key} } @misc{only-key}\n"
        "@misc{c, % a comment, with = {braces\n  title = {x}, % another\n}\n"
    )
    assert entries(text) == [
        ("article", "my key", {"Title": 'a {"} bfoo'}),
        ("misc", "k", {"title": "{{{{{{deep}}}}}}", "year": "2000"}),
        ("book", "", {"title": "no key"}),
        ("misc", "only-key", {}),
        ("misc", "c", {"title": "x"}),
    ]


def test_an_entry_in_a_value_or_a_comment_is_none() -> None:
    text = (
        "@misc{a, abstract = {see\n@article{b, title = {c}}\n}}\n@comment{\n@misc{d, title = {e}}\n}\n"
        "% @misc{f, title = {g}}\nmail me@misc{h\n"
    )
    assert kinds(text) == [("entry", 1), ("comment", 4)]


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("@misc{a,\n title = {x},\n year = 2000\n", "line 3: a comma or the end of the entry is missing behind"),
        ("@misc{a,\n title = {x{y},\n}\n", "line 3: a comma or the end of the entry is missing behind the value of"),
        ("@misc{a,\n title = {x,\n", "line 2: the brace that opens the value of `title` is never closed"),
        ('@misc{a,\n title = "x,\n}\n', "line 2: the quote that opens the value of `title` is never closed"),
        ("@misc{a,\n title = ,\n}\n", "line 2: `title` has no value"),
        ("@misc{a b c,\n title {x},\n}\n", "line 2: a field like `name = {value}` should stand here, not 'title'"),
        ("@misc{a,\n title = {x}\n year = 2000\n}\n", "line 2: a comma"),
        ("@preamble{ {x}", "line 1: the brace that opens here is never closed"),
    ],
)
def test_a_broken_entry_is_named_and_the_next_one_read(broken: str, problem: str) -> None:
    file = BibFile(broken + "\n@book{zz, title = {Sound}}\n")
    found = [block for block in file.blocks if block.kind != "text"]
    assert [(block.kind, block.key) for block in found if block.kind == "entry"][-1:] == [("entry", "zz")]
    assert found[0].kind == "broken"
    assert problem in found[0].problem


def test_a_broken_entry_tells_what_can_be_read_of_it() -> None:
    [block] = BibFile("@misc{a,\n title = {x}\n year = 2000").blocks
    assert [(field.name, plain(field.value)) for field in block.fields] == [("title", "x"), ("year", "2000")]


def test_an_entry_that_the_text_cuts_off_is_broken() -> None:
    [block] = BibFile("@misc{a,\n title = {x},\n").blocks[:1]
    assert (block.kind, block.problem) == ("broken", "line 3: the text ends before the entry is closed")


def test_braces_behind_a_backslash_are_read_as_tex_does_only_where_bibtex_fails() -> None:
    [one, _, other] = BibFile("@misc{a, title = {\\{ x}, year = {1}}\n@misc{b, title = {\\{ x \\}}}").blocks
    assert (one.kind, bool(one.problem), len(one.fields)) == ("entry", True, 2)
    assert (other.kind, other.problem) == ("entry", "")


def test_a_stray_brace_between_entries_is_told() -> None:
    blocks = BibFile("@misc{a, title = {x}},\n year = {2000}\n}\n").blocks
    assert [(block.kind, bool(block.problem)) for block in blocks] == [("entry", False), ("text", True)]


def test_strings_are_written_out() -> None:
    file = BibFile('@string{nips = "Neural"}\n@STRING{Long = nips # { Systems}}')
    assert file.strings == {"nips": "Neural", "long": "Neural Systems"}
    assert plain('long # " 30"', file.strings) == "Neural Systems 30"
    assert plain("dec", file.strings) == "dec"


@pytest.mark.parametrize(
    ("data", "encoding", "newline"),
    [
        (b"\xef\xbb\xbf@misc{a}\r\n\r\n\n", "utf-8", "\r\n"),
        (b"@misc{a, title={\xe4}}\n", "latin-1", "\n"),
        (b"@misc{a}\r@misc{b}\r", "utf-8", "\r"),
        (b"", "utf-8", "\n"),
        (b"@misc{a}", "utf-8", "\n"),
        (b"@misc{a}\r\n", "utf-8", "\r\n"),
        (b"@misc{a}\r\n@misc{b}\n", "utf-8", "\r\n"),
        (b"@misc{a}\r\n@misc{b}\n\n", "utf-8", "\n"),
        (b"@misc{a}\n@misc{b}\r", "utf-8", "\n"),
        (b"@misc{a}\r@misc{b}\r\n\r", "utf-8", "\r"),
        ("@misc{ä}\n".encode(), "utf-8", "\n"),
        (b"\xef\xbb\xbf@misc{a, title={\xe4}}\n", "latin-1", "\n"),
    ],
)
def test_encoding_and_line_ends_are_those_of_the_file(data: bytes, encoding: str, newline: str) -> None:
    file = BibFile.parse(data)
    assert (file.encoding, file.newline, file.encoded(file.text)) == (encoding, newline, data)
    assert all(block.kind != "broken" for block in file.blocks)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_the_text_but_stays_in_the_file(mark: bytes) -> None:
    file = BibFile.parse(mark + "@misc{ä}".encode(), "refs.bib")
    assert (file.text, file.name, file.bom) == ("@misc{ä}", "refs.bib", bool(mark))
    assert file.encoded("é") == mark + "é".encode()
    assert BibFile("é").encoded("é") == "é".encode()


def test_the_lines_of_a_file_begin_behind_its_line_ends() -> None:
    assert BibFile("").line_starts == [0]
    assert BibFile("a").line_starts == [0, 1]
    assert BibFile("a\nbc\r\n\rd").line_starts == [0, 2, 6, 8]
    assert BibFile("a\rbc\r\rd").line_starts == [0, 2, 5, 6, 7]
    assert BibFile("a\x85b\u2028c\fd\ne").line_starts == [0, 8, 9]


@given(texts)
def test_a_block_stands_in_the_line_that_begins_before_it(text: str) -> None:
    file = BibFile(text)
    for block in file.blocks:
        assert bisect_right(file.line_starts, block.start) == block.line


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{x}", "x"), ("{}", ""), ('"x"', "x"), ('""', ""), ("", ""), ("2000", "2000"), ("{a{b}c}", "a{b}c"),
        ("{{a}}", "{a}"), ("{a}{b}", "ab"), ('{a} # b # "c"', "aBc"), ("B#B", "BB"), (" {x} ", "x"),
        ('"a{"}b"', 'a{"}b'), ('{a"b}', 'a"b'), ('"a{{b}}c" # d', "a{{b}}cd"), ("{a} # {b{c}} # {d}", "ab{c}d"),
        # What is never closed goes to the end, and what is behind the end of a broken value is left out.
        ("{x", "x"), ('"x', "x"), ("{a{b}", "a{b}"), ("{a}}", "a"), ("}", ""), ("b, c", "B"),
    ],
)  # fmt: skip
def test_what_a_value_says(value: str, said: str) -> None:
    assert plain(value, {"b": "B"}) == said
    assert plain(value) == said.replace("B", "B" if "B" in value else "b")


def test_names_of_strings_are_read_in_any_case_and_a_later_one_wins() -> None:
    file = BibFile('@string{A = "x"}@string{a = A # {y}}@string{b = a # "z"}@misc{c, d = {no}}')
    assert file.strings == {"a": "xy", "b": "xyz"}
    assert plain("A # B # c", file.strings) == "xyxyzc"


def test_what_cannot_be_written_is_refused_with_its_line() -> None:
    file = BibFile.parse(b"@misc{a, title={\xe4}}\n", "refs.bib")
    with pytest.raises(WriteError, match=r"^refs.bib:2: '中' cannot be written in Latin-1; save"):
        file.encoded("x\n中")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder; name a \.bib file in it\.$"):
        BibFile.read(tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        BibFile.read(tmp_path / "refs.bib")
    for data in (b"\xff\xfe@", b"\xfe\xff@", b"@misc{a\0}"):
        with pytest.raises(UsageError, match=r"^refs.bib is no text in UTF-8 or Latin-1; save it as UTF-8\.$"):
            BibFile.parse(data, "refs.bib")
    with pytest.raises(UsageError, match=r"^The file is no text"):
        BibFile.parse(b"\0")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match=r"refs\.bib cannot be read \(Not a directory\)\.$"):
        BibFile.read(tmp_path / "file/refs.bib")


def test_a_file_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "refs.bib"
    path.write_bytes(b"@misc{a}\r\n")
    file = BibFile.read(path)
    assert (file.name, file.text, [block.key for block in file.blocks]) == (str(path), "@misc{a}\r\n", ["a", ""])


def test_splicing() -> None:
    assert splice("abcdef", [Edit(4, 5, "E"), Edit(1, 1, "x"), Edit(1, 2, "")]) == "axcdEf"
    with pytest.raises(ValueError, match="overlap"):
        splice("abc", [Edit(0, 2, ""), Edit(1, 3, "")])


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ([], "abc"),
        ([Edit(0, 0, "x")], "xabc"),
        ([Edit(3, 3, "x")], "abcx"),
        ([Edit(0, 3, "")], ""),
        ([Edit(1, 1, "x"), Edit(1, 1, "y")], "axybc"),
        ([Edit(0, 1, "x"), Edit(1, 2, "y")], "xyc"),
        ([Edit(2, 3, "z"), Edit(0, 1, "x"), Edit(1, 1, "y")], "xybz"),
    ],
)
def test_edits_change_their_place_and_no_other(edits: list[Edit], text: str) -> None:
    assert splice("abc", edits) == text


@pytest.mark.parametrize(
    "edits", [[Edit(1, 0, "")], [Edit(0, 2, ""), Edit(1, 1, "x")], [Edit(0, 3, ""), Edit(2, 3, "")]]
)
def test_edits_that_overlap_are_an_error(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match=r"^edits overlap at [12]$"):
        splice("abc", edits)


def test_what_was_changed_is_shown_as_a_unified_diff() -> None:
    assert unified_diff("refs.bib", "a\nb\n", "a\nb\n") == ""
    assert unified_diff("refs.bib", "a\nb\n", "a\nc\n") == "--- refs.bib\n+++ refs.bib\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert unified_diff("r", "a\u2028b\fc\r\n", "") == "--- r\n+++ r\n@@ -1 +0,0 @@\n-a\u2028b\fc\r\n"
    assert unified_diff("r", "b", "c") == (
        "--- r\n+++ r\n@@ -1 +1 @@\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )


def test_many_broken_entries_cost_no_pass_each() -> None:
    text = "@misc{a,\n title = {x,\n abstract = {" + "y" * 200 + "}\n\n"
    blocks = BibFile(text * 5_000).blocks  # 1.2 MB; a pass each would take minutes
    assert sum(block.kind == "broken" for block in blocks) == 5_000
